package checks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// This file holds the words that several checks need and that are about a report and its
// place rather than about values.

// Fix makes a fix of edits; without edits there is none.
func Fix(unsafe bool, message string, edits ...[]fix.Edit) *fix.Fix {
	f := &fix.Fix{Unsafe: unsafe, Message: message}
	for _, e := range edits {
		f.Edits = append(f.Edits, e...)
	}
	if len(f.Edits) == 0 {
		return nil
	}
	return f
}

// Together makes one fix of several that are made for one place; what they have in common is done once. Those that are nil
// count for nothing.
func Together(list ...*fix.Fix) *fix.Fix {
	var out *fix.Fix
	for _, f := range list {
		if f == nil {
			continue
		}
		if out == nil {
			out = &fix.Fix{Unsafe: f.Unsafe, Message: f.Message}
		}
		out.Unsafe = out.Unsafe || f.Unsafe
		for _, e := range f.Edits {
			if !slices.Contains(out.Edits, e) {
				out.Edits = append(out.Edits, e)
			}
		}
	}
	return out
}

// WaysTo lists the ways of a label by which data comes to the call at the end of a path, the path itself among them.
func WaysTo(path *Path) []*Path {
	var out []*Path
	for _, o := range path.Engine.Paths(path.Kind) {
		if o.Call != nil && o.Call.Node == path.Call.Node && o.Mark.Label == path.Mark.Label && o.Mod == path.Mod {
			out = append(out, o)
		}
	}
	return out
}

// Around lists the nodes that hold a node, outermost first, itself last.
func (m *Module) Around(n ast.Node) []ast.Node { return ast.PathEnclosing(m.File, n.Range()) }

// StmtOf returns the innermost statement that holds a node, or nil.
func (m *Module) StmtOf(n ast.Node) ast.Stmt {
	list := m.Around(n)
	for i := len(list) - 1; i >= 0; i-- {
		if s, ok := list[i].(ast.Stmt); ok {
			return s
		}
	}
	return nil
}

// IsTest reports whether the file is part of a test suite by its name and folder, as pytest
// and unittest find them.
func (m *Module) IsTest() bool {
	if m.semantic != nil {
		return m.semantic.Test
	}
	return semantic.IsTest(m.Path)
}

// MethodClass returns the class in one of whose methods (or functions within it) a call
// stands, and the name of the method's receiver: "self".
func MethodClass(f *Frame) (c *ProjectClass, method, receiver string) {
	for ; f != nil; f = f.Outer() {
		fn := f.Function()
		if fn == nil || fn.Class == nil || fn.Def == nil {
			continue
		}
		if list := fn.Params.List; len(list) > 0 && list[0].Name != nil {
			receiver = list[0].Name.Id
		}
		return f.Class(), fn.Name, receiver
	}
	return nil, "", ""
}

// Replace puts text in the place of a node.
func Replace(p *Pass, n ast.Node, text string) []fix.Edit {
	return []fix.Edit{fix.ReplaceNode(p.File, n, text)}
}

// PlaceholderOf is the placeholder of an f-string that an expression fills, with its f-string; nil where it fills none.
func PlaceholderOf(m *Module, e ast.Expr) (*ast.Placeholder, *ast.JoinedStr) {
	around := m.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		ph, ok := around[i].(*ast.Placeholder)
		if !ok || ph.Value != e {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			if s, ok := around[j].(*ast.JoinedStr); ok {
				return ph, s
			}
		}
	}
	return nil, nil
}

// UsesName reports whether a name stands in a tree.
func UsesName(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Name)
		found = found || ok && id.Id == name
		return !found
	})
	return found
}

// At names an argument by its position (-1 for none) and keyword.
type At struct {
	Pos  int
	Name string
}

// SetConstant is the fix that changes the constant given for an argument where it stands; it
// is unsafe, as someone chose the constant. Where the argument is not a literal, it is
// replaced in the call. What the call unpacks is changed in its dict, also in another file.
func SetConstant(p *Pass, c *Call, a *Argument, text string) *fix.Fix {
	name := a.Name
	if name == "" {
		name = "the argument"
	}
	set := func(there *Pass, n ast.Node) *fix.Fix {
		return Fix(true, "set "+name+" to "+text, Replace(there, n, text))
	}
	if node := ConstantNode(p, a); node != nil {
		return set(p, node)
	}
	if e, ok := a.Given.(ast.Expr); ok && a.Unpacked {
		return FixAt(p, e, func(there *Pass) *fix.Fix { return set(there, e) })
	}
	return nil
}

