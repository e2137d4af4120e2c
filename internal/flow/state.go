package flow

import "github.com/pyguard/pyguardml/internal/models"

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
	env    []*Value
	heap   []cell
	shared bool // heap is also held by a snapshot
	clean  []cleanEntry
	facts  Facts
	dead   bool
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
}

func (s *state) clone() *state {
	n := &state{
		env:   append([]*Value(nil), s.env...),
		heap:  s.heap,
		clean: s.clean[:len(s.clean):len(s.clean)],
		facts: s.facts,
		dead:  s.dead,
	}
	n.shared, s.shared = true, true
	return n
}

// snapshot returns the heap as it is now; it stays as it is.
func (s *state) snapshot() []cell {
	s.shared = true
	return s.heap
}

func find(heap []cell, o *Object) *contents {
	for i := len(heap) - 1; i >= 0; i-- {
		if heap[i].obj == o {
			return heap[i].c
		}
	}
	return nil
}

func (s *state) set(o *Object, c *contents) {
	for i := range s.heap {
		if s.heap[i].obj == o {
			if s.heap[i].c == c {
				return
			}
			if s.shared {
				s.heap, s.shared = append([]cell(nil), s.heap...), false
			}
			s.heap[i].c = c
			return
		}
	}
	if s.shared {
		s.heap, s.shared = append(make([]cell, 0, len(s.heap)+4), s.heap...), false
	}
	s.heap = append(s.heap, cell{o, c})
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
	if len(s.heap) != len(o.heap) || len(s.heap) > 0 && &s.heap[0] != &o.heap[0] {
		for _, c := range o.heap {
			if mine := find(s.heap, c.obj); mine != c.c {
				s.set(c.obj, joinContents(mine, c.c))
			}
		}
	}
	s.clean = intersect(s.clean, o.clean)
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
			if x.origin == y.origin && x.label == y.label && x.name == y.name {
				if x.sinks&y.sinks != 0 {
					out = append(out, cleanEntry{x.origin, x.label, x.sinks & y.sinks, x.name})
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
	for i, m := range v.marks {
		var add models.SinkSet
		for _, c := range s.clean {
			if c.origin != nil && c.label == m.Label && m.Origin.within(c.origin) {
				add |= c.sinks
			}
		}
		if add&^m.Clean != 0 {
			if out == nil {
				out = append([]Mark(nil), v.marks...)
			}
			out[i].Clean |= add
		}
	}
	if out == nil {
		return v
	}
	c := *v
	c.marks = out
	// What was guarded is no longer just the caller's value.
	c.exact = nil
	return &c
}
