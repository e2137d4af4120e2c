package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file knows pipelines of LangChain's runnables: `{"context": retriever | join, "question":
// RunnablePassthrough()} | prompt | model`. What they are run with goes from part to part: through
// dicts of further pipelines, functions of the project, retrievers, into the variables of prompts.

// chain is a pipeline of runnables.
type chain struct {
	parts []*Value
	node  ast.Node
}

// Chain returns the parts of a pipeline `a | b | c`, or nil.
func (v *Value) Chain() []*Value {
	if v == nil {
		return nil
	}
	if c, ok := v.ref.(*chain); ok {
		return c.parts
	}
	return nil
}

// isRunnable reports whether a value is something of a library that a pipeline can hold.
func isRunnable(v *Value) bool { return v.kind == KindExternal && v.sym.Get("invoke") != nil }

// answers reports whether a runnable is a model, or something else that fetches what it gives.
func answers(v *Value) bool {
	s := v.sym.Get("invoke")
	return s != nil && isSource(s)
}

// asksOf reports whether a runnable asks a model.
func asksOf(v *Value) bool {
	for _, m := range symModels(v.Symbol().Get("invoke")) {
		if m.Source == models.LLM {
			return true
		}
	}
	return false
}

// pipe evaluates `a | b` of runnables: the pipeline answers as its model does.
func (f *Frame) pipe(l, r *Value, at ast.Node) *Value {
	if !isRunnable(l) && !isRunnable(r) {
		return nil
	}
	pick := r
	if isRunnable(l) && (asksOf(l) && !asksOf(r) || answers(l) && !answers(r)) || !isRunnable(r) {
		pick = l
	}
	var parts []*Value
	for _, v := range [...]*Value{l, r} {
		if own := v.Chain(); own != nil {
			parts = append(parts, own...)
		} else {
			parts = append(parts, v)
		}
	}
	return &Value{kind: KindExternal, sym: pick.sym, call: pick.call, marks: addMarks(l.marks, r.marks), ref: &chain{parts, at}}
}

// combined are the pipelines that LangChain's functions make.
func (f *Frame) combined(c *Call, at ast.Node) *Value {
	arg := func(pos int, name string) *Value {
		if a := c.Arg(pos, name); a != nil {
			return a.Value
		}
		return nil
	}
	switch {
	case c.Symbol.Is("langchain.chains.combine_documents.create_stuff_documents_chain"):
		if llm, prompt := arg(0, "llm"), arg(1, "prompt"); llm != nil && prompt != nil {
			if v := f.pipe(prompt, llm, at); v != nil {
				return madeChain(v, c)
			}
		}
	case c.Symbol.Is("langchain.chains.create_retrieval_chain"):
		docs, answer := arg(0, "retriever"), arg(1, "combine_docs_chain")
		if docs == nil || answer == nil || !isRunnable(answer) {
			return nil
		}
		v := f.pipe(&Value{kind: KindExternal, sym: docs.Symbol(), call: c, ref: &assigned{"context", docs}}, answer, at)
		return madeChain(v, c)
	case c.Symbol.Is("langchain.chains.create_history_aware_retriever"):
		return arg(1, "retriever")
	case c.Method == "pipe" && c.Receiver != nil && isRunnable(c.Receiver):
		v := c.Receiver
		for _, a := range c.Args {
			if a.Pos < 0 || a.Rest {
				return nil
			}
			if v = f.pipe(v, a.Value, at); v == nil {
				return nil
			}
		}
		return v
	}
	return nil
}

// madeChain is a pipeline as the chain that a call has made.
func madeChain(v *Value, c *Call) *Value {
	v.call = c
	if s := c.Symbol.Get("()"); s != nil && s.Get("invoke") != nil {
		v.sym = s
	}
	return v
}

// assigned is a part that adds to a dict what another gives for it.
type assigned struct {
	key string
	of  *Value
}

// run is a call that runs a pipeline.
type run struct {
	f *Frame
	c *Call
	// at is the expression of what it is run with, site the call.
	at   ast.Node
	site *ast.Call
	n    int
	// prompts are its templates with what they were filled with.
	prompts []filling
}

// filling is a prompt template with the values of its variables.
type filling struct {
	prompt, values *Value
}

// runs are the methods that run a runnable.
var runs = map[string]bool{"invoke": true, "ainvoke": true, "stream": true, "astream": true, "astream_events": true, "astream_log": true, "transform": true, "batch": true, "abatch": true}

// maxPipeSteps bounds the parts of pipelines that a call runs.
const maxPipeSteps = 40

// runPipeline runs a pipeline that a call runs, and returns what it gives; nil for other calls.
func (f *Frame) runPipeline(c *Call) (*run, *Value) {
	parts := c.Receiver.Chain()
	if parts == nil || !runs[c.Method] || len(c.Args) == 0 || f.passive > 0 {
		return nil, nil
	}
	in := c.Arg(0, "input")
	if in == nil {
		if in = c.Arg(0, "inputs"); in == nil {
			return nil, nil
		}
	}
	r := &run{f: f, c: c, at: in.Node, site: c.Node}
	v := in.Value
	if c.Method == "batch" || c.Method == "abatch" {
		v = f.element(v, in.Node)
	}
	return r, r.through(parts, v)
}

// through hands a value through the parts of a pipeline.
func (r *run) through(parts []*Value, v *Value) *Value {
	for _, p := range parts {
		v = r.step(p, v)
	}
	return v
}

