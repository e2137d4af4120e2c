package ast

// Kind is the type of a node, small enough to index a table.
type Kind uint8

// The kinds, named after the node types.
const (
	KindInvalid Kind = iota
	KindFunctionDef
	KindClassDef
	KindReturn
	KindDelete
	KindAssign
	KindAugAssign
	KindAnnAssign
	KindTypeAlias
	KindFor
	KindWhile
	KindIf
	KindWith
	KindMatch
	KindRaise
	KindTry
	KindAssert
	KindImport
	KindImportFrom
	KindGlobal
	KindNonlocal
	KindExprStmt
	KindPass
	KindBreak
	KindContinue
	KindPrint
	KindExec
	KindBadStmt
	KindDecorator
	KindAlias
	KindWithItem
	KindExceptHandler
	KindMatchCase
	KindKeyword
	KindParam
	KindParameters
	KindTypeParam
	KindCompClause
	KindName
	KindNumber
	KindStr
	KindJoinedStr
	KindPlaceholder
	KindConstant
	KindBoolOp
	KindNamedExpr
	KindBinOp
	KindUnaryOp
	KindLambda
	KindIfExp
	KindDict
	KindSet
	KindList
	KindTuple
	KindComp
	KindAwait
	KindYield
	KindCompare
	KindCall
	KindAttribute
	KindSubscript
	KindSlice
	KindStarred
	KindBadExpr
	KindMatchValue
	KindMatchSequence
	KindMatchMapping
	KindMatchClass
	KindMatchStar
	KindMatchAs
	KindMatchOr
	KindBadPattern

	// KindCount is the number of kinds; a table indexed by Kind has this length.
	KindCount
)

// Kind implements Node.
func (*FunctionDef) Kind() Kind { return KindFunctionDef }

// Kind implements Node.
func (*ClassDef) Kind() Kind { return KindClassDef }

// Kind implements Node.
func (*Return) Kind() Kind { return KindReturn }

// Kind implements Node.
func (*Delete) Kind() Kind { return KindDelete }

// Kind implements Node.
func (*Assign) Kind() Kind { return KindAssign }

// Kind implements Node.
func (*AugAssign) Kind() Kind { return KindAugAssign }

// Kind implements Node.
func (*AnnAssign) Kind() Kind { return KindAnnAssign }

// Kind implements Node.
func (*TypeAlias) Kind() Kind { return KindTypeAlias }

// Kind implements Node.
func (*For) Kind() Kind { return KindFor }

// Kind implements Node.
func (*While) Kind() Kind { return KindWhile }

// Kind implements Node.
func (*If) Kind() Kind { return KindIf }

// Kind implements Node.
func (*With) Kind() Kind { return KindWith }

// Kind implements Node.
func (*Match) Kind() Kind { return KindMatch }

// Kind implements Node.
func (*Raise) Kind() Kind { return KindRaise }

// Kind implements Node.
func (*Try) Kind() Kind { return KindTry }

// Kind implements Node.
func (*Assert) Kind() Kind { return KindAssert }

// Kind implements Node.
func (*Import) Kind() Kind { return KindImport }

// Kind implements Node.
func (*ImportFrom) Kind() Kind { return KindImportFrom }

// Kind implements Node.
func (*Global) Kind() Kind { return KindGlobal }

// Kind implements Node.
func (*Nonlocal) Kind() Kind { return KindNonlocal }

// Kind implements Node.
func (*ExprStmt) Kind() Kind { return KindExprStmt }

// Kind implements Node.
func (*Pass) Kind() Kind { return KindPass }

// Kind implements Node.
func (*Break) Kind() Kind { return KindBreak }

// Kind implements Node.
func (*Continue) Kind() Kind { return KindContinue }

// Kind implements Node.
func (*Print) Kind() Kind { return KindPrint }

// Kind implements Node.
func (*Exec) Kind() Kind { return KindExec }

// Kind implements Node.
func (*BadStmt) Kind() Kind { return KindBadStmt }

// Kind implements Node.
func (*Decorator) Kind() Kind { return KindDecorator }

// Kind implements Node.
func (*Alias) Kind() Kind { return KindAlias }

// Kind implements Node.
func (*WithItem) Kind() Kind { return KindWithItem }

// Kind implements Node.
func (*ExceptHandler) Kind() Kind { return KindExceptHandler }

// Kind implements Node.
func (*MatchCase) Kind() Kind { return KindMatchCase }

