package training

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const kerasStopping = "keras.callbacks.EarlyStopping"

// earlyStopping is PML1317.
var earlyStopping = &checks.Rule{
	Spec: infoPML1317,
	On: []string{
		kerasStopping, "keras.callbacks.early_stopping.EarlyStopping", "keras.src.callbacks.EarlyStopping",
		"lightning.pytorch.callbacks.EarlyStopping", "lightning.pytorch.callbacks.early_stopping.EarlyStopping",
	},
	Knows: []string{"lightning.pytorch.Trainer"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		monitor := textArg(c, 0, "monitor")
		if isKeras(c) && c.Arg(0, "monitor") == nil && !c.HasRest() {
			monitor = "val_loss"
		}
		if mode := c.Arg(-1, "mode"); mode != nil && monitor != "" {
			if t, _ := mode.Value.Text(); t == "max" && falls(monitor) || t == "min" && rises(monitor) {
				p.Report(checks.Report{
					Node: c.Node, Message: "Early stopping takes a change of " + monitor + " for the worse as an improvement",
					Fix: checks.SetConstant(p, c, mode, `"`+map[string]string{"max": "min", "min": "max"}[t]+`"`),
				})
				return
			}
		}
		fit := usedBy(c)
		if fit == nil {
			return
		}
		if strings.HasPrefix(monitor, "val_") && fit.Method != "" && fit.Does() == models.Fit && !validates(fit) && isKeras(c) {
			p.Report(checks.Report{
				Node: c.Node, Message: "Early stopping watches " + monitor + ", which this fit never computes",
				Fix: addValidation(p, c, fit, monitor),
			})
			return
		}
		patience, epochs := c.Arg(-1, "patience"), fit.Arg(-1, "epochs")
		if patience == nil && isKeras(c) {
			patience = c.Arg(2, "patience")
		}
		if epochs == nil {
			epochs = fit.Arg(-1, "max_epochs")
		}
		if patience == nil || epochs == nil {
			return
		}
		n, ok1 := patience.Value.Number()
		m, ok2 := epochs.Value.Number()
		if !ok1 || !ok2 || m <= 0 || n < m {
			return
		}
		p.Report(checks.Report{
			Node: c.Node, Message: "Early stopping waits for more epochs than there are",
			Fix: checks.SetConstant(p, c, patience, strconv.Itoa(max(1, int(m)/10))),
		})
	},
}

func isKeras(c *checks.Call) bool {
	return c.Symbol.Is(kerasStopping, "keras.callbacks.early_stopping.EarlyStopping", "keras.src.callbacks.EarlyStopping")
}

func textArg(c *checks.Call, pos int, name string) string {
	a := c.Arg(pos, name)
	if a == nil {
		return ""
	}
	t, _ := a.Value.Text()
	return t
}

// falls and rises tell whether a metric gets smaller or larger as a model gets better.
func falls(metric string) bool {
	return endsIn(metric, "loss", "error", "mse", "mae", "rmse", "perplexity")
}

func rises(metric string) bool {
	return endsIn(metric, "acc", "accuracy", "auc", "f1", "precision", "recall", "iou")
}

func endsIn(s string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(strings.ToLower(s), e) {
			return true
		}
	}
	return false
}

// usedBy returns the one call that trains with a callback: keras' fit, or the making of a
// lightning trainer. It is nil where there is none, or where there are several.
func usedBy(made *checks.Call) *checks.Call {
	var found *checks.Call
	for _, f := range made.Frame.Beside() {
		for _, c := range f.Calls {
			if c.Does() != models.Fit && !c.Symbol.Is("lightning.pytorch.Trainer") {
				continue
			}
			a := c.Arg(-1, "callbacks")
			if a == nil || !holdsCall(c, a.Value, made) {
				continue
			}
			if found != nil && found.Node != c.Node {
				return nil
			}
			found = c
		}
	}
	return found
}

func holdsCall(c *checks.Call, v *checks.Value, made *checks.Call) bool {
	items, _, ok := c.Items(v)
	if !ok {
		return v.Origin() != nil && v.Origin().Node == made.Node
	}
	for _, it := range items {
		if o := it.Value.Origin(); o != nil && o.Node == made.Node && !it.Maybe {
			return true
		}
	}
	return false
}

// validates reports whether a fit measures on data of its own, or may.
func validates(fit *checks.Call) bool {
	if fit.HasRest() {
		return true
	}
	for _, name := range [...]string{"validation_data", "validation_split"} {
		a := fit.Arg(-1, name)
		if a == nil {
			continue
		}
		if n, ok := a.Value.Number(); a.Value.IsNone() || ok && n == 0 {
			continue
		}
		return true
	}
	return len(fit.Args) > 5 && fit.Arg(5, "") != nil
}

// addValidation splits data for validation off, or watches the metric of the training where the
// data cannot be split.
func addValidation(p *checks.Pass, c, fit *checks.Call, monitor string) *fix.Fix {
	if p.Holds(fit.Node) && fit.Arg(1, "y") != nil {
		if old := fit.Arg(-1, "validation_split"); old != nil {
			return checks.SetConstant(p, fit, old, "0.1")
		}
		if fit.Arg(-1, "validation_data") != nil {
			return checks.Fix(true, "hold data back for validation", append(fix.RemoveKeyword(p.File, fit.Node, "validation_data"), fix.AddKeyword(p.File, fit.Node, "validation_split", "0.1")...))
		}
		return checks.Fix(true, "hold data back for validation", fix.AddKeyword(p.File, fit.Node, "validation_split", "0.1"))
	}
	metric := strconv.Quote(strings.TrimPrefix(monitor, "val_"))
	if a := c.Arg(0, "monitor"); a != nil {
		return checks.SetConstant(p, c, a, metric)
	}
	return checks.Fix(true, "watch "+metric, fix.AddKeyword(p.File, c.Node, "monitor", metric))
}
