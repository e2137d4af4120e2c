package federated

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// proversKey is PML5315.
var proversKey = &checks.Rule{
	Spec: infoPML5315,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.State},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteProofKey {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: ownKey(p, path)})
	},
}

// ownKey puts a file of the verifier's own in the place of what the prover sent.
func ownKey(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || ast.Node(e) == ast.Node(path.Call.Node) {
		return nil
	}
	return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
		name := string(path.Sink.Arg)
		if name == "" {
			name = optionBefore(there, e)
		}
		own := `"verifier/vk.key"`
		switch {
		case strings.Contains(name, "settings"):
			own = `"verifier/settings.json"`
		case strings.Contains(name, "srs"):
			own = `"verifier/kzg.srs"`
		}
		return checks.Fix(true, "verify by a file of the verifier's own", checks.Replace(there, e, own))
	})
}

// optionBefore is the constant text in front of an element of a list: the option whose value it is.
func optionBefore(p *checks.Pass, e ast.Expr) string {
	for _, n := range p.Around(e) {
		list := []ast.Expr(nil)
		if x, ok := n.(ast.Expr); ok {
			list = checks.Elements(x)
		}
		for i, x := range list {
			if x != e || i == 0 {
				continue
			}
			if s, ok := list[i-1].(*ast.Str); ok {
				return s.Value
			}
		}
	}
	return ""
}
