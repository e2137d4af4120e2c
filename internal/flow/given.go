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
	if len(f.given) > maxSites {
		return
	}
	known := map[int]*Value{}
	for _, c := range f.Calls {
		if c.Symbol == nil {
			continue
		}
		f.layOut(c)
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

// layOut adds to a call the arguments that `**options` of a parameter holds in each call of the function. There
// may be more, so that nothing is known to be absent.
func (f *Frame) layOut(c *Call) {
	for i, a := range c.Args {
		if !a.Rest || a.Keyword == nil || a.Value == nil {
			continue
		}
		o := a.Value.exact
		if o == nil || o.parent != nil || o.frame == nil || o.frame.fn == nil {
			continue
		}
		items := f.eng.itemsGiven(o.frame.fn, o.index, 0)
		c.Args[i].Whole = f.eng.givesOnly(o.frame.fn, o.index, items)
		for _, en := range items {
			if c.Arg(-1, en.Name) == nil {
				c.Args = append(slices.Clip(c.Args), Argument{Name: en.Name, Pos: -1, Value: en.Value, Node: a.Node, Given: en.Node, Keyword: a.Keyword, Unpacked: true})
			}
		}
	}
}

// maxSpread bounds through how many functions a mapping is followed.
const maxSpread = 2

// itemsGiven lists the constants that the mapping given for a parameter holds in each call of the function.
func (e *Engine) itemsGiven(fn *semantic.Function, index, depth int) []Entry {
	callers := e.callersOf(fn)
	if depth > maxSpread || len(callers) > maxGiven || fn.Params == nil || index >= len(fn.Params.List) || fn.Params.List[index].Name == nil {
		return nil
	}
	var all []Entry
	first := true
	for _, c := range callers {
		if c.Frame.mod.sem.Test && !fn.Module.Test {
			continue // what tests give says nothing of what a program does
		}
		var items []Entry
		if p := fn.Params.List[index]; p.ParamKind == ast.VarKeyword {
			for i := range c.Args {
				a := &c.Args[i]
				switch {
				case a.Rest && a.Keyword != nil:
					items = append(items, e.itemsOf(c, a.Value, depth)...)
				case a.Name != "" && paramOf(fn, a.Name) < 0:
					items = append(items, Entry{Name: a.Name, Value: a.Value, Node: a.Given})
				}
			}
		} else {
			pos := index
			if c.fillsFirst() {
				pos--
			}
			if a := c.Arg(pos, p.Name.Id); a != nil {
				items = e.itemsOf(c, a.Value, depth)
			}
		}
		if first {
			all, first = constantItems(items), false
			continue
		}
		all = slices.DeleteFunc(all, func(en Entry) bool {
			i := slices.IndexFunc(items, func(o Entry) bool { return o.Name == en.Name })
			return i < 0 || !items[i].Value.IsConst() || !sameShape(items[i].Value, en.Value)
		})
		for i := range all {
			j := slices.IndexFunc(items, func(o Entry) bool { return o.Name == all[i].Name })
			if all[i].Node != items[j].Node {
				all[i].Node = nil // several literals: none of them is the place to change
			}
		}
	}
	return all
}

// givesOnly reports whether each call of a function gives its `**x` these items by keywords, and no others.
func (e *Engine) givesOnly(fn *semantic.Function, index int, items []Entry) bool {
	callers := e.callersOf(fn)
	if len(callers) == 0 || len(callers) > maxGiven || fn.Params == nil || index >= len(fn.Params.List) || fn.Params.List[index].ParamKind != ast.VarKeyword {
		return false
	}
	for _, c := range callers {
		for i := range c.Args {
			a := &c.Args[i]
			if a.Rest || a.Name != "" && paramOf(fn, a.Name) < 0 && !slices.ContainsFunc(items, func(en Entry) bool { return en.Name == a.Name }) {
				return false
			}
		}
	}
	return true
}

// constantItems are the entries of constant names and values, one for each name.
func constantItems(items []Entry) []Entry {
	var out []Entry
	for _, en := range items {
		if en.Key == nil && en.Value.IsConst() && !slices.ContainsFunc(out, func(o Entry) bool { return o.Name == en.Name }) {
			out = append(out, en)
		}
	}
	return out
}

// itemsOf lists the items of a mapping as they are at a call, of a parameter those that all calls give.
func (e *Engine) itemsOf(c *Call, v *Value, depth int) []Entry {
	if o := v.exact; o != nil && o.parent == nil && o.frame != nil && o.frame.fn != nil {
		return e.itemsGiven(o.frame.fn, o.index, depth+1)
	}
	if o := v.object(); o == nil || o.kind != Dict {
		return nil
	}
	entries, _, _ := c.Entries(v)
	return entries
}

// paramOf is the index of a parameter; -1 for other names.
func paramOf(fn *semantic.Function, name string) int {
	return slices.IndexFunc(fn.Params.List, func(p *ast.Param) bool {
		return p.Name != nil && p.Name.Id == name && p.ParamKind != ast.VarKeyword && p.ParamKind != ast.VarPositional
	})
}

// alwaysField returns the constant that an attribute of a parameter is in each call: `args.lr`
// of what all callers make as `Config()`. It is nil for other values.
func (f *Frame) alwaysField(a *Argument) *Value {
	v := a.Value
	if v == nil || f.fn == nil || f.fn.Params == nil {
		return nil
	}
	if v.kind == KindUnion {
		return f.unionGiven(a)
	}
	if v.exact != nil && v.exact.parent != nil && !v.IsConst() {
		if k := f.eng.heldGiven(v); k != nil || v.exact.parent.parent == nil {
			return k
		}
	} else if !v.isNumber() && (v.kind != KindUnknown || len(v.marks) > 0) {
		return nil
	}
	return f.fieldAt(a)
}

// fieldAt returns the constant that an argument `config.lr` or `self.config.lr` is in each call, by what stands there.
func (f *Frame) fieldAt(a *Argument) *Value {
	v := a.Value
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

// heldGiven returns the constant that the attribute of a parameter is in each call of the function, which may be
// the constructor that keeps it; where nothing calls the function, what the default holds is the value's default.
func (e *Engine) heldGiven(v *Value) *Value {
	root := v.exact.parent
	if root == nil || root.parent != nil || root.frame == nil || root.frame.fn == nil {
		return nil
	}
	fn := root.frame.fn
	if k := e.fieldGiven(fn, root.index, v.exact.step); k != nil {
		return k
	}
	if ds := e.defaults[fn]; len(e.callersOf(fn)) == 0 && root.index < len(ds) {
		if k := fieldOf(nil, ds[root.index], v.exact.step); k != nil {
			d := *v
			d.setDefault(k)
			return &d
		}
	}
	return nil
}

// unionGiven returns the constant behind an attribute of `self.config = config or Config()`: what the alternatives
// are, without the parameter, where no call gives it, or what all calls give where that is the same.
func (f *Frame) unionGiven(a *Argument) *Value {
	var one, absent *Value
	for _, v := range a.Value.Alternatives() {
		k := v
		if o := v.exact; o != nil && !v.IsConst() {
			root := o.parent
			if root == nil || root.frame == nil || root.frame.fn == nil {
				return nil
			}
			given, called := true, true
			if root.parent == nil {
				given, called = f.eng.everGiven(root.frame.fn, root.index)
			}
			switch {
			case root.parent != nil:
				k = f.fieldAt(a)
			case given:
				k = f.eng.fieldGiven(root.frame.fn, root.index, o.step)
			case !called:
				absent = v
				continue
			default:
				continue
			}
		}
		if k == nil || !k.IsConst() || one != nil && !sameShape(one, k) {
			return nil
		}
		one = k
	}
	if one == nil || absent == nil {
		return one
	}
	d := *absent
	d.setDefault(one)
	return &d
}

// everGiven reports whether a call of a function gives a parameter whose default is None, and whether there is any
// call. A parameter without such a default counts as given.
func (e *Engine) everGiven(fn *semantic.Function, index int) (given, called bool) {
	ds := e.defaults[fn]
	if index >= len(ds) || ds[index] == nil || !ds[index].IsNone() || fn.Params == nil || index >= len(fn.Params.List) || fn.Params.List[index].Name == nil {
		return true, true
	}
	for _, c := range e.callersOf(fn) {
		if c.Frame.mod.sem.Test && !fn.Module.Test {
			continue
		}
		called = true
		pos := index
		if c.fillsFirst() {
			pos--
		}
		if a := c.Arg(pos, fn.Params.List[index].Name.Id); a != nil && !a.Value.IsNone() || a == nil && c.HasRest() {
			return true, true
		}
	}
	return false, called
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
		if c.Frame.mod.sem.Test && !fn.Module.Test {
			continue
		}
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
		k := fieldOf(c, held, step)
		if k == nil || one != nil && !sameShape(one, k) {
			return nil
		}
		one = k
	}
	return one
}

// fieldOf returns the constant that an attribute of an instance is, as it was at a call where one is given, or as
// its class says; nil where it is not known.
func fieldOf(c *Call, held *Value, step string) *Value {
	if held == nil || held.object() == nil || held.object().class == nil {
		return nil
	}
	class := held.object().class
	var k *Value
	if c == nil {
		c = &Call{}
	}
	if entry := c.Key(held, step); entry != nil {
		k = entry.Value
	} else if of, _ := class.lookup(step); of != nil && class.stored(step) == nil {
		k = of
	}
	if k == nil || !k.IsConst() {
		return nil
	}
	return k
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
