package ast

import "sort"

// Inspect calls f for root and, as long as f returns true, for what is below it, each node
// before its parts and the parts in the order of the text. Identifiers that are no
// expressions (the name of a function, class, parameter, keyword, attribute or handler) are
// not visited; they are reached through the fields of their nodes, as in CPython's ast.
// Nothing is allocated.
func Inspect(root Node, f func(Node) bool) {
	if root == nil || !f(root) {
		return
	}
	inspectChildren(root, f)
}

// InspectParts calls Inspect for each direct part of n, in the order of the text.
func InspectParts(n Node, f func(Node) bool) { inspectChildren(n, f) }

// InspectFile calls Inspect for each statement of a file.
func InspectFile(file *File, f func(Node) bool) { InspectStmts(file.Body, f) }

// InspectStmts calls Inspect for each statement of a list.
func InspectStmts(list []Stmt, f func(Node) bool) {
	for _, s := range list {
		Inspect(s, f)
	}
}

// InspectBlocks calls f for each statement of a list and, as long as f returns true, for the statements in its
// blocks, in the order of the text. Expressions are not visited.
func InspectBlocks(list []Stmt, f func(Stmt) bool) {
	for _, s := range list {
		if !f(s) {
			continue
		}
		for _, block := range Suites(s) {
			InspectBlocks(block, f)
		}
	}
}

// Children calls yield for each direct part of n in the order of the text, until yield
// returns false. It visits the nodes that Inspect visits.
func Children(n Node, yield func(Node) bool) {
	stopped := false
	inspectChildren(n, func(c Node) bool {
		if !stopped && !yield(c) {
			stopped = true
		}
		return false
	})
}

// PathEnclosing returns the chain of nodes that contain the span, outermost first. Where
// an empty span lies between two nodes, the first is taken.
func PathEnclosing(file *File, sp Span) []Node {
	top := around(file.Body, sp)
	if top == nil {
		return nil
	}
	path := append(make([]Node, 0, 16), top)
	for len(path) > 0 {
		n := path[len(path)-1]
		if s := inBlocks(n, sp); s != nil {
			path = append(path, s)
			continue
		}
		Children(n, func(c Node) bool {
			if outer(c).Contains(sp) {
				path = append(path, c)
				return false
			}
			return true
		})
		if path[len(path)-1] == n {
			break
		}
	}
	return path
}

// around is the statement of a block that contains a span, nil where none does.
func around(block []Stmt, sp Span) Node {
	at := sort.Search(len(block), func(i int) bool { return block[i].Stop() >= sp.End })
	if at == len(block) || !outer(block[at]).Contains(sp) {
		return nil
	}
	return block[at]
}

// inBlocks is the statement that contains a span among those that are the node's children, nil where none does. Blocks can
// be long: they are not gone through one by one.
func inBlocks(n Node, sp Span) Node {
	switch n := n.(type) {
	case *FunctionDef:
		return around(n.Body, sp)
	case *ClassDef:
		return around(n.Body, sp)
	case *With:
		return around(n.Body, sp)
	case *ExceptHandler:
		return around(n.Body, sp)
	case *MatchCase:
		return around(n.Body, sp)
	case *If:
		return either(n.Body, n.Orelse, sp)
	case *For:
		return either(n.Body, n.Orelse, sp)
	case *While:
		return either(n.Body, n.Orelse, sp)
	case *Try:
		if s := around(n.Body, sp); s != nil {
			return s
		}
		return either(n.Orelse, n.Final, sp)
	}
	return nil
}

func either(a, b []Stmt, sp Span) Node {
	if s := around(a, sp); s != nil {
		return s
	}
	return around(b, sp)
}

// outer is a node's span together with the decorators before it.
func outer(n Node) Span {
	s := n.Range()
	switch n := n.(type) {
	case *FunctionDef:
		if len(n.Decorators) > 0 {
			s.Start = n.Decorators[0].Start
		}
	case *ClassDef:
		if len(n.Decorators) > 0 {
			s.Start = n.Decorators[0].Start
		}
	}
	return s
}

// StmtOf returns the innermost statement of a path from PathEnclosing, or nil.
func StmtOf(path []Node) Stmt {
	for i := len(path) - 1; i >= 0; i-- {
		if s, ok := path[i].(Stmt); ok {
			return s
		}
	}
	return nil
}

