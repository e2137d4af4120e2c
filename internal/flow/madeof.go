package flow

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells of which calls an expression's value was made: a backward slice (Weiser, "Program
// Slicing", 1981) along assignments, items, attributes, parameters and returns, through the functions
// and modules of the project. Unlike marks it needs no label and costs nothing until a check asks.

// Ingredient is what the value of an expression was made of.
type Ingredient struct {
	// Call is the call that gave it; nil for others.
	Call *Call
	// Literal is a constant that is written in the code of Frame.
	Literal ast.Expr
	// Param is a parameter of the function that Frame analyses. What the project's calls give for
	// it is listed as well.
	Param *ast.Param
	Frame *Frame
	// Steps were read off it, the first step first: "0" for the first item, "key" for that of a
	// constant key, ".name" for an attribute, EachItem for an item that is not told apart.
	Steps []string
	// Whole is set where the value is it, or what was read off it, in whatever form (a list for an
	// array, an int for a tensor of one); Held where the value is a list, dict or instance that
	// holds that. Otherwise something was computed of it.
	Whole, Held bool
}

// relation says what an expression has of something.
type relation uint8

const (
	madeOf relation = iota // is computed of it
	holdsIt
	isIt
)

// Spelled is an expression in the code of a frame.
type Spelled struct {
	Frame *Frame
	Expr  ast.Expr
}

// EachItem is the step that reads an item which is not told apart: by a loop, by a variable.
const EachItem = "*"

// The bounds of a slice: expressions looked at, functions entered or left, steps kept.
const (
	maxSliced     = 3000
	maxSliceDepth = 6
	maxSliceSteps = 6
)

// MadeOf lists what the value of an expression of the frame's code was made of, nearest first. It
// is known to a visitor only.
func (f *Frame) MadeOf(e ast.Expr) []Ingredient {
	s := slicer{eng: f.eng, seen: map[sliceKey]bool{}}
	s.expr(f, e, nil, isIt, nil)
	return s.out
}

// MadeOfExcept is MadeOf without what comes by way of the expressions that skip names. Where taken
// is not nil, it is code of the frame's file that is taken to have run: a name assigned in it has
// no other value.
func (f *Frame) MadeOfExcept(e ast.Expr, skip func(ast.Node) bool, taken ast.Node) []Ingredient {
	s := slicer{eng: f.eng, seen: map[sliceKey]bool{}, skip: skip, taken: taken, takenIn: f.mod}
	s.expr(f, e, nil, isIt, nil)
	return s.out
}

// SpelledOut lists the expressions that an expression stands for, by way of names, attributes,
// parameters and returns: of `probs` what was assigned to it. Itself comes first; where a name
// may be one of several, all are listed. It is known to a visitor only.
func (f *Frame) SpelledOut(e ast.Expr) []Spelled {
	s := slicer{eng: f.eng, seen: map[sliceKey]bool{}, spells: true}
	s.expr(f, e, nil, isIt, nil)
	return s.spelled
}

// CallAt returns the call that a node of the frame's code is, nil for other nodes.
func (f *Frame) CallAt(n ast.Node) *Call {
	if f.callIndex == nil {
		f.callIndex = make(map[ast.Node]*Call, len(f.Calls))
		for _, c := range f.Calls {
			f.callIndex[c.Node] = c
		}
	}
	return f.callIndex[n]
}

// Callers lists the calls of the function that the frame analyses, those of an instance's
// __call__, forward and __init__ included. It is known to a visitor only.
func (f *Frame) Callers() []*Call {
	if f.fn == nil {
		return nil
	}
	return f.eng.callsOf(f.fn)
}

