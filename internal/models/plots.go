package models

// NoteSettings marks a table of settings, of which one may be the backend.
const NoteSettings = "a table of settings"

var plots = Framework{Name: "matplotlib", Version: "3.10", Models: []Model{
	{Name: "matplotlib.use", Sinks: at(Backend, "0:backend"), NoPass: true},
	{Name: "matplotlib.pyplot.switch_backend", Sinks: at(Backend, "0:newbackend"), NoPass: true},
	{Name: "{matplotlib.pyplot.rcParams,pylab.rcParams}", SameAs: "matplotlib.rcParams"},
	{Name: "matplotlib.pyplot.rc_context", SameAs: "matplotlib.rc_context"},
	{Name: "matplotlib.rcParams[]", Sinks: []Sink{{Kind: Backend, Arg: "=", If: "[]=backend"}}},
	{Name: "matplotlib.rcParams.update", Sinks: append(at(Backend, "0:rc[backend]", "backend"), noted(Backend, NoteSettings, "0")...), NoPass: true},
	{Name: "matplotlib.rc_context", Sinks: append(at(Backend, "0:rc[backend]"), noted(Backend, NoteSettings, "0:rc")...), NoPass: true},
	{Name: "pylab", SameAs: "matplotlib.pyplot"},
	{Name: "matplotlib.pyplot.{title,xlabel,ylabel,suptitle}", Sinks: at(TeX, "0:label", "xlabel", "ylabel", "t")},
	{Name: "matplotlib.pyplot.{text,figtext}", Sinks: at(TeX, "2:s")},
	{Name: "matplotlib.pyplot.annotate", Sinks: at(TeX, "0:text")},
	{Name: "matplotlib.pyplot.legend", Sinks: append(at(TeX, "1:labels", "title"), Sink{Kind: TeX, Arg: "0:", If: "1:labels=None"})},
	{Name: "matplotlib.pyplot.{plot,bar,scatter,hist,errorbar,fill_between,axhline,axvline}", Sinks: at(TeX, "label")},
	{Name: "{matplotlib.pyplot.subplots()[],matplotlib.figure.Figure().subplots()[],matplotlib.axes.Axes()[]}", SameAs: "matplotlib.axes.Axes()"},
	{Name: "{matplotlib.pyplot.subplots,matplotlib.figure.Figure().subplots}", NoPass: true},
	{Name: "matplotlib.pyplot.{gca,axes,subplot}", Returns: "matplotlib.axes.Axes()", NoPass: true},
	{Name: "matplotlib.pyplot.{figure,gcf}", Returns: "matplotlib.figure.Figure()", NoPass: true},
	{Name: "matplotlib.figure.Figure().{add_subplot,gca,add_axes}", Returns: "matplotlib.axes.Axes()", NoPass: true},
	{Name: "{matplotlib.axes.Axes().set_title,?.set_title}", Sinks: at(TeX, "0:label")},
	{Name: "{matplotlib.axes.Axes().set_xlabel,?.set_xlabel}", Sinks: at(TeX, "0:xlabel")},
	{Name: "{matplotlib.axes.Axes().set_ylabel,?.set_ylabel}", Sinks: at(TeX, "0:ylabel")},
	{Name: "{matplotlib.axes.Axes().text,matplotlib.figure.Figure().text,matplotlib.figure.Figure().figtext}", Sinks: at(TeX, "2:s")},
	{Name: "matplotlib.axes.Axes().annotate", Sinks: at(TeX, "0:text")},
	{Name: "matplotlib.axes.Axes().legend", Sinks: append(at(TeX, "1:labels", "title"), Sink{Kind: TeX, Arg: "0:", If: "1:labels=None"})},
	{Name: "matplotlib.axes.Axes().{plot,bar,scatter,hist,errorbar}", Sinks: at(TeX, "label")},
	{Name: "{?.suptitle,matplotlib.figure.Figure().suptitle,matplotlib.axes.Axes().suptitle}", Sinks: at(TeX, "0:t")},
	{Name: "IPython.lib.latextools.latex_to_png", Sinks: []Sink{{Kind: TeX, Arg: "0:s", If: "2:backend=dvipng"}}, NoPass: true},
	{Name: "sympy.preview", Sinks: at(TeX, "0:expr"), NoPass: true},
	{Name: "sympy.printing.preview.preview", SameAs: "sympy.preview"},
	{Name: "os.environ[]", Sinks: []Sink{{Kind: Backend, Arg: "=", If: "[]=MPLBACKEND"}}},
	{Name: "os.environ.setdefault", Sinks: []Sink{{Kind: Backend, Arg: "1:value", If: "0:key=MPLBACKEND"}}},
	{Name: "os.environ.update", Sinks: at(Backend, "0:env[MPLBACKEND]", "MPLBACKEND")},
}}
