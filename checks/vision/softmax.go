package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// softmaxOverflows is PML3132.
var softmaxOverflows = &checks.Rule{
	Spec:  infoPML3132,
	Knows: []string{"{numpy,torch,jax.numpy,cupy}.{exp,sum}"},
	Needs: []string{"exp(", "exp as ", "exp)", "exp\n", "exp,"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if fn := f.Function(); fn != nil && strings.Contains(strings.ToLower(fn.Name), "naive") {
			return // it shows what goes wrong
		}
		f.InspectOwn(func(n ast.Node) bool {
			var left, right ast.Expr
			switch n := n.(type) {
			case *ast.BinOp:
				if n.Op == "/" {
					left, right = n.Left, n.Right
				}
			case *ast.AugAssign:
				if strings.TrimSuffix(n.Op, "=") == "/" {
					left, right = n.Target, n.Value
				}
			}
			if left == nil || !p.Holds(n) {
				return true
			}
			s := &softmax{p: p, f: f, file: p.File}
			if s.divides(left, right) && !s.tame(s.scores, 0) {
				p.Report(checks.Report{Node: n, Fix: s.shifted()})
			}
			return true
		})
	},
}

// softmax is a division of exponentials by their sum.
type softmax struct {
	p    *checks.Pass
	f    *checks.Frame
	file *ast.File
	// exps are the calls of exp whose argument is scores: one that is bound to a name, or each that is written.
	exps   []*ast.Call
	scores ast.Expr
	// axis is the text of the axis of the sum, "" where it has none.
	axis string
}

// divides reports whether a division is that of a softmax.
func (s *softmax) divides(left, right ast.Expr) bool {
	left = plain(left)
	e := s.exponential(left)
	if e == nil {
		return false
	}
	s.scores = s.argumentOf(e)
	summed := s.summed(right, 0)
	if s.scores == nil || summed == nil {
		return false
	}
	if name, ok := left.(*ast.Name); ok {
		other, same := summed.(*ast.Name)
		if same && other.Id == name.Id {
			s.exps = []*ast.Call{e}
			return true
		}
	}
	other := s.exponential(summed)
	if other == nil || s.file.Text(other) != s.file.Text(e) {
		return false
	}
	s.exps = append(s.exps, e)
	if other != e {
		s.exps = append(s.exps, other)
	}
	return true
}

// assigned is the expression that a local name was given last.
func (s *softmax) assigned(name *ast.Name) ast.Expr {
	return checks.LastAssigned(checks.BodyOf(s.f), name)
}

// exponential is the call of exp that an expression is, or that its name is bound to; nil for others.
func (s *softmax) exponential(e ast.Expr) *ast.Call {
	e = plain(e)
	if name, ok := e.(*ast.Name); ok {
		if given := s.assigned(name); given != nil {
			e = plain(given)
		}
	}
	c, ok := e.(*ast.Call)
	if !ok || checks.LastName(c.Fn) != "exp" && !s.isNamed(c, "exp") || s.argumentOf(c) == nil {
		return nil
	}
	return c
}

// libraries are the packages whose exp and sum work on arrays.
var libraries = []string{"numpy", "torch", "jax.numpy", "cupy"}

// isNamed reports whether a call is of a function of one of the libraries.
func (s *softmax) isNamed(c *ast.Call, function string) bool {
	o := s.f.CallAt(c)
	return o != nil && slices.ContainsFunc(libraries, func(l string) bool { return o.Symbol.Is(l+"."+function) || o.Callee.Name() == l+"."+function })
}

// argumentOf is what a call of exp takes: numpy.exp(t), t.exp(); nil where it is no such call.
func (s *softmax) argumentOf(c *ast.Call) ast.Expr {
	if s.isNamed(c, "exp") {
		if len(c.Args) == 0 {
			return nil
		}
		return c.Args[0]
	}
	at, ok := c.Fn.(*ast.Attribute)
	if !ok || at.Attr.Id != "exp" || len(c.Args)+len(c.Keywords) > 0 {
		return nil
	}
	return at.Value
}

