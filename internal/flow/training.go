package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells what training code does and in which order: gradients, clipping, steps of an
// optimizer, fits, and in which mode a module is at a point.

// Doing is something that training code does.
type Doing struct {
	Act models.Act
	// By is the call that does it, Call the one in the function that was asked: By itself, or the
	// call of a function of the project in which By stands.
	Call, By *Call
}

// maxActs bounds what is listed for a function, helpers included, and maxHelpers how deep
// helpers are followed.
const (
	maxActs    = 200
	maxHelpers = 4
)

// Training lists what a function does for training, in the order of the text, with what
// helpers of the project do in the place of their calls. It is known to a visitor only.
func (f *Frame) Training() []Doing { return f.doings(0) }

func (f *Frame) doings(depth int) []Doing {
	var out []Doing
	for _, c := range f.Calls {
		if len(out) >= maxActs {
			break
		}
		if act := c.Does(); act != models.NoAct {
			out = append(out, Doing{act, c, c})
			continue
		}
		if depth >= maxHelpers {
			continue
		}
		if body := c.Body(); body != nil && body != f {
			for _, d := range body.doings(depth + 1) {
				out = append(out, Doing{d.Act, c, d.By})
			}
		}
	}
	return out
}

// fitSinks and measureSinks are the arguments by which something of which nothing is known is
// trained or measured, as scikit-learn's and Keras's models are.
var (
	fitSinks     = [...]models.Sink{{Kind: models.TrainData, Arg: "0:X"}, {Kind: models.TrainData, Arg: "x"}, {Kind: models.TrainData, Arg: "1:y"}}
	measureSinks = [...]models.Sink{{Kind: models.EvalData, Arg: "0:X"}, {Kind: models.EvalData, Arg: "x"}, {Kind: models.EvalData, Arg: "1:y"}}
)

// learns records what a call trains or measures something on of which nothing else is known.
func (f *Frame) learns(c *Call) {
	var sinks *[3]models.Sink
	switch c.Method {
	case "fit", "partial_fit", "train_on_batch":
		sinks = &fitSinks
	case "score", "evaluate":
		sinks = &measureSinks
	default:
		return
	}
	if c.Callee.kind == KindFunction || c.Callee.kind == KindClass || len(symModels(c.Symbol)) > 0 || sinks == &fitSinks && c.Does() != models.Fit {
		return
	}
	for i := range sinks {
		f.sink(c, nil, &sinks[i])
	}
}

// trainingLoop is the sink of what a loop goes through whose body computes gradients.
var trainingLoop = &models.Sink{Kind: models.TrainData, Note: models.NoteTraining}

