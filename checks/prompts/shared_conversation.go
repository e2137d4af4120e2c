package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// sharedConversation is PML1150. A conversation is a list that is sent to a model, or an object of
// a library that keeps its turns.
var sharedConversation = &checks.Rule{
	Spec: infoPML1150,
	On:   append(modelCalls(), turnCalls...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Chat != nil {
			for _, v := range sentMessages(c) {
				for _, list := range c.Lists(v) {
					if len(list.Additions()) > 0 && list.Lifetime() == flow.PerProcess {
						reportShared(p, c.Frame, list)
					}
				}
			}
		}
		if c.Symbol.Is(turnNames...) {
			reportTurn(p, c)
		}
	},
}

// modelCalls are the names of the calls that send messages to a model.
func modelCalls() []string {
	var out []string
	for _, fw := range models.Builtin() {
		for i := range fw.Models {
			if m := &fw.Models[i]; m.Chat != nil {
				out = append(out, m.Name)
			}
		}
	}
	return out
}

// turnCalls add to a conversation that an object keeps.
var turnCalls = []string{
	"google.genai.Client().{chats,aio.chats}.create().{send_message,send_message_stream}",
	"google.generativeai.GenerativeModel().start_chat().{send_message,send_message_async}",
	"{vertexai.generative_models.GenerativeModel,vertexai.preview.generative_models.GenerativeModel}().start_chat().{send_message,send_message_async}",
	"{vertexai.language_models,vertexai.preview.language_models}.{ChatModel,CodeChatModel}.from_pretrained().start_chat().{send_message,send_message_async,send_message_streaming}",
	conversationMemory + "().{save_context,asave_context,chat_memory.add_user_message,chat_memory.add_ai_message,chat_memory.add_message,chat_memory.add_messages}",
	"{langchain_core.chat_history,langchain_community.chat_message_histories,langchain.memory}.{InMemoryChatMessageHistory,ChatMessageHistory}().{add_user_message,add_ai_message,add_message,add_messages,aadd_messages}",
	"{langchain.chains,langchain,langchain_classic.chains,langchain.chains.conversation.base}.ConversationChain().{predict,apredict,invoke,ainvoke,run,arun}",
	"{langchain.chains,langchain,langchain_classic.chains,langchain.chains.conversation.base}.ConversationChain()",
	"llama_index.core.chat_engine.BaseChatEngine().{chat,achat,stream_chat,astream_chat}",
	"{llama_index.core.memory,llama_index.memory}.{ChatMemoryBuffer,ChatMemoryBuffer.from_defaults,Memory.from_defaults}().{put,aput,put_messages,aput_messages}",
}

// turnNames are the names of turnCalls, written out.
var turnNames = func() []string {
	var out []string
	for _, pattern := range turnCalls {
		names, err := flow.Expand(pattern)
		if err == nil {
			out = append(out, names...)
		}
	}
	return out
}()

// reportTurn reports a call that adds to a conversation which an object of the whole process keeps.
func reportTurn(p *checks.Pass, c *checks.Call) {
	e, held := conversation(c)
	if !c.Frame.Serves() || keyed(p.Module, e, c.Node) {
		return
	}
	for _, v := range c.Given(held) {
		if c.Lifetime(v, e) == flow.PerProcess && firstTurn(c, v.Origin()) {
			p.Report(checks.Report{Node: c.Node, Fix: startAnew(p, c, e, v)})
			return
		}
	}
}

// givesAnswer reports whether a call gives the model's answer, and does not only keep a turn.
func givesAnswer(c *checks.Call) bool {
	return !strings.HasPrefix(c.Method, "add_") && !strings.HasPrefix(c.Method, "aadd_") && !strings.HasSuffix(c.Method, "save_context") && !strings.Contains(c.Method, "put")
}

// conversation is the object that a call adds to, and the expression that it is.
func conversation(c *checks.Call) (ast.Expr, *checks.Value) {
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok || c.Receiver == nil {
		return c.Node.Fn, c.Callee
	}
	if inner, ok := at.Value.(*ast.Attribute); ok && inner.Attr.Id == "chat_memory" {
		return inner.Value, c.Receiver
	}
	return at.Value, c.Receiver
}

