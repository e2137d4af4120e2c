package casetest

import (
	"fmt"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// inHelper moves the value of the target's statement into a function of its own: a method
// beside the one it stands in, or a function of the module.
func inHelper(u *unit, t target, serial int) []edit {
	value := valueOf(t.stmt)
	if value == nil || !movable(value) || directlyInClass(t.path) {
		return nil
	}
	if !value.Range().Contains(t.path[len(t.path)-1].Range()) {
		return nil
	}
	fn, class := enclosing(t.path)
	self := selfOf(t.path)
	taken, ok := u.freeLocals(t.path, value)
	if !ok {
		return nil
	}
	var params []string
	for _, name := range taken {
		if name != self {
			params = append(params, name)
		}
	}
	start, end := u.span(value)
	name := fmt.Sprintf("helper_%d", serial)
	def := func(indent, first string) []piece {
		head := params
		if first != "" {
			head = append([]string{first}, params...)
		}
		return []piece{
			literal(indent + "def " + name + "(" + strings.Join(head, ", ") + "):\n" + indent + "    return ("),
			u.copyOf(start, end), literal(")\n\n"),
		}
	}
	call := name + "(" + strings.Join(params, ", ") + ")"
	var before ast.Stmt
	if self != "" && class != nil {
		before = fn
	} else {
		before = t.path[0].(ast.Stmt)
	}
	indent, first := u.indentOf(before)
	if !first {
		return nil
	}
	at := u.lineStart(startOf(before))
	if self != "" {
		return []edit{{at, at, def(indent, self)}, u.replace(start, end, self+"."+call)}
	}
	return []edit{{at, at, def("", "")}, u.replace(start, end, call)}
}

// valueOf is the expression that a simple statement computes.
func valueOf(s ast.Stmt) ast.Expr {
	switch s := s.(type) {
	case *ast.Assign:
		return s.Value
	case *ast.AnnAssign:
		return s.Value
	case *ast.Return:
		return s.Value
	case *ast.ExprStmt:
		return s.Value
	}
	return nil
}

// freeLocals lists the names in e that the functions around it bind, in order of their
// first use. It fails where such a name stands for a module, a function, a class, an
// instance made here or a constant: a parameter would hide what the analysis of a single
// function is entitled to know.
func (u *unit) freeLocals(path []ast.Node, e ast.Expr) (free []string, ok bool) {
	params, others := map[string]bool{}, map[string]ast.Node{}
	inFunction := false
	for _, n := range path {
		fn, isFn := n.(*ast.FunctionDef)
		if !isFn {
			continue
		}
		inFunction = true
		for _, p := range fn.Params.List {
			if p.Name != nil {
				params[p.Name.Id] = true
			}
		}
		for _, s := range fn.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				for _, b := range bindings(n) {
					if b != nil {
						others[b.Id] = n
					}
				}
				if a, isAlias := n.(*ast.Alias); isAlias && a.AsName == nil {
					root, _, _ := strings.Cut(a.Name, ".")
					others[root] = n
				}
				_, comp := n.(*ast.CompClause)
				return !comp
			})
		}
	}
	if !inFunction {
		return nil, true
	}
	ok = true
	seen := map[string]bool{}
	labels := map[*ast.Name]bool{}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			labels[n.Attr] = true
		case *ast.Keyword:
			if n.Name != nil {
				labels[n.Name] = true
			}
		case *ast.Name:
			if labels[n] || seen[n.Id] {
				return true
			}
			by, local := others[n.Id]
			if !local && !params[n.Id] {
				return true
			}
			seen[n.Id] = true
			free = append(free, n.Id)
			if local && !passable(by) {
				ok = false
			}
		}
		return true
	})
	return free, ok
}

// passable reports whether a name bound by the node may become a parameter.
func passable(by ast.Node) bool {
	var value ast.Expr
	switch by := by.(type) {
	case *ast.Assign:
		value = by.Value
	case *ast.For, *ast.Param:
		return true
	default:
		return false
	}
	switch v := value.(type) {
	case *ast.Attribute, *ast.Subscript, *ast.JoinedStr, *ast.BinOp, *ast.Await, *ast.Name:
		return !literalValue(value)
	case *ast.Call:
		name := lastName(v.Fn)
		return name != "" && name == strings.ToLower(name[:1])+name[1:]
	}
	return false
}

