package monitoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the check of tests for drift that find none.

// pTests are the tests of scipy that give a p-value for two samples.
var pTests = []string{"scipy.stats.ks_2samp", "scipy.stats.mannwhitneyu", "scipy.stats.ttest_ind", "scipy.stats.chi2_contingency", "scipy.stats.cramervonmises_2samp", "scipy.stats.epps_singleton_2samp"}

// neverAlarms is PML2409.
var neverAlarms = &checks.Rule{
	Spec:  infoPML2409,
	Knows: pTests,
	On: []string{
		"alibi_detect.cd.{*,*.*}",
		"evidently.{presets.DataDriftPreset,presets.drift.DataDriftPreset,metric_preset.DataDriftPreset,metric_preset.data_drift.DataDriftPreset,metrics.DatasetDriftMetric,legacy.metric_preset.DataDriftPreset,legacy.metrics.DatasetDriftMetric,metrics.DriftedColumnsCount}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name, good := "p_val", "0.05"
		if c.Symbol.Under("evidently") {
			name, good = "drift_share", "0.5"
		} else if !strings.Contains(c.Symbol.String(), "Drift") {
			return
		}
		a := c.Arg(-1, name)
		if a == nil && name == "p_val" && strings.HasSuffix(c.Symbol.String(), "KSDrift") {
			a = c.Arg(1, name)
		}
		if a == nil {
			return
		}
		n, known := a.Value.Number()
		if !known || name == "p_val" && n != 0 || name == "drift_share" && n <= 1 {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, good)})
	},
	Needs: []string{"ks_2samp", "mannwhitneyu", "ttest_ind", "chi2_contingency", "cramervonmises_2samp", "epps_singleton_2samp", "p_value", "pvalue", "p_val"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !checks.GroupMentions(p, "ks_2samp", "mannwhitneyu", "ttest_ind", "chi2_contingency", "cramervonmises_2samp", "epps_singleton_2samp") {
			return
		}
		f.InspectOwn(func(n ast.Node) bool {
			if c, ok := n.(*ast.Compare); ok && len(c.Ops) == 1 && p.Holds(c) {
				judgeAlarm(p, f, c)
			}
			return true
		})
	},
}

// judgeAlarm reports a comparison of a p-value that tells drift where there is none, or that never holds.
func judgeAlarm(p *checks.Pass, f *checks.Frame, c *ast.Compare) {
	op, pValue, limit := c.Ops[0], c.Left, c.Right[0]
	if !isP(f, pValue) {
		turned, ok := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
		if !ok || !isP(f, limit) {
			return
		}
		op, pValue, limit = turned, limit, pValue
	}
	n, at, known := limitOf(p, f, limit)
	if !known {
		return
	}
	switch {
	case (op == ">" || op == ">=") && n <= 0.2 && n >= 0 && meansDrift(p, f, c, 0):
		p.Report(checks.Report{Node: c, Fix: turn(p, c)})
	case (op == "<" || op == "<=") && n == 0:
		r := checks.Report{Node: c, Message: "No p-value is below 0, so the test never finds drift"}
		if at != nil && p.Holds(at) {
			r.Fix = checks.Fix(true, "compare with 0.05", checks.Replace(p, at, "0.05"))
		}
		p.Report(r)
	}
}

// isP reports whether an expression is the p-value of a test of two samples.
func isP(f *checks.Frame, e ast.Expr) bool {
	switch e.(type) {
	case *ast.Number, *ast.Str, *ast.Constant:
		return false
	}
	for in := range f.StandsFor(e) {
		if in.Call == nil || !in.Call.Symbol.Is(pTests...) || len(in.Steps) == 0 {
			continue
		}
		switch in.Steps[len(in.Steps)-1] {
		case ".pvalue", "1":
			return true
		}
	}
	return false
}