// There is the pass for another file of the project, for the edits that are made in it: p.InFile says of
// them where they belong.
func (p *Pass) There(m *Module) *Pass {
	if m == p.Module {
		return p
	}
	there := *p
	there.Module = m
	return &there
}

// FixAt makes a fix in the file that a node is part of, this one or one connected with it: build is given the
// pass for that file. It is nil where the node is in none of them.
func FixAt(p *Pass, n ast.Node, build func(there *Pass) *fix.Fix) *fix.Fix {
	m := p.Holder(n)
	if m == nil {
		return nil
	}
	f := build(p.There(m))
	if f != nil {
		p.InFile(m, f.Edits)
	}
	return f
}

// ConstantNode is the expression of this file that gives an argument its value, to be
// replaced: the literal, also one in a dict that the call unpacks, or else the argument in
// the call, or in the dict that it unpacks. It is nil where there is none.
func ConstantNode(p *Pass, a *Argument) ast.Node {
	if k, ok := a.Given.(*ast.Constant); ok && p.Holds(k) {
		return k
	}
	if a.Unpacked {
		if e, ok := a.Given.(ast.Expr); ok && p.Holds(e) {
			return e
		}
		return nil
	}
	if a.Node == nil {
		return nil
	}
	return a.Node
}

// RawEdits makes edits of a notebook's bytes those of a fix; none where they cannot be made.
func RawEdits(list []notebook.RawEdit, err error) []fix.Edit {
	if err != nil {
		return nil
	}
	out := make([]fix.Edit, 0, len(list))
	for _, e := range list {
		out = append(out, fix.Edit{Start: e.Start, End: e.End, New: string(e.New), Raw: true})
	}
	return out
}

// Place is the node for the report of a place that is no node of a tree.
func Place(s ast.Span) ast.Node { return command{s} }

// TextEdits turns edits of a text into those of a fix.
func TextEdits(edits ...ast.Edit) []fix.Edit {
	var out []fix.Edit
	for _, e := range edits {
		out = append(out, fix.Edit{Start: int(e.Start), End: int(e.End), New: e.New})
	}
	return out
}

// FirstLine is the part of an instruction on its first line.
func FirstLine(p *ManifestPass, s ast.Span) ast.Span {
	text := p.Source.Text[s.Start:s.End]
	for i, c := range text {
		if c == '\n' {
			s.End = s.Start + ast.Pos(len(strings.TrimRight(string(text[:i]), " \t\r\\")))
			break
		}
	}
	return s
}

// Command is the node for the report of a notebook's shell line or magic.
func Command(s ast.Span) ast.Node { return command{s} }

type command struct{ ast.Span }

// Kind implements ast.Node.
func (command) Kind() ast.Kind { return ast.KindExprStmt }

// Holds reports whether a node is part of this file.
func (m *Module) Holds(n ast.Node) bool {
	list := m.Around(n)
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == n {
			return true
		}
	}
	return false
}

// Holder returns the file connected with this one that a node is part of, nil where none is.
func (p *Pass) Holder(n ast.Node) *Module {
	if n == nil {
		return nil
	}
	if p.Holds(n) {
		return p.Module
	}
	for _, m := range p.Connected() {
		if m.Holds(n) {
			return m
		}
	}
	return nil
}

// On reports whether a switch is given as a constant that is true: True or 1.
func On(v *Value) bool {
	n, ok := v.Number()
	return v.IsTrue() || ok && n == 1
}

// Off reports whether a switch is given as a constant that is false: False or 0.
func Off(v *Value) bool {
	n, ok := v.Number()
	return v.IsFalse() || ok && n == 0
}

// ArgNode is the place of an argument: the whole `name=value`, or the call for one that comes
// out of `**`.
func ArgNode(c *Call, a *Argument) ast.Node {
	switch {
	case a.Unpacked || a.Node == nil:
		return c.Node
	case a.Keyword != nil:
		return a.Keyword
	}
	return a.Node
}

// RemoveArg deletes a keyword argument, or its entry in the dict that the call unpacks.
func RemoveArg(p *Pass, c *Call, a *Argument) []fix.Edit {
	if a.Unpacked {
		return withoutEntry(p, a)
	}
	if a.Keyword == nil {
		return nil
	}
	return fix.RemoveArg(p.File, c.Node, a.Keyword)
}

