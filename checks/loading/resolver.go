package loading

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// evalResolver is PML6214.
var evalResolver = &checks.Rule{
	Spec:  infoPML6214,
	On:    []string{"omegaconf.OmegaConf.{register_new_resolver,register_resolver,legacy_register_resolver}", "omegaconf.omegaconf.OmegaConf.{register_new_resolver,register_resolver}"},
	Knows: []string{"functools.partial"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(1, "resolver")
		if a == nil || a.Node == nil {
			return
		}
		if name := evaluator(p, a.Value, a.Node); name != nil {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: simpleEval(p, name)})
		}
	},
}

// evaluator returns the expression that names what evaluates the text of a configuration:
// eval itself, or the function that a resolver calls on its parameter; nil where there is
// none.
func evaluator(p *checks.Pass, v *checks.Value, at ast.Expr) ast.Expr {
	if v.Is("builtins.eval", "builtins.exec") {
		return at
	}
	if call, ok := at.(*ast.Call); ok && len(call.Args) > 0 { // functools.partial(eval, …)
		if name, ok := call.Args[0].(*ast.Name); ok && (name.Id == "eval" || name.Id == "exec") && !p.Defines(name.Id) {
			if fn, ok := call.Fn.(*ast.Attribute); ok && fn.Attr.Id == "partial" {
				return name
			}
			if fn, ok := call.Fn.(*ast.Name); ok && fn.Id == "partial" {
				return name
			}
		}
	}
	for _, a := range v.Alternatives() { // one of a table, as a loop over it gives
		if fn := a.Function(); fn != nil && fn.Params != nil && fn.Module.File == p.File {
			if found := evaluatorIn(p, fn.Params, fn.Lambda, fn.Body, 0); found != nil {
				return found
			}
		}
	}
	return nil
}

// evaluatorIn finds what a function, or a helper that it hands its parameter on to, evaluates that with.
func evaluatorIn(p *checks.Pass, list *ast.Parameters, lambda *ast.Lambda, body []ast.Stmt, depth int) ast.Expr {
	params := map[string]bool{}
	for _, param := range list.List {
		if param.Name != nil {
			params[param.Name.Id] = true
		}
	}
	var found ast.Expr
	look := func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && mentionsAny(a.Value, params) {
			for _, t := range a.Targets {
				ast.Inspect(t, func(n ast.Node) bool {
					if name, ok := n.(*ast.Name); ok {
						params[name.Id] = true
					}
					return true
				})
			}
		}
		if t, ok := n.(*ast.If); ok && provesArithmetic(t.Test) {
			return false
		}
		call, ok := n.(*ast.Call)
		if !ok || found != nil || len(call.Args) == 0 {
			return found == nil
		}
		if !runsText(p, call.Fn) {
			if def := calledFunction(p, call); def != nil && def.Params != nil && depth < 2 && mentionsAny(call.Args[0], params) {
				found = evaluatorIn(p, def.Params, nil, def.Body, depth+1)
			}
			return found == nil
		}
		if mentionsAny(call.Args[0], params) {
			found = call.Fn
		}
		return found == nil
	}
	if lambda != nil {
		ast.Inspect(lambda.Body, look)
		return found
	}
	for _, s := range body {
		if t, ok := s.(*ast.If); ok && provesArithmetic(t.Test) && leaves(t.Body) {
			return nil
		}
		ast.Inspect(s, look)
	}
	return found
}

// mentionsAny reports whether one of several names stands in a tree.
func mentionsAny(n ast.Node, names map[string]bool) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && names[name.Id] {
			found = true
		}
		return !found
	})
	return found
}

// runsText reports whether a function evaluates or imports what its argument says.
func runsText(p *checks.Pass, fn ast.Expr) bool {
	switch fn := fn.(type) {
	case *ast.Name:
		return (fn.Id == "eval" || fn.Id == "exec") && !p.Defines(fn.Id) || strings.HasPrefix(fn.Id, "import_module")
	case *ast.Attribute:
		base, ok := fn.Value.(*ast.Name)
		return ok && (fn.Attr.Id == "import_module" || strings.HasPrefix(base.Id, "builtins") && (fn.Attr.Id == "eval" || fn.Attr.Id == "exec"))
	}
	return false
}

// provesArithmetic reports whether a test matches text with a pattern in which no letter can
// stand.
func provesArithmetic(test ast.Expr) bool {
	proves := false
	ast.Inspect(test, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return !proves
		}
		name := ""
		switch fn := call.Fn.(type) {
		case *ast.Attribute:
			name = fn.Attr.Id
		case *ast.Name:
			name = fn.Id
		}
		if !strings.HasSuffix(name, "match") && !strings.HasPrefix(name, "fullmatch") && !strings.HasPrefix(name, "match") || len(call.Args) == 0 {
			return !proves
		}
		if s, ok := call.Args[0].(*ast.Str); ok && !matchesLetter(s.Value) {
			proves = true
		}
		return !proves
	})
	return proves
}

// matchesLetter reports whether a regular expression has a place where a letter can stand.
func matchesLetter(pattern string) bool {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return true
	}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return true
	}
	return letterIn(tree)
}

func letterIn(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' {
				return true
			}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for _, r := range [...]rune{'a', 'm', 'z', 'A', 'Z', '_'} {
				if re.Rune[i] <= r && r <= re.Rune[i+1] {
					return true
				}
			}
		}
	}
	for _, sub := range re.Sub {
		if letterIn(sub) {
			return true
		}
	}
	return false
}

// simpleEval evaluates arithmetic only.
func simpleEval(p *checks.Pass, name ast.Expr) *fix.Fix {
	switch n := name.(type) {
	case *ast.Name:
		if n.Id == "import_module" {
			return nil
		}
	case *ast.Attribute:
		if n.Attr.Id == "import_module" {
			return nil
		}
	}
	if !p.Holds(name) {
		return nil
	}
	spelling, ok := fix.ImportedAs(p.File, "simpleeval.simple_eval")
	var imports []fix.Edit
	if !ok {
		spelling, imports = "simple_eval", fix.AddImportedName(p.File, "simpleeval", "simple_eval", fix.InOrder)
	}
	return checks.Fix(true, "evaluate arithmetic only: simple_eval", checks.Replace(p, name, spelling), imports)
}
