package loading

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// lightningCheckpoint is PML6210.
var lightningCheckpoint = &checks.Rule{
	Spec: infoPML6210,
	On: []string{
		"{lightning.pytorch,lightning,pytorch_lightning}.{LightningModule,LightningDataModule}.load_from_checkpoint",
		"{lightning.pytorch,lightning,pytorch_lightning}.Trainer().{fit,test,predict,validate}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := checkpoint(c)
		if a == nil || tensorsOnly(c) {
			return
		}
		for _, v := range c.Given(a.Value) {
			for _, v := range v.Alternatives() {
				if t := v.Prefix(); isWeb(t) && !checks.OwnMachine(t) {
					p.Report(checks.Report{Node: c.Node, Fix: onlyTensors(p, c)})
					return
				}
			}
		}
	},
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !ofLightning(c.Symbol) || tensorsOnly(c) || p.Project.Requirements.AtLeast("torch", "2.6", p.Path) {
			return
		}
		if m := path.Mark; m.Label == models.Web && (fromBucket(m.Source()) || checks.PinnedDownload(m.Call()) || checks.ToldDigest(m.Call())) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: onlyTensors(p, c)})
	},
}

// checkpoint is the file or address that a call of Lightning loads.
func checkpoint(c *checks.Call) *checks.Argument {
	switch c.Method {
	case "fit", "predict":
		return c.Arg(4, "ckpt_path")
	case "test", "validate":
		return c.Arg(2, "ckpt_path")
	}
	return c.Arg(0, "checkpoint_path")
}

// tensorsOnly reports whether a load is told to build nothing but tensors.
func tensorsOnly(c *checks.Call) bool {
	a := c.Arg(-1, "weights_only")
	return a != nil && checks.On(a.Value) || a == nil && c.HasRest()
}

// onlyTensors adds weights_only=True.
func onlyTensors(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "load tensors only: add weights_only=True"
	if a := c.Arg(-1, "weights_only"); a != nil {
		if k := checks.ConstantNode(p, a); k != nil {
			return checks.Fix(true, message, checks.Replace(p, ast.Node(k), "True"))
		}
		return nil
	}
	return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "weights_only", "True"))
}

// ofLightning reports whether a name is Lightning's, by any of its distributions.
func ofLightning(s *checks.Symbol) bool {
	return s.Under("lightning") || s.Under("lightning.pytorch") || s.Under("pytorch_lightning")
}
