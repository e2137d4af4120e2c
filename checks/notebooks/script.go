package notebooks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/webpage"
	"github.com/pyguard/pyguardml/notebook"
)

// scriptBuilt is PML4112.
var scriptBuilt = &checks.Rule{
	Spec: infoPML4112,
	From: strangers,
	Into: []checks.SinkKind{models.Script},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || p.IsTest() || path.Confirmed() || !path.Call.Symbol.Is("IPython.display.Javascript", "IPython.display.display_javascript", "google.colab.output.eval_js") {
			return
		}
		list := shownBy(p, path)
		p.Report(checks.Report{Node: firstOf(p, path, list), Path: path, Covers: path.Call.Node, Fix: quotedFix(p, path, list)})
	},
	Knows: []string{"IPython.display.display_javascript", "google.colab.output.eval_js"},
	On:    []string{"IPython.display.Javascript"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, a := range []*checks.Argument{c.Arg(1, "url"), c.Arg(3, "lib")} {
			reportInsecure(p, c, a)
		}
		a := c.Arg(0, "data")
		if a == nil {
			return
		}
		code, constant := a.Value.Text()
		if constant && drives(webpage.UsesOf(code)) {
			p.Report(checks.Report{
				Node: a.Node, Message: "A script reads cookies and sends them, calls the Jupyter server or runs system commands in the kernel",
				Fix: checks.Fix(true, "take the script out", checks.Replace(p, a.Node, `""`)),
			})
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, cmd := range p.Notebook.Commands() {
			if cmd.Kind != notebook.CellMagic || !drivesCell(&cmd) {
				continue
			}
			cell := p.Notebook.Cell(cmd.Cell)
			edit := notebook.CellEdit{Cell: cmd.Cell, End: len(cell.Source)}
			p.Report(checks.Report{
				Cell: cmd.Cell, Message: "The cell's script reads cookies and sends them, calls the Jupyter server or runs system commands in the kernel",
				Fix: checks.Fix(true, "empty the cell", checks.RawEdits(p.Notebook.EditSource(edit))),
			})
		}
	},
}

// drives reports whether a script shows one of the signs by which it uses the reader's session:
// it makes the kernel reach the system, sends cookies or stored items, calls the Jupyter server.
func drives(u webpage.Use) bool {
	return u&(webpage.RunsSystem|webpage.Server|webpage.SendsStorage) != 0 || u&webpage.Cookie != 0 && u&webpage.Sends != 0
}

// drivesCell reports whether the script of a %%javascript or %%html cell does.
func drivesCell(cmd *notebook.Command) bool {
	switch strings.ToLower(cmd.Name) {
	case "javascript", "js":
		return drives(webpage.UsesOf(cmd.Body))
	case "html", "svg":
		return drivesMarkup(webpage.Scripts(cmd.Body))
	}
	return false
}

func drivesMarkup(list []webpage.Script) bool {
	for i := range list {
		if drives(webpage.UsesOf(list[i].Code)) {
			return true
		}
	}
	return false
}

// outputDrives is PML4102.
var outputDrives = &checks.Rule{
	Spec: infoPML4102,
	OnNotebook: func(p *checks.Pass) {
		for i := range p.Notebook.Cells {
			c := &p.Notebook.Cells[i]
			for o := range c.Outputs() {
				if displayed(o) && outputScript(o) {
					p.Report(checks.Report{Cell: c.Number, Fix: withoutOutputs(p, c.Number, false)})
					break
				}
			}
		}
	},
}

// displayed reports whether an output is shown by its media types.
func displayed(o notebook.Output) bool {
	return o.Type == "display_data" || o.Type == "execute_result" || o.Type == "update_display_data"
}

// outputScript reports whether an output holds script that uses the reader's session.
func outputScript(o notebook.Output) bool {
	for _, c := range o.Contents {
		switch c.MIME {
		case "text/html":
			if drivesMarkup(webpage.Scripts(c.Value.Text())) {
				return true
			}
		case "application/javascript", "text/javascript":
			if drives(webpage.UsesOf(c.Value.Text())) {
				return true
			}
		}
	}
	return false
}

// withoutOutputs clears the outputs of a cell.
func withoutOutputs(p *checks.Pass, cell int, unsafe bool) *fix.Fix {
	return checks.Fix(unsafe, "clear the cell's outputs", checks.RawEdits(p.Notebook.ClearOutputs(cell)))
}

