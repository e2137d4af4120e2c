package notebooks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// backendNamed is PML4103.
var backendNamed = &checks.Rule{
	Spec: infoPML4103,
	From: []checks.Label{models.User, models.Upload, models.Web, models.LLM},
	Into: []checks.SinkKind{models.Backend},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if p.IsTest() || begunOtherwise(path) {
			return
		}
		e, _ := path.Node.(ast.Expr)
		whole := path.Sink != nil && path.Sink.Note == models.NoteSettings
		if whole && (path.Call == nil || !foreignTable(path)) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: knownBackend(p, e, whole)})
	},
}

// begunOtherwise reports whether the name begins with constant text that is not that of a module:
// only `module://` makes a backend of any module.
func begunOtherwise(path *checks.Path) bool {
	parts := path.Value.Parts()
	return len(parts) > 1 && parts[0].Value == nil && parts[0].Text != "" && !slices.Contains([]string{"module:", "module:/", "module://"}, parts[0].Text[:min(len(parts[0].Text), 9)])
}

// foreignTable reports whether a whole table of settings comes from outside, so that its keys do,
// too.
func foreignTable(path *checks.Path) bool {
	_, _, known := path.Call.Entries(path.Value)
	return !known
}

// knownBackend lets only backends through that matplotlib itself brings and that open no window.
func knownBackend(p *checks.Pass, e ast.Expr, whole bool) *fix.Fix {
	if e == nil || !p.Holds(e) {
		return nil
	}
	text := p.File.Text(e)
	if whole {
		return checks.Fix(true, "leave the backend out", checks.Replace(p, e, `{k: v for k, v in `+text+`.items() if k != "backend"}`))
	}
	if _, simple := e.(*ast.IfExp); simple {
		text = "(" + text + ")"
	}
	return checks.Fix(true, "let known backends through only", checks.Replace(p, e, text+` if `+text+` in ("agg", "pdf", "ps", "svg") else "agg"`))
}
