package pyguardml

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/notebook"
)

// unit is a file on its way through the analysis. It is not changed once loaded.
type unit struct {
	file     File
	hash     [sha256.Size]byte  // of the bytes, when they could be read
	module   *checks.Module     // of Python files and notebooks
	draft    *checks.Draft      // of Python files and notebooks: what is known before they are parsed
	manifest *manifest.Manifest // of manifests that say what is required, and of setup.py
	document *manifest.Document // of manifests
	artifact *checks.ModelFile  // of model files
	errors   []FileError
	lines    int
	// unopened is set while of the file is known what hash tells, and no more.
	unopened *unopened
	// shown tells whether the file shows that its project has to do with AI/ML, once somebody has asked.
	shown *shown
}

// unopened is what is made of a file by config.open.
type unopened struct {
	kind checks.Input
	data []byte // nil of model files, which are not read as a whole
	// read is set where data was read by the library, so that nobody else changes it.
	read bool
}

// source is the text that data holds.
func (o *unopened) source(name string) (*ast.Source, error) {
	if o.read {
		return ast.TakeSource(name, o.data)
	}
	return ast.NewSource(name, o.data)
}

// failed reports whether nothing could be made of the file.
func (u *unit) failed() bool {
	return u.unopened == nil && u.module == nil && u.manifest == nil && u.document == nil && u.artifact == nil
}

// load reads a file. previous, if not nil, is an earlier state of the file, which is taken over when the bytes
// are the same. Only an ended ctx is an error; all else that goes wrong is noted in the unit.
func (c *config) load(ctx context.Context, f File, previous *unit) (u *unit, reused bool, err error) {
	u = &unit{file: f, shown: &shown{}}
	err = c.guard(u, func() error {
		var err error
		reused, err = c.read(ctx, u, previous)
		return err
	})
	return u, reused && !u.failed(), err
}

// read is load for a unit that holds its file.
func (c *config) read(ctx context.Context, u, previous *unit) (reused bool, err error) {
	if isArtifact(&u.file) {
		u.unopened = &unopened{kind: checks.Artifact}
		if c.caches() {
			u.hash = u.file.digest(ctx)
		}
		return false, ctx.Err()
	}
	data, kind, ok := c.content(ctx, u)
	if !ok {
		return false, ctx.Err()
	}
	if u.hash, err = digest(ctx, data); err != nil {
		return false, err
	}
	if previous != nil && !previous.failed() && previous.hash == u.hash {
		file := u.file
		*u = *previous
		u.file = file
		return true, ctx.Err()
	}
	u.unopened = &unopened{kind, data, u.file.Content == nil}
	return false, ctx.Err()
}

// opened returns what load has read as a unit that checks can be asked about; code is not parsed yet. The unit
// itself may be in use by another analysis. Only an ended ctx is an error.
func (c *config) opened(ctx context.Context, u *unit) (*unit, error) {
	p := *u
	p.unopened, p.shown = nil, &shown{}
	err := c.guard(&p, func() error {
		data, kind := u.unopened.data, u.unopened.kind
		if kind == checks.Artifact {
			return c.loadArtifact(ctx, &p)
		}
		if kind == checks.Manifest {
			c.openDocument(&p, u.unopened)
		}
		if manifest.Recognise(p.file.Path).Requires() {
			c.parseManifest(&p, kind, data)
		}
		if kind == checks.Manifest {
			return c.loadConfiguration(ctx, &p, data)
		}
		return c.open(ctx, &p, u.unopened)
	})
	return &p, err
}

// digest is the SHA-256 of a file's bytes. The error is the context's.
func digest(ctx context.Context, data []byte) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	for len(data) > 0 {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		n := min(1<<20, len(data))
		h.Write(data[:n])
		data = data[n:]
	}
	h.Sum(sum[:0])
	return sum, nil
}

// content reads a unit's bytes and tells its kind.
func (c *config) content(ctx context.Context, u *unit) (data []byte, kind checks.Input, ok bool) {
	kind, known := KindOf(u.file.Path)
	data, err := u.file.readWithin(ctx, c.limit(kind))
	if ctx.Err() != nil {
		return nil, kind, false
	}
	if err != nil {
		u.fail(StageRead, err)
		return nil, kind, false
	}
	if !known && !isScript(data) {
		u.fail(StageDecode, fmt.Errorf("the file is neither Python nor a notebook nor a manifest nor a model (name it .py or .ipynb, or begin it with #!/usr/bin/env python)%s", ending(u.file.Path)))
		return nil, kind, false
	}
	return data, kind, true
}

func ending(name string) string {
	if ext := path.Ext(name); ext != "" {
		return ": its name ends in " + ext
	}
	return ""
}

// isScript reports whether the first line hands the file to a Python interpreter.
func isScript(data []byte) bool {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.HasPrefix(line, []byte("#!")) && bytes.Contains(line, []byte("python"))
}

