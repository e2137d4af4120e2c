package manifest

import (
	"strings"
)

// parsePyProject reads pyproject.toml: the standard tables (PEP 518, 621, 735) and those of poetry,
// PDM, uv, hatch and pixi.
func parsePyProject(m *Manifest) {
	root := m.parseTOML()
	project := root.get("project")
	m.Name = Normalize(project.get("name").str())
	m.python(project.get("requires-python"), ParseSpecifier)
	m.pep508List(project.get("dependencies"), Main, "")
	m.pep508Groups(project.get("optional-dependencies"), Extra)
	m.pep508Groups(root.get("dependency-groups"), Dev)
	m.pep508List(root.get("build-system", "requires"), Build, "")

	tool := root.get("tool")
	m.poetry(tool.get("poetry"))
	m.pdm(tool.get("pdm"))
	m.uv(tool.get("uv"))
	m.hatch(tool.get("hatch"))
	m.pixi(tool.get("pixi"))
}

// python sets the range of Python versions from a value, unless it is known already.
func (m *Manifest) python(v *Node, parse func(string) (Specifier, bool)) {
	if v.str() == "" || m.RequiresPython.Text != "" {
		return
	}
	spec, ok := parse(v.str())
	if !ok {
		m.note(m.line(int(v.text.span.Start)), "Python version not understood: %s", shorten(v.str()))
	}
	m.RequiresPython = spec
}

func (m *Manifest) pep508List(v *Node, group Group, name string) {
	for _, item := range v.list() {
		if item != nil && item.shape == scalar && item.quoted {
			m.addPEP508(item.text, group, name)
		}
	}
}

func (m *Manifest) pep508Groups(v *Node, group Group) {
	for _, f := range v.each() {
		m.pep508List(f.value, group, f.key.value)
	}
}

// poetry reads [tool.poetry] (python-poetry.org/docs/pyproject).
func (m *Manifest) poetry(v *Node) {
	if m.Name == "" {
		m.Name = Normalize(v.get("name").str())
	}
	m.python(v.get("dependencies", "python"), parsePoetry)
	extras := poetryExtras(v.get("extras"))
	m.poetryTable(v.get("dependencies"), Main, "", extras)
	m.poetryTable(v.get("dev-dependencies"), Dev, "dev", nil)
	for _, group := range v.get("group").each() {
		m.poetryTable(group.value.get("dependencies"), Dev, group.key.value, nil)
	}
	m.sources(v.get("source"))
}

// poetryExtras maps each optional dependency to the name of an extra that holds it.
func poetryExtras(v *Node) map[string]string {
	extras := map[string]string{}
	for _, f := range v.each() {
		for _, item := range f.value.list() {
			extras[Normalize(item.str())] = f.key.value
		}
	}
	return extras
}

func (m *Manifest) poetryTable(v *Node, group Group, name string, extras map[string]string) {
	for _, f := range v.each() {
		if f.key.value == "python" {
			continue
		}
		r := Requirement{Name: Normalize(f.key.value), Group: group, GroupName: name, Span: f.key.span, Version: noSpan}
		if f.value != nil && f.value.shape == list {
			// Several constraints, told apart by markers.
			for _, item := range f.value.items {
				m.addNamed(r, item, parsePoetry)
			}
			continue
		}
		if f.value.get("optional").is("true") {
			r.Group, r.GroupName = Extra, extras[r.Name]
		}
		m.addNamed(r, f.value, parsePoetry)
	}
}

// addNamed appends a requirement whose name is a key and whose version is the value, or is in the
// table that is the value. Poetry, Pipfile and pixi share the form.
func (m *Manifest) addNamed(r Requirement, v *Node, parse func(string) (Specifier, bool)) {
	version := v
	if v != nil && v.shape == table {
		version = v.get("version")
		m.readTable(&r, v)
	}
	if version != nil && version.shape == scalar {
		var ok bool
		if r.Specifier, ok = parse(version.str()); !ok {
			m.note(m.line(int(version.text.span.Start)), "%s: version not understood: %s", r.Name, shorten(version.str()))
		}
		r.Span.End = max(r.Span.End, version.text.span.End)
		if version.text.verbatim {
			r.Version = version.text.span
		}
	}
	m.add(r)
}

// readTable takes over what a table says beyond the version.
func (m *Manifest) readTable(r *Requirement, v *Node) {
	for _, extra := range v.get("extras").list() {
		r.Extras = append(r.Extras, Normalize(extra.str()))
	}
	r.Marker = v.get("markers").str()
	if python := v.get("python").str(); python != "" && r.Marker == "" {
		r.Marker = "python_version " + shorten(python)
	}
	if platform := v.get("platform").str(); platform != "" && r.Marker == "" {
		r.Marker = "sys_platform == " + shorten(platform)
	}
	if platform := v.get("sys_platform").str(); platform != "" && r.Marker == "" {
		r.Marker = "sys_platform " + platform
	}
	if git := v.get("git").str(); git != "" {
		r.URL = "git+" + git
		for _, key := range []string{"rev", "ref", "tag", "branch"} {
			if ref := v.get(key).str(); ref != "" && r.Ref == "" {
				r.Ref = ref
			}
		}
	}
	for _, key := range []string{"url", "file", "path"} {
		if location := v.get(key).str(); location != "" && r.URL == "" {
			r.setURL(location)
		}
	}
	r.Editable = v.get("editable").is("true") || v.get("develop").is("true")
}

