package models

import (
	"math/bits"
	"slices"
)

// Label is where untrusted or sensitive data came from.
type Label uint8

// The labels of the catalog. NoLabel is the zero value.
const (
	NoLabel   Label = iota
	User            // remote input: request, form, chat message, widget
	Local           // command line, input(), environment
	Upload          // bytes or name of an uploaded file
	Web             // fetched pages and API answers
	Document        // text out of PDF, DOCX, OCR, mail, transcripts
	Database        // rows
	Retrieved       // results of vector stores and retrievers
	Memory          // stored chat history, user profiles
	LLM             // model output, tool-call arguments
	Tool            // results of tools and MCP servers
	Dataset         // records of third-party data sets
	Secret          // keys, tokens, credentials
	PII             // personal data
	Window          // what the front was cut off, such as the last messages of a chat
	Hidden          // text that the program wrote down so that a reader does not see it
	Failure         // the text of an error that a model's API gave
	labelCount
)

var labelNames = [labelCount]string{
	"", "user", "local", "upload", "web", "document", "database", "retrieved", "memory", "llm", "tool", "dataset", "secret", "pii", "window", "hidden", "failure",
}

var labelWords = [labelCount]string{
	"", "text from a user's request", "local input", "an uploaded file", "text fetched from the web", "text of a document",
	"a database row", "retrieved passages", "stored memory", "model output", "a tool's result", "a data set's record", "a secret", "personal data", "what is left behind a cut", "text that a reader of the source does not see",
	"the text of an error of a model's API",
}

// String returns the catalog's word for the label.
func (l Label) String() string { return labelNames[l] }

// Words describes data of the label for a report.
func (l Label) Words() string { return labelWords[l] }

// LabelSet is a set of labels.
type LabelSet uint32

// Labels returns the set of the labels given.
func Labels(ls ...Label) LabelSet {
	var s LabelSet
	for _, l := range ls {
		s |= 1 << l
	}
	return s
}

// Has reports whether the label is in the set.
func (s LabelSet) Has(l Label) bool { return s&(1<<l) != 0 }

// Any reports whether the sets share a label.
func (s LabelSet) Any(o LabelSet) bool { return s&o != 0 }

// Len is the number of labels in the set.
func (s LabelSet) Len() int { return bits.OnesCount32(uint32(s)) }

// SinkKind is a kind of dangerous place.
type SinkKind uint8

// The sinks of the catalog. NoSink is the zero value.
const (
	NoSink         SinkKind = iota
	PromptSystem            // system prompt of a model call
	PromptUser              // user message of a model call
	PromptTemplate          // a prompt template itself
	PromptTool              // a tool's description or schema
	Param                   // a parameter of a model call
	Ingest                  // vector store, memory, knowledge base, training set
	Exec                    // eval, exec, dynamic import, notebook execution
	Shell                   // a command line or program
	SQL                     // an SQL statement
	HTML                    // markup shown in a browser
	Script                  // JavaScript that a page runs
	Template                // source of a Jinja or similar template
	Path                    // a file name
	URL                     // an address that is fetched
	Deserialize             // bytes that are unpickled or the like
	ModelSource             // repository, path or URL of a model
	DataSource              // repository, path or URL of a data set
	Log                     // a log record
	Response                // an answer to a client
	Size                    // an allocation, shape, length, count
	Pattern                 // a regular expression that is searched for
	Tokens                  // text that is tokenized for a model
	Pipe                    // an address that is a command where it begins with `pipe:`
	Unpack                  // an archive whose members' names say where they are written
	CommandFile             // a file that a command is told to run or to read its orders from
	MemberPath              // a file that is written under a name out of an archive
	Body                    // the body of a request that the program sends
	FileData                // what is written to a file
	Markdown                // text that a tool shows as Markdown
	Record                  // which run, collection or account is acted on
	State                   // weights or optimizer state that are loaded
	Lookup                  // a name that is looked up in a module or graph
	Length                  // text that a model works through, however long it is
	Kept                    // what is kept in a table, a collection or the class of an ORM
	TrainData               // samples and labels that a model is trained on
	EvalData                // samples and labels that a model is measured on
	Backend                 // the name of a plotting backend, which may be any module
	Reveal                  // whether a model tells its probabilities, and how its next token is weighed
	Option                  // an argument of a program, which may be an option where it begins with a dash
	TeX                     // text that a local TeX typesets
	Import                  // a folder that modules are imported from
	ServerCommand           // the command of an MCP server that is started, or what says which one that is
	Attribute               // the name of an attribute that is set
	ToolResult              // what a tool gives back to the model
	Printed                 // what is printed on the terminal, which collectors of logs and saved notebooks keep
	QuotedSQL               // an SQL statement in which a backslash escapes, so that doubled quotes do not keep text within its literal
	Metric                  // the name or a label of a metric, or text that a monitor's query or record is made of
	// Disclosure is no place of its own. What is clean for it may be made of data and does not
	// spell it out: what a function gives of which nothing is known. Checks of secrets ask.
	Disclosure
	sinkCount
)

var sinkNames = [sinkCount]string{
	"", "prompt.system", "prompt.user", "prompt.template", "prompt.tool", "param", "ingest", "exec", "shell", "sql", "html", "script", "template",
	"path", "url", "deserialize", "model-source", "data-source", "log", "response", "size", "pattern", "tokens", "pipe",
	"unpack", "command-file", "member-path", "body", "file-data", "markdown", "record", "state", "lookup", "length", "kept", "train-data", "eval-data", "backend", "reveal", "option", "tex", "import", "server-command", "attribute", "tool-result", "printed", "quoted-sql", "metric", "disclosure",
}

// String returns the catalog's word for the sink.
func (k SinkKind) String() string { return sinkNames[k] }

// SinkSet is a set of kinds of sinks.
type SinkSet uint64

// AllSinks holds every kind.
const AllSinks SinkSet = 1<<sinkCount - 1

// learned are the places where numbers are what counts: what models learn from and are
// measured on.
var learned = []SinkKind{TrainData, EvalData}

// textSinks are the kinds of places where a number is harmless: all but those that it is a
// limit, a count or a switch of, or a sample.
var textSinks = func() []SinkKind {
	var out []SinkKind
	for k := NoSink; k < sinkCount; k++ {
		if k != Param && k != Size && k != TrainData && k != EvalData && k != Reveal {
			out = append(out, k)
		}
	}
	return out
}()

// SinksOf returns the set of the kinds given. What is harmless as a path is so out of an
// archive, too, and what is harmless in a statement is so in each dialect.
func SinksOf(ks ...SinkKind) SinkSet {
	var s SinkSet
	for _, k := range ks {
		s |= 1 << k
		switch k {
		case Path:
			s |= 1 << MemberPath
		case SQL:
			s |= 1 << QuotedSQL
		}
	}
	return s
}

// Has reports whether the kind is in the set.
func (s SinkSet) Has(k SinkKind) bool { return s&(1<<k) != 0 }

// LabelNamed finds a label by its word.
func LabelNamed(word string) (Label, bool) {
	i := slices.Index(labelNames[1:], word)
	return Label(i + 1), i >= 0
}

// SinkNamed finds a kind of sink by its word.
func SinkNamed(word string) (SinkKind, bool) {
	i := slices.Index(sinkNames[1:], word)
	return SinkKind(i + 1), i >= 0
}

// LabelWords lists the words of the labels.
func LabelWords() []string { return slices.Clone(labelNames[1:]) }

// SinkWords lists the words of the kinds of sinks.
func SinkWords() []string { return slices.Clone(sinkNames[1:]) }
