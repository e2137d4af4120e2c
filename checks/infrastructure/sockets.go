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
		if c == nil || !c.Symbol.Is(checks.UnpickleBytes...) || c.Symbol.Is("marshal.loads") || checks.Restricted(c) || !path.Mark.Source().Under("zmq") || authenticated(path) {
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

// authenticated reports whether a function on the way compares a digest before it unpickles.
func authenticated(path *checks.Path) bool {
	for _, f := range [...]*checks.Frame{path.Frame, path.Call.Frame} {
		if slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
			return c.Symbol.Is("hmac.compare_digest") && (f != path.Call.Frame || c.Node.Pos() < path.Call.Node.Pos())
		}) {
			return true
		}
	}
	return false
}
