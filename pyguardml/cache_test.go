package pyguardml

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
)

// sameResults compares what analyses report, without the figures.
func sameResults(t *testing.T, want, got *Result) {
	t.Helper()
	texts := cmp.Transformer("text", func(e error) string { return e.Error() })
	for _, part := range []struct {
		name      string
		want, got any
	}{
		{"findings", want.Findings, got.Findings},
		{"suppressed findings", want.Suppressed, got.Suppressed},
		{"unused suppressions", want.UnusedSuppressions, got.UnusedSuppressions},
		{"file errors", want.FileErrors, got.FileErrors},
	} {
		if diff := cmp.Diff(part.want, part.got, texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", part.name, diff)
		}
	}
}

func analyzeWith(t *testing.T, files []File, opts Options) *Result {
	t.Helper()
	res, err := Analyze(context.Background(), files, opts)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func dirCache(t *testing.T) *DirCache {
	t.Helper()
	c, err := NewDirCache(filepath.Join(t.TempDir(), "cache"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// project is a few groups of files with findings, comments and a mistake.
func project() []File {
	return []File{
		{Path: "a/load.py", Content: []byte("import torch\n\n\ndef read(path):\n    return torch.load(path, weights_only=False)\n")},
		{Path: "a/main.py", Content: []byte("from a import load\n\nload.read('x.pt')  # pyguardml: ignore[PML1201] unused\n")},
		{Path: "b.py", Content: []byte("import torch\n\nnet = torch.load('x.pt', weights_only=False)  # pyguardml: ignore[PML1201] our own\n")},
		{Path: "c.py", Content: []byte("import torch\n\ndef (:\n")},
		{Path: "web.py", Content: []byte("from flask import Flask, request, send_file\n\napp = Flask(__name__)\n\n\n@app.get('/file')\ndef file():\n    return send_file('/srv/files/' + request.args['name'])\n")},
		{Path: "d.py", Content: []byte("import torch\n\nlayer = torch.load('y.pt', weights_only=False)\n")},
	}
}

func TestRememberedResultsAreThoseOfAFreshAnalysis(t *testing.T) {
	cache := dirCache(t)
	fresh := analyzeWith(t, project(), Options{})
	if len(fresh.Findings) < 2 || len(fresh.Suppressed) != 1 || len(fresh.UnusedSuppressions) != 1 || len(fresh.FileErrors) != 1 {
		t.Fatalf("the project should have findings of each kind: %+v", fresh)
	}
	first := analyzeWith(t, project(), Options{Cache: cache})
	second := analyzeWith(t, project(), Options{Cache: cache})
	if first.Stats.Remembered != 0 || second.Stats.Remembered != 6 {
		t.Errorf("remembered %d files at first and %d then, want 0 and 6", first.Stats.Remembered, second.Stats.Remembered)
	}
	sameResults(t, fresh, first)
	sameResults(t, fresh, second)
	known := analyzeWith(t, project(), Options{Cache: cache, Baseline: []string{fresh.Findings[0].Fingerprint}})
	if len(known.Suppressed) != 2 || known.Stats.Remembered != 6 {
		t.Errorf("with a baseline %d findings are suppressed and %d files remembered, want 2 and 6", len(known.Suppressed), known.Stats.Remembered)
	}
}

// countedCache counts what is asked of a cache.
type countedCache struct {
	Cache
	got, put int
}

func (c *countedCache) Get(key string) ([]byte, bool) { c.got++; return c.Cache.Get(key) }
func (c *countedCache) Put(key string, data []byte) error {
	c.put++
	return c.Cache.Put(key, data)
}

// withOtherFiles is project with a notebook, a manifest, a harmless model and a text of a model.
func withOtherFiles() []File {
	return append(project(),
		File{Path: "a.ipynb", Content: []byte(`{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "import torch\ntorch.load('n.pt', weights_only=False)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`)},
		File{Path: "requirements.txt", Content: []byte("torch==2.0.0\n--extra-index-url http://pypi.example.org/simple\n")},
		File{Path: "m.pkl", Content: []byte("(dp0\nS'a'\np1\nI1\ns.")},
		File{Path: "tokenizer_config.json", Content: []byte(`{"auto_map": {"AutoTokenizer": "tok.Tok"}}`)},
	)
}

func TestAnUnchangedTreeIsRememberedAsAWhole(t *testing.T) {
	cache := &countedCache{Cache: dirCache(t)}
	opts := Options{Profile: "all", Cache: cache}
	fresh := analyzeWith(t, withOtherFiles(), Options{Profile: "all"})
	analyzeWith(t, withOtherFiles(), opts)
	if cache.put == 0 {
		t.Fatal("nothing was kept")
	}
	cache.got, cache.put = 0, 0
	var told []string
	var last Progress
	opts.OnFile = func(fr FileResult) { told = append(told, fr.Path) }
	opts.Progress = func(p Progress) { last = p }
	a := mustNew(t, opts)
	res, err := a.Analyze(context.Background(), withOtherFiles())
	if err != nil {
		t.Fatal(err)
	}
	sameResults(t, fresh, res)
	if cache.got != 1 || cache.put != 0 {
		t.Errorf("%d entries were looked up and %d kept, want that of the tree alone", cache.got, cache.put)
	}
	want := fresh.Stats
	want.Calls, want.ResolvedCalls, want.Remembered = 0, 0, want.Files-want.Unparsed
	want.Parse, want.Check, want.Duration = res.Stats.Parse, res.Stats.Check, res.Stats.Duration
	if diff := cmp.Diff(want, res.Stats); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if !slices.IsSorted(told) || len(told) != len(withOtherFiles()) || last.Done != len(told) {
		t.Errorf("told of %q, progress at last %+v", told, last)
	}
	for _, f := range withOtherFiles() {
		_, errFresh := fresh.Source(f.Path)
		if _, err := res.Source(f.Path); (err == nil) != (errFresh == nil) {
			t.Errorf("source of %s: %v, fresh %v", f.Path, err, errFresh)
		}
	}
	// What was not opened is when it is needed, without being read again.
	edited := File{Path: "b.py", Content: []byte("import torch\n")}
	files := append(slices.DeleteFunc(withOtherFiles(), func(f File) bool { return f.Path == "b.py" }), edited)
	if res, err = a.Update(context.Background(), []File{edited}); err != nil {
		t.Fatal(err)
	}
	sameResults(t, analyzeWith(t, files, Options{Profile: "all"}), res)
}

// A fix that sets a model aside is not kept.
func TestATreeWithAMaliciousModelIsAnalysedAgain(t *testing.T) {
	cache := dirCache(t)
	files := append(withOtherFiles(), File{Path: "z.pkl", Content: []byte("cposix\nsystem\n(S'id'\ntR.")})
	want := analyzeWith(t, files, Options{})
	analyzeWith(t, files, Options{Cache: cache})
	sameResults(t, want, analyzeWith(t, files, Options{Cache: cache}))
}

func TestATreeIsRememberedOnlyAsItWas(t *testing.T) {
	cache := dirCache(t)
	analyzeWith(t, withOtherFiles(), Options{Cache: cache})
	for i := range withOtherFiles() {
		files := withOtherFiles()
		name := files[i].Path
		files[i].Content = append(slices.Clone(files[i].Content), '\n')
		sameResults(t, analyzeWith(t, files, Options{}), analyzeWith(t, files, Options{Cache: cache}))
		files = slices.Delete(withOtherFiles(), i, i+1)
		sameResults(t, analyzeWith(t, files, Options{}), analyzeWith(t, files, Options{Cache: cache}))
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for _, opts := range []Options{{ParseAll: true}, {Profile: "all"}, {RequireReasons: true}, {Ignore: []string{"PML1201"}}, {PathIgnores: []PathIgnore{{Glob: "b.py"}}}} {
		want := analyzeWith(t, withOtherFiles(), opts)
		opts.Cache = cache
		sameResults(t, want, analyzeWith(t, withOtherFiles(), opts))
	}
}

func TestOnlyWhatAnEditConcernsIsAnalysedAgain(t *testing.T) {
	cache := dirCache(t)
	analyzeWith(t, project(), Options{Cache: cache})
	files := project()
	files[1].Content = append(files[1].Content, "print(1)\n"...)
	res := analyzeWith(t, files, Options{Cache: cache})
	if res.Stats.Remembered != 4 {
		t.Errorf("%d files remembered, want the 4 that no import connects with the edited one", res.Stats.Remembered)
	}
	sameResults(t, analyzeWith(t, files, Options{}), res)
}

// Checks put questions to all files, those too that imports do not connect.
func TestAnEditThatAnswersAQuestionDifferentlyIsHeededElsewhere(t *testing.T) {
	chat := File{Path: "chat.py", Content: []byte(`from fastapi import FastAPI, Request
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.post("/ask")
async def ask(request: Request):
    body = await request.json()
    return client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": body["text"]}])
`)}
	limits := File{Path: "limits.py", Content: []byte("from slowapi import Limiter\nlimiter = Limiter(key_func=str)\n")}
	plain := File{Path: "limits.py", Content: []byte("x = 1\n")}
	opts := Options{Profile: "all", Cache: dirCache(t)}
	a := mustNew(t, opts)
	for i, other := range []File{plain, limits, plain, limits} {
		got, err := a.Update(context.Background(), []File{chat, other})
		if err != nil {
			t.Fatal(err)
		}
		want := analyzeWith(t, []File{chat, other}, Options{Profile: "all"})
		sameResults(t, want, got)
		unlimited := slices.ContainsFunc(got.Findings, func(f checks.Finding) bool { return f.CheckID == "PML1136" })
		if unlimited != (i%2 == 0) {
			t.Errorf("round %d: PML1136 is %t", i, unlimited)
		}
	}
}

func TestWhatAProjectUsesIsNotRememberedWrongly(t *testing.T) {
	cache := dirCache(t)
	files := project()
	without := files[4:] // a web server without an AI/ML library
	analyzeWith(t, without, Options{Cache: cache})
	for _, set := range [][]File{without, files, without, files} {
		sameResults(t, analyzeWith(t, set, Options{}), analyzeWith(t, set, Options{Cache: cache}))
	}
}

func TestChecksOfOnesOwnNeedAVersionToBeRemembered(t *testing.T) {
	own := &checks.Rule{
		Spec: &checks.Info{
			ID: "TST001", Name: "prints", Title: "Prints", Class: checks.Weakness, Severity: checks.Low, Inputs: []checks.Input{checks.Python},
			Reading: "Prints.", Remedy: checks.Remedy{Edit: "none"}, CWE: []string{"CWE-1"},
		},
		On:     []string{"builtins.print"},
		OnCall: func(p *checks.Pass, c *checks.Call) { p.Report(checks.Report{Node: c.Node}) },
	}
	files := []File{{Path: "a.py", Content: []byte("print(1)\n")}}
	for _, c := range []struct {
		version string
		want    int
	}{{"", 0}, {"2", 1}} {
		cache := dirCache(t)
		opts := Options{Cache: cache, Checks: []checks.Check{own}, CacheVersion: c.version}
		analyzeWith(t, files, opts)
		if res := analyzeWith(t, files, opts); res.Stats.Remembered != c.want || len(res.Findings) != 1 {
			t.Errorf("version %q: %d files remembered and %d findings, want %d and 1", c.version, res.Stats.Remembered, len(res.Findings), c.want)
		}
	}
}

func TestADamagedCacheIsPassedOver(t *testing.T) {
	cache := dirCache(t)
	want := analyzeWith(t, project(), Options{Cache: cache})
	entries, err := filepath.Glob(filepath.Join(cache.dir, "*", "*"))
	if err != nil || len(entries) == 0 {
		t.Fatalf("entries %v, error %v", entries, err)
	}
	for i, name := range entries {
		if err := os.WriteFile(name, []byte(`{"Files":[{"Path":`)[:i%18], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sameResults(t, want, analyzeWith(t, project(), Options{Cache: cache}))
	n, err := cache.Prune(-time.Hour)
	if err != nil || n != len(entries) {
		t.Errorf("pruned %d entries, error %v; want %d", n, err, len(entries))
	}
}

func mustNew(t *testing.T, opts Options) *Analyzer {
	t.Helper()
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUpdateAnalysesOnlyWhatImportsConnectWithTheEdit(t *testing.T) {
	a := mustNew(t, Options{Profile: "all"})
	files := project()
	if _, err := a.Analyze(context.Background(), files); err != nil {
		t.Fatal(err)
	}
	edited := File{Path: files[0].Path, Content: append(slices.Clone(files[0].Content), "\nx = 1\n"...)}
	got, err := a.Update(context.Background(), []File{edited})
	if err != nil {
		t.Fatal(err)
	}
	sameResults(t, analyzeWith(t, append([]File{edited}, files[1:]...), Options{Profile: "all"}), got)
	if got.Stats.Remembered == 0 || got.Stats.Remembered == len(files) {
		t.Errorf("%d of %d files are remembered", got.Stats.Remembered, len(files))
	}
	a.Forget()
	if got, err = a.Analyze(context.Background(), files); err != nil || got.Stats.Remembered > 0 {
		t.Errorf("after Forget %d files are remembered, error %v", got.Stats.Remembered, err)
	}
}

// Edits at random must leave no trace of what was remembered.
func TestRandomEditsWithACacheGiveTheResultsOfAFreshAnalysis(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	cache := dirCache(t)
	pieces := []string{
		"import torch\n", "from m0 import f\n", "from m1 import f\n", "import m2\n", "x = torch.load('a.pt', weights_only=False)\n",
		"def f(p):\n    return torch.load(p, weights_only=False)\n", "f('b.pt')\n", "m2.f('c.pt')\n", "# pyguardml: ignore[PML1201]\n", "def (:\n",
		"from flask import Flask, request, send_file\napp = Flask(__name__)\n@app.get('/')\ndef g():\n    return send_file('/srv/' + request.args['p'])\n",
	}
	files := make([]File, 5)
	for i := range files {
		files[i].Path = fmt.Sprintf("m%d.py", i)
	}
	live, forgetful := mustNew(t, Options{Cache: cache}), mustNew(t, Options{})
	for round := range 30 {
		var changed []File
		for i := range files {
			if round > 0 && rnd.IntN(3) > 0 {
				continue
			}
			text := []byte{}
			for range rnd.IntN(6) {
				text = append(text, pieces[rnd.IntN(len(pieces))]...)
			}
			files[i] = File{Path: files[i].Path, Content: text}
			changed = append(changed, files[i])
		}
		want := analyzeWith(t, files, Options{ParseAll: true})
		sameFindings := func(got *Result) {
			// Syntax errors are told only of files that are parsed.
			got.FileErrors, want.FileErrors = nil, nil
			sameResults(t, want, got)
		}
		sameFindings(analyzeWith(t, files, Options{Cache: cache}))
		for _, a := range []*Analyzer{live, forgetful} {
			got, err := a.Update(context.Background(), changed) // the first one has all files
			if err != nil {
				t.Fatal(err)
			}
			sameFindings(got)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}
