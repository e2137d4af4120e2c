package ast

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// parser makes the tree of Python that is valid, in one pass over the text, by recursive descent and the grammar of
// CPython 3.14 (Grammar/python.gram). A statement that it does not understand (broken code, Python 2, code in
// the making) it refuses, leaves to tree-sitter, and goes on after it. It may refuse more than CPython does, and accepts a
// little more, but whatever it accepts means the same.
type parser struct {
	maker
	scanner
	paramStack   stack[*Param]
	clauseStack  stack[*CompClause]
	handlerStack stack[*ExceptHandler]
	dots         []string // the parts of a dotted name
	links        int      // of chains such as a.b.c and a + b + c, within the statement
	long         bool     // there were more of them than maxLinks

	lines []startLine // where statements seem to start, once one is refused
	gaps  int         // the stretches of text that were left to tree-sitter
	work  int         // what may still be read in vain
	err   error       // why parsing ended: the context's
}

// The nesting that the parser follows; CPython refuses more than 200 brackets in each other. A level of the parser's makes
// a few of the tree's, and each link of a chain makes one: where a statement has many, the depth of the tree is measured.
const (
	maxNesting = 250
	maxLinks   = 1000
)

// maxGaps bounds the stretches that tree-sitter is asked about one by one: each costs it a start. A file of Python 2 may have one at
// every other line; the rest of it is then one.
const maxGaps = 32

func newParser(ctx context.Context, file *File) *parser {
	p := &parser{maker: newMaker(ctx, file)}
	p.src, p.context = p.text, ctx
	p.work = 4 * len(p.src) // each statement that is refused may have been read far
	p.indents = []indent{{}}
	p.tok = tNewline
	return p
}

// module builds the file. The error is that of the context.
func (p *parser) module() error {
	if !p.understood(func() { p.file.Body = p.statements(tEnd) }) {
		return cmp.Or(p.err, p.ctx.Err())
	}
	p.file.Comments = p.comments
	if p.gaps > 0 {
		slices.SortStableFunc(p.file.Comments, func(a, b Comment) int { return cmp.Compare(a.Start, b.Start) })
	}
	return p.ctx.Err()
}

// statements reads the statements of a block or of the module up to a token, which is read, too. What it does not understand
// goes as far as the next line, indented no more than the block, at which a statement seems to start.
func (p *parser) statements(end token) []Stmt {
	first, level, depth := p.stmts.mark(), len(p.indents), p.depth
	column := p.indents[level-1].column
	if end == tEnd {
		p.next()
	}
	var gap Span
	for p.tok != end {
		mark, comments, errors, start := p.stmts.mark(), len(p.comments), len(p.file.Errors), p.start
		if p.understood(p.statement) && (!p.long || shallow(p.stmts.items[mark:], maxDepth)) {
			p.long = false
			if gap.End > 0 {
				after := slices.Clone(p.stmts.items[mark:])
				p.stmts.cut(mark)
				p.fill(gap)
				gap = Span{}
				for _, s := range after {
					p.stmts.push(s)
				}
			}
			continue
		}
		p.work -= p.pos - int(start)
		next := p.startAfter(start, column)
		line := p.lineOf(start)
		switch {
		case p.err != nil || p.ctx.Err() != nil:
			refuse()
		case p.gaps < maxGaps && p.work > 0:
		case end == tEnd:
			next = Pos(len(p.src))
		default:
			refuse()
		}
		if end != tEnd && columnOf(p.src[line:start]) < column {
			refuse() // it is no part of the block
		}
		if gap.End == 0 {
			gap.Start = line
		}
		gap.End = next
		p.stmts.cut(mark)
		p.comments, p.file.Errors = p.comments[:comments], p.file.Errors[:errors]
		p.restart(level, depth, next)
	}
	if gap.End > 0 {
		p.fill(gap)
	}
	if end != tEnd {
		p.next()
	}
	return p.stmts.pop(first, &p.stmtLists)
}

// restart goes on at the beginning of a line, in a block of a level of indentation.
func (p *parser) restart(level, depth int, at Pos) {
	p.exprs.cut(0)
	p.keywords.cut(0)
	p.paramStack.cut(0)
	p.clauseStack.cut(0)
	p.handlerStack.cut(0)
	p.depth, p.long = depth, false
	p.nest, p.field, p.dedents, p.indents = 0, 0, 0, p.indents[:level]
	p.tok, p.pos = tNewline, int(at)
	p.next()
}

