package robustness

import (
	"math"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// scale is the range of the pixels that an attack works on.
type scale int

const (
	unknownScale scale = iota
	toOne              // 0..1
	to255              // 0..255
)

// at is an argument with the library's default.
type at struct {
	pos      int
	name     string
	fallback float64
}

const (
	byAlpha = "torchattacks.{BIM,PGD,EOTPGD,TPGD,MIFGSM,NIFGSM,DIFGSM}"
	byEps   = "torchattacks.{FGSM,FFGSM,RFGSM}"
	artPGD  = "art.attacks.evasion.{ProjectedGradientDescent,ProjectedGradientDescentNumpy,ProjectedGradientDescentPyTorch,ProjectedGradientDescentTensorFlowV2}"
	artBIM  = "art.attacks.evasion.BasicIterativeMethod"
	artFGM  = "art.attacks.evasion.FastGradientMethod"
	chFGM   = "cleverhans.{torch,tf2}.attacks.fast_gradient_method.fast_gradient_method"
	chPGD   = "cleverhans.{torch,tf2}.attacks.projected_gradient_descent.projected_gradient_descent"
	flbox   = "foolbox.attacks.{FGSM,LinfFastGradientAttack,LinfPGD,PGD,LinfBasicIterativeAttack}"
	aAttack = "autoattack.AutoAttack"

	steppers = "torchattacks.{PGD,BIM,MIFGSM,EOTPGD}"
	// initialised follows the name of a class in that of super().__init__ in a class of the project.
	initialised = "().__init__"
)

// budgetOffScale is PML1402.
var budgetOffScale = &checks.Rule{
	Spec: infoPML1402,
	On:   []string{byAlpha, byEps, byAlpha + initialised, byEps + initialised, "torchattacks.APGD", aAttack, artPGD, artBIM, artFGM, artPGD + initialised, artBIM + initialised, artFGM + initialised, chFGM, chPGD, flbox + "()"},
	Knows: []string{
		"art.estimators.{classification,object_detection}.*", "foolbox.{PyTorchModel,TensorFlowModel,JAXModel}", "foolbox.models.{PyTorchModel,TensorFlowModel,JAXModel}", "foolbox.{Bounds,types.Bounds}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		eps, pixels := budget(c)
		if eps == nil || pixels == unknownScale || !maxNorm(c) {
			return
		}
		list := numbers(c, eps.Value)
		if len(list) == 0 {
			return
		}
		for _, e := range list {
			if e <= 0 || (pixels == toOne) != (e >= 1) {
				return
			}
		}
		factor := " / 255"
		if pixels == to255 {
			factor = " * 255"
		}
		f := scaled(p, eps, factor)
		if w, ok := walks(c); ok && f != nil && pixels == to255 {
			// A step on the old scale would never reach the new budget.
			if step := w.step.arg(c); step != nil && number(step)*w.steps.value(c) < list[0]*255 {
				if more := scaled(p, step, factor); more != nil {
					f.Edits = append(f.Edits, more.Edits...)
				}
			}
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, eps), Fix: f})
	},
}

// budget returns the argument of the budget of an attack, and the range of its pixels.
func budget(c *checks.Call) (*checks.Argument, scale) {
	name := strings.TrimSuffix(c.Symbol.String(), initialised)
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case last == "APGD", last == "AutoAttack":
		return c.Arg(2, "eps"), toOne
	case strings.HasPrefix(name, "torchattacks."):
		return c.Arg(1, "eps"), toOne
	case strings.HasPrefix(name, "cleverhans."):
		lo, hi := 4, 5
		if last == "projected_gradient_descent" {
			lo, hi = 6, 7
		}
		return c.Arg(2, "eps"), rangeOf(number(c.Arg(lo, "clip_min")), number(c.Arg(hi, "clip_max")))
	case strings.HasPrefix(name, "foolbox."):
		return c.Arg(3, "epsilons"), boundsOf(c.Arg(0, "model"), 1, "bounds")
	case last == "BasicIterativeMethod":
		return c.Arg(1, "eps"), boundsOf(c.Arg(0, "estimator"), -1, "clip_values")
	}
	return c.Arg(2, "eps"), boundsOf(c.Arg(0, "estimator"), -1, "clip_values")
}

// maxNorm reports whether an attack bounds each pixel by itself.
func maxNorm(c *checks.Call) bool {
	name := strings.TrimSuffix(c.Symbol.String(), initialised)
	last := name[strings.LastIndexByte(name, '.')+1:]
	pos := -1
	switch {
	case last == "APGD", last == "AutoAttack":
		norm := c.Arg(1, "norm")
		if norm == nil {
			return true
		}
		t, ok := norm.Value.Text()
		return ok && t == "Linf"
	case strings.HasPrefix(name, "torchattacks."), strings.HasPrefix(name, "foolbox."), last == "BasicIterativeMethod":
		return true
	case last == "fast_gradient_method":
		pos = 3
	case last == "projected_gradient_descent":
		pos = 5
	case strings.HasPrefix(name, "art."):
		pos = 1
	}
	norm := c.Arg(pos, "norm")
	if norm == nil {
		return strings.HasPrefix(name, "art.")
	}
	if t, ok := norm.Value.Text(); ok {
		return t == "inf"
	}
	return math.IsInf(number(norm), 1)
}

