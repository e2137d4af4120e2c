// Package models says what the APIs of Python's standard library and of the frameworks do,
// as far as an analysis of values and flows must know: which results are untrusted, which
// arguments are dangerous, what cleans a value, what a call returns, which functions it
// calls back. It is data, one file a framework; it contains no analysis.
//
// An API is written by its qualified name. `()` stands for the result of a call or an
// instance, `[]` for an element or item: "openai.OpenAI().chat.completions.create",
// "os.environ[]". Braces list alternatives, "{requests,httpx}.{get,post}"; `*` stands for
// any one attribute, `**` for any number of them: "transformers.**.from_pretrained". A name
// that begins with `?` is read off something unknown, so that a distinctive use tells what it
// is: "?.chat.completions".
//
// Start reading at Model.
package models

// Framework is the model of one distribution (or of a part of the standard library).
type Framework struct {
	// Name is the distribution as imported.
	Name string
	// Version is the version whose API was read.
	Version string
	Models  []Model
}

// Model describes one API, or several of the same behaviour. Only what differs from the
// engine's defaults needs to be said; the default for an unknown call is that its result
// carries the labels of its arguments and receiver.
type Model struct {
	// Name is a pattern of qualified names, see the package comment. For a function or method
	// it is the name that is called, without a final `()`.
	Name string

	// SameAs says that the name is another spelling of this one: reads of Name continue as
	// reads of SameAs, attributes and calls included.
	SameAs string
	// Extends lists the base classes of a class; what is modelled for an instance of a base
	// holds for an instance of the class.
	Extends []string
	// Returns is what a call gives: "pandas.DataFrame()". "self" is the receiver, "args[0]" the
	// first argument itself, "self[]" an element of the receiver, "call args[0]" the result
	// of calling the first argument.
	Returns string

	// Source is the label of the result of a call or, for a name that is an attribute or a
	// parameter ("flask.request.args"), of the value itself and of all that is read from it.
	Source Label
	// SourceIf restricts the source to calls with a constant argument, written as in Sink.If.
	SourceIf string
	// SourceFor lists the sinks for which the source's data is dangerous; empty means all.
	SourceFor []SinkKind
	// SourceForUnless lifts that in calls with a constant argument, written as in Sink.If: a table
	// that is fetched holds what strangers wrote.
	SourceForUnless string
	// BoundedBy lists arguments of which one, where it is given, bounds the number that a call
	// gives, so that it is no source: the maximum of a slider.
	BoundedBy []Arg
	// Named says what gives the name under which a value is read: an argument, "[]" for the key
	// of an item, "." for the attribute. Where that is the name of a secret, the value has the
	// label Secret too.
	Named Arg
	// From says in a few words what the source is, for the report's trail: "form field of
	// the request". Empty means the label's own words.
	From string

	// Sinks lists the dangerous arguments of a call.
	Sinks []Sink
	// Chat describes a call that sends messages to a language model.
	Chat *Chat
	// Message describes a class or function whose call makes one message of a conversation.
	Message *Message

	// Pass lists the arguments whose labels and text the result carries; nil means all, an
	// empty list with NoPass none.
	Pass   []Arg
	NoPass bool
	// Cleans removes the danger for these sinks from what passes through; CleansAll for all.
	Cleans    []SinkKind
	CleansAll bool
	// CleansIf restricts Cleans to calls with one of these constant arguments, written as in
	// Sink.If; after "()" it is an argument of the call that made the receiver or the function
	// that is called: "()0:config=js-default".
	CleansIf []string
	// Encodes is what the call makes of the text that it passes on, where that can be said: asked
	// with a sample, it tells which text can come out (html.escape). Decodes is set when what
	// comes out is what the text encodes, which can be anything (json.loads).
	Encodes func(string) string
	Decodes bool
	// Restores gives back the danger for these sinks that a sanitizer took (html.unescape).
	Restores []SinkKind
	// Reads names the file that the result is an open file of, or the content of: what was
	// written to it earlier is in the result.
	Reads Arg
	// ReadsFor restricts Reads to data that matters for these sinks: a table that is read in is
	// what a model learns from, and no code.
	ReadsFor []SinkKind
	// Step says in a few words what happens to data that passes through, for the report's
	// trail and for checks that ask for it: "a name that an archive gives its member". Empty
	// means "through NAME()".
	Step string
	// Number is set when the result is a number, a bool, a digest or the like, which carries
	// no text. With Source or Pass the number is one that others choose, which matters for
	// sizes and parameters.
	Number bool
	// Stores says that labels of the arguments named are kept in the receiver
	// (`parser.feed(x)`, `buffer.write(x)`), so that what is read from it later carries them.
	Stores []Arg

	// Keeps lists arguments that are kept in a store of data: the row that is added, the document
	// that is inserted, "*" where keywords name its fields. What an SQL statement is given beside its
	// text needs no such word. Key says what names the store or the entry that a call reads or
	// writes: an argument, "." for a collection that is an attribute of its database, "[]" for an
	// item. Classes of an ORM need no key.
	Keeps []Arg
	Key   Arg

	// Fills says that the call puts data into an argument: a dict whose values it sets, a message
	// that it parses.
	Fills *Fill
	// Writes says that the call writes a file, Removes names the one that it deletes.
	Writes *Write
	// Lists is the folder, or the pattern of names, of which the call gives the files: what was put into that
	// folder is what each of them holds.
	Lists   Arg
	Removes Arg

	// Callbacks lists the functions handed in and what their parameters get when the
	// framework calls them.
	Callbacks []Callback

	// Guards says that a true result (or, with Raises, a normal return) means that the
	// argument or the receiver named has been checked: it is clean for the sinks listed (all
	// when empty) from there on.
	Guards *Guard

	// Constant is the number that a name of a library stands for: "0o777".
	Constant string

	// NoReturn is set for calls that never return: sys.exit, flask.abort.
	NoReturn bool

	// Does is what a call does in the training of a model.
	Does Act

	// Agent describes a call that makes an agent, Tool one that makes tools of a library.
	Agent *Agent
	Tool  *LibraryTool
	// Power is what a call can do to the world that its sources and sinks do not say, and To the
	// argument that says to whom.
	Power Power
	To    Arg
	// Asks says that a person is asked, and answers, before the call returns.
	Asks bool

	// Protects says what a name stands for that lets only some requests pass, where it decorates
	// a function, is a base of its class, is among what Gates lists, or is called or read by the
	// function. ProtectsIf are conditions, written as Sink.If, of which one must hold.
	Protects   Protection
	ProtectsIf []string
	// Gates lists the arguments that hold what requests pass before they come to functions: those
	// of what the call makes, those of its receiver, or the one that it registers. ".name" is an
	// attribute of a class.
	Gates []Arg
	// Covers lists the arguments whose functions are protected by what a call makes, and
	// ProtectsAll is the library all of whose functions are.
	Covers      []Arg
	ProtectsAll string
	// Mounts lists the arguments whose functions are served as a part of the receiver, or of what
	// the call makes: routers, blueprints.
	Mounts []Arg
	// Serves describes a call that starts a server.
	Serves *Server
}

