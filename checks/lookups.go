package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file tells what becomes of something that was looked up or evaluated by its name: whether it
// is called, and whether it is a layer, a loss or a metric.

// FunctionAround is the innermost function around a place, or the place itself where it is one; nil
// for the module.
func (m *Module) FunctionAround(n ast.Node) *ast.FunctionDef {
	around := m.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		if def, ok := around[i].(*ast.FunctionDef); ok {
			return def
		}
	}
	return nil
}

// Called reports whether what a look-up gives is called: at once, under the name that it is
// bound to, or by whoever gets it returned.
func Called(m *Module, n ast.Expr) bool {
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.Call:
			if x.Fn.Range() == n.Range() {
				return true
			}
			return wrapped(x, n)
		case *ast.Assign:
			for _, t := range x.Targets {
				if callsName(m, x, m.File.Text(t)) {
					return true
				}
			}
			return false
		case *ast.NamedExpr:
			return callsName(m, x, x.Target.Id)
		case *ast.Return:
			def := m.FunctionAround(n)
			return def != nil && callsResult(m, def.Name.Id)
		case *ast.Lambda, *ast.Dict, *ast.Attribute:
			return false
		case ast.Stmt:
			return false
		}
	}
	return false
}

// wrapped reports whether a call that is given a class makes a maker of it.
func wrapped(c *ast.Call, n ast.Expr) bool {
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
	}
	return name == "partial" && len(c.Args) > 0 && c.Args[0].Range() == n.Range()
}

// callsName reports whether the function or module around a statement calls a name.
func callsName(m *Module, at ast.Node, name string) bool {
	found := false
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || m.File.Text(n.Fn) == name
		case *ast.Return:
			if n.Value != nil && m.File.Text(n.Value) == name {
				def := m.FunctionAround(n)
				found = found || def != nil && callsResult(m, def.Name.Id)
			}
		}
		return !found
	}
	if def := m.FunctionAround(at); def != nil && !strings.Contains(name, ".") {
		ast.Inspect(def, look)
		return found
	}
	for _, s := range m.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

// callsResult reports whether the file calls what a function of it returns. Where another
// file may, it does.
func callsResult(m *Module, name string) bool {
	found, used := false, false
	for _, s := range m.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				switch fn := n.Fn.(type) {
				case *ast.Name:
					used = used || fn.Id == name
				case *ast.Attribute:
					used = used || fn.Attr.Id == name
				case *ast.Call:
					found = found || LastName(fn.Fn) == name
				}
			case *ast.Assign:
				if c, ok := n.Value.(*ast.Call); ok && LastName(c.Fn) == name && len(n.Targets) == 1 {
					found = found || callsName(m, n, m.File.Text(n.Targets[0]))
				}
			}
			return true
		})
	}
	return found || !used
}

// GivesClass reports whether an imported module is asked for a class that is called.
func GivesClass(m *Module, n ast.Expr) bool {
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.Attribute:
			return Called(m, x) || Called(m, n)
		case *ast.Call:
			if LastName(x.Fn) == "getattr" {
				return Called(m, x)
			}
			return false
		case *ast.Assign:
			return len(x.Targets) == 1 && classOfName(m, x, m.File.Text(x.Targets[0]))
		case *ast.Return:
			return true
		case ast.Stmt:
			return false
		}
	}
	return false
}

// classOfName reports whether an attribute of a named module is called in the function.
func classOfName(m *Module, at ast.Node, name string) bool {
	found := false
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if a, ok := n.Fn.(*ast.Attribute); ok && m.File.Text(a.Value) == name {
				found = true
			}
			if LastName(n.Fn) == "getattr" && len(n.Args) > 0 && m.File.Text(n.Args[0]) == name {
				found = found || Called(m, n)
			}
		}
		return !found
	}
	if def := m.FunctionAround(at); def != nil {
		ast.Inspect(def, look)
		return found
	}
	for _, s := range m.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

var layerNear = regexp.MustCompile(`(^|[^\w.])(nn|torch|models|torchvision\.models)\.([\w.]*)$`)

