package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of checkpoints that do not fit what they are loaded into.

var (
	maskedHeads   = []string{"transformers.ElectraForMaskedLM.from_pretrained", "transformers.AutoModelForMaskedLM.from_pretrained", "transformers.TFElectraForMaskedLM.from_pretrained", "transformers.TFAutoModelForMaskedLM.from_pretrained"}
	detectorHeads = []string{"transformers.ElectraForPreTraining.from_pretrained", "transformers.AutoModelForPreTraining.from_pretrained", "transformers.TFElectraForPreTraining.from_pretrained", "transformers.TFAutoModelForPreTraining.from_pretrained"}
	pipelineMaker = []string{"transformers.pipeline", "transformers.pipelines.pipeline"}
)

// electraHead is PML3221.
var electraHead = &checks.Rule{
	Spec: infoPML3221,
	On:   slices.Concat(maskedHeads, detectorHeads, pipelineMaker),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name, wrong, right := c.Arg(0, "pretrained_model_name_or_path"), "discriminator", "generator"
		switch {
		case c.Symbol.Is(pipelineMaker...):
			task := c.Arg(0, "task")
			if name = c.Arg(1, "model"); task == nil || !spells(task.Value, "fill-mask") {
				return
			}
		case c.Symbol.Is(detectorHeads...):
			wrong, right = right, wrong
		}
		if name == nil || name.Node == nil {
			return
		}
		for _, v := range checks.Possible(c, name.Value) {
			text, ok := v.Text()
			lower := strings.ToLower(text)
			if !ok || !strings.Contains(lower, "electra") || !strings.Contains(lower, wrong) || strings.Contains(lower, right) || trainsModels(c) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: replaceIn(p, c, v, name.Node, wrong, right, "load the "+right)})
			return
		}
	},
}

func spells(v *checks.Value, text string) bool {
	t, ok := v.Text()
	return ok && t == text
}

// trainsModels reports whether the program trains a model.
func trainsModels(c *checks.Call) bool {
	return slices.ContainsFunc(c.Frame.Everywhere(), func(f *checks.Frame) bool {
		return slices.ContainsFunc(f.Calls, func(o *checks.Call) bool {
			does := o.Does()
			return does == models.Fit || does == models.StepOptimizer
		})
	})
}

// replaceIn replaces a word of a constant text where that is written: in its literal, the expression that gives it, or
// one that spells that out.
func replaceIn(p *checks.Pass, c *checks.Call, v *checks.Value, given ast.Expr, old, replacement, message string) *fix.Fix {
	var places []ast.Expr
	if lit, _ := v.Literal(); lit != nil {
		if e, ok := lit.(ast.Expr); ok {
			places = append(places, e)
		}
	}
	places = append(places, given)
	for _, s := range c.Frame.SpelledOut(given) {
		places = append(places, s.Expr)
	}
	for _, e := range places {
		if f := checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
			return checks.Fix(true, message, fix.ReplaceInString(there.File, e, old, replacement))
		}); f != nil {
			return f
		}
	}
	return nil
}

// wordPieces are the tokenizers that can be told whether to make letters small.
const wordPieces = "{AutoTokenizer,BertTokenizer,BertTokenizerFast,DistilBertTokenizer,DistilBertTokenizerFast,ElectraTokenizer,ElectraTokenizerFast,MobileBertTokenizer,MobileBertTokenizerFast,LayoutLMTokenizer,LayoutLMTokenizerFast,LayoutLMv2Tokenizer,LayoutLMv2TokenizerFast,FunnelTokenizer,FunnelTokenizerFast}"

// uncasedCheckpoint is PML3204.
var uncasedCheckpoint = &checks.Rule{
	Spec: infoPML3204,
	On: []string{
		"transformers." + wordPieces + ".from_pretrained", "pytorch_pretrained_bert.{BertTokenizer,tokenization.BertTokenizer}.from_pretrained", "pytorch_transformers.{BertTokenizer,tokenization_bert.BertTokenizer,DistilBertTokenizer}.from_pretrained",
		"tokenizers.{BertWordPieceTokenizer,implementations.BertWordPieceTokenizer}", "tokenizers.{BertWordPieceTokenizer,implementations.BertWordPieceTokenizer}.from_file",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name, flag := c.Arg(0, "pretrained_model_name_or_path"), c.Arg(-1, "do_lower_case")
		if c.Symbol.Under("tokenizers") {
			name, flag = c.Arg(0, "vocab"), c.Arg(9, "lowercase")
		}
		if name == nil || flag == nil || !slices.ContainsFunc(checks.Possible(c, flag.Value), checks.Off) {
			return
		}
		uncased := slices.ContainsFunc(checks.Possible(c, name.Value), func(v *checks.Value) bool {
			return strings.Contains(strings.ToLower(checks.ConstantText(v)), "uncased")
		})
		if !uncased || alwaysLowered(p, c) {
			return
		}
		f := checks.SetConstant(p, c, flag, "True")
		if f != nil {
			f.Unsafe = false // the vocabulary has no capital letters
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
	},
}

// tokenizes are the methods of a tokenizer that are given text.
var tokenizes = []string{"", "__call__", "encode", "encode_plus", "batch_encode_plus", "tokenize", "encode_batch"}

// alwaysLowered reports whether the program uses a tokenizer, and only with text that it has made small.
func alwaysLowered(p *checks.Pass, made *checks.Call) bool {
	used := false
	for _, f := range made.Frame.Everywhere() {
		for _, o := range f.Calls {
			direct := o.Callee.Origin() == made
			if !direct && (o.Receiver.Origin() != made || !slices.Contains(tokenizes, o.Method)) {
				continue
			}
			a := o.Arg(0, "text")
			if a == nil || a.Node == nil {
				continue
			}
			used = true
			lowered := false
			for in := range f.MadeOf(a.Node) {
				if in.Call != nil && (in.Call.Method == "lower" || in.Call.Method == "casefold") {
					lowered = true
					break
				}
			}
			if !lowered {
				return false
			}
		}
	}
	return used
}
