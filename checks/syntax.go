package checks

import (
	"github.com/pyguard/pyguardml/fix"
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

// This file tells of functions that look at the syntax of an expression before it is evaluated.

// SyntaxTested reports whether a function on the way parses the expression and goes by the classes
// of its nodes: one that walks the tree and raises, or a visitor of the project. What is parsed, itself or
// by a helper that is handed it, has to be the data of the path: another text of the same function says nothing of it.
func SyntaxTested(p *Pass, path *Path) bool {
	way := WayOf(p, path)
	for _, f := range [...]*Frame{path.Frame, path.Call.Frame} {
		m := p.Project.Module(f.Module())
		if s := syntaxWork(f, 0, func(c *Call) bool { return way.gives(m, c) }); s.parses && s.judges {
			return true
		}
	}
	return false
}

// gives reports whether a call is given the data, or stands on its way.
func (w *Way) gives(m *Module, c *Call) bool {
	return slices.Contains(w.calls, c.Node) || slices.ContainsFunc(c.Args, func(a Argument) bool { return m != nil && a.Node != nil && w.Holds(m, a.Node) })
}

// work is what a function does with the syntax of a text.
type work struct{ parses, judges bool }

// maxParsing bounds the helpers within helpers that are looked at.
const maxParsing = 2

// syntaxWork is what a function does with the syntax of a text, by the calls of it that concern the text.
func syntaxWork(f *Frame, depth int, concerns func(*Call) bool) work {
	w := work{judges: testsClasses(BodyOf(f))}
	for _, c := range f.Calls {
		switch b := c.Body(); {
		case c.Symbol.Is("ast.parse"):
			w.parses = w.parses || concerns(c)
		case c.Method == "visit" && c.Receiver != nil && c.Receiver.Class() != nil:
			w.judges = true
		case b != nil && b != f && depth < maxParsing && concerns(c):
			o := syntaxWork(b, depth+1, func(*Call) bool { return true })
			w.parses, w.judges = w.parses || o.parses, w.judges || o.judges
		}
	}
	return w
}

// testsClasses reports whether statements ask what class something is of.
func testsClasses(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			name := LastName(n.Fn)
			found = found || name == "isinstance" || name == "type"
		case *ast.Match:
			found = true
		}
		return !found
	})
	return found
}

// ReadLiteral makes a call of eval read a literal, and run nothing; where says at which place its import goes. It is nil
// where that cannot be written.
func ReadLiteral(p *Pass, c *Call, where fix.Place) *fix.Fix {
	if !p.Holds(c.Node) || c.Partial {
		return nil
	}
	// map(eval, rows), pool.map(eval, rows)
	if LastName(c.Node.Fn) != "eval" && len(c.Node.Args) > 1 && LastName(c.Node.Args[0]) == "eval" {
		name, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", where)
		return Fix(true, "read literals and run nothing", Replace(p, c.Node.Args[0], name), imports)
	}
	a := c.Arg(0, "source")
	if a == nil || a.Unpacked || a.Node == nil || !p.Holds(a.Node) {
		return nil
	}
	e := a.Node
	if made := a.Value.Origin(); made != nil && made.Symbol.Is("builtins.compile") {
		source := made.Arg(0, "source")
		if source == nil || source.Node == nil || made.Frame != c.Frame || !p.Holds(source.Node) || !Repeatable(source.Node) {
			return nil
		}
		e = source.Node
	}
	name, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", where)
	return Fix(true, "read a literal and run nothing", Replace(p, c.Node, name+"("+p.File.Text(e)+")"), imports)
}
