package cloud

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// openNotebook is PML4401.
var openNotebook = &checks.Rule{
	Spec: infoPML4401,
	On: []string{
		"boto3.client().create_notebook_instance", "aws_cdk.aws_sagemaker.CfnNotebookInstance", "pulumi_aws.sagemaker.NotebookInstance", "troposphere.sagemaker.NotebookInstance",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.HasRest() {
			return
		}
		names := [...]string{"DirectInternetAccess", "RootAccess"}
		if c.Symbol.Under("aws_cdk") || c.Symbol.Under("pulumi_aws") {
			names = [...]string{"direct_internet_access", "root_access"}
		}
		var fixes []*fix.Fix
		open := false
		for _, name := range names {
			a := c.Arg(-1, name)
			if a == nil {
				open = true
				fixes = append(fixes, checks.Fix(true, "close the instance", fix.AddKeyword(p.File, c.Node, name, `"Disabled"`)))
				continue
			}
			if text, _ := a.Value.Text(); text == "Enabled" {
				open = true
				fixes = append(fixes, checks.SetConstant(p, c, a, `"Disabled"`))
			}
		}
		if open {
			p.Report(checks.Report{Node: c.Node, Fix: checks.Together(fixes...)})
		}
	},
}
