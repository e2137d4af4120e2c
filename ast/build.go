package ast

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maker makes the nodes of a tree, for whoever knows what they are.
type maker struct {
	ctx   context.Context
	file  *File
	text  string // the source; the tree's strings are parts of it
	depth int

	stmts    stack[Stmt]
	exprs    stack[Expr]
	keywords stack[*Keyword]
	slabs
}

func newMaker(ctx context.Context, file *File) maker {
	src := file.Source
	text := src.text
	if len(text) != len(src.Text) {
		text = string(src.Text) // not made by NewSource
	}
	return maker{ctx: ctx, file: file, text: text}
}

// builder makes the typed tree out of tree-sitter's records.
type builder struct {
	maker
	records []record
	marks   *rewrites
	// asAt is the `value as target` that stands for its value, while an item of a with is built.
	asAt     uint32
	asTarget Expr // what it names, once it is built

	children stack[uint32]
	nodes    stack[Node]
}

// slabs holds the chunks of the node types that files have many of.
type slabs struct {
	stmtLists    slab[Stmt]
	exprLists    slab[Expr]
	keywordLists slab[*Keyword]
	nodeLists    slab[Node]

	names      slab[Name]
	attributes slab[Attribute]
	calls      slab[Call]
	strs       slab[Str]
	pieces     slab[StrPiece]
	pieceLists slab[*StrPiece]
	numbers    slab[Number]
	constants  slab[Constant]
	exprStmts  slab[ExprStmt]
	assigns    slab[Assign]
	keywordsOf slab[Keyword]
	binOps     slab[BinOp]
	compares   slab[Compare]
	subscripts slab[Subscript]
	tuples     slab[Tuple]
	ifs        slab[If]
	returns    slab[Return]
	params     slab[Param]
	functions  slab[FunctionDef]
	aliases    slab[Alias]
	strings    slab[string]
}

func newBuilder(ctx context.Context, file *File, marks *rewrites) *builder {
	return &builder{maker: newMaker(ctx, file), marks: marks}
}

// maxDepth bounds the nesting of the tree, so that whoever walks it recursively is safe.
// CPython's compiler gives up at three times its recursion limit, which is 3,000 too.
const maxDepth = 3000

// enter counts a level of nesting; false means that the node must be given up.
func (b *maker) enter() bool {
	b.depth++
	return b.depth <= maxDepth
}

func (b *maker) leave() { b.depth-- }

func (b *maker) errorAt(s Span, msg string) {
	b.file.Errors = append(b.file.Errors, SyntaxError{s, msg})
}

func (b *builder) span(i uint32) Span {
	r := &b.records[i]
	return Span{Pos(r.start), Pos(r.end)}
}

func (b *maker) slice(s Span) string { return b.text[s.Start:s.End] }

func (b *builder) textOf(i uint32) string {
	r := &b.records[i]
	return b.text[r.start:r.end]
}

func (b *builder) sym(i uint32) symbol { return b.records[i].sym }

// open lists the children of a record, comments aside. The caller closes the list.
func (b *builder) open(i uint32) []uint32 {
	mark := b.children.mark()
	for c, end := i+1, b.records[i].next; c < end; c = b.records[c].next {
		switch b.records[c].sym {
		case symComment, symLineContinuation:
		default:
			b.children.push(c)
		}
	}
	return b.children.items[mark:len(b.children.items):len(b.children.items)]
}

func (b *builder) close(list []uint32) {
	b.children.items = b.children.items[:len(b.children.items)-len(list)]
}

// none marks a child that is not there.
const none = ^uint32(0)

// field returns the first child with the role f, or none.
func (b *builder) field(list []uint32, f field) uint32 {
	for _, c := range list {
		if b.records[c].field == f {
			return c
		}
	}
	return none
}

// token returns the first child with the symbol s, or none.
func (b *builder) token(list []uint32, s symbol) uint32 {
	for _, c := range list {
		if b.records[c].sym == s {
			return c
		}
	}
	return none
}

func isToken(s symbol) bool { return s == symOther || s >= firstToken }

// module adds to the file what records hold, which are of the text from base on.
func (b *builder) module(records []record, base Pos) {
	if len(records) == 0 {
		return
	}
	if base > 0 {
		for i := range records {
			records[i].start += uint32(base)
			records[i].end += uint32(base)
		}
	}
	b.records = records
	b.collect()
	b.file.Body = append(b.file.Body, b.block(0)...)
}

