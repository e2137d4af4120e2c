package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Facts are circumstances of a point in the program.
type Facts uint8

// The facts.
const (
	// Confirmed: a person was asked and the answer was tested on the way here.
	Confirmed Facts = 1 << iota
)

// state is what is known at a point: the local names, the contents of objects, what guards
// have shown to be clean.
type state struct {
	env  []*Value
	heap heap
	// owner marks the pages of the heap that nothing else holds; nil when even the list of
	// pages is held by a snapshot.
	owner *owner
	clean []cleanEntry
	facts Facts
	dead  bool
	// splits are tests that have decided what names are.
	splits []*split
	// typed are attributes and items of which tests have shown what they are.
	typed []*typed
}

type cell struct {
	obj *Object
	c   *contents
}

// cleanEntry says that data of an origin has been checked for the sinks.
type cleanEntry struct {
	origin *Origin
	label  models.Label
	sinks  models.SinkSet
	// name is a local name whose value the test has fixed; origin is nil then.
	name string
	// lacks is a text that the test has not found in the data.
	lacks string
	// decoded is set when what was tested is what the data encodes.
	decoded bool
	// apart is set when the test has shown that a mapping has no keys of another one.
	apart bool
	// test is the test; nil where it is not known.
	test *Test
	// among is the parameter that holds what the test compares with: it proves something for callers that
	// give a collection which nobody outside chose.
	among *Origin
}

// Test is a test of the program that has shown something of a value.
type Test struct {
	Node ast.Expr
	Mod  *semantic.Module
}

// testAt is the test that an expression is.
func (f *Frame) testAt(e ast.Expr) *Test {
	t := f.tests[e]
	if t == nil {
		t = &Test{e, f.mod.sem}
		if f.tests == nil {
			f.tests = map[ast.Expr]*Test{}
		}
		f.tests[e] = t
	}
	return t
}

// by says which test proves what a condition holds.
func (c condition) by(t *Test) condition {
	if len(c.yes) == 0 && len(c.no) == 0 {
		return c
	}
	for _, list := range [...]*[]cleanEntry{&c.yes, &c.no} {
		out := make([]cleanEntry, len(*list))
		for i, x := range *list {
			if x.test == nil {
				x.test = t
			}
			out[i] = x
		}
		*list = out
	}
	return c
}

// covers reports whether what was tested is the data of a mark, or what that was read from.
func (c *cleanEntry) covers(m Mark) bool {
	return c.among == nil && c.origin != nil && c.label == m.Label && m.decoded == c.decoded && m.Origin.within(c.origin)
}

// Tests lists the tests that were passed on the way to the call and have shown something of the
// data in a value, in the order in which they were made.
func (c *Call) Tests(v *Value) []*Test {
	var out []*Test
	for i := range c.clean {
		e := &c.clean[i]
		if e.test == nil || slices.ContainsFunc(out, func(t *Test) bool { return t.Node == e.test.Node }) {
			continue
		}
		if slices.ContainsFunc(v.Marks(), e.covers) {
			out = append(out, e.test)
		}
	}
	return out
}

func (s *state) clone() *state {
	n := &state{
		env:   append([]*Value(nil), s.env...),
		heap:  s.heap,
		clean: s.clean[:len(s.clean):len(s.clean)],
		facts: s.facts,
		dead:  s.dead,

		splits: s.splits[:len(s.splits):len(s.splits)],
		typed:  s.typed[:len(s.typed):len(s.typed)],
	}
	s.owner = nil
	return n
}

// heap is what objects hold, in pages, so that a change after a snapshot copies little. An object has
// the same place in all heaps of a frame's run.
type heap struct {
	pages  []*page
	places *places
}

// places numbers the objects that a frame has to do with.
type places struct {
	list []*Object
	of   map[*Object]int // of many
}

// fewPlaces is up to how many objects looking through the list is quicker than a map.
const fewPlaces = 8

// place returns the place of an object, -1 where it has none.
func (p *places) place(o *Object) int {
	switch {
	case p == nil:
		return -1
	case p.of == nil:
		return slices.Index(p.list, o)
	}
	if i, ok := p.of[o]; ok {
		return i
	}
	return -1
}

// add gives an object a place.
func (p *places) add(o *Object) int {
	i := len(p.list)
	p.list = append(p.list, o)
	if i >= fewPlaces {
		if p.of == nil {
			p.of = make(map[*Object]int, 2*fewPlaces)
			for i, o := range p.list {
				p.of[o] = i
			}
		}
		p.of[o] = i
	}
	return i
}

// page holds cells by their places; those of objects that a heap does not know are empty.
type page struct {
	cells []cell
	owner *owner
}

// owner is a token; it has a size so that two are never the same.
type owner struct{ _ byte }

const pageSize = 32

// newState is what is known where a frame begins that has some local names.
func newState(names int) *state {
	return &state{env: make([]*Value, names), heap: heap{places: &places{}}}
}

// snapshot returns the heap as it is now; it stays as it is.
func (s *state) snapshot() heap {
	s.owner = nil
	return s.heap
}

func find(h heap, o *Object) *contents { return h.at(h.places.place(o)) }

// at returns what the object at a place holds, nil where that is not known.
func (h heap) at(place int) *contents {
	if i := place / pageSize; place >= 0 && i < len(h.pages) && h.pages[i] != nil && place%pageSize < len(h.pages[i].cells) {
		return h.pages[i].cells[place%pageSize].c
	}
	return nil
}

