package serialization

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// hubDownloads are the calls that fetch files of a model from a hub.
var hubDownloads = []string{
	"huggingface_hub.hf_hub_download", "huggingface_hub.cached_download", "huggingface_hub.snapshot_download",
	"huggingface_hub.HfApi().hf_hub_download", "huggingface_hub.HfApi().snapshot_download",
	"huggingface_hub.file_download.hf_hub_download", "huggingface_hub._snapshot_download.snapshot_download",
}

// metadataRun is PML1210.
var metadataRun = &checks.Rule{
	Spec:  infoPML1210,
	Knows: append([]string{"json.{load,loads}", "yaml.{safe_load,load,full_load}", "omegaconf.OmegaConf.load"}, hubDownloads...),
	From:  []checks.Label{models.Document, models.Web},
	Into:  []checks.SinkKind{models.Exec, models.Deserialize, models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !runsMetadata(path) || guardedTarget(p, path) || checks.WayOf(p, path).OptedIn() {
			return
		}
		switch path.Mark.Label {
		case models.Document:
			if !ofModelFile(path.Mark.Source()) {
				return
			}
		default:
			if !path.Mark.Source().Is(hubDownloads...) || !parsed(path) {
				return
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: defuse(p, path)})
	},
}

// ofModelFile reports whether a source is what a model file carries beside its tensors.
func ofModelFile(s *checks.Symbol) bool {
	name := s.String()
	return strings.HasPrefix(name, "safetensors.") || strings.HasPrefix(name, "onnx") || strings.HasPrefix(name, "gguf.") || strings.HasPrefix(name, "torch.load")
}

// runsMetadata reports whether a sink is one of those that make code of text.
func runsMetadata(path *checks.Path) bool {
	c := path.Call
	if path.Kind == models.Shell {
		return c.Symbol.Is("os.system") || path.Sink.Note == models.NoteShell
	}
	return c.Symbol.Is("builtins.eval", "builtins.exec", "importlib.import_module", "pickle.loads", "yaml.load", "yaml.unsafe_load", "hydra.utils.instantiate",
		"hydra.utils.call", "hydra.utils.get_class", "hydra.utils.get_method", "hydra.utils.get_object")
}

// parsed reports whether text was parsed as configuration on its way.
func parsed(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		switch checks.LastName(c.Fn) {
		case "load", "loads", "safe_load", "full_load", "create", "read_text":
			return true
		}
	}
	return false
}

// guardedTarget reports whether the function tests the name or `_target_` that is instantiated.
func guardedTarget(p *checks.Pass, path *checks.Path) bool {
	if path.Call.Symbol.Is("builtins.eval", "builtins.exec", "pickle.loads", "yaml.load", "os.system") {
		return false
	}
	name := p.File.Text(path.Node)
	found := false
	look := func(n ast.Node) bool {
		s, ok := n.(*ast.If)
		if ok && s.Pos() < path.Node.Pos() {
			text := p.File.Text(s.Test)
			prefix := strings.Contains(text, ".startswith(")
			found = found || strings.Contains(text, "_target_") && (prefix || strings.Contains(text, " in ")) ||
				prefix && (strings.Contains(text, "str("+name+")") || strings.Contains(text, name+".startswith"))
		}
		return !found
	}
	if def := p.FunctionAround(path.Node); def != nil {
		ast.Inspect(def, look)
		return found
	}
	for _, s := range p.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

// defuse reads data in the place of running it, or lets the project's own classes through.
func defuse(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	switch {
	case c.Symbol.Is("builtins.eval"):
		if len(c.Node.Args) != 1 || len(c.Node.Keywords) > 0 {
			return nil
		}
		spelling, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.BeforeFirstImport)
		return checks.Fix(true, "read a literal instead of running code: "+spelling, checks.Replace(p, c.Node.Fn, spelling), imports)
	case c.Symbol.Is("builtins.exec", "pickle.loads"):
		return readJSON(p, c)
	case c.Symbol.Is("yaml.load", "yaml.unsafe_load"):
		spelling, imports := fix.Reach(p.File, "yaml.safe_load", "import yaml", fix.BeforeFirstImport)
		return checks.Fix(true, "read data only: "+spelling, checks.Replace(p, c.Node, spelling+"("+p.File.Text(c.Node.Args[0])+")"), imports)
	case path.Kind == models.Shell:
		return quoteInserted(p, path.Value)
	}
	e, ok := path.Node.(ast.Expr)
	stmt := p.StmtOf(path.Node)
	if !ok || stmt == nil || boundWithin(p, stmt, e) {
		return nil
	}
	g := gate{p: p, stmt: stmt}
	target := g.spell(e, "target")
	if c.Symbol.Is("hydra.utils.instantiate", "hydra.utils.call") {
		target += `["_target_"]`
	}
	lines := append(g.before, `if not str(`+target+`).startswith("`+ownPackage(p)+`."):`, `    raise ValueError("class is not allowed")`)
	return checks.Fix(true, "make the project's own classes only", fix.InsertBefore(p.File, stmt, lines...), g.edits)
}

