package robustness

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// transformations are the input defences of ART that work at prediction.
const transformations = "art.defences.preprocessor.{JpegCompression,FeatureSqueezing,SpatialSmoothing,SpatialSmoothingPyTorch,SpatialSmoothingTensorFlowV2,TotalVarMin,ThermometerEncoding,PixelDefend,Mp3Compression,Mp3CompressionPyTorch,Resample,VideoCompression,VideoCompressionPyTorch}"

// defenceOff is PML1417.
var defenceOff = &checks.Rule{
	Spec:  infoPML1417,
	On:    []string{transformations, strings.ReplaceAll(transformations, "preprocessor.{", "preprocessor.*.{")},
	Knows: []string{"art.estimators.**"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "apply_predict")
		if a == nil || !checks.Off(a.Value) || !defends(c) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
	},
}

// defends reports whether a defence is given to an estimator.
func defends(made *checks.Call) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, c := range f.Calls {
			if c.Symbol == nil || !strings.HasPrefix(c.Symbol.String(), "art.estimators.") {
				continue
			}
			a := c.Arg(-1, "preprocessing_defences")
			if a == nil {
				continue
			}
			for _, given := range c.Given(a.Value) {
				for _, v := range given.Alternatives() {
					if holds(c, v, made) {
						return true
					}
				}
			}
		}
	}
	return false
}

// holds reports whether a value is what a call makes, or a list that holds it.
func holds(c *checks.Call, v *checks.Value, made *checks.Call) bool {
	if o := v.Origin(); o != nil && o.Node == made.Node {
		return true
	}
	items, _, _ := c.Items(v)
	for _, it := range items {
		if o := it.Value.Origin(); o != nil && o.Node == made.Node {
			return true
		}
	}
	return false
}

// verdictUnused is PML1418.
var verdictUnused = &checks.Rule{
	Spec: infoPML1418,
	On: []string{
		"art.defences.detector.evasion.{BinaryInputDetector,BinaryActivationDetector,SubsetScanningDetector}().detect",
		"alibi_detect.ad.{AdversarialAE,ModelDistillation}().predict",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		input := c.Arg(0, "x")
		if input == nil {
			input = c.Arg(0, "X")
		}
		if input == nil {
			return
		}
		for _, at := range checks.Receivers(p, c) {
			given := input
			if at != c {
				if given = handedInNode(at, input); given == nil {
					continue
				}
			}
			if !classifiesAfter(p, at, given) {
				continue
			}
			stmt := p.StmtOf(at.Node)
			name, bare := verdictOf(at, stmt)
			if !bare && (name == "" || checks.ActedOn(p.Module, checks.BodyOf(at.Frame), name, stmt.Range().Stop())) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: rejects(p, c, at, stmt, name)})
			return
		}
	},
}

// handedInNode is what the caller of the function around a call gives for a parameter that is
// an argument of the call.
func handedInNode(at *checks.Call, a *checks.Argument) *checks.Argument {
	name, ok := a.Node.(*ast.Name)
	if !ok {
		return nil
	}
	return checks.GivenFor(at, name.Id)
}

// verdictOf returns the name that a verdict is bound to; bare is set where the result is
// dropped. Both are empty for a use that is not understood.
func verdictOf(c *checks.Call, stmt ast.Stmt) (name string, bare bool) {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		return "", s.Value == ast.Expr(c.Node)
	case *ast.Assign:
		if len(s.Targets) != 1 || s.Value != ast.Expr(c.Node) {
			return "", false
		}
		switch t := s.Targets[0].(type) {
		case *ast.Name:
			return t.Id, false
		case *ast.Tuple:
			if len(t.Elts) == 2 {
				if n, ok := t.Elts[1].(*ast.Name); ok {
					return n.Id, false
				}
			}
		}
	}
	return "", false
}

// classifiesAfter reports whether the same input goes on to a classifier.
func classifiesAfter(p *checks.Pass, c *checks.Call, input *checks.Argument) bool {
	for _, o := range c.Frame.Calls {
		if o.Node == c.Node || o.Symbol.Is(verdictUnusedNames...) {
			continue
		}
		switch o.Method {
		case "predict", "predict_proba", "forward", "__call__":
		default:
			if _, named := o.Node.Fn.(*ast.Name); !named && o.Receiver == nil || o.Symbol != nil && strings.HasPrefix(o.Symbol.String(), "builtins.") || checksOnly(o) {
				continue
			}
			if !classifier(o) {
				continue
			}
		}
		for i := range o.Args {
			if sameInput(p, &o.Args[i], input) {
				return true
			}
		}
	}
	return false
}

var verdictUnusedNames = []string{
	"art.defences.detector.evasion.BinaryInputDetector().detect", "art.defences.detector.evasion.BinaryActivationDetector().detect",
	"art.defences.detector.evasion.SubsetScanningDetector().detect", "alibi_detect.ad.AdversarialAE().predict", "alibi_detect.ad.ModelDistillation().predict",
}

