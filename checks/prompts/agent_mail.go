package prompts

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// mailAgent is PML1127.
var mailAgent = &checks.Rule{
	Spec: infoPML1127,
	From: []checks.Label{models.Document},
	Into: []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.From() != models.FromMail || path.Call == nil || factual(path.Mark.Field()) {
			return
		}
		for _, a := range agentsOf(path.Call) {
			acting := actsUnasked(a)
			if len(acting) == 0 {
				continue
			}
			p.Report(checks.Report{
				Node: carrying(p, path), Path: path,
				Fix: checks.Fix(true, "ask a person before the agent acts", askBefore(p, a, acting)),
			})
			return
		}
	},
	On: agentMakers,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Agent()
		if a == nil {
			return
		}
		for i := range a.Tools {
			if t := &a.Tools[i]; readsAndSends(t) && !a.Asked && !t.Asked && !askedInTask(c) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "ask a person before the agent acts", askBefore(p, a, []*checks.AgentTool{t}))})
				return
			}
		}
	},
}

// agentMakers are the calls that make an agent which runs its tools itself.
var agentMakers = []string{
	"langchain.agents.{create_agent,AgentExecutor,initialize_agent,agent.AgentExecutor,AgentExecutor.from_agent_and_tools}", "langgraph.prebuilt.{create_react_agent,chat_agent_executor.create_react_agent}",
	"crewai.Agent", "smolagents.{CodeAgent,ToolCallingAgent}", "agents.Agent", "pydantic_ai.Agent", "autogen_agentchat.agents.AssistantAgent",
}

// readsAndSends reports whether one thing in an agent's list both reads a mailbox and sends:
// all the tools of a mail toolkit.
func readsAndSends(t *checks.AgentTool) bool {
	return t.Made != nil && t.Made.Method == "get_tools" && t.Power.Has(models.ReadsMail|models.SendsMail)
}

// agentsOf lists the agents that a call runs; for a task those that it is given to.
func agentsOf(c *checks.Call) []*checks.Agent {
	if a := c.Agent(); a != nil {
		return []*checks.Agent{a}
	}
	return c.Agents()
}

// actsUnasked lists the tools of an agent that act outside without that a person is asked. One
// that only sends, and to recipients that the program names, is none; a mail toolkit is
// reported where the agent is made.
func actsUnasked(a *checks.Agent) []*checks.AgentTool {
	if a.Asked || askedInTask(a.Call) {
		return nil
	}
	var out []*checks.AgentTool
	for i := range a.Tools {
		t := &a.Tools[i]
		acts := t.Power & models.Acts
		if acts == 0 || t.Asked || acts == models.SendsMail && t.Fixed || readsAndSends(t) {
			continue
		}
		out = append(out, t)
	}
	return out
}

// askedInTask reports whether the task that a crew's agent is given asks a person.
func askedInTask(c *checks.Call) bool {
	if !c.Symbol.Is("crewai.Agent") {
		return false
	}
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if !o.Symbol.Is("crewai.Task") {
				continue
			}
			human, agent := o.Arg(-1, "human_input"), o.Arg(-1, "agent")
			if human == nil || !human.Value.IsTrue() || agent == nil {
				continue
			}
			for _, v := range agent.Value.Alternatives() {
				if v.Origin() != nil && v.Origin().Node == c.Node {
					return true
				}
			}
		}
	}
	return false
}

// carrying is the argument of a path's call in which the data stands.
func carrying(p *checks.Pass, path *checks.Path) ast.Node {
	if !p.Holds(path.Call.Node) {
		return path.Node
	}
	for i := range path.Call.Args {
		if n := path.Call.Args[i].Node; n != nil && n.Range().Contains(path.Node.Range()) {
			return n
		}
	}
	return path.Node
}

