package ast

import (
	"bytes"
	"fmt"
	"sort"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Position is a place as people and editors count: everything from 1.
type Position struct {
	Line   int
	Column int // in Unicode code points
	UTF16  int // in UTF-16 code units
	Byte   int // in bytes of the decoded line
}

// Source is a source text together with what is needed to write it back: its encoding and
// its line endings. It is not changed after it is made and may be read from many goroutines.
type Source struct {
	// Path names the text in messages; nothing is read from it.
	Path string
	// Text is the decoded text as UTF-8, without a byte order mark. Line endings are as in
	// the file. All positions are offsets into it.
	Text []byte
	// Encoding is the name of the file's encoding, in lower case: "utf-8" unless a byte order
	// mark or a PEP 263 comment says otherwise.
	Encoding string
	// BOM is set when the file starts with a byte order mark.
	BOM bool
	// Guessed is set when the file names no encoding and is not valid UTF-8, which Python would
	// refuse; it was then read as Latin-1.
	Guessed bool
	// EOL is the line ending that the text uses most: "\n", "\r\n" or "\r".
	EOL string

	text  string       // Text once more, so that the tree's strings can share it
	lines func() []Pos // where each line starts
}

// NewSource decodes the content of a file as Python would: a byte order mark, else the
// encoding declared in the first two lines (PEP 263), else UTF-8. raw is not kept or changed.
// The error, which names path, tells of content that is not text or of an unknown encoding.
func NewSource(path string, raw []byte) (*Source, error) {
	return newSource(path, raw, bytes.Clone)
}

// TakeSource is NewSource for content that nobody else changes any more: the Source keeps raw, which saves a copy.
func TakeSource(path string, raw []byte) (*Source, error) {
	return newSource(path, raw, func(text []byte) []byte { return text })
}

func newSource(path string, raw []byte, own func([]byte) []byte) (*Source, error) {
	s := &Source{Path: path}
	text, err := s.decode(raw, own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.Text = text
	s.text = sharing(text)
	s.indexLines()
	return s, nil
}

// sharing returns text as a string without a copy: a Source is never changed, and the sources
// of a project are a good part of what its analysis holds.
func sharing(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// indexLines finds the prevailing line ending, and the line starts once somebody asks.
func (s *Source) indexLines() {
	s.lines = sync.OnceValue(func() []Pos {
		lines, _ := lineStarts(s.Text)
		return lines
	})
	s.EOL = "\n"
	if bytes.IndexByte(s.Text, '\r') < 0 {
		return
	}
	_, counts := lineStarts(s.Text)
	for _, eol := range []string{"\r\n", "\r"} {
		if counts[eol] > counts[s.EOL] {
			s.EOL = eol
		}
	}
}

// lineStarts lists where lines start and counts their endings. A line ends with \n, \r\n or
// a lone \r, as in Python's tokenizer.
func lineStarts(text []byte) ([]Pos, map[string]int) {
	lines := make([]Pos, 1, 1+bytes.Count(text, []byte{'\n'}))
	var lf, crlf, cr int
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			lf++
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				crlf++
				i++
			} else {
				cr++
			}
		default:
			continue
		}
		lines = append(lines, Pos(i+1))
	}
	return lines, map[string]int{"\n": lf, "\r\n": crlf, "\r": cr}
}

// starts returns the index of lines; a Source not made by NewSource or NewText has none, and
// it is then made for the one call.
func (s *Source) starts() []Pos {
	if s.lines != nil {
		return s.lines()
	}
	lines, _ := lineStarts(s.Text)
	return lines
}

// Lines is the number of lines. Text that ends in a line break has an empty last line.
func (s *Source) Lines() int { return len(s.starts()) }

// LineStart returns the offset of the first byte of a line, counted from 1. A line before
// the first is taken for the first; one after the last starts at the end of the text.
func (s *Source) LineStart(line int) Pos {
	lines := s.starts()
	switch {
	case line < 1:
		return 0
	case line > len(lines):
		return Pos(len(s.Text))
	}
	return lines[line-1]
}

// LineEnd returns the offset after the last byte of a line, without its line break.
func (s *Source) LineEnd(line int) Pos {
	start, end := s.LineStart(line), s.LineStart(line+1)
	if end > start && s.Text[end-1] == '\n' {
		end--
	}
	if end > start && s.Text[end-1] == '\r' {
		end--
	}
	return end
}

// Line returns the number, from 1, of the line that holds pos.
func (s *Source) Line(pos Pos) int {
	lines := s.starts()
	return max(1, sort.Search(len(lines), func(i int) bool { return lines[i] > pos }))
}

// Position tells where pos is. A pos outside the text is taken for its start or end.
func (s *Source) Position(pos Pos) Position {
	pos = max(0, min(pos, Pos(len(s.Text))))
	line := s.Line(pos)
	start := s.LineStart(line)
	p := Position{Line: line, Column: 1, UTF16: 1, Byte: int(pos-start) + 1}
	for i := start; i < pos; {
		if s.Text[i] < utf8.RuneSelf {
			p.Column++
			p.UTF16++
			i++
			continue
		}
		r, size := utf8.DecodeRune(s.Text[i:])
		if i += Pos(size); i > pos {
			break // pos is within a code point
		}
		p.Column++
		p.UTF16++
		if r > 0xFFFF {
			p.UTF16++
		}
	}
	return p
}

// Offset is the inverse of Position: the offset of a line and a column in code points, both
// from 1. A column beyond the line's end is taken for its end.
func (s *Source) Offset(line, col int) Pos {
	pos, end := s.LineStart(line), s.LineEnd(line)
	for ; col > 1 && pos < end; col-- {
		_, size := utf8.DecodeRune(s.Text[pos:])
		pos += Pos(size)
	}
	return pos
}

// Slice returns the text of a span, cut to the text's bounds.
func (s *Source) Slice(sp Span) string {
	start := max(0, min(sp.Start, Pos(len(s.Text))))
	end := max(start, min(sp.End, Pos(len(s.Text))))
	if len(s.text) != len(s.Text) {
		return string(s.Text[start:end]) // not made by NewSource
	}
	return s.text[start:end]
}

// Indent returns the white space that a line starts with.
func (s *Source) Indent(line int) string {
	start, end := s.LineStart(line), s.LineEnd(line)
	i := start
	for i < end && (s.Text[i] == ' ' || s.Text[i] == '\t' || s.Text[i] == '\f') {
		i++
	}
	return s.Slice(Span{start, i})
}

// Edit replaces the text of a span; an empty span inserts.
type Edit struct {
	Span
	New string
}

// Apply returns the text with the edits made. They must be in order and must not overlap;
// insertions at one place are made in the order given. The error tells which edit is at
// fault. The Source is not changed.
func (s *Source) Apply(edits []Edit) ([]byte, error) {
	size, at := len(s.Text), Pos(0)
	for i, e := range edits {
		if e.Start > e.End || e.Start < 0 || int(e.End) > len(s.Text) {
			return nil, fmt.Errorf("%s: edit %d has the span %d to %d, outside the text of %d bytes", s.Path, i, e.Start, e.End, len(s.Text))
		}
		if e.Start < at {
			return nil, fmt.Errorf("%s: edit %d starts at %d, before the end of the edit before it (%d)", s.Path, i, e.Start, at)
		}
		at = e.End
		size += len(e.New) - e.Len()
	}
	out := make([]byte, 0, size)
	at = 0
	for _, e := range edits {
		out = append(out, s.Text[at:e.Start]...)
		out = append(out, e.New...)
		at = e.End
	}
	return append(out, s.Text[at:]...), nil
}
