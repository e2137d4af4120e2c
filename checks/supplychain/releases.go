package supplychain

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/pyguard/pyguardml/internal/manifest"
)

//go:embed releases.yaml
var releasesFile []byte

// releases is the table of releases.yaml.
type releases struct {
	Date        string
	Vulnerable  []vulnerable
	Compromised []compromised
}

// vulnerable is a range of releases of a package with a hole.
type vulnerable struct {
	Name string
	// Affected is the range, Fixed the first release after it, Python the lowest version of Python
	// that one supports.
	Affected, Fixed, Python string
	IDs                     []string
	// Hole says what the hole lets others do.
	Hole string
	// Unfixed are the words of the marker of a platform that has no fixed release.
	Unfixed []string
	// Space is the release that a Space on the Hugging Face Hub is set to; "" for packages that
	// are no SDK of Spaces.
	Space string

	from string // the lower end of the range, "" for none
}

// compromised is a package of which attackers published releases: those listed, or all.
type compromised struct {
	Name     string
	Releases []string
	// Clean is the release to take instead, "" where the package itself is the attack.
	Clean  string
	IDs    []string
	Source string
	Story  string
}

var table = sync.OnceValue(func() *releases {
	t, err := readReleases(releasesFile)
	if err != nil {
		panic(err) // a test reads the file
	}
	return t
})

func readReleases(data []byte) (*releases, error) {
	t := &releases{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("releases.yaml: %w", err)
	}
	for i := range t.Vulnerable {
		v := &t.Vulnerable[i]
		spec, ok := manifest.ParseSpecifier(v.Affected)
		if !ok || len(spec.Alternatives) != 1 {
			return nil, fmt.Errorf("releases.yaml: %s: %q is no range", v.Name, v.Affected)
		}
		for _, c := range spec.Alternatives[0] {
			if c.Op == ">=" {
				v.from = c.Version.String()
			}
		}
	}
	return t, nil
}

// holeIn is the entry of a package whose range holds every version that a requirement admits; nil
// where there is none, or where the requirement is only for versions of Python that have no fixed
// release.
func holeIn(r *manifest.Requirement, python manifest.Specifier) *vulnerable {
	for i := range table().Vulnerable {
		v := &table().Vulnerable[i]
		if v.Name == r.Name && v.holds(r.Specifier) && !r.OnlyBefore(v.Python) && !python.Below(v.Python) && !v.without(r.Marker) {
			return v
		}
	}
	return nil
}

// without reports whether a marker is that of a platform that has no fixed release.
func (v *vulnerable) without(marker string) bool {
	marker = strings.ToLower(marker)
	for _, word := range v.Unfixed {
		if !strings.Contains(marker, word) {
			return false
		}
	}
	return len(v.Unfixed) > 0 && !strings.Contains(marker, "!=")
}

// holds reports whether a specifier admits versions of the range and no others.
func (v *vulnerable) holds(s manifest.Specifier) bool {
	for _, clauses := range s.Alternatives {
		one := manifest.Specifier{Alternatives: [][]manifest.Clause{clauses}}
		if !one.Below(v.Fixed) || v.from != "" && !one.Requires(v.from) {
			return false
		}
	}
	return len(s.Alternatives) > 0
}

// attackIn is the entry of a package of which a requirement takes a release that attackers
// published; nil where there is none.
func attackIn(r *manifest.Requirement) *compromised {
	for i := range table().Compromised {
		c := &table().Compromised[i]
		if c.Name != r.Name {
			continue
		}
		if len(c.Releases) == 0 {
			return c
		}
		v, exact := onlyVersion(r.Specifier)
		for _, release := range c.Releases {
			if bad, ok := manifest.ParseVersion(release); ok && exact && v.Public().Compare(bad) == 0 {
				return c
			}
		}
	}
	return nil
}

// onlyVersion is the one version that a specifier pins: with ==, or with the = of conda, behind which
// all three numbers stand.
func onlyVersion(s manifest.Specifier) (manifest.Version, bool) {
	if v, ok := s.Exact(); ok {
		return v, true
	}
	if len(s.Alternatives) == 1 && len(s.Alternatives[0]) == 1 && len(s.Text) > 0 && s.Text[0] == '=' {
		if c := s.Alternatives[0][0]; c.Op == "==" && c.Wildcard && s.Text[len(s.Text)-1] != '*' {
			return c.Version, true
		}
	}
	return manifest.Version{}, false
}
