package robustness

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of randomised defences that are not random.

// seededDefence is PML1416.
var seededDefence = &checks.Rule{
	Spec: infoPML1416,
	On: []string{
		"torch.{manual_seed,random.manual_seed}", "torch.Generator().manual_seed", "numpy.random.{seed,default_rng,RandomState}", "random.seed",
		"tensorflow.random.set_seed",
	},
	Knows: []string{"torchvision.transforms.{RandomResizedCrop,RandomCrop,RandomAffine,v2.RandomResizedCrop,v2.RandomCrop,v2.RandomAffine}()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		seed := c.Arg(0, "seed")
		if seed == nil {
			return
		}
		if _, constant := seed.Value.Number(); !constant || seed.Unpacked || seed.Node == nil || !seedsDefence(c, c, 0) {
			return
		}
		bits, imports := fix.Reach(p.File, "secrets.randbits", "import secrets", fix.BeforeFirstImport)
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "draw anew for each request", checks.Replace(p, seed.Node, bits+"(32)"), imports)})
	},
}

// maxSeeding bounds through how many helpers a seed is followed to the function that predicts.
const maxSeeding = 3

// seedsDefence reports whether a seed decides about the noise of a defence in the function that
// predicts: the one around a call, which seeds or calls a helper that does, or one that calls it.
func seedsDefence(seed, at *checks.Call, depth int) bool {
	if predicts(at.Frame) {
		d := defence{seed: seed, at: at, frame: at.Frame}
		return d.randomised()
	}
	if depth >= maxSeeding || at.Frame.Function() == nil {
		return false
	}
	for _, c := range at.Frame.Callers() {
		if c.Callee.Kind() != flow.KindClass && seedsDefence(seed, c, depth+1) {
			return true
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

// defence is a function that predicts, and a call in it after which draws are the same each time.
type defence struct {
	seed, at *checks.Call
	frame    *checks.Frame
}

// randomised reports whether something drawn changes the input of the function, and a model gets
// what comes of it.
func (d *defence) randomised() bool {
	if generates(d.frame) {
		return false
	}
	frames, changed := d.frames(), map[ast.Node]bool{}
	if !slices.ContainsFunc(frames, d.drawsIn) {
		return false
	}
	for _, f := range frames {
		f.InspectOwn(func(n ast.Node) bool {
			if f == d.frame && n.Range().Stop() < d.at.Node.Pos() {
				return false
			}
			for _, draw := range d.changes(f, n) {
				changed[draw] = true
			}
			return true
		})
	}
	if len(changed) == 0 {
		return false
	}
	for _, f := range frames {
		for _, c := range f.Calls {
			if !asksModel(c) {
				continue
			}
			for i := range c.Args {
				if n := c.Args[i].Node; n != nil && madeOf(f, n, func(in flow.Ingredient) bool { return in.Call != nil && changed[in.Call.Node] }) {
					return true
				}
			}
		}
	}
	return false
}

// drawsIn reports whether something is drawn in a function, be it of no use.
func (d *defence) drawsIn(f *checks.Frame) bool {
	return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
		return d.isDraw(c) || checks.CalledName(c) == "random_crop" || strings.HasPrefix(symbolOf(c), "torchvision.transforms.")
	})
}

// frames lists the function and those that it calls after the seed.
func (d *defence) frames() []*checks.Frame {
	out := []*checks.Frame{d.frame}
	seen := map[*checks.Frame]bool{d.frame: true}
	for i := 0; i < len(out); i++ {
		for _, c := range out[i].Calls {
			if i == 0 && c.Node.Pos() < d.at.Node.Pos() {
				continue
			}
			for _, g := range c.Enters() {
				if !seen[g] && len(out) < maxNear {
					seen[g] = true
					out = append(out, g)
				}
			}
		}
	}
	return out
}

// changes returns the draws by which an operation changes the input.
func (d *defence) changes(f *checks.Frame, n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.BinOp:
		if n.Op != "+" && n.Op != "-" && n.Op != "*" {
			return nil
		}
		if draws := d.draws(f, n.Right); len(draws) > 0 && d.input(f, n.Left) {
			return draws
		}
		if draws := d.draws(f, n.Left); len(draws) > 0 && d.input(f, n.Right) {
			return draws
		}
	case *ast.AugAssign:
		if d.input(f, n.Target) {
			return d.draws(f, n.Value)
		}
	case *ast.Subscript:
		var draws []ast.Node
		ast.Inspect(n.Index, func(i ast.Node) bool {
			if s, ok := i.(*ast.Slice); ok && s.Lower != nil {
				draws = append(draws, d.draws(f, s.Lower)...)
			}
			return true
		})
		if len(draws) > 0 && d.input(f, n.Value) {
			return draws
		}
	case *ast.Call:
		c := f.CallAt(n)
		if c == nil || len(n.Args) == 0 {
			return nil
		}
		name, crops := checks.CalledName(c), isCrop(f, c)
		if !crops && !changing[name] || !d.input(f, n.Args[0]) {
			return nil
		}
		switch {
		case crops:
			if strings.HasPrefix(symbolOf(d.seed), "torch.") {
				return []ast.Node{n}
			}
		case name == "add" || name == "add_" || name == "random_crop":
			var draws []ast.Node
			for _, a := range n.Args {
				draws = append(draws, d.draws(f, a)...)
			}
			return draws
		default:
			var draws []ast.Node
			for _, a := range n.Args[1:] {
				draws = append(draws, d.draws(f, a)...)
			}
			for _, k := range n.Keywords {
				draws = append(draws, d.draws(f, k.Value)...)
			}
			if len(draws) > 0 {
				return append(draws, n)
			}
		}
	}
	return nil
}

