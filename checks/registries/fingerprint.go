package registries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// hashes are the constructors of hashlib.
const hashes = "hashlib.{md5,sha1,sha224,sha256,sha384,sha512,sha3_224,sha3_256,sha3_384,sha3_512,blake2b,blake2s,new}"

// printedWeights is PML4318.
var printedWeights = &checks.Rule{
	Spec:  infoPML4318,
	On:    []string{hashes, hashes + "().update"},
	Knows: append([]string{"builtins.str", "builtins.repr", "builtins.format"}, weightTypes...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos := 0
		if c.Symbol.Is("hashlib.new") {
			pos = 1
		}
		for _, name := range [...]string{"data", "string", ""} {
			a := c.Arg(pos, name)
			if a == nil || a.Node == nil || a.Unpacked {
				continue
			}
			w := &weighing{map[ast.Expr]bool{}}
			for _, s := range append([]flow.Spelled{{Frame: c.Frame, Expr: a.Node}}, c.Frame.SpelledOut(a.Node)...) {
				for _, x := range printed(s.Expr) {
					if kind := w.weightsOf(s.Frame, x, 0); kind != none {
						p.Report(checks.Report{Node: c.Node, Fix: hashWeights(p, s.Expr, x, kind)})
						return
					}
				}
			}
			return
		}
	},
}

// printed lists the expressions of which bytes hold the printed form: X in `str(X).encode()`, `f"{X}".encode()`,
// `bytes(repr(X), "utf-8")`; none for others.
func printed(e ast.Expr) []ast.Expr {
	c, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "encode" {
		return shown(at.Value, 0)
	}
	if checks.LastName(c.Fn) == "bytes" && len(c.Args) > 0 {
		return shown(c.Args[0], 0)
	}
	return nil
}

// shown lists the expressions whose printed form a text holds.
func shown(e ast.Expr, depth int) []ast.Expr {
	switch n := e.(type) {
	case *ast.Call:
		switch name := checks.LastName(n.Fn); {
		case (name == "str" || name == "repr" || name == "format") && len(n.Args) > 0:
			if at, ok := n.Fn.(*ast.Attribute); ok {
				if _, text := at.Value.(*ast.Str); !text {
					return nil
				}
			}
			return n.Args
		}
	case *ast.JoinedStr:
		var out []ast.Expr
		for _, v := range n.Values {
			if ph, ok := v.(*ast.Placeholder); ok {
				out = append(out, ph.Value)
			}
		}
		return out
	case *ast.BinOp:
		if s, ok := n.Left.(*ast.Str); ok && n.Op == "%" && (strings.Contains(s.Value, "%s") || strings.Contains(s.Value, "%r")) {
			if t, ok := n.Right.(*ast.Tuple); ok {
				return t.Elts
			}
			return []ast.Expr{n.Right}
		}
		if n.Op == "+" && depth < 8 {
			return append(shown(n.Left, depth+1), shown(n.Right, depth+1)...)
		}
	}
	return nil
}

// weights says how an expression holds the numbers of a model.
type weights uint8

const (
	none weights = iota
	module
	state // a dict of tensors
	tensor
	array
	several // a list or dict of these
)

// weightTypes are the classes of what holds weights.
var weightTypes = []string{"torch.nn.Module", "torch.nn.Module()", "torch.Tensor", "torch.Tensor()", "numpy.ndarray", "numpy.ndarray()"}

// weighing tells how expressions hold weights, each once: those by which a value may have been given are many, and
// themselves given by others.
type weighing struct{ seen map[ast.Expr]bool }

// weightsOf tells how an expression holds weights.
func (w *weighing) weightsOf(f *checks.Frame, e ast.Expr, depth int) weights {
	if depth > 6 || w.seen[e] {
		return none
	}
	w.seen[e] = true
	switch n := e.(type) {
	case *ast.Call:
		name := checks.LastName(n.Fn)
		at, method := n.Fn.(*ast.Attribute)
		switch {
		case method && name == "state_dict":
			return state
		case method && (name == "get_weights" || name == "parameters" || name == "named_parameters"):
			return several
		case method && (name == "values" || name == "items"):
			if of := w.weightsOf(f, at.Value, depth+1); of == state || of == several {
				return several
			}
		case method && (name == "cpu" || name == "detach" || name == "clone" || name == "cuda" || name == "flatten" || name == "float" || name == "half"):
			if w.weightsOf(f, at.Value, depth+1) == tensor {
				return tensor
			}
		case method && name == "numpy":
			if w.weightsOf(f, at.Value, depth+1) == tensor {
				return array
			}
		case (name == "list" || name == "tuple" || name == "dict" || name == "sorted" || name == "OrderedDict") && len(n.Args) > 0:
			switch of := w.weightsOf(f, n.Args[0], depth+1); of {
			case none, module, tensor:
			case state:
				if name == "dict" || name == "OrderedDict" {
					return state
				}
			default:
				return several
			}
		}
	case *ast.Subscript:
		if w.weightsOf(f, n.Value, depth+1) == state {
			return tensor
		}
		if c, ok := n.Value.(*ast.Call); ok && checks.LastName(c.Fn) == "get_weights" {
			return array
		}
	case *ast.List:
		return w.anyOf(f, n.Elts, depth)
	case *ast.Tuple:
		return w.anyOf(f, n.Elts, depth)
	case *ast.Dict:
		return w.anyOf(f, n.Values, depth)
	case *ast.Name, *ast.Attribute:
		if at, ok := e.(*ast.Attribute); ok && at.Attr.Id == "data" && w.weightsOf(f, at.Value, depth+1) == tensor {
			return tensor
		}
		for _, s := range f.SpelledOut(e) {
			if s.Expr != e {
				if of := w.weightsOf(s.Frame, s.Expr, depth+1); of != none {
					return of
				}
			}
		}
		if of := typed(f, e); of != none {
			return of
		}
		return w.looped(f, e, depth)
	}
	return none
}

