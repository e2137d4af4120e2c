package libraries

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// pipelineFromOutside is PML3404.
var pipelineFromOutside = &checks.Rule{
	Spec: infoPML3404,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NotePipeline || !checks.FromOutside(p, path) || path.Value.Kind() == flow.KindObject {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_PIPELINES", "pipeline not allowed")})
	},
}

// projectFromRequest is PML3405.
var projectFromRequest = &checks.Rule{
	Spec: infoPML3405,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteTunerFolder || !p.FromOthers(path) || !checks.Escapes(path) || checks.OnlyMadeOf(path) || checks.Vetted(p, path, checks.AboutPaths) || checks.LookedUp(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.WrapEntries(p, path, "werkzeug.utils.secure_filename", "from werkzeug.utils import secure_filename", "keep only a plain name")})
	},
}

// infoUnpickled is PML3407.
var infoUnpickled = &checks.Rule{
	Spec: infoPML3407,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteGraphInfo || !checks.FromOutside(p, path) || comparesHash(path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: readJSON(p, path)})
	},
}

// comparesHash reports whether a download of DGL compares the digest of what it fetched.
func comparesHash(c *checks.Call) bool {
	if c == nil || !c.Symbol.Under("dgl") {
		return false
	}
	a, verify := c.Arg(3, "sha1_hash"), c.Arg(5, "verify_ssl")
	return a != nil && !slices.ContainsFunc(a.Value.Alternatives(), (*checks.Value).IsNone) && (verify == nil || !checks.Off(verify.Value))
}
