package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const defect = "import torch\n\n\ndef restore(path):\n    return torch.load(path)\n"

// lint runs the runner over files with settings, and returns the issues.
func lint(t *testing.T, settings string, files map[string]string) ([]issue, int, error) {
	t.Helper()
	dir := t.TempDir()
	files["requirements.txt"] = "torch==2.1\n"
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(t.TempDir(), "settings.yml")
	if err := os.WriteFile(config, []byte(settings), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code, err := run(context.Background(), []string{"-config", config, dir}, &out, io.Discard)
	var issues []issue
	for line := range strings.Lines(out.String()) {
		var i issue
		if err := json.Unmarshal([]byte(line), &i); err != nil {
			t.Fatal(err)
		}
		issues = append(issues, i)
	}
	return issues, code, err
}

func TestAnIssueSaysWhatTheRunnerNeeds(t *testing.T) {
	issues, code, err := lint(t, "linters: {pyguardml: {checks: [CWE-502]}}\n", map[string]string{"app/load.py": defect})
	if err != nil || code != 1 || len(issues) != 1 {
		t.Fatalf("%v, %d, %+v", err, code, issues)
	}
	i := issues[0]
	if i.Linter != "pyguardml" || i.Rule != "PML1201" || i.File != "app/load.py" || i.Line != 5 || i.Column != 12 || i.Source != "    return torch.load(path)" || i.Severity != "high" {
		t.Errorf("%+v", i)
	}
	if i.Replacement == nil || len(i.Replacement.Edits) != 1 {
		t.Fatalf("%+v", i.Replacement)
	}
	e := i.Replacement.Edits[0]
	if fixed := defect[:e.Start] + e.New + defect[e.End:]; !strings.Contains(fixed, "torch.load(path, weights_only=True)") {
		t.Errorf("fixed: %s", fixed)
	}
}

func TestTheRunnersExclusionsHold(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{"a.py": defect, "b.py": defect, "tests/c.py": defect, "gen/x_pb2.py": defect}
	}
	for settings, want := range map[string]string{
		"linters: {pyguardml: {}}": "a.py b.py gen/x_pb2.py tests/c.py",
		"linters:\n  pyguardml:\n": "a.py b.py gen/x_pb2.py tests/c.py",
		"linters: {pyguardml: {}}\nissues: {exclude-files: ['*_pb2.py'], exclude-rules: [{path: 'tests/**', linters: [pyguardml], text: weights_only}]}": "a.py b.py",
		"linters: {pyguardml: {}}\nissues: {max-same-issues: 1}":                  "a.py",
		"linters: {pyguardml: {}}\nissues: {exclude-rules: [{linters: [other]}]}": "a.py b.py gen/x_pb2.py tests/c.py",
		"linters: {pyguardml: {checks: [-PML1201]}}":                              "",
		"linters: {}": "",
	} {
		issues, _, err := lint(t, settings, files())
		if err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		var got []string
		for _, i := range issues {
			if i.Rule == "PML1201" {
				got = append(got, i.File)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", settings, got, want)
		}
	}
}

func TestWrongSettingsAreErrors(t *testing.T) {
	for settings, want := range map[string]string{
		"linters: {pyguard: {}}":                                            "field pyguard not found",
		"linters: {pyguardml: {checks: [PML1299]}}":                         `is called "PML1299"`,
		"linters: {pyguardml: {}}\nissues: {exclude-rules: [{path: '[a'}]}": "is no glob",
		"linters: {pyguardml: {}}\nissues: {exclude-files: ['[a']}":         "is not a glob",
		"":                     "the file is empty",
		"linters: [pyguardml]": "cannot unmarshal",
	} {
		if _, code, err := lint(t, settings, map[string]string{}); code != 2 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d, %v, want %s", settings, code, err, want)
		}
	}
}

func TestWhatCannotBeReadIsAWarning(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"s.yml": "linters: {pyguardml: {}}\n", "binary.py": "\x00\xff", "load.py": defect} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var out, warnings bytes.Buffer
	code, err := run(context.Background(), []string{"-config", filepath.Join(dir, "s.yml"), dir}, &out, &warnings)
	if err != nil || code != 1 || !strings.Contains(warnings.String(), "pyguardml: warning: binary.py") {
		t.Errorf("%d, %v, %s", code, err, warnings.String())
	}
}

func TestTheRunnersCacheIsUsed(t *testing.T) {
	cache := t.TempDir()
	settings := "linters: {pyguardml: {checks: [PML1201]}}\ncache: " + cache + "\n"
	first, _, err := lint(t, settings, map[string]string{"a.py": defect})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadDir(cache)
	if err != nil || len(kept) == 0 {
		t.Fatalf("nothing is kept: %v", err)
	}
	second, _, err := lint(t, settings, map[string]string{"a.py": defect})
	if err != nil || len(first) != 1 || len(second) != 1 || first[0].Text != second[0].Text {
		t.Errorf("%v: %+v, then %+v", err, first, second)
	}
}
