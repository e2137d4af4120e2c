// Package flow follows values through a project: which function a call means, which
// constants its arguments fold to, and on which ways untrusted data reaches it.
//
// The method is forward abstract interpretation of each function over the values of
// value.go, with branches joined and loops taken to a fixed point. A function is analysed
// once for its parameters as symbols; what it returns, which parameters reach which sinks,
// which objects it changes and what it has checked on return form its summary, and a call
// puts the caller's values in the place of the symbols. Where the values handed in are
// functions or instances whose identity matters, the function is analysed again for them
// (bounded). Modules are run in the order of their imports, as Python does.
//
// Start reading at Analyze, then Frame (interp.go) and Value.
package flow

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Limits bounds the work of an analysis. Zero fields take the defaults.
type Limits struct {
	// Contexts is how often a function is analysed for different arguments.
	Contexts int
	// Depth is the number of calls followed into each other.
	Depth int
	// Steps is the number of expressions evaluated for one function.
	Steps int
}

// Cuts counts what the limits left out.
type Cuts struct{ Contexts, Depth, Steps, Hits int }

// Visitor is told of what the analysis finds.
type Visitor interface {
	// Function is called for each function, class body and module when its analysis in one
	// context has ended, in a fixed order.
	Function(*Frame)
	// Path is called for each way from a source to a sink.
	Path(*Path)
}

// Engine analyses the modules of one project. It is used by one goroutine.
type Engine struct {
	table   *Table
	project *semantic.Project
	list    []*semantic.Module
	limits  Limits
	visitor Visitor
	ctx     context.Context

	modules  map[*semantic.Module]*module
	classes  map[*semantic.Class]*Class
	frames   map[frameKey][]*Frame
	defaults map[*semantic.Function][]*Value
	// attributes holds what is stored on functions: `f.calls = 0`.
	attributes map[*semantic.Function]map[string]*Value
	// overwritten are the assignments of constructors that no method sees.
	overwritten map[*semantic.Function]map[*ast.Attribute]bool
	callbacks   []*callback
	// toolFunctions are those that models call, collected when a check asks.
	toolFunctions []*semantic.Function
	called        map[*semantic.Function]bool
	// lookedUp holds the parameters by which functions find what they call, as bits; see dispatch.go.
	lookedUp map[*semantic.Function]uint64
	// decoders holds the parameters that functions decode, as bits; see hidden.go.
	decoders map[*semantic.Function]uint64
	// registered finds callbacks by where they were handed in.
	registered map[callbackKey][]*callback
	paths      map[pathKey]bool
	found      []*Path
	// imported holds the modules that others import, programs what isProgram has found.
	imported, programs map[*semantic.Module]bool
	// byKind is found by the kind of sink, once somebody asks.
	byKind map[models.SinkKind][]*Path
	// byNode finds calls, once somebody asks.
	byNode map[ast.Node]*Call
	// sliced, entering, framesByFn and defined are made for slices, once somebody asks.
	sliced     *slicer
	entering   map[*semantic.Function][]*Call
	framesByFn map[*semantic.Function]*Frame
	defined    map[any]*definitions
	// cutTexts holds the texts whose front a slice cuts off.
	cutTexts map[ast.Node]*Value
	// own holds the nodes of functions' own code, for visitors, and ownCount how many they are.
	own        map[any][]ownNode
	ownCount   int
	ownScratch []ownNode
	// secretNames holds which names are those of secrets, nameEffects what those of unknown functions promise.
	secretNames map[string]bool
	nameEffects map[string]nameClass
	// decoded holds the texts that nodes decode out of constants.
	decoded map[ast.Node]string
	// resultSinks holds the sink of each callback's result.
	resultSinks map[resultKey]*models.Sink
	// feeds lists for calls the sinks that what they brought has reached, and texts the labels
	// of what files of constant names hold.
	feeds map[ast.Node][]*Call
	texts map[fileKey][]Mark
	// analysed are all frames, at the end, callers the calls of a function in them, named those of qualified names
	// and spelt those that end in a word, once somebody asks.
	analysed []*Frame
	named    map[string][]*Call
	spelt    map[string][]*Call
	callers  map[*semantic.Function][]*Call
	// asks is set when a model is called anywhere, hasAgents when a call makes an agent.
	asks, hasAgents bool
	// agents holds the agents that calls make, asTool the registrations of functions as tools,
	// doings and bodies what functions do; all are made when somebody asks.
	agents map[*Call]*Agent
	asTool map[*semantic.Function][]*callback
	doings map[*semantic.Function]doing
	bodies map[*semantic.Function][]*Frame
	// routes, routesOf, and the functions of modules that have one, are made when somebody asks for them.
	routes   []*Route
	handlers map[*semantic.Module][]*semantic.Function
	// placeholders holds the names of the placeholders in all patterns, and whether they let slashes
	// through.
	placeholders map[string]bool
	routesOf     map[*semantic.Function][]*Route
	// guarded tells what protects functions, once somebody asks.
	guarded  *guards
	builtins *Symbol
	duck     *Symbol
	tops     *Symbol
	// shell is what a notebook's shell line calls.
	shell *Symbol
	// transaction is what a session of neo4j hands to its units of work.
	transaction *Symbol
	// path is a path of pathlib.
	path *Symbol
	// ignored are the sinks that nobody asks for, spelled those that only what is spelled out reaches.
	ignored, spelled models.SinkSet
	// labels are those that some data has.
	labels   models.LabelSet
	cuts     Cuts
	depth    int
	stack    []*Frame // the functions being analysed, innermost last
	round    int
	ticks    int
	stopped  bool
	resolved int
	total    int
	seq      int
	ended    int
	clock    clock
	// settled is set once the summaries are final, and handers are the frames that hand data on.
	settled bool
	handers []*Frame
	// states stand for what keeps attributes for other functions, by name, and shared lists what
	// lives as long as the process; pages and serving are filled when somebody asks.
	states  map[string]*Class
	shared  []*Value
	pages   map[*semantic.Module]bool
	serving map[*semantic.Function]bool
	// created holds the columns of the tables that the program creates, once somebody asks.
	created map[string][]column
	// options holds the command-line options that a module declares, by destination.
	options map[optionKey]option
}

