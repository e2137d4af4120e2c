package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// attributedInTraining is PML2414.
var attributedInTraining = &checks.Rule{
	Spec:  infoPML2414,
	On:    []string{"captum.attr.{*,_core.**.*}().attribute"},
	Knows: []string{"captum.attr.{*,_core.**.*}", "torchvision.models.**", "{timm,timm.models}.create_model", "torch.hub.load", "torch.nn.Module"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		explainer := origin(c.Receiver)
		for depth := 0; explainer != nil && depth < 3; depth++ { // NoiseTunnel(Saliency(model))
			first := firstArgument(explainer)
			if first == nil || first.Node == nil {
				return
			}
			if inner := origin(first.Value); inner != nil && inner.Symbol.Under("captum") {
				explainer = inner
				continue
			}
			model, made := explainedModel(explainer.Frame, first)
			if made == nil || !changes(p, made) || evaluated(p, made) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Fix: evaluateFirst(p, explainer, model)})
			return
		}
	},
}

// firstArgument is what an explainer explains: a model, a function that calls it, or another explainer.
func firstArgument(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"forward_func", "model", "attribution_method"} {
		if a := c.Arg(0, name); a != nil && !a.Unpacked {
			return a
		}
	}
	return nil
}

// explainedModel is the expression of the model that an explainer is given, with the call that makes it; the expression is nil
// where it does not stand at the explainer, and the call where none is known.
func explainedModel(f *checks.Frame, a *checks.Argument) (ast.Expr, *checks.Call) {
	e := a.Node
	if at, ok := e.(*ast.Attribute); ok && (at.Attr.Id == "forward" || at.Attr.Id == "__call__") {
		e = at.Value
	}
	if made := madeBy(f, e); made != nil {
		return e, made
	}
	fn := a.Value.Function()
	if fn == nil {
		return nil, nil
	}
	body := f.AnalysisOf(fn)
	if body == nil {
		return nil, nil
	}
	for _, o := range body.Calls {
		switch callee := o.Node.Fn.(type) {
		case *ast.Name:
			if made := madeBy(body, callee); made != nil {
				return callee, made
			}
		case *ast.Attribute:
			if made := madeBy(body, callee); made != nil {
				return callee, made
			}
		}
	}
	return nil, nil
}

// madeBy is the call that makes the network which an expression stands for, nil where it is not known, or where it may be one
// of several.
func madeBy(f *checks.Frame, e ast.Expr) *checks.Call {
	var made *checks.Call
	for in := range f.StandsFor(e) {
		if in.Call == nil || len(in.Steps) > 0 || !makesNetwork(in.Call) {
			continue
		}
		if made != nil && made.Node != in.Call.Node {
			return nil
		}
		made = in.Call
	}
	return made
}

// makesNetwork reports whether a call makes a network, in training mode.
func makesNetwork(c *checks.Call) bool {
	if class := c.Callee.Class(); class != nil {
		return c.Callee.Origin() == nil && class.Extends("torch.nn.Module")
	}
	name := c.Callee.Name()
	switch {
	case c.Symbol.Is("timm.create_model", "timm.models.create_model", "torch.hub.load"):
		return true
	case strings.HasPrefix(name, "torchvision.models."):
		return !strings.HasSuffix(name, "()") && !strings.Contains(name, "Weights") && !strings.Contains(name, "feature_extraction") && !strings.Contains(name, "get_")
	}
	return false
}

// changes reports whether a network answers otherwise in training mode: one of a library, or one of the project with dropout or
// batch normalization.
func changes(p *checks.Pass, made *checks.Call) bool {
	class := made.Callee.Class()
	if class == nil {
		return true
	}
	return differs(p, made.Frame, class, 0)
}

func differs(p *checks.Pass, f *checks.Frame, class *checks.ProjectClass, depth int) bool {
	if depth > 3 {
		return false
	}
	for _, k := range class.Linear() {
		m := p.Project.Module(k.Module)
		if m == nil {
			continue
		}
		text := strings.ToLower(m.File.Text(k.Node))
		for _, word := range [...]string{"batchnorm", "dropout", "torchvision", "timm.", "models.", "nn.transformer", "resnet"} {
			if strings.Contains(text, word) {
				return true
			}
		}
		for _, g := range f.Everywhere() {
			if g.Class() == nil || g.Class().Class != k.Class {
				continue
			}
			for _, c := range g.Calls {
				if inner := c.Callee.Class(); inner != nil && c.Callee.Origin() == nil && inner.Extends("torch.nn.Module") && inner.Class != k.Class && differs(p, f, inner, depth+1) {
					return true
				}
			}
		}
	}
	return false
}

// evaluated reports whether something puts a network, or what may hold it, into evaluation mode, or hands it to a function of
// which nothing is known and that may.
func evaluated(p *checks.Pass, made *checks.Call) bool {
	if at, ok := around(p, made).(*ast.Attribute); ok && (at.Attr.Id == "eval" || at.Attr.Id == "train") {
		return true
	}
	of := func(c *checks.Call) bool {
		at, ok := c.Node.Fn.(*ast.Attribute)
		if !ok {
			return false
		}
		other := false
		for in := range c.Frame.MadeOf(at.Value) {
			switch {
			case in.Call == nil:
			case in.Call.Node == made.Node:
				return true
			case makesNetwork(in.Call):
				other = true
			}
		}
		return !other
	}
	f := made.Frame
	return slices.ContainsFunc(f.CallsNamed("eval"), func(c *checks.Call) bool { return len(c.Args) == 0 && of(c) }) ||
		slices.ContainsFunc(f.CallsNamed("train"), func(c *checks.Call) bool { return len(c.Args) == 1 && checks.Off(c.Args[0].Value) && of(c) }) ||
		slices.ContainsFunc([]string{"set_eval", "freeze", "prepare", "prepare_model", "set_mode", "to_eval", "eval_mode", "freeze_model", "set_training_mode"}, func(name string) bool {
			return slices.ContainsFunc(f.CallsNamed(name), func(c *checks.Call) bool { return c.Body() == nil })
		})
}

// around is the node that a call stands in.
func around(p *checks.Pass, c *checks.Call) ast.Node {
	m := p.Project.Module(c.Frame.Module())
	if m == nil {
		return nil
	}
	list := m.Around(c.Node)
	if len(list) < 2 {
		return nil
	}
	return list[len(list)-2]
}

// evaluateFirst puts the model into evaluation mode before its explainer is made.
func evaluateFirst(p *checks.Pass, explainer *checks.Call, model ast.Expr) *fix.Fix {
	if model == nil {
		return nil
	}
	return checks.FixAt(p, explainer.Node, func(there *checks.Pass) *fix.Fix {
		stmt := there.StmtOf(explainer.Node)
		if stmt == nil || !there.Holds(model) || checks.RunsLater(there.Module, explainer.Node, stmt) {
			return nil
		}
		switch model.(type) {
		case *ast.Name, *ast.Attribute:
		default:
			return nil
		}
		if there.FunctionAround(model) != there.FunctionAround(explainer.Node) {
			if _, name := model.(*ast.Name); !name || !there.Defines(there.File.Text(model)) {
				return nil
			}
		}
		return checks.Fix(true, "explain the model in evaluation mode", fix.InsertBefore(there.File, stmt, there.File.Text(model)+".eval()"))
	})
}
