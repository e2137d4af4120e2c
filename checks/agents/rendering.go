package agents

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// rendered is PML6129.
var rendered = &checks.Rule{
	Spec:  infoPML6129,
	Asks:  []*checks.Question{keepsImagesOut},
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Response},
	Knows: slices.Concat([]string{sessionState, "streamlit.write", "streamlit.write_stream", "chainlit.Message().stream_token"}, regexCalls, engineCalls),
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink == nil || path.Sink.Note != models.NoteMarkdown || path.Mark.Clean.Has(models.Response) || !path.Mark.Holds("![") {
			return
		}
		if c := path.Call; c != nil && (c.Symbol.Under("IPython") || c.Symbol.Is("streamlit.write") && isTable(path)) {
			return // the page of whoever runs the cell; JSON
		}
		asked := path.Mark.Call()
		if asked == nil || closedField(path) || plainChat(path) || p.Says(keepsImagesOut) {
			return
		}
		s := shown{p: p, in: path.Frame, from: path.Frame, call: path.Call, at: path.Node, e: shownExpr(path), whole: !isContainer(path.Value), asked: asked}
		if path.Call != nil {
			s.in = path.Call.Frame
		}
		if !s.aboutOthers() || s.imagesLookedAt() {
			return
		}
		node := path.Node
		if path.Call != nil {
			node = path.Call.Node
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: s.withoutImages()})
	},
	To:      []string{sessionState + ".*", sessionState + "[]"},
	OnStore: keptForLater,
}

// sessionState is what a Streamlit page keeps from one run to the next.
const sessionState = "streamlit.session_state"

// keptForLater reports where a page shows an answer that it has put into the state of its session.
func keptForLater(p *checks.Pass, kept *checks.Store) {
	key := kept.Symbol.String()
	key = key[strings.LastIndexByte(key, '.')+1:]
	if kept.Key != nil {
		text, ok := kept.Key.Text()
		if !ok {
			return
		}
		key = text
	}
	for _, m := range kept.Value.Marks() {
		if m.Label != models.LLM || m.Clean.Has(models.Response) || !m.Holds("![") || m.Call() == nil || isContainer(kept.Value) {
			continue
		}
		s := shown{p: p, in: kept.Frame, from: kept.Frame, at: kept.From, e: kept.From, whole: true, asked: m.Call()}
		if p.Says(keepsImagesOut) || !s.aboutOthers() || s.imagesLookedAt() {
			continue
		}
		for _, f := range kept.Frame.Everywhere() {
			for _, c := range f.Calls {
				for _, a := range c.Noted(models.Response, models.NoteMarkdown) {
					if in := p.Project.Module(f.Module()); in != nil && a.Node != nil && ofSession(f, a.Node, key, 0) {
						of := *p
						of.Module = in
						at := shown{p: &of, in: f, from: f, call: c, at: a.Node, e: a.Node, whole: true, asked: s.asked}
						p.Report(checks.Report{Node: c.Node, In: in, Fix: at.withoutImages()})
					}
				}
			}
		}
		return
	}
}