// optionKey names a command-line option of the parsers of a module.
type optionKey struct {
	mod  *semantic.Module
	dest string
}

// option is what is known of a command-line option: whether its values are fixed by
// choices= or a numeric type.
type option struct{ fixed, number bool }

type frameKey struct {
	fn  *semantic.Function
	env *Frame
}

// module is the run of a module's body.
type module struct {
	sem   *semantic.Module
	frame *Frame
	// frames lists all analysed frames of the file, once the analysis is done.
	frames []*Frame
	stars  []*Value
	// late joins what functions assign to globals.
	late map[string]*Value
	// nested holds the functions defined in functions, analysed after these.
	nested []*Value
	// layerNames are the names to which dicts of a network's parts are assigned, found out by layers.
	layerNames map[string]bool
	layers     sync.Once
}

// Result says how the analysis went.
type Result struct {
	Cuts Cuts
	// Calls counts the call sites, Resolved those whose callee is known.
	Calls, Resolved int
}

// Plus adds the counts of two results.
func (r Result) Plus(o Result) Result {
	return Result{
		Cuts: Cuts{
			Contexts: r.Cuts.Contexts + o.Cuts.Contexts, Depth: r.Cuts.Depth + o.Cuts.Depth,
			Steps: r.Cuts.Steps + o.Cuts.Steps, Hits: r.Cuts.Hits + o.Cuts.Hits,
		},
		Calls: r.Calls + o.Calls, Resolved: r.Resolved + o.Resolved,
	}
}

// Analyze runs the analysis over modules of a project. It stops with the context's
// error when that ends.
//
// The modules must hold all that they import from each other; the rest of the project is
// not looked at.
func Analyze(ctx context.Context, p *semantic.Project, mods []*semantic.Module, t *Table, l Limits, v Visitor) (Result, error) {
	if l.Contexts == 0 {
		l.Contexts = 4
	}
	if l.Depth == 0 {
		l.Depth = 40
	}
	if l.Steps == 0 {
		l.Steps = 400_000
	}
	e := &Engine{
		table: t, project: p, list: mods, limits: l, visitor: v, ctx: ctx,
		modules:     map[*semantic.Module]*module{},
		classes:     map[*semantic.Class]*Class{},
		frames:      map[frameKey][]*Frame{},
		defaults:    map[*semantic.Function][]*Value{},
		attributes:  map[*semantic.Function]map[string]*Value{},
		called:      map[*semantic.Function]bool{},
		registered:  map[callbackKey][]*callback{},
		paths:       map[pathKey]bool{},
		secretNames: map[string]bool{},
		overwritten: map[*semantic.Function]map[*ast.Attribute]bool{},
	}
	e.builtins = t.Top().Get("builtins")
	e.ignored, e.spelled = t.shown()
	e.tops = t.Top()
	e.duck = e.tops.Get("?")
	e.path = t.Lookup("pathlib.Path()")
	e.transaction = t.Lookup("neo4j.Transaction()")
	e.shell = t.Lookup("IPython.core.interactiveshell.InteractiveShell().system")
	deepen()
	err := e.run()
	return Result{Cuts: e.cuts, Calls: e.total, Resolved: e.resolved}, err
}