// inSecondFile makes a project of two files out of one: the case's file becomes a module
// of a package, which a second file imports.
func inSecondFile(p *project) (*derived, error) {
	if len(p.units) != 1 {
		return nil, nil
	}
	u := p.units[0]
	name := strings.TrimSuffix(u.path, ".py")
	if strings.ContainsAny(name, "/-.") {
		return nil, nil
	}
	main := "from service import " + name + "\n\n"
	for _, s := range u.file.Body {
		if fn, ok := s.(*ast.FunctionDef); ok && len(fn.Params.List) == 0 && !fn.Async && len(fn.Decorators) == 0 {
			main += name + "." + fn.Name.Id + "()\n"
		}
	}
	if strings.HasSuffix(main, "\n\n") {
		main += "print(" + name + ".__doc__)\n"
	}
	d := &derived{files: []*derivedFile{
		{path: "service/__init__.py", content: []byte{}},
		{path: "service/" + u.path, pieces: []piece{u.copyOf(0, len(u.text))}},
		{path: "main.py", content: []byte(main)},
	}}
	p.carryOthers(d)
	return d, nil
}

// makeAsync turns functions into coroutine functions: those that hold a target, in a safe
// case all that hold a call, as long as nothing in the project calls them.
func makeAsync(u *unit, p *project) []edit {
	n := u.names()
	inside := func(fn *ast.FunctionDef) bool {
		for _, t := range u.targets(p) {
			if inner, _ := enclosing(t.path); inner == fn {
				return true
			}
		}
		return false
	}
	var edits []edit
	u.inspect(func(node ast.Node) bool {
		fn, ok := node.(*ast.FunctionDef)
		if !ok || fn.Async || !inside(fn) || !n.unreferenced(u, p, fn.Name.Id) || synchronous(fn) {
			return true
		}
		edits = append(edits, insert(int(fn.Start), "async "))
		return true
	})
	return edits
}

// unreferenced reports whether no code of the project names a function.
func (n *names) unreferenced(u *unit, p *project, name string) bool {
	if name == "forward" || strings.HasPrefix(name, "__") || len(n.uses[name]) > 0 || n.quoted(name) {
		return false
	}
	for _, other := range p.units {
		found := false
		other.inspect(func(node ast.Node) bool {
			if a, ok := node.(*ast.Attribute); ok && a.Attr.Id == name {
				found = true
			}
			return true
		})
		if found || other != u && p.exports(u, name) {
			return false
		}
	}
	return true
}

// synchronous reports whether a function cannot be a coroutine function as it stands.
func synchronous(fn *ast.FunctionDef) bool {
	for _, d := range fn.Decorators {
		if name := lastName(d.Expr); name == "property" || name == "contextmanager" {
			return true
		}
	}
	found := false
	for _, s := range fn.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if _, ok := n.(*ast.Yield); ok {
				found = true
			}
			return !found
		})
	}
	return found
}

// wrapped puts the target's statement into the block that head opens; tail follows it.
func wrapped(head, tail string) func(*unit, target, int) []edit {
	return func(u *unit, t target, serial int) []edit { return u.wrap(t.stmt, head, tail) }
}

func inWith(u *unit, t target, serial int) []edit {
	return u.wrap(t.stmt, fmt.Sprintf("with memoryview(b\"\") as block_%d:", serial), "")
}

// inLoop puts the statement into a loop that runs once.
func inLoop(u *unit, t target, serial int) []edit {
	jumps := false
	ast.Inspect(t.stmt, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Break, *ast.Continue:
			jumps = true
		}
		return !jumps
	})
	if jumps {
		return nil
	}
	return u.wrap(t.stmt, fmt.Sprintf("for turn_%d in range(1):", serial), "")
}

// wrap indents a statement below head. It applies to statements that own their lines and
// are not definitions, imports or branches of another statement.
func (u *unit) wrap(s ast.Stmt, head, tail string) []edit {
	switch s := s.(type) {
	case *ast.FunctionDef, *ast.ClassDef, *ast.ImportFrom, *ast.Import, *ast.Global, *ast.Nonlocal:
		return nil
	case *ast.If:
		if s.Elif {
			return nil
		}
	}
	if !u.alone(s) {
		return nil
	}
	indent, _ := u.indentOf(s)
	edits := []edit{insert(u.lineStart(int(s.Pos())), indentLines(head, indent))}
	edits = append(edits, u.indentRange(int(s.Pos()), int(s.Stop()))...)
	if tail != "" {
		edits = append(edits, u.insertLine(u.lineEnd(int(s.Stop())-1), indentLines(tail, indent)))
	}
	return edits
}

