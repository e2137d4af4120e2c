package nlp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of text that is longer than a model can take.

// lengthCalls are the names that the functions of this file ask for.
var lengthCalls = slices.Concat(modelRuns, []string{
	"transformers.PreTrainedTokenizerBase()", "transformers.PreTrainedTokenizerBase().{encode,encode_plus,batch_encode_plus}", "transformers.{pipeline,pipelines.pipeline}", "transformers.*.from_pretrained", "transformers.Pipeline()",
})

// withoutMaximum names checkpoints whose tokenizers state no maximum.
var withoutMaximum = regexp.MustCompile(`(?i)(^|/)(m?deberta-v3-|xlnet-|mt5-|byt5-)`)

// endlessTokenizer is PML3225.
var endlessTokenizer = &checks.Rule{
	Spec:  infoPML3225,
	Knows: lengthCalls,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document},
	Into:  []checks.SinkKind{models.Length},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		made := tokenizerOf(path)
		if made == nil || made.Arg(-1, "model_max_length") != nil || !namedAs(made, withoutMaximum) || isGiven(c, "max_length") || !p.Holds(c.Node) || inPieces(path) || setsMaximum(p) || !reachesModel(p, c) {
			return
		}
		repair := fix.AddArgument(p.File, c.Node, "truncation=True, max_length=512")
		if k := fix.KeywordOf(c.Node, "truncation"); k != nil {
			repair = []fix.Edit{{Start: int(k.Stop()), End: int(k.Stop()), New: ", max_length=512"}}
			if a := c.Arg(-1, "truncation"); a != nil && (checks.Off(a.Value) || a.Value.IsNone()) {
				repair = append(checks.Replace(p, k.Value, "True"), repair...)
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Covers: path.Node, Fix: checks.Fix(false, "cut the text: max_length=512", repair)})
	},
}

// isGiven reports whether a call is given an argument that is not None, or may be.
func isGiven(c *checks.Call, name string) bool {
	a := c.Arg(-1, name)
	return a == nil && c.HasRest() || a != nil && !a.Value.IsNone()
}

// tokenizerOf is the call that made the tokenizer at the end of a path; nil for other ends.
func tokenizerOf(path *checks.Path) *checks.Call {
	c := path.Call
	if c == nil || path.Sink.Note != models.NoteTokenized || c.Symbol.Is("transformers.Pipeline()") || checks.OnlyMadeOf(path) || path.Mark.Label == models.Upload && checks.IsFileName(path.Mark) {
		return nil
	}
	made := c.Callee.Origin()
	if made == nil {
		made = c.Receiver.Origin()
	}
	if made == nil || !strings.HasSuffix(made.Symbol.String(), ".from_pretrained") {
		return nil
	}
	return made
}

// namedAs reports whether what a call loads has a name that a pattern matches.
func namedAs(made *checks.Call, pattern *regexp.Regexp) bool {
	a := made.Arg(0, "pretrained_model_name_or_path")
	if a == nil {
		return false
	}
	return slices.ContainsFunc(checks.Possible(made, a.Value), func(v *checks.Value) bool {
		name := checks.ConstantText(v)
		return name != "" && pattern.MatchString(name)
	})
}

// pieces are functions that cut a text into parts.
var pieces = []string{"split", "rsplit", "splitlines", "partition", "rpartition", "sent_tokenize", "wrap", "shorten", "split_text", "split_documents", "create_documents", "tokenize", "finditer", "findall", "segment", "sents", "batched", "islice"}

// inPieces reports whether text was cut into parts on its way, and these were not joined again.
func inPieces(path *checks.Path) bool {
	cut, joined := false, false
	look := func(n *ast.Call) {
		name := checks.LastName(n.Fn)
		lower := strings.ToLower(name)
		cut = cut || slices.Contains(pieces, name) || strings.Contains(lower, "chunk") || strings.Contains(lower, "split") || strings.Contains(lower, "truncat")
		joined = joined || name == "join"
	}
	for _, t := range path.Trace.Steps() {
		if n, ok := t.Node.(*ast.Call); ok {
			look(n)
		}
	}
	if e, ok := checks.GivenNode(path).(ast.Expr); ok {
		for in := range path.Call.Frame.MadeOf(e) {
			if in.Call != nil {
				look(in.Call.Node)
			}
		}
	}
	return cut && !joined
}

// setsMaximum reports whether the program tells a tokenizer its maximum elsewhere.
func setsMaximum(p *checks.Pass) bool {
	return checks.OfGroup(p, "the maximum of tokenizers", func() bool {
		return slices.ContainsFunc(append([]*checks.Module{p.Module}, p.Connected()...), func(m *checks.Module) bool {
			if !m.Mentions("model_max_length") && !m.Mentions("enable_truncation") {
				return false
			}
			found := false
			ast.InspectFile(m.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Assign:
					for _, t := range n.Targets {
						if a, ok := t.(*ast.Attribute); ok {
							found = found || a.Attr.Id == "model_max_length"
						}
					}
				case *ast.Attribute:
					found = found || n.Attr.Id == "enable_truncation"
				}
				return !found
			})
			return found
		})
	})
}

