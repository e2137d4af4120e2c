package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// sandboxUnpickled is PML6426.
var sandboxUnpickled = &checks.Rule{
	Spec:  infoPML6426,
	Knows: slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath, checks.JSONPickleDecoders, torchLoaders, []string{"builtins.eval", "builtins.exec"}),
	From:  []checks.Label{models.Tool, models.Web},
	Into:  []checks.SinkKind{models.Deserialize, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !p.Project.UsesML() || !fromSandbox(path.Mark) || !ranUntrusted(path.Mark.Call()) {
			return
		}
		evaluated := path.Sink.Note == models.NoteCode && c.Symbol.Is("builtins.eval", "builtins.exec")
		if !evaluated && (path.Kind != models.Deserialize || !rebuilds(c) || checks.Restricted(c)) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: readData(p, path)})
	},
}

var torchLoaders = []string{"torch.load", "torch.serialization.load"}

// rebuilds reports whether a call builds whatever objects its input names.
func rebuilds(c *checks.Call) bool {
	if c.Symbol.Is(torchLoaders...) {
		a := c.Arg(-1, "weights_only")
		return a != nil && checks.Off(a.Value)
	}
	return checks.Unpickles(c) || c.Symbol.Is(checks.JSONPickleDecoders...)
}

// fromSandbox reports whether data is what code in a sandbox gave back: that of a sandbox's own
// API, or the answer of a service that was sent code to run.
func fromSandbox(m checks.Mark) bool {
	if m.Label == models.Tool {
		return m.From() == models.FromSandbox
	}
	c := m.Call()
	return c != nil && checks.Fetches(c) && sendsCode(c)
}

// sendsCode reports whether a request has a field that holds code to run.
func sendsCode(c *checks.Call) bool {
	for _, name := range [...]string{"json", "data", "params"} {
		a := c.Arg(-1, name)
		if a == nil {
			continue
		}
		for _, key := range codeFields {
			for _, e := range c.GivenKey(a.Value, key) {
				if e.Value != nil {
					return true
				}
			}
		}
	}
	return false
}

// codeFields are the names under which services take the code that they run.
var codeFields = []string{"code", "source", "source_code", "script", "program", "python", "snippet", "cmd", "command"}

// strangers are the labels of what others than the operator write.
var strangers = []checks.Label{models.User, models.Upload, models.LLM, models.Web, models.Tool, models.Document, models.Retrieved, models.Memory, models.Database, models.Dataset}

// puts are the methods that bring code into a sandbox or run it there.
var puts = map[string]bool{
	"run_code": true, "run": true, "exec_run": true, "exec": true, "code_run": true, "execute": true, "execute_interactive": true, "execute_session_command": true, "exec_cell": true, "put_archive": true,
	"write": true, "write_file": true, "upload_file": true, "writestr": true, "write_text": true, "write_bytes": true, "addfile": true, "aio": true, "post": true, "create": true, "start_and_wait": true,
}

// ranUntrusted reports whether the code behind what a sandbox gave back is not the program's own:
// what was run, or put there before, is somebody else's or a caller's.
func ranUntrusted(c *checks.Call) bool {
	if c == nil {
		return true
	}
	some := false
	for _, f := range c.Frame.Beside() {
		if f != c.Frame && (f.Class() == nil || f.Class() != c.Frame.Class()) {
			continue
		}
		for _, o := range f.Calls {
			if o.Node != c.Node && !puts[o.Method] {
				continue
			}
			for i := range o.Args {
				if untrusted(o, o.Args[i].Value, 0) {
					return true
				}
				some = true
			}
		}
	}
	return !some
}

// untrusted reports whether a value holds what others write, or what callers of whom nothing is
// known hand in.
func untrusted(c *checks.Call, v *checks.Value, depth int) bool {
	if v == nil || v.IsConst() || depth > 2 {
		return false
	}
	for _, m := range c.Behind(v) {
		if slices.Contains(strangers, m.Label) {
			return true
		}
	}
	given := c.Given(v)
	if len(given) == 0 { // a parameter of a function that others call
		return !isSelf(v)
	}
	for _, g := range given {
		if g.IsParameter() && !isSelf(g) {
			return true
		}
		for _, part := range g.Parts() {
			if part.Value != nil && part.Value.IsParameter() {
				return true
			}
		}
	}
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			if untrusted(c, it.Value, depth+1) {
				return true
			}
		}
	}
	if entries, _, ok := c.Entries(v); ok {
		for _, e := range entries {
			if untrusted(c, e.Value, depth+1) {
				return true
			}
		}
	}
	return false
}

func isSelf(v *checks.Value) bool { return v.Class() != nil }

// readData reads JSON where the output is unpickled, and a literal where it is evaluated.
func readData(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if path.Kind == models.Deserialize {
		if a := c.Arg(-1, "weights_only"); c.Symbol.Is(torchLoaders...) && a != nil && !a.Unpacked && a.Node != nil && p.Holds(a.Node) {
			return checks.Fix(true, "load tensors only", checks.Replace(p, a.Node, "True"))
		}
		if !checks.Unpickles(c) && !c.Symbol.Is(checks.JSONPickleDecoders...) || c.Symbol.Is(checks.UnpicklePath...) {
			return nil
		}
		return checks.ReadJSON(p, c)
	}
	if !c.Symbol.Is("builtins.eval") {
		return nil
	}
	a := c.Arg(0, "source")
	if a == nil || a.Unpacked || a.Node == nil || !p.Holds(a.Node) || strings.Contains(p.File.Text(c.Node.Fn), ".") {
		return nil
	}
	name, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.InSection)
	return checks.Fix(true, "read a literal and run nothing", checks.Replace(p, c.Node, name+"("+p.File.Text(ast.Expr(a.Node))+")"), imports)
}
