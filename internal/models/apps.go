package models

var chainlit = Framework{Name: "chainlit", Version: "2.9", Models: []Model{
	{Name: "chainlit.on_message", Callbacks: []Callback{
		{Arg: "decorated", Params: anyUser, Types: map[string]string{"0": "chainlit.Message()"}, Route: true},
	}},
	{Name: "chainlit.{on_audio_chunk,on_settings_update,on_settings_edit,on_window_message}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true}}},
	{Name: "chainlit.{password_auth_callback,header_auth_callback}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser}}},
	{Name: "chainlit.ChatSettings().send", Source: User, From: "a setting of the visitor's", NoPass: true},
	{Name: "chainlit.action_callback", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true}}},
	{Name: "chainlit.on_chat_resume", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": Memory}}}},
	{Name: "chainlit.{AskUserMessage,AskActionMessage}().send", Source: User, From: "the visitor's answer", NoPass: true},
	{Name: "chainlit.AskFileMessage().send", Source: Upload, NoPass: true},
	// The server itself chooses where it puts what was uploaded.
	{Name: "chainlit.{AskFileMessage().send()[],Message().elements[]}.path", Source: Upload, Cleans: []SinkKind{Path, URL}},
	{Name: "chainlit.Message().elements", Source: Upload},
	{Name: "chainlit.Message", Sinks: noted(Response, NoteMarkdown, "0:content")},
	{Name: "chainlit.Message().content", Sinks: noted(Response, NoteMarkdown, "=")},
	{Name: "chainlit.Message().stream_token", Sinks: noted(Response, NoteMarkdown, "0:token"), NoPass: true},
	{Name: "chainlit.{make_async,cl.make_async,step}", Returns: "args[0]"},
	{Name: "chainlit.user_session.set", NoPass: true},
	{Name: "chainlit.user_session.get", Source: Memory, SourceIf: "0:key=user", From: FromProfile, NoPass: true},
	{Name: "chainlit.{chat_context.to_openai,chat_context.get}", Source: Memory, From: FromChat, NoPass: true},
}}

var dash = Framework{Name: "dash", Version: "3.3", Models: []Model{
	{Name: "dash.{callback,Dash().callback,Dash().long_callback}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, Result: Response}}},
	{Name: "dash.{ctx,callback_context}.{inputs,states,args_grouping,inputs_list,states_list,triggered}", Source: User, From: "a field of the page"},
	{Name: "dash.{dcc,html}.Markdown", Sinks: []Sink{
		{Kind: HTML, Arg: "0:children", If: "dangerously_allow_html=True"},
		{Kind: Response, Arg: "0:children", Note: NoteMarkdown},
	}, NoPass: true},
	{Name: "dash_core_components.Markdown", SameAs: "dash.dcc.Markdown"},
	{Name: "dash_dangerously_set_inner_html.DangerouslySetInnerHTML", Sinks: at(HTML, "0:children"), NoPass: true},
	{Name: "dash.html.Iframe", Sinks: at(HTML, "srcDoc"), NoPass: true},
	{Name: "dash_html_components", SameAs: "dash.html"},
}}

// panelTexts are the widgets of Panel that take text.
const panelTexts = "{TextInput,TextAreaInput,AutocompleteInput,Ace,CodeEditor,TextEditor}"

var panel = Framework{Name: "panel and nicegui", Version: "panel 1.8, nicegui 3.2", Models: []Model{
	{Name: "panel.widgets." + panelTexts, Source: User, From: "a text field of the page"},
	{Name: "panel.widgets." + panelTexts + "().{value,value_input,param.value,param.value_input}", Source: User, From: "a text field of the page"},
	{Name: "panel.widgets." + panelTexts + "().param.watch", Callbacks: []Callback{{Arg: "0:fn", Params: anyUser, Route: true}}},
	{Name: "panel.widgets.{IntSlider,FloatSlider,RangeSlider,DiscreteSlider,EditableIntSlider,EditableFloatSlider,IntInput,FloatInput,Select,MultiSelect,RadioButtonGroup,RadioBoxGroup,CheckBoxGroup,CheckButtonGroup,Checkbox,Switch,Toggle,Button,ColorPicker,DatePicker,DateRangeSlider,Player}", NoPass: true},
	{Name: "panel.chat.ChatAreaInput().value", Source: User, From: "a text field of the page"},
	{Name: "panel.widgets.PasswordInput().value", Source: Secret, From: "a password typed on the page"},
	{Name: "panel.widgets.{FileInput,FileDropper}().{value,filename}", Source: Upload},
	{Name: "panel.widgets.*().{param.watch,on_click}", Callbacks: []Callback{{Arg: "0"}}},
	{Name: "panel.state.{location.search,location.query_params,session_args,headers,cookies}", Source: User, From: "the HTTP request"},
	{Name: "panel.chat.{ChatInterface,ChatFeed}", Callbacks: []Callback{{Arg: "callback", Params: map[string]Label{"0": User}, Route: true, Result: Response, Note: NoteMarkdown}}},
	{Name: "panel.chat.{ChatInterface,ChatFeed}().{send,stream}", Sinks: noted(Response, NoteMarkdown, "0:value")},
	{Name: "panel.chat.ChatMessage", Sinks: noted(Response, NoteMarkdown, "0:object")},
	{Name: "panel.pane.{Markdown,Alert}().object", Sinks: noted(Response, NoteMarkdown, "=")},
	{Name: "panel.bind", Callbacks: []Callback{{Arg: "0:function", Params: anyUser, Inputs: "1:", Route: true, Result: Response}}},
	{Name: "{panel.depends,param.depends}", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Inputs: "0:", Route: true, Result: Response}}},
	{Name: "panel.pane.HTML", Sinks: []Sink{{Kind: HTML, Arg: "0:object", If: "sanitize_html=None"}, {Kind: HTML, Arg: "0:object", If: "sanitize_html=False"}, {Kind: Response, Arg: "0:object"}}},
	{Name: "panel.pane.{Markdown,Alert}", Sinks: noted(Response, NoteMarkdown, "0:object")},

	{Name: "nicegui.ui.{input,textarea,editor,codemirror}().value", Source: User, From: "a text field of the page"},
	{Name: "nicegui.ui.{input,textarea,editor,codemirror,select}().{on,on_value_change}", Callbacks: []Callback{{Arg: "1:handler", Params: anyUser, Route: true}}},
	{Name: "nicegui.ui.{input,textarea,editor,codemirror}", Callbacks: []Callback{{Arg: "on_change", Params: anyUser, Route: true}}, NoPass: true},
	{Name: "nicegui.ui.upload", Callbacks: []Callback{{Arg: "on_upload", Params: map[string]Label{"0": Upload}, Route: true}}, NoPass: true},
	{Name: "nicegui.ui.button", Callbacks: []Callback{{Arg: "on_click", Route: true}}},
	{Name: "nicegui.ui.page", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true, PathArg: "0:path"}}},
	{Name: "nicegui.ui.html", Sinks: at(HTML, "0:content"), NoPass: true},
	{Name: "nicegui.ui.markdown", Sinks: noted(Response, NoteMarkdown, "0:content"), NoPass: true},
	{Name: "nicegui.ui.markdown().set_content", Sinks: noted(Response, NoteMarkdown, "0:content"), NoPass: true},
	{Name: "nicegui.ui.markdown().content", Sinks: noted(Response, NoteMarkdown, "=")},
	{Name: "nicegui.ui.{run_javascript,add_head_html,add_body_html}", Sinks: at(HTML, "0"), NoPass: true},
	{Name: "nicegui.run.{io_bound,cpu_bound}", Returns: "call args[0]", Callbacks: []Callback{{Arg: "0:callback"}}},
}}
