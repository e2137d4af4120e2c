package registries

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
)

// uncheckedReference is PML4302.
var uncheckedReference = &checks.Rule{
	Spec: infoPML4302,
	On:   []string{"wandb.{Artifact,sdk.artifacts.artifact.Artifact}().add_reference"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(2, "checksum")
		if a == nil || !checks.Off(a.Value) {
			return
		}
		if to := c.Arg(0, "uri"); to != nil && strings.HasPrefix(to.Value.Prefix(), "wandb-artifact://") {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
	},
}
