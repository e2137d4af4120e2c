package fix

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planOf makes a plan that turns each file's content, "old NAME", into "new NAME", and writes
// the files.
func planOf(t *testing.T, dir string, names ...string) *Plan {
	t.Helper()
	p := &Plan{}
	for _, name := range names {
		write(t, filepath.Join(dir, name), "old "+name)
		p.Changes = append(p.Changes, FileChange{Path: name, Before: []byte("old " + name), After: []byte("new " + name)})
	}
	return p
}

func wantContents(t *testing.T, dir, word string, names ...string) {
	t.Helper()
	for _, name := range names {
		if got := read(t, filepath.Join(dir, name)); got != word+" "+name {
			t.Errorf("%s holds %q, want %q", name, got, word+" "+name)
		}
	}
}

// wantOnly fails when the folder holds other files than those named.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); err == nil && !d.IsDir() && !want[filepath.ToSlash(rel)] {
			t.Errorf("%s was left behind", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestApplyWritesAllFilesAndRollbackRestoresThem(t *testing.T) {
	dir := t.TempDir()
	p := planOf(t, dir, "a.py", "sub/b.py")
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	wantContents(t, dir, "new", "a.py", "sub/b.py")
	wantOnly(t, dir, "a.py", "sub/b.py")
	backup := p.written.temporary
	if err := p.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantContents(t, dir, "old", "a.py", "sub/b.py")
	wantOnly(t, dir, "a.py", "sub/b.py")
	if _, err := os.Stat(backup); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the backup is still there: %v", err)
	}
	if err := p.Rollback(); err == nil {
		t.Error("a second rollback is no error")
	}
	if err := p.Apply(dir); err != nil {
		t.Errorf("apply again: %v", err)
	}
	if err := p.Apply(dir); err == nil {
		t.Error("applying twice is no error")
	}
	backup = p.written.temporary
	if err := p.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(backup); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Discard left the backup: %v", err)
	}
}

func TestApplyKeepsPermissions(t *testing.T) {
	dir := t.TempDir()
	p := planOf(t, dir, "tool.py")
	name := filepath.Join(dir, "tool.py")
	if err := os.Chmod(name, 0o751); err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o751 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := p.Rollback(); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(name); err != nil || info.Mode().Perm() != 0o751 {
		t.Errorf("after rollback: mode %v, %v", info.Mode(), err)
	}
}

func TestApplyRefusesAFileThatChangedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	p := planOf(t, dir, "a.py", "b.py")
	write(t, filepath.Join(dir, "b.py"), "edited")
	err := p.Apply(dir)
	if err == nil || !strings.Contains(err.Error(), "b.py") || !strings.Contains(err.Error(), "changed") {
		t.Fatalf("got %v", err)
	}
	wantContents(t, dir, "old", "a.py")
	wantOnly(t, dir, "a.py", "b.py")
}

func TestApplyRefusesPathsOutsideOfTheFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "a.py"), "old")
	if err := os.Symlink(filepath.Join(outside, "a.py"), filepath.Join(dir, "link.py")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(outside, "a.py"), "../a.py", "x/../../a.py", "link.py", "folder/a.py", "", "."} {
		p := &Plan{Changes: []FileChange{{Path: path, Before: []byte("old"), After: []byte("new")}}}
		if err := p.Apply(dir); err == nil {
			t.Errorf("%q: no error", path)
		}
	}
	if got := read(t, filepath.Join(outside, "a.py")); got != "old" {
		t.Errorf("the file outside holds %q", got)
	}
}

