package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// overridable is PML1118.
var overridable = &checks.Rule{
	Spec: infoPML1118,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.PromptUser, models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		t := mergedOver(path)
		if t == nil {
			return
		}
		if in := p.Project.Module(t.Mod); in != nil {
			p.Report(checks.Report{Node: t.Node, In: in, Path: path, Fix: checks.Fix(false, "let the app's own values come last", ownLast(in, t.Node))})
		}
	},
}

// mergedOver is the step of a trail at which a mapping of others came over the program's own
// values; nil where there is none.
func mergedOver(path *checks.Path) *flow.Trace {
	for _, t := range path.Trace.Steps() {
		if t.Text == flow.MergedOver {
			return t
		}
	}
	return nil
}

// ownLast makes the edits that put the mapping of others in front of the app's own values.
func ownLast(in *checks.Module, merge ast.Node) []fix.Edit {
	if !in.Holds(merge) {
		return nil
	}
	switch n := merge.(type) {
	case *ast.Dict:
		return unpackedFirst(in, n)
	case *ast.BinOp:
		return []fix.Edit{fix.ReplaceNode(in.File, n.Left, in.File.Text(n.Right)), fix.ReplaceNode(in.File, n.Right, in.File.Text(n.Left))}
	case *ast.AugAssign:
		own := in.File.Text(n.Target)
		return fix.ReplaceStmt(in.File, n, own+" = "+in.File.Text(n.Value)+" | "+own)
	case *ast.Call:
		return mergingCall(in, n)
	}
	return nil
}

// unpackedFirst moves the last `**mapping` of a dict display to its front.
func unpackedFirst(in *checks.Module, d *ast.Dict) []fix.Edit {
	for i := len(d.Values) - 1; i > 0; i-- {
		if d.Keys[i] != nil {
			continue
		}
		first := ast.Node(d.Keys[0])
		if d.Keys[0] == nil {
			first = d.Values[0]
		}
		gone := fix.RemoveElement(in.File, d, d.Values[i])
		return append(fix.InsertElement(in.File, d, first, "**"+in.File.Text(d.Values[i])), gone...)
	}
	return nil
}

// mergingCall rewrites the calls that merge: `own.update(other)`, `dict(own, **other)` and
// `ChainMap(other, own)`.
func mergingCall(in *checks.Module, c *ast.Call) []fix.Edit {
	if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "update" {
		s, ok := in.StmtOf(c).(*ast.ExprStmt)
		if !ok || s.Value != c || len(c.Args) != 1 {
			return nil
		}
		own := in.File.Text(at.Value)
		return fix.ReplaceStmt(in.File, s, own+" = {**"+in.File.Text(c.Args[0])+", **"+own+"}")
	}
	if len(c.Args) == 2 && len(c.Keywords) == 0 {
		return []fix.Edit{fix.ReplaceNode(in.File, c.Args[0], in.File.Text(c.Args[1])), fix.ReplaceNode(in.File, c.Args[1], in.File.Text(c.Args[0]))}
	}
	if len(c.Args) == 1 && len(c.Keywords) == 1 && c.Keywords[0].Name == nil {
		return []fix.Edit{fix.ReplaceNode(in.File, c, "{**"+in.File.Text(c.Keywords[0].Value)+", **"+in.File.Text(c.Args[0])+"}")}
	}
	return nil
}
