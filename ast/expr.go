package ast

import "strings"

func isExpression(s symbol) bool {
	switch s {
	case symIdentifier, symInteger, symFloat, symTrue, symFalse, symNone, symEllipsis, symString, symConcatenatedString,
		symCall, symAttribute, symSubscript, symBinaryOperator, symUnaryOperator, symNotOperator, symBooleanOperator,
		symComparisonOperator, symLambda, symConditionalExpression, symNamedExpression, symAwait, symYield, symList, symSet,
		symTuple, symDictionary, symListComprehension, symSetComprehension, symDictionaryComprehension,
		symGeneratorExpression, symParenthesizedExpression, symParenthesizedListSplat, symListSplat, symExpressionList,
		symPatternList, symTuplePattern, symListPattern, symListSplatPattern, symType, symGenericType, symUnionType,
		symMemberType, symSplatType, symSlice, symDottedName, symAsPatternTarget, symError, symAsPattern, symConstrainedType:
		return true
	}
	return false
}

// expr builds an expression, whatever stands there: what is none becomes a BadExpr.
func (b *builder) expr(i uint32) Expr {
	span := b.span(i)
	switch b.sym(i) {
	case symIdentifier:
		return b.name(i)
	case symInteger, symFloat:
		n := b.numbers.take()
		n.Span, n.Text = span, b.textOf(i)
		return n
	case symTrue:
		return b.constant(span, True)
	case symFalse:
		return b.constant(span, False)
	case symNone:
		return b.constant(span, None)
	case symEllipsis:
		return b.constant(span, Ellipsis)
	}
	if !b.enter() {
		b.leave()
		b.errorAt(span, "nested too deeply")
		return &BadExpr{Span: span}
	}
	list := b.open(i)
	e := b.exprOf(i, list)
	b.close(list)
	b.leave()
	return e
}

func (b *builder) exprOf(i uint32, list []uint32) Expr {
	span := b.span(i)
	switch b.sym(i) {
	case symString:
		return b.stringExpr(span, []uint32{i})
	case symConcatenatedString:
		return b.stringExpr(span, list)
	case symAttribute:
		a := b.attributes.take()
		a.Span, a.Value, a.Attr = span, b.exprAt(list, fieldObject, span), b.nameAt(list, fieldAttribute, span)
		return b.hoist(a, &a.Span, &a.Value)
	case symCall:
		return b.call(span, list)
	case symSubscript:
		return b.subscript(span, list)
	case symSlice:
		return b.sliceExpr(span, list)
	case symBinaryOperator:
		return b.binary(i, span, list)
	case symBooleanOperator:
		return b.boolean(i, span)
	case symComparisonOperator:
		return b.compare(span, list)
	case symUnaryOperator:
		if len(list) > 0 && b.marks.stars[b.records[list[0]].start] {
			return b.starred(span, list)
		}
		u := &UnaryOp{Span: span, Operand: b.exprAt(list, fieldArgument, span)}
		if op := b.field(list, fieldOperator); op != none {
			u.Op = b.textOf(op)
		}
		return u
	case symNotOperator:
		return &UnaryOp{Span: span, Op: "not", Operand: b.exprAt(list, fieldArgument, span)}
	case symParenthesizedExpression:
		return b.parenthesized(span, list)
	case symTuple:
		return b.tuple(span, list)
	case symExpressionList, symPatternList:
		return b.listExpr(span, list)
	case symTuplePattern:
		if b.token(list, tokComma) == none {
			if only := b.soleExpr(list); only != none {
				return b.paren(b.expr(only), span)
			}
		}
		return b.tuple(span, list)
	case symList, symListPattern:
		return &List{Span: span, Elts: b.exprList(list)}
	case symSet:
		if b.marks.backquotes[uint32(span.Start)] {
			return b.backquoted(span, list)
		}
		return &Set{Span: span, Elts: b.exprList(list)}
	case symDictionary:
		return b.dict(span, list)
	case symListComprehension:
		return b.comprehension(span, ListComp, list)
	case symSetComprehension:
		return b.comprehension(span, SetComp, list)
	case symDictionaryComprehension:
		return b.comprehension(span, DictComp, list)
	case symGeneratorExpression:
		return b.comprehension(span, GeneratorExp, list)
	case symListSplat, symListSplatPattern, symSplatType:
		return b.starred(span, list)
	case symParenthesizedListSplat:
		return b.parenthesized(span, list)
	case symLambda:
		return b.lambda(span, list)
	case symConditionalExpression:
		return b.conditional(span, list)
	case symNamedExpression:
		return &NamedExpr{Span: span, Target: b.nameAt(list, fieldName, span), Value: b.exprAt(list, fieldValue, span)}
	case symAwait:
		a := &Await{Span: span, Value: b.onlyExpr(list)}
		if a.Value == nil {
			a.Value = &BadExpr{Span: Span{span.End, span.End}}
		}
		return a
	case symYield:
		return &Yield{Span: span, From: b.token(list, tokFrom) != none, Value: b.onlyExpr(list)}
	case symType, symAsPatternTarget:
		if len(list) == 1 {
			return b.expr(list[0])
		}
	case symGenericType:
		return b.genericType(span, list)
	case symUnionType:
		if _, _, ok := b.unionSides(i); ok {
			return b.unionType(i)
		}
	case symMemberType:
		return b.memberType(span, list)
	case symDottedName:
		return b.dottedExpr(list)
	case symAsPattern:
		if i == b.asAt {
			value, target := b.splitAs(i, span)
			b.asTarget = target
			return value
		}
		b.errorAt(span, "\"as\" where an expression is expected")
	}
	return &BadExpr{Span: span, Parts: b.parts(list)}
}

