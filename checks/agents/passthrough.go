package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// tokenPassedOn is PML6119.
var tokenPassedOn = &checks.Rule{
	Spec: infoPML6119,
	Knows: []string{
		"fastmcp.server.dependencies.{get_http_headers,get_http_request,get_access_token}", "mcp.server.auth.middleware.auth_context.get_access_token",
	},
	Needs: []string{"uthorization", "oken", "auth", "api_key", "cookies"},
	// Without these there is no MCP server that looks at the request with which it was called.
	Beside: [][]string{{"mcp"}, {"get_http_headers", "get_http_request", "get_access_token", "request_context"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if p.Mentions("as_proxy") || p.Mentions("create_proxy") {
			return
		}
		for _, c := range f.Calls {
			if !p.Holds(c.Node) || exchanges(c) {
				continue
			}
			for _, s := range sentBy(c) {
				passedOn(p, f, s)
			}
		}
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef:
				return false
			case *ast.Assign: // session.headers["Authorization"] = token
				if at, ok := n.Targets[0].(*ast.Subscript); ok {
					key, text := at.Index.(*ast.Str)
					if of, is := at.Value.(*ast.Attribute); is && text && of.Attr.Id == "headers" && checks.CredentialHeader(key.Value) {
						passedOn(p, f, sent{n.Value, strings.EqualFold(key.Value, "authorization")})
					}
				}
			}
			return true
		})
	},
}

// sent is a credential that a request carries, and whether it is that of an Authorization header.
type sent struct {
	value  ast.Expr
	header bool
}

// passedOn reports a credential that is the token with which the server was called.
func passedOn(p *checks.Pass, f *checks.Frame, s sent) {
	m := p.Holder(s.value)
	if m == nil || m.IsTest() {
		return
	}
	if f = frameAround(f, m, s.value); f == nil || !inboundToken(f, s.value) {
		return
	}
	name, imports := fix.Reach(m.File, "os.environ", "import os", fix.InSection)
	text := name + `["UPSTREAM_TOKEN"]`
	if s.header {
		text = `f"Bearer {` + name + `['UPSTREAM_TOKEN']}"`
	}
	edits := append([]fix.Edit{fix.ReplaceNode(m.File, s.value, text)}, imports...)
	p.Report(checks.Report{Node: s.value, In: m, Fix: checks.Fix(true, "send a credential of the server's own", p.InFile(m, edits))})
}

// frameAround is the analysis of the innermost function around a place in a file.
func frameAround(f *checks.Frame, m *checks.Module, at ast.Node) *checks.Frame {
	def := m.FunctionAround(at)
	for _, o := range append([]*checks.Frame{f}, f.Everywhere()...) {
		if o.Module().File != m.File {
			continue
		}
		if fn := o.Function(); fn != nil && fn.Def == def && def != nil || fn == nil && def == nil && o.Class() == nil {
			return o
		}
	}
	return nil
}

// clientKeywords are those by which clients of APIs are given a token.
var clientKeywords = []string{"token", "api_key", "access_token", "auth_token", "oauth_token", "bearer_token", "private_token", "api_token"}

// clientPositions are where clients of APIs, and what they log in with, take a token by position.
var clientPositions = map[string]int{
	"github.Github": 0, "github.Auth.Token": 0, "gitlab.Gitlab": 1, "slack_sdk.WebClient": 0, "slack_sdk.web.WebClient": 0, "slack_sdk.web.async_client.AsyncWebClient": 0,
	"google.oauth2.credentials.Credentials": 0, "dropbox.Dropbox": 0, "tweepy.Client": 0, "stripe.StripeClient": 0, "sendgrid.SendGridAPIClient": 0, "hvac.Client": 1,
	"huggingface_hub.HfApi": 1, "asana.Client.access_token": 0,
}

// sentBy lists the credentials that a call sends, or gives to what will send them.
func sentBy(c *checks.Call) []sent {
	var out []sent
	switch {
	case c.Method == "add_header" || c.Method == "add_unredirected_header":
		if key, value := c.Arg(0, "key"), c.Arg(1, "val"); key != nil && value != nil {
			if text, _ := key.Value.Text(); checks.CredentialHeader(text) {
				out = append(out, sent{value.Node, strings.EqualFold(text, "authorization")})
			}
		}
	case checks.Fetches(c):
		for _, name := range [...]string{"auth", "cookies"} {
			if a := c.Arg(-1, name); a != nil && !a.Unpacked && a.Node != nil && !a.Value.IsNone() {
				out = append(out, sent{a.Node, false})
			}
		}
		if a := c.Arg(-1, "headers"); a != nil {
			addHeaders(c, a.Value, &out)
		}
	case c.Method == "update" && len(c.Args) == 1:
		if at, ok := c.Node.Fn.(*ast.Attribute); ok && checks.LastName(at.Value) == "headers" {
			addHeaders(c, c.Args[0].Value, &out)
		}
	case makesClient(c):
		for _, name := range clientKeywords {
			if a := c.Arg(-1, name); a != nil && !a.Unpacked && a.Node != nil {
				out = append(out, sent{a.Node, false})
			}
		}
	}
	for name, at := range clientPositions {
		if c.Symbol.Is(name) || c.Callee.Name() == name {
			if a := c.Arg(at, ""); a != nil && !a.Unpacked && a.Node != nil {
				out = append(out, sent{a.Node, false})
			}
		}
	}
	if c.Symbol.Is("urllib.request.Request") {
		if a := c.Arg(2, "headers"); a != nil {
			addHeaders(c, a.Value, &out)
		}
	}
	return out
}