// Enters lists the analyses of the functions of the project that a call runs: what is called,
// the __call__ or forward of an instance, the __init__ of a class.
func (c *Call) Enters() []*Frame {
	var out []*Frame
	for _, fn := range entered(c) {
		if g := c.Frame.eng.frameOf(fn); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// AnalysisOf returns an analysis of a function of the project, nil where there is none. It is
// known to a visitor only.
func (f *Frame) AnalysisOf(fn *semantic.Function) *Frame { return f.eng.frameOf(fn) }

// GivenTo returns the argument that a call gives for a parameter, by its name, of a function that
// it enters; nil where there is none.
func (c *Call) GivenTo(fn *semantic.Function, param string) *Argument {
	if fn == nil || fn.Params == nil {
		return nil
	}
	skip := 0
	if fn.Class != nil && !hasDecorator(fn, "staticmethod") && (c.Callee.kind != KindFunction || c.Callee.ref.(*closure).self != nil || c.Receiver != nil && c.Receiver.kind != KindClass) {
		skip = 1
	}
	for i, p := range fn.Params.List {
		if p.Name != nil && p.Name.Id == param {
			if i < skip {
				return nil
			}
			return c.Arg(i-skip, param)
		}
	}
	return nil
}

// entered lists the functions of the project that a call runs.
func entered(c *Call) []*semantic.Function {
	var out []*semantic.Function
	for _, v := range c.Callee.Alternatives() {
		switch v.kind {
		case KindFunction:
			out = append(out, v.ref.(*closure).fn)
		case KindPartial:
			if p, ok := v.ref.(*partial); ok && p.fn.Function() != nil {
				out = append(out, p.fn.Function())
			}
		case KindClass:
			if m, _ := v.ref.(*Class).lookup("__init__"); m.Function() != nil {
				out = append(out, m.Function())
			}
		case KindObject:
			class := v.ref.(*Object).class
			if class == nil {
				continue
			}
			for _, name := range [...]string{"__call__", "forward", "call"} {
				if m, _ := class.lookup(name); m.Function() != nil {
					out = append(out, m.Function())
					break
				}
			}
		}
	}
	return out
}

// callsOf lists the calls that run a function.
func (e *Engine) callsOf(fn *semantic.Function) []*Call {
	if e.entering == nil {
		e.entering = map[*semantic.Function][]*Call{}
		seen := map[ast.Node]bool{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				if seen[c.Node] || c.Callee == nil {
					continue
				}
				for _, g := range entered(c) {
					seen[c.Node] = true
					e.entering[g] = append(e.entering[g], c)
				}
			}
		}
	}
	return e.entering[fn]
}

// frameOf returns an analysis of a function.
func (e *Engine) frameOf(fn *semantic.Function) *Frame {
	if e.framesByFn == nil {
		e.framesByFn = map[*semantic.Function]*Frame{}
		for _, f := range e.analysed {
			if f.fn != nil && f.done && e.framesByFn[f.fn] == nil {
				e.framesByFn[f.fn] = f
			}
		}
	}
	return e.framesByFn[fn]
}

// entry is a call through which a slice came into a function, so that it leaves it there.
type entry struct {
	call  *Call
	fn    *semantic.Function
	outer *entry
	depth int
}

type sliceKey struct {
	node  ast.Node
	via   ast.Node
	steps string
	rel   relation
}

type slicer struct {
	eng   *Engine
	seen  map[sliceKey]bool
	n     int
	depth int
	out   []Ingredient
	// spells is set where only the expressions that stand for one are asked for.
	spells bool
	// skip names expressions that are not followed.
	skip func(ast.Node) bool
	// taken is code of the file takenIn that is taken to have run.
	taken   ast.Node
	takenIn *module
	spelled []Spelled
}

// once reports whether an expression is looked at for the first time in this way.
func (s *slicer) once(n ast.Node, steps []string, rel relation, via *entry) bool {
	if s.n++; s.n > maxSliced {
		return false
	}
	k := sliceKey{node: n, steps: strings.Join(steps, "\x00"), rel: rel}
	if via != nil {
		k.via = via.call.Node
	}
	if s.seen[k] {
		return false
	}
	s.seen[k] = true
	return true
}

// before puts a step in front of those that are taken after it.
func before(step string, steps []string) []string {
	if len(steps) >= maxSliceSteps {
		steps = steps[:maxSliceSteps-1]
	}
	return append([]string{step}, steps...)
}

func isIndex(step string) bool {
	_, err := strconv.Atoi(step)
	return err == nil
}

// items reports whether a step reads an item of a sequence.
func readsItem(steps []string) bool {
	return len(steps) > 0 && (steps[0] == EachItem || isIndex(steps[0]))
}

func (s *slicer) add(in Ingredient) {
	for _, o := range s.out {
		if o.Call == in.Call && o.Param == in.Param && o.Whole == in.Whole && o.Held == in.Held && o.Literal == in.Literal && slices.Equal(o.Steps, in.Steps) {
			return
		}
	}
	in.Steps = slices.Clone(in.Steps)
	s.out = append(s.out, in)
}

// expr follows an expression of which steps are read; rel says what the value asked
// about has of it.
func (s *slicer) expr(f *Frame, e ast.Expr, steps []string, rel relation, via *entry) {
	if e == nil || f == nil || s.skip != nil && s.skip(e) || !s.once(e, steps, rel, via) {
		return
	}
	if s.depth++; s.depth > 400 {
		s.depth--
		return
	}
	defer func() { s.depth-- }()
	if s.spells && rel == isIt && len(steps) == 0 {
		s.spelled = append(s.spelled, Spelled{f, e})
	}
	switch e := e.(type) {
	case *ast.Name:
		s.name(f, e.Id, e.Pos(), steps, rel, via)
	case *ast.Call:
		s.call(f, e, steps, rel, via)
	case *ast.Attribute:
		if m := s.module(f, e.Value); m != nil {
			s.global(m, e.Attr.Id, steps, rel, 0)
			return
		}
		if !s.attribute(f, e, steps, rel, via) {
			s.expr(f, e.Value, before("."+e.Attr.Id, steps), rel, via)
		}
	case *ast.Subscript:
		switch i := e.Index.(type) {
		case *ast.Number:
			s.expr(f, e.Value, before(i.Text, steps), rel, via)
		case *ast.Str:
			s.expr(f, e.Value, before(i.Value, steps), rel, via)
		case *ast.Slice, *ast.Tuple:
			s.expr(f, e.Value, steps, madeOf, via)
			s.expr(f, i, nil, madeOf, via)
		case *ast.UnaryOp: // [-1]
			s.expr(f, e.Value, before(EachItem, steps), rel, via)
		default:
			s.expr(f, e.Value, before(EachItem, steps), rel, via)
			s.expr(f, e.Index, nil, madeOf, via) // which item it is
		}
	case *ast.Await:
		s.expr(f, e.Value, steps, rel, via)
	case *ast.NamedExpr:
		s.expr(f, e.Value, steps, rel, via)
	case *ast.Starred:
		s.expr(f, e.Value, steps, rel, via)
	case *ast.IfExp:
		s.expr(f, e.Body, steps, rel, via)
		s.expr(f, e.Orelse, steps, rel, via)
	case *ast.BoolOp:
		for _, v := range e.Values {
			s.expr(f, v, steps, rel, via)
		}
	case *ast.Tuple:
		s.sequence(f, e.Elts, steps, rel, via)
	case *ast.List:
		s.sequence(f, e.Elts, steps, rel, via)
	case *ast.Set:
		s.sequence(f, e.Elts, steps, rel, via)
	case *ast.Dict:
		if len(steps) > 0 {
			for i, k := range e.Keys {
				if t, ok := k.(*ast.Str); ok && t.Value == steps[0] {
					s.expr(f, e.Values[i], steps[1:], rel, via)
					return
				}
			}
		}
		for _, v := range e.Values {
			s.expr(f, v, nil, min(rel, holdsIt), via)
		}
	case *ast.Comp:
		inner, same := []string(nil), min(rel, holdsIt)
		if readsItem(steps) {
			inner, same = steps[1:], rel
		}
		if e.Key != nil {
			s.expr(f, e.Key, nil, madeOf, via)
		}
		s.expr(f, e.Elt, inner, same, via)
	case *ast.BinOp:
		for _, x := range [...]ast.Expr{e.Left, e.Right} {
			switch l := x.(type) {
			case *ast.List:
				if e.Op == "*" { // [x] * n
					s.sequence(f, l.Elts, steps, rel, via)
					return
				}
			case *ast.Tuple:
				if e.Op == "*" {
					s.sequence(f, l.Elts, steps, rel, via)
					return
				}
			}
		}
		s.expr(f, e.Left, nil, madeOf, via)
		s.expr(f, e.Right, nil, madeOf, via)
	case *ast.Number, *ast.Str, *ast.Constant:
		s.add(Ingredient{Literal: e, Frame: f, Steps: steps, Whole: rel == isIt, Held: rel == holdsIt})
	case *ast.Lambda:
	default:
		ast.Children(e, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok {
				s.expr(f, x, nil, madeOf, via)
			}
			return true
		})
	}
}

