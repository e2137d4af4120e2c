package fix

import (
	"context"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// ReplaceNode returns the edit that puts text in place of a node. Parentheses around the
// node stay. Text that is an expression gets parentheses where it would otherwise fall apart
// in its new surroundings, and within an f-string its quotes change to the ones that the
// f-string does not use.
func ReplaceNode(f *ast.File, n ast.Node, text string) Edit {
	sp := n.Range()
	text = adapt(f, sp, text)
	if e, ok := n.(ast.Expr); ok && f.Parens(e) == sp {
		text = apart(f, e, guard(text, contextOf(f, e)))
	}
	return replace(sp.Start, sp.End, text)
}

// apart keeps a brace at the start of an f-string's placeholder from reading as an escaped
// brace.
func apart(f *ast.File, e ast.Expr, text string) string {
	if _, ok := parentOf(f, e).(*ast.Placeholder); ok && strings.HasPrefix(text, "{") {
		return " " + text
	}
	return text
}

// Wrap returns the edits that put before in front of an expression and after behind it:
// "min(int(" and "), 1024)", or "" and ".name". The expression gets parentheses where its
// new surroundings need them, and so does the whole.
func Wrap(f *ast.File, e ast.Expr, before, after string) []Edit {
	if s, ok := e.(*ast.Starred); ok {
		return Wrap(f, s.Value, before, after)
	}
	sp := f.Parens(e)
	before, after = adapt(f, sp, before), adapt(f, sp, after)
	if c, ok := parentOf(f, e).(*ast.Call); ok && sharedGenerator(c) && e == c.Args[0] {
		return []Edit{insert(sp.Start+1, before+"("), insert(sp.End-1, ")"+after)}
	}
	if sp == e.Range() && bindingOf(f, e) < innerContext(before, after) {
		before, after = before+"(", ")"+after
	}
	whole := before + f.Source.Slice(sp) + after
	if g := guard(whole, contextOf(f, e)); g != whole {
		before, after = "("+before, after+")"
	}
	return []Edit{insert(sp.Start, apart(f, e, before)), insert(sp.End, after)}
}

// binding tells how tightly an expression holds together, from loosest to tightest: the
// levels of the Python language reference, "Operator precedence".
type binding int

const (
	bindYield binding = iota
	bindTuple
	bindNamed
	bindLambda
	bindOr
	bindAnd
	bindNot
	bindCompare
	bindBitOr
	bindBitXor
	bindBitAnd
	bindShift
	bindSum
	bindTerm
	bindUnary
	bindPower
	bindAwait
	bindNumber // an attribute of a number needs parentheses
	bindPrimary
)

var operators = map[string]binding{
	"|": bindBitOr, "^": bindBitXor, "&": bindBitAnd, "<<": bindShift, ">>": bindShift,
	"+": bindSum, "-": bindSum, "*": bindTerm, "/": bindTerm, "//": bindTerm, "%": bindTerm,
	"@": bindTerm, "**": bindPower,
}

// bindingOf is the binding of an expression as it stands in its file.
func bindingOf(f *ast.File, e ast.Expr) binding {
	switch e := e.(type) {
	case *ast.Yield:
		return bindYield
	case *ast.Tuple:
		if f.Source.Text[e.Start] != '(' || len(e.Elts) > 0 && f.Parens(e.Elts[0]).Start == e.Start {
			return bindTuple
		}
	case *ast.Starred:
		return bindTuple
	case *ast.NamedExpr:
		return bindNamed
	case *ast.Lambda, *ast.IfExp:
		return bindLambda
	case *ast.BoolOp:
		if e.Or {
			return bindOr
		}
		return bindAnd
	case *ast.UnaryOp:
		if e.Op == "not" {
			return bindNot
		}
		return bindUnary
	case *ast.Compare:
		return bindCompare
	case *ast.BinOp:
		return operators[e.Op]
	case *ast.Await:
		return bindAwait
	case *ast.Number:
		return bindNumber
	}
	return bindPrimary
}

// parentOf is the node that an expression is a direct part of, or nil.
func parentOf(f *ast.File, e ast.Expr) ast.Node {
	path := ast.PathEnclosing(f, e.Range())
	for i := len(path) - 1; i > 0; i-- {
		if path[i] == ast.Node(e) {
			return path[i-1]
		}
	}
	return nil
}

// contextOf is the binding that an expression must at least have to stand where e stands
// without parentheses.
func contextOf(f *ast.File, e ast.Expr) binding {
	switch p := parentOf(f, e).(type) {
	case *ast.Attribute:
		return bindPrimary
	case *ast.Call:
		if e == p.Fn {
			return bindNumber
		}
		return bindNamed
	case *ast.Subscript:
		if e == p.Value {
			return bindNumber
		}
		return bindTuple
	case *ast.Await:
		return bindNumber
	case *ast.BinOp:
		return operandContext(p, e)
	case *ast.UnaryOp:
		if p.Op == "not" {
			return bindNot
		}
		return bindUnary
	case *ast.Compare, *ast.Starred:
		return bindBitOr
	case *ast.BoolOp:
		if p.Or {
			return bindAnd
		}
		return bindNot
	case *ast.IfExp:
		if e == p.Orelse {
			return bindLambda
		}
		return bindOr
	case *ast.CompClause:
		return bindOr
	case *ast.List, *ast.Set, *ast.Tuple, *ast.Comp, *ast.If, *ast.While, *ast.Decorator:
		return bindNamed
	case *ast.Dict, *ast.Slice, *ast.Keyword, *ast.Param, *ast.Lambda, *ast.NamedExpr, *ast.WithItem,
		*ast.Placeholder, *ast.Assert, *ast.Raise:
		return bindLambda
	case *ast.Return, *ast.For, *ast.AnnAssign, *ast.Yield:
		return bindTuple
	}
	return bindYield
}

// operandContext is contextOf for the operands of a binary operator: all group to the left
// but the power.
func operandContext(p *ast.BinOp, e ast.Expr) binding {
	level := operators[p.Op]
	switch {
	case p.Op == "**" && e == p.Left:
		return bindAwait
	case p.Op == "**":
		return bindUnary
	case e == p.Left:
		return level
	}
	return level + 1
}

// guard puts parentheses around an expression's text that binds more loosely than needed.
// Text that is no expression is returned as it is.
func guard(text string, need binding) string {
	if need == bindYield {
		return text
	}
	f, e := parseExpr(text)
	if e == nil {
		return text
	}
	if e.Pos() > 1 && strings.HasPrefix(text, "(") {
		return text // in parentheses already
	}
	b := bindingOf(f, e)
	if e.Pos() == 0 {
		b = bindTuple // a tuple or generator expression that took the parentheses for its own
	}
	if b >= need {
		return text
	}
	return "(" + text + ")"
}

// innerContext is the binding that an expression needs between two texts, as an operand of
// what the three form together.
func innerContext(before, after string) binding {
	const hole = "pyguardml_operand"
	f, e := parseExpr(before + hole + after)
	if e == nil {
		return bindLambda
	}
	var found ast.Expr
	ast.Inspect(e, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && name.Id == hole {
			found = name
		}
		return found == nil
	})
	if found == nil {
		return bindLambda
	}
	return contextOf(f, found)
}

