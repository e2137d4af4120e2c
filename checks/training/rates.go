package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// rateFromRequest is PML1314.
var rateFromRequest = &checks.Rule{
	Spec: infoPML1314,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteRate || checks.OfUnknownRecord(p, path) {
			return
		}
		node := path.Node
		if entry, dict := rateOf(path); dict {
			if entry == nil || !fromOutside(entry.Value) {
				return
			}
			p.Report(checks.Report{Node: node, Path: path, Fix: boundRate(p, entry.Node)})
			return
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: boundRate(p, checks.GivenNode(path))})
	},
	To: []string{"torch.optim.Optimizer().param_groups[][]", "?.param_groups[][]", "keras.Model().optimizer.{learning_rate,lr}", "?.optimizer.{learning_rate,lr}"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if key, ok := s.Key.Text(); s.Key != nil && (!ok || key != "lr") || !fromOutside(s.Value) || s.From == nil {
			return
		}
		p.Report(checks.Report{Node: s.From, Fix: boundRate(p, s.From)})
	},
}

// rateOf is the learning rate in a dict of settings; dict is false for a rate by itself.
func rateOf(path *checks.Path) (entry *checks.Entry, dict bool) {
	for _, name := range [...]string{"eta", "learning_rate", "learning_rate_multiplier"} {
		if e := path.Key(path.Value, name); e != nil {
			return e, true
		}
	}
	name := path.Call.Symbol.String()
	return nil, strings.HasSuffix(name, ".train") || strings.HasSuffix(name, "jobs.create")
}

func fromOutside(v *checks.Value) bool {
	return v.Labels(models.Param).Any(models.Labels(models.User, models.Upload))
}

// boundRate keeps a learning rate within what fine-tuning uses; the constant comes first, so
// that NaN becomes the constant.
func boundRate(p *checks.Pass, n ast.Node) *fix.Fix {
	e, ok := n.(ast.Expr)
	if !ok || !p.Holds(n) {
		return nil
	}
	text := p.File.Text(e)
	if !converted(e, "float") {
		text = "float(" + text + ")"
	}
	return checks.Fix(true, "bound the learning rate", checks.Replace(p, e, "min(max(1e-6, "+text+"), 1e-3)"))
}

// converted reports whether an expression is a call of a built-in conversion.
func converted(e ast.Expr, name string) bool {
	c, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	fn, ok := c.Fn.(*ast.Name)
	return ok && fn.Id == name
}

// softPromptFromRequest is PML1329.
var softPromptFromRequest = &checks.Rule{
	Spec: infoPML1329,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteSoftPrompt {
			return
		}
		f := boundLength(p, checks.GivenNode(path))
		if path.Sink.Arg == "prompt_tuning_init_text" {
			f = randomStart(p, path.Call)
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: f})
	},
}

func boundLength(p *checks.Pass, n ast.Node) *fix.Fix {
	e, ok := n.(ast.Expr)
	if !ok || !p.Holds(n) {
		return nil
	}
	text := p.File.Text(e)
	if !converted(e, "int") {
		text = "int(" + text + ")"
	}
	return checks.Fix(true, "bound the length of the soft prompt", checks.Replace(p, e, "min("+text+", 64)"))
}

// randomStart lets the training of a soft prompt begin anywhere.
func randomStart(p *checks.Pass, c *checks.Call) *fix.Fix {
	text, how := c.Arg(-1, "prompt_tuning_init_text"), c.Arg(-1, "prompt_tuning_init")
	if text == nil || !p.Holds(c.Node) {
		return nil
	}
	if how == nil && text.Keyword != nil && !text.Unpacked {
		return checks.Fix(true, "begin the soft prompt at random", checks.Replace(p, text.Keyword, `prompt_tuning_init="RANDOM"`))
	}
	edits := checks.RemoveArg(p, c, text)
	if edits == nil || how == nil {
		return nil
	}
	set := checks.SetConstant(p, c, how, `"RANDOM"`)
	if set == nil {
		return nil
	}
	return checks.Fix(true, "begin the soft prompt at random", edits, set.Edits)
}
