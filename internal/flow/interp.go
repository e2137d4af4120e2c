package flow

import (
	"maps"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Frame is the analysis of one function, class body or module in one context, and, once
// done, its summary.
type Frame struct {
	eng   *Engine
	mod   *module
	fn    *semantic.Function
	class *Class
	scope *semantic.Scope
	// env is the frame of the code around the definition; nil for a module.
	env   *Frame
	seq   int
	shape []*Value
	// passedTo is what a trail says of a step into the function, once there is one.
	passedTo string
	// looping is set while the target of a loop gets an element.
	looping bool
	// choosing is the set of parameters by which the sender of data chooses what is called.
	choosing uint64

	st    *state
	cells []*Value
	roots []*Origin
	// sources interns the origins of sources by their text.
	sources  map[string]*Origin
	objects  map[allocation]*Object
	imported map[objectKey]*Object
	packed   map[[2]ast.Node]*Object
	// alternative is the number of the value, of several that a receiver may be, for which a method is evaluated.
	alternative int
	// unsure lists the attributes that it read of which nothing was known, learnedAt when that was looked at.
	unsure    []unsureRead
	learnedAt int
	// callOrigins interns the origins of sources that calls make.
	// sites stand for the calls that parts of pipelines make.
	sites       map[siteKey]*ast.Call
	callOrigins map[ast.Node]*Origin
	// acting is the called function whose changes are being made known.
	acting *Frame
	// askedAt holds the origins of what called functions ask for in this one's words.
	askedAt map[askedKey]*Origin
	// choice is what the last conditional expression has given, by its two ways.
	choice struct {
		of      *ast.IfExp
		yes, no *Value
	}
	// current is the statement, attribute, item or call being evaluated, for trails.
	current  ast.Node
	symbolic map[*Origin]*Object
	// symbolicOf holds the objects of parameters that may be of one of several classes.
	symbolicOf map[symbolicKey]*Object
	loops      []*loop
	tries      []*gathered
	steps      int
	uses       []globalUse
	// memberships are the collections in which values were looked for, and what that has proved.
	memberships []membership
	// corrected is set when a further analysis has shown that the function proves less than its callers took it to.
	corrected bool
	// wroteTexts lists the files of constant paths that the function writes.
	wroteTexts []fileKey
	// unwritten lists files that were looked into before anything was known to write them.
	unwritten []fileKey

	// Calls and Stores are what the function does, in the order of the text.
	Calls  []*Call
	Stores []*Store
	callAt shortMap[*ast.Call, *Call]
	// behalfAt holds the calls that library functions make of what they are handed.
	behalfAt map[*ast.Call]*ast.Call
	storeAt  map[ast.Node]*Store
	// callIndex finds the calls when the analysis has ended.
	callIndex map[ast.Node]*Call
	sinks     []*sinkEvent
	sinkAt    map[sinkKey]*sinkEvent
	// Returns holds each return statement's value.
	Returns []Return
	// Yields holds what each yield of a generator gives, as Returns does.
	Yields []Return

	hits  []*hit
	hitAt map[hitKey]bool
	// handed are the calls by which data gets from here into functions with sinks, see propagate.go.
	handed, handedBefore []*handing
	// isHanded is set where there are such calls of this one.
	isHanded bool
	effects  []effect
	ret      *Value
	yields   *Value
	exits    []exit
	tests    map[ast.Expr]*Test

	// files are those that the function has written, with the labels of what is in them.
	files []file

	classFrames []*Frame
	// listeners are the methods of a class body that run after others.
	listeners []listener
	nesting   int
	visits    int
	passive   int // no calls are followed: a value is only looked at
	// covers are the copies that are being read through to what they are copies of: see under.
	covers  []*Object
	running bool
	done    bool
	// ended numbers the frames in the order in which their analysis ended.
	ended int
	// given holds by call site what the function was called with.
	given map[ast.Node][]*Value
	// calledBy lists functions that call it.
	calledBy  []*Frame
	recursive bool

	// prior is the summary of the pass before, which a call of the function within itself
	// sees; passes counts them, and changes those after which its summary was another.
	prior           summary
	passes, changes int
	// waits lists the functions that were still running when this one called them, and
	// version their changes then: when these grow, so may this summary.
	waits   []*Frame
	version int
	// throws joins what the function raises and does not catch itself.
	throws *Value
	// thrown holds what objects held where an exception was raised.
	thrown []heap
	// raised holds what the bodies of the try statements around the point raise.
	raised []*Value
	// checkedItems is what the body of the last loop has shown when it ends.
	checkedItems []cleanEntry
	// turns are the loops around the point whose number of turns others may choose, and asks is
	// set when the function, or one that it calls, calls a model.
	turns []*repeat
	asks  bool
	// hosted counts the calls of paid remote models, and failing holds in the handler of an
	// error of one the mark of the error's text.
	hosted  int
	failing []Mark
	// executed joins the marks of programs that exec was given: see missing.
	executed []Mark
	// overriding holds by place the sinks at which a dict comes over another's entries.
	overriding map[ast.Node]*models.Sink
	// written joins by slot what nested functions assign to nonlocal names.
	written []*Value
	// bindings holds what was captured by the closures that calls returned.
	bindings map[bindingKey]*binding
}

// summary is what a pass of a function found for its callers.
type summary struct {
	ret     *Value
	effects []effect
}

// Return is one return statement (or a lambda's body).
type Return struct {
	Node  ast.Node
	Value *Value
	heap  heap
}

// Entries returns the items of a dict with constant keys, as they are when the function returns.
func (r *Return) Entries(v *Value) []Entry {
	entries, _, _ := (&Call{heap: r.heap}).Entries(v)
	return entries
}

// Items returns the elements of a list or tuple, as they are when the function returns.
func (r *Return) Items(v *Value) []Item {
	items, _, _ := (&Call{heap: r.heap}).Items(v)
	return items
}

// globalUse remembers what a function read of a module, to see whether it is still so.
type globalUse struct {
	mod   *module
	slot  int
	value *Value
	// held is what a list, set or dict held.
	held *contents
}

func (f *Frame) globalUse(m *module, slot int, v *Value) globalUse {
	u := globalUse{mod: m, slot: slot, value: v}
	if o := v.object(); o != nil && o.class == nil {
		u.held = f.contents(o)
	}
	return u
}

// outdated reports whether a global has got labelled data since it was read.
func (u globalUse) outdated() bool {
	if u.mod.frame == nil {
		return false
	}
	now := u.mod.frame.global(u.slot)
	if tellsMore(now, u.value) {
		return true
	}
	o := now.object()
	if o == nil || o.class != nil || o.final == u.held {
		return false
	}
	return labelled(o.final) > labelled(u.held)
}

// labelled counts the items that carry labels.
func labelled(c *contents) int {
	if c = c.known(); c == nil {
		return 0
	}
	n := 0
	count := func(v *Value) {
		if v != nil && v.Labels(models.NoSink) != 0 {
			n++
		}
	}
	for _, it := range c.seq {
		count(it.Value)
	}
	for i := range c.keys {
		count(c.keys[i].Value)
	}
	count(c.rest)
	count(c.names)
	return n
}

// exit is what holds at one normal return.
type exit struct {
	value *Value
	clean []cleanEntry
	cond  *condition
}

type loop struct{ breaks, continues *state }

// maxEffects bounds the changes in the summary of a function.
const maxEffects = 64

// effect is a change of an object that a parameter holds.
type effect struct {
	origin *Origin
	op     effectOp
	name   string
	// key is the key of an item where the caller gives it.
	key   *Value
	value *Value
	node  ast.Node
	// by is the function that makes the change.
	by *Frame
	// outer is what is changed where that is nothing that a parameter holds: see Frame.outer.
	outer *Value
	// of is the function whose name is bound anew (nonlocal).
	of *Frame
}

type effectOp uint8

const (
	setAttr effectOp = iota
	setItem
	addItem
	addAll
	dropFirst // an item is taken off the front
	dropFront // any number of items is
	writeFile
	writeText // a file of a constant path
	setAttrs  // those that a mapping names
)

// Function returns the function analysed, nil for a module or class body.
func (f *Frame) Function() *semantic.Function { return f.fn }

// Class returns the class whose body this is or whose method, else nil.
func (f *Frame) Class() *Class {
	if f.class != nil {
		return f.class
	}
	if f.fn != nil && f.fn.Class != nil {
		return f.eng.classOf(f.fn.Class)
	}
	return nil
}

// Module returns the module of the code.
func (f *Frame) Module() *semantic.Module { return f.mod.sem }

// Body returns the frame of the module's body.
func (f *Frame) Body() *Frame { return f.mod.frame }

// Beside lists the analysed functions, class bodies and the module body of the file, the
// frame itself included, in their order. It is known to a visitor only.
func (f *Frame) Beside() []*Frame { return f.mod.frames }

// Everywhere lists the analysed functions of all files that the file is connected with by
// imports, its own included. It is known to a visitor only.
func (f *Frame) Everywhere() []*Frame { return f.eng.analysed }

// CallsNamed is Engine.CallsNamed.
func (f *Frame) CallsNamed(word string) []*Call { return f.eng.CallsNamed(word) }

// ProjectAsksModel reports whether the code that is analysed together calls a model anywhere.
func (f *Frame) ProjectAsksModel() bool { return f.eng.asks }

// Paths lists the ways to the sinks of a kind that the analysis has found.
func (f *Frame) Paths(kind models.SinkKind) []*Path { return f.eng.Paths(kind) }

// Outer returns the frame around the definition, nil for a module.
func (f *Frame) Outer() *Frame { return f.env }

func (e *Engine) newFrame(m *module, fn *semantic.Function, sc *semantic.Scope, env *Frame) *Frame {
	e.seq++
	return &Frame{eng: e, seq: e.seq, mod: m, fn: fn, scope: sc, env: env, cells: make([]*Value, sc.Len())}
}

// run analyses the function, again while it was reached by itself and its summary grew.
func (f *Frame) run() {
	f.repeat(maxPasses)
}

// maxPasses bounds the passes over a function that calls itself, maxRefines those over one
// of a group of functions that call each other.
const (
	maxPasses  = 4
	maxRefines = 12
)

// refines is how many passes are made over a function of a cycle: over one with thousands of expressions half as many.
func (f *Frame) refines() int {
	if f.steps > manySteps {
		return maxRefines / 2
	}
	return maxRefines
}

// manySteps is from how many expressions on a function is a large one.
const manySteps = 5000

// again makes one more pass over a function that is part of a cycle of calls.
func (f *Frame) again() {
	f.remember()
	f.repeat(1)
}

// remember keeps the summary for calls of the function within the next pass.
func (f *Frame) remember() { f.prior = summary{f.ret, f.effects} }

func (f *Frame) repeat(passes int) {
	f.eng.depth++
	f.eng.stack = append(f.eng.stack, f)
	first, old := f.passes == 0, summary{f.ret, f.effects}
	defer func() {
		if first || !sameOrNil(old.ret, f.ret) || len(old.effects) != len(f.effects) {
			f.changes++
		}
		f.eng.depth--
		f.eng.stack = f.eng.stack[:len(f.eng.stack)-1]
		f.prior = summary{}
		f.version = f.awaited()
	}()
	for i := 0; i < passes; i++ {
		before := f.ret
		if i > 0 {
			f.remember()
		}
		f.passes++
		f.reset()
		f.running, f.recursive = true, false
		f.enter()
		if f.fn.Lambda != nil {
			v := f.expr(f.fn.Lambda.Body)
			f.leave(f.fn.Lambda.Body, f.fn.Lambda.Body, v)
		} else {
			f.hoist(f.fn.Body)
			f.block(f.fn.Body)
			if !f.st.dead {
				f.exits = append(f.exits, exit{noneVal, f.st.clean, nil})
				f.ret = join(f.ret, noneVal)
			}
		}
		if f.yields != nil {
			o := f.newObject(f.fn.Node(), List)
			f.st.dead = false
			f.st.set(o, &contents{open: true, rest: f.yields})
			f.ret = &Value{kind: KindObject, ref: o, marks: f.yields.marks}
		}
		f.end()
		if !f.recursive || sameOrNil(before, f.ret) {
			break
		}
	}
}

// rerun analyses a finished frame again, with what is known now.
func (f *Frame) rerun() {
	if f.fn == nil || f.running {
		return
	}
	proved, hits, known := f.proved(), f.hits, f.hitAt
	f.run()
	f.keepHits(hits, known)
	f.corrected = f.corrected || f.disproved(proved)
}

func (f *Frame) reset() {
	f.st = newState(f.scope.Len())
	f.cells = make([]*Value, f.scope.Len())
	f.unsure, f.learnedAt = nil, f.eng.clock.now
	f.loops, f.tries, f.steps, f.uses, f.memberships, f.unwritten, f.wroteTexts = nil, nil, 0, nil, nil, nil, nil
	f.Calls, f.Stores, f.storeAt, f.Returns, f.Yields = nil, nil, nil, nil, nil
	f.callAt = shortMap[*ast.Call, *Call]{}
	f.sinks, f.sinkAt = nil, nil
	f.hits, f.hitAt, f.effects, f.exits = nil, nil, nil, nil
	f.handedBefore, f.handed = f.handed, nil
	f.ret, f.yields = nil, nil
	f.throws, f.raised, f.waits, f.thrown = nil, nil, nil, nil
	f.classFrames, f.files = nil, nil
	f.done = false
}

// awaited sums the changes of what the functions do that this one waits for.
func (f *Frame) awaited() int {
	n := 0
	for _, w := range f.waits {
		n += w.changes
	}
	return n
}

// await notes that everything called since g has to wait for it.
func (e *Engine) await(g *Frame) {
	for i := len(e.stack) - 1; i >= 0 && e.stack[i] != g; i-- {
		if f := e.stack[i]; len(f.waits) < maxWaits && !slices.Contains(f.waits, g) {
			f.waits = append(f.waits, g)
		}
	}
}

const maxWaits = 8

// stale reports whether a global that the function read has changed since.
func (f *Frame) stale() bool {
	for _, u := range f.uses {
		if u.mod.frame != nil && !sameOrNil(u.mod.frame.global(u.slot), u.value) {
			return true
		}
	}
	return f.writtenSince() || f.learned() || f.mistaken()
}

// learned reports whether an attribute of which nothing was known when the function read it holds something of a
// library now, as a session or client that a constructor was first given in one of the functions that come after.
func (f *Frame) learned() bool {
	if f.learnedAt == f.eng.clock.now {
		return false
	}
	f.learnedAt = f.eng.clock.now
	for _, u := range f.unsure {
		for _, a := range f.storedIn(u.class, u.name).Alternatives() {
			if a.kind == KindExternal && identity(a) != nil {
				return true
			}
		}
	}
	return false
}

// global is the current value of a module's name.
func (f *Frame) global(slot int) *Value {
	if f.st == nil || slot >= len(f.st.env) {
		return nil
	}
	v := f.st.env[slot]
	if late := f.mod.late[f.scope.Names[slot]]; late != nil {
		v = join(v, late)
	}
	return v
}

// end closes the frame: what it left in objects becomes final, and its sinks are judged.
func (f *Frame) end() {
	f.settleFiles()
	f.leaveBehind()
	f.leftEarly()
	for _, s := range f.sinks {
		f.judge(s)
	}
	f.keepHanded()
	f.running, f.done = false, true
	f.eng.ended++
	f.ended = f.eng.ended
	f.release()
}

// leaveBehind makes known what the frame leaves in objects.
func (f *Frame) leaveBehind() {
	for c := range f.st.heap.each {
		o := c.obj
		switch {
		case o.frame == f:
			o.final = c.c
		case o.frame != nil && o.frame.running && o.frame.st != nil:
			if old := find(o.frame.st.heap, o); !sameContents(old, c.c) {
				o.frame.st.set(o, addContents(old, c.c))
			}
		case f.mod.sem.Test && o.frame != nil && !o.frame.mod.sem.Test:
			// What tests put into objects of the program, no user does.
		default:
			o.final = addContents(o.final, c.c)
		}
	}
}

// maxThrown bounds the places that raise an exception of which is remembered what it holds.
const maxThrown = 8

// leftEarly keeps what objects hold that were made on a way that returned or raised before the end.
func (f *Frame) leftEarly() {
	keep := func(h heap) {
		for c := range h.each {
			if c.obj.frame == f && c.obj.final == nil {
				c.obj.final = c.c
			}
		}
	}
	for i := range f.Returns {
		keep(f.Returns[i].heap)
	}
	for _, h := range f.thrown {
		keep(h)
	}
	f.thrown = nil
}

// release lets go of what only the run of a function needed; its summary and its calls
// stay. What nested functions read is in the cells.
func (f *Frame) release() {
	for _, c := range f.Calls {
		if c.Symbol == nil && c.Chat == nil {
			c.heap = heap{}
		}
	}
	if f.fn == nil {
		return
	}
	f.st = &state{env: f.cells}
	f.storeAt, f.sinks, f.sinkAt = nil, nil, nil
	f.callAt = shortMap[*ast.Call, *Call]{}
	f.objects, f.imported, f.packed, f.askedAt = nil, nil, nil, nil
}

// enter binds the parameters.
func (f *Frame) enter() {
	if f.fn.Params == nil {
		return
	}
	defaults := f.eng.defaults[f.fn]
	for i, p := range f.fn.Params.List {
		if p.Name == nil {
			continue
		}
		v := f.parameter(i, p)
		if i < len(defaults) && defaults[i] != nil && v.exact != nil {
			c := *v
			c.setDefault(defaults[i])
			v = &c
		}
		f.bind(p.Name.Id, v)
		if p.Unpack != nil {
			f.assign(p.Unpack, v, nil)
		}
	}
}

func (f *Frame) root(i int) *Origin {
	for len(f.roots) <= i {
		f.roots = append(f.roots, &Origin{frame: f, index: len(f.roots), source: noSource})
	}
	return f.roots[i]
}

// parameter makes the symbol for a parameter, typed by its annotation or the context.
func (f *Frame) parameter(i int, p *ast.Param) *Value {
	root := f.root(i)
	marks := []Mark{{Origin: root, Trace: (*Trace)(nil).then(p.Name, f.mod.sem, "")}}
	if i < len(f.shape) && f.shape[i] != nil {
		return f.shaped(f.shape[i], root, marks)
	}
	switch p.ParamKind {
	case ast.VarPositional, ast.VarKeyword:
		return &Value{marks: marks, exact: root}
	}
	first := i == 0 && f.fn.Class != nil && f.fn.Def != nil
	if first && !f.eng.isStatic(f.fn) {
		c := f.eng.classOf(f.fn.Class)
		if f.eng.isClassMethod(f.fn) {
			return &Value{kind: KindClass, ref: c}
		}
		return f.instance(c, root, marks)
	}
	if p.Annotation != nil {
		if v := f.typed(p.Annotation, root, cleaned(marks, patternSinks(p.Default)), 0); v != nil {
			return v
		}
	}
	if f.env != nil {
		if v := f.env.option(f.fn.Def, p); v != nil {
			return v
		}
	}
	return &Value{marks: marks, exact: root}
}

// shaped makes the symbol for a parameter that the context gives an identity.
func (f *Frame) shaped(shape *Value, root *Origin, marks []Mark) *Value {
	v := *shape
	switch v.kind {
	case KindUnion:
		alts := make([]*Value, 0, maxLikely)
		for _, a := range v.ref.([]*Value) {
			alts = append(alts, f.shaped(a, root, marks))
		}
		v.ref = alts
	case KindObject:
		if o := v.ref.(*Object); o.class != nil {
			return f.instance(o.class, root, marks)
		}
	case KindExternal:
		if _, path := v.ref.(*Value); path {
			v.ref = &Value{marks: marks, exact: root} // its text is the caller's
		}
		v.exact = root
	}
	v.marks = marks
	return &v
}

// option is the value of a parameter that click.option or click.argument declares with a
// type at a function defined in this frame; nil for others.
func (f *Frame) option(def *ast.FunctionDef, p *ast.Param) *Value {
	if def == nil || f.st == nil {
		return nil
	}
	for _, d := range def.Decorators {
		if c, ok := d.Expr.(*ast.Call); ok && f.quietly(c.Fn).Is("click.option", "click.argument") && declares(c, p.Name.Id) {
			return f.optionType(c)
		}
	}
	return nil
}

// instance is a symbolic instance of a project class.
func (f *Frame) instance(c *Class, root *Origin, marks []Mark) *Value {
	o := f.symbol(root)
	if o.class != nil && o.class != c { // it is one of several
		o = f.oneOf(root, c)
	}
	o.kind, o.class = Instance, c
	return &Value{kind: KindObject, ref: o, marks: marks, exact: root}
}

// symbol returns the object that a parameter holds.
func (f *Frame) symbol(at *Origin) *Object {
	o := f.symbolic[at]
	if o == nil {
		o = &Object{kind: Symbolic, origin: at, frame: f}
		if f.symbolic == nil {
			f.symbolic = map[*Origin]*Object{}
		}
		f.symbolic[at] = o
	}
	return o
}

// oneOf returns the object that a parameter holds if it is of a class.
func (f *Frame) oneOf(at *Origin, c *Class) *Object {
	key := symbolicKey{at, c}
	o := f.symbolicOf[key]
	if o == nil {
		o = &Object{kind: Symbolic, origin: at, frame: f}
		if f.symbolicOf == nil {
			f.symbolicOf = map[symbolicKey]*Object{}
		}
		f.symbolicOf[key] = o
	}
	return o
}

type symbolicKey struct {
	at    *Origin
	class *Class
}

// hoist binds the functions and classes of a body before it runs, so that code that calls
// what is defined below it, as functions do, is understood.
func (f *Frame) hoist(body []ast.Stmt) {
	if f.st == nil {
		f.st = newState(f.scope.Len())
	}
	for _, s := range body {
		switch s := s.(type) {
		case *ast.FunctionDef:
			if fn := f.mod.sem.FunctionAt(s); fn != nil && !fn.Accessor {
				f.bind(s.Name.Id, &Value{kind: KindFunction, ref: &closure{fn: fn, env: f.definer()}})
			}
		case *ast.ClassDef:
			// In a cycle of imports a class is asked for before its body has run.
			if sem := f.mod.sem.ClassAt(s); sem != nil && f.fn == nil && f.class == nil {
				f.bind(s.Name.Id, &Value{kind: KindClass, ref: f.eng.classOf(sem)})
			}
		case *ast.If:
			f.hoist(s.Body)
			f.hoist(s.Orelse)
		case *ast.Try:
			f.hoist(s.Body)
		}
	}
}

// definer is the frame that a function defined here closes over; class bodies are not seen.
func (f *Frame) definer() *Frame {
	if f.class != nil {
		return f.env
	}
	return f
}

// top runs a module's body. Statements after one that does not return are run all the same:
// in a notebook the cells after it are, and in a script functions below it count.
func (f *Frame) top(body []ast.Stmt) {
	cells := f.mod.sem.ShellCells
	defer func() { f.shellCells(cells) }()
	for _, s := range body {
		for len(cells) > 0 && cells[0].Call.Start < s.Pos() {
			f.shellCells(cells[:1])
			cells = cells[1:]
		}
		clean, facts := f.st.clean, f.st.facts
		f.stmt(s)
		if f.st.dead {
			f.st.dead, f.st.clean, f.st.facts = false, clean, facts
		}
	}
}

// shellCells runs cells of a notebook that a shell runs.
func (f *Frame) shellCells(cells []*semantic.ShellLine) {
	for _, c := range cells {
		f.shellLine(c)
	}
}

func (f *Frame) block(body []ast.Stmt) {
	for _, s := range body {
		if f.st.dead || f.eng.stopped {
			return
		}
		f.stmt(s)
		if n := len(f.tries); n > 0 && !f.st.dead {
			f.tries[n-1].add(f.st)
		}
	}
}

func (f *Frame) stmt(s ast.Stmt) {
	f.current = s
	switch s := s.(type) {
	case *ast.ExprStmt:
		v := f.expr(s.Value)
		f.proven(s.Value, v)
		if c, ok := s.Value.(*ast.Call); ok {
			f.takesOut(c)
		}
	case *ast.Assign:
		v := f.expr(s.Value)
		for _, t := range s.Targets {
			f.assign(t, v, s.Value)
		}
		if e, ok := s.Value.(*ast.IfExp); ok {
			if n, ok := s.Targets[0].(*ast.Name); ok {
				f.chose(e, n.Id)
			}
		}
	case *ast.AnnAssign:
		f.annAssign(s)
	case *ast.AugAssign:
		f.augAssign(s)
	case *ast.Return:
		v := noneVal
		if s.Value != nil {
			v = f.expr(s.Value)
		}
		f.leave(s, s.Value, v)
		f.st.dead = true
	case *ast.If:
		f.ifStmt(s)
	case *ast.For:
		f.forStmt(s)
	case *ast.While:
		f.whileStmt(s)
	case *ast.With:
		f.with(s)
	case *ast.Try:
		f.try(s)
	case *ast.Raise:
		if s.Exc != nil {
			f.raise(f.expr(s.Exc))
		}
		f.exprs(s.Cause)
		f.st.dead = true
	case *ast.Assert:
		_, c := f.condition(s.Test)
		f.refine(c.yes)
		f.narrow(s.Test, true)
		if s.Msg != nil {
			f.expr(s.Msg)
		}
	case *ast.FunctionDef:
		f.functionDef(s)
	case *ast.ClassDef:
		f.classDef(s)
	case *ast.Import:
		f.importStmt(s)
	case *ast.ImportFrom:
		f.importFrom(s)
	case *ast.Delete:
		for _, t := range s.Targets {
			f.del(t)
			if at, ok := t.(*ast.Subscript); ok {
				f.withoutKey(at.Value, at.Index)
			}
		}
	case *ast.Match:
		f.match(s)
	case *ast.Break:
		if n := len(f.loops); n > 0 {
			mergeInto(&f.loops[n-1].breaks, f.st)
		}
		f.st.dead = true
	case *ast.Continue:
		if n := len(f.loops); n > 0 {
			mergeInto(&f.loops[n-1].continues, f.st)
		}
		f.st.dead = true
	case *ast.Print:
		for _, e := range s.Values {
			f.expr(e)
		}
	case *ast.Exec:
		f.exprs(s.Body, s.Globals, s.Locals)
	case *ast.BadStmt:
		for _, p := range s.Parts {
			switch p := p.(type) {
			case ast.Stmt:
				f.stmt(p)
			case ast.Expr:
				f.expr(p)
			}
		}
	}
}

func (f *Frame) exprs(list ...ast.Expr) {
	for _, e := range list {
		if e != nil {
			f.expr(e)
		}
	}
}

func mergeInto(to **state, s *state) {
	if s.dead {
		return
	}
	if *to == nil {
		*to = s.clone()
		return
	}
	(*to).merge(s)
}

// leave records a return.
func (f *Frame) leave(at ast.Node, e ast.Expr, v *Value) {
	v = f.st.apply(v)
	f.Returns = append(f.Returns, Return{Node: at, Value: v, heap: f.st.snapshot()})
	x := exit{value: v, clean: f.st.clean}
	if v.cond != nil {
		x.cond = v.cond
	}
	f.exits = append(f.exits, x)
	f.ret = join(f.ret, v)
}

// yielded records what a yield gives, which a loop may come to again.
func (f *Frame) yielded(at ast.Node, v *Value) {
	r := Return{Node: at, Value: f.st.apply(v), heap: f.st.snapshot()}
	for i := range f.Yields {
		if f.Yields[i].Node == at {
			r.Value = join(f.Yields[i].Value, r.Value)
			f.Yields[i] = r
			return
		}
	}
	f.Yields = append(f.Yields, r)
}

func (f *Frame) annAssign(s *ast.AnnAssign) {
	if f.class != nil {
		if n, ok := s.Target.(*ast.Name); ok {
			fd := Field{Name: n.Id, Annotation: s.Annotation, Node: s, frame: f}
			if s.Value != nil {
				fd.Default = f.expr(s.Value)
				f.holdsDeclared(fd.Default, s.Annotation)
				f.bind(n.Id, fd.Default)
			}
			f.class.fields = append(f.class.fields, fd)
			return
		}
	}
	if s.Value != nil {
		v := f.expr(s.Value)
		if v.kind == KindUnknown || v.kind == KindExternal && len(symModels(v.sym)) == 0 && v.call == nil {
			if t := f.typed(s.Annotation, v.exact, v.marks, 0); t != nil {
				v = t
			}
		}
		if v.IsNone() {
			f.declare(s)
		}
		f.holdsDeclared(v, s.Annotation)
		f.assign(s.Target, v, s.Value)
	} else if n, ok := s.Target.(*ast.Name); ok {
		if t := f.typed(s.Annotation, nil, nil, 0); t != nil {
			f.bind(n.Id, t)
		}
	}
}

// declare notes of which class of the project or of a known library a method says that an attribute
// will be which it leaves empty: `self.store: Store | None = None`.
func (f *Frame) declare(s *ast.AnnAssign) {
	t, ok := s.Target.(*ast.Attribute)
	if !ok {
		return
	}
	o := f.expr(t.Value).object()
	if o == nil || o.class == nil {
		return
	}
	if v := f.typed(s.Annotation, nil, nil, 0); v != nil && (v.Class() != nil && v.kind == KindObject || v.kind == KindExternal && v.sym != nil) {
		if o.class.declared == nil {
			o.class.declared = map[string]*Value{}
		}
		if o.class.declared[t.Attr.Id] == nil {
			o.class.declared[t.Attr.Id] = v
		}
	}
}

func (f *Frame) augAssign(s *ast.AugAssign) {
	old := f.expr(s.Target)
	v := f.expr(s.Value)
	if s.Op == "+" {
		var lists, others *Value
		for _, a := range old.Alternatives() {
			if o := a.object(); o != nil && (o.kind == List || o.kind == Symbolic) {
				lists = join(lists, a)
				f.extend(a, v, s.Value)
			} else {
				others = join(others, a)
			}
		}
		switch {
		case lists != nil && others == nil:
			return
		case lists != nil: // what was read, or else a list of the code's own
			f.assign(s.Target, join(lists, f.binary(s.Op, others, v, s.Target, s.Value, s)), s.Value)
			return
		}
	}
	f.assign(s.Target, f.binary(s.Op, old, v, s.Target, s.Value, s), s.Value)
}

func (f *Frame) ifStmt(s *ast.If) {
	if truth, known := constantTruth(s.Test); known {
		live, never := s.Body, s.Orelse
		if !truth {
			live, never = never, live
		}
		f.definitions(never)
		f.block(live)
		return
	}
	_, c := f.condition(s.Test)
	test := f.plainTest(s.Test)
	other := f.st.clone()
	f.refine(c.yes)
	f.decide(test, true)
	yes := f.narrow(s.Test, true)
	f.st.facts |= c.facts
	f.block(s.Body)
	then := f.st
	f.st = other
	f.refine(c.no)
	f.decide(test, false)
	no := f.narrow(s.Test, false)
	f.st.facts |= c.facts
	f.block(s.Orelse)
	if !then.dead && !f.st.dead {
		then.widen(yes)
		f.st.widen(no)
	}
	if then.dead || f.st.dead || len(s.Body) == 0 {
		f.st.merge(then)
		return
	}
	els := slices.Clone(f.st.env)
	for i, v := range els {
		if v != then.env[i] {
			els[i] = f.st.apply(v)
		}
	}
	f.st.merge(then)
	f.splitOn(test, then, els)
}

// forStmt runs a for loop. What its body has checked of each item when it ends holds for all
// items after the loop.
func (f *Frame) forStmt(s *ast.For) {
	it := f.expr(s.Iter)
	items := f.element(it, s.Iter)
	f.repeated(s.Iter, it, func() {
		f.loop(loopKind{once: f.hasItems(it)}, func() { f.assignEach(s.Target, f.element(it, s.Iter)) }, s.Body, s.Orelse)
	})
	f.trainsOn(it, s)
	for _, c := range f.checkedItems {
		for _, m := range items.marks {
			if c.origin != nil && c.origin == m.Origin && c.label == m.Label {
				f.st.clean = append(f.st.clean[:len(f.st.clean):len(f.st.clean)], c)
			}
		}
	}
}

func (f *Frame) whileStmt(s *ast.While) {
	var c condition
	truth, known := constantTruth(s.Test)
	f.loop(loopKind{endless: truth && known}, func() {
		_, c = f.condition(s.Test)
		f.refine(c.yes)
	}, s.Body, s.Orelse)
	f.refine(c.no)
}

// definitions makes known what a block that never runs imports and defines: `if False: import x`
// says what annotations mean.
func (f *Frame) definitions(block []ast.Stmt) {
	for _, s := range block {
		switch s.(type) {
		case *ast.Import, *ast.ImportFrom, *ast.FunctionDef, *ast.ClassDef:
			f.stmt(s)
		}
	}
}

// constantTruth reads `while True`, `if 0` and comparisons of numbers.
func constantTruth(e ast.Expr) (truth, known bool) {
	switch e := e.(type) {
	case *ast.Constant:
		return e.Value == ast.True || e.Value == ast.Ellipsis, true
	case *ast.Number, *ast.BinOp:
		return literalNumber(e).Truth()
	case *ast.UnaryOp:
		if e.Op == "not" {
			truth, known = constantTruth(e.Operand)
			return !truth, known
		}
	case *ast.BoolOp:
		for _, v := range e.Values { // one decides: `old and False`
			if truth, known = constantTruth(v); known && truth == e.Or {
				return truth, true
			}
		}
		return false, false
	case *ast.Compare:
		l, ok := literalNumber(e.Left).Number()
		r, ok2 := literalNumber(e.Right[0]).Number()
		if !ok || !ok2 || len(e.Ops) != 1 {
			return false, false
		}
		switch e.Ops[0] {
		case "==":
			return l == r, true
		case "!=":
			return l != r, true
		case "<":
			return l < r, true
		case "<=":
			return l <= r, true
		case ">":
			return l > r, true
		case ">=":
			return l >= r, true
		}
	}
	return false, false
}

// literalNumber is the value of arithmetic on numbers that are written down, nil for the rest.
func literalNumber(e ast.Expr) *Value {
	switch e := e.(type) {
	case *ast.Number:
		return &Value{kind: KindConst, konst: constNumber, text: e.Text}
	case *ast.BinOp:
		l, r := literalNumber(e.Left), literalNumber(e.Right)
		if l == nil || r == nil {
			return nil
		}
		return arithmetic(e.Op, l, r)
	}
	return nil
}

// loopKind says how a loop ends: by break alone, or not before its body has run.
type loopKind struct{ endless, once bool }

// hasItems reports whether a loop over a value runs: a display of constants that holds some.
func (f *Frame) hasItems(v *Value) bool {
	if text, ok := v.Text(); ok && v.kind == KindString {
		return text != ""
	}
	o := v.object()
	if o == nil || o.kind > Set || o.class != nil {
		return false
	}
	c := f.contents(o)
	if c == nil || c.open || len(c.seq) == 0 {
		return false
	}
	for _, it := range c.seq {
		if it.Maybe || it.Splat || !it.Value.IsConst() {
			return false
		}
	}
	return true
}

// loop runs a body until nothing new is learned of what was there before it.
func (f *Frame) loop(kind loopKind, begin func(), body, orelse []ast.Stmt) {
	var breaks, last *state
	f.checkedItems = nil
	for i := 0; i < 3; i++ {
		start := f.st.clone()
		l := &loop{}
		f.loops = append(f.loops, l)
		begin()
		f.block(body)
		f.loops = f.loops[:len(f.loops)-1]
		if l.continues != nil {
			f.st.merge(l.continues)
		}
		if l.breaks != nil {
			mergeInto(&breaks, l.breaks)
		}
		end := f.st
		last = end
		f.st = start.clone()
		f.st.merge(end)
		if !end.dead && breaks == nil {
			f.checkedItems = end.clean[min(len(start.clean), len(end.clean)):]
		} else {
			f.checkedItems = nil
		}
		if !grew(start, f.st) {
			break
		}
	}
	checked := f.checkedItems
	switch {
	case kind.endless:
		f.st.dead = true // but for break
	case kind.once && !last.dead:
		f.st = last
	}
	f.block(orelse)
	if breaks != nil {
		f.st.merge(breaks)
	}
	f.checkedItems = checked
}

// grew reports whether names and objects that existed before a loop changed in it.
func grew(before, after *state) bool {
	for i, v := range before.env {
		if v != nil && !sameOrNil(v, after.env[i]) {
			return true
		}
	}
	for c := range before.heap.each {
		if d := find(after.heap, c.obj); d != c.c && !sameContents(c.c, d) {
			return true
		}
	}
	return false
}

func (f *Frame) with(s *ast.With) {
	suppress := false
	for _, it := range s.Items {
		v := f.expr(it.Context)
		if v.Is("contextlib.suppress()") {
			suppress = true
		}
		if it.Target != nil {
			f.assign(it.Target, f.entered(v, it.Context), it.Context)
		}
	}
	if !suppress {
		f.block(s.Body)
		return
	}
	f.tries = append(f.tries, f.st.gather())
	f.block(s.Body)
	n := len(f.tries) - 1
	f.st.merge(f.tries[n].state)
	f.tries = f.tries[:n]
}

// entered is what `with v as x` gives to x.
func (f *Frame) entered(v *Value, at ast.Node) *Value {
	switch v.kind {
	case KindExternal:
		if s := v.sym.Get("__enter__"); s != nil {
			if r := s.Get("()"); r != nil {
				return f.external(r, v.marks, v.call)
			}
		}
	case KindObject:
		o := v.ref.(*Object)
		if o.kind == List { // a generator function under @contextmanager
			return f.element(v, at)
		}
		if o.class != nil {
			for _, name := range [...]string{"__enter__", "__aenter__"} {
				if m, _ := o.class.lookup(name); m != nil {
					return f.invoke(f.bindTo(m, v, o.class), nil, nil, at)
				}
			}
		}
	}
	return v
}

// raise keeps what is raised for the handlers around it.
func (f *Frame) raise(v *Value) {
	if len(v.marks) == 0 && v.kind != KindObject {
		return
	}
	if v.kind == KindObject && len(f.thrown) < maxThrown {
		f.thrown = append(f.thrown, f.st.snapshot())
	}
	if n := len(f.raised); n > 0 {
		f.raised[n-1] = join(f.raised[n-1], v)
		return
	}
	f.throws = join(f.throws, v)
}

// caught splits what was raised into what a handler of the type gets and what it lets pass;
// either may be nil.
func caught(t, raised *Value, items []Item) (got, rest *Value) {
	for _, v := range raised.Alternatives() {
		catch := len(items) == 0 && catches(t, v)
		for _, it := range items {
			catch = catch || catches(it.Value, v)
		}
		if catch {
			got = join(got, v)
		} else {
			rest = join(rest, v)
		}
	}
	return got, rest
}

// catches reports whether a handler of a type catches an exception, as far as both are
// known.
func catches(t, v *Value) bool {
	if t == nil || t.kind == KindUnknown || v.kind == KindUnknown || t.Is("builtins.Exception", "builtins.BaseException") {
		return true
	}
	if c := v.Class(); c != nil {
		if k := t.Class(); k != nil {
			return contains(c.Linear(), k)
		}
		return c.Extends(t.Name())
	}
	return strings.TrimSuffix(v.Name(), "()") == t.Name()
}

func (f *Frame) try(s *ast.Try) {
	f.tries = append(f.tries, f.st.gather())
	f.raised = append(f.raised, nil)
	hosted, executed := f.hosted, f.executed
	f.executed = nil
	f.block(s.Body)
	hosted = f.hosted - hosted
	ran := f.executed
	f.executed = addMarks(executed, ran)
	n := len(f.tries) - 1
	raised := f.tries[n].state
	f.tries = f.tries[:n]
	thrown := f.raised[len(f.raised)-1]
	f.raised = f.raised[:len(f.raised)-1]
	f.block(s.Orelse)
	out := f.st
	var failed *state // what there is where no handler goes on
	if len(s.Final) > 0 && len(s.Handlers) == 0 {
		failed = raised.clone()
	}
	for _, h := range s.Handlers {
		f.st = raised.clone()
		var got, t *Value
		if h.Type != nil {
			t = f.expr(h.Type)
			items, _, _ := (&Call{heap: f.st.heap}).Items(t)
			got, thrown = caught(t, thrown, items)
		} else {
			thrown = nil
		}
		failing := f.failing
		if hosted > 0 && f.catchesModelErrors(t) {
			f.failing = f.failureOf(h)
			got = taint(orUnknown(got), f.failing)
		}
		if len(ran) > 0 && f.catchesMissing(t) {
			got = taint(orUnknown(got), ran)
		}
		if h.Name != nil {
			f.bind(h.Name.Id, f.step(got, h.Name, "caught as `"+h.Name.Id+"`"))
		}
		f.block(h.Body)
		f.failing = failing
		if f.st.dead && len(s.Final) > 0 {
			left := f.st.clone()
			left.dead = false
			mergeInto(&failed, left)
		}
		out.merge(f.st)
	}
	f.st = out
	if thrown != nil {
		f.raise(thrown)
	}
	if len(s.Final) > 0 {
		dead := f.st.dead
		if dead {
			f.st = raised
		} else if failed != nil {
			// The block runs there, too, and nothing after it does.
			f.st = failed
			f.block(s.Final)
			f.st = out
		}
		f.block(s.Final)
		f.st.dead = f.st.dead || dead
	}
}

func (f *Frame) match(s *ast.Match) {
	v := f.expr(s.Subject)
	var out *state
	before := f.st
	for _, c := range s.Cases {
		f.st = before.clone()
		if f.pattern(c.Pattern, v) {
			f.refine(f.cleanAll(v))
		}
		if c.Guard != nil {
			_, g := f.condition(c.Guard)
			f.refine(g.yes)
		}
		f.block(c.Body)
		mergeInto(&out, f.st)
	}
	f.st = before
	if n := len(s.Cases); n > 0 && irrefutable(s.Cases[n-1]) {
		f.st.dead = true
	}
	if out != nil {
		f.st.merge(out)
	}
}

func irrefutable(c *ast.MatchCase) bool {
	as, ok := c.Pattern.(*ast.MatchAs)
	return ok && as.Pattern == nil && c.Guard == nil
}

// pattern binds the names of a pattern; it reports whether a match fixes the value to
// constants.
func (f *Frame) pattern(p ast.Pattern, v *Value) bool {
	switch p := p.(type) {
	case *ast.MatchValue:
		f.expr(p.Value)
		return true
	case *ast.MatchAs:
		fixed := false
		if p.Pattern != nil {
			fixed = f.pattern(p.Pattern, v)
		}
		if p.Name != nil {
			f.bind(p.Name.Id, v)
		}
		return fixed
	case *ast.MatchOr:
		fixed := len(p.Patterns) > 0
		for _, q := range p.Patterns {
			fixed = f.pattern(q, v) && fixed
		}
		return fixed
	case *ast.MatchSequence:
		for i, q := range p.Patterns {
			f.part(q, f.item(v, i, nil))
		}
	case *ast.MatchMapping:
		for i, k := range p.Keys {
			key := f.expr(k)
			if i < len(p.Patterns) {
				f.part(p.Patterns[i], f.subscript(v, key, k))
			}
		}
		if p.Rest != nil {
			f.bind(p.Rest.Id, unknownWith(v.marks))
		}
	case *ast.MatchClass:
		c := f.expr(p.Class)
		for _, q := range p.Patterns {
			f.pattern(q, unknownWith(v.marks))
		}
		for i, q := range p.KwdPatterns {
			f.part(q, f.attr(v, p.KwdAttrs[i].Id, p))
		}
		return c.Is("builtins.int", "builtins.float", "builtins.bool")
	case *ast.MatchStar:
		if p.Name != nil {
			f.bind(p.Name.Id, unknownWith(v.marks))
		}
	}
	return false
}

// part binds the names of a pattern within another one. That it matches is known of that part.
func (f *Frame) part(p ast.Pattern, v *Value) {
	if f.pattern(p, v) {
		f.refine(f.cleanAll(v))
	}
}

// functionDef makes the function and tells frameworks' decorators of it.
func (f *Frame) functionDef(s *ast.FunctionDef) {
	fn := f.mod.sem.FunctionAt(s)
	if fn == nil {
		return
	}
	f.setDefaults(fn, s.Params)
	v := &Value{kind: KindFunction, ref: &closure{fn: fn, env: f.definer()}}
	if !fn.Accessor { // the name stays that of the getter
		f.bind(s.Name.Id, v)
	}
	for i := len(s.Decorators) - 1; i >= 0; i-- {
		if w := f.decorate(s.Decorators[i].Expr, v); w != nil && i == 0 && len(s.Decorators) == 1 {
			f.bind(s.Name.Id, w)
		}
	}
	if fn.Parent != nil {
		f.mod.nested = append(f.mod.nested, v)
	}
}

// setDefaults evaluates the defaults of a function, as Python does where it is defined.
func (f *Frame) setDefaults(fn *semantic.Function, ps *ast.Parameters) {
	if ps == nil {
		return
	}
	ds := make([]*Value, len(ps.List))
	for i, p := range ps.List {
		if p.Default != nil {
			ds[i] = f.expr(p.Default)
		}
	}
	f.eng.defaults[fn] = ds
}

// decorate evaluates a decorator and registers the function where a framework calls it. It returns the wrapper that
// stands for the function from then on; nil where what the decorator gives back is taken to behave as the function.
func (f *Frame) decorate(d ast.Expr, fn *Value) (wrapper *Value) {
	v := f.expr(d)
	if v.kind == KindFunction && f.class == nil {
		// For what it does, such as adding the function to a table, too.
		wrapper = wrapperOf(f.invoke(v, []Argument{{Pos: 0, Value: fn}}, nil, d), fn)
	}
	var call *Call
	sym := v.Symbol()
	if c, ok := d.(*ast.Call); ok {
		if call = f.callOf(c); call != nil {
			sym = call.Symbol
		}
	}
	f.registerDecorated(sym, fn, call, d)
	f.notesListener(call, fn)
	return wrapper
}

// wrapperOf returns what a decorator made of a function if that is a function of the same parameters, which checks or
// changes what it hands on, made for that one function; nil otherwise.
func wrapperOf(made, fn *Value) *Value {
	if made == nil || made.kind != KindFunction || made.ref == fn.ref {
		return nil
	}
	w, of := made.ref.(*closure), fn.ref.(*closure).fn
	if w.self != nil || w.fn.Params == nil || of.Params == nil || w.env == nil || len(w.env.shape) == 0 || w.env.shape[0] == nil || !sameIdentity(w.env.shape[0], fn) {
		return nil
	}
	if usesArguments(w.fn) {
		return made
	}
	if len(w.fn.Params.List) != len(of.Params.List) {
		return nil
	}
	for i, p := range w.fn.Params.List {
		if p.Name == nil || p.ParamKind == ast.VarPositional || p.ParamKind == ast.VarKeyword || of.Params.List[i].ParamKind != p.ParamKind {
			return nil
		}
	}
	return made
}

// usesArguments reports whether a function of `*args, **kwargs` looks into these or makes others of them, besides
// handing them on and writing them to a log. What does no more behaves as the function that it is handed.
func usesArguments(fn *semantic.Function) bool {
	names := map[string]bool{}
	for _, p := range fn.Params.List {
		if p.Name == nil || p.ParamKind != ast.VarPositional && p.ParamKind != ast.VarKeyword {
			return false
		}
		names[p.Name.Id] = true
	}
	if len(names) == 0 || fn.Def == nil {
		return false
	}
	uses := false
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			return false
		case *ast.Starred:
			if x, ok := n.Value.(*ast.Name); ok && names[x.Id] {
				return false
			}
		case *ast.Keyword:
			if x, ok := n.Value.(*ast.Name); ok && n.Name == nil && names[x.Id] {
				return false
			}
		case *ast.Name:
			uses = uses || names[n.Id]
		}
		return !uses
	})
	return uses
}

