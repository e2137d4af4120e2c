package checks

import "github.com/pyguard/pyguardml/ast"

// This file tells verdicts that decide something from verdicts that are only looked at.

// ActedOn reports whether the statements of a body read a name after a place for anything but to
// show, count or log it, or to give it to a name of which that holds as well. A verdict that is
// not acted on protects nothing.
func ActedOn(m *Module, body []ast.Stmt, name string, after ast.Pos) bool {
	return consumed(m, body, name, after, 0)
}

// ActedOnAt reports whether what an expression of the body reads is used for anything but that.
func ActedOnAt(m *Module, body []ast.Stmt, n ast.Node) bool { return !shown(m, body, n, 0) }

// Receivers lists the calls that get what a call gives: the call itself, or those, in the same
// file, of the function that returns it.
func Receivers(p *Pass, c *Call) []*Call {
	r, ok := p.StmtOf(c.Node).(*ast.Return)
	if !ok || r.Value != ast.Expr(c.Node) {
		return []*Call{c}
	}
	var out []*Call
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if b := o.Body(); b != nil && b.Function() == c.Frame.Function() {
				out = append(out, o)
			}
		}
	}
	return out
}

// maxHandovers bounds through how many names a verdict is followed.
const maxHandovers = 3

// consumed reports whether a name is read after a place for anything but to be shown.
func consumed(m *Module, body []ast.Stmt, name string, after ast.Pos, depth int) bool {
	if depth > maxHandovers {
		return true
	}
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Id == name && id.Pos() > after && !bound(m, id) {
			found = found || !shown(m, body, id, depth)
		}
		return !found
	})
	return found
}

// bound reports whether a name stands where it is assigned to.
func bound(m *Module, id *ast.Name) bool {
	s, ok := m.StmtOf(id).(*ast.Assign)
	if !ok {
		return false
	}
	for _, t := range s.Targets {
		if t == ast.Expr(id) {
			return true
		}
	}
	return false
}

// shown reports whether what is read at a node ends up in print, a log, a metric, or a name
// that does.
func shown(m *Module, body []ast.Stmt, n ast.Node, depth int) bool {
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		child := around[i+1]
		switch a := around[i].(type) {
		case *ast.Subscript:
			if a.Index == child {
				return false
			}
		case *ast.Call:
			if a.Fn == child {
				continue // a method of the verdict: sum, mean, head
			}
			if !shows(a) {
				return false
			}
		case *ast.Attribute, *ast.JoinedStr, *ast.Placeholder, *ast.BinOp, *ast.UnaryOp, *ast.Compare, *ast.Keyword, *ast.Tuple, *ast.List, *ast.Dict, *ast.Slice:
		case *ast.ExprStmt:
			return true
		case *ast.Assign:
			if len(a.Targets) != 1 {
				return false
			}
			name, ok := a.Targets[0].(*ast.Name)
			return ok && !consumed(m, body, name.Id, a.Stop(), depth+1)
		default:
			return false
		}
	}
	return false
}

// shows reports whether a call only shows, counts or logs its arguments.
func shows(c *ast.Call) bool {
	name := LastName(c.Fn)
	switch name {
	case "print", "len", "sum", "str", "int", "float", "round", "display", "any", "all", "bool", "format",
		"debug", "info", "warning", "warn", "error", "log", "log_metric", "log_metrics", "log_param", "count_nonzero", "mean", "sorted", "list":
		return true
	}
	return false
}
