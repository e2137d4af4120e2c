package fix

import (
	"bytes"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// ReplaceInString returns the edit that replaces the first occurrence of old, as it is
// spelled in the source, within a string literal or the constant text of an f-string; nil
// when there is none. An occurrence that runs over two adjacent literals is not found.
func ReplaceInString(f *ast.File, e ast.Expr, old, new string) []Edit {
	for _, p := range piecesOf(e) {
		in := contentOf(p)
		if i := bytes.Index(f.Source.Text[in.Start:in.End], []byte(old)); i >= 0 && old != "" {
			at := in.Start + ast.Pos(i)
			return []Edit{replace(at, at+ast.Pos(len(old)), spell(p, new))}
		}
	}
	return nil
}

// PrependToString returns the edit that puts text at the start of a string's content.
func PrependToString(f *ast.File, e ast.Expr, text string) []Edit {
	pieces := piecesOf(e)
	if len(pieces) == 0 {
		return nil
	}
	return []Edit{insert(contentOf(pieces[0]).Start, spell(pieces[0], text))}
}

// AppendToString returns the edit that puts text at the end of a string's content.
func AppendToString(f *ast.File, e ast.Expr, text string) []Edit {
	pieces := piecesOf(e)
	if len(pieces) == 0 {
		return nil
	}
	last := pieces[len(pieces)-1]
	return []Edit{insert(contentOf(last).End, spell(last, text))}
}

func piecesOf(e ast.Expr) []*ast.StrPiece {
	switch e := e.(type) {
	case *ast.Str:
		return e.Pieces
	case *ast.JoinedStr:
		return e.Pieces
	}
	return nil
}

// contentOf is the span between a literal's quotes.
func contentOf(p *ast.StrPiece) ast.Span {
	start := min(p.Start+ast.Pos(len(p.Prefix)+len(p.Quote)), p.End)
	return ast.Span{Start: start, End: max(start, p.End-ast.Pos(len(p.Quote)))}
}

// spell writes text as the content of a literal: escaped, with braces doubled in an f-string.
// In a raw literal, which has no escapes, it stands as it is.
func spell(p *ast.StrPiece, text string) string {
	prefix := strings.ToLower(p.Prefix)
	if strings.ContainsAny(prefix, "ft") {
		text = strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
	}
	if strings.Contains(prefix, "r") || p.Quote == "" {
		return text
	}
	quote := p.Quote[:1]
	return strings.NewReplacer(`\`, `\\`, quote, `\`+quote, "\n", `\n`, "\r", `\r`).Replace(text)
}
