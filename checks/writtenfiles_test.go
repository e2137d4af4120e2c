package checks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/pyguardml"
)

// cellsOf is a notebook of code cells.
func cellsOf(t *testing.T, cells ...string) []byte {
	t.Helper()
	var list []string
	for _, c := range cells {
		source, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf(`{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": %s}`, source))
	}
	return []byte(`{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [` + strings.Join(list, ", ") + `]}`)
}

func TestFilesThatCellsWriteAreAnalysedInTheirNotebook(t *testing.T) {
	const load = "import torch\nmodel = torch.load('a.pt')\n"
	for _, c := range []struct {
		name  string
		files []pyguardml.File
		want  []string
	}{
		{"a file", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "x = 1", "%%writefile train.py\n"+load)}}, []string{"a.ipynb 2:3"}},
		{"a file in a folder", []pyguardml.File{{Path: "n/a.ipynb", Content: cellsOf(t, "%%file ../src/train.py\n"+load)}}, []string{"n/a.ipynb 1:3"}},
		{"a file that is there itself", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "%%writefile train.py\n"+load)}, {Path: "train.py", Content: []byte(load)}}, []string{"train.py 0:2"}},
		{"a file that is written again", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "%%writefile train.py\n"+load, "%%writefile train.py\nimport torch\n")}}, nil},
		{"what is added to a file, and other files", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "%%writefile -a train.py\n"+load, "%%writefile a.txt\n"+load, "%%writefile {name}.py\n"+load)}}, nil},
		{"a helper in another file that is written", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t,
			"%%writefile helpers.py\nimport torch\ndef load(path):\n    return torch.load(path, weights_only=False)\n", "%%writefile train.py\nfrom helpers import load\nload('a.pt')\n", "from helpers import load")}}, []string{"a.ipynb 1:4"}},
		{"a comment", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "%%writefile train.py\nimport torch\nmodel = torch.load('a.pt')  # pyguardml: ignore[PML1201] our own\n")}}, nil},
		{"a comment for the whole notebook", []pyguardml.File{{Path: "a.ipynb", Content: cellsOf(t, "# pyguardml: ignore-file[PML1201] our own\n", "%%writefile train.py\n"+load)}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := pyguardml.Analyze(context.Background(), c.files, pyguardml.Options{Select: []string{"PML1201"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range result.Findings {
				got = append(got, fmt.Sprintf("%s %d:%d", f.Path, f.Cell, f.Start.Line))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestFilesThatCellsWriteAreFixedInTheirCell(t *testing.T) {
	before := cellsOf(t, "x = 1", "%%writefile app.py\nimport subprocess\nimport torch\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef show():\n    return subprocess.getoutput('ls ' + request.args['x'])\n")
	plan, err := pyguardml.Fix(context.Background(), []pyguardml.File{{Path: "a.ipynb", Content: before}}, pyguardml.FixOptions{Options: pyguardml.Options{Select: []string{"PML6412"}}, Unsafe: true})
	if err != nil || len(plan.Changes) != 1 {
		t.Fatal(err, plan)
	}
	after := string(plan.Changes[0].After)
	if !strings.Contains(after, `"%%writefile app.py\nimport shlex\nimport subprocess\n`) || !strings.Contains(after, `'ls ' + shlex.quote(request.args['x'])`) || !strings.Contains(after, `"x = 1"`) {
		t.Error(after)
	}
}
