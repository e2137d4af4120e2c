package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of verdicts on what users send, and what others need of verdicts.

// moderators are the calls that judge a text, with the argument that holds it, and how the
// verdict on it reads.
var moderators = []moderator{
	{"openai.OpenAI().moderations.create", checks.At{Pos: -1, Name: "input"}, openaiVerdict},
	{"openai.Moderation.create", checks.At{Pos: 0, Name: "input"}, openaiVerdict},
	{"openai.Moderation.acreate", checks.At{Pos: 0, Name: "input"}, openaiVerdict},
	{"litellm.moderation", checks.At{Pos: 0, Name: "input"}, openaiVerdict},
	{"litellm.amoderation", checks.At{Pos: 0, Name: "input"}, openaiVerdict},
	{"mistralai.Mistral().classifiers.moderate", checks.At{Pos: -1, Name: "inputs"}, mistralVerdict},
	{"mistralai.Mistral().classifiers.moderate_async", checks.At{Pos: -1, Name: "inputs"}, mistralVerdict},
	{"mistralai.Mistral().classifiers.moderate_chat", checks.At{Pos: -1, Name: "inputs"}, mistralVerdict},
	{"mistralai.Mistral().classifiers.moderate_chat_async", checks.At{Pos: -1, Name: "inputs"}, mistralVerdict},
	{"azure.ai.contentsafety.ContentSafetyClient().analyze_text", checks.At{Pos: 0, Name: "options"}, azureVerdict},
	{"azure.ai.contentsafety.aio.ContentSafetyClient().analyze_text", checks.At{Pos: 0, Name: "options"}, azureVerdict},
	{"llm_guard.scan_prompt", checks.At{Pos: 1, Name: "prompt"}, guardVerdict},
	{"llm_guard.evaluate.scan_prompt", checks.At{Pos: 1, Name: "prompt"}, guardVerdict},
	{"llm_guard.input_scanners.*().scan", checks.At{Pos: 0, Name: "prompt"}, scannerVerdict},
}

type moderator struct {
	name    string
	text    checks.At
	verdict verdict
}

// verdict says how the result of a moderation is read: a test of it that is true for a text to
// refuse, with %s in the place of the result. For tuples the test is of the item at an index.
type verdict struct {
	test  string
	index int // of the item that tells, 0 for a result that is no tuple
}

var (
	openaiVerdict  = verdict{test: "%s.results[0].flagged"}
	mistralVerdict = verdict{test: "any(%s.results[0].categories.values())"}
	azureVerdict   = verdict{test: "any(found.severity for found in %s.categories_analysis)"}
	guardVerdict   = verdict{test: "not all(%s.values())", index: 1}
	scannerVerdict = verdict{test: "not %s", index: 1}
)

func moderatorNames() []string {
	var out []string
	for _, m := range moderators {
		out = append(out, m.name)
	}
	return out
}

func moderatorOf(c *checks.Call) *moderator {
	for i := range moderators {
		if c.Symbol.Is(moderators[i].name) {
			return &moderators[i]
		}
	}
	return nil
}

// unusedVerdict is PML5106.
var unusedVerdict = &checks.Rule{
	Spec: infoPML5106,
	On:   moderatorNames(),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		m := moderatorOf(c)
		text := c.Arg(m.text.Pos, m.text.Name)
		if text == nil || text.Node == nil {
			return
		}
		at := &site{call: c, mod: p.Module, text: text.Node, index: m.verdict.index}
		use := at.use()
		if use.kind == returnedResult {
			// Whoever calls the function has the result: all of them must drop it.
			callers := at.callers(p)
			if len(callers) == 0 {
				return
			}
			for _, s := range callers {
				s.pending = use.pending
				if u := s.use(); u.kind != dropped && u.kind != unread {
					return
				}
			}
			at = callers[0]
			use = at.use()
		}
		if use.kind != dropped && use.kind != unread || !at.answeredAfter(p, use) {
			return
		}
		there := *p
		there.Module = at.mod
		p.Report(checks.Report{Node: c.Node, Fix: refuse(&there, at, use, m.verdict)})
	},
}

// site is a place at which the result of a moderation arrives: the call itself, or that of a
// function which returns it.
type site struct {
	call *checks.Call
	mod  *checks.Module
	// text is the expression of what was judged.
	text  ast.Expr
	index int
	// pending is set when the call gives a task.
	pending bool
}

// useKind says what becomes of a result.
type useKind uint8

