package supplychain

import (
	"regexp"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/pyguard/pyguardml/internal/manifest"
)

var advisoryID = regexp.MustCompile(`^(CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}|PYSEC-\d{4}-\d+|MAL-\d{4}-\d+)$`)

func TestTheTableOfReleasesIsInOrder(t *testing.T) {
	table, err := readReleases(releasesFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.DateOnly, table.Date); err != nil {
		t.Error(err)
	}
	version := func(name, s string) manifest.Version {
		v, ok := manifest.ParseVersion(s)
		if !ok {
			t.Errorf("%s: %q is no version", name, s)
		}
		return v
	}
	ids := func(name string, list []string) {
		if !sort.StringsAreSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("%s: the ids %v are not in order, each once", name, list)
		}
		for _, id := range list {
			if !advisoryID.MatchString(id) {
				t.Errorf("%s: %q is no id of an advisory", name, id)
			}
		}
	}
	for i, v := range table.Vulnerable {
		if v.Name != manifest.Normalize(v.Name) {
			t.Errorf("%s is not normalized", v.Name)
		}
		fixed := version(v.Name, v.Fixed)
		version(v.Name, v.Python)
		spec, ok := manifest.ParseSpecifier(v.Affected)
		if !ok {
			t.Errorf("%s: %q is no range", v.Name, v.Affected)
		}
		end, inclusive, ok := spec.Ceiling()
		if !ok || inclusive || end.Compare(fixed) != 0 {
			t.Errorf("%s: the range %s does not end before the fixed release %s", v.Name, v.Affected, v.Fixed)
		}
		if v.from != "" && version(v.Name, v.from).Compare(fixed) >= 0 {
			t.Errorf("%s: the range %s is empty", v.Name, v.Affected)
		}
		if len(v.IDs) == 0 || v.Hole == "" {
			t.Errorf("%s: say the ids of the advisories and what the hole is", v.Name)
		}
		ids(v.Name, v.IDs)
		if v.Space != "" && version(v.Name, v.Space).Compare(fixed) < 0 {
			t.Errorf("%s: a Space is set to %s, which is not fixed", v.Name, v.Space)
		}
		if i > 0 {
			before := table.Vulnerable[i-1]
			if before.Name > v.Name || before.Name == v.Name && version(v.Name, before.Fixed).Compare(fixed) >= 0 {
				t.Errorf("%s %s stands behind %s %s", v.Name, v.Affected, before.Name, before.Affected)
			}
		}
	}
	for i, c := range table.Compromised {
		if len(c.IDs) == 0 && c.Source == "" || c.Story == "" {
			t.Errorf("%s: say where the attack is told of, and what it did", c.Name)
		}
		ids(c.Name, c.IDs)
		for _, r := range c.Releases {
			version(c.Name, r)
			if r == c.Clean {
				t.Errorf("%s: %s is clean and is not", c.Name, r)
			}
		}
		if (len(c.Releases) == 0) != (c.Clean == "") {
			t.Errorf("%s: a package with clean releases needs one to go to", c.Name)
		}
		if i > 0 && table.Compromised[i-1].Name >= c.Name {
			t.Errorf("%s stands behind %s", c.Name, table.Compromised[i-1].Name)
		}
	}
}

func TestMistakesInTheTableOfReleasesAreTold(t *testing.T) {
	for _, bad := range []string{"vulnerable: [{name: x, affected: 'below 2'}]", "vulnerable: [{nme: x}]", "- x"} {
		if _, err := readReleases([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
