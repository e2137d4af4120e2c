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

// publicLoader is PML6428.
var publicLoader = &checks.Rule{
	Spec: infoPML6428,
	On:   slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := loadedFile(c)
		if a == nil || c.Symbol.Under("marshal") || !inLibrary(p) || p.Notebook != nil || aside(p.Path) || !offersLibrary(p) || !p.Project.UsesML() || checks.Restricted(c) || fromElsewhere(c, a) {
			return
		}
		for in := range a.frame.MadeOf(a.node) {
			if in.Param == nil || in.Frame.Function() == nil || in.Frame.Function().Def == nil {
				continue
			}
			fn, m := in.Frame.Function().Def, p.Project.Module(in.Frame.Module())
			if m == nil || in.Param.Name == nil || isReceiver(in.Frame, in.Param) || !runs(in.Frame, c.Frame, 2) || !loaderName(fn.Name.Id, loaderWords) || !isPublic(m, fn) || servesPickles(fn) || optsIn(fn) || optsIn(p.FunctionAround(c.Node)) || checksDigest(in.Frame) || checksDigest(c.Frame) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: optIn(p, c, fn)})
			return
		}
	},
}

// loaded is the expression that is unpickled, in the code of a frame.
type loaded struct {
	node  ast.Expr
	frame *checks.Frame
}

// loadedFile is what a call unpickles; nil where that is not known.
func loadedFile(c *checks.Call) *loaded {
	if a := checks.LoadedArg(c); a != nil && a.Node != nil && !a.Unpacked {
		return &loaded{a.Node, c.Frame}
	}
	if c.Receiver != nil { // Unpickler(f).load()
		if o := c.Receiver.Origin(); o != nil {
			if a := checks.LoadedArg(o); a != nil && a.Node != nil && !a.Unpacked {
				return &loaded{a.Node, o.Frame}
			}
		}
	}
	return nil
}

// runs reports whether a function is another one, or calls it by way of a few others.
func runs(f, g *checks.Frame, depth int) bool {
	for h := g; h != nil; h = h.Outer() {
		if h.Function() != nil && h.Function() == f.Function() {
			return true
		}
	}
	if depth == 0 || f.Function() == nil {
		return false
	}
	for _, c := range f.Calls {
		for _, entered := range c.Enters() {
			if runs(entered, g, depth-1) {
				return true
			}
		}
	}
	return false
}

// fromElsewhere reports whether a file is an upload, a download, a message or a row, of which other
// checks tell.
func fromElsewhere(c *checks.Call, l *loaded) bool {
	for i := range c.Args {
		for _, m := range c.Behind(c.Args[i].Value) {
			switch m.Label {
			case models.User, models.Upload, models.Web, models.Database:
				return true
			}
		}
	}
	return false
}

// isReceiver reports whether a parameter is the object or class of a method.
func isReceiver(f *checks.Frame, param *ast.Param) bool {
	fn := f.Function()
	if fn.Class == nil || len(fn.Def.Params.List) == 0 || fn.Def.Params.List[0] != param {
		return false
	}
	for _, d := range fn.Def.Decorators {
		if checks.LastName(d.Expr) == "staticmethod" {
			return false
		}
	}
	return true
}

var loaderWords = []string{"load", "restore", "read", "from_", "open", "deserialize", "loads", "import_", "resume"}

// loaderName reports whether a function's name is or begins with one of some words.
func loaderName(name string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) })
}

