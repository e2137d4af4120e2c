package generative

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// manyEpochs is PML5103.
var manyEpochs = &checks.Rule{
	Spec: infoPML5103,
	On: []string{
		"transformers.{Trainer,Seq2SeqTrainer}", "trl.SFTTrainer",
		"openai.OpenAI().fine_tuning.jobs.create", "{together.Together,together.AsyncTogether}().fine_tuning.create",
	},
	Knows: []string{
		"transformers.{TrainingArguments,Seq2SeqTrainingArguments}", "trl.SFTConfig", "transformers.*.from_pretrained", "transformers.EarlyStoppingCallback()",
		"unsloth.{FastLanguageModel,FastModel}.{from_pretrained,from_pretrained()[],get_peft_model}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !strings.HasPrefix(c.Symbol.String(), "transformers.") && !strings.HasPrefix(c.Symbol.String(), "trl.") {
			hostedEpochs(p, c)
			return
		}
		model, args := c.Arg(0, "model"), c.Arg(1, "args")
		if model == nil || args == nil || c.HasRest() {
			return
		}
		settings := madeBy(args.Value)
		if settings == nil || !writes(c, model.Value) {
			return
		}
		epochs := settings.Arg(-1, "num_train_epochs")
		if epochs == nil || !manyGiven(settings, epochs.Value) || mayHoldMore(settings) || evaluates(settings) || stopsEarly(c) || onFewRows(c) {
			return
		}
		in := p.Project.Module(settings.Frame.Module())
		if in == nil {
			return
		}
		there := *p
		there.Module = in
		node := checks.ArgNode(settings, epochs)
		if k := keywordOf(p, epochs); k != nil {
			node, in = k, p.Holder(k)
		}
		p.Report(checks.Report{Node: node, In: in, Fix: checks.SetConstant(&there, settings, epochs, "3")})
	},
}

// mayHoldMore reports whether a call may be given arguments that are not known.
func mayHoldMore(c *checks.Call) bool {
	return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return a.Rest && !a.Whole })
}

// keywordOf is the keyword by which a caller gives what a function hands on with `**options`; nil for other arguments.
func keywordOf(p *checks.Pass, a *checks.Argument) ast.Node {
	if !a.Unpacked || a.Given == nil {
		return nil
	}
	in := p.Holder(a.Given)
	if in == nil {
		return nil
	}
	around := in.Around(a.Given)
	if len(around) < 3 {
		return nil
	}
	k, ok := around[len(around)-2].(*ast.Keyword)
	call, _ := around[len(around)-3].(*ast.Call)
	if !ok || call == nil || k.Value != a.Given || checks.LastName(call.Fn) == "dict" {
		return nil
	}
	return k
}

// unslothModels are the models that unsloth loads, in a tuple with their tokenizers.
var unslothModels = []string{"unsloth.FastLanguageModel.from_pretrained()[]", "unsloth.FastModel.from_pretrained()[]"}

// many reports whether a number is that of a run which learns its examples by heart.
func many(v *checks.Value) bool {
	n, ok := v.Number()
	return ok && n >= 20
}

// madeBy is the call that made a value, which a helper may also not give; nil where that is not known.
func madeBy(v *checks.Value) *checks.Call {
	var made *checks.Call
	for _, a := range v.Alternatives() {
		switch o := a.Origin(); {
		case a.IsNone():
		case o == nil || made != nil && made.Node != o.Node:
			return nil
		default:
			made = o
		}
	}
	if made != nil && made.Frame != nil {
		if last := made.Frame.CallAt(made.Node); last != nil {
			return last // with what the calls of the function around it give
		}
	}
	return made
}

// manyGiven is many for a number that a helper may take as a parameter: every call gives many.
func manyGiven(c *checks.Call, v *checks.Value) bool {
	given := c.Given(v)
	for _, g := range given {
		if !many(g) {
			return false
		}
	}
	return len(given) > 0
}

