package flow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTestsThatWerePassedOnTheWayToACallAreTold(t *testing.T) {
	src := one(`
import os
from pathlib import Path

ROOT = "/srv"

def confined(name):
    path = os.path.join(ROOT, name)
    if not path.startswith(ROOT):
        raise ValueError
    return path

def read(name, other):
    if ".." in name:
        raise ValueError
    path = confined(name)
    if other == "x":
        return None
    a = open(path)
    if name.endswith(".txt"):
        b = open(path)
    try:
        Path(path).relative_to(ROOT)
    except ValueError:
        return None
    c = open(path)
    return a, b, c
`)
	r, _ := analyse(t, src)
	var got [][]string
	for _, c := range r.calls {
		if !c.Symbol.Is("builtins.open") {
			continue
		}
		var tests []string
		for _, x := range c.Tests(c.Args[0].Value) {
			tests = append(tests, x.Mod.File.Text(x.Node))
		}
		slices.Sort(tests)
		got = append(got, tests)
	}
	want := [][]string{
		{`".." in name`, "path.startswith(ROOT)"},
		{`".." in name`, "path.startswith(ROOT)"},
		{`".." in name`, "Path(path).relative_to(ROOT)", "path.startswith(ROOT)"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
}
