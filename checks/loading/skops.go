package loading

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"slices"
)

// skopsTrust is PML6207.
var skopsTrust = &checks.Rule{
	Spec:  infoPML6207,
	On:    []string{"skops.io.{load,loads}", "skops.io._persist.{load,loads}"},
	Knows: []string{"skops.io.get_untrusted_types()", "skops.io._audit.get_untrusted_types()", "skops.io.{dump,dumps}", "skops.io.dumps()", "builtins.input", "builtins.print"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "trusted")
		if a == nil || checks.JustWritten(c, checks.At{Pos: 0, Name: "file"}, checks.At{Pos: 1, Name: "file"}, "skops.io.dump") || ownDump(c) {
			return
		}
		if !checks.On(a.Value) && (!namedByFile(c, a.Value, 0) || c.Confirmed() || reviewed(p, c, a)) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: trustNothing(p, a)})
	},
}

// ownDump reports whether loads is given what dumps made.
func ownDump(c *checks.Call) bool {
	a := c.Arg(0, "data")
	return a != nil && a.Value.Is("skops.io.dumps()")
}

// namedByFile reports whether a value is the list of types that a file itself names, also as
// another list, sorted or a set, or among others.
func namedByFile(c *checks.Call, v *checks.Value, depth int) bool {
	for _, g := range c.Given(v) {
		if g.Is("skops.io.get_untrusted_types()", "skops.io._audit.get_untrusted_types()") {
			return true
		}
		if items, _, list := c.Items(g); list && depth <= 3 && slices.ContainsFunc(items, func(it checks.Item) bool { return it.Splat && namedByFile(c, it.Value, depth+1) }) {
			return true // `[*KNOWN, *types]`
		}
		o := g.Origin()
		if o == nil || len(o.Args) == 0 || depth > 3 {
			continue
		}
		switch o.Callee.Name() {
		case "builtins.list", "builtins.sorted", "builtins.set", "builtins.tuple", "builtins.frozenset":
			if namedByFile(o, o.Args[0].Value, depth+1) {
				return true
			}
		}
	}
	return false
}

// reviewed reports whether the list is looked at before: a test of it that raises, leaves or
// asks.
func reviewed(p *checks.Pass, c *checks.Call, a *checks.Argument) bool {
	name := ""
	switch n := a.Node.(type) {
	case *ast.Name:
		name = n.Id
	case *ast.Attribute:
		name = n.Attr.Id
	case *ast.Call:
		if len(n.Args) == 1 {
			if x, ok := n.Args[0].(*ast.Name); ok {
				name = x.Id
			}
		}
	}
	if name == "" {
		return false
	}
	found := false
	about := []string{name} // and what is collected of it: `unknown = [t for t in types if t not in REVIEWED]`
	mentions := func(e ast.Node) bool {
		return slices.ContainsFunc(about, func(name string) bool { return mentionsName(e, name) })
	}
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Pos() < c.Node.Pos() && len(n.Targets) == 1 && compares(n.Value) && mentions(n.Value) {
				if id, ok := n.Targets[0].(*ast.Name); ok {
					about = append(about, id.Id)
				}
			}
		case *ast.If:
			if n.Pos() < c.Node.Pos() && mentions(n.Test) && (leaves(n.Body) || leaves(n.Orelse) || n.Range().Contains(c.Node.Range())) {
				found = true
			}
		case *ast.Assert:
			if n.Pos() < c.Node.Pos() && mentions(n.Test) {
				found = true
			}
		case *ast.For:
			if n.Pos() < c.Node.Pos() && mentionsName(n.Iter, name) && leaves(n.Body) {
				found = true
			}
		}
		return !found
	}
	for _, s := range bodyAround(p, c.Node) {
		ast.Inspect(s, look)
	}
	return found
}

// compares reports whether an expression compares things or takes one set from another.
func compares(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			found = true
		case *ast.BinOp:
			found = found || n.Op == "-"
		case *ast.Attribute:
			found = found || n.Attr.Id == "difference"
		}
		return !found
	})
	return found
}

// bodyAround is the body of the innermost function around a node, or the module's.
func bodyAround(p *checks.Pass, n ast.Node) []ast.Stmt {
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		if fn, ok := around[i].(*ast.FunctionDef); ok {
			return fn.Body
		}
	}
	return p.File.Body
}

// mentionsName reports whether a name or attribute stands in a tree.
func mentionsName(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || n.Id == name
		case *ast.Attribute:
			found = found || n.Attr.Id == name
		}
		return !found
	})
	return found
}

// leaves reports whether statements raise, return, go on with the next item or end the
// program somewhere.
func leaves(body []ast.Stmt) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Raise, *ast.Return, *ast.Continue, *ast.Break:
				found = true
			case *ast.Call:
				switch fn := n.Fn.(type) {
				case *ast.Name:
					found = found || fn.Id == "exit" || fn.Id == "quit" || fn.Id == "abort"
				case *ast.Attribute:
					found = found || fn.Attr.Id == "exit" || fn.Attr.Id == "abort"
				}
			}
			return !found
		})
	}
	return found
}

// trustNothing refuses unknown types until the reviewed names are listed.
func trustNothing(p *checks.Pass, a *checks.Argument) *fix.Fix {
	n := ast.Node(a.Node)
	if a.Unpacked {
		n = a.Given
	}
	return checks.FixAt(p, n, func(there *checks.Pass) *fix.Fix {
		return checks.Fix(true, "refuse unknown types until their names are listed", checks.Replace(there, n, "[]"))
	})
}
