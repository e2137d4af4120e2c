package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
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
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: sandboxed(p, c)})
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

// sandboxed compiles a template in the sandbox of Jinja.
func sandboxed(p *checks.Pass, c *checks.Call) *fix.Fix {
	const class, statement, message = "jinja2.sandbox.SandboxedEnvironment", "from jinja2.sandbox import SandboxedEnvironment", "render in a sandbox"
	name, imports := fix.Reach(p.File, class, statement, fix.InOrder)
	if strings.HasPrefix(name, "jinja2.") { // which does not import its sandbox
		name, imports = "SandboxedEnvironment", fix.AddImport(p.File, statement, fix.InOrder)
	}
	instead := func(old string) {
		if id, ok := c.Node.Fn.(*ast.Name); ok && imports != nil && strings.HasSuffix(old, "."+id.Id) && !othersRender(p, c) {
			imports = fix.SwapImport(p.File, old, statement, fix.InOrder, c.Node.Fn.Range())
		}
	}
	switch at, method := c.Node.Fn.(*ast.Attribute); {
	case c.Symbol.Is("flask.render_template_string"):
		source, rest := sourceOf(p, c, "source")
		if source == "" {
			return nil
		}
		instead("flask.render_template_string")
		return checks.Fix(true, message, checks.Replace(p, c.Node, name+"(autoescape=True).from_string("+source+").render("+rest+")"), imports)
	case c.Symbol.Is("jinja2.Template"):
		source, rest := sourceOf(p, c, "source")
		if source == "" {
			return nil
		}
		instead("jinja2.Template")
		return checks.Fix(true, message, checks.Replace(p, c.Node, name+"("+rest+").from_string("+source+")"), imports)
	case method && c.Symbol.Is("jinja2.Environment().from_string", "jinja2.Environment().compile_expression"):
		if made := c.Receiver.Origin(); made != nil && p.Holds(made.Node) && made.Symbol.Is("jinja2.Environment") {
			// The environment keeps its settings.
			return checks.Fix(true, message, checks.Replace(p, made.Node.Fn, name), imports)
		}
		return checks.Fix(true, message, checks.Replace(p, at.Value, name+"()"), imports)
	}
	return checks.SandboxTemplate(p, c)
}

// othersRender reports whether the file makes other templates, whose fixes add the same import: then the old one stays,
// that it is not put in two places.
func othersRender(p *checks.Pass, c *checks.Call) bool {
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		if o, ok := n.(*ast.Call); ok && o != c.Node {
			switch checks.LastName(o.Fn) {
			case "Template", "render_template_string", "from_string", "compile_expression":
				found = true
			}
		}
		return !found
	})
	return found
}

// sourceOf is the text of the argument that is the template of a call, and of the others; ""
// where another argument stands by position, too.
func sourceOf(p *checks.Pass, c *checks.Call, keyword string) (source, rest string) {
	var others []string
	for i, a := range c.Node.Args {
		if _, starred := a.(*ast.Starred); starred || i > 0 {
			return "", ""
		}
		source = p.File.Text(a)
	}
	for _, k := range c.Node.Keywords {
		if k.Name != nil && k.Name.Id == keyword {
			source = p.File.Text(k.Value)
			continue
		}
		others = append(others, p.File.Text(k))
	}
	return source, strings.Join(others, ", ")
}
