package prompts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// guardedEncoding is PML1112.
var guardedEncoding = &checks.Rule{
	Spec:  infoPML1112,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Retrieved},
	Into:  []checks.SinkKind{models.PromptUser, models.PromptSystem, models.PromptTemplate},
	Knows: []string{"openai.OpenAI().moderations.create", "transformers.Pipeline()"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !inText(path) {
			return
		}
		steps := path.Trace.Steps()
		for i, t := range steps {
			c := path.Engine.CallAt(t.Node)
			if c == nil || !decodes(c) {
				continue
			}
			// The guard stands beside the decoding, or beside a call of the function that decodes.
			for j := i; j >= 0; j-- {
				if j < i && !strings.HasPrefix(steps[j].Text, "passed to ") {
					continue
				}
				call, _ := steps[j].Node.(*ast.Call)
				in, home := p.Project.Module(steps[j].Mod), p.Project.Module(t.Mod)
				if call == nil || in == nil || home == nil {
					continue
				}
				if g := guardBefore(path, in, call); g != nil {
					p.Report(checks.Report{Node: t.Node, In: home, Path: path, Fix: decodeFirst(in, home, j == i, g)})
					return
				}
			}
		}
	},
}

// inText reports whether the data is part of the text of a message, and not of a picture.
func inText(path *checks.Path) bool {
	for _, v := range checks.SystemTexts(path) {
		if v.Kind() == flow.KindObject {
			continue
		}
		if _, ok := markOf(v, path.Mark); ok {
			return true
		}
	}
	return false
}

// decodes reports whether a call gives back what a text encodes.
func decodes(c *checks.Call) bool {
	if c.Symbol == nil || c.Symbol.Is("json.loads", "json.load", "ast.literal_eval") || len(c.Node.Args) == 0 {
		return false
	}
	return slices.ContainsFunc(c.Symbol.Models, func(m *models.Model) bool { return m.Decodes })
}

// lateDecoding is a decoding, or a call of a function that decodes, behind a guard.
type lateDecoding struct {
	// encoded is the text of the expression that is decoded, and decoded the whole expression
	// of the decoding, `.decode()` included.
	encoded string
	decoded ast.Expr
	// guard is the statement that looks at the encoded text.
	guard ast.Stmt
}

// guardBefore finds a guard of the argument of a call that stands before the call in the same
// function, where no guard looks at the result; nil where there is none.
func guardBefore(path *checks.Path, in *checks.Module, call *ast.Call) *lateDecoding {
	fn, own := functionAround(in, call)
	if len(call.Args) == 0 {
		return nil
	}
	e := argumentIn(call)
	if e == nil {
		return nil
	}
	g := &lateDecoding{encoded: in.File.Text(e), decoded: wholeDecoding(in, call)}
	result := ""
	if s, ok := in.StmtOf(call).(*ast.Assign); ok && len(s.Targets) == 1 {
		result = in.File.Text(s.Targets[0])
	}
	for _, s := range own {
		text := g.encoded
		if s.Pos() > call.Pos() {
			text = result
		}
		if text == "" || !guards(path, in, s, text, own) {
			continue
		}
		if s.Pos() > call.Pos() {
			return nil // the plain text is looked at as well
		}
		if g.guard == nil && in.StmtOf(call) != s {
			g.guard = s
		}
	}
	if g.guard == nil || fn == nil {
		return nil
	}
	return g
}

// argumentIn is the name, attribute or item that a decoding reads, `.encode()` and the like
// aside; nil for others.
func argumentIn(call *ast.Call) ast.Expr {
	e := call.Args[0]
	for {
		switch x := e.(type) {
		case *ast.Call:
			at, ok := x.Fn.(*ast.Attribute)
			if !ok || at.Attr.Id != "encode" && at.Attr.Id != "strip" {
				return nil
			}
			e = at.Value
			continue
		case *ast.Name, *ast.Attribute, *ast.Subscript:
			return e
		}
		return nil
	}
}

