package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// htmlDiff is what a fix changes at one place.
type htmlDiff struct {
	Place string
	Lines []htmlDiffLine
	More  string // how many lines are left out
}

// htmlDiffLine is a line of a diff; Kind is same, old or new.
type htmlDiffLine struct{ Kind, Sign, Number, Text string }

const (
	// diffContext is the number of unchanged lines around a change.
	diffContext = 2
	// maxDiff is the number of lines shown of the diff at one place.
	maxDiff = 40
	// maxFragment is the size, in bytes, of the text that is compared. Only generated files
	// have lines so long that the surroundings of an edit exceed it.
	maxFragment = 1 << 16
)

// diff shows a finding's fix, place by place. It is nil when the text of a file is not at hand:
// half a fix would mislead.
func (h *htmlBuilder) diff(f *checks.Finding) []htmlDiff {
	var out []htmlDiff
	for _, group := range editsByPath(f.Path, f.Fix.Edits) {
		parts := h.texts.file(group.path).parts(group.edits)
		if parts == nil {
			return nil
		}
		for _, p := range parts {
			for _, near := range p.clusters() {
				d, ok := p.compare(near)
				if !ok {
					return nil
				}
				d.Place = Printable(linePlace(group.path, p.cell, d.line))
				out = append(out, d.htmlDiff)
			}
		}
	}
	return out
}

// editedText is a text with its edits in order: a file, or a cell of a notebook.
type editedText struct {
	text  string
	cell  int
	edits []fix.Edit
}

// parts divides a file's edits among its texts, or returns nil where an edit is in none.
func (t *text) parts(edits []fix.Edit) []*editedText {
	if t.source == nil {
		return nil
	}
	var out []*editedText
	byCell := map[int]*editedText{}
	for _, e := range edits {
		whole, cell := string(t.source.Text), 0
		switch {
		case e.Raw:
			whole, cell = string(t.raw), -1
		case t.book != nil:
			c := t.book.CellAt(ast.Pos(e.Start))
			if c == nil {
				return nil
			}
			span, ok := t.book.CellSpan(c.Number)
			if !ok {
				return nil
			}
			whole, cell = c.Source, c.Number
			e.Start, e.End = e.Start-int(span.Start), e.End-int(span.Start)
		}
		if e.Start < 0 || e.End < e.Start || e.End > len(whole) {
			return nil
		}
		p := byCell[cell]
		if p == nil {
			p = &editedText{text: whole, cell: cell}
			byCell[cell] = p
			out = append(out, p)
		}
		p.edits = append(p.edits, e)
	}
	for _, p := range out {
		slices.SortStableFunc(p.edits, func(a, b fix.Edit) int { return cmp.Compare(a.Start, b.Start) })
		for i := 1; i < len(p.edits); i++ {
			if p.edits[i].Start < p.edits[i-1].End {
				return nil
			}
		}
	}
	return out
}

// clusters groups the edits whose surroundings meet.
func (p *editedText) clusters() [][]fix.Edit {
	var out [][]fix.Edit
	reach := -1
	for _, e := range p.edits {
		from, to := p.surroundings(e.Start, e.End)
		if from <= reach {
			out[len(out)-1] = append(out[len(out)-1], e)
		} else {
			out = append(out, []fix.Edit{e})
		}
		reach = max(reach, to)
	}
	return out
}

// surroundings widens a range to whole lines, with a few lines before and after.
func (p *editedText) surroundings(start, end int) (from, to int) {
	from = strings.LastIndexByte(p.text[:start], '\n') + 1
	for range diffContext {
		if from > 0 {
			from = strings.LastIndexByte(p.text[:from-1], '\n') + 1
		}
	}
	to = end
	for range diffContext + 1 {
		if i := strings.IndexByte(p.text[to:], '\n'); i >= 0 {
			to += i + 1
		} else {
			to = len(p.text)
		}
	}
	return from, to
}

type placedDiff struct {
	htmlDiff
	line int
}

// compare makes the diff of edits that are near each other; not of lines too long to show.
func (p *editedText) compare(edits []fix.Edit) (d placedDiff, ok bool) {
	from, to := p.surroundings(edits[0].Start, edits[len(edits)-1].End)
	if to-from > maxFragment {
		return d, false
	}
	var after strings.Builder
	at := from
	for _, e := range edits {
		after.WriteString(p.text[at:e.Start] + e.New)
		at = e.End
	}
	after.WriteString(p.text[at:to])
	first := 1 + strings.Count(p.text[:from], "\n")
	d.line = 1 + strings.Count(p.text[:edits[0].Start], "\n")
	number := first
	for i, line := range strings.Split(fix.UnifiedDiff("", []byte(p.text[from:to]), []byte(after.String())), "\n") {
		if i < 2 || line == "" { // the names of the files
			continue
		}
		var start int
		if _, err := fmt.Sscanf(line, "@@ -%d", &start); err == nil {
			number = first + max(start, 1) - 1
			continue
		}
		d.add(line, &number)
	}
	d.Lines = d.cut()
	return d, true
}

// add appends a line of a unified diff.
func (d *placedDiff) add(line string, number *int) {
	shown := newView(strings.TrimRight(line[1:], "\r"), 0, 0).text
	switch line[0] {
	case ' ':
		d.Lines = append(d.Lines, htmlDiffLine{Kind: "same", Sign: " ", Number: strconv.Itoa(*number), Text: shown})
		*number++
	case '-':
		d.Lines = append(d.Lines, htmlDiffLine{Kind: "old", Sign: "-", Number: strconv.Itoa(*number), Text: shown})
		*number++
	case '+':
		d.Lines = append(d.Lines, htmlDiffLine{Kind: "new", Sign: "+", Text: shown})
	}
}

// cut bounds the number of lines.
func (d *placedDiff) cut() []htmlDiffLine {
	if len(d.Lines) <= maxDiff {
		return d.Lines
	}
	d.More = count(len(d.Lines)-maxDiff, "more line")
	return d.Lines[:maxDiff]
}
