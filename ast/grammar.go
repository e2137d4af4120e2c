package ast

// symbol is the kind of a node in tree-sitter's tree: a rule of its grammar, or a token.
type symbol uint16

// The rules of the grammar that the builder tells apart, then the tokens.
const (
	symOther symbol = iota
	symError
	symIdentifier
	symModule
	symImportStatement
	symImportPrefix
	symRelativeImport
	symFutureImportStatement
	symImportFromStatement
	symAliasedImport
	symWildcardImport
	symPrintStatement
	symChevron
	symAssertStatement
	symExpressionStatement
	symNamedExpression
	symReturnStatement
	symDeleteStatement
	symRaiseStatement
	symPassStatement
	symBreakStatement
	symContinueStatement
	symIfStatement
	symElifClause
	symElseClause
	symMatchStatement
	symBlock
	symCaseClause
	symForStatement
	symWhileStatement
	symTryStatement
	symExceptClause
	symExceptGroupClause
	symFinallyClause
	symWithStatement
	symWithClause
	symWithItem
	symFunctionDefinition
	symParameters
	symLambdaParameters
	symListSplat
	symDictionarySplat
	symGlobalStatement
	symNonlocalStatement
	symExecStatement
	symTypeAliasStatement
	symClassDefinition
	symTypeParameter
	symParenthesizedListSplat
	symArgumentList
	symDecoratedDefinition
	symDecorator
	symExpressionList
	symDottedName
	symCasePattern
	symAsPattern
	symUnionPattern
	symListPattern
	symTuplePattern
	symDictPattern
	symKeywordPattern
	symSplatPattern
	symClassPattern
	symComplexPattern
	symDefaultParameter
	symTypedDefaultParameter
	symListSplatPattern
	symDictionarySplatPattern
	symNotOperator
	symBooleanOperator
	symBinaryOperator
	symUnaryOperator
	symComparisonOperator
	symLambda
	symAssignment
	symAugmentedAssignment
	symPatternList
	symYield
	symAttribute
	symSubscript
	symSlice
	symCall
	symTypedParameter
	symType
	symSplatType
	symGenericType
	symUnionType
	symConstrainedType
	symMemberType
	symKeywordArgument
	symList
	symSet
	symTuple
	symDictionary
	symPair
	symListComprehension
	symDictionaryComprehension
	symSetComprehension
	symGeneratorExpression
	symParenthesizedExpression
	symForInClause
	symIfClause
	symConditionalExpression
	symConcatenatedString
	symString
	symStringContent
	symInterpolation
	symFormatSpecifier
	symAwait
	symPositionalSeparator
	symKeywordSeparator
	symAsPatternTarget
	symFormatExpression
	symEllipsis
	symTypeConversion
	symInteger
	symFloat
	symTrue
	symFalse
	symNone
	symComment
	symLineContinuation
	symStringStart
	symStringEnd
	symEscapeSequence
	symEscapeInterpolation

	// The tokens.
	tokPrint
	tokExec
	tokAs
	tokAsync
	tokFrom
	tokExcept
	tokIf
	tokFor
	tokIn
	tokMatch
	tokType
	tokLparen
	tokRparen
	tokComma
	tokColon
	tokAssign
	tokStar
	tokStarStar
	tokSlash
	tokMinus
	tokPlus
	tokLbrace
	tokRbrace
	tokUnderscore
	tokIsNot
	tokNotIn
	tokIs
	tokNot
	tokPipe
	tokSemicolon
	tokElse
	tokImport
	tokDot
	tokExceptStar
	tokLbracket
	tokRbracket
	tokFuture
	tokAt
)

