package flow

import "github.com/pyguard/pyguardml/ast"

// overwritten finds the assignments of a constructor to attributes which it assigns again before any
// method can see them: `self.name = name`, then `self.name = self.name.strip()`.
func overwritten(def *ast.FunctionDef) map[*ast.Attribute]bool {
	if def.Params == nil || len(def.Params.List) == 0 || def.Params.List[0].Name == nil {
		return nil
	}
	self := def.Params.List[0].Name.Id
	var out map[*ast.Attribute]bool
	// open are the assignments so far after which nothing but the constructor has seen the object.
	open := map[string][]*ast.Attribute{}
	for _, s := range def.Body {
		w := selfUses{self: self}
		w.look(s)
		if w.seen {
			clear(open)
			continue
		}
		if a, ok := s.(*ast.Assign); ok {
			for _, t := range a.Targets {
				at, own := ownAttribute(t, self)
				if !own {
					continue
				}
				for _, before := range open[at.Attr.Id] {
					if out == nil {
						out = map[*ast.Attribute]bool{}
					}
					out[before] = true
				}
				open[at.Attr.Id] = nil
			}
		}
		for _, at := range w.stores {
			open[at.Attr.Id] = append(open[at.Attr.Id], at)
		}
	}
	return out
}

// overwrites reports whether an assignment to an attribute is one that its constructor makes good before
// any method can see it.
func (f *Frame) overwrites(t *ast.Attribute) bool {
	if f.fn == nil || f.fn.Name != "__init__" || f.fn.Class == nil || f.fn.Def == nil {
		return false
	}
	m, ok := f.eng.overwritten[f.fn]
	if !ok {
		m = overwritten(f.fn.Def)
		f.eng.overwritten[f.fn] = m
	}
	return m[t]
}

// selfUses is what a statement does with the object that a constructor makes.
type selfUses struct {
	self string
	// seen is set when others may see the object, or where the constructor may end.
	seen   bool
	stores []*ast.Attribute
}

func (w *selfUses) look(n ast.Node) {
	fields := map[ast.Node]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Return, *ast.Yield:
			w.seen = true
		case *ast.Assign:
			for _, t := range n.Targets {
				if at, own := ownAttribute(t, w.self); own {
					w.stores = append(w.stores, at)
				}
			}
		case *ast.Call:
			if at, own := ownAttribute(n.Fn, w.self); own && at != nil {
				w.seen = true
			}
			if name, ok := n.Fn.(*ast.Name); ok && name.Id == "super" {
				w.seen = true
			}
		case *ast.Attribute:
			fields[n.Value] = true
		case *ast.Name:
			w.seen = w.seen || n.Id == w.self && !fields[n]
		}
		return !w.seen
	})
}

// ownAttribute is an expression `self.name`.
func ownAttribute(e ast.Expr, self string) (*ast.Attribute, bool) {
	at, ok := e.(*ast.Attribute)
	if !ok || at.Attr == nil {
		return nil, false
	}
	name, ok := at.Value.(*ast.Name)
	return at, ok && name.Id == self
}
