package ast

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/runenames"
)

// literal is one string literal: its prefix and quotes, and where its content lies.
type literal struct {
	fields   []Expr // the placeholders of an f-string
	piece    *StrPiece
	content  Span
	raw      bool
	bytes    bool
	format   bool
	template bool
}

// describe tells what the spelling of a literal says.
func (b *maker) describe(l *literal, span Span) {
	l.piece = b.pieces.take()
	l.piece.Span = span
	text := b.slice(span)
	n := 0
	for n < len(text) && text[n] != '\'' && text[n] != '"' {
		n++
	}
	l.piece.Prefix = text[:n]
	quote := min(1, len(text)-n)
	if rest := text[n:]; strings.HasPrefix(rest, `"""`) || strings.HasPrefix(rest, "'''") {
		quote = 3
	}
	l.piece.Quote = text[n : n+quote]
	start := l.piece.Start + Pos(n+quote)
	end := l.piece.End
	if end-start >= Pos(quote) && strings.HasSuffix(text, l.piece.Quote) {
		end -= Pos(quote)
	}
	l.content = Span{start, max(start, end)}
	for _, c := range []byte(l.piece.Prefix) {
		switch c {
		case 'r', 'R':
			l.raw = true
		case 'b', 'B':
			l.bytes = true
		case 'f', 'F':
			l.format = true
		case 't', 'T':
			l.format, l.template = true, true
		}
	}
}

// stringExpr builds one or several literals side by side.
func (b *builder) stringExpr(span Span, list []uint32) Expr {
	var literals []literal
	var few [4]literal
	literals = few[:0]
	for _, c := range list {
		if b.sym(c) != symString {
			continue
		}
		var l literal
		b.describe(&l, b.span(c))
		if l.format {
			l.fields = b.fields(c, l.raw)
		}
		literals = append(literals, l)
	}
	return b.join(span, literals)
}

// fields builds the placeholders of an f-string or of a format specification.
func (b *builder) fields(i uint32, raw bool) []Expr {
	mark := b.exprs.mark()
	for c, end := i+1, b.records[i].next; c < end; c = b.records[c].next {
		if s := b.sym(c); s == symInterpolation || s == symFormatExpression {
			b.exprs.push(b.placeholder(c, raw))
		}
	}
	return b.exprs.pop(mark, &b.exprLists)
}

// join makes one string of the literals that stand side by side.
func (b *maker) join(span Span, literals []literal) Expr {
	var few [4]*StrPiece
	pieces := few[:0]
	format, template, bytes := false, false, false
	for i := range literals {
		l := &literals[i]
		pieces = append(pieces, l.piece)
		format, template, bytes = format || l.format, template || l.template, bytes || l.bytes
	}
	shared := b.pieceLists.list(pieces)
	if format {
		return &JoinedStr{Span: span, Template: template, Values: b.joined(literals), Pieces: shared}
	}
	s := b.strs.take()
	s.Span, s.Bytes, s.Pieces = span, bytes, shared
	if len(literals) == 1 {
		s.Value = decode(b.slice(literals[0].content), literals[0].raw, bytes)
		return s
	}
	var value strings.Builder
	for _, l := range literals {
		value.WriteString(decode(b.slice(l.content), l.raw, bytes))
	}
	s.Value = value.String()
	return s
}

// joiner merges neighbouring constant texts.
type joiner struct {
	b      *maker
	values []Expr
	text   strings.Builder
	span   Span
	open   bool
}

func (j *joiner) add(text string, span Span) {
	if text == "" {
		return
	}
	if !j.open {
		j.span, j.open = span, true
	}
	j.span.End = span.End
	j.text.WriteString(text)
}

func (j *joiner) flush() {
	if j.open {
		s := j.b.strs.take()
		s.Span, s.Value = j.span, j.text.String()
		j.values = append(j.values, s)
	}
	j.open = false
	j.text.Reset()
}

func (b *maker) joined(literals []literal) []Expr {
	j := joiner{b: b}
	for _, l := range literals {
		if !l.format {
			j.add(decode(b.slice(l.content), l.raw, l.bytes), l.content)
			continue
		}
		j.parts(l.fields, l.content, l.raw)
	}
	j.flush()
	return j.values
}

// parts adds the text and placeholders of an f-string or a format specification, whose content
// is the span.
func (j *joiner) parts(fields []Expr, content Span, raw bool) {
	at := content.Start
	for _, f := range fields {
		j.addText(Span{at, f.Pos()}, raw)
		j.flush()
		j.values = append(j.values, f)
		at = f.Stop()
	}
	j.addText(Span{at, content.End}, raw)
}

func (j *joiner) addText(span Span, raw bool) {
	if span.Start < span.End {
		j.add(unbrace(decode(j.b.slice(span), raw, false)), span)
	}
}

// unbrace replaces doubled braces by single ones.
func unbrace(s string) string {
	if !strings.ContainsAny(s, "{}") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "{{", "{"), "}}", "}")
}

