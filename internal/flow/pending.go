package flow

import "slices"

// This file leaves what objects of called functions hold until somebody looks at it. Most of what calls bring
// back is never looked into; it would be a third of the memory of an analysis.

// pending is how to find out what an object holds that a called function has made.
type pending struct {
	in *inst
	// held is what it holds in the function, in terms of its parameters.
	held  *contents
	depth int
	// state and at are what was known when the function was called.
	heap heap
	at   int
}

// keep remembers which object of the caller stands for one of the function called.
func (in *inst) keep(o, n *Object) {
	if in.memo == nil {
		in.memo = map[*Object]*Object{}
	}
	in.memo[o] = n
}

// later is what an object holds in the caller, to be found out when it is asked for.
func (in *inst) later(held *contents, depth int) *contents {
	if in.waiting == nil {
		in.waiting = &inst{f: in.f, callee: in.callee, actual: in.actual, at: in.at, bound: in.bound, memo: in.memo, heap: in.heap, files: in.files}
		in.waiting.waiting = in.waiting
		in.called, in.waiting.called = in.f.st.snapshot(), in.called
	}
	at := in.f.eng.clock.asOf
	if at == 0 {
		at = in.f.eng.clock.now
	}
	return &contents{pending: &pending{in: in.waiting, held: held, depth: depth, heap: in.called, at: at}}
}

// known is what an object holds, now that somebody looks at it.
func (c *contents) known() *contents {
	if c == nil || !c.waits() {
		return c
	}
	if j := c.joined; j != nil {
		c.joined = nil
		*c = *unite(j[0].known(), j[1].known())
		return c
	}
	p := c.pending
	c.pending = nil
	f := p.in.f
	st, asOf := f.st, f.eng.clock.asOf
	f.st, f.eng.clock.asOf = &state{heap: p.heap}, p.at
	if st != nil {
		f.st.env = st.env
	}
	p.in.n = 0 // each is bounded on its own
	*c = *p.in.contents(p.held.known(), p.depth)
	f.st, f.eng.clock.asOf = st, asOf
	return c
}

// waits reports whether nobody has looked yet.
func (c *contents) waits() bool { return c.pending != nil || c.joined != nil }

// equals reports whether two objects hold the same since the same function was called with the same.
func (p *pending) equals(o *pending) bool {
	return p != nil && o != nil && p.held == o.held && p.in.callee == o.in.callee && slices.EqualFunc(p.in.actual, o.in.actual, sameOrNil)
}
