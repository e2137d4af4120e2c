package flow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Kind says what is known of a value.
type Kind uint8

// The kinds of values.
const (
	KindUnknown  Kind = iota
	KindConst         // None, True, False, ... and numbers
	KindString        // text, constant or with parts
	KindExternal      // something of a library, known by its qualified name
	KindFunction      // a function of the project, perhaps bound
	KindClass         // a class of the project
	KindObject        // a list, tuple, set, dict or an instance of a project class
	KindModule        // a module of the project
	KindPartial       // functools.partial and decorated or bound things that call another
	KindUnion         // one of several
	KindSuper         // super()
)

// Value is what the analysis knows of a Python value at a point. Values are immutable and
// may be shared; what an object holds is kept apart, in the state of the point.
type Value struct {
	kind  Kind
	konst konst
	bytes bool
	// short is set beside exact when a test on the way has found it short enough.
	short bool
	// handed is set of what is kept for any instance where it was made of what a caller hands in.
	handed bool
	// textual is set for what is text of which no more is known: what a method of texts gave.
	textual bool
	// checked is set when a test on the way here has fixed the value.
	checked bool
	// text is a constant string, or a number's spelling.
	text string
	// built are the pieces of a text that is built of several, apart from the value because few are such texts.
	built *[]Part
	marks []Mark
	// exact is set when the value is precisely that of a parameter (or of something read from
	// it), so that a caller's value can take its place.
	exact *Origin
	sym   *Symbol
	// call made the value, for results of library calls.
	call *Call
	ref  any // *closure, *Class, *Object, *semantic.Module, *partial, []*Value
	cond *condition
	// rare is what few values have; nil for most.
	rare *rare
}

// rare is what few values have, apart from them because there are so many of these.
type rare struct {
	// lit is the literal with which constant text begins, and mod its module.
	lit ast.Node
	mod *semantic.Module
	// fallback is a parameter's default.
	fallback *Value
}

// literalText is what a text has that begins with a literal of a module.
func literalText(lit ast.Node, mod *semantic.Module) *rare { return &rare{lit: lit, mod: mod} }

// setDefault gives a new value the default of the parameter that it is; nil for none.
func (v *Value) setDefault(d *Value) {
	if d == v.Default() {
		return
	}
	r := rare{fallback: d}
	if v.rare != nil {
		r.lit, r.mod = v.rare.lit, v.rare.mod
	}
	v.rare = &r
}

type konst uint8

const (
	constNone konst = iota
	constTrue
	constFalse
	constEllipsis
	constNumber
)

// Part is a piece of a built string: constant text, or a value with the expression that
// put it there.
type Part struct {
	Text  string
	Value *Value
	Node  ast.Node
	// Mod is the module of Node.
	Mod *semantic.Module
	// Operand is the expression that put the piece into the whole string, which is Node or,
	// where Node is part of a text that was built before, the name or expression of that
	// text; Operand is in the module OperandMod.
	Operand    ast.Node
	OperandMod *semantic.Module
	// Conv is set for a placeholder with !r or !a, or a number's format.
	Conv bool
	// nest lists the texts through which the piece came into the whole string.
	nest *nest
}

// nest is a text that became part of a larger one, put there by an expression; inner is the
// text that was put into it before.
type nest struct {
	node  ast.Node
	mod   *semantic.Module
	value *Value
	inner *nest
	n     int
}

// maxNests bounds the levels that are kept.
const maxNests = 24

// Level is a text within a built string: what an expression put there.
type Level struct {
	Node  ast.Node
	Mod   *semantic.Module
	Value *Value
}

// Levels lists the texts that the piece is part of, innermost first: for `x` in
// `body = "Text: " + x` and `prompt = f"<doc>{body}</doc>"` the values of x and of body, at
// the expressions that put them in.
func (p Part) Levels() []Level {
	out := []Level{{p.Node, p.Mod, p.Value}}
	for n := p.nest; n != nil; n = n.inner {
		out = append(out, Level{n.node, n.mod, n.value})
	}
	slices.Reverse(out[1:])
	return out
}

// Choices lists the pieces that can stand in the place of one whose value is one of several
// texts; nil for others.
func (p Part) Choices() [][]Part {
	if p.Value.Kind() != KindUnion {
		return nil
	}
	var out [][]Part
	for _, a := range p.Value.Alternatives() {
		var b stringBuilder
		if a.kind == KindString {
			b.inPlace(a, p)
		} else {
			q := p
			q.Value = a
			b.part(q)
		}
		b.flush()
		out = append(out, b.parts)
	}
	return out
}

