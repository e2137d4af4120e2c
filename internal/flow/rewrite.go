package flow

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file keeps what a program does to text on its way, so that it can be asked whether
// some text can still be in it: replacements, escapes, encodings, splits and joins. The
// answer comes from doing the same to a sample.

// rewrite is what became of a text on its way; nil is nothing. It is immutable.
type rewrite struct {
	// change is one step, made at the node at.
	change func(string) string
	at     ast.Node
	// absent is the text that a test has not found, where the step is that.
	absent string
	// first and second are two rewrites one after the other.
	first, second *rewrite
	// a and b are the rewrites of two ways that met.
	a, b *rewrite
	// n counts the steps.
	n int
}

// maxRewrites bounds the steps that are kept, and maxOutcomes what can become of a sample.
const (
	maxRewrites = 60
	maxOutcomes = 16
)

// then returns the rewrite r and after it s.
func (r *rewrite) then(s *rewrite) *rewrite {
	switch {
	case r == nil:
		return s
	case s == nil || r.same(s) || r.second != nil && r.second.same(s):
		return r
	case r.n+s.n > maxRewrites:
		return nil
	}
	return &rewrite{first: r, second: s, n: r.n + s.n}
}

// same reports whether two rewrites are one and the same step.
func (r *rewrite) same(s *rewrite) bool {
	return r == s || r.at != nil && r.at == s.at
}

// either is what became of a text on one of two ways. Without a rewrite on one of them
// nothing is certain.
func either(r, s *rewrite) *rewrite {
	switch {
	case r == nil || s == nil:
		return nil
	case r.same(s) || r.first != nil && s.first != nil && r.first.same(s.first) && r.second.same(s.second):
		return r
	case r.n+s.n > maxRewrites:
		return nil
	}
	return &rewrite{a: r, b: s, n: r.n + s.n}
}

// maxChanged bounds the texts that changes are tried on, and those that they put in: each step can
// make a text many times as long.
const maxChanged = 1 << 12

// outcomes lists what can become of a text.
func (r *rewrite) outcomes(text string) []string {
	switch {
	case r == nil:
		return []string{text}
	case r.change != nil && len(text) <= maxChanged:
		return []string{r.change(text)}
	case r.change != nil:
		return []string{text}
	case r.first != nil:
		var out []string
		for _, t := range r.first.outcomes(text) {
			out = append(out, r.second.outcomes(t)...)
			if len(out) > maxOutcomes {
				return append(out[:maxOutcomes], text)
			}
		}
		return out
	}
	return append(r.a.outcomes(text), r.b.outcomes(text)...)
}

// Outcomes lists what a text that the source holds can have become on the way: "<b>" is
// "&lt;b&gt;" after html.escape. Where it was cut into pieces, seams stand between them.
func (m Mark) Outcomes(text string) []string { return m.rewrite.outcomes(text) }

// Holds reports whether a text that the source holds can still be in the data.
func (m Mark) Holds(text string) bool {
	for _, o := range m.Outcomes("x" + text + "x") {
		if strings.Contains(o, text) {
			return true
		}
	}
	return false
}

// promptSinks are the places in which a model reads text.
var promptSinks = models.SinksOf(models.PromptSystem, models.PromptUser, models.PromptTemplate, models.PromptTool)

// seam stands where text was split into the items of a list.
const seam = "\x1f"

// rewritten applies a step to a value: to its labels, and to the constant parts of a built
// text.
func rewritten(v *Value, r *rewrite) *Value {
	if r == nil || v == nil || len(v.marks) == 0 {
		return v
	}
	k := *v
	switch {
	case v.kind == KindUnion:
		alts := make([]*Value, len(v.ref.([]*Value)))
		for i, a := range v.ref.([]*Value) {
			alts[i] = rewritten(a, r)
		}
		k.ref = alts
	case v.kind == KindString && v.built != nil:
		parts := slices.Clone(v.parts())
		for i, p := range parts {
			if p.Value == nil {
				p.Text = r.outcomes(p.Text)[0]
			} else {
				p.Value = rewritten(p.Value, r)
			}
			parts[i] = p
		}
		k.built = &parts
	}
	k.marks = make([]Mark, len(v.marks))
	for i, m := range v.marks {
		m.rewrite = m.rewrite.then(r)
		k.marks[i] = m
	}
	return &k
}

