package features

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file tells what is fitted on which rows, and how rows are split: the words of the checks on leaks between the rows that
// a model learns from and those that it is measured on.

// splitters divide rows into those to learn from and those to measure on; validations divide them many times, and the fit of a
// search does.
var (
	splitters   = []string{"sklearn.model_selection.train_test_split", "sklearn.model_selection._split.train_test_split", "sklearn.cross_validation.train_test_split"}
	validations = []string{"sklearn.model_selection.cross_val_score", "sklearn.model_selection.cross_validate", "sklearn.model_selection.cross_val_predict"}
	folds       = []string{"sklearn.model_selection.*().split"}
	searches    = []string{"sklearn.model_selection.GridSearchCV().fit", "sklearn.model_selection.RandomizedSearchCV().fit", "sklearn.model_selection.HalvingGridSearchCV().fit", "sklearn.model_selection.HalvingRandomSearchCV().fit"}
	divisions   = slices.Concat(splitters, validations, folds, searches)
)

// known are names of these and of the classes below beyond scikit-learn.
var known = slices.Concat(divisions, resamplers, []string{
	"imblearn.{over_sampling,combine,under_sampling}.*()", "imblearn.{over_sampling,combine,under_sampling}.*().{fit_resample,fit_sample}", "imblearn.pipeline.*()",
	"{boruta.BorutaPy,boruta.boruta_py.BorutaPy,mlxtend.feature_selection.SequentialFeatureSelector}().{fit,fit_transform,transform}",
	"{category_encoders.*,category_encoders.*.*}().{fit,fit_transform,transform}",
})

// kind is what a fit learns.
type kind uint8

const (
	noKind   kind = iota
	learns        // statistics of the rows
	encodes       // codes of what it has seen, no statistics
	selects       // which columns go with the labels
	samples       // more rows out of those that are there
	composed      // what the parts of a pipeline do
)

// kinds are the classes of scikit-learn and its kin by what they learn.
var kinds = func() map[string]kind {
	out := map[string]kind{}
	for k, names := range map[kind]string{
		learns:   "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer PowerTransformer KBinsDiscretizer SplineTransformer TargetEncoder SimpleImputer KNNImputer IterativeImputer PCA IncrementalPCA KernelPCA TruncatedSVD NMF FastICA TfidfVectorizer LeaveOneOutEncoder WOEEncoder CatBoostEncoder",
		encodes:  "LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer CountVectorizer TfidfTransformer VarianceThreshold BinaryEncoder CountEncoder BaseNEncoder HelmertEncoder SumEncoder JamesSteinEncoder MEstimateEncoder GLMMEncoder QuantileEncoder",
		selects:  "SelectKBest SelectPercentile SelectFdr SelectFpr SelectFwe GenericUnivariateSelect SelectFromModel RFE RFECV SequentialFeatureSelector BorutaPy",
		composed: "Pipeline ColumnTransformer FeatureUnion make_pipeline make_column_transformer make_union",
	} {
		for name := range strings.FieldsSeq(names) {
			out[name] = k
		}
	}
	return out
}()

// libraries are those of which the classes are.
var libraries = []string{"sklearn", "category_encoders", "boruta", "mlxtend", "imblearn"}

// kindOf is what a call that makes something makes, and its class.
func kindOf(made *checks.Call) (kind, string) {
	if made == nil || made.Symbol == nil || !slices.ContainsFunc(libraries, made.Symbol.Under) {
		return noKind, ""
	}
	full := made.Symbol.String()
	name := full[strings.LastIndexByte(full, '.')+1:]
	k := kinds[name]
	switch {
	case strings.HasPrefix(full, "imblearn.over_sampling.") || strings.HasPrefix(full, "imblearn.combine."):
		k = samples
	case name == "OrdinalEncoder" || name == "OneHotEncoder":
		k = encodes
	case name == "SimpleImputer" && k == learns:
		if a := made.Arg(1, "strategy"); a != nil {
			if t, _ := a.Value.Text(); t == "constant" {
				k = noKind
			}
		}
	}
	return k, name
}

// fitting is a call that fits something on rows.
type fitting struct {
	call *checks.Call // fit, fit_transform, fit_resample
	made *checks.Call // what makes the transformer
	kind kind
	name string // its class
	rows ast.Expr
}