// ownPackage is the name of the package that a file belongs to.
func ownPackage(p *checks.Pass) string {
	dir := strings.TrimPrefix(path.Dir(p.Path), "src/")
	if first, _, _ := strings.Cut(dir, "/"); first != "." && first != "" && first != "src" {
		return first
	}
	base := path.Base(p.Path)
	return strings.TrimSuffix(base, path.Ext(base))
}

// plainTemplate is PML1233.
var plainTemplate = &checks.Rule{
	Spec:       infoPML1233,
	OnArtifact: templateGadgets,
	On:         []string{"jinja2.Template", "jinja2.Environment().from_string"},
	Knows:      []string{"llama_cpp.Llama()", "gguf.GGUFReader()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "source")
		if a == nil {
			return
		}
		for _, v := range c.Given(a.Value) {
			for _, one := range v.Alternatives() {
				if readsTemplate(one) || readsTemplateFile(one) {
					p.Report(checks.Report{Node: c.Node, Fix: sandbox(p, c)})
					return
				}
			}
		}
		if a.Node != nil && namesTemplate(p, c, a.Node, 0) {
			p.Report(checks.Report{Node: c.Node, Fix: sandbox(p, c)})
		}
	},
	From: []checks.Label{models.Web, models.Document},
	Into: []checks.SinkKind{models.Template},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("jinja2.Template", "jinja2.Environment().from_string") {
			return
		}
		source := path.Mark.Source().String()
		if strings.HasSuffix(source, "chat_template") || strings.HasPrefix(source, "gguf.") && path.Mark.Label == models.Document {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: sandbox(p, c)})
		}
	},
}

// readsTemplate reports whether a value is the metadata of a GGUF model under the template's
// key, or the template of a tokenizer.
func readsTemplate(v *checks.Value) bool {
	name := v.Name()
	return strings.HasSuffix(name, ".chat_template") && (strings.HasPrefix(name, "transformers.") || strings.HasPrefix(name, "llama_cpp."))
}

// readsTemplateFile reports whether a value is the text of a file that holds a chat template,
// wherever it was read.
func readsTemplateFile(v *checks.Value) bool {
	read := v.Origin()
	if read == nil || read.Receiver == nil || read.Method != "read" && read.Method != "read_text" {
		return false
	}
	file := read.Receiver
	if open := file.Origin(); open != nil && len(open.Args) > 0 && !file.Is("pathlib.PurePath()") {
		file = open.Args[0].Value
	}
	file = file.PathText()
	t, ok := file.Text()
	return ok && isTemplateFile(t) || lastText(file)
}