// registerDecorated registers a function under the decorator of a name.
func (f *Frame) registerDecorated(decorator *Symbol, fn *Value, c *Call, at ast.Node) (registered bool) {
	for _, m := range symModels(decorator) {
		for i := range m.Callbacks {
			if m.Callbacks[i].Arg == "decorated" {
				f.register(&m.Callbacks[i], fn, c, at, decorator)
				registered = true
			}
		}
	}
	return registered
}

func symModels(s *Symbol) []*models.Model {
	if s == nil {
		return nil
	}
	return s.Models
}

func (f *Frame) classDef(s *ast.ClassDef) {
	sem := f.mod.sem.ClassAt(s)
	if sem == nil {
		return
	}
	c := f.eng.classOf(sem)
	c.mro, c.fields = nil, nil
	c.Bases, c.Decorators, c.Keywords = nil, nil, nil
	for _, b := range s.Bases {
		if st, ok := b.(*ast.Starred); ok {
			b = st.Value
		}
		base := f.expr(b)
		c.Bases = append(c.Bases, base)
		for _, a := range base.Alternatives() {
			if a.kind == KindClass && len(a.ref.(*Class).subclasses) < 64 && !contains(a.ref.(*Class).subclasses, c) {
				a.ref.(*Class).subclasses = append(a.ref.(*Class).subclasses, c)
			}
		}
	}
	for _, k := range s.Keywords {
		v := f.expr(k.Value)
		if k.Name != nil {
			c.Keywords = append(c.Keywords, kwarg{k.Name.Id, v, k.Value})
		}
	}
	c.event = c.Extends(events...)
	for _, d := range s.Decorators {
		c.Decorators = append(c.Decorators, f.expr(d.Expr))
	}
	v := &Value{kind: KindClass, ref: c}
	f.bind(s.Name.Id, v)
	defer func() {
		for i, d := range c.Decorators {
			if d.kind == KindFunction { // for what it does, as with functions
				f.invoke(d, []Argument{{Pos: 0, Value: v}}, nil, s.Decorators[i])
			}
		}
	}()
	b := f.eng.newFrame(f.mod, nil, sem.Scope, f.definer())
	b.class = c
	b.st = newState(sem.Scope.Len())
	b.running = true
	c.frame = b
	b.hoist(s.Body)
	b.block(s.Body)
	b.end()
	for i, name := range sem.Scope.Names {
		if b.st.env[i] != nil {
			c.body[name] = b.st.env[i]
		}
	}
	f.classFrames = append(f.classFrames, b)
	f.madeFields(c)
	f.classCallbacks(c)
	f.runListeners(c, b)
	f.initSubclass(v, s)
}