func (s *slicer) sequence(f *Frame, elts []ast.Expr, steps []string, rel relation, via *entry) {
	if len(steps) == 0 {
		for _, x := range elts {
			s.expr(f, x, nil, min(rel, holdsIt), via)
		}
		return
	}
	if i, err := strconv.Atoi(steps[0]); err == nil && i < len(elts) && i >= 0 {
		s.expr(f, elts[i], steps[1:], rel, via)
		return
	}
	for _, x := range elts {
		s.expr(f, x, steps[1:], rel, via)
	}
}

// sameThing lists functions and methods whose result is their argument, or receiver, in another
// form.
var sameThing = map[string]bool{
	"int": true, "float": true, "list": true, "tuple": true, "iter": true, "reversed": true, "asarray": true, "array": true, "as_tensor": true, "tensor": true,
	"from_numpy": true, "ascontiguousarray": true, "tqdm": true, "item": true, "tolist": true, "numpy": true, "cpu": true, "cuda": true, "to": true, "detach": true, "eval": true, "train": true,
	"half": true, "double": true, "long": true, "squeeze": true, "astype": true, "contiguous": true, "requires_grad_": true, "ravel": true, "flatten": true, "to_device": true, "copy": true, "clone": true, "ModuleList": true,
}

func (s *slicer) call(f *Frame, e *ast.Call, steps []string, rel relation, via *entry) {
	c := f.CallAt(e)
	name := ""
	var receiver ast.Expr
	switch fn := e.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
		if s.module(f, fn.Value) == nil {
			receiver = fn.Value
		}
	}
	if c != nil {
		s.add(Ingredient{Call: c, Frame: f, Steps: steps, Whole: rel == isIt, Held: rel == holdsIt})
		known := false
		for _, fn := range entered(c) {
			if fn.Name != "__init__" {
				known = s.returned(c, fn, steps, rel, via) || known
			}
		}
		if known {
			return
		}
	}
	arg := func(i int) ast.Expr {
		if i < len(e.Args) {
			return e.Args[i]
		}
		return nil
	}
	switch {
	case name == "zip" && len(steps) > 1 && steps[0] == EachItem && isIndex(steps[1]):
		i, _ := strconv.Atoi(steps[1])
		s.expr(f, arg(i), before(EachItem, steps[2:]), rel, via)
		return
	case name == "enumerate" && len(steps) > 1 && steps[0] == EachItem && isIndex(steps[1]):
		if steps[1] == "1" {
			s.expr(f, arg(0), before(EachItem, steps[2:]), rel, via)
		}
		return
	case name == "items" && receiver != nil && len(e.Args) == 0 && len(steps) > 1 && steps[0] == EachItem && steps[1] == "1":
		s.expr(f, receiver, before(EachItem, steps[2:]), rel, via)
		return
	case name == "values" && receiver != nil && len(e.Args) == 0:
		s.expr(f, receiver, steps, rel, via)
		return
	case name == "next" && receiver == nil:
		s.expr(f, arg(0), before(EachItem, steps), rel, via)
		return
	case name == "get" && receiver != nil && c != nil && !s.library(c):
		if k, ok := arg(0).(*ast.Str); ok {
			s.expr(f, receiver, before(k.Value, steps), rel, via)
			return
		}
	case sameThing[name] && (c == nil || c.Symbol == nil || !strings.HasPrefix(c.Symbol.String(), "torch.optim")):
		// numpy.asarray(x), x.numpy(): a library is no thing of which something is read.
		if x := arg(0); x != nil && (receiver == nil || s.library(c)) {
			s.expr(f, x, steps, rel, via)
			return
		}
		if receiver != nil {
			s.expr(f, receiver, steps, rel, via)
			return
		}
	}
	if !s.library(c) {
		if receiver != nil {
			s.expr(f, receiver, nil, madeOf, via)
		} else {
			s.expr(f, e.Fn, nil, madeOf, via)
		}
	}
	rel = min(rel, holdsIt)
	if name != "dict" && (c == nil || c.Callee.Kind() != KindClass) {
		rel = madeOf // an instance holds what it is made of
	}
	for _, a := range e.Args {
		s.expr(f, a, nil, rel, via)
	}
	for _, k := range e.Keywords {
		s.expr(f, k.Value, nil, rel, via)
	}
}

