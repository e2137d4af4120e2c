package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file follows what a function puts from its parameters into something that outlives the call and that no
// parameter holds: a global, a list or dict or instance of the module, an attribute of a class, a name of the function
// around it. Each caller makes the change with what it hands in.

// maxOuter bounds such changes of one function.
const maxOuter = 16

// outer notes such a change of b, or of a name of the function of.
func (f *Frame) outer(b *Value, of *Frame, op effectOp, name string, key, v *Value, from ast.Node) {
	key = keyOfChange(name, key)
	if f.fn == nil || f.passive > 0 || op > addAll || f.mod.sem.Test || !outlives(b, f) || !f.handsOn(v) && (key == nil || !f.handsOn(key)) {
		return
	}
	n := 0
	for i := range f.effects {
		e := &f.effects[i]
		if e.origin != nil {
			continue
		}
		n++
		if e.of == of && e.op == op && e.name == name && e.node == from && (b == nil || e.outer.kind == b.kind && e.outer.ref == b.ref) {
			e.value = join(e.value, v)
			return
		}
	}
	if n >= maxOuter || len(f.effects) >= maxEffects {
		return
	}
	by := f
	if f.acting != nil {
		by = f.acting
	}
	f.effects = append(f.effects, effect{op: op, name: name, key: key, value: v, node: from, by: by, outer: b, of: of})
}

// outlives reports whether what a value is was there before the function ran.
func outlives(b *Value, f *Frame) bool {
	if b == nil {
		return true
	}
	switch b.kind {
	case KindObject:
		o := b.ref.(*Object)
		return o.frame != nil && o.frame != f && o.origin == nil
	case KindClass, KindModule:
		return true
	case KindExternal:
		return stateOf(b) != ""
	}
	return false
}

// handsOn reports whether a value holds something of what the function was handed.
func (f *Frame) handsOn(v *Value) bool {
	if v.exact != nil && v.exact.frame == f {
		return true
	}
	for _, m := range deepMarks(&Call{heap: f.st.heap}, v, 0) {
		if m.Label == models.NoLabel && m.Origin.frame == f {
			return true
		}
	}
	return false
}

// applyOuter makes a change that a callee has noted with what this function hands in.
func (f *Frame) applyOuter(in *inst, e *effect) {
	if f.mod.sem.Test { // what tests put into the program
		return
	}
	v := in.value(e.value, 1)
	name, key := e.name, e.key
	if key != nil {
		key = in.value(key, 1)
		name, _ = key.Text()
	}
	if v == nil || identity(v) == nil && len(deepMarks(&Call{heap: f.st.heap}, v, 0)) == 0 && (key == nil || len(key.marks) == 0) {
		return
	}
	if e.of != nil {
		f.rebind(e.of, name, v, e.node)
		return
	}
	switch b := e.outer; b.kind {
	case KindObject:
		o := b.ref.(*Object)
		c := f.contents(o)
		if c == nil {
			c = empty
		}
		c = c.clone(1)
		k := *e
		k.name, k.key = name, key
		c.apply(&k, v)
		f.st.set(o, c)
		if e.op == addItem || e.op == addAll {
			o.grows(e.node, e.by)
		}
		if o.class != nil && e.op == setAttr {
			o.class.setStore(name, dropParams(v))
		}
	case KindClass:
		b.ref.(*Class).assigned.add(name, dropParams(v))
	case KindExternal:
		f.keepState(b, name, v)
		return
	case KindModule:
		if m := f.eng.module(b.ref.(*semantic.Module)); m.late != nil {
			m.late[name] = join(m.late[name], dropParams(v))
		}
	}
	f.outer(e.outer, nil, e.op, name, key, v, e.node)
}

// rebind gives a name of the function of a further value.
func (f *Frame) rebind(of *Frame, name string, v *Value, at ast.Node) {
	slot, ok := of.scope.Slot(name)
	if !ok {
		return
	}
	if of == f {
		f.bind(name, join(f.st.env[slot], v))
		return
	}
	of.cells[slot] = join(of.cells[slot], v)
	if of.written == nil {
		of.written = make([]*Value, len(of.cells))
	}
	of.written[slot] = join(of.written[slot], dropParams(v))
	f.outer(nil, of, setAttr, name, nil, v, at)
}

// share marks an instance that is kept in an attribute of a class or a global: what one function gets there and
// changes, others get.
func (v *Value) share() {
	for _, a := range v.Alternatives() {
		if o := a.object(); o != nil && o.class != nil {
			o.shared = true
		}
	}
}

// isShared reports whether an object, or the one that it was in the function that made it, is shared.
func (o *Object) isShared() bool {
	for n := 0; o != nil && n < maxMarks; n++ {
		if o.shared {
			return o.class != nil
		}
		o = o.stands
	}
	return false
}
