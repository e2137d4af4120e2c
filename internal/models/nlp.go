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
