package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells what an agent is as a whole: its tools, however they are collected, what
// each of them can do, and whether a person is asked before it does.

// Agent is an agent of the program.
type Agent struct {
	// Call makes it.
	Call *Call
	// Tools lists its tools in order, those of the agents that it is made of included. Open is
	// set when there may be more.
	Tools []AgentTool
	Open  bool
	// Asked is set when people are asked before any of its tools runs.
	Asked bool
	// Power is what it can do without tools.
	Power models.Power
}

// AgentTool is one tool of an agent, or several that a library makes at once.
type AgentTool struct {
	// Name is what the model calls it by, "" where that is not known or where it is several.
	Name string
	// Node is where the tool is put among those of the agent; nil where a decorator does that.
	Node ast.Node
	// Made is the call that makes it: of a library's class, of a decorator, of a wrapper of a
	// function. It is nil for a plain function.
	Made *Call
	// Function is the project's function that the tool runs, nil for others.
	Function *semantic.Function
	// Power is what it can do.
	Power models.Power
	// Asked is set when a person is asked before it does anything.
	Asked bool
	// Fixed is set when whatever it sends goes to recipients that the model does not choose.
	Fixed bool
	// Of is the call that makes the agent whose tool it is, where the agent at hand is made of that
	// one; nil for its own.
	Of *Call
}

// Powers joins what the tools can do; unasked counts only those for which nobody is asked.
func (a *Agent) Powers(unasked bool) models.Power {
	var p models.Power
	if !unasked || !a.Asked {
		p = a.Power
	}
	for i := range a.Tools {
		if t := &a.Tools[i]; !unasked || !a.Asked && !t.Asked {
			p |= t.Power
		}
	}
	return p
}

const (
	maxTools      = 100
	maxAgentDepth = 4
)

// Agent returns the agent that a call makes, nil where it makes none. It is known once the
// analysis has ended.
func (c *Call) Agent() *Agent {
	e := c.Frame.eng
	if a, known := e.agents[c]; known {
		return a
	}
	if e.agents == nil {
		e.agents = map[*Call]*Agent{}
	}
	e.agents[c] = nil // should it be made of itself
	var made *Agent
	for _, m := range symModels(c.Symbol) {
		if m.Agent == nil {
			continue
		}
		if made == nil {
			made = &Agent{Call: c}
		}
		made.learn(c, m.Agent)
	}
	if made == nil {
		return nil
	}
	made.decorated(c)
	for i := range made.Tools {
		t := &made.Tools[i]
		t.Asked = t.Asked || made.approved(c, t.Name)
	}
	e.agents[c] = made
	return made
}

// learn adds what a model says of the call that makes the agent.
func (a *Agent) learn(c *Call, m *models.Agent) {
	for _, cond := range m.Asks {
		a.Asked = a.Asked || asks0(c, cond)
	}
	if m.Power != 0 && (m.PowerIf == "" || holds(c, m.PowerIf)) {
		a.Power |= m.Power
	}
	a.Open = a.Open || c.HasRest()
	for _, arg := range m.Tools {
		for _, x := range c.select0(arg) {
			a.collect(c, x.Value, x.Node, 0)
		}
	}
	for _, arg := range m.AsksWith { // middleware can bring tools of its own
		for _, x := range c.select0(arg) {
			for _, v := range c.elements(x.Value) {
				if t := toolOf(v); t != nil && t.Power != 0 {
					a.collect(c, v, x.Node, 0)
				}
			}
		}
	}
	for _, arg := range m.Of {
		for _, x := range c.select0(arg) {
			for _, v := range c.elements(x.Value) {
				a.madeOf(v)
			}
		}
	}
}

