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
	edits := trainInstead(p, u.call.Frame, u.images)
	if edits == nil || rate {
		return nil
	}
	if y := u.call.Arg(1, "y"); y != nil { // the labels go with them, or stay away: the attack then takes what the model says
		labels := trainInstead(p, u.call.Frame, y.Node)
		switch {
		case labels != nil:
			edits = append(edits, labels...)
		case y.Unpacked || y.Keyword == nil && (len(u.call.Node.Args) != 2 || u.call.Node.Args[0] != u.images):
			return nil
		case y.Keyword == nil:
			edits = append(edits, fix.Edit{Start: int(p.File.Parens(u.images).End), End: int(p.File.Parens(y.Node).End)})
		default:
			edits = append(edits, checks.RemoveArg(p, u.call, y)...)
		}
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
		added := target.Id + " = " + p.File.Text(u.images) + " + " + p.File.Text(at.Value) + ".noise"
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

// trainInstead names the training's array in the place of the test's: of x_test, of a part of it, or of an attribute of
// the object. It is nil where there is none.
func trainInstead(p *checks.Pass, f *checks.Frame, e ast.Expr) []fix.Edit {
	switch n := e.(type) {
	case *ast.Name:
		if train := trainName(n.Id); train != "" && known(p, f, train) {
			return checks.Replace(p, n, train)
		}
	case *ast.Attribute:
		train := trainName(n.Attr.Id)
		if of, ok := n.Value.(*ast.Name); ok && train != "" && setsAttribute(p, of.Id+"."+train) {
			return checks.Replace(p, n.Attr, train)
		}
	case *ast.Subscript:
		if _, part := n.Index.(*ast.Slice); part {
			return trainInstead(p, f, n.Value)
		}
	}
	return nil
}

// setsAttribute reports whether the file gives an attribute a value: self.x_train = …
func setsAttribute(p *checks.Pass, name string) bool {
	found := false
	target := func(e ast.Expr) {
		if tuple, ok := e.(*ast.Tuple); ok {
			for _, x := range tuple.Elts {
				found = found || p.File.Text(x) == name
			}
		}
		found = found || p.File.Text(e) == name
	}
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				target(t)
			}
		case *ast.AnnAssign:
			target(n.Target)
		}
		return !found
	})
	return found
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
