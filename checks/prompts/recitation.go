package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// recitation is PML1160.
var recitation = &checks.Rule{
	Spec:   infoPML1160,
	Needs:  []string{"RECITATION", "finish_reason"},
	Knows:  []string{"google.genai.types.FinishReason.RECITATION"},
	Beside: [][]string{{"RECITATION"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		r := &reciting{p: p, f: f}
		ast.InspectStmts(checks.BodyOf(f), r.visit)
	},
}

// reciting looks at the branches of a function that are taken when an answer was stopped because
// the model recited.
type reciting struct {
	p *checks.Pass
	f *checks.Frame
}

func (r *reciting) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FunctionDef, *ast.ClassDef:
		return false // they are told of themselves
	case *ast.If:
		if at := r.condition(n.Test, 0); at != nil && r.workedAround(n.Body, n) {
			r.report(n.Test, at, n.Body)
		}
	case *ast.While:
		if at := r.condition(n.Test, 0); at != nil && r.asksAgain(n.Body) {
			r.report(n.Test, at, n.Body)
		}
	case *ast.IfExp:
		if at := r.condition(n.Test, 0); at != nil && (r.isAnswer(n.Body) || r.asksAgain([]ast.Stmt{&ast.ExprStmt{Span: n.Body.Range(), Value: n.Body}})) {
			r.report(n.Test, at, nil)
		}
	case *ast.Comp:
		for _, c := range n.Clauses {
			for _, test := range c.Ifs {
				if at := r.condition(test, 0); at != nil && r.isAnswer(n.Elt) {
					r.report(test, at, nil)
				}
			}
		}
	case *ast.Match:
		for _, c := range n.Cases {
			if at := r.pattern(c.Pattern); at != nil && r.workedAround(c.Body, n) {
				r.reportCase(c, at)
			}
		}
	}
	return true
}

// recited is where a condition names the reason: an element of a collection, an operand, or the
// whole comparison.
type recited struct {
	// node is what is taken out of within, a collection, an `or` or alternatives of a pattern; within
	// is nil where the condition is of nothing else.
	node, within ast.Node
}

// condition is where an expression holds when the reason is RECITATION; nil for others.
func (r *reciting) condition(e ast.Expr, depth int) *recited {
	switch e := e.(type) {
	case *ast.BoolOp:
		for _, x := range e.Values {
			at := r.condition(x, depth)
			if at != nil && at.within == nil && e.Or {
				return &recited{x, e}
			}
			if at != nil {
				return at
			}
		}
	case *ast.Compare:
		if len(e.Ops) != 1 {
			return nil
		}
		switch e.Ops[0] {
		case "==", "is":
			if r.isReason(e.Left) || r.isReason(e.Right[0]) {
				return &recited{node: e}
			}
		case "in":
			if r.isReason(e.Left) { // "RECITATION" in str(reason)
				return &recited{node: e}
			}
			return r.element(e.Right[0])
		}
	case *ast.Call:
		if at, ok := e.Fn.(*ast.Attribute); ok && (at.Attr.Id == "endswith" || at.Attr.Id == "startswith" || at.Attr.Id == "__eq__") && len(e.Args) == 1 && r.isReason(e.Args[0]) {
			return &recited{node: e}
		}
	}
	if _, named := e.(*ast.Name); !named && !isCallOfProject(r.f, e) || depth > 2 {
		return nil
	}
	for _, s := range r.f.SpelledOut(e) {
		if s.Expr == e {
			continue
		}
		other := &reciting{p: r.p, f: s.Frame}
		if at := other.condition(s.Expr, depth+1); at != nil {
			return at
		}
	}
	return nil
}

func isCallOfProject(f *checks.Frame, e ast.Expr) bool {
	c := f.CallAt(e)
	return c != nil && len(c.Enters()) > 0
}

// element is the element of a collection that is the reason.
func (r *reciting) element(e ast.Expr) *recited {
	for _, s := range r.f.SpelledOut(e) {
		x := s.Expr
		if c, ok := x.(*ast.Call); ok && len(c.Args) == 1 {
			switch checks.LastName(c.Fn) {
			case "frozenset", "set", "tuple", "list":
				x = c.Args[0]
			}
		}
		var elts []ast.Expr
		switch x := x.(type) {
		case *ast.List:
			elts = x.Elts
		case *ast.Tuple:
			elts = x.Elts
		case *ast.Set:
			elts = x.Elts
		}
		other := &reciting{p: r.p, f: s.Frame}
		for _, elt := range elts {
			if other.isReason(elt) {
				return &recited{elt, x}
			}
		}
	}
	return nil
}

