package notebooks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/shell"
	"github.com/pyguard/pyguardml/notebook"
)

// loadedInFloat32 is PML4123.
var loadedInFloat32 = &checks.Rule{
	Spec: infoPML4123,
	On:   []string{"transformers.*.from_pretrained", "transformers.**.*.from_pretrained", "transformers.{pipeline,pipelines.pipeline}"},
	Knows: []string{
		"torch.{set_default_dtype,set_default_tensor_type}", "torch.{float16,bfloat16,half}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if p.Notebook == nil || c.HasRest() || !c.Symbol.Under("transformers") || !loadsWeights(c) {
			return
		}
		model := c.Arg(0, "pretrained_model_name_or_path")
		if c.Method != "from_pretrained" {
			model = c.Arg(1, "model")
		}
		if model == nil {
			return
		}
		id, constant := model.Value.Text()
		if !constant || billions(id) < 7 || quantized(id) || choosesType(c) || halfByDefault(c) || newTransformers(p) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "load the weights in the type in which they are kept", fix.AddKeyword(p.File, c.Node, "torch_dtype", `"auto"`))})
	},
}

// loadsWeights reports whether a call of transformers loads a language model.
func loadsWeights(c *checks.Call) bool {
	if c.Method == "from_pretrained" {
		name := strings.TrimSuffix(c.Symbol.String(), ".from_pretrained")
		name = name[strings.LastIndexByte(name, '.')+1:]
		return strings.HasPrefix(name, "AutoModel") || strings.HasSuffix(name, "ForCausalLM") || strings.HasSuffix(name, "ForConditionalGeneration")
	}
	task := c.Arg(0, "task")
	if task == nil {
		return false
	}
	t, _ := task.Value.Text()
	return t == "text-generation" || t == "image-text-to-text" || t == "text2text-generation"
}

// billions is the number of parameters, in billions, that the name of a model tells: 70 of
// Llama-3.1-70B-Instruct, 56 of Mixtral-8x7B; 0 where it tells none.
func billions(id string) float64 {
	name := id[strings.LastIndexByte(id, '/')+1:]
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' }) {
		number, ok := strings.CutSuffix(strings.ToLower(word), "b")
		if !ok {
			if i := strings.Index(strings.ToLower(word), "b."); i >= 0 {
				number = strings.ToLower(word[:i])
			} else {
				continue
			}
		}
		experts, each, mixed := strings.Cut(number, "x")
		if !mixed {
			experts, each = "1", number
		}
		n, err := strconv.ParseFloat(experts, 64)
		m, err2 := strconv.ParseFloat(each, 64)
		if err == nil && err2 == nil {
			return n * m
		}
		if _, last, dotted := strings.Cut(number, "."); dotted {
			if m, err := strconv.ParseFloat(last, 64); err == nil {
				return m
			}
		}
	}
	return 0
}