// fill pushes what tree-sitter makes of a stretch of text.
func (p *parser) fill(gap Span) {
	p.gaps++
	part := &File{Source: p.file.Source}
	if p.err = parseAny(p.ctx, part, gap); p.err != nil {
		refuse()
	}
	for _, s := range part.Body {
		p.stmts.push(s)
	}
	if len(part.Body) == 0 {
		p.stmts.push(&BadStmt{Span: gap})
	}
	p.comments = append(p.comments, part.Comments...)
	part.Body, part.Comments = nil, nil
	p.file.add(part)
}

// lineOf is where the line of an offset starts.
func (p *parser) lineOf(at Pos) Pos {
	for at > 0 && p.src[at-1] != '\n' && p.src[at-1] != '\r' {
		at--
	}
	return at
}

// startAfter returns the first line behind an offset that is indented no more than to a column and at which a statement
// seems to start; the end of the text where none does.
func (p *parser) startAfter(at Pos, column int) Pos {
	if p.lines == nil {
		p.lines = startLines(p.ctx, p.file.Source.Text)
	}
	i, _ := slices.BinarySearchFunc(p.lines, at+1, func(l startLine, at Pos) int { return cmp.Compare(l.at, at) })
	for ; i < len(p.lines); i++ {
		if p.work--; p.lines[i].column <= column {
			return p.lines[i].at
		}
	}
	return Pos(len(p.src))
}

// understood reports whether f came to its end without a refusal.
func (p *parser) understood(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(refusal); !is {
				panic(r)
			}
		}
	}()
	f()
	return true
}

// attempt calls f and, if the text is not what f takes it for, goes back to where it was. What f noted of
// parentheses stays; it is of nodes that nobody sees.
func (p *parser) attempt(f func()) bool {
	before, depth, indents := p.scanner, p.depth, slices.Clone(p.indents)
	stmts, exprs, keywords, params := p.stmts.mark(), p.exprs.mark(), p.keywords.mark(), p.paramStack.mark()
	comps, handlers := p.clauseStack.mark(), p.handlerStack.mark()
	if p.understood(f) {
		return true
	}
	p.scanner, p.depth, p.indents = before, depth, indents
	p.stmts.cut(stmts)
	p.exprs.cut(exprs)
	p.keywords.cut(keywords)
	p.paramStack.cut(params)
	p.clauseStack.cut(comps)
	p.handlerStack.cut(handlers)
	return false
}

// enterLevel counts a level of nesting, and leave its end.
func (p *parser) enterLevel() {
	if p.depth++; p.depth > maxNesting {
		refuse()
	}
}

// link counts a link of a chain, which is a level of the tree.
func (p *parser) link() {
	p.links++
	p.long = p.long || p.links > maxLinks
}

// shallow reports whether no node is more than so many levels deep.
func shallow[T Node](list []T, levels int) bool {
	for _, n := range list {
		if !shallowNode(n, levels) {
			return false
		}
	}
	return true
}

func shallowNode(n Node, levels int) bool {
	if levels == 0 {
		return false
	}
	ok := true
	Children(n, func(part Node) bool {
		ok = shallowNode(part, levels-1)
		return ok
	})
	return ok
}

// take reads a token of a kind, or refuses.
func (p *parser) take(t token) {
	if p.tok != t {
		refuse()
	}
	p.next()
}

// accept reads a token if it is of a kind.
func (p *parser) accept(t token) bool {
	if p.tok != t {
		return false
	}
	p.next()
	return true
}

// from is the span from start to the end of the last token read.
func (p *parser) from(start Pos) Span { return Span{start, p.last} }

func (p *parser) tokenText() string { return p.src[p.start:p.end] }

// isWord reports whether the token is a word that is a keyword in some places only.
func (p *parser) isWord(word string) bool { return p.tok == tName && p.tokenText() == word }

// statement pushes a compound statement, or the simple statements of a line.
func (p *parser) statement() {
	p.links = 0
	if s := p.compound(); s != nil {
		p.stmts.push(s)
		return
	}
	for {
		p.stmts.push(p.simple())
		if !p.accept(tSemicolon) {
			break
		}
		if p.tok == tNewline {
			break
		}
	}
	p.take(tNewline)
}

