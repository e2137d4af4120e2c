package casetest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

func archive(t *testing.T, text string) *Archive {
	t.Helper()
	a, err := ParseArchive("PML0001.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMarkersAreTakenOutAndCounted(t *testing.T) {
	a := archive(t, `About it.
-- vulnerable/one.py --
a = f(1)  # want
b = "# want of care"
c = f(2), f(3)	# want 2
key = "hf_<+>abc"  # a comment  # want
-- vulnerable/two/app.py --
import lib
-- vulnerable/two/lib.py --
x = f()  # want
-- vulnerable/two/requirements.txt --
torch>=2.6
-- fixed/two/lib.py --
x = g()
-- vulnerable/cells.ipynb --
{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": "# Title"},
 {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["import a\n", "a.f()  # want\n", "a.g()"]},
 {"cell_type": "code", "metadata": {}, "outputs": [], "source": "a.f()  # want"}
]}
-- safe/fine.py --
a = g(1)
`)
	if a.ID != "PML0001" || len(a.Cases) != 4 {
		t.Fatalf("id %s, %d cases", a.ID, len(a.Cases))
	}
	one, two, cells := a.Cases[0], a.Cases[1], a.Cases[2]
	if diff := cmp.Diff("a = f(1)\nb = \"# want of care\"\nc = f(2), f(3)\nkey = \"hf_abc\"  # a comment\n", string(one.Files[0].Content)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[Place]int{{"one.py", 0, 1}: 1, {"one.py", 0, 3}: 2, {"one.py", 0, 4}: 1}, one.Want); diff != "" {
		t.Error(diff)
	}
	if len(two.Files) != 3 || two.Fixed["lib.py"] == nil || two.Want[Place{"lib.py", 0, 1}] != 1 {
		t.Errorf("two: %+v", two)
	}
	if diff := cmp.Diff(map[Place]int{{"cells.ipynb", 2, 2}: 1, {"cells.ipynb", 3, 1}: 1}, cells.Want); diff != "" {
		t.Error(diff)
	}
	if text := string(cells.Files[0].Content); strings.Contains(text, "want") || !strings.Contains(text, `"a.f()\n"`) {
		t.Errorf("notebook after stripping: %s", text)
	}
}

func TestWrongArchivesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"-- vulnerable/a.py --\nf()\n":                               "marks no line",
		"-- safe/a.py --\nf()  # want\n":                             "is safe and marks",
		"-- fixed/a.py --\nf()\n":                                    "has no vulnerable/a",
		"-- odd/a.py --\nf()\n":                                      "outside vulnerable/",
		"-- a.py --\nf()\n":                                          "outside vulnerable/",
		"-- vulnerable/a.ipynb --\n{]\n":                             "not a notebook",
		"skip in-if\n-- safe/a.py --\nf()\n":                         "line 1",
		"skip in-orbit: because\n-- safe/a.py --\nf()\n":             "no derivation is called",
		"-- vulnerable/a/b.py --\nf()  # want\n-- fixed/a/c.py --\n": "which vulnerable/a lacks",
	} {
		if _, err := ParseArchive("PML0001.txtar", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestExcusesMatchByDerivationAndCase(t *testing.T) {
	a := archive(t, "skip in-if safe/b*: guarded\nskip async: all\n-- safe/a.py --\nf()\n-- safe/best.py --\nf()\n")
	for _, c := range []struct {
		derivation string
		of         int
		want       bool
	}{{"in-if", 0, false}, {"in-if", 1, true}, {"async", 0, true}, {"in-try", 1, false}} {
		if got := a.skipped(a.Cases[c.of], c.derivation); got != c.want {
			t.Errorf("%s of %s: skipped %v", c.derivation, a.Cases[c.of].Name, got)
		}
	}
}

func finding(path string, line int) checks.Finding {
	return checks.Finding{Message: "bad", Location: checks.Location{Path: path, Start: ast.Position{Line: line}}}
}

func TestMissingAndUnwantedReportsAreNamed(t *testing.T) {
	want := map[Place]int{{"a.py", 0, 1}: 1, {"a.py", 0, 2}: 2}
	got := compareWant(want, []checks.Finding{finding("a.py", 2), finding("a.py", 9)})
	if diff := cmp.Diff("a.py:1: want 1 reports, got 0\na.py:2: want 2 reports, got 1\na.py:9: unwanted report: bad\n", got); diff != "" {
		t.Error(diff)
	}
	if got := compareWant(map[Place]int{{"a.py", 0, 1}: 1}, []checks.Finding{finding("a.py", 1)}); got != "" {
		t.Error(got)
	}
}

func TestReportsAreMatchedOneToOne(t *testing.T) {
	here := []Place{{"a.py", 0, 1}, {"b.py", 0, 4}}
	if got := comparePlaces([][]Place{here}, []checks.Finding{finding("b.py", 4)}); got != "" {
		t.Error(got)
	}
	got := comparePlaces([][]Place{here, here}, []checks.Finding{finding("a.py", 1)})
	if !strings.Contains(got, "missing") {
		t.Errorf("one report stands for two: %q", got)
	}
	if got := comparePlaces(nil, []checks.Finding{finding("a.py", 1)}); !strings.Contains(got, "unwanted") {
		t.Errorf("a report in a safe case passes: %q", got)
	}
}
