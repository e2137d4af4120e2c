package casetest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// programs reads the runnable programs whose derivations are tried. Their marked lines
// hold the calls that stand for reports.
func programs(t *testing.T) []*Case {
	t.Helper()
	names, err := filepath.Glob("testdata/programs/*.py")
	if err != nil || len(names) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	var cases []*Case
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := ParseArchive("PML0000.txtar", append([]byte("-- vulnerable/"+filepath.Base(name)+" --\n"), data...))
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, a.Cases[0])
	}
	return cases
}

// callsOn stands in for an analysis: it reports the first call that begins on each marked
// line.
func callsOn(t *testing.T, c *Case) []checks.Finding {
	t.Helper()
	u, err := newUnit(0, c.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	var found []checks.Finding
	taken := map[int]bool{}
	u.inspect(func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		line := u.file.Source.Position(call.Start).Line
		if c.Want[Place{Path: u.path, Line: line}] > 0 && !taken[line] {
			taken[line] = true
			found = append(found, checks.Finding{Location: checks.Location{Path: u.path, Span: call.Span}})
		}
		return true
	})
	return found
}

func TestDerivedProgramsDoTheSame(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on PATH")
	}
	applied := map[string]int{}
	for _, c := range programs(t) {
		want := runPython(t, python, c.Files, c.Files[0].Path)
		findings := callsOn(t, c)
		for _, how := range derivations {
			t.Run(c.Files[0].Path+"/"+how.name, func(t *testing.T) {
				p, err := newProject(c, findings, nil)
				if err != nil {
					t.Fatal(err)
				}
				files, places, err := p.derive(how)
				if err != nil {
					t.Fatal(err)
				}
				if files == nil {
					return
				}
				applied[how.name]++
				if len(places) != len(findings) {
					t.Fatalf("%d of %d reports have a place", len(places), len(findings))
				}
				entry, runnable := entryPoint(files)
				got := runPython(t, python, runnable, entry)
				if how.name != "in-second-file" && got != want {
					t.Errorf("the derived program prints\n%s\nand not\n%s%s", got, want, show(files))
				}
			})
		}
	}
	for _, how := range derivations {
		if applied[how.name] == 0 && !ofModels[how.name] {
			t.Errorf("%s applies to no program", how.name)
		}
	}
}

// ofModels names the derivations of model files, which are no programs.
var ofModels = map[string]bool{"in-folder": true, "beside-others": true, "capital-ending": true}

// entryPoint finds the program to run; a notebook is turned into a script first.
func entryPoint(files []File) (entry string, runnable []File) {
	entry = files[0].Path
	for _, f := range files {
		switch {
		case f.Path == "main.py":
			entry = f.Path
		case strings.HasSuffix(f.Path, ".ipynb"):
			f = File{Path: strings.TrimSuffix(f.Path, ".ipynb") + ".py", Content: script(f.Content)}
			entry = f.Path
		}
		runnable = append(runnable, f)
	}
	return entry, runnable
}

func script(notebook []byte) []byte {
	var nb struct {
		Cells []struct {
			Type   string   `json:"cell_type"`
			Source []string `json:"source"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(notebook, &nb); err != nil {
		return []byte("raise SystemExit('not JSON')")
	}
	var out bytes.Buffer
	for _, cell := range nb.Cells {
		if cell.Type != "code" || strings.HasPrefix(cell.Source[0], "%") {
			continue
		}
		out.WriteString(strings.Join(cell.Source, "") + "\n")
	}
	return out.Bytes()
}

func runPython(t *testing.T, python string, files []File, entry string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, entry)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s%s", err, stderr.String(), show(files))
	}
	return string(out)
}

func TestReportsFollowTheirCode(t *testing.T) {
	c := archive(t, `-- vulnerable/a.py --
import json

OPTIONS = {"x": 1}


def read(path):
    with open(path) as handle:
        return json.load(handle, parse_int=str, parse_float=float)  # want
`).Cases[0]
	findings := callsOn(t, c)
	for how, want := range map[string]string{
		"import-renamed":           "    return json_module.load(handle, parse_int=str, parse_float=float)",
		"members-imported":         "        return load(handle, parse_int=str, parse_float=float)",
		"in-if":                    "            return json.load(handle, parse_int=str, parse_float=float)",
		"parentheses":              "        return (json.load((handle), parse_int=(str), parse_float=(float)))",
		"argument-per-line":        "        return json.load(",
		"in-comprehension":         "        return [json.load(handle, parse_int=str, parse_float=float) for turn_1 in range(1)][0]",
		"tabs":                     "\t\treturn json.load(handle, parse_int=str, parse_float=float)",
		"latin-1":                  "        return json.load(handle, parse_int=str, parse_float=float)",
		"crlf":                     "        return json.load(handle, parse_int=str, parse_float=float)\r",
		"byte-order-mark":          "        return json.load(handle, parse_int=str, parse_float=float)",
		"async":                    "        return json.load(handle, parse_int=str, parse_float=float)",
		"in-second-file":           "        return json.load(handle, parse_int=str, parse_float=float)",
		"constants-in-second-file": "        return json.load(handle, parse_int=str, parse_float=float)",
	} {
		t.Run(how, func(t *testing.T) {
			p, err := newProject(c, findings, nil)
			if err != nil {
				t.Fatal(err)
			}
			files, places, err := p.derive(named(t, how))
			if err != nil || len(places) != 1 || len(places[0]) == 0 {
				t.Fatalf("places %v, error %v", places, err)
			}
			at := places[0][0]
			lines := strings.Split(string(contentOf(files, at.Path)), "\n")
			if got := lines[at.Line-1]; strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("%s is %q, want %q%s", at, got, want, show(files))
			}
		})
	}
}

func named(t *testing.T, name string) derivation {
	t.Helper()
	for _, d := range derivations {
		if d.name == name {
			return d
		}
	}
	t.Fatalf("no derivation %s", name)
	return derivation{}
}

func TestGuardsAreNotTornFromSafeCases(t *testing.T) {
	for _, d := range derivations {
		if d.name == "in-helper" && d.safe {
			t.Error("in-helper separates a call from the guard before it")
		}
	}
}
