package semantic

import "github.com/pyguard/pyguardml/ast"

// ShellLine is a line of a notebook that a shell runs. In the module's text the name `_`
// stands in its place.
type ShellLine struct {
	// Call stands for what IPython does with the line: a call of get_ipython().system. Its
	// span is the line's; it is no part of the module's tree.
	Call *ast.Call
	// Parts are the pieces of the command, in order.
	Parts []ShellPart
	// Folder is the one that %cd has changed to before, as far as it is constant, "" for that in
	// which the notebook runs.
	Folder string
	// Below is the value that the last %cd before changed to, which Folder is below; nil where that is
	// constant.
	Below ast.Expr
}

// ShellPart is constant text of a shell line, or an expression whose value is inserted.
type ShellPart struct {
	Text string
	Expr ast.Expr
}