// addHeaders adds the headers of a dict that carry a credential.
func addHeaders(c *checks.Call, headers *checks.Value, out *[]sent) {
	for _, v := range headers.Alternatives() {
		entries, _, _ := c.Entries(v)
		for _, e := range entries {
			if value, ok := e.Node.(ast.Expr); ok && checks.CredentialHeader(e.Name) {
				*out = append(*out, sent{value, strings.EqualFold(e.Name, "authorization")})
			}
		}
	}
}

// makesClient reports whether a call makes an object of a library's class that may be the client of an
// API: none that reads or checks tokens.
func makesClient(c *checks.Call) bool {
	name := checks.CalledName(c)
	if name == "" || name[0] < 'A' || name[0] > 'Z' || c.Body() != nil || len(c.Enters()) > 0 {
		return false
	}
	for _, word := range [...]string{"Verifier", "Token", "Credential", "Claims", "Request", "Response", "Error", "Exception", "Context", "Model", "User"} {
		if strings.Contains(name, word) {
			return false
		}
	}
	return !slices.ContainsFunc([]string{"fastmcp", "mcp", "jwt", "jose", "authlib", "msal", "pydantic"}, c.Symbol.Under)
}

// exchanges reports whether a request asks for another token, or about the one it has.
func exchanges(c *checks.Call) bool {
	for i := range c.Args {
		a := &c.Args[i]
		if text, ok := a.Value.PathText().Text(); ok || a.Value.Prefix() != "" {
			if !ok {
				parts := a.Value.PathText().Parts()
				text = parts[len(parts)-1].Text
			}
			text, _, _ = strings.Cut(text, "?")
			for _, end := range [...]string{"/token", "/introspect", "/userinfo", "/introspection", "/tokeninfo"} {
				if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(text), "/"), end) {
					return true
				}
			}
		}
		if e := c.Key(a.Value, "grant_type"); e != nil {
			return true
		}
		if strings.HasPrefix(a.Value.Name(), "urn:ietf:params:oauth") {
			return true
		}
	}
	return c.Method == "acquire_token_on_behalf_of"
}

// textMethods give text in another form.
var textMethods = []string{
	"get", "removeprefix", "removesuffix", "split", "rsplit", "partition", "replace", "strip", "lstrip", "rstrip", "lower", "format", "join", "decode", "encode", "str", "dict", "get_http_headers", "get_http_request", "get_access_token",
	"cast", "SecretStr", "get_secret_value", "BearerAuth", "Token", "Bearer",
}

type ingredient = flow.Ingredient

func isAuthorization(step string) bool { return strings.EqualFold(step, "authorization") }

func textOf(v *checks.Value) string {
	text, _ := v.Text()
	return text
}

// callIn is the call that a node is in the function or, of another one's code, in that.
func callIn(f, holder *checks.Frame, n *ast.Call) *checks.Call {
	if c := f.CallAt(n); c != nil {
		return c
	}
	return holder.CallAt(n)
}

// isKey reports whether an expression of a function's code is the key of an item that is read.
func isKey(f *checks.Frame, n ast.Node) bool {
	around := ast.PathEnclosing(f.Module().File, n.Range())
	if len(around) < 2 {
		return false
	}
	sub, ok := around[len(around)-2].(*ast.Subscript)
	return ok && ast.Node(sub.Index) == n
}

// readByName reports whether a value was read under a constant's name for the Authorization header.
func readByName(f *checks.Frame, e ast.Expr) bool {
	return slices.ContainsFunc(f.SpelledOut(e), func(x flow.Spelled) bool {
		sub, ok := x.Expr.(*ast.Subscript)
		return ok && isAuthorization(textOf(x.Frame.ValueOf(sub.Index)))
	})
}

// inboundToken reports whether a value is the token with which an MCP server was called, or made of its
// text.
func inboundToken(f *checks.Frame, e ast.Expr) bool {
	list := slices.Collect(f.MadeOfExcept(e, func(holder *checks.Frame, n ast.Node) bool {
		if isKey(holder, n) {
			return true // what is looked up by a token is another one
		}
		c, ok := n.(*ast.Call)
		if !ok {
			return false
		}
		call := callIn(f, holder, c)
		if call == nil {
			return false
		}
		// What a request, a check or a look-up gives for the token is something else.
		if call.Symbol.Under("jwt") || call.Symbol.Under("jose") || call.Symbol.Under("authlib") {
			return true
		}
		return call.Body() == nil && !slices.Contains(textMethods, checks.CalledName(call)) && !slices.Contains(textMethods, checks.LastName(c.Fn))
	}, nil))
	header := readByName(f, e) || slices.ContainsFunc(list, func(in ingredient) bool {
		return in.Call != nil && in.Call.Method == "get" && len(in.Call.Args) > 0 && isAuthorization(textOf(in.Call.Args[0].Value))
	})
	return slices.ContainsFunc(list, func(in ingredient) bool {
		read := header || slices.ContainsFunc(in.Steps, isAuthorization)
		switch {
		case in.Call != nil && (in.Call.Symbol.Under("fastmcp") || in.Call.Symbol.Under("mcp")):
			switch checks.CalledName(in.Call) {
			case "get_http_headers", "get_http_request":
				return read
			case "get_access_token":
				return slices.Contains(in.Steps, ".token")
			}
		case in.Param != nil || in.Call != nil:
			return slices.Contains(in.Steps, ".request_context") && read
		}
		return false
	})
}
