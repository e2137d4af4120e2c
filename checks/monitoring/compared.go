package monitoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the check of data sets that are compared with themselves.

const (
	reports    = "evidently.{Report,report.Report,report.report.Report,core.report.Report,legacy.report.Report,legacy.report.report.Report,test_suite.TestSuite,TestSuite,legacy.test_suite.TestSuite,legacy.test_suite.test_suite.TestSuite}().run"
	samples    = "scipy.stats.{ks_2samp,wasserstein_distance,anderson_ksamp,mannwhitneyu,epps_singleton_2samp}"
	detectors  = "alibi_detect.cd.{*,*.*}().predict"
	calculated = "nannyml.{*,**.*}().{calculate,estimate}"
	deepchecks = "deepchecks.{tabular,vision,nlp}.{checks.*,checks.**.*,suites.train_test_validation,suites.default_suites.train_test_validation}().run"
)

// comparedWithItself is PML2401.
var comparedWithItself = &checks.Rule{
	Spec:  infoPML2401,
	On:    []string{reports, samples, detectors, calculated, deepchecks},
	Knows: []string{"alibi_detect.cd.{*,*.*}", "nannyml.{*,**.*}", "nannyml.{*,**.*}().fit", "deepchecks.{tabular,vision,nlp}.{checks.*,checks.**.*,suites.train_test_validation,suites.default_suites.train_test_validation}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		reference, current := sidesOf(p, c)
		if reference.e == nil || current.e == nil || meant(c) {
			return
		}
		if !same(p, reference, current, 0) {
			return
		}
		if k := keyOf(p, reference, 0); k != keyOf(p, current, 0) {
			p.Report(checks.Report{Node: c.Node}) // as callers give it
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: otherData(p, c, current.e)})
	},
}

// side is an expression of one side of a comparison, in the code of a frame.
type side struct {
	f *checks.Frame
	e ast.Expr
}

// sidesOf is what a call compares; the expressions are nil where that is not known.
func sidesOf(p *checks.Pass, c *checks.Call) (reference, current side) {
	at := func(o *checks.Call, pos int, name string) side {
		if a := o.Arg(pos, name); a != nil && a.Node != nil && !a.Unpacked {
			return side{o.Frame, a.Node}
		}
		return side{}
	}
	switch name := c.Symbol.String(); {
	case c.Symbol.Under("evidently"):
		return at(c, 1, "reference_data"), at(c, 0, "current_data")
	case c.Symbol.Under("deepchecks"):
		if !strings.Contains(name, "Drift") && !strings.Contains(name, "train_test_validation") {
			return side{}, side{}
		}
		return at(c, 0, "train_dataset"), at(c, 1, "test_dataset")
	case c.Symbol.Under("scipy"):
		if strings.HasSuffix(name, "anderson_ksamp") {
			a := c.Arg(0, "samples")
			if a == nil || a.Node == nil {
				return side{}, side{}
			}
			for _, s := range c.Frame.SpelledOut(a.Node) {
				if list := checks.Elements(s.Expr); len(list) == 2 {
					return side{s.Frame, list[0]}, side{s.Frame, list[1]}
				}
			}
			return side{}, side{}
		}
		for _, names := range [...][2]string{{"data1", "data2"}, {"u_values", "v_values"}, {"x", "y"}} {
			if one, two := at(c, 0, names[0]), at(c, 1, names[1]); one.e != nil && two.e != nil {
				return one, two
			}
		}
	case c.Symbol.Under("alibi_detect"):
		made := origin(c.Receiver)
		if made == nil || !strings.Contains(made.Symbol.String(), "Drift") || runsElsewhere(p, c, "predict") {
			return side{}, side{}
		}
		return inOneRound(p, at(made, 0, "x_ref"), at(c, 0, "x"))
	case c.Symbol.Under("nannyml"):
		fitted := fitOf(p, c)
		if fitted == nil || runsElsewhere(p, c, "calculate", "estimate") {
			return side{}, side{}
		}
		return inOneRound(p, at(fitted, 0, "reference_data"), at(c, 0, "data"))
	}
	return side{}, side{}
}

