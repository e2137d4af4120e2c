package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// Chat is one call of a language model as a whole.
type Chat struct {
	Call *Call
	// Model is the API's description.
	Model *models.Chat
	// Messages lists the messages in order, as far as they are known, those given as system or
	// user arguments first. Open is set when there may be more.
	Messages []Message
	Open     bool
}

// Message is one message of a model call.
type Message struct {
	// Role is "system", "user", "assistant", "tool", or "" where it is not a constant;
	// "developer" is "system".
	Role string
	// RoleValue is the value of the role and RoleNode where it stands, nil where the API
	// implies it.
	RoleValue *Value
	RoleNode  ast.Node
	Content   *Value
	// Whole is the message's text where Content is the value of a variable in it; nil otherwise.
	Whole *Value
	// Node is the expression of the content, Item that of the message.
	Node, Item ast.Node
	// Cut is where the message may have been taken off the front of the list.
	Cut *Cut
	// Maybe is set when the message is sent on some ways only.
	Maybe bool
	// Copied is set for a message that is a record or a copy of one, as it came: its role was not written here.
	Copied bool
	// Templated is set for a (role, text) tuple or text, which a prompt template reads as a
	// template.
	Templated bool
}

var systemSink = &models.Sink{Kind: models.PromptSystem, Note: "read by the model as the system prompt"}
var userSink = &models.Sink{Kind: models.PromptUser, Note: "sent to the model as a user message"}
var splicedSink = &models.Sink{Kind: models.Param, Arg: SplicedMessages, Note: "sent to the model as messages of the conversation"}
var roleSink = &models.Sink{Kind: models.Param, Arg: "role", Note: "becomes the role of a message"}

// SplicedMessages is the Arg of the sink at which whole messages that others made enter the
// messages of a model call: what stands there may be of any role.
const SplicedMessages = "messages[]"

// maxSpliced bounds how deep lists in lists of messages are looked into.
const maxSpliced = 3

// spliced lists what a list of messages holds that is no message of the program's own: lists
// and message objects of which nothing is known but where they come from.
func (f *Frame) spliced(heap heap, v *Value, node ast.Node, depth int) []Item {
	o := v.object()
	if depth > maxSpliced || o == nil || o.class != nil || o.kind > Set {
		return nil
	}
	c := lookupContents(heap, o)
	if c == nil {
		return nil
	}
	var out []Item
	for _, it := range c.seq {
		if it.Node == nil {
			it.Node = node
		}
		alts := it.Value.Alternatives()
		if len(alts) > 1 && slices.ContainsFunc(alts, func(a *Value) bool { return f.isOwnMessage(heap, a) }) {
			continue // what one way hands on is what another makes a message of: a text
		}
		if call, ok := it.Node.(*ast.Call); ok && !it.Splat && f.callOf(call) != nil && len(f.callOf(call).Callee.Alternatives()) > 1 {
			continue // each client of the program's makes a message of the text in its own way
		}
		for _, a := range alts {
			switch a.kind {
			case KindUnknown, KindExternal:
				if _, own := f.message(heap, a, it.Node); !own && len(a.marks) > 0 {
					out = append(out, Item{Value: a, Node: it.Node, Splat: it.Splat})
				}
			case KindObject:
				if a.ref.(*Object).class != nil {
					if _, own := f.message(heap, a, it.Node); !own && len(a.marks) > 0 {
						out = append(out, Item{Value: a, Node: it.Node, Splat: it.Splat})
					}
				} else if it.Splat {
					out = append(out, f.spliced(heap, a, it.Node, depth+1)...)
				}
			}
		}
	}
	return out
}

// isOwnMessage reports whether a value is a message whose role the program wrote.
func (f *Frame) isOwnMessage(heap heap, v *Value) bool {
	if v.kind != KindObject {
		return false
	}
	m, ok := f.message(heap, v, nil)
	return ok && m.Role != "" && !m.Copied
}

// splices makes a sink event of each thing that is spliced into a list of messages.
func (f *Frame) splices(c *Call, m *models.Model, ch *Chat, v *Value, node ast.Node, heap heap) []*sinkEvent {
	if m.Chat.NoSystemRole {
		return nil
	}
	var out []*sinkEvent
	for _, it := range f.spliced(heap, v, node, 0) {
		if it.Node != nil {
			out = append(out, &sinkEvent{kind: models.Param, sink: splicedSink, model: m, call: c, value: it.Value, node: it.Node, frame: f, facts: c.Facts, heap: heap, chat: ch})
		}
	}
	return out
}

