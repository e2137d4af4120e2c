package nlp

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// lateNormalization is PML3206.
var lateNormalization = &checks.Rule{
	Spec: infoPML3206,
	From: []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteNormalized || !p.Holds(c.Node) || !makesPlain(c) || path.Mark.Label == models.Upload && checks.IsFileName(path.Mark) {
			return
		}
		text, ok := checks.GivenNode(path).(ast.Expr)
		if !ok || normalizedBefore(path, c) || judgesAgain(p, c, 0) {
			return
		}
		filter := filterBefore(p, path, c)
		if filter == nil {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: normalizeFirst(p, c, text, filter)})
	},
}

// makesPlain reports whether a call makes plain letters of others.
func makesPlain(c *checks.Call) bool {
	if !c.Symbol.Is("unicodedata.normalize") {
		return true
	}
	form := c.Arg(0, "form")
	return form != nil && (spells(form.Value, "NFKC") || spells(form.Value, "NFKD"))
}

// normalizers are the functions that make plain letters of others.
var normalizers = []string{"normalize", "unidecode", "anyascii", "fix_text"}

// calledIn is the last part of the name of what a node of the analysed code calls, as its library calls it.
func calledIn(path *checks.Path, n *ast.Call) string {
	if c := path.Engine.CallAt(n); c != nil {
		return checks.CalledName(c)
	}
	return checks.LastName(n.Fn)
}

func normalizes(path *checks.Path, e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			found = found || slices.Contains(normalizers, calledIn(path, c))
		}
		return !found
	})
	return found
}

// normalizedBefore reports whether the data was normalized on its way to a call that does that again.
func normalizedBefore(path *checks.Path, c *checks.Call) bool {
	for _, t := range path.Trace.Steps() {
		if n, ok := t.Node.(*ast.Call); ok && n != c.Node && slices.Contains(normalizers, calledIn(path, n)) {
			return true
		}
	}
	return false
}

// filterBefore is the first test of the text by which a program refuses some, on the way to a call; nil for none. A function
// that is handed the text is called behind the tests of the one that calls it.
func filterBefore(p *checks.Pass, path *checks.Path, c *checks.Call) ast.Expr {
	places := []*checks.Call{c}
	for _, t := range path.Trace.Steps() {
		if n, ok := t.Node.(*ast.Call); ok && n != c.Node {
			if o := path.Engine.CallAt(n); o != nil && o.Body() != nil && o.Body().Function() == c.Frame.Function() {
				places = append(places, o)
			}
		}
	}
	way := checks.WayOf(p, path)
	for _, at := range places {
		m := p.Project.Module(at.Frame.Module())
		if m == nil {
			continue
		}
		scope := checks.ScopeOf(p.There(m), at)
		if scope == nil {
			continue
		}
		for _, passed := range scope.PassedBefore(at.Node) {
			if passed.Exit == checks.ExitNone {
				continue
			}
			for _, test := range passed.Tests {
				holds := func(e ast.Expr) bool { return way.Holds(passed.Scope.In, e) && !normalizes(path, e) }
				text := func(e ast.Expr) bool {
					if name, ok := e.(*ast.Name); ok && !holds(e) { // low = text.lower()
						if last := checks.LastAssigned(checks.BodyOf(at.Frame), name); last != nil {
							e = last
						}
					}
					return holds(e)
				}
				if !test.Range().Contains(at.Node.Range()) && !givesBack(p.There(m), test, holds) && (filters(test, text) || asksFilter(path, test, text)) {
					return test
				}
			}
		}
	}
	return nil
}

// givesBack reports whether the statement of a test returns the text that it tests: what needs no normalization is not refused.
func givesBack(p *checks.Pass, test ast.Expr, text func(ast.Expr) bool) bool {
	branch, ok := p.StmtOf(test).(*ast.If)
	return ok && slices.ContainsFunc(branch.Body, func(s ast.Stmt) bool {
		r, ok := s.(*ast.Return)
		if !ok {
			return false
		}
		name, ok := r.Value.(*ast.Name)
		return ok && text(name)
	})
}

// asksFilter reports whether a test asks a function of the project that looks for words or patterns in the text.
func asksFilter(path *checks.Path, test ast.Expr, text func(ast.Expr) bool) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || found {
			return !found
		}
		c := path.Engine.CallAt(call)
		if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Params == nil {
			return true
		}
		for _, param := range c.Body().Function().Params.List {
			if param.Name == nil {
				continue
			}
			a := checks.GivenFor(c, param.Name.Id)
			if a == nil || a.Node == nil || !text(a.Node) {
				continue
			}
			given := func(e ast.Expr) bool {
				if name, ok := e.(*ast.Name); ok && name.Id != param.Name.Id {
					if last := checks.LastAssigned(checks.BodyOf(c.Body()), name); last != nil {
						e = last
					}
				}
				return checks.UsesName(e, param.Name.Id) && !normalizes(path, e)
			}
			c.Body().InspectOwn(func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok && !found {
					found = filters(e, given)
				}
				return !found
			})
		}
		return !found
	})
	return found
}

