package prompts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// englishGuard is PML1104.
var englishGuard = &checks.Rule{
	Spec:  infoPML1104,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved},
	Into:  []checks.SinkKind{models.PromptUser, models.PromptSystem},
	Knows: []string{"transformers.Pipeline()"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !knowsInjection(p) {
			return
		}
		places := functionsOn(p, path)
		for _, at := range places {
			for _, g := range at.guards(p, path) {
				if otherGuard(path, append(places, g.at), g) {
					return
				}
				p.Report(checks.Report{Node: g.test, In: g.at.in, Path: path, Fix: g.englishAlone(p, g.at.in)})
			}
		}
	},
}

// knowsInjection reports whether one of the files holds what a test for prompt injection knows: a phrase of
// it, or the name of a classifier.
func knowsInjection(p *checks.Pass) bool {
	return checks.OfGroup(p, "PML1104: phrases of injection", func() bool {
		known := false
		for _, m := range p.Connected() {
			if m.File == nil || known {
				continue
			}
			ast.InspectFile(m.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ExprStmt:
					if _, doc := n.Value.(*ast.Str); doc {
						return false
					}
				case *ast.Str:
					known = known || injectionPhrase.MatchString(wanted(n.Value)) || slices.Contains(englishModels, n.Value)
				}
				return !known
			})
		}
		return known
	})
}

// guardedPlace is a function on the way of the data, with the texts of the expressions that hold it there.
type guardedPlace struct {
	in    *checks.Module
	fn    *ast.FunctionDef
	body  []ast.Stmt
	frame *checks.Frame
	// holds are the spellings of the data, uses the nodes of its way.
	holds map[string]bool
	uses  []ast.Node
	// depth counts the calls between the way and the function.
	depth int
}

// functionsOn lists the functions, and module bodies, in which the way of a path runs.
func functionsOn(p *checks.Pass, path *checks.Path) []*guardedPlace {
	var out []*guardedPlace
	add := func(m *checks.Module, n ast.Node) {
		if m == nil || n == nil || m.File == nil {
			return
		}
		var fn *ast.FunctionDef
		for _, a := range m.Around(n) {
			if d, ok := a.(*ast.FunctionDef); ok {
				fn = d
			}
		}
		i := slices.IndexFunc(out, func(g *guardedPlace) bool { return g.in == m && g.fn == fn })
		if i < 0 {
			g := &guardedPlace{in: m, fn: fn, body: m.File.Body, holds: map[string]bool{}}
			if fn != nil {
				g.body = fn.Body
			}
			i = len(out)
			out = append(out, g)
		}
		out[i].uses = append(out[i].uses, n)
		switch x := n.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript:
			out[i].holds[m.File.Text(x)] = true
		case *ast.Call:
			for _, a := range x.Args {
				out[i].holds[m.File.Text(a)] = true
			}
			for _, k := range x.Keywords {
				out[i].holds[m.File.Text(k.Value)] = true
			}
		}
	}
	for _, t := range path.Trace.Steps() {
		add(p.Project.Module(t.Mod), t.Node)
	}
	add(p.Module, path.Node)
	if path.Call != nil {
		add(p.Project.Module(path.Call.Frame.Module()), path.Call.Node)
	}
	for _, g := range out {
		g.frame = frameOf(path, g)
	}
	return out
}

// frameOf is the analysis of a function on a path; nil where it is not at hand.
func frameOf(path *checks.Path, g *guardedPlace) *checks.Frame {
	for _, f := range path.Frame.Everywhere() {
		fn := f.Function()
		if f.Module().File == g.in.File && (fn == nil && g.fn == nil && f.Class() == nil || fn != nil && fn.Def == g.fn && g.fn != nil) {
			return f
		}
	}
	return nil
}

// phraseGuard is a test of text for English phrases that decides whether it goes on.
type phraseGuard struct {
	at   *guardedPlace
	test ast.Expr
	// text is the expression of what is tested.
	text ast.Expr
	// passes is set where the text goes on when the test is true.
	passes bool
	// calls are the calls that the test is made of.
	calls []ast.Node
}

