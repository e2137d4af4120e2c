package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// rawEventStream is PML1139.
var rawEventStream = &checks.Rule{
	Spec: infoPML1139,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.Response},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Call.Symbol.Under("sse_starlette") || strings.Contains(strings.ToLower(path.Call.Symbol.String()), "websocket") {
			return
		}
		for _, text := range append(path.Value.Alternatives(), path.Element(path.Value).Alternatives()...) {
			part := rawInFrame(text)
			if part == nil {
				continue
			}
			node, in := sentAt(p, path, part)
			r := checks.Report{Node: node, In: in, Path: path}
			if e, ok := part.Node.(ast.Expr); ok {
				r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
					spelling, imports := fix.Reach(there.File, "json.dumps", "import json", fix.InOrder)
					return checks.Fix(true, "send the text as JSON, which has no line breaks", checks.Replace(there, e, spelling+"("+there.File.Text(e)+")"), imports)
				})
			}
			p.Report(r)
		}
	},
}

// ownField is a line of its own in a text. Where each line of it gets the prefix of the frame, it is none any more.
const ownField = "\n: 0"

// rawInFrame is the part of a frame of an event stream that is a model's text in which line
// breaks can be; nil for other texts.
func rawInFrame(text *checks.Value) *checks.Part {
	parts := text.Parts()
	if len(parts) < 2 {
		return nil
	}
	begin, end := parts[0].Text, parts[len(parts)-1].Text
	if !strings.HasPrefix(begin, "data:") && !strings.HasPrefix(begin, "event:") && !strings.HasPrefix(begin, "id:") || !strings.HasSuffix(end, "\n") && !strings.HasSuffix(end, "\r") {
		return nil
	}
	for i := range parts {
		part := &parts[i]
		if part.Value == nil || part.Conv {
			continue
		}
		for _, m := range part.Value.Marks() {
			if m.Label == models.LLM && !m.Clean.Has(models.Response) && m.Holds(ownField) {
				return part
			}
		}
	}
	return nil
}

// sentAt is the yield or the write that sends a part of a text, and its module.
func sentAt(p *checks.Pass, path *checks.Path, part *checks.Part) (ast.Node, *checks.Module) {
	places := []struct {
		mod  *checks.Module
		node ast.Node
	}{{p.Project.Module(part.Mod), part.Node}, {p.Project.Module(part.OperandMod), part.Operand}}
	for _, t := range path.Trace.Steps() {
		places = append(places, struct {
			mod  *checks.Module
			node ast.Node
		}{p.Project.Module(t.Mod), t.Node})
	}
	for _, at := range places {
		if at.mod == nil || at.node == nil {
			continue
		}
		around := at.mod.Around(at.node)
		for i := len(around) - 1; i >= 0; i-- {
			if _, ok := around[i].(*ast.Yield); ok {
				return around[i], at.mod
			}
		}
		if y := yieldOfName(at.mod, at.node); y != nil {
			return y, at.mod
		}
	}
	return path.Call.Node, p.Module
}

// yieldOfName is the yield of the name that the statement around a node assigns.
func yieldOfName(m *checks.Module, n ast.Node) ast.Node {
	assign, ok := m.StmtOf(n).(*ast.Assign)
	if !ok || len(assign.Targets) != 1 {
		return nil
	}
	name, ok := assign.Targets[0].(*ast.Name)
	if !ok {
		return nil
	}
	var fn *ast.FunctionDef
	for _, a := range m.Around(n) {
		if f, ok := a.(*ast.FunctionDef); ok {
			fn = f
		}
	}
	if fn == nil {
		return nil
	}
	var found ast.Node
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		if y, ok := n.(*ast.Yield); ok && found == nil && y.Value != nil {
			ast.Inspect(y.Value, func(n ast.Node) bool {
				if x, ok := n.(*ast.Name); ok && x.Id == name.Id {
					found = y
				}
				return true
			})
		}
		return found == nil
	})
	return found
}
