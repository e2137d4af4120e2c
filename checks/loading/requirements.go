package loading

import (
	"bytes"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// modelRequirements is PML6220.
var modelRequirements = &checks.Rule{
	Spec:  infoPML6220,
	Knows: []string{"git.Repo.clone_from().git.checkout", "git.Repo().git.checkout"},
	From:  []checks.Label{models.User, models.Upload, models.Web},
	Into:  []checks.SinkKind{models.CommandFile},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || path.Sink.Note != models.NoteRequirements || hashesRequired(c) {
			return
		}
		if m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.CheckedOut(c) || checks.ToldDigest(m.Call()) || !movingFolder(path)) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: requireHashes(p, c)})
	},
}

// movingFolder reports whether a file is one of a model's repository or of an archive, not one
// that the program fetches by its own address.
func movingFolder(path *checks.Path) bool {
	s := path.Mark.Source()
	return checks.FromHub(s) || path.Mark.From() == models.ClonedRepository || s.Under("git") || path.Trace.Passes(models.StepIntoFile) || path.Mark.Call() != nil
}

// hashesRequired reports whether pip is told to compare hashes.
func hashesRequired(c *checks.Call) bool {
	for _, cmd := range c.Commands() {
		for _, w := range cmd.Words {
			if w.Text == "--require-hashes" {
				return true
			}
		}
	}
	return false
}

// requireHashes tells pip to install only what has the hash that the file gives.
func requireHashes(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "install only what has a known hash: --require-hashes"
	if !p.Holds(c.Node) {
		return hashesInLine(p, c, message)
	}
	for _, cmd := range c.Commands() {
		for i, w := range cmd.Words {
			if w.Text != "install" {
				continue
			}
			e, ok := w.Node.(ast.Expr)
			if !ok { // out of a text
				for j := range c.Args {
					if a := c.Args[j].Node; a != nil && p.Holds(a) {
						if edits := fix.ReplaceInString(p.File, a, "install ", "install --require-hashes "); edits != nil {
							return checks.Fix(true, message, edits)
						}
					}
				}
				return nil
			}
			if !p.Holds(e) || i+1 >= len(cmd.Words) {
				return nil
			}
			quote := `"`
			if strings.HasPrefix(p.File.Text(e), "'") {
				quote = "'"
			}
			at := int(e.Stop())
			return checks.Fix(true, message, []fix.Edit{{Start: at, End: at, New: ", " + quote + "--require-hashes" + quote}})
		}
	}
	return nil
}

// hashesInLine changes a line of a notebook.
func hashesInLine(p *checks.Pass, c *checks.Call, message string) *fix.Fix {
	text, at := p.CommandText(c.Node.Range())
	i := bytes.Index(text, []byte("install "))
	if i < 0 {
		return nil
	}
	i += at + len("install ")
	return checks.Fix(true, message, []fix.Edit{{Start: i, End: i, New: "--require-hashes "}})
}