// Suites returns the blocks of a compound statement in the order of the text: bodies, cases,
// handlers, else and finally, of which some may be empty; nil for a simple statement. The
// blocks are those of the tree, not copies.
func Suites(s Stmt) [][]Stmt {
	switch s := s.(type) {
	case *FunctionDef:
		return [][]Stmt{s.Body}
	case *ClassDef:
		return [][]Stmt{s.Body}
	case *For:
		return [][]Stmt{s.Body, s.Orelse}
	case *While:
		return [][]Stmt{s.Body, s.Orelse}
	case *If:
		return [][]Stmt{s.Body, s.Orelse}
	case *With:
		return [][]Stmt{s.Body}
	case *Match:
		suites := make([][]Stmt, len(s.Cases))
		for i, c := range s.Cases {
			suites[i] = c.Body
		}
		return suites
	case *Try:
		suites := [][]Stmt{s.Body}
		for _, h := range s.Handlers {
			suites = append(suites, h.Body)
		}
		return append(suites, s.Orelse, s.Final)
	}
	return nil
}

func inspectExpr(e Expr, f func(Node) bool) {
	if e != nil && f(e) {
		inspectChildren(e, f)
	}
}

func inspectExprs(list []Expr, f func(Node) bool) {
	for _, e := range list {
		inspectExpr(e, f)
	}
}

func inspectPatterns(list []Pattern, f func(Node) bool) {
	for _, p := range list {
		Inspect(p, f)
	}
}

func inspectTypeParams(list []*TypeParam, f func(Node) bool) {
	for _, p := range list {
		Inspect(p, f)
	}
}

// inspectArguments visits two lists that stand mixed in the text in its order.
func inspectArguments(args []Expr, keywords []*Keyword, f func(Node) bool) {
	for len(args) > 0 || len(keywords) > 0 {
		if len(keywords) == 0 || len(args) > 0 && args[0].Pos() < keywords[0].Start {
			inspectExpr(args[0], f)
			args = args[1:]
			continue
		}
		Inspect(keywords[0], f)
		keywords = keywords[1:]
	}
}

