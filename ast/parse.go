// Package ast holds the syntax of Python: Parse makes a tree of typed nodes out of a Source,
// with positions in bytes that Source translates into lines and columns. The tree's
// meaning is that of CPython's own ast module, for Python 3.8 to 3.14; Python 2 and broken
// files give a tree of what can be understood, with the errors' positions.
//
// The package knows no names, types or values (see internal/semantic) and no check. Valid Python
// is read by a parser of its own (scan.go, parser.go and its kin), which refuses all else,
// statement by statement: these are left to tree-sitter, whose tree is copied into a flat buffer in one call (export.go)
// and made typed from there (build.go, expr.go, strings.go, pattern.go). Both make the same tree.
//
// Start reading at Parse, File and Inspect.
package ast

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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
	if err := newParser(ctx, file).module(); err != nil {
		return nil, fmt.Errorf("%s: %w", src.Path, err)
	}
	return file, nil
}

// ParseExpr makes the tree of the expression that a stretch of src's text is, with positions in src. It is
// nil where the stretch is anything else.
func ParseExpr(ctx context.Context, src *Source, at Span) (Expr, error) {
	if at.Start < 0 || at.Start > at.End || int(at.End) > len(src.Text) {
		return nil, fmt.Errorf("%s: %d to %d is no part of the text", src.Path, at.Start, at.End)
	}
	file := &File{Source: src}
	err := withRecords(ctx, src.Text[at.Start:at.End], func(records []record) {
		if damage(records) > 0 {
			return
		}
		newBuilder(ctx, file, &rewrites{}).module(records, at.Start)
	})
	if err != nil || len(file.Body) != 1 || len(file.Errors) > 0 {
		return nil, err
	}
	if s, ok := file.Body[0].(*ExprStmt); ok {
		return s.Value, nil
	}
	return nil, nil
}

// parseAny adds to file what tree-sitter makes of a stretch of the text, as it is or, where the grammar does not accept that, as
// lex rewrites it, if more of that is understood.
func parseAny(ctx context.Context, file *File, at Span) error {
	input := prepare(file.Source.Text[at.Start:at.End])
	if needsLexer(input) {
		marks := &rewrites{base: at.Start}
		return build(ctx, file, lex(ctx, input, marks), at.Start, marks)
	}
	var again error
	err := withRecords(ctx, input, func(records []record) {
		if damage(records) == 0 {
			newBuilder(ctx, file, &rewrites{}).module(records, at.Start)
			return
		}
		marks := &rewrites{base: at.Start}
		rewritten := lex(ctx, input, marks)
		again = withRecords(ctx, rewritten, func(better []record) {
			least := min(damage(better), damage(records))
			if least > 0 {
				var apart *File
				if apart, again = parseApart(ctx, file.Source, input, at.Start, least); apart != nil || again != nil {
					if apart != nil {
						file.add(apart)
					}
					return
				}
			}
			if damage(better) == least {
				newBuilder(ctx, file, marks).module(better, at.Start)
			} else {
				newBuilder(ctx, file, &rewrites{}).module(records, at.Start)
			}
		})
	})
	return cmp.Or(err, again, ctx.Err())
}

// parseApart parses each statement of a broken text by itself, so that what is broken does not reach beyond it. It returns nil
// unless less than most is then damaged.
func parseApart(ctx context.Context, src *Source, input []byte, base Pos, most int) (*File, error) {
	marks := &rewrites{base: base}
	rewritten, starts := lexApart(ctx, input, marks)
	if len(starts) == 1 {
		return nil, nil
	}
	file := &File{Source: src}
	b := newBuilder(ctx, file, marks)
	damaged := 0
	for i, start := range starts {
		end := len(rewritten)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		err := withRecords(ctx, rewritten[start:end], func(records []record) {
			damaged += damage(records)
			b.module(records, base+Pos(start))
		})
		if err != nil {
			return nil, err
		}
		if damaged >= most {
			return nil, nil
		}
	}
	return file, nil
}

// add appends what another file, of the same source, holds.
func (f *File) add(more *File) {
	f.Body = append(f.Body, more.Body...)
	f.Comments = append(f.Comments, more.Comments...)
	f.Errors = append(f.Errors, more.Errors...)
	if f.parens == nil {
		f.parens = more.parens
		return
	}
	maps.Copy(f.parens, more.parens)
}

func build(ctx context.Context, file *File, input []byte, base Pos, marks *rewrites) error {
	err := withRecords(ctx, input, func(records []record) {
		newBuilder(ctx, file, marks).module(records, base)
	})
	return cmp.Or(err, ctx.Err())
}

// damage measures how much of a text the grammar did not accept: the bytes in error nodes,
// and one for each token that is missing.
func damage(records []record) int {
	if len(records) == 0 || records[0].flags&flagInBrokenTree == 0 && records[0].sym != symError {
		return 0
	}
	n := 0
	for i := 0; i < len(records); i++ {
		switch r := &records[i]; {
		case r.sym == symError:
			n += 1 + int(r.end-r.start)
			i = int(r.next) - 1
		case r.flags&flagMissing != 0:
			n++
		}
	}
	return n
}
