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

// DangerousCall finds the fact that says most about a file that runs something dangerous when it
// is loaded: a call rather than a mere name. It is nil where there is none.
func (p *ArtifactPass) DangerousCall() *ArtifactFact {
	var best *ArtifactFact
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Verdict != artifact.Dangerous || !runs(f) {
			continue
		}
		if best == nil || best.Kind == artifact.Reference && f.Kind != artifact.Reference {
			best = f
		}
	}
	return best
}

// runs reports whether a fact is about what loading a pickle, or an archive that is loaded as a
// model, runs. Graphs and configurations of other formats have checks of their own.
func runs(f *ArtifactFact) bool {
	switch f.Kind {
	case artifact.Reference, artifact.Call, artifact.Source:
		return true
	}
	switch f.Format {
	case artifact.TorchScript, artifact.TorchServe, artifact.NeMo, artifact.Skops:
		return true
	}
	return false
}

// Tell says in a sentence what a fact that DangerousCall finds does, and how many others of its
// verdict there are in the file.
func (p *ArtifactPass) Tell(f *ArtifactFact) string {
	text := tell(f)
	if f.Member != "" {
		text += " (in " + f.Member + ")"
	}
	others := map[string]bool{}
	for i := range p.Facts {
		if o := &p.Facts[i]; runs(o) && o.Verdict == f.Verdict && o.Name != f.Name {
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

func tell(f *ArtifactFact) string {
	switch f.Kind {
	case artifact.Reference:
		return fmt.Sprintf("this file names %s, which %s", f.Name, f.Why)
	case artifact.Source:
		if f.Opcode != artifact.OnImport {
			return fmt.Sprintf("a function in this archive calls %s%s, which %s", f.Name, f.Args, f.Why)
		}
	case artifact.ConfigCall, artifact.ConfigClass:
		return fmt.Sprintf("the configuration in this archive names %s, which %s", f.Name, f.Why)
	case artifact.OutsidePath:
		return fmt.Sprintf("this archive takes its %s from %q, which %s", f.Name, f.Args, f.Why)
	case artifact.FileOperator, artifact.NetworkOperator, artifact.PythonOperator:
		text := fmt.Sprintf("the TorchScript in this archive has the operation %s, which %s", f.Name, f.Why)
		if f.Args != "" {
			text += fmt.Sprintf(": %q", f.Args)
		}
		return text
	}
	return fmt.Sprintf("loading this file calls %s%s, which %s", f.Name, f.Args, f.Why)
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
