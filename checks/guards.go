package checks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file tells which tests a program makes on its way to a place, what it does where they fail,
// and what of them holds there: for checks that ask whether a test keeps what it is meant to keep.
// The analysis of values knows which tests prove something; these words also tell of those that
// prove nothing.

// Exit is how a block is left.
type Exit uint8

// The exits.
const (
	ExitNone   Exit = iota // it goes on behind the block
	ExitSkip               // to the next round of a loop, or behind it
	ExitReturn             // out of the function
	ExitAbort              // by a call that ends the request or the program
	ExitRaise
)

// Scope is code of the project as it runs for a place: the analysis of its function, and the call
// by which it was entered from an outer scope.
type Scope struct {
	Frame *Frame
	In    *Module

	pass  *Pass
	call  *Call
	outer *Scope
	// each holds what the variables of loops and comprehensions run through.
	each map[string]ast.Expr
	// whole is the any() or all() around what is judged; nil where there is none.
	whole *ast.Call
	// heap is a call that knows what objects hold.
	heap  *Call
	depth int
}

// ScopeOf is the scope in which a call is made.
func ScopeOf(p *Pass, c *Call) *Scope {
	m := p.Project.Module(c.Frame.Module())
	if m == nil {
		return nil
	}
	return &Scope{Frame: c.Frame, In: m, pass: p, heap: c}
}

// Whole is the any() or all() that an expression is judged for, or the expression.
func (s *Scope) Whole(e ast.Expr) ast.Expr {
	if s.whole != nil {
		return s.whole
	}
	return e
}

// Call is the call that a node of the scope's code is, nil for other nodes.
func (s *Scope) Call(n ast.Node) *Call {
	for f := s.Frame; f != nil; f = f.Outer() {
		if c := f.CallAt(n); c != nil {
			return c
		}
	}
	return nil
}

// maxScopes bounds through how many helpers a test is looked for.
const maxScopes = 4

// enter is the scope of a function of the project that a call of this one runs.
func (s *Scope) enter(c *Call, f *Frame) *Scope {
	m := s.pass.Project.Module(f.Module())
	if m == nil || f.Function() == nil || f.Function().Def == nil || s.depth >= maxScopes {
		return nil
	}
	for o := s; o != nil; o = o.outer {
		if o.Frame.Function() == f.Function() {
			return nil
		}
	}
	return &Scope{Frame: f, In: m, pass: s.pass, call: c, outer: s, heap: s.heap, depth: s.depth + 1}
}

// Enter is the scope of the function of the project that a call of this one runs; nil for others.
func (s *Scope) Enter(c *Call) *Scope {
	if f := c.Body(); f != nil {
		return s.enter(c, f)
	}
	return nil
}

// From is the scope of a caller in which the call c stands, for what its argument becomes here.
func (s *Scope) From(c *Call) *Scope {
	if s.depth >= maxScopes {
		return nil
	}
	up := ScopeOf(s.pass, c)
	if up != nil {
		up.depth, up.heap = s.depth+1, c
	}
	return up
}

// through is the scope within a loop over what an expression gives.
func (s *Scope) through(target, iter ast.Expr, whole *ast.Call) *Scope {
	n, ok := target.(*ast.Name)
	if !ok {
		return s
	}
	in := *s
	in.each = map[string]ast.Expr{n.Id: iter}
	for k, v := range s.each {
		if k != n.Id {
			in.each[k] = v
		}
	}
	if in.whole == nil {
		in.whole = whole
	}
	return &in
}

// Each is what the variable of a loop runs through; nil for other names.
func (s *Scope) Each(name string) ast.Expr { return s.each[name] }

// Given is what the call that entered the scope gives for a parameter, and the scope of that call;
// nil where nothing is known of it.
func (s *Scope) Given(param string) (*Scope, ast.Expr) {
	if s.call == nil || s.outer == nil {
		return nil, nil
	}
	if a := s.call.GivenTo(s.Frame.Function(), param); a != nil && a.Node != nil && !a.Unpacked {
		return s.outer, a.Node
	}
	return nil, nil
}

