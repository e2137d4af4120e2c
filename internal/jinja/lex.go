package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// segmentKind tells the parts of a template apart.
type segmentKind uint8

const (
	text segmentKind = iota
	expression
	statement
)

// segment is a part of a template: text, or what stands between delimiters.
type segment struct {
	kind segmentKind
	at   int
	body string
	// toks is filled when the segment is first run.
	toks []token
}

// split cuts a template at its delimiters. Comments are left out; what {% raw %} encloses is
// text.
func split(src string) []segment {
	var out []segment
	add := func(kind segmentKind, from, to int) {
		if to > from || kind != text {
			out = append(out, segment{kind: kind, at: from, body: src[from:to]})
		}
	}
	at := 0
	for at < len(src) {
		open := at
		for {
			i := strings.IndexByte(src[open:], '{')
			if i < 0 || open+i+1 >= len(src) {
				add(text, at, len(src))
				return out
			}
			open += i
			if c := src[open+1]; c == '{' || c == '%' || c == '#' {
				break
			}
			open++
		}
		add(text, at, open)
		switch src[open+1] {
		case '#':
			end := strings.Index(src[open+2:], "#}")
			if end < 0 {
				return out
			}
			at = open + 2 + end + 2
		case '{':
			end := blockEnd(src, open+2, "}}")
			add(expression, open+2, end)
			at = min(end+2, len(src))
		default:
			end := blockEnd(src, open+2, "%}")
			at = min(end+2, len(src))
			if keyword(src[open+2:end]) != "raw" {
				add(statement, open+2, end)
				break
			}
			from := at
			to, after := rawEnd(src, from)
			add(text, from, to)
			at = after
		}
	}
	return out
}

// keyword is the first word of a statement.
func keyword(body string) string {
	body = strings.TrimLeft(body, "-+ \t\r\n\f\v")
	i := 0
	for i < len(body) && isWord(body[i]) {
		i++
	}
	return body[:i]
}

// rawEnd finds the {% endraw %} that follows.
func rawEnd(src string, from int) (to, after int) {
	for at := from; ; {
		i := strings.Index(src[at:], "{%")
		if i < 0 {
			return len(src), len(src)
		}
		open := at + i
		body := src[open+2:]
		if end := strings.Index(body, "%}"); end >= 0 && strings.Trim(body[:end], "-+ \t\r\n\f\v") == "endraw" {
			return open, open + 2 + end + 2
		}
		at = open + 2
	}
}

// blockEnd finds the delimiter that ends a block, past strings and brackets.
func blockEnd(src string, at int, end string) int {
	depth := 0
	for at < len(src) {
		c := src[at]
		switch {
		case depth == 0 && strings.HasPrefix(src[at:], end):
			return at
		case c == '"' || c == '\'':
			at = stringEnd(src, at)
			continue
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth = max(0, depth-1)
		}
		at++
	}
	return len(src)
}

// stringEnd returns the offset after the string that starts at at.
func stringEnd(src string, at int) int {
	quote := src[at]
	for at++; at < len(src); at++ {
		switch src[at] {
		case '\\':
			at++
		case quote:
			return at + 1
		}
	}
	return len(src)
}

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	end tokenKind = iota
	name
	str
	number
	operator
)

// token is a token of an expression. The text of a string is what it means.
type token struct {
	kind tokenKind
	at   int
	text string
}

// lex reads the tokens of a segment.
func lex(body string, base int) []token {
	var out []token
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
		case c == '"' || c == '\'':
			j := stringEnd(body, i)
			out = append(out, token{str, base + i, unescape(body[i:j])})
			i = j
		case c >= '0' && c <= '9':
			j := i
			for j < len(body) && (isWord(body[j]) || body[j] == '.' && j+1 < len(body) && body[j+1] >= '0' && body[j+1] <= '9') {
				j++
			}
			out = append(out, token{number, base + i, strings.ReplaceAll(body[i:j], "_", "")})
			i = j
		case isWord(c):
			j := i
			for j < len(body) && isWord(body[j]) {
				j++
			}
			out = append(out, token{name, base + i, body[i:j]})
			i = j
		default:
			n := 1
			if i+1 < len(body) {
				switch body[i : i+2] {
				case "==", "!=", "<=", ">=", "//", "**":
					n = 2
				}
			}
			out = append(out, token{operator, base + i, body[i : i+n]})
			i += n
		}
	}
	return out
}

// unescape decodes a string literal as Jinja does, by Python's unicode-escape.
func unescape(quoted string) string {
	s := quoted[1:]
	if len(s) > 0 && s[len(s)-1] == quoted[0] {
		s = s[:len(s)-1]
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		n := 0
		switch c := s[i]; c {
		case 'x':
			n = codepoint(&b, s[i+1:], 16, 2)
		case 'u':
			n = codepoint(&b, s[i+1:], 16, 4)
		case 'U':
			n = codepoint(&b, s[i+1:], 16, 8)
		case 'N':
			n = named(&b, s[i+1:])
		case '\n':
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n = codepoint(&b, s[i:], 8, 3) - 1
		default:
			if k := strings.IndexByte(`abfnrtv\'"`, c); k >= 0 {
				b.WriteByte("\a\b\f\n\r\t\v\\'\""[k])
			} else {
				b.WriteByte('\\')
				b.WriteByte(c)
			}
		}
		i += n
	}
	return b.String()
}

// codepoint writes the character of up to n digits and returns how many there are.
func codepoint(b *strings.Builder, s string, base, n int) int {
	k := 0
	for k < n && k < len(s) && strings.Contains("0123456789abcdef"[:base], strings.ToLower(s[k:k+1])) {
		k++
	}
	if v, err := strconv.ParseUint(s[:k], base, 32); err == nil && v <= utf8.MaxRune {
		b.WriteRune(rune(v))
	}
	return k
}

// named writes the character of a \N{…}: the letters and signs that names are made of.
func named(b *strings.Builder, s string) int {
	stop := strings.IndexByte(s, '}')
	if !strings.HasPrefix(s, "{") || stop < 0 {
		return 0
	}
	n := strings.ToUpper(s[1:stop])
	switch {
	case n == "LOW LINE" || n == "SPACING UNDERSCORE":
		b.WriteByte('_')
	case n == "FULL STOP":
		b.WriteByte('.')
	case strings.HasPrefix(n, "LATIN SMALL LETTER ") && len(n) == len("LATIN SMALL LETTER ")+1:
		b.WriteString(strings.ToLower(n[len(n)-1:]))
	case strings.HasPrefix(n, "LATIN CAPITAL LETTER ") && len(n) == len("LATIN CAPITAL LETTER ")+1:
		b.WriteString(n[len(n)-1:])
	default:
		b.WriteByte('?')
	}
	return stop + 1
}
