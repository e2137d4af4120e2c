package serialization

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// savedModel is PML1216.
var savedModel = &checks.Rule{
	Spec:       infoPML1216,
	OnArtifact: savedModelOperations,
	From:       callers,
	Into:       []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Call.Symbol.Is("tensorflow.saved_model.load", "tensorflow.saved_model.load_v2", "tensorflow.saved_model.loader.load", "keras.layers.TFSMLayer") || parentCompared(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: pathGate(p, path, "TRUSTED_MODEL_DIRS", "SavedModel is not on the allow-list", "str(", ")")})
	},
}

// parentCompared reports whether the function compares the parent of a resolved path with
// something, and leaves where it differs.
func parentCompared(p *checks.Pass, path *checks.Path) bool {
	def := p.FunctionAround(path.Node)
	if def == nil {
		return false
	}
	found := false
	ast.Inspect(def, func(n ast.Node) bool {
		s, ok := n.(*ast.If)
		if !ok || s.Pos() > path.Node.Pos() {
			return !found
		}
		ast.Inspect(s.Test, func(n ast.Node) bool {
			if c, ok := n.(*ast.Compare); ok {
				text := p.File.Text(c)
				found = found || strings.Contains(text, ".parent") || strings.Contains(text, "dirname(")
			}
			return !found
		})
		return !found
	})
	return found
}

// kerasLoaders are load_model in its modules.
var kerasLoaders = []string{"keras.models.load_model", "keras.saving.load_model", "keras.saving.saving_api.load_model", "keras.saving.legacy.save.load_model"}

// hdf5 is PML1217.
var hdf5 = &checks.Rule{
	Spec: infoPML1217,
	From: callers,
	Into: []checks.SinkKind{models.ModelSource, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case c.Symbol.Is(kerasLoaders...):
			if path.Kind != models.ModelSource || safeModeOff(c) || path.Value.OpenFile() || endsInKeras(p, path) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: onlyKeras(p, path)})
		case path.Kind == models.Deserialize && isConfigLoader(c) && outOfHDF5(path):
			p.Report(checks.Report{Node: c.Node, Path: path, Message: "The config in a caller's HDF5 file says what is built and run"})
		}
	},
}

func safeModeOff(c *checks.Call) bool {
	a := c.Arg(3, "safe_mode")
	return a != nil && checks.Off(a.Value)
}

// configLoaders build a model of a config.
func isConfigLoader(c *checks.Call) bool {
	switch name := c.Symbol.String(); name[strings.LastIndexByte(name, '.')+1:] {
	case "model_from_json", "model_from_config", "deserialize_keras_object", "model_from_yaml":
		return true
	}
	return false
}

// outOfHDF5 reports whether data was read from an h5py file on its way.
func outOfHDF5(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok && checks.LastName(c.Fn) == "File" {
			return true
		}
	}
	return false
}

// endsInKeras reports whether the file's name is known to end in .keras: a constant end, or a
// test of the end in front of the load that leaves otherwise or around it.
func endsInKeras(p *checks.Pass, path *checks.Path) bool {
	v := path.Value
	parts := v.Parts()
	if n := len(parts); n > 0 && parts[n-1].Value == nil && strings.HasSuffix(parts[n-1].Text, ".keras") {
		return true
	}
	var body ast.Node
	if def := p.FunctionAround(path.Node); def != nil {
		body = def
	}
	found := false
	look := func(n ast.Node) bool {
		var test ast.Expr
		switch n := n.(type) {
		case *ast.If:
			test = n.Test
		case *ast.Assert:
			test = n.Test
		default:
			return !found
		}
		if n.Pos() < path.Node.Pos() {
			text := p.File.Text(test) + constantsIn(path.Frame, test)
			found = found || strings.Contains(text, ".keras") || strings.Contains(text, "is_zipfile(")
		}
		return !found
	}
	if body != nil {
		ast.Inspect(body, look)
		return found
	}
	for _, s := range p.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

// constantsIn is what the names of an expression fold to where that is text: `suffix != KERAS_SUFFIX`.
func constantsIn(f *checks.Frame, e ast.Expr) string {
	var b strings.Builder
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name, *ast.Attribute:
			for _, a := range f.ValueOf(n.(ast.Expr)).Alternatives() {
				if t, ok := a.Text(); ok {
					b.WriteString(" " + t)
				}
			}
		}
		return true
	})
	return b.String()
}