// servesPickles reports whether the name of a function says that it reads pickles.
func servesPickles(fn *ast.FunctionDef) bool {
	name := strings.ToLower(fn.Name.Id)
	for _, word := range [...]string{"pickle", "pkl", "joblib", "dill", "shelve"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// optsIn reports whether a function has a parameter by which its callers allow pickles.
func optsIn(fn *ast.FunctionDef) bool {
	if fn == nil || fn.Params == nil {
		return false
	}
	for _, param := range fn.Params.List {
		if param.Name == nil {
			continue
		}
		name := param.Name.Id
		if name == "allow_pickle" || name == "allow_dangerous_deserialization" || name == "weights_only" || name == "allow_code" || strings.HasPrefix(name, "trust") || strings.HasPrefix(name, "unsafe") || strings.HasPrefix(name, "safe") {
			return true
		}
	}
	return false
}

// checksDigest reports whether a function compares a digest or a signature.
func checksDigest(f *checks.Frame) bool {
	for _, c := range f.Calls {
		if c.Symbol.Under("hashlib") || c.Symbol.Under("hmac") {
			return true
		}
		name := strings.ToLower(checks.CalledName(c))
		for _, word := range [...]string{"verify", "checksum", "sha256", "digest", "signature", "check_hash", "check_integrity"} {
			if strings.Contains(name, word) {
				return true
			}
		}
	}
	return false
}

// optIn lets callers say that they trust the file.
func optIn(p *checks.Pass, c *checks.Call, fn *ast.FunctionDef) *fix.Fix {
	stmt := p.StmtOf(c.Node)
	if p.FunctionAround(c.Node) != fn || stmt == nil || checks.RunsLater(p.Module, c.Node, stmt) {
		return nil
	}
	param := fix.AddParameter(p.File, fn, "allow_pickle: bool = False")
	if param == nil {
		return nil
	}
	return checks.Fix(true, "let callers allow a pickle", param,
		fix.InsertBefore(p.File, stmt, "if not allow_pickle:", `    raise ValueError("the file is a pickle and can run code; pass allow_pickle=True to load it")`))
}

// namedClass is PML6430.
var namedClass = &checks.Rule{
	Spec:  infoPML6430,
	On:    importers,
	Knows: append([]string{"builtins.getattr", "sys.modules"}, parsers...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("runpy.run_module") || len(c.Args) == 0 || c.Args[0].Node == nil {
			return
		}
		prefix := c.Args[0].Value.Prefix()
		if strings.Contains(prefix, ".") && (len(strings.TrimLeft(prefix, ".")) > 0 || c.Arg(1, "package") != nil) {
			return // below a constant package
		}
		importsSaved(p, c.Frame, c.Node, c.Args[0].Node)
	},
	Needs: []string{"modules"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() == nil {
			return
		}
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			if sub, ok := n.(*ast.Subscript); ok && checks.LastName(sub.Value) == "modules" && f.ValueOf(sub.Value).Name() == "sys.modules" {
				if _, constant := sub.Index.(*ast.Str); !constant {
					importsSaved(p, f, sub, sub.Index)
				}
			}
			_, def := n.(*ast.FunctionDef)
			return !def
		})
	},
}

var classLoaderWords = []string{"load", "from_", "restore", "deserialize", "import_", "build_from", "resolve", "get_class"}

// parsers read a saved file.
var parsers = []string{
	"json.load", "json.loads", "orjson.loads", "ujson.load", "ujson.loads", "yaml.safe_load", "yaml.load", "yaml.full_load", "ruamel.yaml.YAML().load", "tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads", "toml.load", "toml.loads",
	"zipfile.ZipFile().read", "zipfile.ZipFile().open", "h5py.File", "configparser.ConfigParser().read", "msgpack.unpackb", "msgpack.load",
}