func inspectChildren(n Node, f func(Node) bool) {
	switch n := n.(type) {
	case *FunctionDef:
		for _, d := range n.Decorators {
			Inspect(d, f)
		}
		inspectTypeParams(n.TypeParams, f)
		Inspect(n.Params, f)
		inspectExpr(n.Returns, f)
		InspectStmts(n.Body, f)
	case *ClassDef:
		for _, d := range n.Decorators {
			Inspect(d, f)
		}
		inspectTypeParams(n.TypeParams, f)
		inspectArguments(n.Bases, n.Keywords, f)
		InspectStmts(n.Body, f)
	case *Return:
		inspectExpr(n.Value, f)
	case *Delete:
		inspectExprs(n.Targets, f)
	case *Assign:
		inspectExprs(n.Targets, f)
		inspectExpr(n.Value, f)
	case *AugAssign:
		inspectExpr(n.Target, f)
		inspectExpr(n.Value, f)
	case *AnnAssign:
		inspectExpr(n.Target, f)
		inspectExpr(n.Annotation, f)
		inspectExpr(n.Value, f)
	case *TypeAlias:
		inspectTypeParams(n.TypeParams, f)
		inspectExpr(n.Value, f)
	case *For:
		inspectExpr(n.Target, f)
		inspectExpr(n.Iter, f)
		InspectStmts(n.Body, f)
		InspectStmts(n.Orelse, f)
	case *While:
		inspectExpr(n.Test, f)
		InspectStmts(n.Body, f)
		InspectStmts(n.Orelse, f)
	case *If:
		inspectExpr(n.Test, f)
		InspectStmts(n.Body, f)
		InspectStmts(n.Orelse, f)
	case *With:
		for _, item := range n.Items {
			Inspect(item, f)
		}
		InspectStmts(n.Body, f)
	case *Match:
		inspectExpr(n.Subject, f)
		for _, c := range n.Cases {
			Inspect(c, f)
		}
	case *Raise:
		inspectExpr(n.Exc, f)
		inspectExprs(n.Legacy, f)
		inspectExpr(n.Cause, f)
	case *Try:
		InspectStmts(n.Body, f)
		for _, h := range n.Handlers {
			Inspect(h, f)
		}
		InspectStmts(n.Orelse, f)
		InspectStmts(n.Final, f)
	case *Assert:
		inspectExpr(n.Test, f)
		inspectExpr(n.Msg, f)
	case *Import:
		for _, a := range n.Names {
			Inspect(a, f)
		}
	case *ImportFrom:
		for _, a := range n.Names {
			Inspect(a, f)
		}
	case *ExprStmt:
		inspectExpr(n.Value, f)
	case *Print:
		inspectExpr(n.Dest, f)
		inspectExprs(n.Values, f)
	case *Exec:
		inspectExpr(n.Body, f)
		inspectExpr(n.Globals, f)
		inspectExpr(n.Locals, f)
	case *BadStmt:
		for _, p := range n.Parts {
			Inspect(p, f)
		}
	case *Decorator:
		inspectExpr(n.Expr, f)
	case *WithItem:
		inspectExpr(n.Context, f)
		inspectExpr(n.Target, f)
	case *ExceptHandler:
		inspectExpr(n.Type, f)
		InspectStmts(n.Body, f)
	case *MatchCase:
		Inspect(n.Pattern, f)
		inspectExpr(n.Guard, f)
		InspectStmts(n.Body, f)
	case *Keyword:
		inspectExpr(n.Value, f)
	case *Param:
		inspectExpr(n.Unpack, f)
		inspectExpr(n.Annotation, f)
		inspectExpr(n.Default, f)
	case *Parameters:
		for _, p := range n.List {
			Inspect(p, f)
		}
	case *TypeParam:
		inspectExpr(n.Bound, f)
		inspectExpr(n.Default, f)
	case *CompClause:
		inspectExpr(n.Target, f)
		inspectExpr(n.Iter, f)
		inspectExprs(n.Ifs, f)
	case *JoinedStr:
		inspectExprs(n.Values, f)
	case *Placeholder:
		inspectExpr(n.Value, f)
		if n.Spec != nil {
			Inspect(n.Spec, f)
		}
	case *BoolOp:
		inspectExprs(n.Values, f)
	case *NamedExpr:
		inspectExpr(n.Target, f)
		inspectExpr(n.Value, f)
	case *BinOp:
		inspectExpr(n.Left, f)
		inspectExpr(n.Right, f)
	case *UnaryOp:
		inspectExpr(n.Operand, f)
	case *Lambda:
		Inspect(n.Params, f)
		inspectExpr(n.Body, f)
	case *IfExp:
		inspectExpr(n.Body, f)
		inspectExpr(n.Test, f)
		inspectExpr(n.Orelse, f)
	case *Dict:
		for i, v := range n.Values {
			inspectExpr(n.Keys[i], f)
			inspectExpr(v, f)
		}
	case *Set:
		inspectExprs(n.Elts, f)
	case *List:
		inspectExprs(n.Elts, f)
	case *Tuple:
		inspectExprs(n.Elts, f)
	case *Comp:
		inspectExpr(n.Key, f)
		inspectExpr(n.Elt, f)
		for _, c := range n.Clauses {
			Inspect(c, f)
		}
	case *Await:
		inspectExpr(n.Value, f)
	case *Yield:
		inspectExpr(n.Value, f)
	case *Compare:
		inspectExpr(n.Left, f)
		inspectExprs(n.Right, f)
	case *Call:
		inspectExpr(n.Fn, f)
		inspectArguments(n.Args, n.Keywords, f)
	case *Attribute:
		inspectExpr(n.Value, f)
	case *Subscript:
		inspectExpr(n.Value, f)
		inspectExpr(n.Index, f)
	case *Slice:
		inspectExpr(n.Lower, f)
		inspectExpr(n.Upper, f)
		inspectExpr(n.Step, f)
	case *Starred:
		inspectExpr(n.Value, f)
	case *BadExpr:
		for _, p := range n.Parts {
			Inspect(p, f)
		}
	case *MatchValue:
		inspectExpr(n.Value, f)
	case *MatchSequence:
		inspectPatterns(n.Patterns, f)
	case *MatchMapping:
		for i, p := range n.Patterns {
			inspectExpr(n.Keys[i], f)
			Inspect(p, f)
		}
	case *MatchClass:
		inspectExpr(n.Class, f)
		inspectPatterns(n.Patterns, f)
		inspectPatterns(n.KwdPatterns, f)
	case *MatchAs:
		if n.Pattern != nil {
			Inspect(n.Pattern, f)
		}
	case *MatchOr:
		inspectPatterns(n.Patterns, f)
	}
}
