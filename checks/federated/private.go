package federated

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	makePrivate = "opacus.{PrivacyEngine,privacy_engine.PrivacyEngine}().{make_private,make_private_with_epsilon}"
	dpOptimizer = "opacus.optimizers.{DPOptimizer,optimizer.DPOptimizer}"
	tfOptimizer = "{tensorflow_privacy,tensorflow_privacy.*,tensorflow_privacy.privacy.optimizers.*}.{DPKerasSGDOptimizer,DPKerasAdamOptimizer,DPKerasAdagradOptimizer,VectorizedDPKerasSGDOptimizer,VectorizedDPKerasAdamOptimizer,VectorizedDPKerasAdagradOptimizer}"
)

// notPrivate is PML5306.
var notPrivate = &checks.Rule{
	Spec: infoPML5306,
	On:   []string{makePrivate, dpOptimizer, tfOptimizer},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Partial || p.IsTest() {
			return
		}
		pos := -1
		if c.Symbol.Under("tensorflow_privacy") {
			pos = 1
		}
		if a := c.Arg(pos, "noise_multiplier"); a != nil && allZero(c, a.Value) {
			if !saysNotPrivate(p, c.Node) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "1.0")})
			}
			return
		}
		if !strings.HasPrefix(c.Method, "make_private") {
			return
		}
		given := func(name string) ast.Expr {
			if a := c.Arg(-1, name); a != nil {
				return a.Node
			}
			return nil
		}
		old := [3]ast.Expr{given("module"), given("optimizer"), given("data_loader")}
		poisson := true
		if a := c.Arg(-1, "poisson_sampling"); a != nil {
			poisson = !checks.Off(a.Value)
		}
		stmt := p.StmtOf(c.Node)
		if r, ok := stmt.(*ast.Return); !ok || r.Value != ast.Expr(c.Node) {
			if goesRound(p.Module, c, stmt, old, poisson) {
				p.Report(checks.Report{Node: c.Node, Fix: bindBack(p, c, c.Node, stmt, old)})
			}
			return
		}
		for _, caller := range c.Frame.Callers() { // a helper that returns what the engine does
			m := p.Project.Module(caller.Frame.Module())
			if m == nil {
				continue
			}
			var there [3]ast.Expr
			for i, e := range old {
				if name, ok := e.(*ast.Name); ok {
					if a := caller.GivenTo(c.Frame.Function(), name.Id); a != nil && !a.Unpacked {
						there[i] = a.Node
					}
				}
			}
			if at := m.StmtOf(caller.Node); goesRound(m, caller, at, there, poisson) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.FixAt(p, caller.Node, func(t *checks.Pass) *fix.Fix { return bindBack(t, c, caller.Node, at, there) })})
				return
			}
		}
	},
}

// goesRound reports whether what makes a training private is thrown away, or the loop goes on with the optimizer or the loader that
// the engine was given.
func goesRound(m *checks.Module, c *checks.Call, stmt ast.Stmt, old [3]ast.Expr, poisson bool) bool {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		return s.Value == ast.Expr(c.Node) && old[1] != nil && old[2] != nil
	case *ast.Assign:
		if s.Value != ast.Expr(c.Node) {
			return false
		}
		targets := elementsOf(s)
		if len(targets) < 3 {
			return false
		}
		for i, to := range []ast.Expr{targets[1], targets[len(targets)-1]} {
			if i == 1 && !poisson {
				continue
			}
			e := old[i+1]
			if e == nil || len(s.Targets) > 1 {
				continue
			}
			if name := checks.ChainText(e); name != "" && name != checks.ChainText(to) && trainsWith(m, c, stmt, name, i == 1) {
				return true
			}
		}
	}
	return false
}

func elementsOf(s *ast.Assign) []ast.Expr {
	if len(s.Targets) == 0 {
		return nil
	}
	return checks.Elements(s.Targets[0])
}

