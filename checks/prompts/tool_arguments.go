package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// argumentsOverride is PML1141.
var argumentsOverride = &checks.Rule{
	Spec: infoPML1141,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Arg != flow.OverrideArg || checks.OnlyMadeOf(path) || declaredFields(path) {
			return
		}
		over := overExpr(path.Node)
		keys := slices.DeleteFunc(path.Overridden(), func(key string) bool {
			return !identity[strings.ToLower(key)] || key == "role" && ofMessage(path.Node) || takenOut(p, path.Node, over, key) || setAgain(p, path.Node, key)
		})
		if len(keys) == 0 {
			return
		}
		p.Report(checks.Report{
			Node: path.Node, Path: path, Fix: serverLast(p, path.Node),
			Message: "The arguments of a tool call can replace " + strings.Join(keys, " and ") + ", which the server sets",
		})
	},
}

// identity are keys under which a server says for whom something is done, and what they may.
var identity = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(`user user_id userid uid username account account_id customer customer_id tenant tenant_id org org_id
		organization_id workspace workspace_id owner owner_id role roles scope scopes permissions is_admin admin session session_id api_key token
		auth_token access_token user_email team_id client_id`) {
		out[name] = true
	}
	return out
}()

// declaredFields reports whether the arguments went through a model of the program's own, which
// has the fields that it declares and no others.
func declaredFields(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		for _, name := range [...]string{"model_dump", "dict()", "asdict", "model_validate", "parse_obj"} {
			if strings.Contains(t.Text, "through "+name) {
				return true
			}
		}
	}
	return false
}

// overExpr is the expression of the dict that comes over the other.
func overExpr(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.Dict:
		for i := len(n.Keys) - 1; i >= 0; i-- {
			if n.Keys[i] == nil {
				return n.Values[i]
			}
		}
	case *ast.BinOp:
		return n.Right
	case *ast.AugAssign:
		return n.Value
	case *ast.Call:
		if fn, ok := n.Fn.(*ast.Name); ok && fn.Id == "dict" || len(n.Args) == 0 {
			for _, k := range n.Keywords {
				if k.Name == nil {
					return k.Value
				}
			}
		}
		if len(n.Args) > 0 {
			return n.Args[0]
		}
	}
	return nil
}

// ofMessage reports whether a dict is a message of a conversation, whose role is no authority.
func ofMessage(n ast.Node) bool {
	d, ok := n.(*ast.Dict)
	if !ok {
		return false
	}
	for i, k := range d.Keys {
		if k == nil || constantIn(k) != "role" {
			continue
		}
		switch constantIn(d.Values[i]) {
		case "assistant", "user", "system", "tool", "developer", "function", "model":
			return true
		}
	}
	return false
}

// functionBody lists the statements of the function around a node, or of the file.
func functionBody(p *checks.Pass, n ast.Node) []ast.Stmt {
	body := p.File.Body
	for _, a := range p.Around(n) {
		if fn, ok := a.(*ast.FunctionDef); ok {
			body = fn.Body
		}
	}
	return body
}

// takenOut reports whether a key is taken out of the arguments, or refused in them, before a
// place.
func takenOut(p *checks.Pass, at ast.Node, over ast.Expr, key string) bool {
	name, ok := over.(*ast.Name)
	if !ok {
		return false
	}
	of := func(e ast.Expr) bool { n, ok := e.(*ast.Name); return ok && n.Id == name.Id }
	found := false
	ast.InspectStmts(functionBody(p, at), func(n ast.Node) bool {
		if found || n.Pos() >= at.Pos() {
			return false
		}
		switch n := n.(type) {
		case *ast.Call:
			if fn, ok := n.Fn.(*ast.Attribute); ok && fn.Attr.Id == "pop" && of(fn.Value) && len(n.Args) > 0 && constantIn(n.Args[0]) == key {
				found = true
			}
		case *ast.Delete:
			for _, t := range n.Targets {
				if s, ok := t.(*ast.Subscript); ok && of(s.Value) && constantIn(s.Index) == key {
					found = true
				}
			}
		case *ast.If:
			if c, ok := n.Test.(*ast.Compare); ok && len(c.Ops) == 1 && c.Ops[0] == "in" && constantIn(c.Left) == key && of(c.Right[0]) && checks.Leaves(n.Body) {
				found = true
			}
		}
		return !found
	})
	return found
}

