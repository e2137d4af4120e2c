package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file finds secrets: values that settings hold under the name of one, and texts that have
// the form of one.

// SecretName is the name under which settings hold the secret that a mark stands for; "" for
// others.
func (m Mark) SecretName() string { return m.Origin.root().secret }

// isSecretName is models.IsSecretName, which is asked of the same few thousand names again and again.
func (e *Engine) isSecretName(name string) bool {
	is, known := e.secretNames[name]
	if !known {
		is = models.IsSecretName(name)
		e.secretNames[name] = is
	}
	return is
}

// secretMark is the mark of the secret of that name; nil when it is none.
func (f *Frame) secretMark(name string, at ast.Node, s *Symbol) []Mark {
	if !f.eng.isSecretName(name) {
		return nil
	}
	key := "secret " + name
	if f.sources == nil {
		f.sources = map[string]*Origin{}
	}
	o := f.sources[key]
	if o == nil {
		o = &Origin{step: name, source: &source{secret: name, from: "the secret " + name, name: s}}
		f.sources[key] = o
	}
	return f.eng.labelled(Mark{Label: models.Secret, Origin: o, Trace: (*Trace)(nil).then(f.site(at), f.mod.sem, "the secret "+name)})
}

// readByName adds to what is read of s under a constant name the mark of a secret.
func (f *Frame) readByName(v *Value, s *Symbol, how models.Arg, name string, at ast.Node) *Value {
	for _, m := range symModels(s) {
		if m.Named == how {
			return taint(v, f.secretMark(name, at, s))
		}
	}
	return v
}

// namedArgument adds to the result of a call that reads a setting the mark of a secret.
func (f *Frame) namedArgument(v *Value, c *Call, m *models.Model) *Value {
	if m.Named == "" || m.Named == "[]" || m.Named == "." {
		return v
	}
	for _, a := range c.select0(m.Named) {
		if name, ok := a.Value.Text(); ok {
			return taint(v, f.secretMark(name, c.Node, c.Symbol))
		}
	}
	return v
}

// settingsClasses are the base classes of objects that hold settings as fields.
var settingsClasses = []string{"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings", "pydantic.BaseSettings", "pydantic.env_settings.BaseSettings"}

// shortened reports whether a slice leaves too little of a secret to be one: key[:4], key[-4:].
func shortened(lower, upper *Value) bool {
	const few = 8
	n, ok := upper.Number()
	if ok && (lower == nil || lower.IsNone()) {
		return n >= 0 && n <= few
	}
	n, ok = lower.Number()
	return ok && upper == nil && n < 0 && n >= -few
}

// disclosed is what a function of which nothing is known does not hand on: the data itself.
var disclosed = models.SinksOf(models.Disclosure)

// shortSinks are the sinks at which a few characters of a text do no harm.
var shortSinks = models.SinksOf(models.PromptSystem, models.PromptUser, models.PromptTool, models.Response, models.Log, models.Printed, models.HTML)

// withoutSecrets are marks but those of secrets.
func withoutSecrets(marks []Mark) []Mark {
	out := marks[:0:0]
	for _, m := range marks {
		if m.Label != models.Secret {
			out = append(out, m)
		}
	}
	return out
}

// spelled is a text with the mark of the secret that it spells out, if it does.
func (f *Frame) spelled(v *Value, at ast.Node) *Value {
	for _, a := range v.Alternatives() {
		for _, p := range a.Parts() {
			if p.Value != nil {
				continue
			}
			secret := models.FindSecret(p.Text)
			if secret == "" {
				continue
			}
			o := &Origin{step: "literal", source: &source{from: SpelledOut, spelled: secret}}
			return taint(v, f.eng.labelled(Mark{Label: models.Secret, Origin: o, Trace: (*Trace)(nil).then(f.site(at), f.mod.sem, SpelledOut)}))
		}
	}
	return v
}

// SpelledOut is what reports call a secret that a literal holds.
const SpelledOut = "a credential in the text"

// Spelled is the secret that a text spells out; "" for others.
func (m Mark) Spelled() string { return m.Origin.root().spelled }
