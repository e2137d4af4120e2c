package flow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Call is a call that the program makes, with what is known of its arguments there.
type Call struct {
	Node  *ast.Call
	Frame *Frame
	// Callee is what is called; Symbol its qualified name where it is a library's.
	Callee *Value
	Symbol *Symbol
	// Receiver is the object of a method call, nil otherwise; Method the attribute's name.
	Receiver *Value
	Method   string
	Args     []Argument
	Result   *Value
	Facts    Facts
	// Partial is set when functools.partial gave some of the arguments.
	Partial bool
	// Chat describes a call of a language model.
	Chat *Chat
	heap heap
	// clean is what tests have shown before the call.
	clean []cleanEntry
	// copied is set for the call of a message object that was brought into a caller, with the
	// caller's values as arguments.
	copied bool
	// folder is the one in which a shell line runs, "" for that of the program.
	folder string
	// below is the value that folder is below, nil where that is the program's.
	below *Value
}

// sameCall reports whether two calls are one, or bring the same values into a caller.
func sameCall(a, b *Call) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || !a.copied || !b.copied || a.Node != b.Node || len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if !same(a.Args[i].Value, b.Args[i].Value) {
			return false
		}
	}
	return true
}

// Argument is one argument of a call, with `*` and `**` opened where what they hold is
// known.
type Argument struct {
	// Name is the keyword, "" for a positional argument, whose place is Pos (-1 otherwise).
	Name  string
	Pos   int
	Value *Value
	// Node is the expression of the value; of an argument out of `**d`, the expression d.
	Node ast.Expr
	// Given is the expression that gives the value: Node, or for an argument out of `**d` the
	// entry's in the dict, which may be in another module; nil where it is not known.
	Given ast.Node
	// Keyword is the keyword argument's node, nil for others.
	Keyword *ast.Keyword
	// Unpacked is set when the argument came out of `*x` or `**x`.
	Unpacked bool
	// Rest is set for a `*x` or `**x` that may hold arguments that are not known. Whole is set where that is the
	// `**x` of the function around the call, and the calls of this in the project give nothing by it that is not known.
	Rest, Whole bool
}

// Arg returns the argument given at a position (from 0, -1 for none) or by keyword; nil when
// it is not given or may only be in an unknown `*args` or `**kwargs`.
func (c *Call) Arg(pos int, name string) *Argument {
	for i := range c.Args {
		a := &c.Args[i]
		if a.Rest {
			continue
		}
		if name != "" && a.Name == name || pos >= 0 && a.Name == "" && a.Pos == pos {
			return a
		}
	}
	return nil
}

// HasRest reports whether there may be more arguments than are known.
func (c *Call) HasRest() bool {
	for i := range c.Args {
		if c.Args[i].Rest {
			return true
		}
	}
	return false
}

// Dangerous returns the arguments that the models of what is called name as sinks of a kind:
// the address of a fetch, the text that a store keeps.
func (c *Call) Dangerous(kind models.SinkKind) []Argument {
	var out []Argument
	for _, m := range symModels(c.Symbol) {
		for i := range m.Sinks {
			if m.Sinks[i].Kind == kind {
				out = append(out, c.select0(m.Sinks[i].Arg)...)
			}
		}
	}
	return out
}

// Noted is Dangerous for the sinks with a note.
func (c *Call) Noted(kind models.SinkKind, note string) []Argument {
	var out []Argument
	for _, m := range symModels(c.Symbol) {
		for i := range m.Sinks {
			if m.Sinks[i].Kind == kind && m.Sinks[i].Note == note {
				out = append(out, c.select0(m.Sinks[i].Arg)...)
			}
		}
	}
	return out
}

// Items returns the elements of a list, tuple or set as they are at the call; ok is false
// when nothing is known of them.
func (c *Call) Items(v *Value) (items []Item, open, ok bool) {
	o := v.object()
	if o == nil || o.kind > Set && o.kind != Symbolic {
		return nil, false, false
	}
	k := lookupContents(c.heap, o)
	if k == nil {
		return nil, false, false
	}
	return k.seq, k.open, true
}

// Entries returns the items of a dict or the attributes of an instance as they are at the
// call.
func (c *Call) Entries(v *Value) (entries []Entry, open, ok bool) {
	o := v.object()
	if o == nil {
		return nil, false, false
	}
	k := lookupContents(c.heap, o)
	if k == nil {
		return nil, false, false
	}
	return k.keys, k.open || k.rest != nil, true
}

// OtherKeys returns what the keys of a dict are that are no constants; nil when there are none.
func (c *Call) OtherKeys(v *Value) *Value {
	if o := v.object(); o != nil {
		if k := lookupContents(c.heap, o); k != nil {
			return k.names
		}
	}
	return nil
}

// Key returns the item of a dict with a constant key, or the attribute of an instance.
func (c *Call) Key(v *Value, name string) *Entry {
	o := v.object()
	if o == nil {
		return nil
	}
	k := lookupContents(c.heap, o)
	if k == nil {
		return nil
	}
	return k.get(name)
}

// Rest joins what a dict holds under keys that are not known, with what is known of these
// keys; both are nil where there is none.
func (c *Call) Rest(v *Value) (value, keys *Value) {
	o := v.object()
	if o == nil {
		return nil, nil
	}
	k := lookupContents(c.heap, o)
	if k == nil {
		return nil, nil
	}
	return k.rest, k.names
}

