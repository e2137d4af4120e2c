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
	return c.origin != nil && c.label == m.Label && m.decoded == c.decoded && m.Origin.within(c.origin)
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
	}
	s.owner = nil
	return n
}

// heap is what objects hold, in pages, so that a change after a snapshot copies little.
type heap []*page

type page struct {
	cells []cell
	owner *owner
}

// owner is a token; it has a size so that two are never the same.
type owner struct{ _ byte }

const pageSize = 32

// snapshot returns the heap as it is now; it stays as it is.
func (s *state) snapshot() heap {
	s.owner = nil
	return s.heap
}

func find(h heap, o *Object) *contents {
	for i := len(h) - 1; i >= 0; i-- {
		for j := range h[i].cells {
			if h[i].cells[j].obj == o {
				return h[i].cells[j].c
			}
		}
	}
	return nil
}

// each yields every cell.
func (h heap) each(yield func(cell) bool) {
	for _, p := range h {
		for _, c := range p.cells {
			if !yield(c) {
				return
			}
		}
	}
}

func (s *state) set(o *Object, c *contents) {
	for i := len(s.heap) - 1; i >= 0; i-- {
		for j := range s.heap[i].cells {
			if s.heap[i].cells[j].obj != o {
				continue
			}
			if s.heap[i].cells[j].c != c {
				s.own(i).cells[j].c = c
			}
			return
		}
	}
	if n := len(s.heap); n > 0 && len(s.heap[n-1].cells) < pageSize {
		p := s.own(n - 1)
		p.cells = append(p.cells, cell{o, c})
		return
	}
	if s.owner == nil {
		s.owner = &owner{}
		s.heap = append(make(heap, 0, len(s.heap)+1), s.heap...)
	}
	s.heap = append(s.heap, &page{[]cell{{o, c}}, s.owner})
}

// own returns a page that may be changed.
func (s *state) own(i int) *page {
	if s.owner == nil {
		s.owner = &owner{}
		s.heap = append(make(heap, 0, len(s.heap)+1), s.heap...)
	}
	p := s.heap[i]
	if p.owner != s.owner {
		p = &page{append(make([]cell, 0, min(len(p.cells)+4, pageSize)), p.cells...), s.owner}
		s.heap[i] = p
	}
	return p
}

// merge joins another state into s, as where two branches meet.
func (s *state) merge(o *state) {
	if o == nil || o.dead {
		return
	}
	if s.dead {
		*s = *o.clone()
		return
	}
	for i, v := range o.env {
		if v != s.env[i] {
			// What one way has checked and the other replaced is fine after both.
			s.env[i] = join(s.apply(s.env[i]), o.apply(v))
		}
	}
	for i, p := range o.heap {
		if i < len(s.heap) && s.heap[i] == p {
			continue
		}
		for _, c := range p.cells {
			if mine := find(s.heap, c.obj); mine != c.c {
				s.set(c.obj, joinContents(mine, c.c))
			}
		}
	}
	s.clean = intersect(s.clean, o.clean)
	s.splits = sameSplits(s.splits, o.splits)
	s.facts &= o.facts
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
			if x.origin == y.origin && x.label == y.label && x.name == y.name && x.lacks == y.lacks && x.apart == y.apart && x.decoded == y.decoded {
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
