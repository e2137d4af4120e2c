package services

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const unverifiedContext = "ssl._create_unverified_context"

// uncheckedServer is PML6422.
var uncheckedServer = &checks.Rule{
	Spec: infoPML6422,
	On: append([]string{
		"{requests,requests.sessions.Session(),httpx,httpx.Client(),aiohttp.ClientSession()}.{get,post,put,patch,delete,head,options,request,stream}",
		"httpx.{Client,AsyncClient}", "aiohttp.TCPConnector", "urllib.request.urlopen",
	}, checks.EnvironmentCalls...),
	To: append([]string{"requests.sessions.Session().verify"}, checks.EnvironmentStores...),
	Knows: []string{
		"aiohttp.ClientSession", "requests.sessions.Session", unverifiedContext, "urllib.request.Request", "urllib.request.Request().add_header",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if slices.ContainsFunc(checks.VariablesOf(p, c, insecureTracking), func(v checks.Variable) bool { return reportTracking(p, v) }) {
			return
		}
		a := checkOff(c)
		if a == nil || ownMachine(c) || !sendsCredential(p, c) || !p.Project.UsesML() {
			return
		}
		r := checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "check the server's certificate", checks.RemoveArg(p, c, a))}
		if a.Unpacked {
			if r.Fix = checks.SetConstant(p, c, a, "True"); r.Fix == nil && a.Given != nil && p.Holds(a.Given) {
				r.Fix = checks.Fix(true, "check the server's certificate", checks.RemoveEntry(p, a.Given))
			}
		}
		p.Report(r)
	},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !s.Symbol.Is("requests.sessions.Session().verify") {
			if v, ok := checks.VariableOf(p, s); ok && v.Name == insecureTracking {
				reportTracking(p, v)
			}
			return
		}
		at, _ := s.Node.(*ast.Attribute)
		stmt, _ := p.StmtOf(s.Node).(*ast.Assign)
		if at == nil || stmt == nil || len(stmt.Targets) != 1 || !checks.Off(s.Value) || optionOf(s.Frame, s.From) || !p.Project.UsesML() {
			return
		}
		client := clientNamed(s.Frame, checks.ChainText(at.Value))
		if checks.ToldCredential(p.Module, s.Frame, at, checks.ChainText(at.Value)) || client != nil && used(client) {
			p.Report(checks.Report{Node: stmt, Fix: checks.Fix(true, "check the server's certificate", fix.RemoveStmt(p.File, stmt))})
		}
	},
}

// checkOff is the argument by which a call switches the check of certificates off; nil where
// there is none, or where it is an option of the caller's.
func checkOff(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"verify", "ssl", "verify_ssl", "context"} {
		a := c.Arg(-1, name)
		switch {
		case a == nil:
		case name == "context":
			if o := a.Value.Origin(); o != nil && o.Symbol.Is(unverifiedContext) && c.Symbol.Is("urllib.request.urlopen") {
				return a
			}
		case name == "verify" == c.Symbol.Under("aiohttp"):
		case checks.Off(a.Value) && !optionOf(c.Frame, a.Node):
			return a
		}
	}
	return nil
}

// optionOf reports whether an expression is a parameter of the function that it stands in.
func optionOf(f *checks.Frame, n ast.Node) bool {
	name, ok := n.(*ast.Name)
	for ; ok && f != nil; f = f.Outer() {
		if fn := f.Function(); fn != nil && fn.Params != nil && slices.ContainsFunc(fn.Params.List, func(p *ast.Param) bool { return p.Name != nil && p.Name.Id == name.Id }) {
			return true
		}
	}
	return false
}

// ownMachine reports whether a call goes to this machine, or needs no certificate.
func ownMachine(c *checks.Call) bool {
	for _, a := range [...]*checks.Argument{c.Arg(0, "url"), c.Arg(1, "url"), c.Arg(-1, "base_url"), c.Arg(-1, "azure_endpoint"), c.Arg(-1, "transport"), c.Arg(-1, "uds")} {
		if a == nil || a.Name == "" && c.Symbol.Is("httpx.Client", "httpx.AsyncClient", "aiohttp.TCPConnector") {
			continue
		}
		text := a.Value.Prefix()
		if t, ok := a.Value.Text(); ok {
			text = t
		}
		if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "http+unix:") {
			return true
		}
		if u, err := url.Parse(text); err == nil && u.Scheme == "https" {
			ip := net.ParseIP(u.Hostname())
			if u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") || ip != nil && ip.IsLoopback() {
				return true
			}
		}
	}
	return false
}