// Param is the parameter of the scope's function, or of one around it, of a name; nil for others.
func (s *Scope) Param(name string) *ast.Param {
	for f := s.Frame; f != nil; f = f.Outer() {
		if f.Function() == nil || f.Function().Params == nil {
			continue
		}
		for i, q := range f.Function().Params.List {
			if q.Name != nil && q.Name.Id == name && (i > 0 || f.Function().Class == nil) {
				return q
			}
		}
	}
	return nil
}

// Assigned is the expression that a local name was given last before its use.
func (s *Scope) Assigned(n *ast.Name) ast.Expr {
	for f := s.Frame; f != nil; f = f.Outer() {
		if e := lastAssigned(BodyOf(f), n, s.In.Mentions(":=")); e != nil {
			return e
		}
	}
	return nil
}

// Stored is the expression that an attribute was given last before its use, in the same function.
func (s *Scope) Stored(n *ast.Attribute) ast.Expr {
	text := s.In.File.Text(n)
	var found ast.Expr
	ast.InspectStmts(BodyOf(s.Frame), func(x ast.Node) bool {
		if a, ok := x.(*ast.Assign); ok && a.Stop() <= n.Pos() && len(a.Targets) == 1 && s.In.File.Text(a.Targets[0]) == text {
			found = a.Value
		}
		return true
	})
	return found
}

// Texts lists the constant texts that an expression may be, those of a collection one by one; none
// where one of them is not known.
func (s *Scope) Texts(e ast.Expr) []string { return s.texts(e, 0) }

func (s *Scope) texts(e ast.Expr, depth int) []string {
	if depth > maxTextSteps {
		return nil
	}
	switch n := e.(type) {
	case *ast.Str:
		return []string{n.Value}
	case *ast.Tuple, *ast.List, *ast.Set:
		var out []string
		for _, x := range Elements(e) {
			list := s.texts(x, depth+1)
			if list == nil {
				return nil
			}
			out = append(out, list...)
		}
		return out
	case *ast.JoinedStr:
		out := []string{""}
		for _, v := range n.Values {
			if ph, ok := v.(*ast.Placeholder); ok {
				v = ph.Value
			}
			out = eachWith(out, s.texts(v, depth+1))
		}
		return out
	case *ast.BinOp:
		if n.Op != "+" {
			return nil
		}
		return eachWith(s.texts(n.Left, depth+1), s.texts(n.Right, depth+1))
	case *ast.Name:
		if iter := s.Each(n.Id); iter != nil {
			return s.texts(iter, depth+1)
		}
		if up, given := s.Given(n.Id); given != nil && s.Assigned(n) == nil {
			return up.texts(given, depth+1)
		}
		if list := s.valueTexts(s.Frame.ValueOf(n), 0); list != nil {
			return list
		}
		if given := s.Assigned(n); given != nil {
			return s.texts(given, depth+1)
		}
	case *ast.Attribute:
		if list := s.valueTexts(s.Frame.ValueOf(n), 0); list != nil {
			return list
		}
		if given := s.Stored(n); given != nil {
			return s.texts(given, depth+1)
		}
	case *ast.Call:
		c := s.Call(n)
		if c == nil {
			return nil
		}
		if list := s.valueTexts(c.Result, 0); list != nil {
			return list
		}
		switch CalledName(c) {
		case "tuple", "list", "set", "frozenset", "sorted":
			if len(n.Args) == 1 {
				return s.texts(n.Args[0], depth+1)
			}
		}
	}
	return nil
}

