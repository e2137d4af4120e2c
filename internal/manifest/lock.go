package manifest

import (
	"strings"
)

// parsePoetryLock reads poetry.lock. Old files tell a package's use by "category" and "optional",
// those of poetry 2 by "groups".
func parsePoetryLock(m *Manifest) {
	root := m.parseTOML()
	m.python(root.get("metadata", "python-versions"), parsePoetry)
	for _, p := range root.get("package").list() {
		r, ok := m.locked(p)
		if !ok {
			continue
		}
		if p.get("category").str() == "dev" {
			r.Group = Dev
		}
		r.Group, r.GroupName = groupOf(scalars(p.get("groups")), "main", r.Group)
		if p.get("optional").is("true") && r.Group == Main {
			r.Group = Extra
		}
		r.Marker = lockMarker(p.get("markers"))
		m.add(r)
	}
}

// parseUVLock reads uv.lock. Several entries of a name stand for several environments.
func parseUVLock(m *Manifest) {
	root := m.parseTOML()
	m.python(root.get("requires-python"), ParseSpecifier)
	for _, p := range root.get("package").list() {
		source := p.get("source")
		if source.get("editable") != nil || source.get("virtual") != nil || source.get("directory") != nil {
			continue // the project itself and its workspace
		}
		r, ok := m.locked(p)
		if !ok {
			continue
		}
		if markers := scalars(p.get("resolution-markers")); len(markers) > 0 {
			r.Marker = strings.Join(markers, " or ")
		}
		m.add(r)
	}
}

// parsePDMLock reads pdm.lock.
func parsePDMLock(m *Manifest) {
	root := m.parseTOML()
	for _, p := range root.get("package").list() {
		r, ok := m.locked(p)
		if !ok {
			continue
		}
		r.Group, r.GroupName = groupOf(scalars(p.get("groups")), "default", Main)
		r.Marker = lockMarker(p.get("marker"))
		m.add(r)
	}
}

// parsePyLock reads pylock.toml (PEP 751).
func parsePyLock(m *Manifest) {
	root := m.parseTOML()
	m.python(root.get("requires-python"), ParseSpecifier)
	for _, p := range root.get("packages").list() {
		r, ok := m.locked(p)
		if !ok {
			continue
		}
		r.Marker = lockMarker(p.get("marker"))
		m.add(r)
	}
}

// locked reads what the lock files share: name, version and source.
func (m *Manifest) locked(p *Node) (Requirement, bool) {
	name, version := p.get("name"), p.get("version")
	if name.str() == "" {
		return Requirement{}, false
	}
	r := Requirement{Name: Normalize(name.str()), Locked: true, Span: name.text.span, Version: noSpan}
	if version.str() != "" {
		v, ok := ParseVersion(version.str())
		if !ok {
			m.note(m.line(int(version.text.span.Start)), "%s: version not understood: %s", r.Name, shorten(version.str()))
			return r, false
		}
		r.Specifier = exactly(v)
		r.Span.End = max(r.Span.End, version.text.span.End)
		if version.text.verbatim {
			r.Version = version.text.span
		}
	}
	r.readSource(p.get("source"))
	r.readSource(p)
	r.Hashes = fileHashes(p)
	return r, true
}

// readSource reads the sources of the lock files: poetry's {type="git", url, resolved_reference},
// uv's {git = "URL?rev=…#commit"} and PDM's fields of the package.
func (r *Requirement) readSource(v *Node) {
	if r.URL != "" || v == nil {
		return
	}
	git := v.get("git").str()
	if v.get("type").str() == "git" {
		git = v.get("url").str()
	}
	switch {
	case git != "":
		url, commit, _ := strings.Cut(git, "#")
		r.URL, r.Ref = "git+"+url, commit
		for _, key := range []string{"resolved_reference", "revision", "reference", "ref"} {
			if ref := v.get(key).str(); ref != "" && r.Ref == "" {
				r.Ref = ref
			}
		}
	case v.get("type").str() == "url" || v.get("type").str() == "file":
		r.URL = v.get("url").str()
	case v.get("registry") == nil && v.get("type") == nil && v.get("url").str() != "":
		r.URL = v.get("url").str()
	}
}

// fileHashes collects the hashes of a package's files in any of the lock files' forms.
func fileHashes(p *Node) []string {
	var hashes []string
	take := func(v *Node) {
		if hash := v.get("hash").str(); hash != "" {
			hashes = append(hashes, hash)
		}
		for _, f := range v.get("hashes").each() {
			hashes = append(hashes, f.key.value+":"+f.value.str())
		}
	}
	take(p.get("sdist"))
	for _, key := range []string{"files", "wheels"} {
		for _, file := range p.get(key).list() {
			take(file)
		}
	}
	return hashes
}

// groupOf tells a package's use by the names of the groups that need it.
func groupOf(groups []string, mainName string, otherwise Group) (Group, string) {
	if len(groups) == 0 {
		return otherwise, ""
	}
	for _, g := range groups {
		if g == mainName {
			return Main, ""
		}
	}
	return Dev, groups[0]
}

// lockMarker reads a marker, or poetry's table of one for each group.
func lockMarker(v *Node) string {
	if v != nil && v.shape == table {
		for _, f := range v.fields {
			return f.value.str()
		}
	}
	return v.str()
}
