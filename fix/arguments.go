package fix

import (
	"github.com/pyguard/pyguardml/ast"
)

// AddKeyword returns the edits that give a call the keyword argument name=value, as its last
// argument and in the layout that its arguments have: one to a line, with a trailing comma,
// behind comments. A keyword that the call has already gets the new value instead. value is
// Python source text.
func AddKeyword(f *ast.File, c *ast.Call, name, value string) []Edit {
	if k := KeywordOf(c, name); k != nil {
		return []Edit{ReplaceNode(f, k.Value, value)}
	}
	return AddArgument(f, c, name+"="+value)
}

// AddArgument returns the edits that put text behind the last argument of a call. Text is
// Python source: a keyword argument, or a positional one where the call has no keywords (see
// AddPositional).
func AddArgument(f *ast.File, c *ast.Call, text string) []Edit {
	text = adapt(f, c.Range(), text)
	if sharedGenerator(c) {
		return []Edit{insert(c.Lparen, "("), insert(c.Rparen+1, ", "+text+")")}
	}
	return argumentsOf(f, c).add(text)
}

// AddPositional returns the edits that add a positional argument behind those that are
// there, in front of the keywords.
func AddPositional(f *ast.File, c *ast.Call, text string) []Edit {
	if len(c.Keywords) == 0 || sharedGenerator(c) {
		return AddArgument(f, c, text)
	}
	it := argumentsOf(f, c)
	return it.insertBefore(it.find(c.Keywords[0].Span), adapt(f, c.Range(), text))
}

// RemoveArg returns the edits that take an argument out of a call, with its comma and the
// lines that it has to itself. arg is an element of c.Args or c.Keywords, or a node within
// one; nil edits mean that it is neither.
func RemoveArg(f *ast.File, c *ast.Call, arg ast.Node) []Edit {
	if sharedGenerator(c) {
		return []Edit{remove(c.Lparen+1, c.Rparen)}
	}
	it := argumentsOf(f, c)
	i := it.find(arg.Range())
	if i < 0 {
		return nil
	}
	return it.remove(i)
}

// RemoveKeyword is RemoveArg for the keyword of that name; nil edits mean that the call does
// not have it.
func RemoveKeyword(f *ast.File, c *ast.Call, name string) []Edit {
	if k := KeywordOf(c, name); k != nil {
		return RemoveArg(f, c, k)
	}
	return nil
}

// SetArg returns the edit that puts a new value in place of an argument: of a keyword only
// its value is replaced.
func SetArg(f *ast.File, arg ast.Node, value string) []Edit {
	if k, ok := arg.(*ast.Keyword); ok {
		arg = k.Value
	}
	return []Edit{ReplaceNode(f, arg, value)}
}

// KeywordOf returns the keyword argument of that name, or nil.
func KeywordOf(c *ast.Call, name string) *ast.Keyword {
	for _, k := range c.Keywords {
		if k.Name != nil && k.Name.Id == name {
			return k
		}
	}
	return nil
}

// sharedGenerator reports whether a call's only argument is a generator expression without
// parentheses of its own: `sum(x for x in y)`.
func sharedGenerator(c *ast.Call) bool {
	if len(c.Args) != 1 || len(c.Keywords) > 0 {
		return false
	}
	g, ok := c.Args[0].(*ast.Comp)
	return ok && g.CompKind == ast.GeneratorExp && g.Start <= c.Lparen
}

// AddParameter returns the edits that give a function one more parameter, in front of
// **kwargs and behind all others; nil when the function has a parameter of that name. text
// is the parameter as written, "strict: bool = True"; its default makes it possible to add
// it behind others that have one.
func AddParameter(f *ast.File, fn *ast.FunctionDef, text string) []Edit {
	it := items{layout: layoutOf(f), open: fn.Params.Start, close: fn.Params.End}
	last := -1
	for i, p := range fn.Params.List {
		if p.Name != nil && p.Name.Id == leadingName(text) {
			return nil
		}
		if p.ParamKind == ast.VarKeyword {
			last = i
		}
		it.spans = append(it.spans, p.Span)
	}
	if last >= 0 {
		return it.insertBefore(last, text)
	}
	if n := len(it.spans); n > 0 && it.comma(n-1) != ast.NoPos {
		// A slash behind the last parameter makes the ones before it positional-only.
		if p := it.skipTrivia(it.comma(n - 1)); p < it.close && it.text[p] == '/' {
			it.spans = append(it.spans, ast.Span{Start: p, End: p + 1})
		}
	}
	return it.add(text)
}

// AddDecorator returns the edit that puts a decorator line directly above a function or
// class, below the decorators that it has. text includes the @.
func AddDecorator(f *ast.File, def ast.Stmt, text string) []Edit {
	l := layoutOf(f)
	return []Edit{insert(l.lineStart(def.Pos()), l.indent(def.Pos())+text+l.eol())}
}