// limitOf is the constant that an expression is, or that a parameter is by default, with its place.
func limitOf(p *checks.Pass, f *checks.Frame, e ast.Expr) (float64, ast.Expr, bool) {
	switch n := e.(type) {
	case *ast.Number:
		v, err := strconv.ParseFloat(n.Text, 64)
		return v, n, err == nil
	case *ast.BinOp:
		if n.Op == "/" { // corrected for many columns
			v, _, known := limitOf(p, f, n.Left)
			return v, nil, known && v > 0
		}
		return 0, nil, false
	}
	for _, s := range f.SpelledOut(e) {
		if n, ok := s.Expr.(*ast.Number); ok {
			v, err := strconv.ParseFloat(n.Text, 64)
			return v, n, err == nil
		}
	}
	if name, ok := e.(*ast.Name); ok && f.Function() != nil && f.Function().Params != nil {
		for _, param := range f.Function().Params.List {
			if param.Name != nil && param.Name.Id == name.Id && param.Default != nil {
				if n, ok := param.Default.(*ast.Number); ok {
					v, err := strconv.ParseFloat(n.Text, 64)
					return v, n, err == nil
				}
			}
		}
	}
	if v, known := f.ValueOf(e).Number(); known {
		return v, nil, true
	}
	return 0, nil, false
}

// saysDrift reports whether a name says that something has drifted, and none that it has not.
func saysDrift(name string) bool {
	name = strings.ToLower(name)
	if !strings.Contains(name, "drift") && !strings.Contains(name, "shift") {
		return false
	}
	return !saysOpposite(name)
}

// saysOpposite reports whether a name says that nothing has drifted.
func saysOpposite(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"no_", "not_", "non", "no-", "stable", "same", "similar", "ok", "without", "free", "nodrift", "undrift", "p_val", "pval", "absent"}, func(word string) bool { return strings.Contains(name, word) })
}

// laterMeansDrift reports whether what is stored under a name or an attribute that says nothing is later taken for drift.
func laterMeansDrift(p *checks.Pass, f *checks.Frame, t ast.Expr, depth int) bool {
	switch t.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		return false
	}
	text := p.File.Text(t)
	if saysOpposite(text) {
		return false
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && e.Pos() > t.Stop() && p.File.Text(e) == text {
			switch e.(type) {
			case *ast.Name, *ast.Attribute:
				found = found || meansDrift(p, f, e, depth+1)
			}
		}
		return !found
	})
	return found
}

// meansDrift reports whether the truth of a comparison is taken for drift: by the name that it gets, by that of the function which
// returns it, or by what is done where it holds.
func meansDrift(p *checks.Pass, f *checks.Frame, c ast.Expr, depth int) bool {
	m := p.Project.Module(f.Module())
	if m == nil || depth > 3 {
		return false
	}
	p = p.There(m)
	around := p.Around(c)
	i := slices.Index(around, ast.Node(c))
	for i--; i >= 0; i-- {
		switch a := around[i].(type) {
		case *ast.BoolOp, *ast.Tuple, *ast.List, *ast.Subscript:
		case *ast.Call:
			if !slices.Contains([]string{"bool", "int", "any", "all", "bool_", "append"}, checks.LastName(a.Fn)) {
				return false
			}
			if at, ok := a.Fn.(*ast.Attribute); ok && at.Attr.Id == "append" {
				return saysDrift(checks.LastName(at.Value))
			}
		case *ast.Keyword:
			return a.Name != nil && saysDrift(a.Name.Id)
		case *ast.Dict:
			for k, v := range a.Values {
				if v.Range().Contains(c.Range()) {
					if s, ok := a.Keys[k].(*ast.Str); ok {
						return saysDrift(s.Value)
					}
				}
			}
			return false
		case *ast.IfExp:
			if a.Test.Range().Contains(c.Range()) && (p.File.Text(a.Body) != "True" || p.File.Text(a.Orelse) != "False") {
				return stated(a.Body) && !stated(a.Orelse)
			}
		case *ast.CompClause:
		case *ast.Comp: // what is left of a list, or the answer for each
		case *ast.Assign:
			return slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return saysDrift(targetName(p, t)) || laterMeansDrift(p, f, t, depth) })
		case *ast.AnnAssign:
			return saysDrift(targetName(p, a.Target))
		case *ast.NamedExpr:
			return saysDrift(a.Target.Id)
		case *ast.Return, *ast.Yield:
			fn := f.Function()
			if fn == nil || saysDrift(fn.Name) {
				return fn != nil
			}
			return !saysOpposite(fn.Name) && slices.ContainsFunc(f.Callers(), func(o *checks.Call) bool { return meansDrift(p, o.Frame, o.Node, depth+1) })
		case *ast.If:
			return a.Test.Range().Contains(c.Range()) && alarms(p, f, a.Body)
		default:
			return false
		}
	}
	return false
}

