package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file tells whether a request that a program makes carries a credential.

// CredentialHeader reports whether a header by its name carries a credential.
func CredentialHeader(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "authorization", "x-api-key", "api-key", "private-token", "cookie":
		return true
	case "idempotency-key", "sec-websocket-key", "x-idempotency-key":
		return false
	}
	return strings.HasSuffix(name, "token") || strings.HasSuffix(name, "key")
}

// Credential is one that a call is given to send, and the expression that gives it.
type Credential struct {
	Value *Value
	Node  ast.Node
}

// Credentials lists the credentials that a call is given to send: auth, cookies, and the headers
// that carry one.
func Credentials(c *Call) []Credential {
	var out []Credential
	for _, name := range [...]string{"auth", "cookies"} {
		if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
			out = append(out, Credential{a.Value, a.Node})
		}
	}
	if a := c.Arg(-1, "headers"); a != nil {
		out = append(out, CredentialsAmong(c, a.Value)...)
	}
	return out
}

// CredentialsAmong lists the entries of a dict of headers or parameters that are credentials.
func CredentialsAmong(c *Call, headers *Value) []Credential {
	var out []Credential
	for _, v := range headers.Alternatives() {
		entries, _, _ := c.Entries(v)
		for _, e := range entries {
			if CredentialHeader(e.Name) && !e.Value.IsNone() {
				out = append(out, Credential{e.Value, e.Node})
			}
		}
	}
	return out
}

// HoldsCredential reports whether a client that a call makes, and that has a name, is told a credential
// later: session.headers.update({"Authorization": ...}), session.auth = ....
func HoldsCredential(p *Pass, made *Call) bool {
	m := p.Project.Module(made.Frame.Module())
	if m == nil {
		return false
	}
	around := m.Around(made.Node)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Assign:
			return ToldCredential(m, made.Frame, n, ChainText(n.Targets[0]))
		case *ast.AnnAssign:
			return ToldCredential(m, made.Frame, n, ChainText(n.Target))
		case *ast.With:
			for _, it := range n.Items {
				if it.Target != nil && it.Context.Range().Contains(made.Node.Range()) {
					return ToldCredential(m, made.Frame, n, ChainText(it.Target))
				}
			}
		case ast.Stmt:
			return false
		}
	}
	return false
}

// ToldCredential reports whether the client of a name is told a credential, in the function around
// a place or, for an attribute of self, in its class.
func ToldCredential(m *Module, f *Frame, at ast.Node, name string) bool {
	found := false
	headers := name + ".headers"
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			switch t := n.Targets[0].(type) {
			case *ast.Attribute:
				text := ChainText(t)
				found = found || text == name+".auth" || text == name+".cookies" || text == headers && spelledCredential(n.Value)
			case *ast.Subscript:
				key, ok := t.Index.(*ast.Str)
				found = found || ok && ChainText(t.Value) == headers && CredentialHeader(key.Value)
			}
		case *ast.Call:
			if ChainText(n.Fn) != headers+".update" || len(n.Args) == 0 {
				break
			}
			found = found || spelledCredential(n.Args[0])
			if c := f.CallAt(n); c != nil && len(c.Args) > 0 {
				found = found || len(CredentialsAmong(c, c.Args[0].Value)) > 0
			}
		}
		return !found
	}
	for _, s := range scopeOf(m, at, strings.Contains(name, ".")) {
		ast.Inspect(s, look)
	}
	return found
}

// scopeOf lists the statements of the function around a place, of the class around it, or of
// the module.
func scopeOf(m *Module, at ast.Node, class bool) []ast.Stmt {
	around := m.Around(at)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.FunctionDef:
			if !class {
				return n.Body
			}
		case *ast.ClassDef:
			return n.Body
		}
	}
	return m.File.Body
}

// spelledCredential reports whether a dict display names a header that carries a credential.
func spelledCredential(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			found = found || CredentialHeader(s.Value)
		}
		return !found
	})
	return found
}
