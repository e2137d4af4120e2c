package generative

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file holds what the checks share that is about places: arguments, functions.

// argument is the name of the argument that a sink stands for, without the dict that holds it.
func argument(path *checks.Path) string {
	name := string(path.Sink.Arg)
	if _, key, ok := strings.Cut(name, "["); ok {
		return strings.TrimSuffix(key, "]")
	}
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

// given is the expression of the value that reaches an argument: for one that a call unpacks
// the entry of the dict.
func given(path *checks.Path) ast.Node {
	if a := path.Call.Arg(-1, argument(path)); a != nil && a.Unpacked && ast.Node(a.Node) == path.Node {
		return a.Given
	}
	return path.Node
}

// bodyOf lists the statements of a function, or of the file for its module's frame.
func bodyOf(f *checks.Frame) []ast.Stmt {
	fn := f.Function()
	switch {
	case fn == nil:
		return f.Module().File.Body
	case fn.Def != nil:
		return fn.Def.Body
	}
	return nil
}

// calledAt is the engine's record of a call that stands in a function, or nil.
func calledAt(f *checks.Frame, node ast.Node) *checks.Call {
	for _, c := range f.Calls {
		if ast.Node(c.Node) == node {
			return c
		}
	}
	return nil
}
