package checks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells who reaches a socket of ZeroMQ: where it is bound or connected, and whether it is encrypted.

// SocketCalls are the calls that a check which asks for the reach of a socket has among what it Knows.
var SocketCalls = []string{"zmq.Socket().{bind,connect,bind_to_random_port,setsockopt,set,setsockopt_string,set_string}"}

// SocketReach says who reaches a socket of ZeroMQ.
type SocketReach struct {
	// Network is set where other machines reach it, or it reaches them; Local where it is bound or connected within this
	// machine only. Neither is set where its address is nowhere in the program.
	Network, Local bool
	// Secured is set where it lets in only who has a key.
	Secured bool
}

// socketUse is a call, or the assignment to an option, that concerns sockets.
type socketUse struct {
	call     *Call
	receiver *Value
	made     []ast.Node
	secures  bool
}

// SocketReachOf tells who reaches the socket whose method a call is.
func SocketReachOf(p *Pass, c *Call) (r SocketReach) {
	made := socketsOf(c.Frame, receiverExpr(c), c.Receiver)
	uses := OfGroup(p, "uses of sockets", func() []socketUse { return socketUses(c.Frame) })
	for _, u := range uses {
		if !flow.SameThing(u.receiver, c.Receiver) && !slices.ContainsFunc(u.made, func(n ast.Node) bool { return slices.Contains(made, n) }) {
			continue
		}
		if u.secures {
			r.Secured = true
			continue
		}
		open, local := endpointReach(u.call)
		r.Network, r.Local = r.Network || open, r.Local || local
	}
	return r
}

// FromThisMachine reports whether data came by a socket of ZeroMQ that only this machine reaches.
func FromThisMachine(p *Pass, path *Path) bool {
	c := path.Mark.Call()
	if c == nil || !path.Mark.Source().Under("zmq") {
		return false
	}
	r := SocketReachOf(p, c)
	return r.Local && !r.Network
}

// receiverExpr is the expression of the object of a method call, nil for others.
func receiverExpr(c *Call) ast.Expr {
	if fn, ok := c.Node.Fn.(*ast.Attribute); ok {
		return fn.Value
	}
	return nil
}

// socketsOf lists the calls that make what an expression stands for, as far as these make sockets.
func socketsOf(f *Frame, e ast.Expr, v *Value) []ast.Node {
	var out []ast.Node
	add := func(c *Call) {
		if c != nil && (c.Method == "socket" || c.Symbol.Is("zmq.Socket", "zmq.asyncio.Socket", "zmq.green.Socket")) && !slices.Contains(out, ast.Node(c.Node)) {
			out = append(out, c.Node)
		}
	}
	for _, v := range v.Alternatives() {
		add(v.Origin())
	}
	if e != nil {
		for in := range f.StandsFor(e) {
			add(in.Call)
		}
	}
	return out
}

// securing are the beginnings of the options of a socket that let in only who has a key.
var securing = []string{"curve_", "gssapi_"}

func isSecuring(option string) bool {
	option = strings.ToLower(option)
	return slices.ContainsFunc(securing, func(begin string) bool { return strings.HasPrefix(option, begin) })
}

// socketUses lists what the program does with its sockets.
func socketUses(any *Frame) []socketUse {
	var out []socketUse
	for _, f := range any.Everywhere() {
		for _, c := range f.Calls {
			secures := false
			switch c.Method {
			case "bind", "connect", "bind_to_random_port":
			case "setsockopt", "set", "setsockopt_string", "set_string":
				option := c.Arg(0, "option")
				if option == nil {
					continue
				}
				if secures = isSecuring(LastName(option.Node)); !secures {
					continue
				}
			default:
				continue
			}
			e := receiverExpr(c)
			if e == nil || c.Symbol != nil && !c.Symbol.Under("zmq") && !strings.HasPrefix(c.Symbol.String(), "?") {
				continue
			}
			made := socketsOf(f, e, c.Receiver)
			if len(made) == 0 && !c.Symbol.Under("zmq") {
				continue
			}
			out = append(out, socketUse{c, c.Receiver, made, secures})
		}
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.Assign)
			if !ok {
				return true
			}
			for _, t := range s.Targets {
				if at, ok := t.(*ast.Attribute); ok && isSecuring(at.Attr.Id) {
					v := f.ValueOf(at.Value)
					out = append(out, socketUse{nil, v, socketsOf(f, at.Value, v), true})
				}
			}
			return true
		})
	}
	return out
}

// endpointReach tells whether a call that binds or connects a socket opens it to other machines, or to this one only.
func endpointReach(c *Call) (open, local bool) {
	a := c.Arg(0, "addr")
	if a == nil {
		return false, false
	}
	for _, v := range Possible(c, a.Value) {
		switch text, known := v.Text(); {
		case known && !strings.Contains(text, "://"):
		case known, v.Prefix() != "":
			o, l := addressReach(c, v)
			open, local = open || o, local || l
		case v.Labels(models.NoSink).Has(models.Local): // what operators configure
			open = open || c.Method != "connect"
		}
	}
	return open, local
}

// addressReach is endpointReach for an address of which at least the beginning is known.
func addressReach(c *Call, v *Value) (open, local bool) {
	text, known := v.Text()
	if !known {
		text = v.Prefix()
	}
	scheme, host, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return false, false
	case scheme == "ipc" || scheme == "inproc":
		return false, true
	case scheme != "tcp" && scheme != "ws" && scheme != "wss" && scheme != "udp" && scheme != "pgm" && scheme != "epgm":
		return false, false
	}
	if host != "" {
		local = loopbackHost(host)
		return !local, local
	}
	// tcp://{host}:{port}
	parts := v.Parts()
	for i, part := range parts {
		if part.Value == nil || i == 0 {
			continue
		}
		for _, h := range Possible(c, part.Value) {
			if t, ok := h.Text(); ok && loopbackHost(t) {
				local = true
			} else {
				open = true
			}
		}
		return open, local
	}
	return true, false
}

// loopbackHost reports whether the beginning of an address behind its scheme is this machine.
func loopbackHost(host string) bool {
	host = strings.ToLower(host)
	for _, begin := range [...]string{"127.", "localhost", "[::1]", "::1", "lo:", "lo0:"} {
		if strings.HasPrefix(host, begin) {
			return true
		}
	}
	return false
}
