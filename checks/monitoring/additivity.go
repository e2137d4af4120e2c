package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// additiveExplainers are the explainers of SHAP that check whether their values add up to the output of the model.
const additiveExplainers = "shap.{TreeExplainer,DeepExplainer,Explainer,explainers.Tree,explainers.Deep,explainers.GPUTree}()"

// additivityOff is PML2411.
var additivityOff = &checks.Rule{
	Spec: infoPML2411,
	On:   []string{additiveExplainers + ".{shap_values,__call__}", additiveExplainers},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "check_additivity")
		if a == nil || !checks.Off(a.Value) {
			return
		}
		if rough := c.Arg(-1, "approximate"); rough != nil && !checks.Off(rough.Value) || sumsUp(p) || benchmarks(c) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "let the explainer check its values", checks.RemoveArg(p, c, a))})
	},
}

// sumsUp reports whether the project compares the sum of the values with the output of the model itself.
func sumsUp(p *checks.Pass) bool {
	return checks.OfGroup(p, "PML2411: sums", func() bool {
		if !checks.GroupMentions(p, "expected_value", "base_values") {
			return false
		}
		return slices.ContainsFunc(p.Connected(), func(m *checks.Module) bool {
			if m.File == nil || !m.Mentions("sum") || !m.Mentions("expected_value") && !m.Mentions("base_values") {
				return false
			}
			found := false
			ast.InspectFile(m.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Call:
					if name := checks.LastName(n.Fn); strings.Contains(name, "allclose") || name == "isclose" || name == "abs" || name == "approx" {
						found = true
					}
				case *ast.Assert:
					found = found || strings.Contains(m.File.Text(n.Test), "sum")
				}
				return !found
			})
			return found
		})
	})
}

// benchmarks reports whether a call stands in a function or file that measures explainers.
func benchmarks(c *checks.Call) bool {
	path := strings.ToLower(c.Frame.Module().Path)
	for f := c.Frame; f != nil; f = f.Outer() {
		if fn := f.Function(); fn != nil {
			path += " " + strings.ToLower(fn.Name)
		}
	}
	return strings.Contains(path, "bench")
}
