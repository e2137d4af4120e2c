package serving

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// bentoImport is PML2305.
var bentoImport = &checks.Rule{
	Spec: infoPML2305,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("bentoml.import_bento", "bentoml.models.import_model") || path.Mark.Label == models.Web && checks.FetchedHere(path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: knownArchive(p, path)})
	},
}

// knownArchive refuses an archive that is on no list: by its digest where others filled a file, else by its address.
func knownArchive(p *checks.Pass, path *checks.Path) *fix.Fix {
	const set, problem = "TRUSTED_BENTOS", "unknown archive"
	e, ok := path.Node.(ast.Expr)
	if !ok {
		return nil
	}
	if !path.Mark.InFile() {
		return checks.AllowOnly(p, path, e, set, problem)
	}
	return checks.AllowDigest(p, path, e, set, problem)
}
