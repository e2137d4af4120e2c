package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells programs apart: notebooks, and files that run something when they are run themselves, such as
// the examples of a library. Each is a process of its own. What one gives an object of a library's class is joined
// with what others give theirs, and comes to nobody else's.

// apart reports whether a way goes through the code of two programs, or is one on which tests lead data into the
// program that is tested: a fake of theirs, or an answer that they hand on, is nothing that a user of it does.
func (e *Engine) apart(t *Trace) bool {
	var first *semantic.Module
	tested := t.Mod != nil && !t.Mod.Test
	for _, s := range t.Steps() {
		if tested && s.Mod != nil && s.Mod != t.Mod && s.Mod.Test {
			return true
		}
		if s.Mod == nil || s.Mod == first || !e.isProgram(s.Mod) {
			continue
		}
		if first != nil {
			return true
		}
		first = s.Mod
	}
	return false
}

// isProgram reports whether a module is run as it is and imported by no other one.
func (e *Engine) isProgram(m *semantic.Module) bool {
	if is, known := e.programs[m]; known {
		return is
	}
	if e.imported == nil {
		e.imported, e.programs = map[*semantic.Module]bool{}, map[*semantic.Module]bool{}
		for _, by := range e.list {
			e.project.Imports(by, e.isLibrary, func(m *semantic.Module) { e.imported[m] = true })
		}
	}
	is := !e.imported[m] && (strings.HasSuffix(m.Path, semantic.NotebookEnding) || m.File != nil && slices.ContainsFunc(m.File.Body, runsAsMain))
	e.programs[m] = is
	return is
}

// runsAsMain reports whether a statement of a module is `if __name__ == "__main__":`.
func runsAsMain(s ast.Stmt) bool {
	n, ok := s.(*ast.If)
	if !ok {
		return false
	}
	c, ok := n.Test.(*ast.Compare)
	if !ok || len(c.Right) != 1 || len(c.Ops) != 1 || c.Ops[0] != "==" {
		return false
	}
	return isMainName(c.Left) || isMainName(c.Right[0])
}

func isMainName(e ast.Expr) bool {
	n, ok := e.(*ast.Name)
	return ok && n.Id == "__name__"
}
