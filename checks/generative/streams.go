package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// outputCheck is a call that judges what a model wrote.
type outputCheck struct {
	name string
	text checks.At
	// raises is set for those that raise for a bad text.
	raises bool
}

// outputChecks are the calls that judge what a model wrote, with the argument that holds it.
var outputChecks = []outputCheck{
	{name: "openai.OpenAI().moderations.create", text: checks.At{Pos: -1, Name: "input"}},
	{name: "mistralai.Mistral().classifiers.moderate", text: checks.At{Pos: -1, Name: "inputs"}},
	{name: "mistralai.Mistral().classifiers.moderate_async", text: checks.At{Pos: -1, Name: "inputs"}},
	{name: "mistralai.Mistral().classifiers.moderate_chat", text: checks.At{Pos: -1, Name: "inputs"}},
	{name: "mistralai.Mistral().classifiers.moderate_chat_async", text: checks.At{Pos: -1, Name: "inputs"}},
	{name: "litellm.moderation", text: checks.At{Pos: 0, Name: "input"}},
	{name: "litellm.amoderation", text: checks.At{Pos: 0, Name: "input"}},
	{name: "azure.ai.contentsafety.ContentSafetyClient().analyze_text", text: checks.At{Pos: 0, Name: "options"}},
	{name: "azure.ai.contentsafety.aio.ContentSafetyClient().analyze_text", text: checks.At{Pos: 0, Name: "options"}},
	{name: "llm_guard.scan_output", text: checks.At{Pos: 2, Name: "output"}},
	{name: "llm_guard.evaluate.scan_output", text: checks.At{Pos: 2, Name: "output"}},
	{name: "llm_guard.output_scanners.*().scan", text: checks.At{Pos: 1, Name: "output"}},
	{name: "guardrails.Guard().validate", text: checks.At{Pos: 0, Name: "llm_output"}, raises: true},
	{name: "guardrails.Guard().parse", text: checks.At{Pos: 0, Name: "llm_output"}, raises: true},
	{name: "presidio_analyzer.AnalyzerEngine().analyze", text: checks.At{Pos: 0, Name: "text"}},
}

func outputCheckNames() []string {
	var out []string
	for _, o := range outputChecks {
		out = append(out, o.name)
	}
	return out
}

func outputCheckOf(c *checks.Call) *outputCheck {
	for i := range outputChecks {
		if c.Symbol.Is(outputChecks[i].name) {
			return &outputChecks[i]
		}
	}
	return nil
}

// streamedUnseen is PML5110.
var streamedUnseen = &checks.Rule{
	Spec:  infoPML5110,
	On:    outputCheckNames(),
	Knows: []string{"guardrails.Guard.{for_pydantic,from_pydantic,for_rail,from_rail,for_string,from_string,use,use_many}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		o := outputCheckOf(c)
		text := c.Arg(o.text.Pos, o.text.Name)
		if text == nil || text.Node == nil {
			return
		}
		at := &site{call: c, mod: p.Module, text: text.Node}
		sites := append([]*site{at}, at.callers(p)...)
		for _, s := range sites {
			if reportStream(p, s, o) {
				return
			}
		}
	},
}

// reportStream reports a loop of the function around a check that sends the pieces of a
// model's answer before the check sees them.
func reportStream(p *checks.Pass, s *site, o *outputCheck) bool {
	body := checks.BodyOf(s.call.Frame)
	if within[*ast.For](s.mod, s.call.Node) && !outsideLoops(s) {
		return false
	}
	judged := spelled(s.call.Frame, s.text)
	for _, loop := range loopsBefore(body, s.call.Node.Pos()) {
		if !streams(s.call.Frame, loop) || checksInside(s.call.Frame, loop) {
			continue
		}
		kept := collected(loop)
		if !overlap(kept, judged) {
			continue
		}
		piece := pieceNames(loop)
		send := sendIn(s.call.Frame, loop.Body, piece)
		if send == nil {
			continue
		}
		test := decision(s, o)
		if test == nil && !o.raises {
			continue
		}
		there := *p
		there.Module = s.mod
		p.Report(checks.Report{Node: send, In: s.mod, Fix: sendLater(&there, s, loop, send, test)})
		return true
	}
	return false
}

// within reports whether a node of a kind is around another one.
func within[T ast.Node](m *checks.Module, n ast.Node) bool {
	return slices.ContainsFunc(m.Around(n), func(o ast.Node) bool { _, ok := o.(T); return ok })
}

// outsideLoops reports whether no loop of its own function is around a call.
func outsideLoops(s *site) bool {
	list := s.mod.Around(s.call.Node)
	for i := len(list) - 1; i >= 0; i-- {
		switch list[i].(type) {
		case *ast.For, *ast.While:
			return false
		case *ast.FunctionDef:
			return true
		}
	}
	return true
}

