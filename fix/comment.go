package fix

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// compose joins the edits of several fixes in one document, with their comments.
func compose(d *document, fixes []*candidate, comments bool) editSet {
	set := join(fixes, region{path: d.path})
	if !comments || d.file == nil {
		return set
	}
	var notes []note
	for _, c := range fixes {
		if n, ok := noteFor(d, c); ok && !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	slices.SortStableFunc(notes, func(a, b note) int { return cmp.Compare(a.at, b.at) })
	for i := len(notes) - 1; i >= 0; i-- {
		set.annotate(d, notes[i])
	}
	return set
}

// join puts the edits of several fixes in one region together.
func join(fixes []*candidate, at region) editSet {
	var set editSet
	for _, c := range fixes {
		for _, e := range c.edits[at] {
			set.add(e)
		}
	}
	return set
}

// note is a comment line to be put in front of the line that begins at an offset or, with
// below set, in front of the lines that an edit adds at the end of a line.
type note struct {
	at     ast.Pos
	below  bool
	indent string
	text   string
}

// noteFor is the comment of a fix, and its place.
func noteFor(d *document, c *candidate) (note, bool) {
	text := commentText(c.finding.Comment)
	edits := c.edits[region{path: d.path}]
	if text == "" || len(edits) == 0 || c.finding.Path != d.path {
		return note{}, false
	}
	l := layoutOf(d.file)
	e := mainEdit(l, c.finding, edits)
	n := note{text: text}
	switch {
	case l.between(e.Start) && e.Len() == 0 && strings.HasPrefix(e.New, l.eol()):
		n.at, n.below = e.Start, true
		n.indent = leadingSpace(strings.TrimLeft(e.New, "\r\n"))
	case l.between(e.Start) && e.Len() == 0 && l.lineStart(e.Start) == e.Start:
		mark := d.markAt(e)
		n.at, n.indent = e.Start, mark+leadingSpace(e.New[len(mark):])
	default:
		n.at = l.anchor(e.Start)
		n.indent = l.indent(n.at)
	}
	return n, d.takesComments(n.at) && !l.annotated(n)
}

// markAt is the comment mark of a script that is a notebook with which new lines begin.
func (d *document) markAt(e ast.Edit) string {
	if d.book == nil {
		return ""
	}
	if mark := d.book.CommentMark(e.Start); strings.HasPrefix(e.New, mark) {
		return mark
	}
	return ""
}

// takesComments reports whether a comment of Python can stand at an offset: outside of a cell in
// another language, and of a script's Markdown.
func (d *document) takesComments(at ast.Pos) bool {
	if d.book == nil {
		return true
	}
	line := layout{d.file, d.text()}
	foreign := ast.Span{Start: at, End: line.lineEnd(at)}
	if foreign.Len() > 0 && line.blank(foreign.Start, foreign.End) && !d.book.Python(foreign) {
		return false
	}
	return d.book.Script == 0 || d.book.CellAt(at) != nil
}

// commentText makes a comment's line out of its text, or "".
func commentText(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || strings.HasPrefix(text, "#") {
		return text
	}
	return "# " + text
}

func leadingSpace(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t\f"))] }

// mainEdit is the edit that a fix is about: the first one in the finding's statement, else
// the one nearest to it; added imports only when there is nothing else.
func mainEdit(l layout, f Finding, edits []ast.Edit) ast.Edit {
	sp := ast.Span{Start: pos(f.Start), End: pos(f.End)}
	lo, hi := sp.Start, sp.End
	if s := StmtAt(l.file, sp); s != nil {
		lo, hi = l.lineStart(firstLineOf(s)), s.Stop()
	}
	best, bestDistance := edits[0], -1
	for _, e := range edits {
		distance := max(0, int(lo-e.Start), int(e.Start-hi))
		if w := strings.TrimSpace(e.New); e.Len() == 0 && (strings.HasPrefix(w, "import ") || strings.HasPrefix(w, "from ")) {
			distance += len(l.text) + 1
		}
		if bestDistance < 0 || distance < bestDistance {
			best, bestDistance = e, distance
		}
	}
	return best
}

// between reports whether an offset lies between two statements: not inside a simple one and
// not in the header of a compound one.
func (l layout) between(at ast.Pos) bool {
	s := StmtAt(l.file, ast.Span{Start: at, End: at})
	if s == nil || at <= firstLineOf(s) || at >= s.Stop() {
		return true
	}
	for _, suite := range ast.Suites(s) {
		if len(suite) > 0 {
			return at > suite[0].Pos()
		}
	}
	return false
}

// anchor is the start of the line above which a comment on the text at an offset goes: that
// of its statement, of the decorators for a decorated one.
func (l layout) anchor(at ast.Pos) ast.Pos {
	line := l.logicalStart(at)
	for _, p := range [...]ast.Pos{at, l.skipBlanks(line)} {
		s := StmtAt(l.file, ast.Span{Start: p, End: p})
		if s == nil {
			continue
		}
		if first := firstLineOf(s); first < s.Pos() && first <= line && line <= l.lineStart(s.Pos()) {
			return l.lineStart(first)
		}
	}
	return line
}

// annotated reports whether the comment lines above a place have the comment already.
func (l layout) annotated(n note) bool {
	if n.below {
		return false
	}
	for p := n.at; p > 0; {
		end := p - 1
		if end > 0 && l.text[end] == '\n' && l.text[end-1] == '\r' {
			end--
		}
		p = l.lineStart(end)
		line := strings.TrimSpace(string(l.text[p:end]))
		if line == n.text {
			return true
		}
		if !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return false
}

// annotate adds a comment to the edits. Where an edit begins at its place, the comment
// becomes part of it. A comment whose place is deleted is left out.
func (s *editSet) annotate(d *document, n note) {
	line := n.indent + n.text + layoutOf(d.file).eol()
	i := s.search(n.at)
	if i > 0 && (*s)[i-1].End > n.at {
		return
	}
	if i == len(*s) || (*s)[i].Start != n.at {
		*s = slices.Insert(*s, i, ast.Edit{Span: ast.Span{Start: n.at, End: n.at}, New: line})
		return
	}
	e := &(*s)[i]
	if n.below {
		body := strings.TrimLeft(e.New, "\r\n")
		e.New = e.New[:len(e.New)-len(body)] + line + body
		return
	}
	e.New = line + e.New
}
