package ast

// matchStmt builds a match statement. The grammar puts the cases into a block.
func (b *builder) matchStmt(span Span, list []uint32) Stmt {
	s := &Match{Span: span}
	var subjects []uint32
	subject := Span{NoPos, NoPos}
	comma := false
	for _, c := range list {
		r := &b.records[c]
		switch {
		case r.sym == tokComma:
			comma = true
			subject.End = Pos(r.end)
		case r.field == fieldSubject:
			if subject.Start == NoPos {
				subject.Start = Pos(r.start)
			}
			subject.End = Pos(r.end)
			subjects = append(subjects, c)
		case r.sym == symBlock:
			b.cases(s, c)
		case r.sym == symCaseClause:
			s.Cases = append(s.Cases, b.matchCase(c))
		}
	}
	switch {
	case len(subjects) == 0:
		s.Subject = &BadExpr{Span: Span{span.End, span.End}}
	case comma || len(subjects) > 1:
		t := b.tuples.take()
		t.Span, t.Elts = subject, b.exprList(subjects)
		s.Subject = t
	default:
		s.Subject = b.expr(subjects[0])
	}
	if n := len(s.Cases); n > 0 {
		s.End = s.Cases[n-1].End
	}
	return s
}

func (b *builder) cases(s *Match, block uint32) {
	list := b.open(block)
	defer b.close(list)
	for _, c := range list {
		if b.sym(c) == symCaseClause {
			s.Cases = append(s.Cases, b.matchCase(c))
		}
	}
}

func (b *builder) matchCase(i uint32) *MatchCase {
	list := b.open(i)
	defer b.close(list)
	c := &MatchCase{Span: b.span(i)}
	var patterns []Pattern
	sequence := Span{NoPos, NoPos}
	comma := false
	for _, p := range list {
		r := &b.records[p]
		switch {
		case r.sym == symCasePattern:
			if sequence.Start == NoPos {
				sequence.Start = Pos(r.start)
			}
			sequence.End = Pos(r.end)
			patterns = append(patterns, b.pattern(p))
		case r.sym == tokComma:
			comma = true
			sequence.End = Pos(r.end)
		case r.sym == symIfClause:
			inner := b.open(p)
			c.Guard = b.onlyExpr(inner)
			b.close(inner)
		}
	}
	switch {
	case len(patterns) == 0:
		c.Pattern = &BadPattern{Span{c.End, c.End}}
	case comma || len(patterns) > 1:
		c.Pattern = &MatchSequence{Span: sequence, Patterns: patterns}
	default:
		c.Pattern = patterns[0]
	}
	c.Body = b.body(list)
	c.End = b.endOf(max(b.colon(list)+1, c.Pattern.Stop()), c.Body)
	return c
}

// pattern builds a pattern, whatever stands there: what is none becomes a BadPattern.
func (b *builder) pattern(i uint32) Pattern {
	span := b.span(i)
	if !b.enter() {
		b.leave()
		b.errorAt(span, "nested too deeply")
		return &BadPattern{span}
	}
	list := b.open(i)
	p := b.patternOf(i, span, list)
	b.close(list)
	b.leave()
	return p
}

func (b *builder) patternOf(i uint32, span Span, list []uint32) Pattern {
	switch b.sym(i) {
	case symCasePattern:
		return b.casePattern(span, list)
	case symAsPattern:
		return b.matchAs(span, list)
	case symUnionPattern:
		return &MatchOr{Span: span, Patterns: b.alternatives(list)}
	case symListPattern, symTuplePattern:
		patterns := b.patterns(list)
		if b.sym(i) == symTuplePattern && len(patterns) == 1 && b.token(list, tokComma) == none {
			if _, star := patterns[0].(*MatchStar); !star {
				return patterns[0] // a pattern in parentheses
			}
		}
		return &MatchSequence{Span: span, Patterns: patterns}
	case symDictPattern:
		return b.mapping(span, list)
	case symClassPattern:
		return b.matchClass(span, list)
	case symSplatPattern:
		star := &MatchStar{Span: span}
		if _, name := b.starredName(i); name != nil && name.Id != "_" {
			star.Name = name
		}
		return star
	case symDottedName:
		if len(list) == 1 {
			if b.textOf(i) == "_" {
				return &MatchAs{Span: span}
			}
			return &MatchAs{Span: span, Name: b.name(list[0])}
		}
		return &MatchValue{Span: span, Value: b.dottedExpr(list)}
	case symIdentifier:
		return &MatchAs{Span: span, Name: b.name(i)}
	case tokUnderscore:
		return &MatchAs{Span: span}
	case symComplexPattern:
		return &MatchValue{Span: span, Value: b.complexNumber(span, list)}
	case symInteger, symFloat, symString, symConcatenatedString, symTrue, symFalse, symNone, symAttribute:
		return &MatchValue{Span: span, Value: b.expr(i)}
	}
	return &BadPattern{span}
}