// step is what a part of a pipeline makes of a value.
func (r *run) step(part, v *Value) *Value {
	if r.n++; r.n > maxPipeSteps || !r.f.descend() {
		return unknownWith(r.deep(v))
	}
	defer r.f.ascend()
	f := r.f
	if own := part.Chain(); own != nil {
		return r.through(own, v)
	}
	switch part.kind {
	case KindFunction, KindPartial, KindClass:
		return f.invokeValue(part, []Argument{{Pos: 0, Value: v, Node: asExpr(r.at)}}, r.site)
	case KindObject:
		if o := part.object(); o.kind == Dict {
			if c := f.contents(o); c != nil {
				k := &contents{}
				for _, e := range c.keys {
					k = k.with(Entry{Name: e.Name, Value: r.step(e.Value, v), Node: r.at})
				}
				return r.dict(o.node, k)
			}
		}
	}
	if a, ok := part.ref.(*assigned); ok {
		found := unknown
		if a.of.kind != KindUnknown && (a.of.kind != KindExternal || isRunnable(a.of)) {
			found = r.step(a.of, v)
		}
		return r.dict(part.call.Node, f.overlaid(&contents{}, v, r.at).overlay(Entry{Name: a.key, Value: found, Node: r.at}))
	}
	made := part.call
	if made == nil {
		return r.fetched(part, v)
	}
	switch name := made.Callee.Name(); {
	case name == "operator.itemgetter" && len(made.Args) == 1:
		return f.subscript(v, made.value(0), r.at)
	case made.Symbol.Is("langchain_core.runnables.RunnablePassthrough"):
		return v
	case made.Symbol.Is("langchain_core.runnables.RunnablePassthrough.assign"):
		return r.given(made, v, f.overlaid(&contents{}, v, r.at))
	case made.Symbol.Is("langchain_core.runnables.RunnableParallel"):
		return r.given(made, v, &contents{})
	case made.Symbol.Is("langchain_core.runnables.RunnableLambda"):
		if fn := made.Arg(0, "func"); fn != nil {
			return r.step(fn.Value, v)
		}
	}
	if part.Is("langchain_core.prompts.PromptTemplate()") || fillsMessages(made) {
		r.prompts = append(r.prompts, filling{part, v})
		return unknownWith(r.deep(v))
	}
	return r.fetched(part, v)
}

// fillsMessages reports whether a call makes a template of messages.
func fillsMessages(made *Call) bool {
	for _, m := range symModels(made.Symbol) {
		if m.Chat != nil && m.Chat.Messages != "" && m.Source == models.NoLabel {
			return true
		}
	}
	return false
}

// given is the dict that the arguments of a call make, each a pipeline, added to one.
func (r *run) given(made *Call, in *Value, k *contents) *Value {
	for _, a := range made.Args {
		switch {
		case a.Name != "" && !a.Rest:
			k = k.overlay(Entry{Name: a.Name, Value: r.step(a.Value, in), Node: r.at})
		case a.Value.object() != nil && a.Value.object().kind == Dict:
			if c := r.f.contents(a.Value.object()); c != nil {
				for _, e := range c.keys {
					k = k.overlay(Entry{Name: e.Name, Value: r.step(e.Value, in), Node: r.at})
				}
			}
		}
	}
	return r.dict(made.Node, k)
}

func (r *run) dict(of ast.Node, k *contents) *Value {
	o := r.f.newObjectFor(r.site, of, Dict)
	r.f.st.set(o, k)
	return &Value{kind: KindObject, ref: o}
}

// deep lists the marks of all that a value holds.
func (r *run) deep(v *Value) []Mark { return deepMarks(&Call{heap: r.f.st.heap}, v, 0) }

// fetched is what a part of a library gives: what it fetches or a model answers, else what it was given.
func (r *run) fetched(part, v *Value) *Value {
	s := part.Symbol().Get("invoke")
	for _, m := range symModels(s) {
		if m.Source == models.NoLabel {
			continue
		}
		c := &Call{Node: r.f.siteOf(r.site, r.n), Frame: r.f, Callee: &Value{kind: KindExternal, sym: s}, Symbol: s, Receiver: part, Method: "invoke",
			Args: []Argument{{Pos: 0, Value: v, Node: asExpr(r.at)}}, heap: r.f.st.snapshot()}
		return unknownWith(r.f.source(m, s, c.Node, c))
	}
	return unknownWith(r.deep(v))
}

// givesItself reports whether what a pipeline gives is what its last part makes of its input: a function
// of the project, or whatever there is without a model.
func givesItself(v *Value) bool {
	parts := v.Chain()
	last := parts[len(parts)-1]
	return last.kind != KindExternal || last.call != nil && last.call.Symbol.Is("langchain_core.runnables.RunnableLambda") || !answers(v)
}

// siteOf stands for the call that a part of a pipeline makes where the pipeline is run.
func (f *Frame) siteOf(site *ast.Call, part int) *ast.Call {
	key := siteKey{site, part}
	n := f.sites[key]
	if n == nil {
		k := *site
		n = &k
		if f.sites == nil {
			f.sites = map[siteKey]*ast.Call{}
		}
		f.sites[key] = n
	}
	return n
}

type siteKey struct {
	site *ast.Call
	part int
}

func asExpr(n ast.Node) ast.Expr {
	e, _ := n.(ast.Expr)
	return e
}

// pipeline brings a pipeline that the callee returns into the caller.
func (in *inst) pipeline(v *Value, c *chain, depth int) *Value {
	var parts []*Value
	for i, p := range c.parts {
		x := in.value(p, depth+1)
		if x != p && parts == nil {
			parts = append(parts, c.parts[:i]...)
		}
		if parts != nil {
			parts = append(parts, x)
		}
	}
	if parts == nil {
		return v
	}
	k := *v
	k.ref = &chain{parts, c.node}
	return &k
}
