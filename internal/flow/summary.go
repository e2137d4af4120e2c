package flow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// sinkEvent is a value that reaches a dangerous place.
type sinkEvent struct {
	kind  models.SinkKind
	sink  *models.Sink
	model *models.Model
	call  *Call
	value *Value
	node  ast.Node
	frame *Frame
	facts Facts
	heap  heap
	chat  *Chat
	// decode is set for a message list that is still to be taken apart, command for a command
	// that a caller knows.
	decode  bool
	command bool
	// spread is set for a call whose arguments a caller knows, see spread.go.
	spread bool
	depth  int
	// into is the statement by which a store keeps the value, field the field that it becomes.
	into  *Value
	field string
	// only says of which class an object must be for the sink to be reached; nil mostly.
	only *standIn
}

// standIn is an object that a caller hands in, and the class whose method stood in for an abstract one of it.
type standIn struct {
	at    *Origin
	class *Class
}

type sinkKey struct {
	node ast.Node
	sink *models.Sink
}

// hit is a sink that a parameter reaches: part of a function's summary.
// via is the function from which the parameter is read: itself, or one nested in it.
type hit struct {
	*sinkEvent
	via *Frame
}

type hitKey struct {
	node   ast.Node
	sink   *models.Sink
	kind   models.SinkKind
	origin *Origin
	class  *Class // of sinkEvent.only
}

func (e *sinkEvent) hitKey(o *Origin) hitKey {
	k := hitKey{node: e.node, sink: e.sink, kind: e.kind, origin: o}
	if e.only != nil {
		k.class = e.only.class
	}
	return k
}

const (
	maxHits     = 96
	maxHitDepth = 8
)

// sink records what reaches a modelled sink of a call.
func (f *Frame) sink(c *Call, m *models.Model, s *models.Sink) {
	if f.eng.ignored.Has(s.Kind) || s.If != "" && !holds(c, s.If) {
		return
	}
	args := c.select0(s.Arg)
	if len(args) == 0 && s.Kind == models.Param {
		args = f.spreadOf(c, s.Arg)
	}
	for i, a := range args {
		if s.Note == models.NoteFed {
			f.fed(c, &a)
			continue
		}
		if s.Kind == models.Shell && i == 0 && a.Name != "executable" {
			f.commandFiles(c, &a)
		}
		if s.Kind == models.PromptTemplate {
			if msgs, _, ok := f.messages(c.heap, a.Value); ok {
				for i := range msgs {
					if msgs[i].Templated {
						f.event(&sinkEvent{kind: s.Kind, sink: s, model: m, call: c, value: msgs[i].Content, node: msgs[i].Node, frame: f, facts: c.Facts, heap: c.heap})
					}
				}
				continue
			}
		}
		v := a.Value
		if s.Note == models.NotePathOrFile && v.Is(openFiles...) {
			continue
		}
		if v.kind == KindExternal {
			v = pathText(v)
		}
		if s.Note == models.NoteTemplateFile && !heldOnly(v, f.lookInto(a.Value)) {
			continue // text of a caller's that names a template of the project's
		}
		if fileSinks.Has(s.Kind) && s.Kind != models.MemberPath {
			v = taint(v, f.lookInto(a.Value))
		}
		if s.Note == models.NoteFiles {
			items, _, _ := c.Items(a.Value)
			for _, it := range items {
				v = taint(v, f.lookInto(it.Value))
			}
		}
		if deep := deepMarks(c, v, 0); len(deep) > len(v.marks) {
			v = v.withMarks(deep)
		}
		node := ast.Node(a.Node)
		if node == nil {
			node = c.Node
		}
		f.event(&sinkEvent{kind: s.Kind, sink: s, model: m, call: c, value: v, node: node, frame: f, facts: c.Facts, heap: c.heap})
	}
}

// spreadOf is a setting that a call gets by `**` of what a request holds as a whole: the client names it if it
// likes. The fields of a record that a request fills are known, or nothing is.
func (f *Frame) spreadOf(c *Call, a models.Arg) []Argument {
	name := string(a)
	if i := strings.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if name == "" || strings.ContainsAny(name, "[*") {
		return nil
	}
	for _, x := range c.Args {
		if !x.Rest || x.Keyword == nil {
			continue
		}
		f.passive++
		v := f.subscript(x.Value, stringValue(name), c.Node)
		f.passive--
		switch x.Keyword.Value.(type) {
		case *ast.Call, *ast.Await: // nothing has changed it since
		default:
			if v.kind != KindUnknown && v.kind != KindUnion {
				continue
			}
		}
		if slices.ContainsFunc(v.marks, func(m Mark) bool { return m.Label == models.User && m.Origin.root().source != nil }) {
			if x.Name, x.Value = name, v; v.kind == KindExternal {
				x.Value = unknownWith(v.marks)
			}
			return []Argument{x}
		}
	}
	return nil
}

// openFiles are instances that are read and not opened by name.
var openFiles = []string{
	"io.TextIOWrapper()", "io.BytesIO()", "io.StringIO()", "http.client.HTTPResponse()", "requests.Response().raw", "fastapi.UploadFile().file",
	"zipfile.ZipFile().open()", "tarfile.TarFile().extractfile()", "werkzeug.datastructures.FileStorage()", "werkzeug.datastructures.FileStorage().stream",
	"streamlit.file_uploader()", "django.core.files.uploadedfile.UploadedFile()",
}

// event keeps a sink of this function; a loop that comes by again brings more values.
func (f *Frame) event(e *sinkEvent) {
	e.value = f.st.apply(e.value)
	if f.sinkAt == nil {
		f.sinkAt = map[sinkKey]*sinkEvent{}
	}
	k := sinkKey{e.node, e.sink}
	if old := f.sinkAt[k]; old != nil {
		e.value = mergeSeen(old.value, e.value)
		*old = *e
		return
	}
	f.sinkAt[k] = e
	f.sinks = append(f.sinks, e)
}

// mergeSeen keeps the shape of the newer value and the marks of both; of texts both shapes.
func mergeSeen(old, v *Value) *Value {
	if isText(old) && isText(v) {
		if both := join(old, v); both.kind != KindUnknown {
			return both
		}
	}
	return taintExactly(v, addMarks(v.marks, old.marks))
}

// isText reports whether a value is a text, or one of several.
func isText(v *Value) bool {
	for _, a := range v.Alternatives() {
		if a.kind != KindString {
			return false
		}
	}
	return v != nil
}

// holds tests the conditions of a sink, all of them: "shell=True", "1:Loader=yaml.Loader",
// "verify!=True", "()0:task=translation" for an argument of the call that made the receiver or
// what is called.
func holds(c *Call, conditions string) bool {
	for conditions != "" {
		var one string
		one, conditions, _ = strings.Cut(conditions, ",")
		if !holdsOne(c, strings.TrimLeft(one, " ")) {
			return false
		}
	}
	return true
}

func holdsOne(c *Call, cond string) bool {
	if rest, made := strings.CutPrefix(cond, "()"); made {
		for _, v := range [...]*Value{c.Receiver, c.Callee} {
			if v != nil && v.call != nil && holdsOne(v.call, rest) {
				return true
			}
		}
		return false
	}
	at, want, _ := strings.Cut(cond, "=")
	at, not := strings.CutSuffix(at, "!")
	at, begins := strings.CutSuffix(at, "^")
	pos, name := -1, at
	if p, n, ok := strings.Cut(at, ":"); ok {
		if i, err := strconv.Atoi(p); err == nil {
			pos, name = i, n
		}
	}
	name, key, ofDict := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	a := c.Arg(pos, name)
	if a == nil {
		return not != (want == "None")
	}
	given := a.Value
	if ofDict {
		if given = c.heading(given, key); given == nil {
			return not != (want == "None")
		}
	}
	for _, v := range given.Alternatives() {
		if begins {
			for _, w := range strings.Split(want, "|") {
				if strings.HasPrefix(pathText(v).Prefix(), w) {
					return true
				}
			}
			continue
		}
		is, known := equals(v, want)
		if known && is != not {
			return true
		}
		// What a caller may set counts as set.
		if d := v.Default(); d != nil && v.IsParameter() {
			if is, known := equals(d, want); known && is != not && !not && want != "None" {
				return true
			}
		}
	}
	return false
}

// heading is what a dict of headers holds under a name, given in small letters; nil where nothing is known of it.
func (c *Call) heading(headers *Value, name string) *Value {
	o := headers.object()
	if o == nil || o.class != nil {
		return nil
	}
	if k := lookupContents(c.heap, o); k != nil {
		for i := range k.keys {
			if strings.ToLower(k.keys[i].Name) == name {
				return k.keys[i].Value
			}
		}
	}
	return nil
}

// equals compares a value with the spelling of a constant, or with a qualified name; known is
// false when nothing can be said.
func equals(v *Value, want string) (is, known bool) {
	switch {
	case v.IsConst():
		t, ok := v.Text()
		if !ok {
			t = v.text
		}
		return want == "True" && v.IsTrue() || want == "False" && v.IsFalse() || want == "None" && v.IsNone() || ok && t == want || !ok && t != "" && t == want, true
	case v.kind == KindExternal && v.Name() != "" && (len(v.marks) == 0 || want == "None" && v.Is(openFiles...)):
		return v.Is(want), true
	}
	return false, false
}

// judge reports a sink that labelled data reaches, and hands one that parameters reach to
// the summaries of their functions.
func (f *Frame) judge(e *sinkEvent) {
	if e.decode {
		f.judgeChat(e)
		return
	}
	if e.command {
		f.judgeCommand(e)
		return
	}
	if e.spread {
		f.judgeSpread(e)
		return
	}
	for _, m := range e.value.marks {
		if f.eng.harmless(m, e.kind) {
			continue
		}
		if m.Label == models.NoLabel {
			if g := m.Origin.frame; g != nil {
				g.addHit(e, m.Origin, f)
			}
			continue
		}
		if reaches(e.kind, m) {
			f.eng.report(f, e, m)
		}
	}
}

// harmless reports whether data of a mark does nothing at a sink.
func (e *Engine) harmless(m Mark, kind models.SinkKind) bool {
	return m.Clean.Has(kind) || m.Clean.Has(models.Disclosure) && e.spelled.Has(kind)
}

func (f *Frame) addHit(e *sinkEvent, o *Origin, via *Frame) {
	if e.depth >= maxHitDepth {
		f.eng.cuts.Hits++
		return
	}
	k := e.hitKey(o)
	if f.hitAt[k] {
		return
	}
	if len(f.hits) >= maxHits {
		f.eng.cuts.Hits++
		return
	}
	if f.hitAt == nil {
		f.hitAt = map[hitKey]bool{}
	}
	f.hitAt[k] = true
	// One event can wait for several parameters; it is instantiated once for each call.
	for _, h := range f.hits {
		if h.sinkEvent == e {
			return
		}
	}
	f.hits = append(f.hits, &hit{e, via})
}