// reachesModel reports whether a model is run with what a tokenizer gives, and nothing has measured that before.
func reachesModel(p *checks.Pass, c *checks.Call) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o == c || !runsModel(o) {
				continue
			}
			for i := range o.Args {
				a := &o.Args[i]
				if a.Node == nil || a.Unpacked && !a.Rest || a.Value.IsConst() {
					continue
				}
				if checks.Any(f.MadeOf(a.Node), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == c.Node }) {
					return !measuredBefore(p, c, o)
				}
			}
		}
	}
	return false
}

// runsModel reports whether a call runs a model, by what it is or else by its name.
func runsModel(c *checks.Call) bool {
	if c.Symbol.Is(modelRuns...) && !strings.Contains(c.Symbol.String(), "Tokenizer") {
		return true
	}
	if c.Symbol != nil || c.Body() != nil {
		return false
	}
	name := strings.ToLower(checks.LastName(c.Node.Fn))
	return name == "generate" || strings.HasSuffix(name, "model") || strings.HasSuffix(name, "classifier") || strings.HasSuffix(name, "encoder")
}

// measuredBefore reports whether the number of tokens is compared before a model is run.
func measuredBefore(p *checks.Pass, c, run *checks.Call) bool {
	if !p.Holds(run.Node) {
		return false
	}
	scope := checks.ScopeOf(p, run)
	if scope == nil {
		return false
	}
	for _, passed := range scope.PassedBefore(run.Node) {
		for _, test := range passed.Tests {
			measured := false
			ast.Inspect(test, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Call:
					name := checks.LastName(n.Fn)
					measured = measured || name == "len" || name == "size" || name == "numel"
				case *ast.Attribute:
					measured = measured || n.Attr.Id == "shape"
				}
				return !measured
			})
			if measured && (test.Pos() > c.Node.Pos() || passed.Scope.In != p.Module) {
				return true
			}
		}
	}
	return false
}

var (
	// learnedPositions names checkpoints whose tables of positions end.
	learnedPositions = regexp.MustCompile(`^(facebook/bart-|facebook/mbart-|sshleifer/distilbart-|(google-bert/)?bert-|(distilbert/)?distilbert-|(FacebookAI/)?roberta-|(FacebookAI/)?xlm-roberta-|(albert/)?albert-|google/electra-|(openai-community/)?gpt2(-|$)|ProsusAI/finbert$)`)
	// learnedClasses are tokenizers of such models.
	learnedClasses = regexp.MustCompile(`\.(Bart|Bert|Roberta|DistilBert|Albert|Electra|GPT2)Tokenizer(Fast)?\.from_pretrained$`)
	// cutTasks are tasks of pipelines that give the model a text as a whole.
	cutTasks = []string{"text-classification", "sentiment-analysis", "zero-shot-classification", "summarization", "feature-extraction"}
)

// positionTable is PML3219.
var positionTable = &checks.Rule{
	Spec:  infoPML3219,
	Knows: lengthCalls,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Tool},
	Into:  []checks.SinkKind{models.Length},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !p.Holds(c.Node) {
			return
		}
		if c.Symbol.Is("transformers.Pipeline()") {
			made := c.Callee.Origin()
			if made == nil || !takesWhole(made) || cuts(c) || cuts(made) || isGiven(made, "tokenizer_kwargs") && made.Arg(-1, "tokenizer_kwargs") != nil || checks.OnlyMadeOf(path) || inPieces(path) {
				return
			}
		} else {
			made := tokenizerOf(path)
			if made == nil || !namedAs(made, learnedPositions) && !learnedClasses.MatchString(made.Symbol.String()) || cuts(c) || inPieces(path) || enablesTruncation(p) || !reachesModel(p, c) {
				return
			}
		}
		repair := checks.Fix(false, "cut the text: truncation=True", fix.AddArgument(p.File, c.Node, "truncation=True"))
		if a := c.Arg(-1, "truncation"); a != nil {
			if repair = checks.SetConstant(p, c, a, "True"); repair != nil {
				repair.Unsafe = false
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Covers: path.Node, Fix: repair})
	},
}

// cuts reports whether a call says that what is too long is cut, or may say so.
func cuts(c *checks.Call) bool {
	a := c.Arg(-1, "truncation")
	return a == nil && c.HasRest() || a != nil && !checks.Off(a.Value) && !a.Value.IsNone()
}

// takesWhole reports whether a pipeline gives its text as a whole to a model whose table of positions ends.
func takesWhole(made *checks.Call) bool {
	task := made.Arg(0, "task")
	if task == nil {
		return false
	}
	name, _ := task.Value.Text()
	if !slices.Contains(cutTasks, name) {
		return false
	}
	model := made.Arg(1, "model")
	if model == nil {
		return (name == "sentiment-analysis" || name == "summarization") && !made.HasRest()
	}
	return slices.ContainsFunc(checks.Possible(made, model.Value), func(v *checks.Value) bool {
		text := checks.ConstantText(v)
		return text != "" && learnedPositions.MatchString(text)
	})
}

// enablesTruncation reports whether the program has a tokenizer cut texts by itself.
func enablesTruncation(p *checks.Pass) bool { return checks.GroupMentions(p, "enable_truncation") }
