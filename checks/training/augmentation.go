package training

import (
	"maps"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of augmentations that make another class of a sample.

const imageGenerator = "keras.preprocessing.image.ImageDataGenerator"

// turnedLabels is PML1308.
var turnedLabels = &checks.Rule{
	Spec: infoPML1308,
	On: []string{
		"torchvision.datasets.{MNIST,QMNIST,EMNIST,USPS,SVHN,GTSRB,mnist.MNIST,mnist.QMNIST,mnist.EMNIST,usps.USPS,svhn.SVHN,gtsrb.GTSRB}",
		"keras.datasets.mnist.load_data", "tensorflow_datasets.load", "datasets.load_dataset",
	},
	Knows: append(slices.Sorted(maps.Keys(turning)), imageGenerator, imageGenerator+"().flow", "keras.Model().fit"),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !bearing(c) || labelsDropped(c) {
			return
		}
		if name := c.Symbol.String(); strings.HasPrefix(name, "torchvision.") {
			pos := 2
			if strings.HasSuffix(name, "EMNIST") || strings.HasSuffix(name, "QMNIST") {
				pos = -1
			}
			if a := c.Arg(pos, "transform"); a != nil {
				reportTurns(p, turnsOf(c.Frame, a.Node, a.Value))
			}
			return
		}
		for _, f := range c.Frame.Everywhere() {
			for _, use := range f.Calls {
				reportTurns(p, turnedBy(c, use))
			}
		}
	},
}

// bearings are the data sets whose classes depend on which way is up, as other libraries name them.
var bearings = map[string]bool{"mnist": true, "ylecun/mnist": true, "emnist": true, "svhn_cropped": true, "svhn": true, "ufldl-stanford/svhn": true}

// bearing reports whether a call loads a data set whose classes depend on orientation.
func bearing(c *checks.Call) bool {
	tfds := c.Symbol.Is("tensorflow_datasets.load")
	if !tfds && !c.Symbol.Is("datasets.load_dataset") {
		return true
	}
	a := c.Arg(0, "name")
	if a == nil {
		a = c.Arg(0, "path")
	}
	if a == nil {
		return false
	}
	id, _ := a.Value.Text()
	if tfds { // mnist:3.0.1, emnist/letters
		id, _, _ = strings.Cut(id, ":")
		id, _, _ = strings.Cut(id, "/")
	}
	return bearings[id]
}

// turn is a call that mirrors or turns a sample, or its keyword that does.
type turn struct {
	call *checks.Call
	arg  *checks.Argument
}

// turnedBy lists the turns that a call gives to samples of a data set together with their labels.
func turnedBy(data, use *checks.Call) []turn {
	of := func(a *checks.Argument) bool { return a != nil && made(use.Frame, a.Node, data) }
	switch {
	case use.Method == "flow" && use.Receiver != nil && use.Receiver.Origin() != nil && use.Receiver.Origin().Symbol.Is(imageGenerator):
		if use.Arg(1, "y") != nil && of(use.Arg(0, "x")) {
			return generatorTurns(use.Receiver.Origin())
		}
	case use.Method == "fit" && (use.Symbol == nil || use.Symbol.Is("keras.Model().fit")):
		x := use.Arg(0, "x")
		if y := use.Arg(1, "y"); of(x) && (y == nil || !sameText(y.Node, x.Node)) {
			return turnsOf(use.Frame, receiverOf(use), nil)
		}
	case use.Method == "map" || use.Method == "set_transform" || use.Method == "with_transform":
		fn := use.Arg(0, "map_func")
		for _, name := range [...]string{"function", "transform"} {
			if fn == nil {
				fn = use.Arg(0, name)
			}
		}
		if fn != nil && made(use.Frame, receiverOf(use), data) && keepsLabel(use, fn) {
			return turnsOf(use.Frame, fn.Node, fn.Value)
		}
	}
	return nil
}

// receiverOf is the expression of which a call is a method, nil for other calls.
func receiverOf(c *checks.Call) ast.Expr {
	if a, ok := c.Node.Fn.(*ast.Attribute); ok {
		return a.Value
	}
	return nil
}

// sameText reports whether two expressions are one name: the labels of an autoencoder are its
// samples.
func sameText(a, b ast.Expr) bool {
	return checks.LastName(a) != "" && checks.LastName(a) == checks.LastName(b)
}

// made reports whether an expression is made of what a call gives.
func made(f *checks.Frame, e ast.Expr, by *checks.Call) bool {
	for in := range f.MadeOf(e) {
		if in.Call != nil && in.Call.Node == by.Node {
			return true
		}
	}
	return false
}

// turnsOf lists the turns that a transform is made of: a pipeline, a function or an instance of
// the project that applies one, a model that begins with one.
func turnsOf(f *checks.Frame, e ast.Expr, v *checks.Value) []turn {
	var out []turn
	for in := range f.MadeOf(e) {
		if in.Call == nil {
			continue
		}
		if turns(in.Call) {
			out = append(out, turn{call: in.Call})
		}
		for _, g := range in.Call.Enters() {
			if g.Class() == nil {
				continue
			}
			for _, h := range g.Beside() {
				if h.Class() == g.Class() {
					out = append(out, turnsIn(h)...)
				}
			}
		}
	}
	if fn := v.Function(); fn != nil {
		if g := f.AnalysisOf(fn); g != nil {
			out = append(out, turnsIn(g)...)
		}
	}
	return out
}

