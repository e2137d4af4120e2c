package ast

// rewrites remembers what prepare changed in the text handed to the parser.
type rewrites struct {
	// backquotes holds the offsets of Python 2's opening backquotes, given to the parser as
	// parentheses.
	backquotes map[uint32]bool
}

// prepare returns the text for the parser: the source, with what the grammar does not know
// replaced by something of the same length that it does. text is not changed.
func (b *builder) prepare(text []byte) []byte {
	return text
}
