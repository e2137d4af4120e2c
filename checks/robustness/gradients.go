package robustness

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of models that let no gradient through to their input (Athalye et
// al., "Obfuscated Gradients Give a False Sense of Security", 2018).

// gradientCut is PML1413.
var gradientCut = &checks.Rule{
	Spec: infoPML1413,
	On: []string{
		"torchattacks.{FGSM,FFGSM,RFGSM,BIM,PGD,PGDL2,EOTPGD,TPGD,APGD,APGDT,CW,DeepFool,MIFGSM,NIFGSM,DIFGSM,TIFGSM,SINIFGSM,VMIFGSM,FAB,JSMA}",
		"foolbox.attacks.{FGSM,FGM,PGD,L2PGD,LinfPGD,LinfFastGradientAttack,L2FastGradientAttack,LinfBasicIterativeAttack,L2BasicIterativeAttack,L2ProjectedGradientDescentAttack,LinfProjectedGradientDescentAttack,L2CarliniWagnerAttack,L2DeepFoolAttack,LinfDeepFoolAttack,DDNAttack,EADAttack}()",
		"cleverhans.torch.attacks.{fast_gradient_method.fast_gradient_method,projected_gradient_descent.projected_gradient_descent,carlini_wagner_l2.carlini_wagner_l2}",
		"art.attacks.evasion.{FastGradientMethod,BasicIterativeMethod,ProjectedGradientDescent,ProjectedGradientDescentPyTorch,ProjectedGradientDescentNumpy,CarliniL2Method,CarliniLInfMethod,DeepFool}",
	},
	Knows: append([]string{"torch.nn.{Sequential,Embedding}"}, wrappers...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		f, model := attacked(c)
		if model == nil {
			return
		}
		var reports []func()
		for _, class := range modulesOf(f, model) {
			m := moduleOf(class)
			if m == nil {
				continue
			}
			reports = append(reports, m.report(p)...)
			for range maxWithin { // what stands before its first layer may be a module as well
				if m = m.first(); m == nil {
					break
				}
				reports = append(reports, m.report(p)...)
			}
		}
		if len(reports) > 0 && !gradientFree(c.Frame) {
			for _, report := range reports {
				report()
			}
		}
	},
}

// modulesOf lists the calls that make modules of the project whose forward gets the attacked
// input as it is.
func modulesOf(f *checks.Frame, model ast.Expr) []*checks.Call {
	var out []*checks.Call
	for in := range f.StandsFor(model) {
		if in.Call == nil || len(in.Steps) > 0 {
			continue
		}
		switch {
		case in.Call.Callee.Kind() == flow.KindClass && in.Call.Callee.Class().Extends("torch.nn.Module"):
			out = append(out, in.Call)
		case in.Call.Symbol.Is("torch.nn.Sequential") && len(in.Call.Node.Args) > 0 && in.Frame != nil && in.Call.Node != model:
			if made := layerOf(in.Frame, in.Call.Node.Args[0]); made != nil && made.Callee.Kind() == flow.KindClass && made.Callee.Class().Extends("torch.nn.Module") {
				out = append(out, made)
			}
		case in.Call.Symbol.Is("torch.nn.Sequential") && len(in.Call.Node.Args) > 0:
			if made := layerOf(f, in.Call.Node.Args[0]); made != nil && made.Callee.Kind() == flow.KindClass && made.Callee.Class().Extends("torch.nn.Module") {
				out = append(out, made)
			}
		}
	}
	return out
}

// gradientFree reports whether the program also runs an attack that needs no gradient.
func gradientFree(f *checks.Frame) bool {
	for _, g := range f.Everywhere() {
		for _, c := range g.Calls {
			s := symbolOf(c)
			if !strings.HasPrefix(s, "torchattacks.") && !strings.HasPrefix(s, "foolbox.") && !strings.HasPrefix(s, "art.") && !strings.HasPrefix(s, "cleverhans.") && !strings.HasPrefix(s, "autoattack.") {
				continue
			}
			name := strings.ToLower(checks.CalledName(c))
			for _, word := range [...]string{"square", "hopskipjump", "hop_skip_jump", "boundaryattack", "spsa", "onepixel", "pixelattack", "autoattack", "zooattack", "pixle"} {
				if strings.HasPrefix(name, word) {
					return true
				}
			}
		}
	}
	return false
}

// module is a torch module with its forward method.
type module struct {
	frame *checks.Frame
	input *ast.Param
	self  string
	class *checks.ProjectClass
}

func moduleOf(made *checks.Call) *module {
	class := made.Callee.Class()
	g, def := methodOf(made.Frame, class, "forward")
	if g == nil || def.Def == nil || len(def.Params.List) < 2 || def.Params.List[0].Name == nil || def.Params.List[1].Name == nil {
		return nil
	}
	m := &module{frame: g, input: def.Params.List[1], self: def.Params.List[0].Name.Id, class: class}
	for _, k := range class.Linear() {
		for _, init := range k.Methods {
			if f := g.AnalysisOf(init); f != nil {
				for _, c := range f.Calls {
					if checks.CalledName(c) == "Embedding" {
						return nil // what is looked up are numbers of tokens
					}
				}
			}
		}
	}
	return m
}

// owns reports whether a function is a method of the module's class or of one that it derives from.
func (m *module) owns(f *checks.Frame) bool {
	return f.Class() != nil && slices.Contains(m.class.Linear(), f.Class())
}

// report lists the reports of places that cut the gradient.
func (m *module) report(p *checks.Pass) []func() {
	var out []func()
	for _, f := range m.frames() {
		in := p.Project.Module(f.Module())
		if in == nil {
			continue
		}
		f.InspectOwn(func(n ast.Node) bool {
			node, operand, skip := m.cut(f, n)
			if node == nil || operand != nil && !m.early(f, operand) || !m.severs(n, skip) {
				return true
			}
			repair := m.fix(&checks.Pass{Module: in, Project: p.Project}, f, node)
			out = append(out, func() { p.Report(checks.Report{Node: node, In: in, Fix: repair}) })
			_, block := n.(*ast.With)
			return block // of what is nested, the outermost
		})
	}
	return out
}

// first returns the module of the project through which the input goes before anything else sees it,
// and without which no gradient comes to it; nil where there is none.
func (m *module) first() *module {
	for _, c := range m.frame.Calls {
		if len(c.Node.Args) != 1 || !m.early(m.frame, c.Node.Args[0]) {
			continue
		}
		made := layerOf(m.frame, c.Node.Fn)
		if made == nil || made.Callee.Kind() != flow.KindClass || !made.Callee.Class().Extends("torch.nn.Module") {
			continue
		}
		if sub := moduleOf(made); sub != nil && sub.class != m.class && m.severs(c.Node, func(n ast.Node) bool { return n == ast.Node(c.Node) }) {
			return sub
		}
	}
	return nil
}

// frames lists forward and the functions that it calls, modules left out.
func (m *module) frames() []*checks.Frame {
	out := []*checks.Frame{m.frame}
	seen := map[*checks.Frame]bool{m.frame: true}
	for i := 0; i < len(out) && len(out) < maxNear; i++ {
		for _, c := range out[i].Calls {
			if c.Callee.Kind() != flow.KindFunction {
				continue
			}
			for _, g := range c.Enters() {
				fn := g.Function()
				if fn != nil && !seen[g] && (fn.Class == nil || m.owns(g)) {
					seen[g] = true
					out = append(out, g)
				}
			}
		}
	}
	return out
}

// cutting are functions and methods whose derivative is zero, or that leave the graph.
var cutting = map[string]bool{
	"round": true, "floor": true, "ceil": true, "sign": true, "trunc": true, "byte": true, "int": true, "detach": true, "numpy": true, "round_": true, "floor_": true,
}

// cut tells whether a node cuts the gradient of what it is applied to: the node to report, the
// operand (nil for a block), and which expressions the gradient cannot pass.
func (m *module) cut(f *checks.Frame, n ast.Node) (node ast.Node, operand ast.Expr, skip func(ast.Node) bool) {
	switch n := n.(type) {
	case *ast.With:
		for _, item := range n.Items {
			if c, ok := item.Context.(*ast.Call); ok && stopsGradients(f, c) {
				block := n.Range()
				return c, nil, func(x ast.Node) bool { return block.Contains(x.Range()) && inside(f, x, n) }
			}
		}
	case *ast.Attribute:
		if n.Attr.Id == "data" {
			return n, n.Value, func(x ast.Node) bool { return x == ast.Node(n) }
		}
	case *ast.Call:
		c := f.CallAt(n)
		at, method := n.Fn.(*ast.Attribute)
		if !method {
			if c != nil && len(n.Args) > 0 && strings.HasPrefix(symbolOf(c), "torch.") && cutting[checks.CalledName(c)] {
				return n, n.Args[0], func(x ast.Node) bool { return x == ast.Node(n) }
			}
			return nil, nil, nil
		}
		library := c != nil && isLibrary(c)
		switch name := at.Attr.Id; {
		case cutting[name] && library && len(n.Args) > 0 && strings.HasPrefix(symbolOf(c), "torch."):
			operand = n.Args[0]
		case cutting[name] && !library && len(n.Args) == 0:
			operand = at.Value
		case name == "to" || name == "type":
			if len(n.Args) > 0 && integer(f, n.Args[0]) || fix.KeywordOf(n, "dtype") != nil && integer(f, fix.KeywordOf(n, "dtype").Value) {
				operand = at.Value
			}
		}
		if operand != nil {
			return n, operand, func(x ast.Node) bool { return x == ast.Node(n) }
		}
	}
	return nil, nil, nil
}

// stopsGradients reports whether a call gives torch.no_grad() or its like.
func stopsGradients(f *checks.Frame, n *ast.Call) bool {
	name := checks.LastName(n.Fn)
	if c := f.CallAt(n); c != nil && c.Symbol != nil {
		name = checks.CalledName(c)
	}
	return name == "no_grad" || name == "inference_mode"
}

// inside reports whether a node of the same text stands in a statement of this frame's file.
func inside(f *checks.Frame, x ast.Node, block *ast.With) bool {
	found := false
	ast.Inspect(block, func(n ast.Node) bool {
		found = found || n == x
		return !found && n.Range().Contains(x.Range())
	})
	return found
}

// integer reports whether an expression names a type of whole numbers.
func integer(f *checks.Frame, e ast.Expr) bool {
	for _, x := range f.SpelledOut(e) {
		switch checks.LastName(x.Expr) {
		case "uint8", "int8", "int16", "int32", "int64", "short", "long", "int", "ByteTensor", "IntTensor":
			return true
		}
	}
	return false
}

// early reports whether an operand is made of the input before any layer has seen it.
func (m *module) early(f *checks.Frame, operand ast.Expr) bool {
	found := false
	for in := range f.MadeOfExcept(operand, func(_ *checks.Frame, n ast.Node) bool { return shapes(n) }, nil) {
		found = found || m.isInput(in)
		if in.Call != nil && m.isLayer(in) {
			return false
		}
	}
	return found
}

func (m *module) isInput(in flow.Ingredient) bool { return in.Param == m.input }

// isLayer reports whether a call is one of a submodule or of a layer as a function.
func (m *module) isLayer(in flow.Ingredient) bool {
	if strings.HasPrefix(symbolOf(in.Call), "torch.nn.functional.conv") || strings.HasPrefix(symbolOf(in.Call), "torch.nn.functional.linear") {
		return true
	}
	if in.Frame != m.frame && !m.owns(in.Frame) {
		return false
	}
	fn := in.Call.Node.Fn
	for {
		switch e := fn.(type) {
		case *ast.Attribute:
			fn = e.Value
			continue
		case *ast.Subscript:
			fn = e.Value
			continue
		case *ast.Name:
			if e.Id != m.self || in.Call.Node.Fn == ast.Expr(e) {
				return false
			}
			for _, g := range in.Call.Enters() {
				if m.owns(g) && in.Call.Callee.Kind() == flow.KindFunction {
					return false // a method of its own
				}
			}
			return true
		}
		return false
	}
}

// severs reports whether no gradient comes from what forward returns to its input except through
// the expressions named.
func (m *module) severs(cut ast.Node, skip func(ast.Node) bool) bool {
	for _, out := range outputs(m.frame.Function()) {
		if !madeOf(m.frame, out, m.isInput) {
			continue
		}
		open := false
		for in := range m.frame.MadeOfExcept(out, func(_ *checks.Frame, n ast.Node) bool { return skip(n) || shapes(n) }, cut) {
			open = open || m.isInput(in)
		}
		if !open {
			return true
		}
	}
	return false
}

// shapes names expressions that read only how large something is.
func shapes(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Attribute:
		switch n.Attr.Id {
		case "shape", "device", "dtype", "ndim":
			return true
		}
	case *ast.Call:
		switch checks.LastName(n.Fn) {
		case "size", "dim", "numel", "len", "ones_like", "zeros_like", "randn_like", "rand_like", "empty_like":
			return true
		}
	}
	return false
}

