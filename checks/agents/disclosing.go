package agents

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// returnedSecret is PML6121.
var returnedSecret = &checks.Rule{
	Spec: infoPML6121,
	From: []checks.Label{models.Secret, models.Local},
	Into: []checks.SinkKind{models.ToolResult},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.Clean.Has(models.Disclosure) || path.Mark.Label == models.Local && (!checks.WholeEnvironment(path) && !checks.EachVariable(p, path) || checks.ChoosesVariables(p, path)) || p.IsTest() {
			return
		}
		node := path.Node
		if stmt := p.StmtOf(node); stmt != nil {
			if _, returns := stmt.(*ast.Return); returns {
				node = stmt
			}
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: withheld(p, path)})
	},
}

// withheld puts the names of the environment in the place of all of it, and a word in that of a
// secret.
func withheld(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if r, returns := path.Node.(*ast.Return); returns {
		e, ok = r.Value, r.Value != nil
	}
	if !ok || !p.Holds(e) {
		return nil
	}
	if path.Mark.Label == models.Local {
		whole := environmentIn(p, e)
		if def := p.FunctionAround(e); whole == nil && def != nil {
			for _, s := range def.Body {
				if whole == nil {
					whole = environmentIn(p, s)
				}
			}
		}
		if whole == nil {
			return nil
		}
		x := whole
		if c, ok := whole.(*ast.Call); ok {
			if at, ok := c.Fn.(*ast.Attribute); ok && len(c.Args) == 0 {
				x = at.Value
			} else {
				x = c.Args[0]
			}
		}
		return checks.Fix(true, "give the names alone", checks.Replace(p, whole, "sorted("+p.File.Text(x)+")"))
	}
	if part := checks.SecretPart(path.Value, models.Secret, 0); part != nil {
		if x, ok := part.Node.(ast.Expr); ok && part.Mod == path.Mod && p.Holds(x) {
			e = x
		}
	} else if x, ok := checks.HolderOf(path, models.Secret).(ast.Expr); ok && p.Holds(x) && ast.Node(x) != path.Node {
		e = x
	}
	switch e.(type) {
	case *ast.Dict, *ast.List, *ast.Tuple, *ast.JoinedStr:
		return nil
	}
	return checks.Fix(true, "leave the secret out", checks.Redacted(p, e))
}

// environmentIn is the expression within another that is all of the environment: `dict(os.environ)`,
// `os.environ.copy()`, `os.environ`; nil where there is none.
func environmentIn(p *checks.Pass, in ast.Node) ast.Expr {
	var found ast.Expr
	ast.Inspect(in, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.Comp:
			return false
		case *ast.Subscript:
			return checks.LastName(n.Value) != "environ"
		case *ast.Call:
			at, method := n.Fn.(*ast.Attribute)
			switch {
			case method && checks.LastName(at.Value) == "environ":
				if at.Attr.Id == "copy" && len(n.Args) == 0 {
					found = n
				}
				return false
			case checks.LastName(n.Fn) == "dict" && len(n.Args) == 1 && len(n.Keywords) == 0 && checks.LastName(n.Args[0]) == "environ":
				found = n
			}
		case *ast.Attribute:
			if n.Attr.Id == "environ" {
				found = n
			}
		case *ast.Name:
			if n.Id == "environ" {
				found = n
			}
		}
		return found == nil
	})
	return found
}
