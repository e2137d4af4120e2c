package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// strangers are the labels of data whose names and texts the author of a program has not seen.
var strangers = []checks.Label{models.User, models.Upload, models.Dataset, models.Web}

// limePages are the calls that make a page of an explanation of LIME.
var limePages = []string{"lime.explanation.Explanation().as_html", "lime.explanation.Explanation().save_to_file", "lime.explanation.Explanation().show_in_notebook"}

// limePage is PML2412.
var limePage = &checks.Rule{
	Spec: infoPML2412,
	From: strangers,
	Into: []checks.SinkKind{models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Under("lime") || !path.Mark.Holds("</") || checks.Vetted(p, path, aboutMarkup) {
			return
		}
		switch path.Sink.Note {
		case models.NoteExplained:
			if !becomesPage(c) {
				return
			}
			explained := origin(c.Receiver)
			if explained == nil || origin(explained.Receiver) == nil {
				p.Report(checks.Report{Node: c.Node, Path: path})
				return
			}
			if ownNames(p, path, origin(explained.Receiver), limeNames...) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: escapeLime(p, path, origin(explained.Receiver))})
		case models.NoteWords:
			explainer := origin(c.Receiver)
			if path.Mark.Label != models.User && path.Mark.Label != models.Upload || explainer == nil || !ownWords(explainer) {
				return
			}
			for _, shown := range path.Engine.CallsOf(limePages...) {
				if made := origin(shown.Receiver); made != nil && made.Node == c.Node && becomesPage(shown) {
					in := p.Project.Module(shown.Frame.Module())
					p.Report(checks.Report{Node: shown.Node, In: in, Path: path, Fix: escapeText(p, c)})
				}
			}
		}
	},
	Knows: limePages,
}

// origin is the call that made a value, nil where that is not known.
func origin(v *checks.Value) *checks.Call {
	if v == nil {
		return nil
	}
	return v.Origin()
}

// aboutMarkup reports whether a function of a name may check or clean names for a page.
func aboutMarkup(name string) bool {
	name = strings.ToLower(name)
	return !strings.Contains(name, "explain") && !strings.Contains(name, "load")
}

// ownWords reports whether an explainer cuts text into words as the program says, which can hold more than letters.
func ownWords(explainer *checks.Call) bool {
	a := explainer.Arg(5, "split_expression")
	if a == nil || a.Value.IsNone() {
		return false
	}
	pattern, constant := a.Value.Text()
	return !constant || !strings.Contains(pattern, `\W`)
}

// pageWords are the names of calls that put what they are given into a page or a file, beyond those that models tell.
var pageWords = []string{"render", "render_template", "render_template_string", "TemplateResponse", "render_to_string", "html", "HTML", "Html", "HTMLResponse", "Markup", "Response", "HttpResponse", "write", "write_text", "markdown"}

// becomesPage reports whether what a call gives is shown in a page, answered or written to a file; what it writes itself is.
func becomesPage(c *checks.Call) bool {
	switch checks.CalledName(c) {
	case "save_to_file", "show_in_notebook", "save_html":
		return true
	}
	return len(handedOut(c, func(o *checks.Call) bool {
		return slices.Contains(pageWords, checks.LastName(o.Node.Fn)) || len(o.Dangerous(models.HTML))+len(o.Dangerous(models.Response))+len(o.Dangerous(models.FileData)) > 0
	})) > 0
}

// handedOut lists the functions that hand out what a call gives: they answer requests with it, or give it to a call for which
// shows holds.
func handedOut(c *checks.Call, shows func(*checks.Call) bool) []*checks.Frame {
	var out []*checks.Frame
	for _, f := range c.Frame.Everywhere() {
		if answers(f, c) || slices.ContainsFunc(f.Calls, func(o *checks.Call) bool {
			return o.Node != c.Node && shows(o) && slices.ContainsFunc(o.Args, func(a checks.Argument) bool { return a.Node != nil && comesOf(f, a.Node, c) })
		}) {
			out = append(out, f)
		}
	}
	return out
}