// isReason reports whether an expression is the reason RECITATION, as a member of an enumeration or
// as text.
func (r *reciting) isReason(e ast.Expr) bool {
	return slices.ContainsFunc(r.f.SpelledOut(e), func(s flow.Spelled) bool {
		switch x := s.Expr.(type) {
		case *ast.Attribute:
			for a := x; a != nil; { // FinishReason.RECITATION.name
				if a.Attr.Id == "RECITATION" {
					return true
				}
				next, ok := a.Value.(*ast.Attribute)
				if !ok || a.Attr.Id != "name" && a.Attr.Id != "value" {
					return false
				}
				a = next
			}
		case *ast.Str:
			return x.Value == "RECITATION" || strings.HasSuffix(x.Value, "FinishReason.RECITATION")
		case *ast.Subscript: // FinishReason["RECITATION"]
			k, ok := x.Index.(*ast.Str)
			return ok && k.Value == "RECITATION" && strings.HasSuffix(checks.LastName(x.Value), "FinishReason")
		}
		return false
	})
}

// pattern is where a case names the reason.
func (r *reciting) pattern(p ast.Pattern) *recited {
	switch p := p.(type) {
	case *ast.MatchValue:
		if r.isReason(p.Value) {
			return &recited{node: p}
		}
	case *ast.MatchAs:
		if p.Pattern != nil {
			return r.pattern(p.Pattern)
		}
	case *ast.MatchOr:
		for _, x := range p.Patterns {
			if r.pattern(x) != nil {
				return &recited{x, p}
			}
		}
	}
	return nil
}

// workedAround reports whether a branch asks again or takes the text.
func (r *reciting) workedAround(body []ast.Stmt, at ast.Node) bool {
	return r.asksAgain(body) || r.takesText(body) || r.retries(body, at)
}

// askingMethods are those by which Gemini is asked, whatever the object is.
var askingMethods = []string{"generate_content", "generate_content_async", "generate_content_stream", "send_message", "send_message_async", "send_message_stream"}

// asksAgain reports whether statements ask the model, directly or by a function of the project.
func (r *reciting) asksAgain(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return false
		case *ast.Call:
			found = found || asksGemini(r.f, n, 0)
		}
		return !found
	})
	return found
}

// asksGemini reports whether a call asks the model.
func asksGemini(f *checks.Frame, n *ast.Call, depth int) bool {
	if at, ok := n.Fn.(*ast.Attribute); ok && slices.Contains(askingMethods, at.Attr.Id) {
		return true
	}
	c := f.CallAt(n)
	if c == nil || depth > 3 {
		return false
	}
	for _, g := range c.Enters() {
		found := false
		ast.InspectStmts(checks.BodyOf(g), func(n ast.Node) bool {
			if inner, ok := n.(*ast.Call); ok {
				found = found || asksGemini(g, inner, depth+1)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// takesText reports whether statements return, yield or keep the text of the answer.
func (r *reciting) takesText(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda, *ast.Raise:
			return false
		case *ast.Return:
			found = found || r.isAnswer(n.Value)
		case *ast.Yield:
			found = found || r.isAnswer(n.Value)
		case *ast.Assign:
			found = found || r.isAnswer(n.Value)
		case *ast.AnnAssign:
			found = found || r.isAnswer(n.Value)
		case *ast.AugAssign:
			found = found || r.isAnswer(n.Value)
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "append", "extend", "add", "write", "put", "insert", "put_nowait", "writelines", "write_text":
				found = found || slices.ContainsFunc(n.Args, r.isAnswer)
			}
		}
		return !found
	})
	return found
}

// isAnswer reports whether an expression holds the text of a model's answer.
func (r *reciting) isAnswer(e ast.Expr) bool {
	if e == nil {
		return false
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			found = found || isTextOf(n)
		case *ast.Name:
			for in := range r.f.MadeOf(n) {
				if in.Call == nil || in.Call.Chat == nil && !slices.Contains(askingMethods, in.Call.Method) {
					continue
				}
				found = found || slices.ContainsFunc(in.Steps, func(s string) bool { return s == ".text" || s == ".parts" || s == ".content" })
			}
			if !found {
				for _, s := range r.f.SpelledOut(n) {
					if a, ok := s.Expr.(*ast.Attribute); ok {
						found = found || isTextOf(a)
					}
				}
			}
		}
		return !found
	})
	return found
}