// openDocument makes a manifest's document; what it holds is parsed when a check asks. Text that
// cannot be decoded as Python's is left to parseManifest, which knows what pip accepts.
func (c *config) openDocument(u *unit, o *unopened) {
	source, err := o.source(u.file.Path)
	if err != nil {
		if !manifest.Recognise(u.file.Path).Requires() {
			u.fail(StageDecode, err)
		}
		return
	}
	if d, ok := manifest.Open(u.file.Path, source); ok {
		u.document = d
	}
}

// parseManifest reads what a manifest requires. A setup.py that says nothing is no error.
func (c *config) parseManifest(u *unit, kind checks.Input, data []byte) {
	m, err := manifest.Parse(u.file.Path, data)
	if err != nil {
		if kind == checks.Manifest {
			u.fail(StageDecode, err)
		}
		return
	}
	u.manifest = m
	if u.document != nil {
		u.document.Requires = m
	}
	for _, note := range m.Notes {
		c.Logger.Debug("not understood", "path", u.file.Path, "line", note.Line, "note", note.Message)
	}
}

// open makes the unit's module out of its bytes. Its code is not parsed until it is known whether
// a check can concern it. Only an ended ctx is an error.
func (c *config) open(ctx context.Context, u *unit, o *unopened) error {
	m := &checks.Module{Path: u.file.Path}
	var err error
	if o.kind == checks.Notebook {
		if m.Notebook, err = notebook.Parse(m.Path, o.data); err == nil {
			m.Source = m.Notebook.Source()
		}
	} else if m.Source, err = o.source(m.Path); err == nil {
		if script, ok := notebook.ParseScript(m.Source); ok {
			m.Notebook, m.Source = script, script.Source()
		}
	}
	if err != nil {
		u.fail(StageDecode, err)
		return ctx.Err()
	}
	u.module = m
	u.lines = countLines(m.Source.Text)
	if m.Source.Guessed {
		err := errors.New("the text is not UTF-8 and names no encoding, which Python refuses; it was read as Latin-1")
		u.errors = append(u.errors, FileError{Path: m.Path, Stage: StageSyntax, Err: err})
	}
	u.draft = checks.NewDraft(m.Path, m.Source.Text)
	u.draft.Notebook = m.Notebook
	u.draft.Needed = m.Notebook != nil || c.ParseAll
	return ctx.Err()
}

// parse parses the unit's module. Only an ended ctx is an error.
func (c *config) parse(ctx context.Context, u *unit) error {
	m := u.module
	var err error
	m.File, err = ast.Parse(ctx, m.Source)
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err != nil {
		u.fail(StageParse, err)
		return nil
	}
	if len(m.File.Errors) > 0 {
		u.errors = append(u.errors, syntaxError(m))
	}
	return nil
}

// parsed returns a copy of a unit with its module parsed; the unit itself may be in use by
// another analysis. Only an ended ctx is an error.
func (c *config) parsed(ctx context.Context, u *unit) (*unit, error) {
	p := *u
	p.errors = slices.Clone(u.errors)
	p.module = &checks.Module{Path: u.module.Path, Source: u.module.Source, Notebook: u.module.Notebook}
	err := c.guard(&p, func() error { return c.parse(ctx, &p) })
	return &p, err
}

// guard turns a panic of a parser into the failure of the unit.
func (c *config) guard(u *unit, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.Logger.Warn("parser failed", "path", u.file.Path, "panic", p, "stack", string(debug.Stack()))
			u.fail(StageParse, fmt.Errorf("internal error while parsing: %v", p))
			err = nil
		}
	}()
	return do()
}

func countLines(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// syntaxError reports the first place of a module that is not Python.
func syntaxError(m *checks.Module) FileError {
	first := m.File.Errors[0]
	e := FileError{Path: m.Path, Stage: StageSyntax, Line: m.Source.Position(first.Start).Line}
	if m.Notebook != nil {
		cell, pos := m.Notebook.Position(first.Start)
		e.Cell, e.Line = cell, pos.Line
	}
	more := ""
	if n := len(m.File.Errors) - 1; n == 1 {
		more = " (and 1 more place)"
	} else if n > 1 {
		more = fmt.Sprintf(" (and %d more places)", n)
	}
	e.Err = fmt.Errorf("invalid syntax: %s%s; the rest of the file was analysed", first.Msg, more)
	return e
}

// fail notes that the file cannot be analysed.
func (u *unit) fail(stage string, err error) {
	e := FileError{Path: u.file.Path, Stage: stage, Err: withoutPath(err, u.file.Path)}
	var ne *notebook.Error
	if errors.As(err, &ne) {
		e.Line = ne.Line
		e.Err = reworded{ne.Msg, err}
	}
	u.module, u.draft, u.manifest, u.document, u.artifact = nil, nil, nil, nil, nil
	u.errors = []FileError{e}
}

// withoutPath drops the path from an error's text, since FileError has it.
func withoutPath(err error, path string) error {
	if text, ok := strings.CutPrefix(err.Error(), path+": "); ok {
		return reworded{text, err}
	}
	return err
}

// reworded is an error with another text.
type reworded struct {
	text string
	err  error
}

func (e reworded) Error() string { return e.text }
func (e reworded) Unwrap() error { return e.err }
