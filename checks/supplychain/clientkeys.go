package supplychain

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/secrets"
)

// clientKey is PML6302.
var clientKey = &checks.Rule{
	Spec:  infoPML6302,
	Needs: []string{"api_key", "apikey", "auth_token", "api_token", "AzureKeyCredential", "ClientV2", "cohere", "headers"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if inFixtures(p.Path) {
			return
		}
		for _, c := range f.Calls {
			name := calledName(c)
			for i := range c.Args {
				if a := &c.Args[i]; !a.Rest {
					keyArgument(p, c, name, a)
				}
			}
		}
	},
	Knows: []string{"functools.partial"},
	To: []string{"openai.{api_key,api_base,base_url}", "dashscope.api_key", "cohere.api_key", "litellm.{api_key,openai_key,anthropic_key,cohere_key,azure_key,api_base}", "zhipuai.api_key",
		"assemblyai.settings.api_key", "{together,voyageai}.api_key", "requests.Session().headers[]", "{httpx.Client,httpx.AsyncClient,aiohttp.ClientSession}().headers[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		name := s.Symbol.String()
		if strings.HasSuffix(name, "api_base") || strings.HasSuffix(name, "base_url") || inFixtures(p.Path) || setsOwnServer(p) {
			return
		}
		if strings.HasSuffix(name, "headers[]") {
			storedHeader(p, s)
			return
		}
		library, _, _ := strings.Cut(name, ".")
		for _, v := range s.Value.Alternatives() {
			if text, ok := v.Text(); ok {
				variable := providers[library] + "_API_KEY"
				if attr := name[strings.LastIndexByte(name, '.')+1:]; attr != "api_key" {
					variable = strings.ToUpper(strings.TrimSuffix(attr, "_key")) + "_API_KEY"
				}
				reportKey(p, s.From, v, text, variable)
			}
		}
	},
}

// providers are the packages whose clients are given keys, and the first word of the variable from
// which they read it.
var providers = map[string]string{
	"openai": "OPENAI", "anthropic": "ANTHROPIC", "cohere": "COHERE", "mistralai": "MISTRAL", "google.generativeai": "GOOGLE", "google.genai": "GOOGLE", "groq": "GROQ",
	"together": "TOGETHER", "fireworks": "FIREWORKS", "replicate": "REPLICATE", "pinecone": "PINECONE", "qdrant_client": "QDRANT", "weaviate": "WEAVIATE",
	"elevenlabs": "ELEVENLABS", "deepgram": "DEEPGRAM", "assemblyai": "ASSEMBLYAI", "tavily": "TAVILY", "litellm": "LITELLM", "dashscope": "DASHSCOPE", "zhipuai": "ZHIPUAI",
	"azure.core.credentials": "AZURE", "langchain": "LANGCHAIN", "haystack": "HAYSTACK", "voyageai": "VOYAGE", "cerebras.cloud.sdk": "CEREBRAS", "exa_py": "EXA", "firecrawl": "FIRECRAWL",
}

// keyPositions are the functions that take a key first, with the variable from which it is read
// otherwise.
var keyPositions = map[string]string{
	"cohere.Client": "COHERE_API_KEY", "cohere.ClientV2": "COHERE_API_KEY", "cohere.AsyncClient": "COHERE_API_KEY", "cohere.AsyncClientV2": "COHERE_API_KEY",
	"azure.core.credentials.AzureKeyCredential": "AZURE_API_KEY", "azure.core.credentials.AzureNamedKeyCredential": "",
	"weaviate.classes.init.Auth.api_key": "WEAVIATE_API_KEY", "weaviate.auth.AuthApiKey": "WEAVIATE_API_KEY", "weaviate.AuthApiKey": "WEAVIATE_API_KEY",
	"weaviate.auth.Auth.api_key": "WEAVIATE_API_KEY", "weaviate.auth.AuthApiKey.api_key": "WEAVIATE_API_KEY",
	"elevenlabs.set_api_key": "ELEVENLABS_API_KEY", "deepgram.DeepgramClient": "DEEPGRAM_API_KEY", "deepgram.Deepgram": "DEEPGRAM_API_KEY",
}