// hoist corrects `*a.b`, `*f(x)`, `*a or b`: the grammar may apply the star to the leftmost
// operand alone. e is an expression just built, span and left are its own.
func (b *builder) hoist(e Expr, span *Span, left *Expr) Expr {
	star, ok := (*left).(*Starred)
	if !ok || b.file.Parens(star) != star.Span {
		return e
	}
	*left = star.Value
	span.Start = b.file.Parens(star.Value).Start
	star.Value, star.End = e, span.End
	return star
}

// exprAt builds the child with the role f, or an empty BadExpr at the end of span.
func (b *builder) exprAt(list []uint32, f field, span Span) Expr {
	return b.exprOr(b.field(list, f), Span{span.End, span.End})
}

func (b *builder) exprOr(i uint32, span Span) Expr {
	if i == none {
		return &BadExpr{Span: Span{span.End, span.End}}
	}
	return b.expr(i)
}

// onlyExpr builds the first child that is no token; nil without any.
func (b *builder) onlyExpr(list []uint32) Expr {
	for _, c := range list {
		if !isToken(b.sym(c)) {
			return b.expr(c)
		}
	}
	return nil
}

// exprList builds the children that are no tokens.
func (b *builder) exprList(list []uint32) []Expr {
	mark := b.exprs.mark()
	for _, c := range list {
		if !isToken(b.sym(c)) {
			b.exprs.push(b.expr(c))
		}
	}
	return b.exprs.pop(mark, &b.exprLists)
}

func (b *builder) name(i uint32) *Name {
	n := b.names.take()
	n.Span, n.Id = b.span(i), identifier(b.textOf(i))
	return n
}

// nameAt builds the name with the role f, or an empty one at the end of span.
func (b *builder) nameAt(list []uint32, f field, span Span) *Name {
	if i := b.field(list, f); i != none {
		return b.name(i)
	}
	return &Name{Span: Span{span.End, span.End}}
}

func (b *maker) constant(span Span, v ConstantValue) Expr {
	c := b.constants.take()
	c.Span, c.Value = span, v
	return c
}

// paren records that parentheses stand around e.
func (b *maker) paren(e Expr, span Span) Expr {
	if b.file.parens == nil {
		b.file.parens = make(map[Expr]Span)
	}
	b.file.parens[e] = span
	return e
}

