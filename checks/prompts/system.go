package prompts

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// userText is PML1103.
var userText = &checks.Rule{
	Spec: infoPML1103,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if joinedWithWords(path) && mergedOver(path) == nil { // else PML1118
			reportSystem(p, path)
		}
	},
}

// reportSystem reports text in a system prompt, with the fix that sends it in a message of
// its own.
func reportSystem(p *checks.Pass, path *checks.Path) {
	if checks.OfOtherMessage(p, path) {
		return
	}
	p.Report(checks.Report{
		Node: path.Node, Path: path,
		Fix: checks.Fix(true, "send the text in a user message of its own", checks.MoveOut(p, path)),
	})
}

// joinedWithWords reports whether the text at the end of a path stands beside words that the
// program wrote.
func joinedWithWords(path *checks.Path) bool {
	return slices.ContainsFunc(checks.SystemTexts(path), func(v *checks.Value) bool {
		return v.Labels(models.PromptSystem).Has(path.Mark.Label) && checks.HasWords(v)
	})
}

// parsedJSON reports whether data was taken out of JSON on its way: the answer of an API and
// not a page.
func parsedJSON(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		switch fn := c.Fn.(type) {
		case *ast.Attribute:
			if fn.Attr.Id == "json" || fn.Attr.Id == "loads" {
				return true
			}
		case *ast.Name:
			if fn.Id == "loads" {
				return true
			}
		}
	}
	return false
}

// ownHost reports whether a fetch goes to a host of the operator's: a name or address within
// the network, or an address that the environment or settings give.
func ownHost(c *checks.Call) bool {
	for depth := 0; c != nil && depth < 4; depth++ {
		if list := c.Dangerous(models.URL); len(list) > 0 {
			for _, a := range list {
				if !ownURL(&a) {
					return false
				}
			}
			return true
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// ownPage is ownHost for the page at the beginning of a path, which a helper may fetch whose caller names
// the address: what others have it fetch is no part of this text.
func ownPage(path *checks.Path) bool {
	c := path.Mark.Call()
	if ownHost(c) {
		return true
	}
	text, ok := path.Node.(ast.Expr)
	if c == nil || c.Frame == nil || c.Frame.Function() == nil || !ok {
		return false
	}
	list := c.Dangerous(models.URL)
	if len(list) != 1 {
		return false
	}
	name, ok := list[0].Node.(*ast.Name)
	if !ok {
		return false
	}
	own := false
	for in := range path.Frame.MadeOf(text) {
		if in.Call == nil || !slices.ContainsFunc(in.Call.Enters(), func(f *checks.Frame) bool { return f.Function() == c.Frame.Function() }) {
			continue
		}
		given := in.Call.GivenTo(c.Frame.Function(), name.Id)
		if given == nil || !ownURL(given) {
			return false
		}
		own = true
	}
	return own
}

func ownURL(a *checks.Argument) bool {
	for _, m := range a.Value.Marks() {
		if s := m.Source(); m.Label == models.Local && s != nil && (s.Under("os.environ") || s.Is("os.getenv")) {
			return true
		}
	}
	if settings(a.Node) {
		return true
	}
	list := a.Value.Alternatives()
	for _, v := range list {
		if !privateURL(v.Prefix()) {
			return false
		}
	}
	return len(list) > 0
}

// settings reports whether an expression reads the project's settings, as its name says.
func settings(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.Attribute:
			if isSettings(x.Attr.Id) {
				return true
			}
			e = x.Value
		case *ast.Subscript:
			e = x.Value
		case *ast.Name:
			return isSettings(x.Id)
		default:
			return false
		}
	}
}

func isSettings(name string) bool {
	switch strings.ToLower(strings.Trim(name, "_")) {
	case "settings", "config", "cfg", "conf", "configuration":
		return true
	}
	return false
}

// privateURL reports whether the start of an address names a host within a network.
func privateURL(prefix string) bool {
	u, err := url.Parse(prefix)
	if err != nil || u.Host == "" {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	if host == "localhost" {
		return true
	}
	for _, suffix := range [...]string{".internal", ".local", ".svc", ".localhost", ".svc.cluster.local"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
