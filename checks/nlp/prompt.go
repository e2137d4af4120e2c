package nlp

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// returnedPrompt is PML3217.
var returnedPrompt = &checks.Rule{
	Spec: infoPML3217,
	Knows: slices.Concat(modelRuns, []string{
		"transformers.{pipeline,pipelines.pipeline,TextGenerationPipeline}", "transformers.{Pipeline,TextGenerationPipeline}()",
		"transformers.PreTrainedTokenizerBase()", "transformers.PreTrainedTokenizerBase().{encode,encode_plus,batch_encode_plus,decode,batch_decode}",
	}),
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.PromptUser, models.Tokens},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !wrapsText(path) {
			return
		}
		if path.Kind == models.PromptUser {
			if !generatesText(c) || !returnsAll(c) || !p.Holds(c.Node) || cutOff(c, c) || !isReply(c, c, "generated_text") {
				return
			}
			repair := checks.Fix(false, "return the completion only", fix.AddKeyword(p.File, c.Node, "return_full_text", "False"))
			if a := c.Arg(-1, "return_full_text"); a != nil {
				if repair = checks.SetConstant(p, c, a, "False"); repair != nil {
					repair.Unsafe = false
				}
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: repair})
			return
		}
		if path.Sink.Note != "" {
			return
		}
		for _, run := range runsWith(c) {
			for _, decoded := range decodes(run) {
				in := p.Project.Module(decoded.Frame.Module())
				if in != nil && !cutOff(decoded, run) && isReply(decoded, run, "") {
					p.Report(checks.Report{Node: decoded.Node, In: in, Path: path, Fix: withoutPrompt(p.There(in), p, decoded, run)})
				}
			}
		}
	},
}

// wrapsText reports whether the text at the end of a path is the data between words of the program's.
func wrapsText(path *checks.Path) bool {
	for _, v := range path.Value.PathText().Alternatives() {
		words, data := false, false
		for _, part := range v.PathText().Parts() {
			if part.Value == nil {
				words = words || strings.ContainsFunc(part.Text, unicode.IsLetter)
				continue
			}
			if checks.Carries(path, part.Value) {
				data = true
			} else if !part.Value.IsNone() {
				words = true // records, examples, what was retrieved
			}
		}
		if words && data {
			return true
		}
	}
	for _, t := range path.Trace.Steps() {
		if n, ok := t.Node.(*ast.Call); ok {
			switch checks.LastName(n.Fn) {
			case "render", "substitute", "safe_substitute":
				return true
			}
		}
	}
	return false
}

// generatesText reports whether a call runs a pipeline that continues text.
func generatesText(c *checks.Call) bool {
	made := c.Callee.Origin()
	if made == nil {
		return false
	}
	if made.Symbol.Is("transformers.TextGenerationPipeline") {
		return true
	}
	task := made.Arg(0, "task")
	return made.Symbol.Is(pipelineMaker...) && task != nil && spells(task.Value, "text-generation")
}

// returnsAll reports whether a pipeline's answer begins with the prompt.
func returnsAll(c *checks.Call) bool {
	for _, o := range [...]*checks.Call{c, c.Callee.Origin()} {
		if a := o.Arg(-1, "return_full_text"); a != nil {
			return checks.On(a.Value)
		}
		if o.HasRest() {
			return false
		}
		for _, name := range [...]string{"return_text", "return_tensors", "return_type"} {
			if o.Arg(-1, name) != nil {
				return false
			}
		}
	}
	return true
}

// cutters are methods that take a prompt off a text.
var cutters = []string{"removeprefix", "replace", "split", "rsplit", "partition", "rpartition", "sub", "lstrip", "index", "find", "search", "match", "loads", "literal_eval"}

