package generative

import (
	"github.com/pyguard/pyguardml/checks"
)

// copyChecks look for copies of the real rows among those that a generator made.
var copyChecks = []string{
	"sdmetrics.single_table.NewRowSynthesis.compute", "sdmetrics.single_table.NewRowSynthesis.compute_breakdown",
	"sdmetrics.single_table.DCROverfittingProtection.compute", "sdmetrics.single_table.DCROverfittingProtection.compute_breakdown",
	"sdmetrics.single_table.DCRBaselineProtection.compute", "sdmetrics.single_table.DCRBaselineProtection.compute_breakdown",
	"sdmetrics.single_table.DisclosureProtection.compute", "sdmetrics.single_table.DisclosureProtection.compute_breakdown",
	"anonymeter.evaluators.SinglingOutEvaluator", "anonymeter.evaluators.LinkabilityEvaluator", "anonymeter.evaluators.InferenceEvaluator",
}

// ganWithoutPacking is PML5114.
var ganWithoutPacking = &checks.Rule{
	Spec: infoPML5114,
	On: []string{
		"ctgan.CTGAN", "ctgan.synthesizers.CTGAN", "ctgan.synthesizers.ctgan.CTGAN",
		"sdv.single_table.{CTGANSynthesizer,CopulaGANSynthesizer}", "sdv.single_table.{ctgan.CTGANSynthesizer,copulagan.CopulaGANSynthesizer}",
		"sdv.tabular.{CTGAN,CopulaGAN}",
	},
	Knows: copyChecks,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pac := c.Arg(-1, "pac")
		if pac == nil {
			return
		}
		if n, ok := pac.Value.Number(); !ok || n != 1 {
			return
		}
		if !usedBy(c, "fit") || !returned(c) && !savedBy(c) && !usedBy(c, "sample", "sample_from_conditions", "sample_remaining_columns", "save") || called(c.Frame, copyChecks...) {
			return
		}
		r := checks.Report{Node: checks.ArgNode(c, pac), Fix: checks.SetConstant(p, c, pac, "10")}
		if batch := c.Arg(-1, "batch_size"); batch != nil {
			if n, ok := batch.Value.Number(); ok && int(n)%10 != 0 {
				r.Fix = nil
			}
		}
		p.Report(r)
	},
}
