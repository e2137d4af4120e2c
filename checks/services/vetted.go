package services

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file tells of data that the program has looked at on the way in ways which the analysis
// of values cannot follow: functions whose names say that they check, look-ups in a database.

// way is what a path goes through: the functions, and the names that the data has in them.
type way struct {
	modules   []*checks.Module
	functions []*ast.FunctionDef
	names     map[string]bool
	calls     []*ast.Call
}

// wayOf collects the way of a path.
func wayOf(p *checks.Pass, path *checks.Path) *way {
	w := &way{names: map[string]bool{}}
	add := func(m *checks.Module, n ast.Node) {
		if m == nil || n == nil {
			return
		}
		if fn := m.FunctionAround(n); fn != nil && !slices.Contains(w.functions, fn) {
			w.functions, w.modules = append(w.functions, fn), append(w.modules, m)
		}
		switch n := n.(type) {
		case *ast.Name:
			w.names[n.Id] = true
		case *ast.Attribute, *ast.Subscript:
			w.names[m.File.Text(n)] = true
		case *ast.Call:
			w.calls = append(w.calls, n)
		}
	}
	for _, t := range path.Trace.Steps() {
		add(p.Project.Module(t.Mod), t.Node)
	}
	for _, part := range path.Value.PathText().Parts() {
		if part.Value != nil && checks.Carries(path, part.Value) {
			add(p.Project.Module(part.Mod), part.Node)
		}
	}
	if path.Call != nil {
		add(p.Module, path.Call.Node)
	}
	if e := p.SinkExpr(path); e != nil {
		add(p.Module, e)
	}
	if f := path.Mark.Field(); f != "" && f != "[]" {
		w.names["."+f] = true
	}
	return w
}

// holds reports whether an expression is, or holds, a name of the data.
func (w *way) holds(m *checks.Module, e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || w.names[n.Id]
		case *ast.Attribute:
			found = found || w.names["."+n.Attr.Id] || w.names[m.File.Text(n)]
		case *ast.Subscript:
			if s, ok := n.Index.(*ast.Str); ok {
				found = found || w.names["."+s.Value]
			}
		}
		return !found
	})
	return found
}

var checkWord = regexp.MustCompile(`(?i)(^|_)(validat\w*|sanitiz\w*|sanitis\w*|secure|safe|safely|check\w*|verif\w*|ensure|assert|is_safe|is_valid|is_public|is_allowed|allowed|permitted|whitelist\w*|allowlist\w*|reject\w*|guard\w*|confine\w*|restrict\w*)(_|$)`)

// namesCheck reports whether the name of a function says that it checks or cleans: validate_url,
// is_safe_path, checkHost.
func namesCheck(name string) bool {
	return checkWord.MatchString(name) || checkWord.MatchString(snake(name))
}

// snake is a name in snake_case.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// vetted reports whether the data of a path was handed, before its sink, to a function whose name
// says that it checks or cleans: as a statement, in a test, or to go on with the result. about
// tells which names speak of the danger; nil means all.
func vetted(p *checks.Pass, path *checks.Path, about func(string) bool) bool {
	w := wayOf(p, path)
	named := func(c *ast.Call) bool {
		name := checks.LastName(c.Fn)
		return namesCheck(name) && (about == nil || about(name))
	}
	for _, c := range w.calls {
		if named(c) && (path.Call == nil || c != path.Call.Node) {
			return true
		}
	}
	return w.calledWith(path, named)
}

