package checks

import (
	"path"
	"slices"
	"strings"
)

// Words about model files, for checks that are told of them.

// Ending is the file's ending in small letters: ".pkl".
func (p *ArtifactPass) Ending() string { return strings.ToLower(path.Ext(p.Path)) }

// InTests reports whether the file lies below a folder named tests, where files that attack are
// kept on purpose.
func (p *ArtifactPass) InTests() bool { return slices.Contains(strings.Split(p.Path, "/"), "tests") }

// DefinedHere reports whether a qualified name is one of a module of the project.
func (p *ArtifactPass) DefinedHere(name string) bool {
	parts := strings.Split(name, ".")
	for _, m := range p.Project.Modules {
		stem := strings.TrimSuffix(strings.TrimSuffix(m.Path, path.Ext(m.Path)), "/__init__")
		for n := len(parts) - 1; n > 0; n-- {
			module := strings.Join(parts[:n], "/")
			if stem == module || strings.HasSuffix(stem, "/"+module) {
				return true
			}
		}
	}
	return parts[0] == "__main__" && len(parts) > 1 && p.classOfScript(parts[1])
}

// classOfScript reports whether a file of the project defines a class or function of that name,
// which is __main__'s where the file is run.
func (p *ArtifactPass) classOfScript(name string) bool {
	for _, m := range p.Project.Modules {
		if m.semantic == nil {
			continue
		}
		for _, c := range m.semantic.Classes {
			if c.Qual == name {
				return true
			}
		}
		for _, f := range m.semantic.Functions {
			if f.Qual == name {
				return true
			}
		}
	}
	return false
}
