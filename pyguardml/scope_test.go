package pyguardml

import (
	"context"
	"fmt"
	"testing"
)

// aShop is a project of n files that has nothing to do with AI/ML, beside what more holds. One of them unpickles what a
// client sends.
func aShop(n int, more ...File) []File {
	files, _ := plainFiles(n - 1)
	files = append(files, File{Path: "shop/carts.py", Content: []byte("import pickle\n\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.post('/cart')\ndef cart():\n    return pickle.loads(request.data)\n")})
	return append(files, more...)
}

func TestLargeProjectsThatShowNothingOfMLAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		files []File
		opts  Options
		aside bool
	}{
		"a large project":             {files: aShop(60), aside: true},
		"with all files parsed":       {files: aShop(60), opts: Options{ParseAll: true}, aside: true},
		"in the extended profile":     {files: aShop(60), opts: Options{Profile: "all"}, aside: true},
		"with settings of its own":    {files: aShop(60, File{Path: "pyproject.toml", Content: []byte("[project]\nname = \"shop\"\ndependencies = [\"flask\"]\n")}), aside: true},
		"a few files":                 {files: aShop(10)},
		"checks that are named":       {files: aShop(60), opts: Options{Select: []string{"PML"}}},
		"a library":                   {files: aShop(60, File{Path: "shop/advice.py", Content: []byte("import torch\n")})},
		"a library that is required":  {files: aShop(60, File{Path: "requirements.txt", Content: []byte("flask\nscikit-learn\n")})},
		"a provider's address":        {files: aShop(60, File{Path: "shop/advice.py", Content: []byte("import requests\nrequests.post('https://api.openai.com/v1/chat/completions')\n")})},
		"a key in the configuration":  {files: aShop(60, File{Path: ".env", Content: []byte("ANTHROPIC_API_KEY=\n")})},
		"a notebook":                  {files: aShop(60, File{Path: "a.ipynb", Content: []byte(`{"cells": [{"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`)})},
		"a comment about the scanner": {files: aShop(60, File{Path: "shop/a.py", Content: []byte("x = 1  # noqa: E501, PML1201\n")})},
		"settings of the scanner":     {files: aShop(60, File{Path: "pyproject.toml", Content: []byte("[tool.pyguardml]\nprofile = \"all\"\n")})},
	} {
		t.Run(name, func(t *testing.T) {
			found, stats := reports(t, c.files, c.opts)
			if stats.OutOfScope != c.aside || c.aside != (len(found) == 0) {
				t.Errorf("out of scope: %v, found %v", stats.OutOfScope, found)
			}
			if want := c.aside && !c.opts.ParseAll; want != (stats.Unparsed == stats.Files) {
				t.Errorf("%d of %d files are not parsed", stats.Unparsed, stats.Files)
			}
		})
	}
}

// What a project has to do with AI/ML may change while it is edited.
func TestScopeChangesWithTheFiles(t *testing.T) {
	ctx := context.Background()
	a, err := New(Options{Profile: "all"})
	if err != nil {
		t.Fatal(err)
	}
	see := func(res *Result, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(res.Stats.OutOfScope, " ", len(res.Findings) > 0)
	}
	if got := see(a.Analyze(ctx, aShop(60))); got != "true false" {
		t.Errorf("at first: %s", got)
	}
	advice := File{Path: "shop/advice.py", Content: []byte("import torch\n")}
	if got := see(a.Update(ctx, []File{advice})); got != "false true" {
		t.Errorf("with a library: %s", got)
	}
	advice.Content = []byte("import math\n")
	if got := see(a.Update(ctx, []File{advice})); got != "true false" {
		t.Errorf("without it: %s", got)
	}
	advice.Content = []byte("def (:\n")
	res, err := a.Update(ctx, []File{advice})
	if err != nil || !res.Stats.OutOfScope {
		t.Errorf("with a file that is no Python: %v %+v", err, res)
	}
}