// Kind implements Node.
func (*Keyword) Kind() Kind { return KindKeyword }

// Kind implements Node.
func (*Param) Kind() Kind { return KindParam }

// Kind implements Node.
func (*Parameters) Kind() Kind { return KindParameters }

// Kind implements Node.
func (*TypeParam) Kind() Kind { return KindTypeParam }

// Kind implements Node.
func (*CompClause) Kind() Kind { return KindCompClause }

// Kind implements Node.
func (*Name) Kind() Kind { return KindName }

// Kind implements Node.
func (*Number) Kind() Kind { return KindNumber }

// Kind implements Node.
func (*Str) Kind() Kind { return KindStr }

// Kind implements Node.
func (*JoinedStr) Kind() Kind { return KindJoinedStr }

// Kind implements Node.
func (*Placeholder) Kind() Kind { return KindPlaceholder }

// Kind implements Node.
func (*Constant) Kind() Kind { return KindConstant }

// Kind implements Node.
func (*BoolOp) Kind() Kind { return KindBoolOp }

// Kind implements Node.
func (*NamedExpr) Kind() Kind { return KindNamedExpr }

// Kind implements Node.
func (*BinOp) Kind() Kind { return KindBinOp }

// Kind implements Node.
func (*UnaryOp) Kind() Kind { return KindUnaryOp }

// Kind implements Node.
func (*Lambda) Kind() Kind { return KindLambda }

// Kind implements Node.
func (*IfExp) Kind() Kind { return KindIfExp }

// Kind implements Node.
func (*Dict) Kind() Kind { return KindDict }

// Kind implements Node.
func (*Set) Kind() Kind { return KindSet }

// Kind implements Node.
func (*List) Kind() Kind { return KindList }

// Kind implements Node.
func (*Tuple) Kind() Kind { return KindTuple }

// Kind implements Node.
func (*Comp) Kind() Kind { return KindComp }

// Kind implements Node.
func (*Await) Kind() Kind { return KindAwait }

// Kind implements Node.
func (*Yield) Kind() Kind { return KindYield }

// Kind implements Node.
func (*Compare) Kind() Kind { return KindCompare }

// Kind implements Node.
func (*Call) Kind() Kind { return KindCall }

// Kind implements Node.
func (*Attribute) Kind() Kind { return KindAttribute }

// Kind implements Node.
func (*Subscript) Kind() Kind { return KindSubscript }

// Kind implements Node.
func (*Slice) Kind() Kind { return KindSlice }

// Kind implements Node.
func (*Starred) Kind() Kind { return KindStarred }

// Kind implements Node.
func (*BadExpr) Kind() Kind { return KindBadExpr }

// Kind implements Node.
func (*MatchValue) Kind() Kind { return KindMatchValue }

// Kind implements Node.
func (*MatchSequence) Kind() Kind { return KindMatchSequence }

// Kind implements Node.
func (*MatchMapping) Kind() Kind { return KindMatchMapping }

// Kind implements Node.
func (*MatchClass) Kind() Kind { return KindMatchClass }

// Kind implements Node.
func (*MatchStar) Kind() Kind { return KindMatchStar }

// Kind implements Node.
func (*MatchAs) Kind() Kind { return KindMatchAs }

// Kind implements Node.
func (*MatchOr) Kind() Kind { return KindMatchOr }

// Kind implements Node.
func (*BadPattern) Kind() Kind { return KindBadPattern }

func (*FunctionDef) stmt() {}
func (*ClassDef) stmt()    {}
func (*Return) stmt()      {}
func (*Delete) stmt()      {}
func (*Assign) stmt()      {}
func (*AugAssign) stmt()   {}
func (*AnnAssign) stmt()   {}
func (*TypeAlias) stmt()   {}
func (*For) stmt()         {}
func (*While) stmt()       {}
func (*If) stmt()          {}
func (*With) stmt()        {}
func (*Match) stmt()       {}
func (*Raise) stmt()       {}
func (*Try) stmt()         {}
func (*Assert) stmt()      {}
func (*Import) stmt()      {}
func (*ImportFrom) stmt()  {}
func (*Global) stmt()      {}
func (*Nonlocal) stmt()    {}
func (*ExprStmt) stmt()    {}
func (*Pass) stmt()        {}
func (*Break) stmt()       {}
func (*Continue) stmt()    {}
func (*Print) stmt()       {}
func (*Exec) stmt()        {}
func (*BadStmt) stmt()     {}

