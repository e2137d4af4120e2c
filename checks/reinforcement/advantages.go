package reinforcement

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// advantageAttached is PML3304.
var advantageAttached = &checks.Rule{
	Spec:  infoPML3304,
	Needs: []string{"log_prob", "log_softmax", "logp", "logprob"},
	Knows: []string{"torch.nn.Module()", "torch.nn.functional.log_softmax", "torch.log_softmax"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() == nil || f.Function().Def == nil || !backward(f) {
			return
		}
		u := update{p, f}
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.Lambda:
				return false
			case *ast.BinOp:
				if n.Op != "*" || u.withoutGradient(n) {
					return true
				}
				for _, pair := range [...][2]ast.Expr{{n.Left, n.Right}, {n.Right, n.Left}} {
					if u.logProbability(pair[0], n.Pos(), 0) && u.advantage(pair[1], n.Pos(), 0) {
						p.Report(checks.Report{Node: n, Fix: detach(p, pair[1])})
						return false
					}
				}
			}
			return true
		})
	},
}

// backward reports whether a function, or one that calls it, computes gradients.
func backward(f *checks.Frame) bool {
	does := func(f *checks.Frame) bool {
		return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool { return checks.LastName(c.Node.Fn) == "backward" })
	}
	return does(f) || slices.ContainsFunc(f.Callers(), func(c *checks.Call) bool {
		return does(c.Frame) || slices.ContainsFunc(c.Frame.Callers(), func(c *checks.Call) bool { return does(c.Frame) })
	})
}

// update is a function that takes a step of learning.
type update struct {
	p *checks.Pass
	f *checks.Frame
}

const maxReading = 8

// assigned is what a name was assigned last before a place, and where that ends.
func (u update) assigned(name string, before ast.Pos) (value ast.Expr, at ast.Pos) {
	ast.InspectStmts(checks.BodyOf(u.f), func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Stop() <= before {
			for _, t := range a.Targets {
				if x, ok := t.(*ast.Name); ok && x.Id == name {
					value, at = a.Value, a.Pos()
				}
				list, of := checks.Elements(t), checks.Elements(a.Value)
				for i, e := range list {
					if x, ok := e.(*ast.Name); ok && x.Id == name && len(list) == len(of) {
						value, at = of[i], a.Pos()
					}
				}
			}
		}
		return true
	})
	return value, at
}

// shaping are methods that give a tensor in another form, with its gradient.
var shaping = map[string]bool{
	"squeeze": true, "unsqueeze": true, "view": true, "reshape": true, "flatten": true, "to": true, "float": true, "clone": true, "contiguous": true, "sum": true, "mean": true,
	"gather": true, "expand": true, "expand_as": true, "view_as": true, "cuda": true, "cpu": true, "double": true, "t": true, "transpose": true, "repeat": true, "max": true, "clamp": true,
}

// inner is what a call gives in another form, nil for other calls, and for the functions of torch of these names.
func (u update) inner(c *ast.Call) ast.Expr {
	at, ok := c.Fn.(*ast.Attribute)
	if !ok || !shaping[at.Attr.Id] {
		return nil
	}
	if o := u.f.CallAt(c); o != nil && o.Symbol != nil && o.Symbol.String() == "torch."+at.Attr.Id {
		return nil
	}
	return at.Value
}

// given lists what callers give for a parameter.
func (u update) given(name string, holds func(update, ast.Expr) bool) bool {
	fn := u.f.Function()
	if fn == nil || !slices.ContainsFunc(fn.Params.List, func(p *ast.Param) bool { return p.Name != nil && p.Name.Id == name }) {
		return false
	}
	for _, c := range u.f.Callers() {
		a, m := c.GivenTo(fn, name), u.p.Project.Module(c.Frame.Module())
		if a == nil || a.Node == nil || m == nil || c.Frame == u.f || c.Frame.Function() == nil {
			continue
		}
		if holds(update{u.p.There(m), c.Frame}, a.Node) {
			return true
		}
	}
	return false
}

