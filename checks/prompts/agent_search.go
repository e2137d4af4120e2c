package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// searchAgent is PML1133.
var searchAgent = &checks.Rule{
	Spec: infoPML1133,
	On:   checks.AgentMakers,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Agent()
		if a == nil || a.Asked || checks.AskedInTask(c) || !a.Powers(false).Any(models.ReadsWeb) || mailedTo(c) {
			return
		}
		executing := executors(a)
		own := a.Power.Any(models.RunsCode) || interpretsFreely(c)
		if len(executing) == 0 && !own {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "ask a person before commands run, or contain them", contain(p, a, executing))})
	},
}

// executors lists the tools of an agent that run commands or code here and ask nobody.
func executors(a *checks.Agent) []*checks.AgentTool {
	var out []*checks.AgentTool
	for i := range a.Tools {
		if t := &a.Tools[i]; t.Power.Any(models.RunsCode) && !t.Asked {
			out = append(out, t)
		}
	}
	return out
}

// freeImports are the modules by which code leaves an interpreter that limits imports.
var freeImports = []string{"*", "os", "subprocess", "shutil", "sys", "pty", "socket", "importlib", "builtins", "ctypes", "posix"}

// interpretsFreely reports whether an agent runs the code that the model writes in this
// process, with imports that let it do anything.
func interpretsFreely(c *checks.Call) bool {
	if !c.Symbol.Is("smolagents.CodeAgent", "smolagents.agents.CodeAgent") || contained(c) {
		return false
	}
	imports := c.Arg(-1, "additional_authorized_imports")
	if imports == nil {
		return false
	}
	items, _, _ := c.Items(imports.Value)
	for _, it := range items {
		name, _ := it.Value.Text()
		for _, free := range freeImports {
			if name == free || strings.HasPrefix(name, free+".") && name != "os.path" {
				return true
			}
		}
	}
	return false
}

// contained reports whether an agent of smolagents runs code elsewhere than in this process.
func contained(c *checks.Call) bool {
	for _, name := range [...]string{"executor_type", "executor"} {
		a := c.Arg(-1, name)
		if a == nil || a.Value.IsNone() {
			continue
		}
		if t, ok := a.Value.Text(); !ok || t != "local" {
			return true
		}
	}
	return c.HasRest()
}

// mailedTo reports whether mail reaches an agent, so that its tools are PML1127's.
func mailedTo(c *checks.Call) bool {
	for _, path := range c.Frame.Paths(models.PromptUser) {
		if path.Mark.From() != models.FromMail || path.Call == nil {
			continue
		}
		for _, a := range checks.AgentsOf(path.Call) {
			if a.Call.Node == c.Node && len(actsUnasked(a)) > 0 {
				return true
			}
		}
	}
	return false
}

// contain makes the edits that put a person, or a container, between a search agent and this
// machine.
func contain(p *checks.Pass, a *checks.Agent, executing []*checks.AgentTool) []fix.Edit {
	c := a.Call
	switch {
	case c.Symbol.Is("smolagents.CodeAgent", "smolagents.agents.CodeAgent") && interpretsFreely(c):
		return fix.AddKeyword(p.File, c.Node, "executor_type", `"docker"`)
	case c.Symbol.Is("crewai.Agent"):
		var edits []fix.Edit
		if mode := fix.KeywordOf(c.Node, "code_execution_mode"); mode != nil {
			edits = append(edits, fix.ReplaceNode(p.File, mode.Value, `"safe"`))
		}
		for _, t := range executing {
			m := madeIn(p, t)
			if m == nil {
				return nil
			}
			k := fix.KeywordOf(t.Made.Node, "unsafe_mode")
			if k == nil {
				return nil
			}
			edits = append(edits, in(p, m, fix.RemoveArg(m.File, t.Made.Node, ast.Node(k)))...)
		}
		return edits
	}
	return checks.AskBefore(p, a, executing)
}

func madeIn(p *checks.Pass, t *checks.AgentTool) *checks.Module {
	if t.Made == nil {
		return nil
	}
	return p.Project.Module(t.Made.Frame.Module())
}