// calledName is the qualified name of what a call makes or runs; of functools.partial what it is
// made for.
func calledName(c *checks.Call) string {
	name := ""
	if c.Symbol != nil {
		name = c.Symbol.String()
	} else if c.Callee != nil {
		name = c.Callee.Name()
	}
	if name == "functools.partial" && len(c.Args) > 0 {
		return c.Args[0].Value.Name()
	}
	return name
}

// variableOf is the variable of the environment that holds the key that an argument of a function
// is given; "" where it is none.
func variableOf(name string, a *checks.Argument) string {
	if a.Name == "" {
		if a.Pos == 0 {
			return keyPositions[name]
		}
		return ""
	}
	own := ""
	switch arg := strings.ToLower(a.Name); {
	case arg == "api_key", arg == "apikey", arg == "auth_token", arg == "api_token", arg == "key" && keyPositions[name] != "":
	case strings.HasSuffix(arg, "_api_key"), strings.HasSuffix(arg, "_api_token"):
		own = strings.ToUpper(arg)
	default:
		return ""
	}
	provider := providerOf(name)
	switch {
	case provider == "", strings.Contains(name, "()"):
		return ""
	case own != "":
		return own
	case keyPositions[name] != "":
		return keyPositions[name]
	case provider == "REPLICATE":
		return "REPLICATE_API_TOKEN"
	}
	return provider + "_API_KEY"
}

// providerOf is the word for the provider of a function; "" where it belongs to none.
func providerOf(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	parts := strings.Split(name, ".")
	word := ""
	for i := min(len(parts), 3); i > 0 && word == ""; i-- {
		word = providers[strings.Join(parts[:i], ".")]
	}
	switch {
	case strings.HasPrefix(parts[0], "langchain_") && len(parts) > 1:
		if word = strings.ToUpper(strings.TrimPrefix(parts[0], "langchain_")); word == "COMMUNITY" || word == "CLASSIC" {
			word = strings.ToUpper(strings.TrimPrefix(last, "Chat"))
		}
	case parts[0] == "llama_index" && len(parts) > 1:
		word = "LLAMA_INDEX"
		if len(parts) > 3 && parts[1] != "core" {
			word = strings.ToUpper(parts[len(parts)-2])
		}
	}
	if word != "" && strings.Contains(last, "AzureOpenAI") || word != "" && strings.Contains(last, "AzureChatOpenAI") {
		return "AZURE_OPENAI"
	}
	if word == "LANGCHAIN" && strings.Contains(last, "OpenAI") {
		return "OPENAI"
	}
	return word
}

// keyArgument reports the key that an argument is given as a literal.
func keyArgument(p *checks.Pass, c *checks.Call, name string, a *checks.Argument) {
	if a.Name == "headers" || strings.HasSuffix(name, "headers.update") {
		headerKeys(p, c, name, a)
		return
	}
	variable := variableOf(name, a)
	if variable == "" {
		return
	}
	for _, v := range given(c, a.Value) {
		if text, ok := v.Text(); ok && secrets.KeyLike(text) && !toOwnServer(p, c) {
			reportKey(p, a.Node, v, text, variable)
		}
	}
}

// given lists the values that one may be, also those that callers hand in.
func given(c *checks.Call, v *checks.Value) []*checks.Value {
	var out []*checks.Value
	for _, a := range v.Alternatives() {
		for _, g := range c.Given(a) {
			out = append(out, g.Alternatives()...)
		}
	}
	return out
}

// keyHeaders are headers that carry the key of a provider.
var keyHeaders = []string{"authorization", "x-api-key", "api-key", "xi-api-key", "ocp-apim-subscription-key"}

// headerKeys reports the keys among the headers that a client of HTTP is given.
func headerKeys(p *checks.Pass, c *checks.Call, name string, a *checks.Argument) {
	library, _, _ := strings.Cut(name, ".")
	if library != "requests" && library != "httpx" && library != "aiohttp" {
		return
	}
	for _, d := range given(c, a.Value) {
		entries, _, _ := c.Entries(d)
		for _, e := range entries {
			header := strings.ToLower(e.Name)
			if !slices.Contains(keyHeaders, header) || e.Value == nil {
				continue
			}
			for _, v := range given(c, e.Value) {
				text, ok := v.Text()
				if !ok {
					continue
				}
				if header == "authorization" {
					text = afterScheme(text)
				}
				if secrets.KeyLike(text) && !toOwnServer(p, c) {
					reportKey(p, e.Node, v, text, serviceVariable(c))
				}
			}
		}
	}
}

