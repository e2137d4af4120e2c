package agents

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// evaluators are functions that evaluate an expression as Python.
var evaluators = []string{"builtins.eval", "sympy.{sympify,S,parse_expr,parsing.sympy_parser.parse_expr,core.sympify.sympify}", "numexpr.{evaluate,re_evaluate}"}

// argumentEvaluated is PML6102.
var argumentEvaluated = &checks.Rule{
	Spec:  infoPML6102,
	Knows: evaluators,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !path.Mark.ToolArgument() || path.Confirmed() || !evaluates(c) || onlyLooksUp(path) || syntaxTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: evaluateSimply(p, path)})
	},
}

// evaluates reports whether a call evaluates any expression of Python.
func evaluates(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("builtins.eval"):
		return true
	case c.Symbol.Under("sympy"):
		return true
	case c.Symbol.Under("numexpr"):
		sanitize := c.Arg(-1, "sanitize")
		return sanitize != nil && checks.Off(sanitize.Value)
	}
	return false
}

// onlyLooksUp reports whether what is evaluated is the name of a tool call: the function of that
// name is meant.
func onlyLooksUp(path *checks.Path) bool {
	return path.Mark.Field() == "name" && len(path.Value.Parts()) < 2
}

// syntaxTested reports whether a function on the way parses the expression and refuses it, or
// gives up, by what its syntax tree holds.
func syntaxTested(p *checks.Pass, path *checks.Path) bool {
	for _, f := range checks.FramesOn(path) {
		for _, c := range f.Calls {
			if c.Symbol.Is("ast.parse") && refusesNodes(f) {
				return true
			}
			if b := c.Body(); b != nil && path.Call != c && parses(b) && refusesNodes(b) {
				return true
			}
		}
	}
	return false
}

// parses reports whether a function calls ast.parse.
func parses(f *checks.Frame) bool {
	for _, c := range f.Calls {
		if c.Symbol.Is("ast.parse") {
			return true
		}
	}
	return false
}

// refusesNodes reports whether a function leaves, by a raise or a return, where a test of a node's
// class says so: `if not isinstance(node, ALLOWED): raise ValueError`, `all(isinstance(…) …)`, or
// hands the tree to a visitor of the project.
func refusesNodes(f *checks.Frame) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			found = found || testsClass(n.Test) && leaves(n.Body, n.Else)
		case *ast.Assert:
			found = found || testsClass(n.Test)
		case *ast.Match:
			found = true
		}
		return !found
	})
	if found {
		return true
	}
	for _, c := range f.Calls {
		if c.Method == "visit" && c.Receiver != nil && c.Receiver.Class() != nil {
			return true
		}
		// A walker of the project's: `check(ast.parse(text).body)`.
		if b := c.Body(); b != nil && b != f && takesTree(c) && (refusesHere(b)) {
			return true
		}
	}
	return false
}

func refusesHere(f *checks.Frame) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			found = found || testsClass(n.Test)
		case *ast.Match:
			found = true
		}
		return !found
	})
	return found
}

// takesTree reports whether an argument of a call is, or is in, what ast.parse gave.
func takesTree(c *checks.Call) bool {
	for i := range c.Args {
		if o := c.Args[i].Value.Origin(); o != nil && o.Symbol.Is("ast.parse") {
			return true
		}
		if s := c.Args[i].Value.Symbol(); s.Under("ast") {
			return true
		}
	}
	return false
}

// testsClass reports whether an expression asks what class a node of a syntax tree is of.
func testsClass(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			if name := checks.LastName(c.Fn); name == "isinstance" || name == "type" {
				found = true
			}
		}
		return !found
	})
	return found
}

// leaves reports whether one of two blocks leaves the function.
func leaves(blocks ...[]ast.Stmt) bool {
	found := false
	for _, b := range blocks {
		ast.InspectStmts(b, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.Raise, *ast.Return:
				found = true
			}
			return !found
		})
	}
	return found
}

// evaluateSimply replaces the evaluation by that of simpleeval, which knows numbers and operators.
func evaluateSimply(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	e, ok := path.Node.(ast.Expr)
	if !ok || c.Partial || !p.Holds(e) || !p.Holds(c.Node) || c.Symbol.Under("numexpr") {
		return nil
	}
	spelling, imports := fix.Reach(p.File, "simpleeval.simple_eval", "from simpleeval import simple_eval", fix.InOrder)
	return checks.Fix(true, "evaluate numbers and operators only", checks.Replace(p, c.Node, spelling+"("+p.File.Text(e)+")"), imports)
}
