package flow

import (
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/internal/models"
)

// This file knows what a pattern says of the text that it finds: `re.findall(r"/([0-9a-f]+)\.png", text)` gives
// digits, whatever else the text holds.

var (
	finding = []string{"re.findall", "re.compile().findall"}
	matched = []string{
		"re.search", "re.match", "re.fullmatch", "re.compile().search", "re.compile().match", "re.compile().fullmatch",
	}
)

// foundSinks tells for which sinks harmless is what a call gives that finds text by a pattern.
func foundSinks(c *Call) models.SinkSet {
	if c.Symbol.Is(finding...) {
		re := patternOf(c)
		if re == nil {
			return 0
		}
		if re.MaxCap() == 0 {
			return harmlessText(re)
		}
		return allGroups(re)
	}
	if c.Receiver == nil || c.Method != "group" && c.Method != "groups" && c.Method != "groupdict" {
		return 0
	}
	if by := c.Receiver.Origin(); by != nil && by.Symbol.Is(matched...) {
		re := patternOf(by)
		switch {
		case re == nil:
		case c.Method != "group":
			return allGroups(re)
		case len(c.Args) == 0:
			return harmlessText(re)
		case len(c.Args) == 1:
			return groupSinks(re, c.value(0))
		}
	}
	return 0
}

// itemSinks is foundSinks for an item of a match: `m[1]`.
func itemSinks(match, key *Value) models.SinkSet {
	if match.kind != KindExternal || match.call == nil || !match.call.Symbol.Is(matched...) {
		return 0
	}
	re := patternOf(match.call)
	if re == nil {
		return 0
	}
	return groupSinks(re, key)
}

// patternOf is the constant pattern by which a call searches; nil where it is not known, or flags change how it is read.
func patternOf(c *Call) *syntax.Regexp {
	by, flags := c, c.Arg(2, "flags")
	if strings.HasPrefix(c.Symbol.String(), "re.compile()") {
		if c.Receiver == nil {
			return nil
		}
		if by = c.Receiver.Origin(); by == nil {
			return nil
		}
		flags = by.Arg(1, "flags")
	}
	if flags != nil && !flags.Value.Is("re.I", "re.IGNORECASE", "re.M", "re.MULTILINE", "re.S", "re.DOTALL", "re.A", "re.ASCII") {
		return nil
	}
	text, ok := by.value(0).Text()
	if !ok || len(text) > maxChanged {
		return nil
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil
	}
	return re
}

// groupSinks is harmlessText of one group, by its number or name.
func groupSinks(re *syntax.Regexp, which *Value) models.SinkSet {
	n, isNumber := which.Number()
	name, isName := which.Text()
	if isNumber && n == 0 {
		return harmlessText(re)
	}
	var out models.SinkSet
	eachGroup(re, func(g *syntax.Regexp) {
		if isNumber && strconv.Itoa(g.Cap) == strconv.FormatFloat(n, 'f', -1, 64) || isName && name != "" && g.Name == name {
			out = harmlessText(g)
		}
	})
	return out
}

// allGroups is what is harmless of every group.
func allGroups(re *syntax.Regexp) models.SinkSet {
	out := models.AllSinks
	eachGroup(re, func(g *syntax.Regexp) { out &= harmlessText(g) })
	if out == models.AllSinks {
		return 0
	}
	return out
}

func eachGroup(re *syntax.Regexp, yield func(*syntax.Regexp)) {
	if re.Op == syntax.OpCapture {
		yield(re)
	}
	for _, sub := range re.Sub {
		eachGroup(sub, yield)
	}
}

// harmlessText tells for which sinks text is harmless that is no more than letters, digits, `_` and `-`, and what the
// program wrote down itself.
func harmlessText(re *syntax.Regexp) models.SinkSet {
	if !plainText(re, false) {
		return 0
	}
	out := inFolder | models.SinksOf(models.Shell, models.Pipe, models.SQL, models.HTML, models.Exec, models.Template, models.URL, models.Markdown, models.Log)
	var r repertoire
	r.read(re, false)
	if r.words { // a name still says what is run, imported or installed
		out &^= models.SinksOf(models.Exec, models.Shell, models.Pipe)
	}
	return out
}

// plainText reports whether a pattern finds nothing that means anything to a shell, a path, a page or a statement.
func plainText(re *syntax.Regexp, repeated bool) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 100 {
				return false
			}
			for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
				if !plainRune(c) {
					return false
				}
			}
		}
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			if repeated && !plainRune(c) {
				return false
			}
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		repeated = true
	}
	for _, sub := range re.Sub {
		if !plainText(sub, repeated) {
			return false
		}
	}
	return true
}

func plainRune(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c > 127
}
