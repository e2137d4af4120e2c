package models

const liRun = "{complete,acomplete,stream_complete,astream_complete}"

var llamaIndex = Framework{Name: "llama_index", Version: "0.14 (and 0.9)", Models: []Model{
	// Before 0.10 everything stood in one package.
	{Name: "llama_index.{VectorStoreIndex,GPTVectorStoreIndex,GPTSimpleVectorIndex,SummaryIndex,ListIndex,TreeIndex,KeywordTableIndex,KnowledgeGraphIndex,PropertyGraphIndex,DocumentSummaryIndex,GPTListIndex}", Extends: []string{"llama_index.core.VectorStoreIndex"}},
	{Name: "llama_index.core.{SummaryIndex,ListIndex,TreeIndex,KeywordTableIndex,SimpleKeywordTableIndex,KnowledgeGraphIndex,PropertyGraphIndex,DocumentSummaryIndex,GPTVectorStoreIndex,indices.VectorStoreIndex,indices.MultiModalVectorStoreIndex,indices.vector_store.VectorStoreIndex,indices.base.BaseIndex}", Extends: []string{"llama_index.core.VectorStoreIndex"}},
	{Name: "{llama_index.SimpleDirectoryReader,llama_index.core.readers.SimpleDirectoryReader,llama_index.core.readers.file.base.SimpleDirectoryReader}", SameAs: "llama_index.core.SimpleDirectoryReader"},
	{Name: "llama_index.{Document,schema.Document}", SameAs: "llama_index.core.Document"},
	{Name: "llama_index.{prompts,core.prompts}", SameAs: "llama_index.core"},
	{Name: "llama_index.{tools}", SameAs: "llama_index.core.tools"},
	{Name: "llama_index.agent", SameAs: "llama_index.core.agent"},
	{Name: "llama_index.core.agent.workflow", SameAs: "llama_index.core.agent"},
	{Name: "llama_index.core.tools.function_tool", SameAs: "llama_index.core.tools"},
	{Name: "llama_index.{load_index_from_storage,core.indices.load_index_from_storage,core.indices.loading.load_index_from_storage}", SameAs: "llama_index.core.load_index_from_storage"},
	{Name: "llama_index.StorageContext", SameAs: "llama_index.core.StorageContext"},

	// Models. Every class of llama_index.llms is one.
	{Name: "llama_index.llms.{*,*.*}", Extends: []string{"llama_index.core.llms.LLM"}},
	{Name: "llama_index.core.{llms.llm.LLM,llms.CustomLLM,base.llms.base.BaseLLM}", Extends: []string{"llama_index.core.llms.LLM"}},
	{Name: "llama_index.core.Settings.llm", SameAs: "llama_index.core.llms.LLM()"},
	answers("llama_index.core.llms.LLM()."+liRun, Chat{User: []Arg{"0:prompt"}}),
	answers("llama_index.core.llms.LLM().{chat,achat,stream_chat,astream_chat}", Chat{Messages: "0:messages"}),
	answers("llama_index.core.llms.LLM().{predict,apredict,stream,astream}", Chat{User: []Arg{"0:prompt"}}),
	answers("llama_index.core.llms.LLM().{structured_predict,astructured_predict,stream_structured_predict}", Chat{User: []Arg{"1:prompt"}}),
	answers("llama_index.core.llms.LLM().{chat_with_tools,achat_with_tools,predict_and_call,apredict_and_call}", Chat{User: []Arg{"user_msg"}, Messages: "chat_history", Tools: "0:tools"}),
	{Name: "llama_index.core.llms.LLM().as_structured_llm", Returns: "self"},
	{Name: "{llama_index.core.llms,llama_index.core.base.llms.types,llama_index.llms,llama_index.llms.base,llama_index.core.llms.types}.ChatMessage", Message: &Message{RoleArg: "role", Content: "0:content"}, Returns: "llama_index.core.llms.ChatMessage()"},
	{Name: "llama_index.core.llms.{ChatMessage.from_str}", Message: &Message{RoleArg: "1:role", Content: "0:content"}, Returns: "llama_index.core.llms.ChatMessage()"},

	// Templates.
	{Name: "llama_index.core.PromptTemplate", Sinks: at(PromptTemplate, "0:template")},
	{Name: "llama_index.core.{Prompt,prompts.base.PromptTemplate,SelectorPromptTemplate}", SameAs: "llama_index.core.PromptTemplate"},
	{Name: "llama_index.core.RichPromptTemplate", Sinks: append(at(PromptTemplate, "0:template_str"), at(Template, "0:template_str")...)},
	{Name: "llama_index.core.ChatPromptTemplate", Chat: &Chat{Messages: "0:message_templates"}, Sinks: at(PromptTemplate, "0:message_templates")},
	{Name: "llama_index.core.ChatPromptTemplate.from_messages", Chat: &Chat{Messages: "0:message_templates"}, Sinks: at(PromptTemplate, "0:message_templates")},

	// Indexes and engines.
	{Name: "llama_index.core.VectorStoreIndex", Sinks: at(Ingest, "0:nodes"), NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex.from_documents", Sinks: at(Ingest, "0:documents"), Returns: "llama_index.core.VectorStoreIndex()", NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex.{from_vector_store,from_existing}", Returns: "llama_index.core.VectorStoreIndex()", NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex().{insert,ainsert,update,update_ref_doc,refresh,refresh_ref_docs}", Sinks: at(Ingest, "0:document", "0:documents"), NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex().insert_nodes", Sinks: at(Ingest, "0:nodes"), NoPass: true},
	{Name: "llama_index.core.load_index_from_storage", Returns: "llama_index.core.VectorStoreIndex()", NoPass: true},
	{Name: "llama_index.core.StorageContext.from_defaults", Sinks: at(Path, "persist_dir"), NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex().as_query_engine", Chat: &Chat{System: []Arg{"system_prompt"}}, Returns: "llama_index.core.query_engine.BaseQueryEngine()", NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex().as_chat_engine", Chat: &Chat{System: []Arg{"system_prompt", "context_prompt"}}, Returns: "llama_index.core.chat_engine.BaseChatEngine()", NoPass: true},
	{Name: "llama_index.core.VectorStoreIndex().as_retriever", Returns: "llama_index.core.retrievers.BaseRetriever()", NoPass: true},
	{Name: "llama_index.core.query_engine.*", Extends: []string{"llama_index.core.query_engine.BaseQueryEngine"}},
	{Name: "llama_index.core.query_engine.*.{from_args,from_defaults}", Returns: "llama_index.core.query_engine.BaseQueryEngine()", NoPass: true},
	{Name: "llama_index.{experimental.query_engine.PandasQueryEngine,experimental.query_engine.PolarsQueryEngine,core.query_engine.PandasQueryEngine,query_engine.PandasQueryEngine}", Extends: []string{"llama_index.core.query_engine.BaseQueryEngine"}},
	answers("llama_index.core.query_engine.BaseQueryEngine().{query,aquery,synthesize}", Chat{User: []Arg{"0:str_or_query_bundle"}}),
	{Name: "llama_index.core.chat_engine.*", Extends: []string{"llama_index.core.chat_engine.BaseChatEngine"}},
	{Name: "llama_index.core.chat_engine.*.from_defaults", Chat: &Chat{System: []Arg{"system_prompt"}}, Returns: "llama_index.core.chat_engine.BaseChatEngine()", NoPass: true},
	answers("llama_index.core.chat_engine.BaseChatEngine().{chat,achat,stream_chat,astream_chat}", Chat{User: []Arg{"0:message"}}),
	{Name: "llama_index.core.retrievers.*", Extends: []string{"llama_index.core.retrievers.BaseRetriever"}},
	{Name: "llama_index.retrievers.{*,*.*}", Extends: []string{"llama_index.core.retrievers.BaseRetriever"}},
	{Name: "llama_index.core.retrievers.BaseRetriever().{retrieve,aretrieve}", Source: Retrieved, NoPass: true},
	{Name: "llama_index.core.{get_response_synthesizer,response_synthesizers.get_response_synthesizer}().{synthesize,get_response}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "llama_index.vector_stores.{*,*.*}().{query,aquery}", Source: Retrieved, NoPass: true},
	{Name: "llama_index.vector_stores.{*,*.*}().add", Sinks: at(Ingest, "0:nodes"), NoPass: true},
	{Name: "llama_index.core.ingestion.IngestionPipeline().{run,arun}", Sinks: at(Ingest, "documents"), NoPass: true},

	// Readers.
	{Name: "llama_index.core.SimpleDirectoryReader", Sinks: at(Path, "0:input_dir", "input_files"), NoPass: true},
	{Name: "llama_index.core.SimpleDirectoryReader().{load_data,aload_data,iter_data}", Source: Document, NoPass: true},
	{Name: "llama_index.readers.{*,*.*}().{load_data,aload_data,lazy_load_data,load}", Source: Document, NoPass: true},
	{Name: "llama_index.readers.web.*().{load_data,aload_data}", Sinks: at(URL, "0:urls"), Source: Web, From: FromPage, NoPass: true},
	{Name: "llama_index.core.download_loader", Sinks: at(Exec, "0:loader_class"), NoPass: true},
	{Name: "llama_index.download_loader", SameAs: "llama_index.core.download_loader"},
	{Name: "llama_index.core.download.*.*", Sinks: at(Exec, "0"), NoPass: true},
	{Name: "{llama_parse.LlamaParse,llama_cloud_services.LlamaParse}().{load_data,aload_data,parse,aparse}", Sinks: at(Path, "0:file_path"), Source: Document, NoPass: true},

	// Agents and tools.
	{Name: "llama_index.core.tools.FunctionTool.from_defaults", Sinks: described("2:description"), Callbacks: []Callback{tool("0:fn"), tool("async_fn")}},
	{Name: "llama_index.core.tools.FunctionTool", Callbacks: []Callback{tool("0:fn"), tool("async_fn")}},
	{Name: "llama_index.core.tools.{QueryEngineTool,RetrieverTool}.from_defaults", Sinks: described("description"), NoPass: true},
	{Name: "llama_index.core.agent.{FunctionAgent,ReActAgent,CodeActAgent}", Chat: &Chat{System: []Arg{"system_prompt"}, Tools: "tools"}, Callbacks: []Callback{tool("tools")}, Extends: []string{"llama_index.core.agent.AgentWorkflow"}, NoPass: true},
	{Name: "llama_index.core.agent.AgentWorkflow.from_tools_or_functions", Chat: &Chat{System: []Arg{"system_prompt"}, Tools: "0:tools_or_functions"}, Callbacks: []Callback{tool("0:tools_or_functions")}, Returns: "llama_index.core.agent.AgentWorkflow()", NoPass: true},
	{Name: "{llama_index.core.agent.ReActAgent,llama_index.core.agent.OpenAIAgent,llama_index.agent.openai.OpenAIAgent,llama_index.core.agent.FunctionCallingAgent}.from_tools", Chat: &Chat{System: []Arg{"system_prompt", "context"}, Tools: "0:tools"}, Callbacks: []Callback{tool("0:tools")}, Returns: "llama_index.core.agent.AgentWorkflow()", NoPass: true},
	answers("llama_index.core.agent.AgentWorkflow().run", Chat{User: []Arg{"0:user_msg"}, Messages: "chat_history"}),
	answers("llama_index.core.agent.AgentWorkflow().{chat,achat,stream_chat,astream_chat,query,aquery}", Chat{User: []Arg{"0:message"}}),
	{Name: "llama_index.core.memory.{*,*.*}().{get,aget,get_all}", Source: Memory, From: FromChat, NoPass: true},
	{Name: "llama_index.core.memory.{*,*.*}().{put,aput,put_messages}", Sinks: at(Ingest, "0"), NoPass: true},
	{Name: "llama_index.core.{SQLDatabase,utilities.sql_wrapper.SQLDatabase}().run_sql", Sinks: at(SQL, "0:command"), Source: Database, NoPass: true},
	{Name: "llama_index.core.embeddings.{*,*.*}().{get_text_embedding,get_query_embedding,get_text_embedding_batch}", Number: true},
	{Name: "llama_index.embeddings.{*,*.*}().{get_text_embedding,get_query_embedding,get_text_embedding_batch,aget_text_embedding}", Number: true},
}}