// JustWritten reports whether the file that a call reads was written by one of the savers
// earlier in the same function: the same buffer, or the same constant path.
func JustWritten(c *Call, read, written At, savers ...string) bool {
	file := c.Arg(read.Pos, read.Name)
	if file == nil {
		return false
	}
	for _, o := range c.Frame.Calls {
		if !o.Symbol.Is(savers...) || o.Node.Pos() > c.Node.Pos() {
			continue
		}
		if to := o.Arg(written.Pos, written.Name); to != nil && (sameFile(file, to) || sameBuffer(file.Value, to.Value)) {
			return true
		}
	}
	return false
}

// sameFile reports whether two arguments name one file: the same constant text, or the same
// local name.
func sameFile(a, b *Argument) bool {
	x, ok1 := a.Value.Text()
	y, ok2 := b.Value.Text()
	if ok1 && ok2 {
		return x == y
	}
	m, ok1 := a.Node.(*ast.Name)
	n, ok2 := b.Node.(*ast.Name)
	return ok1 && ok2 && m.Id == n.Id
}

// sameBuffer reports whether a is the in-memory file b, or a new one of its bytes.
func sameBuffer(a, b *Value) bool {
	if !a.Is("io.BytesIO()") || a.Origin() == nil || b.Origin() == nil {
		return false
	}
	if a.Origin() == b.Origin() {
		return true
	}
	given := a.Origin().Arg(0, "initial_bytes")
	if given == nil || given.Value.Origin() == nil || given.Value.Origin().Receiver == nil {
		return false
	}
	return given.Value.Origin().Receiver.Origin() == b.Origin()
}

// IsCommit reports whether a value is a full commit hash, 40 hexadecimal digits.
func IsCommit(v *Value) bool {
	t, ok := v.Text()
	return ok && IsCommitHash(t)
}

// IsCommitHash reports whether a text is a full commit hash.
func IsCommitHash(t string) bool {
	return len(t) == 40 && strings.Trim(t, "0123456789abcdef") == ""
}

// Defines reports whether the module binds a name at its top level.
func (m *Module) Defines(name string) bool {
	_, ok := m.semantic.Scope.Slot(name)
	return ok
}

// Imports reports whether an import anywhere in the module binds a name.
func (m *Module) Imports(name string) bool { return m.semantic.ImportsName(name) }

// FunctionNamed returns the function of that name at the module's top level, or nil.
func (m *Module) FunctionNamed(name string) *ast.FunctionDef {
	for _, f := range m.semantic.Functions {
		if f.Def != nil && f.Qual == name {
			return f.Def
		}
	}
	return nil
}

// Judged reports whether a verdict decides about what happens at the end of a path: in one of
// the functions on its way a test depends on what a call gives whose name holds one of the
// words.
func Judged(p *Pass, path *Path, words ...string) bool {
	return JudgedIn(path.Frame, words...) || JudgedIn(path.Call.Frame, words...)
}

// JudgedIn reports whether a test in a function depends on such a verdict.
func JudgedIn(f *Frame, words ...string) bool {
	if fn := f.Function(); fn != nil {
		return fn.Def != nil && judges(fn.Module.File, fn.Def.Body, words)
	}
	return judges(f.Module().File, f.Module().File.Body, words)
}

// Classifiers lists the names by which the functions on a way call a pipeline of transformers that
// classifies, for Judged. A check that asks has `transformers.pipeline()` among what it Knows.
func Classifiers(path *Path) []string {
	var out []string
	for _, f := range [...]*Frame{path.Frame, path.Call.Frame} {
		for _, c := range f.Calls {
			if !c.Symbol.Is("transformers.pipeline()") || c.Receiver.Origin() == nil && c.Callee.Origin() == nil {
				continue
			}
			made := c.Callee.Origin()
			if made == nil {
				made = c.Receiver.Origin()
			}
			if task := made.Arg(0, "task"); task != nil {
				if t, _ := task.Value.Text(); strings.Contains(t, "classification") || t == "sentiment-analysis" {
					out = append(out, strings.ToLower(f.Module().File.Text(c.Node.Fn)))
				}
			}
		}
	}
	return out
}

