package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the words for agents that act, and for people who are asked before they do.

// AgentMakers are the calls that make an agent which runs its tools itself.
var AgentMakers = []string{
	"langchain.agents.{create_agent,AgentExecutor,initialize_agent,agent.AgentExecutor,AgentExecutor.from_agent_and_tools}", "langgraph.prebuilt.{create_react_agent,chat_agent_executor.create_react_agent}",
	"crewai.Agent", "smolagents.{CodeAgent,ToolCallingAgent}", "agents.Agent", "pydantic_ai.Agent", "autogen_agentchat.agents.AssistantAgent",
}

// AgentsOf lists the agents that a call runs; for a task those that it is given to.
func AgentsOf(c *Call) []*Agent {
	if a := c.Agent(); a != nil {
		return []*Agent{a}
	}
	return c.Agents()
}

// AskedInTask reports whether the task that a crew's agent is given asks a person.
func AskedInTask(c *Call) bool {
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

// Carrying is the argument of a path's call in which the data stands.
func Carrying(p *Pass, path *Path) ast.Node {
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

// AskBefore makes the edits by which a person is asked before an agent's tools run; nil for
// libraries that have no such setting.
func AskBefore(p *Pass, a *Agent, acting []*AgentTool) []fix.Edit {
	m := p.Project.Module(a.Call.Frame.Module())
	if m == nil {
		return nil
	}
	var edits []fix.Edit
	switch c := a.Call; {
	case c.Symbol.Is("langchain.agents.create_agent"):
		edits = withMiddleware(m, c, acting)
	case c.Symbol.Is("langgraph.prebuilt.create_react_agent", "langgraph.prebuilt.chat_agent_executor.create_react_agent"):
		saver, imports := fix.Reach(m.File, "langgraph.checkpoint.memory.InMemorySaver", "from langgraph.checkpoint.memory import InMemorySaver", fix.InOrder)
		text := `interrupt_before=["tools"]`
		if c.Arg(-1, "checkpointer") == nil {
			text += ", checkpointer=" + saver + "()"
		} else {
			imports = nil
		}
		edits = append(fix.AddArgument(m.File, c.Node, text), imports...)
	case executors[CalledName(c)] && (c.Symbol.Under("langchain") || c.Symbol.Under("langchain_classic")):
		return approvedByCallback(p, acting)
	case c.Symbol.Is("agents.Agent"):
		return needsApproval(p, acting, "needs_approval")
	case c.Symbol.Is("pydantic_ai.Agent"):
		return needsApproval(p, acting, "requires_approval")
	case c.Symbol.Is("crewai.Task"):
		edits = fix.AddKeyword(m.File, c.Node, "human_input", "True")
	}
	return p.InFile(m, edits)
}

// executors are the calls that make an agent of LangChain which runs its tools in a loop of its own.
var executors = map[string]bool{"AgentExecutor": true, "initialize_agent": true, "from_agent_and_tools": true}

// approvedByCallback gives the tools the callback that asks at the console before they run; nil where one of them is
// not made by a call.
func approvedByCallback(p *Pass, acting []*AgentTool) []fix.Edit {
	var edits [][]fix.Edit
	done := map[ast.Node]bool{}
	imported := map[*Module]bool{}
	for _, t := range acting {
		if t.Made == nil || CalledName(t.Made) == "tool" {
			return nil
		}
		m := p.Holder(t.Made.Node)
		if m == nil || fix.KeywordOf(t.Made.Node, "callbacks") != nil || t.Made.HasRest() {
			return nil
		}
		if done[t.Made.Node] {
			continue
		}
		done[t.Made.Node] = true
		handler, imports := fix.Reach(m.File, "langchain_community.callbacks.human.HumanApprovalCallbackHandler", "from langchain_community.callbacks.human import HumanApprovalCallbackHandler", fix.InOrder)
		more := fix.AddKeyword(m.File, t.Made.Node, "callbacks", "["+handler+"()]")
		if !imported[m] {
			more = append(more, imports...)
			imported[m] = true
		}
		edits = append(edits, p.InFile(m, more))
	}
	return slices.Concat(edits...)
}

// withMiddleware adds the middleware that asks before the tools run.
func withMiddleware(m *Module, c *Call, acting []*AgentTool) []fix.Edit {
	var on []string
	for _, t := range acting {
		if t.Name != "" {
			on = append(on, strconv.Quote(t.Name)+": True")
		}
	}
	if len(on) == 0 {
		return nil
	}
	asks, edits := fix.Reach(m.File, "langchain.agents.middleware.HumanInTheLoopMiddleware", "from langchain.agents.middleware import HumanInTheLoopMiddleware", fix.InOrder)
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
		saver, more := fix.Reach(m.File, "langgraph.checkpoint.memory.InMemorySaver", "from langgraph.checkpoint.memory import InMemorySaver", fix.InOrder)
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
func needsApproval(p *Pass, acting []*AgentTool, keyword string) []fix.Edit {
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
		edits = append(edits, p.InFile(m, more)...)
	}
	return edits
}

func approvalOf(m *Module, t *AgentTool, keyword string) []fix.Edit {
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