// plain takes away what changes no more than the shape: e[:, None], e.unsqueeze(1).
func plain(e ast.Expr) ast.Expr {
	for {
		switch n := e.(type) {
		case *ast.Subscript:
			if !onlySlices(n.Index) {
				return e
			}
			e = n.Value
		case *ast.Call:
			at, ok := n.Fn.(*ast.Attribute)
			if !ok {
				return e
			}
			switch at.Attr.Id {
			case "unsqueeze", "reshape", "view", "expand_as", "expand":
				e = at.Value
			default:
				return e
			}
		default:
			return e
		}
	}
}

// onlySlices reports whether an index takes everything: `:, None`.
func onlySlices(index ast.Expr) bool {
	switch n := index.(type) {
	case *ast.Tuple:
		return !slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { return !onlySlices(e) })
	case *ast.Slice:
		return n.Lower == nil && n.Upper == nil
	case *ast.Constant: // None, ...
		return n.Value != ast.True && n.Value != ast.False
	case *ast.Attribute:
		return n.Attr.Id == "newaxis"
	}
	return false
}

// summed is what a sum is taken of, nil where an expression is no sum. A small number may be added to it.
func (s *softmax) summed(e ast.Expr, depth int) ast.Expr {
	e = plain(e)
	if depth > 3 {
		return nil
	}
	switch n := e.(type) {
	case *ast.Name:
		if given := s.assigned(n); given != nil {
			return s.summed(given, depth+1)
		}
	case *ast.BinOp:
		if n.Op != "+" {
			return nil
		}
		if of := s.summed(n.Left, depth+1); of != nil && s.isSmall(n.Right) {
			return of
		}
		if of := s.summed(n.Right, depth+1); of != nil && s.isSmall(n.Left) {
			return of
		}
	case *ast.Call:
		name, method := n.Fn.(*ast.Name)
		switch {
		case s.isNamed(n, "sum") && len(n.Args) > 0:
			s.axis = s.axisOf(n, 1)
			return n.Args[0]
		case method && name.Id == "sum" && len(n.Args) == 1 && len(n.Keywords) == 0:
			return n.Args[0]
		}
		if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "sum" {
			s.axis = s.axisOf(n, 0)
			return at.Value
		}
		if s.isNamed(n, "expand_dims") && len(n.Args) > 0 {
			return s.summed(n.Args[0], depth+1)
		}
	}
	return nil
}

// isSmall reports whether an expression is a number, or a name for one that is to keep a divisor from zero.
func (s *softmax) isSmall(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Number:
		return true
	case *ast.Name, *ast.Attribute:
		return strings.Contains(strings.ToLower(checks.LastName(n)), "eps")
	}
	return false
}

// axisOf is the text of the axis that a sum is taken along.
func (s *softmax) axisOf(c *ast.Call, pos int) string {
	for _, name := range [...]string{"axis", "dim"} {
		if k := fix.KeywordOf(c, name); k != nil {
			return s.file.Text(k.Value)
		}
	}
	if len(c.Args) > pos {
		return s.file.Text(c.Args[pos])
	}
	return ""
}

// logarithms are parts of the names of what is a logarithm of something that is at most one: of a probability, of which
// nobody takes exp.
var logarithms = []string{"prob", "logp", "log_softmax", "log_likelihood", "loglik", "logsumexp", "log_weight"}

// tame reports whether scores cannot be large: their maximum was subtracted, they are negative, logarithms or bounded.
func (s *softmax) tame(e ast.Expr, depth int) bool {
	if depth > 4 {
		return false
	}
	if s.negative(e, 0) {
		return true
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Lambda, *ast.Comp:
			return false
		case *ast.BinOp:
			found = found || n.Op == "-" && s.isMaximum(n.Right, 0)
		case *ast.Call:
			switch name := checks.LastName(n.Fn); {
			case name == "log" || name == "log2" || name == "logsumexp" || name == "log_softmax" || name == "clip" || name == "clamp" || name == "clamp_" || name == "minimum" || name == "tanh" || name == "normalize",
				isLogarithm(name):
				found = true
			}
		case *ast.Attribute:
			found = found || isLogarithm(n.Attr.Id)
		case *ast.Name:
			found = found || isLogarithm(n.Id) || s.lowered(n)
			if !found {
				if given := s.assigned(n); given != nil {
					found = s.tame(given, depth+1)
				}
			}
		}
		return !found
	})
	return found
}

func isLogarithm(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(logarithms, func(part string) bool { return strings.Contains(name, part) })
}

