package services

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// entry is an expression by which a caller's text enters a path, an address or a command.
type entry struct {
	expr ast.Expr
	in   *checks.Module
}

// carries reports whether a value holds the data of a path that is dangerous at its sink.
func carries(path *checks.Path, v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == path.Mark.Label && !m.Clean.Has(path.Kind) {
			return true
		}
	}
	return false
}

// entriesOf lists the expressions by which the data of a path enters the text at its end: the
// pieces of the text or, where nothing is known of it, the expression at the sink.
func entriesOf(p *checks.Pass, path *checks.Path) []entry {
	var out []entry
	for _, v := range path.Value.PathText().Alternatives() {
		for _, part := range v.PathText().Parts() {
			if part.Value == nil || !carries(path, part.Value) {
				continue
			}
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			if !ok || in == nil || part.Conv || !in.Holds(e) {
				return nil
			}
			out = append(out, entry{e, in})
		}
	}
	if out == nil {
		if e := sinkExpr(p, path); e != nil {
			out = append(out, entry{e, p.Module})
		}
	}
	return out
}

// sinkExpr is the expression that stands at the sink: the argument, or the receiver of a method.
func sinkExpr(p *checks.Pass, path *checks.Path) ast.Expr {
	if path.Sink.Arg == "self" {
		if fn, ok := path.Call.Node.Fn.(*ast.Attribute); ok && p.Holds(fn) {
			return fn.Value
		}
		return nil
	}
	if e, ok := path.Node.(ast.Expr); ok && p.Holds(e) {
		return e
	}
	return nil
}

// wrapEntries puts a function around each expression by which the data of a path enters.
func wrapEntries(p *checks.Pass, path *checks.Path, qualified, stmt, message string) *fix.Fix {
	list := entriesOf(p, path)
	if len(list) == 0 {
		return nil
	}
	var edits []fix.Edit
	for _, in := range modulesOf(list) {
		name, imports := fix.Reach(in.File, qualified, stmt, fix.InSection)
		var own []fix.Edit
		for i, e := range list {
			if e.in == in && !repeats(list[:i], e) {
				own = append(own, fix.Wrap(in.File, e.expr, name+"(", ")")...)
			}
		}
		edits = append(edits, inModule(p, in, append(own, imports...))...)
	}
	return checks.Fix(true, message, edits)
}

// repeats reports whether an entry is in a list.
func repeats(list []entry, e entry) bool {
	for _, o := range list {
		if o.expr.Range() == e.expr.Range() && o.in == e.in {
			return true
		}
	}
	return false
}

func modulesOf(list []entry) []*checks.Module {
	var out []*checks.Module
	for _, e := range list {
		known := false
		for _, m := range out {
			known = known || m == e.in
		}
		if !known {
			out = append(out, e.in)
		}
	}
	return out
}

// inModule says of edits in which file they are.
func inModule(p *checks.Pass, in *checks.Module, edits []fix.Edit) []fix.Edit {
	if in.Path != p.Path {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}

// lastPart keeps the last part of a caller's name only.
func lastPart(p *checks.Pass, path *checks.Path) *fix.Fix {
	return wrapEntries(p, path, "os.path.basename", "import os", "keep only the last part of the name")
}

// stayBelow tests before the statement that the path leads to a file in its folder, or right in
// it where one segment is given; without a folder the last part of the name is kept.
func stayBelow(p *checks.Pass, path *checks.Path, segment bool) *fix.Fix {
	list := entriesOf(p, path)
	if len(list) == 0 {
		return nil
	}
	in, base, joined := baseOf(p, path, list[0])
	if base == "" {
		return lastPart(p, path)
	}
	at, text := p.StmtOf(path.Call.Node), ""
	if e := sinkExpr(p, path); e != nil {
		text = p.File.Text(e)
	}
	after := false
	if in != p.Module || text == "" || !sameFunction(p.Module, path.Call.Node, joined) {
		// The folder is known where the path is put together.
		at, text = in.StmtOf(joined), in.File.Text(joined)
		if a, ok := at.(*ast.Assign); ok && len(a.Targets) == 1 && a.Value == joined {
			at, text, after = a, in.File.Text(a.Targets[0]), true
		}
	}
	if at == nil || deferred(in, joined, at) && !after {
		return lastPart(p, path)
	}
	name, imports := fix.Reach(in.File, "pathlib.Path", "from pathlib import Path", fix.InSection)
	test := "if not " + name + "(" + text + ").resolve().is_relative_to(" + name + "(" + base + ").resolve()):"
	if segment {
		test = "if " + name + "(" + text + ").resolve().parent != " + name + "(" + base + ").resolve():"
	}
	lines := []string{test, `    raise ValueError("path leaves the folder")`}
	var edits []fix.Edit
	if after {
		edits = fix.InsertAfter(in.File, at, lines...)
	} else {
		edits = fix.InsertBefore(in.File, at, lines...)
	}
	return checks.Fix(true, "refuse paths that leave the folder", inModule(p, in, append(edits, imports...)))
}

// baseOf finds the expression that joins an entry to a folder, and the text of the folder; base
// is "" where there is none.
func baseOf(p *checks.Pass, path *checks.Path, e entry) (in *checks.Module, base string, joined ast.Expr) {
	around := e.in.Around(e.expr)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if b := joinedTo(n, around[i+1]); b != nil {
				return e.in, pathArgument(e.in, b), n
			}
			if joined == nil && len(n.Args) > 0 && n.Args[0] == around[i+1] {
				continue // str(x), x.strip()
			}
		case *ast.BinOp:
			if n.Right != around[i+1] {
				continue
			}
			switch n.Op {
			case "/":
				return e.in, pathArgument(e.in, n.Left), n
			case "+":
				if b := folderText(e.in, n.Left); b != "" {
					return e.in, b, wholeSum(around, i)
				}
				return e.in, "", nil
			}
		case *ast.JoinedStr:
			return e.in, folderOfString(e.in, n, e.expr), n
		case ast.Stmt:
			return e.in, "", nil
		}
	}
	return e.in, "", nil
}