// guards lists the tests of a function that know English phrases alone.
func (g *guardedPlace) guards(p *checks.Pass, path *checks.Path) []phraseGuard {
	var out []phraseGuard
	if g.frame == nil {
		return nil
	}
	consider := func(test ast.Expr, body, orelse []ast.Stmt, leaving bool) {
		s := search{g: g, path: path}
		s.look(g.frame, test, 0)
		if s.text == nil || !s.injection || s.languages {
			return
		}
		passes := s.negated
		if passes && (!g.reaches(body) || g.reaches(orelse)) || !passes && !leaving && (!g.reaches(orelse) || g.reaches(body)) {
			return // the text goes on whatever is found
		}
		out = append(out, phraseGuard{g, test, s.text, passes, s.calls})
	}
	for _, n := range g.candidates(p, path) {
		switch n := n.(type) {
		case *ast.If:
			consider(n.Test, n.Body, n.Orelse, leavesOrEnds(path, n.Body))
		case *ast.Assert:
			s := search{g: g, path: path}
			s.look(g.frame, n.Test, 0)
			if s.text != nil && s.injection && !s.languages && s.negated {
				out = append(out, phraseGuard{g, n.Test, s.text, true, s.calls})
			}
		case *ast.ExprStmt:
			out = append(out, g.refusals(p, path, n.Value)...)
		}
	}
	return out
}

// candidates lists the statements of a function that may look for injection, whatever it is that they look at,
// and those that may be calls of functions that do: the same for all paths through the function.
func (g *guardedPlace) candidates(p *checks.Pass, path *checks.Path) []ast.Stmt {
	find := func() (out []ast.Stmt) {
		knows := func(test ast.Expr) bool {
			s := search{g: &guardedPlace{in: g.in, fn: g.fn, body: g.body, frame: g.frame}, path: path}
			s.look(g.frame, test, 0)
			return s.injection && !s.languages
		}
		ast.InspectBlocks(g.body, func(n ast.Stmt) bool {
			found := false
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef:
				return false
			case *ast.If:
				found = knows(n.Test)
			case *ast.Assert:
				found = knows(n.Test)
			case *ast.ExprStmt:
				found = true
			}
			if found {
				out = append(out, n)
			}
			return true
		})
		return out
	}
	if path.Call == nil { // which does not tell what lists hold
		return find()
	}
	return checks.Remembered(p.Project, candidatesOf{g.frame}, find)
}

// candidatesOf is what is remembered of a function's analysis.
type candidatesOf struct{ frame *checks.Frame }

// refusals lists the tests of a function that is called with the text for nothing but its
// refusal: it raises.
func (g *guardedPlace) refusals(p *checks.Pass, path *checks.Path, called ast.Expr) []phraseGuard {
	if a, ok := called.(*ast.Await); ok {
		called = a.Value
	}
	e, ok := called.(*ast.Call)
	if !ok || g.depth > 2 {
		return nil
	}
	c := path.Engine.CallAt(e)
	if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Def == nil {
		return nil
	}
	body := c.Body()
	def := body.Function().Def
	inner := &guardedPlace{in: p.Project.Module(body.Module()), fn: def, body: def.Body, frame: body, holds: map[string]bool{}, depth: g.depth + 1}
	for i := range c.Args {
		if a := &c.Args[i]; a.Node != nil && g.holds[strippedText(g.in, a.Node)] {
			if param := checks.ParamOf(c, a); param != nil {
				inner.holds[param.Name.Id] = true
			}
		}
	}
	if inner.in == nil || len(inner.holds) == 0 {
		return nil
	}
	var out []phraseGuard
	for _, t := range inner.guards(p, path) {
		if i, ok := inner.in.StmtOf(t.test).(*ast.If); ok && leavesByReturn(i.Body) {
			continue // what it returns is dropped
		}
		t.calls = append(t.calls, e)
		out = append(out, t)
	}
	return out
}

func leavesByReturn(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	_, ok := body[len(body)-1].(*ast.Return)
	return ok
}

// reaches reports whether the way of the data goes through a block.
func (g *guardedPlace) reaches(block []ast.Stmt) bool {
	for _, n := range g.uses {
		if checks.InBlock(block, n) {
			return true
		}
	}
	return false
}