func (b *builder) parenthesized(span Span, list []uint32) Expr {
	e := b.onlyExpr(list)
	if e == nil {
		return &BadExpr{Span: span}
	}
	return b.paren(e, span)
}

// backquoted builds Python 2's `x`, which lex gave to the parser as a set.
func (b *builder) backquoted(span Span, list []uint32) Expr {
	elts := b.exprList(list)
	u := &UnaryOp{Span: span, Op: "`"}
	switch n := len(elts); n {
	case 0:
		u.Operand = &BadExpr{Span: Span{span.End, span.End}}
	case 1:
		u.Operand = elts[0]
	default:
		u.Operand = &Tuple{Span: Span{b.file.Parens(elts[0]).Start, b.file.Parens(elts[n-1]).End}, Elts: elts}
	}
	return u
}

func (b *builder) tuple(span Span, list []uint32) Expr {
	t := b.tuples.take()
	t.Span, t.Elts = span, b.exprList(list)
	return t
}

func (b *builder) starred(span Span, list []uint32) Expr {
	s := &Starred{Span: span, Value: b.onlyExpr(list)}
	if s.Value == nil {
		s.Value = &BadExpr{Span: Span{span.End, span.End}}
	}
	return s
}

func (b *builder) call(span Span, list []uint32) Expr {
	c := b.calls.take()
	c.Span, c.Fn = span, b.exprAt(list, fieldFunction, span)
	c.Lparen, c.Rparen = NoPos, NoPos
	args := b.field(list, fieldArguments)
	if args == none {
		return b.hoist(c, &c.Span, &c.Fn)
	}
	c.Lparen, c.Rparen = Pos(b.records[args].start), Pos(b.records[args].end)-1
	if b.sym(args) == symGeneratorExpression {
		c.Args = b.exprLists.list([]Expr{b.expr(args)})
		return b.hoist(c, &c.Span, &c.Fn)
	}
	c.Args, c.Keywords = b.arguments(args)
	return b.hoist(c, &c.Span, &c.Fn)
}

// arguments builds the arguments of a call or class.
func (b *builder) arguments(i uint32) ([]Expr, []*Keyword) {
	list := b.open(i)
	defer b.close(list)
	args, keywords := b.exprs.mark(), b.keywords.mark()
	for _, c := range list {
		switch s := b.sym(c); {
		case isToken(s):
		case s == symKeywordArgument:
			b.keywords.push(b.keyword(c))
		case s == symDictionarySplat:
			k := b.keywordsOf.take()
			k.Span, k.Value = b.span(c), b.splatValue(c)
			b.keywords.push(k)
		default:
			b.exprs.push(b.expr(c))
		}
	}
	return b.exprs.pop(args, &b.exprLists), b.keywords.pop(keywords, &b.keywordLists)
}

func (b *builder) keyword(i uint32) *Keyword {
	list := b.open(i)
	defer b.close(list)
	k := b.keywordsOf.take()
	k.Span = b.span(i)
	k.Name, k.Value = b.nameAt(list, fieldName, k.Span), b.exprAt(list, fieldValue, k.Span)
	return k
}

// splatValue builds the operand of `**x`.
func (b *builder) splatValue(i uint32) Expr {
	list := b.open(i)
	defer b.close(list)
	if e := b.onlyExpr(list); e != nil {
		return e
	}
	end := b.span(i).End
	return &BadExpr{Span: Span{end, end}}
}