// parseExpr parses the text of an expression within parentheses; nil when it is none.
func parseExpr(text string) (*ast.File, ast.Expr) {
	src, err := ast.NewSource("expression.py", []byte("("+text+")"))
	if err != nil {
		return nil, nil
	}
	f, err := ast.Parse(context.Background(), src)
	if err != nil || len(f.Errors) > 0 || len(f.Body) != 1 {
		return nil, nil
	}
	s, ok := f.Body[0].(*ast.ExprStmt)
	if !ok {
		return nil, nil
	}
	return f, s.Value
}

// adapt fits text to the place where it goes: within an f-string's placeholder, string
// literals change to the quote that the f-string does not use, because before Python 3.12
// (PEP 701) the same quote ends the f-string.
func adapt(f *ast.File, at ast.Span, text string) string {
	if !strings.ContainsAny(text, `"'`) {
		return text
	}
	var used [2]bool // ', "
	for _, n := range ast.PathEnclosing(f, at) {
		j, ok := n.(*ast.JoinedStr)
		if !ok || j.Span == at {
			continue
		}
		for _, p := range j.Pieces {
			if p.Contains(at) {
				used[0] = used[0] || strings.HasPrefix(p.Quote, "'")
				used[1] = used[1] || strings.HasPrefix(p.Quote, `"`)
			}
		}
	}
	switch {
	case used[1] && !used[0]:
		return requote(text, '"', '\'')
	case used[0] && !used[1]:
		return requote(text, '\'', '"')
	}
	return text
}

// requote changes the string literals of a text from one quote to the other, where their
// content allows it.
func requote(text string, from, to byte) string {
	b := []byte(text)
	for i := 0; i < len(b); {
		if b[i] != '"' && b[i] != '\'' {
			i++
			continue
		}
		end := literalEnd(b, i)
		if b[i] == from && end-i >= 2 && b[end-1] == from && strings.IndexByte(text[i:end], to) < 0 &&
			strings.IndexByte(text[i+1:end-1], from) < 0 {
			b[i], b[end-1] = to, to
		}
		i = end
	}
	return string(b)
}

// literalEnd is the offset after a one-line string literal that starts with the quote at i.
func literalEnd(b []byte, i int) int {
	quote := b[i]
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case quote:
			return j + 1
		}
	}
	return len(b)
}