// within returns the levels of a piece that becomes part of one more text.
func (n *nest) within(at ast.Node, mod *semantic.Module, v *Value) *nest {
	if at == nil || n != nil && n.n >= maxNests {
		return n
	}
	k := 1
	if n != nil {
		k += n.n
	}
	return &nest{at, mod, v, n, k}
}

// closure is a function of the project with what it captured.
type closure struct {
	fn   *semantic.Function
	env  *Frame
	self *Value
	// bound is what the call that made the function gave to the names it captured.
	bound *binding
	// choosing is the context that is asked for: see Frame.choosing.
	choosing uint64
}

// partial is a call with some arguments given.
type partial struct {
	fn   *Value
	args []*Value
	kws  []kwarg
	// method is set where the function gets the instance in front of them.
	method bool
}

// flat is one call for a partial call of a partial call, as Python makes it.
func (p *partial) flat() *partial {
	if p.fn.kind != KindPartial || p.method {
		return p
	}
	in := p.fn.ref.(*partial)
	if in.method {
		return p
	}
	q := &partial{fn: in.fn, args: append(in.args[:len(in.args):len(in.args)], p.args...), kws: p.kws}
	for _, k := range in.kws {
		if q.gives(k.name, len(q.args)) == nil {
			q.kws = append(q.kws, k)
		}
	}
	return q
}

type kwarg struct {
	name  string
	value *Value
	node  ast.Expr
}

var (
	unknown  = &Value{}
	noneVal  = &Value{kind: KindConst, konst: constNone}
	trueVal  = &Value{kind: KindConst, konst: constTrue}
	falseVal = &Value{kind: KindConst, konst: constFalse}
	dotsVal  = &Value{kind: KindConst, konst: constEllipsis}
	number   = &Value{kind: KindConst, konst: constNumber}
	emptyStr = &Value{kind: KindString}
)

func stringValue(s string) *Value { return &Value{kind: KindString, text: s} }

func boolValue(b bool) *Value {
	if b {
		return trueVal
	}
	return falseVal
}

// Origin identifies where labelled data, or a parameter, comes from, together with what was
// read from it: the same item of the same source is the same Origin within a function.
type Origin struct {
	// parent is nil for a root, and top the root of others.
	parent, top *Origin
	step        string
	// frame and index name the parameter of a root; frame is nil for other sources.
	frame *Frame
	index int
	kids  *readings
	depth int
	// cut is the place of a slice, for the end of a parameter.
	cut *Cut
	// source says where it comes from; it is noSource but for the roots of sources.
	*source
}

// source says where data comes from. It is apart from the origins because most of these are parameters, or
// what was read of something.
type source struct {
	// from describes it in words, and name is what it was read by.
	from string
	name *Symbol
	// call is the call that brought the data, for the answers of a fetch.
	call *Call
	// tool is set for what a model gives a tool that it calls.
	tool bool
	// secret is the name under which settings hold it, and spelled the secret that a text holds.
	secret, spelled string
	// asked is the statement by which a database was asked for it, where callers of the function
	// give its text.
	asked *Value
}

var noSource = &source{}

// readings are the origins of what is read of one: a few in a row, or many by their steps.
type readings struct {
	list []*Origin
	of   map[string]*Origin
}

// fewReadings is up to how many origins looking through the list is quicker than a map.
const fewReadings = 8

func (o *Origin) root() *Origin {
	if o.top != nil {
		return o.top
	}
	return o
}

// Parameter returns the parameter whose value a mark without a label stands for, or was read from,
// and its function; nil for other data.
func (m Mark) Parameter() (*ast.Param, *semantic.Function) {
	if m.Label != models.NoLabel || m.Origin == nil {
		return nil, nil
	}
	o := m.Origin.root()
	if o.frame == nil || o.frame.fn == nil || o.frame.fn.Params == nil || o.index < 0 || o.index >= len(o.frame.fn.Params.List) {
		return nil, nil
	}
	return o.frame.fn.Params.List[o.index], o.frame.fn
}

// maxPath bounds how deep reads of one source are told apart; deeper ones are one Origin,
// which a test can therefore not show to be clean.
const maxPath = 10

// child returns the origin of an attribute or item of o.
func (o *Origin) child(step string) *Origin {
	if o == nil || o.depth >= maxPath {
		return o
	}
	if indexed(step) {
		// An item with an index or key is one of all items: what is known of these holds for it.
		if all := o.child("[]"); all != o {
			return all.kid(step, all.depth)
		}
	}
	return o.kid(step, o.depth+1)
}

// indexed reports whether a step reads an item by a known index, or one that is not known.
func indexed(step string) bool {
	return len(step) > 2 && step[0] == '[' || step == anyValue || step == ownValue
}

