package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file follows calls of functions that a program finds by their names: getattr(self, name)(x),
// globals()[name](x). Where who sends a name chooses among the methods of a class or the functions of
// a module, each of them may be what is called. Where only a parameter names it, that is decided for
// the callers, each in its own context: see chosenOf.

// lookedUp is what is found under a name: by attribute, or in a module.
type lookedUp struct {
	of, key *Value
}

// maxDispatch bounds the functions among which a name chooses.
const maxDispatch = 48

// choosers are the labels of data by whose sender something of the program may be chosen.
var choosers = models.Labels(models.User, models.Local, models.Upload, models.Web, models.Document, models.Database,
	models.Retrieved, models.Memory, models.LLM, models.Tool, models.Dataset)

// lookUp is what a namespace holds under a name that is not written down: called, it is any of the
// functions that are there.
func (f *Frame) lookUp(of, key *Value, marks []Mark) *Value {
	if f.passive > 0 || !holdsNames(of) {
		return unknownWith(marks)
	}
	f.notesLookup(key.marks)
	return &Value{marks: marks, ref: &lookedUp{of, key}}
}

// holdsNames reports whether a value is an instance or class of the project, or a module of it.
func holdsNames(v *Value) bool {
	for _, a := range v.Alternatives() {
		if a.kind == KindModule || a.Class() != nil {
			return true
		}
	}
	return false
}

// notesLookup remembers that data of the function's parameters decides what is called.
func (f *Frame) notesLookup(marks []Mark) {
	for _, m := range marks {
		if m.Label != models.NoLabel || m.Origin.frame != f || f.fn == nil {
			continue
		}
		if i := m.Origin.root().index; i < 64 {
			if f.eng.lookedUp == nil {
				f.eng.lookedUp = map[*semantic.Function]uint64{}
			}
			f.eng.lookedUp[f.fn] |= 1 << i
		}
	}
}

// chosen reports whether who sends data chooses by it: its label says so, or that of what a caller gives.
func (f *Frame) chosen(marks []Mark) bool {
	for _, m := range marks {
		if m.Clean.Has(models.Exec) {
			continue
		}
		if m.Label != models.NoLabel {
			if choosers.Has(m.Label) {
				return true
			}
			continue
		}
		if m.Origin.frame == f {
			if i := m.Origin.root().index; i < 64 && f.choosing&(1<<i) != 0 {
				return true
			}
		}
	}
	return false
}

// chosenOf lists the parameters of a function that decide what it calls and by which the sender of
// data chooses.
func (f *Frame) chosenOf(cl *closure, actual []*Value) uint64 {
	mask := f.eng.lookedUp[cl.fn]
	if mask == 0 {
		return 0
	}
	var out uint64
	for i, v := range actual {
		if i >= 64 || mask&(1<<i) == 0 || v == nil {
			continue
		}
		marks := f.st.apply(v.withMarks(deepMarks(&Call{heap: f.st.heap}, v, 0))).marks
		f.notesLookup(marks)
		if f.chosen(marks) {
			out |= 1 << i
		}
	}
	return out
}

// named is the constant that an argument gives to a function which looks it up, or decodes it; nil for others.
func (f *Frame) named(cl *closure, i int, v *Value) *Value {
	if i >= 64 || (f.eng.lookedUp[cl.fn]|f.eng.decoders[cl.fn])&(1<<i) == 0 || v == nil || v.kind != KindString {
		return nil
	}
	if t, ok := v.Text(); ok && len(v.marks) == 0 {
		return stringValue(t)
	}
	return nil
}

// inNamespace is what globals() and the like hold under a name: nil where nothing of the program is known
// to be there.
func (f *Frame) inNamespace(e ast.Expr, key *Value, at ast.Node) *Value {
	of := f.namespaceOf(e)
	if of == nil || len(key.Alternatives()) > 1 {
		return nil
	}
	if name, ok := key.Text(); ok {
		if x := f.attr(of, name, at); x != unknown {
			return x
		}
		return nil
	}
	if len(key.marks) == 0 {
		return nil
	}
	return f.lookUp(of, key, nil)
}

// namespaceOf is the module, class or instance whose names an expression holds: globals(), vars(x),
// x.__dict__. It is nil for others.
func (f *Frame) namespaceOf(e ast.Expr) *Value {
	switch e := e.(type) {
	case *ast.Call:
		switch c := f.callOf(e); {
		case c == nil:
		case c.Callee.Name() == "builtins.globals", c.Callee.Name() == "builtins.vars" && len(e.Args) == 0 && f.fn == nil:
			return &Value{kind: KindModule, ref: f.mod.sem}
		case c.Callee.Name() == "builtins.vars" && c.value(0).kind == KindModule:
			return c.value(0)
		}
	case *ast.Attribute:
		if m := f.quietly(e.Value); e.Attr.Id == "__dict__" && m.kind == KindModule {
			return m
		}
	}
	return nil
}

// dispatch calls what is found under a name.
func (f *Frame) dispatch(d *lookedUp, c *Call, e *ast.Call) *Value {
	if t, ok := d.key.Text(); ok {
		return f.apply(c, f.attr(d.of, t, e), e)
	}
	if !f.chosen(d.key.marks) {
		return nil
	}
	var out *Value
	n := 0
	for _, a := range d.of.Alternatives() {
		for _, name := range f.namesOf(a) {
			if !fits(d.key, name) || n >= maxDispatch {
				continue
			}
			v := f.attr(a, name, e)
			if v.kind != KindFunction && v.kind != KindClass || v.Function() != nil && v.Function() == f.fn {
				continue
			}
			n++
			out = join(out, f.invoke(v, c.Args, nil, e))
		}
	}
	return out
}

// callables is what a table of functions, classes or instances of the project holds to which others are added
// under names that are not known; nil for other contents.
func (f *Frame) callables(c *contents) *Value {
	if c.rest == nil {
		return nil
	}
	all := f.allOf(c)
	for _, a := range all.Alternatives() {
		if a.kind == KindFunction || a.Class() != nil {
			return all
		}
	}
	return nil
}

// namesOf lists the functions and classes that an instance, class or module of the project has.
func (f *Frame) namesOf(v *Value) []string {
	var out []string
	if v.kind == KindModule {
		m := f.eng.module(v.ref.(*semantic.Module))
		for slot, name := range m.sem.Scope.Names {
			if x := m.frame.global(slot); x != nil && (x.kind == KindFunction || x.kind == KindClass) {
				out = append(out, name)
			}
		}
		return out
	}
	c := v.Class()
	if c == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, k := range c.Linear() {
		for _, name := range k.Scope.Names {
			m := k.body[name]
			if m == nil || m.kind != KindFunction || seen[name] || strings.HasPrefix(name, "__") || f.eng.isProperty(m.ref.(*closure).fn) {
				continue
			}
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// fits reports whether a name may be what a text gives of which the beginning and the end are known.
func fits(key *Value, name string) bool {
	if key.kind != KindString {
		return true
	}
	parts := key.Parts()
	if len(parts) == 0 {
		return true
	}
	first, last := parts[0], parts[len(parts)-1]
	if first.Value == nil && !strings.HasPrefix(name, first.Text) {
		return false
	}
	return last.Value != nil || strings.HasSuffix(name, last.Text)
}