// chat records a model call.
func (f *Frame) chat(c *Call, m *models.Model, piped *run) {
	ch := &Chat{Call: c, Model: m.Chat}
	c.Chat = ch
	add := func(args []models.Arg, role string, sink *models.Sink) {
		for _, arg := range args {
			for _, a := range c.select0(arg) {
				if role == "user" {
					// A list of messages can stand where a text can.
					if msgs, open, ok := f.messages(c.heap, a.Value); ok {
						ch.Messages, ch.Open = append(ch.Messages, msgs...), ch.Open || open
						continue
					}
				}
				ch.Messages = append(ch.Messages, Message{Role: role, Content: f.contentOf(c.heap, a.Value), Node: a.Node, Item: a.Node})
			}
		}
	}
	f.fill(c, ch, piped)
	add(m.Chat.System, "system", systemSink)
	add(m.Chat.User, "user", userSink)
	if m.Chat.Messages != "" {
		for _, a := range c.select0(m.Chat.Messages) {
			for _, v := range a.Value.Alternatives() {
				f.listed(c, m, ch, v, a.Node)
				for _, e := range f.splices(c, m, ch, v, a.Node, c.heap) {
					f.event(e)
				}
			}
		}
	}
	f.chatSinks(c, m, ch, f, c.Facts)
}

// listed adds what one value of the argument for messages holds: a list, or the text of one
// user message.
func (f *Frame) listed(c *Call, m *models.Model, ch *Chat, v *Value, at ast.Node) {
	msgs, open, ok := f.messages(c.heap, v)
	switch {
	case ok:
		ch.Messages = append(ch.Messages, msgs...)
		ch.Open = ch.Open || open
		if cut := headless(msgs); cut != nil && !ch.instructedApart() {
			f.event(&sinkEvent{kind: models.PromptSystem, sink: windowSink, model: m, call: c, value: unknownWith(f.windowMarks(cut)), node: at, frame: f, facts: c.Facts, heap: c.heap, chat: ch})
		}
		f.symbolicMessages(c, m, ch, v, at)
	case saysText(v):
		ch.Messages = append(ch.Messages, Message{Role: "user", Content: v, Node: at, Item: at})
	case v.IsNone():
	default:
		ch.Open = true
		f.symbolicMessages(c, m, ch, v, at)
	}
}

// saysText reports whether a value stands for text where a list of messages could.
func saysText(v *Value) bool {
	return v.kind == KindString || (v.kind == KindUnknown || v.kind == KindExternal && !isMessage(v)) && v.exact == nil && len(v.marks) > 0
}

// fill adds the values that a pipeline `prompt | model` puts into the messages of its prompt
// templates: `chain.invoke({"context": text})` for ("system", "Known: {context}").
func (f *Frame) fill(c *Call, ch *Chat, piped *run) {
	if piped == nil {
		return
	}
	now := &Call{heap: f.st.snapshot()}
	for _, p := range piped.prompts {
		o := p.values.object()
		if o == nil || o.kind != Dict {
			continue
		}
		find := func(name string) (*Value, ast.Node) {
			if e := now.Key(p.values, name); e != nil {
				return e.Value, e.Node
			}
			return nil, nil
		}
		made := p.prompt.call
		if p.prompt.Is("langchain_core.prompts.PromptTemplate()") {
			if a := made.Arg(0, "template"); a != nil {
				f.fillMessage(c, ch, &Message{Role: "user", Content: a.Value, Templated: true}, find)
			}
		}
		for _, m := range symModels(made.Symbol) {
			if m.Chat == nil || m.Chat.Messages == "" {
				continue
			}
			for _, a := range made.select0(m.Chat.Messages) {
				msgs, _, _ := f.messages(made.heap, a.Value)
				f.placeholders(c, m, made, a.Value, find, msgs)
				for i := range msgs {
					f.fillMessage(c, ch, &msgs[i], find)
				}
			}
		}
	}
}