// afterScheme is what stands in a header of authorization behind the word for a token; "" where it is of
// another kind.
func afterScheme(text string) string {
	scheme, rest, _ := strings.Cut(text, " ")
	switch strings.ToLower(scheme) {
	case "bearer", "token", "apikey", "api-key":
		return strings.TrimSpace(rest)
	}
	return ""
}

// storedHeader reports the key that is written into the headers of a session.
func storedHeader(p *checks.Pass, s *checks.Store) {
	name, _ := s.Key.Text()
	if name = strings.ToLower(name); !slices.Contains(keyHeaders, name) || slices.ContainsFunc(p.File.Body, func(n ast.Stmt) bool { return spellsOwnAddress(n) }) {
		return
	}
	for _, v := range s.Value.Alternatives() {
		text, ok := v.Text()
		if !ok {
			continue
		}
		if name == "authorization" {
			text = afterScheme(text)
		}
		reportKey(p, s.From, v, text, "API_KEY")
	}
}

// serviceVariable is the variable for the key of the service to which a request goes, by its host.
func serviceVariable(c *checks.Call) string {
	for _, a := range addresses(c) {
		for _, v := range given(c, a.Value) {
			text := v.Prefix()
			if t, ok := v.Text(); ok {
				text = t
			}
			if host := hostOf(text); host != "" {
				parts := strings.Split(host, ".")
				for i := len(parts) - 2; i >= 0; i-- {
					if word := parts[i]; len(word) > 3 && !slices.Contains([]string{"com", "googleapis", "cognitiveservices", "azure", "openai"}, word) || word == "openai" && !strings.Contains(host, "azure") {
						return strings.ToUpper(strings.ReplaceAll(word, "-", "_")) + "_API_KEY"
					}
				}
			}
		}
	}
	return "API_KEY"
}

// addresses lists the arguments that say where a call's server is.
func addresses(c *checks.Call) []*checks.Argument {
	var out []*checks.Argument
	for i := range c.Args {
		a := &c.Args[i]
		switch strings.ToLower(a.Name) {
		case "base_url", "api_base", "azure_endpoint", "host", "url", "endpoint", "server_url", "openai_api_base", "openai_api_url", "endpoint_url", "location", "cluster_url", "http_host", "inference_server_url", "azure_openai_endpoint":
			out = append(out, a)
		case "":
			if !a.Rest && a.Pos < 2 {
				out = append(out, a)
			}
		}
	}
	return out
}

// hostOf is the host of an address; "" for what is none.
func hostOf(text string) string {
	if !strings.Contains(text, "://") {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// toOwnServer reports whether a call is about a server on this machine or in a private network, which
// asks for no key of a provider.
func toOwnServer(p *checks.Pass, c *checks.Call) bool {
	for _, call := range append([]*checks.Call{c}, c.Feeds()...) {
		if name := calledName(call); name == "weaviate.connect_to_local" || strings.HasSuffix(name, "connect_to_local") {
			return true
		}
		for _, a := range addresses(call) {
			for _, v := range given(call, a.Value) {
				text := v.Prefix()
				if t, ok := v.Text(); ok {
					text = t
				}
				if ownAddress(text, a.Name != "") {
					return true
				}
			}
			if a.Node != nil && a.Name != "" && spellsOwnAddress(a.Node) {
				return true
			}
		}
	}
	return connectsLocally(p, c)
}

// ownAddress reports whether a text is the address of a server on this machine or in a private network,
// or, where one is given, its bare name.
func ownAddress(text string, named bool) bool {
	if text == "" {
		return false
	}
	if strings.Contains(text, "://") {
		return checks.InternalHost(hostOf(text))
	}
	host, _, _ := strings.Cut(text, "/")
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		host = host[:i]
	}
	return (named || strings.Contains(text, "localhost") || strings.HasPrefix(text, "127.")) && len(host) < 64 && checks.InternalHost(host) && !secrets.KeyLike(text)
}

// spellsOwnAddress reports whether an expression holds the address of a server of one's own, as the
// fallback of a setting.
func spellsOwnAddress(e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok && strings.Contains(s.Value, "://") {
			found = found || checks.InternalHost(hostOf(s.Value))
		}
		return !found
	})
	return found
}

