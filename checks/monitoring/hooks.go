package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// registrars are the methods of a module that register a hook.
var registrars = []string{"register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"}

// hookLeft is PML2415.
var hookLeft = &checks.Rule{
	Spec:  infoPML2415,
	Needs: registrars,
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !f.Serves() && !answersDeployment(p, f) || startsUp(p, f) {
			return
		}
		for _, c := range f.Calls {
			at, ok := c.Node.Fn.(*ast.Attribute)
			if !ok || !slices.Contains(registrars, at.Attr.Id) || !p.Holds(c.Node) || onlyOnce(p, c.Node) {
				continue
			}
			model := shared(p, c, at.Value)
			if model == "" || removed(p, c) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: removeAfter(p, c, model)})
		}
	},
}

// answersDeployment reports whether a function is what Ray Serve calls for each request.
func answersDeployment(p *checks.Pass, f *checks.Frame) bool {
	class, method, _ := checks.MethodClass(f)
	return class != nil && method == "__call__" && class.Node != nil && slices.ContainsFunc(class.Node.Decorators, func(d *ast.Decorator) bool {
		return strings.Contains(p.File.Text(d), "deployment")
	})
}

// startsUp reports whether a function runs when the service starts, or once.
func startsUp(p *checks.Pass, f *checks.Frame) bool {
	fn := f.Function()
	if fn == nil {
		return false // the page of a Streamlit application
	}
	if slices.Contains([]string{"__init__", "setup", "lifespan", "startup", "on_startup", "__post_init__", "initialize"}, fn.Name) {
		return true
	}
	return fn.Def != nil && slices.ContainsFunc(fn.Def.Decorators, func(d *ast.Decorator) bool {
		text := p.File.Text(d)
		return strings.Contains(text, "cache") || strings.Contains(text, "on_event") || strings.Contains(text, "on_startup")
	})
}

