package notebook

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Script tells how a Python file says that it is a notebook.
type Script uint8

// The forms of scripts.
const (
	// Percent is Jupytext's py:percent with its header: cells behind # %%, commands in comments.
	Percent Script = iota + 1
	// Databricks is a source file of Databricks: cells between # COMMAND ----------, commands and
	// other languages behind # MAGIC.
	Databricks
	// Colab is what Colab exports: shell lines as they are, magics commented out, Markdown in strings.
	Colab
	// Cells is a file with # %% marks, as Visual Studio Code and Spyder run it, or Jupytext's
	// hydrogen, in which commands stand as they are.
	Cells
	// Light is Jupytext's py:light with its header: cells between # + and # -, or paragraphs; Markdown in
	// paragraphs of comments, commands in comments.
	Light
)

// String names the form.
func (s Script) String() string {
	return [...]string{"", "py:percent", "Databricks source", "Colab export", "cells", "py:light"}[min(int(s), 5)]
}

// script is what a Notebook knows of the Python file that it is.
type script struct {
	file   *ast.Source // as it is written
	blocks []block
}

// block is a run of lines that each begin with the same comment mark, which is blank in the module.
type block struct {
	ast.Span
	prefix string
	first  int  // where its first line of code begins
	opened bool // a with statement stands for the command there
}

// ParseScript reads a Python file as a notebook; ok is false for files that are none. A file with
// # %% marks but without Jupytext's header is one only if it holds a line that is a command of
// IPython and no Python.
//
// The module is the file's text, with what is not Python blanked at equal length: shell lines,
// magics, and the comment marks in front of them. So all its offsets, and those of RawEdit, are
// offsets of the file's decoded text, and Position tells places of the file, in cell 0. All cells
// have a span in it. Markdown keeps its comment marks in the module and has none in Cell.Source.
func ParseScript(source *ast.Source) (nb *Notebook, ok bool) {
	form, commented, said := formOf(source.Text)
	if form == 0 {
		return nil, false
	}
	r := scriptReader{form: form, text: source.Text, commented: commented, buf: bytes.Clone(source.Text)}
	r.nb = &Notebook{Path: source.Path, Language: "python", Script: form, data: source.Text, script: &script{file: source}}
	r.read()
	if !said && !slices.ContainsFunc(r.nb.commands, func(c Command) bool { return c.Kind != Help }) {
		return nil, false
	}
	r.nb.blanks = merged(r.nb.blanks)
	r.nb.source = source
	if !bytes.Equal(r.buf, source.Text) {
		r.nb.source = ast.NewText(source.Path, r.buf)
		r.nb.source.Encoding, r.nb.source.BOM, r.nb.source.Guessed = source.Encoding, source.BOM, source.Guessed
	}
	return r.nb, true
}

// formOf tells by its head, or by its marks, what form of script a text is; commented is set
// where commands are written as comments, said where the head tells the form.
func formOf(text []byte) (form Script, commented, said bool) {
	head := text[:min(len(text), 8<<10)]
	if rest, ok := bytes.CutPrefix(head, []byte("# Databricks notebook source")); ok && len(bytes.TrimLeft(firstLine(rest), " \t")) == 0 {
		return Databricks, true, true
	}
	if form, commented := jupytext(head); form != 0 {
		return form, commented, true
	}
	if colab(head) {
		return Colab, true, true
	}
	for i := 0; i < len(text); {
		j := bytes.Index(text[i:], []byte("%%"))
		if j < 0 {
			break
		}
		start := bytes.LastIndexByte(text[:i+j], '\n') + 1
		if _, ok := percentMark(firstLine(text[start:])); ok {
			return Cells, false, false
		}
		i += j + 2
	}
	return 0, false, false
}

func firstLine(text []byte) []byte {
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		return text[:i]
	}
	return text
}

// jupytext reads the header of a script of Jupytext: YAML in comments between two # ---.
func jupytext(head []byte) (form Script, commented bool) {
	const fence = "# ---"
	i := bytes.Index(head, []byte(fence))
	if i < 0 || i > 0 && head[i-1] != '\n' {
		return 0, false
	}
	for line := range bytes.Lines(head[:i]) {
		if len(bytes.TrimSpace(line)) > 0 && line[0] != '#' {
			return 0, false
		}
	}
	header := head[i+len(fence):]
	if end := bytes.Index(header, []byte("\n"+fence)); end >= 0 {
		header = header[:end]
	}
	known, format, literal := false, "", false
	for line := range bytes.Lines(header) {
		key, value, _ := strings.Cut(strings.Trim(string(line), "# \t\r\n"), ":")
		switch value = strings.TrimSpace(value); key {
		case "jupytext":
			known = true
		case "format_name":
			format = value
		case "comment_magics":
			literal = value == "false"
		}
	}
	switch {
	case !known || format != "percent" && format != "hydrogen" && format != "light":
		return 0, false
	case format == "light":
		return Light, !literal
	case format == "hydrogen" || literal:
		return Cells, false
	}
	return Percent, true
}