// fix passes the gradient straight through.
func (m *module) fix(p *checks.Pass, f *checks.Frame, node ast.Node) *fix.Fix {
	const message = "pass the gradient straight through"
	if c, ok := node.(*ast.Call); ok {
		switch checks.LastName(c.Fn) {
		case "no_grad", "inference_mode":
			at, ok := c.Fn.(*ast.Attribute)
			if !ok || len(c.Args)+len(c.Keywords) > 0 {
				return nil
			}
			return checks.Fix(true, "keep the gradient", checks.Replace(p, at.Attr, "enable_grad"))
		case "numpy":
			return nil
		}
	}
	through := func(e ast.Expr, x string) *fix.Fix {
		text := p.File.Text(e)
		switch e.(type) {
		case *ast.BinOp, *ast.Name, *ast.Attribute, *ast.Call, *ast.Subscript:
		default:
			text = "(" + text + ")"
		}
		return checks.Fix(true, message, checks.Replace(p, e, x+" + ("+text+" - "+x+").detach()"))
	}
	x := ""
	if e, ok := node.(ast.Expr); ok {
		for in := range f.MadeOf(e) {
			if in.Param != nil && in.Frame == f && !isSelf(in) {
				x = in.Param.Name.Id
				break
			}
		}
	}
	if x == "" {
		return nil
	}
	switch stmt := p.StmtOf(node).(type) {
	case *ast.Assign:
		if id, ok := stmt.Targets[0].(*ast.Name); ok && len(stmt.Targets) == 1 && (id.Id == x || !checks.UsesName(stmt.Value, id.Id)) {
			if holdsNumpy(stmt.Value) {
				return nil
			}
			if only, ok := argumentWith(stmt.Value, node); ok {
				return through(only, x)
			}
			return through(stmt.Value, x)
		}
	case *ast.Return:
		if holdsNumpy(stmt.Value) {
			return nil
		}
		if only, ok := argumentWith(stmt.Value, node); ok {
			return through(only, x)
		}
		if f != m.frame || !madeOf(f, stmt.Value, func(in flow.Ingredient) bool { return in.Call != nil && m.isLayer(in) }) {
			return through(stmt.Value, x)
		}
	}
	return nil
}

// argumentWith returns the argument, of the call that an expression is, in which a node stands.
func argumentWith(e ast.Expr, node ast.Node) (ast.Expr, bool) {
	c, ok := e.(*ast.Call)
	if !ok || ast.Node(c) == node {
		return nil, false
	}
	if at, method := c.Fn.(*ast.Attribute); method {
		if id, ok := at.Value.(*ast.Name); !ok || id.Id != "self" {
			return nil, false
		}
	}
	for _, a := range c.Args {
		if a.Range().Contains(node.Range()) {
			return a, true
		}
	}
	return nil, false
}

// holdsNumpy reports whether an expression goes by way of numpy.
func holdsNumpy(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		found = found || ok && (checks.LastName(c.Fn) == "numpy" || checks.LastName(c.Fn) == "from_numpy")
		return !found
	})
	return found
}
