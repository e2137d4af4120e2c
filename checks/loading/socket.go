package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// managerClasses unpickle what their clients send.
var managerClasses = []string{
	"multiprocessing.managers.BaseManager", "multiprocessing.managers.SyncManager", "multiprocess.managers.BaseManager", "multiprocess.managers.SyncManager",
	"torch.multiprocessing.managers.BaseManager", "torch.multiprocessing.managers.SyncManager",
}

// openConnection is PML6211.
var openConnection = &checks.Rule{
	Spec: infoPML6211,
	On: []string{
		"{multiprocessing,multiprocess,torch.multiprocessing}.connection.{Listener,Client}",
		"{multiprocessing,multiprocess,torch.multiprocessing}.managers.{BaseManager,SyncManager}",
	},
	Knows: []string{"{multiprocessing,multiprocess,torch.multiprocessing}.connection.Client().{recv,recv_bytes}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		address := c.Arg(0, "address")
		if address == nil || !remote(c, address.Value) {
			return
		}
		key, known := authKey(c)
		constant := key != nil && isKeyText(key.Value)
		switch {
		case c.Symbol.Is(managerClasses...):
			if !constant { // without a key a manager makes a random one
				return
			}
		case !known, key != nil && !key.Value.IsNone() && !constant:
			return
		case strings.HasSuffix(c.Symbol.String(), ".Client") && !receives(c):
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: secretKey(p, c, key)})
	},
}

// authKey is the key that a call is given; known is false when it may be given in a way that
// is not known.
func authKey(c *checks.Call) (key *checks.Argument, known bool) {
	pos := 3 // Listener(address, family, backlog, authkey)
	switch {
	case strings.HasSuffix(c.Symbol.String(), ".Client"):
		pos = 2
	case c.Symbol.Is(managerClasses...):
		pos = 1
	}
	key = c.Arg(pos, "authkey")
	return key, key != nil || !c.HasRest()
}

// isKeyText reports whether a key is text that the program holds.
func isKeyText(v *checks.Value) bool {
	_, ok := v.Text()
	return ok
}

// remote reports whether an address is a host and a port that other machines reach.
func remote(c *checks.Call, v *checks.Value) bool {
	items, _, ok := c.Items(v)
	if !ok || len(items) != 2 {
		return false
	}
	host, ok := items[0].Value.Text()
	if !ok {
		return false
	}
	return host != "localhost" && host != "127.0.0.1" && host != "::1" && !strings.HasPrefix(host, "127.")
}

// receives reports whether something checks.Unpickles what the connection brings.
func receives(c *checks.Call) bool {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Method == "recv" && o.Receiver != nil && (o.Receiver.Origin() == c || o.Symbol != nil && strings.HasSuffix(o.Symbol.String(), "connection.Client().recv")) {
				return true
			}
		}
	}
	return false
}

// secretKey reads the key from the environment.
func secretKey(p *checks.Pass, c *checks.Call, key *checks.Argument) *fix.Fix {
	where := fix.InSection
	if first, ok := firstImport(p.File); ok && strings.HasPrefix(first, "multiprocessing") {
		where = fix.BeforeFirstImport
	}
	environ, imports := fix.Reach(p.File, "os.environ", "import os", where)
	text := environ + `["WORKER_AUTHKEY"].encode()`
	const message = "authenticate with a key out of the environment"
	switch {
	case key == nil:
		return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "authkey", text), imports)
	case key.Unpacked || key.Node == nil || !p.Holds(key.Node):
		return nil
	}
	return checks.Fix(true, message, checks.Replace(p, ast.Node(key.Node), text), imports)
}

// firstImport is the module that the file's first import names.
func firstImport(f *ast.File) (module string, ok bool) {
	for _, s := range f.Body {
		switch s := s.(type) {
		case *ast.Import:
			return s.Names[0].Name, true
		case *ast.ImportFrom:
			return s.Module, true
		}
	}
	return "", false
}