// search finds out what a test looks for, and in what.
type search struct {
	g    *guardedPlace
	path *checks.Path
	text ast.Expr
	// injection is set where a phrase is one of prompt injection, languages where phrases are in
	// other languages as well, negated where the test is true when nothing is found.
	injection, languages, negated bool
	calls                         []ast.Node
}

// look reads a test.
func (s *search) look(f *checks.Frame, e ast.Expr, depth int) {
	if depth > 6 {
		return
	}
	switch e := e.(type) {
	case *ast.UnaryOp:
		if e.Op == "not" {
			s.negated = !s.negated
		}
		s.look(f, e.Operand, depth+1)
	case *ast.BoolOp:
		for _, v := range e.Values {
			s.look(f, v, depth+1)
		}
	case *ast.Compare:
		s.compare(f, e, depth)
	case *ast.Call:
		s.call(f, e, depth)
	case *ast.Comp:
		s.comp(f, e, depth)
	case *ast.NamedExpr:
		s.look(f, e.Value, depth+1)
	case *ast.Subscript:
		s.look(f, e.Value, depth+1)
	case *ast.Name: // a verdict
		if f != s.g.frame {
			return
		}
		if v := lastGiven(s.g.in, e.Id, e); v != nil {
			s.look(f, v, depth+1)
		}
		for _, i := range raisesFlag(s.g.body, e) {
			s.look(f, i.Test, depth+1)
		}
	}
}

// raisesFlag lists the tests in front of a name behind which it becomes True.
func raisesFlag(body []ast.Stmt, name *ast.Name) []*ast.If {
	var out []*ast.If
	ast.InspectBlocks(body, func(s ast.Stmt) bool {
		i, ok := s.(*ast.If)
		if !ok || i.Pos() >= name.Pos() {
			return true
		}
		for _, s := range i.Body {
			a, ok := s.(*ast.Assign)
			if !ok || len(a.Targets) != 1 || checks.LastName(a.Targets[0]) != name.Id {
				continue
			}
			if c, ok := a.Value.(*ast.Constant); ok && c.Value == ast.True {
				out = append(out, i)
			}
		}
		return true
	})
	return out
}

// compare reads `phrase in text` and tests of what a classifier said.
func (s *search) compare(f *checks.Frame, e *ast.Compare, depth int) {
	if len(e.Ops) != 1 {
		return
	}
	switch e.Ops[0] {
	case "in", "not in":
		if e.Ops[0] == "not in" {
			s.negated = !s.negated
		}
		s.phrases(f, e.Left)
		s.tested(f, e.Right[0])
	case "is", "is not", "==", "!=", ">", ">=":
		if c, ok := e.Right[0].(*ast.Constant); ok && c.Value == ast.None && e.Ops[0] == "is" {
			s.negated = !s.negated
		}
		s.look(f, e.Left, depth+1)
	}
}

// comp reads `phrase in text for phrase in PHRASES`.
func (s *search) comp(f *checks.Frame, e *ast.Comp, depth int) {
	for _, c := range e.Clauses {
		s.list(f, c.Iter)
		for _, cond := range c.Ifs {
			s.look(f, cond, depth+1)
		}
	}
	s.look(f, e.Elt, depth+1)
}

// call reads any(), a search with a regular expression, a classifier, and functions of the
// project that do one of these.
func (s *search) call(f *checks.Frame, e *ast.Call, depth int) {
	c := s.path.Engine.CallAt(e)
	name := checks.LastName(e.Fn)
	switch {
	case name == "any" || name == "bool" || name == "len" || name == "all" || name == "next":
		for _, a := range e.Args {
			s.look(f, a, depth+1)
		}
	case c == nil:
	case c.Symbol.Is("transformers.Pipeline()"):
		if made := c.Callee.Origin(); made != nil && len(e.Args) > 0 && pipelineTask(made) == "text-classification" && englishModel(made) {
			s.injection = true
			s.calls = append(s.calls, e)
			s.tested(f, e.Args[0])
		}
	case slices.Contains(filterCalls, name) && len(e.Args) > 0:
		pattern, of := c.Arg(0, "pattern"), c
		text := e.Args[len(e.Args)-1]
		if made := c.Receiver.Origin(); made != nil && strings.HasPrefix(c.Symbol.String(), "re.compile()") {
			pattern, of = made.Arg(0, "pattern"), made
			text = e.Args[0]
		} else if len(e.Args) > 1 {
			text = e.Args[1]
		}
		if pattern != nil {
			s.calls = append(s.calls, e)
			if t, ok := pattern.Value.Text(); ok {
				s.phrase(t)
				s.tested(f, text)
			} else if pattern.Node != nil && s.joined(of.Frame, pattern.Node, 0) {
				s.tested(f, text)
			} else if n, ok := pattern.Node.(*ast.Name); ok && n != nil {
				s.tested(f, text) // one of a list, which the loop around it names
			}
		}
	case c.Body() != nil:
		s.function(c, e, depth)
	}
}