// importsSaved reports an import of what a saved file names, whose class is then called or given
// back.
func importsSaved(p *checks.Pass, f *checks.Frame, at ast.Node, name ast.Expr) {
	if aside(p.Path) || !p.Project.UsesML() {
		return
	}
	saved := false
	for in := range f.MadeOf(name) {
		fn := (*ast.FunctionDef)(nil)
		if in.Frame != nil && in.Frame.Function() != nil {
			fn = in.Frame.Function().Def
		}
		switch {
		case in.Call != nil && (in.Call.Symbol.Under("requests") || in.Call.Symbol.Under("httpx") || in.Call.Symbol.Under("urllib") || in.Call.Symbol.Under("huggingface_hub")):
			return // what is fetched has checks of its own
		case in.Call != nil && in.Call.Symbol.Is(parsers...):
			if m := p.Project.Module(in.Call.Frame.Module()); m != nil {
				fn = m.FunctionAround(in.Call.Node)
			}
			if fn != nil && runs(in.Call.Frame, f, 2) && loaderName(strings.TrimLeft(fn.Name.Id, "_"), classLoaderWords) && readsParameter(in.Call) {
				saved = true
			}
		case in.Param != nil && fn != nil && len(in.Steps) > 0 && !isReceiver(in.Frame, in.Param):
			saved = saved || runs(in.Frame, f, 2) && loaderName(strings.TrimLeft(fn.Name.Id, "_"), classLoaderWords) && savedSteps(in)
		}
	}
	if !saved || !givesClass(p, f, at) || testsName(p, f, at, name) {
		return
	}
	for i := range f.Calls {
		if f.Calls[i].Node == at {
			for _, m := range f.Calls[i].Args[0].Value.Marks() {
				if m.Label == models.User || m.Label == models.Upload || m.Label == models.Web || m.Label == models.LLM {
					return
				}
			}
		}
	}
	if c := importsFirst(p, f, at, name); c != nil {
		at, name = c, c.Args[0]
	}
	p.Report(checks.Report{Node: at, Fix: allowModules(p, at, name)})
}

// importsFirst is the call that imports a module for its effect, before what it is then read from:
// `__import__(name); sys.modules[name]`.
func importsFirst(p *checks.Pass, f *checks.Frame, at ast.Node, name ast.Expr) *ast.Call {
	if _, read := at.(*ast.Subscript); !read {
		return nil
	}
	for _, c := range f.Calls {
		if c.Symbol.Is(importers...) && c.Node.Pos() < at.Pos() && len(c.Node.Args) > 0 && p.File.Text(c.Node.Args[0]) == p.File.Text(name) {
			if s, alone := p.StmtOf(c.Node).(*ast.ExprStmt); alone && s.Value == ast.Expr(c.Node) {
				return c.Node
			}
		}
	}
	return nil
}

// savedSteps reports whether what was read off a parameter is an entry of a dict, not one of its
// attributes.
func savedSteps(in flow.Ingredient) bool {
	last := in.Steps[len(in.Steps)-1]
	return !strings.HasPrefix(last, ".")
}

// readsParameter reports whether a parser is given a parameter of its function, or the file that one
// names.
func readsParameter(c *checks.Call) bool {
	nodes := []ast.Expr{}
	for i := range c.Args {
		if c.Args[i].Node != nil {
			nodes = append(nodes, c.Args[i].Node)
		}
	}
	if at, ok := c.Node.Fn.(*ast.Attribute); ok && len(nodes) == 0 || ok && c.Symbol.Under("zipfile") {
		nodes = append(nodes, at.Value)
	}
	for _, e := range nodes {
		for in := range c.Frame.MadeOf(e) {
			if in.Param != nil && !(in.Frame.Function() != nil && in.Frame.Function().Def != nil && isReceiver(in.Frame, in.Param)) {
				return true
			}
		}
	}
	return false
}

// givesClass reports whether what is imported, or an attribute of it, is called or returned.
func givesClass(p *checks.Pass, f *checks.Frame, at ast.Node) bool {
	e, ok := at.(ast.Expr)
	if !ok {
		return false
	}
	around := p.Around(at)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if checks.LastName(n.Fn) == "getattr" && len(n.Args) > 1 && n.Args[0] == e {
				return becomesClass(p, n)
			}
			if n.Fn == e {
				return true
			}
		case *ast.Assign:
			if len(n.Targets) != 1 {
				return false
			}
			target := p.File.Text(n.Targets[0])
			found := becomesClass(p, e)
			ast.InspectStmts(checks.BodyOf(f), func(x ast.Node) bool {
				if c, ok := x.(*ast.Call); ok && c.Pos() > n.Pos() && checks.LastName(c.Fn) == "getattr" && len(c.Args) > 1 && p.File.Text(c.Args[0]) == target {
					found = found || becomesClass(p, c)
				}
				return !found
			})
			return found
		case *ast.Return:
			return becomesClass(p, e)
		case ast.Stmt:
			return false
		}
	}
	return false
}