// library reports whether what is called is a function of a library rather than a method of a
// thing.
func (s *slicer) library(c *Call) bool {
	if c == nil || c.Receiver == nil {
		return false
	}
	r := c.Receiver
	return r.kind == KindExternal && r.call == nil && len(r.marks) == 0 && r.exact == nil && !strings.Contains(r.Name(), "()")
}

// returned follows what a function gives to a call; it is false where nothing is known of that.
func (s *slicer) returned(c *Call, fn *semantic.Function, steps []string, rel relation, via *entry) bool {
	g := s.eng.frameOf(fn)
	if g == nil || via != nil && via.depth >= maxSliceDepth {
		return false
	}
	in := &entry{call: c, fn: fn, outer: via}
	if via != nil {
		in.depth = via.depth + 1
	}
	d := s.eng.definitionsOf(g)
	if fn.Lambda != nil {
		s.expr(g, fn.Lambda.Body, steps, rel, in)
		return true
	}
	for _, x := range d.returns {
		s.expr(g, x, steps, rel, in)
	}
	for _, x := range d.yields {
		rest, same := []string(nil), min(rel, holdsIt)
		if readsItem(steps) {
			rest, same = steps[1:], rel
		}
		s.expr(g, x, rest, same, in)
	}
	return len(d.returns)+len(d.yields) > 0
}

