package federated

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the checks of settings by which strategies of Flower protect nothing.

const (
	krum    = "flwr.{server.strategy,serverapp.strategy}.{Krum,MultiKrum,Bulyan,krum.Krum,multikrum.MultiKrum,bulyan.Bulyan}"
	trimmed = "flwr.{server.strategy,serverapp.strategy}.{FedTrimmedAvg,fedtrimmedavg.FedTrimmedAvg}"
)

// toleratesNone is PML5304.
var toleratesNone = &checks.Rule{
	Spec:   infoPML5304,
	On:     []string{krum, trimmed, "flwr.{server.strategy,serverapp.strategy}.{Krum,MultiKrum,Bulyan,FedTrimmedAvg}.__init__", "flwr.{server.strategy,serverapp.strategy}.{Krum,MultiKrum,Bulyan,FedTrimmedAvg}().__init__"},
	OnCall: checkTolerance,
}

func checkTolerance(p *checks.Pass, c *checks.Call) {
	if c.Partial || c.Body() != nil || len(c.Enters()) > 0 {
		return // what a class of the project gives its base is reported there
	}
	name := c.Symbol.String()
	setting, good := "num_malicious_clients", "1"
	switch {
	case strings.Contains(name, "FedTrimmedAvg"):
		setting, good = "beta", "0.2"
	case strings.HasPrefix(name, "flwr.serverapp."):
		setting = "num_malicious_nodes"
	}
	a := c.Arg(-1, setting)
	switch {
	case a == nil && (setting == "beta" || c.HasRest()):
		return
	case a == nil:
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "tolerate one malicious client", fix.AddKeyword(p.File, c.Node, setting, good))})
		return
	}
	if allZero(c, a.Value) {
		p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, good)})
	}
}

// allZero reports whether a number is 0, as every caller gives it.
func allZero(c *checks.Call, v *checks.Value) bool {
	list := checks.Possible(c, v)
	return len(list) > 0 && !slices.ContainsFunc(list, func(v *checks.Value) bool {
		n, ok := v.Number()
		return !ok || n != 0
	})
}

// opensEasily is PML5307.
var opensEasily = &checks.Rule{
	Spec: infoPML5307,
	On: []string{
		"flwr.server.workflow.{SecAggPlusWorkflow,SecAggWorkflow,secure_aggregation.SecAggPlusWorkflow,secure_aggregation.SecAggWorkflow,secure_aggregation.secaggplus_workflow.SecAggPlusWorkflow,secure_aggregation.secagg_workflow.SecAggWorkflow}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos, shares := 0, (*checks.Argument)(nil)
		if plus := strings.HasSuffix(c.Symbol.String(), "SecAggPlusWorkflow"); plus {
			pos, shares = 1, c.Arg(0, "num_shares")
		}
		a := c.Arg(pos, "reconstruction_threshold")
		if a == nil || c.Partial {
			return
		}
		threshold, whole, ok := number(p, c, a)
		if !ok {
			return
		}
		good := "0.7"
		low := !whole && threshold <= 0.5 || whole && threshold == 1
		if shares != nil {
			if n, counted, ok := number(p, c, shares); ok && counted && whole && n > 1 {
				low = low || threshold <= n/2
				good = strconv.Itoa(int(math.Floor(n/3))*2 + 1)
			}
		}
		if low {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, good)})
		}
	},
}

// number is the constant that an argument is, and whether it is written as an int.
func number(p *checks.Pass, c *checks.Call, a *checks.Argument) (n float64, whole, ok bool) {
	list := checks.Possible(c, a.Value)
	if len(list) != 1 {
		return 0, false, false
	}
	if n, ok = list[0].Number(); !ok {
		return 0, false, false
	}
	// 1 is one share, 1.0 are all of them.
	if lit, is := checks.ConstantNode(p, a).(*ast.Number); is {
		return n, !strings.ContainsAny(lit.Text, ".eE"), true
	}
	return n, n == math.Trunc(n), true
}