// function reads what a function of the project returns that is asked about the text.
func (s *search) function(c *checks.Call, e *ast.Call, depth int) {
	body := c.Body()
	if body.Function() == nil || body.Function().Def == nil {
		return
	}
	inner := search{g: s.g, path: s.path, negated: s.negated}
	params := map[string]bool{}
	for _, p := range body.Function().Params.List {
		if p.Name != nil {
			params[p.Name.Id] = true
		}
	}
	inner.g = &guardedPlace{in: s.g.in, fn: body.Function().Def, body: body.Function().Def.Body, frame: body, holds: params}
	if m := moduleOf(s.g, body); m != nil {
		inner.g.in = m
	}
	for _, st := range body.Function().Def.Body {
		switch st := st.(type) {
		case *ast.Return:
			if st.Value != nil {
				inner.look(body, st.Value, depth+1)
			}
		case *ast.For:
			for _, in := range st.Body {
				if i, ok := in.(*ast.If); ok {
					inner.list(body, st.Iter)
					inner.returning(body, i, depth)
				}
			}
		case *ast.If:
			inner.returning(body, st, depth)
		}
	}
	if inner.text == nil || !inner.injection {
		return
	}
	s.injection, s.languages, s.negated = true, s.languages || inner.languages, inner.negated
	s.calls = append(append(s.calls, e), inner.calls...)
	for _, a := range append(slices.Clone(e.Args), keywordValues(e)...) {
		if s.g.holds[strippedText(s.g.in, a)] {
			s.text = stripped(a)
			return
		}
	}
}

func keywordValues(e *ast.Call) []ast.Expr {
	var out []ast.Expr
	for _, k := range e.Keywords {
		out = append(out, k.Value)
	}
	return out
}

// moduleOf is the file of a function that is called from a place.
func moduleOf(g *guardedPlace, body *checks.Frame) *checks.Module {
	if body.Module().File == g.in.File {
		return g.in
	}
	return &checks.Module{Path: body.Module().Path, Source: body.Module().File.Source, File: body.Module().File}
}

// returning reads a test behind which a function returns True, or False where it says that a text
// is fine.
func (s *search) returning(f *checks.Frame, i *ast.If, depth int) {
	if len(i.Body) == 0 {
		return
	}
	r, ok := i.Body[len(i.Body)-1].(*ast.Return)
	if !ok {
		return
	}
	c, ok := r.Value.(*ast.Constant)
	if !ok || c.Value != ast.True && c.Value != ast.False {
		return
	}
	before := s.text
	s.look(f, i.Test, depth+1)
	if before == nil && s.text != nil && c.Value == ast.False {
		s.negated = !s.negated
	}
}

// tested notes the expression that is looked at, if it is the data.
func (s *search) tested(f *checks.Frame, e ast.Expr) {
	if s.text != nil {
		return
	}
	x := stripped(e)
	if s.g.holds[s.g.in.File.Text(x)] {
		s.text = x
		return
	}
	if n, ok := x.(*ast.Name); ok { // lowered = text.lower()
		if v := lastGiven(s.g.in, n.Id, e); v != nil && s.g.holds[strippedText(s.g.in, v)] {
			s.text = stripped(v)
		}
	}
}

