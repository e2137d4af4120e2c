package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// floats make a number of text, also of "nan".
var floats = []string{"builtins.float", "numpy.float32", "numpy.float64"}

// missingLetThrough is PML2104.
var missingLetThrough = &checks.Rule{
	Spec:   infoPML2104,
	Knows:  append(append([]string{"onnxruntime.InferenceSession().run"}, floats...), loadedNetworks...),
	Needs:  []string{"<", ">"},
	Beside: [][]string{{"float"}, {"predict", "transform", "load_model", "decision_function", "InferenceSession"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if len(questions(p, f, "transform")) == 0 {
			return
		}
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.If)
			if !ok {
				return true
			}
			names := rangeTested(p, f, s.Test)
			if len(names) == 0 || !rejects(s.Body) {
				return true
			}
			var nan []string
			for _, name := range names {
				if !testedForNaN(f, name.Id) && asksAbout(p, f, name, s.Stop(), 0) && !slices.Contains(nan, name.Id) {
					nan = append(nan, name.Id)
				}
			}
			if len(nan) > 0 {
				p.Report(checks.Report{Node: s, Fix: refuseNaN(p, s, nan)})
			}
			return true
		})
	},
}

// rangeTested lists the names that a test compares with constants, where it does nothing else.
func rangeTested(p *checks.Pass, f *checks.Frame, test ast.Expr) []*ast.Name {
	switch n := test.(type) {
	case *ast.BoolOp:
		if !n.Or {
			return nil
		}
		var out []*ast.Name
		for _, v := range n.Values {
			names := rangeTested(p, f, v)
			if names == nil {
				return nil
			}
			out = append(out, names...)
		}
		return out
	case *ast.Compare:
		var out []*ast.Name
		for _, op := range n.Ops {
			if op != "<" && op != "<=" && op != ">" && op != ">=" {
				return nil
			}
		}
		for _, side := range append([]ast.Expr{n.Left}, n.Right...) {
			if name, ok := side.(*ast.Name); ok && !constant(f, side) {
				out = append(out, name)
			} else if !constant(f, side) {
				return nil
			}
		}
		return out
	}
	return nil
}

// constant reports whether an expression is a number that the program gives.
func constant(f *checks.Frame, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Number:
		return true
	case *ast.UnaryOp:
		return constant(f, n.Operand)
	case *ast.Name:
		if strings.ToUpper(n.Id) == n.Id && strings.ToLower(n.Id) != n.Id {
			return true
		}
		_, number := f.ValueOf(n).Number()
		return number
	case *ast.Attribute:
		return strings.ToUpper(n.Attr.Id) == n.Attr.Id
	}
	return false
}

// rejects reports whether a block turns down what was tested.
func rejects(body []ast.Stmt) bool { return checks.Leaves(body) }

// testedForNaN reports whether a function asks whether a name is a number at all.
func testedForNaN(f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "isfinite", "isnan", "isna", "isnull", "nan_to_num", "notna", "notnull", "is_nan":
				found = found || checks.UsesName(n, name)
			}
		case *ast.Compare:
			left, ok := n.Left.(*ast.Name)
			if ok && left.Id == name && len(n.Right) == 1 {
				right, same := n.Right[0].(*ast.Name)
				found = found || same && right.Id == name
			}
		case *ast.Assert:
			found = found || checks.UsesName(n.Test, name)
		case *ast.UnaryOp:
			if n.Op == "not" {
				found = found || checks.UsesName(n, name) // written to accept
			}
		}
		return !found
	})
	return found
}

// maxHelpers bounds through how many calls a number is followed.
const maxHelpers = 3

// asksAbout reports whether a name holds a number out of a request's text, and a model is asked about it after a place.
func asksAbout(p *checks.Pass, f *checks.Frame, name *ast.Name, after ast.Pos, depth int) bool {
	if depth > maxHelpers {
		return false
	}
	if fn := f.Function(); fn != nil && fn.Params != nil {
		for _, param := range fn.Params.List {
			if param.Name == nil || param.Name.Id != name.Id {
				continue
			}
			for _, c := range f.Callers() {
				a := c.GivenTo(fn, name.Id)
				if a == nil {
					continue
				}
				if given, ok := a.Node.(*ast.Name); ok && !testedForNaN(c.Frame, given.Id) && asksAbout(p, c.Frame, given, c.Node.Pos(), depth+1) {
					return true
				}
			}
			return false
		}
	}
	for _, s := range f.SpelledOut(name) {
		call, ok := s.Expr.(*ast.Call)
		if !ok {
			continue
		}
		c := s.Frame.CallAt(call)
		if c != nil && c.Symbol.Is(floats...) && len(c.Args) > 0 && requested(c, c.Args[0].Value) {
			return givenOn(p, f, name.Id, after, depth)
		}
	}
	return false
}