const (
	used           useKind = iota
	dropped                // an expression statement
	unread                 // assigned to names that nothing reads
	returnedResult         // returned by the function
)

// use is what becomes of a result: where, and for one that is assigned the name that tells of
// it and the one of the cleaned text.
type use struct {
	kind useKind
	stmt ast.Stmt
	expr ast.Expr // the result, as the statement has it
	// pending is set for a task that nobody awaits.
	pending bool
	name    *ast.Name
	clean   string
}

// use finds out what becomes of the result.
func (s *site) use() use {
	list := s.mod.Around(s.call.Node)
	e, pending := ast.Expr(s.call.Node), s.pending
	for i := len(list) - 2; i >= 0; i-- {
		switch n := list[i].(type) {
		case *ast.Await:
			e, pending = n, false
		case *ast.Call:
			if !isTask(n, e) {
				return use{}
			}
			e, pending = n, true
		case *ast.Comp:
			e = n
		case *ast.Subscript:
			if i, ok := n.Index.(*ast.Number); !ok || i.Text != "0" || s.index == 0 && !each(n) {
				return use{}
			}
			e = n
		case *ast.ExprStmt:
			if n.Value != e || s.shown(n) {
				return use{}
			}
			return use{kind: dropped, stmt: n, expr: e, pending: pending}
		case *ast.Return:
			return use{kind: returnedResult, stmt: n, pending: pending}
		case *ast.Assign:
			if n.Value != e || len(n.Targets) != 1 {
				return use{}
			}
			return s.assigned(use{kind: unread, stmt: n, expr: e, pending: pending}, n.Targets[0])
		case *ast.AnnAssign:
			if n.Value != e {
				return use{}
			}
			return s.assigned(use{kind: unread, stmt: n, expr: e, pending: pending}, n.Target)
		default:
			return use{}
		}
	}
	return use{}
}

// assigned tells whether what a result is assigned to is read.
func (s *site) assigned(u use, target ast.Expr) use {
	if at, item := u.expr.(*ast.Subscript); item && !each(at) {
		// The first item of the tuple is the cleaned text; the verdict is not even taken.
		name, ok := target.(*ast.Name)
		if !ok {
			return use{}
		}
		u.clean = name.Id
		return u
	}
	switch t := target.(type) {
	case *ast.Name:
		if t.Id != "_" && s.read(t.Id, u.stmt) {
			return use{}
		}
		u.name = t
		return u
	case *ast.Tuple:
		return s.unpacked(t.Elts, u)
	case *ast.List:
		return s.unpacked(t.Elts, u)
	}
	return use{}
}

// each reports whether an item is that of a comprehension.
func each(e *ast.Subscript) bool {
	_, ok := e.Value.(*ast.Comp)
	return ok
}

// unpacked tells whether, of a tuple of the cleaned text and of verdicts, a verdict is read.
func (s *site) unpacked(elts []ast.Expr, u use) use {
	if s.index == 0 || len(elts) < 2 {
		return use{}
	}
	for i, e := range elts {
		if star, ok := e.(*ast.Starred); ok {
			e = star.Value
		}
		name, ok := e.(*ast.Name)
		switch {
		case !ok:
			return use{}
		case i == 0:
			u.clean = name.Id
		case name.Id != "_" && s.read(name.Id, u.stmt):
			return use{}
		case i == s.index && elts[i] == ast.Expr(name):
			u.name = name
		}
	}
	return u
}

// isTask reports whether a call starts a coroutine as a task.
func isTask(c *ast.Call, coroutine ast.Expr) bool {
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
	}
	return (name == "create_task" || name == "ensure_future") && len(c.Args) > 0 && c.Args[0] == coroutine
}

// shown reports whether a notebook shows the value of a statement: the last one of its cell.
func (s *site) shown(st *ast.ExprStmt) bool {
	if s.mod.Notebook == nil || s.call.Frame.Function() != nil {
		return false
	}
	cell := s.mod.Notebook.CellAt(st.Pos())
	for _, o := range s.mod.File.Body {
		if s.mod.Notebook.CellAt(o.Pos()) == cell && o.Pos() > st.Pos() {
			return false
		}
	}
	return true
}

// read reports whether a name that a statement assigns is read elsewhere in the function, or
// for a name of the module anywhere in the file.
func (s *site) read(name string, st ast.Stmt) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(s.call.Frame), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if ast.Stmt(n) == st {
				return false
			}
			for _, t := range n.Targets {
				if t, ok := t.(*ast.Name); ok && t.Id == name {
					found = found || reads(n.Value, name)
					return false
				}
			}
		case *ast.AnnAssign:
			return ast.Stmt(n) != st
		case *ast.Name:
			found = found || n.Id == name
		case *ast.Global, *ast.Nonlocal:
			found = true
		}
		return !found
	})
	return found
}