// judges reports whether a test in a body depends on a call named by one of the words.
func judges(in *ast.File, body []ast.Stmt, words []string) bool {
	verdict := map[string]bool{}
	depends := func(n ast.Node) bool {
		found := false
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || verdict[n.Id]
			case *ast.Call:
				text := strings.ToLower(in.Text(n.Fn))
				for _, w := range words {
					found = found || strings.Contains(text, w)
				}
			}
			return !found
		})
		return found
	}
	judged := false
	for range 2 {
		ast.InspectStmts(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				if depends(n.Value) {
					for _, t := range n.Targets {
						markNames(t, verdict)
					}
				}
			case *ast.For:
				if depends(n.Iter) {
					markNames(n.Target, verdict)
				}
			case *ast.CompClause:
				for _, c := range n.Ifs {
					judged = judged || depends(c)
				}
			}
			if test := TestOf(n); test != nil && depends(test) {
				judged = true
			}
			return !judged
		})
	}
	return judged
}

// TestOf is the test of an if, a conditional expression, an assert or a while; nil for other nodes.
func TestOf(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.If:
		return n.Test
	case *ast.IfExp:
		return n.Test
	case *ast.Assert:
		return n.Test
	case *ast.While:
		return n.Test
	}
	return nil
}

func markNames(e ast.Expr, names map[string]bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			names[id.Id] = true
		}
		return true
	})
}

// Leaves reports whether a block ends by leaving the function or this round of a loop.
func Leaves(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch s := body[len(body)-1].(type) {
	case *ast.Raise, *ast.Return, *ast.Continue, *ast.Break:
		return true
	case *ast.ExprStmt:
		if c, ok := s.Value.(*ast.Call); ok {
			switch name := LastName(c.Fn); name {
			case "exit", "stop":
				_, method := c.Fn.(*ast.Attribute) // sys.exit, st.stop
				return method || name == "exit"
			default:
				return strings.HasPrefix(name, "abort")
			}
		}
	}
	return false
}

// LastAssigned is the expression that was assigned last to a local name before a place, in the
// statements around that; nil where there is none.
func LastAssigned(body []ast.Stmt, name *ast.Name) ast.Expr {
	return lastAssigned(body, name, true)
}

// lastAssigned is LastAssigned, that looks into expressions where there are assignments in them.
func lastAssigned(body []ast.Stmt, name *ast.Name, within bool) ast.Expr {
	var found ast.Expr
	visit := func(n ast.Node) bool {
		if n.Pos() >= name.Pos() {
			return false
		}
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if id, ok := t.(*ast.Name); ok && id.Id == name.Id && n.Stop() <= name.Pos() {
					found = n.Value
				}
			}
		case *ast.AnnAssign:
			if id, ok := n.Target.(*ast.Name); ok && id.Id == name.Id && n.Value != nil && n.Stop() <= name.Pos() {
				found = n.Value
			}
		case *ast.NamedExpr:
			if n.Target.Id == name.Id {
				found = n.Value
			}
		}
		return true
	}
	if within {
		ast.InspectStmts(body, visit)
	} else {
		ast.InspectBlocks(body, func(s ast.Stmt) bool { return visit(s) })
	}
	return found
}

// Deferred reports whether an expression is evaluated elsewhere than right at its
// statement: in a lambda or a comprehension, or in the head of a loop or branch.
func Deferred(m *Module, n ast.Node, stmt ast.Stmt) bool {
	switch stmt.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign, *ast.Return, *ast.With, *ast.AugAssign:
	default:
		return true
	}
	for _, a := range m.Around(n) {
		if a.Pos() < stmt.Pos() {
			continue
		}
		switch a.(type) {
		case *ast.Lambda, *ast.Comp:
			return true
		}
	}
	return false
}

// KnownBefore reports whether an expression is worth the same right before its statement: that is no head of a loop or
// branch, and no comprehension or lambda around the expression binds one of its names.
func KnownBefore(m *Module, e ast.Expr, stmt ast.Stmt) bool {
	switch stmt.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign, *ast.Return, *ast.With, *ast.AugAssign, *ast.If:
	default:
		return false
	}
	if branch, ok := stmt.(*ast.If); ok && (branch.Elif || !branch.Test.Range().Contains(e.Range())) {
		return false
	}
	var bound []string
	for _, a := range m.Around(e) {
		if a.Pos() < stmt.Pos() {
			continue
		}
		switch a := a.(type) {
		case *ast.Lambda:
			for _, o := range a.Params.List {
				if o.Name != nil {
					bound = append(bound, o.Name.Id)
				}
			}
		case *ast.Comp:
			for _, cl := range a.Clauses {
				ast.Inspect(cl.Target, func(n ast.Node) bool {
					if n, ok := n.(*ast.Name); ok {
						bound = append(bound, n.Id)
					}
					return true
				})
			}
		}
	}
	free := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			free = free && !slices.Contains(bound, n.Id)
		case *ast.NamedExpr, *ast.Yield:
			free = false
		}
		return free
	})
	return free
}