// madeOf adds the tools of an agent that another is made of.
func (a *Agent) madeOf(v *Value) {
	if v.call == nil {
		return
	}
	of := v.call.Agent()
	if of == nil {
		return
	}
	a.Power |= of.Power
	a.Open = a.Open || of.Open
	for _, t := range of.Tools {
		t.Asked = t.Asked || of.Asked || a.Asked
		if t.Of == nil {
			t.Of = of.Call
		}
		a.add(t)
	}
}

// add adds a tool once.
func (a *Agent) add(t AgentTool) {
	same := func(o AgentTool) bool {
		return t.Made != nil && o.Made == t.Made || t.Function != nil && o.Function == t.Function
	}
	if i := slices.IndexFunc(a.Tools, same); i >= 0 {
		a.Tools[i].Asked = a.Tools[i].Asked || t.Asked
		if t.Of == nil {
			a.Tools[i].Of = nil
		}
		return
	}
	if len(a.Tools) < maxTools {
		a.Tools = append(a.Tools, t)
	}
}

// elements are the things that an argument lists, or the argument's value itself.
func (c *Call) elements(v *Value) []*Value {
	items, _, ok := c.Items(v)
	if !ok {
		return v.Alternatives()
	}
	var out []*Value
	for _, it := range items {
		out = append(out, it.Value.Alternatives()...)
	}
	return out
}

// collect adds the tools that a value is.
func (a *Agent) collect(c *Call, v *Value, node ast.Node, depth int) {
	if depth > maxAgentDepth {
		return
	}
	switch v.kind {
	case KindConst:
	case KindUnion:
		for _, alt := range v.ref.([]*Value) {
			a.collect(c, alt, node, depth+1)
		}
	case KindFunction:
		a.function(v, node)
	case KindPartial:
		a.collect(c, v.ref.(*partial).fn, node, depth+1)
	case KindObject:
		a.object(c, v, node, depth)
	case KindExternal:
		if !a.library(v, node) {
			a.Open = true
		}
		a.added(v, depth)
	default:
		given := c.Given(v)
		a.Open = a.Open || len(given) == 0
		for _, g := range given {
			if g != v {
				a.collect(c, g, node, depth+1)
			} else {
				a.Open = true
			}
		}
	}
}

func (a *Agent) object(c *Call, v *Value, node ast.Node, depth int) {
	o := v.ref.(*Object)
	if o.class != nil {
		a.instance(v, o.class, node)
		return
	}
	k := lookupContents(c.heap, o)
	if k == nil {
		k = o.final.known()
	}
	if k == nil {
		a.Open = true
		return
	}
	a.Open = a.Open || k.open
	for _, it := range k.seq {
		if it.Maybe && several(it.Value) {
			a.Open = true // some of them, which is not known
			continue
		}
		at := it.Node
		if at == nil {
			at = node
		}
		a.collect(c, it.Value, at, depth+1)
	}
	if o.kind == Dict {
		for _, e := range k.keys {
			a.collect(c, e.Value, e.Node, depth+1)
		}
	}
	if k.rest != nil {
		a.collect(c, k.rest, node, depth+1)
	}
}

// added collects what is added to the list of tools that a library's call gives:
// `tools = toolkit.get_tools()`, then `tools.append(search)`.
func (a *Agent) added(v *Value, depth int) {
	if !several(v) {
		return
	}
	for _, c := range v.call.Frame.Calls {
		if c.Receiver == nil || c.Receiver.call != v.call {
			continue
		}
		switch c.Method {
		case "append", "extend", "insert":
			for i := range c.Args {
				a.collect(c, c.Args[i].Value, c.Args[i].Node, depth+1)
			}
		}
	}
}

// several reports whether a value is the tools that one call makes, as of a toolkit.
func several(v *Value) bool {
	t := toolOf(v)
	return t != nil && (v.call.Method == "get_tools" || v.call.Method == "to_tool_list" || t.Named != "")
}

