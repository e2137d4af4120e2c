// Package semantic knows the program behind the syntax: which modules, functions and
// classes a project has, which names are local to which scope, and which file an import
// means. It knows no framework and follows no value; package flow does.
//
// Start reading at Project and Module.
package semantic

import (
	"context"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/ast"
)

// Project is the set of modules that are analysed together. It is built once and may then
// be used by many goroutines.
type Project struct {
	// Modules holds the files in the order of their paths.
	Modules []*Module

	byPath map[string]*Module
	// dirs holds every folder with a Python file somewhere below it.
	dirs map[string]bool
	// roots holds for each folder those that are on the path if it is: itself, and where some keep their packages.
	roots map[string][]string
	// named holds the names of all folders and files without their endings.
	named map[string]bool
	// packages holds every folder with an __init__.py.
	packages map[string]bool
	// folders are packages without an __init__.py, made when an import means one.
	mu      sync.Mutex
	folders map[string]*Module
	// drawn holds files of test suites that the program imports, and is thereby made of; see drawIn.
	drawn map[*Module]bool
	// tops holds for the first names of packages the folders in which these are.
	tops map[string][]string
	// defined holds by name the modules that define a function or class of it, once somebody asks.
	defined map[string][]*Module
}

// Module is one file or notebook, or a folder that is imported as a namespace package
// (File is nil then).
type Module struct {
	Path string
	// Dir is the folder of the file; of a folder itself, the folder.
	Dir string
	// Name is the last part of the dotted name: "train" for train.py, "pkg" for
	// pkg/__init__.py.
	Name    string
	Package bool
	File    *ast.File
	// Test is set for files of test suites (IsTest).
	Test bool

	Scope *Scope
	// Functions and Classes list all definitions in order of position, nested ones included.
	Functions []*Function
	Classes   []*Class
	// Shell holds the shell lines of a notebook by the place of the name that stands for them.
	Shell map[ast.Pos]*ShellLine
	// ShellCells are the cells of a notebook that a shell runs, in order. No name stands for them.
	ShellCells []*ShellLine

	// searched are the folders that the file adds to sys.path, as far as they are written down.
	searched    []string
	imports     []*ast.Import
	fromImports []*ast.ImportFrom
	byNode      map[ast.Node]*Function
	classByNode map[*ast.ClassDef]*Class
}

// Function is a function, method or lambda.
type Function struct {
	Module *Module
	// Parent is the function around it, nil at module or class level.
	Parent *Function
	// Class is the class whose body holds the definition, else nil.
	Class *Class
	// Name is "<lambda>" for a lambda; Qual is dotted within the module: "Net.forward".
	Name, Qual string
	// Def or Lambda is the definition.
	Def    *ast.FunctionDef
	Lambda *ast.Lambda
	Params *ast.Parameters
	Body   []ast.Stmt
	Scope  *Scope
	// Accessor is set for what sets or deletes the property of its name.
	Accessor bool
}

// Node returns the definition.
func (f *Function) Node() ast.Node {
	if f.Def != nil {
		return f.Def
	}
	return f.Lambda
}

// Class is a class definition.
type Class struct {
	Module     *Module
	Parent     *Function
	Name, Qual string
	Node       *ast.ClassDef
	Scope      *Scope
	// Methods holds the functions of the body by name; of several of one name the last. What sets or
	// deletes a property is no method of its name.
	Methods map[string]*Function
	// Setters holds the functions that set properties by the property's name; nil where there are none.
	Setters map[string]*Function
}

// Functions yields the methods and what sets properties, in the order in which their names first stand.
func (c *Class) Functions(yield func(*Function) bool) {
	for _, name := range c.Scope.Names {
		if fn := c.Methods[name]; fn != nil && !yield(fn) {
			return
		}
		if fn := c.Setters[name]; fn != nil && !yield(fn) {
			return
		}
	}
}

// NewModule collects the scopes and definitions of a parsed file.
func NewModule(p string, f *ast.File) *Module {
	m := newModule(p, f)
	m.byNode, m.classByNode = map[ast.Node]*Function{}, map[*ast.ClassDef]*Class{}
	m.Scope = newScope(nil, nil)
	m.Scope.module = m.Scope
	b := &builder{mod: m, scope: m.Scope}
	b.stmts(f.Body)
	for _, u := range b.uses {
		if _, local := u.scope.slots[u.name]; !local {
			u.scope.capture(u.name)
		}
	}
	return m
}

// FunctionAt returns the function of a definition or lambda of this module.
func (m *Module) FunctionAt(n ast.Node) *Function { return m.byNode[n] }

// ClassAt returns the class of a definition of this module.
func (m *Module) ClassAt(n *ast.ClassDef) *Class { return m.classByNode[n] }

