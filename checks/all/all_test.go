package all

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
)

func TestBuiltInChecksFormARegistry(t *testing.T) {
	if _, err := checks.NewRegistry(Checks()); err != nil {
		t.Error(err)
	}
}

func TestBuiltInChecksCompile(t *testing.T) {
	if _, err := checks.Compile(Checks()); err != nil {
		t.Error(err)
	}
}

// A part that is left out of the list, or a check that is left out of its part's, would be
// documented and never run.
func TestEveryCatalogEntryHasItsCheck(t *testing.T) {
	files, err := filepath.Glob("../*/catalog.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("catalogs %v, error %v", files, err)
	}
	entry := regexp.MustCompile(`(?m)^- id: (\S+)`)
	var want []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllStringSubmatch(string(data), -1) {
			want = append(want, m[1])
		}
	}
	var got []string
	for _, c := range Checks() {
		got = append(got, c.Info().ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalog (-) and checks (+) differ:\n%s", diff)
	}
}
