package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file holds what the checks share that ask what a request may choose of a model call.

// parameter is the name of the parameter that a sink stands for, without the dict that holds
// it: "temperature".
func parameter(path *checks.Path) string {
	name := string(path.Sink.Arg)
	if _, key, ok := strings.Cut(name, "["); ok {
		return strings.TrimSuffix(key, "]")
	}
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

// fallback is the value of the program's own that stands in where a request leaves out what
// it may choose: D in `.get(key, D)`, `X or D`, `X if X else D`, a parameter's default, a
// field's default. It is nil where there is none.
func fallback(p *checks.Pass, path *checks.Path) (ast.Expr, *checks.Module) {
	for _, t := range path.Trace.Steps() {
		m := p.Project.Module(t.Mod)
		if m == nil || t.Node == nil {
			continue
		}
		if d := ownDefault(p, m, t.Node, path.Mark.Field()); d != nil {
			return d, m
		}
		if c, ok := t.Node.(*ast.Call); ok {
			d := inArguments(m, c, path.Mark.Field())
			if at, ok := c.Fn.(*ast.Attribute); ok && d == nil && at.Attr.Id == "get" {
				d = alternative(c)
			}
			if d != nil {
				return d, m
			}
		}
		if s, ok := m.StmtOf(t.Node).(*ast.Assign); ok {
			if d := alternative(s.Value); d != nil {
				return d, m
			}
		}
	}
	if e, ok := checks.GivenNode(path).(ast.Expr); ok && p.Holds(e) {
		if d := alternative(e); d != nil {
			return d, p.Module
		}
		if name, ok := e.(*ast.Name); ok {
			if d, m := assigned(p, path, name.Id); d != nil {
				return d, m
			}
		}
	}
	for _, t := range path.Trace.Steps() {
		if d, m := returned(p, path, t.Node); d != nil {
			return d, m
		}
	}
	if d, m := returned(p, path, checks.GivenNode(path)); d != nil {
		return d, m
	}
	return otherwise(p, path)
}

// returned is the fallback in what a function of the project returns that a node calls.
func returned(p *checks.Pass, path *checks.Path, n ast.Node) (ast.Expr, *checks.Module) {
	e, ok := n.(*ast.Call)
	if !ok {
		return nil, nil
	}
	c := path.Engine.CallAt(e)
	if c == nil || c.Body() == nil || c.Body().Function() == nil {
		return nil, nil
	}
	var found ast.Expr
	c.Body().InspectOwn(func(n ast.Node) bool {
		if r, ok := n.(*ast.Return); ok && r.Value != nil && found == nil {
			found = alternative(r.Value)
		}
		return found == nil
	})
	if found == nil {
		return nil, nil
	}
	return found, p.Project.Module(c.Body().Module())
}

// inArguments is the fallback in the argument of a call that reads a field of the request.
func inArguments(m *checks.Module, c *ast.Call, field string) ast.Expr {
	if field == "" || field == "[]" {
		return nil
	}
	list := append([]ast.Expr(nil), c.Args...)
	for _, k := range c.Keywords {
		list = append(list, k.Value)
	}
	for _, a := range list {
		if d := alternative(a); d != nil && strings.Contains(m.File.Text(a), field) {
			return d
		}
	}
	return nil
}

// assigned is the fallback in what a local name was given before the sink.
func assigned(p *checks.Pass, path *checks.Path, name string) (ast.Expr, *checks.Module) {
	var found ast.Expr
	if path.Call == nil {
		return nil, nil
	}
	ast.InspectStmts(checks.BodyOf(path.Call.Frame), func(n ast.Node) bool {
		if s, ok := n.(*ast.Assign); ok && s.Pos() < path.Node.Pos() {
			for _, t := range s.Targets {
				if t, ok := t.(*ast.Name); ok && t.Id == name {
					found = alternative(s.Value)
				}
			}
		}
		return true
	})
	if found == nil {
		return nil, nil
	}
	return found, p.Module
}

// otherwise is what a name on the way is given in its function where a test tells that the request has
// nothing for it: before the test, in the other branch, or where it is empty.
func otherwise(p *checks.Pass, path *checks.Path) (ast.Expr, *checks.Module) {
	for _, t := range path.Trace.Steps() {
		name, ok := t.Node.(*ast.Name)
		m := p.Project.Module(t.Mod)
		if !ok || m == nil {
			continue
		}
		body := m.File.Body
		if def := m.FunctionAround(name); def != nil {
			body = def.Body
		}
		if d := instead(m, body, name); d != nil {
			return d, m
		}
	}
	return nil, nil
}

// instead is the text of the program's own that statements may give a name which is given the
// request's at a place.
func instead(m *checks.Module, body []ast.Stmt, requested *ast.Name) ast.Expr {
	type given struct {
		value            ast.Expr
		tested, fromThem bool
	}
	var list []given
	ast.InspectStmts(body, func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok || len(s.Targets) != 1 {
			return true
		}
		t, ok := s.Targets[0].(*ast.Name)
		if !ok || t.Id != requested.Id {
			return true
		}
		g := given{value: s.Value, fromThem: t == requested}
		for _, a := range m.Around(s) {
			_, in := a.(*ast.If)
			g.tested = g.tested || in
		}
		list = append(list, g)
		return true
	})
	for i, d := range list {
		if d.fromThem || !programsText(d.value) {
			continue
		}
		for j, r := range list {
			if r.fromThem && (d.tested || r.tested && i < j) {
				return d.value
			}
		}
	}
	return nil
}

