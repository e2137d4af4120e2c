package notebooks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// strangers are the labels of text that the author of a notebook has not written.
var strangers = []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.LLM, models.Tool}

// htmlShown is PML4111.
var htmlShown = &checks.Rule{
	Spec:  infoPML4111,
	From:  append([]checks.Label{models.Dataset}, strangers...),
	Into:  []checks.SinkKind{models.HTML},
	Knows: []string{"IPython.display.HTML"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Call.Symbol.Is("IPython.display.HTML") || path.Confirmed() {
			return
		}
		table, raw := tableShown(path)
		if table != nil && !raw || table == nil && path.Mark.Label == models.Dataset {
			return
		}
		if table == nil && inDataAddress(path) {
			return
		}
		list := shownBy(p, path)
		f := escapedFix(p, path, list, plain)
		if table != nil {
			f = escapedTable(p, table)
		}
		p.Report(checks.Report{Node: firstOf(p, path, list), Path: path, Covers: path.Call.Node, Fix: f})
	},
}

// shownBy lists the expressions by which text of strangers gets into what is shown.
func shownBy(p *checks.Pass, path *checks.Path) []checks.Insertion {
	return p.Insertions(path, foreign(path))
}

// firstOf is the node that is reported: the first expression of the file, else the argument.
func firstOf(p *checks.Pass, path *checks.Path, list []checks.Insertion) ast.Node {
	if len(list) > 0 && list[0].In == p.Module {
		return list[0].Expr
	}
	return path.Node
}

// inDataAddress reports whether all text of strangers stands in addresses of the scheme data:, as
// the Base64 of a picture does.
func inDataAddress(path *checks.Path) bool {
	dirty := foreign(path)
	before, found := "", false
	for _, part := range path.Value.Parts() {
		if part.Value == nil {
			before += part.Text
			continue
		}
		if dirty(part.Value) {
			found = true
			if !strings.HasPrefix(before[strings.LastIndexAny(before, `"'`)+1:], "data:") {
				return false
			}
		}
		before += "x"
	}
	return found
}

// foreign returns the test whether a value carries text of strangers to a path's end.
func foreign(path *checks.Path) func(*checks.Value) bool {
	return checks.CarriesAny(path.Kind, append([]checks.Label{path.Mark.Label}, strangers...)...)
}

// tableShown is the call of to_html by which a table is made that is shown whole, nil where it
// is none, and whether the text in its cells stays markup.
func tableShown(path *checks.Path) (table *checks.Call, raw bool) {
	c := path.Value.Origin()
	for _, part := range path.Value.Parts() {
		if part.Value != nil && part.Value.Origin() != nil && isTable(part.Value.Origin()) {
			c = part.Value.Origin()
		}
	}
	if !isTable(c) {
		return nil, false
	}
	return c, rawCells(c) != nil
}

func isTable(c *checks.Call) bool {
	return c != nil && (c.Method == "to_html" || c.Method == "_repr_html_" || c.Method == "render" && c.Symbol.Under("pandas"))
}

// rawCells is the argument that lets markup in cells through: escape=False of to_html, escape=None
// of a format before it.
func rawCells(c *checks.Call) *checks.Argument {
	if a := c.Arg(-1, "escape"); a != nil && checks.Off(a.Value) {
		return a
	}
	for c = origin(c.Receiver); c != nil; c = origin(c.Receiver) {
		if a := c.Arg(-1, "escape"); c.Method == "format" && a != nil && a.Value.IsNone() {
			return a
		}
	}
	return nil
}

func origin(v *checks.Value) *checks.Call {
	if v == nil {
		return nil
	}
	return v.Origin()
}

// escapedTable lets the table escape its cells.
func escapedTable(p *checks.Pass, table *checks.Call) *fix.Fix {
	a := rawCells(table)
	if a == nil || a.Keyword == nil || !p.Holds(a.Keyword) {
		return nil
	}
	if a.Value.IsNone() {
		return checks.SetConstant(p, table, a, `"html"`)
	}
	return checks.Fix(true, "let the table escape its cells", checks.RemoveArg(p, table, a))
}

// plain and asText are ways to write the argument of html.escape.
func plain(text string) string  { return text }
func asText(text string) string { return "str(" + text + ")" }

// escapedFix escapes what is put into markup, and shows a whole text in a frame without rights.
func escapedFix(p *checks.Pass, path *checks.Path, list []checks.Insertion, argument func(string) string) *fix.Fix {
	if inMarkup(path.Value) {
		return checks.Fix(true, "escape the text", escaped(p, list, argument))
	}
	e := p.SinkExpr(path)
	if e == nil {
		return nil
	}
	return checks.Fix(true, "show the text in a frame that runs no script", p.WrapInsertions([]checks.Insertion{{Expr: e, In: p.Module}}, "html.escape", "import html", fix.InOrder, func(name, text string) string {
		const before, after = `<iframe sandbox width="100%" height="400" srcdoc="`, `"></iframe>`
		if strings.ContainsAny(text, "'\"\\{}\n#") {
			return "'" + before + "' + " + name + "(" + text + ") + '" + after + "'"
		}
		return "f'" + before + "{" + name + "(" + text + ")}" + after + "'"
	}))
}

// inMarkup reports whether a text has constant parts around what is inserted.
func inMarkup(v *checks.Value) bool {
	for _, part := range v.Parts() {
		if part.Value == nil && strings.TrimSpace(part.Text) != "" {
			return true
		}
	}
	return false
}
