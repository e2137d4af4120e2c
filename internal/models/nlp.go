package models

// This file holds libraries that work with text: parsers, tokenizers, word vectors.

const (
	// NoteParser marks what says which parser model is loaded or installed.
	NoteParser = "loaded as the parser's model"
	// NoteTrainerOptions marks text that is read as the command line of SentencePiece's trainer.
	NoteTrainerOptions = "read as options of the trainer"
	// NoteVocabulary marks files that SentencePiece's trainer reads and writes, or its processor loads.
	NoteVocabulary = "opened by SentencePiece"
	// NoteResource marks the name of a resource that NLTK loads, by its ending as a pickle.
	NoteResource = "loaded as a resource of NLTK"
	// NoteBeams marks numbers that decide how many sequences a model computes side by side.
	NoteBeams = "decides how many sequences are computed side by side"
	// NoteSparse marks what decides how much of its input a sparse attention looks at.
	NoteSparse = "decides how much attention is computed"
	// NoteGraph marks queries of graphs in languages other than SQL.
	NoteGraph = "run as a query of a graph"
	// FromEntity marks the text of what was recognised in a document.
	FromEntity = "text of a recognised entity"
	// NoteTokenized marks text that a tokenizer or a pipeline cuts into tokens, however many these are.
	NoteTokenized = "cut into tokens, however many these are"
	// NoteNormalized marks text of which plain letters are made.
	NoteNormalized = "made plain letters of"
	// NoteSpecialTokens marks text in which tiktoken may find control tokens.
	NoteSpecialTokens = "cut into tokens by tiktoken"
	// NoteNewTokens marks text that becomes a token of its own.
	NoteNewTokens = "added to the tokenizer's vocabulary"
)

// stanzaModels are the arguments that say what a pipeline of stanza loads.
var stanzaModels = func() []Arg {
	args := []Arg{"1:dir", "2:package", "model_dir"}
	for _, processor := range []string{"tokenize", "mwt", "pos", "lemma", "depparse", "ner", "sentiment", "constituency", "coref", "morphseg"} {
		args = append(args, Arg(processor+"_model_path"), Arg(processor+"_pretrain_path"), Arg(processor+"_forward_charlm_path"), Arg(processor+"_backward_charlm_path"))
	}
	return args
}()

var parsers = Framework{Name: "parsers", Version: "spacy 3.8, stanza 1.11, supar 1.1, benepar 0.2", Models: []Model{
	{Name: "spacy.{load,util.load_model,util.load_model_from_path,util.load_model_from_package}", Sinks: noted(ModelSource, NoteParser, "0:name", "0:model_path"), Returns: "spacy.language.Language()", NoPass: true},
	{Name: "spacy.blank", Returns: "spacy.language.Language()", NoPass: true},
	{Name: "spacy.cli.{download,download.download}", Sinks: noted(ModelSource, NoteParser, "0:model"), NoPass: true},
	{Name: "stanza.{Pipeline,pipeline.core.Pipeline}", Sinks: noted(ModelSource, NoteParser, stanzaModels...), NoPass: true},
	{Name: "stanza.{download,resources.common.download}", Sinks: noted(ModelSource, NoteParser, "1:model_dir", "2:package", "6:resources_url"), NoPass: true},
	{Name: "supar.{Parser,parser.Parser,parsers.Parser}.load", Sinks: noted(ModelSource, NoteParser, "0:path"), NoPass: true},
	{Name: "supar.*.load", Sinks: noted(ModelSource, NoteParser, "0:path"), NoPass: true},
	{Name: "benepar.Parser", Sinks: noted(ModelSource, NoteParser, "0:name"), NoPass: true},
	{Name: "benepar.download", Sinks: noted(ModelSource, NoteParser, "0:model"), NoPass: true},
	{Name: "nltk.data.load", Sinks: noted(DataSource, NoteResource, "0:resource_url"), NoPass: true},
	{Name: "spacy.Language", SameAs: "spacy.language.Language"},
}}

var sentencePiece = Framework{Name: "sentencepiece", Version: "0.2", Models: []Model{
	{Name: "sentencepiece.SentencePieceTrainer.{train,Train}", Sinks: append(noted(Option, NoteTrainerOptions, "0:arg"), noted(Path, NoteVocabulary, "input", "model_prefix")...), NoPass: true},
	{Name: "sentencepiece.SentencePieceTrainer().{train,Train}", Sinks: append(noted(Option, NoteTrainerOptions, "0:arg"), noted(Path, NoteVocabulary, "input", "model_prefix")...), NoPass: true},
	{Name: "sentencepiece.SentencePieceProcessor", Sinks: append(at(ModelSource, "0:model_file"), noted(Path, NoteVocabulary, "0:model_file")...), Returns: "sentencepiece.SentencePieceProcessor()", NoPass: true},
	{Name: "sentencepiece.SentencePieceProcessor().{load,Load,LoadFromFile}", Sinks: append(at(ModelSource, "0:model_file"), noted(Path, NoteVocabulary, "0:model_file")...), NoPass: true},
}}