// run analyses every module body, then every function that no call has reached, then what
// frameworks call, and again what depends on attributes that became known later.
func (e *Engine) run() error {
	for _, m := range e.importOrder() {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		e.module(m)
	}
	for _, m := range e.list {
		e.constructors(m)
	}
	for _, m := range e.list {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		e.functions(m)
	}
	e.runCallbacks()
	for e.round = 1; e.round <= 2; e.round++ {
		dirty := e.dirty()
		if len(dirty) == 0 {
			break
		}
		if err := e.refresh(dirty); err != nil {
			return err
		}
		e.runCallbacks()
	}
	e.propagate()
	e.finish()
	return e.ctx.Err()
}

// maxRefreshed bounds the callers that are analysed again in a round, since a summary that they used has grown.
const maxRefreshed = 200

// refresh analyses functions again, and those that call one in which nothing was a sink before.
func (e *Engine) refresh(dirty []*Frame) error {
	seen := make(map[*Frame]bool, len(dirty))
	for _, f := range dirty {
		seen[f] = true
	}
	n := len(dirty)
	for i := 0; i < len(dirty); i++ {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		f := dirty[i]
		harmless := len(f.hits)+len(f.handed) == 0
		f.rerun()
		if !f.corrected && (!harmless || len(f.hits)+len(f.handed) == 0) {
			continue // callers have noted what they hand to it, or need not
		}
		f.corrected = false
		for _, c := range f.calledBy {
			if c.fn != nil && c.done && !seen[c] && len(dirty) < n+maxRefreshed {
				seen[c] = true
				dirty = append(dirty, c)
			}
		}
	}
	return nil
}

// importOrder lists the modules so that a module comes after those it imports, but for
// cycles. Without it, running one module would run the chain of its imports on the stack.
func (e *Engine) importOrder() []*semantic.Module {
	var out []*semantic.Module
	seen := map[*semantic.Module]bool{}
	var visit func(*semantic.Module)
	visit = func(m *semantic.Module) {
		if seen[m] {
			return
		}
		seen[m] = true
		e.project.Imports(m, e.isLibrary, visit)
		if m.File != nil {
			out = append(out, m)
		}
	}
	for _, m := range e.list {
		visit(m)
	}
	return out
}

// spent reports whether the analysis was cancelled. The context is asked now and then.
func (e *Engine) spent() bool {
	if e.ticks++; e.ticks&0x1f == 0 && e.ctx.Err() != nil {
		e.stopped = true
	}
	return e.stopped
}

// module runs a module's body once.
func (e *Engine) module(m *semantic.Module) *module {
	if r := e.modules[m]; r != nil {
		return r
	}
	r := &module{sem: m, late: map[string]*Value{}}
	e.modules[m] = r
	f := e.newFrame(r, nil, m.Scope, nil)
	r.frame = f
	if m.File == nil {
		f.done = true
		return r
	}
	f.running = true
	f.hoist(m.File.Body)
	f.top(m.File.Body)
	f.end()
	return r
}

// constructors analyses those of a module's classes, so that the methods which are analysed after
// them know what instances hold.
func (e *Engine) constructors(m *semantic.Module) {
	r := e.modules[m]
	if r == nil || m.File == nil || e.ctx.Err() != nil {
		return
	}
	for _, fn := range m.Functions {
		if fn.Name == "__init__" && fn.Class != nil && fn.Def != nil && fn.Parent == nil && !e.stopped {
			e.summary(&closure{fn: fn, env: r.frame}, nil)
		}
	}
}

