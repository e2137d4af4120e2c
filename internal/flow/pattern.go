package flow

import (
	"regexp/syntax"
	"unicode"

	"github.com/pyguard/pyguardml/internal/models"
)

// repertoire is what a regular expression says of the texts that it matches as a whole.
type repertoire struct {
	// known is false for patterns that are not understood.
	known bool
	// words is set when texts of arbitrary letters match: an identifier, which evaluated or
	// imported may mean anything.
	words bool
	// dot and dash are set when a text can hold a dot, and begin with a dash.
	dot, dash bool
}

// repertoireOf reads a pattern; Python's and Go's agree as far as they matter here.
func repertoireOf(pattern string) repertoire {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return repertoire{}
	}
	r := repertoire{known: true}
	r.read(re, false)
	r.dash = canBegin(re, '-')
	return r
}

// read walks through a pattern; repeated is set within a repetition.
func (r *repertoire) read(re *syntax.Regexp, repeated bool) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			r.dot = r.dot || c == '.'
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		r.words, r.dot = true, true
	case syntax.OpCharClass:
		r.dot = r.dot || holdsRune(re.Rune, '.')
		// Digests and numbers in base 16 are no names.
		r.words = r.words || repeated && (holdsRune(re.Rune, 'g') || holdsRune(re.Rune, 'O') || holdsRune(re.Rune, '_'))
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		repeated = true
	}
	for _, sub := range re.Sub {
		r.read(sub, repeated)
	}
}

func holdsRune(class []rune, c rune) bool {
	for i := 0; i+1 < len(class); i += 2 {
		if class[i] <= c && c <= class[i+1] {
			return true
		}
	}
	return false
}

// canBegin reports whether a text that a pattern matches can begin with a character.
func canBegin(re *syntax.Regexp, c rune) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) > 0 && (re.Rune[0] == c || re.Flags&syntax.FoldCase != 0 && unicode.ToLower(re.Rune[0]) == unicode.ToLower(c))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCharClass:
		return holdsRune(re.Rune, c)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if canBegin(sub, c) {
				return true
			}
			if !canBeEmpty(sub) {
				return false
			}
		}
		return false
	}
	for _, sub := range re.Sub {
		if canBegin(sub, c) {
			return true
		}
	}
	return false
}

func canBeEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpQuest, syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	case syntax.OpRepeat:
		return re.Min == 0 || canBeEmpty(re.Sub[0])
	case syntax.OpPlus, syntax.OpCapture:
		return canBeEmpty(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !canBeEmpty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if canBeEmpty(sub) {
				return true
			}
		}
	}
	return false
}

// sinks are those for which a text that matches as a whole is harmless.
func (r repertoire) sinks() models.SinkSet {
	out := models.AllSinks
	if r.words {
		out &^= models.SinksOf(models.Exec)
	}
	if r.dash {
		out &^= models.SinksOf(models.Option)
	}
	return out
}

// capturedSinks are those for which what a call gives of a text is harmless because the pattern takes no more than
// words out of it: `re.findall("/([0-9a-f]{8})", x)`, `re.search("id=([a-z]+)", x).group(1)`.
func (c *Call) capturedSinks() models.SinkSet {
	switch c.Method {
	case "findall":
		if m := c.Receiver; m != nil && m.call != nil && m.call.Symbol.Is("re.compile") {
			return sinksOfGroup(m.call.value(0), -1)
		}
		return sinksOfGroup(c.value(0), -1)
	case "group":
		search := c.Receiver
		if search == nil || search.call == nil || len(c.Args) > 1 {
			return 0
		}
		group := 0
		if len(c.Args) == 1 {
			n, ok := c.value(0).Number()
			if !ok {
				return 0
			}
			group = int(n)
		}
		found := search.call
		switch {
		case found.Symbol.Is("re.search", "re.match", "re.fullmatch"):
			return sinksOfGroup(found.value(0), group)
		case found.Receiver != nil && found.Receiver.call != nil && found.Receiver.call.Symbol.Is("re.compile"):
			return sinksOfGroup(found.Receiver.call.value(0), group)
		}
	}
	return 0
}

// sinksOfGroup are those for which what a group of a pattern takes is harmless; -1 stands for all groups, or the
// whole where there are none.
func sinksOfGroup(pattern *Value, group int) models.SinkSet {
	text, ok := pattern.Text()
	if !ok {
		return 0
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	groups := []*syntax.Regexp{re}
	if n := re.MaxCap(); group > n {
		return 0
	} else if group != 0 && n > 0 {
		groups = captures(re, group)
	}
	out := models.AllSinks
	for _, g := range groups {
		if !wordsOnly(g) {
			return 0
		}
		out &= provenByWord("-")
	}
	return out
}

// captures lists the groups of a pattern, or the one with a number.
func captures(re *syntax.Regexp, group int) []*syntax.Regexp {
	var out []*syntax.Regexp
	if re.Op == syntax.OpCapture && (group < 0 || re.Cap == group) {
		out = append(out, re)
	}
	for _, sub := range re.Sub {
		out = append(out, captures(sub, group)...)
	}
	return out
}

// wordsOnly reports whether a pattern matches letters of ASCII, digits, underscores and dashes only, and words that
// it spells out, which may begin with a dot: `.png`.
func wordsOnly(re *syntax.Regexp) bool {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	switch re.Op {
	case syntax.OpLiteral:
		for i, r := range re.Rune {
			if !plain(r) && (r != '.' || i > 0) {
				return false
			}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				// What folds to a letter of ASCII stands beside it: the sign of Kelvin.
				if !plain(r) && r != 'ſ' && r != 'K' {
					return false
				}
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	}
	for _, sub := range re.Sub {
		if !wordsOnly(sub) {
			return false
		}
	}
	return true
}
