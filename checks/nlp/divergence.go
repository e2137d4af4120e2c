package nlp

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// divergence is PML3224.
var divergence = &checks.Rule{
	Spec:  infoPML3224,
	On:    []string{"torch.nn.functional.kl_div", "torch.kl_div", "torch.nn.KLDivLoss()"},
	Knows: []string{"torch.{softmax,log_softmax}", "torch.nn.functional.{softmax,log_softmax}", "torch.nn.{Softmax,LogSoftmax}()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		input, target := c.Arg(0, "input"), c.Arg(1, "target")
		if input == nil || target == nil || input.Node == nil || target.Node == nil || c.Partial {
			return
		}
		if at, scale := scaleOf(c, input.Node, 0); scale == probabilities {
			p.Report(checks.Report{Node: c.Node, Fix: logarithms(p, c, input.Node, at)})
			return
		}
		if _, scale := scaleOf(c, target.Node, 0); scale == logarithmic && !logTarget(c) {
			p.Report(checks.Report{Node: c.Node, Fix: sayLogTarget(p, c)})
		}
	},
}

// scale says what numbers are.
type scale uint8

const (
	unknownScale scale = iota
	probabilities
	logarithmic
)

// scaleOf tells what numbers an expression is, and the call that makes them: a softmax, or the logarithm of one.
func scaleOf(c *checks.Call, e ast.Expr, depth int) (*ast.Call, scale) {
	switch e := e.(type) {
	case *ast.Name:
		if last := checks.LastAssigned(checks.BodyOf(c.Frame), e); last != nil && depth < 4 {
			return scaleOf(c, last, depth+1)
		}
	case *ast.Call:
		if o := c.Frame.CallAt(e); o != nil {
			if s := scaleBy(o); s != unknownScale {
				return e, s
			}
		}
		if at, ok := e.Fn.(*ast.Attribute); ok {
			switch at.Attr.Id {
			case "detach", "float", "to", "view", "contiguous", "cpu", "double", "half", "clone", "squeeze", "unsqueeze", "reshape": // which change no number
				return scaleOf(c, at.Value, depth+1)
			}
		}
	}
	return nil, standing(c, e)
}

// standing is scaleOf for what comes by attributes and from callers, where all agree.
func standing(c *checks.Call, e ast.Expr) scale {
	found := unknownScale
	for in := range c.Frame.StandsFor(e) {
		if in.Call == nil {
			continue
		}
		s := scaleBy(in.Call)
		if s == unknownScale || !in.Whole || len(in.Steps) > 0 || found != unknownScale && found != s {
			return unknownScale
		}
		found = s
	}
	return found
}

// scaleBy tells what numbers a call makes.
func scaleBy(o *checks.Call) scale {
	switch {
	case o.Symbol.Is("torch.softmax", "torch.nn.functional.softmax", "torch.nn.Softmax()"):
		return probabilities
	case o.Symbol.Is("torch.log_softmax", "torch.nn.functional.log_softmax", "torch.nn.LogSoftmax()"):
		return logarithmic
	}
	at, ok := o.Node.Fn.(*ast.Attribute)
	if !ok || checks.LastName(at.Value) == "self" || o.Body() != nil {
		return unknownScale
	}
	switch at.Attr.Id {
	case "softmax":
		return probabilities
	case "log_softmax":
		return logarithmic
	}
	return unknownScale
}

// logTarget reports whether a divergence is told that its target is logarithms, or may be.
func logTarget(c *checks.Call) bool {
	pos, made := 5, c
	if c.Symbol.Is("torch.nn.KLDivLoss()") {
		if pos, made = 3, c.Callee.Origin(); made == nil {
			return true
		}
	}
	a := made.Arg(pos, "log_target")
	return a == nil && made.HasRest() || a != nil && !checks.Off(a.Value)
}

// sayLogTarget says that the target is logarithms.
func sayLogTarget(p *checks.Pass, c *checks.Call) *fix.Fix {
	made := c
	if c.Symbol.Is("torch.nn.KLDivLoss()") {
		made = c.Callee.Origin()
		if target := c.Arg(1, "target"); p.Holds(target.Node) && measuresOthers(made) {
			return checks.Fix(true, "give the probabilities themselves", fix.Wrap(p.File, target.Node, "", ".exp()"))
		}
	}
	return checks.FixAt(p, made.Node, func(there *checks.Pass) *fix.Fix {
		if a := made.Arg(-1, "log_target"); a != nil {
			return checks.SetConstant(there, made, a, "True")
		}
		return checks.Fix(true, "the target is logarithms: log_target=True", fix.AddKeyword(there.File, made.Node, "log_target", "True"))
	})
}

// measuresOthers reports whether an object that measures divergences is also given targets that are no logarithms.
func measuresOthers(made *checks.Call) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Callee.Origin() != made {
				continue
			}
			if a := o.Arg(1, "target"); a != nil && a.Node != nil {
				if _, s := scaleOf(o, a.Node, 0); s != logarithmic {
					return true
				}
			}
		}
	}
	return false
}

// logarithms makes logarithms of the probabilities that a divergence is given first.
func logarithms(p *checks.Pass, c *checks.Call, input ast.Expr, made *ast.Call) *fix.Fix {
	const message = "give the logarithms of the probabilities"
	if !p.Holds(input) {
		return nil
	}
	name, named := input.(*ast.Name)
	if made != nil && p.Holds(made) && (!named || usedOnce(c, name)) {
		switch fn := made.Fn.(type) {
		case *ast.Attribute:
			if fn.Attr.Id == "softmax" && checks.LastName(fn.Value) != "self" {
				return checks.Fix(true, message, checks.Replace(p, fn.Attr, "log_softmax"))
			}
		case *ast.Name:
			if o := c.Frame.CallAt(made); o != nil && o.Symbol.Is("torch.nn.functional.softmax") && checks.LastName(fn) == "softmax" {
				spelling, imports := fix.Reach(p.File, "torch.nn.functional.log_softmax", "from torch.nn.functional import log_softmax", fix.InSection)
				return checks.Fix(true, message, checks.Replace(p, fn, spelling), imports)
			}
		case *ast.Call:
			switch class := fn.Fn.(type) {
			case *ast.Attribute:
				if class.Attr.Id == "Softmax" {
					return checks.Fix(true, message, checks.Replace(p, class.Attr, "LogSoftmax"))
				}
			}
		}
	}
	return checks.Fix(true, message, fix.Wrap(p.File, input, "", ".log()"))
}

// usedOnce reports whether a name is read nowhere else in the function.
func usedOnce(c *checks.Call, name *ast.Name) bool {
	n := 0
	c.Frame.InspectOwn(func(x ast.Node) bool {
		if id, ok := x.(*ast.Name); ok && id.Id == name.Id {
			n++
		}
		return true
	})
	return n <= 2 // where it is bound, and here
}
