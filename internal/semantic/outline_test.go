package semantic

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

func TestOutlineFindsEveryImport(t *testing.T) {
	const text = `import os, torch.nn as nn
from a.b import (c as d,  # a comment, from z import y
    e,
    f)
if x: import g ; from ..h import i
try:
	from . import j
except ImportError: from ...k . l import \
    m, n
from o import *
async def p():
    import q.r \
        .s
`
	src, err := ast.NewSource("pkg/mod.py", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	file, err := ast.Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	parsed := imported(NewModule("pkg/mod.py", file))
	seen := map[string]bool{}
	for _, name := range imported(NewVocabulary().Outline("pkg/mod.py", []byte(text)).module) {
		seen[name] = true
	}
	for _, name := range parsed {
		if !seen[name] && !strings.HasSuffix(name, " *") {
			t.Errorf("the outline lacks %q; it has %v", name, seen)
		}
	}
	if len(parsed) != 12 {
		t.Errorf("the parser finds %d imports, want 12: %v", len(parsed), parsed)
	}
}

// imported lists what a module imports, a line a name.
func imported(m *Module) []string {
	var out []string
	for _, im := range m.imports {
		for _, a := range im.Names {
			out = append(out, a.Name)
		}
	}
	for _, im := range m.fromImports {
		for _, a := range im.Names {
			out = append(out, fmt.Sprint(strings.Repeat(".", im.Level), im.Module, " ", a.Name))
		}
	}
	return out
}

func TestOutlineHoldsTheWordsOfTheVocabulary(t *testing.T) {
	v := NewVocabulary()
	load, torch, jax := v.Word("load"), v.Word("torch"), v.Word("jax")
	w := v.Outline("a.py", []byte("x = torch.load_it(ajax, 'load')")).Words
	if got, want := []bool{w.Has(load), w.Has(torch), w.Has(jax)}, []bool{true, true, false}; !cmp.Equal(got, want) {
		t.Errorf("load, torch, jax: %v, want %v", got, want)
	}
}

func TestOutlinesAreGroupedByImports(t *testing.T) {
	v := NewVocabulary()
	var list []*Outline
	for _, f := range [][2]string{
		{"a/main.py", "from .tools import run"}, {"a/tools.py", ""}, {"b/main.py", "import numpy"}, {"run.py", "import b.main"},
	} {
		list = append(list, v.Outline(f[0], []byte(f[1])))
	}
	got, err := OutlineGroups(context.Background(), list, func(name string) bool { return name == "numpy" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]OutlineGroup{{Members: []int{0, 1}}, {Members: []int{2, 3}}}, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func FuzzOutline(f *testing.F) {
	f.Add("from .a import (b, # c\nd)\nimport x as y, z")
	f.Add("import import from from . import (((")
	v := NewVocabulary()
	f.Fuzz(func(t *testing.T, text string) {
		v.Outline("pkg/a.py", []byte(text))
	})
}

func BenchmarkOutline(b *testing.B) {
	v := NewVocabulary()
	for _, w := range strings.Fields("torch load tensorflow keras pickle loads transformers from_pretrained request open run system") {
		v.Word(w)
	}
	text := []byte(strings.Repeat("import os\nfrom . import tools\n\n\ndef method(self, argument, other_argument=None):\n    # A comment of some length, as people write them.\n    return self.attribute.call(argument, key=other_argument)\n\n", 500))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		v.Outline("pkg/mod.py", text)
	}
}

func TestOutlineTellsHowAWordIsUsed(t *testing.T) {
	v := NewVocabulary()
	imported, read, plain := v.Imported("torch"), v.Read("chat"), v.Word("chat")
	for text, want := range map[string][3]bool{
		"import torch":                        {true, false, false},
		"import os, torch.nn as nn":           {true, false, false},
		"from torch import nn":                {true, false, false},
		"from compat import (\n  torch,\n)":   {true, false, false},
		"importlib.import_module('torch.nn')": {true, false, false},
		"# like torch":                        {false, false, false},
		"torch.load(x)":                       {false, false, false},
		"client.chat.completions":             {false, true, true},
		"client. \\\n  chat":                  {false, true, true},
		"(client.  # the provider's\n  chat)": {false, true, true},
		"getattr(client, \"chat\")":           {false, true, true},
		"chat = 1":                            {false, false, true},
		"# we chat":                           {false, false, true},
	} {
		o := v.Outline("a.py", []byte(text))
		if got := [3]bool{o.Words.Has(imported), o.Words.Has(read), o.Words.Has(plain)}; got != want {
			t.Errorf("%q: imported, read, used %v, want %v", text, got, want)
		}
	}
}
