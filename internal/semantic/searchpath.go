package semantic

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// searched reads the folder that a call adds to sys.path: the constant texts of what it is given, put together, as in
// `sys.path.insert(0, os.path.join(os.path.dirname(__file__), "libs"))`. It is "" for other calls.
func searched(c *ast.Call) string {
	a, ok := c.Fn.(*ast.Attribute)
	if !ok || a.Attr == nil || a.Attr.Id != "append" && a.Attr.Id != "insert" {
		return ""
	}
	p, ok := a.Value.(*ast.Attribute)
	if !ok || p.Attr == nil || p.Attr.Id != "path" {
		return ""
	}
	if n, ok := p.Value.(*ast.Name); !ok || n.Id != "sys" {
		return ""
	}
	var parts []string
	for _, arg := range c.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			if s, ok := n.(*ast.Str); ok && !s.Bytes && !strings.HasPrefix(s.Value, "/") {
				parts = append(parts, s.Value)
			}
			return true
		})
	}
	folder := path.Join(parts...)
	for strings.HasPrefix(folder, "../") { // the folders above are looked through anyway
		folder = folder[len("../"):]
	}
	if folder == "." || folder == ".." || len(folder) > 200 {
		return ""
	}
	return folder
}
