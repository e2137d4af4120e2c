package models

var chroma = Framework{Name: "chromadb", Version: "1.3", Models: []Model{
	{Name: "chromadb.{PersistentClient,HttpClient,AsyncHttpClient,EphemeralClient,CloudClient}", Extends: []string{"chromadb.Client"}},
	{Name: "chromadb.{PersistentClient().path,Client().heartbeat}", NoPass: true},
	{Name: "chromadb.Client().{get_collection,create_collection,get_or_create_collection}", Returns: "chromadb.Collection()", NoPass: true},
	{Name: "{chromadb.api.models.Collection.Collection,chromadb.api.models.AsyncCollection.AsyncCollection}", SameAs: "chromadb.Collection"},
	{Name: "chromadb.Collection().{query,get,peek,search}", Source: Retrieved, NoPass: true},
	{Name: "chromadb.Collection().add", Sinks: at(Ingest, "2:metadatas", "3:documents"), NoPass: true},
	{Name: "chromadb.Collection().{upsert,update}", Sinks: append(noted(Param, NoteEntry, "0:ids"), at(Ingest, "2:metadatas", "3:documents")...), NoPass: true},
	{Name: "chromadb.Collection().{count,delete,modify}", Number: true},
}}

var pinecone = Framework{Name: "pinecone", Version: "8.0 (and 2.x)", Models: []Model{
	{Name: "{pinecone.Pinecone,pinecone.grpc.PineconeGRPC,pinecone.PineconeAsyncio}", NoPass: true},
	{Name: "{pinecone.Pinecone,pinecone.grpc.PineconeGRPC,pinecone.PineconeAsyncio}().{Index,IndexAsyncio}", Returns: "pinecone.Index()", NoPass: true},
	{Name: "pinecone.GRPCIndex", SameAs: "pinecone.Index"},
	{Name: "pinecone.Index().{query,fetch,search,search_records,query_namespaces}", Source: Retrieved, NoPass: true},
	{Name: "pinecone.Index().upsert", Sinks: append(noted(Param, NoteEntry, "0:vectors[id]", "0:vectors[0]"), at(Ingest, "0:vectors")...), NoPass: true},
	{Name: "pinecone.Index().upsert_records", Sinks: append(noted(Param, NoteEntry, "1:records[id]", "1:records[_id]"), at(Ingest, "1:records")...), NoPass: true},
	{Name: "{pinecone.Vector,pinecone.core.client.models.Vector}", Sinks: noted(Param, NoteEntry, "0:id")},
	{Name: "pinecone.Index().{update}", Sinks: at(Ingest, "set_metadata"), NoPass: true},
}}

var weaviate = Framework{Name: "weaviate", Version: "4.18 (and 3.x)", Models: []Model{
	{Name: "weaviate.{connect_to_local,connect_to_weaviate_cloud,connect_to_wcs,connect_to_custom,connect_to_embedded,use_async_with_local,use_async_with_weaviate_cloud,WeaviateClient,WeaviateAsyncClient}", Returns: "weaviate.WeaviateClient()", NoPass: true},
	{Name: "weaviate.WeaviateClient().collections.{get,use,create,create_from_dict}", Returns: "weaviate.collections.Collection()", NoPass: true},
	{Name: "weaviate.collections.Collection().with_tenant", Returns: "self"},
	{Name: "weaviate.collections.Collection().query.**", Source: Retrieved, NoPass: true},
	{Name: "weaviate.collections.Collection().iterator", Source: Retrieved, NoPass: true},
	{Name: "weaviate.collections.Collection().generate.{near_text,near_vector,bm25,hybrid,fetch_objects,near_object}", Source: LLM, From: modelAnswer, NoPass: true, Chat: &Chat{User: []Arg{"single_prompt", "grouped_task"}}},
	{Name: "weaviate.collections.Collection().data.{insert,insert_many}", Sinks: at(Ingest, "0:properties", "0:objects", "1:properties"), NoPass: true},
	{Name: "weaviate.collections.Collection().data.{replace,update}", Sinks: append(noted(Param, NoteEntry, "0:uuid"), at(Ingest, "1:properties")...), NoPass: true},
	{Name: "weaviate.collections.Collection().batch.{dynamic,fixed_size,rate_limit}().add_object", Sinks: at(Ingest, "0:properties"), NoPass: true},
	{Name: "weaviate.Client().query.get().*", Returns: "weaviate.Client().query.get()", NoPass: true},
	{Name: "weaviate.Client().query.get().do", Source: Retrieved, NoPass: true},
	{Name: "weaviate.WeaviateClient().graphql_raw_query", Sinks: noted(SQL, NoteFilter, "0:gql_query"), Source: Retrieved, NoPass: true},
	{Name: "weaviate.Client().query.raw", Sinks: noted(SQL, NoteFilter, "0:gql_query"), Source: Retrieved, NoPass: true},
	{Name: "weaviate.Client().{data_object.create,batch.add_data_object}", Sinks: at(Ingest, "0:data_object"), NoPass: true},
}}