// reportInsecure reports an address of a script that is fetched without encryption, or a list of
// such.
func reportInsecure(p *checks.Pass, c *checks.Call, a *checks.Argument) {
	if a == nil {
		return
	}
	given := []checks.Item{{Value: a.Value, Node: a.Node}}
	if items, _, ok := c.Items(a.Value); ok {
		given = items
	}
	for _, it := range given {
		address, constant := it.Value.Text()
		script := webpage.Script{Src: address}
		if !constant || !strings.HasPrefix(strings.ToLower(address), "http:") || !script.Insecure() {
			continue
		}
		var edits []fix.Edit
		if e, ok := it.Node.(ast.Expr); ok && p.Holds(e) {
			edits = fix.ReplaceInString(p.File, e, "http://", "https://")
			ast.Inspect(e, func(n ast.Node) bool { // or in what a name stands for
				if name, ok := n.(*ast.Name); ok && edits == nil {
					if given := checks.LastAssigned(p.File.Body, name); given != nil {
						edits = fix.ReplaceInString(p.File, given, "http://", "https://")
					}
				}
				return edits == nil
			})
		}
		p.Report(checks.Report{Node: a.Node, Message: "The script comes over a connection that anybody on the way can change", Fix: checks.Fix(true, "fetch over HTTPS", edits)})
		return
	}
}

// quotedFix writes values into a script as JSON.
func quotedFix(p *checks.Pass, path *checks.Path, list []checks.Insertion) *fix.Fix {
	quotes := scriptQuotes(path)
	var edits []fix.Edit
	for _, in := range list {
		if in.In != p.Module {
			return nil
		}
		own := quotedEdit(p, in.Expr, quotes[in.Expr])
		if own == nil {
			return nil
		}
		edits = append(edits, own...)
	}
	if edits == nil {
		return nil
	}
	_, imports := fix.Reach(p.File, "json.dumps", "import json", fix.InOrder)
	return checks.Fix(true, "write the value as JSON", edits, imports)
}

// scriptQuotes tells for each value put into a script within which quote of the script it stands,
// 0 for none.
func scriptQuotes(path *checks.Path) map[ast.Expr]byte {
	out := map[ast.Expr]byte{}
	var open byte
	for _, part := range path.Value.Parts() {
		if part.Value == nil {
			open = quoteAfter(open, part.Text)
		} else if e, ok := part.Node.(ast.Expr); ok {
			out[e] = open
		}
	}
	return out
}

// quoteAfter tells within which quote a script is after some text of it.
func quoteAfter(open byte, text string) byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case open == 0 && (c == '\'' || c == '"' || c == '`'):
			open = c
		case c == open:
			open = 0
		}
	}
	return open
}

// quotedEdit writes one value as JSON; a string literal of the script around it ends before it and
// goes on behind it. It is nil where that cannot be written.
func quotedEdit(p *checks.Pass, e ast.Expr, quote byte) []fix.Edit {
	name, _ := fix.Reach(p.File, "json.dumps", "import json", fix.InOrder)
	call := name + "(" + p.File.Text(e) + ")"
	if quote == 0 {
		return checks.Replace(p, e, call)
	}
	if gone := checks.QuotesAround(p.Module, e, quote); gone != nil {
		return append(gone, fix.ReplaceNode(p.File, e, call))
	}
	from, to, own := checks.HoleOf(p.Module, e)
	if own == nil || quote == '`' {
		return nil
	}
	mark := string(quote) // as the literal writes it
	if own.Quote == mark {
		if strings.ContainsAny(own.Prefix, "rR") {
			return nil
		}
		mark = `\` + mark
	}
	text := string(p.Source.Text)
	start, end := int(from), int(to)
	before, after := mark+" + ", " + "+mark
	if strings.HasSuffix(text[:start], mark) && (len(mark) > 1 || text[start-2] != '\\') {
		start, before = start-len(mark), ""
	}
	if strings.HasPrefix(text[end:], mark) {
		end, after = end+len(mark), ""
	}
	return []fix.Edit{
		{Start: start, End: int(from), New: before},
		fix.ReplaceNode(p.File, e, call),
		{Start: int(to), End: end, New: after},
	}
}