// call evaluates a call.
func (f *Frame) call(e *ast.Call) *Value {
	var recv, callee *Value
	method := ""
	if a, ok := e.Fn.(*ast.Attribute); ok {
		recv = asFound(f.expr(a.Value))
		method = a.Attr.Id
		f.current = e
		callee = f.attr(recv, method, a)
	} else {
		if n, ok := e.Fn.(*ast.Name); ok && n.Id == "super" {
			return f.super(e)
		}
		callee = f.expr(e.Fn)
	}
	c := f.callRecord(e)
	c.Callee, c.Receiver, c.Method = callee, recv, method
	c.Args = f.arguments(e)
	f.current = e
	c.heap, c.Facts, c.clean = f.st.snapshot(), f.st.facts, f.st.clean
	c.Symbol = callee.Symbol()
	f.eng.hasAgents = f.eng.hasAgents || makesAgent(c.Symbol)
	switch method {
	case "add_argument":
		f.declareOption(c)
	case "get":
		if a, ok := e.Fn.(*ast.Attribute); ok && namespace(a.Value, recv) {
			f.looksUp(c.value(0), e, c)
			if v := f.inNamespace(a.Value, c.value(0), e); v != nil {
				c.Result = v
				return v
			}
		}
	case "update":
		if a, ok := e.Fn.(*ast.Attribute); ok && len(e.Args) == 1 && attributesOf(a.Value, recv) {
			f.setsAttribute(c.value(0), e.Args[0], c)
		}
		if a, ok := e.Fn.(*ast.Attribute); ok && f.isKeywords(recv) {
			f.updateKeywords(a.Value, recv, c)
		}
	case "__init__":
		if recv.kind == KindSuper {
			f.fillsFields(recv.ref.(*closure).self, c)
		}
	case "__setattr__":
		if n := len(e.Args); n == 2 || n == 3 { // of an instance, of object or of super()
			f.setsAttribute(c.value(n-2), e.Args[n-2], c)
		}
	}
	f.learns(c)
	v := f.apply(c, callee, e)
	if v == nil {
		v = unknown
	}
	if method == "get" && len(c.Args) > 0 {
		name, _ := c.Args[0].Value.Text()
		v = f.personal(v, recv, name, e)
	}
	v = f.rewrites(c, v)
	if t := f.unhidden(c); t != nil {
		v = t
	}
	c.Result = v
	return f.st.apply(v)
}

// callOf is what is known of a call while its function is analysed, nil where it has not been come to.
func (f *Frame) callOf(e *ast.Call) *Call {
	c, _ := f.callAt.get(e)
	return c
}

func (f *Frame) callRecord(e *ast.Call) *Call {
	c := f.callOf(e)
	if c == nil {
		c = &Call{Node: e, Frame: f}
		f.callAt.set(e, c)
		f.Calls = append(f.Calls, c)
	}
	return c
}

func (f *Frame) super(e *ast.Call) *Value {
	f.arguments(e)
	if f.fn == nil || f.fn.Params == nil || len(f.fn.Params.List) == 0 || f.Class() == nil {
		return unknown
	}
	self := unknown
	if n := f.fn.Params.List[0].Name; n != nil {
		self = f.load(n.Id)
	}
	return &Value{kind: KindSuper, ref: &closure{self: self}}
}

// fillsFields gives a model of pydantic the fields that its own constructor hands to the library's:
// `super().__init__(content=text, **data)`.
func (f *Frame) fillsFields(self *Value, c *Call) {
	o, class := self.object(), f.Class()
	if o == nil || o.class == nil || !class.Extends("pydantic.BaseModel") || c.Callee.kind == KindFunction {
		return
	}
	for _, fd := range class.AllFields() {
		for i := range c.Args {
			a := &c.Args[i]
			v := a.Value
			if a.Rest && a.Keyword != nil {
				f.passive++
				v = f.subscript(v, stringValue(fd.Name), c.Node)
				f.passive--
				if v.kind == KindUnknown && fd.Default.IsConst() {
					v = join(v, fd.Default) // it may not be given
				}
			} else if a.Name != fd.Name {
				continue
			}
			k := f.contents(o)
			if k == nil {
				k = empty
			}
			f.st.set(o, k.with(Entry{Name: fd.Name, Value: v, Node: a.Node}))
			o.class.setFilled(fd.Name, dropParams(v))
			f.effect(self, setAttr, fd.Name, nil, v, a.Node)
			break
		}
	}
}

// arguments evaluates the arguments and opens what is unpacked.
func (f *Frame) arguments(e *ast.Call) []Argument {
	out := make([]Argument, 0, len(e.Args)+len(e.Keywords))
	pos := 0
	for _, a := range e.Args {
		s, ok := a.(*ast.Starred)
		if !ok {
			out = append(out, Argument{Pos: pos, Value: f.expr(a), Node: a, Given: a})
			pos++
			continue
		}
		v := f.expr(s.Value)
		if o := v.object(); o != nil && o.kind <= Set {
			if c := f.contents(o); c != nil && !c.open && !hasSplat(c.seq) {
				for _, it := range c.seq {
					out = append(out, Argument{Pos: pos, Value: it.Value, Node: s.Value, Given: it.Node, Unpacked: true})
					pos++
				}
				continue
			}
		}
		out = append(out, Argument{Pos: pos, Value: v, Node: s.Value, Unpacked: true, Rest: true})
		pos += 1000
	}
	for _, k := range e.Keywords {
		v := f.expr(k.Value)
		if k.Name != nil {
			out = append(out, Argument{Name: k.Name.Id, Pos: -1, Value: v, Node: k.Value, Given: k.Value, Keyword: k})
			continue
		}
		rest := true
		v = f.oneDict(v, k)
		if o := v.object(); o != nil && o.kind == Dict {
			if c := f.contents(o); c != nil {
				for _, en := range c.keys {
					if en.Key == nil {
						out = append(out, Argument{Name: en.Name, Pos: -1, Value: en.found(unknown), Node: k.Value, Given: en.Node, Keyword: k, Unpacked: true})
					}
				}
				// `{k: body[k] for k in ("a", "b")}`
				if c.rest != nil && c.names != nil {
					for _, name := range c.names.Alternatives() {
						if t, ok := name.Text(); ok && c.get(t) == nil {
							out = append(out, Argument{Name: t, Pos: -1, Value: c.rest, Node: k.Value, Keyword: k, Unpacked: true})
						}
					}
				}
				rest = c.open
			}
		}
		if rest {
			out = append(out, Argument{Pos: -1, Value: v, Node: k.Value, Keyword: k, Unpacked: true, Rest: true})
		}
	}
	return out
}