// block reads the colon and the body of a compound statement.
func (p *parser) block() (colon Pos, body []Stmt) {
	colon = p.start
	p.take(tColon)
	p.enterLevel()
	defer p.leave()
	if p.accept(tNewline) {
		p.take(tIndent)
		return colon, p.statements(tDedent)
	}
	mark := p.stmts.mark()
	for {
		p.stmts.push(p.simple())
		if !p.accept(tSemicolon) || p.tok == tNewline {
			break
		}
	}
	p.take(tNewline)
	return colon, p.stmts.pop(mark, &p.stmtLists)
}

func (p *parser) elseBlock() []Stmt {
	if p.tok != tElse {
		return nil
	}
	p.next()
	_, body := p.block()
	return body
}

// compound reads a compound statement; nil where none begins.
func (p *parser) compound() Stmt {
	start := p.start
	switch p.tok {
	case tIf:
		return p.ifStmt()
	case tDef:
		return p.function(start, false)
	case tClass:
		return p.class()
	case tFor:
		return p.forStmt(start, false)
	case tWhile:
		return p.while()
	case tWith:
		return p.with(start, false)
	case tTry:
		return p.try()
	case tAt:
		return p.decorated()
	case tAsync:
		p.next()
		switch p.tok {
		case tDef:
			return p.function(start, true)
		case tFor:
			return p.forStmt(start, true)
		case tWith:
			return p.with(start, true)
		}
		refuse()
	case tName:
		if p.isWord("match") {
			return p.match()
		}
	}
	return nil
}

func (p *parser) ifStmt() Stmt {
	first := p.ifs.take()
	all := []*If{first}
	for {
		s := all[len(all)-1]
		s.Start, s.Elif = p.start, p.tok == tElif
		p.next()
		s.Test = p.named()
		s.Colon, s.Body = p.block()
		if p.tok != tElif {
			break
		}
		p.enterLevel()
		all = append(all, p.ifs.take())
	}
	orelse := p.elseBlock()
	p.depth -= len(all) - 1
	for i := len(all) - 1; i >= 0; i-- {
		s := all[i]
		s.Orelse = orelse
		s.End = p.endOf(s.Colon+1, s.Body, s.Orelse)
		orelse = p.stmtLists.list([]Stmt{s})
	}
	return first
}

func (p *parser) while() Stmt {
	s := &While{Span: Span{Start: p.start}}
	p.next()
	s.Test = p.named()
	s.Colon, s.Body = p.block()
	s.Orelse = p.elseBlock()
	s.End = p.endOf(s.Colon+1, s.Body, s.Orelse)
	return s
}

func (p *parser) forStmt(start Pos, async bool) Stmt {
	s := &For{Span: Span{Start: start}, Async: async}
	p.next()
	s.Target = p.targets()
	p.take(tIn)
	s.Iter = p.starExprs()
	s.Colon, s.Body = p.block()
	s.Orelse = p.elseBlock()
	s.End = p.endOf(s.Colon+1, s.Body, s.Orelse)
	return s
}

func (p *parser) with(start Pos, async bool) Stmt {
	s := &With{Span: Span{Start: start}, Async: async}
	p.next()
	if p.tok != tLparen || !p.attempt(func() { p.itemsInParens(s) }) {
		s.Items = nil
		for {
			s.Items = append(s.Items, p.withItem())
			if !p.accept(tComma) {
				break
			}
		}
	}
	s.Colon, s.Body = p.block()
	s.End = p.endOf(s.Colon+1, s.Body)
	return s
}

// itemsInParens reads the items of a with whose parentheses are the statement's own.
func (p *parser) itemsInParens(s *With) {
	start, comma := p.start, false
	p.next()
	for {
		s.Items = append(s.Items, p.withItem())
		if !p.accept(tComma) {
			break
		}
		if comma = true; p.tok == tRparen {
			break
		}
	}
	p.take(tRparen)
	if p.tok != tColon {
		refuse()
	}
	if len(s.Items) == 1 && !comma && s.Items[0].Target == nil {
		p.paren(s.Items[0].Context, p.from(start))
	}
}

func (p *parser) withItem() *WithItem {
	item := &WithItem{Span: Span{Start: p.start}}
	item.Context = p.expression()
	if p.accept(tAs) {
		item.Target = p.target()
	}
	item.End = p.last
	return item
}

