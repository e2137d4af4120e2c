package robustness

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of distilled models that predict at the temperature of their
// training.

// temperatureKept is PML1414.
var temperatureKept = &checks.Rule{
	Spec: infoPML1414,
	On: []string{
		"torch.nn.functional.{kl_div,cross_entropy}", "torch.{kl_div,nn.KLDivLoss(),nn.CrossEntropyLoss()}",
		"keras.losses.{KLDivergence(),kl_divergence,kullback_leibler_divergence,CategoricalCrossentropy(),categorical_crossentropy}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for t := range temperatures(c) {
			for _, f := range c.Frame.Everywhere() {
				f.InspectOwn(func(n ast.Node) bool {
					if d, ok := n.(*ast.BinOp); ok && t.divides(f, d) && predictsAt(f, d) && !softTarget(c, f, d) {
						reportDivision(p, f, d)
					}
					return true
				})
			}
		}
	},
}

// temperature is the number by which the logits of student and teacher are divided.
type temperature struct {
	// literal is where it is written; param the parameter of which it is the default, for those
	// of other functions.
	literal *ast.Number
	param   string
}

// temperatures lists the numbers above 1 by which both sides of a distillation loss are divided.
func temperatures(loss *checks.Call) map[temperature]bool {
	if len(loss.Args) < 2 {
		return nil
	}
	count := map[temperature]map[int]bool{}
	for _, i := range [...]int{1, 0} { // targets first: most losses have labels
		n := loss.Args[i].Node
		if n == nil {
			continue
		}
		for _, d := range divisions(loss.Frame, n) {
			if t, ok := temperatureOf(d.Frame, d.Expr.(*ast.BinOp).Right); ok {
				if count[t] == nil {
					count[t] = map[int]bool{}
				}
				count[t][i] = true
			}
		}
		if len(count) == 0 {
			return nil // the other side is not asked for nothing
		}
	}
	out := map[temperature]bool{}
	for t, sides := range count {
		if len(sides) == 2 {
			out[t] = true
		}
	}
	return out
}

// divisions lists the divisions that an argument of a loss is made of: those in the expressions
// that it stands for.
func divisions(f *checks.Frame, e ast.Expr) []flow.Spelled {
	var out []flow.Spelled
	seen := map[ast.Node]bool{}
	var look func(f *checks.Frame, e ast.Expr, depth int)
	look = func(f *checks.Frame, e ast.Expr, depth int) {
		if depth > 4 {
			return
		}
		for _, x := range f.SpelledOut(e) {
			if seen[x.Expr] {
				continue
			}
			seen[x.Expr] = true
			switch n := x.Expr.(type) {
			case *ast.BinOp:
				if n.Op == "/" {
					out = append(out, x)
				} else {
					look(x.Frame, n.Left, depth+1)
					look(x.Frame, n.Right, depth+1)
				}
			case *ast.Call:
				if at, ok := n.Fn.(*ast.Attribute); ok {
					look(x.Frame, at.Value, depth+1)
				}
				for _, a := range n.Args {
					look(x.Frame, a, depth+1)
				}
				for _, k := range n.Keywords {
					look(x.Frame, k.Value, depth+1)
				}
			}
		}
	}
	look(f, e, 0)
	return out
}

// temperatureOf returns the temperature that a divisor is, where that is a number above 1 which
// has a name.
func temperatureOf(f *checks.Frame, e ast.Expr) (t temperature, ok bool) {
	name := checks.LastName(e)
	if name == "" {
		return t, false
	}
	for in := range f.MadeOf(e) {
		switch {
		case in.Literal != nil:
			n, number := in.Literal.(*ast.Number)
			if !number || !in.Whole || t.literal != nil && t.literal != n {
				return t, false
			}
			t.literal = n
		case in.Param != nil:
			if in.Whole && in.Param.Default != nil && in.Frame == f {
				t.param = name
			}
		case in.Call != nil:
			return t, false // learned, or read from somewhere
		}
	}
	if t.literal == nil {
		return t, false
	}
	if n, err := strconv.ParseFloat(strings.ReplaceAll(t.literal.Text, "_", ""), 64); err != nil || n <= 1 {
		return t, false
	}
	return t, true
}

// divides reports whether a division is by the temperature.
func (t temperature) divides(f *checks.Frame, d *ast.BinOp) bool {
	if d.Op != "/" {
		return false
	}
	o, ok := temperatureOf(f, d.Right)
	if !ok {
		return false
	}
	return o.literal == t.literal || t.param != "" && o.param == t.param && o.literal.Text == t.literal.Text
}

// predictsAt reports whether a division stands in code that predicts, of logits whose softmax is
// taken: in its function or in those that call it.
func predictsAt(f *checks.Frame, d *ast.BinOp) bool {
	fn := f.Function()
	if fn == nil || named(fn.Module.File.Text(d.Left), "teacher") || named(fn.Qual, "teacher") {
		return false
	}
	return predictsFrom(f, d, d, false, false, 0)
}

