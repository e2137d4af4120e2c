package services

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// urlTest is PML6407: the tests of an address before it is fetched, and those of the IP address of a
// host that a redirect leaves behind.
var urlTest = &checks.Rule{
	Spec:  infoPML6407,
	Knows: []string{"httpx.{Client,AsyncClient}", "requests.sessions.Session", "aiohttp.ClientSession", "urllib.parse.{urlparse,urlsplit}", "yarl.URL", "httpx.URL"},
	Needs: []string{"requests", "httpx", "aiohttp", "urllib", "session", "client", "http"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !p.Project.UsesML() {
			return
		}
		for _, c := range f.Calls {
			if !checks.Fetches(c) || !p.Holds(c.Node) {
				continue
			}
			_, faulty := checks.URLTests(p, c)
			for _, t := range faulty {
				p.Report(checks.Report{Node: t.At, In: t.Scope.In, Covers: c.Node, CoversIn: p.Module, Fix: t.Repair(p)})
			}
		}
	},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !checks.Fetches(path.Call) || !p.Project.UsesML() || !p.FromOthers(path) || !checks.ChoosesHost(path) || checks.OnlyMadeOf(path) || checks.ByProxy(path.Call) {
			return
		}
		if !checks.AddressTested(p, path) || !redirected(p, path.Call) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: stayAtAddress(p, path.Call), Message: "the address that was tested may answer with a redirect to one that is not"})
	},
}

// redirected reports whether a fetch follows redirects, to addresses that nobody has looked at.
func redirected(p *checks.Pass, c *checks.Call) bool {
	followed := func(name string) (given, on bool) {
		for o, depth := c, 0; o != nil && depth < 3; depth++ {
			if a := o.Arg(-1, name); a != nil {
				return true, !checks.Off(a.Value) && (checks.On(a.Value) || name == "allow_redirects")
			}
			if o.HasRest() {
				return true, false
			}
			if o.Receiver == nil {
				break
			}
			o = o.Receiver.Origin()
		}
		return false, false
	}
	if transported(p, c) {
		return false
	}
	switch s := c.Symbol; {
	case s.Under("httpx"):
		_, on := followed("follow_redirects")
		return on
	case s.Under("requests"), s.Under("aiohttp"):
		given, on := followed("allow_redirects")
		if given {
			return on
		}
		return c.Method != "head" && checks.LastName(c.Node.Fn) != "head"
	}
	return c.Symbol.Is("urllib.request.urlopen", "urllib.request.urlretrieve")
}

// transported reports whether the client of a fetch connects in a way of the program's own, which
// may look at each address.
func transported(p *checks.Pass, c *checks.Call) bool {
	if p.Mentions("HTTPRedirectHandler") || p.Mentions("redirect_request") || p.Mentions("max_redirects") {
		return true
	}
	for o, depth := c, 0; o != nil && depth < 3; depth++ {
		for _, name := range [...]string{"connector", "event_hooks", "hooks", "context"} {
			if a := o.Arg(-1, name); a != nil && !a.Value.IsNone() {
				return true
			}
		}
		if o.Receiver == nil {
			return false
		}
		made := o.Receiver.Origin()
		if made != nil && slices.ContainsFunc(made.Frame.Calls, func(m *checks.Call) bool {
			return m.Method == "mount" && m.Receiver != nil && m.Receiver.Origin() == made
		}) {
			return true
		}
		o = made
	}
	return false
}

// stayAtAddress makes a fetch follow no redirects.
func stayAtAddress(p *checks.Pass, c *checks.Call) *fix.Fix {
	switch {
	case c.Symbol.Under("httpx"):
		for o, depth := c, 0; o != nil && depth < 3; depth++ {
			if a := o.Arg(-1, "follow_redirects"); a != nil {
				if !p.Holds(o.Node) {
					return nil
				}
				return checks.SetConstant(p, o, a, "False")
			}
			if o.Receiver == nil {
				return nil
			}
			o = o.Receiver.Origin()
		}
		return nil
	case c.Symbol.Under("requests"), c.Symbol.Under("aiohttp"):
		return checks.Fix(true, "follow no redirects", fix.AddKeyword(p.File, c.Node, "allow_redirects", "False"))
	}
	return nil
}
