package models

// lcRun are the methods by which a LangChain model, chain or agent runs.
const lcRun = "{invoke,ainvoke,stream,astream,batch,abatch,batch_as_completed,astream_events,astream_log,transform,predict,apredict,predict_messages,apredict_messages,run,arun,call,acall,apply,aapply,generate,agenerate,generate_prompt,call_as_llm}"

// lcConfigure are methods that give the same runnable with other settings.
const lcConfigure = "{bind,with_config,with_retry,with_fallbacks,with_types,with_listeners,with_structured_output,configurable_fields,configurable_alternatives}"

var langchain = Framework{Name: "langchain", Version: "1.1 (langchain-core 1.1, langchain-classic 1.0, and 0.1 to 0.3)", Models: append([]Model{
	{Name: "langchain_classic", SameAs: "langchain"},
	{Name: "langchain.{schema,schema.messages,messages}", SameAs: "langchain_core.messages"},
	{Name: "langchain_core.messages.{system,human,ai,chat,tool,function,base,utils}", SameAs: "langchain_core.messages"},
	{Name: "langchain.schema.Document", SameAs: "langchain_core.documents.Document"},
	{Name: "langchain.schema.document", SameAs: "langchain_core.documents"},
	{Name: "langchain.docstore.document", SameAs: "langchain_core.documents"},
	{Name: "langchain.{prompts,prompts.chat,prompts.prompt,prompts.few_shot,prompts.loading}", SameAs: "langchain_core.prompts"},
	{Name: "langchain.{PromptTemplate}", SameAs: "langchain_core.prompts.PromptTemplate"},
	{Name: "langchain_core.prompts.{chat,prompt,few_shot,base,string}", SameAs: "langchain_core.prompts"},
	{Name: "langchain.tools", SameAs: "langchain_core.tools"},
	{Name: "langchain.{agents.tool,tools.base.tool}", SameAs: "langchain_core.tools.tool"},
	{Name: "langchain.{agents.Tool,tools.base.Tool}", SameAs: "langchain_core.tools.Tool"},
	{Name: "langchain_core.tools.{base,structured,simple,convert}", SameAs: "langchain_core.tools"},
	{Name: "langchain.vectorstores", SameAs: "langchain_community.vectorstores"},
	{Name: "langchain.document_loaders", SameAs: "langchain_community.document_loaders"},
	{Name: "langchain.llms", SameAs: "langchain_community.llms"},
	{Name: "langchain.utilities", SameAs: "langchain_community.utilities"},
	{Name: "langchain.retrievers", SameAs: "langchain_community.retrievers"},
	{Name: "langchain.text_splitter", SameAs: "langchain_text_splitters"},

	// Messages.
	{Name: "langchain_core.messages.{SystemMessage,SystemMessageChunk}", Message: &Message{Role: "system", Content: "0:content"}, Returns: "langchain_core.messages.BaseMessage()"},
	{Name: "langchain_core.messages.{HumanMessage,HumanMessageChunk}", Message: &Message{Role: "user", Content: "0:content"}, Returns: "langchain_core.messages.BaseMessage()"},
	{Name: "langchain_core.messages.{AIMessage,AIMessageChunk}", Message: &Message{Role: "assistant", Content: "0:content"}, Returns: "langchain_core.messages.BaseMessage()"},
	{Name: "langchain_core.messages.{ToolMessage,FunctionMessage}", Message: &Message{Role: "tool", Content: "0:content"}, Returns: "langchain_core.messages.BaseMessage()"},
	{Name: "langchain_core.messages.{ChatMessage,ChatMessageChunk}", Message: &Message{RoleArg: "role", Content: "0:content"}, Returns: "langchain_core.messages.BaseMessage()"},
	{Name: "langchain_core.messages.{trim_messages,filter_messages,merge_message_runs}", Returns: "args[0]"},

	// Templates: braces in the text are read as variables, or run as Jinja.
	{Name: "langchain_core.prompts.PromptTemplate", Sinks: append(at(PromptTemplate, "template"), jinjaFormat("template")...)},
	{Name: "langchain_core.prompts.{PromptTemplate,ChatPromptTemplate,StringPromptTemplate}.from_template", Sinks: append(at(PromptTemplate, "0:template"), jinjaFormat("0:template")...), Returns: "langchain_core.prompts.PromptTemplate()"},
	{Name: "langchain_core.prompts.{PromptTemplate,HumanMessagePromptTemplate,SystemMessagePromptTemplate}.from_file", Sinks: at(Path, "0:template_file"), Returns: "langchain_core.prompts.PromptTemplate()", NoPass: true},
	{Name: "langchain_core.prompts.SystemMessagePromptTemplate.from_template", Message: &Message{Role: "system", Content: "0:template", Template: true}, Sinks: append(at(PromptTemplate, "0:template"), jinjaFormat("0:template")...)},
	{Name: "langchain_core.prompts.HumanMessagePromptTemplate.from_template", Message: &Message{Role: "user", Content: "0:template", Template: true}, Sinks: append(at(PromptTemplate, "0:template"), jinjaFormat("0:template")...)},
	{Name: "langchain_core.prompts.AIMessagePromptTemplate.from_template", Message: &Message{Role: "assistant", Content: "0:template", Template: true}, Sinks: append(at(PromptTemplate, "0:template"), jinjaFormat("0:template")...)},
	{Name: "langchain_core.prompts.ChatMessagePromptTemplate.from_template", Message: &Message{RoleArg: "role", Content: "0:template", Template: true}, Sinks: append(at(PromptTemplate, "0:template"), jinjaFormat("0:template")...)},
	{Name: "langchain_core.prompts.ChatPromptTemplate", Extends: []string{"langchain_core.prompts.PromptTemplate"}, Sinks: at(PromptTemplate, "0:messages"), Chat: &Chat{Messages: "0:messages"}},
	{Name: "langchain_core.prompts.ChatPromptTemplate.{from_messages,from_role_strings}", Sinks: append(at(PromptTemplate, "0:messages"), jinjaFormat("0:messages")...), Chat: &Chat{Messages: "0:messages"}, Returns: "langchain_core.prompts.PromptTemplate()"},
	{Name: "langchain_core.prompts.{FewShotPromptTemplate,FewShotPromptWithTemplates}", Sinks: at(PromptTemplate, "prefix", "suffix")},
	{Name: "langchain_core.prompts.PromptTemplate().{format,aformat,invoke,ainvoke,format_prompt,aformat_prompt,format_messages,aformat_messages}", Pass: []Arg{"self", "*"}},
	{Name: "langchain_core.prompts.PromptTemplate().partial", Returns: "self"},
	{Name: "langchain_core.prompts.loading", SameAs: "langchain_core.prompts"},
	{Name: "langchain_core.prompts.load_prompt", Sinks: append(at(Path, "0:path"), noted(Deserialize, NoteRevived, "0:path")...), NoPass: true},
	{Name: "langchain_core.prompts.load_prompt_from_config", Sinks: noted(Deserialize, NoteRevived, "0:config"), NoPass: true},
	{Name: "{langchain.hub.pull,langchainhub.Client().pull,langsmith.Client().pull_prompt}", Source: Web, From: "a prompt that others publish", NoPass: true},

	// Models.
	{Name: "langchain_core.language_models.{chat_models.BaseChatModel,llms.BaseLLM,llms.LLM,BaseLLM,LLM,BaseLanguageModel}", SameAs: "langchain_core.language_models.BaseChatModel"},
	answers("langchain_core.language_models.BaseChatModel()."+lcRun, Chat{Messages: "0:input", Hosted: true}),
	calls("langchain_core.language_models.BaseChatModel()", Chat{Messages: "0:messages", Hosted: true}), answerOf("langchain_core.language_models.BaseChatModel()"),
	{Name: "langchain_core.language_models.BaseChatModel()." + lcConfigure, Returns: "self"},
	{Name: "langchain_core.language_models.BaseChatModel().bind_tools", Chat: &Chat{Tools: "0:tools"}, Returns: "self"},
	{Name: "langchain_core.language_models.BaseChatModel().{get_num_tokens,get_num_tokens_from_messages,get_token_ids}", Number: true},
	{Name: "{langchain_community.chat_models,langchain.chat_models,langchain_community.llms}.{*,*.*}", Extends: []string{"langchain_core.language_models.BaseChatModel"}, Sinks: lcSettings},
	{Name: "langchain.chat_models.{init_chat_model,base.init_chat_model}", Sinks: at(Param, "0:model")},
	{Name: "langchain.{OpenAI,Cohere,HuggingFaceHub,LlamaCpp}", Extends: []string{"langchain_core.language_models.BaseChatModel"}},

	// Chains and agents.
	{Name: "langchain.chains.{*,*.*,*.*.*}", Extends: []string{"langchain.chains.base.Chain"}},
	{Name: "langchain.{LLMChain,ConversationChain,LLMMathChain,VectorDBQA,SQLDatabaseChain}", Extends: []string{"langchain.chains.base.Chain"}},
	answers("langchain.chains.base.Chain()."+lcRun, Chat{User: []Arg{"*"}}),
	calls("langchain.chains.base.Chain()", Chat{User: []Arg{"*"}}), answerOf("langchain.chains.base.Chain()"),
	{Name: "langchain.chains.base.Chain()." + lcConfigure, Returns: "self"},
	{Name: "langchain.agents.{AgentExecutor,initialize_agent,create_react_agent,create_tool_calling_agent,create_openai_tools_agent,create_openai_functions_agent,create_structured_chat_agent,create_xml_agent,create_json_chat_agent,create_self_ask_with_search_agent,create_sql_agent,create_pandas_dataframe_agent,create_csv_agent}", Extends: []string{"langchain.chains.base.Chain"}},
	{Name: "langchain.agents.AgentExecutor.from_agent_and_tools", Returns: "langchain.chains.base.Chain()"},
	{Name: "langchain.agents.create_agent", Chat: &Chat{System: []Arg{"system_prompt"}, Tools: "1:tools"}, Callbacks: []Callback{tool("1:tools")}, Returns: "langchain.chains.base.Chain()", NoPass: true},
	{Name: "langchain.agents.factory.create_agent", SameAs: "langchain.agents.create_agent"},
	{Name: "langchain_experimental.{sql.SQLDatabaseChain,pal_chain.PALChain,agents.create_pandas_dataframe_agent,agents.create_csv_agent,agents.create_python_agent,agents.agent_toolkits.create_pandas_dataframe_agent,agents.agent_toolkits.create_csv_agent,agents.agent_toolkits.create_python_agent,plan_and_execute.PlanAndExecute,autonomous_agents.AutoGPT}", Extends: []string{"langchain.chains.base.Chain"}},
	{Name: "langchain_experimental.{sql.SQLDatabaseChain.from_llm,pal_chain.PALChain.from_math_prompt}", Returns: "langchain.chains.base.Chain()"},
	{Name: "langchain_community.agent_toolkits.{create_sql_agent,json.base.create_json_agent,openapi.base.create_openapi_agent}", Returns: "langchain.chains.base.Chain()"},
	{Name: "langchain.chains.combine_documents.create_stuff_documents_chain", NoPass: true},
	{Name: "langchain.chains.combine_documents.stuff.create_stuff_documents_chain", SameAs: "langchain.chains.combine_documents.create_stuff_documents_chain"},
	{Name: "langchain.chains.create_retrieval_chain", NoPass: true},
	{Name: "langchain.chains.retrieval.create_retrieval_chain", SameAs: "langchain.chains.create_retrieval_chain"},
	{Name: "langchain.chains.create_history_aware_retriever", NoPass: true},
	{Name: "langchain.chains.history_aware_retriever.create_history_aware_retriever", SameAs: "langchain.chains.create_history_aware_retriever"},
	{Name: "langchain_core.runnables.{base,passthrough}", SameAs: "langchain_core.runnables"},
	{Name: "langchain.{schema.runnable,schema.runnable.base,schema.runnable.passthrough,runnables}", SameAs: "langchain_core.runnables"},
	{Name: "langchain_core.runnables.RunnableMap", SameAs: "langchain_core.runnables.RunnableParallel"},
	{Name: "langchain_core.runnables.{RunnableLambda,RunnableGenerator,chain}", Callbacks: []Callback{{Arg: "0:func"}}},
	{Name: "langchain_core.runnables.RunnablePassthrough.assign", Returns: "langchain_core.runnables.RunnablePassthrough()", NoPass: true},
	{Name: "langchain_core.runnables.{RunnableLambda,RunnablePassthrough,RunnableParallel,RunnableGenerator,RunnableBranch}().{invoke,ainvoke,stream,astream,batch,abatch}", Pass: []Arg{"0"}},
	{Name: "langchain_core.runnables.history.RunnableWithMessageHistory", Extends: []string{"langchain.chains.base.Chain"}},
	{Name: "langchain_core.output_parsers.{StrOutputParser,JsonOutputParser,PydanticOutputParser,CommaSeparatedListOutputParser}().{parse,invoke,ainvoke}", Pass: []Arg{"0"}},

	// Tools.
	{Name: "langchain_core.tools.tool", Sinks: described("description"), Callbacks: []Callback{tool("decorated"), tool("0:name_or_callable"), tool("1:runnable")}},
	{Name: "langchain_core.tools.StructuredTool.from_function", Sinks: described("3:description"), Callbacks: []Callback{tool("0:func"), tool("1:coroutine")}},
	{Name: "langchain_core.tools.{Tool,StructuredTool}", Sinks: described("2:description"), Callbacks: []Callback{tool("1:func"), tool("coroutine")}},
	{Name: "langchain_core.tools.Tool.from_function", Sinks: described("2:description"), Callbacks: []Callback{tool("0:func"), tool("coroutine")}},
	{Name: "langchain_core.tools.BaseTool", Sinks: described("description"), Callbacks: []Callback{tool("subclass._run"), tool("subclass._arun")}},
	{Name: "langchain_core.tools.BaseTool().{invoke,ainvoke,run,arun}", Source: Tool, NoPass: true},
	{Name: "langchain_core.tools.create_retriever_tool", NoPass: true},
	{Name: "langchain_community.tools.{*,*.*,*.*.*}().{invoke,ainvoke,run,arun,_run,results}", Source: Tool, NoPass: true},
	{Name: "langchain_community.tools.{DuckDuckGoSearchRun,DuckDuckGoSearchResults,TavilySearchResults,WikipediaQueryRun,BraveSearch,GoogleSearchRun,ddg_search.DuckDuckGoSearchRun,tavily_search.TavilySearchResults,requests.tool.RequestsGetTool}().{invoke,ainvoke,run,arun}", Source: Web, From: FromSearch, NoPass: true},
	{Name: "{langchain_tavily.TavilySearch,langchain_google_community.GoogleSearchRun,langchain_exa.ExaSearchResults}().{invoke,ainvoke,run,arun}", Source: Web, From: FromSearch, NoPass: true},
	{Name: "langchain_community.utilities.{*,*.*}().{run,arun,results,aresults,load}", Source: Web, From: FromSearch, NoPass: true},
	{Name: "langchain_community.utilities.{requests.TextRequestsWrapper,requests.RequestsWrapper,TextRequestsWrapper,RequestsWrapper}().{get,aget,post,apost,put,patch,delete}", Sinks: at(URL, "0:url"), Source: Web, From: FromPage, NoPass: true},
	{Name: "langchain_community.utilities.{SQLDatabase,sql_database.SQLDatabase}", SameAs: "langchain_community.utilities.sql_database.Database"},
	{Name: "langchain.SQLDatabase", SameAs: "langchain_community.utilities.sql_database.Database"},
	{Name: "langchain_community.utilities.sql_database.Database.from_uri", Returns: "langchain_community.utilities.sql_database.Database()", NoPass: true},
	{Name: "langchain_community.utilities.sql_database.Database().{run,run_no_throw}", Sinks: at(SQL, "0:command"), Source: Database, NoPass: true},
	{Name: "langchain_community.tools.{QuerySQLDatabaseTool,QuerySQLDataBaseTool,sql_database.tool.QuerySQLDatabaseTool,sql_database.tool.QuerySQLDataBaseTool}().{invoke,run}", Sinks: at(SQL, "0"), Source: Database, NoPass: true},
	{Name: "langchain_community.{tools.ShellTool,tools.shell.ShellTool,tools.shell.tool.ShellTool}().{invoke,run}", Sinks: noted(Shell, NoteShell, "0"), Source: Tool, NoPass: true},
	{Name: "{langchain_experimental.utilities,langchain_experimental.utilities.python,langchain.utilities,langchain_community.utilities.python,langchain.python}.PythonREPL().run", Sinks: noted(Exec, NoteCode, "0:command"), Source: Tool, NoPass: true},
	{Name: "{langchain_experimental.tools,langchain_experimental.tools.python.tool,langchain.tools.python.tool}.{PythonREPLTool,PythonAstREPLTool}().{invoke,run,ainvoke,arun}", Sinks: noted(Exec, NoteCode, "0"), Source: Tool, NoPass: true},

	// Loading what others wrote.
	{Name: "{langchain.load,langchain_core.load.dump}", SameAs: "langchain_core.load"},
	{Name: "langchain_core.load.load.loads", SameAs: "langchain_core.load.loads"},
	{Name: "langchain_core.load.load.load", SameAs: "langchain_core.load.load"},
	{Name: "langchain_core.load.load.Reviver", SameAs: "langchain_core.load.Reviver"},
	{Name: "langchain_core.load.loads", Sinks: noted(Deserialize, NoteRevived, "0:text"), Pass: []Arg{"0"}},
	{Name: "langchain_core.load.load", Sinks: noted(Deserialize, NoteRevived, "0:obj"), Pass: []Arg{"0"}},
	{Name: "langchain_core.load.Reviver()", Sinks: noted(Deserialize, NoteRevived, "0:value"), Pass: []Arg{"0"}},
	{Name: "langchain_core.load.{dumps,dumpd}", Pass: []Arg{"0:obj"}, Cleans: []SinkKind{Deserialize}},
	{Name: "{langchain_community,langchain}.{llms.loading.load_llm,chains.load_chain,chains.loading.load_chain,agents.load_agent,agents.loading.load_agent}", Sinks: noted(Deserialize, NoteRevived, "0:path", "0:file"), NoPass: true},
	{Name: "{langchain_community,langchain}.{llms.loading.load_llm_from_config,chains.loading.load_chain_from_config,agents.loading.load_agent_from_config}", Sinks: noted(Deserialize, NoteRevived, "0:config"), NoPass: true},
	{Name: "langchain_community.document_loaders.{*,*.*}().{load,lazy_load,aload,alazy_load,load_and_split,scrape,fetch_all}", Source: Document, NoPass: true},
	{Name: "langchain_community.document_loaders." + lcWebLoaders + "().{load,lazy_load,aload,alazy_load,load_and_split,scrape}", Source: Web, From: FromPage, NoPass: true},
	{Name: "langchain_community.document_loaders.{RedditPostsLoader,TwitterTweetLoader,reddit.RedditPostsLoader,twitter.TwitterTweetLoader,TwitterTweetLoader.from_bearer_token(),TwitterTweetLoader.from_secrets(),MastodonTootsLoader}().{load,lazy_load,aload,alazy_load,load_and_split}", Source: Web, From: FromPosts, NoPass: true},
	{Name: "langchain_community.document_loaders.TwitterTweetLoader.{from_bearer_token,from_secrets}", Returns: "langchain_community.document_loaders.TwitterTweetLoader()", NoPass: true},
	{Name: "{langchain_google_community.GMailLoader,langchain_google_community.gmail.loader.GMailLoader,langchain_community.document_loaders.UnstructuredEmailLoader,langchain_community.document_loaders.OutlookMessageLoader,langchain_community.chat_loaders.gmail.GMailLoader}().{load,lazy_load,aload,alazy_load,load_and_split}", Source: Document, From: FromMail, NoPass: true},
	{Name: "langchain_community.document_loaders." + lcWebLoaders, Sinks: at(URL, "0", "web_path", "web_paths", "urls", "url"), NoPass: true},
	{Name: "langchain_community.document_loaders.{TextLoader,PyPDFLoader,CSVLoader,UnstructuredFileLoader,Docx2txtLoader,PDFPlumberLoader,PyMuPDFLoader,UnstructuredPDFLoader,UnstructuredWordDocumentLoader,BSHTMLLoader,JSONLoader,PyPDFium2Loader,UnstructuredMarkdownLoader,UnstructuredExcelLoader}", Sinks: at(Path, "0:file_path"), NoPass: true},
	{Name: "langchain_community.document_loaders.{DirectoryLoader,PyPDFDirectoryLoader}", Sinks: at(Path, "0:path"), NoPass: true},
	{Name: "{langchain_unstructured.UnstructuredLoader,langchain_docling.DoclingLoader,langchain_docling.loader.DoclingLoader,langchain_pymupdf4llm.PyMuPDF4LLMLoader}().{load,lazy_load,alazy_load}", Source: Document, NoPass: true},
	{Name: "langchain_text_splitters.*().{split_text,split_documents,create_documents,transform_documents}", Pass: []Arg{"0"}},

	// Vector stores and retrievers.
	{Name: "langchain_core.vectorstores.base.VectorStore", SameAs: "langchain_core.vectorstores.VectorStore"},
	{Name: "langchain_community.vectorstores.{*,*.*}", Extends: []string{"langchain_core.vectorstores.VectorStore"}},
	{Name: "{langchain_chroma.Chroma,langchain_chroma.vectorstores.Chroma,langchain_pinecone.PineconeVectorStore,langchain_pinecone.vectorstores.PineconeVectorStore,langchain_qdrant.QdrantVectorStore,langchain_qdrant.Qdrant,langchain_postgres.PGVector,langchain_postgres.PGVectorStore,langchain_postgres.vectorstores.PGVector,langchain_milvus.Milvus,langchain_milvus.Zilliz,langchain_weaviate.WeaviateVectorStore,langchain_weaviate.vectorstores.WeaviateVectorStore,langchain_elasticsearch.ElasticsearchStore,langchain_redis.RedisVectorStore,langchain_mongodb.MongoDBAtlasVectorSearch,langchain_astradb.AstraDBVectorStore,langchain_core.vectorstores.InMemoryVectorStore,langchain_neo4j.Neo4jVector,langchain_google_vertexai.VectorSearchVectorStore,langchain_azure_ai.vectorstores.AzureAISearch,langchain_oracledb.OracleVS,langchain_couchbase.CouchbaseVectorStore}", Extends: []string{"langchain_core.vectorstores.VectorStore"}},
	{Name: "langchain_postgres.PGVectorStore.{create,create_sync}", Returns: "langchain_core.vectorstores.VectorStore()", NoPass: true},
	{Name: "langchain_postgres.{v2.vectorstores.PGVectorStore,v2.async_vectorstore.AsyncPGVectorStore}", SameAs: "langchain_postgres.PGVectorStore"},
	{Name: "langchain_core.vectorstores.VectorStore.{from_documents,afrom_documents}", Sinks: at(Ingest, "0:documents"), Returns: "langchain_core.vectorstores.VectorStore()", NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore.{from_texts,afrom_texts}", Sinks: at(Ingest, "0:texts"), Returns: "langchain_core.vectorstores.VectorStore()", NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore.{from_existing_index,from_existing_collection,from_embeddings}", Returns: "langchain_core.vectorstores.VectorStore()", NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore.load_local", Sinks: []Sink{{Kind: Deserialize, Arg: "0:folder_path", If: "allow_dangerous_deserialization=True"}, {Kind: Path, Arg: "0:folder_path"}}, Returns: "langchain_core.vectorstores.VectorStore()", NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore().{add_documents,aadd_documents}", Sinks: append(noted(Param, NoteEntry, "ids"), at(Ingest, "0:documents")...), NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore().{add_texts,aadd_texts}", Sinks: append(noted(Param, NoteEntry, "ids"), at(Ingest, "0:texts")...), NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore().{similarity_search,asimilarity_search,similarity_search_with_score,asimilarity_search_with_score,similarity_search_with_relevance_scores,asimilarity_search_with_relevance_scores,similarity_search_by_vector,max_marginal_relevance_search,amax_marginal_relevance_search,search,asearch,get_by_ids,hybrid_search}", Source: Retrieved, NoPass: true},
	{Name: "langchain_milvus.{Milvus,Zilliz}().{similarity_search,asimilarity_search,similarity_search_with_score,similarity_search_by_vector,max_marginal_relevance_search}", Sinks: noted(SQL, NoteFilter, "expr"), Source: Retrieved, NoPass: true},
	{Name: "langchain_milvus.{Milvus,Zilliz}().as_retriever", Sinks: noted(SQL, NoteFilter, "search_kwargs[expr]"), Returns: "langchain_core.retrievers.BaseRetriever()", NoPass: true},
	{Name: "langchain_milvus.{Milvus,Zilliz}().delete", Sinks: noted(SQL, NoteFilter, "expr"), NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore().as_retriever", Returns: "langchain_core.retrievers.BaseRetriever()", NoPass: true},
	{Name: "langchain_core.vectorstores.VectorStore().{save_local,persist}", NoPass: true},
	{Name: "{langchain_core.retrievers.BaseRetriever,langchain_core.vectorstores.VectorStoreRetriever}().{invoke,ainvoke,get_relevant_documents,aget_relevant_documents,batch,abatch}", Source: Retrieved, NoPass: true},
	{Name: "langchain_community.retrievers.{*,*.*}", Extends: []string{"langchain_core.retrievers.BaseRetriever"}},
	{Name: "langchain_community.retrievers.{*,*.*}.{from_documents,from_llm,from_texts}", Returns: "langchain_core.retrievers.BaseRetriever()", NoPass: true},
	{Name: "{langchain_cohere.CohereRagRetriever,langchain_aws.AmazonKnowledgeBasesRetriever,langchain_aws.AmazonKendraRetriever,langchain_azure_ai.retrievers.AzureAISearchRetriever,langchain_community.retrievers.BM25Retriever.from_documents()}", Extends: []string{"langchain_core.retrievers.BaseRetriever"}},
	{Name: "langchain_community.embeddings.{*,*.*}().{embed_query,embed_documents,aembed_query,aembed_documents}", Number: true},
	{Name: "{langchain_openai.OpenAIEmbeddings,langchain_huggingface.HuggingFaceEmbeddings,langchain_ollama.OllamaEmbeddings,langchain_google_genai.GoogleGenerativeAIEmbeddings}().{embed_query,embed_documents,aembed_query,aembed_documents}", Number: true},

	// Memory.
	{Name: "langchain.memory.{*,*.*}().{load_memory_variables,buffer,buffer_as_str,buffer_as_messages,chat_memory}", Source: Memory, From: FromChat},
	{Name: "langchain.memory.{*,*.*}().{save_context}", Sinks: at(Ingest, "0:inputs", "1:outputs"), NoPass: true},
	{Name: "{langchain_community.chat_message_histories.*,langchain_core.chat_history.InMemoryChatMessageHistory,langchain_core.chat_history.BaseChatMessageHistory,langchain_postgres.PostgresChatMessageHistory,langchain_redis.RedisChatMessageHistory,langchain_mongodb.MongoDBChatMessageHistory}().{messages,get_messages,aget_messages}", Source: Memory, From: FromChat},
	{Name: "{langchain_community.chat_message_histories.*,langchain_core.chat_history.InMemoryChatMessageHistory,langchain_core.chat_history.BaseChatMessageHistory}().{add_user_message,add_ai_message,add_message,add_messages}", Sinks: at(Ingest, "0"), NoPass: true},

	// LangGraph.
	{Name: "langgraph.graph.{StateGraph,MessageGraph}().add_node", Callbacks: []Callback{{Arg: "1:action", Types: injected}, {Arg: "0:node", Types: injected}}, Returns: "self"},
	{Name: "langgraph.graph.state.State", NoPass: true}, // what nodes are handed
	{Name: "langgraph.graph.state.StateGraph", SameAs: "langgraph.graph.StateGraph"},
	{Name: "langgraph.graph.{StateGraph,MessageGraph}().add_conditional_edges", Callbacks: []Callback{{Arg: "1:path"}}, Returns: "self"},
	{Name: "langgraph.graph.{StateGraph,MessageGraph}().{add_edge,set_entry_point,set_finish_point,add_sequence}", Returns: "self"},
	{Name: "langgraph.graph.{StateGraph,MessageGraph}().compile", Returns: "langgraph.pregel.Pregel()", NoPass: true},
	{Name: "langgraph.pregel.Pregel().{invoke,ainvoke,stream,astream,astream_events}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"0:input"}}},
	{Name: "langgraph.pregel.Pregel().{get_state,aget_state,get_state_history}", Source: Memory, From: "the agent's saved state", NoPass: true},
	{Name: "langgraph.prebuilt.{create_react_agent,chat_agent_executor.create_react_agent}", Chat: &Chat{System: []Arg{"prompt", "state_modifier", "messages_modifier"}, Tools: "1:tools"}, Callbacks: []Callback{tool("1:tools")}, Returns: "langgraph.pregel.Pregel()", NoPass: true},
	{Name: "{langgraph_supervisor.create_supervisor,langgraph_swarm.create_swarm}", Chat: &Chat{System: []Arg{"prompt"}, Tools: "tools"}, Returns: "langgraph.graph.StateGraph()", NoPass: true},
	{Name: "langgraph.prebuilt.ToolNode", Callbacks: []Callback{tool("0:tools")}, NoPass: true},
	{Name: "langgraph.types.Command", Pass: []Arg{"1:update", "2:resume"}},
	{Name: "langgraph.types.interrupt", Source: User, From: "the answer of the person asked", NoPass: true},
	{Name: "langgraph.func.{task,entrypoint}", Returns: "args[0]"},

	{Name: "langserve.RemoteRunnable().{invoke,ainvoke,stream,astream,batch}", Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "langserve.RemoteRunnable", Sinks: at(URL, "0:url"), NoPass: true},
}, langchainModels()...)}

// injected is what LangGraph hands to the nodes of a graph by the names of their parameters.
var injected = map[string]string{"store": "langgraph.store.base.BaseStore()", "runtime": "langgraph.runtime.Runtime()"}

const lcWebLoaders = "{WebBaseLoader,AsyncHtmlLoader,AsyncChromiumLoader,UnstructuredURLLoader,SeleniumURLLoader,PlaywrightURLLoader,RecursiveUrlLoader,SitemapLoader,FireCrawlLoader,NewsURLLoader,WikipediaLoader,ArxivLoader,YoutubeLoader,RSSFeedLoader,HNLoader,OnlinePDFLoader,BraveSearchLoader,ApifyDatasetLoader,SpiderLoader,GitbookLoader,recursive_url_loader.RecursiveUrlLoader,web_base.WebBaseLoader}"

// jinjaFormat lists a template that Jinja runs.
func jinjaFormat(arg Arg) []Sink {
	return []Sink{{Kind: Template, Arg: arg, If: "template_format=jinja2"}}
}

// lcSettings are the arguments of a model class that a caller should not choose.
var lcSettings = append(at(Param, "model", "model_name", "model_id", "model_kwargs[max_tokens]", "model_kwargs[temperature]", "model_kwargs[top_p]"), settings...)

// langchainModels lists the model classes of the integration packages.
func langchainModels() []Model {
	var out []Model
	for _, name := range []string{
		"langchain_openai.{ChatOpenAI,AzureChatOpenAI,OpenAI,AzureOpenAI,chat_models.ChatOpenAI,chat_models.AzureChatOpenAI}",
		"langchain_anthropic.{ChatAnthropic,ChatAnthropicMessages,AnthropicLLM,chat_models.ChatAnthropic}",
		"langchain_google_genai.{ChatGoogleGenerativeAI,GoogleGenerativeAI,chat_models.ChatGoogleGenerativeAI}",
		"langchain_google_vertexai.{ChatVertexAI,VertexAI}",
		"langchain_google_vertexai.model_garden.ChatAnthropicVertex",
		"langchain_aws.{ChatBedrock,ChatBedrockConverse,BedrockLLM,SagemakerEndpoint}",
		"langchain_groq.{ChatGroq,chat_models.ChatGroq}",
		"langchain_mistralai.{ChatMistralAI,chat_models.ChatMistralAI}",
		"langchain_cohere.{ChatCohere,Cohere}",
		"langchain_ollama.{ChatOllama,OllamaLLM,chat_models.ChatOllama,llms.OllamaLLM}",
		"langchain_together.{ChatTogether,Together}",
		"langchain_fireworks.{ChatFireworks,Fireworks}",
		"langchain_huggingface.{ChatHuggingFace,HuggingFacePipeline,HuggingFaceEndpoint}",
		"langchain_huggingface.HuggingFacePipeline.from_model_id",
		"langchain_deepseek.ChatDeepSeek",
		"langchain_xai.ChatXAI",
		"langchain_perplexity.ChatPerplexity",
		"langchain_nvidia_ai_endpoints.ChatNVIDIA",
		"langchain_ibm.{ChatWatsonx,WatsonxLLM}",
		"langchain_cerebras.ChatCerebras",
		"langchain_upstage.ChatUpstage",
		"langchain_azure_ai.chat_models.AzureAIChatCompletionsModel",
		"langchain_litellm.ChatLiteLLM",
		"langchain_openrouter.ChatOpenRouter",
		"langchain_community.llms.huggingface_pipeline.HuggingFacePipeline.from_model_id",
	} {
		out = append(out, Model{Name: name, Extends: []string{"langchain_core.language_models.BaseChatModel"}, Sinks: lcSettings, NoPass: true})
	}
	return out
}
