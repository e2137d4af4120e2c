package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells how long an object lives, as far as one user's request can meet what another's
// left in it.

// Lifetime says how long something lives.
type Lifetime uint8

// The lifetimes.
const (
	// PerCall: it is made anew by each call of the function, or nothing is known.
	PerCall Lifetime = iota
	// PerSession: each visitor of a page has one of their own.
	PerSession
	// PerProcess: it outlives the request and is everybody's: what a module or a class holds, a
	// default of a parameter, the state of an application, the result of a function that is
	// called once.
	PerProcess
)

// Addition is a place that adds to a list.
type Addition struct {
	// Node is what is added, In the function that does it.
	Node ast.Node
	In   *Frame
}

// maxAdditions bounds the places remembered for a list, maxMadeOf the lists of which one is made.
const (
	maxAdditions = 32
	maxMadeOf    = 8
)

// grows remembers a place that adds to an object.
func (o *Object) grows(at ast.Node, in *Frame) {
	if at == nil || in == nil || len(o.added) >= maxAdditions || slices.ContainsFunc(o.added, func(a Addition) bool { return a.Node == at }) {
		return
	}
	o.added = append(o.added, Addition{at, in})
}

// madeFrom remembers that the items of one list are in another.
func (o *Object) madeFrom(x *Object) {
	if x != nil && x != o && len(o.madeOf) < maxMadeOf && !slices.Contains(o.madeOf, x) {
		o.madeOf = append(o.madeOf, x)
	}
}

// Additions lists the places that add to the object. It is complete once the analysis has ended.
func (o *Object) Additions() []Addition { return o.added }

// Node is the expression that makes the object; nil for what a parameter holds.
func (o *Object) Node() ast.Node { return o.node }

// Module is the module whose code makes the object, nil where none is known.
func (o *Object) Module() *semantic.Module {
	if o.frame == nil {
		return nil
	}
	return o.frame.mod.sem
}

// Lists lists the lists and tuples that a value of the call is or was made of, with what the
// project's calls give for a parameter. It is complete once the analysis has ended.
func (c *Call) Lists(v *Value) []*Object {
	var out []*Object
	var add func(o *Object, depth int)
	add = func(o *Object, depth int) {
		if o == nil || depth > 4 || len(out) >= maxItems || slices.Contains(out, o) {
			return
		}
		if o.class == nil {
			out = append(out, o)
		}
		for _, x := range o.madeOf {
			add(x, depth+1)
		}
		if o.stands != nil {
			add(o.stands, depth+1)
		}
		if k := lookupContents(c.heap, o); k != nil && o.kind <= Set {
			for _, it := range k.seq {
				if it.Splat {
					for _, g := range c.Given(it.Value) {
						for _, a := range g.Alternatives() {
							add(a.object(), depth+1)
						}
					}
				}
			}
		}
	}
	for _, a := range v.Alternatives() {
		add(a.object(), 0)
		for _, g := range c.Given(a) {
			for _, b := range g.Alternatives() {
				add(b.object(), 0)
			}
		}
	}
	return out
}

// Lifetime says how long an object lives. It is known to a visitor only.
func (o *Object) Lifetime() Lifetime {
	if o == nil || o.frame == nil || o.origin != nil {
		return PerCall
	}
	for x, n := o, 0; x != nil && n < maxMadeOf; x, n = x.stands, n+1 {
		if x.frame != nil && x.frame.once() {
			return PerProcess
		}
	}
	if o.frame.eng.isShared(func(v *Value) bool { x := v.object(); return x == o || x != nil && o.stands != nil && x == o.stands }) {
		return PerProcess
	}
	if o.frame.fn != nil && o.frame.fn.Parent == nil && !o.frame.Serves() && o.frame.defines() {
		return PerProcess
	}
	return o.frame.lifetime(0)
}

// defines reports whether a function defines one that serves requests, as a factory of an
// application does: what it makes for that lives as long as the application.
func (f *Frame) defines() bool {
	return slices.ContainsFunc(f.eng.Routes(), func(r *Route) bool { return r.Function.Parent == f.fn })
}

// Lifetime says how long what a value is lives, which an expression of the call's function reads: a
// list, or an object of a library. It is known to a visitor only.
func (c *Call) Lifetime(v *Value, at ast.Expr) Lifetime {
	longest := PerCall
	for _, a := range v.Alternatives() {
		l := PerCall
		switch {
		case a.object() != nil:
			l = a.object().Lifetime()
		case a.call != nil && a.call.Frame.once():
			l = PerProcess
		case a.call != nil && a.call.Frame != c.Frame && c.Frame.eng.isShared(func(v *Value) bool { return v.call == a.call }):
			l = PerProcess
		case a.call != nil && a.kind == KindExternal:
			l = a.call.Frame.lifetime(0)
			if a.call.Frame != c.Frame && a.call.Frame.fn != nil && !a.call.Frame.Serves() && a.call.Frame.defines() {
				l = PerProcess
			}
			if n, ok := at.(*ast.Name); ok && l == PerCall && c.Frame.readsGlobal(n.Id) {
				l = c.Frame.mod.frame.lifetime(0)
			}
		}
		longest = max(longest, l)
	}
	return longest
}