// colab reports whether the text opens with the docstring that Colab writes into its exports.
func colab(head []byte) bool {
	i := bytes.Index(head, []byte(`"""`))
	if i < 0 {
		return false
	}
	for line := range bytes.Lines(head[:i]) {
		if len(bytes.TrimSpace(line)) > 0 && line[0] != '#' {
			return false
		}
	}
	doc := head[i+3:]
	if end := bytes.Index(doc, []byte(`"""`)); end >= 0 {
		doc = doc[:end]
	}
	return bytes.Contains(doc, []byte("Automatically generated by Colab"))
}

// percentMark reads a line that begins a cell, # %% and what else it says; # %%time is none.
func percentMark(line []byte) (rest string, ok bool) {
	line, ok = bytes.CutPrefix(line, []byte("#"))
	if !ok {
		return "", false
	}
	line, ok = bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte("%%"))
	if !ok || len(line) > 0 && line[0] != ' ' && line[0] != '\t' && line[0] != '%' {
		return "", false
	}
	return string(line), true
}

// databricksMark is the line between two cells of Databricks.
func databricksMark(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("# COMMAND ---"))
	return ok && len(bytes.Trim(rest, "- \t")) == 0
}

// scriptReader finds the cells of a script and blanks what is not Python.
type scriptReader struct {
	nb        *Notebook
	form      Script
	commented bool
	text      []byte // as it is written
	buf       []byte // the module's
	lines     []scriptLine
}

// scriptLine is a logical line of a script.
type scriptLine struct {
	start, end int // from the start of its first line to the start of the next
	kind       lineKind
}

type lineKind uint8

const (
	blankLine lineKind = iota
	commentLine
	codeLine
	commandLine
)

func (r *scriptReader) read() {
	r.split()
	for i := 0; i < len(r.lines); {
		i = r.cell(i)
	}
}

// mark reports whether a line begins a cell of its own, and reads what it says.
func (r *scriptReader) mark(l scriptLine) (rest string, ok bool) {
	if l.kind != commentLine {
		return "", false
	}
	line := firstLine(r.text[l.start:l.end])
	if r.form == Databricks {
		return "", l.start == 0 || databricksMark(line)
	}
	switch r.form {
	case Colab:
		return "", false
	case Light:
		return lightMark(line)
	}
	return percentMark(line)
}

// lightEnd is what lightMark says of a line that ends a cell.
const lightEnd = "-"

// lightMark reads a line of py:light that begins a cell, `# +` and what else it says, or ends one, `# -`.
func lightMark(line []byte) (rest string, ok bool) {
	if bytes.Equal(bytes.TrimRight(line, " \t"), []byte("# -")) {
		return lightEnd, true
	}
	line, ok = bytes.CutPrefix(line, []byte("# +"))
	if !ok || len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
		return "", false
	}
	return string(line), true
}

// lightCell is the index after the last line of the cell that begins with the i-th in text of py:light without
// marks, and what a mark would say of it.
func (r *scriptReader) lightCell(i int) (end int, says string) {
	for j := i; j < len(r.lines); j++ {
		if _, ok := r.mark(r.lines[j]); ok {
			return j, ""
		}
		if end := r.lightProse(j); end > 0 && j == i {
			return end, "[markdown]"
		} else if end > 0 {
			return j, ""
		}
	}
	return len(r.lines), ""
}

// lightProse is the index after the paragraph of comments that begins with the i-th line, where it is Markdown
// of py:light: no command in a comment, nor the file's header. It is 0 for others.
func (r *scriptReader) lightProse(i int) int {
	if i > 0 && r.lines[i-1].kind >= commentLine {
		if _, marks := r.mark(r.lines[i-1]); !marks {
			return 0
		}
	}
	if r.lines[i].kind != commentLine || bytes.HasPrefix(r.text[r.lines[i].start:], []byte("# ---")) || hidesCommand(r.afterMark(r.lines[i])) {
		return 0
	}
	j := i
	for j < len(r.lines) && r.lines[j].kind == commentLine {
		if _, marks := r.mark(r.lines[j]); marks {
			break
		}
		j++
	}
	if j == i || j < len(r.lines) && r.lines[j].kind > commentLine {
		return 0
	}
	return j
}

