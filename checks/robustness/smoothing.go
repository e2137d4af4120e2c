package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of abstentions of smoothed classifiers (Cohen et al., "Certified
// Adversarial Robustness via Randomized Smoothing", 2019: ABSTAIN is -1).

const smoothed = "art.estimators.certification.randomized_smoothing.{PyTorchRandomizedSmoothing,TensorFlowV2RandomizedSmoothing,NumpyRandomizedSmoothing}"

// abstentionUsed is PML1412.
var abstentionUsed = &checks.Rule{
	Spec:  infoPML1412,
	Needs: []string{"certify", "moothing", "moothed", ".predict("},
	Knows: []string{smoothed + "().{certify,predict}", strings.ReplaceAll(smoothed, "smoothing.{", "smoothing.*.{") + "().{certify,predict}"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			if a := abstentionOf(c); a != nil {
				a.report(p)
			}
		}
	},
}

// abstention is a call whose result may be no class.
type abstention struct {
	call *checks.Call
	// pair is set where the result is the class and its radius, rows where it is a row of zeros.
	pair, rows bool
}

func abstentionOf(c *checks.Call) *abstention {
	if c.Method != "certify" && c.Method != "predict" {
		return nil
	}
	if strings.Contains(symbolOf(c), "randomized_smoothing.") {
		rows := c.Method == "predict"
		if rows && c.Arg(-1, "is_abstain") != nil && !checks.On(c.Arg(-1, "is_abstain").Value) {
			return nil
		}
		return &abstention{call: c, pair: !rows, rows: rows}
	}
	class := c.Receiver.Class()
	if class == nil {
		return nil
	}
	for _, k := range class.Linear() {
		if !abstains(k.Node) {
			continue
		}
		if m := k.Methods[c.Method]; m != nil && m.Def != nil && returnsAbstain(m.Def) {
			return &abstention{call: c, pair: c.Method == "certify"}
		}
	}
	return nil
}

// abstains reports whether a class body sets ABSTAIN = -1.
func abstains(c *ast.ClassDef) bool {
	for _, s := range c.Body {
		var target, value ast.Expr
		switch s := s.(type) {
		case *ast.Assign:
			target, value = s.Targets[0], s.Value
		case *ast.AnnAssign:
			target, value = s.Target, s.Value
		}
		if id, ok := target.(*ast.Name); ok && id.Id == "ABSTAIN" && minusOne(value) {
			return true
		}
	}
	return false
}

func minusOne(e ast.Expr) bool {
	u, ok := e.(*ast.UnaryOp)
	if !ok || u.Op != "-" {
		return false
	}
	n, ok := u.Operand.(*ast.Number)
	return ok && n.Text == "1"
}

// returnsAbstain reports whether a method's return statements name ABSTAIN.
func returnsAbstain(def *ast.FunctionDef) bool {
	found := false
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		r, ok := n.(*ast.Return)
		if ok && r.Value != nil {
			ast.Inspect(r.Value, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Attribute:
					found = found || n.Attr.Id == "ABSTAIN"
				case *ast.Name:
					found = found || n.Id == "ABSTAIN"
				}
				return !found
			})
		}
		return !found
	})
	return found
}

// isClass reports whether an ingredient is the class that the call gave, or one of several.
func (a *abstention) isClass(in flow.Ingredient) bool {
	if in.Call == nil || in.Call.Node != a.call.Node || !in.Whole {
		return false
	}
	if a.pair {
		return len(in.Steps) > 0 && in.Steps[0] == "0"
	}
	return true
}

// isRadius reports whether an ingredient is the radius that the call gave.
func (a *abstention) isRadius(in flow.Ingredient) bool {
	return a.pair && in.Call != nil && in.Call.Node == a.call.Node && len(in.Steps) > 0 && in.Steps[0] == "1"
}

// report looks for uses as a class, in the functions that the result can reach.
func (a *abstention) report(p *checks.Pass) {
	frames := near(a.call.Frame, 2)
	for _, f := range frames {
		if a.rows {
			for _, c := range f.Calls {
				if rows := a.argmax(f, c); rows != nil && !a.asked(f, frames, c.Node, rows) {
					a.reportArgmax(p, f, c, rows)
				}
			}
			continue
		}
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.Subscript)
			if !ok || !a.indexes(f, s) || a.asked(f, frames, s, nil) {
				return true
			}
			a.reportIndex(p, f, s)
			return true
		})
	}
}

// indexes reports whether the class is the place that is looked up.
func (a *abstention) indexes(f *checks.Frame, s *ast.Subscript) bool {
	for _, e := range indices(s.Index) {
		if madeOf(f, e, a.isClass) {
			return true
		}
	}
	return false
}

func indices(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.Slice:
		return nil
	case *ast.Tuple:
		return e.Elts
	case *ast.Compare, *ast.Number, *ast.Str:
		return nil
	}
	return []ast.Expr{e}
}

// argmax returns the rows of which a call takes the best, where these are the ones in question.
func (a *abstention) argmax(f *checks.Frame, c *checks.Call) ast.Expr {
	if checks.CalledName(c) != "argmax" {
		return nil
	}
	var rows ast.Expr
	if at, ok := c.Node.Fn.(*ast.Attribute); ok && !isLibrary(c) {
		rows = at.Value
	} else if len(c.Node.Args) > 0 {
		rows = c.Node.Args[0]
	} else if k := keyword(c, "a"); k != nil {
		rows = k
	}
	if rows == nil || !madeOf(f, rows, func(in flow.Ingredient) bool {
		return a.isClass(in) && (len(in.Steps) == 0 || in.Steps[0] == flow.EachItem || len(in.Steps) == 1)
	}) {
		return nil
	}
	return rows
}

