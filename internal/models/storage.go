package models

import "slices"

// storedObject is what reports call an object that was read from a bucket. Its bytes are
// what anybody wrote who may write there: they matter where they are loaded.
const storedObject = "an object of a bucket"

// storedFile fetches an object into a file.
func storedFile(name string, file Arg) Model {
	return Model{Name: name, Sinks: at(Path, file), From: storedObject, Writes: &Write{File: file, Fetched: Web}, NoPass: true}
}

// storedCleans are the places where what an object holds does not matter.
var storedCleans = slices.DeleteFunc(slices.Clone(hubCleans), func(k SinkKind) bool { return k == ModelSource })

// storedBytes fetches an object.
func storedBytes(name string) Model {
	return Model{Name: name, Source: Web, From: storedObject, Cleans: storedCleans, NoPass: true}
}

var objectStorage = Framework{Name: "object storage", Version: "boto3 1.41, google-cloud-storage 3.6, azure-storage-blob 12.27, minio 7.2, s3fs 2025.10, gcsfs 2025.10, adlfs 2025.8", Models: []Model{
	storedBytes("boto3.client().get_object"),
	storedFile("boto3.client().download_file", "2:Filename"),
	storedFile("boto3.client().download_fileobj", "2:Fileobj"),
	{Name: "{boto3.session.Session,boto3.Session}().resource", SameAs: "boto3.resource"},
	{Name: "boto3.resource().meta.client", SameAs: "boto3.client()"},
	{Name: "boto3.resource().Bucket().Object", SameAs: "boto3.resource().Object"},
	storedBytes("boto3.resource().Object().get"),
	storedFile("boto3.resource().Object().download_file", "0:Filename"),
	storedFile("boto3.resource().Object().download_fileobj", "0:Fileobj"),
	storedFile("boto3.resource().Bucket().download_file", "1:Filename"),
	storedFile("boto3.resource().Bucket().download_fileobj", "1:Fileobj"),

	{Name: "google.cloud.storage.Client.{from_service_account_json,from_service_account_info,create_anonymous_client}", Returns: "google.cloud.storage.Client()", NoPass: true},
	{Name: "google.cloud.storage.Client().{bucket,get_bucket}", Returns: "google.cloud.storage.Bucket()", NoPass: true},
	{Name: "google.cloud.storage.Bucket().{blob,get_blob}", Returns: "google.cloud.storage.Blob()", NoPass: true},
	{Name: "{google.cloud.storage.Client().list_blobs()[],google.cloud.storage.Bucket().list_blobs()[]}", SameAs: "google.cloud.storage.Blob()"},
	{Name: "google.cloud.storage.bucket.Bucket", SameAs: "google.cloud.storage.Bucket"},
	{Name: "google.cloud.storage.blob.Blob", SameAs: "google.cloud.storage.Blob"},
	{Name: "google.cloud.storage.Blob", NoPass: true},
	storedBytes("google.cloud.storage.Blob().{download_as_bytes,download_as_string,download_as_text,open}"),
	storedFile("google.cloud.storage.Blob().download_to_filename", "0:filename"),
	storedFile("google.cloud.storage.Blob().download_to_file", "0:file_obj"),
	storedFile("google.cloud.storage.Client().download_blob_to_file", "1:file_obj"),

	{Name: "azure.storage.blob.{BlobServiceClient,ContainerClient,BlobClient}.{from_connection_string,from_container_url,from_blob_url}", NoPass: true},
	{Name: "azure.storage.blob.aio", SameAs: "azure.storage.blob"},
	{Name: "azure.storage.blob.{BlobServiceClient,BlobServiceClient.from_connection_string}().get_container_client", SameAs: "azure.storage.blob.ContainerClient"},
	{Name: "azure.storage.blob.{BlobServiceClient,BlobServiceClient.from_connection_string,ContainerClient,ContainerClient.from_connection_string}().get_blob_client", SameAs: "azure.storage.blob.BlobClient"},
	storedBytes("azure.storage.blob.{ContainerClient,BlobClient}().download_blob"),
	storedBytes("azure.storage.blob.{ContainerClient.from_connection_string,BlobClient.from_connection_string,BlobClient.from_blob_url}().download_blob"),
	{Name: "azure.storage.blob.{ContainerClient,BlobClient}().download_blob().{readinto,download_to_stream}", Writes: &Write{File: "0:stream", Data: "self"}, NoPass: true},

	storedBytes("minio.Minio().get_object"),
	storedFile("minio.Minio().fget_object", "2:file_path"),
	storedBytes("{s3fs.S3FileSystem,s3fs.core.S3FileSystem,gcsfs.GCSFileSystem,gcsfs.core.GCSFileSystem,adlfs.AzureBlobFileSystem}().{open,cat,cat_file,read_bytes}"),
	storedFile("{s3fs.S3FileSystem,s3fs.core.S3FileSystem,gcsfs.GCSFileSystem,gcsfs.core.GCSFileSystem,adlfs.AzureBlobFileSystem}().{get,get_file,download}", "1:lpath"),
	inBucket("{fsspec.open,fsspec.core.open}", "0:urlpath"), inBucket("{smart_open.open,smart_open.smart_open}", "0:uri"), inBucket("tensorflow.io.gfile.GFile", "0:name"),
}}

