package ast

import "slices"

// match reads a match statement; nil where the word match is a name.
func (p *parser) match() Stmt {
	switch i := skipBlanks(p.src, p.pos); {
	case i == len(p.src):
		return nil
	case byteClass[p.src[i]] == classOther:
		switch p.src[i] {
		case '(', '[', '{', '-', '*', '~', '.':
		default:
			return nil
		}
	case byteClass[p.src[i]] == classBreak:
		return nil
	}
	s := &Match{Span: Span{Start: p.start}}
	// Only what stands in the first case tells `match (x):` from a name with an annotation.
	head := func() {
		p.next()
		s.Subject = p.oneOrTuple(p.starNamed)
		p.take(tColon)
		p.take(tNewline)
		p.take(tIndent)
		if !p.isWord("case") {
			refuse()
		}
	}
	if !p.attempt(head) {
		return nil
	}
	p.enterLevel()
	defer p.leave()
	for p.tok != tDedent {
		s.Cases = append(s.Cases, p.matchCase())
	}
	p.next()
	s.End = s.Cases[len(s.Cases)-1].End
	return s
}

func (p *parser) matchCase() *MatchCase {
	c := &MatchCase{Span: Span{Start: p.start}}
	if !p.isWord("case") {
		refuse()
	}
	p.next()
	c.Pattern = p.patterns()
	if p.accept(tIf) {
		c.Guard = p.named()
	}
	colon, body := p.block()
	c.Body = body
	c.End = p.endOf(colon+1, body)
	return c
}

// patterns reads a pattern, or several with commas.
func (p *parser) patterns() Pattern {
	start, star := p.start, p.tok == tStar
	first := p.starPattern()
	if p.tok != tComma {
		if star {
			refuse()
		}
		return first
	}
	list := []Pattern{first}
	for p.accept(tComma) {
		if p.tok == tColon || p.tok == tIf {
			break
		}
		list = append(list, p.starPattern())
	}
	return &MatchSequence{p.from(start), list}
}

func (p *parser) starPattern() Pattern {
	if p.tok != tStar {
		return p.asPattern()
	}
	s := &MatchStar{Span: Span{Start: p.start}}
	p.next()
	if name := p.name(); name.Id != "_" {
		s.Name = name
	}
	s.End = p.last
	return s
}

func (p *parser) asPattern() Pattern {
	p.enterLevel()
	defer p.leave()
	start := p.start
	left := p.orPattern()
	if !p.accept(tAs) {
		return left
	}
	m := &MatchAs{Pattern: left, Name: p.name()}
	if m.Name.Id == "_" {
		refuse()
	}
	m.Span = p.from(start)
	return m
}

func (p *parser) orPattern() Pattern {
	start := p.start
	first := p.closedPattern()
	if p.tok != tOr {
		return first
	}
	list := []Pattern{first}
	for p.accept(tOr) {
		list = append(list, p.closedPattern())
	}
	return &MatchOr{p.from(start), list}
}

func (p *parser) closedPattern() Pattern {
	start := p.start
	switch p.tok {
	case tLparen:
		return p.patternInParens()
	case tLbracket:
		p.next()
		return &MatchSequence{Patterns: p.patternList(nil, tRbracket), Span: p.from(start)}
	case tLbrace:
		return p.mapping()
	case tName:
		return p.namePattern()
	}
	value := p.literalValue()
	return &MatchValue{p.from(start), value}
}

// literalValue reads a literal that a pattern may be: a number, also a complex one, a string or a constant.
func (p *parser) literalValue() Expr {
	switch p.tok {
	case tMinus, tNumber:
		return p.complex()
	case tString, tTrue, tFalse, tNone:
		return p.atom()
	}
	refuse()
	return nil
}

func (p *parser) complex() Expr {
	start := p.start
	var left Expr
	if p.accept(tMinus) {
		left = &UnaryOp{Op: "-", Operand: p.numberLiteral(), Span: p.from(start)}
	} else {
		left = p.numberLiteral()
	}
	if p.tok != tPlus && p.tok != tMinus {
		return left
	}
	op := binaries[p.tok].op
	p.next()
	right := p.numberLiteral()
	return &BinOp{p.from(start), left, op, right}
}

func (p *parser) numberLiteral() Expr {
	if p.tok != tNumber {
		refuse()
	}
	return p.atom()
}

func (p *parser) patternInParens() Pattern {
	start := p.start
	p.next()
	if p.tok == tRparen {
		p.next()
		return &MatchSequence{Span: p.from(start)}
	}
	star := p.tok == tStar
	first := p.starPattern()
	if p.tok == tComma || star {
		list := p.patternList(first, tRparen)
		return &MatchSequence{p.from(start), list}
	}
	p.take(tRparen)
	return first
}

// patternList reads patterns up to a closing token, which is read, too. The first may be read already.
func (p *parser) patternList(first Pattern, closing token) []Pattern {
	var list []Pattern
	if first != nil {
		list = append(list, first)
		if p.tok != closing {
			p.take(tComma)
		}
	}
	for p.tok != closing {
		list = append(list, p.starPattern())
		if p.tok != closing {
			p.take(tComma)
		}
	}
	p.next()
	return list
}

// namePattern reads a capture, `_`, a dotted name, or a class with its arguments.
func (p *parser) namePattern() Pattern {
	start := p.start
	name := p.name()
	if p.tok != tDot && p.tok != tLparen {
		if name.Id == "_" {
			return &MatchAs{Span: p.from(start)}
		}
		return &MatchAs{Span: p.from(start), Name: name}
	}
	value := p.dottedValue(start, name)
	if p.tok != tLparen {
		return &MatchValue{p.from(start), value}
	}
	m := &MatchClass{Class: value}
	p.next()
	for p.tok != tRparen {
		pattern := p.asPattern()
		if p.tok == tAssign {
			key, ok := pattern.(*MatchAs)
			if !ok || key.Name == nil || key.Pattern != nil {
				refuse()
			}
			p.next()
			m.KwdAttrs = append(m.KwdAttrs, key.Name)
			m.KwdPatterns = append(m.KwdPatterns, p.asPattern())
		} else {
			if m.KwdAttrs != nil {
				refuse()
			}
			m.Patterns = append(m.Patterns, pattern)
		}
		if p.tok != tRparen {
			p.take(tComma)
		}
	}
	p.next()
	m.Span = p.from(start)
	return m
}

func (p *parser) dottedValue(start Pos, name *Name) Expr {
	var value Expr = name
	for p.accept(tDot) {
		p.link()
		a := p.attributes.take()
		a.Value, a.Attr = value, p.name()
		a.Span = p.from(start)
		value = a
	}
	return value
}

func (p *parser) mapping() Pattern {
	m := &MatchMapping{Span: Span{Start: p.start}}
	p.next()
	for p.tok != tRbrace {
		if m.Rest != nil {
			refuse()
		}
		if p.accept(tPower) {
			m.Rest = p.name()
		} else {
			var key Expr
			if p.tok == tName {
				start := p.start
				if key = p.dottedValue(start, p.name()); key.Kind() == KindName {
					refuse()
				}
			} else {
				key = p.literalValue()
			}
			p.take(tColon)
			m.Keys = append(m.Keys, key)
			m.Patterns = append(m.Patterns, p.asPattern())
		}
		if p.tok != tRbrace {
			p.take(tComma)
		}
	}
	p.next()
	m.End = p.last
	m.Keys, m.Patterns = slices.Clip(m.Keys), slices.Clip(m.Patterns)
	return m
}
