package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// callers are the labels of what a remote caller says or hands in.
var callers = []checks.Label{models.User, models.Upload}

// liveWeights is PML1205: a caller's weights in the live model, and checkpoints that carry calls.
var liveWeights = &checks.Rule{
	Spec:  infoPML1205,
	Knows: append([]string{"numpy.load", "torch.optim.**", "torch.optim.*()"}, weightLoaders...),
	From:  callers,
	Into:  []checks.SinkKind{models.State},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note == models.NoteProofKey || hashesHere(c) || isOptimizer(p, c) || fetchedByRequest(path) || !outlives(p, c) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: gateBeforeLoader(p, path)})
	},
	OnArtifact: checkpointCall,
}

// checkpointCall reports torch checkpoints that name or call a function which runs commands or
// code.
func checkpointCall(p *checks.ArtifactPass) {
	switch p.Ending() {
	case ".pt", ".pth", ".bin", ".ckpt":
		if f := p.DangerousCall(); f != nil {
			p.Report(checks.ArtifactReport{Fact: f, Message: p.Tell(f), Fix: p.Disarm()})
		}
	}
}

// isOptimizer reports whether the receiver of load_state_dict is an optimizer or scheduler.
func isOptimizer(p *checks.Pass, c *checks.Call) bool {
	if strings.HasPrefix(c.Receiver.Name(), "torch.optim.") {
		return true
	}
	fn, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	name := strings.ToLower(p.File.Text(fn.Value))
	return strings.Contains(name, "optim") || strings.Contains(name, "sched")
}

// fetchedByRequest leaves weights from a caller's address to PML1204, which reports the fetch.
func fetchedByRequest(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		for _, o := range path.Call.Frame.Calls {
			if o.Node == c && o.Symbol.Is(hubFetchers...) {
				return true
			}
		}
	}
	return false
}

// outlives reports whether the module that a call changes is there for later requests too: a
// global, an attribute, an item of a container or a parameter, and not one that the function
// has just made.
func outlives(p *checks.Pass, c *checks.Call) bool {
	fn, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	return lives(p, c, fn.Value, 0)
}

func lives(p *checks.Pass, c *checks.Call, e ast.Expr, depth int) bool {
	def := p.FunctionAround(c.Node)
	switch e := e.(type) {
	case *ast.Attribute, *ast.Subscript:
		return !rootedIn(e, "st")
	case *ast.Name:
		if def == nil {
			return false // a script makes its module anew
		}
		if isParameter(def, e.Id) {
			return !madeByCallers(c)
		}
		value := assigned(def.Body, e.Id)
		if value == nil {
			return p.Defines(e.Id)
		}
		if keeps(def.Body, e.Id) {
			return true
		}
		if _, made := value.(*ast.Call); made || depth > 3 {
			return false
		}
		return lives(p, c, value, depth+1)
	case *ast.Call:
		return false
	}
	return false
}

// rootedIn reports whether an attribute or item is read off a name.
func rootedIn(e ast.Expr, name string) bool {
	for {
		switch x := e.(type) {
		case *ast.Attribute:
			e = x.Value
		case *ast.Subscript:
			e = x.Value
		case *ast.Name:
			return x.Id == name
		default:
			return false
		}
	}
}

func isParameter(def *ast.FunctionDef, name string) bool {
	for _, a := range def.Params.List {
		if a.Name != nil && a.Name.Id == name {
			return true
		}
	}
	return false
}

// madeByCallers reports whether the project's own calls hand in a module that they have just
// made.
func madeByCallers(c *checks.Call) bool {
	for _, v := range c.Given(c.Receiver) {
		if o := v.Origin(); o != nil && o.Frame.Function() != nil && o.Frame != c.Frame {
			return true
		}
	}
	return false
}

// assigned is what the first assignment to a local name gives it, nil where there is none.
func assigned(body []ast.Stmt, name string) ast.Expr {
	var value ast.Expr
	global := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Global:
				for _, g := range n.Names {
					global = global || g.Id == name
				}
			case *ast.Assign:
				for _, t := range n.Targets {
					if id, ok := t.(*ast.Name); ok && id.Id == name && value == nil {
						value = n.Value
					}
				}
			case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef:
				return false
			}
			return true
		})
	}
	if global {
		return nil
	}
	return value
}

// keeps reports whether a function stores a local name in an attribute, an item or a container.
func keeps(body []ast.Stmt, name string) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok {
				return !found
			}
			if id, isName := a.Value.(*ast.Name); isName && id.Id == name {
				for _, t := range a.Targets {
					switch t.(type) {
					case *ast.Attribute, *ast.Subscript:
						found = true
					}
				}
			}
			return true
		})
	}
	return found
}

// gateBeforeLoader puts a digest gate in front of the statement, over what the loader of the
// tensors was given.
func gateBeforeLoader(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	stmt := p.StmtOf(path.Node)
	for _, o := range c.Frame.Calls {
		if !o.Symbol.Is(weightLoaders...) && !o.Symbol.Is("numpy.load") || len(o.Args) == 0 || o.Node.Pos() > path.Node.Stop() {
			continue
		}
		if !path.Node.Range().Contains(o.Node.Range()) && !onTheWay(path, o.Node) {
			continue
		}
		a := &o.Args[0]
		if a.Node == nil || !p.Holds(a.Node) || stmt == nil {
			continue
		}
		how := pathOrFile
		if o.Symbol.Is("safetensors.torch.load") {
			how = inBytes
		}
		e := a.Node
		if buffer := bufferOf(e, a.Value); buffer != nil {
			e = buffer
		}
		if !repeatable(e) || a.Value.OpenFile() && !a.Value.Is("io.BytesIO()") {
			return digestGate(p, a.Node, a.Value, how)
		}
		return gateAt(p, stmt, a.Node, a.Value, how)
	}
	return gateElsewhere(p, path)
}

