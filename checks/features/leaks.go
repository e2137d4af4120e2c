package features

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// fitBeforeSplit is PML2110.
var fitBeforeSplit = &checks.Rule{
	Spec:  infoPML2110,
	Knows: known,
	On:    splitters,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, l := range leaksInto(p, c) {
			if l.kind == learns && !l.labels && !l.joined && !onlyTarget(c, l) && evaluated(c) {
				report(p, l, splitFirst(p, c, l, false))
			}
		}
	},
}

// selectBeforeSplit is PML2108.
var selectBeforeSplit = &checks.Rule{
	Spec:  infoPML2108,
	Knows: known,
	On:    divisions,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, l := range leaksInto(p, c) {
			if l.kind == selects && !l.labels && l.call.Arg(1, "y") != nil {
				edit := splitFirst(p, c, l, true)
				if c.Symbol.Is(validations...) {
					edit = inPipeline(p, c, l)
				}
				report(p, l, edit)
			}
		}
	},
}

// sampleBeforeSplit is PML2115.
var sampleBeforeSplit = &checks.Rule{
	Spec:  infoPML2115,
	Knows: known,
	On:    divisions,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, l := range leaksInto(p, c) {
			if l.kind == samples {
				report(p, l, sampleAfter(p, c, l))
			}
		}
	},
}

// report reports a fit in the file that it stands in.
func report(p *checks.Pass, l leak, edit *fix.Fix) {
	p.Report(checks.Report{Node: l.call.Node, In: p.Project.Module(l.call.Frame.Module()), Fix: edit})
}

// onlyTarget reports whether a transformer is fitted on nothing but the column that is predicted: one that is left out of, or
// taken out of, the frame by its name.
func onlyTarget(c *checks.Call, l leak) bool {
	var columns []string
	ast.Inspect(l.rows, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			switch i := n.Index.(type) {
			case *ast.Str:
				columns = append(columns, i.Value)
			case *ast.List:
				for _, e := range i.Elts {
					if s, ok := e.(*ast.Str); ok {
						columns = append(columns, s.Value)
					}
				}
			}
		case *ast.Attribute:
			if n.Attr.Id != "values" && n.Attr.Id != "reshape" && n.Attr.Id != "to_numpy" {
				columns = append(columns, n.Attr.Id)
			}
		}
		return true
	})
	if len(columns) != 1 {
		return false
	}
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		if name := checks.LastName(o.Node.Fn); name != "drop" && name != "pop" {
			return false
		}
		found := false
		ast.Inspect(o.Node, func(n ast.Node) bool {
			if s, ok := n.(*ast.Str); ok && s.Value == columns[0] {
				found = true
			}
			return !found
		})
		return found
	})
}

// given is an assignment of what a call gives to names.
type given struct {
	stmt  *ast.Assign
	names []string
}

// assignedTo tells which names a call's result is assigned to, nil where these are no names.
func assignedTo(p *checks.Pass, n ast.Node) *given {
	s, ok := p.StmtOf(n).(*ast.Assign)
	if !ok || len(s.Targets) != 1 || ast.Node(s.Value) != n {
		return nil
	}
	list := []ast.Expr{s.Targets[0]}
	if t, ok := s.Targets[0].(*ast.Tuple); ok {
		list = t.Elts
	}
	out := &given{stmt: s}
	for _, e := range list {
		name, ok := e.(*ast.Name)
		if !ok {
			return nil
		}
		out.names = append(out.names, name.Id)
	}
	return out
}

// partsOf are the names to which the parts of the i-th argument of a split go.
func partsOf(to *given, i int) (train, test string) {
	if to == nil || 2*i+1 >= len(to.names) {
		return "", ""
	}
	return to.names[2*i], to.names[2*i+1]
}

// reads counts the places in a scope that read a name after a place.
func reads(f *checks.Frame, name string, after ast.Pos) int {
	n := 0
	f.InspectOwn(func(x ast.Node) bool {
		if id, ok := x.(*ast.Name); ok && id.Id == name && id.Pos() >= after {
			n++
		}
		return true
	})
	return n
}