// changing are the last names of functions that change what they are given by numbers that they are given.
var changing = map[string]bool{
	"pad": true, "crop": true, "roll": true, "crop_to_bounding_box": true, "rotate": true, "affine": true, "add": true, "add_": true, "random_crop": true,
}

// isCrop reports whether a call applies a random crop of torchvision.
func isCrop(f *checks.Frame, c *checks.Call) bool {
	crop := func(name string) bool {
		return strings.HasPrefix(name, "torchvision.transforms.") && (strings.HasSuffix(name, ".RandomResizedCrop") || strings.HasSuffix(name, ".RandomCrop") || strings.HasSuffix(name, ".RandomAffine"))
	}
	if crop(strings.TrimSuffix(symbolOf(c), "()")) && strings.HasSuffix(symbolOf(c), "()") {
		return true
	}
	// Of a pipeline, transforms.Compose([…])(x).
	return strings.HasPrefix(symbolOf(c), "torchvision.transforms.") && madeOf(f, c.Node.Fn, func(in flow.Ingredient) bool {
		return in.Call != nil && crop(symbolOf(in.Call))
	})
}

// input reports whether an expression is made of what the function predicts for, and nothing
// drawn is in it.
func (d *defence) input(f *checks.Frame, e ast.Expr) bool {
	found := false
	for in := range f.MadeOf(e) {
		switch {
		case in.Call != nil && d.isDraw(in.Call):
			return false
		case in.Param != nil:
			found = found || in.Frame.Function() == d.frame.Function() && !isSelf(in) && !scalar(in.Param)
		case in.Call != nil:
			found = found || serves(d.frame) && in.Frame == d.frame && (fromOutside(in.Call) || in.Whole)
		}
	}
	return found
}

