package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file tells of answers of models that have to be of a class.

// schemaArguments name the class of a structured answer.
var schemaArguments = []string{"text_format", "response_format", "response_model", "output_type", "result_type", "response_schema"}

// SchemaOf is the class that the answer of a call has to be of, and whether the answer is structured.
func SchemaOf(c *Call) (class *ProjectClass, is bool) {
	calls := []*Call{c}
	if c.Receiver != nil && c.Receiver.Origin() != nil {
		calls = append(calls, c.Receiver.Origin())
	}
	for _, at := range calls {
		for _, name := range schemaArguments {
			if a := at.Arg(-1, name); a != nil && !a.Value.IsNone() {
				return a.Value.Class(), true
			}
		}
		if at.Method == "with_structured_output" {
			if a := at.Arg(0, "schema"); a != nil {
				return a.Value.Class(), true
			}
			return nil, true
		}
		for _, name := range [...]string{"config", "generation_config"} {
			a := at.Arg(-1, name)
			if a == nil {
				continue
			}
			if e := at.Key(a.Value, "response_schema"); e != nil {
				return e.Value.Class(), true
			}
			if made := a.Value.Origin(); made != nil {
				if s := made.Arg(-1, "response_schema"); s != nil {
					return s.Value.Class(), true
				}
			}
		}
	}
	// prompt | model.with_structured_output(M)
	if at, ok := c.Node.Fn.(*ast.Attribute); ok {
		for _, s := range c.Frame.SpelledOut(at.Value) {
			found := false
			ast.Inspect(s.Expr, func(n ast.Node) bool {
				if inner, ok := n.(*ast.Call); ok {
					switch name := LastName(inner.Fn); {
					case name == "with_structured_output":
						found = true
						if k := s.Frame.CallAt(inner); k != nil {
							if a := k.Arg(0, "schema"); a != nil {
								class = a.Value.Class()
							}
						}
					case strings.HasSuffix(name, "OutputParser") && name != "StrOutputParser":
						found = true
					}
				}
				return !found
			})
			if found {
				return class, true
			}
		}
	}
	return nil, false
}

// ClosedType reports whether the annotation of a field of an answer leaves no room for text of the
// model's own: numbers, a Literal, an Enum, or lists of these.
func ClosedType(c *Call, annotation ast.Expr) bool {
	closed, open := false, false
	ast.Inspect(annotation, func(n ast.Node) bool {
		switch id := LastName(n); id {
		case "int", "float", "bool", "Literal":
			switch n.(type) {
			case *ast.Name, *ast.Attribute:
				closed = true
			}
			return id != "Literal"
		case "str", "Any", "object", "dict", "Dict":
			open = true
		default:
			if n, ok := n.(*ast.Name); ok {
				v := c.Frame.Body().ValueOf(n)
				closed = closed || strings.HasSuffix(v.Name(), ".Literal")
				if k := v.Class(); k != nil {
					closed = closed || k.Extends("enum.Enum", "enum.StrEnum", "enum.IntEnum")
				}
			}
		}
		return true
	})
	return closed && !open
}
