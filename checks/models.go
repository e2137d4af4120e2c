package checks

import "github.com/pyguard/pyguardml/internal/models"

// This file holds the words in which an embedder describes a framework of its own, see
// Options.Models and docs/models.md.
type (
	// Arg names an argument of a call: "0:url" is position 0 or keyword url.
	Arg = models.Arg
	// Sink is a dangerous argument.
	Sink = models.Sink
	// ChatModel describes how a call hands messages to a language model, and MessageModel what
	// makes one message.
	ChatModel    = models.Chat
	MessageModel = models.Message
	// Callback describes a function that a framework calls.
	Callback = models.Callback
	// Fill describes an argument that a call puts data into.
	Fill = models.Fill
	// FileWrite describes a file that a call writes.
	FileWrite = models.Write
	// Guard says what a check proves.
	Guard = models.Guard
	// Server describes a call that starts a server.
	Server = models.Server
	// AgentModel describes a call that makes an agent, ToolModel one that makes tools of a
	// library, and Power what a tool can do to the world.
	AgentModel = models.Agent
	ToolModel  = models.LibraryTool
	Power      = models.Power
	// Act is what a call does in the training of a model, for Model.Does.
	Act = models.Act
	// LabelSet is a set of labels, as Value.Labels returns.
	LabelSet = models.LabelSet
)

// What tools can do, for Model.Power and ToolModel.Power.
const (
	// PowerReadsWeb reads pages or search results, PowerReadsMail a mailbox, PowerReadsData
	// databases, files and other data that is not public.
	PowerReadsWeb  = models.ReadsWeb
	PowerReadsMail = models.ReadsMail
	PowerReadsData = models.ReadsData
	// PowerRunsCode runs commands or code on the machine of the program.
	PowerRunsCode = models.RunsCode
	// PowerSendsMail sends messages to people, PowerSendsData requests that change something
	// elsewhere.
	PowerSendsMail = models.SendsMail
	PowerSendsData = models.SendsData
	// PowerChanges changes files or rows.
	PowerChanges = models.Changes
)

// Where data comes from: the labels of Model.Source, Callback.Params and Flow.Sources.
const (
	// LabelUser is remote input: a request, a form, a chat message, a widget.
	LabelUser = models.User
	// LabelLocal is the command line, input(), the environment.
	LabelLocal = models.Local
	// LabelUpload is the bytes or the name of an uploaded file.
	LabelUpload = models.Upload
	// LabelWeb is a fetched page or an API's answer.
	LabelWeb = models.Web
	// LabelDocument is text out of a PDF, a mail, a transcript.
	LabelDocument = models.Document
	// LabelDatabase is a row.
	LabelDatabase = models.Database
	// LabelRetrieved is the result of a vector store or retriever.
	LabelRetrieved = models.Retrieved
	// LabelMemory is stored chat history or a user's profile.
	LabelMemory = models.Memory
	// LabelLLM is model output, arguments of a tool call included.
	LabelLLM = models.LLM
	// LabelTool is the result of a tool or an MCP server.
	LabelTool = models.Tool
	// LabelDataset is a record of somebody else's data set.
	LabelDataset = models.Dataset
	// LabelSecret is a key, a token, a credential.
	LabelSecret = models.Secret
	// LabelPII is personal data.
	LabelPII = models.PII
	// LabelWindow is what the front was cut off: the last messages of a chat.
	LabelWindow = models.Window
	// LabelHidden is text that the program wrote down so that a reader of its source does not see
	// it: a literal with invisible characters, a constant that is decoded.
	LabelHidden = models.Hidden
	// LabelFailure is the text of an error that a model's API gave.
	LabelFailure = models.Failure
)

// Where data must not end up: the kinds of Sink.Kind, Model.Cleans and Flow.Sinks.
const (
	// SinkPromptSystem is the system prompt of a model call, SinkPromptUser a user message,
	// SinkPromptTemplate a prompt template itself, SinkPromptTool a tool's description.
	SinkPromptSystem   = models.PromptSystem
	SinkPromptUser     = models.PromptUser
	SinkPromptTemplate = models.PromptTemplate
	SinkPromptTool     = models.PromptTool
	// SinkParam is a parameter of a model call.
	SinkParam = models.Param
	// SinkIngest is a vector store, a memory, a knowledge base, a training set.
	SinkIngest = models.Ingest
	// SinkExec is code that is run, SinkShell a command line or program.
	SinkExec  = models.Exec
	SinkShell = models.Shell
	// SinkSQL is a statement, SinkHTML markup, SinkTemplate a template's source.
	SinkSQL      = models.SQL
	SinkHTML     = models.HTML
	SinkTemplate = models.Template
	// SinkPath is a file's name, SinkURL an address that is fetched.
	SinkPath = models.Path
	SinkURL  = models.URL
	// SinkDeserialize is bytes that are unpickled or the like.
	SinkDeserialize = models.Deserialize
	// SinkModelSource and SinkDataSource are where a model or a data set is loaded from.
	SinkModelSource = models.ModelSource
	SinkDataSource  = models.DataSource
	// SinkLog is a log record, SinkResponse an answer to a client.
	SinkLog      = models.Log
	SinkResponse = models.Response
	// SinkSize is an allocation, shape, length or count.
	SinkSize = models.Size
	// SinkTokens is text that is tokenized for a model.
	SinkTokens = models.Tokens
	// SinkPipe is an address that is a command where it begins with `pipe:`.
	SinkPipe = models.Pipe
	// SinkUnpack is an archive that is unpacked as its members' names say, SinkMemberPath a file
	// that is written under such a name, SinkCommandFile a file that a command runs or reads its
	// orders from.
	SinkUnpack     = models.Unpack
	SinkMemberPath = models.MemberPath
	// SinkBody is the body of a request that the program sends.
	SinkBody        = models.Body
	SinkCommandFile = models.CommandFile
	// SinkFileData is what is written to a file, SinkMarkdown text that a tool shows as Markdown.
	SinkFileData = models.FileData
	SinkMarkdown = models.Markdown
	// SinkRecord says which run, collection or account is acted on.
	SinkRecord = models.Record
	// SinkState is weights or optimizer state that are loaded into what trains.
	SinkState = models.State
	// SinkLookup is a name that is looked up in a module or graph.
	SinkLookup = models.Lookup
	// SinkLength is text that a model of the process works through, however long it is.
	SinkLength = models.Length
	// SinkPattern is a regular expression that is searched for.
	SinkPattern = models.Pattern
	// SinkScript is JavaScript that a page runs.
	SinkScript = models.Script
	// SinkKept is a table, a collection or the class of an ORM.
	SinkKept = models.Kept
	// SinkReveal says whether a model tells the probabilities of its tokens, and how they are weighed.
	SinkReveal = models.Reveal
)

// What calls do in training.
const (
	ActBackward      = models.Backward
	ActClipGradients = models.ClipGradients
	ActStepOptimizer = models.StepOptimizer
	ActZeroGradients = models.ZeroGradients
	ActSetTraining   = models.SetTraining
	ActSetEvaluation = models.SetEvaluation
	ActFit           = models.Fit
	ActEvaluate      = models.Evaluate
)
