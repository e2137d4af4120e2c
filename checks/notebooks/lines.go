package notebooks

import (
	"net/url"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/shell"
	"github.com/pyguard/pyguardml/notebook"
)

// This file holds the words for the shell lines of notebooks.

// shellText is a text of a notebook that a shell runs: a line, or the cell of %%bash.
type shellText struct {
	// text is the shell's text, in which the values that IPython inserts read as holes.
	text string
	// start is where it begins in the module's text, cell the number of its cell.
	start, cell int
	// inserted are the names whose values IPython inserts, by where in the text they do.
	inserted map[int]notebook.Interpolation
}

// hole stands for each byte of a placeholder of IPython.
const hole = '\x01'

// shellTexts lists the texts of a notebook that a shell runs.
func shellTexts(nb *notebook.Notebook) []shellText {
	var out []shellText
	commands := nb.Commands()
	for i := range commands {
		c := &commands[i]
		text, span, ok := c.Shell()
		if !ok {
			continue
		}
		masked := []byte(text)
		inserted := map[int]notebook.Interpolation{}
		if c.Kind != notebook.CellMagic {
			for _, in := range c.Interpolations() {
				inserted[int(in.Span.Start-span.Start)] = in
				for at := max(in.Span.Start, span.Start); at < min(in.Span.End, span.End) && !in.Dollar; at++ {
					masked[at-span.Start] = hole
				}
			}
		}
		out = append(out, shellText{string(masked), int(span.Start), c.Cell, inserted})
	}
	return out
}

// known is a word of the text with the constant that the name stands for with which it begins.
func (t shellText) known(p *checks.Pass, w shell.Word) shell.Word {
	for at := w.Start; at < min(w.Start+2, w.End); at++ { // a quote may come before
		in, ok := t.inserted[at]
		if !ok {
			continue
		}
		given, _ := checks.LastAssigned(p.File.Body, &ast.Name{Span: in.ExprSpan, Id: in.Expr}).(*ast.Str)
		if given != nil {
			w.Text = given.Value + strings.TrimPrefix(strings.TrimLeft(w.Text, string(hole)), "$"+in.Expr)
		}
		break
	}
	return w
}

// place is the node for the report of a stretch of a shell's text.
func (t shellText) place(start, end int) ast.Node {
	return checks.Command(ast.Span{Start: ast.Pos(t.start + start), End: ast.Pos(t.start + end)})
}

// remove makes the edit that deletes a stretch of a shell's text with the blanks behind it, or in
// front of it where it is the last.
func (t shellText) remove(start, end int) []fix.Edit {
	if rest := strings.TrimLeft(t.text[end:], " \t"); rest != "" && rest[0] != '\n' {
		end = len(t.text) - len(rest)
	} else {
		start = len(strings.TrimRight(t.text[:start], " \t"))
	}
	return []fix.Edit{{Start: t.start + start, End: t.start + end}}
}

// hostOf is the host that a word of a command names: of https://user@host:8080/path, or of
// host/path; "" where it is not known.
func hostOf(w shell.Word) string {
	text := w.Text
	if !strings.Contains(text, "://") {
		text = "//" + text
	}
	if i := strings.IndexAny(text[strings.Index(text, "//")+2:], "/?#"); i >= 0 {
		text = text[:strings.Index(text, "//")+2+i]
	}
	if strings.ContainsAny(text, "$`"+string(hole)) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// shellCalls are the calls that give IPython a text for the shell.
var shellCalls = []string{models.ShellInstance + ".{system,getoutput,getoutput_pexpect,system_raw,system_piped}"}

// constantLine is the constant text that a call gives to IPython's shell, nil where the call is a
// line of a notebook or the text is not constant.
func constantLine(p *checks.Pass, c *checks.Call) (text string, node ast.Expr) {
	a := c.Arg(0, "cmd")
	if a == nil || a.Node == nil || !p.Holds(a.Node) {
		return "", nil
	}
	text, _ = a.Value.Text()
	return text, a.Node
}