// onlyKeras refuses files that are not in the .keras format.
func onlyKeras(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	stmt := p.StmtOf(path.Node)
	if !ok || stmt == nil || boundWithin(p, stmt, e) {
		return nil
	}
	g := gate{p: p, stmt: stmt}
	text := g.spell(e, "model_path")
	is, imports := fix.Reach(p.File, "zipfile.is_zipfile", "import zipfile", fix.BeforeFirstImport)
	lines := append(g.before, "if not (str("+text+`).endswith(".keras") and `+is+"("+text+")):", `    raise ValueError("only .keras models are accepted")`)
	return checks.Fix(true, "accept .keras models only", imports, fix.InsertBefore(p.File, stmt, lines...), g.edits)
}

// customObjects is PML1218.
var customObjects = &checks.Rule{
	Spec: infoPML1218,
	On: []string{
		"keras.{models,saving}.load_model", "keras.models.{model_from_json,model_from_config,model_from_yaml,clone_model}", "keras.{Model,Sequential,models.Model,models.Sequential}.from_config",
		"keras.{layers,losses,metrics,optimizers,activations,initializers}.deserialize", "keras.{saving,utils}.{custom_object_scope,CustomObjectScope,deserialize_keras_object}",
		"keras.{saving,utils}.get_custom_objects().update",
	},
	Knows: []string{"builtins.{globals,locals,vars,dict}", "inspect.getmembers()", "keras.{saving,utils}.get_custom_objects"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := customArg(c)
		if a == nil || a.Node == nil {
			return
		}
		space := namespace(p, c, a.Node, 0)
		if space == nil && wholeNamespace(a.Value) {
			space = a.Node
		}
		if space == nil {
			return
		}
		var edits []fix.Edit
		if a.Unpacked && space == a.Node {
			if k := checks.ConstantNode(p, a); k != nil {
				edits = checks.Replace(p, k, "None")
			}
		} else if !a.Unpacked && space.Range() == a.Node.Range() {
			edits = checks.Replace(p, a.Node, "None")
		} else if p.Holds(space) {
			edits = checks.Replace(p, space, "None")
		}
		node := ast.Node(a.Node)
		if a.Keyword != nil {
			node = a.Keyword
		}
		p.Report(checks.Report{Node: node, Message: "Everything that a namespace holds can be built from the model's config", Fix: withoutNamespace(p, c, a, space, edits)})
	},
	From: callers,
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Under("keras") || c.Symbol.Is(kerasLoaders...) || outOfHDF5(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Message: "A caller's config says which objects are built", Fix: configGate(p, path)})
	},
}

// customArg is the argument with the objects that a config may name.
func customArg(c *checks.Call) *checks.Argument {
	if a := c.Arg(-1, "custom_objects"); a != nil {
		return a
	}
	switch name := c.Symbol.String(); name[strings.LastIndexByte(name, '.')+1:] {
	case "load_model", "model_from_json", "model_from_config", "from_config", "deserialize", "deserialize_keras_object":
		return c.Arg(1, "custom_objects")
	case "custom_object_scope", "CustomObjectScope", "update":
		return c.Arg(0, "objects")
	}
	return nil
}

// wholeNamespace reports whether a value is all that a module or function holds.
func wholeNamespace(v *checks.Value) bool {
	name := v.Name()
	return name == "builtins.globals()" || name == "builtins.locals()" || name == "builtins.vars()" || strings.HasSuffix(name, ".__dict__")
}