var qdrant = Framework{Name: "qdrant_client", Version: "1.16", Models: []Model{
	{Name: "qdrant_client.{AsyncQdrantClient,qdrant_client.QdrantClient,async_qdrant_client.AsyncQdrantClient}", Extends: []string{"qdrant_client.QdrantClient"}},
	{Name: "qdrant_client.QdrantClient().{search,search_batch,query,query_points,query_batch_points,query_points_groups,search_groups,recommend,discover,retrieve,scroll,query_batch}", Source: Retrieved, NoPass: true},
	{Name: "qdrant_client.QdrantClient().upsert", Sinks: at(Ingest, "1:points"), NoPass: true},
	{Name: "qdrant_client.{models,http.models,http.models.models}.PointStruct", Sinks: noted(Param, NoteEntry, "id")},
	{Name: "qdrant_client.QdrantClient().{upload_points,upload_records}", Sinks: at(Ingest, "1:points", "1:records"), NoPass: true},
	{Name: "qdrant_client.QdrantClient().upload_collection", Sinks: at(Ingest, "payload"), NoPass: true},
	{Name: "qdrant_client.QdrantClient().add", Sinks: at(Ingest, "1:documents", "2:metadata"), NoPass: true},
	{Name: "qdrant_client.QdrantClient().{set_payload,overwrite_payload}", Sinks: at(Ingest, "1:payload"), NoPass: true},
	{Name: "qdrant_client.QdrantClient().{count,collection_exists}", Number: true},
}}

// pgvector keeps vectors in PostgreSQL. What it makes of an embedding is numbers, and what it is asked for beside them are
// rows of the database: the models of psycopg, asyncpg, SQLAlchemy and Django say so.
var pgvector = Framework{Name: "pgvector", Version: "0.4 (psycopg, psycopg2, asyncpg, pg8000, SQLAlchemy, SQLModel, Django, Peewee)", Models: []Model{
	{Name: "pgvector.{psycopg,psycopg2,asyncpg,pg8000}.{register_vector,register_vector_async}", NoPass: true},
	{Name: "pgvector.{Vector,HalfVector,SparseVector,Bit}", Number: true},
	{Name: "pgvector.{psycopg,psycopg2,asyncpg,pg8000,utils}.{Vector,HalfVector,SparseVector,Bit}", SameAs: "pgvector.Vector"},
	{Name: "pgvector.{sqlalchemy,sqlmodel}.{Vector,VECTOR,HALFVEC,HalfVector,SPARSEVEC,SparseVector,BIT,avg,sum}", NoPass: true},
	{Name: "pgvector.django.{L2Distance,MaxInnerProduct,CosineDistance,L1Distance,HammingDistance,JaccardDistance,VectorField,HalfVectorField,SparseVectorField,BitField,VectorExtension,HnswIndex,IvfflatIndex}", NoPass: true},
	{Name: "pgvector.peewee.{VectorField,HalfVectorField,SparseVectorField,FixedBitField}", NoPass: true},
}}

