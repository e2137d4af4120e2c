package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds what the engine knows of numbers that others choose. A number carries no
// text, so it is harmless in a command or a page; but as a limit, a count or a shape it is
// what who chose it wants, until something bounds it from above: `min`, a comparison, a
// modulus, the constraint of a field.

// counted are the sinks at which a number is as dangerous as a text.
var counted = models.SinksOf(models.Param, models.Size)

// sampled are the sinks at which a number is data or a switch: a bound does not make it another's
// choice.
var sampled = models.SinksOf(models.TrainData, models.EvalData, models.Reveal)

// uncounted are the sinks at which a number does nothing.
var uncounted = models.AllSinks &^ (counted | sampled)

// numberOf is a number made of data: of its marks those remain that say who chose it.
func numberOf(marks []Mark) *Value {
	kept := counted | sampled
	var out []Mark
	for _, m := range marks {
		if m.Clean&kept == kept {
			continue
		}
		m.Clean |= models.AllSinks &^ kept
		out = append(out, m)
	}
	if len(out) == 0 {
		return number
	}
	return &Value{kind: KindConst, konst: constNumber, marks: out}
}

// switchOf is a truth value made of data: harmless but where it switches something on.
func switchOf(marks []Mark) *Value {
	v := numberOf(cleaned(marks, models.AllSinks&^models.SinksOf(models.Reveal)))
	if len(v.marks) == 0 {
		return number
	}
	return v
}

// isNumber reports whether a value is a number of which nothing more is known than perhaps
// who chose it.
func (v *Value) isNumber() bool {
	return v != nil && v.kind == KindConst && v.konst == constNumber && v.text == ""
}

// limits reports whether a value is no choice of the outside, so that what is compared with
// it is bounded.
func limits(v *Value) bool {
	for _, m := range v.marks {
		if m.Label != models.NoLabel && m.Label != models.Local && m.Label != models.Secret && !m.Clean.Has(models.Size) {
			return false
		}
	}
	return true
}

// measure says of a number whose length it is.
type measure struct{ marks []Mark }

// lengthOf is the length of something that carries marks.
func lengthOf(marks []Mark) *Value {
	if len(marks) == 0 {
		return number
	}
	return &Value{kind: KindConst, konst: constNumber, ref: &measure{marks}}
}

// atMost is what a comparison proves in which l is no greater than r.
func (f *Frame) atMost(l, r *Value) []cleanEntry {
	if !limits(r) {
		return nil
	}
	if m, ok := l.ref.(*measure); ok && l.kind == KindConst {
		return f.cleanMarks(m.marks, models.SinksOf(models.Length))
	}
	if len(l.marks) == 0 {
		return nil
	}
	return append(f.cleanMarks(l.marks, counted), shapes(l.marks)...)
}

// shapes is what a bound of a tensor's shape proves of the tensor.
func shapes(marks []Mark) []cleanEntry {
	var out []cleanEntry
	for _, m := range marks {
		for o := m.Origin; o.parent != nil; o = o.parent {
			if o.step == "shape" || o.step == "size" {
				of := o.parent
				if of.step == "input_ids" && of.parent != nil {
					of = of.parent // all that a tokenizer gives is as long
				}
				out = append(out, cleanEntry{origin: of, label: m.Label, sinks: models.SinksOf(models.Length), decoded: m.decoded})
				break
			}
		}
	}
	return out
}

// ordered is what `l op r` proves of how large its sides are.
func (f *Frame) ordered(op string, l, r *Value) condition {
	switch op {
	case "<", "<=":
		return condition{yes: f.atMost(l, r), no: f.atMost(r, l)}
	case ">", ">=":
		return condition{yes: f.atMost(r, l), no: f.atMost(l, r)}
	}
	return condition{}
}

