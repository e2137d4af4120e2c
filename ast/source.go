package ast

// Position is a place as people and editors count: everything from 1.
type Position struct {
	Line   int
	Column int // in Unicode code points
	UTF16  int // in UTF-16 code units
	Byte   int // in bytes of the decoded line
}

type Source struct {
	Path string
	Text []byte
}

func (s *Source) Slice(sp Span) string { return string(s.Text[sp.Start:sp.End]) }
