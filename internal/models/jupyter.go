package models

import "slices"

const (
	// NoteNotebook marks a notebook whose cells are run, NoteKernel source text that is sent to a
	// kernel.
	NoteNotebook = "run cell by cell"
	NoteKernel   = "run by the kernel"
	// NoteCell marks the source of a cell, which is run where its notebook is.
	NoteCell = "the source of a cell"
	// NoteParameters marks a table of parameters, whose names become code.
	NoteParameters = "whose names become code"
	// NoteWidget marks markup of a widget, which is kept in the notebook, NotePicture a picture that
	// becomes part of the page, NoteBundle markup that is handed to the page as it is.
	NoteWidget  = "shown as markup by a widget"
	NotePicture = "made part of the page"
	NoteBundle  = "displayed as it is"

	// StepExported is the step of a trail at which a notebook becomes a web page.
	StepExported = "rendered as a web page"
)

// Displays: what is put into the page of a notebook.
var jupyter = Framework{Name: "jupyter", Version: "ipython 9.7, ipywidgets 8.1, nbclient 0.10, nbconvert 7.16, papermill 2.6, testbook 0.4, jupyter_client 8.6, kagglehub 0.3", Models: []Model{
	{Name: "IPython.{core.display,core.display_functions,core.displaypub}", SameAs: "IPython.display"},
	{Name: "IPython.display.HTML", Sinks: at(HTML, "0:data")},
	{Name: "IPython.display.SVG", Sinks: noted(HTML, NotePicture, "0:data")},
	{Name: "IPython.display.Javascript", Sinks: at(Script, "0:data")},
	{Name: "IPython.display.Markdown", Sinks: noted(Response, NoteMarkdown, "0:data")},
	{Name: "{google.colab.output.eval_js,google.colab.output._js.eval_js}", Sinks: at(Script, "0:script"), NoPass: true},
	{Name: "IPython.display.publish_display_data", Sinks: bundled("0:data", ""), NoPass: true},
	{Name: "{IPython.display.display,IPython.display.update_display,IPython.display.DisplayHandle().display}", Sinks: bundled("0:objs", "raw=True"), Returns: "IPython.display.DisplayHandle()"},
	{Name: "IPython.display.DisplayHandle().update", Sinks: bundled("0:obj", "raw=True")},
	{Name: "IPython.display.{display_html,display_svg}", Sinks: []Sink{{Kind: HTML, Arg: "0:", If: "raw=True", Note: NoteBundle}}, NoPass: true},
	{Name: "IPython.display.display_javascript", Sinks: []Sink{{Kind: Script, Arg: "0:", If: "raw=True", Note: NoteBundle}}, NoPass: true},

	{Name: "{spacy.displacy.render,plotly.io.to_html,plotly.graph_objects.Figure().to_html,plotly.graph_objs.Figure().to_html,plotly.express.*().to_html,plotly.subplots.make_subplots().to_html,altair.Chart().to_html}", Cleans: []SinkKind{HTML}},

	{Name: "{ipywidgets.widgets,ipywidgets.widgets.widget_string}", SameAs: "ipywidgets"},
	{Name: "ipywidgets.{Text,Textarea,Combobox}().value", Source: Local, From: "a text field of the notebook"},
	{Name: "ipywidgets.Password().value", Source: Secret, From: "a password typed in the notebook"},
	{Name: "ipywidgets.FileUpload().{value,data}", Source: Upload},
	{Name: "ipywidgets.{HTML,HTMLMath}", Sinks: noted(HTML, NoteWidget, "0:value")},
	{Name: "ipywidgets.{HTML,HTMLMath}().value", Sinks: noted(HTML, NoteWidget, "=")},
	{Name: "ipywidgets.*", Sinks: []Sink{{Kind: HTML, Arg: "description", If: "description_allow_html=True", Note: NoteWidget}}},

	{Name: "{IPython.get_ipython,IPython.core.getipython.get_ipython,builtins.get_ipython}", Returns: ShellInstance, NoPass: true},
	{Name: "IPython.InteractiveShell", SameAs: "IPython.core.interactiveshell.InteractiveShell"},
	{Name: "IPython.core.interactiveshell.InteractiveShell.instance", Returns: ShellInstance, NoPass: true},
	{Name: ShellInstance + ".{run_cell,run_code,ex,ev,run_cell_async}", Sinks: noted(Exec, NoteCode, "0"), NoPass: true},
	{Name: ShellInstance + ".{system,getoutput,getoutput_pexpect,system_raw,system_piped}", Sinks: noted(Shell, NoteShell, "0:cmd"), NoPass: true},
	{Name: ShellInstance + ".{run_line_magic,magic}", Sinks: slices.Concat(
		// Other magics take words, and run nothing.
		codeMagics("1:line", "time", "timeit", "prun", "lprun", "mprun", "memit", "debug", "python", "python3", "pypy"),
		magics("1:line", "sx", "system", "sc", "run"),
	), NoPass: true},
	{Name: ShellInstance + ".run_cell_magic", Sinks: slices.Concat(magics("1:line", shellMagics...), magics("2:cell", shellMagics...)), NoPass: true},

	// Databricks has dbutils in every notebook.
	{Name: "{databricks.sdk.runtime.dbutils,pyspark.dbutils.DBUtils()}", SameAs: "builtins.dbutils"},
	{Name: "builtins.dbutils.notebook.run", Sinks: noted(Exec, NoteNotebook, "0:path"), NoPass: true},
	{Name: "builtins.dbutils.widgets.{get,getArgument}", Source: Local, From: "a widget of the notebook"},
	{Name: "builtins.dbutils.secrets.{get,getBytes}", Source: Secret, From: "a secret of Databricks"},

	{Name: "papermill.execute", SameAs: "papermill"},
	{Name: "papermill.execute_notebook", Sinks: []Sink{
		{Kind: Exec, Arg: "0:input_path", If: "prepare_only!=True", Note: NoteNotebook},
		{Kind: Exec, Arg: "2:parameters", If: "prepare_only!=True", Note: NoteParameters},
	}, NoPass: true},
	{Name: "nbformat.read", Pass: []Arg{"0:fp"}, Reads: "0:fp"},
	{Name: "nbformat.v4.new_code_cell", Sinks: noted(Exec, NoteCell, "0:source")},
	{Name: "nbconvert.preprocessors.execute", SameAs: "nbconvert.preprocessors"},
	{Name: "nbconvert.preprocessors.ExecutePreprocessor().preprocess", Sinks: noted(Exec, NoteNotebook, "0:nb")},
	{Name: "nbclient.client", SameAs: "nbclient"},
	{Name: "nbclient.execute", Sinks: noted(Exec, NoteNotebook, "0:nb")},
	{Name: "nbclient.NotebookClient().{execute,async_execute}", Sinks: noted(Exec, NoteNotebook, "self")},
	{Name: "testbook.testbook", Sinks: noted(Exec, NoteNotebook, "0:nb"), NoPass: true},
	{Name: "{nbconvert.exporters,nbconvert.exporters.html,nbconvert.exporters.slides,nbconvert.exporters.exporter_locator,nbconvert.exporters.base}", SameAs: "nbconvert"},
	{Name: "nbconvert.{HTMLExporter,SlidesExporter,LabHTMLExporter}().from_notebook_node", Pass: []Arg{"0:nb"}, Restores: shown, Step: StepExported},
	{Name: "nbconvert.{HTMLExporter,SlidesExporter,LabHTMLExporter}().from_file", Pass: []Arg{"0:file_stream"}, Reads: "0:file_stream", Restores: shown, Step: StepExported},
	{Name: "nbconvert.{HTMLExporter,SlidesExporter,LabHTMLExporter}().from_filename", Pass: []Arg{"0:filename"}, Reads: "0:filename", Restores: shown, Step: StepExported},
	{Name: "nbconvert.export", Pass: []Arg{"1:nb"}, Restores: shown, Step: StepExported},

	{Name: "jupyter_client.{KernelClient,BlockingKernelClient,AsyncKernelClient}().{execute,execute_interactive}", Sinks: noted(Exec, NoteKernel, "0:code"), NoPass: true},
	{Name: "{jupyter_client.client,jupyter_client.blocking,jupyter_client.blocking.client,jupyter_client.asynchronous,jupyter_client.asynchronous.client,jupyter_client.manager}", SameAs: "jupyter_client"},
	{Name: "jupyter_client.{BlockingKernelClient,AsyncKernelClient}", Extends: []string{"jupyter_client.KernelClient"}},
	{Name: "jupyter_client.{KernelManager,AsyncKernelManager}().client", Returns: "jupyter_client.KernelClient()", NoPass: true},
	{Name: "jupyter_client.{start_new_kernel,start_new_async_kernel}()[]", SameAs: "jupyter_client.KernelClient()"},
	{Name: "jupyter_client.run_kernel", Returns: "jupyter_client.KernelClient()", NoPass: true},
	{Name: "jupyter_client.KernelClient().client", Returns: "jupyter_client.KernelClient()", NoPass: true},
}}