// apply calls a value.
func (f *Frame) apply(c *Call, callee *Value, e *ast.Call) *Value {
	f.eng.total++
	if callee.kind != KindUnknown && !(callee.kind == KindExternal && callee.sym == nil && callee.text == "") {
		f.eng.resolved++
	}
	if v := f.remoteCall(c, e); v != nil {
		return v
	}
	if v := f.stateCall(c); v != nil {
		return v
	}
	switch callee.kind {
	case KindExternal:
		f.eng.hasAgents = f.eng.hasAgents || makesAgent(callee.sym)
		if v, ok := f.builtin(c, callee, e); ok {
			return v
		}
		return f.converted(c, f.externalCall(c, callee, e))
	case KindFunction, KindClass:
		return f.invoke(callee, c.Args, c, e)
	case KindUnknown:
		if c.Receiver != nil && c.Receiver.kind == KindUnknown && c.Method != "map" {
			if v := f.handedTo(c, callee, e); v != nil {
				return v
			}
		}
		if d, ok := callee.ref.(*lookedUp); ok {
			if v := f.dispatch(d, c, e); v != nil {
				return v
			}
		}
		if by := callee.call; by != nil && len(by.Args) == 1 && len(c.Args) == 1 && by.Callee.Name() == "operator.itemgetter" {
			return f.subscript(c.value(0), by.value(0), e)
		}
	case KindPartial:
		return f.partialCall(c, callee, e)
	case KindUnion:
		var out *Value
		var given []*Value
		alts := callee.ref.([]*Value)
		modelled := false
		for _, a := range alts {
			modelled = modelled || a.kind == KindExternal && a.sym != nil && len(a.sym.Models) > 0 ||
				a.kind == KindFunction && c.Receiver != nil && c.Receiver.kind == KindUnion
		}
		for _, a := range alts {
			if a.kind == KindConst || modelled && a.kind == KindUnknown {
				// `client or OpenAI()`: what is known of one stands for the other.
				continue
			}
			if a.kind == KindExternal && a.sym != nil && (c.Symbol == nil || len(c.Symbol.Calls) == 0 && len(c.Symbol.Models) == 0) {
				c.Symbol = a.sym
			}
			v := f.apply(c, a, e)
			out = join(out, v)
			if !nothingSaid(a) {
				given = append(given, v)
			}
		}
		return provingAll(out, given)
	case KindObject:
		o := callee.ref.(*Object)
		if o.class != nil {
			if m, owner := o.class.lookup("__call__"); m != nil {
				return f.invoke(f.bindTo(m, callee, owner), c.Args, c, e)
			}
			var out *Value
			for _, name := range [...]string{"forward", "call"} { // torch and keras modules
				if m, owner := o.class.lookup(name); m != nil && out == nil && o.class.Extends("torch.nn.Module", "keras.Model", "keras.layers.Layer", "dspy.Module", "dspy.Program") {
					out = f.invoke(f.bindTo(m, callee, owner), c.Args, c, e)
				}
			}
			if out != nil {
				return out
			}
		}
	}
	if c.Receiver != nil {
		if v := f.method(c, c.Receiver, e); v != nil {
			return v
		}
	}
	return f.converted(c, f.opaque(c))
}

// converted is what `args.get(name, type=int)` gives of the fields of a request: what the type makes of the
// text.
func (f *Frame) converted(c *Call, v *Value) *Value {
	if c.Method != "get" && c.Method != "getlist" || len(v.marks) == 0 {
		return v
	}
	t := c.Arg(-1, "type")
	if t == nil && c.Method == "get" {
		t = c.Arg(2, "")
	}
	switch {
	case t == nil:
		return v
	case t.Value.kind == KindFunction && c.Method == "get":
		return f.invokeValue(t.Value, []Argument{{Pos: 0, Value: v, Node: c.Node}}, c.Node)
	case !t.Value.Is("builtins.int", "builtins.float", "builtins.bool", "decimal.Decimal", "uuid.UUID"):
		return v
	case c.Method == "get":
		return numberOf(v.marks)
	}
	one := numberOf(v.marks)
	o := f.newObject(c.Node, List)
	f.st.set(o, &contents{open: true, rest: one})
	return &Value{kind: KindObject, ref: o, marks: one.marks}
}

// opaque is the result of a call of which nothing is known: what goes in comes out, unless
// the name says that it cleans or measures.
func (f *Frame) opaque(c *Call) *Value {
	name := c.Method
	if name == "" {
		switch fn := c.Node.Fn.(type) {
		case *ast.Name:
			name = fn.Id
		}
	}
	marks := argMarks(c)
	switch {
	case c.Receiver == nil:
	case c.Method == "get" && len(c.Args) > 0 && (c.Args[0].Name == "" || c.Args[0].Name == "key") && !c.Args[0].Unpacked:
		// The key, or an address, is not what is found there.
		rest := *c
		rest.Args = c.Args[1:]
		marks = argMarks(&rest)
	case c.Method == "filter_by":
		marks = c.Receiver.marks // what rows are looked for is not what they hold
	}
	if len(marks) == 0 {
		if c.Callee != nil && c.Callee.kind == KindExternal && (c.Receiver == nil || c.Receiver.call == nil) {
			return &Value{call: c} // what it was made of may be asked for
		}
		return unknown
	}
	switch f.eng.nameEffect(name) {
	case finds:
		return &Value{call: c}
	case cleans:
		return &Value{cond: f.namedGuard(name, c)}
	case measures:
		return &Value{kind: KindConst, konst: constNumber, cond: f.namedGuard(name, c), ref: foundIn(c)}
	}
	if c.Receiver == nil || !readers[c.Method] && !textKeepers[c.Method] {
		marks = cleaned(marks, disclosed)
	}
	if t, ok := c.value(0).Text(); ok && c.Method == "lstrip" && strings.Contains(t, "-") {
		marks = cleaned(marks, models.SinksOf(models.Option))
	}
	v := unknownWith(marks)
	if c.Callee != nil && c.Callee.kind == KindExternal {
		v = &Value{kind: KindExternal, marks: marks, call: c, text: c.Callee.text}
	}
	v.textual = c.Receiver != nil && givesText[c.Method]
	return f.step(v, c.Node, "through "+callName(c)+"()")
}