// conversationMemory are LangChain's classes that keep the turns of a conversation.
const conversationMemory = "{langchain.memory,langchain_classic.memory,langchain.memory.buffer,langchain.memory.buffer_window}.{ConversationBufferMemory,ConversationBufferWindowMemory,ConversationSummaryMemory,ConversationSummaryBufferMemory,ConversationTokenBufferMemory}"

// sentMessages are the arguments of a model call that hold its messages.
func sentMessages(c *checks.Call) []*checks.Value {
	model := c.Chat.Model
	var out []*checks.Value
	for _, arg := range append([]models.Arg{model.Messages}, model.User...) {
		if a := argument(c, arg); a != nil {
			out = append(out, a.Value)
		}
	}
	return out
}

// argument is the argument of a call that a model names by position and keyword.
func argument(c *checks.Call, arg models.Arg) *checks.Argument {
	if arg == "" || c == nil {
		return nil
	}
	pos, name := -1, string(arg)
	if len(name) > 1 && name[1] == ':' && name[0] >= '0' && name[0] <= '9' {
		pos, name = int(name[0]-'0'), name[2:]
	}
	return c.Arg(pos, name)
}

// reportShared reports the first place in what each handler runs that adds to a list.
func reportShared(p *checks.Pass, near *checks.Frame, list *flow.Object) {
	var turns []turn
	for _, a := range list.Additions() {
		m := p.Project.Module(a.In.Module())
		if a.In.Serves() && m != nil && !keyed(m, grown(m, a.Node), a.Node) && !emptied(m, a) {
			turns = append(turns, turn{a.Node, a.In})
		}
	}
	for _, t := range firstTurns(near, turns) {
		m := p.Project.Module(t.in.Module())
		node := ast.Node(m.StmtOf(t.node))
		if c := callAround(m, t.node); c != nil {
			node = c
		}
		p.Report(checks.Report{Node: node, In: m, Fix: copyFirst(p, m, serving(t.in), grown(m, t.node))})
	}
}

// turn is a place that adds to a conversation.
type turn struct {
	node ast.Node
	in   *checks.Frame
}

// firstTurns picks of the places that add to a conversation the first that each handler comes to.
func firstTurns(near *checks.Frame, turns []turn) []turn {
	if len(turns) < 2 {
		return turns
	}
	w := walk{turns: map[*semantic.Function][]turn{}, frames: map[*semantic.Function]*checks.Frame{}}
	var out, pages []turn
	for _, t := range turns {
		if fn := t.in.Function(); fn != nil {
			w.turns[fn] = append(w.turns[fn], t)
		} else {
			pages = append(pages, t)
		}
	}
	for _, f := range near.Everywhere() {
		if fn := f.Function(); fn != nil && w.frames[fn] == nil {
			w.frames[fn] = f
		}
	}
	for _, r := range near.Routes() {
		if t, ok := w.first(r.Function, nil); ok && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) > 0 {
		return out
	}
	if len(pages) > 0 {
		turns = pages
	}
	return []turn{slices.MinFunc(turns, func(a, b turn) int { return int(a.node.Pos() - b.node.Pos()) })}
}

// walk follows the calls of a function in their order.
type walk struct {
	turns  map[*semantic.Function][]turn
	frames map[*semantic.Function]*checks.Frame
}

// maxWalk bounds the calls that are followed into each other.
const maxWalk = 6

// first is the first place in a function, or in what it calls, that adds to the conversation.
func (w *walk) first(fn *semantic.Function, within []*semantic.Function) (turn, bool) {
	if len(within) > maxWalk || slices.Contains(within, fn) {
		return turn{}, false
	}
	within = append(within[:len(within):len(within)], fn)
	var best turn
	at := ast.Pos(-1)
	consider := func(t turn, pos ast.Pos) {
		if at < 0 || pos < at {
			best, at = t, pos
		}
	}
	for _, t := range w.turns[fn] {
		consider(t, t.node.Pos())
	}
	if f := w.frames[fn]; f != nil {
		for _, c := range f.Calls {
			if called := c.Callee.Function(); called != nil && (at < 0 || c.Node.Pos() < at) {
				if t, ok := w.first(called, within); ok {
					consider(t, c.Node.Pos())
				}
			}
		}
	}
	for other, list := range w.turns { // a generator within the handler
		if other.Parent == fn {
			for _, t := range list {
				consider(t, t.node.Pos())
			}
		}
	}
	return best, at >= 0
}