// instance adds a tool that is an instance of a project class.
func (a *Agent) instance(v *Value, class *Class, node ast.Node) {
	t := AgentTool{Node: node, Made: v.ref.(*Object).call}
	if name, _ := class.lookup("name"); name != nil {
		t.Name, _ = name.Text()
	}
	e := a.Call.Frame.eng
	class.external(func(s *Symbol) bool {
		for _, m := range s.Models {
			for i := range m.Callbacks {
				name, ok := cutPrefix(string(m.Callbacks[i].Arg), "subclass.")
				if !ok || !m.Callbacks[i].Tool {
					continue
				}
				if fn, _ := class.lookup(name); fn.Function() != nil {
					t.Function = fn.Function()
					e.does(&t, t.Function)
				}
			}
		}
		return true
	})
	a.add(t)
}

// function adds a function of the project.
func (a *Agent) function(v *Value, node ast.Node) {
	fn := v.Function()
	t := AgentTool{Name: fn.Name, Node: node, Function: fn}
	e := a.Call.Frame.eng
	for _, cb := range e.toolsOf(fn) {
		if cb.call == nil || makesAgent(cb.call.Symbol) {
			continue // where a function is only listed, nothing is said of it
		}
		t.Made = cb.call
		t.settings(cb.call)
	}
	e.does(&t, fn)
	a.add(t)
}

// makesAgent reports whether a call of a name makes an agent, as its models say.
func makesAgent(s *Symbol) bool {
	return slices.ContainsFunc(symModels(s), func(m *models.Model) bool { return m.Agent != nil })
}

// settings reads from the call that makes a tool of a function what it is called and whether a
// person is asked.
func (t *AgentTool) settings(c *Call) {
	for _, name := range [...]string{"name", "name_override", "name_or_callable"} {
		if x := c.Arg(-1, name); x != nil {
			if text, ok := x.Value.Text(); ok {
				t.Name = text
			}
		}
	}
	if x := c.Arg(0, ""); x != nil {
		if text, ok := x.Value.Text(); ok {
			t.Name = text
		}
	}
	for _, name := range [...]string{"needs_approval", "requires_approval", "require_confirmation", "requires_confirmation"} {
		if x := c.Arg(-1, name); x != nil && !x.Value.IsFalse() && !x.Value.IsNone() {
			t.Asked = true
		}
	}
	t.Asked = t.Asked || asksWith(c, "callbacks", t.Name)
}

// library adds a tool that a library's call makes; it reports whether the value is one.
func (a *Agent) library(v *Value, node ast.Node) bool {
	c := v.call
	if c == nil {
		return a.method(v, node)
	}
	e := a.Call.Frame.eng
	t := AgentTool{Node: node, Made: c}
	known := false
	for _, m := range symModels(c.Symbol) {
		if m.Tool != nil {
			known = true
			a.describe(&t, c, m.Tool)
		}
		for i := range m.Callbacks {
			if !m.Callbacks[i].Tool || m.Callbacks[i].Arg == "decorated" {
				continue
			}
			for _, x := range c.select0(m.Callbacks[i].Arg) {
				known = true
				for _, f := range x.Value.Alternatives() {
					e.runs(&t, f)
				}
			}
		}
	}
	if !known {
		if of := c.Agent(); of != nil { // an agent as another's tool
			a.madeOf(v)
			return true
		}
		return false
	}
	t.settings(c)
	a.add(t)
	return true
}

// method adds a library's method that is given as a tool: `search.run`.
func (a *Agent) method(v *Value, node ast.Node) bool {
	t := AgentTool{Node: node, Power: powerOf(v.sym)}
	if t.Power == 0 {
		return false
	}
	a.add(t)
	return true
}