// less is a relation after something was computed.
func less(rel relation, computed bool) relation {
	if computed {
		return madeOf
	}
	return rel
}

// name follows a name at a place of the frame's code.
func (s *slicer) name(f *Frame, id string, at ast.Pos, steps []string, rel relation, via *entry) {
	d := s.eng.definitionsOf(f)
	defs, certain := d.reaching(id, at)
	if f.fn != nil && f.scope.IsGlobal(id) {
		s.global(f.mod, id, steps, rel, 0)
		return
	}
	if s.taken != nil && f.mod == s.takenIn {
		for _, x := range defs {
			if x.value != nil && x.at <= at && (x.value.Range().Contains(s.taken.Range()) || s.taken.Range().Contains(x.value.Range())) {
				defs, certain = []*definition{x}, true
				break
			}
		}
	}
	for _, x := range defs {
		s.definition(f, x, steps, rel, via)
	}
	if certain || s.param(f, id, steps, rel, via) || len(defs) > 0 && f.fn != nil {
		return
	}
	if f.fn == nil && f.class == nil {
		if len(defs) == 0 {
			s.global(f.mod, id, steps, rel, 0)
		}
		return
	}
	outer := via
	for outer != nil && f.fn != nil && outer.fn == f.fn {
		outer = outer.outer
	}
	for g := f.env; g != nil && g.fn != nil; g = g.env {
		list := s.eng.definitionsOf(g).names[id]
		for _, x := range list {
			if !x.only {
				s.definition(g, x, steps, rel, nil)
			}
		}
		if s.param(g, id, steps, rel, outer) || len(list) > 0 {
			return
		}
	}
	s.global(f.mod, id, steps, rel, 0)
}