// functions analyses the functions of a module in the order of their text, outer ones
// first, so that closures know what is around them.
func (e *Engine) functions(m *semantic.Module) {
	r := e.modules[m]
	if r == nil || m.File == nil {
		return
	}
	for _, fn := range m.Functions {
		if fn.Def == nil || fn.Parent != nil {
			continue
		}
		if e.stopped {
			return
		}
		cl := &closure{fn: fn, env: r.frame}
		e.summary(cl, nil)
		e.conventional(cl)
	}
	for i := 0; i < len(r.nested) && !e.stopped; i++ {
		e.summary(r.nested[i].ref.(*closure), nil)
	}
}

// conventional registers a function that a platform calls for its parameters' names.
func (e *Engine) conventional(cl *closure) {
	if cl.fn.Params == nil {
		return
	}
	list := cl.fn.Params.List
	for i := range models.Conventions {
		c := &models.Conventions[i]
		if (cl.fn.Class != nil) != c.Method || len(list) < len(c.Params) || !c.Open && (len(list) > len(c.Params) || len(cl.fn.Def.Decorators) > 0) {
			continue
		}
		fits := true
		for j, name := range c.Params {
			fits = fits && list[j].Name != nil && models.OneOf(name, list[j].Name.Id) && (!c.Open || list[j].Annotation == nil)
		}
		if fits && (c.Imports == "" || cl.fn.Module.ImportsFrom(c.Imports)) {
			cl.env.register(&c.Callback, &Value{kind: KindFunction, ref: cl}, nil, cl.fn.Def, nil)
		}
	}
}

// attribute changes after they were read make the reader's result old.
func (e *Engine) dirty() []*Frame {
	seen := map[*Frame]bool{}
	var out []*Frame
	var classes []*Class
	for _, c := range e.classes {
		classes = append(classes, c)
	}
	sort.Slice(classes, func(i, j int) bool {
		a, b := classes[i], classes[j]
		if a.Module != b.Module {
			return a.Module.Path < b.Module.Path
		}
		return a.Node.Start < b.Node.Start
	})
	for _, name := range slices.Sorted(maps.Keys(e.states)) {
		classes = append(classes, e.states[name])
	}
	for _, c := range classes {
		var names []string
		for n := range c.readers {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			for _, r := range c.readers[n] {
				if now := r.f.storedIn(c, n); !seen[r.f] && (tellsMore(now, r.value) || r.f.functionsIn(now) > r.functions || holdsMore(now, r.value) || c.Node != nil && gotData(r.value) > r.data) {
					seen[r.f] = true
					out = append(out, r.f)
				}
			}
		}
		c.readers = nil
	}
	for _, f := range e.allFrames() {
		for _, u := range f.uses {
			if f.done && !seen[f] && u.outdated() {
				seen[f] = true
				out = append(out, f)
			}
		}
		if f.done && !seen[f] && (f.writtenSince() || f.mistaken()) {
			seen[f] = true
			out = append(out, f)
		}
		if f.corrected {
			f.corrected = false
			for _, c := range f.calledBy {
				if c.fn != nil && c.done && !seen[c] {
					seen[c] = true
					out = append(out, c)
				}
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.mod != b.mod {
			return a.mod.sem.Path < b.mod.sem.Path
		}
		return a.start() < b.start()
	})
	return out
}

// functionsIn counts the functions that lists and dicts hold, which a value may be.
func (f *Frame) functionsIn(v *Value) int {
	return f.countFunctions(v, 0)
}

func (f *Frame) countFunctions(v *Value, depth int) int {
	n := 0
	count := func(v *Value) {
		for _, a := range v.Alternatives() {
			if a.kind == KindFunction || a.kind == KindClass {
				n++
			} else if depth == 0 && a.object() != nil && a.object().class == nil { // a list of those that listen to an event
				n += f.countFunctions(a, 1)
			}
		}
	}
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil || o.class != nil {
			continue
		}
		c := o.final.known()
		if f.st != nil {
			c = f.contents(o)
		}
		if c == nil {
			continue
		}
		for i := range c.seq {
			count(c.seq[i].Value)
		}
		for i := range c.keys {
			count(c.keys[i].Value)
		}
		count(c.rest)
	}
	return n
}

