package notebook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// applyScript makes changes of a script. Its text is the module but for what is blanked, so all
// kinds of edits come down to edits of the text.
func (nb *Notebook) applyScript(ch Change) ([]byte, error) {
	var raw []RawEdit
	for _, e := range ch.Code {
		if e.Start < 0 || e.End < e.Start || int(e.End) > len(nb.data) {
			return nil, fmt.Errorf("the edit at %d to %d is outside of the text", e.Start, e.End)
		}
		c, b := nb.CellAt(e.Start), nb.blockAt(int(e.Start))
		switch {
		case e.Len() == 0 && b != nil && int(e.Start) == b.first: // Written knows
		case e.Len() == 0 && c != nil && nb.header(c, e) != nil:
			e = nb.behind(nb.header(c, e), c, e)
		case nb.blankIn(e.Span) != nil:
			return nil, fmt.Errorf("the edit touches text that is not Python: line %d", nb.source.Line(nb.blankIn(e.Span).Start))
		}
		raw = append(raw, RawEdit{int(e.Start), int(e.End), []byte(e.New)})
	}
	for _, e := range ch.Commands {
		edit, err := nb.commandEdit(e)
		if err != nil {
			return nil, err
		}
		ch.Cells = append(ch.Cells[:len(ch.Cells):len(ch.Cells)], edit)
	}
	cells, err := nb.sourceEdits(ch.Cells, nil)
	if err != nil {
		return nil, err
	}
	raw = append(append(raw, cells...), ch.Raw...)
	for i := range raw {
		if raw[i], err = nb.Written(raw[i]); err != nil {
			return nil, err
		}
	}
	text, err := splice(nb.data, raw)
	if err != nil {
		return nil, err
	}
	if err := nb.keepsOthers(text, raw); err != nil {
		return nil, err
	}
	return nb.script.file.Encode(text)
}

// Written gives an edit of a script's module as one of its file. New lines get the comment marks
// of the lines that they come to stand between, which are white space in the module; it fails for
// lines that are not indented by as much. Lines in front of a magic that has to open its cell go
// behind it. Edits of other notebooks, and edits that are written already, stay as they are.
func (nb *Notebook) Written(e RawEdit) (RawEdit, error) {
	b := nb.blockAt(e.Start)
	if b == nil || len(e.New) == 0 {
		return e, nil
	}
	if e.Start == e.End && e.Start == b.first && bytes.HasSuffix(e.New, []byte("\n")) && !bytes.HasPrefix(e.New, []byte(" ")) {
		return nb.behindMagic(b, e)
	}
	text, err := nb.marked(b, e.Start, e.New)
	e.New = text
	return e, err
}

// behindMagic moves new lines from the top of a run behind the magic there.
func (nb *Notebook) behindMagic(b *block, e RawEdit) (RawEdit, error) {
	l := lexer{text: nb.data}
	switch {
	case b.opened:
		e.Start = l.nextLine(l.lineEnd(e.Start))
		var text []byte
		for line := range bytes.Lines(e.New) {
			text = append(append(text, b.prefix...), line...)
		}
		e.End, e.New = e.Start, text
	case nb.Script == Databricks && nb.CellAt(ast.Pos(e.Start)) != nil:
		// Python behind %pip is fine; %run has its cell for itself.
		e.Start = int(b.End)
		if i := slices.IndexFunc(nb.commands, func(c Command) bool { return c.Name == "run" && b.Contains(c.Span) }); i >= 0 {
			next := slices.IndexFunc(nb.Cells, func(c Cell) bool { return c.Code() && c.span.Start >= b.End && !nb.hasBlock(c.span) })
			if next < 0 {
				return e, errors.New("code would come into the cell of %run")
			}
			e.Start = int(nb.Cells[next].span.Start)
		}
		e.End = e.Start
	}
	return e, nil
}

