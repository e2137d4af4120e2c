package models

import (
	"strings"
	"unicode"
)

// Protection is a set of what stands between everybody and a function that serves requests.
type Protection uint8

// The protections.
const (
	// Identity lets only callers pass who show who they are: by a login, a token, a key, a
	// signature.
	Identity Protection = 1 << iota
	// Rate bounds how often one may call.
	Rate
	// Nothing says of a library's name that everybody passes, where of others it cannot be told.
	Nothing
)

// Has reports whether all of the protections given are there.
func (p Protection) Has(q Protection) bool { return p&q == q }

// Server describes a call that starts a server.
type Server struct {
	// Host is the argument that names the address, alone or as the first of a pair; Default is the
	// address where none is given.
	Host    Arg
	Default string
	// Opens is a condition, written as Sink.If, under which everybody reaches it all the same.
	Opens string
}

const (
	loopback   = "127.0.0.1"
	everywhere = "0.0.0.0"
)

// The models below say of names that are described elsewhere, too, what they protect.

var webProtection = Framework{Name: "what stands before handlers", Version: "fastapi 0.121, flask 3.1, django 5.2, djangorestframework 3.16, aiohttp 3.13, sanic 25.3, tornado 6.5, litestar 2.18", Models: []Model{
	// FastAPI and Starlette.
	{Name: "fastapi.FastAPI", Gates: []Arg{"dependencies", "middleware"}},
	{Name: "fastapi.FastAPI()." + asgiMethods, Gates: []Arg{"dependencies"}},
	{Name: "fastapi.FastAPI().{add_api_route,add_api_websocket_route}", Gates: []Arg{"dependencies"}},
	{Name: "fastapi.FastAPI().add_middleware", Gates: []Arg{"0:middleware_class"}},
	{Name: "fastapi.FastAPI().include_router", Mounts: []Arg{"0:router"}, Gates: []Arg{"dependencies"}},
	{Name: "fastapi.FastAPI().mount", Mounts: []Arg{"1:app"}},
	{Name: "fastapi.Depends", Gates: []Arg{"0:dependency"}},
	{Name: "fastapi.Security", Gates: []Arg{"0:dependency"}, Protects: Identity},
	{Name: "fastapi.security.{HTTPBasic,HTTPBearer,HTTPDigest,OAuth2,OAuth2PasswordBearer,OAuth2AuthorizationCodeBearer,OpenIdConnect,APIKeyHeader,APIKeyQuery,APIKeyCookie}", Protects: Identity},
	{Name: "starlette.applications.Starlette", Gates: []Arg{"middleware"}},
	{Name: "starlette.applications.Starlette().add_middleware", Gates: []Arg{"0:middleware_class"}},
	{Name: "starlette.applications.Starlette().mount", Mounts: []Arg{"1:app"}},
	{Name: "starlette.routing.{Route,WebSocketRoute}", Gates: []Arg{"middleware"}},
	{Name: "starlette.routing.Mount", Mounts: []Arg{"1:app"}, Gates: []Arg{"middleware"}},
	{Name: "{starlette,fastapi}.middleware.Middleware", Gates: []Arg{"0:cls"}},
	{Name: "{starlette,fastapi}.middleware.{cors.CORSMiddleware,gzip.GZipMiddleware,trustedhost.TrustedHostMiddleware,httpsredirect.HTTPSRedirectMiddleware,sessions.SessionMiddleware,errors.ServerErrorMiddleware,exceptions.ExceptionMiddleware,wsgi.WSGIMiddleware}", Protects: Nothing},
	{Name: "starlette.authentication.requires", Protects: Identity},
	{Name: "starlette.middleware.authentication.AuthenticationMiddleware", Protects: Identity},
	{Name: "fastapi_users.FastAPIUsers().current_user", Protects: Identity, ProtectsIf: []string{"optional!=True"}},
	{Name: "fastapi_limiter.depends.{RateLimiter,WebSocketRateLimiter}", Protects: Rate},
	{Name: "slowapi.Limiter().{limit,shared_limit}", Protects: Rate},
	{Name: "slowapi.middleware.{SlowAPIMiddleware,SlowAPIASGIMiddleware}", Protects: Rate},

	// Flask and Quart.
	{Name: "flask.Flask().{before_request,before_app_request}", Gates: []Arg{"0:f"}, Callbacks: []Callback{{Arg: "decorated", Gate: true}, {Arg: "0:f", Gate: true}}},
	{Name: "flask.Flask().register_blueprint", Mounts: []Arg{"0:blueprint"}},
	{Name: "flask.views.{View,MethodView}", Gates: []Arg{".decorators"}},
	{Name: "{flask_restful,flask_restx}.Resource", Gates: []Arg{".method_decorators"}},
	{Name: "{flask_restful.Api,flask_restx.Api,flask_restx.Namespace}", Gates: []Arg{"decorators"}},
	{Name: "{flask,quart}.session", Protects: Identity},
	{Name: "flask_login.{login_required,fresh_login_required,current_user}", Protects: Identity},
	{Name: "flask_jwt_extended.{jwt_required,verify_jwt_in_request}", Protects: Identity, ProtectsIf: []string{"0:optional!=True"}},
	{Name: "flask_jwt_extended.{fresh_jwt_required,get_jwt_identity,get_current_user,current_user}", Protects: Identity},
	{Name: "flask_httpauth.{HTTPBasicAuth,HTTPTokenAuth,HTTPDigestAuth,MultiAuth}().login_required", Protects: Identity, ProtectsIf: []string{"optional!=True"}},
	{Name: "flask_security.{auth_required,login_required,roles_required,roles_accepted,permissions_required,permissions_accepted,http_auth_required,auth_token_required,current_user}", Protects: Identity},
	{Name: "flask_limiter.Limiter", Gates: []Arg{"default_limits", "application_limits"}, Covers: []Arg{"0:", "app"}},
	{Name: "flask_limiter.Limiter().init_app", Gates: []Arg{"self"}, Covers: []Arg{"0:app"}},
	{Name: "flask_limiter.Limiter().{limit,shared_limit}", Protects: Rate},
	{Name: "quart_auth.{login_required,basic_auth_required,current_user}", Protects: Identity},
	{Name: "quart_rate_limiter.rate_limit", Protects: Rate},
	{Name: "quart_rate_limiter.RateLimiter", Gates: []Arg{"default_limits"}, Covers: []Arg{"0:app"}},

	// Django.
	{Name: "django.contrib.auth.decorators.{login_required,permission_required,user_passes_test}", Protects: Identity},
	{Name: "django.contrib.auth.decorators.login_not_required", Protects: Nothing},
	{Name: "django.contrib.admin.views.decorators.staff_member_required", Protects: Identity},
	{Name: "django.contrib.auth.mixins.{AccessMixin,LoginRequiredMixin,PermissionRequiredMixin,UserPassesTestMixin}", Protects: Identity},
	{Name: "django.utils.decorators.method_decorator", Gates: []Arg{"0:decorator"}},
	{Name: "{django_ratelimit,django_ratelimit.core}.{is_ratelimited,get_usage}", Protects: Rate},
	{Name: "django_ratelimit.decorators.ratelimit", Protects: Rate},
	{Name: "rest_framework.permissions.AllowAny", Protects: Nothing},
	{Name: "rest_framework.permissions.{BasePermission,IsAuthenticated,IsAdminUser,IsAuthenticatedOrReadOnly,DjangoModelPermissions,DjangoModelPermissionsOrAnonReadOnly,DjangoObjectPermissions}", Protects: Identity},
	{Name: "rest_framework.authentication.{BaseAuthentication,BasicAuthentication,SessionAuthentication,TokenAuthentication,RemoteUserAuthentication}", Protects: Identity},
	{Name: "rest_framework_simplejwt.authentication.{JWTAuthentication,JWTStatelessUserAuthentication}", Protects: Identity},
	{Name: "rest_framework.throttling.{BaseThrottle,SimpleRateThrottle,AnonRateThrottle,UserRateThrottle,ScopedRateThrottle}", Protects: Rate},
	{Name: "rest_framework.decorators.{permission_classes,authentication_classes,throttle_classes}", Gates: []Arg{"0:"}},
	{Name: "rest_framework.views.APIView", Gates: []Arg{".permission_classes", ".authentication_classes", ".throttle_classes", ".throttle_scope"}},
	{Name: "{ninja.NinjaAPI,ninja.Router}", Gates: []Arg{"auth", "throttle"}},
	{Name: "{ninja.NinjaAPI,ninja.Router}().{get,post,put,patch,delete,api_operation}", Gates: []Arg{"auth", "throttle"}},
	{Name: "{ninja.NinjaAPI,ninja.Router}().add_router", Mounts: []Arg{"1:router"}, Gates: []Arg{"auth", "throttle"}},

	// Other servers.
	{Name: "aiohttp.web.Application", Gates: []Arg{"middlewares"}},
	{Name: "aiohttp.web.Application().middlewares.{append,insert,extend}", Gates: []Arg{"0:middlewares", "1:middlewares"}},
	{Name: "aiohttp.web.Application().add_routes", Mounts: []Arg{"0:routes"}},
	{Name: "aiohttp.web.Application().add_subapp", Mounts: []Arg{"1:subapp"}},
	{Name: "aiohttp_security.{check_authorized,check_permission,login_required,has_permission}", Protects: Identity},
	{Name: "aiohttp_session.get_session", Protects: Identity},
	{Name: "sanic.Sanic().on_request", Gates: []Arg{"0:middleware"}, Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "sanic.Request()"}, Gate: true}}},
	{Name: "sanic.Sanic().middleware", Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "sanic.Request()"}, Gate: true}}},
	{Name: "sanic.Sanic().register_middleware", Gates: []Arg{"0:middleware"}},
	{Name: "sanic.Sanic().blueprint", Mounts: []Arg{"0:blueprint"}},
	{Name: "tornado.web.authenticated", Protects: Identity},
	{Name: "tornado.web.RequestHandler", Callbacks: []Callback{{Arg: "subclass.prepare", Gate: true}}},
	{Name: "bottle.auth_basic", Protects: Identity},
	{Name: "litestar.{Litestar,Router}", Gates: []Arg{"guards", "middleware"}, Mounts: []Arg{"route_handlers"}},
	{Name: "litestar.{get,post,put,patch,delete,route}", Gates: []Arg{"guards", "middleware"}},
	{Name: "litestar.Controller", Gates: []Arg{".guards", ".middleware"}},

	// Pages.
	{Name: "gradio.*().launch", Gates: []Arg{"auth"}, ProtectsAll: "gradio", Serves: &Server{Host: "server_name", Default: loopback, Opens: "3:share=True"}},
	{Name: "gradio.mount_gradio_app", Gates: []Arg{"auth", "auth_dependency"}, ProtectsAll: "gradio"},
	{Name: "streamlit.login", Protects: Identity, ProtectsAll: "streamlit"},
	{Name: "streamlit.user.{is_logged_in,email}", Protects: Identity},
	{Name: "streamlit_authenticator.Authenticate", Protects: Identity, ProtectsAll: "streamlit"},
	{Name: "chainlit.{password_auth_callback,header_auth_callback,oauth_callback}", Protects: Identity, ProtectsAll: "chainlit"},
	{Name: "dash_auth.{BasicAuth,OIDCAuth}", Protects: Identity, ProtectsAll: "dash", Covers: []Arg{"0:app"}},

	// What handlers and dependencies call themselves.
	{Name: "{hmac,secrets}.compare_digest", Protects: Identity},
	{Name: "{jwt.decode,jose.jwt.decode,authlib.jose.jwt.decode}", Protects: Identity},
	{Name: "firebase_admin.auth.{verify_id_token,verify_session_cookie}", Protects: Identity},
	{Name: "google.oauth2.id_token.{verify_token,verify_oauth2_token,verify_firebase_token}", Protects: Identity},
	{Name: "werkzeug.security.check_password_hash", Protects: Identity},
	{Name: "{stripe.Webhook.construct_event,svix.Webhook().verify,twilio.request_validator.RequestValidator().validate,slack_sdk.signature.SignatureVerifier().is_valid_request,slack_sdk.signature.SignatureVerifier().is_valid}", Protects: Identity},
}}

