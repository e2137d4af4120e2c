package ast

// yieldOr reads a yield, or expressions with commas and stars.
func (p *parser) yieldOr() Expr {
	if p.tok == tYield {
		return p.yield()
	}
	return p.starExprs()
}

func (p *parser) yield() Expr {
	y := &Yield{Span: Span{Start: p.start}}
	p.next()
	switch {
	case p.accept(tFrom):
		y.From = true
		y.Value = p.expression()
	case !p.endsExprs():
		y.Value = p.starExprs()
	}
	y.End = p.last
	return y
}

// endsExprs reports whether no expression can begin with the token, as after a comma at the end.
func (p *parser) endsExprs() bool {
	switch p.tok {
	case tNewline, tSemicolon, tRparen, tRbracket, tRbrace, tAssign, tColon, tAugmented, tBang, tIn:
		return true
	}
	return false
}

// starExprs reads an expression, or a tuple without parentheses.
func (p *parser) starExprs() Expr { return p.oneOrTuple(p.starExpr) }

// oneOrTuple reads an element, or a tuple of several without parentheses. A star makes a tuple only with a comma.
func (p *parser) oneOrTuple(element func() Expr) Expr {
	start, star := p.start, p.tok == tStar
	first := element()
	if p.tok != tComma {
		if star {
			refuse()
		}
		return first
	}
	mark := p.exprs.mark()
	p.exprs.push(first)
	for p.accept(tComma) {
		if p.endsExprs() {
			break
		}
		p.exprs.push(element())
	}
	t := p.tuples.take()
	t.Elts = p.exprs.pop(mark, &p.exprLists)
	t.Span = p.from(start)
	return t
}

func (p *parser) starExpr() Expr {
	if p.tok == tStar {
		return p.starred()
	}
	return p.expression()
}

// starNamed reads an element of a list, set, tuple or subscript.
func (p *parser) starNamed() Expr {
	if p.tok == tStar {
		return p.starred()
	}
	return p.named()
}

func (p *parser) starred() Expr {
	s := &Starred{Span: Span{Start: p.start}}
	p.next()
	s.Value = p.bitOr()
	s.End = p.last
	return s
}

// targets reads what `for` assigns to.
func (p *parser) targets() Expr { return p.oneOrTuple(p.target) }

func (p *parser) target() Expr {
	var e Expr
	if p.tok == tStar {
		e = p.starred()
	} else {
		e = p.bitOr()
	}
	p.checkTarget(e, true)
	return e
}

// named reads an expression or `name := value`.
func (p *parser) named() Expr {
	start, word := p.start, p.tok == tName
	e := p.expression()
	if p.tok != tWalrus {
		return e
	}
	name, ok := e.(*Name)
	if !ok || !word || name.Start != start {
		refuse()
	}
	p.next()
	n := &NamedExpr{Target: name, Value: p.expression()}
	n.Span = p.from(start)
	return n
}

// expression reads a conditional expression, a lambda, or anything that binds more tightly.
func (p *parser) expression() Expr {
	p.enterLevel()
	defer p.leave()
	if p.tok == tLambda {
		return p.lambda()
	}
	start := p.start
	body := p.or()
	if p.tok != tIf {
		return body
	}
	e := &IfExp{Body: body}
	p.next()
	e.Test = p.or()
	p.take(tElse)
	e.Orelse = p.expression()
	e.Span = p.from(start)
	return e
}

func (p *parser) lambda() Expr {
	e := &Lambda{Span: Span{Start: p.start}}
	p.next()
	e.Params = p.parameters(p.start, tColon)
	if len(e.Params.List) == 0 {
		e.Params.Span = Span{p.start, p.start}
	}
	p.take(tColon)
	e.Body = p.expression()
	e.End = p.last
	return e
}

func (p *parser) or() Expr {
	start := p.start
	first := p.and()
	if p.tok != tOrWord {
		return first
	}
	mark := p.exprs.mark()
	p.exprs.push(first)
	for p.accept(tOrWord) {
		p.exprs.push(p.and())
	}
	return &BoolOp{Or: true, Values: p.exprs.pop(mark, &p.exprLists), Span: p.from(start)}
}

func (p *parser) and() Expr {
	start := p.start
	first := p.not()
	if p.tok != tAndWord {
		return first
	}
	mark := p.exprs.mark()
	p.exprs.push(first)
	for p.accept(tAndWord) {
		p.exprs.push(p.not())
	}
	return &BoolOp{Values: p.exprs.pop(mark, &p.exprLists), Span: p.from(start)}
}

