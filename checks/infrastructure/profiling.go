package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// profilerStarts start a server of an accelerator's profiler, which any machine can ask for traces.
var profilerStarts = []string{"jax.profiler.start_server", "torch_xla.debug.profiler.start_server", "tensorflow.profiler.experimental.server.start"}

// profilerOpen is PML2219.
var profilerOpen = &checks.Rule{
	Spec: infoPML2219,
	On:   profilerStarts,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if onDemand(p.Module, c.Node) || stops(p, c) || !reachedAlways(p, c.Frame, 0) {
			return
		}
		r := checks.Report{Node: c.Node}
		if stmt, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && stmt.Value == ast.Expr(c.Node) {
			if text := p.File.Text(stmt); !strings.Contains(text, "\n") {
				environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
				r.Fix = checks.Fix(true, "start the profiler when it is asked for", fix.ReplaceStmt(p.File, stmt, "if "+environ+`.get("ENABLE_PROFILER"):`, "    "+text), imports)
			}
		}
		p.Report(r)
	},
}

// onDemand reports whether a node stands in a branch that does not run every time.
func onDemand(m *checks.Module, n ast.Node) bool {
	return slices.ContainsFunc(m.Around(n), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			return asksSomething(n.Test)
		case *ast.IfExp, *ast.Match, *ast.BoolOp:
			return true
		}
		return false
	})
}

// asksSomething reports whether a test reads more than what Python itself says of the program: __name__, __debug__.
func asksSomething(test ast.Expr) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		name, ok := n.(*ast.Name)
		found = found || ok && !strings.HasPrefix(name.Id, "__")
		return !found
	})
	return found
}

// stops reports whether the function stops the server whatever happens.
func stops(p *checks.Pass, c *checks.Call) bool {
	found := false
	c.Frame.InspectOwn(func(n ast.Node) bool {
		t, ok := n.(*ast.Try)
		if !ok {
			return !found
		}
		ast.InspectStmts(t.Final, func(n ast.Node) bool {
			o, ok := n.(*ast.Call)
			found = found || ok && strings.Contains(strings.ToLower(checks.LastName(o.Fn)), "stop")
			return !found
		})
		return !found
	})
	return found
}

// reachedAlways reports whether a function runs every time: nobody in the project calls it, or somebody does without a condition. One
// that is there for profiling and is called on demand does not.
func reachedAlways(p *checks.Pass, f *checks.Frame, depth int) bool {
	if f.Function() == nil || depth > 3 {
		return true
	}
	callers := f.Callers()
	return len(callers) == 0 || slices.ContainsFunc(callers, func(c *checks.Call) bool {
		m := p.Project.Module(c.Frame.Module())
		return m != nil && !onDemand(m, c.Node) && reachedAlways(p, c.Frame, depth+1)
	})
}