var serving = Framework{Name: "starting servers", Version: "uvicorn 0.38, waitress 3.0, gevent 25.9, hypercorn 0.17", Models: []Model{
	{Name: "uvicorn.{run,Config}", Serves: &Server{Host: "host", Default: loopback}},
	{Name: "flask.Flask().run", Serves: &Server{Host: "0:host", Default: loopback}},
	{Name: "flask_socketio.SocketIO().run", Serves: &Server{Host: "1:host", Default: loopback}},
	{Name: "aiohttp.web.run_app", Serves: &Server{Host: "host", Default: everywhere}},
	{Name: "aiohttp.web.TCPSite", Serves: &Server{Host: "1:host", Default: everywhere}},
	{Name: "sanic.Sanic().{run,prepare}", Serves: &Server{Host: "0:host", Default: loopback}},
	{Name: "tornado.web.Application().listen", Serves: &Server{Host: "1:address", Default: everywhere}},
	{Name: "tornado.httpserver.HTTPServer().{listen,bind}", Serves: &Server{Host: "1:address", Default: everywhere}},
	{Name: "bottle.{run,Bottle().run}", Serves: &Server{Host: "host", Default: loopback}},
	{Name: "waitress.serve", Serves: &Server{Host: "host", Default: everywhere}},
	{Name: "werkzeug.serving.run_simple", Serves: &Server{Host: "0:hostname", Default: loopback}},
	{Name: "wsgiref.simple_server.make_server", Serves: &Server{Host: "0:host", Default: everywhere}},
	{Name: "{http.server.HTTPServer,http.server.ThreadingHTTPServer,socketserver.TCPServer,socketserver.ThreadingTCPServer}", Serves: &Server{Host: "0:server_address", Default: everywhere}},
	{Name: "gevent.pywsgi.WSGIServer", Serves: &Server{Host: "0:listener", Default: everywhere}},
	{Name: "dash.Dash().{run,run_server}", Serves: &Server{Host: "0:host", Default: loopback}},
	{Name: "litserve.LitServer().run", Serves: &Server{Host: "host", Default: everywhere}},
	{Name: "nicegui.ui.run", Serves: &Server{Host: "host", Default: everywhere}},
	{Name: "cherrypy.quickstart", Serves: &Server{Default: loopback}},
}}