// namespace is the expression of a whole namespace that an argument is, or that a dict
// display unpacks; nil for other values.
func namespace(p *checks.Pass, c *checks.Call, e ast.Expr, depth int) ast.Expr {
	switch e := e.(type) {
	case *ast.Call:
		switch checks.LastName(e.Fn) {
		case "globals", "locals":
			if _, plain := e.Fn.(*ast.Name); plain && len(e.Args) == 0 {
				return e
			}
		case "vars":
			return e
		case "dict":
			for _, a := range e.Args {
				if in := namespaceMembers(p, c, a, depth); in {
					return e
				}
			}
			for _, k := range e.Keywords {
				if k.Name == nil && namespace(p, c, k.Value, depth+1) != nil {
					return e
				}
			}
		}
	case *ast.Attribute:
		if e.Attr.Id == "__dict__" {
			return e
		}
		if v := assignedAttribute(p, spelled(e)); v != nil && depth < 3 {
			return namespace(p, c, v, depth+1)
		}
	case *ast.Dict:
		for i, k := range e.Keys {
			if k == nil && namespace(p, c, e.Values[i], depth+1) != nil {
				return e
			}
		}
	case *ast.Name:
		if depth > 3 {
			return nil
		}
		if def := p.FunctionAround(c.Node); def != nil {
			if v := assigned(def.Body, e.Id); v != nil {
				return namespace(p, c, v, depth+1)
			}
		}
		if v := assigned(p.File.Body, e.Id); v != nil {
			return namespace(p, c, v, depth+1)
		}
	}
	return nil
}

// assignedAttribute is what the file assigns to an attribute.
func assignedAttribute(p *checks.Pass, text string) ast.Expr {
	var value ast.Expr
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && value == nil {
				for _, t := range a.Targets {
					if text != "" && spelled(t) == text {
						value = a.Value
					}
				}
			}
			return value == nil
		})
	}
	if value == nil {
		if i := strings.LastIndexByte(text, '.'); i > 0 {
			value = classAttribute(p, text[:i], text[i+1:])
		}
	}
	return value
}

// classAttribute finds what the body of a class gives an attribute that is read through self, cls
// or the class.
func classAttribute(p *checks.Pass, owner, name string) ast.Expr {
	var value ast.Expr
	ast.InspectFile(p.File, func(n ast.Node) bool {
		class, ok := n.(*ast.ClassDef)
		if !ok || owner != "self" && owner != "cls" && owner != class.Name.Id {
			return value == nil
		}
		for _, s := range class.Body {
			if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 && spelled(a.Targets[0]) == name {
				value = a.Value
			}
		}
		return value == nil
	})
	return value
}

func namespaceMembers(p *checks.Pass, c *checks.Call, e ast.Expr, depth int) bool {
	if call, ok := e.(*ast.Call); ok && checks.LastName(call.Fn) == "getmembers" {
		return len(call.Args) == 1 // with a predicate it is a choice
	}
	return namespace(p, c, e, depth+1) != nil
}

// withoutNamespace takes the namespace out of the call.
func withoutNamespace(p *checks.Pass, c *checks.Call, a *checks.Argument, space ast.Expr, edits []fix.Edit) *fix.Fix {
	if c.Method == "update" || strings.HasSuffix(c.Symbol.String(), "cope") {
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, "register the classes that are needed: delete the call", fix.RemoveStmt(p.File, s))
		}
		if !p.Holds(space) {
			return nil
		}
		return checks.Fix(true, "register the classes that are needed", checks.Replace(p, space, "{}"))
	}
	if d, ok := space.(*ast.Dict); ok && p.Holds(space) {
		for i, k := range d.Keys {
			if k == nil && namespace(p, c, d.Values[i], 1) != nil {
				return checks.Fix(true, "name the classes that are needed", fix.RemoveElement(p.File, d, d.Values[i]))
			}
		}
	}
	return checks.Fix(true, "name the classes that are needed", edits)
}