// ShellInstance is the running IPython.
const ShellInstance = "IPython.core.interactiveshell.InteractiveShell()"

// shellMagics are the cell magics whose cell a shell runs.
var shellMagics = []string{"bash", "sh", "script", "system", "sx", "!"}

// magics are the sinks of an argument that the magics named give to a shell.
func magics(arg Arg, names ...string) []Sink {
	var out []Sink
	for _, n := range names {
		out = append(out, Sink{Kind: Shell, Arg: arg, If: "0:magic_name=" + n, Note: NoteShell})
	}
	return out
}

// codeMagics are the sinks of an argument that certain magics run as Python.
func codeMagics(arg Arg, names ...string) []Sink {
	var out []Sink
	for _, n := range names {
		out = append(out, Sink{Kind: Exec, Arg: arg, If: "0:magic_name=" + n, Note: NoteCode})
	}
	return out
}

// bundled are the sinks of a dict from media types to what is displayed.
func bundled(dict Arg, cond string) []Sink {
	return []Sink{
		{Kind: HTML, Arg: dict + "[text/html]", If: cond, Note: NoteBundle}, {Kind: HTML, Arg: dict + "[image/svg+xml]", If: cond, Note: NoteBundle},
		{Kind: Script, Arg: dict + "[application/javascript]", If: cond, Note: NoteBundle}, {Kind: Script, Arg: dict + "[text/javascript]", If: cond, Note: NoteBundle},
	}
}

// shown are the places where the page of a notebook does harm: what was clean as the content of a
// file is not as a page.
var shown = []SinkKind{HTML, Response, FileData}
