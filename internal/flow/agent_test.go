package flow_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

var powerNames = []struct {
	power models.Power
	name  string
}{
	{models.ReadsWeb, "web"}, {models.ReadsMail, "mail"}, {models.ReadsData, "data"}, {models.RunsCode, "runs"},
	{models.SendsMail, "sends"}, {models.SendsData, "posts"}, {models.Changes, "changes"},
}

// described writes an agent as a line: its tools in order, each with its powers, "?" where a
// person is asked and "!" where recipients are fixed.
func described(a *flow.Agent) string {
	var out []string
	for _, t := range a.Tools {
		var powers []string
		for _, p := range powerNames {
			if t.Power.Has(p.power) {
				powers = append(powers, p.name)
			}
		}
		text := t.Name + "(" + strings.Join(powers, " ") + ")"
		if t.Asked {
			text += "?"
		}
		if t.Fixed {
			text += "!"
		}
		out = append(out, text)
	}
	if a.Asked {
		out = append(out, "asked")
	}
	if a.Open {
		out = append(out, "open")
	}
	return strings.Join(out, " ")
}

// agents lists the agents of a program by the line of the call that makes them.
func agents(t *testing.T, program string) []string {
	t.Helper()
	r, _ := analyse(t, one(program))
	var out []string
	seen := map[string]bool{}
	for _, c := range r.calls {
		a := c.Agent()
		if a == nil {
			continue
		}
		line := strings.Count(program[:c.Node.Pos()], "\n") + 1
		text := fmt.Sprintf("%02d: %s", line, described(a))
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	sort.Strings(out)
	return out
}

func TestToolsAreFoundHoweverTheyAreCollected(t *testing.T) {
	got := agents(t, `
import os, smtplib, subprocess
import requests
from agents import Agent, function_tool
from crewai import Crew, Agent as Member
from crewai.tools import BaseTool
from langchain.agents import create_agent, load_tools
from langchain_community.tools import ShellTool
from langchain_core.tools import StructuredTool, tool
from langchain_google_community import GmailToolkit
from langchain_experimental.utilities import PythonREPL
from langchain_core.tools import Tool
from pydantic_ai import Agent as Typed

@tool
def fetch(url: str) -> str:
    return requests.get(url).text

@function_tool(name_override="sh", needs_approval=True)
def shell(command: str) -> str:
    return run(command)

def run(command):
    return subprocess.run(command, shell=True)

def mail(to: str, text: str):
    smtplib.SMTP("h").sendmail("a@b", to, text)

def alert(text: str):
    smtplib.SMTP("h").sendmail("a@b", "c@d", text)

class Search(BaseTool):
    name: str = "search"
    def _run(self, query: str):
        return requests.get("https://s.example?q=" + query).text

typed = Typed("openai:gpt-4o")

@typed.tool_plain
def erase(path: str):
    os.remove(path)

tools = [fetch]
tools.append(ShellTool())
a = create_agent("m", tools)
b = create_agent("m", tools=[*GmailToolkit().get_tools(), StructuredTool.from_function(func=mail, name="post")])
c = Agent(name="c", tools=[shell, alert])
d = Member(role="r", tools=[Search()])
e = Crew(agents=[d, Member(role="s", tools=[Tool(name="py", func=PythonREPL().run, description="")])])
f = create_agent("m", load_tools(["serpapi", "terminal"]))

def build(more):
    return create_agent("m", [fetch] + more)
`)
	want := []string{
		"37: erase(changes)", // by its decorator
		"45: fetch(web) terminal(runs)",
		"46: (mail sends) post(sends)",
		"47: sh(runs)? alert(sends)!",
		"48: search(web)",
		"49: py(runs)",
		"49: search(web) py(runs)",
		"50: terminal(web runs)",
		"53: fetch(web) open",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestApprovalsAreFoundOnAgentsToolsAndInFunctions(t *testing.T) {
	got := agents(t, `
import subprocess
from langchain.agents import AgentExecutor, create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_community.callbacks.human import HumanApprovalCallbackHandler
from langchain_community.tools import ShellTool
from langgraph.prebuilt import create_react_agent
from langgraph.types import interrupt

def run(command: str):
    confirm(command)
    subprocess.run(command, shell=True)

def confirm(what):
    if interrupt(what) != "yes":
        raise PermissionError

a = create_agent("m", [ShellTool(), run], middleware=[HumanInTheLoopMiddleware(interrupt_on={"terminal": True})])
b = create_agent("m", [ShellTool()], middleware=[HumanInTheLoopMiddleware(interrupt_on={"other": True})])
c = create_react_agent("m", [ShellTool()], interrupt_before=["tools"])
d = create_react_agent("m", [ShellTool()], interrupt_before=[])
e = AgentExecutor(agent=None, tools=[ShellTool(ask_human_input=True)])
f = AgentExecutor(agent=None, tools=[ShellTool(callbacks=[HumanApprovalCallbackHandler()])])
`)
	want := []string{
		"18: terminal(runs)? run(runs)?",
		"19: terminal(runs)",
		"20: terminal(runs) asked",
		"21: terminal(runs)",
		"22: terminal(runs)?",
		"23: terminal(runs)?",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
