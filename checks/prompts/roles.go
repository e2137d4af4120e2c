package prompts

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// messageRole is PML1102.
var messageRole = &checks.Rule{
	Spec: infoPML1102,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Chat == nil || path.Sink.Arg != "role" || !instructed(path.Chat) || partly(path) { // a role is one word
			return
		}
		var edits []fix.Edit
		if r := roleExpr(path); r != nil && p.Holds(r) {
			edits = checks.Replace(p, r, onlyUserOrAssistant(p, r))
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.Fix(true, "allow the roles of user and assistant alone", edits)})
	},
}

// partly reports whether what is given only contains the data, beside words of the program's.
func partly(path *checks.Path) bool {
	return slices.ContainsFunc(path.Value.Alternatives(), func(v *checks.Value) bool { return len(v.Marks()) > 0 && checks.HasWords(v) })
}

// instructed reports whether a model call carries instructions that the program wrote.
func instructed(c *checks.Chat) bool {
	for _, m := range c.Messages {
		if m.Role == "system" && checks.HasWords(m.Content) {
			return true
		}
	}
	return false
}

// roleExpr is the expression of the role at the end of a path; nil where the message is
// known but not the place of its role.
func roleExpr(path *checks.Path) ast.Expr {
	for _, m := range path.Chat.Messages {
		if m.RoleNode == path.Node && m.RoleNode != m.Item {
			e, _ := path.Node.(ast.Expr)
			return e
		}
	}
	return nil
}

// onlyUserOrAssistant writes the role r so that it cannot be any other.
func onlyUserOrAssistant(p *checks.Pass, r ast.Expr) string {
	return `"assistant" if ` + p.File.Text(r) + ` == "assistant" else "user"`
}
