package notebook

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// CommandKind tells how a command is written.
type CommandKind uint8

// The kinds of commands.
const (
	Shell     CommandKind = iota + 1 // !cmd, !!cmd, x = !cmd
	LineMagic                        // %name args, x = %name args, and name args where IPython needs no %
	CellMagic                        // %%name args, then the cell
	Help                             // ?name, name?, name??
	AutoCall                         // ,f a b and ;f a b and /f a b
)

// String names the kind.
func (k CommandKind) String() string {
	return [...]string{"", "shell", "line magic", "cell magic", "help", "call"}[min(int(k), 5)]
}

// Command is a line, or a cell, that IPython handles instead of Python. Its spans are in the
// module's text, where they are blanked; Notebook.Position maps them to the cell. The
// strings are as written, so an offset into Args is the same offset into ArgsSpan.
type Command struct {
	Kind CommandKind
	// Name is "!" or "!!" for shell lines, "?" or "??" for help, else the name of the magic
	// without % or of the called function.
	Name string
	// Args is what follows the name, with the backslashes and line breaks of continued lines;
	// for a shell line the command, for help the object.
	Args     string
	ArgsSpan ast.Span
	// Body is the cell after a cell magic's line.
	Body     string
	BodySpan ast.Span
	// Target is the text of what the result is assigned to, "" where it is not.
	Target string
	// Call is the character that asks for an automatic call: ',', ';' or '/'.
	Call byte
	// Cell is the number of the cell, from 1.
	Cell int
	// Span is the command from its first character to its last, a cell magic's with the cell.
	Span ast.Span
	// Python is the part that was kept in the module: the body of %%time, the statement of
	// `%time x = f()`. It is empty for most commands.
	Python ast.Span
}

// Commands lists the shell lines, magics and help lines of all code cells in the module's order.
func (nb *Notebook) Commands() []Command { return nb.commands }

// Shell returns the text that the command gives to a shell: the command of ! and !! lines
// and of %sx and %system, the body of %%bash, %%sh, %%shell, %%sx, %%system, %%!
// and %%script with a shell. ok is false for other commands. Where the text stands in the
// module is told by span.
func (c *Command) Shell() (text string, span ast.Span, ok bool) {
	switch c.Kind {
	case Shell:
		return c.Args, c.ArgsSpan, true
	case LineMagic:
		if c.Name == "sx" || c.Name == "system" {
			return c.Args, c.ArgsSpan, true
		}
	case CellMagic:
		if shellCells[c.Name] || c.Name == "script" && shellCells[interpreter(c.Args)] {
			return c.Body, c.BodySpan, true
		}
	}
	return "", ast.Span{}, false
}

var shellCells = set("bash sh shell sx system ! zsh ksh dash")

// interpreter finds the program in the arguments of %%script: `--no-raise-error /bin/bash -e`.
func interpreter(args string) string {
	for _, word := range strings.Fields(args) {
		if !strings.HasPrefix(word, "-") {
			return word[strings.LastIndexByte(word, '/')+1:]
		}
	}
	return ""
}

// Interpolation is a Python expression within the arguments of a command, which IPython
// replaces by its value.
type Interpolation struct {
	// Expr is the expression: of `{model!r:>10}` model, of `$x.y` x.y.
	Expr     string
	ExprSpan ast.Span
	// Span is the whole placeholder, braces or dollar included.
	Span ast.Span
	// Dollar is set for $name, which is the shell's own variable where Python has none of
	// that name.
	Dollar bool
}

// Interpolations lists the {expression} and $name placeholders in Args. IPython leaves
// the line alone when one of them has no value, so awk's {print $1} is not listed, but a
// brace expansion such as {a,b} is: whether the names exist is for the caller to find out.
// The method is that of IPython.utils.text.DollarFormatter.
func (c *Command) Interpolations() []Interpolation {
	if c.Kind != Shell && c.Kind != LineMagic && c.Kind != CellMagic {
		return nil
	}
	var found []Interpolation
	quoted := false // in single quotes, where $ belongs to the shell
	tried := 0
	for i := 0; i < len(c.Args) && tried < maxPlaceholders; {
		var in Interpolation
		n := 1
		switch c.Args[i] {
		case '\'':
			quoted = !quoted
		case '{', '}':
			if strings.HasPrefix(c.Args[i+1:], c.Args[i:i+1]) {
				n = 2
			} else if c.Args[i] == '{' {
				in, n = c.braces(i)
				tried++
			}
		case '$':
			if !quoted {
				in, n = c.dollar(i)
			} else if strings.HasPrefix(c.Args[i:], "${") {
				n = 2
			}
		}
		if in.Expr != "" {
			found = append(found, in)
		}
		i += n
	}
	return found
}