// anyValue is the step that reads an item by an index or key that is not known: any element of a
// list, any value of a dict, where "[]" is any that a loop comes by: of a dict the keys.
const anyValue = "{}"

// ownValue is the step that reads what a dict holds under a key that it has given itself. It is no part
// of what a loop over the dict comes by.
const ownValue = "{own}"

func (o *Origin) kid(step string, depth int) *Origin {
	if o.kids == nil {
		o.kids = &readings{}
	}
	k := o.kids.find(step)
	if k == nil {
		k = &Origin{parent: o, top: o.root(), step: step, frame: o.frame, index: o.index, depth: depth, source: noSource}
		o.kids.add(k)
	}
	return k
}

// find returns the origin of a step, nil where there is none.
func (r *readings) find(step string) *Origin {
	if r.of != nil {
		return r.of[step]
	}
	for _, k := range r.list {
		if k.step == step {
			return k
		}
	}
	return nil
}

func (r *readings) add(k *Origin) {
	switch {
	case r.of != nil:
		r.of[k.step] = k
	case len(r.list) < fewReadings:
		r.list = append(r.list, k)
	default:
		r.of = make(map[string]*Origin, 2*fewReadings)
		for _, k := range append(r.list, k) {
			r.of[k.step] = k
		}
		r.list = nil
	}
}

// within reports whether o is p or was read from it.
func (o *Origin) within(p *Origin) bool {
	for ; o != nil; o = o.parent {
		if o == p {
			return true
		}
	}
	return false
}

// partOf reports whether o is p or what p gives holds o. The values of a dict are no part of what
// a loop over it comes by.
func (o *Origin) partOf(p *Origin) bool {
	if o.root() != p.root() {
		return false
	}
	for ; o != nil; o = o.parent {
		if o == p {
			return true
		}
		if o.step == anyValue && o.parent == p {
			return false
		}
	}
	return false
}

// Mark says that a value carries data of a label, or of a parameter (NoLabel). There are
// many: it is kept small.
type Mark struct {
	Label models.Label
	// decoded is set for what was encoded in the data: a test of the data says nothing of it.
	decoded bool
	Clean   models.SinkSet
	Origin  *Origin
	Trace   *Trace
	// rewrite is what the program did to the text.
	rewrite *rewrite
}

// labelled are the marks of data that comes from a source, or that a label stands for.
func (e *Engine) labelled(m Mark) []Mark {
	e.labels |= models.Labels(m.Label)
	return []Mark{m}
}

// From describes the source in words.
func (m Mark) From() string { return m.Origin.root().from }

// Source is the name that the data was read by, nil for a callback's parameter.
func (m Mark) Source() *Symbol { return m.Origin.root().name }

// Call is the call that brought the data: the requests.get whose answer was read. It is nil
// where there is none.
func (m Mark) Call() *Call { return m.Origin.root().call }

// Field is the constant key or attribute last read from the source, "" if none and "[]" for
// an item that is not known.
func (m Mark) Field() string {
	switch {
	case m.Origin.parent == nil:
		return ""
	case indexed(m.Origin.step):
		return "[]"
	}
	return m.Origin.step
}

// ToolArgument reports whether the data is what a model gives a tool that it calls: a parameter of
// a tool's function, or the arguments in a model's answer that asks for a call.
func (m Mark) ToolArgument() bool {
	if m.Origin.root().tool {
		return true
	}
	if m.Label != models.LLM {
		return false
	}
	for o := m.Origin; o.parent != nil; o = o.parent {
		switch o.step {
		case "arguments", "args":
			return true
		case "input": // of a block of an answer's content
			return slices.Contains(m.Fields(), "content")
		}
	}
	return false
}

// Fields lists the constant keys and attributes read from the source, first to last: what
// `user.profile["bio"]` reads of user is profile, bio. Where the source is an attribute by its
// model, its own name comes first.
func (m Mark) Fields() []string {
	var out []string
	o := m.Origin
	for ; o.parent != nil; o = o.parent {
		if !indexed(o.step) && o.step != "[]" && o.step != noTextStep {
			out = append(out, o.step)
		}
	}
	if o.name.String() != o.step {
		slices.Reverse(out)
		return out
	}
	for s := o.name; s != nil && s.parent != nil && isAttr(s.step); s = s.parent {
		out = append(out, s.step)
	}
	slices.Reverse(out)
	return out
}

// Trace is the way of data so far, newest step first.
type Trace struct {
	Node ast.Node
	Mod  *semantic.Module
	Text string
	Prev *Trace
	// through is the way within the function that Node calls, to be read before this step's
	// successor.
	through *Trace
	n       int32
	// passed are the steps of stepBit that the way has.
	passed uint8
}