// madeFields gives the instances of a record the lists that a function of the program makes for them:
// `turns: list = field(default_factory=lambda: [RULES])` is what `self.turns = [RULES]` would be in a constructor.
func (f *Frame) madeFields(c *Class) {
	for _, s := range c.Node.Body {
		a, ok := s.(*ast.AnnAssign)
		if !ok {
			continue
		}
		target, ok := a.Target.(*ast.Name)
		if !ok || !f.makesList(a.Value) {
			continue
		}
		// Not by c.field(), which would settle the bases of a class before theirs have run.
		v := f.fieldDefault(&Field{Name: target.Id, Node: a, frame: c.frame}, a)
		o := v.object()
		if o == nil || o.class != nil || o.kind != List {
			continue
		}
		if k := f.contents(o); k != nil && len(k.seq) > 0 {
			c.setStore(target.Id, dropParams(v))
		}
	}
}

// makesList reports whether what describes a field has it made by a function of the file that gives a list with
// something in it.
func (f *Frame) makesList(e ast.Expr) bool {
	call, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	return slices.ContainsFunc(call.Keywords, func(k *ast.Keyword) bool {
		if k.Name == nil || k.Name.Id != "default_factory" {
			return false
		}
		switch v := k.Value.(type) {
		case *ast.Lambda:
			return hasElements(v.Body)
		case *ast.Name:
			for _, s := range f.mod.sem.File.Body {
				if def, ok := s.(*ast.FunctionDef); ok && def.Name.Id == v.Id && len(def.Body) > 0 {
					r, ok := def.Body[len(def.Body)-1].(*ast.Return)
					return ok && hasElements(r.Value)
				}
			}
		}
		return false
	})
}