// configGate puts a digest gate over the text of a config.
func configGate(p *checks.Pass, path *checks.Path) *fix.Fix {
	how := inText
	if !path.Call.Symbol.Is("keras.models.model_from_json", "keras.models.model_from_yaml") {
		e, ok := path.Node.(ast.Expr)
		stmt := p.StmtOf(path.Node)
		if !ok || stmt == nil || boundWithin(p, stmt, e) {
			return nil
		}
		g := gate{p: p, stmt: stmt}
		text := g.spell(e, "model_config")
		sha, a := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport)
		dumps, b := fix.Reach(p.File, "json.dumps", "import json", fix.BeforeFirstImport)
		lines := append(g.before, "if "+sha+"("+dumps+"("+text+", sort_keys=True).encode()).hexdigest() not in TRUSTED_MODEL_SHA256:", `    raise ValueError("model is not on the allow-list")`)
		return checks.Fix(true, "build known models only", a, b, fix.AddConstant(p.File, "TRUSTED_MODEL_SHA256 = frozenset()", fix.Tight), fix.InsertBefore(p.File, stmt, lines...), g.edits)
	}
	return digestGate(p, path.Node, path.Value, how)
}

// hubHandle is PML1219.
var hubHandle = &checks.Rule{
	Spec: infoPML1219,
	On:   []string{"tensorflow_hub.{load,KerasLayer,Module,resolve,load_module_spec}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := handleArg(c)
		if a == nil {
			return
		}
		for _, v := range a.Value.Alternatives() {
			text, ok := v.Text()
			if !ok {
				continue
			}
			switch {
			case strings.HasPrefix(strings.ToLower(text), "http:") && plainHTTP(text):
				p.Report(checks.Report{Node: a.Node, Message: "The model is fetched over plain HTTP", Fix: encrypt(p, c, v)})
				return
			case unversioned(text):
				p.Report(checks.Report{Node: a.Node, Message: "The handle names no version of the model", Fix: addVersion(p, v, text)})
				return
			}
		}
	},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Call.Symbol.Under("tensorflow_hub") {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request chooses the model that is fetched and run", Fix: nameGate(p, path.Node, "TRUSTED_HANDLES", "handle is not trusted")})
	},
}

func handleArg(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"handle", "spec", "path"} {
		if a := c.Arg(0, name); a != nil && a.Node != nil {
			return a
		}
	}
	return nil
}

// unversioned reports whether a handle of tfhub.dev or Kaggle ends in no version.
func unversioned(handle string) bool {
	rest, ok := strings.CutPrefix(handle, "https://tfhub.dev/")
	if !ok {
		if rest, ok = strings.CutPrefix(handle, "https://www.kaggle.com/models/"); !ok {
			if rest, ok = strings.CutPrefix(handle, "https://kaggle.com/models/"); !ok {
				return false
			}
		}
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest = strings.TrimRight(rest, "/")
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	return last != "" && strings.Trim(last, "0123456789") != ""
}

// addVersion appends a version to the handle's literal.
func addVersion(p *checks.Pass, v *checks.Value, text string) *fix.Fix {
	lit, mod := v.Literal()
	e, ok := lit.(*ast.Str)
	if !ok || mod == nil || mod.File != p.File || e.Value != text {
		return nil
	}
	before, query, asks := strings.Cut(text, "?")
	if asks {
		return checks.Fix(true, "name the version that was reviewed", fix.ReplaceInString(p.File, e, before+"?"+query, strings.TrimRight(before, "/")+"/1?"+query))
	}
	if strings.HasSuffix(text, "/") {
		return checks.Fix(true, "name the version that was reviewed", fix.AppendToString(p.File, e, "1"))
	}
	return checks.Fix(true, "name the version that was reviewed", fix.AppendToString(p.File, e, "/1"))
}

// checkpoint is PML1221.
var checkpoint = &checks.Rule{
	Spec: infoPML1221,
	From: callers,
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil {
			return
		}
		switch {
		case c.Symbol.Is("tensorflow.train.Checkpoint().restore", "tensorflow.train.Checkpoint().read", "tensorflow.train.load_checkpoint", "tensorflow.train.Saver().restore",
			"tensorflow.train.import_meta_graph", "tensorflow.train.latest_checkpoint", "tensorflow.train.CheckpointManager"):
			if reportedAtFolder(path) {
				return
			}
		case c.Method == "load_weights":
			if !usesKeras(p) && !usesKerasOf(p) {
				return
			}
		default:
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: pathGate(p, path, "TRUSTED_CHECKPOINTS", "checkpoint is not on the allow-list")})
	},
}

