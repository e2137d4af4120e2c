package models

// dataStores says what is kept where: which calls write rows, documents and entries, and by what
// name a store is known. It stands beside the models that say what the same calls read and what
// is dangerous in them. What an SQL statement writes, it says itself.
var dataStores = Framework{Name: "stores of data", Version: "sqlalchemy 2.0, django 5.2, pymongo 4.15, redis 7.0, supabase 2.22, google-cloud-firestore 2.21", Models: []Model{
	{Name: "sqlalchemy.orm.Session().{add,merge}", Keeps: []Arg{"0:instance"}},
	{Name: "sqlalchemy.orm.Session().add_all", Keeps: []Arg{"0:instances"}},
	{Name: "sqlalchemy.orm.Session().bulk_save_objects", Keeps: []Arg{"0:objects"}},
	{Name: "sqlalchemy.orm.Session().{bulk_insert_mappings,bulk_update_mappings}", Keeps: []Arg{"1:mappings"}},
	{Name: "{sqlalchemy.engine.Connection,sqlalchemy.orm.Session}().execute", Keeps: []Arg{"1:params", "parameters"}},
	{Name: "sqlalchemy.orm.Query().update", Keeps: []Arg{"0:values"}},
	{Name: "sqlalchemy.{insert,update}().values", Keeps: []Arg{"*"}},

	{Name: "django.db.models.Manager().{create,get_or_create,update_or_create,acreate,aget_or_create,aupdate_or_create,update,aupdate}", Keeps: []Arg{"*"}},
	{Name: "django.db.models.Manager().{bulk_create,abulk_create,bulk_update,abulk_update}", Keeps: []Arg{"0:objs"}},
	{Name: "django.db.models.Model().{save,asave}", Keeps: []Arg{"self"}},

	{Name: "pymongo.database.Database()[]", Key: "[]"},
	{Name: "pymongo.database.Database().*", Key: "."},
	{Name: "pymongo.database.Database().get_collection", Key: "0:name"},
	{Name: "pymongo.collection.Collection().insert_one", Keeps: []Arg{"0:document"}, NoPass: true},
	{Name: "pymongo.collection.Collection().insert_many", Keeps: []Arg{"0:documents"}, NoPass: true},
	{Name: "pymongo.collection.Collection().{update_one,update_many,find_one_and_update}", Keeps: []Arg{"1:update"}, NoPass: true},
	{Name: "pymongo.collection.Collection().{replace_one,find_one_and_replace}", Keeps: []Arg{"1:replacement"}, NoPass: true},

	{Name: "redis.Redis().{get,hget,hgetall,hmget,hvals,lrange,lindex,smembers,zrange,zrevrange,getdel,getex,xrange}", Key: "0:name"},
	{Name: "redis.Redis().{set,setnx,append,hset,hmset,lpush,rpush,sadd,zadd,xadd}", Key: "0:name", Keeps: []Arg{"1:", "value", "mapping", "fields"}, NoPass: true},
	{Name: "redis.Redis().{setex,psetex}", Key: "0:name", Keeps: []Arg{"2:value"}, NoPass: true},

	{Name: "supabase.create_client().table", Key: "0:table_name"},
	{Name: "supabase.create_client().table().{insert,upsert,update}", Keeps: []Arg{"0:json"}},
	{Name: "{firebase_admin.firestore.client,google.cloud.firestore.Client}().collection", Key: "0"},
	{Name: "{firebase_admin.firestore.client,google.cloud.firestore.Client}().collection().{add,set,update,create}", Keeps: []Arg{"0"}},
}}