// hasElements reports whether an expression displays a list that is not empty.
func hasElements(e ast.Expr) bool {
	l, ok := e.(*ast.List)
	return ok && len(l.Elts) > 0
}

// initSubclass runs what a base class does with each class that derives from it.
func (f *Frame) initSubclass(class *Value, s *ast.ClassDef) {
	c := class.ref.(*Class)
	for _, k := range c.Linear()[1:] {
		init := k.body["__init_subclass__"]
		if init == nil {
			continue
		}
		args := make([]Argument, 0, len(c.Keywords))
		for _, kw := range c.Keywords {
			if kw.name != "metaclass" {
				args = append(args, Argument{Name: kw.name, Pos: -1, Value: kw.value, Node: kw.node})
			}
		}
		f.invoke(f.bindTo(init, class, k), args, nil, s)
		return
	}
}

// classCallbacks registers methods that a library's base class calls.
func (f *Frame) classCallbacks(c *Class) {
	c.external(func(s *Symbol) bool {
		for _, m := range s.Models {
			for i := range m.Callbacks {
				cb := &m.Callbacks[i]
				if name, ok := cutPrefix(string(cb.Arg), "subclass."); ok {
					begin, several := strings.CutSuffix(name, "*")
					for _, method := range c.methods(begin, several) {
						self := &Value{kind: KindObject, ref: &Object{kind: Instance, class: c, frame: f}}
						f.register(cb, f.bindTo(c.body[method], self, c), nil, c.Node, s)
					}
				}
			}
		}
		return true
	})
}