// filters reports whether a test looks for words or patterns in a text.
func filters(test ast.Expr, text func(ast.Expr) bool) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "search", "match", "fullmatch", "findall":
				if _, method := n.Fn.(*ast.Attribute); method && len(n.Args) > 0 {
					found = found || text(n.Args[min(len(n.Args)-1, 1)])
				}
			}
		case *ast.Compare:
			for i, op := range n.Ops {
				if op != "in" && op != "not in" || !text(n.Right[i]) {
					continue
				}
				switch n.Right[i].(type) {
				case *ast.Name, *ast.Call, *ast.Attribute, *ast.Subscript:
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// judgesAgain reports whether what a call gives is tested, or only serves to find or order something.
func judgesAgain(p *checks.Pass, c *checks.Call, depth int) bool {
	around := p.Around(c.Node)
	for i := len(around) - 2; i >= 0; i-- {
		child := around[i+1]
		switch n := around[i].(type) {
		case *ast.If:
			return n.Test == child
		case *ast.While:
			return n.Test == child
		case *ast.Assert, *ast.Lambda, *ast.Compare:
			return true
		case *ast.CompClause:
			if slices.ContainsFunc(n.Ifs, func(e ast.Expr) bool { return e == child }) {
				return true
			}
		case *ast.Subscript:
			if n.Index == child {
				return true
			}
		case *ast.Call:
			name := checks.LastName(n.Fn)
			if o := c.Frame.CallAt(n); o != nil {
				name = checks.CalledName(o)
			}
			if n.Fn != child && (keyed[name] || checks.NamesCheck(name)) {
				return true
			}
		case *ast.Return:
			for _, caller := range c.Frame.Callers() {
				if m := p.Project.Module(caller.Frame.Module()); n.Value == ast.Expr(c.Node) && depth < 2 && m != nil && judgesAgain(p.There(m), caller, depth+1) {
					return true
				}
			}
			return false
		case *ast.Assign:
			name, ok := n.Targets[0].(*ast.Name)
			return ok && len(n.Targets) == 1 && testedLater(p, c, name, n.Stop())
		case ast.Stmt:
			return false
		}
	}
	return false
}

// keyed are functions that find or order something by a text.
var keyed = map[string]bool{"search": true, "match": true, "fullmatch": true, "findall": true, "get": true, "index": true, "count": true, "find": true, "startswith": true, "endswith": true, "Counter": true, "sorted": true, "setdefault": true}

// testedLater reports whether a name is tested behind a place, or read only to find something.
func testedLater(p *checks.Pass, c *checks.Call, name *ast.Name, after ast.Pos) bool {
	tested, used := false, false
	c.Frame.InspectOwn(func(n ast.Node) bool {
		if n.Pos() < after {
			return true
		}
		is := func(e ast.Expr) bool { return checks.UsesName(e, name.Id) }
		switch n := n.(type) {
		case *ast.If:
			tested = tested || filters(n.Test, is) || asksOf(n.Test, name.Id)
		case *ast.IfExp:
			tested = tested || filters(n.Test, is)
		case *ast.While:
			tested = tested || filters(n.Test, is)
		case *ast.Assert:
			tested = tested || filters(n.Test, is)
		case *ast.Call:
			name := checks.LastName(n.Fn)
			if (checks.NamesCheck(name) || name == "sub" || name == "subn" || name == "translate") && slices.ContainsFunc(n.Args, is) {
				tested = true // or what is unwanted is taken out
			}
		case *ast.Name:
			if n.Id == name.Id {
				used = used || !isKey(p, n)
			}
		}
		return true
	})
	return tested || !used
}

// asksOf reports whether a test asks a function about a name.
func asksOf(test ast.Expr, name string) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			switch checks.LastName(c.Fn) {
			case "len", "isinstance", "bool", "str":
			default:
				found = found || slices.ContainsFunc(c.Args, func(e ast.Expr) bool { return checks.UsesName(e, name) })
			}
		}
		return !found
	})
	return found
}

// isKey reports whether a name is read to find something by it.
func isKey(p *checks.Pass, n *ast.Name) bool {
	around := p.Around(n)
	if len(around) < 2 {
		return false
	}
	switch parent := around[len(around)-2].(type) {
	case *ast.Subscript:
		return parent.Index == ast.Expr(n)
	case *ast.Compare:
		return true
	case *ast.Call:
		return parent.Fn != ast.Expr(n) && keyed[checks.LastName(parent.Fn)]
	}
	return false
}

// normalizeFirst moves the normalization in front of the test.
func normalizeFirst(p *checks.Pass, c *checks.Call, text, filter ast.Expr) *fix.Fix {
	name, ok := text.(*ast.Name)
	if !ok || !p.Holds(filter) || p.FunctionAround(filter) != p.FunctionAround(c.Node) {
		return nil
	}
	first, later := p.StmtOf(filter), p.StmtOf(c.Node)
	if first == nil || later == nil || !checks.UsesName(filter, name.Id) {
		return nil
	}
	line := name.Id + " = " + p.File.Text(c.Node)
	edits := fix.InsertBefore(p.File, first, line)
	if a, ok := later.(*ast.Assign); ok && len(a.Targets) == 1 && a.Value == ast.Expr(c.Node) && checks.LastName(a.Targets[0]) == name.Id {
		edits = append(edits, fix.RemoveStmt(p.File, later)...)
	} else {
		edits = append(edits, checks.Replace(p, c.Node, name.Id)...)
	}
	return checks.Fix(true, "normalize the text before it is tested", edits)
}
