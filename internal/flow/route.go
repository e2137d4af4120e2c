package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Route is a function of the project that serves remote requests.
type Route struct {
	Function *semantic.Function
	// Call is the call that registers the function, of the decorator or of the router; nil
	// for a decorator without parentheses, a method of a view class and a function that is
	// known by its parameters' names alone.
	Call *Call
	// Symbol is the name of what registers it, nil for the last two.
	Symbol   *Symbol
	Callback *models.Callback
	// Library is the first word of the name of what registers it, a base class included:
	// "fastapi"; for a function that is known by its parameters' names it is that of the first
	// parameter's type.
	Library string

	// Owner is the call that made the application or router at which it is registered; nil where
	// that is not known.
	Owner *Call

	eng *Engine
}

// Path is the constant path that the route serves.
func (r *Route) Path() (path string, ok bool) {
	if r.Call == nil || r.Callback.PathArg == "" {
		return "", false
	}
	for _, a := range r.Call.select0(r.Callback.PathArg) {
		return a.Value.Text()
	}
	return "", false
}

// Routes lists the functions that serve remote requests, in the order in which they were
// found. It is complete once the analysis has ended.
func (e *Engine) Routes() []*Route {
	if e.routes == nil {
		e.routes = []*Route{}
		gates := map[*semantic.Function]bool{}
		for _, cb := range e.callbacks {
			if cb.cb.Gate {
				gates[cb.fn.Function()] = true
			}
		}
		for _, cb := range e.callbacks {
			if !cb.cb.Route {
				continue
			}
			fn := cb.fn
			if fn.kind == KindPartial {
				fn = fn.ref.(*partial).fn
			}
			if fn.kind != KindFunction {
				continue
			}
			if cb.by == nil && gates[fn.Function()] {
				continue // middleware has the parameters of a handler
			}
			r := &Route{Function: fn.ref.(*closure).fn, Call: cb.call, Callback: cb.cb, eng: e, Owner: cb.owner, Library: cb.by.first()}
			if cb.call != nil {
				r.Symbol = cb.call.Symbol
			}
			if typ := cb.cb.Types["0"]; r.Library == "" && typ != "" {
				r.Library, _, _ = strings.Cut(typ, ".")
			}
			e.routes = append(e.routes, r)
		}
	}
	return e.routes
}

// Routes lists the functions of the program that serve remote requests. It is known to a
// visitor only.
func (f *Frame) Routes() []*Route { return f.eng.Routes() }

// RoutesOf lists the ways in which a function serves remote requests.
func (e *Engine) RoutesOf(fn *semantic.Function) []*Route {
	if e.routesOf == nil {
		e.routesOf = map[*semantic.Function][]*Route{}
		for _, r := range e.Routes() {
			e.routesOf[r.Function] = append(e.routesOf[r.Function], r)
		}
	}
	return e.routesOf[fn]
}

// Handlers lists the routes in whose functions the way of a path runs: those that took the
// request come first.
func (p *Path) Handlers() []*Route {
	var out []*Route
	seen := map[*semantic.Function]bool{}
	add := func(m *semantic.Module, n ast.Node) {
		if m == nil || n == nil {
			return
		}
		for _, fn := range p.Engine.handlersIn(m) {
			if !seen[fn] && fn.Node().Range().Contains(n.Range()) {
				seen[fn] = true
				out = append(out, p.Engine.RoutesOf(fn)...)
			}
		}
	}
	for _, t := range p.Trace.Steps() {
		add(t.Mod, t.Node)
	}
	add(p.Mod, p.Node)
	return out
}

// handlersIn lists the functions of a module that serve remote requests, in the order of its text.
func (e *Engine) handlersIn(m *semantic.Module) []*semantic.Function {
	if list, known := e.handlers[m]; known {
		return list
	}
	var list []*semantic.Function
	for _, fn := range m.Functions {
		if len(e.RoutesOf(fn)) > 0 {
			list = append(list, fn)
		}
	}
	if e.handlers == nil {
		e.handlers = map[*semantic.Module][]*semantic.Function{}
	}
	e.handlers[m] = list
	return list
}