// becomesClass reports whether what an expression gives is called, or returned as it is.
func becomesClass(p *checks.Pass, e ast.Expr) bool {
	if checks.Called(p.Module, e) {
		return true
	}
	around := p.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Return:
			return true
		case *ast.Assign:
			fn := p.FunctionAround(e)
			if fn == nil || len(n.Targets) != 1 {
				return false
			}
			name, ok := n.Targets[0].(*ast.Name)
			returned := false
			ast.InspectStmts(fn.Body, func(x ast.Node) bool {
				if r, isReturn := x.(*ast.Return); isReturn && ok && r.Pos() > n.Pos() && r.Value != nil && mentions(r.Value, name.Id) {
					returned = true
				}
				return !returned
			})
			return returned
		case ast.Stmt:
			return false
		}
	}
	return false
}

// testsName reports whether the function tests the name that it imports, or what that is a part of,
// against something before it does.
func testsName(p *checks.Pass, f *checks.Frame, at ast.Node, name ast.Expr) bool {
	names := map[string]bool{}
	collect := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Name); ok {
				names[id.Id] = true
			}
			return true
		})
	}
	collect(name)
	for range 3 {
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && a.Pos() < at.Pos() {
				for _, t := range a.Targets {
					for id := range names {
						if mentions(t, id) {
							collect(a.Value)
							break
						}
					}
				}
			}
			return true
		})
	}
	delete(names, "str")
	about := func(e ast.Expr) bool {
		for id := range names {
			if mentions(e, id) {
				return true
			}
		}
		return false
	}
	proves := func(test ast.Expr) bool {
		found := false
		ast.Inspect(test, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Compare:
				if _, constant := n.Left.(*ast.Str); !constant && about(n.Left) && len(n.Ops) == 1 && (n.Ops[0] == "in" || n.Ops[0] == "not in" || n.Ops[0] == "==" || n.Ops[0] == "!=") {
					found = true
				}
			case *ast.Call:
				method, ok := n.Fn.(*ast.Attribute)
				if ok && method.Attr.Id == "startswith" && about(method.Value) || checks.NamesCheck(checks.LastName(n.Fn)) && slices.ContainsFunc(n.Args, about) {
					found = true
				}
			}
			return !found
		})
		return found
	}
	tested := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			around := checks.InBlock(n.Body, at) || checks.InBlock(n.Orelse, at)
			tested = tested || proves(n.Test) && (around || n.Pos() < at.Pos() && (leaves(n.Body) || leaves(n.Orelse)))
		case *ast.Assert:
			tested = tested || n.Pos() < at.Pos() && proves(n.Test)
		case *ast.ExprStmt:
			if c, ok := n.Value.(*ast.Call); ok && n.Pos() < at.Pos() {
				tested = tested || checks.NamesCheck(checks.LastName(c.Fn)) && slices.ContainsFunc(c.Args, about)
			}
		}
		return !tested
	})
	return tested
}

// allowModules refuses modules that are not on a list.
func allowModules(p *checks.Pass, at ast.Node, name ast.Expr) *fix.Fix {
	stmt := p.StmtOf(at)
	if stmt == nil || !p.Holds(name) || checks.RunsLater(p.Module, at, stmt) || !checks.Repeatable(name) {
		return nil
	}
	return checks.Fix(true, "import only what is on a list",
		fix.InsertBefore(p.File, stmt, "if "+p.File.Text(name)+" not in ALLOWED_MODULES:", `    raise ValueError("module not allowed")`),
		fix.AddConstant(p.File, "ALLOWED_MODULES: frozenset[str] = frozenset()", fix.Joined))
}