// Agent describes a call that makes an agent: a language model with tools that it calls in a
// loop.
type Agent struct {
	// Tools are the arguments that list the tools.
	Tools []Arg
	// Of are arguments that are agents themselves, of which this one is made: the agents of a
	// crew, the agent of an executor.
	Of []Arg
	// Asks are conditions, written as Sink.If, of which one lets people be asked before any
	// tool runs.
	Asks []string
	// AsksWith are arguments that list things which ask: middleware, callbacks.
	AsksWith []Arg
	// Power is what the agent can do without any tool, under the condition PowerIf.
	Power   Power
	PowerIf string
}

// LibraryTool describes a call that makes a tool of a library, or a list of them.
type LibraryTool struct {
	// Name is the name by which the model calls it; NameArg an argument that replaces it.
	Name    string
	NameArg Arg
	// Power is what it can do, under the condition PowerIf.
	Power   Power
	PowerIf string
	// Asks are conditions, written as Sink.If, of which one lets a person be asked first.
	Asks []string
	// Named is the argument that lists the names of tools to load, and Names what each can do.
	Named Arg
	Names map[string]Power
	// Approves is the argument that names the tools for which a person is asked, of a thing
	// that is given to an agent and asks.
	Approves Arg
	// ApprovesAll is set where a person is asked for every tool.
	ApprovesAll bool
}

// Power is a set of what a tool can do to the world.
type Power uint16

// The powers of tools.
const (
	// ReadsWeb reads pages or search results, ReadsMail a mailbox, ReadsData databases, files or
	// other data that is not public.
	ReadsWeb Power = 1 << iota
	ReadsMail
	ReadsData
	// RunsCode runs commands or code on this machine.
	RunsCode
	// SendsMail sends messages to people, SendsData requests that change something elsewhere.
	SendsMail
	SendsData
	// Changes changes files or rows.
	Changes
	// ReadsStrangers reads what anybody can write: pages whose address the model chooses, what a
	// search finds, issues and their comments.
	ReadsStrangers
)

// Acts are the powers by which something outside of the conversation happens.
const Acts = RunsCode | SendsMail | SendsData

// Has reports whether all of the powers given are there.
func (p Power) Has(q Power) bool { return p&q == q }

// Any reports whether one of the powers given is there.
func (p Power) Any(q Power) bool { return p&q != 0 }

// Act is what a call does in the training of a model.
type Act uint8

// The acts of training code.
const (
	NoAct         Act = iota
	Backward          // computes gradients
	ClipGradients     // bounds them
	StepOptimizer     // changes the weights by them
	ZeroGradients     // forgets them
	SetTraining       // puts a module into training mode (its receiver)
	SetEvaluation     // puts it into evaluation mode
	Fit               // trains an estimator or model, or the whole run of a trainer
	Evaluate          // measures a model
)

