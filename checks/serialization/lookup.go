package serialization

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// layerModules are the modules out of which PML1206 wants no layer by a caller's name, with
// two or three of their names.
var layerModules = map[string][]string{
	"torch":               {"nn.Linear", "nn.Conv2d", "nn.ReLU"},
	"torch.nn":            {"Linear", "Conv2d", "ReLU"},
	"torch.nn.modules":    {"Linear", "Conv2d", "ReLU"},
	"torch.nn.functional": {"relu", "gelu", "silu"},
	"torch.optim":         {"Adam", "AdamW", "SGD"},
	"torchvision.models":  {"resnet18", "resnet50", "vit_b_16"},
}

// tfModules are those of PML1228.
var tfModules = []string{
	"tensorflow", "tensorflow.raw_ops", "tensorflow.io", "tensorflow.math", "tensorflow.nn", "tensorflow.image", "tensorflow.strings", "tensorflow.linalg",
	"tensorflow.keras.layers", "keras.ops", "keras.layers", "tensorflow.compat.v1", "tf_keras.layers",
}

// layerClass is PML1206.
var layerClass = &checks.Rule{
	Spec:  infoPML1206,
	Knows: []string{"builtins.getattr", "torch", "torch.nn", "torch.nn.modules", "torch.nn.functional", "torch.optim", "torchvision.models", "importlib.import_module()", "builtins.issubclass"},
	From:  callers,
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case c.Symbol.Is("builtins.getattr"):
			looksUpLayer(p, path)
		case c.Symbol.Is("importlib.import_module"):
			if checks.GivesClass(p.Module, c.Node) && usesTorch(p) && checks.NamesArchitecture(p, path, c.Node) && !checks.InInstantiator(p.Module, c.Node) && !checks.ChoosesLoss(p.Module, c.Node) && !fromModelFile(path) {
				p.Report(checks.Report{Node: c.Node, Path: path, Message: "A request names the module that is imported for its layer", Fix: nameGate(p, path.Node, "ALLOWED_MODULES", "module is not allowed")})
			}
		case c.Symbol.Is("builtins.eval", "builtins.exec"):
			if checks.NamesLayer(path.Value) && !checks.ChoosesLoss(p.Module, c.Node) && !fromModelFile(path) {
				p.Report(checks.Report{Node: c.Node, Path: path, Message: "Text of a request is evaluated to make a layer", Fix: layerTable(p, path)})
			}
		}
	},
}

// looksUpLayer reports getattr(nn, NAME)(…).
func looksUpLayer(p *checks.Pass, path *checks.Path) {
	c := path.Call
	from := c.Arg(0, "")
	if from == nil || !checks.Called(p.Module, c.Node) || checks.InInstantiator(p.Module, c.Node) || checks.ChoosesLoss(p.Module, c.Node) || fromModelFile(path) {
		return
	}
	for _, v := range c.Given(from.Value) {
		if v.Is("importlib.import_module()") || importedByName(p, c, from.Node) {
			if o := v.Origin(); o != nil && len(o.Args) > 0 && o.Args[0].Value.Labels(models.Exec).Any(models.Labels(callers...)) {
				return // reported at the import
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Message: "A request names the class of an imported module that is made", Fix: nameGate(p, nameIn(path), "ALLOWED_CLASSES", "class is not allowed")})
			return
		}
		names := layerModules[v.Name()]
		if names == nil || strings.HasPrefix(v.Name(), "torch.nn") && provesModule(p, c) {
			continue
		}
		module := p.File.Text(from.Node)
		p.Report(checks.Report{Node: c.Node, Path: path, Message: "A request names the attribute of " + v.Name() + " that is called", Fix: checks.Fix(true, "choose among the names that are served", checks.Replace(p, c.Node, table(module, names)+"["+p.File.Text(nameIn(path))+"]"))})
		return
	}
}

// importedByName reports whether a module was imported by importlib.import_module.
func importedByName(p *checks.Pass, c *checks.Call, e ast.Expr) bool {
	if id, ok := e.(*ast.Name); ok {
		body := bodyAround(p, c.Node)
		if e = assigned(body, id.Id); e == nil {
			e = assigned(p.File.Body, id.Id)
		}
	}
	call, ok := e.(*ast.Call)
	return ok && checks.LastName(call.Fn) == "import_module"
}

// nameIn is the expression of the name that getattr looks up or import_module imports.
func nameIn(path *checks.Path) ast.Node {
	pos, name := 0, "name"
	if path.Call.Symbol.Is("builtins.getattr") {
		pos = 1
	}
	if a := path.Call.Arg(pos, name); a != nil && a.Node != nil {
		return a.Node
	}
	return path.Node
}

// table is the text of a dict from names to what a module has under them.
func table(module string, names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + n[strings.LastIndexByte(n, '.')+1:] + `": ` + module + "." + n)
	}
	return "{" + b.String() + "}"
}

