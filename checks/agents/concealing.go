package agents

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// hidesInstructions is PML6120.
var hidesInstructions = &checks.Rule{
	Spec:  infoPML6120,
	Knows: []string{"{fastmcp,mcp.server.fastmcp,mcp.server}.{FastMCP,Server,server.FastMCP,lowlevel.Server}"},
	Needs: []string{"tool", "Tool", "description", "instructions", "mcp", "user", "human", "person"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if ofAttacks(path.Base(p.Path)) {
			return
		}
		if fn := f.Function(); fn != nil && fn.Def != nil && slices.Contains(f.ToolFunctions(), fn) {
			describedBy(p, fn.Def, p.Around(fn.Def))
		}
		// Tools stand in the same lists again and again: what was looked at is not looked at again.
		seen := checks.OfGroup(p, "PML6120: literals looked at", func() map[ast.Expr]int { return map[ast.Expr]int{} })
		for _, c := range f.Calls {
			given := c.Dangerous(models.PromptTool)
			if a := c.Arg(-1, "instructions"); a != nil && (c.Symbol.Under("fastmcp") || c.Symbol.Under("mcp")) {
				given = append(given, *a)
			}
			for _, name := range [...]string{"tools", "functions"} {
				if a := c.Arg(-1, name); a != nil && c.Chat != nil {
					given = append(given, *a)
				}
			}
			if len(given) == 0 || !p.Holds(c.Node) {
				continue
			}
			for _, a := range given {
				if a.Node != nil {
					literalsOf(p, f, a.Node, seen, 0)
				}
			}
		}
	},
}

// ofAttacks reports whether a name says that something is an example of an attack, or looks for one.
func ofAttacks(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"poison", "attack", "malicious", "payload", "fixture"}, func(w string) bool { return strings.Contains(name, w) })
}

// describedBy looks at what a model reads of a tool function: its docstring, the descriptions of its
// parameters, and for a method those of its class.
func describedBy(p *checks.Pass, def *ast.FunctionDef, around []ast.Node) {
	look := func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			concealed(p, p.Module, s)
		}
		return true
	}
	if doc := docstring(def.Body); doc != nil {
		look(doc)
	}
	for _, q := range def.Params.List {
		if q.Annotation != nil {
			ast.Inspect(q.Annotation, look)
		}
		if q.Default != nil {
			ast.Inspect(q.Default, look)
		}
	}
	for _, d := range def.Decorators {
		ast.Inspect(d.Expr, look)
	}
	for _, n := range around {
		class, ok := n.(*ast.ClassDef)
		if !ok {
			continue
		}
		ast.InspectStmts(class.Body, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FunctionDef, *ast.ClassDef, *ast.ExprStmt:
				return false
			}
			return look(n)
		})
	}
}

func docstring(body []ast.Stmt) *ast.Str {
	if len(body) == 0 {
		return nil
	}
	if e, ok := body[0].(*ast.ExprStmt); ok {
		s, _ := e.Value.(*ast.Str)
		return s
	}
	return nil
}

// maxLiterals bounds how deep lists within lists are looked through.
const maxLiterals = 5

// literalsOf looks at the literals that an expression stands for, and those in its items. seen tells of
// each expression from how many levels of it they were looked at.
func literalsOf(p *checks.Pass, f *checks.Frame, e ast.Expr, seen map[ast.Expr]int, depth int) {
	levels := maxLiterals - depth
	if seen[e] >= levels {
		return
	}
	for _, x := range f.SpelledOut(e) { // e itself is the first
		m := p.Project.Module(x.Frame.Module())
		if m == nil || seen[x.Expr] >= levels {
			continue
		}
		seen[x.Expr] = levels
		ast.Inspect(x.Expr, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Str:
				concealed(p, m, n)
			case *ast.Lambda:
				return false
			case *ast.Name:
				if ast.Node(n) != ast.Node(x.Expr) {
					literalsOf(p, x.Frame, n, seen, depth+1)
				}
			}
			return true
		})
	}
}

