package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

const vulnerable = `from transformers import AutoModel, AutoTokenizer

NAME = "bert-base-uncased"
tokenizer = AutoTokenizer.from_pretrained("acme-mirror/bert-base-uncased")
model = AutoModel.from_pretrained("google/bert-base-uncased")
other = AutoModel.from_pretrained(NAME)
local = AutoModel.from_pretrained("./checkpoints/best")
`

var only = pyguardml.Options{Checks: []checks.Check{modelFromMirror}, Select: []string{"ACME001"}}

func source(text string) []pyguardml.File {
	return []pyguardml.File{{Path: "app.py", Content: []byte(text)}}
}

func TestModelsFromElsewhereAreReported(t *testing.T) {
	result, err := pyguardml.Analyze(context.Background(), source(vulnerable), only)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, f := range result.Findings {
		lines = append(lines, f.Start.Line)
	}
	if len(lines) != 2 || lines[0] != 5 || lines[1] != 6 {
		t.Errorf("lines %v are reported, want 5 and 6", lines)
	}
}

func TestTheFixLoadsTheMirrorsCopy(t *testing.T) {
	plan, err := pyguardml.Fix(context.Background(), source(vulnerable), pyguardml.FixOptions{Options: only, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) != 1 {
		t.Fatalf("%d files change, want 1", len(plan.Changes))
	}
	if after := string(plan.Changes[0].After); !strings.Contains(after, `model = AutoModel.from_pretrained("acme-mirror/bert-base-uncased")`) {
		t.Errorf("the fixed file is\n%s", after)
	}
}

// TestTheGuideShowsThisCode keeps docs/writing-checks.md true: each piece of Go on the page
// is part of this folder's files, which the tests above run.
func TestTheGuideShowsThisCode(t *testing.T) {
	page, err := os.ReadFile("../../docs/writing-checks.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range []string{"main.go", "mirror.go", "mirror_test.go"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(data)
	}
	pieces := strings.Split(string(page), "```go\n")[1:]
	if len(pieces) < 4 {
		t.Fatalf("the page shows %d pieces of Go", len(pieces))
	}
	for _, piece := range pieces {
		piece, _, _ = strings.Cut(piece, "```")
		if !strings.Contains(code.String(), piece) {
			t.Errorf("the page shows code that is not in this folder:\n%s", piece)
		}
	}
}
