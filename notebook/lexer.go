package notebook

import (
	"bytes"
	"strings"
)

// maxNesting bounds how deeply strings within f-strings are followed.
const maxNesting = 50

// lexer splits a cell into logical lines. It knows as much of Python's lexical structure
// as that needs: strings, comments, brackets and continued lines.
type lexer struct {
	text []byte
	open bool // the text ended within a string that may span lines
}

// logicalLine is one statement, or several joined by semicolons, up to its line break.
type logicalLine struct {
	end      int  // the index of the line break, or the text's length
	finished bool // brackets and strings are closed
	last     int  // the index of the last byte that is neither white space nor comment, or -1
	assign   int  // the index of the first = outside of brackets, or -1
	escape   int  // the index of a ! or % right after it, or -1; reading stops there
}

// logical reads the logical line that begins at i.
func (l *lexer) logical(i int) logicalLine {
	line := logicalLine{last: -1, assign: -1, escape: -1}
	depth := 0
	l.open = false
	for i < len(l.text) {
		c := l.text[i]
		switch {
		case c == '\n' || c == '\r':
			if depth == 0 {
				line.end, line.finished = i, true
				return line
			}
			i++
			continue
		case c == ' ' || c == '\t' || c == '\f':
			i++
			continue
		case c == '#':
			i = l.lineEnd(i)
			continue
		case c == '\\':
			i = l.nextLine(i + 1)
			continue
		case c == '=' && depth == 0 && line.assign < 0 && l.assignment(i):
			line.assign = i
			if at := l.skipContinued(i + 1); l.escapes(at) {
				line.escape, line.finished, line.end = at, true, at
				return line
			}
		}
		line.last = i
		i, depth = l.token(i, depth, 0)
		line.last = max(line.last, i-1)
	}
	line.end, line.finished = i, depth == 0 && !l.open
	return line
}

// token reads one token, or byte of one, at i and returns where it ends and the depth of
// brackets after it.
func (l *lexer) token(i, depth, nesting int) (int, int) {
	switch c := l.text[i]; c {
	case '(', '[', '{':
		return i + 1, depth + 1
	case ')', ']', '}':
		return i + 1, max(depth-1, 0)
	case '"', '\'':
		return l.string(i, false, nesting), depth
	}
	end := l.wordEnd(i)
	if end == i {
		return i + 1, depth
	}
	if end < len(l.text) && (l.text[end] == '"' || l.text[end] == '\'') && end-i <= 2 {
		switch strings.ToLower(string(l.text[i:end])) {
		case "r", "b", "u", "rb", "br":
			return l.string(end, false, nesting), depth
		case "f", "t", "fr", "rf", "tr", "rt":
			return l.string(end, true, nesting), depth
		}
	}
	return end, depth
}

// string reads a string whose quote is at i and returns where it ends. A string in single
// quotes that is not closed ends at its line's end.
func (l *lexer) string(i int, formatted bool, nesting int) int {
	quote := l.text[i : i+1]
	if bytes.HasPrefix(l.text[i:], bytes.Repeat(quote, 3)) {
		quote = l.text[i : i+3]
	}
	for i += len(quote); i < len(l.text); {
		switch c := l.text[i]; {
		case c == '\\':
			i++
			if i < len(l.text) && l.text[i] != '{' && l.text[i] != '}' {
				i = l.skipAny(i)
			}
		case c == quote[0] && bytes.HasPrefix(l.text[i:], quote):
			return i + len(quote)
		case (c == '\n' || c == '\r') && len(quote) == 1:
			return i
		case c == '{' && formatted && nesting < maxNesting:
			if i+1 < len(l.text) && l.text[i+1] == '{' {
				i += 2
				continue
			}
			i = l.field(i+1, quote, nesting+1)
		default:
			i++
		}
	}
	l.open = l.open || len(quote) == 3
	return len(l.text)
}

