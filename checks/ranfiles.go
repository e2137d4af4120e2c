package checks

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// ranFiles lists what stands for the lines of a notebook that run another file in its namespace, `%run
// helpers.py`: imports of all its names. Of a name without ending it is not known whether it means a file
// of Python or, as in Databricks, a notebook.
func ranFiles(nb *notebook.Notebook) []*ast.ImportFrom {
	if nb == nil {
		return nil
	}
	var out []*ast.ImportFrom
	folder := ""
	commands := nb.Commands()
	for i := range commands {
		c := &commands[i]
		if c.Kind != notebook.LineMagic {
			continue
		}
		switch c.Name {
		case "cd":
			folder = changed(folder, c)
		case "run":
			name := ranName(c)
			if name == "" || path.IsAbs(folder) || strings.HasPrefix(folder, "~") {
				continue
			}
			level, name := 1, path.Join(folder, name)
			for strings.HasPrefix(name, "../") {
				level, name = level+1, name[len("../"):]
			}
			stem := strings.TrimSuffix(strings.TrimSuffix(name, ".py"), semantic.NotebookEnding)
			if stem == "" || strings.Contains(stem, ".") {
				continue
			}
			module := strings.ReplaceAll(stem, "/", ".")
			add := func(module string) {
				out = append(out, &ast.ImportFrom{Span: c.Span, Level: level, Module: module, Names: []*ast.Alias{{Span: c.Span, Name: "*"}}})
			}
			if !strings.HasSuffix(name, semantic.NotebookEnding) {
				add(module)
			}
			if !strings.HasSuffix(name, ".py") {
				add(module + semantic.NotebookEnding)
			}
		}
	}
	return out
}

// ranName is the path in the arguments of %run, "" where it is not constant, a module's name or
// absolute.
func ranName(c *notebook.Command) string {
	words := strings.Fields(c.Args)
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "-m":
			return ""
		case word == "-N" || word == "-b" || word == "-l":
			i++ // a value follows
		case strings.HasPrefix(word, "-"):
		default:
			if strings.ContainsAny(word[:1], `"'`) {
				quoted := c.Args[strings.Index(c.Args, word)+1:]
				word, _, _ = strings.Cut(quoted, word[:1])
			}
			if path.IsAbs(word) || strings.HasPrefix(word, "~") || strings.ContainsAny(word, "{$") {
				return ""
			}
			return path.Clean(word)
		}
	}
	return ""
}

// withRan is a notebook's tree with an import behind each line that runs another file, for the analysis of
// values. The tree that checks see stays as it is.
func withRan(m *Module) *ast.File {
	ran := ranFiles(m.Notebook)
	if len(ran) == 0 {
		return m.File
	}
	file := *m.File
	file.Body = make([]ast.Stmt, 0, len(m.File.Body)+len(ran))
	for _, s := range m.File.Body {
		for len(ran) > 0 && ran[0].Start < s.Pos() {
			file.Body = append(file.Body, ran[0])
			ran = ran[1:]
		}
		file.Body = append(file.Body, s)
	}
	for _, s := range ran {
		file.Body = append(file.Body, s)
	}
	return &file
}
