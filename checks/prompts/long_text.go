package prompts

import (
	"regexp"
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// longText is PML1110.
var longText = &checks.Rule{
	Spec: infoPML1110,
	Asks: []*checks.Question{boundsBodies},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Length},
	Knows: []string{
		"transformers.PreTrainedTokenizerBase()", "transformers.PreTrainedTokenizerBase().{encode,encode_plus,batch_encode_plus,apply_chat_template}",
		"transformers.Pipeline()", "transformers.PreTrainedModel().generate",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note == models.NoteTokenized || p.Says(boundsBodies) {
			return
		}
		c, first := path.Call, path.Call
		if !c.Symbol.Is("transformers.Pipeline()") {
			c, first = tokenizing(path)
			if c == nil || !takesTokens(path) {
				return
			}
		}
		a := textGiven(c)
		if a == nil || a.Node == nil || truncates(c) {
			return
		}
		m := p.Project.Module(c.Frame.Module())
		if m == nil {
			return
		}
		p.Report(checks.Report{Node: a.Node, In: m, Path: path, Fix: cutText(p, path, first)})
	},
}

// tokenizers are the calls that make tokens of a text.
var tokenizers = []string{
	"transformers.PreTrainedTokenizerBase()", "transformers.PreTrainedTokenizerBase().encode", "transformers.PreTrainedTokenizerBase().encode_plus",
	"transformers.PreTrainedTokenizerBase().batch_encode_plus", "transformers.PreTrainedTokenizerBase().apply_chat_template",
}

// tokenizing finds the last and the first call on a path that make tokens of the text.
func tokenizing(path *checks.Path) (last, first *checks.Call) {
	for _, t := range path.Trace.Steps() {
		c := path.Engine.CallAt(t.Node)
		if c == nil || !c.Symbol.Is(tokenizers...) {
			continue
		}
		if first == nil {
			first = c
		}
		last = c
	}
	return last, first
}

// takesTokens reports whether the end of a path is the argument of generate() that holds the
// prompt's tokens.
func takesTokens(path *checks.Path) bool {
	for i := range path.Call.Args {
		a := &path.Call.Args[i]
		if ast.Node(a.Node) != path.Node {
			continue
		}
		switch {
		case a.Rest, a.Pos == 0, a.Unpacked:
			return true
		}
		return a.Name == "inputs" || a.Name == "input_ids" || a.Name == "decoder_input_ids"
	}
	return false
}

// textGiven is the argument of a tokenizer or a pipeline that holds the text.
func textGiven(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"text", "text_inputs", "inputs", "conversation", "batch_text_or_text_pairs"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// truncates reports whether a tokenizer or a pipeline is told to cut what is too long.
func truncates(c *checks.Call) bool {
	for _, o := range []*checks.Call{c, c.Callee.Origin(), c.Receiver.Origin()} {
		if o == nil {
			continue
		}
		if a := o.Arg(-1, "truncation"); a != nil && !checks.Off(a.Value) && !a.Value.IsNone() {
			return true
		}
		if a := o.Arg(-1, "max_length"); a != nil && o == c && !a.Value.IsNone() && c.Symbol.Is(tokenizers...) {
			return true
		}
	}
	return false
}

// bodyLimit finds settings that bound how long requests are.
var bodyLimit = regexp.MustCompile(`(MAX_CONTENT_LENGTH|DATA_UPLOAD_MAX_MEMORY_SIZE|client_max_size)["'\]]*\s*[=:]`)

// boundsBodies asks for what bounds how long requests are: a setting, or a middleware that looks at
// their length.
var boundsBodies = &checks.Question{Name: "bounds how long requests are", Needs: []string{
	"MAX_CONTENT_LENGTH", "DATA_UPLOAD_MAX_MEMORY_SIZE", "client_max_size", "content-length", "Content-Length", "CONTENT_LENGTH",
}, Says: func(d *checks.Draft) bool {
	return d.Mentions("MAX_CONTENT_LENGTH", "DATA_UPLOAD_MAX_MEMORY_SIZE", "client_max_size") && bodyLimit.Match(d.Text) ||
		d.Mentions("content-length", "Content-Length", "CONTENT_LENGTH") && d.Mentions("iddleware", "before_request")
}}

// cutText makes the fix that bounds the text of the request where it is given to the tokenizer,
// or where it enters a message.
func cutText(p *checks.Pass, path *checks.Path, c *checks.Call) *fix.Fix {
	m := p.Project.Module(c.Frame.Module())
	a := textGiven(c)
	if m == nil || a == nil || a.Node == nil {
		return nil
	}
	n := longPart(c, a.Value, a.Node, path.Mark, 0)
	e, ok := n.(ast.Expr)
	if !ok || !m.Holds(e) {
		return nil
	}
	text := m.File.Text(e)
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call:
	default:
		text = "(" + text + ")"
	}
	return checks.Fix(true, "cut the text", in(p, m, []fix.Edit{fix.ReplaceNode(m.File, e, text+"[:8000]")}))
}

// mayBeLong reports whether a value carries the label of a mark, or what callers hand in, and
// nothing has bounded it.
func mayBeLong(v *checks.Value, mark flow.Mark) bool {
	return slices.ContainsFunc(v.Marks(), func(m flow.Mark) bool {
		return (m.Label == mark.Label || m.Label == models.NoLabel) && !m.Clean.Has(models.Length)
	})
}

// longPart is the expression by which data of a mark enters a text or a list of messages; nil
// where there are several.
func longPart(c *checks.Call, v *checks.Value, n ast.Node, mark flow.Mark, depth int) ast.Node {
	if depth > 4 {
		return nil
	}
	if parts := v.Parts(); len(parts) > 1 {
		var found ast.Node
		for _, part := range parts {
			if part.Value == nil || !mayBeLong(part.Value, mark) {
				continue
			}
			if found != nil && found != part.Operand {
				return nil
			}
			found = part.Operand
		}
		return found
	}
	if items, _, ok := c.Items(v); ok {
		var found ast.Node
		for _, it := range items {
			v, at := it.Value, ast.Node(it.Node) // a text among several, or a message
			if e := c.Key(it.Value, "content"); e != nil {
				v, at = e.Value, e.Node
			}
			if !mayBeLong(v, mark) {
				continue
			}
			if found != nil {
				return nil
			}
			found = longPart(c, v, at, mark, depth+1)
		}
		return found
	}
	return n
}
