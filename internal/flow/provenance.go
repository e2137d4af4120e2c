package flow

import "github.com/pyguard/pyguardml/internal/models"

// This file tells what a call read to give its result.

// maxRead bounds the calls that made what a call was given, and the functions through which
// it was handed.
const maxRead = 16

// ReadFrom returns the labelled data that a call's result was read from: what is behind its
// arguments and its receiver. It is complete once the analysis has ended.
func (c *Call) ReadFrom() []Mark {
	b := behind{seen: map[*Call]bool{}}
	b.take(c)
	return b.marks0()
}

// Behind returns the labelled data that a value of the call was made of: the value's own, and
// what the calls that made it were given (a path, an open file, bytes, a picture), and what the
// files hold that are named there, with what the project's and frameworks' calls give to
// parameters. It is complete once the analysis has ended.
func (c *Call) Behind(v *Value) []Mark {
	b := behind{seen: map[*Call]bool{}}
	b.value(c, v)
	return b.marks0()
}

// behind collects what values were made of.
type behind struct {
	marks []Mark
	queue []*Call
	seen  map[*Call]bool
}

func (b *behind) take(c *Call) {
	if c != nil && !b.seen[c] && len(b.queue) < maxRead {
		b.seen[c] = true
		b.queue = append(b.queue, c)
	}
}

func (b *behind) value(c *Call, v *Value) {
	b.marks = addMarks(b.marks, deepMarks(c, v, 0))
	b.marks = addMarks(b.marks, c.Frame.contained(v))
	for _, a := range v.Alternatives() {
		b.take(a.call)
		for _, part := range a.Chain() {
			b.marks = addMarks(b.marks, deepMarks(c, part, 0))
			b.take(part.call)
		}
	}
	items, _, _ := c.Items(v)
	for _, it := range items {
		b.take(it.Value.call)
	}
}

func (b *behind) marks0() []Mark {
	for i := 0; i < len(b.queue); i++ {
		c := b.queue[i]
		for j := range c.Args {
			b.value(c, c.Args[j].Value)
		}
		if c.Receiver != nil {
			b.marks = addMarks(b.marks, c.Receiver.marks)
			for _, a := range c.Receiver.Alternatives() {
				b.take(a.call)
			}
		}
	}
	return handedIn(b.marks, map[*Origin]bool{}, 0)
}

// handedIn puts the marks of what calls gave in the place of those of parameters.
func handedIn(marks []Mark, seen map[*Origin]bool, depth int) []Mark {
	var out []Mark
	for _, m := range marks {
		if m.Label != models.NoLabel {
			out = addMarks(out, []Mark{m})
			continue
		}
		root := m.Origin.root()
		if root.frame == nil || seen[root] || depth > maxRead {
			continue
		}
		seen[root] = true
		// A function may have been analysed for other arguments as well.
		for _, f := range root.frame.eng.frames[frameKey{root.frame.fn, root.frame.env}] {
			for _, actual := range f.given {
				if root.index < len(actual) && actual[root.index] != nil {
					out = addMarks(out, handedIn(actual[root.index].marks, seen, depth+1))
				}
			}
		}
	}
	return out
}