// gateElsewhere puts the gate in front of the loader where that stands in another function or file than the model.
func gateElsewhere(p *checks.Pass, path *checks.Path) *fix.Fix {
	for _, t := range path.Trace.Steps() {
		o := path.Engine.CallAt(t.Node)
		if o == nil || !o.Symbol.Is(weightLoaders...) && !o.Symbol.Is("numpy.load") || len(o.Args) == 0 || o.Args[0].Node == nil {
			continue
		}
		how := pathOrFile
		if o.Symbol.Is("safetensors.torch.load") {
			how = inBytes
		}
		return checks.FixAt(p, o.Args[0].Node, func(there *checks.Pass) *fix.Fix {
			return digestGate(there, o.Args[0].Node, o.Args[0].Value, how)
		})
	}
	return nil
}

func onTheWay(path *checks.Path, n ast.Node) bool {
	for _, t := range path.Trace.Steps() {
		if t.Node == n {
			return true
		}
	}
	return false
}

// torchScript is PML1207.
var torchScript = &checks.Rule{
	Spec: infoPML1207,
	From: callers,
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Call.Symbol.Is("torch.jit.load") {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: digestGate(p, path.Node, path.Value, pathOrFile)})
	},
}

// archiveCode is PML1208.
var archiveCode = &checks.Rule{
	Spec:  infoPML1208,
	Knows: []string{"torch.jit.load", "json.loads"},
	From:  []checks.Label{models.User, models.Upload, models.Document},
	Into:  []checks.SinkKind{models.Exec, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil {
			return
		}
		if path.Mark.Label == models.Document {
			if path.Mark.Source().Is("torch.jit.load") {
				p.Report(checks.Report{Node: c.Node, Path: path, Message: "An extra file of the archive is run as code", Fix: readJSON(p, c)})
			}
			return
		}
		if c.Symbol.Is("torch.package.PackageImporter", "torch._inductor.aoti_load_package", "torch._export.aot_load", "torch.ops.load_library", "torch.classes.load_library") {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: digestGate(p, path.Node, path.Value, pathOrFile)})
		}
	},
}

// readJSON reads JSON in the place of unpickling or evaluating.
func readJSON(p *checks.Pass, c *checks.Call) *fix.Fix {
	if len(c.Node.Args) == 0 {
		return nil
	}
	if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) && c.Symbol.Is("builtins.exec") {
		return checks.Fix(true, "do not run the file: delete the statement", fix.RemoveStmt(p.File, s))
	}
	loads, imports := fix.Reach(p.File, "json.loads", "import json", fix.BeforeFirstImport)
	edits := checks.Replace(p, c.Node.Fn, loads)
	for _, k := range c.Node.Keywords {
		edits = append(edits, fix.RemoveArg(p.File, c.Node, k)...)
	}
	if len(c.Node.Args) > 1 {
		edits = checks.Replace(p, c.Node, loads+"("+p.File.Text(c.Node.Args[0])+")")
	} else if len(c.Node.Keywords) > 0 {
		edits = checks.Replace(p, c.Node, loads+"("+p.File.Text(c.Node.Args[0])+")")
	}
	return checks.Fix(true, "read JSON instead: "+loads, edits, imports)
}

// onnxReaches is PML1209.
var onnxReaches = &checks.Rule{
	Spec:       infoPML1209,
	OnArtifact: onnxLeavesFolder,
	From:       callers,
	Into:       []checks.SinkKind{models.ModelSource, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case c.Symbol.Is("onnx.load", "onnx.load_model"):
			external := c.Arg(2, "load_external_data")
			if external != nil && !checks.On(external.Value) || path.Value.OpenFile() && !path.Value.Is("io.TextIOWrapper()") || c.HasRest() {
				return
			}
			p.Report(checks.Report{Node: path.Node, Path: path, Message: "An untrusted ONNX model is opened with the files that it names", Fix: checks.Fix(true, "do not open other files: load_external_data=False", fix.AddKeyword(p.File, c.Node, "load_external_data", "False"))})
		case c.Symbol.Is("onnx.external_data_helper.load_external_data_for_model"):
			p.Report(checks.Report{Node: path.Node, Path: path, Message: "The files that an untrusted ONNX model names are opened", Fix: deleteCall(p, c)})
		case c.Symbol.Is("onnxruntime.SessionOptions().register_custom_ops_library"):
			p.Report(checks.Report{Node: path.Node, Path: path, Message: "A caller's operator library is loaded into the process", Fix: deleteCall(p, c)})
		}
	},
}

// deleteCall deletes a call that stands as a statement.
func deleteCall(p *checks.Pass, c *checks.Call) *fix.Fix {
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) {
		return nil
	}
	return checks.Fix(true, "delete the call", fix.RemoveStmt(p.File, s))
}
