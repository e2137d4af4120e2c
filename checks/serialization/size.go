package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// tensorSize is PML1212.
var tensorSize = &checks.Rule{
	Spec: infoPML1212,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != "" || !checks.StaysNumber(path) {
			return
		}
		if name := c.Symbol.String(); !strings.HasPrefix(name, "torch.") && !strings.HasPrefix(c.Method, "new_") {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: bound(p, path, "1024")})
	},
}

// bound wraps the numbers that a request chooses, alone or in a shape, in min().
func bound(p *checks.Pass, path *checks.Path, most string) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if !ok {
		return nil
	}
	var edits []fix.Edit
	for _, n := range numbersOf(path, e) {
		edits = append(edits, fix.Wrap(p.File, n, "min(int(", "), "+most+")")...)
	}
	return checks.Fix(true, "bound the number", edits)
}

// numbersOf lists the elements of a shape that carry a caller's number; a lone number is its
// own shape.
func numbersOf(path *checks.Path, e ast.Expr) []ast.Expr {
	var elements []ast.Expr
	switch x := e.(type) {
	case *ast.Tuple:
		elements = x.Elts
	case *ast.List:
		elements = x.Elts
	default:
		return []ast.Expr{e}
	}
	items, _, ok := path.Items(path.Value)
	if !ok || len(items) != len(elements) {
		return nil
	}
	var out []ast.Expr
	for i, it := range items {
		if it.Value.Labels(models.Size).Has(models.User) || carriesParameter(it.Value) {
			out = append(out, elements[i])
		}
	}
	return out
}

// carriesParameter reports whether a value is made of what a caller hands in.
func carriesParameter(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == models.NoLabel && !m.Clean.Has(models.Size) {
			return true
		}
	}
	return false
}

// layerSize is PML1229.
var layerSize = &checks.Rule{
	Spec:  infoPML1229,
	Knows: []string{"keras.layers.*", "keras.Input"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case c == nil:
		case path.Sink.Note == flow.NoteRounds:
			if loop := loopOver(p, c.Node); loop != nil && makesLayers(c, loop) {
				e, _ := path.Node.(ast.Expr)
				p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request decides how many layers a Keras model has", Fix: checks.Fix(true, "bound the number", fix.Wrap(p.File, e, "min(int(", "), 16)"))})
			}
		case c.Symbol.Under("keras"):
			p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request decides how large a Keras layer is", Fix: bound(p, path, "1024")})
		}
	},
}

// loopOver is the loop or comprehension that runs over a range.
func loopOver(p *checks.Pass, n ast.Node) ast.Node {
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.For:
			if x.Iter.Range().Contains(n.Range()) {
				return x
			}
		case *ast.Comp:
			return x
		}
	}
	return nil
}

// makesLayers reports whether a Keras layer is made or added in a loop.
func makesLayers(c *checks.Call, loop ast.Node) bool {
	for _, o := range c.Frame.Calls {
		if loop.Range().Contains(o.Node.Range()) && o.Symbol.Under("keras.layers") {
			return true
		}
	}
	return false
}

// logFolder is PML1225.
var logFolder = &checks.Rule{
	Spec: infoPML1225,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is("tensorflow.summary.create_file_writer", "tensorflow.summary.FileWriter", "keras.callbacks.TensorBoard",
			"torch.utils.tensorboard.SummaryWriter", "torch.utils.tensorboard.writer.SummaryWriter", "tensorboardX.SummaryWriter", "tensorflow.profiler.experimental.start",
			"lightning.pytorch.loggers.TensorBoardLogger", "lightning.pytorch.loggers.tensorboard.TensorBoardLogger") {
			return
		}
		re, imports := fix.Reach(p.File, "re.sub", "import re", fix.BeforeFirstImport)
		edits := wrapParts(p, path, re+`(r"[^A-Za-z0-9_-]", "_", `, ")", func(v *checks.Value) bool {
			return v.Labels(models.Path).Has(models.User) || carriesPath(v)
		})
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.Fix(true, "keep to plain names", edits, imports)})
	},
}

func carriesPath(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == models.NoLabel && !m.Clean.Has(models.Path) {
			return true
		}
	}
	return false
}
