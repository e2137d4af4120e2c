package fix

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// models is an analysis that reports each file whose name ends in .pkl, with the given fix.
func models(fixOf func(path string) *Fix) AnalyzeFunc {
	return func(_ context.Context, files []File, _ []string) ([]Finding, error) {
		var found []Finding
		for _, f := range files {
			if strings.HasSuffix(f.Path, ".pkl") {
				found = append(found, Finding{ID: "X1", Path: f.Path, Fix: fixOf(f.Path)})
			}
		}
		return found, nil
	}
}

func planOfModels(t *testing.T, dir string, fixOf func(string) *Fix, names ...string) *Plan {
	t.Helper()
	var files []File
	for _, name := range names {
		write(t, filepath.Join(dir, name), "old "+name)
		files = append(files, File{Path: name, Opaque: true})
	}
	p, err := Run(context.Background(), files, models(fixOf), Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAQuarantinedFileIsRenamedAndItsFindingGone(t *testing.T) {
	dir := t.TempDir()
	p := planOfModels(t, dir, Quarantine, "a.pkl", "sub/b.pkl", "c.txt")
	if len(p.Actions) != 2 || len(p.Changes) != 0 || len(p.Remaining) != 0 || len(p.Withdrawn) != 0 {
		t.Fatalf("the plan is %+v", p)
	}
	if diff := p.Diff(); !strings.Contains(diff, "rename from sub/b.pkl\nrename to sub/b.pkl.quarantined\n") {
		t.Errorf("the diff is\n%s", diff)
	}
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "a.pkl.quarantined", "sub/b.pkl.quarantined", "c.txt")
	if err := p.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "a.pkl", "sub/b.pkl", "c.txt")
}

func TestARenameThatLeavesTheFindingIsWithdrawn(t *testing.T) {
	p := planOfModels(t, t.TempDir(), func(path string) *Fix {
		return &Fix{Unsafe: true, Message: "rename", Actions: []FileAction{{To: "other" + path}}}
	}, "a.pkl")
	if len(p.Actions) != 0 || len(p.Withdrawn) != 1 {
		t.Errorf("actions %v, withdrawn %v", p.Actions, p.Withdrawn)
	}
}

func TestARenameOntoAFileIsRefusedAndNothingIsDone(t *testing.T) {
	dir := t.TempDir()
	p := planOfModels(t, dir, Quarantine, "a.pkl", "b.pkl")
	write(t, filepath.Join(dir, "b.pkl.quarantined"), "in the way")
	if err := p.Apply(dir); err == nil || !strings.Contains(err.Error(), "b.pkl.quarantined") {
		t.Errorf("the error is %v", err)
	}
	wantOnly(t, dir, "a.pkl", "b.pkl", "b.pkl.quarantined")
}

func TestActionsDoNotLeaveTheFolder(t *testing.T) {
	dir := t.TempDir()
	p := planOfModels(t, dir, func(string) *Fix {
		return &Fix{Unsafe: true, Message: "rename", Actions: []FileAction{{To: "../away"}}}
	}, "a.pkl")
	if err := p.Apply(dir); err == nil {
		t.Error("a file was moved out of the folder")
	}
	wantOnly(t, dir, "a.pkl")
}

func TestAFileIsMadeFromAnotherAndRemovedByRollback(t *testing.T) {
	dir := t.TempDir()
	upper := func(_ context.Context, w io.Writer, r io.ReaderAt, size int64) error {
		content, err := io.ReadAll(io.NewSectionReader(r, 0, size))
		return errors.Join(err, func() error { _, err := io.WriteString(w, strings.ToUpper(string(content))); return err }())
	}
	p := planOfModels(t, dir, func(path string) *Fix {
		f := Quarantine(path)
		f.Actions = slices.Insert(f.Actions, 0, FileAction{To: path + ".safetensors", Make: upper})
		return f
	}, "a.pkl")
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "a.pkl.safetensors", "a.pkl.quarantined")
	if got := read(t, filepath.Join(dir, "a.pkl.safetensors")); got != "OLD A.PKL" {
		t.Errorf("the new file holds %q", got)
	}
	if err := p.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "a.pkl")
}

func TestAMakeThatFailsLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	failing := errors.New("the tensors are not known")
	p := planOfModels(t, dir, func(path string) *Fix {
		f := Quarantine(path)
		f.Actions = append(f.Actions, FileAction{Path: path, To: path + ".new", Make: func(_ context.Context, w io.Writer, _ io.ReaderAt, _ int64) error {
			_, _ = io.WriteString(w, "half")
			return failing
		}})
		return &Fix{Unsafe: true, Message: "convert", Actions: []FileAction{f.Actions[1], f.Actions[0]}}
	}, "a.pkl")
	if err := p.Apply(dir); !errors.Is(err, failing) {
		t.Errorf("the error is %v", err)
	}
	wantOnly(t, dir, "a.pkl")
}

func TestAnActionAndAnEditOfTheSameFileAreNotMadeInOneRound(t *testing.T) {
	analyze := func(_ context.Context, files []File, _ []string) ([]Finding, error) {
		var found []Finding
		for _, f := range files {
			if strings.Contains(string(f.Content), "bad") {
				found = append(found, Finding{ID: "X1", Path: f.Path, Start: 0, End: 3, Fix: &Fix{Message: "edit", Edits: []Edit{{Start: 0, End: 3, New: "good"}}}})
			}
			if f.Path == "a.txt" {
				found = append(found, Finding{ID: "X2", Path: f.Path, Start: 0, End: 3, Fix: Quarantine(f.Path)})
			}
		}
		return found, nil
	}
	p, err := Run(context.Background(), []File{{Path: "a.txt", Content: []byte("bad\n")}}, analyze, Options{Unsafe: true})
	if err != nil || p.Rounds < 2 || len(p.Actions) != 1 || len(p.Remaining) != 0 {
		t.Fatalf("%v: %+v", err, p)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(dir); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(dir, "a.txt.quarantined")); got != "good\n" {
		t.Errorf("the file holds %q", got)
	}
}