// marked gives new lines the comment mark of a run.
func (nb *Notebook) marked(b *block, at int, text []byte) ([]byte, error) {
	bare := strings.TrimRight(b.prefix, " ")
	edge := at == int(b.Start) || at == int(b.End)
	lineStart := at == 0 || nb.data[at-1] == '\n' || nb.data[at-1] == '\r'
	var out []byte
	for i, line := range bytes.SplitAfter(text, []byte("\n")) {
		content := bytes.TrimRight(line, "\r\n")
		switch {
		case i == 0 && !lineStart, len(line) == 0, bytes.HasPrefix(content, []byte(bare)):
			out = append(out, line...)
		case len(bytes.TrimSpace(content)) == 0 && len(content) < len(b.prefix):
			out = append(append(out, bare...), line[len(content):]...)
		case len(content)-len(bytes.TrimLeft(content, " ")) >= len(b.prefix):
			out = append(append(out, b.prefix...), line[len(b.prefix):]...)
		case edge:
			out = append(out, line...)
		case !b.opened: // the commands around are no block in the module
			out = append(append(out, b.prefix...), line...)
		default:
			return nil, fmt.Errorf("line %d is behind a comment mark, the new text is not", nb.source.Line(ast.Pos(at)))
		}
	}
	return out, nil
}

// hasBlock reports whether lines behind comment marks are within a cell.
func (nb *Notebook) hasBlock(cell ast.Span) bool {
	return slices.ContainsFunc(nb.script.blocks, func(b block) bool { return b.Start < cell.End && b.End > cell.Start })
}

// CommentMark is what the line of a script has in front of its Python at an offset, "" where that
// is nothing.
func (nb *Notebook) CommentMark(at ast.Pos) string {
	if b := nb.blockAt(int(at)); b != nil && at < b.End {
		return b.prefix
	}
	return ""
}

// blockAt is the run of lines behind comment marks that an offset is in or at the edge of.
func (nb *Notebook) blockAt(at int) *block {
	if nb.script == nil {
		return nil
	}
	for i := range nb.script.blocks {
		if b := &nb.script.blocks[i]; int(b.Start) <= at && at <= int(b.End) {
			return b
		}
	}
	return nil
}

// scriptEdits gives edits of a cell's source as edits of the text.
func (nb *Notebook) scriptEdits(c *Cell, edits []CellEdit) ([]RawEdit, error) {
	raw := make([]RawEdit, 0, len(edits))
	for _, e := range edits {
		if c.Code() {
			raw = append(raw, RawEdit{int(c.span.Start) + e.Start, int(c.span.Start) + e.End, []byte(e.New)})
			continue
		}
		start, ok1 := c.place(e.Start, false)
		end, ok2 := c.place(e.End, e.End > e.Start)
		if !ok1 || !ok2 {
			return nil, errors.New("the edit is outside of the cell")
		}
		raw = append(raw, RawEdit{start, end, []byte(strings.ReplaceAll(e.New, "\n", "\n"+c.prefix))})
	}
	return raw, nil
}

// place finds an offset of the source of a cell that is no code in the file. Between two lines it
// is the start of the second, or with end the end of the first.
func (c *Cell) place(at int, end bool) (file int, ok bool) {
	for i, p := range c.pieces {
		last := i == len(c.pieces)-1
		if at >= p.text && (at < p.text+p.n || at == p.text+p.n && (end || last)) {
			return p.file + at - p.text, true
		}
	}
	return 0, false
}

// keepsOthers makes sure that a script's new text has all commands that no edit touches.
func (nb *Notebook) keepsOthers(text []byte, edits []RawEdit) error {
	var after []Command
	if changed, ok := ParseScript(ast.NewText(nb.Path, text)); ok {
		after = changed.commands
	}
	for i := range nb.commands {
		before := &nb.commands[i]
		if touched(before.Span, edits) {
			continue
		}
		n := 0
		for n < len(after) && !sameCommand(before, &after[n]) {
			n++
		}
		if n == len(after) {
			return fmt.Errorf("the edit changes the command in line %d", nb.source.Line(before.Span.Start))
		}
		after = after[n+1:]
	}
	return nil
}

// touched reports whether an edit changes a byte of the span, or inserts inside of it.
func touched(span ast.Span, edits []RawEdit) bool {
	for _, e := range edits {
		if e.Start < int(span.End) && e.End > int(span.Start) {
			return true
		}
	}
	return false
}