// sendsCredential reports whether a credential goes where the check of a call is switched off: in
// the call, or by the client that makes it or is made by it.
func sendsCredential(p *checks.Pass, c *checks.Call) bool {
	if carriesCredential(c) {
		return true
	}
	switch {
	case c.Symbol.Is("urllib.request.urlopen"):
		req := c.Arg(0, "url")
		if req == nil || req.Value.Origin() == nil || !req.Value.Origin().Symbol.Is("urllib.request.Request") {
			return false
		}
		made := req.Value.Origin()
		return carriesCredential(made) || eachUse(made, func(o *checks.Call) bool {
			if o.Method != "add_header" && o.Method != "add_unredirected_header" {
				return false
			}
			name := o.Arg(0, "key")
			text, ok := "", false
			if name != nil {
				text, ok = name.Value.Text()
			}
			return ok && checks.CredentialHeader(text)
		})
	case c.Symbol.Is("aiohttp.TCPConnector"):
		return eachTaker(c, func(o *checks.Call) bool {
			return o.Symbol.Is("aiohttp.ClientSession") && !ownMachine(o) && (carriesCredential(o) || used(o))
		})
	case c.Symbol.Is("httpx.Client", "httpx.AsyncClient"):
		return used(c) || checks.HoldsCredential(p, c) || eachTaker(c, isSDK)
	}
	made := (*checks.Call)(nil)
	if c.Receiver != nil {
		made = c.Receiver.Origin()
	}
	return made != nil && (carriesCredential(made) || checks.HoldsCredential(p, made))
}

// isSDK reports whether a call makes the client of a model's API that has a key, for a server that
// is not on this machine.
func isSDK(o *checks.Call) bool {
	if ownMachine(o) || o.Symbol.Under("httpx") || o.Symbol.Under("builtins") {
		return false
	}
	key := o.Arg(-1, "api_key")
	if key == nil {
		return true // it is read from the environment
	}
	text, ok := key.Value.Text()
	return !ok || len(text) >= 8 && !strings.Contains(strings.ToLower(text), "key") && !strings.Contains(strings.ToLower(text), "not-")
}

// eachUse reports whether one of the calls of methods of what a call has made is of a kind.
func eachUse(made *checks.Call, kind func(*checks.Call) bool) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Receiver != nil && sameNode(o.Receiver.Origin(), made) && kind(o) {
				return true
			}
		}
	}
	return false
}

// eachTaker reports whether one of the calls that are given, by keyword, what a call has made is
// of a kind.
func eachTaker(made *checks.Call, kind func(*checks.Call) bool) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, o := range f.Calls {
			for i := range o.Args {
				if o.Args[i].Name != "" && sameNode(o.Args[i].Value.Origin(), made) && kind(o) {
					return true
				}
			}
		}
	}
	return false
}

// used reports whether one of the requests of a client carries a credential.
func used(client *checks.Call) bool {
	return eachUse(client, func(o *checks.Call) bool { return carriesCredential(o) && !ownMachine(o) })
}

// clientNamed is the call that made what a name of a frame's code stands for; nil where that is
// not known.
func clientNamed(f *checks.Frame, name string) *checks.Call {
	for _, o := range f.Calls {
		if at, ok := o.Node.Fn.(*ast.Attribute); ok && o.Receiver != nil && o.Receiver.Origin() != nil && checks.LastName(at.Value) == name[strings.LastIndexByte(name, '.')+1:] {
			return o.Receiver.Origin()
		}
	}
	return nil
}

const insecureTracking = "MLFLOW_TRACKING_INSECURE_TLS"

// reportTracking reports the variable that switches the check off for MLflow, where the project
// has a credential for the tracking server.
func reportTracking(p *checks.Pass, v checks.Variable) bool {
	text, ok := v.Value.Text()
	if !ok || text != "true" && text != "True" && text != "1" || p.IsTest() || !tracksWithCredential(p) {
		return false
	}
	p.Report(checks.Report{Node: v.Node, Fix: checks.Fix(true, "check the server's certificate", v.Remove)})
	return true
}

// tracksWithCredential reports whether the project knows a token or a password for MLflow's
// tracking server.
func tracksWithCredential(p *checks.Pass) bool {
	return p.AnyMentions("MLFLOW_TRACKING_TOKEN") || p.AnyMentions("MLFLOW_TRACKING_PASSWORD")
}

// carriesCredential reports whether a call is given a credential to send.
func carriesCredential(c *checks.Call) bool { return len(checks.Credentials(c)) > 0 }
