package federated

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// privacyFromRequest is PML5311.
var privacyFromRequest = &checks.Rule{
	Spec:  infoPML5311,
	Knows: []string{"diffprivlib.BudgetAccountant", "diffprivlib.accountant.BudgetAccountant"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Param, models.Reveal},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !p.FromOthers(path) {
			return
		}
		switch path.Sink.Note {
		case models.NotePrivacyLoss:
			if accounted(path.Call) {
				return
			}
		case models.NotePrivacyNoise:
			if boundedBelow(p, path) {
				return
			}
		default:
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: bounded(p, path)})
	},
}

// accounted reports whether an accountant with a budget of the program's own limits what a query may take.
func accounted(c *checks.Call) bool {
	a := c.Arg(-1, "accountant")
	if a == nil || a.Value.IsNone() {
		return false
	}
	made := a.Value.Origin()
	if made == nil || !made.Symbol.Is("diffprivlib.BudgetAccountant", "diffprivlib.accountant.BudgetAccountant") {
		return true // another's, of which nothing is known
	}
	budget := made.Arg(0, "epsilon")
	return budget != nil && !budget.Value.Labels(models.Param).Has(models.User)
}

// lower are the functions that keep a number from getting too small.
var lower = []string{"max", "clip", "clamp", "maximum"}

// minimum are the options that give a field a lower bound.
var minimum = []string{"ge", "gt", "min_value", "minimum", "min"}

// boundedBelow reports whether the number at the end of a path cannot get below a limit: one of some functions makes it
// so, it is compared before, or the field that it came by has a minimum.
func boundedBelow(p *checks.Pass, path *checks.Path) bool {
	if slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool {
		c, ok := t.Node.(*ast.Call)
		return ok && slices.Contains(lower, checks.LastName(c.Fn))
	}) {
		return true
	}
	if e := p.SinkExpr(path); e != nil {
		if c, ok := e.(*ast.Call); ok && slices.Contains(lower, checks.LastName(c.Fn)) {
			return true
		}
	}
	way := checks.WayOf(p, path)
	for i, fn := range way.Functions {
		m, tested := way.Modules[i], false
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			var test ast.Expr
			switch n := n.(type) {
			case *ast.If:
				test = n.Test
			case *ast.Assert:
				test = n.Test
			case *ast.IfExp:
				test = n.Test
			}
			if test != nil {
				ast.Inspect(test, func(n ast.Node) bool {
					c, ok := n.(*ast.Compare)
					tested = tested || ok && strings.ContainsAny(strings.Join(c.Ops, ""), "<>") && way.Holds(m, c)
					return true
				})
			}
			return !tested
		})
		if tested {
			return true
		}
		for _, param := range fn.Params.List {
			if param.Name != nil && way.Holds(m, param.Name) && (checks.DeclaresBound(param.Default, minimum...) || checks.DeclaresBound(param.Annotation, minimum...)) {
				return true
			}
		}
	}
	return checks.FieldBounded(p, path.Mark.Field(), minimum...)
}

// limits are the bounds that the fix sets.
var limits = map[string]string{
	"epsilon": "min(%, 1.0)", "target_epsilon": "min(%, 1.0)", "delta": "min(%, 1e-5)", "target_delta": "min(%, 1e-5)", "max_grad_norm": "min(%, 1.0)", "l2_norm_clip": "min(%, 1.0)",
	"noise_multiplier": "max(%, 1.0)", "scale": "max(%, 1.0)", "sensitivity": "max(%, 1.0)",
}

// bounded bounds the number at the end of a path.
func bounded(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	name := string(path.Sink.Arg)
	name = name[strings.IndexByte(name, ':')+1:]
	if !ok || limits[name] == "" {
		return nil
	}
	return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
		text := there.File.Text(e)
		if c, ok := e.(*ast.Call); !ok || checks.LastName(c.Fn) != "float" {
			text = "float(" + text + ")"
		}
		return checks.Fix(true, "bound "+name, checks.Replace(there, e, strings.Replace(limits[name], "%", text, 1)))
	})
}
