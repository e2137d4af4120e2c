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