// provesModule reports whether the function tests that the class is a module, and leaves
// otherwise.
func provesModule(p *checks.Pass, c *checks.Call) bool {
	for _, o := range c.Frame.Calls {
		if !o.Symbol.Is("builtins.issubclass") || o.Node.Pos() < c.Node.Pos() {
			continue
		}
		around := p.Around(o.Node)
		for i := len(around) - 1; i >= 0; i-- {
			if s, ok := around[i].(*ast.If); ok && s.Test.Range().Contains(o.Node.Range()) {
				return true
			}
			if _, ok := around[i].(*ast.Assert); ok {
				return true
			}
		}
	}
	return false
}

// layerTable replaces eval("nn." + NAME) by a look-up in a table.
func layerTable(p *checks.Pass, path *checks.Path) *fix.Fix {
	parts := path.Value.Parts()
	if len(parts) < 2 || len(parts) > 3 || parts[0].Value != nil || parts[1].Node == nil || !p.Holds(parts[1].Node) || !path.Call.Symbol.Is("builtins.eval") {
		return nil
	}
	rest := ""
	if len(parts) == 3 {
		rest = parts[2].Text
		if !callText.MatchString(rest) {
			return nil
		}
	}
	module := strings.TrimSuffix(strings.TrimSpace(parts[0].Text), ".")
	names := []string{"Linear", "Conv2d", "ReLU"}
	switch module {
	case "nn", "torch.nn":
	case "torch":
		names = layerModules["torch"]
	case "models", "torchvision.models":
		names = layerModules["torchvision.models"]
	default:
		return nil
	}
	return checks.Fix(true, "choose among the names that are served", checks.Replace(p, path.Call.Node, table(module, names)+"["+p.File.Text(parts[1].Node)+"]"+rest))
}

var callText = regexp.MustCompile(`^\([\w\s.,=*]*\)$`)

func usesTorch(p *checks.Pass) bool {
	return p.Imports("torch") || p.Imports("nn") || p.Imports("torchvision")
}

// fromModelFile leaves names out of a model's metadata to PML1210.
func fromModelFile(path *checks.Path) bool {
	for _, m := range path.Value.Marks() {
		if m.Label == models.Document && !m.Clean.Has(models.Exec) {
			return true
		}
	}
	return false
}

// lossEvaluated is PML1223.
var lossEvaluated = &checks.Rule{
	Spec:  infoPML1223,
	Knows: []string{"builtins.getattr", "importlib.import_module()"},
	From:  []checks.Label{models.User, models.Upload, models.Local},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || fromModelFile(path) {
			return
		}
		if c.Symbol.Is("builtins.eval", "builtins.exec") {
			loss, metric := checks.BecomesLoss(p.Module, c.Node)
			if !loss && c.Symbol.Is("builtins.exec") {
				loss = checks.LossName.MatchString(assignedIn(path.Value))
			}
			if loss {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: resolveLoss(p, c, metric)})
			}
			return
		}
		if path.Mark.Label != models.User {
			return
		}
		switch {
		case c.Symbol.Is("builtins.getattr"):
			from := c.Arg(0, "")
			if from == nil || !isModule(from.Value) {
				return
			}
		case c.Symbol.Is("importlib.import_module"):
		default:
			return
		}
		if loss, metric := checks.BecomesLoss(p.Module, c.Node); loss {
			p.Report(checks.Report{Node: c.Node, Path: path, Message: "A request names the loss or metric that is imported", Fix: resolveLookup(p, path, metric)})
		}
	},
}

// isModule reports whether a value is an imported module.
func isModule(v *checks.Value) bool {
	return v.Kind() == flow.KindModule || v.Is("importlib.import_module()") || v.Name() != "" && !strings.Contains(v.Name(), "()")
}

// assignedIn is the name that evaluated text assigns to.
func assignedIn(v *checks.Value) string {
	name, _, ok := strings.Cut(v.Prefix(), "=")
	if !ok {
		return ""
	}
	return strings.TrimSpace(name)
}

// resolveLoss replaces eval(X) by keras.losses.get(X), in the file's own spelling.
func resolveLoss(p *checks.Pass, c *checks.Call, metric bool) *fix.Fix {
	if !c.Symbol.Is("builtins.eval") || len(c.Node.Args) != 1 || len(c.Node.Keywords) > 0 {
		return nil
	}
	get, imports := getter(p, metric)
	return checks.Fix(true, "resolve the name: "+get, checks.Replace(p, c.Node.Fn, get), imports)
}

func resolveLookup(p *checks.Pass, path *checks.Path, metric bool) *fix.Fix {
	if !path.Call.Symbol.Is("builtins.getattr") {
		return nameGate(p, nameIn(path), "ALLOWED_LOSSES", "loss is not allowed")
	}
	if !usesKeras(p) {
		return nameGate(p, nameIn(path), "ALLOWED_LOSSES", "loss is not allowed")
	}
	get, imports := getter(p, metric)
	return checks.Fix(true, "resolve the name: "+get, checks.Replace(p, path.Call.Node, get+"("+p.File.Text(nameIn(path))+")"), imports)
}

func usesKeras(p *checks.Pass) bool {
	_, a := fix.ImportedAs(p.File, "keras")
	_, b := fix.ImportedAs(p.File, "tensorflow")
	_, c := fix.ImportedAs(p.File, "tensorflow.keras")
	return a || b || c
}

