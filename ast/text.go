package ast

// NewText makes a Source of text that is decoded already: UTF-8 whatever a coding comment in
// it says. A notebook's cells are such text. It keeps text, which must not be changed.
func NewText(path string, text []byte) *Source {
	s := &Source{Path: path, Text: text, Encoding: "utf-8", text: sharing(text)}
	s.indexLines()
	return s
}
