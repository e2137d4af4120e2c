package models

import "strings"

// Conventions lists functions that a platform finds by the names of their parameters, at the
// top level of a module, without the code registering them there.
var Conventions = []Convention{
	// AWS Lambda: `def lambda_handler(event, context)`, whatever the function's name.
	{Params: []string{"event", "context|_context|lambda_context|unused_context|ctx|_"}, Callback: Callback{Params: map[string]Label{"event": User}, Route: true, Result: Response}},
	// Views are named in urls.py or where the application is built.
	{Params: []string{"request"}, Open: true, Imports: "django", Callback: Callback{Types: djangoView, Route: true}},
	{Params: []string{"request"}, Open: true, Imports: "rest_framework", Callback: Callback{Types: map[string]string{"0": "rest_framework.request.Request()"}, Route: true}},
	{Params: []string{"request"}, Open: true, Imports: "aiohttp.web", Callback: Callback{Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true}},
	{Params: []string{"request"}, Open: true, Imports: "starlette", Callback: Callback{Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true}},
	// An application of WSGI, as PEP 3333 names its parameters.
	{Params: []string{"environ|env", "start_response"}, Callback: Callback{Params: map[string]Label{"0": User}, Route: true}},
	// The function that is assigned to on_message of an MQTT client.
	{Params: []string{"client", "userdata", "msg"}, Imports: "paho", Callback: Callback{Types: mqttMessage}},
	{Params: []string{"client", "userdata", "message"}, Imports: "paho", Callback: Callback{Types: mqttMessage}},
	// The handler that is given to a mail server.
	{Params: []string{"self", "server", "session", "envelope"}, Imports: "aiosmtpd", Method: true, Callback: Callback{Params: map[string]Label{"2": Document}, From: FromMail}},
	// A component of Seldon, which need not have its base class.
	{Params: []string{"self", "X"}, Open: true, Imports: "seldon_core", Method: true, Callback: seldonCall},
	{Params: []string{"self", "msg"}, Open: true, Imports: "seldon_core", Method: true, Callback: seldonCall},
	{Params: []string{"request"}, Open: true, Imports: "sanic", Callback: Callback{Types: map[string]string{"0": "sanic.Request()"}, Route: true}},
}

var seldonCall = Callback{Params: anyUser, Route: true, Result: Response, From: FromSeldon}

var mqttMessage = map[string]string{"2": "paho.mqtt.client.MQTTMessage()"}

// Convention is a function that a platform calls for its parameters' names.
type Convention struct {
	// Params are the names of all parameters, or with Open of the first ones, "|" between
	// several that one may have.
	Params []string
	Open   bool
	// Imports is the package that the module must import, directly or something in it; empty
	// means none.
	Imports string
	// Method is set where the function is a method; self is its first parameter.
	Method   bool
	Callback Callback
}

// OneOf reports whether a name is one of those between which "|" stands.
func OneOf(names, name string) bool {
	for n := range strings.SplitSeq(names, "|") {
		if n == name {
			return true
		}
	}
	return false
}

var serverless = Framework{Name: "serverless functions", Version: "functions-framework 3.9, azure-functions 1.24, firebase-functions 0.4, aws-lambda-powertools 3.22, chalice 1.32", Models: []Model{
	{Name: "functions_framework.http", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "flask.Request()"}, Route: true, Result: HTML},
	}},
	{Name: "functions_framework.{cloud_event,typed}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true}}},
	{Name: "firebase_functions.https_fn.on_request", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "flask.Request()"}, Route: true, Result: HTML},
	}},
	{Name: "firebase_functions.https_fn.on_call", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true, Result: Response}}},
	{Name: "firebase_functions.{pubsub_fn,storage_fn,firestore_fn,db_fn,eventarc_fn,tasks_fn,identity_fn}.*", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true}}},
	{Name: "firebase_functions.https_fn.Request", SameAs: "flask.Request"},

	{Name: "azure.functions.{FunctionApp,Blueprint}().route", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "azure.functions.HttpRequest()"}, Route: true, PathArg: "0:route", Result: Response},
	}},
	{Name: "azure.functions.HttpRequest().{params,route_params,headers,form,url}", Source: User, From: "the HTTP request"},
	{Name: "azure.functions.HttpRequest().{get_json,get_body}", Source: User, From: "the request's body", NoPass: true},
	{Name: "azure.functions.HttpRequest().files", Source: Upload},
	{Name: "azure.functions.HttpResponse", Sinks: []Sink{
		{Kind: HTML, Arg: "0:body", If: "mimetype=text/html"},
		{Kind: Response, Arg: "0:body"},
	}, NoPass: true},
	{Name: "azure.functions.{QueueMessage,ServiceBusMessage,EventHubEvent,EventGridEvent,KafkaEvent}().{get_body,get_json}", Source: User, From: "a queue's message", NoPass: true},
	{Name: "azure.functions.{InputStream,blob.InputStream}().{name,uri,read,blob_properties,metadata}", Source: Upload},

	{Name: "aws_lambda_powertools.event_handler.{APIGatewayRestResolver,APIGatewayHttpResolver,ALBResolver,LambdaFunctionUrlResolver,BedrockAgentResolver}().{get,post,put,patch,delete,route}", Callbacks: []Callback{
		{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:rule", Result: Response},
	}},
	{Name: "aws_lambda_powertools.event_handler.{APIGatewayRestResolver,APIGatewayHttpResolver,ALBResolver,LambdaFunctionUrlResolver,BedrockAgentResolver}().current_event", Source: User, From: "the HTTP request"},
	// An event by the class that the handler's annotation or decorator says.
	{Name: "aws_lambda_powertools.utilities.data_classes.{*,*.*}().{body,json_body,decoded_body,decoded_data,query_string_parameters,multi_value_query_string_parameters,resolved_query_string_parameters,path_parameters,headers,raw_event,path,records,arguments,detail,data,s3,get_query_string_value,get_header_value}", Source: User, From: "the event"},
	{Name: "aws_lambda_powertools.utilities.{data_classes.event_source,data_classes.event_source.event_source,parser.event_parser,batch.batch_processor,batch.async_batch_processor,idempotency.idempotent,validation.validator}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true, Result: Response},
	}},
	{Name: "aws_lambda_powertools.{Logger().inject_lambda_context,Tracer().capture_lambda_handler,Metrics().log_metrics}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true, Result: Response},
	}},
	{Name: "chalice.{Chalice,Blueprint}().route", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:path", Result: Response}}},
	{Name: "chalice.{Chalice,Blueprint}().current_request.{json_body,raw_body,query_params,uri_params,headers}", Source: User, From: "the HTTP request"},
	{Name: "mangum.Mangum", NoPass: true},
}}
