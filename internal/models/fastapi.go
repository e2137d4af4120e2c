package models

// anyUser labels every parameter of a handler as the request's.
var anyUser = map[string]Label{"*": User}

// asgiMethods are the decorators of FastAPI's and Starlette's applications and routers.
const asgiMethods = "{get,post,put,delete,patch,head,options,trace,api_route,route,websocket,websocket_route}"

// In FastAPI a parameter is a field of the request unless its annotation is a class that
// the framework injects (Request, BackgroundTasks, …), which the engine knows by the
// instances that those annotations give.
var fastapi = Framework{Name: "fastapi", Version: "0.121 (Starlette 0.49)", Models: []Model{
	{Name: "fastapi.FastAPI().state", NoPass: true},
	{Name: "{starlette.applications.Starlette().state,starlette.requests.Request().app.state,starlette.websockets.WebSocket().app.state}", SameAs: "fastapi.FastAPI().state"},
	{Name: "{fastapi.FastAPI,starlette.applications.Starlette}", Callbacks: []Callback{{Arg: "lifespan", Types: map[string]string{"0": "fastapi.FastAPI()"}}}},
	{Name: "fastapi.APIRouter", Extends: []string{"fastapi.FastAPI"}},
	{Name: "fastapi.routing.APIRouter", SameAs: "fastapi.APIRouter"},
	{Name: "fastapi.applications.FastAPI", SameAs: "fastapi.FastAPI"},
	{Name: "fastapi.FastAPI().router", SameAs: "fastapi.FastAPI()"},
	{Name: "fastapi.FastAPI()." + asgiMethods, Callbacks: []Callback{
		{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:path", Result: Response, Page: "response_class"},
	}},
	{Name: "fastapi.FastAPI().{add_api_route,add_api_websocket_route,add_route,add_websocket_route}", Callbacks: []Callback{
		{Arg: "1:endpoint", Params: anyUser, Route: true, PathArg: "0:path", Result: Response, Page: "response_class"},
	}},
	{Name: "{fastapi.FastAPI,starlette.applications.Starlette}().middleware", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "starlette.requests.Request()"}, Gate: true},
	}},
	{Name: "fastapi.FastAPI().exception_handler", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "starlette.requests.Request()"}},
	}},
	// What a dependency function returns stands in for the parameter; the engine follows it.
	{Name: "fastapi.{Depends,Security}", NoPass: true},
	{Name: "fastapi.params.Depends", SameAs: "fastapi.Depends"},
	{Name: "fastapi.params.Security", SameAs: "fastapi.Security"},
	{Name: "fastapi.{Query,Body,Form,Header,Cookie,Path}", Source: User, From: "a field of the request", NoPass: true},
	{Name: "fastapi.{File,UploadFile}", Source: Upload, NoPass: true},
	{Name: "fastapi.UploadFile().{filename,file,read,headers,content_type}", Source: Upload},
	{Name: "{fastapi.datastructures.UploadFile,starlette.datastructures.UploadFile}", SameAs: "fastapi.UploadFile"},
	{Name: "fastapi.{Request,requests.Request}", SameAs: "starlette.requests.Request"},
	{Name: "fastapi.{WebSocket,websockets.WebSocket}", SameAs: "starlette.websockets.WebSocket"},
	{Name: "fastapi.{BackgroundTasks,background.BackgroundTasks}", SameAs: "starlette.background.BackgroundTasks"},
	{Name: "fastapi.Response", SameAs: "starlette.responses.Response"},
	{Name: "fastapi.responses", SameAs: "starlette.responses"},
	{Name: "fastapi.templating", SameAs: "starlette.templating"},
	{Name: "fastapi.concurrency", SameAs: "starlette.concurrency"},
	{Name: "{authlib.integrations.flask_client.OAuth,authlib.integrations.starlette_client.OAuth,authlib.integrations.django_client.OAuth,authlib.integrations.starlette_client.starlette_client.OAuth}().{*.authorize_access_token,*.userinfo,*.parse_id_token,register().authorize_access_token,register().userinfo,register().parse_id_token,create_client().authorize_access_token,create_client().userinfo,create_client().parse_id_token}", Source: Memory, From: FromProfile, NoPass: true},
	{Name: "fastapi.security.{OAuth2PasswordRequestForm,OAuth2PasswordRequestFormStrict}().username", Source: User, From: "a field of the request"},
	{Name: "fastapi.security.{OAuth2PasswordRequestForm,OAuth2PasswordRequestFormStrict}().password", Source: Secret, From: "a user's password"},

	{Name: "{fastapi.HTTPException,fastapi.exceptions.HTTPException,starlette.exceptions.HTTPException}", Sinks: at(Response, "1:detail"), NoPass: true},
	{Name: "starlette.requests.HTTPConnection", SameAs: "starlette.requests.Request"},
	{Name: "starlette.requests.Request().{query_params,path_params,headers,cookies,url,base_url}", Source: User, From: "the HTTP request"},
	{Name: "starlette.requests.Request().{url_for,app}", NoPass: true}, // the application's own
	{Name: "starlette.requests.Request().{json,body,stream}", Source: User, From: "the request's body", NoPass: true},
	{Name: "starlette.requests.Request().form", Source: User, From: "a form field of the request", NoPass: true},
	{Name: "starlette.websockets.WebSocket().{receive,receive_text,receive_json,receive_bytes,iter_text,iter_json,iter_bytes}", Source: User, From: "a websocket message", NoPass: true},
	{Name: "starlette.websockets.WebSocket().{query_params,path_params,headers,cookies,url}", Source: User, From: "the websocket's request"},
	{Name: "starlette.websockets.WebSocket().{send,send_text,send_json,send_bytes}", Sinks: at(Response, "0"), NoPass: true},
	{Name: "starlette.routing.Route", Callbacks: []Callback{
		{Arg: "1:endpoint", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "starlette.routing.WebSocketRoute", Callbacks: []Callback{
		{Arg: "1:endpoint", Types: map[string]string{"0": "starlette.websockets.WebSocket()"}, Route: true, PathArg: "0:path"},
	}},
	{Name: "{starlette.applications.Starlette,starlette.routing.Router}().{add_route,add_websocket_route}", Callbacks: []Callback{
		{Arg: "1:route", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "{starlette.applications.Starlette,starlette.routing.Router}().{route,websocket_route}", Callbacks: []Callback{
		{Arg: "decorated", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, PathArg: "0:path", Result: Response},
	}},
	{Name: "starlette.endpoints.HTTPEndpoint", Callbacks: []Callback{
		{Arg: "subclass.get", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
		{Arg: "subclass.post", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
		{Arg: "subclass.put", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
		{Arg: "subclass.delete", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
		{Arg: "subclass.patch", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
		{Arg: "subclass.head", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true},
		{Arg: "subclass.options", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, Result: Response},
	}},
	{Name: "starlette.endpoints.WebSocketEndpoint", Callbacks: []Callback{
		{Arg: "subclass.on_receive", Params: map[string]Label{"1": User}, Types: map[string]string{"0": "starlette.websockets.WebSocket()"}, Route: true},
		{Arg: "subclass.on_connect", Types: map[string]string{"0": "starlette.websockets.WebSocket()"}, Route: true},
		{Arg: "subclass.on_disconnect", Types: map[string]string{"0": "starlette.websockets.WebSocket()"}, Route: true},
	}},
	{Name: "starlette.middleware.base.BaseHTTPMiddleware", Callbacks: []Callback{
		{Arg: "subclass.dispatch", Types: map[string]string{"0": "starlette.requests.Request()"}},
	}},
	{Name: "starlette.background.BackgroundTasks().add_task", Callbacks: []Callback{{Arg: "0:func"}}},
	{Name: "starlette.background.BackgroundTask", Callbacks: []Callback{{Arg: "0:func"}}},
	{Name: "starlette.concurrency.run_in_threadpool", Returns: "call args[0]", Callbacks: []Callback{{Arg: "0:func"}}},

	// A response is a sink itself, so that it is none again where the handler returns it.
	{Name: "starlette.responses.HTMLResponse", Sinks: at(HTML, "0:content"), NoPass: true},
	{Name: "starlette.responses.Response", Sinks: []Sink{
		{Kind: HTML, Arg: "0:content", If: "media_type=text/html"}, {Kind: HTML, Arg: "0:content", If: "2:headers[content-type]^=text/html"},
		{Kind: Response, Arg: "0:content"},
		{Kind: Response, Arg: "2:headers[Location]", Note: NoteRedirect},
		{Kind: Response, Arg: "2:headers[location]", Note: NoteRedirect},
	}, NoPass: true},
	{Name: "starlette.responses.Response().headers[]", Sinks: location},
	{Name: "starlette.responses.StreamingResponse", Sinks: []Sink{
		{Kind: HTML, Arg: "0:content", If: "media_type=text/html"},
		{Kind: Response, Arg: "0:content"},
	}, NoPass: true},
	{Name: "starlette.responses.{PlainTextResponse,JSONResponse,ORJSONResponse,UJSONResponse}", Sinks: at(Response, "0:content"), NoPass: true},
	{Name: "starlette.responses.FileResponse", Sinks: at(Path, "0:path"), NoPass: true},
	{Name: "starlette.responses.RedirectResponse", Sinks: noted(Response, NoteRedirect, "0:url"), NoPass: true},
	{Name: "starlette.responses.Response().set_cookie", Sinks: at(Response, "1:value")},
	{Name: "starlette.templating.Jinja2Templates().TemplateResponse", Sinks: append(noted(Template, "the template's name", "name"), noted(Response, NoteContext, "*")...), NoPass: true},
	{Name: "sse_starlette.{EventSourceResponse,sse.EventSourceResponse}", Sinks: at(Response, "0:content"), NoPass: true},
}}
