package agents

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// tableAgents are the agents of LangChain that run the code which the model writes.
const tableAgents = "{langchain_experimental.agents,langchain_experimental.agents.agent_toolkits,langchain_experimental.agents.agent_toolkits.pandas.base,langchain_experimental.agents.agent_toolkits.csv.base,langchain_experimental.agents.agent_toolkits.spark.base,langchain_experimental.agents.agent_toolkits.python.base}.{create_pandas_dataframe_agent,create_csv_agent,create_spark_dataframe_agent,create_python_agent}"

// remoteUser is PML6110.
var remoteUser = &checks.Rule{
	Spec:  infoPML6110,
	Knows: []string{tableAgents, pythonREPL},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Confirmed() || c.Receiver == nil || !runsAgent(c.Method) {
			return
		}
		for _, r := range c.Receiver.Alternatives() {
			if made := r.Origin(); made != nil && runsTables(made) {
				p.Report(checks.Report{Node: checks.Carrying(p, path), Path: path, Fix: refuseCode(p, made)})
				return
			}
		}
		for _, a := range checks.AgentsOf(c) {
			if executing := hostExecutors(a); len(executing) > 0 {
				p.Report(checks.Report{Node: checks.Carrying(p, path), Path: path, Fix: checks.Fix(true, "ask a person before commands run", checks.AskBefore(p, a, executing))})
				return
			}
		}
	},
}

const pythonREPL = "{langchain_experimental.utilities,langchain_experimental.utilities.python,langchain_community.utilities,langchain_community.utilities.python,langchain.python}.PythonREPL().run"

func runsAgent(method string) bool {
	switch method {
	case "invoke", "ainvoke", "stream", "astream", "run", "arun", "astream_events", "":
		return true
	}
	return false
}

// runsTables reports whether a call makes an agent that runs code about a table which is the
// program's own; who brings the table is asked elsewhere.
func runsTables(made *checks.Call) bool {
	name := checks.CalledName(made)
	if !made.Symbol.Under("langchain_experimental") || !strings.HasPrefix(name, "create_") {
		return false
	}
	allowed := made.Arg(-1, "allow_dangerous_code")
	if allowed == nil || !checks.On(allowed.Value) {
		return false
	}
	for i := range made.Args {
		for _, m := range made.Behind(made.Args[i].Value) {
			if m.Label == models.Upload {
				return false
			}
		}
	}
	return true
}

// refuseCode takes from an agent of tables the leave to run code.
func refuseCode(p *checks.Pass, made *checks.Call) *fix.Fix {
	allowed := made.Arg(-1, "allow_dangerous_code")
	in := p.Project.Module(made.Frame.Module())
	if in == nil || allowed.Keyword == nil || allowed.Unpacked {
		return nil
	}
	return checks.Fix(true, "do not run the code", p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, allowed.Keyword.Value, "False")}))
}

// hostExecutors lists the tools of libraries by which an agent of LangChain or LangGraph runs
// commands or code on the host and asks nobody. There are none where it reads the web as well: that
// agent is reported where it is made.
func hostExecutors(a *checks.Agent) []*checks.AgentTool {
	if a.Asked || !a.Call.Symbol.Under("langchain") && !a.Call.Symbol.Under("langgraph") && !a.Call.Symbol.Under("langchain_classic") || a.Powers(false).Any(models.ReadsWeb) {
		return nil
	}
	var out []*checks.AgentTool
	for i := range a.Tools {
		if t := &a.Tools[i]; !t.Asked && t.Power.Any(models.RunsCode) && (t.Function == nil) {
			out = append(out, t)
		}
	}
	return out
}
