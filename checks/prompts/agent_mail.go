package prompts

import (
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
		for _, a := range checks.AgentsOf(path.Call) {
			acting := actsUnasked(a)
			if len(acting) == 0 {
				continue
			}
			p.Report(checks.Report{
				Node: checks.Carrying(p, path), Path: path,
				Fix: checks.Fix(true, "ask a person before the agent acts", checks.AskBefore(p, a, acting)),
			})
			return
		}
	},
	On: checks.AgentMakers,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Agent()
		if a == nil {
			return
		}
		for i := range a.Tools {
			if t := &a.Tools[i]; readsAndSends(t) && !a.Asked && !t.Asked && !checks.AskedInTask(c) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "ask a person before the agent acts", checks.AskBefore(p, a, []*checks.AgentTool{t}))})
				return
			}
		}
	},
}

// readsAndSends reports whether one thing in an agent's list both reads a mailbox and sends:
// all the tools of a mail toolkit.
func readsAndSends(t *checks.AgentTool) bool {
	return t.Made != nil && t.Made.Method == "get_tools" && t.Power.Has(models.ReadsMail|models.SendsMail)
}

// actsUnasked lists the tools of an agent that act outside without that a person is asked. One
// that only sends, and to recipients that the program names, is none; a mail toolkit is
// reported where the agent is made.
func actsUnasked(a *checks.Agent) []*checks.AgentTool {
	if a.Asked || checks.AskedInTask(a.Call) {
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