// stepBit is the bit by which a way tells that it has one of the steps that are asked for most, 0 for others.
func stepBit(text string) uint8 {
	switch text {
	case OutOfFile:
		return 1
	case IntoFile:
		return 2
	case models.StepMemberName:
		return 4
	}
	return 0
}

// Passes reports whether the way has a step of that text.
func (t *Trace) Passes(text string) bool {
	if bit := stepBit(text); bit != 0 {
		return t != nil && t.passed&bit != 0
	}
	for ; t != nil; t = t.Prev {
		if t.Text == text || t.through.Passes(text) {
			return true
		}
	}
	return false
}

const maxTrace = 48

func (t *Trace) then(n ast.Node, m *semantic.Module, text string) *Trace {
	if n == nil || t != nil && (t.n >= maxTrace || t.Node == n) {
		return t
	}
	return newTrace(n, m, text, t, nil)
}

// Cut reports whether the way may have had more steps than were kept.
func (t *Trace) Cut() bool { return t != nil && t.n >= maxTrace }

// graft continues a way with the one through a function that a call enters.
func (t *Trace) graft(call ast.Node, m *semantic.Module, text string, through *Trace) *Trace {
	if t != nil && t.n >= maxTrace {
		return t
	}
	return newTrace(call, m, text, t, through)
}

func newTrace(n ast.Node, m *semantic.Module, text string, prev, through *Trace) *Trace {
	t := &Trace{Node: n, Mod: m, Text: text, Prev: prev, through: through, n: 1, passed: stepBit(text)}
	for _, before := range [...]*Trace{prev, through} {
		if before != nil {
			t.n += before.n
			t.passed |= before.passed
		}
	}
	return t
}

// Steps returns the way, source first, each step once in a row.
func (t *Trace) Steps() []*Trace {
	var out []*Trace
	var walk func(t *Trace, depth int)
	walk = func(t *Trace, depth int) {
		if t == nil || depth > 2*maxTrace || len(out) > 2*maxTrace {
			return
		}
		walk(t.Prev, depth+1)
		if t.Text != "" && (len(out) == 0 || out[len(out)-1].Node != t.Node) {
			out = append(out, t)
		}
		walk(t.through, depth+1)
	}
	walk(t, 0)
	return out
}

// Kind returns what is known of the value.
func (v *Value) Kind() Kind {
	if v == nil {
		return KindUnknown
	}
	return v.kind
}

// Text returns the value of a constant string or bytes.
func (v *Value) Text() (string, bool) {
	if v == nil || v.kind != KindString || v.built != nil {
		return "", false
	}
	return v.text, true
}

// Literal returns the string literal with which the value's text begins, and its module;
// nil when the text does not begin with a literal.
func (v *Value) Literal() (ast.Node, *semantic.Module) {
	if v == nil || v.rare == nil {
		return nil, nil
	}
	return v.rare.lit, v.rare.mod
}

// sameLiteral reports whether the texts of two values begin with the same literal, or neither with any.
func (v *Value) sameLiteral(o *Value) bool {
	a, _ := v.Literal()
	b, _ := o.Literal()
	return a == b
}

// Name returns the qualified name of a library's value, also of one that no model or check
// knows, as far as it was written down: "transformers.BertPreTrainedModel".
func (v *Value) Name() string {
	if v == nil || v.kind != KindExternal {
		return ""
	}
	if v.sym != nil {
		return v.sym.String()
	}
	return v.text
}

// Bool returns the value of the constants True and False.
func (v *Value) Bool() (value, ok bool) {
	if v == nil || v.kind != KindConst || v.konst != constTrue && v.konst != constFalse {
		return false, false
	}
	return v.konst == constTrue, true
}

// IsTrue reports whether the value is the constant True.
func (v *Value) IsTrue() bool { b, ok := v.Bool(); return ok && b }

// IsFalse reports whether the value is the constant False.
func (v *Value) IsFalse() bool { b, ok := v.Bool(); return ok && !b }

// IsNone reports whether the value is None.
func (v *Value) IsNone() bool { return v != nil && v.kind == KindConst && v.konst == constNone }

