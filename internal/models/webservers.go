package models

const httpMethods = "{get,post,put,patch,delete,head,options}"

var aiohttpWeb = Framework{Name: "aiohttp.web", Version: "3.13", Models: []Model{
	{Name: "aiohttp.web.{BaseRequest,web_request.Request}", SameAs: "aiohttp.web.Request"},
	{Name: "aiohttp.web_request.Request", SameAs: "aiohttp.web.Request"},
	{Name: "aiohttp.web.Request().{query,query_string,match_info,headers,cookies,rel_url,url,path,path_qs,raw_path,host,content}", Source: User, From: "the HTTP request"},
	{Name: "aiohttp.web.Request().{json,text,read}", Source: User, From: "the request's body", NoPass: true},
	{Name: "aiohttp.web.Request().post", Source: User, From: "a form field of the request", NoPass: true},
	{Name: "aiohttp.web.Request().multipart", Source: Upload, NoPass: true},
	{Name: "aiohttp.web.Application().router", SameAs: "aiohttp.web.UrlDispatcher()"},
	{Name: "aiohttp.web.UrlDispatcher().{add_get,add_post,add_put,add_patch,add_delete,add_head,add_view}", Callbacks: []Callback{
		{Arg: "1:handler", Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "aiohttp.web.UrlDispatcher().add_route", Callbacks: []Callback{
		{Arg: "2:handler", Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true, PathArg: "1:path", Result: Response},
	}},
	{Name: "aiohttp.web." + httpMethods, Callbacks: []Callback{
		{Arg: "1:handler", Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "aiohttp.web.route", Callbacks: []Callback{
		{Arg: "2:handler", Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true, PathArg: "1:path", Result: Response},
	}},
	{Name: "aiohttp.web.RouteTableDef()." + httpMethods, Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "aiohttp.web.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "aiohttp.web.middleware", Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "aiohttp.web.Request()"}, Gate: true}}},
	{Name: "aiohttp.web.View", Callbacks: []Callback{
		{Arg: "subclass.get", Route: true, Result: Response}, {Arg: "subclass.post", Route: true, Result: Response},
		{Arg: "subclass.put", Route: true, Result: Response}, {Arg: "subclass.delete", Route: true, Result: Response},
		{Arg: "subclass.patch", Route: true, Result: Response}, {Arg: "subclass.options", Route: true, Result: Response},
	}},
	{Name: "aiohttp.web.View().request", SameAs: "aiohttp.web.Request()"},
	{Name: "aiohttp.web.Response", Sinks: []Sink{
		{Kind: HTML, Arg: "text", If: "content_type=text/html"}, {Kind: HTML, Arg: "body", If: "content_type=text/html"},
		{Kind: Response, Arg: "text"}, {Kind: Response, Arg: "body"},
		{Kind: Response, Arg: "headers[Location]", Note: NoteRedirect},
	}, NoPass: true},
	{Name: "aiohttp.web.Response().headers[]", Sinks: location},
	{Name: "aiohttp.web.StreamResponse().{write,write_eof}", Sinks: at(Response, "0:data"), NoPass: true},
	{Name: "aiohttp.web.{HTTPException,HTTPInternalServerError,HTTPBadGateway,HTTPServiceUnavailable,HTTPBadRequest,HTTPGatewayTimeout}", Sinks: at(Response, "text", "reason", "body"), NoPass: true},
	{Name: "aiohttp.web.json_response", Sinks: at(Response, "0:data", "text"), NoPass: true},
	{Name: "aiohttp.web.FileResponse", Sinks: at(Path, "0:path"), NoPass: true},
	{Name: "aiohttp.web.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect,HTTPPermanentRedirect}", Sinks: noted(Response, NoteRedirect, "0:location"), NoPass: true},
	{Name: "aiohttp.web.WebSocketResponse()[]", Source: User, From: "a websocket message"},
	{Name: "aiohttp.web.WebSocketResponse().{receive,receive_str,receive_json,receive_bytes}", Source: User, From: "a websocket message", NoPass: true},
	{Name: "aiohttp.web.WebSocketResponse().{send_str,send_json,send_bytes}", Sinks: at(Response, "0:data"), NoPass: true},
}}

var tornado = Framework{Name: "tornado", Version: "6.5", Models: []Model{
	{Name: "tornado.web.RequestHandler", Callbacks: []Callback{
		{Arg: "subclass.get", Params: anyUser, Route: true}, {Arg: "subclass.post", Params: anyUser, Route: true},
		{Arg: "subclass.put", Params: anyUser, Route: true}, {Arg: "subclass.patch", Params: anyUser, Route: true},
		{Arg: "subclass.delete", Params: anyUser, Route: true}, {Arg: "subclass.head", Params: anyUser, Route: true},
		{Arg: "subclass.options", Params: anyUser, Route: true}, {Arg: "subclass.data_received", Params: anyUser, Route: true},
	}},
	{Name: "tornado.web.StaticFileHandler", Extends: []string{"tornado.web.RequestHandler"}},
	{Name: "tornado.web.RequestHandler().{get_argument,get_arguments,get_query_argument,get_query_arguments,get_body_argument,get_body_arguments}", Source: User, From: "a field of the request", NoPass: true},
	{Name: "tornado.web.RequestHandler().get_cookie", Source: User, From: "a cookie", NoPass: true},
	{Name: "tornado.web.RequestHandler().{request,path_args,path_kwargs}", Source: User, From: "the HTTP request"},
	{Name: "tornado.web.RequestHandler().request.files", Source: Upload},
	{Name: "tornado.web.RequestHandler().{write,finish}", Sinks: at(HTML, "0:chunk"), NoPass: true},
	{Name: "tornado.web.RequestHandler().render", Sinks: noted(Template, "the template's name", "0:template_name"), NoPass: true},
	{Name: "tornado.web.RequestHandler().redirect", Sinks: noted(Response, NoteRedirect, "0:url"), NoPass: true},
	{Name: "tornado.websocket.WebSocketHandler", Extends: []string{"tornado.web.RequestHandler"}, Callbacks: []Callback{
		{Arg: "subclass.on_message", Params: anyUser, Route: true}, {Arg: "subclass.open", Params: anyUser, Route: true},
	}},
	{Name: "tornado.websocket.WebSocketHandler().write_message", Sinks: at(Response, "0:message"), NoPass: true},
	{Name: "tornado.template.Template", Sinks: at(Template, "0:template_string")},
	{Name: "tornado.escape.{xhtml_escape,url_escape}", Cleans: []SinkKind{HTML}},
	{Name: "tornado.httpclient.{AsyncHTTPClient,HTTPClient}().fetch", Sinks: at(URL, "0:request"), Source: Web, From: FromPage, NoPass: true},
	{Name: "tornado.ioloop.IOLoop.current().run_in_executor", Returns: "call args[1]", Callbacks: []Callback{{Arg: "1:func"}}},
}}

var sanic = Framework{Name: "sanic", Version: "25.3", Models: []Model{
	{Name: "sanic.Blueprint", Extends: []string{"sanic.Sanic"}},
	{Name: "sanic.Sanic().{route,get,post,put,patch,delete,head,options,websocket}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: map[string]string{"0": "sanic.Request()"}, Route: true, PathArg: "0:uri", Result: Response},
	}},
	{Name: "sanic.Sanic().add_route", Callbacks: []Callback{
		{Arg: "0:handler", Params: map[string]Label{"0": NoLabel, "*": User}, Types: map[string]string{"0": "sanic.Request()"}, Route: true, PathArg: "1:uri", Result: Response},
	}},
	{Name: "sanic.{request.Request,request.types.Request}", SameAs: "sanic.Request"},
	{Name: "sanic.Request().{args,form,json,body,query_args,query_string,headers,cookies,path,url,match_info,stream,token}", Source: User, From: "the HTTP request"},
	{Name: "sanic.Request().{get_form,get_args,get_query_args,receive_body}", Source: User, From: "the HTTP request", NoPass: true},
	{Name: "sanic.Request().files", Source: Upload},
	{Name: "sanic.views.HTTPMethodView", Callbacks: sanicMethods("get", "post", "put", "patch", "delete", "head", "options")},
	{Name: "{sanic,sanic.response}.html", Sinks: at(HTML, "0:body"), NoPass: true},
	{Name: "{sanic_ext.render,sanic_ext.extensions.templating.render.render}", Sinks: at(Template, "template_source"), NoPass: true},
	{Name: "{sanic,sanic.response}.{text,json,raw}", Sinks: at(Response, "0:body"), NoPass: true},
	{Name: "{sanic,sanic.response}.{file,file_stream}", Sinks: at(Path, "0:location"), NoPass: true},
	{Name: "{sanic,sanic.response}.redirect", Sinks: noted(Response, NoteRedirect, "0:to"), NoPass: true},
}}

// sanicMethods lists the methods of a class-based view.
func sanicMethods(names ...Arg) []Callback {
	var out []Callback
	for _, m := range names {
		out = append(out, Callback{
			Arg: "subclass." + m, Params: map[string]Label{"0": NoLabel, "*": User}, Types: map[string]string{"0": "sanic.Request()"}, Route: true, Result: Response,
		})
	}
	return out
}

var bottle = Framework{Name: "bottle", Version: "0.13", Models: []Model{
	{Name: "{bottle,bottle.Bottle(),bottle.default_app()}.{route,get,post,put,patch,delete}", Callbacks: []Callback{
		{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:path", Result: HTML},
	}},
	{Name: "bottle.request.{query,forms,params,GET,POST,json,body,headers,cookies,path,url,query_string}", Source: User, From: "the HTTP request"},
	{Name: "bottle.request.{get_header,get_cookie}", Source: User, From: "the HTTP request", NoPass: true},
	{Name: "bottle.request.files", Source: Upload},
	{Name: "bottle.{template,jinja2_template,mako_template}", Sinks: at(Template, "0")},
	{Name: "bottle.{SimpleTemplate,MakoTemplate,Jinja2Template}", Sinks: at(Template, "0:source")},
	{Name: "bottle.static_file", Sinks: at(Path, "1:root"), NoPass: true},
	{Name: "bottle.abort", NoReturn: true},
	{Name: "bottle.redirect", Sinks: noted(Response, NoteRedirect, "0:url"), NoReturn: true},
	{Name: "bottle.html_escape", Cleans: []SinkKind{HTML}},
}}

var otherServers = Framework{Name: "falcon, litestar, pyramid, cherrypy and websockets", Version: "falcon 4.1, litestar 2.18, pyramid 2.0, websockets 15", Models: []Model{
	{Name: "falcon.asgi.Request", SameAs: "falcon.Request"},
	{Name: "falcon.Request().{params,media,headers,cookies,path,uri,query_string,stream,bounded_stream}", Source: User, From: "the HTTP request"},
	{Name: "falcon.Request().{get_param,get_param_as_list,get_media,get_header,get_cookie_values}", Source: User, From: "the HTTP request", NoPass: true},

	{Name: "litestar.{get,post,put,patch,delete,route,websocket,websocket_listener}", Callbacks: []Callback{
		{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "litestar.Request().{query_params,path_params,headers,cookies,url}", Source: User, From: "the HTTP request"},
	{Name: "litestar.Request().{json,body,form}", Source: User, From: "the request's body", NoPass: true},
	{Name: "litestar.datastructures.UploadFile().{filename,file,read}", Source: Upload},
	{Name: "litestar.connection.Request", SameAs: "litestar.Request"},

	{Name: "pyramid.view.view_config", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"request": "pyramid.request.Request()"}, Route: true, Result: Response},
	}},
	{Name: "pyramid.request.Request().{params,GET,POST,json_body,body,matchdict,headers,cookies,path}", Source: User, From: "the HTTP request"},

	{Name: "cherrypy.expose", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, Result: HTML}}},
	{Name: "cherrypy.request.{params,body,headers,json}", Source: User, From: "the HTTP request"},

	{Name: "websockets.{serve,server.serve,asyncio.server.serve,sync.server.serve}", Callbacks: []Callback{
		{Arg: "0:handler", Params: map[string]Label{"0": NoLabel, "1": User}, Types: map[string]string{"0": "websockets.asyncio.server.ServerConnection()"}, Route: true},
	}},
	{Name: "websockets.{server.WebSocketServerProtocol,WebSocketServerProtocol,ServerConnection,sync.server.ServerConnection}", SameAs: "websockets.asyncio.server.ServerConnection"},
	{Name: "websockets.asyncio.server.ServerConnection().{recv,recv_streaming}", Source: User, From: "a websocket message", NoPass: true},
	{Name: "websockets.asyncio.server.ServerConnection()[]", Source: User, From: "a websocket message"},
	{Name: "websockets.asyncio.server.ServerConnection().send", Sinks: at(Response, "0:message"), NoPass: true},
	{Name: "{socketio.AsyncServer,socketio.Server}().{on,event}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Route: true},
	}},
	{Name: "{grpc.server,grpc.aio.server}", NoPass: true},
	{Name: "paho.mqtt.client.Client().message_callback_add", Callbacks: []Callback{{Arg: "1:callback", Params: map[string]Label{"2": User}}}},
	{Name: "{pika.adapters.blocking_connection.BlockingChannel(),pika.channel.Channel(),pika.BlockingConnection().channel()}.basic_consume", Callbacks: []Callback{{Arg: "1:on_message_callback", Params: map[string]Label{"3": User}}}},
}}

// What a mark says of data that came this way.
const (
	FromModelID = "the model id in a header of the request"
	FromSeldon  = "the payload of a prediction request"
	// NoteGivenModel is of what is sent to a server as a model or its configuration.
	NoteGivenModel = "what the server runs"
)

// seldonMethods are what Seldon's wrapper calls for requests.
func seldonMethods() []Callback {
	var out []Callback
	for _, name := range [...]string{"predict", "predict_raw", "predict_proba", "transform_input", "transform_input_raw", "transform_output", "transform_output_raw", "route", "route_raw", "aggregate", "aggregate_raw", "send_feedback", "send_feedback_raw"} {
		out = append(out, Callback{Arg: Arg("subclass." + name), Params: anyUser, Route: true, Result: Response, From: FromSeldon})
	}
	return out
}

var modelServers = Framework{Name: "model servers", Version: "bentoml 1.4, ray 2.51, seldon-core 1.18, kserve 0.15, torchserve 0.12, modal 1.2", Models: []Model{
	{Name: "bentoml.{api,task}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, Result: Response}}},
	{Name: "bentoml.Service().api", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, Result: Response}}},
	{Name: "bentoml.{load_model,models.get,pickle.load_model,pytorch.load_model,sklearn.load_model}", Sinks: at(ModelSource, "0"), NoPass: true},
	{Name: "bentoml.bentos.import_bento", SameAs: "bentoml.import_bento"},
	{Name: "bentoml.{import_bento,models.import_model}", Sinks: at(ModelSource, "0:path"), Reads: "0:path", NoPass: true},
	// In explicit mode a server takes a configuration and whole model files from whoever loads a model.
	{Name: "tritonclient.{http,grpc,http.aio,grpc.aio}.InferenceServerClient().load_model", Sinks: noted(ModelSource, NoteGivenModel, "config", "files"), NoPass: true},
	{Name: "kserve.Model", Callbacks: []Callback{
		{Arg: "subclass.predict", Params: map[string]Label{"0": User}, Route: true, Result: Response},
		{Arg: "subclass.preprocess", Params: map[string]Label{"0": User}, Route: true},
		{Arg: "subclass.explain", Params: map[string]Label{"0": User}, Route: true, Result: Response},
	}},
	{Name: "ts.torch_handler.{base_handler.BaseHandler,vision_handler.VisionHandler,text_handler.TextHandler,image_classifier.ImageClassifier}", Callbacks: []Callback{
		{Arg: "subclass.handle", Params: map[string]Label{"0": User}, Route: true, Result: Response},
		{Arg: "subclass.preprocess", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "modal.{fastapi_endpoint,web_endpoint}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, Result: Response}}},
	{Name: "ray.serve.deployment", Returns: "args[0]"},
	{Name: "ray.serve.multiplexed", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, From: FromModelID}}},
	{Name: "ray.serve.get_multiplexed_model_id", Source: User, From: FromModelID, NoPass: true},
	{Name: "seldon_core.user_model.SeldonComponent", Callbacks: seldonMethods()},
	{Name: "ray.serve.batch", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true}}},
	{Name: "litserve.LitAPI", Callbacks: []Callback{
		{Arg: "subclass.decode_request", Params: map[string]Label{"0": User}, Route: true},
		{Arg: "subclass.predict", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "cog.BasePredictor", Callbacks: []Callback{{Arg: "subclass.predict", Params: anyUser, Route: true, Result: Response}}},
	{Name: "runpod.serverless.start", NoPass: true},
	{Name: "mlserver.MLModel", Callbacks: []Callback{{Arg: "subclass.predict", Params: map[string]Label{"0": User}, Route: true, Result: Response}}},
}}

var templates = Framework{Name: "jinja2, mako and chevron", Version: "jinja2 3.1, mako 1.3", Models: []Model{
	{Name: "jinja2.Template", Sinks: at(Template, "0:source")},
	{Name: "{jinja2.environment.Template,jinja2.nativetypes.NativeTemplate}", SameAs: "jinja2.Template"},
	{Name: "{jinja2.environment.Environment,jinja2.nativetypes.NativeEnvironment}", SameAs: "jinja2.Environment"},
	{Name: "{jinja2.select_autoescape,jinja2.utils.select_autoescape}", Returns: "jinja2.select_autoescape()", NoPass: true},
	{Name: "jinja2.Environment().{from_string,compile_expression}", Sinks: at(Template, "0:source"), Returns: "jinja2.Template()"},
	{Name: "jinja2.Environment().{get_template,select_template}", Returns: "jinja2.Template()", Sinks: noted(Template, "the template's name", "0:name"), NoPass: true},
	// The sandbox is the documented way to render templates that others wrote.
	{Name: "jinja2.sandbox.{SandboxedEnvironment,ImmutableSandboxedEnvironment}().from_string", Cleans: []SinkKind{Template, Exec}, Pass: []Arg{"0:source"}},
	{
		Name: "{jinja2.Template(),jinja2.sandbox.SandboxedEnvironment().from_string(),jinja2.sandbox.ImmutableSandboxedEnvironment().from_string()}.{render,render_async,generate,stream}", Pass: []Arg{"self", "*"},
		Cleans: []SinkKind{HTML}, CleansIf: []string{"()autoescape=True", "()()autoescape=True", "()()autoescape=jinja2.select_autoescape()"},
	},
	{Name: "mako.template.Template", Sinks: append(append(at(Template, "0:text"), noted(Template, NoteTemplateFile, "1:filename")...), at(Path, "1:filename")...)},
	{Name: "jinja2.{FileSystemLoader,loaders.FileSystemLoader}", Sinks: noted(Template, NoteTemplateFile, "0:searchpath"), NoPass: true},
	{Name: "mako.lookup.TemplateLookup().get_template", Sinks: noted(Template, "the template's name", "0:uri"), NoPass: true},
	{Name: "chevron.render", Pass: []Arg{"*"}},
	{Name: "Cheetah.Template.Template", Sinks: at(Template, "0:source")},
	{Name: "genshi.template.{MarkupTemplate,TextTemplate,NewTextTemplate}", Sinks: at(Template, "0:source")},
}}