// describe tells of a library's tool by its model.
func (a *Agent) describe(t *AgentTool, c *Call, m *models.LibraryTool) {
	if m.Name != "" {
		t.Name = m.Name
	}
	for _, x := range c.select0(m.NameArg) {
		if text, ok := x.Value.Text(); ok {
			t.Name = text
		}
	}
	if m.PowerIf == "" || holds(c, m.PowerIf) {
		t.Power |= m.Power
	}
	for _, cond := range m.Asks {
		t.Asked = t.Asked || asks0(c, cond)
	}
	for _, x := range c.select0(m.Named) {
		for _, v := range c.elements(x.Value) {
			if name, ok := v.Text(); ok {
				t.Power |= m.Names[name]
				if m.Names[name].Any(models.Acts) {
					t.Name = name
				}
			}
		}
	}
}

// runs tells of the function that a tool is made of: one of the project, or a library's
// method.
func (e *Engine) runs(t *AgentTool, f *Value) {
	switch {
	case f.Function() != nil:
		t.Function = f.Function()
		if t.Name == "" {
			t.Name = t.Function.Name
		}
		e.does(t, t.Function)
	case f.kind == KindExternal:
		t.Power |= powerOf(f.sym)
		if f.call != nil {
			for _, m := range symModels(f.call.Symbol) {
				if m.Tool != nil && (m.Tool.PowerIf == "" || holds(f.call, m.Tool.PowerIf)) {
					t.Power |= m.Tool.Power
				}
			}
		}
	}
}

// toolOf is the model of the call that made a library's tool.
func toolOf(v *Value) *models.LibraryTool {
	if v.call == nil {
		return nil
	}
	for _, m := range symModels(v.call.Symbol) {
		if m.Tool != nil {
			return m.Tool
		}
	}
	return nil
}

// asks0 tests a condition under which a person is asked. An empty list asks nobody.
func asks0(c *Call, cond string) bool {
	name, _, not := strings.Cut(cond, "!=None")
	if !not {
		return holds(c, cond)
	}
	a := c.Arg(-1, name)
	if a == nil || a.Value.IsNone() || a.Value.IsFalse() {
		return false
	}
	items, open, ok := c.Items(a.Value)
	return !ok || open || len(items) > 0
}

// approved reports whether something given to an agent asks a person before a tool runs.
func (a *Agent) approved(c *Call, tool string) bool {
	for _, m := range symModels(c.Symbol) {
		if m.Agent == nil {
			continue
		}
		for _, arg := range m.Agent.AsksWith {
			if asksWith(c, string(arg), tool) {
				return true
			}
		}
	}
	return false
}

// asksWith reports whether an argument lists something that asks a person before a tool runs.
func asksWith(c *Call, arg, tool string) bool {
	for _, x := range c.select0(models.Arg(arg)) {
		for _, v := range c.elements(x.Value) {
			t := toolOf(v)
			switch {
			case t == nil:
			case t.ApprovesAll:
				return true
			case t.Approves != "":
				if approves(v.call, t.Approves, tool) {
					return true
				}
			}
		}
	}
	return false
}

// approves reports whether a dict says that a person is asked before a tool runs.
func approves(c *Call, arg models.Arg, tool string) bool {
	for _, x := range c.select0(arg) {
		entries, open, ok := c.Entries(x.Value)
		if !ok || open || tool == "" && len(entries) > 0 {
			return true
		}
		for _, e := range entries {
			if e.Name == tool {
				return !e.Value.IsFalse()
			}
		}
	}
	return false
}

// decorated adds the functions that a decorator of the agent makes its tools: `@agent.tool`.
func (a *Agent) decorated(c *Call) {
	for _, cb := range c.Frame.eng.callbacks {
		if !cb.cb.Tool || cb.owner == nil || cb.owner.Node != c.Node || cb.fn.Function() == nil {
			continue
		}
		a.function(cb.fn, nil)
	}
}

// toolsOf lists the registrations of a function as a tool.
func (e *Engine) toolsOf(fn *semantic.Function) []*callback {
	if e.asTool == nil {
		e.asTool = map[*semantic.Function][]*callback{}
		for _, cb := range e.callbacks {
			if f := cb.fn.Function(); f != nil && cb.cb.Tool {
				e.asTool[f] = append(e.asTool[f], cb)
			}
		}
	}
	return e.asTool[fn]
}