// Number returns the value of a constant number (not complex).
func (v *Value) Number() (float64, bool) {
	if v == nil || v.kind != KindConst || v.konst != constNumber || v.text == "" {
		return 0, false
	}
	s := strings.ReplaceAll(v.text, "_", "")
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return float64(n), true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Truth returns whether a constant is true in a condition.
func (v *Value) Truth() (value, ok bool) {
	switch {
	case v == nil:
		return false, false
	case v.kind == KindConst && v.konst == constNumber:
		n, ok := v.Number()
		return n != 0, ok
	case v.kind == KindConst:
		return v.konst == constTrue || v.konst == constEllipsis, true
	case v.kind == KindString && v.built == nil:
		return v.text != "", true
	case v.kind == KindFunction, v.kind == KindClass, v.kind == KindModule:
		return true, true
	}
	return false, false
}

// IsConst reports whether the value is a constant: a string, number, bool or None.
func (v *Value) IsConst() bool {
	if v == nil {
		return false
	}
	return v.kind == KindString && v.built == nil || v.kind == KindConst && (v.konst != constNumber || v.text != "")
}

// Parts returns the pieces of a string; a constant is one piece.
func (v *Value) Parts() []Part {
	if v == nil || v.kind != KindString {
		return nil
	}
	if v.built == nil {
		return []Part{{Text: v.text}}
	}
	return *v.built
}

// parts are the pieces of a text that is built of several; nil for other values.
func (v *Value) parts() []Part {
	if v.built == nil {
		return nil
	}
	return *v.built
}

// builtOf is what Value.built is of a text of these pieces.
func builtOf(parts []Part) *[]Part {
	if parts == nil {
		return nil
	}
	return &parts
}

// Prefix returns the constant text with which a string begins.
func (v *Value) Prefix() string {
	if p := v.Parts(); len(p) > 0 {
		if p[0].Value != nil {
			return p[0].Value.Prefix()
		}
		return p[0].Text
	}
	return ""
}

// Symbol returns the qualified name of a library's value, nil for others.
func (v *Value) Symbol() *Symbol {
	if v == nil || v.kind != KindExternal {
		return nil
	}
	return v.sym
}

// Origin returns the call that made a library's value, or nil.
func (v *Value) Origin() *Call {
	if v == nil {
		return nil
	}
	return v.call
}

// Is reports whether the value, or one of its alternatives, is known by one of the names.
func (v *Value) Is(names ...string) bool {
	for _, a := range v.Alternatives() {
		if a.kind == KindExternal && (a.sym.Is(names...) || a.sym == nil && a.text != "" && slices.Contains(names, a.text)) {
			return true
		}
	}
	return false
}

// Fixed reports whether the value can only be one that the program itself wrote down: a
// constant, one of several, text built of such, or a value that a test has fixed (choices,
// membership in constants, an Enum).
func (v *Value) Fixed() bool {
	switch {
	case v == nil:
		return false
	case v.checked:
		return true
	case v.kind == KindConst, v.kind == KindFunction, v.kind == KindClass:
		return true
	case v.kind == KindUnion:
		for _, a := range v.ref.([]*Value) {
			if !a.Fixed() {
				return false
			}
		}
		return true
	case v.kind == KindString:
		for _, p := range v.parts() {
			if p.Value != nil && !p.Value.Fixed() {
				return false
			}
		}
		return true
	}
	if len(v.marks) == 0 {
		return false
	}
	for _, m := range v.marks {
		if m.Clean != models.AllSinks {
			return false
		}
	}
	return true
}

// Alternatives returns the values of a union, else the value itself.
func (v *Value) Alternatives() []*Value {
	if v == nil {
		return nil
	}
	if v.kind == KindUnion {
		return v.ref.([]*Value)
	}
	return []*Value{v}
}

// Labels returns the labels that the value carries and that are not clean for the sink;
// NoSink asks for all.
func (v *Value) Labels(sink models.SinkKind) models.LabelSet {
	var s models.LabelSet
	if v == nil {
		return 0
	}
	for _, m := range v.marks {
		if m.Label != models.NoLabel && !m.Clean.Has(sink) {
			s |= 1 << m.Label
		}
	}
	return s
}

// Marks returns the marks of the value. The slice must not be changed.
func (v *Value) Marks() []Mark {
	if v == nil {
		return nil
	}
	return v.marks
}

// IsParameter reports whether the value is precisely a parameter's, or read from one.
func (v *Value) IsParameter() bool { return v != nil && v.exact != nil && v.exact.frame != nil }

// Default returns the default of the parameter that the value is, or nil.
func (v *Value) Default() *Value {
	if v == nil || v.rare == nil {
		return nil
	}
	return v.rare.fallback
}

// PathText returns the text of a pathlib path, the value itself for others.
func (v *Value) PathText() *Value {
	if v == nil {
		return nil
	}
	return pathText(v)
}

// OpenFile reports whether the value is an open file or a buffer, which is read and not opened
// by name.
func (v *Value) OpenFile() bool { return v.Is(openFiles...) }

// Partial returns the call that functools.partial has prepared: the function, and the argument
// given by the keyword, nil where it is not given. ok is false for other values.
func (v *Value) Partial(keyword string) (fn *Value, given *Argument, ok bool) {
	if v == nil || v.kind != KindPartial {
		return nil, nil, false
	}
	p := v.ref.(*partial)
	for _, k := range p.kws {
		if k.name == keyword {
			given = &Argument{Name: k.name, Pos: -1, Value: k.value, Node: k.node, Given: k.node}
		}
	}
	return p.fn, given, true
}

// Function returns the project function that the value is, or nil.
func (v *Value) Function() *semantic.Function {
	if v == nil || v.kind != KindFunction {
		return nil
	}
	return v.ref.(*closure).fn
}

// Class returns the project class that the value is, or is an instance of, or nil.
func (v *Value) Class() *Class {
	if v == nil {
		return nil
	}
	switch v.kind {
	case KindClass:
		return v.ref.(*Class)
	case KindObject:
		return v.ref.(*Object).class
	}
	return nil
}

func (v *Value) object() *Object {
	if v == nil || v.kind != KindObject {
		return nil
	}
	return v.ref.(*Object)
}

// withMarks returns the value with other marks.
func (v *Value) withMarks(marks []Mark) *Value {
	if len(marks) == 0 && len(v.marks) == 0 {
		return v
	}
	c := *v
	c.marks = marks
	return &c
}

const maxMarks = 12

// addMarks joins two sets of marks. What is clean in only one of them is not clean.
func addMarks(a, b []Mark) []Mark {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 || &a[0] == &b[0] && len(a) == len(b) {
		return a
	}
	var out []Mark
	for _, m := range b {
		at, more := among(a, m)
		switch {
		case at < 0:
			if out == nil {
				out = append(make([]Mark, 0, min(len(a)+len(b), maxMarks)), a...)
			}
			if len(out) < maxMarks {
				out = append(out, m)
			} else if i := spare(out, m); i >= 0 {
				out[i] = m
			}
		case more:
			if out == nil {
				out = append(make([]Mark, 0, min(len(a)+len(b), maxMarks)), a...)
			}
			out[at].also(m)
		}
	}
	if out == nil {
		return a
	}
	return out
}

// addMark is addMarks for a set that nothing else holds.
func addMark(set []Mark, m Mark) []Mark {
	switch at, more := among(set, m); {
	case at < 0 && len(set) < maxMarks:
		return append(set, m)
	case at < 0:
		if i := spare(set, m); i >= 0 {
			set[i] = m
		}
	case more:
		set[at].also(m)
	}
	return set
}

// spare is the place of a mark that gives way to one of a label that a full set lacks: the last of the label that
// has most; -1 where the set has the label.
func spare(set []Mark, m Mark) int {
	if m.Label == models.NoLabel || m.Label > models.Tool { // the rest is no text of others
		return -1
	}
	var n [32]uint8 // a LabelSet has as many
	for i := range set {
		if set[i].Label == m.Label {
			return -1
		}
		n[set[i].Label]++
	}
	at := -1
	for i := range set {
		if at < 0 || n[set[i].Label] >= n[set[at].Label] {
			at = i
		}
	}
	if n[set[at].Label] < 2 {
		return -1
	}
	return at
}

// among finds the mark of a set that stands for another one, -1 where none does. more is set where
// that says less of what is clean.
func among(set []Mark, m Mark) (at int, more bool) {
	for i := range set {
		o := &set[i]
		if o.Label != m.Label {
			continue
		}
		if o.Origin == m.Origin {
			return i, o.Clean&^m.Clean != 0 || o.rewrite != m.rewrite && o.rewrite != nil || m.decoded && !o.decoded
		}
		// What depends on a whole parameter depends on a part of it.
		if m.Label == models.NoLabel && o.Clean&^m.Clean == 0 && (o.rewrite == nil || o.rewrite == m.rewrite) && m.Origin.partOf(o.Origin) {
			return i, false
		}
	}
	return -1, false
}

// also joins what is known of the same data on two ways. The way that cleans less is the one to tell of.
func (m *Mark) also(o Mark) {
	if o.Clean != m.Clean && o.Clean&^m.Clean == 0 {
		m.Trace = o.Trace
	}
	m.Clean &= o.Clean
	m.rewrite, m.decoded = either(m.rewrite, o.rewrite), m.decoded || o.decoded
}

// taint returns v with more marks.
func taint(v *Value, marks []Mark) *Value {
	if len(marks) == 0 {
		return v
	}
	m := addMarks(v.marks, marks)
	if len(m) == len(v.marks) && len(m) > 0 && &m[0] == &v.marks[0] {
		return v
	}
	return v.withMarks(m)
}

// asText is a value of which it is known now that it is text.
func (v *Value) asText() *Value {
	if v.kind != KindUnknown || v.textual || len(v.marks) == 0 {
		return v
	}
	k := *v
	k.textual = true
	return &k
}

func unknownWith(marks []Mark) *Value {
	if len(marks) == 0 {
		return unknown
	}
	return &Value{marks: marks}
}

// cleaned returns the marks with more sinks clean.
func cleaned(marks []Mark, sinks models.SinkSet) []Mark {
	if len(marks) == 0 {
		return nil
	}
	out := make([]Mark, len(marks))
	copy(out, marks)
	for i := range out {
		out[i].Clean |= sinks
	}
	return out
}

// restored returns the marks with the sinks dangerous again.
func restored(marks []Mark, sinks models.SinkSet) []Mark {
	out := append([]Mark(nil), marks...)
	for i := range out {
		out[i].Clean &^= sinks
	}
	return out
}

// maxUnion bounds the alternatives of a union, maxConstants those of one of constants and
// maxFunctions those of one of functions or classes: a table of tools holds dozens.
// maxOverrides bounds the methods that stand in for an abstract one.
const (
	maxUnion     = 5
	maxConstants = 40
	maxFunctions = 40
	maxOverrides = 12
)

// tooMany reports whether alternatives are more than are told apart.
func tooMany(alts []*Value) bool {
	return len(alts) > maxUnion && (len(alts) > maxConstants || !allConst(alts)) && (len(alts) > maxFunctions || !allFunctions(alts))
}

func allConst(vs []*Value) bool {
	for _, v := range vs {
		if !v.IsConst() {
			return false
		}
	}
	return true
}

// allFunctions reports whether values are functions and classes of the project, or with them None.
func allFunctions(vs []*Value) bool {
	for _, v := range vs {
		if v.kind != KindFunction && v.kind != KindClass && !v.IsNone() {
			return false
		}
	}
	return true
}

// same reports whether two values are known to be equal in what the analysis knows.
func same(a, b *Value) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.kind != b.kind || len(a.marks) != len(b.marks) || a.exact != b.exact {
		return false
	}
	for i := range a.marks {
		if a.marks[i].Label != b.marks[i].Label || a.marks[i].Origin != b.marks[i].Origin || a.marks[i].Clean != b.marks[i].Clean {
			return false
		}
	}
	return sameShape(a, b)
}

