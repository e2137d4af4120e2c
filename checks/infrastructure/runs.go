package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// evaluators run what a text says, or find what it names.
var evaluators = slices.Concat([]string{
	"builtins.eval", "builtins.exec", "builtins.compile", "importlib.import_module", "importlib.__import__", "builtins.__import__", "pydoc.locate", "pkgutil.resolve_name",
	"hydra.utils.instantiate", "hydra.utils.call", "hydra._internal.instantiate._instantiate2.instantiate", "hydra._internal.instantiate._instantiate2.call", "hydra.utils.get_class", "hydra.utils.get_method", "hydra.utils.get_object",
	"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all",
}, checks.UnpickleBytes)

// runEvaluated is PML2231.
var runEvaluated = &checks.Rule{
	Spec:  infoPML2231,
	Knows: slices.Concat(evaluators, []string{"builtins.getattr", "{neptune.init_run,neptune.init}"}),
	From:  []checks.Label{models.Document},
	Into:  []checks.SinkKind{models.Exec, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.From() != models.FromTracker || ownRun(path.Mark.Call()) || checks.Vetted(p, path, nil) {
			return
		}
		c := path.Call
		if c == nil || c.Symbol.Is("builtins.getattr") {
			if looked, ok := path.Node.(*ast.Call); ok && ofModule(path, looked) && checks.Called(p.Module, looked) {
				p.Report(checks.Report{Node: looked, Path: path})
			}
			return
		}
		if !c.Symbol.Is(evaluators...) || c.Symbol.Is("builtins.compile") && executed(p, c) {
			return
		}
		var edit *fix.Fix
		if c.Symbol.Is("builtins.eval") {
			edit = checks.ReadLiteral(p, c, fix.BeforeFirstImport)
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: edit})
	},
}

// ownRun reports whether a call reads of the run that the program itself has begun.
func ownRun(c *checks.Call) bool {
	for depth := 0; c != nil && depth < 3; depth++ {
		if c.Symbol.Is("neptune.init_run", "neptune.init") {
			return c.Arg(-1, "with_id") == nil && c.Arg(-1, "run") == nil && !c.HasRest()
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// ofModule reports whether a call of getattr reads an attribute of a module.
func ofModule(path *checks.Path, n *ast.Call) bool {
	c := path.Engine.CallAt(n)
	if c == nil || !c.Symbol.Is("builtins.getattr") {
		return false
	}
	a := c.Arg(0, "")
	return a != nil && (a.Value.Kind() == flow.KindModule || a.Value.Name() != "" && !strings.Contains(a.Value.Name(), "()"))
}

// executed reports whether what a call compiles is run right there, by a call that is reported.
func executed(p *checks.Pass, c *checks.Call) bool {
	around := p.Around(c.Node)
	if len(around) < 2 {
		return false
	}
	outer, ok := around[len(around)-2].(*ast.Call)
	return ok && (checks.LastName(outer.Fn) == "eval" || checks.LastName(outer.Fn) == "exec")
}

// queryFromRequest is PML2234.
var queryFromRequest = &checks.Rule{
	Spec: infoPML2234,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || checks.LookedUp(p, path) || checks.OnlyMadeOf(path) {
			return
		}
		switch path.Sink.Note {
		case models.NoteRunQuery:
			if checks.Vetted(p, path, checks.AboutStatements) || !strings.ContainsAny(unclean(path), "'\" ") {
				return
			}
		case models.NoteRunFilters:
			if checks.Vetted(p, path, nil) || !mayBeMapping(path) {
				return
			}
		default:
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: wordsOnly(p, path)})
	},
}

// unclean lists those of some characters that the data of a path may hold.
func unclean(path *checks.Path) string {
	out := ""
	for _, r := range `'" ` {
		if path.Mark.Holds(string(r)) {
			out += string(r)
		}
	}
	return out
}

// mayBeMapping reports whether the data of a path may be a mapping, which says what it is compared with and how: it comes
// out of JSON, and nothing has made text of it.
func mayBeMapping(path *checks.Path) bool {
	for _, s := range path.Trace.Steps() {
		c, ok := s.Node.(*ast.Call)
		if !ok {
			continue
		}
		switch checks.LastName(c.Fn) {
		case "str", "format", "join", "strip", "lower", "upper", "replace":
			return false
		}
	}
	source := path.Mark.Source().String()
	for _, text := range [...]string{"args", "form", "query", "rel_url", "query_params", "GET", "POST", "match_info", "cookies", "headers", "text_input", "selectbox", "Textbox"} {
		if strings.HasSuffix(source, "."+text) || strings.Contains(source, "."+text+".") || strings.Contains(source, "."+text+"[") {
			return false
		}
	}
	return true
}

// spliced lists the expressions by which the data of a path enters the texts at its end; nil where it is given whole.
func spliced(path *checks.Path) []ast.Expr {
	values := path.Value.Alternatives()
	if items, _, list := path.Items(path.Value); list {
		values = nil
		for _, it := range items {
			values = append(values, it.Value.Alternatives()...)
		}
	}
	var out []ast.Expr
	for _, v := range values {
		if len(v.Parts()) == 0 && checks.ComesFrom(path, v) {
			return nil
		}
		for _, part := range v.Parts() {
			if e, ok := part.Node.(ast.Expr); ok && part.Value != nil && checks.ComesFrom(path, part.Value) {
				out = append(out, e)
			}
		}
	}
	return out
}

// wordsOnly leaves only word characters, dots and dashes in the names that are spliced into a query.
func wordsOnly(p *checks.Pass, path *checks.Path) *fix.Fix {
	var names []string
	list := spliced(path)
	if len(list) == 0 {
		return nil
	}
	var stmt ast.Stmt
	for _, e := range list {
		name, ok := e.(*ast.Name)
		if !ok || !p.Holds(e) || p.FunctionAround(e) != p.FunctionAround(list[0]) {
			return nil
		}
		s := p.StmtOf(name)
		if s == nil || !checks.KnownBefore(p.Module, name, s) {
			return nil
		}
		if stmt == nil || s.Pos() < stmt.Pos() {
			stmt = s
		}
		if !slices.Contains(names, name.Id) {
			names = append(names, name.Id)
		}
	}
	sub, imports := fix.Reach(p.File, "re.sub", "import re", fix.BeforeFirstImport)
	var lines []string
	for _, name := range names {
		lines = append(lines, name+" = "+sub+`(r"[^\w.-]", "", `+name+")")
	}
	return checks.Fix(true, "leave only words in the query", fix.InsertBefore(p.File, stmt, lines...), imports)
}
