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
	switch t := assign.Targets[0].(type) {
	case *ast.Name:
		if s.art {
			return nil
		}
		s.verdict = t.Id
	case *ast.Tuple:
		if n, ok := second(t); ok && s.art {
			s.verdict = n
			return s
		}
		return nil
	default:
		return nil
	}
	return s
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

func second(t *ast.Tuple) (string, bool) {
	if len(t.Elts) != 2 {
		return "", false
	}
	n, ok := t.Elts[1].(*ast.Name)
	if !ok {
		return "", false
	}
	return n.Id, true
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
		if o.Does() != models.Fit || o.Node.Pos() < c.Node.Pos() || o.Arg(-1, "sample_weight") != nil || o.HasRest() {
			continue
		}
		x, y := first(o, 0, "X", "x"), first(o, 1, "y")
		if x == nil || y == nil || !sameData(y, s.labels) || s.samples != nil && !sameData(x, s.samples) {
			continue
		}
		return o
	}
	return nil
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
	return s.verdict != "" && checks.ActedOn(p.Module, body, s.verdict, c.Node.Stop())
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