// sources reads the indexes of poetry, PDM, uv and Pipfile: a list of tables with a URL.
func (m *Manifest) sources(v *Node) {
	for _, source := range v.list() {
		url := source.get("url")
		if url == nil {
			continue
		}
		name := "extra-index-url"
		if source.get("default").is("true") || source.get("priority").str() == "primary" {
			name = "index-url"
		}
		m.Indexes = append(m.Indexes, m.option(name, url.text))
		if source.get("verify_ssl").is("false") {
			m.Indexes = append(m.Indexes, m.option("trusted-host", url.text))
		}
	}
}

// pdm reads [tool.pdm] (pdm-project.org/latest/reference/pep621).
func (m *Manifest) pdm(v *Node) {
	for _, group := range v.get("dev-dependencies").each() {
		for _, item := range group.value.list() {
			m.addEditable(item, Dev, group.key.value)
		}
	}
	m.sources(v.get("source"))
}

// addEditable reads a requirement that "-e " may precede.
func (m *Manifest) addEditable(v *Node, group Group, name string) {
	if v == nil || !v.quoted {
		return
	}
	rest, editable := strings.CutPrefix(v.text.value, "-e ")
	if !editable {
		m.addPEP508(v.text, group, name)
		return
	}
	r, err := readRequirement(v.text.part(len(v.text.value)-len(rest), len(v.text.value)).trimLeft())
	if err != nil || r.Name == "" {
		return
	}
	r.Editable, r.Group, r.GroupName = true, group, name
	m.add(r)
}

// uv reads [tool.uv] (docs.astral.sh/uv/reference/settings).
func (m *Manifest) uv(v *Node) {
	m.pep508List(v.get("dev-dependencies"), Dev, "dev")
	m.pep508List(v.get("constraint-dependencies"), Limit, "")
	m.pep508List(v.get("override-dependencies"), Limit, "")
	m.sources(v.get("index"))
	for _, key := range []string{"index-url", "extra-index-url", "find-links"} {
		m.indexValue(key, v.get(key))
	}
	for _, f := range v.get("sources").each() {
		m.applySource(Normalize(f.key.value), f.value)
	}
}

func (m *Manifest) indexValue(name string, v *Node) {
	if v == nil {
		return
	}
	if v.shape == scalar {
		m.Indexes = append(m.Indexes, m.option(name, v.text))
	}
	for _, item := range v.items {
		m.indexValue(name, item)
	}
}

// applySource gives the requirements of a name the URL that a source table has for it. A list holds
// a source for each platform; the first is taken.
func (m *Manifest) applySource(name string, v *Node) {
	if items := v.list(); len(items) > 0 {
		v = items[0]
	}
	var source Requirement
	source.Name = name
	m.readTable(&source, v)
	if source.URL == "" {
		return
	}
	for i := range m.Requirements {
		if r := &m.Requirements[i]; r.Name == name && r.URL == "" {
			r.URL, r.Ref, r.Editable = source.URL, source.Ref, source.Editable
		}
	}
}

// hatch reads the environments of [tool.hatch] (hatch.pypa.io/latest/config/environment/overview).
func (m *Manifest) hatch(v *Node) {
	for _, env := range v.get("envs").each() {
		m.pep508List(env.value.get("dependencies"), Dev, env.key.value)
		m.pep508List(env.value.get("extra-dependencies"), Dev, env.key.value)
	}
}

// parsePixi reads pixi.toml (pixi.sh/latest/reference/pixi_manifest).
func parsePixi(m *Manifest) { m.pixi(m.parseTOML()) }

func (m *Manifest) pixi(v *Node) {
	m.pixiTables(v, Main, "")
	for _, feature := range v.get("feature").each() {
		m.pixiTables(feature.value, Extra, feature.key.value)
	}
}

func (m *Manifest) pixiTables(v *Node, group Group, name string) {
	m.python(v.get("dependencies", "python"), parseConda)
	for _, f := range v.get("dependencies").each() {
		if f.key.value == "python" {
			continue
		}
		r := Requirement{Name: condaName(f.key.value), Conda: true, Group: group, GroupName: name, Span: f.key.span, Version: noSpan}
		m.addNamed(r, f.value, parseConda)
	}
	for _, f := range v.get("pypi-dependencies").each() {
		r := Requirement{Name: Normalize(f.key.value), Group: group, GroupName: name, Span: f.key.span, Version: noSpan}
		m.addNamed(r, f.value, parsePoetry)
	}
}
