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
