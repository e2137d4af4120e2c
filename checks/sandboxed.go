package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the fixes of texts that are evaluated: templates of engines that have no sandbox, and
// expressions of libraries that compute.

// SandboxTemplate renders a template of an engine that has no sandbox of its own in that of Jinja, which reads the
// same placeholders; nil for templates of Jinja and Flask, and where it is not seen how the template is rendered.
func SandboxTemplate(p *Pass, c *Call) *fix.Fix {
	const message = "render in the sandbox of Jinja"
	if c.Partial || !p.Holds(c.Node) {
		return nil
	}
	const class = "SandboxedEnvironment"
	imports := fix.AddImport(p.File, "from jinja2.sandbox import "+class, fix.InOrder)
	template := func(settings, source string) string { return class + "(" + settings + ").from_string(" + source + ")" }
	source, rest := soleSource(p, c)
	switch {
	case source == nil:
		return nil
	case c.Symbol.Under("mako"):
		if rest != nil || CalledName(c) != "Template" {
			return nil
		}
		return Fix(true, message, Replace(p, c.Node, template(`variable_start_string="${", variable_end_string="}"`, p.File.Text(source))), imports)
	case c.Symbol.Is("bottle.template"):
		var values []string
		for _, k := range rest {
			values = append(values, p.File.Text(k))
		}
		return Fix(true, message, Replace(p, c.Node, template("autoescape=True", p.File.Text(source))+".render("+strings.Join(values, ", ")+")"), imports)
	case c.Symbol.Under("sanic_ext"):
		around := p.Around(c.Node)
		wait, ok := around[max(len(around)-2, 0)].(*ast.Await)
		context := c.Arg(-1, "context")
		if !ok || len(rest) > 1 || len(rest) == 1 && (context == nil || context.Keyword != rest[0]) {
			return nil
		}
		values := ""
		if context != nil {
			values = p.File.Text(context.Node)
		}
		html, more := fix.Reach(p.File, "sanic.response.html", "from sanic.response import html", fix.InOrder)
		return Fix(true, message, Replace(p, wait, html+"("+template("autoescape=True", p.File.Text(source))+".render("+values+"))"), fix.JoinImports(imports, more))
	case rest != nil:
		return nil
	case c.Symbol.Under("django"):
		if strings.Contains(p.File.Text(source), "{%") {
			return nil // tags of Django's own
		}
		edits := rendersWith(p, c, func(use *ast.Call, method *ast.Attribute) []fix.Edit {
			if method.Attr.Id != "render" || len(use.Args) == 0 {
				return nil
			}
			context, ok := use.Args[0].(*ast.Call)
			if !ok || LastName(context.Fn) != "Context" || len(context.Args) != 1 || len(context.Keywords) > 0 {
				return nil
			}
			return Replace(p, context, p.File.Text(context.Args[0]))
		})
		if edits == nil {
			return nil
		}
		return Fix(true, message, edits, Replace(p, c.Node, template("autoescape=True", p.File.Text(source))), imports)
	case c.Symbol.Under("tornado"):
		edits := rendersWith(p, c, func(use *ast.Call, method *ast.Attribute) []fix.Edit {
			if method.Attr.Id != "generate" {
				return nil
			}
			around := p.Around(use)
			if len(around) > 2 {
				if at, ok := around[len(around)-2].(*ast.Attribute); ok && at.Attr.Id == "decode" {
					if decoding, ok := around[len(around)-3].(*ast.Call); ok && decoding.Fn == ast.Expr(at) { // text is wanted
						return append(Replace(p, method.Attr, "render"), fix.Edit{Start: int(use.Stop()), End: int(decoding.Stop())})
					}
				}
			}
			return append(Replace(p, method.Attr, "render"), fix.Wrap(p.File, use, "", ".encode()")...)
		})
		if edits == nil {
			return nil
		}
		return Fix(true, message, edits, Replace(p, c.Node, template("autoescape=True", p.File.Text(source))), imports)
	}
	return nil
}

