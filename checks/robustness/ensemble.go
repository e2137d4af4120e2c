package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of ensembles whose members are one object.

// oneMember is PML1415.
var oneMember = &checks.Rule{
	Spec:  infoPML1415,
	Needs: []string{"torch", "timm", "keras", "tensorflow", "transformers", "sklearn"},
	Knows: append([]string{"torchvision.models.**", "timm.models.**", "sklearn.**", "transformers.**.from_pretrained"}, networks...),
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		f.InspectOwn(func(n ast.Node) bool {
			if e := ensembleOf(f, n); e != nil && e.voted() {
				p.Report(checks.Report{Node: n, Fix: e.fix(p)})
			}
			return true
		})
	},
}

var networks = []string{
	"torch.nn.Module", "keras.Model", "torchvision.models.{resnet18,*,*.*,*.*.*}", "timm.create_model", "keras.models.load_model", "keras.saving.load_model", "torch.hub.load", "torch.jit.load",
}

// ensemble is a list that holds one model several times.
type ensemble struct {
	frame *checks.Frame
	node  ast.Expr
	// member is the expression that stands for each of them, made the call that made it.
	member ast.Expr
	made   *checks.Call
	// count is the text of how many there are, for products.
	count ast.Expr
	tuple bool
}

func ensembleOf(f *checks.Frame, n ast.Node) *ensemble {
	var e *ensemble
	switch n := n.(type) {
	case *ast.BinOp:
		if n.Op != "*" {
			return nil
		}
		list, count := n.Left, n.Right
		if single(list) == nil {
			list, count = n.Right, n.Left
		}
		member := single(list)
		if member == nil {
			return nil
		}
		_, tuple := list.(*ast.Tuple)
		e = &ensemble{frame: f, node: n, count: count, member: member, tuple: tuple}
		if k, ok := literalNumber(f, count); ok && (k.Text == "0" || k.Text == "1") {
			return nil
		}
	case *ast.Comp:
		if n.Key != nil || n.CompKind == ast.SetComp {
			return nil
		}
		switch n.Elt.(type) {
		case *ast.Name, *ast.Attribute:
		default:
			return nil // made anew for each
		}
		if usesItems(n) {
			return nil
		}
		e = &ensemble{frame: f, node: n, member: n.Elt}
	default:
		return nil
	}
	if e.made = modelOf(f, e.member); e.made == nil {
		return nil
	}
	return e
}

// usesItems reports whether the elements of a comprehension are made of what it goes through.
func usesItems(comp *ast.Comp) bool {
	uses := false
	for _, c := range comp.Clauses {
		ast.Inspect(c.Target, func(t ast.Node) bool {
			id, ok := t.(*ast.Name)
			uses = uses || ok && checks.UsesName(comp.Elt, id.Id)
			return !uses
		})
	}
	return uses
}

// modelOf is the call that makes the model for which an expression stands, nil where it stands for none.
func modelOf(f *checks.Frame, e ast.Expr) *checks.Call {
	for in := range f.StandsFor(e) {
		if in.Call != nil && len(in.Steps) == 0 && isModel(in.Call) {
			return in.Call
		}
	}
	return nil
}

// single returns the only element of a list or tuple, nil for others.
func single(e ast.Expr) ast.Expr {
	var elts []ast.Expr
	switch e := e.(type) {
	case *ast.List:
		elts = e.Elts
	case *ast.Tuple:
		elts = e.Elts
	}
	if len(elts) != 1 {
		return nil
	}
	if _, star := elts[0].(*ast.Starred); star {
		return nil
	}
	return elts[0]
}

// isModel reports whether a call makes a model.
func isModel(c *checks.Call) bool {
	if c.Callee.Kind() == flow.KindClass {
		return c.Callee.Class().Extends("torch.nn.Module", "keras.Model") || extendsEstimator(c.Callee.Class())
	}
	symbol := symbolOf(c)
	switch {
	case c.Symbol.Is(expanded...):
		return !strings.HasPrefix(symbol, "torch.nn.") || strings.HasSuffix(symbol, ".Sequential")
	case strings.HasPrefix(symbol, "torchvision.models."), strings.HasPrefix(symbol, "timm.models."):
		return !strings.HasSuffix(symbol, "_Weights") && !strings.Contains(symbol, "list_models")
	case strings.HasPrefix(symbol, "transformers."):
		return strings.HasSuffix(symbol, ".from_pretrained") && strings.Contains(symbol, "Model")
	case strings.HasPrefix(symbol, "sklearn."):
		last := symbol[strings.LastIndexByte(symbol, '.')+1:]
		for _, word := range [...]string{"Classifier", "Regressor", "Regression", "SVC", "SVR", "NB", "Perceptron", "Ridge", "Lasso"} {
			if strings.HasSuffix(last, word) {
				return true
			}
		}
	}
	return false
}

var expanded = []string{
	"torch.nn.Module", "keras.Model", "timm.create_model", "keras.models.load_model", "keras.saving.load_model", "torch.hub.load", "torch.jit.load",
}