// collect lists the comments and the places that the grammar did not accept.
func (b *builder) collect() {
	b.file.Comments = append(b.file.Comments, b.marks.comments...)
	b.marks.comments = nil
	for i := range b.records {
		switch r := &b.records[i]; {
		case r.sym == symComment && b.marks.lexed:
		case r.sym == symComment:
			b.file.Comments = append(b.file.Comments, Comment{b.commentSpan(uint32(i))})
		case r.sym == symError:
			b.errorAt(b.span(uint32(i)), "unexpected "+excerpt(b.textOf(uint32(i))))
		case r.flags&flagMissing != 0:
			b.errorAt(b.span(uint32(i)), "something is missing here")
		}
	}
}

// commentSpan cuts off the carriage return that the grammar takes for a part of a comment.
func (b *builder) commentSpan(i uint32) Span {
	s := b.span(i)
	if cr := strings.IndexByte(b.slice(s), '\r'); cr >= 0 {
		s.End = s.Start + Pos(cr)
	}
	return s
}

// excerpt quotes the start of a text for a message.
func excerpt(s string) string {
	const most = 24
	s = strings.TrimSpace(s)
	if s == "" {
		return "end of line"
	}
	if nl := strings.IndexAny(s, "\r\n"); nl >= 0 {
		s = s[:nl]
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "\"" + s + "\""
}

// block builds the statements that are children of a block or module.
func (b *builder) block(i uint32) []Stmt {
	mark := b.stmts.mark()
	b.pushBlock(i)
	return b.stmts.pop(mark, &b.stmtLists)
}

func (b *builder) pushBlock(i uint32) {
	for c, end := i+1, b.records[i].next; c < end; c = b.records[c].next {
		if b.sym(c) == symBlock && b.enter() {
			b.pushBlock(c) // its statement's head is broken
			b.leave()
			continue
		}
		if s := b.stmt(c); s != nil {
			b.stmts.push(s)
		}
	}
}

// body builds the block among the children, and what is broken around it, up to the next
// clause of the statement. A body is never empty: where the text holds none, a BadStmt of no length
// stands for it, so that nobody who reads code in the making has to think of that.
func (b *builder) body(list []uint32) []Stmt {
	mark := b.stmts.mark()
	colon := false
	at := Pos(0)
children:
	for _, c := range list {
		switch s := b.sym(c); {
		case s == tokColon:
			colon = true
		case s == symBlock:
			b.pushBlock(c)
		case s == symError && colon:
			b.stmts.push(b.stmt(c))
		case s == symElseClause || s == symElifClause || s == symFinallyClause || s == symExceptClause || s == symExceptGroupClause:
			break children
		}
		at = b.span(c).End
	}
	if b.stmts.mark() == mark {
		b.stmts.push(&BadStmt{Span: Span{Start: at, End: at}})
	}
	return b.stmts.pop(mark, &b.stmtLists)
}

// stmt builds a statement; nil for what is none (tokens, comments).
func (b *builder) stmt(i uint32) Stmt {
	s := b.sym(i)
	if s == symComment || s == symLineContinuation || isToken(s) {
		return nil
	}
	if !b.enter() {
		b.leave()
		b.errorAt(b.span(i), "nested too deeply")
		return &BadStmt{Span: b.span(i)}
	}
	list := b.open(i)
	st := b.stmtOf(i, list)
	b.close(list)
	b.leave()
	return st
}

func (b *builder) stmtOf(i uint32, list []uint32) Stmt {
	span := b.span(i)
	switch b.sym(i) {
	case symExpressionStatement:
		return b.expressionStatement(span, list)
	case symFunctionDefinition:
		return b.functionDef(span, list)
	case symClassDefinition:
		return b.classDef(span, list)
	case symDecoratedDefinition:
		return b.decorated(span, list)
	case symReturnStatement:
		s := b.returns.take()
		s.Span, s.Value = span, b.onlyExpr(list)
		return s
	case symDeleteStatement:
		return b.deleteStmt(span, list)
	case symForStatement:
		return b.forStmt(span, list)
	case symWhileStatement:
		s := &While{Span: span, Test: b.exprAt(list, fieldCondition, span), Body: b.body(list), Orelse: b.elseBody(list), Colon: b.colon(list)}
		s.End = b.endOf(s.Colon+1, s.Body, s.Orelse)
		return s
	case symIfStatement:
		return b.ifStmt(span, list)
	case symWithStatement:
		return b.withStmt(span, list)
	case symMatchStatement:
		return b.matchStmt(span, list)
	case symRaiseStatement:
		return b.raiseStmt(span, list)
	case symTryStatement:
		return b.tryStmt(span, list)
	case symAssertStatement:
		return b.assertStmt(span, list)
	case symImportStatement:
		return &Import{Span: span, Names: b.aliasList(list)}
	case symImportFromStatement, symFutureImportStatement:
		return b.importFrom(span, list)
	case symGlobalStatement:
		return &Global{Span: span, Names: b.nameList(list)}
	case symNonlocalStatement:
		return &Nonlocal{Span: span, Names: b.nameList(list)}
	case symPassStatement:
		return &Pass{span}
	case symBreakStatement:
		return &Break{span}
	case symContinueStatement:
		return &Continue{span}
	case symTypeAliasStatement:
		return b.typeAlias(span, list)
	case symPrintStatement:
		return b.printStmt(span, list)
	case symExecStatement:
		return b.execStmt(span, list)
	}
	if s := b.sym(i); isExpression(s) && s != symError {
		return &BadStmt{Span: span, Parts: []Node{b.expr(i)}}
	}
	return &BadStmt{Span: span, Parts: b.parts(list)}
}

// parts builds what can be understood among the children of a broken node.
func (b *builder) parts(list []uint32) []Node {
	mark := b.nodes.mark()
	for _, c := range list {
		b.pushParts(c)
	}
	return b.nodes.pop(mark, &b.nodeLists)
}

func (b *builder) pushParts(c uint32) {
	s := b.sym(c)
	switch {
	case isToken(s):
	case isStatement(s):
		b.nodes.push(b.stmt(c))
	case isExpression(s):
		b.nodes.push(b.expr(c))
	default:
		if !b.enter() {
			b.leave()
			return
		}
		list := b.open(c)
		for _, c := range list {
			b.pushParts(c)
		}
		b.close(list)
		b.leave()
	}
}

func isStatement(s symbol) bool {
	switch s {
	case symExpressionStatement, symFunctionDefinition, symClassDefinition, symDecoratedDefinition, symReturnStatement,
		symDeleteStatement, symForStatement, symWhileStatement, symIfStatement, symWithStatement, symMatchStatement,
		symRaiseStatement, symTryStatement, symAssertStatement, symImportStatement, symImportFromStatement,
		symFutureImportStatement, symGlobalStatement, symNonlocalStatement, symPassStatement, symBreakStatement,
		symContinueStatement, symTypeAliasStatement, symPrintStatement, symExecStatement:
		return true
	}
	return false
}

// endOf is the end of the last statement of the last body that has any, or other. As in
// CPython, a semicolon after that statement belongs to the body.
func (b *maker) endOf(other Pos, bodies ...[]Stmt) Pos {
	for i := len(bodies) - 1; i >= 0; i-- {
		n := len(bodies[i])
		if n == 0 {
			continue
		}
		end := bodies[i][n-1].Stop()
		after := end
		for int(after) < len(b.text) && (b.text[after] == ' ' || b.text[after] == '\t') {
			after++
		}
		if int(after) < len(b.text) && b.text[after] == ';' {
			return after + 1
		}
		return end
	}
	return other
}

// colon is the offset of the first colon among the children, or NoPos.
func (b *builder) colon(list []uint32) Pos {
	if c := b.token(list, tokColon); c != none {
		return Pos(b.records[c].start)
	}
	return NoPos
}

// expressionStatement builds an expression, an assignment, or a tuple without parentheses,
// for which the grammar has no node of its own.
func (b *builder) expressionStatement(span Span, list []uint32) Stmt {
	if len(list) == 1 {
		switch b.sym(list[0]) {
		case symAssignment:
			return b.assignment(list[0])
		case symAugmentedAssignment:
			return b.augAssign(list[0])
		}
	}
	s := b.exprStmts.take()
	s.Span, s.Value = span, b.listExpr(span, list)
	return s
}

// listExpr builds the one expression among the children, or the tuple of them if there is
// a comma.
func (b *builder) listExpr(span Span, list []uint32) Expr {
	if len(list) == 1 {
		return b.expr(list[0])
	}
	if b.token(list, tokComma) == none {
		if only := b.soleExpr(list); only != none {
			return b.expr(only)
		}
		return &BadExpr{Span: span, Parts: b.parts(list)}
	}
	t := b.tuples.take()
	t.Span, t.Elts = span, b.exprList(list)
	return t
}

// soleExpr returns the only child that is an expression, if no other is there but tokens.
func (b *builder) soleExpr(list []uint32) uint32 {
	only := none
	for _, c := range list {
		if isToken(b.sym(c)) {
			continue
		}
		if only != none {
			return none
		}
		only = c
	}
	return only
}

// assignment unrolls `a = b = value`, which the grammar nests to the right.
func (b *builder) assignment(i uint32) Stmt {
	span := b.span(i)
	mark := b.exprs.mark()
	for n := 0; ; n++ {
		list := b.open(i)
		left, typ, right := b.field(list, fieldLeft), b.field(list, fieldType), b.field(list, fieldRight)
		b.close(list)
		if typ != none {
			s := &AnnAssign{Span: span, Target: b.exprOr(left, span), Annotation: b.expr(typ)}
			if right != none {
				s.Value = b.expr(right)
			}
			if n > 0 {
				b.errorAt(span, "an annotation within a chain of assignments")
				return &BadStmt{Span: span, Parts: append(exprNodes(b.exprs.pop(mark, &b.exprLists)), s.Target, s.Annotation)}
			}
			return s
		}
		b.exprs.push(b.exprOr(left, span))
		if right != none && b.sym(right) == symAssignment {
			i = right
			continue
		}
		if right != none && b.sym(right) == symAugmentedAssignment {
			b.errorAt(b.span(right), "an augmented assignment within a chain of assignments")
			aug := b.augAssign(right)
			return &BadStmt{Span: span, Parts: append(exprNodes(b.exprs.pop(mark, &b.exprLists)), aug)}
		}
		s := b.assigns.take()
		s.Span, s.Value = span, b.exprOr(right, Span{span.End, span.End})
		s.Targets = b.exprs.pop(mark, &b.exprLists)
		return s
	}
}

func exprNodes(list []Expr) []Node {
	nodes := make([]Node, len(list))
	for i, e := range list {
		nodes[i] = e
	}
	return nodes
}

func (b *builder) augAssign(i uint32) Stmt {
	list := b.open(i)
	defer b.close(list)
	span := b.span(i)
	s := &AugAssign{Span: span, Target: b.exprAt(list, fieldLeft, span), Value: b.exprAt(list, fieldRight, span)}
	if op := b.field(list, fieldOperator); op != none {
		s.Op = strings.TrimSuffix(b.textOf(op), "=")
	}
	return s
}

func (b *builder) functionDef(span Span, list []uint32) *FunctionDef {
	s := b.functions.take()
	s.Span = span
	s.Async = b.token(list, tokAsync) != none
	s.Name = b.nameAt(list, fieldName, span)
	s.TypeParams = b.typeParams(list)
	s.Params = &Parameters{Span: Span{s.Name.End, s.Name.End}}
	if p := b.field(list, fieldParameters); p != none {
		s.Params = b.parameters(p)
	}
	if r := b.field(list, fieldReturnType); r != none {
		s.Returns = b.expr(r)
	}
	s.Colon = b.colon(list)
	s.Body = b.body(list)
	s.End = b.endOf(max(s.Colon+1, s.Name.End), s.Body)
	return s
}

func (b *builder) classDef(span Span, list []uint32) *ClassDef {
	s := &ClassDef{Span: span, Name: b.nameAt(list, fieldName, span), TypeParams: b.typeParams(list), Colon: b.colon(list)}
	if c := b.field(list, fieldSuperclasses); c != none {
		s.Bases, s.Keywords = b.arguments(c)
	}
	s.Body = b.body(list)
	s.End = b.endOf(max(s.Colon+1, s.Name.End), s.Body)
	return s
}

func (b *builder) decorated(span Span, list []uint32) Stmt {
	var decorators []*Decorator
	var def Stmt
	var rest []Node
	for _, c := range list {
		switch b.sym(c) {
		case symDecorator:
			decorators = append(decorators, b.decorator(c))
		case symFunctionDefinition, symClassDefinition:
			def = b.stmt(c)
		default:
			b.nodesOf(c, &rest)
		}
	}
	switch d := def.(type) {
	case *FunctionDef:
		d.Decorators = decorators
		return d
	case *ClassDef:
		d.Decorators = decorators
		return d
	}
	bad := &BadStmt{Span: span}
	for _, d := range decorators {
		bad.Parts = append(bad.Parts, d)
	}
	bad.Parts = append(bad.Parts, rest...)
	return bad
}

func (b *builder) nodesOf(c uint32, into *[]Node) {
	mark := b.nodes.mark()
	b.pushParts(c)
	*into = append(*into, b.nodes.pop(mark, &b.nodeLists)...)
}

func (b *builder) decorator(i uint32) *Decorator {
	list := b.open(i)
	defer b.close(list)
	d := &Decorator{Span: b.span(i)}
	d.Expr = b.onlyExpr(list)
	if d.Expr == nil {
		d.Expr = &BadExpr{Span: Span{d.End, d.End}}
	}
	// The grammar counts the line break as a part of the decorator.
	d.End = b.file.Parens(d.Expr).End
	return d
}

func (b *builder) deleteStmt(span Span, list []uint32) Stmt {
	s := &Delete{Span: span}
	switch v := b.onlyExpr(list).(type) {
	case nil:
	case *Tuple:
		// `del a, b` deletes two targets, `del (a, b)` deletes one, a tuple.
		if b.text[v.Start] == '(' && !b.bare(list) {
			s.Targets = b.exprLists.list([]Expr{v})
		} else {
			s.Targets = v.Elts
		}
	default:
		s.Targets = b.exprLists.list([]Expr{v})
	}
	return s
}

// bare reports whether the children hold a list without parentheses.
func (b *builder) bare(list []uint32) bool {
	return b.token(list, symExpressionList) != none || b.token(list, tokComma) != none
}

func (b *builder) forStmt(span Span, list []uint32) Stmt {
	s := &For{
		Span:   span,
		Async:  b.token(list, tokAsync) != none,
		Target: b.exprAt(list, fieldLeft, span),
		Iter:   b.exprAt(list, fieldRight, span),
		Colon:  b.colon(list),
		Body:   b.body(list),
		Orelse: b.elseBody(list),
	}
	s.End = b.endOf(s.Colon+1, s.Body, s.Orelse)
	return s
}

// elseBody builds the statements of the else clause among the children.
func (b *builder) elseBody(list []uint32) []Stmt { return b.clauseBody(list, symElseClause) }

func (b *builder) clauseBody(list []uint32, clause symbol) []Stmt {
	c := b.token(list, clause)
	if c == none {
		return nil
	}
	inner := b.open(c)
	defer b.close(inner)
	return b.body(inner)
}

// ifStmt nests the elif clauses, which the grammar lists side by side, from the last to
// the first.
func (b *builder) ifStmt(span Span, list []uint32) Stmt {
	type clause struct {
		span Span
		test Expr
		body []Stmt
		at   Pos
	}
	first := clause{span, b.exprAt(list, fieldCondition, span), b.body(list), b.colon(list)}
	var rest []clause
	for _, c := range list {
		if b.sym(c) == symElifClause {
			inner := b.open(c)
			rest = append(rest, clause{b.span(c), b.exprAt(inner, fieldCondition, b.span(c)), b.body(inner), b.colon(inner)})
			b.close(inner)
		}
	}
	orelse := b.elseBody(list)
	if len(rest) > maxDepth-b.depth {
		b.errorAt(span, "nested too deeply")
		rest = rest[:max(0, maxDepth-b.depth)]
	}
	for i := len(rest) - 1; i >= 0; i-- {
		s := b.ifs.take()
		*s = If{Span: rest[i].span, Elif: true, Test: rest[i].test, Body: rest[i].body, Orelse: orelse, Colon: rest[i].at}
		s.End = b.endOf(max(s.Colon+1, s.Test.Stop()), s.Body, s.Orelse)
		orelse = b.stmtLists.list([]Stmt{s})
	}
	s := b.ifs.take()
	*s = If{Span: span, Test: first.test, Body: first.body, Orelse: orelse, Colon: first.at}
	s.End = b.endOf(max(s.Colon+1, s.Test.Stop()), s.Body, s.Orelse)
	return s
}

func (b *builder) withStmt(span Span, list []uint32) Stmt {
	s := &With{Span: span, Async: b.token(list, tokAsync) != none, Colon: b.colon(list)}
	if c := b.token(list, symWithClause); c != none {
		inner := b.open(c)
		for _, item := range inner {
			if b.sym(item) == symWithItem {
				s.Items = b.withItems(s.Items, item)
			}
		}
		if lp := b.token(inner, tokLparen); lp != none && len(s.Items) == 1 && b.token(inner, tokComma) == none && s.Items[0].Target == nil {
			b.paren(s.Items[0].Context, b.span(c))
		}
		b.close(inner)
	}
	s.Body = b.body(list)
	s.End = b.endOf(s.Colon+1, s.Body)
	return s
}

// withItems adds the item i. The grammar may take the parentheses of `with (a as b, c):`
// for those of a tuple.
func (b *builder) withItems(items []*WithItem, i uint32) []*WithItem {
	list := b.open(i)
	defer b.close(list)
	value := b.field(list, fieldValue)
	if value != none && (b.sym(value) == symTuple || b.sym(value) == symParenthesizedExpression) {
		inner := b.open(value)
		defer b.close(inner)
		if slices.ContainsFunc(inner, func(c uint32) bool { return b.lastAs(c) != none }) {
			for _, c := range inner {
				if !isToken(b.sym(c)) {
					items = append(items, b.withItem(c, b.span(c)))
				}
			}
			return items
		}
	}
	return append(items, b.withItem(value, b.span(i)))
}

func (b *builder) withItem(value uint32, span Span) *WithItem {
	item := &WithItem{Span: span}
	item.Context, item.Target = b.asPattern(value, span)
	return item
}

// asPattern splits `value as target`; target is nil for anything else. Of `with a if b else c as d:` the
// grammar makes `a if b else (c as d)`, and of a lambda likewise.
func (b *builder) asPattern(i uint32, span Span) (value, target Expr) {
	at := b.lastAs(i)
	if at == none {
		return b.exprOr(i, span), nil
	}
	if at != i {
		outerAt, outerTarget := b.asAt, b.asTarget
		b.asAt, b.asTarget = at, nil
		value = b.expr(i)
		target = b.asTarget
		b.asAt, b.asTarget = outerAt, outerTarget
		b.endWithLast(value)
		return value, target
	}
	return b.splitAs(i, span)
}

// lastAs finds the `as` of an expression, which may be at the end of a conditional or a lambda.
func (b *builder) lastAs(i uint32) uint32 {
	for i != none && b.sym(i) != symAsPattern {
		if s := b.sym(i); s != symConditionalExpression && s != symLambda {
			return none
		}
		list := b.open(i)
		last := none
		if n := len(list); n > 0 {
			last = list[n-1]
		}
		b.close(list)
		i = last
	}
	return i
}

// endWithLast takes the ` as target` out of the spans of the expressions that it was part of.
func (b *builder) endWithLast(e Expr) {
	switch e := e.(type) {
	case *IfExp:
		b.endWithLast(e.Orelse)
		e.End = b.file.Parens(e.Orelse).End
	case *Lambda:
		b.endWithLast(e.Body)
		e.End = b.file.Parens(e.Body).End
	}
}

func (b *builder) splitAs(i uint32, span Span) (value, target Expr) {
	list := b.open(i)
	defer b.close(list)
	for _, c := range list {
		switch {
		case b.records[c].field == fieldAlias:
			target = b.expr(c)
		case isToken(b.sym(c)):
		case value == nil:
			value = b.expr(c)
		case target == nil:
			target = b.expr(c)
		}
	}
	if value == nil {
		value = &BadExpr{Span: span}
	}
	return value, target
}

func (b *builder) raiseStmt(span Span, list []uint32) Stmt {
	s := &Raise{Span: span}
	if c := b.field(list, fieldCause); c != none {
		s.Cause = b.expr(c)
	}
	for _, c := range list {
		if isToken(b.sym(c)) || b.records[c].field == fieldCause {
			continue
		}
		if s.Exc == nil {
			s.Exc = b.expr(c)
			// Python 2: `raise E, value, traceback`.
			if t, ok := s.Exc.(*Tuple); ok && b.sym(c) == symExpressionList && len(t.Elts) > 0 {
				s.Exc, s.Legacy = t.Elts[0], t.Elts[1:]
			}
		}
	}
	return s
}

func (b *builder) tryStmt(span Span, list []uint32) Stmt {
	s := &Try{Span: span, Body: b.body(list)}
	for _, c := range list {
		switch b.sym(c) {
		case symExceptClause:
			s.Handlers = append(s.Handlers, b.exceptHandler(c))
			s.Star = b.unstar(s.Handlers[len(s.Handlers)-1]) || s.Star
		case symExceptGroupClause:
			s.Star = true
			s.Handlers = append(s.Handlers, b.exceptHandler(c))
		}
	}
	s.Orelse = b.elseBody(list)
	s.Final = b.clauseBody(list, symFinallyClause)
	s.End = b.endOf(span.End, s.Body)
	if n := len(s.Handlers); n > 0 {
		s.End = s.Handlers[n-1].End
	}
	s.End = b.endOf(s.End, s.Orelse, s.Final)
	return s
}

// unstar corrects `except *E`: with white space before the star it is no token of the
// grammar's.
func (b *builder) unstar(h *ExceptHandler) bool {
	star, ok := h.Type.(*Starred)
	if ok {
		h.Type = star.Value
	}
	return ok
}

func (b *builder) exceptHandler(i uint32) *ExceptHandler {
	list := b.open(i)
	defer b.close(list)
	h := &ExceptHandler{Span: b.span(i)}
	colon := b.colon(list)
	var types []uint32
	as := false
	for _, c := range list {
		s := b.sym(c)
		switch {
		case s == symBlock:
		case s == tokAs:
			as = true
		case isToken(s):
		default:
			types = append(types, c)
		}
	}
	switch {
	case len(types) == 0:
	case b.lastAs(types[0]) != none:
		var target Expr
		h.Type, target = b.asPattern(types[0], h.Span)
		h.Name, _ = target.(*Name)
	case len(types) == 1 && b.isComma(types[0]):
		h.Type = b.exceptionTuple(types[0])
	case len(types) == 1:
		h.Type = b.expr(types[0])
	case as || b.legacyTarget(types):
		h.Type = b.expr(types[0])
		h.Name, _ = b.expr(types[1]).(*Name)
	default:
		t := b.tuples.take()
		t.Span = Span{b.span(types[0]).Start, b.span(types[len(types)-1]).End}
		for _, c := range types {
			b.exprs.push(b.expr(c))
		}
		t.Elts = b.exprs.pop(b.exprs.mark()-len(types), &b.exprLists)
		h.Type = t
	}
	h.Body = b.body(list)
	h.End = b.endOf(max(colon+1, h.Start), h.Body)
	return h
}

// isComma reports whether i is a binary operation made out of a comma by lex.
func (b *builder) isComma(i uint32) bool {
	if b.sym(i) != symBinaryOperator {
		return false
	}
	list := b.open(i)
	defer b.close(list)
	op := b.field(list, fieldOperator)
	return op != none && b.marks.commas[b.records[op].start]
}

// exceptionTuple builds `except A, B, C:`, which lex gave to the parser as `A| B| C`.
func (b *builder) exceptionTuple(i uint32) Expr {
	t := b.tuples.take()
	t.Span = b.span(i)
	for b.isComma(i) {
		list := b.open(i)
		left, right := b.field(list, fieldLeft), b.field(list, fieldRight)
		b.close(list)
		t.Elts = append(t.Elts, b.exprOr(right, t.Span))
		if left == none {
			break
		}
		i = left
	}
	t.Elts = append(t.Elts, b.expr(i))
	slices.Reverse(t.Elts)
	return t
}

// legacyTarget tells Python 2's `except ValueError, e:` from Python 3.14's `except A, B:`
// (PEP 758): exceptions are written with a capital, or with a dot; variables are not.
func (b *builder) legacyTarget(types []uint32) bool {
	if len(types) != 2 || b.sym(types[1]) != symIdentifier {
		return false
	}
	c := b.text[b.records[types[1]].start]
	return c < 'A' || c > 'Z'
}

func (b *builder) assertStmt(span Span, list []uint32) Stmt {
	s := &Assert{Span: span}
	for _, c := range list {
		switch {
		case isToken(b.sym(c)):
		case s.Test == nil:
			s.Test = b.expr(c)
		case s.Msg == nil:
			s.Msg = b.expr(c)
		}
	}
	if s.Test == nil {
		s.Test = &BadExpr{Span: Span{span.End, span.End}}
	}
	return s
}

func (b *builder) aliasList(list []uint32) []*Alias {
	var names []*Alias
	for _, c := range list {
		if b.records[c].field == fieldName {
			names = append(names, b.alias(c))
		}
	}
	return names
}

func (b *builder) alias(i uint32) *Alias {
	a := b.aliases.take()
	a.Span = b.span(i)
	if b.sym(i) != symAliasedImport {
		a.Name = b.dotted(i)
		return a
	}
	list := b.open(i)
	defer b.close(list)
	if n := b.field(list, fieldName); n != none {
		a.Name = b.dotted(n)
	}
	if n := b.field(list, fieldAlias); n != none {
		a.AsName = b.name(n)
	}
	return a
}

// dotted returns the text of a dotted name without the white space and comments in it.
func (b *builder) dotted(i uint32) string {
	text := b.textOf(i)
	if strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == '#' || r == '\\' }) < 0 {
		return identifier(text)
	}
	var s strings.Builder
	for c, end := i+1, b.records[i].next; c < end; c = b.records[c].next {
		if b.sym(c) == symIdentifier || b.sym(c) == tokDot {
			s.WriteString(b.textOf(c))
		}
	}
	return identifier(s.String())
}

