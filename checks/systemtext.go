package checks

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// elsewhere is what a system prompt says of text that was moved out of it.
const elsewhere = "the text in the next message"

// moreElsewhere stands for further parts of that text.
const moreElsewhere = "more of it"

// MoveOut makes the edits that take untrusted text out of a system prompt and send it as the
// first message behind it. It is nil where the text, or the list of messages, is not at hand.
func MoveOut(p *Pass, path *Path) []fix.Edit {
	x := tainted(p, path)
	if x == nil {
		return nil
	}
	var insert []fix.Edit
	if path.Chat != nil {
		insert = insertMessage(p, path, x)
	} else if sent := configured(path); sent != nil {
		insert = beforeMessages(p, sent, x)
	}
	if insert == nil {
		insert = intoRun(p, path, x)
	}
	if insert == nil {
		return nil
	}
	edits := replaceParts(p, x.list)
	if edits == nil {
		return nil
	}
	return append(edits, insert...)
}

// agentRuns are the methods by which agents are given a task.
var agentRuns = map[string]bool{"run": true, "arun": true, "run_sync": true, "run_stream": true, "print_response": true, "aprint_response": true, "kickoff": true}

// intoRun gives the text to the agent whose instructions it stood in with the task: in front of it, or as the task
// where there is none. It is nil where the agent is not run right there.
func intoRun(p *Pass, path *Path, x *moved) []fix.Edit {
	if path.Call == nil {
		return nil
	}
	var edits []fix.Edit
	for _, c := range path.Call.Frame.Calls {
		if c.Receiver == nil || c.Receiver.Origin() != path.Call {
			continue
		}
		if !agentRuns[c.Method] || !p.Holds(c.Node) || c.HasRest() || !x.reaches(p, c.Node) {
			return nil
		}
		text := x.text(p)
		var task ast.Expr
		if len(c.Node.Args) > 0 {
			task = c.Node.Args[0]
		} else {
			for _, name := range [...]string{"input", "message", "user_prompt", "task", "prompt"} {
				if k := fix.KeywordOf(c.Node, name); k != nil {
					task = k.Value
				}
			}
		}
		if task == nil {
			edits = append(edits, fix.AddPositional(p.File, c.Node, text)...)
			continue
		}
		if a := c.Frame.ValueOf(task); a.Kind() == flow.KindObject {
			return nil // a list of messages
		}
		plain := !strings.ContainsAny(text+p.File.Text(task), "\"\\\n{}")
		switch t := task.(type) {
		case *ast.Starred, *ast.List, *ast.Dict, *ast.Comp:
			return nil
		case *ast.Str:
			if len(x.list) == 1 && plain {
				text = `f"{` + text + `}\n\n` + strings.Trim(p.File.Text(t), `'`) + `"`
				break
			}
			text = text + ` + "\n\n" + ` + p.File.Text(t)
		default:
			if len(x.list) == 1 && plain {
				text = `f"{` + text + `}\n\n{` + p.File.Text(t) + `}"`
				break
			}
			text = text + ` + "\n\n" + ` + p.File.Text(t)
		}
		edits = append(edits, Replace(p, task, text)...)
	}
	return edits
}

// configured is a path as it goes on to the call that is given the configuration in which it ends: Google's
// GenerateContentConfig. It is nil where no call of the function is, or several are.
func configured(path *Path) *Path {
	if path.Call == nil {
		return nil
	}
	var out *Path
	for _, c := range path.Call.Frame.Calls {
		if a := c.Arg(-1, "config"); c.Chat != nil && a != nil && a.Value.Origin() == path.Call {
			if out != nil {
				return nil
			}
			sent := *path
			sent.Call, sent.Chat = c, c.Chat
			out = &sent
		}
	}
	return out
}

// moved are the expressions that are taken out of a system prompt, in their order.
type moved struct{ list []ast.Expr }

