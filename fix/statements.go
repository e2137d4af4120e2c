package fix

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// The lines that the functions of this file insert are given without the indentation of the
// place they go to; four leading spaces in a line stand for one more level and become what
// the file indents by.

// RemoveStmt returns the edits that delete a statement: with its lines and decorators where
// it has lines to itself, else with its semicolon. The only statement of a block becomes
// `pass`. An `elif` branch can be deleted when no branch follows it. Nil edits mean that the
// statement cannot be deleted or is not in the file.
func RemoveStmt(f *ast.File, s ast.Stmt) []Edit {
	at, ok := placeOf(f, s)
	if !ok {
		return nil
	}
	l, start, end := layoutOf(f), firstLineOf(s), s.Stop()
	if branch, ok := s.(*ast.If); ok && branch.Elif {
		if len(branch.Orelse) > 0 {
			return nil
		}
		return []Edit{remove(l.lineStart(start), l.nextLine(end))}
	}
	if len(at.suite) == 1 && at.parent != nil {
		return []Edit{replace(start, end, "pass")}
	}
	before, after := l.joinedBefore(at), l.joinedAfter(at)
	switch {
	case after != ast.NoPos:
		return []Edit{remove(start, after)}
	case before != ast.NoPos:
		return []Edit{remove(before, l.afterSemicolon(end))}
	case !l.startsLine(start):
		return []Edit{remove(start, l.afterSemicolon(end))}
	}
	return []Edit{remove(l.lineStart(start), l.nextLine(l.afterSemicolon(end)))}
}

// ReplaceStmt returns the edits that put lines in place of a statement, its blocks and
// decorators; nil for an `elif`, and when the statement is not in the file.
func ReplaceStmt(f *ast.File, s ast.Stmt, lines ...string) []Edit {
	at, ok := placeOf(f, s)
	if !ok || len(lines) == 0 || isElif(s) {
		return nil
	}
	l, start := layoutOf(f), firstLineOf(s)
	if len(lines) == 1 && !strings.HasSuffix(lines[0], ":") {
		return []Edit{replace(start, s.Stop(), strings.TrimSpace(lines[0]))}
	}
	if l.alone(at) {
		text := l.block(l.indent(start), lines)
		text = l.open(strings.TrimPrefix(text, l.indent(start)))
		return []Edit{replace(start, s.Stop(), text)}
	}
	return l.spread(at, lines, nil, true)
}

// InsertBefore returns the edits that put lines in front of a statement, above its
// decorators and at its indentation. Where the statement shares its line with others or
// with the header of its block (`if x: f()`), the line is broken up. In front of an `elif`
// means in front of the whole `if`. Nil edits mean that the statement is not in the file.
func InsertBefore(f *ast.File, s ast.Stmt, lines ...string) []Edit {
	at, ok := placeOf(f, s)
	for ok && isElif(s) {
		s = at.parent
		at, ok = placeOf(f, s)
	}
	if !ok || len(lines) == 0 {
		return nil
	}
	l, start := layoutOf(f), firstLineOf(s)
	if l.startsLine(start) {
		return []Edit{insert(l.lineStart(start), l.block(l.indent(start), lines))}
	}
	return l.spread(at, lines, nil, false)
}

// InsertAfter returns the edits that put lines behind a statement, below all of its blocks
// and at its indentation; see InsertBefore for statements that share their line.
func InsertAfter(f *ast.File, s ast.Stmt, lines ...string) []Edit {
	at, ok := placeOf(f, s)
	for ok && isElif(s) {
		s = at.parent
		at, ok = placeOf(f, s)
	}
	if !ok || len(lines) == 0 {
		return nil
	}
	l, start := layoutOf(f), firstLineOf(s)
	if !l.startsLine(start) || l.joinedAfter(at) != ast.NoPos {
		return l.spread(at, nil, lines, false)
	}
	return []Edit{l.below(s.Stop(), l.open(l.block(l.indent(start), lines)))}
}

// PrependBody returns the edits that put lines at the start of a block, below a docstring.
func PrependBody(f *ast.File, body []ast.Stmt, lines ...string) []Edit {
	if len(body) == 0 {
		return nil
	}
	if isDocstring(body[0]) {
		return InsertAfter(f, body[0], lines...)
	}
	return InsertBefore(f, body[0], lines...)
}

