package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRulesAreFoundByTheFactsTheyMention(t *testing.T) {
	fsys := fstest.MapFS{
		"checks/x/a.go":           {Data: []byte("package x\n\n// one is PML0001.\nvar one = &checks.Rule{Spec: infoPML0001, OnCall: func() { _ = infoPML0009 }}\n")},
		"checks/x/b.go":           {Data: []byte("package x\n\nvar (\n\ttwo = family(infoPML0002, \"a\")\n\ttable = []int{1}\n)\n\nfunc f() { three := infoPML0003; _ = three }\n")},
		"checks/x/b_test.go":      {Data: []byte("package x\n\nvar four = infoPML0004\n")},
		"checks/x/catalog_gen.go": {Data: []byte("package x\n\nvar infoPML0001 = &checks.Info{}\n")},
	}
	got, err := rules(fsys, "checks/x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"PML0001": "one", "PML0002": "two"}, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestTwoRulesForOneCheckAreRefused(t *testing.T) {
	fsys := fstest.MapFS{
		"checks/x/a.go": {Data: []byte("package x\n\nvar one = f(infoPML0001)\n\nvar two = f(infoPML0001)\n")},
	}
	if _, err := rules(fsys, "checks/x"); err == nil || !strings.Contains(err.Error(), "one and two are both PML0001") {
		t.Errorf("error = %v, want both names", err)
	}
}