var ruleSymbols = map[string]symbol{
	"identifier":               symIdentifier,
	"module":                   symModule,
	"import_statement":         symImportStatement,
	"import_prefix":            symImportPrefix,
	"relative_import":          symRelativeImport,
	"future_import_statement":  symFutureImportStatement,
	"import_from_statement":    symImportFromStatement,
	"aliased_import":           symAliasedImport,
	"wildcard_import":          symWildcardImport,
	"print_statement":          symPrintStatement,
	"chevron":                  symChevron,
	"assert_statement":         symAssertStatement,
	"expression_statement":     symExpressionStatement,
	"named_expression":         symNamedExpression,
	"return_statement":         symReturnStatement,
	"delete_statement":         symDeleteStatement,
	"raise_statement":          symRaiseStatement,
	"pass_statement":           symPassStatement,
	"break_statement":          symBreakStatement,
	"continue_statement":       symContinueStatement,
	"if_statement":             symIfStatement,
	"elif_clause":              symElifClause,
	"else_clause":              symElseClause,
	"match_statement":          symMatchStatement,
	"block":                    symBlock,
	"case_clause":              symCaseClause,
	"for_statement":            symForStatement,
	"while_statement":          symWhileStatement,
	"try_statement":            symTryStatement,
	"except_clause":            symExceptClause,
	"except_group_clause":      symExceptGroupClause,
	"finally_clause":           symFinallyClause,
	"with_statement":           symWithStatement,
	"with_clause":              symWithClause,
	"with_item":                symWithItem,
	"function_definition":      symFunctionDefinition,
	"parameters":               symParameters,
	"lambda_parameters":        symLambdaParameters,
	"list_splat":               symListSplat,
	"dictionary_splat":         symDictionarySplat,
	"global_statement":         symGlobalStatement,
	"nonlocal_statement":       symNonlocalStatement,
	"exec_statement":           symExecStatement,
	"type_alias_statement":     symTypeAliasStatement,
	"class_definition":         symClassDefinition,
	"type_parameter":           symTypeParameter,
	"parenthesized_list_splat": symParenthesizedListSplat,
	"argument_list":            symArgumentList,
	"decorated_definition":     symDecoratedDefinition,
	"decorator":                symDecorator,
	"expression_list":          symExpressionList,
	"dotted_name":              symDottedName,
	"case_pattern":             symCasePattern,
	"as_pattern":               symAsPattern,
	"union_pattern":            symUnionPattern,
	"list_pattern":             symListPattern,
	"tuple_pattern":            symTuplePattern,
	"dict_pattern":             symDictPattern,
	"keyword_pattern":          symKeywordPattern,
	"splat_pattern":            symSplatPattern,
	"class_pattern":            symClassPattern,
	"complex_pattern":          symComplexPattern,
	"default_parameter":        symDefaultParameter,
	"typed_default_parameter":  symTypedDefaultParameter,
	"list_splat_pattern":       symListSplatPattern,
	"dictionary_splat_pattern": symDictionarySplatPattern,
	"not_operator":             symNotOperator,
	"boolean_operator":         symBooleanOperator,
	"binary_operator":          symBinaryOperator,
	"unary_operator":           symUnaryOperator,
	"comparison_operator":      symComparisonOperator,
	"lambda":                   symLambda,
	"assignment":               symAssignment,
	"augmented_assignment":     symAugmentedAssignment,
	"pattern_list":             symPatternList,
	"yield":                    symYield,
	"attribute":                symAttribute,
	"subscript":                symSubscript,
	"slice":                    symSlice,
	"call":                     symCall,
	"typed_parameter":          symTypedParameter,
	"type":                     symType,
	"splat_type":               symSplatType,
	"generic_type":             symGenericType,
	"union_type":               symUnionType,
	"constrained_type":         symConstrainedType,
	"member_type":              symMemberType,
	"keyword_argument":         symKeywordArgument,
	"list":                     symList,
	"set":                      symSet,
	"tuple":                    symTuple,
	"dictionary":               symDictionary,
	"pair":                     symPair,
	"list_comprehension":       symListComprehension,
	"dictionary_comprehension": symDictionaryComprehension,
	"set_comprehension":        symSetComprehension,
	"generator_expression":     symGeneratorExpression,
	"parenthesized_expression": symParenthesizedExpression,
	"for_in_clause":            symForInClause,
	"if_clause":                symIfClause,
	"conditional_expression":   symConditionalExpression,
	"concatenated_string":      symConcatenatedString,
	"string":                   symString,
	"string_content":           symStringContent,
	"interpolation":            symInterpolation,
	"format_specifier":         symFormatSpecifier,
	"await":                    symAwait,
	"positional_separator":     symPositionalSeparator,
	"keyword_separator":        symKeywordSeparator,
	"as_pattern_target":        symAsPatternTarget,
	"format_expression":        symFormatExpression,
	"ellipsis":                 symEllipsis,
	"type_conversion":          symTypeConversion,
	"integer":                  symInteger,
	"float":                    symFloat,
	"true":                     symTrue,
	"false":                    symFalse,
	"none":                     symNone,
	"comment":                  symComment,
	"line_continuation":        symLineContinuation,
	"string_start":             symStringStart,
	"string_end":               symStringEnd,
	"escape_sequence":          symEscapeSequence,
	"escape_interpolation":     symEscapeInterpolation,
}

