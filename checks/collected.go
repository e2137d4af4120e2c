package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file binds the values of statements that a function puts together bit by bit, and of those that it is handed.

// maxBits bounds the variables that a statement is put together of.
const maxBits = 8

// bit is an expression that adds text to a statement, and the statement of the program that does so.
type bit struct {
	of   string // the variable that it is added to
	stmt ast.Stmt
	expr ast.Expr
}

// collector gathers the bits of a statement.
type collector struct {
	p    *Pass
	body []ast.Stmt
	bits []bit
	seen map[string]bool
}

// bindCollected binds the values of a statement that a function collects: `sql += f" AND x = '{x}'"`,
// `tests.append(f"{k} = '{v}'")`, or that is handed to it.
func bindCollected(p *Pass, c *Call, given ast.Expr, executing *Call, b *binding) *fix.Fix {
	fn := c.Frame.Function()
	if fn == nil || fn.Def == nil || b == nil || b.asText || len(executing.Node.Args) != 1 || len(executing.Node.Keywords) > 0 || !p.Holds(fn.Def) {
		return nil
	}
	if name, ok := given.(*ast.Name); ok && !assignsName(fn.Def.Body, name.Id) {
		return bindHandedIn(p, c, name.Id, executing, b)
	}
	const message = "bind the values beside the statement"
	keyword, _, keyed := strings.Cut(b.argument([]string{"x"}), "=")
	if !keyed || strings.ContainsAny(keyword, `("[{`) {
		keyword, keyed = "", false
	}
	name := "params"
	if UsesName(fn.Def, name) {
		if name = "values"; UsesName(fn.Def, name) {
			return nil
		}
	}
	numbered := b.placeholder(0) != b.placeholder(1)
	g := &collector{p: p, body: fn.Def.Body, seen: map[string]bool{}}
	if strings.HasPrefix(b.placeholder(0), "$") || strings.HasPrefix(b.placeholder(0), "@") || !g.text(given, p.StmtOf(given)) || g.inLoop(p.StmtOf(executing.Node)) {
		return nil
	}
	var edits [][]fix.Edit
	of, count := "", 0
	for _, x := range g.bits {
		w := &statementWriter{p: p, b: b, offset: count, dirty: g.handedIn}
		text, ok := w.write(syntaxPieces(x.expr))
		if !ok {
			return nil
		}
		if len(w.values)+len(w.names) == 0 {
			continue
		}
		for _, n := range w.names {
			edits = append(edits, fix.InsertBefore(p.File, x.stmt, "if not "+n+".isidentifier():", "    raise ValueError("+n+")"))
		}
		if len(w.values) == 0 {
			continue
		}
		switch {
		case x.stmt.Range().Contains(executing.Node.Range()):
			return nil
		case numbered && g.inLoop(x.stmt):
			return nil // which sets the same name again
		case !numbered && of != "" && of != x.of:
			return nil // whose order is not that of the program
		}
		of = x.of
		var lines []string
		for i, v := range w.values {
			if numbered {
				lines = append(lines, name+`["p`+strconv.Itoa(count+i)+`"] = `+v)
			} else {
				lines = append(lines, name+".append("+v+")")
			}
		}
		count += len(w.values)
		edits = append(edits, Replace(p, x.expr, text), fix.InsertAfter(p.File, x.stmt, lines...))
	}
	if count == 0 {
		return nil
	}
	argument, empty := name, "[]"
	if keyed {
		argument = keyword + "=" + name
	}
	if numbered {
		empty = "{}"
	}
	edits = append(edits, fix.PrependBody(p.File, fn.Def.Body, name+" = "+empty), fix.AddPositional(p.File, executing.Node, argument))
	return Fix(true, message, edits...)
}

// assignsName reports whether statements assign to a name.
func assignsName(body []ast.Stmt, name string) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			found = found || slices.ContainsFunc(n.Targets, func(t ast.Expr) bool { return nameOf(t) == name })
		case *ast.AnnAssign:
			found = found || nameOf(n.Target) == name
		case *ast.AugAssign:
			found = found || nameOf(n.Target) == name
		}
		return !found
	})
	return found
}

// handedIn reports whether an expression may be data: it is no constant of the program's, and no field of the object.
func (g *collector) handedIn(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Name:
		return n.Id != strings.ToUpper(n.Id) && !g.seen[n.Id]
	case *ast.Attribute:
		if nameOf(n.Value) == "self" || nameOf(n.Value) == "cls" {
			return false
		}
	case *ast.Call:
		return !g.joins(n)
	}
	return true
}

// joins reports whether a call joins a list whose bits are known.
func (g *collector) joins(c *ast.Call) bool {
	return LastName(c.Fn) == "join" && len(c.Args) == 1 && g.seen[nameOf(c.Args[0])]
}

// text gathers the bits of an expression of text.
func (g *collector) text(e ast.Expr, stmt ast.Stmt) bool {
	pieces := syntaxPieces(e)
	if len(pieces) == 0 || stmt == nil {
		return false
	}
	for _, x := range pieces {
		switch n := x.expr.(type) {
		case *ast.Name:
			if assignsName(g.body, n.Id) && !g.variable(n.Id, false) {
				return false
			}
		case *ast.Call:
			if LastName(n.Fn) != "join" || len(n.Args) != 1 {
				continue
			}
			if list := nameOf(n.Args[0]); list == "" || !g.variable(list, true) {
				return false
			}
		}
	}
	return true
}