// split finds the logical lines. A statement that nothing ends is taken line by line, so that the
// cells below it are still found.
func (r *scriptReader) split() {
	l := lexer{text: r.text}
	broken := false
	top := true // nothing but comments since the mark
	for i := 0; i < len(l.text); {
		line := scriptLine{start: i}
		first := l.indentation(i)
		end := l.lineEnd(first)
		switch {
		case first == end:
		case l.text[first] == '#':
			line.kind = commentLine
		case strings.IndexByte("%!?", l.text[first]) >= 0:
			line.kind = commandLine
			end = l.continuedEnd(first)
			if top && bytes.HasPrefix(l.text[first:], []byte("%%")) && !wrappers[l.word(first+2)] {
				end = r.beforeMark(end)
			}
		case !broken:
			line.kind = codeLine
			if logical := l.logical(first); logical.finished {
				end = logical.end
				if logical.escape >= 0 {
					end = l.continuedEnd(logical.escape)
				}
			} else {
				broken = true
			}
		default:
			line.kind = codeLine
		}
		line.end = l.nextLine(end)
		if line.end == i { // a byte that ends no line, at the text's end
			line.end = len(l.text)
		}
		_, marks := r.mark(line)
		top = marks || top && line.kind <= commentLine
		r.lines = append(r.lines, line)
		i = line.end
	}
}

// beforeMark is the end of the last line before the next mark.
func (r *scriptReader) beforeMark(from int) int {
	l := lexer{text: r.text}
	for i := l.nextLine(from); i < len(r.text); {
		end := l.lineEnd(i)
		if _, ok := r.mark(scriptLine{start: i, end: end, kind: commentLine}); ok {
			return from
		}
		from, i = end, l.nextLine(end)
	}
	return len(r.text)
}

// cell reads the cell that begins with the i-th line, or with the mark there, and returns where
// the next begins.
func (r *scriptReader) cell(i int) int {
	says, marked := r.mark(r.lines[i])
	if marked {
		i++
	}
	var j int
	if r.form == Light && (!marked || says == lightEnd) {
		j, says = r.lightCell(i)
	} else {
		j = r.cellEnd(i)
	}
	c := Cell{Number: len(r.nb.Cells) + 1, Type: "code", span: ast.Span{Start: ast.Pos(len(r.text)), End: ast.Pos(len(r.text))}}
	if i < len(r.lines) {
		c.span.Start, c.span.End = ast.Pos(r.lines[i].start), ast.Pos(r.lines[i].start)
	}
	if j > i {
		c.span.End = ast.Pos(r.lines[j-1].end)
	}
	r.fill(&c, r.lines[i:j], says)
	return j
}

// cellEnd is the index after the last line of the cell that begins with the i-th.
func (r *scriptReader) cellEnd(i int) int {
	if r.form == Colab && i < len(r.lines) {
		if r.prose(r.lines[i]) {
			return i + 1
		}
		if end := r.hiddenCell(i); end > 0 {
			return end
		}
	}
	for j := i; j < len(r.lines); j++ {
		if _, ok := r.mark(r.lines[j]); ok || r.form == Colab && (r.prose(r.lines[j]) || r.hiddenCell(j) > 0) {
			return j
		}
	}
	return len(r.lines)
}

// fill reads a cell's lines.
func (r *scriptReader) fill(c *Cell, lines []scriptLine, says string) {
	var h hidden
	switch {
	case r.form == Databricks:
		if n := r.markdownMagic(lines); n >= 0 {
			r.prosaic(c, "markdown", lines[n:], "# MAGIC")
			return
		}
		h = r.magicLines(lines)
	case r.form == Colab && len(lines) == 1 && r.prose(lines[0]):
		r.prosaic(c, "markdown", lines, "")
		return
	case r.form == Colab:
		h = r.colabLines(lines)
	case strings.Contains(says, "[markdown]"), strings.Contains(says, "[md]"):
		r.prosaic(c, "markdown", lines, "#")
		return
	case strings.Contains(says, "[raw]"):
		r.prosaic(c, "raw", lines, "#")
		return
	case r.commented:
		c.Language = strings.ToLower(attribute(says, "language"))
		h = r.percentLines(c, lines)
	}
	r.code(c, h, attribute(says, "magic_args"))
}

