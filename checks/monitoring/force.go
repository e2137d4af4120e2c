package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// forcePage is PML2413.
var forcePage = &checks.Rule{
	Spec:  infoPML2413,
	Knows: []string{"shap.force_plot", "shap.Explanation"},
	From:  strangers,
	Into:  []checks.SinkKind{models.HTML},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteExplained || !c.Symbol.Under("shap") || !path.Mark.Holds("</") || checks.Vetted(p, path, aboutMarkup) || !becomesPage(c) {
			return
		}
		r := checks.Report{Node: c.Node, Path: path}
		plotted := c.Receiver
		if a := c.Arg(1, "plot"); a != nil && checks.CalledName(c) == "save_html" {
			plotted = a.Value
		}
		plot := origin(plotted)
		if plot == nil || !plot.Symbol.Is("shap.force_plot") {
			p.Report(r)
			return
		}
		if a := plot.Arg(7, "matplotlib"); a != nil && !checks.Off(a.Value) {
			return
		}
		names := plot.Arg(3, "feature_names")
		if !showsNames(p, path, plot, names) && !showsRows(p, path, plot, plot.Arg(2, "features"), names != nil) && !showsExplained(p, path, plot) {
			return
		}
		list := []checks.At{{Pos: 3, Name: "feature_names"}}
		others := []checks.At{{Pos: 0, Name: "base_value"}, {Pos: 1, Name: "shap_values"}}
		if features := (checks.At{Pos: 2, Name: "features"}); names != nil && oneRow(plot.Arg(2, "features")) {
			list = append(list, features)
		} else {
			others = append(others, features)
		}
		r.Fix = escapeNames(p, path, plot, "v", list, others...)
		p.Report(r)
	},
}

// showsNames reports whether names that others choose are given as those of features.
func showsNames(p *checks.Pass, path *checks.Path, c *checks.Call, a *checks.Argument) bool {
	return a != nil && dirty(c, a, path) && (a.Node == nil || a.Unpacked || !namesKnown(p, c.Frame, a.Node))
}

// showsRows reports whether rows show text that others choose: in them, or as the names of their columns where no other names
// are given.
func showsRows(p *checks.Pass, path *checks.Path, c *checks.Call, a *checks.Argument, named bool) bool {
	if a == nil || !dirty(c, a, path) {
		return false
	}
	if a.Node == nil || a.Unpacked {
		return true
	}
	number, array := numeric(c.Frame, a.Node)
	return !number || !array && !named && !columnsKnown(p, c.Frame, a.Node, 0)
}

// numeric tells whether rows were made numbers, and whether they are an array, whose columns have no names.
func numeric(f *checks.Frame, e ast.Expr) (number, array bool) {
	for in := range f.MadeOf(e) {
		array = array || slices.Contains(in.Steps, ".values")
		if in.Call == nil {
			continue
		}
		switch checks.LastName(in.Call.Node.Fn) {
		case "astype", "float", "to_numeric", "float32", "float64":
			number = true
		case "array", "asarray", "stack", "vstack", "reshape", "transform", "fit_transform":
			number, array = true, true
		case "to_numpy":
			array = true
		}
	}
	return number, array
}

// oneRow reports whether an argument is one row of a table or a list, whose values can be gone through.
func oneRow(a *checks.Argument) bool {
	if a == nil || a.Node == nil {
		return false
	}
	switch n := a.Node.(type) {
	case *ast.List, *ast.Comp:
		return true
	case *ast.Subscript:
		_, number := n.Index.(*ast.Number)
		return number
	}
	return false
}

// showsExplained reports whether an object with the explanation is given that holds names or text that others choose.
func showsExplained(p *checks.Pass, path *checks.Path, plot *checks.Call) bool {
	for _, at := range [...]checks.At{{Pos: 0, Name: "base_value"}, {Pos: 1, Name: "shap_values"}} {
		a := plot.Arg(at.Pos, at.Name)
		if a == nil || a.Node == nil || !dirty(plot, a, path) {
			continue
		}
		for in := range plot.Frame.MadeOf(a.Node) {
			c := in.Call
			switch {
			case c == nil || c.Symbol == nil:
			case c.Symbol.Is("shap.Explanation"):
				names := c.Arg(5, "feature_names")
				if showsNames(p, path, c, names) || showsRows(p, path, c, c.Arg(2, "data"), names != nil) || showsRows(p, path, c, c.Arg(3, "display_data"), names != nil) {
					return true
				}
			case explains(c):
				if rows := c.Arg(0, "X"); rows != nil && rows.Node != nil && dirty(c, rows, path) {
					if _, array := numeric(c.Frame, rows.Node); !array && !columnsKnown(p, c.Frame, rows.Node, 0) {
						return true
					}
				}
			}
		}
	}
	return false
}

// explains reports whether a call is one of an explainer of SHAP, which gives an explanation.
func explains(c *checks.Call) bool {
	name := c.Symbol.String()
	return c.Symbol.Under("shap") && strings.HasSuffix(name, "()") && slices.ContainsFunc([]string{"Explainer()", "explainers.Tree()", "explainers.Deep()", "explainers.Linear()", "explainers.Permutation()", "explainers.Exact()", "explainers.Partition()"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}
