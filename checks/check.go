// Package checks holds the vocabulary in which checks are written and the machine that runs
// them: the Check interfaces, what a check is told (Pass, Call, Store, Path), what it reports
// (Finding), the registry, suppression comments. Each folder below it holds the checks of
// one part of the catalog.
//
// A check is told of things by name: a call of torch.load under any spelling, a way from a
// request to a shell. It never searches text. All checks of a selection are compiled into
// one table (Compile), so that a run costs what the files contain and not how many checks
// there are.
//
// Start reading at Check and Rule.
package checks

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// Check is anything that reports findings. What it is told of depends on which of the
// other interfaces it implements; Rule implements all of them. A check is used by many
// goroutines at once and keeps no state between calls.
type Check interface {
	// Info describes the check. It returns the same pointer each time.
	Info() *Info
}

// CallCheck is told of calls.
type CallCheck interface {
	Check
	// Calls lists the qualified names whose calls concern the check, as patterns: braces list
	// alternatives, `*` is any one attribute, `**` any number of them, `()` the result of a
	// call: "torch.load", "openai.OpenAI().chat.completions.create".
	Calls() []string
	// CheckCall is told of each call of one of the names, after the function around it has
	// been analysed to its end.
	CheckCall(*Pass, *Call)
}

// StoreCheck is told of assignments to things of libraries.
type StoreCheck interface {
	Check
	// Stores lists the names assigned to: "torch.load", "os.environ[]".
	Stores() []string
	CheckStore(*Pass, *Store)
}

// FlowCheck is told of the ways of labelled data to sinks.
type FlowCheck interface {
	Check
	Flow() Flow
	CheckFlow(*Pass, *Path)
}

// ModuleCheck looks at a whole file or notebook.
type ModuleCheck interface {
	Check
	// Requires lists texts of which the file must contain at least one for the check to be
	// asked; empty means always.
	Requires() []string
	CheckModule(*Pass)
}

// FunctionCheck is told of each function, class body and module body that has been analysed, for
// what is no call: items that are read, tests, products.
type FunctionCheck interface {
	Check
	// Requires lists texts of which the file must contain at least one for the check to be
	// told; empty means always.
	Requires() []string
	CheckFunction(*Pass, *Frame)
}

// NotebookCheck looks at a notebook beyond its code.
type NotebookCheck interface {
	Check
	CheckNotebook(*Pass)
}

// ManifestCheck looks at files of configuration: Dockerfiles, compose and other YAML, env files,
// requirements, model cards.
type ManifestCheck interface {
	Check
	// Within lists texts of which the file must contain at least one for the check to be asked,
	// and the file to be parsed for it; empty means always.
	Within() []string
	CheckManifest(*ManifestPass)
}

// ProjectCheck is asked once for all files analysed together, after everything else.
type ProjectCheck interface {
	Check
	CheckProject(*ProjectPass)
}

// Asker is a check whose reports depend on files beyond those that Pass.Connected lists.
type Asker interface {
	Check
	// Questions are all that the check asks of these files (Pass.Saying).
	Questions() []*Question
}

// The engine's own terms, see their documentation there.
type (
	// Value is what the analysis knows of a value at a point.
	Value = flow.Value
	// Call is a call with its arguments.
	Call = flow.Call
	// Argument is an argument of a Call.
	Argument = flow.Argument
	// Store is an assignment to an attribute or item of a library.
	Store = flow.Store
	// Path is the way of labelled data from a source to a sink.
	Path = flow.Path
	// Mark says that a value carries data of a label.
	Mark = flow.Mark
	// Frame is the analysis of a function, class body or module.
	Frame = flow.Frame
	// ProjectClass is a class of the project.
	ProjectClass = flow.Class
	// Symbol is a qualified name.
	Symbol = flow.Symbol
	// Chat is a call of a language model as a whole, Message one of its messages.
	Chat    = flow.Chat
	Message = flow.Message
	// Agent is an agent as a whole, AgentTool one of its tools.
	Agent     = flow.Agent
	AgentTool = flow.AgentTool
	// Part is a piece of a built string.
	Part = flow.Part
	// ShellCommand is a program that a call starts, with its arguments.
	ShellCommand = flow.Command
	// ShellWord is one of its words.
	ShellWord = flow.Word
	// Item and Entry are what containers hold.
	Item  = flow.Item
	Entry = flow.Entry
	// Label says where data came from, SinkKind where it ends up.
	Label    = models.Label
	SinkKind = models.SinkKind
	// Framework and Model describe what APIs do; an embedder adds its own by Options.
	Framework = models.Framework
	Model     = models.Model
)