// loopsBefore lists the for loops of a body, its nested blocks included, that end before a
// place.
func loopsBefore(body []ast.Stmt, pos ast.Pos) []*ast.For {
	var out []*ast.For
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.For:
			if n.Stop() <= pos {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// streams reports whether a loop runs over the answer of a language model as it comes.
func streams(f *checks.Frame, loop *ast.For) bool {
	from := map[ast.Node]bool{}
	for _, c := range f.Calls {
		if !asksModel(c, 0) {
			continue
		}
		if c.Chat == nil || strings.Contains(c.Method, "stream") {
			from[c.Node] = true
			continue
		}
		if a := c.Arg(-1, "stream"); a != nil && !checks.Off(a.Value) {
			from[c.Node] = true
		}
	}
	return len(from) > 0 && madeFrom(f, loop.Iter, from)
}

// checksInside reports whether a loop judges what it has, itself or by a function that it
// calls.
func checksInside(f *checks.Frame, loop *ast.For) bool {
	for _, c := range f.Calls {
		if loop.Range().Contains(c.Node.Range()) && judges(c, 0) {
			return true
		}
	}
	return false
}

func judges(c *checks.Call, depth int) bool {
	if outputCheckOf(c) != nil {
		return true
	}
	if depth >= maxHelpers {
		return false
	}
	body := c.Body()
	return body != nil && slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return judges(o, depth+1) })
}

// collected lists the names to which a loop adds: `text += piece`, `parts.append(piece)`,
// `text = text + piece`.
func collected(loop *ast.For) map[string]bool {
	out := map[string]bool{}
	ast.InspectStmts(loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AugAssign:
			if name := spelling(n.Target); name != "" {
				out[name] = true
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if name, ok := t.(*ast.Name); ok && reads(n.Value, name.Id) {
					out[name.Id] = true
				}
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "write") {
				if name := spelling(at.Value); name != "" {
					out[name] = true
				}
			}
		}
		return true
	})
	return out
}

// pieceNames lists the names that hold the piece of a turn: the loop's own, and what is made
// of them in its body.
func pieceNames(loop *ast.For) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(loop.Target, func(n ast.Node) bool {
		if n, ok := n.(*ast.Name); ok {
			out[n.Id] = true
		}
		return true
	})
	for range 3 {
		ast.InspectStmts(loop.Body, func(n ast.Node) bool {
			var value ast.Expr
			var targets []ast.Expr
			switch n := n.(type) {
			case *ast.Assign:
				value, targets = n.Value, n.Targets
			case *ast.AugAssign:
				value, targets = n.Value, []ast.Expr{n.Target}
			case *ast.NamedExpr:
				value, targets = n.Value, []ast.Expr{n.Target}
			case *ast.For:
				value, targets = n.Iter, []ast.Expr{n.Target}
			default:
				return true
			}
			made := false
			ast.Inspect(value, func(n ast.Node) bool {
				id, ok := n.(*ast.Name)
				made = made || ok && out[id.Id]
				return !made
			})
			for _, t := range targets {
				if at, ok := t.(*ast.Attribute); ok && spelling(at) == "" {
					t = at.Value
				}
				if t, ok := t.(*ast.Name); ok && made {
					out[t.Id] = true
				}
			}
			return true
		})
	}
	return out
}

// senders are the methods that send a text to whoever waits for it.
var senders = map[string]bool{
	"send": true, "send_text": true, "send_json": true, "send_bytes": true, "send_str": true, "stream_token": true, "write": true, "emit": true, "write_message": true,
}

// sendIn returns the statement of a body that sends a piece, itself or by a function of the
// project, or nil.
func sendIn(f *checks.Frame, body []ast.Stmt, piece map[string]bool) ast.Stmt {
	var found ast.Stmt
	ast.InspectStmts(body, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		s, ok := n.(*ast.ExprStmt)
		if !ok {
			return true
		}
		v := sent(s)
		if v == nil && sendsBy(f, s) {
			v = s.Value
		}
		for name := range piece {
			if v != nil && reads(v, name) {
				found = s
			}
		}
		return false
	})
	return found
}

// sendsBy reports whether a statement calls a function of the project that sends something.
func sendsBy(f *checks.Frame, s *ast.ExprStmt) bool {
	e := s.Value
	if a, ok := e.(*ast.Await); ok {
		e = a.Value
	}
	c := calledAt(f, e)
	if c == nil || c.Body() == nil {
		return false
	}
	return slices.ContainsFunc(c.Body().Calls, func(o *checks.Call) bool { return sentBy(o.Node) != nil })
}

// sent is the expression that a statement sends, or nil.
func sent(s ast.Stmt) ast.Expr {
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return nil
	}
	switch e := x.Value.(type) {
	case *ast.Yield:
		return e.Value
	case *ast.Await:
		return sentBy(e.Value)
	default:
		return sentBy(e)
	}
}

func sentBy(e ast.Expr) ast.Expr {
	if at, ok := e.(*ast.Subscript); ok {
		e = at.Value
	}
	if each, ok := e.(*ast.Comp); ok {
		e = each.Elt
	}
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) == 0 {
		return nil
	}
	at, ok := c.Fn.(*ast.Attribute)
	if !ok || !senders[at.Attr.Id] {
		return nil
	}
	if name := spelling(at.Value); at.Attr.Id == "write" && (name == "buffer" || name == "self.buffer" || name == "file" || name == "f" || name == "out") {
		return nil
	}
	return c.Args[len(c.Args)-1]
}

