package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// outputEvaluated is PML1152.
var outputEvaluated = &checks.Rule{
	Spec:  infoPML1152,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Exec, models.Template},
	Knows: []string{"builtins.{eval,exec}", "jinja2.Template", "jinja2.Environment().from_string", "flask.render_template_string"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch {
		case path.Call == nil || path.Confirmed():
			return
		case path.Kind == models.Exec && path.Sink.Note != models.NoteCode:
			return
		case path.Kind == models.Template && path.Sink.Note != "":
			return // the name of a template
		case looksUp(path), path.Kind == models.Exec && checks.SyntaxTested(p, path):
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: evaluatedFix(p, path)})
	},
}

// looksUp reports whether what is evaluated is the name of a tool call: the function of that
// name is meant.
func looksUp(path *checks.Path) bool {
	return path.Mark.Field() == "name" && path.Call.Symbol.Is("builtins.eval") && len(path.Value.Parts()) < 2
}

// sandboxRun is the command by which the fixes run a program: in a container that has neither
// files nor a network.
const sandboxRun = `["docker", "run", "--rm", "--network=none", "--read-only", "-i", "python:3.12-slim", "python", "-"]`

// evaluatedFix reads values instead of evaluating them, runs programs in a container, and fills
// templates in a sandbox.
func evaluatedFix(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	e, ok := path.Node.(ast.Expr)
	if !ok || c.Partial || !p.Holds(e) || !p.Holds(c.Node) || len(c.Node.Args) == 0 {
		return nil
	}
	switch {
	case c.Symbol.Is("builtins.eval") && checks.LastName(c.Node.Fn) != "eval" && len(c.Node.Args) > 1 && checks.LastName(c.Node.Args[0]) == "eval": // map(eval, answers)
		spelling, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.InOrder)
		return checks.Fix(true, "read literals and evaluate nothing", checks.Replace(p, c.Node.Args[0], spelling), imports)
	case c.Symbol.Is("builtins.eval"):
		spelling, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.InOrder)
		return checks.Fix(true, "read a literal and evaluate nothing", checks.Replace(p, c.Node, spelling+"("+p.File.Text(e)+")"), imports)
	case c.Symbol.Is("builtins.exec") || strings.Contains(c.Symbol.String(), "PythonREPL") || strings.Contains(c.Symbol.String(), "PythonAstREPL"):
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); c.Symbol.Is("builtins.exec") && (!ok || ast.Node(s.Value) != ast.Node(c.Node)) {
			return nil
		}
		spelling, imports := fix.Reach(p.File, "subprocess.run", "import subprocess", fix.InOrder)
		run := spelling + "(" + sandboxRun + ", input=" + p.File.Text(programText(e)) + ", text=True, timeout=30, check=True)"
		if !c.Symbol.Is("builtins.exec") {
			run = spelling + "(" + sandboxRun + ", input=" + p.File.Text(programText(e)) + ", capture_output=True, text=True, timeout=30, check=True).stdout"
		}
		return checks.Fix(true, "run the program in a container without files and network", checks.Replace(p, c.Node, run), imports)
	case consoles[c.Method] && (c.Symbol.Under("code") || c.Symbol.Under(models.ShellInstance)):
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); !ok || ast.Node(s.Value) != ast.Node(c.Node) {
			return nil
		}
		spelling, imports := fix.Reach(p.File, "subprocess.run", "import subprocess", fix.InOrder)
		return checks.Fix(true, "run the program in a container without files and network",
			checks.Replace(p, c.Node, spelling+"("+sandboxRun+", input="+p.File.Text(e)+", text=True, timeout=30, check=True)"), imports)
	case c.Symbol.Is("jinja2.Template", "jinja2.Environment().from_string"):
		// `import jinja2` does not bring the module jinja2.sandbox along.
		const spelling = "SandboxedEnvironment"
		imports := fix.AddImport(p.File, "from jinja2.sandbox import "+spelling, fix.InOrder)
		return checks.Fix(true, "fill the template in a sandbox", checks.Replace(p, c.Node, spelling+"().from_string("+p.File.Text(e)+")"), imports)
	case c.Symbol.Is("flask.render_template_string"):
		// `import jinja2` does not bring the module jinja2.sandbox along.
		const spelling = "SandboxedEnvironment"
		imports := fix.AddImport(p.File, "from jinja2.sandbox import "+spelling, fix.InOrder)
		return checks.Fix(true, "fill the template in a sandbox",
			checks.Replace(p, c.Node, spelling+"(autoescape=True).from_string("+p.File.Text(e)+").render("+restOfArguments(p, c.Node)+")"), imports)
	case path.Kind == models.Template:
		return checks.SandboxTemplate(p, c)
	}
	return checks.ComputeOnly(p, c, e)
}

// consoles are the methods of interactive interpreters that run a text.
var consoles = map[string]bool{"runsource": true, "push": true, "run_cell": true, "runcode": true, "ex": true}

// programText is the source in `compile(x, …)`, or the expression itself.
func programText(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Call); ok && len(c.Args) > 0 {
		if fn, ok := c.Fn.(*ast.Name); ok && fn.Id == "compile" {
			return c.Args[0]
		}
	}
	return e
}

// restOfArguments is the text of a call's arguments but the first.
func restOfArguments(p *checks.Pass, c *ast.Call) string {
	var out []string
	for _, a := range c.Args[1:] {
		out = append(out, p.File.Text(a))
	}
	for _, k := range c.Keywords {
		out = append(out, p.File.Text(k))
	}
	return strings.Join(out, ", ")
}
