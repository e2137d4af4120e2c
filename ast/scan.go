package ast

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is the kind of a token of Python's. The layout tokens come first, then what has a text.
type token uint8

const (
	tEnd token = iota
	tBad       // what is no token of Python's; nothing accepts it
	tNewline
	tIndent
	tDedent

	tName
	tNumber
	tString
	tFormat // the start of an f-string or t-string, up to its opening quote

	tLparen
	tRparen
	tLbracket
	tRbracket
	tLbrace
	tRbrace
	tComma
	tColon
	tSemicolon
	tDot
	tEllipsis
	tAssign
	tWalrus
	tArrow
	tAt
	tBang

	tOr
	tXor
	tAnd
	tLeft
	tRight
	tPlus
	tMinus
	tStar
	tSlash
	tDoubleSlash
	tPercent
	tPower
	tTilde
	tAugmented // any operator with "=" after it

	tEqual
	tUnequal
	tLess
	tLessEqual
	tGreater
	tGreaterEqual

	tFalse
	tNone
	tTrue
	tAndWord
	tAs
	tAssert
	tAsync
	tAwait
	tBreak
	tClass
	tContinue
	tDef
	tDel
	tElif
	tElse
	tExcept
	tFinally
	tFor
	tFrom
	tGlobal
	tIf
	tImport
	tIn
	tIs
	tLambda
	tNonlocal
	tNot
	tOrWord
	tPass
	tRaise
	tReturn
	tTry
	tWhile
	tWith
	tYield

	tokenCount
)

// keyword returns the token of a word.
func keyword(word string) token {
	switch word {
	case "False":
		return tFalse
	case "None":
		return tNone
	case "True":
		return tTrue
	case "and":
		return tAndWord
	case "as":
		return tAs
	case "assert":
		return tAssert
	case "async":
		return tAsync
	case "await":
		return tAwait
	case "break":
		return tBreak
	case "class":
		return tClass
	case "continue":
		return tContinue
	case "def":
		return tDef
	case "del":
		return tDel
	case "elif":
		return tElif
	case "else":
		return tElse
	case "except":
		return tExcept
	case "finally":
		return tFinally
	case "for":
		return tFor
	case "from":
		return tFrom
	case "global":
		return tGlobal
	case "if":
		return tIf
	case "import":
		return tImport
	case "in":
		return tIn
	case "is":
		return tIs
	case "lambda":
		return tLambda
	case "nonlocal":
		return tNonlocal
	case "not":
		return tNot
	case "or":
		return tOrWord
	case "pass":
		return tPass
	case "raise":
		return tRaise
	case "return":
		return tReturn
	case "try":
		return tTry
	case "while":
		return tWhile
	case "with":
		return tWith
	case "yield":
		return tYield
	}
	return tName
}

// The classes of bytes: what a token that starts with one is.
const (
	classOther = iota
	classWord
	classDigit
	classQuote
	classBlank
	classBreak
)

var byteClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = classDigit
		case wordByte(byte(c)):
			t[c] = classWord
		case c == '\'' || c == '"':
			t[c] = classQuote
		case c == ' ' || c == '\t' || c == '\f':
			t[c] = classBlank
		case c == '\n' || c == '\r':
			t[c] = classBreak
		}
	}
	return t
}()

// scanner reads a text token by token. It holds one token and looks no further, so that the parser can
// read the text of f-strings by itself.
type scanner struct {
	src string
	pos int // where the next token is looked for

	tok        token
	start, end Pos // the token
	last       Pos // where the token with a text before it ended

	nest    int // brackets that are open
	field   int // nest within the placeholder of an f-string, where a colon ends the expression; 0 outside
	dedents int // still to be told
	indents []indent

	comments []Comment

	context context.Context
	tokens  int // read so far
	failed  bool
}

// indent is the indentation of a block: in columns, and with tabs as one column. Both must tell the same,
// or the text means something else to whoever sets tabs in another way.
type indent struct{ column, alternate int }

// refusal is what the parser panics with when it does not understand the text.
type refusal struct{}

// refuse gives the text up.
func refuse() { panic(refusal{}) }

// next reads the next token.
func (s *scanner) next() {
	if s.tok >= tName {
		s.last = s.end
	}
	switch {
	case s.dedents > 0:
		s.dedents--
		s.tok = tDedent
		return
	case s.tok == tNewline && s.line():
		return
	}
	s.scan()
}

