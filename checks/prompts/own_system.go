package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// replaceableSystem is PML1142.
var replaceableSystem = &checks.Rule{
	Spec: infoPML1142,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !asSuch(path) || checks.OfOtherMessage(p, path) || checks.ByContract(path) || playground(path) || callerChecked(p, path) {
			return
		}
		d, in := fallback(p, path)
		if !programsText(d) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: useOwnText(p, path, d, in)})
	},
}

// asSuch reports whether a system prompt is the text of a request with no words of the program
// beside it.
func asSuch(path *checks.Path) bool {
	if madeByUnknown(path) || slices.ContainsFunc(path.Mark.Trace.Steps(), func(t *flow.Trace) bool { return t.Text == "joined into a string" }) {
		return false // wherever that was, and whatever is still known of the words
	}
	for _, v := range checks.SystemTexts(path) {
		if v.Labels(models.PromptSystem).Has(path.Mark.Label) && !checks.HasWords(v) && len(v.Parts()) < 2 {
			return true
		}
	}
	return false
}

// playground reports whether the text comes from a page whose visitors are meant to try
// prompts.
func playground(path *checks.Path) bool {
	pages := [...]string{"gradio", "streamlit", "chainlit"}
	for _, name := range pages {
		if path.Mark.Source() != nil && path.Mark.Source().Under(name) {
			return true
		}
		for _, r := range path.Handlers() {
			if r.Symbol != nil && r.Symbol.Under(name) {
				return true
			}
		}
	}
	return false
}

// programsText reports whether a fallback is a text that the program has: not empty, and not
// another field of the request.
func programsText(d ast.Expr) bool {
	switch d := d.(type) {
	case *ast.Str:
		return strings.TrimSpace(d.Value) != ""
	case *ast.JoinedStr, *ast.Name, *ast.Attribute, *ast.Subscript:
		return true
	case *ast.BinOp:
		return programsText(d.Left) || programsText(d.Right)
	case *ast.Call:
		switch fn := d.Fn.(type) {
		case *ast.Attribute:
			switch fn.Attr.Id {
			case "read", "read_text", "getenv", "strip", "format", "dedent", "join":
				return true
			case "get":
				x, ok := fn.Value.(*ast.Attribute)
				return ok && x.Attr.Id == "environ"
			}
			return strings.HasPrefix(fn.Attr.Id, "load") || strings.HasPrefix(fn.Attr.Id, "get_") || strings.HasPrefix(fn.Attr.Id, "default")
		case *ast.Name:
			return strings.HasPrefix(fn.Id, "load") || strings.HasPrefix(fn.Id, "get_") || strings.HasPrefix(fn.Id, "default") || strings.HasPrefix(fn.Id, "read")
		}
	}
	return false
}

// callerChecked reports whether the handler refuses callers without a role before the sink.
func callerChecked(p *checks.Pass, path *checks.Path) bool {
	for _, r := range path.Handlers() {
		if r.Function.Def == nil {
			continue
		}
		fn := r.Function
		if adminsOnly(fn) || checks.Remembered(p.Project, leavesByRoleOf{fn}, func() bool { return leavesByRole(p.Project.Module(fn.Module), fn.Def.Body) }) {
			return true
		}
	}
	return false
}

// leavesByRoleOf is what is remembered of a function: whether it leaves by a test of who asks.
type leavesByRoleOf struct{ fn *semantic.Function }

// leavesByRole reports whether one of the tests in a function is one of the role of who asks, behind which
// the function is left.
func leavesByRole(m *checks.Module, body []ast.Stmt) bool {
	found := false
	ast.InspectBlocks(body, func(s ast.Stmt) bool {
		i, ok := s.(*ast.If)
		if !ok || found {
			return !found
		}
		test := strings.ToLower(m.File.Text(i.Test))
		for _, word := range [...]string{"admin", "role", "scope", "permission", "is_staff", "superuser"} {
			found = found || strings.Contains(test, word) && checks.Leaves(i.Body)
		}
		return !found
	})
	return found
}

// useOwnText puts the program's own text in the place of what the request may replace.
func useOwnText(p *checks.Pass, path *checks.Path, d ast.Expr, in *checks.Module) *fix.Fix {
	const message = "keep the app's own system prompt"
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	if in != p.Module {
		if whole := choiceOf(in, d); whole != nil {
			return checks.Fix(true, message, p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, whole, in.File.Text(d))}))
		}
	}
	if in != p.Module {
		if _, literal := d.(*ast.Str); !literal {
			return nil
		}
	} else if name, ok := d.(*ast.Name); ok && p.FunctionAround(d) != p.FunctionAround(e) && !p.Defines(name.Id) {
		return nil // a name of another function
	}
	return checks.Fix(true, message, checks.Replace(p, e, in.File.Text(d)))
}

// choiceOf is the expression that is either a field of the request or else the program's own text d: `body.get("x", d)`,
// `body.x or d`; nil for others.
func choiceOf(m *checks.Module, d ast.Expr) ast.Expr {
	around := m.Around(d)
	if len(around) < 2 {
		return nil
	}
	switch n := around[len(around)-2].(type) {
	case *ast.Call:
		if checks.LastName(n.Fn) == "get" && len(n.Args) == 2 && n.Args[1] == d {
			return n
		}
	case *ast.BoolOp:
		if n.Or && n.Values[len(n.Values)-1] == d {
			return n
		}
	}
	return nil
}