// NewProject puts modules together. Modules are sorted by path. The paths of further files, which
// are not parsed, tell which folders are packages.
func NewProject(mods []*Module, further ...string) *Project {
	p := &Project{Modules: append([]*Module(nil), mods...), byPath: map[string]*Module{}, dirs: map[string]bool{}, packages: map[string]bool{}, folders: map[string]*Module{}, named: map[string]bool{}}
	sort.Slice(p.Modules, func(i, j int) bool { return p.Modules[i].Path < p.Modules[j].Path })
	note := func(file string) {
		if path.Base(file) == "__init__.py" {
			p.packages[path.Dir(file)] = true
		}
	}
	for _, file := range further {
		note(file)
	}
	for _, m := range p.Modules {
		p.byPath[m.Path] = m
		note(m.Path)
		p.named[strings.TrimSuffix(path.Base(m.Path), ".py")] = true
		for d := m.Dir; !p.dirs[d]; d = path.Dir(d) {
			p.dirs[d] = true
			p.named[path.Base(d)] = true
			if d == "." || d == "/" {
				break
			}
		}
	}
	p.roots = make(map[string][]string, len(p.dirs))
	for dir := range p.dirs {
		list := []string{dir}
		for _, folder := range [...]string{"src", "lib", "python"} {
			if root := path.Join(dir, folder); p.dirs[root] {
				list = append(list, root)
			}
		}
		p.roots[dir] = list
	}
	p.tops = map[string][]string{}
	packages := make([]string, 0, len(p.packages))
	for d := range p.packages {
		packages = append(packages, d)
	}
	sort.Strings(packages)
	for _, d := range packages {
		// The package itself, and the namespaces that it may be in.
		for i := 0; i < 3 && d != "." && d != "/" && !p.packages[path.Dir(d)]; i++ {
			top, root := path.Base(d), path.Dir(d)
			if !slices.Contains(p.tops[top], root) && len(p.tops[top]) < maxRoots {
				p.tops[top] = append(p.tops[top], root)
			}
			d = root
		}
	}
	return p
}

// maxRoots bounds the folders in which a package is looked for.
const maxRoots = 16

// ByPath returns the module of a file, or nil.
func (p *Project) ByPath(file string) *Module { return p.byPath[file] }

// Resolve finds the module that `import name` (level 0) or `from ..name import` (level
// counts the dots) means in a module. It returns nil for modules outside the project.
//
// isLibrary tells whether a top-level name is known as an installed library; a folder
// without __init__.py does not hide one (a regular package wins over a namespace package:
// the import system's path search, importlib._bootstrap_external.PathFinder).
//
// What a test imports of the program that it tests is nil, too: tests are analysed apart from it, since
// nothing that they do is done by its users. A program that imports helpers of tests is made of these, too, which
// Groups finds out.
func (p *Project) Resolve(from *Module, name string, level int, isLibrary func(string) bool) *Module {
	return p.unlessTested(from, p.Find(from, name, level, isLibrary))
}

// unlessTested returns a module, nil where that is code which the module that imports it tests. A folder is none.
func (p *Project) unlessTested(from, m *Module) *Module {
	if m != nil && p.isTest(from) && !p.isTest(m) && p.byPath[m.Path] == m {
		return nil
	}
	return m
}

func (p *Project) isTest(m *Module) bool { return m.Test && !p.drawn[m] }

// drawIn finds the files of test suites that the program imports, directly or through others. Where there is nothing but
// tests, they are the program.
func (p *Project) drawIn(isLibrary func(string) bool) {
	p.drawn = map[*Module]bool{}
	var from []*Module
	for _, m := range p.Modules {
		if !m.Test {
			from = append(from, m)
		}
	}
	switch len(from) {
	case len(p.Modules):
		return
	case 0:
		for _, m := range p.Modules {
			p.drawn[m] = true
		}
		return
	}
	for i := 0; i < len(from); i++ {
		p.Imports(from[i], isLibrary, func(t *Module) {
			if t.Test && !p.drawn[t] {
				p.drawn[t] = true
				from = append(from, t)
			}
		})
	}
}

