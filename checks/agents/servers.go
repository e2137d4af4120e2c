package agents

import (
	"net"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of MCP servers and of how they are served.

const (
	mcpServers = "{mcp.server.fastmcp.FastMCP,mcp.server.fastmcp.server.FastMCP,fastmcp.FastMCP,fastmcp.server.FastMCP,mcp.server.mcpserver.MCPServer,mcp.server.MCPServer}"
	serverApps = mcpServers + "().{sse_app,streamable_http_app,http_app}"
	runs       = mcpServers + "().{run,run_async,run_sse_async,run_http_async,run_streamable_http_async}"
	uvicorn    = "uvicorn.{run,Config,config.Config}"
	security   = "mcp.server.transport_security.TransportSecuritySettings"
)

var authArguments = []string{"auth", "auth_server_provider", "token_verifier"}

// served is a way in which a server is reached by network.
type served struct {
	// host is the argument, or nil where the library's default counts; call has it.
	host *checks.Argument
	call *checks.Call
	// store is the assignment of settings.host, nil for none.
	store *checks.Store
}

// address is the constant address that a way listens on, "" where that is not known; the libraries
// listen on the loopback where none is given.
func (s *served) address() string {
	var v *checks.Value
	switch {
	case s.store != nil:
		v = s.store.Value
	case s.host != nil:
		v = s.host.Value
	default:
		return "127.0.0.1"
	}
	text, _ := v.Text()
	return text
}

// waysOf lists how the program serves what a call makes. Where it is run over stdio, or not run at
// all, there are none.
func waysOf(c *checks.Call) []served {
	var out []served
	for _, o := range c.Frame.Servers() {
		if app := o.Arg(0, "app"); app != nil && isApp(app.Value, c) {
			out = append(out, served{host: o.Arg(-1, "host"), call: o})
		}
	}
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if !strings.HasPrefix(o.Method, "run") || !isMadeBy(o.Receiver, c) || !overNetwork(o) {
				continue
			}
			w := served{host: o.Arg(-1, "host"), call: o}
			if w.host == nil {
				w = served{host: c.Arg(-1, "host"), call: c, store: hostStored(c)}
			}
			out = append(out, w)
		}
	}
	return out
}

// isMadeBy reports whether a value is what a call made.
func isMadeBy(v *checks.Value, c *checks.Call) bool {
	return v != nil && v.Origin() != nil && v.Origin().Node == c.Node
}

// overNetwork reports whether a run of a server uses a transport that others reach.
func overNetwork(run *checks.Call) bool {
	if run.Method != "run" && run.Method != "run_async" {
		return true
	}
	transport := run.Arg(0, "transport")
	if transport == nil {
		return false
	}
	text, _ := transport.Value.Text()
	return text == "sse" || text == "http" || text == "streamable-http"
}

// isApp reports whether a value is the ASGI application of a server, or one that it is mounted in.
func isApp(v *checks.Value, server *checks.Call) bool {
	made := v.Origin()
	if made == nil {
		return false
	}
	switch made.Method {
	case "sse_app", "streamable_http_app", "http_app":
		return isMadeBy(made.Receiver, server)
	}
	if !made.Symbol.Is("starlette.applications.Starlette", "fastapi.FastAPI") {
		return false
	}
	routes := made.Arg(-1, "routes")
	if routes == nil {
		return false
	}
	items, _, _ := made.Items(routes.Value)
	for _, it := range items {
		mount := it.Value.Origin()
		if mount == nil || !mount.Symbol.Is("starlette.routing.Mount") {
			continue
		}
		if app := mount.Arg(1, "app"); app != nil && app.Value.Origin() != nil && app.Value.Origin() != made && isApp(app.Value, server) {
			return true
		}
	}
	return false
}

// hostStored is the assignment of the host in a server's settings.
func hostStored(c *checks.Call) *checks.Store {
	for _, f := range c.Frame.Everywhere() {
		for _, s := range f.Stores {
			if s.Symbol.Under("mcp") && strings.HasSuffix(s.Symbol.String(), ".settings.host") && isMadeBy(s.Owner, c) {
				return s
			}
		}
	}
	return nil
}

