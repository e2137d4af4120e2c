package agents

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// returnedSecret is PML6121.
var returnedSecret = &checks.Rule{
	Spec: infoPML6121,
	From: []checks.Label{models.Secret, models.Local},
	Into: []checks.SinkKind{models.ToolResult},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.Clean.Has(models.Disclosure) || path.Mark.Label == models.Local && (!checks.WholeEnvironment(path) && !checks.EachVariable(p, path) || checks.ChoosesVariables(p, path)) {
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
	Needs:      []string{"printenv", `"env`, "'env", `"set"`, "'set'", "export -p"},
	OnFunction: listedEnvironment,
}

// listedEnvironment reports tools that return what a command lists of the environment.
func listedEnvironment(p *checks.Pass, f *checks.Frame) {
	fn := f.Function()
	if fn == nil || fn.Def == nil || !slices.ContainsFunc(f.Calls, listsEnvironment) || !slices.Contains(f.ToolFunctions(), fn) {
		return
	}
	picks := false // names alone, or some of them
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Comp:
			picks = true
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "split", "splitlines", "partition", "sub", "len":
				picks = true
			}
		}
		return !picks
	})
	if picks {
		return
	}
	for _, r := range f.Returns {
		if e, ok := r.Node.(*ast.Return); ok && e.Value != nil && checks.Any(f.MadeOf(e.Value), func(in flow.Ingredient) bool { return in.Call != nil && listsEnvironment(in.Call) }) {
			p.Report(checks.Report{Node: e})
		}
	}
}

// listsEnvironment reports whether a call runs a command that lists the variables of the environment with
// their values.
func listsEnvironment(c *checks.Call) bool {
	list := c.Commands()
	if len(list) != 1 || len(list[0].Words) == 0 || list[0].Into != nil {
		return false
	}
	var words []string
	for _, w := range list[0].Words {
		if !w.Known {
			return false
		}
		words = append(words, w.Text)
	}
	operand := func(w string) bool { return !strings.HasPrefix(w, "-") }
	switch path.Base(words[0]) {
	case "env", "printenv":
		return !slices.ContainsFunc(words[1:], operand) && !slices.Contains(words, "-i")
	case "set":
		return len(words) == 1
	case "export":
		return slices.Equal(words[1:], []string{"-p"})
	}
	return false
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