// NamesLayer reports whether a value stands beside `nn.`, `torch.` or `models.` in evaluated
// text.
func NamesLayer(v *Value) bool {
	parts := v.Parts()
	for i, part := range parts {
		if part.Value == nil || i == 0 || parts[i-1].Value != nil {
			continue
		}
		if layerNear.MatchString(parts[i-1].Text) {
			return true
		}
	}
	return false
}

// LossName matches names that variables, keys and parameters of losses and metrics have.
var LossName = regexp.MustCompile(`(?i)^(\w*_)?(loss|losses|loss_fn|loss_fns|loss_func|loss_function|criterion|criteria|criterions|metric|metrics|metric_fn|metric_fns|weighted_metrics)(_\w*)?s?$`)

// BecomesLoss reports whether a value becomes a loss or metric: an argument of compile() or
// add_loss(), what a variable, key or attribute of such a name gets. metric is set for metrics.
func BecomesLoss(m *Module, n ast.Node) (loss, metric bool) { return becomes(m, n, 0) }

// resultBecomes is BecomesLoss for what the file's calls of a function give.
func resultBecomes(m *Module, def *ast.FunctionDef, depth int) (loss, metric bool) {
	for _, s := range m.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok && !loss && LastName(c.Fn) == def.Name.Id {
				loss, metric = becomes(m, c, depth)
			}
			return !loss
		})
	}
	return loss, metric
}

func becomes(m *Module, n ast.Node, depth int) (loss, metric bool) {
	is := func(name string) (bool, bool) {
		return LossName.MatchString(name), strings.Contains(strings.ToLower(name), "metric")
	}
	around := m.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch x := around[i].(type) {
		case *ast.Call:
			if x.Fn.Range().Contains(n.Range()) {
				continue
			}
			switch LastName(x.Fn) {
			case "add_loss":
				return true, false
			case "add_metric":
				return true, true
			}
			for _, k := range x.Keywords {
				if k.Value.Range().Contains(n.Range()) && k.Name != nil {
					if ok, m := is(k.Name.Id); ok {
						return true, m
					}
					if k.Name.Id == "custom_objects" {
						return true, false
					}
				}
			}
			if LastName(x.Fn) == "compile" && len(x.Args) > 1 && x.Args[1].Range().Contains(n.Range()) {
				return true, false
			}
			if LastName(x.Fn) == "compile" && len(x.Args) > 2 && x.Args[2].Range().Contains(n.Range()) {
				return true, true
			}
		case *ast.Dict:
			for j, v := range x.Values {
				if v.Range().Contains(n.Range()) {
					if s, ok := x.Keys[j].(*ast.Str); ok {
						if ok, m := is(s.Value); ok {
							return true, m
						}
					}
				}
			}
		case *ast.Assign:
			for _, t := range x.Targets {
				name := LastName(t)
				if s, ok := t.(*ast.Subscript); ok {
					if k, ok := s.Index.(*ast.Str); ok {
						name = k.Value
					} else {
						name = LastName(s.Value)
					}
				}
				if ok, m := is(name); ok {
					return true, m
				}
				if strings.Contains(strings.ToLower(name), "custom_objects") {
					return true, false
				}
				if id, ok := t.(*ast.Name); ok {
					if l, m := usedAsLoss(m, x, id.Id); l {
						return true, m
					}
				}
			}
			return false, false
		case *ast.AnnAssign:
			return is(LastName(x.Target))
		case *ast.Return:
			if def := m.FunctionAround(n); def != nil {
				name := strings.ToLower(def.Name.Id)
				if strings.Contains(name, "loss") || strings.Contains(name, "criterion") {
					return true, false
				}
				if strings.Contains(name, "metric") {
					return true, true
				}
				if depth < 3 {
					return resultBecomes(m, def, depth+1)
				}
			}
			return false, false
		case ast.Stmt:
			return false, false
		}
	}
	return false, false
}

