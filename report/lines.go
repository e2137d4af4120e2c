package report

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/notebook"
)

// texts gives the analysed files' text by line. It keeps a few files: findings come file by
// file, and the way of data leads through few.
type texts struct {
	open func(path string) ([]byte, error)
	kept map[string]*text
}

// maxKept is the number of files that texts keeps.
const maxKept = 8

// text is one analysed file.
type text struct {
	path   string
	raw    []byte
	source *ast.Source        // nil when there is no text
	book   *notebook.Notebook // nil for files that are not notebooks
	cell   int
	lines  []string
}

// file returns a file's text; its source is nil when it cannot be had.
func (t *texts) file(path string) *text {
	if f := t.kept[path]; f != nil {
		return f
	}
	if t.kept == nil || len(t.kept) >= maxKept {
		t.kept = make(map[string]*text, maxKept)
	}
	f := &text{path: path}
	t.kept[path] = f
	if t.open == nil {
		return f
	}
	raw, err := t.open(path)
	if err != nil || raw == nil {
		return f
	}
	f.raw = raw
	if strings.EqualFold(extension(path), ".ipynb") {
		if f.book, err = notebook.Parse(path, raw); err == nil {
			f.source = f.book.Source()
		}
		return f
	}
	if source, err := ast.NewSource(path, raw); err == nil {
		f.source = source
	}
	return f
}

// line returns a line by its number from 1, without its end. ok is false where there is none.
func (t *texts) line(path string, cell, number int) (line string, ok bool) {
	f := t.file(path)
	if f.lines == nil || f.cell != cell {
		f.cell, f.lines = cell, splitLines(f.cellText(cell))
	}
	if number < 1 || number > len(f.lines) {
		return "", false
	}
	return f.lines[number-1], true
}

// cellText is the source of a notebook's cell, or the whole file for cell 0.
func (f *text) cellText(cell int) string {
	switch {
	case f.source == nil:
		return ""
	case f.book == nil:
		return string(f.source.Text)
	}
	if c := f.book.Cell(cell); c != nil {
		return c.Source
	}
	return ""
}

// splitLines splits at \n, \r\n and \r, as Python does. What ends in one of them has no empty
// line after it.
func splitLines(s string) []string {
	var lines []string
	for len(s) > 0 {
		i := strings.IndexAny(s, "\r\n")
		if i < 0 {
			return append(lines, s)
		}
		lines = append(lines, s[:i])
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			i++
		}
		s = s[i+1:]
	}
	return lines
}

func extension(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[i:]
	}
	return ""
}

// place names a location as an editor would: path:line:column, or path cell n:line:column.
func place(l checks.Location) string {
	return Printable(Place(l))
}

// Place names a location as an editor would: "train.py:12:5"; in a notebook
// "train.ipynb cell 3:5:2", with the line and column within the cell; in a model file
// "net.pt archive/data.pkl byte 58", with the member of the archive.
func Place(l checks.Location) string {
	b := []byte(l.Path)
	if l.Cell > 0 {
		b = append(b, " cell "...)
		b = strconv.AppendInt(b, int64(l.Cell), 10)
	}
	if l.Start.Line > 0 {
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(l.Start.Line), 10)
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(max(l.Start.Column, 1)), 10)
	}
	if inModel(l) {
		if l.Member != "" {
			b = append(append(b, ' '), l.Member...)
		}
		b = strconv.AppendInt(append(b, " byte "...), l.Offset, 10)
	}
	return string(b)
}

// inModel reports whether a location is a place in bytes of a model file.
func inModel(l checks.Location) bool { return l.Start.Line == 0 && (l.Offset > 0 || l.Member != "") }

const tabWidth = 4

// cells is a line as a terminal shows it: one element a code point, with the text that stands
// for it and its width in columns.
type cells []struct {
	show  string
	width int
}

// terminal lays a line out: tabs become spaces, and what a terminal would act upon (control
// characters, the bidirectional overrides of "Trojan Source", CVE-2021-42574) is named.
func terminal(line string) cells {
	out := make(cells, 0, len(line)+1)
	column := 0
	for _, r := range line {
		show, w := string(r), 1
		switch {
		case r == '\t':
			w = tabWidth - column%tabWidth
			show = strings.Repeat(" ", w)
		case hostile(r):
			show = named(r)
			w = len(show)
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			w = 0
		case wide(r):
			w = 2
		}
		column += w
		out = append(out, struct {
			show  string
			width int
		}{show, w})
	}
	return out
}

func wide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// columns is the width of the first n code points.
func (c cells) columns(n int) int {
	sum := 0
	for _, cell := range c[:min(n, len(c))] {
		sum += cell.width
	}
	return sum
}

// String is the line as it is shown.
func (c cells) String() string {
	var b strings.Builder
	for _, cell := range c {
		b.WriteString(cell.show)
	}
	return b.String()
}

// Printable makes text that comes out of an analysed file, or its path, safe to print on one
// line of a terminal: control characters, and characters that change the direction of text or
// carry hidden text, are named, as in "<U+202E>".
func Printable(s string) string {
	if !strings.ContainsFunc(s, hostile) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hostile(r) {
			b.WriteString(named(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hostile reports whether a terminal or a reader could be misled by a character.
func hostile(r rune) bool {
	switch {
	case r < 0x20 && r != '\t', r >= 0x7f && r < 0xa0, r == unicode.ReplacementChar:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return true // bidirectional formatting
	case r&0xfffe == 0xfffe: // no characters, and not allowed in XML
		return true
	case r == 0x2028, r == 0x2029, r >= 0xe0000 && r <= 0xe007f:
		return true // line separators; tag characters, invisible carriers of text
	}
	return false
}

func named(r rune) string {
	return "<U+" + strings.ToUpper(leftPad(strconv.FormatInt(int64(r), 16), 4)) + ">"
}

func leftPad(s string, n int) string {
	return strings.Repeat("0", max(0, n-len(s))) + s
}