// wholeDecoding is a decoding with the methods that make text of its result.
func wholeDecoding(in *checks.Module, call *ast.Call) ast.Expr {
	around := in.Around(call)
	whole := ast.Expr(call)
	for i := len(around) - 2; i >= 1; i -= 2 {
		at, ok := around[i].(*ast.Attribute)
		c, ok2 := around[i-1].(*ast.Call)
		if !ok || !ok2 || at.Value != whole || c.Fn != ast.Expr(at) || at.Attr.Id != "decode" && at.Attr.Id != "strip" {
			break
		}
		whole = c
	}
	return whole
}

// functionAround is the function in which a node stands, with the statements of its own.
func functionAround(in *checks.Module, n ast.Node) (fn ast.Node, own []ast.Stmt) {
	body := in.File.Body
	for _, o := range in.Around(n) {
		if d, ok := o.(*ast.FunctionDef); ok {
			fn, body = d, d.Body
		}
	}
	if fn == nil {
		fn = n
	}
	ast.InspectBlocks(body, func(s ast.Stmt) bool {
		switch s.(type) {
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		}
		own = append(own, s)
		return true
	})
	return fn, own
}

// guardName finds the names of functions that judge text.
var guardName = regexp.MustCompile(`(?i)moderat|guard|injection|is_safe|is_allowed|scan`)

// filterCalls look for phrases in a text.
var filterCalls = []string{"search", "match", "findall", "fullmatch"}

// guards reports whether a statement tests a text and what it finds decides whether the
// function goes on.
func guards(path *checks.Path, in *checks.Module, s ast.Stmt, text string, own []ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.If:
		return leavesOrEnds(path, s.Body) && judges(path, in, s.Test, text)
	case *ast.ExprStmt:
		c, ok := s.Value.(*ast.Call)
		return ok && isGuard(path, c) && takes(in, c, text)
	case *ast.Assign:
		if len(s.Targets) != 1 || !judges(path, in, s.Value, text) {
			return false
		}
		verdict := in.File.Text(s.Targets[0])
		if t, ok := s.Targets[0].(*ast.Tuple); ok {
			return slices.ContainsFunc(t.Elts, func(e ast.Expr) bool { return decides(path, in, in.File.Text(e), s, own) })
		}
		return decides(path, in, verdict, s, own)
	}
	return false
}

// decides reports whether a later test of a name leaves the function.
func decides(path *checks.Path, in *checks.Module, name string, after ast.Stmt, own []ast.Stmt) bool {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	return slices.ContainsFunc(own, func(o ast.Stmt) bool {
		i, ok := o.(*ast.If)
		return ok && i.Pos() > after.Pos() && leavesOrEnds(path, i.Body) && word.MatchString(in.File.Text(i.Test))
	})
}

// leavesOrEnds reports whether a block leaves the function, also by a call that never returns.
func leavesOrEnds(path *checks.Path, body []ast.Stmt) bool {
	if checks.Leaves(body) {
		return true
	}
	if len(body) == 0 {
		return false
	}
	s, ok := body[len(body)-1].(*ast.ExprStmt)
	if !ok {
		return false
	}
	c := path.Engine.CallAt(s.Value)
	return c != nil && c.Symbol != nil && slices.ContainsFunc(c.Symbol.Models, func(m *models.Model) bool { return m.NoReturn })
}

// judges reports whether an expression asks a guard about a text, or looks for phrases in it.
func judges(path *checks.Path, in *checks.Module, e ast.Expr, text string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || isGuard(path, n) && takes(in, n, text)
		case *ast.Compare:
			last := n.Right[len(n.Right)-1]
			op := n.Ops[len(n.Ops)-1]
			found = found || (op == "in" || op == "not in") && reads(in, last, text) && !reads(in, n.Left, text)
		}
		return !found
	})
	return found
}

// isGuard reports whether a call judges text, by what it is or by its name.
func isGuard(path *checks.Path, c *ast.Call) bool { return isGuardWithin(path, c, 0) }

// maxGuards bounds through how many helpers a guard is looked for.
const maxGuards = 2