var (
	concealing = regexp.MustCompile(`(?is)\b(?:do not|don['’]?t|never|without|must not|should not|shouldn['’]t|avoid|refrain from)\b.*?\b(?:tell|mention|inform|reveal|show|notify|alert|let|disclose|telling|mentioning|informing|asking|notifying|revealing|showing|alerting|letting|disclosing)\b`)
	reader     = regexp.MustCompile(`(?i)\b(?:users?|humans?|persons?)\b`)
	credential = regexp.MustCompile(`(?i)~/\.ssh|id_rsa|id_ed25519|\.aws/credentials|(?:^|[\s'"/` + "`" + `])\.env\b|\.netrc|mcp\.json|\.cursor\b|\.kube/config|environment variables?|\bapi[ _-]?keys?\b|\baccess[ _-]tokens?\b|\bpasswords?\b|\bprivate keys?\b|\bseed phrases?\b|\bconversation history\b|\bchat history\b|\bsystem prompt\b`)
	taking     = regexp.MustCompile(`(?i)\b(?:read|reads|reading|include|includes|including|pass|passes|passing|send|sends|sending|append|appends|appending|copy|copies|copying|provide|provides|providing|forward|forwards|forwarding|collect|collects|collecting)\b`)
	negated    = regexp.MustCompile(`(?i)(?:\bnot|n['’]t|\bnever|\bwithout|\bno)\s+(?:\S+\s+){0,3}$`)
	endOf      = regexp.MustCompile(`[.!?;](?:\s+|$)|\n\s*\n|\n\s*(?:[-*•]|\d+[.)])\s|</?[A-Za-z_]+>`)
)

// sentence is a part of a text.
type sentence struct{ from, to int }

// sentencesOf takes a text apart.
func sentencesOf(text string) []sentence {
	var out []sentence
	from := 0
	for _, at := range endOf.FindAllStringIndex(text, -1) {
		out = append(out, sentence{from, at[1]})
		from = at[1]
	}
	return append(out, sentence{from, len(text)})
}

// conceals finds the words by which a sentence tells to keep something from the user; -1 where it
// does not.
func conceals(text string) int {
	at := concealing.FindStringIndex(text)
	if at == nil || !reader.MatchString(text) {
		return -1
	}
	return at[0]
}

// takes reports whether a sentence tells to read or hand on credentials or the conversation, and does
// not forbid it.
func takes(text string) bool {
	if !credential.MatchString(text) {
		return false
	}
	return slices.ContainsFunc(taking.FindAllStringIndex(text, -1), func(at []int) bool { return !negated.MatchString(text[:at[0]]) })
}

// concealed reports a description with both halves of an attack.
func concealed(p *checks.Pass, m *checks.Module, s *ast.Str) {
	if s.Bytes || len(s.Value) < 40 || m.IsTest() || ofAttacks(path.Base(m.Path)) || kept(m, s) {
		return
	}
	hides, at, takings := sentence{-1, -1}, -1, []sentence(nil)
	for _, x := range sentencesOf(s.Value) {
		text := s.Value[x.from:x.to]
		if i := conceals(text); i >= 0 && at < 0 {
			hides, at = x, x.from+i
		}
		if takes(text) {
			takings = append(takings, x)
		}
	}
	if at < 0 || len(takings) == 0 {
		return
	}
	p.Report(checks.Report{Node: lineOf(m, s, at), In: m, Fix: withoutParagraphs(p, m, s, append(takings, hides))})
}

// kept reports whether a literal is an example of an attack by the name that it has, or is compared
// with texts.
func kept(m *checks.Module, s *ast.Str) bool {
	for _, n := range m.Around(s) {
		switch n := n.(type) {
		case *ast.FunctionDef:
			if ofAttacks(n.Name.Id) {
				return true
			}
		case *ast.ClassDef:
			if ofAttacks(n.Name.Id) {
				return true
			}
		case *ast.Assign:
			if slices.ContainsFunc(n.Targets, func(t ast.Expr) bool { return ofAttacks(checks.LastName(t)) }) {
				return true
			}
		case *ast.Compare:
			return true
		}
	}
	return false
}

