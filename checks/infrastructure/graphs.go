package infrastructure

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// graphKept is PML2216.
var graphKept = &checks.Rule{
	Spec:  infoPML2216,
	Needs: []string{"backward("},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		var loops []ast.Stmt
		f.InspectOwn(func(n ast.Node) bool {
			switch s := n.(type) {
			case *ast.For:
				loops = append(loops, s)
			case *ast.While:
				loops = append(loops, s)
			}
			return true
		})
		if loops == nil {
			return
		}
		reported := map[ast.Node]bool{}
		for _, loop := range loops {
			for _, loss := range differentiated(p, f, loop) {
				for _, kept := range accumulations(p, f, loop, loss) {
					if !reported[kept.stmt] {
						reported[kept.stmt] = true
						p.Report(checks.Report{Node: kept.stmt, Fix: checks.Fix(false, "keep the number without its graph", fix.Wrap(p.File, kept.value, "", ".detach()"))})
					}
				}
			}
		}
	},
}

// usesTorch reports whether a file says that its tensors are torch's.
func usesTorch(p *checks.Pass) bool {
	return p.Draft != nil && p.Draft.Imports("torch", "torchvision", "lightning", "accelerate", "transformers", "lightning_fabric", "pytorch_lightning")
}

// loopBody is the body of a loop.
func loopBody(s ast.Stmt) []ast.Stmt {
	switch s := s.(type) {
	case *ast.For:
		return s.Body
	case *ast.While:
		return s.Body
	}
	return nil
}

// differentiated lists the names whose gradients are computed in a loop: L of L.backward(), of scaler.scale(L).backward(),
// and of accelerator.backward(L).
func differentiated(p *checks.Pass, f *checks.Frame, loop ast.Stmt) []*ast.Name {
	if !usesTorch(p) {
		return nil
	}
	var out []*ast.Name
	for _, s := range loopBody(loop) {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef:
				return false
			case *ast.Call:
				fn, ok := n.Fn.(*ast.Attribute)
				if !ok || fn.Attr.Id != "backward" {
					return true
				}
				var loss ast.Expr = fn.Value
				if inner, ok := loss.(*ast.Call); ok && checks.LastName(inner.Fn) == "scale" && len(inner.Args) == 1 {
					loss = inner.Args[0]
				} else if len(n.Args) > 0 {
					if name := checks.LastName(fn.Value); name == "accelerator" || name == "fabric" || name == "engine" {
						loss = n.Args[0]
					}
				}
				// (loss / n).backward()
				if b, ok := loss.(*ast.BinOp); ok && (b.Op == "/" || b.Op == "*") {
					loss = b.Left
				}
				if name, ok := loss.(*ast.Name); ok {
					out = append(out, name)
				}
			}
			return true
		})
	}
	return out
}

// accumulation is a statement that keeps a loss with its graph, and the expression of that.
type accumulation struct {
	stmt  ast.Stmt
	value ast.Expr
}

// accumulations lists the statements of a loop that keep a loss in something that outlives the round.
func accumulations(p *checks.Pass, f *checks.Frame, loop ast.Stmt, loss *ast.Name) []accumulation {
	body := loopBody(loop)
	var out []accumulation
	add := func(s ast.Stmt, to, value ast.Expr) {
		kept := keptLoss(value, loss.Id)
		if kept == nil || quiet(p, s) || detached(body, loss.Id, s) || !boundBefore(f, to, loop) || resetIn(body, to, s) || usedForGradients(f, to, s) {
			return
		}
		out = append(out, accumulation{s, kept})
	}
	for _, top := range body {
		ast.InspectStmts([]ast.Stmt{top}, func(n ast.Node) bool {
			switch s := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef:
				return false
			case *ast.AugAssign:
				if s.Op == "+" || s.Op == "+=" {
					add(s, s.Target, s.Value)
				}
			case *ast.Assign:
				if b, ok := s.Value.(*ast.BinOp); ok && b.Op == "+" && len(s.Targets) == 1 {
					target := p.File.Text(s.Targets[0])
					switch {
					case p.File.Text(b.Left) == target:
						add(s, s.Targets[0], b.Right)
					case p.File.Text(b.Right) == target:
						add(s, s.Targets[0], b.Left)
					}
				}
			case *ast.Call:
				if at, ok := s.Fn.(*ast.Attribute); ok && at.Attr.Id == "append" && len(s.Args) == 1 {
					if stmt := p.StmtOf(s); stmt != nil {
						add(stmt, at.Value, s.Args[0])
					}
				} else if arg := keptByHelper(f, s, loss.Id); arg != nil {
					if stmt := p.StmtOf(s); stmt != nil && !quiet(p, stmt) && !detached(body, loss.Id, stmt) {
						out = append(out, accumulation{stmt, arg})
					}
				}
			}
			return true
		})
	}
	return out
}

// keptByHelper is the argument by which a call hands a loss to a function of the project that keeps it in an attribute of its
// object; nil for others.
func keptByHelper(f *checks.Frame, n *ast.Call, loss string) ast.Expr {
	given := slices.ContainsFunc(n.Args, func(a ast.Expr) bool { return checks.LastName(a) == loss }) ||
		slices.ContainsFunc(n.Keywords, func(k *ast.Keyword) bool { return checks.LastName(k.Value) == loss })
	if !given {
		return nil
	}
	c := f.CallAt(n)
	if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Params == nil {
		return nil
	}
	b := c.Body()
	for _, q := range b.Function().Params.List {
		if q.Name == nil {
			continue
		}
		a := c.GivenTo(b.Function(), q.Name.Id)
		if a == nil || a.Unpacked {
			continue
		}
		if name, ok := a.Node.(*ast.Name); !ok || name.Id != loss {
			continue
		}
		kept := false
		b.InspectOwn(func(x ast.Node) bool {
			var to, value ast.Expr
			switch x := x.(type) {
			case *ast.AugAssign:
				to, value = x.Target, x.Value
			case *ast.Call:
				if at, ok := x.Fn.(*ast.Attribute); ok && at.Attr.Id == "append" && len(x.Args) == 1 {
					to, value = at.Value, x.Args[0]
				}
			}
			if at, ok := to.(*ast.Attribute); ok && keptLoss(value, q.Name.Id) != nil {
				if self, ok := at.Value.(*ast.Name); ok && self.Id == "self" {
					kept = true
				}
			}
			return !kept
		})
		if kept && !detached(checks.BodyOf(b), q.Name.Id, lastOf(b)) {
			return a.Node
		}
	}
	return nil
}

