package agents

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	sqlToolkits = "langchain_community.{agent_toolkits.SQLDatabaseToolkit,agent_toolkits.sql.toolkit.SQLDatabaseToolkit}"
	sqlAgents   = "langchain_community.{agent_toolkits.create_sql_agent,agent_toolkits.sql.base.create_sql_agent}"
	oldAgentsOf = "langchain.agents.{create_sql_agent,agent_toolkits.create_sql_agent,agent_toolkits.SQLDatabaseToolkit,agent_toolkits.sql.base.create_sql_agent,agent_toolkits.sql.toolkit.SQLDatabaseToolkit}"
	sqlChains   = "{langchain_experimental.sql.SQLDatabaseChain,langchain_experimental.sql.base.SQLDatabaseChain,langchain.SQLDatabaseChain,langchain.chains.SQLDatabaseChain}.from_llm"
	sqlTools    = "langchain_community.tools.{QuerySQLDatabaseTool,QuerySQLDataBaseTool,sql_database.tool.QuerySQLDatabaseTool,sql_database.tool.QuerySQLDataBaseTool}"
	sqlEngines  = "llama_index.core.{query_engine.NLSQLTableQueryEngine,query_engine.SQLTableRetrieverQueryEngine,indices.struct_store.NLSQLTableQueryEngine,indices.struct_store.SQLTableRetrieverQueryEngine,indices.struct_store.sql_query.NLSQLTableQueryEngine,indices.struct_store.sql_query.SQLTableRetrieverQueryEngine,retrievers.NLSQLRetriever}"
	crewSQL     = "crewai_tools.{NL2SQLTool,tools.NL2SQLTool,tools.nl2sql.nl2sql_tool.NL2SQLTool}"
)

// agentDatabases wrap a connection for statements that a model writes.
var agentDatabases = []string{
	"langchain_community.utilities.sql_database.Database", "langchain_community.utilities.sql_database.Database.from_uri",
	"llama_index.core.SQLDatabase", "llama_index.core.utilities.sql_wrapper.SQLDatabase", "llama_index.core.SQLDatabase.from_uri", "llama_index.core.utilities.sql_wrapper.SQLDatabase.from_uri",
}

// writableDatabase is PML6104.
var writableDatabase = &checks.Rule{
	Spec:  infoPML6104,
	On:    []string{sqlToolkits, sqlAgents, oldAgentsOf, sqlChains, sqlTools, sqlEngines, crewSQL},
	Knows: append([]string{"sqlalchemy.create_engine"}, agentDatabases...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("crewai_tools") {
			if uri := c.Arg(0, "db_uri"); uri != nil && !checks.OnlyReads(p, []*checks.Call{c}, c.Frame) && !temporary(c, uri) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, readOnlyMessage, readOnlyURI(p, uri))})
			}
			return
		}
		if leavesQueriesOut(p, c) {
			return
		}
		made := databaseOf(c)
		if made == nil {
			return
		}
		way := connectionBehind(made)
		if checks.OnlyReads(p, way, c.Frame) || temporary(way[len(way)-1], way[len(way)-1].Arg(0, "")) {
			return
		}
		in := p.Project.Module(made.Frame.Module())
		report := checks.Report{Node: made.Node, In: in}
		if in != nil {
			report.Fix = onlyRead(&checks.Pass{Module: in, Project: p.Project}, way)
		}
		p.Report(report)
	},
}

const readOnlyMessage = "open the database for reading only"

// databaseOf is the call that made the database which a call is given; nil where that is not known.
func databaseOf(c *checks.Call) *checks.Call {
	for i := range c.Args {
		for _, v := range c.Args[i].Value.Alternatives() {
			if made := v.Origin(); made != nil && made.Symbol.Is(agentDatabases...) {
				return made
			}
		}
	}
	return nil
}

// connectionBehind lists the calls that a database is made of, the last that which knows the
// address.
func connectionBehind(made *checks.Call) []*checks.Call {
	way := []*checks.Call{made}
	const longest = 8
	for len(way) < longest {
		var next *checks.Call
		if a := made.Arg(0, "engine"); a != nil && !strings.HasSuffix(made.Symbol.String(), ".from_uri") {
			if next = a.Value.Origin(); next == nil {
				next = made.Frame.CallAt(a.Node)
			}
		}
		if next == nil && made.Receiver != nil {
			next = made.Receiver.Origin()
		}
		if next == nil || made.Symbol.Is("sqlalchemy.create_engine") {
			break
		}
		made = next
		way = append(way, made)
	}
	return way
}

