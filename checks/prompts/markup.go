package prompts

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// unescapedMarkup is PML1107.
var unescapedMarkup = &checks.Rule{
	Spec:   infoPML1107,
	From:   append(outsiders[:len(outsiders):len(outsiders)], models.Tool),
	Into:   []checks.SinkKind{models.PromptUser, models.PromptSystem},
	On:     []string{"semantic_kernel.prompt_template.{PromptTemplateConfig,InputVariable}", "semantic_kernel.prompt_template.prompt_template_config.PromptTemplateConfig", "semantic_kernel.prompt_template.input_variable.InputVariable"},
	Knows:  []string{"json.loads", "semantic_kernel.functions.KernelArguments", "semantic_kernel.functions.kernel_arguments.KernelArguments"},
	OnCall: dangerousContent,
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Kind == models.PromptUser {
			reportPlaces(p, path, "escape the text", func(at *place) bool {
				t := tagsAround(at)
				return t != nil && at.mark.Holds(t.closing) && t.isNamed(around(path, at))
			}, escapeMarkup)
		}
		pastedJSON(p, path)
	},
}

// tags is a pair of XML tags that stand around a value.
type tags struct{ name, closing string }

var (
	openingTag = regexp.MustCompile(`<([A-Za-z_][\w.-]*)(?:\s[^<>\x00]*)?>\s*$`)
	closingTag = regexp.MustCompile(`^\s*</([A-Za-z_][\w.-]*)\s*>`)
)

// tagsAround finds the tags right around a value, nil where there are none.
func tagsAround(at *place) *tags {
	o, c := openingTag.FindStringSubmatch(at.before), closingTag.FindStringSubmatch(at.after)
	if o == nil || c == nil || o[1] != c[1] {
		return nil
	}
	return &tags{o[1], "</" + c[1] + ">"}
}

// filledPair finds an element that holds something, of which the tags say nothing of a
// boundary elsewhere; between the tags of `<a> and </a>` stands nothing of that kind.
var (
	filledPair = regexp.MustCompile(`(?s)<(\w[\w.-]*)(?:\s[^<>]*)?>([^<]*)</(\w[\w.-]*)\s*>`)
	mere       = regexp.MustCompile(`^[\s.,…-]*(?:(?:and|to|or|&)(?: the)?(?: closing)?)?[\s.,…-]*$`)
)

// isNamed reports whether the prompt speaks of the tags elsewhere.
func (t *tags) isNamed(text string) bool {
	text = filledPair.ReplaceAllStringFunc(text, func(pair string) string {
		if m := filledPair.FindStringSubmatch(pair); m[1] == m[3] && !mere.MatchString(m[2]) {
			return hole
		}
		return pair
	})
	name := regexp.QuoteMeta(t.name)
	return regexp.MustCompile(`(?i)</?` + name + `(?:\s[^<>]*)?/?>|\b` + name + "[`'\"]?" + `(?: \w+)? tags?\b|\btags? [` + "`" + `'"]?` + name + `\b`).MatchString(text)
}

func escapeMarkup(in *checks.Module, at *place) []fix.Edit {
	e, ok := at.node.(ast.Expr)
	if !ok || !in.Holds(e) {
		return nil
	}
	spelling, edits := fix.Reach(in.File, "html.escape", "import html", fix.InSection)
	return append(fix.Wrap(in.File, e, spelling+"(", ", quote=False)"), edits...)
}

// pastedJSON reports text in a JSON literal of messages that is parsed on the way.
func pastedJSON(p *checks.Pass, path *checks.Path) {
	for _, t := range path.Trace.Steps() {
		c := path.Engine.CallAt(t.Node)
		if c == nil || !c.Symbol.Is("json.loads") || len(c.Args) == 0 {
			continue
		}
		for _, parts := range variants(c.Args[0].Value) {
			for i, part := range parts {
				m, ok := markAt(part.Value, path.Mark)
				if !ok {
					continue
				}
				text := spelled(parts)
				if !strings.Contains(text, `"role"`) || !strings.Contains(text, `"content"`) {
					continue
				}
				at := levels(parts, i, m)[0]
				if at.quoted() || !m.Holds(`"`) {
					continue
				}
				if in := p.Project.Module(at.mod); in != nil {
					p.Report(checks.Report{Node: at.node, In: in, Path: path, Fix: checks.Fix(false, "write the text as JSON", dumpJSON(in, &at))})
				}
			}
		}
	}
}

// dumpJSON puts json.dumps(x) in the place of a quoted placeholder.
func dumpJSON(in *checks.Module, at *place) []fix.Edit {
	e, ok := at.node.(ast.Expr)
	if !ok || !in.Holds(e) {
		return nil
	}
	spelling, edits := fix.Reach(in.File, "json.dumps", "import json", fix.InSection)
	gone := checks.QuotesAround(in, e, '"')
	if gone == nil {
		return nil
	}
	return append(append(fix.Wrap(in.File, e, spelling+"(", ")"), gone...), edits...)
}

// dangerousContent reports a Semantic Kernel template whose variables are not encoded, where
// a variable is given text of others.
func dangerousContent(p *checks.Pass, c *checks.Call) {
	a := c.Arg(-1, "allow_dangerously_set_content")
	if a == nil || !checks.On(a.Value) {
		return
	}
	variable := ""
	if c.Symbol.Is("semantic_kernel.prompt_template.InputVariable", "semantic_kernel.prompt_template.input_variable.InputVariable") {
		if n := c.Arg(0, "name"); n != nil {
			variable, _ = n.Value.Text()
		}
	}
	if !givenToKernel(c.Frame, variable) {
		return
	}
	p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(false, "let the variables be encoded", checks.Replace(p, a.Node, "False"))})
}

// givenToKernel reports whether arguments of a kernel in the same file hold text of others
// for a variable, "" for any.
func givenToKernel(f *checks.Frame, variable string) bool {
	from := models.Labels(append(outsiders[:len(outsiders):len(outsiders)], models.Tool)...)
	for _, beside := range f.Beside() {
		for _, o := range beside.Calls {
			if !o.Symbol.Is("semantic_kernel.functions.KernelArguments", "semantic_kernel.functions.kernel_arguments.KernelArguments") {
				continue
			}
			for _, a := range o.Args {
				if (variable == "" || a.Name == variable) && a.Value.Labels(models.PromptUser).Any(from) {
					return true
				}
			}
		}
	}
	return false
}