func (b *builder) subscript(span Span, list []uint32) Expr {
	s := b.subscripts.take()
	s.Span, s.Value = span, b.exprAt(list, fieldValue, span)
	mark := b.exprs.mark()
	tuple := Span{NoPos, NoPos}
	commas := false
	for _, c := range list {
		switch r := &b.records[c]; {
		case r.field == fieldSubscript:
			if tuple.Start == NoPos {
				tuple.Start = Pos(r.start)
			}
			tuple.End = Pos(r.end)
			b.exprs.push(b.expr(c))
		case r.sym == tokComma:
			commas = true
			tuple.End = Pos(r.end)
		}
	}
	elts := b.exprs.pop(mark, &b.exprLists)
	switch {
	case len(elts) == 0:
		s.Index = &BadExpr{Span: Span{span.End, span.End}}
	case commas || len(elts) > 1:
		t := b.tuples.take()
		t.Span, t.Elts = tuple, elts
		s.Index = t
	default:
		s.Index = starredIndex(&b.maker, elts[0])
	}
	return b.hoist(s, &s.Span, &s.Value)
}

// starredIndex makes `x[*y]` a tuple of one (PEP 646).
func starredIndex(b *maker, e Expr) Expr {
	if _, ok := e.(*Starred); !ok {
		return e
	}
	t := b.tuples.take()
	t.Span, t.Elts = e.Range(), b.exprLists.list([]Expr{e})
	return t
}

func (b *builder) sliceExpr(span Span, list []uint32) Expr {
	s := &Slice{Span: span}
	parts := [3]*Expr{&s.Lower, &s.Upper, &s.Step}
	n := 0
	for _, c := range list {
		switch {
		case b.sym(c) == tokColon:
			n++
		case isToken(b.sym(c)):
		case n < len(parts) && *parts[n] == nil:
			*parts[n] = b.expr(c)
		}
	}
	return s
}

func (b *builder) binary(i uint32, span Span, list []uint32) Expr {
	if b.andXor(i) != 0 {
		return b.andXorChain(i)
	}
	op := ""
	if o := b.field(list, fieldOperator); o != none {
		op = b.textOf(o)
	}
	return b.binOp(span, b.exprAt(list, fieldLeft, span), op, b.exprAt(list, fieldRight, span))
}

// andXor returns the operator of a binary operation if it is & or ^, else 0.
func (b *builder) andXor(i uint32) byte {
	if b.sym(i) != symBinaryOperator {
		return 0
	}
	list := b.open(i)
	defer b.close(list)
	if op := b.field(list, fieldOperator); op != none {
		if text := b.textOf(op); text == "&" || text == "^" {
			return text[0]
		}
	}
	return 0
}

// andXorChain builds a chain of & and ^ anew: the grammar lets ^ bind more tightly, Python
// does &.
func (b *builder) andXorChain(i uint32) Expr {
	var operands []uint32
	var operators []byte
	// The operands from right to left, each followed by the operator to its left.
	todo := []uint32{i}
	ops := []byte{0}
	for len(todo) > 0 {
		i, before := todo[len(todo)-1], ops[len(ops)-1]
		todo, ops = todo[:len(todo)-1], ops[:len(ops)-1]
		if op := b.andXor(i); op != 0 {
			list := b.open(i)
			left, right := b.field(list, fieldLeft), b.field(list, fieldRight)
			b.close(list)
			if left != none && right != none {
				todo, ops = append(todo, left, right), append(ops, before, op)
				continue
			}
		}
		operands, operators = append(operands, i), append(operators, before)
	}
	var xor Expr
	for n := len(operands) - 1; n >= 0; {
		and, span := b.expr(operands[n]), b.span(operands[n])
		for n--; n >= 0 && operators[n] == '&'; n-- {
			span.End = b.span(operands[n]).End
			and = b.binOp(span, and, "&", b.expr(operands[n]))
		}
		if xor == nil {
			xor = and
			continue
		}
		xor = b.binOp(Span{b.span(operands[len(operands)-1]).Start, span.End}, xor, "^", and)
	}
	return xor
}

func (b *builder) binOp(span Span, left Expr, op string, right Expr) Expr {
	e := b.binOps.take()
	e.Span, e.Left, e.Op, e.Right = span, left, op, right
	return b.hoist(e, &e.Span, &e.Left)
}