// sameShape compares all but the marks.
func sameShape(a, b *Value) bool {
	if a == b {
		return true
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindUnknown:
		return true
	case KindConst:
		return a.konst == b.konst && a.text == b.text
	case KindString:
		return a.text == b.text && a.bytes == b.bytes && (a.built == b.built || slices.EqualFunc(a.parts(), b.parts(), func(p, q Part) bool {
			return p.Text == q.Text && (p.Value == nil) == (q.Value == nil) && (p.Value == nil || p.Node == q.Node)
		}))
	case KindExternal:
		return a.sym == b.sym && sameCall(a.call, b.call) && a.text == b.text && ownerOf(a) == ownerOf(b)
	case KindFunction:
		x, y := a.ref.(*closure), b.ref.(*closure)
		return x.fn == y.fn && x.env == y.env && x.bound == y.bound && (x.self == y.self || x.self != nil && y.self != nil && sameShape(x.self, y.self))
	case KindUnion:
		x, y := a.ref.([]*Value), b.ref.([]*Value)
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameShape(x[i], y[i]) {
				return false
			}
		}
		return true
	case KindPartial:
		return false
	}
	return a.ref == b.ref
}

// join returns a value that stands for either of two; nil is a name that is not bound.
func join(a, b *Value) *Value { return joinAs(a, b, false) }