// text writes them as one text.
func (x *moved) text(p *Pass) string {
	if len(x.list) == 1 {
		return p.File.Text(x.list[0])
	}
	var all []string
	plain := true
	for _, e := range x.list {
		t := p.File.Text(e)
		all = append(all, t)
		plain = plain && !strings.ContainsAny(t, "\"\\\n{}")
	}
	if plain {
		return `f"{` + strings.Join(all, `}\n{`) + `}"`
	}
	return `"\n".join(map(str, (` + strings.Join(all, ", ") + `)))`
}

// Reaches reports whether each of them means the same at another place.
func (x *moved) reaches(p *Pass, at ast.Expr) bool {
	return !slices.ContainsFunc(x.list, func(e ast.Expr) bool { return !Reaches(p, e, at) })
}

// tainted are the expressions in this file that bring the path's data into the system prompt;
// nil when its texts differ in them.
func tainted(p *Pass, path *Path) *moved {
	var found []ast.Expr
	for _, v := range SystemTexts(path) {
		if !v.Labels(models.PromptSystem).Has(path.Mark.Label) {
			continue
		}
		nodes := []ast.Node{path.Node}
		if HasWords(v) {
			nodes = nil
			for _, part := range v.Parts() {
				if part.Value != nil && len(part.Value.Marks()) > 0 && !slices.Contains(nodes, part.Operand) {
					nodes = append(nodes, part.Operand)
				}
			}
		}
		var list []ast.Expr
		for _, n := range nodes {
			e, ok := n.(ast.Expr)
			if !ok || !p.Holds(e) {
				return nil
			}
			list = append(list, e)
		}
		if len(list) == 0 || found != nil && !slices.Equal(found, list) {
			return nil
		}
		found = list
	}
	if found == nil {
		return nil
	}
	return &moved{found}
}

// replaceParts puts the words in the place of parts of a string: of the first, the others go.
func replaceParts(p *Pass, list []ast.Expr) []fix.Edit {
	var edits []fix.Edit
	done := map[*ast.StrPiece]bool{}
	for i, x := range list {
		words := elsewhere
		if i > 0 {
			words = moreElsewhere
		}
		ph, s := PlaceholderOf(p.Module, x)
		if ph == nil {
			edits = append(edits, Replace(p, x, strconv.Quote(words))...)
			continue
		}
		for _, piece := range s.Pieces {
			if !piece.Contains(ph.Span) || done[piece] {
				continue
			}
			done[piece] = true
			edits = append(edits, replacePlaceholders(p, s, piece, list)...)
		}
	}
	return edits
}

// replacePlaceholders puts the words in the place of each `{x}` of a piece; a literal without any placeholder
// left is no f-string any more.
func replacePlaceholders(p *Pass, s *ast.JoinedStr, piece *ast.StrPiece, list []ast.Expr) []fix.Edit {
	words := func(x ast.Expr) string {
		if slices.Index(list, x) > 0 {
			return moreElsewhere
		}
		return elsewhere
	}
	var edits []fix.Edit
	left := false
	for _, v := range s.Values {
		ph, ok := v.(*ast.Placeholder)
		switch {
		case !ok || !piece.Contains(ph.Span):
		case slices.Contains(list, ph.Value):
			edits = append(edits, fix.Edit{Start: int(ph.Start), End: int(ph.End), New: words(ph.Value)})
		default:
			left = true
		}
	}
	if left {
		return edits
	}
	unescape := strings.NewReplacer("{{", "{", "}}", "}")
	text, at := strings.NewReplacer("f", "", "F", "").Replace(piece.Prefix), piece.Start+ast.Pos(len(piece.Prefix))
	for _, e := range edits {
		text += unescape.Replace(p.File.Source.Slice(ast.Span{Start: at, End: ast.Pos(e.Start)})) + e.New
		at = ast.Pos(e.End)
	}
	text += unescape.Replace(p.File.Source.Slice(ast.Span{Start: at, End: piece.End}))
	return []fix.Edit{{Start: int(piece.Start), End: int(piece.End), New: text}}
}

