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

// droppedRedaction is PML1159.
var droppedRedaction = &checks.Rule{
	Spec:  infoPML1159,
	Needs: []string{"sub(", "replace(", "nonymi", "seudonym", "ask", "crub", "edact", "scan"},
	Knows: []string{
		"re.sub", "re.compile().sub", "presidio_anonymizer.AnonymizerEngine().anonymize", "scrubadub.clean", "scrubadub.Scrubber().clean",
		"llm_guard.scan_output", "llm_guard.output_scanners.*().scan",
	},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			r, ok := redactorOf(c, 0)
			if !ok || !writtenByModel(c, r.text) {
				continue
			}
			d, ok := droppedAt(p, f, c)
			if !ok {
				continue
			}
			sent := sentAfter(p, f, c, r.text.Node)
			if !sent {
				if from := spelledBefore(p, f, r.text.Node); from != nil && sentAfter(p, f, c, from) {
					r.text, sent = &checks.Argument{Pos: -1, Value: r.text.Value, Node: from}, true
				}
			}
			if !sent {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "keep the redacted text", d.keep(p, c, r))})
		}
	},
}

// redactor is a call that gives a text without the personal data in it.
type redactor struct {
	// text is the argument with the text; field is where in the result the redacted text is: an
	// attribute, or "[0]" for the first item of a tuple.
	text  *checks.Argument
	field string
}

// redacts are words in the names of functions that redact.
var redacts = []string{"redact", "anonymi", "pseudonym", "mask", "scrub"}

// redactorOf tells whether a call redacts a text.
func redactorOf(c *checks.Call, depth int) (redactor, bool) {
	r := redactor{}
	switch {
	case c.Symbol.Is("re.sub"):
		r.text = c.Arg(2, "string")
	case c.Symbol.Is("re.compile().sub"):
		r.text = c.Arg(1, "string")
	case c.Symbol.Is("presidio_anonymizer.AnonymizerEngine().anonymize"):
		r.text, r.field = c.Arg(0, "text"), ".text"
	case c.Symbol.Is("scrubadub.clean", "scrubadub.Scrubber().clean"):
		r.text = c.Arg(0, "text")
	case c.Symbol.Is("llm_guard.scan_output"):
		r.text, r.field = c.Arg(2, "output"), "[0]"
	case c.Symbol.Is("llm_guard.output_scanners.*().scan"):
		r.text, r.field = c.Arg(1, "output"), "[0]"
	case c.Callee.Function() != nil:
		return ownRedactor(c, depth)
	case c.Method == "replace" && len(c.Args) >= 2 && c.Receiver != nil && isText(c.Receiver):
		if at, ok := c.Node.Fn.(*ast.Attribute); ok {
			r.text = &checks.Argument{Pos: -1, Value: c.Receiver, Node: at.Value}
		}
	}
	return r, r.text != nil && r.text.Node != nil
}

// isText reports whether a value may be a text: it is no instance or table.
func isText(v *checks.Value) bool {
	switch v.Kind() {
	case flow.KindString, flow.KindUnknown, flow.KindExternal:
		return !v.Is("pandas.DataFrame()", "pathlib.PurePath()")
	}
	return false
}

// ownRedactor tells whether a function of the project gives back its argument redacted: it says
// so by its name, or what it returns is what a redactor gives.
func ownRedactor(c *checks.Call, depth int) (redactor, bool) {
	body := c.Body()
	if body == nil || body.Function() == nil || body.Function().Def == nil || depth > 2 {
		return redactor{}, false
	}
	fn := body.Function()
	name := strings.ToLower(fn.Name)
	named := slices.ContainsFunc(redacts, func(w string) bool { return strings.Contains(name, w) })
	gives, inner := false, redactor{}
	for _, r := range body.Returns {
		s, ok := r.Node.(*ast.Return)
		if !ok || s.Value == nil {
			continue
		}
		switch r.Value.Kind() {
		case flow.KindConst, flow.KindFunction, flow.KindClass:
			continue
		}
		if named {
			gives = true
			continue
		}
		for _, o := range body.Calls {
			if ast.Expr(o.Node) != s.Value && (o.Node.Pos() != s.Value.Pos() || !strings.HasPrefix(fn.Module.File.Text(s.Value), fn.Module.File.Text(o.Node)+".")) {
				continue
			}
			if r, ok := redactorOf(o, depth+1); ok {
				gives, inner = true, r
			}
		}
	}
	if !gives || changesArgument(fn.Def) {
		return redactor{}, false
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.Node != nil && writtenByModel(c, a) {
			return redactor{text: a}, true
		}
	}
	if len(c.Args) == 0 && inner.text != nil && body.Module() == c.Frame.Module() {
		return inner, true // it reads the text from around it
	}
	return redactor{}, false
}