// inBucket opens what a URL names, for some an object of a bucket.
func inBucket(name string, url Arg) Model {
	m := storedBytes(name)
	m.Sinks = at(Path, url)
	m.Returns = "io.TextIOWrapper()"
	m.SourceIf = string(url) + "^=s3://|s3a://|gs://|gcs://|az://|abfs://|abfss://|wasbs://"
	return m
}

// queueMessage is what reports call a message that a broker delivers.
const queueMessage = "a queue's message"

var queues = Framework{Name: "message queues", Version: "kafka-python 2.2, confluent-kafka 2.12, aiokafka 0.12, pika 1.3, aio-pika 9.5, google-cloud-pubsub 2.33, nats-py 2.11, paho-mqtt 2.1, redis 7.0, pyzmq 27", Models: []Model{
	{Name: "{kafka.KafkaConsumer,kafka.consumer.KafkaConsumer,kafka.consumer.group.KafkaConsumer,aiokafka.AIOKafkaConsumer,aiokafka.consumer.AIOKafkaConsumer}", Returns: "kafka.KafkaConsumer()", NoPass: true, Callbacks: []Callback{
		{Arg: "value_deserializer", Params: map[string]Label{"0": User}}, {Arg: "key_deserializer", Params: map[string]Label{"0": User}},
	}},
	{Name: "{kafka.KafkaConsumer()[],kafka.KafkaConsumer().getone()}", SameAs: "kafka.ConsumerRecord()"},
	{Name: "kafka.ConsumerRecord().{value,key,headers}", Source: User, From: queueMessage},
	{Name: "kafka.KafkaConsumer().{poll,getmany}", Source: User, From: queueMessage, NoPass: true},
	{Name: "{confluent_kafka.Consumer,confluent_kafka.DeserializingConsumer}().{poll,consume}", Source: User, From: queueMessage, NoPass: true},
	{Name: "{pika.adapters.blocking_connection.BlockingChannel(),pika.channel.Channel(),pika.BlockingConnection().channel()}.{basic_get,consume}", Source: User, From: queueMessage, NoPass: true},
	{Name: "{aio_pika.IncomingMessage,aio_pika.abc.AbstractIncomingMessage,aio_pika.message.IncomingMessage}().body", Source: User, From: queueMessage},
	{Name: "google.cloud.pubsub_v1.SubscriberClient().subscribe", Callbacks: []Callback{{Arg: "1:callback", Types: map[string]string{"0": "google.cloud.pubsub_v1.subscriber.message.Message()"}}}, NoPass: true},
	{Name: "google.cloud.pubsub_v1.SubscriberClient().pull", Source: User, From: queueMessage, NoPass: true},
	{Name: "google.cloud.pubsub_v1.subscriber.message.Message().data", Source: User, From: queueMessage},
	{Name: "google.cloud.pubsub.SubscriberClient", SameAs: "google.cloud.pubsub_v1.SubscriberClient"},
	{Name: "{nats.connect(),nats.aio.client.Client(),nats.NATS(),nats.connect().jetstream(),nats.aio.client.Client().jetstream()}.subscribe", Callbacks: []Callback{
		{Arg: "2:cb", Types: map[string]string{"0": "nats.aio.msg.Msg()"}},
	}, Returns: "nats.aio.subscription.Subscription()", NoPass: true},
	{Name: "nats.aio.subscription.Subscription().next_msg", Returns: "nats.aio.msg.Msg()", NoPass: true},
	{Name: "nats.aio.subscription.Subscription().messages[]", SameAs: "nats.aio.msg.Msg()"},
	{Name: "nats.aio.msg.Msg().data", Source: User, From: queueMessage},
	{Name: "paho.mqtt.client.MQTTMessage().payload", Source: User, From: queueMessage},
	{Name: "redis.Redis().pubsub().{get_message,listen,parse_response}", Source: User, From: queueMessage, NoPass: true},
	{Name: "redis.Redis().{xread,xreadgroup,blpop,brpop,lpop,rpop,blmove,lmove,brpoplpush,rpoplpush,zpopmin,bzpopmin}", Source: Database, From: "a message in a list of Redis", NoPass: true},
	{Name: "zmq.{Context,Context.instance,Context.shadow,asyncio.Context,asyncio.Context.instance,asyncio.Context.shadow,green.Context,green.Context.instance}().socket", Returns: "zmq.Socket()", NoPass: true},
	{Name: "zmq.{asyncio,green,sugar.socket}.Socket", SameAs: "zmq.Socket"},
	{Name: "zmq.Socket().{recv,recv_multipart,recv_serialized}", Source: User, From: "a message from a socket", NoPass: true},
}}