// boolean flattens `a and b and c`, which the grammar nests to the left.
func (b *builder) boolean(i uint32, span Span) Expr {
	or := b.isOr(i)
	var operands []uint32
	for {
		list := b.open(i)
		left, right := b.field(list, fieldLeft), b.field(list, fieldRight)
		b.close(list)
		if right != none {
			operands = append(operands, right)
		}
		if left == none {
			break
		}
		if b.sym(left) != symBooleanOperator || b.isOr(left) != or {
			operands = append(operands, left)
			break
		}
		i = left
	}
	mark := b.exprs.mark()
	for n := len(operands) - 1; n >= 0; n-- {
		b.exprs.push(b.expr(operands[n]))
	}
	e := &BoolOp{Span: span, Or: or, Values: b.exprs.pop(mark, &b.exprLists)}
	if len(e.Values) == 0 {
		return &BadExpr{Span: span}
	}
	return b.hoist(e, &e.Span, &e.Values[0])
}

func (b *builder) isOr(i uint32) bool {
	list := b.open(i)
	defer b.close(list)
	op := b.field(list, fieldOperator)
	return op != none && b.textOf(op) == "or"
}

func (b *builder) compare(span Span, list []uint32) Expr {
	e := b.compares.take()
	e.Span = span
	mark := b.exprs.mark()
	var ops [8]string
	operators := ops[:0]
	for _, c := range list {
		switch {
		case b.records[c].field == fieldOperators:
			operators = append(operators, b.operator(c))
		case isToken(b.sym(c)):
		case e.Left == nil:
			e.Left = b.expr(c)
		default:
			b.exprs.push(b.expr(c))
		}
	}
	if e.Left == nil {
		e.Left = &BadExpr{Span: Span{span.Start, span.Start}}
	}
	for b.exprs.mark()-mark < len(operators) {
		b.exprs.push(&BadExpr{Span: Span{span.End, span.End}})
	}
	e.Right = b.exprs.pop(mark, &b.exprLists)
	e.Ops = b.strings.list(operators)
	return b.hoist(e, &e.Span, &e.Left)
}

// operator returns a comparison operator without the white space that may stand in it.
func (b *builder) operator(i uint32) string {
	switch text := b.textOf(i); {
	case text == "<>":
		return "!="
	case text == "is" || text == "in":
		return text
	case strings.HasPrefix(text, "is"):
		return "is not"
	case strings.HasPrefix(text, "not"):
		return "not in"
	default:
		return text
	}
}

func (b *builder) dict(span Span, list []uint32) Expr {
	d := &Dict{Span: span}
	keys := make([]Expr, 0, len(list)/2+1)
	values := make([]Expr, 0, len(list)/2+1)
	for _, c := range list {
		switch s := b.sym(c); {
		case isToken(s):
		case s == symPair:
			k, v := b.pair(c)
			keys, values = append(keys, k), append(values, v)
		case s == symDictionarySplat:
			keys, values = append(keys, nil), append(values, b.splatValue(c))
		default:
			bad := &BadExpr{Span: b.span(c)}
			mark := b.nodes.mark()
			b.pushParts(c)
			bad.Parts = b.nodes.pop(mark, &b.nodeLists)
			keys, values = append(keys, bad), append(values, &BadExpr{Span: Span{bad.End, bad.End}})
		}
	}
	d.Keys, d.Values = keys, values
	return d
}

func (b *builder) pair(i uint32) (key, value Expr) {
	list := b.open(i)
	defer b.close(list)
	span := b.span(i)
	return b.exprAt(list, fieldKey, span), b.exprAt(list, fieldValue, span)
}