// identifier normalizes a name as Python does (PEP 3131).
func identifier(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return norm.NFKC.String(s)
		}
	}
	return s
}

func (b *builder) importFrom(span Span, list []uint32) Stmt {
	s := &ImportFrom{Span: span, Names: b.aliasList(list)}
	if c := b.token(list, tokFuture); c != none {
		s.Module, s.ModuleSpan = "__future__", b.span(c)
	}
	if c := b.field(list, fieldModuleName); c != none {
		s.ModuleSpan = b.span(c)
		if b.sym(c) == symRelativeImport {
			inner := b.open(c)
			for _, p := range inner {
				switch b.sym(p) {
				case symImportPrefix:
					s.Level = strings.Count(b.textOf(p), ".")
				case symDottedName:
					s.Module = b.dotted(p)
				}
			}
			b.close(inner)
		} else {
			s.Module = b.dotted(c)
		}
	}
	if c := b.token(list, symWildcardImport); c != none {
		a := b.aliases.take()
		a.Span, a.Name = b.span(c), "*"
		s.Names = []*Alias{a}
	}
	return s
}

func (b *builder) nameList(list []uint32) []*Name {
	var names []*Name
	for _, c := range list {
		if b.sym(c) == symIdentifier {
			names = append(names, b.name(c))
		}
	}
	return names
}