// trainsWith reports whether a training loop steps by the optimizer of a name, or goes over the loader of one.
func trainsWith(m *checks.Module, c *checks.Call, stmt ast.Stmt, name string, loader bool) bool {
	var body []ast.Stmt
	after := true
	switch class, _, self := checks.MethodClass(c.Frame); {
	case class != nil && self != "" && strings.HasPrefix(name, self+"."):
		body, after = class.Node.Body, false
	case c.Frame.Function() != nil && c.Frame.Function().Def != nil:
		body = c.Frame.Function().Def.Body
	default:
		body = m.File.Body
	}
	rebound, found := false, false
	look := func(n ast.Node) bool {
		if n == nil || after && n.Stop() <= stmt.Pos() {
			return false
		}
		switch n := n.(type) {
		case *ast.FunctionDef:
			for _, p := range n.Params.List {
				if p.Name != nil && p.Name.Id == name {
					return false // another of that name
				}
			}
		case *ast.Assign:
			if n != stmt {
				for _, t := range n.Targets {
					rebound = rebound || n.Pos() > stmt.Pos() && slices.ContainsFunc(append(checks.Elements(t), t), func(t ast.Expr) bool { return checks.ChainText(t) == name })
				}
			}
		case *ast.For:
			found = found || loopTrains(n, name, loader)
		}
		return true
	}
	ast.InspectStmts(body, look)
	for _, o := range c.Frame.Calls { // handed to the function that trains
		fn := o.Callee.Function()
		if found || fn == nil || fn.Def == nil || o.Node.Pos() < stmt.Stop() {
			continue
		}
		for _, param := range fn.Params.List {
			if param.Name == nil {
				continue
			}
			if a := o.GivenTo(fn, param.Name.Id); a != nil && a.Node != nil && checks.ChainText(a.Node) == name {
				ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
					loop, ok := n.(*ast.For)
					found = found || ok && loopTrains(loop, param.Name.Id, loader)
					return !found
				})
			}
		}
	}
	return found && !rebound
}

// loopTrains reports whether a loop computes gradients, and steps by an optimizer of a name or goes over a loader of one.
func loopTrains(loop *ast.For, name string, loader bool) bool {
	backward, steps, over := false, false, false
	ast.Inspect(loop.Iter, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		over = over || ok && checks.ChainText(e) == name
		return !over
	})
	ast.InspectStmts(loop.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok {
			if at, ok := call.Fn.(*ast.Attribute); ok {
				backward = backward || at.Attr.Id == "backward"
				steps = steps || at.Attr.Id == "step" && checks.ChainText(at.Value) == name
			}
		}
		return true
	})
	if loader {
		return backward && over
	}
	return backward && steps
}

// saysNotPrivate reports whether a call stands under a test of whether the training is to be private.
func saysNotPrivate(p *checks.Pass, n ast.Node) bool {
	says := func(e ast.Expr) bool {
		text := strings.ToLower(p.File.Text(e))
		return strings.Contains(text, "dp") || strings.Contains(text, "priva")
	}
	for _, around := range p.Around(n) {
		switch around := around.(type) {
		case *ast.If:
			if says(around.Test) {
				return true
			}
		case *ast.IfExp:
			if says(around.Test) {
				return true
			}
		}
	}
	return false
}

// bindBack binds what the engine makes to the names that it was given. Names that it was bound to are kept where they are used.
func bindBack(p *checks.Pass, made *checks.Call, call ast.Node, stmt ast.Stmt, old [3]ast.Expr) *fix.Fix {
	if made.Arg(-1, "criterion") != nil || made.Arg(-1, "grad_sample_mode") != nil {
		return nil // the loss is returned as well
	}
	var names []string
	for _, e := range old {
		if e == nil || checks.ChainText(e) == "" || !p.Holds(e) {
			return nil
		}
		names = append(names, checks.ChainText(e))
	}
	text := strings.Join(names, ", ") + " = "
	const message = "train with what the engine returns"
	s, bound := stmt.(*ast.Assign)
	if !bound {
		return checks.Fix(true, message, checks.Replace(p, call, text+p.File.Text(call)))
	}
	used := slices.ContainsFunc(elementsOf(s), func(t ast.Expr) bool {
		name, kept := checks.ChainText(t), false
		if name == "_" || slices.Contains(names, name) {
			return false
		}
		ast.InspectFile(p.File, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			kept = kept || ok && e != t && checks.ChainText(e) == name
			return !kept
		})
		return kept
	})
	if used {
		text += p.File.Text(s.Targets[0]) + " = "
	}
	return checks.Fix(true, message, checks.Replace(p, s, text+p.File.Text(call)))
}