func reads(e ast.Expr, name string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Name)
		found = found || ok && id.Id == name
		return !found
	})
	return found
}

// callers lists the calls of the function around the site, with what they hand in.
func (s *site) callers(p *checks.Pass) []*site {
	fn := s.call.Frame.Function()
	if fn == nil || fn.Def == nil {
		return nil
	}
	var out []*site
	seen := map[ast.Node]bool{}
	for _, f := range s.call.Frame.Everywhere() {
		for _, c := range f.Calls {
			mod := p.Project.Module(f.Module())
			if c.Callee.Function() != fn || seen[c.Node] || mod == nil || len(c.Args) == 0 {
				continue
			}
			seen[c.Node] = true
			text := c.Args[len(c.Args)-1].Node
			for i := range c.Args {
				if a := &c.Args[i]; a.Node != nil && s.takes(c, a) {
					text = a.Node
				}
			}
			if text != nil {
				out = append(out, &site{call: c, mod: mod, text: text, index: s.index})
			}
		}
	}
	return out
}

// takes reports whether an argument of a call of the function becomes the text that is judged.
func (s *site) takes(c *checks.Call, a *checks.Argument) bool {
	p := checks.ParamOf(c, a)
	return p != nil && reads(s.text, p.Name.Id)
}

// answeredAfter reports whether the judged text goes to a language model later in the
// function, or in one that calls it.
func (s *site) answeredAfter(p *checks.Pass, u use) bool {
	if s.answers(u) {
		return true
	}
	for _, c := range s.callers(p) {
		if c.answers(use{}) {
			return true
		}
	}
	return false
}

func (s *site) answers(u use) bool {
	texts := spelled(s.call.Frame, s.text)
	if u.clean != "" {
		texts[u.clean] = true
	}
	for _, c := range s.call.Frame.Calls {
		if c.Node.Pos() <= s.call.Node.Pos() || c.Node == s.call.Node || !asksModel(c, 0) {
			continue
		}
		for i := range c.Args {
			if e := c.Args[i].Node; e != nil && overlap(texts, spelled(s.call.Frame, e)) {
				return true
			}
		}
	}
	return false
}

// maxHelpers bounds through how many functions of the project a call of a model is looked for.
const maxHelpers = 3

// asksModel reports whether a call, or a function of the project that it calls, sends a prompt
// to a language model.
func asksModel(c *checks.Call, depth int) bool {
	if c.Chat != nil && (len(c.Chat.Model.Messages) > 0 || len(c.Chat.Model.User) > 0) {
		return true
	}
	if depth >= maxHelpers {
		return false
	}
	body := c.Body()
	return body != nil && slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return asksModel(o, depth+1) })
}

// spelled lists the names that an expression reads, also by way of local names: a name alone,
// and an attribute of self with it.
func spelled(f *checks.Frame, e ast.Expr) map[string]bool {
	given := assignments(f)
	out := map[string]bool{}
	var look func(e ast.Expr)
	look = func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				if name := spelling(n); name != "" {
					if !out[name] {
						out[name] = true
						for _, v := range given[name] {
							look(v)
						}
					}
					return false
				}
			case *ast.Call:
				// What is called is no text that it hands on, what it is called on may be.
				if _, plain := n.Fn.(*ast.Name); plain {
					for _, a := range n.Args {
						look(a)
					}
					for _, k := range n.Keywords {
						look(k.Value)
					}
					return false
				}
			case *ast.Name:
				if !out[n.Id] {
					out[n.Id] = true
					for _, v := range given[n.Id] {
						look(v)
					}
				}
			}
			return true
		})
	}
	look(e)
	return out
}

func overlap(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}