// receiverOf is the expression of a method's object.
func receiverOf(c *checks.Call) ast.Expr {
	if at, ok := c.Node.Fn.(*ast.Attribute); ok {
		return at.Value
	}
	return nil
}

// makers lists the calls that may have made the object of a method.
func makers(c *checks.Call) []*checks.Call {
	if o := c.Receiver.Origin(); o != nil {
		if k, _ := kindOf(o); k != noKind {
			return []*checks.Call{o}
		}
		if o.Method == "fit" {
			return makers(o)
		}
	}
	e := receiverOf(c)
	if e == nil {
		return nil
	}
	var out []*checks.Call
	for in := range c.Frame.StandsFor(e) {
		if in.Call != nil && len(in.Steps) == 0 {
			if k, _ := kindOf(in.Call); k != noKind {
				out = append(out, in.Call)
			}
		}
	}
	return out
}

// fittingOf is what a call fits, nil where it is no fit of a transformer.
func fittingOf(c *checks.Call) *fitting {
	if c == nil {
		return nil
	}
	switch c.Method {
	case "fit", "fit_transform", "fit_resample", "fit_sample", "partial_fit":
	default:
		return nil
	}
	a := c.Arg(0, "X")
	if a == nil {
		a = c.Arg(0, "raw_documents")
	}
	if a == nil {
		a = c.Arg(0, "y")
	}
	if a == nil || a.Node == nil {
		return nil
	}
	list := makers(c)
	if len(list) != 1 {
		return nil
	}
	k, name := kindOf(list[0])
	if k == composed {
		k = noKind
		for in := range list[0].Frame.MadeOf(list[0].Node) {
			if o, _ := kindOf(in.Call); o == learns || o == selects || o == encodes && k == noKind {
				k = o
				if o == learns {
					break
				}
			}
		}
	}
	if k == noKind {
		return nil
	}
	return &fitting{c, list[0], k, name, a.Node}
}

// fittedBefore lists the calls that fit what the object of `transform` or `get_support` is.
func fittedBefore(c *checks.Call) []*fitting {
	var out []*fitting
	for _, made := range makers(c) {
		for _, f := range c.Frame.Beside() {
			for _, o := range f.Calls {
				if o.Method != "fit" || f == c.Frame && o.Node.Pos() > c.Node.Pos() {
					continue
				}
				if fit := fittingOf(o); fit != nil && fit.made.Node == made.Node {
					out = append(out, fit)
				}
			}
		}
	}
	return out
}

// divided is an argument of a call that splits rows.
type divided struct {
	arg  ast.Expr
	last bool // the labels, as far as is known
}

// dividedBy lists the rows that a call splits.
func dividedBy(c *checks.Call) []divided {
	var out []divided
	switch {
	case c.Symbol.Is(validations...):
		for i, name := range [...]string{"X", "y"} {
			if a := c.Arg(i+1, name); a != nil && a.Node != nil {
				out = append(out, divided{a.Node, i == 1})
			}
		}
	case c.Symbol.Is(splitters...):
		for i := range c.Args {
			if a := &c.Args[i]; a.Name == "" && a.Node != nil {
				out = append(out, divided{arg: a.Node})
			}
		}
		if n := len(out); n > 1 {
			out[n-1].last = true
		}
	default:
		for i, name := range [...]string{"X", "y"} {
			if a := c.Arg(i, name); a != nil && a.Node != nil {
				out = append(out, divided{a.Node, i == 1})
			}
		}
	}
	return out
}

// isDivision reports whether a call splits rows once or in folds.
func isDivision(c *checks.Call) bool {
	return c != nil && (c.Symbol.Is(splitters...) || c.Symbol.Is(folds...))
}

// afterSplit reports whether rows are already a part of what was split.
func afterSplit(f *checks.Frame, rows ast.Expr) bool {
	for in := range f.MadeOf(rows) {
		if isDivision(in.Call) {
			return true
		}
	}
	return false
}

// leak is a fit on rows that are split later.
type leak struct {
	*fitting
	labels bool // only the labels are what it gives
	joined bool // its rows are put together with others
}

type leaksOf struct{ at ast.Node }

