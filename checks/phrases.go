package checks

import (
	"context"
	"slices"
	"unicode/utf8"
)

// phrases finds which of many texts a file holds in one pass over it: the automaton of Aho and Corasick
// ("Efficient String Matching", 1975), with the bytes that no text has taken together. It is not
// changed once compiled and can be used by many goroutines.
type phrases struct {
	places map[string]int
	list   []string
	// class numbers the bytes that texts have; 0 stands for all others.
	class   [256]uint16
	classes int
	// next holds the state after a state and the class of a byte, ends the texts that end at a state.
	next []int32
	ends [][]int32
}

// held is what a file holds of the texts of phrases.
type held struct {
	texts    []uint64
	notASCII bool
}

// add joins what another text holds.
func (h *held) add(o held) {
	for i, w := range o.texts {
		h.texts[i] |= w
	}
	h.notASCII = h.notASCII || o.notASCII
}

func (h held) has(i int) bool { return h.texts[i>>6]&(1<<(i&63)) != 0 }

// add gives a text a number.
func (p *phrases) add(text string) int {
	i, known := p.places[text]
	if !known {
		if p.places == nil {
			p.places = map[string]int{}
		}
		i = len(p.list)
		p.places[text], p.list = i, append(p.list, text)
	}
	return i
}

// compile makes the automaton.
func (p *phrases) compile() {
	p.classes = 1
	for _, t := range p.list {
		for i := range len(t) {
			if p.class[t[i]] == 0 {
				p.class[t[i]] = uint16(p.classes)
				p.classes++
			}
		}
	}
	state := func() int32 {
		p.next = append(p.next, make([]int32, p.classes)...)
		p.ends = append(p.ends, nil)
		return int32(len(p.ends) - 1)
	}
	state()
	for i, t := range p.list {
		at := int32(0)
		for k := range len(t) {
			to := int(at)*p.classes + int(p.class[t[k]])
			if p.next[to] == 0 {
				n := state() // may move p.next
				p.next[to] = n
			}
			at = p.next[to]
		}
		p.ends[at] = append(p.ends[at], int32(i))
	}
	// Breadth first: where a text breaks off, the longest end of what was read is gone on with.
	fail := make([]int32, len(p.ends))
	var queue []int32
	for _, n := range p.next[:p.classes] {
		if n != 0 {
			queue = append(queue, n)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		p.ends[at] = append(p.ends[at], p.ends[fail[at]]...)
		for c := range p.classes {
			to := &p.next[int(at)*p.classes+c]
			back := p.next[int(fail[at])*p.classes+c]
			if *to == 0 {
				*to = back
				continue
			}
			fail[*to] = back
			queue = append(queue, *to)
		}
	}
}

// in reads a text once.
func (p *phrases) in(text []byte) held {
	h, _ := p.within(context.Background(), text)
	return h
}

// readPiece is the length of a text that is read without a look at the context.
const readPiece = 64 << 10

// within is in that ends with a context. The error is the context's.
func (p *phrases) within(ctx context.Context, text []byte) (held, error) {
	h := held{texts: make([]uint64, len(p.list)/64+1)}
	if len(p.ends) == 0 {
		return h, nil
	}
	mark := func(at int32) {
		for _, i := range p.ends[at] {
			h.texts[i>>6] |= 1 << (i & 63)
		}
	}
	mark(0) // the empty text
	at, high := int32(0), byte(0)
	for len(text) > 0 {
		if err := ctx.Err(); err != nil {
			return h, err
		}
		n := min(readPiece, len(text))
		for _, b := range text[:n] {
			high |= b
			if at = p.next[int(at)*p.classes+int(p.class[b])]; p.ends[at] != nil {
				mark(at)
			}
		}
		text = text[n:]
	}
	h.notASCII = high >= utf8.RuneSelf
	return h, nil
}

// requirement is what a text must hold for a check of whole modules to be asked: one of some texts.
type requirement struct {
	texts    []int
	notASCII bool
}

func (p *phrases) requires(c interface{ Requires() []string }) requirement {
	rule, ok := c.(*Rule)
	r := p.oneOf(c.Requires())
	r.notASCII = ok && rule.NotASCII
	return r
}

// oneOf is the requirement of one of some texts; of none it is met by all files.
func (p *phrases) oneOf(texts []string) (r requirement) {
	for _, t := range texts {
		r.texts = append(r.texts, p.add(t))
	}
	return r
}

// besides are the requirements of what a check's file must have beside it.
func (p *phrases) besides(c Check) (out []requirement) {
	if r, ok := c.(*Rule); ok {
		for _, texts := range r.Beside {
			out = append(out, p.oneOf(texts))
		}
	}
	return out
}

// allMetBy reports whether all of some requirements are met.
func allMetBy(list []requirement, h held) bool {
	return !slices.ContainsFunc(list, func(r requirement) bool { return !r.metBy(h) })
}

func (r requirement) metBy(h held) bool {
	return (!r.notASCII || h.notASCII) && (len(r.texts) == 0 || slices.ContainsFunc(r.texts, h.has))
}
