package federated

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

const pipeEnd = "multiprocessing.connection.{Client(),Listener().accept()}"

// loaders unpickle, each with the right setting.
var loaders = slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath, []string{"torch.load", "torch.serialization.load", "numpy.load"})

// splitUnpickled is PML5310.
var splitUnpickled = &checks.Rule{
	Spec:  infoPML5310,
	Knows: slices.Concat(loaders, []string{"hmac.compare_digest", "torch.autograd.backward", "torch.nn.Module"}),
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Database},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.From() == models.FromFederation || !runsCode(c) || checks.Restricted(c) || path.Trace.Passes("written to a file") ||
			path.Mark.Label == models.Web && checks.FetchedHere(path.Mark.Call()) || socketHere(path.Mark.Call()) || ofRows(path.Mark) || authenticated(path) || ofFile(path) || !splits(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: exchangeTensors(p, c)})
	},
	On: slices.Concat(loaders, []string{pipeEnd + ".recv"}),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Method != "recv" {
			if a := checks.LoadedArg(c); a != nil && a.Node != nil && runsCode(c) && !checks.Restricted(c) && ofServicer(c.Frame, a.Node) && !comparesBefore(c) && splits(p, c) {
				p.Report(checks.Report{Node: c.Node, Fix: exchangeTensors(p, c)})
			}
			return
		}
		made := c.Receiver.Origin()
		if made != nil && made.Method == "accept" {
			made = made.Receiver.Origin()
		}
		if made == nil || made.HasRest() || ofThisMachine(made, made.Arg(0, "address")) {
			return
		}
		if key := made.Arg(-1, "authkey"); key != nil && !key.Value.IsNone() || !splits(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: exchangeTensors(p, c)})
	},
}

// ofRows reports whether data of a mark is what a database keeps in rows. The halves of a model send each other entries of Redis.
func ofRows(m checks.Mark) bool {
	c := m.Call()
	return m.Label == models.Database && (c == nil || !c.Symbol.Under("redis") && !c.Symbol.Under("valkey"))
}

// ofFile reports whether what a path brings is the name of a file, and not the bytes that are unpickled.
func ofFile(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok && checks.LastName(c.Fn) == "open" {
			return true
		}
	}
	a := checks.LoadedArg(path.Call)
	if a == nil || a.Node == nil || path.Call.Symbol.Is(checks.UnpickleBytes...) || path.Call.Symbol.Is(checks.UnpickleFile...) {
		return false
	}
	return !slices.ContainsFunc(path.Call.Frame.SpelledOut(a.Node), func(s flow.Spelled) bool {
		name := checks.LastName(s.Expr)
		if c, ok := s.Expr.(*ast.Call); ok {
			name = checks.LastName(c.Fn)
		}
		return name == "BytesIO" || name == "makefile" || name == "rfile" || name == "raw"
	})
}

// ofServicer reports whether an expression is made of a field of the message that a method of a gRPC service is given.
func ofServicer(f *checks.Frame, e ast.Expr) bool {
	for in := range f.MadeOf(e) {
		if in.Param == nil || in.Frame == nil || len(in.Steps) == 0 {
			continue
		}
		fn := in.Frame.Function()
		if fn == nil || fn.Class == nil || fn.Class.Node == nil || len(fn.Params.List) != 3 || fn.Params.List[1] != in.Param {
			continue
		}
		if slices.ContainsFunc(fn.Class.Node.Bases, func(b ast.Expr) bool { return strings.HasSuffix(checks.LastName(b), "Servicer") }) {
			return true
		}
	}
	return false
}

// comparesBefore reports whether the function of a call compares a digest before it.
func comparesBefore(c *checks.Call) bool {
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		return o.Symbol.Is("hmac.compare_digest") && o.Node.Pos() < c.Node.Pos()
	})
}

// splits reports whether what a call unpickles are the activations or gradients of the other half of a model: a module that is
// trained takes it, or the gradients go on from it.
func splits(p *checks.Pass, unpickle *checks.Call) bool {
	if !checks.GroupMentions(p, "backward", ".grad") {
		return false
	}
	return checks.OfGroup(p, "PML5310: trained with", func() map[ast.Node]bool { return trainedWith(unpickle.Frame.Everywhere()) })[unpickle.Node]
}

// trainedWith holds the calls of which is made what modules in training take, and what gradients are told to go on from.
func trainedWith(frames []*checks.Frame) map[ast.Node]bool {
	out := map[ast.Node]bool{}
	add := func(f *checks.Frame, e ast.Expr) {
		for in := range f.MadeOf(e) {
			if in.Call != nil {
				out[in.Call.Node] = true
			}
		}
	}
	modules := map[ast.Node]bool{}
	for _, f := range frames {
		for _, c := range f.Calls {
			gradient := c.Arg(1, "grad_tensors")
			switch {
			case c.Symbol.Is("torch.autograd.backward"):
			case c.Does() == models.Backward || c.Method == "backward":
				gradient = c.Arg(0, "gradient")
				of, ok := c.Node.Fn.(*ast.Attribute)
				if !ok {
					continue
				}
				for _, e := range slices.Concat([]ast.Expr{of.Value}, c.Node.Args) { // accelerator.backward(loss)
					for in := range f.MadeOf(e) {
						if in.Call == nil || modules[in.Call.Node] || !isModule(in.Call) {
							continue
						}
						modules[in.Call.Node] = true
						for _, a := range in.Call.Args {
							if a.Node != nil {
								add(in.Call.Frame, a.Node)
							}
						}
					}
				}
			default:
				continue
			}
			if gradient != nil && gradient.Node != nil {
				add(f, gradient.Node)
			}
		}
		assignedGradients(f, func(e ast.Expr) { add(f, e) })
	}
	return out
}

