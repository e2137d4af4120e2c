package supplychain

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// knownHole is PML6308.
var knownHole = &checks.Rule{
	Spec: infoPML6308,
	OnManifest: func(p *checks.ManifestPass) {
		if inFixtures(p.Path) {
			return
		}
		if p.Requires != nil {
			reportHoles(p, p.Source.Text, p.Requires)
			return
		}
		if p.Kind != manifest.Shell {
			return
		}
		reported := map[string]bool{}
		for _, c := range documentInstalls(p) {
			if m := c.requires(p.Path); m != nil {
				holesOf(p.Source.Text, m, reported, p.Report, nil)
			}
		}
	},
	On: setupCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if inFixtures(p.Path) {
			return
		}
		python := manifest.Specifier{}
		for _, t := range setupTexts(p, c, "python_requires") {
			python, _ = manifest.ParseSpecifier(t.text)
		}
		reported := map[string]bool{}
		for _, r := range setupRequires(p, c) {
			v := holeIn(&r.Requirement, python)
			if v == nil || reported[r.Name] {
				continue
			}
			reported[r.Name] = true
			p.Report(checks.Report{
				Node: r.node, In: r.in, Message: v.message(),
				Fix: checks.Fix(true, "take the release without it: "+v.Fixed, r.edited(p, repin([]byte(r.text), &r.Requirement, v.Fixed))),
			})
		}
	},
}

func reportHoles(p *checks.ManifestPass, source []byte, m *manifest.Manifest) {
	var locked func(*manifest.Requirement, *vulnerable) (*fix.Fix, bool)
	if p.Kind.Lock() {
		from := lockedBy(p)
		locked = func(r *manifest.Requirement, v *vulnerable) (*fix.Fix, bool) {
			if outdated(from, r) {
				return nil, false
			}
			return changeFrom(from, r.Name, "require "+v.Name+" "+v.Fixed+" or later and lock anew", true,
				func(q *manifest.Requirement) []ast.Edit {
					if holeIn(q, from.Requires.RequiresPython) != v {
						return nil
					}
					return repin(from.Source.Text, q, v.Fixed)
				},
				func(old string) string { return raised(old, v.Fixed) }), true
		}
	}
	holesOf(source, m, map[string]bool{}, p.Report, locked)
}

// holesOf reports the first requirement of each package that admits only releases with a hole.
func holesOf(source []byte, m *manifest.Manifest, reported map[string]bool, report func(checks.Report), locked func(*manifest.Requirement, *vulnerable) (*fix.Fix, bool)) {
	for i := range m.Requirements {
		r := &m.Requirements[i]
		if r.Group == manifest.Build || reported[r.Name] {
			continue
		}
		v := holeIn(r, m.RequiresPython)
		if v == nil {
			continue
		}
		out := checks.Report{Node: versionPlace(r), Message: v.message()}
		if locked != nil {
			f, wanted := locked(r, v)
			if !wanted {
				continue
			}
			out.Fix = f
		} else {
			out.Fix = checks.Fix(true, "take the release without it: "+v.Fixed, checks.TextEdits(repinAll(source, m, i, v)...))
		}
		reported[r.Name] = true
		report(out)
	}
}

// repinAll sets the requirement at a number, and those of the same package behind it that have the
// hole, too; nil where one of them cannot be set.
func repinAll(source []byte, m *manifest.Manifest, first int, v *vulnerable) []ast.Edit {
	var out []ast.Edit
	for i := first; i < len(m.Requirements); i++ {
		r := &m.Requirements[i]
		if r.Name != v.Name || r.Group == manifest.Build {
			continue
		}
		other := holeIn(r, m.RequiresPython)
		if other == nil {
			continue
		}
		edits := repin(source, r, other.Fixed)
		if edits == nil {
			return nil
		}
		out = append(out, edits...)
	}
	return out
}

// message says what the hole is, and of which releases.
func (v *vulnerable) message() string {
	which := v.Name + " before " + v.Fixed
	if v.from != "" {
		which = v.Name + " from " + v.from + " to before " + v.Fixed
	}
	return which + ": " + v.Hole + " (" + strings.Join(v.IDs, ", ") + ")"
}
