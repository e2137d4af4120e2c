package manifest

import (
	"path"
	"slices"
	"strings"
)

// Facts answers what the manifests of a project say together. It is not changed once made and may
// be asked from many goroutines. A nil *Facts knows nothing.
type Facts struct {
	manifests []*Manifest
	found     map[string][]Found // by normalized name, in the order of the manifests' paths
	python    []*Manifest        // those that say which Python the project supports
}

// Found is a requirement with the manifest that holds it.
type Found struct {
	Manifest *Manifest
	*Requirement
}

// NewFacts collects the manifests of one project. Their order does not matter; nil ones are left
// out.
func NewFacts(manifests []*Manifest) *Facts {
	f := &Facts{found: map[string][]Found{}}
	for _, m := range manifests {
		if m != nil {
			f.manifests = append(f.manifests, m)
		}
	}
	slices.SortStableFunc(f.manifests, func(a, b *Manifest) int { return strings.Compare(a.Path, b.Path) })
	for _, m := range f.manifests {
		if m.RequiresPython.Text != "" {
			f.python = append(f.python, m)
		}
		for i := range m.Requirements {
			r := &m.Requirements[i]
			if r.Name != "" { // a path or archive may not tell its name
				f.found[r.Name] = append(f.found[r.Name], Found{m, r})
			}
		}
	}
	return f
}

// Manifests returns the manifests, ordered by path.
func (f *Facts) Manifests() []*Manifest {
	if f == nil {
		return nil
	}
	return f.manifests
}

// Find returns all requirements of a distribution, ordered by path and place. The name may be
// spelled in any way.
func (f *Facts) Find(distribution string) []Found {
	if f == nil {
		return nil
	}
	return f.found[Normalize(distribution)]
}

// Has reports whether any manifest requires the distribution, for whatever purpose. Constraints do
// not require.
func (f *Facts) Has(distribution string) bool {
	return slices.ContainsFunc(f.Find(distribution), func(r Found) bool { return r.Group != Limit })
}

// AtLeast reports whether the file at forPath can rely on version, or a later one, of the
// distribution.
//
// The manifests that decide are those of the nearest folder, from the file's own upwards, that say
// anything about the distribution's version; if none on the way does, all others of the project. A
// folder such as requirements/ or docker/ speaks for the folder that holds it. Among them one must
// require the version, and none may hold the distribution below it.
//
// What counts are the requirements to run the project, lock files and constraints; where these are
// silent, extras and development groups. A requirement whose marker cannot hold for the project's
// Python versions is as good as absent. Those that hold in some environments only count when all of
// a manifest require the version, and so do the entries of a lock file that has several.
func (f *Facts) AtLeast(distribution, version, forPath string) bool {
	return decide(forPath, f.bounded(distribution), func(level []Found) bool {
		return atLeast(counting(level), version)
	})
}

// bounded returns the requirements that say something about the version in some environment.
func (f *Facts) bounded(distribution string) []Found {
	var all []Found
	for _, r := range f.Find(distribution) {
		_, _, low := r.Specifier.Floor()
		_, _, high := r.Specifier.Ceiling()
		if (low || high) && holds(r.Marker, r.Manifest.RequiresPython) != never {
			all = append(all, r)
		}
	}
	return all
}

// decide asks about the entries of the nearest folder that has any.
func decide(forPath string, all []Found, verdict func([]Found) bool) bool {
	if len(all) == 0 {
		return false
	}
	for folder := path.Dir(clean(forPath)); ; folder = path.Dir(folder) {
		level := slices.Collect(func(yield func(Found) bool) {
			for _, r := range all {
				if scope(r.Manifest.Path) == folder && !yield(r) {
					return
				}
			}
		})
		if len(level) > 0 {
			return verdict(level)
		}
		if folder == path.Dir(folder) {
			return verdict(all)
		}
	}
}

func clean(p string) string { return path.Clean(strings.ReplaceAll(p, `\`, "/")) }

// auxiliary are the folders whose manifests are about the folder above.
var auxiliary = map[string]bool{
	"requirements": true, "constraints": true, "reqs": true, "deps": true, "dependencies": true,
	"docker": true, ".docker": true, "dockerfiles": true, ".devcontainer": true,
	"conda": true, "conda.recipe": true, "recipe": true, "env": true, "envs": true, "environments": true,
	"build": true, "ci": true, ".ci": true, ".github": true, "config": true, "configs": true,
	"binder": true, ".binder": true, "setup": true, "install": true,
}

// scope is the folder that a manifest speaks for; "." is the project's own.
func scope(manifest string) string {
	folder := path.Dir(clean(manifest))
	for auxiliary[strings.ToLower(path.Base(folder))] {
		folder = path.Dir(folder)
	}
	return folder
}

// counting returns the entries that count: those to run the project and the limits, or all if none
// is to run it.
func counting(level []Found) []Found {
	isMain := func(r Found) bool { return r.Group == Main }
	if !slices.ContainsFunc(level, isMain) {
		return level
	}
	return slices.DeleteFunc(slices.Clone(level), func(r Found) bool { return r.Group != Main && r.Group != Limit })
}

// atLeast reports whether one manifest requires the version and none contradicts it. The entries of
// one manifest stand together.
func atLeast(level []Found, version string) bool {
	proven := false
	for len(level) > 0 {
		n := 1
		for n < len(level) && level[n].Manifest == level[0].Manifest {
			n++
		}
		says := manifestSays(level[:n], version)
		if says == never {
			return false
		}
		proven = proven || says == always
		level = level[n:]
	}
	return proven
}

// manifestSays tells whether the entries of one manifest make sure of the version, exclude it, or
// leave it open.
func manifestSays(entries []Found, version string) truth {
	allRequire, anyRequires := true, false
	for _, r := range entries {
		requires := r.Specifier.Requires(version)
		everywhere := !r.Locked && holds(r.Marker, r.Manifest.RequiresPython) == always
		if r.Specifier.Below(version) && (everywhere || r.Locked) {
			return never
		}
		allRequire = allRequire && requires
		anyRequires = anyRequires || requires && everywhere
	}
	if anyRequires || allRequire {
		return always
	}
	return sometimes
}

// PythonAtLeast reports whether the project of the file at forPath supports no Python version
// before version ("3.14"). The manifests that decide are found as AtLeast finds them.
func (f *Facts) PythonAtLeast(version, forPath string) bool {
	if f == nil {
		return false
	}
	var all []Found
	for _, m := range f.python {
		all = append(all, Found{m, &Requirement{Name: "python", Specifier: m.RequiresPython}})
	}
	return decide(forPath, all, func(level []Found) bool { return atLeast(level, version) })
}
