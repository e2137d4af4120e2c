package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// downloadedTemplate is PML6215.
var downloadedTemplate = &checks.Rule{
	Spec:  infoPML6215,
	Knows: []string{"jinja2.Environment", "jinja2.sandbox.{SandboxedEnvironment,ImmutableSandboxedEnvironment}", "jinja2.{ChoiceLoader,PrefixLoader}"},
	From:  []checks.Label{models.Upload, models.Web},
	Into:  []checks.SinkKind{models.Template},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || !c.Symbol.Under("jinja2") && !c.Symbol.Under("mako") || path.Sink.Note == "the template's name" {
			return
		}
		if !m.InFile() || m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || chatTemplate(m)) {
			return
		}
		if path.Sink.Note == models.NoteTemplateFile && c.Symbol.Under("jinja2") {
			reportLoader(p, path)
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: sandboxed(p, c)})
	},
}

// chatTemplate reports whether text is that of a tokenizer, which is another check's.
func chatTemplate(m flow.Mark) bool { return m.Source().Under("transformers") }

// reportLoader reports the environments without a sandbox that a loader of templates is
// given to.
func reportLoader(p *checks.Pass, path *checks.Path) {
	for _, f := range path.Call.Frame.Beside() {
		for _, o := range f.Calls {
			if !o.Symbol.Is("jinja2.Environment") {
				continue
			}
			if a := o.Arg(-1, "loader"); a != nil && a.Value.Origin() == path.Call {
				p.Report(checks.Report{Node: o.Node, Path: path, Fix: sandboxedEnvironment(p, o)})
			}
		}
	}
}

// sandboxed renders a template in a sandbox.
func sandboxed(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !c.Symbol.Under("jinja2") {
		return checks.SandboxTemplate(p, c) // mako has none of its own
	}
	if c.Symbol.Is("jinja2.Template") {
		a := c.Arg(0, "source")
		if a == nil || a.Node == nil || len(c.Node.Args)+len(c.Node.Keywords) > 1 || !p.Holds(a.Node) {
			return nil
		}
		name, imports := sandbox(p, "jinja2.Template", c.Node.Fn)
		return checks.Fix(true, "render in a sandbox", checks.Replace(p, c.Node, name+"().from_string("+p.File.Text(a.Node)+")"), imports)
	}
	if c.Receiver == nil {
		return nil
	}
	o := c.Receiver.Origin()
	if o == nil || p.Project.Module(o.Frame.Module()) != p.Module {
		return nil
	}
	return sandboxedEnvironment(p, o)
}

// sandboxedEnvironment makes an environment a sandbox.
func sandboxedEnvironment(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !p.Holds(c.Node.Fn) {
		return nil
	}
	name, imports := sandbox(p, "jinja2.Environment", c.Node.Fn)
	return checks.Fix(true, "render in a sandbox", checks.Replace(p, ast.Node(c.Node.Fn), name), imports)
}

// sandbox is how the class of sandboxes is written, and what that takes. The import of what is
// used no more goes.
func sandbox(p *checks.Pass, instead string, gone ast.Node) (string, []fix.Edit) {
	const class, statement = "jinja2.sandbox.SandboxedEnvironment", "from jinja2.sandbox import SandboxedEnvironment"
	if spelling, ok := fix.ImportedAs(p.File, class); ok && !strings.HasPrefix(spelling, "jinja2.") {
		return spelling, nil
	}
	if n, ok := gone.(*ast.Name); ok && !p.Mentions("mako") && strings.HasSuffix(instead, "."+n.Id) {
		return "SandboxedEnvironment", fix.SwapImport(p.File, instead, statement, fix.InOrder, gone.Range())
	}
	return "SandboxedEnvironment", fix.AddImport(p.File, statement, fix.InOrder)
}
