package notebook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Change is what is to be written back: any number of edits, which must not overlap and are
// made together or not at all.
type Change struct {
	// Code are edits of the module's text. Each stays within one code cell and does not
	// touch what is blanked there.
	Code []ast.Edit
	// Commands are edits of shell lines and magics, in offsets of the module's text. Each
	// stays within the Span of one command.
	Commands []ast.Edit
	// Cells are edits of the source of any cell, markdown cells included.
	Cells []CellEdit
	// Raw are edits of the file's bytes outside of the sources.
	Raw []RawEdit
}

// CellEdit replaces the bytes [Start, End) of a cell's Source by New.
type CellEdit struct {
	Cell       int // the cell's number, from 1
	Start, End int
	New        string
}

// RawEdit replaces the bytes [Start, End) of the notebook's file by New, which must leave
// it JSON. ClearOutputs and its neighbours make raw edits. In a script they are of its decoded text.
type RawEdit struct {
	Start, End int
	New        []byte
}

// Apply makes edits of the module's text (offsets of Source().Text) and returns the
// notebook's new file. Every byte that the edits do not concern is as it was: of an edited
// cell only the lines that change are written anew, with the file's own indentation and
// spelling of characters.
//
// Whole lines that are inserted before the line of a cell magic such as %%time come after
// it, where they mean the same. An edit outside of the text, across two cells, over text that
// is not Python, or within a character is an error, and so are edits that overlap; nothing
// is changed then. The notebook itself never changes; parse the result to go on.
func (nb *Notebook) Apply(edits []ast.Edit) ([]byte, error) {
	return nb.ApplyChange(Change{Code: edits})
}

// ApplyChange is Apply for all kinds of edits. It also fails when raw edits leave a file that
// is no notebook.
func (nb *Notebook) ApplyChange(ch Change) ([]byte, error) {
	out, err := nb.applyChange(ch)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nb.Path, err)
	}
	return out, nil
}

func (nb *Notebook) applyChange(ch Change) ([]byte, error) {
	if nb.Script > 0 {
		return nb.applyScript(ch)
	}
	cells := slices.Clone(ch.Cells)
	for _, e := range ch.Commands {
		edit, err := nb.commandEdit(e)
		if err != nil {
			return nil, err
		}
		cells = append(cells, edit)
	}
	free := map[int]bool{}
	for _, e := range cells {
		free[e.Cell] = true
	}
	for _, e := range ch.Code {
		edit, err := nb.codeEdit(e)
		if err != nil {
			return nil, err
		}
		cells = append(cells, edit)
	}
	raw, err := nb.sourceEdits(cells, free)
	if err != nil {
		return nil, err
	}
	raw = append(raw, ch.Raw...)
	out, err := splice(nb.data, raw)
	if err != nil {
		return nil, err
	}
	if len(ch.Raw) > 0 {
		if _, err := parse(nb.Path, out); err != nil {
			return nil, fmt.Errorf("the raw edits leave no notebook: %s", err.Msg)
		}
	}
	return out, nil
}

// codeEdit checks an edit of the module and gives it in offsets of its cell.
func (nb *Notebook) codeEdit(e ast.Edit) (CellEdit, error) {
	c := nb.CellAt(e.Start)
	switch {
	case c == nil || e.End < e.Start:
		return CellEdit{}, fmt.Errorf("the edit at %d to %d is outside of the notebook's code", e.Start, e.End)
	case e.End > c.span.End:
		return CellEdit{}, fmt.Errorf("the edit at %d to %d goes beyond cell %d", e.Start, e.End, c.Number)
	}
	if b := nb.blankIn(e.Span); b != nil || e.Len() == 0 {
		if e.Len() == 0 && nb.header(c, e) != nil {
			e = nb.behind(nb.header(c, e), c, e)
		} else if b != nil {
			_, p := nb.Position(b.Start)
			return CellEdit{}, fmt.Errorf("the edit touches text that is not Python: cell %d, line %d", c.Number, p.Line)
		}
	}
	return CellEdit{Cell: c.Number, Start: int(e.Start - c.span.Start), End: int(e.End - c.span.Start), New: e.New}, nil
}

