package pyguardml

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
)

// reports lists what an analysis found, a line a finding.
func reports(t *testing.T, files []File, opts Options) ([]string, Stats) {
	t.Helper()
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	res, err := a.Analyze(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range res.Findings {
		lines = append(lines, fmt.Sprintf("%s %s %v %s", f.Path, f.CheckID, f.Span, f.Message))
	}
	return lines, res.Stats
}

func TestFilesThatNoCheckConcernsAreNotParsed(t *testing.T) {
	files := []File{
		{Path: "app/main.py", Content: []byte("from app import weights\n\nnet = weights.read('a.pt')\n")},
		{Path: "app/weights.py", Content: []byte("import torch\n\n\ndef read(path):\n    return torch.load(path, weights_only=False)\n")},
		{Path: "tools/shapes.py", Content: []byte("import math\n\n\ndef area(radius):\n    return math.pi * radius**2\n")},
		{Path: "tools/broken.py", Content: []byte("def (:\n")},
	}
	lines, stats := reports(t, files, Options{})
	if stats.Files != 4 || stats.Unparsed != 2 {
		t.Errorf("%d files, %d unparsed, want 4 and 2", stats.Files, stats.Unparsed)
	}
	all, stats := reports(t, files, Options{ParseAll: true})
	if stats.Unparsed != 0 {
		t.Errorf("%d files unparsed with ParseAll", stats.Unparsed)
	}
	if diff := cmp.Diff(all, lines); diff != "" || len(lines) == 0 {
		t.Errorf("findings differ from those with all files parsed (-all +some):\n%s", diff)
	}
}

// A project with tests, of which one loads a file, one runs what a model said, and a hundred share a helper.
func TestTestsAreParsedWhereACheckIsToldOfThem(t *testing.T) {
	program := []File{
		{Path: "app/__init__.py", Content: []byte{}},
		{Path: "app/main.py", Content: []byte("import torch\n\n\ndef read(path):\n    return torch.load(path, weights_only=False)\n")},
	}
	files := append(program,
		File{Path: "tests/__init__.py", Content: []byte("def helper():\n    return 1\n")},
		File{Path: "tests/test_read.py", Content: []byte("import torch\nfrom app.main import read\nfrom tests import helper\n\n\ndef test_read():\n    assert torch.load('a.pt', weights_only=False) == read('a.pt')\n")},
		File{Path: "tests/test_answers.py", Content: []byte("import openai\n\n\ndef test_answer():\n    eval(openai.OpenAI().chat.completions.create(model='m', messages=[]).choices[0].message.content)\n")},
	)
	for i := range 100 {
		files = append(files, File{Path: fmt.Sprintf("tests/test_%d.py", i), Content: []byte("import torch\nfrom app import main\nfrom tests import helper\n\n\ndef test_it():\n    assert main and helper()\n")})
	}
	lines, stats := reports(t, files, Options{Profile: "all"})
	if want := []string{"app/main.py", "tests/test_read.py"}; len(lines) != 2 || !strings.HasPrefix(lines[0], want[0]) || !strings.HasPrefix(lines[1], want[1]) {
		t.Errorf("found %q, want one in each of %q", lines, want)
	}
	if stats.Tests != 103 || stats.Unparsed != 102 { // all but test_read.py and what it imports, and app/__init__.py
		t.Errorf("%d tests, %d unparsed, want 103 and 102", stats.Tests, stats.Unparsed)
	}
	alone, _ := reports(t, program, Options{Profile: "all"})
	if diff := cmp.Diff(alone, lines[:1]); diff != "" {
		t.Errorf("with its tests the program is another (-without +with):\n%s", diff)
	}
	all, _ := reports(t, files, Options{Profile: "all", ParseAll: true})
	if diff := cmp.Diff(all, lines); diff != "" {
		t.Errorf("findings differ from those with all files parsed (-all +some):\n%s", diff)
	}
}

func TestUnparsedFilesLoseNothing(t *testing.T) {
	t.Run("examples", func(t *testing.T) {
		files, _ := examples()
		for i := range files { // projects of their own
			files[i].Path = fmt.Sprintf("p%d/%s", i, files[i].Path)
		}
		sameReports(t, files[:len(files)/10])
	})
	// Each folder of the one named by PYGUARDML_CORPUS is analysed as a project.
	dir := os.Getenv("PYGUARDML_CORPUS")
	if dir == "" {
		return
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() || strings.HasPrefix(folder.Name(), ".") {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			files, err := Discover(context.Background(), os.DirFS(filepath.Join(dir, folder.Name())), DiscoverOptions{})
			if err != nil {
				t.Fatal(err)
			}
			sameReports(t, files)
		})
	}
}