// insertMessage makes the edits that send x as the first message behind the system prompt.
func insertMessage(p *Pass, path *Path, x *moved) []fix.Edit {
	var msg *Message
	for i := range path.Chat.Messages {
		if m := &path.Chat.Messages[i]; m.Node == path.Node {
			msg = m
		}
	}
	if msg == nil {
		return nil
	}
	if msg.Item == nil || msg.Item == msg.Node {
		return beforeMessages(p, path, x)
	}
	item, ok := msg.Item.(ast.Expr)
	if !ok || !p.Holds(item) || !x.reaches(p, item) {
		return nil
	}
	text, edits := messageLike(p, messageExpr(p, path, msg), x.text(p))
	if text == "" {
		return nil
	}
	around := p.Around(item)
	if len(around) < 2 {
		return nil
	}
	switch n := around[len(around)-2].(type) {
	case *ast.List:
		return append(edits, behind(p, n, n.Elts, item, text)...)
	case *ast.Tuple:
		return append(edits, behind(p, n, n.Elts, item, text)...)
	case *ast.Call:
		at, ok := n.Fn.(*ast.Attribute)
		if s := p.StmtOf(n); ok && at.Attr.Id == "append" && len(n.Args) == 1 && s != nil {
			return append(edits, fix.InsertAfter(p.File, s, p.File.Text(at)+"("+text+")")...)
		}
	}
	return nil
}

// behind puts an element behind another one of a display.
func behind(p *Pass, display ast.Expr, elts []ast.Expr, item ast.Expr, text string) []fix.Edit {
	for i, e := range elts {
		switch {
		case e != item:
		case i+1 < len(elts):
			return fix.InsertElement(p.File, display, elts[i+1], text)
		default:
			return fix.AddElement(p.File, display, text)
		}
	}
	return nil
}

// messageExpr is the display or call that makes a message: the element itself, or what the
// variable that stands there was given.
func messageExpr(p *Pass, path *Path, m *Message) ast.Node {
	if _, ok := m.Item.(*ast.Name); !ok {
		return m.Item
	}
	around := p.Around(m.Node)
	for i := len(around) - 1; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.Dict, *ast.Tuple, *ast.Call:
			if around[i] != m.Node {
				return around[i]
			}
		}
	}
	return nil
}

// messageLike writes a user message that holds text, in the form of another message, and the
// imports that it takes.
func messageLike(p *Pass, like ast.Node, text string) (string, []fix.Edit) {
	switch m := like.(type) {
	case *ast.Dict:
		return `{"role": "user", "content": ` + text + `}`, nil
	case *ast.Tuple:
		return `("user", ` + text + `)`, nil
	case *ast.Call:
		return callLike(p, m, text)
	}
	return "", nil
}

func callLike(p *Pass, m *ast.Call, text string) (string, []fix.Edit) {
	content := text
	if k := fix.KeywordOf(m, "content"); k != nil {
		content = "content=" + text
	}
	name, prefix := "", ""
	switch fn := m.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name, prefix = fn.Attr.Id, p.File.Text(fn.Value)+"."
	}
	switch name {
	case "SystemMessage":
		if prefix != "" {
			return prefix + "HumanMessage(" + content + ")", nil
		}
		spelling, edits := fix.Reach(p.File, "langchain_core.messages.HumanMessage", "from langchain_core.messages import HumanMessage", fix.InOrder)
		if p.Imports("HumanMessage") {
			spelling, edits = "HumanMessage", nil
		}
		return spelling + "(" + content + ")", edits
	case "from_system":
		return prefix + "from_user(" + text + ")", nil
	case "ChatMessage":
		role := fix.KeywordOf(m, "role")
		if role == nil {
			return "", nil
		}
		word := `"user"`
		if at, ok := role.Value.(*ast.Attribute); ok {
			word = p.File.Text(at.Value) + ".USER"
		}
		return prefix + "ChatMessage(role=" + word + ", " + content + ")", nil
	}
	return "", nil
}