// doing is what a function does, its helpers included.
type doing struct {
	power models.Power
	asks  bool
	// open is set when something is sent to whom the caller says, to has the parameters that say to whom mail goes, as bits.
	open bool
	to   uint64
}

// does adds what a function of the project does to a tool.
func (e *Engine) does(t *AgentTool, fn *semantic.Function) {
	d := e.doingOf(fn, 0)
	t.Power |= d.power
	t.Asked = t.Asked || d.asks
	t.Fixed = d.power.Any(models.SendsMail|models.SendsData) && !d.open && d.to == 0
}

func (e *Engine) doingOf(fn *semantic.Function, depth int) doing {
	if d, known := e.doings[fn]; known || depth > maxAgentDepth {
		return d
	}
	if e.doings == nil {
		e.doings = map[*semantic.Function]doing{}
		e.bodies = map[*semantic.Function][]*Frame{}
		for _, f := range e.analysed {
			if f.fn != nil {
				e.bodies[f.fn] = append(e.bodies[f.fn], f)
			}
		}
	}
	e.doings[fn] = doing{} // should it call itself
	var d doing
	for _, f := range e.bodies[fn] {
		d.body(e, f, depth)
	}
	e.doings[fn] = d
	return d
}

// body adds what the run of a function does.
func (d *doing) body(e *Engine, f *Frame, depth int) {
	for _, h := range f.hits {
		if h.via == f && (h.kind == models.Shell || h.kind == models.Exec) {
			d.power |= models.RunsCode
		}
	}
	for _, c := range f.Calls {
		if callee := c.Callee.Function(); callee != nil {
			o := e.doingOf(callee, depth+1)
			o.power &^= models.RunsCode // what reaches it from here is among the hits
			d.power |= o.power
			d.asks = d.asks || o.asks
			d.open = d.open || o.open
			for i, p := range callee.Params.List {
				if i >= 64 || o.to&(1<<i) == 0 || p.Name == nil {
					continue
				}
				pos := i
				if c.fillsFirst() {
					pos--
				}
				if a := c.Arg(pos, p.Name.Id); a != nil {
					d.mailsTo(f, c, a.Value)
				} else if c.HasRest() {
					d.open = true
				}
			}
			continue
		}
		if c.Symbol == nil {
			continue
		}
		p := powerOf(c.Symbol)
		if p.Any(models.Changes) || len(c.Dangerous(models.SQL)) > 0 {
			p |= sqlPower(c)
		}
		d.power |= p | requestPower(c)
		for _, m := range symModels(c.Symbol) {
			d.asks = d.asks || m.Asks
			d.power |= filePower(c, m)
			if m.Power.Any(models.SendsMail | models.SendsData) {
				if given := c.select0(m.To); m.To != "" && len(given) > 0 && !m.Power.Any(models.SendsData) {
					for _, a := range given {
						d.mailsTo(f, c, a.Value)
					}
				} else {
					d.open = d.open || !fixedRecipient(c, m)
				}
			}
		}
	}
}

// mailsTo notes who says to whom a call of a function sends mail.
func (d *doing) mailsTo(f *Frame, c *Call, to *Value) {
	for _, k := range deepMarks(c, to, 0) {
		if k.Clean == models.AllSinks || k.Label != models.NoLabel && k.Label != models.LLM {
			continue
		}
		if o := k.Origin.root(); k.Label == models.NoLabel && o.frame == f && o.index < 64 {
			d.to |= 1 << o.index
		} else {
			d.open = true
		}
	}
}