// tellsMore reports whether a value known now would change what a function that saw the old
// one means: a new label, or something new that can be called or compared.
func tellsMore(now, old *Value) bool {
	if now == old || now == nil {
		return false
	}
	if old == nil {
		old = unknown
	}
	if now.labelsOfAll()&^old.labelsOfAll() != 0 {
		return true
	}
	for _, a := range now.Alternatives() {
		if identity(a) == nil && !a.IsConst() {
			continue
		}
		known := false
		for _, b := range old.Alternatives() {
			known = known || sameShape(a, b) || identity(a) != nil && identity(b) != nil && sameIdentity(a, b)
		}
		if !known {
			return true
		}
	}
	return false
}

// gotData counts what of the items of a list or dict has labels in the end.
func gotData(v *Value) int {
	n := 0
	for _, a := range v.Alternatives() {
		if o := a.object(); o != nil && o.class == nil && o.origin == nil {
			n += labelled(o.final) + labelledWithin(o.final)
		}
	}
	return n
}

// labelledWithin counts the items with labels of lists and dicts that are entries of another one.
func labelledWithin(c *contents) int {
	if c = c.known(); c == nil || len(c.keys) > maxUnion {
		return 0
	}
	n := 0
	for i := range c.keys {
		if o := c.keys[i].Value.object(); o != nil && o.class == nil && o.origin == nil {
			n += labelled(o.final)
		}
	}
	return n
}

// holdsMore reports whether the instances that a value may be hold data of labels that those of the old one do
// not.
func holdsMore(now, old *Value) bool {
	if now == old || now == nil {
		return false
	}
	held := heldLabels(now)
	return held != 0 && held&^heldLabels(old) != 0
}

// heldLabels are the labels of what the attributes of instances hold in the end.
func heldLabels(v *Value) models.LabelSet {
	var s models.LabelSet
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil || o.class == nil || o.origin != nil {
			continue
		}
		if c := o.final.known(); c != nil {
			for i := range c.keys {
				s |= c.keys[i].Value.Labels(models.NoSink)
			}
		}
	}
	return s
}

// allFrames lists the analyses of functions in the order in which they were begun.
func (e *Engine) allFrames() []*Frame {
	var all []*Frame
	for _, list := range e.frames {
		all = append(all, list...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].seq < all[j].seq })
	return all
}

// finish hands every analysed function to the visitor.
func (e *Engine) finish() {
	all := e.allFrames()
	for _, m := range e.modules {
		if m.frame != nil && m.sem.File != nil {
			all = append(all, m.frame)
			all = append(all, m.frame.classFrames...)
		}
	}
	for _, f := range all[:len(all):len(all)] {
		if f.fn != nil {
			all = append(all, f.classFrames...)
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.mod != b.mod {
			return a.mod.sem.Path < b.mod.sem.Path
		}
		if a.start() != b.start() {
			return a.start() < b.start()
		}
		return a.seq < b.seq
	})
	e.analysed = all
	for _, f := range all {
		f.mod.frames = append(f.mod.frames, f)
	}
	for _, f := range all {
		if e.ctx.Err() != nil {
			return
		}
		if f.done {
			f.settle()
		}
	}
	for _, f := range all {
		if e.ctx.Err() != nil {
			return
		}
		if f.done {
			e.visitor.Function(f) // which asks for calls of other functions, too
		}
	}
	sort.SliceStable(e.found, func(i, j int) bool {
		a, b := e.found[i], e.found[j]
		if a.Mod != b.Mod {
			return a.Mod.Path < b.Mod.Path
		}
		return a.Node.Pos() < b.Node.Pos()
	})
	for _, p := range e.found {
		if e.ctx.Err() != nil {
			return
		}
		e.visitor.Path(p)
	}
}

// start is the position of the function for ordering; modules come first.
func (f *Frame) start() ast.Pos {
	switch {
	case f.fn != nil:
		return f.fn.Node().Pos()
	case f.class != nil:
		return f.class.Node.Pos()
	}
	return -1
}

// classOf returns the run-time side of a class.
func (e *Engine) classOf(c *semantic.Class) *Class {
	k := e.classes[c]
	if k == nil {
		k = &Class{Class: c, body: map[string]*Value{}, store: attributes{clock: &e.clock}, filled: attributes{clock: &e.clock}, assigned: attributes{clock: &e.clock}}
		e.classes[c] = k
	}
	return k
}

// isLibrary reports whether a model knows the top-level name.
func (e *Engine) isLibrary(name string) bool { return e.table.Top().Get(name) != nil }

