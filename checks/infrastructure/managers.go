package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	managers = "{multiprocessing,multiprocess,torch.multiprocessing}.managers.{BaseManager,SyncManager}"
	peers    = "{multiprocessing,multiprocess,torch.multiprocessing}.connection.{Listener,Client}"
)

// computes asks whether a file computes with arrays.
var computes = &checks.Question{Name: "imports a library of arrays", Says: func(d *checks.Draft) bool {
	return d.Imports("torch", "tensorflow", "jax", "numpy", "sklearn", "keras")
}}

// keyInCode is PML2201.
var keyInCode = &checks.Rule{
	Spec:  infoPML2201,
	On:    []string{managers, peers, managers + ".__init__", managers + "().__init__"},
	To:    []string{"{multiprocessing,multiprocess,torch.multiprocessing}.{current_process,process.current_process}().authkey"},
	Knows: []string{"builtins.{bytes,bytearray}"},
	Asks:  []*checks.Question{computes},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		key, known := authKey(c)
		switch manager := kindOf(c) == "Manager"; {
		case key != nil && !key.Value.IsNone():
			if _, constant := constantKey(c, key.Value); !constant {
				return
			}
		case manager, kindOf(c) == "Client", !known:
			return // a manager takes the process's own key
		}
		if !p.Says(computes) || !reachable(c) {
			return
		}
		r := checks.Report{Node: c.Node, Covers: c.Node, Fix: keyFromEnvironment(p, c, key)}
		if key != nil && !key.Value.IsNone() {
			r.Node = checks.ArgNode(c, key)
			if key.Keyword == nil && !key.Unpacked {
				r.Node = key.Node
			}
		}
		p.Report(r)
	},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if _, constant := s.Value.Text(); !constant || s.From == nil || !p.Holds(s.From) || !p.Says(computes) {
			return
		}
		for _, f := range s.Frame.Beside() {
			for _, c := range f.Calls {
				if kindOf(c) != "" && strings.Contains(c.Symbol.String(), "multiprocess") && reachable(c) {
					environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
					p.Report(checks.Report{Node: s.From, Fix: checks.Fix(true, keyMessage, checks.Replace(p, s.From, environ+keyText), imports)})
					return
				}
			}
		}
	},
}

const (
	keyMessage = "authenticate with a key out of the environment"
	keyText    = `["PS_AUTHKEY"].encode()`
)

// kindOf is what a call makes: a "Manager", a "Listener" or a "Client".
func kindOf(c *checks.Call) string {
	if c.Symbol == nil {
		return ""
	}
	name := strings.TrimSuffix(strings.TrimSuffix(c.Symbol.String(), ".__init__"), "()")
	for _, kind := range [...]string{"Manager", "Listener", "Client"} {
		if strings.HasSuffix(name, kind) {
			return kind
		}
	}
	return ""
}

// authKey is the key that a call is given; known is false when it may be given in a way that is not known.
func authKey(c *checks.Call) (key *checks.Argument, known bool) {
	key = c.Arg(map[string]int{"Manager": 1, "Listener": 3, "Client": 2}[kindOf(c)], "authkey")
	return key, key != nil || !c.HasRest()
}

// constantKey is the key that stands in the code, where each caller gives such a one.
func constantKey(c *checks.Call, v *checks.Value) (key string, ok bool) {
	for _, v := range checks.Possible(c, v) {
		if made := v.Origin(); made != nil && made.Symbol.Is("builtins.bytes", "builtins.bytearray") && len(made.Args) > 0 {
			v = made.Args[0].Value
		}
		if key, ok = v.Text(); !ok {
			return "", false
		}
	}
	return key, ok
}

// reachable reports whether the address that a call is given is a host that is not this machine's loopback interface, and a
// port. A client's host has to be known.
func reachable(c *checks.Call) bool {
	a := c.Arg(0, "address")
	if a == nil {
		return false
	}
	for _, v := range checks.Possible(c, a.Value) {
		items, _, ok := c.Items(v)
		if !ok || len(items) != 2 {
			continue
		}
		for _, h := range checks.Possible(c, items[0].Value) {
			host, known := h.Text()
			if !known && kindOf(c) != "Client" || known && host != "localhost" && host != "::1" && !strings.HasPrefix(host, "127.") {
				return true
			}
		}
	}
	return false
}

// keyFromEnvironment reads the key from the environment.
func keyFromEnvironment(p *checks.Pass, c *checks.Call, key *checks.Argument) *fix.Fix {
	environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
	switch {
	case key == nil:
		return checks.Fix(true, keyMessage, fix.AddKeyword(p.File, c.Node, "authkey", environ+keyText), imports)
	case key.Unpacked:
		e, ok := key.Given.(ast.Expr)
		if !ok || !p.Holds(e) {
			return nil
		}
		return checks.Fix(true, keyMessage, checks.Replace(p, e, environ+keyText), imports)
	case key.Node == nil || !p.Holds(key.Node):
		return nil
	}
	return checks.Fix(true, keyMessage, checks.Replace(p, key.Node, environ+keyText), imports)
}