func (p *parser) try() Stmt {
	s := &Try{Span: Span{Start: p.start}}
	p.next()
	_, s.Body = p.block()
	mark := p.handlerStack.mark()
	for p.tok == tExcept {
		p.handlerStack.push(p.handler(s))
	}
	s.Handlers = slices.Clone(p.handlerStack.items[mark:])
	p.handlerStack.cut(mark)
	s.Orelse = p.elseBlock()
	if p.accept(tFinally) {
		_, s.Final = p.block()
	}
	if len(s.Handlers) == 0 && (s.Final == nil || s.Orelse != nil) {
		refuse()
	}
	s.End = p.endOf(s.Start, s.Body)
	if n := len(s.Handlers); n > 0 {
		s.End = s.Handlers[n-1].End
	}
	s.End = p.endOf(s.End, s.Orelse, s.Final)
	return s
}

func (p *parser) handler(s *Try) *ExceptHandler {
	h := &ExceptHandler{Span: Span{Start: p.start}}
	p.next()
	if p.accept(tStar) {
		s.Star = true
	}
	if p.tok != tColon {
		h.Type = p.expression()
		if p.accept(tAs) {
			h.Name = p.name()
		}
	}
	colon, body := p.block()
	h.Body = body
	h.End = p.endOf(colon+1, body)
	return h
}

func (p *parser) decorated() Stmt {
	var decorators []*Decorator
	for p.tok == tAt {
		d := &Decorator{Span: Span{Start: p.start}}
		p.next()
		d.Expr = p.named()
		d.End = p.last
		p.take(tNewline)
		decorators = append(decorators, d)
	}
	switch p.tok {
	case tDef, tAsync, tClass:
	default:
		refuse()
	}
	switch s := p.compound().(type) {
	case *FunctionDef:
		s.Decorators = decorators
		return s
	case *ClassDef:
		s.Decorators = decorators
		return s
	}
	refuse()
	return nil
}

func (p *parser) function(start Pos, async bool) Stmt {
	s := p.functions.take()
	s.Start, s.Async = start, async
	p.next()
	s.Name = p.name()
	s.TypeParams = p.typeParams()
	if p.tok != tLparen {
		refuse()
	}
	p.next()
	s.Params = p.parameters(p.last, tRparen)
	s.Params.End = p.start
	p.take(tRparen)
	if p.accept(tArrow) {
		s.Returns = p.expression()
	}
	s.Colon, s.Body = p.block()
	s.End = p.endOf(s.Colon+1, s.Body)
	return s
}

// parameters reads the parameters up to a closing token, which it leaves.
func (p *parser) parameters(start Pos, closing token) *Parameters {
	ps := &Parameters{Span: Span{Start: start}}
	mark := p.paramStack.mark()
	kind, bare := PositionalOrKeyword, false
	for p.tok != closing {
		switch p.tok {
		case tSlash:
			so := p.paramStack.items[mark:]
			if kind != PositionalOrKeyword || len(so) == 0 || so[0].ParamKind == PositionalOnly {
				refuse()
			}
			for _, o := range so {
				o.ParamKind = PositionalOnly
			}
			p.next()
			bare = false
		case tStar:
			if kind != PositionalOrKeyword {
				refuse()
			}
			kind = KeywordOnly
			star := p.start
			p.next()
			if bare = p.tok == tComma; !bare {
				p.paramStack.push(p.param(star, VarPositional, closing))
			}
		case tPower:
			star := p.start
			p.next()
			p.paramStack.push(p.param(star, VarKeyword, closing))
			p.accept(tComma)
			if p.tok != closing || bare {
				refuse()
			}
			continue
		default:
			p.paramStack.push(p.param(p.start, kind, closing))
			bare = false
		}
		if p.tok != closing {
			p.take(tComma)
		}
	}
	if bare {
		refuse()
	}
	if n := len(p.paramStack.items) - mark; n > 0 {
		ps.List = slices.Clone(p.paramStack.items[mark:])
	}
	p.paramStack.cut(mark)
	ps.End = p.last
	return ps
}

// param reads the name of a parameter and what follows it. A lambda's have no annotations.
func (p *parser) param(start Pos, kind ParamKind, closing token) *Param {
	x := p.params.take()
	x.Start, x.ParamKind = start, kind
	x.Name = p.name()
	if p.tok == tColon && closing != tColon {
		p.next()
		if kind == VarPositional && p.tok == tStar {
			x.Annotation = p.starred()
		} else {
			x.Annotation = p.expression()
		}
	}
	if p.tok == tAssign {
		if kind == VarPositional || kind == VarKeyword {
			refuse()
		}
		p.next()
		x.Default = p.expression()
	}
	x.End = p.last
	return x
}

