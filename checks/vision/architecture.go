package vision

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// evalArchitecture is PML3131.
var evalArchitecture = &checks.Rule{
	Spec: infoPML3131,
	On:   []string{"builtins.eval"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "")
		if a == nil {
			return
		}
		switch c.Node.Fn.(type) {
		case *ast.Name, *ast.Attribute:
		default:
			return
		}
		look := lookup(a.Value)
		if look == nil || look.value.Value.Fixed() || oneName(look.value.Value) || !imported(p, look.name) || spelled(p, look.value.Node) || reportedElsewhere(look) || makesLoss(p, c, look) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: look.fix(p, c)})
	},
}

// oneName reports whether a value is known to be a name without a dot: what it is looked up in has
// it, or has not.
func oneName(v *checks.Value) bool {
	marks := v.Marks()
	return len(marks) > 0 && !slices.ContainsFunc(marks, func(m checks.Mark) bool { return !m.Lacks(".") })
}

// attribute is a look-up `NAME.{value}` or `NAME.{value}(ARGS)` in text.
type attribute struct {
	name  string
	value checks.Part
	call  string // "(ARGS)" or ""
}

var moduleName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\.$`)

// arguments matches an argument list of constants and names.
var arguments = regexp.MustCompile(`^\(([\w\s.,=*'"\-\[\]]*)\)$`)

// lookup reads the text that eval is given.
func lookup(v *checks.Value) *attribute {
	parts := v.Parts()
	if len(parts) < 2 || len(parts) > 3 || parts[0].Value != nil || parts[1].Value == nil || parts[1].Conv {
		return nil
	}
	m := moduleName.FindStringSubmatch(strings.TrimSpace(parts[0].Text))
	if m == nil {
		return nil
	}
	l := &attribute{name: m[1], value: parts[1]}
	if len(parts) == 3 {
		if parts[2].Value != nil || !arguments.MatchString(strings.TrimSpace(parts[2].Text)) {
			return nil
		}
		l.call = strings.TrimSpace(parts[2].Text)
	}
	return l
}

// spelled reports whether what is evaluated is the spelling of an object, repr(x), and no name.
func spelled(p *checks.Pass, n ast.Node) bool {
	if n == nil || !p.Holds(n) {
		return false
	}
	around := p.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		if c, ok := around[i].(*ast.Call); ok {
			switch checks.LastName(c.Fn) {
			case "repr", "ascii":
				return true
			case "eval":
				return false
			}
		}
	}
	return false
}

// imported reports whether the file imports the module under that name.
func imported(p *checks.Pass, name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return p.Imports(first)
}

// reportedElsewhere leaves values from requests beside nn., torch. or models. to PML1206, and
// losses and metrics to PML1223.
func reportedElsewhere(l *attribute) bool {
	first, _, _ := strings.Cut(l.name, ".")
	if first != "nn" && first != "torch" && first != "models" {
		return false
	}
	labels := l.value.Value.Labels(models.NoSink)
	return labels.Any(models.Labels(models.User, models.Upload))
}

// makesLoss reports whether what is looked up is a loss or a metric by the names around it:
// what is assigned, the value, the module.
func makesLoss(p *checks.Pass, c *checks.Call, l *attribute) bool {
	names := l.name
	if l.value.Node != nil && l.value.Mod.File == p.File {
		names += " " + p.File.Text(l.value.Node)
	}
	switch s := p.StmtOf(c.Node).(type) {
	case *ast.Assign:
		for _, t := range s.Targets {
			names += " " + p.File.Text(t)
		}
	case *ast.Return:
		if f := c.Frame.Function(); f != nil {
			names += " " + f.Name
		}
	}
	names = strings.ToLower(names)
	return strings.Contains(names, "loss") || strings.Contains(names, "criteri") || strings.Contains(names, "metric")
}

// fix replaces eval by getattr.
func (l *attribute) fix(p *checks.Pass, c *checks.Call) *fix.Fix {
	if l.value.Node == nil || l.value.Mod.File != p.File {
		return nil
	}
	return checks.Fix(false, "look the name up with getattr", checks.Replace(p, c.Node, "getattr("+l.name+", "+p.File.Text(l.value.Node)+")"+l.call))
}

// dropoutAlwaysOn is PML3134.
var dropoutAlwaysOn = &checks.Rule{
	Spec: infoPML3134,
	On:   []string{"torch.nn.functional.{dropout,dropout1d,dropout2d,dropout3d}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		class, method, self := checks.MethodClass(c.Frame)
		if class == nil || self == "" || !isModule(class) || c.Arg(2, "training") != nil || c.HasRest() {
			return
		}
		if sampling(class.Name) || sampling(method) || whileTraining(p, c) || meantToStayOn(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "follow the module's mode: training="+self+".training", fix.AddKeyword(p.File, c.Node, "training", self+".training"))})
	},
}

