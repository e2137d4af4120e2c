package main

import (
	"bytes"
	"context"
	"os"
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
