package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// importers import the module that a text names, or what it names in one.
var importers = []string{
	"importlib.import_module", "importlib.__import__", "builtins.__import__", "pydoc.locate", "pkgutil.resolve_name", "runpy.run_module",
	"werkzeug.utils.import_string", "django.utils.module_loading.import_string",
}

// dangerous are modules whose functions run commands or code, or change the process.
var dangerous = []string{"builtins", "os", "posix", "nt", "subprocess", "sys", "importlib", "shutil", "runpy"}

// namedModule is PML6410.
var namedModule = &checks.Rule{
	Spec:  infoPML6410,
	Knows: append([]string{"builtins.getattr", "importlib.import_module()", "builtins.__import__()"}, dangerous...),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if !p.Project.UsesML() || path.Sink.Note == models.NoteImported || alsoFrom(path, models.LLM) {
			return
		}
		at := path.Node
		switch {
		case c != nil && c.Symbol.Is(importers...):
			if belowPackage(path) || checks.InInstantiator(p.Module, c.Node) || checks.ChoosesLoss(p.Module, c.Node) || makesLayer(p, path, c.Node) {
				return
			}
			at = c.Node
		case c != nil && c.Symbol.Is("builtins.getattr"):
			if !reachesModule(p, path) || !checks.Called(p.Module, c.Node) || checks.ChoosesLoss(p.Module, c.Node) || makesLayer(p, path, c.Node) {
				return
			}
			at = c.Node
		case path.Sink.Note == flow.NoteLookup && picksModule(p, path.Node):
		default:
			return
		}
		p.Report(checks.Report{Node: at, Path: path, Fix: allowNames(p, path)})
	},
}

// picksModule reports whether a name is a key of sys.modules.
func picksModule(p *checks.Pass, n ast.Node) bool {
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.Subscript:
			return checks.LastName(x.Value) == "modules"
		case *ast.Call:
			at, ok := x.Fn.(*ast.Attribute)
			return ok && at.Attr.Id == "get" && checks.LastName(at.Value) == "modules"
		case ast.Stmt:
			return false
		}
	}
	return false
}

// reachesModule reports whether getattr reads from a module that holds dangerous functions, or
// from one that was imported by its name, unless the request names that too: then the import is
// reported.
func reachesModule(p *checks.Pass, path *checks.Path) bool {
	from := path.Call.Arg(0, "")
	if from == nil {
		return false
	}
	for _, v := range path.Call.Given(from.Value) {
		if slices.Contains(dangerous, v.Name()) || v.Is(dangerous...) {
			return true
		}
	}
	e := from.Node
	if name, ok := e.(*ast.Name); ok {
		if made := checks.LastAssigned(checks.BodyOf(path.Call.Frame), name); made != nil {
			e = made
		} else {
			e = assignedIn(p.File.Body, name.Id)
		}
	}
	call, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	imports := path.Engine.CallAt(call)
	return imports != nil && imports.Symbol.Is(importers...) && !reachedByRequest(path, imports)
}

// assignedIn is the expression that statements of a module assign to a name; nil for none.
func assignedIn(body []ast.Stmt, name string) ast.Expr {
	for _, s := range body {
		if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 && checks.LastName(a.Targets[0]) == name {
			return a.Value
		}
	}
	return nil
}

// reachedByRequest reports whether a request's data also arrives at another call.
func reachedByRequest(path *checks.Path, c *checks.Call) bool {
	for _, o := range path.Engine.Paths(path.Kind) {
		if o.Call != nil && o.Call.Node == c.Node && o.Mark.Label == path.Mark.Label {
			return true
		}
	}
	return false
}

// belowPackage reports whether a name without dots stands behind a constant package.
func belowPackage(path *checks.Path) bool {
	if path.Mark.Holds(".") {
		return false
	}
	before := path.Value.Prefix()
	if strings.Contains(strings.TrimPrefix(before, "."), ".") {
		return true
	}
	return before == "." && path.Call.Arg(1, "package") != nil
}

// makesLayer reports whether a look-up gives a layer or model of the project's networks, by the
// names around it: the field of the request, what is assigned, the function.
func makesLayer(p *checks.Pass, path *checks.Path, n ast.Expr) bool {
	if !p.Imports("torch") && !p.Imports("nn") && !p.Imports("torchvision") || !checks.GivesClass(p.Module, n) && !checks.Called(p.Module, n) {
		return false
	}
	return checks.NamesArchitecture(p, path, n)
}

// lookedUpName is the name that getattr or a look-up in sys.modules is given; nil for imports.
func lookedUpName(path *checks.Path) ast.Expr {
	switch n := path.Node.(type) {
	case *ast.Subscript:
		if path.Sink.Note == flow.NoteLookup {
			return n.Index
		}
	case *ast.Call:
		if path.Sink.Note != flow.NoteLookup {
			return nil
		}
		i := 0
		if checks.LastName(n.Fn) == "getattr" {
			i = 1
		}
		if len(n.Args) > i {
			return n.Args[i]
		}
	}
	return nil
}

// allowNames refuses names that are not on a list.
func allowNames(p *checks.Pass, path *checks.Path) *fix.Fix {
	var list []checks.Insertion
	if looked := lookedUpName(path); looked != nil {
		list = []checks.Insertion{{Expr: looked, In: p.Module}}
	} else {
		list = checks.EntriesOf(p, path)
	}
	if len(list) != 1 || list[0].In != p.Module {
		if e, ok := path.Node.(ast.Expr); ok && p.Holds(e) && path.Sink.Note != flow.NoteLookup {
			list = []checks.Insertion{{Expr: e, In: p.Module}}
		}
	}
	if len(list) != 1 || list[0].In != p.Module || !checks.Repeatable(list[0].Expr) {
		return nil
	}
	stmt := p.StmtOf(path.Node)
	if stmt == nil || checks.RunsLater(p.Module, path.Node, stmt) || p.Module.FunctionAround(list[0].Expr) != p.Module.FunctionAround(path.Node) {
		return nil
	}
	return checks.Fix(true, "import only what is on a list",
		fix.InsertBefore(p.File, stmt, "if "+p.File.Text(list[0].Expr)+" not in ALLOWED_MODULES:", `    raise ValueError("module not allowed")`),
		fix.AddConstant(p.File, "ALLOWED_MODULES: frozenset[str] = frozenset()", fix.Joined))
}
