package datasets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the checks of tables whose earlier versions are not kept.

// deltaVacuum is PML4223.
var deltaVacuum = &checks.Rule{
	Spec:  infoPML4223,
	Asks:  []*checks.Question{retentionUnchecked},
	Knows: []string{"tempfile.{mkdtemp,mkstemp,gettempdir,TemporaryDirectory,NamedTemporaryFile}"},
	On: []string{
		"deltalake.{DeltaTable,table.DeltaTable}().vacuum", "delta.tables.DeltaTable().vacuum", "pyspark.sql.SparkSession().sql", "?.sql",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Under("deltalake"):
			hours, dry, enforce := c.Arg(0, "retention_hours"), c.Arg(1, "dry_run"), c.Arg(2, "enforce_retention_duration")
			if hours == nil || dry == nil || enforce == nil || !tooFewHours(hours) || !constant(dry.Value).IsFalse() || !constant(enforce.Value).IsFalse() || inTemporary(c) {
				return
			}
			one, other := checks.SetConstant(p, c, hours, "168"), checks.SetConstant(p, c, enforce, "True")
			if one == nil || other == nil {
				p.Report(checks.Report{Node: c.Node})
				return
			}
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "keep the versions of a week", one.Edits, other.Edits)})
		case c.Symbol.Under("delta"):
			if hours := c.Arg(0, "retentionHours"); hours != nil && tooFewHours(hours) && !inTemporary(c) && unchecked(p, c) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, hours, "168")})
			}
		default:
			a := c.Arg(0, "sqlQuery")
			if a == nil || a.Node == nil {
				return
			}
			for _, v := range constant(a.Value).Alternatives() {
				if hours := vacuumed(checks.ConstantText(v)); hours != "" && !inTemporary(c) && unchecked(p, c) {
					p.Report(checks.Report{Node: c.Node, Fix: retainWeek(p, c, a, v, hours)})
					return
				}
			}
		}
	},
}

// week is the number of hours below which Delta refuses to clean up.
const week = 168

func tooFewHours(a *checks.Argument) bool {
	n, ok := constant(a.Value).Number()
	return ok && n < week
}

// retains finds for how long a VACUUM keeps files.
var retains = regexp.MustCompile(`(?is)^\s*VACUUM\s.*\bRETAIN\s+(\d+(?:\.\d+)?)\s+HOURS?\b(.*)$`)

// vacuumed is the number of hours in a VACUUM that keeps less than a week, "" for other statements.
func vacuumed(statement string) string {
	m := retains.FindStringSubmatch(statement)
	if m == nil || slices.Equal(strings.Fields(strings.ToUpper(strings.TrimRight(strings.TrimSpace(m[2]), ";"))), []string{"DRY", "RUN"}) {
		return ""
	}
	if n, err := strconv.ParseFloat(m[1], 64); err != nil || n >= week {
		return ""
	}
	return m[1]
}

// retainWeek replaces the number of hours in a statement, or the constant that it is put together with.
func retainWeek(p *checks.Pass, c *checks.Call, a *checks.Argument, v *checks.Value, hours string) *fix.Fix {
	const message = "keep the versions of a week"
	for in := range c.Frame.MadeOf(a.Node) {
		switch n := in.Literal.(type) {
		case *ast.Number:
			if p.Holds(n) && p.File.Text(n) == hours {
				return checks.Fix(true, message, checks.Replace(p, n, strconv.Itoa(week)))
			}
		case *ast.Str:
			if n.Value == hours && p.Holds(n) {
				return checks.Fix(true, message, fix.ReplaceInString(p.File, n, hours, strconv.Itoa(week)))
			}
		}
	}
	lit, mod := v.Literal()
	if mod != nil && p.Project.Module(mod) != p.Module {
		return nil
	}
	places := []ast.Node{lit, a.Node}
	if name, ok := a.Node.(*ast.Name); ok {
		places = append(places, checks.LastAssigned(checks.BodyOf(c.Frame), name))
	}
	inText := regexp.MustCompile(`(?i)\bRETAIN\s+(` + regexp.QuoteMeta(hours) + `)\s+HOURS?`)
	for _, e := range places {
		if e == nil || !p.Holds(e) {
			continue
		}
		if at := inText.FindStringSubmatchIndex(p.File.Text(e)); at != nil {
			return checks.Fix(true, message, []fix.Edit{{Start: int(e.Pos()) + at[2], End: int(e.Pos()) + at[3], New: strconv.Itoa(week)}})
		}
	}
	return nil
}