// cutOff reports whether something is taken off what a call gives, in the function of that or of another call.
func cutOff(c, given *checks.Call) bool {
	for _, f := range frames(c) {
		cut := false
		of := func(e ast.Expr) bool {
			return checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool {
				return in.Call != nil && (in.Call.Node == given.Node || in.Call.Node == c.Node)
			})
		}
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Subscript:
				if slicesFrom(n.Index) && of(n.Value) {
					cut = true
				}
			case *ast.Call:
				at, ok := n.Fn.(*ast.Attribute)
				if !ok || !slices.Contains(cutters, at.Attr.Id) {
					break
				}
				if of(at.Value) {
					cut = true
				}
				for _, a := range n.Args {
					cut = cut || of(a)
				}
			}
			return !cut
		})
		if cut {
			return true
		}
	}
	return false
}

// slicesFrom reports whether an index leaves out the beginning: [n:], [:, n:].
func slicesFrom(index ast.Expr) bool {
	switch n := index.(type) {
	case *ast.Slice:
		return n.Lower != nil
	case *ast.Tuple:
		return slices.ContainsFunc(n.Elts, slicesFrom)
	}
	return false
}

// frames lists the function of a call, and those that call it, one and two calls away.
func frames(c *checks.Call) []*checks.Frame {
	out := []*checks.Frame{c.Frame}
	for i := 0; i < len(out) && i < 8; i++ {
		for _, caller := range out[i].Callers() {
			if !slices.Contains(out, caller.Frame) {
				out = append(out, caller.Frame)
			}
		}
	}
	return out
}

// isReply reports whether what a call gives comes to whoever asked: a handler returns it, or it is sent. field is the
// entry of it that counts, "" for all.
func isReply(c, model *checks.Call, field string) bool {
	meant := func(steps []string) bool {
		return field == "" || len(steps) == 0 || slices.Contains(steps, field) || !slices.ContainsFunc(steps, func(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) })
	}
	for _, kind := range [...]models.SinkKind{models.Response, models.HTML, models.Markdown} {
		for _, answer := range c.Frame.Paths(kind) {
			if o := answer.Mark.Call(); answer.Mark.Label == models.LLM && o != nil && (o.Node == c.Node || o.Node == model.Node) && meant(answer.Mark.Fields()) {
				return true
			}
		}
	}
	for _, f := range frames(c) {
		served := false
		for _, r := range f.Routes() {
			served = served || f.Function() != nil && r.Function == f.Function()
		}
		if served {
			for _, ret := range f.Returns {
				e, ok := ret.Node.(ast.Expr)
				if s, stmt := ret.Node.(*ast.Return); stmt {
					e, ok = s.Value, s.Value != nil
				}
				if ok && fromCall(f, e, c, meant) {
					return true
				}
			}
		}
		for _, o := range f.Calls {
			if !sends(o) {
				continue
			}
			for i := range o.Args {
				if e := o.Args[i].Node; e != nil && fromCall(f, e, c, meant) {
					return true
				}
			}
		}
	}
	return false
}

// sends reports whether a call sends something to whoever asked.
func sends(c *checks.Call) bool {
	switch c.Method {
	case "send_text", "send_json", "send_str", "reply_text", "emit", "send", "send_bytes":
		return true
	}
	return c.Symbol.Is("chainlit.Message", "chainlit.message.Message")
}

// fromCall reports whether an expression holds text of what a call gives: itself, within a record, or within other text.
// What is only found out about that is none.
func fromCall(f *checks.Frame, e ast.Expr, c *checks.Call, meant func([]string) bool) bool {
	return holdsText(f, e, func(e ast.Expr) bool {
		return checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == c.Node && meant(in.Steps) })
	}, 0)
}

