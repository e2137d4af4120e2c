package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the words for what a service gives its models.

// predictors are the methods by which a model is asked.
var predictors = []string{"predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"}

// question is a call that asks a model, with the rows that it is asked about.
type question struct {
	call *checks.Call
	rows ast.Expr
}

// loadedNetworks are the calls that read a network which is then called like a function.
var loadedNetworks = []string{"torch.load()", "torch.jit.load()", "keras.models.load_model()", "tensorflow.keras.models.load_model()", "keras.saving.load_model()"}

// questions lists the calls that ask a model in the files that are analysed together.
func questions(p *checks.Pass, f *checks.Frame, more ...string) []question {
	return checks.OfGroup(p, "questions to models "+strings.Join(more, " "), func() []question {
		var out []question
		for _, name := range slices.Concat(predictors, more) {
			for _, c := range f.CallsNamed(name) {
				a := c.Arg(0, "X")
				if a == nil {
					a = c.Arg(0, "data")
				}
				if a == nil && len(c.Args) > 0 {
					a = &c.Args[0]
				}
				if a != nil && a.Node != nil && c.Node.Fn != nil && receiverOf(c) != nil {
					out = append(out, question{c, a.Node})
				}
			}
		}
		for _, c := range f.CallsNamed("run") {
			if c.Symbol.Is("onnxruntime.InferenceSession().run") || strings.Contains(c.Receiver.Name(), "InferenceSession") {
				if a := c.Arg(1, "input_feed"); a != nil && a.Node != nil {
					out = append(out, question{c, a.Node})
				}
			}
		}
		for _, g := range f.Everywhere() {
			for _, c := range g.Calls {
				if c.Symbol.Is(loadedNetworks...) && len(c.Args) > 0 && c.Args[0].Node != nil {
					out = append(out, question{c, c.Args[0].Node})
				}
			}
		}
		return out
	})
}

// askedAbout lists the questions whose rows are made of what a call gives.
func askedAbout(p *checks.Pass, c *checks.Call, more ...string) []question {
	var out []question
	for _, q := range questions(p, c.Frame, more...) {
		if q.call.Node != c.Node && madeOf(q.call.Frame, q.rows, c) {
			out = append(out, q)
		}
	}
	return out
}

// trainedHere reports whether the model that is asked is fitted in the function that asks it, or in that of a call.
func trainedHere(q question, c *checks.Call) bool {
	model := receiverOf(q.call)
	if model == nil {
		return false
	}
	made := q.call.Receiver.Origin()
	if made != nil && strings.HasPrefix(made.Method, "fit") {
		return true
	}
	text := checks.ChainText(model)
	for _, f := range []*checks.Frame{q.call.Frame, c.Frame} {
		for _, o := range f.Calls {
			switch o.Method {
			case "fit", "partial_fit", "fit_predict", "fit_transform":
				e := receiverOf(o)
				if o.Node == c.Node || e == nil {
					continue
				}
				from := o.Receiver.Origin()
				if text != "" && checks.ChainText(e) == text || made != nil && from != nil && from.Node == made.Node {
					return true
				}
			}
		}
	}
	return false
}

// requested reports whether a value is what a request, or a user of a page, gives, or was made of that; at is its expression.
func requested(c *checks.Call, v *checks.Value, at ...ast.Expr) bool {
	is := func(m checks.Mark) bool { return m.Label == models.User || m.Label == models.Upload }
	if slices.ContainsFunc(c.Behind(v), is) || slices.ContainsFunc(c.Deep(v), is) {
		return true
	}
	for _, e := range at {
		for in := range c.Frame.MadeOf(e) { // numbers that were made of text on the way
			if in.Call != nil && slices.ContainsFunc(in.Call.Result.Marks(), is) {
				return true
			}
		}
	}
	return false
}

// modelName is the name of a model in the style of scikit-learn's that is asked; "" where it has no plain name, or may be
// another one.
func modelName(p *checks.Pass, q question) string {
	e := receiverOf(q.call)
	name, ok := e.(*ast.Name)
	if !ok || !p.Holds(e) {
		return ""
	}
	if o := q.call.Receiver.Origin(); o == nil || o.Symbol == nil || !o.Symbol.Under("sklearn") && !isLoad(o.Symbol.String()) {
		return ""
	}
	return name.Id
}
