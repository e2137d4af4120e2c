package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// dynamicTool is PML1140.
var dynamicTool = &checks.Rule{
	Spec:  infoPML1140,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Exec},
	Knows: []string{"builtins.eval", "builtins.getattr", "importlib.import_module", "operator.attrgetter", "operator.methodcaller"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		node := path.Node
		switch {
		case path.Sink.Note == flow.NoteLookup:
			if c, ok := node.(*ast.Call); ok && isGetattr(c) && prefixed(path.Value) {
				return
			}
		case path.Call != nil && path.Call.Symbol.Is("importlib.import_module"):
			node = path.Call.Node
		case path.Call != nil && path.Call.Symbol.Is("builtins.eval") && looksUp(path):
			node = path.Call.Node
		default:
			return
		}
		if !isCalled(p, node) {
			return
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: offeredTools(p, path, node)})
	},
}

func isGetattr(c *ast.Call) bool {
	n, ok := c.Fn.(*ast.Name)
	return ok && n.Id == "getattr"
}

// prefixed reports whether a name begins with constant text: `f"tool_{name}"`.
func prefixed(v *checks.Value) bool {
	parts := v.Parts()
	return len(parts) > 1 && parts[0].Value == nil && parts[0].Text != ""
}

// isCalled reports whether what a lookup finds is called: right there, by the name that it is
// given, or by who asked for it.
func isCalled(p *checks.Pass, node ast.Node) bool {
	around := p.Around(node)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Comp:
			// `[getattr(m, x) for …][0]` is one of what was found.
			if i > 0 && ast.Node(n.Elt) == node {
				if s, ok := around[i-1].(*ast.Subscript); ok && ast.Node(s.Value) == ast.Node(n) {
					node, i = s, i-1
				}
			}
		case *ast.Call:
			if ast.Node(n.Fn) == around[i+1] {
				return true
			}
			if handsOn(n) {
				return true
			}
		case *ast.Attribute:
			if i > 0 {
				if c, ok := around[i-1].(*ast.Call); ok && ast.Node(c.Fn) == ast.Node(n) {
					return true // getattr(m, name).invoke(args), import_module(name).run()
				}
			}
		case *ast.Return, *ast.Lambda:
			return around[i+1] == node
		case *ast.Assign:
			return around[i+1] == node && callsName(p, around[:i], n)
		case ast.Stmt:
			return false
		}
	}
	return false
}

// handsOn reports whether a call makes something else call its argument:
// `asyncio.to_thread(getattr(m, name), x)`.
func handsOn(c *ast.Call) bool {
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
	}
	switch name {
	case "to_thread", "submit", "run_in_executor", "run_in_threadpool", "run_sync", "partial", "map", "apply", "apply_async", "call", "call_soon", "methodcaller":
		return true
	}
	return false
}

// callsName reports whether the function around an assignment calls a name that it assigns, or
// a method of it, or hands it on.
func callsName(p *checks.Pass, outer []ast.Node, assign *ast.Assign) bool {
	body := p.File.Body
	for i := len(outer) - 1; i >= 0; i-- {
		if fn, ok := outer[i].(*ast.FunctionDef); ok {
			body = fn.Body
			break
		}
	}
	names := map[string]bool{}
	for _, t := range assign.Targets {
		switch t := t.(type) {
		case *ast.Name:
			names[t.Id] = true
		case *ast.Attribute, *ast.Subscript:
			return true
		}
	}
	called := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			fn := n.Fn
			if a, ok := fn.(*ast.Attribute); ok {
				fn = a.Value
			}
			if x, ok := fn.(*ast.Name); ok && names[x.Id] {
				called = true
			}
			for _, a := range n.Args {
				if x, ok := a.(*ast.Name); ok && names[x.Id] && handsOn(n) {
					called = true
				}
			}
		case *ast.Return:
			if x, ok := n.Value.(*ast.Name); ok && names[x.Id] {
				called = true
			}
		}
		return !called
	})
	return called
}

// offeredTools refuses names of tools that were not offered to the model.
func offeredTools(p *checks.Pass, path *checks.Path, node ast.Node) *fix.Fix {
	name := lookedUp(path, node)
	stmt := p.StmtOf(node)
	if name == nil || stmt == nil || !simple(name) || !p.Holds(name) || checks.Deferred(p.Module, node, stmt) {
		return nil
	}
	text := p.File.Text(name)
	refuse := `    raise ValueError(f"unknown tool: {` + text + `}")`
	const message = "refuse tools that were not offered"
	if tools, flat := toolsInModule(p); tools != "" {
		field := `t["function"]["name"]`
		if flat {
			field = `t["name"]`
		}
		return checks.Fix(true, message, fix.InsertBefore(p.File, stmt, "if "+text+" not in {"+field+" for t in "+tools+"}:", refuse))
	}
	return checks.Fix(true, message,
		fix.InsertBefore(p.File, stmt, "if "+text+" not in ALLOWED_TOOLS:", refuse),
		fix.AddConstant(p.File, "ALLOWED_TOOLS: frozenset[str] = frozenset()", fix.Tight))
}

// lookedUp is the expression of the name that is looked up.
func lookedUp(path *checks.Path, node ast.Node) ast.Expr {
	switch n := node.(type) {
	case *ast.Subscript:
		return n.Index
	case *ast.Call:
		switch {
		case isGetattr(n) && len(n.Args) > 1:
			return n.Args[1]
		case len(n.Args) > 0:
			return n.Args[0]
		}
	}
	return nil
}

// toolsInModule is the name of the list of tools that the file gives to a model; flat is set
// where each tool has its name at its top.
func toolsInModule(p *checks.Pass) (name string, flat bool) {
	ast.InspectFile(p.File, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok || name != "" {
			return name == ""
		}
		k := fix.KeywordOf(c, "tools")
		if k == nil {
			return true
		}
		if x, ok := k.Value.(*ast.Name); ok && p.Defines(x.Id) {
			name = x.Id
			if at, ok := c.Fn.(*ast.Attribute); ok {
				owner := p.File.Text(at.Value)
				flat = hasSuffixAny(owner, "responses", "messages")
			}
		}
		return true
	})
	return name, flat
}

func hasSuffixAny(s string, ends ...string) bool {
	for _, e := range ends {
		if len(s) >= len(e) && s[len(s)-len(e):] == e {
			return true
		}
	}
	return false
}