// keepHits keeps what other functions have found out about the parameters, which these left in something that
// outlives the call.
func (f *Frame) keepHits(hits []*hit, known map[hitKey]bool) {
	for _, h := range hits {
		if h.via == f {
			continue
		}
		kept := false
		for _, m := range h.value.marks {
			if m.Label == models.NoLabel && m.Origin.frame == f && known[h.hitKey(m.Origin)] {
				f.addHit(h.sinkEvent, m.Origin, h.via)
				kept = true
			}
		}
		if kept {
			continue
		}
		for k := range known { // of what is still to be taken apart the value does not say it; mostly it is one
			if h.hitKey(k.origin) == k {
				f.addHit(h.sinkEvent, k.origin, h.via)
			}
		}
	}
}

// report keeps a path for the visitor.
func (e *Engine) report(f *Frame, s *sinkEvent, m Mark) {
	if c := m.Call(); c != nil && s.call != nil {
		e.feed(c, s.call)
	}
	if m.Trace.Cut() {
		return // a way that is too long to be told is too long to be believed
	}
	k := s.path(m)
	if e.paths[k] {
		return
	}
	mod := e.home(s, m)
	way := m.Trace.then(s.node, mod, sinkText(s))
	if e.apart(way) {
		return
	}
	e.paths[k] = true
	e.found = append(e.found, &Path{
		Engine: e, Frame: f, Call: s.call, Sink: s.sink, Kind: s.kind, Value: s.value, Node: s.node, Mod: mod,
		Mark: m, Trace: way, Facts: s.facts, Chat: s.chat, heap: s.heap, into: s.into, field: s.field,
	})
}

// home finds the module of the place that is reported. A message can be written in one
// module, put into a list by a second and sent by a third.
func (e *Engine) home(s *sinkEvent, m Mark) *semantic.Module {
	own := s.frame.mod.sem
	if hasNode(own, s.node) {
		return own
	}
	if s.call != nil && hasNode(s.call.Frame.mod.sem, s.node) {
		return s.call.Frame.mod.sem
	}
	for _, t := range m.Trace.Steps() {
		if t.Mod != own && hasNode(t.Mod, s.node) {
			return t.Mod
		}
	}
	for _, mod := range e.list {
		if hasNode(mod, s.node) {
			return mod
		}
	}
	return own
}

// hasNode reports whether a node is part of a module's tree.
func hasNode(m *semantic.Module, n ast.Node) bool {
	if m == nil || m.File == nil || n == nil {
		return false
	}
	around := ast.PathEnclosing(m.File, n.Range())
	for i := len(around) - 1; i >= 0; i-- {
		if around[i] == n {
			return true
		}
	}
	return false
}

func sinkText(s *sinkEvent) string {
	if s.sink != nil && s.sink.Note != "" {
		return s.sink.Note
	}
	return "reaches " + s.kind.String()
}

// inst puts a caller's values in the place of a function's parameters.
type inst struct {
	f      *Frame // the caller
	callee *Frame
	actual []*Value
	at     ast.Node
	text   string
	memo   map[*Object]*Object
	seen   shortMap[*Origin, *Value]
	// marked keeps what given told, while nothing changes what is handed in; nil at other times.
	marked *shortMap[*Origin, []Mark]
	n      int
	// grafted is the last way that was made: that of the next mark is mostly the same.
	grafted grafted
	// bound is what the function called has captured.
	bound *binding
	// heap is what the function's objects held at the sink that is being looked at.
	heap heap
	// files is set where what a file holds counts that the caller names.
	files bool
	// waiting finds out later what objects hold, with what was known when the function was called.
	waiting *inst
	called  heap
}

// grafted is a way that goes on with the one through a function.
type grafted struct{ t, through, made *Trace }

// maxInst bounds how many values are brought into a caller for one call, maxInstDepth how deep they may be
// within each other: of what is deeper it is known what it is made of.
const (
	maxInst      = 300
	maxInstDepth = 4
	// maxObjectDepth is that for dicts and lists within each other: the address in a picture of a message's parts.
	maxObjectDepth = 6
)

// value instantiates a value of the callee.
func (in *inst) value(v *Value, depth int) *Value {
	if v == nil {
		return nil
	}
	if v.kind == KindConst && v.marks == nil && v.cond == nil && v.exact == nil {
		return v
	}
	bound := maxInstDepth
	if v.kind == KindObject || v.exact != nil && v.exact.frame == in.callee {
		bound = maxObjectDepth
	}
	if in.n++; in.n > maxInst || depth > bound {
		return unknownWith(in.marks(v.marks))
	}
	if v.exact != nil && v.exact.frame == in.callee {
		if in.ofText(v.exact) {
			return unknown
		}
		actual := in.lookup(v.exact)
		if v.textual {
			actual = actual.asText()
		}
		if v.short {
			actual = actual.withMarks(cleaned(actual.marks, models.SinksOf(models.Length)))
		}
		if in.files {
			actual = taint(actual, in.f.contained(actual))
		}
		return in.stepped(actual, v)
	}
	switch v.kind {
	case KindString:
		if v.built == nil {
			break
		}
		var b stringBuilder
		for _, p := range v.parts() {
			if p.Value == nil {
				b.text(p.Text)
				continue
			}
			x := in.value(p.Value, depth+1)
			if p.Conv || x.kind != KindString && x.kind != KindConst {
				p.Value = x
				b.part(p)
			} else {
				b.inPlace(x, p)
			}
		}
		out := b.value0()
		return out.withMarks(beside(in.marks(v.marks), out.marks))
	case KindObject:
		return in.object(v, depth)
	case KindExternal:
		if isMessage(v) {
			v = in.message(v, depth)
		}
		if c, ok := v.ref.(*chain); ok {
			v = in.pipeline(v, c, depth)
		}
		if t, ok := v.ref.(*Value); ok && in.concerns(t.marks) { // a path, and its text
			k := *v
			if !v.Is(addressTypes...) {
				depth++
			}
			k.ref = in.value(t, depth)
			v = &k
		}
	case KindUnknown:
		if d, ok := v.ref.(*lookedUp); ok {
			k := *v
			k.ref = &lookedUp{in.value(d.of, depth+1), in.value(d.key, depth+1)}
			v = &k
		}
	case KindFunction:
		v = in.closure(v, depth)
	case KindUnion:
		return in.union(v, depth)
	}
	if v.cond == nil && !in.concerns(v.marks) {
		return v
	}
	c := *v
	c.marks = in.marks(v.marks)
	c.cond = in.condition(v.cond)
	return &c
}

// union brings one of several values into the caller.
func (in *inst) union(v *Value, depth int) *Value {
	alts := v.ref.([]*Value)
	var out *Value
	var marks []Mark
	same := v.joined()
	for i, a := range alts {
		x := in.value(a, depth+1)
		if same = same && x == a; same {
			marks = addMarks(marks, x.marks)
			continue
		}
		if out == nil {
			for _, before := range alts[:i] {
				out = join(out, before)
			}
		}
		out = join(out, x)
	}
	if !same {
		return out
	}
	if equalMarks(marks, v.marks) {
		return v
	}
	return &Value{kind: KindUnion, ref: alts, marks: marks}
}

// beside adds to the marks of a text those of its pieces, where they are of other data: what the callee's tests
// have shown of a text is noted at the text alone.
func beside(marks, pieces []Mark) []Mark {
	out := marks[:len(marks):len(marks)]
	for _, m := range pieces {
		if !slices.ContainsFunc(marks, func(x Mark) bool { return x.Label == m.Label && x.Origin == m.Origin }) {
			out = addMark(out, m)
		}
	}
	return out
}

// message brings a message object of a library into the caller: its content and role are
// what the constructor was given.
func (in *inst) message(v *Value, depth int) *Value {
	changed := false
	args := make([]Argument, len(v.call.Args))
	for i, a := range v.call.Args {
		old := a.Value
		a.Value = in.value(old, depth+1)
		args[i] = a
		changed = changed || a.Value != old
	}
	if !changed {
		return v
	}
	call := *v.call
	call.Args, call.copied = args, true
	k := *v
	k.call = &call
	return &k
}

// isMessage reports whether a call made a message of a conversation.
func isMessage(v *Value) bool {
	if v.call == nil {
		return false
	}
	for _, m := range symModels(v.call.Symbol) {
		if m.Message != nil {
			return true
		}
	}
	return false
}

// closure brings a function that the callee returns into the caller, with what it captured
// and its receiver.
func (in *inst) closure(v *Value, depth int) *Value {
	cl := v.ref.(*closure)
	self := cl.self
	if self != nil {
		self = in.value(self, depth+1)
	}
	bound := cl.bound
	if cl.env == in.callee && bound == nil {
		bound = in.bind()
	}
	if self == cl.self && bound == cl.bound {
		return v
	}
	k, c := *v, *cl
	c.self, c.bound = self, bound
	k.ref = &c
	return &k
}

func (in *inst) condition(c *condition) *condition {
	if c == nil {
		return nil
	}
	return &condition{yes: in.clean(c.yes), no: in.clean(c.no), facts: c.facts}
}

// clean translates what the callee has checked of its parameters.
func (in *inst) clean(list []cleanEntry) []cleanEntry {
	var out []cleanEntry
	for _, c := range list {
		switch {
		case c.origin == nil:
		case c.among != nil && c.among.frame != in.callee:
		case c.label != models.NoLabel:
			if len(out) < maxMarks {
				if c.label == models.Database {
					c.origin = in.askedFor(c.origin)
				}
				out = append(out, c) // what the callee has fetched or read itself
			}
		case c.origin.frame == in.callee:
			v := in.lookup(c.origin)
			var among *Origin
			if c.among != nil {
				var proves bool
				if among, proves = in.f.among(in.lookup(c.among)); !proves {
					continue
				}
			}
			for _, e := range in.f.cleanMarks(addMarks(in.marksOf(v), in.f.contained(v)), c.sinks) {
				e.among = among
				e.lacks, e.apart, e.decoded, e.test = c.lacks, c.apart, e.decoded || c.decoded, c.test
				out = append(out, e)
			}
		}
	}
	return out
}

// concerns reports whether marks name a parameter of the callee.
func (in *inst) concerns(marks []Mark) bool {
	return in.names(marks) || in.isAsked(marks)
}

// stepped adds the way through the callee to a value that was handed through.
func (in *inst) stepped(actual, v *Value) *Value {
	if len(actual.marks) == 0 {
		return actual
	}
	c := *actual
	c.marks = make([]Mark, len(actual.marks))
	var through Mark
	for _, m := range v.marks {
		if m.Origin == v.exact {
			through = m
		}
	}
	for i, m := range actual.marks {
		m.Trace = in.graft(m.Trace, through.Trace)
		m = m.through(through)
		c.marks[i] = m
	}
	return rewritten(&c, through.rewrite)
}

