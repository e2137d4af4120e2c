package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

// This file follows what frameworks hand from one step of an agent's work to the next.
//
// The nodes of a graph of LangGraph's share a state: what one of them returns under a key, and what the graph is invoked
// with, every node finds there. The messages of a conversation are left out: each has a role of its own, and what models
// make of them is followed where they are sent. The steps of a workflow of LlamaIndex are given the events that others
// make, and what a method of a flow of CrewAI returns those are given that listen to it.

// graphStateName stands for the state that a node is handed, graphState for what keeps it. Graphs of one schema share
// what they keep.
const (
	graphStateName = "langgraph.graph.state.State"
	graphState     = "state of "
)

// graphCall follows a call that adds a node to a graph or runs it.
func (f *Frame) graphCall(c *Call) {
	if f.passive > 0 || c.Receiver == nil || c.Symbol == nil || !c.Symbol.Under("langgraph") {
		return
	}
	switch c.Method {
	case "add_node":
		if c.Symbol.Is("langgraph.graph.StateGraph().add_node") {
			f.addNode(c)
		}
	case "invoke", "ainvoke", "stream", "astream", "astream_events":
		if c.Symbol.Is("langgraph.pregel.Pregel()."+c.Method) && len(c.Args) > 0 {
			f.intoGraph(c, f.stateOfGraph(c.Receiver), c.value(0))
		}
	}
}

// addNode calls a node with the graph's state and keeps what it returns.
func (f *Frame) addNode(c *Call) {
	state := f.stateOfGraph(c.Receiver)
	for i, a := range c.Args {
		if i > 1 || !slices.ContainsFunc(a.Value.Alternatives(), func(v *Value) bool { return v.Function() != nil || v.kind == KindPartial }) {
			continue
		}
		returned := f.invokeValue(a.Value, []Argument{{Pos: 0, Value: state, Node: a.Node}}, c.Node)
		for _, r := range returned.Alternatives() {
			if made := r.Origin(); made != nil && made.Symbol.Is("langgraph.types.Command") {
				if update := made.Arg(-1, "update"); update != nil {
					f.intoGraph(made, state, update.Value)
				}
				continue
			}
			f.intoGraph(c, state, r)
		}
	}
}

// intoGraph keeps the entries of a dict in the state.
func (f *Frame) intoGraph(c *Call, state, v *Value) {
	entries, _, known := c.Entries(v)
	if !known {
		return
	}
	for _, e := range entries {
		if e.Value != nil && e.Name != "messages" {
			f.keepState(state, e.Name, e.Value)
		}
	}
}

// stateOfGraph is the state of the graph that is built or compiled: its schema tells it from others.
func (f *Frame) stateOfGraph(graph *Value) *Value {
	v := &Value{kind: KindExternal, sym: f.eng.table.Lookup(graphStateName), text: graphState}
	for depth := 0; graph != nil && depth < 8; depth++ {
		made := graph.Origin()
		if made == nil {
			break
		}
		if made.Receiver == nil || made.Symbol.Is("langgraph.graph.StateGraph") {
			if a := made.Arg(0, "state_schema"); a != nil {
				if k := a.Value.Class(); k != nil && k.Node != nil {
					v.text = graphState + k.Module.Path + ":" + k.Name
				}
			}
			break
		}
		graph = made.Receiver
	}
	return v
}

// isGraphState reports whether a value is the state that a node is handed.
func isGraphState(v *Value) bool {
	return v.sym.Is(graphStateName)
}

// events are what the steps of a workflow give each other: what anybody fills one with, all find who take one.
var events = []string{"llama_index.core.workflow.Event", "llama_index.core.workflow.events.Event", "workflows.Event", "workflows.events.Event"}

// listener is a method that runs when others have ended.
type listener struct {
	fn    *Value
	after []string
	node  ast.Expr
}

// notesListener remembers a method of CrewAI's Flow that a decorator says to listen to others.
func (f *Frame) notesListener(c *Call, fn *Value) {
	if f.class == nil || c == nil || fn.Function() == nil || !c.Symbol.Is("crewai.flow.flow.listen", "crewai.flow.flow.router") {
		return
	}
	l := listener{fn: fn, node: c.Node}
	for _, a := range c.Args {
		ast.Inspect(a.Node, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				l.after = append(l.after, n.Id)
			case *ast.Str:
				l.after = append(l.after, n.Value)
			}
			return true
		})
	}
	f.listeners = append(f.listeners, l)
}

// runListeners calls the listening methods of a class, whose body is done, with what those return that they listen to.
func (f *Frame) runListeners(c *Class, body *Frame) {
	for _, l := range body.listeners {
		if fn := l.fn.Function(); fn.Params == nil || len(fn.Params.List) < 2 {
			continue
		}
		self := &Value{kind: KindObject, ref: &Object{kind: Instance, class: c, frame: f}}
		for _, name := range l.after {
			if before := c.body[name]; before != nil && before.kind == KindFunction {
				returned := f.invoke(f.bindTo(before, self, c), nil, nil, l.node)
				f.invoke(f.bindTo(l.fn, self, c), []Argument{{Pos: 0, Value: returned, Node: l.node}}, nil, l.node)
			}
		}
	}
}
