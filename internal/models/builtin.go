package models

// Notes by which a check tells apart what the kind of a sink does not.
const (
	// NoteShell marks text that a shell reads, where one value can become several commands.
	NoteShell = "run by the shell"
	// NoteProgram marks a program with its arguments, started without a shell.
	NoteProgram = "run as a program"
	// NoteOptions marks arguments of a command that a library runs.
	NoteOptions = "handed to the command"
	// NoteRate marks a learning rate, NoteSoftPrompt the text or length of a trained prompt.
	NoteRate       = "the learning rate"
	NoteSoftPrompt = "the soft prompt"
	// NoteTraining marks what a model of the project is trained on.
	NoteTraining = "trained on"
	// NoteDataset marks records that are made into a data set, whatever becomes of it.
	NoteDataset = "made into a data set"
	// NoteTuning marks what a hosted fine-tuning job trains on.
	NoteTuning = "trained on by the fine-tuning job"
	// NoteUploaded marks files that are put into a repository of the Hub.
	NoteUploaded = "put into a repository of the Hub"
	// NotePushed marks files that are committed to a repository on a server.
	NotePushed = "committed to a repository on a server"
	// NoteFed marks what a process that was started is fed through its standard input.
	NoteFed = "read by the process that was started"
	// NoteInput marks what an interpreter reads from its standard input as the program to run.
	NoteInput = "run as the program that the interpreter reads"
	// NoteOutput marks the name of a file or folder that a library's function writes to.
	NoteOutput = "written to"
	// NoteCode marks text that is evaluated as Python in the process.
	NoteCode = "evaluated as Python"
	// NoteFilter marks a filter in the language of a vector store.
	NoteFilter = "read as the store's filter"
	// NoteRows marks a filter of the rows of a table of files.
	NoteRows = "read as the table's row filter"
	// NotePathOrFile marks an argument that may be a file's name or an open file: only text
	// there is a name.
	NotePathOrFile = "opened, where it is a name"
	// NotePrefilled marks the value that a field of a page begins with.
	NotePrefilled = "what the field of the page begins with"
	// NoteRedirect marks where the browser is sent to.
	NoteRedirect = "the address the browser is sent to"
	// NoteContext marks what a template is filled with.
	NoteContext = "put into a page"
	// NoteMarkdown marks text that is shown as Markdown: its links and images are live, its
	// tags are not.
	NoteMarkdown = "shown as Markdown"
	// NoteRunFile marks a file that a command runs, NoteRequirements one that it installs from.
	NoteRunFile      = "run by the command"
	NoteRequirements = "installed by the command"
	// NoteEntry marks the id under which a vector store keeps an entry, in place of what was there.
	NoteEntry = "the id of the entry that is replaced"
	// NoteMemory marks what an agent remembers in later conversations.
	NoteMemory = "kept in the agent's memory"
	// NoteLength marks text that a model of the process works through.
	NoteLength = "worked through by the model, however long it is"
	// NoteTemplateFile marks the file or folder that a template's text is read from.
	NoteTemplateFile = "read as a template"
	// NoteFiles marks the files of a list, which are compiled.
	NoteFiles = "compiled"
	// NoteImported marks a module that is imported out of a file which the program has written.
	NoteImported = "imported"
	// NoteRevived marks text that says which classes of LangChain to make objects of.
	NoteRevived = "revived as LangChain objects"
	// NoteTagNames marks the names of tags, of which some are the tracker's own.
	NoteTagNames = "the names of the tags"
	// NoteRegistered marks where a model comes from that is registered under a name.
	NoteRegistered = "where the registered model comes from"
	// ClonedRepository is what reports call a folder that git clone makes.
	ClonedRepository = "a cloned repository"
)

