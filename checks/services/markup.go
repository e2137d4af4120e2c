package services

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// outsideHTML is PML6418.
var outsideHTML = &checks.Rule{
	Spec:  infoPML6418,
	Knows: append([]string{"html.escape", "jinja2.sandbox.{SandboxedEnvironment,ImmutableSandboxedEnvironment}().from_string"}, checks.Pages...),
	From:  []checks.Label{models.User, models.Upload, models.Dataset, models.Database},
	Into:  []checks.SinkKind{models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !p.Project.UsesML() || !checks.ShownInPage(path) || ofOtherCheck(path) || path.Mark.Label == models.User && path.Mark.MadeOf() || checks.Templated(path) || checks.Vetted(p, path, aboutMarkup) {
			return
		}
		if path.Mark.Label == models.Database && !filledByRequests(path) || !path.Mark.Holds("<") {
			return
		}
		node := path.Node
		if path.Call != nil {
			node = path.Call.Node
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: escapeText(p, path)})
	},
}

// ofOtherCheck reports whether other checks tell of the text: what a model answers, and what somebody
// types into a page that only they see.
func ofOtherCheck(path *checks.Path) bool {
	if alsoFrom(path, models.LLM) || alsoFrom(path, models.Document) {
		return true
	}
	return path.Mark.Label == models.User && (checks.IsWidget(path.Mark.Source()) || inApp(path))
}

// inApp reports whether a page is shown to the one who typed: that of Streamlit, Gradio, Chainlit.
func inApp(path *checks.Path) bool {
	if c := path.Call; c != nil {
		return c.Symbol.Under("streamlit") || c.Symbol.Under("gradio")
	}
	s := path.Mark.Source()
	return s.Under("gradio") || s.Under("chainlit") || s.Under("streamlit")
}

// filledByRequests reports whether the project itself writes text of requests to where a row was read.
func filledByRequests(path *checks.Path) bool {
	read := path.Mark.Store()
	if read == nil {
		return false
	}
	for _, w := range path.Engine.Paths(models.Kept) {
		if to := w.Store(); (w.Mark.Label == models.User || w.Mark.Label == models.Upload) && to != nil && read.Same(to) && read.Shares(to) && (len(read.Fields) > 0 || len(to.Fields) > 0) {
			return true
		}
	}
	return false
}

// aboutMarkup reports whether the name of a function that checks or cleans something may speak of
// markup.
func aboutMarkup(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"html", "markup", "escape", "sanit", "xss", "text", "input", "content", "name"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// escapeText escapes each value by which the data enters the markup.
func escapeText(p *checks.Pass, path *checks.Path) *fix.Fix {
	if f := escapeCells(p, path); f != nil {
		return f
	}
	list := checks.EntriesOf(p, path)
	for _, e := range list {
		if _, constant := e.Expr.(*ast.Str); constant {
			return nil
		}
	}
	return checks.Fix(true, "escape the text", p.WrapInsertions(list, "html.escape", "import html", fix.InSection, func(name, text string) string { return name + "(str(" + text + "))" }))
}

// escapeCells lets a table of pandas escape its cells; nil where the markup is none that was told not to.
func escapeCells(p *checks.Pass, path *checks.Path) *fix.Fix {
	for _, v := range path.Value.Alternatives() {
		made := []*checks.Call{v.Origin()}
		for _, part := range v.Parts() {
			if part.Value != nil {
				made = append(made, part.Value.Origin())
			}
		}
		for _, c := range made {
			if c == nil || c.Method != "to_html" {
				continue
			}
			in := p.Project.Module(c.Frame.Module())
			if a := c.Arg(-1, "escape"); a != nil && checks.Off(a.Value) && in != nil && in.Holds(c.Node) && a.Keyword != nil {
				return checks.Fix(true, "let the table escape its cells", p.InFile(in, fix.RemoveArg(in.File, c.Node, a.Keyword)))
			}
		}
	}
	return nil
}
