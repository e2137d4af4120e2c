package serving

import (
	"strings"

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

const liteInterpreter = "tensorflow.lite.Interpreter"

// fetchedLite is PML2328.
var fetchedLite = &checks.Rule{
	Spec: infoPML2328,
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is(liteInterpreter) || !fetchedBlindly(path.Mark.Call()) || checks.ToldDigest(path.Mark.Call()) {
			return
		}
		e, _ := path.Node.(ast.Expr)
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.AllowDigest(p, path, e, path.Sink.Arg == "model_content", "TRUSTED_MODELS", "unknown model")})
	},
}

// fetchedBlindly reports whether others decide what a fetch brings: they name its address, or nothing shows that the
// answer is the server's.
func fetchedBlindly(c *checks.Call) bool {
	if c == nil {
		return false
	}
	if a := c.Arg(-1, "verify"); a != nil && checks.Off(a.Value) {
		return true
	}
	for _, way := range c.Frame.Paths(models.URL) {
		if way.Call != nil && way.Call.Node == c.Node && (way.Mark.Label == models.Web || way.Mark.Label == models.User) {
			return true
		}
	}
	for _, a := range c.Dangerous(models.URL) {
		for _, v := range c.Given(a.Value) {
			if address := v.Prefix(); strings.HasPrefix(address, "http://") && !thisMachine(checks.HostIn(address)) {
				return true
			}
		}
	}
	return false
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
	return checks.AllowDigest(p, path, e, false, set, problem)
}
