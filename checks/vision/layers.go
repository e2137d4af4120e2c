package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// layerFromRequest is PML3130.
var layerFromRequest = &checks.Rule{
	Spec:  infoPML3130,
	Knows: []string{"builtins.{getattr,setattr}", "torchvision.models.**", "timm.models.**"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Lookup, models.Exec, models.Attribute},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		switch {
		case path.Kind == models.Lookup:
			if path.Sink.Note != models.NoteLayer {
				return
			}
		case c == nil || !c.Symbol.Is("builtins.getattr", "builtins.setattr") || !ofNetwork(c):
			return
		}
		if checks.OnlyMadeOf(path) || checks.Vetted(p, path, nil) {
			return
		}
		node := path.Node
		e, _ := node.(ast.Expr)
		if c != nil {
			e, _ = checks.GivenNode(path).(ast.Expr)
			if a := c.Arg(1, ""); path.Kind != models.Lookup && a != nil && a.Node != nil {
				node, e = a.Node, a.Node
			}
		}
		made := e
		switch e.(type) {
		case *ast.Name, *ast.Attribute:
			if given := givenIn(p, c, e); given != nil {
				made = given
			}
		}
		if d, ok := made.(*ast.Dict); ok { // of which the keys are names
			for _, key := range d.Keys {
				if _, constant := key.(*ast.Str); key != nil && !constant {
					e = key
				}
			}
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: checks.AllowOnly(p, path, e, "EXPOSED_LAYERS", "layer not exposed")})
	},
}

// ofNetwork reports whether getattr or setattr is given a network, or a part of one.
func ofNetwork(c *checks.Call) bool {
	a := c.Arg(0, "")
	if a == nil {
		return false
	}
	for _, v := range c.Given(a.Value) {
		if class := v.Class(); class != nil && isModule(class) {
			return true
		}
		name := v.Name()
		for _, prefix := range networkMakers {
			if strings.HasPrefix(name, prefix) && strings.Contains(name, "()") && !strings.Contains(name, "load_state_dict") {
				return true
			}
		}
		if loaded, ok := strings.CutPrefix(name, "transformers."); ok && strings.Contains(loaded, "Model") && strings.Contains(loaded, ".from_pretrained()") {
			return true
		}
	}
	return false
}

// networkMakers begin the names of what makes networks, and of their parts.
var networkMakers = [...]string{"torch.nn.", "torchvision.models.", "timm.", "torch.jit.", "torch.hub.load()", "torch.load()", "segmentation_models_pytorch.", "monai.networks.nets."}

// givenIn is the dict that the function of a call assigns to a name or an attribute, nil where it assigns none.
func givenIn(p *checks.Pass, c *checks.Call, e ast.Expr) ast.Expr {
	if c == nil || !p.Holds(e) {
		return nil
	}
	var out ast.Expr
	text := p.File.Text(e)
	ast.InspectStmts(checks.BodyOf(c.Frame), func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Stop() <= e.Pos() && len(a.Targets) == 1 && p.File.Text(a.Targets[0]) == text {
			if d, ok := a.Value.(*ast.Dict); ok {
				out = d
			}
		}
		return true
	})
	return out
}
