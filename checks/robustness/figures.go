package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file follows what is measured on the examples of an attack to the names that it is given.

// measure finds the figures that rest on the examples of an attack.
type measure struct {
	// examples tells of an ingredient whether it is the examples, verdict whether it is the
	// attack's own word on its success; nil where there is none.
	examples, verdict func(flow.Ingredient) bool

	figures map[*checks.Frame]*figures
	judged  map[ast.Node]bool
	attrs   map[string]bool // attributes that hold a figure
}

// figures are those of one function.
type figures struct {
	names    map[string]bool // local names that hold one
	returned bool
	found    bool
	labels   []string // what they are called
}

func newMeasure(examples, verdict func(flow.Ingredient) bool) *measure {
	return &measure{examples: examples, verdict: verdict, figures: map[*checks.Frame]*figures{}, judged: map[ast.Node]bool{}, attrs: map[string]bool{}}
}

// labels lists what the figures of some functions are called; found is set where there are any.
func (m *measure) labels(frames []*checks.Frame) (labels []string, found bool) {
	for range 2 { // figures kept in attributes are known to the functions before as well
		labels, m.figures = nil, map[*checks.Frame]*figures{}
		for _, f := range frames {
			g := m.of(f, 0)
			found = found || g.found
			labels = append(labels, g.labels...)
		}
		if len(m.attrs) == 0 {
			break
		}
	}
	return labels, found
}

// of reads the figures of a function.
func (m *measure) of(f *checks.Frame, depth int) *figures {
	if g := m.figures[f]; g != nil {
		return g
	}
	g := &figures{names: map[string]bool{}}
	m.figures[f] = g
	if depth > 4 {
		return g
	}
	for range 2 { // names that a loop assigns are known from its beginning
		g.labels = nil
		f.InspectOwn(func(n ast.Node) bool {
			m.read(f, g, n, depth)
			return true
		})
	}
	if fn := f.Function(); fn != nil && g.returned {
		g.labels = append(g.labels, fn.Name)
	}
	return g
}

// read takes in what one node does with figures.
func (m *measure) read(f *checks.Frame, g *figures, n ast.Node, depth int) {
	holds := func(e ast.Expr) bool { return e != nil && m.holds(f, g, e, depth) }
	switch n := n.(type) {
	case *ast.Assign:
		for _, t := range n.Targets {
			m.assigned(f, g, t, n.Value, holds)
		}
	case *ast.AnnAssign:
		m.assigned(f, g, n.Target, n.Value, holds)
	case *ast.AugAssign:
		m.assigned(f, g, n.Target, n.Value, holds)
	case *ast.NamedExpr:
		m.assigned(f, g, n.Target, n.Value, holds)
	case *ast.ExprStmt:
		holds(n.Value) // what a notebook shows
	case *ast.Return:
		g.returned = g.returned || holds(n.Value)
	case *ast.Dict:
		for i, k := range n.Keys {
			if k != nil && holds(n.Values[i]) {
				g.labels = append(g.labels, textsIn(k)...)
			}
		}
	case *ast.JoinedStr:
		if holds(n) {
			g.labels = append(g.labels, textsIn(n)...)
		}
	case *ast.BinOp:
		if _, text := n.Left.(*ast.Str); text && n.Op == "%" && holds(n.Right) {
			g.labels = append(g.labels, textsIn(n.Left)...)
		}
	case *ast.Call:
		measured := false
		for _, a := range n.Args {
			measured = measured || holds(a)
		}
		for _, k := range n.Keywords {
			if holds(k.Value) {
				measured = true
				if k.Name != nil {
					g.labels = append(g.labels, k.Name.Id)
				}
			}
		}
		if !measured {
			return
		}
		for _, a := range n.Args {
			g.labels = append(g.labels, textsIn(a)...)
		}
		if at, ok := n.Fn.(*ast.Attribute); ok {
			if at.Attr.Id == "append" || at.Attr.Id == "update" || at.Attr.Id == "add" {
				m.bind(f, g, at.Value)
			}
			g.labels = append(g.labels, textsIn(at.Value)...) // "…".format(x)
		}
	}
}

// assigned binds a target to what a value gives.
func (m *measure) assigned(f *checks.Frame, g *figures, target, value ast.Expr, holds func(ast.Expr) bool) {
	t, many := target.(*ast.Tuple)
	if v, pairs := value.(*ast.Tuple); many && pairs && len(v.Elts) == len(t.Elts) {
		for i := range t.Elts {
			m.assigned(f, g, t.Elts[i], v.Elts[i], holds)
		}
		return
	}
	if !holds(value) {
		return
	}
	if many {
		for _, e := range t.Elts {
			m.bind(f, g, e)
		}
		return
	}
	m.bind(f, g, target)
}