// placeholders makes sink events of the messages that a call puts into the placeholders of a
// prompt template: `MessagesPlaceholder("history")`, `("placeholder", "{history}")`.
func (f *Frame) placeholders(c *Call, m *models.Model, made *Call, template *Value, find func(string) (*Value, ast.Node), msgs []Message) {
	ch := &Chat{Call: c, Model: m.Chat, Messages: msgs}
	items, _, _ := made.Items(template)
	for _, it := range items {
		name := slotName(made, it.Value)
		if name == "" {
			continue
		}
		v, at := find(name)
		if at == nil {
			continue
		}
		if len(v.marks) > 0 && v.object() == nil {
			f.event(&sinkEvent{kind: models.Param, sink: splicedSink, model: m, call: c, value: v, node: at, frame: f, facts: c.Facts, heap: c.heap, chat: ch})
		}
		for _, s := range f.splices(c, m, ch, v, at, c.heap) {
			f.event(s)
		}
	}
}

// fillMessage adds the values of the variables of one templated message.
func (f *Frame) fillMessage(c *Call, ch *Chat, msg *Message, find func(string) (*Value, ast.Node)) {
	if !msg.Templated {
		return
	}
	text, ok := msg.Content.Text()
	if !ok {
		return
	}
	if len(variables(text)) == 0 {
		if msg.Node != nil {
			ch.Messages = append(ch.Messages, *msg)
		}
		return
	}
	whole := f.filled(text, braceVariable, find, c.Node)
	for _, name := range variables(text) {
		if v, at := find(name); at != nil {
			ch.Messages = append(ch.Messages, Message{Role: msg.Role, Content: f.contentOf(c.heap, v), Whole: whole, Node: at, Item: at})
		}
	}
}

// variables lists the names in braces of a template in the syntax of str.format.
func variables(text string) []string {
	text = strings.NewReplacer("{{", "", "}}", "").Replace(text)
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return out
		}
		name, rest, ok := strings.Cut(rest, "}")
		if !ok {
			return out
		}
		out = append(out, strings.TrimSpace(name))
		text = rest
	}
}

// chatSinks records the prompts of a model call as sinks.
func (f *Frame) chatSinks(c *Call, m *models.Model, ch *Chat, at *Frame, facts Facts) {
	for i := range ch.Messages {
		msg := &ch.Messages[i]
		kind, sink := models.PromptUser, userSink
		if msg.Role == "system" && !(m.Chat.NoSystemRole && msg.RoleNode != nil) {
			kind, sink = models.PromptSystem, systemSink
		}
		f.event(&sinkEvent{kind: kind, sink: sink, model: m, call: c, value: f.spelled(msg.Content, msg.Node), node: msg.Node, frame: at, facts: facts, heap: c.heap, chat: ch})
		if msg.RoleValue != nil && msg.Role == "" && !m.Chat.NoSystemRole {
			f.event(&sinkEvent{kind: models.Param, sink: msg.roleSink(), model: m, call: c, value: msg.RoleValue, node: msg.RoleNode, frame: at, facts: facts, heap: c.heap, chat: ch})
		}
	}
}

// roleSink is what a role reaches that the program does not know: a message that it made, or
// one that it sends on as it came.
func (m *Message) roleSink() *models.Sink {
	if m.Copied {
		return splicedSink
	}
	return roleSink
}

// symbolicMessages leaves a message list that a caller hands in to the callers.
func (f *Frame) symbolicMessages(c *Call, m *models.Model, ch *Chat, v *Value, node ast.Node) {
	var origins []*Origin
	note := func(x *Value) {
		if x.exact != nil && x.exact.frame != nil {
			origins = append(origins, x.exact)
			return
		}
		for _, k := range x.marks {
			if k.Label == models.NoLabel && k.Origin.frame != nil {
				origins = append(origins, k.Origin)
			}
		}
	}
	note(v)
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			note(it.Value)
		}
	}
	if len(origins) == 0 {
		return
	}
	e := &sinkEvent{kind: models.PromptSystem, sink: systemSink, model: m, call: c, value: v, node: node, frame: f, facts: c.Facts, heap: c.heap, chat: ch, decode: true}
	for _, o := range origins {
		o.frame.addHit(e, o, f)
	}
}