// isTextOf reports whether an attribute is the text of an answer: reply.text, content.parts.
func isTextOf(a *ast.Attribute) bool {
	return a.Attr.Id == "text" || a.Attr.Id == "parts" && checks.LastName(a.Value) == "content"
}

// retries reports whether a branch goes on with a loop that asks the model again and leaves when
// the answer is good: one over attempts, not one over items.
func (r *reciting) retries(body []ast.Stmt, at ast.Node) bool {
	last := body[len(body)-1]
	_, goesOn := last.(*ast.Continue)
	if !goesOn && (checks.Leaves(body) || !assigns(body)) {
		return false
	}
	var loop ast.Stmt
	for _, n := range r.p.Around(at) {
		switch n := n.(type) {
		case *ast.For:
			loop = n
		case *ast.While:
			loop = n
		}
	}
	if loop == nil {
		return false
	}
	var inside []ast.Stmt
	attempts := false
	switch l := loop.(type) {
	case *ast.For:
		inside = l.Body
		if c, ok := l.Iter.(*ast.Call); ok && checks.LastName(c.Fn) == "range" && !strings.Contains(r.p.File.Text(c), "len(") {
			attempts = true
		}
		if !goesOn && !isLast(inside, at) {
			return false
		}
	case *ast.While:
		inside = l.Body
		if !goesOn && !isLast(inside, at) {
			return false
		}
	}
	if !r.asksAgain(inside) {
		return false
	}
	if attempts {
		return true
	}
	ends := false
	ast.InspectStmts(inside, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda, *ast.For, *ast.While:
			return false
		case *ast.Return:
			ends = ends || !checks.InBlock(body, n)
		case *ast.Break:
			ends = ends || !checks.InBlock(body, n)
		}
		return !ends
	})
	return ends
}

// isLast reports whether a statement ends a body, by itself or as the end of a chain of conditions.
func isLast(body []ast.Stmt, at ast.Node) bool {
	last := body[len(body)-1]
	return last.Range().Contains(at.Range()) && last.Stop() == at.Stop()
}

func assigns(body []ast.Stmt) bool {
	return slices.ContainsFunc(body, func(s ast.Stmt) bool {
		switch s.(type) {
		case *ast.Assign, *ast.AugAssign, *ast.AnnAssign:
			return true
		}
		return false
	})
}

func (r *reciting) report(test ast.Expr, at *recited, body []ast.Stmt) {
	r.p.Report(checks.Report{Node: test, Fix: r.fix(at, body)})
}

func (r *reciting) reportCase(c *ast.MatchCase, at *recited) {
	r.p.Report(checks.Report{Node: c.Pattern, Fix: r.fix(at, c.Body)})
}

// fix takes the reason out of a collection of accepted ones, or turns the answer down.
func (r *reciting) fix(at *recited, body []ast.Stmt) *fix.Fix {
	accepted := at.within != nil && !r.asksAgain(body) && (body == nil || r.takesText(body))
	if accepted {
		return checks.Fix(true, "do not accept answers that were stopped for reciting", r.without(at))
	}
	if len(body) == 0 || at.within != nil && isChoice(at.within) {
		return nil
	}
	span := ast.Span{Start: body[0].Pos(), End: body[len(body)-1].Stop()}
	return checks.Fix(true, "turn the answer down", checks.TextEdits(ast.Edit{Span: span, New: `raise RuntimeError("answer blocked: recitation")`}))
}

// isChoice tells an `or` and the alternatives of a pattern, whose other half asks for the same.
func isChoice(n ast.Node) bool {
	switch n.(type) {
	case *ast.BoolOp, *ast.MatchOr:
		return true
	}
	return false
}

// without takes the reason out of what else is accepted.
func (r *reciting) without(at *recited) []fix.Edit {
	if !r.p.Holds(at.within) {
		return nil
	}
	var rest []string
	switch w := at.within.(type) {
	case *ast.BoolOp:
		for _, x := range w.Values {
			if ast.Node(x) != at.node {
				rest = append(rest, r.p.File.Text(x))
			}
		}
		return checks.Replace(r.p, w, strings.Join(rest, " or "))
	case *ast.MatchOr:
		for _, x := range w.Patterns {
			if ast.Node(x) != at.node {
				rest = append(rest, r.p.File.Text(x))
			}
		}
		return checks.Replace(r.p, w, strings.Join(rest, " | "))
	case ast.Expr:
		return fix.RemoveElement(r.p.File, w, at.node)
	}
	return nil
}
