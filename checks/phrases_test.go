package checks

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestPhrasesAreThoseThatTextsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc\xc3"[r.IntN(4)]
		}
		return string(b)
	}
	for range 300 {
		p := &phrases{}
		for range 1 + r.IntN(100) {
			p.add(word(r.IntN(6)))
		}
		p.compile()
		for range 20 {
			text := []byte(word(r.IntN(60)) + "d" + word(r.IntN(8)))
			h := p.in(text)
			for i, w := range p.list {
				if want := bytes.Contains(text, []byte(w)); h.has(i) != want {
					t.Fatalf("%q in %q: %v, want %v", w, text, !want, want)
				}
			}
			if want := bytes.IndexByte(text, 0xc3) >= 0; h.notASCII != want {
				t.Fatalf("%q is not ASCII: %v", text, h.notASCII)
			}
		}
	}
}
