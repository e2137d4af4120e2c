package checks

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

func general(id string, specializes ...string) *Info {
	return &Info{ID: id, Name: strings.ToLower(id), Title: "T", Specializes: specializes}
}

func at(id, path string, start, end ast.Pos) Finding {
	return Finding{CheckID: id, Location: Location{Path: path, Span: ast.Span{Start: start, End: end}}}
}

// reports renders findings as "ID(replaced)@path:start-end".
func reports(found []Finding) []string {
	var list []string
	for _, f := range found {
		s := f.CheckID
		if len(f.Replaces) > 0 {
			s += "(" + strings.Join(f.Replaces, ",") + ")"
		}
		list = append(list, s+"@"+f.Path)
	}
	return list
}

func TestTheMostSpecificCheckSpeaksForAPlace(t *testing.T) {
	r := registry(t, general("A1"), general("B1", "A1"), general("C1", "B1"), general("D1", "A1", "X1"), general("E1"))
	for _, c := range []struct {
		name  string
		found []Finding
		want  []string
	}{
		{"one finding", []Finding{at("A1", "p", 1, 2)}, []string{"A1@p"}},
		{"direct", []Finding{at("A1", "p", 1, 2), at("B1", "p", 1, 2)}, []string{"B1(A1)@p"}},
		{"chain, the middle one silent", []Finding{at("C1", "p", 1, 2), at("A1", "p", 1, 2)}, []string{"C1(A1)@p"}},
		{"chain, whole", []Finding{at("A1", "p", 1, 2), at("B1", "p", 1, 2), at("C1", "p", 1, 2)}, []string{"C1(A1,B1)@p"}},
		{"two specializations of one", []Finding{at("A1", "p", 1, 2), at("B1", "p", 1, 2), at("D1", "p", 1, 2)}, []string{"B1(A1)@p", "D1(A1)@p"}},
		{"unrelated", []Finding{at("E1", "p", 1, 2), at("B1", "p", 1, 2)}, []string{"B1@p", "E1@p"}},
		{"other span", []Finding{at("A1", "p", 1, 3), at("B1", "p", 1, 2)}, []string{"B1@p", "A1@p"}},
		{"other file", []Finding{at("A1", "q", 1, 2), at("B1", "p", 1, 2)}, []string{"B1@p", "A1@q"}},
		{"said twice", []Finding{at("A1", "p", 1, 2), at("A1", "p", 1, 2)}, []string{"A1@p"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, reports(r.Settle(c.found))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettledOrderDoesNotDependOnTheOrderOfDiscovery(t *testing.T) {
	r := registry(t, general("A1"), general("B1", "A1"), general("E1"))
	var all []Finding
	for _, path := range []string{"b.py", "a.py", "a/z.py"} {
		for i := ast.Pos(0); i < 5; i++ {
			all = append(all, at("A1", path, i, i+1), at("B1", path, i, i+1), at("E1", path, i, i+2))
		}
	}
	want := reports(r.Settle(append([]Finding(nil), all...)))
	if len(want) != 30 {
		t.Fatalf("%d reports", len(want))
	}
	for range 20 {
		shuffled := append([]Finding(nil), all...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, reports(r.Settle(shuffled))); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestChecksThatSpecializeEachOtherAreRefused(t *testing.T) {
	_, err := NewRegistry(fakes(general("A1", "C1"), general("B1", "A1"), general("C1", "B1"), general("D1", "A1")))
	if err == nil || !strings.Contains(err.Error(), "A1 specializes itself: A1 -> C1 -> B1 -> A1") {
		t.Errorf("error is %v", err)
	}
	if strings.Contains(err.Error(), "D1 specializes itself") {
		t.Error("a check below the circle is blamed")
	}
}

func TestSpecializingACheckThatIsNotThereIsNoMistake(t *testing.T) {
	r := registry(t, general("B1", "NONE1"))
	if got := reports(r.Settle([]Finding{at("B1", "p", 1, 2)})); got[0] != "B1@p" {
		t.Error(got)
	}
}