// number is the constant number of an argument, NaN where it is none.
func number(a *checks.Argument) float64 {
	if a == nil {
		return math.NaN()
	}
	if n, ok := a.Value.Number(); ok {
		return n
	}
	return math.NaN()
}

// numbers lists the constant numbers that a value is, or that are the elements of a list; none
// where one of them is not constant.
func numbers(c *checks.Call, v *checks.Value) []float64 {
	if n, ok := v.Number(); ok {
		return []float64{n}
	}
	if v.IsParameter() || v.Kind() == flow.KindUnion { // one budget after the other, in a loop
		var out []float64
		for _, given := range c.Given(v) {
			for _, a := range given.Alternatives() {
				n, ok := a.Number()
				if !ok {
					return nil
				}
				out = append(out, n)
			}
		}
		return out
	}
	items, open, ok := c.Items(v)
	if !ok || open {
		return nil
	}
	var out []float64
	for _, it := range items {
		n, ok := it.Value.Number()
		if !ok || it.Maybe || it.Splat {
			return nil
		}
		out = append(out, n)
	}
	return out
}

func rangeOf(lo, hi float64) scale {
	switch {
	case lo == 0 && hi == 1:
		return toOne
	case lo == 0 && hi == 255:
		return to255
	}
	return unknownScale
}

// boundsOf is the range that an estimator or a wrapped model was made with.
func boundsOf(a *checks.Argument, pos int, name string) scale {
	if a == nil {
		return unknownScale
	}
	made := a.Value.Origin()
	if made == nil {
		return unknownScale
	}
	bounds := made.Arg(pos, name)
	if bounds == nil {
		return unknownScale
	}
	if o := bounds.Value.Origin(); o != nil && o.Symbol.Is("foolbox.Bounds", "foolbox.types.Bounds") {
		return rangeOf(number(o.Arg(0, "lower")), number(o.Arg(1, "upper")))
	}
	found := unknownScale
	for i, v := range made.Given(bounds.Value) {
		list := numbers(made, v)
		if len(list) != 2 {
			return unknownScale
		}
		if scale := rangeOf(list[0], list[1]); i == 0 || scale == found {
			found = scale
		} else {
			return unknownScale
		}
	}
	return found
}

// scaled brings a budget to the range of the pixels.
func scaled(p *checks.Pass, eps *checks.Argument, factor string) *fix.Fix {
	if eps.Unpacked || eps.Node == nil {
		return nil
	}
	elements := []ast.Expr{eps.Node}
	switch n := eps.Node.(type) {
	case *ast.List:
		elements = n.Elts
	case *ast.Tuple:
		elements = n.Elts
	case *ast.Name:
		if eps.Value.Kind() == flow.KindObject {
			return checks.Fix(true, "bring the budget to the range of the pixels", checks.Replace(p, n, "[eps"+factor+" for eps in "+n.Id+"]"))
		}
	}
	var edits []fix.Edit
	for _, e := range elements {
		edits = append(edits, checks.Replace(p, e, operand(p, e)+factor)...)
	}
	return checks.Fix(true, "bring the budget to the range of the pixels", edits)
}

// operand is an expression as one side of a division.
func operand(p *checks.Pass, e ast.Expr) string {
	text := p.File.Text(e)
	switch e.(type) {
	case *ast.Name, *ast.Number, *ast.Attribute, *ast.Call, *ast.Subscript:
		return text
	}
	return "(" + text + ")"
}

// shortSteps is PML1403.
var shortSteps = &checks.Rule{
	Spec:  infoPML1403,
	On:    []string{steppers, steppers + initialised, artPGD, artPGD + initialised, artBIM, artBIM + initialised, chPGD, "foolbox.attacks.{LinfPGD,PGD,LinfBasicIterativeAttack}"},
	Knows: []string{"foolbox.attacks.{LinfPGD,PGD,LinfBasicIterativeAttack}()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.HasRest() {
			return
		}
		if strings.HasPrefix(c.Symbol.String(), "foolbox.") {
			foolboxSteps(p, c)
			return
		}
		w, ok := walks(c)
		if !ok || on(c.Arg(-1, "random_eps")) || given(c.Arg(-1, "decay")) && strings.HasPrefix(c.Symbol.String(), "art.") {
			return
		}
		eps, step, steps := w.eps.value(c), w.step.value(c), w.steps.value(c)
		if math.IsNaN(eps+step+steps) || steps <= 0 || eps <= 0 || step <= 0 || step >= eps || step*steps >= eps-1e-9 {
			return
		}
		text := "2.5 * (" + w.eps.text(p, c) + ") / " + w.steps.factor(p, c)
		p.Report(checks.Report{Node: c.Node, Fix: setStep(p, c, w.step, text)})
	},
}

