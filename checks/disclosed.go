package checks

import (
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
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		if ph, ok := around[i].(*ast.Placeholder); ok && ph.Value == e {
			return []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: word}}
		}
	}
	return Replace(p, e, `"`+word+`"`)
}