// attribute is the value of name="value" in what a mark says.
func attribute(says, name string) string {
	_, rest, ok := strings.Cut(says, name+`="`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// hidden are the comment marks in front of commands.
type hidden struct {
	singles []int   // where the mark of a command of its own is
	blocks  []block // runs of lines
}

// commentMark is what Jupytext and Colab put in front of a command.
const commentMark = "# "

// afterMark is the line of a comment after its mark, white space in front taken away.
func (r *scriptReader) afterMark(l scriptLine) string {
	text := strings.TrimLeft(string(firstLine(r.text[l.start:l.end])), " \t")
	text, ok := strings.CutPrefix(text, commentMark)
	if !ok || l.kind != commentLine {
		return ""
	}
	return strings.TrimLeft(text, " \t")
}

// magicName is the name of the magic that a line begins with behind the given number of %, or "".
func magicName(line, percents string) string {
	rest, ok := strings.CutPrefix(line, percents)
	if !ok || rest == "" || !isLetter(rest[0]) {
		return ""
	}
	l := lexer{text: []byte(rest)}
	return l.word(0)
}

// hidesCommand reports whether a comment of Jupytext is a command, as Jupytext decides. It takes
// words such as ls for commands, too; in prose they are words.
func hidesCommand(line string) bool {
	if magicName(line, "%") != "" || magicName(line, "%%") != "" {
		return true
	}
	if rest, ok := strings.CutPrefix(line, "!"); ok {
		rest = strings.TrimLeft(rest, " \t")
		return rest != "" && (isLetter(rest[0]) || strings.IndexByte(`.~$\/{}`, rest[0]) >= 0)
	}
	name, value, ok := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	l := lexer{text: []byte(name)}
	if !ok || name == "" || isDigit(name[0]) || l.word(0) != name {
		return false
	}
	rest, shell := strings.CutPrefix(value, "!")
	return magicName(value, "%") != "" || shell && rest != "" && isLetter(rest[0])
}

// single unveils a command behind a comment mark, with the lines that continue it.
func (r *scriptReader) single(h *hidden, lines []scriptLine, i int) {
	for first := true; i < len(lines); i++ {
		p := lines[i].start
		for r.text[p] == ' ' || r.text[p] == '\t' {
			p++
		}
		if !bytes.HasPrefix(r.text[p:], []byte(commentMark)) {
			return
		}
		if first {
			h.singles = append(h.singles, p)
		}
		first = false
		r.blank(p, p+len(commentMark))
		if line := bytes.TrimRight(firstLine(r.text[lines[i].start:lines[i].end]), " \t"); !bytes.HasSuffix(line, []byte(`\`)) {
			return
		}
	}
}

func (r *scriptReader) blank(from, to int) {
	for i := from; i < to; i++ {
		r.buf[i] = ' '
	}
}

// unveil blanks the comment marks of a run of lines.
func (r *scriptReader) unveil(h *hidden, lines []scriptLine, prefix string) {
	if len(lines) == 0 {
		return
	}
	b := block{Span: ast.Span{Start: ast.Pos(lines[0].start), End: ast.Pos(lines[len(lines)-1].end)}, prefix: prefix}
	for _, l := range lines {
		n := len(prefix)
		if !bytes.HasPrefix(r.text[l.start:l.end], []byte(prefix)) {
			n = min(len(strings.TrimRight(prefix, " ")), len(firstLine(r.text[l.start:l.end])))
		}
		r.blank(l.start, l.start+n)
	}
	h.blocks = append(h.blocks, b)
}

const (
	magicPrefix = "# MAGIC"
	titlePrefix = "# DBTITLE"
)

// markdownMagic is the index of the line that makes a cell of Databricks Markdown, or -1.
func (r *scriptReader) markdownMagic(lines []scriptLine) int {
	for i, l := range lines {
		line := firstLine(r.text[l.start:l.end])
		switch {
		case len(bytes.TrimSpace(line)) == 0, bytes.HasPrefix(line, []byte(titlePrefix)):
			continue
		case bytes.HasPrefix(line, []byte(magicPrefix+" %md")):
			return i
		}
		return -1
	}
	return -1
}

// magicLines unveils the runs of # MAGIC lines.
func (r *scriptReader) magicLines(lines []scriptLine) (h hidden) {
	for i := 0; i < len(lines); i++ {
		j := i
		for j < len(lines) && lines[j].kind == commentLine && bytes.HasPrefix(r.text[lines[j].start:lines[j].end], []byte(magicPrefix)) {
			j++
		}
		r.unveil(&h, lines[i:j], magicPrefix+" ")
		i = max(i, j-1)
	}
	return h
}

// percentLines unveils the commands of a cell of Jupytext, the whole cell where it is in another
// language.
func (r *scriptReader) percentLines(c *Cell, lines []scriptLine) (h hidden) {
	first := 0
	for first < len(lines) && lines[first].kind == blankLine {
		first++
	}
	whole := c.Language != ""
	if first < len(lines) {
		name := magicName(r.afterMark(lines[first]), "%%")
		whole = whole || name != "" && !wrappers[name]
	}
	if whole && !slices.ContainsFunc(lines, func(l scriptLine) bool { return l.kind > commentLine }) {
		last := len(lines)
		for last > first && lines[last-1].kind == blankLine {
			last--
		}
		r.unveil(&h, lines[first:last], commentMark)
		return h
	}
	for i, l := range lines {
		if hidesCommand(r.afterMark(l)) {
			r.single(&h, lines, i)
		}
	}
	return h
}

// colabNotice is what Colab writes above a cell in which it commented out magics.
const colabNotice = "Commented out IPython magic to ensure Python compatibility."

// hiddenCell is the index after the cell that Colab commented out as a whole, when the i-th line
// begins one, else 0.
func (r *scriptReader) hiddenCell(i int) int {
	if r.afterMark(r.lines[i]) != colabNotice || i+1 == len(r.lines) || magicName(r.afterMark(r.lines[i+1]), "%%") == "" {
		return 0
	}
	for i < len(r.lines) && r.lines[i].kind == commentLine {
		i++
	}
	return i
}

// colabLines unveils what Colab commented out. Where a cell ends it does not say: the magics that
// are taken for such are the first behind the notice and those of its paragraph.
func (r *scriptReader) colabLines(lines []scriptLine) (h hidden) {
	for i := 0; i < len(lines); i++ {
		if r.afterMark(lines[i]) != colabNotice {
			continue
		}
		if i == 0 && len(lines) > 1 && magicName(r.afterMark(lines[1]), "%%") != "" {
			r.unveil(&h, lines[1:], commentMark)
			return h
		}
		found := false
		for j := i + 1; j < len(lines) && r.afterMark(lines[j]) != colabNotice && (!found || lines[j].kind != blankLine); j++ {
			if magicName(r.afterMark(lines[j]), "%") != "" {
				found = true
				r.single(&h, lines, j)
			}
		}
	}
	return h
}

// prose reports whether a line is Markdown in a string, as Colab writes it.
func (r *scriptReader) prose(l scriptLine) bool {
	text := bytes.TrimSpace(r.text[l.start:l.end])
	return l.kind == codeLine && len(text) >= 6 && r.text[l.start] == '"' &&
		bytes.HasPrefix(text, []byte(`"""`)) && bytes.HasSuffix(text, []byte(`"""`)) && bytes.Count(text, []byte(`"""`)) == 2
}

// piece is a stretch of a cell's source with its place in the file.
type piece struct{ text, file, n int }

// prosaic reads a cell that is no code: comments behind a mark, or a string.
func (r *scriptReader) prosaic(c *Cell, kind string, lines []scriptLine, mark string) {
	c.Type = kind
	var source []byte
	add := func(from, to int) {
		c.pieces = append(c.pieces, piece{len(source), from, to - from})
		source = append(source, r.text[from:to]...)
	}
	c.prefix = mark + " "
	for i, l := range lines {
		switch line := r.text[l.start:l.end]; {
		case r.prose(l):
			c.prefix = ""
			add(l.start+3, l.start+bytes.LastIndex(line, []byte(`"""`)))
		case l.kind != commentLine || mark == "" || !bytes.HasPrefix(line, []byte(mark)):
			add(l.start, l.end)
		default:
			at := l.start + len(mark)
			if at < l.end && r.text[at] == ' ' {
				at++
			}
			if i == 0 && bytes.HasPrefix(r.text[at:], []byte("%md")) {
				at += len("%md")
				for at < l.end && strings.IndexByte(" \t\r\n", r.text[at]) < 0 {
					at++
				}
				for at < l.end && (r.text[at] == ' ' || r.text[at] == '\t') {
					at++
				}
			}
			add(at, l.end)
		}
	}
	c.Source = string(source)
	r.nb.Cells = append(r.nb.Cells, *c)
}

// code blanks what is not Python in a cell whose hidden commands are unveiled.
func (r *scriptReader) code(c *Cell, h hidden, args string) {
	nb := r.nb
	c.Source = string(r.buf[c.span.Start:c.span.End])
	nb.code = append(nb.code, len(nb.Cells))
	nb.Cells = append(nb.Cells, *c)
	c = &nb.Cells[len(nb.Cells)-1]
	commands := len(nb.commands)
	if c.Language != "" && python(c.Language) != "python" {
		nb.commands = append(nb.commands, Command{
			Kind: CellMagic, Name: c.Language, Args: args, ArgsSpan: ast.Span{Start: c.span.Start, End: c.span.Start},
			Body: c.Source, BodySpan: c.span, Cell: c.Number, Span: c.span,
		})
		m := masker{nb: nb, cell: c, lexer: lexer{text: r.buf[c.span.Start:c.span.End:c.span.End]}, base: c.span.Start}
		m.blank(0, len(m.text))
		return
	}
	nb.mask(c, r.buf)
	for _, p := range h.singles {
		r.settleSingle(p, commands)
	}
	for _, b := range h.blocks {
		r.settleBlock(b, commands)
	}
}

// settleSingle puts a statement into the place of a command's comment mark, which keeps what
// follows on the line at its place.
func (r *scriptReader) settleSingle(p, commands int) {
	end := p + len(firstLine(r.buf[p:]))
	found := slices.ContainsFunc(r.nb.commands[commands:], func(c Command) bool { return int(c.Span.Start) > p && int(c.Span.Start) < end })
	switch {
	case !found:
		copy(r.buf[p:end], r.text[p:end])
	case len(bytes.TrimSpace(r.buf[p:end])) == 0:
		r.buf[p] = '#' // a cell in another language begins
	default:
		copy(r.buf[p:], "_;")
		r.nb.blanks = append(r.nb.blanks, blank{Span: ast.Span{Start: ast.Pos(p), End: ast.Pos(p + len(commentMark))}})
	}
}

// opening makes a block of indented lines of what stood behind comment marks.
const opening = "with _:"

// settleBlock makes Python of a run of lines whose comment marks are blank: lines with commands
// begin with a statement, and Python between them becomes the body of a with statement in the place
// of the first command. Where neither can be, the run stays comments.
func (r *scriptReader) settleBlock(b block, commands int) {
	first, python, opens := -1, false, false
	var places []int
	for i := int(b.Start); i < int(b.End); {
		line := firstLine(r.buf[i:b.End])
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' {
			placeholder := len(text) == 1 && text[0] == '_'
			if first < 0 {
				first, opens = i, placeholder && len(line) >= len(opening)
			}
			if placeholder {
				places = append(places, i)
			}
			python = python || !placeholder
		}
		l := lexer{text: r.buf[:b.End]}
		i = l.nextLine(i + len(line))
	}
	switch {
	case python && !opens:
		copy(r.buf[b.Start:b.End], r.text[b.Start:b.End])
		within := func(s ast.Span) bool { return b.Contains(s) }
		r.nb.commands = slices.Concat(r.nb.commands[:commands], slices.DeleteFunc(slices.Clone(r.nb.commands[commands:]), func(c Command) bool { return within(c.Span) }))
		r.nb.blanks = slices.DeleteFunc(r.nb.blanks, func(b blank) bool { return within(b.Span) })
		return
	case python:
		end := first + len(firstLine(r.buf[first:b.End]))
		r.blank(first, end)
		copy(r.buf[first:], opening)
		for i := range r.nb.commands[commands:] {
			if c := &r.nb.commands[commands+i]; int(c.Span.Start) > first && int(c.Span.Start) < end {
				c.Span.Start = ast.Pos(first)
			}
		}
		r.nb.blanks = append(r.nb.blanks, blank{Span: ast.Span{Start: ast.Pos(first), End: ast.Pos(end)}})
	default:
		for _, p := range places {
			copy(r.buf[p:], "_;")
			r.nb.blanks = append(r.nb.blanks, blank{Span: ast.Span{Start: ast.Pos(p), End: ast.Pos(p + len(commentMark))}})
		}
	}
	b.first, b.opened = max(first, int(b.Start)), python
	r.nb.script.blocks = append(r.nb.script.blocks, b)
}
