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