// header returns the cell magic's line that whole lines inserted by e would push away from
// the cell's top.
func (nb *Notebook) header(c *Cell, e ast.Edit) *blank {
	at := int(e.Start - c.span.Start)
	if !strings.HasSuffix(e.New, "\n") || at > 0 && c.Source[at-1] != '\n' {
		return nil
	}
	for i := nb.firstBlank(c.span.Start); i < len(nb.blanks) && nb.blanks[i].Start <= e.Start; i++ {
		if nb.blanks[i].header && e.Start < nb.blanks[i].End {
			return &nb.blanks[i]
		}
	}
	return nil
}

// behind moves an insertion from before a cell magic's line to after it.
func (nb *Notebook) behind(b *blank, c *Cell, e ast.Edit) ast.Edit {
	rest := c.Source[b.End-c.span.Start:]
	at := c.span.End
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		at = b.End + ast.Pos(i+1)
	} else {
		e.New = "\n" + strings.TrimSuffix(e.New, "\n")
	}
	e.Span = ast.Span{Start: at, End: at}
	return e
}

// commandEdit checks an edit of a command and gives it in offsets of its cell.
func (nb *Notebook) commandEdit(e ast.Edit) (CellEdit, error) {
	for i := range nb.commands {
		if cmd := &nb.commands[i]; e.Start <= e.End && cmd.Span.Contains(e.Span) {
			start := nb.Cells[cmd.Cell-1].span.Start
			return CellEdit{Cell: cmd.Cell, Start: int(e.Start - start), End: int(e.End - start), New: e.New}, nil
		}
	}
	return CellEdit{}, fmt.Errorf("the edit at %d to %d is not within one command", e.Start, e.End)
}

// EditSource turns edits of cells' sources into edits of the file's bytes, for what is no code of
// the module: markdown and raw cells, and cells as a whole. The edits must not overlap.
func (nb *Notebook) EditSource(edits ...CellEdit) ([]RawEdit, error) {
	free := map[int]bool{}
	for _, e := range edits {
		free[e.Cell] = true
	}
	return nb.sourceEdits(slices.Clone(edits), free)
}