// powerOf is what a call of a name does, as its models say: what it is, and its sources and
// sinks.
func powerOf(s *Symbol) models.Power {
	var p models.Power
	for _, m := range symModels(s) {
		p |= m.Power
		switch m.Source {
		case models.Web:
			p |= models.ReadsWeb
			if !slices.ContainsFunc(m.Sinks, func(s models.Sink) bool { return s.Kind == models.URL }) {
				p |= models.ReadsStrangers
			}
		case models.Database:
			p |= models.ReadsData
		case models.Document:
			if m.From == models.FromMail {
				p |= models.ReadsMail
			}
		}
		for i := range m.Sinks {
			switch m.Sinks[i].Kind {
			case models.Exec:
				if m.Source == models.Tool {
					p |= models.RunsCode
				}
			case models.URL:
				p |= models.ReadsWeb
			}
		}
	}
	if p.Any(models.SendsData) {
		p &^= models.ReadsWeb
	}
	return p
}

// sqlPower tells from a statement's first words whether it reads or changes rows.
func sqlPower(c *Call) models.Power {
	var p models.Power
	for _, a := range c.Dangerous(models.SQL) {
		word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(pathText(a.Value).Prefix())), " ")
		switch word {
		case "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "DROP", "ALTER", "TRUNCATE":
			p |= models.Changes
		default:
			p |= models.ReadsData
		}
	}
	return p
}

// requestPower is what a request reads beyond what its model says: what strangers wrote, where the
// caller chooses the host or the address is one of issues, and the records of a service, where it is
// one of customers, tickets and the like that asks for a secret.
func requestPower(c *Call) models.Power {
	var p models.Power
	for _, a := range c.Dangerous(models.URL) {
		text := addressText(c, a.Value)
		switch {
		case powerOf(c.Symbol).Any(models.SendsData):
		case chosenHost(c, a.Value), models.HoldsIssues(text):
			p |= models.ReadsStrangers
		case models.HoldsRecords(text) && withSecret(c):
			p |= models.ReadsData
		}
	}
	return p
}

// addressText joins what is constant of an address, that of the client it is relative to included.
func addressText(c *Call, v *Value) string {
	var b strings.Builder
	if base := baseAddress(c); base != nil {
		b.WriteString(pathText(base).Prefix())
	}
	v = pathText(v)
	if text, ok := v.Text(); ok {
		b.WriteString(text)
		return b.String()
	}
	for _, part := range v.Parts() {
		if part.Value == nil {
			b.WriteString(part.Text)
		} else if text, ok := part.Value.Text(); ok {
			b.WriteString(text)
		}
	}
	return b.String()
}

// baseAddress is the address that the client of a request was made with, nil for none.
func baseAddress(c *Call) *Value {
	if c.Receiver == nil || c.Receiver.call == nil {
		return nil
	}
	if a := c.Receiver.call.Arg(-1, "base_url"); a != nil {
		return a.Value
	}
	return nil
}

// chosenHost reports whether the host of an address is the function's caller's choice.
func chosenHost(c *Call, v *Value) bool {
	if baseAddress(c) != nil {
		return false
	}
	prefix := pathText(v).Prefix()
	if _, host, ok := strings.Cut(prefix, "://"); ok && host != "" || prefix != "" && !strings.HasPrefix("https://", prefix) {
		return false
	}
	return slices.ContainsFunc(deepMarks(c, v, 0), func(k Mark) bool {
		return (k.Label == models.NoLabel || k.Label == models.LLM) && !k.Clean.Has(models.URL)
	})
}

