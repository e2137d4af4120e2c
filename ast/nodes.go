package ast

// Pos is a byte offset into Source.Text. Positions of a notebook's module are offsets
// into the text that package notebook joins out of its code cells.
type Pos int32

// NoPos marks a position that is not in the text.
const NoPos Pos = -1

// Span is a half-open range of bytes of Source.Text.
type Span struct{ Start, End Pos }

// Pos returns the offset of the first byte.
func (s Span) Pos() Pos { return s.Start }

// Stop returns the offset after the last byte.
func (s Span) Stop() Pos { return s.End }

// Range returns the span itself; it makes every node a Node.
func (s Span) Range() Span { return s }

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Len is the number of bytes in the span.
func (s Span) Len() int { return int(s.End - s.Start) }

// Node is any part of the syntax tree. Nodes are pointers to the structs of this file;
// they are never changed after Parse and may be read from many goroutines.
type Node interface {
	// Range is the node's text, without parentheses around it and without comments.
	Range() Span
	Pos() Pos
	Stop() Pos
	// Kind tells the node's type in a form that can index a table.
	Kind() Kind
}

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
}

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

// Pattern is a pattern of a match statement.
type Pattern interface {
	Node
	pattern()
}

// The statements. The names and fields follow CPython's own ast module (Parser/Python.asdl of
// CPython 3.14), with async variants folded into a flag.
type (
	// FunctionDef is `def f(...): ...`, with Async for `async def`. Its span starts at
	// `async` or `def`, not at a decorator.
	FunctionDef struct {
		Span
		Async      bool
		Decorators []*Decorator
		Name       *Name
		TypeParams []*TypeParam
		Params     *Parameters
		Returns    Expr // nil without annotation
		Body       []Stmt
		// Colon is the offset of the colon that opens the body.
		Colon Pos
	}
	// ClassDef is `class C(bases, key=value): ...`.
	ClassDef struct {
		Span
		Decorators []*Decorator
		Name       *Name
		TypeParams []*TypeParam
		Bases      []Expr // in order, Starred included
		Keywords   []*Keyword
		Body       []Stmt
		Colon      Pos
	}
	// Return is `return value`; Value may be nil.
	Return struct {
		Span
		Value Expr
	}
	// Delete is `del targets`.
	Delete struct {
		Span
		Targets []Expr
	}
	// Assign is `a = b = value`: one target for each `=`.
	Assign struct {
		Span
		Targets []Expr
		Value   Expr
	}
	// AugAssign is `target op= value`. Op is the operator without `=`.
	AugAssign struct {
		Span
		Target Expr
		Op     string
		Value  Expr
	}
	// AnnAssign is `target: annotation = value`; Value may be nil.
	AnnAssign struct {
		Span
		Target     Expr
		Annotation Expr
		Value      Expr
	}
	// TypeAlias is `type Name[T] = value`.
	TypeAlias struct {
		Span
		Name       *Name
		TypeParams []*TypeParam
		Value      Expr
	}
	// For is `for target in iter: body else: orelse`, with Async.
	For struct {
		Span
		Async  bool
		Target Expr
		Iter   Expr
		Body   []Stmt
		Orelse []Stmt
		Colon  Pos
	}
	// While is `while test: body else: orelse`.
	While struct {
		Span
		Test   Expr
		Body   []Stmt
		Orelse []Stmt
		Colon  Pos
	}
	// If is `if test: body else: orelse`. An `elif` is an If that is the only statement of
	// Orelse and has Elif set.
	If struct {
		Span
		Elif   bool
		Test   Expr
		Body   []Stmt
		Orelse []Stmt
		Colon  Pos
	}
	// With is `with items: body`, with Async.
	With struct {
		Span
		Async bool
		Items []*WithItem
		Body  []Stmt
		Colon Pos
	}
	// Match is `match subject: cases`.
	Match struct {
		Span
		Subject Expr
		Cases   []*MatchCase
	}
	// Raise is `raise exc from cause`. Python 2's `raise E, value, traceback` puts value and
	// traceback into Legacy.
	Raise struct {
		Span
		Exc    Expr
		Cause  Expr
		Legacy []Expr
	}
	// Try is `try: ... except: ... else: ... finally: ...`; Star for `except*`.
	Try struct {
		Span
		Star     bool
		Body     []Stmt
		Handlers []*ExceptHandler
		Orelse   []Stmt
		Final    []Stmt
	}
	// Assert is `assert test, msg`.
	Assert struct {
		Span
		Test Expr
		Msg  Expr
	}
	// Import is `import a.b as c, d`.
	Import struct {
		Span
		Names []*Alias
	}
	// ImportFrom is `from ..module import names`; Level counts the leading dots, Module is
	// "" for `from . import x`. A star import is one alias whose Name is "*".
	ImportFrom struct {
		Span
		Module     string
		ModuleSpan Span
		Level      int
		Names      []*Alias
	}
	// Global is `global names`.
	Global struct {
		Span
		Names []*Name
	}
	// Nonlocal is `nonlocal names`.
	Nonlocal struct {
		Span
		Names []*Name
	}
	// ExprStmt is an expression that stands as a statement.
	ExprStmt struct {
		Span
		Value Expr
	}
	// Pass is `pass`.
	Pass struct{ Span }
	// Break is `break`.
	Break struct{ Span }
	// Continue is `continue`.
	Continue struct{ Span }
	// Print is Python 2's print statement.
	Print struct {
		Span
		Dest   Expr // after >>, or nil
		Values []Expr
	}
	// Exec is Python 2's `exec body in globals, locals`.
	Exec struct {
		Span
		Body    Expr
		Globals Expr
		Locals  Expr
	}
	// BadStmt is text that could not be understood as a statement. One of no length stands where a body
	// should be and none is.
	BadStmt struct {
		Span
		// Parts holds what could be understood within it, in order.
		Parts []Node
	}
)

