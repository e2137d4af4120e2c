package checks

import "github.com/pyguard/pyguardml/ast"

// This file tells of functions that look at the syntax of an expression before it is evaluated.

// SyntaxTested reports whether a function on the way parses the expression and goes by the classes
// of its nodes: one that walks the tree and raises, or a visitor of the project.
func SyntaxTested(path *Path) bool {
	for _, f := range [...]*Frame{path.Frame, path.Call.Frame} {
		if s := syntaxWork(f, 0); s.parses && s.judges {
			return true
		}
	}
	return false
}

// work is what a function does with the syntax of a text.
type work struct{ parses, judges bool }

// maxParsing bounds the helpers within helpers that are looked at.
const maxParsing = 2

func syntaxWork(f *Frame, depth int) work {
	w := work{judges: testsClasses(BodyOf(f))}
	for _, c := range f.Calls {
		switch b := c.Body(); {
		case c.Symbol.Is("ast.parse"):
			w.parses = true
		case c.Method == "visit" && c.Receiver != nil && c.Receiver.Class() != nil:
			w.judges = true
		case b != nil && b != f && depth < maxParsing:
			o := syntaxWork(b, depth+1)
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