// readers are methods that hand out what their object holds.
var readers = map[string]bool{"get": true, "getlist": true, "getall": true, "getone": true, "get_all": true, "multi_items": true, "to_dict": true, "next": true, "model_dump": true, "dict": true}

// textKeepers are methods of text that give most of it again.
var textKeepers = map[string]bool{
	"strip": true, "lstrip": true, "rstrip": true, "lower": true, "upper": true, "title": true, "capitalize": true, "casefold": true, "swapcase": true, "removeprefix": true, "removesuffix": true,
	"replace": true, "encode": true, "decode": true, "expandtabs": true, "zfill": true, "ljust": true, "rjust": true, "center": true, "split": true, "rsplit": true, "splitlines": true,
	"partition": true, "rpartition": true, "format": true, "__str__": true,
}

// givesText are methods that only texts have, and bytes, and that give such again.
var givesText = map[string]bool{
	"strip": true, "lstrip": true, "rstrip": true, "lower": true, "upper": true, "title": true, "capitalize": true, "casefold": true, "swapcase": true,
	"removeprefix": true, "removesuffix": true, "expandtabs": true,
}

// found is what find() may have given instead of a number, where it was no text that was searched: an element
// of a document, which shows when it is asked for its text.
type found struct{ of *Value }

// foundIn notes for a call of find() what it was called of; nil for other calls.
func foundIn(c *Call) any {
	if c.Method != "find" || c.Receiver == nil || len(c.Receiver.marks) == 0 {
		return nil
	}
	return &found{c.Receiver}
}

// asFound is the element that find() has given of which more is read; other values are as they are.
func asFound(v *Value) *Value {
	if v.kind == KindConst {
		if x, ok := v.ref.(*found); ok {
			return unknownWith(x.of.marks)
		}
	}
	return v
}

func callName(c *Call) string {
	if c.Method != "" {
		return c.Method
	}
	if n, ok := c.Node.Fn.(*ast.Name); ok {
		return n.Id
	}
	return "the call"
}

// argMarks joins the labels of arguments and receiver.
func argMarks(c *Call) []Mark {
	var marks []Mark
	if c.Receiver != nil && c.Receiver.kind != KindModule && c.Receiver.kind != KindClass {
		marks = c.Receiver.marks
		if dictMakers[c.Method] { // the fields
			marks = deepMarks(c, c.Receiver, 0)
		}
	}
	for i := range c.Args {
		marks = addMarks(marks, deepMarks(c, c.Args[i].Value, 0))
	}
	return marks
}

// deepMarks joins the labels of a value and of what it holds.
func deepMarks(c *Call, v *Value, depth int) []Mark {
	if v.Kind() == KindUnion && depth == 0 {
		marks := v.marks
		for _, a := range v.Alternatives() {
			if o := a.object(); o != nil && o.kind <= Dict && o.class == nil {
				marks = addMarks(marks, deepMarks(c, a, 1))
			}
		}
		return marks
	}
	o := v.object()
	if o == nil || depth > 3 {
		return v.marks
	}
	marks := v.marks
	if k := lookupContents(c.heap, o); k != nil {
		for _, it := range k.seq {
			marks = addMarks(marks, deepMarks(c, it.Value, depth+1))
		}
		for _, en := range k.keys {
			marks = addMarks(marks, deepMarks(c, en.Value, depth+1))
		}
		if k.rest != nil {
			marks = addMarks(marks, deepMarks(c, k.rest, depth+1))
		}
	}
	return marks
}

// Deep lists the marks of a value and of what it holds at the call.
func (c *Call) Deep(v *Value) []Mark { return deepMarks(c, v, 0) }

type nameClass uint8

const (
	passes nameClass = iota
	cleans
	measures
	// finds: what comes out is what was kept somewhere, or a picture, and not what was asked.
	finds
)

var cleaningWords = []string{"escape", "quote", "sanitiz", "sanitis", "redact", "clean", "censor", "anonymi", "scrub", "encrypt", "hash", "digest", "validat", "verif", "slugify", "secure_filename", "mask", "bleach"}
var measuringWords = []string{"len", "count", "size", "is_", "has_", "isinstance", "hasattr", "callable", "index", "find", "score", "similarity", "tokens", "check_", "exists"}

// finder reports whether the name of a function, in small letters, says that it finds something by what it is given:
// a user by an address, the runtime of a model by its name.
func finder(name string) bool {
	switch strings.TrimPrefix(name, "a_") {
	case "userinfo", "user_info", "get_userinfo", "get_user_info", "fetch_token", "exchange_code", "exchange_code_for_token":
		return true // what an identity provider says, by a code or a token
	}
	first, rest, _ := strings.Cut(name, "_")
	switch first {
	case "lookup":
		return true
	case "get", "find", "select", "query":
		return strings.Contains(rest, "_by_")
	case "resolve":
		switch rest[strings.LastIndexByte(rest, '_')+1:] {
		case "runtime", "client", "handler", "service", "provider", "backend", "instance", "agent", "user", "session", "tenant", "worker", "replica":
			return true
		}
	}
	return false
}

// nameEffect says what the name of an unknown function promises. Few names are called most.
func (e *Engine) nameEffect(name string) nameClass {
	c, known := e.nameEffects[name]
	if !known {
		c = nameEffect(name)
		if e.nameEffects == nil {
			e.nameEffects = map[string]nameClass{}
		}
		e.nameEffects[name] = c
	}
	return c
}