// each yields every cell.
func (h heap) each(yield func(cell) bool) {
	for _, p := range h.pages {
		if p == nil {
			continue
		}
		for _, c := range p.cells {
			if c.obj != nil && !yield(c) {
				return
			}
		}
	}
}

func (s *state) set(o *Object, c *contents) {
	place := s.heap.places.place(o)
	if place < 0 {
		if s.heap.places == nil {
			s.heap.places = &places{}
		}
		place = s.heap.places.add(o)
	}
	s.put(place, cell{o, c})
}

func (s *state) put(place int, c cell) {
	if s.heap.at(place) == c.c && c.c != nil {
		return
	}
	p, i := s.own(place/pageSize), place%pageSize
	for len(p.cells) <= i {
		p.cells = append(p.cells, cell{})
	}
	p.cells[i] = c
}

// own returns a page that may be changed.
func (s *state) own(i int) *page {
	if s.owner == nil {
		s.owner = &owner{}
		s.heap.pages = append(make([]*page, 0, max(len(s.heap.pages), i+1)), s.heap.pages...)
	}
	for len(s.heap.pages) <= i {
		s.heap.pages = append(s.heap.pages, nil)
	}
	p := s.heap.pages[i]
	if p == nil || p.owner != s.owner {
		own := &page{owner: s.owner}
		if p != nil {
			own.cells = append(make([]cell, 0, min(len(p.cells)+4, pageSize)), p.cells...)
		}
		p = own
		s.heap.pages[i] = p
	}
	return p
}

// merge joins another state of the same run of a frame into s, as where two branches meet.
func (s *state) merge(o *state) { s.mergeBeyond(o, nil, nil) }

// mergeBeyond is merge without the names, pages and cells of these that are as they were in a state that s
// has taken in before.
func (s *state) mergeBeyond(o *state, env []*Value, pages []*page) {
	if o == nil || o.dead {
		return
	}
	if s.dead {
		*s = *o.clone()
		return
	}
	for i, v := range o.env {
		if v != s.env[i] && (i >= len(env) || v != env[i]) {
			// What one way has checked and the other replaced is fine after both.
			s.env[i] = join(s.apply(s.env[i]), o.apply(v))
		}
	}
	for i, p := range o.heap.pages {
		if p == nil || i < len(s.heap.pages) && s.heap.pages[i] == p || i < len(pages) && pages[i] == p {
			continue
		}
		var before *page
		if i < len(pages) {
			before = pages[i]
		}
		for j, c := range p.cells {
			if c.obj == nil || before != nil && j < len(before.cells) && before.cells[j].c == c.c {
				continue
			}
			if mine := s.heap.at(i*pageSize + j); mine != c.c {
				s.put(i*pageSize+j, cell{c.obj, joinContents(mine, c.c)})
			}
		}
	}
	s.clean = intersect(s.clean, o.clean)
	s.splits = inBoth(s.splits, o.splits)
	s.typed = inBoth(s.typed, o.typed)
	s.facts &= o.facts
}

// gathered joins the states at many points of a stretch of code, from each of which an exception may
// leave it. Of two points that follow each other little differs.
type gathered struct {
	*state
	// env, pages and tested are those of the state that was added last.
	env    []*Value
	pages  []*page
	tested []cleanEntry
}

func (s *state) gather() *gathered { return &gathered{state: s.clone()} }

// add joins the state at a further point.
func (g *gathered) add(o *state) {
	if n := len(o.clean); n != len(g.tested) || n > 0 && &o.clean[0] != &g.tested[0] {
		g.env = g.env[:0] // the same values may be clean now
	}
	g.mergeBeyond(o, g.env, g.pages)
	g.env = append(g.env[:0], o.env...)
	g.pages = append(g.pages[:0], o.snapshot().pages...)
	g.tested = o.clean
}

// intersect keeps what is clean on both ways.
func intersect(a, b []cleanEntry) []cleanEntry {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n == len(a) {
		return a
	}
	out := append([]cleanEntry(nil), a[:n]...)
	for _, x := range a[n:] {
		for _, y := range b {
			if x.origin == y.origin && x.label == y.label && x.name == y.name && x.lacks == y.lacks && x.apart == y.apart && x.decoded == y.decoded && x.among == y.among {
				if x.sinks&y.sinks != 0 || x.lacks != "" || x.apart {
					x.sinks &= y.sinks
					out = append(out, x)
				}
				break
			}
		}
	}
	return out
}

// apply marks what the guards have shown to be clean.
func (s *state) apply(v *Value) *Value {
	if len(s.clean) == 0 || v == nil || len(v.marks) == 0 {
		return v
	}
	var out []Mark
	cleaner := false
	var added models.SinkSet
	for i, m := range v.marks {
		var add models.SinkSet
		r := m.rewrite
		for i := range s.clean {
			c := &s.clean[i]
			if c.covers(m) {
				add |= c.sinks
				if c.lacks != "" {
					r = r.then(lacks(c.lacks))
				}
			}
		}
		if add&^m.Clean != 0 || r != m.rewrite {
			if out == nil {
				out = append([]Mark(nil), v.marks...)
			}
			cleaner = cleaner || add&^m.Clean != 0
			added |= add
			out[i].Clean |= add
			out[i].rewrite = r
		}
	}
	if out == nil {
		return v
	}
	c := *v
	c.marks = out
	if cleaner {
		if c.exact != nil && added&^models.SinksOf(models.Length) == 0 {
			c.short = true
		} else {
			// What was guarded is no longer just the caller's value.
			c.exact = nil
		}
	}
	return &c
}