// The words below are those of names of which no model says what they do: a decorator of a
// package that is not there, a method of something unknown.

// identityWords are said of what asks for the caller, and rateWords of what counts calls.
var (
	identityWords = wordSet("login", "logged", "signin", "token", "jwt", "key", "apikey", "permission", "permissions", "role", "roles", "staff", "admin", "superuser", "user", "principal", "account",
		"credential", "credentials", "oidc", "sso", "saml", "secure", "secured", "protect", "protected", "identity", "member", "signature", "signed", "hmac", "verify", "verified", "guard", "guards", "access", "acl", "private", "tenant")
	rateWords = wordSet("throttle", "throttled", "throttling", "throttler", "ratelimit", "ratelimited", "ratelimiter", "limiter", "limit", "limits", "limited", "rate", "quota", "quotas", "budget", "captcha", "recaptcha", "turnstile", "credits")
	// askingVerbs make of a noun a test of it.
	askingVerbs   = wordSet("verify", "check", "validate", "require", "requires", "ensure", "decode", "assert", "enforce", "authenticate")
	callerNouns   = wordSet("token", "key", "apikey", "user", "access", "secret", "password", "role", "roles", "admin", "session", "signature", "caller", "owner", "subscription", "credential", "credentials")
	measuredWords = wordSet("limit", "limits", "count", "counts", "length", "budget", "usage", "size", "max", "tokens")
	// passingWords are said of middleware that turns nobody away.
	passingWords = wordSet("cors", "gzip", "compress", "compression", "brotli", "log", "logs", "logger", "logging", "timing", "timer", "timeout", "metrics", "prometheus", "trace", "tracing", "tracer", "telemetry", "opentelemetry", "sentry", "correlation",
		"cache", "caching", "session", "sessions", "proxy", "host", "hosts", "https", "static", "error", "errors", "exception", "exceptions", "id", "locale", "encoding", "profiler", "profiling", "debug", "whitenoise", "instrumentator", "header", "headers", "context")
	// credentialWords are parts of names under which a request carries what identifies its caller.
	credentialWords = wordSet("authorization", "token", "apikey", "signature", "secret", "password", "passwd", "passphrase", "jwt", "credential", "credentials", "bearer", "hmac")
	// textTokens are those of language models and parsers.
	textTokens = wordSet("eos", "bos", "pad", "next", "special", "stop", "last", "first", "prev", "previous", "sep", "unk", "mask", "new", "delta", "chunk", "output", "input", "end", "start", "think")
)

