package robustness

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file holds the checks of models whose own code hides the gradient from an attack.

const (
	carlini = "art.attacks.evasion.{CarliniL2Method,CarliniLInfMethod,carlini.CarliniL2Method,carlini.CarliniLInfMethod}"
	cwLib   = "torchattacks.{CW,attacks.cw.CW}"
	cwClev  = "cleverhans.{torch,tf2}.attacks.carlini_wagner_l2.carlini_wagner_l2"
	cwFool  = "foolbox.attacks.{L2CarliniWagnerAttack,carlini_wagner.L2CarliniWagnerAttack}"
)

var wrappers = []string{"foolbox.{PyTorchModel,TensorFlowModel}", "foolbox.models.{PyTorchModel,TensorFlowModel}", artClassifiers}

// softmaxAttacked is PML1404.
var softmaxAttacked = &checks.Rule{
	Spec: infoPML1404,
	On:   []string{carlini, cwLib, cwClev, cwFool + "()"},
	Knows: append([]string{
		"torch.nn.{Softmax,LogSoftmax,Sequential}", "keras.layers.{Softmax,Dense,Activation}", "keras.{Sequential,models.Sequential,Model}",
	}, wrappers...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		f, model := attacked(c)
		if model == nil {
			return
		}
		for in := range f.StandsFor(model) {
			if in.Call == nil || len(in.Steps) > 0 {
				continue
			}
			if s := lastSoftmax(in.Frame, in.Call, 0); s != nil {
				p.Report(checks.Report{Node: c.Node, Fix: s.fix(p)})
				return
			}
		}
	},
}

// attacked returns the expression of the network that an attack is given, in the code of a frame:
// directly, or within a wrapped model or an estimator.
func attacked(c *checks.Call) (*checks.Frame, ast.Expr) {
	var a *checks.Argument
	for _, name := range [...]string{"model", "model_fn", "classifier", "estimator"} {
		if a == nil {
			a = c.Arg(0, name)
		}
	}
	if a == nil || a.Node == nil || a.Unpacked {
		return nil, nil
	}
	symbol := symbolOf(c)
	if !strings.HasPrefix(symbol, "foolbox.") && !strings.HasPrefix(symbol, "art.") {
		return c.Frame, a.Node
	}
	for in := range c.Frame.StandsFor(a.Node) {
		if in.Call == nil || len(in.Steps) > 0 {
			continue
		}
		if s := symbolOf(in.Call); strings.HasPrefix(s, "foolbox.") && strings.HasSuffix(s, "Model") || strings.HasPrefix(s, "art.estimators.") {
			if m := in.Call.Arg(0, "model"); m != nil && m.Node != nil && !m.Unpacked {
				return in.Frame, m.Node
			}
		}
	}
	return nil, nil
}

// softmax is the place at which a model's output goes through one.
type softmax struct {
	frame *checks.Frame
	// call is the call of softmax, with its operand; or the call of which part is to go.
	call    *ast.Call
	operand ast.Expr
	part    ast.Node
	list    *ast.List
	stmt    bool
}

// maxWithin bounds how deep models are looked into that hold models.
const maxWithin = 4

// lastSoftmax returns the softmax at the end of the model that a call makes, nil where there is
// none, or not for certain.
func lastSoftmax(f *checks.Frame, c *checks.Call, depth int) *softmax {
	if depth > maxWithin {
		return nil
	}
	if c.Callee.Kind() == flow.KindClass {
		class := c.Callee.Class()
		if !class.Extends("torch.nn.Module", "keras.Model", "keras.layers.Layer") {
			return nil
		}
		g, def := methodOf(c.Frame, class, "forward", "call")
		if g == nil {
			return nil
		}
		var last *softmax
		for _, r := range outputs(def) {
			s := endsInSoftmax(g, r, depth)
			if s == nil {
				return nil
			}
			last = s
		}
		return last
	}
	switch symbol := symbolOf(c); {
	case c.Symbol.Is("torch.nn.Sequential"):
		if n := len(c.Node.Args); n > 0 && len(c.Node.Keywords) == 0 {
			if star, ok := c.Node.Args[n-1].(*ast.Starred); ok {
				return lastListed(f, star.Value, c.Node, depth)
			}
			return lastLayer(f, c.Node.Args[n-1], &softmax{frame: f, call: c.Node, part: c.Node.Args[n-1]}, depth)
		}
	case c.Symbol.Is("keras.Sequential", "keras.models.Sequential"):
		if s, added := lastAdded(f, c, depth); added {
			return s
		}
		if a := c.Arg(0, "layers"); a != nil && a.Node != nil {
			return lastListed(f, a.Node, c.Node, depth)
		}
	case symbol == "keras.Model" || strings.HasSuffix(symbol, ".keras.Model"), c.Symbol.Is("keras.Model"):
		if a := c.Arg(1, "outputs"); a != nil && a.Node != nil {
			return endsInSoftmax(f, a.Node, depth)
		}
	}
	return nil
}

