package robustness

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// transformations are the input defences of ART that work at prediction.
const transformations = "art.defences.preprocessor.{JpegCompression,FeatureSqueezing,SpatialSmoothing,SpatialSmoothingPyTorch,SpatialSmoothingTensorFlowV2,TotalVarMin,ThermometerEncoding,PixelDefend,Mp3Compression,Mp3CompressionPyTorch,Resample,VideoCompression,VideoCompressionPyTorch}"

// defenceOff is PML1417.
var defenceOff = &checks.Rule{
	Spec:  infoPML1417,
	On:    []string{transformations, strings.ReplaceAll(transformations, "preprocessor.{", "preprocessor.*.{")},
	Knows: []string{"art.estimators.**"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos, ok := applyPredictAt[lastPart(c.Symbol.String())]
		if !ok {
			pos = -1
		}
		a := c.Arg(pos, "apply_predict")
		if a == nil || !checks.Off(a.Value) || !defends(c) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
	},
}

// lastPart is the last name of a qualified one.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// applyPredictAt tells at which place the defences take apply_predict.
var applyPredictAt = map[string]int{
	"JpegCompression": 4, "FeatureSqueezing": 3, "SpatialSmoothing": 4, "SpatialSmoothingPyTorch": 4, "SpatialSmoothingTensorFlowV2": 4,
	"TotalVarMin": 7, "ThermometerEncoding": 4, "PixelDefend": 5, "Mp3Compression": 3, "Resample": 4,
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
			if report := reportOf(stmt); report != "" && checks.ActedOn(p.Module, checks.BodyOf(at.Frame), report, stmt.Range().Stop()) {
				continue // the scores from which the verdict is made
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

// reportOf is the name of ART's report, which comes with the verdict; "" where there is none.
func reportOf(stmt ast.Stmt) string {
	s, ok := stmt.(*ast.Assign)
	if !ok || len(s.Targets) != 1 {
		return ""
	}
	if t, ok := s.Targets[0].(*ast.Tuple); ok && len(t.Elts) == 2 {
		if n, ok := t.Elts[0].(*ast.Name); ok {
			return n.Id
		}
	}
	return ""
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
			if sameInput(p, c.Frame, &o.Args[i], input) {
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
	for _, name := range [...]string{checks.LastName(c.Node.Fn), checks.CalledName(c)} {
		name = strings.ToLower(name)
		for _, word := range [...]string{"model", "net", "classifier", "clf"} {
			if name == word || strings.HasSuffix(name, "_"+word) {
				return true
			}
		}
	}
	return false
}

// sameInput reports whether two arguments are one input, or made of one name.
func sameInput(p *checks.Pass, f *checks.Frame, a, b *checks.Argument) bool {
	if flow.SameThing(a.Value, b.Value) {
		return true
	}
	x, y := namesIn(a.Node), namesIn(b.Node)
	for n := range x {
		if y[n] {
			return true
		}
	}
	first := madeAlong(p, f, a.Node, 0)
	for _, n := range madeAlong(p, f, b.Node, 0) {
		if slices.Contains(first, n) {
			return true
		}
	}
	return false
}

// madeAlong lists the names through which an input came to be what an expression is: `x` and
// `raw` for x after `x = raw / 255`.
func madeAlong(p *checks.Pass, f *checks.Frame, e ast.Expr, depth int) []string {
	if depth > 8 {
		return nil
	}
	next := func(e ast.Expr) []string { return madeAlong(p, f, e, depth+1) }
	switch e := e.(type) {
	case *ast.Name:
		if p.Imports(e.Id) {
			return nil
		}
		return append([]string{e.Id}, next(checks.LastAssigned(checks.BodyOf(f), e))...)
	case *ast.Attribute:
		return next(e.Value)
	case *ast.Subscript:
		return next(e.Value)
	case *ast.BinOp:
		if from := next(e.Left); len(from) > 0 {
			return from
		}
		return next(e.Right)
	case *ast.Call:
		if a, ok := e.Fn.(*ast.Attribute); ok {
			if from := next(a.Value); len(from) > 0 {
				return from
			}
		}
		if len(e.Args) > 0 {
			return next(e.Args[0])
		}
	}
	return nil
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