// connectsLocally reports whether a credential is made for weaviate.connect_to_local or a client of
// a local address: as an argument within its call.
func connectsLocally(p *checks.Pass, c *checks.Call) bool {
	m := p.Project.Module(c.Frame.Module())
	if m == nil {
		return false
	}
	around := m.Around(c.Node)
	for i := len(around) - 2; i >= 0; i-- {
		if _, stmt := around[i].(ast.Stmt); stmt {
			return false
		}
		call, ok := around[i].(*ast.Call)
		if !ok {
			continue
		}
		if checks.LastName(call.Fn) == "connect_to_local" {
			return true
		}
		for _, k := range call.Keywords {
			if s, text := k.Value.(*ast.Str); text && k.Name != nil && (k.Name.Id == "http_host" || k.Name.Id == "endpoint" || k.Name.Id == "url") && ownAddress(s.Value, true) {
				return true
			}
		}
	}
	return false
}

// setsOwnServer reports whether the file tells the library of a server of one's own.
func setsOwnServer(p *checks.Pass) bool {
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		if s, ok := n.(*ast.Assign); ok {
			switch checks.LastName(s.Targets[0]) {
			case "api_base", "base_url":
				found = found || spellsOwnAddress(s.Value)
			}
		}
		return !found
	})
	return found
}

// reportKey reports the literal that spells a key out; at is where the key is given.
func reportKey(p *checks.Pass, at ast.Node, v *checks.Value, key, variable string) {
	if !secrets.KeyLike(key) || len(secrets.Find(key)) > 0 {
		return
	}
	held, in := literalWith(p, v, key)
	if held == nil {
		if at == nil {
			return
		}
		if in = p.Holder(at); in != nil {
			p.Report(checks.Report{Node: at, In: in})
		}
		return
	}
	if inFixtures(in.Path) || isFallback(in, held) || besideOwnAddress(in, held) {
		return
	}
	r := checks.Report{Node: held, In: in}
	if variable == "" {
		variable = "API_KEY"
	}
	if start, ok := within(in, held, key); ok {
		r.Fix = fromEnvironment(p, in, held, ast.Span{Start: start, End: start + ast.Pos(len(key))}, variable)
	}
	p.Report(r)
}

// besideOwnAddress reports whether a literal is given to a call together with the address of a server
// of one's own: the key that a class is made with goes where the class is told to.
func besideOwnAddress(m *checks.Module, e ast.Expr) bool {
	around := m.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			for _, a := range n.Args {
				if spellsOwnAddress(a) {
					return true
				}
			}
			for _, k := range n.Keywords {
				if spellsOwnAddress(k.Value) {
					return true
				}
			}
			return false
		case ast.Stmt:
			return false
		}
	}
	return false
}

// literalWith finds the literal that spells a key out, in this file or one that is connected with it.
func literalWith(p *checks.Pass, v *checks.Value, key string) (ast.Expr, *checks.Module) {
	if lit, mod := v.Literal(); lit != nil && mod != nil {
		if s, ok := lit.(*ast.Str); ok && len(s.Pieces) > 0 && strings.Contains(s.Value, key) {
			if m := p.Project.Module(mod); m != nil {
				return s, m
			}
		}
	}
	for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
		if m.File == nil || !m.Mentions(key) {
			continue
		}
		var found ast.Expr
		ast.InspectFile(m.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Str:
				if len(n.Pieces) > 0 && strings.Contains(n.Value, key) && found == nil {
					found = n
				}
			case *ast.JoinedStr:
				if _, ok := within(m, n, key); ok && found == nil {
					found = n
				}
			}
			return found == nil
		})
		if found != nil {
			return found, m
		}
	}
	return nil, nil
}

// within is where in the text of a literal a key stands.
func within(m *checks.Module, e ast.Expr, key string) (ast.Pos, bool) {
	i := strings.Index(m.File.Text(e), key)
	return e.Pos() + ast.Pos(max(i, 0)), i >= 0
}

// isFallback reports whether a literal stands in where a variable of the environment is missing.
func isFallback(m *checks.Module, e ast.Expr) bool {
	around := m.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "getenv", "setdefault", "putenv", "environ":
				return true
			case "get":
				if a, ok := n.Fn.(*ast.Attribute); ok && checks.LastName(a.Value) == "environ" {
					return true
				}
			}
			return false
		case *ast.Keyword:
		default:
			return false
		}
	}
	return false
}
