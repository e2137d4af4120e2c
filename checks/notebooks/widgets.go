package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/webpage"
	"github.com/pyguard/pyguardml/notebook"
)

// widgetMarkup is PML4106.
var widgetMarkup = &checks.Rule{
	Spec: infoPML4106,
	From: []checks.Label{models.User, models.Web, models.Document, models.Retrieved, models.LLM, models.Tool},
	Into: []checks.SinkKind{models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink == nil || path.Sink.Note != models.NoteWidget || p.IsTest() || inDataAddress(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.Fix(true, "escape the text", escaped(p, shownBy(p, path), plain))})
	},
	OnNotebook: func(p *checks.Pass) {
		var bad []string
		for id, model := range p.Notebook.Widgets().Members() {
			if storedScript(model) || foreignModule(model) {
				bad = append(bad, id)
			}
		}
		if len(bad) > 0 {
			edit, err := p.Notebook.RemoveMembers(p.Notebook.Widgets(), bad...)
			p.Report(checks.Report{
				Cell: checks.InMetadata, Message: "The stored state of a widget holds script that calls out, or loads a module from elsewhere",
				Fix: checks.Fix(true, "take the widget's state out", checks.RawEdits([]notebook.RawEdit{edit}, err)),
			})
		}
	},
}

// escaped makes the edits that escape each of the expressions.
func escaped(p *checks.Pass, list []checks.Insertion, argument func(string) string) []fix.Edit {
	return p.WrapInsertions(list, "html.escape", "import html", fix.InOrder, func(name, text string) string {
		return name + "(" + argument(text) + ")"
	})
}

// widgetUses are what script in stored state does that no table or progress bar does.
const widgetUses = webpage.Fetch | webpage.XHR | webpage.Beacon | webpage.Socket | webpage.Cookie | webpage.KernelExecute | webpage.Eval

// storedScript reports whether a stored widget shows markup with such script.
func storedScript(model notebook.Value) bool {
	name := model.Get("model_name").Text()
	if name != "HTMLModel" && name != "HTMLMathModel" {
		return false
	}
	return slices.ContainsFunc(webpage.Scripts(model.Get("state", "value").Text()), func(s webpage.Script) bool {
		return len(s.Code) < webpage.LibrarySize && webpage.UsesOf(s.Code)&widgetUses != 0
	})
}

// foreignModule reports whether a stored widget names a module that is no package: an address or
// a path.
func foreignModule(model notebook.Value) bool {
	for _, name := range []string{model.Get("model_module").Text(), model.Get("state", "_model_module").Text(), model.Get("state", "_view_module").Text()} {
		if strings.Contains(name, "://") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, ".") || slices.Contains(strings.Split(name, "/"), "..") {
			return true
		}
	}
	return false
}

// bundleShown is PML4107.
var bundleShown = &checks.Rule{
	Spec: infoPML4107,
	From: append([]checks.Label{models.Dataset}, strangers...),
	Into: []checks.SinkKind{models.HTML, models.Script},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteBundle || path.Confirmed() || inDataAddress(path) {
			return
		}
		if table, raw := tableShown(path); table != nil && !raw {
			return
		}
		list := shownBy(p, path)
		f := checks.Fix(true, "escape the text", escaped(p, list, asText))
		if path.Kind == models.Script {
			f = quotedFix(p, path, list)
		}
		p.Report(checks.Report{Node: firstOf(p, path, list), Path: path, Covers: path.Call.Node, Fix: f})
	},
	Needs: []string{"_repr_html_", "_repr_svg_", "_repr_javascript_", "_repr_mimebundle_"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		fn := f.Function()
		if fn == nil || fn.Class == nil {
			return
		}
		kind := models.HTML
		switch fn.Name {
		case "_repr_html_", "_repr_svg_", "_repr_mimebundle_":
		case "_repr_javascript_":
			kind = models.Script
		default:
			return
		}
		for i := range f.Returns {
			r := &f.Returns[i]
			if fn.Name == "_repr_mimebundle_" {
				reportBundle(p, r)
			} else {
				reportReturned(p, r.Value, kind)
			}
		}
	},
}

// reportBundle reports text of strangers in the markup and script of what _repr_mimebundle_ returns: a table
// of media types, or that with another one of their metadata.
func reportBundle(p *checks.Pass, r *flow.Return) {
	table := r.Value
	if items := r.Items(table); len(items) > 0 {
		table = items[0].Value
	}
	for _, e := range r.Entries(table) {
		switch e.Name {
		case "text/html", "image/svg+xml":
			reportReturned(p, e.Value, models.HTML)
		case "application/javascript", "text/javascript":
			reportReturned(p, e.Value, models.Script)
		}
	}
}

// ownMarkup reports whether an expression asks another object for its representation.
func ownMarkup(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	at, ok := c.Fn.(*ast.Attribute)
	return ok && strings.HasPrefix(at.Attr.Id, "_repr_") && strings.HasSuffix(at.Attr.Id, "_")
}

// reportReturned reports text of strangers that is joined with markup in what a representation
// returns.
func reportReturned(p *checks.Pass, v *checks.Value, kind checks.SinkKind) {
	dirty := func(v *checks.Value) bool {
		for _, m := range v.Marks() {
			if !m.Clean.Has(kind) && (m.Label == models.Dataset || slices.Contains(strangers, m.Label)) {
				return true
			}
		}
		return false
	}
	var list []checks.Insertion
	markup := false
	for _, part := range v.Parts() {
		e, ok := part.Node.(ast.Expr)
		switch {
		case part.Value == nil:
			markup = markup || strings.ContainsAny(part.Text, "<>(")
		case ok && ownMarkup(e): // what another object makes of itself is for that one to escape
		case dirty(part.Value) && ok && !part.Conv && p.Project.Module(part.Mod) == p.Module && p.Holds(e):
			list = append(list, checks.Insertion{Expr: e, In: p.Module})
		}
	}
	if markup && len(list) > 0 {
		p.Report(checks.Report{Node: list[0].Expr, Fix: checks.Fix(true, "escape the text", escaped(p, list, asText))})
	}
}
