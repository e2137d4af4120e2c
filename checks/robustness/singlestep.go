package robustness

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of robust accuracies that rest on a single step.

const (
	taFGSM  = "torchattacks.{FGSM,attacks.fgsm.FGSM}"
	fbFGSM  = "foolbox.attacks.{FGSM,LinfFastGradientAttack,fast_gradient_method.LinfFastGradientAttack}"
	artFGSM = "art.attacks.evasion.{FastGradientMethod,fast_gradient.FastGradientMethod}"
)

// fgsmAlone is PML1420.
var fgsmAlone = &checks.Rule{
	Spec:  infoPML1420,
	Asks:  []*checks.Question{namesStrongAttack},
	On:    []string{taFGSM, fbFGSM, artFGSM, chFGM},
	Knows: []string{taFGSM + "()", fbFGSM + "()", "art.attacks.evasion.{FastGradientMethod,fast_gradient.FastGradientMethod}().generate"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if p.Says(namesStrongAttack) || !claimed(c) {
			return
		}
		// One report for the project: at the first attack that a claim rests on.
		for _, f := range c.Frame.Everywhere() {
			for _, o := range f.Calls {
				if !o.Symbol.Is(taFGSM, fbFGSM, artFGSM, chFGM) || o.Node == c.Node {
					continue
				}
				m := p.Project.Module(f.Module())
				if m == nil || m.IsTest() {
					continue
				}
				if before := m.Path < p.Path || m.Path == p.Path && o.Node.Pos() < c.Node.Pos(); before && claimed(o) {
					return
				}
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: severalSteps(p, c)})
	},
}

// claimed reports whether a figure that rests on an attack is called robust, and none of its names
// says that it is one of a single step.
func claimed(c *checks.Call) bool {
	runs := map[ast.Node]bool{c.Node: true}
	frames, seen := []*checks.Frame(nil), map[*checks.Frame]bool{}
	put := func(g *checks.Frame) {
		if !seen[g] {
			seen[g] = true
			frames = append(frames, g)
		}
	}
	add := func(f *checks.Frame) {
		for _, g := range near(f, 2) {
			put(g)
		}
		if fn := f.Function(); fn != nil && fn.Class != nil { // a class that keeps count
			for _, g := range f.Beside() {
				if g.Function() != nil && g.Function().Class == fn.Class {
					put(g)
				}
			}
		}
	}
	add(c.Frame)
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if !attacks(o) || o.Node == c.Node || !madeOf(f, o.Node.Fn, func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == c.Node }) {
				continue
			}
			if repeated(f, o.Node) {
				return false // a hand-written iteration
			}
			runs[o.Node] = true
			add(f)
		}
	}
	if strings.HasPrefix(symbolOf(c), "cleverhans.") && repeated(c.Frame, c.Node) {
		return false
	}
	var verdict func(flow.Ingredient) bool
	if strings.HasPrefix(symbolOf(c), "foolbox.") {
		verdict = func(in flow.Ingredient) bool {
			return in.Call != nil && runs[in.Call.Node] && in.Call.Node != c.Node && len(in.Steps) > 0 && in.Steps[0] == "2"
		}
	}
	m := newMeasure(func(in flow.Ingredient) bool { return in.Call != nil && runs[in.Call.Node] }, verdict)
	labels, found := m.labels(frames)
	if !found {
		return false
	}
	claim := false
	for _, l := range labels {
		l = strings.ReplaceAll(strings.ToLower(l), "_", " ")
		for _, word := range [...]string{"fgsm", "fgm", "fast gradient", "fastgradient", "single step", "single-step", "one step", "one-step"} {
			if strings.Contains(l, word) {
				return false
			}
		}
		for _, word := range [...]string{"robust", "adv acc", "advacc", "adversarial acc", "adversarialacc"} {
			claim = claim || strings.Contains(l, word)
		}
	}
	return claim
}

