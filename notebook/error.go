package notebook

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Error says why a file is not a notebook that can be read, and where.
type Error struct {
	Path string
	// Offset is the byte of the file at which the trouble was noticed.
	Offset int
	// Line and Column (in characters) are the same place, from 1.
	Line, Column int
	// Msg is the reason, without the place.
	Msg string
}

// Error renders the reason as path:line:column: reason.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Msg)
}

// newError makes an error about a byte of a file; Parse fills in the path.
func newError(data []byte, offset int, msg string) *Error {
	offset = min(offset, len(data))
	line := bytes.LastIndexByte(data[:offset], '\n') + 1
	if bytes.HasPrefix(data[line:], []byte("<<<<<<<")) {
		msg = "unresolved merge conflict"
	}
	return &Error{
		Offset: offset,
		Line:   1 + bytes.Count(data[:offset], []byte("\n")),
		Column: 1 + utf8.RuneCount(data[line:offset]),
		Msg:    msg,
	}
}