// authenticated reports whether something asks who calls a server: an argument, a provider that the
// environment names, a middleware that is named for it, or code that turns strangers away.
func authenticated(p *checks.Pass, c *checks.Call) bool {
	if c.HasRest() {
		return true
	}
	for _, name := range authArguments {
		if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
			return true
		}
	}
	if c.Frame.Refuses().Has(models.Identity) || p.AnyMentions("FASTMCP_SERVER_AUTH") {
		return true
	}
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "add_middleware" && checks.LastName(o.Node.Fn) != "Middleware" && checks.CalledName(o) != "Middleware" {
				continue
			}
			if a := o.Arg(0, ""); a != nil && protects(a.Value, a.Node) {
				return true
			}
		}
	}
	return false
}

// protects reports whether a middleware is named for what it asks of callers.
func protects(v *checks.Value, e ast.Expr) bool {
	name := v.Name()
	if class := v.Class(); class != nil {
		name = class.Name
	}
	if name == "" {
		name = checks.LastName(e)
	}
	return models.ProtectionNamed(name).Has(models.Identity)
}

// report reports the host of a way, to be that of this machine.
func (s *served) report(p *checks.Pass) checks.Report {
	frame, host := s.call.Frame, ast.Expr(nil)
	if s.store != nil {
		frame, host = s.store.Frame, s.store.From
	} else if !s.host.Unpacked {
		host = s.host.Node
	}
	in := p.Project.Module(frame.Module())
	r := checks.Report{In: in}
	if s.store != nil {
		r.Node = in.StmtOf(s.store.Node)
	} else {
		r.Node = checks.ArgNode(s.call, s.host)
	}
	if host != nil && in.Holds(host) {
		r.Fix = checks.Fix(true, "listen on this machine only", p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, host, `"127.0.0.1"`)}))
	}
	return r
}

// openServer is PML6116.
var openServer = &checks.Rule{
	Spec:  infoPML6116,
	On:    []string{mcpServers},
	To:    []string{mcpServers + "().settings.host"},
	Knows: []string{serverApps, runs, uvicorn, "starlette.applications.Starlette", "starlette.routing.Mount", "fastapi.FastAPI"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if authenticated(p, c) {
			return
		}
		for _, w := range waysOf(c) {
			if ip := net.ParseIP(strings.Trim(w.address(), "[]")); ip == nil || !ip.IsUnspecified() || !actingTools(c) {
				continue
			}
			p.Report(w.report(p))
			return
		}
	},
}

// actingTools reports whether a tool of a server does something that others should not.
func actingTools(c *checks.Call) bool {
	agent := c.Agent()
	if agent == nil {
		return false
	}
	return slices.ContainsFunc(agent.Tools, func(t checks.AgentTool) bool {
		if t.Power.Any(models.RunsCode | models.SendsMail) {
			return true
		}
		if t.Function == nil {
			return false
		}
		f := c.Frame.AnalysisOf(t.Function)
		return f != nil && acts(f, 0)
	})
}

// acts reports whether a function, or one that it calls, runs a program, writes or deletes files,
// changes a database, or sends something with a secret.
func acts(f *checks.Frame, depth int) bool {
	for _, c := range f.Calls {
		if does(c) {
			return true
		}
		if b := c.Body(); b != nil && b != f && depth <= maxHelpers && acts(b, depth+1) {
			return true
		}
	}
	return false
}

var actions = []string{
	"os.system", "os.popen", "builtins.exec", "builtins.eval", "os.remove", "os.unlink", "os.rename", "os.rmdir", "os.makedirs", "os.mkdir", "shutil.rmtree", "shutil.move", "shutil.copy", "shutil.copyfile",
	"pathlib.PurePath().write_text", "pathlib.PurePath().write_bytes", "pathlib.PurePath().unlink", "pathlib.PurePath().rename", "pathlib.PurePath().mkdir",
	"asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell",
}

func does(c *checks.Call) bool {
	s := c.Symbol
	switch {
	case s == nil:
		return false
	case s.Is(actions...) || s.Under("subprocess"):
		return true
	case s.Is("builtins.open", "aiofiles.open"):
		mode := c.Arg(1, "mode")
		if mode == nil {
			return false
		}
		text, _ := mode.Value.Text()
		return strings.ContainsAny(text, "wax+")
	case c.Method == "post" || c.Method == "put" || c.Method == "delete" || c.Method == "patch":
		return (s.Under("requests") || s.Under("httpx") || s.Under("aiohttp")) && carriesSecret(c)
	case c.Method == "execute" || c.Method == "executemany" || c.Method == "executescript":
		if len(c.Args) == 0 {
			return false
		}
		word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(c.Args[0].Value.Prefix())), " ")
		switch word {
		case "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "REPLACE", "TRUNCATE":
			return true
		}
		return word == "" && len(c.Args[0].Value.Marks()) > 0
	}
	return false
}