// Arg names an argument: "0:url" is position 0 or keyword url, "url" only by keyword, "2"
// only by position, "*" every argument, "0:" every positional from 0 on, "**" what is unpacked by two stars, "self" the
// receiver of a method, "options[size]" the item of the dict, or of each dict in the list, that
// is given as options, "messages[content][url]" the item of a dict within; "0:rows[0]" the first item of each tuple in the list, "feed[*]" the keys of
// the dict that are no constants.
type Arg string

// Sink is one dangerous argument.
type Sink struct {
	Kind SinkKind
	Arg  Arg
	// If restricts the sink to calls whose other argument is that constant, or what has that
	// qualified name: "shell=True", "1:Loader=yaml.Loader", or is not: "mode!=rb", or begins with
	// one of several texts: "0:url^=s3://|gs://". An argument that is not given is None; after "()" it
	// is one of the call that made the receiver or what is called: "()0:task=translation"; "2:headers[content-type]"
	// is a header in a dict, in small letters. Several conditions with commas between them must all hold.
	// Empty means always.
	If string
	// Note says in a few words what happens there: "run by the shell".
	Note string
}

// Fill is an argument that a call puts data into.
type Fill struct {
	Into Arg
	// Data is what is put there. Empty means what the call brings, of the label Brought, which
	// matters for the kinds of sinks given.
	Data    Arg
	Brought Label
	For     []SinkKind
}

// Write is a file that a call writes.
type Write struct {
	// File names it, as a path or as an open file; "self" is the receiver. Empty, with Fetched,
	// means that the result alone does.
	File Arg
	// Data is what is written. Empty means what the call fetches, of the label Fetched; the
	// call then gives the file's name.
	Data    Arg
	Fetched Label
	// Copies is set when Data names a file whose content is written.
	Copies bool
	// If restricts it to calls with certain arguments, written as in Sink.If.
	If string
}

// Chat describes how a call hands messages to a language model. Fields that do not apply
// are empty.
type Chat struct {
	// Messages is the list of messages: dicts with role and content, (role, text) tuples, or
	// message objects. A string there is one user message.
	Messages Arg
	// System is an argument whose text is the system prompt.
	System []Arg
	// User is an argument whose text is a user message.
	User []Arg
	// Tools is the list of tools the model may call.
	Tools Arg
	// NoSystemRole is set for APIs whose message list knows no system role.
	NoSystemRole bool
	// Hosted is set for a paid remote API.
	Hosted bool
}

// Message describes a message object.
type Message struct {
	// Role is the fixed role: "system", "user", "assistant" or "tool"; "" when RoleArg gives it.
	Role string
	// RoleArg and Content name the arguments of the constructor.
	RoleArg, Content Arg
	// Template is set where the content is a template in whose braces variables stand.
	Template bool
}

// Callback describes a function that a framework calls.
type Callback struct {
	// Arg is where the function is handed in. "decorated" means that the API is a decorator and
	// the decorated function is called; "subclass.METHOD" that the name is a class and the
	// method of that name of its project subclasses is called, with "*" at its end every one that begins so.
	Arg Arg
	// Params gives the label of each parameter by name, by position ("0"), or all the others
	// ("*"). Self is not counted.
	Params map[string]Label
	// Types gives the instance a parameter holds, by the same keys: "flask.Request()".
	Types map[string]string
	// Inputs is the argument that lists what the framework hands in, in the order of the
	// parameters: form fields, of which each one's own model says what label its value has. It
	// may be a single one; with "1:" each argument from there on is one, and keywords by name. Where it is not known what an item is, Params holds.
	Inputs Arg
	// Skip is the number of parameters in front of those that Inputs lists.
	Skip int
	// Names gives the names, as constant text, that stand for items of Inputs.
	Names map[string]Label
	// Each is set when the function is called with each item of the receiver, and what it gives
	// is in the result: Dataset.map, DataFrame.apply.
	Each bool
	// Route is set when the function serves remote requests.
	Route bool
	// PathArg is where the route's path pattern stands, if anywhere.
	PathArg Arg
	// PathOnly is set when the request gives only the parameters that the path names; others
	// are handed in by the project's own decorators.
	PathOnly bool
	// Result is the kind of sink that the function's return value reaches: SinkHTML for a
	// Flask view.
	Result SinkKind
	// Page is the argument, of the call that registers the function or with `default_` in front of that
	// which made the application, that says of what class the answer is: text is then a page where it
	// is HTMLResponse.
	Page Arg
	// Note says what happens to the result, as Sink.Note does.
	Note string
	// Outputs is the argument that lists what shows the function's results, in their order: a
	// result reaches the sinks that the model of its component has for its first argument.
	Outputs Arg
	// OutputNames gives the components, by their qualified names, for which constant texts stand among
	// Outputs.
	OutputNames map[string]string
	// From says in a few words what the parameters hold, as Model.From does.
	From string
	// Tool is set when a model fills in the parameters.
	Tool bool
	// Gate is set when requests pass the function before they come to those that serve them, and
	// it can turn them away.
	Gate bool
}

// Guard says what a check proves.
type Guard struct {
	Arg Arg
	// Raises: a normal return is the proof. Otherwise a true result is.
	Raises bool
	// False: a false result is the proof (`is_malicious(x)`).
	False  bool
	Cleans []SinkKind
}