// stripped is the expression whose lower case, or text without blanks, another one is.
func stripped(e ast.Expr) ast.Expr {
	for {
		c, ok := e.(*ast.Call)
		if !ok {
			return e
		}
		switch fn := c.Fn.(type) {
		case *ast.Attribute:
			switch fn.Attr.Id {
			case "lower", "casefold", "upper", "strip", "lstrip", "rstrip":
				e = fn.Value
				continue
			}
		case *ast.Name:
			if fn.Id == "str" && len(c.Args) == 1 {
				e = c.Args[0]
				continue
			}
		}
		return e
	}
}

func strippedText(m *checks.Module, e ast.Expr) string { return m.File.Text(stripped(e)) }

// phrases notes constant phrases that are looked for.
func (s *search) phrases(f *checks.Frame, e ast.Expr) {
	if t, ok := e.(*ast.Str); ok {
		s.phrase(t.Value)
		return
	}
	if n, ok := stripped(e).(*ast.Name); ok {
		for _, around := range s.g.in.Around(e) {
			if loop, ok := around.(*ast.For); ok && checks.LastName(loop.Target) == n.Id {
				s.list(f, loop.Iter)
				return
			}
		}
	}
	if t, ok := f.ValueOf(stripped(e)).Text(); ok {
		s.phrase(t)
	}
}

// joined notes the phrases of a pattern that is joined of a list: `"|".join(map(re.escape, PHRASES))`. It reports
// whether it found one.
func (s *search) joined(f *checks.Frame, e ast.Expr, depth int) bool {
	if depth > 6 {
		return false
	}
	switch e := e.(type) {
	case *ast.BinOp:
		left := s.joined(f, e.Left, depth+1)
		return s.joined(f, e.Right, depth+1) || left
	case *ast.JoinedStr:
		found := false
		for _, x := range e.Values {
			if ph, ok := x.(*ast.Placeholder); ok {
				found = s.joined(f, ph.Value, depth+1) || found
			}
		}
		return found
	case *ast.Name:
		if m := moduleOf(s.g, f); m != nil {
			if given := lastGiven(m, e.Id, e); given != nil {
				return s.joined(f, given, depth+1)
			}
		}
	case *ast.Call:
		if checks.LastName(e.Fn) != "join" || len(e.Args) != 1 {
			return false
		}
		list := e.Args[0]
		switch l := list.(type) {
		case *ast.Call:
			if checks.LastName(l.Fn) == "map" && len(l.Args) == 2 {
				list = l.Args[1]
			}
		case *ast.Comp:
			if len(l.Clauses) == 1 && len(l.Clauses[0].Ifs) == 0 {
				list = l.Clauses[0].Iter
			}
		}
		// Only whether the list has a phrase is asked.
		inner := search{g: s.g, path: s.path}
		inner.list(f, list)
		s.injection, s.languages = s.injection || inner.injection, s.languages || inner.languages
		return inner.injection
	}
	return false
}

// list notes the phrases of a list.
func (s *search) list(f *checks.Frame, e ast.Expr) {
	var elts []ast.Expr
	switch l := e.(type) {
	case *ast.List:
		elts = l.Elts
	case *ast.Tuple:
		elts = l.Elts
	case *ast.Set:
		elts = l.Elts
	case *ast.Name:
		if given := lastGiven(s.g.in, l.Id, e); given != nil && f == s.g.frame {
			s.list(f, given)
			return
		}
	}
	for _, x := range elts {
		s.phrases(f, x)
	}
	if elts != nil {
		return
	}
	v := f.ValueOf(e)
	c := s.path.Call
	if c == nil {
		return
	}
	for _, a := range v.Alternatives() {
		items, _, _ := c.Items(a)
		for _, it := range items {
			if t, ok := it.Value.Text(); ok {
				s.phrase(t)
			} else if made := it.Value.Origin(); made != nil { // re.compile("...")
				if arg := made.Arg(0, "pattern"); arg != nil {
					if t, ok := arg.Value.Text(); ok {
						s.phrase(t)
					}
				}
			}
		}
	}
}

// injectionPhrase finds phrases of prompt injection.
var injectionPhrase = regexp.MustCompile(`(ignore|disregard|forget|override)\b.*(instruction|rule|prompt)|you are now|developer mode|do anything now|jailbreak|system prompt`)

