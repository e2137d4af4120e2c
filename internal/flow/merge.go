package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file merges dicts. The order counts: what comes later replaces what was there.

// MergedOver is the text of the step in a trail at which data that holds keys of its own
// choice comes over the values of a dict; the step's node is the merge.
const MergedOver = "merged over the values of the same keys"

// overlaid returns contents over which another mapping has come: of a known dict its entries,
// of others anything under any key.
func (f *Frame) overlaid(c *contents, v *Value, at ast.Node) *contents {
	if x := v.object(); x != nil && x.kind == Dict {
		if have := f.contents(x); have != nil {
			if have.rest != nil && have.names != nil && unfiltered(x.node) {
				c = f.replaceable(c, have.names.marks, at)
			}
			for _, en := range have.keys {
				c = c.overlay(en)
			}
			if have.open || have.rest != nil {
				c = c.withRest(have.rest)
				c.names = join(c.names, have.names)
			}
			return c
		}
	}
	return f.replaceable(c, v.marks, at).withRest(unknownWith(v.marks))
}

// unfiltered reports whether what makes a dict looks at none of the keys.
func unfiltered(n ast.Node) bool {
	comp, ok := n.(*ast.Comp)
	if !ok {
		return true
	}
	for _, c := range comp.Clauses {
		if len(c.Ifs) > 0 {
			return false
		}
	}
	return true
}

// replaceable marks the values of a dict as what a mapping of others may have replaced. Values
// that come from that mapping themselves stay as they are.
func (f *Frame) replaceable(c *contents, marks []Mark, at ast.Node) *contents {
	var others []Mark
	for _, m := range marks {
		if m.Label != models.NoLabel && m.Label != models.User || keywords(m.Origin) || f.disjoint(m) {
			continue
		}
		others = append(others, m)
	}
	if len(others) == 0 || len(c.keys) == 0 {
		return c
	}
	n := *c
	n.keys = append([]Entry(nil), c.keys...)
	for i := range n.keys {
		e := &n.keys[i]
		if e.Key != nil || sharesSource(e.Value.marks, others) {
			continue
		}
		over := f.st.apply(unknownWith(f.fields(others, e.Name))).marks
		for j := range over {
			over[j].Trace = newTrace(at, f.mod.sem, MergedOver, over[j].Trace, nil)
		}
		e.Value = taint(e.Value, over)
	}
	return &n
}

// keywords reports whether data comes from the `**kwargs` of a function, whose keys are
// those of its calls.
func keywords(o *Origin) bool {
	r := o.root()
	if r.frame == nil || r.frame.fn == nil || r.frame.fn.Params == nil || r.index >= len(r.frame.fn.Params.List) {
		return false
	}
	return r.frame.fn.Params.List[r.index].ParamKind == ast.VarKeyword
}

// sharesSource reports whether two sets of marks have a source in common.
func sharesSource(a, b []Mark) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Origin.root() == y.Origin.root() {
				return true
			}
		}
	}
	return false
}

// disjoint reports whether a test has shown that a mapping has no keys of another.
func (f *Frame) disjoint(m Mark) bool {
	for _, c := range f.st.clean {
		if c.apart && c.label == m.Label && m.Origin.within(c.origin) {
			return true
		}
	}
	return false
}

// withoutKeys is what a test of `own.keys() & other.keys()` proves when it is false.
func withoutKeys(l, r *Value) []cleanEntry {
	var out []cleanEntry
	for _, v := range [...]*Value{l, r} {
		for _, m := range v.marks {
			if m.Label == models.User || m.Label == models.NoLabel {
				out = append(out, cleanEntry{origin: m.Origin, label: m.Label, apart: true})
			}
		}
	}
	return out
}

// takesOut is `mapping.pop("key", …)` as a statement.
func (f *Frame) takesOut(c *ast.Call) {
	if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "pop" && len(c.Args) > 0 {
		f.withoutKey(at.Value, c.Args[0])
	}
}

// withoutKey notes that a mapping of others has a key no longer: nothing of it stands there.
func (f *Frame) withoutKey(mapping, key ast.Expr) {
	k, ok := key.(*ast.Str)
	if !ok {
		return
	}
	name := k.Value
	if v := f.quietly(mapping); v.object() == nil {
		f.refine(f.cleanMarks(f.fields(v.marks, name), models.AllSinks))
	}
}

// union is `l | r` of dicts; nil where neither is known to be one.
func (f *Frame) union(l, r *Value, at ast.Node) *Value {
	l, r = f.oneDict(l, at), f.oneDict(r, at)
	lo, ro := l.object(), r.object()
	if (lo == nil || lo.kind != Dict) && (ro == nil || ro.kind != Dict) {
		return nil
	}
	o := f.newObject(at, Dict)
	f.st.set(o, f.overlaid(f.overlaid(empty, l, at), r, at))
	return &Value{kind: KindObject, ref: o, marks: addMarks(l.marks, r.marks)}
}

// dumped is the dict of the fields that a pydantic model or a dataclass makes of itself; nil
// where the model takes other fields too.
func (f *Frame) dumped(v *Value, at ast.Node) *Value {
	o := v.object()
	if v.kind == KindUnion { // `config or Config()`
		for _, a := range v.ref.([]*Value) {
			if x := a.object(); x != nil && (o == nil || o.class == x.class) {
				o = x
			} else if x != nil || !a.IsNone() && !a.IsParameter() {
				return nil
			}
		}
	}
	if o == nil || o.class == nil || o.class.AllowsExtra() {
		return nil
	}
	fields := o.class.AllFields()
	if len(fields) == 0 {
		return nil
	}
	n := f.newObject(at, Dict)
	c := &contents{}
	for _, fd := range fields {
		c = c.with(Entry{Name: fd.Name, Value: f.attr(v, fd.Name, at), Node: at})
	}
	f.st.set(n, c)
	return &Value{kind: KindObject, ref: n, marks: v.marks}
}

// AllowsExtra reports whether a pydantic model keeps fields that it does not declare, as
// `model_config = ConfigDict(extra="allow")` or a class Config says.
func (c *Class) AllowsExtra() bool {
	for _, k := range c.Linear() {
		for _, s := range k.Node.Body {
			allows := false
			switch s := s.(type) {
			case *ast.Assign:
				n, ok := s.Targets[0].(*ast.Name)
				allows = ok && n.Id == "model_config" && setsExtra(s.Value)
			case *ast.ClassDef:
				for _, o := range s.Body {
					a, ok := o.(*ast.Assign)
					allows = allows || s.Name.Id == "Config" && ok && setsExtra(a.Value)
				}
			}
			if allows {
				return true
			}
		}
	}
	return false
}

// setsExtra reports whether a pydantic configuration says extra="allow".
func setsExtra(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			found = found || n.Value == "allow"
		case *ast.Attribute:
			found = found || n.Attr.Id == "allow"
		}
		return true
	})
	return found
}

// oneDict takes several dicts, of which a value is one, for one that may hold what each holds.
func (f *Frame) oneDict(v *Value, at ast.Node) *Value {
	if v.kind != KindUnion {
		return v
	}
	var all *contents
	for _, a := range v.ref.([]*Value) {
		o := a.object()
		switch {
		case a.IsNone():
			continue
		case o == nil || o.kind != Dict:
			return v
		}
		c := f.contents(o)
		if c == nil {
			return v
		}
		all = joinContents(all, c)
	}
	if all == nil {
		return v
	}
	n := f.newObject(at, Dict)
	f.st.set(n, all)
	return &Value{kind: KindObject, ref: n, marks: v.marks}
}
