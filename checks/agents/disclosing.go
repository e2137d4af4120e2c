package agents

import (
	"path"
	"slices"
	"strings"

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
		if e, ok := r.Node.(*ast.Return); ok && e.Value != nil {
			var listing *checks.Call
			for in := range f.MadeOf(e.Value) {
				if in.Call != nil && listsEnvironment(in.Call) {
					listing = in.Call
					break
				}
			}
			if listing != nil {
				p.Report(checks.Report{Node: e, Fix: namesOnly(p, listing)})
			}
		}
	}
}

// namesOnly gives the names of the variables in the place of what a command lists; nil where its text is not
// taken at once.
func namesOnly(p *checks.Pass, c *checks.Call) *fix.Fix {
	return checks.FixAt(p, c.Node, func(there *checks.Pass) *fix.Fix {
		whole := outputText(there, c)
		if whole == nil {
			return nil
		}
		environ, imports := fix.Reach(there.File, "os.environ", "import os", fix.InOrder)
		return checks.Fix(true, "give the names alone", checks.Replace(there, whole, `"\n".join(sorted(`+environ+"))"), imports)
	})
}

// outputText is the expression that is the text which a command wrote: the call itself, its stdout, what is read of
// it or decoded; nil where that stands elsewhere.
func outputText(p *checks.Pass, c *checks.Call) ast.Expr {
	isText := false
	for _, name := range [...]string{"text", "universal_newlines", "encoding"} {
		a := c.Arg(-1, name)
		isText = isText || a != nil && !checks.Off(a.Value) && !a.Value.IsNone()
	}
	whole, got := ast.Expr(c.Node), false
	switch checks.CalledName(c) {
	case "getoutput":
		got, isText = true, true
	case "check_output":
		got = true
	case "popen":
		isText = true
	}
	around := p.Around(c.Node)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Attribute:
			if n.Value != whole {
				return nil
			}
			call, called := around[i-1].(*ast.Call)
			called = called && call.Fn == ast.Expr(n)
			switch {
			case !got && n.Attr.Id == "stdout":
				whole, got = n, true
				continue
			case !got && n.Attr.Id == "read" && called:
				got = true
			case got && !isText && n.Attr.Id == "decode" && called:
				isText = true
			default:
				i = 0
				continue
			}
			whole = call
			i--
		default:
			i = 0
		}
	}
	if !got || !isText {
		return nil
	}
	return whole
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
			return valuesHidden(p, e)
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

// valuesHidden puts a word in the place of the values where a comprehension goes through the environment: the one
// comprehension of that kind in the function around an expression.
func valuesHidden(p *checks.Pass, e ast.Expr) *fix.Fix {
	def := p.FunctionAround(e)
	if def == nil {
		return nil
	}
	var comp *ast.Comp
	many := false
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Comp); ok && len(c.Clauses) == 1 && strings.HasSuffix(checks.ChainText(itemsOf(c.Clauses[0].Iter)), "environ.items") {
			many = many || comp != nil
			comp = c
		}
		return true
	})
	if comp == nil || many {
		return nil
	}
	clause := comp.Clauses[0]
	pair, ok := clause.Target.(*ast.Tuple)
	if !ok || len(pair.Elts) != 2 || slices.ContainsFunc(clause.Ifs, func(t ast.Expr) bool { return checks.UsesName(t, checks.LastName(pair.Elts[1])) }) {
		return nil
	}
	var edits [][]fix.Edit
	ast.Inspect(comp.Elt, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Id == checks.LastName(pair.Elts[1]) {
			edits = append(edits, checks.Redacted(p, x))
		}
		return true
	})
	if len(edits) == 0 {
		return nil
	}
	call := clause.Iter.(*ast.Call)
	over := p.File.Text(call.Fn.(*ast.Attribute).Value)
	return checks.Fix(true, "give the names alone", append(edits, checks.Replace(p, pair, p.File.Text(pair.Elts[0])), checks.Replace(p, call, over))...)
}

// itemsOf is the function of `x.items()`, nil for others.
func itemsOf(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Call); ok && len(c.Args) == 0 {
		if at, ok := c.Fn.(*ast.Attribute); ok {
			return at
		}
	}
	return nil
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