// line reads the indentation of the next line that holds code. It reports whether that is a token.
func (s *scanner) line() bool {
	text, i := s.src, s.pos
	var here indent
scan:
	for ; i < len(text); i++ {
		switch text[i] {
		case ' ':
			here.column++
			here.alternate++
		case '\t':
			here.column = (here.column/8 + 1) * 8
			here.alternate++
		case '\f', '\n', '\r':
			here = indent{}
		case '#':
			i = s.comment(i) - 1
		case '\\': // it may continue the indentation on the next line
			s.set(tBad, i, i+1)
			return true
		default:
			break scan
		}
	}
	if i == len(text) {
		here = indent{}
	}
	s.pos, s.start, s.end = i, Pos(i), Pos(i)
	top := s.indents[len(s.indents)-1]
	switch {
	case here == top:
		return false
	case here.column > top.column:
		s.indents = append(s.indents, here)
		if s.tok = tIndent; here.alternate <= top.alternate {
			s.tok = tBad
		}
		return true
	}
	n := len(s.indents)
	for n > 1 && s.indents[n-1].column > here.column {
		n--
		s.dedents++
	}
	if s.indents[n-1] != here || s.dedents == 0 {
		s.tok, s.dedents = tBad, 0
		return true
	}
	s.indents = s.indents[:n]
	s.dedents--
	s.tok = tDedent
	return true
}

// comment notes the comment at i and returns the offset after it.
func (s *scanner) comment(i int) int {
	end := i
	for end < len(s.src) && s.src[end] != '\n' && s.src[end] != '\r' {
		end++
	}
	s.comments = append(s.comments, Comment{Span{Pos(i), Pos(end)}})
	return end
}

// contextEvery is after how many tokens the context is asked: after some tenths of a millisecond.
const contextEvery = 1 << 12

// scan reads the token at pos.
func (s *scanner) scan() {
	s.failed = false
	s.token()
	if s.failed {
		s.tok = tBad
	}
}

func (s *scanner) token() {
	if s.tokens++; s.tokens%contextEvery == 0 && s.context.Err() != nil {
		s.failed = true
		s.set(tBad, s.pos, s.pos)
		return
	}
	text, i := s.src, s.pos
	for {
		for i < len(text) && byteClass[text[i]] == classBlank {
			i++
		}
		if i == len(text) {
			s.atEnd()
			return
		}
		switch c := text[i]; byteClass[c] {
		case classWord:
			s.word(i)
			return
		case classDigit:
			s.set(tNumber, i, s.number(i))
			return
		case classQuote:
			s.set(tString, i, s.literal(i))
			return
		case classBreak:
			n := 1
			if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				n = 2
			}
			if s.nest == 0 {
				s.set(tNewline, i, i+n)
				return
			}
			i += n
		default:
			switch c {
			case '#':
				i = s.comment(i)
			case '\\':
				n := lineBreak(s.src, i+1)
				if n == 0 || i+1+n == len(text) {
					s.failed = true
				}
				i += 1 + n
			default:
				s.operator(i)
				return
			}
		}
	}
}

func (s *scanner) set(t token, start, end int) {
	s.tok, s.start, s.end, s.pos = t, Pos(start), Pos(end), end
}

// atEnd ends the last line, if it has no line break, and then the text.
func (s *scanner) atEnd() {
	if s.nest > 0 {
		s.failed = true
	}
	n := len(s.src)
	if s.tok == tNewline || s.tok == tDedent || s.tok == tEnd {
		s.set(tEnd, n, n)
		return
	}
	s.set(tNewline, n, n)
}

// word reads a name, a keyword, or a string with a prefix.
func (s *scanner) word(i int) {
	text := s.src
	end := i + 1
	wide := text[i] >= utf8.RuneSelf
	for end < len(text) {
		c := text[end]
		if k := byteClass[c]; k != classWord && k != classDigit {
			break
		}
		wide = wide || c >= utf8.RuneSelf
		end++
	}
	if end < len(text) && end-i <= 2 && byteClass[text[end]] == classQuote {
		switch strings.ToLower(text[i:end]) {
		case "r", "u", "b", "br", "rb":
			s.set(tString, i, s.literal(end))
			return
		case "f", "t", "fr", "rf", "tr", "rt":
			s.set(tFormat, i, end+quoteLen(text, end))
			return
		}
	}
	t := tName
	if wide {
		if !validName(text[i:end]) {
			s.failed = true
		}
	} else if n := end - i; n >= 2 && n <= len("continue") {
		t = keyword(text[i:end])
	}
	s.set(t, i, end)
}

// validName reports whether a word of any script is a name for Python, or refuses to tell.
func validName(word string) bool {
	for i, r := range word {
		switch {
		case r == '_' || unicode.IsLetter(r):
		case i > 0 && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)):
		default:
			return false
		}
	}
	return true
}

// quoteLen is the length of the opening quote at i.
func quoteLen(text string, i int) int {
	if i+2 < len(text) && text[i+1] == text[i] && text[i+2] == text[i] {
		return 3
	}
	return 1
}

// literal returns the offset after the string whose opening quote is at i.
func (s *scanner) literal(i int) int {
	text, quote, n := s.src, s.src[i], quoteLen(s.src, i)
	for i += n; i < len(text); i++ {
		switch text[i] {
		case quote:
			if n == 1 {
				return i + 1
			}
			if i+2 < len(text) && text[i+1] == quote && text[i+2] == quote {
				return i + 3
			}
		case '\\':
			i += max(1, lineBreak(text, i+1))
		case '\n', '\r':
			if n == 1 {
				s.failed = true
				return i
			}
		}
	}
	s.failed = true
	return len(text)
}