// ofSession reports whether an expression reads an entry of the session, or text around it.
func ofSession(f *checks.Frame, e ast.Expr, key string, depth int) bool {
	if depth > 3 {
		return false
	}
	for _, s := range f.SpelledOut(e) {
		var of ast.Expr
		name := ""
		switch n := s.Expr.(type) {
		case *ast.JoinedStr:
			if slices.ContainsFunc(n.Values, func(v ast.Expr) bool {
				ph, ok := v.(*ast.Placeholder)
				return ok && ofSession(s.Frame, ph.Value, key, depth+1)
			}) {
				return true
			}
		case *ast.BinOp:
			if n.Op == "+" && (ofSession(s.Frame, n.Left, key, depth+1) || ofSession(s.Frame, n.Right, key, depth+1)) {
				return true
			}
		case *ast.Attribute:
			of, name = n.Value, n.Attr.Id
		case *ast.Subscript:
			if t, ok := n.Index.(*ast.Str); ok {
				of, name = n.Value, t.Value
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "get" && len(n.Args) > 0 {
				if t, ok := n.Args[0].(*ast.Str); ok {
					of, name = at.Value, t.Value
				}
			}
		}
		if of != nil && name == key && s.Frame.ValueOf(of).Is(sessionState) {
			return true
		}
	}
	return false
}

// isTable reports whether what is shown can only be a dict, or is spelled as a list, which is shown as
// JSON.
func isTable(path *checks.Path) bool {
	switch path.Node.(type) {
	case *ast.List, *ast.Dict:
		return true
	}
	list := path.Value.Alternatives()
	return len(list) > 0 && !slices.ContainsFunc(list, func(v *checks.Value) bool {
		_, _, items := path.Items(v)
		return !isContainer(v) || items
	})
}

func isContainer(v *checks.Value) bool { return v.Kind() == flow.KindObject && v.Class() == nil }

// closedField reports whether what is shown is a field of a structured answer that is no text: a number, one
// of several words.
func closedField(path *checks.Path) bool {
	asked := path.Mark.Call()
	class, _ := checks.SchemaOf(asked)
	for _, name := range path.Mark.Fields() {
		if class == nil {
			return false
		}
		for _, field := range class.AllFields() {
			if field.Name != name || field.Annotation == nil {
				continue
			}
			if checks.ClosedType(asked, field.Annotation) {
				return true
			}
			if id, ok := field.Annotation.(*ast.Name); ok {
				class = asked.Frame.Body().ValueOf(id).Class()
			}
		}
	}
	return false
}

// plainChat reports whether a function's result is shown by a chat component that shows its text as it
// is.
func plainChat(path *checks.Path) bool {
	if path.Call != nil {
		return false
	}
	for _, r := range path.Handlers() {
		if r.Call == nil {
			continue
		}
		if bot := r.Call.Arg(-1, "chatbot"); bot != nil && bot.Value.Origin() != nil {
			if md := bot.Value.Origin().Arg(-1, "render_markdown"); md != nil && checks.Off(md.Value) {
				return true
			}
		}
	}
	return false
}

// keepsImagesOut asks for a policy by which pages load images of their own server alone.
var keepsImagesOut = &checks.Question{Name: "sets a Content-Security-Policy for images", Needs: []string{"Content-Security-Policy", "content-security-policy", "img-src", "img_src"}, Says: func(d *checks.Draft) bool {
	for _, directive := range [...]string{"img-src", "img_src", "default-src", "default_src"} {
		found := false
		for _, m := range regexp.MustCompile(directive+`["']?\s*[:,]?\s*\[?((?:\s*["']?'(?:self|none)'["']?|\s*data:|\s*blob:)+)\s*(.?)`).FindAllSubmatch(d.Text, -1) {
			found = found || len(m[2]) == 0 || strings.ContainsAny(string(m[2]), `;"'),]}`+"\\")
		}
		if found || bytes.Contains(d.Text, []byte(directive)) {
			return found
		}
	}
	return false
}}

// shown is a model's answer that is shown as Markdown.
type shown struct {
	p *checks.Pass
	// in is the function in whose code it is shown, from the one that has it; call is the call that shows
	// it, nil for a function's result.
	in, from *checks.Frame
	call     *checks.Call
	at       ast.Node
	// e is the expression that is shown; nil where it is not known. whole is set where its value is text.
	e     ast.Expr
	whole bool
	// asked is the call of the model, made what e was made of.
	asked *checks.Call
	made  []flow.Ingredient
	did   bool
	// madeBy are the calls among made.
	madeBy map[ast.Node]bool
}

// shownExpr is the expression at the end of a path.
func shownExpr(path *checks.Path) ast.Expr {
	switch n := path.Node.(type) {
	case *ast.Return:
		return n.Value
	case *ast.Yield:
		return n.Value
	case ast.Expr:
		return n
	}
	return nil
}

func (s *shown) ingredients() []flow.Ingredient {
	if !s.did && s.e != nil {
		s.made = slices.Collect(s.in.MadeOf(s.e))
	}
	s.did = true
	return s.made
}

// othersText are the labels of text that others than the user wrote.
var othersText = models.Labels(models.Web, models.Document, models.Retrieved, models.Tool, models.Database)

// aboutOthers reports whether the model was given text of others for this answer.
func (s *shown) aboutOthers() bool {
	prompts := checks.OfGroup(s.p, "PML6129: text of others in prompts", func() map[ast.Node][]*checks.Path {
		given := map[ast.Node][]*checks.Path{}
		for _, kind := range [...]checks.SinkKind{models.PromptUser, models.PromptSystem} {
			for _, o := range s.in.Paths(kind) {
				if o.Call != nil && othersText.Has(o.Mark.Label) {
					given[o.Call.Node] = append(given[o.Call.Node], o)
				}
			}
		}
		return given
	})
	given := prompts[s.asked.Node]
	return len(given) > 0 && (!s.severalCallers(s.asked.Frame, 0) || s.given(s.asked, 0) || slices.ContainsFunc(given, s.handedBy)) || s.retrieves()
}

// maxCallers bounds the functions through which a prompt is followed back.
const maxCallers = 4

// severalCallers reports whether a function, or one that calls it, is called in several places, so that
// one call's prompt is not another's.
func (s *shown) severalCallers(f *checks.Frame, depth int) bool {
	callers := f.Callers()
	return len(callers) > 1 || len(callers) == 1 && depth < maxCallers && s.severalCallers(callers[0].Frame, depth+1)
}

// onTheWay lists the calls of a function from which the answer comes; all where none is known.
func (s *shown) onTheWay(f *checks.Frame) []*checks.Call {
	if s.madeBy == nil {
		s.madeBy = map[ast.Node]bool{}
		for _, in := range s.ingredients() {
			if in.Call != nil {
				s.madeBy[in.Call.Node] = true
			}
		}
	}
	var out []*checks.Call
	callers := f.Callers()
	for _, c := range callers {
		if s.madeBy[c.Node] {
			out = append(out, c)
		}
	}
	if out == nil {
		return callers
	}
	return out
}

// given reports whether a call is given text of others, by itself or by those calls of its function from
// which the answer comes.
func (s *shown) given(c *checks.Call, depth int) bool {
	asked := map[handed]int{}
	return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return s.fromOthers(c, a.Value, depth, asked) })
}

