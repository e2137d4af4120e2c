package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// NoteLookup marks a name by which a program finds something of its own: an attribute, a
// global, a module.
const NoteLookup = "decides what is looked up by its name"

var lookupSink = &models.Sink{Kind: models.Exec, Note: NoteLookup}

// looksUp records that a name is looked up.
func (f *Frame) looksUp(name *Value, at ast.Node, c *Call) {
	if name == nil || len(name.marks) == 0 || f.passive > 0 {
		return
	}
	f.event(&sinkEvent{kind: models.Exec, sink: lookupSink, call: c, value: name, node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// NoteAttribute marks a name, or the keys of a dict, by which attributes of an object are set.
const NoteAttribute = "decides which attribute is set"

var attributeSink = &models.Sink{Kind: models.Attribute, Note: NoteAttribute}

// setsAttribute records that an attribute is set whose name the program does not write down.
func (f *Frame) setsAttribute(name *Value, at ast.Node, c *Call) {
	if name == nil || f.passive > 0 {
		return
	}
	if o := name.object(); o != nil {
		k := f.contents(o)
		if o.class != nil || k == nil || !k.open && k.rest == nil {
			return // its keys are known
		}
		name = name.withMarks(deepMarks(&Call{heap: f.st.heap}, name, 0))
	}
	if len(name.marks) == 0 {
		return
	}
	f.event(&sinkEvent{kind: models.Attribute, sink: attributeSink, call: c, value: name, node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// attributesOf reports whether an expression is what an object keeps its attributes in: vars(x),
// x.__dict__, globals().
func attributesOf(e ast.Expr, v *Value) bool {
	if c, ok := e.(*ast.Call); ok {
		if n, ok := c.Fn.(*ast.Name); ok && n.Id == "locals" {
			return false
		}
	}
	return v.Name() != "sys.modules" && namespace(e, v)
}

// namespace reports whether an expression is a namespace of the program: globals(), vars(x),
// x.__dict__, sys.modules.
func namespace(e ast.Expr, v *Value) bool {
	if v.Name() == "sys.modules" {
		return true
	}
	switch e := e.(type) {
	case *ast.Call:
		n, ok := e.Fn.(*ast.Name)
		return ok && (n.Id == "globals" || n.Id == "locals" || n.Id == "vars")
	case *ast.Attribute:
		return e.Attr != nil && e.Attr.Id == "__dict__"
	case *ast.Name:
		return e.Id == "__builtins__"
	}
	return false
}
