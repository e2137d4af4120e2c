package flow

import "github.com/pyguard/pyguardml/internal/models"

// This file tells what a call read to give its result.

// maxRead bounds the calls that made what a call was given, and the functions through which
// it was handed.
const maxRead = 16

// ReadFrom returns the labelled data that a call's result was read from: what the call was
// given, and the calls that made its arguments and its receiver (a path, an open file, bytes,
// a picture), and what the files hold that are named there, with what the project's and
// frameworks' calls give to parameters. It is complete once the analysis has ended.
func (c *Call) ReadFrom() []Mark {
	var marks []Mark
	queue := []*Call{c}
	seen := map[*Call]bool{c: true}
	take := func(v *Value) {
		for _, a := range v.Alternatives() {
			if a.call != nil && !seen[a.call] && len(queue) < maxRead {
				seen[a.call] = true
				queue = append(queue, a.call)
			}
		}
	}
	for i := 0; i < len(queue); i++ {
		c := queue[i]
		for j := range c.Args {
			v := c.Args[j].Value
			marks = addMarks(marks, deepMarks(c, v, 0))
			marks = addMarks(marks, c.Frame.contained(v))
			take(v)
			items, _, _ := c.Items(v)
			for _, it := range items {
				take(it.Value)
			}
		}
		if c.Receiver != nil {
			marks = addMarks(marks, c.Receiver.marks)
			take(c.Receiver)
		}
	}
	return handedIn(marks, map[*Origin]bool{}, 0)
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
