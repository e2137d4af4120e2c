package checks

import (
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

// fingerprints marks each occurrence of "load(" to its ")" in a text as a finding.
func fingerprints(path, symbol, text string) []string {
	var found []Finding
	for i := 0; ; {
		start := strings.Index(text[i:], "load(")
		if start < 0 {
			break
		}
		start += i
		end := start + strings.Index(text[start:], ")") + 1
		f := at("A1", path, ast.Pos(start), ast.Pos(end))
		f.Symbol = symbol
		found = append(found, f)
		i = end
	}
	src := &ast.Source{Path: path, Text: []byte(text)}
	SetFingerprints(found, "", func(string) *ast.Source { return src })
	var list []string
	for _, f := range found {
		list = append(list, f.Fingerprint)
	}
	return list
}

func TestFingerprintSurvivesMovingAndFormatting(t *testing.T) {
	want := fingerprints("a.py", "f", "x = load(a, b)")[0]
	if len(want) != 32 {
		t.Fatalf("fingerprint %q", want)
	}
	for _, text := range []string{"# a line above\n\nx = load(a, b)", "x = load(a,   b)", "x = load(a,\n    b)", "return load(a,\r\n\tb)"} {
		if got := fingerprints("a.py", "f", text)[0]; got != want {
			t.Errorf("%q changes the fingerprint", text)
		}
	}
}

func TestFingerprintTellsFindingsApart(t *testing.T) {
	all := [][]string{
		fingerprints("a.py", "f", "load(a, b)\nload(a, b)\nload(a, c)"),
		fingerprints("b.py", "f", "load(a, b)"),
		fingerprints("a.py", "g", "load(a, b)"),
		fingerprints("a.pyf", "", "load(a, b)"),
	}
	seen := map[string]bool{}
	n := 0
	for _, list := range all {
		for _, f := range list {
			seen[f] = true
			n++
		}
	}
	if len(seen) != n || n != 6 {
		t.Errorf("%d fingerprints for %d findings", len(seen), n)
	}
}

func TestFingerprintIsTheSameOnAllMachines(t *testing.T) {
	if got := fingerprints("pkg/a.py", "C.f", "load(p)")[0]; got != "0ff8efeae3a705f885ffdb123aa69d74" {
		t.Errorf("fingerprint changed to %s: baselines of users would be void", got)
	}
}

func TestFingerprintOfAPlaceWithoutTextIsStillOne(t *testing.T) {
	for _, found := range [][]Finding{{at("A1", "p", 5, 900)}, {at("A1", "p", ast.NoPos, ast.NoPos)}, {at("A1", "p", 9, 3)}} {
		SetFingerprints(found, "", func(string) *ast.Source { return &ast.Source{Text: []byte("short")} })
		if found[0].Fingerprint == "" {
			t.Error("no fingerprint")
		}
		SetFingerprints(found, "", func(string) *ast.Source { return nil })
		if found[0].Fingerprint == "" {
			t.Error("no fingerprint")
		}
	}
}