func (p *parser) not() Expr {
	if p.tok != tNot {
		return p.comparison()
	}
	p.enterLevel()
	defer p.leave()
	u := &UnaryOp{Span: Span{Start: p.start}, Op: "not"}
	p.next()
	u.Operand = p.not()
	u.End = p.last
	return u
}

func (p *parser) comparison() Expr {
	start := p.start
	left := p.bitOr()
	op := p.comparator()
	if op == "" {
		return left
	}
	mark := p.exprs.mark()
	var few [4]string
	ops := few[:0]
	for ; op != ""; op = p.comparator() {
		ops = append(ops, op)
		p.exprs.push(p.bitOr())
	}
	c := p.compares.take()
	c.Left, c.Ops, c.Right = left, p.strings.list(ops), p.exprs.pop(mark, &p.exprLists)
	c.Span = p.from(start)
	return c
}

// comparator reads an operator of a comparison; "" where there is none.
func (p *parser) comparator() string {
	op := ""
	switch p.tok {
	case tEqual:
		op = "=="
	case tUnequal:
		op = "!="
	case tLess:
		op = "<"
	case tLessEqual:
		op = "<="
	case tGreater:
		op = ">"
	case tGreaterEqual:
		op = ">="
	case tIn:
		op = "in"
	case tIs:
		p.next()
		if p.accept(tNot) {
			return "is not"
		}
		return "is"
	case tNot:
		p.next()
		p.take(tIn)
		return "not in"
	default:
		return ""
	}
	p.next()
	return op
}

// binaries holds the binary operators that bind more tightly than comparisons, and how tightly.
var binaries = [tokenCount]struct {
	op    string
	binds int
}{
	tOr: {"|", 1}, tXor: {"^", 2}, tAnd: {"&", 3}, tLeft: {"<<", 4}, tRight: {">>", 4}, tPlus: {"+", 5}, tMinus: {"-", 5},
	tStar: {"*", 6}, tSlash: {"/", 6}, tDoubleSlash: {"//", 6}, tPercent: {"%", 6}, tAt: {"@", 6},
}

func (p *parser) bitOr() Expr { return p.binary(1) }

// binary reads an expression of operators that bind at least so tightly.
func (p *parser) binary(least int) Expr {
	start := p.start
	left := p.factor()
	for {
		o := &binaries[p.tok]
		if o.binds < least || o.binds == 0 {
			return left
		}
		p.next()
		p.link()
		right := p.binary(o.binds + 1)
		e := p.binOps.take()
		e.Left, e.Op, e.Right = left, o.op, right
		e.Span = p.from(start)
		left = e
	}
}

func (p *parser) factor() Expr {
	op := ""
	switch p.tok {
	case tMinus:
		op = "-"
	case tPlus:
		op = "+"
	case tTilde:
		op = "~"
	default:
		return p.power()
	}
	p.enterLevel()
	defer p.leave()
	u := &UnaryOp{Span: Span{Start: p.start}, Op: op}
	p.next()
	u.Operand = p.factor()
	u.End = p.last
	return u
}

func (p *parser) power() Expr {
	start := p.start
	var left Expr
	if p.tok == tAwait {
		p.next()
		a := &Await{Value: p.primary()}
		a.Span = p.from(start)
		left = a
	} else {
		left = p.primary()
	}
	if p.tok != tPower {
		return left
	}
	p.next()
	p.enterLevel()
	defer p.leave()
	right := p.factor()
	e := p.binOps.take()
	e.Left, e.Op, e.Right = left, "**", right
	e.Span = p.from(start)
	return e
}

// primary reads an atom with the attributes, calls and subscripts after it.
func (p *parser) primary() Expr {
	start := p.start
	e := p.atom()
	for {
		switch p.tok {
		case tDot:
			p.next()
			a := p.attributes.take()
			a.Value, a.Attr = e, p.name()
			a.Span = p.from(start)
			e = a
		case tLparen:
			c := p.calls.take()
			c.Fn, c.Lparen = e, p.start
			c.Args, c.Keywords, c.Rparen = p.arguments()
			c.Span = p.from(start)
			e = c
		case tLbracket:
			s := p.subscripts.take()
			s.Value = e
			s.Index = p.index()
			s.Span = p.from(start)
			e = s
		default:
			return e
		}
		p.link()
	}
}

func (p *parser) name() *Name {
	if p.tok != tName {
		refuse()
	}
	n := p.names.take()
	n.Span, n.Id = Span{p.start, p.end}, identifier(p.tokenText())
	p.next()
	return n
}

