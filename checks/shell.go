package checks

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// QuoteParts makes the edits that quote values inserted into a command: those for which
// dirty holds are put between before and after, "shlex.quote(" and ")", and quotes right
// around them go. It is nil where that does not make the command safe: a value that is the
// whole command, one in the middle of a quoted word, one that another file inserts.
func QuoteParts(p *Pass, v *Value, before, after string, dirty func(*Value) bool) []fix.Edit {
	var edits []fix.Edit
	var open byte
	parts := v.Parts()
	for i, part := range parts {
		if part.Value == nil {
			open = ShellQuote(open, part.Text)
			continue
		}
		if !dirty(part.Value) {
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || part.Mod != p.semantic || part.Conv || len(parts) == 1 {
			return nil
		}
		if name := wordUsedBeside(p, &part); name != nil && open == 0 {
			edit := fix.ReplaceNode(p.File, name, before+name.Id+after)
			if !slices.ContainsFunc(edits, func(o fix.Edit) bool { return o.Start == edit.Start }) {
				edits = append(edits, edit)
			}
			continue
		}
		text, ok := quoted(p, e, before, after)
		if !ok {
			return nil
		}
		if open != 0 {
			var around []fix.Edit
			if i > 0 && i+1 < len(parts) && strings.HasSuffix(parts[i-1].Text, string(open)) && strings.HasPrefix(parts[i+1].Text, string(open)) {
				around = QuotesAround(p.Module, e, open)
			} else if readByShell(parts[:i]) {
				return nil
			} else if around = quotesEnded(p.Module, e, open); around == nil {
				q := strconv.Quote(string(open))
				if open == '"' {
					q = `'"'`
				}
				edits = append(edits, fix.ReplaceNode(p.File, e, q+" + "+text+" + "+q))
				continue
			}
			if around == nil {
				return nil
			}
			edits = append(edits, around...)
		}
		edits = append(edits, fix.ReplaceNode(p.File, e, text))
	}
	return edits
}

// QuoteForShell is the fix that puts shlex.quote around the values of a command for which dirty holds, in whichever
// file they come into it; anyType is set where they may be no text. It is nil where that makes no safe command of it.
func QuoteForShell(p *Pass, command *Value, where fix.Place, anyType bool, message string, dirty func(*Value) bool) *fix.Fix {
	in := p.Module
	for _, part := range command.Parts() {
		if part.Value == nil || !dirty(part.Value) {
			continue
		}
		if m := p.Project.Module(part.Mod); m != nil {
			in = m
		}
		break
	}
	quote, imports := fix.Reach(in.File, "shlex.quote", "import shlex", where)
	before, after := quote+"(", ")"
	if anyType {
		before, after = quote+"(str(", "))"
	}
	edits := QuoteParts(p.There(in), command, before, after, dirty)
	if edits == nil {
		return nil
	}
	return Fix(true, message, p.InFile(in, append(edits, imports...)))
}

// wordUsedBeside is the name by which a command is given a text that is one word and used for other things,
// too, as the path under which an upload is saved: it is quoted where the command is put together, and not where
// the text is made. It is nil for other pieces.
func wordUsedBeside(p *Pass, part *flow.Part) *ast.Name {
	for _, l := range part.Levels() {
		name, ok := l.Node.(*ast.Name)
		if !ok || l.Mod != p.semantic || l.Value == nil || len(l.Value.Parts()) < 2 {
			continue
		}
		if slices.ContainsFunc(l.Value.Parts(), func(t flow.Part) bool { return t.Value == nil && strings.ContainsAny(t.Text, " \t\n|&;<>$`'\"*?()") }) {
			return nil
		}
		code, uses := p.File.Body, 0
		if def := p.FunctionAround(name); def != nil {
			code = def.Body
			if slices.ContainsFunc(def.Params.List, func(o *ast.Param) bool { return o.Name != nil && o.Name.Id == name.Id }) {
				return name // what its callers do with it besides
			}
		}
		ast.InspectStmts(code, func(n ast.Node) bool {
			if o, ok := n.(*ast.Name); ok && o.Id == name.Id && o != name && !isTarget(p.Module, o) {
				uses++
			}
			return true
		})
		if uses > 0 {
			return name
		}
	}
	return nil
}

// isTarget reports whether a statement assigns to a name there.
func isTarget(m *Module, n *ast.Name) bool {
	around := m.Around(n)
	if len(around) < 2 {
		return false
	}
	a, ok := around[len(around)-2].(*ast.Assign)
	return ok && slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return t == ast.Expr(n) })
}