// definition follows one of the places where a name gets its value.
func (s *slicer) definition(f *Frame, d *definition, steps []string, rel relation, via *entry) {
	switch {
	case d.from != nil:
		if m := s.imported(f, d.from); m != nil {
			s.global(m, d.member, steps, rel, 1)
		}
	case d.item:
		if len(steps) > 0 {
			s.expr(f, d.value, steps[1:], less(rel, d.computed), via)
		} else {
			s.expr(f, d.value, nil, min(less(rel, d.computed), holdsIt), via)
		}
	default:
		for i := len(d.steps) - 1; i >= 0; i-- {
			steps = before(d.steps[i], steps)
		}
		s.expr(f, d.value, steps, less(rel, d.computed), via)
	}
}

// param follows a parameter to the calls of the function.
func (s *slicer) param(f *Frame, id string, steps []string, rel relation, via *entry) bool {
	if f.fn == nil || f.fn.Params == nil {
		return false
	}
	var p *ast.Param
	for _, x := range f.fn.Params.List {
		if x.Name != nil && x.Name.Id == id {
			p = x
		}
	}
	if p == nil {
		return false
	}
	s.add(Ingredient{Param: p, Frame: f, Steps: steps, Whole: rel == isIt, Held: rel == holdsIt})
	if via != nil && via.fn == f.fn {
		if a := via.call.GivenTo(f.fn, id); a != nil && !a.Unpacked {
			s.expr(via.call.Frame, a.Node, steps, rel, via.outer)
		} else if a == nil && p.Default != nil {
			s.expr(f.Body(), p.Default, steps, rel, nil)
		}
		return true
	}
	callers := s.eng.callsOf(f.fn)
	omitted := len(callers) == 0
	for _, c := range callers {
		if a := c.GivenTo(f.fn, id); a != nil && !a.Unpacked {
			s.expr(c.Frame, a.Node, steps, rel, nil)
		} else if a == nil {
			omitted = true
		}
	}
	if omitted && p.Default != nil {
		s.expr(f.Body(), p.Default, steps, rel, nil)
	}
	return true
}

// maxModules bounds through how many modules a name is followed that they import of each other.
const maxModules = 8

// global follows a name of a module.
func (s *slicer) global(m *module, id string, steps []string, rel relation, depth int) {
	if m == nil || m.frame == nil || depth > maxModules || m.sem.File == nil {
		return
	}
	d := s.eng.definitionsOf(m.frame)
	list := d.names[id]
	for _, x := range list {
		if !x.only {
			if x.from != nil {
				if o := s.imported(m.frame, x.from); o != nil && o != m {
					s.global(o, x.member, steps, rel, depth+1)
				}
				continue
			}
			s.definition(m.frame, x, steps, rel, nil)
		}
	}
	for _, fn := range d.assigners[id] {
		if g := s.eng.frameOf(fn); g != nil {
			for _, x := range s.eng.definitionsOf(g).names[id] {
				s.definition(g, x, steps, rel, nil)
			}
		}
	}
	if len(list) == 0 {
		for _, x := range d.stars {
			if o := s.imported(m.frame, x); o != nil && o != m {
				s.global(o, id, steps, rel, depth+1)
			}
		}
	}
}

// imported finds the module of the project that an import means.
func (s *slicer) imported(f *Frame, i *ast.ImportFrom) *module {
	m := s.eng.project.Resolve(f.mod.sem, i.Module, i.Level, s.eng.isLibrary)
	if m == nil {
		return nil
	}
	return s.eng.modules[m]
}

// module returns the module of the project that an expression names, nil for others.
func (s *slicer) module(f *Frame, e ast.Expr) *module {
	id, ok := e.(*ast.Name)
	if !ok {
		return nil
	}
	if f.fn != nil {
		if _, local := f.scope.Slot(id.Id); local {
			return nil
		}
	}
	slot, ok := f.mod.sem.Scope.Slot(id.Id)
	if !ok || f.mod.frame == nil {
		return nil
	}
	v := f.mod.frame.global(slot)
	if v == nil || v.kind != KindModule {
		return nil
	}
	return s.eng.modules[v.ref.(*semantic.Module)]
}

