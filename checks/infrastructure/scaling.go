package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// scalers are the classes of gradient scalers.
var scalers = []string{"torch.amp.GradScaler", "torch.cuda.amp.GradScaler", "torch.amp.grad_scaler.GradScaler", "torch.cuda.amp.grad_scaler.GradScaler"}

// clipBeforeUnscale is PML2213.
var clipBeforeUnscale = &checks.Rule{
	Spec:  infoPML2213,
	On:    []string{"torch.nn.utils.{clip_grad_norm_,clip_grad_value_,clip_grad_norm,clip_grad.clip_grad_norm_,clip_grad.clip_grad_value_}"},
	Knows: scalers,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		around := []*checks.Frame{c.Frame}
		for depth := 0; depth < 3 && len(around) > 0; depth++ {
			var callers []*checks.Frame
			for _, f := range around {
				list := scaledSteps(f, 0)
				if s := clippedScaled(p, list, c); s != nil {
					p.Report(checks.Report{Node: c.Node, Fix: unscaled(p, s)})
					return
				}
				for _, o := range f.Callers() {
					callers = append(callers, o.Frame)
				}
			}
			around = callers
		}
	},
}

// scaledStep is something that a function, or one that it calls, does with scaled gradients.
type scaledStep struct {
	act string // "backward", "unscale", "clip" or "step"
	// by does it, in is the call in the function that was asked: by itself, or the call of another function.
	by, in *checks.Call
}

// maxScaledSteps bounds what is listed of a function.
const maxScaledSteps = 100

// scaledSteps lists what a function does with scaled gradients, in the order of the text.
func scaledSteps(f *checks.Frame, depth int) []scaledStep {
	var out []scaledStep
	for _, c := range f.Calls {
		act := ""
		switch name := checks.CalledName(c); name {
		case "backward":
			if scalerOf(c) != nil {
				act = "backward"
			}
		case "unscale_", "get_scale":
			act = "unscale"
		case "clip_grad_norm_", "clip_grad_value_", "clip_grad_norm":
			act = "clip"
		case "step":
			if isScaler(c) && len(c.Args) > 0 {
				act = "step"
			}
		}
		if act != "" {
			if out = append(out, scaledStep{act, c, c}); len(out) > maxScaledSteps {
				break
			}
			continue
		}
		if b := c.Body(); b != nil && b != f && depth < 2 {
			for _, s := range scaledSteps(b, depth+1) {
				out = append(out, scaledStep{s.act, s.by, c})
			}
		}
	}
	return out
}

// scalerOf is the call of `scaler.scale(loss)` that gives what a call of backward starts from, nil for others.
func scalerOf(c *checks.Call) *checks.Call {
	fn, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return nil
	}
	if inner, ok := fn.Value.(*ast.Call); ok {
		if s := c.Frame.CallAt(inner); s != nil && s.Method == "scale" && isScaler(s) {
			return s
		}
		return nil
	}
	for in := range c.Frame.StandsFor(fn.Value) {
		if in.Call != nil && in.Call.Method == "scale" && isScaler(in.Call) {
			return in.Call
		}
	}
	return nil
}

// isScaler reports whether the object of a method call is a gradient scaler that is switched on: one of torch's, or
// something unknown of such a name.
func isScaler(c *checks.Call) bool {
	if c.Receiver == nil {
		return false
	}
	known := false
	for _, v := range checks.Possible(c, c.Receiver) {
		if class := v.Class(); class != nil {
			return false
		}
		made := v.Origin()
		if made == nil || made.Symbol == nil {
			continue
		}
		if !made.Symbol.Is(scalers...) {
			return false
		}
		known = true
		if a := made.Arg(-1, "enabled"); a != nil && checks.Off(a.Value) {
			return false
		}
	}
	fn, ok := c.Node.Fn.(*ast.Attribute)
	return known || ok && strings.Contains(strings.ToLower(checks.LastName(fn.Value)), "scaler")
}

// clippedScaled is the step of the optimizer before which a call clips gradients that are still scaled, nil where they are not.
func clippedScaled(p *checks.Pass, list []scaledStep, clip *checks.Call) *scaledClip {
	at := -1
	for i, s := range list {
		if s.act == "clip" && s.by.Node == clip.Node {
			at = i
			break
		}
	}
	if at < 0 {
		return nil
	}
	for i := at - 1; i >= 0; i-- {
		switch list[i].act {
		case "unscale":
			return nil
		case "backward":
			if exclusive(p, list[i].in, list[at].in) {
				continue
			}
			later := false
			for k := at + 1; k < len(list); k++ {
				later = later || list[k].act == "unscale"
				if list[k].act == "step" && !exclusive(p, list[at].in, list[k].in) {
					return &scaledClip{list[at], list[k], later}
				}
			}
			return nil
		}
	}
	return nil
}

// exclusive reports whether two calls of a function stand in branches of which one runs.
func exclusive(p *checks.Pass, a, b *checks.Call) bool {
	m := p.Holder(a.Node)
	if m == nil || a.Frame != b.Frame {
		return false
	}
	for _, n := range m.Around(a.Node) {
		if s, ok := n.(*ast.If); ok && (checks.InBlock(s.Body, a.Node) && checks.InBlock(s.Orelse, b.Node) || checks.InBlock(s.Orelse, a.Node) && checks.InBlock(s.Body, b.Node)) {
			return true
		}
	}
	return false
}

// scaledClip is a clip of scaled gradients, and the step that follows. later is set where the scale is taken out between.
type scaledClip struct {
	clip, step scaledStep
	later      bool
}

// unscaled inserts the call that takes the scale out of the gradients.
func unscaled(p *checks.Pass, s *scaledClip) *fix.Fix {
	fn, ok := s.step.by.Node.Fn.(*ast.Attribute)
	if !ok || s.later || s.step.by != s.step.in || s.step.by.Frame != s.clip.in.Frame || len(s.step.by.Node.Args) == 0 {
		return nil
	}
	return checks.FixAt(p, s.clip.in.Node, func(there *checks.Pass) *fix.Fix {
		stmt := there.StmtOf(s.clip.in.Node)
		if stmt == nil {
			return nil
		}
		if branch, ok := stmt.(*ast.If); ok && branch.Elif {
			return nil
		}
		line := there.File.Text(fn.Value) + ".unscale_(" + there.File.Text(s.step.by.Node.Args[0]) + ")"
		return checks.Fix(true, "take the scale out of the gradients first", fix.InsertBefore(there.File, stmt, line))
	})
}
