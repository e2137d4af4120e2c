package agents

import (
	"net"
	"strings"

	"github.com/pyguard/pyguardml/checks"
)

// a2aApps are the applications that serve an agent to others.
const a2aApps = "a2a.server.apps.{A2AStarletteApplication,A2AFastAPIApplication,A2ARESTFastAPIApplication,jsonrpc.A2AStarletteApplication,jsonrpc.A2AFastAPIApplication,jsonrpc.starlette_app.A2AStarletteApplication,jsonrpc.fastapi_app.A2AFastAPIApplication,rest.A2ARESTFastAPIApplication,rest.fastapi_app.A2ARESTFastAPIApplication}"

// openCard is PML6113.
var openCard = &checks.Rule{
	Spec:  infoPML6113,
	On:    []string{a2aApps},
	Knows: []string{uvicorn, "a2a.types.AgentCard", a2aApps + "().build"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		card := c.Arg(0, "agent_card")
		if card == nil || !asksNothing(card.Value) || authenticated(p, c) || p.AnyMentions("fastapi.security") || p.AnyMentions("uthorization") {
			return
		}
		for _, o := range c.Frame.Servers() {
			app, host := o.Arg(0, "app"), o.Arg(-1, "host")
			if app == nil || host == nil || !builtBy(app.Value, c) || o.Arg(-1, "ssl_cert_reqs") != nil {
				continue
			}
			way := served{host: host, call: o}
			if ip := net.ParseIP(strings.Trim(way.address(), "[]")); ip == nil || !ip.IsUnspecified() {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: way.report(p).Fix})
			return
		}
	},
}

// asksNothing reports whether a card of an agent names no way to say who calls.
func asksNothing(card *checks.Value) bool {
	made := card.Origin()
	if made == nil || !made.Symbol.Is("a2a.types.AgentCard") || made.HasRest() {
		return false
	}
	for _, name := range [...]string{"security", "security_requirements", "security_schemes", "securitySchemes"} {
		a := made.Arg(-1, name)
		if a == nil || a.Value.IsNone() {
			continue
		}
		items, open, list := made.Items(a.Value)
		entries, more, dict := made.Entries(a.Value)
		if !list && !dict || open || more || len(items) > 0 || len(entries) > 0 {
			return false
		}
	}
	return true
}

// builtBy reports whether an application is what a call made, or what its build() gives.
func builtBy(app *checks.Value, c *checks.Call) bool {
	if isMadeBy(app, c) {
		return true
	}
	built := app.Origin()
	return built != nil && built.Method == "build" && isMadeBy(built.Receiver, c)
}
