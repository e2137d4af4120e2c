// Package deceptive finds the characters of a text that are not what they look like: those
// that show as nothing, those that change the order in which a line is shown, and letters of
// one script that look like those of another. It judges text alone; what the text is for, and
// whether it matters there, is for others to say.
//
// Start reading at Find.
package deceptive

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind says how a character deceives.
type Kind uint8

// The kinds of characters.
const (
	// Invisible characters take no room on the screen.
	Invisible Kind = iota
	// Bidi characters change the order in which the text around them is shown (Trojan Source,
	// CVE-2021-42574).
	Bidi
	// LookAlike letters stand for a Latin one in a Latin word (CVE-2021-42694).
	LookAlike
)

// Char is one character found.
type Char struct {
	Kind Kind
	// Start and End bound it, in bytes of the text.
	Start, End int
	// Twin is the Latin letter that a LookAlike imitates.
	Twin string
}

// Find returns the deceptive characters of a text in their order. Characters that the
// writing of a language or an emoji needs are not among them. With escapes set, a backslash
// takes the characters of its escape sequence out of the text, as in a Python literal: who
// reads "\u200b" sees what is there.
func Find(text string, escapes bool) []Char {
	if ascii(text) {
		return nil
	}
	list := runes(text, escapes)
	out := append(invisible(list), controls(list)...)
	out = append(out, lookAlikes(list)...)
	slices.SortFunc(out, func(a, b Char) int { return a.Start - b.Start })
	return out
}

