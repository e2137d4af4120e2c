package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file follows what is cut off at the front of a list or a text: the window over a
// conversation.

// Cut is a place at which a list loses what stands at its front, if it is long enough.
type Cut struct {
	Node ast.Node
	Mod  *semantic.Module
}

// isTail reports whether a slice is the end of what it is of: `x[-n:]` or `x[len(x) - n:]`.
func isTail(s *ast.Slice, lower *Value) bool {
	if s.Lower == nil || s.Upper != nil || s.Step != nil {
		return false
	}
	if n, ok := lower.Number(); ok {
		return n < 0
	}
	switch e := s.Lower.(type) {
	case *ast.UnaryOp:
		return e.Op == "-"
	case *ast.BinOp:
		return e.Op == "-" && callsLen(e.Left)
	}
	return false
}

func callsLen(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	n, ok := c.Fn.(*ast.Name)
	return ok && n.Id == "len"
}

// cutFront returns contents of which any item may be gone.
func (c *contents) cutFront(cut *Cut) *contents {
	n := *c
	n.seq = append([]Item(nil), c.seq...)
	for i := range n.seq {
		if n.seq[i].Cut == nil {
			n.seq[i].Cut = cut
		}
	}
	return &n
}

// dropped returns contents of which the first item, or any number of them, may be gone.
func (c *contents) dropped(op effectOp, cut *Cut) *contents {
	if op == dropFront {
		return c.cutFront(cut)
	}
	return c.cutFirst(cut)
}

// cutFirst returns contents of which the first item may be gone.
func (c *contents) cutFirst(cut *Cut) *contents {
	if len(c.seq) == 0 || c.seq[0].Cut != nil {
		return c
	}
	n := *c
	n.seq = append([]Item(nil), c.seq...)
	n.seq[0].Cut = cut
	return &n
}

// oneList takes several lists, of which a value is one, for one that holds what each holds.
func (f *Frame) oneList(v *Value, at ast.Node) *Value {
	if v.Kind() != KindUnion {
		return v
	}
	var all *contents
	for _, a := range v.ref.([]*Value) {
		o := a.object()
		switch {
		case a.IsNone():
			continue
		case o == nil || o.kind > Set || o.class != nil:
			return v
		}
		c := f.contents(o)
		if c == nil {
			return v
		}
		all = joinContents(all, c)
	}
	if all == nil {
		return v
	}
	n := f.newObjectFor(at, at, List)
	f.st.set(n, all)
	return &Value{kind: KindObject, ref: n, marks: v.marks}
}

// counted reports whether the items of a list are exactly those that are known.
func (f *Frame) counted(o *Object, c *contents) bool {
	if _, display := o.node.(*ast.List); !display || c.open || o.stays || o.frame != f || len(f.loops) > 0 || hasSplat(c.seq) {
		return false
	}
	for _, it := range c.seq {
		if it.Maybe {
			return false
		}
	}
	return true
}

// firstWords is how long the constant text at the start of a prompt must be to hold
// instructions.
const firstWords = 16

// tailStep is the step of an origin from a list or text to the end of it.
const tailStep = "end"

// tail is the end of a list or a text. What stood in front may be gone: the first messages of
// a conversation, the instructions with which a text begins.
func (f *Frame) tail(v *Value, cut *Cut) *Value {
	if o := v.object(); o != nil && o.kind <= Set && o.class == nil {
		c := f.contents(o)
		if c == nil {
			return v
		}
		if !f.counted(o, c) {
			c = c.cutFront(cut)
		}
		n := f.newObject(cut.Node, o.kind)
		n.madeFrom(o)
		f.st.set(n, c)
		return &Value{kind: KindObject, ref: n, marks: v.marks}
	}
	if v.kind == KindUnknown && v.exact != nil && v.exact.frame != nil && v.exact.depth < maxPath {
		o := v.exact
		if o.step != tailStep { // else the end of an end
			o = o.child(tailStep)
			o.cut = cut
		}
		return &Value{marks: f.fields(v.marks, "[]"), exact: o}
	}
	out := f.subscript(v, anySlice, cut.Node)
	if beginsWithWords(v) {
		return f.cutText(v, out, cut)
	}
	return out
}

// beginsWithWords reports whether a text begins with instructions of the program.
func beginsWithWords(v *Value) bool {
	if v.Kind() != KindString || v.built == nil {
		return false
	}
	first := strings.TrimSpace(v.parts()[0].Text)
	return len(first) >= firstWords && strings.Contains(first, " ")
}

// cutText marks the end of a text that begins with instructions.
func (f *Frame) cutText(v, out *Value, cut *Cut) *Value {
	if f.eng.cutTexts == nil {
		f.eng.cutTexts = map[ast.Node]*Value{}
	}
	f.eng.cutTexts[cut.Node] = v
	return taint(out, f.windowMarks(cut))
}

// Cut returns the text of which a slice, the origin of data labelled as a window, is the end;
// nil for other nodes.
func (e *Engine) Cut(n ast.Node) *Value { return e.cutTexts[n] }

// windowMarks marks what the front was cut off.
func (f *Frame) windowMarks(c *Cut) []Mark {
	o := f.sourceAt(c.Node)
	o.from = "a window that drops what stood in front"
	return f.eng.labelled(Mark{Label: models.Window, Origin: o, Trace: (*Trace)(nil).then(c.Node, c.Mod, o.from)})
}

var windowSink = &models.Sink{Kind: models.PromptSystem, Note: "sent to the model, which may not get the system message"}

// headless finds the cut that may have taken the system message of a conversation; nil where
// there is none, or where one is there in any case.
func headless(msgs []Message) *Cut {
	var cut *Cut
	for i := range msgs {
		if msgs[i].Role != "system" {
			continue
		}
		if msgs[i].Cut == nil {
			return nil
		}
		cut = msgs[i].Cut
	}
	return cut
}

// instructedApart reports whether a call has a system prompt as an argument of its own.
func (ch *Chat) instructedApart() bool {
	for i := range ch.Messages {
		if m := &ch.Messages[i]; m.Role == "system" && m.RoleNode == nil && m.Item == m.Node {
			return true
		}
	}
	return false
}

// trimmed is langchain's trim_messages, which keeps the last messages and, unless told so,
// not the system message; nil where the list is not known.
func (f *Frame) trimmed(c *Call, e *ast.Call) *Value {
	a := c.Arg(0, "messages")
	if a == nil {
		return nil
	}
	o := a.Value.object()
	if o == nil || o.kind > Set {
		return nil
	}
	k := f.contents(o)
	if k == nil {
		return nil
	}
	strategy, include := "last", false
	if s := c.Arg(-1, "strategy"); s != nil {
		strategy, _ = s.Value.Text()
	}
	if s := c.Arg(-1, "include_system"); s != nil {
		include = !s.Value.IsFalse()
	}
	if strategy == "last" && !include && !c.HasRest() {
		k = k.cutFront(&Cut{e, f.mod.sem})
	}
	n := f.newObject(e, List)
	f.st.set(n, k)
	return &Value{kind: KindObject, ref: n, marks: a.Value.marks}
}
