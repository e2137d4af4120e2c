package reinforcement

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
)

// openPolicyServer is PML3320.
var openPolicyServer = &checks.Rule{
	Spec: infoPML3320,
	On:   []string{"ray.rllib.env.policy_server_input.PolicyServerInput", "functools.partial"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(1, "address")
		if c.Symbol.Is("functools.partial") {
			if f := c.Arg(0, ""); f == nil || !f.Value.Is("ray.rllib.env.policy_server_input.PolicyServerInput") {
				return
			}
			a = c.Arg(2, "address")
		}
		if a == nil || !slices.ContainsFunc(checks.Possible(c, a.Value), reached) {
			return
		}
		given, of := a, c
		if d, o := otherwise(a.Value); d != nil && o.Frame == c.Frame {
			given, of = d, o
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, of, given, `"127.0.0.1"`)})
	},
}

// reached reports whether a host, or what it is where the environment names none, is one that others reach.
func reached(v *checks.Value) bool {
	if d, _ := otherwise(v); d != nil {
		v = d.Value
	}
	host, known := v.Text()
	return known && checks.ReachOf(host) != checks.ThisMachine
}

// otherwise is what a variable of the environment is where it is not set, and the call that reads it.
func otherwise(v *checks.Value) (*checks.Argument, *checks.Call) {
	o := v.Origin()
	if o == nil || !o.Symbol.Is("os.getenv") && !o.Symbol.Under("os.environ") {
		return nil, nil
	}
	return o.Arg(1, "default"), o
}
