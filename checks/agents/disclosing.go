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
		if path.Mark.Clean.Has(models.Disclosure) || path.Mark.Label == models.Local && (!checks.WholeEnvironment(path) && !eachVariable(p, path) || choosesVariables(p, path)) || p.IsTest() {
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

// eachVariable reports whether data is a variable of the environment that a tool takes out of all of
// them, one after the other.
func eachVariable(p *checks.Pass, path *checks.Path) bool {
	s, def := path.Mark.Source(), p.FunctionAround(path.Node)
	if s == nil || !s.Is("os.environ") || path.Mark.Field() != "[]" || def == nil {
		return false
	}
	found := false
	ast.Inspect(def, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok && (at.Attr.Id == "items" || at.Attr.Id == "values") {
			found = found || checks.LastName(at.Value) == "environ"
		}
		return !found
	})
	return found
}

// choosesVariables reports whether a tool that goes through the environment tests what it takes from
// it, so that it leaves out or masks some.
func choosesVariables(p *checks.Pass, path *checks.Path) bool {
	def := p.FunctionAround(path.Node)
	if def == nil {
		return false
	}
	environment := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			found = found || checks.LastName(n) == "environ"
			return !found
		})
		return found
	}
	chooses := false
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Comp:
			over, tests := false, false
			for _, c := range n.Clauses {
				over, tests = over || environment(c.Iter), tests || len(c.Ifs) > 0
			}
			ast.Inspect(n, func(n ast.Node) bool {
				_, masks := n.(*ast.IfExp)
				tests = tests || masks
				return true
			})
			chooses = chooses || over && tests
		case *ast.For:
			if environment(n.Iter) {
				ast.InspectStmts(n.Body, func(n ast.Node) bool {
					_, tests := n.(*ast.If)
					_, masks := n.(*ast.IfExp)
					chooses = chooses || tests || masks
					return true
				})
			}
		case *ast.Call: // redact(os.environ), env.pop("API_KEY")
			chooses = chooses || checks.LastName(n.Fn) == "pop"
		}
		return !chooses
	})
	return chooses
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
