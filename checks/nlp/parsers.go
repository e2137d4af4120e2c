package nlp

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// parserModel is PML3211.
var parserModel = &checks.Rule{
	Spec: infoPML3211,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteParser || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_PARSERS", "parser not allowed")})
	},
}