// The parts of statements.
type (
	// Decorator is `@expr` with the span from the `@` to the end of the expression.
	Decorator struct {
		Span
		Expr Expr
	}
	// Alias is `name as asname` in an import; AsName may be nil. Name is the dotted name
	// without white space.
	Alias struct {
		Span
		Name   string
		AsName *Name
	}
	// WithItem is `context as target`; Target may be nil.
	WithItem struct {
		Span
		Context Expr
		Target  Expr
	}
	// ExceptHandler is `except type as name: body`. Several types without parentheses
	// (Python 3.14) are a Tuple.
	ExceptHandler struct {
		Span
		Type Expr
		Name *Name
		Body []Stmt
	}
	// MatchCase is `case pattern if guard: body`.
	MatchCase struct {
		Span
		Pattern Pattern
		Guard   Expr
		Body    []Stmt
	}
	// Keyword is `name=value` in a call or class; Name is nil for `**value`.
	Keyword struct {
		Span
		Name  *Name
		Value Expr
	}
	// ParamKind tells how a parameter can be given.
	ParamKind uint8
	// Param is one parameter of a function or lambda.
	Param struct {
		Span
		ParamKind  ParamKind
		Name       *Name
		Annotation Expr // nil without
		Default    Expr // nil without
		// Unpack holds the tuple of a Python 2 tuple parameter, `def f(a, (b, c))`.
		Unpack Expr
	}
	// Parameters lists all parameters in order. Its span is the text between the
	// parentheses (of a lambda: between `lambda` and the colon).
	Parameters struct {
		Span
		List []*Param
	}
	// TypeParam is a type parameter: T, *Ts or **P (Stars counts), with bound and default.
	TypeParam struct {
		Span
		Stars   int
		Name    *Name
		Bound   Expr
		Default Expr
	}
)

// The kinds of parameters.
const (
	PositionalOnly ParamKind = iota
	PositionalOrKeyword
	VarPositional // *args
	KeywordOnly
	VarKeyword // **kwargs
)

