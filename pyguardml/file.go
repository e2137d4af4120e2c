package pyguardml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/artifact"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// File is a file to analyse: a path with its content, or a path to be read from FS.
type File struct {
	// Path names the file in reports, with forward slashes. KindOf tells by it what the file is.
	// Imports between files are resolved by it, so paths of one project share a root.
	Path string
	// Content is the file's bytes as they are on disk, in the file's own encoding. It is not
	// changed and must not be while it is analysed. An empty file is an empty, non-nil slice.
	Content []byte
	// FS is where the content is read from when Content is nil.
	FS fs.FS
	// Name is the file's name in FS when that is not Path.
	Name string

	// failed is why Discover could not look at the path.
	failed error
}

// KindOf tells by a path what kind of file it is: Python (.py, .pyi, .pyw), a notebook
// (.ipynb), or a manifest, which says which libraries a project needs (requirements.txt,
// pyproject.toml, lock files, conda environments; setup.py counts as Python) or how it is run
// (Dockerfiles, YAML, TOML, env files, shell scripts, README.md), or a model file (.pt, .pkl,
// .onnx …). ok is false for paths that no check looks at; Discover and Analyze look at the content
// of such files too, which may be a model under another name.
func KindOf(name string) (kind checks.Input, ok bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".py", ".pyi", ".pyw":
		return checks.Python, true
	case ".ipynb":
		return checks.Notebook, true
	}
	if manifest.Recognise(name) != manifest.Unknown {
		return checks.Manifest, true
	}
	if artifact.Named(name) {
		return checks.Artifact, true
	}
	return 0, false
}

// IsModelName reports whether a file of this name is looked at as a part of a model: a model file,
// or a configuration that is loaded with one, which KindOf may call a manifest (config.json,
// tokenizer_config.json).
func IsModelName(name string) bool { return artifact.Named(name) }

// validate checks a set of files for mistakes of the caller and returns it with clean paths.
func validateFiles(files []File) ([]File, error) {
	if len(files) == 0 {
		return nil, errors.New("no files to analyse: give at least one File, for instance from Discover")
	}
	clean := make([]File, len(files))
	seen := make(map[string]bool, len(files))
	for i, f := range files {
		if f.Path == "" {
			return nil, fmt.Errorf("file %d of %d has no Path; give the name to report it by", i+1, len(files))
		}
		if f.Content == nil && f.FS == nil && f.failed == nil {
			return nil, fmt.Errorf("%s: the File has neither Content nor FS; an empty file is Content: []byte{}", f.Path)
		}
		if f.Name == "" {
			f.Name = path.Clean(f.Path)
		}
		f.Path = path.Clean(f.Path)
		if seen[f.Path] {
			return nil, fmt.Errorf("%s: the path is given twice; give each file once", f.Path)
		}
		seen[f.Path] = true
		clean[i] = f
	}
	return clean, nil
}

// tooLarge is the error for a file above its limit.
func tooLarge(size, limit int64) error {
	return fmt.Errorf("the file is too large: %s, the limit is %s", megabytes(size), megabytes(limit))
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// read returns the file's bytes, but no more than limit.
func (f *File) read(limit int64) ([]byte, error) { return f.readWithin(context.Background(), limit) }

// readWithin is read that ends with a context, whose error it may return.
func (f *File) readWithin(ctx context.Context, limit int64) ([]byte, error) {
	if f.failed != nil {
		return nil, f.failed
	}
	if f.Content != nil {
		if int64(len(f.Content)) > limit {
			return nil, tooLarge(int64(len(f.Content)), limit)
		}
		return f.Content, nil
	}
	r, size, err := openRegular(f.FS, f.Name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size > limit {
		return nil, tooLarge(size, limit)
	}
	data := make([]byte, 0, size+1)
	data, err = appendAll(ctx, data, io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(int64(len(data)), limit)
	}
	return data, nil
}

// openRegular opens a file for reading and returns its size. It neither waits for nor reads what is no
// regular file, such as a named pipe, which nobody may ever write to, or a device, which may not end.
func openRegular(fsys fs.FS, name string) (fs.File, int64, error) {
	if s, ok := fsys.(fs.StatFS); ok { // a pipe waits when it is opened
		if st, err := s.Stat(name); err == nil {
			if err := regular(st); err != nil {
				return nil, 0, err
			}
		}
	}
	r, err := fsys.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	st, err := r.Stat()
	if err != nil {
		return r, 0, nil
	}
	if err := regular(st); err != nil {
		r.Close()
		return nil, 0, err
	}
	return r, st.Size(), nil
}

// regular says what a path is that is no file.
func regular(st fs.FileInfo) error {
	switch st.Mode().Type() {
	case 0:
		return nil
	case fs.ModeDir:
		return errors.New("the path is a folder; give it to Discover to find the files in it")
	case fs.ModeNamedPipe:
		return errors.New("the path is no file but a named pipe")
	case fs.ModeSocket:
		return errors.New("the path is no file but a socket")
	}
	return errors.New("the path is no file but a device")
}

// appendAll is io.ReadAll into a buffer of the size that is expected, in pieces between which it asks the context.
func appendAll(ctx context.Context, data []byte, r io.Reader) ([]byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return data, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := r.Read(data[len(data):min(cap(data), len(data)+1<<20)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return data, err
		}
	}
}

// cause strips the operation and path from a file system's error: the caller names the path.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