// decision is the test that depends on the result of a check and in whose branch another text
// is sent, or an error raised; nil where there is none.
func decision(s *site, o *outputCheck) *ast.If {
	names := map[string]bool{}
	depends := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			id, ok := n.(*ast.Name)
			found = found || ok && names[id.Id] || n == ast.Node(s.call.Node)
			return !found
		})
		return found
	}
	var test *ast.If
	for range 2 {
		ast.InspectStmts(checks.BodyOf(s.call.Frame), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				if depends(n.Value) {
					for _, t := range n.Targets {
						ast.Inspect(t, func(n ast.Node) bool {
							if id, ok := n.(*ast.Name); ok {
								names[id.Id] = true
							}
							return true
						})
					}
				}
			case *ast.If:
				if test == nil && n.Stop() > s.call.Node.Pos() && depends(n.Test) && refuses(n.Body) {
					test = n
				}
			}
			return true
		})
	}
	return test
}

// refuses reports whether a block sends something else, puts another text in its place, or raises.
func refuses(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Raise, *ast.Yield:
			found = true
		case *ast.ExprStmt:
			found = found || sent(n) != nil || sendsNow(n.Value)
		case *ast.Assign:
			for _, t := range n.Targets {
				at, ok := t.(*ast.Attribute)
				found = found || ok && (at.Attr.Id == "content" || at.Attr.Id == "text")
			}
		}
		return !found
	})
	return found
}

// sendsNow reports whether an expression sends a message that was made before, or ends the
// connection: `await cl.Message("no").send()`, `await ws.close(1008)`.
func sendsNow(e ast.Expr) bool {
	if a, ok := e.(*ast.Await); ok {
		e = a.Value
	}
	c, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	at, ok := c.Fn.(*ast.Attribute)
	return ok && (at.Attr.Id == "send" || at.Attr.Id == "close" || at.Attr.Id == "remove")
}

// sendLater sends the whole text behind the check instead of its pieces in the loop.
func sendLater(p *checks.Pass, s *site, loop *ast.For, send ast.Stmt, test *ast.If) *fix.Fix {
	value, joined := sent(send), joinedText(p, s)
	if _, plain := send.(*ast.ExprStmt).Value.(*ast.Subscript); plain || value == nil || joined == "" || !p.Holds(send) {
		return nil
	}
	part := pieceOf(p, loop, value)
	if inTemplate(value, part) {
		// Before Python 3.12 the quotes of an f-string may not be used within it.
		if strings.Contains(joined, "'") {
			return nil
		}
		joined = strings.ReplaceAll(joined, `"`, "'")
	}
	text, piece := p.File.Text(send), part.Range()
	whole := text[:piece.Start-send.Pos()] + joined + text[piece.End-send.Pos():]
	var behind ast.Stmt = test
	lines := []string{whole}
	switch {
	case test == nil:
		behind = p.StmtOf(s.call.Node)
	case len(test.Orelse) > 0:
		return nil
	case !checks.Leaves(test.Body):
		lines = []string{"else:", "    " + whole}
	}
	return checks.Fix(true, "send the text once it has passed the check", fix.RemoveStmt(p.File, send), fix.InsertAfter(p.File, behind, lines...))
}

// inTemplate reports whether a part of an expression stands in an f-string of it.
func inTemplate(e ast.Expr, part ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		t, ok := n.(*ast.JoinedStr)
		found = found || ok && t.Range().Contains(part.Range()) && ast.Node(t) != part
		return !found
	})
	return found
}

// joinedText is the expression of the text that a check judges.
func joinedText(p *checks.Pass, s *site) string {
	text := s.text
	if c, ok := text.(*ast.Call); ok { // AnalyzeTextOptions(text=answer)
		if k := fix.KeywordOf(c, "text"); k != nil {
			text = k.Value
		}
	}
	if l, ok := text.(*ast.List); ok && len(l.Elts) == 1 {
		text = l.Elts[0]
	}
	return p.File.Text(text)
}

// pieceOf is the part of a sent expression that is the piece: what the loop also adds to the
// text, or else all of it.
func pieceOf(p *checks.Pass, loop *ast.For, value ast.Expr) ast.Expr {
	added := map[string]bool{}
	ast.InspectStmts(loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AugAssign:
			added[p.File.Text(n.Value)] = true
		case *ast.Assign: // text = text + piece
			if sum, ok := n.Value.(*ast.BinOp); ok && sum.Op == "+" && len(n.Targets) == 1 && p.File.Text(n.Targets[0]) == p.File.Text(sum.Left) {
				added[p.File.Text(sum.Right)] = true
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "append" && len(n.Args) == 1 {
				added[p.File.Text(n.Args[0])] = true
			}
		}
		return true
	})
	var found ast.Expr
	ast.Inspect(value, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && found == nil && added[p.File.Text(e)] {
			found = e
		}
		return found == nil
	})
	if found == nil {
		return value
	}
	return found
}