func (p *parser) atom() Expr {
	span := Span{p.start, p.end}
	switch p.tok {
	case tName:
		return p.name()
	case tNumber:
		n := p.numbers.take()
		n.Span, n.Text = span, p.tokenText()
		p.next()
		return n
	case tString, tFormat:
		return p.stringLiterals()
	case tTrue:
		p.next()
		return p.constant(span, True)
	case tFalse:
		p.next()
		return p.constant(span, False)
	case tNone:
		p.next()
		return p.constant(span, None)
	case tEllipsis:
		p.next()
		return p.constant(span, Ellipsis)
	case tLparen:
		return p.parenthesized()
	case tLbracket:
		return p.list()
	case tLbrace:
		return p.braces()
	}
	refuse()
	return nil
}

// parenthesized reads a tuple, a generator expression, or an expression in parentheses.
func (p *parser) parenthesized() Expr {
	start := p.start
	p.next()
	switch p.tok {
	case tRparen:
		p.next()
		t := p.tuples.take()
		t.Span = p.from(start)
		return t
	case tYield:
		y := p.yield()
		p.take(tRparen)
		return p.paren(y, p.from(start))
	}
	star := p.tok == tStar
	first := p.starNamed()
	switch {
	case p.tok == tComma:
		mark := p.exprs.mark()
		p.exprs.push(first)
		p.elements(tRparen)
		t := p.tuples.take()
		t.Elts = p.exprs.pop(mark, &p.exprLists)
		t.Span = p.from(start)
		return t
	case star:
		refuse()
	case p.atClause():
		c := &Comp{CompKind: GeneratorExp, Elt: first, Clauses: p.clauses()}
		p.take(tRparen)
		c.Span = p.from(start)
		return c
	}
	p.take(tRparen)
	return p.paren(first, p.from(start))
}

// elements pushes the elements after the first one, up to a closing token, which is read, too.
func (p *parser) elements(closing token) {
	for p.tok != closing {
		p.take(tComma)
		if p.tok == closing {
			break
		}
		p.exprs.push(p.starNamed())
	}
	p.next()
}

func (p *parser) list() Expr {
	start := p.start
	p.next()
	if p.accept(tRbracket) {
		return &List{Span: p.from(start)}
	}
	star := p.tok == tStar
	first := p.starNamed()
	if !star && p.atClause() {
		c := &Comp{CompKind: ListComp, Elt: first, Clauses: p.clauses()}
		p.take(tRbracket)
		c.Span = p.from(start)
		return c
	}
	mark := p.exprs.mark()
	p.exprs.push(first)
	p.elements(tRbracket)
	return &List{Elts: p.exprs.pop(mark, &p.exprLists), Span: p.from(start)}
}

// braces reads a dict, a set, or a comprehension of one.
func (p *parser) braces() Expr {
	start := p.start
	p.next()
	if p.accept(tRbrace) {
		return &Dict{Span: p.from(start)}
	}
	if p.tok == tPower {
		return p.dict(start, nil)
	}
	star := p.tok == tStar
	first := p.starNamed()
	switch {
	case p.tok == tColon && !star:
		return p.dict(start, first)
	case !star && p.atClause():
		c := &Comp{CompKind: SetComp, Elt: first, Clauses: p.clauses()}
		p.take(tRbrace)
		c.Span = p.from(start)
		return c
	}
	mark := p.exprs.mark()
	p.exprs.push(first)
	p.elements(tRbrace)
	return &Set{Elts: p.exprs.pop(mark, &p.exprLists), Span: p.from(start)}
}

// dict reads a dict or dict comprehension, of which the first key may be read already.
func (p *parser) dict(start Pos, key Expr) Expr {
	if _, ok := key.(*NamedExpr); ok && p.file.Parens(key) == key.Range() {
		refuse()
	}
	// Keys and values are pushed in turn; the key of `**more` is nil.
	mark := p.exprs.mark()
	for n := 0; p.tok != tRbrace; n++ {
		if p.accept(tPower) {
			p.exprs.push(nil)
			p.exprs.push(p.bitOr())
		} else {
			if n > 0 || key == nil {
				key = p.expression()
			}
			p.take(tColon)
			value := p.expression()
			if n == 0 && p.atClause() {
				c := &Comp{CompKind: DictComp, Key: key, Elt: value, Clauses: p.clauses()}
				p.take(tRbrace)
				c.Span = p.from(start)
				return c
			}
			p.exprs.push(key)
			p.exprs.push(value)
		}
		if p.tok != tRbrace {
			p.take(tComma)
		}
	}
	p.next()
	pushed := p.exprs.items[mark:]
	n := len(pushed) / 2
	both := make([]Expr, 2*n)
	for i := range n {
		both[i], both[n+i] = pushed[2*i], pushed[2*i+1]
	}
	p.exprs.cut(mark)
	return &Dict{Span: p.from(start), Keys: both[:n:n], Values: both[n:]}
}

