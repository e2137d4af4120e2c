package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// hydraConfig is PML6213.
var hydraConfig = &checks.Rule{
	Spec: infoPML6213,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.Label == models.Web && (checks.FromHub(path.Mark.Source()) || checks.FetchedHere(path.Mark.Call())) {
			return
		}
		if c.Symbol.Under("hydra") {
			if ownTargets(path) || targetTested(p, c.Node, path.Node, checks.Off(offer(c, "_recursive_"))) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: allowTargets(p, c)})
			return
		}
		if !c.Symbol.Is("importlib.import_module", "builtins.__import__") {
			return
		}
		if call, in := calledInstantiator(p, path); call != nil {
			in.reportCall(p, path, call)
		}
	},
}

// offer is the value given for a keyword, nil where there is none.
func offer(c *checks.Call, name string) *checks.Value {
	if a := c.Arg(-1, name); a != nil {
		return a.Value
	}
	return nil
}

// ownTargets reports whether the config is one that the program writes down, targets and
// all, with values of others in other places.
func ownTargets(path *checks.Path) bool {
	e := path.Key(path.Value, "_target_")
	if e == nil {
		return false
	}
	if _, ok := e.Value.Text(); !ok {
		return false
	}
	entries, open, ok := path.Call.Entries(path.Value)
	if !ok || open {
		return false
	}
	for _, e := range entries {
		if nested, _, ok := path.Call.Entries(e.Value); ok && len(nested) > 0 {
			return false
		}
	}
	return true
}

// targetTested reports whether the target of a config is tested before a node, with a raise
// or a return for what is not allowed. A test of the top level is enough where nothing below
// it is instantiated; otherwise it has to look at every one: in a loop, or in a function of
// its own.
func targetTested(p *checks.Pass, at, config ast.Node, flat bool) bool {
	tested := false
	for _, s := range bodyAround(p, at) {
		ast.Inspect(s, func(n ast.Node) bool {
			if n == nil || n.Pos() >= at.Pos() {
				return false
			}
			switch n := n.(type) {
			case *ast.If:
				if flat && speaksOfTarget(p, n.Test) && (leaves(n.Body) || leaves(n.Orelse)) {
					tested = true
				}
			case *ast.For:
				if n.Stop() <= at.Pos() && speaksOfTarget(p, n) && leaves(n.Body) {
					tested = true
				}
			case *ast.Call:
				if fn := calledFunction(p, n); fn != nil && givenSame(p, n, config) && speaksOfTarget(p, fn) && checks.Raises(fn.Body) {
					tested = true
				}
			}
			return !tested
		})
	}
	return tested
}

// speaksOfTarget reports whether code reads the key by which a config names what is called.
func speaksOfTarget(p *checks.Pass, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			found = found || n.Value == "_target_" || n.Value == "target"
		case *ast.Attribute:
			found = found || n.Attr.Id == "_target_" || n.Attr.Id == "target"
		}
		return !found
	})
	return found
}

// calledFunction is the function at the module's top level that a call by its name means.
func calledFunction(p *checks.Pass, c *ast.Call) *ast.FunctionDef {
	name, ok := c.Fn.(*ast.Name)
	if !ok {
		return nil
	}
	return p.FunctionNamed(name.Id)
}

// givenSame reports whether a call is given the same expression as another place.
func givenSame(p *checks.Pass, c *ast.Call, config ast.Node) bool {
	want := p.File.Text(config)
	for _, a := range c.Args {
		if p.File.Text(a) == want {
			return true
		}
	}
	return false
}

// allowTargets refuses configs whose target is not listed, and what is nested in them.
func allowTargets(p *checks.Pass, c *checks.Call) *fix.Fix {
	a := c.Arg(0, "config")
	if a == nil {
		a = c.Arg(0, "path")
	}
	stmt := p.StmtOf(c.Node)
	if a == nil || a.Node == nil || stmt == nil || a.Unpacked || !p.Holds(a.Node) || inLambda(p, c.Node) {
		return nil
	}
	config := p.File.Text(a.Node)
	var lines []string
	var edits []fix.Edit
	if !repeatable(a.Node) {
		lines = append(lines, "config = "+oneLine(p, a.Node))
		config, edits = "config", checks.Replace(p, a.Node, "config")
	}
	name := c.Symbol.String()
	if strings.HasSuffix(name, "instantiate") || strings.HasSuffix(name, "call") {
		edits = append(edits, fix.AddKeyword(p.File, c.Node, "_recursive_", "False")...)
		lines = append(lines, "if "+config+`.get("_target_") not in ALLOWED_TARGETS:`)
	} else {
		lines = append(lines, "if "+config+" not in ALLOWED_TARGETS:")
	}
	lines = append(lines, `    raise ValueError("target not allowed")`)
	return checks.Fix(true, "instantiate allowed targets only", fix.InsertBefore(p.File, stmt, lines...), edits, fix.AddConstant(p.File, "ALLOWED_TARGETS: frozenset[str] = frozenset()", fix.Spaced))
}

// instantiation is a call of a project function that calls what a config names.
type instantiation struct{ module *checks.Module }

// calledInstantiator finds the call that hands the config to such a function on the way to
// the import in it.
func calledInstantiator(p *checks.Pass, path *checks.Path) (*ast.Call, instantiation) {
	for _, t := range path.Trace.Steps() {
		call, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		name := ""
		switch fn := call.Fn.(type) {
		case *ast.Name:
			name = fn.Id
		case *ast.Attribute:
			name = fn.Attr.Id
		}
		if called, ok := strings.CutPrefix(t.Text, "passed to "); ok {
			name = strings.TrimSuffix(called, "()")
		}
		if m := p.Project.Module(t.Mod); m != nil && checks.Instantiators[name] {
			return call, instantiation{m}
		}
	}
	return nil, instantiation{}
}

func (in instantiation) reportCall(p *checks.Pass, path *checks.Path, call *ast.Call) {
	r := checks.Report{Node: call, In: in.module, Path: path}
	if in.module == p.Module && len(call.Args) > 0 {
		if targetTested(p, call, call.Args[0], true) {
			return
		}
		if stmt := p.StmtOf(call); stmt != nil {
			config := p.File.Text(call.Args[0])
			test := "if " + config + `.get("target") not in ALLOWED_TARGETS:`
			if n, ok := call.Fn.(*ast.Name); ok && n.Id == "get_obj_from_str" {
				test = "if " + config + " not in ALLOWED_TARGETS:"
			}
			r.Fix = checks.Fix(true, "instantiate allowed targets only", fix.InsertBefore(p.File, stmt, test, `    raise ValueError("target not allowed")`),
				fix.AddConstant(p.File, "ALLOWED_TARGETS: frozenset[str] = frozenset()", fix.Spaced))
		}
	}
	p.Report(r)
}