// beforeMessages puts x in front of the messages of a call whose system prompt is an
// argument of its own.
func beforeMessages(p *Pass, path *Path, x *moved) []fix.Edit {
	_, name, _ := strings.Cut(string(path.Chat.Model.Messages), ":")
	if name == "" {
		name = string(path.Chat.Model.Messages)
	}
	a := path.Call.Arg(-1, name)
	if name == "" || a == nil || a.Unpacked || a.Node == nil || !p.Holds(a.Node) || !x.reaches(p, a.Node) {
		return nil
	}
	text := x.text(p)
	given := a.Node
	if _, ok := given.(*ast.Name); ok {
		if l := displayOf(p, path, a); l != nil && x.reaches(p, l) {
			given = l
		}
	}
	if path.Call.Symbol.Under("google") && name == "contents" { // parts of one user message
		switch n := given.(type) {
		case *ast.List:
			if len(n.Elts) == 0 {
				return fix.AddElement(p.File, n, text)
			}
			if _, turn := n.Elts[0].(*ast.Dict); !turn && LastName(n.Elts[0]) != "Content" && !callsFunction(n.Elts[0], "Content") {
				return fix.InsertElement(p.File, n, n.Elts[0], text)
			}
		default:
			if oneText(path, a) {
				return Replace(p, a.Node, "["+text+", "+p.File.Text(a.Node)+"]")
			}
		}
		return nil
	}
	switch n := given.(type) {
	case *ast.List:
		if len(n.Elts) == 0 {
			return fix.AddElement(p.File, n, `{"role": "user", "content": `+text+`}`)
		}
		d, ok := n.Elts[0].(*ast.Dict)
		if !ok {
			return nil
		}
		for i, k := range d.Keys {
			if s, ok := k.(*ast.Str); ok && s.Value == "content" {
				if _, typed := d.Values[i].(*ast.List); typed {
					text = `[{"text": ` + text + `}]`
				}
			}
		}
		return fix.InsertElement(p.File, n, d, `{"role": "user", "content": `+text+`}`)
	case *ast.Starred, *ast.Comp:
		return nil
	}
	if oneText(path, a) {
		return Replace(p, a.Node, `[{"role": "user", "content": `+text+`}, {"role": "user", "content": `+p.File.Text(a.Node)+`}]`)
	}
	if _, _, list := path.Call.Items(a.Value); list && path.Chat.Model.NoSystemRole {
		return Replace(p, a.Node, `[{"role": "user", "content": `+text+`}, *`+p.File.Text(a.Node)+`]`)
	}
	return nil
}

// calls reports whether an expression is a call of a function of that name.
func callsFunction(e ast.Expr, name string) bool {
	c, ok := e.(*ast.Call)
	return ok && LastName(c.Fn) == name
}

// oneText reports whether an argument for messages is one text and no list: it is known to be, or nothing
// is known of it and its name speaks of one.
func oneText(path *Path, a *Argument) bool {
	for _, m := range path.Chat.Messages {
		if m.Node == ast.Node(a.Node) && m.Role == "user" {
			return true
		}
	}
	if _, _, list := path.Call.Items(a.Value); list || path.Call.Chat != nil && path.Call.Chat.Model.NoSystemRole && !path.Call.Symbol.Under("google") {
		return false
	}
	name := strings.ToLower(LastName(a.Node))
	for _, word := range [...]string{"message", "history", "conversation", "turns", "contents", "items", "inputs", "chat", "list"} {
		if name == "" || strings.Contains(name, word) {
			return false
		}
	}
	return true
}

// displayOf is the display of the list that an argument names; nil where there is none.
func displayOf(p *Pass, path *Path, a *Argument) ast.Expr {
	lists := path.Call.Lists(a.Value)
	if len(lists) != 1 {
		return nil
	}
	if l, ok := lists[0].Node().(*ast.List); ok && p.Holds(l) {
		return l
	}
	return nil
}

