package checks

import (
	"context"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
)

// This file makes modules of the Python files that the cells of notebooks write.

// maxWritten bounds the files of one notebook.
const maxWritten = 50

// writtenFiles lists the Python files that `%%writefile` makes of cells. Such a module has the text of its
// notebook's, at the same places, in which all but the cell is blank: what is reported in it is reported in
// the notebook. A file that is there itself is left out, and of those that are written twice the first.
func writtenFiles(ctx context.Context, set *Set, mods []*Module) ([]*Module, error) {
	taken := map[string]bool{}
	for _, m := range mods {
		taken[m.Path] = true
	}
	var out []*Module
	for _, m := range mods {
		if m.File == nil || m.Notebook == nil || m.Notebook.Script > 0 {
			continue
		}
		commands := m.Notebook.Commands()
		folder, count := "", 0
		last := map[string]*notebook.Command{}
		var order []string
		for i := range commands {
			c := &commands[i]
			if c.Kind == notebook.LineMagic && c.Name == "cd" {
				folder = changed(folder, c)
			}
			name := writtenName(c)
			if name == "" || count == maxWritten {
				continue
			}
			if name = path.Join(path.Dir(m.Path), folder, name); path.IsAbs(folder) || strings.HasPrefix(folder, "~") {
				name = path.Join(path.Dir(m.Path), path.Base(name))
			}
			if last[name] == nil && !taken[name] {
				order = append(order, name)
				count++
			}
			last[name] = c
		}
		for _, name := range order {
			w, err := writtenFile(ctx, m, name, last[name])
			if err != nil {
				return nil, err
			}
			if err := set.Outline(ctx, w.Draft); err != nil {
				return nil, err
			}
			taken[name] = true
			out = append(out, w)
		}
	}
	return out, nil
}

// writtenName is the name of the Python file that a cell is written to, "" where it is none; that of a file
// with an absolute path is the last part of it.
func writtenName(c *notebook.Command) string {
	if c.Kind != notebook.CellMagic || c.Name != "writefile" && c.Name != "file" || len(c.Interpolations()) > 0 {
		return ""
	}
	words := strings.Fields(c.Args)
	if len(words) != 1 {
		return "" // -a adds to what is there
	}
	name := strings.Trim(words[0], `"'`)
	if path.Ext(name) != ".py" {
		return ""
	}
	if path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return path.Base(name)
	}
	return path.Clean(name)
}

// writtenFile makes the module of a file that a cell of a notebook is written to.
func writtenFile(ctx context.Context, m *Module, name string, c *notebook.Command) (*Module, error) {
	text := make([]byte, len(m.Source.Text))
	for i, b := range m.Source.Text {
		if text[i] = ' '; b == '\n' || b == '\r' {
			text[i] = b
		}
	}
	copy(text[c.BodySpan.Start:c.BodySpan.End], c.Body)
	w := &Module{Path: name, Source: ast.NewText(m.Path, text), Draft: NewDraft(name, []byte(c.Body)), holder: m, within: c.BodySpan}
	var err error
	w.File, err = ast.Parse(ctx, w.Source)
	return w, err
}

// inHolder is a fix of a file that a notebook's cell writes as one of the notebook; nil where it would change
// more than the cell.
func (m *Module) inHolder(f *fix.Fix) *fix.Fix {
	if f == nil {
		return nil
	}
	for _, e := range f.Edits {
		if e.Start < int(m.within.Start) || e.End > int(m.within.End) || e.Path != "" {
			return nil
		}
	}
	return f
}
