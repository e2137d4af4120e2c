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
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: knownFile(p, path, "TRUSTED_BENTOS", "unknown archive")})
	},
}

// coremlModel is PML2329.
var coremlModel = &checks.Rule{
	Spec: infoPML2329,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("coremltools.convert", "coremltools.models.MLModel", "coremltools.models.CompiledMLModel") {
			return
		}
		if m := path.Mark; m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call())) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: knownFile(p, path, "TRUSTED_MODELS", "unknown model")})
	},
}

// knownFile refuses a file that is on no list: by its digest where others filled it, else by its name or address.
func knownFile(p *checks.Pass, path *checks.Path, set, problem string) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if !ok {
		return nil
	}
	if !path.Mark.InFile() {
		return checks.AllowOnly(p, path, e, set, problem)
	}
	return checks.AllowDigest(p, path, e, set, problem)
}
