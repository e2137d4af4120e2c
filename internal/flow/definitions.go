package flow

import (
	"slices"
	"sort"
	"strconv"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file reads where the names, attributes and items of a function get their values, for slices.

// definition is a place where a name, an attribute or an item gets its value.
type definition struct {
	value ast.Expr
	// steps are read off the value.
	steps []string
	// item is set where the value becomes an item of the thing named, and more where there was
	// something before that stays. computed is set where something is made of the value.
	item, more, computed bool
	// from is the import that binds it, member the name there.
	from   *ast.ImportFrom
	member string
	// base is the name whose attribute it is.
	base string
	// at is where the assignment is done, block the statements in which it is certain to have
	// been, loop the outermost loop around it. only says that it is not known outside of the block.
	at          ast.Pos
	block, loop ast.Span
	only        bool
}

// definitions are those of a function, class body or module.
type definitions struct {
	names, attrs map[string][]*definition
	// assigners lists for a module the functions that declare a name global.
	assigners       map[string][]*semantic.Function
	stars           []*ast.ImportFrom
	returns, yields []ast.Expr
}

// reaching lists the definitions of a name that hold at a place; certain is set where there is
// no way to the place past all of them.
func (d *definitions) reaching(id string, at ast.Pos) (out []*definition, certain bool) {
	list := d.names[id]
	var last *definition
	for i := len(list) - 1; i >= 0; i-- {
		x := list[i]
		inside := x.block.Start <= at && at < x.block.End
		if x.at > at || x.only && !inside {
			continue
		}
		out = append(out, x)
		if !x.more && inside {
			last = x
			break
		}
	}
	for _, x := range list {
		if x.at > at && !x.only && x.loop.Start <= at && at < x.loop.End && (last == nil || last.at < x.loop.Start) {
			out = append(out, x)
		}
	}
	return out, last != nil
}

// definitionsOf reads the definitions of a frame's code, once.
func (e *Engine) definitionsOf(f *Frame) *definitions {
	var key any = f.mod
	var body []ast.Stmt
	switch {
	case f.fn != nil:
		key, body = f.fn, f.fn.Body
		if f.fn.Def != nil {
			body = f.fn.Def.Body
		}
	case f.class != nil:
		key, body = f.class.Node, f.class.Node.Body
	case f.mod.sem.File != nil:
		body = f.mod.sem.File.Body
	}
	if d := e.defined[key]; d != nil {
		return d
	}
	d := &definitions{names: map[string][]*definition{}, attrs: map[string][]*definition{}, assigners: map[string][]*semantic.Function{}}
	r := definer{d: d}
	if f.fn != nil && f.fn.Lambda != nil {
		r.inner(f.fn.Lambda.Body)
	} else {
		r.suite(body, ast.Span{Start: 0, End: 1 << 30})
	}
	for _, list := range d.names {
		sort.SliceStable(list, func(i, j int) bool { return list[i].at < list[j].at })
	}
	if f.fn == nil && f.class == nil {
		for _, fn := range f.mod.sem.Functions {
			for _, id := range fn.Scope.Globals() {
				d.assigners[id] = append(d.assigners[id], fn)
			}
		}
	}
	if e.defined == nil {
		e.defined = map[any]*definitions{}
	}
	e.defined[key] = d
	return d
}

// definer collects definitions in the order of the text.
type definer struct {
	d           *definitions
	block, loop ast.Span
}

func (r *definer) suite(body []ast.Stmt, block ast.Span) {
	outer := r.block
	r.block = block
	for _, s := range body {
		r.stmt(s)
	}
	r.block = outer
}

// span is that of a block.
func span(body []ast.Stmt) ast.Span {
	if len(body) == 0 {
		return ast.Span{}
	}
	return ast.Span{Start: body[0].Pos(), End: body[len(body)-1].Range().Stop() + 1}
}

func (r *definer) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.FunctionDef, *ast.ClassDef:
		return
	case *ast.Assign:
		r.inner(s.Value)
		for _, t := range s.Targets {
			r.target(t, definition{value: s.Value, at: s.Stop()})
		}
	case *ast.AnnAssign:
		if s.Value != nil {
			r.inner(s.Value)
			r.target(s.Target, definition{value: s.Value, at: s.Stop()})
		}
	case *ast.AugAssign:
		r.inner(s.Value)
		r.target(s.Target, definition{value: s.Value, at: s.Stop(), more: true, computed: true})
	case *ast.For:
		r.inner(s.Iter)
		outer, block := r.loop, r.block
		if r.loop == (ast.Span{}) {
			r.loop = s.Range()
		}
		r.block = s.Range()
		r.target(s.Target, definition{value: s.Iter, steps: []string{EachItem}, at: s.Iter.Range().Stop()})
		r.suite(s.Body, span(s.Body))
		r.loop, r.block = outer, block
		r.suite(s.Orelse, span(s.Orelse))
		return
	case *ast.While:
		outer := r.loop
		if r.loop == (ast.Span{}) {
			r.loop = s.Range()
		}
		r.inner(s.Test)
		r.suite(s.Body, span(s.Body))
		r.loop = outer
		r.suite(s.Orelse, span(s.Orelse))
		return
	case *ast.With:
		for _, i := range s.Items {
			r.inner(i.Context)
			if i.Target != nil {
				r.target(i.Target, definition{value: i.Context, at: i.Context.Range().Stop()})
			}
		}
		r.suite(s.Body, r.block)
		return
	case *ast.Try:
		r.suite(s.Body, r.block)
		for _, h := range s.Handlers {
			r.suite(h.Body, span(h.Body))
		}
		r.suite(s.Orelse, r.block)
		r.suite(s.Final, r.block)
		return
	case *ast.Match:
		r.inner(s.Subject)
	case *ast.ImportFrom:
		for _, a := range s.Names {
			if a.Name == "*" {
				r.d.stars = append(r.d.stars, s)
				continue
			}
			r.put(r.d.names, semantic.BoundName(a), definition{from: s, member: a.Name, at: s.Stop()})
		}
		return
	case *ast.Return:
		if s.Value != nil {
			r.inner(s.Value)
			r.d.returns = append(r.d.returns, s.Value)
		}
	case *ast.ExprStmt:
		r.inner(s.Value)
		r.grows(s.Value)
	case *ast.If:
		r.inner(s.Test)
		r.suite(s.Body, span(s.Body))
		r.suite(s.Orelse, span(s.Orelse))
		return
	default:
		ast.Children(s, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok {
				r.inner(x)
			}
			return true
		})
	}
	for _, body := range ast.Suites(s) {
		r.suite(body, span(body))
	}
}

