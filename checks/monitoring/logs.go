package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// logReceiver is PML2407.
var logReceiver = &checks.Rule{
	Spec:  infoPML2407,
	Knows: slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, []string{"hmac.compare_digest", "logging.makeLogRecord"}),
	On:    []string{"logging.config.listen"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		verify := c.Arg(1, "verify")
		if verify == nil && c.HasRest() || verify != nil && !verify.Value.IsNone() && !givesBack(verify.Value) {
			return
		}
		const nothing = "lambda data: None"
		r := checks.Report{Node: c.Node}
		switch {
		case c.Partial:
		case verify == nil:
			r.Fix = checks.Fix(true, "discard what arrives", fix.AddKeyword(p.File, c.Node, "verify", nothing))
		default:
			r.Fix = checks.SetConstant(p, c, verify, nothing)
		}
		p.Report(r)
	},
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Exec, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch c := path.Call; {
		case c == nil:
		case path.Kind == models.Exec:
			if path.Sink.Note == models.NoteLogConfig && choosesClasses(path, path.Value, "", 0) && chosenOutside(p, path) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: withoutStatement(p, c.Node)})
			}
		case fromSocket(path) && (c.Symbol.Is(checks.UnpickleBytes...) || c.Symbol.Is(checks.UnpickleFile...)) && !checks.Restricted(c) && !checks.DigestCompared(path) && becomesRecord(p, path):
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.ReadJSON(p, c)})
		}
	},
}

// givesBack reports whether a function of the project gives its only parameter back as it is.
func givesBack(v *checks.Value) bool {
	fn := v.Function()
	if fn == nil || fn.Params == nil || len(fn.Params.List) != 1 || fn.Params.List[0].Name == nil {
		return false
	}
	var given ast.Expr
	switch {
	case fn.Lambda != nil:
		given = fn.Lambda.Body
	case len(fn.Body) == 1:
		if r, ok := fn.Body[0].(*ast.Return); ok {
			given = r.Value
		}
	}
	name, ok := given.(*ast.Name)
	return ok && name.Id == fn.Params.List[0].Name.Id
}

// fromSocket reports whether the data of a path was received by a socket of the standard library.
func fromSocket(path *checks.Path) bool {
	s := path.Mark.Source()
	return s.Under("socketserver") || s.Under("socket") || s.Under("asyncio")
}

// becomesRecord reports whether what the call at the end of a path gives is made a record of the log.
func becomesRecord(p *checks.Pass, path *checks.Path) bool {
	if !checks.GroupMentions(p, "makeLogRecord", "LogRecord") {
		return false
	}
	for _, o := range slices.Concat(path.Engine.CallsOf("logging.makeLogRecord"), path.Engine.CallsNamed("update")) {
		record := o.Symbol.Is("logging.makeLogRecord")
		if at, ok := o.Node.Fn.(*ast.Attribute); ok && !record {
			record = at.Attr.Id == "update" && checks.LastName(at.Value) == "__dict__"
		}
		if record && slices.ContainsFunc(o.Args, func(a checks.Argument) bool {
			return a.Node != nil && comesOf(o.Frame, a.Node, path.Call)
		}) {
			return true
		}
	}
	return false
}

// counts reports whether an expression only counts or tests what it is given.
func counts(_ *checks.Frame, n ast.Node) bool {
	c, ok := n.(*ast.Call)
	if !ok {
		return false
	}
	fn, ok := c.Fn.(*ast.Name)
	return ok && slices.Contains([]string{"len", "bool", "type", "isinstance", "id"}, fn.Id)
}

// comesOf reports whether an expression is what a call gives, a part of it or what holds it.
func comesOf(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	for in := range f.MadeOfExcept(e, counts, nil) {
		if in.Call != nil && in.Call.Node == c.Node {
			return true
		}
	}
	return false
}

// choosesClasses reports whether the data of a path can name a class or factory in a configuration: it is the
// configuration, or stands in it where something other than a text is wanted, or under a name that is imported.
func choosesClasses(path *checks.Path, v *checks.Value, key string, depth int) bool {
	if entries := path.Entries(v); len(entries) > 0 && depth < 4 {
		if slices.ContainsFunc(entries, func(e checks.Entry) bool { return choosesClasses(path, e.Value, e.Name, depth+1) }) {
			return true
		}
		rest, _ := path.Rest(v)
		return rest != nil && checks.Carries(path, rest)
	}
	switch key {
	case "", "class", "()", "factory", "handlers", "formatters", "filters", "loggers", "root":
		return checks.Carries(path, v)
	}
	return false
}

// chosenOutside reports whether others choose the configuration at the end of a path, or the file that holds it.
func chosenOutside(p *checks.Pass, path *checks.Path) bool {
	if !p.FromOthers(path) || checks.OnlyMadeOf(path) && !read(path.Value) || checks.LookedUp(p, path) || checks.Vetted(p, path, aboutContent) {
		return false
	}
	named := path.Call.Symbol.Is("logging.config.fileConfig") && !path.Mark.InFile() && !read(path.Value) && !path.Value.OpenFile()
	return !named || checks.Escapes(path)
}

// aboutContent reports whether a function of a name may check or clean what it is given: safe_load only reads.
func aboutContent(name string) bool { return !strings.Contains(name, "load") }

// read reports whether a value is what a file or a text says, and not its name.
func read(v *checks.Value) bool {
	name := v.Name()
	return slices.ContainsFunc([]string{"io.", "yaml.", "json.", "tomllib.", "toml.", "tomli.", "ruamel.", "configparser."}, func(parser string) bool {
		return strings.HasPrefix(name, parser)
	})
}

// withoutStatement deletes the statement that is a call and no more.
func withoutStatement(p *checks.Pass, n *ast.Call) *fix.Fix {
	s, ok := p.StmtOf(n).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(n) {
		return nil
	}
	return checks.Fix(true, "leave the configuration as it is", fix.RemoveStmt(p.File, s))
}
