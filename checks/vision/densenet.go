package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// halfLoaded is PML3127.
var halfLoaded = &checks.Rule{
	Spec:  infoPML3127,
	On:    []string{"torch.nn.Module().load_state_dict", "?.load_state_dict"},
	Knows: []string{"torchvision.models.**", "timm.create_model", "timm.models.create_model", "monai.networks.nets.*", "torch.hub.load"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		strict := c.Arg(1, "strict")
		if strict == nil || !checks.Off(strict.Value) || !ofDenseNet(c) || asked(p, c) || rewritten(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, strict, "True")})
	},
}

// ofDenseNet reports whether weights are loaded into a DenseNet, or an object that is or holds one.
func ofDenseNet(c *checks.Call) bool {
	if c.Receiver == nil {
		return false
	}
	for _, v := range append(c.Given(c.Receiver), c.Receiver) {
		if namesDenseNet(v.Name()) || makesDenseNet(v.Origin()) || classOfDenseNet(c, v.Class()) {
			return true
		}
	}
	if at, ok := c.Node.Fn.(*ast.Attribute); ok {
		for in := range c.Frame.StandsFor(at.Value) {
			if makesDenseNet(in.Call) {
				return true
			}
		}
	}
	return false
}

// namesDenseNet reports whether the name of a class or function is that of a DenseNet.
func namesDenseNet(name string) bool {
	if !strings.HasPrefix(name, "torchvision.models.") && !strings.HasPrefix(name, "monai.networks.nets.") && !strings.HasPrefix(name, "timm.models.") {
		return false
	}
	last := strings.TrimRight(name, "()")
	return strings.HasPrefix(strings.ToLower(last[strings.LastIndexByte(last, '.')+1:]), "densenet")
}

// makesDenseNet reports whether a call makes a DenseNet.
func makesDenseNet(c *checks.Call) bool {
	if c == nil {
		return false
	}
	if namesDenseNet(c.Symbol.String()) || namesDenseNet(c.Callee.Name()) {
		return true
	}
	var name *checks.Argument
	switch {
	case c.Symbol.Is("timm.create_model", "timm.models.create_model"):
		name = c.Arg(0, "model_name")
	case c.Symbol.Is("torch.hub.load"):
		name = c.Arg(1, "model")
	}
	if name == nil {
		return false
	}
	text, _ := name.Value.Text()
	return strings.HasPrefix(strings.ToLower(text), "densenet")
}

// classOfDenseNet reports whether a class of the project extends a DenseNet, or one of its methods makes one.
func classOfDenseNet(c *checks.Call, class *checks.ProjectClass) bool {
	if class == nil {
		return false
	}
	for _, k := range class.Linear() {
		for _, b := range k.Bases {
			if namesDenseNet(b.Name()) {
				return true
			}
		}
	}
	for _, f := range c.Frame.Everywhere() {
		if f.Class() != class || f.Function() == nil {
			continue
		}
		for _, o := range f.Calls {
			if makesDenseNet(o) {
				return true
			}
		}
	}
	return false
}

// asked reports whether the program does something with what a load says is missing.
func asked(p *checks.Pass, c *checks.Call) bool {
	receivers := checks.Receivers(p, c)
	return len(receivers) == 0 || slices.ContainsFunc(receivers, func(r *checks.Call) bool { return askedHere(p, r) })
}

func askedHere(p *checks.Pass, c *checks.Call) bool {
	switch s := p.StmtOf(c.Node).(type) {
	case *ast.ExprStmt:
		for _, n := range p.Around(c.Node) {
			if o, ok := n.(*ast.Call); ok && o != c.Node && n.Pos() >= s.Pos() {
				return true // print(…)
			}
		}
		return false
	case *ast.Assign:
		if len(s.Targets) != 1 || s.Value != ast.Expr(c.Node) {
			return true
		}
		name, ok := s.Targets[0].(*ast.Name)
		if !ok {
			return true
		}
		read := false
		ast.InspectStmts(checks.BodyOf(c.Frame), func(n ast.Node) bool {
			id, ok := n.(*ast.Name)
			read = read || ok && id.Id == name.Id && id.Pos() >= s.Stop()
			return !read
		})
		return read
	}
	return true
}

// rewriters change the keys of a dict, or take some away.
var rewriters = map[string]bool{"sub": true, "replace": true, "pop": true, "removeprefix": true, "lstrip": true, "match": true}

// rewritten reports whether the weights were renamed, or some of them left out, before they are loaded.
func rewritten(p *checks.Pass, c *checks.Call) bool {
	state := c.Arg(0, "state_dict")
	if state == nil || state.Node == nil {
		return true
	}
	for in := range c.Frame.MadeOf(state.Node) {
		if in.Call != nil && rewriters[checks.LastName(in.Call.Node.Fn)] {
			return true
		}
	}
	frames := []*checks.Frame{c.Frame}
	for in := range c.Frame.MadeOf(state.Node) {
		if in.Call != nil && in.Call.Body() != nil {
			frames = append(frames, in.Call.Body())
		}
	}
	found := false
	for _, f := range frames {
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			if f == c.Frame && n.Pos() > c.Node.Stop() {
				return false
			}
			switch n := n.(type) {
			case *ast.Comp:
				found = found || n.Key != nil // a dict with other keys, or fewer
			case *ast.Delete:
				found = true
			case *ast.Call:
				found = found || rewriters[checks.LastName(n.Fn)]
			}
			return !found
		})
	}
	return found
}