// inOneRound is two sides of which none is what a loop goes through: it may be another one in the next round.
func inOneRound(p *checks.Pass, reference, current side) (side, side) {
	for _, s := range [...]side{reference, current} {
		name, ok := s.e.(*ast.Name)
		if !ok {
			continue
		}
		if m := p.Project.Module(s.f.Module()); m != nil {
			if stmt, _ := boundBefore(m, s.f, name); stmt != nil {
				if _, loop := stmt.(*ast.For); loop {
					return side{}, side{}
				}
			}
		}
	}
	return reference, current
}

// fitOf is the call that fits what a calculator is run on: the one before it in the chain, or of the same object.
func fitOf(p *checks.Pass, c *checks.Call) *checks.Call {
	made := origin(c.Receiver)
	if made != nil && made.Method == "fit" {
		return made
	}
	var out *checks.Call
	for _, o := range c.Frame.CallsNamed("fit") {
		if m := origin(o.Receiver); m != nil && made != nil && m.Node == made.Node {
			out = o
		}
	}
	return out
}

// runsElsewhere reports whether the object of a call is run on other data somewhere.
func runsElsewhere(p *checks.Pass, c *checks.Call, methods ...string) bool {
	made := origin(c.Receiver)
	if made == nil || len(c.Args) == 0 || c.Args[0].Node == nil {
		return true
	}
	own := keyOf(p, side{c.Frame, c.Args[0].Node}, 0)
	for _, method := range methods {
		for _, o := range c.Frame.CallsNamed(method) {
			if m := origin(o.Receiver); o.Node != c.Node && m != nil && m.Node == made.Node && len(o.Args) > 0 && o.Args[0].Node != nil && keyOf(p, side{o.Frame, o.Args[0].Node}, 0) != own {
				return true
			}
		}
	}
	return false
}

// meant reports whether a function compares data with itself on purpose, by its name.
func meant(c *checks.Call) bool {
	for f := c.Frame; f != nil; f = f.Outer() {
		if fn := f.Function(); fn != nil {
			name := strings.ToLower(fn.Name)
			if slices.ContainsFunc([]string{"test", "self", "sanity", "null", "identical"}, func(word string) bool { return strings.Contains(name, word) }) {
				return true
			}
		}
	}
	return false
}