var tokenSymbols = map[string]symbol{
	"print":      tokPrint,
	"exec":       tokExec,
	"as":         tokAs,
	"async":      tokAsync,
	"from":       tokFrom,
	"except":     tokExcept,
	"if":         tokIf,
	"for":        tokFor,
	"in":         tokIn,
	"match":      tokMatch,
	"type":       tokType,
	"(":          tokLparen,
	")":          tokRparen,
	",":          tokComma,
	":":          tokColon,
	"=":          tokAssign,
	"*":          tokStar,
	"**":         tokStarStar,
	"/":          tokSlash,
	"-":          tokMinus,
	"+":          tokPlus,
	"{":          tokLbrace,
	"}":          tokRbrace,
	"_":          tokUnderscore,
	"is not":     tokIsNot,
	"not in":     tokNotIn,
	"is":         tokIs,
	"not":        tokNot,
	"|":          tokPipe,
	";":          tokSemicolon,
	"else":       tokElse,
	"import":     tokImport,
	".":          tokDot,
	"except*":    tokExceptStar,
	"[":          tokLbracket,
	"]":          tokRbracket,
	"__future__": tokFuture,
	"@":          tokAt,
}

// field is the role of a node within its parent.
type field uint8

const (
	fieldNone field = iota
	fieldAlias
	fieldAlternative
	fieldArgument
	fieldArguments
	fieldAttribute
	fieldBody
	fieldCause
	fieldCode
	fieldCondition
	fieldConsequence
	fieldDefinition
	fieldExpression
	fieldFormatSpecifier
	fieldFunction
	fieldGuard
	fieldKey
	fieldLeft
	fieldModuleName
	fieldName
	fieldObject
	fieldOperator
	fieldOperators
	fieldParameters
	fieldReturnType
	fieldRight
	fieldSubject
	fieldSubscript
	fieldSuperclasses
	fieldType
	fieldTypeConversion
	fieldTypeParameters
	fieldValue
)

var fieldNames = map[string]field{
	"alias":            fieldAlias,
	"alternative":      fieldAlternative,
	"argument":         fieldArgument,
	"arguments":        fieldArguments,
	"attribute":        fieldAttribute,
	"body":             fieldBody,
	"cause":            fieldCause,
	"code":             fieldCode,
	"condition":        fieldCondition,
	"consequence":      fieldConsequence,
	"definition":       fieldDefinition,
	"expression":       fieldExpression,
	"format_specifier": fieldFormatSpecifier,
	"function":         fieldFunction,
	"guard":            fieldGuard,
	"key":              fieldKey,
	"left":             fieldLeft,
	"module_name":      fieldModuleName,
	"name":             fieldName,
	"object":           fieldObject,
	"operator":         fieldOperator,
	"operators":        fieldOperators,
	"parameters":       fieldParameters,
	"return_type":      fieldReturnType,
	"right":            fieldRight,
	"subject":          fieldSubject,
	"subscript":        fieldSubscript,
	"superclasses":     fieldSuperclasses,
	"type":             fieldType,
	"type_conversion":  fieldTypeConversion,
	"type_parameters":  fieldTypeParameters,
	"value":            fieldValue,
}

// firstToken is the first symbol that is a token.
const firstToken = tokPrint