// leaksInto lists the fits on all rows that went into what a call splits, each once.
func leaksInto(p *checks.Pass, c *checks.Call) []leak {
	return checks.Remembered(p.Project, leaksOf{c.Node}, func() []leak {
		var out []leak
		add := func(fit *fitting, d divided, joined bool) {
			for i := range out {
				if out[i].call == fit.call {
					out[i].labels = out[i].labels && d.last
					return
				}
			}
			if !afterSplit(fit.call.Frame, fit.rows) {
				out = append(out, leak{fit, d.last, joined})
			}
		}
		for _, d := range dividedBy(c) {
			var met []*checks.Call
			joined, counted := false, false
			for in := range c.Frame.MadeOf(d.arg) {
				o := in.Call
				if o == nil || o == c {
					continue
				}
				switch checks.LastName(o.Node.Fn) {
				case "range", "arange":
					counted = counted || in.Whole // numbers of rows are split
				case "concat", "vstack", "concatenate", "append":
					joined = joined || !sideBySide(o)
				}
				met = append(met, o)
			}
			if counted || slices.ContainsFunc(met, isDivision) {
				continue
			}
			for _, o := range met {
				switch {
				case o.Method == "transform" || o.Method == "get_support":
					for _, fit := range fittedBefore(o) {
						add(fit, d, joined)
					}
				case o.Symbol.Is(resamplers...) && drawn(o):
					if a := o.Arg(0, ""); a != nil && a.Node != nil && joined {
						add(&fitting{o, o, samples, "resample", a.Node}, d, joined)
					}
				default:
					if fit := fittingOf(o); fit != nil && o.Method != "fit" {
						add(fit, d, joined)
					}
				}
			}
		}
		return out
	})
}

// sideBySide reports whether a call puts columns together, and no rows.
func sideBySide(c *checks.Call) bool {
	a := c.Arg(1, "axis")
	if a == nil {
		return false
	}
	n, number := a.Value.Number()
	t, _ := a.Value.Text()
	return number && (n == 1 || n == -1) || t == "columns"
}

// resamplers draw rows of those that are there.
var resamplers = []string{"sklearn.utils.resample", "sklearn.utils._indexing.resample"}

// drawn reports whether rows are drawn more than once.
func drawn(c *checks.Call) bool {
	a := c.Arg(-1, "replace")
	return a == nil || !a.Value.IsFalse()
}

// measures are methods by which a model says what it makes of rows.
var measures = []string{"predict", "predict_proba", "score", "decision_function", "evaluate", "evaluate_generator", "best_score_"}

// evaluated reports whether a model is measured after rows were split, in the same function or where its caller goes on.
func evaluated(c *checks.Call) bool {
	measure := func(o *checks.Call) bool {
		return slices.Contains(measures, o.Method) || o.Symbol.Under("sklearn.metrics") || o.Symbol.Is(validations...) || slices.Contains(measures, checks.LastName(o.Node.Fn))
	}
	for _, o := range c.Frame.Calls {
		if o.Node.Pos() > c.Node.Pos() && measure(o) {
			return true
		}
	}
	for _, f := range c.Frame.Everywhere() {
		if f != c.Frame && (f.Function() != nil || c.Frame.Function() != nil) && slices.ContainsFunc(f.Calls, measure) {
			return true
		}
	}
	return false
}

// heldOut reports which call split off the rows of an expression, where all of them are to be measured on. It is nil where
// some are to learn from, or nothing is known.
func heldOut(f *checks.Frame, rows ast.Expr) *checks.Call {
	var nearest *checks.Call
	odd, even := false, false
	for in := range f.MadeOf(rows) {
		if !isDivision(in.Call) {
			continue
		}
		part := -1
		for _, s := range in.Steps {
			if n, err := strconv.Atoi(s); err == nil {
				part = n
				break
			}
		}
		if part < 0 {
			return nil
		}
		switch {
		case nearest == nil || in.Call.Node != nearest.Node && in.Call.Node.Pos() > nearest.Node.Pos():
			nearest, odd, even = in.Call, false, false
		case in.Call.Node != nearest.Node:
			continue
		}
		odd, even = odd || part%2 == 1, even || part%2 == 0
	}
	if !odd || even {
		return nil
	}
	return nearest
}

// learntFrom reports whether rows are those that a split gives to learn from.
func learntFrom(f *checks.Frame, rows ast.Expr, split *checks.Call) bool {
	for in := range f.MadeOf(rows) {
		if in.Call == nil || in.Call.Node != split.Node {
			continue
		}
		for _, s := range in.Steps {
			if n, err := strconv.Atoi(s); err == nil && n%2 == 0 {
				return true
			}
		}
	}
	return false
}
