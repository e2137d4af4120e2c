package flow

import (
	"iter"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells of which calls an expression's value was made: a backward slice (Weiser, "Program
// Slicing", 1981) along assignments, items, attributes, parameters and returns, through the functions
// and modules of the project. Unlike marks it needs no label and costs nothing until a check asks;
// slice.go computes it.

// Ingredient is what the value of an expression was made of.
type Ingredient struct {
	// Call is the call that gave it; nil for others.
	Call *Call
	// Literal is a constant that is written in the code of Frame.
	Literal ast.Expr
	// Param is a parameter of the function that Frame analyses. What the project's calls give for
	// it is listed as well.
	Param *ast.Param
	Frame *Frame
	// Steps were read off it, the first step first: "0" for the first item, "key" for that of a
	// constant key, ".name" for an attribute, EachItem for an item that is not told apart.
	Steps []string
	// Whole is set where the value is it, or what was read off it, in whatever form (a list for an
	// array, an int for a tensor of one); Held where the value is a list, dict or instance that
	// holds that. Otherwise something was computed of it.
	Whole, Held bool
}

// relation says what an expression has of something.
type relation uint8

const (
	madeOf relation = iota // is computed of it
	holdsIt
	isIt
)

// Spelled is an expression in the code of a frame.
type Spelled struct {
	Frame *Frame
	Expr  ast.Expr
}

// EachItem is the step that reads an item which is not told apart: by a loop, by a variable.
const EachItem = "*"

// MadeOf yields what the value of an expression of the frame's code was made of, nearest first.
// Asking for less is cheaper: StandsFor, or to stop at what was looked for. It is known to a
// visitor only.
func (f *Frame) MadeOf(e ast.Expr) iter.Seq[Ingredient] {
	return f.eng.slices().ingredients(f, e, false)
}

// StandsFor yields those ingredients of MadeOf that are Whole.
func (f *Frame) StandsFor(e ast.Expr) iter.Seq[Ingredient] {
	return f.eng.slices().ingredients(f, e, true)
}

// MadeOfExcept is MadeOf without what comes by way of the expressions that skip names, each with the function of
// whose code it is. Where taken
// is not nil, it is code of the frame's file that is taken to have run: a name assigned in it has
// no other value. It costs more than MadeOf, which remembers.
func (f *Frame) MadeOfExcept(e ast.Expr, skip func(*Frame, ast.Node) bool, taken ast.Node) iter.Seq[Ingredient] {
	g := newSlices(f.eng)
	g.skip, g.taken, g.takenIn = skip, taken, f.mod
	return g.ingredients(f, e, false)
}

// SpelledOut lists the expressions that an expression stands for, by way of names, attributes,
// parameters and returns: of `probs` what was assigned to it. Itself comes first; where a name
// may be one of several, all are listed. It is known to a visitor only.
func (f *Frame) SpelledOut(e ast.Expr) []Spelled { return f.eng.slices().spelledOut(f, e) }

// CallAt returns the call that a node of the frame's code is, nil for other nodes.
func (f *Frame) CallAt(n ast.Node) *Call {
	if f.callIndex == nil {
		f.callIndex = make(map[ast.Node]*Call, len(f.Calls))
		for _, c := range f.Calls {
			f.callIndex[c.Node] = c
		}
	}
	return f.callIndex[n]
}

// Callers lists the calls of the function that the frame analyses, those of an instance's
// __call__, forward and __init__ included. It is known to a visitor only.
func (f *Frame) Callers() []*Call {
	if f.fn == nil {
		return nil
	}
	return f.eng.callsOf(f.fn)
}

// Enters lists the analyses of the functions of the project that a call runs: what is called,
// the __call__ or forward of an instance, the __init__ of a class.
func (c *Call) Enters() []*Frame {
	var out []*Frame
	for _, fn := range entered(c) {
		if g := c.Frame.eng.frameOf(fn); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// AnalysisOf returns an analysis of a function of the project, nil where there is none. It is
// known to a visitor only.
func (f *Frame) AnalysisOf(fn *semantic.Function) *Frame { return f.eng.frameOf(fn) }

// GivenTo returns the argument that a call gives for a parameter, by its name, of a function that
// it enters; nil where there is none.
func (c *Call) GivenTo(fn *semantic.Function, param string) *Argument {
	if fn == nil || fn.Params == nil {
		return nil
	}
	skip := 0
	if fn.Class != nil && !hasDecorator(fn, "staticmethod") && (c.Callee.kind != KindFunction || c.Callee.ref.(*closure).self != nil || c.Receiver != nil && c.Receiver.kind != KindClass) {
		skip = 1
	}
	for i, p := range fn.Params.List {
		if p.Name != nil && p.Name.Id == param {
			if i < skip {
				return nil
			}
			return c.Arg(i-skip, param)
		}
	}
	return nil
}

// entered lists the functions of the project that a call runs.
func entered(c *Call) []*semantic.Function {
	var out []*semantic.Function
	for _, v := range c.Callee.Alternatives() {
		switch v.kind {
		case KindFunction:
			out = append(out, v.ref.(*closure).fn)
		case KindPartial:
			if p, ok := v.ref.(*partial); ok && p.fn.Function() != nil {
				out = append(out, p.fn.Function())
			}
		case KindClass:
			if m, _ := v.ref.(*Class).lookup("__init__"); m.Function() != nil {
				out = append(out, m.Function())
			}
		case KindObject:
			class := v.ref.(*Object).class
			if class == nil {
				continue
			}
			for _, name := range [...]string{"__call__", "forward", "call"} {
				if m, _ := class.lookup(name); m.Function() != nil {
					out = append(out, m.Function())
					break
				}
			}
		}
	}
	return out
}

// callsOf lists the calls that run a function.
func (e *Engine) callsOf(fn *semantic.Function) []*Call {
	if e.entering == nil {
		e.entering = map[*semantic.Function][]*Call{}
		seen := map[ast.Node]bool{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				if seen[c.Node] || c.Callee == nil {
					continue
				}
				for _, g := range entered(c) {
					seen[c.Node] = true
					e.entering[g] = append(e.entering[g], c)
				}
			}
		}
	}
	return e.entering[fn]
}

// frameOf returns an analysis of a function.
func (e *Engine) frameOf(fn *semantic.Function) *Frame {
	if e.framesByFn == nil {
		e.framesByFn = map[*semantic.Function]*Frame{}
		for _, f := range e.analysed {
			if f.fn != nil && f.done && e.framesByFn[f.fn] == nil {
				e.framesByFn[f.fn] = f
			}
		}
	}
	return e.framesByFn[fn]
}
