package main

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// lineStart returns the offset of a line, counted from 0, or the text's end.
func lineStart(text string, line int) int {
	at := 0
	for ; line > 0; line-- {
		i := strings.IndexAny(text[at:], "\r\n")
		if i < 0 {
			return len(text)
		}
		at += i + 1
		if text[at-1] == '\r' && at < len(text) && text[at] == '\n' {
			at++
		}
	}
	return at
}

// offset finds a position in a text. One beyond the end of its line is that end.
func offset(text string, p position) int {
	at := lineStart(text, p.Line)
	for units := 0; at < len(text) && text[at] != '\n' && text[at] != '\r'; {
		r, size := utf8.DecodeRuneInString(text[at:])
		if units += max(utf16.RuneLen(r), 1); units > p.Character {
			break
		}
		at += size
	}
	return at
}

// positionAt is the position of an offset.
func positionAt(text string, at int) position {
	var p position
	for start := 0; ; p.Line++ {
		next := lineStart(text[start:], 1) + start
		if next > at || next == len(text) && !endsLine(text) || start == len(text) {
			p.Character = units(text[start:at])
			return p
		}
		start = next
	}
}

func endsLine(text string) bool {
	return strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\r")
}

// units is the length of a text in UTF-16 code units.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// fromAnalysis turns a position of the analysis, in code points from 1, into one of the protocol.
func fromAnalysis(text string, p ast.Position) position {
	line := text[min(lineStart(text, p.Line-1), len(text)):]
	n := 0
	for i := 1; i < p.Column && n < len(line); i++ {
		_, size := utf8.DecodeRuneInString(line[n:])
		n += size
	}
	return position{Line: max(p.Line-1, 0), Character: units(line[:n])}
}

func rangeOf(text string, l checks.Location) textRange {
	return textRange{fromAnalysis(text, l.Start), fromAnalysis(text, l.End)}
}

func (r textRange) touches(o textRange) bool {
	return !before(r.End, o.Start) && !before(o.End, r.Start)
}

func before(a, b position) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Character < b.Character
}

// difference is the one edit that turns a text into another.
func difference(old, new string) textEdit {
	start := 0
	for start < len(old) && start < len(new) && old[start] == new[start] {
		start++
	}
	for start > 0 && start < len(old) && !utf8.RuneStart(old[start]) {
		start--
	}
	end := 0
	for end < len(old)-start && end < len(new)-start && old[len(old)-1-end] == new[len(new)-1-end] {
		end++
	}
	for end > 0 && !utf8.RuneStart(old[len(old)-end]) {
		end--
	}
	return textEdit{textRange{positionAt(old, start), positionAt(old, len(old)-end)}, new[start : len(new)-end]}
}

// pathOf is the path of a document's file, absolute and with forward slashes; ok is false for
// documents that are no files.
func pathOf(uri string) (name string, ok bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	name = u.Path
	if len(name) > 2 && name[0] == '/' && name[2] == ':' { // a drive of Windows
		name = name[1:]
	}
	return path.Clean(name), true
}

func uriOf(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	return (&url.URL{Scheme: "file", Path: name}).String()
}

func fromSlash(name string) string { return filepath.FromSlash(name) }