func TestApplyWritesThroughALinkWithinTheFolder(t *testing.T) {
	for name, target := range map[string]func(dir string) string{
		"relative": func(string) string { return "real.py" },
		"absolute": func(dir string) string { return filepath.Join(dir, "sub", "real.py") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "sub", "real.py"), "old")
			link := filepath.Join(dir, "sub", "link.py")
			if err := os.Symlink(target(dir), link); err != nil {
				t.Skip(err)
			}
			p := &Plan{Changes: []FileChange{
				{Path: "sub/link.py", Before: []byte("old"), After: []byte("new")},
				{Path: "sub/real.py", Before: []byte("old"), After: []byte("new")},
			}}
			if err := p.Apply(dir); err != nil {
				t.Fatal(err)
			}
			if got := read(t, filepath.Join(dir, "sub", "real.py")); got != "new" {
				t.Errorf("the target holds %q", got)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("the link became %v, %v", info.Mode(), err)
			}
			if err := p.Rollback(); err != nil {
				t.Fatal(err)
			}
			if got := read(t, link); got != "old" {
				t.Errorf("after rollback %q", got)
			}
		})
	}
}

func TestApplyRefusesWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.py"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"folder.py", "missing.py"} {
		p := &Plan{Changes: []FileChange{{Path: path, After: []byte("new")}}}
		if err := p.Apply(dir); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestAFailedWriteUndoesTheEarlierOnes(t *testing.T) {
	dir := t.TempDir()
	p := planOf(t, dir, "a.py", "b.py", "c.py")
	w, err := newWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	full := errors.New("disk full")
	w.rename = func(old, new string) error {
		if new == "c.py" {
			return full
		}
		return w.root.Rename(old, new)
	}
	if err := w.plan(p.Changes); err != nil {
		t.Fatal(err)
	}
	if err := w.backup(ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := w.write(); !errors.Is(err, full) || !strings.Contains(err.Error(), "c.py") {
		t.Errorf("got %v", err)
	}
	wantContents(t, dir, "old", "a.py", "b.py", "c.py")
	wantOnly(t, dir, "a.py", "b.py", "c.py")
	if _, err := os.Stat(w.temporary); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the backup is still there: %v", err)
	}
}

func TestRollbackLeavesAFileAloneThatChangedSince(t *testing.T) {
	dir := t.TempDir()
	p := planOf(t, dir, "a.py", "b.py")
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a.py"), "edited")
	if err := p.Rollback(); err == nil || !strings.Contains(err.Error(), "a.py") {
		t.Errorf("got %v", err)
	}
	if got := read(t, filepath.Join(dir, "a.py")); got != "edited" {
		t.Errorf("a.py holds %q", got)
	}
	wantContents(t, dir, "old", "b.py")
	write(t, filepath.Join(dir, "a.py"), "new a.py")
	if err := p.Rollback(); err != nil {
		t.Errorf("second try: %v", err)
	}
	wantContents(t, dir, "old", "a.py", "b.py")
}

func TestBackupsGoWhereTheOptionsSay(t *testing.T) {
	t.Run("folder", func(t *testing.T) {
		dir, backups := t.TempDir(), filepath.Join(t.TempDir(), "kept")
		p := planOf(t, dir, "sub/a.py")
		if err := p.ApplyWith(dir, ApplyOptions{BackupDir: backups}); err != nil {
			t.Fatal(err)
		}
		wantContents(t, backups, "old", "sub/a.py")
		if err := p.Discard(); err != nil {
			t.Fatal(err)
		}
		wantContents(t, backups, "old", "sub/a.py")
	})
	t.Run("suffix", func(t *testing.T) {
		dir := t.TempDir()
		p := planOf(t, dir, "a.py")
		if err := p.ApplyWith(dir, ApplyOptions{BackupSuffix: ".bak"}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, filepath.Join(dir, "a.py.bak")); got != "old a.py" {
			t.Errorf("the backup holds %q", got)
		}
		q := planOf(t, dir, "a.py")
		if err := q.ApplyWith(dir, ApplyOptions{BackupSuffix: ".bak"}); err == nil {
			t.Error("an existing backup is overwritten")
		}
		wantContents(t, dir, "old", "a.py")
	})
}

func TestApplyOfAnEmptyPlanDoesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := (&Plan{}).Apply(dir); err != nil {
		t.Error(err)
	}
	wantOnly(t, dir)
}