// sourceEdits turns edits of cells' sources into edits of the file. In cells that are not
// free, all commands have to stay what they are.
func (nb *Notebook) sourceEdits(edits []CellEdit, free map[int]bool) ([]RawEdit, error) {
	slices.SortStableFunc(edits, func(a, b CellEdit) int {
		if a.Cell != b.Cell {
			return a.Cell - b.Cell
		}
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	var raw []RawEdit
	for len(edits) > 0 {
		n := 1
		for n < len(edits) && edits[n].Cell == edits[0].Cell {
			n++
		}
		c := nb.Cell(edits[0].Cell)
		if c == nil {
			return nil, fmt.Errorf("there is no cell %d", edits[0].Cell)
		}
		edit, err := nb.cellSource(c, edits[:n])
		if err == nil && !free[c.Number] && nb.Script == 0 {
			err = nb.keepsCommands(c, edits[:n])
		}
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", c.Number, err)
		}
		raw = append(raw, edit...)
		edits = edits[n:]
	}
	return raw, nil
}

// cellSource writes the source of one cell anew.
func (nb *Notebook) cellSource(c *Cell, edits []CellEdit) ([]RawEdit, error) {
	end := 0
	for _, e := range edits {
		if e.Start < end || e.End < e.Start || e.End > len(c.Source) {
			return nil, fmt.Errorf("the edit at %d to %d overlaps another one or is outside of the source", e.Start, e.End)
		}
		end = e.End
	}
	if nb.Script > 0 {
		return nb.scriptEdits(c, edits)
	}
	switch c.source.Kind() {
	case String:
		return nb.editString(c.source, edits)
	case Array:
		return nb.editList(c.source, edits)
	}
	return nil, errors.New("the cell has no source in the file")
}

// keepsCommands makes sure that edits of the Python in a cell leave its shell lines and
// magics alone: `x; ` before a `!ls` would make it a syntax error.
func (nb *Notebook) keepsCommands(c *Cell, edits []CellEdit) error {
	before, after := nb.masked(c, c.Source), nb.masked(c, edited(c.Source, edits))
	i := 0
	for _, cmd := range after.commands {
		if i < len(before.commands) && sameCommand(&before.commands[i], &cmd) {
			i++
		}
	}
	if i < len(before.commands) {
		_, p := nb.Position(c.span.Start + before.commands[i].Span.Start)
		return fmt.Errorf("the edit changes the command in line %d", p.Line)
	}
	if len(after.unfinished) > len(before.unfinished) {
		return errors.New("the edit leaves a bracket or string open")
	}
	return nil
}

// masked reads one cell with another source, as a notebook of its own.
func (nb *Notebook) masked(c *Cell, source string) *Notebook {
	one := *c
	one.Source = source
	one.span = ast.Span{Start: 0, End: ast.Pos(len(source))}
	alone := &Notebook{Language: nb.Language}
	alone.mask(&one, []byte(source))
	return alone
}

func sameCommand(a, b *Command) bool {
	if a.Kind != b.Kind || a.Name != b.Name || (a.Target == "") != (b.Target == "") {
		return false
	}
	switch {
	case a.Kind == CellMagic && wrappers[a.Name]:
		return a.Args == b.Args
	case a.Python.Len() > 0:
		return b.Python.Len() > 0
	}
	return a.Args == b.Args && a.Body == b.Body
}

// edited makes edits, which are in order, in a cell's source.
func edited(source string, edits []CellEdit) string {
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(source[at:e.Start])
		b.WriteString(e.New)
		at = e.End
	}
	b.WriteString(source[at:])
	return b.String()
}

// editString edits a source that is kept as one string.
func (nb *Notebook) editString(source Value, edits []CellEdit) ([]RawEdit, error) {
	raw := make([]RawEdit, 0, len(edits))
	cursor := rawCursor{raw: source.content()}
	for _, e := range edits {
		start, ok1 := cursor.to(e.Start)
		stop, ok2 := cursor.to(e.End)
		if !ok1 || !ok2 {
			return nil, errSplit
		}
		base := source.start + 1
		raw = append(raw, RawEdit{base + start, base + stop, nb.style.append(nil, e.New)})
	}
	return raw, nil
}

var errSplit = errors.New("the edit begins or ends within a character")

// rawCursor walks through the inside of a JSON string and maps increasing offsets of its text
// to offsets of the raw bytes.
type rawCursor struct {
	raw       []byte
	off, text int
}

func (c *rawCursor) to(text int) (off int, ok bool) {
	n, ok := rawOffset(c.raw[c.off:], text-c.text)
	if !ok {
		return 0, false
	}
	c.off += n
	c.text = text
	return c.off, true
}

// element is one string of a source that is kept as a list of lines.
type element struct {
	Value
	at, end int // its range in the cell's source
}

// line is a string of the list that is written back.
type line struct {
	raw []byte // the inside of the string
	old int    // the index of the element in whose place it stands, -1 for further lines
}

// editList edits a source that is kept as a list, usually of lines: lines that no edit
// touches stay as they are, new ones are set as the file sets its lists.
func (nb *Notebook) editList(source Value, edits []CellEdit) ([]RawEdit, error) {
	elements := elementsOf(source)
	var lines []line
	next := 0
	for len(edits) > 0 {
		first := elementAt(elements, edits[0].Start)
		for ; next < first; next++ {
			lines = append(lines, line{elements[next].content(), next})
		}
		n, last := cluster(elements, edits)
		rewritten, err := nb.rewrite(elements[first:min(last+1, len(elements))], edits[:n])
		if err != nil {
			return nil, err
		}
		for i, raw := range rewritten {
			old := -1
			if i == 0 {
				old = first
			}
			lines = append(lines, line{raw, old})
		}
		next = max(next, min(last+1, len(elements)))
		edits = edits[n:]
	}
	for ; next < len(elements); next++ {
		lines = append(lines, line{elements[next].content(), next})
	}
	return []RawEdit{nb.writeList(source, elements, lines)}, nil
}