// turnsIn lists the turns that the code of a frame makes or applies.
func turnsIn(f *checks.Frame) []turn {
	var out []turn
	for _, c := range f.Calls {
		if turns(c) {
			out = append(out, turn{call: c})
			continue
		}
		for in := range f.MadeOf(c.Node.Fn) {
			if in.Call != nil && turns(in.Call) {
				out = append(out, turn{call: in.Call})
			}
		}
		for _, g := range c.Enters() { // a helper
			for _, o := range g.Calls {
				if turns(o) {
					out = append(out, turn{call: o})
				}
			}
		}
	}
	return out
}

// turning lists what mirrors or turns samples, with what decides about it: the argument of a
// probability, or that of an angle with the least one that counts.
var turning = func() map[string]decides {
	out := map[string]decides{}
	for _, module := range [...]string{"torchvision.transforms.", "torchvision.transforms.v2.", "torchvision.transforms.transforms."} {
		out[module+"RandomHorizontalFlip"] = decides{at: checks.At{Pos: 0, Name: "p"}}
		out[module+"RandomVerticalFlip"] = decides{at: checks.At{Pos: 0, Name: "p"}}
		out[module+"RandomRotation"] = decides{at: checks.At{Pos: 0, Name: "degrees"}, least: 90}
	}
	for _, name := range [...]string{"HorizontalFlip", "VerticalFlip", "Flip", "RandomRotate90", "Transpose", "D4"} {
		out["albumentations."+name] = decides{at: checks.At{Pos: -1, Name: "p"}}
	}
	for _, module := range [...]string{"keras.layers.", "keras.layers.experimental.preprocessing."} {
		out[module+"RandomFlip"] = decides{}
		out[module+"RandomRotation"] = decides{at: checks.At{Pos: 0, Name: "factor"}, least: 0.25} // of a full turn
	}
	out["tensorflow.image.random_flip_left_right"] = decides{}
	out["tensorflow.image.random_flip_up_down"] = decides{}
	return out
}()

type decides struct {
	at    checks.At
	least float64
}

// turns reports whether a call makes a transform that mirrors or turns by a quarter or more, or
// does so itself.
func turns(c *checks.Call) bool {
	for _, name := range c.Symbol.Names() {
		d, ok := turning[name]
		if !ok {
			continue
		}
		a := c.Arg(d.at.Pos, d.at.Name)
		if d.least > 0 {
			return largest(c, a) >= d.least
		}
		return d.at.Name == "" || a == nil || !checks.Off(a.Value)
	}
	return false
}

// largest is the largest angle that an argument allows: a number, or a range.
func largest(c *checks.Call, a *checks.Argument) float64 {
	if a == nil {
		return 0
	}
	if n, ok := a.Value.Number(); ok {
		return max(n, -n)
	}
	out := 0.0
	items, _, _ := c.Items(a.Value)
	for _, it := range items {
		if n, ok := it.Value.Number(); ok {
			out = max(out, n, -n)
		}
	}
	return out
}

// generatorTurns lists the keywords by which a generator of images mirrors or turns them.
func generatorTurns(c *checks.Call) []turn {
	var out []turn
	for _, name := range [...]string{"horizontal_flip", "vertical_flip"} {
		if a := c.Arg(-1, name); a != nil && checks.On(a.Value) {
			out = append(out, turn{c, a})
		}
	}
	if a := c.Arg(-1, "rotation_range"); a != nil && largest(c, a) >= 90 {
		out = append(out, turn{c, a})
	}
	return out
}

// keepsLabel reports whether a function that maps samples leaves their labels as they are: it
// does not compute them of what it does.
func keepsLabel(use *checks.Call, arg *checks.Argument) bool {
	fn := arg.Value.Function()
	if fn == nil || len(fn.Params.List) < 2 || fn.Params.List[1].Name == nil {
		return true
	}
	f := use.Frame.AnalysisOf(fn)
	if f == nil {
		return true
	}
	keeps := func(out ast.Expr) bool {
		t, ok := out.(*ast.Tuple)
		if !ok || len(t.Elts) < 2 {
			return ok || fn.Params.List[1].Name == nil || checks.UsesName(out, fn.Params.List[1].Name.Id)
		}
		for in := range f.MadeOf(t.Elts[1]) {
			if in.Param == fn.Params.List[1] {
				return true
			}
		}
		return false
	}
	if fn.Lambda != nil {
		return keeps(fn.Lambda.Body)
	}
	all := true
	if fn.Def != nil {
		for _, out := range returnsOf(fn.Def.Body) {
			all = all && keeps(out)
		}
	}
	return all
}