// asked reports whether the program asks for abstentions: anywhere in the functions that the
// result reaches; of a class, in the function of the use, before it.
func (a *abstention) asked(f *checks.Frame, frames []*checks.Frame, use ast.Node, rows ast.Expr) bool {
	stmt := f.Module().File
	end := use.Range().Stop()
	if s := ast.StmtOf(ast.PathEnclosing(stmt, use.Range())); s != nil && ast.Suites(s) == nil {
		end = s.Range().Stop()
	}
	for _, g := range frames {
		found := false
		g.InspectOwn(func(n ast.Node) bool {
			if g == f && rows == nil && n.Range().Start > end {
				return false
			}
			switch n := n.(type) {
			case *ast.Compare:
				found = found || a.compares(g, n)
			case *ast.Call:
				if rows != nil {
					found = found || a.tests(g, n)
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// compares reports whether a comparison tells an abstention from a class.
func (a *abstention) compares(f *checks.Frame, c *ast.Compare) bool {
	sides := append([]ast.Expr{c.Left}, c.Right...)
	bound := false
	for _, e := range sides {
		switch e := e.(type) {
		case *ast.Number:
			bound = bound || e.Text == "0" || e.Text == "0.0"
		case *ast.Attribute, *ast.Name:
			bound = bound || checks.LastName(e) == "ABSTAIN" || ordering(c)
		default:
			bound = bound || minusOne(e) || ordering(c)
		}
	}
	if !bound {
		return false
	}
	for _, e := range sides {
		for in := range f.MadeOf(e) {
			if a.isClass(in) || in.Call != nil && in.Call.Node == a.call.Node && !in.Whole && !a.pair || ordering(c) && a.isRadius(in) {
				return true
			}
		}
	}
	return false
}

// tests reports whether a call asks rows whether they are zeros.
func (a *abstention) tests(f *checks.Frame, c *ast.Call) bool {
	switch checks.LastName(c.Fn) {
	case "any", "sum", "max", "amax", "all", "count_nonzero":
		return madeOf(f, c, func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == a.call.Node })
	}
	return false
}

func (a *abstention) reportIndex(p *checks.Pass, f *checks.Frame, s *ast.Subscript) {
	m := p.Project.Module(f.Module())
	if m == nil {
		return
	}
	in := &checks.Pass{Module: m, Project: p.Project}
	var repair *fix.Fix
	one := madeOf(f, s.Index, func(in flow.Ingredient) bool {
		return a.isClass(in) && (!a.pair || len(in.Steps) > 1 || !strings.Contains(symbolOf(a.call), "art."))
	})
	if _, store := p.StmtOf(s).(*ast.Assign); one && !(store && isTarget(m, s)) {
		index := m.File.Text(s.Index)
		tested := index
		if !plain(s.Index) {
			tested = "(" + index + ")"
		}
		repair = checks.Fix(true, "tell abstentions from classes", checks.Replace(in, s, "("+m.File.Text(s)+" if "+tested+` >= 0 else "abstain")`))
	}
	p.Report(checks.Report{Node: s, In: m, Fix: repair})
}

// isTarget reports whether an item is assigned to.
func isTarget(m *checks.Module, s *ast.Subscript) bool {
	a, ok := m.StmtOf(s).(*ast.Assign)
	if !ok {
		return false
	}
	for _, t := range a.Targets {
		if t.Range().Contains(s.Range()) {
			return true
		}
	}
	return false
}

// plain reports whether an expression needs no parentheses as a side of a comparison.
func plain(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Call, *ast.Subscript, *ast.Number:
		return true
	}
	return false
}

func (a *abstention) reportArgmax(p *checks.Pass, f *checks.Frame, c *checks.Call, rows ast.Expr) {
	m := p.Project.Module(f.Module())
	if m == nil {
		return
	}
	in := &checks.Pass{Module: m, Project: p.Project}
	var repair *fix.Fix
	if axis := keyword(c, "axis"); axis != nil {
		where, imports := fix.Reach(m.File, "numpy.where", "import numpy as np", fix.BeforeFirstImport)
		name, best := m.File.Text(rows), m.File.Text(c.Node)
		var named []fix.Edit
		switch rows.(type) {
		case *ast.Name, *ast.Attribute:
		default: // asked twice, it is drawn twice
			stmt := m.StmtOf(c.Node)
			if stmt == nil || ast.Suites(stmt) != nil || m.Defines("rows") || localName(f, "rows") {
				p.Report(checks.Report{Node: c.Node, In: m})
				return
			}
			named = fix.InsertBefore(m.File, stmt, "rows = "+name)
			from, to := int(rows.Pos()-c.Node.Pos()), int(rows.Range().Stop()-c.Node.Pos())
			name, best = "rows", best[:from]+"rows"+best[to:]
		}
		text := where + "(" + name + ".any(axis=" + m.File.Text(axis) + "), " + best + ", -1)"
		repair = checks.Fix(true, "tell abstentions from classes", named, checks.Replace(in, c.Node, text), imports)
	}
	p.Report(checks.Report{Node: c.Node, In: m, Fix: repair})
}
