package config

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// everything holds each setting once, as it stands in a pyguardml.toml.
const everything = `
profile = "all"
select = ["1.2", "LLM01", "high", "AML.T0051", "CWE-502", "torch-load-unsafe"]
ignore = ["governance", "PML1203"]
include = ["src/**"]
exclude = ["vendor", "src/old/*.py"]
baseline = "known.json"
cache = ".pyguardml-cache"
require-reasons = true

[[paths]]
files = ["tests", "test_*.py"]
ignore = ["PML12"]
reason = "fixtures"

[[paths]]
files = ["serving/**"]
profile = "default"

[limits]
file = 1_000_000
notebook = 2_000_000
artifact = { depth = 3, members = 4, expanded = 5, opcodes = 6, values = 7, facts = 8 }

[[models]]
name = "acme.request.body"
source = "user"
from = "the body of the request"

[[models]]
name = "acme.jobs.run"
sinks = [{ kind = "shell", arg = "0:command", if = "raw=True", note = "run on the worker" }]
cleans = ["html"]

[[models]]
name = "acme.route"
callbacks = [{ arg = "decorated", params = { "*" = "user" }, route = true, result = "html" }]
guard = { arg = "0", raises = true, cleans = ["path"] }
`

func TestEverySettingBecomesAnOption(t *testing.T) {
	inside := strings.NewReplacer("[[paths]]", "[[tool.pyguardml.paths]]", "[[models]]", "[[tool.pyguardml.models]]", "[limits]", "[tool.pyguardml.limits]")
	for name, text := range map[string]string{
		"conf/pyguardml.toml": everything,
		"conf/pyproject.toml": "[project]\nname = \"x\"\n[tool.other]\nselect = 3\n[tool.pyguardml]\n" + inside.Replace(everything),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse(name, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if c.Options.CacheVersion == "" {
				t.Error("results with models of one's own are not told apart in a cache")
			}
			c.Options.CacheVersion = ""
			sel := []string{"1.2", "LLM01", "high", "AML.T0051", "CWE-502", "torch-load-unsafe"}
			tests := func(glob string) pyguardml.PathIgnore {
				return pyguardml.PathIgnore{Glob: glob, Checks: []string{"PML12"}, Reason: "fixtures"}
			}
			want := &Config{
				File: name, Include: []string{"src/**"}, Exclude: []string{"vendor", "src/old/*.py"}, Baseline: "known.json", Cache: ".pyguardml-cache",
				Options: pyguardml.Options{
					Profile: "all", Select: sel, Ignore: []string{"governance", "PML1203"}, RequireReasons: true,
					PathIgnores: []pyguardml.PathIgnore{tests("**/tests"), tests("**/tests/**"), tests("**/test_*.py"), tests("**/test_*.py/**")},
					PathSelects: []pyguardml.PathSelect{{Glob: "serving/**", Profile: "default", Select: sel}},
					Limits: pyguardml.Limits{MaxFileSize: 1e6, MaxNotebookSize: 2e6, Artifact: pyguardml.ArtifactLimits{
						Depth: 3, Members: 4, Expanded: 5, Opcodes: 6, Values: 7, Facts: 8,
					}},
					Models: []checks.Framework{{Name: name, Models: []checks.Model{
						{Name: "acme.request.body", Source: checks.LabelUser, From: "the body of the request"},
						{
							Name: "acme.jobs.run", Cleans: []checks.SinkKind{checks.SinkHTML},
							Sinks: []checks.Sink{{Kind: checks.SinkShell, Arg: "0:command", If: "raw=True", Note: "run on the worker"}},
						},
						{
							Name: "acme.route", Guards: &checks.Guard{Arg: "0", Raises: true, Cleans: []checks.SinkKind{checks.SinkPath}},
							Callbacks: []checks.Callback{{Arg: "decorated", Params: map[string]checks.Label{"*": checks.LabelUser}, Route: true, Result: checks.SinkHTML}},
						},
					}}},
				},
			}
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			if _, err := pyguardml.New(c.Options); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"slect = []", `pyguardml.toml:1:1: there is no setting "slect"; did you mean select?`},
		{"x = 1\n[limits]\nfiles = 3", "pyguardml.toml:1:1: there is no setting \"x\"; docs/configuration.md lists the settings\n" +
			`pyguardml.toml:3:1: there is no setting "limits.files"; did you mean file?`},
		{"\n\nselect = [\n  \"PML1201\",\n  \"torch-load-unsave\",\n]", `pyguardml.toml:5:4: no check, part or standard is called "torch-load-unsave"; did you mean torch-load-unsafe?`},
		{`ignore = ["LLM99"]`, `pyguardml.toml:1:12: no check, part or standard is called "LLM99"`},
		{`profile = "strict"`, `pyguardml.toml:1:12: no profile is called "strict"; use "default" or "all"`},
		{`select = "PML12"`, `pyguardml.toml:1:10: cannot decode TOML string`},
		{`require-reasons = "yes"`, `pyguardml.toml:1:19: cannot decode TOML string`},
		{"profile = \n", `pyguardml.toml:1:11: `},
		{"profile = \"all\"\nprofile = \"all\"\n", `pyguardml.toml:2:1: `},
		{`exclude = ["a[b"]`, `pyguardml.toml:1:13: "a[b" is not a glob`},
		{`include = ["../other"]`, `pyguardml.toml:1:13: "../other" leads out of the project`},
		{"[[paths]]\nignore = [\"PML12\"]", `pyguardml.toml:2:1: files is missing`},
		{"[[paths]]\nfiles = [\"a\"]", `pyguardml.toml:2:11: nothing is set for these files`},
		{"[[paths]]\nfiles = [\"a\"]\nselect = [\"PML12\"]\nreason = \"r\"", `pyguardml.toml:4:11: a reason belongs to ignore`},
		{"[[paths]]\nfiles = [\"a\"]\nignore = [\"a\", \"PML12\"]", `pyguardml.toml:3:12: no check, part or standard is called "a"`},
		{"[limits]\nnotebook = -1", `pyguardml.toml:2:12: -1 is no limit`},
		{"[[models]]\nname = \"a.b\"\nsource = \"usr\"", `pyguardml.toml:3:10: no label is called "usr"; there are user, local, `},
		{"[[models]]\nname = \"a.b\"\nsinks = [{ kind = \"sell\", arg = \"0\" }]", `pyguardml.toml:3:19: no kind of sink is called "sell"`},
		{"[[models]]\nname = \"a.b\"\nsinks = [{ kind = \"shell\" }]", `pyguardml.toml:3:12: a sink needs its kind and the argument`},
		{"[[models]]\nsource = \"user\"", `pyguardml.toml:2:1: name is missing`},
		{"[[models]]\nname = \"a.{b\"", `pyguardml.toml:2:9: `},
		{"select = [\"PML1201\"]\nignore = [\"PML1201\"]", `pyguardml.toml:1:12: the selection leaves no check to run`},
	} {
		_, err := Parse("pyguardml.toml", []byte(test.text))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s\nthe error is %v\nwant          %s", test.text, err, test.want)
			continue
		}
		var place *Error
		if !errors.As(err, &place) || place.File != "pyguardml.toml" || place.Line == 0 {
			t.Errorf("%s: %#v", test.text, err)
		}
	}
	_, err := Parse("a/pyproject.toml", []byte("[tool.ruff]\nx = 1\n[tool.pyguardml]\nselect = [\"PML12\"]\n[tool.pyguardml.path]\n"))
	if want := `a/pyproject.toml:5:2: there is no setting "path"; did you mean paths?`; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestFindTakesTheNearestSettings(t *testing.T) {
	files := fstest.MapFS{
		"pyproject.toml":             {Data: []byte("[tool.pyguardml]\nprofile = \"all\"")},
		"lib/pyproject.toml":         {Data: []byte("[project]\nname = \"lib\"")},
		"app/pyguardml.toml":         {Data: []byte("select = [\"PML12\"]")},
		"app/pyproject.toml":         {Data: []byte("[tool.pyguardml]\nselect = [\"PML11\"]")},
		"app/deep/er/train.py":       {},
		"other/.git/HEAD":            {},
		"other/src/model.py":         {},
		"broken/pyguardml.toml":      {Data: []byte("select = [\"PML12\"")},
		"broken/sub/notebooks/a.txt": {},
	}
	for dir, want := range map[string]string{
		".": "pyproject.toml", "lib": "pyproject.toml", "app": "app/pyguardml.toml", "app/deep/er": "app/pyguardml.toml", "other/src": "", "other": "",
	} {
		c, err := Find(files, dir)
		switch {
		case err != nil:
			t.Errorf("%s: %v", dir, err)
		case c == nil && want != "", c != nil && c.File != want:
			t.Errorf("%s: found %+v, want %q", dir, c, want)
		}
	}
	if _, err := Find(files, "broken/sub/notebooks"); err == nil || !strings.HasPrefix(err.Error(), "broken/pyguardml.toml:1:") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Find(files, "../x"); err == nil {
		t.Error("a folder outside of the file system is looked for")
	}
}