// Words of Model.From by which a check tells apart what the label does not.
const (
	FromPage      = "a fetched page"
	FromSearch    = "search results"
	FromWikipedia = "a Wikipedia article"
	// FromAPI marks what is taken out of the JSON of an answer, FromProject, FromIssue, FromWiki and
	// FromChannel the records of services that strangers write to.
	FromAPI     = "an API's answer"
	FromProject = "a GitHub project's text"
	FromIssue   = "an issue"
	FromWiki    = "a wiki page"
	FromChannel = "messages of a channel"
	// FromPosts marks posts and comments of a social network.
	FromPosts = "posts of other people"
	FromMail  = "an e-mail"
	// FromPicture marks text that was recognised in a picture, FromCamera the picture itself.
	FromPicture = "recognised text"
	FromCamera  = "a camera's picture"
	// FromMetadata marks text that a picture carries along.
	FromMetadata = "an image's metadata"
	// FromProfile and FromAccount mark what a signed-in user wrote about himself.
	FromProfile = "the user's stored profile"
	FromAccount = "the user's account"
	FromMemory  = "what is remembered of the user"
	FromChat    = "the chat so far"
	// FromRegistry marks what whoever registered a model has written down of it.
	FromRegistry = "what a registry says of a model"
)

// Steps of a trail by which a check tells the ways apart on which data came.
const (
	// StepMemberName is the reading of the names under which an archive keeps its members.
	StepMemberName = "a name that the archive gives a member"
	// StepIntoFile and StepOutOfFile are the ways of data into a file and out of it.
	StepIntoFile  = "written to a file"
	StepOutOfFile = "read from the file"
	// StepJSON is the writing of a value as JSON, which escapes quotes.
	StepJSON = "written as JSON"
)

// ClientKey is what reports call the key that a client of a provider holds.
const ClientKey = "the key of the model's client"

// Builtin returns the models that come with the library. The result shares its data with
// other callers' and must not be changed.
func Builtin() []Framework {
	return []Framework{
		stdlibRun, stdlibInput, stdlibFiles, stdlibData, stdlibCalls, stdlibSQL,
		fastapi, flask, quart, django, aiohttpWeb, tornado, sanic, bottle, otherServers, modelServers, batches, templates,
		gradio, streamlit, chainlit, dash, panel, telegram, discord, slack, serverless,
		byUse, openai, anthropic, google, bedrock, otherLLMs, litellm, localLLMs,
		torch, keras, jax, transformers, hub, meshes, sound, voices, latents, films, captioners, federations, accelerators, trackers, tracked, shards, remoteCalls, privacy, encryptedModels, proofs, robots, baselines, rayRL, gym, builds, vowpal, automl, graphs, numpy, pandas, faker, classicML, featureStores, registries,
		databases, sqlalchemy, dataStores, objectStorage, queues, formats, remoteRun, sandboxes, sanitizers,
		writers, opencv, pillow, exif, ocr, upscalers, visionShapes, regions, layers, parsers, sentencePiece, wordVectors, tokenizing, sparseAttention, recurrentModels, entities, graphDatabases, chroma, pinecone, weaviate, qdrant, pgvector, otherVectors, httpClients, webContent, documents,
		langchain, llamaIndex, haystack, dspy, semanticKernel, autogen, crewai, smolagents, openaiAgents, pydanticAI, mcp, instructor, memories, agentTools,
		plots, jupyter, gradient, webProtection, serving, logReceivers, explainers, cards, dashboards, metrics, driftDetectors,
	}
}

// IsStatement reports whether a sink is a statement of a database, and no filter in a language of its own.
func IsStatement(s *Sink) bool {
	return s.Kind == SQL && s.Note != NoteFilter && s.Note != NoteRows && s.Note != NoteGraph
}

// opened lists arguments that may be a file's name or an open file.
func opened(args ...Arg) []Sink { return noted(Path, NotePathOrFile, args...) }

// at lists the dangerous arguments of a call, all of one kind.
func at(kind SinkKind, args ...Arg) []Sink { return noted(kind, "", args...) }

// written lists arguments that name a file or folder that is made: also a name out of an
// archive is dangerous there.
func written(args ...Arg) []Sink { return append(at(Path, args...), at(MemberPath, args...)...) }

// noted is at with a note on each.
func noted(kind SinkKind, note string, args ...Arg) []Sink {
	out := make([]Sink, len(args))
	for i, a := range args {
		out[i] = Sink{Kind: kind, Arg: a, Note: note}
	}
	return out
}