// checksOnly reports whether a call has a name that says that it only looks.
func checksOnly(c *checks.Call) bool {
	return strings.HasPrefix(c.Method, "detect") || strings.HasPrefix(c.Method, "log")
}

// classifier reports whether what is called is a network: an instance of a module, or a name
// that says so.
func classifier(c *checks.Call) bool {
	if class := c.Callee.Class(); class != nil && class.Extends("torch.nn.Module", "keras.Model") {
		return true
	}
	if c.Symbol.Is("torch.nn.Module()", "keras.Model()") {
		return true
	}
	name := ""
	switch fn := c.Node.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
	}
	name = strings.ToLower(name)
	for _, word := range [...]string{"model", "net", "classifier", "clf"} {
		if name == word || strings.HasSuffix(name, "_"+word) {
			return true
		}
	}
	return false
}

// sameInput reports whether two arguments are one input, or made of one name.
func sameInput(p *checks.Pass, a, b *checks.Argument) bool {
	if flow.SameThing(a.Value, b.Value) {
		return true
	}
	x, y := namesIn(a.Node), namesIn(b.Node)
	for n := range x {
		if y[n] {
			return true
		}
	}
	return false
}

func namesIn(e ast.Expr) map[string]bool {
	out := map[string]bool{}
	if e == nil {
		return out
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			for _, a := range n.Args {
				for name := range namesIn(a) {
					out[name] = true
				}
			}
			return false
		case *ast.Name:
			out[n.Id] = true
		}
		return true
	})
	return out
}

// rejects refuses the input where the detector says so.
func rejects(p *checks.Pass, c, at *checks.Call, stmt ast.Stmt, name string) *fix.Fix {
	art := strings.HasPrefix(c.Symbol.String(), "art.")
	lines := []string{"if is_adversarial.any():", `    raise ValueError("adversarial input rejected")`}
	const message = "refuse what the detector calls adversarial"
	call := p.File.Text(at.Node)
	switch {
	case art && name == "":
		return checks.Fix(true, message, fix.ReplaceStmt(p.File, stmt, append([]string{"_, is_adversarial = " + call}, lines...)...))
	case art:
		s, ok := stmt.(*ast.Assign)
		if !ok {
			return nil
		}
		if _, pair := s.Targets[0].(*ast.Tuple); !pair {
			lines[0] = "if " + name + "[1].any():"
			return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, lines...))
		}
		lines[0] = "if " + name + ".any():"
		return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, lines...))
	case name == "":
		return checks.Fix(true, message, fix.ReplaceStmt(p.File, stmt, append([]string{`is_adversarial = ` + call + `["data"]["is_adversarial"]`}, lines...)...))
	}
	return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, append([]string{`is_adversarial = ` + name + `["data"]["is_adversarial"]`}, lines...)...))
}

// seededDefence is PML1416.
var seededDefence = &checks.Rule{
	Spec: infoPML1416,
	On: []string{
		"torch.{manual_seed,random.manual_seed}", "torch.Generator().manual_seed", "numpy.random.{seed,default_rng,RandomState}", "random.seed",
		"tensorflow.random.set_seed",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		seed := c.Arg(0, "seed")
		if seed == nil {
			return
		}
		if _, constant := seed.Value.Number(); !constant || seed.Unpacked || !seedsDefence(c) {
			return
		}
		bits, imports := fix.Reach(p.File, "secrets.randbits", "import secrets", fix.BeforeFirstImport)
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "draw anew for each request", checks.Replace(p, seed.Node, bits+"(32)"), imports)})
	},
}

// seedsDefence reports whether a seed, or a function that sets it, decides about the noise of a
// defence.
func seedsDefence(c *checks.Call) bool {
	if predicts(c.Frame) {
		return noiseAfter(c)
	}
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if b := o.Body(); b != nil && c.Frame.Function() != nil && b.Function() == c.Frame.Function() && predicts(o.Frame) && noiseAfter(o) {
				return true
			}
		}
	}
	return false
}

// predicts reports whether a function serves predictions: by its name or as a handler, and it
// trains nothing.
func predicts(f *checks.Frame) bool {
	fn := f.Function()
	if fn == nil || fn.Def == nil {
		return false
	}
	for _, d := range f.Training() {
		if d.Act == models.Backward || d.Act == models.Fit || d.Act == models.StepOptimizer {
			return false
		}
	}
	name := strings.ToLower(strings.Trim(fn.Name, "_"))
	for _, word := range [...]string{"predict", "infer", "classify", "score", "forward", "call"} {
		if name == word || strings.HasPrefix(name, word+"_") || strings.HasSuffix(name, "_"+word) {
			return true
		}
	}
	for _, d := range fn.Def.Decorators {
		text := fn.Module.File.Text(d.Expr)
		for _, word := range [...]string{".route(", ".get(", ".post(", ".put(", ".websocket("} {
			if strings.Contains(text, word) {
				return true
			}
		}
	}
	return false
}

