package training

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// foreignOptimizerState is PML1315.
var foreignOptimizerState = &checks.Rule{
	Spec: infoPML1315,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.State},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !drivesOptimizer(c) || chosenByOperator(path) || ownRepository(path) || rateSetAfter(c) || withoutOptimizer(path) {
			return
		}
		var edits []fix.Edit
		if stmt, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok {
			edits = fix.RemoveStmt(p.File, stmt)
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.Fix(true, "start the optimizer with the script's own settings", edits)})
	},
}

// drivesOptimizer reports whether a call loads the state of an optimizer or a scheduler.
func drivesOptimizer(c *checks.Call) bool {
	name := c.Symbol.String()
	switch {
	case c.Method == "apply_gradients": // a step of training
		return false
	case strings.HasPrefix(name, "torch.optim."), strings.HasPrefix(name, "keras.optimizers."),
		strings.Contains(name, ".optimizer."), strings.HasSuffix(name, "load_state"):
		return true
	case strings.HasPrefix(name, "?."):
		receiver := strings.ToLower(checks.LastName(receiverNode(c)))
		return strings.Contains(receiver, "optim") || strings.Contains(receiver, "sched")
	}
	for _, known := range c.Symbol.Names() {
		if strings.HasPrefix(known, "torch.optim.") {
			return true
		}
	}
	return false
}

// withoutOptimizer reports whether a call on the way gives None for the optimizer, so that the state
// is not loaded.
func withoutOptimizer(path *checks.Path) bool {
	name, ok := receiverNode(path.Call).(*ast.Name)
	fn := path.Call.Frame.Function()
	if !ok || fn == nil {
		return false
	}
	for _, step := range path.Trace.Steps() {
		c := path.Engine.CallAt(step.Node)
		if c == nil {
			continue
		}
		if a := c.GivenTo(fn, name.Id); a != nil && a.Value.IsNone() && slices.ContainsFunc(c.Enters(), func(f *checks.Frame) bool { return f.Function() == fn }) {
			return true
		}
	}
	return false
}

// chosenByOperator reports whether what was downloaded is neither named in the code nor by a
// request: the command line or a setting says which checkpoint a run goes on from.
func chosenByOperator(path *checks.Path) bool {
	made := path.Mark.Call()
	if path.Mark.Label != models.Web || made == nil {
		return false
	}
	address := first(made, 0, "repo_id", "url", "origin")
	if address == nil {
		return false
	}
	for _, given := range made.Given(address.Value) {
		for _, v := range given.Alternatives() {
			if v.Prefix() != "" || v.Labels(models.NoSink).Any(models.Labels(models.User, models.Upload)) {
				return false
			}
		}
	}
	return true
}

// ownRepository reports whether the state comes from a repository to which the files around
// push.
func ownRepository(path *checks.Path) bool {
	made := path.Mark.Call()
	if made == nil {
		return false
	}
	id := first(made, 0, "repo_id")
	if id == nil {
		return false
	}
	name, ok := id.Value.Text()
	if !ok {
		return false
	}
	for _, f := range path.Call.Frame.Everywhere() {
		for _, o := range f.Calls {
			var to *checks.Argument
			switch o.Method {
			case "push_to_hub":
				to = first(o, 0, "repo_id")
			case "upload_folder", "upload_file":
				to = o.Arg(-1, "repo_id")
			default:
				if to = o.Arg(-1, "hub_model_id"); to == nil && (o.Symbol.Is("huggingface_hub.upload_folder") || o.Symbol.Is("huggingface_hub.upload_file")) {
					to = o.Arg(-1, "repo_id")
				}
			}
			if to != nil && isText(to.Value, name) {
				return true
			}
		}
	}
	return false
}

// rateSetAfter reports whether the function sets the learning rate again after it has loaded
// the state.
func rateSetAfter(c *checks.Call) bool {
	body := checks.BodyOf(c.Frame)
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok || s.Pos() < c.Node.Pos() {
			return !found
		}
		for _, t := range s.Targets {
			if sub, ok := t.(*ast.Subscript); ok {
				key, ok := sub.Index.(*ast.Str)
				found = found || ok && key.Value == "lr"
			}
		}
		return !found
	})
	return found
}

// pickledUpdates is PML1322.
var pickledUpdates = &checks.Rule{
	Spec:  infoPML1322,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Database},
	Into:  []checks.SinkKind{models.Deserialize},
	On:    []string{"zmq.{Context().socket(),Socket(),asyncio.Context().socket()}.recv_pyobj", "?.recv_pyobj"},
	Knows: []string{"hmac.compare_digest"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if appliesSomewhere(c) {
			p.Report(checks.Report{Node: c.Node, Fix: receiveTensors(p, c)})
		}
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !unpickles(c) || fromFile(path) || checks.DigestCompared(path) || !overNetwork(path.Mark) || !updatesWeights(path) {
			return
		}
		if client := path.Mark.Label != models.User && path.Mark.Label != models.Upload; client && (localClient(path) || !(clientTrains(path.Frame) || clientTrains(c.Frame))) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: tensorsOnly(p, c, path.Node)})
	},
}

