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
	{Name: "os.environ[]", Sinks: []Sink{{Kind: Backend, Arg: "=", If: "[]=MPLBACKEND"}}},
	{Name: "os.environ.setdefault", Sinks: []Sink{{Kind: Backend, Arg: "1:value", If: "0:key=MPLBACKEND"}}},
	{Name: "os.environ.update", Sinks: at(Backend, "0:env[MPLBACKEND]", "MPLBACKEND")},
}}
