package services

import (
	"net"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// debugger is PML6423.
var debugger = &checks.Rule{
	Spec: infoPML6423,
	On: []string{
		"flask.Flask().run", "dash.{Dash,dash.Dash}().{run,run_server}", "{werkzeug.serving,werkzeug}.run_simple",
		"{werkzeug.debug,werkzeug}.DebuggedApplication",
	},
	To: []string{"flask.Flask().wsgi_app"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		on := consoleOf(c)
		if len(on) == 0 || developing(p, c.Node) || !p.Project.UsesML() {
			return
		}
		var edits []fix.Edit
		for _, a := range on {
			if node := checks.ConstantNode(p, a); node != nil {
				edits = append(edits, checks.Replace(p, node, "False")...)
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "switch the debugger off", edits)})
	},
}

// consoleOf lists the arguments by which a call opens the debugger's console to the network.
func consoleOf(c *checks.Call) []*checks.Argument {
	debug, host, options := checks.At{Pos: 2, Name: "debug"}, checks.At{Pos: 0, Name: "host"}, -1
	switch {
	case c.Symbol.Under("quart"): // its error pages hold no console
		return nil
	case c.Symbol.Is("werkzeug.debug.DebuggedApplication", "werkzeug.DebuggedApplication"):
		if evalex := c.Arg(1, "evalex"); evalex != nil && checks.On(evalex.Value) && servedToNetwork(c) {
			return []*checks.Argument{evalex}
		}
		return nil
	case c.Symbol.Is("werkzeug.serving.run_simple", "werkzeug.run_simple"):
		debug, host, options = checks.At{Pos: -1}, checks.At{Pos: 0, Name: "hostname"}, 4
	case c.Symbol.Under("dash"):
		debug.Pos = 3
	}
	if !anyHost(c, c.Arg(host.Pos, host.Name)) {
		return nil
	}
	evalex := c.Arg(-1, "use_evalex")
	if options >= 0 {
		evalex = c.Arg(options+1, "use_evalex")
	}
	if evalex != nil && checks.Off(evalex.Value) {
		return nil
	}
	use := c.Arg(options, "use_debugger")
	if use != nil && !onInAll(c, use) {
		return nil // it decides, whatever debug says
	}
	var on []*checks.Argument
	if use != nil {
		on = append(on, use)
	}
	if a := c.Arg(debug.Pos, debug.Name); a != nil && onInAll(c, a) {
		on = append(on, a)
	}
	return on
}

// onInAll reports whether a switch is on, whoever of the project calls the function that takes it.
func onInAll(c *checks.Call, a *checks.Argument) bool {
	given := handedIn(c, a.Value)
	return slices.ContainsFunc(given, checks.On) && !slices.ContainsFunc(given, checks.Off)
}

// handedIn lists the values that one may be: of a parameter, or of what a constructor keeps of it, those that
// the project's calls give.
func handedIn(c *checks.Call, v *checks.Value) []*checks.Value {
	var out []*checks.Value
	for _, a := range v.Alternatives() {
		out = append(out, c.Given(a)...)
	}
	return out
}

// anyHost reports whether a server is told to listen on all addresses of the machine.
func anyHost(c *checks.Call, host *checks.Argument) bool {
	return host != nil && slices.ContainsFunc(handedIn(c, host.Value), func(v *checks.Value) bool {
		name, ok := v.Text()
		ip := net.ParseIP(strings.Trim(name, "[]"))
		return ok && (name == "" || ip != nil && ip.IsUnspecified())
	})
}

// servedToNetwork reports whether the application that a call makes becomes that of a Flask
// app, or is served on all addresses.
func servedToNetwork(c *checks.Call) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, s := range f.Stores {
			if s.Symbol.Is("flask.Flask().wsgi_app") && sameNode(s.Value.Origin(), c) {
				return true
			}
		}
		for _, o := range f.Calls {
			if !o.Symbol.Is("werkzeug.serving.run_simple", "werkzeug.run_simple") || !anyHost(o, o.Arg(0, "hostname")) {
				continue
			}
			if app := o.Arg(2, "application"); app != nil && sameNode(app.Value.Origin(), c) {
				return true
			}
		}
	}
	return false
}

// sameNode reports whether two calls are one in the program's text.
func sameNode(a, b *checks.Call) bool { return a != nil && b != nil && a.Node == b.Node }

// developing reports whether a place is reached only where a test of the surroundings lets it:
// `if args.debug:`, `if ENV == "development":`.
func developing(p *checks.Pass, n ast.Node) bool {
	for _, a := range p.Around(n) {
		var test ast.Expr
		switch a := a.(type) {
		case *ast.If:
			test = a.Test
		case *ast.IfExp:
			test = a.Test
		}
		if test == nil {
			continue
		}
		words := strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(p.File.Text(test)), "__debug__", ""), func(r rune) bool { return r < 'a' || r > 'z' })
		for _, w := range words {
			switch w {
			case "debug", "dev", "devel", "develop", "development", "prod", "production":
				return true
			}
		}
	}
	return false
}