// The expressions.
type (
	// Name is an identifier.
	Name struct {
		Span
		Id string
	}
	// Number is a numeric literal; Text is its spelling, underscores included.
	Number struct {
		Span
		Text string
	}
	// Str is a string or bytes literal, or several that stand side by side, without any
	// placeholder. Value is the decoded text (for Bytes: the bytes).
	Str struct {
		Span
		Bytes bool
		Value string
		// Pieces are the literals one by one.
		Pieces []*StrPiece
	}
	// JoinedStr is an f-string (or, with Template, a t-string), or an implicit concatenation
	// with at least one of them. Values holds *Str for constant text and *Placeholder, in order,
	// neighbouring constant text merged as CPython does.
	JoinedStr struct {
		Span
		Template bool
		Values   []Expr
		Pieces   []*StrPiece
	}
	// Placeholder is `{value!conversion:spec}` in an f-string.
	Placeholder struct {
		Span
		Value Expr
		// Debug is set for `{value=}`.
		Debug bool
		// Conversion is 's', 'r', 'a' or 0.
		Conversion byte
		// Spec is nil or the format specification: Str and Placeholder in order.
		Spec *JoinedStr
	}
	// Constant is True, False, None or `...`.
	Constant struct {
		Span
		Value ConstantValue
	}
	// BoolOp is `a and b and c` or `a or b or c`.
	BoolOp struct {
		Span
		Or     bool
		Values []Expr
	}
	// NamedExpr is `(target := value)`; the span is without parentheses.
	NamedExpr struct {
		Span
		Target *Name
		Value  Expr
	}
	// BinOp is `left op right`; Op is the operator's text.
	BinOp struct {
		Span
		Left  Expr
		Op    string
		Right Expr
	}
	// UnaryOp is `op operand` with "not", "-", "+" or "~". Python 2's backquotes are "`".
	UnaryOp struct {
		Span
		Op      string
		Operand Expr
	}
	// Lambda is `lambda params: body`.
	Lambda struct {
		Span
		Params *Parameters
		Body   Expr
	}
	// IfExp is `body if test else orelse`.
	IfExp struct {
		Span
		Test   Expr
		Body   Expr
		Orelse Expr
	}
	// Dict is `{key: value, **more}`; the key of `**more` is nil.
	Dict struct {
		Span
		Keys   []Expr
		Values []Expr
	}
	// Set is `{a, b}`.
	Set struct {
		Span
		Elts []Expr
	}
	// List is `[a, b]`.
	List struct {
		Span
		Elts []Expr
	}
	// Tuple is `a, b`, in parentheses or not; the span is the elements' and their commas',
	// and that of the parentheses where they are the tuple's own, as in CPython.
	Tuple struct {
		Span
		Elts []Expr
	}
	// CompKind tells a comprehension's result.
	CompKind uint8
	// Comp is a comprehension or generator expression. Key is set for dicts only.
	Comp struct {
		Span
		CompKind CompKind
		Key      Expr
		Elt      Expr
		Clauses  []*CompClause
	}
	// CompClause is `async for target in iter if cond if cond`.
	CompClause struct {
		Span
		Async  bool
		Target Expr
		Iter   Expr
		Ifs    []Expr
	}
	// Await is `await value`.
	Await struct {
		Span
		Value Expr
	}
	// Yield is `yield value` (nil for none) or, with From, `yield from value`.
	Yield struct {
		Span
		From  bool
		Value Expr
	}
	// Compare is `left op right op right`; the operators are "==", "!=", "<", "<=", ">", ">=",
	// "is", "is not", "in", "not in", and Python 2's "<>" as "!=".
	Compare struct {
		Span
		Left  Expr
		Ops   []string
		Right []Expr
	}
	// Call is `fn(args, key=value)`. Args and Keywords are in source order within
	// themselves; Starred stands in Args, `**x` in Keywords.
	Call struct {
		Span
		Fn       Expr
		Args     []Expr
		Keywords []*Keyword
		// Lparen and Rparen are the offsets of the parentheses. A generator expression as the
		// only argument shares them.
		Lparen, Rparen Pos
	}
	// Attribute is `value.attr`.
	Attribute struct {
		Span
		Value Expr
		Attr  *Name
	}
	// Subscript is `value[index]`; several indices are a Tuple, ranges are Slice.
	Subscript struct {
		Span
		Value Expr
		Index Expr
	}
	// Slice is `lower:upper:step`, each may be nil.
	Slice struct {
		Span
		Lower, Upper, Step Expr
	}
	// Starred is `*value`.
	Starred struct {
		Span
		Value Expr
	}
	// BadExpr is text that could not be understood as an expression.
	BadExpr struct {
		Span
		Parts []Node
	}
)

// StrPiece is one literal of an implicit concatenation.
type StrPiece struct {
	Span
	// Prefix is the letters before the quote as written: "", "r", "Rb", "f", "t" ….
	Prefix string
	// Quote is the quote as written: ', ", ''' or """.
	Quote string
}

// ConstantValue is the value of a Constant.
type ConstantValue uint8

// The values of a Constant.
const (
	None ConstantValue = iota
	True
	False
	Ellipsis
)

// The kinds of comprehensions.
const (
	ListComp CompKind = iota
	SetComp
	DictComp
	GeneratorExp
)

// The patterns of match statements.
type (
	// MatchValue is a literal or a dotted name.
	MatchValue struct {
		Span
		Value Expr
	}
	// MatchSequence is `[a, b, *rest]` or `(a, b)` or `a, b`.
	MatchSequence struct {
		Span
		Patterns []Pattern
	}
	// MatchMapping is `{key: pattern, **rest}`.
	MatchMapping struct {
		Span
		Keys     []Expr
		Patterns []Pattern
		Rest     *Name
	}
	// MatchClass is `C(a, key=b)`.
	MatchClass struct {
		Span
		Class       Expr
		Patterns    []Pattern
		KwdAttrs    []*Name
		KwdPatterns []Pattern
	}
	// MatchStar is `*name`; Name is nil for `*_`.
	MatchStar struct {
		Span
		Name *Name
	}
	// MatchAs is `pattern as name`, a capture `name` (Pattern nil), or `_` (both nil).
	MatchAs struct {
		Span
		Pattern Pattern
		Name    *Name
	}
	// MatchOr is `a | b`.
	MatchOr struct {
		Span
		Patterns []Pattern
	}
	// BadPattern is text that could not be understood as a pattern.
	BadPattern struct{ Span }
)

// Comment is `# …` up to the end of the line, without it.
type Comment struct{ Span }

// SyntaxError is a place that the grammar did not accept.
type SyntaxError struct {
	Span
	// Msg says in a few words what was found there.
	Msg string
}

// File is a parsed source text.
type File struct {
	Source   *Source
	Body     []Stmt
	Comments []Comment
	// Errors lists what could not be understood, in order; empty for valid Python.
	Errors []SyntaxError

	parens map[Expr]Span
}

// Parens returns the span of an expression together with all parentheses directly around
// it (those of a call's argument list are not the expression's), or its own span.
func (f *File) Parens(e Expr) Span {
	if s, ok := f.parens[e]; ok {
		return s
	}
	return e.Range()
}

// Text returns the source text of a node.
func (f *File) Text(n Node) string { return f.Source.Slice(n.Range()) }
