package robustness

import (
	"strconv"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// trainingMode is PML1405.
var trainingMode = &checks.Rule{
	Spec: infoPML1405,
	On: []string{
		"foolbox.{PyTorchModel,models.PyTorchModel,models.pytorch.PyTorchModel}",
		"cleverhans.torch.attacks.*.{fast_gradient_method,projected_gradient_descent,carlini_wagner_l2,hop_skip_jump_attack,spsa}",
	},
	Knows: []string{"torchvision.models.**", "timm.create_model", "timm.models.*"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		model := c.Arg(0, "model")
		if model == nil {
			model = c.Arg(0, "model_fn")
		}
		if model == nil || model.Unpacked || !trainingAt(p, c, model) || trainsHere(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "attack the model as it predicts", checks.Replace(p, model.Node, operand(p, model.Node)+".eval()"))})
	},
}

// trainingAt reports whether a model is in training mode at a call, as the function around it
// shows, or every call of that function.
func trainingAt(p *checks.Pass, c *checks.Call, model *checks.Argument) bool {
	switch c.ModeOf(model.Value, fresh(p, c, model)) {
	case flow.Training:
		return true
	case flow.Evaluating:
		return false
	}
	name, ok := model.Node.(*ast.Name)
	if !ok {
		_, ok = model.Node.(*ast.Attribute)
	}
	if fn := c.Frame.Function(); !ok || fn == nil || assignedIn(c.Frame, model.Node) {
		return false
	}
	callers := 0
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if b := o.Body(); b == nil || b.Function() != c.Frame.Function() {
				continue
			}
			callers++
			given := *model
			if name != nil && model.Value.IsParameter() {
				if a := checks.GivenFor(o, name.Id); a != nil {
					given = *a
				}
			}
			if o.ModeOf(given.Value, fresh(p, o, &given)) != flow.Training {
				return false
			}
		}
	}
	return callers > 0
}

// fresh reports whether a model was made in the function around a call, or by one of the
// project that it calls, and is therefore in training mode.
func fresh(p *checks.Pass, c *checks.Call, model *checks.Argument) bool {
	switch n := model.Node.(type) {
	case *ast.Name, *ast.Attribute:
		if !assignedIn(c.Frame, n) {
			return false
		}
	case *ast.Call:
	default:
		return false
	}
	if class := model.Value.Class(); class != nil {
		return class.Extends("torch.nn.Module")
	}
	made := model.Value.Origin()
	return made != nil && made.Symbol.Is("torchvision.models.**", "timm.create_model", "timm.models.*")
}

// assignedIn reports whether a function, or the module's body, gives a name or an attribute its
// value.
func assignedIn(f *checks.Frame, target ast.Node) bool {
	in := f.Module().File
	text := in.Text(target)
	found := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Assign:
			for _, t := range n.Targets {
				found = found || in.Text(t) == text
			}
		case *ast.AnnAssign:
			found = found || n.Value != nil && in.Text(n.Target) == text
		}
		return !found
	})
	return found
}

// trainsHere reports whether the loop around a call trains on what the attack gives.
func trainsHere(p *checks.Pass, c *checks.Call) bool {
	for _, n := range p.Around(c.Node) {
		switch n.(type) {
		case *ast.For, *ast.While:
		default:
			continue
		}
		backward, step := false, false
		for _, d := range c.Frame.Training() {
			if n.Range().Contains(d.Call.Node.Range()) {
				backward = backward || d.Act == models.Backward
				step = step || d.Act == models.StepOptimizer
			}
		}
		if backward && step {
			return true
		}
	}
	return false
}

// onePose is PML1409.
var onePose = &checks.Rule{
	Spec: infoPML1409,
	On: []string{"art.attacks.evasion.{AdversarialPatch,AdversarialPatchPyTorch,AdversarialPatchTensorFlowV2,AdversarialPatchNumpy}",
		"art.attacks.evasion.adversarial_patch.{adversarial_patch.AdversarialPatch,adversarial_patch_pytorch.AdversarialPatchPyTorch,adversarial_patch_tensorflow.AdversarialPatchTensorFlowV2,adversarial_patch_numpy.AdversarialPatchNumpy}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		rotation, least, most := at{1, "rotation_max", 22.5}, at{2, "scale_min", 0.1}, at{3, "scale_max", 1}
		distortion := at{-1, "distortion_scale_max", 0}
		if c.HasRest() || rotation.value(c) != 0 || least.value(c) != most.value(c) || distortion.value(c) != 0 {
			return
		}
		var edits []fix.Edit
		for _, a := range [...]at{rotation, least} {
			arg := a.arg(c)
			if arg == nil || number(arg) == a.fallback {
				continue
			}
			f := checks.SetConstant(p, c, arg, formatted(a.fallback))
			if f == nil {
				edits = nil
				break
			}
			edits = append(edits, f.Edits...)
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "optimise the patch over poses", edits)})
	},
}

func formatted(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }
