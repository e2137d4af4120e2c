package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// tableAgents are the agents of LangChain that run code about a table.
const tableAgents = "{create_pandas_dataframe_agent,create_csv_agent,create_spark_dataframe_agent}"

// uploadedTable is PML1126.
var uploadedTable = &checks.Rule{
	Spec: infoPML1126,
	On: []string{
		"langchain_experimental.agents." + tableAgents, "langchain_experimental.agents.{agent_toolkits,agent_toolkits.pandas.base,agent_toolkits.csv.base,agent_toolkits.spark.base}." + tableAgents,
		"pandasai.{Agent,SmartDataframe,SmartDatalake,agent.Agent,smart_dataframe.SmartDataframe,smart_datalake.SmartDatalake}",
		"pandasai.{DataFrame,read_csv,read_excel,read_parquet}().chat",
		"smolagents.{CodeAgent,agents.CodeAgent}().run",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Method == "chat":
			chattedTable(p, c)
		case c.Method == "run":
			if a := c.Arg(-1, "additional_args"); a != nil && a.Node != nil && suppliedBy(c, a.Value) {
				runsCode(p, c, checks.Report{Node: a.Node}) // a table that was read from a file of theirs
			}
		case c.Symbol.Under("pandasai"):
			if data := c.Arg(0, "dfs"); data == nil {
				tableGiven(p, c, c.Arg(-1, "df"), sandboxed(p, c))
			} else {
				tableGiven(p, c, data, sandboxed(p, c))
			}
		default:
			dangerous := c.Arg(-1, "allow_dangerous_code")
			if dangerous == nil || !checks.On(dangerous.Value) {
				return
			}
			data := c.Arg(1, "df")
			if data == nil {
				data = c.Arg(-1, "path")
			}
			tableGiven(p, c, data, checks.SetConstant(p, c, dangerous, "False"))
		}
	},
	From: []checks.Label{models.Upload, models.Web, models.Document},
	Into: []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || c.Receiver == nil || c.Method != "run" && c.Method != "" {
			return
		}
		if path.Mark.Label == models.Document && !fromOutside(p, path) {
			return
		}
		runsCode(p, c, checks.Report{Node: checks.Carrying(p, path), Path: path})
	},
}

// runsCode makes a report of what an agent of smolagents is run with, where that runs code on this machine.
func runsCode(p *checks.Pass, c *checks.Call, r checks.Report) {
	for _, by := range c.Receiver.Alternatives() {
		made := by.Origin()
		if made == nil || !made.Symbol.Is("smolagents.CodeAgent", "smolagents.agents.CodeAgent") || contained(made) {
			continue
		}
		m := p.Project.Module(made.Frame.Module())
		if m == nil {
			continue
		}
		r.Fix = checks.Fix(true, "run the code in a container", in(p, m, fix.AddKeyword(m.File, made.Node, "executor_type", `"docker"`)))
		p.Report(r)
		return
	}
}

// tableGiven reports a table that people outside supply.
func tableGiven(p *checks.Pass, c *checks.Call, data *checks.Argument, repair *fix.Fix) {
	if data == nil || data.Node == nil || summary(data.Value) || !suppliedBy(c, data.Value) {
		return
	}
	if s := c.Arg(-1, "sandbox"); s != nil && !s.Value.IsNone() {
		return
	}
	p.Report(checks.Report{Node: data.Node, Fix: repair})
}

// suppliedBy reports whether what is behind a value is an upload or was downloaded.
func suppliedBy(c *checks.Call, v *checks.Value) bool {
	for _, m := range c.Behind(v) {
		switch m.Label {
		case models.Upload:
			return true
		case models.Web:
			if !ownHost(m.Call()) {
				return true
			}
		}
	}
	return false
}

// summary reports whether a value holds numbers about a table and none of its texts.
func summary(v *checks.Value) bool {
	c := v.Origin()
	for depth := 0; c != nil && depth < 4; depth++ {
		switch c.Method {
		case "describe", "select_dtypes", "corr", "cov", "value_counts":
			return true
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// chattedTable reports a table of pandasai that is asked without a sandbox.
func chattedTable(p *checks.Pass, c *checks.Call) {
	if s := c.Arg(-1, "sandbox"); s != nil && !s.Value.IsNone() || c.Receiver == nil {
		return
	}
	for _, r := range c.Receiver.Alternatives() {
		made := r.Origin()
		if made == nil || len(made.Args) == 0 || made.Args[0].Node == nil || !suppliedBy(made, made.Args[0].Value) {
			continue
		}
		m := p.Project.Module(made.Frame.Module())
		if m == nil {
			continue
		}
		box, imports := reach(p.Module, "pandasai_docker", "DockerSandbox")
		edits := append(fix.AddArgument(p.File, c.Node, "sandbox="+box+"()"), imports...)
		if m != p.Module {
			edits = at(p.Module, edits)
		}
		p.Report(checks.Report{Node: made.Args[0].Node, In: m, Fix: checks.Fix(true, "run the code in a container", edits)})
	}
}

// at says of edits that they change a module's file.
func at(m *checks.Module, edits []fix.Edit) []fix.Edit {
	for i := range edits {
		edits[i].Path = m.Path
	}
	return edits
}

// sandboxed runs the code of a pandasai agent in a container. Only Agent knows a sandbox.
func sandboxed(p *checks.Pass, c *checks.Call) *fix.Fix {
	box, edits := reach(p.Module, "pandasai_docker", "DockerSandbox")
	edits = append(edits, fix.AddArgument(p.File, c.Node, "sandbox="+box+"()")...)
	if !c.Symbol.Is("pandasai.Agent", "pandasai.agent.Agent") {
		switch fn := c.Node.Fn.(type) {
		case *ast.Attribute:
			edits = append(edits, fix.ReplaceNode(p.File, fn.Attr, "Agent"))
		case *ast.Name:
			agent, more := reach(p.Module, "pandasai", "Agent")
			edits = append(fix.JoinImports(edits, more), fix.ReplaceNode(p.File, fn, agent))
		}
	}
	return checks.Fix(true, "run the code in a container", edits)
}
