package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file follows what the callers of a function hand on by `**`: in
//
//	def ask(text, **settings):
//	    return client.chat.completions.create(messages=[…], **settings)
//
// it is the callers who know which arguments of the API they give. The function's summary holds
// the call as one hit, which each caller's dict is laid out for.

// spreadSink stands for the arguments that a call is given by `**`.
var spreadSink = &models.Sink{Arg: "**"}

// spread leaves what `**x` gives a call of a library to the callers that know its keys.
func (f *Frame) spread(c *Call) {
	if f.passive > 0 || !takesNamed(c.Symbol) {
		return
	}
	for i := range c.Args {
		a := &c.Args[i]
		if !a.Rest || a.Keyword == nil {
			continue
		}
		for _, o := range f.spreadOrigins(a.Value) {
			e := &sinkEvent{sink: spreadSink, call: c, value: &Value{exact: o}, node: a.Node, frame: f, facts: c.Facts, heap: c.heap, spread: true}
			o.frame.addHit(e, o, f)
		}
	}
}

// takesNamed reports whether something of a library is known to have arguments that matter by
// their names.
func takesNamed(s *Symbol) bool {
	return slices.ContainsFunc(symModels(s), func(m *models.Model) bool { return len(m.Sinks) > 0 || m.Chat != nil })
}

// spreadOrigins lists the parameters whose keys a mapping has: of one that is a parameter itself,
// and of a dict into which the `**kwargs` of a function went.
func (f *Frame) spreadOrigins(v *Value) []*Origin {
	var out []*Origin
	add := func(o *Origin) {
		if o.frame != nil && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	fromKeywords := func(marks []Mark) {
		for _, m := range marks {
			if m.Label == models.NoLabel && keywords(m.Origin) {
				add(m.Origin.root())
			}
		}
	}
	for _, a := range v.Alternatives() {
		if a.exact != nil && a.exact.frame != nil {
			add(a.exact)
			continue
		}
		fromKeywords(a.marks)
		if o := a.object(); o != nil && o.kind == Dict {
			if c := f.contents(o); c != nil && c.rest != nil {
				fromKeywords(c.rest.marks)
			}
		}
	}
	return out
}

// judgeSpread judges the arguments that a call of the function with this hit gives the library.
func (f *Frame) judgeSpread(e *sinkEvent) {
	for _, o := range f.spreadOrigins(e.value) {
		k := *e
		k.value = &Value{exact: o}
		o.frame.addHit(&k, o, f)
	}
	for _, a := range e.value.Alternatives() {
		o := a.object()
		if o == nil || o.kind != Dict {
			continue
		}
		c := f.contents(o)
		if c == nil {
			continue
		}
		for i := range c.keys {
			en := &c.keys[i]
			if given := e.call.Arg(-1, en.Name); en.Key == nil && en.Value != nil && (given == nil || given.Rest) {
				f.judgeNamed(e, en)
			}
		}
	}
}

// judgeNamed judges one argument, known by its name.
func (f *Frame) judgeNamed(e *sinkEvent, en *Entry) {
	node := en.Node
	if node == nil {
		node = e.node
	}
	at := func(kind models.SinkKind, m *models.Model, s *models.Sink, v *Value, n ast.Node, ch *Chat) *sinkEvent {
		return &sinkEvent{kind: kind, sink: s, model: m, call: e.call, value: f.st.apply(v), node: n, frame: f, facts: e.facts, heap: f.st.snapshot(), chat: ch, depth: e.depth}
	}
	for _, m := range symModels(e.call.Symbol) {
		for i := range m.Sinks {
			s := &m.Sinks[i]
			name, key, within := strings.Cut(keywordOf(s.Arg), "[")
			if name != en.Name || s.If != "" && !holds(e.call, s.If) {
				continue
			}
			if !within {
				f.judge(at(s.Kind, m, s, en.Value, node, nil))
				continue
			}
			if inner := (&Call{heap: f.st.snapshot()}).Key(en.Value, strings.TrimSuffix(key, "]")); inner != nil && inner.Node != nil {
				f.judge(at(s.Kind, m, s, inner.Value, inner.Node, nil))
			}
		}
		if m.Chat == nil {
			continue
		}
		named := func(a models.Arg) bool { return keywordOf(a) == en.Name }
		ch := &Chat{Call: e.call, Model: m.Chat, Open: true}
		switch {
		case slices.ContainsFunc(m.Chat.System, named):
			ch.Messages = []Message{{Role: "system", Content: en.Value, Node: node, Item: node}}
			f.judge(at(models.PromptSystem, m, systemSink, en.Value, node, ch))
		case slices.ContainsFunc(m.Chat.User, named):
			ch.Messages = []Message{{Role: "user", Content: en.Value, Node: node, Item: node}}
			f.judge(at(models.PromptUser, m, userSink, en.Value, node, ch))
		case named(m.Chat.Messages):
			list := at(models.PromptSystem, m, systemSink, en.Value, node, ch)
			list.decode = true
			f.judge(list)
		}
	}
}

// keywordOf is the keyword by which an argument can be given, "" for none: that of "0:url" is url.
func keywordOf(a models.Arg) string {
	s := string(a)
	if len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
		_, name, _ := strings.Cut(s, ":")
		return name
	}
	return s
}