// usesKerasOf reports whether a file imports a name out of tensorflow or keras.
func usesKerasOf(p *checks.Pass) bool {
	for _, s := range p.File.Body {
		if f, ok := s.(*ast.ImportFrom); ok {
			text := p.File.Text(f)
			if strings.HasPrefix(text, "from tensorflow") || strings.HasPrefix(text, "from keras") || strings.HasPrefix(text, "from tf_keras") {
				return true
			}
		}
	}
	return false
}

// reportedAtFolder reports whether the checkpoint was found by latest_checkpoint in a
// caller's folder, where it is reported.
func reportedAtFolder(path *checks.Path) bool {
	if path.Call.Symbol.Is("tensorflow.train.latest_checkpoint") {
		return false
	}
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok && (checks.LastName(c.Fn) == "latest_checkpoint" || checks.LastName(c.Fn) == "CheckpointManager") && c != path.Call.Node {
			return true
		}
	}
	return false
}

// tflite is PML1224.
var tflite = &checks.Rule{
	Spec:       infoPML1224,
	OnArtifact: liteOperations,
	From:       callers,
	Into:       []checks.SinkKind{models.ModelSource, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case c.Symbol.Is("tensorflow.lite.Interpreter"):
			how := pathOrFile
			if path.Sink.Arg == "model_content" {
				how = inBytes
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: digestGate(p, path.Node, path.Value, how)})
		case strings.HasSuffix(c.Symbol.String(), ".load_delegate"):
			p.Report(checks.Report{Node: c.Node, Path: path, Message: "A caller's delegate, which is a shared library, is loaded", Fix: digestGate(p, path.Node, path.Value, pathOrFile)})
		}
	},
}

// graphDef is PML1227.
var graphDef = &checks.Rule{
	Spec:       infoPML1227,
	OnArtifact: graphOperations,
	From:       callers,
	Into:       []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("tensorflow.import_graph_def", "tensorflow.graph_util.import_graph_def") || operationsTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: allowOperations(p, path)})
	},
}

// operationsTested reports whether the function, one around it or a helper that it calls looks at the operations of
// the nodes and leaves at one that it does not know.
func operationsTested(p *checks.Pass, path *checks.Path) bool {
	for _, n := range p.Around(path.Node) {
		if def, ok := n.(*ast.FunctionDef); ok && testsOperations(p.Module, def, path.Node.Pos()) {
			return true
		}
	}
	for _, f := range [...]*checks.Frame{path.Frame, path.Call.Frame} {
		for _, c := range f.Calls {
			if body := c.Body(); body != nil && body.Function() != nil && body.Function().Def != nil {
				if in := p.Project.Module(body.Module()); in != nil && testsOperations(in, body.Function().Def, ast.NoPos) {
					return true
				}
			}
		}
	}
	return false
}

