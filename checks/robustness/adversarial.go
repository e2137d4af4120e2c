package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of adversarial training that trains on the clean batch.

// attackNames are the attacks of the libraries as they are called with a batch.
var attackNames = []string{
	"torchattacks.{FGSM,*,*.*,*.*.*}()", "art.attacks.evasion.{*,*.*}().generate", "foolbox.attacks.{FGSM,*,*.*}()", "cleverhans.{torch,tf2}.attacks.{*.*,*}", "cleverhans.future.{torch,tf2}.attacks.{*.*,*}",
}

// cleanBatch is PML1411.
var cleanBatch = &checks.Rule{
	Spec:  infoPML1411,
	Needs: []string{"backward", "train_on_batch", "apply_gradients"},
	Knows: attackNames,
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !trains(f, nil) {
			return
		}
		f.InspectOwn(func(n ast.Node) bool {
			var body []ast.Stmt
			switch n := n.(type) {
			case *ast.For:
				body = n.Body
			case *ast.While:
				body = n.Body
			case ast.Expr:
				return false
			default:
				return true
			}
			if trains(f, n) {
				unusedIn(p, f, n, body)
			}
			return true
		})
	},
}

// trains reports whether a loop, or the whole function for nil, changes a model: gradients and a
// step, or a batch that is fitted.
func trains(f *checks.Frame, loop ast.Node) bool {
	backward, step := false, false
	for _, d := range f.Training() {
		if loop != nil && !loop.Range().Contains(d.Call.Node.Range()) {
			continue
		}
		backward = backward || d.Act == models.Backward
		step = step || d.Act == models.StepOptimizer
		if d.Act == models.Fit && d.By.Method == "train_on_batch" {
			return true
		}
	}
	if backward && step {
		return true
	}
	for _, c := range f.Calls { // tf.GradientTape
		if loop != nil && !loop.Range().Contains(c.Node.Range()) {
			continue
		}
		name := checks.LastName(c.Node.Fn)
		backward = backward || name == "gradient"
		step = step || name == "apply_gradients" || name == "train_on_batch"
		if name == "train_on_batch" {
			return true
		}
	}
	return backward && step
}

// unusedIn reports adversarial batches of a loop that nothing is trained on.
func unusedIn(p *checks.Pass, f *checks.Frame, loop ast.Node, body []ast.Stmt) {
	f.InspectOwn(func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok || !loop.Range().Contains(a.Range()) || len(a.Targets) != 1 {
			return true
		}
		name := bound1(a)
		if strings.Trim(name, "_") == "" || batchLoop(p, a) != loop || !isAttack(f, a.Value) || trainedOn(p, f, a, name) {
			return true
		}
		p.Report(checks.Report{Node: a, Fix: trainOn(p, f, loop, a, name)})
		return true
	})
}

// batchLoop returns the loop that gives the batch which a statement reads: the innermost one
// around it that binds a name read there, else the innermost one.
func batchLoop(p *checks.Pass, s *ast.Assign) ast.Node {
	around := p.Around(s)
	var inner ast.Node
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.For:
			if inner == nil {
				inner = n
			}
			binds := false
			ast.Inspect(n.Target, func(t ast.Node) bool {
				id, ok := t.(*ast.Name)
				binds = binds || ok && checks.UsesName(s.Value, id.Id)
				return !binds
			})
			if binds {
				return n
			}
		case *ast.While:
			if inner == nil {
				inner = n
			}
		case *ast.FunctionDef:
			return inner
		}
	}
	return inner
}

// bound1 returns the name that an adversarial batch is bound to: one name, or the second of the
// three results of foolbox, of which the first is the unclipped batch.
func bound1(a *ast.Assign) string {
	switch t := a.Targets[0].(type) {
	case *ast.Name:
		return t.Id
	case *ast.Tuple:
		if len(t.Elts) != 3 {
			return ""
		}
		for _, i := range [...]int{1, 0} {
			if id, ok := t.Elts[i].(*ast.Name); ok && !strings.HasPrefix(id.Id, "_") {
				return id.Id
			}
		}
	}
	return ""
}

