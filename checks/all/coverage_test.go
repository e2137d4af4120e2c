package all

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/internal/catalog"
)

// Where a standard's list is whole, each entry has its checks or says why code cannot show it; and
// where that is said to be covered by another entry, the other one has checks.
func TestEveryEntryOfTheStandardsHasChecksOrAReason(t *testing.T) {
	served := map[string]bool{}
	for _, c := range Checks() {
		info := c.Info()
		for _, id := range slices.Concat(info.OWASPLLM, info.OWASPML, info.OWASPAgentic, info.ATLAS, info.NIST) {
			served[id] = true
			for i := range id { // AML.T0010.003 serves AML.T0010, NISTAML.051 serves NISTAML.05
				served[strings.TrimSuffix(id[:i], ".")] = true
			}
		}
	}
	other := regexp.MustCompile(`(AML\.T\d{4}(\.\d{3})?|NISTAML\.\d+)`)
	for _, list := range [][]catalog.Reference{catalog.OWASPLLM.Entries(), catalog.OWASPML.Entries(), catalog.OWASPAgentic.Entries(), catalog.ATLAS.Entries(), catalog.Taxonomy()} {
		if len(list) == 0 {
			t.Error("a standard lists no entries")
		}
		for _, entry := range list {
			reason := catalog.BeyondCode(entry.ID)
			if !served[entry.ID] && reason == "" {
				t.Errorf("%s %s has neither a check nor a reason in internal/catalog", entry.ID, entry.Name)
			}
			for _, id := range other.FindAllString(reason, -1) {
				if !served[id] {
					t.Errorf("%s is said to be covered by %s, which has no check", entry.ID, id)
				}
			}
		}
	}
}
