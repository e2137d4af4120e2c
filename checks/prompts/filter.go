package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// vectorFilter is PML1130.
var vectorFilter = &checks.Rule{
	Spec: infoPML1130,
	From: []checks.Label{models.User, models.LLM},
	Into: []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Note != models.NoteFilter || path.Trace.Passes(models.StepJSON) {
			return
		}
		x := joinedPart(path)
		if x == nil || quotesRefused(path) {
			return
		}
		edits, unsafe := bindFilter(p, path, x)
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.Fix(unsafe, "keep the value from ending its quotes", edits)})
	},
}

// quotesRefused reports whether the program refuses the quotes between which it puts the value: what cannot end
// them stays a text.
func quotesRefused(path *checks.Path) bool {
	if !path.Mark.Lacks("'") && !path.Mark.Lacks(`"`) {
		return false
	}
	return !slices.ContainsFunc(path.Value.Alternatives(), func(v *checks.Value) bool { return standsBare(path, v) })
}

// standsBare reports whether the path's data is put into a text without quotes around it that the program refuses.
func standsBare(path *checks.Path, v *checks.Value) bool {
	before := ""
	for _, part := range v.Parts() {
		if part.Value != nil && part.Value.Labels(models.SQL).Has(path.Mark.Label) {
			inner := part.Value.Parts()
			switch end := strings.TrimRight(before, `'"`); {
			case len(inner) > 0:
				if standsBare(path, part.Value) {
					return true
				}
			case end == before || !path.Mark.Lacks(before[len(end):][:1]):
				return true
			}
		}
		before = part.Text
	}
	return false
}

// joinedPart is the expression that puts the path's data beside text that the program wrote;
// nil where the whole is the data.
func joinedPart(path *checks.Path) ast.Node {
	for _, v := range path.Value.Alternatives() {
		constant := false
		var data ast.Node
		for _, part := range v.Parts() {
			switch {
			case part.Value == nil:
				constant = constant || strings.TrimSpace(part.Text) != ""
			case part.Value.Labels(models.SQL).Has(path.Mark.Label):
				data = part.Operand
			}
		}
		if constant && data != nil {
			return data
		}
	}
	return nil
}

// bindFilter makes the edits that bind a value to a filter, or escape it; nil for stores that
// know neither. They are unsafe where only Python 3.12 and later reads what they make.
func bindFilter(p *checks.Pass, path *checks.Path, n ast.Node) (edits []fix.Edit, unsafe bool) {
	x, ok := n.(ast.Expr)
	if !ok || !p.Holds(x) || path.Call == nil {
		return nil, false
	}
	text := p.File.Text(x)
	switch s := path.Call.Symbol; {
	case s.Under("pymilvus.MilvusClient()"):
		if edits := templated(p, path, x, text); edits != nil {
			return edits, false
		}
		return quotedBy(p, x), false
	case s.Under("pymilvus"), s.Under("langchain_milvus"), s.Under("weaviate"):
		return quotedBy(p, x), false
	case s.Under("lancedb"), s.Under("azure"):
		longer, ok := tripleQuoted(p, x)
		return append(checks.Replace(p, x, text+`.replace("'", "''")`), longer...), !ok
	}
	return nil, false
}

// tripleQuoted gives the f-string around an expression three quotes, so that both kinds of quotes
// may stand in the expression: before Python 3.12 (PEP 701) the f-string's own would end it. ok is
// false where that is not possible.
func tripleQuoted(p *checks.Pass, x ast.Expr) (edits []fix.Edit, ok bool) {
	var piece *ast.StrPiece
	for _, n := range p.Around(x) {
		s, isString := n.(*ast.JoinedStr)
		if !isString {
			continue
		}
		for _, one := range s.Pieces {
			if one.Contains(x.Range()) {
				if piece != nil {
					return nil, false // an f-string within another
				}
				piece = one
			}
		}
	}
	if piece == nil || len(piece.Quote) == 3 {
		return nil, true
	}
	start, end := int(piece.Start)+len(piece.Prefix), int(piece.End)-1
	body := string(p.Source.Text[start+1 : end])
	for _, quote := range [...]string{`"`, `'`} {
		three := strings.Repeat(quote, 3)
		if !strings.HasSuffix(body, quote) && !strings.Contains(body, three) {
			return []fix.Edit{{Start: start, End: start + 1, New: three}, {Start: end, End: end + 1, New: three}}, true
		}
	}
	return nil, false
}