// changesArgument reports whether a function changes what a parameter holds.
func changesArgument(def *ast.FunctionDef) bool {
	params := map[string]bool{}
	for _, p := range def.Params.List {
		if p.Name != nil {
			params[p.Name.Id] = true
		}
	}
	changes := false
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		var targets []ast.Expr
		switch n := n.(type) {
		case *ast.Assign:
			targets = n.Targets
		case *ast.AugAssign:
			targets = []ast.Expr{n.Target}
		}
		for _, t := range targets {
			switch t := t.(type) {
			case *ast.Subscript:
				id, ok := t.Value.(*ast.Name)
				changes = changes || ok && params[id.Id]
			case *ast.Attribute:
				id, ok := t.Value.(*ast.Name)
				changes = changes || ok && params[id.Id] && id.Id != "self"
			}
		}
		return !changes
	})
	return changes
}

// writtenByModel reports whether an argument is text of a model's, also where callers hand it in.
func writtenByModel(c *checks.Call, a *checks.Argument) bool {
	if a == nil {
		return false
	}
	for _, v := range append(c.Given(a.Value), a.Value) {
		if v.Labels(models.NoSink).Has(models.LLM) {
			return true
		}
	}
	return false
}

// dropped is a statement in which what a call gives is lost.
type dropped struct {
	stmt ast.Stmt
	// target is the name to which it is given and that nobody reads; nil for none.
	target ast.Expr
	// names are those of an unpacked tuple.
	names []ast.Expr
	value ast.Expr
}

// droppedAt tells whether what a call gives is not used.
func droppedAt(p *checks.Pass, f *checks.Frame, c *checks.Call) (dropped, bool) {
	s := p.StmtOf(c.Node)
	switch s := s.(type) {
	case *ast.ExprStmt:
		return dropped{stmt: s, value: s.Value}, resultOf(s.Value, c.Node)
	case *ast.Assign:
		if len(s.Targets) != 1 || !resultOf(s.Value, c.Node) {
			return dropped{}, false
		}
		d := dropped{stmt: s, value: s.Value}
		switch t := s.Targets[0].(type) {
		case *ast.Name:
			d.target = t
			return d, t.Id == "_" || !readIn(f, t, s)
		case *ast.Tuple:
			d.names = t.Elts
			for i, e := range t.Elts {
				n, ok := e.(*ast.Name)
				if !ok || i < 2 && n.Id != "_" && readIn(f, n, s) {
					return d, false
				}
			}
			return d, len(t.Elts) > 0
		}
	}
	return dropped{}, false
}

// resultOf reports whether an expression is what a call gives, awaited or a part of it.
func resultOf(e ast.Expr, call *ast.Call) bool {
	for {
		switch x := e.(type) {
		case *ast.Await:
			e = x.Value
		case *ast.Attribute:
			e = x.Value
		case *ast.Subscript:
			e = x.Value
		case *ast.Comp:
			e = x.Elt
		default:
			return e == ast.Expr(call)
		}
	}
}

// readIn reports whether a function, or the file for a module, reads a name other than in the
// statement that binds it.
func readIn(f *checks.Frame, name *ast.Name, s ast.Stmt) bool {
	read := false
	file := f.Module().File
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Id == name.Id && !s.Range().Contains(id.Range()) && !isTarget(file, id) {
			read = true
		}
		if g, ok := n.(*ast.Global); ok {
			read = read || slices.ContainsFunc(g.Names, func(id *ast.Name) bool { return id.Id == name.Id })
		}
		return !read
	})
	return read
}

// isTarget reports whether a name stands where it is assigned to.
func isTarget(file *ast.File, id *ast.Name) bool {
	around := ast.PathEnclosing(file, id.Range())
	for i := len(around) - 2; i >= 0; i-- {
		switch s := around[i].(type) {
		case *ast.Tuple:
			continue
		case *ast.Assign:
			return slices.ContainsFunc(s.Targets, func(t ast.Expr) bool { return t.Range().Contains(id.Range()) })
		default:
			return false
		}
	}
	return false
}

