package manifest

import (
	"bytes"
	"regexp"
	"strings"
)

// condaNames maps the conda packages whose name differs from the distribution's that they hold.
// Read from the recipes of conda-forge and of the pytorch channel.
var condaNames = map[string]string{
	"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch",
	"py-xgboost": "xgboost", "py-xgboost-gpu": "xgboost", "py-xgboost-cpu": "xgboost",
	"py-opencv": "opencv-python", "opencv": "opencv-python",
	"msgpack-python": "msgpack", "matplotlib-base": "matplotlib", "dask-core": "dask",
	"ray-core": "ray", "ray-default": "ray", "python-graphviz": "graphviz", "pytables": "tables",
	"tensorflow-base": "tensorflow", "jupyterlab-server": "jupyterlab-server", "fastapi-core": "fastapi",
	"huggingface-transformers": "transformers", "protobuf-python": "protobuf", "pyyaml": "pyyaml",
}

func condaName(name string) string {
	name = Normalize(name)
	if known, ok := condaNames[name]; ok {
		return known
	}
	return name
}

// parseCondaEnvironment reads an environment file of conda
// (docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html).
func parseCondaEnvironment(m *Manifest) {
	root := m.parseYAML(withoutTemplates(m.Text))
	group := groupOfPath(m.Path)
	for _, item := range root.get("dependencies").list() {
		switch {
		case item == nil:
		case item.shape == scalar:
			m.addConda(item.text, group, "", "")
		default:
			m.condaPip(item.get("pip"), group)
		}
	}
}

// condaPip reads the lines below "pip:", which pip is given as a requirements file.
func (m *Manifest) condaPip(v *Node, group Group) {
	r := requirementsReader{m: m, group: group}
	for _, item := range v.list() {
		if item != nil && item.shape == scalar {
			r.line(item.text)
		}
	}
}

// addConda reads a match specification: channel::name, then a version behind a space or an
// operator, then a build; or name[version='…'].
func (m *Manifest) addConda(t text, group Group, name, marker string) {
	t = t.trim()
	if i := strings.LastIndex(t.value, "::"); i >= 0 {
		t = t.part(i+2, len(t.value))
	}
	n := nameLength(t.value)
	if n == 0 {
		m.note(m.line(int(t.span.Start)), "no conda package: %s", shorten(t.value))
		return
	}
	r := Requirement{Name: condaName(t.value[:n]), Conda: true, Group: group, GroupName: name, Marker: marker, Span: t.span, Version: noSpan}
	version := condaVersion(t.part(n, len(t.value)).trim())
	if version.verbatim {
		r.Version = version.span
	}
	var ok bool
	if r.Specifier, ok = parseConda(version.value); !ok {
		m.note(m.line(int(t.span.Start)), "%s: version not understood: %s", r.Name, shorten(version.value))
	}
	if r.Name == "python" {
		if m.RequiresPython.Text == "" {
			m.RequiresPython = r.Specifier
		}
		return
	}
	m.add(r)
}

var condaBracketVersion = regexp.MustCompile(`version\s*=\s*['"]?([^'"\]]*)`)

// condaVersion cuts the build off a version: "=2.6=cuda*", "2.6 py310_0". Versions may hold spaces
// behind a comma or an operator.
func condaVersion(t text) text {
	if strings.HasPrefix(t.value, "[") {
		if at := condaBracketVersion.FindStringSubmatchIndex(t.value); at != nil {
			return t.part(at[2], at[3])
		}
		return text{}
	}
	start := 0
	for start < len(t.value) && strings.IndexByte("=<>!~ ", t.value[start]) >= 0 {
		start++
	}
	for i := start; i < len(t.value); i++ {
		build := t.value[i] == '=' && strings.IndexByte("<>!~=,| ", t.value[i-1]) < 0
		space := isSpace(t.value[i]) && strings.IndexByte("<>=!~,|", t.value[i-1]) < 0 && !startsClause(t.value[i:])
		if i > start && (build || space) {
			return t.part(0, i)
		}
	}
	return t
}

