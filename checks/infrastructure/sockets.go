package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// pickleSocket is PML2214.
var pickleSocket = &checks.Rule{
	Spec:  infoPML2214,
	On:    []string{"zmq.Socket().recv_pyobj", "?.recv_pyobj"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Deserialize},
	Knows: slices.Concat(checks.SocketCalls, checks.UnpickleBytes, []string{"zmq.Socket().{recv,recv_multipart}", "hmac.compare_digest"}),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if r := checks.SocketReachOf(p, c); !r.Network || r.Secured {
			return
		}
		var f *fix.Fix
		if fn, ok := c.Node.Fn.(*ast.Attribute); ok && fn.Attr.Id == "recv_pyobj" && p.Holds(fn) {
			f = checks.Fix(true, "receive JSON", checks.Replace(p, fn.Attr, "recv_json"))
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is(checks.UnpickleBytes...) || c.Symbol.Is("marshal.loads") || checks.Restricted(c) || !path.Mark.Source().Under("zmq") || checks.DigestCompared(path) {
			return
		}
		received := path.Mark.Call()
		if received == nil || !strings.HasPrefix(received.Method, "recv") {
			return
		}
		if r := checks.SocketReachOf(p, received); r.Network && !r.Secured {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.ReadJSON(p, c)})
		}
	},
}
