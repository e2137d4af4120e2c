package training

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// hubMirror is PML1323.
var hubMirror = &checks.Rule{
	Spec: infoPML1323,
	On: []string{
		"os.environ.{setdefault,update}", "os.putenv",
		"huggingface_hub.{snapshot_download,hf_hub_download,HfApi}",
	},
	To:    []string{"os.environ[]"},
	Knows: []string{"huggingface_hub.constants.ENDPOINT"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !isText(s.Key, "HF_ENDPOINT") || !unofficial(s.Value) || !fineTunes(s.Frame) {
			return
		}
		if stmt := p.StmtOf(s.Node); stmt != nil {
			p.Report(checks.Report{Node: stmt, Fix: checks.Fix(true, "download from the Hub itself", fix.RemoveStmt(p.File, stmt))})
		}
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Is("os.environ.setdefault", "os.putenv"):
			key, value := c.Arg(0, "key"), c.Arg(1, "value")
			if key == nil || value == nil || !isText(key.Value, "HF_ENDPOINT") || !unofficial(value.Value) {
				return
			}
		case c.Symbol.Is("os.environ.update"):
			if !updatesEndpoint(c) {
				return
			}
		default:
			a := c.Arg(-1, "endpoint")
			if a == nil || !unofficial(a.Value) || !fineTunes(c.Frame) {
				return
			}
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "download from the Hub itself", checks.RemoveArg(p, c, a))})
			return
		}
		if !fineTunes(c.Frame) {
			return
		}
		var edits []fix.Edit
		if stmt, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && !c.Symbol.Is("os.environ.update") {
			edits = fix.RemoveStmt(p.File, stmt)
		} else if c.Symbol.Is("os.environ.update") {
			edits = dropEndpoint(p, c)
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "download from the Hub itself", edits)})
	},
}

func updatesEndpoint(c *checks.Call) bool {
	if a := c.Arg(-1, "HF_ENDPOINT"); a != nil {
		return unofficial(a.Value)
	}
	if a := c.Arg(0, ""); a != nil {
		if e := c.Key(a.Value, "HF_ENDPOINT"); e != nil {
			return unofficial(e.Value)
		}
	}
	return false
}

func dropEndpoint(p *checks.Pass, c *checks.Call) []fix.Edit {
	if a := c.Arg(-1, "HF_ENDPOINT"); a != nil {
		return checks.RemoveArg(p, c, a)
	}
	a := c.Arg(0, "")
	d, ok := a.Node.(*ast.Dict)
	if !ok {
		return nil
	}
	for _, key := range d.Keys {
		if k, ok := key.(*ast.Str); ok && k.Value == "HF_ENDPOINT" {
			return fix.RemoveElement(p.File, d, k)
		}
	}
	return nil
}

// unofficial reports whether a value is the constant address of a public host that is not the
// Hub's.
func unofficial(v *checks.Value) bool {
	t, ok := v.Text()
	if !ok {
		return false
	}
	u, err := url.Parse(t)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, own := range [...]string{"huggingface.co", "hf.co"} {
		if host == own || strings.HasSuffix(host, "."+own) {
			return false
		}
	}
	return !checks.InternalHost(host)
}

// fineTunes reports whether the files around a function train a pretrained model, and none of
// them compares the digest of what was downloaded.
func fineTunes(f *checks.Frame) bool {
	for _, b := range f.Everywhere() {
		if b.Function() == nil && comparesDigest(b.Module().File) {
			return false
		}
	}
	for _, b := range f.Everywhere() {
		for _, c := range b.Calls {
			name := c.Symbol.String()
			last := name[strings.LastIndexByte(name, '.')+1:]
			switch {
			case strings.HasPrefix(name, "trl.") && strings.HasSuffix(last, "Trainer"),
				c.Symbol.Is("transformers.Trainer", "transformers.Seq2SeqTrainer", "peft.get_peft_model"):
				if pretrained(c, c.Arg(0, "model")) {
					return true
				}
			case last == "parameters" && c.Receiver.Origin() != nil && strings.HasSuffix(c.Receiver.Origin().Symbol.String(), ".from_pretrained") && computesGradients(b):
				return true
			}
		}
	}
	return false
}

