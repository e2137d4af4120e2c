package prompts

import (
	"strconv"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// cipheredPrompt is PML1113.
var cipheredPrompt = &checks.Rule{
	Spec: infoPML1113,
	From: []checks.Label{models.Hidden},
	Into: prompted,
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		first := path.Trace.Steps()[0]
		text, ok := path.Engine.Decoded(first.Node)
		in := p.Project.Module(first.Mod)
		if !ok || in == nil || onPurpose(in, first.Node) {
			return
		}
		p.Report(checks.Report{Node: first.Node, In: in, Path: path, Fix: checks.Fix(false, "write the text as it is", writeDecoded(in, first.Node, text))})
	},
}

// writeDecoded puts the decoded text in the place of the decoding.
func writeDecoded(in *checks.Module, n ast.Node, text string) []fix.Edit {
	e, ok := n.(ast.Expr)
	if !ok || !in.Holds(e) {
		return nil
	}
	if c, ok := e.(*ast.Call); ok {
		e = wholeDecoding(in, c)
	}
	return []fix.Edit{fix.ReplaceNode(in.File, e, strconv.Quote(text))}
}
