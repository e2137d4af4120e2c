package pyguardml_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/pyguardml"
)

// What a check reports does not depend on which others run: a name that only they wait for is known in any
// case. Specialized checks are another matter: they stand back where their likes report.
func TestAChecksFindingsDoNotDependOnTheSelection(t *testing.T) {
	ctx := context.Background()
	all, err := pyguardml.New(pyguardml.Options{Profile: "all"})
	if err != nil {
		t.Fatal(err)
	}
	places := func(a *pyguardml.Analyzer, id, text string) (list []ast.Position) {
		res, err := a.Analyze(ctx, []pyguardml.File{{Path: "case.py", Content: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Findings {
			if f.CheckID == id {
				list = append(list, f.Location.Start)
			}
		}
		return list
	}
	infos := all.Checks()
	for i := 0; i < len(infos); i += 9 {
		info := infos[i]
		if info.Engine != "flow" && info.Engine != "call" || strings.HasPrefix(info.Vulnerable, "-- ") {
			continue
		}
		one, err := pyguardml.New(pyguardml.Options{Select: []string{info.ID}})
		if err != nil {
			t.Fatal(err)
		}
		among, alone := places(all, info.ID, info.Vulnerable), places(one, info.ID, info.Vulnerable)
		if !slices.Equal(among, alone) {
			t.Errorf("%s reports at %v among all checks and at %v alone", info.ID, among, alone)
		}
	}
}
