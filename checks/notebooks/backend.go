package notebooks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// backendNamed is PML4103.
var backendNamed = &checks.Rule{
	Spec: infoPML4103,
	From: []checks.Label{models.User, models.Upload, models.Web, models.LLM},
	Into: []checks.SinkKind{models.Backend},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if begunOtherwise(path) {
			return
		}
		e, _ := path.Node.(ast.Expr)
		whole := path.Sink != nil && path.Sink.Note == models.NoteSettings
		if whole && (path.Call == nil || !foreignKeys(path) || siftedKeys(p, path, "backend")) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: knownBackend(p, e, whole)})
	},
}

// begunOtherwise reports whether the name begins with constant text that is not that of a module:
// only `module://` makes a backend of any module.
func begunOtherwise(path *checks.Path) bool {
	parts := path.Value.Parts()
	return len(parts) > 1 && parts[0].Value == nil && parts[0].Text != "" && !slices.Contains([]string{"module:", "module:/", "module://"}, parts[0].Text[:min(len(parts[0].Text), 9)])
}

// foreignKeys reports whether the keys of the table at a path's end come from where its data does: the
// whole table is somebody else's, or a part of it that was spread into it.
func foreignKeys(path *checks.Path) bool {
	dirty := foreign(path)
	table := path.Value
	for _, a := range path.Call.Args {
		// The function of the sink knows the table best where it makes it itself.
		if a.Node == path.Node && !a.Unpacked {
			if _, _, made := path.Call.Entries(a.Value); made {
				table = a.Value
			}
		}
	}
	_, open, known := path.Call.Entries(table)
	if !known {
		entries := path.Entries(table)
		if len(entries) == 0 {
			return dirty(table)
		}
		return slices.ContainsFunc(entries, func(e checks.Entry) bool { return e.Key != nil && dirty(e.Key) })
	}
	if !open {
		return false
	}
	rest, names := path.Call.Rest(table)
	if names == nil {
		names = rest
	}
	return names != nil && dirty(names)
}

// siftedKeys reports whether the keys of a table are looked at before the call that gets it: a comprehension
// that has a condition makes it, a loop over it leaves for some of them, or the given key is taken out.
func siftedKeys(p *checks.Pass, path *checks.Path, key string) bool {
	c := path.Call
	sink, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(sink) {
		return false
	}
	if conditional(sink) || takenOut(p, c, sink, key) {
		return true
	}
	var body []ast.Stmt
	if fn := p.FunctionAround(sink); fn != nil {
		body = fn.Body
	} else {
		body = p.File.Body
	}
	text := p.File.Text(sink)
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				for _, t := range n.Targets {
					found = found || p.File.Text(t) == text && n.Stop() <= sink.Pos() && conditional(n.Value)
				}
			case *ast.If:
				found = found || n.Stop() <= sink.Pos() && checks.Leaves(n.Body) && asksKeys(p, n.Test, text, key)
			case *ast.Assert:
				found = found || n.Stop() <= sink.Pos() && asksKeys(p, n.Test, text, key)
			case *ast.Delete:
				for _, t := range n.Targets {
					if at, ok := t.(*ast.Subscript); ok && key != "" && p.File.Text(at.Value) == text {
						name, is := at.Index.(*ast.Str)
						found = found || is && name.Value == key
					}
				}
			case *ast.For:
				found = found || n.Stop() <= sink.Pos() && slices.Contains([]string{text, text + ".keys()", text + ".items()"}, p.File.Text(n.Iter)) && refuses(n.Body)
			}
			return !found
		})
	}
	return found
}

// asksKeys reports whether a test asks which keys a table has: whether the given one is among them, or what is
// left of them beside others.
func asksKeys(p *checks.Pass, test ast.Expr, table, key string) bool {
	keys := func(e ast.Expr) bool {
		if c, ok := e.(*ast.Call); ok && len(c.Args) == 1 && slices.Contains([]string{"set", "frozenset", "list", "sorted"}, checks.LastName(c.Fn)) {
			e = c.Args[0]
		}
		return slices.Contains([]string{table, table + ".keys()", table + ".items()"}, p.File.Text(e))
	}
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			left := n.Left
			for i, right := range n.Right {
				switch n.Ops[i] {
				case "in", "not in":
					name, ok := left.(*ast.Str)
					found = found || ok && key != "" && name.Value == key && keys(right)
				case "<", "<=", ">", ">=":
					// The keys as sets: those of a number would be no keys.
					found = found || keys(left) && p.File.Text(left) != table || keys(right) && p.File.Text(right) != table
				}
				left = right
			}
		case *ast.BinOp:
			found = found || n.Op == "-" && keys(n.Left)
		case *ast.Call:
			at, ok := n.Fn.(*ast.Attribute)
			found = found || ok && slices.Contains([]string{"issubset", "difference", "isdisjoint", "intersection"}, at.Attr.Id) && keys(at.Value)
		case *ast.Comp: // any(k not in KNOWN for k in table)
			found = found || len(n.Clauses) > 0 && keys(n.Clauses[0].Iter)
		}
		return !found
	})
	return found
}

// conditional reports whether an expression is a comprehension with a condition.
func conditional(e ast.Expr) bool {
	comp, ok := e.(*ast.Comp)
	return ok && slices.ContainsFunc(comp.Clauses, func(c *ast.CompClause) bool { return len(c.Ifs) > 0 })
}

// refuses reports whether the body of a loop raises, or leaves the function, under a condition.
func refuses(body []ast.Stmt) bool {
	return slices.ContainsFunc(body, func(s ast.Stmt) bool {
		test, ok := s.(*ast.If)
		if !ok || !checks.Leaves(test.Body) {
			return false
		}
		switch test.Body[len(test.Body)-1].(type) {
		case *ast.Continue, *ast.Break:
			return false
		}
		return true
	})
}

// takenOut reports whether a key is taken out of a table before the call that gets it.
func takenOut(p *checks.Pass, c *checks.Call, table ast.Expr, key string) bool {
	text := p.File.Text(table)
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		if o.Method != "pop" || o.Frame != c.Frame || o.Node.Pos() >= c.Node.Pos() {
			return false
		}
		on, _ := o.Node.Fn.(*ast.Attribute)
		given := o.Arg(0, "key")
		if on == nil || given == nil || given.Value == nil {
			return false
		}
		name, known := given.Value.Text()
		return known && name == key && p.File.Text(on.Value) == text
	})
}

// knownBackend lets only backends through that matplotlib itself brings and that open no window.
func knownBackend(p *checks.Pass, e ast.Expr, whole bool) *fix.Fix {
	if e == nil || !p.Holds(e) {
		return nil
	}
	text := p.File.Text(e)
	if whole {
		return checks.Fix(true, "leave the backend out", checks.Replace(p, e, `{k: v for k, v in `+text+`.items() if k != "backend"}`))
	}
	if _, simple := e.(*ast.IfExp); simple {
		text = "(" + text + ")"
	}
	return checks.Fix(true, "let known backends through only", checks.Replace(p, e, text+` if `+text+` in ("agg", "pdf", "ps", "svg") else "agg"`))
}
