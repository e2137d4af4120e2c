package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// This file tells when the columns of a table that somebody else has sent are those that the program expects.

// maxTableSteps bounds through how many steps a table is followed to where it was read.
const maxTableSteps = 8

// namesKnown reports whether an expression gives the names of columns of a table, and these are the program's own.
func namesKnown(p *checks.Pass, f *checks.Frame, e ast.Expr) bool {
	known, seen := false, false
	for _, s := range f.SpelledOut(e) {
		if tested(p, s.Frame, s.Expr) {
			return true
		}
		ast.Inspect(s.Expr, func(n ast.Node) bool {
			if at, ok := n.(*ast.Attribute); ok && at.Attr.Id == "columns" {
				holds := tested(p, s.Frame, at) || columnsKnown(p, s.Frame, at.Value, 0)
				known, seen = holds && (known || !seen), true
			}
			return true
		})
	}
	return known
}

// columnsKnown reports whether the columns of a table were chosen by the program: it was cut down to a list of them, or given
// new names.
func columnsKnown(p *checks.Pass, f *checks.Frame, e ast.Expr, depth int) bool {
	if depth > maxTableSteps {
		return false
	}
	for _, s := range f.SpelledOut(e) {
		switch n := s.Expr.(type) {
		case *ast.Name:
			if renamed(p, s.Frame, n.Id) || testedColumns(p, s.Frame, n) {
				return true
			}
		case *ast.Subscript:
			base := n.Value
			if at, ok := base.(*ast.Attribute); ok && (at.Attr.Id == "loc" || at.Attr.Id == "iloc") {
				if both, ok := n.Index.(*ast.Tuple); ok && at.Attr.Id == "loc" && len(both.Elts) == 2 && selects(both.Elts[1]) {
					return true
				}
				base = at.Value
			} else if selects(n.Index) {
				return true
			}
			return columnsKnown(p, s.Frame, base, depth+1)
		case *ast.Attribute:
			return columnsKnown(p, s.Frame, n.Value, depth+1)
		case *ast.Call:
			for _, k := range n.Keywords {
				if k.Name != nil && slices.Contains([]string{"usecols", "names", "columns", "items"}, k.Name.Id) && checks.LastName(n.Fn) != "drop" && checks.LastName(n.Fn) != "rename" {
					return true
				}
			}
			at, ok := n.Fn.(*ast.Attribute)
			if !ok {
				return false
			}
			if at.Attr.Id == "set_axis" {
				return true
			}
			return columnsKnown(p, s.Frame, at.Value, depth+1)
		}
	}
	return false
}

// selects reports whether an index chooses columns of a table by a list of names, and no rows.
func selects(index ast.Expr) bool {
	switch n := index.(type) {
	case *ast.List:
		return true
	case *ast.Name:
		return !strings.Contains(strings.ToLower(n.Id), "mask")
	case *ast.Attribute, *ast.Subscript:
		return true
	}
	return false
}

// renamed reports whether a function assigns the columns of a table.
func renamed(p *checks.Pass, f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			for _, t := range a.Targets {
				at, ok := t.(*ast.Attribute)
				found = found || ok && at.Attr.Id == "columns" && checks.LastName(at.Value) == name
			}
		}
		return !found
	})
	return found
}

// testedColumns reports whether a function tests the columns of a table.
func testedColumns(p *checks.Pass, f *checks.Frame, table *ast.Name) bool {
	return testedText(p, f, table.Id+".columns", table.Pos())
}

// tested reports whether a function compares an expression, before it is used, with something of its own.
func tested(p *checks.Pass, f *checks.Frame, e ast.Expr) bool {
	switch e.(type) {
	case *ast.Name, *ast.Attribute:
		if m := p.Project.Module(f.Module()); m != nil {
			return testedText(p, f, m.File.Text(e), e.Pos())
		}
	}
	return false
}

func testedText(p *checks.Pass, f *checks.Frame, text string, before ast.Pos) bool {
	m := p.Project.Module(f.Module())
	if m == nil {
		return false
	}
	holds := func(e ast.Node) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok && m.File.Text(x) == text {
				found = true
			}
			return !found
		})
		return found
	}
	found := false
	judge := func(test ast.Expr) {
		ast.Inspect(test, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Compare:
				if len(n.Ops) == 1 && slices.Contains([]string{"==", "!=", "<=", "<"}, n.Ops[0]) {
					length := false
					ast.Inspect(n, func(n ast.Node) bool {
						c, ok := n.(*ast.Call)
						length = length || ok && checks.LastName(c.Fn) == "len"
						return true
					})
					found = found || holds(n) && !length
				}
			case *ast.BinOp:
				found = found || n.Op == "-" && holds(n.Left)
			case *ast.Call:
				name := checks.LastName(n.Fn)
				found = found || slices.Contains([]string{"equals", "issubset", "array_equal", "difference", "isin"}, name) && holds(n)
			}
			return !found
		})
	}
	// each reports whether something looks whether a name is one of others: `column not in COLUMNS`.
	each := func(in ast.Node) bool {
		compares := false
		ast.Inspect(in, func(n ast.Node) bool {
			c, ok := n.(*ast.Compare)
			if ok && len(c.Ops) == 1 && (c.Ops[0] == "in" || c.Ops[0] == "not in") {
				_, name := c.Left.(*ast.Name)
				compares = compares || name
			}
			return !compares
		})
		return compares
	}
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() < before {
			switch n := n.(type) {
			case *ast.For:
				found = found || holds(n.Iter) && each(n)
			case *ast.If:
				judge(n.Test)
				found = found || holds(n.Test) && each(n.Test)
			case *ast.Assert:
				judge(n.Test)
			}
		}
		return !found
	})
	return found
}
