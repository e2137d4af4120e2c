package artifact

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCorpusIsReadWithoutAFalseWord prints what is said of the files below the folder in
// PYGUARDML_ARTIFACT_CORPUS, for a person to read: facts that are not harmless, cuts, and files
// that took long.
func TestCorpusIsReadWithoutAFalseWord(t *testing.T) {
	root := os.Getenv("PYGUARDML_ARTIFACT_CORPUS")
	if root == "" {
		t.Skip("PYGUARDML_ARTIFACT_CORPUS names no folder")
	}
	formats := map[Format]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		start := time.Now()
		r, err := Scan(context.Background(), filepath.ToSlash(path), f, info.Size(), Limits{})
		if err != nil {
			return err
		}
		formats[r.Format]++
		name, _ := filepath.Rel(root, path)
		for _, fact := range r.Facts {
			if fact.Verdict != Harmless {
				t.Logf("%s: %s %s %s at %d: %s %s %s %s", name, fact.Verdict, fact.Kind, fact.Member, fact.Offset, fact.Opcode, fact.Name, fact.Args, fact.Why)
			}
		}
		for _, c := range r.Cuts {
			t.Logf("%s: cut %s %s", name, c.Member, c.Reason)
		}
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Logf("%s: %d bytes took %v", name, info.Size(), took)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Log(formats)
}
