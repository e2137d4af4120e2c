package serving

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	customOps = "onnxruntime.SessionOptions().register_custom_ops_library"
	providers = "onnxruntime.register_execution_provider_library"
)

// onnxLibrary is PML2303.
var onnxLibrary = &checks.Rule{
	Spec: infoPML2303,
	From: []checks.Label{models.Web, models.User, models.Upload},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		switch {
		case c == nil || !c.Symbol.Is(customOps, providers):
			return
		case m.Label == models.Web:
			if checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call()) {
				return
			}
		case c.Symbol.Is(customOps):
			return // PML1209 reports it
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: ownLibrary(p, path.Node)})
	},
	On:    []string{customOps, providers},
	Knows: []string{"tempfile.gettempdir()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "library_path")
		if c.Symbol.Is(providers) {
			a = c.Arg(1, "library_path")
		}
		if a == nil {
			return
		}
		for _, v := range c.Given(a.Value) {
			if everybodys(v) {
				p.Report(checks.Report{Node: c.Node, Message: "ONNX Runtime loads a native library from a folder that everybody can write to", Fix: ownLibrary(p, a.Node)})
				return
			}
		}
	},
}

// ownLibrary loads the library from where it was installed.
func ownLibrary(p *checks.Pass, library ast.Node) *fix.Fix {
	if library == nil || !p.Holds(library) {
		return nil
	}
	return checks.Fix(true, "load the library that was installed", checks.Replace(p, library, "CUSTOM_OPS_LIBRARY"),
		fix.AddConstant(p.File, `CUSTOM_OPS_LIBRARY = "/opt/onnx/custom_ops.so"`, fix.Spaced))
}