// braces reads the placeholder whose { is at i, and returns how many bytes to go on by.
func (c *Command) braces(i int) (Interpolation, int) {
	l := lexer{text: []byte(c.Args[:min(len(c.Args), i+maxPlaceholder)])}
	end := l.field(i+1, []byte{0}, 0)
	if l.open || end > len(c.Args) || c.Args[end-1] != '}' {
		return Interpolation{}, 1
	}
	stop := exprEnd(l.text[:end-1], i+1)
	start := i + 1
	for start < stop && c.Args[start] == ' ' {
		start++
	}
	for start < stop && c.Args[stop-1] == ' ' {
		stop--
	}
	expr := c.Args[start:stop]
	if !plausible(expr) {
		return Interpolation{}, 1
	}
	return Interpolation{Expr: expr, ExprSpan: c.argSpan(start, stop), Span: c.argSpan(i, end)}, end - i
}

// maxPlaceholder bounds how far the end of a placeholder is looked for, and maxPlaceholders
// how often, so that a line of a million open braces costs no more than it should.
const (
	maxPlaceholder  = 1000
	maxPlaceholders = 1000
)

// exprEnd finds where the conversion or format of a replacement field begins.
func exprEnd(text []byte, i int) int {
	l := lexer{text: text}
	depth := 0
	for i < len(text) {
		switch c := text[i]; {
		case depth == 0 && c == ':':
			return i
		case depth == 0 && c == '!' && (i+1 == len(text) || text[i+1] != '='):
			return i
		}
		i, depth = l.token(i, depth, 0)
	}
	return i
}

// plausible reports whether text can be a Python expression: it begins like one and no two
// words stand side by side unless one is an operator.
func plausible(text string) bool {
	if text == "" || strings.ContainsAny(text, "$;\\\n") {
		return false
	}
	if c := text[0]; !isLetter(c) && strings.IndexByte("_('\"[", c) < 0 && c < 0x80 {
		return false
	}
	l := lexer{text: []byte(text)}
	previous := ""
	for i := 0; i < len(text); {
		word := l.word(i)
		switch {
		case text[i] == ' ':
			i++
			continue
		case word != "" && previous != "" && !operators[word] && !operators[previous]:
			return false
		}
		previous = word
		i, _ = l.token(i, 0, 0)
	}
	return true
}

var operators = set("if else for in is not and or lambda await async")

// dollar reads the $name at i.
func (c *Command) dollar(i int) (Interpolation, int) {
	rest := c.Args[i+1 : min(len(c.Args), i+maxPlaceholder)]
	switch {
	case strings.HasPrefix(rest, "$"):
		return Interpolation{}, 2
	case strings.HasPrefix(rest, "{"):
		return Interpolation{}, 2 // ${HOME} is the shell's
	}
	l := lexer{text: []byte(rest)}
	end := l.wordEnd(0)
	if end == 0 || rest[0] >= '0' && rest[0] <= '9' {
		return Interpolation{}, 1
	}
	for end < len(rest) && rest[end] == '.' {
		next := l.wordEnd(end + 1)
		if next == end+1 || isDigit(rest[end+1]) {
			break
		}
		end = next
	}
	start := i + 1
	return Interpolation{Expr: rest[:end], ExprSpan: c.argSpan(start, start+end), Span: c.argSpan(i, start+end), Dollar: true}, 1 + end
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (c *Command) argSpan(i, j int) ast.Span {
	return ast.Span{Start: c.ArgsSpan.Start + ast.Pos(i), End: c.ArgsSpan.Start + ast.Pos(j)}
}