// eachWith puts the texts of two lists together, each with each.
func eachWith(a, b []string) []string {
	if len(a)*len(b) > maxTexts {
		return nil
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// maxTexts bounds the texts that an expression may be.
const maxTexts = 60

// TextsGiven lists the constant texts that a call's first argument may be, as Texts does.
func (s *Scope) TextsGiven(n *ast.Call) []string {
	if len(n.Args) == 0 {
		return nil
	}
	if c := s.Call(n); c != nil && len(c.Args) > 0 {
		at := *s
		at.heap = c
		if list := at.valueTexts(c.Args[0].Value, 0); list != nil {
			return list
		}
	}
	return s.Texts(n.Args[0])
}

// maxTextSteps bounds how deep a constant text is put together.
const maxTextSteps = 12

func (s *Scope) valueTexts(v *Value, depth int) []string {
	if v == nil || depth > 3 {
		return nil
	}
	if t, ok := v.Text(); ok {
		return []string{t}
	}
	var list []*Value
	if items, open, ok := s.heap.Items(v); ok {
		if open || len(items) == 0 {
			return nil
		}
		for _, it := range items {
			list = append(list, it.Value)
		}
	} else if entries, open, ok := s.heap.Entries(v); ok && v.Kind() == flow.KindObject {
		if open || len(entries) == 0 {
			return nil
		}
		var keys []string
		for _, e := range entries {
			if e.Key != nil {
				return nil
			}
			keys = append(keys, e.Name)
		}
		return keys
	} else if list = v.Alternatives(); len(list) < 2 {
		return nil
	}
	var out []string
	for _, x := range list {
		t := s.valueTexts(x, depth+1)
		if t == nil {
			return nil
		}
		out = append(out, t...)
	}
	return out
}

// Passed is a test that is passed on the way to a place.
type Passed struct {
	Scope *Scope
	// Tests are those of which one holds, or the one that does not where Holds is not set.
	Tests []ast.Expr
	Holds bool
	// Exit is what becomes of what does not pass, and Refusal the block that does it.
	Exit    Exit
	Refusal []ast.Stmt
}

// ExitOf is how a block is left at its end, whatever way through it is taken.
func ExitOf(body []ast.Stmt) Exit {
	if len(body) == 0 {
		return ExitNone
	}
	switch n := body[len(body)-1].(type) {
	case *ast.Raise:
		return ExitRaise
	case *ast.Return:
		return ExitReturn
	case *ast.Continue, *ast.Break:
		return ExitSkip
	case *ast.If:
		return min(ExitOf(n.Body), ExitOf(n.Orelse))
	case *ast.With:
		return ExitOf(n.Body)
	}
	if Leaves(body) {
		return ExitAbort
	}
	return ExitNone
}

// PassedBefore lists the tests that are passed on the way to a place of the scope's code, also in
// helpers that raise.
func (s *Scope) PassedBefore(at ast.Node) []Passed {
	g := guarding{}
	around := s.In.Around(at)
	g.block(s, s.In.File.Body, nil, around, 0)
	return g.out
}

type guarding struct{ out []Passed }

func (g *guarding) add(s *Scope, holds bool, exit Exit, refusal []ast.Stmt, tests ...ast.Expr) {
	g.out = append(g.out, Passed{s, tests, holds, exit, refusal})
}

// block follows the way to a place through a block, behind which follows what rest holds:
// around[i] is its statement on the way.
func (g *guarding) block(s *Scope, body, rest []ast.Stmt, around []ast.Node, i int) {
	for k, st := range body {
		if i >= len(around) || st != around[i] {
			continue
		}
		g.passed(s, body[:k])
		if k+1 < len(body) {
			rest = body[k+1:]
		}
		g.within(s, st, rest, around, i)
		return
	}
}

// within follows the way through a statement; rest is what follows it.
func (g *guarding) within(s *Scope, st ast.Stmt, rest []ast.Stmt, around []ast.Node, i int) {
	if i+1 >= len(around) {
		g.helpers(s, st)
		return
	}
	next := around[i+1]
	switch n := st.(type) {
	case *ast.If:
		switch {
		case slices.ContainsFunc(n.Body, func(b ast.Stmt) bool { return b == next }):
			refusal := otherwise(n)
			if len(n.Orelse) == 0 && len(rest) > 0 {
				refusal = rest[:1]
			}
			g.add(s, true, ExitOf(refusal), refusal, n.Test)
		case slices.ContainsFunc(n.Orelse, func(b ast.Stmt) bool { return b == next }):
			g.add(s, false, ExitOf(n.Body), n.Body, n.Test)
		}
	case *ast.While:
		if slices.ContainsFunc(n.Body, func(b ast.Stmt) bool { return b == next }) {
			g.add(s, true, ExitNone, nil, n.Test)
		}
	}
	switch st.(type) {
	case *ast.FunctionDef, *ast.ClassDef:
		rest = nil
	}
	for _, suite := range ast.Suites(st) {
		if slices.ContainsFunc(suite, func(b ast.Stmt) bool { return b == next }) {
			g.block(s, suite, rest, around, i+1)
			return
		}
	}
	switch n := next.(type) { // handlers and cases are no statements
	case *ast.ExceptHandler:
		g.block(s, n.Body, rest, around, i+2)
		return
	case *ast.MatchCase:
		g.block(s, n.Body, rest, around, i+2)
		return
	}
	g.helpers(s, st)
	for k := i + 1; k+1 < len(around); k++ {
		switch n := around[k].(type) {
		case *ast.IfExp:
			switch around[k+1] {
			case n.Body:
				g.add(s, true, ExitNone, nil, n.Test)
			case n.Orelse:
				g.add(s, false, ExitNone, nil, n.Test)
			}
		case *ast.BoolOp:
			for _, v := range n.Values {
				if ast.Node(v) == around[k+1] {
					break
				}
				g.add(s, !n.Or, ExitNone, nil, v)
			}
		case *ast.Comp:
			for _, cl := range n.Clauses {
				for _, t := range cl.Ifs {
					if !t.Range().Contains(around[k+1].Range()) {
						g.add(s, true, ExitSkip, nil, t)
					}
				}
			}
		}
	}
}

// otherwise is what runs when neither the test of an if nor one of its elifs holds.
func otherwise(n *ast.If) []ast.Stmt {
	for len(n.Orelse) == 1 {
		next, ok := n.Orelse[0].(*ast.If)
		if !ok || !next.Elif {
			break
		}
		n = next
	}
	return n.Orelse
}

// passed adds what the statements before a place have tested.
func (g *guarding) passed(s *Scope, body []ast.Stmt) {
	for _, st := range body {
		switch n := st.(type) {
		case *ast.If:
			g.after(s, n)
		case *ast.Assert:
			g.add(s, true, ExitRaise, nil, n.Test)
			g.helpers(s, n)
		case *ast.For:
			g.loop(s, n)
		case *ast.Try:
			if !slices.ContainsFunc(n.Handlers, func(h *ast.ExceptHandler) bool { return ExitOf(h.Body) == ExitNone }) {
				from := len(g.out)
				g.passed(s, n.Body)
				for i := from; i < len(g.out); i++ {
					// What is raised within may be answered by a return.
					if o := &g.out[i]; o.Exit == ExitRaise && len(n.Handlers) > 0 {
						for _, h := range n.Handlers {
							o.Exit = min(o.Exit, ExitOf(h.Body))
						}
					}
				}
				g.passed(s, n.Orelse)
			}
			g.passed(s, n.Final)
		case *ast.With:
			g.passed(s, n.Body)
		case *ast.FunctionDef, *ast.ClassDef, *ast.While, *ast.Match:
		default:
			g.helpers(s, st)
		}
	}
}

// after adds what holds behind an if.
func (g *guarding) after(s *Scope, n *ast.If) {
	g.calls(s, n.Test)
	if exit := ExitOf(n.Body); exit != ExitNone {
		g.add(s, false, exit, n.Body, n.Test)
		if len(n.Orelse) == 1 {
			if next, ok := n.Orelse[0].(*ast.If); ok {
				g.after(s, next)
				return
			}
		}
		g.passed(s, n.Orelse)
		return
	}
	first, tests := n, []ast.Expr{n.Test}
	for len(n.Orelse) == 1 {
		next, ok := n.Orelse[0].(*ast.If)
		if !ok || !next.Elif || ExitOf(next.Body) != ExitNone {
			break
		}
		tests, n = append(tests, next.Test), next
	}
	if exit := ExitOf(n.Orelse); exit != ExitNone {
		g.add(s, true, exit, n.Orelse, tests...)
		return
	}
	// What is tested only in some cases is tested.
	g.passed(s, first.Body)
	g.passed(s, first.Orelse)
}

// loop adds what a loop has tested that leaves at an item, or where no item was found.
func (g *guarding) loop(s *Scope, n *ast.For) {
	in := s.through(n.Target, n.Iter, nil)
	for _, st := range n.Body {
		test, ok := st.(*ast.If)
		if !ok || len(test.Orelse) > 0 || ExitOf(test.Body) < ExitReturn {
			if !ok || ExitOf(test.Body) == ExitNone {
				g.passed(in, []ast.Stmt{st})
			}
			continue
		}
		g.add(in, false, ExitOf(test.Body), test.Body, test.Test)
	}
	if exit := ExitOf(n.Orelse); exit != ExitNone {
		if tests := breaksBy(n.Body); tests != nil {
			g.add(in, true, exit, n.Orelse, tests...)
		}
	}
}

// breaksBy lists the tests of which one holds where a loop is left by a break.
func breaksBy(body []ast.Stmt) []ast.Expr {
	var out []ast.Expr
	for _, st := range body {
		switch n := st.(type) {
		case *ast.For, *ast.While, *ast.FunctionDef, *ast.ClassDef:
			continue
		case *ast.If:
			if len(n.Body) > 0 {
				if _, ok := n.Body[len(n.Body)-1].(*ast.Break); ok {
					out = append(out, n.Test)
					continue
				}
			}
		}
		for _, suite := range ast.Suites(st) {
			out = append(out, breaksBy(suite)...)
		}
	}
	return out
}

// helpers adds what the functions of the project that a simple statement calls have tested.
func (g *guarding) helpers(s *Scope, st ast.Stmt) {
	switch n := st.(type) {
	case *ast.ExprStmt:
		g.calls(s, n.Value)
	case *ast.Assign:
		g.calls(s, n.Value)
	case *ast.AnnAssign:
		if n.Value != nil {
			g.calls(s, n.Value)
		}
	case *ast.Return:
		if n.Value != nil {
			g.calls(s, n.Value)
		}
	case *ast.With:
		for _, it := range n.Items {
			g.calls(s, it.Context)
		}
	}
}

func (g *guarding) calls(s *Scope, e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Lambda, *ast.Comp:
			return false
		case *ast.Call:
			c := s.Call(n)
			if c == nil || len(n.Args)+len(n.Keywords) == 0 {
				return true
			}
			for _, f := range c.Enters() {
				in := s.enter(c, f)
				if in == nil {
					continue
				}
				from := len(g.out)
				body := BodyOf(f)
				one, others := givenBack(body)
				switch {
				case one != nil:
					g.block(in, body, nil, in.In.Around(one)[slices.Index(in.In.Around(one), ast.Node(body[indexOf(body, one)])):], 0)
				default:
					g.passed(in, body)
				}
				// What the helper does not raise, it only leaves for itself; where it gives nothing back
				// for what it refuses, its caller has nothing to go on with.
				least := ExitAbort
				if one != nil && !others {
					least = ExitReturn
					for k := from; k < len(g.out); k++ {
						if g.out[k].Scope == in && g.out[k].Exit == ExitNone {
							g.out[k].Exit = ExitReturn
						}
					}
				}
				g.out = append(g.out[:from], slices.DeleteFunc(slices.Clone(g.out[from:]), func(o Passed) bool { return o.Exit < least })...)
			}
		}
		return true
	})
}

