package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// templateEngines are the packages whose templates run code.
var templateEngines = []string{"flask", "quart", "jinja2", "mako", "tornado", "django", "bottle", "sanic_ext", "Cheetah", "genshi"}

// requestTemplate is PML6417.
var requestTemplate = &checks.Rule{
	Spec:  infoPML6417,
	Knows: []string{"jinja2.Environment", "jinja2.Template"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Template},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink == nil || path.Sink.Note != "" || !slices.ContainsFunc(templateEngines, c.Symbol.Under) || !p.Project.UsesML() {
			return
		}
		if !path.Mark.Holds("{") && !c.Symbol.Under("mako") || checks.OnlyMadeOf(path) || isPrompt(path) || checks.Vetted(p, path, aboutTemplates) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.RenderSandboxed(p, c)})
	},
}

// aboutTemplates reports whether the name of a function that checks something may speak of a
// template.
func aboutTemplates(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"template", "jinja", "markup", "layout", "placeholder", "text", "source", "body"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// isPrompt reports whether the template at the end of a path makes the text of a prompt: the same
// data goes through it to a model.
func isPrompt(path *checks.Path) bool {
	for _, kind := range [...]checks.SinkKind{models.PromptUser, models.PromptSystem, models.PromptTemplate} {
		for _, q := range path.Engine.Paths(kind) {
			if q.Mark.Label == path.Mark.Label && slices.ContainsFunc(q.Trace.Steps(), func(t *flow.Trace) bool { return t.Node == ast.Node(path.Call.Node) }) {
				return true
			}
		}
	}
	return false
}