// joinAs joins two values; where several is set, what one place has made several times is kept together rather than
// forgotten where there is too much of it.
func joinAs(a, b *Value, several bool) *Value {
	if a == b || b == nil {
		return a
	}
	if a == nil {
		return b
	}
	marks := addMarks(a.marks, b.marks)
	if alike(a, b) {
		if a.exact != b.exact || a.short != b.short || a.textual != b.textual || b.newlyHanded(a) {
			c := *a
			c.marks, c.short, c.textual, c.handed = marks, a.short && b.short, a.textual && b.textual, a.handed || b.newlyHanded(a)
			if c.exact = withTail(a.exact, b.exact); c.exact == nil {
				c.setDefault(nil)
				c.short = false
			}
			return &c
		}
		return taintExactly(a, marks)
	}
	if a.kind == KindUnion && a.includes(b) {
		return taintExactly(a, marks)
	}
	alts := make([]*Value, 0, len(a.Alternatives())+len(b.Alternatives()))
	for _, v := range [...]*Value{a, b} {
		for _, x := range v.Alternatives() {
			found := false
			for i, y := range alts {
				if alike(x, y) {
					found = true
					if y.textual && !x.textual {
						k := *y
						k.textual = false
						y, alts[i] = &k, &k
					}
					if x.newlyHanded(y) {
						k := *y
						k.handed = true
						y, alts[i] = &k, &k
					}
					if len(x.marks) > 0 {
						alts[i] = taintExactly(y, addMarks(y.marks, x.marks))
					}
					break
				}
			}
			if !found {
				alts = append(alts, x)
			}
		}
	}
	if tooMany(alts) {
		if several {
			alts = together(alts)
		}
		switch {
		case len(alts) == 1:
			return taintExactly(alts[0], marks)
		case len(alts) > maxUnion:
			return unknownWith(marks)
		}
	}
	return &Value{kind: KindUnion, ref: alts, marks: marks}
}