// bind remembers that a name, an attribute or an item holds a figure.
func (m *measure) bind(f *checks.Frame, g *figures, target ast.Expr) {
	g.found = true
	switch t := target.(type) {
	case *ast.Name:
		g.names[t.Id] = true
		g.labels = append(g.labels, t.Id)
	case *ast.Attribute:
		m.attrs[t.Attr.Id] = true
		g.labels = append(g.labels, t.Attr.Id)
	case *ast.Subscript:
		g.labels = append(g.labels, textsIn(t.Index)...)
		m.bind(f, g, t.Value)
	}
}

// holds reports whether an expression holds a figure.
func (m *measure) holds(f *checks.Frame, g *figures, e ast.Expr, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *ast.Lambda:
			return false
		case *ast.Name:
			found = g.names[n.Id] || m.verdict != nil && m.once(n, func() bool { return madeOf(f, n, m.verdict) })
		case *ast.Attribute:
			found = m.attrs[n.Attr.Id] || m.verdict != nil && m.once(n, func() bool { return madeOf(f, n, m.verdict) })
		case *ast.Compare:
			found = m.once(n, func() bool { return m.compares(f, n) })
		case *ast.Call:
			c := f.CallAt(n)
			if c == nil {
				break
			}
			enters := c.Enters()
			for _, h := range enters {
				if m.of(h, depth+1).returned && m.once(n, func() bool { return madeOf(f, n, m.examples) || m.verdict != nil && madeOf(f, n, m.verdict) }) {
					found = true
				}
			}
			if len(enters) == 0 && measures(checks.CalledName(c)) {
				found = m.once(n, func() bool { return m.given(f, n) && !trainedIn(f, n) })
			}
		}
		return !found
	})
	g.found = g.found || found
	return found
}

// once asks a question about a node one time.
func (m *measure) once(n ast.Node, ask func() bool) bool {
	known, ok := m.judged[n]
	if !ok {
		known = ask()
		m.judged[n] = known
	}
	return known
}

// compares reports whether predictions for the examples are compared.
func (m *measure) compares(f *checks.Frame, c *ast.Compare) bool {
	if len(c.Ops) != 1 || c.Ops[0] != "==" && c.Ops[0] != "!=" {
		return false
	}
	for _, e := range [...]ast.Expr{c.Left, c.Right[0]} {
		switch e := e.(type) {
		case *ast.Str, *ast.Constant, *ast.Number:
			return false
		case *ast.Attribute:
			switch e.Attr.Id {
			case "shape", "dtype", "device", "ndim", "size":
				return false
			}
		case *ast.Call:
			if checks.LastName(e.Fn) == "len" || checks.LastName(e.Fn) == "size" {
				return false
			}
		}
	}
	return (madeOf(f, c.Left, m.examples) || madeOf(f, c.Right[0], m.examples)) && !trainedIn(f, c)
}

// measures reports whether a function of a library by its name compares predictions with labels.
func measures(name string) bool {
	switch name {
	case "eq", "ne", "equal", "not_equal", "evaluate", "score", "array_equal", "f1_score", "roc_auc_score", "compute_success", "compute_success_array":
		return true
	}
	return strings.Contains(strings.ToLower(name), "accuracy")
}

// given reports whether a call is given what was made of the examples.
func (m *measure) given(f *checks.Frame, n *ast.Call) bool {
	for _, a := range n.Args {
		if madeOf(f, a, m.examples) {
			return true
		}
	}
	for _, k := range n.Keywords {
		if madeOf(f, k.Value, m.examples) {
			return true
		}
	}
	at, ok := n.Fn.(*ast.Attribute) // predictions.eq(labels)
	return ok && (at.Attr.Id == "eq" || at.Attr.Id == "ne" || at.Attr.Id == "equal") && madeOf(f, at.Value, m.examples)
}

// trainedIn reports whether the innermost loop around a node trains a model: what is counted there
// tells of the training.
func trainedIn(f *checks.Frame, n ast.Node) bool {
	around := ast.PathEnclosing(f.Module().File, n.Range())
	for i := len(around) - 1; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.For, *ast.While:
			return trains(f, around[i])
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		}
	}
	return false
}

// textsIn lists the pieces of text that are written in an expression.
func textsIn(e ast.Expr) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			out = append(out, s.Value)
		}
		return true
	})
	return out
}