// writes reports whether a value is a pretrained language model that generates text, or, for a
// trainer that loads it itself, the name of one.
func writes(c *checks.Call, v *checks.Value) bool {
	for _, g := range c.Given(v) {
		if id, ok := g.Text(); ok {
			return strings.HasPrefix(c.Symbol.String(), "trl.") && id != "" && !strings.Contains(id, "tiny-random")
		}
		if g.Is(unslothModels...) {
			return true
		}
		made := g.Origin()
		if made == nil {
			continue
		}
		switch class, last := cutLast(made.Symbol.String()); {
		case made.Symbol.Is("unsloth.FastLanguageModel.get_peft_model", "unsloth.FastModel.get_peft_model"):
			return true
		case last != "from_pretrained":
		case strings.HasSuffix(class, "CausalLM"), strings.HasSuffix(class, "Seq2SeqLM"), strings.HasSuffix(class, "LMHeadModel"):
			return true
		}
	}
	return false
}

// cutLast takes the last part off a qualified name.
func cutLast(name string) (before, last string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// evaluates reports whether the settings of a run ask for evaluation, or count its steps
// instead of its epochs.
func evaluates(settings *checks.Call) bool {
	for _, name := range [...]string{"eval_strategy", "evaluation_strategy"} {
		if a := settings.Arg(-1, name); a != nil {
			if t, ok := a.Value.Text(); !ok || t != "no" {
				return true
			}
		}
	}
	if a := settings.Arg(-1, "load_best_model_at_end"); a != nil && !checks.Off(a.Value) {
		return true
	}
	if a := settings.Arg(-1, "max_steps"); a != nil {
		n, ok := a.Value.Number()
		return !ok || n > 0
	}
	return false
}

// stopsEarly reports whether a trainer gets a callback that stops it.
func stopsEarly(trainer *checks.Call) bool {
	stops := func(c *checks.Call, v *checks.Value) bool {
		items, _, ok := c.Items(v)
		if !ok {
			return v.Is("transformers.EarlyStoppingCallback()", "transformers.EarlyStoppingCallback")
		}
		for _, it := range items {
			if it.Value.Is("transformers.EarlyStoppingCallback()") {
				return true
			}
		}
		return false
	}
	if a := trainer.Arg(-1, "callbacks"); a != nil && stops(trainer, a.Value) {
		return true
	}
	for _, f := range trainer.Frame.Beside() {
		for _, c := range f.Calls {
			if c.Method == "add_callback" && len(c.Args) > 0 && stops(c, c.Args[0].Value) {
				return true
			}
		}
	}
	return false
}

// onFewRows reports whether the training data are cut to a handful, as for a test.
func onFewRows(trainer *checks.Call) bool {
	data := trainer.Arg(-1, "train_dataset")
	if data == nil || data.Node == nil {
		return false
	}
	cuts := map[ast.Node]bool{}
	for _, c := range trainer.Frame.Calls {
		if (c.Method == "select" || c.Method == "take") && len(c.Node.Args) > 0 && handful(c.Node.Args[0]) {
			cuts[c.Node] = true
		}
	}
	return len(cuts) > 0 && madeFrom(trainer.Frame, data.Node, cuts)
}

// handful reports whether an expression is `range(n)` or n for a small n.
func handful(e ast.Expr) bool {
	if c, ok := e.(*ast.Call); ok && len(c.Args) == 1 {
		e = c.Args[0]
	}
	n, ok := e.(*ast.Number)
	if !ok {
		return false
	}
	rows, err := strconv.Atoi(n.Text)
	return err == nil && rows <= 64
}

// hostedEpochs reports a hosted job of many epochs that gets nothing to validate on.
func hostedEpochs(p *checks.Pass, c *checks.Call) {
	if a := c.Arg(-1, "validation_file"); a != nil && !a.Value.IsNone() || c.HasRest() {
		return
	}
	if a := c.Arg(-1, "n_epochs"); a != nil && strings.HasPrefix(c.Symbol.String(), "together.") {
		if many(a.Value) {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "3")})
		}
		return
	}
	settings := c.Arg(-1, "hyperparameters")
	var dict *checks.Value
	if settings != nil {
		dict = settings.Value
	} else if m := c.Arg(-1, "method"); m != nil {
		if e := c.Key(m.Value, "supervised"); e != nil {
			if h := c.Key(e.Value, "hyperparameters"); h != nil {
				dict = h.Value
			}
		}
	}
	if dict == nil {
		return
	}
	if e := c.Key(dict, "n_epochs"); e != nil && many(e.Value) && e.Node != nil && p.Holds(e.Node) {
		p.Report(checks.Report{Node: e.Node, Fix: checks.Fix(true, "train for three epochs", checks.Replace(p, e.Node, "3"))})
	}
}

