package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of networks that are called past the wrapper that defends them.

const (
	artClassifiers = "art.estimators.classification.{PyTorchClassifier,KerasClassifier,TensorFlowV2Classifier,pytorch.PyTorchClassifier,keras.KerasClassifier,tensorflow.TensorFlowV2Classifier}"
	artDetectors   = "art.estimators.object_detection.{*,*.*}"
)

// bareNetwork is PML1401.
var bareNetwork = &checks.Rule{
	Spec:  infoPML1401,
	On:    []string{artClassifiers, artDetectors},
	Knows: []string{"art.defences.preprocessor.{*,*.*}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		w := wrapperOf(c)
		if w == nil {
			return
		}
		for _, f := range c.Frame.Everywhere() {
			for _, o := range f.Calls {
				if base, wrapped := w.network(f, o); base != nil && served(f, o) && !w.defended(f, o) {
					w.report(p, f, o, base, wrapped)
				}
			}
		}
	},
}

// wrapper is an ART estimator that holds defences of its network.
type wrapper struct {
	call *checks.Call
	// made are the calls that may have made the network, name what it is called where it comes
	// from elsewhere.
	made map[ast.Node]bool
	name string
}

func wrapperOf(c *checks.Call) *wrapper {
	model, defences := c.Arg(0, "model"), c.Arg(-1, "preprocessing_defences")
	if model == nil || model.Node == nil || defences == nil || defences.Node == nil {
		return nil
	}
	if !madeOf(c.Frame, defences.Node, isDefence) {
		return nil
	}
	w := &wrapper{call: c, made: map[ast.Node]bool{}}
	if model.Value.Origin() == nil && model.Value.Kind() == flow.KindExternal {
		w.name = model.Value.Name()
	}
	for in := range c.Frame.StandsFor(model.Node) {
		if in.Call != nil && len(in.Steps) == 0 {
			w.made[in.Call.Node] = true
		}
	}
	return w
}

func isDefence(in flow.Ingredient) bool {
	return in.Call != nil && strings.HasPrefix(symbolOf(in.Call), "art.defences.")
}

// network returns the expression of the bare network that a call asks; wrapped is set where it
// is read off the wrapper.
func (w *wrapper) network(f *checks.Frame, c *checks.Call) (base ast.Expr, wrapped bool) {
	if len(c.Args) == 0 {
		return nil, false
	}
	base = c.Node.Fn
	if at, ok := base.(*ast.Attribute); ok {
		switch at.Attr.Id {
		case "predict", "forward", "predict_on_batch", "__call__":
			base = at.Value
		}
	}
	switch base.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil, false
	}
	if at, ok := base.(*ast.Attribute); ok && (at.Attr.Id == "model" || at.Attr.Id == "_model") && w.is(f, at.Value) {
		return base, true
	}
	if w.name != "" {
		v := c.Callee
		if base != c.Node.Fn {
			v = c.Receiver
		}
		if v.Name() == w.name && v.Origin() == nil {
			return base, false
		}
	}
	if len(w.made) == 0 {
		return nil, false
	}
	if is(f, base, func(in flow.Ingredient) bool {
		return in.Call != nil && len(in.Steps) == 0 && w.made[in.Call.Node]
	}) {
		return base, false
	}
	return nil, false
}

// is reports whether an expression is the wrapper.
func (w *wrapper) is(f *checks.Frame, e ast.Expr) bool {
	return is(f, e, func(in flow.Ingredient) bool {
		return in.Call != nil && in.Call.Node == w.call.Node && len(in.Steps) == 0
	})
}

// served reports whether a call predicts for somebody: its input comes from a request or an
// upload, or from a parameter of the function that serves one.
func served(f *checks.Frame, c *checks.Call) bool {
	for i := range c.Args {
		for _, m := range c.Behind(c.Args[i].Value) {
			if m.Label == models.User || m.Label == models.Upload {
				return true
			}
		}
		if c.Args[i].Node != nil && !c.Args[i].Unpacked && madeOf(f, c.Args[i].Node, func(in flow.Ingredient) bool {
			return in.Param != nil && !isSelf(in) && serves(in.Frame) || in.Call != nil && fromOutside(in.Call)
		}) {
			return true
		}
	}
	return false
}