// serving is the outermost function around a frame that serves requests itself; nil for a page.
func serving(f *checks.Frame) *semantic.Function {
	var fn *semantic.Function
	for ; f != nil && f.Function() != nil; f = f.Outer() {
		if fn == nil || f.Serves() {
			fn = f.Function()
		}
	}
	return fn
}

// callAround is the call that adds an expression to a list; nil for `list += …`.
func callAround(m *checks.Module, n ast.Node) *ast.Call {
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch a := around[i].(type) {
		case *ast.Call:
			if at, ok := a.Fn.(*ast.Attribute); ok {
				switch at.Attr.Id {
				case "append", "extend", "insert", "appendleft", "add", "put":
					return a
				}
			}
		case ast.Stmt:
			return nil
		}
	}
	return nil
}

// grown is the expression of the list to which an expression is added; nil when it is not known.
func grown(m *checks.Module, n ast.Node) ast.Expr {
	if c := callAround(m, n); c != nil {
		return c.Fn.(*ast.Attribute).Value
	}
	if s, ok := m.StmtOf(n).(*ast.AugAssign); ok {
		return s.Target
	}
	return nil
}

// keyed reports whether an expression picks one of several conversations by a key that is not
// constant, itself or where the name that it is was given a value.
func keyed(m *checks.Module, e ast.Expr, at ast.Node) bool {
	for depth := 0; e != nil && depth < 8; depth++ {
		switch x := e.(type) {
		case *ast.Subscript:
			switch x.Index.(type) {
			case *ast.Str, *ast.Number:
			default:
				return true
			}
			e = x.Value
		case *ast.Attribute:
			e = x.Value
		case *ast.Call:
			fn, ok := x.Fn.(*ast.Attribute)
			if !ok {
				for _, a := range x.Args {
					if !isConstant(a) {
						return true // get_history(session_id)
					}
				}
				return len(x.Keywords) > 0
			}
			if len(x.Args) > 0 && !isConstant(x.Args[0]) {
				return true
			}
			e = fn.Value
		case *ast.Name:
			e = lastGiven(m, x.Id, at)
		default:
			return false
		}
	}
	return false
}

func isConstant(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Str, *ast.Number, *ast.Constant:
		return true
	}
	return false
}

// lastGiven is what a name was last given in front of a place in the same function; nil when it
// was not.
func lastGiven(m *checks.Module, name string, at ast.Node) ast.Expr {
	fn, own := functionAround(m, at)
	if _, ok := fn.(*ast.FunctionDef); !ok {
		return nil
	}
	var last ast.Expr
	for _, s := range own {
		if s.Pos() >= at.Pos() {
			break
		}
		if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 {
			if t, ok := a.Targets[0].(*ast.Name); ok && t.Id == name && a.Stop() <= at.Pos() {
				last = a.Value
			}
		}
	}
	return last
}