// usedAsLoss reports whether a local name is later given to compile() and its like as the
// loss or metric.
func usedAsLoss(m *Module, at ast.Node, name string) (loss, metric bool) {
	look := func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok {
			return !loss
		}
		for _, k := range c.Keywords {
			if k.Name != nil && LossName.MatchString(k.Name.Id) && UsesName(k.Value, name) {
				loss, metric = true, strings.Contains(k.Name.Id, "metric")
			}
		}
		switch LastName(c.Fn) {
		case "add_loss", "add_metric":
			if len(c.Args) > 0 && UsesName(c.Args[0], name) {
				loss, metric = true, LastName(c.Fn) == "add_metric"
			}
		case "compile":
			if len(c.Args) > 1 && UsesName(c.Args[1], name) {
				loss = true
			}
		}
		return !loss
	}
	if def := m.FunctionAround(at); def != nil {
		ast.Inspect(def, look)
		return loss, metric
	}
	for _, s := range m.File.Body {
		ast.Inspect(s, look)
	}
	return loss, metric
}

// ChoosesLoss reports whether what an expression gives is a loss or a metric by where it goes.
func ChoosesLoss(m *Module, n ast.Node) bool {
	loss, _ := BecomesLoss(m, n)
	return loss
}

// ParamOf is the named parameter of a function of the project that an argument of a call becomes;
// nil where the callee is not at hand or the argument is unpacked.
func ParamOf(c *Call, a *Argument) *ast.Param {
	fn := c.Callee.Function()
	if fn == nil || fn.Params == nil || a.Unpacked {
		return nil
	}
	params := fn.Params.List
	pos := a.Pos
	if len(params) > 0 && params[0].Name != nil && (params[0].Name.Id == "self" || params[0].Name.Id == "cls") && c.Receiver != nil {
		pos++
	}
	for i, p := range params {
		if p.Name != nil && (a.Name == p.Name.Id || a.Name == "" && i == pos) {
			return p
		}
	}
	return nil
}

// Instantiators are names under which projects carry functions that import what a configuration
// names and call it.
var Instantiators = map[string]bool{"instantiate_from_config": true, "get_obj_from_str": true}

// InInstantiator reports whether a node stands in one of the Instantiators, whose calls are
// reported in place of what they do.
func InInstantiator(m *Module, n ast.Node) bool {
	fn := m.FunctionAround(n)
	return fn != nil && Instantiators[fn.Name.Id]
}

// Elements are those of a list, tuple or set display; none of other expressions.
func Elements(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.List:
		return e.Elts
	case *ast.Tuple:
		return e.Elts
	case *ast.Set:
		return e.Elts
	}
	return nil
}

// NamesArchitecture reports whether the field of a request, the function or the name that gets the result
// says that an import or a look-up is for a layer, a model or what trains it.
func NamesArchitecture(p *Pass, path *Path, n ast.Expr) bool {
	names := path.Mark.Field()
	if fn := p.FunctionAround(n); fn != nil {
		names += " " + fn.Name.Id
	}
	if s, ok := p.StmtOf(n).(*ast.Assign); ok {
		for _, t := range s.Targets {
			names += " " + p.File.Text(t)
			names += classRead(p, n, t)
		}
	}
	names = strings.ToLower(names)
	if slices.Contains(strings.FieldsFunc(names, func(r rune) bool { return r < 'a' || r > 'z' }), "net") {
		return true
	}
	for _, word := range [...]string{"layer", "model", "backbone", "encoder", "decoder", "network", "arch", "optim", "activation"} {
		if strings.Contains(names, word) {
			return true
		}
	}
	return false
}

// classRead is the text of the statements that read a class off what an import gave a name.
func classRead(p *Pass, at ast.Node, name ast.Expr) string {
	id, ok := name.(*ast.Name)
	fn := p.FunctionAround(at)
	if !ok || fn == nil {
		return ""
	}
	out := ""
	ast.InspectStmts(fn.Body, func(x ast.Node) bool {
		c, ok := x.(*ast.Call)
		if ok && LastName(c.Fn) == "getattr" && len(c.Args) > 0 && LastName(c.Args[0]) == id.Id {
			if s := p.StmtOf(c); s != nil {
				out += " " + p.File.Text(s)
			}
		}
		return true
	})
	return out
}
