//go:build unix

package pyguardml

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

const loads = "import torch\nnet = torch.load('x.pt', weights_only=False)\n"

// nasty are files that somebody might write to get an analyser to fall over, by name. Each
// holds the line that is to be reported where it can be read at all.
func nasty() map[string]string {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	deep := func(open, stop string) string {
		return loads + "x = " + many(open, 20_000) + "1" + many(stop, 20_000) + "\n"
	}
	return map[string]string{
		"parens.py":        deep("(", ")"),
		"brackets.py":      deep("[", "]"),
		"braces.py":        deep("{1:", "}"),
		"unclosed.py":      loads + many("(", 100_000),
		"nots.py":          loads + "x = " + many("not ", 50_000) + "1\n",
		"minuses.py":       loads + "x = " + many("-", 100_000) + "1\n",
		"lambdas.py":       loads + "x = " + many("lambda: ", 20_000) + "1\n",
		"attributes.py":    loads + "x = net" + many(".a", 50_000) + "\n",
		"calls.py":         loads + "x = net" + many("()", 20_000) + "\n",
		"subscripts.py":    loads + "x = net" + many("[0]", 20_000) + "\n",
		"sums.py":          loads + "x = 1" + many(" + 1", 50_000) + "\n",
		"powers.py":        loads + "x = 2" + many(" ** 2", 20_000) + "\n",
		"comparisons.py":   loads + "x = 1" + many(" < 1", 50_000) + "\n",
		"conditions.py":    loads + "x = " + many("1 if a else ", 10_000) + "1\n",
		"arguments.py":     loads + "net(" + many("1, ", 100_000) + ")\n",
		"keywords.py":      loads + "dict(" + many("a=1, ", 50_000) + ")\n",
		"parameters.py":    loads + "def f(" + many("a, ", 50_000) + "): pass\n",
		"decorators.py":    loads + many("@net\n", 20_000) + "def f(): pass\n",
		"elifs.py":         loads + "if a: pass\n" + many("elif a: pass\n", 20_000),
		"indents.py":       loads + indents(2_000),
		"dedents.py":       loads + "if 1:\n    pass\n  x\n y\n",
		"line.py":          loads + "x = '" + many("a", 5<<20) + "'\n",
		"names.py":         loads + many("b", 1<<20) + " = 1\n",
		"number.py":        loads + "x = " + many("9", 1<<20) + "\n",
		"fstrings.py":      loads + "x = " + many("f'{", 500) + "1" + many("}'", 500) + "\n",
		"fstring.py":       loads + "x = f'" + many("{a}", 50_000) + "'\n",
		"strings.py":       loads + "x = " + many("'a' ", 50_000) + "\n",
		"continued.py":     loads + "x = 1 + \\\n" + many("1 + \\\n", 50_000) + "1\n",
		"semicolons.py":    loads + many("x = 1;", 50_000) + "\n",
		"comments.py":      loads + many("# pyguardml: ignore[PML1203]\n", 20_000),
		"formfeeds.py":     "\f" + strings.ReplaceAll(loads, "\n", "\n\f"),
		"returns.py":       strings.ReplaceAll(loads, "\n", "\r"),
		"mixed.py":         "import torch\r\n\rnet = torch.load('x.pt', weights_only=False)\n\r",
		"bom.py":           "\ufeff" + loads,
		"bom-within.py":    loads + "x = '\ufeff'\n\ufeffy = 1\n",
		"utf16.py":         "\xff\xfei\x00m\x00p\x00",
		"invalid.py":       loads + "x = '\xff\xfe\xc3'\n",
		"latin.py":         "# -*- coding: latin-1 -*-\n" + loads + "x = '\xe9'\n",
		"coding.py":        "# -*- coding: no-such-thing -*-\n" + loads,
		"nul.py":           loads + "x = '\x00'\n",
		"nuls.py":          many("\x00", 1<<20),
		"separators.py":    loads + "x = '\u2028\u2029\u0085'\n",
		"directions.py":    loads + "x = '\u202e\u2066'  # \u202e\n",
		"surrogates.py":    loads + "x = '\\ud800'\n",
		"tabs.py":          loads + "if 1:\n\tx = 1\n        y = 2\n",
		"recursion.py":     loads + "def f(x): return g(x)\ndef g(x): return f(x)\nf(f)\nclass A(A): pass\nx = x = x\n",
		"bases.py":         loads + "class A0: pass\n" + classes(3_000),
		"doubling.py":      loads + "a = 'x'\n" + many("a = a + a\n", 200) + "eval(a)\n",
		"replacing.py":     loads + "a = 'x'\n" + many("a = a.replace('x', 'xxxxxxxxxxxxxxxx')\n", 100) + "eval(a)\nb = input()\n" + many("b = b.replace('x', 'xxxxxxxxxxxxxxxx')\n", 100) + "eval(b)\n",
		"joining.py":       loads + "a = 'x'\n" + many("a = '-'.join([a, a, a])\n", 100) + "a = f'{a}{a}'\na = '%s%s' % (a, a)\na = '{0}{0}'.format(a)\neval(a)\n",
		"repeating.py":     loads + "a = 'x'\n" + many("a = a * 1000\na = a.ljust(10 ** 9)\na = a.zfill(10 ** 9)\n", 100) + "eval(a)\n",
		"lists.py":         loads + "a = []\n" + many("a = [a, a]\n", 200) + "print(a)\n",
		"imports.py":       loads + "from imports import *\nimport imports\n" + many("from . import imports\n", 2_000),
		"gates.py":         loads + gates,
		"header.py":        loads + "from flask import Flask\napp = Flask(__name__)\n@app.post('/a')\ndef push\xa8):\n    return torch.load(x)\n",
		"empty.py":         "",
		"blank.py":         many("\n", 1<<20),
		"matches.py":       loads + "match x:\n" + many("    case 1: pass\n", 20_000),
		"tries.py":         loads + many("try: x\nexcept A: y\nfinally: z\n", 5_000),
		"comprehension.py": loads + "x = [1" + many(" for a in b", 10_000) + "]\n",
		"notebook.ipynb":   `{"cells": [` + many(`{"cell_type": "code", "source": ["import torch\n"], "metadata": {}, "outputs": [], "execution_count": 1},`, 5_000) + `{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "torch.load('x.pt', weights_only=False)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`,
		"deep.ipynb":       many(`{"cells": [`, 50_000),
		"cut.ipynb":        `{"cells": [{"cell_type": "code", "source": "import tor`,
		"list.ipynb":       `[1, 2]`,
		"deep.yaml":        many("- ", 20_000) + "x\n",
		"laughs.yaml":      "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c, *c]\n",
		"pyproject.toml":   "a = " + many("[", 20_000),
		"requirements.txt": many("-r requirements.txt\n", 1_000),
		"Dockerfile":       "FROM x\nRUN " + many("( ", 20_000),
		"model.pt":         "PK\x03\x04" + many("\x00", 100),
		"model.pkl":        "\x80\x05" + many("(", 100_000) + ".",
		"a\nb.py":          loads,
		"a\u202eyp.py":     loads,
		"-rf.py":           loads,
		"\xff.py":          loads,
	}
}