// getter spells keras.losses.get or keras.metrics.get as the file can.
func getter(p *checks.Pass, metric bool) (spelling string, imports []fix.Edit) {
	tail := ".losses.get"
	if metric {
		tail = ".metrics.get"
	}
	for _, name := range [...]string{"keras", "tensorflow.keras", "tf_keras"} {
		if s, ok := fix.ImportedAs(p.File, name); ok {
			return s + tail, nil
		}
	}
	if s, ok := fix.ImportedAs(p.File, "tensorflow"); ok {
		return s + ".keras" + tail, nil
	}
	return fix.Reach(p.File, "keras"+tail, "import keras", fix.BeforeFirstImport)
}

// operationByName is PML1228.
var operationByName = &checks.Rule{
	Spec:  infoPML1228,
	Knows: append([]string{"builtins.getattr"}, tfModules...),
	From:  callers,
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case c.Symbol.Is("builtins.getattr"):
			from := c.Arg(0, "")
			if from == nil || !checks.Called(p.Module, c.Node) || checks.ChoosesLoss(p.Module, c.Node) {
				return
			}
			for _, v := range c.Given(from.Value) {
				if !v.Is(tfModules...) {
					continue
				}
				p.Report(checks.Report{Node: c.Node, Path: path, Message: "A request names the attribute of " + v.Name() + " that is called", Fix: operationTable(p, path, v.Name())})
				return
			}
		case c.Symbol.Is("tensorflow.load_op_library", "tensorflow.load_library", "tensorflow.experimental.register_filesystem_plugin"):
			p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request names the library that is loaded into the process", Fix: digestGate(p, path.Node, path.Value, pathOrFile)})
		}
	},
}

// operationTable replaces a look-up in TensorFlow by one in a table.
func operationTable(p *checks.Pass, path *checks.Path, module string) *fix.Fix {
	text := ""
	if strings.HasSuffix(module, "keras.layers") || module == "keras.ops" {
		m := p.File.Text(path.Call.Node.Args[0])
		names := []string{"Dense", "Dropout"}
		if module == "keras.ops" {
			names = []string{"add", "multiply"}
		}
		text = table(m, names)
	} else if tf, ok := fix.ImportedAs(p.File, "tensorflow"); ok {
		text = table(tf+".math", []string{"add", "multiply"})
	} else if v1, ok := fix.ImportedAs(p.File, "tensorflow.compat.v1"); ok {
		text = table(v1+".math", []string{"add", "multiply"})
	} else {
		return nil
	}
	return checks.Fix(true, "choose among the operations that are served", checks.Replace(p, path.Call.Node, text+"["+p.File.Text(nameIn(path))+"]"))
}

// endpointByName is PML1220.
var endpointByName = &checks.Rule{
	Spec:  infoPML1220,
	Knows: []string{"tensorflow.Session()", "tensorflow.InteractiveSession()", "tensorflow.compat.v1.Session()"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Lookup},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || c.Symbol.Is("builtins.getattr") {
			return
		}
		switch c.Method {
		case "get_tensor_by_name", "get_operation_by_name", "as_graph_element":
		case "run":
			if lookedUp(path) {
				return // reported at the look-up
			}
			if path.Sink.Arg == fedNames {
				reportFedNames(p, path)
				return
			}
		case "prune":
			if !c.Symbol.Under("tensorflow") && !p.Imports("tensorflow") && !p.Imports("tf") {
				return
			}
		default:
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request names the tensor that is fetched or fed", Fix: nameGate(p, firstName(path.Node), "SERVED_TENSORS", "tensor is not served")})
	},
}

// firstName is the first element of a list of names that is no constant; a lone name is itself.
func firstName(n ast.Node) ast.Node {
	var elements []ast.Expr
	switch n := n.(type) {
	case *ast.List:
		elements = n.Elts
	case *ast.Tuple:
		elements = n.Elts
	}
	for _, e := range elements {
		if _, constant := e.(*ast.Str); !constant {
			return e
		}
	}
	return n
}

// lookedUp reports whether a name became a tensor on its way.
func lookedUp(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok {
			switch checks.LastName(c.Fn) {
			case "get_tensor_by_name", "get_operation_by_name", "as_graph_element":
				return true
			}
		}
	}
	return false
}

// fedNames is how the models call the keys of a feed_dict.
const fedNames = "1:feed_dict[*]"

// reportFedNames reports the keys of a feed_dict that a request chooses.
func reportFedNames(p *checks.Pass, path *checks.Path) {
	node := path.Node
	var gate *fix.Fix
	if d, ok := node.(*ast.Dict); ok {
		for _, k := range d.Keys {
			if k == nil {
				continue
			}
			if _, constant := k.(*ast.Str); !constant {
				node = k
				gate = nameGate(p, k, "SERVED_TENSORS", "tensor is not served")
				break
			}
		}
	}
	p.Report(checks.Report{Node: node, Path: path, Message: "A request names the tensor that is fed", Fix: gate})
}
