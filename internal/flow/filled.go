package flow

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file puts the values of variables into constant templates, so that what stands around
// a value is known as in an f-string.

// templates are the calls that fill a template, with the syntax of its variables: the call's
// receiver was made from the template's text.
var templates = []struct {
	calls []string
	// text is the argument of the maker that holds the text.
	text   string
	syntax *regexp.Regexp
}{
	{[]string{"string.Template().substitute", "string.Template().safe_substitute"}, "template", dollarVariable},
	{[]string{"jinja2.Template().render", "jinja2.Template().render_async"}, "source", jinjaVariable},
	{[]string{"langchain_core.prompts.PromptTemplate().format", "langchain_core.prompts.PromptTemplate().aformat", "langchain_core.prompts.PromptTemplate().invoke", "langchain_core.prompts.PromptTemplate().format_prompt"}, "template", braceVariable},
	{[]string{"llama_index.core.PromptTemplate().format"}, "template", braceVariable},
}

// The syntaxes of variables. The first group that matches is the name; without any the match
// is an escape of its first character, or something that is left out.
var (
	dollarVariable = regexp.MustCompile(`\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})`)
	jinjaVariable  = regexp.MustCompile(`\{\{-?\s*([A-Za-z_]\w*)[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}`)
	braceVariable  = regexp.MustCompile(`\{\{|\}\}|\{([A-Za-z_]\w*)[^{}]*\}`)
)

// fillsTemplate returns the text that a call makes of a constant template; nil for other
// calls. v is what is known of the result without it.
func (f *Frame) fillsTemplate(c *Call, v *Value) *Value {
	if c.Receiver == nil || c.Receiver.call == nil || c.Symbol == nil {
		return nil
	}
	for _, t := range templates {
		if !c.Symbol.Is(t.calls...) {
			continue
		}
		text, ok := templateText(c.Receiver.call, t.text)
		if !ok {
			return nil
		}
		value := c.variable
		if escapesHoles(c) {
			value = func(name string) (*Value, ast.Node) {
				v, node := c.variable(name)
				if v == nil || slices.ContainsFunc(holesOf(text, t.syntax, name), leavesMarkup) {
					return v, node
				}
				return v.withMarks(cleaned(v.marks, models.SinksOf(models.HTML))), node
			}
		}
		out := f.filled(text, t.syntax, value, c.Node)
		k := *out
		if k.marks = v.marks; leavesMarkup(text) {
			k.marks = addMarks(k.marks, out.marks)
		}
		return &k
	}
	return nil
}

// escapesHoles reports whether the template that a call fills escapes what it is given for HTML.
func escapesHoles(c *Call) bool {
	return slices.ContainsFunc(symModels(c.Symbol), func(m *models.Model) bool {
		return slices.Contains(m.Cleans, models.HTML) && (len(m.CleansIf) == 0 || cleansHere(c, m.CleansIf))
	})
}

// holesOf lists the places of a template where a variable stands.
func holesOf(text string, syntax *regexp.Regexp, name string) []string {
	var out []string
	for _, m := range syntax.FindAllStringSubmatch(text, -1) {
		if slices.Contains(m[1:], name) {
			out = append(out, m[0])
		}
	}
	return out
}

// markup matches the filter of jinja by which a value is left as it is.
var markup = regexp.MustCompile(`\|\s*safe\b`)

// leavesMarkup reports whether a template, or a place of one, says that a value is markup already.
func leavesMarkup(hole string) bool { return markup.MatchString(hole) }

// templateText is the constant text that the maker of a template was given.
func templateText(made *Call, name string) (string, bool) {
	a := made.Arg(0, name)
	if a == nil {
		return "", false
	}
	return a.Value.Text()
}

// variable finds the value that a call gives to a variable of a template: by keyword, or by
// key in a dict.
func (c *Call) variable(name string) (*Value, ast.Node) {
	if a := c.Arg(-1, name); a != nil {
		return a.Value, a.Node
	}
	if a := c.Arg(0, ""); a != nil {
		if e := c.Key(a.Value, name); e != nil {
			return e.Value, e.Node
		}
	}
	return nil, nil
}

// filled puts values in the place of the variables of a text.
func (f *Frame) filled(text string, syntax *regexp.Regexp, value func(string) (*Value, ast.Node), at ast.Node) *Value {
	var b stringBuilder
	end := 0
	for _, m := range syntax.FindAllStringSubmatchIndex(text, -1) {
		b.text(text[end:m[0]])
		end = m[1]
		name := ""
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				name = text[m[i]:m[i+1]]
			}
		}
		if name == "" {
			if m[1]-m[0] == 2 { // `$$`, `{{`
				b.text(text[m[0] : m[0]+1])
			}
			continue
		}
		v, node := value(name)
		if node == nil {
			v, node = unknown, at
		}
		b.value(v, node, f.mod.sem)
	}
	b.text(text[end:])
	return b.value0()
}

// replaced is `text.replace("TOKEN", value)` for a text that holds the token as constant text;
// nil for others.
func (f *Frame) replaced(text *Value, token string, v *Value, at ast.Node) *Value {
	if text.Kind() != KindString || token == "" {
		return nil
	}
	var b stringBuilder
	found := false
	for _, p := range text.Parts() {
		if p.Value != nil {
			b.part(p)
			continue
		}
		for i, piece := range strings.Split(p.Text, token) {
			if i > 0 {
				found = true
				b.value(v, at, f.mod.sem)
			}
			b.text(piece)
		}
	}
	if !found {
		return nil
	}
	out := *b.value0()
	out.rare = text.rare
	return &out
}