// inQuotes is the span of a placeholder with the quotes of the filter around it.
func inQuotes(p *checks.Pass, ph *ast.Placeholder) (start, end ast.Pos, ok bool) {
	text := p.Source.Text
	if ph.Start == 0 || int(ph.End) >= len(text) {
		return 0, 0, false
	}
	before, after := text[ph.Start-1], text[ph.End]
	return ph.Start - 1, ph.End + 1, before == after && (before == '"' || before == '\'')
}

// templated makes a filter a template of Milvus, with the value among its parameters.
func templated(p *checks.Pass, path *checks.Path, x ast.Expr, text string) []fix.Edit {
	ph, s := checks.PlaceholderOf(p.Module, x)
	if ph == nil || ast.Node(s) != path.Node || len(s.Pieces) != 1 || fix.KeywordOf(path.Call.Node, "filter_params") != nil {
		return nil
	}
	start, end, ok := inQuotes(p, ph)
	if !ok {
		return nil
	}
	name := fieldName(x)
	piece := s.Pieces[0]
	body := piece.Start + ast.Pos(len(piece.Prefix))
	one := 0
	for _, v := range s.Values {
		if _, ok := v.(*ast.Placeholder); ok {
			one++
		}
	}
	after := int(path.Node.Range().End)
	for after < len(p.Source.Text) && p.Source.Text[after] == ')' && after+1 < int(path.Call.Node.End) {
		after++ // parentheses around the filter
	}
	params := fix.Edit{Start: after, End: after, New: ", filter_params={" + `"` + name + `": ` + text + "}"}
	if one > 1 {
		return []fix.Edit{{Start: int(start), End: int(end), New: "{{" + name + "}}"}, params}
	}
	src := p.File.Source
	inner := src.Slice(ast.Span{Start: body + 1, End: start}) + "{" + name + "}" + src.Slice(ast.Span{Start: end, End: piece.End - 1})
	quote := string(p.Source.Text[body])
	if !strings.Contains(inner, `"`) && !strings.Contains(inner, "\n") {
		quote = `"`
	}
	return []fix.Edit{{Start: int(piece.Start), End: int(piece.End), New: quote + inner + quote}, params}
}

// fieldName is a name for a value: that of the variable, attribute or key.
func fieldName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Name:
		return x.Id
	case *ast.Attribute:
		return x.Attr.Id
	case *ast.Subscript:
		if s, ok := x.Index.(*ast.Str); ok && isIdentifier(s.Value) {
			return s.Value
		}
	}
	return "value"
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && !(i > 0 && '0' <= r && r <= '9') {
			return false
		}
	}
	return s != ""
}

// quotedBy writes a quoted placeholder as JSON, which brings the quotes and escapes those
// within.
func quotedBy(p *checks.Pass, x ast.Expr) []fix.Edit {
	ph, _ := checks.PlaceholderOf(p.Module, x)
	if ph == nil {
		for _, quote := range [...]byte{'"', '\''} { // a sum, or the template of `%` and format
			if gone := checks.QuotesAround(p.Module, x, quote); gone != nil {
				dumps, imports := fix.Reach(p.File, "json.dumps", "import json", fix.InOrder)
				return slices.Concat(gone, checks.Replace(p, x, dumps+"("+p.File.Text(x)+")"), imports)
			}
		}
		return nil
	}
	start, end, ok := inQuotes(p, ph)
	if !ok {
		return nil
	}
	dumps, edits := fix.Reach(p.File, "json.dumps", "import json", fix.InOrder)
	return append(edits, fix.Edit{Start: int(start), End: int(end), New: "{" + dumps + "(" + p.File.Text(x) + ")}"})
}
