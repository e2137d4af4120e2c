package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells which parameters of a tool a model fills in, and with what.

// givenToTool reports whether a parameter's annotation asks for something that the framework hands
// in: `ctx: RunContext[Deps]`, `state: Annotated[dict, InjectedState]`.
func (f *Frame) givenToTool(ann ast.Expr) bool {
	switch a := ann.(type) {
	case *ast.Name, *ast.Attribute:
		return models.GivenToTools[f.className(a)]
	case *ast.Str:
		name, _, _ := strings.Cut(a.Value, "[")
		return models.GivenToTools[name[strings.LastIndexByte(name, '.')+1:]]
	case *ast.Call: // InjectedState("messages")
		return f.givenToTool(a.Fn)
	case *ast.BinOp: // Context | None
		return f.givenToTool(a.Left) || f.givenToTool(a.Right)
	case *ast.Subscript:
		switch f.className(a.Value) {
		case "Annotated", "Optional", "Union":
		default:
			return f.givenToTool(a.Value)
		}
		t, ok := a.Index.(*ast.Tuple)
		if !ok {
			return f.givenToTool(a.Index)
		}
		for _, e := range t.Elts {
			if f.givenToTool(e) {
				return true
			}
		}
	}
	return false
}

// className is the name of a class without its module, as the library spells it.
func (f *Frame) className(e ast.Expr) string {
	if f != nil {
		if v := f.quietly(e); v.kind == KindExternal {
			name := v.text
			if v.sym != nil {
				name = v.sym.String()
			}
			if name != "" {
				return name[strings.LastIndexByte(name, '.')+1:]
			}
		}
	}
	return lastName(e)
}

// ofSchema is the value of a tool's parameter of which the tool's schema says that it is a number
// or one of some constants; nil where no schema says so.
func (e *Engine) ofSchema(cb *callback, cl *closure, param string) *Value {
	var schema *Value
	if cb.call != nil {
		if a := cb.call.Arg(-1, "args_schema"); a != nil {
			schema = a.Value
		}
	}
	if schema == nil && cl.fn.Class != nil {
		class := e.classOf(cl.fn.Class)
		if schema, _ = class.lookup("args_schema"); schema == nil {
			if at := class.field("args_schema"); at != nil {
				schema = at.Default
			}
		}
	}
	class := schema.Class()
	if class == nil {
		return nil
	}
	at := class.field(param)
	if at == nil || at.frame == nil {
		return nil
	}
	if v := at.frame.typed(at.Annotation, nil, nil, 0); v.isNumber() {
		return v
	}
	return nil
}

// ToolFunctions lists the functions of the project whose parameters a model fills in, however they are
// given to it. It is known to a visitor only.
func (f *Frame) ToolFunctions() []*semantic.Function {
	e := f.eng
	if e.toolFunctions == nil {
		e.toolFunctions = []*semantic.Function{}
		for _, o := range e.callbacks {
			fn := o.fn.Function()
			if p, ok := o.fn.ref.(*partial); ok && fn == nil {
				fn = p.fn.Function()
			}
			if o.cb.Tool && fn != nil && !slices.Contains(e.toolFunctions, fn) {
				e.toolFunctions = append(e.toolFunctions, fn)
			}
		}
	}
	return e.toolFunctions
}