// onlyOnce reports whether a node is reached under a test of a flag, such as `if not HOOKED:`.
func onlyOnce(p *checks.Pass, n ast.Node) bool {
	for _, a := range p.Around(n) {
		test, ok := a.(*ast.If)
		if !ok || !checks.InBlock(test.Body, n) {
			continue
		}
		found := false
		ast.Inspect(test.Test, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.UnaryOp:
				found = found || n.Op == "not"
			case *ast.Compare:
				found = found || slices.Contains(n.Ops, "is") || slices.Contains(n.Ops, "not in")
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// shared is the text of the model that an expression is a part of where that is there for all requests: "" for others.
func shared(p *checks.Pass, c *checks.Call, e ast.Expr) string {
	_, _, self := checks.MethodClass(c.Frame)
	found, model := false, ""
	for depth := 0; depth < 12; depth++ {
		v := c.Frame.ValueOf(e)
		found = found || v != nil && c.Lifetime(v, e) == flow.PerProcess || cached(c.Frame, e) || ofDeployment(p, c.Frame, e)
		switch n := e.(type) {
		case *ast.Attribute:
			owner := checks.LastName(n.Value)
			if owner == "state" || owner == self && self != "" {
				model = p.File.Text(n)
			}
			e = n.Value
			continue
		case *ast.Subscript:
			e = n.Value
			continue
		case *ast.Call:
			if next := partsOf(n); next != nil {
				e = next
				continue
			}
		case *ast.Name:
			if next := givenTo(p, c.Frame, n); next != nil {
				if model == "" && !partly(next) {
					model = n.Id
				}
				e = next
				continue
			}
			if model == "" {
				model = n.Id
			}
			// A global of the file, or of another one.
			scope := checks.ScopeOf(p, c)
			found = found || c.Frame.Function() != nil && scope != nil && scope.Param(n.Id) == nil && n.Id != self && (p.Defines(n.Id) || p.Imports(n.Id)) && !serves(n.Id)
		}
		break
	}
	if !found {
		return ""
	}
	if model == "" {
		model = p.File.Text(e)
	}
	return model
}

// serves reports whether a global is called as the objects of a web framework are, whose attributes may be those of a request.
func serves(name string) bool {
	return slices.Contains([]string{"request", "g", "session", "flask"}, name)
}

// partly reports whether an expression gives a part of something rather than the model itself.
func partly(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
		return true
	case *ast.Call:
		return partsOf(n) != nil
	}
	return false
}

// partsOf is the expression of the module whose parts a call gives: of `model.named_modules()` or `list(model.blocks)`.
func partsOf(n *ast.Call) ast.Expr {
	switch fn := n.Fn.(type) {
	case *ast.Attribute:
		if slices.Contains([]string{"named_modules", "modules", "children", "named_children", "get_submodule", "items", "values", "eval", "to", "cuda", "half", "float", "train"}, fn.Attr.Id) {
			return fn.Value
		}
	case *ast.Name:
		if len(n.Args) > 0 && slices.Contains([]string{"list", "reversed", "enumerate", "dict", "sorted"}, fn.Id) {
			return n.Args[0]
		}
	}
	return nil
}

// givenTo is the expression that a local name was assigned, or that the loop goes through of which it is the variable.
func givenTo(p *checks.Pass, f *checks.Frame, name *ast.Name) ast.Expr {
	for _, a := range p.Around(name) {
		switch a := a.(type) {
		case *ast.For:
			if checks.UsesName(a.Target, name.Id) && checks.InBlock(a.Body, name) {
				return a.Iter
			}
		case *ast.Comp:
			for _, clause := range a.Clauses {
				if checks.UsesName(clause.Target, name.Id) {
					return clause.Iter
				}
			}
		}
	}
	return checks.LastAssigned(checks.BodyOf(f), name)
}

// cached reports whether an expression is what a function of the project gives whose result is kept.
func cached(f *checks.Frame, e ast.Expr) bool {
	n, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	c := f.CallAt(n)
	if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Def == nil {
		return false
	}
	in := c.Body().Module().File
	return slices.ContainsFunc(c.Body().Function().Def.Decorators, func(d *ast.Decorator) bool { return strings.Contains(in.Text(d), "cache") })
}

// ofDeployment reports whether an expression is an attribute of the object that serves all requests: of LitServe, Ray Serve, BentoML.
func ofDeployment(p *checks.Pass, f *checks.Frame, e ast.Expr) bool {
	at, ok := e.(*ast.Attribute)
	if !ok {
		return false
	}
	class, _, self := checks.MethodClass(f)
	owner, named := at.Value.(*ast.Name)
	if class == nil || !named || owner.Id != self {
		return false
	}
	if class.Extends("litserve.LitAPI") {
		return true
	}
	return class.Node != nil && slices.ContainsFunc(class.Node.Decorators, func(d *ast.Decorator) bool {
		text := p.File.Text(d)
		return strings.Contains(text, "deployment") || strings.Contains(text, "bentoml")
	})
}

// removed reports whether the hook that a call registers is removed: here, by whoever is given the handle, or by whoever reads
// what it is kept in.
func removed(p *checks.Pass, c *checks.Call) bool {
	body := checks.BodyOf(c.Frame)
	if takesOut(body) || checks.GroupMentions(p, "_forward_hooks", "_backward_hooks", "remove_hooks", "clear_hooks") {
		return true
	}
	around := p.Around(c.Node)
	for i := len(around) - 2; i >= 0; i-- {
		switch a := around[i].(type) {
		case *ast.WithItem, *ast.Yield:
			return true
		case *ast.Call:
			switch checks.LastName(a.Fn) {
			case "append", "extend", "add":
			case "setdefault", "update":
				return anyTakesOut(c.Frame)
			default:
				if a != c.Node {
					return true // handed to something that may remove it
				}
			}
		case *ast.Return:
			return !ignoredByCallers(c)
		case *ast.Assign:
			for _, t := range a.Targets {
				switch t := t.(type) {
				case *ast.Name:
					if used(body, t, a.Stop()) {
						return handledElsewhere(c, body, t)
					}
				default:
					return anyTakesOut(c.Frame)
				}
			}
			return false
		case ast.Stmt:
			if s, ok := a.(*ast.ExprStmt); ok {
				call, ok := s.Value.(*ast.Call)
				if !ok || call == c.Node {
					return false
				}
				at, ok := call.Fn.(*ast.Attribute)
				if !ok {
					return false
				}
				list, local := at.Value.(*ast.Name)
				if !local || p.Defines(list.Id) {
					return anyTakesOut(c.Frame)
				}
				return used(body, list, s.Stop()) && handledElsewhere(c, body, list)
			}
			if i+1 < len(around) {
				if _, within := around[i+1].(ast.Stmt); within {
					return false
				}
			}
		}
	}
	return false
}

// handledElsewhere reports whether a name with a handle is returned to somebody who removes it, or given to a call.
func handledElsewhere(c *checks.Call, body []ast.Stmt, name *ast.Name) bool {
	handled := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Return:
			if n.Value != nil && checks.UsesName(n.Value, name.Id) {
				handled = handled || !ignoredByCallers(c)
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "extend") {
				return true
			}
			for _, a := range n.Args {
				if id, ok := a.(*ast.Name); ok && id.Id == name.Id {
					handled = true
				}
			}
		case *ast.With:
			for _, it := range n.Items {
				handled = handled || checks.UsesName(it, name.Id)
			}
		}
		return !handled
	})
	return handled
}

