package vision

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// imageFormula is PML3106.
var imageFormula = &checks.Rule{
	Spec: infoPML3106,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteFormula || checks.OnlyMadeOf(path) || checks.Vetted(p, path, nil) || checks.SyntaxTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AllowOnly(p, path, entryOf(p, path), "ALLOWED_FORMULAS", "formula not allowed")})
	},
}

// entryOf is the expression by which the data of a path enters what its call is given, where there is one, or else what
// the call is given.
func entryOf(p *checks.Pass, path *checks.Path) ast.Expr {
	if list := checks.EntriesOf(p, path); len(list) == 1 && p.Holds(list[0].Expr) {
		return list[0].Expr
	}
	e, _ := checks.GivenNode(path).(ast.Expr)
	return e
}