// quoted is the text of a value as it is quoted: each word of a list by itself.
func quoted(p *Pass, e ast.Expr, before, after string) (text string, ok bool) {
	text = p.File.Text(e)
	quote, plain := strings.CutSuffix(before, "(")
	plain = plain && after == ")"
	if around := p.Around(e); len(around) > 1 {
		if _, words := around[len(around)-2].(*ast.Starred); words { // [program, *words]
			return "map(" + quote + ", " + text + ")", plain
		}
	}
	if words := joinedByBlanks(e); words != nil && plain && strings.HasSuffix(quote, "shlex.quote") {
		return strings.TrimSuffix(quote, "quote") + "join(" + p.File.Text(words) + ")", true
	}
	return before + text + after, true
}

// joinedByBlanks is the list that `" ".join(words)` makes a text of; nil for other expressions.
func joinedByBlanks(e ast.Expr) ast.Expr {
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) != 1 {
		return nil
	}
	at, ok := c.Fn.(*ast.Attribute)
	if !ok || at.Attr.Id != "join" {
		return nil
	}
	blank, ok := at.Value.(*ast.Str)
	if !ok || blank.Value != " " {
		return nil
	}
	if _, each := c.Args[0].(*ast.Comp); each {
		return nil
	}
	return c.Args[0]
}

// ShellQuote tells within which quote a command is after some text of it, 0 for none.
func ShellQuote(open byte, text string) byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && open != '\'':
			i++
		case open == 0 && (c == '\'' || c == '"'):
			open = c
		case c == open:
			open = 0
		}
	}
	return open
}

// readByShell reports whether the quoted word that a command ends in is a command itself, which another shell reads.
func readByShell(before []Part) bool {
	var b strings.Builder
	for _, part := range before {
		b.WriteString(part.Text)
	}
	return commandWord.MatchString(b.String())
}

var commandWord = regexp.MustCompile(`(?:^|[\s|;&(])(?:ssh|eval|xargs|su|watch|parallel)\s|\s-\w*c\s`)

