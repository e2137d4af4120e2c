package agents

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	codeAgents   = "smolagents.{CodeAgent,agents.CodeAgent}"
	interpreters = "smolagents.{LocalPythonExecutor,local_python_executor.LocalPythonExecutor,PythonInterpreterTool,default_tools.PythonInterpreterTool}"
	crewAgents   = "crewai.{Agent,agent.Agent,agent.core.Agent}"
	crewTools    = "crewai_tools.{CodeInterpreterTool,tools.CodeInterpreterTool,tools.code_interpreter_tool.code_interpreter_tool.CodeInterpreterTool}"
	openAgents   = "interpreter.{OpenInterpreter,core.core.OpenInterpreter,AsyncInterpreter}"
)

// sandboxOff is PML6112.
var sandboxOff = &checks.Rule{
	Spec: infoPML6112,
	On:   []string{codeAgents, interpreters, crewAgents, crewTools, openAgents},
	To: []string{
		"interpreter.{auto_run,interpreter.auto_run,core.core.OpenInterpreter().auto_run,OpenInterpreter().auto_run,AsyncInterpreter().auto_run}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Under("smolagents"):
			importsFreely(p, c)
		case c.Symbol.Under("crewai"):
			mode, allowed := c.Arg(-1, "code_execution_mode"), c.Arg(-1, "allow_code_execution")
			if mode == nil || allowed == nil || !checks.On(allowed.Value) {
				return
			}
			if text, _ := mode.Value.Text(); text == "unsafe" {
				p.Report(checks.Report{Node: checks.ArgNode(c, mode), Fix: checks.SetConstant(p, c, mode, `"safe"`)})
			}
		case c.Symbol.Under("crewai_tools"):
			if a := c.Arg(-1, "unsafe_mode"); a != nil && checks.On(a.Value) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "let the code run in its container", checks.RemoveArg(p, c, a))})
			}
		default:
			if a := c.Arg(-1, "auto_run"); a != nil && checks.On(a.Value) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "False")})
			}
		}
	},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !checks.On(s.Value) {
			return
		}
		stmt := p.StmtOf(s.Node)
		if stmt == nil {
			return
		}
		var repair *fix.Fix
		if a, ok := stmt.(*ast.Assign); ok && len(a.Targets) == 1 {
			repair = checks.Fix(true, "ask before code runs", checks.Replace(p, a.Value, "False"))
		}
		p.Report(checks.Report{Node: stmt, Fix: repair})
	},
}

// freeModules are the modules by which code leaves an interpreter that limits imports.
var freeModules = map[string]bool{
	"os": true, "sys": true, "subprocess": true, "shutil": true, "socket": true, "posix": true, "pty": true, "ctypes": true,
	"importlib": true, "builtins": true, "multiprocessing": true, "pickle": true,
}

// frees reports whether a name in a list of imports gives code the host: a module, or the
// pattern of its submodules.
func frees(name string) bool {
	if name == "*" || freeModules[name] {
		return true
	}
	top, rest, dotted := strings.Cut(name, ".")
	return dotted && freeModules[top] && rest == "*"
}

// importsFreely reports an interpreter of smolagents in this process whose imports let code
// do anything.
func importsFreely(p *checks.Pass, c *checks.Call) {
	a := c.Arg(-1, "additional_authorized_imports")
	switch {
	case a != nil:
	case c.Symbol.Is("smolagents.LocalPythonExecutor", "smolagents.local_python_executor.LocalPythonExecutor"):
		a = c.Arg(0, "")
	case strings.HasSuffix(c.Symbol.String(), "PythonInterpreterTool"):
		a = c.Arg(0, "authorized_imports")
	}
	if a == nil || elsewhere(c) {
		return
	}
	items, _, _ := c.Items(a.Value)
	var free []checks.Item
	var names []string
	for _, it := range items {
		if name, ok := it.Value.Text(); ok && frees(name) {
			free = append(free, it)
			names = append(names, name)
		}
	}
	if len(free) == 0 {
		return
	}
	p.Report(checks.Report{
		Node: checks.ArgNode(c, a), Message: "The agent's code may import " + strings.Join(names, ", ") + ", and with it leave its interpreter",
		Fix: checks.FixAt(p, free[0].Node, func(there *checks.Pass) *fix.Fix {
			return checks.Fix(true, "keep these modules out", withoutElements(there, nodesOf(free)))
		}),
	})
}

// elsewhere reports whether an agent of smolagents runs its code elsewhere than in this process.
func elsewhere(c *checks.Call) bool {
	for _, name := range [...]string{"executor_type", "executor"} {
		a := c.Arg(-1, name)
		if a == nil || a.Value.IsNone() {
			continue
		}
		if a.Value.Is("smolagents.LocalPythonExecutor()", "smolagents.local_python_executor.LocalPythonExecutor()") {
			continue
		}
		if text, ok := a.Value.Text(); !ok || text != "local" {
			return true
		}
	}
	return c.HasRest()
}

// nodesOf lists where items stand.
func nodesOf(items []checks.Item) []ast.Node {
	var out []ast.Node
	for _, it := range items {
		out = append(out, it.Node)
	}
	return out
}

// withoutElements takes elements out of the one display in this file in which they stand.
func withoutElements(p *checks.Pass, elems []ast.Node) []fix.Edit {
	var display ast.Expr
	for _, e := range elems {
		if e == nil || !p.Holds(e) {
			return nil
		}
		around := p.Around(e)
		if len(around) < 2 {
			return nil
		}
		list, ok := around[len(around)-2].(ast.Expr)
		if !ok || display != nil && display != list {
			return nil
		}
		display = list
	}
	return fix.RemoveElements(p.File, display, elems...)
}
