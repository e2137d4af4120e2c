package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// labelsUnchecked is PML1305.
var labelsUnchecked = &checks.Rule{
	Spec: infoPML1305,
	On: []string{
		"cleanlab.filter.find_label_issues", "cleanlab.classification.CleanLearning().find_label_issues", "cleanlab.Datalab().find_issues",
		"cleanlab.datalab.datalab.Datalab().find_issues",
		"art.defences.detector.poison.{ActivationDefence,SpectralSignatureDefense,ProvenanceDefense,RONIDefense}().detect_poison",
	},
	Knows: []string{"cleanlab.Datalab().{get_issues,get_label_issues,issues,report}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, at := range checks.Receivers(p, c) {
			s := searchOf(p, c, at)
			if s == nil || s.labels == nil {
				continue
			}
			if fit := fitAfter(at, s); fit != nil && !s.used(p, at) {
				p.Report(checks.Report{Node: c.Node, Fix: s.filter(p, c, at, fit)})
				return
			}
		}
	},
}

// search is a search for wrong labels: what it looked at, and the name of its verdict.
type search struct {
	samples, labels *checks.Argument
	// verdict is the name that the result, or for art its second element, is bound to; "" where
	// it is dropped.
	verdict string
	// attr is the attribute of the method's object that it is bound to.
	attr string
	// lab is the name of a Datalab, whose verdict is read off it.
	lab string
	art bool
	// frame is set where the verdict is a data frame with a column of booleans.
	frame bool
}

// searchOf describes a search whose verdict the call at gets.
func searchOf(p *checks.Pass, c, at *checks.Call) *search {
	s := &search{}
	name := c.Symbol.String()
	switch {
	case strings.HasSuffix(name, "filter.find_label_issues"):
		s.labels = c.Arg(0, "labels")
	case strings.HasSuffix(name, "CleanLearning().find_label_issues"):
		s.samples, s.labels, s.frame = c.Arg(0, "X"), c.Arg(1, "labels"), true
	case strings.HasSuffix(name, "find_issues"):
		return labSearch(p, c)
	default:
		made := c.Receiver.Origin()
		if made == nil {
			return nil
		}
		s.samples, s.labels, s.art = made.Arg(1, "x_train"), made.Arg(2, "y_train"), true
	}
	if at != c {
		s.samples, s.labels = handedIn(at, s.samples), handedIn(at, s.labels)
	}
	assign, ok := p.StmtOf(at.Node).(*ast.Assign)
	if !ok {
		return s
	}
	if len(assign.Targets) != 1 || assign.Value != ast.Expr(at.Node) {
		return nil
	}
	target := assign.Targets[0]
	if t, ok := target.(*ast.Tuple); s.art {
		if !ok || len(t.Elts) != 2 {
			return nil
		}
		target = t.Elts[1]
	}
	switch t := target.(type) {
	case *ast.Name:
		s.verdict = t.Id
	case *ast.Attribute:
		if !ofSelf(at.Frame, t) {
			return nil
		}
		s.attr = t.Attr.Id
	default:
		return nil
	}
	return s
}

// ofSelf reports whether an expression is an attribute of the method's own object.
func ofSelf(f *checks.Frame, e ast.Node) bool {
	fn := f.Function()
	at, ok := e.(*ast.Attribute)
	if !ok || f.Class() == nil || fn == nil || fn.Params == nil || len(fn.Params.List) == 0 || fn.Params.List[0].Name == nil {
		return false
	}
	n, ok := at.Value.(*ast.Name)
	return ok && n.Id == fn.Params.List[0].Name.Id
}

// handedIn is an argument as the caller of the function around it gives it.
func handedIn(at *checks.Call, a *checks.Argument) *checks.Argument {
	if a == nil {
		return nil
	}
	name, ok := a.Node.(*ast.Name)
	if !ok {
		return a
	}
	if given := checks.GivenFor(at, name.Id); given != nil {
		return given
	}
	return a
}

