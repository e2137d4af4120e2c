package notebook

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
)

// blank is a stretch of the module's text that is not Python and reads as white space
// there, a "_" at its start where the grammar wants something.
type blank struct {
	ast.Span
	header bool // the line of a cell magic and what stands above it, before which no code may come
}

// join makes the module: the code cells joined by line breaks, each blanked where it is not
// Python, in the order in which they ran as far as that is known.
func (nb *Notebook) join() {
	for i := range nb.Cells {
		c := &nb.Cells[i]
		c.Source = c.source.Text()
		c.span = ast.Span{Start: ast.NoPos, End: ast.NoPos}
		if c.Type == "code" {
			nb.code = append(nb.code, i)
		}
	}
	nb.joinCode()
	if order := nb.ran(); order != nil {
		nb.code, nb.Reordered = order, true
		nb.blanks, nb.commands, nb.unfinished = nil, nil, nil
		nb.joinCode()
	}
}

// joinCode joins the code cells as they are listed.
func (nb *Notebook) joinCode() {
	size := 0
	for _, i := range nb.code {
		size += len(nb.Cells[i].Source) + 1
	}
	text := make([]byte, 0, size)
	for n, i := range nb.code {
		c := &nb.Cells[i]
		if n > 0 {
			text = append(text, '\n')
		}
		start := len(text)
		text = append(text, c.Source...)
		c.span = ast.Span{Start: ast.Pos(start), End: ast.Pos(len(text))}
	}
	for _, i := range nb.code {
		nb.mask(&nb.Cells[i], text)
	}
	nb.blanks = merged(nb.blanks)
	nb.source = ast.NewText(nb.Path, text)
}

// merged sorts blanks and joins those that overlap.
func merged(blanks []blank) []blank {
	slices.SortStableFunc(blanks, func(a, b blank) int { return int(a.Start - b.Start) })
	out := blanks[:0]
	for _, b := range blanks {
		if n := len(out); n > 0 && b.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, b.End)
			continue
		}
		out = append(out, b)
	}
	return out
}

// Source is the module: the text of all code cells, joined by "\n", in which
// everything that is not Python is blanked at equal length, so that an offset within a cell
// is the same in both. Blanked statements read "_", so that a block is never empty; a
// notebook in another language gives blank text. The cells are in the file's order, or where
// Reordered is set in that in which they ran. Callers must not change it.
func (nb *Notebook) Source() *ast.Source { return nb.source }

// Cell returns the cell with the given number, from 1, or nil.
func (nb *Notebook) Cell(number int) *Cell {
	if number < 1 || number > len(nb.Cells) {
		return nil
	}
	return &nb.Cells[number-1]
}

// CellAt returns the code cell that holds an offset of the module's text. The offset of the
// line break between two cells belongs to the first. It is nil for offsets outside.
func (nb *Notebook) CellAt(pos ast.Pos) *Cell {
	i := sort.Search(len(nb.code), func(i int) bool { return nb.Cells[nb.code[i]].span.End >= pos })
	if i == len(nb.code) || nb.Cells[nb.code[i]].span.Start > pos {
		return nil
	}
	return &nb.Cells[nb.code[i]]
}

// CellSpan returns the cell's range in the module's text; ok is false for cells that are not
// code, but in a script, of which all text is in the module.
func (nb *Notebook) CellSpan(number int) (span ast.Span, ok bool) {
	c := nb.Cell(number)
	if c == nil || !c.Code() && nb.Script == 0 {
		return ast.Span{Start: ast.NoPos, End: ast.NoPos}, false
	}
	return c.span, true
}

// Position tells the cell of an offset of the module's text, from 1, and the place within
// the cell's source. The cell is 0 for offsets outside of the text, and for all of a script,
// whose places are those of the file.
func (nb *Notebook) Position(pos ast.Pos) (cell int, p ast.Position) {
	if nb.Script > 0 {
		return 0, nb.source.Position(pos)
	}
	c := nb.CellAt(pos)
	if c == nil {
		return 0, ast.Position{}
	}
	line := nb.source.Line(pos)
	start := max(nb.source.LineStart(line), c.span.Start)
	before := c.Source[start-c.span.Start : pos-c.span.Start]
	p = columns(before)
	p.Line = line - nb.source.Line(c.span.Start) + 1
	return c.Number, p
}