// isAttack reports whether an expression gives the result of an attack: of a library's, or of an
// own one that moves its input by the sign of a gradient.
func isAttack(f *checks.Frame, e ast.Expr) bool {
	return is(f, e, func(in flow.Ingredient) bool { return in.Call != nil && attacks(in.Call) }) ||
		moved(f, e) && madeOf(f, e, func(in flow.Ingredient) bool { return in.Call != nil && signsGradient(in.Frame, in.Call) })
}

// moved reports whether an expression stands for a sum, or what is cut to a range.
func moved(f *checks.Frame, e ast.Expr) bool {
	for _, x := range f.SpelledOut(e) {
		switch n := x.Expr.(type) {
		case *ast.BinOp:
			if n.Op == "+" || n.Op == "-" {
				return true
			}
		case *ast.Call:
			switch name := checks.LastName(n.Fn); name {
			case "clamp", "clip", "clamp_", "clip_by_value", "min", "max", "minimum", "maximum", "where", "add", "detach", "clone", "Variable":
				return true
			}
		}
	}
	return false
}

// attacks reports whether a call of a library gives adversarial examples.
func attacks(c *checks.Call) bool {
	s := symbolOf(c)
	switch {
	case strings.HasPrefix(s, "torchattacks."):
		return strings.HasSuffix(s, "()") && strings.Count(s, "()") == 1
	case strings.HasPrefix(s, "art.attacks.evasion."):
		return strings.HasSuffix(s, "().generate")
	case strings.HasPrefix(s, "foolbox.attacks."):
		return strings.HasSuffix(s, "()") && strings.Count(s, "()") == 1
	}
	return strings.HasPrefix(s, "cleverhans.") && strings.Contains(s, ".attacks.") && !strings.Contains(s, "()")
}

// signsGradient reports whether a call takes the sign of a gradient.
func signsGradient(f *checks.Frame, c *checks.Call) bool {
	if name := checks.LastName(c.Node.Fn); name != "sign" && name != "sgn" {
		return false
	}
	found := false
	ast.Inspect(c.Node, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok && at.Attr.Id == "grad" {
			found = true
		}
		return !found
	})
	return found || madeOf(f, c.Node, func(in flow.Ingredient) bool {
		if in.Call == nil {
			return false
		}
		name := checks.LastName(in.Call.Node.Fn)
		return name == "grad" || name == "gradient" || len(in.Steps) > 0 && in.Steps[len(in.Steps)-1] == ".grad"
	})
}

// trainedOn reports whether something is done with an adversarial batch that can change the
// model, or is kept for later.
func trainedOn(p *checks.Pass, f *checks.Frame, a *ast.Assign, name string) bool {
	used := false
	f.InspectOwn(func(n ast.Node) bool {
		if n == ast.Node(a) {
			return false
		}
		if _, deleted := n.(*ast.Delete); deleted {
			return false
		}
		id, ok := n.(*ast.Name)
		if ok && id.Id == name && !isBound(p, id) {
			used = used || !onlyMeasured(p, f, id)
		}
		return !used
	})
	if used {
		return true
	}
	// Another function of the place may read the name.
	for _, g := range f.Beside() {
		if g.Outer() == f && g.Function() != nil && checks.UsesName(g.Function().Node(), name) {
			return true
		}
	}
	return false
}

// isBound reports whether a name stands where it gets its value.
func isBound(p *checks.Pass, id *ast.Name) bool {
	switch s := p.StmtOf(id).(type) {
	case *ast.Assign:
		for _, t := range s.Targets {
			if t.Range().Contains(id.Range()) {
				_, item := t.(*ast.Subscript)
				_, attribute := t.(*ast.Attribute)
				return !item && !attribute
			}
		}
	case *ast.For:
		return s.Target.Range().Contains(id.Range())
	}
	return false
}

