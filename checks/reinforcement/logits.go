package reinforcement

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	torchCategorical = "torch.distributions.{Categorical,OneHotCategorical,OneHotCategoricalStraightThrough,categorical.Categorical,one_hot_categorical.OneHotCategorical}"
	otherCategorical = "{tensorflow_probability.distributions.Categorical,tensorflow_probability.python.distributions.Categorical,tensorflow_probability.substrates.jax.distributions.Categorical,distrax.Categorical}"
	tfCategorical    = "tensorflow.random.categorical"
	jaxCategorical   = "jax.random.categorical"
)

// softmaxes are functions that give probabilities.
var softmaxes = []string{"torch.softmax", "torch.nn.functional.softmax", "torch.special.softmax", "torch.Tensor().softmax", "tensorflow.nn.softmax", "tensorflow.keras.activations.softmax", "keras.activations.softmax", "keras.ops.softmax", "jax.nn.softmax"}

// softmaxLayers are layers that give probabilities, sequences networks that are made of a list of layers.
var (
	softmaxLayers = []string{"torch.nn.Softmax", "tensorflow.keras.layers.Softmax", "keras.layers.Softmax"}
	sequences     = []string{"torch.nn.Sequential", "tensorflow.keras.Sequential", "tensorflow.keras.models.Sequential", "keras.Sequential", "keras.models.Sequential"}
	denseLayers   = []string{"tensorflow.keras.layers.Dense", "keras.layers.Dense"}
	kerasModels   = []string{"tensorflow.keras.Model", "tensorflow.keras.models.Model", "keras.Model", "keras.models.Model"}
)

// probabilitiesAsLogits is PML3303.
var probabilitiesAsLogits = &checks.Rule{
	Spec:  infoPML3303,
	On:    []string{torchCategorical, otherCategorical, tfCategorical, jaxCategorical},
	Knows: joined(softmaxes, softmaxLayers, sequences, denseLayers, kerasModels),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos := 1
		if !c.Symbol.Under("torch") && !c.Symbol.Is(jaxCategorical) {
			pos = 0
		}
		a := c.Arg(pos, "logits")
		if a == nil || a.Node == nil || c.Partial {
			return
		}
		for in := range c.Frame.StandsFor(a.Node) {
			if in.Call != nil && givesProbabilities(in.Call) {
				p.Report(checks.Report{Node: a.Node, Fix: asProbabilities(p, c, a)})
				return
			}
		}
	},
}

func joined(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// givesProbabilities reports whether a call takes the softmax: a function or a layer that does, or a network that ends in one.
func givesProbabilities(c *checks.Call) bool {
	if c.Symbol.Is(softmaxes...) || c.Method == "softmax" {
		return true
	}
	return endsInSoftmax(c.Callee, c, 0)
}

// endsInSoftmax reports whether what is called is a layer that takes the softmax, or a network that ends in one.
func endsInSoftmax(v *checks.Value, c *checks.Call, depth int) bool {
	made := v.Origin()
	if made == nil || depth > 3 {
		return false
	}
	switch {
	case made.Symbol.Is(softmaxLayers...):
		return true
	case made.Symbol.Is(denseLayers...):
		a := made.Arg(1, "activation")
		if a == nil {
			return false
		}
		text, _ := a.Value.Text()
		return text == "softmax" || a.Value.Is(softmaxes...)
	case made.Symbol.Is(sequences...):
		var last *checks.Value
		for i := range made.Args {
			if a := &made.Args[i]; a.Name == "" && !a.Rest {
				last = a.Value
			}
		}
		if a := made.Arg(-1, "layers"); a != nil {
			last = a.Value
		}
		if added := lastAdded(made); added != nil {
			return endsInSoftmax(added, made, depth+1)
		}
		if last == nil || made.HasRest() {
			return false
		}
		if items, open, ok := made.Items(last); ok {
			if len(items) == 0 || open {
				return false
			}
			last = items[len(items)-1].Value
		}
		return endsInSoftmax(last, made, depth+1)
	case made.Symbol.Is(kerasModels...):
		a := made.Arg(1, "outputs")
		return a != nil && a.Value.Origin() != nil && givesProbabilities(a.Value.Origin())
	}
	return false
}

// lastAdded is the layer that a function adds last to a network.
func lastAdded(made *checks.Call) *checks.Value {
	var last *checks.Value
	for _, o := range made.Frame.Calls {
		if o.Method == "add" && o.Receiver.Origin() == made && len(o.Args) > 0 {
			last = o.Args[0].Value
		}
	}
	return last
}

// asProbabilities hands the probabilities in as what they are.
func asProbabilities(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	const message = "hand probabilities in as such"
	text := p.File.Text(a.Node)
	switch {
	case c.Symbol.Is(tfCategorical):
		log, imports := fix.Reach(p.File, "tensorflow.math.log", "import tensorflow as tf", fix.InSection)
		return checks.Fix(true, message, checks.Replace(p, a.Node, log+"("+text+")"), imports)
	case c.Symbol.Is(jaxCategorical):
		log, imports := fix.Reach(p.File, "jax.numpy.log", "import jax.numpy as jnp", fix.InSection)
		return checks.Fix(true, message, checks.Replace(p, a.Node, log+"("+text+")"), imports)
	case a.Keyword != nil && strings.HasPrefix(p.File.Text(a.Keyword), "logits"):
		start := int(a.Keyword.Pos())
		return checks.Fix(true, message, []fix.Edit{{Start: start, End: start + len("logits"), New: "probs"}})
	case a.Name == "" && a.Pos == 0 && len(c.Node.Args) == 1:
		start := int(p.File.Parens(a.Node).Start)
		return checks.Fix(true, message, []fix.Edit{{Start: start, End: start, New: "probs="}})
	}
	return nil
}