func nameEffect(name string) nameClass {
	l := strings.ToLower(name)
	if strings.TrimPrefix(l, "a") == "retrieve" || strings.HasPrefix(l, "retrieve_") || strings.HasPrefix(l, "gen") && strings.HasSuffix(strings.TrimSuffix(l, "s"), "_image") {
		return finds
	}
	if finder(l) {
		return finds
	}
	if strings.HasPrefix(l, "un") && (strings.Contains(l, "escape") || strings.Contains(l, "quote")) {
		return passes
	}
	for _, w := range cleaningWords {
		if strings.Contains(l, w) {
			return cleans
		}
	}
	for _, w := range measuringWords {
		if strings.HasSuffix(w, "_") && strings.HasPrefix(l, w) || l == w || strings.HasPrefix(l, "num_") || strings.HasPrefix(l, "count_") || strings.HasPrefix(l, "n_") || strings.HasSuffix(l, "_"+w) {
			return measures
		}
	}
	return passes
}

// decoratedByCall registers a function that is handed to what a decorator's call gives, as in
// `mcp.tool()(ping)`, and returns it; nil for other calls.
func (f *Frame) decoratedByCall(c *Call, callee *Value) *Value {
	by := callee.call
	if by == nil || by.Symbol == nil || len(c.Args) != 1 || c.Args[0].Unpacked {
		return nil
	}
	if callee.sym != by.Symbol.Get("()") || callee.sym == nil && callee.text != by.Symbol.String()+"()" {
		return nil
	}
	fn := c.Args[0].Value
	if fn.Function() == nil || !f.registerDecorated(by.Symbol, fn, by, c.Node) {
		return nil
	}
	return fn
}

// externalCall applies the models of a library function.
func (f *Frame) externalCall(c *Call, callee *Value, e *ast.Call) *Value {
	s := callee.sym
	if fn := f.decoratedByCall(c, callee); fn != nil {
		return fn
	}
	if v := f.combined(c, e); v != nil {
		return v
	}
	if s == nil {
		method := f.textMethod
		if c.Receiver != nil && c.Receiver.kind == KindUnion { // a dict of the program, or a request's body
			method = f.method
		}
		if v := method(c, c.Receiver, e); v != nil {
			return v
		}
		return f.opaque(c)
	}
	f.keeps(c)
	piped, given := f.runPipeline(c)
	var source, wrote []Mark
	var cleansSet, restores models.SinkSet
	number0, noPass, chatty, asked := false, false, false, false
	var pass []models.Arg
	var returns string
	if s.Is("builtins.exec") && len(c.Args) > 0 {
		f.executed = addMarks(f.executed, c.Args[0].Value.marks)
	}
	for _, m := range s.Models {
		for i := range m.Sinks {
			f.sink(c, m, &m.Sinks[i])
		}
		if m.Chat != nil && !chatty {
			chatty = true
			f.chat(c, m, piped)
		}
		for i := range m.Callbacks {
			f.registerArg(&m.Callbacks[i], c)
			if m.Callbacks[i].Each {
				wrote = addMarks(wrote, f.ofEach(&m.Callbacks[i], c))
			}
		}
		if asks(m) && !asked {
			asked = true
			f.asksModel(c, m.Chat != nil && m.Chat.Hosted || hostedMedia(m))
		}
		if m.Source != models.NoLabel && source == nil && sourceHere(c, m) {
			source = f.source(m, s, e, fetcher(c, m))
			if len(m.SourceFor) > 0 && m.Reads != "" && f.readsFetched(c, m.Reads) {
				for i := range source { // as if it were read from the address
					source[i].Clean = 0
				}
			}
		}
		if m.CleansAll {
			cleansSet = models.AllSinks
		}
		if len(m.CleansIf) == 0 || cleansHere(c, m.CleansIf) {
			cleansSet |= models.SinksOf(m.Cleans...)
		}
		restores |= models.SinksOf(m.Restores...)
		number0 = number0 || m.Number
		noPass = noPass || m.NoPass
		if m.Pass != nil {
			pass = m.Pass
		}
		if returns == "" {
			returns = m.Returns
		}
		for _, a := range m.Stores {
			f.storeInto(c, a, cleansSet)
		}
		if m.Writes != nil && (m.Writes.If == "" || holds(c, m.Writes.If)) {
			wrote = addMarks(wrote, f.writes(c, m, s, e))
		}
		if m.Fills != nil {
			f.fills(c, m, s, e)
		}
		if m.Removes != "" {
			f.removes(c, m.Removes)
		}
		if m.Lists != "" {
			for _, a := range c.select0(m.Lists) {
				wrote = addMarks(wrote, onlyHeld(f.contained(a.Value)))
			}
		}
		if m.Reads != "" {
			read := f.readFrom(c, m.Reads)
			if len(m.ReadsFor) > 0 {
				read = cleaned(read, models.AllSinks&^models.SinksOf(m.ReadsFor...))
			}
			wrote = addMarks(wrote, read)
		}
		if m.Guards != nil && m.Guards.Raises {
			f.refine(condition{yes: f.cleanArg(c, m.Guards)}.by(f.testAt(c.Node)).yes)
		}
		if m.NoReturn {
			f.st.dead = true
		}
	}
	if len(s.Models) > 0 {
		f.spread(c)
		f.graphCall(c)
	}
	if number0 {
		marks := source
		for _, a := range pass {
			marks = addMarks(marks, f.marksOf(c, a))
		}
		v := *numberOf(cleaned(marks, cleansSet))
		v.cond = f.modelGuard(c, s)
		if v.cond == nil && s.Is(confirmations...) {
			v.cond = &condition{facts: Confirmed}
		}
		if s.Is("click.confirm", "typer.confirm") && demandsYes(c) {
			f.st.facts |= Confirmed
		}
		return f.step(&v, e, throughText(c))
	}
	var marks []Mark
	switch {
	case source != nil:
		for _, a := range pass {
			marks = addMarks(marks, f.marksOf(c, a))
		}
		if len(marks) > 0 {
			marks = f.step(&Value{marks: marks}, e, throughText(c)).marks
		}
		marks = addMarks(source, marks)
	case pass != nil:
		for _, a := range pass {
			marks = addMarks(marks, f.marksOf(c, a))
		}
	case noPass:
	default:
		if len(s.Models) == 0 {
			switch f.eng.nameEffect(s.step) {
			case cleans, finds:
				marks = nil
			case measures:
				if s.Get("()") != nil {
					break // a model knows what can be done with it, so that it is no number
				}
				return &Value{kind: KindConst, konst: constNumber, cond: f.namedGuard(s.step, c), ref: foundIn(c)}
			default:
				if marks = argMarks(c); c.Receiver == nil || !textKeepers[c.Method] {
					marks = cleaned(marks, disclosed)
				}
			}
		} else {
			marks = cleaned(argMarks(c), disclosed)
		}
	}
	if cleansSet != 0 {
		marks = cleaned(marks, cleansSet)
	}
	if restores != 0 {
		marks = restored(marks, restores)
	}
	if source == nil && len(marks) > 0 {
		v := f.step(&Value{marks: marks}, e, throughText(c))
		marks = v.marks
	}
	if cleansSet != 0 {
		wrote = cleaned(wrote, cleansSet)
	}
	if restores != 0 {
		wrote = restored(wrote, restores)
	}
	if given != nil && givesItself(c.Receiver) {
		return given
	}
	out := f.returned(c, callee, returns, addMarks(marks, wrote))
	if source != nil {
		f.keepWidget(c, out)
	}
	for _, m := range s.Models {
		out = f.namedArgument(out, c, m)
	}
	if g := f.modelGuard(c, s); g != nil {
		k := *out
		k.cond = g
		out = &k
	}
	return out
}