// givenBack is the one return of a function that gives something back; others is set where there are
// more of them.
func givenBack(body []ast.Stmt) (one *ast.Return, others bool) {
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Return:
			if n.Value == nil || isNoneExpr(n.Value) {
				break
			}
			others = one != nil
			one = n
		}
		return true
	})
	if others {
		one, _ = body[len(body)-1].(*ast.Return)
	}
	return one, others
}

// indexOf is the place of the statement in a block that holds another one.
func indexOf(body []ast.Stmt, n ast.Node) int {
	return slices.IndexFunc(body, func(s ast.Stmt) bool { return s.Range().Contains(n.Range()) })
}

// Atom judges a test that is no combination of others: sound is set where what holds keeps the
// data where it should be, and faulty lists the tests that are meant to and do not.
type Atom[T any] func(s *Scope, test ast.Expr, holds bool) (sound bool, faulty []T)

// JudgePassed judges what holds behind a guard.
func JudgePassed[T any](g Passed, atom Atom[T]) (sound bool, faulty []T) {
	j := judging[T]{atom}
	return j.anyOf(len(g.Tests), func(i int) (bool, []T) { return j.test(g.Scope, g.Tests[i], g.Holds, 0) })
}

type judging[T any] struct{ atom Atom[T] }

// anyOf judges alternatives: all of them must be sound.
func (j judging[T]) anyOf(n int, judge func(int) (bool, []T)) (sound bool, faulty []T) {
	sound = n > 0
	for i := range n {
		ok, bad := judge(i)
		sound = sound && ok
		if !ok {
			faulty = append(faulty, bad...)
		}
	}
	return sound, faulty
}

