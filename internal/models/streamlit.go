package models

var streamlit = Framework{Name: "streamlit", Version: "1.51", Models: []Model{
	{Name: "streamlit.sidebar", SameAs: "streamlit"},
	{Name: "streamlit.session_state", NoPass: true},
	{Name: "streamlit.{container,expander,form,empty,popover,status,chat_message,beta_container,beta_expander}", NoPass: true},
	{Name: "streamlit.{container,expander,form,empty,popover,status,chat_message,beta_container,beta_expander}()", SameAs: "streamlit"},
	{Name: "streamlit.{columns,tabs,beta_columns}()[]", SameAs: "streamlit"},
	{Name: "streamlit.{text_input,text_area,chat_input}", Source: User, From: "a text field of the page", Sinks: noted(Response, NotePrefilled, "1:value"), NoPass: true, Cleans: []SinkKind{Length}, CleansIf: []string{"max_chars!=None"}},
	{Name: "streamlit.data_editor", Source: User, From: "an edited table", Pass: []Arg{"0:data"}},
	{Name: "streamlit.{file_uploader,camera_input,audio_input,experimental_audio_input}", Source: Upload, NoPass: true},
	{Name: "streamlit.query_params", Source: User, From: "the address of the page"},
	{Name: "streamlit.{experimental_get_query_params}", Source: User, From: "the address of the page", NoPass: true},
	{Name: "streamlit.context.{headers,cookies}", Source: User, From: "the HTTP request"},
	{Name: "streamlit.experimental_user", SameAs: "streamlit.user"},
	{Name: "streamlit.user", Source: PII, From: FromAccount},
	{Name: "streamlit.{button,checkbox,toggle,slider,date_input,time_input,form_submit_button,download_button,color_picker,feedback}", Number: true},
	{Name: "streamlit.number_input", Source: User, From: "a number field of the page", Number: true, BoundedBy: []Arg{"2:max_value"}},
	// The page offers these choices; what comes back is one of them.
	{Name: "streamlit.{radio,selectbox,multiselect,select_slider,pills,segmented_control}", Pass: []Arg{"1:options"}},
	{Name: "streamlit.{markdown,write,caption,title,header,subheader}", Sinks: []Sink{
		{Kind: HTML, Arg: "0:", If: "unsafe_allow_html=True"},
		{Kind: Response, Arg: "0:", Note: NoteMarkdown},
	}, NoPass: true},
	{Name: "streamlit.write_stream", Sinks: noted(Response, NoteMarkdown, "0:stream"), Returns: "args[0]"},
	{Name: "streamlit.{error,warning,info,success}", Sinks: noted(Response, NoteMarkdown, "0:body"), NoPass: true},
	{Name: "streamlit.{text,code,json,dataframe,table,exception,toast,latex,metric}", Sinks: at(Response, "0"), NoPass: true},
	{Name: "streamlit.html", NoPass: true}, // cleaned by DOMPurify in the browser
	{Name: "streamlit.components.v1.html", Sinks: at(HTML, "0:html"), NoPass: true},
	{Name: "streamlit.components.v1.iframe", Sinks: at(URL, "0:src"), NoPass: true},
	{Name: "streamlit.{cache_data,cache_resource,cache,experimental_memo,experimental_singleton,fragment}", Returns: "args[0]"},
	{Name: "streamlit.{stop,switch_page,rerun,experimental_rerun}", NoReturn: true},
	{Name: "streamlit.secrets", Source: Secret, From: "the app's secrets", Named: "[]"},
	{Name: "streamlit.secrets.get", Named: "0:key"},
	{Name: "streamlit.connection().query", Sinks: at(SQL, "0:sql"), Source: Database, Returns: "pandas.DataFrame()", NoPass: true},
	{Name: "streamlit_chat.message", Sinks: []Sink{{Kind: HTML, Arg: "0:message", If: "allow_html=True"}}, NoPass: true},
	{Name: "streamlit_ace.st_ace", Source: User, From: "a text field of the page", NoPass: true},
	{Name: "streamlit_javascript.st_javascript", Source: User, NoPass: true},
}}