// ofEach calls the function that a library's call is handed with an item of its receiver, and
// returns the marks of what it gives.
func (f *Frame) ofEach(cb *models.Callback, c *Call) []Mark {
	var marks []Mark
	for _, a := range c.select0(cb.Arg) {
		if a.Value.kind != KindFunction && a.Value.kind != KindPartial && a.Value.kind != KindExternal {
			continue
		}
		item := unknown
		if c.Receiver != nil {
			item = f.element(c.Receiver, c.Node)
		}
		v := f.invokeValue(a.Value, []Argument{{Pos: 0, Value: item, Node: c.Node}}, c.Node)
		marks = addMarks(marks, deepMarks(&Call{heap: f.st.heap}, v, 0))
	}
	return marks
}

// callsEach reports whether a symbol is a call that hands each item of its receiver to a
// function.
func callsEach(s *Symbol) bool {
	for _, m := range symModels(s) {
		for i := range m.Callbacks {
			if m.Callbacks[i].Each {
				return true
			}
		}
	}
	return false
}

// IntoMessage begins the text of the step in a trail at which data becomes the content of a
// message object whose role is not the system's; the role follows.
const IntoMessage = "put into a message of the role "

// throughText says for a trail what a library's call does with data.
func throughText(c *Call) string {
	for _, m := range symModels(c.Symbol) {
		if m.Step != "" {
			return m.Step
		}
		if m.Message == nil {
			continue
		}
		role := m.Message.Role
		for _, a := range c.select0(m.Message.RoleArg) {
			role = roleWord(a.Value)
		}
		if role != "" && role != "system" {
			return IntoMessage + role
		}
	}
	return "through " + callName(c) + "()"
}

// sourceHere reports whether a call brings data of its model's label.
func sourceHere(c *Call, m *models.Model) bool {
	return (m.SourceIf == "" || holds(c, m.SourceIf)) && !boundedBy(c, m.BoundedBy)
}

// fetcher is the call that brings what a call gives: for the reading of an answer the request.
func fetcher(c *Call, m *models.Model) *Call {
	if m.Source != models.Web || c.Receiver == nil || c.Receiver.call == nil {
		return c
	}
	for i := range m.Sinks {
		if m.Sinks[i].Kind == models.URL {
			return c
		}
	}
	for _, r := range symModels(c.Receiver.call.Symbol) {
		for i := range r.Sinks {
			if r.Sinks[i].Kind == models.URL {
				return c.Receiver.call
			}
		}
	}
	return c
}

// cleansHere tests the conditions under which a call cleans.
func cleansHere(c *Call, conditions []string) bool {
	for _, cond := range conditions {
		if holds(c, cond) {
			return true
		}
	}
	return false
}

// declareOption remembers an option that an argparse parser is told of.
func (f *Frame) declareOption(c *Call) {
	dest, long := "", ""
	for _, a := range c.Args {
		if t, ok := a.Value.Text(); ok && a.Name == "" && (long == "" || !strings.HasPrefix(long, "--") && strings.HasPrefix(t, "--")) {
			long = t
		} else if ok && a.Name == "dest" {
			dest = t
		}
	}
	if dest == "" {
		dest = strings.ReplaceAll(strings.TrimLeft(long, "-"), "-", "_")
	}
	var o option
	if a := c.Arg(-1, "choices"); a != nil && !a.Value.IsNone() {
		o.fixed = true
	}
	if a := c.Arg(-1, "type"); a != nil && a.Value.kind == KindExternal {
		o.number = a.Value.Is("builtins.int", "builtins.float", "builtins.bool")
	}
	if a := c.Arg(-1, "action"); a != nil {
		t, _ := a.Value.Text()
		o.number = o.number || t == "store_true" || t == "store_false" || t == "count"
	}
	if f.eng.options == nil {
		f.eng.options = map[optionKey]option{}
	}
	f.eng.options[optionKey{f.mod.sem, dest}] = o
}

// commandLine is the value of an option of parsed arguments, if v is that.
func (f *Frame) commandLine(v *Value, name string) *Value {
	if v.call == nil || v.call.Method != "parse_args" && v.call.Method != "parse_known_args" {
		return nil
	}
	o, ok := f.eng.options[optionKey{v.call.Frame.mod.sem, name}]
	switch {
	case !ok:
		return nil
	case o.number:
		return number
	case o.fixed:
		return &Value{checked: true}
	}
	return nil
}