// walk is where an attack that walks to its budget takes its numbers.
type walk struct{ eps, step, steps at }

func walks(c *checks.Call) (walk, bool) {
	name := strings.TrimSuffix(c.Symbol.String(), initialised)
	switch {
	case strings.HasPrefix(name, "torchattacks."):
		return walk{at{1, "eps", 8.0 / 255}, at{2, "alpha", 2.0 / 255}, at{3, "steps", 10}}, true
	case strings.HasPrefix(name, "cleverhans."):
		return walk{at{2, "eps", math.NaN()}, at{3, "eps_iter", math.NaN()}, at{4, "nb_iter", math.NaN()}}, true
	case strings.HasSuffix(name, "BasicIterativeMethod"):
		return walk{at{1, "eps", 0.3}, at{2, "eps_step", 0.1}, at{3, "max_iter", 100}}, true
	case strings.HasPrefix(name, "art."):
		return walk{at{2, "eps", 0.3}, at{3, "eps_step", 0.1}, at{5, "max_iter", 100}}, true
	}
	return walk{}, false
}

func (a at) arg(c *checks.Call) *checks.Argument { return c.Arg(a.pos, a.name) }

// value is the number given, or the default.
func (a at) value(c *checks.Call) float64 {
	if arg := a.arg(c); arg != nil {
		return number(arg)
	}
	return a.fallback
}

// text is how a number is written in the call, or the library's default.
func (a at) text(p *checks.Pass, c *checks.Call) string {
	arg := a.arg(c)
	switch {
	case arg == nil && a.fallback == 8.0/255:
		return "8 / 255"
	case arg == nil:
		return formatted(a.fallback)
	case arg.Unpacked:
		if in := p.Holder(arg.Given); in != nil {
			if _, ok := arg.Given.(*ast.BinOp); ok && !strings.ContainsFunc(in.File.Text(arg.Given), unicode.IsLetter) {
				return in.File.Text(arg.Given)
			}
		}
		return formatted(number(arg))
	case arg.Node == nil || !p.Holds(arg.Node):
		return formatted(number(arg))
	}
	return p.File.Text(arg.Node)
}

func (a at) factor(p *checks.Pass, c *checks.Call) string {
	text := a.text(p, c)
	if strings.ContainsAny(text, " +-*/") {
		return "(" + text + ")"
	}
	return text
}

func on(a *checks.Argument) bool    { return a != nil && !checks.Off(a.Value) }
func given(a *checks.Argument) bool { return a != nil && !a.Value.IsNone() }

func setStep(p *checks.Pass, c *checks.Call, step at, text string) *fix.Fix {
	const message = "take steps that reach the budget"
	arg := step.arg(c)
	switch {
	case arg == nil:
		return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, step.name, text))
	case arg.Unpacked:
		// The text names what stands in the call: in a dict beside it only constants mean the same.
		if e, ok := arg.Given.(ast.Expr); ok && !strings.ContainsFunc(text, unicode.IsLetter) {
			return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix { return checks.Fix(true, message, checks.Replace(there, e, text)) })
		}
		return nil
	case arg.Node == nil:
		return nil
	}
	return checks.Fix(true, message, checks.Replace(p, arg.Node, text))
}

// foolboxSteps judges steps that are relative to the budget, or absolute beside the budgets of
// the attack's call.
func foolboxSteps(p *checks.Pass, c *checks.Call) {
	relative, steps := at{0, "rel_stepsize", 0.01 / 0.3}, at{2, "steps", 40}
	if strings.HasSuffix(c.Symbol.String(), "BasicIterativeAttack") {
		relative.fallback, steps.fallback = 0.2, 10
	}
	n := steps.value(c)
	if math.IsNaN(n) || n <= 0 {
		return
	}
	if absolute := c.Arg(1, "abs_stepsize"); given(absolute) {
		step, least := number(absolute), leastBudget(c)
		if math.IsNaN(step+least) || step >= least || step*n >= least-1e-9 {
			return
		}
		var f *fix.Fix
		if !absolute.Unpacked && absolute.Node != nil {
			f = checks.Fix(true, "take steps that reach the budget", checks.Replace(p, absolute.Node, "2.5 * "+formatted(least)+" / "+steps.factor(p, c)))
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
		return
	}
	step := relative.value(c)
	if math.IsNaN(step) || step >= 1 || step*n >= 1-1e-9 {
		return
	}
	p.Report(checks.Report{Node: c.Node, Fix: setStep(p, c, relative, "2.5 / "+steps.factor(p, c))})
}

// leastBudget is the smallest constant budget with which an attack is called.
func leastBudget(c *checks.Call) float64 {
	least := math.NaN()
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Callee == nil || o.Callee.Origin() == nil || o.Callee.Origin().Node != c.Node {
				continue
			}
			if a := o.Arg(3, "epsilons"); a != nil {
				for _, n := range numbers(o, a.Value) {
					if math.IsNaN(least) || n < least {
						least = n
					}
				}
			}
		}
	}
	return least
}