// methods lists the functions of a class's body of a name, or all whose names begin with it.
func (c *Class) methods(name string, several bool) []string {
	if !several {
		if fn := c.body[name]; fn != nil && fn.kind == KindFunction {
			return []string{name}
		}
		return nil
	}
	var out []string
	for _, m := range slices.Sorted(maps.Keys(c.body)) {
		if strings.HasPrefix(m, name) && c.body[m].kind == KindFunction {
			out = append(out, m)
		}
	}
	return out
}

func cutPrefix(s, p string) (string, bool) {
	if len(s) >= len(p) && s[:len(p)] == p {
		return s[len(p):], true
	}
	return s, false
}

func (f *Frame) importStmt(s *ast.Import) {
	for _, a := range s.Names {
		f.importsFile(a.Name, s, nil)
		name := a.Name
		if a.AsName == nil {
			name = semantic.BoundName(a)
			if m := f.eng.project.Resolve(f.mod.sem, name, 0, f.eng.isLibrary); m != nil {
				f.bind(name, f.moduleValue(m))
				f.load2(a.Name)
				continue
			}
		} else if m := f.eng.project.Resolve(f.mod.sem, name, 0, f.eng.isLibrary); m != nil {
			f.bind(a.AsName.Id, f.moduleValue(m))
			continue
		}
		f.bind(semantic.BoundName(a), f.library(name))
	}
}