func (b *builder) casePattern(span Span, list []uint32) Pattern {
	switch {
	case len(list) == 1:
		return b.pattern(list[0])
	case len(list) == 2 && b.sym(list[0]) == tokMinus:
		return &MatchValue{Span: span, Value: &UnaryOp{Span: span, Op: "-", Operand: b.expr(list[1])}}
	case b.token(list, tokPipe) != none:
		return &MatchOr{Span: span, Patterns: b.alternatives(list)}
	}
	return &BadPattern{span}
}

// alternatives builds the sides of `a | b`, where a minus stands before its number as a
// child of its own.
func (b *builder) alternatives(list []uint32) []Pattern {
	var patterns []Pattern
	for n := 0; n < len(list); n++ {
		c := list[n]
		switch {
		case b.sym(c) == tokMinus && n+1 < len(list):
			n++
			span := Span{b.span(c).Start, b.span(list[n]).End}
			patterns = append(patterns, &MatchValue{Span: span, Value: &UnaryOp{Span: span, Op: "-", Operand: b.expr(list[n])}})
		case b.sym(c) == tokUnderscore || !isToken(b.sym(c)):
			patterns = append(patterns, b.pattern(c))
		}
	}
	return patterns
}

func (b *builder) patterns(list []uint32) []Pattern {
	var patterns []Pattern
	for _, c := range list {
		if !isToken(b.sym(c)) {
			patterns = append(patterns, b.pattern(c))
		}
	}
	return patterns
}

func (b *builder) matchAs(span Span, list []uint32) Pattern {
	m := &MatchAs{Span: span}
	for _, c := range list {
		switch {
		case b.sym(c) == symIdentifier:
			m.Name = b.name(c)
		case m.Pattern == nil && !isToken(b.sym(c)):
			m.Pattern = b.pattern(c)
		}
	}
	return m
}

// complexNumber builds `-1 + 2j`.
func (b *builder) complexNumber(span Span, list []uint32) Expr {
	var left Expr
	minus := NoPos
	op := ""
	for _, c := range list {
		text := b.textOf(c)
		switch {
		case isToken(b.sym(c)) && left == nil && text == "-":
			minus = b.span(c).Start
		case isToken(b.sym(c)) && left != nil:
			op = text
		case isToken(b.sym(c)):
		case left == nil:
			left = b.expr(c)
			if minus != NoPos {
				left = &UnaryOp{Span: Span{minus, left.Stop()}, Op: "-", Operand: left}
			}
		default:
			left = &BinOp{Span: span, Left: left, Op: op, Right: b.expr(c)}
		}
	}
	if left == nil {
		return &BadExpr{Span: span}
	}
	return left
}

func (b *builder) mapping(span Span, list []uint32) Pattern {
	m := &MatchMapping{Span: span}
	minus := NoPos
	for _, c := range list {
		r := &b.records[c]
		switch {
		case r.sym == tokMinus:
			minus = Pos(r.start)
		case r.field == fieldKey:
			m.Keys = append(m.Keys, b.key(c, minus))
			minus = NoPos
		case r.field == fieldValue && len(m.Patterns) < len(m.Keys):
			m.Patterns = append(m.Patterns, b.pattern(c))
		case r.sym == symSplatPattern:
			_, m.Rest = b.starredName(c)
		}
	}
	for len(m.Patterns) < len(m.Keys) {
		m.Patterns = append(m.Patterns, &BadPattern{Span{span.End, span.End}})
	}
	return m
}

func (b *builder) key(i uint32, minus Pos) Expr {
	e := b.patternValue(i)
	if minus != NoPos {
		return &UnaryOp{Span: Span{minus, e.Stop()}, Op: "-", Operand: e}
	}
	return e
}

// patternValue builds the literal or dotted name that a pattern stands for.
func (b *builder) patternValue(i uint32) Expr {
	if v, ok := b.pattern(i).(*MatchValue); ok {
		return v.Value
	}
	return b.expr(i)
}

func (b *builder) matchClass(span Span, list []uint32) Pattern {
	m := &MatchClass{Span: span}
	for _, c := range list {
		switch {
		case m.Class == nil && b.sym(c) == symDottedName:
			m.Class = b.expr(c)
		case isToken(b.sym(c)):
		default:
			b.classArgument(m, c)
		}
	}
	if m.Class == nil {
		m.Class = &BadExpr{Span: Span{span.Start, span.Start}}
	}
	return m
}

func (b *builder) classArgument(m *MatchClass, i uint32) {
	keyword := i
	if b.sym(i) == symCasePattern && i+1 < b.records[i].next {
		keyword = i + 1
	}
	if b.sym(keyword) != symKeywordPattern {
		m.Patterns = append(m.Patterns, b.pattern(i))
		return
	}
	list := b.open(keyword)
	defer b.close(list)
	if len(list) < 3 {
		m.Patterns = append(m.Patterns, &BadPattern{b.span(i)})
		return
	}
	m.KwdAttrs = append(m.KwdAttrs, b.name(list[0]))
	rest := list[2:]
	m.KwdPatterns = append(m.KwdPatterns, b.casePattern(Span{b.span(rest[0]).Start, b.span(keyword).End}, rest))
}
