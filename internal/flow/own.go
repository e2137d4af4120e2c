package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

// ownNode is a node of a function's own code, with the place behind what is below it.
type ownNode struct {
	node ast.Node
	next int32
}

// maxOwn bounds the nodes that are remembered.
const maxOwn = 1 << 17

// InspectOwn calls visit for each node of the frame's own code, that of a function, class body, lambda or
// module, as ast.Inspect does: without the functions, classes and lambdas in it. Several checks look at the
// code of one function after another, so it is walked once. It is known to a visitor only.
func (f *Frame) InspectOwn(visit func(ast.Node) bool) {
	list := f.ownNodes()
	for i := 0; i < len(list); {
		if visit(list[i].node) {
			i++
		} else {
			i = int(list[i].next)
		}
	}
}

func (f *Frame) ownNodes() []ownNode {
	e, key := f.eng, f.code()
	if list, known := e.own[key]; known {
		return list
	}
	list := e.ownScratch[:0] // its length is known when it is made
	var add func(n ast.Node) bool
	add = func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		}
		at := len(list)
		list = append(list, ownNode{node: n})
		ast.InspectParts(n, add)
		list[at].next = int32(len(list))
		return false
	}
	switch c := f.Class(); {
	case f.fn != nil && f.fn.Lambda != nil:
		add(f.fn.Lambda.Body)
	case f.fn != nil:
		if f.fn.Def != nil {
			ast.InspectStmts(f.fn.Def.Body, add)
		}
	case c != nil:
		ast.InspectStmts(c.Node.Body, add)
	default:
		ast.InspectStmts(f.mod.sem.File.Body, add)
	}
	e.ownScratch, list = list, slices.Clone(list)
	if e.ownCount += len(list); e.own == nil || e.ownCount > maxOwn {
		e.own, e.ownCount = map[any][]ownNode{}, len(list)
	}
	e.own[key] = list
	return list
}

// code is what the frame is an analysis of.
func (f *Frame) code() any {
	switch c := f.Class(); {
	case f.fn != nil:
		return f.fn
	case c != nil:
		return c
	}
	return f.mod
}
