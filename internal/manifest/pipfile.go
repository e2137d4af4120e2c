package manifest

// parsePipfile reads pipenv's Pipfile (pipenv.pypa.io/en/latest/pipfile.html).
func parsePipfile(m *Manifest) {
	root := m.parseTOML()
	m.sources(root.get("source"))
	for _, key := range []string{"python_full_version", "python_version"} {
		if v := root.get("requires", key); v.str() != "" {
			m.python(v, func(s string) (Specifier, bool) { return ParseSpecifier("==" + s + ".*") })
		}
	}
	for _, f := range root.each() {
		group, name := Dev, f.key.value
		switch name {
		case "source", "requires", "scripts", "pipenv":
			continue
		case "packages":
			group, name = Main, ""
		}
		for _, p := range f.value.each() {
			r := Requirement{Name: Normalize(p.key.value), Group: group, GroupName: name, Span: p.key.span, Version: noSpan}
			m.addNamed(r, p.value, parsePoetry)
		}
	}
}

// parsePipfileLock reads Pipfile.lock.
func parsePipfileLock(m *Manifest) {
	root := m.parseJSON()
	m.sources(root.get("_meta", "sources"))
	for _, f := range root.each() {
		group, name := Dev, f.key.value
		switch name {
		case "_meta":
			continue
		case "default":
			group, name = Main, ""
		}
		for _, p := range f.value.each() {
			r := Requirement{Name: Normalize(p.key.value), Group: group, GroupName: name, Locked: true, Span: p.key.span, Version: noSpan}
			r.Hashes = scalars(p.value.get("hashes"))
			m.addNamed(r, p.value, ParseSpecifier)
		}
	}
}

// scalars returns the scalars of a list.
func scalars(v *Node) []string {
	var all []string
	for _, item := range v.list() {
		all = append(all, item.str())
	}
	return all
}
