package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// retiredModel is PML1145.
var retiredModel = &checks.Rule{
	Spec: infoPML1145,
	On: []string{
		"openai.OpenAI().{chat.completions.{create,parse,stream},responses.{create,parse,stream},completions.create,embeddings.create,images.{generate,edit}}",
		"openai.{ChatCompletion,Completion,Edit,Embedding,Image}.{create,acreate}",
		"anthropic.Anthropic().{messages.{create,stream},completions.create}",
		"google.genai.Client().models.{generate_content,generate_content_stream}", "google.genai.Client().chats.create",
		"google.generativeai.{GenerativeModel,generate_text,chat}",
		"litellm.{completion,acompletion,text_completion,atext_completion,embedding}",
		"langchain_openai.{ChatOpenAI,OpenAI}", "langchain_anthropic.{ChatAnthropic,ChatAnthropicMessages,AnthropicLLM}",
		"langchain_google_genai.{ChatGoogleGenerativeAI,GoogleGenerativeAI}",
		"{langchain_community,langchain}.{chat_models,llms}.{ChatOpenAI,OpenAI,ChatAnthropic,Anthropic,openai.ChatOpenAI,openai.OpenAI,anthropic.ChatAnthropic}",
		"langchain.OpenAI",
		"llama_index.llms.{openai.OpenAI,anthropic.Anthropic,gemini.Gemini,google_genai.GoogleGenAI,OpenAI,Anthropic}",
	},
	To:    []string{"openai.{api_base,api_type,base_url}", "os.environ[]"},
	Knows: []string{"openai.{AzureOpenAI,AsyncAzureOpenAI}()", "anthropic.{AnthropicBedrock,AsyncAnthropicBedrock,AnthropicVertex,AsyncAnthropicVertex}()", "vertexai"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := modelArg(c)
		if a == nil || otherServer(c) {
			return
		}
		name, ok := a.Value.Text()
		if given := c.Given(a.Value); !ok && len(given) == 1 {
			name, ok = given[0].Text() // the default of a parameter
		}
		if !ok {
			return
		}
		r, ok := models.RetiredModel(name)
		if !ok {
			return
		}
		p.Report(checks.Report{
			Node: argPlace(c, a), Fix: fromEnvironment(p, a, r),
			Message: "The model " + name + " was shut down on " + r.Date + " (" + r.Source() + ")",
		})
	},
}

// argPlace is the node of an argument for a report.
func argPlace(c *checks.Call, a *checks.Argument) ast.Node {
	if a.Node == nil {
		return c.Node
	}
	return a.Node
}

// modelArg is the argument that names the model.
func modelArg(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"model", "model_name", "model_id", "engine"} {
		if a := c.Arg(-1, name); a != nil {
			return a
		}
	}
	if c.Symbol.Under("litellm") || c.Symbol.Under("google.generativeai") || c.Symbol.Under("llama_index") {
		return c.Arg(0, "")
	}
	return nil
}

// otherServer reports whether a call goes to another server than the provider's, which may use
// a name as long as it likes, or to a client of which nothing is known.
func otherServer(c *checks.Call) bool {
	name := c.Symbol.String()
	if strings.HasPrefix(name, "?") || strings.HasPrefix(name, "vertexai") {
		return true
	}
	for made := c; made != nil; {
		for _, arg := range [...]string{"base_url", "api_base", "openai_api_base", "anthropic_api_url", "azure_endpoint", "api_version", "vertexai", "deployment_id", "custom_llm_provider"} {
			if a := made.Arg(-1, arg); a != nil && !a.Value.IsNone() && !a.Value.IsFalse() {
				return true
			}
		}
		if made.HasRest() {
			return true
		}
		if made.Receiver == nil {
			break
		}
		if azure(made.Receiver.Name()) {
			return true
		}
		made = made.Receiver.Origin()
		if made != nil && made.Symbol != nil && azure(made.Symbol.String()) {
			return true
		}
	}
	for _, f := range c.Frame.Beside() {
		for _, s := range f.Stores {
			if redirects(s) {
				return true
			}
		}
	}
	return false
}

func azure(name string) bool {
	return strings.Contains(name, "Azure") || strings.Contains(name, "Bedrock") || strings.Contains(name, "Vertex")
}

// redirects reports whether an assignment makes the clients of a provider talk to another
// server: `openai.api_base = …`, `os.environ["OPENAI_BASE_URL"] = …`.
func redirects(s *checks.Store) bool {
	if strings.HasPrefix(s.Symbol.String(), "openai.") {
		return !s.Value.IsNone()
	}
	if s.Key == nil {
		return false
	}
	key, _ := s.Key.Text()
	return strings.HasSuffix(key, "_BASE_URL") || strings.HasSuffix(key, "_API_BASE")
}

// variables are the environment variables that the fix reads, by provider.
var variables = map[string]string{"openai": "OPENAI_MODEL", "anthropic": "ANTHROPIC_MODEL", "google": "GEMINI_MODEL"}

// fromEnvironment reads the name where it can be changed without a release.
func fromEnvironment(p *checks.Pass, a *checks.Argument, r models.Retired) *fix.Fix {
	place := a.Node
	if a.Unpacked {
		place, _ = a.Given.(ast.Expr)
	}
	if place == nil || !p.Holds(place) {
		return nil
	}
	environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.InOrder)
	return checks.Fix(true, "read the model's name from the environment", checks.Replace(p, place, environ+`["`+variables[r.Provider]+`"]`), imports)
}
