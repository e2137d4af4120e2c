package flow

import (
	"github.com/pyguard/pyguardml/ast"
)

// This file follows attributes that are set all at once, by a mapping: `self.__dict__.update(data)`.

// updateAttributes sets what a call of update() on the dict of an object's attributes hands in.
func (f *Frame) updateAttributes(of *Value, c *Call) {
	for _, a := range c.Args {
		if a.Name == "" || a.Rest {
			f.setAttributes(of, a.Value, c.Node)
			continue
		}
		at := ast.Node(a.Node)
		if a.Keyword != nil {
			at = a.Keyword
		}
		f.store(of, &ast.Attribute{Span: at.Range(), Value: c.Node.Fn, Attr: &ast.Name{Span: at.Range(), Id: a.Name}}, a.Value, a.Node)
	}
}

// setAttributes gives instances of the project's classes the attributes that a mapping holds.
func (f *Frame) setAttributes(of, mapping *Value, at ast.Node) {
	for _, v := range of.Alternatives() {
		o := v.object()
		if o == nil || o.class == nil {
			continue
		}
		c := f.contents(o)
		if c == nil {
			c = empty
		}
		for _, m := range mapping.Alternatives() {
			x := m.object()
			if x == nil {
				if len(m.marks) > 0 {
					c = c.withAny(f.read(m, anyValue))
				}
				continue
			}
			k := f.contents(x)
			if x.class != nil || x.kind != Dict && x.kind != Symbolic || k == nil {
				continue
			}
			for _, e := range k.keys {
				if e.Key == nil {
					c = c.with(Entry{Name: e.Name, Value: e.Value, Node: e.Node, KeyNode: e.KeyNode})
					o.class.setStore(e.Name, dropParams(e.Value))
				}
			}
			if rest := f.read(m, anyValue); k.open && len(rest.marks) > 0 {
				c = c.withAny(rest)
			}
		}
		f.st.set(o, c)
		f.effect(v, setAttrs, "", nil, mapping, at)
	}
}

// anyName stands for attributes of names that are not known.
const anyName = "*"

func (c *contents) withAny(v *Value) *contents {
	if e := c.get(anyName); e != nil {
		v = join(e.Value, v)
	}
	return c.with(Entry{Name: anyName, Value: v})
}

// anyAttribute is what an attribute of an instance holds that a mapping of unknown keys may have set; nil for others.
func (c *contents) anyAttribute(o *Object, name string) *Value {
	e := c.get(anyName)
	if e == nil || o.class == nil {
		return nil
	}
	if m, _ := o.class.lookup(name); m != nil || o.class.stored(name) != nil {
		return nil
	}
	return e.Value
}
