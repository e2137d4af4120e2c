package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// foreignLatents is PML5115.
var foreignLatents = &checks.Rule{
	Spec: infoPML5115,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteLatents || !sentAsNumbers(path) || shapeTested(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: shaped(p, path)})
	},
	Needs: []string{"decode"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			if c.Method != "decode" || c.Receiver == nil || !ownAutoencoder(c.Receiver.Class()) || len(c.Args) == 0 {
				continue
			}
			if a := &c.Args[0]; a.Node != nil && (handedIn(f, c, a.Value) || handedOn(f, a)) && !testsShape(f) {
				p.Report(checks.Report{Node: a.Node, Fix: bounded(p, a.Node, "latents", nil)})
			}
		}
	},
}

// ownAutoencoder reports whether a class of the project is a network that encodes and decodes.
func ownAutoencoder(class *checks.ProjectClass) bool {
	if class == nil || !class.Extends("torch.nn.Module") {
		return false
	}
	for _, k := range class.Linear() {
		if k.Methods["encode"] != nil {
			return true
		}
	}
	return false
}

// handedIn reports whether a value is a tensor of the numbers that the request holds.
func handedIn(f *checks.Frame, c *checks.Call, v *checks.Value) bool {
	for _, m := range v.Marks() {
		switch m.Label {
		case models.User, models.Upload:
		case models.NoLabel: // of a parameter
			if !slices.ContainsFunc(c.Behind(v), func(m checks.Mark) bool { return m.Label == models.User || m.Label == models.Upload }) {
				continue
			}
		default:
			continue
		}
		if !m.Clean.Has(models.Size) && asNumbers(f, m.Trace, c.Node) {
			return true
		}
	}
	return false
}

// tensorMakers are the functions that make a tensor or array of numbers that are handed in.
var tensorMakers = map[string]bool{
	"tensor": true, "as_tensor": true, "asarray": true, "array": true, "from_numpy": true, "frombuffer": true, "fromstring": true, "fromiter": true,
	"FloatTensor": true, "HalfTensor": true, "LongTensor": true, "Tensor": true, "asanyarray": true, "from_dlpack": true,
}

// tensorMethods give a tensor of the same numbers, or decode the text in which numbers were
// sent.
var tensorMethods = map[string]bool{
	"to": true, "cuda": true, "cpu": true, "float": true, "half": true, "double": true, "bfloat16": true, "type": true, "astype": true, "clone": true,
	"copy": true, "detach": true, "contiguous": true, "unsqueeze": true, "squeeze": true, "permute": true, "transpose": true, "view": true, "reshape": true,
	"requires_grad_": true, "clamp": true, "flatten": true, "stack": true, "cat": true, "concatenate": true, "expand": true, "repeat": true, "div": true, "mul": true,
	"newbyteorder": true, "numpy": true, "type_as": true, "list": true, "unflatten": true,
}

// handedOn reports whether an argument is a parameter for which a caller gives such a tensor.
func handedOn(f *checks.Frame, a *checks.Argument) bool {
	name, ok := a.Node.(*ast.Name)
	if !ok {
		return false
	}
	for _, c := range f.Callers() {
		if given := c.GivenTo(f.Function(), name.Id); given != nil && handedIn(c.Frame, c, given.Value) && !testsShape(c.Frame) {
			return true
		}
	}
	return false
}

// sentAsNumbers reports whether a tensor was made of what the request holds, in a shape of the
// request's choice, and only cast and moved since.
func sentAsNumbers(path *checks.Path) bool {
	return asNumbers(path.Frame, path.Trace, path.Call.Node)
}

func asNumbers(in *checks.Frame, way *flow.Trace, taker *ast.Call) bool {
	made := false
	for _, t := range way.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok || c == taker {
			continue
		}
		name := checks.LastName(c.Fn)
		switch {
		case tensorMakers[name]:
			if countedOut(in, c) {
				return false
			}
			made = true
		case name == "reshape" || name == "view" || name == "unflatten":
			if fixedShape(c) {
				return false
			}
		case ofProject(in, c): // what it does with the data are steps of their own
		case strings.Contains(name, "encod") || strings.Contains(name, "token") || strings.Contains(name, "embed"):
			return false
		case made && !tensorMethods[name]:
			return false
		}
	}
	return made
}

// countedOut reports whether a tensor is made of numbers that the code writes one by one, so that
// only these, and not how many there are, are the caller's choice: `torch.tensor([[x, y]])`.
func countedOut(in *checks.Frame, n *ast.Call) bool {
	for _, f := range in.Everywhere() {
		if c := calledAt(f, n); c != nil {
			return len(c.Args) > 0 && allNumbers(c, c.Args[0].Value, 0)
		}
	}
	return false
}

func allNumbers(c *checks.Call, list *checks.Value, depth int) bool {
	items, open, ok := c.Items(list)
	if !ok || open || len(items) == 0 || depth > maxHelpers {
		return false
	}
	for _, it := range items {
		if it.Splat || it.Value.Kind() != flow.KindConst && !allNumbers(c, it.Value, depth+1) {
			return false
		}
	}
	return true
}

// ofProject reports whether a call on the way is of a function of the project, or of an instance that can be called.
func ofProject(in *checks.Frame, c *ast.Call) bool {
	for _, f := range in.Everywhere() {
		if o := calledAt(f, c); o != nil {
			return o.Callee.Function() != nil || len(o.Enters()) > 0
		}
	}
	return false
}