// columns is the place after the given start of a line.
func columns(before string) ast.Position {
	p := ast.Position{Line: 1, Column: 1, UTF16: 1, Byte: 1 + len(before)}
	for _, r := range before {
		p.Column++
		p.UTF16++
		if r > 0xffff {
			p.UTF16++
		}
	}
	return p
}

// Offset is the reverse of Position: the module's offset of a line and a column (in
// characters) of a code cell, all from 1. The column after a line's last character is valid.
// ok is false for a place that is not there. In a script the line is one of the file whatever
// the cell.
func (nb *Notebook) Offset(cell, line, column int) (pos ast.Pos, ok bool) {
	if nb.Script > 0 {
		if line < 1 || line > nb.source.Lines() || column < 1 {
			return ast.NoPos, false
		}
		pos = nb.source.Offset(line, column)
		return pos, nb.source.Position(pos).Column == column
	}
	c := nb.Cell(cell)
	if c == nil || !c.Code() || line < 1 || column < 1 {
		return ast.NoPos, false
	}
	i := nb.source.Line(c.span.Start) + line - 1
	if i > nb.source.Line(c.span.End) || i < line {
		return ast.NoPos, false
	}
	pos = max(nb.source.LineStart(i), c.span.Start)
	rest := c.Source[pos-c.span.Start:]
	for ; column > 1; column-- {
		r, n := utf8.DecodeRuneInString(rest)
		if n == 0 || r == '\n' || r == '\r' {
			return ast.NoPos, false
		}
		rest = rest[n:]
		pos += ast.Pos(n)
	}
	return pos, true
}

// FileOffset maps an offset of the module's text to the byte of the notebook's file that
// begins the character there; in a script, to that of its decoded text.
func (nb *Notebook) FileOffset(pos ast.Pos) (offset int, ok bool) {
	if nb.Script > 0 {
		return int(pos), pos >= 0 && int(pos) <= len(nb.data)
	}
	c := nb.CellAt(pos)
	if c == nil {
		return 0, false
	}
	return c.source.Offset(int(pos - c.span.Start))
}

// FilePosition tells the line and the columns of a byte of the notebook's file.
func (nb *Notebook) FilePosition(offset int) ast.Position {
	offset = min(max(offset, 0), len(nb.data))
	line := bytes.LastIndexByte(nb.data[:offset], '\n') + 1
	p := columns(string(nb.data[line:offset]))
	p.Line = 1 + bytes.Count(nb.data[:line], []byte("\n"))
	return p
}

// Python reports whether all bytes of the span are Python of one cell: within a code cell
// and not blanked. In a script it is only asked whether they are blanked.
func (nb *Notebook) Python(span ast.Span) bool {
	if nb.Script > 0 {
		return span.Start >= 0 && span.Start <= span.End && int(span.End) <= len(nb.data) && nb.blankIn(span) == nil
	}
	c := nb.CellAt(span.Start)
	return c != nil && span.Start <= span.End && span.End <= c.span.End && nb.blankIn(span) == nil
}

// blankIn returns the first blanked stretch that shares a byte with the span, or, when the
// span is empty, has it inside.
func (nb *Notebook) blankIn(span ast.Span) *blank {
	i := nb.firstBlank(span.Start)
	if i == len(nb.blanks) {
		return nil
	}
	b := &nb.blanks[i]
	if span.Len() == 0 && b.Start < span.Start || span.Len() > 0 && b.Start < span.End {
		return b
	}
	return nil
}

// firstBlank is the index of the first blanked stretch that ends after pos.
func (nb *Notebook) firstBlank(pos ast.Pos) int {
	return sort.Search(len(nb.blanks), func(i int) bool { return nb.blanks[i].End > pos })
}

// Blanked lists the stretches of the module's text that are not Python, in order: shell
// lines, magics, cells in other languages, and what Unfinished lists.
func (nb *Notebook) Blanked() []ast.Span {
	spans := make([]ast.Span, len(nb.blanks))
	for i, b := range nb.blanks {
		spans[i] = b.Span
	}
	return spans
}

// Unfinished lists statements that a cell's end cuts off: an unclosed bracket or string.
// Python would refuse the cell. They are blanked, so that they do not swallow the cells
// that follow.
func (nb *Notebook) Unfinished() []ast.Span { return nb.unfinished }