// vectorClasses are the classes of gensim, by all the names under which they are imported.
const vectorClasses = "{Word2Vec,word2vec.Word2Vec,KeyedVectors,keyedvectors.KeyedVectors,keyedvectors.Word2VecKeyedVectors,Doc2Vec,doc2vec.Doc2Vec,LdaModel,ldamodel.LdaModel,LdaMulticore,ldamulticore.LdaMulticore,LsiModel,lsimodel.LsiModel,TfidfModel,tfidfmodel.TfidfModel,HdpModel,hdpmodel.HdpModel,nmf.Nmf,Phrases,phrases.Phrases,phrases.Phraser,phrases.FrozenPhrases}"

var wordVectors = Framework{Name: "gensim", Version: "4.4", Models: []Model{
	{Name: "gensim.models." + vectorClasses + ".load", Sinks: append(at(Deserialize, "0:fname"), at(ModelSource, "0:fname")...), NoPass: true},
	{Name: "gensim.{corpora.Dictionary.load,corpora.dictionary.Dictionary.load,utils.unpickle,utils.SaveLoad.load,similarities.Similarity.load,similarities.MatrixSimilarity.load,similarities.SparseMatrixSimilarity.load}", Sinks: at(Deserialize, "0:fname"), NoPass: true},
	{Name: "gensim.models.{KeyedVectors.load_word2vec_format,keyedvectors.KeyedVectors.load_word2vec_format}", Sinks: at(ModelSource, "0"), NoPass: true},
	{Name: "gensim.models.fasttext.load_facebook_model", Sinks: at(ModelSource, "0"), Returns: "gensim.models.fasttext.FastText()", NoPass: true},
	{Name: "gensim.models.fasttext.load_facebook_vectors", Sinks: at(ModelSource, "0"), Returns: "gensim.models.fasttext.FastTextKeyedVectors()", NoPass: true},
	{Name: "gensim.models.FastText", SameAs: "gensim.models.fasttext.FastText"},
	{Name: "gensim.models.fasttext.FastText.load", Returns: "gensim.models.fasttext.FastText()", Sinks: append(at(Deserialize, "0:fname"), at(ModelSource, "0:fname")...), NoPass: true},
	{Name: "gensim.models.fasttext.FastTextKeyedVectors.load", Returns: "gensim.models.fasttext.FastTextKeyedVectors()", Sinks: append(at(Deserialize, "0:fname"), at(ModelSource, "0:fname")...), NoPass: true},
	{Name: "gensim.models.fasttext.FastText().wv", SameAs: "gensim.models.fasttext.FastTextKeyedVectors()"},
	{Name: "gensim.downloader.load", Sinks: at(ModelSource, "0:name"), NoPass: true},
}}

// tokenizerClasses are the tokenizers of the tokenizers library.
const tokenizerClasses = "{Tokenizer,BertWordPieceTokenizer,ByteLevelBPETokenizer,CharBPETokenizer,SentencePieceBPETokenizer,SentencePieceUnigramTokenizer,implementations.BertWordPieceTokenizer,implementations.ByteLevelBPETokenizer,implementations.CharBPETokenizer,implementations.SentencePieceBPETokenizer,implementations.SentencePieceUnigramTokenizer,implementations.BaseTokenizer}"

// newTokens are the arguments whose texts become tokens.
var newTokens = noted(Param, NoteNewTokens, "0:new_tokens", "0:tokens", "0:special_tokens_dict", "0:special_tokens")