// returnsOf lists what the statements of a function return.
func returnsOf(body []ast.Stmt) []ast.Expr {
	var out []ast.Expr
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Return:
			if n.Value != nil {
				out = append(out, n.Value)
			}
		}
		return true
	})
	return out
}

// labelsDropped reports whether the labels of a data set are not used: what takes batches of it
// apart throws them away, and nothing fits a model to them.
func labelsDropped(data *checks.Call) bool {
	dropped := false
	for _, f := range data.Frame.Everywhere() {
		for _, c := range f.Calls {
			if c.Does() == models.Fit && !c.Symbol.Is("lightning.pytorch.Trainer().fit") {
				return false
			}
		}
		used, thrown := labelsIn(f, data)
		if used {
			return false
		}
		dropped = dropped || thrown
	}
	return dropped
}

// labelsIn tells whether the code of a frame uses the labels of batches, or throws them away.
func labelsIn(f *checks.Frame, data *checks.Call) (used, thrown bool) {
	body := checks.BodyOf(f)
	note := func(target ast.Expr, in []ast.Stmt) {
		t, ok := target.(*ast.Tuple)
		if !ok || len(t.Elts) != 2 {
			return
		}
		if inner, ok := t.Elts[1].(*ast.Tuple); ok && len(inner.Elts) == 2 { // enumerate
			t = inner
		}
		label, ok := t.Elts[1].(*ast.Name)
		if !ok {
			return
		}
		if strings.HasPrefix(label.Id, "_") || !readIn(in, label.Id) {
			thrown = true
		} else {
			used = true
		}
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.For:
			if made(f, n.Iter, data) {
				note(n.Target, n.Body)
			}
		case *ast.Assign:
			if batch, ok := n.Value.(*ast.Name); ok && len(n.Targets) == 1 && (batch.Id == "batch" || batch.Id == "data") {
				note(n.Targets[0], body)
			}
		}
		return true
	})
	return used, thrown
}

// readIn reports whether statements read a name for more than to move it to a device.
func readIn(body []ast.Stmt, id string) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if len(n.Targets) == 1 {
				if t, ok := n.Targets[0].(*ast.Name); ok && t.Id == id {
					return false // y = y.to(device)
				}
				if t, ok := n.Targets[0].(*ast.Tuple); ok && checks.UsesName(t, id) {
					return false // x, y = x.to(device), y.to(device); x, y = batch
				}
			}
		case *ast.Name:
			found = found || n.Id == id
		}
		return !found
	})
	return found
}

// reportTurns reports each turn where it is made.
func reportTurns(p *checks.Pass, list []turn) {
	for _, t := range list {
		in := p.Project.Module(t.call.Frame.Module())
		if in == nil {
			continue
		}
		r := checks.Report{Node: t.call.Node, In: in}
		if t.arg != nil {
			r.Node = checks.ArgNode(t.call, t.arg)
			if in == p.Module {
				value := "False"
				if t.arg.Name == "rotation_range" {
					value = "15"
				}
				r.Fix = checks.SetConstant(p, t.call, t.arg, value)
			}
		} else {
			r.Fix = withoutTurn(in, t.call)
		}
		p.Report(r)
	}
}

// withoutTurn takes a transform out of what holds it.
func withoutTurn(m *checks.Module, c *checks.Call) *fix.Fix {
	const does = "leave the orientation as it is"
	around := m.Around(c.Node)
	if len(around) < 2 {
		return nil
	}
	file := m.File
	switch up := around[len(around)-2].(type) {
	case *ast.List:
		return checks.Fix(true, does, fix.RemoveElement(file, up, c.Node))
	case *ast.Tuple:
		return checks.Fix(true, does, fix.RemoveElement(file, up, c.Node))
	case *ast.Keyword:
		if call, ok := around[len(around)-3].(*ast.Call); ok {
			return checks.Fix(true, does, fix.RemoveArg(file, call, up))
		}
	case *ast.Call:
		stmt, alone := m.StmtOf(c.Node).(*ast.ExprStmt)
		switch {
		case up.Fn == ast.Expr(c.Node) && len(up.Args) > 0: // RandomFlip()(x)
			return checks.Fix(true, does, []fix.Edit{fix.ReplaceNode(file, up, file.Text(up.Args[0]))})
		case alone && stmt.Value == ast.Expr(up) && checks.LastName(up.Fn) != "": // steps.append(…)
			return checks.Fix(true, does, fix.RemoveStmt(file, stmt))
		}
	}
	if c.Symbol.Is("tensorflow.image.random_flip_left_right", "tensorflow.image.random_flip_up_down") && len(c.Node.Args) > 0 {
		if a, ok := m.StmtOf(c.Node).(*ast.Assign); ok && a.Value == ast.Expr(c.Node) && len(a.Targets) == 1 && file.Text(a.Targets[0]) == file.Text(c.Node.Args[0]) {
			return checks.Fix(true, does, fix.RemoveStmt(file, a))
		}
		return checks.Fix(true, does, []fix.Edit{fix.ReplaceNode(file, c.Node, file.Text(c.Node.Args[0]))})
	}
	return nil
}
