package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
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
			if k := f.alwaysField(&c.Args[i]); k != nil {
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
func (f *Frame) alwaysField(a *Argument) *Value {
	v := a.Value
	if v == nil || f.fn == nil || f.fn.Params == nil {
		return nil
	}
	if v.exact != nil && v.exact.parent != nil && !v.IsConst() {
		if root := v.exact.parent; root.frame == f && root.parent == nil {
			return f.eng.fieldGiven(f.fn, root.index, v.exact.step)
		}
		return nil
	}
	if !v.isNumber() && (v.kind != KindUnknown || len(v.marks) > 0) {
		return nil
	}
	// Of a field that is declared as a number, or a member of an Enum, no more is known than that.
	at, ok := a.Node.(*ast.Attribute)
	if !ok {
		return nil
	}
	if inner, ok := at.Value.(*ast.Attribute); ok && at.Attr.Id == "value" && v.isNumber() {
		at = inner
	}
	switch root := at.Value.(type) {
	case *ast.Name:
		if i := paramNamed(f.fn, root.Id); i >= 0 {
			return f.eng.fieldGiven(f.fn, i, at.Attr.Id)
		}
	case *ast.Attribute: // `self.config.lr`
		if n, ok := root.Value.(*ast.Name); ok && f.isReceiver(n.Id) {
			init, _ := f.Class().lookup("__init__")
			if fn := init.Function(); fn != nil {
				if i := keptParam(f.Class(), fn, root.Attr.Id); i >= 0 {
					return f.eng.fieldGiven(fn, i, at.Attr.Id)
				}
			}
		}
	}
	return nil
}

// paramNamed is the index of a parameter to which the function assigns nothing itself; -1 for other names.
func paramNamed(fn *semantic.Function, name string) int {
	if fn.Def == nil || fn.Params == nil {
		return -1
	}
	for i, p := range fn.Params.List {
		if p.Name == nil || p.Name.Id != name {
			continue
		}
		if !setsName(fn.Def.Body, name) {
			return i
		}
	}
	return -1
}

// setsName reports whether statements give a name a value.
func setsName(body []ast.Stmt, name string) bool {
	set := false
	to := func(targets ...ast.Expr) {
		for _, t := range targets {
			ast.Inspect(t, func(n ast.Node) bool {
				x, ok := n.(*ast.Name)
				set = set || ok && x.Id == name
				_, inner := n.(ast.Expr)
				_, attr := n.(*ast.Attribute)
				_, item := n.(*ast.Subscript)
				return inner && !attr && !item
			})
		}
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			to(n.Targets...)
		case *ast.AugAssign:
			to(n.Target)
		case *ast.AnnAssign:
			to(n.Target)
		case *ast.For:
			to(n.Target)
		case *ast.NamedExpr:
			to(n.Target)
		case *ast.WithItem:
			if n.Target != nil {
				to(n.Target)
			}
		}
		return !set
	})
	return set
}

// keptParam is the index of the parameter of a constructor that an attribute holds as it is, where nothing else is
// ever assigned to it; -1 otherwise.
func keptParam(c *Class, init *semantic.Function, attr string) int {
	index, stores := -1, 0
	for _, k := range c.Linear() {
		if k.Node == nil {
			continue
		}
		ast.InspectStmts(k.Node.Body, func(n ast.Node) bool {
			var target, value ast.Expr
			switch s := n.(type) {
			case *ast.Assign:
				if len(s.Targets) == 1 {
					target, value = s.Targets[0], s.Value
				}
			case *ast.AnnAssign:
				target, value = s.Target, s.Value
			case *ast.AugAssign:
				target = s.Target
			}
			if at, ok := target.(*ast.Attribute); ok && at.Attr.Id == attr {
				stores++
				if n, ok := value.(*ast.Name); ok {
					index = paramNamed(init, n.Id)
				}
			}
			return true
		})
	}
	if stores != 1 {
		return -1
	}
	return index
}

// fieldGiven returns the constant that an attribute of a function's parameter is in each call, by its default where
// it is not given; nil where they differ or one is not known.
func (e *Engine) fieldGiven(fn *semantic.Function, index int, step string) *Value {
	if fn.Params == nil || index >= len(fn.Params.List) || fn.Params.List[index].Name == nil {
		return nil
	}
	name := fn.Params.List[index].Name.Id
	var absent *Value
	if ds := e.defaults[fn]; index < len(ds) {
		absent = ds[index]
	}
	var one *Value
	for _, c := range e.callersOf(fn) {
		pos := index
		if c.fillsFirst() {
			pos--
		}
		held := absent
		if a := c.Arg(pos, name); a != nil {
			held = a.Value
		} else if c.HasRest() {
			return nil
		}
		if held == nil || held.object() == nil || held.object().class == nil {
			return nil
		}
		class := held.object().class
		var k *Value
		if entry := c.Key(held, step); entry != nil {
			k = entry.Value
		} else if of, _ := class.lookup(step); of != nil && class.stored(step) == nil {
			k = of
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
