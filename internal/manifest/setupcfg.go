package manifest

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// parseSetupCfg reads the declarative configuration of setuptools
// (setuptools.pypa.io/en/latest/userguide/declarative_config.html).
func parseSetupCfg(m *Manifest) {
	for _, s := range iniSettings(m.Text) {
		switch {
		case s.section == "metadata" && s.key == "name":
			m.Name = Normalize(s.value.trim().value)
		case s.section == "options" && s.key == "python_requires":
			m.python(&Node{text: s.value.trim()}, ParseSpecifier)
		case s.section == "options" && s.key == "install_requires":
			m.requirementLines(s.value, Main, "")
		case s.section == "options" && s.key == "setup_requires":
			m.requirementLines(s.value, Build, "")
		case s.section == "options" && s.key == "tests_require":
			m.requirementLines(s.value, Dev, "tests")
		case s.section == "options" && s.key == "dependency_links":
			for _, link := range fields(s.value) {
				m.Indexes = append(m.Indexes, m.option("dependency-links", link))
			}
		case s.section == "options.extras_require":
			m.requirementLines(s.value, Extra, s.key)
		}
	}
}

// requirementLines reads one requirement a line. As setuptools has it, a value without line breaks
// is a list with semicolons instead, and holds no markers.
func (m *Manifest) requirementLines(v text, group Group, name string) {
	v = v.trim()
	separator := "\n"
	if !strings.Contains(v.value, "\n") {
		separator = ";"
	}
	for start := 0; start <= len(v.value); {
		end := len(v.value)
		if i := strings.Index(v.value[start:], separator); i >= 0 {
			end = start + i
		}
		if line := withoutComment(v.part(start, end)).trim(); line.value != "" {
			m.addPEP508(line, group, name)
		}
		start = end + 1
	}
}

// setting is a key with its value, which may have several lines.
type setting struct {
	section, key string
	name         ast.Span // of the key
	value        text
}

// iniSettings reads the format of Python's configparser: sections, keys, and values that go on in
// indented lines.
func iniSettings(source []byte) []setting {
	var all []setting
	section := ""
	open := false
	for start := 0; start < len(source); {
		end := endOfLine(source, start)
		line := string(source[start:end])
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
		case open && isSpace(line[0]):
			last := &all[len(all)-1].value
			last.span.End = spanOf(end, end).End
		case trimmed[0] == '[':
			section, open = strings.ToLower(strings.Trim(trimmed, "[]")), false
		default:
			i := strings.IndexAny(line, "=:")
			if open = i >= 0; open {
				name := text{line[:i], spanOf(start, start+i), true}.trim()
				all = append(all, setting{section, strings.ToLower(name.value), name.span, text{"", spanOf(start+i+1, end), true}})
			}
		}
		start = end + 1
	}
	for i := range all {
		v := &all[i].value
		v.value = string(source[v.span.Start:v.span.End])
	}
	return all
}