// variable gathers the bits of a variable: a text, or a list of texts.
func (g *collector) variable(name string, list bool) bool {
	if g.seen[name] {
		return true
	}
	if len(g.seen) >= maxBits {
		return false
	}
	g.seen[name] = true
	fine, found := true, false
	add := func(stmt ast.Stmt, e ast.Expr) {
		if !list {
			if !g.text(e, stmt) {
				fine = false
			}
			g.bits = append(g.bits, bit{name, stmt, e})
			return
		}
		display, ok := e.(*ast.List)
		if !ok {
			fine = false
			return
		}
		for _, x := range display.Elts {
			g.bits = append(g.bits, bit{name, stmt, x})
		}
	}
	begin := func(stmt ast.Stmt, e ast.Expr) {
		found = true
		if g.inLoop(stmt) {
			fine = false // a new statement in each round
			return
		}
		add(stmt, e)
	}
	ast.InspectStmts(g.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		case *ast.Assign:
			if slices.ContainsFunc(n.Targets, func(t ast.Expr) bool { return nameOf(t) == name }) {
				fine = fine && len(n.Targets) == 1
				begin(n, n.Value)
			}
		case *ast.AnnAssign:
			if nameOf(n.Target) == name && n.Value != nil {
				begin(n, n.Value)
			}
		case *ast.AugAssign:
			if nameOf(n.Target) == name {
				fine = fine && n.Op == "+"
				add(n, n.Value)
			}
		case *ast.For:
			if UsesName(n.Target, name) {
				fine = false
			}
		case *ast.ExprStmt:
			call, ok := n.Value.(*ast.Call)
			if !ok {
				return true
			}
			at, ok := call.Fn.(*ast.Attribute)
			if !ok || nameOf(at.Value) != name {
				return true
			}
			if at.Attr.Id != "append" || len(call.Args) != 1 || !list {
				fine = false
				return true
			}
			g.bits = append(g.bits, bit{name, n, call.Args[0]})
		}
		return true
	})
	return fine && found
}

// inLoop reports whether a statement runs several times within the function.
func (g *collector) inLoop(s ast.Stmt) bool {
	if s == nil {
		return true
	}
	around := g.p.Around(s)
	for i := len(around) - 2; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.For, *ast.While:
			return true
		case *ast.FunctionDef:
			return false
		}
	}
	return false
}

// bindHandedIn binds the values of the statements that callers write for a function which executes them: it is given
// a parameter for the values, and each caller that writes some hands them over.
func bindHandedIn(p *Pass, c *Call, param string, executing *Call, b *binding) *fix.Fix {
	fn := c.Frame.Function()
	const name = "params"
	if strings.HasPrefix(b.placeholder(0), "$") || strings.HasPrefix(b.placeholder(0), "@") || UsesName(fn.Def, name) || slices.ContainsFunc(fn.Params.List, func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == name }) {
		return nil
	}
	if !slices.ContainsFunc(fn.Params.List, func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == param }) {
		return nil
	}
	var edits [][]fix.Edit
	bound := 0
	for _, caller := range c.Frame.Callers() {
		a := caller.GivenTo(fn, param)
		in := p.Project.Module(caller.Frame.Module())
		if a == nil || a.Node == nil || a.Unpacked || in == nil {
			continue
		}
		there := p.There(in)
		statement := a.Node
		if id, ok := statement.(*ast.Name); ok {
			if statement = LastAssigned(BodyOf(caller.Frame), id); statement == nil || addedTo(caller.Frame, id.Id) {
				continue
			}
		}
		stmt := there.StmtOf(statement)
		pieces := syntaxPieces(statement)
		if stmt == nil || len(pieces) < 2 || RunsLater(in, statement, stmt) {
			continue
		}
		g := &collector{p: there, seen: map[string]bool{}}
		w := &statementWriter{p: there, b: b, frame: caller.Frame, dirty: g.handedIn}
		text, ok := w.write(pieces)
		if !ok || len(caller.Node.Args)+len(caller.Node.Keywords) != 1 {
			return nil
		}
		own := w.edits
		for _, x := range w.names {
			own = append(own, fix.InsertBefore(in.File, stmt, "if not "+x+".isidentifier():", "    raise ValueError("+x+")"))
		}
		if len(w.values) > 0 {
			bound++
			argument := b.argument(w.values)
			if _, after, keyed := strings.Cut(argument, "="); keyed && !strings.ContainsAny(argument[:len(argument)-len(after)], `("[{`) {
				argument = after
			}
			if w.changed {
				own = append(own, Replace(there, statement, text))
			}
			own = append(own, fix.AddKeyword(in.File, caller.Node, name, argument))
		}
		for _, e := range own {
			edits = append(edits, p.InFile(in, e))
		}
	}
	if len(edits) == 0 {
		return nil
	}
	if bound > 0 {
		empty, argument := "()", name
		if b.percent || b.placeholder(0) != b.placeholder(1) {
			empty = "None"
		}
		if keyword, _, keyed := strings.Cut(b.argument([]string{"x"}), "="); keyed && !strings.ContainsAny(keyword, `("[{`) {
			argument = keyword + "=" + name
		}
		edits = append(edits, fix.AddParameter(p.File, fn.Def, name+"="+empty), fix.AddPositional(p.File, executing.Node, argument))
	}
	return Fix(true, "bind the values beside the statement", edits...)
}
