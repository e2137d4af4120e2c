package models

// toolParams labels what a model fills in, except what frameworks inject by name or type.
var toolParams = map[string]Label{
	"*": LLM, "self": NoLabel, "ctx": NoLabel, "context": NoLabel, "run_context": NoLabel, "run_manager": NoLabel,
	"callbacks": NoLabel, "config": NoLabel, "runtime": NoLabel, "tool_context": NoLabel, "tool_call_id": NoLabel, "wrapper": NoLabel,
}

// tool is a decorated function, or one handed in, whose parameters a model fills in.
func tool(arg Arg) Callback {
	return Callback{Arg: arg, Params: toolParams, Tool: true, Result: ToolResult}
}

// contextTool is a tool whose first parameter is the framework's context.
func contextTool(arg Arg) Callback {
	params := map[string]Label{"0": NoLabel}
	for name, label := range toolParams {
		params[name] = label
	}
	return Callback{Arg: arg, Params: params, Tool: true, Result: ToolResult}
}

// described lists a tool's description as text that a model reads.
func described(args ...Arg) []Sink { return at(PromptTool, args...) }

// GivenToTools are the classes by which a tool's parameter asks for what the framework hands in and
// the model does not choose, as its type or as a mark in its Annotated.
var GivenToTools = set(
	// LangChain and LangGraph
	"InjectedToolArg", "InjectedToolCallId", "InjectedState", "InjectedStore", "ToolRuntime", "RunnableConfig", "Runtime",
	"CallbackManagerForToolRun", "AsyncCallbackManagerForToolRun", "Callbacks", "BaseStore",
	// MCP, Pydantic AI, OpenAI Agents, Google ADK, Strands, LlamaIndex
	"Context", "RunContext", "RunContextWrapper", "ToolContext", "CallbackContext", "InvocationContext", "CurrentContext",
	// Agno: the agent or team that calls
	"Agent", "Team",
)

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}
