package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file puts the values of variables into chat templates.

// chatFillers are the calls that fill a chat template: they give a list of messages, or a prompt
// that stands for one.
var chatFillers = func() (out []string) {
	for _, name := range [...]string{"invoke", "ainvoke", "format_prompt", "aformat_prompt", "format_messages", "aformat_messages"} {
		out = append(out, "langchain_core.prompts.PromptTemplate()."+name)
	}
	return out
}()

// fillsChat returns the list of messages that a call makes of a constant chat template; nil for
// other calls. marks are what the result carries without it.
func (f *Frame) fillsChat(c *Call, marks []Mark) *Value {
	if c.Receiver == nil || c.Receiver.call == nil || !c.Symbol.Is(chatFillers...) {
		return nil
	}
	made := c.Receiver.call
	for _, m := range symModels(made.Symbol) {
		if m.Chat == nil || m.Chat.Messages == "" {
			continue
		}
		for _, a := range made.select0(m.Chat.Messages) {
			items, open, ok := made.Items(a.Value)
			if !ok {
				return nil
			}
			k := &contents{open: open}
			for _, it := range items {
				filled := f.filledMessages(c, made, it)
				k.seq = append(k.seq, filled...)
				k.open = k.open || len(filled) == 0
			}
			o := f.newObject(c.Node, List)
			f.st.set(o, k)
			return &Value{kind: KindObject, ref: o, marks: marks}
		}
	}
	return nil
}

// filledMessages are a message of a chat template with the values of a call, or the messages that
// the call puts in a placeholder. What a variable puts into a system message is a message of its
// own: it is read apart from the words around it.
func (f *Frame) filledMessages(c, made *Call, it Item) []Item {
	if name := slotName(made, it.Value); name != "" {
		v, at := c.variable(name)
		if at == nil {
			return nil
		}
		return []Item{{Value: v, Node: at, Splat: true}}
	}
	msg, ok := f.message(made.heap, it.Value, it.Node)
	if !ok {
		return nil
	}
	if msg.RoleValue == nil {
		msg.RoleValue = stringValue(msg.Role)
	}
	text, ok := msg.Content.Text()
	if !ok || !msg.Templated {
		return []Item{f.messageItem(c, msg, it.Node)}
	}
	var out []Item
	first := msg.Node
	for _, name := range variables(text) {
		v, node := c.variable(name)
		if node == nil {
			continue
		}
		if first == msg.Node || len(v.marks) > 0 {
			first = node
		}
		if msg.Role == "system" {
			one := msg
			one.Content, one.Node = v, node
			out = append(out, f.messageItem(c, one, node))
		}
	}
	if len(out) == 0 {
		msg.Content, msg.Node = f.filled(text, braceVariable, c.variable, c.Node), first
		out = append(out, f.messageItem(c, msg, it.Node))
	}
	return out
}

// messageItem is a message as an item of the list that a call gives.
func (f *Frame) messageItem(c *Call, m Message, of ast.Node) Item {
	o := f.newObjectFor(c.Node, of, Dict)
	f.st.set(o, (&contents{}).
		with(Entry{Name: "role", Value: m.RoleValue, Node: m.RoleNode}).
		with(Entry{Name: "content", Value: m.Content, Node: m.Node}))
	return Item{Value: &Value{kind: KindObject, ref: o}, Node: m.Node}
}

// slotName is the variable of `MessagesPlaceholder("history")` or
// `("placeholder", "{history}")` in a chat template; "" for other messages.
func slotName(made *Call, v *Value) string {
	if k := v.call; k != nil && strings.HasSuffix(k.Callee.Name(), "MessagesPlaceholder") {
		if a := k.Arg(0, "variable_name"); a != nil {
			name, _ := a.Value.Text()
			return name
		}
		return ""
	}
	if pair, _, ok := made.Items(v); ok && len(pair) == 2 && roleWord(pair[0].Value) == "placeholder" {
		text, _ := pair[1].Value.Text()
		return strings.Trim(text, "{} ")
	}
	return ""
}