func (b *builder) comprehension(span Span, kind CompKind, list []uint32) Expr {
	e := &Comp{Span: span, CompKind: kind}
	body := b.field(list, fieldBody)
	switch {
	case body != none && b.sym(body) == symPair:
		e.Key, e.Elt = b.pair(body)
	default:
		e.Elt = b.exprOr(body, span)
		if kind == DictComp {
			e.Key = &BadExpr{Span: Span{e.Elt.Pos(), e.Elt.Pos()}}
		}
	}
	for _, c := range list {
		switch b.sym(c) {
		case symForInClause:
			e.Clauses = append(e.Clauses, b.compClause(c))
		case symIfClause:
			if n := len(e.Clauses); n > 0 {
				inner := b.open(c)
				if test := b.onlyExpr(inner); test != nil {
					clause := e.Clauses[n-1]
					clause.Ifs = append(clause.Ifs, test)
					clause.End = b.span(c).End
				}
				b.close(inner)
			}
		}
	}
	return e
}

func (b *builder) compClause(i uint32) *CompClause {
	list := b.open(i)
	defer b.close(list)
	c := &CompClause{Span: b.span(i), Async: b.token(list, tokAsync) != none, Target: b.exprAt(list, fieldLeft, b.span(i))}
	// Python 2 allows `for x in 1, 2` here, each with the role of the right side.
	right := b.field(list, fieldRight)
	c.Iter = b.exprOr(right, c.Span)
	if right != none && c.Iter.Stop() < c.End {
		var rest []uint32
		for _, r := range list {
			if b.records[r].field == fieldRight {
				rest = append(rest, r)
			}
		}
		if len(rest) > 1 {
			t := b.tuples.take()
			t.Span, t.Elts = Span{Pos(b.records[right].start), c.End}, b.exprList(rest)
			c.Iter = t
		}
	}
	return c
}

func (b *builder) conditional(span Span, list []uint32) Expr {
	e := &IfExp{Span: span}
	parts := [3]*Expr{&e.Body, &e.Test, &e.Orelse}
	n := 0
	for _, c := range list {
		if !isToken(b.sym(c)) && n < len(parts) {
			*parts[n] = b.expr(c)
			n++
		}
	}
	for ; n < len(parts); n++ {
		*parts[n] = &BadExpr{Span: Span{span.End, span.End}}
	}
	return b.hoist(e, &e.Span, &e.Body)
}

func (b *builder) lambda(span Span, list []uint32) Expr {
	e := &Lambda{Span: span, Body: b.exprAt(list, fieldBody, span)}
	if p := b.field(list, fieldParameters); p != none {
		e.Params = b.parameters(p)
	} else {
		at := max(b.colon(list), span.Start)
		e.Params = &Parameters{Span: Span{at, at}}
	}
	return e
}

// genericType builds `list[int]` in an annotation, for which the grammar has nodes of its own.
func (b *builder) genericType(span Span, list []uint32) Expr {
	s := b.subscripts.take()
	s.Span = span
	if len(list) == 0 {
		return &BadExpr{Span: span}
	}
	s.Value = b.expr(list[0])
	params := b.token(list, symTypeParameter)
	if params == none {
		return &BadExpr{Span: span, Parts: []Node{s.Value}}
	}
	inner := b.open(params)
	defer b.close(inner)
	first, last := none, none
	for _, c := range inner {
		switch b.sym(c) {
		case tokLbracket, tokRbracket:
		default:
			if first == none {
				first = c
			}
			last = c
		}
	}
	if first == none {
		s.Index = &BadExpr{Span: Span{span.End, span.End}}
		return s
	}
	if b.token(inner, tokComma) == none {
		s.Index = starredIndex(&b.maker, b.expr(first))
		return s
	}
	t := b.tuples.take()
	t.Span, t.Elts = Span{b.span(first).Start, b.span(last).End}, b.exprList(inner)
	s.Index = t
	return s
}

// unionType builds `list[int] | str | None` in an annotation, which the grammar nests to the
// right, as a chain of binary operations nested to the left.
func (b *builder) unionType(i uint32) Expr {
	span := b.span(i)
	var e Expr
	todo := []uint32{i}
	for len(todo) > 0 {
		i := b.unwrap(todo[len(todo)-1])
		todo = todo[:len(todo)-1]
		if left, right, ok := b.unionSides(i); ok {
			todo = append(todo, right, left)
			continue
		}
		operand := b.expr(i)
		if e == nil {
			e = operand
			continue
		}
		e = b.binOp(Span{span.Start, b.span(i).End}, e, "|", operand)
	}
	return e
}