// fromOutside reports whether a call gives what a user sends.
func fromOutside(c *checks.Call) bool {
	if c.Result == nil {
		return false
	}
	labels := c.Result.Labels(models.NoSink)
	return labels.Has(models.User) || labels.Has(models.Upload)
}

// serves reports whether a frame's function takes remote requests.
func serves(f *checks.Frame) bool {
	fn := f.Function()
	if fn == nil {
		return false
	}
	for _, r := range f.Routes() {
		if r.Function == fn {
			return true
		}
	}
	return false
}

// defended reports whether an input passed a defence, or the wrapper, on its way.
func (w *wrapper) defended(f *checks.Frame, c *checks.Call) bool {
	for i := range c.Args {
		if n := c.Args[i].Node; n != nil && madeOf(f, n, func(in flow.Ingredient) bool {
			return isDefence(in) || in.Call != nil && in.Call.Node == w.call.Node
		}) {
			return true
		}
	}
	return false
}

func (w *wrapper) report(p *checks.Pass, f *checks.Frame, c *checks.Call, base ast.Expr, wrapped bool) {
	m := p.Project.Module(f.Module())
	if m == nil {
		return
	}
	p.Report(checks.Report{Node: c.Node, In: m, Fix: w.fix(p, m, f, c, base, wrapped)})
}

// fix asks the wrapper instead.
func (w *wrapper) fix(p *checks.Pass, m *checks.Module, f *checks.Frame, c *checks.Call, base ast.Expr, wrapped bool) *fix.Fix {
	in := &checks.Pass{Module: m, Project: p.Project}
	name := w.spelling(p, m, f)
	if wrapped {
		name = m.File.Text(base.(*ast.Attribute).Value)
	}
	if name == "" {
		return nil
	}
	const message = "predict with the wrapper that holds the defences"
	if at, ok := c.Node.Fn.(*ast.Attribute); ok && base == at.Value && at.Attr.Id == "predict" {
		return checks.Fix(true, message, checks.Replace(in, base, name))
	}
	if len(c.Args) == 0 || c.Args[0].Node == nil || c.Args[0].Unpacked {
		return nil
	}
	x := m.File.Text(c.Args[0].Node)
	if !strings.Contains(symbolOf(w.call), "PyTorch") {
		return checks.Fix(true, message, checks.Replace(in, c.Node, name+".predict("+x+")"))
	}
	if strings.Contains(symbolOf(w.call), "object_detection") {
		// What the wrapper finds are arrays already; a list of frames is what the network takes.
		switch c.Args[0].Node.(type) {
		case *ast.List, *ast.Tuple, *ast.Comp:
			stack, imports := fix.Reach(m.File, "torch.stack", "import torch", fix.BeforeFirstImport)
			return checks.Fix(true, message, checks.Replace(in, c.Node, name+".predict("+stack+"("+x+").cpu().numpy())"), imports)
		}
		return nil
	}
	switch c.Args[0].Node.(type) {
	case *ast.Name, *ast.Attribute, *ast.Call, *ast.Subscript:
	default:
		x = "(" + x + ")"
	}
	tensor, imports := fix.Reach(m.File, "torch.from_numpy", "import torch", fix.BeforeFirstImport)
	return checks.Fix(true, message, checks.Replace(in, c.Node, tensor+"("+name+".predict("+x+".cpu().numpy()))"), imports)
}

// spelling is how the code of a frame can name the wrapper, "" where it cannot.
func (w *wrapper) spelling(p *checks.Pass, m *checks.Module, f *checks.Frame) string {
	at := p.StmtOf(w.call.Node)
	a, ok := at.(*ast.Assign)
	if !ok || len(a.Targets) != 1 || a.Value != ast.Expr(w.call.Node) {
		return ""
	}
	switch t := a.Targets[0].(type) {
	case *ast.Name:
		switch {
		case w.call.Frame.Function() == nil && m == p.Module, w.call.Frame == f:
			return t.Id
		case w.call.Frame.Function() == nil && m.Imports(t.Id):
			return t.Id
		}
	case *ast.Attribute:
		owner, _, self := checks.MethodClass(w.call.Frame)
		user, _, here := checks.MethodClass(f)
		if id, ok := t.Value.(*ast.Name); ok && owner != nil && owner == user && id.Id == self {
			return here + "." + t.Attr.Id
		}
	}
	return ""
}