func (b *builder) printStmt(span Span, list []uint32) Stmt {
	s := &Print{Span: span}
	mark := b.exprs.mark()
	for _, c := range list {
		switch {
		case b.sym(c) == symChevron:
			inner := b.open(c)
			s.Dest = b.onlyExpr(inner)
			b.close(inner)
		case b.sym(c) == symError && s.Dest == nil:
		case !isToken(b.sym(c)):
			b.exprs.push(b.expr(c))
		}
	}
	s.Values = b.exprs.pop(mark, &b.exprLists)
	return s
}

func (b *builder) execStmt(span Span, list []uint32) Stmt {
	s := &Exec{Span: span}
	for _, c := range list {
		switch {
		case isToken(b.sym(c)):
		case s.Body == nil:
			s.Body = b.expr(c)
		case s.Globals == nil:
			s.Globals = b.expr(c)
		case s.Locals == nil:
			s.Locals = b.expr(c)
		}
	}
	if s.Body == nil {
		s.Body = &BadExpr{Span: Span{span.End, span.End}}
	}
	return s
}

// typeAlias builds `type X[T] = value`, whose left side the grammar takes for a type.
func (b *builder) typeAlias(span Span, list []uint32) Stmt {
	var sides []uint32
	for _, c := range list {
		if !isToken(b.sym(c)) {
			sides = append(sides, c)
		}
	}
	if len(sides) != 2 {
		return &BadStmt{Span: span, Parts: b.parts(list)}
	}
	s := &TypeAlias{Span: span, Value: b.expr(sides[1])}
	left := b.unwrap(sides[0])
	if b.sym(left) == symGenericType {
		inner := b.open(left)
		if len(inner) > 0 {
			s.Name = b.name(inner[0])
		}
		s.TypeParams = b.typeParams(inner)
		b.close(inner)
	} else if b.sym(left) == symSubscript {
		return b.subscriptAlias(s, left)
	} else {
		s.Name = b.name(left)
	}
	return s
}