// keyOf is a text that two expressions share only where they are the same value: by way of names that are assigned once and of
// attributes, of copies, and of files of the same name that are read. It is "" where that is not known.
func keyOf(p *checks.Pass, s side, depth int) string {
	m := p.Project.Module(s.f.Module())
	if m == nil || depth > 8 {
		return ""
	}
	switch n := s.e.(type) {
	case *ast.Name:
		stmt, value := boundBefore(m, s.f, n)
		if stmt == nil {
			if fn := s.f.Function(); fn != nil && !m.Defines(n.Id) {
				return "parameter " + n.Id + " of " + m.Path + ":" + fn.Qual
			}
			if m.Defines(n.Id) && s.f.Function() != nil {
				if e := globalOf(m, n.Id); e != nil {
					return keyOf(p, side{s.f.Body(), e}, depth+1)
				}
			}
			return "global " + n.Id + " of " + m.Path
		}
		if value != nil && always(m, stmt, n) {
			if k := keyOf(p, side{s.f, value}, depth+1); k != "" {
				return k
			}
		}
		return n.Id + " at " + m.Path + ":" + strconv.Itoa(int(stmt.Pos()))
	case *ast.Attribute:
		if n.Attr.Id == "values" {
			return keyOf(p, side{s.f, n.Value}, depth+1)
		}
		if owner, ok := n.Value.(*ast.Name); ok {
			if _, _, self := checks.MethodClass(s.f); owner.Id == self && self != "" {
				if f, e := storedOnce(p, s.f, n.Attr.Id); e != nil {
					if k := keyOf(p, side{f, e}, depth+1); k != "" {
						return k
					}
				}
				return "attribute " + n.Attr.Id
			}
		}
		if k := keyOf(p, side{s.f, n.Value}, depth+1); k != "" {
			return k + "." + n.Attr.Id
		}
	case *ast.Subscript:
		pure := true
		ast.Inspect(n.Index, func(n ast.Node) bool {
			if _, called := n.(*ast.Call); called {
				pure = false
			}
			return pure
		})
		if k := keyOf(p, side{s.f, n.Value}, depth+1); k != "" && pure {
			return k + "[" + m.File.Text(n.Index) + "]"
		}
	case *ast.Call:
		name := checks.LastName(n.Fn)
		if at, ok := n.Fn.(*ast.Attribute); ok && len(n.Args)+len(n.Keywords) == 0 && (name == "copy" || name == "to_numpy") {
			return keyOf(p, side{s.f, at.Value}, depth+1)
		}
		if (name == "asarray" || name == "array") && len(n.Args) == 1 && len(n.Keywords) == 0 {
			return keyOf(p, side{s.f, n.Args[0]}, depth+1)
		}
		if strings.HasPrefix(name, "read_") && len(n.Args) > 0 && constants(n) {
			return "file " + m.File.Text(n)
		}
	}
	return ""
}

// constants reports whether a call is given constants and nothing else.
func constants(n *ast.Call) bool {
	known := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Str, *ast.Number, *ast.Constant:
			return true
		case *ast.Name:
			return e.Id == strings.ToUpper(e.Id)
		}
		return false
	}
	return !slices.ContainsFunc(n.Args, func(e ast.Expr) bool { return !known(e) }) &&
		!slices.ContainsFunc(n.Keywords, func(k *ast.Keyword) bool { return k.Name == nil || !known(k.Value) && !listed(k.Value) })
}

func listed(e ast.Expr) bool {
	switch e.(type) {
	case *ast.List, *ast.Tuple:
		return true
	}
	return false
}

// boundBefore is the last statement before a place that binds a name in the function, with the value that is assigned where that
// is all that it is.
func boundBefore(m *checks.Module, f *checks.Frame, name *ast.Name) (ast.Stmt, ast.Expr) {
	var stmt ast.Stmt
	var value ast.Expr
	binds := func(target ast.Node) bool { return target != nil && checks.UsesName(target, name.Id) }
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() >= name.Pos() {
			return true
		}
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				switch t := t.(type) {
				case *ast.Name:
					if t.Id == name.Id && n.Stop() <= name.Pos() {
						stmt, value = n, n.Value
					}
				case *ast.Tuple, *ast.List:
					if binds(t) && n.Stop() <= name.Pos() {
						stmt, value = n, nil
					}
				}
			}
		case *ast.AnnAssign:
			if id, ok := n.Target.(*ast.Name); ok && id.Id == name.Id && n.Stop() <= name.Pos() {
				stmt, value = n, n.Value
			}
		case *ast.AugAssign:
			if id, ok := n.Target.(*ast.Name); ok && id.Id == name.Id {
				stmt, value = n, nil
			}
		case *ast.For:
			if binds(n.Target) {
				stmt, value = n, nil
			}
		case *ast.With:
			for _, it := range n.Items {
				if it.Target != nil && binds(it.Target) {
					stmt, value = n, nil
				}
			}
		}
		return true
	})
	return stmt, value
}

// globalOf is what the file assigns to a name at its top level, where it does so once.
func globalOf(m *checks.Module, name string) ast.Expr {
	var out ast.Expr
	count := 0
	for _, s := range m.File.Body {
		if a, ok := s.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if id, ok := t.(*ast.Name); ok && id.Id == name {
					out = a.Value
					count++
				}
			}
		}
	}
	if count != 1 {
		return nil
	}
	return out
}