// draws are the last names of functions that give noise or the place of a crop.
var draws = map[string]bool{"randn": true, "randn_like": true, "rand_like": true, "normal": true, "uniform": true, "standard_normal": true, "normal_": true, "laplace": true}

// noiseAfter reports whether random numbers are added to an input, or shift it, after a seed,
// in the same function or in one that it calls, and a model gets the result.
func noiseAfter(c *checks.Call) bool {
	if noisy(c.Frame, c.Node.Pos()) {
		return true
	}
	for _, o := range c.Frame.Calls {
		if o.Node.Pos() > c.Node.Pos() {
			if b := o.Body(); b != nil && b != c.Frame && noisy(b, -1) {
				return true
			}
		}
	}
	return false
}

// noisy reports whether a function adds what it draws to something, or moves or crops it by
// that, and calls something that predicts.
func noisy(f *checks.Frame, after ast.Pos) bool {
	fn := f.Function()
	if fn == nil || fn.Def == nil {
		return false
	}
	drawn := map[string]bool{}
	isDraw := func(e ast.Node) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if a, ok := n.Fn.(*ast.Attribute); ok && draws[a.Attr.Id] {
					found = true
				}
				if id, ok := n.Fn.(*ast.Name); ok && draws[id.Id] {
					found = true
				}
			case *ast.Name:
				found = found || drawn[n.Id]
			}
			return !found
		})
		return found
	}
	// added reports whether a sum or product puts what is drawn to something that is not.
	added := func(b *ast.BinOp) bool {
		return (b.Op == "+" || b.Op == "*" || b.Op == "-") && isDraw(b.Left) != isDraw(b.Right) && !constant(b.Left) && !constant(b.Right) && !sizes(b)
	}
	crops := map[string]bool{}
	changed := false
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		if n.Range().Start < after && n.Range().Stop() < after {
			return true
		}
		switch n := n.(type) {
		case *ast.Assign:
			ast.Inspect(n.Value, func(n ast.Node) bool {
				b, ok := n.(*ast.BinOp)
				changed = changed || ok && added(b)
				return !changed
			})
			if isDraw(n.Value) {
				for _, t := range n.Targets {
					if id, ok := t.(*ast.Name); ok {
						drawn[id.Id] = true
					}
				}
			}
			if holdsCall(n.Value, "randint") {
				for _, t := range n.Targets {
					ast.Inspect(t, func(n ast.Node) bool {
						if id, ok := n.(*ast.Name); ok {
							crops[id.Id] = true
						}
						return true
					})
				}
			}
		case *ast.BinOp:
			changed = changed || n.Pos() > after && added(n)
		case *ast.AugAssign:
			if isDraw(n.Value) {
				changed = true
			}
		case *ast.Subscript:
			ast.Inspect(n.Index, func(n ast.Node) bool {
				if s, ok := n.(*ast.Slice); ok {
					for name := range namesIn(s.Lower) {
						changed = changed || crops[name]
					}
				}
				return true
			})
		case *ast.Call:
			if a, ok := n.Fn.(*ast.Attribute); ok && (a.Attr.Id == "RandomResizedCrop" || a.Attr.Id == "RandomCrop" || a.Attr.Id == "RandomAffine" || a.Attr.Id == "pad" && usesAny(n, crops)) {
				changed = true
			}
			if id, ok := n.Fn.(*ast.Name); ok && (id.Id == "RandomResizedCrop" || id.Id == "RandomCrop" || id.Id == "RandomAffine") {
				changed = true
			}
		}
		return !changed
	})
	return changed && predictsWith(f)
}

func usesAny(c *ast.Call, names map[string]bool) bool {
	for _, a := range c.Args {
		for n := range namesIn(a) {
			if names[n] {
				return true
			}
		}
	}
	return false
}

func holdsCall(e ast.Node, name string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			switch fn := c.Fn.(type) {
			case *ast.Attribute:
				found = found || fn.Attr.Id == name
			case *ast.Name:
				found = found || fn.Id == name
			}
		}
		return !found
	})
	return found
}

func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Number:
		return true
	case *ast.Attribute:
		return e.Attr.Id == "sigma" || e.Attr.Id == "std"
	case *ast.Name:
		return e.Id == "sigma" || e.Id == "std"
	}
	return false
}

// sizes reports whether a sum is of shapes: `(32,) + x.shape`.
func sizes(b *ast.BinOp) bool {
	_, tuple := b.Left.(*ast.Tuple)
	return tuple
}

// predictsWith reports whether a function calls a model.
func predictsWith(f *checks.Frame) bool {
	for _, o := range f.Calls {
		switch o.Method {
		case "predict", "predict_proba", "forward":
			return true
		}
		if classifier(o) {
			return true
		}
	}
	return false
}
