package flow

import (
	"net"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells what stands between everybody and the functions that serve requests: what asks
// for the caller, what counts the calls, and which servers only this machine reaches. What cannot
// be told counts as a protection: a decorator, a dependency or middleware of a package that is not
// there. Nothing is computed before a check asks.

// Protection is what a request passes before it comes to the function: at its decorators,
// parameters and class, in what it calls, at its router and application. It is known to a
// visitor only.
func (r *Route) Protection() models.Protection {
	w := r.eng.guards()
	p := w.function(r.Function) | w.everywhere[r.Library]
	if r.Call != nil {
		p |= w.registration(r.Call)
	}
	switch {
	case r.Owner != nil:
		p |= w.owner(r.Owner, map[*ast.Call]bool{})
	default:
		p |= w.anywhere // by some application, and it is not known by which
	}
	return p &^ models.Nothing
}

// ProtectionOf is what requests pass before they come to a function, in each of the ways in which
// it serves them. It is known to a visitor only.
func (f *Frame) ProtectionOf(fn *semantic.Function) models.Protection {
	routes := f.eng.RoutesOf(fn)
	if len(routes) == 0 {
		return 0
	}
	p := models.Identity | models.Rate
	for _, r := range routes {
		p &= r.Protection()
	}
	return p
}

// Refuses is what the code that is analysed together answers anywhere: that a caller is not known
// or calls too often, also where it hands on what the API of a model answered. It is known to a
// visitor only.
func (f *Frame) Refuses() models.Protection {
	w := f.eng.guards()
	if w.refusal != nil {
		return *w.refusal
	}
	var p models.Protection
	for _, m := range f.eng.list {
		for _, fn := range m.Functions {
			j := w.own(fn)
			p |= j.refuses | j.handsOn
		}
	}
	w.refusal = &p
	return p
}

// Reach says who reaches a server.
type Reach uint8

// The reaches.
const (
	// NoServer is said of calls that start none.
	NoServer Reach = iota
	// ThisMachine: it listens on the loopback interface alone.
	ThisMachine
	// SomeNetwork: it cannot be told on which interfaces it listens.
	SomeNetwork
	// EachNetwork: it listens on an address that other machines reach.
	EachNetwork
)

// Reach says who reaches the server that a call starts.
func (c *Call) Reach() Reach {
	out := NoServer
	for _, m := range symModels(c.Symbol) {
		if m.Serves != nil {
			out = max(out, c.reachOf(m.Serves))
		}
	}
	return out
}

func (c *Call) reachOf(s *models.Server) Reach {
	if s.Opens != "" && holds(c, s.Opens) {
		return EachNetwork
	}
	out := NoServer
	if s.Host != "" {
		for _, a := range c.select0(s.Host) {
			for _, v := range a.Value.Alternatives() {
				out = max(out, c.reachAt(v, s))
			}
		}
	}
	switch {
	case out != NoServer:
		return out
	case c.HasRest():
		return SomeNetwork
	}
	return ReachOf(s.Default)
}

// reachAt says who reaches the address that a value is, or the first of a pair.
func (c *Call) reachAt(v *Value, s *models.Server) Reach {
	if items, _, ok := c.Items(v); ok && len(items) > 0 {
		v = items[0].Value
	}
	if v.IsNone() {
		return ReachOf(s.Default)
	}
	text, ok := v.Text()
	switch {
	case !ok:
		return SomeNetwork
	case text == "":
		return ReachOf(s.Default)
	}
	return ReachOf(text)
}

// ReachOf says who reaches a server that listens on an address: a name or IP address, with or
// without a port.
func ReachOf(host string) Reach {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); host == "localhost" || ip != nil && ip.IsLoopback() {
		return ThisMachine
	}
	return EachNetwork
}

