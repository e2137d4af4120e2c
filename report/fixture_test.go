package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
	"github.com/pyguard/pyguardml/pyguardml"
)

var update = flag.Bool("update", false, "write the golden files anew")

// project is a set of files by path, with what an analysis of them might find.
type project map[string]string

var sample = project{
	"src/restore.py": `import torch


def restore(path):
	state = torch.load(path, map_location="cpu")  # 模型
	return state["model"]
`,
	"src/my app.py": `from flask import request
import subprocess

def run():
    name = request.args["model"]
    command = f"convert {name}"
    subprocess.run(
        command,
        shell=True,
    )
`,
	"train.ipynb": `{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# Train"]},
  {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["import torch\n", "model = torch.load('m.pt')\n"]}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
`,
}

func (p project) open(path string) ([]byte, error) {
	s, ok := p[path]
	if !ok {
		return nil, os.ErrNotExist
	}
	return []byte(s), nil
}

// at locates the first occurrence of some text in a file.
func (p project) at(t testing.TB, path, needle string) checks.Location {
	t.Helper()
	content, cell := p[path], 0
	if strings.HasSuffix(path, ".ipynb") {
		book, err := notebook.Parse(path, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		content = string(book.Source().Text)
		i := strings.Index(content, needle)
		cell, _ = book.Position(ast.Pos(i))
	}
	i := strings.Index(content, needle)
	if i < 0 {
		t.Fatalf("%s does not hold %q", path, needle)
	}
	return checks.Location{
		Path: path, Cell: cell,
		Start: positionIn(content, i), End: positionIn(content, i+len(needle)),
		Span: ast.Span{Start: ast.Pos(i), End: ast.Pos(i + len(needle))},
	}
}

func positionIn(content string, offset int) ast.Position {
	before := content[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return ast.Position{
		Line:   strings.Count(before, "\n") + 1,
		Column: len([]rune(line)) + 1,
		UTF16:  len(utf16.Encode([]rune(line))) + 1,
		Byte:   len(line) + 1,
	}
}

var sampleChecks = []*checks.Info{
	{
		ID: "PML1201", Name: "torch-load-unsafe", Title: "torch.load executes code from the checkpoint because weights_only is not true",
		Part: "1.2", Group: "PyTorch Model Security", Class: checks.Weakness, Severity: checks.High, Inputs: []checks.Input{checks.Python, checks.Notebook},
		Reading: "torch.load unpickles; a checkpoint is a program.", Remedy: checks.Remedy{Safe: true, Edit: "add weights_only=True"},
		CWE: []string{"CWE-502"}, OWASPLLM: []string{"LLM03"}, ATLAS: []string{"AML.T0011.000"},
		Vulnerable: "state = torch.load(path)  # want\n", Fixed: "state = torch.load(path, weights_only=True)\n",
	},
	{
		ID: "ACME01", Name: "shell-from-request", Title: "A shell command is built from a request",
		Class: checks.Vulnerability, Severity: checks.Critical, CWE: []string{"CWE-78"}, OWASPLLM: []string{"LLM03"},
	},
	{ID: "PML4101", Name: "quiet", Title: "Nothing was found by this one", Severity: checks.Note, Profile: checks.Extended},
}

// sampleResult is a result that has something of everything.
func sampleResult(t testing.TB) *pyguardml.Result {
	load := sample.at(t, "src/restore.py", `torch.load(path, map_location="cpu")`)
	load.Symbol = "restore"
	shell := sample.at(t, "src/my app.py", "subprocess.run(\n        command,\n        shell=True,\n    )")
	shell.Symbol = "run"
	cell := sample.at(t, "train.ipynb", "torch.load('m.pt')")
	insert := func(l checks.Location) *fix.Fix {
		end := int(l.Span.End) - 1
		return &fix.Fix{Message: "add weights_only=True", Edits: []fix.Edit{{Start: end, End: end, New: ", weights_only=True"}}}
	}
	known := cell
	return &pyguardml.Result{
		Checks: sampleChecks,
		Findings: []checks.Finding{
			{
				CheckID: "ACME01", Severity: checks.Critical, Class: checks.Vulnerability, Message: "the request's model reaches a shell",
				Location: shell, Fingerprint: "f1", Replaces: []string{"PML9901"},
				Trail: []checks.Step{
					{Location: sample.at(t, "src/my app.py", `request.args["model"]`), Text: "text from the request"},
					{Location: sample.at(t, "src/my app.py", `f"convert {name}"`), Text: "joined into a string"},
					{Location: sample.at(t, "src/my app.py", "command,"), Text: "run by a shell"},
				},
			},
			{
				CheckID: "PML1201", Severity: checks.High, Class: checks.Weakness, Message: "torch.load executes code from the checkpoint",
				Location: load, Fix: insert(load), Fingerprint: "f2",
			},
			{
				CheckID: "PML1201", Severity: checks.High, Class: checks.Weakness, Message: "torch.load executes code from the checkpoint",
				Location: cell, Fix: insert(cell), Fingerprint: "f3",
			},
		},
		Suppressed: []checks.Finding{{
			CheckID: "PML1201", Severity: checks.High, Class: checks.Weakness, Message: "torch.load executes code from the checkpoint",
			Location: known, Fingerprint: "f4", Suppression: &checks.Suppression{By: "comment", Reason: "our own file", Line: 2},
		}},
		UnusedSuppressions: []checks.UnusedSuppression{{Path: "src/old.py", Line: 7, Check: "PML1203", Problem: "nothing is reported here that it would silence; remove it"}},
		FileErrors: []pyguardml.FileError{
			{Path: "data/blob.py", Stage: pyguardml.StageDecode, Err: errors.New("the file is binary")},
			{Path: "py2.py", Line: 3, Stage: pyguardml.StageSyntax, Err: errors.New("print without parentheses")},
		},
		CheckErrors: []checks.CheckError{{CheckID: "ACME01", Path: "src/restore.py", Err: errors.New("index out of range\nstack")}},
		Stats:       pyguardml.Stats{Files: 1203, Notebooks: 1, Failed: 1, Lines: 45678, Bytes: 1 << 20, Duration: 1234 * time.Millisecond},
	}
}

// golden compares what was written with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./report -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

func write(t testing.TB, format func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := format(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