// logProbability reports whether an expression is the logarithm of the probability of actions, or the ratio of two such.
func (u update) logProbability(e ast.Expr, before ast.Pos, depth int) bool {
	if depth > maxReading {
		return false
	}
	again := func(e ast.Expr) bool { return u.logProbability(e, before, depth+1) }
	switch n := e.(type) {
	case *ast.UnaryOp:
		return again(n.Operand)
	case *ast.Subscript:
		return again(n.Value)
	case *ast.BinOp:
		return n.Op == "*" && (again(n.Left) || again(n.Right))
	case *ast.Call:
		switch name := checks.LastName(n.Fn); {
		case name == "log_prob" || name == "log_softmax":
			return true
		case name == "exp":
			of, _ := n.Fn.(*ast.Attribute)
			x := ast.Expr(nil)
			if len(n.Args) == 1 {
				x = n.Args[0]
			} else if of != nil {
				x = of.Value
			}
			return x != nil && u.difference(x, before, depth+1)
		}
		if of := u.inner(n); of != nil {
			return again(of)
		}
		switch checks.LastName(n.Fn) {
		case "clamp", "clip", "squeeze", "sum", "mean", "min": // as functions of torch
			return len(n.Args) > 0 && again(n.Args[0])
		}
	case *ast.Name:
		if value, at := u.assigned(n.Id, before); value != nil {
			return u.logProbability(value, at, depth+1)
		}
		for in := range u.f.StandsFor(n) {
			if in.Call != nil && in.Call.Method == "log_prob" {
				return true
			}
		}
		return u.given(n.Id, func(g update, e ast.Expr) bool { return g.logProbability(e, e.Stop(), depth+1) })
	}
	return false
}

// difference reports whether an expression is the difference of two logarithms of probabilities.
func (u update) difference(e ast.Expr, before ast.Pos, depth int) bool {
	switch n := e.(type) {
	case *ast.BinOp:
		return n.Op == "-" && u.logProbability(n.Left, before, depth+1)
	case *ast.Name:
		if value, at := u.assigned(n.Id, before); value != nil && depth < maxReading {
			return u.difference(value, at, depth+1)
		}
	}
	return false
}

// advantage reports whether an expression is a difference from what a network estimates, with the gradient of that.
func (u update) advantage(e ast.Expr, before ast.Pos, depth int) bool {
	if depth > maxReading {
		return false
	}
	again := func(e ast.Expr) bool { return u.advantage(e, before, depth+1) }
	switch n := e.(type) {
	case *ast.UnaryOp:
		return again(n.Operand)
	case *ast.Subscript:
		return again(n.Value)
	case *ast.BinOp:
		switch n.Op {
		case "-":
			return u.estimate(n.Left, before, 0) || u.estimate(n.Right, before, 0) || again(n.Left)
		case "/":
			return again(n.Left)
		case "+", "*":
			return again(n.Left) || again(n.Right)
		}
	case *ast.Call:
		if of := u.inner(n); of != nil {
			return again(of)
		}
		return u.returned(n, func(g update, e ast.Expr) bool { return g.advantage(e, e.Stop(), depth+1) })
	case *ast.Name:
		if value, at := u.assigned(n.Id, before); value != nil {
			return !u.withoutGradient(value) && u.advantage(value, at, depth+1)
		}
		return u.given(n.Id, func(g update, e ast.Expr) bool { return g.advantage(e, e.Stop(), depth+1) })
	}
	return false
}

// estimate reports whether an expression holds what a network gives, with its gradient.
func (u update) estimate(e ast.Expr, before ast.Pos, depth int) bool {
	if depth > maxReading {
		return false
	}
	again := func(e ast.Expr) bool { return u.estimate(e, before, depth+1) }
	switch n := e.(type) {
	case *ast.UnaryOp:
		return again(n.Operand)
	case *ast.Subscript:
		return again(n.Value)
	case *ast.BinOp:
		return again(n.Left) || again(n.Right)
	case *ast.Call:
		if of := u.inner(n); of != nil {
			return again(of)
		}
		if u.withoutGradient(n) {
			return false
		}
		return u.network(n) || u.returned(n, func(g update, e ast.Expr) bool { return g.estimate(e, e.Stop(), depth+1) })
	case *ast.Name:
		if value, at := u.assigned(n.Id, before); value != nil {
			return !u.withoutGradient(value) && u.estimate(value, at, depth+1)
		}
		call := u.unpacked(n.Id, before)
		if call == nil {
			return u.given(n.Id, func(g update, e ast.Expr) bool { return g.estimate(e, e.Stop(), depth+1) })
		}
		return !u.withoutGradient(call) && (u.network(call) || u.returned(call, func(g update, e ast.Expr) bool {
			t, ok := e.(*ast.Tuple)
			return ok && slices.ContainsFunc(t.Elts, func(e ast.Expr) bool { return g.estimate(e, e.Stop(), depth+1) })
		}))
	}
	return false
}

