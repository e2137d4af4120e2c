package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// orderFromRequest is PML2101.
var orderFromRequest = &checks.Rule{
	Spec:   infoPML2101,
	Knows:  append([]string{"onnxruntime.InferenceSession().run", "pandas.DataFrame", "pandas.json_normalize", "pandas.Series"}, loadedNetworks...),
	Needs:  []string{"values", "items", "to_numpy"},
	Beside: [][]string{{"predict", "decision_function", "score_samples", "transform", "InferenceSession", "load_model", "torch"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if len(questions(p, f, "transform")) == 0 {
			return
		}
		for _, c := range f.Calls {
			switch checks.LastName(c.Node.Fn) {
			case "values", "items":
				checkMapping(p, c)
			default:
				if c.Symbol.Is("pandas.DataFrame", "pandas.json_normalize", "pandas.Series") {
					checkFrame(p, c)
				}
			}
		}
	},
}

// checkMapping reports the values of a request's mapping that become features in the order in which they came.
func checkMapping(p *checks.Pass, c *checks.Call) {
	e := receiverOf(c)
	if e == nil || len(c.Node.Args) > 0 || !mappingOfRequest(c, e, c.Receiver) || declaredOrder(c.Frame, e) || keysCompared(p, c.Frame, e) {
		return
	}
	var node ast.Node = c.Node
	comp := compOver(p, c.Node)
	if checks.LastName(c.Node.Fn) == "items" {
		if comp == nil || !onlyValues(comp) {
			return
		}
		node = comp
	} else if comp != nil && slices.ContainsFunc(comp.Clauses, func(cl *ast.CompClause) bool { return len(cl.Ifs) > 0 }) {
		return
	}
	list := positional(p, c)
	if len(list) == 0 {
		return
	}
	var edit *fix.Fix
	if name := modelName(p, list[0]); name != "" && checks.LastName(c.Node.Fn) == "values" && list[0].call.Frame == c.Frame && p.Holds(c.Node) && checks.Repeatable(e) {
		item := freeName(e)
		if item != "" {
			edit = checks.Fix(true, "take the fields in the order that the model has learnt", checks.Replace(p, c.Node, "("+p.File.Text(e)+"["+item+"] for "+item+" in "+name+".feature_names_in_)"))
		}
	}
	p.Report(checks.Report{Node: node, Fix: edit})
}

// freeName is a name for an item that is not that of a mapping.
func freeName(e ast.Expr) string {
	if checks.UsesName(e, "name") {
		return ""
	}
	return "name"
}

// positional lists the questions that are asked about what a call gives, where nothing names the columns again.
func positional(p *checks.Pass, c *checks.Call) []question {
	return askedAbout(p, c, "transform")
}

// mappingOfRequest reports whether an expression is what a request brings, as a mapping, and none that the program fills.
func mappingOfRequest(c *checks.Call, e ast.Expr, v *checks.Value) bool {
	brought := func(m checks.Mark) bool {
		if m.Label != models.User {
			return false
		}
		s := m.Source().String()
		return !strings.Contains(s, "streamlit") && !strings.Contains(s, "gradio") && !strings.Contains(s, "argparse")
	}
	if slices.ContainsFunc(v.Marks(), brought) {
		return true
	}
	if !v.IsParameter() && !slices.ContainsFunc(v.Marks(), func(m checks.Mark) bool { return m.Label == models.NoLabel }) {
		return false
	}
	whole := false
	for in := range c.Frame.StandsFor(e) {
		switch {
		case in.Literal != nil:
			return false
		case in.Call != nil && slices.ContainsFunc(in.Call.Result.Marks(), brought):
			whole = true
		}
	}
	return whole || slices.ContainsFunc(c.Behind(v), brought)
}

// declarers give the fields of a class in the order in which it declares them.
var declarers = []string{"model_dump", "dict", "asdict", "_asdict", "vars", "model_fields", "astuple", "jsonable_encoder"}

// declaredOrder reports whether a class, or the code, says in which order the fields are.
func declaredOrder(f *checks.Frame, e ast.Expr) bool {
	found := false
	check := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			name := checks.LastName(n.Fn)
			found = found || slices.Contains(declarers, name) && !(name == "dict" && len(n.Args) > 0)
		case *ast.Attribute:
			found = found || n.Attr.Id == "__dict__"
		}
		return !found
	}
	for _, s := range f.SpelledOut(e) {
		ast.Inspect(s.Expr, check)
		switch n := s.Expr.(type) {
		case *ast.Dict:
			found = found || slices.ContainsFunc(n.Keys, func(k ast.Expr) bool { return k != nil })
		case *ast.Comp:
			found = true // built anew, by names of the program's mostly
		}
	}
	for in := range f.StandsFor(e) {
		if in.Call != nil {
			check(in.Call.Node)
		}
	}
	return found
}

// keysCompared reports whether the code compares the keys in their order.
func keysCompared(p *checks.Pass, f *checks.Frame, e ast.Expr) bool {
	text := plain(p, e)
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok || found {
			return !found
		}
		for _, side := range append([]ast.Expr{c.Left}, c.Right...) {
			call, ok := side.(*ast.Call)
			if !ok || len(call.Args) != 1 || checks.LastName(call.Fn) != "list" && checks.LastName(call.Fn) != "tuple" {
				continue
			}
			keys := strings.TrimSuffix(plain(p, call.Args[0]), ".keys()")
			found = found || keys == text
		}
		return !found
	})
	return found
}

