package casetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// piece is a part of a derived text: a stretch of an original file, or text that is new.
// New text that stands for a stretch of the original remembers it, so that a report there
// can be followed.
type piece struct {
	// unit, start and end are the original's stretch.
	unit, start, end int
	// text is the new text; unused when copied.
	text   string
	copied bool
}

// edit replaces [start, end) of a unit's text. Edits of one text do not overlap; insertions
// at one offset keep their order.
type edit struct {
	start, end int
	with       []piece
}

func literal(text string) piece { return piece{text: text, unit: -1} }

func insert(at int, text string) edit { return edit{at, at, []piece{literal(text)}} }

// replace puts text in place of [start, end).
func (u *unit) replace(start, end int, text string) edit {
	return edit{start, end, []piece{{unit: u.index, start: start, end: end, text: text}}}
}

// copyOf is the stretch [start, end) of u.
func (u *unit) copyOf(start, end int) piece {
	return piece{unit: u.index, start: start, end: end, copied: true}
}

// apply returns the text of u after the edits, as pieces.
func (u *unit) apply(edits []edit) ([]piece, error) {
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].start < edits[j].start })
	var out []piece
	at := 0
	for _, e := range edits {
		if e.start < at {
			return nil, fmt.Errorf("%s: edits overlap at byte %d", u.path, e.start)
		}
		if e.start > at {
			out = append(out, u.copyOf(at, e.start))
		}
		out = append(out, e.with...)
		at = e.end
	}
	if at < len(u.text) {
		out = append(out, u.copyOf(at, len(u.text)))
	}
	return out, nil
}

// derivedFile is a file of a derived case, before its text is put together.
type derivedFile struct {
	path string
	// pieces is the text of an ordinary file, cells that of a notebook's code cells.
	pieces []piece
	cells  [][]piece
	// content is the whole file where it is carried over unchanged.
	content []byte
	// encode changes the bytes without moving text to another line.
	encode func(string) []byte
}

func (p *project) textOf(pieces []piece) string {
	var b strings.Builder
	for _, pc := range pieces {
		b.WriteString(p.pieceText(pc))
	}
	return b.String()
}

func (p *project) pieceText(pc piece) string {
	if pc.copied {
		return p.units[pc.unit].text[pc.start:pc.end]
	}
	return pc.text
}

// render returns the file's bytes.
func (f *derivedFile) render(p *project) []byte {
	switch {
	case f.content != nil:
		return f.content
	case f.cells != nil:
		return f.renderNotebook(p)
	case f.encode != nil:
		return f.encode(p.textOf(f.pieces))
	}
	return []byte(p.textOf(f.pieces))
}

// The notebook of a derived case opens with a markdown cell and a cell of commands.
const leadingCells = 2

func (f *derivedFile) renderNotebook(p *project) []byte {
	cells := []map[string]any{
		{"cell_type": "markdown", "id": "intro", "metadata": map[string]any{}, "source": []string{"# Experiment"}},
		codeCell("setup", "%matplotlib inline\n!pip install -q tqdm"),
	}
	for i, pieces := range f.cells {
		cells = append(cells, codeCell(fmt.Sprintf("cell-%d", i), p.textOf(pieces)))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	// The value holds only strings and maps of them; encoding cannot fail.
	_ = enc.Encode(map[string]any{
		"cells": cells,
		"metadata": map[string]any{
			"kernelspec": map[string]any{"display_name": "Python 3", "language": "python", "name": "python3"},
		},
		"nbformat":       4,
		"nbformat_minor": 5,
	})
	return b.Bytes()
}

func codeCell(id, source string) map[string]any {
	return map[string]any{
		"cell_type": "code", "execution_count": nil, "id": id, "metadata": map[string]any{},
		"outputs": []any{}, "source": strings.SplitAfter(source, "\n"),
	}
}

// derived is a case made from another: its files, and where each report of the original
// may now stand.
type derived struct {
	files []*derivedFile
	// moved tells the new path of a file that no derivation of text changes; nil where all stay.
	moved func(path string) string
}

// places lists where the byte at offset of a unit has gone: wherever it was copied to, and
// the text that replaced it.
func (d *derived) places(p *project, unitIndex, offset int) []Place {
	var out []Place
	for _, f := range d.files {
		if f.cells != nil {
			for i, pieces := range f.cells {
				for _, line := range p.linesOf(pieces, unitIndex, offset) {
					out = append(out, Place{Path: f.path, Cell: leadingCells + i + 1, Line: line})
				}
			}
			continue
		}
		for _, line := range p.linesOf(f.pieces, unitIndex, offset) {
			out = append(out, Place{Path: f.path, Line: line})
		}
	}
	return out
}

func (p *project) linesOf(pieces []piece, unitIndex, offset int) []int {
	var lines []int
	line := 1
	for _, pc := range pieces {
		text := p.pieceText(pc)
		if pc.unit == unitIndex && pc.start <= offset && offset < pc.end {
			at := line
			if pc.copied {
				at += strings.Count(text[:offset-pc.start], "\n")
			}
			lines = append(lines, at)
		}
		line += strings.Count(text, "\n")
	}
	return lines
}