// summary returns the analysis of a function for arguments of the given shapes, making it
// if there is none. While it is being made (recursion), the unfinished frame is returned.
func (e *Engine) summary(c *closure, shape []*Value) *Frame {
	fn := c.fn
	key := frameKey{fn, c.env}
	list := e.frames[key]
	for _, f := range list {
		if f.choosing == c.choosing && sameShapes(f.shape, shape) {
			if e.settled {
				return f
			}
			if f.done && f.stale() && e.depth < e.limits.Depth {
				f.rerun()
			}
			if f.done && f.version != f.awaited() && f.passes < f.refines() && e.depth < e.limits.Depth {
				f.again()
			}
			for _, w := range f.waits {
				if w.running {
					e.await(w)
				}
			}
			return f
		}
	}
	if (shape != nil || c.choosing != 0) && len(list) >= e.limits.Contexts {
		e.cuts.Contexts++
		return e.summary(&closure{fn: fn, env: c.env}, nil)
	}
	if e.depth >= e.limits.Depth {
		e.cuts.Depth++
		return nil
	}
	r := c.env.mod
	f := e.newFrame(r, fn, fn.Scope, c.env)
	f.shape, f.choosing = shape, c.choosing
	e.frames[key] = append(list, f)
	f.run()
	return f
}

// sameShapes compares the arguments that a context was made for.
func sameShapes(a, b []*Value) bool {
	n := max(len(a), len(b))
	at := func(s []*Value, i int) *Value {
		if i < len(s) {
			return s[i]
		}
		return nil
	}
	for i := 0; i < n; i++ {
		x, y := at(a, i), at(b, i)
		if (x == nil) != (y == nil) || x != nil && !sameIdentity(x, y) {
			return false
		}
	}
	return true
}

// sameIdentity compares what a context depends on: which function, class or library name.
func sameIdentity(a, b *Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindExternal:
		return a.sym == b.sym
	case KindFunction:
		x, y := a.ref.(*closure), b.ref.(*closure)
		return x.fn == y.fn && x.bound == y.bound
	case KindClass:
		return a.ref == b.ref
	case KindString:
		return a.text == b.text
	case KindObject:
		return a.ref.(*Object).class == b.ref.(*Object).class
	case KindUnion:
		return slices.EqualFunc(a.ref.([]*Value), b.ref.([]*Value), sameIdentity)
	}
	return false
}

// identity returns the value if a function should be analysed anew for it.
func identity(v *Value) *Value {
	if v == nil {
		return nil
	}
	switch v.kind {
	case KindExternal:
		if v.sym == nil || len(v.sym.set) == 0 {
			return nil
		}
		if v.exact == nil {
			return v
		}
		if v.exact.frame != nil && v.exact.parent == nil { // a parameter that is annotated
			return &Value{kind: KindExternal, sym: v.sym, text: v.text}
		}
	case KindFunction:
		return v
	case KindClass:
		return v
	case KindObject:
		if o := v.ref.(*Object); o.class != nil {
			return v
		}
	}
	return nil
}

// likely is the identity of a value, also of one that may be one of a few things: what is known of
// these stands for what is not known of it, as in `repo if isinstance(repo, Repo) else Repo(path)`.
func likely(v *Value) *Value {
	if v == nil || v.kind != KindUnion {
		return identity(v)
	}
	var ids []*Value
	for _, a := range v.ref.([]*Value) {
		id := identity(a)
		switch {
		case id == nil && a.kind != KindUnknown && !a.IsNone() || len(ids) == maxLikely:
			return nil
		case id != nil && !slices.ContainsFunc(ids, func(o *Value) bool { return sameIdentity(o, id) }):
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return ids[0]
	}
	return &Value{kind: KindUnion, ref: ids}
}

// maxLikely bounds the things that an argument may be for which a function is analysed anew.
const maxLikely = 3

// Path is one way of labelled data to a sink.
type Path struct {
	Engine *Engine
	// Frame is the function in which the source's data meets the sink or is handed to the
	// function that holds it; Call is the call with the sink.
	Frame *Frame
	Call  *Call
	// Sink is the model's sink, Value what reaches it, with the caller's values put in, and
	// Node the expression there.
	Sink  *models.Sink
	Kind  models.SinkKind
	Value *Value
	Node  ast.Node
	Mod   *semantic.Module
	// Mark is the labelled data among the value's marks.
	Mark Mark
	// Trace ends at the sink.
	Trace *Trace
	Facts Facts
	// Chat describes the model call where the sink is a part of it.
	Chat *Chat
	heap heap
	// into and field say where a store keeps what it is given.
	into  *Value
	field string
}

// Confirmed reports whether a person was asked, and the answer tested, on the way to the call.
func (c *Call) Confirmed() bool { return c.Facts&Confirmed != 0 }

// Confirmed reports whether a person was asked, and the answer tested, on the way to the sink.
func (p *Path) Confirmed() bool { return p.Facts&Confirmed != 0 }

// Items returns the elements of a list, tuple or set as they are at the sink; ok is false
// when nothing is known of them. Where the path begins in a caller, they are as the function
// of the sink knows them, in terms of its parameters.
func (p *Path) Items(v *Value) (items []Item, open, ok bool) {
	return (&Call{heap: p.heap}).Items(v)
}

// Element is what any element of a list or of a generator's results is, as it is at the end of
// the way; nil when nothing is known of them.
func (p *Path) Element(v *Value) *Value {
	var out *Value
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil {
			continue
		}
		if c := lookupContents(p.heap, o); c != nil {
			out = join(out, c.rest)
			for _, it := range c.seq {
				out = join(out, it.Value)
			}
		}
	}
	return out
}