// stated reports whether an expression is a text that tells of drift.
func stated(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && saysDrift(s.Value) && !strings.HasPrefix(strings.ToLower(s.Value), "no")
}

// targetName is the name that something is stored under: of a variable, an attribute, or the key of a dict, or the dict itself.
func targetName(p *checks.Pass, t ast.Expr) string {
	if item, ok := t.(*ast.Subscript); ok {
		if s, ok := item.Index.(*ast.Str); ok {
			return s.Value
		}
		return checks.LastName(item.Value)
	}
	return checks.LastName(t)
}

// alarms reports whether statements tell of drift: they set what is named so, add to a list of that name, alert somebody or raise.
func alarms(p *checks.Pass, f *checks.Frame, body []ast.Stmt) bool {
	for _, s := range body {
		switch s := s.(type) {
		case *ast.Raise:
			return !denies(p, s)
		case *ast.Assign:
			if slices.ContainsFunc(s.Targets, func(t ast.Expr) bool { return saysDrift(targetName(p, t)) }) && (p.File.Text(s.Value) == "True" || stated(s.Value)) {
				return true
			}
		case *ast.AugAssign:
			if saysDrift(targetName(p, s.Target)) && s.Op != "-=" {
				return true
			}
		case *ast.Return:
			if fn := f.Function(); fn != nil && saysDrift(fn.Name) && s.Value != nil && p.File.Text(s.Value) == "True" {
				return true
			}
		case *ast.ExprStmt:
			c, ok := s.Value.(*ast.Call)
			if await, waits := s.Value.(*ast.Await); waits {
				c, ok = await.Value.(*ast.Call)
			}
			if !ok {
				continue
			}
			if at, ok := c.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "add") && saysDrift(checks.LastName(at.Value)) {
				return true
			}
			name := strings.ToLower(checks.LastName(c.Fn))
			if slices.ContainsFunc([]string{"alert", "notify", "warn"}, func(word string) bool { return strings.Contains(name, word) }) && !denies(p, s) {
				return true
			}
		}
	}
	return false
}

// denies reports whether a statement says that there is no drift.
func denies(p *checks.Pass, s ast.Stmt) bool {
	text := strings.ToLower(p.File.Text(s))
	return slices.ContainsFunc([]string{"no drift", "no significant", "no shift", "stable", "not drift", "no_drift", "same distribution", "not different", "too similar", "identical"}, func(words string) bool { return strings.Contains(text, words) })
}

// turn turns a comparison round.
func turn(p *checks.Pass, c *ast.Compare) *fix.Fix {
	start, end := int(c.Left.Stop()), int(c.Right[0].Pos())
	between := string(p.File.Source.Text[start:end])
	at := strings.IndexAny(between, "<>")
	if at < 0 {
		return nil
	}
	turned := map[byte]string{'<': ">", '>': "<"}[between[at]]
	return checks.Fix(true, "tell drift by a small p-value", []fix.Edit{{Start: start + at, End: start + at + 1, New: turned}})
}
