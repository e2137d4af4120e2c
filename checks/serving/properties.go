package serving

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// secretInModel is PML2330.
var secretInModel = &checks.Rule{
	Spec: infoPML2330,
	From: []checks.Label{models.Secret},
	Into: []checks.SinkKind{models.Log},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Note != models.NoteModelProps || path.Mark.MadeOf() || checks.Vetted(p, path, nil) {
			return
		}
		r := checks.Report{Node: path.Node, Path: path, Fix: withoutSecret(p, path)}
		if c := path.Call; c != nil {
			r.Node = c.Node
		} else if s := p.StmtOf(path.Node); s != nil {
			r.Node = s
		}
		p.Report(r)
	},
}

// withoutSecret deletes the entries of the metadata that hold the secret, or the statement that sets one.
func withoutSecret(p *checks.Pass, path *checks.Path) *fix.Fix {
	const message = "keep the secret out of the model"
	var edits []fix.Edit
	for _, e := range path.Entries(path.Value) {
		if e.Node == nil || !slices.ContainsFunc(e.Value.Marks(), func(m checks.Mark) bool { return m.Label == models.Secret }) {
			continue
		}
		if !p.Holds(e.Node) {
			return nil
		}
		edits = append(edits, checks.RemoveEntry(p, e.Node)...)
	}
	if len(edits) > 0 {
		return checks.Fix(true, message, edits)
	}
	if c := path.Call; c != nil {
		if a := c.Arg(-1, "doc_string"); a != nil {
			return checks.Fix(true, message, checks.RemoveArg(p, c, a))
		}
	}
	switch s := p.StmtOf(path.Node).(type) {
	case *ast.ExprStmt:
		if c := path.Call; c != nil && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, message, fix.RemoveStmt(p.File, s))
		}
	case *ast.Assign:
		if path.Call == nil && len(s.Targets) == 1 {
			return checks.Fix(true, message, fix.RemoveStmt(p.File, s))
		}
	}
	return nil
}
