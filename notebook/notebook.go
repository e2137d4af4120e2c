// Package notebook reads Jupyter notebooks (.ipynb, nbformat 3 to 4.5), gives their code
// cells as one Python module, and writes changes back with every other byte of the file as
// it was. It runs nothing, validates no more of the format than it needs, and knows neither
// Python's grammar (package ast does) nor any check.
//
// Start reading at Parse, which makes a Notebook. Notebook.Source is the module,
// Notebook.Commands the shell lines and magics that were kept out of it, and Notebook.Apply
// the way back. The parts:
//
//	json.go      where the values of a JSON file are, without decoding them
//	notebook.go  the notebook and its cells
//	output.go    outputs, attachments, widget state
//	module.go    one module out of the code cells, positions both ways
//	order.go     the order in which the cells ran
//	mask.go      what is Python and what is not
//	script.go    Python files that are notebooks
//	command.go   shell lines and magics as data
//	change.go    source changes written back
//	raw.go       changes of outputs, attachments and metadata
package notebook

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Notebook is a notebook that has been read. It refers to the bytes given to Parse, is
// never changed, and may be used from many goroutines.
type Notebook struct {
	// Path is the path given to Parse.
	Path string
	// Format and Minor are nbformat and nbformat_minor: 4 and 5 for nbformat 4.5.
	Format, Minor int
	// Language is the kernel's language in lower case, "python" where the file does not say.
	Language string
	// Cells are the cells in the file's order, of all worksheets where there are several.
	Cells []Cell
	// Metadata is the notebook's metadata object; it need not be there.
	Metadata Value
	// Reordered is set when the module has the cells in the order in which they last ran, which the
	// execution counts tell, because that is another one than the file's.
	Reordered bool
	// Script tells the form of a Python file that is a notebook (ParseScript); 0 for .ipynb files.
	Script Script

	script     *script
	data       []byte
	root       Value
	style      escapes
	source     *ast.Source
	code       []int // indices of the code cells, in the module's order
	blanks     []blank
	commands   []Command
	unfinished []ast.Span
}

// Cell is one cell.
type Cell struct {
	// Number counts all cells from 1, markdown and raw cells included.
	Number int
	// Type is "code", "markdown", "raw", or "heading" (nbformat 3).
	Type string
	// ID is the cell's id of nbformat 4.5, or "".
	ID string
	// Source is the cell's text.
	Source string
	// Language is the language of a code cell in lower case where the cell itself names one
	// (nbformat 3, and Visual Studio Code's mark), else "".
	Language string
	// ExecutionCount tells when the kernel ran the cell, counted from 1; nil where it did not.
	ExecutionCount *int
	// Metadata is the cell's metadata object; it need not be there.
	Metadata Value

	object      Value
	source      Value
	outputs     Value
	attachments Value
	span        ast.Span // in the module's text, code cells only but for scripts
	pieces      []piece  // of a script's cell that is no code: where its source stands
	prefix      string   // what each of its lines has in front
}

// Code reports whether the cell is a code cell.
func (c *Cell) Code() bool { return c.Type == "code" }

// Object is the cell's whole JSON object.
func (c *Cell) Object() Value { return c.object }

// SourceValue is the JSON value that holds the cell's source, a string or a list of strings;
// the zero Value where the cell has none.
func (c *Cell) SourceValue() Value { return c.source }

// Parse reads a notebook of nbformat 3 or 4. The path only names the notebook in errors and
// positions. The Notebook keeps data, which must not be changed afterwards.
//
// What is not JSON, not a notebook, or of another format gives an *Error. A byte order mark,
// NaN and Infinity, unknown and duplicate keys (the last one counts), cells without a source
// and bytes that are not UTF-8 (which decode to U+FFFD) are tolerated.
func Parse(path string, data []byte) (*Notebook, error) {
	nb, err := parse(path, data)
	if err != nil {
		err.Path = path
		return nil, err
	}
	return nb, nil
}

