package serving

import (
	"net"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// kserveModel is PML2308.
var kserveModel = &checks.Rule{
	Spec: infoPML2308,
	On:   []string{"kserve.*", "kserve.models.*", "{kserve,kserve.storage,kserve_storage,kserve_storage.kserve_storage}.Storage.download"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "storage_uri")
		if checks.LastName(c.Node.Fn) == "download" {
			a = c.Arg(0, "uri")
		} else if name := c.Symbol.String(); !strings.HasSuffix(name, "Spec") {
			return
		}
		if a == nil {
			return
		}
		for _, v := range c.Given(a.Value) {
			if overPlainHTTP(v.Prefix()) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.OverTLS(p, c, v, a.Node, overTLSMessage)})
				return
			}
		}
	},
	Mentions: []string{"storageUri", "STORAGE_URI"},
	OnManifest: func(p *checks.ManifestPass) {
		for _, tree := range p.Trees() {
			if api := tree.Get("apiVersion").Text(); strings.HasPrefix(api, "serving.kserve.io/") || strings.HasPrefix(api, "serving.kubeflow.org/") {
				storageOf(tree, 0, func(uri *checks.Tree) {
					if overPlainHTTP(uri.Text()) {
						p.Report(checks.Report{Node: checks.Place(uri.Span()), Fix: overTLSIn(uri)})
					}
				})
			}
		}
	},
}

// storageOf yields the addresses that models are fetched from in a document of KServe.
func storageOf(t *checks.Tree, depth int, yield func(*checks.Tree)) {
	if depth > 12 {
		return
	}
	if t.Get("name").Text() == "STORAGE_URI" {
		yield(t.Get("value"))
	}
	for _, f := range t.Fields() {
		if f.Key == "storageUri" && f.Value.Text() != "" {
			yield(f.Value)
			continue
		}
		storageOf(f.Value, depth+1, yield)
	}
	for _, item := range t.Items() {
		storageOf(item, depth+1, yield)
	}
}

// overPlainHTTP reports whether an address is fetched without TLS from outside of the cluster.
func overPlainHTTP(address string) bool {
	if !strings.HasPrefix(address, "http://") || strings.Contains(address, "{{") || strings.Contains(address, "${") {
		return false
	}
	host := checks.HostIn(address)
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback()
	}
	return strings.Contains(host, ".") && !strings.HasSuffix(host, ".svc") && !strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".localhost")
}

const overTLSMessage = "fetch over HTTPS"

func overTLSIn(uri *checks.Tree) *fix.Fix {
	if !uri.Verbatim() {
		return nil
	}
	at := uri.Span().Start
	return checks.Fix(true, overTLSMessage, checks.TextEdits(ast.Edit{Span: ast.Span{Start: at, End: at + ast.Pos(len("http"))}, New: "https"}))
}