// joined reports whether a union is no more than what join makes of its alternatives.
func (v *Value) joined() bool {
	alts := v.ref.([]*Value)
	if tooMany(alts) {
		return false
	}
	unknowns := 0
	for _, a := range alts {
		if a.kind == KindUnknown {
			unknowns++
		}
	}
	// Of two of which nothing is known one may have become part of the other.
	return unknowns < 2 && !v.checked && !v.textual && !v.short && !v.handed && v.cond == nil && v.exact == nil && v.call == nil && v.rare == nil
}

func equalMarks(a, b []Mark) bool { return len(a) == 0 && len(b) == 0 || slices.Equal(a, b) }

// includes reports whether a union has all that another value may be, with as much data.
func (v *Value) includes(o *Value) bool {
	if !v.joined() {
		return false
	}
	alts := v.ref.([]*Value)
	for _, x := range o.Alternatives() {
		i := slices.IndexFunc(alts, func(y *Value) bool { return alike(x, y) })
		if i < 0 {
			return false
		}
		y := alts[i]
		if y.textual && !x.textual || x.newlyHanded(y) || taint(y, x.marks) != y {
			return false
		}
	}
	return true
}

// alike reports whether two values are kept as one: not text and what may be anything, where that is other data.
func alike(a, b *Value) bool {
	if a.kind == KindUnknown && b.kind == KindUnknown && a.textual != b.textual {
		text, other := a, b
		if b.textual {
			text, other = b, a
		}
		return !slices.ContainsFunc(text.marks, func(m Mark) bool {
			return !slices.ContainsFunc(other.marks, func(o Mark) bool { return o.Origin == m.Origin })
		})
	}
	return sameShape(a, b)
}

// newlyHanded reports whether a number was made of what a caller hands in, which one like it was not.
func (v *Value) newlyHanded(old *Value) bool { return v.handed && !old.handed && v.isNumber() }

// together takes the dicts for one that one place has made in several contexts of its function.
func together(alts []*Value) []*Value {
	var out []*Value
	for _, v := range alts {
		o := v.object()
		i := -1
		if o != nil && o.kind == Dict && o.class == nil && o.node != nil && o.origin == nil && o.stands == nil {
			i = slices.IndexFunc(out, func(x *Value) bool {
				y := x.object()
				return y != nil && y.class == nil && y.kind == Dict && y.node == o.node && y.origin == nil && y.stands == nil
			})
		}
		if i < 0 {
			out = append(out, v)
			continue
		}
		out[i] = &Value{kind: KindObject, ref: out[i].object().with(o), marks: addMarks(out[i].marks, v.marks)}
	}
	return out
}

// withTail is what two origins have in common: a list, or its end, is its end.
func withTail(a, b *Origin) *Origin {
	switch {
	case a == nil || b == nil:
		return nil
	case a == b || a.parent == b && a.step == tailStep:
		return a
	case b.parent == a && b.step == tailStep:
		return b
	case a.parent == b && a.step == noTextStep:
		return b
	case b.parent == a && b.step == noTextStep:
		return a
	}
	return nil
}

func taintExactly(v *Value, marks []Mark) *Value {
	if len(marks) == len(v.marks) && (len(marks) == 0 || &marks[0] == &v.marks[0]) {
		return v
	}
	return v.withMarks(marks)
}

// Constant is the value of a constant text.
func Constant(text string) *Value { return stringValue(text) }

// MadeOf reports whether the data may only be what a function has made of the source's, of which
// nothing is known: it does not spell the source out.
func (m Mark) MadeOf() bool { return m.Clean.Has(models.Disclosure) }
