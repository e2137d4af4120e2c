package models

// The memories of agents: what is kept there is read back into later conversations. Which call writes one
// is told by NoteMemory; stores of documents and the chat of one session, which are no memories of the
// user, have Ingest sinks without it.
var memories = Framework{Name: "memories of agents", Version: "mem0ai 1.0, zep-cloud 3.13, letta-client 1.6, langmem 0.0.30", Models: []Model{
	{Name: "{mem0.AsyncMemory,mem0.MemoryClient,mem0.AsyncMemoryClient,mem0.memory.main.Memory,mem0.memory.main.AsyncMemory,mem0.client.main.MemoryClient,mem0.client.main.AsyncMemoryClient}", SameAs: "mem0.Memory"},
	{Name: "mem0.Memory.{from_config,from_env}", Returns: "mem0.Memory()", NoPass: true},
	{Name: "mem0.Memory().{search,get_all,get,history}", Source: Memory, From: FromMemory, NoPass: true},
	{Name: "mem0.Memory().add", Sinks: noted(Ingest, NoteMemory, "0:messages"), NoPass: true},
	{Name: "mem0.Memory().update", Sinks: noted(Ingest, NoteMemory, "1:data", "text"), NoPass: true},

	{Name: "{zep_cloud.client,zep_cloud,zep_python.client,zep_python}.AsyncZep", SameAs: "zep_cloud.Zep"},
	{Name: "{zep_cloud.client,zep_python.client,zep_python}.Zep", SameAs: "zep_cloud.Zep"},
	{Name: "zep_cloud.Zep().{memory.get,memory.search,graph.search,thread.get_user_context}", Source: Memory, NoPass: true},
	{Name: "zep_cloud.Zep().{memory.add,thread.add_messages,thread.add_messages_batch}", Sinks: noted(Ingest, NoteMemory, "1:messages"), NoPass: true},
	{Name: "zep_cloud.Zep().graph.add", Sinks: at(Ingest, "data"), NoPass: true},
	{Name: "{zep_cloud,zep_cloud.types,zep_python,zep_python.types}.Message", Message: &Message{RoleArg: "role", Content: "content"}},

	{Name: "letta_client.AsyncLetta", SameAs: "letta_client.Letta"},
	{Name: "letta_client.Letta().agents.{passages,archival_memory,core_memory}.{create,modify,update}", Sinks: noted(Ingest, NoteMemory, "text", "value"), NoPass: true},
	{Name: "letta_client.Letta().agents.blocks.{modify,update}", Sinks: noted(Ingest, NoteMemory, "value"), NoPass: true},
	{Name: "letta_client.Letta().blocks.{create,modify,update}", Sinks: noted(Ingest, NoteMemory, "value"), NoPass: true},
	{Name: "letta_client.Letta().{agents.passages.list,agents.passages.search,agents.blocks.retrieve}", Source: Memory, From: FromMemory, NoPass: true},
	{Name: "letta.create_client().{insert_archival_memory,update_agent_core_memory}", Sinks: noted(Ingest, NoteMemory, "1:memory"), NoPass: true},

	// LangGraph's stores, and the managers of LangMem that write to them.
	{Name: "{langgraph.store.memory.InMemoryStore,langgraph.store.postgres.PostgresStore,langgraph.store.postgres.base.PostgresStore,langgraph.store.postgres.aio.AsyncPostgresStore,langgraph.store.postgres.AsyncPostgresStore,langgraph.store.sqlite.SqliteStore,langgraph.store.sqlite.aio.AsyncSqliteStore,langgraph.store.redis.RedisStore,langgraph.store.redis.aio.AsyncRedisStore,langgraph.store.redis.AsyncRedisStore,langgraph.store.mongodb.MongoDBStore}", Extends: []string{"langgraph.store.base.BaseStore"}},
	{Name: "langgraph.store.{postgres,sqlite,redis,mongodb}.{PostgresStore,AsyncPostgresStore,SqliteStore,RedisStore,AsyncRedisStore,MongoDBStore}.from_conn_string", Returns: "langgraph.store.base.BaseStore()", NoPass: true},
	{Name: "langgraph.store.{postgres.aio.AsyncPostgresStore,sqlite.aio.AsyncSqliteStore,redis.aio.AsyncRedisStore}.from_conn_string", Returns: "langgraph.store.base.BaseStore()", NoPass: true},
	{Name: "langgraph.config.get_store", Returns: "langgraph.store.base.BaseStore()", NoPass: true},
	{Name: "{langgraph.runtime.Runtime,langchain.tools.ToolRuntime,langgraph.prebuilt.ToolRuntime}().store", SameAs: "langgraph.store.base.BaseStore()"},
	{Name: "langgraph.runtime.get_runtime", Returns: "langgraph.runtime.Runtime()", NoPass: true},
	{Name: "langgraph.store.base.BaseStore().{get,aget,search,asearch}", Source: Memory, From: FromMemory, NoPass: true},
	{Name: "langgraph.store.base.BaseStore().{put,aput}", Sinks: noted(Ingest, NoteMemory, "2:value"), NoPass: true},
	{Name: "langgraph.store.base.BaseStore().{batch,abatch}", Sinks: noted(Ingest, NoteMemory, "0:ops"), Source: Memory, From: FromMemory, NoPass: true},
	{Name: "langgraph.store.base.PutOp", Pass: []Arg{"2:value"}},
	{Name: "langmem.{create_memory_manager,create_memory_store_manager,knowledge.create_memory_manager,knowledge.create_memory_store_manager}", Returns: "langmem.MemoryManager()", NoPass: true},
	{Name: "langmem.MemoryManager().{invoke,ainvoke}", Sinks: noted(Ingest, NoteMemory, "0:input[messages]"), Source: LLM, From: modelAnswer, NoPass: true},
	{Name: "langmem.MemoryManager().{put,aput}", Sinks: noted(Ingest, NoteMemory, "1:value"), NoPass: true},
	{Name: "langmem.ReflectionExecutor().submit", Sinks: noted(Ingest, NoteMemory, "0:payload[messages]"), NoPass: true},

	{Name: "autogen_core.memory.ListMemory", Extends: []string{"autogen_core.memory.Memory"}},
	{Name: "{autogen_ext.memory.chromadb.ChromaDBVectorMemory,autogen_ext.memory.mem0.Mem0Memory,autogen_ext.memory.redis.RedisMemory,autogen_ext.memory.canvas.TextCanvasMemory}", Extends: []string{"autogen_core.memory.Memory"}},
	{Name: "autogen_core.memory.Memory().query", Source: Memory, NoPass: true},
	{Name: "autogen_core.memory.Memory().add", Sinks: noted(Ingest, NoteMemory, "0:content"), NoPass: true},
	{Name: "autogen_core.memory.{MemoryContent,_base_memory.MemoryContent}", Pass: []Arg{"0:content"}},

	{Name: "{crewai.memory,crewai.memory.unified_memory}.Memory", SameAs: "crewai.Memory"},
	{Name: "crewai.Memory().remember", Sinks: noted(Ingest, NoteMemory, "0:content"), NoPass: true},
	{Name: "crewai.Memory().remember_many", Sinks: noted(Ingest, NoteMemory, "0:contents"), NoPass: true},
	{Name: "crewai.Memory().recall", Source: Memory, From: FromMemory, NoPass: true},
	{Name: "{crewai.flow.flow.Flow,crewai.flow.Flow}().remember", Sinks: noted(Ingest, NoteMemory, "0:content"), NoPass: true},
	{Name: "crewai.memory.{ShortTermMemory,LongTermMemory,EntityMemory,ExternalMemory,short_term.short_term_memory.ShortTermMemory,long_term.long_term_memory.LongTermMemory,entity.entity_memory.EntityMemory,external.external_memory.ExternalMemory}().{save,asave}", Sinks: noted(Ingest, NoteMemory, "0:value", "0:item", "0:items"), NoPass: true},
	{Name: "crewai.memory.{ShortTermMemory,LongTermMemory,EntityMemory,ExternalMemory,short_term.short_term_memory.ShortTermMemory,long_term.long_term_memory.LongTermMemory,entity.entity_memory.EntityMemory,external.external_memory.ExternalMemory}().{search,asearch}", Source: Memory, From: FromMemory, NoPass: true},
}}
