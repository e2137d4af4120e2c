package pyguardml

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/artifact"
	"github.com/pyguard/pyguardml/internal/gitignore"
)

// DiscoverOptions says which files Discover finds. The zero value finds what a person would
// call the project's own files.
type DiscoverOptions struct {
	// Roots are the files and folders to start from, as paths in the file system; empty means
	// its root. A file named here is taken whatever the rules say.
	Roots []string
	// Prefix is put before the paths of the files found, for a file system that is itself a
	// folder somewhere: with "lib", a.py becomes lib/a.py.
	Prefix string
	// Include, when not empty, narrows the search to files that one of the globs matches;
	// manifests are found all the same, since they concern the files beside them. Exclude leaves
	// out files and whole folders. A glob without a slash is about names at any
	// depth ("test_*.py", "vendor"), another one about the whole path ("src/**/*.py").
	Include, Exclude []string
	// NoGitignore leaves .gitignore files and .git/info/exclude out of account.
	NoGitignore bool
	// NoDefaultExcludes searches the folders that are usually not the project's own: version
	// control, virtual environments, installed packages, caches, build results.
	NoDefaultExcludes bool
	// FileLinks takes symbolic links to files for the files: in the caches of model hubs a
	// downloaded folder holds nothing else. What a link leads to may lie outside of the tree. A link
	// to a folder, or to nothing, is kept among the files and becomes a FileError.
	FileLinks bool
}

// defaultExcludes are names of folders that hold other people's or generated files.
var defaultExcludes = map[string]bool{
	".bzr": true, ".direnv": true, ".eggs": true, ".git": true, ".hg": true, ".ipynb_checkpoints": true, ".mypy_cache": true,
	".nox": true, ".pants.d": true, ".pyenv": true, ".pytest_cache": true, ".pytype": true, ".ruff_cache": true, ".svn": true,
	".tox": true, ".venv": true, "__pycache__": true, "__pypackages__": true, "_build": true, "buck-out": true, "build": true,
	"dist": true, "node_modules": true, "site-packages": true, "venv": true,
}

// maxDepth bounds the nesting of folders, for file systems that have no end.
const maxDepth = 256

// Discover finds the Python files, notebooks and model files of a file system, and the
// manifests that say which libraries they need, in the order of their paths. Manifests are also
// found in the folders above a root. Of files whose name says nothing the first bytes are read,
// since a model may have any name; the rest is read by Analyze, from the same file system.
//
// Symbolic links within the tree are not followed, so that nothing outside of it is read and
// nothing twice, unless FileLinks is set. What cannot be looked into (a folder without permission, a root that does not
// exist) is kept among the files, and becomes a FileError of the analysis. An error means that
// the call was wrong or that ctx ended.
func Discover(ctx context.Context, fsys fs.FS, opts DiscoverOptions) ([]File, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	if fsys == nil {
		return nil, errors.New("discover: the file system is nil; give one such as os.DirFS(\".\")")
	}
	for _, glob := range slices.Concat(opts.Include, opts.Exclude) {
		if glob == "" || !doublestar.ValidatePattern(glob) {
			return nil, fmt.Errorf("discover: %q is not a glob; write one such as tests/** or test_*.py", glob)
		}
	}
	d := &discovery{ctx: ctx, fsys: fsys, opts: opts, found: map[string]File{}}
	roots := opts.Roots
	if len(roots) == 0 {
		roots = []string{"."}
	}
	for _, root := range roots {
		root = path.Clean(root)
		if !fs.ValidPath(root) {
			return nil, fmt.Errorf("discover: the root %q does not lie in the file system; give a relative path without .. in it", root)
		}
		if err := d.root(root); err != nil {
			return nil, err
		}
	}
	files := make([]File, 0, len(d.found))
	for _, f := range d.found {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// discovery is a search under way.
type discovery struct {
	ctx   context.Context
	fsys  fs.FS
	opts  DiscoverOptions
	found map[string]File // by name in fsys
}

func (d *discovery) add(name string, failed error) {
	if old, ok := d.found[name]; ok && old.failed == nil {
		return
	}
	d.found[name] = File{Path: path.Join(d.opts.Prefix, name), FS: d.fsys, Name: name, failed: failed}
}

// root searches one starting point.
func (d *discovery) root(name string) error {
	st, err := fs.Stat(d.fsys, name)
	switch {
	case err != nil:
		d.add(name, fmt.Errorf("the path cannot be read: %w", cause(err)))
		return nil
	case !st.IsDir():
		d.add(name, nil)
		d.above(name)
		return nil
	}
	return d.folder(name, d.above(name), strings.Count(name, "/"))
}

// above reads the .gitignore files of the folders that hold a root, and finds the manifests
// there: they speak for what is below.
func (d *discovery) above(root string) gitignore.Stack {
	var stack gitignore.Stack
	if !d.opts.NoGitignore {
		stack = d.exclude(stack)
	}
	for _, dir := range holders(root) {
		entries, err := fs.ReadDir(d.fsys, dir)
		if err != nil {
			continue // the root itself can be read, and only that was asked for
		}
		stack = d.enter(stack, dir, entries)
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if kind, known := KindOf(name); known && kind == checks.Manifest && e.Type().IsRegular() && d.wants(name, stack) {
				d.add(name, nil)
			}
		}
	}
	return stack
}

// holders lists the folders that hold a path, from the top down, without itself.
func holders(name string) []string {
	var dirs []string
	for name != "." {
		name = path.Dir(name)
		dirs = append(dirs, name)
	}
	slices.Reverse(dirs)
	return dirs
}

// exclude reads the repository's own list of ignored files.
func (d *discovery) exclude(stack gitignore.Stack) gitignore.Stack {
	if data, err := d.ignoreFile(".git/info/exclude"); err == nil {
		return append(stack, gitignore.Parse(".", data))
	}
	return stack
}

// enter adds a folder's .gitignore file, if it has one that can be read.
func (d *discovery) enter(stack gitignore.Stack, dir string, entries []fs.DirEntry) gitignore.Stack {
	if d.opts.NoGitignore || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".gitignore" }) {
		return stack
	}
	data, err := d.ignoreFile(path.Join(dir, ".gitignore"))
	if err != nil {
		return stack
	}
	return append(stack[:len(stack):len(stack)], gitignore.Parse(dir, data))
}

