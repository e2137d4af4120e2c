package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// sentConversation is PML5101.
var sentConversation = &checks.Rule{
	Spec: infoPML5101,
	From: []checks.Label{models.User, models.LLM, models.Memory, models.Database},
	Into: []checks.SinkKind{models.Response, models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call != nil && onPage(path.Call) || checks.ServesOnly(p, path, behindTheScenes...) {
			return
		}
		if echoed(p, path) {
			return
		}
		s := search{p: p, at: path, frame: analysisAt(path.Frame, path.Mod, path.Node), entries: path.Entries, fields: answerFields(path)}
		if !s.finds(path.Value, path.Node) {
			return
		}
		node := ast.Node(p.StmtOf(path.Node))
		if stmt, ok := path.Node.(ast.Stmt); ok {
			node = stmt
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: s.withoutSystem()})
	},
	To: []string{
		"{flask.session,starlette.requests.Request().session,starlette.requests.HTTPConnection().session,django.http.HttpRequest().session}[]",
	},
	OnStore: func(p *checks.Pass, st *checks.Store) {
		if keptOnServer(p, st) || checks.Reserved(p, st.Frame, behindTheScenes...) {
			return
		}
		s := search{p: p, at: st, frame: st.Frame}
		if s.finds(st.Value, st.From) {
			p.Report(checks.Report{Node: p.StmtOf(st.Node), Fix: s.withoutSystem()})
		}
	},
	Knows: []string{"flask_session.Session", "copy.{copy,deepcopy}", "json.dumps", "starsessions.SessionMiddleware"},
	Asks:  []*checks.Question{signsCookies},
}

// behindTheScenes are words in the names of handlers that the people behind a service use.
var behindTheScenes = []string{"admin", "staff", "superuser", ".debug", "/debug"}

// onPage reports whether a call shows something on the page of an app that keeps its own history.
func onPage(c *checks.Call) bool {
	return c.Symbol.Under("gradio") || c.Symbol.Under("streamlit") || c.Symbol.Under("chainlit")
}

// minRules is the length from which on a system text says something.
const minRules = 20

// holder is a place at which lists of messages are known as they are there.
type holder interface {
	Messages(v *checks.Value) (list []checks.Message, open, ok bool)
}

// search looks for a list of messages with the application's own system message in what is sent.
type search struct {
	p       *checks.Pass
	at      holder
	frame   *checks.Frame
	entries func(*checks.Value) []checks.Entry
	// fields are those of the model that the answer is made to fit; nil where there is none.
	fields []flow.Field
	// list is the expression of the list, found by finds, of dicts where plain is set.
	list  ast.Node
	plain bool
}

// maxHeld bounds how deep in what is sent the list is looked for.
const maxHeld = 4

func (s *search) finds(v *checks.Value, node ast.Node) bool { return s.look(v, node, 0) }

func (s *search) look(v *checks.Value, node ast.Node, depth int) bool {
	if v == nil || depth > maxHeld {
		return false
	}
	if e := s.eachOf(node); e != nil && spellsRules(s.frame, e) {
		s.list = node
		return true
	}
	if s.addsRules(v, node) {
		s.list, s.plain = node, true
		return true
	}
	for _, a := range v.Alternatives() {
		if list, _, ok := s.at.Messages(a); ok && slices.ContainsFunc(list, func(m checks.Message) bool { return ownRules(&m, s.eachOf(node) != nil) }) {
			s.list, s.plain = node, slices.ContainsFunc(list, func(m checks.Message) bool { return m.RoleNode != nil && !m.Templated })
			return true
		}
		if s.entries != nil {
			for _, e := range s.entries(a) {
				if depth == 0 && s.fields != nil && !slices.ContainsFunc(s.fields, func(fd flow.Field) bool { return fd.Name == e.Name }) {
					continue // the framework leaves it out
				}
				if s.look(e.Value, e.Node, depth+1) {
					return true
				}
			}
		}
		// json.dumps(messages), jsonify(messages), jsonable_encoder(messages)
		if c := a.Origin(); c != nil && wraps(c) {
			inner := search{p: s.p, at: c, frame: c.Frame, entries: func(v *checks.Value) []checks.Entry { list, _, _ := c.Entries(v); return list }}
			if at, ok := c.Node.Fn.(*ast.Attribute); ok && dumpsFields(c) && inner.look(c.Receiver, at.Value, depth) {
				s.list, s.plain = inner.list, inner.plain
				return true
			}
			for i := range c.Args {
				if inner.look(c.Args[i].Value, c.Args[i].Node, depth+1) {
					s.list, s.plain = inner.list, inner.plain
					return true
				}
			}
		}
	}
	return false
}

