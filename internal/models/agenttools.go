package models

import (
	"slices"
	"strings"
)

// This file says what agents are made of: which calls make one, which tools libraries bring,
// and what these can do. How agents are run stands with their frameworks.

// asksFirst are the ways in which LangGraph and LangChain let people be asked before tools run.
var asksFirst = []string{"interrupt_before!=None", "interrupt_after!=None"}

// loadedTools are the names that LangChain's load_tools knows.
var loadedTools = map[string]Power{
	"terminal": RunsCode, "python_repl": RunsCode, "serpapi": ReadsWeb, "ddg-search": ReadsWeb, "google-search": ReadsWeb, "google-serper": ReadsWeb,
	"brave-search": ReadsWeb, "bing-search": ReadsWeb, "searx-search": ReadsWeb, "requests_get": ReadsWeb, "requests_post": SendsData, "requests_put": SendsData,
	"requests_patch": SendsData, "requests_delete": SendsData, "requests_all": ReadsWeb | SendsData, "requests": ReadsWeb, "wikipedia": ReadsWeb, "news-api": ReadsWeb,
	"tavily_search_results_json": ReadsWeb, "metaphor-search": ReadsWeb, "arxiv": ReadsWeb, "pubmed": ReadsWeb, "stackexchange": ReadsWeb, "human": 0, "llm-math": 0,
}

// HoldsIssues reports whether an address, of which what is constant is given, is one of issues or
// comments that strangers write.
func HoldsIssues(address string) bool {
	for _, host := range [...]string{"api.github.com", "gitlab.com/api", "hn.algolia.com", "reddit.com"} {
		if strings.Contains(address, host) {
			return host != "api.github.com" || strings.Contains(address, "/issues") || strings.Contains(address, "/comments") || strings.Contains(address, "/pulls") || strings.Contains(address, "/search")
		}
	}
	return false
}

// recordWords are the parts of an address by which a service keeps records that are not public.
var recordWords = []string{
	"crm", "ticket", "zendesk", "freshdesk", "servicenow", "service-now", "salesforce", "hubapi", "hubspot", "intercom.io", "pipedrive", "atlassian.net", "jira", "confluence",
	"api.notion.com", "graph.microsoft.com", "gmail.googleapis.com", "slack.com/api", "customer", "invoice", "payroll", "employee", "patient", ".internal", "intranet",
}

// HoldsRecords reports whether an address, of which what is constant is given, is one of a service
// that keeps records which are not public: customers, tickets, the papers of an office.
func HoldsRecords(address string) bool {
	address = strings.ToLower(address)
	return slices.ContainsFunc(recordWords, func(w string) bool { return strings.Contains(address, w) })
}

// A tool of a library that reads, or does, one thing.
func libraryTool(name, called string, power Power) Model {
	return Model{Name: name, Tool: &LibraryTool{Name: called, NameArg: "name", Power: power}}
}

