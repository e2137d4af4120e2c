package checks

import (
	"slices"
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
		if open != 0 {
			if i == 0 || i+1 == len(parts) || !strings.HasSuffix(parts[i-1].Text, string(open)) || !strings.HasPrefix(parts[i+1].Text, string(open)) {
				return nil
			}
			gone := QuotesAround(p.Module, e, open)
			if gone == nil {
				return nil
			}
			edits = append(edits, gone...)
		}
		text, ok := quoted(p, e, before, after)
		if !ok {
			return nil
		}
		edits = append(edits, fix.ReplaceNode(p.File, e, text))
	}
	return edits
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

// QuotesAround deletes the quotes that stand right around a value: in an f-string around the
// placeholder, in a sum at the ends of the literals beside it.
func QuotesAround(p *Module, e ast.Expr, quote byte) []fix.Edit {
	text := p.Source.Text
	remove := func(at ast.Pos) []fix.Edit {
		if at <= 0 || int(at) >= len(text) || text[at] != quote || text[at-1] == '\\' {
			return nil
		}
		return []fix.Edit{{Start: int(at), End: int(at) + 1}}
	}
	both := func(a, b ast.Pos) []fix.Edit {
		x, y := remove(a), remove(b)
		if x == nil || y == nil {
			return nil
		}
		return append(x, y...)
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
