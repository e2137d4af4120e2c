package serving

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	flowerServer = "flwr.server.{start_server,app.start_server}"
	flowerClient = "flwr.client.{start_client,start_numpy_client,app.start_client,app.start_numpy_client}"
)

// flowerPlain is PML2335.
var flowerPlain = &checks.Rule{
	Spec: infoPML2335,
	On:   []string{flowerServer, flowerClient},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		address := c.Arg(-1, "server_address")
		if address == nil {
			address = c.Arg(0, "server_address")
		}
		if c.HasRest() || c.Partial {
			return
		}
		if c.Symbol.Under("flwr.server") {
			certificates := c.Arg(-1, "certificates")
			if certificates != nil && !certificates.Value.IsNone() || address != nil && !leadsAway(address.Value, false) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Fix: withCertificates(p, c, certificates)})
			return
		}
		insecure, roots := c.Arg(-1, "insecure"), c.Arg(-1, "root_certificates")
		switch {
		case address == nil:
		case insecure != nil && checks.On(insecure.Value):
			if leadsAway(address.Value, true) {
				p.Report(checks.Report{Node: checks.ArgNode(c, insecure), Fix: checks.SetConstant(p, c, insecure, "False")})
			}
		case insecure == nil && (roots == nil || roots.Value.IsNone()) && leadsAway(address.Value, false):
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "ask for TLS", fix.AddKeyword(p.File, c.Node, "insecure", "False"))})
		}
	},
	Mentions: []string{"insecure"},
	OnManifest: func(p *checks.ManifestPass) {
		for _, tree := range p.Trees() {
			for _, f := range tree.Get("tool", "flwr", "federations").Fields() {
				insecure, address := f.Value.Get("insecure"), f.Value.Get("address").Text()
				if insecure.Text() == "true" && address != "" && !thisMachine(hostIn(address)) {
					p.Report(checks.Report{Node: checks.Place(insecure.Span()), Fix: checks.Fix(true, "ask for TLS", checks.TextEdits(ast.Edit{Span: insecure.Span(), New: "false"}))})
				}
			}
		}
	},
}

// leadsAway reports whether an address leads to another machine, or is open to others; unknown is the answer for one of
// which nothing is known.
func leadsAway(v *checks.Value, unknown bool) bool {
	text, known := v.Text()
	if !known {
		text = v.Prefix()
		if !strings.Contains(text, ":") && !strings.Contains(text, ".") { // "192.168.0." + n is known well enough
			return unknown
		}
	}
	return !thisMachine(hostIn(text))
}

// hostIn is the host in "host:port".
func hostIn(address string) string {
	if inner, ok := strings.CutPrefix(address, "["); ok {
		host, _, _ := strings.Cut(inner, "]")
		return host
	}
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		return address[:i]
	}
	return address
}

// withCertificates gives a server the files of its certificate.
func withCertificates(p *checks.Pass, c *checks.Call, given *checks.Argument) *fix.Fix {
	file, imports := fix.Reach(p.File, "pathlib.Path", "from pathlib import Path", fix.InSection)
	read := func(name string) string { return file + `("certificates/` + name + `").read_bytes()` }
	value := "(" + read("ca.crt") + ", " + read("server.pem") + ", " + read("server.key") + ")"
	edits := fix.AddKeyword(p.File, c.Node, "certificates", value)
	if given != nil {
		if given.Node == nil || given.Unpacked {
			return nil
		}
		edits = checks.Replace(p, given.Node, value)
	}
	return checks.Fix(true, "serve with a certificate", edits, imports)
}
