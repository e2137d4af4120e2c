package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file carries what parameters reach to the callers of their functions, once all summaries are
// final. Nothing of it changes what a function gives back or changes, so it need not be done while
// functions are analysed, some of them several times.

// handing is a call by which a function hands data to one that may bring it to a sink, with what was
// known there.
type handing struct {
	in *inst
	// via is set where only what that function reads counts: what a closure has captured.
	via     *Frame
	current ast.Node
	state
	// at tells what attributes held.
	at int
	// next is how many of the callee's hits have been applied.
	next int
}

// handing is what is known where a function is called, nil where nothing that it does is a sink.
func (s *state) handing(callee *Frame) *handing {
	if len(callee.hits) == 0 && len(callee.handed) == 0 && !callee.running && len(callee.waits) == 0 {
		return nil
	}
	return &handing{state: state{clean: s.clean, facts: s.facts}}
}

// hand notes a call of a function.
func (f *Frame) hand(in *inst, via *Frame, h *handing) {
	if h == nil || f.eng.settled {
		return
	}
	h.in = &inst{f: f, callee: in.callee, actual: in.actual, at: in.at, bound: in.bound}
	h.heap = f.st.snapshot() // with what the callee changed, as the messages that it added
	h.via, h.current, h.at = via, f.current, f.eng.clock.now
	if f.handed == nil {
		f.eng.handers = append(f.eng.handers, f)
	}
	f.handed = append(f.handed, h)
}

// handedTo names a call of a function at a place.
type handedTo struct {
	at          ast.Node
	callee, via *Frame
}

func (h *handing) to() handedTo { return handedTo{h.in.at, h.in.callee, h.via} }

// receiver is the object that is handed in first, nil where there is none.
func (h *handing) receiver() *Object {
	if len(h.in.actual) == 0 {
		return nil
	}
	return h.in.actual[0].object()
}

// keepHanded keeps calls of the pass before that were not made in this one. An attribute that has become
// one of many things is not followed any more; what was known of it before remains true.
func (f *Frame) keepHanded() {
	if len(f.handedBefore) > 0 && f.handed == nil {
		f.eng.handers = append(f.eng.handers, f)
	}
	// Fewer of a place are calls for fewer of the objects that something may be.
	missing := map[handedTo]int{}
	for _, h := range f.handedBefore {
		missing[h.to()]++
	}
	made := map[handedTo][]*Object{}
	for _, h := range f.handed {
		missing[h.to()]--
		made[h.to()] = append(made[h.to()], h.receiver())
	}
	for _, h := range f.handedBefore {
		if o := h.receiver(); missing[h.to()] > 0 && (o == nil || !slices.Contains(made[h.to()], o)) {
			f.handed = append(f.handed, h)
		}
	}
	f.handedBefore = nil
}

// propagate applies the hits of functions at their calls, callees first, until nothing is new.
func (e *Engine) propagate() {
	e.settled = true
	e.ignored |= e.table.unreached(e.labels)
	into := map[*Frame][]*handing{}
	var callees []*Frame
	seen := map[*Frame]bool{}
	for _, f := range e.handers {
		if seen[f] {
			continue // it was analysed again
		}
		seen[f] = true
		for _, h := range f.handed {
			if into[h.in.callee] == nil {
				h.in.callee.isHanded = true
				callees = append(callees, h.in.callee)
			}
			into[h.in.callee] = append(into[h.in.callee], h)
		}
	}
	slices.SortStableFunc(callees, func(a, b *Frame) int { return a.ended - b.ended })
	for more := true; more; {
		more = false
		for _, callee := range callees {
			for _, h := range into[callee] {
				if e.spent() {
					return
				}
				if n := len(callee.hits); h.next < n {
					hits := callee.hits[h.next:n]
					h.next = n
					h.apply(hits)
					more = true
				}
			}
		}
	}
	for f := range seen {
		f.handed = nil // but not the sources: what is found out later must find the same
	}
}

// useless reports whether nobody asks for a sink that a parameter of the function reaches: what callers would do with
// it, where there are none. Agents ask whether their tools run code.
func (f *Frame) useless(e *sinkEvent) bool {
	return f.eng.settled && !f.isHanded && (!f.eng.hasAgents || e.kind != models.Shell && e.kind != models.Exec)
}

// apply judges in the caller what the function called does with what it was handed.
func (h *handing) apply(hits []*hit) {
	in, f := h.in, h.in.f
	st, current := f.st, f.current
	defer func() { f.st, f.current, f.eng.clock.asOf = st, current, 0 }()
	f.current, f.eng.clock.asOf = h.current, h.at
	f.st = &state{heap: h.heap, facts: h.facts}
	if st != nil {
		f.st.env = st.env
	}
	if len(hits) > 1 {
		in.marked = &shortMap[*Origin, []Mark]{}
	}
	for _, x := range hits {
		if h.via != nil && x.via != h.via || f.eng.ignored.Has(x.kind) {
			continue
		}
		// What the callee has checked when it returns says nothing of what it did before; what it had
		// checked until then does.
		f.st.clean = h.clean
		if x.depth == 0 && x.call != nil && len(x.call.clean) > 0 {
			f.st.clean = append(h.clean[:len(h.clean):len(h.clean)], in.clean(x.call.clean)...)
		}
		f.applyHit(in, x)
	}
	in.marked = nil
}