// comparesDigest reports whether a file compares the digest of something.
func comparesDigest(file *ast.File) bool {
	digests := map[string]bool{}
	holds := func(n ast.Node) bool {
		found := false
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || digests[n.Id]
			case *ast.Call:
				name := strings.ToLower(checks.LastName(n.Fn))
				found = found || strings.Contains(name, "digest") || strings.Contains(name, "sha256")
			}
			return !found
		})
		return found
	}
	compared := false
	ast.InspectStmts(file.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if name, ok := n.Targets[0].(*ast.Name); ok && holds(n.Value) {
				digests[name.Id] = true
			}
		case *ast.Compare:
			compared = compared || holds(n)
		case *ast.Call:
			compared = compared || checks.LastName(n.Fn) == "compare_digest"
		}
		return !compared
	})
	return compared
}

// pretrained reports whether an argument is a model that was downloaded, or the name of one.
func pretrained(c *checks.Call, a *checks.Argument) bool {
	if a == nil {
		return false
	}
	for _, given := range c.Given(a.Value) {
		for _, v := range given.Alternatives() {
			if _, name := v.Text(); name {
				return true
			}
			made := v.Origin()
			if made == nil {
				continue
			}
			switch name := made.Symbol.String(); {
			case strings.HasSuffix(name, ".from_pretrained"), strings.HasPrefix(name, "huggingface_hub.") && strings.HasSuffix(name, "_download"):
				return true
			case name == "peft.get_peft_model":
				return pretrained(made, made.Arg(0, "model"))
			}
		}
	}
	return false
}

// computesGradients reports whether the file of a function trains by hand.
func computesGradients(f *checks.Frame) bool {
	for _, b := range f.Beside() {
		for _, c := range b.Calls {
			if c.Does() == models.Backward {
				return true
			}
		}
	}
	return false
}

// jobFromRequest is PML1324.
var jobFromRequest = &checks.Rule{
	Spec: infoPML1324,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Ingest},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteTuning || checks.ServesOnly(p, path, reviewers...) {
			return
		}
		if path.Mark.Label == models.Upload && readRecordByRecord(path) || checks.LookedUp(p, path) {
			return
		}
		before, after, node := "", `["TRAINING_FILE_ID"]`, chosenPart(path)
		if strings.HasSuffix(path.Call.Symbol.String(), "files.create") || strings.HasSuffix(path.Call.Symbol.String(), "files.upload") {
			before, after, node = "open(", `["TRAINING_FILE"], "rb")`, checks.GivenNode(path)
		}
		f := checks.FixAt(p, node, func(there *checks.Pass) *fix.Fix {
			environ, imports := fix.Reach(there.File, "os.environ", "import os", fix.BeforeFirstImport)
			return checks.Fix(true, "train on a file that the operator names", checks.Replace(there, node, before+environ+after), imports)
		})
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: f})
	},
}

// chosenPart is the expression of the address or id itself in the settings of a job.
func chosenPart(path *checks.Path) ast.Node {
	v, node := path.Value, checks.GivenNode(path)
	chosen := func(v *checks.Value, n ast.Node) bool {
		return n != nil && v.Labels(models.NoSink).Has(path.Mark.Label)
	}
	for range 6 {
		found := false
		for _, e := range path.Entries(v) {
			if chosen(e.Value, e.Node) {
				v, node, found = e.Value, e.Node, true
				break
			}
		}
		if items, _, ok := path.Items(v); ok && !found {
			for _, it := range items {
				if chosen(it.Value, it.Node) {
					v, node, found = it.Value, it.Node, true
					break
				}
			}
		}
		if !found {
			break
		}
	}
	return node
}

// reviewers are the words that tell of a route for some people only.
var reviewers = []string{"admin", "staff", "permission", "role", "reviewer", "superuser", "annotator", "maintainer"}

// readRecordByRecord reports whether the function that uploads takes the file apart before, and
// refuses what it cannot read.
func readRecordByRecord(path *checks.Path) bool {
	for _, c := range path.Frame.Calls {
		if c.Node.Pos() >= path.Call.Node.Pos() {
			continue
		}
		if parsesJSON(c) {
			return true
		}
		given := func(a checks.Argument) bool { return checks.Carries(path, a.Value) }
		for _, f := range c.Enters() {
			if slices.ContainsFunc(c.Args, given) && slices.ContainsFunc(f.Calls, parsesJSON) {
				return true
			}
		}
	}
	return false
}

func parsesJSON(c *checks.Call) bool { return c.Symbol.Is("json.loads", "orjson.loads", "ujson.loads") }