// handed is what a call hands to a parameter.
type handed struct {
	by    ast.Node
	param *ast.Param
}

// fromOthers reports whether a value that a call is given is text of others; asked are those on the way that were looked
// at already, and how far back they were.
func (s *shown) fromOthers(c *checks.Call, v *checks.Value, depth int, asked map[handed]int) bool {
	for _, m := range c.Deep(v) {
		if m.Clean.Has(models.PromptUser) {
			continue
		}
		if othersText.Has(m.Label) {
			return true
		}
		param, fn := m.Parameter()
		if param == nil || param.Name == nil || depth > maxCallers {
			continue
		}
		at := c.Frame.AnalysisOf(fn)
		if at == nil {
			continue
		}
		for _, caller := range s.onTheWay(at) {
			what := handed{caller.Node, param}
			if before, known := asked[what]; known && before <= depth {
				continue
			}
			asked[what] = depth
			if a := caller.GivenTo(fn, param.Name.Id); a != nil && s.fromOthers(caller, a.Value, depth+1, asked) {
				return true
			}
		}
	}
	return false
}

// handedBy reports whether a prompt was handed to the function that asks the model by the call from which
// the answer comes.
func (s *shown) handedBy(prompt *checks.Path) bool {
	calls := s.onTheWay(s.asked.Frame)
	return slices.ContainsFunc(prompt.Trace.Steps(), func(step *flow.Trace) bool {
		return slices.ContainsFunc(calls, func(c *checks.Call) bool { return c.Node == step.Node })
	})
}

// retrieves reports whether what is asked looks passages up itself: an engine over an index, a chain
// with a retriever.
func (s *shown) retrieves() bool {
	c := s.asked
	switch {
	case c.Symbol.Is(engineCalls...):
		return !strings.Contains(c.Symbol.String(), "SimpleChatEngine")
	case c.Symbol.Under("langchain"), c.Symbol.Under("langchain_core"), c.Symbol.Under("langchain_classic"), c.Symbol.Under("langchain_openai"):
		at, ok := c.Node.Fn.(*ast.Attribute)
		if !ok {
			return false
		}
		return checks.Any(c.Frame.MadeOf(at.Value), func(in flow.Ingredient) bool {
			return in.Call != nil && (in.Call.Method == "as_retriever" || strings.HasSuffix(checks.CalledName(in.Call), "Retriever") || slices.ContainsFunc(in.Call.Args, func(a checks.Argument) bool { return a.Name == "retriever" }))
		})
	}
	return false
}

// engineCalls ask an engine over an index.
var engineCalls = []string{
	"llama_index.core.query_engine.BaseQueryEngine().query", "llama_index.core.query_engine.BaseQueryEngine().aquery",
	"llama_index.core.chat_engine.BaseChatEngine().chat", "llama_index.core.chat_engine.BaseChatEngine().achat", "llama_index.core.chat_engine.BaseChatEngine().stream_chat", "llama_index.core.chat_engine.BaseChatEngine().astream_chat",
}

