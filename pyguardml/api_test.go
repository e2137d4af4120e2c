package pyguardml

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/api.txt anew")

const module = "github.com/pyguard/pyguardml/"

// TestExportedAPIIsTheRecordedOne makes a change of the API a visible, deliberate diff. After
// a deliberate change: go test ./pyguardml -run API -update.
func TestExportedAPIIsTheRecordedOne(t *testing.T) {
	var b strings.Builder
	b.WriteString("The exported API of the public packages. Written by go test ./pyguardml -run API -update.\n")
	for _, pkg := range []string{"ast", "checks", "checks/all", "fix", "notebook", "pyguardml", "report"} {
		if err := renderAPI(&b, pkg); err != nil {
			t.Fatal(err)
		}
	}
	const golden = "../docs/api.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the exported API has changed; if that is meant, run: go test ./pyguardml -run API -update\n%s", diff)
	}
}

// apiPackage is a package's source files.
type apiPackage struct {
	path  string
	fset  *token.FileSet
	files []*ast.File
}

func parsePackage(pkg string) (*apiPackage, error) {
	p := &apiPackage{path: pkg, fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pkg), "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	return p, nil
}

// renderAPI writes a package's exported declarations in alphabetical order, and those of the
// internal types that it exports under another name.
func renderAPI(b *strings.Builder, pkg string) error {
	p, err := parsePackage(pkg)
	if err != nil || len(p.files) == 0 {
		return err
	}
	aliases := p.internalAliases()
	fmt.Fprintf(b, "\n# %s\n\n", pkg)
	p.write(b, func(string) bool { return true })
	for _, from := range slices.Sorted(mapsKeys(aliases)) {
		internal, err := parsePackage(from)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n# %s, as far as %s exports it\n\n", from, pkg)
		internal.write(b, func(typ string) bool { return aliases[from][typ] })
	}
	return nil
}

func mapsKeys(m map[string]map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// internalAliases finds `Call = flow.Call` and the like: the types by their package.
func (p *apiPackage) internalAliases() map[string]map[string]bool {
	found := map[string]map[string]bool{}
	for _, f := range p.files {
		imports := map[string]string{}
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			if local, ok := strings.CutPrefix(path, module); ok && strings.HasPrefix(local, "internal/") {
				imports[filepath.Base(local)] = local
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Assign.IsValid() || !spec.Name.IsExported() {
				return true
			}
			if sel, ok := spec.Type.(*ast.SelectorExpr); ok {
				if local := imports[fmt.Sprint(sel.X)]; local != "" {
					if found[local] == nil {
						found[local] = map[string]bool{}
					}
					found[local][sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	return found
}

// write renders the exported declarations; of types, and of functions with a receiver, those
// whose type is wanted. Functions and values without a type are left out when not all types are.
func (p *apiPackage) write(b *strings.Builder, wanted func(typ string) bool) {
	var list []string
	all := wanted("")
	for _, f := range p.files {
		ast.FileExports(f)
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				typ := receiver(d)
				if typ == "" && all || typ != "" && ast.IsExported(typ) && wanted(typ) {
					d.Body, d.Doc = nil, nil
					list = append(list, p.text(d))
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if text, ok := p.spec(d.Tok, spec, wanted, all); ok {
						list = append(list, text)
					}
				}
			}
		}
	}
	slices.Sort(list)
	for _, text := range list {
		b.WriteString(text + "\n")
	}
}

func (p *apiPackage) spec(tok token.Token, spec ast.Spec, wanted func(string) bool, all bool) (string, bool) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !wanted(s.Name.Name) {
			return "", false
		}
		s.Doc, s.Comment = nil, nil
		return "type " + p.text(s), true
	case *ast.ValueSpec:
		if !all {
			return "", false
		}
		s.Doc, s.Comment = nil, nil
		if tok == token.VAR {
			s.Values = nil // a table's content is no API
		}
		return tok.String() + " " + p.text(s), true
	}
	return "", false
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name
	}
	return "?"
}

func (p *apiPackage) text(n any) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		return err.Error()
	}
	// Fields on one line each, without what FileExports leaves of removed ones.
	var lines []string
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "// contains filtered or unexported fields"))
		if line != "" {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(lines, "\n\t")
}