// emptied reports whether the list is emptied or made anew in the function before a place adds
// to it.
func emptied(m *checks.Module, a flow.Addition) bool {
	list := grown(m, a.Node)
	if list == nil {
		return true
	}
	name := m.File.Text(list)
	fn, own := functionAround(m, a.Node)
	global := false
	if def, ok := fn.(*ast.FunctionDef); ok {
		ast.InspectStmts(def.Body, func(n ast.Node) bool {
			if g, ok := n.(*ast.Global); ok {
				for _, id := range g.Names {
					global = global || id.Id == name
				}
			}
			return true
		})
	}
	for _, s := range own {
		if s.Pos() >= a.Node.Pos() {
			break
		}
		switch s := s.(type) {
		case *ast.ExprStmt:
			c, ok := s.Value.(*ast.Call)
			if !ok || !always(m, fn, s) {
				continue
			}
			if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "clear" && m.File.Text(at.Value) == name {
				return true
			}
		case *ast.Assign:
			if !always(m, fn, s) {
				continue
			}
			for _, t := range s.Targets {
				whole := m.File.Text(t)
				if sub, ok := t.(*ast.Subscript); ok {
					if sl, ok := sub.Index.(*ast.Slice); ok && sl.Lower == nil && sl.Upper == nil {
						whole = m.File.Text(sub.Value)
					}
				}
				_, plain := t.(*ast.Name)
				if whole == name && (global || !plain) && !mentions(m, s.Value, name) {
					return true
				}
			}
		case *ast.Delete:
			for _, t := range s.Targets {
				if sub, ok := t.(*ast.Subscript); ok && m.File.Text(sub.Value) == name {
					if sl, ok := sub.Index.(*ast.Slice); ok && sl.Upper == nil && sl.Step == nil {
						return true
					}
				}
			}
		}
	}
	return false
}

// always reports whether a statement stands in the body of the function itself, so that nothing
// decides whether it runs.
func always(m *checks.Module, fn ast.Node, s ast.Stmt) bool {
	around := m.Around(s)
	i := slices.Index(around, ast.Node(s))
	return i > 0 && around[i-1] == fn
}

// mentions reports whether an expression reads something by its text.
func mentions(m *checks.Module, e ast.Expr, text string) bool { return reads(m, e, text) }

// copyFirst makes the fix that gives the function a list of its own: a copy of what all share.
func copyFirst(p *checks.Pass, m *checks.Module, fn *semantic.Function, list ast.Expr) *fix.Fix {
	if n, ok := list.(*ast.Name); ok {
		if given := givenHere(m, n, fn); given != nil {
			return checks.Fix(true, "work on a list of its own", in(p, m, fix.Wrap(m.File, given, "list(", ")")))
		}
	}
	if fn == nil || fn.Def == nil || list == nil || fn.Module.File != m.File || !simple(list) {
		return nil
	}
	text, name := m.File.Text(list), freeName(fn)
	edits, others := renamed(m, fn, text, name)
	if others == 0 {
		return nil // somebody else sends it
	}
	edits = append(fix.PrependBody(m.File, fn.Def.Body, name+" = list("+text+")"), edits...)
	return checks.Fix(true, "let the handler work on a list of its own", in(p, m, edits))
}

// freeName is a name for the turns of a function's own conversation.
func freeName(fn *semantic.Function) string {
	name := "turns"
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Id == name {
			name = "own_turns"
		}
		return name == "turns"
	})
	return name
}

// givenHere is the call whose result a name is given in the function, or on the page, that adds
// to it; nil for names of other places.
func givenHere(m *checks.Module, n *ast.Name, fn *semantic.Function) ast.Expr {
	body := m.File.Body
	if fn != nil && fn.Def != nil {
		body = fn.Def.Body
	}
	for _, s := range body {
		if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 && a.Stop() <= n.Pos() {
			t, ok := a.Targets[0].(*ast.Name)
			c, made := a.Value.(*ast.Call)
			if ok && made && t.Id == n.Id {
				return c
			}
		}
	}
	return nil
}

// renamed makes the edits that put a name in the place of an expression in a function, and counts
// the places that do more than add to it.
func renamed(m *checks.Module, fn *semantic.Function, text, name string) (edits []fix.Edit, others int) {
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		if !ok || m.File.Text(x) != text {
			return true
		}
		if around := m.Around(x); len(around) > 1 {
			switch around[len(around)-2].(type) {
			case *ast.Global, *ast.Nonlocal:
				return false
			}
		}
		edits = append(edits, fix.ReplaceNode(m.File, x, name))
		if c := callAround(m, x); c == nil || c.Fn.(*ast.Attribute).Value != x {
			others++
		}
		return false
	})
	return edits, others
}

