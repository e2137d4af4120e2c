package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// pipelineEval is PML4219.
var pipelineEval = &checks.Rule{
	Spec:  infoPML4219,
	Knows: []string{"builtins.eval", "builtins.map"},
	On:    append([]string{"builtins.eval"}, pipelineClasses...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("builtins.eval") {
			if a := c.Arg(0, ""); a != nil && a.Node != nil && namesTransform(p, a.Value) && checks.Called(p.Module, c.Node) {
				p.Report(checks.Report{Node: c.Node, Fix: withoutEval(p, c)})
			}
			return
		}
		for i := range c.Args {
			if c.Args[i].Node == nil {
				continue
			}
			for in := range c.Frame.MadeOf(c.Args[i].Node) {
				if in.Call != nil && in.Call.Symbol.Is("builtins.map") && len(in.Call.Args) == 2 && in.Call.Args[0].Value.Is("builtins.eval") {
					reportMapped(p, in.Call)
					continue
				}
				if in.Call == nil || !in.Call.Symbol.Is("builtins.eval") {
					continue
				}
				made := p.Project.Module(in.Call.Frame.Module())
				a := in.Call.Arg(0, "")
				if made == nil || a == nil || a.Node == nil || !isElement(made, in.Call.Node, 0) {
					continue
				}
				there := p.There(made)
				if _, constant := a.Value.Text(); constant || namesTransform(there, a.Value) && checks.Called(made, in.Call.Node) {
					continue
				}
				f := withoutEval(there, in.Call)
				if f != nil {
					p.InFile(made, f.Edits)
				}
				p.Report(checks.Report{Node: in.Call.Node, In: made, Fix: f})
			}
		}
	},
}

// reportMapped reports eval that map calls for each of a list of names.
func reportMapped(p *checks.Pass, c *checks.Call) {
	made := p.Project.Module(c.Frame.Module())
	if made == nil || c.Args[0].Node == nil || !made.Holds(c.Args[0].Node) || !isElement(made, c.Args[0].Node, 0) {
		return
	}
	there := p.There(made)
	f := checks.Fix(true, "look the name up", checks.Replace(there, c.Args[0].Node, "globals().__getitem__"))
	p.InFile(made, f.Edits)
	p.Report(checks.Report{Node: c.Node, In: made, Fix: f})
}

// transformModules are the modules of libraries that change samples.
var transformModules = []string{
	"torchvision.transforms", "torchvision.transforms.v2", "torchvision.transforms.transforms", "albumentations", "imgaug.augmenters", "audiomentations", "torch_audiomentations", "torchio", "torchio.transforms",
	"kornia.augmentation", "kornia.augmentation.container", "nlpaug.flow", "nlpaug.augmenter.word", "nlpaug.augmenter.char", "monai.transforms", "paddle.vision.transforms",
}

// pipelineClasses are the classes that are given a list of transforms.
var pipelineClasses = func() []string {
	var out []string
	for _, m := range transformModules {
		out = append(out, m+".{Compose,Sequential,OneOf,SomeOf,RandomApply,RandomChoice,RandomOrder,AugmentationSequential,Sometimes}")
	}
	return append(out, "albumentations.core.composition.{Compose,Sequential,OneOf,SomeOf,RandomOrder}")
}()

// namesTransform reports whether a text is a name of one of the modules that the file imports: "transforms." and more.
func namesTransform(p *checks.Pass, v *checks.Value) bool {
	if _, constant := v.Text(); constant {
		return false
	}
	alias, found := strings.CutSuffix(v.Prefix(), ".")
	return found && slices.ContainsFunc(transformModules, func(m string) bool {
		spelling, ok := fix.ImportedAs(p.File, m)
		return ok && spelling == alias
	})
}

// isElement reports whether an expression, or what a call of it gives, becomes an element of a list: not an argument of
// something else.
func isElement(m *checks.Module, e ast.Expr, depth int) bool {
	around := m.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if n.Fn == around[i+1] {
				continue // a call of it
			}
			switch checks.LastName(n.Fn) {
			case "append", "insert", "extend", "partial", "Compose", "Sequential", "OneOf", "SomeOf", "RandomApply", "RandomChoice", "RandomOrder", "AugmentationSequential", "Sometimes", "list", "map", "tuple":
				return true
			}
			return false
		case *ast.List, *ast.Tuple, *ast.Return, *ast.AugAssign, *ast.Yield:
			return true
		case *ast.Comp:
			if n.Elt != around[i+1] {
				return false
			}
			if item, ok := around[i-1].(*ast.Subscript); !ok || item.Value != ast.Expr(n) {
				return true
			}
			i-- // one of its elements
		case *ast.IfExp, *ast.Lambda, *ast.Starred, *ast.BoolOp:
			continue
		case *ast.NamedExpr:
			return true
		case *ast.Assign:
			name, ok := n.Targets[0].(*ast.Name)
			if !ok {
				_, keyed := n.Targets[0].(*ast.Subscript)
				return keyed
			}
			body := m.File.Body
			if def := m.FunctionAround(e); def != nil {
				body = def.Body
			}
			found := false
			ast.InspectStmts(body, func(x ast.Node) bool {
				use, ok := x.(*ast.Name)
				found = found || ok && use.Id == name.Id && use.Pos() > n.Stop() && depth < 3 && isElement(m, use, depth+1)
				return !found
			})
			return found
		default:
			return false
		}
	}
	return false
}

// withoutEval looks the name up that a text is evaluated for: in its module, or among the globals.
func withoutEval(p *checks.Pass, c *checks.Call) *fix.Fix {
	a := c.Arg(0, "")
	text := "globals()[" + p.File.Text(a.Node) + "]"
	if parts := a.Value.Parts(); len(parts) > 1 && parts[0].Value == nil && parts[1].Value != nil && len(parts) < 4 {
		module, dotted := strings.CutSuffix(parts[0].Text, ".")
		after := ""
		if len(parts) == 3 && parts[2].Value == nil {
			after = parts[2].Text
		}
		name, ok := parts[1].Node.(ast.Expr)
		switch {
		case !ok || !dotted || !p.Holds(name) || after == "" && len(parts) == 3 || after != "" && !(after[0] == '(' && strings.HasSuffix(after, ")")):
			return nil
		}
		text = "getattr(" + module + ", " + p.File.Text(name) + ")" + after
	}
	return checks.Fix(true, "look the name up", checks.Replace(p, c.Node, text))
}
