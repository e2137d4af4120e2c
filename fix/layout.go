package fix

import (
	"bytes"
	"sort"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// layout answers questions about the lines and white space of a file's text that the
// syntax tree leaves open. It holds no state of its own.
type layout struct {
	file *ast.File
	text []byte
}

func layoutOf(f *ast.File) layout { return layout{f, f.Source.Text} }

// eol is the line ending that the file uses.
func (l layout) eol() string { return l.file.Source.EOL }

// lineStart is the offset of the first byte of the line that holds pos.
func (l layout) lineStart(pos ast.Pos) ast.Pos {
	return ast.Pos(bytes.LastIndexAny(l.text[:pos], "\r\n") + 1)
}

// lineEnd is the offset of the line's ending, or of the end of the text.
func (l layout) lineEnd(pos ast.Pos) ast.Pos {
	if i := bytes.IndexAny(l.text[pos:], "\r\n"); i >= 0 {
		return pos + ast.Pos(i)
	}
	return ast.Pos(len(l.text))
}

// nextLine is the offset after the line's ending.
func (l layout) nextLine(pos ast.Pos) ast.Pos {
	end := l.lineEnd(pos)
	if l.has(end, "\r\n") {
		return end + 2
	}
	if int(end) < len(l.text) {
		return end + 1
	}
	return end
}

func (l layout) has(pos ast.Pos, s string) bool {
	return bytes.HasPrefix(l.text[pos:], []byte(s))
}

// indent is the white space in front of the line that holds pos.
func (l layout) indent(pos ast.Pos) string {
	start := l.lineStart(pos)
	return string(l.text[start:l.skipBlanks(start)])
}

// startsLine reports whether only white space stands in front of pos on its line.
func (l layout) startsLine(pos ast.Pos) bool {
	return len(bytes.Trim(l.text[l.lineStart(pos):pos], " \t\f")) == 0
}

// blank reports whether [from, to) is white space.
func (l layout) blank(from, to ast.Pos) bool {
	return len(bytes.TrimSpace(l.text[from:to])) == 0
}

// sameLine reports whether no line ends between the two offsets.
func (l layout) sameLine(from, to ast.Pos) bool {
	return !bytes.ContainsAny(l.text[from:to], "\r\n")
}

// skipBlanks moves over spaces and tabs.
func (l layout) skipBlanks(pos ast.Pos) ast.Pos {
	for int(pos) < len(l.text) && strings.IndexByte(" \t\f", l.text[pos]) >= 0 {
		pos++
	}
	return pos
}

// skipBlanksBack moves back over spaces and tabs.
func (l layout) skipBlanksBack(pos ast.Pos) ast.Pos {
	for pos > 0 && strings.IndexByte(" \t\f", l.text[pos-1]) >= 0 {
		pos--
	}
	return pos
}

// skipTrivia moves over white space, line endings, continued lines and comments: to the
// next token of an expression.
func (l layout) skipTrivia(pos ast.Pos) ast.Pos {
	for int(pos) < len(l.text) {
		switch l.text[pos] {
		case ' ', '\t', '\f', '\r', '\n', '\\':
			pos++
		case '#':
			pos = l.lineEnd(pos)
		default:
			return pos
		}
	}
	return pos
}

// commentIn reports whether a comment starts in [from, to).
func (l layout) commentIn(from, to ast.Pos) bool {
	c := l.file.Comments
	i := sort.Search(len(c), func(i int) bool { return c[i].Start >= from })
	return i < len(c) && c[i].Start < to
}

// endsLine reports whether nothing but white space and a comment follows pos on its line.
func (l layout) endsLine(pos ast.Pos) bool {
	pos = l.skipBlanks(pos)
	return int(pos) == len(l.text) || strings.IndexByte("#\r\n", l.text[pos]) >= 0
}

// unit is the white space of one level of indentation, taken from the file's first
// indented block.
func (l layout) unit() string {
	work := append([][]ast.Stmt(nil), l.file.Body)
	for len(work) > 0 {
		suite := work[0]
		work = work[1:]
		for _, s := range suite {
			for _, inner := range ast.Suites(s) {
				if len(inner) == 0 {
					continue
				}
				first := firstLineOf(inner[0])
				outer, own := l.indent(s.Pos()), l.indent(first)
				if l.startsLine(first) && len(own) > len(outer) && strings.HasPrefix(own, outer) {
					return own[len(outer):]
				}
				work = append(work, inner)
			}
		}
	}
	return "    "
}

// block renders lines at an indentation. Each four leading spaces of a line count as one
// level and become the file's own unit. Every line gets a line ending.
func (l layout) block(indent string, lines []string) string {
	unit, eol := l.unit(), l.eol()
	var b strings.Builder
	for _, line := range lines {
		rest := strings.TrimLeft(line, " ")
		levels := (len(line) - len(rest)) / 4
		if rest != "" {
			b.WriteString(indent)
			b.WriteString(strings.Repeat(unit, levels))
			b.WriteString(rest)
		}
		b.WriteString(eol)
	}
	return b.String()
}

// open takes the last line ending off a block.
func (l layout) open(block string) string { return strings.TrimSuffix(block, l.eol()) }

// firstLineOf is where a statement begins for a reader: at its first decorator, if any.
func firstLineOf(s ast.Stmt) ast.Pos {
	var decorators []*ast.Decorator
	switch s := s.(type) {
	case *ast.FunctionDef:
		decorators = s.Decorators
	case *ast.ClassDef:
		decorators = s.Decorators
	}
	if len(decorators) > 0 {
		return decorators[0].Start
	}
	return s.Pos()
}

// place is a statement's position in its block.
type place struct {
	suite  []ast.Stmt
	index  int
	parent ast.Stmt // nil at module level
}

// placeOf finds the block that holds a statement of the file.
func placeOf(f *ast.File, target ast.Stmt) (place, bool) {
	suite, parent := f.Body, ast.Stmt(nil)
	for {
		i, inner := innerOf(suite, target.Range())
		if i < 0 {
			return place{}, false
		}
		if suite[i] == target {
			return place{suite, i, parent}, true
		}
		if inner == nil {
			return place{}, false
		}
		parent, suite = suite[i], inner
	}
}

// innerOf finds the last statement of a block that starts at or before a span, and that one's
// own block that holds the span, if any.
func innerOf(suite []ast.Stmt, sp ast.Span) (index int, inner []ast.Stmt) {
	index = sort.Search(len(suite), func(i int) bool { return firstLineOf(suite[i]) > sp.Start }) - 1
	if index < 0 {
		return index, nil
	}
	for _, s := range ast.Suites(suite[index]) {
		if n := len(s); n > 0 && firstLineOf(s[0]) <= sp.Start && sp.End <= s[n-1].Stop() {
			return index, s
		}
	}
	return index, nil
}

// StmtAt returns the innermost statement that holds a span, and nil when the span lies
// between the statements of the module. A span in the header of a compound statement (the
// test of an `if`, a decorator) belongs to that statement.
func StmtAt(f *ast.File, sp ast.Span) ast.Stmt {
	var found ast.Stmt
	for suite := f.Body; suite != nil; {
		i, inner := innerOf(suite, sp)
		if i < 0 || sp.End > suite[i].Stop() {
			return found
		}
		found, suite = suite[i], inner
	}
	return found
}

// logicalStart is the start of the physical line at which the logical line around pos
// begins: not inside brackets, not inside a string, not after a backslash.
func (l layout) logicalStart(pos ast.Pos) ast.Pos {
	body := l.file.Body
	i := sort.Search(len(body), func(i int) bool { return firstLineOf(body[i]) > pos }) - 1
	for i > 0 && body[i-1].Stop() > l.lineStart(firstLineOf(body[i])) {
		i--
	}
	if i < 0 {
		return l.lineStart(pos)
	}
	first := i
	var strs []ast.Span
	for ; i < len(body) && firstLineOf(body[i]) <= pos; i++ {
		strs = append(strs, stringsIn(body[i])...)
	}
	sort.Slice(strs, func(i, j int) bool { return strs[i].Start < strs[j].Start })
	return l.scanLines(l.lineStart(firstLineOf(body[first])), pos, strs)
}

// scanLines walks from the start of a logical line to pos, over strings and comments, and
// returns the last start of a logical line on the way.
func (l layout) scanLines(start, pos ast.Pos, strs []ast.Span) ast.Pos {
	depth := 0
	for p := start; p < pos; {
		for len(strs) > 0 && strs[0].Start < p {
			strs = strs[1:]
		}
		if len(strs) > 0 && strs[0].Start == p && strs[0].End > p {
			p = strs[0].End
			continue
		}
		switch c := l.text[p]; c {
		case '#':
			p = l.lineEnd(p)
			continue
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '\\':
			if q := l.nextLine(p); int(p)+1 < len(l.text) && l.lineEnd(p) == p+1 {
				p = q
				continue
			}
		case '\r', '\n':
			p = l.nextLine(p)
			if depth == 0 && p <= pos {
				start = p
			}
			continue
		}
		p++
	}
	return start
}

// stringsIn lists the spans of the string literals in a statement.
func stringsIn(n ast.Node) []ast.Span {
	var spans []ast.Span
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			for _, p := range n.Pieces {
				spans = append(spans, p.Span)
			}
		case *ast.JoinedStr:
			for _, p := range n.Pieces {
				spans = append(spans, p.Span)
			}
			return false
		}
		return true
	})
	return spans
}

func insert(at ast.Pos, text string) Edit { return Edit{Start: int(at), End: int(at), New: text} }

func replace(from, to ast.Pos, text string) Edit {
	return Edit{Start: int(from), End: int(to), New: text}
}

func remove(from, to ast.Pos) Edit { return replace(from, to, "") }