var regexCalls = []string{"re.{sub,subn,search,findall,finditer,match}", "re.compile().{sub,subn,search,findall,finditer,match}", "regex.{sub,subn,search,findall,finditer,match}"}

// imagesLookedAt reports whether the images of the text are taken out, or looked at, before it is shown:
// by a call on its way, or in a function that it comes through.
func (s *shown) imagesLookedAt() bool {
	frames := []*checks.Frame{s.in, s.from, s.asked.Frame}
	for _, in := range s.ingredients() {
		if in.Call == nil {
			continue
		}
		if in.Call.Node == s.asked.Node {
			break
		}
		if dropsImages(in.Call) || imagePattern(in.Call) || checksImages(in.Call) {
			return true
		}
		for _, f := range in.Call.Enters() {
			if !slices.Contains(frames, f) {
				frames = append(frames, f)
			}
		}
	}
	for _, f := range frames {
		if f.Function() == nil && f != s.in {
			continue
		}
		for _, c := range f.Calls {
			if c.Node.Pos() > s.at.Pos() && f == s.in && len(f.Yields) == 0 {
				continue
			}
			if imagePattern(c) || f == s.in && checksImages(c) {
				return true
			}
		}
	}
	return false
}

// checksImages reports whether a call is one whose name says that it looks at images or their hosts.
func checksImages(c *checks.Call) bool {
	name := strings.ToLower(checks.CalledName(c))
	return (strings.Contains(name, "image") || strings.Contains(name, "img")) && (checks.NamesCheck(name) || strings.Contains(name, "strip") || strings.Contains(name, "remov") || strings.Contains(name, "host") || strings.Contains(name, "extract") || strings.Contains(name, "find"))
}

// imagePattern reports whether a call applies a regular expression for the images of Markdown.
func imagePattern(c *checks.Call) bool {
	if c.Symbol == nil {
		return false
	}
	var pattern *checks.Argument
	switch name := c.Symbol.String(); {
	case strings.HasPrefix(name, "re.compile()."):
		if made := c.Receiver.Origin(); made != nil {
			pattern = made.Arg(0, "pattern")
		}
	case strings.HasPrefix(name, "re."), strings.HasPrefix(name, "regex."):
		pattern = c.Arg(0, "pattern")
	}
	if pattern == nil {
		return false
	}
	text, _ := pattern.Value.Text()
	return strings.Contains(text, `!\[`) || strings.Contains(text, `![`) || strings.Contains(text, `\!\[`)
}

// dropsImages reports whether a call makes text without images: a cleaner of HTML that lets none
// through, a renderer without the rule.
func dropsImages(c *checks.Call) bool {
	switch name := checks.CalledName(c); {
	case name == "replace":
		a := c.Arg(0, "old")
		if a == nil {
			return false
		}
		text, _ := a.Value.Text()
		return text == "!" || text == "!["
	case c.Symbol.Under("bleach"), c.Symbol.Under("nh3"):
		tags := c.Arg(1, "tags")
		if c.Symbol.Under("nh3") {
			tags = c.Arg(-1, "tags")
		}
		if tags == nil {
			return c.Symbol.Under("bleach")
		}
		items, open, ok := c.Items(tags.Value)
		return ok && !open && !slices.ContainsFunc(items, func(it checks.Item) bool { t, known := it.Value.Text(); return !known || t == "img" })
	case name == "disable":
		for i := range c.Args {
			v := c.Args[i].Value
			if t, _ := v.Text(); t == "image" {
				return true
			}
			items, _, _ := c.Items(v)
			if slices.ContainsFunc(items, func(it checks.Item) bool { t, _ := it.Value.Text(); return t == "image" }) {
				return true
			}
		}
	}
	return false
}

// imageText matches the images of Markdown, with their address or a reference to it.
const imageText = `r"!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])"`

