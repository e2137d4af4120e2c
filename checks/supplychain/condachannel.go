package supplychain

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// condaChannel is PML6313.
var condaChannel = &checks.Rule{
	Spec:     infoPML6313,
	Mentions: []string{"http://", "HTTP://", "ssl_verify", "ssl-verify", "SSL_VERIFY", "--insecure", "-k"},
	OnManifest: func(p *checks.ManifestPass) {
		r := channelReader{source: p.Source.Text, report: p.Report}
		base := strings.ToLower(path.Base(p.Path))
		switch {
		case base == ".condarc" || base == "condarc":
			for _, root := range p.Trees() {
				r.configuration(root)
			}
		case p.Kind == manifest.CondaEnvironment || p.Kind == manifest.YAML && strings.HasPrefix(base, "conda"):
			for _, root := range p.Trees() {
				r.channels(root.Get("channels"))
				for _, item := range root.Get("dependencies").Items() {
					if strings.Contains(item.Text(), "::") {
						r.channel(item)
					}
				}
			}
		}
		for _, c := range documentInstalls(p) {
			r.command(&c)
		}
		for _, v := range p.Settings() {
			if v.Name == "CONDA_SSL_VERIFY" && isSwitchedOff(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: uncheckedMessage, Fix: checks.Fix(true, channelFix, checks.TextEdits(v.Remove()...))})
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, c := range notebookInstalls(p) {
			r := channelReader{source: c.source, report: p.Report}
			r.command(&c)
		}
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if v.Name == "CONDA_SSL_VERIFY" && isSwitchedOff(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: uncheckedMessage})
			}
		}
	},
}

const (
	uncheckedMessage = "conda takes packages from whoever answers: no certificate is checked"
	channelFix       = "fetch the channel over TLS and check its certificate"
)

// isSwitchedOff reports whether a value of ssl_verify checks no certificates.
func isSwitchedOff(value string) bool {
	switch strings.ToLower(strings.Trim(value, "<> ")) {
	case "false", "no", "off", "0", "n":
		return true
	}
	return false
}

// openChannel reports whether a channel is an address that is read without encryption from another
// network.
func openChannel(channel string) bool {
	if !strings.HasPrefix(strings.ToLower(channel), "http://") {
		return false
	}
	host, ok := hostOfIndex(channel)
	return ok && !nearby(host)
}

type channelReader struct {
	source []byte
	report func(checks.Report)
}

// configuration reads a .condarc.
func (r *channelReader) configuration(root *checks.Tree) {
	for _, key := range []string{"channels", "default_channels", "custom_channels", "custom_multichannels", "channel_alias", "allowlist_channels", "whitelist_channels"} {
		r.channels(root.Get(key))
	}
	verify := root.Get("ssl_verify")
	if verify == nil || verify.IsTable() || verify.IsList() || !isSwitchedOff(verify.Text()) {
		return
	}
	r.report(checks.Report{Node: checks.Place(verify.Span()), Message: uncheckedMessage, Fix: checks.Fix(true, channelFix, checks.TextEdits(lineOf(r.source, verify.Span(), "ssl_verify")...))})
}

// channels reports the open ones of a channel, a list, or a table of them.
func (r *channelReader) channels(v *checks.Tree) {
	switch {
	case v == nil:
	case v.IsTable():
		for _, f := range v.Fields() {
			if f.Value != nil && !f.Value.IsTable() {
				r.channels(f.Value)
			}
		}
	case v.IsList():
		for _, item := range v.Items() {
			if item != nil && !item.IsTable() && !item.IsList() {
				r.channel(item)
			}
		}
	default:
		r.channel(v)
	}
}

func (r *channelReader) channel(v *checks.Tree) {
	if openChannel(v.Text()) {
		r.open(v.Text(), v.Span(), v.Span())
	}
}

// open reports a channel that stands at a place.
func (r *channelReader) open(channel string, at, place ast.Span) {
	channel, _, _ = strings.Cut(channel, "::")
	host, _ := hostOfIndex(channel)
	out := checks.Report{Node: checks.Place(place), Message: "packages of the channel at " + host + " come unencrypted: anyone on the way puts code of his own in their place"}
	const scheme = "http://"
	if start := int(at.Start); start >= 0 && start+len(scheme) <= len(r.source) && strings.EqualFold(string(r.source[start:start+len(scheme)]), scheme) {
		out.Fix = checks.Fix(true, channelFix, checks.TextEdits(ast.Edit{Span: ast.Span{Start: at.Start, End: at.Start + ast.Pos(len(scheme))}, New: "https://"}))
	}
	r.report(out)
}

// command reads a command of conda.
func (r *channelReader) command(c *installing) {
	if c.program != "conda" {
		return
	}
	for _, v := range c.settings {
		if v.Name == "CONDA_SSL_VERIFY" && isSwitchedOff(v.Value.Text) {
			r.report(checks.Report{Node: checks.Place(ast.Span{Start: ast.Pos(c.at + v.Start), End: ast.Pos(c.at + v.End)}), Message: uncheckedMessage})
		}
	}
	if c.sub == "config" {
		r.configCommand(c)
		return
	}
	for _, o := range c.options("-c", "--channel") {
		if openChannel(o.value) {
			r.open(o.value, o.at, o.whole)
		}
	}
	for _, o := range c.options("--ssl-verify") {
		if isSwitchedOff(o.value) {
			r.unchecked(c, o.whole, o.first, o.last)
		}
	}
	for i, w := range c.args {
		switch {
		case w.Text == "--insecure" || w.Text == "-k":
			r.unchecked(c, w.Span, i, i)
		case strings.Contains(w.Text, "::") && openChannel(w.Text):
			r.open(w.Text, w.Span, w.Span)
		}
	}
}

func (r *channelReader) unchecked(c *installing, place ast.Span, first, last int) {
	r.report(checks.Report{Node: checks.Place(place), Message: uncheckedMessage, Fix: checks.Fix(true, channelFix, checks.TextEdits(c.without(first, last)...))})
}

// configCommand reads `conda config --set KEY VALUE` and `--add channels URL`.
func (r *channelReader) configCommand(c *installing) {
	for i, w := range c.args {
		if i+2 >= len(c.args) {
			return
		}
		key, value := c.args[i+1], c.args[i+2]
		switch w.Text {
		case "--set", "set":
			if key.Text == "ssl_verify" && isSwitchedOff(value.Text) {
				r.report(checks.Report{Node: checks.Place(ast.Span{Start: w.Span.Start, End: value.Span.End}), Message: uncheckedMessage, Fix: checks.Fix(true, channelFix, checks.TextEdits(c.removed()...))})
			}
			if key.Text == "channel_alias" && openChannel(value.Text) {
				r.open(value.Text, value.Span, ast.Span{Start: w.Span.Start, End: value.Span.End})
			}
		case "--add", "--append", "--prepend", "append", "prepend":
			if (key.Text == "channels" || key.Text == "default_channels") && openChannel(value.Text) {
				r.open(value.Text, value.Span, ast.Span{Start: w.Span.Start, End: value.Span.End})
			}
		}
	}
}