// readsGlobal reports whether a name means one that a module binds.
func (f *Frame) readsGlobal(name string) bool {
	for e := f; e != nil; e = e.env {
		if _, ok := e.scope.Slot(name); ok && !e.scope.IsGlobal(name) {
			return e.fn == nil && e.class == nil
		}
	}
	return false
}

// lifetime says how long what is made in a frame lives.
func (f *Frame) lifetime(depth int) Lifetime {
	switch {
	case f.fn == nil:
		if f.eng.isPage(f.mod.sem) {
			return PerSession
		}
		return PerProcess
	case f.once():
		return PerProcess
	case f.fn.Class != nil && depth < 3 && (f.fn.Name == "__init__" || f.fn.Name == "__new__" || f.fn.Name == "__post_init__"):
		longest := PerCall
		for _, g := range f.eng.classOf(f.fn.Class).madeIn {
			l := g.lifetime(depth + 1)
			if l == PerCall && f.eng.isShared(func(v *Value) bool { k := v.Class(); return k != nil && v.kind == KindObject && k.Class == f.fn.Class }) {
				l = PerProcess
			}
			longest = max(longest, l)
		}
		return longest
	}
	return PerCall
}

// once reports whether a function runs once and its result is kept for everybody.
func (f *Frame) once() bool {
	return f.fn != nil && hasDecorator(f.fn, "lru_cache", "cache", "cache_resource", "experimental_singleton", "singleton")
}

// isShared reports whether something is what functions of the program assign to a global name,
// or to the state of an application.
func (e *Engine) isShared(is func(*Value) bool) bool {
	if e.shared == nil {
		e.shared = []*Value{}
		for _, m := range e.list {
			r := e.modules[m]
			if r == nil {
				continue
			}
			for _, name := range m.Scope.Names {
				if v := r.late[name]; v != nil {
					e.shared = append(e.shared, v.Alternatives()...)
				}
			}
		}
		if state := e.states[appState]; state != nil {
			for _, v := range state.store.now {
				e.shared = append(e.shared, v.Alternatives()...)
			}
		}
	}
	return slices.ContainsFunc(e.shared, is)
}

// isPage reports whether a module is a page that runs anew for each visitor, as Streamlit's are.
func (e *Engine) isPage(m *semantic.Module) bool {
	page, known := e.pages[m]
	if known {
		return page
	}
	if r := e.modules[m]; r != nil && r.frame != nil {
		page = drawsPage(r.frame)
		for _, c := range r.frame.Calls {
			fn := c.Callee.Function()
			for _, f := range r.frames {
				page = page || fn != nil && f.fn == fn && drawsPage(f) // main()
			}
		}
	}
	if e.pages == nil {
		e.pages = map[*semantic.Module]bool{}
	}
	e.pages[m] = page
	return page
}

// drawsPage reports whether code puts something on a page of Streamlit's.
func drawsPage(f *Frame) bool {
	return slices.ContainsFunc(f.Calls, func(c *Call) bool {
		return c.Symbol.Under("streamlit") && !strings.Contains(c.Symbol.String(), "cache") && c.Method != "set_page_config"
	})
}

// Serves reports whether the function runs for remote requests: it handles them, or one that does
// calls it. A page of Streamlit's does itself. It is known to a visitor only.
func (f *Frame) Serves() bool {
	if f.fn == nil {
		return f.eng.isPage(f.mod.sem)
	}
	e := f.eng
	if e.serving == nil {
		e.serving = map[*semantic.Function]bool{}
		var queue []*semantic.Function
		add := func(fn *semantic.Function) {
			if fn != nil && !e.serving[fn] {
				e.serving[fn] = true
				queue = append(queue, fn)
			}
		}
		for _, r := range e.Routes() {
			add(r.Function)
		}
		calls := map[*semantic.Function][]*semantic.Function{}
		for _, g := range e.analysed {
			if g.fn == nil && !e.isPage(g.mod.sem) {
				continue
			}
			for _, c := range g.Calls {
				for _, a := range c.Callee.Alternatives() {
					if called := a.Function(); called != nil {
						if g.fn == nil {
							add(called)
						} else {
							calls[g.fn] = append(calls[g.fn], called)
						}
					}
				}
				for i := range c.Args { // handed to a thread, an executor, a stream
					if called := c.Args[i].Value.Function(); called != nil && g.fn != nil {
						calls[g.fn] = append(calls[g.fn], called)
					}
				}
			}
			if g.fn != nil && g.fn.Parent != nil { // a generator within the handler
				calls[g.fn.Parent] = append(calls[g.fn.Parent], g.fn)
			}
		}
		for i := 0; i < len(queue); i++ {
			for _, called := range calls[queue[i]] {
				add(called)
			}
		}
	}
	return e.serving[f.fn]
}