// calledWith reports whether a call before the sink that is one of a kind is given the data.
func (w *way) calledWith(path *checks.Path, kind func(*ast.Call) bool) bool {
	for i, fn := range w.functions {
		m, found := w.modules[i], false
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok && (path.Call == nil || c != path.Call.Node) && kind(c) {
				for _, a := range c.Args {
					found = found || w.holds(m, a)
				}
				for _, k := range c.Keywords {
					found = found || w.holds(m, k.Value)
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// lookedUp reports whether a record of a database was asked for by the data: what is not found
// there comes no further.
func lookedUp(p *checks.Pass, path *checks.Path) bool {
	return wayOf(p, path).asks(path)
}

// queries are methods and functions that ask a database for a record.
var queries = map[string]bool{
	"filter": true, "filter_by": true, "where": true, "get_object_or_404": true, "get_or_404": true, "find_one": true, "scalar_one_or_none": true, "get_by_id": true, "first_or_404": true,
	"get_by_name": true, "aget": true,
}

func (w *way) asks(path *checks.Path) bool {
	return w.calledWith(path, func(c *ast.Call) bool {
		name := checks.LastName(c.Fn)
		if queries[name] {
			return true
		}
		if at, ok := c.Fn.(*ast.Attribute); ok && name == "get" {
			recv := strings.ToLower(chainText(at.Value))
			return strings.Contains(recv, "query") || strings.Contains(recv, "objects") || strings.HasSuffix(recv, "session") || recv == "db" || strings.HasSuffix(recv, ".db")
		}
		if !strings.HasPrefix(name, "get_") && !strings.HasPrefix(name, "find_") && !strings.HasPrefix(name, "load_") && !strings.HasPrefix(name, "fetch_") && !strings.HasPrefix(name, "_get") {
			return false
		}
		call := path.Engine.CallAt(c)
		if call == nil || call.Body() == nil {
			return false
		}
		for _, o := range call.Body().Calls {
			if queries[o.Method] || queries[checks.LastName(o.Node.Fn)] {
				for i := range o.Args {
					for _, m := range o.Args[i].Value.Marks() {
						if m.Label == 0 {
							return true
						}
					}
				}
			}
		}
		return false
	})
}

// chainText is a chain of names and calls without what stands in the calls: "db.session.query".
func chainText(e ast.Expr) string {
	switch n := e.(type) {
	case *ast.Name:
		return n.Id
	case *ast.Attribute:
		return chainText(n.Value) + "." + n.Attr.Id
	case *ast.Call:
		return chainText(n.Fn)
	case *ast.Await:
		return chainText(n.Value)
	case *ast.Subscript:
		return chainText(n.Value)
	}
	return ""
}

// onlyMadeOf reports whether the value at the end of a path is what a function gives of which
// nothing is known and that may do anything with the data.
func onlyMadeOf(path *checks.Path) bool {
	return len(path.Value.PathText().Parts()) == 0 && path.Mark.MadeOf()
}

// behindOwnName reports whether the data stands in a name behind something that the server has
// made, so that no folder of that name exists: f"{uuid4().hex}.{ending}".
func behindOwnName(path *checks.Path) bool {
	parts := path.Value.PathText().Parts()
	for i, part := range parts {
		if part.Value == nil || !checks.Carries(path, part.Value) {
			continue
		}
		own := false
		for j := i - 1; j >= 0; j-- {
			if parts[j].Value == nil {
				if strings.Contains(parts[j].Text, "/") {
					break
				}
				continue
			}
			if unguessable(parts[j].Node) {
				own = true
			}
			break
		}
		if !own {
			return false
		}
	}
	return len(parts) > 1
}

// unguessable reports whether an expression makes a name by uuid, secrets or a digest.
func unguessable(n ast.Node) bool {
	found := false
	if n == nil {
		return false
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || strings.Contains(strings.ToLower(n.Id), "uuid") || n.Id == "secrets"
		case *ast.Attribute:
			switch n.Attr.Id {
			case "uuid4", "uuid1", "hex", "hexdigest", "token_hex", "token_urlsafe":
				found = true
			}
		}
		return !found
	})
	return found
}

// contentGiven reports whether the way goes through a branch that a function takes only where it
// is not given the content itself: `if binary: ... else: open(name)`. Services hand it the
// content, and the name for what it says of the kind.
func contentGiven(p *checks.Pass, path *checks.Path) bool {
	places := []struct {
		m *checks.Module
		n ast.Node
	}{{p.Module, path.Call.Node}}
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok {
			places = append(places, struct {
				m *checks.Module
				n ast.Node
			}{p.Project.Module(t.Mod), c})
		}
	}
	for _, at := range places {
		if at.m != nil && withoutContent(at.m, at.n) {
			return true
		}
	}
	return false
}

// withoutContent reports whether a place is in a branch of a test of a parameter that holds a
// file's content.
func withoutContent(m *checks.Module, n ast.Node) bool {
	fn := m.FunctionAround(n)
	if fn == nil || fn.Params == nil {
		return false
	}
	for _, a := range m.Around(n) {
		s, ok := a.(*ast.If)
		if !ok || !fn.Range().Contains(s.Range()) {
			continue
		}
		for _, p := range fn.Params.List {
			if p.Name == nil || !contentName(p.Name.Id) {
				continue
			}
			tested := false
			ast.Inspect(s.Test, func(n ast.Node) bool {
				if id, ok := n.(*ast.Name); ok && id.Id == p.Name.Id {
					tested = true
				}
				return !tested
			})
			if tested {
				return true
			}
		}
	}
	return false
}

func contentName(name string) bool {
	switch name {
	case "binary", "content", "contents", "data", "blob", "buffer", "bytes", "raw", "stream", "file_content", "file_bytes", "content_bytes":
		return true
	}
	return false
}