// lastOf is the last statement of a function.
func lastOf(f *checks.Frame) ast.Stmt {
	body := checks.BodyOf(f)
	return body[len(body)-1]
}

// keptLoss is the expression by which a value holds a loss with its graph: the loss itself, or its product with a number;
// nil for others.
func keptLoss(value ast.Expr, loss string) ast.Expr {
	switch v := value.(type) {
	case *ast.Name:
		if v.Id == loss {
			return v
		}
	case *ast.BinOp:
		if v.Op == "*" || v.Op == "/" {
			if n, ok := v.Left.(*ast.Name); ok && n.Id == loss {
				return n
			}
			if n, ok := v.Right.(*ast.Name); ok && n.Id == loss && v.Op == "*" {
				return n
			}
		}
	}
	return nil
}

// quiet reports whether a statement runs without gradients.
func quiet(p *checks.Pass, s ast.Stmt) bool {
	return slices.ContainsFunc(p.Around(s), func(n ast.Node) bool {
		with, ok := n.(*ast.With)
		return ok && slices.ContainsFunc(with.Items, func(it *ast.WithItem) bool {
			c, ok := it.Context.(*ast.Call)
			name := ""
			if ok {
				name = checks.LastName(c.Fn)
			}
			return name == "no_grad" || name == "inference_mode"
		})
	})
}

// detached reports whether a name gets a value without a graph in a loop's body before a statement.
func detached(body []ast.Stmt, name string, before ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if n.Pos() >= before.Pos() {
			return false
		}
		if a, ok := n.(*ast.Assign); ok && len(a.Targets) == 1 && checks.LastName(a.Targets[0]) == name {
			found = false
			ast.Inspect(a.Value, func(x ast.Node) bool {
				if at, ok := x.(*ast.Attribute); ok && slices.Contains([]string{"item", "detach", "data", "tolist", "numpy", "detach_"}, at.Attr.Id) {
					found = true
				}
				if c, ok := x.(*ast.Call); ok && checks.LastName(c.Fn) == "float" {
					found = true
				}
				return true
			})
		}
		if s, ok := n.(*ast.ExprStmt); ok {
			if c, ok := s.Value.(*ast.Call); ok {
				if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "detach_" && checks.LastName(at.Value) == name {
					found = true
				}
			}
		}
		return true
	})
	return found
}

// boundBefore reports whether what is accumulated in is there before the loop.
func boundBefore(f *checks.Frame, to ast.Expr, loop ast.Stmt) bool {
	for {
		s, ok := to.(*ast.Subscript)
		if !ok {
			break
		}
		to = s.Value
	}
	name, ok := to.(*ast.Name)
	if !ok {
		_, attribute := to.(*ast.Attribute)
		return attribute
	}
	if fn := f.Function(); fn != nil && fn.Params != nil && slices.ContainsFunc(fn.Params.List, func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == name.Id }) {
		return true
	}
	bound, global := false, false
	f.InspectOwn(func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Assign:
			for _, t := range s.Targets {
				if checks.UsesName(t, name.Id) {
					bound = bound || s.Pos() < loop.Pos()
				}
			}
		case *ast.AnnAssign:
			bound = bound || checks.UsesName(s.Target, name.Id) && s.Pos() < loop.Pos()
		case *ast.Global, *ast.Nonlocal:
			global = true
		}
		return true
	})
	return bound || global
}

// resetIn reports whether what is accumulated in gets a new value in the loop.
func resetIn(body []ast.Stmt, to ast.Expr, except ast.Stmt) bool {
	name := checks.LastName(to)
	if name == "" {
		return false
	}
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Assign:
			if ast.Stmt(s) != except && slices.ContainsFunc(s.Targets, func(t ast.Expr) bool { return checks.LastName(t) == name }) {
				found = true
			}
		case *ast.Call:
			if at, ok := s.Fn.(*ast.Attribute); ok && at.Attr.Id == "clear" && checks.LastName(at.Value) == name {
				found = true
			}
		}
		return !found
	})
	return found
}

// usedForGradients reports whether what is accumulated is differentiated, or handed to something that stacks it.
func usedForGradients(f *checks.Frame, to ast.Expr, except ast.Stmt) bool {
	name := checks.LastName(to)
	if s, ok := to.(*ast.Subscript); ok {
		name = checks.LastName(s.Value)
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		last := checks.LastName(c.Fn)
		if last != "backward" && last != "stack" && last != "cat" && last != "grad" {
			return true
		}
		if at, ok := c.Fn.(*ast.Attribute); ok && last == "backward" {
			ast.Inspect(at.Value, func(x ast.Node) bool {
				found = found || checks.LastName(x) == name
				return !found
			})
		}
		for _, a := range c.Args {
			ast.Inspect(a, func(x ast.Node) bool {
				found = found || checks.LastName(x) == name
				return !found
			})
		}
		return true
	})
	return found
}
