package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// errorToCaller is PML1147.
var errorToCaller = &checks.Rule{
	Spec: infoPML1147,
	From: []checks.Label{models.Failure},
	Into: []checks.SinkKind{models.Response, models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.Clean.Has(models.Disclosure) || playground(path) || path.Call != nil && onPage(path.Call.Symbol) {
			return
		}
		if harmless[path.Mark.Field()] {
			return
		}
		node, in := statementOf(p, path)
		if node == nil {
			return
		}
		p.Report(checks.Report{Node: node, In: in, Path: path, Fix: hideError(p, path, node, in)})
	},
}

// harmless are attributes of errors that name no secret.
var harmless = map[string]bool{
	"status_code": true, "code": true, "type": true, "request_id": true, "param": true, "__class__": true, "__name__": true, "status": true, "headers": true,
}

// onPage reports whether a call shows something on the page of an app for trying things out.
func onPage(s *checks.Symbol) bool {
	return s != nil && (s.Under("gradio") || s.Under("streamlit") || s.Under("chainlit"))
}

// statementOf is the return, raise or yield that carries the text: the one in the except clause,
// where it is there.
func statementOf(p *checks.Pass, path *checks.Path) (ast.Node, *checks.Module) {
	steps := path.Trace.Steps()
	if h, m := handlerOf(p, path); h != nil {
		for i := len(steps) - 1; i >= 0; i-- {
			if n := steps[i].Node; n == nil || p.Project.Module(steps[i].Mod) != m || !checks.InBlock(h.Body, n) {
				continue
			}
			switch s := m.StmtOf(steps[i].Node).(type) {
			case *ast.Return, *ast.Raise:
				return s, m
			}
		}
		if s := returnOf(h); s != nil && m.FunctionAround(h) != p.FunctionAround(path.Node) {
			return s, m
		}
	}
	for i := len(steps) - 1; i >= 0; i-- {
		m := p.Project.Module(steps[i].Mod)
		if m == nil || steps[i].Node == nil {
			continue
		}
		for _, a := range m.Around(steps[i].Node) {
			if y, ok := a.(*ast.Yield); ok {
				if s := m.StmtOf(y); s != nil {
					return s, m
				}
			}
		}
	}
	if s, ok := path.Node.(ast.Stmt); ok {
		return s, p.Module
	}
	if s := p.StmtOf(path.Node); s != nil {
		return s, p.Module
	}
	return nil, nil
}

// returnOf is the only return of an except clause that holds its error; nil where there is none.
func returnOf(h *ast.ExceptHandler) ast.Stmt {
	var found []ast.Stmt
	ast.InspectStmts(h.Body, func(n ast.Node) bool {
		r, ok := n.(*ast.Return)
		if !ok || r.Value == nil {
			return true
		}
		holds := false
		ast.Inspect(r.Value, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			holds = holds || ok && isError(e, h)
			return !holds
		})
		if holds {
			found = append(found, r)
		}
		return false
	})
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// handlerOf is the except clause whose error a path carries, with its module.
func handlerOf(p *checks.Pass, path *checks.Path) (*ast.ExceptHandler, *checks.Module) {
	steps := path.Trace.Steps()
	if len(steps) == 0 {
		return nil, nil
	}
	m := p.Project.Module(steps[0].Mod)
	if m == nil {
		return nil, nil
	}
	var found *ast.ExceptHandler
	for _, n := range append(m.Around(steps[0].Node), steps[0].Node) {
		if h, ok := n.(*ast.ExceptHandler); ok {
			found = h
		}
	}
	return found, m
}

// hideError says what happened in general words, and logs the error.
func hideError(p *checks.Pass, path *checks.Path, node ast.Node, in *checks.Module) *fix.Fix {
	h, m := handlerOf(p, path)
	if h == nil || m != in || len(h.Body) == 0 {
		return nil
	}
	there := *p
	there.Module = in
	p = &there
	var edits []fix.Edit
	for _, e := range errorExprs(p, path, h, node) {
		edits = append(edits, checks.Replace(p, e, `"The language model could not answer."`)...)
	}
	if len(edits) == 0 {
		return nil
	}
	logger, imports := fix.Reach(p.File, "logging.getLogger", "import logging", fix.InOrder)
	return checks.Fix(true, "log the error and answer in general words", edits,
		fix.PrependBody(p.File, h.Body, logger+`(__name__).exception("LLM call failed")`), imports)
}

// errorExprs lists the expressions of a statement that hold the error's text.
func errorExprs(p *checks.Pass, path *checks.Path, h *ast.ExceptHandler, stmt ast.Node) []ast.Expr {
	var out []ast.Expr
	if r, ok := stmt.(*ast.Raise); ok && r.Exc != nil {
		stmt = r.Exc // what it is raised from stays
	}
	ast.Inspect(stmt, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok && at.Attr != nil && harmless[at.Attr.Id] {
			return false
		}
		e, ok := n.(ast.Expr)
		if !ok || !isError(e, h) {
			return true
		}
		if grown := grow(p, e); len(out) == 0 || out[len(out)-1] != grown {
			out = append(out, grown)
		}
		return false
	})
	if len(out) == 0 {
		if e, ok := checks.HolderOf(path, models.Failure).(ast.Expr); ok && p.Holds(e) {
			out = append(out, e)
		} else if e, ok := checks.GivenNode(path).(ast.Expr); ok && p.Holds(e) {
			out = append(out, e)
		} else if r, ok := stmt.(*ast.Return); ok {
			if e := namedPlace(p, r, h); e != nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// isError reports whether an expression is the error that a handler caught, or its traceback.
func isError(e ast.Expr, h *ast.ExceptHandler) bool {
	switch e := e.(type) {
	case *ast.Name:
		return h.Name != nil && e.Id == h.Name.Id
	case *ast.Call:
		switch fn := e.Fn.(type) {
		case *ast.Attribute:
			return fn.Attr.Id == "format_exc"
		case *ast.Name:
			return fn.Id == "format_exc"
		}
	}
	return false
}

// grow is the largest expression around an error that is made of it: str(e), f"failed: {e}",
// e.response.text.
func grow(p *checks.Pass, e ast.Expr) ast.Expr {
	around := p.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Placeholder:
			continue
		case *ast.JoinedStr:
			e = n
		case *ast.Attribute, *ast.Subscript:
			e = n.(ast.Expr)
		case *ast.BinOp:
			e = n
		case *ast.Call:
			if ast.Node(n.Fn) == around[i+1] {
				e = n
				continue
			}
			fn, ok := n.Fn.(*ast.Name)
			if !ok || fn.Id != "str" && fn.Id != "repr" && fn.Id != "format" && fn.Id != "type" {
				if at, ok := n.Fn.(*ast.Attribute); !ok || at.Attr.Id != "format" && at.Attr.Id != "encode" {
					return e
				}
			}
			e = n
		default:
			return e
		}
	}
	return e
}

// namedPlace is the name in a return that the handler gave the error's text.
func namedPlace(p *checks.Pass, r *ast.Return, h *ast.ExceptHandler) ast.Expr {
	names := map[string]bool{}
	ast.InspectStmts(h.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			ast.Inspect(a.Value, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok && isError(e, h) {
					for _, t := range a.Targets {
						if t, ok := t.(*ast.Name); ok {
							names[t.Id] = true
						}
					}
				}
				return true
			})
		}
		return true
	})
	var found ast.Expr
	ast.Inspect(r, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && names[x.Id] && found == nil {
			found = x
		}
		return found == nil
	})
	return found
}
