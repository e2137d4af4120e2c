package federated

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	concreteModel    = "concrete.ml.sklearn.{*,*.*}()"
	concreteCompiled = "concrete.ml.torch.compile.{compile_torch_model,compile_onnx_model,compile_brevitas_qat_model}()"
)

// runInClear is PML5314.
var runInClear = &checks.Rule{
	Spec: infoPML5314,
	On:   []string{"{" + concreteModel + "," + concreteCompiled + "}.{predict,predict_proba,decision_function,forward}"},
	Knows: []string{
		concreteModel + ".compile", "concrete.ml.common.utils.FheMode.DISABLE", "concrete.ml.common.utils.FheMode.SIMULATE",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Partial || !inClear(c) || !compiled(c) || len(c.Args) == 0 || !ofUser(c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: encrypted(p, c)})
	},
}

// ofUser reports whether what a call is given comes from a request, wherever the function is called.
func ofUser(c *checks.Call) bool {
	return slices.ContainsFunc(c.Behind(c.Args[0].Value), func(m checks.Mark) bool { return m.Label == models.User || m.Label == models.Upload })
}

// inClear reports whether a prediction is known to be computed on what is not encrypted.
func inClear(c *checks.Call) bool {
	a := c.Arg(1, "fhe")
	if a == nil {
		return !c.HasRest()
	}
	return !slices.ContainsFunc(checks.Possible(c, a.Value), func(v *checks.Value) bool {
		text, known := v.Text()
		return !(known && (text == "disable" || text == "simulate")) && !v.Is("concrete.ml.common.utils.FheMode.DISABLE", "concrete.ml.common.utils.FheMode.SIMULATE")
	})
}

// compiled reports whether a model is compiled for inference on encrypted data: by what made it, or anywhere in the project.
func compiled(c *checks.Call) bool {
	if strings.HasPrefix(c.Symbol.String(), "concrete.ml.torch.compile.") {
		return true
	}
	return slices.ContainsFunc(c.Frame.Everywhere(), func(f *checks.Frame) bool {
		return slices.ContainsFunc(f.Calls, func(o *checks.Call) bool {
			return o.Method == "compile" && o.Symbol != nil && strings.HasPrefix(o.Symbol.String(), "concrete.ml.sklearn.")
		})
	})
}

// encrypted runs a prediction on encrypted data.
func encrypted(p *checks.Pass, c *checks.Call) *fix.Fix {
	if a := c.Arg(1, "fhe"); a != nil {
		return checks.SetConstant(p, c, a, `"execute"`)
	}
	return checks.Fix(true, "compute on encrypted data", fix.AddKeyword(p.File, c.Node, "fhe", `"execute"`))
}