// Terms of configuration files, see their documentation there.
type (
	// Document is a file of configuration with its trees, instructions and variables.
	Document = manifest.Document
	// Tree is a value of YAML, TOML or JSON with its place, TreeField an entry of a table.
	Tree      = manifest.Node
	TreeField = manifest.Field
	// Setting is a variable of the environment that a file sets.
	Setting = manifest.Setting
	// Instruction is one of a Dockerfile.
	Instruction = manifest.Instruction
)

// Flow says which ways concern a FlowCheck.
type Flow struct {
	Sources []Label
	Sinks   []SinkKind
}

// Module is a file or notebook that is analysed.
type Module struct {
	// Path is the path as it was given.
	Path   string
	Source *ast.Source
	File   *ast.File
	// Notebook is nil for files that are none.
	Notebook *notebook.Notebook
	// Draft is what is known of the file without parsing it; a run makes it where it is missing.
	Draft *Draft

	semantic *semantic.Module
	// holder is the notebook of which a cell is written to this file, nil for a file that is there, and within
	// the place of its text. Places of both are the same.
	holder    *Module
	within    ast.Span
	mentioned sync.Map // by text, what Mentions has told
}

// Project is what is known of the files analysed together.
type Project struct {
	Modules []*Module
	// Requirements tells what the manifests require; never nil.
	Requirements *manifest.Facts
	// Documents are the manifests as they are written, in the order of their paths.
	Documents []*Document

	bySemantic map[*semantic.Module]*Module
	semantic   *semantic.Project
	connected  map[*Module]*group

	facts sync.Map // of remembered

	ml          sync.Once
	usesML      bool
	othersUseML bool
}

// Remembered returns a fact about a project, computed when it is asked for the first time: what
// several checks or many calls would otherwise look for again. fact is a comparable value of a type of
// the caller's own, so that nobody else's is met. What is returned is shared and not to be changed.
func Remembered[T any](p *Project, fact any, compute func() T) T {
	return remembered(p, fact, compute)
}

func remembered[T any](p *Project, fact any, compute func() T) T {
	f, known := p.facts.Load(fact)
	if !known {
		f, _ = p.facts.LoadOrStore(fact, sync.OnceValue(compute))
	}
	return f.(func() T)()
}

// OfGroup returns a fact about the files that are analysed together with a Pass's, computed when it is
// asked for the first time: for what a check would otherwise look for at each call. fact is a name of
// the check's own.
func OfGroup[T any](p *Pass, fact string, compute func() T) T {
	type ofGroup struct {
		fact  string
		first *Module
	}
	first := p.Module
	if group := p.Connected(); len(group) > 0 {
		first = group[0]
	}
	return remembered(p.Project, ofGroup{fact, first}, compute)
}

// GroupMentions reports whether one of the files that are analysed together with a Pass's holds one of
// some words. Where a check has nothing to say of a function without them, they are better in Rule.Beside.
func GroupMentions(p *Pass, words ...string) bool {
	g := p.Project.connected[p.Module]
	if g == nil {
		return slices.ContainsFunc(words, p.Module.Mentions)
	}
	return slices.ContainsFunc(words, g.mentions)
}

// Module returns the file of the project that the engine's module stands for.
func (p *Project) Module(m *semantic.Module) *Module { return p.bySemantic[m] }

// group is the modules that are analysed together, with what is known of their texts.
type group struct {
	files []*Module

	reading sync.Once
	holds   held // by the phrases of the set that runs

	mu    sync.Mutex
	words map[string]bool // what mentions has told
}

// mentions reports whether one of the files holds a text.
func (g *group) mentions(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	holds, known := g.words[text]
	if !known {
		holds = slices.ContainsFunc(g.files, func(m *Module) bool { return m.Mentions(text) })
		if g.words == nil {
			g.words = map[string]bool{}
		}
		g.words[text] = holds
	}
	return holds
}

// holding is what the files hold of the texts that the checks of a set wait for.
func (g *group) holding(s *Set) held {
	g.reading.Do(func() {
		g.holds = held{texts: make([]uint64, len(s.phrases.list)/64+1)}
		for _, m := range g.files {
			if m.Source != nil {
				g.holds.add(s.held(m))
			}
		}
	})
	return g.holds
}