// rawText tells where in the source each byte of a literal's value stands, and where its end does; nil
// where it is spelled in another way than letter by letter.
func rawText(m *checks.Module, s *ast.Str) []int {
	if len(s.Pieces) != 1 {
		return nil
	}
	piece := s.Pieces[0]
	at := int(piece.Start) + len(piece.Prefix) + len(piece.Quote)
	text := m.Source.Text
	out := make([]int, 0, len(s.Value)+1)
	for i := 0; i < len(s.Value); i++ {
		if at+1 < len(text) && s.Value[i] == '\n' && text[at] == '\r' && text[at+1] == '\n' {
			at++
		}
		if at >= len(text) || text[at] != s.Value[i] {
			return nil
		}
		out = append(out, at)
		at++
	}
	return append(out, at)
}

// lineOf is the line of a literal's text at an offset, or the literal.
func lineOf(m *checks.Module, s *ast.Str, at int) ast.Node {
	raw := rawText(m, s)
	if raw == nil {
		// Of several literals side by side that one which holds the words.
		words := s.Value[at:]
		words = words[:min(len(words), 12)]
		for _, piece := range s.Pieces {
			if text := m.Source.Text[piece.Start:piece.End]; strings.Contains(string(text), words) {
				return checks.Place(piece.Span)
			}
		}
		return s
	}
	end := at
	for end < len(s.Value) && s.Value[end] != '\n' {
		end++
	}
	return checks.Place(ast.Span{Start: ast.Pos(raw[at]), End: ast.Pos(raw[end])})
}

// withoutParagraphs takes the paragraphs out of a literal that hold some sentences, or the tags that
// they stand in.
func withoutParagraphs(p *checks.Pass, m *checks.Module, s *ast.Str, list []sentence) *fix.Fix {
	raw := rawText(m, s)
	if raw == nil {
		return nil
	}
	type span struct{ start, end int }
	var spans []span
	for _, x := range list {
		start, end := paragraphOf(s.Value, x)
		if !slices.Contains(spans, span{start, end}) {
			spans = append(spans, span{start, end})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var edits []fix.Edit
	last := -1
	for _, x := range spans {
		if x.start < last {
			x.start = last
		}
		if x.end <= x.start {
			continue
		}
		last = x.end
		edits = append(edits, fix.Edit{Start: raw[x.start], End: raw[x.end]})
	}
	return checks.Fix(true, "take the hidden instructions out", p.InFile(m, edits))
}

var blankLine = regexp.MustCompile(`\n[ \t]*\n`)

// paragraphOf is the paragraph that holds a sentence, with the blank lines before it or, for the first
// one, behind it; or the tag with its content.
func paragraphOf(text string, x sentence) (start, end int) {
	at := x.from
	for at < x.to && strings.ContainsRune(" \t\n", rune(text[at])) {
		at++
	}
	start, end = 0, len(text)
	for _, b := range blankLine.FindAllStringIndex(text, -1) {
		if b[1] <= at {
			start = b[0]
		} else if b[0] >= at {
			end = b[0]
			break
		}
	}
	if s, e, ok := tagAround(text, at); ok && s < start {
		start = s
		for start > 0 && strings.ContainsRune(" \t\n", rune(text[start-1])) {
			start--
		}
		end = max(end, e)
		if end > e && strings.TrimSpace(text[e:end]) != "" {
			end = e
		}
	}
	if end == len(text) { // the line of the closing quotes stays
		trimmed := strings.TrimRight(text, " \t\n")
		if i := strings.IndexByte(text[len(trimmed):], '\n'); i >= 0 && start > 0 {
			end = len(trimmed) + i
		} else if start > 0 {
			end = len(trimmed)
		}
	} else if start == 0 {
		rest := strings.TrimLeft(text[end:], " \t\n")
		end = len(text) - len(rest)
	}
	return start, end
}

// tagAround is the innermost tag with its content around a place of a text.
func tagAround(text string, at int) (start, end int, ok bool) {
	open := regexp.MustCompile(`<([A-Za-z_]+)>`).FindAllStringSubmatchIndex(text[:at], -1)
	for i := len(open) - 1; i >= 0; i-- {
		closing := "</" + text[open[i][2]:open[i][3]] + ">"
		if strings.Contains(text[open[i][1]:at], closing) {
			continue
		}
		if j := strings.Index(text[at:], closing); j >= 0 {
			return open[i][0], at + j + len(closing), true
		}
	}
	return 0, 0, false
}
