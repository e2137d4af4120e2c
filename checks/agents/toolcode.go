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
		if c == nil || !path.Mark.ToolArgument() || path.Confirmed() || !evaluates(c) || onlyLooksUp(path) || checks.SyntaxTested(p, path) {
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

// maxHelpers bounds the helpers within helpers that are looked at.
const maxHelpers = 2

// evaluateSimply replaces the evaluation by that of simpleeval, which knows numbers and operators.
func evaluateSimply(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	e, ok := path.Node.(ast.Expr)
	if !ok || c.Partial || !p.Holds(e) || !p.Holds(c.Node) {
		return nil
	}
	if c.Symbol.Under("numexpr") {
		// It looks at expressions itself, unless it is told not to; that alone has been passed before.
		f := checks.ComputeOnly(p, c, e)
		if f != nil {
			f.Edits = append(f.Edits, checks.RemoveArg(p, c, c.Arg(-1, "sanitize"))...)
		}
		return f
	}
	spelling, imports := fix.Reach(p.File, "simpleeval.simple_eval", "from simpleeval import simple_eval", fix.InOrder)
	return checks.Fix(true, "evaluate numbers and operators only", checks.Replace(p, c.Node, spelling+"("+p.File.Text(e)+")"), imports)
}