// askBefore makes the edits by which a person is asked before an agent's tools run; nil for
// libraries that have no such setting.
func askBefore(p *checks.Pass, a *checks.Agent, acting []*checks.AgentTool) []fix.Edit {
	m := p.Project.Module(a.Call.Frame.Module())
	if m == nil {
		return nil
	}
	var edits []fix.Edit
	switch c := a.Call; {
	case c.Symbol.Is("langchain.agents.create_agent"):
		edits = withMiddleware(m, c, acting)
	case c.Symbol.Is("langgraph.prebuilt.create_react_agent", "langgraph.prebuilt.chat_agent_executor.create_react_agent"):
		saver, imports := reach(m, "langgraph.checkpoint.memory", "InMemorySaver")
		text := `interrupt_before=["tools"]`
		if c.Arg(-1, "checkpointer") == nil {
			text += ", checkpointer=" + saver + "()"
		} else {
			imports = nil
		}
		edits = append(fix.AddArgument(m.File, c.Node, text), imports...)
	case c.Symbol.Is("agents.Agent"):
		return needsApproval(p, acting, "needs_approval")
	case c.Symbol.Is("pydantic_ai.Agent"):
		return needsApproval(p, acting, "requires_approval")
	case c.Symbol.Is("crewai.Task"):
		edits = fix.AddKeyword(m.File, c.Node, "human_input", "True")
	}
	return in(p, m, edits)
}

// in says of edits which file they change.
func in(p *checks.Pass, m *checks.Module, edits []fix.Edit) []fix.Edit {
	if m == p.Module {
		return edits
	}
	return at(m, edits)
}

// reach is the spelling of a name of a module, with the import that it takes.
func reach(m *checks.Module, module, name string) (string, []fix.Edit) {
	return fix.Reach(m.File, module+"."+name, "from "+module+" import "+name, fix.InOrder)
}

// withMiddleware adds the middleware that asks before the tools run.
func withMiddleware(m *checks.Module, c *checks.Call, acting []*checks.AgentTool) []fix.Edit {
	var on []string
	for _, t := range acting {
		if t.Name != "" {
			on = append(on, strconv.Quote(t.Name)+": True")
		}
	}
	if len(on) == 0 {
		return nil
	}
	asks, edits := reach(m, "langchain.agents.middleware", "HumanInTheLoopMiddleware")
	thing := asks + "(interrupt_on={" + strings.Join(on, ", ") + "})"
	text := ""
	if k := fix.KeywordOf(c.Node, "middleware"); k == nil {
		text = "middleware=[" + thing + "]"
	} else if list, ok := k.Value.(*ast.List); ok {
		edits = append(edits, fix.AddElement(m.File, list, thing)...)
	} else {
		return nil
	}
	if fix.KeywordOf(c.Node, "checkpointer") == nil {
		saver, more := reach(m, "langgraph.checkpoint.memory", "InMemorySaver")
		edits = fix.JoinImports(edits, more)
		if text != "" {
			text += ", "
		}
		text += "checkpointer=" + saver + "()"
	}
	if text != "" {
		edits = append(edits, fix.AddArgument(m.File, c.Node, text)...)
	}
	return edits
}

// needsApproval sets a keyword in the decorators or calls that make tools of functions.
func needsApproval(p *checks.Pass, acting []*checks.AgentTool, keyword string) []fix.Edit {
	var edits []fix.Edit
	for _, t := range acting {
		if t.Function == nil || t.Function.Def == nil {
			return nil
		}
		m := p.Project.Module(t.Function.Module)
		if m == nil {
			return nil
		}
		more := approvalOf(m, t, keyword)
		if more == nil {
			return nil
		}
		edits = append(edits, in(p, m, more)...)
	}
	return edits
}

func approvalOf(m *checks.Module, t *checks.AgentTool, keyword string) []fix.Edit {
	if t.Made != nil && m.Holds(t.Made.Node) {
		return fix.AddKeyword(m.File, t.Made.Node, keyword, "True")
	}
	for _, d := range t.Function.Def.Decorators {
		switch d.Expr.(type) {
		case *ast.Name, *ast.Attribute:
			end := int(d.Expr.Stop())
			return []fix.Edit{{Start: end, End: end, New: "(" + keyword + "=True)"}}
		}
	}
	return nil
}