// extremum evaluates min() and max(). The least of several is bounded when one of them is,
// the greatest when all are.
func (f *Frame) extremum(c *Call, least bool) *Value {
	var list []*Value
	for i := range c.Args {
		a := &c.Args[i]
		switch {
		case a.Name != "":
			continue
		case len(c.Args) == 1 || a.Rest:
			if items, open, ok := c.Items(a.Value); ok && !open {
				for _, it := range items {
					list = append(list, it.Value)
				}
				continue
			}
			return nil
		}
		list = append(list, a.Value)
	}
	if len(list) == 0 {
		return nil
	}
	// The lesser of two things is nearly always one of numbers; texts are compared by a key.
	numeric, bounded := len(c.Node.Args) > 1 && c.Arg(-1, "key") == nil && !slices.ContainsFunc(list, isText), false
	var marks []Mark
	for _, v := range list {
		numeric = numeric || v.kind == KindConst && v.konst == constNumber
		bounded = bounded || limits(v)
		marks = addMarks(marks, v.marks)
	}
	if least && bounded {
		marks = cleaned(marks, counted)
	}
	v := numberOf(marks)
	if !numeric {
		v = unknownWith(marks)
	}
	return f.step(v, c.Node, "through "+callName(c)+"()")
}

// bounds tells for which sinks a number is harmless whose field, parameter or annotation is
// declared by a call with an upper bound: Field(le=5), Query(lt=10), conint(le=5), Le(5),
// IntRange(1, 5).
func bounds(e *ast.Call) models.SinkSet {
	for _, k := range e.Keywords {
		if k.Name == nil || isNone(k.Value) {
			continue
		}
		switch k.Name.Id {
		case "max_length", "max_chars":
			return models.SinksOf(models.Length)
		case "le", "lt", "max_value", "max_val", "maximum":
			return counted
		case "max":
			if strings.HasSuffix(calledName(e), "Range") {
				return counted
			}
		case "validate", "validators": // marshmallow, WTForms
			var sinks models.SinkSet
			ast.Inspect(k.Value, func(n ast.Node) bool {
				if c, ok := n.(*ast.Call); ok {
					sinks |= bounds(c)
				}
				return true
			})
			return sinks
		}
	}
	if name := calledName(e); (name == "Le" || name == "Lt") && len(e.Args) == 1 || strings.HasSuffix(name, "Range") && len(e.Args) > 1 && !isNone(e.Args[1]) {
		return counted
	}
	return 0
}

// calledName is the last name of what a call calls.
func calledName(e *ast.Call) string {
	switch fn := e.Fn.(type) {
	case *ast.Name:
		return fn.Id
	case *ast.Attribute:
		return fn.Attr.Id
	}
	return ""
}

// countTypes are the types of numbers that can be large.
var countTypes = []string{
	"builtins.int", "builtins.float", "builtins.complex", "decimal.Decimal", "pydantic.PositiveInt", "pydantic.NonNegativeInt",
	"pydantic.PositiveFloat", "pydantic.NonNegativeFloat", "pydantic.StrictInt", "pydantic.StrictFloat",
}

// constrained are pydantic's functions that make such a type with constraints.
var constrained = []string{"pydantic.conint", "pydantic.confloat", "pydantic.condecimal", "pydantic.types.conint", "pydantic.types.confloat"}

// boundedBy reports whether a model's arguments that bound its number are given.
func boundedBy(c *Call, args []models.Arg) bool {
	for _, arg := range args {
		for _, a := range c.select0(arg) {
			if !a.Value.IsNone() && !a.Rest {
				return true
			}
		}
	}
	return false
}

// repeat says how often something happens or stands in a list.
type repeat struct {
	// node is the expression that says it: `range(n)`, `[x] * n`.
	node  ast.Expr
	value *Value
}

// NoteTurns marks the number of times that a model is called: how often a loop around its
// call runs, or how many prompts a call is given.
const NoteTurns = "decides how many calls of the model are made"

var turnsSink = &models.Sink{Kind: models.Size, Note: NoteTurns}

// NoteRounds marks the number of rounds that range counts.
const NoteRounds = "decides how many rounds are counted"

var roundsSink = &models.Sink{Kind: models.Size, Note: NoteRounds}

