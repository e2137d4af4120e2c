package semantic_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

func module(t testing.TB, path, src string) *semantic.Module {
	t.Helper()
	s, err := ast.NewSource(path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	f, err := ast.Parse(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return semantic.NewModule(path, f)
}

// project makes a project of files, each "path" or "path=source".
func project(t testing.TB, files ...string) *semantic.Project {
	t.Helper()
	var mods []*semantic.Module
	for _, f := range files {
		path, src, _ := strings.Cut(f, "=")
		mods = append(mods, module(t, path, src))
	}
	return semantic.NewProject(mods)
}

// library knows the names given as installed.
func library(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func TestFilesThatAreNotParsedMakePackages(t *testing.T) {
	a, b := module(t, "app/llm/a.py", "import openai\n"), module(t, "app/llm/openai.py", "x = 1\n")
	installed := library("openai")
	if m := semantic.NewProject([]*semantic.Module{a, b}).Resolve(a, "openai", 0, installed); m != b {
		t.Errorf("without __init__.py openai is %v, want the file beside it", m)
	}
	if m := semantic.NewProject([]*semantic.Module{a, b}, "app/llm/__init__.py").Resolve(a, "openai", 0, installed); m != nil {
		t.Errorf("in a package openai is %s, want the library", m.Path)
	}
}

func TestImportsMeanTheFilesThatPythonFinds(t *testing.T) {
	for _, c := range []struct {
		name      string
		files     []string
		from      string
		imported  string
		level     int
		installed []string
		want      string // "" for outside of the project, a path ending in "/" for a folder
	}{
		{name: "a sibling", files: []string{"app.py", "tools.py"}, from: "app.py", imported: "tools", want: "tools.py"},
		{name: "a package", files: []string{"app.py", "pkg/__init__.py"}, from: "app.py", imported: "pkg", want: "pkg/__init__.py"},
		{name: "a module of a package", files: []string{"app.py", "pkg/__init__.py", "pkg/a.py"}, from: "app.py", imported: "pkg.a", want: "pkg/a.py"},
		{name: "a package before a module", files: []string{"app.py", "x.py", "x/__init__.py"}, from: "app.py", imported: "x", want: "x/__init__.py"},
		{name: "a module before a namespace package", files: []string{"app.py", "x.py", "x/a.py"}, from: "app.py", imported: "x", want: "x.py"},
		{name: "a namespace package", files: []string{"app.py", "ns/sub/a.py"}, from: "app.py", imported: "ns.sub", want: "ns/sub/"},
		{name: "a module of a namespace package", files: []string{"app.py", "ns/sub/a.py"}, from: "app.py", imported: "ns.sub.a", want: "ns/sub/a.py"},
		{name: "a folder does not hide an installed library", files: []string{"app.py", "datasets/a.py"}, from: "app.py", imported: "datasets", installed: []string{"datasets"}, want: ""},
		{name: "a file hides an installed library", files: []string{"app.py", "datasets.py"}, from: "app.py", imported: "datasets", installed: []string{"datasets"}, want: "datasets.py"},
		{name: "a package hides an installed library", files: []string{"app.py", "datasets/__init__.py"}, from: "app.py", imported: "datasets", installed: []string{"datasets"}, want: "datasets/__init__.py"},
		{name: "not in the project", files: []string{"app.py"}, from: "app.py", imported: "torch", want: ""},
		{name: "not in the package", files: []string{"app.py", "pkg/__init__.py"}, from: "app.py", imported: "pkg.missing", want: ""},

		{name: "from within a package, absolute", files: []string{"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}, from: "pkg/a.py", imported: "pkg.b", want: "pkg/b.py"},
		{name: "from a nested package, absolute", files: []string{"pkg/__init__.py", "pkg/in/__init__.py", "pkg/in/a.py", "pkg/b.py"}, from: "pkg/in/a.py", imported: "pkg.b", want: "pkg/b.py"},
		{name: "the top wins over the own folder", files: []string{"b.py", "pkg/__init__.py", "pkg/a.py", "pkg/b.py"}, from: "pkg/a.py", imported: "b", want: "b.py"},
		{name: "a script within a package", files: []string{"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}, from: "pkg/a.py", imported: "b", want: "pkg/b.py"},
		{name: "a script within a package and a library", files: []string{"pkg/__init__.py", "pkg/a.py", "pkg/json.py"}, from: "pkg/a.py", imported: "json", installed: []string{"json"}, want: ""},
		{name: "a package run from a folder above", files: []string{"back/__init__.py", "back/server/__init__.py", "back/server/app.py", "back/chat/__init__.py"}, from: "back/server/app.py", imported: "chat", want: "back/chat/__init__.py"},
		{name: "a file that wraps the library of its name", files: []string{"llm/a.py", "llm/openai.py=from openai import OpenAI\n"}, from: "llm/a.py", imported: "openai", installed: []string{"openai"}, want: ""},
		{name: "a file that wraps another library", files: []string{"llm/a.py", "llm/openai.py=import httpx\n"}, from: "llm/a.py", imported: "openai", installed: []string{"openai"}, want: "llm/openai.py"},
		{name: "a module does not import itself", files: []string{"pkg/__init__.py", "pkg/json.py"}, from: "pkg/json.py", imported: "json", want: ""},

		{name: "a script's folder", files: []string{"scripts/a.py", "scripts/b.py"}, from: "scripts/a.py", imported: "b", want: "scripts/b.py"},
		{name: "the root from a script's folder", files: []string{"scripts/a.py", "pkg/__init__.py"}, from: "scripts/a.py", imported: "pkg", want: "pkg/__init__.py"},
		{name: "the nearest wins", files: []string{"scripts/a.py", "scripts/b.py", "b.py"}, from: "scripts/a.py", imported: "b", want: "scripts/b.py"},
		{name: "src layout from tests", files: []string{"tests/a.py", "src/pkg/__init__.py"}, from: "tests/a.py", imported: "pkg", want: "src/pkg/__init__.py"},
		{name: "src layout from inside", files: []string{"src/pkg/__init__.py", "src/pkg/a.py", "src/other/__init__.py"}, from: "src/pkg/a.py", imported: "other", want: "src/other/__init__.py"},
		{name: "src layout of a part of a monorepo", files: []string{"svc/tests/a.py", "svc/src/pkg/a.py"}, from: "svc/tests/a.py", imported: "pkg.a", want: "svc/src/pkg/a.py"},
		{name: "two parts of a monorepo", files: []string{"one/app.py", "one/util.py", "two/app.py", "two/util.py"}, from: "two/app.py", imported: "util", want: "two/util.py"},
		{name: "lib and python folders", files: []string{"app.py", "lib/a.py", "python/b.py"}, from: "app.py", imported: "b", want: "python/b.py"},
		{name: "a notebook", files: []string{"notebooks/n.ipynb", "pkg/__init__.py", "pkg/a.py"}, from: "notebooks/n.ipynb", imported: "pkg.a", want: "pkg/a.py"},

		{name: "one dot", files: []string{"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}, from: "pkg/a.py", imported: "b", level: 1, want: "pkg/b.py"},
		{name: "one dot in __init__", files: []string{"pkg/__init__.py", "pkg/b.py"}, from: "pkg/__init__.py", imported: "b", level: 1, want: "pkg/b.py"},
		{name: "one dot alone", files: []string{"pkg/__init__.py", "pkg/a.py"}, from: "pkg/a.py", level: 1, want: "pkg/__init__.py"},
		{name: "two dots", files: []string{"pkg/__init__.py", "pkg/in/__init__.py", "pkg/in/a.py", "pkg/b.py"}, from: "pkg/in/a.py", imported: "b", level: 2, want: "pkg/b.py"},
		{name: "two dots alone", files: []string{"pkg/__init__.py", "pkg/in/__init__.py", "pkg/in/a.py"}, from: "pkg/in/a.py", level: 2, want: "pkg/__init__.py"},
		{name: "two dots and a path", files: []string{"pkg/__init__.py", "pkg/in/a.py", "pkg/out/b.py"}, from: "pkg/in/a.py", imported: "out.b", level: 2, want: "pkg/out/b.py"},
		{name: "a dot does not look elsewhere", files: []string{"b.py", "pkg/__init__.py", "pkg/a.py"}, from: "pkg/a.py", imported: "b", level: 1, want: ""},
		{name: "a relative folder of an installed name", files: []string{"pkg/__init__.py", "pkg/a.py", "pkg/datasets/b.py"}, from: "pkg/a.py", imported: "datasets", level: 1, installed: []string{"datasets"}, want: "pkg/datasets/"},
		{name: "more dots than folders", files: []string{"a.py", "b.py"}, from: "a.py", imported: "b", level: 3, want: ""},
		{name: "an absolute path", files: []string{"/srv/app/a.py", "/srv/app/b.py"}, from: "/srv/app/a.py", imported: "b", want: "/srv/app/b.py"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := project(t, c.files...)
			got := ""
			if m := p.Find(p.ByPath(c.from), c.imported, c.level, library(c.installed...)); m != nil {
				got = m.Path
				if m.File == nil {
					got += "/"
				}
			}
			if got != c.want {
				t.Errorf("%q (level %d) in %s is %q, want %q", c.imported, c.level, c.from, got, c.want)
			}
		})
	}
}

func TestTestsDoNotSeeTheProgramThatTheyTest(t *testing.T) {
	p := project(t,
		"app/__init__.py", "app/core.py=from .testing import fakes", "app/testing/__init__.py", "app/testing/fakes.py=import app.core",
		"tests/__init__.py", "tests/helpers.py", "tests/test_core.py=import app\nimport app.core\nfrom app import core\nfrom app.testing import fakes\nfrom . import helpers\nfrom tests.helpers import run\n",
		"scripts/run.py=import app.core\n", "scripts/run_test.py=from scripts import run\n")
	var groups []string
	for _, g := range p.Groups(library()) {
		var paths []string
		for _, m := range g {
			paths = append(paths, m.Path)
		}
		groups = append(groups, strings.Join(paths, " "))
	}
	want := []string{
		"app/__init__.py app/core.py app/testing/__init__.py app/testing/fakes.py scripts/run.py", "scripts/run_test.py", "tests/__init__.py tests/helpers.py tests/test_core.py",
	}
	if d := cmp.Diff(want, groups); d != "" {
		t.Errorf("groups (-want +got):\n%s", d)
	}
	for path, want := range map[string][]string{
		"tests/test_core.py":   {"tests/__init__.py", "tests/helpers.py"},
		"app/core.py":          {"app/testing/__init__.py", "app/testing/fakes.py"},
		"app/testing/fakes.py": {"app/__init__.py", "app/core.py"},
		"scripts/run.py":       {"app/__init__.py", "app/core.py"},
		"scripts/run_test.py":  {"scripts"},
	} {
		if d := cmp.Diff(want, imports(p, path)); d != "" {
			t.Errorf("imports of %s (-want +got):\n%s", path, d)
		}
	}
}

func TestModulesAreNamedByTheirFiles(t *testing.T) {
	for path, want := range map[string]string{
		"a.py": "a false .", "pkg/a.py": "a false pkg", "pkg/__init__.py": "pkg true pkg", "x/y/__init__.py": "y true x/y", "n/b.ipynb": "b false n",
	} {
		m := module(t, path, "")
		if got := fmt.Sprintf("%s %t %s", m.Name, m.Package, m.Dir); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestSubmodulesArePartsOfPackagesAlone(t *testing.T) {
	p := project(t, "pkg/__init__.py", "pkg/a.py", "pkg/in/b.py", "c.py")
	pkg := p.ByPath("pkg/__init__.py")
	if m := p.Submodule(p.ByPath("c.py"), pkg, "a"); m == nil || m.Path != "pkg/a.py" {
		t.Errorf("pkg.a is %v", m)
	}
	in := p.Submodule(p.ByPath("c.py"), pkg, "in")
	if in == nil || in.File != nil || !in.Package {
		t.Fatalf("pkg.in is %v", in)
	}
	if p.Submodule(p.ByPath("c.py"), pkg, "in") != in {
		t.Error("a folder is another module each time")
	}
	if m := p.Submodule(p.ByPath("c.py"), in, "b"); m == nil || m.Path != "pkg/in/b.py" {
		t.Errorf("pkg.in.b is %v", m)
	}
	if m := p.Submodule(pkg, p.ByPath("c.py"), "a"); m != nil {
		t.Errorf("c.a is %v", m)
	}
	if m := p.Submodule(p.ByPath("c.py"), pkg, "c"); m != nil {
		t.Errorf("pkg.c is %v", m)
	}
}

func imports(p *semantic.Project, path string) []string {
	var out []string
	p.Imports(p.ByPath(path), library(), func(m *semantic.Module) { out = append(out, m.Path) })
	sort.Strings(out)
	return slices.Compact(out)
}

func TestImportsOfAModuleAreListed(t *testing.T) {
	p := project(t,
		"app.py=import a\nimport pkg.b as x\nfrom pkg import c, missing\nfrom pkg.d import *\ntry:\n    import e\nexcept ImportError:\n    e = None\ndef f():\n    import g\nimport os\n",
		"a.py", "pkg/__init__.py", "pkg/b.py", "pkg/c.py", "pkg/d.py", "e.py", "g.py", "h.py")
	want := []string{"a.py", "e.py", "g.py", "pkg/__init__.py", "pkg/b.py", "pkg/c.py", "pkg/d.py"}
	if d := cmp.Diff(want, imports(p, "app.py")); d != "" {
		t.Error(d)
	}
}

func TestGroupsKeepTogetherWhatImportsEachOther(t *testing.T) {
	p := project(t, "a.py=import b\n", "b.py", "c.py=import d\n", "d.py=import c\n", "e.py", "f/x.py=from . import y\n", "f/y.py", "g/x.py", "z.py=import b\n")
	var got []string
	for _, g := range p.Groups(library()) {
		var names []string
		for _, m := range g {
			names = append(names, m.Path)
		}
		got = append(got, strings.Join(names, " "))
	}
	want := []string{"a.py b.py z.py", "c.py d.py", "e.py", "f/x.py f/y.py", "g/x.py"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestALongChainOfImportsIsOneGroup(t *testing.T) {
	var files []string
	for i := range 3000 {
		files = append(files, fmt.Sprintf("m%04d.py=import m%04d\n", i, i+1))
	}
	if g := project(t, files...).Groups(library()); len(g) != 1 || len(g[0]) != 3000 {
		t.Errorf("%d groups", len(g))
	}
}

func TestImportsNameFindsBindingsOfImports(t *testing.T) {
	m := module(t, "a.py", "import os.path\nimport numpy as np\nfrom x import y as z, w\nq = 1\n")
	for name, want := range map[string]bool{"os": true, "np": true, "z": true, "w": true, "numpy": false, "y": false, "q": false, "path": false} {
		if got := m.ImportsName(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
