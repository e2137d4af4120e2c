package ast

import "strings"

// stringLiterals reads string literals side by side.
func (p *parser) stringLiterals() Expr {
	start := p.start
	var few [4]literal
	literals := few[:0]
	bytes, text := false, false
	for p.tok == tString || p.tok == tFormat {
		l := literal{}
		if p.tok == tFormat {
			mark := p.exprs.mark()
			p.formatted()
			l.fields = p.exprs.pop(mark, &p.exprLists)
		}
		p.describe(&l, Span{p.start, p.end})
		p.next()
		bytes, text = bytes || l.bytes, text || !l.bytes
		literals = append(literals, l)
	}
	if bytes && text {
		refuse()
	}
	return p.join(p.from(start), literals)
}

// formatted reads the content of an f-string whose opening quote has just been read, and makes one token of all of it. The
// placeholders are pushed.
func (p *parser) formatted() {
	start := p.start
	prefix := p.src[start:p.end]
	quotes := len(prefix) - len(strings.TrimRight(prefix, `'"`))
	quote := prefix[len(prefix)-quotes:]
	raw := strings.ContainsAny(prefix, "rR")
	i := p.pos
	for {
		i = p.skipText(i, quote, raw)
		switch {
		case p.src[i] == '{':
			i = p.placeholder(i, quote, raw)
		default:
			p.start = start
			p.set(tFormat, int(start), i+quotes)
			return
		}
	}
}

// skipText returns the offset of the next placeholder or of the closing quote.
func (p *parser) skipText(i int, quote string, raw bool) int {
	text := p.src
	for i < len(text) {
		switch c := text[i]; c {
		case '{':
			if i+1 < len(text) && text[i+1] == '{' {
				i += 2
				continue
			}
			return i
		case '}':
			if i+1 == len(text) || text[i+1] != '}' {
				refuse()
			}
			i++
		case '\\':
			switch {
			case !raw && strings.HasPrefix(text[i:], `\N{`):
				end := strings.IndexByte(text[i:], '}')
				if end < 0 {
					refuse()
				}
				i += end
			case i+1 < len(text) && text[i+1] != '{' && text[i+1] != '}':
				i += max(1, lineBreak(text, i+1))
			}
		case '\n', '\r':
			if len(quote) == 1 {
				refuse()
			}
		case quote[0]:
			if strings.HasPrefix(text[i:], quote) {
				return i
			}
		}
		i++
	}
	refuse()
	return 0
}

// placeholder reads `{value!conversion:spec}` at i, pushes it, and returns the offset after it.
func (p *parser) placeholder(i int, quote string, raw bool) int {
	p.enterLevel()
	defer p.leave()
	field, last := p.field, p.last
	p.nest++
	p.field = p.nest
	x := &Placeholder{Span: Span{Start: Pos(i)}}
	p.tok, p.pos, p.start, p.end = tLbrace, i+1, Pos(i), Pos(i+1)
	p.next()
	if p.tok == tYield || p.tok == tLambda {
		refuse()
	}
	x.Value = p.starExprs()
	if p.tok == tAssign {
		x.Debug = true
		p.next()
	}
	if p.tok == tBang {
		c := byte(0)
		if p.pos+1 < len(p.src) {
			c = p.src[p.pos]
		}
		p.next()
		if !p.isWord(string(c)) || c != 'r' && c != 's' && c != 'a' {
			refuse()
		}
		x.Conversion = c
		p.next()
	}
	if p.tok == tColon {
		x.Spec, i = p.spec(p.pos, quote, raw)
		p.nest--
	} else {
		// The brace is not followed by a token, but by the text of the string.
		if p.tok != tRbrace {
			refuse()
		}
		i = p.pos
	}
	x.End = Pos(i)
	p.field, p.last = field, last
	p.exprs.push(x)
	return i
}

// spec reads the format specification at i and returns the offset after the placeholder's closing brace.
func (p *parser) spec(i int, quote string, raw bool) (*JoinedStr, int) {
	s := &JoinedStr{Span: Span{Start: Pos(i)}}
	mark := p.exprs.mark()
	text := p.src
	for ; ; i++ {
		if i >= len(text) {
			refuse()
		}
		switch c := text[i]; {
		case c == '{' && !strings.HasPrefix(text[i:], "{{"):
			i = p.placeholder(i, quote, raw) - 1
			continue
		case c == '}':
			s.End = Pos(i)
			j := joiner{b: &p.maker}
			j.parts(p.exprs.items[mark:], s.Span, raw)
			p.exprs.cut(mark)
			j.flush()
			s.Values = j.values
			return s, i + 1
		case c == '{' || c == '\\' || len(quote) == 1 && (c == '\n' || c == '\r') || c == quote[0] && strings.HasPrefix(text[i:], quote):
			refuse()
		}
	}
}
