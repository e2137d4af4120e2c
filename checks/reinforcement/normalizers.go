package reinforcement

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	normalizer = "stable_baselines3.common.vec_env.VecNormalize"
	evaluation = "stable_baselines3.common.evaluation.evaluate_policy"
	algorithms = "stable_baselines3.common.base_class.BaseAlgorithm()"
)

// learningNormalizer is PML3318.
var learningNormalizer = &checks.Rule{
	Spec:  infoPML3318,
	On:    []string{normalizer, normalizer + ".load"},
	Knows: []string{evaluation, algorithms, algorithms + ".predict", algorithms + ".learn"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if a := c.Arg(1, "training"); a != nil && c.Method != "load" && !checks.On(a.Value) {
			return
		}
		if a := c.Arg(2, "norm_obs"); a != nil && c.Method != "load" && checks.Off(a.Value) || c.HasRest() {
			return
		}
		if !runsLoaded(p, c) || trained(c) || frozen(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: freeze(p, c)})
	},
}

// is reports whether a value is what a call gives.
func is(v *checks.Value, c *checks.Call) bool {
	o := v.Origin()
	return o != nil && o.Node == c.Node
}

// loadedPolicy reports whether a value is a policy that was loaded.
func loadedPolicy(v *checks.Value) bool {
	o := v.Origin()
	if o == nil || o.Symbol == nil {
		return false
	}
	return strings.HasSuffix(o.Symbol.String(), ".load") && (o.Symbol.Under("stable_baselines3") || o.Symbol.Under("sb3_contrib"))
}

// runsLoaded reports whether a loaded policy runs in a loop of steps of an environment, or is evaluated in it.
func runsLoaded(p *checks.Pass, c *checks.Call) bool {
	steps, predicts := false, false
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			switch {
			case (o.Method == "step" || o.Method == "step_async") && is(o.Receiver, c):
				steps = steps || inLoop(p, o.Node)
			case o.Method == "predict" && loadedPolicy(o.Receiver):
				predicts = true
			case o.Symbol.Is(evaluation):
				model, env := o.Arg(0, "model"), o.Arg(1, "env")
				if model != nil && env != nil && is(env.Value, c) && (c.Symbol.Is(normalizer+".load") || loadedPolicy(model.Value)) {
					return true
				}
			}
		}
	}
	return steps && predicts
}

func inLoop(p *checks.Pass, n ast.Node) bool {
	for _, a := range p.Around(n) {
		switch a.(type) {
		case *ast.For, *ast.While:
			return true
		}
	}
	return false
}

// trained reports whether the code trains a policy in an environment.
func trained(c *checks.Call) bool {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Method != "learn" {
				continue
			}
			made := o.Receiver.Origin()
			if f == c.Frame || made == nil || slices.ContainsFunc(made.Args, func(a checks.Argument) bool { return is(a.Value, c) }) {
				return true
			}
		}
	}
	return false
}

// frozen reports whether the statistics of an environment are kept as they are: by its attribute, also in a function of the
// project that is given the environment.
func frozen(p *checks.Pass, c *checks.Call) bool {
	target := targetOf(p, c)
	off := func(body []ast.Stmt, whose func(ast.Expr) bool) bool {
		found := false
		ast.InspectStmts(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				k, isConst := n.Value.(*ast.Constant)
				for _, t := range n.Targets {
					if at, ok := t.(*ast.Attribute); ok && at.Attr.Id == "training" && (!isConst || p.File.Text(k) != "True") && whose(at.Value) {
						found = true
					}
				}
			case *ast.Call:
				name := checks.LastName(n.Fn)
				if name != "setattr" && name != "set_attr" {
					return true
				}
				for _, a := range n.Args {
					if s, ok := a.(*ast.Str); ok && s.Value == "training" {
						found = true
					}
				}
			}
			return !found
		})
		return found
	}
	same := func(e ast.Expr) bool { return target == "" || p.File.Text(e) == target }
	if off(checks.BodyOf(c.Frame), same) {
		return true
	}
	for _, f := range c.Frame.Beside() {
		// An attribute, or a global, is known in other functions by the same text.
		shared := target == "" || strings.Contains(target, ".") || c.Frame.Function() == nil
		if shared && f != c.Frame && f.Function() != nil && off(checks.BodyOf(f), same) {
			return true
		}
		for _, o := range f.Calls {
			if body := o.Body(); body != nil && slices.ContainsFunc(o.Args, func(a checks.Argument) bool { return is(a.Value, c) }) {
				if off(checks.BodyOf(body), func(ast.Expr) bool { return true }) {
					return true
				}
			}
		}
	}
	return false
}

// targetOf is the text of the name or attribute that a call's result is assigned to, "" where it is none.
func targetOf(p *checks.Pass, c *checks.Call) string {
	if a, ok := p.StmtOf(c.Node).(*ast.Assign); ok && len(a.Targets) == 1 && a.Value == ast.Expr(c.Node) {
		switch a.Targets[0].(type) {
		case *ast.Name, *ast.Attribute:
			return p.File.Text(a.Targets[0])
		}
	}
	return ""
}

// freeze keeps the statistics as they were saved.
func freeze(p *checks.Pass, c *checks.Call) *fix.Fix {
	target := targetOf(p, c)
	if target == "" {
		return nil
	}
	return checks.Fix(false, "keep the statistics as they were saved", fix.InsertAfter(p.File, p.StmtOf(c.Node), target+".training = False"))
}