// plain is the text of an expression without what only lays it out.
func plain(p *checks.Pass, e ast.Expr) string {
	return strings.NewReplacer(" ", "", "\n", "", "\t", "", "\\", "").Replace(p.File.Text(e))
}

// compOver is the comprehension that goes over a node, nil where none does.
func compOver(p *checks.Pass, n ast.Node) *ast.Comp {
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		comp, ok := around[i].(*ast.Comp)
		if !ok {
			continue
		}
		for _, cl := range comp.Clauses {
			if cl.Iter.Range().Contains(n.Range()) {
				return comp
			}
		}
		return nil
	}
	return nil
}

// onlyValues reports whether a comprehension over items keeps their values and looks at no key.
func onlyValues(comp *ast.Comp) bool {
	if len(comp.Clauses) != 1 || comp.Key != nil {
		return false
	}
	t, ok := comp.Clauses[0].Target.(*ast.Tuple)
	if !ok || len(t.Elts) != 2 || len(comp.Clauses[0].Ifs) > 0 {
		return false
	}
	k, ok := t.Elts[0].(*ast.Name)
	v, isName := t.Elts[1].(*ast.Name)
	return ok && isName && !checks.UsesName(comp.Elt, k.Id) && checks.UsesName(comp.Elt, v.Id)
}

// checkFrame reports a frame of one mapping of a request whose names are thrown away before the model is asked.
func checkFrame(p *checks.Pass, c *checks.Call) {
	a := c.Arg(0, "data")
	if a == nil || a.Node == nil || c.Arg(-1, "columns") != nil || c.Arg(2, "columns") != nil || c.Arg(-1, "index") != nil {
		return
	}
	mapping := a.Node
	if list, ok := mapping.(*ast.List); ok {
		if len(list.Elts) != 1 {
			return
		}
		mapping = list.Elts[0]
	}
	switch mapping.(type) {
	case *ast.Name, *ast.Call, *ast.Attribute, *ast.Await, *ast.Subscript:
	default:
		return
	}
	if !mappingOfRequest(c, mapping, valueOf(c, a)) || declaredOrder(c.Frame, mapping) || keysCompared(p, c.Frame, mapping) || readsRows(c.Frame, mapping) {
		return
	}
	list := positional(p, c)
	if len(list) == 0 {
		return
	}
	for _, f := range c.Frame.Beside() {
		if f != c.Frame && f.Function() != nil && c.Frame.Function() != nil && len(f.Calls) == 0 {
			continue
		}
		f.InspectOwn(func(n ast.Node) bool {
			at, ok := n.(*ast.Attribute)
			if !ok || at.Attr.Id != "values" && at.Attr.Id != "to_numpy" || !isFrame(f, at.Value, c) {
				return true
			}
			var node ast.Node = at
			if at.Attr.Id == "to_numpy" {
				around := p.Around(at)
				for i := len(around) - 1; i > 0; i-- {
					if call, ok := around[i].(*ast.Call); ok && call.Fn == ast.Expr(at) {
						node = call
						break
					}
				}
			}
			if !slices.ContainsFunc(list, func(q question) bool {
				return q.call.Frame != f || q.rows.Range().Contains(node.Range()) || q.call.Node.Pos() > node.Stop()
			}) {
				return true
			}
			var edit *fix.Fix
			if name := modelName(p, list[0]); name != "" && list[0].call.Frame == f {
				pos := int(at.Value.Stop())
				edit = checks.Fix(true, "take the columns in the order that the model has learnt", []fix.Edit{{Start: pos, End: pos, New: "[list(" + name + ".feature_names_in_)]"}})
			}
			p.Report(checks.Report{Node: node, Fix: edit})
			return true
		})
	}
}

// valueOf is the value of the mapping that a frame is made of.
func valueOf(c *checks.Call, a *checks.Argument) *checks.Value {
	if items, _, list := c.Items(a.Value); list && len(items) == 1 {
		return items[0].Value
	}
	return a.Value
}

// isFrame reports whether an expression is the frame that a call makes, with all its columns as they came.
func isFrame(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	if e == ast.Expr(c.Node) {
		return true
	}
	n, ok := e.(*ast.Name)
	if !ok {
		return false
	}
	only := 0
	for _, s := range f.SpelledOut(n) {
		switch x := s.Expr.(type) {
		case *ast.Name:
		case *ast.Call:
			if x != c.Node {
				return false
			}
			only++
		default:
			return false
		}
	}
	return only == 1
}

// readsRows reports whether a mapping is read under the name of rows: a list of lists, whose order is the caller's contract.
func readsRows(f *checks.Frame, e ast.Expr) bool {
	for _, s := range f.SpelledOut(e) {
		if sub, ok := s.Expr.(*ast.Subscript); ok {
			if k, ok := sub.Index.(*ast.Str); ok && slices.Contains([]string{"rows", "data", "instances", "inputs", "records", "values", "features"}, k.Value) {
				return true
			}
		}
	}
	return false
}
