package casetest

import (
	"fmt"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// throughVariable gives the arguments of a call to variables first.
func throughVariable(u *unit, t target, serial int) []edit {
	return u.hoist(t, func(indent string, values []hoisted) (before []piece, uses []string) {
		for i, v := range values {
			name := fmt.Sprintf("argument_%d_%d", serial, i+1)
			before = append(before, literal(indent+name+" = "))
			before = append(before, v.pieces...)
			before = append(before, literal("\n"))
			uses = append(uses, name)
		}
		return before, uses
	})
}

// throughAttribute gives the arguments of a call to attributes first: of self in a method,
// of an object in another function, of a class at the level of the module.
func throughAttribute(u *unit, t target, serial int) []edit {
	self := selfOf(t.path)
	fn, _ := enclosing(t.path)
	class := fmt.Sprintf("Held%d", serial)
	var outside []edit
	edits := u.hoist(t, func(indent string, values []hoisted) (before []piece, uses []string) {
		// assign opens a line that sets an attribute, holder is what has it afterwards.
		var assign, holder string
		switch {
		case self != "":
			assign, holder = indent+self+".", self
		case fn != nil:
			at := u.lineStart(startOf(t.path[0].(ast.Stmt)))
			outside = []edit{insert(at, "class "+class+":\n    pass\n\n\n")}
			holder = strings.ToLower(class)
			before = append(before, literal(indent+holder+" = "+class+"()\n"))
			assign = indent + holder + "."
		default:
			before = append(before, literal(indent+"class "+class+":\n"))
			assign, holder = indent+"    ", class
		}
		for i, v := range values {
			name := fmt.Sprintf("argument_%d_%d", serial, i+1)
			before = append(before, literal(assign+name+" = "))
			before = append(before, v.pieces...)
			before = append(before, literal("\n"))
			uses = append(uses, holder+"."+name)
		}
		return before, uses
	})
	return append(outside, edits...)
}

// hoisted is a value that is computed before its statement.
type hoisted struct {
	start, end int
	pieces     []piece
}

// hoist moves the arguments of the target's call before its statement. place returns the
// text that computes them and the expressions that stand for them.
func (u *unit) hoist(t target, place func(indent string, values []hoisted) ([]piece, []string)) []edit {
	if t.call == nil || !evaluatedFirst(t) {
		return nil
	}
	indent, first := u.indentOf(t.stmt)
	if !first || directlyInClass(t.path) {
		return nil
	}
	var values []hoisted
	for _, e := range u.arguments(t.call) {
		start, end := u.span(e)
		parts := []piece{u.copyOf(start, end)}
		if strings.Contains(u.text[start:end], "\n") {
			parts = []piece{literal("("), parts[0], literal(")")}
		}
		values = append(values, hoisted{start, end, parts})
	}
	if len(values) == 0 {
		return nil
	}
	before, uses := place(indent, values)
	at := u.lineStart(startOf(t.stmt))
	edits := []edit{{at, at, before}}
	for i, v := range values {
		edits = append(edits, u.replace(v.start, v.end, uses[i]))
	}
	return edits
}

// arguments lists the values given to a call that are worth a variable and mean the same
// there.
func (u *unit) arguments(c *ast.Call) []ast.Expr {
	var out []ast.Expr
	consider := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.Name, *ast.Starred, *ast.Lambda:
			return
		case *ast.Comp:
			// A generator as the only argument has no parentheses of its own.
			if e.Start <= c.Lparen {
				return
			}
		}
		if movable(e) {
			out = append(out, e)
		}
	}
	for _, a := range c.Args {
		consider(a)
	}
	for _, k := range c.Keywords {
		if k.Name != nil {
			consider(k.Value)
		}
	}
	return out
}

// movable reports whether an expression means the same in a class body or in another
// function: nothing in it waits, yields, binds, or has a scope of its own.
func movable(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Await, *ast.Yield, *ast.NamedExpr, *ast.Lambda, *ast.Comp:
			ok = false
		}
		return ok
	})
	return ok
}