// Find is Resolve for programs and tests alike.
func (p *Project) Find(from *Module, name string, level int, isLibrary func(string) bool) *Module {
	if level > 0 {
		dir := from.Dir
		for i := 1; i < level; i++ {
			if dir == "." || dir == "/" {
				return nil // above all that is known
			}
			dir = path.Dir(dir)
		}
		if name == "" {
			return p.folder(dir)
		}
		return p.find(dir, name, true)
	}
	top, _, _ := strings.Cut(name, ".")
	if !p.isNamed(top) && !strings.HasSuffix(name, NotebookEnding) {
		return nil
	}
	spaces := !isLibrary(top)
	dir := from.Dir
	// The folders of the package that the file is part of are not on the path.
	for p.packages[dir] && dir != "." && dir != "/" {
		dir = path.Dir(dir)
	}
	for {
		for _, root := range p.roots[dir] {
			if m := p.find(root, name, spaces); m != nil && m != from && (spaces || !m.wraps(top)) {
				return m
			}
		}
		if dir == "." || dir == "/" || dir == "" {
			break
		}
		dir = path.Dir(dir)
	}
	for _, folder := range from.searched {
		for d := from.Dir; ; d = path.Dir(d) {
			if root := path.Join(d, folder); p.dirs[root] {
				if m := p.find(root, name, spaces); m != nil && m != from {
					return m
				}
			}
			if d == "." || d == "/" || d == "" {
				break
			}
		}
	}
	if spaces {
		if m := p.elsewhere(top, name); m != nil && m != from {
			return m
		}
	}
	// A script inside a package folder is run with that folder, or one above it, on the path.
	if from.File != nil && !isLibrary(top) {
		for d := from.Dir; d != dir && p.packages[d]; d = path.Dir(d) {
			if m := p.find(d, name, false); m != nil && m != from {
				return m
			}
		}
	}
	return nil
}

// elsewhere finds a module of a package that is kept under another root than the file that imports it, as the
// packages of a repository with several are: the one of that dotted name, or of a folder named src.
func (p *Project) elsewhere(top, name string) *Module {
	var found *Module
	for _, root := range p.tops[top] {
		if !strings.Contains(name, ".") && path.Base(root) != "src" {
			continue
		}
		m := p.find(root, name, true)
		if m == nil || m.File == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = m
	}
	return found
}

// Lazy finds the module of a package in which a name is defined that its __getattr__ hands out when it is asked
// for; nil where the package has none, or several modules define the name.
func (p *Project) Lazy(pkg *Module, name string) *Module {
	if !pkg.Package || pkg.File == nil || pkg.topLevel("__getattr__") == nil {
		return nil
	}
	p.mu.Lock()
	if p.defined == nil {
		p.defined = map[string][]*Module{}
		for _, m := range p.Modules {
			for _, fn := range m.Functions {
				if fn.Parent == nil && fn.Class == nil && fn.Def != nil {
					p.defined[fn.Name] = append(p.defined[fn.Name], m)
				}
			}
			for _, c := range m.Classes {
				if c.Qual == c.Name {
					p.defined[c.Name] = append(p.defined[c.Name], m)
				}
			}
		}
	}
	mods := p.defined[name]
	p.mu.Unlock()
	var found *Module
	for _, m := range mods {
		if m == pkg || m == found || !strings.HasPrefix(m.Path, pkg.Dir+"/") {
			continue
		}
		if found != nil {
			return nil
		}
		found = m
	}
	return found
}

// topLevel returns the function of that name in the module's body, nil when there is none.
func (m *Module) topLevel(name string) *Function {
	for _, fn := range m.Functions {
		if fn.Name == name && fn.Parent == nil && fn.Class == nil {
			return fn
		}
	}
	return nil
}

// wraps reports whether a file of a library's name imports that library itself, as `llm/openai.py`
// does. Where the import means the library, the file's folder is not on the path.
func (m *Module) wraps(library string) bool {
	return !m.Package && m.Name == library && m.importsTop(library)
}

// importsTop reports whether a module imports a top-level name or something below it.
func (m *Module) importsTop(name string) bool {
	found := false
	m.Imported(func(module string) {
		top, _, _ := strings.Cut(module, ".")
		found = found || top == name
	})
	return found
}

// Submodule returns the module or package of that name within a package for a module that imports it, as Resolve
// does, or nil.
func (p *Project) Submodule(from, m *Module, name string) *Module {
	if !m.Package {
		return nil
	}
	return p.unlessTested(from, p.find(m.Dir, name, true))
}

// NotebookEnding ends the name of a module that is a notebook. Python itself imports none; IPython's %run
// does.
const NotebookEnding = ".ipynb"

func (p *Project) find(root, name string, spaces bool) *Module {
	if stem, ok := strings.CutSuffix(name, NotebookEnding); ok {
		return p.byPath[path.Join(root, strings.ReplaceAll(stem, ".", "/")+NotebookEnding)]
	}
	if !p.isNamed(name[strings.LastIndexByte(name, '.')+1:]) {
		return nil
	}
	base := path.Join(root, strings.ReplaceAll(name, ".", "/"))
	if m := p.byPath[base+"/__init__.py"]; m != nil {
		return m
	}
	if m := p.byPath[base+".py"]; m != nil {
		return m
	}
	if (spaces || p.packages[base]) && p.dirs[base] {
		return p.folder(base)
	}
	return nil
}