// withSecret reports whether a request, or its client, brings a secret or a login.
func withSecret(c *Call) bool {
	for range 2 {
		if c == nil {
			return false
		}
		for _, name := range [...]string{"headers", "auth", "cookies", "params"} {
			a := c.Arg(-1, name)
			if a == nil || a.Value.IsNone() {
				continue
			}
			if name == "auth" || slices.ContainsFunc(deepMarks(c, a.Value, 0), func(k Mark) bool { return k.Label == models.Secret }) {
				return true
			}
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.call
	}
	return false
}

// filePower tells of a file that is read whether the function's caller names it.
func filePower(c *Call, m *models.Model) models.Power {
	if m.Reads == "" || len(m.ReadsFor) > 0 {
		return 0
	}
	for pos := range 2 { // of open, and of a path's own
		if mode := c.Arg(pos, "mode"); mode != nil {
			if text, _ := mode.Value.Text(); len(text) < 4 && strings.ContainsAny(text, "wax") {
				return 0
			}
		}
	}
	for _, a := range c.select0(m.Reads) {
		for _, k := range deepMarks(c, a.Value, 0) {
			if k.Clean != models.AllSinks && (k.Label == models.NoLabel || k.Label == models.LLM) {
				return models.ReadsData
			}
		}
	}
	return 0
}

// fixedRecipient reports whether a message goes to whom the program says: a constant, a tested
// address, or one that does not come from the function's caller.
func fixedRecipient(c *Call, m *models.Model) bool {
	if m.To == "" {
		return false
	}
	if given := c.select0(m.To); len(given) > 0 {
		for _, a := range given {
			if m.Power.Any(models.SendsData) {
				if chosenHost(c, a.Value) {
					return false
				}
				continue
			}
			for _, k := range deepMarks(c, a.Value, 0) {
				if k.Clean != models.AllSinks && (k.Label == models.NoLabel || k.Label == models.LLM) {
					return false
				}
			}
		}
		return true
	}
	return addressed(c)
}

// addressed reports whether the function around a call writes constant addresses into the
// message that it sends: `message["To"] = DESK`.
func addressed(c *Call) bool {
	fn := c.Frame.fn
	if fn == nil || fn.Def == nil {
		return false
	}
	params := map[string]bool{}
	for _, p := range fn.Params.List {
		if p.Name != nil {
			params[p.Name.Id] = true
		}
	}
	found, fixed := false, true
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok {
			return true
		}
		for _, t := range a.Targets {
			s, ok := t.(*ast.Subscript)
			if !ok {
				continue
			}
			key, ok := s.Index.(*ast.Str)
			if !ok || key.Value != "To" && key.Value != "Cc" && key.Value != "Bcc" {
				continue
			}
			found = true
			ast.Inspect(a.Value, func(n ast.Node) bool {
				if name, ok := n.(*ast.Name); ok && params[name.Id] && !testedName(fn.Def.Body, name.Id) {
					fixed = false
				}
				return true
			})
		}
		return true
	})
	return found && fixed
}

// testedName reports whether a function leaves where a name is not in a collection.
func testedName(body []ast.Stmt, name string) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok || len(c.Ops) != 1 || c.Ops[0] != "not in" && c.Ops[0] != "in" {
			return true
		}
		left, ok := c.Left.(*ast.Name)
		found = found || ok && left.Id == name
		return true
	})
	return found
}

// Agents lists the agents that a call runs: its receiver, or what its arguments name.
func (c *Call) Agents() []*Agent {
	var out []*Agent
	add := func(v *Value) {
		for _, a := range v.Alternatives() {
			if made := agentOf(a, 0); made != nil && !slices.Contains(out, made) {
				out = append(out, made)
			}
		}
	}
	if c.Receiver != nil {
		add(c.Receiver)
	} else if c.Callee != nil {
		add(c.Callee)
	}
	for i := range c.Args {
		switch a := &c.Args[i]; {
		case a.Name == "agent" || a.Name == "starting_agent" || a.Pos == 0 || a.Name == "recipient":
			for _, g := range c.Given(a.Value) {
				add(g)
			}
		}
	}
	return out
}

// agentOf is the agent that a value is, also after calls that give it again with other
// settings.
func agentOf(v *Value, depth int) *Agent {
	if v == nil || v.call == nil || depth > maxAgentDepth {
		return nil
	}
	if a := v.call.Agent(); a != nil {
		return a
	}
	return agentOf(v.call.Receiver, depth+1)
}