// connect notes which modules are analysed together.
func (p *Project) connect(groups [][]*semantic.Module) {
	p.connected = make(map[*Module]*group, len(p.Modules))
	for _, members := range groups {
		g := &group{files: make([]*Module, 0, len(members))}
		for _, m := range members {
			if mod := p.bySemantic[m]; mod != nil {
				g.files = append(g.files, mod)
			}
		}
		for _, m := range g.files {
			p.connected[m] = g
		}
	}
}

// Connected returns the files that this one is connected with by imports, directly or through
// others, itself included: what is known of them belongs together, and what a check reports
// depends on no other file's code. The slice is not to be changed.
func (p *Pass) Connected() []*Module {
	if g := p.Project.connected[p.Module]; g != nil {
		return g.files
	}
	return nil
}

// Pass is what a check gets to know of the file it is told about, and how it reports.
// It is valid during the call only.
type Pass struct {
	*Module
	Project *Project

	check Check
	run   *run
}

// ProjectPass is the Pass of a ProjectCheck.
type ProjectPass struct {
	*Project
	check Check
	run   *run
}

// ManifestPass is the Pass of a ManifestCheck.
type ManifestPass struct {
	*Document
	Project *Project

	module *Module
	check  Check
	run    *run
}

// Report is a finding as a check states it.
type Report struct {
	// Node is the reported node.
	Node ast.Node
	// Cell is the number of a notebook's cell that is reported as a whole, with its outputs, in
	// place of Node; InMetadata stands for the notebook's metadata.
	Cell int
	// In is the module of Node; nil means that of the pass.
	In *Module
	// Message says what is wrong here; empty means the check's title.
	Message string
	// Fix removes the defect; nil where there is no edit.
	Fix *fix.Fix
	// Covers is the node at which a check that this one specializes reports the same defect, where
	// that is not Node itself; CoversIn is the file of that, nil for the one of Node.
	Covers   ast.Node
	CoversIn *Module
	// Path is the way that the data takes, for flows.
	Path *Path
	// Severity replaces the check's own where Reweighed is set.
	Severity  Severity
	Reweighed bool
}

// InMetadata is the Report.Cell of what stands in a notebook's metadata.
const InMetadata = -1

// Report reports a finding. The call at the end of a path is reported in its own file, also where what it is given by `**`
// is spelled in this one.
func (p *Pass) Report(r Report) {
	if r.In == nil {
		r.In = p.Module
		if r.Path != nil && r.Path.Call != nil && r.Node == ast.Node(r.Path.Call.Node) {
			if m := p.Project.Module(r.Path.Call.Frame.Module()); m != nil && m != p.Module {
				r.In = m
				if r.Fix != nil {
					p.placed(r.Fix.Edits)
				}
			}
		}
	}
	p.run.add(p.check, r)
}

// placed says of edits of this file that they belong to it.
func (p *Pass) placed(edits []fix.Edit) {
	for i := range edits {
		if edits[i].Path == "" {
			edits[i].Path = p.Path
		}
	}
}

// Report reports a finding in the manifest; Place makes the node of a place.
func (p *ManifestPass) Report(r Report) {
	if r.In == nil {
		r.In = p.module
	}
	p.run.add(p.check, r)
}

// Report reports a finding; r.In must be set.
func (p *ProjectPass) Report(r Report) { p.run.add(p.check, r) }

// Rule is a check as data: an Info and what it wants to be told, each part optional.
type Rule struct {
	Spec *Info

	// On lists the calls that OnCall is told of.
	On     []string
	OnCall func(*Pass, *Call)
	// Knows lists further names that the functions below ask for (Value.Is, Symbol.Is), so that
	// they are told apart.
	Knows []string
	// To lists the names assigned to that OnStore is told of. Without OnStore such assignments
	// are only kept, to be found in Frame.Stores.
	To      []string
	OnStore func(*Pass, *Store)
	// From and Into are the labels and sinks whose ways OnFlow is told of.
	From   []Label
	Into   []SinkKind
	OnFlow func(*Pass, *Path)
	// Needs lists texts of which one must be in the file for OnModule and OnFunction to be asked;
	// with NotASCII a character beyond ASCII must be there, too.
	Needs      []string
	NotASCII   bool
	OnModule   func(*Pass)
	OnFunction func(*Pass, *Frame)
	// Beside are lists of texts for OnFunction: of each list, one must be in one of the files that are analysed together
	// with the function's, such as the name of the library without which there is nothing to report.
	Beside     [][]string
	OnNotebook func(*Pass)
	// Mentions lists texts of which one must be in a manifest for OnManifest to be asked.
	Mentions   []string
	OnManifest func(*ManifestPass)
	OnProject  func(*ProjectPass)
	// OnArtifact is told of each model file.
	OnArtifact func(*ArtifactPass)

	// Asks are the questions on which the reports depend, of files beyond those that Pass.Connected
	// lists.
	Asks []*Question
}