func elementsOf(source Value) []element {
	var elements []element
	at := 0
	for s := range source.strings() {
		n := decodedLen(s.content())
		elements = append(elements, element{s, at, at + n})
		at += n
	}
	return elements
}

// elementAt is the index of the element that holds an offset of the source; at the end of
// the source it is the last element, unless that is a finished line, when it is the one
// after.
func elementAt(elements []element, offset int) int {
	i, _ := slices.BinarySearchFunc(elements, offset, func(e element, offset int) int {
		if e.end <= offset {
			return -1
		}
		return 1
	})
	if i == len(elements) && i > 0 && !elements[i-1].endsLine() {
		i--
	}
	return i
}

// cluster tells how many of the edits concern elements that belong together, and the last of
// these elements.
func cluster(elements []element, edits []CellEdit) (n, last int) {
	last = elementAt(elements, edits[0].Start)
	for n = 0; n < len(edits); n++ {
		e := edits[n]
		if n > 0 && elementAt(elements, e.Start) > last {
			break
		}
		last = max(last, lastTouched(elements, e))
	}
	return n, last
}

// lastTouched is the last element that an edit concerns: the one it ends in, and the one after
// when it takes away the line break between them.
func lastTouched(elements []element, e CellEdit) int {
	if e.Start == e.End {
		return elementAt(elements, e.Start)
	}
	last := elementAt(elements, e.End-1)
	if e.End == elements[last].end && last+1 < len(elements) && elements[last].endsLine() {
		whole := e.Start == elements[elementAt(elements, e.Start)].at && e.New == ""
		if !whole && !strings.HasSuffix(e.New, "\n") {
			last++
		}
	}
	return last
}

