package registries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the checks of models that are quantized or converted.

// quantizations say how a model is quantized that transformers loads.
var quantizations = func() []string {
	var out []string
	for _, name := range [...]string{"GPTQConfig", "AwqConfig", "BitsAndBytesConfig", "HqqConfig", "QuantoConfig", "CompressedTensorsConfig"} {
		out = append(out, "transformers."+name+"()", "transformers.utils.quantization_config."+name+"()")
	}
	return out
}()

// pickledWeights is PML4319.
var pickledWeights = &checks.Rule{
	Spec:  infoPML4319,
	On:    []string{"auto_gptq.{AutoGPTQForCausalLM,BaseGPTQForCausalLM}.from_quantized", "auto_gptq.modeling.**.from_quantized", "awq.AutoAWQForCausalLM.from_quantized", "awq.models.auto.AutoAWQForCausalLM.from_quantized", "transformers.**.from_pretrained"},
	Knows: append([]string{"?.save_quantized", "?.save_pretrained"}, quantizations...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "use_safetensors")
		switch {
		case c.Symbol.Under("awq"):
			if s := c.Arg(-1, "safetensors"); s != nil {
				a = s
			}
		case c.Symbol.Under("transformers"):
			if q := c.Arg(-1, "quantization_config"); q == nil || !q.Value.Is(quantizations...) || !strings.Contains(c.Symbol.String(), ".Auto") {
				return
			}
		}
		if a == nil || !checks.Off(a.Value) || savedHere(p, c) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
	},
}

// savedHere reports whether the module itself saves a model in the folder that a call loads from.
func savedHere(p *checks.Pass, c *checks.Call) bool {
	from := modelArgument(c)
	if from == nil {
		return false
	}
	for _, f := range append(c.Frame.Beside(), c.Frame.Body(), c.Frame) {
		for _, o := range f.Calls {
			switch checks.LastName(o.Node.Fn) {
			case "save_quantized", "save_pretrained":
			default:
				continue
			}
			for i := range o.Args {
				if to := &o.Args[i]; (to.Pos == 0 || to.Name == "save_dir" || to.Name == "save_directory") && sameFolder(p, from, to) {
					return true
				}
			}
		}
	}
	return false
}

// sameFolder reports whether two arguments name one folder: the same constant text, or the same name.
func sameFolder(p *checks.Pass, a, b *checks.Argument) bool {
	x, ok1 := a.Value.Text()
	y, ok2 := b.Value.Text()
	if ok1 && ok2 {
		return x == y
	}
	return a.Node != nil && b.Node != nil && p.Holds(a.Node) && p.Holds(b.Node) && checks.Repeatable(a.Node) && p.File.Text(a.Node) == p.File.Text(b.Node)
}

// modelArgument is the argument of a loader that names the model, nil where there is none.
func modelArgument(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"model_name_or_path", "pretrained_model_name_or_path", "model_id", "quant_path", "model_path"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// trustsRemoteCode is PML4320.
var trustsRemoteCode = &checks.Rule{
	Spec: infoPML4320,
	On: []string{
		"optimum.exporters.{onnx,openvino}.main_export", "optimum.exporters.{onnx,openvino}.__main__.main_export",
		"ctranslate2.converters.TransformersConverter", "ctranslate2.converters.transformers.TransformersConverter",
		"optimum.onnxruntime.**.from_pretrained", "optimum.intel.**.from_pretrained",
		"os.{system,popen}", "subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}", "asyncio.{create_subprocess_shell,create_subprocess_exec}",
	},
	Knows: []string{"pathlib.PurePath()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("os") || c.Symbol.Under("subprocess") || c.Symbol.Under("asyncio") {
			for _, cmd := range c.Commands() {
				program, args := cmd.Program()
				words := make([]string, len(args))
				for i, w := range args {
					words[i] = w.Text
				}
				if option := consents(program, words); option != "" {
					p.Report(checks.Report{Node: c.Node, Fix: withoutOption(p, c, args, option)})
					return
				}
			}
			return
		}
		a := c.Arg(-1, "trust_remote_code")
		if c.Method == "from_pretrained" || strings.HasSuffix(c.Symbol.String(), ".from_pretrained") {
			if export := c.Arg(-1, "export"); export == nil || !checks.On(export.Value) {
				return
			}
		}
		if a == nil || !checks.On(a.Value) || pinned(c) || isLocal(c) || checks.Decided(p, c.Node, "trust_remote_code") {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "False")})
	},
	OnNotebook: func(p *checks.Pass) {
		for _, cmd := range p.Notebook.Commands() {
			text, span, ok := cmd.Shell()
			if !ok {
				continue
			}
			for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '&' || r == '|' || r == '\n' }) {
				words := strings.Fields(line)
				if len(words) == 0 {
					continue
				}
				option := consents(words[0][strings.LastIndexByte(words[0], '/')+1:], words[1:])
				if option == "" {
					continue
				}
				var edits []fix.Edit
				if i := strings.Index(text, " "+option); i >= 0 {
					edits = []fix.Edit{{Start: int(span.Start) + i, End: int(span.Start) + i + 1 + len(option)}}
				}
				p.Report(checks.Report{Node: checks.Command(cmd.Span), Fix: checks.Fix(true, "do not run the repository's code", edits)})
				break
			}
		}
	},
}

