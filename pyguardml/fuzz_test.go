package pyguardml

import (
	"context"
	"testing"
)

// FuzzAnalyze gives any bytes to the whole analysis as a Python file, a notebook and a
// manifest at once: nothing panics, and what is reported lies within the file.
func FuzzAnalyze(f *testing.F) {
	for _, seed := range []string{
		"", "import torch\ntorch.load(p)  # noqa: PML1201\n", "# pyguardml: ignore[", "def f(:\n  return (\n", "\xff\xfe\x00", notebookText,
		"# -*- coding: utf-16 -*-\n", "torch>=2.6\n", "if x:\n\tpass\n  else:\n", "f'{f\"{x}\"}'",
	} {
		f.Add([]byte(seed))
	}
	a, err := New(Options{Profile: "all"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if data == nil {
			data = []byte{}
		}
		res, err := a.Analyze(context.Background(), []File{
			{Path: "a.py", Content: data}, {Path: "a.ipynb", Content: data}, {Path: "requirements.txt", Content: data},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.CheckErrors {
			t.Error(e.Err)
		}
		for _, e := range res.FileErrors {
			if e.Stage == StageParse {
				t.Error(e)
			}
		}
		for _, found := range res.Findings {
			if found.Span.Start < 0 || found.Span.Start > found.Span.End || found.Start.Line < 1 {
				t.Errorf("%+v", found.Location)
			}
		}
	})
}