// marks translates marks: a parameter's become those of the value handed in.
func (in *inst) marks(marks []Mark) []Mark {
	if !in.concerns(marks) {
		return marks
	}
	out := make([]Mark, 0, len(marks))
	for _, m := range marks {
		if m.Label != models.NoLabel || m.Origin.frame != in.callee {
			if m.Label == models.Database {
				m.Origin = in.askedFor(m.Origin)
			}
			out = addMark(out, m)
			continue
		}
		given := in.given(m.Origin)
		if in.files || m.Trace.Passes(OutOfFile) {
			given = addMarks(given, in.f.contained(in.lookup(m.Origin)))
		}
		for _, a := range given {
			a = a.through(m)
			a.rewrite = a.rewrite.then(m.rewrite)
			if at, more := among(out, a); at < 0 || more { // else the way of the one that is there remains
				a.Trace = in.graft(a.Trace, m.Trace)
			}
			out = addMark(out, a)
		}
	}
	return out
}

// given lists the marks of what the caller hands in at the place of an origin.
func (in *inst) given(o *Origin) []Mark {
	if in.marked == nil {
		return in.marksOf(in.lookup(o))
	}
	marks, known := in.marked.get(o)
	if !known {
		marks = in.marksOf(in.lookup(o))
		in.marked.set(o, marks)
	}
	return marks
}

func (in *inst) marksOf(v *Value) []Mark {
	c := &Call{heap: in.f.st.heap}
	marks := deepMarks(c, v, 0)
	if o := symbolOf(v); o != nil {
		marks = addMarks(marks, deepMarks(c, &Value{kind: KindObject, ref: o}, 0))
	}
	return marks
}

// symbolOf is the object for what a parameter, or something that it holds, has been changed into by the function; nil
// where that is as the callers hand it in.
func symbolOf(v *Value) *Object {
	if v.kind != KindUnknown || v.exact == nil || v.exact.frame == nil {
		return nil
	}
	return v.exact.frame.symbolic[v.exact]
}

// through is the mark of data that went through a function, in which it became m.
func (a Mark) through(m Mark) Mark {
	if m.decoded && !a.decoded {
		a.Clean &^= promptSinks
		a.decoded = true
	}
	a.Clean |= m.Clean
	return a
}

// graft continues a way with that through the callee.
func (in *inst) graft(t, through *Trace) *Trace {
	if in.text == "" {
		in.text = in.callee.passed()
	}
	if g := &in.grafted; g.made == nil || g.t != t || g.through != through {
		*g = grafted{t, through, t.graft(in.at, in.f.mod.sem, in.text, through)}
	}
	return in.grafted.made
}

// passed is the text of the step into the function.
func (f *Frame) passed() string {
	if f.passedTo == "" {
		f.passedTo = "passed to " + f.label() + "()"
	}
	return f.passedTo
}

func (f *Frame) label() string {
	if f.fn != nil {
		return f.fn.Name
	}
	return "the module"
}

// lookup reads what the caller's value holds at the path of an origin.
func (in *inst) lookup(o *Origin) *Value {
	if o.parent == nil {
		if o.index < len(in.actual) && in.actual[o.index] != nil {
			return in.actual[o.index]
		}
		return unknown
	}
	if v, ok := in.seen.get(o); ok {
		return v
	}
	from := o.parent
	if indexed(o.step) && from.parent != nil {
		from = from.parent
	}
	base := in.lookup(from)
	if o.cut != nil {
		return in.f.tail(in.f.oneList(base, o.cut.Node), o.cut)
	}
	in.f.passive++
	v := in.f.read(base, o.step)
	in.f.passive--
	in.seen.set(o, v)
	return v
}

// ofText reports whether an origin is an item with a name, or one of its items, of what the caller gives as text:
// there is none. (`message["role"]` where messages may be texts as well)
func (in *inst) ofText(o *Origin) bool {
	for ; o.parent != nil; o = o.parent {
		if !indexed(o.step) && o.step != "[]" && o.step != tailStep && o.step != noTextStep && !textMethods[o.step] && !strings.HasPrefix(o.step, "__") {
			if base := in.lookup(o.parent); base.kind == KindString && !base.bytes {
				return true
			}
		}
	}
	return false
}

// read reads an attribute or item by the step of an origin.
func (f *Frame) read(v *Value, step string) *Value {
	if out := f.readThrough(v, step); out != nil {
		return out
	}
	return unknown
}

// readThrough is read, and nil where it comes through a copy to what is being read already.
func (f *Frame) readThrough(v *Value, step string) *Value {
	if step == "[]" {
		return f.element(v, f.current)
	}
	if step == anyValue {
		return f.subscript(v, unknown, f.current)
	}
	if indexed(step) {
		return f.subscript(v, &Value{kind: KindConst, konst: constNumber, text: step[1 : len(step)-1]}, f.current)
	}
	if step == noTextStep {
		return types{other: true}.narrow(v, true)
	}
	switch v.kind {
	case KindString:
		if step != "[]" && !textMethods[step] {
			return unknownWith(f.fields(v.marks, step)) // of what the function made of the text
		}
	case KindObject:
		o := v.ref.(*Object)
		if o.class == nil {
			if c := f.contents(o); c != nil {
				if e := c.get(step); e != nil {
					return e.Value
				}
				if slices.Contains(f.covers, o) {
					return nil // what it has of itself is what it has
				}
				if f.under(o) {
					v := f.readThrough(o.over, step)
					f.covers = f.covers[:len(f.covers)-1]
					return v
				}
				if c.rest != nil {
					return c.rest
				}
				if o.kind == Dict && !c.open {
					return unknown
				}
			}
			return unknownWith(f.fields(v.marks, step))
		}
	case KindExternal:
		if v.sym.Get(step) == nil && stateOf(v) == "" {
			return f.subscript(v, stringValue(step), f.current)
		}
	case KindUnion:
		var out *Value
		for _, a := range v.ref.([]*Value) {
			out = join(out, f.readThrough(a, step))
		}
		return out
	}
	if v.kind == KindUnknown {
		if o := symbolOf(v); o != nil {
			if c := f.contents(o); c != nil {
				if e := c.get(step); e != nil {
					return e.Value // what this function has put there
				}
			}
		}
		out := unknownWith(f.fields(v.marks, step))
		if v.exact != nil {
			out = &Value{marks: out.marks, exact: v.exact.child(step)}
		}
		return out
	}
	return f.attr(v, step, f.current)
}

// maxCovers bounds how many copies are read through to what they are copies of.
const maxCovers = 8

// under starts reading what the mapping has of which o is a copy; the caller takes the last of
// covers off when it has read. An object that a loop makes of itself (kw = f(**kw)) is read through once.
func (f *Frame) under(o *Object) bool {
	if o.over == nil || len(f.covers) == maxCovers || slices.Contains(f.covers, o) {
		return false
	}
	f.covers = append(f.covers, o)
	return true
}

// object brings an object that the callee made into the caller.
func (in *inst) object(v *Value, depth int) *Value {
	o := v.ref.(*Object)
	if o.origin != nil || o.frame != in.callee {
		if !in.concerns(v.marks) {
			return v
		}
		return v.withMarks(in.marks(v.marks))
	}
	if n := in.memo[o]; n != nil {
		c := *v
		c.ref, c.marks = n, in.marks(v.marks)
		return &c
	}
	key := objectKey{at: in.at, obj: o}
	if in.callee.fn.Class != nil && len(in.actual) > 0 {
		key.self = in.actual[0].object() // a call of one of several receivers
	}
	n := in.f.imported[key]
	if n == nil {
		n = &Object{kind: o.kind, class: o.class, node: o.node, frame: in.f, call: o.call, stands: o}
		if o.times != nil {
			n.times = &repeat{o.times.node, in.value(o.times.value, depth+1)}
		}
		if in.f.imported == nil {
			in.f.imported = map[objectKey]*Object{}
		}
		in.f.imported[key] = n
	}
	in.keep(o, n)
	old := o.final
	if in.callee.running && in.callee.st != nil {
		old = in.callee.contents(o)
	}
	if old == nil {
		old = find(in.heap, o) // it was made on a way that left early
		for i := 0; old == nil && i < len(in.callee.Returns); i++ {
			old = find(in.callee.Returns[i].heap, o)
		}
	}
	if o.over != nil {
		n.over = in.value(o.over, depth+1)
	}
	c := empty
	switch {
	case old != nil && old != empty && !in.callee.running && depth < maxObjectDepth:
		c = in.later(old, depth+1)
	case old != nil:
		c = in.contents(old.known(), depth+1)
	}
	in.f.st.set(n, c)
	if in.f.eng.settled || in.waiting == in {
		n.final = c // the caller's end, or the call, is past
	}
	k := *v
	k.ref, k.marks, k.exact = n, in.marks(v.marks), nil
	return &k
}

// contents brings what an object of the callee holds into the caller; it is the same where nothing in
// it depends on what is handed in.
func (in *inst) contents(old *contents, depth int) *contents {
	rest, names := in.value(old.rest, depth), in.value(old.names, depth)
	c := old
	change := func() {
		if c == old {
			k := *old
			k.seq, k.keys = slices.Clone(old.seq), slices.Clone(old.keys)
			c = &k
		}
	}
	if rest != old.rest || names != old.names {
		change()
		c.rest, c.names = rest, names
	}
	for i := range old.seq {
		if v := in.value(old.seq[i].Value, depth); v != old.seq[i].Value {
			change()
			c.seq[i].Value = v
		}
	}
	if c != old {
		c.seq = in.f.unpackedItems(c.seq)
	}
	for i := range old.keys {
		if v := in.value(old.keys[i].Value, depth); v != old.keys[i].Value {
			change()
			c.keys[i].Value = v
		}
	}
	return c
}

// unpackedItems puts the items of lists and tuples that a caller hands in where a function has put all of
// them into a list of its own: the words of `["git", *args]`.
func (f *Frame) unpackedItems(items []Item) []Item {
	if !slices.ContainsFunc(items, func(it Item) bool { return it.Splat }) {
		return items
	}
	var out []Item
	for _, it := range items {
		x := it.Value.object()
		if !it.Splat || it.Maybe || it.Cut != nil || x == nil || x.kind > Tuple || x.origin != nil {
			out = append(out, it)
			continue
		}
		k := f.contents(x)
		if k == nil || k.open || k.rest != nil || len(out)+len(k.seq) > maxItems {
			out = append(out, it)
			continue
		}
		out = append(out, k.seq...)
	}
	return out
}

type objectKey struct {
	at        ast.Node
	obj, self *Object
}

