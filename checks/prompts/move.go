package prompts

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// elsewhere is what a system prompt says of text that was moved out of it.
const elsewhere = "the text in the next message"

// moveOut makes the edits that take untrusted text out of a system prompt and send it as the
// first message behind it. It is nil where the text, or the list of messages, is not at hand.
func moveOut(p *checks.Pass, path *checks.Path) []fix.Edit {
	x := tainted(p, path)
	if x == nil || path.Chat == nil {
		return nil
	}
	insert := insertMessage(p, path, x)
	if insert == nil {
		return nil
	}
	return append(replacePart(p, x), insert...)
}

// tainted is the expression in this file that brings the path's data into the system prompt;
// nil when there are several.
func tainted(p *checks.Pass, path *checks.Path) ast.Expr {
	var found ast.Node
	for _, v := range texts(path) {
		if !v.Labels(models.PromptSystem).Has(path.Mark.Label) {
			continue
		}
		n := path.Node
		if hasWords(v) {
			n = nil
			for _, part := range v.Parts() {
				if part.Value == nil || len(part.Value.Marks()) == 0 {
					continue
				}
				if n != nil && n != part.Operand {
					return nil
				}
				n = part.Operand
			}
		}
		if n == nil || found != nil && found != n {
			return nil
		}
		found = n
	}
	x, ok := found.(ast.Expr)
	if !ok || !p.Holds(x) {
		return nil
	}
	return x
}

// replacePart puts the words in the place of a part of a string.
func replacePart(p *checks.Pass, x ast.Expr) []fix.Edit {
	list := p.Around(x)
	for i := len(list) - 1; i >= 0; i-- {
		ph, ok := list[i].(*ast.Placeholder)
		if !ok || ph.Value != x {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			if s, ok := list[j].(*ast.JoinedStr); ok {
				return replacePlaceholder(p, s, ph)
			}
		}
	}
	return checks.Replace(p, x, strconv.Quote(elsewhere))
}

// replacePlaceholder puts the words in the place of `{x}`; a literal without any placeholder
// left is no f-string any more.
func replacePlaceholder(p *checks.Pass, s *ast.JoinedStr, ph *ast.Placeholder) []fix.Edit {
	for _, piece := range s.Pieces {
		if !piece.Contains(ph.Span) {
			continue
		}
		for _, v := range s.Values {
			if o, ok := v.(*ast.Placeholder); ok && o != ph && piece.Contains(o.Span) {
				return []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: elsewhere}}
			}
		}
		body := piece.Start + ast.Pos(len(piece.Prefix))
		plain := strings.NewReplacer("f", "", "F", "").Replace(piece.Prefix)
		unescape := strings.NewReplacer("{{", "{", "}}", "}")
		text := plain + unescape.Replace(p.File.Source.Slice(ast.Span{Start: body, End: ph.Start})) + elsewhere +
			unescape.Replace(p.File.Source.Slice(ast.Span{Start: ph.End, End: piece.End}))
		return []fix.Edit{{Start: int(piece.Start), End: int(piece.End), New: text}}
	}
	return nil
}

// insertMessage makes the edits that send x as the first message behind the system prompt.
func insertMessage(p *checks.Pass, path *checks.Path, x ast.Expr) []fix.Edit {
	var msg *checks.Message
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
	if !ok || !p.Holds(item) || !reaches(p, x, item) {
		return nil
	}
	text, edits := messageLike(p, messageExpr(p, path, msg), p.File.Text(x))
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
func behind(p *checks.Pass, display ast.Expr, elts []ast.Expr, item ast.Expr, text string) []fix.Edit {
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
func messageExpr(p *checks.Pass, path *checks.Path, m *checks.Message) ast.Node {
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
func messageLike(p *checks.Pass, like ast.Node, text string) (string, []fix.Edit) {
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

func callLike(p *checks.Pass, m *ast.Call, text string) (string, []fix.Edit) {
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
func beforeMessages(p *checks.Pass, path *checks.Path, x ast.Expr) []fix.Edit {
	_, name, _ := strings.Cut(string(path.Chat.Model.Messages), ":")
	if name == "" {
		name = string(path.Chat.Model.Messages)
	}
	a := path.Call.Arg(-1, name)
	if name == "" || a == nil || a.Unpacked || a.Node == nil || !p.Holds(a.Node) || !reaches(p, x, a.Node) {
		return nil
	}
	text := p.File.Text(x)
	given := a.Node
	if _, ok := given.(*ast.Name); ok {
		if l := displayOf(p, path, a); l != nil && reaches(p, x, l) {
			given = l
		}
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
	for _, m := range path.Chat.Messages {
		if m.Node == ast.Node(a.Node) && m.Role == "user" {
			return checks.Replace(p, a.Node, `[{"role": "user", "content": `+text+`}, {"role": "user", "content": `+p.File.Text(a.Node)+`}]`)
		}
	}
	if _, _, list := path.Call.Items(a.Value); list && path.Chat.Model.NoSystemRole {
		return checks.Replace(p, a.Node, `[{"role": "user", "content": `+text+`}, *`+p.File.Text(a.Node)+`]`)
	}
	return nil
}

// displayOf is the display of the list that an argument names; nil where there is none.
func displayOf(p *checks.Pass, path *checks.Path, a *checks.Argument) ast.Expr {
	lists := path.Call.Lists(a.Value)
	if len(lists) != 1 {
		return nil
	}
	if l, ok := lists[0].Node().(*ast.List); ok && p.Holds(l) {
		return l
	}
	return nil
}

// reaches reports whether an expression means the same at another place: both stand in one
// function, x first or in the same statement, and x uses no name of a comprehension or lambda.
func reaches(p *checks.Pass, x, at ast.Expr) bool {
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