// quantized reports whether the name of a model says that its weights are kept in few bits.
func quantized(id string) bool {
	low := strings.ToLower(id)
	for _, w := range [...]string{"awq", "gptq", "gguf", "bnb", "4bit", "8bit", "4-bit", "8-bit", "int4", "int8", "fp8", "fp4", "nf4", "w4a16", "w8a8", "mlx", "exl2", "aqlm", "hqq"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// choosesType reports whether a load says in which type the weights are loaded, or that they are
// offloaded.
func choosesType(c *checks.Call) bool {
	given := func(name string) bool {
		if c.Arg(-1, name) != nil {
			return true
		}
		more := c.Arg(-1, "model_kwargs")
		if more == nil {
			return false
		}
		_, open, known := c.Entries(more.Value)
		return !known || open || c.Key(more.Value, name) != nil
	}
	return slices.ContainsFunc([]string{"torch_dtype", "dtype", "quantization_config", "load_in_8bit", "load_in_4bit", "gguf_file", "config"}, given) || given("device_map") && given("offload_folder")
}

// halfByDefault reports whether a type of 16 bits was made the default before a call.
func halfByDefault(c *checks.Call) bool {
	for f := c.Frame; f != nil; f = f.Outer() {
		for _, o := range f.Calls {
			if o.Symbol.Is("torch.set_default_dtype", "torch.set_default_tensor_type") && (f != c.Frame || o.Node.Pos() < c.Node.Pos()) {
				if a := o.Arg(0, "d"); a != nil && a.Value.Is("torch.float16", "torch.bfloat16", "torch.half") {
					return true
				}
				if a := o.Arg(0, "t"); a != nil {
					t, _ := a.Value.Text()
					return strings.Contains(t, "Half") || strings.Contains(t, "BFloat16")
				}
			}
		}
	}
	return false
}

// newTransformers reports whether the project, or a line of the notebook, installs transformers of
// version 5 or later, which loads weights in the type in which they are kept.
func newTransformers(p *checks.Pass) bool {
	if p.Project.Requirements.AtLeast("transformers", "5", p.Path) {
		return true
	}
	for _, cmd := range p.Notebook.Commands() {
		text, _, ok := cmd.Shell()
		if !ok && cmd.Kind == notebook.LineMagic && (cmd.Name == "pip" || cmd.Name == "uv") {
			text = strings.NewReplacer(">", "\\>", "<", "\\<").Replace(cmd.Args)
			text = "pip " + strings.NewReplacer(`"`, "", `'`, "").Replace(text)
		}
		for _, c := range shell.Parse(text) {
			for _, w := range c.Words {
				name, version, _ := strings.Cut(w.Text, "=")
				name = strings.TrimRight(name, "=<>~")
				if major, _, _ := strings.Cut(strings.TrimLeft(version, "="), "."); name == "transformers" && strings.ContainsAny(w.Text, ">=~") && !strings.Contains(w.Text, "<") {
					if n, err := strconv.Atoi(major); err == nil && n >= 5 {
						return true
					}
				}
			}
		}
	}
	return false
}

// keptByCache is PML4124.
var keptByCache = &checks.Rule{
	Spec:  infoPML4124,
	Needs: []string{"empty_cache"},
	OnModule: func(p *checks.Pass) {
		if p.Notebook == nil {
			return
		}
		for _, s := range lastInCells(p) {
			name, gpu := shownOf(p, s.Value)
			if name == "" || name == "_" || !gpu && !onGPU(p, name, s.Pos()) {
				continue
			}
			if at := freedAfter(p, name, s.Stop()); at > 0 && !cacheCleared(p, name, s.Stop(), at) {
				p.Report(checks.Report{Node: s.Value, Fix: checks.Fix(false, "end the line in a semicolon, so that its value is not kept", []fix.Edit{{Start: int(s.Stop()), End: int(s.Stop()), New: ";"}})})
			}
		}
	},
}

// lastInCells lists the expressions that are the last statements of their cells, whose values
// IPython shows and keeps.
func lastInCells(p *checks.Pass) []*ast.ExprStmt {
	var out []*ast.ExprStmt
	for i, s := range p.File.Body {
		e, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		cell := p.Notebook.CellAt(s.Pos())
		if cell == nil || i+1 < len(p.File.Body) && p.Notebook.CellAt(p.File.Body[i+1].Pos()) == cell {
			continue
		}
		span, _ := p.Notebook.CellSpan(cell.Number)
		rest := string(p.Source.Text[s.Stop():span.End])
		if !strings.HasPrefix(strings.TrimLeft(rest, " \t)"), ";") {
			out = append(out, e)
		}
	}
	return out
}

// returnsSelf are methods of models and tensors that give what they are called on, moved or not.
var returnsSelf = []string{"to", "cuda", "half", "float", "bfloat16", "eval", "train", "requires_grad_", "share_memory", "contiguous", "detach", "clone", "double"}

// shownOf is the name whose value an expression is, or was moved to a device of; gpu tells that it
// moves it to a GPU.
func shownOf(p *checks.Pass, e ast.Expr) (name string, gpu bool) {
	for {
		switch x := e.(type) {
		case *ast.Name:
			return x.Id, gpu
		case *ast.Call:
			fn, ok := x.Fn.(*ast.Attribute)
			if !ok || !slices.Contains(returnsSelf, fn.Attr.Id) {
				return "", false
			}
			gpu = gpu || movesToGPU(p, x)
			e = fn.Value
		default:
			return "", false
		}
	}
}

// movesToGPU reports whether a call is .cuda() or .to() of a GPU.
func movesToGPU(p *checks.Pass, c *ast.Call) bool {
	switch checks.LastName(c.Fn) {
	case "cuda":
		return true
	case "to":
		for _, a := range c.Args {
			if isGPU(p, a, c.Pos()) {
				return true
			}
		}
		for _, k := range c.Keywords {
			if k.Name != nil && k.Name.Id == "device" && isGPU(p, k.Value, c.Pos()) {
				return true
			}
		}
	}
	return false
}

// makers are calls that make a model, a pipeline or a tensor, on the GPU where they are told to.
var makers = []string{"from_pretrained", "pipeline", "zeros", "ones", "empty", "full", "rand", "randn", "randint", "arange", "linspace", "eye", "tensor", "as_tensor"}

// madeOnGPU reports whether a call makes what it makes on a GPU: device="cuda", device_map="auto".
func madeOnGPU(p *checks.Pass, c *ast.Call) bool {
	if !slices.Contains(makers, checks.LastName(c.Fn)) {
		return false
	}
	return slices.ContainsFunc(c.Keywords, func(k *ast.Keyword) bool {
		if k.Name == nil {
			return false
		}
		switch k.Name.Id {
		case "device":
			return isGPU(p, k.Value, c.Pos())
		case "device_map":
			s, ok := k.Value.(*ast.Str)
			return ok && s.Value == "auto" || isGPU(p, k.Value, c.Pos())
		}
		return false
	})
}

// isGPU reports whether an expression names a GPU: "cuda:0", torch.device("cuda"), 0, or a name of
// one.
func isGPU(p *checks.Pass, e ast.Expr, before ast.Pos) bool {
	switch x := e.(type) {
	case *ast.Str:
		return strings.HasPrefix(x.Value, "cuda")
	case *ast.Number:
		return strings.Trim(x.Text, "0123456789") == ""
	case *ast.IfExp:
		return isGPU(p, x.Body, before) || isGPU(p, x.Orelse, before)
	case *ast.Call:
		if checks.LastName(x.Fn) == "device" {
			return slices.ContainsFunc(x.Args, func(a ast.Expr) bool { return isGPU(p, a, before) })
		}
	case *ast.Name:
		given := checks.LastAssigned(p.File.Body, &ast.Name{Span: ast.Span{Start: before, End: before}, Id: x.Id})
		if given != nil {
			return isGPU(p, given, given.Pos())
		}
	case *ast.Attribute:
		return x.Attr.Id == "device"
	}
	return false
}

// onGPU reports whether what a name stands for was moved to a GPU before a place, in code of the
// cells themselves.
func onGPU(p *checks.Pass, name string, before ast.Pos) bool {
	found := false
	topLevel(p, func(n ast.Node) {
		switch x := n.(type) {
		case *ast.Assign:
			if x.Stop() > before || !slices.ContainsFunc(x.Targets, func(t ast.Expr) bool { return checks.LastName(t) == name }) {
				return
			}
			found = false
			ast.Inspect(x.Value, func(n ast.Node) bool {
				if c, ok := n.(*ast.Call); ok && (movesToGPU(p, c) || madeOnGPU(p, c)) && outermost(x.Value, c) {
					found = true
				}
				return !found
			})
		case *ast.Call:
			if x.Stop() <= before {
				if of, gpu := shownOf(p, x); gpu && of == name {
					found = true
				}
			}
		}
	})
	return found
}

// outermost reports whether a call is what an expression's value is, but for methods that give what
// they are called on.
func outermost(e ast.Expr, c *ast.Call) bool {
	for {
		x, ok := e.(*ast.Call)
		if !ok {
			return false
		}
		if x == c {
			return true
		}
		fn, ok := x.Fn.(*ast.Attribute)
		if !ok || !slices.Contains(returnsSelf, fn.Attr.Id) {
			return false
		}
		e = fn.Value
	}
}

// topLevel visits the nodes of a notebook that run when its cells do, in order.
func topLevel(p *checks.Pass, visit func(ast.Node)) {
	ast.InspectFile(p.File, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		}
		visit(n)
		return true
	})
}