// addsRules reports whether the function puts a system message of the application's own into a list
// whose contents are not known, as one that a session had kept.
func (s *search) addsRules(v *checks.Value, node ast.Node) bool {
	list, ok := node.(*ast.Name)
	if !ok || s.frame == nil || v.Kind() == flow.KindString || v.Kind() == flow.KindConst {
		return false
	}
	if _, _, known := s.at.Messages(v); known {
		return false
	}
	for _, c := range s.frame.Calls {
		if c.Method != "append" && c.Method != "insert" || len(c.Node.Args) == 0 || c.Node.Pos() > list.Pos() {
			continue
		}
		to, ok := c.Node.Fn.(*ast.Attribute)
		if !ok {
			continue
		}
		if name, ok := to.Value.(*ast.Name); !ok || name.Id != list.Id {
			continue
		}
		for _, m := range s.frame.SpelledOut(c.Node.Args[len(c.Node.Args)-1]) {
			if content := systemContent(m); content != nil && saysRules(m.Frame, content) {
				return true
			}
		}
	}
	return false
}

// answerFields lists the fields of the model of pydantic that FastAPI makes the answer of a handler fit;
// nil where there is none.
func answerFields(path *checks.Path) []flow.Field {
	for _, r := range path.Handlers() {
		if r.Library != "fastapi" || r.Function.Def == nil || !r.Function.Def.Range().Contains(path.Node.Range()) {
			continue
		}
		var model *checks.Value
		if r.Call != nil {
			if a := r.Call.Arg(-1, "response_model"); a != nil {
				model = a.Value
			}
		}
		if f := path.Frame.AnalysisOf(r.Function); model == nil && f != nil && r.Function.Def.Returns != nil {
			model = f.ValueOf(r.Function.Def.Returns)
		}
		if model.Kind() == flow.KindClass && model.Class().Extends("pydantic.BaseModel") {
			return model.Class().AllFields()
		}
	}
	return nil
}

// dumpsFields reports whether a call gives the fields of its receiver.
func dumpsFields(c *checks.Call) bool {
	switch c.Method {
	case "model_dump", "model_dump_json", "dict", "json", "to_dict":
		return c.Receiver.Class() != nil
	}
	return false
}

// wraps reports whether a call gives what it was given in another form.
func wraps(c *checks.Call) bool {
	if dumpsFields(c) {
		return true
	}
	name := c.Symbol.String()
	_, last := cutLast(name)
	switch last {
	case "dumps", "jsonify", "jsonable_encoder", "deepcopy", "copy", "list", "tuple", "messages_to_dict", "convert_to_openai_messages", "convert_to_messages", "encode", "encodestring", "JSONResponse":
		return true
	}
	return c.Method == "dumps" || c.Method == "encode" || c.Method == "decode"
}

// eachOf is the list of which an expression takes each element: a comprehension that tests none of
// them. It is nil for other expressions.
func (s *search) eachOf(node ast.Node) ast.Expr {
	e, ok := node.(*ast.Comp)
	if !ok || len(e.Clauses) != 1 || len(e.Clauses[0].Ifs) > 0 {
		return nil
	}
	if _, cut := e.Clauses[0].Iter.(*ast.Subscript); cut {
		return nil
	}
	tested := false
	ast.Inspect(e.Elt, func(n ast.Node) bool {
		_, test := n.(*ast.IfExp)
		tested = tested || test
		return !tested
	})
	if tested {
		return nil
	}
	return e.Clauses[0].Iter
}

// spellsRules reports whether an expression stands for a list in which a system message of the
// application's own is written down.
func spellsRules(f *checks.Frame, list ast.Expr) bool {
	for _, at := range f.SpelledOut(list) {
		l, ok := at.Expr.(*ast.List)
		if !ok {
			continue
		}
		for _, e := range l.Elts {
			for _, m := range at.Frame.SpelledOut(e) {
				if content := systemContent(m); content != nil && saysRules(m.Frame, content) {
					return true
				}
			}
		}
	}
	return false
}

// systemContent is the content of a system message that is written down; nil for others.
func systemContent(at flow.Spelled) ast.Expr {
	if role, ok := entryNamed(at.Expr, "role").(*ast.Str); ok && (role.Value == "system" || role.Value == "developer") {
		return entryNamed(at.Expr, "content")
	}
	c := at.Frame.CallAt(at.Expr)
	if c == nil || !strings.HasSuffix(c.Symbol.String(), ".SystemMessage") {
		return nil
	}
	if a := c.Arg(0, "content"); a != nil {
		return a.Node
	}
	return nil
}

// saysRules reports whether the content of a message is text of the application's own.
func saysRules(f *checks.Frame, e ast.Expr) bool {
	for _, at := range f.SpelledOut(e) {
		switch e := at.Expr.(type) {
		case *ast.Str:
			return len(e.Value) >= minRules
		case *ast.JoinedStr:
			return len(f.Module().File.Text(e)) >= 2*minRules
		case *ast.Call:
			return readsFile(e)
		}
	}
	return false
}

// readsFile reports whether a call reads a file.
func readsFile(c *ast.Call) bool {
	switch checks.LastName(c.Fn) {
	case "read", "read_text":
		return true
	}
	return false
}