// number returns the offset after the number at i.
func (s *scanner) number(i int) int {
	text, start := s.src, i
	if text[i] == '0' && i+1 < len(text) {
		base := ""
		switch text[i+1] {
		case 'x', 'X':
			base = "0123456789abcdefABCDEF"
		case 'o', 'O':
			base = "01234567"
		case 'b', 'B':
			base = "01"
		}
		if base != "" {
			return s.endNumber(s.digits(i+2, base, true))
		}
	}
	whole := i
	if text[i] != '.' {
		whole = s.digits(i, "0123456789", false)
	}
	i = whole
	if i < len(text) && text[i] == '.' {
		i++
		if i < len(text) && byteClass[text[i]] == classDigit {
			i = s.digits(i, "0123456789", false)
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		i = s.digits(i, "0123456789", false)
	}
	if i < len(text) && text[i]|0x20 == 'j' {
		i++
	}
	if i == whole && text[start] == '0' && strings.Trim(text[start:whole], "0_") != "" {
		s.failed = true // Python 2's octal
	}
	return s.endNumber(i)
}

// digits returns the offset after the digits at i, one at least, between which single underscores may stand.
func (s *scanner) digits(i int, base string, underscore bool) int {
	n := 0
	for ; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '_' && (n > 0 && s.src[i-1] != '_' || underscore):
			underscore = false
			continue
		case c <= '9' && byteClass[c] == classDigit && int(c-'0') < len(base), len(base) > 10 && strings.IndexByte(base, c) >= 0:
			n++
			continue
		}
		break
	}
	if n == 0 || s.src[i-1] == '_' {
		s.failed = true
	}
	return i
}

// endNumber refuses a number that a word follows directly.
func (s *scanner) endNumber(i int) int {
	if i < len(s.src) && (byteClass[s.src[i]] == classWord || byteClass[s.src[i]] == classDigit) {
		s.failed = true
	}
	return i
}

// operator reads the operator at i.
func (s *scanner) operator(i int) {
	text := s.src
	at := func(n int) byte {
		if i+n < len(text) {
			return text[i+n]
		}
		return 0
	}
	// one is the token for the character alone, two for it twice.
	one, two := tEnd, tEnd
	switch c := text[i]; c {
	case '(':
		s.nest++
		s.set(tLparen, i, i+1)
		return
	case '[':
		s.nest++
		s.set(tLbracket, i, i+1)
		return
	case '{':
		s.nest++
		s.set(tLbrace, i, i+1)
		return
	case ')', ']', '}':
		if s.nest--; s.nest < 0 {
			s.nest, s.failed = 0, true
		}
		t := tRparen
		switch c {
		case ']':
			t = tRbracket
		case '}':
			t = tRbrace
		}
		s.set(t, i, i+1)
		return
	case ',':
		s.set(tComma, i, i+1)
		return
	case ';':
		s.set(tSemicolon, i, i+1)
		return
	case '~':
		s.set(tTilde, i, i+1)
		return
	case ':':
		if at(1) == '=' && (s.field == 0 || s.nest != s.field) {
			s.set(tWalrus, i, i+2)
			return
		}
		s.set(tColon, i, i+1)
		return
	case '.':
		switch {
		case byteClass[at(1)] == classDigit:
			s.set(tNumber, i, s.number(i))
		case at(1) == '.' && at(2) == '.':
			s.set(tEllipsis, i, i+3)
		default:
			s.set(tDot, i, i+1)
		}
		return
	case '=':
		if at(1) == '=' {
			s.set(tEqual, i, i+2)
			return
		}
		s.set(tAssign, i, i+1)
		return
	case '!':
		if at(1) == '=' {
			s.set(tUnequal, i, i+2)
			return
		}
		s.set(tBang, i, i+1)
		return
	case '<':
		switch at(1) {
		case '=':
			s.set(tLessEqual, i, i+2)
			return
		case '>':
			s.failed = true // Python 2's
		}
		one, two = tLess, tLeft
	case '>':
		if at(1) == '=' {
			s.set(tGreaterEqual, i, i+2)
			return
		}
		one, two = tGreater, tRight
	case '-':
		if at(1) == '>' {
			s.set(tArrow, i, i+2)
			return
		}
		one = tMinus
	case '*':
		one, two = tStar, tPower
	case '/':
		one, two = tSlash, tDoubleSlash
	case '+':
		one = tPlus
	case '%':
		one = tPercent
	case '@':
		one = tAt
	case '&':
		one = tAnd
	case '|':
		one = tOr
	case '^':
		one = tXor
	default:
		s.failed = true
	}
	n := 1
	if two != tEnd && at(1) == text[i] {
		one, n = two, 2
	}
	if at(n) == '=' && one != tLess && one != tGreater {
		one, n = tAugmented, n+1
	}
	s.set(one, i, i+n)
}