// validate finds what a Rule says without a function that is told of it, and the reverse.
func (r *Rule) validate() error {
	for _, half := range []struct {
		what, function string
		given, told    bool
	}{
		{"On", "OnCall", len(r.On) > 0, r.OnCall != nil},
		{"From and Into", "OnFlow", len(r.From) > 0 || len(r.Into) > 0, r.OnFlow != nil},
	} {
		switch {
		case half.given && !half.told:
			return fmt.Errorf("the Rule has %s and no %s to be told", half.what, half.function)
		case half.told && !half.given:
			return fmt.Errorf("the Rule's %s is never called: say in %s of what it is told", half.function, half.what)
		}
	}
	switch {
	case (len(r.From) > 0) != (len(r.Into) > 0):
		return errors.New("the Rule has one of From and Into; a flow needs both")
	case r.OnStore != nil && len(r.To) == 0:
		return errors.New("the Rule's OnStore is never called: say in To of what it is told")
	case (len(r.Needs) > 0 || r.NotASCII) && r.OnModule == nil && r.OnFunction == nil:
		return errors.New("the Rule has Needs and no OnModule or OnFunction to be told")
	case len(r.Beside) > 0 && r.OnFunction == nil:
		return errors.New("the Rule has Beside and no OnFunction to be told")
	case len(r.Mentions) > 0 && r.OnManifest == nil:
		return errors.New("the Rule has Mentions and no OnManifest to be told")
	case r.OnCall == nil && r.OnStore == nil && r.OnFlow == nil && r.OnModule == nil && r.OnFunction == nil && r.OnNotebook == nil && r.OnManifest == nil && r.OnProject == nil && r.OnArtifact == nil:
		return errors.New("the Rule has no function; give one of OnCall, OnStore, OnFlow, OnModule, OnFunction, OnNotebook, OnManifest, OnProject, OnArtifact")
	}
	return nil
}

// Questions implements Asker.
func (r *Rule) Questions() []*Question { return r.Asks }

// Info implements Check.
func (r *Rule) Info() *Info { return r.Spec }

// Calls implements CallCheck.
func (r *Rule) Calls() []string { return r.On }

// CheckCall implements CallCheck.
func (r *Rule) CheckCall(p *Pass, c *Call) { r.OnCall(p, c) }

// Stores implements StoreCheck.
func (r *Rule) Stores() []string { return r.To }

// CheckStore implements StoreCheck.
func (r *Rule) CheckStore(p *Pass, s *Store) {
	if r.OnStore != nil {
		r.OnStore(p, s)
	}
}

// Flow implements FlowCheck.
func (r *Rule) Flow() Flow { return Flow{r.From, r.Into} }

// CheckFlow implements FlowCheck.
func (r *Rule) CheckFlow(p *Pass, path *Path) { r.OnFlow(p, path) }

// Requires implements ModuleCheck.
func (r *Rule) Requires() []string { return r.Needs }

// CheckModule implements ModuleCheck.
func (r *Rule) CheckModule(p *Pass) {
	if r.OnModule != nil {
		r.OnModule(p)
	}
}

// CheckFunction implements FunctionCheck.
func (r *Rule) CheckFunction(p *Pass, f *Frame) {
	if r.OnFunction != nil {
		r.OnFunction(p, f)
	}
}

// CheckNotebook implements NotebookCheck.
func (r *Rule) CheckNotebook(p *Pass) {
	if r.OnNotebook != nil {
		r.OnNotebook(p)
	}
}

// Within implements ManifestCheck.
func (r *Rule) Within() []string { return r.Mentions }

// CheckManifest implements ManifestCheck.
func (r *Rule) CheckManifest(p *ManifestPass) {
	if r.OnManifest != nil {
		r.OnManifest(p)
	}
}

// CheckProject implements ProjectCheck.
func (r *Rule) CheckProject(p *ProjectPass) {
	if r.OnProject != nil {
		r.OnProject(p)
	}
}

// CheckArtifact implements ArtifactCheck.
func (r *Rule) CheckArtifact(p *ArtifactPass) {
	if r.OnArtifact != nil {
		r.OnArtifact(p)
	}
}