// Reaches reports whether an expression means the same at another place: both stand in one
// function, x first or in the same statement, and x uses no name of a comprehension or lambda.
func Reaches(p *Pass, x, at ast.Expr) bool {
	scope := func(n ast.Node) (fn ast.Node) {
		for _, o := range p.Around(n) {
			switch o.(type) {
			case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda, *ast.Comp:
				if o != n {
					fn = o
				}
			}
		}
		return fn
	}
	if scope(x) != scope(at) {
		return false
	}
	s, t := p.StmtOf(x), p.StmtOf(at)
	return s == t || s != nil && t != nil && s.Pos() < t.Pos()
}

// HasWords reports whether a text contains words that the program wrote.
func HasWords(v *Value) bool {
	for _, a := range v.Alternatives() {
		for _, part := range a.Parts() {
			if part.Value == nil && strings.ContainsFunc(part.Text, unicode.IsLetter) {
				return true
			}
		}
	}
	return false
}

// SystemTexts lists the SystemTexts of a prompt: the value, its alternatives, or the text parts of a
// list of typed contents.
func SystemTexts(path *Path) []*Value {
	var out []*Value
	for _, a := range path.Value.Alternatives() {
		items, _, ok := path.Items(a)
		if !ok {
			out = append(out, a)
			continue
		}
		for _, it := range items {
			if e := path.Key(it.Value, "text"); e != nil {
				out = append(out, e.Value.Alternatives()...)
				continue
			}
			out = append(out, it.Value.Alternatives()...)
		}
	}
	return out
}

// OfOtherMessage reports whether data became part of a message that is not the system's on
// its way: out of a list of messages it is read as what it is there. Messages that are dicts may be read in a function
// of the program, which goes by their role.
func OfOtherMessage(p *Pass, path *Path) bool {
	other := false
	for _, t := range path.Trace.Steps() {
		if strings.HasPrefix(t.Text, flow.IntoMessage) {
			return true
		}
		m := p.Project.Module(t.Mod)
		if m == nil || t.Node == nil {
			continue
		}
		if other && underRole(m, t.Node, "system", "developer") {
			return true
		}
		other = other || inMessage(m, t.Node)
	}
	return false
}

// inMessage reports whether a node stands in the content of a dict that is a message of the user's, the assistant's or a
// tool's.
func inMessage(m *Module, n ast.Node) bool {
	for _, a := range m.Around(n) {
		d, ok := a.(*ast.Dict)
		if !ok {
			continue
		}
		role, content := "", false
		for i, k := range d.Keys {
			key, ok := k.(*ast.Str)
			if !ok {
				continue
			}
			if v, constant := d.Values[i].(*ast.Str); constant && key.Value == "role" {
				role = v.Value
			}
			content = content || key.Value == "content" && d.Values[i].Range().Contains(n.Range())
		}
		switch role {
		case "user", "assistant", "tool", "function":
			if content {
				return true
			}
		}
	}
	return false
}

// underRole reports whether a node stands in the body of a branch for messages of one of some roles:
// `if message["role"] == "system":`.
func underRole(m *Module, n ast.Node, roles ...string) bool {
	for _, a := range m.Around(n) {
		branch, ok := a.(*ast.If)
		if !ok || !slices.ContainsFunc(branch.Body, func(s ast.Stmt) bool { return s.Range().Contains(n.Range()) }) {
			continue
		}
		c, ok := branch.Test.(*ast.Compare)
		if !ok || len(c.Ops) != 1 || c.Ops[0] != "==" || !strings.Contains(m.File.Text(c.Left), "role") {
			continue
		}
		if s, ok := c.Right[0].(*ast.Str); ok && slices.Contains(roles, s.Value) {
			return true
		}
	}
	return false
}