// load2 runs the module of a dotted import, whose first part is what gets bound.
func (f *Frame) load2(name string) {
	if m := f.eng.project.Resolve(f.mod.sem, name, 0, f.eng.isLibrary); m != nil {
		f.eng.module(m)
	}
}

// library is the value of a module outside the project.
func (f *Frame) library(name string) *Value {
	if s := f.eng.table.Lookup(name); s != nil {
		return s.plain
	}
	return &Value{kind: KindExternal, text: name}
}

func (f *Frame) moduleValue(m *semantic.Module) *Value {
	f.eng.module(m)
	return &Value{kind: KindModule, ref: m}
}

func (f *Frame) importFrom(s *ast.ImportFrom) {
	if s.Level == 0 {
		f.importsFile(s.Module, s, nil)
	}
	m := f.eng.project.Resolve(f.mod.sem, s.Module, s.Level, f.eng.isLibrary)
	if m != nil {
		r := f.eng.module(m)
		for _, a := range s.Names {
			if a.Name == "*" {
				f.star(r)
				continue
			}
			f.bind(semantic.BoundName(a), f.member(m, a.Name))
		}
		return
	}
	lib := f.library(s.Module)
	if s.Level > 0 {
		lib = unknown
	}
	for _, a := range s.Names {
		if a.Name == "*" {
			f.mod.stars = append(f.mod.stars, lib)
			continue
		}
		f.bind(semantic.BoundName(a), f.attr(lib, a.Name, a))
	}
}

// star binds all public names of a module of the project.
func (f *Frame) star(r *module) {
	if r.frame == nil || r.frame.st == nil {
		return
	}
	f.mod.stars = append(f.mod.stars, &Value{kind: KindModule, ref: r.sem})
}

// member is a name of a module of the project.
func (f *Frame) member(m *semantic.Module, name string) *Value {
	r := f.eng.module(m)
	if slot, ok := m.Scope.Slot(name); ok && r.frame != nil {
		if v := r.frame.global(slot); v != nil {
			f.uses = append(f.uses, f.globalUse(r, slot, v))
			return v
		}
	}
	if sub := f.eng.project.Submodule(f.mod.sem, m, name); sub != nil && sub != m {
		return f.moduleValue(sub)
	}
	for i := len(r.stars) - 1; i >= 0; i-- {
		if v := f.starMember(r.stars[i], name); v != nil {
			return v
		}
	}
	if l := f.eng.project.Lazy(m, name); l != nil {
		return f.member(l, name)
	}
	return unknown
}

// lists reports whether a module says what a star imports of it, which else are the names without an underscore in front.
func lists(m *semantic.Module) bool {
	_, ok := m.Scope.Slot("__all__")
	return ok
}

func (f *Frame) starMember(from *Value, name string) *Value {
	switch from.kind {
	case KindModule:
		m := from.ref.(*semantic.Module)
		if m == f.mod.sem || strings.HasPrefix(name, "_") && !lists(m) {
			return nil
		}
		f.eng.depth++
		defer func() { f.eng.depth-- }()
		if f.eng.depth > f.eng.limits.Depth {
			return nil
		}
		if v := f.member(m, name); v != unknown {
			return v
		}
	case KindExternal:
		if s := from.sym.Get(name); s != nil {
			return s.plain
		}
	}
	return nil
}

