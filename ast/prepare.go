package ast

import (
	"bytes"
	"context"
	"slices"
)

// rewrites remembers what was changed in the text handed to the parser, by offset.
type rewrites struct {
	base Pos // of the text within the source; all offsets here are of the source
	// backquotes: Python 2's opening backquotes, given to the parser as those of
	// a set (after `print`, parentheses would make a call).
	backquotes map[uint32]bool
	// commas between exceptions without parentheses (PEP 758), given as "|".
	commas map[uint32]bool
	// defaults: the "=" before a type parameter's default (PEP 696), given as ":".
	defaults map[uint32]bool
	// stars before brackets in a list without parentheses, `return a, *[b]`, given as "~".
	stars map[uint32]bool
	// comments, listed by the lexer because those within brackets are blanked out; valid if
	// lexed.
	comments []Comment
	lexed    bool
}

// at is where an offset of the text is in the source.
func (r *rewrites) at(i int) uint32 { return uint32(r.base) + uint32(i) }

// prepare returns the text for the parser: the source, with the few names replaced that the
// grammar takes for keywords where they are none. text is not changed.
//
// Names can be replaced without telling code from strings and comments: whatever is copied
// into the tree is taken from the source itself.
func prepare(text []byte) []byte {
	input := &rewriting{text: text}
	input.renameWord("__future__", "__futurE__", func(int) bool { return true })
	input.renameWord("type", "typE", input.notTypeAlias)
	input.returnsToNewlines()
	return input.text
}

// rewriting is a text that is copied at the first change.
type rewriting struct {
	text   []byte
	copied bool
}

func (w *rewriting) set(at int, s string) {
	if !w.copied {
		w.text, w.copied = bytes.Clone(w.text), true
	}
	copy(w.text[at:], s)
}

// renameWord replaces a word wherever it stands alone and want, told the offset after it,
// agrees.
func (w *rewriting) renameWord(word, by string, want func(end int) bool) {
	for at := 0; ; {
		i := bytes.Index(w.text[at:], []byte(word))
		if i < 0 {
			return
		}
		start, end := at+i, at+i+len(word)
		at = end
		if (start == 0 || !wordByte(w.text[start-1])) && (end == len(w.text) || !wordByte(w.text[end])) && want(end) {
			w.set(start, by)
		}
	}
}