// trainsOn records that a loop trains on what it goes through: its body, or a helper that the
// body calls, computes gradients.
func (f *Frame) trainsOn(it *Value, s *ast.For) {
	if f.passive > 0 {
		return
	}
	marks := deepMarks(&Call{heap: f.st.heap}, it, 0)
	if !matters(marks, models.TrainData) || !f.computesGradients(s) {
		return
	}
	f.event(&sinkEvent{kind: models.TrainData, sink: trainingLoop, value: it.withMarks(marks), node: s.Iter, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// matters reports whether one of the marks is of data that is not clean for a kind of sink.
func matters(marks []Mark, kind models.SinkKind) bool {
	return slices.ContainsFunc(marks, func(m Mark) bool { return !m.Clean.Has(kind) })
}

// computesGradients reports whether the body of a loop does.
func (f *Frame) computesGradients(s *ast.For) bool {
	for _, c := range f.Calls {
		if !s.Range().Contains(c.Node.Range()) {
			continue
		}
		if c.Does() == models.Backward {
			return true
		}
		if body := c.Body(); body != nil && body != f {
			for _, d := range body.doings(1) {
				if d.Act == models.Backward {
					return true
				}
			}
		}
	}
	return false
}

// Body returns the analysis of the function of the project that is called, nil for others.
func (c *Call) Body() *Frame {
	if c.Callee == nil || c.Callee.kind != KindFunction {
		return nil
	}
	cl := c.Callee.ref.(*closure)
	for _, f := range c.Frame.eng.frames[frameKey{cl.fn, cl.env}] {
		if f.done {
			return f
		}
	}
	return nil
}

// Does returns what a call does in training. Of things that are not known, such as
// parameters, it goes by the name of the method and of the object: `optimizer.step()`.
func (c *Call) Does() models.Act {
	for _, m := range symModels(c.Symbol) {
		if m.Does != models.NoAct {
			return m.Does
		}
	}
	if c.Receiver == nil || c.Symbol != nil && !strings.HasPrefix(c.Symbol.String(), "?.") {
		return models.NoAct
	}
	attr, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return models.NoAct
	}
	name := strings.ToLower(lastName(attr.Value))
	switch c.Method {
	case "backward", "manual_backward":
		return models.Backward
	case "clip_grad_norm_", "clip_grad_value_", "clip_gradients":
		return models.ClipGradients
	case "step":
		if isOptimizer(name) {
			return models.StepOptimizer
		}
	case "zero_grad":
		return models.ZeroGradients
	case "fit", "partial_fit", "train_on_batch":
		if !strings.Contains(name, "scaler") && !strings.Contains(name, "encoder") && !strings.Contains(name, "tokenizer") && !strings.Contains(name, "vectorizer") && !strings.Contains(name, "transform") {
			return models.Fit
		}
	case "train":
		switch {
		case strings.Contains(name, "trainer"):
			return models.Fit
		case len(c.Args) == 0 || len(c.Args) == 1 && c.Args[0].Value.IsTrue():
			return models.SetTraining
		case len(c.Args) == 1 && c.Args[0].Value.IsFalse():
			return models.SetEvaluation
		}
	case "eval":
		if len(c.Args) == 0 {
			return models.SetEvaluation
		}
	case "evaluate":
		return models.Evaluate
	}
	return models.NoAct
}

// isOptimizer reports whether a name is usual for an optimizer or a gradient scaler.
func isOptimizer(name string) bool {
	return strings.Contains(name, "opt") || strings.Contains(name, "scaler") || name == "solver"
}

// lastName is the name by which an expression is known: `self.optimizer` is optimizer, and so
// is `optimizers[0]`.
func lastName(e ast.Expr) string {
	for {
		switch n := e.(type) {
		case *ast.Name:
			return n.Id
		case *ast.Attribute:
			return n.Attr.Id
		case *ast.Subscript:
			e = n.Value
		case *ast.Call:
			e = n.Fn
		case *ast.Await:
			e = n.Value
		default:
			return ""
		}
	}
}

// Mode tells in which mode a module is.
type Mode uint8

// The modes of a module. UnknownMode is that of one that comes from elsewhere.
const (
	UnknownMode Mode = iota
	Training
	Evaluating
)

// ModeOf returns the mode of a module at a call, as the function around it has set it; made
// tells that a value is a module that this program has just made, which is in training mode.
func (c *Call) ModeOf(v *Value, made bool) Mode {
	mode := UnknownMode
	if made {
		mode = Training
		if m := v.modeAsMade(); m != UnknownMode {
			mode = m
		}
	}
	for _, d := range c.Frame.Training() {
		if d.Call.Node.Pos() >= c.Node.Stop() {
			break // what stands in the call's arguments comes before it
		}
		if d.Call == c || d.Act != models.SetTraining && d.Act != models.SetEvaluation {
			continue
		}
		module := d.By.Receiver
		if d.By != d.Call {
			module = d.Call.Actual(module)
		}
		if !SameThing(module, v) && (d.By == d.Call || !v.standsFor(module)) {
			continue
		}
		mode = d.sets()
	}
	return mode
}

// sets is the mode that an act sets.
func (d *Doing) sets() Mode {
	if d.Act == models.SetEvaluation || len(d.By.Args) == 1 && d.By.Args[0].Value.IsFalse() {
		return Evaluating
	}
	return Training
}

// standsFor reports whether a value is the object of a called function that another is there.
func (v *Value) standsFor(made *Value) bool {
	m := made.object()
	if m == nil {
		return false
	}
	o := v.object()
	for range maxHelpers {
		if o == nil {
			return false
		}
		if o = o.stands; o == m {
			return true
		}
	}
	return false
}

// modeAsMade is the mode in which the class of an instance leaves it, UnknownMode where its
// constructor says nothing.
func (v *Value) modeAsMade() Mode {
	o := v.object()
	if o == nil || o.kind != Instance || o.call == nil {
		return UnknownMode
	}
	mode := UnknownMode
	for _, body := range o.call.Enters() {
		if body.fn.Name != "__init__" {
			continue
		}
		for _, d := range body.Training() {
			if d.By != d.Call || d.Act != models.SetTraining && d.Act != models.SetEvaluation {
				continue
			}
			if self := d.By.Receiver.object(); self != nil && self.origin != nil && self.origin.index == 0 && self.origin.parent == nil {
				mode = d.sets()
			}
		}
	}
	return mode
}

// Actual returns what a call gives for a parameter of the function of the project that it
// calls, where v is that parameter as the function knows it; v itself for others.
func (c *Call) Actual(v *Value) *Value {
	body := c.Body()
	if v == nil || v.exact == nil || body == nil || v.exact.parent != nil || v.exact.frame == nil || v.exact.frame.fn != body.fn || body.fn.Params == nil {
		return v
	}
	i := v.exact.index
	if i < 0 || i >= len(body.fn.Params.List) || body.fn.Params.List[i].Name == nil {
		return v
	}
	pos := i
	if self := c.Callee.ref.(*closure).self; self != nil {
		if i == 0 {
			return self
		}
		pos--
	}
	if a := c.Arg(pos, body.fn.Params.List[i].Name.Id); a != nil {
		return a.Value
	}
	return v
}

// SameThing reports whether two values are known to be one object: the same instance, the same
// parameter (or attribute of it), what the same call made.
func SameThing(a, b *Value) bool {
	if a == nil || b == nil {
		return false
	}
	if o := a.object(); o != nil {
		return o == b.object()
	}
	if a.exact != nil {
		return a.exact == b.exact
	}
	return a.call != nil && b.call != nil && a.call.Node == b.call.Node && a.sym == b.sym
}