// insertLine inserts whole lines at the start of a line, or after the end of a text that
// lacks its last line break.
func (u *unit) insertLine(at int, lines string) edit {
	if at == len(u.text) && at > 0 && u.text[at-1] != '\n' {
		lines = "\n" + strings.TrimSuffix(lines, "\n")
	}
	return insert(at, lines)
}

// indentLines puts indent before each line and ends the last.
func indentLines(lines, indent string) string {
	return indent + strings.ReplaceAll(lines, "\n", "\n"+indent) + "\n"
}

// indentRange indents the lines of [start, end) by four spaces, save those that begin
// within a string and empty ones.
func (u *unit) indentRange(start, end int) []edit {
	inString := u.stringLines()
	var edits []edit
	for at := u.lineStart(start); at < end; at = u.lineEnd(at) {
		if !inString[at] && u.text[at] != '\n' {
			edits = append(edits, insert(at, "    "))
		}
	}
	return edits
}

// stringLines holds the starts of the lines that begin within a string.
func (u *unit) stringLines() map[int]bool {
	lines := map[int]bool{}
	mark := func(sp ast.Span) {
		for at := u.lineEnd(int(sp.Start)); at < int(sp.End); at = u.lineEnd(at) {
			lines[at] = true
		}
	}
	u.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			for _, p := range n.Pieces {
				mark(p.Span)
			}
		case *ast.JoinedStr:
			for _, p := range n.Pieces {
				mark(p.Span)
			}
		}
		return true
	})
	return lines
}

// inComprehension computes the statement's value in a list of one.
func inComprehension(u *unit, t target, serial int) []edit {
	value := valueOf(t.stmt)
	if value == nil || directlyInClass(t.path) || !movable(value) {
		return nil
	}
	if !value.Range().Contains(t.path[len(t.path)-1].Range()) {
		return nil
	}
	start, end := u.span(value)
	if _, tuple := value.(*ast.Tuple); tuple {
		return nil
	}
	return []edit{
		insert(start, "["),
		insert(end, fmt.Sprintf(" for turn_%d in range(1)][0]", serial)),
	}
}

// trailing returns the statements at the end of the module that are neither imports nor
// definitions, when a target is among them.
func (u *unit) trailing(p *project) []ast.Stmt {
	body := u.file.Body
	from := len(body)
	for from > 0 {
		switch body[from-1].(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Import, *ast.ImportFrom:
		default:
			if u.alone(body[from-1]) {
				from--
				continue
			}
		}
		break
	}
	rest := body[from:]
	for _, t := range u.targets(p) {
		for _, s := range rest {
			if t.path[0] == ast.Node(s) {
				return rest
			}
		}
	}
	return nil
}

// inMainGuard runs the module's statements only when it is the main program.
func inMainGuard(u *unit, p *project) []edit {
	rest := u.trailing(p)
	if len(rest) == 0 {
		return nil
	}
	return u.wrapAll(rest, `if __name__ == "__main__":`, "")
}

// inMainFunction puts the module's statements into a function that it calls. Names that the
// module's other functions read stay where they are.
func inMainFunction(u *unit, p *project) []edit {
	rest := u.trailing(p)
	if len(rest) == 0 {
		return nil
	}
	n := u.names()
	first := rest[0].Pos()
	for name := range n.bound {
		moved, shared := false, false
		for _, b := range n.bound[name] {
			moved = moved || b.Start >= first
		}
		for _, use := range append(n.uses[name], n.bound[name]...) {
			shared = shared || use.Start < first
		}
		if moved && shared {
			return nil
		}
	}
	return u.wrapAll(rest, "def main():", "\n\nif __name__ == \"__main__\":\n    main()")
}

func (u *unit) wrapAll(stmts []ast.Stmt, head, tail string) []edit {
	start, end := int(stmts[0].Pos()), int(stmts[len(stmts)-1].Stop())
	edits := []edit{insert(u.lineStart(startOf(stmts[0])), head+"\n")}
	edits = append(edits, u.indentRange(start, end)...)
	if tail != "" {
		edits = append(edits, u.insertLine(u.lineEnd(end-1), tail+"\n"))
	}
	return edits
}