// decoded forgets what was done to a text: what it encodes can be anything.
func decoded(v *Value) *Value {
	for _, m := range v.marks {
		if m.rewrite == nil {
			continue
		}
		k := *v
		k.marks = make([]Mark, len(v.marks))
		for i, m := range v.marks {
			m.rewrite = nil
			k.marks[i] = m
		}
		return &k
	}
	return v
}

// rewrites applies to the result of a call what the call is known to do to text.
func (f *Frame) rewrites(c *Call, v *Value) *Value {
	if v == nil || len(v.marks) == 0 || c.Callee.Kind() == KindFunction || c.Callee.Kind() == KindClass {
		return v
	}
	if t := f.fillsTemplate(c, v); t != nil {
		return t
	}
	if t := f.fillsChat(c, v.marks); t != nil {
		return t
	}
	for _, m := range symModels(c.Symbol) {
		switch {
		case m.Decodes:
			if !c.Symbol.Is("json.loads", "json.load", "ast.literal_eval") {
				// Who looked at the encoded text has not seen this one.
				v = v.withMarks(restored(v.marks, promptSinks))
				for i := range v.marks {
					v.marks[i].decoded = true
				}
			}
			return decoded(v)
		case m.Encodes != nil:
			return rewritten(v, step(m.Encodes, c.Node))
		case slices.Contains(m.Cleans, models.HTML) && (len(m.CleansIf) == 0 || cleansHere(c, m.CleansIf)):
			return rewritten(v, step(models.EscapeHTML, c.Node))
		}
	}
	if change := c.change(); change != nil {
		return rewritten(v, step(change, c.Node))
	}
	if sinks := foundSinks(c); sinks != 0 {
		return v.withMarks(cleaned(v.marks, sinks))
	}
	if c.Method == "replace" && c.Receiver != nil && c.Frame != nil {
		c.Frame.notesDecoded(c.value(0)) // what is replaced is what callers say
	}
	return v
}

func step(change func(string) string, at ast.Node) *rewrite {
	return &rewrite{change: change, at: at, n: 1}
}

// change is what a call does to text; nil where that is not known.
func (c *Call) change() func(string) string {
	if c.Symbol.Is("re.sub", "re.subn") {
		return substitution(c.value(0), c.value(1), c.Arg(4, "flags"))
	}
	if c.Symbol.Is("re.compile().sub", "re.compile().subn") {
		if p := c.Receiver.Origin(); p != nil {
			return substitution(p.value(0), c.value(0), p.Arg(1, "flags"))
		}
	}
	if c.Symbol.Is("re.split") {
		return substitution(c.value(0), stringValue(seam), c.Arg(3, "flags"))
	}
	if c.Symbol.Is("textwrap.indent") {
		if prefix, ok := argText(c, 1, "prefix"); ok {
			return func(s string) string { return prefix + strings.ReplaceAll(s, "\n", "\n"+prefix) }
		}
	}
	if c.Receiver == nil {
		return nil
	}
	switch c.Method {
	case "replace":
		return replacement(c.value(0), c.value(1))
	case "translate":
		return translation(c)
	case "split", "rsplit":
		if sep, ok := argText(c, 0, "sep"); ok && sep != "" {
			if c.Arg(1, "maxsplit") != nil {
				return nil
			}
			return func(s string) string { return strings.ReplaceAll(s, sep, seam) }
		}
		if len(c.Args) == 0 || c.value(0).IsNone() {
			return func(s string) string { return strings.Join(strings.Fields(s), seam) }
		}
	case "splitlines":
		if len(c.Args) == 0 {
			return func(s string) string { return newlines.Replace(s) }
		}
	case "hex":
		return func(s string) string { return strings.Repeat("0", 2*len(s)) }
	}
	return nil
}

var newlines = strings.NewReplacer("\r\n", seam, "\n", seam, "\r", seam)

func argText(c *Call, pos int, name string) (string, bool) {
	a := c.Arg(pos, name)
	if a == nil {
		return "", false
	}
	return a.Value.Text()
}