// answers reports whether a function that serves requests returns what a call gives, or what is made of it.
func answers(f *checks.Frame, c *checks.Call) bool {
	if !f.Serves() {
		return false
	}
	if fn := f.Function(); fn != nil && fn.Lambda != nil {
		return comesOf(f, fn.Lambda.Body, c)
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Return:
			found = found || n.Value != nil && comesOf(f, n.Value, c)
		case *ast.Yield:
			found = found || n.Value != nil && comesOf(f, n.Value, c)
		}
		return !found
	})
	return found
}

// limeNames are the arguments by which an explainer of LIME is told names.
var limeNames = []checks.At{{Pos: 3, Name: "feature_names"}, {Pos: 5, Name: "categorical_names"}, {Pos: 9, Name: "class_names"}, {Pos: 3, Name: "class_names"}}

// ownNames reports whether the names that a call is given and that hold the data of a path are columns that the program chose.
func ownNames(p *checks.Pass, path *checks.Path, c *checks.Call, names ...checks.At) bool {
	own := false
	for _, at := range names {
		if a := c.Arg(at.Pos, at.Name); a != nil && dirty(c, a, path) {
			if a.Node == nil || a.Unpacked || !namesKnown(p, c.Frame, a.Node) {
				return false
			}
			own = true
		}
	}
	return own
}

// escapeLime escapes the names that an explainer of LIME is given.
func escapeLime(p *checks.Pass, path *checks.Path, explainer *checks.Call) *fix.Fix {
	if explainer.Symbol.Is("lime.lime_text.LimeTextExplainer") {
		return escapeNames(p, path, explainer, "n", []checks.At{{Pos: 3, Name: "class_names"}})
	}
	return escapeNames(p, path, explainer, "n", []checks.At{{Pos: 3, Name: "feature_names"}, {Pos: 9, Name: "class_names"}}, checks.At{Pos: 5, Name: "categorical_names"})
}

// escapeNames escapes the lists of names that a call is given and that hold the data of a path; there is no fix where that
// of others does.
func escapeNames(p *checks.Pass, path *checks.Path, c *checks.Call, variable string, lists []checks.At, others ...checks.At) *fix.Fix {
	given := func(at checks.At) *checks.Argument {
		if a := c.Arg(at.Pos, at.Name); a != nil && dirty(c, a, path) {
			return a
		}
		return nil
	}
	if slices.ContainsFunc(others, func(at checks.At) bool { return given(at) != nil }) {
		return nil
	}
	return checks.FixAt(p, c.Node, func(there *checks.Pass) *fix.Fix {
		var edits []fix.Edit
		escape, imports := fix.Reach(there.File, "html.escape", "import html", fix.InSection)
		for _, at := range lists {
			a := given(at)
			if a == nil {
				continue
			}
			if a.Node == nil || a.Unpacked || !there.Holds(a.Node) {
				return nil
			}
			edits = append(edits, checks.Replace(there, a.Node, "["+escape+"(str("+variable+")) for "+variable+" in "+there.File.Text(a.Node)+"]")...)
		}
		return checks.Fix(false, "escape the names", edits, when(edits, imports))
	})
}

// when is some imports where edits need them.
func when(edits, imports []fix.Edit) []fix.Edit {
	if len(edits) == 0 {
		return nil
	}
	return imports
}

// dirty reports whether an argument, or what it holds, carries the data of a path, or what callers hand in.
func dirty(c *checks.Call, a *checks.Argument, path *checks.Path) bool {
	return slices.ContainsFunc(c.Deep(a.Value), func(m checks.Mark) bool {
		return (m.Label == path.Mark.Label || m.Label == models.NoLabel) && !m.Clean.Has(models.HTML)
	})
}

// escapeText escapes the text whose words a call explains.
func escapeText(p *checks.Pass, c *checks.Call) *fix.Fix {
	a := c.Arg(0, "text_instance")
	if a == nil || a.Node == nil || a.Unpacked {
		return nil
	}
	return checks.FixAt(p, c.Node, func(there *checks.Pass) *fix.Fix {
		escape, imports := fix.Reach(there.File, "html.escape", "import html", fix.InSection)
		return checks.Fix(false, "escape the text", checks.Replace(there, a.Node, escape+"("+there.File.Text(a.Node)+")"), imports)
	})
}