// labSearch is the search of a Datalab, which holds the data itself.
func labSearch(p *checks.Pass, c *checks.Call) *search {
	made := c.Receiver.Origin()
	lab, ok := receiverNode(c).(*ast.Name)
	if made == nil || !ok {
		return nil
	}
	data, label := made.Arg(0, "data"), made.Arg(-1, "label_name")
	if data == nil || label == nil {
		return nil
	}
	name, ok := label.Value.Text()
	if !ok {
		return nil
	}
	e := made.Key(data.Value, name)
	if e == nil {
		return nil
	}
	node, _ := e.Node.(ast.Expr)
	return &search{labels: &checks.Argument{Value: e.Value, Node: node}, lab: lab.Id}
}

// fitAfter returns the call that trains on what was searched, as it is, after the search.
func fitAfter(c *checks.Call, s *search) *checks.Call {
	for _, o := range c.Frame.Calls {
		if o.Node.Pos() > c.Node.Pos() && s.fits(o) {
			return o
		}
	}
	if c.Frame.Class() == nil {
		return nil
	}
	for _, f := range c.Frame.Beside() { // other methods, with what the object holds
		if f.Class() != c.Frame.Class() || f != c.Frame && calledBefore(f, c.Frame) {
			continue
		}
		for _, o := range f.Calls {
			if (f != c.Frame || o.Node.Pos() > c.Node.Pos()) && s.fitsHeld(c, o) {
				return o
			}
		}
	}
	return nil
}

// fitsHeld reports whether a call trains on the attributes that hold what the call c has searched.
func (s *search) fitsHeld(c, o *checks.Call) bool {
	if o.Does() != models.Fit || o.Arg(-1, "sample_weight") != nil || o.HasRest() {
		return false
	}
	x, y := first(o, 0, "X", "x"), first(o, 1, "y")
	if x == nil || y == nil {
		return false
	}
	labels := heldAs(o.Frame, y)
	return labels != "" && labels == heldAs(c.Frame, s.labels) && (s.samples == nil || heldAs(o.Frame, x) == heldAs(c.Frame, s.samples))
}

// heldAs is the attribute of the method's object that an argument is, or, in the constructor, the one that the
// argument is kept in; "" for others.
func heldAs(f *checks.Frame, a *checks.Argument) string {
	e := a.Node
	for range maxNames {
		switch at := e.(type) {
		case *ast.Attribute:
			if checks.LastName(at.Value) != "self" {
				return ""
			}
			// `self.a = self.b`
			from := assignedFrom(f.Class().Node.Body, func(t ast.Expr, _ ast.Expr) bool {
				x, ok := t.(*ast.Attribute)
				return ok && x.Attr.Id == at.Attr.Id && checks.LastName(x.Value) == "self"
			})
			if x, ok := from.(*ast.Attribute); !ok || checks.LastName(x.Value) != "self" {
				return at.Attr.Id
			}
			e = from
		case *ast.Name:
			held := ""
			assignedFrom(f.Class().Node.Body, func(t ast.Expr, v ast.Expr) bool {
				n, ok := v.(*ast.Name)
				x, is := t.(*ast.Attribute)
				if ok && is && n.Id == at.Id && checks.LastName(x.Value) == "self" {
					held = x.Attr.Id
				}
				return held != ""
			})
			if held != "" {
				return held
			}
			if e = assignedFrom(checks.BodyOf(f), func(t ast.Expr, _ ast.Expr) bool {
				n, ok := t.(*ast.Name)
				return ok && n.Id == at.Id
			}); e == nil {
				return ""
			}
		default:
			return ""
		}
	}
	return ""
}

// maxNames bounds through how many names an attribute is followed.
const maxNames = 4

// assignedFrom is the value of the first assignment of which is says so; nil where there is none.
func assignedFrom(body []ast.Stmt, is func(target, value ast.Expr) bool) ast.Expr {
	var value ast.Expr
	ast.InspectStmts(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.Assign); ok && value == nil && len(s.Targets) == 1 && is(s.Targets[0], s.Value) {
			value = s.Value
		}
		return value == nil
	})
	return value
}

// fits reports whether a call trains on what was searched.
func (s *search) fits(o *checks.Call) bool {
	if o.Does() != models.Fit || o.Arg(-1, "sample_weight") != nil || o.HasRest() {
		return false
	}
	x, y := first(o, 0, "X", "x"), first(o, 1, "y")
	return x != nil && y != nil && sameData(y, s.labels) && (s.samples == nil || sameData(x, s.samples))
}

