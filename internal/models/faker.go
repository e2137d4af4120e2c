package models

var faker = Framework{Name: "faker", Version: "38.0", Models: []Model{
	{Name: "faker.{Factory.create,generator.Generator}", Returns: "faker.Faker()", NoPass: true},
	{Name: "faker.Faker().*", NoPass: true},
	{Name: "faker.Faker().unique.*", NoPass: true},
}}
