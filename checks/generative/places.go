package generative

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file holds what the checks share that is about places: arguments, functions.

// calledAt is the engine's record of a call that stands in a function, or nil.
func calledAt(f *checks.Frame, node ast.Node) *checks.Call {
	for _, c := range f.Calls {
		if ast.Node(c.Node) == node {
			return c
		}
	}
	return nil
}

// analysisAt is the analysis of the innermost function of a file that holds a node, as far as it is
// connected with the file of a frame; the frame itself where there is none.
func analysisAt(f *checks.Frame, in *semantic.Module, n ast.Node) *checks.Frame {
	found := f
	var within ast.Span
	for _, o := range f.Everywhere() {
		if o.Module() != in {
			continue
		}
		fn := o.Function()
		if fn == nil {
			if found == f && f.Module() != in {
				found = o
			}
			continue
		}
		if at := fn.Node().Range(); at.Contains(n.Range()) && (within == ast.Span{} || within.Contains(at)) {
			found, within = o, at
		}
	}
	return found
}

// spelling is a name, or an attribute of self.
func spelling(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Name:
		return e.Id
	case *ast.Attribute:
		if root, ok := e.Value.(*ast.Name); ok && root.Id == "self" {
			return "self." + e.Attr.Id
		}
	}
	return ""
}

// madeFrom reports whether an expression of a function is computed, by way of its local names,
// from one of some expressions there.
func madeFrom(f *checks.Frame, e ast.Expr, from map[ast.Node]bool) bool {
	given := assignments(f)
	found := false
	seen := map[string]bool{}
	var look func(e ast.Expr)
	look = func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			found = found || from[n]
			if name, ok := n.(*ast.Name); ok && !found && !seen[name.Id] {
				seen[name.Id] = true
				for _, v := range given[name.Id] {
					look(v)
				}
			}
			return !found
		})
	}
	look(e)
	return found
}

// assignments lists by name what a function gives its local names and the attributes of self:
// by assignment, as the target of a loop or of a with statement, by adding to a list.
func assignments(f *checks.Frame) map[string][]ast.Expr {
	given := map[string][]ast.Expr{}
	give := func(target, value ast.Expr) {
		if target == nil {
			return
		}
		if name := spelling(target); name != "" {
			given[name] = append(given[name], value)
			return
		}
		ast.Inspect(target, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok {
				given[name.Id] = append(given[name.Id], value)
			}
			return true
		})
	}
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				give(t, n.Value)
			}
		case *ast.AnnAssign:
			if n.Value != nil {
				give(n.Target, n.Value)
			}
		case *ast.AugAssign:
			give(n.Target, n.Value)
		case *ast.Call: // messages.append({"role": "user", "content": text})
			if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "insert" || at.Attr.Id == "extend") && len(n.Args) > 0 {
				give(at.Value, n.Args[len(n.Args)-1])
			}
		case *ast.For:
			give(n.Target, n.Iter)
		case *ast.With:
			for _, it := range n.Items {
				give(it.Target, it.Context)
			}
		}
		return true
	})
	return given
}

// given is the expression of the value that reaches an argument: for one that a call unpacks
// the entry of the dict.
func given(path *checks.Path) ast.Node {
	if a := path.Call.Arg(-1, checks.ArgumentName(path)); a != nil && a.Unpacked && ast.Node(a.Node) == path.Node {
		return a.Given
	}
	return path.Node
}