// splitFirst fits a transformer on what the split gives to learn from; with the labels where it selects by them.
func splitFirst(p *checks.Pass, c *checks.Call, l leak, labelled bool) *fix.Fix {
	rows, ok := l.rows.(*ast.Name)
	if !ok || l.call.Frame != c.Frame || !c.Symbol.Is(splitters...) || !p.Holds(l.call.Node) {
		return nil
	}
	last := l.call.Node
	var gone []fix.Edit
	if l.call.Method == "fit" {
		s, ok := p.StmtOf(l.call.Node).(*ast.ExprStmt)
		if !ok || s.Value != ast.Expr(l.call.Node) {
			return nil
		}
		last = nil
		for _, o := range c.Frame.Calls {
			if o.Method == "transform" && o.Node.Pos() > l.call.Node.Pos() && o.Node.Pos() < c.Node.Pos() && len(o.Node.Args) == 1 && p.File.Text(receiverOf(o)) == p.File.Text(receiverOf(l.call)) {
				if last != nil || p.File.Text(o.Node.Args[0]) != rows.Id {
					return nil
				}
				last = o.Node
			}
		}
		if last == nil {
			return nil
		}
		gone = fix.RemoveStmt(p.File, s)
	} else if l.call.Method != "fit_transform" {
		return nil
	}
	to, parts := assignedTo(p, last), assignedTo(p, c.Node)
	if to == nil || len(to.names) != 1 || parts == nil {
		return nil
	}
	at := -1
	for i, a := range c.Node.Args {
		if n, ok := a.(*ast.Name); ok && n.Id == to.names[0] {
			at = i
		}
	}
	train, test := partsOf(parts, at)
	// Nothing else may read what is transformed later.
	if at < 0 || train == "" || reads(c.Frame, to.names[0], to.stmt.Stop()) != 1 {
		return nil
	}
	receiver := p.File.Text(receiverOf(l.call))
	if _, named := receiverOf(l.call).(*ast.Name); !named {
		if _, isAttribute := receiverOf(l.call).(*ast.Attribute); !isAttribute {
			if p.Defines("scaler") || reads(c.Frame, "scaler", 0) > 0 {
				return nil
			}
			gone = append(gone, fix.ReplaceStmt(p.File, to.stmt, "scaler = "+receiver)...)
			receiver = "scaler"
		}
	}
	if receiver != "scaler" || len(gone) == 0 || l.call.Method == "fit" {
		gone = append(gone, fix.RemoveStmt(p.File, to.stmt)...)
	}
	fitted := train
	if labelled {
		y, ok := labelsOf(c, l, parts)
		if !ok {
			return nil
		}
		fitted += ", " + y
	}
	var renamed []fix.Edit
	if rows.Id != to.names[0] {
		renamed = checks.Replace(p, c.Node.Args[at], rows.Id)
	}
	return checks.Fix(true, "fit on the rows to learn from", gone, renamed,
		fix.InsertAfter(p.File, parts.stmt, train+" = "+receiver+".fit_transform("+fitted+")", test+" = "+receiver+".transform("+test+")"))
}

// labelsOf is the name of the labels to learn from, where those that a selector is given are split beside the rows.
func labelsOf(c *checks.Call, l leak, parts *given) (string, bool) {
	y := l.call.Arg(1, "y")
	if y == nil {
		return "", false
	}
	name, ok := y.Node.(*ast.Name)
	if !ok {
		return "", false
	}
	for i, a := range c.Node.Args {
		if n, ok := a.(*ast.Name); ok && n.Id == name.Id {
			train, _ := partsOf(parts, i)
			return train, train != ""
		}
	}
	return "", false
}

// inPipeline selects anew in each fold.
func inPipeline(p *checks.Pass, c *checks.Call, l leak) *fix.Fix {
	rows, ok := l.rows.(*ast.Name)
	if !ok || l.call.Method != "fit_transform" || l.call.Frame != c.Frame || !p.Holds(l.call.Node) || len(c.Node.Args) < 2 {
		return nil
	}
	to := assignedTo(p, l.call.Node)
	x, ok := c.Node.Args[1].(*ast.Name)
	if !ok || to == nil || len(to.names) != 1 || to.names[0] != x.Id || reads(c.Frame, x.Id, to.stmt.Stop()) != 1 {
		return nil
	}
	made, imports := fix.Reach(p.File, "sklearn.pipeline.make_pipeline", "from sklearn.pipeline import make_pipeline", fix.InOrder)
	edits := checks.Replace(p, c.Node.Args[0], made+"("+p.File.Text(receiverOf(l.call))+", "+p.File.Text(c.Node.Args[0])+")")
	if rows.Id != x.Id {
		edits = append(edits, checks.Replace(p, x, rows.Id)...)
	}
	return checks.Fix(true, "select in each fold", fix.RemoveStmt(p.File, to.stmt), edits, imports)
}

