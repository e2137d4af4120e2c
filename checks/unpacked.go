package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file is about arguments that a call unpacks from a dict: their fixes belong into the dict.

// GivenNode is the expression that gives what reaches the sink of a path: for an argument that the
// call unpacks by two stars its entry in the dict, nil where that is not known.
func GivenNode(path *Path) ast.Node {
	if path.Call == nil || path.Sink == nil {
		return path.Node
	}
	name := string(path.Sink.Arg)
	if _, after, ok := strings.Cut(name, ":"); ok {
		name = after
	}
	name, key, keyed := strings.Cut(name, "[")
	unpacked := false
	for i := range path.Call.Args {
		a := &path.Call.Args[i]
		if !a.Unpacked || a.Node == nil || ast.Node(a.Node) != path.Node {
			continue
		}
		unpacked = true
		if a.Name == name || keyed && a.Name+"]" == key || name == "" && a.Value == path.Value {
			return a.Given
		}
	}
	if unpacked {
		return nil
	}
	return path.Node
}

// withoutEntry deletes an argument where it stands in the dict that its call unpacks.
func withoutEntry(p *Pass, a *Argument) []fix.Edit {
	if a.Given == nil || !p.Holds(a.Given) {
		return nil
	}
	around := p.Around(a.Given)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Dict:
			return fix.RemoveElement(p.File, n, a.Given)
		case *ast.Keyword:
			if c, ok := around[i-1].(*ast.Call); ok {
				return fix.RemoveArg(p.File, c, n)
			}
			return nil
		case ast.Stmt:
			return nil
		}
	}
	return nil
}

// readsMapping are functions that give a mapping where what they stand in for does.
var readsMapping = map[string]bool{"dict": true, "literal_eval": true, "loads": true, "safe_load": true}

// tearsUnpacking reports whether an edit puts something else than a mapping where a call unpacks
// one: what an argument is to be instead is not what the dict is to be.
func (m *Module) tearsUnpacking(e fix.Edit) bool {
	made, _, call := strings.Cut(e.New, "(")
	if e.Raw || e.Path != "" && e.Path != m.Path || strings.HasPrefix(e.New, "{") || call && readsMapping[made[strings.LastIndexByte(made, '.')+1:]] {
		return false
	}
	for _, n := range ast.PathEnclosing(m.File, ast.Span{Start: ast.Pos(e.Start), End: ast.Pos(e.End)}) {
		k, ok := n.(*ast.Keyword)
		if !ok || k.Name != nil {
			continue
		}
		at := k.Value.Range()
		if e.Start == int(at.Start) && (e.End == e.Start || e.End == int(at.End)) {
			return true
		}
	}
	return false
}

// whole gives a fix back unless one of its edits tears an unpacking.
func (m *Module) whole(f *fix.Fix) *fix.Fix {
	if f == nil || m == nil || m.File == nil {
		return f
	}
	for _, e := range f.Edits {
		if m.tearsUnpacking(e) {
			return nil
		}
	}
	return f
}