func wordSet(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// wordsOf splits a name into its words, in lower case: "requireApiKey", "x-api-key".
func wordsOf(name string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	rs := []rune(name)
	for i, r := range rs {
		switch {
		case !unicode.IsLetter(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])):
			flush()
		}
		b.WriteRune(unicode.ToLower(r))
	}
	flush()
	return out
}

// says tells words about who somebody is: auth, authenticated, authorize; not author.
func says(word string) bool {
	return strings.HasPrefix(word, "auth") && !strings.HasPrefix(word, "author") || strings.HasPrefix(word, "authoriz") || strings.HasPrefix(word, "authoris") || strings.HasPrefix(word, "oauth") || strings.HasPrefix(word, "unauth")
}

// ProtectionNamed tells by its dotted name what something protects that stands before a handler
// and of which nothing else is known: a decorator, a dependency, middleware.
func ProtectionNamed(name string) Protection {
	var p Protection
	for _, w := range wordsOf(name) {
		if says(w) || identityWords[w] {
			p |= Identity
		}
		if rateWords[w] {
			p |= Rate
		}
	}
	return p
}

// PassesByName reports whether the name of middleware says that it does something else than
// turning requests away.
func PassesByName(name string) bool {
	for _, w := range wordsOf(name) {
		if passingWords[w] {
			return true
		}
	}
	return false
}

