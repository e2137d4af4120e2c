package manifest

import (
	"strings"
)

// parsePipConf reads pip's configuration (pip.pypa.io/en/stable/topics/configuration): in any
// section, options of the command line without their hyphens, with values in one or more lines.
func parsePipConf(m *Manifest) {
	for _, s := range iniSettings(m.Text) {
		name := strings.ReplaceAll(s.key, "_", "-")
		switch name {
		case "index-url", "extra-index-url", "find-links", "trusted-host", "no-index", "require-hashes":
		default:
			continue
		}
		for _, value := range fields(s.value) {
			option := m.option(name, value)
			option.Key = s.name
			m.Indexes = append(m.Indexes, option)
		}
	}
}

// fields splits a value at white space and line ends, without the lines that are comments.
func fields(t text) []text {
	var out []text
	for _, line := range lines(t) {
		line = line.trim()
		if line.value == "" || line.value[0] == '#' || line.value[0] == ';' {
			continue
		}
		out = append(out, splitWords(line)...)
	}
	return out
}
