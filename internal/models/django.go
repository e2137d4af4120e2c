package models

// profileFields are the usual names of what users write about themselves.
const profileFields = "{name,display_name,username,nickname,bio,about,about_me,headline,company,interests,preferences,instructions,custom_instructions,notes,profile,userprofile}"

var djangoView = map[string]string{"0": "django.http.HttpRequest()"}

var django = Framework{Name: "django", Version: "5.2 (djangorestframework 3.16, django-ninja 1.4)", Models: []Model{
	{Name: "{django.http.request.HttpRequest,django.core.handlers.wsgi.WSGIRequest,django.core.handlers.asgi.ASGIRequest}", SameAs: "django.http.HttpRequest"},
	{Name: "django.http.HttpRequest().{GET,POST}", Source: User, From: "a field of the request"},
	{Name: "django.http.HttpRequest().body", Source: User, From: "the request's body"},
	{Name: "django.http.HttpRequest().{COOKIES,META,headers,path,path_info}", Source: User, From: "the HTTP request"},
	{Name: "django.http.HttpRequest().{read,readline,readlines,build_absolute_uri,get_full_path,get_signed_cookie}", Source: User, From: "the HTTP request", NoPass: true},
	{Name: "django.http.HttpRequest().FILES", Source: Upload},
	{Name: "django.http.HttpRequest().user." + profileFields, Source: Memory, From: FromProfile},
	{Name: "django.http.HttpRequest().user.{email,first_name,last_name,phone}", Source: PII, From: FromAccount},
	{Name: "django.http.HttpRequest().user.{get_full_name,get_short_name,get_username}", Source: PII, From: FromAccount, NoPass: true},
	{Name: "django.core.files.uploadedfile.{UploadedFile,InMemoryUploadedFile,TemporaryUploadedFile}().{name,read,chunks,file,open}", Source: Upload},
	{Name: "django.urls.{path,re_path}", Callbacks: []Callback{
		{Arg: "1:view", Params: map[string]Label{"0": NoLabel, "*": User}, Types: djangoView, Route: true, PathArg: "0:route", Result: Response},
	}},
	{Name: "django.conf.urls.url", Callbacks: []Callback{
		{Arg: "1:view", Params: map[string]Label{"0": NoLabel, "*": User}, Types: djangoView, Route: true, PathArg: "0:regex", Result: Response},
	}},
	{Name: "django.views.decorators.{http.require_http_methods,http.require_GET,http.require_POST,http.require_safe,csrf.csrf_exempt,csrf.csrf_protect,cache.never_cache}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: djangoView, Route: true, Result: Response},
	}},
	{Name: "django.contrib.auth.decorators.{login_required,permission_required,user_passes_test}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: djangoView, Route: true, Result: Response},
	}},
	{Name: "django.views.{View,generic.View,generic.base.View}", Callbacks: djangoMethods("django.http.HttpRequest()")},
	{Name: "django.views.generic.{TemplateView,DeleteView,DetailView,ListView,RedirectView,edit.DeleteView}", Extends: []string{"django.views.View"}},
	{Name: "django.views.generic.{FormView,CreateView,UpdateView,edit.FormView,edit.CreateView,edit.UpdateView}", Extends: []string{"django.views.View"}, Callbacks: []Callback{
		{Arg: "subclass.form_valid", Types: map[string]string{"0": "django.forms.Form()"}, Route: true, Result: Response},
		{Arg: "subclass.form_invalid", Types: map[string]string{"0": "django.forms.Form()"}, Route: true, Result: Response},
	}},
	{Name: "django.conf.settings", Named: "."},
	{Name: "django.views.View().request", SameAs: "django.http.HttpRequest()"},
	{Name: "django.views.View().{args,kwargs}", Source: User, From: "the request's path"},
	{Name: "django.forms.Form().{data,cleaned_data}", Source: User, From: "a form field of the request"},
	{Name: "django.forms.ModelForm", Extends: []string{"django.forms.Form"}},

	{Name: "django.http.HttpResponse", Sinks: []Sink{
		{Kind: HTML, Arg: "0:content", If: "content_type=None, headers[content-type]=None"}, {Kind: HTML, Arg: "0:content", If: "content_type=text/html"}, {Kind: HTML, Arg: "0:content", If: "headers[content-type]^=text/html"},
		{Kind: Response, Arg: "0:content"},
		{Kind: Response, Arg: "headers[Location]", Note: NoteRedirect},
	}, NoPass: true},
	{Name: "{django.http.HttpResponse().headers[],django.http.HttpResponse()[]}", Sinks: location},
	{Name: "django.http.{HttpResponseBadRequest,HttpResponseNotFound,HttpResponseForbidden,HttpResponseServerError}", Sinks: []Sink{{Kind: HTML, Arg: "0:content", If: "content_type=None"}}, NoPass: true},
	{Name: "django.http.StreamingHttpResponse", Sinks: []Sink{
		{Kind: HTML, Arg: "0:streaming_content", If: "content_type=None"}, {Kind: HTML, Arg: "0:streaming_content", If: "content_type=text/html"},
		{Kind: Response, Arg: "0:streaming_content"},
	}, NoPass: true},
	{Name: "django.http.response", SameAs: "django.http"},
	{Name: "django.http.HttpResponse().set_cookie", Sinks: at(Response, "1:value")},
	{Name: "django.http.HttpResponse().write", Sinks: at(HTML, "0:content")},
	{Name: "django.http.JsonResponse", Sinks: at(Response, "0:data"), NoPass: true},
	{Name: "django.http.FileResponse", NoPass: true},
	{Name: "{django.http.HttpResponseRedirect,django.http.HttpResponsePermanentRedirect,django.shortcuts.redirect}", Sinks: noted(Response, NoteRedirect, "0"), NoPass: true},
	{Name: "django.shortcuts.render", Sinks: append(noted(Template, "the template's name", "1:template_name"), noted(Response, NoteContext, "2:context")...), NoPass: true},
	{Name: "django.template.loader.{render_to_string,get_template}", Sinks: noted(Template, "the template's name", "0:template_name"), NoPass: true},
	{Name: "{django.template.Template,django.template.base.Template}", Sinks: at(Template, "0:template_string")},
	{Name: "django.template.{Engine,engines[]}().from_string", Sinks: at(Template, "0:template_code")},
	{Name: "{django.utils.safestring.mark_safe,django.utils.safestring.SafeString,django.utils.safestring.SafeText}", Sinks: noted(HTML, "marked as safe markup", "0"), Cleans: []SinkKind{HTML}},
	{Name: "django.utils.html.{escape,conditional_escape,escapejs,strip_tags}", Cleans: []SinkKind{HTML}},
	{Name: "django.utils.html.format_html", Sinks: noted(HTML, "the format itself", "0:format_string"), Cleans: []SinkKind{HTML}},
	{Name: "django.utils.text.{slugify,get_valid_filename}", Cleans: []SinkKind{HTML, Path, Shell, SQL}},
	{Name: "django.utils.http.url_has_allowed_host_and_scheme", Number: true, Guards: &Guard{Arg: "0:url", Cleans: []SinkKind{URL, Response}}},
	{Name: "django.core.files.storage.{default_storage,FileSystemStorage()}.{save,open,delete,path}", Sinks: at(Path, "0:name")},

	// The ORM writes its own SQL except in these.
	{Name: "django.db.models.Model.{objects,_default_manager}", SameAs: "django.db.models.Manager()"},
	{Name: "django.db.models.{QuerySet,query.QuerySet}", SameAs: "django.db.models.Manager"},
	{Name: "django.db.models.Manager().raw", Sinks: at(SQL, "0:raw_query"), Source: Database, NoPass: true},
	{Name: "?.objects.raw", Sinks: at(SQL, "0:raw_query"), Source: Database, NoPass: true},
	{Name: "django.db.models.Manager().extra", Sinks: at(SQL, "0:select", "1:where", "tables", "order_by"), Returns: "django.db.models.Manager()", NoPass: true},
	{Name: "django.db.models.Manager().{filter,exclude,all,order_by,annotate,alias,select_related,prefetch_related,distinct,reverse,using,only,defer,union,intersection,difference,select_for_update}", Returns: "django.db.models.Manager()", NoPass: true},
	{Name: "django.db.models.Manager().{get,first,last,earliest,latest,aget,afirst,alast,values,values_list,iterator,aiterator,in_bulk}", Source: Database, NoPass: true},
	{Name: "django.db.models.Manager()[]", Source: Database},
	{Name: "django.db.models.Manager().{count,exists,acount,aexists,delete,update,adelete,aupdate}", Number: true},
	{Name: "django.shortcuts.{get_object_or_404,get_list_or_404,aget_object_or_404}", Source: Database, NoPass: true},
	{Name: "django.db.models.expressions.RawSQL", Sinks: at(SQL, "0:sql")},
	{Name: "{django.db.connection,django.db.connections[]}.cursor", Returns: "django.db.backends.utils.CursorWrapper()", NoPass: true},
	{Name: "django.db.backends.utils.CursorWrapper().{execute,executemany}", Sinks: at(SQL, "0:sql"), NoPass: true},
	{Name: "django.db.backends.utils.CursorWrapper().{fetchone,fetchall,fetchmany}", Source: Database, NoPass: true},
	{Name: "django.db.backends.utils.CursorWrapper()[]", Source: Database},

	// Django REST framework.
	{Name: "rest_framework.request.Request", Extends: []string{"django.http.HttpRequest"}},
	{Name: "rest_framework.request.Request().{data,query_params,content_type}", Source: User, From: "a field of the request"},
	{Name: "rest_framework.decorators.api_view", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: map[string]string{"0": "rest_framework.request.Request()"}, Route: true, Result: Response},
	}},
	{Name: "rest_framework.decorators.action", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: map[string]string{"0": "rest_framework.request.Request()"}, Route: true, Result: Response},
	}},
	{Name: "rest_framework.views.APIView", Callbacks: append(djangoMethods("rest_framework.request.Request()"),
		Callback{Arg: "subclass.perform_create", Types: map[string]string{"0": "rest_framework.serializers.Serializer()"}, Route: true},
		Callback{Arg: "subclass.perform_update", Types: map[string]string{"0": "rest_framework.serializers.Serializer()"}, Route: true},
	)},
	{Name: "rest_framework.{generics.GenericAPIView,generics.CreateAPIView,generics.ListAPIView,generics.RetrieveAPIView,generics.ListCreateAPIView,viewsets.ViewSet,viewsets.GenericViewSet,viewsets.ModelViewSet,viewsets.ReadOnlyModelViewSet}", Extends: []string{"rest_framework.views.APIView"}},
	{Name: "rest_framework.views.APIView().request", SameAs: "rest_framework.request.Request()"},
	{Name: "rest_framework.views.APIView().kwargs", Source: User, From: "the request's path"},
	{Name: "rest_framework.serializers.{Serializer,ModelSerializer,BaseSerializer}().{validated_data,initial_data}", Source: User, From: "a field of the request"},
	{Name: "rest_framework.response.Response", Sinks: at(Response, "0:data"), NoPass: true},

	{Name: "{ninja.NinjaAPI,ninja.Router}().{get,post,put,patch,delete,api_operation}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": NoLabel, "*": User}, Types: djangoView, Route: true, PathArg: "0:path", Result: Response},
	}},

	// Channels.
	{Name: "channels.generic.websocket.{WebsocketConsumer,AsyncWebsocketConsumer,JsonWebsocketConsumer,AsyncJsonWebsocketConsumer}", Extends: []string{"channels.consumer.AsyncConsumer"}, Callbacks: []Callback{
		{Arg: "subclass.receive", Params: anyUser, Route: true}, {Arg: "subclass.receive_json", Params: anyUser, Route: true},
		{Arg: "subclass.connect", Route: true},
	}},
	{Name: "channels.consumer.SyncConsumer", SameAs: "channels.consumer.AsyncConsumer"},
	{Name: "channels.consumer.AsyncConsumer().scope{[url_route],[path],[query_string],[headers],[cookies]}", Source: User, From: "the websocket's request"},
	{Name: "channels.db.database_sync_to_async", Returns: "args[0]"},
}}

// djangoMethods lists the methods of a class-based view, called with a request of the type.
func djangoMethods(request string) []Callback {
	var out []Callback
	for _, method := range []Arg{"get", "post", "put", "patch", "delete", "dispatch", "list", "create", "retrieve", "update", "partial_update", "destroy"} {
		out = append(out, Callback{
			Arg: "subclass." + method, Params: map[string]Label{"0": NoLabel, "*": User},
			Types: map[string]string{"0": request}, Route: true, Result: Response,
		})
	}
	return out
}
