package federated

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// unpickledMessage is PML5303.
var unpickledMessage = &checks.Rule{
	Spec:  infoPML5303,
	Knows: slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath, []string{"torch.load", "torch.serialization.load", "numpy.load", "hmac.compare_digest"}),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Mark.From() != models.FromFederation || !runsCode(path.Call) || checks.Restricted(path.Call) || authenticated(path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.ReadAsData(p, path.Call)})
	},
}

// runsCode reports whether a loader runs the program in what it loads.
func runsCode(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("torch.load", "torch.serialization.load"):
		a := c.Arg(-1, "weights_only")
		return a == nil && !c.HasRest() || a != nil && checks.Off(a.Value)
	case c.Symbol.Is("numpy.load"):
		a := c.Arg(2, "allow_pickle")
		return a != nil && checks.On(a.Value)
	}
	return checks.Unpickles(c)
}

// authenticated reports whether a function on the way compares a digest, or verifies a signature, before it loads.
func authenticated(path *checks.Path) bool {
	return checks.DigestCompared(path) || checks.CalledBefore(path, func(c *checks.Call) bool { return c.Method == "verify" })
}