// returned is the value of a library call.
func (f *Frame) returned(c *Call, callee *Value, returns string, marks []Mark) *Value {
	switch {
	case returns == "self" && c.Receiver != nil:
		return taint(c.Receiver, marks)
	case strings.HasPrefix(returns, "self") && c.Receiver != nil:
		if v := f.element(c.Receiver, c.Node); v.kind != KindUnknown {
			return taint(v, marks)
		}
	case strings.HasPrefix(returns, "call args["):
		if a := argAt(c, returns[len("call "):]); a != nil {
			return f.invokeValue(a.Value, nil, c.Node)
		}
	case strings.HasPrefix(returns, "args["):
		if a := argAt(c, returns); a != nil {
			return taint(a.Value, marks)
		}
	}
	if r := callee.sym.Get("()"); r != nil {
		v := f.external(r, marks, c)
		if v.call == nil {
			k := *v
			k.call = c
			v = &k
		}
		switch {
		case r.Is("pathlib.PurePath()"):
			v = f.pathResult(c, v)
		case r.Is(addressTypes...):
			v = addressResult(c, v)
		}
		return v
	}
	return &Value{kind: KindExternal, marks: marks, call: c, text: callee.sym.String() + "()"}
}

// addressTypes are what holds the address that it was made with, as a path of pathlib holds its text.
var addressTypes = []string{"urllib.request.Request()", "httpx.URL()", "yarl.URL()"}

// addressResult keeps the text of an address.
func addressResult(c *Call, v *Value) *Value {
	a := c.Arg(0, "url")
	if a == nil || a.Value.kind != KindString {
		return v
	}
	text, k := *a.Value, *v
	text.call = c
	k.ref = &text
	return &k
}

// pathResult keeps the text of a pathlib path.
func (f *Frame) pathResult(c *Call, v *Value) *Value {
	var t *Value
	switch {
	case c.Receiver != nil && c.Receiver.kind == KindExternal && c.Receiver.sym.Is("pathlib.PurePath()"):
		if c.Method == "joinpath" {
			t = f.joinTexts(c, pathText(c.Receiver))
		} else if c.Method == "expanduser" {
			t = pathText(c.Receiver)
		} else if c.Method == "resolve" || c.Method == "absolute" { // begins with a slash
			t = cleanedText(pathText(c.Receiver), models.SinksOf(models.Option))
		}
	case len(c.Args) == 1 && c.Args[0].Name == "" && c.Args[0].Value.kind == KindUnknown && c.Args[0].Value.exact != nil && c.Args[0].Value.exact.parent == nil:
		k := *f.joinTexts(c, nil)
		k.exact = c.Args[0].Value.exact // a parameter, which the caller knows
		t = &k
	case len(c.Args) > 0:
		t = f.joinTexts(c, nil)
	}
	if t == nil || t == c.Receiver {
		return v
	}
	k := *v
	k.ref = t
	return &k
}

// cleanedText is a text all of which is harmless at some sinks.
func cleanedText(v *Value, sinks models.SinkSet) *Value {
	k := *v
	k.marks = cleaned(v.marks, sinks)
	parts := slices.Clone(v.parts())
	for i := range parts {
		if p := parts[i].Value; p != nil {
			parts[i].Value = cleanedText(p, sinks)
		}
	}
	k.built = builtOf(parts)
	return &k
}

// joinTexts joins the positional arguments as parts of a path.
func (f *Frame) joinTexts(c *Call, first *Value) *Value {
	var b stringBuilder
	n := 0
	if first != nil {
		b.value(first, c.Node, f.mod.sem)
		n++
	}
	for i := range c.Args {
		a := &c.Args[i]
		if a.Name != "" {
			continue
		}
		if n > 0 {
			b.text("/")
		}
		b.value(pathText(a.Value), a.Node, f.mod.sem)
		n++
	}
	return b.value0()
}

func argAt(c *Call, s string) *Argument {
	n := 0
	for i := len("args["); i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return c.Arg(n, "")
}

// select0 returns the arguments that a model's Arg names; the receiver has Pos -2.
func (c *Call) select0(a models.Arg) []Argument {
	switch a {
	case "self":
		if c.Receiver != nil {
			var n ast.Expr
			if at, ok := c.Node.Fn.(*ast.Attribute); ok {
				n = at.Value
			}
			return []Argument{{Pos: -2, Value: c.Receiver, Node: n}}
		}
		return nil
	case "*":
		return c.Args
	case "**":
		return slices.DeleteFunc(slices.Clone(c.Args), func(x Argument) bool { return !x.Rest || x.Keyword == nil })
	}
	if i := strings.LastIndexByte(string(a), '['); i >= 0 {
		return c.within(a[:i], strings.TrimSuffix(string(a[i+1:]), "]"))
	}
	pos, name := -1, string(a)
	many := false
	if len(a) > 0 && a[0] >= '0' && a[0] <= '9' {
		pos = 0
		i := 0
		for ; i < len(a) && a[i] >= '0' && a[i] <= '9'; i++ {
			pos = pos*10 + int(a[i]-'0')
		}
		name = ""
		if i < len(a) && a[i] == ':' {
			name = string(a[i+1:])
			many = name == ""
		}
	}
	var out []Argument
	for _, x := range c.Args {
		switch {
		case name != "" && x.Name == name:
			out = append(out, x)
		case x.Name == "" && x.Pos >= 0 && !x.Rest && (x.Pos == pos || many && x.Pos >= pos):
			out = append(out, x)
		case x.Rest && x.Keyword == nil && pos >= 0 && (many || pos >= x.Pos):
			out = append(out, x)
		}
	}
	return out
}

// namesIn is what the keys of a dict are that are no constants. A dict that came from outside as a whole
// has outside's keys too.
func (c *Call) namesIn(v *Value) *Value {
	if v.object() != nil {
		return c.OtherKeys(v)
	}
	if v.call != nil || len(v.marks) == 0 {
		return nil
	}
	return v
}