// overNetwork reports whether a mark is of bytes that came over the network, and not of the
// name of a file or of a repository.
func overNetwork(m flow.Mark) bool {
	source := m.Source().String()
	for _, word := range [...]string{"recv", "rfile", "read", "receive", "get_data", ".data", "body", "content", ".raw", "redis.", "stream", "BytesIO"} {
		if strings.Contains(source, word) {
			return !strings.Contains(source, "hub")
		}
	}
	return false
}

// updatesWeights reports whether the object that is unpickled changes weights: it is loaded
// into a model, or assigned to gradients or added to weights, or an optimizer steps after it.
func updatesWeights(path *checks.Path) bool {
	for _, into := range path.Engine.Paths(models.State) {
		if into.Mark.Origin == path.Mark.Origin && into.Sink.Note != models.NoteProofKey {
			return true
		}
	}
	for _, frames := range [...][]*checks.Frame{beside(path.Frame), beside(path.Call.Frame)} {
		for _, f := range frames {
			if appliesUpdate(f, path.Call, path.Mark.Label == models.User || path.Mark.Label == models.Upload) {
				return true
			}
		}
	}
	return false
}

// appliesUpdate reports whether a function does so with what a call, or a function that holds
// it, gives; with step, whether an optimizer steps after it.
func appliesUpdate(f *checks.Frame, unpickle *checks.Call, step bool) bool {
	var from []ast.Node
	for _, c := range f.Calls {
		if b := c.Body(); c.Node == unpickle.Node || b != nil && b.Function() == unpickle.Frame.Function() && unpickle.Frame.Function() != nil {
			from = append(from, c.Node)
		}
	}
	if len(from) == 0 {
		return false
	}
	return applies(f, from, map[string]bool{}, step, 0)
}

// applies reports whether a function, or one that it hands this to, updates weights by what is made
// of the nodes or names given.
func applies(f *checks.Frame, from []ast.Node, names map[string]bool, step bool, depth int) bool {
	fn := f.Function()
	body, in := f.Module().File.Body, f.Module().File
	if fn != nil && fn.Def != nil {
		body = fn.Def.Body
	}
	depends := func(e ast.Node) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Name); ok && names[id.Id] {
				found = true
			}
			for _, c := range from {
				found = found || n == c
			}
			return !found
		})
		return found
	}
	applied := false
	for range 2 {
		ast.InspectStmts(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				if !depends(n.Value) {
					return true
				}
				sum, added := n.Value.(*ast.BinOp)
				added = added && (sum.Op == "+" || sum.Op == "-")
				for _, t := range n.Targets {
					a, ok := t.(*ast.Attribute)
					applied = applied || ok && a.Attr.Id == "grad" || added && ofWeights(in, t)
					bind(t, names)
				}
			case *ast.For:
				if depends(n.Iter) {
					bind(n.Target, names)
				}
			case *ast.AugAssign:
				if depends(n.Value) && ofWeights(in, n.Target) {
					applied = true
				}
			}
			return !applied
		})
	}
	for _, c := range f.Calls {
		switch c.Method {
		case "load_state_dict", "set_weights", "apply_gradients", "add_", "sub_":
			for _, a := range c.Args {
				applied = applied || a.Node != nil && depends(a.Node)
			}
		}
		if step && c.Does() == models.StepOptimizer && (len(from) == 0 || c.Node.Pos() > from[0].Pos()) {
			applied = true
		}
		if applied {
			return true
		}
		b := c.Body()
		if b == nil || b == f || depth > 1 || b.Function() == nil {
			continue
		}
		given := map[string]bool{}
		for _, p := range b.Function().Params.List {
			if p.Name == nil {
				continue
			}
			if a := c.GivenTo(b.Function(), p.Name.Id); a != nil && a.Node != nil && depends(a.Node) {
				given[p.Name.Id] = true
			}
		}
		if len(given) > 0 && applies(b, nil, given, step, depth+1) {
			return true
		}
	}
	return applied
}

// ofWeights reports whether what is assigned to is named as a weight or parameter.
func ofWeights(in *ast.File, target ast.Expr) bool {
	text := strings.ToLower(in.Text(target))
	return strings.Contains(text, "weight") || strings.Contains(text, "param")
}