// soleSource is the one argument that is the source of a template, and the other ones, which are given by keyword;
// source is nil where arguments are given in another way.
func soleSource(p *Pass, c *Call) (source ast.Expr, rest []*ast.Keyword) {
	for i, a := range c.Node.Args {
		if _, starred := a.(*ast.Starred); starred || i > 0 {
			return nil, nil
		}
		source = a
	}
	for _, k := range c.Node.Keywords {
		if k.Name == nil {
			return nil, nil
		}
		switch k.Name.Id {
		case "text", "source", "template_source", "template_string", "template_code":
			if source != nil {
				return nil, nil
			}
			source = k.Value
		default:
			rest = append(rest, k)
		}
	}
	return source, rest
}

// rendersWith edits all calls of methods of what a call makes, in the function around it: of the call itself, or of
// the one name that it is assigned to. It is nil where the object is used in another way, or edit refuses a call.
func rendersWith(p *Pass, c *Call, edit func(use *ast.Call, method *ast.Attribute) []fix.Edit) []fix.Edit {
	around := p.Around(c.Node)
	if len(around) < 3 {
		return nil
	}
	switch n := around[len(around)-2].(type) {
	case *ast.Attribute:
		if use, ok := around[len(around)-3].(*ast.Call); ok && use.Fn == ast.Expr(n) {
			return edit(use, n)
		}
	case *ast.Assign:
		def := p.FunctionAround(n)
		if len(n.Targets) != 1 || n.Value != ast.Expr(c.Node) || def == nil {
			return nil
		}
		name, ok := n.Targets[0].(*ast.Name)
		if !ok {
			return nil
		}
		methods := map[ast.Expr]*ast.Attribute{}
		var edits []fix.Edit
		fine, uses := true, 0
		ast.InspectStmts(def.Body, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.Call:
				if at, ok := x.Fn.(*ast.Attribute); ok {
					if id, ok := at.Value.(*ast.Name); ok && id.Id == name.Id {
						methods[id] = at
						more := edit(x, at)
						fine = fine && more != nil
						edits = append(edits, more...)
					}
				}
			case *ast.Name:
				if x.Id == name.Id && x != name && methods[x] == nil {
					fine = false // it goes elsewhere, or is something else there
				}
				uses++
			}
			return true
		})
		if fine {
			return edits
		}
	}
	return nil
}

// expressionCalls are the calls of libraries that evaluate an expression about numbers or a table.
var expressionCalls = []string{"pandas.DataFrame().query", "pandas.DataFrame().eval", "pandas.eval", "numexpr.evaluate", "numexpr.re_evaluate"}

// ComputeOnly lets expressions through that compute and neither call anything nor reach into objects, before they
// come to a call that evaluates one about a table or numbers; nil for other calls.
func ComputeOnly(p *Pass, c *Call, e ast.Expr) *fix.Fix {
	stmt := p.StmtOf(c.Node)
	if !c.Symbol.Is(expressionCalls...) || c.Partial || stmt == nil || !p.Holds(e) {
		return nil
	}
	const message = "let expressions through that only compute"
	module, imports := fix.Reach(p.File, "ast", "import ast", fix.InOrder)
	guard := func(name string) []string {
		return []string{
			"for node in " + module + ".walk(" + module + ".parse(" + name + `, mode="eval")):`,
			"    if isinstance(node, (" + module + ".Attribute, " + module + ".Call, " + module + ".Lambda)):",
			`        raise ValueError("the expression does more than compute")`,
		}
	}
	def := p.FunctionAround(c.Node)
	if def != nil && UsesName(def, "node") {
		return nil
	}
	if name, ok := e.(*ast.Name); ok {
		if given := LastAssigned(BodyOf(c.Frame), name); given != nil {
			if at := p.StmtOf(given); at != nil && at.Stop() < c.Node.Pos() && InBlock(BodyOf(c.Frame), at) {
				if a, ok := at.(*ast.Assign); ok && a.Value == given {
					return Fix(true, message, fix.InsertAfter(p.File, at, guard(name.Id)...), imports)
				}
			}
		}
		if !KnownBefore(p.Module, name, stmt) {
			return nil
		}
		return Fix(true, message, fix.InsertBefore(p.File, stmt, guard(name.Id)...), imports)
	}
	const name = "expression"
	if Deferred(p.Module, e, stmt) || def == nil || UsesName(def, name) {
		return nil
	}
	lines := append([]string{name + " = " + p.File.Text(e)}, guard(name)...)
	return Fix(true, message, fix.InsertBefore(p.File, stmt, lines...), Replace(p, e, name), imports)
}

