package prompts

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// bakedText is PML1117.
var bakedText = &checks.Rule{
	Spec: infoPML1117,
	From: []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.Tool, models.LLM},
	Into: []checks.SinkKind{models.PromptTemplate, models.PromptUser, models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		source := path
		if path.Kind != models.PromptTemplate {
			if source = rendered(path); source == nil {
				return
			}
		}
		syntax := syntaxOf(source)
		if !published(source) || syntax == jinjaSyntax && source.Mark.Label == models.LLM {
			return
		}
		var baked []ast.Expr
		for _, part := range bakedParts(source, syntax) {
			x, _ := part.Operand.(ast.Expr)
			baked = append(baked, x)
		}
		if len(baked) == 0 {
			return
		}
		in := p.Project.Module(source.Mod)
		p.Report(checks.Report{
			Node: source.Node, In: in, Path: path,
			Fix: checks.Fix(false, "hand the text over as the value of a variable", unbake(p, in, source, baked, syntax)),
		})
	},
}

// templateSyntax tells how a template marks its variables.
type templateSyntax struct {
	// open begins a variable, and doubled is set where two of it stand for one.
	open    string
	doubled bool
	// variable is a variable as it is written.
	variable func(name string) string
}

var (
	braceSyntax  = &templateSyntax{"{", true, func(name string) string { return "{" + name + "}" }}
	jinjaSyntax  = &templateSyntax{"{{", false, func(name string) string { return "{{ " + name + " }}" }}
	kernelSyntax = &templateSyntax{"{{", false, func(name string) string { return "{{$" + name + "}}" }}
)

// syntaxOf tells which syntax the template at the end of a path has.
func syntaxOf(path *checks.Path) *templateSyntax {
	c := path.Call
	switch {
	case c == nil || c.Symbol == nil:
	case c.Symbol.Under("semantic_kernel"):
		return kernelSyntax
	case c.Symbol.Under("jinja2"), c.Symbol.Under("haystack"), c.Symbol.Is("llama_index.core.RichPromptTemplate"):
		return jinjaSyntax
	}
	if c != nil {
		if a := c.Arg(-1, "template_format"); a != nil {
			if t, _ := a.Value.Text(); t == "jinja2" || t == "mustache" {
				return jinjaSyntax
			}
		}
	}
	return braceSyntax
}

// bakedParts lists the pieces of a template's text, beside words of the program, whose braces
// the template would read.
func bakedParts(path *checks.Path, syntax *templateSyntax) []checks.Part {
	var out []checks.Part
	for _, text := range checks.SystemTexts(path) {
		if !checks.HasWords(text) {
			continue
		}
		raw := false
		for _, parts := range variants(text) {
			for _, part := range parts {
				raw = raw || strings.Contains(part.Text, "{% raw %}")
				if part.Value == nil || !untrusted(part.Value) {
					continue
				}
				if m, ok := firstOf(part.Value); ok && !part.Conv && syntax.reads(m, raw) {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

// bakedLabels are the labels of text that others wrote, or a model about theirs.
var bakedLabels = models.Labels(models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.Tool, models.LLM)

func untrusted(v *checks.Value) bool { return v.Labels(models.PromptTemplate).Any(bakedLabels) }

// firstOf finds the mark of untrusted text on a value.
func firstOf(v *checks.Value) (flow.Mark, bool) {
	for _, m := range v.Marks() {
		if bakedLabels.Has(m.Label) && !m.Clean.Has(models.PromptTemplate) {
			return m, true
		}
	}
	return flow.Mark{}, false
}

// reads reports whether a template would read the braces of data.
func (s *templateSyntax) reads(m flow.Mark, raw bool) bool {
	if raw {
		return m.Holds("{% endraw %}")
	}
	for _, o := range m.Outcomes("x{{y}} {z}x") {
		if s.doubled {
			o = strings.ReplaceAll(o, "{{", "")
		}
		if strings.Contains(o, s.open) {
			return true
		}
	}
	return false
}

// unbake makes the edits that put variables in the place of the values in a template, and
// give these to the call that fills it; where no such call is at hand, the braces of the
// values are doubled.
func unbake(p *checks.Pass, in *checks.Module, path *checks.Path, baked []ast.Expr, syntax *templateSyntax) []fix.Edit {
	seen := map[ast.Expr]bool{}
	var edits, doubled []fix.Edit
	handed := in == p.Module
	for _, x := range baked {
		if x == nil || !in.Holds(x) {
			return nil
		}
		if seen[x] {
			continue
		}
		name := "user_text"
		if len(seen) > 0 {
			name += strconv.Itoa(len(seen) + 1)
		}
		seen[x] = true
		doubled = append(doubled, fix.Wrap(in.File, x, "", `.replace("{", "{{").replace("}", "}}")`)...)
		if !handed {
			continue
		}
		var add []fix.Edit
		if c := fillingCall(p, path); c != nil && checks.Reaches(p, x, c.Node) && movable(x) {
			add = giveVariable(p, c, name, p.File.Text(x))
		}
		if add == nil {
			handed = false
			continue
		}
		edits = append(append(edits, variableFor(p, x, syntax.variable(name))...), add...)
	}
	switch {
	case handed:
		return edits
	case syntax.doubled && !inSystem(path): // there it would stay another defect
		return doubled
	}
	return nil
}

// inSystem reports whether what stands at the end of a path is a system prompt as well.
func inSystem(path *checks.Path) bool {
	return slices.ContainsFunc(path.Engine.Paths(models.PromptSystem), func(o *checks.Path) bool { return o.Node == path.Node })
}

// movable reports whether an expression may be evaluated at a later place of its function.
func movable(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Await, *ast.NamedExpr, *ast.Yield:
			ok = false
		}
		return ok
	})
	return ok
}

// variableFor puts a variable of the template in the place of a value: in the text of an
// f-string with its braces doubled, elsewhere as a literal.
func variableFor(p *checks.Pass, x ast.Expr, variable string) []fix.Edit {
	if ph, _ := checks.PlaceholderOf(p.Module, x); ph != nil {
		text := strings.NewReplacer("{", "{{", "}", "}}").Replace(variable)
		return []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: text}}
	}
	return checks.Replace(p, x, strconv.Quote(variable))
}