var otherVectors = Framework{Name: "pymilvus, lancedb, faiss, elasticsearch and others", Version: "pymilvus 2.6, lancedb 0.25, faiss 1.13, elasticsearch 9.2, opensearch-py 3.1, redisvl 0.11, turbopuffer 1.6, azure-search-documents 11.6, meilisearch 0.37", Models: []Model{
	{Name: "pymilvus.AsyncMilvusClient", Extends: []string{"pymilvus.MilvusClient"}},
	{Name: "pymilvus.MilvusClient().delete", Sinks: noted(SQL, NoteFilter, "filter"), NoPass: true},
	{Name: "pymilvus.MilvusClient().query", Sinks: noted(SQL, NoteFilter, "1:filter"), Source: Retrieved, NoPass: true},
	{Name: "pymilvus.MilvusClient().{search,hybrid_search,get,search_iterator,query_iterator}", Sinks: noted(SQL, NoteFilter, "filter"), Source: Retrieved, NoPass: true},
	{Name: "pymilvus.MilvusClient().insert", Sinks: at(Ingest, "1:data"), NoPass: true},
	{Name: "pymilvus.MilvusClient().upsert", Sinks: append(noted(Param, NoteEntry, "1:data[id]", "1:data[pk]", "1:data[doc_id]"), at(Ingest, "1:data")...), NoPass: true},
	{Name: "{pymilvus.orm.collection.Collection}", SameAs: "pymilvus.Collection"},
	{Name: "pymilvus.Collection().delete", Sinks: noted(SQL, NoteFilter, "0:expr"), NoPass: true},
	{Name: "pymilvus.Collection().query", Sinks: noted(SQL, NoteFilter, "0:expr"), Source: Retrieved, NoPass: true},
	{Name: "pymilvus.Collection().{search,hybrid_search,search_iterator,query_iterator}", Sinks: noted(SQL, NoteFilter, "expr"), Source: Retrieved, NoPass: true},
	{Name: "pymilvus.Collection().insert", Sinks: at(Ingest, "0:data"), NoPass: true},
	{Name: "pymilvus.Collection().upsert", Sinks: append(noted(Param, NoteEntry, "0:data[id]", "0:data[pk]", "0:data[doc_id]"), at(Ingest, "0:data")...), NoPass: true},

	{Name: "{lancedb.connect,lancedb.connect_async}().{open_table,create_table}", Returns: "lancedb.table.Table()", NoPass: true},
	{Name: "lancedb.table.Table().{search,query,vector_search}", Source: Retrieved, NoPass: true},
	{Name: "lancedb.table.Table().{to_pandas,to_arrow,head}", Source: Retrieved, NoPass: true},
	{Name: "lancedb.table.Table().{delete,update}", Sinks: noted(SQL, NoteFilter, "0:where"), NoPass: true},
	{Name: "lancedb.table.Table().count_rows", Sinks: noted(SQL, NoteFilter, "0:filter"), Number: true},
	{Name: "lancedb.table.Table().{search,query}().{limit,select,metric,distance_type,nprobes,refine_factor,rerank}", Returns: "self"},
	{Name: "lancedb.table.Table().{search,query}().where", Sinks: noted(SQL, NoteFilter, "0:where"), Returns: "self"},
	{Name: "lancedb.table.Table().add", Sinks: at(Ingest, "0:data"), NoPass: true},

	// FAISS gives numbers; the texts are looked up by the program.
	{Name: "faiss.{read_index,read_index_binary}", Sinks: append(at(ModelSource, "0"), at(Path, "0")...), Returns: "faiss.Index()", NoPass: true},
	{Name: "faiss.deserialize_index", Sinks: at(Deserialize, "0"), Returns: "faiss.Index()", NoPass: true},
	{Name: "faiss.*().{search,range_search,reconstruct}", Number: true},

	{Name: "{elasticsearch.AsyncElasticsearch,opensearchpy.OpenSearch,opensearchpy.AsyncOpenSearch}", Extends: []string{"elasticsearch.Elasticsearch"}},
	{Name: "elasticsearch.Elasticsearch().{search,get,mget,msearch,get_source,knn_search,scroll,esql.query,sql.query}", Source: Retrieved, NoPass: true},
	{Name: "elasticsearch.Elasticsearch().{index,create,update}", Sinks: at(Ingest, "document", "body", "doc"), NoPass: true},
	{Name: "{elasticsearch.helpers,opensearchpy.helpers}.{bulk,async_bulk,streaming_bulk,parallel_bulk}", Sinks: at(Ingest, "1:actions"), NoPass: true},
	{Name: "{elasticsearch.helpers,opensearchpy.helpers}.{scan,async_scan}", Source: Retrieved, NoPass: true},
	{Name: "elasticsearch_dsl.Search().execute", Source: Retrieved, NoPass: true},

	{Name: "redisvl.index.{SearchIndex,AsyncSearchIndex}().{query,search,fetch,batch_query}", Source: Retrieved, NoPass: true},
	{Name: "{redis.commands.search.query.Query,redis.commands.search.Query}", Sinks: noted(SQL, NoteFilter, "0:query_string")},
	{Name: "{redisvl.query.filter.FilterExpression,redisvl.query.FilterExpression}", Sinks: noted(SQL, NoteFilter, "0:_filter")},
	{Name: "redisvl.index.{SearchIndex,AsyncSearchIndex}().load", Sinks: at(Ingest, "0:data"), NoPass: true},
	{Name: "redisvl.extensions.{message_history.MessageHistory,session_manager.StandardSessionManager,message_history.SemanticMessageHistory}().{get_recent,get_relevant,messages}", Source: Memory, From: FromChat, NoPass: true},
	{Name: "redisvl.extensions.{llmcache.SemanticCache,cache.llm.SemanticCache}().check", Source: LLM, From: "a cached model's answer", NoPass: true},

	{Name: "azure.search.documents.{SearchClient,aio.SearchClient}().search", Sinks: noted(SQL, NoteFilter, "filter"), Source: Retrieved, NoPass: true},
	{Name: "azure.search.documents.{SearchClient,aio.SearchClient}().get_document", Source: Retrieved, NoPass: true},
	{Name: "azure.search.documents.{SearchClient,aio.SearchClient}().{upload_documents,merge_documents,merge_or_upload_documents}", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "meilisearch.Client().index().search", Source: Retrieved, NoPass: true},
	{Name: "meilisearch.Client().index().add_documents", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "turbopuffer.Turbopuffer().namespace().query", Source: Retrieved, NoPass: true},
	{Name: "vespa.application.Vespa().query", Source: Retrieved, NoPass: true},
	{Name: "txtai.Embeddings().search", Source: Retrieved, NoPass: true},
	{Name: "txtai.{Embeddings,embeddings.Embeddings}().{index,upsert}", Sinks: at(Ingest, "0:documents"), NoPass: true},
	{Name: "txtai.{Embeddings,embeddings.Embeddings}().load", Sinks: at(Deserialize, "0:path"), NoPass: true},
	{Name: "{annoy.AnnoyIndex,hnswlib.Index}().{get_nns_by_vector,get_nns_by_item,knn_query}", Number: true},
	{Name: "rank_bm25.{BM25Okapi,BM25Plus,BM25L}().get_top_n", Source: Retrieved, NoPass: true},
	{Name: "bm25s.BM25().retrieve", Source: Retrieved, NoPass: true},
	{Name: "ragatouille.RAGPretrainedModel.{from_pretrained,from_index}().search", Source: Retrieved, NoPass: true},
}}
