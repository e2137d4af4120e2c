package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/pyguardml"
)

// book is a notebook that the editor holds: not its file, but its cells, each a document of its own.
type book struct {
	path  string
	cells []*document
}

// python reports whether a cell is code that is analysed. Others count, since cells are numbered.
func (d *document) python() bool { return d.kind == 2 && (d.language == "" || d.language == "python") }

// file is the notebook as a file would have it, without outputs, of which the editor does not tell.
func (b *book) file() pyguardml.File {
	cells := []map[string]any{}
	for _, c := range b.cells {
		cell := map[string]any{"cell_type": "raw", "metadata": map[string]any{}, "source": c.text}
		if c.python() {
			cell["cell_type"], cell["outputs"], cell["execution_count"] = "code", []any{}, nil
		}
		cells = append(cells, cell)
	}
	data, err := json.Marshal(map[string]any{"cells": cells, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 4})
	if err != nil {
		panic(err) // texts can always be written
	}
	return pyguardml.File{Path: b.path, Content: data}
}

// copied is the notebook as it is now.
func (b *book) copied() *book {
	c := &book{path: b.path}
	for _, d := range b.cells {
		one := *d
		c.cells = append(c.cells, &one)
	}
	return c
}

// cell returns the document of a cell by its number, from 1.
func (b *book) cell(n int) *document {
	if b == nil || n < 1 || n > len(b.cells) {
		return nil
	}
	return b.cells[n-1]
}

// notebook notes that a notebook was opened, edited or closed.
func (s *server) notebook(method string, p *notebookParams) {
	name, ok := pathOf(p.NotebookDocument.URI)
	if !ok || !strings.HasSuffix(name, ".ipynb") {
		return
	}
	name = s.named(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.books[p.NotebookDocument.URI]
	switch {
	case method == "notebookDocument/didOpen":
		b = &book{path: name}
		s.books[p.NotebookDocument.URI] = b
		b.insert(0, 0, p.NotebookDocument.Cells, p.CellTextDocuments)
	case b == nil:
		return
	case method == "notebookDocument/didClose":
		delete(s.books, p.NotebookDocument.URI)
		s.reread(name)
		return
	default:
		change := p.Change.Cells
		if a := change.Structure; a != nil {
			b.insert(a.Array.Start, a.Array.DeleteCount, a.Array.Cells, a.DidOpen)
		}
		for _, c := range change.Data { // its kind may be another
			for _, d := range b.cells {
				if d.uri == c.Document {
					d.kind = c.Kind
				}
			}
		}
		for _, c := range change.TextContent {
			for _, d := range b.cells {
				if d.uri == c.Document.URI {
					d.edit(c.Document.Version, c.Changes)
				}
			}
		}
	}
	s.changed[name] = b.file()
	s.begin()
}

// insert replaces some cells by others. A cell that is moved comes without its text, which is known.
func (b *book) insert(start, deleted int, cells []notebookCell, texts []textDocument) {
	known := map[string]*document{}
	for _, d := range b.cells {
		known[d.uri] = d
	}
	for _, t := range texts {
		known[t.URI] = &document{uri: t.URI, path: b.path, text: t.Text, version: t.Version, language: t.LanguageID}
	}
	var list []*document
	for _, c := range cells {
		d := known[c.Document]
		if d == nil {
			d = &document{uri: c.Document, path: b.path}
		}
		d.kind = c.Kind
		list = append(list, d)
	}
	start = min(max(start, 0), len(b.cells))
	end := min(start+max(deleted, 0), len(b.cells))
	b.cells = slices.Concat(b.cells[:start], list, b.cells[end:])
}

// bookEdits are the edits that turn the cells of a notebook into those of a file.
func (b *book) bookEdits(file []byte) ([]documentEdit, error) {
	var now struct {
		Cells []struct{ Source json.RawMessage }
	}
	if err := json.Unmarshal(file, &now); err != nil {
		return nil, err
	}
	if len(now.Cells) != len(b.cells) {
		return nil, errors.New("the fix adds a cell, which an editor's action cannot; scan --fix can")
	}
	var list []documentEdit
	for i, c := range now.Cells {
		text, err := sourceOf(c.Source)
		if err != nil {
			return nil, err
		}
		if d := b.cells[i]; text != d.text {
			list = append(list, documentEdit{TextDocument: versioned{d.uri, &d.version}, Edits: []textEdit{difference(d.text, text)}})
		}
	}
	return list, nil
}

// sourceOf reads a cell's source: a text, or a list of lines.
func sourceOf(raw json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var lines []string
	err := json.Unmarshal(raw, &lines)
	return strings.Join(lines, ""), err
}
