package models

import "strings"

// personalFields are the names of fields that identify a person, squeezed.
var personalFields = map[string]bool{
	"ssn": true, "socialsecuritynumber": true, "nationalid": true, "taxid": true, "passportnumber": true,
	"email": true, "emailaddress": true, "phone": true, "phonenumber": true, "mobilenumber": true,
	"creditcard": true, "creditcardnumber": true, "cardnumber": true, "iban": true, "dateofbirth": true, "dob": true,
	"homeaddress": true, "streetaddress": true, "medicalrecordnumber": true, "mrn": true,
}

// IsPersonalField reports whether a field of that name identifies the person whose record it
// is part of, whatever separates its words: "Date of birth", dateOfBirth.
func IsPersonalField(name string) bool {
	return len(name) <= 32 && personalFields[squeezed.Replace(strings.ToLower(name))]
}

var squeezed = strings.NewReplacer("_", "", "-", "", " ", "")