// destructiveRate is PML1325.
var destructiveRate = &checks.Rule{
	Spec: infoPML1325,
	On: []string{
		"transformers.{Trainer,Seq2SeqTrainer}", "trl.{SFTTrainer,DPOTrainer,KTOTrainer,ORPOTrainer,CPOTrainer,GRPOTrainer,RLOOTrainer}",
		"torch.optim.{Adam,AdamW}", "torch.optim.{adam.Adam,adamw.AdamW}",
	},
	Knows: []string{"transformers.{TrainingArguments,Seq2SeqTrainingArguments}", "trl.*", "transformers.*.from_pretrained", "peft.{get_peft_model,prepare_model_for_kbit_training}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if strings.HasPrefix(c.Symbol.String(), "torch.") {
			ownOptimizer(p, c)
			return
		}
		model, args := c.Arg(0, "model"), c.Arg(1, "args")
		if model == nil || args == nil || !allCausal(c, model.Value) || trainsPart(c, model.Value) {
			return
		}
		if a := c.Arg(-1, "peft_config"); a != nil && !a.Value.IsNone() || c.HasRest() {
			return
		}
		for _, given := range c.Given(args.Value) {
			settings := given.Origin()
			if settings == nil {
				continue
			}
			rate := settings.Arg(-1, "learning_rate")
			if rate == nil || otherOptimizer(settings) || !tooLarge(rate.Value) {
				continue
			}
			if in := p.Project.Module(settings.Frame.Module()); in != nil {
				p.Report(checks.Report{Node: checks.ArgNode(settings, rate), In: in, Fix: checks.SetConstant(p.There(in), settings, rate, "2e-5")})
			}
		}
	},
}

// allCausal reports whether every model that the project gives a trainer is a pretrained causal language model.
func allCausal(c *checks.Call, model *checks.Value) bool {
	given := c.Given(model)
	for _, v := range given {
		if !causal(v, strings.HasPrefix(c.Symbol.String(), "trl.")) {
			return false
		}
	}
	return len(given) > 0
}

func tooLarge(v *checks.Value) bool {
	n, ok := v.Number()
	return ok && n >= 1e-3
}

// causal reports whether a value is a pretrained causal language model, or, where a trainer
// loads it itself, the name of a model.
func causal(v *checks.Value, byName bool) bool {
	if id, ok := v.Text(); ok {
		return byName && hubModel(id)
	}
	return loadsCausal(v.Origin())
}

// loadsCausal reports whether a call loads a pretrained causal language model.
func loadsCausal(made *checks.Call) bool {
	if made == nil || made.Symbol == nil {
		return false
	}
	name := made.Symbol.String()
	if !strings.HasPrefix(name, "transformers.") || !strings.HasSuffix(name, "CausalLM.from_pretrained") && !strings.HasSuffix(name, "LMHeadModel.from_pretrained") {
		return false
	}
	id := made.Arg(0, "pretrained_model_name_or_path")
	if id == nil {
		return false
	}
	t, ok := id.Value.Text()
	return !ok || hubModel(t)
}

func hubModel(id string) bool {
	return id != "" && !strings.Contains(id, "tiny-random") && !strings.HasPrefix(id, ".") && !strings.HasPrefix(id, "/") && !strings.HasPrefix(id, "~")
}

// trainsPart reports whether the file freezes some of a model, or trains an adapter.
func trainsPart(c *checks.Call, model *checks.Value) bool {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Symbol.Is("peft.get_peft_model", "peft.prepare_model_for_kbit_training") || o.Method == "add_adapter" || o.Method == "requires_grad_" && len(o.Args) == 1 && checks.Off(o.Args[0].Value) {
				return true
			}
		}
	}
	frozen := false
	ast.InspectStmts(c.Frame.Body().Module().File.Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.Assign); ok {
			for _, t := range s.Targets {
				a, ok := t.(*ast.Attribute)
				frozen = frozen || ok && a.Attr.Id == "requires_grad"
			}
		}
		return !frozen
	})
	return frozen
}

func otherOptimizer(settings *checks.Call) bool {
	a := settings.Arg(-1, "optim")
	if a == nil {
		return false
	}
	t, ok := a.Value.Text()
	return !ok || strings.HasPrefix(t, "adafactor") || strings.HasPrefix(t, "sgd")
}

