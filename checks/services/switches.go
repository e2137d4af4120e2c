package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// switches are the keywords by which callers of loaders ask for safety, and the constant that
// gives it up.
var switches = map[string]bool{
	"trust_remote_code": true, "weights_only": false, "safe_mode": false, "allow_pickle": true, "use_safetensors": false, "allow_dangerous_deserialization": true,
}

// switchNotPassedOn is PML6429.
var switchNotPassedOn = &checks.Rule{
	Spec:  infoPML6429,
	Needs: []string{"trust_remote_code", "weights_only", "safe_mode", "allow_pickle", "use_safetensors", "allow_dangerous_deserialization"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			for i := range c.Args {
				a := &c.Args[i]
				if unsafe, known := switches[a.Name]; !known || unsafe && !checks.On(a.Value) || !unsafe && !checks.Off(a.Value) {
					continue
				}
				if s := switchOf(f, a.Name); s != nil && isLoader(c) && overrides(p, c, a, s) {
					reportSwitch(p, c, a, s)
				}
			}
		}
	},
}

// caller is where a function has a switch from: its own parameter or that of a function around
// it, or an attribute of its object.
type caller struct {
	function *ast.FunctionDef
	// name is how the code of the function writes it: weights_only, self.weights_only.
	name string
}

// switchOf finds the switch that a function has from its caller; nil where there is none.
func switchOf(f *checks.Frame, name string) *caller {
	for g := f; g != nil; g = g.Outer() {
		if fn := g.Function(); fn != nil && fn.Def != nil && fn.Def.Params != nil {
			for _, param := range fn.Def.Params.List {
				if param.Name != nil && param.Name.Id == name {
					return &caller{fn.Def, name}
				}
			}
		}
	}
	class, method, self := checks.MethodClass(f)
	if class == nil || self == "" || method == "__init__" || !fromConstructor(class, name) {
		return nil
	}
	for g := f; g != nil; g = g.Outer() {
		if fn := g.Function(); fn != nil && fn.Class != nil && fn.Def != nil {
			return &caller{fn.Def, self + "." + name}
		}
	}
	return nil
}

// fromConstructor reports whether the constructor of a class, or of a project's base of it, sets
// an attribute from a parameter, or a dataclass has it for a field.
func fromConstructor(class *checks.ProjectClass, name string) bool {
	for _, k := range class.Linear() {
		def := k.Node
		if def == nil {
			continue
		}
		for _, s := range def.Body {
			switch s := s.(type) {
			case *ast.AnnAssign:
				if id, ok := s.Target.(*ast.Name); ok && id.Id == name && len(def.Decorators) > 0 {
					return true
				}
			case *ast.FunctionDef:
				if s.Name.Id == "__init__" && setsFromParameter(s, name) {
					return true
				}
			}
		}
	}
	return false
}

// setsFromParameter reports whether a constructor assigns to the attribute something with one of
// its parameters.
func setsFromParameter(init *ast.FunctionDef, attribute string) bool {
	found := false
	ast.InspectStmts(init.Body, func(n ast.Node) bool {
		var target, value ast.Expr
		switch n := n.(type) {
		case *ast.Assign:
			target, value = n.Targets[0], n.Value
		case *ast.AnnAssign:
			target, value = n.Target, n.Value
		}
		if at, ok := target.(*ast.Attribute); ok && at.Attr.Id == attribute && value != nil {
			for _, param := range init.Params.List {
				found = found || param.Name != nil && mentions(value, param.Name.Id)
			}
		}
		return !found
	})
	return found
}

// mentions reports whether a name, or an attribute written `self.x`, is part of an expression.
func mentions(e ast.Node, name string) bool {
	self, attribute, isAttribute := strings.Cut(name, ".")
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || !isAttribute && n.Id == name
		case *ast.Attribute:
			id, ok := n.Value.(*ast.Name)
			found = found || isAttribute && ok && id.Id == self && n.Attr.Id == attribute
		}
		return !found
	})
	return found
}

// isLoader reports whether a call is one of a library's, or has the name of a loader where it is
// not known what is called, and loads.
func isLoader(c *checks.Call) bool {
	name := c.Method
	if name == "" {
		name = checks.LastName(c.Node.Fn)
	}
	if strings.HasPrefix(name, "save") || strings.HasPrefix(name, "dump") || c.Symbol.Under("builtins") || c.Callee.Function() != nil || c.Callee.Class() != nil {
		return false
	}
	return c.Symbol != nil || slices.Contains([]string{"from_pretrained", "from_config", "load_dataset", "load_model", "load_from_checkpoint", "load_local", "pipeline", "SentenceTransformer", "LLM"}, name)
}

// overrides reports whether a call gives the loader a constant where the caller's switch belongs:
// not the switch itself, and not where the switch has decided.
func overrides(p *checks.Pass, c *checks.Call, a *checks.Argument, s *caller) bool {
	if a.Given == nil || mentions(a.Given, s.name) || !a.Unpacked && mentions(a.Node, s.name) {
		return false
	}
	for _, n := range p.Around(c.Node) {
		switch n := n.(type) {
		case *ast.If:
			if mentions(n.Test, s.name) {
				return false
			}
		case *ast.IfExp:
			if mentions(n.Test, s.name) {
				return false
			}
		}
	}
	settled := false
	ast.InspectStmts(s.function.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			// Who refuses to go on has asked. Where the switch says what to load of a file, not
			// how, it is another one of the same name.
			asked := mentions(n.Test, s.name)
			settled = settled || asked && (n.Pos() < c.Node.Pos() && (leaves(n.Body) || leaves(n.Orelse)) || a.Name == "weights_only") || warned(n.Body, s.name)
		case *ast.Assert:
			settled = settled || mentions(n.Test, s.name) && n.Pos() < c.Node.Pos()
		case *ast.IfExp:
			settled = settled || a.Name == "weights_only" && mentions(n.Test, s.name)
		}
		return !settled
	})
	return !settled && !warned(s.function.Body, s.name)
}

// leaves reports whether a block may leave the function or the round of a loop.
func leaves(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Raise, *ast.Return, *ast.Continue:
			found = true
		}
		return !found
	})
	return found
}

// warned reports whether a block sets the switch anew and tells of it.
func warned(body []ast.Stmt, name string) bool {
	set, told := false, false
	for _, s := range body {
		switch s := s.(type) {
		case *ast.Assign:
			set = set || mentions(s.Targets[0], name)
		case *ast.ExprStmt:
			if c, ok := s.Value.(*ast.Call); ok {
				switch checks.LastName(c.Fn) {
				case "warn", "warning", "warning_once", "info", "error", "print", "log", "debug":
					told = true
				}
			}
		}
	}
	return set && told
}

func reportSwitch(p *checks.Pass, c *checks.Call, a *checks.Argument, s *caller) {
	r := checks.Report{Node: checks.ArgNode(c, a), Message: s.name + " is taken and not passed on"}
	if a.Keyword == nil || a.Unpacked || a.Name != "trust_remote_code" {
		r.Covers = c.Node
	}
	node := checks.ConstantNode(p, a)
	if a.Unpacked && a.Given != nil && p.Holds(a.Given) {
		r.Node = a.Given
	}
	if node != nil && checks.InBlock(s.function.Body, node) {
		r.Fix = checks.Fix(true, "pass "+s.name+" on", checks.Replace(p, node, s.name))
	}
	p.Report(r)
}