// firstTurn reports whether a call is the first that a handler comes to of those which add to what
// a call has made.
func firstTurn(c, made *checks.Call) bool {
	var turns []turn
	for _, f := range c.Frame.Everywhere() {
		if !f.Serves() {
			continue
		}
		for _, o := range f.Calls {
			if !o.Symbol.Is(turnNames...) {
				continue
			}
			_, held := conversation(o)
			for _, v := range o.Given(held) {
				if v.Origin() == made {
					turns = append(turns, turn{o.Node, f})
				}
			}
		}
	}
	return slices.ContainsFunc(firstTurns(c.Frame, turns), func(t turn) bool { return t.node == ast.Node(c.Node) })
}

// startAnew makes the fix that puts the expression which made a conversation in the place of the
// one that all share.
func startAnew(p *checks.Pass, c *checks.Call, e ast.Expr, v *checks.Value) *fix.Fix {
	made := v.Origin()
	for _, a := range v.Alternatives() { // None until the first request
		if made == nil {
			made = a.Origin()
		}
	}
	if made == nil || made.Frame.Module().File != p.File || !simple(e) && !bareCall(e) {
		return nil
	}
	ok := true
	ast.Inspect(made.Node, func(n ast.Node) bool {
		if id, isName := n.(*ast.Name); isName && !p.Defines(id.Id) && !p.Imports(id.Id) && made.Frame.Function() != nil {
			ok = false
		}
		return ok
	})
	if !ok {
		return madeByCallers(p, made)
	}
	text := p.File.Text(made.Node)
	if fn := c.Frame.Function(); fn != nil && fn.Def != nil {
		name := freeName(fn)
		if edits, _ := renamed(p.Module, fn, p.File.Text(e), name); len(edits) > 1 {
			return checks.Fix(true, "begin a conversation of its own", fix.PrependBody(p.File, fn.Def.Body, name+" = "+text), edits)
		}
	}
	if !givesAnswer(c) {
		return nil // somebody else reads what is kept
	}
	return checks.Fix(true, "begin a conversation of its own", checks.Replace(p, e, text))
}

// bareCall reports whether an expression is a call without arguments: get_engine().
func bareCall(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	return ok && len(c.Args)+len(c.Keywords) == 0 && simple(c.Fn)
}

// madeByCallers makes the fix for a function that keeps what it returns for all: it returns the index, and whoever
// calls it makes a conversation of it. It is nil for other functions.
func madeByCallers(p *checks.Pass, made *checks.Call) *fix.Fix {
	fn := made.Frame.Function()
	at, ok := made.Node.Fn.(*ast.Attribute)
	stmt, returned := p.StmtOf(made.Node).(*ast.Return)
	if fn == nil || fn.Def == nil || !ok || !returned || stmt.Value != ast.Expr(made.Node) || !simple(at.Value) {
		return nil
	}
	local := false // an argument is known in the function only
	for _, a := range slices.Concat(made.Node.Args, values(made.Node.Keywords)) {
		ast.Inspect(a, func(n ast.Node) bool {
			if id, ok := n.(*ast.Name); ok && !p.Defines(id.Id) && !p.Imports(id.Id) && !slices.Contains([]string{"True", "False", "None"}, id.Id) {
				local = true
			}
			return true
		})
	}
	name := fn.Def.Name.Id
	for _, m := range p.Connected() {
		local = local || m != p.Module && m.Mentions(name)
	}
	if local {
		return nil
	}
	text := string(p.Source.Text[at.Value.Stop():made.Node.Stop()])
	edits := checks.Replace(p, made.Node, p.File.Text(at.Value))
	calls, uses := 0, 0
	ast.InspectFile(p.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Id == name && n != fn.Def.Name {
				uses++
			}
		case *ast.Call:
			if id, ok := n.Fn.(*ast.Name); ok && id.Id == name {
				calls++
				edits = append(edits, fix.Edit{Start: int(n.Stop()), End: int(n.Stop()), New: text})
			}
		}
		return true
	})
	if calls == 0 || uses != calls {
		return nil
	}
	return checks.Fix(true, "begin a conversation of its own", edits)
}

func values(list []*ast.Keyword) []ast.Expr {
	var out []ast.Expr
	for _, k := range list {
		out = append(out, k.Value)
	}
	return out
}