// inTemporary reports whether the table of a call is in a temporary folder that its function made.
func inTemporary(c *checks.Call) bool {
	made := func(f *checks.Frame, e ast.Expr) bool {
		return e != nil && checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool {
			return in.Call != nil && in.Call.Frame == c.Frame && in.Call.Symbol.Under("tempfile") || in.Param != nil && in.Param.Name != nil && strings.HasPrefix(in.Param.Name.Id, "tmp")
		})
	}
	if o := c.Receiver.Origin(); o != nil {
		for i := range o.Args {
			if made(o.Frame, o.Args[i].Node) {
				return true
			}
		}
	}
	return len(c.Args) > 0 && made(c.Frame, c.Args[0].Node)
}

// retentionSetting is the setting by which Delta takes any number of hours.
const retentionSetting = "spark.databricks.delta.retentionDurationCheck.enabled"

// unchecked reports whether the project switches it off: in a file that this one is connected with, or in another one.
func unchecked(p *checks.Pass, c *checks.Call) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "set" && o.Method != "config" {
				continue
			}
			key, value := o.Arg(0, "key"), o.Arg(1, "value")
			if key == nil || value == nil {
				continue
			}
			name, _ := constant(key.Value).Text()
			text, _ := constant(value.Value).Text()
			if name == retentionSetting && (constant(value.Value).IsFalse() || strings.EqualFold(text, "false")) {
				return true
			}
		}
	}
	return p.Says(retentionUnchecked)
}

// retentionUnchecked tells the files that switch it off.
var retentionUnchecked = &checks.Question{Name: "lets Delta delete versions of less than a week", Needs: []string{"retentionDurationCheck"}, Says: func(d *checks.Draft) bool {
	if d.IsTest() {
		return false
	}
	file := d.Syntax()
	named := map[string]ast.Expr{}
	ast.InspectFile(file, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && len(a.Targets) == 1 {
			if name := checks.LastName(a.Targets[0]); name != "" {
				named[name] = a.Value
			}
		}
		return true
	})
	meant := func(e ast.Expr) ast.Expr {
		switch e.(type) {
		case *ast.Name, *ast.Attribute:
			if given := named[checks.LastName(e)]; given != nil {
				return given
			}
		}
		return e
	}
	sets := func(key, value ast.Expr) bool {
		k, ok := meant(key).(*ast.Str)
		return ok && k.Value == retentionSetting && isFalse(meant(value))
	}
	found := false
	ast.InspectFile(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if len(n.Args) == 2 {
				found = found || sets(n.Args[0], n.Args[1])
			}
			for _, k := range n.Keywords {
				if k.Name != nil && k.Name.Id == "value" {
					for _, o := range n.Keywords {
						found = found || o.Name != nil && o.Name.Id == "key" && sets(o.Value, k.Value)
					}
					found = found || len(n.Args) == 1 && sets(n.Args[0], k.Value)
				}
			}
		case *ast.Tuple:
			found = found || len(n.Elts) == 2 && sets(n.Elts[0], n.Elts[1])
		case *ast.Dict:
			for i, k := range n.Keys {
				found = found || k != nil && sets(k, n.Values[i])
			}
		case *ast.Assign:
			if at, ok := n.Targets[0].(*ast.Subscript); ok {
				found = found || sets(at.Index, n.Value)
			}
		case *ast.Str:
			key, value, set := strings.Cut(n.Value, "=")
			words := strings.Fields(key)
			found = found || set && len(words) == 2 && strings.EqualFold(words[0], "SET") && strings.Trim(words[1], "`") == retentionSetting &&
				strings.EqualFold(strings.Trim(strings.TrimSpace(value), `;"'`), "false")
		}
		return !found
	})
	return found
}}

func isFalse(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Constant:
		return e.Value == ast.False
	case *ast.Str:
		return strings.EqualFold(strings.TrimSpace(e.Value), "false")
	}
	return false
}