// onlyMeasured reports whether a use of a batch leaves the model as it is: under no_grad, or to
// be shown or logged.
func onlyMeasured(p *checks.Pass, f *checks.Frame, id *ast.Name) bool {
	around := p.Around(id)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.With:
			for _, item := range n.Items {
				c, ok := item.Context.(*ast.Call)
				if !ok || item.Range().Contains(id.Range()) {
					continue
				}
				if name := checks.LastName(c.Fn); name == "no_grad" || name == "inference_mode" {
					return true
				}
			}
		case *ast.Call:
			switch name := checks.LastName(n.Fn); {
			case name == "print", strings.HasPrefix(name, "log_metric"), strings.HasPrefix(name, "log_image"), name == "add_image", name == "add_images", name == "add_scalar", name == "imshow", name == "save_image", name == "len":
				return true
			case name == "debug" || name == "info" || name == "warning" || name == "log":
				if at, ok := n.Fn.(*ast.Attribute); ok && strings.Contains(strings.ToLower(checks.LastName(at.Value)), "log") {
					return true
				}
			}
		case *ast.Attribute:
			if n.Attr.Id == "shape" || n.Attr.Id == "device" || n.Attr.Id == "dtype" {
				return true
			}
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		}
	}
	return false
}

// trainOn computes the loss on the adversarial batch.
func trainOn(p *checks.Pass, f *checks.Frame, loop ast.Node, a *ast.Assign, name string) *fix.Fix {
	clean := batchNames(f, a.Value)
	for _, c := range f.Calls {
		if c.Node.Pos() < a.Stop() || !loop.Range().Contains(c.Node.Range()) || len(c.Node.Args) == 0 || attacks(c) {
			continue
		}
		id, ok := c.Node.Args[0].(*ast.Name)
		if !ok || !clean[id.Id] || !(classifier(c) || forwards(c)) || onlyMeasured(p, f, id) {
			continue
		}
		return checks.Fix(true, "train on the adversarial batch", checks.Replace(p, id, name))
	}
	return nil
}

// batchNames lists the names of the clean batch in an expression that attacks it.
func batchNames(f *checks.Frame, e ast.Expr) map[string]bool {
	out := map[string]bool{}
	names := func(e ast.Node) {
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Name); ok {
				out[id.Id] = true
			}
			return true
		})
	}
	for in := range f.StandsFor(e) {
		if in.Call == nil || in.Frame != f {
			continue
		}
		if !attacks(in.Call) {
			if len(in.Call.Enters()) > 0 {
				for _, x := range in.Call.Node.Args {
					names(x)
				}
				for _, k := range in.Call.Node.Keywords {
					names(k.Value)
				}
			}
			continue
		}
		pos := 0
		if s := symbolOf(in.Call); strings.HasPrefix(s, "foolbox.") || strings.HasPrefix(s, "cleverhans.") {
			pos = 1
		}
		for _, name := range [...]string{"x", "images", "inputs"} {
			if x := in.Call.Arg(pos, name); x != nil && x.Node != nil {
				names(x.Node)
			}
		}
		return out
	}
	return out
}

// forwards reports whether a call asks a model, or trains it on a batch.
func forwards(c *checks.Call) bool {
	switch checks.LastName(c.Node.Fn) {
	case "train_on_batch", "forward", "predict", "call":
		return true
	}
	if lower := strings.ToLower(checks.LastName(c.Node.Fn)); strings.Contains(lower, "loss") || strings.Contains(lower, "criterion") || strings.Contains(lower, "entropy") {
		return false
	}
	_, name := c.Node.Fn.(*ast.Name)
	_, attribute := c.Node.Fn.(*ast.Attribute)
	if attribute && c.Receiver.Kind() == flow.KindExternal && isLibrary(c) {
		return false
	}
	return (name || attribute) && c.Symbol == nil && len(c.Enters()) == 0
}