func (p *parser) class() Stmt {
	s := &ClassDef{Span: Span{Start: p.start}}
	p.next()
	s.Name = p.name()
	s.TypeParams = p.typeParams()
	if p.tok == tLparen {
		s.Bases, s.Keywords, _ = p.arguments()
	}
	s.Colon, s.Body = p.block()
	s.End = p.endOf(s.Colon+1, s.Body)
	return s
}

// typeParams reads `[T: bound = default, *Ts, **P]` where it stands (PEP 695 and 696).
func (p *parser) typeParams() []*TypeParam {
	if p.tok != tLbracket {
		return nil
	}
	p.next()
	var list []*TypeParam
	for p.tok != tRbracket {
		x := &TypeParam{Span: Span{Start: p.start}}
		switch p.tok {
		case tStar:
			x.Stars = 1
			p.next()
		case tPower:
			x.Stars = 2
			p.next()
		}
		x.Name = p.name()
		if x.Stars == 0 && p.accept(tColon) {
			x.Bound = p.expression()
		}
		if p.accept(tAssign) {
			if x.Stars == 1 && p.tok == tStar {
				x.Default = p.starred()
			} else {
				x.Default = p.expression()
			}
		}
		x.End = p.last
		list = append(list, x)
		if p.tok != tRbracket {
			p.take(tComma)
		}
	}
	if list == nil {
		refuse()
	}
	p.next()
	return list
}

// simple reads a simple statement.
func (p *parser) simple() Stmt {
	start := p.start
	switch p.tok {
	case tPass:
		p.next()
		return &Pass{p.from(start)}
	case tBreak:
		p.next()
		return &Break{p.from(start)}
	case tContinue:
		p.next()
		return &Continue{p.from(start)}
	case tReturn:
		p.next()
		s := p.returns.take()
		if !p.atEndOfSimple() {
			s.Value = p.starExprs()
		}
		s.Span = p.from(start)
		return s
	case tImport:
		return p.importStmt()
	case tFrom:
		return p.importFrom()
	case tRaise:
		p.next()
		s := &Raise{}
		if !p.atEndOfSimple() {
			s.Exc = p.expression()
			if p.accept(tFrom) {
				s.Cause = p.expression()
			}
		}
		s.Span = p.from(start)
		return s
	case tAssert:
		p.next()
		s := &Assert{Test: p.expression()}
		if p.accept(tComma) {
			s.Msg = p.expression()
		}
		s.Span = p.from(start)
		return s
	case tDel:
		return p.delete()
	case tGlobal:
		names := p.nameList()
		return &Global{p.from(start), names}
	case tNonlocal:
		names := p.nameList()
		return &Nonlocal{p.from(start), names}
	case tName:
		if s := p.wordStmt(); s != nil {
			return s
		}
	}
	return p.exprStmt()
}

// atEndOfSimple reports whether the token ends a simple statement.
func (p *parser) atEndOfSimple() bool { return p.tok == tNewline || p.tok == tSemicolon }

// wordStmt reads a statement that begins with a word that is a keyword there only; nil for any other.
func (p *parser) wordStmt() Stmt {
	switch word := p.tokenText(); word {
	case "print", "exec":
		// A call of Python 3's, or Python 2's statement?
		if i := skipBlanks(p.src, p.pos); i < len(p.src) && !strings.Contains("(=.,:);]\r\n#", p.src[i:i+1]) {
			refuse()
		}
	case "type":
		i := skipBlanks(p.src, p.pos)
		if i == p.pos || i == len(p.src) || byteClass[p.src[i]] != classWord {
			return nil
		}
		var s *TypeAlias
		if p.attempt(func() { s = p.typeAlias() }) {
			return s
		}
	}
	return nil
}

func (p *parser) typeAlias() *TypeAlias {
	s := &TypeAlias{Span: Span{Start: p.start}}
	p.next()
	s.Name = p.name()
	s.TypeParams = p.typeParams()
	p.take(tAssign)
	s.Value = p.expression()
	s.End = p.last
	return s
}

func (p *parser) delete() Stmt {
	s := &Delete{Span: Span{Start: p.start}}
	p.next()
	mark := p.exprs.mark()
	for {
		e := p.bitOr()
		p.checkTarget(e, false)
		p.exprs.push(e)
		if !p.accept(tComma) || p.atEndOfSimple() {
			break
		}
	}
	s.Targets = p.exprs.pop(mark, &p.exprLists)
	s.End = p.last
	return s
}

