package services

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells which functions of a project others call: what a library offers.

// inLibrary reports whether a file may be a part of what a project offers to others: no script
// or example, and no module whose name says that it is its own.
func inLibrary(p *checks.Pass) bool {
	base := path.Base(p.Path)
	if base == "setup.py" || strings.HasPrefix(base, "_") && base != "__init__.py" {
		return false
	}
	for _, dir := range strings.Split(path.Dir(p.Path), "/") {
		switch dir {
		case "scripts", "script", "examples", "example", "tools", "benchmarks", "benchmark", "docs", "doc", "notebooks", "tests":
			return false
		}
		if strings.HasPrefix(dir, "_") {
			return false
		}
	}
	return true
}

// isPublic reports whether neither a function nor what it is defined in has a name of its own use.
func isPublic(m *checks.Module, fn *ast.FunctionDef) bool {
	for _, n := range m.Around(fn) {
		switch n := n.(type) {
		case *ast.ClassDef:
			if strings.HasPrefix(n.Name.Id, "_") {
				return false
			}
		case *ast.FunctionDef:
			if strings.HasPrefix(n.Name.Id, "_") && n.Name.Id != "__init__" && n.Name.Id != "__call__" {
				return false
			}
		case *ast.If:
			if mentions(n.Test, "__name__") {
				return false
			}
		}
	}
	return true
}

// callersParameter is the parameter that a value is or was made of whose text callers choose: not
// self, and not one that is annotated as something else than text, a path, a list or a dict.
func callersParameter(v *checks.Value, kind checks.SinkKind) (*ast.Param, *semantic.Function) {
	for _, m := range v.Marks() {
		if m.Clean.Has(kind) {
			continue
		}
		param, fn := m.Parameter()
		if param == nil || param.Name == nil || fn.Class != nil && len(fn.Params.List) > 0 && fn.Params.List[0] == param {
			continue
		}
		if textual(param.Annotation) {
			return param, fn
		}
	}
	return nil, nil
}

// textual reports whether an annotation, where there is one, allows for text.
func textual(e ast.Expr) bool {
	if e == nil {
		return true
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || textType(n.Id)
		case *ast.Attribute:
			found = found || textType(n.Attr.Id)
			return false
		case *ast.Str:
			found = found || strings.Contains(n.Value, "str") || strings.Contains(n.Value, "Path")
		}
		return !found
	})
	return found
}

func textType(name string) bool {
	switch name {
	case "str", "Path", "PurePath", "PathLike", "AnyStr", "Any", "dict", "Dict", "Mapping", "list", "List", "Sequence", "Iterable", "tuple", "Tuple", "StrPath", "object":
		return true
	}
	return false
}

// fixedByCallers reports whether the project itself calls a function and gives constants only for a
// parameter.
func fixedByCallers(f *checks.Frame, param *ast.Param, fn *semantic.Function) bool {
	g := f.AnalysisOf(fn)
	if g == nil {
		return false
	}
	calls := g.Callers()
	for _, c := range calls {
		a := c.GivenTo(fn, param.Name.Id)
		if a == nil && c.HasRest() || a != nil && !a.Value.Fixed() {
			return false
		}
	}
	return len(calls) > 0
}

// offersLibrary reports whether a file belongs to what can be installed: it lies in a package, or
// its project says how it is built.
func offersLibrary(p *checks.Pass) bool {
	dir := path.Dir(p.Path)
	return slices.ContainsFunc(p.Project.Modules, func(m *checks.Module) bool {
		base := path.Base(m.Path)
		return base == "setup.py" || base == "__init__.py" && path.Dir(m.Path) == dir
	}) || slices.ContainsFunc(p.Project.Documents, func(d *checks.Document) bool {
		base := path.Base(d.Path)
		return base == "setup.cfg" || base == "pyproject.toml" && bytes.Contains(d.Source.Text, []byte("[project]"))
	})
}