// field reads a replacement field of an f-string after its {, to after its }. Since Python
// 3.12 it may hold any expression, also strings in the f-string's own quotes.
func (l *lexer) field(i int, quote []byte, nesting int) int {
	depth := 0
	for i < len(l.text) {
		switch c := l.text[i]; {
		case depth == 0 && c == '}':
			return i + 1
		case depth == 0 && c == ':':
			return l.formatSpec(i+1, quote, nesting)
		case c == '#':
			i = l.lineEnd(i)
		default:
			i, depth = l.token(i, depth, nesting)
		}
	}
	l.open = true
	return i
}

// formatSpec reads the part of a replacement field after its colon, which is text with
// fields of its own.
func (l *lexer) formatSpec(i int, quote []byte, nesting int) int {
	for i < len(l.text) {
		switch c := l.text[i]; {
		case c == '}':
			return i + 1
		case c == '{' && nesting < maxNesting:
			i = l.field(i+1, quote, nesting+1)
		case c == quote[0] && bytes.HasPrefix(l.text[i:], quote):
			return i // not closed; the string ends here
		case (c == '\n' || c == '\r') && len(quote) == 1:
			return i
		default:
			i++
		}
	}
	return i
}

// assignment reports whether the = at i assigns, and is no part of another operator.
func (l *lexer) assignment(i int) bool {
	if i+1 < len(l.text) && l.text[i+1] == '=' {
		return false
	}
	return i == 0 || strings.IndexByte("=!<>:+-*/%&|^@~", l.text[i-1]) < 0
}

// escapes reports whether the right-hand side at i is a shell command or a magic.
func (l *lexer) escapes(i int) bool {
	if i >= len(l.text) {
		return false
	}
	switch l.text[i] {
	case '!':
		return true
	case '%':
		i = l.skipSpace(i+1, len(l.text))
		return i < len(l.text) && (isLetter(l.text[i]) || l.text[i] == '_')
	}
	return false
}

// skipContinued skips white space and continued line breaks.
func (l *lexer) skipContinued(i int) int {
	for {
		i = l.skipSpace(i, len(l.text))
		if i+1 >= len(l.text) || l.text[i] != '\\' || l.text[i+1] != '\n' && l.text[i+1] != '\r' {
			return i
		}
		i = l.nextLine(i + 1)
	}
}

// continuedEnd is the index of the line break that ends the line at i, lines that end in a
// backslash continued, or the text's length.
func (l *lexer) continuedEnd(i int) int {
	for {
		end := l.lineEnd(i)
		if end == i || end == len(l.text) || l.text[end-1] != '\\' {
			return end
		}
		i = l.nextLine(end)
	}
}

// lineEnd is the index of the line break at or after i, or the text's length.
func (l *lexer) lineEnd(i int) int {
	for i < len(l.text) && l.text[i] != '\n' && l.text[i] != '\r' {
		i++
	}
	return i
}

// nextLine skips the line break at i, if there is one.
func (l *lexer) nextLine(i int) int {
	switch {
	case i >= len(l.text):
		return len(l.text)
	case l.text[i] == '\r' && i+1 < len(l.text) && l.text[i+1] == '\n':
		return i + 2
	case l.text[i] == '\n' || l.text[i] == '\r':
		return i + 1
	}
	return i
}

// skipAny skips the line break or else the byte at i.
func (l *lexer) skipAny(i int) int { return max(l.nextLine(i), i+1) }

// indentation skips the white space at the start of a line.
func (l *lexer) indentation(i int) int {
	for i < len(l.text) && (l.text[i] == ' ' || l.text[i] == '\t' || l.text[i] == '\f') {
		i++
	}
	return i
}

func (l *lexer) skipSpace(i, stop int) int {
	for i < stop && (l.text[i] == ' ' || l.text[i] == '\t') {
		i++
	}
	return i
}

// word returns the identifier or number at i.
func (l *lexer) word(i int) string { return string(l.text[min(i, len(l.text)):l.wordEnd(i)]) }

func (l *lexer) wordEnd(i int) int {
	i = min(i, len(l.text))
	for i < len(l.text) && (isLetter(l.text[i]) || l.text[i] == '_' || '0' <= l.text[i] && l.text[i] <= '9' || l.text[i] >= 0x80) {
		i++
	}
	return i
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