// calledBefore reports whether a function that calls both methods calls the first one before the other, and not
// after it.
func calledBefore(first, other *checks.Frame) bool {
	before := false
	for _, c := range first.Callers() {
		for _, o := range other.Callers() {
			if c.Frame == o.Frame && c.Node.Pos() > o.Node.Pos() {
				return false
			}
			before = before || c.Frame == o.Frame
		}
	}
	return before
}

// sameData reports whether two arguments are one array.
func sameData(a, b *checks.Argument) bool {
	if flow.SameThing(a.Value, b.Value) || a.Value.Name() != "" && a.Value.Name() == b.Value.Name() {
		return true
	}
	m, ok1 := a.Node.(*ast.Name)
	n, ok2 := b.Node.(*ast.Name)
	if ok1 && ok2 {
		return m.Id == n.Id
	}
	return sameValue(a.Value, b.Value)
}

// used reports whether the verdict of a search is used for anything but to be shown.
func (s *search) used(p *checks.Pass, c *checks.Call) bool {
	body := checks.BodyOf(c.Frame)
	if s.lab != "" {
		return readsVerdict(p, body, s.lab, c)
	}
	if s.attr != "" {
		return readElsewhere(p, c, s.attr)
	}
	return s.verdict != "" && checks.ActedOn(p.Module, body, s.verdict, c.Node.Stop())
}

// readElsewhere reports whether an attribute is read for anything but to be shown, in this file or, by its name, in
// one that belongs to it.
func readElsewhere(p *checks.Pass, c *checks.Call, attr string) bool {
	for _, m := range p.Connected() {
		if m.Path != p.Path && m.Draft != nil && m.Draft.Mentions("."+attr) {
			return true
		}
	}
	used := false
	for _, f := range c.Frame.Beside() {
		body := checks.BodyOf(f)
		f.InspectOwn(func(n ast.Node) bool {
			a, ok := n.(*ast.Attribute)
			if !ok || used || a.Attr.Id != attr {
				return !used
			}
			if s, ok := p.StmtOf(a).(*ast.Assign); ok && !s.Value.Range().Contains(a.Range()) {
				return true // where it is assigned to
			}
			used = checks.ActedOnAt(p.Module, body, a)
			return !used
		})
	}
	return used
}

// readsVerdict reports whether the issues that a Datalab found are used.
func readsVerdict(p *checks.Pass, body []ast.Stmt, lab string, search *checks.Call) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		if !ok || found {
			return !found
		}
		if of, ok := a.Value.(*ast.Name); !ok || of.Id != lab || a.Attr.Id != "issues" && a.Attr.Id != "get_issues" && a.Attr.Id != "get_label_issues" {
			return true
		}
		found = found || checks.ActedOnAt(p.Module, body, a)
		return true
	})
	return found
}

// filter trains on what the verdict leaves.
func (s *search) filter(p *checks.Pass, c, at, fit *checks.Call) *fix.Fix {
	x, y := first(fit, 0, "X", "x"), first(fit, 1, "y")
	if x.Unpacked || y.Unpacked || !p.Holds(fit.Node) || c.Arg(-1, "return_indices_ranked_by") != nil {
		return nil
	}
	var before, imports []fix.Edit
	name := s.verdict
	if s.attr != "" {
		name = "self." + s.attr
	} else if at.Frame != fit.Frame {
		return nil
	}
	if name == "" && s.lab == "" {
		stmt, ok := p.StmtOf(at.Node).(*ast.ExprStmt)
		if !ok {
			return nil
		}
		target := "label_issues"
		if name = target; s.art {
			target = "_, label_issues"
		}
		before = checks.Replace(p, stmt, target+" = "+p.File.Text(stmt))
	}
	mask := "~" + name
	switch {
	case s.lab != "":
		mask = "~" + s.lab + `.get_issues("label")["is_label_issue"].to_numpy()`
	case s.frame:
		mask = "~" + name + `["is_label_issue"].to_numpy()`
	case s.art:
		var numpy string
		numpy, imports = fix.Reach(p.File, "numpy", "import numpy as np", fix.BeforeFirstImport)
		mask = numpy + ".array(" + name + ") == 1"
	}
	return checks.Fix(true, "train on what the search leaves", before, imports,
		checks.Replace(p, x.Node, p.File.Text(x.Node)+"["+mask+"]"), checks.Replace(p, y.Node, p.File.Text(y.Node)+"["+mask+"]"))
}
