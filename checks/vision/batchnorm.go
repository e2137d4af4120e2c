package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// servedInTraining is PML3135.
var servedInTraining = &checks.Rule{
	Spec:   infoPML3135,
	Knows:  []string{"torchvision.models.**", "timm.create_model", "timm.models.create_model", "segmentation_models_pytorch.*", "torch.nn.{BatchNorm1d,BatchNorm2d,BatchNorm3d}", "torch.nn.Module().{eval,train,load_state_dict}"},
	Needs:  []string{"torch", "timm", "segmentation_models", "model", "net"},
	Beside: [][]string{{"BatchNorm", "torchvision", "timm", "segmentation_models"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		networks := checks.OfGroup(p, "PML3135: networks", func() []*checks.Call { return trainingNetworks(f) })
		if len(networks) == 0 {
			return
		}
		for _, c := range f.Calls {
			if !callsModule(c) || !p.Holds(c.Node) {
				continue
			}
			made := networkOf(f, c.Node.Fn, networks)
			if made == nil || !fromOutside(c) || slices.ContainsFunc(f.Training(), func(d flow.Doing) bool { return d.Act == models.StepOptimizer }) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: evaluate(p, made, loadOf(made))})
		}
	},
}

// networkOf is the call that makes the network which an expression is, among some.
func networkOf(f *checks.Frame, e ast.Expr, among []*checks.Call) *checks.Call {
	for in := range f.StandsFor(e) {
		if in.Call == nil {
			continue
		}
		if i := slices.IndexFunc(among, func(c *checks.Call) bool { return c.Node == in.Call.Node }); i >= 0 {
			return among[i]
		}
	}
	return nil
}

// networkLibraries make networks, or the layers of which it counts whether they are in training mode.
var networkLibraries = []string{"torch.nn", "torchvision.models", "timm", "segmentation_models_pytorch"}

// trainingNetworks lists the calls that make networks with batch normalization and trained weights which nothing puts into
// evaluation mode.
func trainingNetworks(f *checks.Frame) []*checks.Call {
	classes := map[*checks.ProjectClass]bool{}
	makes := func(c *checks.Call) bool {
		class := c.Callee.Class()
		return makesNormalized(c) || class != nil && !isInstance(c) && slices.ContainsFunc(class.Linear(), func(k *checks.ProjectClass) bool { return classes[k] })
	}
	var candidates []*checks.Call // few calls make a network, or are ones of the project's classes
	for _, g := range f.Everywhere() {
		for _, c := range g.Calls {
			if c.Callee.Class() != nil || slices.ContainsFunc(networkLibraries, c.Symbol.Under) {
				candidates = append(candidates, c)
			}
		}
	}
	for range 3 { // classes that make others
		for _, c := range candidates {
			if class := c.Frame.Class(); class != nil && !classes[class] && isModule(class) {
				classes[class] = makes(c) || c.Symbol.Is("torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d")
			}
		}
	}
	return slices.DeleteFunc(candidates, func(c *checks.Call) bool {
		return !makes(c) || !pretrained(c) && loadOf(c) == nil || evaluated(c)
	})
}

// callsModule reports whether a call is one of an object rather than of a function or a class by its name.
func callsModule(c *checks.Call) bool {
	if len(c.Args) == 0 {
		return false
	}
	if class := c.Callee.Class(); class != nil {
		return isModule(class)
	}
	if c.Callee.IsParameter() {
		return true
	}
	name := c.Callee.Name()
	return strings.HasSuffix(name, "()") && (strings.HasPrefix(name, "torch") || strings.HasPrefix(name, "timm.") || strings.HasPrefix(name, "segmentation_models_pytorch."))
}

// fromOutside reports whether a call is given something that was made of a request.
func fromOutside(c *checks.Call) bool {
	outside := models.Labels(models.User, models.Upload)
	sent := func(o *checks.Call) bool {
		for _, a := range o.Args {
			if slices.ContainsFunc(o.Behind(a.Value), func(m checks.Mark) bool { return outside.Has(m.Label) }) {
				return true
			}
		}
		return false
	}
	if sent(c) {
		return true
	}
	for _, a := range c.Args {
		if a.Node == nil {
			continue
		}
		for in := range c.Frame.MadeOf(a.Node) {
			if in.Call != nil && sent(in.Call) {
				return true
			}
		}
	}
	return false
}