// ownRules reports whether a message is a system message of the application's own that says
// something. Each is set where the message is one of those that a loop goes over.
func ownRules(m *checks.Message, each bool) bool {
	if m.Role != "system" || m.Content == nil || m.Cut != nil || m.Maybe && !each {
		return false
	}
	if text, ok := m.Content.Text(); ok {
		return len(strings.TrimSpace(text)) >= minRules
	}
	if parts := m.Content.Parts(); len(parts) > 0 {
		return constantText(parts) >= minRules
	}
	return !m.Content.Labels(models.NoSink).Has(models.User) && !m.Content.IsNone()
}

// constantText is the length of what a text has of the program's own.
func constantText(parts []checks.Part) int {
	n := 0
	for i := range parts {
		if parts[i].Value == nil {
			n += len(strings.TrimSpace(parts[i].Text))
		}
	}
	return n
}

// withoutSystem leaves the system messages out of the list.
func (s *search) withoutSystem() *fix.Fix {
	e, ok := s.list.(ast.Expr)
	if !ok || !s.plain || !s.p.Holds(e) {
		return nil
	}
	text := s.p.File.Text(e)
	return checks.Fix(true, "leave the system message out",
		checks.Replace(s.p, e, `[m for m in `+text+` if m["role"] not in ("system", "developer")]`))
}

// keptOnServer reports whether what a session holds does not travel in a cookie.
func keptOnServer(p *checks.Pass, st *checks.Store) bool {
	if st.Symbol.Under("django") {
		return !p.Says(signsCookies)
	}
	for _, f := range st.Frame.Everywhere() {
		for _, c := range f.Calls {
			name := c.Symbol.String()
			if strings.HasPrefix(name, "flask_session.") || strings.HasPrefix(name, "starsessions.") {
				return true
			}
			for i := range c.Args {
				if strings.HasPrefix(c.Args[i].Value.Name(), "starsessions.") {
					return true
				}
			}
		}
	}
	return false
}

// signsCookies asks for a Django project that keeps its sessions in cookies.
var signsCookies = &checks.Question{Name: "keeps sessions in signed cookies", Needs: []string{"SESSION_ENGINE"}, Says: func(d *checks.Draft) bool {
	return slices.ContainsFunc(d.Syntax().Body, func(s ast.Stmt) bool {
		a, ok := s.(*ast.Assign)
		if !ok || len(a.Targets) != 1 || checks.LastName(a.Targets[0]) != "SESSION_ENGINE" {
			return false
		}
		t, ok := a.Value.(*ast.Str)
		return ok && strings.HasSuffix(t.Value, "signed_cookies")
	})
}}

// minPrompt is the length from which on a prompt holds rules besides what a user wrote.
const minPrompt = 40

// echoed reports the call of a model that repeats its prompt, rules and all, in the answer that is
// sent. It is true for ways that come of such a call.
func echoed(p *checks.Pass, path *checks.Path) bool {
	c := path.Mark.Call()
	if path.Mark.Label != models.LLM || c == nil {
		return false
	}
	echo := c.Arg(-1, "echo")
	if echo == nil || !checks.On(echo.Value) || !c.Symbol.Under("openai") && !c.Symbol.Under("llama_cpp") {
		return false
	}
	prompt := c.Arg(0, "prompt")
	if prompt == nil || !holdsRules(c, prompt.Value) {
		return false
	}
	in := p.Project.Module(c.Frame.Module())
	if in == nil {
		return false
	}
	there := *p
	there.Module = in
	p.Report(checks.Report{
		Node: c.Node, In: in, Path: path, Message: "The model repeats its prompt, rules included, in the text that is sent to the caller",
		Fix: checks.Fix(true, "do not have the prompt repeated", checks.RemoveArg(&there, c, echo)),
	})
	return true
}

// holdsRules reports whether a prompt holds text of the program's own besides what a user wrote.
func holdsRules(c *checks.Call, prompt *checks.Value) bool {
	if a := c.Arg(0, "prompt"); a.Node != nil && addsFile(c.Frame, a.Node) {
		return true
	}
	for _, g := range c.Given(prompt) {
		parts := g.Parts()
		if constantText(parts) >= minPrompt {
			return true
		}
		for i := range parts {
			v := parts[i].Value
			if v == nil {
				continue
			}
			if t, ok := v.Text(); ok && len(t) >= minPrompt || !ok && len(parts) > 1 && !v.Labels(models.NoSink).Has(models.User) && !v.IsParameter() && !v.IsConst() {
				return true
			}
		}
	}
	return false
}

// addsFile reports whether an expression puts what a file holds in front of another text.
func addsFile(f *checks.Frame, e ast.Expr) bool {
	for _, at := range f.SpelledOut(e) {
		sum, ok := at.Expr.(*ast.BinOp)
		if !ok {
			continue
		}
		for _, part := range at.Frame.SpelledOut(sum.Left) {
			if c, ok := part.Expr.(*ast.Call); ok && readsFile(c) {
				return true
			}
		}
	}
	return false
}