// invoke calls a function or class of the project.
func (f *Frame) invoke(callee *Value, args []Argument, c *Call, at ast.Node) *Value {
	if callee.kind == KindClass {
		return f.construct(callee.ref.(*Class), args, c, at)
	}
	if callee.kind != KindFunction { // a method that is defined in two branches
		var out *Value
		for _, a := range callee.Alternatives() {
			if a.kind == KindFunction || a.kind == KindClass {
				out = join(out, f.invoke(a, args, c, at))
			}
		}
		return orUnknown(out)
	}
	cl := callee.ref.(*closure)
	f.eng.called[cl.fn] = true
	actual := f.bindArgs(cl, args, at)
	in := &inst{f: f, actual: actual, at: at, bound: cl.bound}
	frame := f.eng.summary(&closure{fn: cl.fn, env: cl.env, choosing: f.chosenOf(cl, actual)}, f.shapes(cl, actual))
	if frame != nil && frame.choosing == 0 && f.eng.lookedUp[cl.fn]|f.eng.decoders[cl.fn] != 0 { // which only its analysis has shown
		frame = f.eng.summary(&closure{fn: cl.fn, env: cl.env, choosing: f.chosenOf(cl, actual)}, f.shapes(cl, actual))
	}
	if frame == nil {
		var marks []Mark
		for _, a := range actual {
			if a != nil {
				marks = addMarks(marks, a.marks)
			}
		}
		return unknownWith(marks)
	}
	in.callee, in.marked = frame, &shortMap[*Origin, []Mark]{}
	frame.calledWith(f, at, actual)
	if frame.asks && f.passive == 0 {
		f.asksModel(nil, frame.hosted > 0)
	}
	given := f.st.handing(frame)
	sum := summary{frame.ret, frame.effects}
	if frame.running {
		frame.recursive = true
		f.eng.await(frame)
		sum = sum.plus(frame.prior)
	}
	// Values before effects: what is returned was so before the caller sees the changes.
	ret := in.value(sum.ret, 0)
	if ret == nil {
		ret = unknown
		if frame.running {
			var marks []Mark
			for _, a := range actual {
				if a != nil {
					marks = addMarks(marks, a.marks)
				}
			}
			ret = unknownWith(marks)
		}
	}
	ret = f.revealed(frame, f.asAnnotated(cl, ret), c, at)
	if frame.done {
		f.applyExits(in, frame, &ret)
	}
	f.applyEffects(in, sum.effects)
	in.seen, in.marked = shortMap[*Origin, *Value]{}, nil
	f.hand(in, nil, given)
	if frame.throws != nil && f.passive == 0 {
		f.raise(in.value(frame.throws, 0))
	}
	if len(frame.executed) > 0 && f.passive == 0 {
		f.executed = addMarks(f.executed, in.marks(frame.executed))
	}
	for b := cl.bound; b != nil; b = b.outer {
		ret = f.applyBound(b, frame, ret, at)
	}
	return ret
}

// asAnnotated puts what a function says that it returns in the place of what is not known: an instance
// of a class of the project, `def get_store() -> Store`. Of a record it would say what other records hold.
// Numbers and arrays of them carry no text, as for parameters.
func (f *Frame) asAnnotated(cl *closure, ret *Value) *Value {
	def := cl.fn.Def
	if def == nil || def.Returns == nil || cl.env == nil || cl.env.st == nil {
		return ret
	}
	if len(ret.marks) > 0 && ret.cond == nil && (nothingKnown(ret) || ret.kind == KindUnion) {
		if t := cl.env.typed(def.Returns, nil, ret.marks, 0); t.isNumber() {
			return numberOf(ret.marks)
		}
		if cl.env.saysArray(def.Returns) {
			c := *ret
			c.marks = cleaned(ret.marks, models.SinksOf(models.SQL, models.Shell, models.Exec, models.Template, models.Path, models.URL, models.HTML))
			return &c
		}
	}
	if !nothingKnown(ret) {
		return ret
	}
	if t := cl.env.typed(def.Returns, ret.exact, ret.marks, 0); t != nil && t.kind == KindObject && t.Class() != nil && !t.Class().holdsFields() {
		return t
	}
	return ret
}

// saysArray reports whether an annotation says that there are arrays of numbers, or nothing.
func (f *Frame) saysArray(ann ast.Expr) bool {
	switch a := ann.(type) {
	case *ast.BinOp: // X | None
		return a.Op == "|" && (isNone(a.Left) || f.saysArray(a.Left)) && (isNone(a.Right) || f.saysArray(a.Right))
	case *ast.Subscript:
		switch name, args := generic(a); name {
		case "Optional", "Union", "List", "list", "Sequence", "Iterable":
			return !slices.ContainsFunc(args, func(x ast.Expr) bool { return !isNone(x) && !f.saysArray(x) })
		}
		return f.quietly(a.Value).Is(arrays...)
	case *ast.Name, *ast.Attribute:
		return f.quietly(ann).Is(arrays...)
	}
	return false
}

// arrays are types of what holds numbers only, wherever their text could matter.
var arrays = []string{"numpy.ndarray", "numpy.typing.NDArray", "torch.Tensor", "jax.Array", "jax.numpy.ndarray", "tensorflow.Tensor"}

// plus joins the summary of a running function with that of its last pass.
func (s summary) plus(o summary) summary {
	return summary{
		ret:     join(s.ret, o.ret),
		effects: append(s.effects[:len(s.effects):len(s.effects)], o.effects...),
	}
}

// binding is what a closure captured from the call that made it.
type binding struct {
	callee *Frame
	actual []*Value
	outer  *binding
}

type bindingKey struct {
	at     ast.Node
	callee *Frame
}

// bind returns the binding of a call for the closures that it returns.
func (in *inst) bind() *binding {
	key := bindingKey{in.at, in.callee}
	b := in.f.bindings[key]
	if b == nil {
		b = &binding{callee: in.callee, actual: slices.Clone(in.actual), outer: in.bound}
		if in.f.bindings == nil {
			in.f.bindings = map[bindingKey]*binding{}
		}
		in.f.bindings[key] = b
		return b
	}
	for i, v := range in.actual {
		if i < len(b.actual) && b.actual[i] != v {
			b.actual[i] = join(b.actual[i], v)
		}
	}
	return b
}

// applyBound puts what a closure captured in the place of the parameters of the function
// that made it.
func (f *Frame) applyBound(b *binding, frame *Frame, ret *Value, at ast.Node) *Value {
	in := &inst{f: f, callee: b.callee, actual: b.actual, at: at, bound: b.outer}
	f.hand(in, frame, f.st.handing(b.callee))
	return in.value(ret, 0)
}

// applyExits makes known what the callee has checked when it returns.
func (f *Frame) applyExits(in *inst, frame *Frame, ret **Value) {
	if len(frame.exits) == 0 {
		if frame.yields == nil && frame.fn.Class == nil && !frame.recursive && frame.steps < f.eng.limits.Steps && frame.fn.Def != nil && !frame.fn.Def.Async {
			f.st.dead = true
		}
		return
	}
	always := frame.exits[0].clean
	for _, x := range frame.exits[1:] {
		always = intersect(always, x.clean)
	}
	f.refine(in.clean(always))
	var yes, no []cleanEntry
	first := [2]bool{true, true}
	checks := namesGuard(frame.fn.Name)
	for _, x := range frame.exits {
		truth, known := x.value.Truth()
		var t, n []cleanEntry
		t, n = x.clean, x.clean
		if x.cond != nil {
			t = append(t[:len(t):len(t)], x.cond.yes...)
			n = append(n[:len(n):len(n)], x.cond.no...)
		}
		if checks && known && truth && len(t) == 0 {
			continue // the check is switched off by a setting: `if self.base is None: return True`
		}
		if !known || truth {
			if first[0] {
				yes, first[0] = t, false
			} else {
				yes = intersect(yes, t)
			}
		}
		if !known || !truth {
			if first[1] {
				no, first[1] = n, false
			} else {
				no = intersect(no, n)
			}
		}
	}
	y, n := in.clean(yes), in.clean(no)
	if len(y) > 0 || len(n) > 0 {
		k := **ret
		k.cond = &condition{yes: y, no: n}
		*ret = &k
	}
}

// applyEffects changes the caller's objects as the callee does. Objects changed several
// times in a row, as by a constructor, are copied once.
func (f *Frame) applyEffects(in *inst, effects []effect) {
	var last *Object
	var fresh *contents
	defer func() { f.acting = nil }()
	if len(effects) > 0 {
		f.st.typed = nil
	}
	for i := range effects {
		e := &effects[i]
		f.acting = e.by
		if e.origin == nil {
			f.applyOuter(in, e)
			last = nil
			continue
		}
		if e.origin.frame != in.callee {
			continue
		}
		if e.key != nil {
			k := *e
			k.key = in.value(e.key, 1)
			k.name, _ = k.key.Text()
			e = &k
		}
		target := in.lookup(e.origin)
		v := in.value(e.value, 1)
		if v == nil {
			continue
		}
		if e.op == writeFile {
			f.wrote(target, f.st.apply(v).marks, e.node)
			continue
		}
		if e.op == writeText {
			f.wroteText(in.callee.mod.sem, e.name, v.marks, e.node)
			continue
		}
		if e.op == setAttrs {
			f.setAttributes(target, v, e.node)
			continue
		}
		for _, t := range target.Alternatives() {
			switch t.kind {
			case KindObject:
				o := t.ref.(*Object)
				if o != last || fresh != find(f.st.heap, o) {
					c := f.contents(o)
					if c == nil {
						c = &contents{open: o.origin != nil}
					}
					last, fresh = o, c.clone(len(effects)-i)
					f.st.set(o, fresh)
				}
				fresh.apply(e, v)
				if e.op == addItem || e.op == addAll {
					o.grows(e.node, e.by)
				}
				if o.class != nil && e.op == setAttr {
					o.class.setStore(e.name, dropParams(v))
				}
				f.effect(t, e.op, e.name, e.key, v, e.node)
			case KindUnknown:
				f.setSymbolic(t, e.op, e.name, e.key, v, e.node, in.at)
			}
		}
	}
}

// clone copies contents so that they may be changed in place, with room for n more keys.
func (c *contents) clone(n int) *contents {
	k := *c
	k.keys = append(make([]Entry, 0, len(c.keys)+n), c.keys...)
	k.seq = c.seq[:len(c.seq):len(c.seq)]
	return &k
}

// apply changes contents that nothing else holds.
func (c *contents) apply(e *effect, v *Value) {
	switch e.op {
	case setAttr, setItem:
		if e.name == "" {
			c.rest, c.open = join(c.rest, v), true
			if e.key != nil && len(e.key.marks) > 0 {
				c.names = join(c.names, e.key)
			}
			return
		}
		if old := c.get(e.name); old != nil {
			old.Value, old.Node = join(old.Value, v), e.node
			return
		}
		c.keys = append(c.keys, Entry{Name: e.name, Value: v, Node: e.node})
	case addItem:
		*c = *c.add(Item{Value: v, Node: e.node}, -1)
	case addAll:
		*c = *c.add(Item{Value: v, Node: e.node, Splat: true}, -1)
	case dropFirst, dropFront:
		*c = *c.dropped(e.op, &Cut{e.node, e.by.mod.sem})
	}
}