// namesTemplate reports whether an expression reads a chat template by its name: the key
// chat_template of a parsed tokenizer_config.json, the key tokenizer.chat_template of GGUF
// metadata, or the text of chat_template.jinja or chat_template.json.
func namesTemplate(p *checks.Pass, c *checks.Call, e ast.Expr, depth int) bool {
	switch e := e.(type) {
	case *ast.Subscript:
		return templateKey(e.Index) && !rootedInConstant(p, c, e.Value)
	case *ast.Call:
		a, ok := e.Fn.(*ast.Attribute)
		if !ok {
			return false
		}
		switch a.Attr.Id {
		case "get", "pop", "get_field":
			return len(e.Args) > 0 && templateKey(e.Args[0])
		case "read", "read_text", "decode", "strip", "contents":
			return templateFile(p, c, a.Value, depth) || namesTemplate(p, c, a.Value, depth)
		}
	case *ast.Attribute:
		fn := c.Frame.Function()
		if fn == nil || fn.Class == nil || fn.Class.Node == nil || depth > 3 {
			return false
		}
		text, found := p.File.Text(e), false
		ast.InspectStmts(fn.Class.Node.Body, func(n ast.Node) bool { // of the object, set by another method
			if a, ok := n.(*ast.Assign); ok && len(a.Targets) == 1 && p.File.Text(a.Targets[0]) == text {
				switch a.Value.(type) {
				case *ast.Subscript, *ast.Attribute:
					found = found || namesTemplate(p, c, a.Value, depth+1)
				}
			}
			return true
		})
		return found
	case *ast.Name:
		if depth > 3 {
			return false
		}
		body := p.File.Body
		if def := p.FunctionAround(c.Node); def != nil && assigned(def.Body, e.Id) != nil {
			body = def.Body
		}
		if v := assigned(body, e.Id); v != nil {
			return namesTemplate(p, c, v, depth+1)
		}
	}
	return false
}

func templateKey(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && (s.Value == "chat_template" || s.Value == "tokenizer.chat_template")
}

// rootedInConstant reports whether a dict is one that the project itself wrote down.
func rootedInConstant(p *checks.Pass, c *checks.Call, e ast.Expr) bool {
	id, ok := e.(*ast.Name)
	if !ok {
		return false
	}
	for _, body := range [...][]ast.Stmt{bodyAround(p, c.Node), p.File.Body} {
		if v := assigned(body, id.Id); v != nil {
			_, display := v.(*ast.Dict)
			return display
		}
	}
	return false
}

func bodyAround(p *checks.Pass, n ast.Node) []ast.Stmt {
	if def := p.FunctionAround(n); def != nil {
		return def.Body
	}
	return nil
}

// templateFile reports whether an expression opens a file that holds a chat template.
func templateFile(p *checks.Pass, c *checks.Call, e ast.Expr, depth int) bool {
	if depth > 3 {
		return false
	}
	for _, o := range c.Frame.Calls {
		if o.Node.Pos() > c.Node.Pos() {
			continue
		}
		for i := range o.Args {
			if t, ok := o.Args[i].Value.Text(); ok && isTemplateFile(t) || lastText(o.Args[i].Value) {
				text := p.File.Text(e)
				if e.Range().Contains(o.Node.Range()) || bindsOf(p, o.Node) == text {
					return true
				}
			}
		}
	}
	return false
}

// lastText reports whether built text ends in the name of a file with a chat template.
func lastText(v *checks.Value) bool {
	parts := v.Parts()
	return len(parts) > 1 && parts[len(parts)-1].Value == nil && isTemplateFile(parts[len(parts)-1].Text)
}

func isTemplateFile(t string) bool {
	base := t[strings.LastIndexByte(t, '/')+1:]
	return base == "chat_template.jinja" || base == "chat_template.json"
}

// bindsOf is the name that a call's result is bound to: by an assignment or by with.
func bindsOf(p *checks.Pass, n ast.Node) string {
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		switch s := around[i].(type) {
		case *ast.Assign:
			return p.File.Text(s.Targets[0])
		case *ast.With:
			for _, item := range s.Items {
				if item.Context.Range().Contains(n.Range()) && item.Target != nil {
					return p.File.Text(item.Target)
				}
			}
			return ""
		}
	}
	return ""
}