// judgeChat takes a message list apart that a caller handed in.
func (f *Frame) judgeChat(e *sinkEvent) {
	if e.value.kind == KindUnion {
		for _, a := range e.value.Alternatives() {
			if a.kind == KindUnion || a.object() == nil && a.exact == nil {
				continue
			}
			one := *e
			one.value = a
			f.judgeChat(&one)
		}
		return
	}
	msgs, open, ok := f.messages(e.heap, e.value)
	if !ok {
		switch {
		case e.value.exact != nil && e.value.exact.frame != nil:
			e.value.exact.frame.addHit(e, e.value.exact, f)
			return
		}
		if !saysText(e.value) {
			return
		}
		msgs = []Message{{Role: "user", Content: e.value, Node: e.node, Item: e.node}}
	}
	ch := &Chat{Call: e.call, Model: e.model.Chat, Open: open}
	if e.chat != nil {
		for _, m := range e.chat.Messages {
			if m.RoleNode == nil && m.Role == "system" { // an argument of its own
				ch.Messages = append(ch.Messages, m)
			}
		}
	}
	if cut := headless(msgs); cut != nil && !ch.instructedApart() {
		f.judge(&sinkEvent{kind: models.PromptSystem, sink: windowSink, model: e.model, call: e.call, value: unknownWith(f.windowMarks(cut)), node: e.node, frame: f, facts: e.facts, heap: e.heap, chat: ch, depth: e.depth})
	}
	ch.Messages = append(ch.Messages, msgs...)
	for _, s := range f.splices(e.call, e.model, ch, e.value, e.node, e.heap) {
		s.value, s.facts, s.depth = f.st.apply(s.value), e.facts, e.depth
		f.judge(s)
	}
	for i := range msgs {
		msg := &msgs[i]
		kind, sink := models.PromptUser, userSink
		if msg.Role == "system" && !e.model.Chat.NoSystemRole {
			kind, sink = models.PromptSystem, systemSink
		}
		v := f.st.apply(f.spelled(msg.Content, msg.Node))
		f.judge(&sinkEvent{kind: kind, sink: sink, model: e.model, call: e.call, value: v, node: msg.Node, frame: f, facts: e.facts, heap: e.heap, chat: ch, depth: e.depth})
		if msg.RoleValue != nil && msg.Role == "" && !e.model.Chat.NoSystemRole {
			f.judge(&sinkEvent{kind: models.Param, sink: msg.roleSink(), model: e.model, call: e.call, value: f.st.apply(msg.RoleValue), node: msg.RoleNode, frame: f, facts: e.facts, heap: e.heap, chat: ch, depth: e.depth})
		}
	}
}

// messages takes a list of messages apart; ok is false when the value is no list.
func (f *Frame) messages(heap heap, v *Value) (out []Message, open, ok bool) {
	return f.messagesAt(heap, v, nil)
}

// messagesAt is messages for a list that stands at a node; nil where that is not known.
func (f *Frame) messagesAt(heap heap, v *Value, at ast.Node) (out []Message, open, ok bool) {
	if !f.descend() {
		return nil, false, false
	}
	defer f.ascend()
	o := v.object()
	if o == nil {
		return nil, false, false
	}
	c := lookupContents(heap, o)
	if c == nil {
		return nil, false, false
	}
	if o.kind == Dict || o.kind == Tuple && len(c.seq) == 2 && roleWord(c.seq[0].Value) != "" {
		if m, ok := f.message(heap, v, o.node); ok {
			return []Message{m}, false, true
		}
		return nil, false, false
	}
	if o.class != nil {
		return nil, false, false
	}
	open = c.open
	for _, it := range c.seq {
		if it.Splat {
			if more, o2, ok := f.messagesAt(heap, it.Value, it.Node); ok {
				for i := range more {
					if more[i].Cut == nil {
						more[i].Cut = it.Cut
					}
				}
				out, open = append(out, more...), open || o2
			} else {
				open = true
			}
			continue
		}
		for _, alt := range it.Value.Alternatives() {
			if m, ok := f.message(heap, alt, it.Node); ok {
				m.Maybe, m.Cut = m.Maybe || it.Maybe, it.Cut
				out = append(out, m)
			} else {
				open = true
			}
		}
	}
	if c.rest != nil {
		open = true
		if at == nil {
			at = addedTo(o.node)
		}
		for _, alt := range c.rest.Alternatives() {
			m, ok := f.message(heap, alt, nil)
			if ok && m.Copied {
				m, ok = f.message(heap, alt, at)
			}
			if ok {
				m.Maybe = true
				out = append(out, m)
			}
		}
	}
	return out, open, true
}

// addedTo is what is added to a list of the program's own, `history` in `[system] + history`; nil
// for other expressions.
func addedTo(n ast.Node) ast.Node {
	sum, ok := n.(*ast.BinOp)
	if !ok || sum.Op != "+" {
		return nil
	}
	if _, own := sum.Left.(*ast.List); own {
		return sum.Right
	}
	if _, own := sum.Right.(*ast.List); own {
		return sum.Left
	}
	return nil
}

