package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// rules finds the checks of a part's folder: the package-level variables whose value mentions
// the generated infoPMLxxxx, by the check's id. Tests and generated files hold none.
func rules(fsys fs.FS, folder string) (map[string]string, error) {
	names, err := fs.Glob(fsys, path.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_gen.go") {
			continue
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if err := rulesOf(d, name, found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// rulesOf adds the checks that a declaration of package-level variables holds.
func rulesOf(d ast.Decl, file string, found map[string]string) error {
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR {
		return nil
	}
	for _, s := range gen.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok || len(v.Names) != len(v.Values) {
			continue
		}
		for i, value := range v.Values {
			id := infoIn(value)
			if id == "" {
				continue
			}
			if other := found[id]; other != "" {
				return fmt.Errorf("%s: %s and %s are both %s", file, other, v.Names[i].Name, id)
			}
			found[id] = v.Names[i].Name
		}
	}
	return nil
}

// infoIn returns the id of the check whose generated facts an expression mentions, "" for none.
func infoIn(value ast.Expr) string {
	var id string
	ast.Inspect(value, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		if name, ok := n.(*ast.Ident); ok && strings.HasPrefix(name.Name, "infoPML") && id == "" {
			id = strings.TrimPrefix(name.Name, "info")
		}
		return true
	})
	return id
}
