package casetest

import (
	"fmt"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// The import forms. Each function rewrites what it can and leaves alone every name that is
// bound twice, re-exported, or spelled within a string.

// renameModules turns `import a.b` into `import a.b as b_module`.
func renameModules(u *unit, p *project) []edit {
	var edits []edit
	n := u.names()
	u.eachImport(func(s *ast.Import) {
		for _, alias := range s.Names {
			parts := strings.Split(alias.Name, ".")
			local, path := parts[0], parts
			if alias.AsName != nil {
				local, path = alias.AsName.Id, []string{alias.AsName.Id}
			}
			uses := n.chainUses(u, local, path)
			if uses == nil {
				continue
			}
			renamed := n.fresh(parts[len(parts)-1] + "_module")
			edits = append(edits, u.replace(int(alias.Start), int(alias.End), alias.Name+" as "+renamed))
			for _, use := range uses {
				edits = append(edits, u.replace(int(use.Start), int(use.End), renamed))
			}
		}
	})
	return edits
}

// chainUses returns the spans of a module's name at all its uses, or nil when some use is
// of another kind or the name cannot be changed.
func (n *names) chainUses(u *unit, local string, path []string) []ast.Span {
	if n.quoted(local) || u.importCount(local) != 1 || len(n.bound[local]) > u.asNameCount(local) {
		return nil
	}
	var spans []ast.Span
	if len(path) == 1 {
		for _, use := range n.uses[local] {
			spans = append(spans, use.Span)
		}
		return spans
	}
	for _, a := range n.chains[local] {
		if strings.Join(dotted(a), ".") == strings.Join(path, ".") {
			spans = append(spans, a.Span)
		}
	}
	if len(spans) != len(n.uses[local]) {
		return nil
	}
	return spans
}

// packages are modules that hold members; the first attribute of any other module is taken
// for a member.
var packages = map[string]bool{
	"torch.hub": true, "torch.nn": true, "torch.nn.functional": true, "torch.serialization": true,
	"torch.utils": true, "torch.utils.model_zoo": true, "tensorflow.keras": true,
	"tensorflow.keras.models": true, "tensorflow.keras.saving": true, "tensorflow.keras.utils": true,
	"tensorflow.keras.config": true, "keras.models": true, "keras.saving": true, "keras.config": true,
	"numpy.lib": true, "numpy.lib.format": true, "numcodecs.pickles": true, "onnx.hub": true,
	"os.path": true, "urllib.request": true, "datasets.config": true, "torch_geometric.nn": true,
	"lightning.pytorch": true, "streamlit.components": true, "streamlit.components.v1": true,
}

// importMembers turns `import a` with `a.b(…)` into `from a import b` with `b(…)`.
func importMembers(u *unit, p *project) []edit {
	var edits []edit
	n := u.names()
	u.eachImport(func(s *ast.Import) {
		if !u.alone(s) {
			return
		}
		indent, _ := u.indentOf(s)
		var lines []string
		changed := false
		for _, alias := range s.Names {
			kept := "import " + u.file.Text(alias)
			imports, uses := n.memberImports(u, alias)
			if len(uses) == 0 {
				lines = append(lines, kept)
				continue
			}
			changed = true
			lines = append(lines, imports...)
			edits = append(edits, uses...)
		}
		if changed {
			edits = append(edits, u.replace(int(s.Start), int(s.End), strings.Join(lines, "\n"+indent)))
		}
	})
	return edits
}

// memberImports returns the from-imports that stand for one `import a.b as c`, and the
// edits of the uses.
func (n *names) memberImports(u *unit, alias *ast.Alias) (imports []string, edits []edit) {
	path := []string{strings.Split(alias.Name, ".")[0]}
	module := path[0]
	if alias.AsName != nil {
		path, module = []string{alias.AsName.Id}, alias.Name
	} else if strings.Contains(alias.Name, ".") {
		path, module = strings.Split(alias.Name, "."), alias.Name
	}
	uses := n.chainUses(u, path[0], path)
	if len(uses) == 0 {
		return nil, nil
	}
	locals := map[string]string{}
	done := map[int]bool{}
	// The chains come with the outermost attribute first, so that the longest way through
	// packages is seen before its beginnings.
	for _, a := range n.chains[path[0]] {
		parts := dotted(a)
		if len(parts) <= len(path) || done[int(a.Start)] {
			continue
		}
		from, member := module, parts[len(parts)-1]
		if through := append([]string{module}, parts[len(path):len(parts)-1]...); len(through) > 1 {
			if !allPackages(through) {
				continue
			}
			from = strings.Join(through, ".")
		}
		if n.stored[a] && n.assigned(a) {
			continue
		}
		key := from + ":" + member
		local, ok := locals[key]
		if !ok {
			local = member
			if n.known(member) {
				local = n.fresh(member + "_member")
			}
			n.take(local)
			locals[key] = local
			line := fmt.Sprintf("from %s import %s", from, member)
			if local != member {
				line += " as " + local
			}
			imports = append(imports, line)
		}
		done[int(a.Start)] = true
		edits = append(edits, u.replace(int(a.Start), int(a.End), local))
	}
	if len(edits) != len(uses) {
		return nil, nil
	}
	return imports, edits
}

// allPackages reports whether a module and the names below it are packages all the way.
func allPackages(parts []string) bool {
	for i := 2; i <= len(parts); i++ {
		if !packages[strings.Join(parts[:i], ".")] {
			return false
		}
	}
	return true
}

// assigned reports whether an attribute is the whole target of an assignment and not only
// on the way to it.
func (n *names) assigned(a *ast.Attribute) bool {
	for other := range n.stored {
		if other.Value == ast.Expr(a) {
			return false
		}
	}
	return true
}

// importModules turns `from a.b import c` with `c(…)` into `import a.b` with `a.b.c(…)`.
func importModules(u *unit, p *project) []edit {
	return u.rewriteFromImports(p, func(n *names, s *ast.ImportFrom, alias *ast.Alias) (line, use string) {
		root, _, _ := strings.Cut(s.Module, ".")
		if u.boundOtherwise(n, root) {
			as := n.fresh(strings.ReplaceAll(s.Module, ".", "_") + "_module")
			return "import " + s.Module + " as " + as, as + "." + alias.Name
		}
		return "import " + s.Module, s.Module + "." + alias.Name
	})
}

// renameMembers turns `from a import b` into `from a import b as b_member`.
func renameMembers(u *unit, p *project) []edit {
	return u.rewriteFromImports(p, func(n *names, s *ast.ImportFrom, alias *ast.Alias) (line, use string) {
		local := n.fresh(alias.Name + "_member")
		return "from " + s.Module + " import " + alias.Name + " as " + local, local
	})
}

// rewriteFromImports replaces the members of from-imports. form returns the import
// statement for one member and the expression that stands for it.
func (u *unit) rewriteFromImports(p *project, form func(*names, *ast.ImportFrom, *ast.Alias) (line, use string)) []edit {
	var edits []edit
	n := u.names()
	u.inspect(func(node ast.Node) bool {
		s, ok := node.(*ast.ImportFrom)
		if !ok {
			return true
		}
		if s.Level > 0 || s.Module == "__future__" || !u.alone(s) || p.has(s.Module) {
			return true
		}
		indent, _ := u.indentOf(s)
		var lines []string
		changed := false
		for _, alias := range s.Names {
			local := alias.Name
			if alias.AsName != nil {
				local = alias.AsName.Id
			}
			free := alias.Name != "*" && !n.quoted(local) && u.importCount(local) == 1 && len(n.bound[local]) <= u.asNameCount(local)
			if !free || p.exports(u, local) {
				lines = append(lines, "from "+s.Module+" import "+u.file.Text(alias))
				continue
			}
			line, use := form(n, s, alias)
			changed = true
			if len(lines) == 0 || lines[len(lines)-1] != line {
				lines = append(lines, line)
			}
			for _, name := range n.uses[local] {
				edits = append(edits, u.replace(int(name.Start), int(name.End), use))
			}
		}
		if changed {
			edits = append(edits, u.replace(int(s.Start), int(s.End), strings.Join(lines, "\n"+indent)))
		}
		return true
	})
	return edits
}

// boundOtherwise reports whether a name is bound by something else than `import name…`.
func (u *unit) boundOtherwise(n *names, name string) bool {
	if len(n.bound[name]) > 0 {
		return true
	}
	found := false
	u.inspect(func(node ast.Node) bool {
		if s, ok := node.(*ast.ImportFrom); ok {
			for _, a := range s.Names {
				found = found || a.AsName == nil && a.Name == name
			}
		}
		return true
	})
	return found
}

// has reports whether a module is a file of the project itself.
func (p *project) has(module string) bool {
	path := strings.ReplaceAll(module, ".", "/")
	for _, u := range p.units {
		if u.path == path+".py" || u.path == path+"/__init__.py" {
			return true
		}
	}
	return false
}

// exports reports whether another file of the project imports the name out of u.
func (p *project) exports(u *unit, name string) bool {
	found := false
	for _, other := range p.units {
		if other == u {
			continue
		}
		other.inspect(func(node ast.Node) bool {
			if s, ok := node.(*ast.ImportFrom); ok {
				for _, a := range s.Names {
					found = found || a.Name == name || a.Name == "*"
				}
			}
			return true
		})
	}
	return found
}

// eachImport visits the import statements that name whole modules.
func (u *unit) eachImport(f func(*ast.Import)) {
	u.inspect(func(node ast.Node) bool {
		if s, ok := node.(*ast.Import); ok {
			f(s)
		}
		return true
	})
}

// importCount counts the imports that bind a name.
func (u *unit) importCount(name string) int {
	count := 0
	u.inspect(func(node ast.Node) bool {
		switch s := node.(type) {
		case *ast.Import:
			for _, a := range s.Names {
				if a.AsName != nil && a.AsName.Id == name {
					count++
				} else if root, _, _ := strings.Cut(a.Name, "."); a.AsName == nil && root == name {
					count++
				}
			}
		case *ast.ImportFrom:
			for _, a := range s.Names {
				if a.AsName != nil && a.AsName.Id == name || a.AsName == nil && a.Name == name {
					count++
				}
			}
		}
		return true
	})
	return count
}

// asNameCount counts the imports that bind a name after `as`; only these are among the
// bound names.
func (u *unit) asNameCount(name string) int {
	count := 0
	u.inspect(func(node ast.Node) bool {
		if a, ok := node.(*ast.Alias); ok && a.AsName != nil && a.AsName.Id == name {
			count++
		}
		return true
	})
	return count
}