// withoutImages takes the images out of the text that is shown.
func (s *shown) withoutImages() *fix.Fix {
	e := s.textShown()
	if e == nil || !s.p.Holds(e) {
		return s.withoutImagesInTurn()
	}
	text := s.p.File.Text(e)
	before, after := "", ""
	switch c := s.call; {
	case c == nil:
	case c.Symbol.Is("chainlit.Message().stream_token"):
		return nil // a piece of an answer, in which an image is not whole
	case c.Symbol.Is("streamlit.write_stream"):
		if call := s.in.CallAt(e); call == nil || call.Callee.Function() == nil {
			return nil // chunks of the provider's own kind
		}
		text, before, after = `"".join(`+text+")", "[", "]"
	}
	sub, imports := fix.Reach(s.p.File, "re.sub", "import re", fix.InSection)
	return checks.Fix(true, "show the text without its images", checks.Replace(s.p, e, before+sub+"("+imageText+`, "", `+text+")"+after), imports)
}

// withoutImagesInTurn takes the images out of an answer where that becomes the text of a turn of a conversation that is
// shown: `{"role": "assistant", "content": answer}`, `history[-1]["content"] += piece`, in the function that shows it.
func (s *shown) withoutImagesInTurn() *fix.Fix {
	def := s.p.FunctionAround(s.at)
	if def == nil || s.call != nil {
		return nil
	}
	var own *checks.Frame
	for _, f := range s.in.Everywhere() {
		if fn := f.Function(); fn != nil && fn.Def == def {
			own = f
		}
	}
	if own == nil {
		return nil
	}
	answer := func(e ast.Expr) bool {
		switch e.(type) {
		case *ast.List, *ast.Dict, *ast.Tuple:
			return false
		}
		return checks.Any(own.MadeOf(e), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == s.asked.Node })
	}
	content := func(e ast.Expr) bool {
		t, ok := e.(*ast.Str)
		return ok && (t.Value == "content" || t.Value == "text")
	}
	var edits [][]fix.Edit
	sub, imports := fix.Reach(s.p.File, "re.sub", "import re", fix.InSection)
	without := func(text string) string { return sub + "(" + imageText + `, "", ` + text + ")" }
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AugAssign:
			at, ok := n.Target.(*ast.Subscript)
			if ok && n.Op == "+" && content(at.Index) && answer(n.Value) && checks.Repeatable(n.Target) {
				target := s.p.File.Text(n.Target)
				edits = append(edits, fix.ReplaceStmt(s.p.File, n, target+" = "+without(target+" + "+s.p.File.Text(n.Value))))
			}
		case *ast.Dict:
			for i, k := range n.Keys {
				if k != nil && content(k) && answer(n.Values[i]) {
					edits = append(edits, checks.Replace(s.p, n.Values[i], without(s.p.File.Text(n.Values[i]))))
				}
			}
		case *ast.List: // [message, answer]
			if len(n.Elts) == 2 && answer(n.Elts[1]) && !answer(n.Elts[0]) {
				edits = append(edits, checks.Replace(s.p, n.Elts[1], without(s.p.File.Text(n.Elts[1]))))
			}
		case *ast.Call:
			return n != s.asked.Node
		}
		return true
	})
	if len(edits) != 1 {
		return nil
	}
	return checks.Fix(true, "show the text without its images", append(edits, imports)...)
}

// textShown is the expression of the text that is shown; nil where the answer is no text of its own.
func (s *shown) textShown() ast.Expr {
	e := s.e
	if t, ok := e.(*ast.Tuple); ok {
		e = nil
		for _, x := range t.Elts {
			if s.isAnswer(x) && e == nil {
				e = x
			}
		}
	}
	switch x := e.(type) {
	case nil, *ast.List, *ast.Dict, *ast.Comp:
		return nil
	case *ast.BinOp:
		for _, side := range [...]ast.Expr{x.Left, x.Right} {
			switch side.(type) {
			case *ast.List, *ast.Dict, *ast.Comp:
				return nil // turns of a conversation
			}
		}
	case *ast.Name:
		if !s.whole {
			return nil
		}
	case *ast.Call:
		if c := s.in.CallAt(x); c != nil && c.Chat != nil && !s.parsed(c) {
			return nil // an object of the library
		}
	}
	return e
}

// parsed reports whether a chain makes text of the message of its model.
func (s *shown) parsed(c *checks.Call) bool {
	at, ok := c.Node.Fn.(*ast.Attribute)
	return ok && checks.Any(s.in.MadeOf(at.Value), func(in flow.Ingredient) bool {
		return in.Call != nil && checks.CalledName(in.Call) == "StrOutputParser"
	})
}

// isAnswer reports whether an expression is made of the model's answer.
func (s *shown) isAnswer(e ast.Expr) bool {
	return checks.Any(s.in.MadeOf(e), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == s.asked.Node })
}
