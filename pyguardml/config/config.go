// Package config reads settings that a project keeps with its code: the table [tool.pyguardml] of
// pyproject.toml, or a pyguardml.toml of the same keys. It turns them into pyguardml.Options; what
// is done with those is the caller's.
//
//	settings, err := config.Find(os.DirFS("."), ".")
//	opts := pyguardml.Options{}
//	if settings != nil {
//		opts = settings.Options
//	}
//
// Settings are checked as a whole: a key that does not exist and a value that cannot be meant are
// errors with their file and line. docs/configuration.md lists the keys.
//
// Start reading at Parse.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// The files that hold settings. Of two in one folder the first counts.
const (
	FileName      = "pyguardml.toml"
	PyProjectName = "pyproject.toml"
)

// Config is what a project's settings say.
type Config struct {
	// File is the file that was read, as it was named to Parse or found by Find.
	File string
	// Options are the settings as options of an analysis: Profile, Select, Ignore, PathSelects,
	// PathIgnores, RequireReasons, Limits, Models and, where there are models, CacheVersion. All else is left at its zero value. Their
	// globs are about paths relative to the folder of File; see Options.Folder where files are
	// named from another one.
	Options pyguardml.Options
	// Include and Exclude say which files belong to the project; see Takes.
	Include, Exclude []string
	// Baseline is the file of accepted findings and Cache the folder in which results are kept, both
	// relative to the folder of File, "" where they are not set.
	Baseline, Cache string
}

// Error is a mistake in a file of settings.
type Error struct {
	File string
	// Line and Column count from 1; columns count bytes. They are 0 where the mistake is in no
	// one place.
	Line, Column int
	Problem      string
}

// Error returns the place and the problem in the form of compilers.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// ErrNone is the error of Parse for a pyproject.toml without a table [tool.pyguardml].
var ErrNone = errors.New("the file holds no settings of pyguardml")

// Find reads the settings that hold in a folder of a file system: those in the folder itself or the
// nearest one above. The search ends at the root of a repository, a folder that holds .git. Where
// there are no settings the Config is nil. own are checks that the settings may name besides the
// built-in ones.
func Find(fsys fs.FS, dir string, own ...checks.Check) (*Config, error) {
	dir = path.Clean(dir)
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("config: the folder %q does not lie in the file system; give a relative path without .. in it", dir)
	}
	for ; ; dir = path.Dir(dir) {
		for _, name := range []string{FileName, PyProjectName} {
			name = path.Join(dir, name)
			data, err := fs.ReadFile(fsys, name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("config: %w", err)
			}
			c, err := Parse(name, data, own...)
			if !errors.Is(err, ErrNone) {
				return c, err
			}
		}
		if _, err := fs.Stat(fsys, path.Join(dir, ".git")); err == nil || dir == "." {
			return nil, nil
		}
	}
}

// Takes reports whether a file belongs to the project by Include and Exclude. name is its path,
// relative to the folder of File. Manifests belong to it unless they are excluded, since they
// concern the files beside them.
func (c *Config) Takes(name string) bool {
	for part := name; part != "." && part != "/" && part != ".."; part = path.Dir(part) {
		if matchesAny(c.Exclude, part) {
			return false
		}
	}
	if kind, known := pyguardml.KindOf(name); len(c.Include) == 0 || known && kind == checks.Manifest {
		return true
	}
	return matchesAny(c.Include, name)
}

func matchesAny(globs []string, name string) bool {
	for _, glob := range globs {
		for _, whole := range wholePath(glob) {
			if doublestar.MatchUnvalidated(whole, name) {
				return true
			}
		}
	}
	return false
}

// wholePath turns a glob of the settings into those that are matched against whole paths: one without
// a slash is about names at any depth, and one that names a folder about all that is in it.
func wholePath(glob string) []string {
	glob = strings.TrimPrefix(strings.TrimSuffix(glob, "/"), "./")
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	if strings.HasSuffix(glob, "**") {
		return []string{glob}
	}
	return []string{glob, glob + "/**"}
}