// fixedShape reports whether a call shapes a tensor by constants or by the configuration of a
// model; at most one side is left open only where another one is not free either.
func fixedShape(c *ast.Call) bool {
	sides := c.Args
	if len(sides) == 1 {
		switch t := sides[0].(type) {
		case *ast.Tuple:
			sides = t.Elts
		case *ast.List:
			sides = t.Elts
		}
	}
	if len(sides) == 0 {
		return false
	}
	for _, e := range sides {
		switch e := e.(type) {
		case *ast.Number:
		case *ast.Attribute:
			if !strings.Contains(attributes(e), "config") {
				return false
			}
		case *ast.Name:
			if e.Id != strings.ToUpper(e.Id) {
				return false
			}
		case *ast.Starred:
			if n, ok := e.Value.(*ast.Name); !ok || n.Id != strings.ToUpper(n.Id) {
				return false
			}
		default:
			return false // also -1, which leaves the size to the request
		}
	}
	return true
}

// attributes spells the attributes of an expression: "unet.config.in_channels".
func attributes(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Attribute:
		return attributes(e.Value) + "." + e.Attr.Id
	case *ast.Name:
		return e.Id
	}
	return ""
}

// shapeTested reports whether a function on the way tests a shape or length, and leaves where
// it is not right.
func shapeTested(path *checks.Path) bool {
	if testsShape(path.Frame) || testsShape(path.Call.Frame) {
		return true
	}
	for _, t := range path.Trace.Steps() { // checked(values)
		n, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		for _, f := range path.Frame.Everywhere() {
			if c := calledAt(f, n); c != nil && slices.ContainsFunc(c.Enters(), testsShape) {
				return true
			}
		}
	}
	return false
}

func testsShape(f *checks.Frame) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			found = found || checks.Leaves(n.Body) && asksShape(n.Test)
		case *ast.Assert:
			found = found || asksShape(n.Test)
		}
		return !found
	})
	return found
}

// asksShape reports whether a test compares a shape, a number of elements or a length.
func asksShape(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok {
			return !found
		}
		ast.Inspect(c, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				switch n.Attr.Id {
				case "shape", "size", "numel", "nbytes", "nelement":
					found = true
				}
			case *ast.Call:
				found = found || checks.LastName(n.Fn) == "len"
			}
			return !found
		})
		return !found
	})
	return found
}

// shaped gives latents the shape that the model was trained on; nil for embeddings, and for
// what is no model of diffusers.
func shaped(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := given(path).(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	channels := ""
	switch fn := path.Call.Node.Fn.(type) {
	case *ast.Attribute:
		if path.Call.Method == "decode" {
			channels = p.File.Text(fn.Value) + ".config.latent_channels"
			break
		}
		channels = p.File.Text(fn) + ".unet.config.in_channels"
	case *ast.Name:
		channels = fn.Id + ".unet.config.in_channels"
	}
	switch {
	case channels == "":
		return nil
	case path.Call.Method != "decode" && checks.ArgumentName(path) != "latents":
		return bounded(p, e, checks.ArgumentName(path), path)
	}
	return checks.Fix(true, "give the latents the shape of the model's own", fix.Wrap(p.File, e, "", ".reshape(1, "+channels+", 64, 64).clamp(-5.0, 5.0)"))
}

// maxNumbers is more than the embeddings or latents of any of the usual models have.
const maxNumbers = "2**18"

// bounded refuses tensors of more numbers than a model has use for, before the statement that hands them over: the
// one at the end of a path, and the others that the request gives to the same call.
func bounded(p *checks.Pass, e ast.Expr, name string, path *checks.Path) *fix.Fix {
	stmt := p.StmtOf(e)
	if stmt == nil {
		return nil
	}
	var lines []string
	var edits [][]fix.Edit
	bound := func(e ast.Expr, name string) bool {
		if list, ok := e.(*ast.List); ok && len(list.Elts) == 1 {
			e = list.Elts[0]
		}
		if !p.Holds(e) || checks.RunsLater(p.Module, e, stmt) {
			return false
		}
		tensor := p.File.Text(e)
		if !checks.Repeatable(e) {
			if def := p.FunctionAround(e); name == "" || def == nil || checks.UsesName(def, name) {
				return false
			}
			lines = append(lines, name+" = "+tensor)
			edits = append(edits, checks.Replace(p, e, name))
			tensor = name
		}
		lines = append(lines, "if "+tensor+".numel() > "+maxNumbers+":", `    raise ValueError("the tensor is too large")`)
		return true
	}
	if path == nil {
		if !bound(e, name) {
			return nil
		}
	} else {
		if !ofTorch(path) {
			return nil
		}
		for i := range path.Call.Args {
			a := &path.Call.Args[i]
			if a.Node == nil || a.Unpacked {
				continue
			}
			embeds := strings.HasSuffix(a.Name, "embeds") && (checks.Carries(path, a.Value) || checks.Carries(path, path.Element(a.Value)))
			if a.Node != e && !embeds {
				continue
			}
			if !bound(a.Node, a.Name) {
				return nil
			}
		}
	}
	return checks.Fix(true, "refuse tensors that are too large", append(edits, fix.InsertBefore(p.File, stmt, lines...))...)
}

// ofTorch reports whether what comes along a path is made a tensor of PyTorch on its way.
func ofTorch(path *checks.Path) bool {
	return slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool {
		c := path.Engine.CallAt(t.Node)
		return c != nil && c.Symbol.Under("torch")
	})
}
