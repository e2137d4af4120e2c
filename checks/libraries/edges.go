package libraries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// uncheckedEdges is PML3410.
var uncheckedEdges = &checks.Rule{
	Spec: infoPML3410,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Reveal},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteEdges || !p.FromOthers(path) || !numbersKept(path) || checks.Vetted(p, path, nil) {
			return
		}
		call, at := path.Call, path.Node
		if o := networkCall(path); o != nil {
			a := indexArgument(o)
			if a == nil {
				return
			}
			call, at = o, a.Node
		}
		in := p.Holder(at)
		if in == nil || inRange(p, path, call) {
			return
		}
		p.Report(checks.Report{Node: at, In: in, Path: path, Fix: checks.FixAt(p, at, func(there *checks.Pass) *fix.Fix { return requireRange(there, call, at) })})
	},
}

// numbersKept reports whether the numbers at the end of a path are those of the request as they are: not cut off at both
// ends, not numbered anew, and not those of a graph that is reported where it is made.
func numbersKept(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		switch checks.LastName(c.Fn) {
		case "clamp", "clip", "clamp_", "clip_", "remainder", "fmod":
			if len(c.Args)+len(c.Keywords) > 1 {
				return false
			}
		case "unique", "factorize", "searchsorted", "bucketize", "topk", "argsort":
			return false
		case "Data", "HeteroData":
			if c != path.Call.Node {
				return false
			}
		}
	}
	return true
}

// networkCall is the first call on the way that runs a network of the project, nil where there is none.
func networkCall(path *checks.Path) *checks.Call {
	for _, t := range path.Trace.Steps() {
		c := path.Engine.CallAt(t.Node)
		if c == nil || c == path.Call {
			continue
		}
		if class := c.Callee.Class(); class != nil && len(c.Enters()) > 0 && class.Extends("torch.nn.Module") && strings.HasSuffix(t.Text, "forward()") {
			return c
		}
	}
	return nil
}

// indexArgument is the argument of a network that takes the numbers of nodes.
func indexArgument(c *checks.Call) *checks.Argument {
	for i := range c.Args {
		if a := &c.Args[i]; a.Name != "" && a.Node != nil && (strings.Contains(a.Name, "edge") || strings.Contains(a.Name, "index") || strings.Contains(a.Name, "adj")) {
			return a
		}
	}
	if a := c.Arg(1, ""); a != nil && a.Node != nil {
		return a
	}
	if a := c.Arg(0, ""); a != nil && a.Node != nil {
		return a
	}
	return nil
}

// inRange reports whether both ends of the numbers on a way are compared before a call, and what fails goes no further.
func inRange(p *checks.Pass, path *checks.Path, call *checks.Call) bool {
	field := path.Mark.Field()
	if checks.FieldBounded(p, field, "ge", "gt") && checks.FieldBounded(p, field, "le", "lt") {
		return true
	}
	way := checks.WayOf(p, path)
	var b ends
	for i, fn := range way.Functions {
		b.module = way.Modules[i]
		b.derived = derivedFrom(b.module, fn, way)
		b.holds = func(e ast.Node) bool {
			return way.Holds(b.module, e) || slices.ContainsFunc(b.derived, func(name string) bool { return checks.UsesName(e, name) })
		}
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok && checks.LastName(c.Fn) == "validate" && len(c.Args) == 0 {
				b.lower, b.upper = true, true // a graph that looks at itself once it is made
			}
			if n.Pos() >= call.Node.Pos() && b.module.Holds(call.Node) {
				return true
			}
			switch n := n.(type) {
			case *ast.If:
				if checks.Leaves(n.Body) || checks.Raises(n.Body) || len(n.Orelse) > 0 || n.Range().Contains(call.Node.Range()) {
					b.test(path, n.Test)
				}
			case *ast.Assert:
				b.test(path, n.Test)
			}
			return true
		})
	}
	return b.lower && b.upper
}

// ends collects which ends of numbers tests look at.
type ends struct {
	module       *checks.Module
	derived      []string
	holds        func(ast.Node) bool
	lower, upper bool
}

// test notes which ends of the data a test looks at: also one that a function of the project makes.
func (b *ends) test(path *checks.Path, e ast.Expr) {
	if !b.holds(e) {
		return
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			b.compare(n)
		case *ast.Call:
			if c := path.Engine.CallAt(n); c != nil && c.Body() != nil {
				ast.InspectStmts(checks.BodyOf(c.Body()), func(n ast.Node) bool {
					if in, ok := n.(*ast.Compare); ok {
						b.compare(in)
					}
					return true
				})
			}
		}
		return true
	})
}

func (b *ends) compare(c *ast.Compare) {
	left := c.Left
	for i, op := range c.Ops {
		right := c.Right[i]
		if strings.ContainsAny(op, "<>") {
			if isZero(left) || isZero(right) {
				b.lower = true
			} else {
				b.upper = true
			}
		}
		left = right
	}
}

// isZero reports whether an expression is 0 or -1: no number of a node is less.
func isZero(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryOp); ok {
		e = u.Operand
	}
	n, ok := e.(*ast.Number)
	return ok && (n.Text == "0" || n.Text == "1")
}

// derivedFrom lists the names that a function gives to what it reads or computes of the data of a way.
func derivedFrom(m *checks.Module, fn *ast.FunctionDef, way *checks.Way) []string {
	var out []string
	note := func(target ast.Expr, of ast.Expr) {
		if !way.Holds(m, of) {
			return
		}
		ast.Inspect(target, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok {
				out = append(out, name.Id)
			}
			return true
		})
	}
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			note(n.Target, n.Iter)
		case *ast.Assign:
			for _, t := range n.Targets {
				note(t, n.Value)
			}
		}
		return true
	})
	return out
}

// requireRange refuses numbers that are those of no node: the features that the same call is given say how many there are.
func requireRange(p *checks.Pass, c *checks.Call, at ast.Node) *fix.Fix {
	e, ok := at.(ast.Expr)
	if !ok || c.Partial || !p.Holds(c.Node) || !p.Holds(e) {
		return nil
	}
	var features *checks.Argument
	for _, name := range [...]string{"x", "features", "feat", "h"} {
		if features = c.Arg(0, name); features != nil {
			break
		}
	}
	stmt := p.StmtOf(c.Node)
	if features == nil || features.Node == nil || features.Node == e || !p.Holds(features.Node) || !checks.Repeatable(features.Node) || stmt == nil || !checks.KnownBefore(p.Module, e, stmt) || !checks.KnownBefore(p.Module, features.Node, stmt) {
		return nil
	}
	text := p.File.Text(e)
	var lines []string
	var edits []fix.Edit
	if !checks.Repeatable(e) {
		name := "edge_index"
		if fn := p.FunctionAround(e); fn == nil || strings.ContainsAny(text, "\r\n") || slices.ContainsFunc(fn.Body, func(s ast.Stmt) bool { return checks.UsesName(s, name) }) || slices.ContainsFunc(fn.Params.List, func(p *ast.Param) bool { return p.Name != nil && p.Name.Id == name }) {
			return nil
		}
		lines, edits = append(lines, name+" = "+text), checks.Replace(p, e, name)
		text = name
	}
	lines = append(lines, "if "+text+".min() < 0 or "+text+".max() >= "+p.File.Text(features.Node)+".size(0):", `    raise ValueError("edge index out of range")`)
	return checks.Fix(true, "refuse numbers that are those of no node", fix.InsertBefore(p.File, stmt, lines...), edits)
}