// setAgain reports whether the result of a merge gets a key of the server's again.
func setAgain(p *checks.Pass, at ast.Node, key string) bool {
	name := ""
	switch s := p.StmtOf(at).(type) {
	case *ast.Assign:
		if t, ok := s.Targets[0].(*ast.Name); ok {
			name = t.Id
		}
	case *ast.AugAssign:
		if t, ok := s.Target.(*ast.Name); ok {
			name = t.Id
		}
	case *ast.ExprStmt:
		if c, ok := s.Value.(*ast.Call); ok {
			if fn, ok := c.Fn.(*ast.Attribute); ok {
				if t, ok := fn.Value.(*ast.Name); ok {
					name = t.Id
				}
			}
		}
	}
	if name == "" {
		return false
	}
	found := false
	ast.InspectStmts(functionBody(p, at), func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Pos() > at.Pos() {
			for _, t := range a.Targets {
				if s, ok := t.(*ast.Subscript); ok && constantIn(s.Index) == key {
					if x, ok := s.Value.(*ast.Name); ok && x.Id == name {
						found = true
					}
				}
			}
		}
		return !found
	})
	return found
}

// serverLast makes the fix by which the server's entries win.
func serverLast(p *checks.Pass, n ast.Node) *fix.Fix {
	const message = "let the server's entries win"
	if !p.Holds(n) {
		return nil
	}
	switch n := n.(type) {
	case *ast.Dict:
		for i := len(n.Keys) - 1; i > 0; i-- {
			if n.Keys[i] != nil {
				continue
			}
			first := ast.Node(n.Keys[0])
			if n.Keys[0] == nil {
				first = n.Values[0]
			}
			insert := fix.InsertElement(p.File, n, first, "**"+p.File.Text(n.Values[i]))
			remove := fix.RemoveElement(p.File, n, n.Values[i])
			if insert == nil || remove == nil {
				return nil
			}
			return checks.Fix(false, message, insert, remove)
		}
	case *ast.BinOp:
		return checks.Fix(false, message, checks.Replace(p, n.Left, p.File.Text(n.Right)), checks.Replace(p, n.Right, p.File.Text(n.Left)))
	case *ast.AugAssign:
		if simple(n.Target) {
			return checks.Fix(false, message, checks.Replace(p, n.Value, missingOf(p, n.Value, p.File.Text(n.Target))))
		}
	case *ast.Call:
		return callServerLast(p, n, message)
	}
	return nil
}

// missingOf is the expression of a dict without the keys of another.
func missingOf(p *checks.Pass, over ast.Expr, base string) string {
	text := p.File.Text(over)
	if !simple(over) {
		text = "(" + text + ")"
	}
	return "{k: v for k, v in " + text + ".items() if k not in " + base + "}"
}

func callServerLast(p *checks.Pass, c *ast.Call, message string) *fix.Fix {
	switch fn := c.Fn.(type) {
	case *ast.Attribute:
		if fn.Attr.Id == "update" && len(c.Args) == 1 && simple(fn.Value) {
			return checks.Fix(false, message, checks.Replace(p, c.Args[0], missingOf(p, c.Args[0], p.File.Text(fn.Value))))
		}
		if fn.Attr.Id == "ChainMap" && len(c.Args) == 2 {
			return swapped(p, c, message)
		}
	case *ast.Name:
		if fn.Id != "dict" && len(c.Args) == 2 {
			return swapped(p, c, message)
		}
		over := overExpr(c)
		if over == nil {
			return nil
		}
		entries := []string{"**" + p.File.Text(over)}
		for _, a := range c.Args {
			entries = append(entries, "**"+p.File.Text(a))
		}
		for _, k := range c.Keywords {
			switch {
			case k.Name != nil:
				entries = append(entries, `"`+k.Name.Id+`": `+p.File.Text(k.Value))
			case k.Value != over:
				entries = append(entries, "**"+p.File.Text(k.Value))
			}
		}
		return checks.Fix(false, message, checks.Replace(p, c, "{"+strings.Join(entries, ", ")+"}"))
	}
	return nil
}

func swapped(p *checks.Pass, c *ast.Call, message string) *fix.Fix {
	return checks.Fix(false, message, checks.Replace(p, c.Args[0], p.File.Text(c.Args[1])), checks.Replace(p, c.Args[1], p.File.Text(c.Args[0])))
}
