package robustness

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds what several checks of the part ask about code.

// symbolOf is the qualified name of what is called, "" where it is not known.
func symbolOf(c *checks.Call) string {
	if c.Symbol != nil {
		return c.Symbol.String()
	}
	return c.Callee.Name()
}

// madeOf reports whether one of the things that an expression is made of meets a condition.
func madeOf(f *checks.Frame, e ast.Expr, meets func(flow.Ingredient) bool) bool {
	return e != nil && checks.Any(f.MadeOf(e), meets)
}

// is reports whether one of the things that an expression is, in whatever form, meets a condition.
func is(f *checks.Frame, e ast.Expr, meets func(flow.Ingredient) bool) bool {
	return e != nil && checks.Any(f.StandsFor(e), meets)
}

// maxNear bounds how many functions are looked at around one.
const maxNear = 60

// near lists a frame, the class bodies in it, and the functions that call it or that it calls, up to a number of steps.
func near(f *checks.Frame, steps int) []*checks.Frame {
	seen := map[*checks.Frame]bool{f: true}
	out := []*checks.Frame{f}
	from := 0
	for range steps {
		end := len(out)
		for _, g := range out[from:end] {
			for _, h := range g.Beside() { // a class body runs where it stands
				if h.Function() == nil && h.Class() != nil && h.Outer() == g && !seen[h] && len(out) < maxNear {
					seen[h] = true
					out = append(out, h)
				}
			}
			for _, c := range g.Calls {
				for _, h := range c.Enters() {
					if !seen[h] && len(out) < maxNear {
						seen[h] = true
						out = append(out, h)
					}
				}
			}
			for _, c := range g.Callers() {
				if h := c.Frame; !seen[h] && len(out) < maxNear {
					seen[h] = true
					out = append(out, h)
				}
			}
		}
		from = end
	}
	return out
}

// isSelf reports whether a parameter is the receiver of a method.
func isSelf(in flow.Ingredient) bool {
	fn := in.Frame.Function()
	return fn != nil && fn.Class != nil && len(fn.Params.List) > 0 && fn.Params.List[0] == in.Param
}

// literalNumber is the number that an expression stands for, where it is one.
func literalNumber(f *checks.Frame, e ast.Expr) (n *ast.Number, ok bool) {
	for in := range f.MadeOf(e) {
		k, number := in.Literal.(*ast.Number)
		if !in.Whole || len(in.Steps) > 0 || !number && in.Param == nil || n != nil && number {
			return nil, false
		}
		if number {
			n = k
		}
	}
	return n, n != nil
}