// refuse makes the program stop for a text that the moderation flags.
func refuse(p *checks.Pass, s *site, u use, v verdict) *fix.Fix {
	const message = "stop where the verdict is bad"
	const leave = `    raise ValueError("input rejected by moderation")`
	test := func(result string) string { return "if " + strings.Replace(v.test, "%s", result, 1) + ":" }
	if u.kind == unread && u.name != nil && !u.pending {
		name := u.name.Id
		var rename []fix.Edit
		if name == "_" {
			name = "verdict"
			rename = checks.Replace(p, u.name, name)
		}
		return checks.Fix(true, message, rename, fix.InsertAfter(p.File, u.stmt, test(name), leave))
	}
	call := p.File.Text(u.expr)
	switch e := u.expr.(type) {
	case *ast.Await:
		call = "(" + call + ")"
	case *ast.Comp:
		return nil // a list of verdicts
	case *ast.Call:
		if u.pending {
			if isTask(e, ast.Expr(s.call.Node)) {
				call = p.File.Text(s.call.Node)
			}
			call = "(await " + call + ")"
		}
	case *ast.Subscript:
		switch {
		case u.pending:
			call = "(await " + call + ")"
		case !each(e):
			return nil // the tuple was cut open, and its verdict left where it was
		}
	}
	if v.index > 0 {
		call += "[1]"
	}
	return checks.Fix(true, message, fix.ReplaceStmt(p.File, u.stmt, test(call), leave))
}

// lowModeration is PML5112.
var lowModeration = &checks.Rule{
	Spec:  infoPML5112,
	Knows: append(moderatorNames(), imageCalls...),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is(imageCalls...) {
			return
		}
		node, edits := lowered(p, c)
		if node == nil || moderated(p, path) {
			return
		}
		p.Report(checks.Report{
			Node: node, In: p.Project.Module(c.Frame.Module()), Path: path,
			Fix: checks.Fix(true, "moderate as strictly as the API does by default", edits),
		})
	},
}

// imageCalls are the calls of OpenAI's image models.
var imageCalls = []string{
	"openai.OpenAI().images.generate", "openai.OpenAI().responses.create", "litellm.image_generation", "litellm.aimage_generation",
}

// lowered is the argument or entry of a call that lowers the moderation, and the edits that
// take it away.
func lowered(p *checks.Pass, c *checks.Call) (ast.Node, []fix.Edit) {
	if a := c.Arg(-1, "moderation"); a != nil && isLow(a.Value) {
		if !a.Unpacked {
			return checks.ArgNode(c, a), checks.RemoveArg(p, c, a)
		}
		if a.Given != nil && p.Holds(a.Given) {
			return a.Given, checks.RemoveEntry(p, a.Given)
		}
		return checks.ArgNode(c, a), nil
	}
	if a := c.Arg(-1, "extra_body"); a != nil {
		if e := c.Key(a.Value, "moderation"); e != nil && isLow(e.Value) {
			return entryAt(p, c, e)
		}
	}
	tools := c.Arg(-1, "tools")
	if tools == nil {
		return nil, nil
	}
	items, _, _ := c.Items(tools.Value)
	for _, it := range items {
		kind, e := c.Key(it.Value, "type"), c.Key(it.Value, "moderation")
		if kind == nil || e == nil || !isLow(e.Value) {
			continue
		}
		if t, _ := kind.Value.Text(); t == "image_generation" {
			return entryAt(p, c, e)
		}
	}
	return nil, nil
}

func isLow(v *checks.Value) bool {
	t, ok := v.Text()
	return ok && t == "low"
}

// entryAt is the place of a dict's entry, the call where that is in another file.
func entryAt(p *checks.Pass, c *checks.Call, e *checks.Entry) (ast.Node, []fix.Edit) {
	if e.Node == nil || !p.Holds(e.Node) {
		return c.Node, nil
	}
	return e.Node, checks.RemoveEntry(p, e.Node)
}

// moderated reports whether the functions on a way ask a moderation about something and read
// its verdict.
func moderated(p *checks.Pass, path *checks.Path) bool {
	for _, f := range [...]*checks.Frame{path.Frame, path.Call.Frame} {
		mod := p.Project.Module(f.Module())
		for _, c := range f.Calls {
			if c.Node == path.Call.Node || f == path.Call.Frame && c.Node.Stop() > path.Call.Node.Stop() || !moderates(c, 0) || mod == nil {
				continue
			}
			index := 0
			if m := moderatorOf(c); m != nil {
				index = m.verdict.index
			}
			if u := (&site{call: c, mod: mod, index: index}).use(); u.kind == used || moderatorOf(c) == nil {
				return true
			}
		}
	}
	return false
}

// moderates reports whether a call, or a function of the project that it calls, judges a text.
func moderates(c *checks.Call, depth int) bool {
	if moderatorOf(c) != nil {
		return true
	}
	if depth >= maxHelpers {
		return false
	}
	body := c.Body()
	return body != nil && slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return moderates(o, depth+1) })
}