// isModule reports whether a class is a torch module, by what is known of its bases or by
// the names that transformers and torch_geometric give theirs.
func isModule(c *checks.ProjectClass) bool {
	if c.Extends("torch.nn.Module") {
		return true
	}
	for _, k := range c.Linear() {
		for _, b := range k.Bases {
			name := b.Name()
			name = name[strings.LastIndexByte(name, '.')+1:]
			if strings.HasSuffix(name, "PreTrainedModel") || name == "MessagePassing" || name == "LightningModule" {
				return true
			}
		}
	}
	return false
}

// meantToStayOn reports whether a comment on the call's lines says so.
func meantToStayOn(p *checks.Pass, c *checks.Call) bool {
	src := p.File.Source
	first, last := src.Line(c.Node.Start), src.Line(c.Node.End)
	for _, k := range p.File.Comments {
		line := src.Line(k.Start)
		if line < first || line > last {
			continue
		}
		t := strings.ToLower(src.Slice(k.Span))
		if strings.Contains(t, "always") || strings.Contains(t, "even at inference") || strings.Contains(t, "even in eval") || strings.Contains(t, "even during eval") || strings.Contains(t, "monte carlo") || strings.Contains(t, "mc dropout") {
			return true
		}
	}
	return false
}

// sampling reports whether a name says that dropout is meant to stay on.
func sampling(name string) bool {
	l := strings.ToLower(name)
	for _, word := range strings.Split(l, "_") {
		if word == "sample" || word == "sampling" {
			return true
		}
	}
	return strings.Contains(name, "MC") || strings.Contains(l, "monte") || strings.Contains(l, "bayes") || strings.HasPrefix(l, "mc_") || strings.Contains(l, "_mc_") || strings.HasSuffix(l, "_mc")
}

// whileTraining reports whether the call is under `if self.training:`.
func whileTraining(p *checks.Pass, c *checks.Call) bool {
	around := p.Around(c.Node)
	for i, n := range around {
		if f, ok := n.(*ast.FunctionDef); ok && i+1 < len(around) && leavesInEvaluation(f.Body, c.Node) {
			return true
		}
		switch n := n.(type) {
		case *ast.If:
			if i+1 < len(around) && readsTraining(n.Test) && within(n.Body, c.Node) {
				return true
			}
		case *ast.IfExp:
			if readsTraining(n.Test) && n.Body.Range().Contains(c.Node.Range()) {
				return true
			}
		}
	}
	return false
}

// leavesInEvaluation reports whether a body returns where training is off before it gets to
// a node: `if not self.training: return x`.
func leavesInEvaluation(body []ast.Stmt, n ast.Node) bool {
	for _, s := range body {
		if s.Range().Contains(n.Range()) {
			return false
		}
		test, ok := s.(*ast.If)
		if !ok || len(test.Orelse) > 0 || len(test.Body) == 0 || !skipsTraining(test.Test) {
			continue
		}
		switch test.Body[len(test.Body)-1].(type) {
		case *ast.Return, *ast.Raise:
			return true
		}
	}
	return false
}

// skipsTraining reports whether a test is true whenever training is off.
func skipsTraining(test ast.Expr) bool {
	switch t := test.(type) {
	case *ast.UnaryOp:
		return t.Op == "not" && readsTraining(t.Operand)
	case *ast.BoolOp:
		for _, v := range t.Values {
			if t.Or && skipsTraining(v) {
				return true
			}
		}
	}
	return false
}

func within(body []ast.Stmt, n ast.Node) bool {
	for _, s := range body {
		if s.Range().Contains(n.Range()) {
			return true
		}
	}
	return false
}

// readsTraining reports whether a test needs `.training` to be true.
func readsTraining(test ast.Expr) bool {
	switch t := test.(type) {
	case *ast.Attribute:
		return t.Attr.Id == "training"
	case *ast.BoolOp:
		for _, v := range t.Values {
			if !t.Or && readsTraining(v) {
				return true
			}
		}
	case *ast.Compare:
		return false
	}
	return false
}