// maxIgnoreFile bounds what is read of a .gitignore file, in bytes.
const maxIgnoreFile = 1 << 20

func (d *discovery) ignoreFile(name string) ([]byte, error) {
	f := File{FS: d.fsys, Name: name}
	return f.read(maxIgnoreFile)
}

// folder searches a folder and those below it.
func (d *discovery) folder(dir string, stack gitignore.Stack, depth int) error {
	if err := d.ctx.Err(); err != nil {
		return fmt.Errorf("discover: stopped: %w", context.Cause(d.ctx))
	}
	if depth > maxDepth {
		d.add(dir, fmt.Errorf("the folder is nested more than %d deep and was not searched", maxDepth))
		return nil
	}
	entries, err := fs.ReadDir(d.fsys, dir)
	if err != nil {
		d.add(dir, fmt.Errorf("the folder cannot be read: %w", cause(err)))
	}
	if !d.opts.NoDefaultExcludes && depth > 0 && isEnvironment(entries) {
		return nil
	}
	stack = d.enter(stack, dir, entries)
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !d.skips(name, stack) {
				if err := d.folder(name, stack, depth+1); err != nil {
					return err
				}
			}
		case e.Type().IsRegular() && d.wants(name, stack):
			d.add(name, nil)
		case e.Type()&fs.ModeSymlink != 0 && d.opts.FileLinks:
			d.link(name, stack)
		}
	}
	return nil
}

// link takes what a symbolic link leads to.
func (d *discovery) link(name string, stack gitignore.Stack) {
	st, err := fs.Stat(d.fsys, name)
	switch {
	case err != nil:
		d.add(name, fmt.Errorf("the link cannot be followed: %w", cause(err)))
	case st.IsDir():
		d.add(name, errors.New("a link to a folder is not followed"))
	case st.Mode().IsRegular() && d.wants(name, stack):
		d.add(name, nil)
	}
}

// isEnvironment recognises a virtual environment or conda environment of any name.
func isEnvironment(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "pyvenv.cfg" || e.Name() == "conda-meta" })
}

// skips reports whether a folder is left out.
func (d *discovery) skips(dir string, stack gitignore.Stack) bool {
	base := path.Base(dir)
	if !d.opts.NoDefaultExcludes && (defaultExcludes[base] || strings.HasSuffix(base, ".egg-info") || strings.HasSuffix(base, ".egg")) {
		return true
	}
	return matchesAny(d.opts.Exclude, dir) || stack.Ignored(dir, true)
}

// wants reports whether a file is taken.
func (d *discovery) wants(name string, stack gitignore.Stack) bool {
	kind, known := KindOf(name)
	if len(d.opts.Include) > 0 && kind != checks.Manifest && !matchesAny(d.opts.Include, name) {
		return false
	}
	if matchesAny(d.opts.Exclude, name) || stack.Ignored(name, false) {
		return false
	}
	return known || !quarantined(name) && artifact.Marked(headOf(d.fsys, name))
}

// matchesAny reports whether one of the globs matches a path, or, for a glob without a
// slash, its last part.
func matchesAny(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		glob = strings.TrimSuffix(glob, "/")
		if !strings.Contains(glob, "/") {
			return doublestar.MatchUnvalidated(glob, path.Base(name))
		}
		return doublestar.MatchUnvalidated(strings.TrimPrefix(glob, "./"), name)
	})
}
