package agents

import (
	"net/url"
	"regexp"
	"strconv"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	browserAgents = "browser_use.{Agent,agent.service.Agent}"
	browsers      = "browser_use.{Browser,BrowserSession,BrowserProfile,browser.Browser,browser.BrowserSession,browser.BrowserProfile,browser.session.BrowserSession,browser.profile.BrowserProfile}"
)

// credentialsAnywhere is PML6114.
var credentialsAnywhere = &checks.Rule{
	Spec:  infoPML6114,
	On:    []string{browserAgents},
	Knows: []string{browsers},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.HasRest() || c.Arg(-1, "browser_context") != nil || c.Arg(-1, "controller") != nil && c.Arg(-1, "sensitive_data") == nil {
			return
		}
		made, followed := browsersOf(c)
		if !followed {
			return
		}
		data := c.Arg(-1, "sensitive_data")
		given, anywhere := false, false
		if data != nil {
			given, anywhere = credentialsIn(c, data.Value)
		}
		limited, open := false, (*checks.Argument)(nil)
		var opener *checks.Call
		for _, b := range made {
			limited = limited || limitsSites(b)
			if a := b.Arg(-1, "disable_security"); a != nil && checks.On(a.Value) {
				open, opener = a, b
			}
			for _, name := range [...]string{"storage_state", "user_data_dir"} {
				if a := b.Arg(-1, name); a != nil && !a.Value.IsNone() {
					given = true
				}
			}
		}
		switch {
		case anywhere && !limited:
			p.Report(checks.Report{Node: checks.ArgNode(c, data), Fix: limitSites(p, c, data, made, opener, open)})
		case open != nil && given && data != nil:
			p.Report(checks.Report{Node: checks.ArgNode(c, data), Fix: checks.Fix(true, "keep the protection of sites from one another", secured(p, opener, open))})
		case open != nil && given && p.Holds(opener.Node):
			p.Report(checks.Report{Node: checks.ArgNode(opener, open), Fix: checks.Fix(true, "keep the protection of sites from one another", secured(p, opener, open))})
		}
	},
}

// browsersOf lists the browsers, sessions and profiles that an agent is given; followed is false
// where one of them cannot be followed.
func browsersOf(c *checks.Call) (made []*checks.Call, followed bool) {
	for _, name := range [...]string{"browser", "browser_session", "browser_profile", "profile"} {
		a := c.Arg(-1, name)
		if a == nil || a.Value.IsNone() {
			continue
		}
		b := a.Value.Origin()
		if b == nil || !b.Symbol.Is(browserNames...) || b.HasRest() {
			return nil, false
		}
		inner, ok := browsersOf(b)
		if !ok {
			return nil, false
		}
		made = append(append(made, b), inner...)
	}
	return made, true
}

var browserNames = []string{
	"browser_use.Browser", "browser_use.BrowserSession", "browser_use.BrowserProfile", "browser_use.browser.Browser", "browser_use.browser.BrowserSession", "browser_use.browser.BrowserProfile",
	"browser_use.browser.session.BrowserSession", "browser_use.browser.profile.BrowserProfile",
}

// credentialsIn reports whether an agent is given credentials, and whether one of them is not bound
// to a site.
func credentialsIn(c *checks.Call, v *checks.Value) (given, anywhere bool) {
	entries, _, _ := c.Entries(v)
	for _, e := range entries {
		given = true
		if _, _, site := c.Entries(e.Value); !site {
			anywhere = true
		}
	}
	if rest, _ := c.Rest(v); rest != nil && rest.Labels(models.NoSink)&models.Labels(models.Secret, models.Local) != 0 {
		given, anywhere = true, true // a table made of variables of the environment
	}
	return given, anywhere
}

// limitsSites reports whether a browser opens some sites only, or may.
func limitsSites(b *checks.Call) bool {
	a := b.Arg(-1, "allowed_domains")
	if a == nil || a.Value.IsNone() {
		return false
	}
	items, open, ok := b.Items(a.Value)
	return !ok || open || len(items) > 0
}

var address = regexp.MustCompile(`https://[A-Za-z0-9.-]*[A-Za-z0-9]`)

// limitSites limits the browser to the site that the task names, or takes the credentials away.
func limitSites(p *checks.Pass, c *checks.Call, data *checks.Argument, made []*checks.Call, opener *checks.Call, open *checks.Argument) *fix.Fix {
	const message = "let the browser open the site of the credentials only"
	host := ""
	if task := c.Arg(0, "task"); task != nil {
		text, _ := task.Value.Text()
		if u, err := url.Parse(address.FindString(text)); err == nil {
			host = u.Hostname()
		}
	}
	var also []fix.Edit
	if open != nil {
		if also = secured(p, opener, open); also == nil {
			return nil
		}
	}
	switch {
	case host == "":
		if open != nil {
			return nil
		}
		return checks.Fix(true, "keep the credentials from the agent", checks.RemoveArg(p, c, data))
	case len(made) == 0:
		name, imported := fix.ImportedAs(p.File, "browser_use.Browser")
		var imports []fix.Edit
		if !imported {
			name, imports = "Browser", fix.AddImportedName(p.File, "browser_use", "Browser", fix.InOrder)
		}
		return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "browser", name+"(allowed_domains=["+strconv.Quote(host)+"])"), imports)
	}
	b := made[0]
	in := p.Project.Module(b.Frame.Module())
	if in == nil || open != nil {
		return nil // the edits could meet
	}
	list := "[" + strconv.Quote(host) + "]"
	if k := fix.KeywordOf(b.Node, "allowed_domains"); k != nil {
		return checks.Fix(true, message, p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, ast.Node(k.Value), list)}))
	}
	return checks.Fix(true, message, p.InFile(in, fix.AddKeyword(in.File, b.Node, "allowed_domains", list)))
}

// secured takes the argument away that switches the protection of sites off.
func secured(p *checks.Pass, b *checks.Call, open *checks.Argument) []fix.Edit {
	in := p.Project.Module(b.Frame.Module())
	if in == nil || open.Keyword == nil || open.Unpacked {
		return nil
	}
	return p.InFile(in, fix.RemoveArg(in.File, b.Node, open.Keyword))
}