// repeated reports whether a step is taken from where the last one led: a name is bound to what is
// made of it.
func repeated(f *checks.Frame, n *ast.Call) bool {
	around := ast.PathEnclosing(f.Module().File, n.Range())
	loop, into := false, map[string]bool{}
	for _, o := range around {
		switch o := o.(type) {
		case *ast.For, *ast.While:
			loop = true
		case *ast.FunctionDef, *ast.ClassDef:
			loop = false
		case *ast.Assign:
			for _, t := range o.Targets {
				ast.Inspect(t, func(t ast.Node) bool {
					if id, ok := t.(*ast.Name); ok {
						into[id.Id] = true
					}
					return true
				})
			}
		}
	}
	if !loop {
		return false
	}
	for id := range into {
		for _, a := range n.Args {
			if checks.UsesName(a, id) && inStepLoop(around, id) {
				return true
			}
		}
		for _, k := range n.Keywords {
			if checks.UsesName(k.Value, id) && inStepLoop(around, id) {
				return true
			}
		}
	}
	return false
}

// inStepLoop reports whether the innermost loop around a step does not itself give the name.
func inStepLoop(around []ast.Node, name string) bool {
	for i := len(around) - 1; i >= 0; i-- {
		switch o := around[i].(type) {
		case *ast.For:
			return !checks.UsesName(o.Target, name)
		case *ast.While:
			return true
		}
	}
	return false
}

// strongWords are parts of the names of attacks of more than one step, in lower case.
var strongWords = []string{
	"pgd", "projected_gradient", "projectedgradient", "autoattack", "auto_attack", "deepfool", "deep_fool", "carlini", "hopskipjump", "hop_skip_jump", "mifgsm", "mi_fgsm", "mim_attack", "momentumiterative",
	"momentum_iterative", "basiciterative", "basic_iterative", "squareattack", "square_attack", "boundaryattack", "boundary_attack", "iterative_fgsm", "iterativefgsm", "ifgsm", "i_fgsm", "cw_attack", "cwattack", "bim_attack", "fab_attack",
}

// strongNames are such names as they stand alone.
var strongNames = map[string]bool{
	"BIM": true, "APGD": true, "APGDT": true, "CW": true, "FAB": true, "Square": true, "MIM": true, "bim": true, "apgd": true, "cw": true, "fab": true, "EADAttack": true, "DDNAttack": true, "spsa": true, "SPSA": true, "JSMA": true,
}

// namesStrongAttack asks for a name of an attack that takes more than one step: in code, an import,
// or a word of the settings.
var namesStrongAttack = &checks.Question{Name: "names an attack of several steps", Says: func(d *checks.Draft) bool {
	strong := func(name string) bool {
		if strongNames[name] {
			return true
		}
		lower := strings.ToLower(name)
		return slices.ContainsFunc(strongWords, func(w string) bool { return strings.Contains(lower, w) })
	}
	if !strongText(string(d.Text), strong) {
		return false
	}
	found := false
	ast.InspectStmts(d.Syntax().Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || strong(n.Id)
		case *ast.Attribute:
			found = found || strong(n.Attr.Id)
		case *ast.FunctionDef:
			found = found || strong(n.Name.Id)
		case *ast.ClassDef:
			found = found || strong(n.Name.Id)
		case *ast.Str:
			found = found || len(n.Value) < 40 && !strings.Contains(n.Value, " ") && strong(n.Value)
		case *ast.ImportFrom:
			for _, a := range n.Names {
				found = found || strong(a.Name) || a.Name == "benchmark" && strings.HasPrefix(n.Module, "robustbench")
			}
		case *ast.Import:
			for _, a := range n.Names {
				found = found || strong(a.Name) || strings.HasPrefix(a.Name, "robustbench.eval")
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "benchmark" && checks.LastName(at.Value) == "robustbench" {
				found = true
			}
		}
		return !found
	})
	return found
}}

// strongText asks the words of a text whether they name a strong attack.
func strongText(text string, strong func(string) bool) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.ContainsFunc(words, strong) || slices.Contains(words, "robustbench")
}

