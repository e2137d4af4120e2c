// Package jinja reads Jinja templates for what they reach for. It does not render: it
// follows the constants of a template far enough to know by which names it asks for
// attributes, also where such a name is put together from pieces, spelt in escapes, reversed,
// or collected in a loop.
//
// The language is that of Jinja 3.1 with its standard delimiters
// (https://jinja.palletsprojects.com/en/stable/templates/), as chat templates of language models
// use it. Start reading at Find.
package jinja

import "strings"

// Gadget is a place where a template reaches for Python's internals.
type Gadget struct {
	// Offset is where it stands, in bytes of the template.
	Offset int
	// Name is the attribute or name: "__globals__".
	Name string
	// Code is the expression or statement around it, cut to a line.
	Code string
}

// Result is what Find found.
type Result struct {
	Gadgets []Gadget
	// Cut is set when the template is too large or works for too long; what was found by then
	// is in Gadgets.
	Cut bool
}

const (
	// sizeLimit is the longest template that is read; the longest in use have 100 KB.
	sizeLimit = 1 << 20
	// stepLimit bounds the tokens that are read, those of loops again in every round.
	stepLimit = 500_000
	// gadgetLimit bounds what is kept.
	gadgetLimit = 50
)

// Find returns the places where a template names an attribute of Python's internals: in
// an expression or a statement, not in the text around them nor in comments.
func Find(template string) Result {
	var r Result
	if len(template) > sizeLimit {
		template, r.Cut = template[:sizeLimit], true
	}
	if !strings.Contains(template, "{{") && !strings.Contains(template, "{%") {
		return r
	}
	in := &interp{source: template, segments: split(template), vars: map[string]value{}, seen: map[Gadget]bool{}}
	in.run(0, len(in.segments), 0)
	r.Gadgets = in.found
	r.Cut = r.Cut || in.steps > stepLimit
	return r
}

// internal are the attributes that lead from a value to Python itself. Jinja's sandbox refuses
// them (jinja2.sandbox.is_internal_attribute, and every name that starts with two underscores).
var internal = map[string]bool{
	"__class__": true, "__globals__": true, "__subclasses__": true, "__mro__": true, "__init__": true,
	"__builtins__": true, "__import__": true, "__getattribute__": true, "__base__": true, "__bases__": true,
	"__dict__": true, "__code__": true, "__closure__": true, "__self__": true, "__func__": true, "__loader__": true,
	"__spec__": true, "__reduce__": true, "__reduce_ex__": true, "__getattr__": true, "__new__": true, "__call__": true,
	"__init_subclass__": true, "__subclasshook__": true, "__wrapped__": true, "__enter__": true, "__exit__": true,
	"__module__": true, "__kwdefaults__": true, "__defaults__": true, "__traceback__": true, "__context__": true,
	"func_globals": true, "func_code": true, "func_closure": true, "func_defaults": true, "im_func": true, "im_self": true,
	"im_class": true, "gi_frame": true, "gi_code": true, "cr_frame": true, "cr_code": true, "ag_frame": true, "ag_code": true,
	"tb_frame": true, "f_globals": true, "f_builtins": true, "f_locals": true, "f_back": true, "co_code": true,
	"_TemplateReference__context": true, "_Undefined__context": true,
}

// attribute tells whether x.name is refused by the sandbox.
func attribute(name string) bool {
	return internal[name] || len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// within returns the internal attribute that a text names: the text is its name, or a path
// like those of map(attribute=…), or it holds a replacement field like {0.__class__}.
// Prose that mentions one is none.
func within(text string) string {
	if !strings.Contains(text, "_") || len(text) > textLimit {
		return ""
	}
	prose := strings.ContainsAny(text, " \t\r\n")
	braces := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '{':
			braces++
			i++
		case c == '}':
			braces = max(0, braces-1)
			i++
		case isWord(c):
			j := i
			for j < len(text) && isWord(text[j]) {
				j++
			}
			if internal[text[i:j]] && (!prose || braces > 0) {
				return text[i:j]
			}
			i = j
		default:
			i++
		}
	}
	return ""
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
