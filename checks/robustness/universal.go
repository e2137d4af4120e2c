package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of universal perturbations that are scored on the images they were
// fitted to.

// scoredInSample is PML1406.
var scoredInSample = &checks.Rule{
	Spec: infoPML1406,
	On: []string{
		"art.attacks.evasion.{UniversalPerturbation,TargetedUniversalPerturbation}().generate",
		"art.attacks.evasion.{universal_perturbation.UniversalPerturbation,targeted_universal_perturbation.TargetedUniversalPerturbation}().generate",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		made, x := c.Receiver.Origin(), c.Arg(0, "x")
		if made == nil || x == nil || x.Node == nil || x.Unpacked {
			return
		}
		u := &universal{attack: made, call: c, images: x.Node}
		frames := near(c.Frame, 2)
		for _, f := range c.Frame.Beside() {
			if u.addedElsewhere(f) {
				return
			}
		}
		rate := false
		for _, f := range frames {
			if u.addedElsewhere(f) {
				return
			}
			rate = rate || u.tellsRate(f)
		}
		_, scored := newMeasure(u.examples, nil).labels(frames)
		if scored || rate {
			p.Report(checks.Report{Node: c.Node, Fix: u.fix(p, rate)})
		}
	},
}

// universal is an attack that fits one perturbation to some images.
type universal struct {
	attack, call *checks.Call
	images       ast.Expr
}

// examples tells the images with the perturbation.
func (u *universal) examples(in flow.Ingredient) bool {
	return in.Call != nil && (in.Call.Node == u.call.Node || u.noise(in))
}

// noise tells the perturbation itself.
func (u *universal) noise(in flow.Ingredient) bool {
	return in.Call != nil && in.Call.Node == u.attack.Node && len(in.Steps) > 0 && in.Steps[0] == ".noise"
}

// addedElsewhere reports whether a function adds the perturbation to other images.
func (u *universal) addedElsewhere(f *checks.Frame) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		var sides [2]ast.Expr
		switch n := n.(type) {
		case *ast.BinOp:
			if n.Op != "+" {
				return true
			}
			sides = [2]ast.Expr{n.Left, n.Right}
		case *ast.AugAssign:
			sides = [2]ast.Expr{n.Target, n.Value}
		case *ast.Call:
			if checks.LastName(n.Fn) != "add" || len(n.Args) < 2 {
				return true
			}
			sides = [2]ast.Expr{n.Args[0], n.Args[1]}
		default:
			return true
		}
		for i := range sides {
			if u.isNoise(f, sides[i]) && !u.sameImages(f, sides[1-i]) {
				found = true
			}
		}
		return !found
	})
	return found
}

func (u *universal) isNoise(f *checks.Frame, e ast.Expr) bool {
	if !strings.Contains(f.Module().File.Text(e), "noise") && checks.LastName(e) == "" {
		return false
	}
	return madeOf(f, e, u.noise)
}

// sameImages reports whether an expression stands for the images that the perturbation was fitted
// to, and for no others.
func (u *universal) sameImages(f *checks.Frame, e ast.Expr) bool {
	own := u.call.Frame.SpelledOut(u.images)
	for _, x := range f.SpelledOut(e) {
		for _, o := range own {
			if x.Expr == o.Expr || textOf(x) == textOf(o) && scopeOf(x) == scopeOf(o) {
				return true
			}
		}
	}
	return false
}

func textOf(x flow.Spelled) string { return x.Frame.Module().File.Text(x.Expr) }

// scopeOf is the function, or the module, whose names an expression reads: its own, where it names
// one of them.
func scopeOf(x flow.Spelled) any {
	for f := x.Frame; f != nil; f = f.Outer() {
		own := false
		ast.Inspect(x.Expr, func(n ast.Node) bool {
			id, ok := n.(*ast.Name)
			own = own || ok && localName(f, id.Id)
			return !own
		})
		if own {
			return f.Function()
		}
	}
	return x.Frame.Module()
}

// tellsRate reports whether a function prints, logs, keeps or returns the attack's own figure.
func (u *universal) tellsRate(f *checks.Frame) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		at, ok := n.(*ast.Attribute)
		if ok && at.Attr.Id == "fooling_rate" {
			found = found || madeOf(f, at.Value, func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == u.attack.Node })
		}
		return !found
	})
	return found
}

// fix fits the perturbation to the images of the training, where the file has them under the name
// that goes with the test's.
func (u *universal) fix(p *checks.Pass, rate bool) *fix.Fix {
	name, ok := u.images.(*ast.Name)
	if !ok || rate {
		return nil
	}
	train := trainName(name.Id)
	if train == "" || !known(p, u.call.Frame, train) {
		return nil
	}
	edits := checks.Replace(p, name, train)
	if y := u.call.Arg(1, "y"); y != nil { // the labels go with them
		id, ok := y.Node.(*ast.Name)
		if !ok || trainName(id.Id) == "" || !known(p, u.call.Frame, trainName(id.Id)) {
			return nil
		}
		edits = append(edits, checks.Replace(p, id, trainName(id.Id))...)
	}
	const message = "fit the perturbation to other images than it is scored on"
	switch s := p.StmtOf(u.call.Node).(type) {
	case *ast.ExprStmt:
		return checks.Fix(true, message, edits)
	case *ast.Assign:
		target, single := s.Targets[0].(*ast.Name)
		at, method := u.call.Node.Fn.(*ast.Attribute)
		if len(s.Targets) != 1 || !single || !method || s.Value != ast.Expr(u.call.Node) {
			return nil
		}
		added := target.Id + " = " + name.Id + " + " + p.File.Text(at.Value) + ".noise"
		// The assignment becomes the call alone, with the parentheses it may stand in.
		text, end := p.Source.Text, int(target.Stop())
		for end < int(s.Value.Pos()) && text[end] != '=' {
			end++
		}
		for end++; end < int(s.Value.Pos()) && (text[end] == ' ' || text[end] == '\t'); {
			end++
		}
		start := fix.Edit{Start: int(s.Pos()), End: end}
		return checks.Fix(true, message, []fix.Edit{start}, edits, fix.InsertAfter(p.File, s, added))
	}
	return nil
}

// trainName is the name of the training's array beside one of the test's; "" for others.
func trainName(name string) string {
	for _, word := range [...]string{"test", "val", "valid", "validation", "eval"} {
		parts := strings.Split(name, "_")
		for i, part := range parts {
			if part == word {
				parts[i] = "train"
				return strings.Join(parts, "_")
			}
		}
	}
	return ""
}

// known reports whether a name is bound where the code of a frame can read it.
func known(p *checks.Pass, f *checks.Frame, name string) bool {
	if p.Defines(name) {
		return true
	}
	for ; f != nil; f = f.Outer() {
		if localName(f, name) {
			return true
		}
	}
	return false
}