// convolutional are the beginnings of the names of networks with batch normalization.
var convolutional = []string{
	"resnet", "resnext", "wide_resnet", "densenet", "mobilenet", "efficientnet", "tf_efficientnet", "regnet", "shufflenet", "googlenet", "inception", "mnasnet", "seresnet", "res2net", "xception", "hrnet",
	"fasterrcnn", "maskrcnn", "keypointrcnn", "retinanet", "fcos", "ssd", "deeplabv3", "fcn_", "lraspp",
}

func isConvolutional(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "_bn") || slices.ContainsFunc(convolutional, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// makesNormalized reports whether a call makes a network of a library with batch normalization.
func makesNormalized(c *checks.Call) bool {
	name := c.Symbol.String()
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case c.Symbol.Is("timm.create_model", "timm.models.create_model"):
		a := c.Arg(0, "model_name")
		if a == nil {
			return false
		}
		text, _ := a.Value.Text()
		return isConvolutional(text)
	case c.Symbol.Under("torchvision.models"):
		return isConvolutional(last)
	case c.Symbol.Under("segmentation_models_pytorch"):
		return last != "" && last[0] >= 'A' && last[0] <= 'Z' && !strings.HasSuffix(last, "Loss")
	}
	return false
}

// isInstance reports whether a call is one of an object of a class, not of the class.
func isInstance(c *checks.Call) bool { return c.Callee.Origin() != nil }

// pretrained reports whether a network is made with trained weights.
func pretrained(c *checks.Call) bool {
	for _, name := range [...]string{"weights", "pretrained", "encoder_weights", "checkpoint_path"} {
		if a := c.Arg(-1, name); a != nil {
			return !a.Value.IsNone() && !checks.Off(a.Value)
		}
	}
	return c.Symbol.Under("segmentation_models_pytorch") && !c.HasRest() // by default those of its encoder
}

// madeAs reports whether an expression of a frame is the network that a call makes.
func madeAs(f *checks.Frame, e ast.Expr, made *checks.Call) (is, other bool) {
	for in := range f.StandsFor(e) {
		if in.Call == nil {
			continue
		}
		if in.Call.Node == made.Node {
			return true, false
		}
		other = other || in.Call.Callee.Class() != nil || in.Call.Symbol.Under("torchvision") || in.Call.Symbol.Under("timm")
	}
	return false, other
}

// receiver is what a method is called on.
func receiver(c *checks.Call) ast.Expr {
	if at, ok := c.Node.Fn.(*ast.Attribute); ok {
		return at.Value
	}
	return nil
}

// evaluated reports whether something puts the network, or what may hold it, into evaluation mode.
func evaluated(made *checks.Call) bool {
	of := func(c *checks.Call) bool {
		if of := receiver(c); of != nil {
			is, other := madeAs(c.Frame, of, made)
			return is || !other
		}
		return false
	}
	return slices.ContainsFunc(made.Frame.CallsNamed("eval"), func(c *checks.Call) bool { return len(c.Args) == 0 && of(c) }) ||
		slices.ContainsFunc(made.Frame.CallsNamed("train"), func(c *checks.Call) bool { return len(c.Args) == 1 && checks.Off(c.Args[0].Value) && of(c) })
}

// loadOf is the last call that loads weights into the network that a call makes; nil where there is none.
func loadOf(made *checks.Call) *checks.Call {
	var out *checks.Call
	for _, c := range made.Frame.CallsNamed("load_state_dict") {
		if of := receiver(c); of != nil {
			if is, _ := madeAs(c.Frame, of, made); is {
				out = c
			}
		}
	}
	return out
}

// evaluate puts the network into evaluation mode once it is made, or its weights are loaded.
func evaluate(p *checks.Pass, made, load *checks.Call) *fix.Fix {
	const message = "answer in evaluation mode"
	at := made
	if load != nil {
		at = load
	}
	return checks.FixAt(p, at.Node, func(there *checks.Pass) *fix.Fix {
		stmt := there.StmtOf(at.Node)
		if load != nil {
			if s, ok := stmt.(*ast.ExprStmt); ok && s.Value == ast.Expr(load.Node) {
				return checks.Fix(false, message, fix.InsertAfter(there.File, stmt, there.File.Text(receiver(load))+".eval()"))
			}
			return nil
		}
		if a, ok := stmt.(*ast.Assign); ok && len(a.Targets) == 1 && !checks.RunsLater(there.Module, made.Node, stmt) {
			switch a.Targets[0].(type) {
			case *ast.Name, *ast.Attribute:
				return checks.Fix(false, message, fix.InsertAfter(there.File, stmt, there.File.Text(a.Targets[0])+".eval()"))
			}
		}
		return checks.Fix(false, message, checks.Replace(there, made.Node, there.File.Text(made.Node)+".eval()"))
	})
}