// carriesSecret reports whether a request holds a secret in its headers or authentication.
func carriesSecret(c *checks.Call) bool {
	for _, name := range [...]string{"headers", "auth", "cookies", "params"} {
		a := c.Arg(-1, name)
		if a == nil {
			continue
		}
		if name == "auth" || a.Value.Labels(models.Disclosure).Has(models.Secret) {
			return true
		}
		entries, _, _ := c.Entries(a.Value)
		for _, e := range entries {
			if strings.EqualFold(e.Name, "Authorization") || strings.Contains(strings.ToLower(e.Name), "key") || strings.Contains(strings.ToLower(e.Name), "token") {
				return true
			}
		}
	}
	return false
}

// rebindable is PML6118.
var rebindable = &checks.Rule{
	Spec: infoPML6118,
	On: []string{
		mcpServers, serverApps, "mcp.server.sse.SseServerTransport", "mcp.server.streamable_http_manager.StreamableHTTPSessionManager",
	},
	To:    []string{mcpServers + "().settings.{host,transport_security}"},
	Knows: []string{security, runs, uvicorn, "starlette.applications.Starlette", "starlette.routing.Mount"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "transport_security")
		if a == nil {
			a = c.Arg(-1, "security_settings")
		}
		if a != nil {
			rebinding(p, c, a.Value)
		}
	},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if server := s.Owner.Origin(); server != nil && strings.HasSuffix(s.Symbol.String(), ".transport_security") {
			rebinding(p, server, s.Value)
		}
	},
}

// rebinding reports settings that switch the protection off, of a server on the loopback.
func rebinding(p *checks.Pass, c *checks.Call, v *checks.Value) {
	made := v.Origin()
	if made == nil || !made.Symbol.Is(security) {
		return
	}
	off := made.Arg(-1, "enable_dns_rebinding_protection")
	if off == nil || !checks.Off(off.Value) {
		return
	}
	server := c
	if c.Receiver != nil && c.Receiver.Origin() != nil {
		server = c.Receiver.Origin() // the app of a server
	}
	ways := waysOf(server)
	if transport := lowLevel(c); transport != nil {
		ways = transport
	}
	if len(ways) == 0 || authenticated(p, server) {
		return
	}
	for _, w := range ways {
		if checks.ReachOf(w.address()) != checks.ThisMachine {
			return
		}
	}
	in := p.Project.Module(made.Frame.Module())
	report := checks.Report{Node: checks.ArgNode(made, off), In: in}
	if in == p.Module {
		report.Fix = protect(p, made, off)
	}
	p.Report(report)
}

// protect switches the protection on and names the hosts that are fine.
func protect(p *checks.Pass, made *checks.Call, off *checks.Argument) *fix.Fix {
	const message = "answer requests for this machine's names only"
	on := checks.SetConstant(p, made, off, "True")
	if on == nil {
		return nil
	}
	var more []string
	if made.Arg(-1, "allowed_hosts") == nil {
		more = append(more, `allowed_hosts=["127.0.0.1:*", "localhost:*"]`)
	}
	if made.Arg(-1, "allowed_origins") == nil {
		more = append(more, `allowed_origins=["http://127.0.0.1:*", "http://localhost:*"]`)
	}
	if len(more) == 0 {
		return checks.Fix(true, message, on.Edits)
	}
	return checks.Fix(true, message, on.Edits, fix.AddArgument(p.File, made.Node, strings.Join(more, ", ")))
}

// lowLevel lists how what a transport or session manager belongs to is served: by whatever starts
// servers in the program.
func lowLevel(c *checks.Call) []served {
	if !c.Symbol.Is("mcp.server.sse.SseServerTransport", "mcp.server.streamable_http_manager.StreamableHTTPSessionManager") {
		return nil
	}
	var out []served
	for _, o := range c.Frame.Servers() {
		out = append(out, served{host: o.Arg(-1, "host"), call: o})
	}
	return out
}