// matters reports whether anything that the caller hands in and that reaches the sink is
// labelled, or the caller's own parameter, and is not known to reach it already, nor known in vain.
func (in *inst) matters(e *sinkEvent) bool {
	for _, m := range e.value.marks {
		if m.Label != models.NoLabel || m.Origin.frame != in.callee || in.f.eng.harmless(m, e.kind) {
			continue
		}
		given := in.given(m.Origin)
		if in.files {
			given = addMarks(given, in.f.contained(in.lookup(m.Origin)))
		}
		for _, a := range given {
			if !in.f.eng.harmless(a, e.kind) && !in.f.eng.known(e, a) {
				return true
			}
		}
	}
	return false
}

// known reports whether data of a mark has been seen to reach a sink.
func (e *Engine) known(s *sinkEvent, m Mark) bool {
	if m.Label != models.NoLabel {
		return e.paths[s.path(m)]
	}
	f := m.Origin.frame
	return f == nil || f.useless(s) || f.hitAt[s.hitKey(m.Origin)]
}

func (f *Frame) applyHit(in *inst, h *hit) {
	in.files = fileSinks.Has(h.kind)
	defer func() { in.files = false }()
	apart := h.decode || h.spread
	only, possible := in.narrow(h.only)
	if !possible || !apart && !in.matters(h.sinkEvent) {
		return
	}
	e := *h.sinkEvent
	e.depth++
	e.only = only
	in.heap = e.heap
	v := in.value(e.value, 0)
	if v.kind == KindExternal {
		v = pathText(v)
	}
	if o := v.object(); !apart && o != nil && o.kind <= Dict { // with what it holds, as in the function itself
		v = taint(v, in.marks(h.value.marks))
	}
	e.value = f.st.apply(v)
	e.facts |= f.st.facts
	e.chat = in.chat(e.chat)
	if e.into != nil {
		e.into = in.value(e.into, 0)
	}
	if !apart {
		if len(e.value.marks) == 0 {
			return
		}
		if e.value.kind == KindObject || e.value.kind == KindUnion {
			e.heap = f.st.snapshot()
		}
	} else {
		e.heap = f.st.snapshot()
	}
	f.judge(&e)
}

// narrow is what must hold in the caller for a sink of the callee to be reached, if it is one of a method that stood in for an
// abstract one; possible is false where the caller's object has another class.
func (in *inst) narrow(only *standIn) (inCaller *standIn, possible bool) {
	if only != nil && only.at.frame == in.callee {
		v := in.lookup(only.at)
		if v.isNone(only.class) {
			return nil, false
		}
		if v.exact != nil {
			return &standIn{v.exact, only.class}, true
		}
	}
	if len(in.actual) == 0 {
		return nil, true
	}
	if o := in.actual[0].object(); o != nil && o.origin != nil && o.class != nil {
		if base := in.f.symbolic[o.origin]; base != nil && base != o && base.class != nil && slices.Contains(o.class.Linear(), base.class) {
			return &standIn{o.origin, o.class}, true
		}
	}
	return nil, true
}

// isNone reports whether a value is known to be no instance of a class.
func (v *Value) isNone(class *Class) bool {
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil || o.class == nil || o.various || o.members != nil || slices.Contains(o.class.Linear(), class) {
			return false
		}
		// Of a parameter only a base class may be known.
		if o.call == nil && slices.Contains(class.Linear(), o.class) {
			return false
		}
	}
	return true
}

// chat brings a model call into the caller, as far as its messages are made of what the
// caller hands in.
func (in *inst) chat(ch *Chat) *Chat {
	if ch == nil || len(ch.Messages) > maxItems {
		return ch
	}
	var out *Chat
	for i := range ch.Messages {
		m := &ch.Messages[i]
		v, w := in.value(m.Content, 0), in.value(m.Whole, 0)
		if v == m.Content && w == m.Whole {
			continue
		}
		if out == nil {
			k := *ch
			k.Messages = slices.Clone(ch.Messages)
			out = &k
		}
		out.Messages[i].Content, out.Messages[i].Whole = v, w
	}
	if out == nil {
		return ch
	}
	return out
}

// shapes picks the arguments for which a function is analysed anew.
func (f *Frame) shapes(cl *closure, actual []*Value) []*Value {
	var out []*Value
	for i, v := range actual {
		id := likely(v)
		if id == nil {
			id = f.named(cl, i, v)
		}
		if id == nil {
			continue
		}
		if i == 0 && cl.self != nil && id.Class() != nil && cl.fn.Class != nil && id.Class().Class == cl.fn.Class {
			continue
		}
		if cl.fn.Params != nil && i < len(cl.fn.Params.List) {
			switch p := cl.fn.Params.List[i]; {
			case p.ParamKind == ast.VarPositional || p.ParamKind == ast.VarKeyword:
				continue
			case p.Annotation != nil && id.kind != KindFunction && stateOf(id) == "":
				// The annotation says as much.
				if root := (&Origin{source: noSource}); f.eng.annotated(cl, p, root) {
					continue
				}
			}
		}
		for len(out) <= i {
			out = append(out, nil)
		}
		out[i] = id
	}
	return out
}

// annotated reports whether a parameter's annotation gives the value a type.
func (e *Engine) annotated(cl *closure, p *ast.Param, root *Origin) bool {
	env := cl.env
	if env == nil || env.st == nil {
		return false
	}
	v := env.typed(p.Annotation, nil, nil, 0)
	return v != nil && v.kind != KindUnknown
}

// bindArgs gives each parameter its value.
func (f *Frame) bindArgs(cl *closure, args []Argument, at ast.Node) []*Value {
	fn := cl.fn
	if fn.Params == nil {
		return nil
	}
	list := fn.Params.List
	actual := make([]*Value, len(list))
	next := 0
	if cl.self != nil && len(list) > 0 && !f.eng.isStatic(fn) {
		actual[0] = cl.self
		next = 1
	}
	var extra []Item
	var extraKw []Entry
	var more []Mark
	var unpacked []Argument
	for _, a := range args {
		switch {
		case a.Rest && a.Keyword != nil:
			unpacked = append(unpacked, a)
		case a.Rest:
			unpacked = append(unpacked, a)
			more = addMarks(more, a.Value.marks)
		case a.Name != "":
			found := false
			for i, p := range list {
				if p.Name != nil && p.Name.Id == a.Name && p.ParamKind != ast.VarPositional && p.ParamKind != ast.VarKeyword {
					actual[i], found = a.Value, true
				}
			}
			if !found {
				extraKw = append(extraKw, Entry{Name: a.Name, Value: a.Value, Node: a.Node})
			}
		default:
			i := next + a.Pos
			if i >= 0 && i < len(list) && list[i].ParamKind <= ast.PositionalOrKeyword { // a keyword of no name has no place
				actual[i] = a.Value
			} else {
				extra = append(extra, Item{Value: a.Value, Node: a.Node})
			}
		}
	}
	defaults := f.eng.defaults[fn]
	for i, p := range list {
		switch {
		case p.ParamKind == ast.VarPositional:
			o := f.newObjectFor(at, p, Tuple)
			f.st.set(o, &contents{seq: extra, open: more != nil, rest: restValue(more)})
			actual[i] = &Value{kind: KindObject, ref: o, marks: addMarks(more, itemMarks(extra))}
		case p.ParamKind == ast.VarKeyword:
			actual[i] = f.keywordDict(at, p, extraKw, unpacked)
		case actual[i] == nil && len(unpacked) > 0 && p.Name != nil:
			if actual[i] = f.unpackedArg(unpacked, p, i-next, at); actual[i] == nil && i < len(defaults) {
				actual[i] = defaults[i]
			}
		case actual[i] == nil && i < len(defaults):
			actual[i] = defaults[i]
		}
	}
	return actual
}

// keywordDict is the dict of the keyword arguments that a call gives beside the parameters: those
// that it names, and what is unpacked.
func (f *Frame) keywordDict(at, p ast.Node, given []Entry, unpacked []Argument) *Value {
	o := f.newObjectFor(at, p, Dict)
	o.over = nil
	c := &contents{keys: given}
	var marks []Mark
	for _, a := range unpacked {
		if a.Keyword == nil {
			continue
		}
		marks = addMarks(marks, a.Value.marks)
		if o.over == nil {
			o.over = a.Value
		} else {
			o.over = join(o.over, a.Value)
		}
		f.passive++
		value, name := f.read(a.Value, anyValue), f.element(a.Value, at)
		f.passive--
		c.open = true
		c.rest, c.names = join(c.rest, value), join(c.names, name)
	}
	f.st.set(o, c)
	for _, e := range given {
		marks = addMarks(marks, e.Value.marks)
	}
	return &Value{kind: KindObject, ref: o, marks: marks}
}

// unpackedArg is what `*x` and `**x` give to a parameter at a position, nil when nothing.
func (f *Frame) unpackedArg(unpacked []Argument, p *ast.Param, pos int, at ast.Node) *Value {
	var v *Value
	for _, a := range unpacked {
		key := stringValue(p.Name.Id)
		if a.Keyword == nil {
			if pos < a.Pos || p.ParamKind > ast.PositionalOrKeyword {
				continue
			}
			key = &Value{kind: KindConst, konst: constNumber, text: strconv.Itoa(pos - a.Pos)}
		}
		f.passive++
		x := f.subscript(a.Value, key, at)
		f.passive--
		if x != unknown {
			v = join(v, x)
		}
	}
	return v
}

func restValue(marks []Mark) *Value {
	if marks == nil {
		return nil
	}
	return unknownWith(marks)
}

func itemMarks(items []Item) []Mark {
	var marks []Mark
	for _, it := range items {
		marks = addMarks(marks, it.Value.marks)
	}
	return marks
}

// newObjectFor is the object that one call makes for *args, **kwargs or a field.
func (f *Frame) newObjectFor(at, p ast.Node, k ObjectKind) *Object {
	if f.packed == nil {
		f.packed = map[[2]ast.Node]*Object{}
	}
	key := [2]ast.Node{at, p}
	o := f.packed[key]
	if o == nil {
		o = &Object{kind: k, node: at, frame: f}
		f.packed[key] = o
	}
	return o
}

