package fix

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/notebook"
)

// document is a file's content opened for editing. Documents do not change: apply makes new
// content.
type document struct {
	path    string
	content []byte
	source  *ast.Source
	book    *notebook.Notebook // of notebooks and scripts that are such; nil for other files
	file    *ast.File          // nil for text that is not Python
	faults  int
}

// openDocument decodes and parses a file. Files that are neither Python nor notebooks are
// plain text.
func openDocument(ctx context.Context, name string, content []byte) (*document, error) {
	d := &document{path: name, content: content}
	var err error
	python := true
	switch strings.ToLower(path.Ext(name)) {
	case ".ipynb":
		if d.book, err = notebook.Parse(name, content); err != nil {
			return nil, err
		}
		d.source = d.book.Source()
	case ".py", ".pyi", ".pyw":
		if d.source, err = ast.NewSource(name, content); err == nil {
			if script, ok := notebook.ParseScript(d.source); ok {
				d.book, d.source = script, script.Source()
			}
		}
	default:
		python = false
		d.source, err = ast.NewSource(name, content)
	}
	if err != nil || !python {
		return d, err
	}
	if d.file, err = ast.Parse(ctx, d.source); err != nil {
		return nil, err
	}
	d.faults = faultsOf(d.file)
	return d, nil
}

// text is the decoded text.
func (d *document) text() []byte { return d.source.Text }

// textOf is the text that edits refer to.
func (d *document) textOf(raw bool) ([]byte, error) {
	if raw && d.book == nil {
		return nil, fmt.Errorf("%s: raw edits are for notebooks only", d.path)
	}
	if raw && d.book.Script == 0 {
		return d.content, nil
	}
	return d.text(), nil
}

// apply makes the file's new content from edits of its text and, in a notebook, of its bytes.
func (d *document) apply(edits, raw []ast.Edit) ([]byte, error) {
	if d.book != nil {
		if d.book.Script == 0 {
			edits = d.withinCells(edits)
		}
		return d.applyBook(edits, raw)
	}
	text, err := d.source.Apply(edits)
	if err != nil {
		return nil, err
	}
	content, err := d.source.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: the fix cannot be written in the file's encoding: %w", d.path, err)
	}
	return content, nil
}

// applyBook makes a notebook's new content. Edits that touch a shell line or a magic go to
// the command, the others to the Python of the cells.
func (d *document) applyBook(edits, raw []ast.Edit) ([]byte, error) {
	var ch notebook.Change
	for _, e := range edits {
		if on := d.onCommand(e); on && d.book.Script > 0 {
			ch.Raw = append(ch.Raw, notebook.RawEdit{Start: int(e.Start), End: int(e.End), New: []byte(e.New)})
		} else if on {
			ch.Commands = append(ch.Commands, e)
		} else {
			ch.Code = append(ch.Code, e)
		}
	}
	for _, e := range raw {
		ch.Raw = append(ch.Raw, notebook.RawEdit{Start: int(e.Start), End: int(e.End), New: []byte(e.New)})
	}
	return d.book.ApplyChange(ch)
}

// onCommand reports whether an edit changes a shell line or a magic: part of it, or an
// insertion inside of it or at its end.
func (d *document) onCommand(e ast.Edit) bool {
	if e.Len() > 0 || !d.book.Python(e.Span) {
		return !d.book.Python(e.Span)
	}
	before := ast.Span{Start: e.Start - 1, End: e.Start}
	return before.Start >= 0 && d.text()[before.Start] != '\n' && !strings.HasPrefix(e.New, "\n") && !d.book.Python(before)
}

// faultsOf counts what the interpreter would refuse: the syntax errors, and what the grammar
// accepts but the compiler does not.
func faultsOf(f *ast.File) int {
	n := len(f.Errors)
	for _, s := range f.Body {
		ast.Inspect(s, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Call:
				n += callFaults(node)
			case ast.Stmt:
				n += emptyBlocks(node)
			}
			return true
		})
	}
	return n
}

// callFaults counts repeated keywords and positional arguments behind keywords.
func callFaults(c *ast.Call) int {
	n := 0
	for i, k := range c.Keywords {
		if k.Name == nil {
			continue
		}
		for _, o := range c.Keywords[:i] {
			if o.Name != nil && o.Name.Id == k.Name.Id {
				n++
			}
		}
		for _, a := range c.Args {
			if _, starred := a.(*ast.Starred); !starred && a.Pos() > k.Start {
				n++
			}
		}
	}
	return n
}

// emptyBlocks counts the blocks of a compound statement that have no statement.
func emptyBlocks(s ast.Stmt) int {
	n := 0
	for _, body := range ast.Suites(s) {
		if len(body) == 1 {
			if missing, ok := body[0].(*ast.BadStmt); ok && missing.Len() == 0 {
				n++
			}
		}
	}
	return n
}

// withinCells keeps the deletion of a cell's last line within the cell: the line ending that
// goes is the one in front of it, since the one behind only joins the cells.
func (d *document) withinCells(edits []ast.Edit) []ast.Edit {
	out := slices.Clone(edits)
	for i := range out {
		e := &out[i]
		cell := d.book.CellAt(e.Start)
		if cell == nil || e.Len() == 0 {
			continue
		}
		span, ok := d.book.CellSpan(cell.Number)
		if !ok || e.End != span.End+1 {
			continue
		}
		e.End--
		e.New = strings.TrimSuffix(e.New, "\n")
		if free := i == 0 || out[i-1].End < e.Start; free && e.New == "" && e.Start > span.Start && d.text()[e.Start-1] == '\n' {
			e.Start--
		}
	}
	return out
}