// stateOf names what keeps attributes or items for other functions: the state of an application, which all
// requests share, flask.g, which the functions of one request do, the session of a page, a browser or a chat, and
// the state of a graph; "" for other values.
func stateOf(v *Value) string {
	if v.kind != KindExternal || v.sym == nil {
		return ""
	}
	switch v.sym.step {
	case "state":
		if v.sym.Is("fastapi.FastAPI().state") {
			return appState
		}
	case "g":
		if v.sym.Is("flask.g") {
			return requestState
		}
	case "session_state":
		if v.sym.Is("streamlit.session_state") {
			return sessionState
		}
	case "session":
		if v.sym.Is("flask.session", "quart.session") {
			return cookieState
		}
	case "user_session":
		if v.sym.Is("chainlit.user_session") {
			return chatState
		}
	case "user_data", "chat_data", "bot_data":
		if v.sym.Is("telegram.ext.Context()." + v.sym.step) {
			return v.sym.step
		}
	case "State":
		if isGraphState(v) {
			return v.text
		}
	}
	return ""
}

// holdsItems reports whether a state is read and set by items.
func holdsItems(state string) bool {
	return state != "" && state != appState && state != requestState
}

// isSession reports whether a state is the session of a browser or a chat: a table of a library's, of which only
// the data is followed that a program puts there.
func isSession(state string) bool {
	switch state {
	case cookieState, chatState, "user_data", "chat_data", "bot_data":
		return true
	}
	return false
}

// isData reports whether a value is labelled data and nothing of which more is known, such as a client or a list of
// messages.
func isData(v *Value) bool {
	return len(v.marks) > 0 && !slices.ContainsFunc(v.Alternatives(), func(a *Value) bool {
		switch a.kind {
		case KindUnknown, KindString, KindConst:
			return false
		case KindExternal: // a field of a request, of a message
			return a.call != nil && !readers[a.call.Method] && !textKeepers[a.call.Method]
		}
		return true
	})
}

const (
	appState     = "app.state"
	requestState = "flask.g"
	sessionState = "streamlit.session_state"
	cookieState  = "flask.session"
	chatState    = "chainlit.user_session"
)

// stateClass stands for a state: what is assigned to an attribute of it is what is read there.
func (e *Engine) stateClass(name string) *Class {
	c := e.states[name]
	if c == nil {
		c = &Class{Class: &semantic.Class{}, body: map[string]*Value{}, store: attributes{clock: &e.clock}, filled: attributes{clock: &e.clock}, assigned: attributes{clock: &e.clock}}
		c.mro = []*Class{c}
		if e.states == nil {
			e.states = map[string]*Class{}
		}
		e.states[name] = c
	}
	return c
}

// keepState notes what is assigned to an attribute of a state.
func (f *Frame) keepState(b *Value, name string, v *Value) {
	if s := stateOf(b); s != "" && (!isSession(s) || isData(v)) {
		f.eng.stateClass(s).setStore(name, dropParams(v))
		f.outer(b, nil, setAttr, name, nil, v, f.current)
	}
}

// stateCall understands the methods of a session's state by which an item is read or set; nil for other calls.
func (f *Frame) stateCall(c *Call) *Value {
	if c.Receiver == nil || f.passive > 0 || !holdsItems(stateOf(c.Receiver)) {
		return nil
	}
	name, ok := c.value(0).Text()
	if !ok {
		return nil
	}
	switch c.Method {
	case "set": // of Chainlit
		if a := c.Arg(1, "value"); a != nil {
			f.keepState(c.Receiver, name, a.Value)
		}
		return nil
	case "get", "pop":
		v := f.readState(c.Receiver, name)
		if isSession(stateOf(c.Receiver)) && !isData(v) {
			return nil // what a library keeps there itself, a model says
		}
		if a := c.Arg(1, ""); a != nil {
			v = join(v, a.Value)
		}
		return v
	case "setdefault":
		if a := c.Arg(1, ""); a != nil {
			f.keepState(c.Receiver, name, a.Value)
		}
		return f.readState(c.Receiver, name)
	}
	return nil
}

// keepWidget keeps what is typed into a widget of Streamlit's that has a key: the session's state has it under that.
func (f *Frame) keepWidget(c *Call, v *Value) {
	a := c.Arg(-1, "key")
	if a == nil || !c.Symbol.Under("streamlit") {
		return
	}
	if name, ok := a.Value.Text(); ok {
		f.eng.stateClass(sessionState).setStore(name, dropParams(v))
	}
}

// readState is what is kept in an attribute of a state; nil where the value is none.
func (f *Frame) readState(v *Value, name string) *Value {
	s := stateOf(v)
	if s == "" {
		return nil
	}
	c := f.eng.stateClass(s)
	stored := c.store.get(name)
	f.reads(c, name, stored)
	if stored == nil {
		return unknownWith(f.fields(v.marks, name)) // known by what is done with it
	}
	return stored
}