// construct makes an instance of a project class.
func (f *Frame) construct(c *Class, args []Argument, call *Call, at ast.Node) *Value {
	if c.Extends(enums...) {
		return number
	}
	o := f.newObject(at, Instance)
	if o.class != nil && o.class != c { // one of several classes, as a table of them gives
		o = f.newObjectFor(at, c.Node, Instance)
	}
	o.class, o.call = c, call
	if len(c.madeIn) < maxMadeOf && !slices.Contains(c.madeIn, f) && f.passive == 0 {
		c.madeIn = append(c.madeIn, f)
	}
	f.st.set(o, empty)
	v := &Value{kind: KindObject, ref: o}
	if init, owner := c.lookup("__init__"); init != nil && init.kind == KindFunction {
		f.invoke(f.bindTo(init, v, owner), args, nil, at)
	} else {
		fields := c.AllFields()
		k := empty
		var marks []Mark
		for _, a := range args {
			name := a.Name
			if name == "" && a.Pos >= 0 && a.Pos < len(fields) {
				name = fields[a.Pos].Name
			}
			marks = addMarks(marks, a.Value.marks)
			if name == "" || a.Rest {
				if len(a.Value.marks) > 0 {
					k = k.withRest(unknownWith(a.Value.marks))
				}
				continue
			}
			av := a.Value
			if fd := c.field(name); fd != nil {
				if _, known := av.Number(); !known {
					if t := fd.frame.typed(fd.Annotation, nil, cleaned(av.marks, patternSinks(fd.Node.Value)), 0); t.isNumber() {
						av = t
					}
				}
			}
			k = k.with(Entry{Name: name, Value: av, Node: a.Node})
			c.setFilled(name, dropParams(av))
		}
		if c.Extends(settingsClasses...) {
			fields = nil // the environment may say otherwise than the defaults
		}
		for i := range fields {
			if fd := &fields[i]; k.get(fd.Name) == nil {
				if d := f.fieldDefault(fd, at); d != nil {
					k = k.with(Entry{Name: fd.Name, Value: d, Node: fd.Node})
				}
			}
		}
		f.st.set(o, k)
		if len(fields) == 0 && len(marks) > 0 {
			v = v.withMarks(marks)
		}
		if k.rest != nil {
			v = v.withMarks(k.rest.marks)
		}
		for _, name := range [...]string{"__post_init__", "model_post_init"} {
			if after, owner := c.lookup(name); after != nil && after.kind == KindFunction {
				f.invoke(f.bindTo(after, v, owner), nil, nil, at)
			}
		}
	}
	// A library's base class gives the instance its behaviour, and its sinks.
	c.external(func(s *Symbol) bool {
		if call != nil && (len(s.Models) > 0 || len(s.Calls) > 0) && call.Symbol == nil {
			call.Symbol = s
		}
		return true
	})
	return v
}

// fieldDefault is what a field of a dataclass or pydantic model holds that is not given.
func (f *Frame) fieldDefault(fd *Field, at ast.Node) *Value {
	call, ok := fd.Node.Value.(*ast.Call)
	if d := fd.Default; d != nil && (!ok && d.IsConst() || len(d.marks) > 0 && !d.Is(fieldMakers...)) {
		return d // `key: str = os.environ.get("KEY", "")`
	}
	if !ok {
		return nil
	}
	for _, k := range call.Keywords {
		if k.Name == nil || k.Name.Id != "default_factory" {
			continue
		}
		factory := fd.frame.quietly(k.Value)
		for kind, name := range [...]string{List: "builtins.list", Set: "builtins.set", Dict: "builtins.dict"} {
			if name != "" && factory.Is(name) {
				o := f.newObjectFor(at, fd.Node, ObjectKind(kind))
				f.st.set(o, empty)
				return &Value{kind: KindObject, ref: o}
			}
		}
		if l, ok := k.Value.(*ast.Lambda); ok && fd.frame.st != nil {
			factory = fd.frame.expr(l)
		}
		if factory.kind == KindFunction {
			return f.invoke(factory, nil, nil, at)
		}
	}
	return nil
}

// callback is a function that a framework will call.
type callback struct {
	cb    *models.Callback
	fn    *Value
	frame *Frame
	call  *Call
	node  ast.Node
	done  bool
	// owner is the call that made the object whose decorator or method registers the function.
	owner *Call
	// by is the name of what registers the function: the call's, the decorator's, the base class's.
	by *Symbol
}

// registerArg registers functions handed to a library call.
func (f *Frame) registerArg(cb *models.Callback, c *Call) {
	if cb.Arg == "decorated" || len(cb.Arg) > 9 && cb.Arg[:9] == "subclass." {
		return
	}
	for _, a := range c.select0(cb.Arg) {
		f.registerAll(cb, a.Value, c, a.Node, 0)
	}
}

func (f *Frame) registerAll(cb *models.Callback, v *Value, c *Call, at ast.Node, depth int) {
	if depth > 2 {
		return
	}
	v = f.callable(v)
	switch v.kind {
	case KindFunction, KindPartial:
		f.register(cb, v, c, at, c.Symbol)
	case KindObject:
		if items, _, ok := c.Items(v); ok {
			for _, it := range items {
				f.registerAll(cb, it.Value, c, at, depth+1)
			}
		}
	case KindUnion:
		for _, a := range v.ref.([]*Value) {
			f.registerAll(cb, a, c, at, depth+1)
		}
	}
}

func (f *Frame) register(cb *models.Callback, fn *Value, c *Call, at ast.Node, by *Symbol) {
	key := callbackKey{cb, at}
	for _, o := range f.eng.registered[key] {
		if sameShape(o.fn, fn) {
			return
		}
	}
	if cb.Tool {
		f.described(fn)
	}
	o := &callback{cb: cb, fn: fn, frame: f, call: c, node: at, owner: f.ownerOf(c, at), by: by}
	f.eng.callbacks = append(f.eng.callbacks, o)
	f.eng.registered[key] = append(f.eng.registered[key], o)
}

// ownerOf is the call that made the object whose decorator or method registers a function:
// the Agent(...) of `@agent.tool`.
func (f *Frame) ownerOf(c *Call, at ast.Node) *Call {
	if c != nil {
		for _, name := range [...]string{"caller", "agent"} {
			if a := c.Arg(-1, name); a != nil && a.Value.call != nil {
				return a.Value.call
			}
		}
		if c.Receiver != nil {
			return c.Receiver.call
		}
		return nil
	}
	if d, ok := at.(*ast.Attribute); ok {
		return f.quietly(d.Value).call
	}
	return nil
}

type callbackKey struct {
	cb   *models.Callback
	node ast.Node
}

// runCallbacks calls the registered functions with labelled arguments, as the frameworks
// will.
func (e *Engine) runCallbacks() {
	for i := 0; i < len(e.callbacks); i++ {
		cb := e.callbacks[i]
		if cb.done && e.round == 0 {
			continue
		}
		cb.done = true
		if e.ctx.Err() != nil {
			return
		}
		e.runCallback(cb)
	}
}

func (e *Engine) runCallback(cb *callback) {
	fv := cb.fn
	var prepared partial // what functools.partial has given, which the framework does not hand in
	if fv.kind == KindPartial {
		prepared = *fv.ref.(*partial)
		fv = prepared.fn
	}
	if fv.kind != KindFunction {
		return
	}
	cl := fv.ref.(*closure)
	fn := cl.fn
	f := e.newFrame(cb.frame.mod, nil, emptyScope, nil)
	f.st = newState(0)
	f.running = true
	f.current = cb.node
	var args []Argument
	pos := 0
	if fn.Params != nil {
		given := 0
		for i, p := range fn.Params.List {
			if p.Name == nil || i == 0 && (cl.self != nil || fn.Class != nil && !e.isStatic(fn)) {
				continue
			}
			if p.ParamKind != ast.VarPositional && p.ParamKind != ast.VarKeyword {
				if p.ParamKind == ast.KeywordOnly {
					given = len(prepared.args)
				}
				if v := prepared.gives(p.Name.Id, given); v != nil {
					given++
					args = append(args, Argument{Name: p.Name.Id, Pos: -1, Value: standing(v), Node: nil})
					continue
				}
			}
			v, own := e.callbackArg(f, cb, cl, p, pos)
			if !own {
				pos++
			}
			if v == nil || p.ParamKind == ast.VarPositional || p.ParamKind == ast.VarKeyword {
				continue
			}
			args = append(args, Argument{Name: p.Name.Id, Pos: -1, Value: v, Node: nil})
		}
	}
	f.invoke(fv, args, nil, cb.node)
	if cb.cb.Result != models.NoSink || cb.cb.Outputs != "" {
		e.resultSink(f, cb, cl, args)
	}
	f.leaveBehind()
	f.running = false
}

// gives is the value that the parameter of a name gets, where positional of those before it got one by
// their place; nil where it gets none.
func (p *partial) gives(name string, positional int) *Value {
	if positional < len(p.args) {
		return p.args[positional]
	}
	for i := range p.kws {
		if p.kws[i].name == name {
			return p.kws[i].value
		}
	}
	return nil
}

// standing is what is known of a value apart from the function that made it: what it is, where that needs
// no state, and where its data comes from.
func standing(v *Value) *Value {
	v = dropParams(v)
	switch v.kind {
	case KindConst, KindFunction, KindClass, KindExternal:
		return v
	}
	return unknownWith(v.marks)
}

var emptyScope = semantic.EmptyScope()

