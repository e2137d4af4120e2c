package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the words for secrets that are handed on: where in what is handed on they stand, and
// how they are taken out.

// HolderOf is the expression that carries labelled data to a sink: the entry of a dict, or the
// argument itself.
func HolderOf(path *Path, label Label) ast.Node {
	v, node := path.Value, path.Node
	if given := GivenNode(path); given != nil {
		node = given
	}
	for range 3 {
		found := false
		for _, e := range path.Entries(v) {
			if e.Node != nil && e.Value.Labels(models.NoSink).Has(label) {
				v, node, found = e.Value, e.Node, true
				break
			}
		}
		if !found {
			break
		}
	}
	return node
}

// WholeEnvironment reports whether data is all of the environment, with what keys are in it.
func WholeEnvironment(path *Path) bool {
	s := path.Mark.Source()
	return s != nil && s.Is("os.environ") && path.Mark.Field() == ""
}

// codeAround is the code of the function around a node or, of what runs at module level, the statement
// there that holds it.
func codeAround(p *Pass, n ast.Node) []ast.Stmt {
	if def := p.FunctionAround(n); def != nil {
		return def.Body
	}
	for _, s := range p.File.Body {
		if s.Range().Contains(n.Range()) {
			return []ast.Stmt{s}
		}
	}
	return nil
}

// EachVariable reports whether data is a variable of the environment that a function takes out of all of
// them, one after the other.
func EachVariable(p *Pass, path *Path) bool {
	s := path.Mark.Source()
	if s == nil || !s.Is("os.environ") || path.Mark.Field() != "[]" || namesAlone(p, path.Node) {
		return false
	}
	found := false
	for _, code := range codeOnWay(p, path) {
		ast.InspectStmts(code, func(n ast.Node) bool {
			if at, ok := n.(*ast.Attribute); ok && (at.Attr.Id == "items" || at.Attr.Id == "values") {
				found = found || LastName(at.Value) == "environ"
			}
			return !found
		})
	}
	return found
}

// codeOnWay is the code around the end of a path, and that of the functions on its way.
func codeOnWay(p *Pass, path *Path) [][]ast.Stmt {
	out := [][]ast.Stmt{codeAround(p, path.Node)}
	seen := map[*ast.FunctionDef]bool{p.FunctionAround(path.Node): true}
	for _, s := range path.Trace.Steps() {
		m := p.Project.Module(s.Mod)
		if m == nil || s.Node == nil {
			continue
		}
		if def := m.FunctionAround(s.Node); def != nil && !seen[def] {
			seen[def] = true
			out = append(out, def.Body)
		}
	}
	return out
}

// namesAlone reports whether an expression holds none but the names of variables that a loop over the
// items of the environment gives.
func namesAlone(p *Pass, e ast.Node) bool {
	keys := map[string]bool{}
	note := func(target, over ast.Expr) {
		if t, ok := target.(*ast.Tuple); ok && len(t.Elts) == 2 && strings.HasSuffix(ChainText(calledIn(over)), "environ.items") {
			keys[LastName(t.Elts[0])] = true
		}
	}
	ast.InspectStmts(codeAround(p, e), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			note(n.Target, n.Iter)
		case *ast.Comp:
			for _, c := range n.Clauses {
				note(c.Target, c.Iter)
			}
		}
		return true
	})
	names, others := false, false
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok {
			names = names || keys[x.Id]
			others = others || !keys[x.Id]
		}
		return true
	})
	return names && !others
}

// calledIn is the function of a call, also of one within sorted() or list().
func calledIn(e ast.Expr) ast.Expr {
	c, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	if _, method := c.Fn.(*ast.Attribute); !method && len(c.Args) > 0 {
		return calledIn(c.Args[0])
	}
	return c.Fn
}

// ChoosesVariables reports whether a function that goes through the environment tests what it takes from
// it, so that it leaves out or masks some.
func ChoosesVariables(p *Pass, path *Path) bool {
	environment := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			found = found || LastName(n) == "environ"
			return !found
		})
		return found
	}
	chooses := false
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Comp:
			over, tests := false, false
			for _, c := range n.Clauses {
				over, tests = over || environment(c.Iter), tests || len(c.Ifs) > 0
			}
			ast.Inspect(n, func(n ast.Node) bool {
				_, masks := n.(*ast.IfExp)
				tests = tests || masks
				return true
			})
			chooses = chooses || over && tests
		case *ast.For:
			if environment(n.Iter) {
				of := map[string]bool{}
				ast.Inspect(n.Target, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok {
						of[x.Id] = true
					}
					return true
				})
				about := func(e ast.Expr) bool {
					found := false
					ast.Inspect(e, func(n ast.Node) bool {
						x, ok := n.(*ast.Name)
						found = found || ok && of[x.Id]
						return !found
					})
					return found
				}
				ast.InspectStmts(n.Body, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.If:
						chooses = chooses || about(n.Test)
					case *ast.IfExp:
						chooses = chooses || about(n.Test)
					}
					return true
				})
			}
		case *ast.Call: // redact(os.environ), env.pop("API_KEY")
			chooses = chooses || LastName(n.Fn) == "pop"
		}
		return !chooses
	}
	for _, code := range codeOnWay(p, path) {
		ast.InspectStmts(code, visit)
	}
	return chooses
}

// SecretPart is the part of a built text that brings the secret in.
func SecretPart(v *Value, label Label, depth int) *Part {
	if depth > 3 {
		return nil
	}
	for _, a := range v.Alternatives() {
		parts := a.Parts()
		for i := range parts {
			if part := &parts[i]; part.Value != nil && part.Value.Labels(models.PromptSystem).Has(label) {
				if inner := SecretPart(part.Value, label, depth+1); inner != nil {
					return inner
				}
				return part
			}
		}
	}
	return nil
}

// Redacted puts a word in the place of an expression within a prompt.
func Redacted(p *Pass, e ast.Expr) []fix.Edit {
	const word = "[redacted]"
	if ph, _ := PlaceholderOf(p.Module, e); ph != nil {
		return []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: word}}
	}
	return Replace(p, e, `"`+word+`"`)
}
