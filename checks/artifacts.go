package checks

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/internal/artifact"
)

// Words about model files, for checks that are told of them.

// Ending is the file's ending in small letters: ".pkl".
func (p *ArtifactPass) Ending() string { return strings.ToLower(path.Ext(p.Path)) }

// InTests reports whether the file lies below a folder named tests, where files that attack are
// kept on purpose.
func (p *ArtifactPass) InTests() bool { return slices.Contains(strings.Split(p.Path, "/"), "tests") }

// DangerousCall finds the fact that says most about a pickle which names or calls something
// dangerous: a call rather than a mere name. It is nil where there is none.
func (p *ArtifactPass) DangerousCall() *ArtifactFact {
	var best *ArtifactFact
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Kind != artifact.Reference && f.Kind != artifact.Call || f.Verdict != artifact.Dangerous {
			continue
		}
		if best == nil || best.Kind == artifact.Reference && f.Kind == artifact.Call {
			best = f
		}
	}
	return best
}

// Tell says in a sentence what a reference or call does, and how many others of its verdict
// there are in the file.
func (p *ArtifactPass) Tell(f *ArtifactFact) string {
	text := fmt.Sprintf("loading this file calls %s%s, which %s", f.Name, f.Args, f.Why)
	if f.Kind == artifact.Reference {
		text = fmt.Sprintf("this file names %s, which %s", f.Name, f.Why)
	}
	if f.Member != "" {
		text += " (in " + f.Member + ")"
	}
	others := map[string]bool{}
	for i := range p.Facts {
		o := &p.Facts[i]
		if (o.Kind == artifact.Reference || o.Kind == artifact.Call) && o.Verdict == f.Verdict && o.Name != f.Name {
			others[o.Name] = true
		}
	}
	switch n := len(others); {
	case n == 1:
		text += "; and 1 more function of that kind"
	case n > 1:
		text += fmt.Sprintf("; and %d more functions of that kind", n)
	}
	return text
}

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
// which is __main__'s where the file is run. It asks the text, since files that no check of code
// concerns are not parsed.
func (p *ArtifactPass) classOfScript(name string) bool {
	for _, m := range p.Project.Modules {
		for line := range bytes.Lines(m.Source.Text) {
			for _, keyword := range []string{"class ", "def ", "async def "} {
				rest, ok := bytes.CutPrefix(line, []byte(keyword))
				if ok && string(rest[:nameEnd(rest)]) == name {
					return true
				}
			}
		}
	}
	return false
}

// nameEnd is the length of the name with which a text begins.
func nameEnd(text []byte) int {
	n := bytes.IndexFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if n < 0 {
		return len(text)
	}
	return n
}