// within is what an argument that is a dict, or a list of dicts, holds under a key, as an
// argument of its own.
func (c *Call) within(arg models.Arg, key string) []Argument {
	var out []Argument
	for _, a := range c.select0(arg) {
		if a.Rest {
			continue
		}
		if key == "*" {
			if names := c.namesIn(a.Value); names != nil {
				a.Value = names
				out = append(out, a)
			}
			continue
		}
		dicts := []*Value{a.Value}
		if items, _, ok := c.Items(a.Value); ok {
			for _, it := range items {
				dicts = append(dicts, it.Value)
			}
		}
		if i, err := strconv.Atoi(key); err == nil {
			out = append(out, c.placeIn(a, dicts[1:], i)...)
			continue
		}
		for _, d := range dicts {
			if e := c.Key(d, key); e != nil {
				one := a
				one.Value, one.Given, one.Unpacked = e.Value, e.Node, true
				if x, ok := e.Node.(ast.Expr); ok {
					one.Node = x
				}
				out = append(out, one)
			}
		}
	}
	return out
}

// placeIn is what tuples of a list hold at a place, as arguments of their own.
func (c *Call) placeIn(a Argument, tuples []*Value, i int) []Argument {
	var out []Argument
	for _, t := range tuples {
		o := t.object()
		if o == nil || o.kind != Tuple {
			continue
		}
		if items, _, ok := c.Items(t); ok && i < len(items) && !hasSplat(items[:i+1]) {
			one := a
			one.Value, one.Given, one.Unpacked = items[i].Value, items[i].Node, true
			if x, ok := items[i].Node.(ast.Expr); ok {
				one.Node = x
			}
			out = append(out, one)
		}
	}
	return out
}

func (f *Frame) marksOf(c *Call, a models.Arg) []Mark {
	var marks []Mark
	for _, x := range c.select0(a) {
		marks = addMarks(marks, deepMarks(c, x.Value, 0))
	}
	return marks
}

// storeInto lets the receiver carry the labels of an argument.
func (f *Frame) storeInto(c *Call, a models.Arg, clean models.SinkSet) {
	marks := cleaned(f.marksOf(c, a), clean)
	if len(marks) == 0 {
		return
	}
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return
	}
	switch t := at.Value.(type) {
	case *ast.Name:
		f.bind(t.Id, taint(f.load(t.Id), marks))
	case *ast.Attribute:
		f.assign(t, taint(f.expr(t), marks), nil)
	}
}

// invokeValue calls a value with positional arguments.
func (f *Frame) invokeValue(fn *Value, args []Argument, at ast.Node) *Value {
	if fn.kind == KindFunction || fn.kind == KindClass {
		return f.invoke(fn, args, nil, at)
	}
	if e, ok := at.(*ast.Call); ok && fn.kind == KindPartial {
		p := fn.ref.(*partial)
		return f.invokeValue(p.fn, p.with(args, e), at)
	}
	if fn.kind == KindUnion && slices.ContainsFunc(fn.Alternatives(), func(a *Value) bool { return a.Function() != nil }) { // one of a table
		var out *Value
		for _, a := range fn.Alternatives() {
			if !a.IsNone() {
				out = join(out, f.invokeValue(a, args, at))
			}
		}
		return orUnknown(out)
	}
	var marks []Mark
	for _, a := range args {
		marks = addMarks(marks, a.Value.marks)
	}
	if fn.kind == KindExternal && fn.sym != nil {
		c := &Call{Node: &ast.Call{Fn: &ast.Name{}}, Frame: f, Callee: fn, Symbol: fn.sym, Args: args, heap: f.st.snapshot()}
		if n, ok := at.(*ast.Call); ok {
			c.Node = n
		}
		if isSource(fn.sym) || len(fn.sym.Models) > 0 {
			return f.rewrites(c, f.externalCall(c, fn, c.Node))
		}
	}
	return unknownWith(marks)
}

func isSource(s *Symbol) bool {
	for _, m := range s.Models {
		if m.Source != models.NoLabel {
			return true
		}
	}
	return false
}

// with is what the function of a partial call is called with where the rest of its arguments is given.
func (p *partial) with(rest []Argument, e *ast.Call) []Argument {
	args := make([]Argument, 0, len(p.args)+len(p.kws)+len(rest))
	for i, v := range p.args {
		args = append(args, Argument{Pos: i, Value: v, Node: e, Unpacked: true})
	}
	for _, a := range rest {
		if a.Pos >= 0 {
			a.Pos += len(p.args)
		}
		args = append(args, a)
	}
	for _, k := range p.kws {
		if !slices.ContainsFunc(rest, func(a Argument) bool { return a.Name == k.name }) {
			args = append(args, Argument{Name: k.name, Pos: -1, Value: k.value, Node: e, Unpacked: true})
		}
	}
	return args
}

// partialCall calls functools.partial objects.
func (f *Frame) partialCall(c *Call, callee *Value, e *ast.Call) *Value {
	p := callee.ref.(*partial)
	c.Args, c.Partial = p.with(c.Args, e), true
	c.Callee = p.fn
	c.Symbol = p.fn.Symbol()
	return f.apply(c, p.fn, e)
}

// isStatic and its kin read the decorators of a method.
func (e *Engine) isStatic(fn *semantic.Function) bool { return hasDecorator(fn, "staticmethod") }
func (e *Engine) isClassMethod(fn *semantic.Function) bool {
	return hasDecorator(fn, "classmethod", "validator", "root_validator", "field_validator") || fn.Name == "__new__" || fn.Name == "__init_subclass__"
}
func (e *Engine) isProperty(fn *semantic.Function) bool {
	return hasDecorator(fn, "property", "cached_property", "computed_field")
}

func hasDecorator(fn *semantic.Function, names ...string) bool {
	if fn.Def == nil {
		return false
	}
	for _, d := range fn.Def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fn
		}
		id := ""
		switch e := e.(type) {
		case *ast.Name:
			id = fn.Module.ImportedName(e.Id)
		case *ast.Attribute:
			id = e.Attr.Id
		}
		for _, n := range names {
			if id == n {
				return true
			}
		}
	}
	return false
}
