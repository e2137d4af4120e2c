package flow

import "github.com/pyguard/pyguardml/ast"

// This file finds parameters that are constants because every call of the function that the
// project holds gives the same one: what a helper does with them, it always does.

// maxSites bounds the calls of one function whose arguments are compared.
const maxSites = 200

// calledWith remembers the arguments of a call of the function.
func (f *Frame) calledWith(at ast.Node, actual []*Value) {
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
			} else if v.fallback == nil || len(f.given) > 1 {
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
		case one.lit != v.lit:
			// Several literals: none of them is the place to change.
			k := *one
			k.lit, k.mod = nil, nil
			one = &k
		}
	}
	return one
}
