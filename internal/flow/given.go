package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

// This file finds parameters that are constants because every call of the function that the
// project holds gives the same one: what a helper does with them, it always does.

// maxSites bounds the calls of one function whose arguments are compared.
const maxSites = 200

// maxCalledBy bounds the callers of a function that are analysed again when its summary grows.
const maxCalledBy = 16

// calledWith remembers the arguments of a call of the function.
func (f *Frame) calledWith(by *Frame, at ast.Node, actual []*Value) {
	if by.mod.sem.Test && !f.mod.sem.Test {
		return // what tests give says nothing of what a program does
	}
	if len(f.calledBy) < maxCalledBy && !slices.Contains(f.calledBy, by) {
		f.calledBy = append(f.calledBy, by)
	}
	if f.given == nil {
		f.given = map[ast.Node][]*Value{}
	}
	if len(f.given) <= maxSites {
		f.given[at] = actual
	}
}

// settle replaces parameters that are handed on as they are by the constant that all calls
// give.
func (f *Frame) settle() {
	if len(f.given) == 0 || len(f.given) > maxSites {
		return
	}
	known := map[int]*Value{}
	for _, c := range f.Calls {
		if c.Symbol == nil {
			continue
		}
		for i := range c.Args {
			v := c.Args[i].Value
			if k := f.alwaysField(v); k != nil {
				c.Args[i].Value = k
				continue
			}
			if v == nil || v.exact == nil || v.exact.frame != f || v.exact.parent != nil || v.kind != KindUnknown {
				continue
			}
			k, seen := known[v.exact.index]
			if !seen {
				k = f.always(v.exact.index, 0)
				known[v.exact.index] = k
			}
			if k != nil {
				c.Args[i].Value = k
			}
		}
	}
}

// alwaysField returns the constant that an attribute of a parameter is in each call: `args.lr`
// of what all callers make as `Config()`. It is nil for other values.
func (f *Frame) alwaysField(v *Value) *Value {
	if v == nil || v.IsConst() || v.exact == nil || v.exact.parent == nil {
		return nil
	}
	root := v.exact.parent
	if root.frame != f || root.parent != nil || f.fn == nil || f.fn.Params == nil || root.index >= len(f.fn.Params.List) {
		return nil
	}
	var one *Value
	for _, c := range f.eng.callersOf(f.fn) {
		pos := root.index
		if c.fillsFirst() {
			pos--
		}
		name := f.fn.Params.List[root.index].Name
		if name == nil {
			return nil
		}
		a := c.Arg(pos, name.Id)
		if a == nil || a.Value.object() == nil || a.Value.object().class == nil {
			return nil
		}
		entry := c.Key(a.Value, v.exact.step)
		var k *Value
		if entry != nil {
			k = entry.Value
		} else if held, _ := a.Value.object().class.lookup(v.exact.step); held != nil && a.Value.object().class.stored(v.exact.step) == nil {
			k = held
		}
		if k == nil || !k.IsConst() || one != nil && !sameShape(one, k) {
			return nil
		}
		one = k
	}
	return one
}

// maxHandedOn bounds through how many functions a constant is followed.
const maxHandedOn = 4

// always returns the constant that every call gives for a parameter, or what one caller
// hands on from a parameter with a default; nil for others.
func (f *Frame) always(i, depth int) *Value {
	if depth > maxHandedOn || len(f.given) == 0 || len(f.given) > maxSites {
		return nil
	}
	var one *Value
	for _, actual := range f.given {
		if i >= len(actual) || actual[i] == nil {
			return nil
		}
		v := actual[i]
		if o := v.exact; o != nil && o.frame != nil && o.parent == nil && o.frame != f {
			if k := o.frame.always(o.index, depth+1); k != nil {
				v = k
			} else if v.Default() == nil || len(f.given) > 1 {
				return nil
			} else {
				return v
			}
		}
		if !v.IsConst() || one != nil && !sameShape(one, v) {
			return nil
		}
		switch {
		case one == nil:
			one = v
		case !one.sameLiteral(v):
			// Several literals: none of them is the place to change.
			k := *one
			k.rare = nil
			k.setDefault(one.Default())
			one = &k
		}
	}
	return one
}

// ValueOf is what a name, or an attribute of one, of the frame's code means, as far as that does
// not depend on where the function stands: a global, an import, what a class gives self. It is
// known to a visitor only.
func (f *Frame) ValueOf(e ast.Expr) *Value {
	at, ok := e.(*ast.Attribute)
	if !ok {
		return f.quietly(e)
	}
	if n, ok := at.Value.(*ast.Name); ok && f.isReceiver(n.Id) {
		c := f.Class()
		if v, _ := c.lookup(at.Attr.Id); v != nil {
			return join(v, c.stored(at.Attr.Id))
		}
		return orUnknown(c.stored(at.Attr.Id))
	}
	return f.attr(f.ValueOf(at.Value), at.Attr.Id, at)
}

// isReceiver reports whether a name is that of the method's own object: self, cls.
func (f *Frame) isReceiver(name string) bool {
	if f.fn == nil || f.fn.Class == nil || f.fn.Params == nil || len(f.fn.Params.List) == 0 {
		return false
	}
	first := f.fn.Params.List[0].Name
	return first != nil && first.Id == name && f.Class() != nil
}