func parse(path string, data []byte) (*Notebook, *Error) {
	// The text of a file of this size could outgrow ast.Pos, since a byte that is not UTF-8
	// becomes three.
	if len(data) > math.MaxInt32/3 {
		return nil, newError(data[:0], 0, fmt.Sprintf("the file has %d bytes, more than can be read as a notebook (%d)", len(data), math.MaxInt32/3))
	}
	r := reader{scanner: scanner{data: data}}
	if err := r.file(); err != nil {
		return nil, asError(data, err)
	}
	cells, err := r.chosen()
	if err != nil {
		return nil, err
	}
	nb := &Notebook{
		Path:     path,
		Format:   r.format,
		Minor:    r.minor,
		Cells:    cells,
		Metadata: r.metadata,
		Language: language(r.metadata),
		data:     data,
		root:     r.root,
		style:    r.style,
	}
	nb.join()
	return nb, nil
}

// asError gives a scanner's error its type.
func asError(data []byte, err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return newError(data, 0, err.Error())
}

// reader reads the file in one pass: it goes into what notebooks are made of and over
// everything else.
type reader struct {
	scanner
	root          Value
	format, minor int
	formatAt      Value
	metadata      Value
	cells, sheets []Cell
	hasCells      bool
	hasSheets     bool
	problem       *Error // the first thing that is valid JSON but no notebook
}

func (r *reader) file() error {
	if bytes.HasPrefix(r.data, []byte("\ufeff")) {
		r.pos = len("\ufeff")
	}
	r.space()
	switch {
	case r.pos == len(r.data):
		return r.fail("the file is empty")
	case bytes.HasPrefix(r.data[r.pos:], []byte("version https://git-lfs")):
		return r.fail("the file is a Git LFS pointer; fetch it with `git lfs pull`")
	case bytes.IndexByte(r.data[:min(len(r.data), 4)], 0) >= 0:
		return r.fail("the file is not JSON in UTF-8")
	case r.peek() != '{':
		if _, err := r.value(); err != nil {
			return err
		}
		return r.fail("not a notebook: the file holds no JSON object")
	}
	start := r.pos
	if err := r.object(r.top); err != nil {
		return err
	}
	r.root = Value{r.data, start, r.pos}
	if r.space(); r.pos < len(r.data) {
		return r.fail("unexpected text after the notebook")
	}
	return nil
}

// top reads a member of the file's object.
func (r *reader) top(key Value) error {
	switch {
	case key.is("cells"):
		r.cells, r.hasCells = nil, true
		return r.list("cells", &r.cells)
	case key.is("worksheets"):
		r.sheets, r.hasSheets = nil, true
		return r.worksheets()
	}
	v, err := r.value()
	if err != nil {
		return err
	}
	switch {
	case key.is("nbformat"):
		r.formatAt = v
		r.format, _ = v.Int()
	case key.is("nbformat_minor"):
		r.minor, _ = v.Int()
	case key.is("metadata"):
		r.metadata = v
	}
	return nil
}

func (r *reader) worksheets() error {
	if r.peek() != '[' {
		return r.misfit(`"worksheets" is not a list`)
	}
	return r.array(func(int) error {
		if r.peek() != '{' {
			return r.misfit("a worksheet is not an object")
		}
		return r.object(func(key Value) error {
			if key.is("cells") {
				return r.list("cells", &r.sheets)
			}
			_, err := r.value()
			return err
		})
	})
}

// list reads an array of cells.
func (r *reader) list(name string, into *[]Cell) error {
	if r.peek() != '[' {
		return r.misfit(fmt.Sprintf("%q is not a list", name))
	}
	return r.array(func(int) error {
		if r.peek() != '{' {
			return r.misfit("a cell is not an object")
		}
		cell, err := r.cell()
		cell.Number = len(*into) + 1
		*into = append(*into, cell)
		return err
	})
}

