package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the checks of what looks at features and is switched off: statistics of what is written, and the comparison
// with what a model was trained on.

const (
	hopsworksStore = "hsfs.feature_store.FeatureStore()"
	hopsworksView  = "hsfs.feature_view.FeatureView()"
	statisticsConf = "hsfs.statistics_config.StatisticsConfig()"
)

// statisticsOff is PML2118.
var statisticsOff = &checks.Rule{
	Spec:  infoPML2118,
	Knows: []string{statisticsConf, "hsfs.statistics_config.StatisticsConfig", "hopsworks.statistics_config.StatisticsConfig"},
	On: []string{
		hopsworksStore + ".{create_feature_group,get_or_create_feature_group,create_external_feature_group,create_on_demand_feature_group,create_training_dataset}",
		hopsworksView + ".{create_training_data,create_train_test_split,create_train_validation_test_split}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "statistics_config")
		if a == nil || !withoutStatistics(c, a.Value) || measuresDrift(p) || thrownAway(p, c) {
			return
		}
		node := checks.ArgNode(c, a)
		if a.Unpacked && a.Node != nil {
			node = a.Node
		}
		p.Report(checks.Report{Node: node, Fix: checks.Fix(true, "compute statistics of what is written", checks.RemoveArg(p, c, a))})
	},
}

// withoutStatistics reports whether a configuration of statistics switches them off.
func withoutStatistics(c *checks.Call, v *checks.Value) bool {
	if v.IsFalse() {
		return true
	}
	if e := c.Key(v, "enabled"); e != nil {
		return e.Value.IsFalse()
	}
	made := v.Origin()
	if made == nil || !strings.HasSuffix(made.Symbol.String(), "StatisticsConfig") {
		return false
	}
	enabled := made.Arg(0, "enabled")
	return enabled != nil && enabled.Value.IsFalse()
}

// measuresDrift reports whether the project looks at how features move itself.
func measuresDrift(p *checks.Pass) bool {
	return checks.GroupMentions(p, "create_feature_monitoring", "create_statistics_monitoring", "evidently", "nannyml", "whylogs", "alibi_detect")
}

// thrownAway reports whether features are made for a try: in a notebook, or under a name that says so.
func thrownAway(p *checks.Pass, c *checks.Call) bool {
	says := func(name string) bool {
		name = strings.ToLower(name)
		return strings.Contains(name, "test") || strings.Contains(name, "tmp")
	}
	if p.Notebook != nil && says(p.Path) {
		return true
	}
	name := c.Arg(0, "name")
	if name == nil {
		return false
	}
	text, _ := name.Value.Text()
	return p.Notebook != nil && says(text)
}

// boosters and forests are the methods by which models of XGBoost and LightGBM are asked.
var (
	boosters = []string{"xgboost.{Booster,XGBClassifier,XGBRegressor,XGBRanker,XGBRFClassifier,XGBRFRegressor}().{predict,inplace_predict,predict_proba,apply}", "xgboost.train().{predict,inplace_predict}"}
	forests  = []string{"lightgbm.{Booster,LGBMClassifier,LGBMRegressor,LGBMRanker}().{predict,predict_proba}", "lightgbm.train().predict", "lightgbm.{Booster,LGBMClassifier,LGBMRegressor,LGBMRanker,train,cv}"}
)

// shapeUnchecked is PML2129.
var shapeUnchecked = &checks.Rule{
	Spec: infoPML2129,
	On:   slices.Concat(boosters, forests, []string{"functools.partial"}),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		asked := c.Symbol
		if c.Symbol.Is("functools.partial") {
			fn := c.Arg(0, "func")
			if fn == nil {
				return
			}
			asked = fn.Value.Symbol()
		}
		switch {
		case c.Partial && c.Args[len(c.Args)-1].Unpacked: // it is told of where that is given
		case asked.Under("xgboost"):
			if a := c.Arg(-1, "validate_features"); a != nil && a.Value.IsFalse() && !columnsListed(c) {
				reportUnchecked(p, c, a)
			}
		case asked.Under("lightgbm"):
			if a := c.Arg(-1, "predict_disable_shape_check"); a != nil && saysTrue(a.Value) && !columnsListed(c) {
				reportUnchecked(p, c, a)
				return
			}
			if a := c.Arg(0, "params"); a != nil && a.Node != nil {
				if e := c.Key(a.Value, "predict_disable_shape_check"); e != nil && saysTrue(e.Value) {
					p.Report(checks.Report{Node: a.Node})
				}
			}
		}
	},
}

func reportUnchecked(p *checks.Pass, c *checks.Call, a *checks.Argument) {
	p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "compare the features with those of the training", checks.RemoveArg(p, c, a))})
}

// saysTrue reports whether a setting of LightGBM is on.
func saysTrue(v *checks.Value) bool {
	text, _ := v.Text()
	n, number := v.Number()
	return v.IsTrue() || strings.EqualFold(text, "true") || number && n == 1
}

// columnsListed reports whether the rows that a model is asked about are taken by an explicit list of columns.
func columnsListed(c *checks.Call) bool {
	rows := c.Arg(0, "")
	if rows == nil || rows.Node == nil {
		return false
	}
	return slices.ContainsFunc(c.Frame.SpelledOut(rows.Node), func(s flow.Spelled) bool { return s.Frame == c.Frame && takesColumns(c, s.Expr) })
}

// takesColumns reports whether an expression takes listed columns of a table, perhaps through a DMatrix or an array made of them.
func takesColumns(c *checks.Call, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Subscript:
		switch n.Index.(type) {
		case *ast.List, *ast.Name, *ast.Attribute, *ast.Call:
			return true
		}
	case *ast.Attribute:
		return takesColumns(c, n.Value)
	case *ast.Call:
		if checks.LastName(n.Fn) == "reindex" {
			return slices.ContainsFunc(n.Keywords, func(k *ast.Keyword) bool { return k.Name != nil && k.Name.Id == "columns" })
		}
		if len(n.Args) > 0 {
			return slices.ContainsFunc(c.Frame.SpelledOut(n.Args[0]), func(s flow.Spelled) bool {
				_, again := s.Expr.(*ast.Call)
				return s.Frame == c.Frame && !again && takesColumns(c, s.Expr)
			})
		}
	}
	return false
}