// quotesEnded ends the quote of a command before a placeholder and begins it again behind: of an f-string, `%` and format.
// It is nil for other values.
func quotesEnded(m *Module, e ast.Expr, quote byte) []fix.Edit {
	start, end, own := HoleOf(m, e)
	if own == nil || strings.ContainsAny(own.Prefix, "rR") {
		return nil
	}
	q := string(quote)
	if own.Quote == q {
		q = `\` + q
	}
	return []fix.Edit{{Start: int(start), End: int(start), New: q}, {Start: int(end), End: int(end), New: q}}
}

var (
	percentHole = regexp.MustCompile(`%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]`)
	formatHole  = regexp.MustCompile(`\{\{|\}\}|\{(\w*)[^{}]*\}`)
)

// HoleOf is the placeholder of a template that a value fills, and the literal in which it stands: of an f-string, of
// `"…%s…" % x` and `"…{}…".format(x)`. own is nil for values that fill none.
func HoleOf(m *Module, e ast.Expr) (start, end ast.Pos, own *ast.StrPiece) {
	around := m.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Placeholder:
			for j := i; j >= 0; j-- {
				if s, ok := around[j].(*ast.JoinedStr); ok {
					for _, piece := range s.Pieces {
						if piece.Contains(n.Range()) {
							return n.Start, n.End, piece
						}
					}
					break
				}
			}
			return 0, 0, nil
		case *ast.BinOp:
			if n.Op != "%" || around[i+1] == ast.Node(n.Left) {
				return 0, 0, nil
			}
			at, name := 0, ""
			switch right := n.Right.(type) {
			case *ast.Tuple:
				if i+2 >= len(around) {
					return 0, 0, nil
				}
				at = slices.IndexFunc(right.Elts, func(x ast.Expr) bool { return ast.Node(x) == around[i+2] })
			case *ast.Dict:
				if name = keyFor(right, e); name == "" {
					return 0, 0, nil
				}
			}
			return holeIn(m, n.Left, percentHole, at, name)
		case *ast.Call:
			a, ok := n.Fn.(*ast.Attribute)
			if !ok || a.Attr.Id != "format" {
				continue
			}
			if at := slices.IndexFunc(n.Args, func(x ast.Expr) bool { return ast.Node(x) == around[i+1] }); at >= 0 {
				return holeIn(m, a.Value, formatHole, at, "")
			}
			for _, k := range n.Keywords {
				if k.Name != nil && k.Range().Contains(e.Range()) {
					return holeIn(m, a.Value, formatHole, -1, k.Name.Id)
				}
			}
			return 0, 0, nil
		case ast.Stmt:
			return 0, 0, nil
		}
	}
	return 0, 0, nil
}

// keyFor is the constant key of the entry that an expression stands in.
func keyFor(d *ast.Dict, e ast.Expr) string {
	for i, v := range d.Values {
		if key, ok := d.Keys[i].(*ast.Str); ok && v.Range().Contains(e.Range()) {
			return key.Value
		}
	}
	return ""
}

// holeIn finds the placeholder at an index, or of a name, in a template: a literal, or a name that stands for one and
// is used nowhere else.
func holeIn(m *Module, template ast.Expr, pattern *regexp.Regexp, at int, name string) (start, end ast.Pos, own *ast.StrPiece) {
	lit, ok := template.(*ast.Str)
	if n, named := template.(*ast.Name); named {
		lit, ok = onlyHere(m, n)
	}
	if !ok || at < 0 && name == "" {
		return 0, 0, nil
	}
	text, count := m.Source.Text, 0
	for _, piece := range lit.Pieces {
		from := int(piece.Start) + len(piece.Prefix) + len(piece.Quote)
		inner := text[from : int(piece.End)-len(piece.Quote)]
		for _, hole := range pattern.FindAllSubmatchIndex(inner, -1) {
			found := string(inner[hole[0]:hole[1]])
			if found == "%%" || found == "{{" || found == "}}" {
				continue
			}
			own := ""
			if hole[2] >= 0 {
				own = string(inner[hole[2]:hole[3]])
			}
			if name != "" && own == name || name == "" && (own == "" && count == at || own != "" && own == strconv.Itoa(at)) {
				return ast.Pos(from + hole[0]), ast.Pos(from + hole[1]), piece
			}
			count++
		}
	}
	return 0, 0, nil
}

// onlyHere is the literal that a name is given once and that is used in one place only.
func onlyHere(m *Module, n *ast.Name) (lit *ast.Str, ok bool) {
	uses := 0
	ast.InspectFile(m.File, func(o ast.Node) bool {
		switch o := o.(type) {
		case *ast.Name:
			if o.Id == n.Id {
				uses++
			}
		case *ast.Assign:
			if len(o.Targets) == 1 && nameOf(o.Targets[0]) == n.Id {
				lit, ok = o.Value.(*ast.Str)
			}
		}
		return true
	})
	return lit, ok && uses == 2
}

func nameOf(e ast.Expr) string {
	if n, ok := e.(*ast.Name); ok {
		return n.Id
	}
	return ""
}

// QuotesAround deletes the quotes that stand right around a value: in an f-string, or in the
// template of `%` and format, around the placeholder, in a sum at the ends of the literals beside it.
func QuotesAround(p *Module, e ast.Expr, quote byte) []fix.Edit {
	text := p.Source.Text
	remove := func(at ast.Pos) []fix.Edit {
		if at <= 0 || int(at) >= len(text) || text[at] != quote {
			return nil
		}
		start := int(at)
		if text[at-1] == '\\' { // written with a backslash in the literal
			if start--; start == 0 || text[start-1] == '\\' {
				return nil
			}
		}
		return []fix.Edit{{Start: start, End: int(at) + 1}}
	}
	both := func(a, b ast.Pos) []fix.Edit {
		if b > 0 && int(b)+1 < len(text) && text[b] == '\\' {
			b++
		}
		x, y := remove(a), remove(b)
		if x == nil || y == nil {
			return nil
		}
		return append(x, y...)
	}
	if start, end, own := HoleOf(p, e); own != nil {
		return both(start-1, end)
	}
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Placeholder:
			return both(n.Start-1, n.End)
		case ast.Stmt:
			var left, right *ast.StrPiece
			ast.Inspect(n, func(n ast.Node) bool {
				for _, piece := range pieces(n) {
					if piece.End <= e.Pos() && joins(text[piece.End:e.Pos()]) {
						left = piece
					}
					if right == nil && piece.Start >= e.Stop() && joins(text[e.Stop():piece.Start]) {
						right = piece
					}
				}
				return true
			})
			if left == nil || right == nil {
				return nil
			}
			return both(left.End-ast.Pos(len(left.Quote))-1, right.Start+ast.Pos(len(right.Prefix)+len(right.Quote)))
		}
	}
	return nil
}

func pieces(n ast.Node) []*ast.StrPiece {
	switch n := n.(type) {
	case *ast.Str:
		return n.Pieces
	case *ast.JoinedStr:
		return n.Pieces
	}
	return nil
}

// joins reports whether nothing but a plus and layout stands between two operands.
func joins(between []byte) bool {
	return strings.Count(string(between), "+") == 1 && strings.Trim(string(between), "+ \t\r\n\\()") == ""
}