func isGuardWithin(path *checks.Path, c *ast.Call, depth int) bool {
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
		if b, ok := fn.Value.(*ast.Attribute); ok && b.Attr.Id == "moderations" {
			return true
		}
		if guardName.MatchString(checks.LastName(fn.Value)) {
			return true
		}
	}
	known := path.Engine.CallAt(c)
	if guardName.MatchString(name) || slices.Contains(filterCalls, name) && looksForWords(known) {
		return true
	}
	if known == nil {
		return false
	}
	if known.Symbol.Is("transformers.Pipeline()") {
		made := known.Callee.Origin()
		return made != nil && pipelineTask(made) == "text-classification"
	}
	if body := known.Body(); body != nil && body.Function() != nil && depth < maxGuards { // a helper that asks one
		return slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return isGuardWithin(path, o.Node, depth+1) })
	}
	return known.Symbol.Under("llm_guard") || known.Symbol.Under("nemoguardrails") || known.Symbol.Under("guardrails")
}

// phrase finds words in a pattern.
var phrase = regexp.MustCompile(`[A-Za-z]{4,}`)

// looksForWords reports whether a call of a regular expression looks for words, and not for
// the form of a text.
func looksForWords(c *checks.Call) bool {
	if c == nil {
		return false
	}
	if p := c.Arg(0, "pattern"); p != nil {
		if t, ok := p.Value.Text(); ok && phrase.MatchString(t) {
			return true
		}
	}
	if made := c.Receiver.Origin(); made != nil {
		if p := made.Arg(0, "pattern"); p != nil {
			t, ok := p.Value.Text()
			return ok && phrase.MatchString(t)
		}
	}
	return false
}

// takes reports whether a call is given a text: itself, or changed by a method.
func takes(in *checks.Module, c *ast.Call, text string) bool {
	for _, a := range c.Args {
		if reads(in, a, text) {
			return true
		}
	}
	for _, k := range c.Keywords {
		if reads(in, k.Value, text) {
			return true
		}
	}
	return false
}

// reads reports whether an expression is a text, or holds it.
func reads(in *checks.Module, e ast.Expr, text string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && in.File.Text(x) == text {
			found = true
		}
		return !found
	})
	return found
}

// decodeFirst makes the fix that decodes above the guard and lets the guard look at the
// result. direct is set when the decoding itself stands beside the guard.
func decodeFirst(in, home *checks.Module, direct bool, g *lateDecoding) *fix.Fix {
	s := in.StmtOf(g.decoded)
	if in != home || s == nil || !sameBlock(in, s, g.guard) {
		return nil
	}
	name := "decoded"
	var edits []fix.Edit
	if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 && a.Value == g.decoded {
		n, ok := a.Targets[0].(*ast.Name)
		if !ok {
			return nil
		}
		name = n.Id
		edits = append(fix.RemoveStmt(in.File, s), fix.InsertBefore(in.File, g.guard, in.File.Text(s))...)
	} else {
		edits = append(fix.InsertBefore(in.File, g.guard, name+" = "+in.File.Text(g.decoded)), fix.ReplaceNode(in.File, g.decoded, name))
	}
	looked := 0
	var header ast.Node = g.guard
	if i, ok := g.guard.(*ast.If); ok {
		header = i.Test
	}
	ast.Inspect(header, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		if !ok || in.File.Text(x) != g.encoded {
			return true
		}
		edits = append(edits, fix.ReplaceNode(in.File, x, name))
		looked++
		return false
	})
	if looked == 0 || name == g.encoded {
		return nil
	}
	return checks.Fix(false, "decode the text before the guard looks at it", edits)
}

// sameBlock reports whether two statements stand in one block.
func sameBlock(in *checks.Module, a, b ast.Stmt) bool {
	parent := func(s ast.Stmt) ast.Node {
		around := in.Around(s)
		if len(around) < 2 {
			return nil
		}
		return around[len(around)-2]
	}
	return parent(a) == parent(b)
}
