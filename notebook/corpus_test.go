package notebook

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyguard/pyguardml/ast"
)

// corpus returns the notebooks below the folder that PYGUARDML_CORPUS names, such as a
// checkout of github.com/huggingface/notebooks, and skips the test without it.
func corpus(tb testing.TB) map[string][]byte {
	root := os.Getenv("PYGUARDML_CORPUS")
	if root == "" {
		tb.Skip("PYGUARDML_CORPUS names no folder of notebooks")
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".ipynb" {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func TestPublicNotebooksAreReadAndWrittenBackUnchanged(t *testing.T) {
	files := corpus(t)
	var took []time.Duration
	for path, data := range files {
		start := time.Now()
		nb, err := Parse(path, data)
		took = append(took, time.Since(start))
		if err != nil {
			if json.Valid(data) {
				t.Error(err)
			} else {
				t.Log(err)
			}
			continue
		}
		if out, err := nb.Apply(nil); err != nil || !bytes.Equal(out, data) {
			t.Errorf("%s: written back with differences: %v", path, err)
		}
		agreeWithStandardLibrary(t, nb)
		for _, span := range nb.Unfinished() {
			cell, p := nb.Position(span.Start)
			t.Logf("%s: cell %d line %d is not finished", path, cell, p.Line)
		}
		insertEverywhere(t, nb)
	}
	t.Logf("%d notebooks, median %v, longest %v", len(took), median(took), longest(took))
}

// agreeWithStandardLibrary compares cells with what encoding/json makes of the file.
func agreeWithStandardLibrary(t *testing.T, nb *Notebook) {
	t.Helper()
	var want struct {
		Cells []struct {
			CellType string `json:"cell_type"`
			Source   any
			Outputs  []any
		}
	}
	if nb.Format != 4 || json.Unmarshal(nb.data, &want) != nil {
		return
	}
	if len(want.Cells) != len(nb.Cells) {
		t.Fatalf("%s: %d cells, want %d", nb.Path, len(nb.Cells), len(want.Cells))
	}
	for i, w := range want.Cells {
		c := &nb.Cells[i]
		source, _ := w.Source.(string)
		if list, ok := w.Source.([]any); ok {
			for _, s := range list {
				source += s.(string)
			}
		}
		outputs := 0
		for range c.Outputs() {
			outputs++
		}
		if c.Source != source || c.Type != w.CellType || outputs != len(w.Outputs) {
			t.Errorf("%s: cell %d is read as %s %q", nb.Path, c.Number, c.Type, c.Source)
		}
	}
}

// insertEverywhere puts a comment line into the middle of a few cells and checks that
// nothing else changes.
func insertEverywhere(t *testing.T, nb *Notebook) {
	t.Helper()
	for n, i := range nb.code {
		c := &nb.Cells[i]
		if n%7 != 0 || c.source.Kind() != Array || c.Source == "" {
			continue
		}
		line := strings.LastIndexByte(c.Source[:len(c.Source)/2], '\n') + 1
		at := c.span.Start + ast.Pos(line)
		out, err := nb.Apply([]ast.Edit{{Span: ast.Span{Start: at, End: at}, New: "# é\n"}})
		if err != nil {
			continue
		}
		changed, err := Parse(nb.Path, out)
		if err != nil {
			t.Fatal(err)
		}
		if added := bytes.Count(out, []byte("\n")) - bytes.Count(nb.data, []byte("\n")); added != 1 && bytes.Count(nb.data, []byte("\n")) > 5 {
			t.Errorf("%s: cell %d: one line of source added, %d lines of file", nb.Path, c.Number, added)
		}
		back, ok := changed.Offset(c.Number, strings.Count(c.Source[:line], "\n")+1, 1)
		if again, err := changed.Apply([]ast.Edit{{Span: ast.Span{Start: back, End: back + ast.Pos(len("# é\n"))}}}); !ok || err != nil || !bytes.Equal(again, nb.data) {
			t.Errorf("%s: cell %d: a line that comes and goes leaves another file: %v", nb.Path, c.Number, err)
		}
		for j := range nb.Cells {
			if got := changed.Cells[j].Source; (got == nb.Cells[j].Source) == (i == j) {
				t.Errorf("%s: cell %d reads %q after a line came into cell %d", nb.Path, j+1, got, c.Number)
			}
		}
	}
}

func median(ds []time.Duration) time.Duration {
	sortDurations(ds)
	return ds[len(ds)/2]
}

func longest(ds []time.Duration) time.Duration {
	sortDurations(ds)
	return ds[len(ds)-1]
}

func sortDurations(ds []time.Duration) { slices.Sort(ds) }