// endsLine reports whether the string ends in the escape \n.
func (e element) endsLine() bool {
	raw := e.content()
	slashes := 0
	for i := len(raw) - 2; i >= 0 && raw[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 1 && raw[len(raw)-1] == 'n'
}

// rewrite makes the edits in adjacent elements and returns the strings that take their
// place.
func (nb *Notebook) rewrite(elements []element, edits []CellEdit) ([][]byte, error) {
	var out [][]byte
	var current []byte
	at, i, base := edits[0].Start, 0, 0
	var cursor rawCursor
	if len(elements) > 0 {
		at, base = elements[0].at, elements[0].at
		cursor = rawCursor{raw: elements[0].content()}
	}
	// copyTo moves to an offset of the source, and keeps what is passed if keep is set.
	copyTo := func(offset int, keep bool) bool {
		for at < offset {
			stop := min(offset, elements[i].end)
			from := cursor.off
			to, ok := cursor.to(stop - base)
			if !ok {
				return false
			}
			if keep {
				current = append(current, cursor.raw[from:to]...)
			}
			at = stop
			if at == elements[i].end && i+1 < len(elements) {
				if keep && elements[i].endsLine() {
					out, current = append(out, current), nil
				}
				i++
				base = elements[i].at
				cursor = rawCursor{raw: elements[i].content()}
			}
		}
		return true
	}
	for _, e := range edits {
		if !copyTo(e.Start, true) || !copyTo(e.End, false) {
			return nil, errSplit
		}
		parts := strings.SplitAfter(e.New, "\n")
		for _, part := range parts[:len(parts)-1] {
			out, current = append(out, nb.style.append(current, part)), nil
		}
		current = nb.style.append(current, parts[len(parts)-1])
	}
	if len(elements) > 0 && !copyTo(elements[len(elements)-1].end, true) {
		return nil, errSplit
	}
	if len(current) > 0 {
		out = append(out, current)
	}
	return out, nil
}

// writeList writes the strings of a list with the white space that stood between them.
func (nb *Notebook) writeList(source Value, elements []element, lines []line) RawEdit {
	edit := RawEdit{Start: source.start, End: source.end}
	if len(lines) == 0 {
		edit.New = []byte("[]")
		return edit
	}
	layout := nb.layout(source, elements)
	edit.New = append(edit.New, '[')
	edit.New = append(edit.New, layout.open...)
	for i, l := range lines {
		switch {
		case i == 0:
		case 0 < l.old && l.old < len(elements):
			edit.New = append(edit.New, nb.data[elements[l.old-1].Value.end:elements[l.old].Value.start]...)
		default:
			edit.New = append(edit.New, layout.between...)
		}
		edit.New = append(edit.New, '"')
		edit.New = append(edit.New, l.raw...)
		edit.New = append(edit.New, '"')
	}
	edit.New = append(edit.New, layout.close...)
	edit.New = append(edit.New, ']')
	return edit
}

// listLayout is what stands around the strings of a list.
type listLayout struct{ open, between, close []byte }

// layout finds how a list is set, looking at the lists of other cells where it is too short
// to tell.
func (nb *Notebook) layout(source Value, elements []element) listLayout {
	if len(elements) > 0 {
		own := layoutOf(source, elements)
		if own.between == nil {
			own.between = nb.comma(source)
		}
		return own
	}
	for i := range nb.Cells {
		v := nb.Cells[i].source
		if v.Kind() != Array {
			continue
		}
		if others := elementsOf(v); len(others) > 1 {
			return layoutOf(v, others)
		}
	}
	return nb.guessLayout(source)
}

// comma separates the strings of a list on one line: with a space where colons have one.
func (nb *Notebook) comma(source Value) []byte {
	if bytes.Contains(nb.data[nb.root.start:source.start], []byte(`": `)) {
		return []byte(", ")
	}
	return []byte(",")
}

// guessLayout sets a list as its surroundings suggest: with a line for each string, one step
// further in than the key, where the key has a line of its own.
func (nb *Notebook) guessLayout(source Value) listLayout {
	start := bytes.LastIndexByte(nb.data[:source.start], '\n') + 1
	before := nb.data[start:source.start]
	indent := before[:len(before)-len(bytes.TrimLeft(before, " \t"))]
	if start == 0 || !bytes.HasPrefix(before[len(indent):], []byte(`"`)) {
		return listLayout{between: nb.comma(source)}
	}
	step := nb.indentStep()
	inner := slices.Concat([]byte("\n"), indent, step)
	return listLayout{open: inner, between: slices.Concat([]byte(","), inner), close: slices.Concat([]byte("\n"), indent)}
}

// indentStep is the indentation of the file's first level.
func (nb *Notebook) indentStep() []byte {
	rest := nb.data[nb.root.start+1:]
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		return nil
	}
	rest = rest[i+1:]
	return rest[:len(rest)-len(bytes.TrimLeft(rest, " \t"))]
}

func layoutOf(source Value, elements []element) listLayout {
	l := listLayout{
		open:  source.file[source.start+1 : elements[0].Value.start],
		close: source.file[elements[len(elements)-1].Value.end : source.end-1],
	}
	switch {
	case bytes.IndexByte(l.open, '\n') >= 0:
		l.between = slices.Concat([]byte(","), l.open)
	case len(elements) > 1:
		l.between = source.file[elements[0].Value.end:elements[1].Value.start]
	}
	return l
}

// splice makes edits of bytes in a copy.
func splice(data []byte, edits []RawEdit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b RawEdit) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	size, end := len(data), 0
	for _, e := range edits {
		if e.Start < end || e.End < e.Start || e.End > len(data) {
			return nil, fmt.Errorf("the edit of the bytes %d to %d overlaps another one or is outside of the file", e.Start, e.End)
		}
		size += len(e.New) - (e.End - e.Start)
		end = e.End
	}
	out := make([]byte, 0, size)
	end = 0
	for _, e := range edits {
		out = append(out, data[end:e.Start]...)
		out = append(out, e.New...)
		end = e.End
	}
	return append(out, data[end:]...), nil
}