// sandbox makes the environment of a template one that keeps it from Python.
func sandbox(p *checks.Pass, c *checks.Call) *fix.Fix {
	const name, module = "ImmutableSandboxedEnvironment", "jinja2.sandbox"
	imports := fix.AddImport(p.File, "from "+module+" import "+name, fix.BeforeFirstImport)
	spelling := name
	if s, ok := fix.ImportedAs(p.File, module+"."+name); ok && !strings.Contains(s, ".") {
		spelling, imports = s, nil
	}
	if c.Symbol.Is("jinja2.Template") {
		if len(c.Node.Args) == 0 {
			return nil
		}
		options := ""
		for _, k := range c.Node.Keywords {
			if options != "" {
				options += ", "
			}
			options += p.File.Text(k)
		}
		text := spelling + "(" + options + ").from_string(" + p.File.Text(c.Node.Args[0]) + ")"
		return checks.Fix(false, "render in the sandbox: "+spelling, checks.Replace(p, c.Node, text), imports)
	}
	o := c.Receiver.Origin()
	if o == nil || !p.Holds(o.Node) {
		return nil
	}
	return checks.Fix(false, "render in the sandbox: "+spelling, checks.Replace(p, o.Node.Fn, spelling), imports)
}

// configPath is PML1237.
var configPath = &checks.Rule{
	Spec:  infoPML1237,
	Knows: append([]string{"transformers.AutoConfig.from_pretrained"}, hubDownloads...),
	From:  []checks.Label{models.Web, models.Upload},
	Into:  []checks.SinkKind{models.Path, models.Exec, models.Deserialize, models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.Clean.Has(models.Path) || !opensFile(c) || !namedInConfig(path) || reported(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: baseName(p, path)})
	},
}

// opensFile reports whether a call opens the file that an argument names.
func opensFile(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("builtins.open", "torch.load", "torch.jit.load", "numpy.load", "joblib.load", "ctypes.CDLL", "importlib.util.spec_from_file_location"):
		return true
	case c.Symbol.Under("safetensors"), c.Symbol.Under("sentencepiece"):
		return true
	}
	switch c.Method {
	case "read_text", "read_bytes", "open":
		return c.Receiver.Is("pathlib.PurePath()")
	}
	return false
}

// namedInConfig reports whether a name was read out of a model's configuration: an attribute
// of a loaded config, or an item of a parsed file that came with the model.
func namedInConfig(path *checks.Path) bool {
	m := path.Mark
	if strings.HasSuffix(m.Source().String(), "onfig.from_pretrained") {
		field := strings.ToLower(m.Field())
		for _, end := range [...]string{"file", "path", "dir", "filename"} {
			if strings.HasSuffix(field, end) {
				return true
			}
		}
		return false
	}
	if m.Label == models.Web && !m.Source().Is(hubDownloads...) {
		return false
	}
	return m.Field() != "" && parsed(path)
}

// reported leaves a place to the report of another sink of the same call.
func reported(p *checks.Pass, path *checks.Path) bool {
	return path.Kind != models.Path && path.Kind != models.Exec && hasSink(path, models.Path)
}

func hasSink(path *checks.Path, kind models.SinkKind) bool {
	return len(path.Call.Dangerous(kind)) > 0
}

// baseName keeps only the last part of the name where it is joined to the folder.
func baseName(p *checks.Pass, path *checks.Path) *fix.Fix {
	base, imports := fix.Reach(p.File, "os.path.basename", "import os", fix.BeforeFirstImport)
	edits := wrapParts(p, path, base+"(", ")", func(v *checks.Value) bool {
		return v.Labels(models.Path).Any(models.Labels(models.Web, models.Upload))
	})
	return checks.Fix(true, "keep to the folder: "+base, edits, imports)
}

// wrapParts puts the parts of a built text for which dirty holds between before and after,
// where they stand.
func wrapParts(p *checks.Pass, path *checks.Path, before, after string, dirty func(*checks.Value) bool) []fix.Edit {
	var edits []fix.Edit
	parts := path.Value.Parts()
	if path.Value.Is("pathlib.PurePath()") || len(parts) == 0 {
		if t := pathParts(path.Value); t != nil {
			parts = t
		}
	}
	for _, part := range parts {
		if part.Value == nil || !dirty(part.Value) {
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || !p.Holds(e) {
			return nil
		}
		edits = append(edits, fix.Wrap(p.File, e, before, after)...)
	}
	if len(edits) == 0 {
		if e, ok := path.Node.(ast.Expr); ok {
			return fix.Wrap(p.File, e, before, after)
		}
	}
	return edits
}

func pathParts(v *checks.Value) []checks.Part { return v.PathText().Parts() }
