package models

var haystack = Framework{Name: "haystack", Version: "2.20", Models: []Model{
	{Name: "haystack.dataclasses.ChatMessage.from_system", Message: &Message{Role: "system", Content: "0:text"}},
	{Name: "haystack.dataclasses.ChatMessage.from_user", Message: &Message{Role: "user", Content: "0:text"}},
	{Name: "haystack.dataclasses.ChatMessage.from_assistant", Message: &Message{Role: "assistant", Content: "0:text"}},
	{Name: "haystack.dataclasses.ChatMessage.from_tool", Message: &Message{Role: "tool", Content: "0:tool_result"}},
	{Name: "haystack.dataclasses.chat_message.ChatMessage", SameAs: "haystack.dataclasses.ChatMessage"},
	{Name: "haystack.components.generators.chat.{*,*.*}().{run,run_async}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{Messages: "0:messages", Tools: "tools", Hosted: true}},
	{Name: "haystack.components.generators.{OpenAIGenerator,AzureOpenAIGenerator,HuggingFaceLocalGenerator,HuggingFaceAPIGenerator}().{run,run_async}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"0:prompt"}, System: []Arg{"1:system_prompt"}, Hosted: true}},
	{Name: "haystack.components.generators.{OpenAIGenerator,AzureOpenAIGenerator}", Chat: &Chat{System: []Arg{"system_prompt"}, Hosted: true}, NoPass: true},
	{Name: "haystack_integrations.components.generators.*.*().{run,run_async}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{Messages: "0:messages", User: []Arg{"prompt"}, Tools: "tools", Hosted: true}},
	{Name: "haystack.components.builders.{PromptBuilder,prompt_builder.PromptBuilder}", Sinks: append(at(PromptTemplate, "0:template"), at(Template, "0:template")...)},
	{Name: "haystack.components.builders.{ChatPromptBuilder,chat_prompt_builder.ChatPromptBuilder}", Chat: &Chat{Messages: "0:template"}, Sinks: append(at(PromptTemplate, "0:template"), at(Template, "0:template")...)},
	{Name: "haystack.components.builders.{PromptBuilder,ChatPromptBuilder}().run", Sinks: at(PromptTemplate, "0:template"), Pass: []Arg{"*"}},
	{Name: "haystack.{Pipeline,AsyncPipeline}().{run,run_async,run_async_generator}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "haystack.Pipeline.{load,loads}", Sinks: at(Deserialize, "0"), Returns: "haystack.Pipeline()", NoPass: true},
	{Name: "haystack.components.retrievers.{*,*.*}().{run,run_async}", Source: Retrieved, NoPass: true},
	{Name: "haystack_integrations.components.retrievers.*.*().{run,run_async}", Source: Retrieved, NoPass: true},
	{Name: "haystack.document_stores.{in_memory.InMemoryDocumentStore,types.DocumentStore}().write_documents", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "haystack.document_stores.{in_memory.InMemoryDocumentStore,types.DocumentStore}().{filter_documents,bm25_retrieval,embedding_retrieval}", Source: Retrieved, NoPass: true},
	{Name: "haystack_integrations.document_stores.*.*().write_documents", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "haystack.components.writers.DocumentWriter().run", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "haystack.components.converters.{*,*.*}().{run,run_async}", Sinks: at(Path, "0:sources"), Source: Document, NoPass: true},
	{Name: "haystack.components.fetchers.{LinkContentFetcher,link_content.LinkContentFetcher}().{run,run_async}", Sinks: at(URL, "0:urls"), Source: Web, From: "a fetched page", NoPass: true},
	{Name: "haystack.components.websearch.{SerperDevWebSearch,SearchApiWebSearch}().run", Source: Web, From: "search results", NoPass: true},
	{Name: "{haystack.tools.tool,haystack.tools.from_function.tool}", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: "haystack.tools.Tool", Sinks: described("1:description"), Callbacks: []Callback{tool("3:function"), tool("async_function")}},
	{Name: "haystack.tools.create_tool_from_function", Sinks: described("2:description"), Callbacks: []Callback{tool("0:function")}},
	{Name: "{haystack.components.agents.Agent,haystack.components.agents.agent.Agent}", Chat: &Chat{System: []Arg{"system_prompt"}, User: []Arg{"user_prompt"}, Tools: "tools"}, Returns: "haystack.components.agents.Agent()", NoPass: true},
	{Name: "haystack.components.agents.Agent().{run,run_async}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{Messages: "0:messages", System: []Arg{"system_prompt"}}},
}}

var dspy = Framework{Name: "dspy", Version: "3.0", Models: []Model{
	{Name: "dspy.{ChainOfThought,ProgramOfThought,CodeAct,MultiChainComparison,ChainOfThoughtWithHint,TypedPredictor,BestOfN,Refine}", Extends: []string{"dspy.Predict"}},
	{Name: "dspy.{Predict().__call__,Predict().acall,Predict().forward,Predict().batch,LM().__call__,LM().forward,LM().acall}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"*"}}},
	{Name: "dspy.{OpenAI,AzureOpenAI,Cohere,HFModel,OllamaLocal,Anthropic,Google}().__call__", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"0:prompt"}}},
	{Name: "dspy.{Signature,make_signature}", Chat: &Chat{System: []Arg{"1:instructions"}}},
	{Name: "dspy.{Signature,Signature()}.with_instructions", Chat: &Chat{System: []Arg{"0:instructions"}}, Returns: "self"},
	{Name: "dspy.ReAct", Extends: []string{"dspy.Predict"}, Callbacks: []Callback{tool("1:tools")}, NoPass: true},
	{Name: "dspy.Tool", Sinks: described("desc"), Callbacks: []Callback{tool("0:func")}},
	{Name: "dspy.{Retrieve,ColBERTv2,Embeddings}().{__call__,forward}", Source: Retrieved, NoPass: true},
	{Name: "dspy.{load,Module().load,Predict().load}", Sinks: append(at(Deserialize, "0:path"), at(Path, "0:path")...), NoPass: true},
	{Name: "dspy.PythonInterpreter().{execute,__call__}", Sinks: at(Exec, "0:code"), NoPass: true},
}}

var semanticKernel = Framework{Name: "semantic_kernel", Version: "1.38", Models: []Model{
	{Name: "semantic_kernel.contents.{ChatHistory,chat_history.ChatHistory}", Chat: &Chat{System: []Arg{"system_message"}}, Returns: "semantic_kernel.contents.ChatHistory()"},
	{Name: "semantic_kernel.contents.ChatHistory().{add_system_message,add_developer_message}", Chat: &Chat{System: []Arg{"0:content"}}, Stores: []Arg{"0:content"}, NoPass: true},
	{Name: "semantic_kernel.contents.ChatHistory().add_user_message", Chat: &Chat{User: []Arg{"0:content"}}, Stores: []Arg{"0:content"}, NoPass: true},
	{Name: "semantic_kernel.contents.ChatHistory().{add_assistant_message,add_tool_message,add_message}", Stores: []Arg{"0"}, NoPass: true},
	{Name: "{semantic_kernel.contents.ChatMessageContent,semantic_kernel.contents.chat_message_content.ChatMessageContent}", Message: &Message{RoleArg: "role", Content: "content"}},
	{Name: "semantic_kernel.connectors.ai.{*.*,*.*.*,*.*.*.*}().{get_chat_message_content,get_chat_message_contents,get_streaming_chat_message_content,get_streaming_chat_message_contents}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{Messages: "0:chat_history"}},
	{Name: "semantic_kernel.connectors.ai.{*.*,*.*.*}().{get_text_content,get_text_contents}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"0:prompt"}}},
	{Name: "semantic_kernel.Kernel().{invoke_prompt,invoke_prompt_stream}", Source: LLM, From: modelAnswer, NoPass: true, Sinks: at(PromptTemplate, "0:prompt")},
	{Name: "semantic_kernel.Kernel().{invoke,invoke_stream}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "semantic_kernel.Kernel().add_function", Sinks: at(PromptTemplate, "prompt"), NoPass: true},
	{Name: "semantic_kernel.kernel.Kernel", SameAs: "semantic_kernel.Kernel"},
	{Name: "{semantic_kernel.prompt_template.PromptTemplateConfig,semantic_kernel.prompt_template.prompt_template_config.PromptTemplateConfig}", Sinks: []Sink{
		{Kind: Template, Arg: "template", If: "template_format=jinja2"}, {Kind: PromptTemplate, Arg: "template"},
	}},
	{Name: "semantic_kernel.functions.{KernelFunctionFromPrompt,kernel_function_from_prompt.KernelFunctionFromPrompt,KernelFunction.from_prompt}", Sinks: at(PromptTemplate, "prompt")},
	{Name: "semantic_kernel.functions.{kernel_function,kernel_function_decorator.kernel_function}", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: "semantic_kernel.agents.{ChatCompletionAgent,OpenAIAssistantAgent,AzureAssistantAgent,OpenAIResponsesAgent,AzureAIAgent,AzureResponsesAgent}", Chat: &Chat{System: []Arg{"instructions"}, Tools: "plugins"}, NoPass: true},
	{Name: "semantic_kernel.agents.*().{get_response,invoke,invoke_stream}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"0:messages", "task"}}},
	{Name: "semantic_kernel.core_plugins.{SessionsPythonTool,python_code_interpreter.SessionsPythonTool}().execute_code", NoPass: true, Source: Tool},
}}

var autogen = Framework{Name: "autogen and ag2", Version: "autogen-agentchat 0.7, ag2 0.10 (and pyautogen 0.2)", Models: []Model{
	// pyautogen and ag2.
	{Name: "ag2", SameAs: "autogen"},
	{Name: "pyautogen", SameAs: "autogen"},
	{Name: "autogen.{AssistantAgent,UserProxyAgent,GroupChatManager,agentchat.ConversableAgent,agentchat.AssistantAgent,agentchat.UserProxyAgent,agentchat.contrib.gpt_assistant_agent.GPTAssistantAgent,agentchat.contrib.retrieve_user_proxy_agent.RetrieveUserProxyAgent,agentchat.contrib.retrieve_assistant_agent.RetrieveAssistantAgent,agentchat.contrib.multimodal_conversable_agent.MultimodalConversableAgent}", Extends: []string{"autogen.ConversableAgent"}},
	{Name: "autogen.ConversableAgent", Chat: &Chat{System: []Arg{"1:system_message", "instructions"}, Tools: "functions"}, Callbacks: []Callback{tool("functions")}, NoPass: true},
	{Name: "autogen.ConversableAgent().update_system_message", Chat: &Chat{System: []Arg{"0:system_message"}}, NoPass: true},
	answers("autogen.ConversableAgent().{initiate_chat,a_initiate_chat}", Chat{User: []Arg{"message"}}),
	answers("autogen.ConversableAgent().{run,a_run}", Chat{User: []Arg{"message"}}),
	answers("autogen.ConversableAgent().{generate_reply,a_generate_reply,generate_oai_reply}", Chat{Messages: "0:messages"}),
	{Name: "autogen.ConversableAgent().{last_message,chat_messages}", Source: LLM, From: modelAnswer},
	{Name: "autogen.ConversableAgent().send", Sinks: at(PromptUser, "0:message"), NoPass: true},
	{Name: "autogen.ConversableAgent().get_human_input", Source: Local, From: "what is typed at the terminal", NoPass: true},
	{Name: "autogen.ConversableAgent().{register_for_llm,register_for_execution}", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: "autogen.ConversableAgent().register_function", Callbacks: []Callback{tool("0:function_map")}},
	{Name: "{autogen.register_function,autogen.agentchat.register_function}", Sinks: described("description"), Callbacks: []Callback{tool("0:f")}},
	{Name: "autogen.tools.tool", Sinks: described("1:description"), Callbacks: []Callback{tool("decorated")}},
	answers("autogen.OpenAIWrapper().create", Chat{Messages: "messages"}),
	{Name: "autogen.code_utils.execute_code", Sinks: at(Exec, "0:code"), NoPass: true},
	{Name: "autogen.coding.{*,*.*}().execute_code_blocks", Sinks: at(Exec, "0:code_blocks"), NoPass: true},

	// autogen 0.4 and later.
	{Name: "autogen_agentchat.agents.AssistantAgent", Chat: &Chat{System: []Arg{"system_message"}, Tools: "tools"}, Callbacks: []Callback{tool("tools")}, NoPass: true},
	{Name: "autogen_agentchat.agents.{CodeExecutorAgent,OpenAIAssistantAgent,SocietyOfMindAgent}", Chat: &Chat{System: []Arg{"system_message", "instructions"}}, NoPass: true},
	answers("autogen_agentchat.{agents,teams}.*().{run,run_stream,on_messages,on_messages_stream}", Chat{User: []Arg{"task"}}),
	{Name: "autogen_ext.agents.openai.{OpenAIAssistantAgent,OpenAIAgent}", Chat: &Chat{System: []Arg{"instructions"}, Tools: "tools"}, NoPass: true},
	answers("autogen_ext.models.{*.*,*.*.*}().{create,create_stream}", Chat{Messages: "0:messages", Tools: "tools"}),
	{Name: "autogen_core.models.SystemMessage", Message: &Message{Role: "system", Content: "content"}},
	{Name: "autogen_core.models.UserMessage", Message: &Message{Role: "user", Content: "content"}},
	{Name: "autogen_core.models.AssistantMessage", Message: &Message{Role: "assistant", Content: "content"}},
	{Name: "autogen_core.tools.FunctionTool", Sinks: described("1:description"), Callbacks: []Callback{tool("0:func")}},
	{Name: "autogen_core.tools.BaseTool", Callbacks: []Callback{tool("subclass.run")}},
	{Name: "autogen_core.memory.{ListMemory,Memory}().{query}", Source: Memory, NoPass: true},
	{Name: "autogen_ext.{code_executors.local.LocalCommandLineCodeExecutor,code_executors.jupyter.JupyterCodeExecutor}().execute_code_blocks", Sinks: at(Exec, "0:code_blocks"), NoPass: true},
}}

var crewai = Framework{Name: "crewai", Version: "1.6", Models: []Model{
	{Name: "crewai.{agent.Agent,agent.core.Agent}", SameAs: "crewai.Agent"},
	{Name: "crewai.Agent", Chat: &Chat{System: []Arg{"role", "goal", "backstory", "system_template"}, Tools: "tools"}, NoPass: true},
	{Name: "crewai.Task", Chat: &Chat{User: []Arg{"description", "expected_output"}, Tools: "tools"}, NoPass: true},
	answers("crewai.Crew().{kickoff,kickoff_async,kickoff_for_each,kickoff_for_each_async,akickoff}", Chat{User: []Arg{"inputs"}}),
	answers("crewai.Agent().{kickoff,kickoff_async,execute_task}", Chat{User: []Arg{"0:messages"}}),
	{Name: "crewai.Task().output", Source: LLM, From: modelAnswer},
	answers("crewai.LLM().{call,acall}", Chat{Messages: "0:messages", Tools: "tools"}),
	{Name: "crewai.llm.LLM", SameAs: "crewai.LLM"},
	{Name: "{crewai.tools.tool,crewai_tools.tool,crewai.tools.base_tool.tool}", Callbacks: []Callback{tool("decorated")}},
	{Name: "{crewai.tools.BaseTool,crewai_tools.BaseTool,crewai.tools.base_tool.BaseTool}", Sinks: described("description"), Callbacks: []Callback{tool("subclass._run"), tool("subclass._arun")}},
	{Name: "crewai_tools.{ScrapeWebsiteTool,SerperDevTool,WebsiteSearchTool,FirecrawlScrapeWebsiteTool,SeleniumScrapingTool,EXASearchTool,TavilySearchTool}().{run,_run}", Source: Web, From: "a fetched page", NoPass: true},
	{Name: "crewai_tools.*().{run,_run}", Source: Tool, NoPass: true},
	{Name: "crewai.project.{agent,task,crew,CrewBase,tool,llm,before_kickoff,after_kickoff}", Returns: "args[0]"},
	{Name: "crewai.flow.flow.{start,listen,router}", NoPass: true},
}}

var smolagents = Framework{Name: "smolagents", Version: "1.23", Models: []Model{
	{Name: "smolagents.tool", Callbacks: []Callback{tool("decorated")}},
	{Name: "smolagents.tools.tool", SameAs: "smolagents.tool"},
	{Name: "{smolagents.Tool,smolagents.tools.Tool,transformers.Tool}", Callbacks: []Callback{tool("subclass.forward")}},
	{Name: "smolagents.{CodeAgent,ToolCallingAgent,MultiStepAgent,agents.CodeAgent,agents.ToolCallingAgent}", Chat: &Chat{System: []Arg{"instructions", "system_prompt"}, Tools: "0:tools"}, NoPass: true},
	answers("smolagents.{CodeAgent,ToolCallingAgent,MultiStepAgent,agents.CodeAgent,agents.ToolCallingAgent}().{run,__call__}", Chat{User: []Arg{"0:task"}}),
	answers("smolagents.{InferenceClientModel,HfApiModel,LiteLLMModel,LiteLLMRouterModel,OpenAIServerModel,OpenAIModel,AzureOpenAIServerModel,AzureOpenAIModel,AmazonBedrockServerModel,AmazonBedrockModel,TransformersModel,VLLMModel,MLXModel}().{__call__,generate,generate_stream}", Chat{Messages: "0:messages"}),
	{Name: "smolagents.TransformersModel", Sinks: at(ModelSource, "0:model_id"), NoPass: true},
	{Name: "smolagents.{Tool.from_hub,load_tool,ToolCollection.from_hub,MultiStepAgent.from_hub,CodeAgent.from_hub,Tool.from_space}", Sinks: at(Exec, "0:repo_id"), NoPass: true},
	{Name: "smolagents.{LocalPythonExecutor,PythonInterpreterTool,local_python_executor.LocalPythonExecutor}().{__call__,forward}", Sinks: at(Exec, "0"), NoPass: true},
	{Name: "smolagents.local_python_executor.evaluate_python_code", Sinks: at(Exec, "0:code"), NoPass: true},
	{Name: "smolagents.{VisitWebpageTool,DuckDuckGoSearchTool,WebSearchTool,GoogleSearchTool,WikipediaSearchTool}().{__call__,forward}", Source: Web, From: "a fetched page", NoPass: true},
}}

var openaiAgents = Framework{Name: "openai-agents", Version: "0.6", Models: []Model{
	{Name: "agents.agent.Agent", SameAs: "agents.Agent"},
	{Name: "agents.{Agent,Agent().clone}", Chat: &Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}, Callbacks: []Callback{{Arg: "instructions", Result: PromptSystem}}, Returns: "agents.Agent()", NoPass: true},
	{Name: "{agents.realtime.RealtimeAgent,agents.sandbox.SandboxAgent}", Chat: &Chat{System: []Arg{"instructions"}, Tools: "tools", Hosted: true}, Callbacks: []Callback{{Arg: "instructions", Result: PromptSystem}}, NoPass: true},
	answers("agents.{Runner,run.Runner,Runner()}.{run,run_sync,run_streamed}", Chat{Messages: "1:input", Hosted: true}),
	{Name: "agents.Agent().as_tool", Sinks: described("1:tool_description"), NoPass: true},
	{Name: "{agents.function_tool,agents.tool.function_tool}", Sinks: described("description_override"), Callbacks: []Callback{tool("decorated"), tool("0:func")}},
	{Name: "agents.FunctionTool", Sinks: described("1:description"), Callbacks: []Callback{{Arg: "3:on_invoke_tool", Params: map[string]Label{"1": LLM}, Tool: true}}},
	{Name: "agents.{input_guardrail,output_guardrail}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"2": User}}}},
	{Name: "agents.{ItemHelpers.text_message_outputs,ItemHelpers.text_message_output}", Pass: []Arg{"0"}},
	{Name: "agents.{SQLiteSession,OpenAIConversationsSession}().get_items", Source: Memory, From: "the chat so far", NoPass: true},
	{Name: "agents.mcp.{MCPServerStdio,MCPServerSse,MCPServerStreamableHttp}().{call_tool,list_tools}", Source: Tool, NoPass: true},
}}

var pydanticAI = Framework{Name: "pydantic_ai", Version: "1.26", Models: []Model{
	{Name: "pydantic_ai.agent.Agent", SameAs: "pydantic_ai.Agent"},
	{Name: "pydantic_ai.Agent", Chat: &Chat{System: []Arg{"system_prompt", "instructions"}, Tools: "tools", Hosted: true}, Callbacks: []Callback{tool("tools"), {Arg: "instructions", Result: PromptSystem}}, NoPass: true},
	answers("pydantic_ai.Agent().{run,run_sync,run_stream,run_stream_sync,run_stream_events,iter,run_mcp_servers}", Chat{User: []Arg{"0:user_prompt"}, System: []Arg{"instructions"}, Messages: "message_history", Hosted: true}),
	{Name: "pydantic_ai.Agent().tool", Sinks: described("description"), Callbacks: []Callback{contextTool("decorated")}},
	{Name: "pydantic_ai.Agent().tool_plain", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	// What these functions return becomes part of the system prompt.
	{Name: "pydantic_ai.Agent().{system_prompt,instructions}", Callbacks: []Callback{{Arg: "decorated", Result: PromptSystem}}},
	{Name: "pydantic_ai.Agent().{output_validator,result_validator}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"output": LLM, "result": LLM, "data": LLM}}}},
	{Name: "{pydantic_ai.Tool,pydantic_ai.tools.Tool}", Sinks: described("description"), Callbacks: []Callback{tool("0:function")}},
	{Name: "pydantic_ai.{FunctionToolset,toolsets.FunctionToolset}().{tool,tool_plain}", Callbacks: []Callback{tool("decorated")}},
	{Name: "pydantic_ai.{FunctionToolset,toolsets.FunctionToolset}().add_function", Callbacks: []Callback{tool("0:func")}},
	{Name: "pydantic_ai.direct.{model_request,model_request_sync,model_request_stream}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "pydantic_ai.messages.SystemPromptPart", Message: &Message{Role: "system", Content: "0:content"}},
	{Name: "pydantic_ai.messages.UserPromptPart", Message: &Message{Role: "user", Content: "0:content"}},
}}

// mcpServers are the classes by which a program offers tools over MCP.
const mcpServers = "{mcp.server.fastmcp.FastMCP,mcp.server.fastmcp.server.FastMCP,fastmcp.FastMCP,fastmcp.server.FastMCP,mcp.server.mcpserver.MCPServer,mcp.server.MCPServer}"

var mcp = Framework{Name: "mcp and fastmcp", Version: "mcp 1.23 (and 2.0), fastmcp 2.13", Models: []Model{
	{Name: mcpServers, Sinks: described("1:instructions"), NoPass: true},
	{Name: mcpServers + "().{tool,resource}", Sinks: described("description"), Callbacks: []Callback{tool("decorated"), tool("0:name_or_fn")}},
	{Name: mcpServers + "().prompt", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: mcpServers + "().add_tool", Sinks: described("description"), Callbacks: []Callback{tool("0:fn")}},
	{Name: mcpServers + "().custom_route", Callbacks: []Callback{{Arg: "decorated", Types: map[string]string{"0": "starlette.requests.Request()"}, Route: true, PathArg: "0:path", Result: Response}}},
	{Name: "fastmcp.tools.{Tool.from_function,tool.Tool.from_function}", Sinks: described("description"), Callbacks: []Callback{tool("0:fn")}},
	{Name: "{mcp.server.Server,mcp.server.lowlevel.Server,mcp.server.lowlevel.server.Server}().call_tool", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"*": LLM}, Tool: true}}},
	{Name: "{mcp.server.Server,mcp.server.lowlevel.Server,mcp.server.lowlevel.server.Server}().{read_resource,get_prompt}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"*": LLM}, Tool: true}}},
	{Name: "mcp.types.Tool", Sinks: described("description", "inputSchema")},
	{Name: "{mcp.ClientSession,mcp.client.session.ClientSession,mcp.ClientSessionGroup}().{call_tool,read_resource,list_tools,list_resources,get_prompt,list_prompts}", Source: Tool, From: "an MCP server's answer", NoPass: true},
	{Name: "{fastmcp.Client,fastmcp.client.Client}().{call_tool,call_tool_mcp,read_resource,list_tools,list_resources,get_prompt,list_prompts}", Source: Tool, From: "an MCP server's answer", NoPass: true},
	{Name: "{mcp.StdioServerParameters,mcp.client.stdio.StdioServerParameters}", Sinks: noted(Shell, NoteProgram, "command", "args")},
	{Name: "{mcp.client.sse.sse_client,mcp.client.streamable_http.streamablehttp_client,mcp.client.streamable_http.streamable_http_client,mcp.client.websocket.websocket_client}", Sinks: at(URL, "0:url"), NoPass: true},
	{Name: "fastmcp.server.dependencies.{get_http_headers,get_http_request}", Source: User, From: "the HTTP request", NoPass: true},
	{Name: "langchain_mcp_adapters.client.MultiServerMCPClient().get_tools", Source: Tool, From: "an MCP server's answer", NoPass: true},
	{Name: "langchain_mcp_adapters.tools.load_mcp_tools", Source: Tool, From: "an MCP server's answer", NoPass: true},
}}

var instructor = Framework{Name: "instructor, guardrails and others", Version: "instructor 1.13, guardrails-ai 0.7, google-adk 1.19, strands-agents 1.18, agno 2.3, marvin 3, mem0 1.0", Models: []Model{
	{Name: "instructor.{from_openai,patch,apatch,from_anthropic,from_litellm,from_groq,from_mistral,from_cohere,from_gemini,from_genai,from_vertexai,from_fireworks,from_cerebras,from_bedrock}", Returns: "args[0]"},
	{Name: "instructor.from_provider", Returns: "openai.OpenAI()", NoPass: true},
	answers("openai.OpenAI().chat.completions.{create_with_completion,create_iterable,create_partial}", hostedMessages),
	answers("openai.OpenAI().{create,create_with_completion,create_iterable,create_partial}", hostedMessages),
	answers("anthropic.Anthropic().{messages.create_with_completion,messages.create_iterable,messages.create_partial,chat.completions.create}", Chat{Messages: "messages", System: []Arg{"system"}, Hosted: true}),

	{Name: "guardrails.Guard.{from_pydantic,for_pydantic,from_string,for_string,from_rail,from_rail_string,for_rail,for_rail_string}", Returns: "guardrails.Guard()", NoPass: true},
	answers("guardrails.{Guard,AsyncGuard}().__call__", Chat{Messages: "messages", System: []Arg{"instructions"}, User: []Arg{"prompt"}}),
	{Name: "guardrails.{Guard,AsyncGuard}().use", Returns: "self"},
	{Name: "guardrails.{Guard,AsyncGuard}().{validate,parse}", Pass: []Arg{"0:llm_output"}, Guards: &Guard{Arg: "0:llm_output", Raises: true}},
	{Name: "nemoguardrails.LLMRails().{generate,generate_async}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{Messages: "messages", User: []Arg{"prompt"}}},
	{Name: "llm_guard.{scan_prompt,scan_output}", Pass: []Arg{"1:prompt", "2:output"}},

	{Name: "google.adk.agents.{Agent,LlmAgent,llm_agent.LlmAgent,llm_agent.Agent}", Chat: &Chat{System: []Arg{"instruction", "global_instruction"}, Tools: "tools", Hosted: true}, Callbacks: []Callback{tool("tools"), {Arg: "instruction", Result: PromptSystem}}, NoPass: true},
	{Name: "google.adk.tools.{FunctionTool,LongRunningFunctionTool,function_tool.FunctionTool}", Callbacks: []Callback{tool("0:func")}},
	{Name: "google.adk.runners.{Runner,InMemoryRunner}().{run,run_async,run_live}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"new_message"}}},

	{Name: "strands.tool", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: "strands.Agent", Chat: &Chat{System: []Arg{"system_prompt"}, Messages: "messages", Tools: "tools"}, NoPass: true},
	answers("strands.Agent().{__call__,invoke_async,stream_async,structured_output}", Chat{User: []Arg{"0:prompt"}}),

	{Name: "agno.tools.{tool,decorator.tool}", Sinks: described("description"), Callbacks: []Callback{tool("decorated")}},
	{Name: "{agno.agent.Agent,agno.team.Team,phi.agent.Agent}", Chat: &Chat{System: []Arg{"instructions", "description", "system_message", "expected_output", "additional_context"}, Tools: "tools"}, Callbacks: []Callback{tool("tools")}, NoPass: true},
	answers("{agno.agent.Agent,agno.team.Team,phi.agent.Agent}().{run,arun,print_response,aprint_response}", Chat{User: []Arg{"0:input"}}),

	{Name: "marvin.{fn,ai_fn}", NoPass: true},
	answers("marvin.{run,say,generate,cast,extract,summarize}", Chat{User: []Arg{"0"}, System: []Arg{"instructions"}}),

	{Name: "{mem0.Memory,mem0.AsyncMemory,mem0.MemoryClient,mem0.AsyncMemoryClient}().{search,get_all,get,history}", Source: Memory, NoPass: true},
	{Name: "{mem0.Memory,mem0.AsyncMemory,mem0.MemoryClient,mem0.AsyncMemoryClient}().add", Sinks: at(Ingest, "0:messages"), NoPass: true},
	{Name: "{zep_cloud.client.Zep,zep_cloud.client.AsyncZep,zep_cloud.Zep}().{memory.get,memory.search,graph.search,thread.get_user_context}", Source: Memory, NoPass: true},
	{Name: "{zep_cloud.client.Zep,zep_cloud.client.AsyncZep,zep_cloud.Zep}().{memory.add,graph.add,thread.add_messages}", Sinks: at(Ingest, "messages", "data"), NoPass: true},
	{Name: "composio.{Composio,ComposioToolSet}().{execute_action,tools.execute}", Source: Tool, NoPass: true},
	{Name: "{e2b_code_interpreter,e2b}.{Sandbox,CodeInterpreter,AsyncSandbox}().{run_code,commands.run}", Source: Tool, NoPass: true},
}}
