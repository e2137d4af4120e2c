package services

import (
	"regexp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// evaluators run text as Python.
var evaluators = []string{
	"builtins.eval", "builtins.exec", "types.FunctionType",
	"code.InteractiveInterpreter().runsource", "code.InteractiveInterpreter().runcode", "code.InteractiveConsole().runsource", "code.InteractiveConsole().runcode", "code.InteractiveConsole().push",
}

// requestEvaluated is PML6408.
var requestEvaluated = &checks.Rule{
	Spec: infoPML6408,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !evaluates(path) || isWidget(path.Mark.Source()) || path.Mark.InFile() || namesLayer(path.Value) || givesLoss(p, path.Call) || !p.Project.UsesML() {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: readLiteral(p, path.Call)})
	},
}

// evaluates reports whether a path ends where text runs as Python.
func evaluates(path *checks.Path) bool {
	return path.Call != nil && path.Sink != nil && path.Sink.Note == models.NoteCode && path.Call.Symbol.Is(evaluators...) && !onlyMadeOf(path)
}

var (
	layerText = regexp.MustCompile(`(^|[^\w.])(torch\.)?(nn|optim|losses|metrics|layers|torch|models|torchvision|tf|keras)\.`)
	lossWord  = regexp.MustCompile(`(?i)(^|_)(loss(es)?|loss_fn|criterion|metrics?|metric_fn)$`)
)

// namesLayer reports whether evaluated text names a layer or the like beside the value.
func namesLayer(v *checks.Value) bool {
	for _, part := range v.Parts() {
		if part.Value == nil && layerText.MatchString(part.Text) {
			return true
		}
	}
	return false
}

// givesLoss reports whether the result of a call becomes a loss or a metric.
func givesLoss(p *checks.Pass, c *checks.Call) bool {
	a, ok := p.StmtOf(c.Node).(*ast.Assign)
	if !ok {
		return false
	}
	for _, t := range a.Targets {
		if lossWord.MatchString(checks.LastName(t)) {
			return true
		}
	}
	return false
}

// readLiteral reads a literal in the place of eval, and deletes what runs a program.
func readLiteral(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !p.Holds(c.Node) {
		return nil
	}
	if c.Symbol.Is("builtins.eval") {
		a := c.Arg(0, "source")
		if a == nil || a.Node == nil || a.Unpacked || a.Value.Origin() != nil && a.Value.Origin().Symbol.Is("builtins.compile") {
			return nil
		}
		literal, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.InSection)
		edits := checks.Replace(p, c.Node.Fn, literal)
		if len(c.Node.Args)+len(c.Node.Keywords) > 1 {
			edits = checks.Replace(p, c.Node, literal+"("+p.File.Text(a.Node)+")")
		}
		return checks.Fix(true, "read a literal and evaluate nothing", edits, imports)
	}
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) {
		return nil
	}
	return checks.Fix(true, "do not run it: delete the statement", fix.RemoveStmt(p.File, s))
}

// trackers are the libraries whose records of runs and models have checks of their own.
var trackers = []string{"mlflow", "wandb", "comet_ml", "neptune", "aim", "clearml", "sagemaker", "azure.ai.ml", "google.cloud.aiplatform", "huggingface_hub", "datasets"}

// storedEvaluated is PML6409.
var storedEvaluated = &checks.Rule{
	Spec:  infoPML6409,
	Knows: []string{"sqlite3.connect", "duckdb.connect"},
	From:  []checks.Label{models.Database, models.Retrieved, models.Web},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		m := path.Mark
		if !evaluates(path) || p.IsTest() || path.Mark.InFile() || m.Label == models.Web && m.From() != models.FromAPI || namesLayer(path.Value) || givesLoss(p, path.Call) || !p.Project.UsesML() {
			return
		}
		for _, t := range trackers {
			if m.Source().Under(t) {
				return
			}
		}
		if inDataset(path.Call.Frame) || inMemory(m.Call()) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: readLiteral(p, path.Call)})
	},
}

// inDataset reports whether code belongs to a data set's class, whose evaluated records have a
// check of their own.
func inDataset(f *checks.Frame) bool {
	class, _, _ := checks.MethodClass(f)
	return class != nil && class.Extends("torch.utils.data.Dataset", "torch.utils.data.IterableDataset", "lightning.LightningDataModule", "pytorch_lightning.LightningDataModule", "datasets.GeneratorBasedBuilder", "tensorflow_datasets.core.GeneratorBasedBuilder", "keras.utils.Sequence", "keras.utils.PyDataset")
}