// allOf judges what holds together: one of it that is sound suffices.
func (j judging[T]) allOf(n int, judge func(int) (bool, []T)) (sound bool, faulty []T) {
	for i := range n {
		ok, bad := judge(i)
		if ok {
			return true, nil
		}
		faulty = append(faulty, bad...)
	}
	return false, faulty
}

// maxTestDepth bounds how deep tests are nested.
const maxTestDepth = 20

func (j judging[T]) test(s *Scope, e ast.Expr, holds bool, depth int) (sound bool, faulty []T) {
	if depth > maxTestDepth {
		return false, nil
	}
	switch n := e.(type) {
	case *ast.UnaryOp:
		if n.Op == "not" {
			return j.test(s, n.Operand, !holds, depth+1)
		}
	case *ast.BoolOp:
		judge := func(i int) (bool, []T) { return j.test(s, n.Values[i], holds, depth+1) }
		if n.Or == holds {
			return j.anyOf(len(n.Values), judge)
		}
		return j.allOf(len(n.Values), judge)
	case *ast.NamedExpr:
		return j.test(s, n.Value, holds, depth+1)
	case *ast.Name:
		if sound, faulty, ok := j.flag(s, n, holds, depth); ok {
			return sound, faulty
		}
	case *ast.Compare:
		if len(n.Ops) == 1 {
			if k, ok := n.Right[0].(*ast.Constant); ok && (k.Value == ast.True || k.Value == ast.False) {
				is := n.Ops[0] == "is" || n.Ops[0] == "=="
				return j.test(s, n.Left, holds == (is == (k.Value == ast.True)), depth+1)
			}
		}
	case *ast.Await:
		return j.test(s, n.Value, holds, depth+1)
	case *ast.Subscript:
		if comp, ok := n.Value.(*ast.Comp); ok {
			return j.test(s, comp.Elt, holds, depth+1)
		}
	case *ast.Call:
		if name := LastName(n.Fn); (name == "any" || name == "all" || name == "bool") && len(n.Args) == 1 && len(n.Keywords) == 0 {
			if comp, ok := n.Args[0].(*ast.Comp); ok && len(comp.Clauses) == 1 {
				cl := comp.Clauses[0]
				in := s.through(cl.Target, cl.Iter, n)
				tests := append([]ast.Expr{comp.Elt}, cl.Ifs...)
				if len(cl.Ifs) > 0 {
					return j.allOf(len(tests), func(i int) (bool, []T) { return j.test(in, tests[i], holds, depth+1) })
				}
				return j.test(in, comp.Elt, holds, depth+1)
			}
			if name == "bool" {
				return j.test(s, n.Args[0], holds, depth+1)
			}
		}
		if c := s.Call(n); c != nil {
			for _, f := range c.Enters() {
				if in := s.enter(c, f); in != nil {
					return j.predicate(in, holds, depth)
				}
			}
		}
	}
	return j.atom(s, e, holds)
}

