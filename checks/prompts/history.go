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

// clientHistory is PML1135.
var clientHistory = &checks.Rule{
	Spec: infoPML1135,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Chat == nil || path.Sink.Arg != flow.SplicedMessages || !instructed(path.Chat) || checks.OfOtherMessage(p, path) || path.Mark.Source().Is("gradio.ChatInterface") || rolesTested(p, path) || checks.ByContract(path) {
			return
		}
		node, m := path.Node, p.Module
		if path.Value.Kind() == flow.KindObject && path.Value.Class() == nil {
			return // messages that the program made itself
		}
		converted, in := convertedAt(p, path)
		if in != nil {
			node, m = converted, in
		}
		p.Report(checks.Report{Node: node, In: m, Path: path, Fix: checks.Fix(true, "keep messages of the user and the assistant alone", onlyTurns(p, m, path, node, converted != nil))})
	},
}

// convertedAt finds the call of LangChain on a path that makes messages of what the client
// sent.
func convertedAt(p *checks.Pass, path *checks.Path) (*ast.Call, *checks.Module) {
	on := map[ast.Node]bool{}
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok {
			on[c] = true
		}
	}
	for _, f := range path.Frame.Everywhere() {
		for _, c := range f.Calls {
			name := c.Callee.Name()
			if on[c.Node] && (strings.HasSuffix(name, ".messages_from_dict") || strings.HasSuffix(name, ".convert_to_messages")) {
				return c.Node, p.Project.Module(f.Module())
			}
		}
	}
	return nil, nil
}

// rolesTested reports whether the program looks at the roles of what it was sent on the way:
// a comparison in one of the functions, or a class whose role is one of a few.
func rolesTested(p *checks.Pass, path *checks.Path) bool {
	tested := false
	seen := map[ast.Node]bool{}
	look := func(m *checks.Module, n ast.Node) {
		if m == nil || n == nil || tested {
			return
		}
		for _, around := range m.Around(n) {
			if fn, ok := around.(*ast.FunctionDef); ok && !seen[fn] {
				seen[fn] = true
				tested = tested || testsRole(fn)
			}
		}
		if len(m.File.Body) > 0 && !seen[m.File.Body[0]] {
			seen[m.File.Body[0]] = true
			tested = tested || declaresRoles(m)
		}
	}
	for _, t := range path.Trace.Steps() {
		look(p.Project.Module(t.Mod), t.Node)
	}
	look(p.Module, path.Node)
	return tested || helperTests(path, seen)
}

// helperTests reports whether one of the functions on the way hands what it was sent to a function
// of the project that compares roles.
func helperTests(path *checks.Path, on map[ast.Node]bool) bool {
	for _, f := range path.Frame.Everywhere() {
		if f.Function() == nil || f.Function().Def == nil || !on[f.Function().Def] {
			continue
		}
		for _, c := range f.Calls {
			fn := c.Callee.Function()
			if fn == nil || fn.Def == nil || on[fn.Def] || !testsRole(fn.Def) {
				continue
			}
			for i := range c.Args {
				if slices.ContainsFunc(c.Args[i].Value.Marks(), func(m checks.Mark) bool { return m.Label == path.Mark.Label || m.Label == models.NoLabel }) {
					return true
				}
			}
		}
	}
	return false
}

// testsRole reports whether a function compares a role.
func testsRole(fn *ast.FunctionDef) bool {
	found := false
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Compare); ok && isRole(c.Left) {
			found = true
		}
		return !found
	})
	return found
}

// isRole reports whether an expression reads the role of a message, or is a variable of that
// name.
func isRole(e ast.Expr) bool {
	named := func(e ast.Expr) bool {
		s, ok := e.(*ast.Str)
		return ok && (s.Value == "role" || s.Value == "type")
	}
	switch e := e.(type) {
	case *ast.Name:
		return e.Id == "role"
	case *ast.Attribute:
		return e.Attr.Id == "role" || e.Attr.Id == "type"
	case *ast.Subscript:
		return named(e.Index)
	case *ast.Call:
		at, ok := e.Fn.(*ast.Attribute)
		switch {
		case !ok:
			return false
		case at.Attr.Id == "get" && len(e.Args) > 0:
			return named(e.Args[0])
		}
		return isRole(at.Value) // .lower()
	}
	return false
}

// declaresRoles reports whether a module knows a class of messages whose role is one of a
// few: a Literal, an Enum, a pattern.
func declaresRoles(m *checks.Module) bool {
	found := false
	ast.InspectFile(m.File, func(n ast.Node) bool {
		a, ok := n.(*ast.AnnAssign)
		if !ok {
			return !found
		}
		if t, ok := a.Target.(*ast.Name); ok && t.Id == "role" {
			text := m.File.Text(a.Annotation)
			if a.Value != nil {
				text += m.File.Text(a.Value)
			}
			found = found || strings.Contains(text, "Literal[") || strings.Contains(text, "Role") || strings.Contains(text, "pattern=")
		}
		return !found
	})
	return found
}

// onlyTurns makes the edits that leave out what is no message of the user or the assistant.
func onlyTurns(p *checks.Pass, m *checks.Module, path *checks.Path, node ast.Node, converted bool) []fix.Edit {
	e, ok := node.(ast.Expr)
	if !ok || !m.Holds(e) {
		return nil
	}
	if c, ok := e.(*ast.Call); ok && converted && len(c.Args) == 1 {
		e = c.Args[0]
	}
	if list := listOf(m, e); list != nil {
		e = list
	}
	role := `m["role"]`
	for _, v := range path.Value.Alternatives() {
		if v.Class() != nil {
			role = "m.role"
		}
	}
	if path.Mark.Field() == "role" { // of a record, of which a copy is sent
		role = "m.role"
	}
	return in(p, m, []fix.Edit{fix.ReplaceNode(m.File, e, "[m for m in "+m.File.Text(e)+" if "+role+` in ("user", "assistant")]`)})
}

// listOf is the list whose items a loop or comprehension goes through where an expression is,
// or is made of, its variable; nil for other expressions.
func listOf(m *checks.Module, e ast.Expr) ast.Expr {
	name := ""
	ast.Inspect(e, func(n ast.Node) bool {
		if n, ok := n.(*ast.Name); ok {
			name = n.Id // the innermost: m in ChatMessage(**m)
		}
		return true
	})
	around := m.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.For:
			if t, ok := n.Target.(*ast.Name); ok && t.Id == name {
				return n.Iter
			}
		case *ast.Comp:
			for _, c := range n.Clauses {
				if t, ok := c.Target.(*ast.Name); ok && t.Id == name {
					return c.Iter
				}
			}
		}
	}
	return nil
}