// freedAfter is the place behind another one, in a later cell, at which a name is given up and the
// GPU's memory is to be released; 0 where there is none.
func freedAfter(p *checks.Pass, name string, after ast.Pos) ast.Pos {
	cell := p.Notebook.CellAt(after - 1)
	release := releasing(p)
	var gone, freed ast.Pos
	topLevel(p, func(n ast.Node) {
		if n.Pos() < after || p.Notebook.CellAt(n.Pos()) == cell {
			return
		}
		switch x := n.(type) {
		case *ast.Delete:
			for _, t := range x.Targets {
				ast.Inspect(t, func(n ast.Node) bool {
					if id, ok := n.(*ast.Name); ok && id.Id == name && gone == 0 {
						gone = x.Pos()
					}
					_, tuple := n.(*ast.Tuple)
					return tuple
				})
			}
		case *ast.Assign:
			k, none := x.Value.(*ast.Constant)
			if none && k.Value == ast.None && gone == 0 && slices.ContainsFunc(x.Targets, func(t ast.Expr) bool {
				id, ok := t.(*ast.Name)
				return ok && id.Id == name
			}) {
				gone = x.Pos()
			}
		case *ast.Call:
			if gone > 0 && freed == 0 && slices.Contains(release, checks.LastName(x.Fn)) {
				freed = x.Pos()
			}
		}
	})
	return freed
}

// releasing are the names of what releases the GPU's memory: empty_cache, and the notebook's functions that
// call it.
func releasing(p *checks.Pass) []string {
	out := []string{"empty_cache"}
	for _, s := range p.File.Body {
		fn, ok := s.(*ast.FunctionDef)
		if !ok {
			continue
		}
		found := false
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			found = found || ok && checks.LastName(c.Fn) == "empty_cache"
			return !found
		})
		if found {
			out = append(out, fn.Name.Id)
		}
	}
	return out
}

// cacheCleared reports whether IPython's cache of outputs, or what it holds of a name, is cleared
// between two places.
func cacheCleared(p *checks.Pass, name string, from, to ast.Pos) bool {
	for _, c := range p.Notebook.Commands() {
		if c.Kind != notebook.LineMagic || c.Span.Start < from || c.Span.Start > to {
			continue
		}
		words := strings.Fields(c.Args)
		named := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.HasPrefix(w, "-") })
		switch c.Name {
		case "reset":
			if slices.Contains(words, "out") || len(named) == 0 && !slices.Contains(words, "-s") {
				return true
			}
		case "xdel":
			if slices.Contains(words, name) {
				return true
			}
		}
	}
	cleared := false
	topLevel(p, func(n ast.Node) {
		c, ok := n.(*ast.Call)
		if !ok || c.Pos() < from || c.Pos() > to {
			return
		}
		text := p.File.Text(c.Fn)
		cleared = cleared || text == "Out.clear" || strings.HasSuffix(text, ".displayhook.flush")
	})
	return cleared
}