// counts records what a range counts to.
func (f *Frame) counts(c *Call) {
	for i := range c.Args {
		if a := &c.Args[i]; a.Node != nil && len(a.Value.marks) > 0 {
			f.event(&sinkEvent{kind: models.Size, sink: roundsSink, call: c, value: a.Value, node: a.Node, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
		}
	}
}

// times is how often a loop over a value runs, nil where no number says so.
func (f *Frame) times(e ast.Expr, v *Value) *repeat {
	for range 3 {
		if o := v.object(); o != nil && o.times != nil {
			return o.times
		}
		// `tqdm(range(n))`, `enumerate(range(n))`
		c, ok := e.(*ast.Call)
		if !ok || len(c.Args) == 0 {
			return nil
		}
		r := f.callOf(c)
		if r == nil || len(r.Args) == 0 {
			return nil
		}
		e, v = c.Args[0], r.Args[0].Value
	}
	return nil
}

// repeated runs do as the body of a loop over what the expression gives.
func (f *Frame) repeated(e ast.Expr, v *Value, do func()) {
	t := f.times(e, v)
	if t == nil || len(t.value.marks) == 0 {
		do()
		return
	}
	f.turns = append(f.turns, t)
	do()
	f.turns = f.turns[:len(f.turns)-1]
}

// asksModel records that a model is called here: by c, or where that is nil within a function
// that is called. What decides how often is a size.
//
// hosted says that the model is a paid remote one.
func (f *Frame) asksModel(c *Call, hosted bool) {
	f.asks = true
	if hosted {
		f.hosted++
	}
	for _, t := range f.turns {
		f.turn(c, t)
	}
	if c == nil {
		return
	}
	f.eng.asks = true
	for i := range c.Args {
		if o := c.Args[i].Value.object(); o != nil && o.times != nil && len(o.times.value.marks) > 0 {
			f.turn(c, o.times)
		}
	}
}

func (f *Frame) turn(c *Call, t *repeat) {
	f.event(&sinkEvent{kind: models.Size, sink: turnsSink, call: c, value: t.value, node: t.node, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// rangeOf is the list that range() gives, with its length.
func (f *Frame) rangeOf(c *Call, e *ast.Call) *Value {
	o := f.newObject(e, List)
	o.times = nil
	stop := c.Arg(0, "")
	if second := c.Arg(1, ""); second != nil {
		stop = second
	}
	if stop != nil && len(stop.Value.marks) > 0 {
		o.times = &repeat{e, numberOf(stop.Value.marks)}
	}
	f.st.set(o, &contents{open: true, rest: number})
	return &Value{kind: KindObject, ref: o}
}

// multiplied is a list, tuple or text that is repeated; nil when neither side is a list.
func (f *Frame) multiplied(l, r *Value, at ast.Node) *Value {
	if l.object() == nil {
		l, r = r, l
	}
	o := l.object()
	if o == nil || o.kind > Tuple {
		return nil
	}
	have := f.contents(o)
	if have == nil {
		return nil
	}
	out := f.newObject(at, o.kind)
	out.times = nil
	if e, ok := at.(ast.Expr); ok && len(r.marks) > 0 {
		out.times = &repeat{e, numberOf(r.marks)}
	}
	k := *have
	if n, ok := r.Number(); !ok || n != 1 {
		k = contents{open: true, rest: f.allOf(have)}
	}
	f.st.set(out, &k)
	return &Value{kind: KindObject, ref: out, marks: l.marks}
}

// hostedMedia reports whether a model describes a call of a provider's model of images or
// sounds.
func hostedMedia(m *models.Model) bool {
	return m.Chat == nil && (strings.HasPrefix(m.Name, "openai.") || strings.HasPrefix(m.Name, "google.genai.") || strings.HasPrefix(m.Name, "litellm."))
}

// asks reports whether a call of what a model describes makes a language or image model
// answer.
func asks(m *models.Model) bool {
	if m.Chat != nil && (m.Chat.Messages != "" || len(m.Chat.User) > 0) || m.Source == models.LLM {
		return true
	}
	for i := range m.Sinks {
		if m.Sinks[i].Kind == models.PromptUser {
			return true
		}
	}
	return false
}