// joinedTo is the folder of os.path.join(folder, ..., x) or folder.joinpath(x); nil for other
// calls.
func joinedTo(c *ast.Call, x ast.Node) ast.Expr {
	at, ok := c.Fn.(*ast.Attribute)
	name := checks.LastName(c.Fn)
	switch {
	case ok && name == "joinpath":
		return at.Value
	case name == "join" || name == "join_path" || name == "Path" || name == "PurePath":
		if len(c.Args) > 1 && c.Args[0] != x {
			return c.Args[0]
		}
	}
	return nil
}

// pathArgument is the text to be given to Path for an expression: of Path(x) that of x.
func pathArgument(in *checks.Module, e ast.Expr) string {
	if c, ok := e.(*ast.Call); ok && checks.LastName(c.Fn) == "Path" && len(c.Args) == 1 && len(c.Keywords) == 0 {
		if _, starred := c.Args[0].(*ast.Starred); !starred {
			e = c.Args[0]
		}
	}
	return in.File.Text(e)
}

// folderText is the folder that the left side of a sum names, as an expression: BASE of
// BASE + "/" and "data" of "data/".
func folderText(in *checks.Module, e ast.Expr) string {
	switch n := e.(type) {
	case *ast.Str:
		if t := strings.TrimRight(n.Value, "/"); t != n.Value && t != "" {
			return strconv.Quote(t)
		}
	case *ast.BinOp:
		if s, ok := n.Right.(*ast.Str); ok && n.Op == "+" && s.Value == "/" {
			return in.File.Text(n.Left)
		}
		if n.Op == "+" {
			if a, ok := n.Right.(*ast.Attribute); ok && a.Attr.Id == "sep" {
				return in.File.Text(n.Left)
			}
		}
	}
	return ""
}

// wholeSum is the outermost of the sums around a place.
func wholeSum(around []ast.Node, i int) ast.Expr {
	out := around[i].(ast.Expr)
	for ; i >= 0; i-- {
		b, ok := around[i].(*ast.BinOp)
		if !ok || b.Op != "+" {
			break
		}
		out = b
	}
	return out
}

// folderOfString is the folder that stands in front of a placeholder of an f-string, as an
// expression: BASE of f"{BASE}/{x}" and "runs" of f"runs/{x}".
func folderOfString(in *checks.Module, s *ast.JoinedStr, e ast.Expr) string {
	before, names := "", []string(nil)
	for _, v := range s.Values {
		if ph, ok := v.(*ast.Placeholder); ok {
			if ph.Range().Contains(e.Range()) {
				break
			}
			names = append(names, in.File.Text(ph.Value))
			before += "{}"
			continue
		}
		if t, ok := v.(*ast.Str); ok {
			before += t.Value
		}
	}
	i := strings.LastIndexByte(before, '/')
	if i <= 0 {
		return ""
	}
	before = before[:i]
	switch {
	case before == "{}":
		return names[0]
	case !strings.Contains(before, "{}"):
		return strconv.Quote(before)
	}
	var b strings.Builder
	b.WriteString(`f"`)
	for n := 0; before != ""; n++ {
		text, rest, more := strings.Cut(before, "{}")
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "{", "{{", "}", "}}").Replace(text))
		if more {
			b.WriteString("{" + names[n] + "}")
		}
		before = rest
	}
	b.WriteString(`"`)
	return b.String()
}

// sameFunction reports whether two places are in one function.
func sameFunction(m *checks.Module, a, b ast.Node) bool {
	return functionAround(m, a) == functionAround(m, b)
}

// functionAround is the innermost function around a place; nil for the module.
func functionAround(m *checks.Module, n ast.Node) *ast.FunctionDef {
	around := m.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		if fn, ok := around[i].(*ast.FunctionDef); ok && ast.Node(fn) != n {
			return fn
		}
	}
	return nil
}

// deferred reports whether an expression is evaluated at another time than its statement: in a
// lambda or comprehension.
func deferred(m *checks.Module, n ast.Node, stmt ast.Stmt) bool {
	for _, a := range m.Around(n) {
		if a.Pos() < stmt.Pos() {
			continue
		}
		switch a.(type) {
		case *ast.Lambda, *ast.Comp:
			return true
		}
	}
	return false
}