// methodOf returns the analysis and definition of the first method of a class that has one of
// the names.
func methodOf(f *checks.Frame, class *checks.ProjectClass, names ...string) (*checks.Frame, *semantic.Function) {
	for _, k := range class.Linear() {
		for _, name := range names {
			if m := k.Methods[name]; m != nil {
				if g := f.AnalysisOf(m); g != nil {
					return g, m
				}
			}
		}
	}
	return nil, nil
}

// outputs lists what a method returns when the model predicts.
func outputs(fn *semantic.Function) []ast.Expr {
	var out []ast.Expr
	if fn.Def == nil {
		return nil
	}
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.If:
			if at, ok := n.Test.(*ast.Attribute); ok && at.Attr.Id == "training" {
				for _, s := range n.Orelse {
					ast.Inspect(s, func(n ast.Node) bool {
						if r, ok := n.(*ast.Return); ok && r.Value != nil {
							out = append(out, r.Value)
						}
						return true
					})
				}
				return false
			}
		case *ast.Return:
			if n.Value != nil {
				out = append(out, n.Value)
			}
		}
		return true
	})
	return out
}

// endsInSoftmax returns the softmax that an output went through last; nil where one of the ways
// to it has none.
func endsInSoftmax(f *checks.Frame, e ast.Expr, depth int) *softmax {
	var last *softmax
	judged := map[*checks.Frame]bool{} // of functions that are asked as models
	for _, x := range f.SpelledOut(e) {
		n, ok := x.Expr.(*ast.Call)
		if judged[x.Frame] {
			if ok {
				judge(judged, x.Frame, n)
			}
			continue
		}
		if !ok {
			switch x.Expr.(type) {
			case *ast.Name, *ast.Await, *ast.NamedExpr, *ast.IfExp, *ast.BoolOp, *ast.Attribute:
				continue
			}
			return nil
		}
		if s := softmaxCall(x.Frame, n, depth); s != nil {
			last = s
			judge(judged, x.Frame, n)
			continue
		}
		if c := x.Frame.CallAt(n); c != nil && len(c.Enters()) > 0 {
			continue // what it returns is listed as well
		}
		if !form[checks.LastName(n.Fn)] {
			return nil
		}
	}
	return last
}

func judge(judged map[*checks.Frame]bool, f *checks.Frame, n *ast.Call) {
	if c := f.CallAt(n); c != nil {
		for _, g := range c.Enters() {
			judged[g] = true
		}
	}
}

// form are methods that only change how an output lies in memory.
var form = map[string]bool{"squeeze": true, "flatten": true, "to": true, "cpu": true, "contiguous": true, "float": true, "detach": true, "numpy": true}

// softmaxCall returns the softmax that a call is, or the layer or model that it runs ends in.
func softmaxCall(f *checks.Frame, n *ast.Call, depth int) *softmax {
	if checks.LastName(n.Fn) == "softmax" || calledAs(f, n) == "softmax" {
		s := &softmax{frame: f, call: n}
		at, method := n.Fn.(*ast.Attribute)
		c := f.CallAt(n)
		switch {
		case method && (c == nil || !isLibrary(c)):
			if c != nil && layerOf(f, n.Fn) != nil {
				break
			}
			s.operand = at.Value
			return s
		case len(n.Args) > 0:
			s.operand = n.Args[0]
			return s
		default:
			for _, k := range n.Keywords {
				if k.Name != nil && (k.Name.Id == "input" || k.Name.Id == "logits") {
					s.operand = k.Value
				}
			}
			return s
		}
	}
	made := layerOf(f, n.Fn)
	if made == nil {
		return nil
	}
	if made.Symbol.Is("torch.nn.Softmax", "keras.layers.Softmax") && len(n.Args) == 1 {
		return &softmax{frame: f, call: n, operand: n.Args[0]}
	}
	if s := activated(made); s != nil {
		return s
	}
	return lastSoftmax(made.Frame, made, depth+1)
}

func calledAs(f *checks.Frame, n *ast.Call) string {
	if c := f.CallAt(n); c != nil && c.Symbol != nil {
		return checks.CalledName(c)
	}
	return ""
}

// layerOf returns the call that made what an expression calls: a layer, a model.
func layerOf(f *checks.Frame, fn ast.Expr) *checks.Call {
	for in := range f.StandsFor(fn) {
		if in.Call != nil && len(in.Steps) == 0 && in.Call.Callee.Kind() != flow.KindFunction {
			return in.Call
		}
	}
	return nil
}

// activated returns the softmax that a keras layer has as its activation.
func activated(made *checks.Call) *softmax {
	if !strings.Contains(symbolOf(made), "keras.layers.") {
		return nil
	}
	a := made.Arg(-1, "activation")
	if a == nil && made.Symbol.Is("keras.layers.Activation") {
		a = made.Arg(0, "activation")
	}
	if a == nil {
		return nil
	}
	if t, ok := a.Value.Text(); !ok && !strings.HasSuffix(a.Value.Name(), ".softmax") || ok && t != "softmax" {
		return nil
	}
	s := &softmax{frame: made.Frame, call: made.Node}
	if a.Keyword != nil && !a.Unpacked {
		s.part = a.Keyword
	}
	return s
}