// testsOperations reports whether a function tests the operations of nodes in front of a place: in a test, or in a
// comprehension whose result is tested.
func testsOperations(in *checks.Module, def *ast.FunctionDef, before ast.Pos) bool {
	found := false
	var collected []string
	names := func(e ast.Expr) bool {
		text := in.File.Text(e)
		return strings.Contains(text, ".op ") && strings.Contains(text, " in ")
	}
	ast.Inspect(def, func(n ast.Node) bool {
		if found || before != ast.NoPos && n != nil && n.Pos() >= before {
			return false
		}
		switch n := n.(type) {
		case *ast.Assign:
			if len(n.Targets) == 1 && names(n.Value) {
				collected = append(collected, in.File.Text(n.Targets[0]))
			}
		case *ast.If:
			found = names(n.Test)
			ast.Inspect(n.Test, func(m ast.Node) bool {
				id, ok := m.(*ast.Name)
				found = found || ok && slices.Contains(collected, id.Id)
				return !found
			})
		case *ast.Assert:
			found = names(n.Test)
		}
		return !found
	})
	return found
}

// allowOperations refuses graphs with other operations than those listed.
func allowOperations(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	stmt := p.StmtOf(path.Node)
	if !ok || stmt == nil || boundWithin(p, stmt, e) {
		return nil
	}
	g := gate{p: p, stmt: stmt}
	text := g.spell(e, "graph_def")
	lines := append(g.before, "if any(node.op not in TRUSTED_OPS for node in "+text+".node):", `    raise ValueError("operation is not allowed")`)
	return checks.Fix(true, "import known operations only",
		fix.AddConstant(p.File, `TRUSTED_OPS = frozenset({"Placeholder", "Const", "Identity", "MatMul", "BiasAdd", "Relu", "Conv2D", "MaxPool", "Reshape", "Softmax"})`, fix.Tight),
		fix.InsertBefore(p.File, stmt, lines...), g.edits)
}

// records is PML1230.
var records = &checks.Rule{
	Spec: infoPML1230,
	From: callers,
	Into: []checks.SinkKind{models.DataSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("tensorflow.data.TFRecordDataset", "tensorflow.data.FixedLengthRecordDataset", "tensorflow.io.tf_record_iterator", "tensorflow.python_io.tf_record_iterator", "tensorflow.data.Dataset.list_files") || !trains(p, path.Node, 0) && !trainsOnWay(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: pathGate(p, path, "TRUSTED_SHARDS", "shard is not on the allow-list")})
	},
}

// trainsOnWay reports whether a function through which the data comes trains.
func trainsOnWay(p *checks.Pass, path *checks.Path) bool {
	return slices.ContainsFunc(checks.WayOf(p, path).Functions, func(fn *ast.FunctionDef) bool { return trainsIn(fn) })
}

// trainsIn reports whether a function or class trains a model.
func trainsIn(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			name := checks.LastName(c.Fn)
			found = found || name == "fit" || name == "train_on_batch" || name == "GradientTape" || strings.HasPrefix(name, "train") || strings.HasPrefix(name, "retrain") || strings.HasPrefix(name, "finetune")
		}
		return !found
	})
	return found
}

// trains reports whether the function or class around a node trains on data, or hands it to
// who does.
func trains(p *checks.Pass, n ast.Node, depth int) bool {
	inside := false
	for _, a := range p.Around(n) {
		switch a := a.(type) {
		case *ast.ClassDef:
			inside = true
			if trainsIn(a) {
				return true
			}
		case *ast.FunctionDef:
			return trainsIn(a) || resultTrained(p, a.Name.Id, depth)
		}
	}
	return !inside && slices.ContainsFunc(p.File.Body, func(s ast.Stmt) bool { return trainsIn(s) })
}

// resultTrained reports whether what a function returns is used in a function that trains.
func resultTrained(p *checks.Pass, name string, depth int) bool {
	if depth > 3 {
		return false
	}
	found := false
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok && checks.LastName(c.Fn) == name {
				if def := p.FunctionAround(c); def == nil || def.Name.Id != name {
					found = found || trains(p, c, depth+1)
				}
			}
			return !found
		})
	}
	return found
}
