package semantic

import (
	"context"
	"strings"
	"testing"
)

func TestGlanceFindsPhrasesAtEachPlace(t *testing.T) {
	phrases := []string{"llm", "onnx", "torch", "openai", "system_prompt", "gpt-", "PML1"}
	g := NewGlance(phrases, func(string) bool { return false })
	for _, p := range phrases {
		for k := range 9 {
			for _, text := range []string{
				strings.Repeat(" ", k) + p, strings.Repeat("x", k) + "." + p + "_rest", strings.Repeat(" ", k) + p + "\n", strings.Repeat("é", k) + "\"" + p + "\" + tail of the text",
			} {
				if !in(g, text) {
					t.Errorf("%q is not found in %q", p, text)
				}
			}
		}
	}
	for _, text := range []string{"", "l", "ll", "llmx ", "xllm", "allm.", "onnxx", "torches", "xtorch", "aPML12", "import llmx", "unrelated text without any of them\n"} {
		if in(g, text) {
			t.Errorf("something is found in %q", text)
		}
	}
	if !in(g, "# noqa: PML1201") || !in(g, "# noqa:  PML1201") || !in(g, "MyOpenAI.openai_key") {
		t.Error("what goes on behind a digit, or a long phrase within a word, is not found")
	}
}

func TestGlanceFindsImports(t *testing.T) {
	g := NewGlance([]string{"llm"}, func(module string) bool {
		return module == "torch" || strings.HasPrefix(module, "torch.") || module == "google.genai"
	})
	for text, want := range map[string]bool{
		"import torch":                                     true,
		"import os, torch.nn as nn\n":                      true,
		"x = 1\n\tfrom torch import nn\n":                  true,
		"from google import (  # both\n    genai,\n)\n":    true,
		"from google import auth\n":                        false,
		"import os\nimport sys\n":                          false,
		"from .torch import nn\n":                          false,
		"important = torch\n":                              false,
		"   \n    import os; important\n  imports = torch": false,
		"import":              false,
		"x = 1; import torch": false, // at the beginning of a line alone
	} {
		if in(g, text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// in is Glance.In.
func in(g *Glance, text string) bool {
	found, err := g.In(context.Background(), []byte(text))
	return found && err == nil
}

func TestGlanceFindsWhatLiesAcrossItsPieces(t *testing.T) {
	g := NewGlance([]string{"llm", "onnx", "tensorflow"}, func(m string) bool { return m == "torch" })
	for k := glanced - 20; k < glanced+4; k++ {
		for _, text := range []string{"llm", "onnx", "tensorflow", "\nimport torch\n", "\n    from torch import nn"} {
			if !in(g, strings.Repeat(" ", k)+text) || !in(g, strings.Repeat("-", k)+text+strings.Repeat(" ", glanced)) {
				t.Errorf("%q is not found at %d", text, k)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := g.In(ctx, []byte("import os")); err == nil {
		t.Error("an ended context is no error")
	}
	v := NewVocabulary()
	if _, err := v.OutlineWithin(ctx, "a.py", make([]byte, 2*piece)); err == nil {
		t.Error("an ended context is no error of the outline")
	}
}

func FuzzGlance(f *testing.F) {
	f.Add([]byte("import torch\n"), []byte("llm"))
	g := NewGlance([]string{"llm", "onnx", "torch", "tensorflow"}, func(m string) bool { return m == "torch" })
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if !in(g, string(before)+" tensorflow "+string(after)) {
			t.Error("a phrase is not found")
		}
		in(g, string(before))
	})
}