func (f *Frame) del(t ast.Expr) {
	switch t := t.(type) {
	case *ast.Name:
		if slot, ok := f.scope.Slot(t.Id); ok {
			f.st.env[slot] = nil
		}
	case *ast.Tuple:
		for _, e := range t.Elts {
			f.del(e)
		}
	case *ast.Subscript:
		v, k := f.expr(t.Value), f.expr(t.Index)
		for _, a := range v.Alternatives() {
			s, slice := t.Index.(*ast.Slice)
			slice = slice && s.Upper != nil && s.Step == nil && (s.Lower == nil || isZero(f.expr(s.Lower)))
			op := dropFirst
			if slice {
				op = dropFront
			}
			if slice || isZero(k) {
				f.effect(a, op, "", nil, noneVal, t)
			}
			o := a.object()
			if o == nil {
				continue
			}
			if c := f.contents(o); c != nil && (slice || isZero(k)) {
				f.st.set(o, c.dropped(op, &Cut{t, f.mod.sem}))
			}
			if name, ok := k.Text(); ok {
				if c := f.contents(o); c != nil {
					f.st.set(o, c.without(name))
				}
			}
		}
	}
}

func isZero(v *Value) bool {
	n, ok := v.Number()
	return ok && n == 0
}

// bind gives a local (or declared global) name a value.
func (f *Frame) bind(name string, v *Value) {
	if v == nil {
		v = unknown
	}
	if slot, ok := f.scope.Slot(name); ok && !f.scope.IsGlobal(name) {
		f.st.env[slot] = v
		f.undecide(slot)
		f.untyped(slot)
		if f.scope.Captured[slot] {
			f.cells[slot] = join(f.cells[slot], v)
		}
		return
	}
	if f.scope.IsGlobal(name) {
		f.mod.late[name] = join(f.mod.late[name], dropParams(v))
		v.share()
		f.outer(&Value{kind: KindModule, ref: f.mod.sem}, nil, setAttr, name, nil, v, f.current)
		return
	}
	for e := f.env; e != nil; e = e.env { // nonlocal
		if slot, ok := e.scope.Slot(name); ok && e.class == nil {
			e.cells[slot] = join(e.cells[slot], v)
			if e.written == nil {
				e.written = make([]*Value, len(e.cells))
			}
			e.written[slot] = join(e.written[slot], dropParams(v))
			f.outer(nil, e, setAttr, name, nil, v, f.current)
			return
		}
	}
}

// dropParams takes the parameters' marks away, which mean nothing outside the function.
func dropParams(v *Value) *Value {
	n := 0
	for _, m := range v.marks {
		if m.Label != models.NoLabel {
			n++
		}
	}
	if n == len(v.marks) && v.exact == nil {
		return v
	}
	c := *v
	c.exact, c.marks = nil, nil
	c.setDefault(nil)
	c.handed = v.kind == KindString || v.isNumber()
	for _, m := range v.marks {
		if m.Label != models.NoLabel {
			c.marks = append(c.marks, m)
		}
	}
	if o := c.object(); o != nil && (o.kind == Symbolic || o.kind == Dict && o.origin != nil) {
		if l := c.ref.(*Object).asList(); l != nil {
			return &Value{kind: KindObject, ref: l, marks: c.marks}
		}
		return unknownWith(c.marks)
	}
	return &c
}

// assign stores a value in a target. from is the expression it comes from, for reports.
func (f *Frame) assign(t ast.Expr, v *Value, from ast.Expr) {
	switch t := t.(type) {
	case *ast.Name:
		if v != nil && len(v.marks) > 0 {
			v = f.step(v, t, "stored in `"+t.Id+"`")
		}
		f.bind(t.Id, v)
	case *ast.Tuple:
		f.unpack(t.Elts, v, from)
	case *ast.List:
		f.unpack(t.Elts, v, from)
	case *ast.Starred:
		f.assign(t.Value, unknownWith(v.marks), from)
	case *ast.Attribute:
		f.store(f.expr(t.Value), t, v, from)
	case *ast.Subscript:
		if s, ok := t.Index.(*ast.Slice); ok && s.Lower == nil && s.Upper == nil && s.Step == nil {
			o, x := f.expr(t.Value).object(), v.object()
			if o != nil && x != nil && o.kind == List && x.kind <= Set {
				if c := f.contents(x); c != nil {
					f.st.set(o, c)
					return
				}
			}
		}
		in, key := f.expr(t.Value), f.expr(t.Index)
		if len(key.marks) > 0 && attributesOf(t.Value, in) {
			f.setsAttribute(key, t.Index, nil)
		}
		if name, ok := key.Text(); ok && namespace(t.Value, in) {
			if of := f.namespaceOf(t.Value); of != nil && of.kind == KindModule { // globals()["x"] = v
				m := f.eng.module(of.ref.(*semantic.Module))
				m.late[name] = join(m.late[name], dropParams(v))
			}
		}
		f.storeItem(in, key, t, v, from)
	}
}

// assignEach gives the target of a loop an element of what is gone through.
func (f *Frame) assignEach(t ast.Expr, v *Value) {
	f.looping = true
	f.assign(t, v, nil)
	f.looping = false
}

func (f *Frame) unpack(targets []ast.Expr, v *Value, from ast.Expr) {
	var parts []ast.Expr
	if tu, ok := from.(*ast.Tuple); ok && len(tu.Elts) == len(targets) {
		parts = tu.Elts
	}
	starred := -1
	for i, t := range targets {
		if _, ok := t.(*ast.Starred); ok {
			starred = i
		}
	}
	for i, t := range targets {
		var e ast.Expr
		if parts != nil {
			e = parts[i]
		}
		switch {
		case i == starred:
			if s, ok := t.(*ast.Starred); ok {
				if rest := f.between(v, i, len(targets)-i-1, t); rest != nil {
					f.assign(s.Value, rest, e)
					continue
				}
			}
			f.assign(t, f.element(v, t), e)
		case starred >= 0 && i > starred:
			f.assign(t, f.item(v, i-len(targets), t), e)
		default:
			f.assign(t, f.item(v, i, t), e)
		}
	}
}

// step adds a station to the way of the labels that a value carries.
func (f *Frame) step(v *Value, at ast.Node, text string) *Value {
	if v == nil || len(v.marks) == 0 {
		return v
	}
	c := *v
	c.marks = make([]Mark, len(v.marks))
	for i, m := range v.marks {
		if i > 0 && m.Trace == v.marks[i-1].Trace { // mostly all came the same way
			m.Trace = c.marks[i-1].Trace
		} else {
			m.Trace = m.Trace.then(at, f.mod.sem, text)
		}
		c.marks[i] = m
	}
	return &c
}

// setter is the bound function that sets a property of an instance; nil where the attribute is none, or
// has a getter of which nothing is known.
func (f *Frame) setter(of *Value, name string) *Value {
	o := of.ref.(*Object)
	if o.class == nil || f.passive > 0 {
		return nil
	}
	for _, k := range o.class.Linear() {
		fn := k.Setters[name]
		if fn == nil || k.frame == nil || fn == f.fn {
			continue
		}
		if get, _ := o.class.lookup(name); get == nil {
			return nil
		}
		return f.bindTo(&Value{kind: KindFunction, ref: &closure{fn: fn, env: k.frame.definer()}}, of, k)
	}
	return nil
}

// store assigns to an attribute.
func (f *Frame) store(base *Value, t *ast.Attribute, v *Value, from ast.Expr) {
	f.st.typed = nil
	name := t.Attr.Id
	if v != nil && len(v.marks) > 0 {
		v = f.step(v, t, "stored in `"+name+"`")
	}
	for _, b := range base.Alternatives() {
		switch b.kind {
		case KindObject:
			o := b.ref.(*Object)
			if set := f.setter(b, name); set != nil {
				f.invoke(set, []Argument{{Pos: 0, Value: v, Node: from}}, nil, t)
				continue
			}
			c := f.contents(o)
			if c == nil {
				c = empty
			}
			f.st.set(o, c.with(Entry{Name: name, Value: v, Node: from, KeyNode: t}))
			if f.overwrites(t) {
				continue
			}
			if o.class != nil {
				if fd := o.class.field(name); fd != nil {
					fd.frame.holdsDeclared(v, fd.Annotation)
				}
				o.class.setStore(name, dropParams(v))
				o.class.external(func(s *Symbol) bool { // what the library's class has by that name
					s = s.Get("()").Get(name)
					if s == nil || len(s.Stores) == 0 {
						return true
					}
					f.externalStore(s, nil, t, v, from)
					return false
				})
			}
			f.effect(b, setAttr, name, nil, v, from)
		case KindClass:
			k := b.ref.(*Class)
			k.assigned.add(name, dropParams(v))
			v.share()
			f.outer(b, nil, setAttr, name, nil, v, from)
		case KindModule:
			if m := f.eng.module(b.ref.(*semantic.Module)); m.late != nil {
				m.late[name] = join(m.late[name], dropParams(v))
				f.outer(b, nil, setAttr, name, nil, v, from)
			}
		case KindFunction:
			fn := b.ref.(*closure).fn
			if f.eng.attributes[fn] == nil {
				f.eng.attributes[fn] = map[string]*Value{}
			}
			f.eng.attributes[fn][name] = join(f.eng.attributes[fn][name], dropParams(v))
		case KindExternal:
			f.externalStore(b.sym.Get(name), nil, t, v, from)
			f.keepState(b, name, v)
			f.keptField(b, name, v, t)
		case KindUnknown:
			f.setSymbolic(b, setAttr, name, nil, v, from, t)
		}
	}
}

// setFilled notes what a field of a record is given by who makes it. That says what kind of thing the field of
// another record is, and nothing of its data.
func (c *Class) setFilled(name string, v *Value) {
	c.filled.add(name, v)
	if len(v.marks) > 0 && c.isRecord(name) && !c.Extends("pydantic.BaseModel") && !c.event {
		var kind *Value
		for _, a := range v.Alternatives() {
			if identity(a) != nil {
				kind = join(kind, a.withMarks(nil))
			}
		}
		if v = kind; v == nil {
			return
		}
	}
	c.setStore(name, v)
}