// lastLayer returns the softmax that the last layer of a model is or ends in; itself is the
// place of the layer in its list.
func lastLayer(f *checks.Frame, e ast.Expr, itself *softmax, depth int) *softmax {
	made := layerOf(f, e)
	switch {
	case made == nil:
		return nil
	case made.Symbol.Is("torch.nn.Softmax", "keras.layers.Softmax"):
		return itself
	}
	if s := activated(made); s != nil {
		if made.Symbol.Is("keras.layers.Activation") {
			return itself
		}
		return s
	}
	return lastSoftmax(made.Frame, made, depth+1)
}

// lastListed returns the softmax of the last layer of a list that a model is made of.
func lastListed(f *checks.Frame, e ast.Expr, model *ast.Call, depth int) *softmax {
	if name, ok := e.(*ast.Name); ok {
		if last, changed := lastPut(f, name.Id, model); changed {
			if last == nil {
				return nil
			}
			return lastLayer(f, last.part.(ast.Expr), last, depth)
		}
	}
	for _, x := range f.SpelledOut(e) {
		if list, ok := x.Expr.(*ast.List); ok && len(list.Elts) > 0 {
			e := list.Elts[len(list.Elts)-1]
			if _, more := e.(*ast.Starred); more {
				return nil
			}
			return lastLayer(x.Frame, e, &softmax{frame: x.Frame, list: list, part: e}, depth)
		}
	}
	return nil
}

// lastPut returns the item that is put last into a list before a place; nil where it cannot be told, since it
// stands in a branch or loop or the list is changed in another way.
func lastPut(f *checks.Frame, list string, before ast.Node) (last *softmax, changed bool) {
	isList := func(e ast.Expr) bool {
		id, ok := e.(*ast.Name)
		return ok && id.Id == list
	}
	body := checks.BodyOf(f)
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() >= before.Pos() {
			return false
		}
		switch n := n.(type) {
		case *ast.AugAssign:
			if !isList(n.Target) {
				return true
			}
			last, changed = nil, true
			if more, ok := n.Value.(*ast.List); ok && len(more.Elts) > 0 && slices.Contains(body, ast.Stmt(n)) {
				e := more.Elts[len(more.Elts)-1]
				last = &softmax{frame: f, list: more, part: e}
			}
		case *ast.Call:
			at, ok := n.Fn.(*ast.Attribute)
			if !ok || !isList(at.Value) || len(n.Args) == 0 {
				return true
			}
			last, changed = nil, true
			if at.Attr.Id == "append" && slices.ContainsFunc(body, func(s ast.Stmt) bool {
				e, ok := s.(*ast.ExprStmt)
				return ok && e.Value == ast.Expr(n)
			}) {
				last = &softmax{frame: f, call: n, part: n.Args[0], stmt: true}
			}
		}
		return true
	})
	return last, changed
}

// lastAdded returns the softmax of the layer that is added last to a keras model.
func lastAdded(f *checks.Frame, model *checks.Call, depth int) (s *softmax, added bool) {
	var last *checks.Call
	for _, c := range f.Calls {
		at, ok := c.Node.Fn.(*ast.Attribute)
		if !ok || at.Attr.Id != "add" || len(c.Node.Args) != 1 {
			continue
		}
		if is(f, at.Value, func(in flow.Ingredient) bool {
			return in.Call != nil && in.Call.Node == model.Node && len(in.Steps) == 0
		}) {
			last = c
		}
	}
	if last == nil {
		return nil, false
	}
	return lastLayer(f, last.Node.Args[0], &softmax{frame: f, call: last.Node, stmt: true}, depth), true
}

// fix lets the model give its logits, in the file that makes it.
func (s *softmax) fix(p *checks.Pass) *fix.Fix {
	in := p.Project.Module(s.frame.Module())
	if in == nil || !in.Holds(s.at()) {
		return nil
	}
	var edits []fix.Edit
	switch {
	case s.operand != nil:
		edits = []fix.Edit{fix.ReplaceNode(in.File, s.call, in.File.Text(s.operand))}
	case s.stmt:
		if stmt, ok := in.StmtOf(s.call).(*ast.ExprStmt); ok {
			edits = fix.RemoveStmt(in.File, stmt)
		}
	case s.list != nil:
		edits = fix.RemoveElement(in.File, s.list, s.part)
	case s.part != nil:
		edits = fix.RemoveArg(in.File, s.call, s.part)
	}
	return checks.Fix(true, "let the model give its logits", p.InFile(in, edits))
}

// at is the node that is edited.
func (s *softmax) at() ast.Node {
	if s.list != nil {
		return s.list
	}
	return s.call
}
