package reinforcement

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// policyFromOutside is PML3305.
var policyFromOutside = &checks.Rule{
	Spec: infoPML3305,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NotePolicy && path.Sink.Note != models.NoteCheckpoint || parameters(path) || !checks.FromOutside(p, path) {
			return
		}
		r := checks.Report{Node: path.Call.Node, Path: path}
		if path.Sink.Note == models.NotePolicy {
			e, _ := checks.GivenNode(path).(ast.Expr)
			r.Fix = checks.RequireDigest(p, path, e, "POLICY_SHA256", "policy file does not match its digest")
		}
		p.Report(r)
	},
}

// parameters reports whether what is set are parameters in memory, and no file that holds them.
func parameters(path *checks.Path) bool {
	return path.Call.Method == "set_parameters" && !checks.MayBeText(path.Value)
}

// replayFromOutside is PML3302.
var replayFromOutside = &checks.Rule{
	Spec:  infoPML3302,
	Knows: slices.Concat(checks.UnpickleBytes, []string{"random.sample", "random.choices"}),
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Database},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch c := path.Call; {
		case c == nil:
		case path.Sink.Note == models.NoteReplay:
			if path.Mark.Label != models.Database && checks.FromOutside(p, path) {
				e, _ := checks.GivenNode(path).(ast.Expr)
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.RequireDigest(p, path, e, "REPLAY_BUFFER_SHA256", "replay buffer does not match its digest")})
			}
		case c.Symbol.Is(checks.UnpickleBytes...) && sentOver(path) && kept(c):
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.ReadJSON(p, c)})
		}
	},
}

// senders are where bytes come from that whoever reaches a port or a broker can send.
var senders = []string{
	"socket", "socketserver", "asyncio", "zmq", "websockets", "websocket", "kafka", "aiokafka", "confluent_kafka", "pika", "aio_pika", "nats", "paho.mqtt", "boto3", "google.cloud.pubsub_v1", "redis", "aioredis", "valkey",
}

// sentOver reports whether others can send the bytes at the end of a path: over a broker or a socket that is not this
// machine's alone, or in a request.
func sentOver(path *checks.Path) bool {
	m := path.Mark
	if path.Trace.Passes(models.StepIntoFile) || m.Label == models.Web {
		return false
	}
	s := m.Source()
	if s == nil || !slices.ContainsFunc(senders, s.Under) {
		return m.Label == models.User || m.Label == models.Upload
	}
	c := m.Call()
	if c == nil || !s.Under("redis") && !s.Under("aioredis") && !s.Under("valkey") {
		return true
	}
	for made := c; made != nil; made = made.Receiver.Origin() {
		name := made.Symbol.String()
		name = name[strings.LastIndexByte(name, '.')+1:]
		switch {
		case name == "from_url":
			a := made.Arg(0, "url")
			return a == nil || !local(made, a.Value)
		case clients[name]:
			a := made.Arg(0, "host")
			return a == nil && (made.HasRest() || made.Arg(-1, "connection_pool") != nil) || a != nil && !local(made, a.Value)
		case made.Receiver == nil:
			return true
		}
	}
	return true
}

// clients are the classes that connect to Redis at a host, which is this machine unless it is given.
var clients = map[string]bool{"Redis": true, "StrictRedis": true, "Valkey": true, "StrictValkey": true, "RedisCluster": true}

// local reports whether a host, or the address of one, is known to be this machine.
func local(c *checks.Call, v *checks.Value) bool {
	return !slices.ContainsFunc(checks.Possible(c, v), func(v *checks.Value) bool {
		text, known := v.Text()
		if !known {
			text = v.Prefix()
		}
		host := checks.HostIn(text)
		if host == "" {
			host = text
		}
		return host == "" || checks.ReachOf(host) != checks.ThisMachine
	})
}

// keepers are methods that keep what they are given.
var keepers = []string{"add", "extend", "append", "appendleft", "push", "put", "store", "insert"}

// kept reports whether what a call gives, or a part of it, is put into something that samples are drawn from.
func kept(c *checks.Call) bool {
	var into []*checks.Call
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if slices.Contains(keepers, checks.LastName(o.Node.Fn)) && slices.ContainsFunc(o.Args, func(a checks.Argument) bool { return a.Node != nil && comesOf(f, a.Node, c) }) {
				into = append(into, o)
			}
		}
	}
	return slices.ContainsFunc(into, func(o *checks.Call) bool { return sampled(c.Frame, o) })
}

// comesOf reports whether an expression is what a call gives, a part of it or what holds it.
func comesOf(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	for in := range f.MadeOf(e) {
		if in.Call != nil && in.Call.Node == c.Node {
			return true
		}
	}
	return false
}

// sampled reports whether samples are drawn from what a call keeps something in.
func sampled(f *checks.Frame, keeper *checks.Call) bool {
	at, ok := keeper.Node.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	if class := keeper.Receiver.Class(); class != nil && slices.ContainsFunc(class.Linear(), func(c *checks.ProjectClass) bool { return c.Methods["sample"] != nil }) {
		return true
	}
	name := checks.LastName(at.Value)
	for _, f := range f.Everywhere() {
		for _, c := range f.Calls {
			if m, ok := c.Node.Fn.(*ast.Attribute); ok && m.Attr.Id == "sample" && name != "" && checks.LastName(m.Value) == name {
				return true
			}
			if c.Symbol.Is("random.sample", "random.choices") {
				if a := c.Arg(0, "population"); a != nil && a.Node != nil && name != "" && checks.LastName(a.Node) == name {
					return true
				}
			}
		}
	}
	return false
}