// always reports whether a statement has run whenever a place is reached: it stands in no branch or loop that does not hold that.
func always(m *checks.Module, s ast.Stmt, at ast.Node) bool {
	for _, a := range m.Around(s) {
		switch a := a.(type) {
		case *ast.If:
			if a != s && (!a.Range().Contains(at.Range()) || checks.InBlock(a.Body, s) != checks.InBlock(a.Body, at)) {
				return false
			}
		case *ast.For, *ast.While, *ast.Try, *ast.ExceptHandler:
			if ast.Node(a) != ast.Node(s) && !a.Range().Contains(at.Range()) {
				return false
			}
		}
	}
	return true
}

// storedOnce is the expression that is assigned to an attribute of the object itself, where the file does so once.
func storedOnce(p *checks.Pass, f *checks.Frame, attribute string) (*checks.Frame, ast.Expr) {
	class, _, _ := checks.MethodClass(f)
	if class == nil {
		return nil, nil
	}
	var in *checks.Frame
	var out ast.Expr
	count := 0
	for _, g := range f.Beside() {
		of, _, self := checks.MethodClass(g)
		if of != class || g.Function() == nil {
			continue
		}
		g.InspectOwn(func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok {
				for _, t := range a.Targets {
					if at, ok := t.(*ast.Attribute); ok && at.Attr.Id == attribute && checks.LastName(at.Value) == self {
						in, out = g, a.Value
						count++
					}
				}
			}
			return true
		})
	}
	if count != 1 {
		return nil, nil
	}
	return in, out
}

// same reports whether two expressions are the same value, or are parameters for which each caller gives the same.
func same(p *checks.Pass, one, two side, depth int) bool {
	if k := keyOf(p, one, 0); k != "" && k == keyOf(p, two, 0) {
		return true
	}
	fn := one.f.Function()
	first, ok1 := one.e.(*ast.Name)
	second, ok2 := two.e.(*ast.Name)
	callers := one.f.Callers()
	if fn == nil || one.f != two.f || !ok1 || !ok2 || len(callers) == 0 || depth > 3 {
		return false
	}
	return !slices.ContainsFunc(callers, func(o *checks.Call) bool {
		a, b := o.GivenTo(fn, first.Id), o.GivenTo(fn, second.Id)
		return a == nil || b == nil || a.Node == nil || b.Node == nil || meant(o) || !same(p, side{o.Frame, a.Node}, side{o.Frame, b.Node}, depth+1)
	})
}

// otherData compares with the one data set that the function is given and does not use.
func otherData(p *checks.Pass, c *checks.Call, current ast.Expr) *fix.Fix {
	fn := c.Frame.Function()
	if fn == nil || fn.Def == nil || !p.Holds(current) {
		return nil
	}
	var unused []string
	for i, param := range fn.Def.Params.List {
		if param.Name == nil || i == 0 && fn.Class != nil || param.Default != nil {
			continue
		}
		if param.Annotation != nil && !slices.ContainsFunc([]string{"DataFrame", "Series", "ndarray", "Dataset", "array"}, func(kind string) bool {
			return strings.Contains(p.File.Text(param.Annotation), kind)
		}) {
			continue
		}
		used := false
		for _, s := range fn.Def.Body {
			used = used || checks.UsesName(s, param.Name.Id)
		}
		if !used {
			unused = append(unused, param.Name.Id)
		}
	}
	if len(unused) != 1 {
		return nil
	}
	if item, ok := current.(*ast.Subscript); ok { // the same column of the other data
		current = item.Value
	}
	if _, ok := current.(*ast.Name); !ok {
		return nil
	}
	return checks.Fix(true, "compare with "+unused[0], checks.Replace(p, current, unused[0]))
}
