package registries

import (
	"net"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// endpoints are the arguments by which clients of hosted models are told their server, with the position of one that may
// stand there without its name.
var endpoints = []checks.At{
	{Pos: -1, Name: "base_url"}, {Pos: -1, Name: "azure_endpoint"}, {Pos: -1, Name: "openai_api_base"}, {Pos: -1, Name: "api_base"}, {Pos: -1, Name: "server_url"},
}

// cleartextEndpoint is PML4314.
var cleartextEndpoint = &checks.Rule{
	Spec: infoPML4314,
	On: []string{
		"openai.{OpenAI,AsyncOpenAI,AzureOpenAI,AsyncAzureOpenAI}", "anthropic.{Anthropic,AsyncAnthropic}", "huggingface_hub.{InferenceClient,AsyncInferenceClient}",
		"langchain_openai.{ChatOpenAI,OpenAIEmbeddings,OpenAI,AzureChatOpenAI,AzureOpenAIEmbeddings}", "langchain_openai.chat_models.{ChatOpenAI,base.ChatOpenAI}", "langchain_openai.embeddings.OpenAIEmbeddings",
		"litellm.{completion,acompletion,embedding,aembedding,text_completion}", "ollama.{Client,AsyncClient}", "cohere.{ClientV2,AsyncClientV2,Client,AsyncClient}", "mistralai.Mistral", "gradio_client.Client",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		places := endpoints
		switch {
		case c.Symbol.Under("huggingface_hub"):
			places = append([]checks.At{{Pos: 0, Name: "model"}}, endpoints...)
		case c.Symbol.Under("ollama"):
			places = []checks.At{{Pos: 0, Name: "host"}}
		case c.Symbol.Under("gradio_client"):
			places = []checks.At{{Pos: 0, Name: "src"}}
		}
		for _, at := range places {
			if a := c.Arg(at.Pos, at.Name); a != nil && a.Node != nil {
				reportCleartext(p, c, a.Value, a.Node, checks.ArgNode(c, a))
			}
		}
	},
	To: []string{"openai.{api_base,base_url}"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		reportCleartext(p, nil, s.Value, s.From, s.Node)
	},
}

// reportCleartext reports an address of a public server without encryption; given is the expression that gives it, at the
// node that is reported.
func reportCleartext(p *checks.Pass, c *checks.Call, value *checks.Value, given ast.Expr, at ast.Node) {
	values := value.Alternatives()
	if c != nil {
		values = c.Given(value)
	}
	if d := value.Default(); d != nil {
		values = append(values, d)
	}
	for _, g := range values {
		for _, v := range g.Alternatives() {
			text, ok := v.Text()
			if !ok || !strings.HasPrefix(strings.ToLower(text), "http://") || !isPublic(checks.HostIn(text)) {
				continue
			}
			p.Report(checks.Report{Node: at, Fix: checks.OverTLS(p, c, v, given, "encrypt the connection")})
			return
		}
	}
}

// isPublic reports whether a host is one of the internet: it is neither this machine nor in a private network.
func isPublic(host string) bool {
	if checks.InternalHost(host) || strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".localdomain") {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || ip.To4() == nil || ip.To4()[0] != 100 || ip.To4()[1]&0xc0 != 64 // addresses that providers share out
}
