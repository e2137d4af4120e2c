package features

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the checks of versions: of scikit-learn, by which a pipeline was stored, and of features that are opened.

// versionWarning is the warning of scikit-learn about estimators that another of its versions has stored.
const (
	versionWarning = "sklearn.exceptions.InconsistentVersionWarning"
	versionMessage = "Trying to unpickle estimator StandardScaler from version 1.0 when using version 1.5. This might lead to breaking code or invalid results. Use at your own risk."
)

// versionsUnheard is PML2113.
var versionsUnheard = &checks.Rule{
	Spec:  infoPML2113,
	Knows: []string{versionWarning, "sklearn.__version__"},
	On:    []string{"warnings.{filterwarnings,simplefilter}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		action := c.Arg(0, "action")
		if action == nil || !silencesVersions(c) || comparesVersions(p, c) || !checks.GroupMentions(p, estimatorLoads...) {
			return
		}
		if text, ok := action.Value.Text(); !ok || text != "ignore" {
			return
		}
		r := checks.Report{Node: c.Node}
		if s, ok := action.Node.(*ast.Str); ok && p.Holds(s) && !action.Unpacked {
			r.Fix = checks.Fix(true, "refuse estimators of another version", []fix.Edit{fix.ReplaceNode(p.File, s, `"error"`)})
		}
		p.Report(r)
	},
}

// estimatorLoads are the texts by which a file shows that it loads estimators.
var estimatorLoads = []string{"joblib", "pickle", "skops", "load_model"}

// silencesVersions reports whether a filter of warnings is one of those about versions of scikit-learn, and of no others.
func silencesVersions(c *checks.Call) bool {
	at, message := 1, (*checks.Argument)(nil)
	if c.Symbol.Is("warnings.filterwarnings") {
		at, message = 2, c.Arg(1, "message")
	}
	if category := c.Arg(at, "category"); category != nil && category.Value.Is(versionWarning) {
		return true
	}
	if message == nil {
		return false
	}
	text, ok := message.Value.Text()
	if !ok || !strings.Contains(strings.ToLower(text), "unpickle") {
		return false
	}
	pattern, err := regexp.Compile("(?i)^(?:" + text + ")") // as Python matches it
	return err == nil && pattern.MatchString(versionMessage)
}

// comparesVersions reports whether a function compares the versions itself while it does not listen to the warning.
func comparesVersions(p *checks.Pass, c *checks.Call) bool {
	return slices.ContainsFunc(p.Around(c.Node), func(n ast.Node) bool {
		w, ok := n.(*ast.With)
		if !ok || !slices.ContainsFunc(w.Items, func(it *ast.WithItem) bool {
			return strings.HasSuffix(checks.ChainText(calledIn(it.Context)), "catch_warnings")
		}) {
			return false
		}
		found := false
		ast.InspectStmts(w.Body, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			found = found || ok && checks.LastName(e) != "" && c.Frame.ValueOf(e).Is("sklearn.__version__")
			return !found
		})
		return found
	})
}

// calledIn is what an expression calls, or the expression.
func calledIn(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Call); ok {
		return c.Fn
	}
	return e
}

// versionOpen is PML2125.
var versionOpen = &checks.Rule{
	Spec: infoPML2125,
	On:   []string{"hsfs.feature_store.FeatureStore().{get_feature_group,get_feature_view,get_external_feature_group,get_on_demand_feature_group,get_training_dataset}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		version := c.Arg(1, "version")
		if version != nil && !version.Value.IsNone() || c.Arg(0, "name") == nil || c.HasRest() || c.Partial {
			return
		}
		r := checks.Report{Node: c.Node}
		if p.Holds(c.Node) && (version == nil || !version.Unpacked) {
			if version != nil && version.Keyword == nil {
				r.Fix = checks.Fix(false, "name the version that is meant today", []fix.Edit{fix.ReplaceNode(p.File, version.Node, "1")})
			} else {
				r.Fix = checks.Fix(false, "name the version that is meant today", fix.AddKeyword(p.File, c.Node, "version", "1"))
			}
		}
		p.Report(r)
	},
}