func sameReports(t *testing.T, files []File) {
	t.Helper()
	some, stats := reports(t, files, Options{Profile: "all"})
	all, _ := reports(t, files, Options{Profile: "all", ParseAll: true})
	t.Logf("%d files, %d of them unparsed, %d findings", stats.Files, stats.Unparsed, len(all))
	if diff := cmp.Diff(all, some); diff != "" {
		t.Errorf("findings differ from those with all files parsed (-all +some):\n%s", diff)
	}
}

func TestUnparsedFilesDoNotHideTheLibrariesOfAProject(t *testing.T) {
	files := []File{
		{Path: "shapes.py", Content: []byte("import torch\n")},
		{Path: "web.py", Content: []byte("from flask import Flask, request, send_file\n\napp = Flask(__name__)\n\n\n@app.get('/file')\ndef file():\n    return send_file('/srv/files/' + request.args['name'])\n")},
	}
	if lines, _ := reports(t, files, Options{}); len(lines) != 1 || !strings.Contains(lines[0], "PML6402") {
		t.Errorf("findings %v, want that of PML6402 alone", lines)
	}
}

func TestLibrariesThatAreOnlyTalkedAboutAreNotLookedFor(t *testing.T) {
	files := []File{
		{Path: "a.py", Content: []byte("# multiprocessing has a Listener\nx = 1\n")},
		{Path: "b.py", Content: []byte("import importlib\n\nt = importlib.import_module('torch')\nt.load('a.pt', weights_only=False)\n")},
		{Path: "c.py", Content: []byte("def ask(client, text):\n    return eval(client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}]).choices[0].message.content)\n")},
	}
	lines, stats := reports(t, files, Options{})
	if len(lines) < 2 || stats.Unparsed != 1 {
		t.Errorf("%d files unparsed, want that of a.py; found %q", stats.Unparsed, lines)
	}
	sameReports(t, files)
}

// A rule that has something to say of functions only beside a library, and one that asks about other files.
func TestTextsBesideAFileDecideWhatARuleIsToldOf(t *testing.T) {
	var told, asked []string
	var mu sync.Mutex
	note := func(list *[]string, path string) {
		mu.Lock()
		defer mu.Unlock()
		*list = append(*list, path)
	}
	shouts := &checks.Question{Name: "shouts", Needs: []string{"LOUD"}, Says: func(d *checks.Draft) bool {
		note(&asked, d.Path)
		return true
	}}
	rule := &checks.Rule{
		Spec:   &checks.Info{ID: "TEST007", Name: "beside", Title: "x", Inputs: []checks.Input{checks.Python}},
		Asks:   []*checks.Question{shouts},
		Needs:  []string{"return"},
		Beside: [][]string{{"quiet", "LOUD"}, {"engine"}},
		OnFunction: func(p *checks.Pass, f *checks.Frame) {
			if f.Function() == nil || !p.Says(shouts) {
				return
			}
			note(&told, p.Path)
		},
	}
	files := []File{
		{Path: "a/main.py", Content: []byte("from a import names\n\n\ndef run():\n    return names.first\n")},
		{Path: "a/names.py", Content: []byte("first = 'LOUD engine'\n")},
		{Path: "b/main.py", Content: []byte("def run():\n    return 'engine'\n")}, // one of the lists alone
		{Path: "c/main.py", Content: []byte("def run():\n    return 'quiet'\n")},
	}
	_, stats := reports(t, files, only(rule))
	if diff := cmp.Diff([]string{"a/main.py"}, told); diff != "" {
		t.Errorf("told of the functions of other files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/names.py"}, asked); diff != "" {
		t.Errorf("other files were asked (-want +got):\n%s", diff)
	}
	if stats.Unparsed != 2 {
		t.Errorf("%d files unparsed, want 2", stats.Unparsed)
	}
}
