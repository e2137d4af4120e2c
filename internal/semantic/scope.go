package semantic

import (
	"sort"

	"github.com/pyguard/pyguardml/ast"
)

// Scope is the local names of a function, a class body or a module, each with a slot number
// by which an analysis can keep its value in an array.
type Scope struct {
	// Names holds the local names by slot.
	Names []string
	// Captured tells by slot whether a nested function reads or rebinds the name.
	Captured []bool

	slots     map[string]int
	globals   map[string]bool
	nonlocals map[string]bool
	parent    *Scope // the scope in which free names are looked up; class scopes are skipped
	module    *Scope
}

// Slot returns the slot of a local name.
func (s *Scope) Slot(name string) (int, bool) {
	i, ok := s.slots[name]
	return i, ok
}

// Len is the number of slots.
func (s *Scope) Len() int { return len(s.Names) }

// IsGlobal reports whether the name is declared global here.
func (s *Scope) IsGlobal(name string) bool { return s.globals[name] }

// Globals lists the names declared global here, sorted.
func (s *Scope) Globals() []string {
	out := make([]string, 0, len(s.globals))
	for name := range s.globals {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Parent is the scope in which free names are looked up next, nil for a module.
func (s *Scope) Parent() *Scope { return s.parent }

func newScope(parent, module *Scope) *Scope {
	return &Scope{slots: map[string]int{}, parent: parent, module: module}
}

func (s *Scope) bind(name string) {
	if s.globals[name] {
		if s.module != nil && s.module != s {
			s.module.bind(name)
		}
		return
	}
	if s.nonlocals[name] {
		return
	}
	if _, ok := s.slots[name]; ok {
		return
	}
	s.slots[name] = len(s.Names)
	s.Names = append(s.Names, name)
	s.Captured = append(s.Captured, false)
}

// capture marks the binding that a free name of a nested function refers to.
func (s *Scope) capture(name string) {
	for p := s.parent; p != nil; p = p.parent {
		if i, ok := p.slots[name]; ok {
			p.Captured[i] = true
			return
		}
	}
}

// builder collects the functions, classes and scopes of a module in one visit.
type builder struct {
	mod   *Module
	scope *Scope
	fn    *Function
	class *Class
	// uses lists names read in a scope, resolved when all bindings are known.
	uses []use
}

type use struct {
	scope *Scope
	name  string
}

// use notes a name that may be that of a function around the scope: not one of the module, and not of its own.
func (b *builder) use(name string) {
	if b.scope.parent == nil {
		return
	}
	if _, own := b.scope.slots[name]; !own {
		b.uses = append(b.uses, use{b.scope, name})
	}
}

func (b *builder) stmts(list []ast.Stmt) {
	for _, s := range list {
		b.visit(s)
	}
}

// visit walks a node, descending by hand where a scope begins.
func (b *builder) visit(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef:
			b.function(n)
			return false
		case *ast.Lambda:
			b.lambda(n)
			return false
		case *ast.ClassDef:
			b.classDef(n)
			return false
		case *ast.Name:
			b.use(n.Id)
		case *ast.Call:
			if folder := searched(n); folder != "" {
				b.mod.searched = append(b.mod.searched, folder)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				b.target(t)
			}
		case *ast.AugAssign:
			b.target(n.Target)
		case *ast.AnnAssign:
			b.target(n.Target)
		case *ast.NamedExpr:
			b.scope.bind(n.Target.Id)
		case *ast.For:
			b.target(n.Target)
		case *ast.WithItem:
			if n.Target != nil {
				b.target(n.Target)
			}
		case *ast.CompClause:
			// Comprehension targets are kept in slots of the function around them; the
			// interpreter restores what they shadow.
			b.target(n.Target)
		case *ast.ExceptHandler:
			if n.Name != nil {
				b.scope.bind(n.Name.Id)
			}
		case *ast.Delete:
			for _, t := range n.Targets {
				b.target(t)
			}
		case *ast.TypeAlias:
			b.scope.bind(n.Name.Id)
		case *ast.MatchAs:
			if n.Name != nil {
				b.scope.bind(n.Name.Id)
			}
		case *ast.MatchStar:
			if n.Name != nil {
				b.scope.bind(n.Name.Id)
			}
		case *ast.MatchMapping:
			if n.Rest != nil {
				b.scope.bind(n.Rest.Id)
			}
		case *ast.Import:
			for _, a := range n.Names {
				b.scope.bind(BoundName(a))
			}
			b.mod.imports = append(b.mod.imports, n)
			return false
		case *ast.ImportFrom:
			for _, a := range n.Names {
				if a.Name != "*" {
					b.scope.bind(BoundName(a))
				}
			}
			b.mod.fromImports = append(b.mod.fromImports, n)
			return false
		case *ast.Global:
			for _, name := range n.Names {
				if b.scope.globals == nil {
					b.scope.globals = map[string]bool{}
				}
				b.scope.globals[name.Id] = true
				b.mod.Scope.bind(name.Id)
			}
			return false
		case *ast.Nonlocal:
			for _, name := range n.Names {
				if b.scope.nonlocals == nil {
					b.scope.nonlocals = map[string]bool{}
				}
				b.scope.nonlocals[name.Id] = true
			}
			return false
		}
		return true
	})
}

// target binds the names of an assignment's left side.
func (b *builder) target(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Name:
		b.scope.bind(e.Id)
	case *ast.Tuple:
		for _, x := range e.Elts {
			b.target(x)
		}
	case *ast.List:
		for _, x := range e.Elts {
			b.target(x)
		}
	case *ast.Starred:
		b.target(e.Value)
	}
}