// replacement is str.replace. Of several constants, as a loop over them gives, all are
// replaced.
func replacement(old, with *Value) func(string) string {
	to, ok := with.Text()
	if !ok || len(to) > maxChanged {
		return nil
	}
	var pairs []string
	for _, a := range old.Alternatives() {
		from, ok := a.Text()
		if !ok || from == "" {
			return nil
		}
		pairs = append(pairs, from)
	}
	return func(s string) string {
		for _, from := range pairs {
			s = strings.ReplaceAll(s, from, to)
		}
		return s
	}
}

// translation is str.translate with a table of constants.
func translation(c *Call) func(string) string {
	table := c.value(0)
	if made := table.Origin(); made != nil && made.Method == "maketrans" {
		from, ok1 := made.value(0).Text()
		to, ok2 := made.value(1).Text()
		gone, _ := made.value(2).Text()
		if !ok1 || !ok2 {
			return nil
		}
		var pairs []string
		for i, r := range []rune(from) {
			if l := []rune(to); i < len(l) {
				pairs = append(pairs, string(r), string(l[i]))
			}
		}
		for _, r := range gone {
			pairs = append(pairs, string(r), "")
		}
		return strings.NewReplacer(pairs...).Replace
	}
	entries, _, ok := c.Entries(table)
	if !ok {
		return nil
	}
	var pairs []string
	for _, e := range entries {
		n, numeric := e.Key.Number()
		from := e.Name
		if numeric {
			from = string(rune(int(n)))
		}
		to, _ := e.Value.Text()
		if from != "" {
			pairs = append(pairs, from, to)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return strings.NewReplacer(pairs...).Replace
}

// substitution is re.sub with a constant pattern. What a function puts in is not looked at:
// it is taken to break the match up.
func substitution(pattern, with *Value, flags *Argument) func(string) string {
	p, ok := pattern.Text()
	if !ok {
		return nil
	}
	to, _ := with.Text()
	re := compiled(p, flags)
	if re == nil || len(to) > maxChanged {
		return nil
	}
	to = groups.ReplaceAllString(strings.ReplaceAll(to, "$", "$$"), "$${$1$2}")
	return func(s string) string { return re.ReplaceAllString(s, to) }
}

// groups finds `\1` and `\g<name>` in what re.sub puts in.
var groups = regexp.MustCompile(`\\(?:(\d)|g<(\w+)>)`)

// compiled reads a pattern of Python's re as far as Go's regexp means the same; nil for
// others.
func compiled(pattern string, flags *Argument) *regexp.Regexp {
	letters := ""
	if flags != nil {
		name := flags.Value.Name()
		for _, l := range [...]struct{ letter, short, long string }{
			{"i", "re.I", "re.IGNORECASE"}, {"m", "re.M", "re.MULTILINE"}, {"s", "re.S", "re.DOTALL"},
		} {
			if name == l.short || name == l.long {
				letters += l.letter
			}
		}
	}
	if letters != "" {
		pattern = "(?" + letters + ")" + pattern
	}
	pattern = strings.ReplaceAll(pattern, `\Z`, `\z`)
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || len(pattern) > 1000 || parsed.MaxCap() > 100 {
		return nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return re
}

// rejoined puts what stands between the items of a joined list where the text was split.
func rejoined(between string, at ast.Node) *rewrite {
	return step(func(s string) string { return strings.ReplaceAll(s, seam, between) }, at)
}

// lacks is the rewrite of a text in which a test has not found some other.
func lacks(text string) *rewrite {
	return &rewrite{change: func(s string) string { return strings.ReplaceAll(s, text, "") }, absent: text, n: 1}
}

// Lacks reports whether a test has not found a text in the data on its way.
func (m Mark) Lacks(text string) bool { return m.rewrite.lacks(text) }

func (r *rewrite) lacks(text string) bool {
	switch {
	case r == nil:
		return false
	case r.absent != "":
		return r.absent == text
	case r.first != nil:
		return r.first.lacks(text) || r.second.lacks(text)
	case r.a != nil:
		return r.a.lacks(text) && r.b.lacks(text)
	}
	return false
}