func extendsEstimator(c *checks.ProjectClass) bool {
	return c.Extends("sklearn.base.ClassifierMixin", "sklearn.base.RegressorMixin")
}

// voted reports whether all members are asked about one input, and nothing makes them differ.
func (e *ensemble) voted() bool {
	asked := false
	for _, f := range e.around() {
		for _, d := range f.Training() {
			if d.Act == models.SetTraining {
				return false // dropout that stays on
			}
		}
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.For:
				asked = asked || e.asksEach(f, n.Target, n.Body, n)
			case *ast.Comp:
				for _, c := range n.Clauses {
					asked = asked || e.asksEach(f, c.Target, []ast.Stmt{&ast.ExprStmt{Span: n.Elt.Range(), Value: n.Elt}}, n) && aggregated(f, n)
				}
			}
			return true
		})
	}
	return asked
}

// around lists the functions of the files in which the list may be used.
func (e *ensemble) around() []*checks.Frame {
	seen := map[*checks.Frame]bool{}
	var out []*checks.Frame
	for _, f := range append(near(e.frame, 2), e.frame.Beside()...) {
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	for _, f := range e.frame.Everywhere() {
		if len(out) < 400 && !seen[f] && f.Module() != e.frame.Module() && f.Module().ImportsFrom(e.frame.Module().Name) {
			seen[f] = true
			out = append(out, f)
		}
	}
	return out
}

// asksEach reports whether a loop calls its variable, a member, with an input that does not
// depend on it, and does not hand the answer to the next.
func (e *ensemble) asksEach(f *checks.Frame, target ast.Expr, body []ast.Stmt, loop ast.Node) bool {
	names := map[string]bool{}
	ast.Inspect(target, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			names[id.Id] = true
		}
		return true
	})
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok || found || len(c.Args)+len(c.Keywords) == 0 {
			return !found
		}
		who := c.Fn
		if at, method := c.Fn.(*ast.Attribute); method {
			switch at.Attr.Id {
			case "predict", "predict_proba", "forward", "decision_function", "predict_on_batch", "call":
				who = at.Value
			}
		}
		id, ok := who.(*ast.Name)
		if !ok || !names[id.Id] || !is(f, id, func(in flow.Ingredient) bool {
			return in.Call != nil && in.Call.Node == e.made.Node && len(in.Steps) == 0
		}) {
			return true
		}
		if k := fix.KeywordOf(c, "training"); k != nil {
			return true
		}
		input := ""
		for _, a := range c.Args {
			for name := range names {
				if checks.UsesName(a, name) {
					return true
				}
			}
			if id, ok := a.(*ast.Name); ok && input == "" {
				input = id.Id
			}
		}
		found = input == "" || !chained(body, c, input)
		return !found
	})
	return found
}

// chained reports whether what a call gives is assigned to the name of its input.
func chained(body []ast.Stmt, c *ast.Call, input string) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Value.Range().Contains(c.Range()) {
			for _, t := range a.Targets {
				found = found || checks.UsesName(t, input)
			}
		}
		return !found
	})
	return found
}

// aggregating are the functions that make one answer of several.
var aggregating = map[string]bool{
	"stack": true, "mean": true, "sum": true, "average": true, "mode": true, "median": true, "cat": true, "concatenate": true, "vstack": true, "array": true, "std": true, "var": true, "vote": true,
	"most_common": true, "Counter": true, "bincount": true, "max": true, "min": true, "fmean": true, "reduce": true, "add_n": true, "reduce_mean": true, "hstack": true, "nanmean": true, "argmax": true,
}

// aggregated reports whether the function of a comprehension, or a caller of it, makes one
// answer of several.
func aggregated(f *checks.Frame, n *ast.Comp) bool {
	frames := []*checks.Frame{f}
	for _, c := range f.Callers() {
		frames = append(frames, c.Frame)
	}
	for _, g := range frames {
		for _, c := range g.Calls {
			if aggregating[checks.CalledName(c)] && (c.Node.Range().Contains(n.Range()) || g != f || c.Node.Pos() > n.Pos()) {
				return true
			}
		}
	}
	return false
}

// fix makes a model for each place.
func (e *ensemble) fix(p *checks.Pass) *fix.Fix {
	text := ""
	if _, call := e.member.(*ast.Call); call {
		text = p.File.Text(e.member)
	} else {
		for in := range e.frame.StandsFor(e.member) {
			// The nearest call is what the name was assigned from.
			if in.Call != nil && p.Holds(in.Call.Node) && (in.Frame == e.frame && len(in.Steps) == 0 || in.Frame == e.frame.Body()) {
				text = p.File.Text(in.Call.Node)
				break
			}
		}
	}
	if text == "" {
		return nil
	}
	const message = "make a model for each member"
	if c, ok := e.node.(*ast.Comp); ok {
		return checks.Fix(true, message, checks.Replace(p, c.Elt, text))
	}
	text += " for _ in range(" + p.File.Text(e.count) + ")"
	if e.tuple {
		text = "tuple(" + text + ")"
	} else {
		text = "[" + text + "]"
	}
	return checks.Fix(true, message, checks.Replace(p, e.node, text))
}
