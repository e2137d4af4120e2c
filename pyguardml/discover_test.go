package pyguardml

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/gitignore"
)

// tree makes a file system out of paths; "path=content" gives a file content.
func tree(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func discovered(t *testing.T, fsys fs.FS, opts DiscoverOptions) []string {
	t.Helper()
	files, err := Discover(context.Background(), fsys, opts)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{}
	for _, f := range files {
		if path.Base(f.Path) != ".gitignore" { // read by checks, and there only for its rules here
			paths = append(paths, f.Path)
		}
	}
	return paths
}

func TestDiscoverFindsTheProjectsOwnFiles(t *testing.T) {
	fsys := tree("b.py", "a.PY", "gui.pyw", "stub.pyi", "nb.ipynb", "readme.md", "pkg/z.py", "pkg/sub/y.py",
		".git/hook.py", "node_modules/n.py", "__pycache__/c.py", ".venv/v.py", "venv/v.py", "lib/site-packages/s.py", ".tox/t.py",
		".ipynb_checkpoints/nb.ipynb", "build/lib/x.py", "dist/x.py", "x.egg-info/e.py",
		"myenv/pyvenv.cfg", "myenv/lib/e.py", "conda/conda-meta/history", "conda/e.py")
	want := []string{"a.PY", "b.py", "gui.pyw", "nb.ipynb", "pkg/sub/y.py", "pkg/z.py", "readme.md", "stub.pyi"}
	if diff := cmp.Diff(want, discovered(t, fsys, DiscoverOptions{})); diff != "" {
		t.Error(diff)
	}
}

func TestDiscoverOptionsNarrowAndWiden(t *testing.T) {
	fsys := tree("a.py", "a_test.py", "tests/b.py", "src/c.py", "src/deep/d.py", "build/e.py", ".gitignore=a.py\n")
	for _, c := range []struct {
		name string
		opts DiscoverOptions
		want []string
	}{
		{"exclude by name", DiscoverOptions{Exclude: []string{"*_test.py", "tests"}}, []string{"src/c.py", "src/deep/d.py"}},
		{"exclude by path", DiscoverOptions{Exclude: []string{"src/deep/"}}, []string{"a_test.py", "src/c.py", "tests/b.py"}},
		{"include by path", DiscoverOptions{Include: []string{"src/**/*.py"}}, []string{"src/c.py", "src/deep/d.py"}},
		{"include by name", DiscoverOptions{Include: []string{"{c,d}.py"}}, []string{"src/c.py", "src/deep/d.py"}},
		{"without .gitignore", DiscoverOptions{NoGitignore: true, Include: []string{"a.py"}}, []string{"a.py"}},
		{"without default excludes", DiscoverOptions{NoDefaultExcludes: true, Include: []string{"build/**"}}, []string{"build/e.py"}},
		{"roots, overlapping", DiscoverOptions{Roots: []string{"src", "src/deep", "./src/c.py"}}, []string{"src/c.py", "src/deep/d.py"}},
		{"a root that is a file is taken whatever the rules say", DiscoverOptions{Roots: []string{"a.py"}, Exclude: []string{"a.py"}}, []string{"a.py"}},
		{"a root that is an excluded folder", DiscoverOptions{Roots: []string{"build"}}, []string{"build/e.py"}},
		{"prefix", DiscoverOptions{Roots: []string{"src/deep"}, Prefix: "../lib"}, []string{"../lib/src/deep/d.py"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, discovered(t, fsys, c.opts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDiscoverFindsTheManifestsThatConcernAFile(t *testing.T) {
	fsys := tree("requirements.txt=torch", "src/pyproject.toml=", "src/app/a.py", "src/app/sub/b.py", "src/app/requirements-dev.txt=", "other/setup.cfg=", "notes.txt=x")
	for _, c := range []struct {
		root string
		want []string
	}{
		{".", []string{"other/setup.cfg", "requirements.txt", "src/app/a.py", "src/app/requirements-dev.txt", "src/app/sub/b.py", "src/pyproject.toml"}},
		{"src/app", []string{"requirements.txt", "src/app/a.py", "src/app/requirements-dev.txt", "src/app/sub/b.py", "src/pyproject.toml"}},
		{"src/app/sub/b.py", []string{"requirements.txt", "src/app/requirements-dev.txt", "src/app/sub/b.py", "src/pyproject.toml"}},
	} {
		if diff := cmp.Diff(c.want, discovered(t, fsys, DiscoverOptions{Roots: []string{c.root}, Include: []string{"*.py"}})); diff != "" {
			t.Errorf("from %s: %s", c.root, diff)
		}
	}
}

func TestDiscoverRefusesWrongUse(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		fsys fs.FS
		opts DiscoverOptions
		want string
	}{
		{"no file system", nil, DiscoverOptions{}, "file system is nil"},
		{"bad glob", tree("a.py"), DiscoverOptions{Exclude: []string{"[a"}}, `"[a" is not a glob`},
		{"root outside", tree("a.py"), DiscoverOptions{Roots: []string{"../x"}}, `the root "../x" does not lie in the file system`},
		{"absolute root", tree("a.py"), DiscoverOptions{Roots: []string{"/x"}}, `the root "/x" does not lie in the file system`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Discover(ctx, c.fsys, c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestDiscoverStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Discover(ctx, tree("a.py"), DiscoverOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestDiscoverKeepsWhatCannotBeRead(t *testing.T) {
	files, err := Discover(context.Background(), lockedFS{tree("a.py", "locked/b.py")}, DiscoverOptions{Roots: []string{".", "missing"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
		if (f.Path != "a.py") != (f.failed != nil) {
			t.Errorf("%s: failed is %v", f.Path, f.failed)
		}
	}
	if diff := cmp.Diff([]string{"a.py", "locked", "missing"}, got); diff != "" {
		t.Error(diff)
	}
}

// lockedFS refuses to list the folder "locked".
type lockedFS struct{ fstest.MapFS }

func (l lockedFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "locked" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.MapFS.ReadDir(name)
}

func TestDiscoverDoesNotFollowSymlinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, dir, "a.py", "")
	write(t, outside, "secret.py", "")
	for name, target := range map[string]string{"loop": ".", "out": outside, "b.py": filepath.Join(outside, "secret.py")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	if diff := cmp.Diff([]string{"a.py"}, discovered(t, os.DirFS(dir), DiscoverOptions{})); diff != "" {
		t.Error(diff)
	}
}

func TestEndlessFileSystemIsNotSearchedForEver(t *testing.T) {
	files, err := Discover(context.Background(), endlessFS{}, DiscoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].failed == nil {
		t.Errorf("found %d files", len(files))
	}
}

// endlessFS has a folder d in every folder.
type endlessFS struct{}

func (endlessFS) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "ignore") || strings.HasSuffix(name, "exclude") {
		return nil, fs.ErrNotExist
	}
	return tree("d/x").Open(".")
}

// The rules' cases. Each is also given to git itself where there is one.
var ignoreCases = []struct {
	name  string
	files []string // .gitignore files with content, and empty files
}{
	{"name at any depth", []string{".gitignore=gen.py\n", "gen.py", "a/gen.py", "a/b/gen.py", "regen.py"}},
	{"anchored by a leading slash", []string{".gitignore=/gen.py\n", "gen.py", "a/gen.py"}},
	{"anchored by a slash within", []string{".gitignore=a/gen.py\n", "a/gen.py", "b/a/gen.py"}},
	{"folder only", []string{".gitignore=out/\n", "out/a.py", "x/out/b.py", "y/out"}},
	{"star stays in a folder", []string{".gitignore=a/*.py\n", "a/x.py", "a/b/y.py"}},
	{"question mark", []string{".gitignore=?.py\n", "a.py", "ab.py"}},
	{"classes", []string{".gitignore=[a-c].py\n[!x]y.py\n", "a.py", "d.py", "xy.py", "ay.py"}},
	{"two stars in front", []string{".gitignore=**/gen/x.py\n", "gen/x.py", "a/b/gen/x.py", "a/gen/b/x.py"}},
	{"two stars within", []string{".gitignore=a/**/x.py\n", "a/x.py", "a/b/x.py", "a/b/c/x.py", "b/x.py"}},
	{"two stars at the end", []string{".gitignore=a/**\n!a/keep.py\n", "a/x.py", "a/b/x.py", "a/keep.py", "b/a/x.py"}},
	{"negation, last rule decides", []string{".gitignore=*.py\n!keep.py\n", "a.py", "keep.py", "d/keep.py"}},
	{"negation overruled", []string{".gitignore=!keep.py\n*.py\n", "keep.py"}},
	{"no way back into an ignored folder", []string{".gitignore=out\n!out/keep.py\n", "out/keep.py"}},
	{"the contents ignored, one kept", []string{".gitignore=out/*\n!out/keep.py\n", "out/keep.py", "out/x.py"}},
	{"nested file adds", []string{"a/.gitignore=gen.py\n", "gen.py", "a/gen.py", "a/b/gen.py"}},
	{"nested file overrules", []string{".gitignore=*.py\n", "a/.gitignore=!*.py\n", "x.py", "a/x.py"}},
	{"nested file is anchored to its folder", []string{"a/.gitignore=/b/x.py\n", "b/x.py", "a/b/x.py", "a/a/b/x.py"}},
	{"comments and blank lines", []string{".gitignore=# x.py\n\n   \n\\#y.py\n\\!z.py\n", "x.py", "#y.py", "!z.py"}},
	{"blanks at the end", []string{".gitignore=a.py   \nb.py\\ \n", "a.py", "b.py", "b.py "}},
	{"line ends of Windows", []string{".gitignore=a.py\r\nb/\r\n", "a.py", "b/x.py", "c.py"}},
	{"byte order mark", []string{".gitignore=\ufeffa.py\n", "a.py"}},
	{"braces are letters", []string{".gitignore={a,b}.py\n", "a.py", "{a,b}.py"}},
	{"backslash", []string{".gitignore=a\\*.py\n", "a*.py", "ab.py"}},
	{"only a slash", []string{".gitignore=/\n", "a.py"}},
	{"only a star", []string{".gitignore=*\n!.gitignore\n", "a.py", "b/c.py"}},
	{"an unclosed class", []string{".gitignore=[a.py\n", "a.py"}},
	{"two stars as a name", []string{".gitignore=a**b.py\n", "axxb.py", "c/ab.py"}},
	{"two stars alone in the middle", []string{".gitignore=x/a**.py\n", "x/ab.py", "x/a/b.py"}},
	{"exclude file of the repository", []string{".git/info/exclude=gen.py\n", "gen.py", "a.py"}},
	{"folder by a pattern with a star", []string{".gitignore=data*/\n", "data1/x.py", "data/x.py", "a/data2/b/x.py", "datax.py"}},
}

func TestFileLinksAreFollowedOnDemand(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "blobs/aa", "\x80\x02N.")
	write(t, dir, "snapshots/x.py", "x = 1\n")
	for name, to := range map[string]string{"model.bin": "../blobs/aa", "notes.md": "../blobs/aa", "gone.bin": "../blobs/zz", "folder": "../blobs"} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(dir, "snapshots", name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	opts := DiscoverOptions{Roots: []string{"snapshots"}}
	if got := discovered(t, os.DirFS(dir), opts); !slices.Equal(got, []string{"snapshots/x.py"}) {
		t.Errorf("without: %v", got)
	}
	opts.FileLinks = true
	want := []string{"snapshots/folder", "snapshots/gone.bin", "snapshots/model.bin", "snapshots/notes.md", "snapshots/x.py"}
	if got := discovered(t, os.DirFS(dir), opts); !slices.Equal(got, want) {
		t.Errorf("with: %v", got)
	}
}

func TestGitignoreRulesAreThoseOfGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git to compare with")
	}
	for _, c := range ignoreCases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			runGit(t, git, dir, "init", "-q")
			for _, f := range c.files {
				name, content, _ := strings.Cut(f, "=")
				write(t, dir, name, content)
			}
			listed := runGit(t, git, dir, "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard")
			var want []string
			for _, name := range strings.Split(listed, "\x00") {
				if strings.HasSuffix(name, ".py") {
					want = append(want, name)
				}
			}
			slices.Sort(want)
			got := discovered(t, os.DirFS(dir), DiscoverOptions{NoDefaultExcludes: true, Exclude: []string{".git"}})
			if diff := cmp.Diff(want, slices.Clip(got), cmp.Transformer("nonNil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("git (-) and Discover (+) differ:\n%s", diff)
			}
		})
	}
}

func runGit(t *testing.T, git, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(git, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func FuzzIgnoreRules(f *testing.F) {
	for _, c := range ignoreCases {
		f.Add(c.files[0], "a/b.py")
	}
	f.Fuzz(func(t *testing.T, rules, name string) {
		stack := gitignore.Stack{gitignore.Parse(".", []byte(rules))}
		stack.Ignored(name, false)
		stack.Ignored(name, true)
	})
}
