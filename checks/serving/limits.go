package serving

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// batchSize is PML2309.
var batchSize = &checks.Rule{
	Spec: infoPML2309,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteBatch || !p.FromOthers(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AtMost(p, path, "int", "64")})
	},
}

const (
	websockets = "websockets.{serve,server.serve,asyncio.server.serve,sync.server.serve,legacy.server.serve,unix_serve,server.unix_serve,asyncio.server.unix_serve}"
	aiohttpWS  = "aiohttp.web.WebSocketResponse"
	grpcServer = "{grpc.server,grpc.aio.server}"

	messageLimit = "16 * 1024 * 1024"
)

// messageSize is PML2319.
var messageSize = &checks.Rule{
	Spec: infoPML2319,
	On:   []string{websockets, aiohttpWS, grpcServer},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "max_size")
		open := a != nil && a.Value.IsNone()
		switch {
		case c.Symbol.Is(aiohttpWS):
			if a = c.Arg(-1, "max_msg_size"); a != nil {
				n, ok := a.Value.Number()
				open = ok && n == 0
			}
		case c.Symbol.Under("grpc"):
			receiveLimit(p, c)
			return
		}
		if open && p.Project.UsesML() {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, messageLimit)})
		}
	},
}

// receiveLimit reports the option of a gRPC server that takes its limit away.
func receiveLimit(p *checks.Pass, c *checks.Call) {
	options := c.Arg(-1, "options")
	if options == nil {
		return
	}
	items, _, _ := c.Items(options.Value)
	for _, it := range items {
		pair, _, _ := c.Items(it.Value)
		if len(pair) != 2 {
			continue
		}
		name, _ := pair[0].Value.Text()
		if n, ok := pair[1].Value.Number(); name != "grpc.max_receive_message_length" || !ok || n != -1 || !p.Project.UsesML() {
			continue
		}
		var f *fix.Fix
		if e, ok := pair[1].Node.(ast.Expr); ok {
			f = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(true, "bound the size of a message", checks.Replace(there, e, messageLimit))
			})
		}
		at, in := it.Node, p.Holder(it.Node)
		if at == nil || in == nil {
			at, in = checks.ArgNode(c, options), p.Module
		}
		p.Report(checks.Report{Node: at, In: in, Fix: f})
	}
}