// consents is the option by which a command that converts a model lets code of its repository run; "" where it has none, or
// converts a folder of this machine or a commit.
func consents(program string, words []string) string {
	option := ""
	switch {
	case program == "optimum-cli" && len(words) > 0 && words[0] == "export":
		option = "--trust-remote-code"
	case program == "ct2-transformers-converter":
		option = "--trust_remote_code"
	default:
		return ""
	}
	if !slices.Contains(words, option) {
		return ""
	}
	for i, w := range words {
		name, value, joined := strings.Cut(w, "=")
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		value = strings.Trim(value, `"'`)
		switch name {
		case "--revision":
			if checks.IsCommitHash(value) {
				return ""
			}
		case "--model", "-m":
			if strings.HasPrefix(value, ".") || strings.HasPrefix(value, "/") || strings.HasPrefix(value, "~") {
				return ""
			}
		}
	}
	return option
}

// withoutOption takes an option out of a command.
func withoutOption(p *checks.Pass, c *checks.Call, args []flow.Word, option string) *fix.Fix {
	const message = "do not run the repository's code"
	for _, w := range args {
		e, ok := w.Node.(ast.Expr)
		if w.Text != option || !ok {
			continue
		}
		return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
			around := there.Around(e)
			if len(around) < 2 {
				return nil
			}
			switch list := around[len(around)-2].(type) {
			case *ast.List:
				return checks.Fix(true, message, fix.RemoveElement(there.File, list, e))
			case *ast.Tuple:
				return checks.Fix(true, message, fix.RemoveElement(there.File, list, e))
			case *ast.Call:
				return checks.Fix(true, message, fix.RemoveArg(there.File, list, e))
			}
			return nil
		})
	}
	a := checks.CommandArgument(c)
	if a == nil || a.Node == nil {
		return nil
	}
	for _, s := range c.Frame.SpelledOut(a.Node) {
		if f := checks.FixAt(p, s.Expr, func(there *checks.Pass) *fix.Fix {
			return checks.Fix(true, message, fix.ReplaceInString(there.File, s.Expr, " "+option, ""))
		}); f != nil {
			return f
		}
	}
	return nil
}

// pinned reports whether a revision is given that is a commit, or that is not known.
func pinned(c *checks.Call) bool {
	a := c.Arg(-1, "revision")
	if a == nil {
		return false
	}
	text, known := a.Value.Text()
	return !a.Value.IsNone() && (!known || checks.IsCommitHash(text))
}

// isLocal reports whether the model that a call converts is a folder of this machine.
func isLocal(c *checks.Call) bool {
	a := modelArgument(c)
	if a == nil {
		return false
	}
	before := a.Value.Prefix()
	return a.Value.Is("pathlib.PurePath()") || strings.HasPrefix(before, ".") || strings.HasPrefix(before, "/") || strings.HasPrefix(before, "~")
}