// evaluatedFirst reports whether the target's call is evaluated once, whenever its
// statement is, and before any block of it.
func evaluatedFirst(t target) bool {
	inside := false
	for _, n := range t.path {
		if n == ast.Node(t.stmt) {
			inside = true
			continue
		}
		if !inside {
			continue
		}
		switch n.(type) {
		case *ast.Lambda, *ast.Comp, *ast.IfExp, *ast.BoolOp, *ast.Decorator, *ast.Param, *ast.ExceptHandler, *ast.MatchCase, *ast.JoinedStr:
			return false
		}
		if n == ast.Node(t.call) {
			return firstPart(t.stmt, t.call)
		}
	}
	return false
}

// firstPart reports whether a statement evaluates the call before it does anything else of
// note.
func firstPart(s ast.Stmt, c *ast.Call) bool {
	switch s := s.(type) {
	case *ast.Assign, *ast.AnnAssign, *ast.AugAssign, *ast.Return, *ast.ExprStmt, *ast.Raise, *ast.Assert, *ast.Delete:
		return true
	case *ast.If:
		return !s.Elif
	case *ast.For:
		return s.Iter.Range().Contains(c.Span)
	case *ast.With:
		return s.Items[0].Context.Range().Contains(c.Span)
	}
	return false
}

// directlyInClass reports whether the target's statement is part of a class body.
func directlyInClass(path []ast.Node) bool {
	in := false
	for _, n := range path {
		switch n.(type) {
		case *ast.ClassDef:
			in = true
		case *ast.FunctionDef:
			in = false
		}
	}
	return in
}

// selfOf returns the name of the instance in the method around the target, or "".
func selfOf(path []ast.Node) string {
	fn, class := enclosing(path)
	if fn == nil || class == nil || len(fn.Decorators) > 0 || len(fn.Params.List) == 0 {
		return ""
	}
	if name := fn.Params.List[0].Name; name != nil && name.Id == "self" {
		return "self"
	}
	return ""
}

// enclosing returns the innermost function of a path, and the class that it is a method of.
func enclosing(path []ast.Node) (fn *ast.FunctionDef, class *ast.ClassDef) {
	var outer ast.Node
	for _, n := range path {
		switch n := n.(type) {
		case *ast.ClassDef:
			outer = n
		case *ast.FunctionDef:
			fn, class = n, nil
			if c, ok := outer.(*ast.ClassDef); ok {
				class = c
			}
			outer = n
		}
	}
	return fn, class
}

// constantsInSecondFile moves the constants of a module into another file of the project.
func constantsInSecondFile(p *project) (*derived, error) {
	d := &derived{}
	var extra []*derivedFile
	for _, u := range p.units {
		n := u.names()
		module := strings.TrimSuffix(path.Base(u.path), ".py") + "_constants"
		var edits []edit
		var moved []piece
		for _, s := range u.file.Body {
			name := constantName(s)
			if name == "" || len(n.bound[name]) != 1 || !u.alone(s) {
				continue
			}
			start, end := int(s.Pos()), int(s.Stop())
			moved = append(moved, u.copyOf(start, end), literal("\n"))
			edits = append(edits, u.replace(start, end, "from "+module+" import "+name))
		}
		pieces, err := u.apply(edits)
		if err != nil {
			return nil, err
		}
		d.files = append(d.files, &derivedFile{path: u.path, pieces: pieces})
		if len(edits) > 0 {
			extra = append(extra, &derivedFile{path: path.Join(path.Dir(u.path), module+".py"), pieces: moved})
		}
	}
	if len(extra) == 0 {
		return nil, nil
	}
	d.files = append(d.files, extra...)
	p.carryOthers(d)
	return d, nil
}

// constantName returns the name that a statement gives to a value made of literals alone.
func constantName(s ast.Stmt) string {
	a, ok := s.(*ast.Assign)
	if !ok || len(a.Targets) != 1 || !literalValue(a.Value) {
		return ""
	}
	if name, ok := a.Targets[0].(*ast.Name); ok {
		return name.Id
	}
	return ""
}

func literalValue(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Str, *ast.Number, *ast.Constant, *ast.Tuple, *ast.List, *ast.Set, *ast.Dict, *ast.BinOp, *ast.UnaryOp:
		default:
			ok = false
		}
		return ok
	})
	return ok
}