// foreign are packages whose names speak of the program's own accounts.
var foreign = wordSet("google", "azure", "boto", "botocore", "huggingface", "openai", "anthropic", "vertexai", "langchain", "requests", "httpx", "aiohttp", "ollama", "litellm", "transformers", "tiktoken")

// ProtectionCalled tells by its dotted name what a function protects that is called by a handler
// and of which nothing else is known. It takes more than ProtectionNamed: handlers call much.
func ProtectionCalled(name string) Protection {
	words := wordsOf(name)
	if len(words) == 0 || foreign[words[0]] {
		return 0
	}
	var p Protection
	verb, noun, measured, rate, limit, current := false, false, false, false, false, false
	for i, w := range words {
		switch {
		case says(w), w == "jwt", w == "permission", w == "permissions", w == "signature", w == "unauthorized", w == "forbidden":
			p |= Identity
		case w == "limiter", w == "ratelimit", w == "ratelimiter", w == "captcha", w == "recaptcha", w == "turnstile", strings.HasPrefix(w, "throttl"), strings.HasPrefix(w, "quota"):
			p |= Rate
		case w == "login" && i+1 < len(words) && words[i+1] == "required":
			p |= Identity
		}
		verb = verb || askingVerbs[w]
		noun = noun || callerNouns[w]
		measured = measured || measuredWords[w]
		rate = rate || w == "rate"
		limit = limit || strings.HasPrefix(w, "limit")
		current = current || w == "current" && i+1 < len(words) && words[i+1] == "user"
	}
	if verb && noun && !measured || current {
		p |= Identity
	}
	if rate && limit || verb && (hasWord(words, "usage") || hasWord(words, "budget") || hasWord(words, "credits")) {
		p |= Rate
	}
	return p
}