// inMemory reports whether rows come from a database that lives as long as the function.
func inMemory(c *checks.Call) bool {
	for depth := 0; c != nil && depth < 6; depth++ {
		if c.Symbol.Is("sqlite3.connect", "duckdb.connect") {
			a := c.Arg(0, "database")
			if a == nil {
				return true
			}
			name, _ := a.Value.Text()
			return name == ":memory:"
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// importers import a module, or what a dotted name means.
var importers = []string{
	"importlib.import_module", "importlib.__import__", "builtins.__import__", "pydoc.locate", "pkgutil.resolve_name", "werkzeug.utils.import_string", "django.utils.module_loading.import_string", "runpy.run_module",
}

// strong are the modules of which any attribute is too much.
var strong = []string{"builtins", "os", "subprocess", "sys", "importlib", "shutil", "posix"}

// requestModule is PML6410.
var requestModule = &checks.Rule{
	Spec:  infoPML6410,
	Knows: append([]string{"builtins.getattr", "os", "subprocess", "sys", "sys.modules", "importlib", "shutil", "importlib.import_module()"}, importers...),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink == nil || onlyMadeOf(path) || ownPackage(path) || !p.Project.UsesML() {
			return
		}
		node, name := path.Node, ast.Node(nil)
		switch {
		case path.Sink.Note == flow.NoteLookup:
			name = lookedUpName(p, path)
			if name == nil {
				return
			}
		case path.Call != nil && path.Call.Symbol.Is(importers...):
			node, name = path.Call.Node, path.Node
		default:
			return
		}
		if givesLossAt(p, node) || isWidget(path.Mark.Source()) && !fromStrangers(p, path) {
			return
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: allowModules(p, node, name)})
	},
}

// ownPackage reports whether the name is given behind a constant package and cannot hold a dot.
func ownPackage(path *checks.Path) bool {
	if path.Mark.Holds(".") && !path.Mark.Lacks(".") {
		return false
	}
	parts := path.Value.Parts()
	return len(parts) > 1 && parts[0].Value == nil && parts[0].Text != ""
}

// lookedUpName is the name that is looked up in a module: in sys.modules, or by getattr in a
// module that can do anything and whose attribute is called; nil for others.
func lookedUpName(p *checks.Pass, path *checks.Path) ast.Node {
	if s, ok := path.Node.(*ast.Subscript); ok {
		if at, ok := s.Value.(*ast.Attribute); ok && at.Attr.Id == "modules" || checks.LastName(s.Value) == "modules" {
			return s.Index
		}
		return nil
	}
	c := path.Call
	if c == nil || len(c.Args) == 0 {
		return nil
	}
	if c.Method == "get" && c.Receiver.Name() == "sys.modules" {
		return c.Args[0].Node
	}
	if !c.Symbol.Is("builtins.getattr") || len(c.Args) < 2 || !calledAt(p.Module, c.Node) {
		return nil
	}
	for _, v := range c.Given(c.Args[0].Value) {
		name := v.Name()
		for _, s := range strong {
			if name == s {
				return c.Args[1].Node
			}
		}
		if v.Is("importlib.import_module()") || v.Origin() != nil && v.Origin().Symbol.Is(importers...) {
			if o := v.Origin(); o != nil && len(o.Args) > 0 && o.Args[0].Value.Labels(models.Exec).Has(models.User) {
				return nil // reported at the import
			}
			return c.Args[1].Node
		}
	}
	return nil
}

// calledAt reports whether what an expression gives is called: at once, under the name that it
// is bound to, or by whoever gets it returned.
func calledAt(m *checks.Module, n ast.Expr) bool {
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.Call:
			return x.Fn.Range().Contains(n.Range()) || len(x.Args) > 0 && x.Args[0] == n
		case *ast.Assign:
			for _, t := range x.Targets {
				if callsName(m, x, m.File.Text(t)) {
					return true
				}
			}
			return false
		case *ast.NamedExpr:
			return callsName(m, x, x.Target.Id)
		case *ast.Return:
			return true
		case *ast.IfExp, *ast.BoolOp, *ast.Await:
			continue
		case ast.Stmt:
			return false
		}
	}
	return false
}

// callsName reports whether the function or module around a statement calls a name.
func callsName(m *checks.Module, at ast.Node, name string) bool {
	body := m.File.Body
	if fn := functionAround(m, at); fn != nil {
		body = fn.Body
	}
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || m.File.Text(n.Fn) == name
			for _, a := range n.Args {
				found = found || m.File.Text(a) == name // handed to what calls it
			}
		case *ast.Return:
			found = found || n.Value != nil && m.File.Text(n.Value) == name
		}
		return !found
	})
	return found
}

// givesLossAt is givesLoss for any expression.
func givesLossAt(p *checks.Pass, n ast.Node) bool {
	a, ok := p.StmtOf(n).(*ast.Assign)
	if !ok {
		return false
	}
	for _, t := range a.Targets {
		if lossWord.MatchString(checks.LastName(t)) {
			return true
		}
	}
	return false
}

// allowModules refuses names that are not on a list.
func allowModules(p *checks.Pass, node, name ast.Node) *fix.Fix {
	e, ok := name.(ast.Expr)
	stmt := p.StmtOf(node)
	if !ok || stmt == nil || !p.Holds(e) || deferred(p.Module, node, stmt) || !repeatable(e) {
		return nil
	}
	if s, isStr := e.(*ast.JoinedStr); isStr && len(s.Values) > 1 {
		e = s
	}
	return checks.Fix(true, "import only what is on a list",
		fix.InsertBefore(p.File, stmt, "if "+p.File.Text(e)+" not in ALLOWED_MODULES:", `    raise ValueError("module not allowed")`),
		fix.AddConstant(p.File, "ALLOWED_MODULES: frozenset[str] = frozenset()", fix.Joined))
}

