package services

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file tells of names that no request can make those of files elsewhere.

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