func (b *builder) subscriptAlias(s *TypeAlias, left uint32) Stmt {
	inner := b.open(left)
	defer b.close(inner)
	s.Name = b.nameAt(inner, fieldValue, s.Span)
	for _, c := range inner {
		if b.records[c].field == fieldSubscript {
			s.TypeParams = append(s.TypeParams, b.typeParam(c))
		}
	}
	return s
}

// unwrap descends through `type` nodes.
func (b *builder) unwrap(i uint32) uint32 {
	for b.sym(i) == symType && i+1 < b.records[i].next {
		i++
	}
	return i
}

func (b *builder) typeParams(list []uint32) []*TypeParam {
	c := b.token(list, symTypeParameter)
	if c == none {
		return nil
	}
	inner := b.open(c)
	defer b.close(inner)
	var params []*TypeParam
	for _, p := range inner {
		if !isToken(b.sym(p)) {
			params = append(params, b.typeParam(p))
		}
	}
	return params
}

// typeParam builds `T: bound = default`. The grammar nests what stands between colons to
// the right; lex gave it the "=" as one.
func (b *builder) typeParam(i uint32) *TypeParam {
	p := &TypeParam{Span: b.span(i)}
	b.typeParamParts(p, i, fieldNone)
	if p.Name == nil {
		p.Name = &Name{Span: Span{p.Start, p.Start}}
	}
	return p
}