// gates are things that a web service puts before its functions, and before themselves.
const gates = `
import openai
from fastapi import Depends, FastAPI

app = FastAPI()
client = openai.OpenAI()
deps = []
deps.append(deps)
d = Depends(app)
for i in range(3):
    d = Depends(d)

@one
def two(f): return f

@two
def one(f): return f

@app.post("/a", dependencies=[d, deps, Depends(one)])
@one
@a
def a(x: str, user=Depends(d), other=Depends(one)):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": x.replace("a")}])
`

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "if 1:\n")
	}
	return b.String() + strings.Repeat(" ", n) + "pass\n"
}

func classes(n int) string {
	var b strings.Builder
	for i := range n {
		a, c := "A"+strings.Repeat("x", i%7)+strconv.Itoa(i), "A"+strings.Repeat("x", (i+1)%7)+strconv.Itoa(i+1)
		b.WriteString("class " + c + "(" + a + "): pass\n")
	}
	return b.String()
}

// writeNasty writes the files into a folder, with what else a file system may hold.
func writeNasty(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Logf("%q cannot be made here: %v", name, err)
		}
	}
	for name, content := range nasty() {
		write(name, content)
	}
	write("good.py", loads)
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "folder.py", "inner.ipynb"), 0o755),
		os.WriteFile(filepath.Join(dir, "folder.py", "within.py"), []byte(loads), 0o644),
		os.Symlink(".", filepath.Join(dir, "loop")),
		os.Symlink("loop.py", filepath.Join(dir, "loop.py")),
		os.Symlink("/dev/zero", filepath.Join(dir, "zero.py")),
		os.Symlink("missing.py", filepath.Join(dir, "dangling.py")),
		syscall.Mkfifo(filepath.Join(dir, "pipe.py"), 0o644),
		syscall.Mkfifo(filepath.Join(dir, "pipe.pt"), 0o644),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644),
		syscall.Mkfifo(filepath.Join(dir, ".gitignore"), 0o644),
		os.MkdirAll(filepath.Join(dir, strings.Repeat("d/", 300)), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNastyFilesAreAnalysedOrToldOfAndTheOthersGoOn(t *testing.T) {
	dir := writeNasty(t)
	before := runtime.NumGoroutine()
	files, err := Discover(context.Background(), os.DirFS(dir), DiscoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	res, err := Analyze(context.Background(), files, Options{Profile: "all", ParseAll: true})
	if err != nil {
		t.Fatal(err)
	}
	reported, failed := map[string]bool{}, map[string]string{}
	for _, f := range res.Findings {
		reported[f.Path] = reported[f.Path] || f.CheckID == "PML1201"
	}
	for _, e := range res.FileErrors {
		failed[e.Path] = e.Err.Error()
		if text := e.Err.Error(); text == "" || strings.Contains(text, "internal error") || strings.Contains(text, dir) || len(text) > 300 {
			t.Errorf("%q: the message is %.400q", e.Path, text)
		}
	}
	for _, e := range res.CheckErrors {
		t.Errorf("%q: %.600v", e.Path, e)
	}
	for _, name := range []string{"good.py", "folder.py/within.py", "latin.py", "mixed.py", "a\nb.py", "arguments.py", "line.py", "notebook.ipynb", "sums.py", "bom.py", "imports.py", "recursion.py"} {
		if !reported[name] {
			t.Errorf("%q is not reported (its error: %q)", name, failed[name])
		}
	}
	for name, content := range nasty() {
		holds := strings.Contains(content, "torch.load")
		if holds && !reported[name] && failed[name] == "" {
			t.Errorf("%q is neither reported nor told of", name)
		}
	}
	for _, name := range []string{"loop.py", "zero.py", "dangling.py", "pipe.py"} {
		if reported[name] {
			t.Errorf("%s was followed", name)
		}
	}
	noneLeft(t, before)
}

// noneLeft fails when goroutines have stayed behind.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 100 {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines at first, %d now:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestPathsThatAreNoFilesAreToldOfAndNotWaitedFor(t *testing.T) {
	dir := writeNasty(t)
	roots := []string{"pipe.pt", "pipe", "pipe.py", "zero.py", "loop.py", "dangling.py", "missing.py", "good.py"}
	files, err := Discover(context.Background(), os.DirFS(dir), DiscoverOptions{Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe.py", "zero.py", "pipe.pt", "pipe"} {
		files = append(files, File{Path: "given/" + name, FS: os.DirFS(dir), Name: name})
	}
	res, err := Analyze(context.Background(), files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, e := range res.FileErrors {
		told[e.Path] = true
	}
	for _, name := range []string{"pipe.py", "zero.py", "loop.py", "dangling.py", "missing.py", "pipe.pt", "pipe", "given/pipe.py", "given/zero.py", "given/pipe.pt", "given/pipe"} {
		if !told[name] {
			t.Errorf("nothing is said of %s", name)
		}
	}
	if len(res.Findings) != 1 || res.Findings[0].Path != "good.py" {
		t.Errorf("findings %v", places(res.Findings))
	}
}

// growing is a file system in which a file is longer, each time it is asked, than it was said to be.
type growing struct{ fs.FS }

func (g growing) Open(name string) (fs.File, error) {
	f, err := g.FS.Open(name)
	return &growingFile{File: f, rest: 1 << 40}, err
}

type growingFile struct {
	fs.File
	rest int64
}

func (f *growingFile) Read(b []byte) (int, error) {
	n := copy(b, bytes.Repeat([]byte("# more\n"), len(b)/7+1))
	f.rest -= int64(n)
	return n, nil
}

// shrinking is one in which the end of a file is gone when it is read.
type shrinking struct{ fs.FS }

func (s shrinking) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return shrunkFile{f}, err
}

type shrunkFile struct{ fs.File }

func (f shrunkFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b[:min(len(b), 7)])
	if err == nil {
		err = fs.ErrClosed
	}
	return n, err
}

func TestFilesThatChangeWhileTheyAreReadAreToldOf(t *testing.T) {
	tree := fstest.MapFS{"a.py": {Data: []byte(loads)}}
	for _, fsys := range []fs.FS{growing{tree}, shrinking{tree}} {
		res, err := Analyze(context.Background(), []File{{Path: "a.py", FS: fsys}, {Path: "b.py", FS: tree, Name: "a.py"}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.FileErrors) != 1 || res.FileErrors[0].Path != "a.py" || len(res.Findings) != 1 {
			t.Errorf("%T: errors %v, findings %v", fsys, res.FileErrors, places(res.Findings))
		}
	}
}