var tokenizing = Framework{Name: "tokenizers", Version: "tokenizers 0.22, tiktoken 0.12", Models: []Model{
	{Name: "tokenizers.Tokenizer.from_buffer", Returns: "tokenizers.Tokenizer()", NoPass: true},
	{Name: "tokenizers." + tokenizerClasses + "().{add_tokens,add_special_tokens}", Sinks: newTokens, NoPass: true},
	{Name: "transformers.PreTrainedTokenizerBase().{add_tokens,add_special_tokens}", Sinks: newTokens, NoPass: true},
	{Name: "transformers.*.from_pretrained().{add_tokens,add_special_tokens}", Sinks: newTokens, NoPass: true},
	{Name: "transformers.{DebertaV2Tokenizer,DebertaV2TokenizerFast,DebertaTokenizerFast,XLNetTokenizer,XLNetTokenizerFast,MT5Tokenizer,MT5TokenizerFast,T5TokenizerFast,ByT5Tokenizer,BartTokenizer,BartTokenizerFast,MBartTokenizer,MBartTokenizerFast,RobertaTokenizerFast,XLMRobertaTokenizer,XLMRobertaTokenizerFast,DistilBertTokenizer,DistilBertTokenizerFast,AlbertTokenizer,AlbertTokenizerFast,ElectraTokenizer,ElectraTokenizerFast,MobileBertTokenizer,MobileBertTokenizerFast,FunnelTokenizer,FunnelTokenizerFast,LongformerTokenizer,LongformerTokenizerFast,LEDTokenizer,LEDTokenizerFast}.from_pretrained", Returns: "transformers.PreTrainedTokenizerBase()", NoPass: true},
	{Name: "{tokenizers.AddedToken,transformers.AddedToken,transformers.tokenization_utils_base.AddedToken}", Pass: []Arg{"0:content"}},
	{Name: "transformers.{PreTrainedTokenizerBase(),Pipeline()}.tokenizer", SameAs: "transformers.PreTrainedTokenizerBase()"},

	{Name: "{tiktoken.get_encoding,tiktoken.encoding_for_model,tiktoken.registry.get_encoding,tiktoken.model.encoding_for_model}", Returns: "tiktoken.Encoding()", NoPass: true},
	{Name: "tiktoken.core.Encoding", SameAs: "tiktoken.Encoding"},
	{Name: "tiktoken.Encoding().{encode,encode_batch,encode_to_numpy,encode_with_unstable}", Number: true, Sinks: noted(Tokens, NoteSpecialTokens, "0:text")},
	{Name: "tiktoken.Encoding().{encode_ordinary,encode_ordinary_batch}", Number: true},
}}

// classified are the texts of pipelines that give the model each as a whole.
var classified = []Sink{
	{Kind: Length, Arg: "0:inputs", Note: NoteTokenized, If: "()0:task^=text-classification|sentiment-analysis|zero-shot-classification|feature-extraction"},
	{Kind: Length, Arg: "sequences", Note: NoteTokenized, If: "()0:task=zero-shot-classification"},
}

// beams are the numbers of sequences that are computed for one input.
var beams = noted(Size, NoteBeams, "num_beams", "num_return_sequences", "num_beam_groups", "**")

// bigBird are the models whose attention skips most pairs of tokens.
const bigBird = "{BigBirdModel,BigBirdForPreTraining,BigBirdForMaskedLM,BigBirdForCausalLM,BigBirdForSequenceClassification,BigBirdForMultipleChoice,BigBirdForTokenClassification,BigBirdForQuestionAnswering,BigBirdPegasusModel,BigBirdPegasusForConditionalGeneration,BigBirdPegasusForSequenceClassification,BigBirdPegasusForQuestionAnswering,BigBirdPegasusForCausalLM}"

var sparse = noted(Size, NoteSparse, "block_size", "num_random_blocks", "attention_type")

var sparseAttention = Framework{Name: "sparse attention", Version: "transformers 4.57", Models: []Model{
	{Name: "transformers.{BigBirdConfig,BigBirdPegasusConfig}", Sinks: sparse},
	{Name: "transformers.{BigBirdConfig,BigBirdPegasusConfig}.from_pretrained", Sinks: sparse, NoPass: true},
	{Name: "transformers." + bigBird, Extends: []string{"transformers.PreTrainedModel"}},
	{Name: "transformers." + bigBird + ".from_pretrained", Sinks: sparse, Returns: "transformers.PreTrainedModel()", NoPass: true},
	{Name: "transformers.PreTrainedModel().set_attention_type", Sinks: noted(Size, NoteSparse, "0:value"), NoPass: true},
}}

// entityText is text that a document's author has written, which matters where a query is made of it.
func entityText(name string) Model {
	return Model{Name: name, Source: Document, From: FromEntity, SourceFor: []SinkKind{SQL}}
}