func ascii(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// char is a character with its place.
type char struct {
	r          rune
	start, end int
}

// escaped stands for an escape sequence among the characters.
const escaped = '\\'

func runes(text string, escapes bool) []char {
	var out []char
	for i := 0; i < len(text); {
		if text[i] == '\\' && escapes {
			n := escape(text[i:])
			out = append(out, char{escaped, i, i + n})
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		out = append(out, char{r, i, i + n})
		i += n
	}
	return out
}

// escape returns the length of the escape sequence with which text begins.
func escape(text string) int {
	if len(text) < 2 {
		return len(text)
	}
	n := 0
	switch text[1] {
	case 'x':
		n = 2
	case 'u':
		n = 4
	case 'U':
		n = 8
	case 'N':
		for i := 2; i < len(text); i++ {
			if text[i] == '}' {
				return i + 1
			}
			if text[i] >= utf8.RuneSelf {
				break
			}
		}
	default:
		_, size := utf8.DecodeRuneInString(text[1:])
		return 1 + size
	}
	end := 2
	for end < len(text) && end < 2+n && hexadecimal(text[end]) {
		end++
	}
	return end
}

func hexadecimal(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func at(list []char, i int) rune {
	if i < 0 || i >= len(list) {
		return 0
	}
	return list[i].r
}

const (
	blackFlag     = 0x1F3F4
	cancelTag     = 0xE007F
	joiner        = 0x200D
	nonJoiner     = 0x200C
	popIsolate    = 0x2069
	firstIsolate  = 0x2066
	mongolianStop = 0x180E
)

// invisible finds what shows as nothing.
func invisible(list []char) []Char {
	var out []Char
	for i := 0; i < len(list); i++ {
		c := list[i]
		if c.r == blackFlag {
			i = flagEnd(list, i)
			continue
		}
		if hides(list, i) {
			out = append(out, Char{Kind: Invisible, Start: c.start, End: c.end})
		}
	}
	return out
}

// flagEnd returns the last character of the flag that begins at i: tag characters that the
// cancel tag ends (England, Scotland, Wales). Without it there is no flag.
func flagEnd(list []char, i int) int {
	for j := i + 1; j < len(list); j++ {
		switch r := list[j].r; {
		case r == cancelTag && j > i+1:
			return j
		case r < 0xE0020 || r > 0xE007E || j > i+8:
			return i
		}
	}
	return i
}

// hides reports whether the character at i shows as nothing and no writing needs it there.
func hides(list []char, i int) bool {
	before, after := at(list, i-1), at(list, i+1)
	switch r := list[i].r; {
	case r == joiner, r == nonJoiner:
		return before != 0 && after != 0 && before < utf8.RuneSelf && after < utf8.RuneSelf
	case r == 0x200B: // between the words of scripts that write without spaces
		return !unicode.In(before, unspaced...) || !unicode.In(after, unspaced...)
	case r == mongolianStop:
		return !unicode.Is(unicode.Mongolian, before)
	case r == 0x115F, r == 0x1160: // in old Korean syllables
		return !jamo(before) && !jamo(after)
	case r >= 0xE0100 && r <= 0xE01EF: // one may choose the form of an ideograph
		return !unicode.Is(unicode.Han, before)
	case r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r == 0x3164, r == 0xFFA0, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

var unspaced = []*unicode.RangeTable{unicode.Thai, unicode.Khmer, unicode.Lao, unicode.Myanmar}

func jamo(r rune) bool { return r >= 0x1100 && r <= 0x11FF && r != 0x115F && r != 0x1160 }

// controls finds embeddings, overrides, and isolates that are not closed on their line or
// hold nothing that is written from right to left.
func controls(list []char) []Char {
	var out []Char
	var open []int
	add := func(i int) { out = append(out, Char{Kind: Bidi, Start: list[i].start, End: list[i].end}) }
	for i, c := range list {
		switch {
		case c.r >= 0x202A && c.r <= 0x202E:
			add(i)
		case c.r >= firstIsolate && c.r < popIsolate:
			open = append(open, i)
		case c.r == popIsolate && len(open) == 0:
			add(i)
		case c.r == popIsolate:
			first := open[len(open)-1]
			open = open[:len(open)-1]
			if !slices.ContainsFunc(list[first:i], func(c char) bool { return rightToLeft(c.r) }) {
				add(first)
				add(i)
			}
		case c.r == '\n':
			for _, i := range open {
				add(i)
			}
			open = nil
		}
	}
	for _, i := range open {
		add(i)
	}
	return out
}

var rightToLeftScripts = []*unicode.RangeTable{
	unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam,
}

func rightToLeft(r rune) bool { return unicode.IsLetter(r) && unicode.In(r, rightToLeftScripts...) }

// lookAlikes finds letters of another script in words that are mostly Latin.
func lookAlikes(list []char) []Char {
	var out []Char
	foreign := false
	words(list, func(word []char) {
		foreign = foreign || len(word) >= 3 && !slices.ContainsFunc(word, func(c char) bool { return c.r < utf8.RuneSelf })
	})
	words(list, func(word []char) {
		n := 0
		for _, c := range word {
			if c.r < utf8.RuneSelf {
				n++
			}
		}
		if len(word) < 4 || 2*n <= len(word) || n == len(word) || foreign && inflected(word, n) {
			return
		}
		for _, c := range word {
			if t := twin(c.r); t != "" {
				out = append(out, Char{LookAlike, c.start, c.end, t})
			}
		}
	})
	return out
}

// inflected reports whether a word is a Latin one with the ending of another language, as
// Russian text inflects names; n is the number of its ASCII letters.
func inflected(word []char, n int) bool {
	for i, c := range word {
		if (c.r < utf8.RuneSelf) != (i < n) {
			return false
		}
	}
	return n >= 2
}

// words calls do with each run of letters.
func words(list []char, do func([]char)) {
	start := -1
	for i, c := range list {
		letter := unicode.IsLetter(c.r)
		switch {
		case letter && start < 0:
			start = i
		case !letter && start >= 0:
			do(list[start:i])
			start = -1
		}
	}
	if start >= 0 {
		do(list[start:])
	}
}

// twins holds the Latin letters that Cyrillic and Greek ones look like.
var twins = func() map[rune]string {
	m := map[rune]string{}
	pair := func(letters, latin string) {
		l := []rune(letters)
		for i, c := range []rune(latin) {
			m[l[i]] = string(c)
		}
	}
	pair("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d", "aeopcyxijshdqw")
	pair("\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405", "ABEKMHOPCTXIJS")
	pair("\u03bf\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7", "ovABEZHIKMNOPTYX")
	return m
}()

// twin returns the Latin letter that a letter looks like, or "".
func twin(r rune) string {
	if t := twins[r]; t != "" {
		return t
	}
	if r >= 0xFF21 && r <= 0xFF5A || r >= 0x1D400 && r <= 0x1D7FF {
		t := norm.NFKC.String(string(r))
		if len(t) == 1 && unicode.IsLetter(rune(t[0])) {
			return t
		}
	}
	return ""
}