func (c *Class) setStore(name string, v *Value) { c.store.add(name, v) }

// setSymbolic changes an object that only a parameter is known to hold.
func (f *Frame) setSymbolic(b *Value, op effectOp, name string, key, v *Value, from ast.Node, at ast.Node) {
	if b.exact == nil || b.exact.frame == nil {
		return
	}
	o := b.exact.frame.symbol(b.exact)
	c := f.contents(o)
	if c == nil {
		c = &contents{open: true}
	}
	switch op {
	case addItem:
		c = c.add(Item{Value: v, Node: from}, -1)
	case addAll:
		c = c.add(Item{Value: v, Node: from, Splat: true}, -1)
	default:
		if name == "" {
			c = c.withRest(v)
		} else {
			c = c.with(Entry{Name: name, Value: v, Node: from, KeyNode: at})
		}
	}
	f.st.set(o, c)
	f.effect(b, op, name, key, v, from)
}

// effect records a change of what a parameter holds for the summary.
func (f *Frame) effect(b *Value, op effectOp, name string, key, v *Value, from ast.Node) {
	if b.exact == nil || b.exact.frame == nil {
		f.outer(b, nil, op, name, key, v, from)
		return
	}
	g := b.exact.frame
	for i := range g.effects {
		e := &g.effects[i]
		if e.origin == b.exact && e.op == op && e.name == name && e.node == from {
			e.value = join(e.value, v)
			return
		}
	}
	if len(g.effects) < maxEffects {
		key = keyOfChange(name, key)
		by := f
		if f.acting != nil {
			by = f.acting
		}
		g.effects = append(g.effects, effect{origin: b.exact, op: op, name: name, key: key, value: v, node: from, by: by})
	}
}

// storeItem assigns to an item.
// setItemOf calls the method by which a class of the project stores items.
func (f *Frame) setItemOf(b *Value, o *Object, key, v *Value, at ast.Node, from ast.Expr) {
	if o.class == nil || f.passive > 0 {
		return
	}
	m, owner := o.class.lookup("__setitem__")
	if m == nil || m.kind != KindFunction {
		return
	}
	args := []Argument{{Pos: 0, Value: key}, {Pos: 1, Value: v, Node: from}}
	f.invoke(f.bindTo(m, b, owner), args, nil, at)
}

func (f *Frame) storeItem(base, key *Value, t *ast.Subscript, v *Value, from ast.Expr) {
	f.st.typed = nil
	v = f.step(v, t, "stored in an item")
	name, known := key.Text()
	if target, ok := t.Value.(*ast.Name); ok && known && (len(v.marks) > 0 && nothingKnown(base) && base.exact == nil || f.isKeywords(base)) {
		f.bind(target.Id, f.withItem(base, Entry{Name: name, Value: v, Node: from, KeyNode: t}))
		return
	}
	for _, b := range base.Alternatives() {
		switch b.kind {
		case KindObject:
			o := b.ref.(*Object)
			f.setItemOf(b, o, key, v, t, from)
			c := f.contents(o)
			if c == nil {
				c = empty
			}
			switch {
			case known:
				c = c.with(Entry{Name: name, Value: v, Node: from, KeyNode: t})
			case key.IsConst() && o.kind == Dict:
				c = c.with(Entry{Name: "", Key: key, Value: v, Node: from, KeyNode: t})
			default:
				if i, ok := index(key, len(c.seq)); ok && o.kind == List && !hasSplat(c.seq[:i]) {
					n := *c
					n.seq = append([]Item(nil), c.seq...)
					n.seq[i] = Item{Value: v, Node: from}
					c = &n
				} else if o.kind == Dict {
					c = c.withKey(key, v)
				} else {
					c = c.withRest(v)
				}
			}
			f.st.set(o, c)
			f.effect(b, setItem, name, key, v, from)
		case KindExternal:
			f.externalStore(b.sym.Get("[]"), key, t, v, from)
			if known && holdsItems(stateOf(b)) {
				f.keepState(b, name, v)
				continue
			}
			f.keep(t.Value, b, v)
		case KindUnknown:
			f.setSymbolic(b, setItem, name, key, v, from, t)
			if b.exact == nil {
				f.keep(t.Value, b, v)
			}
		}
	}
}

// isKeywords reports whether a value is the `**options` of the function.
func (f *Frame) isKeywords(v *Value) bool {
	o := v.exact
	if v.kind != KindUnknown || o == nil || o.parent != nil || o.frame != f || f.fn == nil || f.fn.Params == nil || o.index < 0 || o.index >= len(f.fn.Params.List) {
		return false
	}
	return f.fn.Params.List[o.index].ParamKind == ast.VarKeyword
}

// updateKeywords gives the `**options` of a function the items that a call of their update names.
func (f *Frame) updateKeywords(target ast.Expr, options *Value, c *Call) {
	name, ok := target.(*ast.Name)
	if !ok {
		return
	}
	o := f.newObject(c.Node, Dict)
	o.over = options
	f.st.set(o, f.updated(&contents{open: true}, c))
	f.bind(name.Id, &Value{kind: KindObject, ref: o, marks: addMarks(options.marks, argMarks(c))})
}

// withItem is something of which nothing is known, with one item that is: `options = load(path);
// options["cmd"] = text`. Its other items are what they were.
func (f *Frame) withItem(base *Value, e Entry) *Value {
	o := f.newObject(e.KeyNode, Dict)
	o.over = base
	f.st.set(o, (&contents{open: true}).with(e))
	return &Value{kind: KindObject, ref: o, marks: addMarks(base.marks, e.Value.marks)}
}

// keep lets something whose items are not followed carry the labels of what is put in.
func (f *Frame) keep(target ast.Expr, old, v *Value) {
	if len(v.marks) == 0 {
		return
	}
	switch t := target.(type) {
	case *ast.Name:
		f.bind(t.Id, taint(old, v.marks))
	case *ast.Attribute:
		if n, ok := t.Value.(*ast.Name); ok && indexers[t.Attr.Id] {
			f.bind(n.Id, taint(f.expr(n), v.marks))
		}
	}
}

// indexers are the attributes of tables and arrays that stand for the whole of it:
// `frame.loc[3] = row` changes the frame.
var indexers = map[string]bool{"loc": true, "iloc": true, "at": true, "iat": true}

func hasSplat(items []Item) bool {
	for _, it := range items {
		if it.Splat || it.Maybe {
			return true
		}
	}
	return false
}

// index reads a constant index into n items.
func index(key *Value, n int) (int, bool) {
	x, ok := key.Number()
	i := int(x)
	if !ok || float64(i) != x {
		return 0, false
	}
	if i < 0 {
		i += n
	}
	return i, i >= 0 && i < n
}

// Store is an assignment to something of a library: an attribute, or an item.
type Store struct {
	// Node is the target, Stmt's value is From.
	Node ast.Expr
	From ast.Expr
	// Symbol is the name assigned to; Key the item's key.
	Symbol *Symbol
	Key    *Value
	Value  *Value
	Frame  *Frame
	// Owner is what has the thing whose attribute is set: server of `server.settings.host = …`; nil for others.
	Owner *Value
	heap  heap
}

func (f *Frame) externalStore(s *Symbol, key *Value, t ast.Expr, v *Value, from ast.Expr) {
	if s == nil {
		return
	}
	f.assigned(s, key, v, from)
	if len(s.Stores) == 0 {
		return
	}
	if f.storeAt == nil {
		f.storeAt = map[ast.Node]*Store{}
	}
	st := f.storeAt[t]
	if st == nil {
		st = &Store{Node: t, From: from, Frame: f}
		f.storeAt[t] = st
		f.Stores = append(f.Stores, st)
	}
	st.Symbol, st.Key, st.Value, st.heap = s, key, v, f.st.snapshot()
	if at, ok := t.(*ast.Attribute); ok {
		if of, ok := at.Value.(*ast.Attribute); ok {
			st.Owner = f.quietly(of.Value)
		}
	}
}

// assigned records what reaches a name of a library to which an assignment is dangerous.
func (f *Frame) assigned(s *Symbol, key, v *Value, from ast.Expr) {
	if len(v.marks) == 0 || from == nil {
		return
	}
	for _, m := range s.Models {
		for i := range m.Sinks {
			sink := &m.Sinks[i]
			if sink.Arg != "=" {
				continue
			}
			if want, ok := strings.CutPrefix(sink.If, "[]="); ok {
				if name, known := key.Text(); !known || name != want {
					continue
				}
			}
			f.event(&sinkEvent{kind: sink.Kind, sink: sink, model: m, value: v, node: from, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
		}
	}
}

// contents returns what an object holds now.
func (f *Frame) contents(o *Object) *contents {
	return lookupContents(f.st.heap, o)
}

func lookupContents(heap heap, o *Object) *contents {
	if c := find(heap, o); c != nil {
		return c.known()
	}
	if o.frame != nil && o.frame.running && o.frame.st != nil {
		if c := find(o.frame.st.heap, o); c != nil {
			return c.known()
		}
	}
	if o.final == nil && len(o.members) > 0 {
		var all *contents
		for _, m := range o.members {
			c := lookupContents(heap, m)
			if c == nil {
				return nil
			}
			all = joinContents(all, c)
		}
		return all
	}
	return o.final.known()
}

// newObject returns the object made at a place; a loop makes the same one again.
func (f *Frame) newObject(at ast.Node, k ObjectKind) *Object {
	place := allocation{at, f.alternative}
	if o := f.objects[place]; o != nil {
		return o
	}
	if f.objects == nil {
		f.objects = map[allocation]*Object{}
	}
	o := &Object{kind: k, node: at, frame: f}
	f.objects[place] = o
	return o
}

// allocation is where an object is made: at a node, from one of the values that it works on.
type allocation struct {
	at          ast.Node
	alternative int
}