// atClause reports whether a clause of a comprehension begins.
func (p *parser) atClause() bool { return p.tok == tFor || p.tok == tAsync }

func (p *parser) clauses() []*CompClause {
	mark := p.clauseStack.mark()
	for p.atClause() {
		c := &CompClause{Span: Span{Start: p.start}}
		if p.accept(tAsync) {
			c.Async = true
		}
		p.take(tFor)
		c.Target = p.targets()
		p.take(tIn)
		c.Iter = p.or()
		if p.tok == tIf {
			ifs := p.exprs.mark()
			for p.accept(tIf) {
				p.exprs.push(p.or())
			}
			c.Ifs = p.exprs.pop(ifs, &p.exprLists)
		}
		c.End = p.last
		p.clauseStack.push(c)
		p.link()
	}
	list := append([]*CompClause(nil), p.clauseStack.items[mark:]...)
	p.clauseStack.cut(mark)
	return list
}

// arguments reads the arguments of a call or class, with their parentheses.
func (p *parser) arguments() (args []Expr, keywords []*Keyword, rparen Pos) {
	lparen := p.start
	p.next()
	positional, named := p.exprs.mark(), p.keywords.mark()
	for n := 0; p.tok != tRparen; n++ {
		start, word := p.start, p.tok == tName
		switch p.tok {
		case tStar:
			s := &Starred{Span: Span{Start: start}}
			p.next()
			s.Value = p.expression()
			s.End = p.last
			p.exprs.push(s)
		case tPower:
			k := p.keywordsOf.take()
			p.next()
			k.Value = p.expression()
			k.Span = p.from(start)
			p.keywords.push(k)
		default:
			e := p.named()
			switch {
			case p.tok == tAssign:
				name, ok := e.(*Name)
				if !ok || !word {
					refuse()
				}
				p.next()
				k := p.keywordsOf.take()
				k.Name, k.Value = name, p.expression()
				k.Span = p.from(start)
				p.keywords.push(k)
			case p.atClause():
				c := &Comp{CompKind: GeneratorExp, Elt: e, Clauses: p.clauses()}
				if n > 0 || p.tok != tRparen {
					refuse()
				}
				c.Span = Span{lparen, p.end}
				p.exprs.push(c)
			default:
				p.exprs.push(e)
			}
		}
		if p.tok != tRparen {
			p.take(tComma)
		}
	}
	rparen = p.start
	p.next()
	return p.exprs.pop(positional, &p.exprLists), p.keywords.pop(named, &p.keywordLists), rparen
}

// index reads what stands between the brackets of a subscript, and the brackets.
func (p *parser) index() Expr {
	p.next()
	start, mark, commas := p.start, p.exprs.mark(), false
	for {
		p.exprs.push(p.slice())
		if !p.accept(tComma) {
			break
		}
		commas = true
		if p.tok == tRbracket {
			break
		}
	}
	elts := p.exprs.items[mark:]
	var index Expr
	if !commas {
		index = starredIndex(&p.maker, elts[0])
		p.exprs.cut(mark)
	} else {
		t := p.tuples.take()
		t.Elts = p.exprs.pop(mark, &p.exprLists)
		t.Span = p.from(start)
		index = t
	}
	p.take(tRbracket)
	return index
}

// slice reads one index or range.
func (p *parser) slice() Expr {
	start := p.start
	if p.tok == tStar {
		return p.starred()
	}
	var lower Expr
	if p.tok != tColon {
		lower = p.named()
		if p.tok != tColon {
			return lower
		}
		if _, ok := lower.(*NamedExpr); ok && p.file.Parens(lower) == lower.Range() {
			refuse()
		}
	}
	s := &Slice{Lower: lower}
	p.next()
	if !p.endsSlice() {
		s.Upper = p.expression()
	}
	if p.accept(tColon) && !p.endsSlice() {
		s.Step = p.expression()
	}
	s.Span = p.from(start)
	return s
}

func (p *parser) endsSlice() bool { return p.tok == tColon || p.tok == tComma || p.tok == tRbracket }
