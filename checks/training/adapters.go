package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// adapterNamesCode is PML1326.
var adapterNamesCode = &checks.Rule{
	Spec:  infoPML1326,
	Knows: []string{adapterBase},
	From:  []checks.Label{models.Web},
	Into:  []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Mark.Source().Is(adapterBase) || !strings.HasPrefix(path.Call.Symbol.String(), "transformers.") {
			return
		}
		reportTrust(p, path.Call, path)
	},
	On: []string{autoPeft},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if adapter := c.Arg(0, "pretrained_model_name_or_path"); adapter != nil && !writtenHere(c, adapter.Value) {
			reportTrust(p, c, nil)
		}
	},
}

const (
	adapterBase = "peft.*.from_pretrained().base_model_name_or_path"
	autoPeft    = "peft.{AutoPeftModel,AutoPeftModelForCausalLM,AutoPeftModelForSeq2SeqLM,AutoPeftModelForSequenceClassification,AutoPeftModelForTokenClassification,AutoPeftModelForQuestionAnswering,AutoPeftModelForFeatureExtraction}.from_pretrained"
)

// reportTrust reports a load that trusts the code of the repository.
func reportTrust(p *checks.Pass, c *checks.Call, path *checks.Path) {
	trust := c.Arg(-1, "trust_remote_code")
	if trust == nil || !checks.On(trust.Value) {
		return
	}
	edits := checks.RemoveArg(p, c, trust)
	if edits == nil {
		if k := checks.ConstantNode(p, trust); k != nil {
			edits = checks.Replace(p, k, "False")
		}
	}
	p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.Fix(true, "do not run the code of the repository that the adapter names", edits)})
}

// writtenHere reports whether the project's own code writes the folder from which an adapter is
// loaded.
func writtenHere(c *checks.Call, adapter *checks.Value) bool {
	folder, ok := adapter.Text()
	if !ok {
		return false
	}
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			to := o.Arg(-1, "output_dir")
			if made := o.Symbol.String(); to == nil && (strings.HasSuffix(made, "TrainingArguments") || strings.HasPrefix(made, "trl.") && strings.HasSuffix(made, "Config")) {
				to = o.Arg(0, "output_dir")
			}
			if o.Method == "save_pretrained" || o.Method == "save_model" {
				to = o.Arg(0, "save_directory")
				if to == nil {
					to = o.Arg(0, "output_dir")
				}
			}
			if to == nil {
				continue
			}
			if t, ok := to.Value.Text(); ok && t == folder {
				return true
			}
		}
	}
	return false
}

// adapterFromRequest is PML1328.
var adapterFromRequest = &checks.Rule{
	Spec: infoPML1328,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !loadsAdapter(path) || path.Mark.Clean.Has(models.Path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: fromEnvironment(p, path.Node, "ADAPTER_ID")})
	},
}

// loadsAdapter reports whether the sink of a path is the argument that names an adapter.
func loadsAdapter(path *checks.Path) bool {
	name := path.Call.Symbol.String()
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case strings.HasPrefix(name, "diffusers."):
		return false
	case last == "load_adapter", last == "add_adapter_fusion", last == "load_adapter_fusion", last == "LoRARequest":
		return true
	}
	if !strings.HasPrefix(name, "peft.") || last != "from_pretrained" || strings.Contains(name, "Config.") {
		return false
	}
	// The first argument is the model that the adapter goes to, but for the Auto classes.
	first := strings.HasPrefix(string(path.Sink.Arg), "0")
	return first == strings.Contains(name, "peft.Auto")
}

// fromEnvironment reads a value from a variable of the environment instead.
func fromEnvironment(p *checks.Pass, n ast.Node, variable string) *fix.Fix {
	e, ok := n.(ast.Expr)
	if !ok || !p.Holds(n) {
		return nil
	}
	environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
	return checks.Fix(true, "let the operator choose, by "+variable, checks.Replace(p, e, environ+`["`+variable+`"]`), imports)
}