// licenceColumns are the columns in which corpora of code keep the licence of each file.
var licenceColumns = map[string]bool{
	"license": true, "licenses": true, "license_type": true, "detected_licenses": true, "max_stars_repo_licenses": true,
}

// codeCorpora are the corpora of code of all licences, and whether the loader takes a list of
// licences.
var codeCorpora = map[string]bool{
	"codeparrot/github-code": true, "codeparrot/github-code-clean": true, "lvwerra/github-code": true,
	"bigcode/the-stack-v2": false, "bigcode/the-stack-v2-dedup": false,
	"bigcode/the-stack-v2-train-full-ids": false, "bigcode/the-stack-v2-train-smol-ids": false,
}

// allLicences is PML5104.
var allLicences = &checks.Rule{
	Spec:  infoPML5104,
	On:    []string{"datasets.load_dataset", "datasets.load.load_dataset"},
	Knows: []string{"transformers.{Trainer,Seq2SeqTrainer}", "trl.{SFTTrainer,SFTConfig}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		id := corpusOf(c)
		takesList, known := codeCorpora[id]
		if !known || c.HasRest() {
			return
		}
		if a := c.Arg(-1, "licenses"); a != nil && !a.Value.IsNone() || !firstLoad(c, id) || readsLicence(c) || !trainsGenerator(c.Frame) {
			return
		}
		f := checks.Fix(true, "keep the files whose licence permits it", fix.Wrap(p.File, c.Node, "", `.filter(lambda row: row["license_type"] == "permissive")`))
		if takesList {
			f = checks.Fix(true, "load the files whose licence permits it", fix.AddKeyword(p.File, c.Node, "licenses", `["mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc"]`))
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
	},
}

// corpusOf is the constant id of the data set that a call loads.
func corpusOf(c *checks.Call) string {
	a := c.Arg(0, "path")
	if a == nil {
		return ""
	}
	t, _ := a.Value.Text()
	return t
}

// firstLoad reports whether a call is the first of the project's that loads the data set.
func firstLoad(c *checks.Call, id string) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Symbol.Is("datasets.load_dataset", "datasets.load.load_dataset") && corpusOf(o) == id && before(o, c) {
				return false
			}
		}
	}
	return true
}

// before orders calls by file and place.
func before(a, b *checks.Call) bool {
	x, y := a.Frame.Module().Path, b.Frame.Module().Path
	return x < y || x == y && a.Node.Pos() < b.Node.Pos()
}

// readsLicence reports whether the program reads the column of a licence.
func readsLicence(c *checks.Call) bool {
	seen := map[*ast.File]bool{}
	found := false
	for _, f := range c.Frame.Everywhere() {
		file := f.Module().File
		if seen[file] {
			continue
		}
		seen[file] = true
		ast.InspectFile(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Subscript:
				s, ok := n.Index.(*ast.Str)
				found = found || ok && licenceColumns[s.Value]
			case *ast.Call:
				if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "get" && len(n.Args) > 0 {
					s, ok := n.Args[0].(*ast.Str)
					found = found || ok && licenceColumns[s.Value]
				}
				for _, k := range n.Keywords {
					if k.Name != nil && k.Name.Id == "input_columns" {
						ast.Inspect(k.Value, func(n ast.Node) bool {
							s, ok := n.(*ast.Str)
							found = found || ok && licenceColumns[s.Value]
							return true
						})
					}
				}
			}
			return !found
		})
	}
	return found
}

// trainsGenerator reports whether the program trains a language model or a tokenizer.
func trainsGenerator(f *checks.Frame) bool {
	for _, o := range f.Everywhere() {
		for _, c := range o.Calls {
			switch {
			case c.Symbol.Is("transformers.Trainer", "transformers.Seq2SeqTrainer", "trl.SFTTrainer"), c.Method == "train_new_from_iterator", c.Does() == models.Backward:
				return true
			}
		}
	}
	return false
}