// alternative finds the fallback in an expression.
func alternative(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.Await:
		return alternative(e.Value)
	case *ast.BoolOp:
		if e.Or && len(e.Values) > 1 {
			return e.Values[len(e.Values)-1]
		}
	case *ast.IfExp:
		if u, ok := e.Test.(*ast.UnaryOp); ok && u.Op == "not" {
			return e.Body
		}
		if c, ok := e.Test.(*ast.Compare); ok && len(c.Ops) == 1 && c.Ops[0] == "is" {
			return e.Body
		}
		return e.Orelse
	case *ast.Subscript:
		if _, cut := e.Index.(*ast.Slice); cut {
			return alternative(e.Value)
		}
	case *ast.Call:
		switch fn := e.Fn.(type) {
		case *ast.Attribute:
			switch {
			case (fn.Attr.Id == "get" || fn.Attr.Id == "pop") && len(e.Args) == 2:
				return e.Args[1]
			case fn.Attr.Id == "get":
				for _, k := range e.Keywords {
					if k.Name != nil && k.Name.Id == "default" {
						return k.Value
					}
				}
			case fn.Attr.Id == "strip" || fn.Attr.Id == "lower" || fn.Attr.Id == "rstrip":
				return alternative(fn.Value)
			}
		case *ast.Name:
			switch {
			case (fn.Id == "str" || fn.Id == "int" || fn.Id == "float") && len(e.Args) == 1:
				return alternative(e.Args[0])
			case fn.Id == "getattr" && len(e.Args) == 3:
				return e.Args[2]
			}
		}
	}
	return nil
}

// ownDefault is the default of a handler's parameter, or of the field of the model that the
// parameter is.
func ownDefault(p *checks.Pass, m *checks.Module, n ast.Node, field string) ast.Expr {
	param := paramOf(m, n)
	if param == nil {
		return nil
	}
	if field == "" || field == "[]" {
		return declared(param.Default)
	}
	name := ""
	ast.Inspect(param.Annotation, func(n ast.Node) bool {
		if n, ok := n.(*ast.Name); ok && name == "" && n.Id != "Annotated" && n.Id != "Optional" {
			name = n.Id
		}
		return true
	})
	if name == "" {
		return nil
	}
	if d := fieldOf(m, name, field); d != nil {
		return d
	}
	for _, o := range p.Connected() {
		if o != m && o.File != nil && o.Mentions(name) {
			if d := fieldOf(o, name, field); d != nil {
				return d
			}
		}
	}
	return nil
}

// paramOf is the parameter whose name a node is, or nil.
func paramOf(m *checks.Module, n ast.Node) *ast.Param {
	around := m.Around(n)
	if len(around) == 0 {
		return nil
	}
	param, ok := around[len(around)-1].(*ast.Param)
	if !ok || ast.Node(param.Name) != n {
		return nil
	}
	return param
}

// fieldOf is the default of an annotated field of a class that the module defines.
func fieldOf(m *checks.Module, class, field string) ast.Expr {
	var found ast.Expr
	ast.InspectBlocks(m.File.Body, func(s ast.Stmt) bool {
		c, ok := s.(*ast.ClassDef)
		if !ok || c.Name.Id != class {
			return true
		}
		for _, s := range c.Body {
			if a, ok := s.(*ast.AnnAssign); ok && a.Value != nil {
				if t, ok := a.Target.(*ast.Name); ok && t.Id == field {
					found = declared(a.Value)
				}
			}
		}
		return true
	})
	return found
}

// declared is the default in `= D`, `= Field(D)`, `= Form(default=D)`; nil where the field is
// required or its default is None.
func declared(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Call); ok {
		for _, k := range c.Keywords {
			if k.Name != nil && k.Name.Id == "default" {
				return declared(k.Value)
			}
		}
		if len(c.Args) == 0 {
			return nil
		}
		return declared(c.Args[0])
	}
	if c, ok := e.(*ast.Constant); ok && c.Value != ast.True && c.Value != ast.False {
		return nil // None and ...
	}
	return e
}
