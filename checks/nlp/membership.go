package nlp

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	subwordModel   = "gensim.models.fasttext.FastText()"
	subwordVectors = "gensim.models.fasttext.FastTextKeyedVectors()"
)

// alwaysMember is PML3230.
var alwaysMember = &checks.Rule{
	Spec:   infoPML3230,
	Knows:  []string{subwordModel, subwordVectors, subwordVectors + ".__contains__"},
	Needs:  []string{" in ", "__contains__"},
	Beside: [][]string{{"FastText", "load_facebook"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Compare:
				for i, op := range n.Ops {
					if (op == "in" || op == "not in") && isSubwordVectors(f, n.Right[i]) {
						p.Report(checks.Report{Node: n, Fix: checks.Fix(false, "ask the vocabulary", fix.Wrap(p.File, n.Right[i], "", ".key_to_index"))})
					}
				}
			case *ast.Call:
				if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "__contains__" && isSubwordVectors(f, at.Value) {
					p.Report(checks.Report{Node: n, Fix: checks.Fix(false, "ask the vocabulary", fix.Wrap(p.File, at.Value, "", ".key_to_index"))})
				}
			}
			return true
		})
	},
}

// isSubwordVectors reports whether an expression is vectors that are made of parts of words, whatever the word.
func isSubwordVectors(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Name, *ast.Attribute:
		for _, a := range f.ValueOf(e).Alternatives() {
			if a.Is(subwordVectors) {
				return !withoutSubwords(a)
			}
		}
	case *ast.Call:
	default:
		return false
	}
	found := false
	for in := range f.StandsFor(e) {
		if in.Call == nil {
			continue
		}
		v := in.Call.Result
		if !in.Whole || !(len(in.Steps) == 0 && v.Is(subwordVectors) || len(in.Steps) == 1 && in.Steps[0] == ".wv" && v.Is(subwordModel)) || withoutSubwords(v) {
			return false
		}
		found = true
	}
	return found
}

// withoutSubwords reports whether the model was made without parts of words.
func withoutSubwords(v *checks.Value) bool {
	c := v.Origin()
	if c == nil {
		return false
	}
	a := c.Arg(-1, "max_n")
	if a == nil {
		return false
	}
	n, known := a.Value.Number()
	return known && n == 0
}