// startsClause reports whether another clause follows the white space at the start of s.
func startsClause(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return s != "" && strings.IndexByte("<>=!~,|", s[0]) >= 0
}

// parseCondaMeta reads conda-build's recipe (docs.conda.io/projects/conda-build/en/stable/resources/
// define-metadata.html), a YAML file with templates and with selectors in comments.
func parseCondaMeta(m *Manifest) {
	root := m.parseYAML(withoutTemplates(m.Text))
	m.Name = condaName(root.get("package", "name").str())
	m.recipe(root)
	for _, output := range root.get("outputs").list() {
		m.recipe(output)
	}
}

func (m *Manifest) recipe(v *Node) {
	requirements := v.get("requirements")
	if requirements != nil && requirements.shape == list {
		m.recipeList(requirements, Main, "")
	}
	m.recipeList(requirements.get("build"), Build, "build")
	m.recipeList(requirements.get("host"), Build, "host")
	m.recipeList(requirements.get("run"), Main, "")
	m.recipeList(requirements.get("run_constrained"), Limit, "")
	m.recipeList(v.get("test", "requires"), Dev, "test")
}

var selector = regexp.MustCompile(`#\s*\[([^\]]+)\]`)

func (m *Manifest) recipeList(v *Node, group Group, name string) {
	for _, item := range v.list() {
		if item == nil || item.shape != scalar || item.text.value == "" {
			continue
		}
		marker := ""
		line := m.line(int(item.text.span.Start))
		source := ""
		if m.lineLength(line) <= maxWord { // longer ones no person wrote, and each item would search them
			source = m.SourceLine(line)
		}
		if found := selector.FindStringSubmatch(source); found != nil {
			marker = found[1]
		}
		m.addConda(beforeTemplate(item.text), group, name, marker)
	}
}

// beforeTemplate cuts a text where a template was blanked, so that a version that only a build
// knows counts as none.
func beforeTemplate(t text) text {
	i := strings.Index(t.value, templateMark)
	if i < 0 {
		return t
	}
	return t.part(0, i)
}

// templateMark is what a blanked expression starts with: letters that YAML takes as they are and
// that no package has.
const templateMark = "XXTEMPLATEXX"

var (
	templateStatement  = regexp.MustCompile(`\{%[^\n]*?%\}`)
	templateExpression = regexp.MustCompile(`\{\{[^\n]*?\}\}`)
)

// withoutTemplates blanks Jinja's statements and expressions, byte for byte.
func withoutTemplates(source []byte) []byte {
	if !bytes.Contains(source, []byte("{%")) && !bytes.Contains(source, []byte("{{")) {
		return source
	}
	source = bytes.Clone(source)
	for _, at := range templateStatement.FindAllIndex(source, -1) {
		blank(source[at[0]:at[1]])
	}
	for _, at := range templateExpression.FindAllIndex(source, -1) {
		hole := source[at[0]:at[1]]
		for i := range hole {
			hole[i] = 'X'
		}
		copy(hole, templateMark)
	}
	return source
}

// parseCondaLock reads the file of conda-lock, which has an entry for each platform.
func parseCondaLock(m *Manifest) {
	root := m.parseYAML(m.Text)
	type entry struct{ name, version string }
	seen := map[entry]bool{}
	for _, p := range root.get("package").list() {
		e := entry{p.get("name").str(), p.get("version").str()}
		if seen[e] {
			continue
		}
		seen[e] = true
		if e.name == "python" {
			m.python(p.get("version"), parseConda)
			continue
		}
		if _, ok := ParseVersion(e.version); !ok {
			continue // libraries that are not Python's number as they like
		}
		r, ok := m.locked(p)
		if !ok {
			continue
		}
		r.URL = ""
		if r.Conda = p.get("manager").str() != "pip"; r.Conda {
			r.Name = condaName(e.name)
		}
		r.Group, r.GroupName = groupOf(categories(p), "main", Main)
		m.add(r)
	}
}

func categories(p *Node) []string {
	if category := p.get("category").str(); category != "" {
		return []string{category}
	}
	return nil
}
