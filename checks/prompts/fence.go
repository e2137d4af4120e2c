package prompts

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// closableFence is PML1101.
var closableFence = &checks.Rule{
	Spec: infoPML1101,
	From: outsiders,
	Into: []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		reportPlaces(p, path, "take the fence out of the text", func(at *place) bool {
			f := fenceAround(at)
			return f != nil && !at.quoted() && at.mark.Holds(f.closing) && f.isNamed(around(path, at))
		}, func(in *checks.Module, at *place) []fix.Edit {
			return insertedAs(in, at, "", ".replace("+fenceAround(at).literal(in, at)+`, "")`)
		})
	},
}

// fence is a pair of marks that stand around a value.
type fence struct {
	opening, closing string
	// names are the words by which a prompt calls the fence.
	names *regexp.Regexp
}

// fenceNames are the words for the characters that fences are made of.
var fenceNames = map[byte]*regexp.Regexp{
	'`':  fenceWords("back[- ]?ticks?", "back[- ]?quotes?", "code ?blocks?", "code fences?"),
	'"':  fenceWords("quotes?", "quotation marks?", "double[- ]quotes?"),
	'\'': fenceWords("quotes?", "quotation marks?", "apostrophes?", "single[- ]quotes?"),
	'#':  fenceWords("hash(?:es|tags?)?", "hash marks?", "pound signs?", "number signs?"),
	'-':  fenceWords("dash(?:es)?", "hyphens?", "lines?"),
	'=':  fenceWords("equals?", "equals? signs?", "lines?"),
	'~':  fenceWords("tildes?"),
	'*':  fenceWords("asterisks?", "stars?"),
	'<':  fenceWords("angle brackets?", "chevrons?", "brackets?"),
}

// fenceWords makes the pattern of a fence's names, and of what every fence is called.
func fenceWords(words ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:delimiters?|fences?|` + strings.Join(words, "|") + `)\b`)
}

// repeated are the characters of which three or more make a fence.
const repeated = "`\"'#-=~*"

// infoWord finds the language behind the backticks that open a block of code.
var infoWord = regexp.MustCompile("(?:```|~~~)[a-z]+\\s*\n\\s*$")

// fenceAround finds the fence right around a value, nil where there is none.
func fenceAround(at *place) *fence {
	before, after := strings.TrimRight(at.before, " \t\r\n"), strings.TrimLeft(at.after, " \t\r\n")
	if m := infoWord.FindString(at.before); m != "" {
		before = strings.TrimRight(strings.TrimSuffix(at.before, m)+m[:3], " ")
	}
	if before == "" || after == "" {
		return nil
	}
	if strings.HasSuffix(before, "<<<") && strings.HasPrefix(after, ">>>") {
		return &fence{"<<<", ">>>", fenceNames['<']}
	}
	c := after[0]
	if strings.IndexByte(repeated, c) < 0 {
		return nil
	}
	opening, closing := runBefore(before, c), run(after, c)
	if opening < 3 || closing < 3 {
		return nil
	}
	return &fence{strings.Repeat(string(c), opening), strings.Repeat(string(c), min(opening, closing)), fenceNames[c]}
}

// run counts how often a text begins with a character, runBefore how often it ends with it.
func run(text string, c byte) int { return len(text) - len(strings.TrimLeft(text, string(c))) }

func runBefore(text string, c byte) int { return len(text) - len(strings.TrimRight(text, string(c))) }

// boundaryWords say that something stands between marks.
var boundaryWords = regexp.MustCompile(`(?i)\b(?:delimited|delimit|delimits|enclosed?|encloses|surrounded|surrounds?|wrapped|wrap|wraps|between|inside|within|bounded|fenced)\b`)

// sentenceEnd finds where a sentence ends.
var sentenceEnd = regexp.MustCompile(`[.!?](?:\s|$)|\n\s*\n`)

// isNamed reports whether a sentence of the prompt says that the fence is the boundary of the
// text in it.
func (f *fence) isNamed(text string) bool {
	pair := regexp.QuoteMeta(f.opening) + `(?:[a-z]+\n)?\s*` + hole + `[\s` + hole + `]*` + regexp.QuoteMeta(f.closing)
	text = regexp.MustCompile(pair).ReplaceAllString(text, hole)
	for _, sentence := range sentenceEnd.Split(text, -1) {
		if boundaryWords.MatchString(sentence) && (f.names.MatchString(sentence) || strings.Contains(sentence, f.closing)) {
			return true
		}
	}
	return false
}

// literal writes the closing fence as a Python literal that can stand where the value is
// inserted: a quote of a surrounding f-string cannot stand in it.
func (f *fence) literal(in *checks.Module, at *place) string {
	c := f.closing[:1]
	if c != `"` && c != `'` {
		return `"` + f.closing + `"`
	}
	for _, n := range in.Around(at.node) {
		if _, ok := n.(*ast.JoinedStr); ok {
			code := map[string]string{`"`: "34", `'`: "39"}[c]
			return "chr(" + code + ") * " + string(rune('0'+min(len(f.closing), 9)))
		}
	}
	if c == `"` {
		return `'` + f.closing + `'`
	}
	return `"` + f.closing + `"`
}
