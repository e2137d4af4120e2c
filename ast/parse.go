// Package ast holds the syntax of Python: Parse makes a tree of typed nodes out of a Source,
// with positions in bytes that Source translates into lines and columns. The tree's
// meaning is that of CPython's own ast module, for Python 3.8 to 3.14; Python 2 and broken
// files give a tree of what can be understood, with the errors' positions.
//
// The package knows no names, types or values (see internal/semantic) and no check. Parsing
// is tree-sitter's: its tree is copied into a flat buffer in one call (export.go), and the
// typed tree is built from that buffer (build.go, expr.go, strings.go, pattern.go).
//
// Start reading at Parse, File and Inspect.
package ast

import (
	"context"
	"fmt"
)

// MaxSize is the length in bytes of the longest text that Parse accepts.
const MaxSize = 1 << 29

// Parse makes the syntax tree of src. Broken syntax is no error: the tree then holds what
// could be understood, and File.Errors the rest. The error is that of ctx, which is
// honoured within milliseconds, or tells that the text is longer than MaxSize. Parse can
// be called from many goroutines at once; the File shares memory with src.
func Parse(ctx context.Context, src *Source) (*File, error) {
	if len(src.Text) > MaxSize {
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that can be parsed", src.Path, len(src.Text), MaxSize)
	}
	file := &File{Source: src}
	b := newBuilder(ctx, file)
	input := b.prepare(src.Text)
	err := withRecords(ctx, input, func(records []record) {
		b.records = records
		b.module()
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.Path, err)
	}
	return file, nil
}
