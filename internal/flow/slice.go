package flow

import (
	"iter"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file computes what MadeOf and SpelledOut tell. Places in the code and how a value gets from
// one to the other are a graph (a program dependence graph: Ferrante, Ottenstein and Warren, 1987,
// by the calls as Horwitz, Reps and Binkley, 1990), which is built where somebody asks and kept, so
// that the many questions about a project's values cost a walk each.

// The bounds of a slice: places looked at, functions entered or left, steps kept, how deep a walk
// goes, and how deep and how far the walks go that find the classes whose attributes are read.
const (
	maxSliced     = 3000
	maxSliceDepth = 6
	maxSliceSteps = 6
	maxSliceWalk  = 400
	maxInnerWalks = 10
	maxInner      = 1000
	maxInnerAll   = 20000
)

// entry is a call through which a slice came into a function, so that it leaves it there.
type entry struct {
	call  *Call
	fn    *semantic.Function
	outer *entry
	depth int
}

// reads are steps that are read off a value, the first one first; nil for none. Equal ones are
// identical.
type reads struct {
	step string
	rest *reads
	list []string
}

func (r *reads) len() int {
	if r == nil {
		return 0
	}
	return len(r.list)
}

// slicePlace is an expression of a frame's code of which steps are read; rel says what the value
// asked about has of it, via through which calls the slice came.
type slicePlace struct {
	frame *Frame
	expr  ast.Expr
	steps *reads
	rel   relation
	via   *entry
}

// placeMark names places that a slice does not tell apart.
type placeMark struct {
	expr  ast.Expr
	via   *ast.Call
	steps *reads
	rel   relation
}

// sliceNode is a place in the graph.
type sliceNode struct {
	slicePlace
	mark int32
	// known is set where edges are complete, opened counts the expansions that were open when
	// this one was begun, itself included; 0 for none.
	known  bool
	opened int32
	edges  []sliceEdge
}

// sliceEdge leads to a place, or to an ingredient that stands at the place it comes from.
type sliceEdge struct {
	to *sliceNode
	in *ingredient
}

// ingredient is an Ingredient with a number that tells which are one and the same.
type ingredient struct {
	Ingredient
	id int32
}

type ingredientKey struct {
	call        *Call
	param       *ast.Param
	literal     ast.Expr
	steps       *reads
	whole, held bool
}

type entryKey struct {
	call  *Call
	fn    *semantic.Function
	outer *entry
}

type readsKey struct {
	step string
	rest *reads
}

// slicer holds the graph. It belongs to one goroutine.
type slicer struct {
	eng *Engine
	// skip names expressions that are not followed.
	skip func(*Frame, ast.Node) bool
	// taken is code of the file takenIn that is taken to have run.
	taken   ast.Node
	takenIn *module

	nodes   map[slicePlace]*sliceNode
	marks   map[placeMark]int32
	numbers map[ingredientKey]int32
	entries map[entryKey]*entry
	reads   map[readsKey]*reads

	// at is the place whose edges are being found, opened how many are, lowest the first of them
	// that a walk came upon again, so that what was found after it is not the whole.
	at             *sliceNode
	opened, lowest int32
	// inner counts the places that the question at hand has cost in inner walks.
	inner int
	// idle are walks that are not under way.
	idle []*walk
}

// none is above all that is opened.
const none = 1 << 30

func newSlices(e *Engine) *slicer {
	return &slicer{
		eng: e, lowest: none, nodes: map[slicePlace]*sliceNode{}, marks: map[placeMark]int32{}, numbers: map[ingredientKey]int32{},
		entries: map[entryKey]*entry{}, reads: map[readsKey]*reads{},
	}
}

// slices returns the graph of what is analysed together.
func (e *Engine) slices() *slicer {
	if e.sliced == nil {
		e.sliced = newSlices(e)
	}
	return e.sliced
}

// walk goes over the graph once, depth first.
type walk struct {
	s *slicer
	// seen and had tell by number in which walk a place or an ingredient was met last.
	seen, had []uint32
	turn      uint32
	n, most   int
	depth     int
	// whole is set where only what the value is, in whatever form, is asked for.
	whole bool
	// place and ingredient are given what the walk meets, until one says that it is enough.
	place      func(*sliceNode) bool
	ingredient func(Ingredient) bool
	enough     bool
}

// start begins a walk, which nothing else may use until end.
func (s *slicer) start(most int) *walk {
	w := &walk{s: s}
	if n := len(s.idle); n > 0 {
		w, s.idle = s.idle[n-1], s.idle[:n-1]
	}
	w.turn++
	w.n, w.most, w.depth, w.whole, w.enough, w.place, w.ingredient = 0, most, 0, false, false, nil, nil
	return w
}

func (w *walk) end() { w.s.idle = append(w.s.idle, w) }

// ask walks on behalf of a check.
func (s *slicer) ask(f *Frame, e ast.Expr, set func(*walk)) {
	w := s.start(maxSliced)
	defer w.end()
	set(w)
	s.inner, s.lowest = 0, none
	w.node(s.node(slicePlace{frame: f, expr: e, rel: isIt}))
}

// ingredients yields what an expression is made of; only what it is for whole.
func (s *slicer) ingredients(f *Frame, e ast.Expr, whole bool) iter.Seq[Ingredient] {
	return func(yield func(Ingredient) bool) {
		s.ask(f, e, func(w *walk) { w.whole, w.ingredient = whole, yield })
	}
}

func (s *slicer) spelledOut(f *Frame, e ast.Expr) (out []Spelled) {
	s.ask(f, e, func(w *walk) {
		w.whole = true
		w.place = func(n *sliceNode) bool {
			if n.rel == isIt && n.steps == nil {
				out = append(out, Spelled{n.frame, n.expr})
			}
			return true
		}
	})
	return out
}

// first reports whether a number is met for the first time in this turn.
func first(seen *[]uint32, id int32, turn uint32) bool {
	if int(id) >= len(*seen) {
		*seen = append(*seen, make([]uint32, max(int(id)+1-len(*seen), len(*seen)))...)
	}
	if (*seen)[id] == turn {
		return false
	}
	(*seen)[id] = turn
	return true
}

func (w *walk) node(n *sliceNode) {
	if n == nil || w.enough || w.s.eng.spent() {
		return
	}
	if w.n++; w.n > w.most || !first(&w.seen, n.mark, w.turn) || w.depth >= maxSliceWalk {
		return
	}
	if w.place != nil && !w.place(n) {
		w.enough = true
		return
	}
	w.depth++
	for _, e := range w.s.edgesOf(n) {
		switch {
		case w.enough:
			return
		case e.in == nil:
			if !w.whole || e.to.rel == isIt { // nothing that is the value comes after what is not
				w.node(e.to)
			}
		case w.ingredient != nil && (!w.whole || e.in.Whole) && first(&w.had, e.in.id, w.turn):
			w.enough = !w.ingredient(e.in.Ingredient)
		}
	}
	w.depth--
}

// node returns the place in the graph; nil for one that is not followed.
func (s *slicer) node(p slicePlace) *sliceNode {
	if p.expr == nil || p.frame == nil || s.skip != nil && s.skip(p.frame, p.expr) {
		return nil
	}
	if n := s.nodes[p]; n != nil {
		return n
	}
	k := placeMark{expr: p.expr, steps: p.steps, rel: p.rel}
	if p.via != nil {
		k.via = p.via.call.Node
	}
	mark, ok := s.marks[k]
	if !ok {
		mark = int32(len(s.marks))
		s.marks[k] = mark
	}
	n := &sliceNode{slicePlace: p, mark: mark}
	s.nodes[p] = n
	return n
}

// edgesOf finds where the value at a place comes from, in the order of the code. Where a walk that
// looks for a class on behalf of a place comes to that place again, it finds nothing new there: the
// least solution. What others found meanwhile may lack something for that, and is not kept.
func (s *slicer) edgesOf(n *sliceNode) []sliceEdge {
	switch {
	case n.known:
		return n.edges
	case n.opened > 0:
		s.lowest = min(s.lowest, n.opened)
		return nil
	}
	outer, lowest := s.at, s.lowest
	s.at, s.lowest = n, none
	s.opened++
	n.opened = s.opened
	n.edges = nil
	s.expand(n.frame, n.expr, n.steps, n.rel, n.via)
	n.known = s.lowest >= n.opened
	if n.known {
		s.lowest = none
	}
	s.lowest = min(s.lowest, lowest)
	s.opened--
	n.opened = 0
	s.at = outer
	return n.edges
}

// expr adds an edge to an expression of which steps are read.
func (s *slicer) expr(f *Frame, e ast.Expr, steps *reads, rel relation, via *entry) {
	if n := s.node(slicePlace{frame: f, expr: e, steps: steps, rel: rel, via: via}); n != nil {
		s.at.edges = append(s.at.edges, sliceEdge{to: n})
	}
}

// add adds an edge to what stands at the place itself.
func (s *slicer) add(in Ingredient, steps *reads, rel relation) {
	in.Whole, in.Held = rel == isIt, rel == holdsIt
	if steps != nil {
		in.Steps = steps.list
	}
	k := ingredientKey{call: in.Call, param: in.Param, literal: in.Literal, steps: steps, whole: in.Whole, held: in.Held}
	id, ok := s.numbers[k]
	if !ok {
		id = int32(len(s.numbers))
		s.numbers[k] = id
	}
	s.at.edges = append(s.at.edges, sliceEdge{in: &ingredient{in, id}})
}

// before puts a step in front of those that are taken after it.
func (s *slicer) before(step string, steps *reads) *reads {
	k := readsKey{step, steps}
	if r := s.reads[k]; r != nil {
		return r
	}
	rest := steps
	if rest.len() >= maxSliceSteps {
		kept := rest.list[:maxSliceSteps-1]
		rest = nil
		for _, x := range slices.Backward(kept) {
			rest = s.before(x, rest)
		}
	}
	r := s.reads[readsKey{step, rest}]
	if r == nil {
		r = &reads{step: step, rest: rest, list: []string{step}}
		if rest != nil {
			r.list = append(r.list, rest.list...)
		}
		r.list = slices.Clip(r.list)
		s.reads[readsKey{step, rest}] = r
	}
	s.reads[k] = r
	return r
}

// enters returns the entry through a call into a function; nil where it is too deep.
func (s *slicer) enters(c *Call, fn *semantic.Function, outer *entry) *entry {
	k := entryKey{c, fn, outer}
	if in := s.entries[k]; in != nil {
		return in
	}
	in := &entry{call: c, fn: fn, outer: outer}
	if outer != nil {
		if outer.depth >= maxSliceDepth {
			return nil
		}
		in.depth = outer.depth + 1
	}
	s.entries[k] = in
	return in
}

func isIndex(step string) bool {
	_, err := strconv.Atoi(step)
	return err == nil
}

// item reports whether the first step reads an item of a sequence.
func (r *reads) item() bool {
	return r != nil && (r.step == EachItem || isIndex(r.step))
}

// expand finds the edges of a place.
func (s *slicer) expand(f *Frame, e ast.Expr, steps *reads, rel relation, via *entry) {
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
			s.expr(f, e.Value, s.before("."+e.Attr.Id, steps), rel, via)
		}
	case *ast.Subscript:
		switch i := e.Index.(type) {
		case *ast.Number:
			s.expr(f, e.Value, s.before(i.Text, steps), rel, via)
		case *ast.Str:
			s.expr(f, e.Value, s.before(i.Value, steps), rel, via)
		case *ast.Slice, *ast.Tuple:
			s.expr(f, e.Value, steps, madeOf, via)
			s.expr(f, i, nil, madeOf, via)
		case *ast.UnaryOp: // [-1]
			s.expr(f, e.Value, s.before(EachItem, steps), rel, via)
		default:
			s.expr(f, e.Value, s.before(EachItem, steps), rel, via)
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
		if steps != nil {
			for i, k := range e.Keys {
				if t, ok := k.(*ast.Str); ok && t.Value == steps.step {
					s.expr(f, e.Values[i], steps.rest, rel, via)
					return
				}
			}
		}
		for _, v := range e.Values {
			s.expr(f, v, nil, min(rel, holdsIt), via)
		}
	case *ast.Comp:
		inner, same := (*reads)(nil), min(rel, holdsIt)
		if steps.item() {
			inner, same = steps.rest, rel
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
		s.add(Ingredient{Literal: e, Frame: f}, steps, rel)
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

func (s *slicer) sequence(f *Frame, elts []ast.Expr, steps *reads, rel relation, via *entry) {
	if steps == nil {
		for _, x := range elts {
			s.expr(f, x, nil, min(rel, holdsIt), via)
		}
		return
	}
	if i, err := strconv.Atoi(steps.step); err == nil && i < len(elts) && i >= 0 {
		s.expr(f, elts[i], steps.rest, rel, via)
		return
	}
	for _, x := range elts {
		s.expr(f, x, steps.rest, rel, via)
	}
}

// sameThing lists functions and methods whose result is their argument, or receiver, in another
// form.
var sameThing = map[string]bool{
	"int": true, "float": true, "list": true, "tuple": true, "iter": true, "reversed": true, "asarray": true, "array": true, "as_tensor": true, "tensor": true,
	"from_numpy": true, "ascontiguousarray": true, "tqdm": true, "item": true, "tolist": true, "numpy": true, "cpu": true, "cuda": true, "to": true, "detach": true, "eval": true, "train": true,
	"half": true, "double": true, "long": true, "squeeze": true, "astype": true, "contiguous": true, "requires_grad_": true, "ravel": true, "flatten": true, "to_device": true, "copy": true, "clone": true, "ModuleList": true,
}

func (s *slicer) call(f *Frame, e *ast.Call, steps *reads, rel relation, via *entry) {
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
		s.add(Ingredient{Call: c, Frame: f}, steps, rel)
		known := false
		for _, fn := range entered(c) {
			if fn.Name != "__init__" {
				known = s.returned(c, fn, steps, rel, via) || known
			}
		}
		if steps.item() && c.Callee.kind == KindClass {
			known = s.iterated(c, steps, rel, via)
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
	case name == "zip" && steps.len() > 1 && steps.step == EachItem && isIndex(steps.rest.step):
		i, _ := strconv.Atoi(steps.rest.step)
		s.expr(f, arg(i), s.before(EachItem, steps.rest.rest), rel, via)
		return
	case name == "enumerate" && steps.len() > 1 && steps.step == EachItem && isIndex(steps.rest.step):
		if steps.rest.step == "1" {
			s.expr(f, arg(0), s.before(EachItem, steps.rest.rest), rel, via)
		}
		return
	case name == "items" && receiver != nil && len(e.Args) == 0 && steps.len() > 1 && steps.step == EachItem && steps.rest.step == "1":
		s.expr(f, receiver, s.before(EachItem, steps.rest.rest), rel, via)
		return
	case name == "values" && receiver != nil && len(e.Args) == 0:
		s.expr(f, receiver, steps, rel, via)
		return
	case name == "next" && receiver == nil:
		s.expr(f, arg(0), s.before(EachItem, steps), rel, via)
		return
	case name == "map" && receiver == nil && c != nil && len(c.Args) > 1:
		if fn := c.Args[0].Value.Function(); fn != nil { // what it gives for each; its parameters are items of the arguments below
			inner, same := (*reads)(nil), min(rel, holdsIt)
			if steps.item() {
				inner, same = steps.rest, rel
			}
			s.returned(c, fn, inner, same, via)
		}
	case name == "get" && receiver != nil && c != nil && !s.library(c):
		if k, ok := arg(0).(*ast.Str); ok {
			s.expr(f, receiver, s.before(k.Value, steps), rel, via)
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
func (s *slicer) returned(c *Call, fn *semantic.Function, steps *reads, rel relation, via *entry) bool {
	g := s.eng.frameOf(fn)
	in := s.enters(c, fn, via)
	if g == nil || in == nil {
		return false
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
		rest, same := (*reads)(nil), min(rel, holdsIt)
		if steps.item() {
			rest, same = steps.rest, rel
		}
		s.expr(g, x, rest, same, in)
	}
	return len(d.returns)+len(d.yields) > 0
}

// iterated follows the items of an instance of a class of the project to what the class's iterator gives; it is false where
// it has none.
func (s *slicer) iterated(c *Call, steps *reads, rel relation, via *entry) bool {
	known := false
	for _, name := range [...]string{"__iter__", "__aiter__", "__next__", "__anext__"} {
		m, _ := c.Callee.Class().lookup(name)
		if m.Function() == nil {
			continue
		}
		of := steps
		if strings.HasSuffix(name, "next__") {
			of = steps.rest // it gives one of them
		}
		known = s.returned(c, m.Function(), of, rel, via) || known
	}
	return known
}

// less is a relation after something was computed.
func less(rel relation, computed bool) relation {
	if computed {
		return madeOf
	}
	return rel
}

// name follows a name at a place of the frame's code.
func (s *slicer) name(f *Frame, id string, at ast.Pos, steps *reads, rel relation, via *entry) {
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
func (s *slicer) definition(f *Frame, d *definition, steps *reads, rel relation, via *entry) {
	switch {
	case d.from != nil:
		if m := s.imported(f, d.from); m != nil {
			s.global(m, d.member, steps, rel, 1)
		}
	case d.item:
		if steps != nil {
			s.expr(f, d.value, steps.rest, less(rel, d.computed), via)
		} else {
			s.expr(f, d.value, nil, min(less(rel, d.computed), holdsIt), via)
		}
	default:
		for i := len(d.steps) - 1; i >= 0; i-- {
			steps = s.before(d.steps[i], steps)
		}
		s.expr(f, d.value, steps, less(rel, d.computed), via)
	}
}

// param follows a parameter to the calls of the function.
func (s *slicer) param(f *Frame, id string, steps *reads, rel relation, via *entry) bool {
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
	s.add(Ingredient{Param: p, Frame: f}, steps, rel)
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
func (s *slicer) global(m *module, id string, steps *reads, rel relation, depth int) {
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

// classesOf tells of which classes an expression gives instances, and the calls that make them, on
// behalf of the place at hand.
func (s *slicer) classesOf(f *Frame, e ast.Expr, via *entry) map[*Class]*Call {
	classes := map[*Class]*Call{}
	if s.opened > maxInnerWalks || s.inner > maxInnerAll {
		s.lowest = 0 // found out too little to keep
		return nil
	}
	w := s.start(maxInner)
	defer w.end()
	w.whole = true
	w.ingredient = func(in Ingredient) bool {
		if len(in.Steps) == 0 && in.Call != nil && in.Call.Callee.Kind() == KindClass {
			classes[in.Call.Callee.Class()] = in.Call
		}
		return true
	}
	w.node(s.node(slicePlace{frame: f, expr: e, rel: isIt, via: via}))
	s.inner += w.n
	return classes
}

// attribute follows an attribute to where it is assigned: on the same name, or by the class of
// what it is read off.
func (s *slicer) attribute(f *Frame, e *ast.Attribute, steps *reads, rel relation, via *entry) bool {
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
	} else {
		classes = s.classesOf(f, e.Value, via)
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
func (s *slicer) member(c *Class, made *Call, name string, steps *reads, rel relation) bool {
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
		for fn := range k.Functions {
			id := fn.Name
			if fn.Params == nil || len(fn.Params.List) == 0 || fn.Params.List[0].Name == nil {
				continue
			}
			g := s.eng.frameOf(fn)
			if g == nil {
				continue
			}
			d := s.eng.definitionsOf(g)
			var via *entry
			if made != nil && id == "__init__" {
				via = s.enters(made, fn, nil)
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
