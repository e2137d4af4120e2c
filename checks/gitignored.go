package checks

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/internal/gitignore"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// IgnoredByGit reports whether a .gitignore file among those analysed, in the folder of a path or above
// it, keeps it out of the repository, itself or a folder that holds it.
func (p *Project) IgnoredByGit(name string) bool {
	stack := remembered(p, "gitignore", p.ignoreFiles)
	var above gitignore.Stack
	for _, f := range stack {
		if f.folder == "." || strings.HasPrefix(name, f.folder+"/") {
			above = append(above, f.File)
		}
	}
	for i := range name + "/" {
		if i == len(name) || name[i] == '/' {
			if i > 0 && above.Ignored(name[:i], i < len(name)) {
				return true
			}
		}
	}
	return false
}

// ignoreFile is a .gitignore file with the folder that it is about.
type ignoreFile struct {
	folder string
	*gitignore.File
}

// ignoreFiles lists the project's .gitignore files, those of outer folders first.
func (p *Project) ignoreFiles() []ignoreFile {
	var out []ignoreFile
	for _, d := range p.Documents {
		if d.Kind == manifest.Ignored {
			folder := path.Dir(d.Path)
			out = append(out, ignoreFile{folder, gitignore.Parse(folder, d.Source.Text)})
		}
	}
	slices.SortStableFunc(out, func(a, b ignoreFile) int { return strings.Count(a.folder, "/") - strings.Count(b.folder, "/") })
	return out
}