// givenOn reports whether a model is asked about what a name holds after a place, or what is made of it.
func givenOn(p *checks.Pass, f *checks.Frame, name string, after ast.Pos, depth int) bool {
	names := []string{name}
	uses := func(n ast.Node) bool {
		return slices.ContainsFunc(names, func(name string) bool { return checks.UsesName(n, name) })
	}
	add := func(target ast.Expr) {
		for {
			switch n := target.(type) {
			case *ast.Subscript:
				target = n.Value
				continue
			case *ast.Name:
				if !slices.Contains(names, n.Id) {
					names = append(names, n.Id)
				}
			}
			return
		}
	}
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Pos() > after && uses(n.Value) {
				for _, t := range n.Targets {
					add(t)
				}
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && n.Pos() > after && (at.Attr.Id == "append" || at.Attr.Id == "extend" || at.Attr.Id == "insert" || at.Attr.Id == "update") && slices.ContainsFunc(n.Args, func(a ast.Expr) bool { return uses(a) }) {
				add(at.Value)
			}
		}
		return true
	})
	if slices.ContainsFunc(questions(p, f, "transform"), func(q question) bool { return q.call.Frame == f && q.call.Node.Pos() > after && uses(q.rows) }) {
		return true
	}
	for _, c := range f.Calls {
		if c.Node.Pos() < after {
			continue
		}
		for _, g := range c.Enters() {
			fn := g.Function()
			if fn == nil || fn.Params == nil || depth >= maxHelpers {
				continue
			}
			for _, param := range fn.Params.List {
				if param.Name == nil {
					continue
				}
				if a := c.GivenTo(fn, param.Name.Id); a != nil && a.Node != nil && uses(a.Node) && givenOn(p, g, param.Name.Id, 0, depth+1) {
					return true
				}
			}
		}
	}
	return givesBack(f, after, uses) && depth < maxHelpers && slices.ContainsFunc(f.Callers(), func(c *checks.Call) bool { return resultGivenOn(p, c, depth+1) })
}

// givesBack reports whether a function returns something after a place.
func givesBack(f *checks.Frame, after ast.Pos, uses func(ast.Node) bool) bool {
	return slices.ContainsFunc(f.Returns, func(r flow.Return) bool { return r.Node != nil && r.Node.Pos() > after && uses(r.Node) })
}

// resultGivenOn reports whether a model is asked about what a call gives: where it stands, or by the name that it gets.
func resultGivenOn(p *checks.Pass, c *checks.Call, depth int) bool {
	f := c.Frame
	if slices.ContainsFunc(questions(p, f, "transform"), func(q question) bool { return q.call.Frame == f && q.rows.Range().Contains(c.Node.Range()) }) {
		return true
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok || found || !a.Value.Range().Contains(c.Node.Range()) || len(a.Targets) != 1 {
			return !found
		}
		name, plain := a.Targets[0].(*ast.Name)
		found = plain && !testedForNaN(f, name.Id) && givenOn(p, f, name.Id, c.Node.Pos(), depth)
		return !found
	})
	return found
}

// refuseNaN refuses what is no number.
func refuseNaN(p *checks.Pass, s *ast.If, names []string) *fix.Fix {
	isfinite, imports := fix.Reach(p.File, "math.isfinite", "import math", fix.BeforeFirstImport)
	text := ""
	for _, name := range names {
		text += "not " + isfinite + "(" + name + ") or "
	}
	at := int(s.Test.Pos())
	if parens := p.File.Parens(s.Test); parens.Start < s.Test.Pos() {
		at = int(parens.Start)
	}
	return checks.Fix(false, "refuse what is no number", []fix.Edit{{Start: at, End: at, New: text}}, imports)
}