// callbackArg is what a framework hands to a parameter. own is set when the framework finds
// the parameter by its annotation, so that it does not count among the others.
func (e *Engine) callbackArg(f *Frame, cb *callback, cl *closure, p *ast.Param, pos int) (v *Value, own bool) {
	label, typ := pick(cb.cb.Params, p.Name.Id, pos), pick(cb.cb.Types, p.Name.Id, pos)
	if cb.cb.PathOnly && !cb.names(p.Name.Id) {
		label = models.NoLabel
	}
	def := cl.env
	var fallback *Value
	if ds := e.defaults[cl.fn]; ds != nil {
		for i, q := range cl.fn.Params.List {
			if q == p && i < len(ds) {
				fallback = ds[i]
			}
		}
	}
	if fallback.Is("fastapi.Depends()", "fastapi.Security()", "fastapi.params.Depends()") {
		return f.dependency(cb, fallback, p), false
	}
	if fallback != nil && injected(fallback.Symbol()) {
		return nil, true
	}
	if v := cb.declared(def, cl, p); v != nil {
		return v, false
	}
	if cb.cb.Tool {
		if def.givenToTool(p.Annotation) {
			return nil, false
		}
		if v := e.ofSchema(cb, cl, p.Name.Id); v != nil {
			return v, false
		}
	}
	var typed *Value
	if p.Annotation != nil && def != nil {
		if ann, ok := p.Annotation.(*ast.Subscript); ok {
			if d := annotatedDepends(def, ann); d != nil {
				return f.dependency(cb, d, p), false
			}
		}
		typed = def.typed(p.Annotation, nil, nil, 0)
		if typed != nil && typed.kind == KindExternal && injected(typed.sym) {
			return typed.withMarks(nil), true
		}
	}
	o, clean := &Origin{step: p.Name.Id, source: &source{tool: cb.cb.Tool}}, models.SinkSet(0)
	if cb.call != nil {
		o.name = cb.call.Symbol
	}
	if m := saidToBe(fallback); m != nil && label != models.NoLabel {
		label, o.from = m.Source, m.From
	} else if ann, ok := p.Annotation.(*ast.Subscript); ok && def != nil && label != models.NoLabel {
		if m := def.annotatedSource(ann); m != nil {
			label, o.from = m.Source, m.From
		}
	}
	if in, ok := cb.input(pos, p.Name.Id); ok {
		label, o.name, clean = in.label, in.source, in.clean
		if o.name == nil && cb.call != nil {
			o.name = cb.call.Symbol
		}
	}
	if clean == 0 && cb.ofUnknownField(pos, p.Name.Id) {
		// A field of which nothing is known may be a slider.
		clean = counted
	}
	if cb.cb.From != "" {
		o.from = cb.cb.From
	}
	if o.from == "" {
		o.from = label.Words()
	}
	var marks []Mark
	if label != models.NoLabel {
		marks = e.labelled(Mark{Label: label, Origin: o, Trace: (*Trace)(nil).then(p.Name, cl.fn.Module, o.from+" in parameter `"+p.Name.Id+"`")})
	}
	if typed != nil {
		if typed.kind == KindExternal && saysItself(typed.sym) {
			return typed, false
		}
		return def.typed(p.Annotation, nil, cleaned(marks, patternSinks(p.Default)), 0), false
	}
	if typ != "" {
		if s := e.table.Lookup(typ); s != nil {
			return f.external(s, marks, nil), false
		}
	}
	if label == models.NoLabel {
		return nil, false
	}
	if sinks := patternSinks(p.Default) | def.annotationSinks(p.Annotation) | clean; sinks != 0 {
		marks = cleaned(marks, sinks)
	}
	return unknownWith(marks), false
}

// saidToBe is the model of a default that says where a parameter comes from: `f: bytes = File()`.
func saidToBe(fallback *Value) *models.Model {
	if fallback == nil || fallback.kind != KindExternal || fallback.call == nil {
		return nil
	}
	for _, m := range symModels(fallback.call.Symbol) {
		if m.Source != models.NoLabel {
			return m
		}
	}
	return nil
}

// annotatedSource is the same of Annotated[bytes, File()].
func (f *Frame) annotatedSource(ann *ast.Subscript) *models.Model {
	t, ok := ann.Index.(*ast.Tuple)
	if !ok || f.st == nil {
		return nil
	}
	for _, e := range t.Elts {
		c, ok := e.(*ast.Call)
		if !ok {
			continue
		}
		for _, m := range symModels(f.quietly(c.Fn).Symbol()) {
			if m.Source != models.NoLabel {
				return m
			}
		}
	}
	return nil
}

// field is what stands behind one of the inputs of a callback.
type field struct {
	label  models.Label
	source *Symbol
	// clean are the sinks for which its value is harmless.
	clean models.SinkSet
}

// input is what the registration says of the parameter at a position or of a name; ok is false
// when it says nothing.
func (cb *callback) input(pos int, name string) (in field, ok bool) {
	if cb.cb.Inputs == "" || cb.call == nil || pos < cb.cb.Skip {
		return field{}, false
	}
	pos -= cb.cb.Skip
	given := cb.call.select0(cb.cb.Inputs)
	if strings.HasSuffix(string(cb.cb.Inputs), ":") { // each argument is one
		if a := cb.call.Arg(-1, name); a != nil {
			return cb.bound(a.Value)
		}
		if pos < len(given) {
			return cb.bound(given[pos].Value)
		}
		return field{}, !cb.call.HasRest()
	}
	if len(given) == 0 {
		// Without inputs nothing is handed in.
		return field{}, !cb.call.HasRest()
	}
	v := given[0].Value
	if v.IsNone() {
		return field{}, true
	}
	if items, open, ok := cb.call.Items(v); ok {
		if v.object().kind == Set {
			return field{}, false // one dict of them all
		}
		for i := range items {
			if items[i].Splat || items[i].Maybe {
				return field{}, false
			}
			if i == pos {
				return cb.field(items[i].Value)
			}
		}
		return field{}, !open
	}
	if pos > 0 {
		return field{}, false
	}
	return cb.field(v)
}

// ofUnknownField reports whether a parameter at a position gets the value of a form's field
// that is not known.
func (cb *callback) ofUnknownField(pos int, name string) bool {
	if cb.cb.Inputs == "" || cb.call == nil || pos < cb.cb.Skip {
		return false
	}
	_, known := cb.input(pos, name)
	return !known
}

// bound is what stands behind an argument that a function is bound to: of a constant the program.
func (cb *callback) bound(v *Value) (field, bool) {
	if v.IsConst() {
		return field{}, true
	}
	return cb.field(v)
}

// field is what the model of a form field says of its value.
func (cb *callback) field(v *Value) (field, bool) {
	if name, ok := v.Text(); ok {
		label, known := cb.cb.Names[strings.ToLower(name)]
		return field{label: label}, known
	}
	if v.kind != KindExternal || v.call == nil || v.call.Symbol == nil || len(v.call.Symbol.Models) == 0 {
		return field{}, false
	}
	for _, m := range v.call.Symbol.Models {
		if m.Source != models.NoLabel && sourceHere(v.call, m) {
			clean := models.SinkSet(0)
			if len(m.CleansIf) == 0 || cleansHere(v.call, m.CleansIf) {
				clean = models.SinksOf(m.Cleans...)
			}
			return field{m.Source, v.call.Symbol, clean}, true
		}
	}
	return field{source: v.call.Symbol}, true
}

// declared is the value of a parameter whose type the registration gives, as the route
// "/item/<int:n>" or @click.option("--n", type=int) do; nil when it does not.
func (cb *callback) declared(def *Frame, cl *closure, p *ast.Param) *Value {
	if cb.call != nil && cb.cb.PathArg != "" {
		for _, a := range cb.call.select0(cb.cb.PathArg) {
			if rule, ok := a.Value.Text(); ok && numericConverter(rule, p.Name.Id) {
				return number
			}
		}
	}
	if def == nil {
		return nil
	}
	return def.option(cl.fn.Def, p)
}

// numericConverter reports whether a route's pattern makes a number or UUID of a part:
// "<int:n>" (Werkzeug, Django) or "{n:int}" (Starlette).
func numericConverter(rule, name string) bool {
	for _, conv := range [...]string{"int", "float", "uuid"} {
		if strings.Contains(rule, "<"+conv+":"+name+">") || strings.Contains(rule, "{"+name+":"+conv+"}") {
			return true
		}
	}
	return false
}

// declares reports whether a call of click.option or click.argument declares a parameter.
func declares(c *ast.Call, name string) bool {
	long := ""
	for _, a := range c.Args {
		s, ok := a.(*ast.Str)
		if !ok {
			continue
		}
		if !strings.HasPrefix(s.Value, "-") {
			return s.Value == name
		}
		if long == "" || strings.HasPrefix(s.Value, "--") && !strings.HasPrefix(long, "--") {
			long = s.Value
		}
	}
	return strings.ReplaceAll(strings.TrimLeft(long, "-"), "-", "_") == name
}

// optionType is the value of a click option whose type leaves no free text, else nil.
func (f *Frame) optionType(c *ast.Call) *Value {
	for _, k := range c.Keywords {
		if k.Name == nil {
			continue
		}
		switch k.Name.Id {
		case "is_flag", "count":
			return number
		case "type":
			t := k.Value
			if call, ok := t.(*ast.Call); ok {
				t = call.Fn
			}
			switch v := f.quietly(t); {
			case v.Is("click.Choice"):
				return &Value{checked: true}
			case v.Is("builtins.int", "builtins.float", "builtins.bool", "click.INT", "click.FLOAT", "click.BOOL", "click.UUID", "click.IntRange", "click.FloatRange", "click.DateTime"):
				return number
			}
		}
	}
	return nil
}

// annotatedDepends finds Depends(f) in Annotated[T, Depends(f)].
func annotatedDepends(def *Frame, ann *ast.Subscript) *Value {
	t, ok := ann.Index.(*ast.Tuple)
	if !ok || len(t.Elts) < 2 {
		return nil
	}
	for _, e := range t.Elts[1:] {
		if c, ok := e.(*ast.Call); ok && def.st != nil {
			if fn := def.quietly(c.Fn); fn.Is("fastapi.Depends", "fastapi.Security") && len(c.Args) > 0 {
				d := def.quietly(c.Args[0])
				return &Value{kind: KindExternal, sym: fn.Symbol().Get("()"), call: &Call{Node: c, Frame: def, Args: []Argument{{Pos: 0, Value: d, Node: c.Args[0]}}}}
			}
		}
	}
	return nil
}

// saysItself reports whether what is read of a type has labels of its own: an upload's
// content is an upload and nothing else.
func saysItself(s *Symbol) bool {
	return s.Is("fastapi.UploadFile()", "starlette.datastructures.UploadFile()", "litestar.datastructures.UploadFile()")
}

// injected reports whether a framework hands in something that is not the caller's text.
func injected(s *Symbol) bool {
	return s.Is("gradio.SelectData()", "gradio.EventData()", "gradio.LikeData()", "fastapi.BackgroundTasks()", "starlette.background.BackgroundTasks()", "fastapi.Response()", "starlette.responses.Response()", "gradio.Progress()", "gradio.Request()", "gradio.OAuthProfile()", "gradio.OAuthToken()")
}

// dependency is the result of a dependency function, whose own parameters are the
// caller's. What one gives that by its name finds the signed-in user is that user's profile.
func (f *Frame) dependency(cb *callback, d *Value, p *ast.Param) *Value {
	v := f.depended(cb, d)
	if d.call == nil {
		return v
	}
	a := d.call.Arg(0, "dependency")
	if a == nil || !findsUser(lastName(a.Node)) {
		return v
	}
	o := f.sourceAt(p)
	o.step, o.from, o.name = p.Name.Id, models.FromProfile, d.call.Symbol
	return taint(v, f.eng.labelled(Mark{Label: models.Memory, Origin: o, Trace: (*Trace)(nil).then(p.Name, cb.frame.mod.sem, models.FromProfile)}))
}

// findsUser reports whether the name of a function says that it gives the signed-in user.
func findsUser(name string) bool {
	name = strings.ToLower(name)
	for _, who := range [...]string{"user", "member", "account", "customer", "principal"} {
		for _, which := range [...]string{"current_", "current_active_", "active_", "signed_in_", "logged_in_", "authenticated_"} {
			if strings.Contains(name, which+who) {
				return true
			}
		}
	}
	return false
}

