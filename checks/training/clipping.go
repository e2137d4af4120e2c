package training

import (
	"math"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// clippingOrder is PML1313.
var clippingOrder = &checks.Rule{
	Spec: infoPML1313,
	On: []string{
		"torch.nn.utils.{clip_grad_norm_,clip_grad_value_,clip_grad_norm}", "torch.nn.utils.clip_grad.{clip_grad_norm_,clip_grad_value_}",
		"accelerate.Accelerator().{clip_grad_norm_,clip_grad_value_}", "{lightning.fabric.Fabric,lightning.Fabric}().clip_gradients",
		"?.{clip_grad_norm_,clip_grad_value_,clip_gradients}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if measuresOnly(c) {
			return
		}
		for _, f := range c.Frame.Beside() {
			if step := misplaced(p, f, c); step != nil {
				p.Report(checks.Report{Node: c.Node, Fix: clipBefore(p, c, step)})
				return
			}
		}
	},
}

// measuresOnly reports whether the bound is infinite: the call then gives the norm.
func measuresOnly(c *checks.Call) bool {
	bound := c.Arg(1, "max_norm")
	if bound == nil {
		return false
	}
	n, ok := bound.Value.Number()
	return ok && math.IsInf(n, 1)
}

// misplaced returns the step that follows a clip only in the next round, where the function
// that clips, itself or by a helper, does so after the step or before the gradients are there.
func misplaced(p *checks.Pass, f *checks.Frame, clip *checks.Call) *checks.Call {
	all := f.Training()
	at := -1
	for i, d := range all {
		if d.By == clip {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	round, loop := smallestRound(p, f, all, all[at])
	if round == nil || !sameModel(p, round, all[at]) {
		return nil
	}
	before, after := neighbours(p, round, all[at], loop)
	if before == models.StepOptimizer && (after == models.Backward || after == models.NoAct) ||
		before == models.NoAct && after == models.Backward {
		for _, d := range round {
			if d.Act == models.StepOptimizer && !exclusive(p, d.Call.Node, all[at].Call.Node) {
				return d.Call
			}
		}
	}
	return nil
}

// smallestRound lists what the innermost loop around a clip, or the whole function, does where
// it holds a backward and a step as well.
func smallestRound(p *checks.Pass, f *checks.Frame, all []flow.Doing, clip flow.Doing) (round []flow.Doing, loop bool) {
	around := p.Around(clip.Call.Node)
	for i := len(around) - 1; i >= 0; i-- {
		var in ast.Node
		switch n := around[i].(type) {
		case *ast.For, *ast.While:
			in, loop = n, true
		case *ast.FunctionDef:
			in, loop = n, false
		default:
			continue
		}
		round = within(all, in.Range())
		if has(round, models.Backward) && has(round, models.StepOptimizer) {
			return round, loop
		}
		if !loop {
			return nil, false
		}
	}
	if has(all, models.Backward) && has(all, models.StepOptimizer) {
		return all, false
	}
	return nil, false
}

func within(all []flow.Doing, in ast.Span) []flow.Doing {
	var out []flow.Doing
	for _, d := range all {
		if in.Contains(d.Call.Node.Range()) {
			out = append(out, d)
		}
	}
	return out
}

func has(list []flow.Doing, act models.Act) bool {
	for _, d := range list {
		if d.Act == act {
			return true
		}
	}
	return false
}

// neighbours tells what comes before and after a clip, of gradients and steps; in a loop the
// end is followed by the beginning.
func neighbours(p *checks.Pass, round []flow.Doing, clip flow.Doing, loop bool) (before, after models.Act) {
	var acts []models.Act
	at := 0
	for _, d := range round {
		switch {
		case d.By == clip.By:
			at = len(acts)
		case d.Act != models.Backward && d.Act != models.StepOptimizer || exclusive(p, d.Call.Node, clip.Call.Node):
		default:
			acts = append(acts, d.Act)
		}
	}
	if at > 0 {
		before = acts[at-1]
	} else if loop && len(acts) > 0 {
		before = acts[len(acts)-1]
	}
	if at < len(acts) {
		after = acts[at]
	} else if loop && len(acts) > 0 {
		after = acts[0]
	}
	return before, after
}

// exclusive reports whether two nodes stand in different branches of one `if` or `try`.
func exclusive(p *checks.Pass, a, b ast.Node) bool {
	for _, n := range p.Around(a) {
		branch, ok := n.(*ast.If)
		if !ok || !branch.Range().Contains(b.Range()) {
			continue
		}
		if checks.InBlock(branch.Body, a) && checks.InBlock(branch.Orelse, b) || checks.InBlock(branch.Orelse, a) && checks.InBlock(branch.Body, b) {
			return true
		}
	}
	return false
}

// sameModel reports whether what is clipped is what the one optimizer of a round changes.
func sameModel(p *checks.Pass, round []flow.Doing, clip flow.Doing) bool {
	var optimizer *checks.Value
	name := ""
	for _, d := range round {
		if d.Act != models.StepOptimizer {
			continue
		}
		steps, node := d.By.Receiver, receiverNode(d.By)
		if a := d.By.Arg(0, "optimizer"); a != nil && a.Node != nil && !a.Value.IsNone() && d.By.Symbol != nil && strings.Contains(d.By.Symbol.String(), "GradScaler") || a != nil && isScaler(d.By) {
			steps, node = a.Value, a.Node
		}
		text := p.File.Text(node)
		if name != "" && text != name {
			return false
		}
		optimizer, name = steps, text
	}
	if made := optimizer.Origin(); made != nil && !wraps(made) {
		changed, clipped := made.Arg(0, "params"), clip.By.Arg(0, "parameters")
		if changed != nil && clipped != nil && made.Frame == clip.By.Frame && bothKnown(changed.Value, clipped.Value) {
			return sameOwner(changed.Value, clipped.Value)
		}
	}
	model := clippedModel(clip)
	if model == nil {
		return true
	}
	return usedBeside(p, model, clip.Call)
}

// wraps reports whether a call gives the optimizer, and what else it was given, made ready for
// the devices: its arguments are no parameters.
func wraps(made *checks.Call) bool {
	return strings.HasPrefix(made.Method, "prepare") || strings.HasPrefix(made.Method, "setup")
}

func isScaler(c *checks.Call) bool {
	return strings.Contains(strings.ToLower(checks.LastName(receiverNode(c))), "scaler")
}

func receiverNode(c *checks.Call) ast.Node {
	if a, ok := c.Node.Fn.(*ast.Attribute); ok {
		return a.Value
	}
	return c.Node
}

// parametersOf is the model of which a clip takes the parameters: `M` of
// `clip_grad_norm_(M.parameters(), 1)`, or of `fabric.clip_gradients(M, optimizer)`.
func parametersOf(clip *checks.Call) ast.Expr {
	a := clip.Arg(0, "parameters")
	if a == nil {
		a = clip.Arg(0, "module")
	}
	if a == nil {
		return nil
	}
	if clip.Method == "clip_gradients" {
		return a.Node
	}
	return parametersIn(a.Node)
}

// clippedModel is parametersOf as the function that asks for the clip names it.
func clippedModel(clip flow.Doing) ast.Expr {
	model := parametersOf(clip.By)
	if clip.By == clip.Call || model == nil {
		return model
	}
	name, ok := model.(*ast.Name)
	if !ok {
		return nil
	}
	if a := checks.GivenFor(clip.Call, name.Id); a != nil {
		return a.Node
	}
	return nil
}

func parametersIn(e ast.Node) ast.Expr {
	call, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	a, ok := call.Fn.(*ast.Attribute)
	if !ok || a.Attr.Id != "parameters" {
		return nil
	}
	return a.Value
}

// bothKnown and sameOwner tell whether two sets of parameters belong to one module: they are
// what a method of the same thing gives, or come from the same parameter of the function.
func bothKnown(a, b *checks.Value) bool {
	return a.Origin() != nil && b.Origin() != nil || len(a.Marks()) > 0 && len(b.Marks()) > 0
}

func sameOwner(a, b *checks.Value) bool {
	if x, y := a.Origin(), b.Origin(); x != nil && y != nil {
		return flow.SameThing(x.Receiver, y.Receiver)
	}
	for _, m := range a.Marks() {
		for _, n := range b.Marks() {
			if m.Origin == n.Origin {
				return true
			}
		}
	}
	return false
}

// usedBeside reports whether the code around a clip uses a model elsewhere than there.
func usedBeside(p *checks.Pass, model ast.Expr, clip *checks.Call) bool {
	text := p.File.Text(model)
	if text == "self" {
		return true
	}
	for _, n := range p.Around(clip.Node) {
		var body ast.Node
		switch n.(type) {
		case *ast.For, *ast.While, *ast.FunctionDef:
			body = n
		default:
			continue
		}
		found := false
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if n == clip.Node {
					return false
				}
				if p.File.Text(n.Fn) == text {
					found = true
				}
				for _, a := range n.Args {
					if p.File.Text(a) == text {
						found = true
					}
				}
				if fn, ok := n.Fn.(*ast.Attribute); ok && p.File.Text(fn.Value) == text && fn.Attr.Id != "parameters" {
					found = true
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// clipBefore moves the statement that clips to the line before the step.
func clipBefore(p *checks.Pass, clip, step *checks.Call) *fix.Fix {
	from, to := p.StmtOf(clip.Node), p.StmtOf(step.Node)
	if from == nil || to == nil || from == to || !p.Holds(step.Node) {
		return nil
	}
	if _, ok := from.(*ast.ExprStmt); !ok {
		if _, ok := from.(*ast.Assign); !ok {
			return nil
		}
	}
	lines := strings.Split(p.File.Text(from), "\n")
	if s := scalerOfStep(step); s != nil && clip.Symbol.Under("torch") && !unscaledBefore(step) {
		// There the scale is still in the gradients.
		lines = append([]string{p.File.Text(s) + ".unscale_(" + p.File.Text(step.Node.Args[0]) + ")"}, lines...)
	}
	return checks.Fix(true, "clip between backward and the step", fix.RemoveStmt(p.File, from), fix.InsertBefore(p.File, to, lines...))
}

// scalerOfStep is the gradient scaler by which a call makes the step of an optimizer that it is given, nil where it makes
// its own.
func scalerOfStep(step *checks.Call) ast.Expr {
	fn, ok := step.Node.Fn.(*ast.Attribute)
	if !ok || len(step.Node.Args) == 0 || !strings.Contains(strings.ToLower(checks.LastName(fn.Value)), "scaler") {
		return nil
	}
	return fn.Value
}

// unscaledBefore reports whether the function takes the scale out of the gradients itself.
func unscaledBefore(step *checks.Call) bool {
	for _, c := range step.Frame.Calls {
		if c.Method == "unscale_" && c.Node.Pos() < step.Node.Pos() {
			return true
		}
	}
	return false
}
