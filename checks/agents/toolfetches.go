package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// fetchesAny is PML6106.
var fetchesAny = &checks.Rule{
	Spec:  infoPML6106,
	Knows: addressMakers,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !choosesAddress(p, path) || based(path.Call, "base_url") {
			return
		}
		if sound, faulty := checks.URLTests(p, path.Call); !sound && faulty == nil {
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path)})
		}
	},
}

// addressMakers are what carries an address or a credential to a request.
var addressMakers = []string{"httpx.{Client,AsyncClient}", "requests.sessions.Session", "aiohttp.ClientSession", "urllib.request.Request", "urllib.request.Request().add_header"}

// choosesAddress reports whether a path ends in a request to a host of a model's choice that the
// program has not looked at.
func choosesAddress(p *checks.Pass, path *checks.Path) bool {
	c := path.Call
	return c != nil && path.Mark.ToolArgument() && !path.Confirmed() && checks.Fetches(c) && checks.ChoosesHost(path) && !checks.OnlyMadeOf(path) &&
		!checks.ByProxy(c) && !checks.AddressTested(p, path) && !hostVetted(p, path)
}

// based reports whether the client of a request was given an argument.
func based(c *checks.Call, name string) bool {
	if c.Receiver == nil || c.Receiver.Origin() == nil {
		return false
	}
	made := c.Receiver.Origin()
	a := made.Arg(-1, name)
	if a == nil && made.Symbol.Is("aiohttp.ClientSession") {
		a = made.Arg(0, name)
	}
	return a != nil && !a.Value.IsNone()
}

// hostVetted reports whether the address was handed to a function that checks it by its name and,
// where its code is known, by that.
func hostVetted(p *checks.Pass, path *checks.Path) bool {
	w := checks.WayOf(p, path)
	return w.CalledWith(path, func(c *ast.Call) bool {
		name := checks.LastName(c.Fn)
		if !checks.NamesCheck(name) || !checks.AboutAddresses(name) {
			return false
		}
		call := path.Engine.CallAt(c)
		return call == nil || call.Body() == nil || looksAtHost(call.Body(), 0)
	})
}

// looksAtHost reports whether a function, or one that it calls, looks at hosts or addresses.
func looksAtHost(f *checks.Frame, depth int) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		if name := strings.ToLower(checks.LastName(n)); name != "" {
			for _, word := range [...]string{"hostname", "netloc", "domain", "allow", "block", "deny", "is_private", "ip_address", "getaddrinfo", "gethostby"} {
				found = found || strings.Contains(name, word)
			}
		}
		return !found
	})
	return found || depth < maxHelpers && slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
		b := c.Body()
		return b != nil && b != f && looksAtHost(b, depth+1)
	})
}

// allowHosts refuses addresses of hosts that are not on a list.
func allowHosts(p *checks.Pass, path *checks.Path) *fix.Fix {
	e := p.SinkExpr(path)
	if made := path.Value.Origin(); made != nil && made.Symbol.Is("urllib.request.Request") {
		e = nil
		if a := made.Arg(0, "url"); a != nil && made.Frame == path.Call.Frame && !a.Unpacked {
			e = a.Node
		}
	}
	return checks.AllowHosts(p, path, e, fix.Spaced, func(address string) string {
		switch {
		case strings.ContainsAny(address, "\\\n") || strings.Contains(address, `"`):
			return `PermissionError("host not allowed")`
		}
		return `PermissionError(f"host not allowed: {` + address + `!r}")`
	})
}

// credentialSent is PML6107.
var credentialSent = &checks.Rule{
	Spec:  infoPML6107,
	Knows: addressMakers,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !choosesAddress(p, path) || based(path.Call, "base_url") && !path.Call.Symbol.Under("httpx") || !sendsOwn(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path)})
	},
	On: []string{requestTools},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		dangerous, wrapper := c.Arg(-1, "allow_dangerous_requests"), c.Arg(-1, "requests_wrapper")
		if dangerous == nil || wrapper == nil || !checks.On(dangerous.Value) {
			return
		}
		made := wrapper.Value.Origin()
		if made == nil || len(checks.Credentials(made)) == 0 {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, dangerous, "False")})
	},
}

const requestTools = "langchain_community.{agent_toolkits.RequestsToolkit,agent_toolkits.openapi.toolkit.RequestsToolkit,tools.requests.tool.RequestsGetTool,tools.requests.tool.RequestsPostTool,tools.requests.tool.RequestsPutTool,tools.requests.tool.RequestsPatchTool,tools.requests.tool.RequestsDeleteTool,tools.RequestsGetTool,tools.RequestsPostTool,tools.RequestsPutTool,tools.RequestsPatchTool,tools.RequestsDeleteTool}"

// sendsOwn reports whether a request carries a credential of the program's own, wherever it goes.
func sendsOwn(p *checks.Pass, path *checks.Path) bool {
	c := path.Call
	given := checks.Credentials(c)
	if a := c.Arg(-1, "params"); a != nil {
		given = append(given, checks.CredentialsAmong(c, a.Value)...)
	}
	made := path.Value.Origin()
	if made == nil || !made.Symbol.Is("urllib.request.Request") {
		made = nil
		if c.Receiver != nil {
			made = c.Receiver.Origin()
		}
	}
	if made != nil {
		given = append(given, checks.Credentials(made)...)
	}
	w := checks.WayOf(p, path)
	if slices.ContainsFunc(given, func(k checks.Credential) bool { return !callersOwn(c, k) && !addedWhere(p, w, k) }) {
		return true
	}
	return made != nil && (checks.HoldsCredential(p, made) || headerAdded(made))
}

// headerAdded reports whether a request of urllib is told a credential after it was made.
func headerAdded(made *checks.Call) bool {
	return slices.ContainsFunc(made.Frame.Calls, func(c *checks.Call) bool {
		if c.Method != "add_header" && c.Method != "add_unredirected_header" || c.Receiver == nil || c.Receiver.Origin() != made {
			return false
		}
		name := c.Arg(0, "key")
		if name == nil {
			return false
		}
		text, _ := name.Value.Text()
		return checks.CredentialHeader(text)
	})
}

// callersOwn reports whether a credential came with the call of the tool: a model gave it, or it is
// read off what the framework hands to the tool about its caller.
func callersOwn(c *checks.Call, k checks.Credential) bool {
	caller := false
	for _, m := range c.Behind(k.Value) {
		switch m.Label {
		case models.Secret:
			return false
		case models.LLM, models.User:
			caller = true
		}
	}
	e, ok := k.Node.(ast.Expr)
	if caller || !ok {
		return caller
	}
	for in := range c.Frame.MadeOf(e) {
		switch {
		case in.Call != nil && slices.Contains(ofCaller, checks.CalledName(in.Call)):
			return true
		case in.Param != nil && in.Param.Name != nil && in.Param.Name.Id != "self" && len(in.Frame.Callers()) == 0:
			return true
		}
	}
	return false
}

// ofCaller are functions that give what a tool's caller sent along.
var ofCaller = []string{"get_access_token", "get_http_headers", "get_http_request", "get_context"}

// addedWhere reports whether a credential is put in under a test of the address.
func addedWhere(p *checks.Pass, w *checks.Way, k checks.Credential) bool {
	m := p.Holder(k.Node)
	if m == nil {
		return false
	}
	for _, n := range m.Around(k.Node) {
		var test ast.Expr
		switch n := n.(type) {
		case *ast.If:
			test = n.Test
		case *ast.IfExp:
			test = n.Test
		}
		if test != nil && !test.Range().Contains(k.Node.Range()) && w.Holds(m, test) {
			return true
		}
	}
	return false
}