// severalSteps takes ten steps or more in the place of one.
func severalSteps(p *checks.Pass, c *checks.Call) *fix.Fix {
	if c.HasRest() {
		return nil
	}
	const message = "attack in several steps"
	symbol := symbolOf(c)
	switch {
	case strings.HasPrefix(symbol, "torchattacks."):
		eps := c.Arg(1, "eps")
		edits, ok := renamed(p, c, "PGD", "torchattacks.PGD", "from torchattacks import PGD")
		if !ok || eps != nil && eps.Node == nil {
			return nil
		}
		if eps != nil {
			edits = append(edits, fix.AddKeyword(p.File, c.Node, "alpha", "("+p.File.Text(eps.Node)+") / 4")...)
		}
		return checks.Fix(true, message, edits)
	case strings.HasPrefix(symbol, "foolbox."):
		if len(c.Node.Args) > 0 {
			return nil
		}
		edits, ok := renamed(p, c, "LinfPGD", "foolbox.attacks.LinfPGD", "from foolbox.attacks import LinfPGD")
		if !ok {
			return nil
		}
		return checks.Fix(true, message, edits)
	case strings.HasPrefix(symbol, "art."):
		if len(c.Node.Args) > 3 || c.Arg(-1, "minimal") != nil {
			return nil
		}
		edits, ok := renamed(p, c, "ProjectedGradientDescent", "art.attacks.evasion.ProjectedGradientDescent", "from art.attacks.evasion import ProjectedGradientDescent")
		eps, step := c.Arg(2, "eps"), c.Arg(3, "eps_step")
		if !ok || eps != nil && eps.Node == nil || step != nil && step.Node == nil {
			return nil
		}
		if eps != nil {
			quarter := "(" + p.File.Text(eps.Node) + ") / 4"
			if step != nil {
				edits = append(edits, checks.Replace(p, step.Node, quarter)...)
			} else {
				edits = append(edits, fix.AddKeyword(p.File, c.Node, "eps_step", quarter)...)
			}
		}
		return checks.Fix(true, message, edits)
	}
	// cleverhans
	eps, norm := c.Arg(2, "eps"), c.Arg(3, "norm")
	module := strings.TrimSuffix(symbol, "fast_gradient_method.fast_gradient_method") + "projected_gradient_descent"
	edits, ok := renamed(p, c, "", module+".projected_gradient_descent", "from "+module+" import projected_gradient_descent")
	if !ok || eps == nil || eps.Node == nil || norm == nil || norm.Node == nil {
		return nil
	}
	quarter := "(" + p.File.Text(eps.Node) + ") / 4"
	if norm.Keyword == nil {
		given := []string{quarter, "10"} // what follows moves by two places
		for i, a := range c.Node.Args[3:] {
			given = append(given, p.File.Text(a))
			edits = append(edits, checks.Replace(p, a, given[i])...)
		}
		return checks.Fix(true, message, edits, fix.AddPositional(p.File, c.Node, strings.Join(given[len(given)-2:], ", ")))
	}
	return checks.Fix(true, message, edits, checks.Replace(p, norm.Keyword, "eps_iter="+quarter+", nb_iter=10, "+p.File.Text(norm.Keyword)))
}

// renamed calls another attack of the same module: as an attribute of what is written there, or by
// a name that is imported.
func renamed(p *checks.Pass, c *checks.Call, last, qualified, stmt string) ([]fix.Edit, bool) {
	if !p.Holds(c.Node) {
		return nil, false
	}
	if at, ok := c.Node.Fn.(*ast.Attribute); ok && last != "" {
		return checks.Replace(p, at.Attr, last), true
	}
	module := strings.TrimPrefix(strings.Split(stmt, " import ")[0], "from ")
	name := qualified[strings.LastIndexByte(qualified, '.')+1:]
	spelling, reached := fix.ImportedAs(p.File, qualified)
	var imports []fix.Edit
	switch {
	case reached:
	case p.Defines(name):
		return nil, false
	default:
		spelling, imports = name, fix.AddImportedName(p.File, module, name, fix.InOrder)
		if len(imports) == 0 {
			return nil, false
		}
	}
	return append(checks.Replace(p, c.Node.Fn, spelling), imports...), true
}