// ownOptimizer reports Adam over all of a language model's parameters, at a rate for training
// from scratch.
func ownOptimizer(p *checks.Pass, c *checks.Call) {
	params := c.Arg(0, "params")
	if params == nil || params.Value.Origin() == nil || params.Value.Origin().Method != "parameters" {
		return
	}
	model := params.Value.Origin().Receiver
	own := ofLightning(c, params)
	if !own && (!causal(model, false) || !computesGradients(c.Frame)) || trainsPart(c, model) || c.HasRest() {
		return
	}
	rate := c.Arg(1, "lr")
	switch {
	case rate == nil:
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "train at a rate for fine-tuning", fix.AddKeyword(p.File, c.Node, "lr", "2e-5"))})
	case tooLarge(rate.Value):
		p.Report(checks.Report{Node: checks.ArgNode(c, rate), Fix: checks.SetConstant(p, c, rate, "2e-5")})
	}
}

// ofLightning reports whether parameters are those of a Lightning module, `self.parameters()`,
// that holds a language model and trains it.
func ofLightning(c *checks.Call, params *checks.Argument) bool {
	class, _, self := checks.MethodClass(c.Frame)
	if class == nil || params.Node == nil {
		return false
	}
	own := slices.ContainsFunc(c.Frame.SpelledOut(params.Node), func(at flow.Spelled) bool {
		all, ok := at.Expr.(*ast.Call)
		if !ok {
			return false
		}
		of, ok := all.Fn.(*ast.Attribute)
		if !ok || of.Attr.Id != "parameters" {
			return false
		}
		name, ok := of.Value.(*ast.Name)
		return ok && name.Id == self
	})
	if !own {
		return false
	}
	holds, trains := false, false
	for _, f := range beside(c.Frame) {
		_, method, _ := checks.MethodClass(f)
		trains = trains || method == "training_step"
		for _, o := range f.Calls {
			holds = holds || loadsCausal(o)
		}
	}
	return holds && trains
}

// mergedUnchecked is PML1327.
var mergedUnchecked = &checks.Rule{
	Spec: infoPML1327,
	On: []string{
		"{peft.PeftModel,transformers.PreTrainedModel}().{merge_and_unload,merge_adapter}",
		"diffusers.DiffusionPipeline().fuse_lora",
	},
	Knows: []string{"peft.*.from_pretrained", "{peft.PeftModel,transformers.PreTrainedModel}().load_adapter", "diffusers.DiffusionPipeline().load_lora_weights"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		option := "safe_merge"
		if c.Method == "fuse_lora" {
			option = "safe_fusing"
		}
		check := c.Arg(-1, option)
		if c.HasRest() || check != nil && !checks.Off(check.Value) || !foreignAdapter(c) {
			return
		}
		f := checks.Fix(false, "look for broken weights before merging", fix.AddKeyword(p.File, c.Node, option, "True"))
		if check != nil {
			f = checks.SetConstant(p, c, check, "True")
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
	},
}

// foreignAdapter reports whether the adapter of a model comes from the Hub or from a caller.
func foreignAdapter(c *checks.Call) bool {
	made := c.Receiver.Origin()
	if made == nil {
		return false
	}
	if name := made.Symbol.String(); strings.HasPrefix(name, "peft.") {
		pos := 1
		if strings.Contains(name, "Auto") {
			pos = 0
		}
		if a := first(made, pos, "model_id", "pretrained_model_name_or_path"); a != nil && strings.HasSuffix(name, "from_pretrained") && (foreign(a.Value) && !writtenHere(made, a.Value) || a.Value.IsParameter() && namedByCaller(made)) {
			return true
		}
	}
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Method != "load_adapter" && o.Method != "load_lora_weights" || o.Receiver.Origin() == nil || o.Receiver.Origin().Node != made.Node {
				continue
			}
			if a := first(o, 0, "model_id", "pretrained_model_name_or_path_or_dict", "peft_model_id"); a != nil && foreign(a.Value) && !writtenHere(o, a.Value) {
				return true
			}
		}
	}
	return false
}

// namedByCaller reports whether a request names what a call loads.
func namedByCaller(made *checks.Call) bool {
	for _, path := range made.Frame.Paths(models.ModelSource) {
		if path.Call != nil && path.Call.Node == made.Node && (path.Mark.Label == models.User || path.Mark.Label == models.Upload) {
			return true
		}
	}
	return false
}

func foreign(v *checks.Value) bool {
	if t, ok := v.Text(); ok {
		return hubModel(t) && strings.Count(t, "/") == 1 && !strings.HasSuffix(t, "/") && !strings.Contains(t, " ")
	}
	return v.Labels(models.ModelSource).Any(models.Labels(models.User, models.Upload))
}