// Entries returns the items of a dict with constant keys, as they are at the end of the way.
func (p *Path) Entries(v *Value) []Entry {
	entries, _, _ := (&Call{heap: p.heap}).Entries(v)
	return entries
}

// Key returns the item of a dict with a constant key, as it is at the end of the way.
func (p *Path) Key(v *Value, name string) *Entry { return (&Call{heap: p.heap}).Key(v, name) }

// Rest joins what a dict holds under keys that are not known, with what is known of these
// keys, as they are at the end of the way.
func (p *Path) Rest(v *Value) (value, keys *Value) { return (&Call{heap: p.heap}).Rest(v) }

// Paths lists the ways to the sinks of a kind that the analysis has found. It is complete
// once the visitor is told of paths.
func (e *Engine) Paths(kind models.SinkKind) []*Path {
	if e.byKind == nil {
		e.byKind = map[models.SinkKind][]*Path{}
		for _, p := range e.found {
			e.byKind[p.Kind] = append(e.byKind[p.Kind], p)
		}
	}
	return e.byKind[kind]
}

// CallAt returns the call that a node of the program is, nil for other nodes. It is known once
// the visitor is told of paths.
func (e *Engine) CallAt(n ast.Node) *Call {
	if _, ok := n.(*ast.Call); !ok {
		return nil
	}
	if e.byNode == nil {
		e.byNode = map[ast.Node]*Call{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				e.byNode[c.Node] = c
			}
		}
	}
	return e.byNode[n]
}

// CallsOf lists the calls of functions of the names given in all files that are analysed together, which
// are looked for once. It is known once the visitor is told of paths; what it returns is not to be changed.
func (e *Engine) CallsOf(names ...string) []*Call {
	key := strings.Join(names, " ")
	if out, known := e.named[key]; known {
		return out
	}
	var out []*Call
	for _, f := range e.analysed {
		for _, c := range f.Calls {
			if c.Symbol.Is(names...) {
				out = append(out, c)
			}
		}
	}
	if e.named == nil {
		e.named = map[string][]*Call{}
	}
	e.named[key] = out
	return out
}

// CallsNamed lists the calls that end in a word as they are written, a function's name or a method's, in all files that are
// analysed together. They are told apart once for all words. It is known to a visitor only; what it returns is not to be changed.
func (e *Engine) CallsNamed(word string) []*Call {
	if e.spelt == nil {
		e.spelt = map[string][]*Call{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				switch fn := c.Node.Fn.(type) {
				case *ast.Name:
					e.spelt[fn.Id] = append(e.spelt[fn.Id], c)
				case *ast.Attribute:
					e.spelt[fn.Attr.Id] = append(e.spelt[fn.Attr.Id], c)
				}
			}
		}
	}
	return e.spelt[word]
}

type pathKey struct {
	node  ast.Node
	kind  models.SinkKind
	label models.Label
	org   *Origin
	// sink tells settings of a call apart that one node gives: `**request.json`.
	sink *models.Sink
}

// path is the key of what data of a mark does at a sink.
func (e *sinkEvent) path(m Mark) pathKey {
	k := pathKey{e.node, e.kind, m.Label, m.Origin, nil}
	if e.kind == models.Param {
		k.sink = e.sink
	}
	return k
}