var agentTools = Framework{Name: "agents and their tools", Version: "langchain 1.1, langchain-community 0.4, langchain-google-community 3.0, langgraph 1.0, crewai 1.6, smolagents 1.23, openai-agents 0.6, pydantic-ai 1.26, autogen-agentchat 0.7, llama-index 0.14, google-adk 1.19", Models: []Model{
	// Agents.
	{Name: "langchain.agents.create_agent", Agent: &Agent{Tools: []Arg{"1:tools"}, Asks: asksFirst, AsksWith: []Arg{"middleware"}}},
	{Name: "langgraph.prebuilt.{create_react_agent,chat_agent_executor.create_react_agent}", Agent: &Agent{Tools: []Arg{"1:tools"}, Asks: asksFirst}},
	{Name: "langchain.agents.{AgentExecutor,agent.AgentExecutor}", Agent: &Agent{Tools: []Arg{"tools"}, Of: []Arg{"agent"}, AsksWith: []Arg{"callbacks"}}},
	{Name: "langchain.agents.AgentExecutor.from_agent_and_tools", Agent: &Agent{Tools: []Arg{"1:tools"}, Of: []Arg{"0:agent"}, AsksWith: []Arg{"callbacks"}}},
	{Name: "langchain.agents.initialize_agent", Agent: &Agent{Tools: []Arg{"0:tools"}, AsksWith: []Arg{"callbacks"}}},
	{Name: "deepagents.create_deep_agent", Agent: &Agent{Tools: []Arg{"1:tools"}, Asks: []string{"interrupt_on!=None"}, AsksWith: []Arg{"middleware"}}},
	{Name: "crewai.Agent", Agent: &Agent{Tools: []Arg{"tools"}, Power: RunsCode, PowerIf: "allow_code_execution=True, code_execution_mode=unsafe"}},
	{Name: "crewai.Task", Agent: &Agent{Tools: []Arg{"tools"}, Of: []Arg{"agent"}, Asks: []string{"human_input=True"}}},
	{Name: "crewai.Crew", Agent: &Agent{Of: []Arg{"agents", "tasks"}}},
	{Name: "smolagents.{CodeAgent,ToolCallingAgent,MultiStepAgent,agents.CodeAgent,agents.ToolCallingAgent}", Agent: &Agent{Tools: []Arg{"0:tools"}, Of: []Arg{"managed_agents"}}},
	{Name: "agents.Agent", Agent: &Agent{Tools: []Arg{"tools"}}},
	{Name: "pydantic_ai.Agent", Agent: &Agent{Tools: []Arg{"tools", "toolsets", "builtin_tools"}}},
	{Name: "autogen_agentchat.agents.AssistantAgent", Agent: &Agent{Tools: []Arg{"2:tools"}}},
	{Name: "autogen_agentchat.agents.CodeExecutorAgent", Agent: &Agent{Asks: []string{"approval_func!=None"}}},
	{Name: "autogen_agentchat.teams.*", Agent: &Agent{Of: []Arg{"0:participants"}}},
	{Name: "autogen.ConversableAgent", Agent: &Agent{Tools: []Arg{"functions"}, Asks: []string{"human_input_mode=ALWAYS"}}},
	{Name: "llama_index.core.agent.{FunctionAgent,ReActAgent,CodeActAgent}", Agent: &Agent{Tools: []Arg{"tools"}}},
	{Name: "llama_index.core.agent.AgentWorkflow", Agent: &Agent{Of: []Arg{"0:agents"}}},
	{Name: "llama_index.core.agent.AgentWorkflow.from_tools_or_functions", Agent: &Agent{Tools: []Arg{"0:tools_or_functions"}}},
	{Name: "{llama_index.core.agent.ReActAgent,llama_index.core.agent.OpenAIAgent,llama_index.agent.openai.OpenAIAgent,llama_index.core.agent.FunctionCallingAgent}.from_tools", Agent: &Agent{Tools: []Arg{"0:tools"}}},
	{Name: "semantic_kernel.agents.{ChatCompletionAgent,OpenAIAssistantAgent,AzureAssistantAgent,OpenAIResponsesAgent,AzureAIAgent}", Agent: &Agent{Tools: []Arg{"plugins"}}},
	{Name: "{haystack.components.agents.Agent,haystack.components.agents.agent.Agent}", Agent: &Agent{Tools: []Arg{"tools"}}},
	{Name: "google.adk.agents.{Agent,LlmAgent,llm_agent.LlmAgent,llm_agent.Agent}", Agent: &Agent{Tools: []Arg{"tools"}, Of: []Arg{"sub_agents"}}},
	{Name: "{strands.Agent,agno.agent.Agent,phi.agent.Agent}", Agent: &Agent{Tools: []Arg{"tools"}}},
	{Name: "dspy.ReAct", Agent: &Agent{Tools: []Arg{"1:tools"}}},
	{Name: mcpServers, Agent: &Agent{Tools: []Arg{"tools"}}},

	// What asks a person.
	{Name: "{langchain.agents.middleware.HumanInTheLoopMiddleware,langchain.agents.middleware.human_in_the_loop.HumanInTheLoopMiddleware}", Tool: &LibraryTool{Approves: "0:interrupt_on"}},
	{Name: "{langchain_community.callbacks.human.HumanApprovalCallbackHandler,langchain_community.callbacks.HumanApprovalCallbackHandler,langchain.callbacks.HumanApprovalCallbackHandler,langchain.callbacks.human.HumanApprovalCallbackHandler}", Tool: &LibraryTool{ApprovesAll: true}},
	{Name: "{builtins.input,langgraph.types.interrupt,rich.prompt.Confirm.ask,rich.prompt.Prompt.ask,click.confirm,typer.confirm,questionary.confirm().ask}", Asks: true},

	// Tools that read.
	libraryTool("{langchain_tavily.TavilySearch,langchain_tavily.tavily_search.TavilySearch}", "tavily_search", ReadsWeb),
	libraryTool("{langchain_tavily.TavilyExtract,langchain_tavily.TavilyCrawl}", "", ReadsWeb),
	libraryTool("langchain_community.tools.{TavilySearchResults,tavily_search.TavilySearchResults,tavily_search.tool.TavilySearchResults}", "tavily_search_results_json", ReadsWeb),
	libraryTool("langchain_community.tools.{DuckDuckGoSearchRun,DuckDuckGoSearchResults,ddg_search.DuckDuckGoSearchRun,ddg_search.tool.DuckDuckGoSearchRun,ddg_search.DuckDuckGoSearchResults}", "duckduckgo_search", ReadsWeb),
	libraryTool("langchain_community.tools.{BraveSearch,brave_search.tool.BraveSearch,GoogleSearchRun,GoogleSearchResults,GoogleSerperRun,GoogleSerperResults,BingSearchRun,BingSearchResults,SearxSearchRun,WikipediaQueryRun,requests.tool.RequestsGetTool,RequestsGetTool,jina_search.JinaSearch}", "", ReadsWeb),
	libraryTool("langchain_community.tools.{BraveSearch,brave_search.tool.BraveSearch}.from_api_key", "brave_search", ReadsWeb),
	libraryTool("{langchain_google_community.GoogleSearchRun,langchain_google_community.GoogleSearchResults,langchain_exa.ExaSearchResults,langchain_brightdata.BrightDataSERP,langchain_perplexity.PerplexitySearchResults}", "", ReadsWeb),
	libraryTool("langchain_community.utilities.{SerpAPIWrapper,GoogleSerperAPIWrapper,GoogleSearchAPIWrapper,BingSearchAPIWrapper,DuckDuckGoSearchAPIWrapper,SearxSearchWrapper}", "", ReadsWeb),
	libraryTool("crewai_tools.{SerperDevTool,ScrapeWebsiteTool,WebsiteSearchTool,FirecrawlScrapeWebsiteTool,FirecrawlSearchTool,FirecrawlCrawlWebsiteTool,SeleniumScrapingTool,EXASearchTool,TavilySearchTool,BraveSearchTool,ScrapeElementFromWebsiteTool,SpiderTool,GithubSearchTool}", "", ReadsWeb),
	libraryTool("smolagents.{WebSearchTool,DuckDuckGoSearchTool,GoogleSearchTool,ApiWebSearchTool}", "web_search", ReadsWeb),
	libraryTool("smolagents.{VisitWebpageTool,WikipediaSearchTool}", "visit_webpage", ReadsWeb),
	libraryTool("agents.WebSearchTool", "web_search", ReadsWeb),
	libraryTool("pydantic_ai.{WebSearchTool,WebFetchTool,UrlContextTool,builtin_tools.WebSearchTool,builtin_tools.WebFetchTool,builtin_tools.UrlContextTool}", "", ReadsWeb),
	{Name: "google.adk.tools.{google_search,url_context,load_web_page.load_web_page,google_search_tool.google_search}", Power: ReadsWeb},
	libraryTool("llama_index.tools.{duckduckgo.DuckDuckGoSearchToolSpec,tavily_research.TavilyToolSpec,google.GoogleSearchToolSpec,brave_search.BraveSearchToolSpec,exa.ExaToolSpec,playwright.PlaywrightToolSpec,wikipedia.WikipediaToolSpec}().to_tool_list", "", ReadsWeb),
	libraryTool("llama_index.tools.{database.DatabaseToolSpec,google.GoogleDriveToolSpec,notion.NotionToolSpec,jira.JiraToolSpec,salesforce.SalesforceToolSpec}().to_tool_list", "", ReadsData),
	libraryTool("llama_index.tools.{requests.RequestsToolSpec,requests.base.RequestsToolSpec}().to_tool_list", "", ReadsWeb|SendsData),
	libraryTool("llama_index.tools.google.GmailToolSpec().to_tool_list", "", ReadsMail|SendsMail),
	libraryTool("llama_index.tools.slack.SlackToolSpec().to_tool_list", "", ReadsData|SendsMail),
	libraryTool("{langchain_mongodb.agent_toolkit.MongoDBDatabaseToolkit,langchain_mongodb.agent_toolkit.toolkit.MongoDBDatabaseToolkit}().get_tools", "", ReadsData),
	libraryTool("pydantic_ai.common_tools.{duckduckgo.duckduckgo_search_tool,tavily.tavily_search_tool}", "", ReadsWeb),
	libraryTool("langchain_community.tools.{ReadFileTool,file_management.ReadFileTool,sql_database.tool.QuerySQLDatabaseTool,QuerySQLDatabaseTool,QuerySQLDataBaseTool}", "", ReadsData),
	libraryTool("crewai_tools.{FileReadTool,DirectoryReadTool,PGSearchTool,MySQLSearchTool,NL2SQLTool}", "", ReadsData),
	libraryTool("{langchain_google_community.GmailSearch,langchain_google_community.gmail.search.GmailSearch,langchain_community.tools.gmail.search.GmailSearch,langchain_community.tools.GmailSearch}", "search_gmail", ReadsMail),
	libraryTool("{langchain_google_community.GmailGetMessage,langchain_google_community.GmailGetThread,langchain_community.tools.GmailGetMessage,langchain_community.tools.gmail.get_message.GmailGetMessage,langchain_community.tools.O365SearchEmails}", "", ReadsMail),
	libraryTool("{langchain_google_community.GmailCreateDraft,langchain_community.tools.GmailCreateDraft,langchain_community.tools.O365CreateDraftMessage}", "create_gmail_draft", 0),

	// Tools that act.
	libraryTool("{langchain_google_community.GmailSendMessage,langchain_google_community.gmail.send_message.GmailSendMessage,langchain_community.tools.GmailSendMessage,langchain_community.tools.gmail.send_message.GmailSendMessage}", "send_gmail_message", SendsMail),
	libraryTool("{langchain_community.tools.O365SendMessage,langchain_community.tools.office365.send_message.O365SendMessage}", "send_email", SendsMail),
	libraryTool("{langchain_community.tools.slack.send_message.SlackSendMessage,langchain_community.tools.SlackSendMessage}", "send_message", SendsMail),
	libraryTool("langchain_community.tools.{RequestsPostTool,requests.tool.RequestsPostTool}", "requests_post", SendsData),
	libraryTool("langchain_community.tools.{RequestsPutTool,RequestsPatchTool,RequestsDeleteTool,requests.tool.RequestsPutTool,requests.tool.RequestsPatchTool,requests.tool.RequestsDeleteTool}", "", SendsData),
	{Name: "langchain_community.{tools.ShellTool,tools.shell.ShellTool,tools.shell.tool.ShellTool}", Tool: &LibraryTool{Name: "terminal", NameArg: "name", Power: RunsCode, Asks: []string{"ask_human_input=True"}}},
	libraryTool("{langchain_experimental.tools,langchain_experimental.tools.python.tool,langchain.tools.python.tool}.PythonREPLTool", "Python_REPL", RunsCode),
	libraryTool("{langchain_experimental.tools,langchain_experimental.tools.python.tool,langchain.tools.python.tool}.PythonAstREPLTool", "python_repl_ast", RunsCode),
	{Name: "langchain.agents.middleware.{ShellToolMiddleware,shell_tool.ShellToolMiddleware}", Tool: &LibraryTool{Name: "shell", Power: RunsCode, PowerIf: "execution_policy!=langchain.agents.middleware.DockerExecutionPolicy(), execution_policy!=langchain.agents.middleware.CodexSandboxExecutionPolicy()"}},
	{Name: "langchain.agents.middleware.{HostExecutionPolicy,DockerExecutionPolicy,CodexSandboxExecutionPolicy}", NoPass: true},
	{Name: "crewai_tools.CodeInterpreterTool", Tool: &LibraryTool{Power: RunsCode, PowerIf: "unsafe_mode=True"}},
	libraryTool("agents.LocalShellTool", "local_shell", RunsCode),
	{Name: "agents.ShellTool", Tool: &LibraryTool{Name: "shell", Power: RunsCode, Asks: []string{"needs_approval=True"}}},
	libraryTool("autogen_ext.tools.code_execution.PythonCodeExecutionTool", "CodeExecutor", 0),

	// Many tools at once.
	{Name: "{langchain.agents.load_tools,langchain_community.agent_toolkits.load_tools,langchain_community.agent_toolkits.load_tools.load_tools,langchain.agents.load_tools.load_tools}", Tool: &LibraryTool{Named: "0:tool_names", Names: loadedTools}},
	libraryTool("{langchain_google_community.GmailToolkit,langchain_google_community.gmail.toolkit.GmailToolkit,langchain_community.agent_toolkits.GmailToolkit,langchain_community.agent_toolkits.gmail.toolkit.GmailToolkit,langchain_community.agent_toolkits.O365Toolkit,langchain_community.agent_toolkits.office365.toolkit.O365Toolkit}().get_tools", "", ReadsMail|SendsMail),
	libraryTool("{langchain_community.agent_toolkits.FileManagementToolkit,langchain_community.agent_toolkits.file_management.FileManagementToolkit}().get_tools", "", ReadsData|Changes),
	libraryTool("{langchain_community.agent_toolkits.SQLDatabaseToolkit,langchain_community.agent_toolkits.sql.toolkit.SQLDatabaseToolkit}().get_tools", "", ReadsData|Changes),
	libraryTool("{langchain_community.agent_toolkits.PlayWrightBrowserToolkit.from_browser(),langchain_community.agent_toolkits.PlayWrightBrowserToolkit()}.get_tools", "", ReadsWeb),
	libraryTool("{langchain_community.agent_toolkits.openapi.toolkit.RequestsToolkit,langchain_community.agent_toolkits.RequestsToolkit}().get_tools", "", ReadsWeb|SendsData),
	libraryTool("langchain_community.agent_toolkits.SlackToolkit().get_tools", "", ReadsData|SendsMail),

	// What functions do that become tools.
	{Name: "{simple_salesforce.Salesforce,simple_salesforce.api.Salesforce}().{query,query_all,search,quick_search}", Power: ReadsData},
	{Name: "{zenpy.Zenpy().search,zenpy.Zenpy().tickets,hubspot.HubSpot().crm.*.basic_api.get_page,hubspot.HubSpot().crm.*.search_api.do_search,jira.JIRA().search_issues,jira.JIRA().issue,notion_client.Client().databases.query,notion_client.Client().pages.retrieve,gspread.service_account().open().sheet1.get_all_records}", Power: ReadsData},
	{Name: "{smtplib.SMTP,smtplib.SMTP_SSL}().sendmail", Power: SendsMail, To: "1:to_addrs"},
	{Name: "{smtplib.SMTP,smtplib.SMTP_SSL}().send_message", Power: SendsMail, To: "2:to_addrs"},
	{Name: "aiosmtplib.send", Power: SendsMail, To: "recipients"},
	{Name: "googleapiclient.discovery.build().users().messages().send", Power: SendsMail},
	{Name: "exchangelib.Message().{send,send_and_save}", Power: SendsMail},
	{Name: "exchangelib.Message", Power: 0, NoPass: true},
	{Name: "O365.Account().new_message().send", Power: SendsMail},
	{Name: "{sendgrid.SendGridAPIClient().send,yagmail.SMTP().send,boto3.client().send_raw_email,django.core.mail.send_mail,flask_mail.Mail().send,fastapi_mail.FastMail().send_message}", Power: SendsMail},
	{Name: "resend.Emails.send", Power: SendsMail, To: "0[to]"},
	{Name: "boto3.client().send_email", Power: SendsMail, To: "Destination"},
	{Name: "twilio.rest.Client().messages.create", Power: SendsMail, To: "to"},
	{Name: "{slack_sdk.WebClient(),slack_sdk.web.async_client.AsyncWebClient(),slack_sdk.web.client.WebClient()}.{chat_postMessage,files_upload_v2}", Power: SendsMail, To: "channel"},
	{Name: "{requests,requests.sessions.Session(),httpx,httpx.Client(),aiohttp.ClientSession()}.{post,put,patch,delete}", Power: SendsData, To: "0:url"},
	{Name: "{os.remove,os.unlink,os.rename,os.makedirs,shutil.rmtree,shutil.move,shutil.copy}", Power: Changes},
}}
