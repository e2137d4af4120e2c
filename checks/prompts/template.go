package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// requestTemplate is PML1116.
var requestTemplate = &checks.Rule{
	Spec: infoPML1116,
	From: []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.LLM},
	Into: []checks.SinkKind{models.PromptTemplate, models.PromptUser, models.PromptSystem},
	Knows: []string{
		"jinja2.Template()", "langchain_core.prompts.PromptTemplate()",
		"haystack.components.builders.{PromptBuilder,ChatPromptBuilder}", "llama_index.core.RichPromptTemplate",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Kind == models.PromptTemplate {
			if whole(path) && !filledIn(path) && published(path) {
				report(p, path, path.Node, path.Mod, fillTemplate(p, path))
			}
			return
		}
		for _, t := range path.Trace.Steps() {
			if t.Text == flow.AsFormat {
				report(p, path, t.Node, t.Mod, fillFormat(p, t.Node))
				return
			}
		}
		if source := rendered(path); source != nil && whole(source) {
			report(p, path, source.Node, source.Mod, fillTemplate(p, source))
		}
	},
}

// published leaves out the registries of prompts, whose purpose is to hand out templates.
func published(path *checks.Path) bool {
	switch path.Mark.From() {
	case "a prompt that others publish", "a prompt from the registry":
		return false
	}
	return true
}

func report(p *checks.Pass, path *checks.Path, n ast.Node, mod *semantic.Module, edits []fix.Edit) {
	p.Report(checks.Report{
		Node: n, In: p.Project.Module(mod), Path: path,
		Fix: checks.Fix(true, "hand the text over as the value of a variable", edits),
	})
}

// whole reports whether the template at the end of a path is untrusted text alone, joined
// neither with the program's words nor with a text that is not known, such as a template of
// which it fills a variable.
func whole(path *checks.Path) bool {
	if checks.HasWords(path.Value) {
		return false
	}
	for _, v := range path.Value.Alternatives() {
		for _, part := range v.Parts() {
			if part.Value != nil && part.Value.Labels(models.NoSink) == 0 {
				return false
			}
		}
	}
	return true
}

// filledIn reports whether the data was the value of a variable of another template, whose
// text the template is. Where the way is not known to its end, it is taken to have been.
func filledIn(path *checks.Path) bool {
	if path.Mark.Trace.Cut() {
		return true
	}
	for _, t := range path.Trace.Steps() {
		switch t.Text {
		case "formatted", "through format()", "through render()", "through format_prompt()", "through substitute()", "through safe_substitute()":
			return true
		}
	}
	return false
}

// rendered finds the Jinja template that made the text at the end of a path: one that the
// same data is the source of, on the same way.
func rendered(path *checks.Path) *checks.Path {
	if path.Mark.Label == models.LLM {
		return nil
	}
	steps := path.Trace.Steps()
	for _, t := range path.Engine.Paths(models.Template) {
		if t.Mark.Label != path.Mark.Label || t.Mark.Origin != path.Mark.Origin || !t.Call.Result.Is("jinja2.Template()") {
			continue
		}
		for _, s := range steps {
			if s.Node == ast.Node(t.Call.Node) {
				return t
			}
		}
	}
	return nil
}

// fillFormat makes the edits for `X.format(…)`.
func fillFormat(p *checks.Pass, recv ast.Node) []fix.Edit {
	x, ok := recv.(ast.Expr)
	if !ok || !p.Holds(x) {
		return nil
	}
	list := p.Around(x)
	for i, n := range list {
		c, ok := n.(*ast.Call)
		if !ok || i+1 >= len(list) {
			continue
		}
		if at, ok := c.Fn.(*ast.Attribute); ok && at.Value == x && at.Attr.Id == "format" {
			edits := []fix.Edit{fix.ReplaceNode(p.File, x, `"{user_text}"`)}
			return append(edits, fix.AddKeyword(p.File, c, "user_text", p.File.Text(x))...)
		}
	}
	return nil
}

// fillTemplate makes the edits for a template object that one call in the same function
// fills.
func fillTemplate(p *checks.Pass, path *checks.Path) []fix.Edit {
	x, ok := path.Node.(ast.Expr)
	if !ok || !simple(x) || !p.Holds(x) || !p.Holds(path.Call.Node) {
		return nil
	}
	c := fillingCall(p, path)
	if c == nil {
		return nil
	}
	add := giveVariable(p, c, "user_text", p.File.Text(x))
	if add == nil {
		return nil
	}
	text := `"{user_text}"`
	if path.Call.Result.Is("jinja2.Template()") {
		text = `"{{ user_text }}"`
	}
	return append([]fix.Edit{fix.ReplaceNode(p.File, x, text)}, add...)
}

// fillingCall is the one call in the function of a template that fills it; nil where there is
// none, or several.
func fillingCall(p *checks.Pass, path *checks.Path) *checks.Call {
	var found *checks.Call
	for _, c := range path.Call.Frame.Calls {
		if c.Receiver == nil || !fills(c.Receiver, path.Call) || !p.Holds(c.Node) {
			continue
		}
		switch c.Method {
		case "format", "render", "render_async", "format_messages", "format_prompt", "aformat", "aformat_messages", "invoke", "ainvoke", "stream", "astream", "run":
		default:
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// giveVariable makes the edits that give a variable to a call that fills a template.
func giveVariable(p *checks.Pass, c *checks.Call, name, value string) []fix.Edit {
	switch c.Method {
	case "invoke", "ainvoke", "stream", "astream":
		if len(c.Node.Args) == 1 {
			if d, ok := c.Node.Args[0].(*ast.Dict); ok {
				return fix.AddElement(p.File, d, `"`+name+`": `+value)
			}
		}
		return nil
	}
	return fix.AddKeyword(p.File, c.Node, name, value)
}

// fills reports whether a value is the template that a call made, or a chain with it.
func fills(v *checks.Value, made *checks.Call) bool {
	for _, part := range v.Chain() {
		if fills(part, made) {
			return true
		}
	}
	return v.Origin() == made
}

// simple reports whether an expression can stand elsewhere without a change of what it does:
// names, attributes and items.
func simple(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Call, *ast.Await, *ast.NamedExpr, *ast.Yield, *ast.Comp, *ast.Lambda:
			ok = false
		}
		return ok
	})
	return ok
}