// attribute follows an attribute to where it is assigned: on the same name, or by the class of
// what it is read off.
func (s *slicer) attribute(f *Frame, e *ast.Attribute, steps []string, rel relation, via *entry) bool {
	found := false
	if base, ok := e.Value.(*ast.Name); ok {
		for _, g := range [...]*Frame{f, f.mod.frame} {
			if g == nil || found {
				continue
			}
			for _, x := range s.eng.definitionsOf(g).attrs[e.Attr.Id] {
				if x.base == base.Id {
					found = true
					v := via
					if g != f {
						v = nil
					}
					s.definition(g, x, steps, rel, v)
				}
			}
		}
	}
	classes := map[*Class]*Call{}
	if base, ok := e.Value.(*ast.Name); ok && f.fn != nil && f.fn.Class != nil && f.fn.Params != nil && len(f.fn.Params.List) > 0 && f.fn.Params.List[0].Name != nil && f.fn.Params.List[0].Name.Id == base.Id {
		classes[f.Class()] = nil
	} else if s.depth < 100 {
		inner := slicer{eng: s.eng, seen: map[sliceKey]bool{}, depth: s.depth + 10, n: s.n, skip: s.skip, taken: s.taken, takenIn: s.takenIn}
		inner.expr(f, e.Value, nil, isIt, via)
		s.n = inner.n
		for _, in := range inner.out {
			if in.Whole && len(in.Steps) == 0 && in.Call != nil && in.Call.Callee.Kind() == KindClass {
				classes[in.Call.Callee.Class()] = in.Call
			}
		}
		if id, ok := e.Value.(*ast.Name); ok && len(classes) == 0 {
			if c := s.classNamed(f, id.Id); c != nil {
				classes[c] = nil
			}
		}
	}
	ordered := make([]*Class, 0, len(classes))
	for c := range classes {
		if c != nil {
			ordered = append(ordered, c)
		}
	}
	sort.Slice(ordered, func(i, j int) bool { return ordered[i].Qual < ordered[j].Qual })
	for _, c := range ordered {
		found = s.member(c, classes[c], e.Attr.Id, steps, rel) || found
	}
	return found
}

// classNamed returns the class that a name means in the frame's module.
func (s *slicer) classNamed(f *Frame, id string) *Class {
	if slot, ok := f.mod.sem.Scope.Slot(id); ok && f.mod.frame != nil {
		if v := f.mod.frame.global(slot); v != nil && v.kind == KindClass {
			return v.ref.(*Class)
		}
	}
	return nil
}

// member follows an attribute of the instances of a class, of which a call made one.
func (s *slicer) member(c *Class, made *Call, name string, steps []string, rel relation) bool {
	found := false
	for _, k := range c.Linear() {
		mod := s.eng.modules[k.Module]
		if mod == nil || mod.frame == nil {
			continue
		}
		if k.frame != nil {
			for _, x := range s.eng.definitionsOf(k.frame).names[name] {
				found = true
				s.definition(k.frame, x, steps, rel, nil)
			}
		}
		for _, id := range k.Scope.Names {
			fn := k.Methods[id]
			if fn == nil || fn.Params == nil || len(fn.Params.List) == 0 || fn.Params.List[0].Name == nil {
				continue
			}
			g := s.eng.frameOf(fn)
			if g == nil {
				continue
			}
			d := s.eng.definitionsOf(g)
			var via *entry
			if made != nil && id == "__init__" {
				via = &entry{call: made, fn: fn}
			}
			for _, x := range d.attrs[name] {
				if x.base == fn.Params.List[0].Name.Id {
					found = true
					s.definition(g, x, steps, rel, via)
				}
			}
			if id == name && s.eng.isProperty(fn) {
				found = true
				for _, x := range d.returns {
					s.expr(g, x, steps, rel, nil)
				}
			}
		}
	}
	if made != nil && !found {
		if a := made.Arg(-1, name); a != nil && !a.Unpacked { // a dataclass
			found = true
			s.expr(made.Frame, a.Node, steps, rel, nil)
		}
	}
	return found
}

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
		case *ast.Yield:
			if n.Value != nil && !n.From {
				r.d.yields = append(r.d.yields, n.Value)
			}
		}
		return true
	})
}
