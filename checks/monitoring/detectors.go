package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// detectorUpdates are the calls that tell a detector of drift a value.
var detectorUpdates = []string{
	"river.drift.{ADWIN,KSWIN,PageHinkley,binary.DDM,binary.EDDM,binary.FHDDM,binary.HDDM_A,binary.HDDM_W}().update", "frouros.detectors.concept_drift.*().update", "skmultiflow.drift_detection.*().add_element",
}

// detectorFed is PML2402.
var detectorFed = &checks.Rule{
	Spec:  infoPML2402,
	Knows: []string{"{flask,quart,bottle}.request"},
	Asks:  checks.AboutServing(),
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteDrift || !outlives(c) || !p.FromOthers(path) || computedElsewhere(path) {
			return
		}
		routes := path.Handlers()
		if len(routes) == 0 {
			routes = checks.RoutesAbove(c.Frame)
		}
		if len(routes) == 0 || slices.ContainsFunc(routes, func(r *checks.Route) bool {
			return p.ProtectionOf(c.Frame, r.Function).Has(checks.ProtectsIdentity)
		}) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: keepForReview(p, c)})
	},
	// What a comparison gives carries no data of what is compared.
	On: detectorUpdates,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		fn := c.Frame.Function()
		if fn == nil || len(c.Args) == 0 || c.Args[0].Node == nil || !outlives(c) {
			return
		}
		if !slices.ContainsFunc(c.Frame.Routes(), func(r *checks.Route) bool { return r.Function == fn }) || p.ProtectionOf(c.Frame, fn).Has(checks.ProtectsIdentity) {
			return
		}
		for _, s := range c.Frame.SpelledOut(c.Args[0].Node) {
			if s.Frame == c.Frame && comparesSent(s.Frame, s.Expr) {
				p.Report(checks.Report{Node: c.Node, Fix: keepForReview(p, c)})
				return
			}
		}
	},
}

// outlives reports whether the detector that a call tells something is there for all requests.
func outlives(c *checks.Call) bool {
	at, ok := c.Node.Fn.(*ast.Attribute)
	return ok && c.Receiver != nil && c.Lifetime(c.Receiver, at.Value) == flow.PerProcess
}

// plain are the packages whose functions hand on what a request says.
var plain = []string{"builtins", "flask", "quart", "fastapi", "starlette", "django", "rest_framework", "aiohttp", "sanic", "tornado", "bottle", "litestar", "json", "math", "numpy", "gradio", "streamlit"}

// computedElsewhere reports whether the data of a path went through a function of which nothing is known, such as one that
// looks up what became of the record that a request names.
func computedElsewhere(path *checks.Path) bool {
	e, ok := path.Node.(ast.Expr)
	if !ok || path.Call.Frame == nil {
		return false
	}
	for in := range path.Call.Frame.MadeOf(e) {
		if in.Call == nil || in.Call.Body() != nil {
			continue
		}
		name := in.Call.Callee.Name()
		first, _, _ := strings.Cut(name, ".")
		if name != "" && !slices.Contains(plain, first) {
			return true
		}
	}
	return false
}

// comparesSent reports whether an expression compares what the request of a handler says, or asks whether it is true.
func comparesSent(f *checks.Frame, e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			found = found || sent(f, n.Left) || slices.ContainsFunc(n.Right, func(e ast.Expr) bool { return sent(f, e) })
		case *ast.Call:
			if fn, ok := n.Fn.(*ast.Name); ok && fn.Id == "bool" && len(n.Args) == 1 {
				found = found || sent(f, converted(n.Args[0]))
			}
		}
		return !found
	})
	return found
}

// converted is what int() and its kin are given.
func converted(e ast.Expr) ast.Expr {
	for {
		c, ok := e.(*ast.Call)
		if !ok || len(c.Args) != 1 {
			return e
		}
		fn, ok := c.Fn.(*ast.Name)
		if !ok || !slices.Contains([]string{"int", "float", "str", "bool", "abs"}, fn.Id) {
			return e
		}
		e = c.Args[0]
	}
}

// sent reports whether an expression is what a request says, or an item of it, and nothing that was looked up by it.
func sent(f *checks.Frame, e ast.Expr) bool {
	for in := range f.StandsFor(e) {
		switch {
		case in.Call != nil && in.Call.Result != nil && in.Call.Result.Labels(models.NoSink).Has(models.User):
			if s := in.Call.Symbol; s != nil && in.Call.Body() == nil && slices.ContainsFunc([]string{"flask", "fastapi", "starlette", "quart", "django", "aiohttp", "sanic", "json"}, s.Under) {
				return true
			}
		case in.Param != nil && in.Frame == f && f.Function().Class == nil:
			if name := in.Param.Name; name != nil && name.Id != "request" || len(in.Steps) > 1 {
				return true
			}
		}
	}
	for root := e; ; {
		if f.ValueOf(root).Is("flask.request", "quart.request", "bottle.request") {
			return root != e
		}
		switch n := root.(type) {
		case *ast.Attribute:
			root = n.Value
		case *ast.Subscript:
			root = n.Value
		default:
			return false
		}
	}
}

// keepForReview keeps the value in a list, which somebody looks through before the detector is told of it.
func keepForReview(p *checks.Pass, c *checks.Call) *fix.Fix {
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) || len(c.Args) != 1 || c.Args[0].Node == nil || c.Args[0].Unpacked || p.Defines("PENDING_ERRORS") {
		return nil
	}
	return checks.Fix(true, "keep the value for review", checks.Replace(p, c.Node, "PENDING_ERRORS.append("+p.File.Text(c.Args[0].Node)+")"), fix.AddConstant(p.File, "PENDING_ERRORS = []", fix.Spaced))
}