// scalar reports whether a parameter is a number that says how strong something is.
func scalar(p *ast.Param) bool {
	if _, number := p.Default.(*ast.Number); number {
		return true
	}
	if name := checks.LastName(p.Annotation); name == "float" || name == "int" || name == "bool" || name == "str" {
		return true
	}
	name := strings.ToLower(p.Name.Id)
	for _, word := range [...]string{"sigma", "std", "scale", "temp", "trunc", "strength", "eps", "noise", "psi", "alpha", "beta", "size", "shape"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "n" || name == "k" || name == "t"
}

// draws lists the draws after the seed of which an expression is made.
func (d *defence) draws(f *checks.Frame, e ast.Expr) []ast.Node {
	var out []ast.Node
	for in := range f.MadeOf(e) {
		if in.Call == nil || !d.isDraw(in.Call) || in.Frame == d.frame && in.Call.Node.Pos() < d.at.Node.Pos() {
			continue
		}
		if d.seeded(in.Frame, in.Call) {
			out = append(out, in.Call.Node)
		}
	}
	return out
}

// drawing are the last names of functions that draw numbers.
var drawing = map[string]bool{
	"randn": true, "randn_like": true, "rand_like": true, "normal": true, "uniform": true, "standard_normal": true, "normal_": true, "uniform_": true, "laplace": true, "gauss": true,
	"normalvariate": true, "rand": true, "random": true, "random_sample": true, "randint": true, "randrange": true, "integers": true, "randint_like": true, "stateless_normal": true, "random_normal": true,
	"bernoulli": true, "bernoulli_": true, "multivariate_normal": true, "exponential": true, "choice": true,
}

func (d *defence) isDraw(c *checks.Call) bool {
	return drawing[checks.CalledName(c)] || drawing[checks.LastName(c.Node.Fn)]
}

// seeded reports whether a draw is one that the seed decides.
func (d *defence) seeded(f *checks.Frame, draw *checks.Call) bool {
	sown, by := symbolOf(d.seed), symbolOf(draw)
	isSeed := func(e ast.Expr) bool {
		return madeOf(f, e, func(in flow.Ingredient) bool {
			if in.Call == nil {
				return false
			}
			made := d.seed.Receiver.Origin()
			return in.Call.Node == d.seed.Node || made != nil && in.Call.Node == made.Node
		})
	}
	generator := keyword(draw, "generator")
	switch {
	case strings.HasPrefix(sown, "torch.Generator"):
		return generator != nil && isSeed(generator)
	case strings.HasPrefix(sown, "torch."):
		return generator == nil && (strings.HasPrefix(by, "torch.") || !strings.HasPrefix(by, "numpy.") && !strings.HasPrefix(by, "random.") && !strings.HasPrefix(by, "tensorflow."))
	case strings.HasSuffix(sown, ".seed") && strings.HasPrefix(sown, "numpy."):
		return strings.HasPrefix(by, "numpy.random.") && !strings.Contains(by, "()")
	case sown == "random.seed":
		return strings.HasPrefix(by, "random.") && !strings.Contains(by, "()")
	case strings.HasPrefix(sown, "numpy."):
		at, ok := draw.Node.Fn.(*ast.Attribute)
		return ok && isSeed(at.Value)
	}
	return strings.HasPrefix(by, "tensorflow.")
}

// generates reports whether a function is of a model that makes things out of noise, by its name
// or that of its class.
func generates(f *checks.Frame) bool {
	fn := f.Function()
	name := strings.ToLower(fn.Qual)
	for _, word := range [...]string{"diffusion", "sampler", "generator", "generate", "pipeline", "vae", "autoencoder", "gan.", "unet", "synthesizer", "vocoder"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// asksModel reports whether a call asks a model.
func asksModel(c *checks.Call) bool {
	switch c.Method {
	case "predict", "predict_proba", "forward", "predict_on_batch", "decision_function":
		return true
	case "run":
		return strings.Contains(symbolOf(c), "InferenceSession")
	}
	if classifier(c) {
		return true
	}
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok || c.Symbol != nil || len(c.Enters()) > 0 {
		return false
	}
	_, _, self := checks.MethodClass(c.Frame)
	id, ok := at.Value.(*ast.Name)
	return ok && self != "" && id.Id == self
}