func (r *definer) put(to map[string][]*definition, id string, d definition) {
	if d.block == (ast.Span{}) {
		d.block = r.block
	}
	d.loop = r.loop
	to[id] = append(to[id], &d)
}

// target binds what stands on the left of an assignment.
func (r *definer) target(t ast.Expr, d definition) {
	switch t := t.(type) {
	case *ast.Name:
		r.put(r.d.names, t.Id, d)
	case *ast.Tuple:
		r.targets(t.Elts, d)
	case *ast.List:
		r.targets(t.Elts, d)
	case *ast.Starred:
		r.target(t.Value, d)
	case *ast.Attribute:
		if id, ok := t.Value.(*ast.Name); ok {
			d.base = id.Id
			r.put(r.d.attrs, t.Attr.Id, d)
		}
	case *ast.Subscript:
		d.item, d.more = true, true
		switch b := t.Value.(type) {
		case *ast.Name:
			r.put(r.d.names, b.Id, d)
		case *ast.Attribute:
			if id, ok := b.Value.(*ast.Name); ok {
				d.base = id.Id
				r.put(r.d.attrs, b.Attr.Id, d)
			}
		}
	}
}

func (r *definer) targets(list []ast.Expr, d definition) {
	starred := false
	for i, t := range list {
		x := d
		_, star := t.(*ast.Starred)
		starred = starred || star
		switch {
		case star:
			x.computed = true
		case starred:
			x.steps = append(slices.Clone(d.steps), EachItem)
		default:
			x.steps = append(slices.Clone(d.steps), strconv.Itoa(i))
		}
		r.target(t, x)
	}
}

// grows reads `x.append(y)` and its kin as definitions of what x holds.
func (r *definer) grows(e ast.Expr) {
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) == 0 {
		return
	}
	at, ok := c.Fn.(*ast.Attribute)
	if !ok {
		return
	}
	d := definition{value: c.Args[len(c.Args)-1], at: c.Stop(), more: true}
	switch at.Attr.Id {
	case "append", "add", "insert", "put", "appendleft":
		d.item = true
	case "extend", "update":
	case "add_", "sub_", "mul_", "div_", "copy_", "lerp_": // a tensor's own numbers
		d.computed = true
	default:
		return
	}
	on := at.Value
	if data, ok := on.(*ast.Attribute); ok && data.Attr.Id == "data" {
		on = data.Value
	}
	switch b := on.(type) {
	case *ast.Name:
		r.put(r.d.names, b.Id, d)
	case *ast.Attribute:
		if id, ok := b.Value.(*ast.Name); ok {
			d.base = id.Id
			r.put(r.d.attrs, b.Attr.Id, d)
		}
	}
}

// inner reads the definitions within an expression.
func (r *definer) inner(e ast.Expr) {
	if e == nil {
		return
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Lambda:
			return false
		case *ast.NamedExpr:
			r.target(n.Target, definition{value: n.Value, at: n.Stop()})
		case *ast.Comp:
			for _, c := range n.Clauses {
				r.target(c.Target, definition{value: c.Iter, steps: []string{EachItem}, at: n.Pos(), block: n.Range(), only: true})
			}
			r.grows(n.Elt) // [x.append(y) for y in z]
		case *ast.Yield:
			if n.Value != nil && !n.From {
				r.d.yields = append(r.d.yields, n.Value)
			}
		}
		return true
	})
}
