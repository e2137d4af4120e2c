package flow

import "github.com/pyguard/pyguardml/ast"

// This file knows what annotations say of the items of lists and dicts that the program fills with things of
// which nothing is known: `self.tools: dict[str, Tool] = {}`.

// itemAnnotation is the annotation of what a container holds, of a dict that of its values; nil where an
// annotation is none of a container.
func itemAnnotation(ann ast.Expr) ast.Expr {
	switch a := ann.(type) {
	case *ast.BinOp: // X | None
		switch {
		case a.Op != "|":
		case isNone(a.Right):
			return itemAnnotation(a.Left)
		case isNone(a.Left):
			return itemAnnotation(a.Right)
		}
	case *ast.Subscript:
		name, args := generic(a)
		switch name {
		case "Optional", "ClassVar", "Final":
			return itemAnnotation(a.Index)
		case "List", "list", "Sequence", "MutableSequence", "Set", "set", "Deque", "deque", "Tuple", "tuple":
			if len(args) > 0 {
				return args[0]
			}
		case "Dict", "dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict":
			if len(args) == 2 {
				return args[1]
			}
		}
	}
	return nil
}

// holdsDeclared notes what an annotation says of the items of a list or dict that is made here.
func (f *Frame) holdsDeclared(v *Value, ann ast.Expr) {
	o := v.object()
	if o == nil || o.class != nil || o.kind > Dict || o.origin != nil || o.items != nil {
		return
	}
	if items := itemAnnotation(ann); items != nil {
		o.items, o.itemsIn = items, f
	}
}

// asItem is an item of a list or dict: where nothing is known of it, what the annotation of the list says.
func (o *Object) asItem(v *Value) *Value {
	if o == nil || o.items == nil || v == nil || !nothingKnown(v) || o.itemsIn.st == nil {
		return v
	}
	if v == unknown && o.item != nil {
		return o.item
	}
	t := o.itemsIn.typed(o.items, v.exact, v.marks, 0)
	if t == nil || t.kind != KindObject || t.Class() == nil || t.Class().holdsFields() {
		return v
	}
	t.object().various = true
	if v == unknown {
		o.item = t
	}
	return t
}