func bind(target ast.Expr, names map[string]bool) {
	ast.Inspect(target, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			names[id.Id] = true
		}
		return true
	})
}

// unpicklers are the functions that make objects of bytes by unpickling them.
var unpicklers = map[string]bool{
	"pickle.loads": true, "pickle.load": true, "cloudpickle.loads": true, "cloudpickle.load": true, "dill.loads": true, "dill.load": true,
	"joblib.load": true, "torch.load": true, "numpy.load": true, "_pickle.loads": true, "_pickle.load": true, "pickle.Unpickler": true,
}

func unpickles(c *checks.Call) bool {
	name := c.Symbol.String()
	if !unpicklers[name] {
		return false
	}
	switch name {
	case "torch.load":
		a := c.Arg(-1, "weights_only")
		return a == nil || checks.Off(a.Value)
	case "numpy.load":
		a := c.Arg(2, "allow_pickle")
		return a != nil && checks.On(a.Value)
	}
	return true
}

// fromFile reports whether the data of a path lay in a file of this machine on its way.
func fromFile(path *checks.Path) bool { return path.Trace.Passes("written to a file") }

// localClient reports whether what is fetched comes from this machine: a Redis without host.
func localClient(path *checks.Path) bool {
	made := path.Mark.Call()
	for made != nil && made.Receiver != nil && made.Receiver.Origin() != nil && made.Receiver.Origin() != made {
		made = made.Receiver.Origin()
	}
	if made == nil || made.Symbol == nil || !strings.HasPrefix(made.Symbol.String(), "redis.") {
		return false
	}
	host := first(made, 0, "host")
	return host == nil || loopback(host.Value)
}

// appliesSomewhere is updatesWeights for a call that brings the object itself.
func appliesSomewhere(c *checks.Call) bool {
	for _, f := range beside(c.Frame) {
		if appliesUpdate(f, c, true) {
			return true
		}
	}
	return false
}

// beside lists the functions of the class of a function, or of its file where it is in none.
func beside(f *checks.Frame) []*checks.Frame {
	class, _, _ := checks.MethodClass(f)
	if class == nil {
		return f.Beside()
	}
	var out []*checks.Frame
	for _, b := range f.Beside() {
		if c, _, _ := checks.MethodClass(b); c == class {
			out = append(out, b)
		}
	}
	return out
}

// clientTrains reports whether the class or file of a function trains, or sends what it has
// learnt back.
func clientTrains(f *checks.Frame) bool {
	for _, b := range beside(f) {
		for _, c := range b.Calls {
			switch c.Does() {
			case models.Backward, models.Fit:
				return true
			}
			switch c.Method {
			case "post", "put", "set", "rpush", "lpush", "hset":
				return true
			}
			if c.Symbol.Is("requests.post", "requests.put", "httpx.post", "httpx.put") {
				return true
			}
		}
	}
	return false
}

// tensorsOnly reads the bytes as tensors.
func tensorsOnly(p *checks.Pass, c *checks.Call, data ast.Node) *fix.Fix {
	e, ok := data.(ast.Expr)
	if !ok || !p.Holds(c.Node) || !p.Holds(data) {
		return nil
	}
	text := p.File.Text(e)
	if call, ok := e.(*ast.Call); ok && checks.LastName(call.Fn) == "BytesIO" && len(call.Args) == 1 {
		text = p.File.Text(call.Args[0])
	} else if strings.HasSuffix(c.Symbol.String(), ".load") {
		text += ".read()"
	}
	return swapLoader(p, c, text)
}

// receiveTensors does so for a socket that unpickles by itself.
func receiveTensors(p *checks.Pass, c *checks.Call) *fix.Fix {
	a, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return nil
	}
	return swapLoader(p, c, p.File.Text(a.Value)+".recv()")
}

// swapLoader calls safetensors with a text as the bytes; the import of the unpickler goes where
// nothing else needs it.
func swapLoader(p *checks.Pass, c *checks.Call, text string) *fix.Fix {
	module := "safetensors.numpy"
	if p.Imports("torch") || usesTorch(c) {
		module = "safetensors.torch"
	}
	old, _, _ := strings.Cut(c.Symbol.String(), ".")
	swap := fix.SwapImport(p.File, old, "import "+module, fix.InOrder, c.Node.Range())
	return checks.Fix(true, "exchange tensors, not objects", checks.Replace(p, c.Node, module+".load("+text+")"), swap)
}

// usesTorch reports whether the file trains with torch, also without importing it.
func usesTorch(c *checks.Call) bool {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			switch o.Method {
			case "named_parameters", "parameters", "load_state_dict", "state_dict", "zero_grad":
				return true
			}
			if o.Does() == models.StepOptimizer {
				return true
			}
		}
	}
	return false
}