// isNamed reports whether a folder or file has a name without its ending, as few of the names have that are imported.
func (p *Project) isNamed(name string) bool { return name == "" || p.named[name] }

// folder returns the package of a folder, with or without __init__.py.
func (p *Project) folder(dir string) *Module {
	if m := p.byPath[path.Join(dir, "__init__.py")]; m != nil {
		return m
	}
	if !p.dirs[dir] {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.folders[dir]
	if m == nil {
		m = &Module{Path: dir, Dir: dir, Name: path.Base(dir), Package: true, Test: IsTest(dir + "/__init__.py"), Scope: newScope(nil, nil)}
		p.folders[dir] = m
	}
	return m
}

// Imports calls yield for each module of the project that m imports, directly or as the
// package of a name it imports.
func (p *Project) Imports(m *Module, isLibrary func(string) bool, yield func(*Module)) {
	for _, im := range m.imports {
		for _, a := range im.Names {
			name := a.Name
			for {
				if t := p.Resolve(m, name, 0, isLibrary); t != nil {
					yield(t)
				}
				i := strings.LastIndexByte(name, '.')
				if i < 0 {
					break
				}
				name = name[:i]
			}
		}
	}
	for _, im := range m.fromImports {
		t := p.Resolve(m, im.Module, im.Level, isLibrary)
		if t == nil {
			continue
		}
		yield(t)
		for _, a := range im.Names {
			if s := p.Submodule(m, t, a.Name); s != nil {
				yield(s)
			} else if l := p.Lazy(t, a.Name); l != nil {
				yield(l)
			}
		}
	}
}

// Groups splits the project's modules into sets between which there are no imports, each
// in the order of the paths.
func (p *Project) Groups(isLibrary func(string) bool) [][]*Module {
	groups, _ := p.GroupsWithin(context.Background(), isLibrary)
	return groups
}

// GroupsWithin is Groups that ends with a context. The error is the context's.
func (p *Project) GroupsWithin(ctx context.Context, isLibrary func(string) bool) ([][]*Module, error) {
	p.drawIn(isLibrary)
	leader := make(map[*Module]*Module, len(p.Modules))
	var find func(m *Module) *Module
	find = func(m *Module) *Module {
		l := leader[m]
		if l == nil || l == m {
			return m
		}
		l = find(l)
		leader[m] = l
		return l
	}
	for i, m := range p.Modules {
		if i%16 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.Imports(m, isLibrary, func(t *Module) {
			if p.isTest(m) && !p.isTest(t) { // a folder in which the program is
				return
			}
			if a, b := find(m), find(t); a != b {
				leader[a] = b
			}
		})
	}
	var groups [][]*Module
	at := map[*Module]int{}
	for _, m := range p.Modules {
		l := find(m)
		i, ok := at[l]
		if !ok {
			i = len(groups)
			at[l] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	return groups, nil
}

// Imported calls yield with the full name of each module that the file imports, or imports
// something from, as it is written; imports relative to the file's own package are left out.
// For `from a import b`, of which b may be a module, it is both a and a.b.
func (m *Module) Imported(yield func(module string)) {
	for _, im := range m.imports {
		for _, a := range im.Names {
			yield(a.Name)
		}
	}
	for _, im := range m.fromImports {
		if im.Level != 0 {
			continue
		}
		yield(im.Module)
		for _, a := range im.Names {
			yield(im.Module + "." + a.Name)
		}
	}
}

// ImportsFrom reports whether an import anywhere in the module is of the package of that
// name or of what is in it.
func (m *Module) ImportsFrom(name string) bool {
	in := func(module string) bool { return module == name || strings.HasPrefix(module, name+".") }
	for _, im := range m.imports {
		for _, a := range im.Names {
			if in(a.Name) {
				return true
			}
		}
	}
	for _, im := range m.fromImports {
		if im.Level != 0 {
			continue
		}
		if in(im.Module) {
			return true
		}
		for _, a := range im.Names {
			if in(im.Module + "." + a.Name) {
				return true
			}
		}
	}
	return false
}

// ImportedName is the name that a local name was imported under: "field_validator" after
// `from pydantic import field_validator as checks`. It is the name itself for others.
func (m *Module) ImportedName(local string) string {
	for _, im := range m.fromImports {
		for _, a := range im.Names {
			if a.AsName != nil && a.AsName.Id == local {
				return a.Name
			}
		}
	}
	return local
}

// ImportsName reports whether an import anywhere in the module binds a name.
func (m *Module) ImportsName(name string) bool {
	for _, im := range m.imports {
		for _, a := range im.Names {
			if BoundName(a) == name {
				return true
			}
		}
	}
	for _, im := range m.fromImports {
		for _, a := range im.Names {
			if BoundName(a) == name {
				return true
			}
		}
	}
	return false
}
