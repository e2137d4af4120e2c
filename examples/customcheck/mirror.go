package main

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// mirror is the organisation whose copies of models have been looked at.
const mirror = "acme-mirror/"

// modelFromMirror reports models that do not come from the company's mirror.
var modelFromMirror = &checks.Rule{
	Spec: &checks.Info{
		ID:       "ACME001",
		Name:     "model-not-from-mirror",
		Title:    "A model is loaded from outside of the company's mirror",
		Class:    checks.Weakness,
		Severity: checks.Medium,
		Inputs:   []checks.Input{checks.Python, checks.Notebook},
		Reading:  "Models under acme-mirror/ have been scanned and do not change under us. Others may.",
		Remedy:   checks.Remedy{Edit: "load the copy under acme-mirror/"},
		CWE:      []string{"CWE-829"},
	},
	On:     []string{"transformers.*.from_pretrained"},
	OnCall: checkOrigin,
}

func checkOrigin(p *checks.Pass, c *checks.Call) {
	name := c.Arg(0, "pretrained_model_name_or_path")
	if name == nil {
		return
	}
	text, constant := name.Value.Text()
	if !constant || strings.HasPrefix(text, mirror) || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") {
		return
	}
	copied := mirror + text[strings.LastIndexByte(text, '/')+1:]
	p.Report(checks.Report{
		Node:    name.Node,
		Message: text + " is loaded from outside of the company's mirror",
		Fix: &fix.Fix{
			Unsafe:  true,
			Message: "load " + copied,
			Edits:   []fix.Edit{{Start: int(name.Node.Pos()), End: int(name.Node.Stop()), New: strconv.Quote(copied)}},
		},
	})
}
