package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds what the checks of a model's answer share.

// ownText reports whether every labelled text in a value is a model's.
func ownText(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label != models.LLM && m.Label != models.NoLabel {
			return false
		}
	}
	return true
}

// calledAt is the engine's record of a call that stands in a function, or nil.
func calledAt(f *checks.Frame, node ast.Node) *checks.Call {
	for _, c := range f.Calls {
		if ast.Node(c.Node) == node {
			return c
		}
	}
	return nil
}

// answers returns the test for a model's text itself, where a value holds it, and otherwise
// that of dirty.
func answers(kind checks.SinkKind, v *checks.Value) func(*checks.Value) bool {
	own := func(v *checks.Value) bool { return v.Labels(kind).Has(models.LLM) }
	if own(v) {
		return own
	}
	return checks.ModelText(kind)
}

// answerIn is the expression that brings the model's text into a built text: in
// `os.path.join(base, x)`, `base / x`, f"{base}/{x}" it is x, otherwise the expression
// itself. It is nil where that is not in this file, or where there are several.
func answerIn(p *checks.Pass, path *checks.Path) ast.Expr {
	bad := answers(path.Kind, path.Value)
	parts := path.Value.Parts()
	if len(parts) > 1 {
		var found ast.Expr
		for _, part := range parts {
			if part.Value == nil || !bad(part.Value) {
				continue
			}
			e, ok := part.Node.(ast.Expr)
			if !ok || part.Mod != path.Mod || part.Conv || found != nil {
				return nil
			}
			found = e
		}
		if found != nil {
			return found
		}
	}
	e, _ := path.Node.(ast.Expr)
	if r, ok := path.Node.(*ast.Return); ok {
		e = r.Value
	}
	if e == nil || !p.Holds(e) {
		return nil
	}
	return e
}

// wrapped puts a call of a library's function around an expression.
func wrapped(p *checks.Pass, e ast.Expr, function, imports, message string) *fix.Fix {
	if e == nil {
		return nil
	}
	spelling, add := fix.Reach(p.File, function, imports, fix.InOrder)
	return checks.Fix(true, message, checks.Replace(p, e, spelling+"("+p.File.Text(e)+")"), add)
}
