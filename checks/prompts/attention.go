package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestedMask is PML1120.
var requestedMask = &checks.Rule{
	Spec: infoPML1120,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	Knows: []string{
		"transformers.PreTrainedTokenizerBase()", "transformers.PreTrainedTokenizerBase().{encode,encode_plus,batch_encode_plus,apply_chat_template}",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch path.Sink.Arg {
		case "attention_mask", "position_ids", "head_mask", "decoder_attention_mask", "past_key_values":
		default:
			return
		}
		c := path.Call
		if c == nil || madeByProgram(path) {
			return
		}
		mask, ids := c.Arg(-1, string(path.Sink.Arg)), idsOf(c)
		if mask == nil || ids == nil || ids.Node == nil || !ownInstructions(c, ids) {
			return
		}
		m := p.Project.Module(c.Frame.Module())
		if m == nil {
			return
		}
		node := ast.Node(mask.Node)
		if !mask.Unpacked && mask.Keyword != nil {
			node = mask.Keyword
		}
		p.Report(checks.Report{Node: node, In: m, Path: path, Fix: ownMask(p, m, c, mask, ids)})
	},
}

// madeByProgram reports whether a mask is what a tokenizer gives, or one that the program makes
// for given tokens.
func madeByProgram(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		c := path.Engine.CallAt(t.Node)
		if c == nil {
			continue
		}
		if c.Symbol.Is(tokenizers...) {
			return true
		}
		switch name := checks.LastName(c.Node.Fn); {
		case strings.HasSuffix(name, "_like"), name == "ones", name == "zeros", name == "full", name == "arange", name == "ne", name == "eq":
			return true
		}
	}
	return false
}

// idsOf is the argument of a call of a model that holds the tokens.
func idsOf(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"input_ids", "inputs"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.Rest && a.Keyword != nil {
			return a
		}
	}
	return nil
}

// ownInstructions reports whether tokens come from a tokenizer that was given words of the
// program.
func ownInstructions(c *checks.Call, ids *checks.Argument) bool {
	return checks.Any(c.Frame.MadeOf(ids.Node), func(i flow.Ingredient) bool {
		made := i.Call
		switch {
		case made == nil || !made.Symbol.Is(tokenizers...):
			return false
		case made.Chat != nil:
			return instructed(made.Chat)
		}
		a := textGiven(made)
		return a != nil && saysWords(made, a.Value)
	})
}

// saysWords reports whether a text, or one in a list, has words that the program wrote.
func saysWords(c *checks.Call, v *checks.Value) bool {
	if checks.HasWords(v) {
		return true
	}
	for _, g := range c.Given(v) {
		if checks.HasWords(g) {
			return true
		}
	}
	items, _, _ := c.Items(v)
	for _, it := range items {
		if checks.HasWords(it.Value) {
			return true
		}
	}
	return false
}

// ownMask makes the fix that lets the model see all tokens.
func ownMask(p *checks.Pass, m *checks.Module, c *checks.Call, mask, ids *checks.Argument) *fix.Fix {
	if mask.Name != "attention_mask" {
		if mask.Unpacked || mask.Keyword == nil {
			return nil
		}
		return checks.Fix(true, "leave it to the model", in(p, m, fix.RemoveArg(m.File, c.Node, mask.Keyword)))
	}
	if ids.Node == nil || !m.Holds(ids.Node) {
		return nil
	}
	text := m.File.Text(ids.Node)
	if ids.Rest {
		text += `["input_ids"]`
	}
	target := ast.Node(mask.Node)
	if mask.Unpacked {
		e, ok := mask.Given.(ast.Expr)
		if !ok || !m.Holds(e) || !boundBefore(m, ids.Node, e) {
			return nil
		}
		target = e
	}
	spelling, imports := fix.Reach(m.File, "torch.ones_like", "import torch", fix.InOrder)
	return checks.Fix(true, "let the model see all tokens", in(p, m, append([]fix.Edit{fix.ReplaceNode(m.File, target, spelling+"("+text+")")}, imports...)))
}

// boundBefore reports whether a name is given its value in front of a place in the same function.
func boundBefore(m *checks.Module, name, at ast.Expr) bool {
	n, ok := name.(*ast.Name)
	return ok && lastGiven(m, n.Id, at) != nil
}