// Servers lists the calls that start servers in the files that are analysed together. It is
// known to a visitor only.
func (f *Frame) Servers() []*Call {
	var out []*Call
	seen := map[ast.Node]bool{}
	for _, g := range f.eng.analysed {
		for _, c := range g.Calls {
			if c.Symbol != nil && !seen[c.Node] && c.Reach() != NoServer {
				seen[c.Node] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// maxGuardDepth bounds how far calls are followed from a handler to what turns a request away.
const maxGuardDepth = 3

// guards judges what lets only some requests pass, and remembers it.
type guards struct {
	// refusal is what Refuses tells, once it was asked.
	refusal *models.Protection
	eng     *Engine
	judged  map[*semantic.Function]*judgement
	// covered holds what protects the functions of an application or router, by the call that
	// makes it, and mounted of what it is a part.
	covered map[*ast.Call]models.Protection
	mounted map[*ast.Call][]mount
	// anywhere is what protects some application, everywhere what protects all functions that a
	// library serves.
	anywhere   models.Protection
	everywhere map[string]models.Protection
	// wrapped holds what functions and classes are wrapped in: `login_required(view)`.
	wrapped map[*semantic.Function]models.Protection
	classes map[*semantic.Class]models.Protection
	gates   map[*semantic.Class][]*semantic.Function
	// gating, making and within hold the functions, calls and lists that are being looked at as gates,
	// since a program may well put something before itself.
	gating map[*semantic.Function]bool
	making map[*Call]bool
	within map[*Object]bool
}

// mount says that something is served as a part of another, behind what gates it there; the
// other is nil where it is not known.
type mount struct {
	in   *ast.Call
	gate models.Protection
}

// judgement is what a function's own code does with a request.
type judgement struct {
	// handler is what it means in a handler, gate in what stands before one: there more of what is
	// not known counts.
	handler, gate models.Protection
	// refuses is what it answers to those that it turns away.
	refuses models.Protection
	// handsOn is what it answers when the API of a model turns the program itself away.
	handsOn models.Protection
	calls   []*semantic.Function
	// passes are the gates among its parameters.
	passes models.Protection
	raises bool
}

func (e *Engine) guards() *guards {
	if e.guarded != nil {
		return e.guarded
	}
	w := &guards{
		eng: e, judged: map[*semantic.Function]*judgement{}, covered: map[*ast.Call]models.Protection{}, mounted: map[*ast.Call][]mount{},
		everywhere: map[string]models.Protection{}, wrapped: map[*semantic.Function]models.Protection{}, classes: map[*semantic.Class]models.Protection{}, gates: map[*semantic.Class][]*semantic.Function{},
		gating: map[*semantic.Function]bool{}, making: map[*Call]bool{}, within: map[*Object]bool{},
	}
	e.guarded = w
	seen := map[ast.Node]bool{}
	for _, f := range e.analysed {
		for _, c := range f.Calls {
			if c.Symbol != nil && (!seen[c.Node] || len(c.Symbol.Models) > 0) {
				w.placed(c)
			}
			if !seen[c.Node] {
				w.wraps(c)
			}
			seen[c.Node] = true
		}
	}
	for _, cb := range e.callbacks {
		fn := cb.fn.Function()
		if !cb.cb.Gate || fn == nil {
			continue
		}
		switch {
		case fn.Class != nil && strings.HasPrefix(string(cb.cb.Arg), "subclass."):
			if !slices.Contains(w.gates[fn.Class], fn) {
				w.gates[fn.Class] = append(w.gates[fn.Class], fn)
			}
		case cb.owner != nil:
			w.cover(cb.owner.Node, w.gateFunction(fn))
		default:
			w.anywhere |= w.gateFunction(fn) &^ models.Nothing
		}
	}
	for _, m := range e.list {
		for _, fn := range m.Functions {
			if fn.Def == nil {
				continue
			}
			for _, d := range fn.Def.Decorators {
				w.registersAll(fn, d.Expr)
			}
		}
	}
	return w
}

// cover notes what protects the functions of what a call makes.
func (w *guards) cover(made *ast.Call, p models.Protection) {
	p &^= models.Nothing
	w.covered[made] |= p
	w.anywhere |= p
}

// placed notes what a call puts before functions that others register.
func (w *guards) placed(c *Call) {
	serves := false
	for _, m := range c.Symbol.Models {
		serves = serves || registers(m)
	}
	for _, m := range c.Symbol.Models {
		if m.Protects == 0 && len(m.Gates) == 0 && len(m.Mounts) == 0 {
			continue
		}
		p := w.says(c, m)
		if m.ProtectsAll != "" {
			w.everywhere[m.ProtectsAll] |= p
		}
		switch {
		case len(m.Mounts) > 0:
			in := c.Node
			if c.Receiver != nil {
				in = nil
				if c.Receiver.call != nil {
					in = c.Receiver.call.Node
				}
			}
			for _, a := range m.Mounts {
				for _, x := range c.select0(a) {
					w.mount(c, x.Value, mount{in, p})
				}
			}
			if c.Receiver == nil {
				w.cover(c.Node, p)
			}
		case len(m.Covers) > 0:
			for _, a := range m.Covers {
				for _, x := range c.select0(a) {
					if made := x.Value.Origin(); made != nil {
						w.cover(made.Node, p)
					}
				}
			}
		case len(m.Gates) == 0 || serves:
			// It protects where it stands: in a decorator, a list, a body.
		case c.Receiver == nil || isClass(c):
			if !strings.Contains(string(m.Gates[0]), ":") { // method_decorator(check) stands somewhere as well
				w.cover(c.Node, p)
			}
		case c.Receiver.call != nil:
			w.cover(c.Receiver.call.Node, p)
		default:
			w.anywhere |= p &^ models.Nothing
		}
	}
}

// isClass reports whether a call of an attribute makes something: fastapi.FastAPI(). Its receiver
// is a module.
func isClass(c *Call) bool {
	return c.Receiver.kind == KindExternal && c.Receiver.call == nil && !strings.Contains(c.Receiver.Name(), "()")
}

func (w *guards) mount(c *Call, v *Value, at mount) {
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			if made := it.Value.Origin(); made != nil {
				w.mounted[made.Node] = append(w.mounted[made.Node], at)
			}
		}
	}
	if made := v.Origin(); made != nil {
		w.mounted[made.Node] = append(w.mounted[made.Node], at)
	}
}

// registers reports whether a call of a name registers a function that serves requests.
func registers(m *models.Model) bool {
	return slices.ContainsFunc(m.Callbacks, func(cb models.Callback) bool { return cb.Route })
}

// says is what a call protects as its model says.
func (w *guards) says(c *Call, m *models.Model) models.Protection {
	var p models.Protection
	if m.Protects != 0 && (len(m.ProtectsIf) == 0 || cleansHere(c, m.ProtectsIf)) {
		p |= m.Protects
	}
	for _, a := range m.Gates {
		if strings.HasPrefix(string(a), ".") {
			continue
		}
		for _, x := range c.select0(a) {
			if !x.Value.IsNone() && !x.Value.IsFalse() {
				p |= w.argument(c, x, string(a))
			}
		}
	}
	return p
}

// argument is what something protects that is handed in as a gate.
func (w *guards) argument(c *Call, a Argument, name string) models.Protection {
	p := w.value(c, a.Value, a.Node, strings.Contains(name, "middleware") || strings.HasSuffix(name, ":cls"))
	if !strings.Contains(name, ":") && !strings.Contains(name, "middleware") {
		p |= models.ProtectionNamed(name) // auth=, throttle=
	}
	return p
}

// registration is what the call that registers a function puts before it.
func (w *guards) registration(c *Call) models.Protection {
	var p models.Protection
	for _, m := range symModels(c.Symbol) {
		if m.ProtectsAll == "" && len(m.Mounts) == 0 && len(m.Covers) == 0 {
			p |= w.says(c, m)
		}
	}
	return p
}

// owner is what protects the functions of an application or router.
func (w *guards) owner(made *Call, seen map[*ast.Call]bool) models.Protection {
	return w.ownerAt(made.Node, seen)
}

func (w *guards) ownerAt(made *ast.Call, seen map[*ast.Call]bool) models.Protection {
	if seen[made] {
		return 0
	}
	seen[made] = true
	p := w.covered[made]
	for _, m := range w.mounted[made] {
		p |= m.gate
		if m.in == nil {
			p |= w.anywhere
			continue
		}
		p |= w.ownerAt(m.in, seen)
	}
	return p
}

// wraps notes what a call puts around a function, a view class or an application that it is
// given: `login_required(view)`, `AuthMiddleware(app)`.
func (w *guards) wraps(c *Call) {
	if len(c.Args) == 0 || c.Callee == nil {
		return
	}
	for i := range c.Args {
		v := c.Args[i].Value
		fn := v.Function()
		var class *Class
		if made := w.eng.CallAt(c.Args[i].Node); made != nil && made.Method == "as_view" {
			class = made.Receiver.Class()
		}
		switch {
		case fn != nil && len(w.eng.RoutesOf(fn)) > 0:
			w.wrapped[fn] |= w.around(c)
		case class != nil:
			w.classes[class.Class] |= w.around(c)
		case i == 0 && isApplication(v):
			if p := w.around(c); c.Symbol == nil && c.Callee.Function() == nil && p != 0 {
				if made := v.Origin(); made != nil {
					w.cover(made.Node, p)
				} else {
					w.anywhere |= p
				}
			}
		}
	}
}

// isApplication reports whether a value is what functions are registered at.
func isApplication(v *Value) bool {
	return v.Is("fastapi.FastAPI()", "starlette.applications.Starlette()", "flask.Flask()", "flask.Flask().wsgi_app", "aiohttp.web.Application()", "sanic.Sanic()")
}

// around is what a call protects that is given a function. A function of the project that is
// only handed another, as an executor is, does not count by its name.
func (w *guards) around(c *Call) models.Protection {
	if inner := c.Callee.Origin(); inner != nil { // user_passes_test(check)(view)
		return w.made(inner, false)
	}
	return w.made(c, false)
}

// registersAll notes a function that signs callers in for a whole library: chainlit's
// password_auth_callback.
func (w *guards) registersAll(fn *semantic.Function, d ast.Expr) {
	f := w.definer(fn)
	if f == nil {
		return
	}
	if c, ok := d.(*ast.Call); ok {
		d = c.Fn
	}
	for _, m := range symModels(f.ValueOf(d).Symbol()) {
		if m.ProtectsAll != "" {
			w.everywhere[m.ProtectsAll] |= m.Protects
		}
	}
}

// definer is the frame in which a function is defined.
func (w *guards) definer(fn *semantic.Function) *Frame {
	switch {
	case fn.Class != nil:
		if f := w.eng.classOf(fn.Class).frame; f != nil {
			return f
		}
	case fn.Parent != nil:
		if f := w.eng.frameOf(fn.Parent); f != nil {
			return f
		}
	}
	if m := w.eng.modules[fn.Module]; m != nil {
		return m.frame
	}
	return nil
}

// function is what stands before, around and in a function that serves requests.
func (w *guards) function(fn *semantic.Function) models.Protection {
	p := w.wrapped[fn] | w.body(fn, false)
	f := w.definer(fn)
	if f == nil {
		return p
	}
	if fn.Def != nil {
		for _, d := range fn.Def.Decorators {
			p |= w.decorator(f, d.Expr)
		}
	}
	if fn.Class != nil {
		p |= w.viewClass(w.eng.classOf(fn.Class))
	}
	return p
}

// decorator is what a decorator protects, apart from what it registers.
func (w *guards) decorator(f *Frame, d ast.Expr) models.Protection {
	at := d
	if c, ok := d.(*ast.Call); ok {
		at = c.Fn
	}
	if slices.ContainsFunc(symModels(f.ValueOf(at).Symbol()), registers) && !w.modelled(f.ValueOf(at).Symbol()) {
		return 0
	}
	return w.expr(f, d, false)
}

// modelled reports whether models say of a name what it protects.
func (w *guards) modelled(s *Symbol) bool {
	return slices.ContainsFunc(symModels(s), func(m *models.Model) bool { return m.Protects != 0 || len(m.Gates) > 0 })
}

// viewClass is what protects the methods of a class that serve requests.
func (w *guards) viewClass(c *Class) models.Protection {
	var p models.Protection
	for _, k := range c.Linear() {
		p |= w.classes[k.Class]
		for i, b := range k.Bases {
			if b.kind == KindClass {
				continue
			}
			if e := k.Node.Bases; i < len(e) && !slices.ContainsFunc(symModels(b.Symbol()), hasCallbacks) {
				p |= w.value(nil, b, e[i], false)
			}
		}
		outer := w.outside(k)
		for _, d := range k.Node.Decorators {
			if outer != nil {
				p |= w.decorator(outer, d.Expr)
			}
		}
		for _, fn := range w.gates[k.Class] {
			p |= w.gateFunction(fn)
		}
	}
	c.external(func(s *Symbol) bool {
		for _, m := range s.Models {
			for _, a := range m.Gates {
				if name, ok := strings.CutPrefix(string(a), "."); ok {
					p |= w.attribute(c, name)
				}
			}
		}
		return true
	})
	return p
}

func hasCallbacks(m *models.Model) bool { return len(m.Callbacks) > 0 }

// outside is the frame in which a class is defined.
func (w *guards) outside(c *Class) *Frame {
	if c.frame != nil && c.frame.env != nil {
		return c.frame.env
	}
	if m := w.eng.modules[c.Module]; m != nil {
		return m.frame
	}
	return nil
}

// attribute is what an attribute of a class lists.
func (w *guards) attribute(c *Class, name string) models.Protection {
	for _, k := range c.Linear() {
		if k.body[name] == nil || k.frame == nil {
			continue
		}
		var p models.Protection
		for _, s := range k.Node.Body {
			var value ast.Expr
			switch s := s.(type) {
			case *ast.Assign:
				for _, t := range s.Targets {
					if isNamed(t, name) {
						value = s.Value
					}
				}
			case *ast.AnnAssign:
				if isNamed(s.Target, name) {
					value = s.Value
				}
			}
			if value == nil {
				continue
			}
			p = w.expr(k.frame, value, name == "middleware")
			if _, ok := value.(*ast.Str); ok {
				p |= models.ProtectionNamed(name) // throttle_scope
			}
		}
		return p
	}
	return 0
}

// expr is what an expression protects that stands before a function: a decorator, an entry of a
// list, a dependency.
func (w *guards) expr(f *Frame, e ast.Expr, middleware bool) models.Protection {
	var p models.Protection
	switch e := e.(type) {
	case *ast.Call:
		c := w.eng.CallAt(e)
		if c == nil {
			c = w.read(f, e)
		}
		return w.made(c, middleware)
	case *ast.List:
		for _, x := range e.Elts {
			p |= w.expr(f, x, middleware)
		}
	case *ast.Tuple:
		for _, x := range e.Elts {
			p |= w.expr(f, x, middleware)
		}
	case *ast.BinOp:
		p = w.expr(f, e.Left, middleware) | w.expr(f, e.Right, middleware)
	case *ast.UnaryOp:
		p = w.expr(f, e.Operand, middleware)
	case *ast.BoolOp:
		for _, x := range e.Values {
			p |= w.expr(f, x, middleware)
		}
	case *ast.IfExp:
		p = w.expr(f, e.Body, middleware) | w.expr(f, e.Orelse, middleware)
	case *ast.Starred:
		p = w.expr(f, e.Value, middleware)
	case *ast.Name, *ast.Attribute:
		p = w.value(nil, f.ValueOf(e), e, middleware)
	}
	return p
}

// read makes the call of code that the analysis does not run, as in annotations.
func (w *guards) read(f *Frame, e *ast.Call) *Call {
	c := &Call{Node: e, Frame: f, Callee: f.ValueOf(e.Fn)}
	c.Symbol = c.Callee.Symbol()
	for i, a := range e.Args {
		c.Args = append(c.Args, Argument{Pos: i, Value: w.readValue(f, a), Node: a, Given: a})
	}
	for _, k := range e.Keywords {
		if k.Name != nil {
			c.Args = append(c.Args, Argument{Name: k.Name.Id, Pos: -1, Value: w.readValue(f, k.Value), Node: k.Value, Given: k.Value, Keyword: k})
		}
	}
	return c
}

func (w *guards) readValue(f *Frame, e ast.Expr) *Value {
	switch e := e.(type) {
	case *ast.Str:
		return stringValue(e.Value)
	case *ast.Call:
		c := w.read(f, e)
		return &Value{call: c}
	}
	return f.ValueOf(e)
}

// value is what a value protects that stands before a function; e is how it is written.
func (w *guards) value(c *Call, v *Value, e ast.Expr, middleware bool) models.Protection {
	var p models.Protection
	for _, a := range v.Alternatives() {
		p |= w.one(c, a, e, middleware)
	}
	return p
}

func (w *guards) one(c *Call, v *Value, e ast.Expr, middleware bool) models.Protection {
	var p models.Protection
	switch v.kind {
	case KindConst, KindString:
		return 0
	case KindFunction:
		return w.gateFunction(v.Function())
	case KindPartial:
		if pt, ok := v.ref.(*partial); ok {
			return w.value(c, pt.fn, e, middleware)
		}
	case KindClass:
		return w.class(v.Class(), middleware)
	case KindObject:
		if k := v.Class(); k != nil {
			return w.class(k, middleware)
		}
		at := &Call{}
		if c != nil {
			at.heap = c.heap
		}
		o := v.object()
		if w.within[o] || len(w.within) > maxGuardDepth {
			return 0
		}
		w.within[o] = true
		defer delete(w.within, o)
		items, _, _ := at.Items(v)
		seen := map[*Value]bool{}
		for _, it := range items {
			if x, _ := it.Node.(ast.Expr); !seen[it.Value] {
				seen[it.Value] = true
				p |= w.value(c, it.Value, x, middleware)
			}
		}
		return p
	}
	if v.call != nil && (v.kind != KindExternal || v.sym == nil || v.sym.step == "()") {
		return w.made(v.call, middleware)
	}
	if w.modelled(v.Symbol()) {
		for _, m := range v.sym.Models {
			p |= m.Protects
		}
		return p
	}
	return w.named(w.dotted(c, v, e), middleware)
}

// named judges what is not known by its name.
func (w *guards) named(name string, middleware bool) models.Protection {
	p := models.ProtectionNamed(name)
	if p == 0 && middleware && !models.PassesByName(name) {
		return models.Identity | models.Rate
	}
	return p
}

// dotted is the name of a value of which little is known, with where it is imported from.
func (w *guards) dotted(c *Call, v *Value, e ast.Expr) string {
	if name := v.Name(); name != "" {
		return name
	}
	name := ""
	for e != nil {
		switch n := e.(type) {
		case *ast.Attribute:
			name = "." + n.Attr.Id + name
			e = n.Value
			continue
		case *ast.Call:
			e = n.Fn
			continue
		case *ast.Subscript:
			e = n.Value
			continue
		case *ast.Name:
			return n.Id + name
		}
		break
	}
	return name
}

// made is what a call gives that stands before a function: `Depends(check)`, `RateLimiter(...)`,
// a decorator with arguments.
func (w *guards) made(c *Call, middleware bool) models.Protection {
	var p models.Protection
	if w.making[c] || len(w.making) > 2*maxGuardDepth {
		return 0
	}
	w.making[c] = true
	defer delete(w.making, c)
	known := false
	for _, m := range symModels(c.Symbol) {
		if m.Protects != 0 || len(m.Gates) > 0 {
			known = true
			if middleware && len(m.Gates) > 0 {
				for _, a := range m.Gates {
					for _, x := range c.select0(a) {
						p |= w.value(c, x.Value, x.Node, true)
					}
				}
				p |= m.Protects
				continue
			}
			p |= w.says(c, m)
		}
	}
	if known {
		return p
	}
	for _, v := range c.Callee.Alternatives() {
		switch v.kind {
		case KindFunction:
			known = true
			p |= w.gateFunction(v.Function())
		case KindClass:
			known = true
			p |= w.class(v.Class(), middleware)
		case KindObject:
			if k := v.Class(); k != nil {
				known = true
				p |= w.class(k, middleware)
			}
		}
	}
	if known {
		return p
	}
	return w.named(w.dotted(c, c.Callee, c.Node.Fn), middleware)
}

// class is what a class of the project protects whose instances stand before functions:
// middleware, a permission, a dependency that is called.
func (w *guards) class(c *Class, middleware bool) models.Protection {
	var p models.Protection
	for _, k := range c.Linear() {
		for i, b := range k.Bases {
			switch {
			case b.kind == KindClass:
			case w.modelled(b.Symbol()):
				for _, m := range b.Symbol().Models {
					p |= m.Protects
				}
			case b.kind == KindUnknown && i < len(k.Node.Bases):
				p |= w.named(w.dotted(nil, b, k.Node.Bases[i]), false)
			}
		}
		for _, fn := range k.Methods {
			p |= w.body(fn, true)
		}
	}
	return p
}

// gateFunction is what a function protects that requests pass before others.
func (w *guards) gateFunction(fn *semantic.Function) models.Protection {
	p := w.body(fn, true)
	if w.gating[fn] || len(w.gating) > maxGuardDepth {
		return p
	}
	w.gating[fn] = true
	defer delete(w.gating, fn)
	if f := w.definer(fn); f != nil && fn.Def != nil {
		for _, d := range fn.Def.Decorators {
			p |= w.decorator(f, d.Expr)
		}
	}
	return p
}

// body is what a function does with requests, with what it calls.
func (w *guards) body(fn *semantic.Function, gate bool) models.Protection {
	var p models.Protection
	seen := map[*semantic.Function]bool{fn: true}
	level := []*semantic.Function{fn}
	for depth := 0; depth <= maxGuardDepth && len(level) > 0; depth++ {
		var next []*semantic.Function
		for _, g := range level {
			j := w.own(g)
			p |= j.handler | j.passes
			if gate {
				p |= j.gate
			}
			for _, called := range j.calls {
				if !seen[called] {
					seen[called] = true
					next = append(next, called)
				}
			}
		}
		level = next
	}
	return p
}

// own judges a function's own code.
func (w *guards) own(fn *semantic.Function) *judgement {
	if j := w.judged[fn]; j != nil {
		return j
	}
	j := &judgement{}
	w.judged[fn] = j
	f := w.eng.frameOf(fn)
	if f == nil {
		f = w.definer(fn)
	}
	if f == nil {
		return j
	}
	if def := w.definer(fn); def != nil && fn.Params != nil {
		for _, p := range fn.Params.List {
			j.passes |= w.parameter(def, p)
		}
	}
	b := &bodyJudge{guards: w, j: j, f: f, fn: fn, skip: map[ast.Node]bool{}}
	if fn.Lambda != nil {
		ast.Inspect(fn.Lambda.Body, b.visit)
	} else {
		ast.InspectStmts(fn.Body, b.visit)
	}
	if j.raises { // it is called verify_token and can turn down
		p := models.ProtectionCalled(fn.Name)
		j.handler |= p
	}
	j.handler |= j.refuses
	return j
}

// parameter is what a framework does for a parameter before it calls the function.
func (w *guards) parameter(f *Frame, p *ast.Param) models.Protection {
	var out models.Protection
	if p.Name == nil {
		return 0
	}
	for _, c := range declared(f, p) {
		call := w.eng.CallAt(c)
		if call == nil {
			call = w.read(f, c)
		}
		if w.modelled(call.Symbol) {
			if len(call.Args) == 0 && p.Annotation != nil { // user: User = Depends()
				out |= w.value(call, f.ValueOf(p.Annotation), p.Annotation, false)
			}
			out |= w.made(call, false)
			continue
		}
		for _, m := range symModels(call.Symbol) {
			name := p.Name.Id
			if a := call.Arg(-1, "alias"); a != nil {
				if t, ok := a.Value.Text(); ok {
					name = t
				}
			}
			if m.Source == models.User && models.IsCredentialName(name) {
				out |= models.Identity
			}
		}
	}
	return out
}

// declared lists the calls that stand in the default or annotation of a parameter, or in the
// alias that its annotation names.
func declared(f *Frame, p *ast.Param) []*ast.Call {
	var out []*ast.Call
	if c, ok := p.Default.(*ast.Call); ok {
		out = append(out, c)
	}
	note := func(e ast.Expr) {
		s, ok := e.(*ast.Subscript)
		if !ok {
			return
		}
		t, ok := s.Index.(*ast.Tuple)
		if !ok {
			return
		}
		for _, x := range t.Elts {
			if c, ok := x.(*ast.Call); ok {
				out = append(out, c)
			}
		}
	}
	switch a := p.Annotation.(type) {
	case *ast.Subscript:
		note(a)
	case *ast.Name, *ast.Attribute:
		for _, s := range f.SpelledOut(a) {
			note(s.Expr)
		}
	}
	return out
}

// bodyJudge walks a function's code.
type bodyJudge struct {
	*guards
	j    *judgement
	f    *Frame
	fn   *semantic.Function
	skip map[ast.Node]bool
}

func (b *bodyJudge) visit(n ast.Node) bool {
	if b.skip[n] {
		return false
	}
	switch n := n.(type) {
	case *ast.FunctionDef:
		if inner := b.fn.Module.FunctionAt(n); inner != nil {
			// What serves requests itself is asked for itself.
			return len(b.eng.RoutesOf(inner)) == 0
		}
	case *ast.ExceptHandler:
		if b.ofProvider(n.Type) {
			for _, s := range n.Body {
				ast.Inspect(s, func(x ast.Node) bool {
					if k, ok := x.(*ast.Number); ok && k.Text == "429" {
						b.j.handsOn |= models.Rate
					}
					return true
				})
			}
			return false
		}
	case *ast.Raise:
		b.j.raises = true
	case *ast.Return:
		if c, ok := n.Value.(*ast.Constant); ok && c.Value != ast.True {
			b.j.raises = true
		}
	case *ast.MatchValue:
		return false
	case *ast.Compare:
		b.compare(n)
	case *ast.Assign:
		for _, t := range n.Targets {
			if _, ok := t.(*ast.Subscript); ok {
				b.skip[t] = true
			}
		}
	case *ast.Number:
		if n.Text == "401" || n.Text == "403" || n.Text == "429" {
			b.j.refuses |= models.StatusOf(n.Text)
		}
	case *ast.Str:
		if len(n.Value) > 4 && n.Value[3] == ' ' {
			b.j.refuses |= models.StatusOf(n.Value[:3])
		}
	case *ast.Name:
		b.j.refuses |= models.RefusalNamed(n.Id)
		if models.ProtectionNamed(n.Id) != 0 || n.Id == "session" {
			b.reads(n)
		}
	case *ast.Attribute:
		b.j.refuses |= models.RefusalNamed(n.Attr.Id)
		if models.IsCallerRead(lastName(n.Value), n.Attr.Id) {
			b.j.handler |= models.Identity
		} else if models.ProtectionNamed(n.Attr.Id) != 0 || n.Attr.Id == "session" {
			b.reads(n)
		}
	case *ast.Subscript:
		if s, ok := n.Index.(*ast.Str); ok {
			b.field(n.Value, s.Value)
		}
	case *ast.Call:
		b.call(n)
	}
	return true
}

// reads takes a name that a model says is the caller's: flask_login.current_user.
func (b *bodyJudge) reads(e ast.Expr) {
	for _, m := range symModels(b.f.ValueOf(e).Symbol()) {
		if m.Protects.Has(models.Identity) && m.ProtectsAll == "" && len(m.Callbacks) == 0 {
			b.j.handler |= models.Identity
		}
	}
}

// field takes what is read from a part of the request under the name of a credential.
func (b *bodyJudge) field(part ast.Expr, name string) {
	if models.RequestParts[lastName(part)] && models.IsCredentialName(name) || models.IsCallerRead(lastName(part), name) {
		b.j.handler |= models.Identity
	}
}

// compare takes a comparison with a secret; the numbers that are compared with are no answers.
func (b *bodyJudge) compare(n *ast.Compare) {
	for _, e := range append([]ast.Expr{n.Left}, n.Right...) {
		switch e := e.(type) {
		case *ast.Number, *ast.Str:
			b.skip[e] = true
		case *ast.Tuple:
			b.skip[e] = true
		case *ast.List:
			b.skip[e] = true
		case *ast.Set:
			b.skip[e] = true
		case *ast.Attribute:
			if models.RefusalNamed(e.Attr.Id) != 0 { // of somebody else's answer
				b.skip[e] = true
			}
		}
		if name := lastName(e); len(name) > 5 && name != "token" && models.IsCredentialName(name) {
			b.j.handler |= models.Identity
		}
	}
}

func (b *bodyJudge) call(n *ast.Call) {
	c := b.eng.CallAt(n)
	name := lastName(n.Fn)
	if at, ok := n.Fn.(*ast.Attribute); ok && len(n.Args) > 0 {
		if s, ok := n.Args[0].(*ast.Str); ok && (name == "get" || name == "getlist" || name == "get_all" || name == "getone") {
			b.field(at.Value, s.Value)
		}
	}
	switch {
	case name == "close":
		for _, k := range n.Keywords {
			if x, ok := k.Value.(*ast.Number); ok {
				b.j.refuses |= models.StatusOf(x.Text)
			}
		}
		for _, a := range n.Args {
			if x, ok := a.(*ast.Number); ok {
				b.j.refuses |= models.StatusOf(x.Text)
			}
		}
	case strings.Contains(strings.ToLower(name), "redirect") || name == "HTTPFound" || name == "HTTPSeeOther":
		if toLogin(n) {
			b.j.refuses |= models.Identity
		}
	}
	if c == nil {
		b.j.handler |= models.ProtectionCalled(b.dotted(nil, unknown, n.Fn))
		return
	}
	if entered := entered(c); len(entered) > 0 {
		b.j.calls = append(b.j.calls, entered...)
		return
	}
	if b.modelled(c.Symbol) {
		for _, m := range c.Symbol.Models {
			if m.Protects != 0 && m.ProtectsAll == "" {
				b.j.handler |= b.says(c, m) &^ models.Nothing
			}
		}
		return
	}
	dotted := b.dotted(c, c.Callee, n.Fn)
	b.j.handler |= models.ProtectionCalled(dotted)
	if c.Symbol == nil || len(c.Symbol.Models) == 0 {
		if models.AsksByName(dotted) {
			b.j.gate |= models.Identity | models.ProtectionNamed(dotted)
		}
	}
}

// ofProvider reports whether a handler takes the errors of a model's API, which it may hand on.
func (b *bodyJudge) ofProvider(e ast.Expr) bool {
	switch e := e.(type) {
	case nil:
		return false
	case *ast.Tuple:
		return slices.ContainsFunc(e.Elts, b.ofProvider)
	}
	name := b.f.ValueOf(e).Name()
	return slices.ContainsFunc(sdks, func(sdk string) bool { return strings.HasPrefix(name, sdk+".") })
}

// toLogin reports whether a redirect leads to a page where callers sign in.
func toLogin(c *ast.Call) bool {
	found := false
	for _, a := range c.Args {
		ast.Inspect(a, func(n ast.Node) bool {
			if s, ok := n.(*ast.Str); ok {
				t := strings.ToLower(s.Value)
				found = found || strings.Contains(t, "login") || strings.Contains(t, "signin") || strings.Contains(t, "sign-in") || strings.Contains(t, "auth")
			}
			return !found
		})
	}
	return found
}