// typeParamParts puts i, or the parts of it that colons separate, into p. role tells what
// came before: nothing, a bound's colon (fieldType), or a default's (fieldValue).
func (b *builder) typeParamParts(p *TypeParam, i uint32, role field) {
	inner := b.unwrap(i)
	if s := b.sym(inner); (s == symConstrainedType || s == symSlice) && b.enter() {
		list := b.open(inner)
		for _, c := range list {
			switch {
			case b.sym(c) == tokColon && b.marks.defaults[b.records[c].start]:
				role = fieldValue
			case b.sym(c) == tokColon && role == fieldNone:
				role = fieldType
			case !isToken(b.sym(c)):
				b.typeParamParts(p, c, role)
			}
		}
		b.close(list)
		b.leave()
		return
	}
	switch {
	case role == fieldType && p.Bound == nil && p.Default == nil:
		p.Bound = b.expr(i)
	case role == fieldValue && p.Default == nil:
		p.Default = b.expr(i)
	case role == fieldNone:
		p.Stars, p.Name = b.starredName(inner)
	}
}

func (b *builder) starredName(i uint32) (int, *Name) {
	text := b.textOf(i)
	stars := len(text) - len(strings.TrimLeft(text, "*"))
	for c := i; c < b.records[i].next; c++ {
		if b.sym(c) == symIdentifier {
			return stars, b.name(c)
		}
	}
	return stars, nil
}
