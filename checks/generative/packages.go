package generative

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// namedPackage is PML5109.
var namedPackage = &checks.Rule{
	Spec:  infoPML5109,
	Knows: checks.PipCalls,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Shell, models.DataSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Confirmed() {
			return
		}
		var x *named
		switch {
		case path.Kind == models.Shell:
			if w := checks.InstalledPackage(c); w != nil {
				x = &named{expr: wordExpr(c, w), many: w.Splat}
			}
		case path.Sink.Note == models.NotePackage:
			x = packageArg(c)
		}
		if x == nil {
			return
		}
		p.Report(checks.Report{Node: c.Node, In: p.Project.Module(c.Frame.Module()), Path: path, Fix: onlyListed(p, c, x)})
	},
}

// named is a package whose name a model gave: the expression that names it, or several.
type named struct {
	expr ast.Expr
	many bool
}

// wordExpr is the expression that a word is, or that puts it into the text of the command.
func wordExpr(c *checks.Call, w *flow.Word) ast.Expr {
	if e, ok := w.Node.(ast.Expr); ok {
		if star, ok := e.(*ast.Starred); ok {
			return star.Value
		}
		return e
	}
	texts := []*checks.Value{w.Value}
	for _, a := range c.Dangerous(models.Shell) {
		texts = append(texts, a.Value.Alternatives()...)
	}
	var found ast.Expr
	for _, text := range texts {
		for _, part := range text.Parts() {
			if e, ok := part.Node.(ast.Expr); ok && found == nil && part.Value != nil && checks.ModelText(models.Shell)(part.Value) && part.Mod == c.Frame.Module() {
				found = e
			}
		}
	}
	return found
}

// packageArg is the argument of a function that installs a package.
func packageArg(c *checks.Call) *named {
	for _, a := range c.Dangerous(models.DataSource) {
		if checks.ModelText(models.Shell)(a.Value) {
			return &named{expr: a.Node}
		}
	}
	return nil
}

const allowedPackages = "ALLOWED_PACKAGES"

// onlyListed refuses packages that are not on a list.
func onlyListed(p *checks.Pass, c *checks.Call, x *named) *fix.Fix {
	if p.Notebook != nil && !p.Holds(c.Node) {
		return listedAbove(p, c, x)
	}
	if x.expr == nil || !p.Holds(x.expr) || inExpressionScope(p, x.expr) {
		return nil
	}
	s := p.StmtOf(c.Node)
	if s == nil {
		return nil
	}
	test, refusal := packageTest(x, p.File.Text(x.expr))
	return checks.Fix(true, "install listed packages only",
		fix.AddConstant(p.File, allowedPackages+": frozenset[str] = frozenset()", fix.Tight),
		fix.InsertBefore(p.File, s, test, refusal))
}

// listedAbove puts the test above a line of a notebook that installs a package.
func listedAbove(p *checks.Pass, c *checks.Call, x *named) *fix.Fix {
	for _, cmd := range p.Notebook.Commands() {
		if cmd.Span != c.Node.Range() {
			continue
		}
		for _, in := range cmd.Interpolations() {
			if x.expr != nil && (x.expr.Pos() < in.ExprSpan.Start || x.expr.Pos() >= in.ExprSpan.End) {
				continue
			}
			test, refusal := packageTest(x, in.Expr)
			return checks.Fix(true, "install listed packages only",
				fix.AddConstant(p.File, allowedPackages+": frozenset[str] = frozenset()", fix.Tight),
				checks.AboveLine(p.Module, c.Node, []string{test, refusal}))
		}
	}
	return nil
}

// packageTest is the test whether packages that an expression names are listed, and what refuses them.
func packageTest(x *named, text string) (test, refusal string) {
	test = "if " + text + " not in " + allowedPackages + ":"
	if x.many {
		test = "if not set(" + text + ") <= " + allowedPackages + ":"
	}
	message := `f"package not allowed: {` + text + `!r}"`
	switch {
	case strings.ContainsAny(text, "\n\\") || strings.Contains(text, `"`) && strings.Contains(text, "'"):
		message = `"package not allowed"`
	case strings.Contains(text, `"`):
		message = `f'package not allowed: {` + text + `!r}'`
	}
	return test, "    raise PermissionError(" + message + ")"
}