// unionSides returns the operands of a union or of a binary operation with |.
func (b *builder) unionSides(i uint32) (left, right uint32, ok bool) {
	s := b.sym(i)
	if s != symUnionType && s != symBinaryOperator {
		return none, none, false
	}
	list := b.open(i)
	defer b.close(list)
	if len(list) != 3 || b.sym(list[1]) != tokPipe {
		return none, none, false
	}
	return list[0], list[2], true
}

func (b *builder) memberType(span Span, list []uint32) Expr {
	if len(list) < 2 || b.sym(list[len(list)-1]) != symIdentifier {
		return &BadExpr{Span: span, Parts: b.parts(list)}
	}
	a := b.attributes.take()
	a.Span, a.Value, a.Attr = span, b.expr(list[0]), b.name(list[len(list)-1])
	return a
}

// dottedExpr builds a.b.c out of a flat list of identifiers.
func (b *builder) dottedExpr(list []uint32) Expr {
	var e Expr
	for _, c := range list {
		if b.sym(c) != symIdentifier {
			continue
		}
		if e == nil {
			e = b.name(c)
			continue
		}
		a := b.attributes.take()
		a.Span, a.Value, a.Attr = Span{e.Pos(), b.span(c).End}, e, b.name(c)
		e = a
	}
	if e == nil {
		return &BadExpr{}
	}
	return e
}

// parameters builds the parameters of a function or lambda.
func (b *builder) parameters(i uint32) *Parameters {
	list := b.open(i)
	defer b.close(list)
	ps := &Parameters{Span: b.span(i)}
	if n := len(list); n > 0 && b.sym(list[0]) == tokLparen {
		ps.Start++
		if b.sym(list[n-1]) == tokRparen && b.records[list[n-1]].flags&flagMissing == 0 {
			ps.End--
		}
	}
	kind := PositionalOrKeyword
	for _, c := range list {
		switch s := b.sym(c); {
		case s == symPositionalSeparator:
			for _, p := range ps.List {
				if p.ParamKind == PositionalOrKeyword {
					p.ParamKind = PositionalOnly
				}
			}
		case s == symKeywordSeparator:
			kind = KeywordOnly
		case isToken(s) || s == symError:
		default:
			p := b.param(c)
			if p == nil {
				continue
			}
			switch p.ParamKind {
			case VarPositional:
				kind = KeywordOnly
			case VarKeyword:
			default:
				p.ParamKind = kind
			}
			ps.List = append(ps.List, p)
		}
	}
	return ps
}

func (b *builder) param(i uint32) *Param {
	p := b.params.take()
	p.Span, p.ParamKind = b.span(i), PositionalOrKeyword
	switch b.sym(i) {
	case symTypedParameter, symTypedDefaultParameter, symDefaultParameter:
		list := b.open(i)
		defer b.close(list)
		if t := b.field(list, fieldType); t != none {
			p.Annotation = b.expr(t)
		}
		if v := b.field(list, fieldValue); v != none {
			p.Default = b.expr(v)
		}
		if n := b.field(list, fieldName); n != none {
			b.paramName(p, n)
		} else if len(list) > 0 {
			b.paramName(p, list[0])
		}
	default:
		b.paramName(p, i)
	}
	if p.Name == nil {
		p.Name = &Name{Span: Span{p.Start, p.Start}}
	}
	return p
}

func (b *builder) paramName(p *Param, i uint32) {
	switch b.sym(i) {
	case symIdentifier:
		p.Name = b.name(i)
	case symListSplatPattern:
		p.ParamKind = VarPositional
		_, p.Name = b.starredName(i)
	case symDictionarySplatPattern:
		p.ParamKind = VarKeyword
		_, p.Name = b.starredName(i)
	default:
		p.Unpack = b.expr(i)
	}
}