// sentAfter reports whether the text itself is used after a call for anything but to log it, to
// measure it or to redact it once more.
func sentAfter(p *checks.Pass, f *checks.Frame, c *checks.Call, x ast.Expr) bool {
	text := p.File.Text(x)
	if _, plain := x.(*ast.Call); plain {
		return false
	}
	file := p.File
	callee := file.Text(c.Node.Fn)
	sent, replaced := false, false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || sent || replaced || e.Pos() < c.Node.Stop() || file.Text(e) != text && !holdsItem(p, e, x) {
			return !sent && !replaced
		}
		around := p.Around(e)
		i := slices.Index(around, ast.Node(e))
		for i--; i >= 0; i-- {
			switch o := around[i].(type) {
			case *ast.Call:
				if o.Fn != e && file.Text(o.Fn) == callee {
					if s, ok := p.StmtOf(o).(*ast.Assign); ok && len(s.Targets) == 1 && file.Text(s.Targets[0]) == text {
						replaced = true
					}
					return false
				}
				if logs(f, o) {
					return false
				}
			case *ast.Assign:
				if slices.ContainsFunc(o.Targets, func(t ast.Expr) bool { return t == e }) {
					replaced = !reads(p.Module, o.Value, text) && always(p.Module, functionOf(p, o), o)
					return false
				}
				sent = true
				return false
			case *ast.If:
				if o.Test.Range().Contains(e.Range()) {
					return false
				}
			case *ast.While, *ast.Assert:
				return false
			case *ast.Return, *ast.ExprStmt, *ast.Yield, *ast.AugAssign, *ast.For, *ast.With, *ast.Print:
				sent = true
				return false
			}
		}
		return true
	})
	return sent
}

// spelledBefore is the attribute, item or name that a text was given from in front of a place; nil
// where there is none.
func spelledBefore(p *checks.Pass, f *checks.Frame, x ast.Expr) ast.Expr {
	text := p.File.Text(x)
	var from ast.Expr
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok || len(a.Targets) != 1 || a.Stop() > x.Pos() || p.File.Text(a.Targets[0]) != text {
			return true
		}
		switch a.Value.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript:
			from = a.Value
		default:
			from = nil
		}
		return true
	})
	return from
}

// holdsItem reports whether an expression is the whole dict or list of which a text is an item.
func holdsItem(p *checks.Pass, e, item ast.Expr) bool {
	sub, ok := item.(*ast.Subscript)
	if !ok || p.File.Text(e) != p.File.Text(sub.Value) {
		return false
	}
	around := p.Around(e)
	i := slices.Index(around, ast.Node(e))
	if i < 1 {
		return false
	}
	switch around[i-1].(type) {
	case *ast.Subscript, *ast.Attribute:
		return false
	}
	return true
}

// functionOf is the innermost function around a node, nil for a module.
func functionOf(p *checks.Pass, n ast.Node) ast.Node {
	fn, _ := functionAround(p.Module, n)
	return fn
}

// logs reports whether a call only logs or measures what it is given.
func logs(f *checks.Frame, c *ast.Call) bool {
	for _, known := range f.Calls {
		if known.Node == c && known.Symbol.Under("logging") {
			return true
		}
	}
	switch fn := c.Fn.(type) {
	case *ast.Name:
		return fn.Id == "len" || fn.Id == "isinstance" || fn.Id == "log"
	case *ast.Attribute:
		switch fn.Attr.Id {
		case "debug", "info", "warning", "error", "exception", "critical", "log":
			return true
		}
	}
	return false
}

// isWhole reports whether an expression gives all that a call does.
func isWhole(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.Attribute:
		return false
	case *ast.Subscript:
		_, each := x.Value.(*ast.Comp)
		return each
	}
	return true
}

// keep makes the edits that give the redacted text to the name of the text.
func (d dropped) keep(p *checks.Pass, c *checks.Call, r redactor) []fix.Edit {
	switch x := r.text.Node.(type) {
	case *ast.Name, *ast.Subscript:
	case *ast.Attribute:
		if x.Attr.Id == "output_text" || x.Attr.Id == "text" {
			return nil // properties of the answers' classes
		}
	default:
		return nil
	}
	name := p.File.Text(r.text.Node)
	whole := isWhole(d.value)
	switch {
	case d.names != nil:
		return checks.Replace(p, d.names[0], name)
	case r.field == "[0]" && whole:
		rest := "_, _"
		if d.target != nil {
			return []fix.Edit{fix.ReplaceNode(p.File, d.target, name), {Start: int(d.value.Stop()), End: int(d.value.Stop()), New: "[0]"}}
		}
		return []fix.Edit{{Start: int(d.stmt.Pos()), End: int(d.stmt.Pos()), New: name + ", " + rest + " = "}}
	}
	edits := []fix.Edit{{Start: int(d.stmt.Pos()), End: int(d.stmt.Pos()), New: name + " = "}}
	if d.target != nil {
		edits = checks.Replace(p, d.target, name)
	}
	if r.field == ".text" && whole {
		if _, awaited := d.value.(*ast.Await); awaited {
			return nil
		}
		edits = append(edits, fix.Edit{Start: int(d.value.Stop()), End: int(d.value.Stop()), New: ".text"})
	}
	return edits
}