// RenderSandboxed compiles a template in the sandbox of Jinja.
func RenderSandboxed(p *Pass, c *Call) *fix.Fix {
	const class, statement, message = "jinja2.sandbox.SandboxedEnvironment", "from jinja2.sandbox import SandboxedEnvironment", "render in a sandbox"
	name, imports := fix.Reach(p.File, class, statement, fix.InOrder)
	if strings.HasPrefix(name, "jinja2.") { // which does not import its sandbox
		name, imports = "SandboxedEnvironment", fix.AddImport(p.File, statement, fix.InOrder)
	}
	instead := func(old string) {
		if id, ok := c.Node.Fn.(*ast.Name); ok && imports != nil && strings.HasSuffix(old, "."+id.Id) && !othersRender(p, c) {
			imports = fix.SwapImport(p.File, old, statement, fix.InOrder, c.Node.Fn.Range())
		}
	}
	switch at, method := c.Node.Fn.(*ast.Attribute); {
	case c.Symbol.Is("flask.render_template_string"):
		source, rest := sourceOf(p, c, "source")
		if source == "" {
			return nil
		}
		instead("flask.render_template_string")
		return Fix(true, message, Replace(p, c.Node, name+"(autoescape=True).from_string("+source+").render("+rest+")"), imports)
	case c.Symbol.Is("jinja2.Template"):
		source, rest := sourceOf(p, c, "source")
		if source == "" {
			return nil
		}
		instead("jinja2.Template")
		return Fix(true, message, Replace(p, c.Node, name+"("+rest+").from_string("+source+")"), imports)
	case method && c.Symbol.Is("jinja2.Environment().from_string", "jinja2.Environment().compile_expression"):
		if made := c.Receiver.Origin(); made != nil && p.Holds(made.Node) && made.Symbol.Is("jinja2.Environment") {
			// The environment keeps its settings.
			return Fix(true, message, Replace(p, made.Node.Fn, name), imports)
		}
		return Fix(true, message, Replace(p, at.Value, name+"()"), imports)
	}
	return SandboxTemplate(p, c)
}

// othersRender reports whether the file makes other templates, whose fixes add the same import: then the old one stays,
// that it is not put in two places.
func othersRender(p *Pass, c *Call) bool {
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		if o, ok := n.(*ast.Call); ok && o != c.Node {
			switch LastName(o.Fn) {
			case "Template", "render_template_string", "from_string", "compile_expression":
				found = true
			}
		}
		return !found
	})
	return found
}

// sourceOf is the text of the argument that is the template of a call, and of the others; ""
// where another argument stands by position, too.
func sourceOf(p *Pass, c *Call, keyword string) (source, rest string) {
	var others []string
	for i, a := range c.Node.Args {
		if _, starred := a.(*ast.Starred); starred || i > 0 {
			return "", ""
		}
		source = p.File.Text(a)
	}
	for _, k := range c.Node.Keywords {
		if k.Name != nil && k.Name.Id == keyword {
			source = p.File.Text(k.Value)
			continue
		}
		others = append(others, p.File.Text(k))
	}
	return source, strings.Join(others, ", ")
}
