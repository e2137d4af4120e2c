package models

// gradioEvents are the listeners that components and Blocks share.
const gradioEvents = "{click,double_click,submit,change,input,upload,select,release,blur,focus,edit,clear,stop,play,pause,end,start_recording,stop_recording,stream,like,load,unload,apply,delete,tick,undo,retry,example_select,option_select,key_up,expand,collapse,download,copy,then,success,failure}"

// gradioNames are the names by which Interface knows components.
var gradioNames = map[string]Label{
	"text": User, "textbox": User, "textarea": User, "code": User, "multimodaltextbox": User, "dataframe": User, "json": User, "list": User, "matrix": User, "numpy": User,
	"file": Upload, "files": Upload, "image": Upload, "imageeditor": Upload, "paint": Upload, "sketchpad": Upload, "pil": Upload, "webcam": Upload,
	"audio": Upload, "mic": Upload, "microphone": Upload, "video": Upload, "playablevideo": Upload, "model3d": Upload, "gallery": Upload,
	"slider": NoLabel, "number": NoLabel, "checkbox": NoLabel, "checkboxgroup": NoLabel, "radio": NoLabel, "dropdown": NoLabel, "state": NoLabel, "colorpicker": NoLabel,
}

// gradioOutputs are those by which it knows components that show markup.
var gradioOutputs = map[string]string{"markdown": "gradio.Markdown", "html": "gradio.HTML", "chatbot": "gradio.Chatbot"}

// gradioEvent is what a listener does with its function, which is handed in or decorated.
func gradioEvent(fn, inputs, outputs Arg) []Callback {
	return []Callback{
		{Arg: fn, Params: anyUser, Inputs: inputs, Outputs: outputs, Route: true, Result: Response},
		{Arg: "decorated", Params: anyUser, Inputs: inputs, Outputs: outputs, Route: true, Result: Response},
	}
}

// A component that stands in `inputs` says what its parameter of the function holds: the
// text components are sources, uploads are uploads, and those whose values the app or a
// number chooses carry no text.
var gradio = Framework{Name: "gradio", Version: "6.0 (and 3.x)", Models: []Model{
	{Name: "gradio.OAuthProfile().{name,username,profile}", Source: Memory, From: FromProfile},
	{Name: "gradio.{components,inputs,outputs,templates}", SameAs: "gradio"},
	{Name: "gradio.{Textbox,TextArea,Text,Code,JSON}", Source: User, From: "a text field of the page", Sinks: noted(Response, NotePrefilled, "0:value"), Cleans: []SinkKind{Length}, CleansIf: []string{"max_length!=None"}},
	{Name: "gradio.{MultimodalTextbox,Dataframe,DataFrame,HighlightedText}", Source: User, From: "a text field of the page"},
	{Name: "gradio.Chatbot", Source: User, From: "a text field of the page", Sinks: []Sink{{Kind: Response, Arg: "0:value", If: "render_markdown!=False", Note: NoteMarkdown}}},
	// What a multimodal text field gives: the text, and the files beside it.
	{Name: "gradio.MultimodalValue()[files]", Source: Upload},
	{Name: "gradio.ChatMessage", Pass: []Arg{"1:content", "content"}},
	{Name: "gradio.{File,UploadButton,Image,Audio,Video,ImageEditor,Model3D,FileExplorer,Gallery}", Source: Upload},
	// Components with some of the arguments set: gradio.templates.
	{Name: "gradio.{Microphone,Mic}", SameAs: "gradio.Audio"},
	{Name: "gradio.{Sketchpad,Paint,ImageMask,Webcam,Pil}", SameAs: "gradio.Image"},
	{Name: "gradio.PlayableVideo", SameAs: "gradio.Video"},
	{Name: "gradio.Files", SameAs: "gradio.File"},
	{Name: "gradio.{Matrix,Numpy,List}", SameAs: "gradio.Dataframe"},
	{Name: "gradio.{Slider,Checkbox,CheckboxGroup,Radio,State,ColorPicker,DateTime,Timer}", NoPass: true},
	{Name: "gradio.Number", Source: User, From: "a number field of the page", Cleans: textSinks, BoundedBy: []Arg{"maximum"}, NoPass: true},
	{Name: "gradio.Dropdown", Source: User, From: "a text field of the page", SourceIf: "allow_custom_value=True", NoPass: true},
	{Name: "gradio.Interface", Callbacks: []Callback{{Arg: "0:fn", Params: anyUser, Inputs: "1:inputs", Outputs: "2:outputs", Names: gradioNames, OutputNames: gradioOutputs, Route: true, Result: Response}}},
	{Name: "{gradio.interface.Interface,gradio.Interface.load,gradio.Interface.from_pipeline}", SameAs: "gradio.Interface"},
	{Name: "gradio.ChatInterface", Callbacks: []Callback{{Arg: "0:fn", Params: anyUser, Types: map[string]string{"0": "gradio.MultimodalValue()"}, Inputs: "additional_inputs", Skip: 2, Names: gradioNames, Route: true, Result: Response, Note: NoteMarkdown}}},
	{Name: "gradio.chat_interface.ChatInterface", SameAs: "gradio.ChatInterface"},
	// An event gives an object with `then`, `success` and `failure`, which give one again.
	{Name: "gradio.*()." + gradioEvents, Callbacks: gradioEvent("0:fn", "1:inputs", "2:outputs"), Returns: "gradio.Dependency()", NoPass: true},
	{Name: "gradio.on", Callbacks: gradioEvent("1:fn", "2:inputs", "3:outputs")},
	{Name: "gradio.render", Callbacks: gradioEvent("0:fn", "0:inputs", "outputs")},
	{Name: "gradio.api", Callbacks: []Callback{{Arg: "0:fn", Params: anyUser, Route: true}, {Arg: "decorated", Params: anyUser, Route: true}}},
	{Name: "gradio.Request().{headers,query_params,cookies,username,request,kwargs}", Source: User, From: "the HTTP request"},
	{Name: "gradio.routes.Request", SameAs: "gradio.Request"},
	{Name: "gradio.{Progress,EventData,LikeData}()", NoPass: true},
	{Name: "gradio.SelectData().value", Source: User, From: "what the visitor picked"},
	{Name: "gradio.HTML", Sinks: at(HTML, "0:value"), NoPass: true},
	{Name: "gradio.Markdown", Sinks: []Sink{
		{Kind: HTML, Arg: "0:value", If: "sanitize_html=False"},
		{Kind: Response, Arg: "0:value", Note: NoteMarkdown},
	}, NoPass: true},
	{Name: "gradio.update", Pass: []Arg{"value"}},
	{Name: "{gradio.load,gradio.load_chat,gradio.external.load}", Sinks: at(ModelSource, "0:name"), NoPass: true},
	{Name: "gradio.{Error,Warning,Info}", Sinks: at(Response, "0:message"), NoPass: true},
	{Name: "gradio.mount_gradio_app", Returns: "args[0]"},
	{Name: "gradio_client.Client().{predict,submit}", Source: Web, From: "an app's answer", NoPass: true},
	{Name: "gradio_client.Client", Sinks: at(URL, "0:src"), NoPass: true},
}}
