package agents

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// trifecta is PML6130.
var trifecta = &checks.Rule{
	Spec: infoPML6130,
	On: append([]string{
		"google.adk.agents.{Agent,LlmAgent,llm_agent.LlmAgent,llm_agent.Agent}", "deepagents.create_deep_agent",
		"llama_index.core.agent.{FunctionAgent,ReActAgent,workflow.FunctionAgent,workflow.ReActAgent}", "llama_index.core.agent.AgentWorkflow.from_tools_or_functions",
		"llama_index.core.agent.{ReActAgent,FunctionCallingAgent}.from_tools",
	}, checks.AgentMakers...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Agent()
		if a == nil || a.Asked || checks.AskedInTask(c) {
			return
		}
		var own, sending []*checks.AgentTool
		for i := range a.Tools {
			if t := &a.Tools[i]; t.Of == nil && !readsAndSendsMail(t) {
				own = append(own, t)
				if t.Power.Any(models.SendsMail|models.SendsData) && !t.Fixed && !t.Asked {
					sending = append(sending, t)
				}
			}
		}
		if len(sending) == 0 || !readsBoth(own) {
			return
		}
		repair := checks.Fix(true, "ask a person before something is sent", checks.AskBefore(p, a, sending))
		if repair == nil {
			repair = checks.Fix(true, "give the agent no tool that sends", withoutElements(p, placesOf(sending)))
		}
		p.Report(checks.Report{Node: c.Node, Fix: repair})
	},
}

// readsAndSendsMail reports whether an item of an agent's list is all the tools of a mailbox, which is
// a defect of its own.
func readsAndSendsMail(t *checks.AgentTool) bool {
	return t.Function == nil && t.Power.Has(models.ReadsMail|models.SendsMail)
}

// readsBoth reports whether one of some tools reads private data and another one what strangers
// wrote.
func readsBoth(tools []*checks.AgentTool) bool {
	for _, private := range tools {
		if private.Power.Any(models.ReadsData|models.ReadsMail) && slices.ContainsFunc(tools, func(t *checks.AgentTool) bool { return t != private && readsStrangers(t) }) {
			return true
		}
	}
	return false
}

// readsStrangers reports whether a tool reads what strangers wrote: a library's that reads the web,
// or a function of the project.
func readsStrangers(t *checks.AgentTool) bool {
	return t.Power.Any(models.ReadsStrangers) || t.Function == nil && t.Power.Any(models.ReadsWeb)
}

// placesOf lists where tools are put among those of an agent.
func placesOf(tools []*checks.AgentTool) []ast.Node {
	var out []ast.Node
	for _, t := range tools {
		out = append(out, t.Node)
	}
	return out
}
