package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// OverrideArg is the argument of the sink at which a dict of unknown keys comes over entries
// that the program has set: `{"user": u, **given}`, `base | given`, `base.update(given)`.
const OverrideArg = "**"

const overrideNote = "may replace "

// Overridden lists the keys of the entries that the dict at such a sink comes over.
func (p *Path) Overridden() []string {
	keys, ok := strings.CutPrefix(p.Sink.Note, overrideNote)
	if !ok || p.Sink.Arg != OverrideArg {
		return nil
	}
	return strings.Split(keys, ", ")
}

// comesOver records that a dict comes over entries.
func (f *Frame) comesOver(base *contents, over *Value, at ast.Node) {
	if base == nil || len(base.keys) == 0 || f.passive > 0 {
		return
	}
	v := over
	if o := over.object(); o != nil {
		if comp, ok := o.node.(*ast.Comp); ok && len(comp.Clauses) > 0 && len(comp.Clauses[0].Ifs) > 0 {
			return // the keys were chosen
		}
		c := f.contents(o)
		if o.class != nil || c == nil || !c.open && c.rest == nil {
			return
		}
		v = v.withMarks(deepMarks(&Call{heap: f.st.heap}, v, 0))
	}
	var others []Mark
	for _, m := range v.marks {
		if !keywords(m.Origin) && !f.disjoint(m) {
			others = append(others, m)
		}
	}
	if len(others) == 0 {
		return
	}
	v = v.withMarks(others)
	var keys []string
	for _, e := range base.keys {
		if e.Key == nil && e.Name != "" && e.Value != nil && !e.Value.Labels(models.NoSink).Has(models.LLM) {
			keys = append(keys, e.Name)
		}
	}
	if len(keys) == 0 {
		return
	}
	if f.overriding == nil {
		f.overriding = map[ast.Node]*models.Sink{}
	}
	s := f.overriding[at]
	if s == nil {
		s = &models.Sink{Kind: models.Param, Arg: OverrideArg}
		f.overriding[at] = s
	}
	s.Note = overrideNote + strings.Join(keys, ", ")
	f.event(&sinkEvent{kind: models.Param, sink: s, value: v, node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// contentsOf is what a dict holds; nil for other values.
func (f *Frame) contentsOf(v *Value) *contents {
	if o := v.object(); o != nil && o.kind == Dict {
		return f.contents(o)
	}
	return nil
}