// AsksByName reports whether the dotted name of a function says that it tests who calls, where it
// stands in a function that requests pass.
func AsksByName(name string) bool {
	for _, w := range wordsOf(name) {
		if askingVerbs[w] || w == "allow" || w == "allowed" || w == "guard" || w == "protect" || w == "acl" {
			return true
		}
	}
	return false
}

func hasWord(words []string, w string) bool {
	for _, have := range words {
		if have == w {
			return true
		}
	}
	return false
}

// IsCredentialName reports whether a field, header, cookie or variable of that name holds what
// identifies a caller: "X-API-Key", "auth_token".
func IsCredentialName(name string) bool {
	words := wordsOf(name)
	key := false
	for i, w := range words {
		if textTokens[w] {
			return false
		}
		key = key || w == "key" && i > 0 && (words[i-1] == "api" || words[i-1] == "access" || words[i-1] == "secret" || words[i-1] == "admin" || words[i-1] == "auth" || words[i-1] == "service" || words[i-1] == "internal")
	}
	for _, w := range words {
		if credentialWords[w] || says(w) {
			return true
		}
	}
	return key
}

// IsCallerRead reports whether reading an attribute of something of a name tells who calls:
// request.user, g.user, self.current_user.
func IsCallerRead(base, attr string) bool {
	switch attr {
	case "is_authenticated", "is_logged_in", "is_staff", "is_superuser", "has_permission", "has_perm", "is_anonymous":
		return true
	}
	return callerBases[base] && callerAttrs[attr]
}

var (
	callerBases = wordSet("request", "req", "g", "self", "state", "websocket", "ws", "info", "context", "ctx", "scope", "conn", "connection", "_request", "event")
	callerAttrs = wordSet("user", "current_user", "auth", "session", "authorization", "identity", "user_id", "tenant", "claims", "account", "principal", "authenticated_userid")
)

// RequestParts are the attributes of requests that hold what the client sent by name.
var RequestParts = wordSet("headers", "cookies", "META", "args", "query_params", "form", "GET", "POST", "values", "query", "params", "json", "header")

// StatusOf tells what an answer of an HTTP status, or a close of a WebSocket by a code, means to
// the one who asked.
func StatusOf(code string) Protection {
	switch code {
	case "401", "403", "1008", "3000", "4001", "4003", "4401", "4403":
		return Identity
	case "429", "4429":
		return Rate
	}
	return 0
}

// RefusalNamed tells by the name of an exception, an answer or a constant why a request is
// refused: Unauthorized, HTTP_403_FORBIDDEN, TooManyRequests.
func RefusalNamed(name string) Protection {
	squeezedName := squeezed.Replace(strings.ToLower(name))
	for _, w := range [...]string{"unauthorized", "unauthorised", "forbidden", "unauthenticated", "notauthenticated", "permissiondenied", "authenticationfailed", "accessdenied", "invalidcredentials", "credentialsexception", "notauthorized", "autherror", "authexception"} {
		if strings.Contains(squeezedName, w) {
			return Identity
		}
	}
	for _, w := range [...]string{"toomanyrequests", "throttled", "ratelimitexceeded", "quotaexceeded"} {
		if strings.Contains(squeezedName, w) {
			return Rate
		}
	}
	return 0
}