// nameList reads the names after `global` and `nonlocal`.
func (p *parser) nameList() []*Name {
	p.next()
	list := []*Name{p.name()}
	for p.accept(tComma) {
		list = append(list, p.name())
	}
	return list
}

func (p *parser) importStmt() Stmt {
	s := &Import{Span: Span{Start: p.start}}
	p.next()
	for {
		s.Names = append(s.Names, p.alias(true))
		if !p.accept(tComma) {
			break
		}
	}
	s.End = p.last
	return s
}

func (p *parser) alias(dotted bool) *Alias {
	a := p.aliases.take()
	a.Start = p.start
	if dotted {
		a.Name = p.dotted()
	} else {
		a.Name = identifier(p.tokenText())
		p.take(tName)
	}
	if p.accept(tAs) {
		a.AsName = p.name()
	}
	a.End = p.last
	return a
}

// dotted reads a dotted name, without the white space that may stand in it.
func (p *parser) dotted() string {
	start, size := p.start, 0
	mark := len(p.dots)
	for {
		if p.tok != tName {
			refuse()
		}
		p.dots = append(p.dots, p.tokenText())
		size += int(p.end-p.start) + 1
		p.next()
		if !p.accept(tDot) {
			break
		}
	}
	name := p.src[start:p.last]
	if len(name) != size-1 {
		name = strings.Join(p.dots[mark:], ".")
	}
	p.dots = p.dots[:mark]
	return identifier(name)
}

func (p *parser) importFrom() Stmt {
	s := &ImportFrom{Span: Span{Start: p.start}}
	p.next()
	s.ModuleSpan.Start = p.start
	for {
		if p.tok == tDot {
			s.Level++
		} else if p.tok == tEllipsis {
			s.Level += 3
		} else {
			break
		}
		p.next()
	}
	if p.tok == tName {
		s.Module = p.dotted()
	} else if s.Level == 0 {
		refuse()
	}
	s.ModuleSpan.End = p.last
	p.take(tImport)
	switch p.tok {
	case tStar:
		a := p.aliases.take()
		a.Name = "*"
		p.next()
		a.Span = Span{p.last - 1, p.last}
		s.Names = []*Alias{a}
	case tLparen:
		p.next()
		for p.tok != tRparen {
			s.Names = append(s.Names, p.alias(false))
			if p.tok != tRparen {
				p.take(tComma)
			}
		}
		if s.Names == nil {
			refuse()
		}
		p.next()
	default:
		for {
			s.Names = append(s.Names, p.alias(false))
			if !p.accept(tComma) {
				break
			}
		}
	}
	s.End = p.last
	return s
}

// exprStmt reads an expression or an assignment.
func (p *parser) exprStmt() Stmt {
	start := p.start
	first := p.yieldOr()
	switch p.tok {
	case tAssign:
		mark := p.exprs.mark()
		value := first
		for p.accept(tAssign) {
			p.checkTarget(value, true)
			p.exprs.push(value)
			value = p.yieldOr()
		}
		s := p.assigns.take()
		s.Value = value
		s.Targets = p.exprs.pop(mark, &p.exprLists)
		s.Span = p.from(start)
		return s
	case tAugmented:
		p.checkSingle(first)
		s := &AugAssign{Target: first, Op: p.src[p.start : p.end-1]}
		p.next()
		s.Value = p.yieldOr()
		s.Span = p.from(start)
		return s
	case tColon:
		p.checkSingle(first)
		s := &AnnAssign{Target: first}
		p.next()
		s.Annotation = p.expression()
		if p.accept(tAssign) {
			s.Value = p.yieldOr()
		}
		s.Span = p.from(start)
		return s
	}
	s := p.exprStmts.take()
	s.Span, s.Value = p.from(start), first
	return s
}

// checkTarget refuses what nothing can be assigned to. star tells whether a star may stand before it.
func (p *parser) checkTarget(e Expr, star bool) {
	switch e := e.(type) {
	case *Name, *Attribute, *Subscript:
	case *Starred:
		if !star {
			refuse()
		}
		p.checkTarget(e.Value, false)
	case *Tuple:
		for _, elt := range e.Elts {
			p.checkTarget(elt, true)
		}
	case *List:
		for _, elt := range e.Elts {
			p.checkTarget(elt, true)
		}
	default:
		refuse()
	}
}

// checkSingle refuses what cannot be assigned to with an operator or an annotation.
func (p *parser) checkSingle(e Expr) {
	switch e.(type) {
	case *Name, *Attribute, *Subscript:
	default:
		refuse()
	}
}