func holdsText(f *checks.Frame, e ast.Expr, is func(ast.Expr) bool, depth int) bool {
	any := func(list ...ast.Expr) bool {
		return slices.ContainsFunc(list, func(e ast.Expr) bool { return e != nil && holdsText(f, e, is, depth+1) })
	}
	if depth > 8 {
		return false
	}
	switch n := e.(type) {
	case *ast.Compare, *ast.UnaryOp:
		return false
	case *ast.Dict:
		return any(n.Values...)
	case *ast.List:
		return any(n.Elts...)
	case *ast.Tuple:
		return any(n.Elts...)
	case *ast.Await:
		return any(n.Value)
	case *ast.BinOp:
		return any(n.Left, n.Right)
	case *ast.BoolOp:
		return any(n.Values...)
	case *ast.IfExp:
		return any(n.Body, n.Orelse)
	case *ast.JoinedStr:
		for _, v := range n.Values {
			if p, ok := v.(*ast.Placeholder); ok && any(p.Value) {
				return true
			}
		}
		return false
	case *ast.Name:
		if last := checks.LastAssigned(checks.BodyOf(f), n); last != nil && last != e {
			switch last.(type) {
			case *ast.Compare, *ast.UnaryOp, *ast.Dict, *ast.BoolOp:
				return any(last)
			}
		}
	case *ast.Call:
		switch checks.LastName(n.Fn) {
		case "len", "bool", "int", "float", "any", "all", "sum", "startswith", "endswith", "isinstance", "count":
			return false
		}
	}
	return is(e)
}

// runsWith lists the calls by which a model of the causal kind continues what a tokenizer gives.
func runsWith(tokens *checks.Call) []*checks.Call {
	var out []*checks.Call
	for _, f := range tokens.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "generate" || !isCausal(o) {
				continue
			}
			for i := range o.Args {
				a := &o.Args[i]
				if a.Node != nil && (!a.Unpacked || a.Rest) && checks.Any(f.MadeOf(a.Node), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == tokens.Node }) {
					out = append(out, o)
					break
				}
			}
		}
	}
	return out
}

// isCausal reports whether a call runs a model that repeats its input in front of what it generates.
func isCausal(c *checks.Call) bool {
	for made, i := c.Receiver.Origin(), 0; made != nil && i < 6; made, i = made.Receiver.Origin(), i+1 {
		name := made.Symbol.String()
		if strings.HasSuffix(name, ".from_pretrained") {
			class := strings.TrimSuffix(name, ".from_pretrained")
			class = class[strings.LastIndexByte(class, '.')+1:]
			return strings.HasSuffix(class, "ForCausalLM") || strings.HasSuffix(class, "LMHeadModel")
		}
		if made.Receiver == nil {
			break
		}
	}
	return false
}

// decodes lists the calls that make text of what a model has generated.
func decodes(run *checks.Call) []*checks.Call {
	var out []*checks.Call
	for _, f := range run.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "decode" && o.Method != "batch_decode" {
				continue
			}
			if a := o.Arg(0, "token_ids"); a != nil && a.Node != nil && checks.Any(f.MadeOf(a.Node), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == run.Node }) {
				out = append(out, o)
			}
		}
	}
	return out
}

// withoutPrompt decodes only what comes behind the prompt.
func withoutPrompt(there, p *checks.Pass, decoded, run *checks.Call) *fix.Fix {
	a := decoded.Arg(0, "token_ids")
	if a == nil || decoded.Frame != run.Frame || !there.Holds(a.Node) {
		return nil
	}
	length := ""
	for _, k := range run.Node.Keywords {
		name, named := k.Value.(*ast.Name)
		switch {
		case k.Name == nil && named:
			length = name.Id + `["input_ids"].shape[1]`
		case k.Name != nil && (k.Name.Id == "input_ids" || k.Name.Id == "inputs") && checks.Repeatable(k.Value):
			length = there.File.Text(k.Value) + ".shape[1]"
		}
	}
	if length == "" && len(run.Node.Args) > 0 && checks.Repeatable(run.Node.Args[0]) {
		length = there.File.Text(run.Node.Args[0]) + ".shape[1]"
	}
	if length == "" {
		return nil
	}
	index := "[" + length + ":]"
	if decoded.Method == "batch_decode" {
		index = "[:, " + length + ":]"
	}
	return checks.Fix(false, "decode the completion only", p.InFile(there.Module, fix.Wrap(there.File, a.Node, "", index)))
}
