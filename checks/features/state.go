package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	// loaded are the calls that read a stored estimator.
	loaded = "{joblib.load,pickle.load,pickle.loads,cloudpickle.load,cloudpickle.loads,dill.load,dill.loads,skops.io.load,skops.io.loads,mlflow.sklearn.load_model}()"
	// estimators are scikit-learn's, made here or read.
	estimators = "{sklearn.*.*()," + "sklearn.*.*.*()," + loaded + "}"
	// learnedState are the attributes that a fit leaves.
	learnedState = "{mean_,scale_,var_,data_min_,data_max_,data_range_,min_,categories_,vocabulary_,idf_,components_,statistics_,classes_,center_,coef_,intercept_}"
)

// fittedStateWritten is PML2114.
var fittedStateWritten = &checks.Rule{
	Spec: infoPML2114,
	On:   []string{estimators + ".{set_params,__setstate__,__dict__.update}", "builtins.setattr"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("builtins.setattr") {
			at := c.Arg(0, "")
			if at == nil || !estimator(at.Value) || ownEstimator(c.Frame, at.Value) || !slices.ContainsFunc(c.Args[1:], func(a checks.Argument) bool { return chosenOutside(c, a.Value) }) {
				return
			}
		} else if owner := c.Receiver; ownEstimator(c.Frame, ofNamespace(c, owner)) || !slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return chosenOutside(c, a.Value) }) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: withoutStatement(p, c.Node)})
	},
	To: []string{estimators + "." + learnedState},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.From == nil || !slices.ContainsFunc(s.Value.Marks(), fromRequest) || ownEstimator(s.Frame, s.Owner) {
			return
		}
		if stmt := p.StmtOf(s.Node); stmt != nil {
			p.Report(checks.Report{Node: stmt, Fix: checks.Fix(true, "leave the fitted state as it is", fix.RemoveStmt(p.File, stmt))})
		}
	},
}

// fromRequest reports whether data of a mark is a request's and nothing has said that it is one of several.
func fromRequest(m checks.Mark) bool {
	return (m.Label == models.User || m.Label == models.Upload) && !m.Clean.Has(models.Param)
}

// chosenOutside reports whether a request says what a value is, also one that callers hand in.
func chosenOutside(c *checks.Call, v *checks.Value) bool {
	return slices.ContainsFunc(c.Behind(v), fromRequest) || slices.ContainsFunc(c.Deep(v), fromRequest)
}

// estimator reports whether a value is an estimator of scikit-learn's, or what was read of a file.
func estimator(v *checks.Value) bool {
	return slices.ContainsFunc(v.Alternatives(), func(v *checks.Value) bool {
		o := v.Origin()
		return o != nil && o.Symbol != nil && (o.Symbol.Under("sklearn") || isLoad(o.Symbol.String()))
	})
}

// isLoad reports whether a qualified name is that of a call that reads a stored estimator.
func isLoad(name string) bool {
	pkg, method, _ := strings.Cut(name, ".")
	switch pkg {
	case "joblib", "pickle", "cloudpickle", "dill":
		return method == "load" || method == "loads"
	}
	return strings.HasPrefix(name, "skops.io.load") || name == "mlflow.sklearn.load_model"
}

// ofNamespace is the object whose __dict__ a call updates, or the receiver itself.
func ofNamespace(c *checks.Call, v *checks.Value) *checks.Value {
	if fn, ok := c.Node.Fn.(*ast.Attribute); ok {
		if at, ok := fn.Value.(*ast.Attribute); ok && at.Attr.Id == "__dict__" {
			return c.Frame.ValueOf(at.Value)
		}
	}
	return v
}

// ownEstimator reports whether an estimator is made in the function that writes to it: it is one of its own, which has yet to
// be fitted.
func ownEstimator(f *checks.Frame, v *checks.Value) bool {
	o := v.Origin()
	return o != nil && o.Frame == f && f.Function() != nil && o.Symbol.Under("sklearn")
}

// withoutStatement deletes the statement that a call is.
func withoutStatement(p *checks.Pass, c *ast.Call) *fix.Fix {
	if s, ok := p.StmtOf(c).(*ast.ExprStmt); ok && s.Value == ast.Expr(c) {
		return checks.Fix(true, "leave the fitted state as it is", fix.RemoveStmt(p.File, s))
	}
	return nil
}
