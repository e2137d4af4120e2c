package flow

import (
	"bytes"

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

var layerSink = &models.Sink{Kind: models.Lookup, Note: models.NoteLayer}

// readsLayer records that a part of a network is read by its name out of a dict that holds them by their names.
func (f *Frame) readsLayer(in ast.Expr, name *Value, at ast.Expr) {
	if len(name.marks) == 0 || f.passive > 0 || !f.mod.holdsLayers(in) {
		return
	}
	f.event(&sinkEvent{kind: models.Lookup, sink: layerSink, value: name, node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// holdsLayers reports whether an expression is a dict of a network's parts: dict(net.named_modules()), net._modules,
// net.state_dict(), or a name that such a dict is assigned to in the file.
func (m *module) holdsLayers(e ast.Expr) bool {
	if givesLayers(e) {
		return true
	}
	name := ""
	switch n := e.(type) {
	case *ast.Name:
		name = n.Id
	case *ast.Attribute:
		name = n.Attr.Id
	}
	if name == "" {
		return false
	}
	m.layers.Do(func() {
		m.layerNames = map[string]bool{}
		if m.sem == nil || m.sem.File == nil || !mentionsLayers(m.sem.File.Source.Text) {
			return
		}
		ast.InspectFile(m.sem.File, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && givesLayers(a.Value) {
				for _, t := range a.Targets {
					switch t := t.(type) {
					case *ast.Name:
						m.layerNames[t.Id] = true
					case *ast.Attribute:
						m.layerNames[t.Attr.Id] = true
					}
				}
			}
			return true
		})
	})
	return m.layerNames[name]
}

// mentionsLayers reports whether a text may hold such a dict.
func mentionsLayers(text []byte) bool {
	for _, word := range [...]string{"named_modules", "named_children", "named_parameters", "_modules", "state_dict"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}

func givesLayers(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Attribute:
		return n.Attr.Id == "_modules"
	case *ast.Call:
		switch fn := n.Fn.(type) {
		case *ast.Name:
			if fn.Id != "dict" || len(n.Args) != 1 {
				return false
			}
			inner, ok := n.Args[0].(*ast.Call)
			if !ok {
				return false
			}
			at, ok := inner.Fn.(*ast.Attribute)
			return ok && (at.Attr.Id == "named_modules" || at.Attr.Id == "named_children" || at.Attr.Id == "named_parameters")
		case *ast.Attribute:
			return fn.Attr.Id == "state_dict" && len(n.Args) == 0
		}
	}
	return false
}