// unpacked is the call of whose results a name is one: value of `dist, value = model(state)`.
func (u update) unpacked(name string, before ast.Pos) *ast.Call {
	var out *ast.Call
	ast.InspectStmts(checks.BodyOf(u.f), func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok || a.Stop() > before {
			return true
		}
		for _, t := range a.Targets {
			if list, ok := t.(*ast.Tuple); ok && slices.ContainsFunc(list.Elts, func(e ast.Expr) bool { x, ok := e.(*ast.Name); return ok && x.Id == name }) {
				out, _ = a.Value.(*ast.Call)
			}
		}
		return true
	})
	return out
}

// network reports whether a call runs a network: a module, or a parameter or an attribute of which nothing else is known and
// whose name is that of one.
func (u update) network(n *ast.Call) bool {
	c := u.f.CallAt(n)
	if c == nil {
		return false
	}
	if class := c.Callee.Class(); class != nil {
		return class.Extends("torch.nn.Module") && !frozenTarget(n)
	}
	if c.Symbol != nil {
		return c.Symbol.Is("torch.nn.Module()") && !frozenTarget(n)
	}
	if c.Callee.Function() != nil || len(c.Enters()) > 0 {
		return false
	}
	switch fn := n.Fn.(type) {
	case *ast.Name:
		def := u.f.Function().Def
		return def != nil && slices.ContainsFunc(u.f.Function().Params.List, func(p *ast.Param) bool { return p.Name != nil && p.Name.Id == fn.Id }) && estimates(fn.Id)
	case *ast.Attribute:
		return estimates(fn.Attr.Id) && !frozenTarget(n)
	}
	return false
}

// estimates reports whether a name is that of what estimates values.
func estimates(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"critic", "value", "model", "net", "policy", "agent", "baseline", "actor_critic", "ac", "vf", "v"}, func(w string) bool {
		return name == w || len(w) > 2 && strings.Contains(name, w)
	})
}

// frozenTarget reports whether a network is by its name a copy that does not learn.
func frozenTarget(n *ast.Call) bool {
	return strings.Contains(strings.ToLower(checks.LastName(n.Fn)), "target")
}

// returned reports whether a call runs a function of the project of which something holds for what it returns.
func (u update) returned(n *ast.Call, holds func(update, ast.Expr) bool) bool {
	c := u.f.CallAt(n)
	if c == nil || u.withoutGradient(n) {
		return false
	}
	for _, g := range c.Enters() {
		m := u.p.Project.Module(g.Module())
		if m == nil || g.Function() == nil || g.Function().Def == nil || g == u.f {
			continue
		}
		in, found := update{u.p.There(m), g}, false
		ast.InspectStmts(checks.BodyOf(g), func(n ast.Node) bool {
			if r, ok := n.(*ast.Return); ok && r.Value != nil && !in.withoutGradient(r) {
				found = found || holds(in, r.Value)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// withoutGradient reports whether a node stands where no gradients are recorded.
func (u update) withoutGradient(n ast.Node) bool {
	off := func(e ast.Expr) bool {
		if c, ok := e.(*ast.Call); ok {
			e = c.Fn
		}
		name := checks.LastName(e)
		return name == "no_grad" || name == "inference_mode"
	}
	for _, a := range u.p.Around(n) {
		switch a := a.(type) {
		case *ast.With:
			if slices.ContainsFunc(a.Items, func(i *ast.WithItem) bool { return off(i.Context) }) {
				return true
			}
		case *ast.FunctionDef:
			if slices.ContainsFunc(a.Decorators, func(d *ast.Decorator) bool { return off(d.Expr) }) {
				return true
			}
		}
	}
	return false
}

// detach takes the gradient off an advantage.
func detach(p *checks.Pass, e ast.Expr) *fix.Fix {
	text := p.File.Text(e)
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Call, *ast.Subscript:
	default:
		if p.File.Parens(e) == e.Range() {
			text = "(" + text + ")"
		}
	}
	end := int(p.File.Parens(e).End)
	if strings.HasPrefix(text, "(") && p.File.Text(e) != text {
		return checks.Fix(true, "take the gradient off the advantage", checks.Replace(p, e, text+".detach()"))
	}
	return checks.Fix(true, "take the gradient off the advantage", []fix.Edit{{Start: end, End: end, New: ".detach()"}})
}
