package cloud

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of statements by which a warehouse runs a model.

// snowflakeStatement is PML4405.
var snowflakeStatement = statementFromRequest(infoPML4405, func(path *checks.Path) bool {
	if path.Call.Symbol.Under("snowflake.snowpark") {
		return checks.WrittenInto(path)
	}
	return says(path, callsCortex)
})

// bigQueryStatement is PML4406.
var bigQueryStatement = statementFromRequest(infoPML4406, func(path *checks.Path) bool {
	c := path.Call
	return (c.Symbol.Under("google.cloud") || c.Symbol.Under("pandas") || c.Symbol.Under("pandas_gbq")) && says(path, callsBigQueryML)
})

// callsCortex finds a model that a statement of Snowflake runs, callsBigQueryML one that a statement of BigQuery runs or makes.
var (
	callsCortex     = regexp.MustCompile(`(?i)\bSNOWFLAKE\.CORTEX\.|\bAI_(?:COMPLETE|CLASSIFY|FILTER|AGG|EMBED|EXTRACT|SENTIMENT|SUMMARIZE_AGG)\b|!PREDICT\s*\(`)
	callsBigQueryML = regexp.MustCompile(`(?i)\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?MODEL\b|\bML\.\w+\s*\(|\bAI\.(?:GENERATE|FORECAST)`)
)

// statementFromRequest is the check of text of a request in statements that concerns tells.
func statementFromRequest(info *checks.Info, concerns func(*checks.Path) bool) *checks.Rule {
	return &checks.Rule{
		Spec:  info,
		Knows: checks.StatementCalls,
		From:  []checks.Label{models.User},
		Into:  []checks.SinkKind{models.SQL, models.QuotedSQL},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Call == nil || path.Kind == models.SQL && !models.IsStatement(path.Sink) || !concerns(path) || checks.OfRecord(path) || checks.Vetted(p, path, checks.AboutStatements) {
				return
			}
			executing := checks.ExecutingCall(p, path)
			if executing == nil {
				executing = path.Call
			}
			p.Report(checks.Report{Node: executing.Node, Path: path, Fix: bound(p, path, executing)})
		},
	}
}

// says reports whether the constant part of a statement holds what a pattern finds.
func says(path *checks.Path, pattern *regexp.Regexp) bool {
	return slices.ContainsFunc(path.Value.Alternatives(), func(v *checks.Value) bool { return pattern.MatchString(checks.ConstantText(v)) })
}

// bound binds the values of a statement. That of a value alone changes nothing for those who send one.
func bound(p *checks.Pass, path *checks.Path, executing *checks.Call) *fix.Fix {
	f := checks.BindValues(p, path, executing)
	if f != nil {
		f.Unsafe = slices.ContainsFunc(f.Edits, func(e fix.Edit) bool { return strings.Contains(e.New, ".isidentifier()") })
	}
	return f
}