func (r *reader) cell() (Cell, error) {
	var c Cell
	var source, input, count, prompt, lang Value
	start := r.pos
	err := r.object(func(key Value) error {
		at, err := r.value()
		if err != nil {
			return err
		}
		switch {
		case key.is("cell_type"):
			c.Type = at.Text()
		case key.is("source"):
			source = at
		case key.is("input"):
			input = at
		case key.is("outputs"):
			c.outputs = at
		case key.is("metadata"):
			c.Metadata = at
		case key.is("id"):
			c.ID = at.Text()
		case key.is("execution_count"):
			count = at
		case key.is("prompt_number"):
			prompt = at
		case key.is("attachments"):
			c.attachments = at
		case key.is("language"):
			lang = at
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	c.object = Value{r.data, start, r.pos}
	c.source = first(source, input)
	if n, ok := first(count, prompt).Int(); ok {
		c.ExecutionCount = &n
	}
	c.Language = strings.ToLower(first(lang, c.Metadata.Get("vscode", "languageId")).Text())
	if !texts(c.source) {
		r.note(c.source.start, "a cell's source is neither a string nor a list of strings")
	}
	return c, nil
}

func first(v, otherwise Value) Value {
	if v.Exists() {
		return v
	}
	return otherwise
}

// texts reports whether a source can be read: nothing, null, a string, or a list of strings.
func texts(v Value) bool {
	switch v.Kind() {
	case None, Null, String:
		return true
	case Array:
		for _, e := range v.Elements() {
			if e.Kind() != String {
				return false
			}
		}
		return true
	}
	return false
}

// misfit notes a problem and reads over the value that has it.
func (r *reader) misfit(msg string) error {
	r.note(r.pos, msg)
	_, err := r.value()
	return err
}

// note keeps the first problem until the format is known: a file of another format deserves
// to be told so, not that its cells look odd.
func (r *reader) note(offset int, msg string) {
	if r.problem == nil {
		r.problem = newError(r.data, offset, msg)
	}
}

// chosen checks the format and returns its cells.
func (r *reader) chosen() ([]Cell, *Error) {
	at := r.root.start
	if r.formatAt.Exists() {
		at = r.formatAt.start
	}
	switch {
	case !r.formatAt.Exists():
		return nil, newError(r.data, at, `not a notebook: there is no "nbformat"`)
	case r.format == 1 || r.format == 2:
		return nil, newError(r.data, at, fmt.Sprintf("nbformat %d is not supported; convert the notebook with `jupyter nbconvert --to notebook`", r.format))
	case r.format != 3 && r.format != 4:
		return nil, newError(r.data, at, fmt.Sprintf("unknown nbformat %.20s; 3 and 4 are supported", r.formatAt.Raw()))
	case r.problem != nil:
		return nil, r.problem
	case r.format == 3 && r.hasSheets:
		return r.sheets, nil
	case r.format == 4 && r.hasCells:
		return r.cells, nil
	case r.format == 3:
		return nil, newError(r.data, r.root.start, `the notebook of nbformat 3 has no "worksheets"`)
	}
	return nil, newError(r.data, r.root.start, `the notebook has no "cells"`)
}

// kernelLanguages tells the language by the kernel's name, or what it begins with, for files
// that name no language.
var kernelLanguages = []struct{ prefix, language string }{
	{"ir", "r"},
	{"julia", "julia"},
	{"javascript", "javascript"},
	{"deno", "typescript"},
	{"tslab", "typescript"},
	{"bash", "bash"},
	{"scala", "scala"},
	{"spylon", "scala"},
	{"almond", "scala"},
	{"xcpp", "c++"},
	{".net-", "c#"},
	{"octave", "octave"},
	{"matlab", "matlab"},
	{"ruby", "ruby"},
	{"gophernotes", "go"},
	{"rust", "rust"},
	{"evcxr", "rust"},
	{"sos", "sos"},
}

// language finds the kernel's language, "python" where nothing is said.
func language(metadata Value) string {
	for _, keys := range [...][]string{{"kernelspec", "language"}, {"language_info", "name"}} {
		if name := strings.ToLower(metadata.Get(keys...).Text()); name != "" {
			return python(name)
		}
	}
	kernel := strings.ToLower(metadata.Get("kernelspec", "name").Text())
	for _, k := range kernelLanguages {
		if kernel == k.prefix || strings.HasPrefix(kernel, k.prefix) && len(k.prefix) > 3 {
			return k.language
		}
	}
	return "python"
}

// python folds the names under which kernels announce Python.
func python(name string) string {
	switch name {
	case "ipython", "python2", "python3", "pyspark", "pyspark3", "sparkmagic":
		return "python"
	}
	return name
}
