package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// sanitizerOff is PML1151.
var sanitizerOff = &checks.Rule{
	Spec:  infoPML1151,
	On:    []string{"gradio.{Chatbot,Markdown}"},
	Knows: []string{"{nh3,bleach}.clean"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		flag := c.Arg(-1, "sanitize_html")
		if flag == nil || !checks.Off(flag.Value) || !c.Frame.ProjectAsksModel() || cleansAnswers(c.Frame) {
			return
		}
		if c.Symbol.Is("gradio.Markdown") && fixedText(c) {
			return
		}
		node := checks.ArgNode(c, flag)
		if flag.Unpacked && flag.Keyword != nil {
			node = flag.Keyword
		}
		p.Report(checks.Report{Node: node, Fix: checks.Fix(true, "let the component clean what it shows", checks.RemoveArg(p, c, flag))})
	},
	Mentions: []string{"unsafe_allow_html"},
	OnManifest: func(p *checks.ManifestPass) {
		if !ofChainlit(p.Document.Path) || p.Project.ImportsAny("nh3", "bleach") {
			return
		}
		for _, tree := range p.Trees() {
			allow := tree.Get("features").Get("unsafe_allow_html")
			if allow.Text() != "true" || allow.Quoted() {
				continue
			}
			p.Report(checks.Report{
				Node: checks.Place(allow.Span()),
				Fix:  checks.Fix(true, "let Chainlit show tags as text", checks.TextEdits(ast.Edit{Span: allow.Span(), New: "false"})),
			})
		}
	},
}

// ofChainlit reports whether a file is the configuration of a Chainlit app.
func ofChainlit(file string) bool {
	file = strings.ReplaceAll(file, `\`, "/")
	return file == ".chainlit/config.toml" || strings.HasSuffix(file, "/.chainlit/config.toml")
}

// fixedText reports whether a component shows a constant and no event writes into it.
func fixedText(c *checks.Call) bool {
	text := c.Arg(0, "value")
	if text == nil {
		return false
	}
	if _, constant := text.Value.Text(); !constant {
		return false
	}
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			for _, a := range o.Args {
				if a.Value.Origin() == c {
					return false
				}
				items, _, _ := o.Items(a.Value)
				for _, it := range items {
					if it.Value.Origin() == c {
						return false
					}
				}
			}
		}
	}
	return true
}

// cleansAnswers reports whether the project cleans the text of a model before it shows it.
func cleansAnswers(f *checks.Frame) bool {
	for _, o := range f.Everywhere() {
		for _, c := range o.Calls {
			if c.Symbol.Is("nh3.clean", "bleach.clean") && len(c.Args) > 0 && c.Args[0].Value.Labels(models.NoSink).Has(models.LLM) {
				return true
			}
		}
	}
	return false
}