// sampleAfter samples only of the rows to learn from.
func sampleAfter(p *checks.Pass, c *checks.Call, l leak) *fix.Fix {
	if l.call.Frame != c.Frame || !c.Symbol.Is(splitters...) || !p.Holds(l.call.Node) || l.call.Method == "" || len(l.call.Node.Args) != 2 || len(c.Node.Args) < 2 {
		return nil
	}
	to, parts := assignedTo(p, l.call.Node), assignedTo(p, c.Node)
	if to == nil || parts == nil || len(to.names) != 2 {
		return nil
	}
	var edits []fix.Edit
	var names []string
	for i, name := range to.names {
		x, ok := c.Node.Args[i].(*ast.Name)
		from, isName := l.call.Node.Args[i].(*ast.Name)
		train, _ := partsOf(parts, i)
		if !ok || !isName || x.Id != name || train == "" || reads(c.Frame, name, to.stmt.Stop()) != 1 {
			return nil
		}
		if from.Id != name {
			edits = append(edits, checks.Replace(p, x, from.Id)...)
		}
		names = append(names, train)
	}
	pair := names[0] + ", " + names[1]
	return checks.Fix(true, "sample only of the rows to learn from", fix.RemoveStmt(p.File, to.stmt), edits,
		fix.InsertAfter(p.File, parts.stmt, pair+" = "+p.File.Text(l.call.Node.Fn)+"("+pair+")"))
}

// fitOnTest is PML2111.
var fitOnTest = &checks.Rule{
	Spec:  infoPML2111,
	Knows: known,
	On:    []string{"{sklearn.*.*,sklearn.*.*.*,category_encoders.*,category_encoders.*.*}().{fit,fit_transform}", "?.{fit,fit_transform}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Method != "fit" && c.Method != "fit_transform" || !checks.GroupMentions(p, "train_test_split", ".split(") {
			return
		}
		fit := fittingOf(c)
		if fit == nil || fit.kind == samples {
			return
		}
		split := heldOut(c.Frame, fit.rows)
		if split == nil {
			return
		}
		other, sameObject := fittedOnTrain(c, fit, split)
		if other == nil {
			return
		}
		if isProjection(fit.name) && !sameObject {
			return // a picture of the held-out rows
		}
		p.Report(checks.Report{Node: c.Node, Fix: transformOnly(p, c, fit, other, sameObject)})
	},
}

// isProjection reports whether a class is of those that are also fitted to draw rows.
func isProjection(name string) bool {
	switch name {
	case "PCA", "IncrementalPCA", "KernelPCA", "TruncatedSVD", "NMF", "FastICA":
		return true
	}
	return false
}

// fittedOnTrain is a call in the same scope that fits something on the part to learn from: of the same class where there is
// one; same tells that it is the same object.
func fittedOnTrain(c *checks.Call, fit *fitting, split *checks.Call) (other *checks.Call, same bool) {
	for _, f := range c.Frame.Beside() {
		if f != c.Frame && (c.Frame.Class() == nil || f.Class() != c.Frame.Class()) && !(f.Function() == nil && split.Frame == f) {
			continue
		}
		for _, o := range f.Calls {
			if o.Node == c.Node || o.Method != "fit" && o.Method != "fit_transform" && o.Method != "fit_resample" && o.Method != "partial_fit" || len(o.Args) == 0 || o.Args[0].Node == nil {
				continue
			}
			if !learntFrom(f, o.Args[0].Node, split) {
				continue
			}
			its := fittingOf(o)
			if its != nil && its.made.Node == fit.made.Node {
				return o, true
			}
			if other == nil || its != nil && its.name == fit.name {
				other = o
			}
		}
	}
	return other, false
}

// transformOnly transforms the held-out rows as those to learn from were.
func transformOnly(p *checks.Pass, c *checks.Call, fit *fitting, other *checks.Call, same bool) *fix.Fix {
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok || !p.Holds(c.Node) {
		return nil
	}
	const message = "transform the held-out rows as those to learn from"
	if c.Method == "fit" {
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && same && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, message, fix.RemoveStmt(p.File, s))
		}
		return nil
	}
	var edits []fix.Edit
	if !same {
		its := fittingOf(other)
		from := receiverOf(other)
		_, named := from.(*ast.Name)
		if its == nil || its.name != fit.name || !named || other.Frame != c.Frame {
			return nil
		}
		edits = checks.Replace(p, at.Value, p.File.Text(from))
	} else if _, made := at.Value.(*ast.Call); made {
		return nil
	}
	if len(c.Node.Args) > 1 {
		for _, more := range c.Node.Args[1:] {
			edits = append(edits, fix.RemoveArg(p.File, c.Node, more)...)
		}
	}
	return checks.Fix(true, message, edits, checks.Replace(p, at.Attr, "transform"))
}