// looped tells what a name holds that a loop through the weights of a model binds: each tensor, or each array.
func (w *weighing) looped(f *checks.Frame, e ast.Expr, depth int) weights {
	name, ok := e.(*ast.Name)
	if !ok {
		return none
	}
	found := none
	f.InspectOwn(func(n ast.Node) bool {
		var target, iter ast.Expr
		switch n := n.(type) {
		case *ast.For:
			target, iter = n.Target, n.Iter
		case *ast.CompClause:
			target, iter = n.Target, n.Iter
		default:
			return found == none
		}
		through, ok := iter.(*ast.Call)
		if !ok {
			return found == none
		}
		method := checks.LastName(through.Fn)
		if method == "sorted" && len(through.Args) > 0 {
			if through, ok = through.Args[0].(*ast.Call); !ok {
				return found == none
			}
			method = checks.LastName(through.Fn)
		}
		if pair, ok := target.(*ast.Tuple); ok && len(pair.Elts) == 2 && (method == "items" || method == "named_parameters") {
			target = pair.Elts[1]
		}
		if id, ok := target.(*ast.Name); !ok || id.Id != name.Id {
			return found == none
		}
		switch of := w.weightsOf(f, through, depth+1); {
		case method == "get_weights":
			found = array
		case of == several && (method == "items" || method == "values" || method == "parameters" || method == "named_parameters"):
			found = tensor
		}
		return found == none
	})
	return found
}

func (w *weighing) anyOf(f *checks.Frame, list []ast.Expr, depth int) weights {
	if slices.ContainsFunc(list, func(x ast.Expr) bool { return x != nil && w.weightsOf(f, x, depth+1) != none }) {
		return several
	}
	return none
}

// typed tells what a parameter is by its annotation.
func typed(f *checks.Frame, e ast.Expr) weights {
	name, ok := e.(*ast.Name)
	fn := f.Function()
	if !ok || fn == nil || fn.Params == nil {
		return none
	}
	for _, q := range fn.Params.List {
		if q.Name == nil || q.Name.Id != name.Id || q.Annotation == nil {
			continue
		}
		switch v := f.ValueOf(q.Annotation); {
		case v.Is("torch.nn.Module") || v.Class() != nil && v.Class().Extends("torch.nn.Module"):
			return module
		case v.Is("torch.Tensor"):
			return tensor
		case v.Is("numpy.ndarray"):
			return array
		}
	}
	return none
}

// hashWeights hashes the bytes of the weights, where these have a plain form.
func hashWeights(p *checks.Pass, bytes, x ast.Expr, kind weights) *fix.Fix {
	return checks.FixAt(p, bytes, func(there *checks.Pass) *fix.Fix {
		text := there.File.Text(x)
		const flat = ".detach().cpu().flatten().view(torch.uint8).numpy().tobytes()"
		var imports []fix.Edit
		if kind != array {
			_, imports = fix.Reach(there.File, "torch", "import torch", fix.BeforeFirstImport)
		}
		switch kind {
		case module:
			text += ".state_dict()"
			fallthrough
		case state:
			text = `b"".join(k.encode() + v` + flat + " for k, v in " + text + ".items())"
		case tensor:
			text += flat
		case array:
			text += ".tobytes()"
		default:
			if c, ok := x.(*ast.Call); !ok || checks.LastName(c.Fn) != "get_weights" {
				return nil
			}
			text, imports = `b"".join(w.tobytes() for w in `+text+")", nil
		}
		return checks.Fix(true, "hash the bytes of the weights", checks.Replace(there, bytes, before(there, bytes, x)+text), imports)
	})
}

// before spells the bytes of what stands in front of the weights in the text that was hashed, with a plus; "" where they are
// all of it, or not the end.
func before(p *checks.Pass, bytes, x ast.Expr) string {
	c, ok := bytes.(*ast.Call)
	if !ok {
		return ""
	}
	at, ok := c.Fn.(*ast.Attribute)
	if !ok {
		return ""
	}
	switch n := at.Value.(type) {
	case *ast.JoinedStr:
		ph, _ := checks.PlaceholderOf(p.Module, x)
		if ph == nil || len(n.Values) < 2 || n.Values[len(n.Values)-1] != ast.Expr(ph) {
			return ""
		}
		all := p.File.Text(n)
		cut := int(ph.Range().Start - n.Range().Start)
		quote := all[len(all)-1:]
		if strings.HasSuffix(all, strings.Repeat(quote, 3)) {
			quote = strings.Repeat(quote, 3)
		}
		return all[:cut] + quote + ".encode() + "
	case *ast.BinOp:
		if right := shown(n.Right, 0); len(right) == 1 && right[0] == x {
			left := p.File.Text(n.Left)
			if _, sum := n.Left.(*ast.BinOp); sum {
				left = "(" + left + ")"
			}
			return left + ".encode() + "
		}
	}
	return ""
}