// isModule reports whether a call runs a module: an object that is called, and no function of a library nor a loss.
func isModule(c *checks.Call) bool {
	name := strings.ToLower(checks.LastName(c.Node.Fn))
	if strings.Contains(name, "loss") || strings.Contains(name, "criterion") || strings.Contains(name, "optim") {
		return false
	}
	if class := c.Callee.Class(); class != nil && class.Extends("torch.nn.Module") {
		return true
	}
	symbol := ""
	if c.Symbol != nil {
		symbol = c.Symbol.String()
	}
	if strings.HasPrefix(symbol, "torch.nn.") {
		return strings.HasSuffix(symbol, "()") && !strings.HasSuffix(symbol, "Loss()")
	}
	if c.Method != "" && c.Method != "forward" && c.Receiver != nil && c.Receiver.Class() == nil && symbol == "" {
		// self.top(x) of a class that says nothing of it
		return !slices.Contains([]string{"to", "item", "detach", "cpu", "cuda", "requires_grad_", "get", "view", "reshape", "backward", "append", "load", "loads"}, c.Method)
	}
	return symbol == "" && c.Body() == nil || strings.HasSuffix(symbol, "()") || c.Method == "forward"
}

// assignedGradients yields what a function sets the gradients of tensors to that are none of a module's parameters.
func assignedGradients(f *checks.Frame, yield func(ast.Expr)) {
	f.InspectOwn(func(n ast.Node) bool {
		if s, ok := n.(*ast.Assign); ok {
			for _, t := range s.Targets {
				if a, ok := t.(*ast.Attribute); ok && a.Attr.Id == "grad" && !isWeight(f, a.Value) {
					yield(s.Value)
				}
			}
		}
		return true
	})
}

// isWeight reports whether an expression is a parameter of a module, or named as one.
func isWeight(f *checks.Frame, e ast.Expr) bool {
	name := strings.ToLower(checks.LastName(e))
	if name == "p" || name == "w" || strings.Contains(name, "param") || strings.Contains(name, "weight") || strings.Contains(name, "bias") {
		return true
	}
	for in := range f.MadeOf(e) {
		if in.Call != nil && (in.Call.Method == "parameters" || in.Call.Method == "named_parameters") {
			return true
		}
	}
	return false
}

// socketHere reports whether a call reads a socket that is bound to this machine alone, or connected with it.
func socketHere(c *checks.Call) bool {
	if c == nil || c.Receiver == nil || !c.Symbol.Under("socket") {
		return false
	}
	made := c.Receiver.Origin()
	for made != nil && made.Receiver != nil && made.Receiver.Origin() != nil && made.Receiver.Origin() != made {
		made = made.Receiver.Origin()
	}
	if made == nil {
		return false
	}
	bound, here := false, true
	if made.Symbol.Is("socket.create_connection", "socket.create_server") {
		bound, here = true, ofThisMachine(made, made.Arg(0, "address"))
	}
	for _, f := range made.Frame.Beside() {
		for _, o := range f.Calls {
			if (o.Method == "bind" || o.Method == "connect") && o.Receiver != nil && o.Receiver.Origin() == made {
				bound, here = true, here && ofThisMachine(o, o.Arg(0, "address"))
			}
		}
	}
	return bound && here
}

// ofThisMachine reports whether the host of an address, `(host, port)`, is this machine.
func ofThisMachine(c *checks.Call, a *checks.Argument) bool {
	if a == nil {
		return false
	}
	host := a.Value
	if items, _, ok := c.Items(a.Value); ok && len(items) > 0 {
		host = items[0].Value
	}
	text, known := host.Text()
	return known && (text == "localhost" || text == "::1" || strings.HasPrefix(text, "127.") || strings.HasPrefix(text, "/"))
}

// exchangeTensors loads tensors alone.
func exchangeTensors(p *checks.Pass, c *checks.Call) *fix.Fix {
	if c.Symbol.Is("torch.load", "torch.serialization.load", "numpy.load") {
		return checks.ReadAsData(p, c)
	}
	text := ""
	if a := checks.LoadedArg(c); a != nil && a.Node != nil && !a.Unpacked && p.Holds(a.Node) {
		text = p.File.Text(a.Node)
		if call, ok := a.Node.(*ast.Call); ok && checks.LastName(call.Fn) == "BytesIO" && len(call.Args) == 1 {
			text = p.File.Text(call.Args[0])
		} else if checks.UnpicklesFile(c) {
			text += ".read()"
		}
	} else if of, ok := c.Node.Fn.(*ast.Attribute); ok && c.Method == "recv" {
		text = p.File.Text(of.Value) + ".recv_bytes()"
	}
	if text == "" || c.Partial || !p.Holds(c.Node) {
		return nil
	}
	load, imports := fix.Reach(p.File, "safetensors.torch.load", "import safetensors.torch", fix.BeforeFirstImport)
	return checks.Fix(true, "exchange tensors, not objects", checks.Replace(p, c.Node, load+"("+text+")"), imports)
}