func (b *builder) placeholder(i uint32, raw bool) Expr {
	p := &Placeholder{Span: b.span(i)}
	if !b.enter() {
		b.leave()
		b.errorAt(p.Span, "nested too deeply")
		return &BadExpr{Span: p.Span}
	}
	defer b.leave()
	list := b.open(i)
	defer b.close(list)
	var values []uint32
	inner := Span{NoPos, NoPos}
	for _, c := range list {
		switch s := b.sym(c); {
		case s == tokLbrace || s == tokRbrace:
		case s == tokAssign:
			p.Debug = true
		case s == symTypeConversion:
			if text := b.textOf(c); len(text) > 1 {
				p.Conversion = text[1]
			}
		case s == symFormatSpecifier:
			p.Spec = b.formatSpec(c, raw)
		case s == tokComma:
			inner.End = b.span(c).End
			values = append(values, c)
		case !isToken(s):
			if inner.Start == NoPos {
				inner.Start = b.span(c).Start
			}
			inner.End = b.span(c).End
			values = append(values, c)
		}
	}
	if len(values) == 0 {
		p.Value = &BadExpr{Span: Span{p.Start + 1, p.Start + 1}}
		return p
	}
	if len(values) == 1 && b.sym(values[0]) == symNamedExpression {
		return b.equalsSpec(p, values[0])
	}
	p.Value = b.listExpr(inner, values)
	return p
}

// equalsSpec corrects `{x:=10}`, which is x with the format specification "=10" and not an
// assignment expression, unless it stands in parentheses.
func (b *builder) equalsSpec(p *Placeholder, i uint32) Expr {
	list := b.open(i)
	defer b.close(list)
	p.Value = b.nameAt(list, fieldName, b.span(i))
	end := p.End - 1
	if p.Spec != nil {
		end = p.Spec.End
	}
	start := p.Value.Stop()
	for start < end && b.text[start] != ':' {
		start++
	}
	start = min(start+1, end)
	text := &Str{Span: Span{start, end}, Value: b.text[start:end]}
	p.Spec = &JoinedStr{Span: text.Span, Values: []Expr{text}}
	return p
}

func (b *builder) formatSpec(i uint32, raw bool) *JoinedStr {
	span := b.span(i)
	span.Start++ // the colon
	spec := &JoinedStr{Span: span}
	if b.enter() {
		j := joiner{b: &b.maker}
		j.parts(b.fields(i, raw), span, raw)
		j.flush()
		spec.Values = j.values
	}
	b.leave()
	return spec
}

// decode returns the value of a literal's content: line endings become \n and, unless the
// literal is raw, escapes become what they stand for. An escape that Python does not know
// stays as it is. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
func decode(s string, raw, bytes bool) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if raw || strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			return string(append(out, s...))
		}
		out = append(out, s[:i]...)
		var n int
		out, n = appendEscape(out, s[i:], bytes)
		s = s[i+n:]
	}
}

var simpleEscapes = [128]byte{'\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// appendEscape decodes the escape that s starts with and returns its length.
func appendEscape(out []byte, s string, bytes bool) ([]byte, int) {
	c := s[1]
	switch {
	case c == '\n':
		return out, 2
	case c < 128 && simpleEscapes[c] != 0:
		return append(out, simpleEscapes[c]), 2
	case c >= '0' && c <= '7':
		v, n := digits(s[1:], 8, 3)
		return appendCode(out, v, bytes), 1 + n
	case c == 'x':
		if v, n := digits(s[2:], 16, 2); n == 2 {
			return appendCode(out, v, bytes), 4
		}
	case c == 'u' && !bytes:
		if v, n := digits(s[2:], 16, 4); n == 4 {
			return appendCode(out, v, false), 6
		}
	case c == 'U' && !bytes:
		if v, n := digits(s[2:], 16, 8); n == 8 && v <= utf8.MaxRune {
			return appendCode(out, v, false), 10
		}
	case c == 'N' && !bytes:
		if end := strings.IndexByte(s, '}'); end > 3 && s[2] == '{' {
			if r, ok := runeNamed(s[3:end]); ok {
				return utf8.AppendRune(out, r), end + 1
			}
		}
	}
	return append(out, '\\'), 1
}

func appendCode(out []byte, v int, bytes bool) []byte {
	if bytes {
		return append(out, byte(v))
	}
	return utf8.AppendRune(out, rune(v))
}

// digits reads up to most digits of a base.
func digits(s string, base, most int) (value, n int) {
	for n < len(s) && n < most {
		d := 99
		switch c := s[n]; {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c >= 'a' && c <= 'f':
			d = int(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = int(c-'A') + 10
		}
		if d >= base {
			break
		}
		value = value*base + d
		n++
	}
	return value, n
}

// runeNamed returns the character of a Unicode name, as in \N{BULLET}.
func runeNamed(name string) (rune, bool) {
	r, ok := runesByName()[strings.ToUpper(name)]
	return r, ok
}

// runesByName is made at the first use: few sources name characters.
var runesByName = sync.OnceValue(func() map[string]rune {
	m := make(map[string]rune, 40000)
	for r := rune(' '); r <= 0x323AF; r++ {
		if name := runenames.Name(r); name != "" && name[0] != '<' {
			m[name] = r
		}
	}
	return m
})