// Possible lists what a value that a call is given can be: of a parameter what callers give, else its default.
func Possible(c *Call, v *Value) []*Value {
	list := c.Given(v)
	if len(list) == 0 {
		list = []*Value{v}
	}
	var out []*Value
	for _, v := range list {
		if d := v.Default(); d != nil {
			v = d
		}
		out = append(out, v.Alternatives()...)
	}
	return out
}

// GivenFor returns the argument that a call gives for a parameter, by its name, of the function
// of the project that it calls; nil where there is none.
func GivenFor(c *Call, param string) *Argument {
	body := c.Body()
	if body == nil || body.Function() == nil || body.Function().Params == nil {
		return nil
	}
	list := body.Function().Params.List
	skip := 0
	if body.Function().Class != nil && c.Receiver != nil && len(list) > 0 {
		skip = 1 // self
	}
	for i, p := range list {
		if p.Name != nil && p.Name.Id == param {
			return c.Arg(i-skip, param)
		}
	}
	return nil
}

// CalledName is the last part of the name of what is called: as its library calls it where that
// is known, else as it is written.
func CalledName(c *Call) string {
	if name := c.Callee.Name(); name != "" && !strings.HasSuffix(name, "()") {
		return name[strings.LastIndexByte(name, '.')+1:]
	}
	return LastName(c.Node.Fn)
}

// LastName is the name by which an expression is known, or a function called: `scaler` of
// `self.scaler`; "" for what is no name.
func LastName(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Name:
		return n.Id
	case *ast.Attribute:
		return n.Attr.Id
	}
	return ""
}

// BodyOf lists the statements of a frame's function, or of the file for a module; nil for a
// lambda.
func BodyOf(f *Frame) []ast.Stmt {
	fn := f.Function()
	switch {
	case fn == nil:
		return f.Module().File.Body
	case fn.Def != nil:
		return fn.Def.Body
	}
	return nil
}

// Decided reports whether a node is reached only where an option of a name is on: in the branch that
// asks for it (`if args.trust_remote_code:`), or behind one that leaves where it is off. What stands
// there is what the caller has asked for.
func Decided(p *Pass, n ast.Node, option string) bool {
	if fn := p.FunctionAround(n); fn != nil {
		for _, s := range fn.Body {
			if test, ok := s.(*ast.If); ok && test.Pos() < n.Pos() && saysOff(test.Test, option) {
				switch test.Body[len(test.Body)-1].(type) {
				case *ast.Raise, *ast.Return:
					return true
				}
			}
		}
	}
	for _, a := range p.Around(n) {
		switch a := a.(type) {
		case *ast.If:
			if InBlock(a.Body, n) && saysOn(a.Test, option) || InBlock(a.Orelse, n) && saysOff(a.Test, option) {
				return true
			}
		case *ast.IfExp:
			if a.Body.Range().Contains(n.Range()) && saysOn(a.Test, option) || a.Orelse.Range().Contains(n.Range()) && saysOff(a.Test, option) {
				return true
			}
		}
	}
	return false
}

// saysOn reports whether a test holds only where an option is on.
func saysOn(test ast.Expr, option string) bool {
	switch t := test.(type) {
	case *ast.Name, *ast.Attribute:
		return LastName(t) == option
	case *ast.BoolOp:
		return !t.Or && slices.ContainsFunc(t.Values, func(v ast.Expr) bool { return saysOn(v, option) })
	case *ast.UnaryOp:
		return t.Op == "not" && saysOff(t.Operand, option)
	}
	return false
}

// saysOff reports whether a test holds where an option is off, and only fails where it is on.
func saysOff(test ast.Expr, option string) bool {
	switch t := test.(type) {
	case *ast.UnaryOp:
		return t.Op == "not" && saysOn(t.Operand, option)
	case *ast.BoolOp:
		return t.Or && slices.ContainsFunc(t.Values, func(v ast.Expr) bool { return saysOff(v, option) })
	}
	return false
}

// InBlock reports whether a node stands in one of the statements.
func InBlock(body []ast.Stmt, n ast.Node) bool {
	for _, s := range body {
		if s.Range().Contains(n.Range()) {
			return true
		}
	}
	return false
}
