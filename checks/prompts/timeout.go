package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// sdkClients are the constructors of the clients that have a limit of ten minutes unless it is
// taken away.
const sdkClients = "{openai.{OpenAI,AsyncOpenAI,AzureOpenAI,AsyncAzureOpenAI},anthropic.{Anthropic,AsyncAnthropic},cohere.{Client,ClientV2,AsyncClient,AsyncClientV2},mistralai.Mistral}"

// noTimeout is PML1146.
var noTimeout = &checks.Rule{
	Spec: infoPML1146,
	On: []string{
		"requests.{get,post,put,patch,request}", "requests.sessions.Session().{get,post,put,patch,request}",
		"httpx.{get,post,put,patch,request,stream}", "httpx.{Client,AsyncClient}().{get,post,put,patch,request,stream}",
		"aiohttp.{request,ClientSession().{get,post,put,patch,request}}",
		sdkClients,
		"{openai.OpenAI,anthropic.Anthropic}().with_options",
		"openai.OpenAI().{chat.completions.{create,parse,stream},responses.{create,parse,stream},completions.create,embeddings.create,images.generate}",
		"anthropic.Anthropic().{messages.{create,stream},completions.create}",
		"openai.{ChatCompletion,Completion}.{create,acreate}",
	},
	Knows: []string{"httpx.Timeout()", "aiohttp.ClientTimeout()", "httpx.{Client,AsyncClient}()", "requests", "aiohttp", "httpx"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		place := unlimited(p, c)
		if place == nil || limitedAround(p, c.Node) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "wait ten minutes at most, as the official clients do", place.edits(p, c))})
	},
}

// noLimit is where a call is given no limit of time.
type noLimit struct {
	// none is the argument that is None; nil where there is no argument at all.
	none *checks.Argument
	name string
}

// unlimited tells where a call may wait for ever; nil where it may not.
func unlimited(p *checks.Pass, c *checks.Call) *noLimit {
	if c.HasRest() && c.Arg(-1, "timeout") == nil {
		return nil
	}
	own := c.Arg(-1, "timeout")
	library, _, _ := strings.Cut(c.Symbol.String(), ".")
	switch {
	case c.Symbol.Under("requests"):
		switch {
		case !toModel(c):
		case own != nil:
			return without(own)
		case !sessionSetsTimeout(c):
			return &noLimit{}
		}
	case c.Symbol.Under("httpx") || c.Symbol.Under("aiohttp"):
		if !toModel(c) {
			return nil
		}
		if own != nil {
			return without(own)
		}
		if c.Receiver == nil || c.Receiver.Origin() == nil {
			return nil
		}
		if given := c.Receiver.Origin().Arg(-1, "timeout"); given != nil {
			return without(given)
		}
	case library != "":
		if own != nil {
			return without(own)
		}
		if client := c.Arg(-1, "http_client"); client != nil && client.Value.Origin() != nil && client.Value.Is("httpx.Client()", "httpx.AsyncClient()") {
			if given := client.Value.Origin().Arg(-1, "timeout"); given != nil {
				return without(given)
			}
		}
	}
	return nil
}

// without is the place of an argument that is None or an object without any limit.
func without(a *checks.Argument) *noLimit {
	switch {
	case a.Value.IsNone():
		return &noLimit{a, "timeout"}
	case a.Value.Is("httpx.Timeout()", "aiohttp.ClientTimeout()"):
		made := a.Value.Origin()
		if made == nil || made.HasRest() || len(made.Args) == 0 {
			return nil
		}
		for i := range made.Args {
			if !made.Args[i].Value.IsNone() {
				return nil
			}
		}
		return &noLimit{&made.Args[0], "timeout"}
	}
	return nil
}

// edits sets the limit.
func (n *noLimit) edits(p *checks.Pass, c *checks.Call) []fix.Edit {
	if n.none == nil {
		if last := p.Source.Text[c.Node.Rparen-1]; last != ',' && last != ' ' && last != '\t' && last != '\n' && last != '(' {
			// The call ends in the line of its last argument, and so does what is added.
			return []fix.Edit{{Start: int(c.Node.Rparen), End: int(c.Node.Rparen), New: ", timeout=600"}}
		}
		return fix.AddKeyword(p.File, c.Node, "timeout", "600")
	}
	place := checks.ConstantNode(p, n.none)
	if place == nil || !p.Holds(place) {
		return nil
	}
	return checks.Replace(p, place, "600")
}

// toModel reports whether a request goes to the API of a model.
func toModel(c *checks.Call) bool {
	pos := 0
	switch c.Method {
	case "request", "stream":
		pos = 1
	case "":
		if c.Symbol.Is("requests.request", "httpx.request", "httpx.stream", "aiohttp.request") {
			pos = 1
		}
	}
	a := c.Arg(pos, "url")
	if a == nil {
		return false
	}
	for _, v := range a.Value.Alternatives() {
		begin, end := ends(v)
		if begin == "" && end == "" && v.Origin() != nil && v.Origin().Symbol.Is("urllib.parse.urljoin") {
			made := v.Origin()
			if base, path := made.Arg(0, "base"), made.Arg(1, "url"); base != nil && path != nil {
				begin, _ = ends(base.Value)
				_, end = ends(path.Value)
			}
		}
		if models.IsModelAPI(begin, end) {
			return true
		}
	}
	return false
}

// ends are the constant texts with which an address begins and ends.
func ends(v *checks.Value) (begin, end string) {
	parts := v.Parts()
	if len(parts) == 0 {
		return "", ""
	}
	return v.Prefix(), parts[len(parts)-1].Text
}

// sessionSetsTimeout reports whether the session of a request is the project's own, or has an
// adapter of the project.
func sessionSetsTimeout(c *checks.Call) bool {
	if c.Receiver == nil {
		return false
	}
	if k := c.Receiver.Class(); k != nil {
		return true
	}
	made := c.Receiver.Origin()
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Method == "mount" && o.Receiver != nil && o.Receiver.Origin() == made && len(o.Args) > 1 && o.Args[1].Value.Class() != nil {
				return true
			}
		}
	}
	return false
}

// limitedAround reports whether a call runs within something that ends it after a time.
func limitedAround(p *checks.Pass, n ast.Node) bool {
	for _, a := range p.Around(n) {
		switch a := a.(type) {
		case *ast.With:
			for _, it := range a.Items {
				if limits(it.Context) {
					return true
				}
			}
		case *ast.FunctionDef:
			for _, d := range a.Decorators {
				if limits(d.Expr) {
					return true
				}
			}
		case *ast.Call:
			if ast.Node(a) != n && limits(a) {
				return true
			}
		}
	}
	return false
}

// limits reports whether an expression, or what it calls, has a name that speaks of a time
// limit.
func limits(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Call:
		return limits(n.Fn)
	case *ast.Name:
		return limitName(n.Id)
	case *ast.Attribute:
		return n.Attr != nil && limitName(n.Attr.Id)
	}
	return false
}

func limitName(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "timeout") || strings.Contains(name, "time_limit") || name == "wait_for" || name == "fail_after" || name == "move_on_after"
}