// predicate judges what follows from the truth of what a function gives.
func (j judging[T]) predicate(s *Scope, holds bool, depth int) (sound bool, faulty []T) {
	var returns []*ast.Return
	own := s.Frame.Function().Def
	ast.InspectStmts(own.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef:
			return false
		case *ast.Return:
			if k, ok := n.Value.(*ast.Constant); n.Value != nil && (!ok || (k.Value == ast.True) == holds) || n.Value == nil && !holds {
				returns = append(returns, n)
			}
		}
		return true
	})
	return j.anyOf(len(returns), func(i int) (bool, []T) {
		r := returns[i]
		guards := s.PassedBefore(r)
		return j.allOf(len(guards)+1, func(k int) (bool, []T) {
			if k < len(guards) {
				return JudgePassed(guards[k], j.atom)
			}
			if _, constant := r.Value.(*ast.Constant); r.Value == nil || constant {
				return false, nil
			}
			return j.test(s, r.Value, holds, depth+1)
		})
	})
}

// flag judges a local name that a test was assigned to, or that is set to True where one holds. ok
// is false for other names.
func (j judging[T]) flag(s *Scope, n *ast.Name, holds bool, depth int) (sound bool, faulty []T, ok bool) {
	last := s.Assigned(n)
	if last == nil {
		return false, nil, false
	}
	if _, constant := last.(*ast.Constant); !constant {
		switch last.(type) {
		case *ast.Compare, *ast.BoolOp, *ast.UnaryOp, *ast.Call, *ast.Await:
			sound, faulty = j.test(s, last, holds, depth+1)
			return sound, faulty, true
		}
		return false, nil, false
	}
	var set []*ast.Assign
	ast.InspectStmts(BodyOf(s.Frame), func(x ast.Node) bool {
		if a, is := x.(*ast.Assign); is && len(a.Targets) == 1 && LastName(a.Targets[0]) == n.Id && a.Pos() < n.Pos() {
			if k, is := a.Value.(*ast.Constant); is && (k.Value == ast.True) == holds {
				set = append(set, a)
			}
		}
		return true
	})
	sound, faulty = j.anyOf(len(set), func(i int) (bool, []T) {
		around := s.In.Around(set[i])
		in := s
		for _, x := range around {
			if l, is := x.(*ast.For); is {
				in = in.through(l.Target, l.Iter, nil)
			}
		}
		for k := len(around) - 2; k >= 0; k-- {
			if test, is := around[k].(*ast.If); is && InBlock(test.Body, set[i]) {
				return j.test(in, test.Test, true, depth+1)
			}
			if _, is := around[k].(*ast.FunctionDef); is {
				break
			}
		}
		return false, nil
	})
	return sound, faulty, true
}

// IsAddressTest reports whether a test asks what kind of IP address something is.
func IsAddressTest(e ast.Expr) bool {
	a, ok := e.(*ast.Attribute)
	return ok && slices.Contains(addressKinds, a.Attr.Id)
}
