package manifest

import (
	"github.com/pyguard/pyguardml/ast"
)

// Command reads what the words of one command of a shell have installed: pip, uv, poetry, conda and
// their like. Source is the file that the words stand in. ok is false for other commands.
func Command(path string, source []byte, words []Word) (m *Manifest, ok bool) {
	list := make([]text, len(words))
	for i, w := range words {
		list[i] = text{w.Text, w.Span, Stands(source, w)}
	}
	m = &Manifest{Path: path, Kind: Shell, Text: source}
	if rest, found := afterCommand(list, installers); found {
		m.lines = lineStarts(source)
		(&pipReader{m: m}).arguments(rest)
		return m, true
	}
	if rest, found := afterCommand(list, condaInstallers); found {
		m.lines = lineStarts(source)
		m.condaArguments(rest, Main)
		return m, true
	}
	return nil, false
}

// Stands reports whether a word's text is what stands at its place, so that a part of it can be
// edited.
func Stands(source []byte, w Word) bool {
	return w.Span.Start >= 0 && w.Span.End <= ast.Pos(len(source)) && w.Span.Start <= w.Span.End && string(source[w.Span.Start:w.Span.End]) == w.Text
}

// ReadRequirement reads a requirement as the arguments of setup() have it, name[extras] and specifier or
// URL; its places are those in the text. ok is false where it names nothing.
func ReadRequirement(s string) (r Requirement, ok bool) {
	r, _ = parsePEP508(text{s, spanOf(0, len(s)), true})
	r.Line = 1
	return r, r.Name != ""
}
