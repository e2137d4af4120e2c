package monitoring

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// cardTemplate is PML2417.
var cardTemplate = &checks.Rule{
	Spec: infoPML2417,
	From: strangers,
	Into: []checks.SinkKind{models.Template},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		m := path.Mark
		switch {
		case path.Call == nil || path.Sink.Note != models.NoteCard && path.Sink.Note != models.NoteCardFile || checks.Templated(path) && m.Clean.Has(models.Template):
			return
		case m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call()) || checks.CommitAddress(m.Call())):
			return
		case !m.InFile() && (checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil)):
			return
		case path.Sink.Note == models.NoteCardFile && !m.InFile() && m.Clean.Has(models.Path):
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: ownTemplate(p, path)})
	},
}

// ownTemplate renders the card from the library's template.
func ownTemplate(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	for i := range c.Args {
		a := &c.Args[i]
		if a.Node == nil || ast.Node(a.Node) != path.Node {
			continue
		}
		const message = "use the library's own template"
		if a.Keyword != nil || a.Unpacked {
			return checks.Fix(true, message, checks.RemoveArg(p, c, a))
		}
		if a.Pos == len(c.Node.Args)-1 {
			return checks.Fix(true, message, fix.RemoveArg(p.File, c.Node, a.Node))
		}
	}
	return nil
}
