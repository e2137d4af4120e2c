package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// fileRunners run a file of Python that is named to them.
var fileRunners = []string{"runpy.run_path", "importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader", "imp.load_source", "builtins.execfile"}

// uploadedPython is PML6411.
var uploadedPython = &checks.Rule{
	Spec:  infoPML6411,
	Knows: slices.Concat(fileRunners, evaluators, importers),
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Exec, models.CommandFile},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !p.Project.UsesML() || !broughtAsFile(path) || alsoFrom(path, models.LLM) || checks.Vetted(p, path, aboutCode) {
			return
		}
		if at := runsUpload(path); at != nil {
			p.Report(checks.Report{Node: at, Path: path, Fix: refuseToRun(p, at)})
		}
	},
}

// broughtAsFile reports whether data is the content of a file that a client has sent, or text of a
// request that was written to one; not the name of a file.
func broughtAsFile(path *checks.Path) bool {
	if checks.IsFileName(path.Mark) {
		return false
	}
	return path.Mark.InFile() || path.Mark.Label == models.Upload && path.Kind == models.Exec && !namesFile(path)
}

// namesFile reports whether the end of a path takes the name of a file.
func namesFile(path *checks.Path) bool {
	return path.Call == nil || path.Call.Symbol.Is(fileRunners...) || path.Call.Symbol.Is(importers...)
}

// runsUpload is the node that runs the file or the text at the end of a path; nil where nothing of
// the host's Python does.
func runsUpload(path *checks.Path) ast.Node {
	c := path.Call
	switch {
	case path.Kind == models.CommandFile:
		if path.Sink.Note == models.NoteRunFile && checks.RunsPython(c) || path.Sink.Note == models.NoteRequirements && installsFolder(c) {
			return c.Node
		}
	case c == nil: // an import statement
		return path.Node
	case path.Sink.Note == models.NoteImported, c.Symbol.Is(evaluators...):
		return c.Node
	case c.Symbol.Is("builtins.compile"):
		for _, o := range c.Frame.Calls {
			if o.Symbol.Is("builtins.exec", "builtins.eval") && len(o.Args) > 0 && o.Args[0].Value.Origin() == c {
				return o.Node
			}
		}
	case c.Symbol.Is("runpy.run_path", "imp.load_source", "builtins.execfile"):
		return c.Node
	case c.Symbol.Is(fileRunners...):
		if runs := checks.Executes(c); runs != c {
			return runs.Node
		}
	}
	return nil
}

// installsFolder reports whether pip builds and installs what a path names, rather than the
// packages that a file of requirements lists.
func installsFolder(c *checks.Call) bool {
	for _, cmd := range c.Commands() {
		for _, w := range cmd.Words {
			if w.Text == "-r" || w.Text == "--requirement" {
				return false
			}
		}
	}
	return true
}

// refuseToRun raises in the place of the statement that runs a file.
func refuseToRun(p *checks.Pass, at ast.Node) *fix.Fix {
	stmt := p.StmtOf(at)
	if stmt == nil || !p.Holds(stmt) || checks.RunsLater(p.Module, at, stmt) {
		return nil
	}
	switch stmt.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign, *ast.Return:
		return checks.Fix(true, "do not run uploaded code", fix.ReplaceStmt(p.File, stmt, `raise PermissionError("uploaded code is not run")`))
	}
	return nil
}

// aboutCode reports whether the name of a function that checks something may speak of a program or
// of who has signed it.
func aboutCode(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"code", "source", "script", "plugin", "module", "package", "sign", "digest", "hash", "checksum", "trust", "manifest"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
