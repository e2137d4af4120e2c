package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
)

const (
	clipModels  = "open_clip.{create_model,create_model_and_transforms,create_model_from_pretrained,factory.create_model,factory.create_model_and_transforms,factory.create_model_from_pretrained}"
	clipWeights = "open_clip.{load_checkpoint,factory.load_checkpoint}"
	clipState   = "open_clip.{load_state_dict,factory.load_state_dict}"
)

// clipUnpickled is PML5201.
var clipUnpickled = &checks.Rule{
	Spec: infoPML5201,
	On:   []string{clipModels, clipWeights, clipState, "functools.partial"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name := c.Symbol.String()
		if c.Symbol.Is("functools.partial") {
			f := c.Arg(0, "")
			if f == nil || !strings.HasPrefix(f.Value.Name(), "open_clip.") {
				return
			}
			name = f.Value.Name()
		} else if c.Partial {
			return // reported where functools.partial is told so
		}
		file, only := c.Arg(1, "pretrained"), c.Arg(-1, "load_weights_only")
		switch name[strings.LastIndexByte(name, '.')+1:] {
		case "load_checkpoint":
			file, only = c.Arg(1, "checkpoint_path"), c.Arg(3, "weights_only")
		case "load_state_dict":
			file, only = c.Arg(0, "checkpoint_path"), c.Arg(2, "weights_only")
		}
		if only == nil || !switchedOff(c, only.Value) || file != nil && isSafetensors(c, file.Value) {
			return
		}
		f := checks.SetConstant(p, c, only, "True")
		if f != nil {
			f.Unsafe = false // the checkpoints that open_clip writes load either way
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, only), Fix: f})
	},
}

// switchedOff reports whether a switch is off: where it is a parameter, by its default, or by what a caller gives.
func switchedOff(c *checks.Call, v *checks.Value) bool {
	return slices.ContainsFunc(checks.Possible(c, v), checks.Off)
}

// isSafetensors reports whether what is loaded can only be a file without code.
func isSafetensors(c *checks.Call, v *checks.Value) bool {
	return !slices.ContainsFunc(checks.Possible(c, v), func(v *checks.Value) bool {
		text, ok := v.Text()
		return !ok || !strings.HasSuffix(text, ".safetensors")
	})
}
