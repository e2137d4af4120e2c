package notebooks

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/notebook"
)

// textTypeset is PML4109.
var textTypeset = &checks.Rule{
	Spec:  infoPML4109,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document, models.LLM, models.Dataset},
	Into:  []checks.SinkKind{models.TeX},
	Knows: []string{"IPython.lib.latextools.latex_to_png", "sympy.preview"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || p.IsTest() || path.Confirmed() || !path.Mark.Holds(`\input`) {
			return
		}
		switch {
		case c.Symbol.Is("IPython.lib.latextools.latex_to_png"):
		case c.Symbol.Is("sympy.preview"):
			if made := path.Value.Origin(); made != nil && made.Symbol.Under("sympy") {
				return
			}
		case !usesTeX(p, c):
			return
		}
		list := shownBy(p, path)
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: withoutCommands(p, path, list)})
	},
	OnNotebook: func(p *checks.Pass) {
		for i := range p.Notebook.Cells {
			c := &p.Notebook.Cells[i]
			if c.Type == "raw" {
				var edits []notebook.CellEdit
				for _, line := range texLines(c.Source) {
					edits = append(edits, notebook.CellEdit{Cell: c.Number, Start: line[0], End: line[1]})
				}
				if edits != nil {
					p.Report(checks.Report{Cell: c.Number, Message: "A raw cell holds TeX that reads files or runs commands", Fix: checks.Fix(true, "delete the line", checks.RawEdits(p.Notebook.EditSource(edits...)))})
				}
				continue
			}
			for o := range c.Outputs() {
				text := o.Data("text/latex").Text()
				lines := texLines(text)
				if lines == nil {
					continue
				}
				p.Report(checks.Report{Cell: c.Number, Message: "A LaTeX output holds TeX that reads files or runs commands", Fix: checks.Fix(true, "delete the line", withoutLines(p, o, text, lines))})
				break
			}
		}
	},
}

// usesTeX reports whether a call of matplotlib's has its text typeset by TeX: by its own argument,
// or by the settings of its module.
func usesTeX(p *checks.Pass, c *checks.Call) bool {
	if a := c.Arg(-1, "usetex"); a != nil {
		return checks.On(a.Value)
	}
	module := c.Frame
	for module.Outer() != nil {
		module = module.Outer()
	}
	on := func(e ast.Expr) bool { return checks.On(module.ValueOf(e)) || isTrue(e) }
	isKey := func(e ast.Expr) bool {
		s, ok := e.(*ast.Str)
		return ok && s.Value == "text.usetex"
	}
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Assign:
			for _, t := range x.Targets {
				if s, ok := t.(*ast.Subscript); ok && isKey(s.Index) {
					found = found || on(x.Value)
				}
			}
		case *ast.Dict:
			for i, k := range x.Keys {
				found = found || k != nil && isKey(k) && on(x.Values[i])
			}
		case *ast.Call:
			name := checks.LastName(x.Fn)
			for _, k := range x.Keywords {
				found = found || name == "rc" && k.Name != nil && k.Name.Id == "usetex" && on(k.Value)
			}
			if name == "setdefault" || name == "__setitem__" {
				found = found || len(x.Args) == 2 && isKey(x.Args[0]) && on(x.Args[1])
			}
		}
		return !found
	})
	return found
}

func isTrue(e ast.Expr) bool {
	k, ok := e.(*ast.Constant)
	return ok && k.Value == ast.True
}

// texFix is what takes backslashes and carets out of a text.
const texFix = `.replace("\\", "").replace("^", "")`

// withoutCommands takes the characters out of the text by which TeX knows commands.
func withoutCommands(p *checks.Pass, path *checks.Path, list []checks.Insertion) *fix.Fix {
	var edits []fix.Edit
	for _, in := range list {
		if in.In != p.Module {
			return nil
		}
		e := in.Expr
		if hole, _ := checks.PlaceholderOf(p.Module, e); hole != nil {
			e = stringAround(p, hole)
			if e == nil || strings.ContainsAny(p.File.Text(e), `\^`) {
				return nil
			}
		}
		if !slices.ContainsFunc(edits, func(o fix.Edit) bool { return o.Start == int(e.Pos()) || o.Start == int(e.Stop()) }) {
			edits = append(edits, fix.Wrap(p.File, e, "", texFix)...)
		}
	}
	return checks.Fix(true, "take backslashes and carets out of the text", edits)
}

// stringAround is the f-string that a placeholder is part of.
func stringAround(p *checks.Pass, hole *ast.Placeholder) ast.Expr {
	around := p.Around(hole)
	for i := len(around) - 1; i >= 0; i-- {
		if s, ok := around[i].(*ast.JoinedStr); ok {
			return s
		}
	}
	return nil
}

// texOrders are the orders by which TeX runs commands and opens files outside of its folder.
var texOrders = []string{`\write18`, `\immediate\write`, `\openin`, `\openout`, `\input{/`, `\input{../`, `\input{|`, `\input|`, `\include{/`, `\include{../`}

// texLines lists the lines of a TeX text that hold such an order and no listing of one.
func texLines(text string) [][2]int {
	if !strings.Contains(text, `\`) {
		return nil
	}
	var out [][2]int
	at, listing := 0, ""
	for line := range strings.Lines(text) {
		start := at
		at += len(line)
		if listing != "" {
			if strings.Contains(line, `\end{`+listing) {
				listing = ""
			}
			continue
		}
		for _, name := range []string{"verbatim", "lstlisting", "minted", "Verbatim", "comment"} {
			before, after, begins := strings.Cut(line, `\begin{`+name)
			if !begins {
				continue
			}
			if _, rest, ends := strings.Cut(after, `\end{`+name); ends {
				line = before + rest
			} else {
				listing = name
			}
		}
		code, _, _ := strings.Cut(line, "%")
		code, _, _ = strings.Cut(code, `\verb`)
		code = strings.Join(strings.Fields(code), "")
		if listing == "" && slices.ContainsFunc(texOrders, func(o string) bool { return strings.Contains(code, o) }) {
			out = append(out, [2]int{start, at})
		}
	}
	return out
}

// withoutLines takes lines out of the LaTeX of an output.
func withoutLines(p *checks.Pass, o notebook.Output, text string, lines [][2]int) []fix.Edit {
	kept, at := "", 0
	for _, line := range lines {
		kept += text[at:line[0]]
		at = line[1]
	}
	kept += text[at:]
	data := o.Value.Get("data")
	if !data.Exists() {
		return nil
	}
	json, err := json.Marshal(strings.SplitAfter(strings.TrimSuffix(kept, "\n"), "\n"))
	if err != nil {
		return nil
	}
	edit, err := p.Notebook.SetMember(data, "text/latex", json)
	return checks.RawEdits([]notebook.RawEdit{edit}, err)
}