// used reports whether a name is read after a place.
func used(body []ast.Stmt, name *ast.Name, after ast.Pos) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Id == name.Id && id.Pos() > after {
			found = true
		}
		return !found
	})
	return found
}

// ignoredByCallers reports whether all calls of the function around a call are known, and none of them removes what it gives.
func ignoredByCallers(c *checks.Call) bool {
	callers := c.Frame.Callers()
	return len(callers) > 0 && !slices.ContainsFunc(callers, func(o *checks.Call) bool { return takesOut(checks.BodyOf(o.Frame)) })
}

// anyTakesOut reports whether some function of the files that are analysed together removes hooks.
func anyTakesOut(f *checks.Frame) bool {
	return slices.ContainsFunc(f.CallsNamed("remove"), func(c *checks.Call) bool { return len(c.Node.Args) == 0 })
}

// takesOut reports whether statements call the method remove of something without arguments, or hand it on.
func takesOut(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "remove" {
				found = found || len(n.Args) == 0
			}
			for _, a := range n.Args {
				at, ok := a.(*ast.Attribute)
				found = found || ok && at.Attr.Id == "remove"
			}
		}
		return !found
	})
	return found
}

// removeAfter removes the hook behind the statement that runs the model.
func removeAfter(p *checks.Pass, c *checks.Call, model string) *fix.Fix {
	const handle, handles = "hook_handle", "hook_handles"
	stmt := p.StmtOf(c.Node)
	if stmt == nil || checks.UsesName(stmt, handle) || checks.UsesName(stmt, handles) {
		return nil
	}
	around := p.Around(stmt)
	var loop *ast.For
	if i := slices.Index(around, ast.Node(stmt)); i > 0 {
		loop, _ = around[i-1].(*ast.For)
	}
	after := ast.Stmt(stmt)
	if loop != nil {
		after = loop
	}
	run := runsModel(p, after, model)
	if run == nil {
		return nil
	}
	const message = "remove the hook once the model has run"
	call := p.File.Text(c.Node)
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		switch {
		case s.Value != ast.Expr(c.Node):
			return nil
		case loop != nil:
			return checks.Fix(true, message, fix.InsertBefore(p.File, loop, handles+" = []"), checks.Replace(p, c.Node, handles+".append("+call+")"),
				fix.InsertAfter(p.File, run, "for "+handle+" in "+handles+":", "    "+handle+".remove()"))
		}
		return checks.Fix(true, message, checks.Replace(p, c.Node, handle+" = "+call), fix.InsertAfter(p.File, run, handle+".remove()"))
	case *ast.Assign:
		name, ok := s.Targets[0].(*ast.Name)
		if !ok || len(s.Targets) > 1 || s.Value != ast.Expr(c.Node) || loop != nil {
			return nil
		}
		return checks.Fix(true, message, fix.InsertAfter(p.File, run, name.Id+".remove()"))
	}
	return nil
}

// runsModel is the statement behind another one of the same block that calls a model; nil where there is none, or where it
// leaves the function.
func runsModel(p *checks.Pass, s ast.Stmt, model string) ast.Stmt {
	body := blockOf(p, s)
	i := slices.Index(body, s)
	if i < 0 {
		return nil
	}
	for _, next := range body[i+1:] {
		runs := false
		ast.Inspect(next, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok {
				called := c.Fn
				if at, ok := called.(*ast.Attribute); ok && (at.Attr.Id == "generate" || at.Attr.Id == "forward" || at.Attr.Id == "encode") {
					called = at.Value
				}
				runs = runs || p.File.Text(called) == model
			}
			return !runs
		})
		if _, leaves := next.(*ast.Return); runs && !leaves {
			return next
		}
		if runs {
			return nil
		}
	}
	return nil
}

// blockOf lists the statements of the block that a statement stands in.
func blockOf(p *checks.Pass, s ast.Stmt) []ast.Stmt {
	around := p.Around(s)
	if len(around) < 2 {
		return p.File.Body
	}
	for i := len(around) - 2; i >= 0; i-- {
		var blocks [][]ast.Stmt
		switch a := around[i].(type) {
		case *ast.FunctionDef:
			blocks = [][]ast.Stmt{a.Body}
		case *ast.With:
			blocks = [][]ast.Stmt{a.Body}
		case *ast.If:
			blocks = [][]ast.Stmt{a.Body, a.Orelse}
		case *ast.For:
			blocks = [][]ast.Stmt{a.Body}
		case *ast.Try:
			blocks = [][]ast.Stmt{a.Body, a.Orelse, a.Final}
		}
		for _, b := range blocks {
			if slices.Contains(b, s) {
				return b
			}
		}
	}
	return p.File.Body
}