func (*Name) expr()        {}
func (*Number) expr()      {}
func (*Str) expr()         {}
func (*JoinedStr) expr()   {}
func (*Placeholder) expr() {}
func (*Constant) expr()    {}
func (*BoolOp) expr()      {}
func (*NamedExpr) expr()   {}
func (*BinOp) expr()       {}
func (*UnaryOp) expr()     {}
func (*Lambda) expr()      {}
func (*IfExp) expr()       {}
func (*Dict) expr()        {}
func (*Set) expr()         {}
func (*List) expr()        {}
func (*Tuple) expr()       {}
func (*Comp) expr()        {}
func (*Await) expr()       {}
func (*Yield) expr()       {}
func (*Compare) expr()     {}
func (*Call) expr()        {}
func (*Attribute) expr()   {}
func (*Subscript) expr()   {}
func (*Slice) expr()       {}
func (*Starred) expr()     {}
func (*BadExpr) expr()     {}

func (*MatchValue) pattern()    {}
func (*MatchSequence) pattern() {}
func (*MatchMapping) pattern()  {}
func (*MatchClass) pattern()    {}
func (*MatchStar) pattern()     {}
func (*MatchAs) pattern()       {}
func (*MatchOr) pattern()       {}
func (*BadPattern) pattern()    {}

var kindNames = [KindCount]string{
	KindInvalid:       "Invalid",
	KindFunctionDef:   "FunctionDef",
	KindClassDef:      "ClassDef",
	KindReturn:        "Return",
	KindDelete:        "Delete",
	KindAssign:        "Assign",
	KindAugAssign:     "AugAssign",
	KindAnnAssign:     "AnnAssign",
	KindTypeAlias:     "TypeAlias",
	KindFor:           "For",
	KindWhile:         "While",
	KindIf:            "If",
	KindWith:          "With",
	KindMatch:         "Match",
	KindRaise:         "Raise",
	KindTry:           "Try",
	KindAssert:        "Assert",
	KindImport:        "Import",
	KindImportFrom:    "ImportFrom",
	KindGlobal:        "Global",
	KindNonlocal:      "Nonlocal",
	KindExprStmt:      "ExprStmt",
	KindPass:          "Pass",
	KindBreak:         "Break",
	KindContinue:      "Continue",
	KindPrint:         "Print",
	KindExec:          "Exec",
	KindBadStmt:       "BadStmt",
	KindDecorator:     "Decorator",
	KindAlias:         "Alias",
	KindWithItem:      "WithItem",
	KindExceptHandler: "ExceptHandler",
	KindMatchCase:     "MatchCase",
	KindKeyword:       "Keyword",
	KindParam:         "Param",
	KindParameters:    "Parameters",
	KindTypeParam:     "TypeParam",
	KindCompClause:    "CompClause",
	KindName:          "Name",
	KindNumber:        "Number",
	KindStr:           "Str",
	KindJoinedStr:     "JoinedStr",
	KindPlaceholder:   "Placeholder",
	KindConstant:      "Constant",
	KindBoolOp:        "BoolOp",
	KindNamedExpr:     "NamedExpr",
	KindBinOp:         "BinOp",
	KindUnaryOp:       "UnaryOp",
	KindLambda:        "Lambda",
	KindIfExp:         "IfExp",
	KindDict:          "Dict",
	KindSet:           "Set",
	KindList:          "List",
	KindTuple:         "Tuple",
	KindComp:          "Comp",
	KindAwait:         "Await",
	KindYield:         "Yield",
	KindCompare:       "Compare",
	KindCall:          "Call",
	KindAttribute:     "Attribute",
	KindSubscript:     "Subscript",
	KindSlice:         "Slice",
	KindStarred:       "Starred",
	KindBadExpr:       "BadExpr",
	KindMatchValue:    "MatchValue",
	KindMatchSequence: "MatchSequence",
	KindMatchMapping:  "MatchMapping",
	KindMatchClass:    "MatchClass",
	KindMatchStar:     "MatchStar",
	KindMatchAs:       "MatchAs",
	KindMatchOr:       "MatchOr",
	KindBadPattern:    "BadPattern",
}

// String returns the name of the node type.
func (k Kind) String() string {
	if k < KindCount {
		return kindNames[k]
	}
	return "Invalid"
}
