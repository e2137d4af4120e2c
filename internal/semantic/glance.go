package semantic

import (
	"bytes"
	"context"
	"encoding/binary"
)

// Glance tells whether a text holds one of some phrases, or imports one of some modules, in a fraction of the time that
// it takes to tell its words. It is made once and can then be used by many goroutines.
type Glance struct {
	// Of four bytes that begin at each second place of a text, marked tells nearly always that they are no part of a
	// phrase; at holds for those that are the phrases, with the place of the four bytes in them.
	marked [1 << glanceBits >> 6]uint64
	at     map[uint32][]inPhrase
	module func(name string) bool
}

type inPhrase struct {
	phrase string
	offset int
}

const glanceBits = 16

// ends are the bytes that may stand before and behind a word. Short phrases are words.
const ends = " \t\r\n\"'`.,:;_-+*/=(){}[]<>@#!?|&%$~\\"

// shortPhrase is the length up to which a phrase must be a word, or part of one between underscores; one that ends in a
// digit may go on.
const shortPhrase = 6

// NewGlance returns what looks for phrases of three and more bytes, and for imports, at the beginning of a line, of
// modules of which isModule is told the dotted names.
func NewGlance(phrases []string, isModule func(name string) bool) *Glance {
	g := &Glance{at: map[uint32][]inPhrase{}, module: isModule}
	for _, p := range phrases {
		// One of two places that follow each other is an even one.
		switch len(p) {
		case 3:
			for i := range len(ends) {
				g.mark(p+ends[i:i+1], p, 0)
				g.mark(ends[i:i+1]+p, p, -1)
			}
		case 4:
			g.mark(p, p, 0)
			after := ends
			if isDigit(p[3]) {
				after += "0123456789"
			}
			for i := range len(after) {
				g.mark(p[1:]+after[i:i+1], p, 1)
			}
		default:
			g.mark(p[:4], p, 0)
			g.mark(p[1:5], p, 1)
		}
	}
	return g
}

func (g *Glance) mark(four, phrase string, offset int) {
	v := binary.LittleEndian.Uint32([]byte(four))
	h := glanceHash(v)
	g.marked[h>>6] |= 1 << (h & 63)
	g.at[v] = append(g.at[v], inPhrase{phrase, offset})
}

func glanceHash(v uint32) uint32 { return v * 0x9E3779B1 >> (32 - glanceBits) }

// glanced is the length of a text that is glanced at without a look at the context.
const glanced = 256 << 10

// In reports whether a text holds a phrase or imports a module that is looked for, in comments and strings, too. The
// error is the context's.
func (g *Glance) In(ctx context.Context, text []byte) (bool, error) {
	for at := 0; at < len(text); at += glanced {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if g.holds(text, at, min(at+glanced, len(text))) || g.importsOne(text, at, min(at+glanced, len(text))) {
			return true, nil
		}
	}
	return false, nil
}

// holds reports whether a phrase is found by four bytes that begin between two places.
func (g *Glance) holds(text []byte, i, end int) bool {
	for ; i < end && i+4 <= len(text); i += 2 {
		v := binary.LittleEndian.Uint32(text[i:])
		if h := glanceHash(v); g.marked[h>>6]>>(h&63)&1 != 0 && g.phraseAt(text, i, v) {
			return true
		}
	}
	for ; i < end; i += 2 {
		rest := [4]byte{'\n', '\n', '\n', '\n'}
		copy(rest[:], text[i:])
		if g.phraseAt(text, i, binary.LittleEndian.Uint32(rest[:])) {
			return true
		}
	}
	return false
}

// phraseAt reports whether a phrase lies around the four bytes at a place.
func (g *Glance) phraseAt(text []byte, i int, v uint32) bool {
	for _, c := range g.at[v] {
		start := i - c.offset
		end := start + len(c.phrase)
		if start < 0 || end > len(text) || string(text[start:end]) != c.phrase {
			continue
		}
		if len(c.phrase) > shortPhrase || (start == 0 || !isAlphanumeric(text[start-1])) && (end == len(text) || !isAlphanumeric(text[end]) || isDigit(text[end-1])) {
			return true
		}
	}
	return false
}

func isAlphanumeric(c byte) bool { return c != '_' && inWord[c] }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

var importWord = []byte("import")

// importsOne reports whether a line of a text begins as the import of a module that is looked for, if the word `import`
// begins between two places.
func (g *Glance) importsOne(text []byte, at, end int) bool {
	for at < end {
		next := bytes.Index(text[at:min(end+len(importWord)-1, len(text))], importWord)
		if next < 0 {
			return false
		}
		at += next + len(importWord)
		line := text[bytes.LastIndexByte(text[:at-len(importWord)], '\n')+1:]
		k := 0
		for line[k] == ' ' || line[k] == '\t' { // the word stands behind them
			k++
		}
		if g.imports(line[k:]) {
			return true
		}
	}
	return false
}

func (g *Glance) imports(text []byte) bool {
	o := Outline{module: &Module{}}
	switch {
	case len(text) > 6 && string(text[:6]) == "import" && !inWord[text[6]]:
		o.plainImport(text[6:])
	case len(text) > 4 && string(text[:4]) == "from" && !inWord[text[4]]:
		o.fromImport(text[4:])
	default:
		return false
	}
	found := false
	o.module.Imported(func(name string) { found = found || g.module(name) })
	return found
}
