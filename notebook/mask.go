package notebook

import (
	"bytes"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// wrappers are cell magics that run the rest of the cell as Python, in the notebook's own
// namespace or (python, python3, pypy) in a process of its own. The cells of all other cell
// magics are taken for another language, as IPython hands them on as text.
var wrappers = set(`time timeit capture prun debug python python3 pypy ipytest memit snakeviz
	pyinstrument scalene heat memray_flamegraph filprofile notify cache px local spark wandb
	opts output add_to manim`)

// runners are line magics whose argument is a Python statement, with the options that take a
// value.
var runners = map[string]string{
	"time":         "",
	"timeit":       "nr",
	"prun":         "lsTD",
	"memit":        "rt",
	"mprun":        "fT",
	"lprun":        "fmTDsuz",
	"snakeviz":     "f",
	"pyinstrument": "",
}

// sections are the marks by which Databricks says on a cell's first line that the whole cell
// is in another language. None of them is a line magic of IPython.
var sections = set("md sh scala r fs")

// automagic are the names that IPython takes for magics without a % when the cell is a single
// line that is not an operation on a variable of that name.
var automagic = set(`pip conda mamba micromamba uv cd ls ll cat cp mv rm mkdir rmdir man more
	less run load load_ext reload_ext unload_ext matplotlib pylab env set_env time timeit prun
	autoreload config history store reset pinfo pdoc psource alias edit macro pycat pushd popd
	sx system pdef psearch`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// masker blanks what is not Python in the text of one cell and notes the commands it
// finds. What IPython takes for a command is decided as IPython.core.inputtransformer2
// decides: at the start of a logical line, and after the first = of one.
type masker struct {
	nb   *Notebook
	cell *Cell
	lexer
	base   ast.Pos // of text within the module
	cutOff bool    // a magic's statement ran to the cell's end; no other one is tried
}

// mask blanks a code cell's part of the module's text.
func (nb *Notebook) mask(c *Cell, module []byte) {
	text := module[c.span.Start:c.span.End:c.span.End]
	m := masker{nb: nb, cell: c, lexer: lexer{text: text}, base: c.span.Start}
	if nb.Language != "python" && python(c.Language) != "python" {
		m.blank(0, len(text))
		return
	}
	start, foreign := m.header()
	switch {
	case foreign:
		return
	case c.Language != "" && python(c.Language) != "python" && !m.commands(start):
		m.blank(start, len(text))
	default:
		if nb.Script == 0 {
			m.prompts(start)
		}
		m.statements(start)
	}
}

// commands reports whether the first code at or after i is a shell line or magic. Visual
// Studio Code marks such cells with the language of what they run.
func (m *masker) commands(i int) bool {
	i = m.firstCode(i)
	return i < len(m.text) && (m.text[i] == '!' || m.text[i] == '%')
}

// header reads the cell magics at the top of the cell. It returns where the Python begins,
// or that there is none.
func (m *masker) header() (start int, foreign bool) {
	for {
		i := m.firstCode(start)
		if i >= len(m.text) || m.text[i] != '%' {
			return start, false
		}
		end := m.lineEnd(i)
		line := bytes.TrimRight(m.text[i:end], " \t")
		if line[len(line)-1] == '?' {
			return start, false
		}
		if !bytes.HasPrefix(line, []byte("%%")) {
			return start, m.section(i, end)
		}
		body := m.nextLine(end)
		cmd := m.command(CellMagic, i+2, i+len(line))
		cmd.Span = m.span(i, len(m.text))
		cmd.Body, cmd.BodySpan = m.cell.Source[body:], m.span(body, len(m.text))
		if !wrappers[cmd.Name] {
			m.add(cmd)
			m.blank(i, len(m.text))
			return 0, true
		}
		cmd.Python = cmd.BodySpan
		m.add(cmd)
		m.blankStatement(i, i+len(line))
		header := &m.nb.blanks[len(m.nb.blanks)-1]
		header.header = true
		header.Start = m.base + ast.Pos(start)
		start = body
	}
}

// section handles the first line of a Databricks cell: %md, or %sql with nothing after it
// (elsewhere a line magic that takes its query on the same line).
func (m *masker) section(i, end int) bool {
	name, rest, _ := strings.Cut(strings.TrimRight(string(m.text[i+1:min(end, i+9)]), " \t"), " ")
	body := m.nextLine(end)
	if !sections[name] && !(name == "sql" && (m.nb.Script == Databricks || rest == "" && m.firstCode(body) < len(m.text))) {
		return false
	}
	cmd := m.command(CellMagic, i+1, end)
	if cmd.Args != "" { // Databricks runs what stands on the line with the rest
		body = int(cmd.ArgsSpan.Start - m.base)
	}
	cmd.Span = m.span(i, len(m.text))
	cmd.Body, cmd.BodySpan = m.cell.Source[body:], m.span(body, len(m.text))
	m.add(cmd)
	m.blank(i, len(m.text))
	return true
}

// firstCode finds the first byte at or after i that is neither white space nor in a comment.
func (m *masker) firstCode(i int) int {
	for i < len(m.text) {
		switch m.text[i] {
		case ' ', '\t', '\f', '\n', '\r':
			i++
		case '#':
			i = m.lineEnd(i)
		default:
			return i
		}
	}
	return i
}

// prompts blanks the >>> and ... of an interactive session that was pasted into a cell, as
// IPython does when the first line has one.
func (m *masker) prompts(start int) {
	i := m.firstCode(start)
	if !bytes.HasPrefix(m.text[i:], []byte(">>>")) {
		return
	}
	for ; i < len(m.text); i = m.nextLine(m.lineEnd(i)) {
		i = m.indentation(i)
		line := m.text[i:m.lineEnd(i)]
		if bytes.HasPrefix(line, []byte(">>>")) || bytes.HasPrefix(line, []byte("...")) {
			m.blank(i, i+3)
		}
	}
}

// statements goes through the logical lines from start.
func (m *masker) statements(start int) {
	if m.nb.Script == 0 && m.automagic(start) {
		return
	}
	for i := start; i < len(m.text); {
		i = m.indentation(i)
		if i == len(m.text) {
			return
		}
		switch c := m.text[i]; c {
		case '\n', '\r':
			i++
		case '%', '!', '?':
			i = m.escaped(i)
		case ',', ';', '/':
			if m.nb.Script > 0 {
				i = m.statement(i)
			} else {
				i = m.escaped(i)
			}
		default:
			i = m.statement(i)
		}
	}
}

// statement reads a logical line that begins like Python and returns where the next begins.
func (m *masker) statement(i int) int {
	line := m.logical(i)
	switch {
	case !line.finished && m.nb.Script > 0:
		return len(m.text) // a syntax error of the file
	case !line.finished:
		m.nb.unfinished = append(m.nb.unfinished, m.span(i, len(m.text)))
		m.blankStatement(i, len(m.text))
		return len(m.text)
	case line.escape >= 0:
		return m.assigned(i, line)
	case line.last >= 0 && m.text[line.last] == '?':
		m.help(i, line.last+1)
		m.blankStatement(i, line.end)
	}
	return line.end
}

// escaped handles a logical line that begins with a shell or magic character.
func (m *masker) escaped(i int) int {
	end := m.continuedEnd(i)
	stop := i + len(bytes.TrimRight(m.text[i:end], " \t\r\n\f"))
	if i+1 < stop && m.text[stop-1] == '?' && m.text[i] == '%' {
		m.help(i, stop)
		m.blankStatement(i, end)
		return end
	}
	var cmd Command
	switch m.text[i] {
	case '!':
		cmd = m.shell(i, stop)
	case '?':
		m.help(i, stop)
		m.blankStatement(i, end)
		return end
	case '%':
		cmd = m.command(LineMagic, i+1, stop)
	default:
		cmd = m.command(AutoCall, i+1, stop)
		cmd.Call = m.text[i]
	}
	cmd.Span = m.span(i, stop)
	if code, ok := m.keep(&cmd, end); ok {
		m.blank(i, code)
		copy(m.text[i:], "_;")
		return code
	}
	m.add(cmd)
	m.blankStatement(i, stop)
	return end
}

// assigned handles `x = !cmd` and `x = %magic`.
func (m *masker) assigned(start int, line logicalLine) int {
	i := line.escape
	end := m.continuedEnd(i)
	stop := i + len(bytes.TrimRight(m.text[i:end], " \t\r\n\f"))
	var cmd Command
	if m.text[i] == '!' {
		cmd = m.shell(i, stop)
	} else {
		cmd = m.command(LineMagic, i+1, stop)
	}
	cmd.Span = m.span(i, stop)
	cmd.Target = strings.TrimSpace(m.cell.Source[start:line.assign])
	if cmd.Name == "time" { // the one that returns its expression's value
		if code, ok := m.keep(&cmd, end); ok {
			m.blank(i, code)
			return m.logical(code).end
		}
	}
	m.add(cmd)
	m.blankStatement(i, stop)
	return end
}

// keep adds a line magic that runs a Python statement, when the statement can stand in the
// module where it is, and tells where it begins: a simple statement that does not end before
// the magic's line does. It may end later, which old versions of IPython allowed.
func (m *masker) keep(cmd *Command, end int) (code int, ok bool) {
	valued, ok := runners[cmd.Name]
	if !ok || cmd.Kind != LineMagic || m.cutOff {
		return 0, false
	}
	args := int(cmd.ArgsSpan.Start - m.base)
	code = args + optionsLen(cmd.Args, valued)
	if code >= end || strings.IndexByte("%?#\n\r,;/", m.text[code]) >= 0 {
		return 0, false
	}
	switch m.word(code) {
	case "if", "for", "while", "with", "try", "def", "class", "async", "match":
		return 0, false
	}
	line := m.logical(code)
	if line.escape >= 0 && m.text[line.escape] == '%' {
		return 0, false // a magic within a magic; following those would take quadratic time
	}
	if m.cutOff = !line.finished; m.cutOff || line.escape < 0 && line.end < end || line.last >= 0 && m.text[line.last] == '?' {
		return 0, false
	}
	stop := args + len(cmd.Args)
	if line.end > end {
		stop = line.last + 1
		cmd.Args, cmd.ArgsSpan.End = m.cell.Source[args:stop], m.base+ast.Pos(stop)
		cmd.Span.End = cmd.ArgsSpan.End
	}
	cmd.Python = m.span(code, stop)
	m.add(*cmd)
	return code, true
}

// optionsLen is the length of the options that args begin with.
func optionsLen(args, valued string) int {
	i := 0
	for i < len(args) && args[i] == '-' {
		word := args[i:]
		if end := strings.IndexAny(word, " \t"); end >= 0 {
			word = word[:end]
		}
		i = skipWord(args, i)
		if len(word) == 2 && strings.IndexByte(valued, word[1]) >= 0 {
			i = skipWord(args, i)
		}
	}
	return i
}

// skipWord returns where the word after the one at i begins.
func skipWord(s string, i int) int {
	for i < len(s) && s[i] != ' ' && s[i] != '\t' {
		i++
	}
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// automagic handles a cell whose only line is a magic without its %.
func (m *masker) automagic(start int) bool {
	i := m.firstCode(start)
	name := m.word(i)
	end := m.lineEnd(i)
	if !automagic[name] || m.firstCode(end) < len(m.text) {
		return false
	}
	line := string(bytes.TrimRight(m.text[i:end], " \t"))
	rest := strings.TrimLeft(line[len(name):], " \t")
	if rest == "" || len(rest) == len(line)-len(name) || strings.IndexByte("!=()<>,+*/%^&|[:.;@#", rest[0]) >= 0 && !strings.HasPrefix(rest, "..") {
		return false
	}
	if rest[0] == '-' && (len(rest) == 1 || !isLetter(rest[1]) && rest[1] != '-') {
		return false
	}
	switch word, _, _ := strings.Cut(rest, " "); word {
	case "in", "is", "if", "and", "or", "not":
		return false
	}
	cmd := m.command(LineMagic, i, i+len(line))
	cmd.Span = m.span(i, i+len(line))
	m.add(cmd)
	m.blankStatement(i, i+len(line))
	return true
}

// shell makes the command of a ! line.
func (m *masker) shell(i, stop int) Command {
	name := 1
	if i+1 < stop && m.text[i+1] == '!' {
		name = 2
	}
	args := m.skipSpace(i+name, stop)
	return Command{Kind: Shell, Name: "!!"[:name], Args: m.cell.Source[args:stop], ArgsSpan: m.span(args, stop)}
}

// command makes a command of a name and its arguments in [i, stop).
func (m *masker) command(kind CommandKind, i, stop int) Command {
	i = m.skipSpace(i, stop)
	end := i
	for end < stop && m.text[end] != ' ' && m.text[end] != '\t' && m.text[end] != '\n' && m.text[end] != '\r' {
		end++
	}
	args := m.skipSpace(end, stop)
	return Command{Kind: kind, Name: m.cell.Source[i:end], Args: m.cell.Source[args:stop], ArgsSpan: m.span(args, stop)}
}

// help adds the command of a line that begins or ends with one or two question marks.
func (m *masker) help(i, stop int) {
	text := m.cell.Source[i:stop]
	args := strings.Trim(text, "? \t")
	at := i + strings.Index(text, args)
	name := "?"
	if strings.HasPrefix(text, "??") || strings.HasSuffix(text, "??") {
		name = "??"
	}
	m.add(Command{Kind: Help, Name: name, Args: args, ArgsSpan: m.span(at, at+len(args)), Span: m.span(i, stop)})
}

func (m *masker) add(cmd Command) {
	cmd.Cell = m.cell.Number
	m.nb.commands = append(m.nb.commands, cmd)
}

func (m *masker) span(i, j int) ast.Span {
	return ast.Span{Start: m.base + ast.Pos(i), End: m.base + ast.Pos(j)}
}

// blank overwrites [i, j) by white space, line breaks left as they are.
func (m *masker) blank(i, j int) {
	for k := i; k < j; k++ {
		if m.text[k] != '\n' && m.text[k] != '\r' {
			m.text[k] = ' '
		}
	}
	if i < j {
		m.nb.blanks = append(m.nb.blanks, blank{Span: m.span(i, j)})
	}
}

// blankStatement blanks [i, j) and leaves a statement or expression in its place.
func (m *masker) blankStatement(i, j int) {
	m.blank(i, j)
	if i < j {
		m.text[i] = '_'
	}
}