// predictsFrom looks at a function, in which a node holds or calls for the division, and at its
// callers; scored and serving tell what has been found so far.
func predictsFrom(f *checks.Frame, node ast.Expr, d *ast.BinOp, scored, serving bool, depth int) bool {
	if learns(f) {
		return false
	}
	scored = scored || softmaxOf(f, d) != nil
	serving = serving || infers(f, node)
	if scored && serving {
		return true
	}
	if depth >= 2 {
		return false
	}
	for _, c := range f.Callers() {
		if predictsFrom(c.Frame, c.Node, d, scored, serving, depth+1) {
			return true
		}
	}
	return false
}

// learns reports whether a function computes a loss.
func learns(f *checks.Frame) bool {
	for _, c := range f.Calls {
		switch checks.CalledName(c) {
		case "backward", "kl_div", "KLDivLoss", "cross_entropy", "gradient", "apply_gradients":
			return true
		}
		if strings.Contains(symbolOf(c), "KLDivLoss") || strings.Contains(symbolOf(c), "KLDivergence") {
			return true
		}
	}
	return false
}

// infers reports whether the code of a function predicts at a node: without gradients, after
// eval(), for a request, or by predict and training=False.
func infers(f *checks.Frame, node ast.Expr) bool {
	fn := f.Function()
	if fn != nil && fn.Def != nil {
		for _, x := range fn.Def.Decorators {
			if text := fn.Module.File.Text(x.Expr); strings.Contains(text, "no_grad") || strings.Contains(text, "inference_mode") {
				return true
			}
		}
		if serves(f) {
			return true
		}
	}
	for _, n := range ast.PathEnclosing(f.Module().File, node.Range()) {
		if w, ok := n.(*ast.With); ok {
			for _, item := range w.Items {
				if c, ok := item.Context.(*ast.Call); ok && stopsGradients(f, c) {
					return true
				}
			}
		}
	}
	operand := node
	if d, ok := node.(*ast.BinOp); ok {
		operand = d.Left
	}
	for _, c := range f.Calls {
		if c.Node.Pos() > node.Range().Stop() {
			continue
		}
		switch name := checks.LastName(c.Node.Fn); {
		case name == "eval" && len(c.Node.Args) == 0, name == "predict" && within1(f, operand, c):
			return true
		}
		if k := keyword(c, "training"); k != nil && within1(f, operand, c) {
			if v, ok := k.(*ast.Constant); ok && v.Value == ast.False {
				return true
			}
		}
	}
	return false
}

// within1 reports whether a value is made of what a call gives, also where it is handed to a
// function of which the value comes.
func within1(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	if madeOfCall(f, e, c) {
		return true
	}
	if n, ok := e.(*ast.Call); ok {
		for _, a := range n.Args {
			if madeOfCall(f, a, c) {
				return true
			}
		}
	}
	return false
}

func named(text, word string) bool { return strings.Contains(strings.ToLower(text), word) }

func madeOfCall(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	return madeOf(f, e, func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == c.Node })
}

// softmaxOf returns the call that makes scores of a division, directly or by way of names.
func softmaxOf(f *checks.Frame, d *ast.BinOp) *checks.Call {
	for _, c := range f.Calls {
		if name := checks.CalledName(c); name != "softmax" && name != "log_softmax" && name != "sigmoid" && !strings.HasSuffix(symbolOf(c), "Softmax()") {
			continue
		}
		if c.Node.Range().Contains(d.Range()) {
			return c
		}
		operand := ast.Expr(nil)
		if at, ok := c.Node.Fn.(*ast.Attribute); ok && c.Receiver != nil && !isLibrary(c) {
			operand = at.Value
		}
		if len(c.Node.Args) > 0 && (operand == nil || strings.HasSuffix(symbolOf(c), "Softmax()")) {
			operand = c.Node.Args[0]
		}
		if operand == nil {
			continue
		}
		for _, x := range f.SpelledOut(operand) {
			if x.Expr == ast.Expr(d) {
				return c
			}
		}
	}
	return nil
}

// softTarget reports whether what comes of a division goes into the loss.
func softTarget(loss *checks.Call, f *checks.Frame, d *ast.BinOp) bool {
	s := softmaxOf(f, d)
	if s == nil {
		return false
	}
	for i := range loss.Args {
		if n := loss.Args[i].Node; n != nil && madeOfCall(loss.Frame, n, s) {
			return true
		}
	}
	return false
}

func reportDivision(p *checks.Pass, f *checks.Frame, d *ast.BinOp) {
	m := p.Project.Module(f.Module())
	if m == nil {
		return
	}
	in := &checks.Pass{Module: m, Project: p.Project}
	p.Report(checks.Report{Node: d, In: m, Fix: checks.Fix(true, "predict at temperature 1", checks.Replace(in, d, m.File.Text(d.Left)))})
}
