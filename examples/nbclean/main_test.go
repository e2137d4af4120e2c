package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dumped is a notebook whose output shows an environment with a password in it.
const dumped = `{
 "cells": [
  {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 3,
   "outputs": [{"output_type": "stream", "name": "stdout", "text": ["HOME=/root\n", "LANG=C\n", "DB_PASSWORD=q7Vd-29xkLmR4tz\n"]}],
   "source": ["!env"]},
  {"cell_type": "code", "id": "b", "metadata": {"tags": ["keep"]}, "execution_count": 4,
   "outputs": [{"output_type": "stream", "name": "stdout", "text": ["7\n"]}],
   "source": ["import torch\n", "state = torch.load(\"a.pt\")\n", "!curl -k https://data.example.org/a.csv -o a.csv"]}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
`

// TestMain lets the test's own program be the filter that Git starts.
func TestMain(m *testing.M) {
	if os.Getenv("NBCLEAN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// The commands of docs/notebooks.md, in a repository.
func TestGitCleansWhatIsAddedAsTheGuideSays(t *testing.T) {
	page, err := os.ReadFile("../../docs/notebooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	t.Chdir(t.TempDir())
	t.Setenv("NBCLEAN", "1")
	if err := os.WriteFile("train.ipynb", []byte(dumped), 0o666); err != nil {
		t.Fatal(err)
	}
	sh := func(command string) string {
		t.Helper()
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if err != nil && !strings.Contains(command, "nbclean train.ipynb") { // a hook that has changed something says so
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sh("git init -q . && mkdir bin && ln -s " + program + " bin/nbclean")
	t.Setenv("PATH", filepath.Join(mustGetwd(t), "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	commands := 0
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, "  #")
		if strings.HasPrefix(line, "go build") {
			continue
		}
		commands++
		sh(line)
	}
	sh("git add train.ipynb")
	if got := sh("git show :train.ipynb"); commands != 3 || strings.Contains(got, "q7Vd") || strings.Contains(got, `"7\n"`) || !strings.Contains(got, "weights_only=True") {
		t.Errorf("after %d commands the repository has\n%s", commands, got)
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func cleaned(t *testing.T, args ...string) (out, messages string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), args, strings.NewReader(dumped), &stdout, &stderr); code != clean {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return stdout.String(), stderr.String()
}

func TestFilterTakesSecretsOutAndLeavesTheRest(t *testing.T) {
	out, messages := cleaned(t)
	if strings.Contains(out, "q7Vd") || !strings.Contains(out, `"text": ["7\n"]`) || !strings.Contains(out, `{"tags": ["keep"]}, "execution_count": 4`) {
		t.Errorf("the filter gives\n%s", out)
	}
	if !strings.Contains(out, "weights_only=True") || !strings.Contains(messages, "PML4125") {
		t.Errorf("the filter gives\n%s\nand says\n%s", out, messages)
	}
}

func TestFilterHandsOnWhatIsNoNotebook(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), nil, strings.NewReader("version https://git-lfs\n"), &stdout, &stderr); code != clean || stdout.String() != "version https://git-lfs\n" {
		t.Errorf("exit code %d, %q, %s", code, stdout.String(), stderr.String())
	}
}

func TestUnsafeFixesAndOutputsAreAskedFor(t *testing.T) {
	out, messages := cleaned(t, "-unsafe", "-outputs")
	if strings.Contains(out, "curl -k") || strings.Contains(out, `"7\n"`) || messages != "" {
		t.Errorf("the filter gives\n%s\nand says\n%s", out, messages)
	}
}

func TestHookFixesInPlaceAndSaysSo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "nb.ipynb")
	if err := os.WriteFile(name, []byte(dumped), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"-unsafe", name}, nil, &stdout, &stderr); code != found || !strings.Contains(stdout.String(), "cleaned") {
		t.Fatalf("exit code %d: %s%s", code, stdout.String(), stderr.String())
	}
	stdout.Reset()
	if code := run(context.Background(), []string{"-unsafe", name}, nil, &stdout, &stderr); code != clean || stdout.Len() > 0 {
		t.Errorf("the second run ends with %d: %s", code, stdout.String())
	}
}