var entities = Framework{Name: "recognised entities", Version: "spacy 3.8, stanza 1.11, flair 0.15, nltk 3.9", Models: []Model{
	{Name: "spacy.tokens.doc.Doc", SameAs: "spacy.tokens.Doc"},
	{Name: "spacy.tokens.span.Span", SameAs: "spacy.tokens.Span"},
	{Name: "spacy.tokens.token.Token", SameAs: "spacy.tokens.Token"},
	{Name: "spacy.language.Language()", Returns: "spacy.tokens.Doc()"},
	{Name: "spacy.language.Language().make_doc", Returns: "spacy.tokens.Doc()"},
	{Name: "spacy.language.Language().pipe()[]", SameAs: "spacy.tokens.Doc()"},
	{Name: "spacy.tokens.Doc().{ents,noun_chunks,sents}[]", SameAs: "spacy.tokens.Span()"},
	{Name: "spacy.tokens.Doc().char_span", Returns: "spacy.tokens.Span()"},
	{Name: "spacy.tokens.Span().ents[]", SameAs: "spacy.tokens.Span()"},
	{Name: "spacy.tokens.{Doc,Span}()[]", SameAs: "spacy.tokens.Token()"},
	{Name: "spacy.tokens.Span().root", SameAs: "spacy.tokens.Token()"},
	{Name: "spacy.tokens.Token().head", SameAs: "spacy.tokens.Token()"},
	{Name: "spacy.tokens.Token().{children,subtree,lefts,rights,ancestors}[]", SameAs: "spacy.tokens.Token()"},
	entityText("spacy.tokens.{Span,Token}().{text,text_with_ws,lemma_,orth_,lower_,norm_}"),
	{Name: "stanza.Pipeline()", Returns: "stanza.Document()"},
	{Name: "stanza.models.common.doc.Document", SameAs: "stanza.Document"},
	entityText("stanza.Document().{ents,entities}[].text"),
	entityText("stanza.Document().sentences[].{ents,entities,words,tokens}[].{text,lemma}"),
	{Name: "flair.data.Sentence().get_spans", Returns: "flair.data.Spans()"},
	entityText("flair.data.Spans()[].text"),
	{Name: "{nltk.ne_chunk,nltk.chunk.ne_chunk}", Source: Document, From: FromEntity, SourceFor: []SinkKind{SQL}, Returns: "nltk.Tree()"},
	{Name: "nltk.Tree()[].label", NoPass: true},
	{Name: "nltk.Tree().label", NoPass: true},
}}

// graphQuery is the first argument of a query that is no SQL.
var graphQuery = noted(SQL, NoteGraph, "0:query", "0:cypher", "0:message", "0:query_object", "0:update_object")

var graphDatabases = Framework{Name: "databases of graphs", Version: "neo4j 6.0, py2neo 2021, rdflib 7.4, SPARQLWrapper 2.0, gremlinpython 3.7", Models: []Model{
	{Name: "neo4j.{GraphDatabase,AsyncGraphDatabase}.driver", Returns: "neo4j.Driver()", NoPass: true},
	{Name: "neo4j.AsyncDriver", SameAs: "neo4j.Driver"},
	{Name: "neo4j.AsyncSession", SameAs: "neo4j.Session"},
	{Name: "neo4j.{AsyncTransaction,ManagedTransaction,AsyncManagedTransaction}", SameAs: "neo4j.Transaction"},
	{Name: "neo4j.Driver().session", Returns: "neo4j.Session()", NoPass: true},
	{Name: "neo4j.Session().begin_transaction", Returns: "neo4j.Transaction()", NoPass: true},
	{Name: "neo4j.Session().{execute_write,execute_read,write_transaction,read_transaction}", Callbacks: []Callback{{Arg: "0", Types: map[string]string{"0": "neo4j.Transaction()"}}}, Source: Database, NoPass: true},
	{Name: "neo4j.{Session,Transaction}().run", Sinks: at(SQL, "0:query"), Source: Database, NoPass: true},
	{Name: "neo4j.Driver().execute_query", Sinks: at(SQL, "0:query_"), Source: Database, NoPass: true},
	{Name: "{langchain_neo4j.Neo4jGraph,langchain_community.graphs.Neo4jGraph,langchain_community.graphs.neo4j_graph.Neo4jGraph}().query", Sinks: at(SQL, "0:query"), Source: Database, NoPass: true},
	{Name: "py2neo.{Graph,database.Graph,Transaction}().{run,evaluate}", Sinks: graphQuery, Source: Database, NoPass: true},
	{Name: "rdflib.{Graph,graph.Graph,ConjunctiveGraph,Dataset}().{query,update}", Sinks: graphQuery, Source: Database, NoPass: true},
	{Name: "rdflib.term.Literal", SameAs: "rdflib.Literal"},
	{Name: "rdflib.Literal().n3", Cleans: []SinkKind{SQL}},
	{Name: "SPARQLWrapper.{SPARQLWrapper,SPARQLWrapper2}().setQuery", Sinks: graphQuery, NoPass: true},
	{Name: "gremlin_python.driver.client.Client().{submit,submit_async,submitAsync}", Sinks: graphQuery, Source: Database, NoPass: true},
}}

// recurrent are models that hand the states of what they have read to the next call.
const recurrent = "{XLNetLMHeadModel,XLNetModel,XLNetForSequenceClassification,XLNetForTokenClassification,XLNetForQuestionAnswering,TransfoXLLMHeadModel,TransfoXLModel,TransfoXLForSequenceClassification,ReformerModelWithLMHead}"

var recurrentModels = Framework{Name: "recurrent transformers", Version: "transformers 4.57", Models: []Model{
	{Name: "transformers." + recurrent, Extends: []string{"transformers.PreTrainedModel"}},
	{Name: "transformers." + recurrent + ".from_pretrained", Returns: "transformers.PreTrainedModel()", NoPass: true},
}}
