package libraries

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// readJSON reads the metadata of a graph as JSON.
func readJSON(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || c.Partial || !p.Holds(c.Node) || !p.Holds(e) || p.Defines("open") || p.Imports("open") {
		return nil
	}
	load, imports := fix.Reach(p.File, "json.load", "import json", fix.BeforeFirstImport)
	return checks.Fix(true, "read JSON", checks.Replace(p, c.Node, load+"(open("+p.File.Text(e)+"))"), imports)
}
