package prompts

import (
	"regexp"
	"slices"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// unescapedMarkers is PML1109.
var unescapedMarkers = &checks.Rule{
	Spec:  infoPML1109,
	From:  outsiders,
	Into:  []checks.SinkKind{models.PromptUser, models.Tokens},
	Knows: generators,
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !rawText(path) {
			return
		}
		reportPlaces(p, path, "break the markers in the text", func(at *place) bool {
			m := markersAround(at)
			return m != nil && !at.quoted() && m.survive(at)
		}, func(in *checks.Module, at *place) []fix.Edit {
			m := markersAround(at)
			return insertedAs(in, at, m.wrap, m.append)
		})
	},
}

// markers is a family of the marks by which models tell the turns of a conversation apart.
type markers struct {
	mark *regexp.Regexp
	// labels is set for words at the start of a line.
	labels bool
	// wrap and append are what is written in front of a value and behind it to break them.
	wrap, append string
}

var families = []*markers{
	{mark: regexp.MustCompile(`<\|[A-Za-z_]+\|>`), append: `.replace("<|", "< |")`},
	{mark: regexp.MustCompile(`\[/?INST\]|<</?SYS>>`), append: `.replace("[/", "[ /").replace("<<", "< <")`},
	{mark: regexp.MustCompile(`<(?:start|end)_of_turn>`), append: `.replace("_of_turn>", "_of_turn >")`},
	{mark: regexp.MustCompile(`(?:^|\n)(?:Human|Assistant|User|AI):`), labels: true, wrap: `" ".join(`, append: ".split())"},
}

// markersAround finds the family of markers of which some stand before a value and some
// behind it.
func markersAround(at *place) *markers {
	for _, m := range families {
		if m.mark.MatchString(at.before) && m.mark.MatchString(at.after) {
			return m
		}
	}
	return nil
}

// survive reports whether the value can still hold the markers next to it.
func (m *markers) survive(at *place) bool {
	if m.labels {
		return breaksLine(at)
	}
	before := m.mark.FindAllString(at.before, -1)
	return at.mark.Holds(before[len(before)-1]) && at.mark.Holds(m.mark.FindString(at.after))
}

// rawCalls send text to a model as it is, so that markers in it are markers.
var rawCalls = []string{
	"vllm.LLM().generate", "llama_cpp.Llama()", "llama_cpp.Llama().create_completion", "llama_cpp.Llama().__call__",
	"huggingface_hub.InferenceClient().text_generation", "text_generation.Client().generate", "text_generation.Client().generate_stream",
	"openai.OpenAI().completions.create", "openai.Completion.create", "openai.Completion.acreate", "anthropic.Anthropic().completions.create",
	"together.Together().completions.create", "litellm.text_completion", "litellm.atext_completion", "sglang.Engine().generate",
	"boto3.client().invoke_model", "boto3.client().invoke_model_with_response_stream", "mlx_lm.generate", "mlx_lm.stream_generate",
	"vllm.AsyncLLMEngine.from_engine_args().generate", "vllm.AsyncLLMEngine().generate",
}

// generators are the calls that continue tokenized text.
var generators = []string{"transformers.PreTrainedModel().generate", "transformers.*.from_pretrained().generate"}

// rawText reports whether the call at the end of a path continues text without a chat
// template of its own.
func rawText(path *checks.Path) bool {
	c := path.Call
	if c == nil {
		return false
	}
	if path.Kind == models.Tokens {
		return generates(path)
	}
	switch {
	case c.Symbol.Is(rawCalls...):
		return true
	case c.Symbol.Is("transformers.Pipeline()"):
		made := c.Callee.Origin()
		return made != nil && pipelineTask(made) == "text-generation"
	case c.Symbol.Is("ollama.generate", "ollama.Client().generate"):
		a := c.Arg(-1, "raw")
		return a != nil && checks.On(a.Value)
	}
	return false
}

// pipelineTask is the constant task of a pipeline.
func pipelineTask(made *checks.Call) string {
	if made.Symbol.Is("transformers.TextGenerationPipeline") {
		return "text-generation"
	}
	a := made.Arg(0, "task")
	if a == nil {
		return ""
	}
	t, _ := a.Value.Text()
	return t
}

// generates reports whether what a tokenizer makes at the end of a path goes to a model that
// continues it: a call of generate gets it, or stands in the same function.
func generates(path *checks.Path) bool {
	for _, f := range path.Call.Frame.Beside() {
		for _, c := range f.Calls {
			if !c.Symbol.Is(generators...) {
				continue
			}
			if f.Function() == path.Call.Frame.Function() {
				return true
			}
			if slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return madeBy(a.Value, path.Call) }) {
				return true
			}
		}
	}
	return false
}

// madeBy reports whether a value is what a call gave, or was read from it.
func madeBy(v *checks.Value, made *checks.Call) bool {
	for depth := 0; v != nil && depth < 6; depth++ {
		c := v.Origin()
		if c == nil {
			return false
		}
		if c.Node == made.Node {
			return true
		}
		v = c.Receiver
	}
	return false
}

// bedrockText is the prompt within the JSON body of a call of Bedrock; nil where it is not
// known.
func bedrockText(path *checks.Path) []*checks.Value {
	for _, t := range path.Trace.Steps() {
		c := path.Engine.CallAt(t.Node)
		if c == nil || !c.Symbol.Is("json.dumps") || len(c.Args) == 0 {
			continue
		}
		for _, key := range [...]string{"prompt", "inputText", "inputs"} {
			if e := c.Key(c.Args[0].Value, key); e != nil {
				return e.Value.Alternatives()
			}
		}
	}
	return nil
}

var bodyCalls = []string{"boto3.client().invoke_model", "boto3.client().invoke_model_with_response_stream"}

// inBody reports whether a path ends in the body of a call of Bedrock.
func inBody(path *checks.Path) bool {
	return path.Call != nil && path.Call.Symbol.Is(bodyCalls...)
}
