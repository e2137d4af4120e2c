package checks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells what of an answer a browser shows.

// Pages are the packages whose responses, markup and components a browser shows.
var Pages = []string{
	"flask", "quart", "werkzeug", "markupsafe", "jinja2", "starlette", "fastapi", "django", "aiohttp", "sanic", "tornado", "bottle", "cherrypy", "litestar", "streamlit", "gradio",
}

// ShownInPage reports whether a path ends in an answer to a browser or in a component of a page.
func ShownInPage(path *Path) bool {
	if path.Sink == nil || path.Sink.Note == models.NoteWidget || path.Sink.Note == models.NotePicture || path.Sink.Note == models.NoteBundle {
		return false
	}
	c := path.Call
	if c == nil { // what a view returns, or an event function for a component
		return !ofHelper(path)
	}
	if !slices.ContainsFunc(Pages, c.Symbol.Under) {
		return false
	}
	// Of tornado's handlers what is a dict is JSON.
	return !c.Symbol.Is("tornado.web.RequestHandler().write", "tornado.web.RequestHandler().finish") || len(path.Value.Parts()) > 0
}

// ofHelper reports whether a view returns what a function of the project gives it and that is not
// known to be text: mostly a dict, which is sent as JSON.
func ofHelper(path *Path) bool {
	for _, v := range path.Value.Alternatives() {
		if len(v.Parts()) > 0 {
			return false
		}
	}
	n := path.Node
	if r, ok := n.(*ast.Return); ok {
		n = r.Value
	}
	if a, ok := n.(*ast.Await); ok {
		n = a.Value
	}
	c := path.Engine.CallAt(n)
	return c != nil && c.Body() != nil
}

// Templated reports whether the data became the text of a template on the way; in a sandbox it is meant to be
// one, with its markup.
func Templated(path *Path) bool {
	for _, step := range path.Trace.Steps() {
		n, ok := step.Node.(*ast.Call)
		if !ok {
			continue
		}
		c := path.Engine.CallAt(n)
		if c == nil {
			continue
		}
		if c.Symbol.Is("jinja2.sandbox.SandboxedEnvironment().from_string", "jinja2.sandbox.ImmutableSandboxedEnvironment().from_string") {
			return true
		}
		for _, a := range c.Dangerous(models.Template) {
			if a.Value.Labels(models.Template).Has(path.Mark.Label) {
				return true
			}
		}
	}
	return false
}
