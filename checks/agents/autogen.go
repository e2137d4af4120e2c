package agents

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	oldAgents = "autogen.{UserProxyAgent,ConversableAgent,AssistantAgent,agentchat.UserProxyAgent,agentchat.ConversableAgent,agentchat.AssistantAgent}"
	newTools  = "autogen_ext.tools.code_execution.PythonCodeExecutionTool"
	newAgents = "autogen_agentchat.agents.CodeExecutorAgent"
)

// onHost are the executors that run code in the program's own environment.
var onHost = []string{
	"autogen.coding.LocalCommandLineCodeExecutor", "autogen.coding.local_commandline_code_executor.LocalCommandLineCodeExecutor", "autogen.coding.jupyter.EmbeddedIPythonCodeExecutor",
	"autogen_ext.code_executors.local.LocalCommandLineCodeExecutor",
}

// hostExecutor is PML6111.
var hostExecutor = &checks.Rule{
	Spec:  infoPML6111,
	On:    []string{oldAgents, newAgents, newTools},
	Knows: onHost,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.HasRest() {
			return
		}
		if c.Symbol.Under("autogen_agentchat") || c.Symbol.Under("autogen_ext") {
			if ask := c.Arg(-1, "approval_func"); ask != nil && !ask.Value.IsNone() {
				return
			}
			pos := 1
			if c.Symbol.Is(newTools) {
				pos = 0
			}
			if a := c.Arg(pos, "code_executor"); a != nil {
				reportExecutor(p, c, a.Value)
			} else if a := c.Arg(pos, "executor"); a != nil {
				reportExecutor(p, c, a.Value)
			}
			return
		}
		config := c.Arg(-1, "code_execution_config")
		if config == nil || !asksNobody(c) {
			return
		}
		if executor := c.Key(config.Value, "executor"); executor != nil {
			reportExecutor(p, c, executor.Value)
			return
		}
		use := c.Key(config.Value, "use_docker")
		if use == nil || !checks.Off(use.Value) {
			return
		}
		report := checks.Report{Node: c.Node}
		if constant, ok := use.Node.(*ast.Constant); ok && p.Holds(constant) {
			report.Fix = checks.Fix(true, "run the code in a container", checks.Replace(p, constant, "True"))
		}
		p.Report(report)
	},
}

// asksNobody reports whether an agent of the old API never asks a person. Assistants do so unless
// they are told to.
func asksNobody(c *checks.Call) bool {
	mode := c.Arg(-1, "human_input_mode")
	if mode == nil {
		return strings.HasSuffix(c.Symbol.String(), "AssistantAgent")
	}
	text, _ := mode.Value.Text()
	return text == "NEVER"
}

// reportExecutor reports an agent or tool whose executor runs code on the host.
func reportExecutor(p *checks.Pass, c *checks.Call, v *checks.Value) {
	made := v.Origin()
	if made == nil || !made.Symbol.Is(onHost...) {
		return
	}
	report := checks.Report{Node: c.Node}
	if name := checks.LastName(made.Node.Fn); strings.HasPrefix(name, "Local") && p.Project.Module(made.Frame.Module()) == p.Module {
		report.Fix = inContainer(p, made)
	}
	p.Report(report)
}

// inContainer puts the executor that works in a container in place of the local one.
func inContainer(p *checks.Pass, made *checks.Call) *fix.Fix {
	const class = "DockerCommandLineCodeExecutor"
	module := "autogen.coding"
	if made.Symbol.Under("autogen_ext") {
		module = "autogen_ext.code_executors.docker"
	}
	name, ok := made.Node.Fn.(*ast.Name)
	if !ok {
		return nil
	}
	spelled, _ := fix.ImportedAs(p.File, made.Symbol.String())
	if spelled != name.Id {
		return nil
	}
	return checks.Fix(true, "run the code in a container", checks.Replace(p, ast.Node(name), class),
		fix.SwapImport(p.File, made.Symbol.String(), "from "+module+" import "+class, fix.InOrder, name.Range()))
}