func TestTakesHeedsFoldersNamesAndManifests(t *testing.T) {
	c := &Config{Include: []string{"src", "tools/*.py"}, Exclude: []string{"vendor", "src/gen/**", "*_pb2.py"}}
	for name, want := range map[string]bool{
		"src/a.py": true, "src/deep/a.ipynb": true, "tools/a.py": true, "tools/sub/a.py": false, "a.py": false, "requirements.txt": true,
		"src/vendor/a.py": false, "vendor/requirements.txt": false, "src/gen/a.py": false, "src/x_pb2.py": false, "../other/a.py": false,
	} {
		if got := c.Takes(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// What an in-house framework does is known to the built-in checks from the settings alone.
func TestModelsOfTheSettingsAreFollowed(t *testing.T) {
	c, err := Parse("pyguardml.toml", []byte("[[models]]\nname = \"acme.answer\"\nsource = \"llm\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	files := []pyguardml.File{{Path: "a.py", Content: []byte("import os\nimport acme\n\nos.system(acme.answer('a'))\n")}}
	c.Options.Profile = "all"
	with, err := pyguardml.Analyze(context.Background(), files, c.Options)
	if err != nil {
		t.Fatal(err)
	}
	without, err := pyguardml.Analyze(context.Background(), files, pyguardml.Options{Profile: "all"})
	if err != nil {
		t.Fatal(err)
	}
	if len(with.Findings) != 1 || len(without.Findings) != 0 || with.Findings[0].Start.Line != 4 {
		t.Errorf("with the settings %v, without %v", with.Findings, without.Findings)
	}
}

// The page shows settings that are right, and names each key.
func TestTheDocumentedSettingsAreRight(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, part := range strings.Split(string(page)+string(readme), "```toml\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		name := FileName
		if strings.Contains(text, "[tool.pyguardml") {
			name = PyProjectName
		}
		if _, err := Parse(name, []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		n++
	}
	if n == 0 {
		t.Error("the page shows no settings")
	}
	for _, key := range keys(reflect.TypeFor[file](), true) {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("the page does not tell of %s", key)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("select = [\"PML12\"\n[[paths]]\nfiles = 3"))
	f.Add([]byte("[tool.pyguardml]\nprofile = 'all'\n[tool.x]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{FileName, PyProjectName} {
			c, err := Parse(name, data)
			if err != nil {
				continue
			}
			if _, err := pyguardml.New(c.Options); err != nil {
				t.Errorf("accepted, but refused as options: %v", err)
			}
			c.Takes("a/b.py")
		}
	})
}
