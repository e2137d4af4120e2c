package checks

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// shellLines collects the lines of a notebook that a shell runs, so that the analysis reads
// them as the calls that they are: `!cmd`, `%pip install x`, and the cells of %%bash. %run is
// taken for a command, too: it names a file that is run.
func shellLines(m *Module) (out map[ast.Pos]*semantic.ShellLine, cells []*semantic.ShellLine) {
	if m.Notebook == nil {
		return nil, nil
	}
	commands := m.Notebook.Commands()
	inserted := insertedText(m)
	folder := ""
	var below ast.Expr
	for i := range commands {
		c := &commands[i]
		if c.Kind == notebook.LineMagic && c.Name == "cd" {
			if e, rest := changedInto(c, inserted); e != nil {
				below, folder = e, rest
			} else {
				to := strings.TrimSpace(c.Args)
				if folder = changed(folder, c); folder == "" || path.IsAbs(folder) || strings.HasPrefix(folder, "..") || strings.HasPrefix(to, "~") || strings.HasPrefix(to, "-") {
					below = nil
				}
			}
		}
		before, text, span := "", "", ast.Span{}
		if t, at, ok := c.Shell(); ok {
			text, span = t, at
		} else if c.Kind == notebook.LineMagic && commandMagics[c.Name] != "" {
			before, text, span = commandMagics[c.Name]+" ", c.Args, c.ArgsSpan
		} else {
			continue
		}
		line := shellLine(c, inserted, before, text, span)
		line.Folder, line.Below = folder, below
		at := bytes.IndexByte(m.Source.Text[c.Span.Start:c.Span.End], '_')
		if at < 0 {
			if c.Kind == notebook.CellMagic {
				cells = append(cells, line)
			}
			continue
		}
		if out == nil {
			out = map[ast.Pos]*semantic.ShellLine{}
		}
		out[c.Span.Start+ast.Pos(at)] = line
	}
	return out, cells
}

// changedInto is the expression of the folder that `%cd {expression}/rest` changes to; nil for others.
func changedInto(c *notebook.Command, inserted *ast.Source) (e ast.Expr, rest string) {
	list := c.Interpolations()
	if len(list) != 1 {
		return nil, ""
	}
	in := list[0]
	start, end := int(in.Span.Start-c.ArgsSpan.Start), int(in.Span.End-c.ArgsSpan.Start)
	if strings.Trim(c.Args[:start], ` "'`) != "" {
		return nil, ""
	}
	if rest = strings.Trim(c.Args[end:], ` "'`); rest != "" && rest[0] != '/' {
		return nil, ""
	}
	if e = dotted(in); e == nil {
		e = computed(inserted, in)
	}
	return e, strings.Trim(rest, "/")
}

// changed is the folder that %cd changes to from another; "" where that is not known.
func changed(folder string, c *notebook.Command) string {
	to := strings.Trim(strings.TrimSpace(c.Args), `"'`)
	if to == "" || len(c.Interpolations()) > 0 || strings.HasPrefix(to, "-") {
		return ""
	}
	if path.IsAbs(to) || strings.HasPrefix(to, "~") {
		return path.Clean(to)
	}
	if to = path.Join(folder, to); to == "." {
		return ""
	}
	return to
}

// commandMagics are magics that run what a command of another name would.
var commandMagics = map[string]string{"pip": "pip", "uv": "uv", "conda": "conda", "run": "%run"}

// insertedText is the module's text with the expressions in its place that IPython puts the values of into
// commands, as far as they are more than names; nil where there are none.
func insertedText(m *Module) *ast.Source {
	var text []byte
	commands := m.Notebook.Commands()
	for i := range commands {
		for _, in := range commands[i].Interpolations() {
			if dotted(in) != nil {
				continue
			}
			if text == nil {
				text = bytes.Clone(m.Source.Text)
			}
			copy(text[in.ExprSpan.Start:in.ExprSpan.End], in.Expr)
		}
	}
	if text == nil {
		return nil
	}
	return ast.NewText(m.Source.Path, text)
}

// shellLine takes a line apart at what is inserted into it.
func shellLine(c *notebook.Command, inserted *ast.Source, before, text string, span ast.Span) *semantic.ShellLine {
	line := &semantic.ShellLine{Call: &ast.Call{Span: c.Span, Fn: &ast.Name{Span: c.Span, Id: "get_ipython().system"}}}
	add := func(t string) {
		if t != "" {
			line.Parts = append(line.Parts, semantic.ShellPart{Text: t})
		}
	}
	add(before)
	done := span.Start
	for _, in := range c.Interpolations() {
		e := dotted(in)
		if e == nil {
			e = computed(inserted, in)
		}
		if e == nil || in.Span.Start < done || in.Span.End > span.End {
			continue
		}
		add(text[done-span.Start : in.Span.Start-span.Start])
		line.Parts = append(line.Parts, semantic.ShellPart{Expr: e})
		done = in.Span.End
	}
	add(text[done-span.Start:])
	return line
}

// dotted is the expression of a placeholder that is a name or attributes of one, else nil.
func dotted(in notebook.Interpolation) ast.Expr {
	var e ast.Expr
	at := in.ExprSpan.Start
	for _, word := range strings.Split(in.Expr, ".") {
		if word == "" || strings.Trim(word, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return nil
		}
		name := &ast.Name{Span: ast.Span{Start: at, End: at + ast.Pos(len(word))}, Id: word}
		if e == nil {
			e = name
		} else {
			e = &ast.Attribute{Span: ast.Span{Start: in.ExprSpan.Start, End: name.End}, Value: e, Attr: name}
		}
		at = name.End + 1
	}
	return e
}

// computed is the expression of a placeholder that is more than a name, else nil. Functions and
// comprehensions have names of their own, which no module lists; they are left out.
func computed(inserted *ast.Source, in notebook.Interpolation) ast.Expr {
	e, err := ast.ParseExpr(context.Background(), inserted, in.ExprSpan)
	if err != nil || e == nil {
		return nil
	}
	simple := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Lambda, *ast.Comp, *ast.NamedExpr, *ast.Await, *ast.Yield:
			simple = false
		}
		return simple
	})
	if !simple {
		return nil
	}
	return e
}

// CommandText returns the text of a notebook's shell line or magic, which is blank in the
// module, and where it begins there; nil where there is none.
func (m *Module) CommandText(at ast.Span) (text []byte, start int) {
	if m.Notebook == nil {
		return nil, 0
	}
	for _, c := range m.Notebook.Commands() {
		if c.Span != at {
			continue
		}
		if c.Body != "" {
			return []byte(c.Body), int(c.BodySpan.Start)
		}
		return []byte(c.Args), int(c.ArgsSpan.Start)
	}
	return nil, 0
}

// AboveLine puts statements above the line of a notebook that holds a node; none where that is no notebook, or within the
// body of a cell magic.
func AboveLine(m *Module, at ast.Node, lines []string) []fix.Edit {
	if m.Notebook == nil {
		return nil
	}
	for _, c := range m.Notebook.Commands() {
		if c.Span.Contains(at.Range()) && c.Kind == notebook.CellMagic {
			return nil
		}
	}
	source := m.Source.Text
	start := int(at.Pos())
	for start > 0 && source[start-1] != '\n' {
		start--
	}
	end := start
	for end < len(source) && (source[end] == ' ' || source[end] == '\t') {
		end++
	}
	indent := string(source[start:end])
	return []fix.Edit{{Start: start, End: start, New: indent + strings.Join(lines, "\n"+indent) + "\n"}}
}