// message reads one message: a dict, a (role, text) tuple, a text, or a library's object.
func (f *Frame) message(heap heap, v *Value, node ast.Node) (Message, bool) {
	if !f.descend() {
		return Message{}, false
	}
	defer f.ascend()
	switch v.kind {
	case KindString:
		return Message{Role: "user", Content: v, Node: node, Item: node, Templated: true}, true
	case KindObject:
		o := v.ref.(*Object)
		c := lookupContents(heap, o)
		if c == nil {
			return Message{}, false
		}
		if o.kind == Tuple || o.kind == List {
			if len(c.seq) != 2 {
				return Message{}, false
			}
			r := c.seq[0].Value
			return Message{Role: roleWord(r), RoleValue: r, RoleNode: c.seq[0].Node, Content: c.seq[1].Value, Node: c.seq[1].Node, Item: node, Templated: true}, true
		}
		r := c.get("role")
		t := c.get("content")
		if t == nil {
			if t = c.get("parts"); t == nil {
				t = c.get("text")
			}
		}
		if r == nil || t == nil {
			return Message{}, false
		}
		m := Message{Role: roleWord(r.Value), RoleValue: r.Value, RoleNode: r.Node, Content: f.contentOf(heap, t.Value), Node: t.Node, Item: node}
		m.Copied = r.Node == nil || r.Node == t.Node || r.Node == node && o.kind == Dict
		if m.Node == nil {
			m.Node = node
		}
		if m.RoleNode == nil {
			m.RoleNode = node
		}
		return m, true
	case KindExternal:
		return f.libraryMessage(heap, v, node)
	}
	return Message{}, false
}

// libraryMessage reads a message object of a library by its model.
func (f *Frame) libraryMessage(heap heap, v *Value, node ast.Node) (Message, bool) {
	if v.call == nil {
		return Message{}, false
	}
	for _, m := range symModels(v.call.Symbol) {
		if m.Message == nil {
			continue
		}
		out := Message{Role: m.Message.Role, Item: node, Templated: m.Message.Template}
		if out.Item == nil {
			out.Item = v.call.Node
		}
		if m.Message.RoleArg != "" {
			for _, a := range v.call.select0(m.Message.RoleArg) {
				out.RoleValue, out.RoleNode, out.Role = a.Value, a.Node, roleWord(a.Value)
			}
			if out.RoleValue == nil && out.Role == "" {
				out.Role = "user"
			}
		}
		for _, a := range v.call.select0(m.Message.Content) {
			out.Content, out.Node = f.contentOf(heap, a.Value), a.Node
		}
		if out.Content == nil {
			return Message{}, false
		}
		return out, true
	}
	return Message{}, false
}

// contentOf opens content given as a list of typed parts.
func (f *Frame) contentOf(heap heap, v *Value) *Value {
	o := v.object()
	if o == nil {
		return v
	}
	if deep := deepMarks(&Call{heap: heap}, v, 0); len(deep) > len(v.marks) {
		return v.withMarks(deep)
	}
	return v
}

// roleWord reads a constant role.
func roleWord(v *Value) string {
	t, ok := v.Text()
	if !ok {
		if v.kind == KindExternal {
			name := v.Name()
			switch name[strings.LastIndexByte(name, '.')+1:] {
			case "SYSTEM", "DEVELOPER":
				return "system"
			case "USER", "HUMAN":
				return "user"
			case "ASSISTANT", "AI", "MODEL":
				return "assistant"
			case "TOOL":
				return "tool"
			}
		}
		return ""
	}
	switch t {
	case "system", "developer":
		return "system"
	case "user", "human":
		return "user"
	case "assistant", "ai", "model":
		return "assistant"
	case "tool", "function":
		return "tool"
	case "placeholder":
		return "placeholder"
	}
	return ""
}

// Messages takes a list of messages apart as it is at the call: dicts with role and content, pairs,
// message objects. ok is false for what is no list of them; open is set when there may be more.
func (c *Call) Messages(v *Value) (list []Message, open, ok bool) {
	return c.Frame.messages(c.heap, v)
}

// Messages takes a list of messages apart as it is at the end of the way.
func (p *Path) Messages(v *Value) (list []Message, open, ok bool) {
	return p.Frame.messages(p.heap, v)
}

// Messages takes a list of messages apart as it is where it is assigned.
func (s *Store) Messages(v *Value) (list []Message, open, ok bool) {
	return s.Frame.messages(s.heap, v)
}
