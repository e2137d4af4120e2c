package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/pyguard/pyguardml/pyguardml"
)

// collection is what the paths of the command line name.
type collection struct {
	files []pyguardml.File
	// base is the folder that the files' paths are relative to.
	base string
	// named holds the paths of files that the command line names by themselves.
	named map[string]bool
	// problems are paths that could not be used.
	problems []error
}

// collect finds the files. Each is there once, however often and by whatever spelling the
// paths name it.
func (s *settings) collect(ctx context.Context) (*collection, error) {
	base, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder is not known: %w", err)
	}
	c := &collection{base: base, named: map[string]bool{}}
	seen := map[string]bool{}
	for _, p := range s.paths {
		files, err := s.filesAt(ctx, base, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			c.problems = append(c.problems, fmt.Errorf("%s: %w", p, err))
			continue
		}
		if len(files) == 1 && !isFolder(p) {
			c.named[files[0].Path] = true
		}
		for _, f := range files {
			if !seen[f.Path] && (c.named[f.Path] || s.project.takes(f.Path)) {
				seen[f.Path] = true
				c.files = append(c.files, f)
			}
		}
	}
	return c, nil
}

func isFolder(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.IsDir()
}

// filesAt lists the files that one path stands for: the file, or those in the folder.
func (s *settings) filesAt(ctx context.Context, base, p string) ([]pyguardml.File, error) {
	st, err := os.Stat(p)
	if err != nil {
		return nil, withoutPath(err)
	}
	full, err := filepath.Abs(p)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !st.IsDir() {
		return []pyguardml.File{{Path: shown(base, full), FS: os.DirFS(filepath.Dir(full)), Name: filepath.Base(full)}}, nil
	}
	files, err := pyguardml.Discover(ctx, os.DirFS(full), pyguardml.DiscoverOptions{Exclude: s.exclude})
	if err != nil {
		return nil, err
	}
	root := shown(base, full)
	for i := range files {
		f := &files[i]
		if f.Name == "" {
			f.Name = f.Path
		}
		f.Path = path.Join(root, f.Path)
	}
	return files, nil
}

// shown is the path by which a file is reported: relative to the working folder, with ".."
// where it is outside. Only a file on another volume has an absolute path.
func shown(base, full string) string {
	rel, err := filepath.Rel(base, full)
	if err != nil {
		return filepath.ToSlash(full)
	}
	return filepath.ToSlash(rel)
}

// withoutPath is a file system's error without the operation and the path, which the message
// names already.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		if errors.Is(pe.Err, fs.ErrNotExist) {
			return errors.New("no such file or folder")
		}
		return pe.Err
	}
	return err
}