// temporary reports whether a database is a file of a temporary directory.
func temporary(c *checks.Call, uri *checks.Argument) bool {
	if uri == nil || uri.Node == nil {
		return false
	}
	if strings.Contains(uri.Value.Prefix(), "////tmp/") {
		return true
	}
	for in := range c.Frame.MadeOf(uri.Node) {
		if in.Call != nil && in.Call.Symbol.Under("tempfile") {
			return true
		}
	}
	return false
}

// leavesQueriesOut reports whether the tools of a toolkit are chosen by their names.
func leavesQueriesOut(p *checks.Pass, c *checks.Call) bool {
	if !strings.HasSuffix(c.Symbol.String(), "SQLDatabaseToolkit") {
		return false
	}
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		cmp, ok := n.(*ast.Compare)
		if !ok {
			return !found
		}
		if !concerns(p, c, cmp) {
			return true
		}
		text := p.File.Text(cmp)
		found = found || strings.Contains(text, ".name") && (strings.Contains(text, "sql_db_") == strings.Contains(text, "sql_db_query") || strings.Contains(text, "not in") || strings.Contains(text, "!="))
		return !found
	})
	return found
}

// concerns reports whether a test of tools may be about those of a toolkit: it stands in the same function,
// or in one that makes no toolkit of its own.
func concerns(p *checks.Pass, toolkit *checks.Call, test ast.Node) bool {
	def := p.FunctionAround(test)
	if def == nil || def.Range().Contains(toolkit.Node.Range()) {
		return true
	}
	own := false
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			own = own || checks.LastName(c.Fn) == checks.LastName(toolkit.Node.Fn)
		}
		return !own
	})
	return !own
}

// onlyRead opens the database behind the calls of a way for reading only.
func onlyRead(p *checks.Pass, way []*checks.Call) *fix.Fix {
	last := way[len(way)-1]
	if !p.Holds(last.Node) || last.Partial || last.HasRest() {
		return nil
	}
	engine := last.Symbol.Is("sqlalchemy.create_engine")
	if !engine && !strings.HasSuffix(last.Symbol.String(), ".from_uri") {
		return nil
	}
	uri := last.Arg(0, "url")
	if !engine {
		uri = last.Arg(0, "database_uri")
	}
	if uri == nil {
		return nil
	}
	if strings.HasPrefix(uri.Value.Prefix(), "sqlite") {
		return checks.Fix(true, readOnlyMessage, readOnlyURI(p, uri))
	}
	options := ""
	for _, driver := range [...]struct{ prefix, options string }{
		{"postgres", `{"options": "-c default_transaction_read_only=on"}`},
		{"mysql", `{"init_command": "SET SESSION TRANSACTION READ ONLY"}`},
		{"mariadb", `{"init_command": "SET SESSION TRANSACTION READ ONLY"}`},
		{"duckdb", `{"read_only": True}`},
	} {
		if strings.HasPrefix(uri.Value.Prefix(), driver.prefix) {
			options = driver.options
		}
	}
	name, value := "connect_args", options
	if !engine {
		name, value = "engine_args", `{"connect_args": `+options+`}`
	}
	if options == "" || last.Arg(-1, name) != nil {
		return nil
	}
	return checks.Fix(true, readOnlyMessage, fix.AddKeyword(p.File, last.Node, name, value))
}

// readOnlyURI makes a constant address one that is opened for reading only.
func readOnlyURI(p *checks.Pass, uri *checks.Argument) []fix.Edit {
	lit, ok := checks.ConstantNode(p, uri).(*ast.Str)
	if !ok {
		lit, ok = uri.Given.(*ast.Str)
	}
	text, known := uri.Value.Text()
	if !ok || !known || !p.Holds(lit) || lit.Value != text || len(lit.Pieces) != 1 || strings.ContainsAny(text, "?#%\"\\\n") {
		return nil
	}
	quote := lit.Pieces[0].Quote
	switch {
	case strings.HasPrefix(text, "sqlite:///"):
		return checks.Replace(p, lit, quote+"sqlite:///file:"+strings.TrimPrefix(text, "sqlite:///")+"?mode=ro&uri=true"+quote)
	case strings.HasPrefix(text, "postgres"):
		return checks.Replace(p, lit, quote+text+"?options=-c%20default_transaction_read_only%3Don"+quote)
	}
	return nil
}
