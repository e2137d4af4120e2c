package infrastructure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// trainedAsTest is PML2232.
var trainedAsTest = &checks.Rule{
	Spec: infoPML2232,
	On: []string{
		"mlflow.{log_metric,log_metrics}", "mlflow.{MlflowClient,client.MlflowClient,tracking.MlflowClient,tracking.client.MlflowClient}().log_metric",
		"wandb.log", "{wandb.init(),wandb.run,wandb.Run(),wandb.sdk.wandb_run.Run()}.{log,summary.update}",
		"{comet_ml.Experiment(),comet_ml.OfflineExperiment(),comet_ml.ExistingExperiment(),comet_ml.start(),comet_ml.get_global_experiment()}.{log_metric,log_metrics}",
		"{torch.utils.tensorboard,tensorboardX,torch.utils.tensorboard.writer}.SummaryWriter().add_scalar", "aim.{Run,sdk.run.Run}().track",
		"{neptune.init_run(),neptune.init(),neptune.Run()}[].{append,log}", "?.{log_metric,log_metrics,add_scalar}",
	},
	Knows: []string{"sklearn.model_selection.train_test_split", "sklearn.metrics.*"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, m := range metricsOf(c) {
			if m.value == nil || !ofHeldOut(m.name) {
				continue
			}
			if at, ok := onTraining(c.Frame, m.value); ok {
				p.Report(checks.Report{Node: c.Node, Fix: onHeldOut(p, at)})
				return
			}
		}
	},
	To: []string{"{wandb.init(),wandb.run,wandb,wandb.Run()}.summary[]", "{neptune.init_run(),neptune.init(),neptune.Run()}[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.Key == nil || s.From == nil {
			return
		}
		name, ok := s.Key.Text()
		if !ok || !ofHeldOut(name) {
			return
		}
		if at, ok := onTraining(s.Frame, s.From); ok {
			if stmt := p.StmtOf(s.Node); stmt != nil {
				p.Report(checks.Report{Node: stmt, Fix: onHeldOut(p, at)})
			}
		}
	},
}

// metric is a number that a tracker is told under a name.
type metric struct {
	name  string
	value ast.Expr
}

// metricsOf lists the metrics that a call tells a tracker.
func metricsOf(c *checks.Call) []metric {
	at := func(name, value *checks.Argument) []metric {
		if name == nil || value == nil || value.Unpacked {
			return nil
		}
		text, _ := name.Value.Text()
		return []metric{{text, value.Node}}
	}
	first := func(pos int, names ...string) *checks.Argument {
		for _, n := range names {
			if a := c.Arg(pos, n); a != nil {
				return a
			}
		}
		return nil
	}
	switch checks.CalledName(c) {
	case "log_metric":
		if strings.Contains(c.Symbol.String(), "MlflowClient") {
			return at(c.Arg(1, "key"), c.Arg(2, "value"))
		}
		return at(first(0, "key", "name"), c.Arg(1, "value"))
	case "add_scalar":
		return at(c.Arg(0, "tag"), c.Arg(1, "scalar_value"))
	case "track":
		return at(c.Arg(-1, "name"), c.Arg(0, "value"))
	case "append", "log":
		if fn, ok := c.Node.Fn.(*ast.Attribute); ok {
			if item, ok := fn.Value.(*ast.Subscript); ok {
				if s, ok := item.Index.(*ast.Str); ok && len(c.Args) > 0 && c.Args[0].Node != nil {
					return []metric{{s.Value, c.Args[0].Node}}
				}
			}
		}
	}
	a := first(0, "metrics", "data", "dic", "d")
	if a == nil {
		return nil
	}
	entries, _, _ := c.Entries(a.Value)
	var out []metric
	for _, e := range entries {
		if n, ok := e.Node.(ast.Expr); ok {
			out = append(out, metric{e.Name, n})
		}
	}
	return out
}

// ofHeldOut reports whether a metric by its name is one of data that nothing was trained on.
func ofHeldOut(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("/_-. ", r) })
	if slices.Contains(words, "train") || slices.Contains(words, "training") {
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"test", "val", "valid", "validation", "holdout", "heldout", "eval"}, w)
	})
}

// measured is a call that measures a model, in the code of a frame.
type measured struct {
	frame *checks.Frame
	call  *ast.Call
}

// onTraining finds the measurement that an expression stands for, where all of its data are parts for training.
func onTraining(f *checks.Frame, e ast.Expr) (measured, bool) {
	for _, s := range f.SpelledOut(e) {
		n, ok := s.Expr.(*ast.Call)
		if !ok {
			continue
		}
		if name := checks.LastName(n.Fn); (name == "float" || name == "round") && len(n.Args) > 0 {
			return onTraining(s.Frame, n.Args[0])
		}
		c := s.Frame.CallAt(n)
		if c == nil || c.Method != "score" && !c.Symbol.Under("sklearn.metrics") {
			continue
		}
		seen := false
		for i := range c.Args {
			a := &c.Args[i]
			if a.Node == nil || a.Pos > 1 || a.Name != "" && !slices.Contains([]string{"X", "y", "y_true", "y_pred", "y_score", "y_prob", "y_proba"}, a.Name) {
				continue
			}
			if !ofTraining(s.Frame, a.Node) {
				return measured{}, false
			}
			seen = true
		}
		if seen {
			return measured{s.Frame, n}, true
		}
	}
	return measured{}, false
}

// ofTraining reports whether an expression is made of parts for training, and of no others.
func ofTraining(f *checks.Frame, e ast.Expr) bool {
	training := false
	for in := range f.MadeOf(e) {
		if in.Call == nil || !in.Call.Symbol.Is("sklearn.model_selection.train_test_split") {
			continue
		}
		if len(in.Steps) == 0 {
			return false
		}
		i, err := strconv.Atoi(in.Steps[0])
		if err != nil || i%2 == 1 {
			return false
		}
		training = true
	}
	return training
}

// onHeldOut measures on the counterparts of the parts for training.
func onHeldOut(p *checks.Pass, m measured) *fix.Fix {
	if !p.Holds(m.call) {
		return nil
	}
	other := map[string]string{}
	ast.InspectStmts(checks.BodyOf(m.frame), func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok || len(s.Targets) != 1 {
			return true
		}
		c, ok := s.Value.(*ast.Call)
		if !ok {
			return true
		}
		if split := m.frame.CallAt(c); split == nil || !split.Symbol.Is("sklearn.model_selection.train_test_split") {
			return true
		}
		elts := checks.Elements(s.Targets[0])
		for i := 0; i+1 < len(elts); i += 2 {
			other[p.File.Text(elts[i])] = p.File.Text(elts[i+1])
		}
		return true
	})
	var edits []fix.Edit
	for _, a := range m.call.Args {
		before := len(edits)
		ast.Inspect(a, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && other[p.File.Text(e)] != "" {
				switch e.(type) {
				case *ast.Name, *ast.Attribute:
					edits = append(edits, checks.Replace(p, e, other[p.File.Text(e)])...)
					return false
				}
			}
			return true
		})
		if len(edits) == before {
			return nil // made of it elsewhere
		}
	}
	return checks.Fix(true, "measure on the part that was held out", edits)
}
