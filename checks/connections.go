package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// maxWay bounds how many calls lie between a statement and its connection.
const maxWay = 8

// ConnectionOf lists the calls by which an executing call came to its connection: the cursor's,
// the connection's, the engine's.
func ConnectionOf(c *Call) []*Call {
	var out []*Call
	v := c.Receiver
	if v.Origin() == nil {
		if a := c.Arg(1, "con"); a != nil {
			v = a.Value
		}
	}
	for len(out) < maxWay && v != nil {
		made := v.Origin()
		if made == nil {
			break
		}
		out = append(out, made)
		v = made.Receiver
		if v == nil || v.Origin() == nil {
			for _, name := range [...]string{"bind", "engine", "conn", "con", "connection"} {
				if a := made.Arg(-1, name); a != nil {
					v = a.Value
				}
			}
			if a := made.Arg(0, ""); (v == nil || v.Origin() == nil) && a != nil && a.Value.Origin() != nil {
				v = a.Value
			}
		}
	}
	return out
}

var readOnlyName = regexp.MustCompile(`(?i)mode=ro\b|read[-_ ]?only|[_-]ro\b|\bro[_-]|immutable=1|reader|:memory:|mode=memory|^['"]?sqlite(\+\w+)?://['"]?$`)

// ReadOnly reports whether the connection that a call executes on cannot write, or holds nothing
// but what was put there for the question; way is what ConnectionOf lists.
func ReadOnly(p *Pass, c *Call, way []*Call) bool {
	return OnlyReads(p, way, c.Frame) || c.Receiver != nil && nodeNamesReadOnly(c.Node.Fn)
}

// OnlyReads reports whether a connection that some calls make cannot write, or holds nothing but
// what was put there for the question. frames are functions that may set it so.
func OnlyReads(p *Pass, way []*Call, frames ...*Frame) bool {
	for _, made := range way {
		if made.Symbol.Is("duckdb.connect") && made.Arg(0, "database") == nil {
			return true
		}
		for i := range made.Args {
			if grantsOnlyReading(p, made, &made.Args[i]) {
				return true
			}
		}
		if made.Frame != nil && setReadOnly(made.Frame, made) {
			return true
		}
		for _, f := range frames {
			if f != nil && f != made.Frame && setReadOnly(f, made) {
				return true
			}
		}
	}
	return startsReadOnly(p)
}

// grantsOnlyReading reads an argument of a call that makes a connection.
func grantsOnlyReading(p *Pass, made *Call, a *Argument) bool {
	if a.Value.IsFalse() {
		return false
	}
	if readOnlyName.MatchString(a.Name) && (a.Value.IsTrue() || a.Value.IsParameter()) {
		return true
	}
	if text, ok := a.Value.Text(); ok {
		return readOnlyName.MatchString(text)
	}
	for _, part := range a.Value.Parts() {
		if part.Value == nil && readOnlyName.MatchString(part.Text) {
			return true
		}
	}
	if entries, _, ok := made.Entries(a.Value); ok {
		for _, e := range entries {
			if text, ok := e.Value.Text(); ok && readOnlyName.MatchString(text) || e.Value.IsTrue() && readOnlyName.MatchString(e.Name) {
				return true
			}
			if inner, _, ok := made.Entries(e.Value); ok {
				for _, e := range inner {
					if text, ok := e.Value.Text(); ok && readOnlyName.MatchString(text) || e.Value.IsTrue() && readOnlyName.MatchString(e.Name) {
						return true
					}
				}
			}
		}
	}
	if read := a.Value.Origin(); read != nil && read.Symbol.Is("os.getenv", "os.environ.get") && len(read.Args) > 0 {
		if name, ok := read.Args[0].Value.Text(); ok && readOnlyName.MatchString(name) {
			return true
		}
	}
	if readOnlyName.MatchString(a.Value.Name()) || slices.ContainsFunc(a.Value.Marks(), func(m Mark) bool { return readOnlyName.MatchString(m.Field()) }) {
		return true
	}
	return a.Node != nil && nodeNamesReadOnly(a.Node)
}

// nodeNamesReadOnly reports whether a variable, an attribute or a key says that what it holds
// only reads.
func nodeNamesReadOnly(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || readOnlyName.MatchString(n.Id)
		case *ast.Attribute:
			found = found || n.Attr != nil && readOnlyName.MatchString(n.Attr.Id)
		case *ast.Str:
			found = found || readOnlyName.MatchString(n.Value)
		}
		return !found
	})
	return found
}

// startsReadOnly reports whether the file holds the statement that begins a read-only
// transaction: it is put around what is run.
func startsReadOnly(p *Pass) bool {
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			found = found || readOnlySQL.MatchString(s.Value)
		}
		return !found
	})
	return found
}

var readOnlySQL = regexp.MustCompile(`(?i)^\s*(PRAGMA\s+query_only\s*=?\s*\(?(1|on|true|yes)|SET\s+(SESSION\s+|LOCAL\s+)?(TRANSACTION\s+READ\s+ONLY|CHARACTERISTICS\s+AS\s+TRANSACTION\s+READ\s+ONLY|default_transaction_read_only)|START\s+TRANSACTION\s+READ\s+ONLY|BEGIN\s+(TRANSACTION\s+)?READ\s+ONLY)`)

// setReadOnly reports whether a function makes a connection read-only after it was opened.
func setReadOnly(f *Frame, made *Call) bool {
	for _, c := range f.Calls {
		if c.Receiver == nil || !madeBy(c.Receiver, made) {
			continue
		}
		switch c.Method {
		case "set_session":
			if a := c.Arg(-1, "readonly"); a != nil && !a.Value.IsFalse() {
				return true
			}
		case "set_read_only":
			return true
		case "execution_options":
			for i := range c.Args {
				if strings.HasSuffix(c.Args[i].Name, "_readonly") && !c.Args[i].Value.IsFalse() {
					return true
				}
			}
		case "execute", "exec_driver_sql", "executescript":
			if len(c.Args) > 0 && readOnlySQL.MatchString(c.Args[0].Value.Prefix()) {
				return true
			}
		}
	}
	for _, s := range f.Stores {
		a, ok := s.Node.(*ast.Attribute)
		if ok && a.Attr != nil && readOnlyName.MatchString(a.Attr.Id) && !s.Value.IsFalse() {
			return true
		}
	}
	return false
}

// madeBy reports whether a value was made by a call, or by calls on what it made.
func madeBy(v *Value, made *Call) bool {
	for i := 0; i < 8 && v != nil; i++ {
		o := v.Origin()
		if o == nil {
			return false
		}
		if o == made || o.Node == made.Node {
			return true
		}
		v = o.Receiver
	}
	return false
}