func (b *builder) function(n *ast.FunctionDef) {
	b.scope.bind(n.Name.Id)
	for _, d := range n.Decorators {
		b.visit(d.Expr)
	}
	b.signature(n.Params)
	if n.Returns != nil {
		b.visit(n.Returns)
	}
	f := b.newFunction(n.Name.Id)
	f.Def, f.Params, f.Body = n, n.Params, n.Body
	b.mod.byNode[n] = f
	if b.class != nil && b.scope == b.class.Scope {
		f.Class = b.class
		switch accessor(n) {
		case "setter":
			if b.class.Setters == nil {
				b.class.Setters = map[string]*Function{}
			}
			f.Accessor = true
			b.class.Setters[f.Name] = f
		case "deleter":
			f.Accessor = true
		default:
			b.class.Methods[f.Name] = f
		}
	}
	b.inside(f, func() { b.stmts(n.Body) })
}

// accessor tells what a function of a class body does for the property of its name: "setter" or
// "deleter" as its decorator `@name.setter` says, "" for all others.
func accessor(n *ast.FunctionDef) string {
	for _, d := range n.Decorators {
		a, ok := d.Expr.(*ast.Attribute)
		if !ok || a.Attr.Id != "setter" && a.Attr.Id != "deleter" {
			continue
		}
		of := ""
		switch e := a.Value.(type) {
		case *ast.Name:
			of = e.Id
		case *ast.Attribute: // the property of a base class
			of = e.Attr.Id
		}
		if of == n.Name.Id {
			return a.Attr.Id
		}
	}
	return ""
}

func (b *builder) lambda(n *ast.Lambda) {
	b.signature(n.Params)
	f := b.newFunction("<lambda>")
	f.Lambda, f.Params = n, n.Params
	b.mod.byNode[n] = f
	b.inside(f, func() { b.visit(n.Body) })
}

// signature visits what is evaluated around a function: annotations and defaults.
func (b *builder) signature(ps *ast.Parameters) {
	if ps == nil {
		return
	}
	for _, p := range ps.List {
		if p.Annotation != nil {
			b.visit(p.Annotation)
		}
		if p.Default != nil {
			b.visit(p.Default)
		}
	}
}

func (b *builder) newFunction(name string) *Function {
	f := &Function{Module: b.mod, Parent: b.fn, Name: name, Qual: b.qualify(name)}
	b.mod.Functions = append(b.mod.Functions, f)
	return f
}

func (b *builder) qualify(name string) string {
	switch {
	case b.class != nil && b.scope == b.class.Scope:
		return b.class.Qual + "." + name
	case b.fn != nil:
		return b.fn.Qual + "." + name
	}
	return name
}

func (b *builder) inside(f *Function, body func()) {
	parent := b.scope
	if b.class != nil && parent == b.class.Scope {
		parent = b.class.Scope.parent
	}
	f.Scope = newScope(parent, b.mod.Scope)
	saved := *b
	b.scope, b.fn, b.class = f.Scope, f, nil
	declare(f)
	if f.Params != nil {
		for _, p := range f.Params.List {
			if p.Name != nil {
				b.scope.bind(p.Name.Id)
			}
			if p.Unpack != nil {
				b.target(p.Unpack)
			}
		}
	}
	body()
	b.scope, b.fn, b.class = saved.scope, saved.fn, saved.class
}

// declare reads the global and nonlocal statements of a function before its bindings,
// since they hold for the whole body.
func declare(f *Function) {
	if f.Def == nil {
		return
	}
	for _, s := range f.Def.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef, ast.Expr:
				return false
			case *ast.Global:
				for _, name := range n.Names {
					if f.Scope.globals == nil {
						f.Scope.globals = map[string]bool{}
					}
					f.Scope.globals[name.Id] = true
				}
			case *ast.Nonlocal:
				for _, name := range n.Names {
					if f.Scope.nonlocals == nil {
						f.Scope.nonlocals = map[string]bool{}
					}
					f.Scope.nonlocals[name.Id] = true
				}
			}
			return true
		})
	}
}

func (b *builder) classDef(n *ast.ClassDef) {
	b.scope.bind(n.Name.Id)
	for _, d := range n.Decorators {
		b.visit(d.Expr)
	}
	for _, e := range n.Bases {
		b.visit(e)
	}
	for _, k := range n.Keywords {
		b.visit(k.Value)
	}
	parent := b.scope
	if b.class != nil && parent == b.class.Scope {
		parent = b.class.Scope.parent
	}
	c := &Class{Node: n, Module: b.mod, Parent: b.fn, Name: n.Name.Id, Qual: b.qualify(n.Name.Id), Methods: map[string]*Function{}}
	c.Scope = newScope(parent, b.mod.Scope)
	b.mod.Classes = append(b.mod.Classes, c)
	b.mod.classByNode[n] = c
	saved := *b
	b.scope, b.class = c.Scope, c
	b.stmts(n.Body)
	b.scope, b.class = saved.scope, saved.class
}

// BoundName is the name that an import alias binds.
func BoundName(a *ast.Alias) string {
	if a.AsName != nil {
		return a.AsName.Id
	}
	for i := 0; i < len(a.Name); i++ {
		if a.Name[i] == '.' {
			return a.Name[:i]
		}
	}
	return a.Name
}

// EmptyScope returns a scope without names.
func EmptyScope() *Scope { return newScope(nil, nil) }