// callable is the method that runs where an instance of a project's class is called, other values themselves.
func (f *Frame) callable(v *Value) *Value {
	if o := v.object(); o != nil && o.class != nil {
		if m, owner := o.class.lookup("__call__"); m != nil && m.kind == KindFunction {
			return f.bindTo(m, v, owner)
		}
	}
	return v
}

func (f *Frame) depended(cb *callback, d *Value) *Value {
	if d.call == nil {
		return unknown
	}
	a := d.call.Arg(0, "dependency")
	if a == nil {
		return unknown
	}
	fn := f.callable(a.Value)
	switch fn.kind {
	case KindClass:
		return f.construct(fn.ref.(*Class), nil, nil, d.call.Node)
	case KindFunction:
	default:
		return unknown
	}
	cl := fn.ref.(*closure)
	var args []Argument
	if cl.fn.Params != nil {
		for i, p := range cl.fn.Params.List {
			if p.Name == nil || p.ParamKind == ast.VarKeyword || p.ParamKind == ast.VarPositional || i == 0 && cl.self != nil {
				continue
			}
			if v, _ := f.eng.callbackArg(f, cb, cl, p, i); v != nil {
				args = append(args, Argument{Name: p.Name.Id, Pos: -1, Value: v})
			}
		}
	}
	v := f.invoke(fn, args, nil, d.call.Node)
	if slices.ContainsFunc(f.eng.frames[frameKey{cl.fn, cl.env}], func(g *Frame) bool { return g.yields != nil }) {
		return f.element(v, d.call.Node) // what it yields is the dependency: `with Session(engine) as s: yield s`
	}
	return v
}

// names reports whether the route's path has a placeholder of that name, as far as the path
// is known.
func (cb *callback) names(param string) bool {
	if cb.call == nil {
		return true
	}
	for _, a := range cb.call.select0(cb.cb.PathArg) {
		if path, ok := a.Value.Text(); ok {
			return strings.Contains(path, param)
		}
	}
	return true
}

// pick finds the entry for a parameter by name, position, or for all.
func pick[T any](m map[string]T, name string, pos int) T {
	if v, ok := m[name]; ok {
		return v
	}
	if pos < 10 {
		if v, ok := m[string(rune('0'+pos))]; ok {
			return v
		}
	}
	return m["*"]
}

// markup is the part of a view's result that becomes a page: the text, or the first of
// (text, status, headers); a dict or list becomes JSON.
func (f *Frame) markup(v *Value) *Value {
	o := v.object()
	if o == nil {
		if v.call != nil && dictMakers[v.call.Method] {
			return nil
		}
		return v
	}
	if o.kind == Tuple {
		if c := f.contents(o); c != nil && len(c.seq) > 0 && c.seq[0].Value.object() == nil {
			if e := f.header(c, "content-type"); e != nil {
				if t, known := e.Value.Text(); known && !strings.Contains(strings.ToLower(t), "html") {
					return nil
				}
			}
			return c.seq[0].Value
		}
	}
	return nil
}

// header is a header, by its name in small letters, of what a view returns as (text, status, headers).
func (f *Frame) header(answer *contents, name string) *Entry {
	for _, it := range answer.seq[1:] {
		o := it.Value.object()
		if o == nil || o.kind != Dict {
			continue
		}
		if c := f.contents(o); c != nil {
			for i := range c.keys {
				if strings.ToLower(c.keys[i].Name) == name && c.keys[i].Value != nil && c.keys[i].Node != nil {
					return &c.keys[i]
				}
			}
		}
	}
	return nil
}

// location is where a view sends the browser that returns (text, 302, {"Location": address}).
func (f *Frame) location(v *Value) *Entry {
	o := v.object()
	if o == nil || o.kind != Tuple {
		return nil
	}
	c := f.contents(o)
	if c == nil || len(c.seq) < 3 {
		return nil
	}
	if status, ok := c.seq[1].Value.Number(); !ok || status < 300 || status > 399 {
		return nil
	}
	return f.header(c, "location")
}

// redirectSink is the header that sends the browser elsewhere.
var redirectSink = &models.Sink{Kind: models.Response, Arg: "return", Note: models.NoteRedirect}

// dictMakers are methods that give the fields of an object, which a view sends as JSON.
var dictMakers = map[string]bool{"model_dump": true, "to_dict": true, "dict": true, "asdict": true, "_asdict": true}

// returned says what becomes of a callback's result.
var returned = map[models.SinkKind]string{
	models.HTML: "returned to the browser as a page", models.Response: "returned to the client",
	models.Ingest: "returned to be stored", models.PromptUser: "returned to the model", models.PromptSystem: "returned as instructions",
	models.ToolResult: "returned to the model by the tool",
}

// answerSink is what a view returns that is no page.
var answerSink = &models.Sink{Kind: models.Response, Arg: "return", Note: "returned to the client"}

// withItems is a value with the marks of what it holds.
func (f *Frame) withItems(v *Value, h heap) *Value {
	if v.object() == nil {
		return v
	}
	if deep := deepMarks(&Call{heap: h}, v, 0); len(deep) > len(v.marks) {
		return v.withMarks(deep)
	}
	return v
}

// resultKey is what a callback of a model gives, as one kind of answer.
type resultKey struct {
	cb   *models.Callback
	kind models.SinkKind
}

// givesPage reports whether the text that a callback returns is sent as a page.
func (cb *callback) givesPage() bool {
	if cb.cb.Page == "" || cb.call == nil {
		return false
	}
	if a := cb.call.Arg(-1, string(cb.cb.Page)); a != nil {
		return a.Value.Is("starlette.responses.HTMLResponse")
	}
	if cb.owner == nil {
		return false
	}
	a := cb.owner.Arg(-1, "default_"+string(cb.cb.Page))
	return a != nil && a.Value.Is("starlette.responses.HTMLResponse")
}

// resultSink judges what a callback returns to the framework.
func (e *Engine) resultSink(f *Frame, cb *callback, cl *closure, args []Argument) {
	actual := f.bindArgs(cl, args, cb.node)
	frame := e.summary(&closure{fn: cl.fn, env: cl.env}, f.shapes(cl, actual))
	if frame == nil {
		return
	}
	in := &inst{f: f, callee: frame, actual: actual, at: cb.node}
	key := resultKey{cb.cb, cb.cb.Result}
	if cb.givesPage() {
		key.kind = models.HTML
	}
	sink := &models.Sink{Kind: key.kind, Arg: "return", Note: returned[key.kind]}
	if cb.cb.Note != "" {
		sink.Note = cb.cb.Note
	}
	shown := cb.outputs()
	if old := e.resultSinks[key]; old != nil {
		sink = old
	} else {
		if e.resultSinks == nil {
			e.resultSinks = map[resultKey]*models.Sink{}
		}
		e.resultSinks[key] = sink
	}
	given := frame.Returns
	if len(frame.Yields) > 0 && (sink.Kind == models.Response || shown != nil) { // shown as it comes
		given = slices.Concat(given, frame.Yields)
	}
	for _, r := range given {
		v := in.value(r.Value, 0)
		f.show(shown, v, &r, frame)
		if sink.Kind == models.NoSink {
			continue
		}
		held := r.heap
		if o := v.object(); o != nil && find(f.st.heap, o) != nil {
			held = f.st.snapshot()
		}
		if sink.Kind == models.HTML {
			if to := f.location(v); to != nil {
				f.judge(&sinkEvent{kind: models.Response, sink: redirectSink, value: to.Value, node: to.Node, frame: frame, heap: held})
			}
			page := f.markup(v)
			if page == nil { // it becomes JSON
				f.judge(&sinkEvent{kind: models.Response, sink: answerSink, value: f.withItems(v, held), node: r.Node, frame: frame, heap: held})
				continue
			}
			v = page
		}
		if sink.Kind == models.TrainData || sink.Kind == models.ToolResult || sink.Kind == models.Response {
			v = f.withItems(v, held)
		}
		f.judge(&sinkEvent{kind: sink.Kind, sink: sink, value: v, node: r.Node, frame: frame, heap: held, call: nil})
	}
}

// outputs lists the sinks of the components that show a callback's results, by place; nil
// for a component that has none.
func (cb *callback) outputs() [][]*models.Sink {
	if cb.cb.Outputs == "" || cb.call == nil {
		return nil
	}
	given := cb.call.select0(cb.cb.Outputs)
	if len(given) == 0 {
		return nil
	}
	items, _, ok := cb.call.Items(given[0].Value)
	if !ok {
		items = []Item{{Value: given[0].Value}}
	}
	var out [][]*models.Sink
	for _, it := range items {
		var sinks []*models.Sink
		if name, ok := it.Value.Text(); ok {
			for _, m := range symModels(cb.call.Frame.eng.table.Lookup(cb.cb.OutputNames[name])) {
				for i := range m.Sinks {
					if s := &m.Sinks[i]; strings.HasPrefix(string(s.Arg), "0:") && (s.If == "" || strings.Contains(s.If, "!=")) {
						sinks = append(sinks, s)
					}
				}
			}
		} else if c := it.Value.call; c != nil && c.Symbol != nil {
			for _, m := range c.Symbol.Models {
				for i := range m.Sinks {
					if s := &m.Sinks[i]; strings.HasPrefix(string(s.Arg), "0:") && (s.If == "" || holds(c, s.If)) {
						sinks = append(sinks, s)
					}
				}
			}
		}
		out = append(out, sinks)
	}
	return out
}

// heldAt lists the labelled data that what a function returns holds, or the item of it at a place.
func heldAt(r *Return, place int, item bool) []Mark {
	v, at := r.Value, &Call{heap: r.heap}
	if item {
		items, _, ok := at.Items(v)
		if !ok || place >= len(items) {
			return nil
		}
		v = items[place].Value
	}
	if x := v.exact; x != nil && x.frame != nil && x.frame.symbolic[x] != nil { // a parameter to which it added
		v = &Value{kind: KindObject, ref: x.frame.symbolic[x], marks: v.marks}
	}
	var out []Mark
	for _, m := range deepMarks(at, v, 0) {
		if m.Label != models.NoLabel {
			out = append(out, m)
		}
	}
	return out
}

// show judges a callback's result at the sinks of what shows it.
func (f *Frame) show(shown [][]*models.Sink, v *Value, r *Return, frame *Frame) {
	for i, sinks := range shown {
		if len(sinks) == 0 {
			continue
		}
		part := v
		if len(shown) > 1 {
			o := v.object()
			if o == nil {
				continue
			}
			c := f.contents(o)
			if c == nil || i >= len(c.seq) {
				continue
			}
			part = c.seq[i].Value
		}
		for _, s := range sinks {
			shows := part
			if s.Note == models.NoteMarkdown { // also a list of messages
				shows = part.withMarks(addMarks(part.marks, heldAt(r, i, len(shown) > 1)))
			}
			f.judge(&sinkEvent{kind: s.Kind, sink: s, value: shows, node: r.Node, frame: frame, heap: r.heap})
		}
	}
}