// otherLanguage finds words of phrases in other languages with Latin letters.
var otherLanguage = regexp.MustCompile(`ignorier|vergiss|anweisung|ignora |ignora$|olvida|instruccion|oublie|ignorez|ignore les|consignes|istruzion|dimentica|instruções|esqueça|negeer|instructies|zignoruj|polecenia|talimat|abaikan|instruksi`)

// spaces are the parts of patterns that stand for blanks.
var spaces = regexp.MustCompile(`\\[sW][+*]?\??|\[\\s[^\]]*\][+*]?`)

// wanted is what a phrase, or a pattern with signs for blanks, finds.
func wanted(t string) string { return strings.ToLower(spaces.ReplaceAllString(t, " ")) }

// phrase notes a phrase or pattern that is looked for.
func (s *search) phrase(t string) {
	t = wanted(t)
	s.injection = s.injection || injectionPhrase.MatchString(t)
	s.languages = s.languages || otherLanguage.MatchString(t) || strings.ContainsFunc(t, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
	})
}

// englishModels are classifiers of prompt injection that were trained on English alone.
var englishModels = []string{
	"protectai/deberta-v3-base-prompt-injection", "protectai/deberta-v3-base-prompt-injection-v2", "protectai/deberta-v3-small-prompt-injection-v2",
	"deepset/deberta-v3-base-injection", "meta-llama/Llama-Prompt-Guard-2-22M",
}

func englishModel(made *checks.Call) bool {
	a := made.Arg(1, "model")
	if a == nil {
		return false
	}
	t, ok := a.Value.Text()
	return ok && slices.Contains(englishModels, t)
}

// furtherGuards are words in the names of calls that judge a text or its language.
var furtherGuards = regexp.MustCompile(`(?i)moderat|guard|injection|is_safe|is_allowed|scan|shield|lakera|rebuff|rails|lang(uage|id|detect)|detect_lang|is_english|classif|cld3|lingua`)

// otherGuard reports whether something else judges the text, or tells its language, in one of the
// functions.
func otherGuard(path *checks.Path, places []*guardedPlace, g phraseGuard) bool {
	found := false
	for _, at := range places {
		ast.InspectStmts(at.body, func(n ast.Node) bool {
			if _, def := n.(*ast.FunctionDef); def && at.fn == nil {
				return false
			}
			e, ok := n.(*ast.Call)
			if !ok || found || slices.Contains(g.calls, ast.Node(e)) {
				return !found
			}
			c := path.Engine.CallAt(e)
			text := at.in.File.Text(e.Fn)
			switch {
			case furtherGuards.MatchString(text):
				found = c == nil || c.Chat == nil || strings.Contains(text, "moderat")
			case c == nil:
			case c.Symbol.Is("transformers.Pipeline()"):
				made := c.Callee.Origin()
				found = made != nil && pipelineTask(made) == "text-classification" && !slices.Contains(g.calls, ast.Node(e))
			default:
				name := c.Callee.Name()
				for _, lib := range [...]string{"langdetect.", "langid.", "fasttext.", "lingua.", "cld3.", "gcld3.", "pycld2.", "llm_guard.", "nemoguardrails.", "guardrails.", "rebuff.", "lakera"} {
					found = found || strings.HasPrefix(name, lib)
				}
			}
			return !found
		})
	}
	return found
}

// englishAlone makes the fix that lets text pass only where it is English.
func (g phraseGuard) englishAlone(p *checks.Pass, m *checks.Module) *fix.Fix {
	spelling, imports := fix.Reach(m.File, "langdetect.detect", "from langdetect import detect", fix.InOrder)
	test, text := m.File.Text(g.test), m.File.Text(g.text)
	front := spelling + "(" + text + `) != "en" or `
	wrap := strings.Contains(test, " and ")
	if g.passes {
		front = spelling + "(" + text + `) == "en" and `
		wrap = strings.Contains(test, " or ")
	}
	if _, named := g.test.(*ast.NamedExpr); named || wrap {
		test = "(" + test + ")"
	}
	return checks.Fix(true, "let English text pass alone", in(p, m, append([]fix.Edit{fix.ReplaceNode(m.File, g.test, front+test)}, imports...)))
}