// returnsToNewlines replaces each lone carriage return, which ends a line for Python but
// not for the grammar.
func (w *rewriting) returnsToNewlines() {
	for at := 0; ; {
		i := bytes.IndexByte(w.text[at:], '\r')
		if i < 0 {
			return
		}
		at += i + 1
		if at == len(w.text) || w.text[at] != '\n' {
			w.set(at-1, "\n")
		}
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// notTypeAlias reports whether the word type that ends at end does not open a statement
// `type Name = …` or `type Name[…] = …`; the grammar takes `type(x).y = z` for one.
func (w *rewriting) notTypeAlias(end int) bool {
	i := skipBlanks(w.text, end)
	if i == end || i == len(w.text) || !wordByte(w.text[i]) || w.text[i] >= '0' && w.text[i] <= '9' {
		return true
	}
	for i < len(w.text) && wordByte(w.text[i]) {
		i++
	}
	i = skipBlanks(w.text, i)
	return i == len(w.text) || w.text[i] != '=' && w.text[i] != '['
}

// skipBlanks returns the offset of the next byte that is no blank; a line break after a
// backslash is one.
func skipBlanks[T []byte | string](text T, i int) int {
	for i < len(text) {
		switch text[i] {
		case ' ', '\t', '\f':
			i++
		case '\\':
			n := lineBreak(text, i+1)
			if n == 0 {
				return i
			}
			i += 1 + n
		default:
			return i
		}
	}
	return i
}

// lineBreak returns the length of the line break at i: 0, 1 or 2.
func lineBreak[T []byte | string](text T, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '\n':
		return 1
	case text[i] != '\r':
		return 0
	case i+1 < len(text) && text[i+1] == '\n':
		return 2
	}
	return 1
}

// needsLexer reports whether the text holds what the grammar misunderstands without
// noticing: backquotes, and names of characters in braces.
func needsLexer(text []byte) bool {
	return bytes.IndexByte(text, '`') >= 0 || bytes.Contains(text, []byte(`\N{`))
}

// lexer reads a text token by token, as far as is needed to know code from strings and
// comments and to match brackets, and rewrites what the grammar does not know:
//   - line breaks and comments within brackets, whose indentation can mislead it, to blanks
//   - the prefix of t-strings (PEP 750) to that of f-strings
//   - \N{…} in f-strings, which it takes for a placeholder
//   - backquotes (Python 2), exceptions without parentheses (PEP 758), defaults of type
//     parameters (PEP 696), as rewrites tells.
type lexer struct {
	out    []byte
	marks  *rewrites
	frames []frame
	blanks []Span // to be blanked if all brackets match
	broken bool   // brackets do not match, or a string has no end

	split  bool        // start afresh at each start
	starts []int       // where statements of the module seem to start; the first is 0
	hold   bool        // after a decorator: what comes belongs to it
	lines  []startLine // not nil where lines of any indentation are asked for

	atStart    bool // at the start of a statement
	word, prev Span // the last word and the one before it; empty when others came between
	except     int  // 1 after `except`, up to the colon; 2 if there was an `as`
	commas     []int
	last       byte // the last punctuation, or 0 when a word or string came after it
	params     bool // a lambda or pattern is in the statement: its stars are no operators
}

// frame is something open: a bracket, an f-string, or a placeholder or format
// specification within one.
type frame struct {
	kind       frameKind
	closer     byte
	quote      string
	raw        bool
	typeParams bool
}

type frameKind uint8

const (
	bracketFrame frameKind = iota
	stringFrame
	fieldFrame
	specFrame
)

// lex returns the rewritten copy of text. It stops in the middle when the context ends, which callers have to ask, too.
func lex(ctx context.Context, text []byte, marks *rewrites) []byte {
	return newLexer(ctx, text, marks, false).out
}

// lexApart is lex for a text in which brackets do not match: each line that starts without
// indentation, outside strings, is taken for the start of a statement, which nothing open
// before it reaches. It also returns those starts.
func lexApart(ctx context.Context, text []byte, marks *rewrites) (rewritten []byte, starts []int) {
	l := newLexer(ctx, text, marks, true)
	return l.out, l.starts
}

// startLine is a line, outside strings, at which a statement seems to start, and how far it is indented.
type startLine struct {
	at     Pos
	column int
}

// startLines finds the lines at which statements seem to start, of any indentation. It stops in the middle when the context
// ends.
func startLines(ctx context.Context, text []byte) []startLine {
	l := &lexer{out: bytes.Clone(text), marks: &rewrites{}, atStart: true, starts: []int{0}}
	l.lines = []startLine{}
	l.read(ctx, text)
	return l.lines
}

// startOfLine notes that a line begins at i.
func (l *lexer) startOfLine(text []byte, i int) {
	first := i
	for first < len(text) && (text[first] == ' ' || text[first] == '\t' || text[first] == '\f') {
		first++
	}
	if first == len(text) || !l.startsStatement(text, first) {
		return
	}
	column := columnOf(text[i:first])
	if column == 0 {
		l.endPart()
	}
	l.lines = append(l.lines, startLine{Pos(i), column})
}

// columnOf is the column after white space at the start of a line, as Python counts it.
func columnOf[T []byte | string](blanks T) int {
	column := 0
	for i := range len(blanks) {
		switch blanks[i] {
		case '\t':
			column = (column/8 + 1) * 8
		case '\f':
			column = 0
		default:
			column++
		}
	}
	return column
}

func newLexer(ctx context.Context, text []byte, marks *rewrites, split bool) *lexer {
	l := &lexer{out: bytes.Clone(text), marks: marks, atStart: true, split: split, starts: []int{0}}
	l.read(ctx, text)
	return l
}

func (l *lexer) read(ctx context.Context, text []byte) {
	marks := l.marks
	marks.lexed = true
	marks.backquotes = map[uint32]bool{}
	marks.commas = map[uint32]bool{}
	marks.defaults = map[uint32]bool{}
	marks.stars = map[uint32]bool{}
	for i, asked := 0, 0; i < len(text); {
		if i-asked > 64<<10 {
			if asked = i; ctx.Err() != nil {
				break
			}
		}
		if f := l.top(); f != nil && (f.kind == stringFrame || f.kind == specFrame) {
			i = l.stringPart(text, i, f)
		} else {
			if l.split && i > 0 && (text[i-1] == '\n' || text[i-1] == '\r') && l.startsStatement(text, i) {
				l.endPart()
				l.starts = append(l.starts, i)
			}
			if l.lines != nil && (i == 0 || text[i-1] == '\n' || text[i-1] == '\r') {
				l.startOfLine(text, i)
			}
			i = l.code(text, i)
		}
	}
	l.endPart()
}

// endPart blanks what stands within brackets, if all of them match.
func (l *lexer) endPart() {
	if !l.broken && len(l.frames) == 0 {
		for _, s := range l.blanks {
			for i := s.Start; i < s.End; i++ {
				l.out[i] = ' '
			}
		}
	}
	l.blanks, l.frames = l.blanks[:0], l.frames[:0]
	l.broken, l.atStart, l.except, l.word, l.prev = false, true, 0, Span{}, Span{}
}

// startsStatement reports whether the line at i looks like the start of a statement of the
// module: a decorator, or a word that continues none.
func (l *lexer) startsStatement(text []byte, i int) bool {
	end := i
	for end < len(text) && wordByte(text[end]) {
		end++
	}
	word := string(text[i:end])
	held := l.hold
	switch word {
	case "":
		l.hold = text[i] == '@'
		return l.hold && !held
	case "elif", "else", "except", "finally", "case", "and", "or", "not", "in", "is", "if", "for":
		if len(l.frames) > 0 || word != "if" && word != "for" && word != "not" {
			return false
		}
	}
	l.hold = false
	return !held
}

func (l *lexer) top() *frame {
	if len(l.frames) == 0 {
		return nil
	}
	return &l.frames[len(l.frames)-1]
}

func (l *lexer) pop() { l.frames = l.frames[:len(l.frames)-1] }

func (l *lexer) blank(start, end int) { l.blanks = append(l.blanks, Span{Pos(start), Pos(end)}) }

// code reads one token outside strings and returns the offset after it.
func (l *lexer) code(text []byte, i int) int {
	c := text[i]
	switch {
	case c == ' ' || c == '\t' || c == '\f':
		return i + 1
	case c == '\n' || c == '\r':
		return l.newline(text, i)
	case c == '\\' && lineBreak(text, i+1) > 0:
		end := i + 1 + lineBreak(text, i+1)
		if !l.atStart {
			l.blank(i, end)
		}
		return end
	case c == '#':
		return l.comment(text, i)
	case wordByte(c):
		return l.wordToken(text, i)
	case c == '\'' || c == '"':
		return l.openString(text, i, i)
	}
	l.punctuation(text, i)
	return i + 1
}

func (l *lexer) newline(text []byte, i int) int {
	end := i + lineBreak(text, i)
	if len(l.frames) > 0 {
		l.blank(i, end)
		return end
	}
	l.atStart, l.except, l.word, l.prev = true, 0, Span{}, Span{}
	l.last, l.params = 0, false
	return end
}

func (l *lexer) comment(text []byte, i int) int {
	end := len(text)
	if n := bytes.IndexAny(text[i:], "\r\n"); n >= 0 {
		end = i + n
	}
	l.marks.comments = append(l.marks.comments, Comment{Span{l.marks.base + Pos(i), l.marks.base + Pos(end)}})
	if len(l.frames) > 0 {
		l.blank(i, end)
	}
	return end
}

func (l *lexer) wordToken(text []byte, i int) int {
	end := i
	for end < len(text) && wordByte(text[end]) {
		end++
	}
	if end < len(text) && (text[end] == '\'' || text[end] == '"') && isPrefix(text[i:end]) {
		return l.openString(text, i, end)
	}
	switch word := string(text[i:end]); {
	case word == "except" && l.atStart:
		l.except, l.commas = 1, nil
		// `except *E` is no token of the grammar's, `except* E` is.
		if star := skipBlanks(text, end); star > end && star < len(text) && text[star] == '*' {
			l.out[end], l.out[star] = '*', ' '
		}
	case word == "as" && l.except == 1 && len(l.frames) == 0:
		l.except = 2
	}
	if word := string(text[i:end]); word == "lambda" || word == "case" && l.atStart {
		l.params = true
	}
	l.prev, l.word = l.word, Span{Pos(i), Pos(end)}
	l.atStart, l.last = false, 0
	return end
}

// isPrefix reports whether a word can stand before a quote as a part of a string.
func isPrefix(word []byte) bool {
	if len(word) > 2 {
		return false
	}
	for _, c := range word {
		if !slices.Contains([]byte("rRbBuUfFtT"), c) {
			return false
		}
	}
	return true
}

// openString reads a string whose quote is at i; an f-string it only opens.
func (l *lexer) openString(text []byte, start, i int) int {
	l.atStart, l.word, l.prev, l.last = false, Span{}, Span{}, 0
	quote := string(text[i])
	if bytes.HasPrefix(text[i:], []byte{text[i], text[i], text[i]}) {
		quote = string(text[i : i+3])
	}
	raw, format := false, false
	for at := start; at < i; at++ {
		switch text[at] {
		case 'r', 'R':
			raw = true
		case 'f', 'F':
			format = true
		case 't', 'T':
			format = true
			l.out[at] = 'f'
		}
	}
	i += len(quote)
	if format {
		l.frames = append(l.frames, frame{kind: stringFrame, quote: quote, raw: raw})
		return i
	}
	for i < len(text) {
		switch {
		case text[i] == '\\':
			i += 1 + max(1, lineBreak(text, i+1))
		case bytes.HasPrefix(text[i:], []byte(quote)):
			return i + len(quote)
		case len(quote) == 1 && (text[i] == '\n' || text[i] == '\r'):
			l.broken = true
			return i
		default:
			i++
		}
	}
	l.broken = true
	return len(text)
}

// stringPart reads a piece of the text of an f-string or of a format specification.
func (l *lexer) stringPart(text []byte, i int, f *frame) int {
	c := text[i]
	switch {
	case c == '\\' && !f.raw && bytes.HasPrefix(text[i:], []byte(`\N{`)):
		if n := bytes.IndexByte(text[i:], '}'); n >= 0 {
			l.out[i+2], l.out[i+n] = '_', '_'
			return i + n + 1
		}
		return i + 3
	case c == '\\' && i+1 < len(text) && text[i+1] != '{':
		return i + 1 + max(1, lineBreak(text, i+1))
	case c == '{' && f.kind == stringFrame && i+1 < len(text) && text[i+1] == '{':
		return i + 2
	case c == '{':
		l.frames = append(l.frames, frame{kind: fieldFrame, closer: '}', quote: f.quote, raw: f.raw})
		return i + 1
	case c == '}' && f.kind == specFrame:
		l.pop() // the specification
		l.pop() // its placeholder
		return i + 1
	case bytes.HasPrefix(text[i:], []byte(f.quote)):
		l.closeString(f.kind == specFrame)
		return i + len(f.quote)
	case len(f.quote) == 1 && (c == '\n' || c == '\r'):
		l.closeString(true)
		return i
	}
	return i + 1
}

// closeString closes the innermost f-string with all that is open within it.
func (l *lexer) closeString(broken bool) {
	l.broken = l.broken || broken
	for len(l.frames) > 0 {
		kind := l.top().kind
		l.pop()
		if kind == stringFrame {
			return
		}
	}
}

var closers = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func (l *lexer) punctuation(text []byte, i int) {
	c := text[i]
	f := l.top()
	switch c {
	case '(', '[', '{':
		l.frames = append(l.frames, frame{closer: closers[c], typeParams: c == '[' && l.afterDefinedName(text)})
	case ')', ']', '}':
		if f == nil || f.closer != c {
			l.broken = true
		} else {
			l.pop()
		}
	case ':':
		switch {
		case f != nil && f.kind == fieldFrame:
			l.frames = append(l.frames, frame{kind: specFrame, quote: f.quote, raw: f.raw})
		case f == nil:
			l.endExcept(text, i)
			l.word, l.prev, l.atStart = Span{}, Span{}, true
			return
		}
	case ';':
		l.atStart = f == nil
		l.word, l.prev = Span{}, Span{}
		return
	case ',':
		if l.except == 1 && f == nil {
			l.commas = append(l.commas, i)
		}
	case '=':
		if f != nil && f.typeParams && (i+1 == len(text) || text[i+1] != '=') {
			l.out[i] = ':'
			l.marks.defaults[l.marks.at(i)] = true
		}
	case '*':
		if f == nil && l.splat(text, i) {
			l.out[i] = '~'
			l.marks.stars[l.marks.at(i)] = true
		}
	case '`':
		l.backquote(text, i)
	}
	l.word, l.prev, l.atStart, l.last = Span{}, Span{}, false, c
}

// splat reports whether the star at i, outside brackets, unpacks what stands in brackets
// after it.
func (l *lexer) splat(text []byte, i int) bool {
	next := skipBlanks(text, i+1)
	if l.params || next == len(text) || closers[text[next]] == 0 {
		return false
	}
	switch string(text[l.word.Start:l.word.End]) {
	case "return", "yield", "in":
		return true
	}
	return l.last == ',' || l.last == '='
}

// afterDefinedName reports whether the last words are `def name`, `class name` or
// `type name`.
func (l *lexer) afterDefinedName(text []byte) bool {
	switch string(text[l.prev.Start:l.prev.End]) {
	case "def", "class", "type":
		return true
	}
	return false
}

// endExcept rewrites the commas of `except A, B:`, unless it is Python 2's `except A, e:`.
func (l *lexer) endExcept(text []byte, colon int) {
	if l.except == 1 && len(l.commas) > 0 {
		last := skipBlanks(text, l.commas[len(l.commas)-1]+1)
		plain := bytes.IndexByte(text[last:colon], '.') < 0
		if len(l.commas) > 1 || !plain || text[last] >= 'A' && text[last] <= 'Z' {
			for _, c := range l.commas {
				l.out[c] = '|'
				l.marks.commas[l.marks.at(c)] = true
			}
		}
	}
	l.except, l.commas = 0, nil
}

// backquote gives a pair of backquotes on one line to the parser as braces.
func (l *lexer) backquote(text []byte, i int) {
	if l.out[i] == '}' {
		return // the closing one of a pair
	}
	end := bytes.IndexAny(text[i+1:], "`\r\n")
	if end < 0 || text[i+1+end] != '`' {
		return
	}
	l.out[i], l.out[i+1+end] = '{', '}'
	l.marks.backquotes[l.marks.at(i)] = true
}