// AppendBody returns the edits that put lines at the end of a block. A lone `pass` gives way
// to them.
func AppendBody(f *ast.File, body []ast.Stmt, lines ...string) []Edit {
	if len(body) == 0 {
		return nil
	}
	last := body[len(body)-1]
	if _, ok := last.(*ast.Pass); ok && len(body) == 1 {
		return ReplaceStmt(f, last, lines...)
	}
	return InsertAfter(f, last, lines...)
}

// below is the edit that puts lines under the line of pos. It goes in at the end of that
// line, so that it stays in the same cell of a notebook; hence the last one has no ending.
func (l layout) below(pos ast.Pos, lines string) Edit {
	return insert(l.lineEnd(pos), l.eol()+lines)
}

// spread breaks a line of several statements, or of a header and its statements, around the
// statement at a place, with lines in front of it or behind it; the lines in front replace
// the statement when instead is set.
func (l layout) spread(at place, before, after []string, instead bool) []Edit {
	s := at.suite[at.index]
	start, end, next := firstLineOf(s), s.Stop(), l.joinedAfter(at)
	edits, indent := l.breakHeader(at)
	from, lead := l.lineStart(start), ""
	if !l.startsLine(start) {
		from, lead = l.skipBlanksBack(start), l.eol()
		if p := l.joinedBefore(at); p != ast.NoPos {
			from = p
		}
	}
	if instead {
		text, to := lead+l.open(l.block(indent, before)), l.afterSemicolon(end)
		if next != ast.NoPos {
			text, to = text+l.eol()+indent, next
		}
		return append(edits, replace(from, to, text))
	}
	if lead != "" || len(before) > 0 {
		edits = append(edits, replace(from, start, lead+l.block(indent, before)+indent))
	}
	switch {
	case len(after) > 0 && next != ast.NoPos:
		edits = append(edits, replace(end, next, l.eol()+l.block(indent, after)+indent))
	case len(after) > 0:
		edits = append(edits, l.below(end, l.open(l.block(indent, after))))
	}
	return edits
}

// breakHeader returns the indentation of the statement at a place once it stands on a line
// of its own. Where its block begins on the header's line with another statement, an edit
// moves that one to the next line.
func (l layout) breakHeader(at place) (edits []Edit, indent string) {
	first := at.index
	for first > 0 && l.sameLine(at.suite[first-1].Stop(), firstLineOf(at.suite[first])) {
		first--
	}
	head := firstLineOf(at.suite[first])
	line := l.logicalStart(head)
	indent = string(l.text[line:l.skipBlanks(line)])
	if l.startsLine(head) || at.parent == nil {
		return nil, indent
	}
	indent += l.unit()
	if first < at.index {
		edits = append(edits, replace(l.skipBlanksBack(head), head, l.eol()+indent))
	}
	return edits, indent
}

// joinedBefore is the end of the statement in front on the same line, or NoPos.
func (l layout) joinedBefore(at place) ast.Pos {
	if at.index == 0 {
		return ast.NoPos
	}
	end := at.suite[at.index-1].Stop()
	if start := firstLineOf(at.suite[at.index]); end <= start && l.sameLine(end, start) {
		return end
	}
	return ast.NoPos
}

// joinedAfter is the start of the statement behind on the same line, or NoPos.
func (l layout) joinedAfter(at place) ast.Pos {
	if at.index+1 >= len(at.suite) {
		return ast.NoPos
	}
	start := firstLineOf(at.suite[at.index+1])
	if end := at.suite[at.index].Stop(); end <= start && l.sameLine(end, start) {
		return start
	}
	return ast.NoPos
}

// alone reports whether the statement shares its lines with no other and with no header.
func (l layout) alone(at place) bool {
	return l.startsLine(firstLineOf(at.suite[at.index])) && l.joinedAfter(at) == ast.NoPos
}

// afterSemicolon moves over a semicolon behind pos.
func (l layout) afterSemicolon(pos ast.Pos) ast.Pos {
	if p := l.skipBlanks(pos); int(p) < len(l.text) && l.text[p] == ';' {
		return p + 1
	}
	return pos
}

func isElif(s ast.Stmt) bool {
	branch, ok := s.(*ast.If)
	return ok && branch.Elif
}

func isDocstring(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	str, ok := e.Value.(*ast.Str)
	return ok && !str.Bytes
}