// negative reports whether an expression is something negated, also scaled: -d / w.
func (s *softmax) negative(e ast.Expr, depth int) bool {
	switch n := e.(type) {
	case *ast.UnaryOp:
		return n.Op == "-" && !s.negative(n.Operand, depth)
	case *ast.BinOp:
		if n.Op == "*" || n.Op == "/" || n.Op == "@" {
			return s.negative(n.Left, depth) != s.negative(n.Right, depth)
		}
	case *ast.Name:
		if given := s.assigned(n); given != nil && depth < 3 {
			return s.negative(given, depth+1)
		}
	case *ast.Call: // (-d).pow(2) is none of these, (-d).float() is
		if at, ok := n.Fn.(*ast.Attribute); ok && len(n.Args) == 0 {
			return s.negative(at.Value, depth)
		}
		switch checks.LastName(n.Fn) {
		case "neg", "negative":
			return true
		}
	}
	return false
}

// isMaximum reports whether an expression is a maximum, or a logarithm of a sum of exponentials.
func (s *softmax) isMaximum(e ast.Expr, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "max", "amax", "nanmax", "logsumexp", "maximum", "topk":
				found = true
			}
		case *ast.Name:
			found = found || strings.Contains(strings.ToLower(n.Id), "max")
			if given := s.assigned(n); given != nil && !found && depth < 3 {
				found = s.isMaximum(given, depth+1)
			}
		case *ast.Attribute:
			found = found || strings.Contains(strings.ToLower(n.Attr.Id), "max")
		}
		return !found
	})
	return found
}

// lowered reports whether a maximum was subtracted from a name in place.
func (s *softmax) lowered(name *ast.Name) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(s.f), func(n ast.Node) bool {
		switch a := n.(type) {
		case *ast.AugAssign:
			found = found || a.Stop() < name.Pos() && strings.TrimSuffix(a.Op, "=") == "-" && checks.LastName(a.Target) == name.Id && s.isMaximum(a.Value, 0)
		case *ast.Call: // x.sub_(x.max())
			at, ok := a.Fn.(*ast.Attribute)
			found = found || ok && a.Stop() < name.Pos() && at.Attr.Id == "sub_" && checks.LastName(at.Value) == name.Id && len(a.Args) == 1 && s.isMaximum(a.Args[0], 0)
		}
		return !found
	})
	return found
}

// shifted subtracts the maximum from the scores.
func (s *softmax) shifted() *fix.Fix {
	if !checks.Repeatable(s.scores) {
		return nil
	}
	var edits []fix.Edit
	for _, c := range s.exps {
		scores := s.argumentOf(c)
		text := s.file.Text(scores)
		switch scores.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call, *ast.BinOp:
		default:
			text = "(" + text + ")"
		}
		tensor := text
		if _, sum := scores.(*ast.BinOp); sum {
			tensor = "(" + text + ")"
		}
		shifted := text + " - " + tensor + ".max()"
		if s.axis != "" {
			shifted = text + " - " + tensor + ".amax(dim=" + s.axis + ", keepdim=True)"
		}
		if at, ok := c.Fn.(*ast.Attribute); ok && at.Value == scores {
			edits = append(edits, checks.Replace(s.p, scores, "("+shifted+")")...)
			continue
		}
		o := s.f.CallAt(c)
		if o == nil {
			return nil
		}
		if !strings.HasPrefix(o.Callee.Name(), "torch.") {
			maximum := "max"
			if at, ok := c.Fn.(*ast.Attribute); ok {
				maximum = s.file.Text(at.Value) + ".max"
			} else if spelling, imports := fix.Reach(s.file, strings.TrimSuffix(o.Callee.Name(), "exp")+"max", "import "+strings.TrimSuffix(o.Callee.Name(), ".exp"), fix.InSection); spelling != "" {
				maximum = spelling
				edits = append(edits, imports...)
			}
			shifted = text + " - " + maximum + "(" + text + ")"
			if s.axis != "" {
				shifted = text + " - " + maximum + "(" + text + ", axis=" + s.axis + ", keepdims=True)"
			}
		}
		edits = append(edits, checks.Replace(s.p, scores, shifted)...)
	}
	return checks.Fix(false, "subtract the maximum first", edits)
}
