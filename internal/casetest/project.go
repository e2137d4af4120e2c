package casetest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// project is a written case made ready for derivations: its Python files parsed, and its
// reports placed in them.
type project struct {
	vulnerable bool
	units      []*unit
	// others are the files that no derivation changes: notebooks and manifests.
	others []File
	// kept are the places of the reports in them.
	kept []Place
	// sinks names the functions that the check's vulnerable cases are reported for, by the
	// last part of the name: the calls of a safe case that are worth disturbing.
	sinks map[string]bool
}

// unit is one Python file of a project.
type unit struct {
	index int
	path  string
	text  string
	file  *ast.File
	// anchors are the reported nodes.
	anchors []ast.Span
}

// newProject parses a case's files. findings are those of the case as written.
func newProject(c *Case, findings []checks.Finding, sinks map[string]bool) (*project, error) {
	p := &project{vulnerable: c.Vulnerable, sinks: sinks}
	for _, f := range c.Files {
		if !strings.HasSuffix(f.Path, ".py") {
			p.others = append(p.others, f)
			for _, found := range findings {
				if found.Path == f.Path {
					p.kept = append(p.kept, placeOf(found))
				}
			}
			continue
		}
		u, err := newUnit(len(p.units), f)
		if err != nil {
			return nil, err
		}
		for _, found := range findings {
			if found.Path == f.Path {
				u.anchors = append(u.anchors, found.Span)
			}
		}
		p.units = append(p.units, u)
	}
	return p, nil
}

func newUnit(index int, f File) (*unit, error) {
	src, err := ast.NewSource(f.Path, f.Content)
	if err != nil {
		return nil, err
	}
	file, err := ast.Parse(context.Background(), src)
	if err != nil {
		return nil, err
	}
	if len(file.Errors) > 0 {
		e := file.Errors[0]
		return nil, fmt.Errorf("%s:%d: not valid Python: %s", f.Path, src.Position(e.Start).Line, e.Msg)
	}
	return &unit{index: index, path: f.Path, text: string(src.Text), file: file}, nil
}

// inspect visits all nodes of the unit, parents first.
func (u *unit) inspect(f func(ast.Node) bool) {
	for _, s := range u.file.Body {
		ast.Inspect(s, f)
	}
}

// target is a place that a derivation disturbs: a reported node of a vulnerable case, or a
// call in a safe one that a careless check would report.
type target struct {
	// path leads from the outermost statement to the node, both included.
	path []ast.Node
	// stmt is the innermost statement, call the innermost call; call may be nil.
	stmt ast.Stmt
	call *ast.Call
}

// targets lists the unit's targets in order.
func (u *unit) targets(p *project) []target {
	var out []target
	if p.vulnerable {
		for _, span := range u.anchors {
			if t, ok := newTarget(u.pathTo(span)); ok {
				out = append(out, t)
			}
		}
		return out
	}
	u.inspect(func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && p.sinks[lastName(c.Fn)] {
			if t, ok := newTarget(u.pathTo(c.Span)); ok {
				out = append(out, t)
			}
		}
		return true
	})
	return out
}

func newTarget(path []ast.Node) (target, bool) {
	t := target{path: path}
	for _, n := range path {
		switch n := n.(type) {
		case ast.Stmt:
			t.stmt, t.call = n, nil
		case *ast.Call:
			t.call = n
		}
	}
	return t, t.stmt != nil
}

// pathTo lists the nodes around a span from the outside in, the smallest last.
func (u *unit) pathTo(span ast.Span) []ast.Node {
	var path []ast.Node
	u.inspect(func(n ast.Node) bool {
		if n.Range().Contains(span) || decorates(n, span) {
			path = append(path, n)
			return true
		}
		return false
	})
	return path
}

// decorates reports whether a definition's decorators, which lie before its own span, hold
// the span.
func decorates(n ast.Node, span ast.Span) bool {
	switch n := n.(type) {
	case *ast.FunctionDef:
		return len(n.Decorators) > 0 && ast.Span{Start: n.Decorators[0].Start, End: n.End}.Contains(span)
	case *ast.ClassDef:
		return len(n.Decorators) > 0 && ast.Span{Start: n.Decorators[0].Start, End: n.End}.Contains(span)
	}
	return false
}

// lastName is the part of a dotted name after the last dot, or "".
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Name:
		return e.Id
	case *ast.Attribute:
		return e.Attr.Id
	}
	return ""
}

// dotted returns the parts of a name such as a.b.c, or nil for any other expression.
func dotted(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.Name:
		return []string{e.Id}
	case *ast.Attribute:
		if head := dotted(e.Value); head != nil {
			return append(head, e.Attr.Id)
		}
	}
	return nil
}

// startOf is where a statement begins, decorators included.
func startOf(s ast.Stmt) int {
	switch s := s.(type) {
	case *ast.FunctionDef:
		if len(s.Decorators) > 0 {
			return int(s.Decorators[0].Start)
		}
	case *ast.ClassDef:
		if len(s.Decorators) > 0 {
			return int(s.Decorators[0].Start)
		}
	}
	return int(s.Pos())
}

// lineStart is the offset of the first byte of the line that holds offset.
func (u *unit) lineStart(offset int) int {
	return strings.LastIndexByte(u.text[:offset], '\n') + 1
}

// lineEnd is the offset after the line that holds offset, its line break included.
func (u *unit) lineEnd(offset int) int {
	if i := strings.IndexByte(u.text[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(u.text)
}

// indentOf returns the white space before a statement, and whether the statement begins
// its line.
func (u *unit) indentOf(s ast.Stmt) (string, bool) {
	start := startOf(s)
	indent := u.text[u.lineStart(start):start]
	return indent, strings.TrimLeft(indent, " \t") == ""
}

// alone reports whether a statement has its lines for itself, but for a comment.
func (u *unit) alone(s ast.Stmt) bool {
	_, first := u.indentOf(s)
	end := int(s.Stop())
	if end > 0 && u.text[end-1] == '\n' {
		return first
	}
	rest := strings.TrimSpace(u.text[end:u.lineEnd(end)])
	return first && (rest == "" || rest[0] == '#')
}

// span returns the text of a node with the parentheses around it.
func (u *unit) span(e ast.Expr) (start, end int) {
	s := u.file.Parens(e)
	return int(s.Start), int(s.End)
}

// names counts, for each identifier, how it is used in the unit.
type names struct {
	// uses are the places where the name is read or deleted, bound where it is bound.
	uses, bound map[string][]*ast.Name
	// chains are the attribute expressions whose innermost value is the name.
	chains map[string][]*ast.Attribute
	// stored are the attributes that are assigned to.
	stored map[*ast.Attribute]bool
	// texts is all constant text, in which eval may find names.
	texts []string
	// taken are the names that derived lines bind.
	taken map[string]bool
}

// names collects the unit's identifiers.
func (u *unit) names() *names {
	n := &names{
		uses: map[string][]*ast.Name{}, bound: map[string][]*ast.Name{},
		chains: map[string][]*ast.Attribute{}, stored: map[*ast.Attribute]bool{},
	}
	binding := map[*ast.Name]bool{}
	label := map[*ast.Name]bool{}
	u.inspect(func(node ast.Node) bool {
		for _, b := range bindings(node) {
			if b != nil && !binding[b] {
				binding[b] = true
				n.bound[b.Id] = append(n.bound[b.Id], b)
			}
		}
		switch node := node.(type) {
		case *ast.Attribute:
			label[node.Attr] = true
			if parts := dotted(node); parts != nil {
				n.chains[parts[0]] = append(n.chains[parts[0]], node)
			}
		case *ast.Keyword:
			if node.Name != nil {
				label[node.Name] = true
			}
		case *ast.Assign:
			n.storeAll(node.Targets...)
		case *ast.AugAssign:
			n.storeAll(node.Target)
		case *ast.AnnAssign:
			n.storeAll(node.Target)
		case *ast.Delete:
			n.storeAll(node.Targets...)
		case *ast.Str:
			n.texts = append(n.texts, node.Value)
		case *ast.Name:
			if !binding[node] && !label[node] {
				n.uses[node.Id] = append(n.uses[node.Id], node)
			}
		}
		return true
	})
	return n
}

// storeAll notes the attributes that an assignment changes, those in the middle of a
// target (`a.b.c = …`, `a.b["k"] = …`) as well.
func (n *names) storeAll(targets ...ast.Expr) {
	for _, t := range targets {
		ast.Inspect(t, func(node ast.Node) bool {
			if a, ok := node.(*ast.Attribute); ok {
				n.stored[a] = true
			}
			return true
		})
	}
}

// quoted reports whether a string of the file holds the name as the start of an expression
// or as a whole, so that renaming it would change what eval, getattr or a forward
// reference finds.
func (n *names) quoted(name string) bool {
	re := regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(name) + `\.\w*($|[^ ])|^` + regexp.QuoteMeta(name) + `$|^` + regexp.QuoteMeta(name) + `\.`)
	for _, t := range n.texts {
		if re.MatchString(t) {
			return true
		}
	}
	return false
}

// known reports whether the name occurs in the file at all.
func (n *names) known(name string) bool {
	return len(n.uses[name]) > 0 || len(n.bound[name]) > 0 || n.taken[name]
}

// fresh returns a name that neither the file nor an earlier derived line uses, made from the
// proposed one.
func (n *names) fresh(name string) string {
	for n.known(name) {
		name += "_"
	}
	n.take(name)
	return name
}

// take keeps a name for a derived line.
func (n *names) take(name string) {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	n.taken[name] = true
}

// bindings lists the names that a node itself binds, without those its parts bind.
func bindings(node ast.Node) []*ast.Name {
	switch node := node.(type) {
	case *ast.FunctionDef:
		return []*ast.Name{node.Name}
	case *ast.ClassDef:
		return []*ast.Name{node.Name}
	case *ast.Param:
		return []*ast.Name{node.Name}
	case *ast.Alias:
		return []*ast.Name{node.AsName}
	case *ast.ExceptHandler:
		return []*ast.Name{node.Name}
	case *ast.NamedExpr:
		return []*ast.Name{node.Target}
	case *ast.TypeAlias:
		return []*ast.Name{node.Name}
	case *ast.Global:
		return node.Names
	case *ast.Nonlocal:
		return node.Names
	case *ast.Assign:
		return targetNames(node.Targets...)
	case *ast.AugAssign:
		return targetNames(node.Target)
	case *ast.AnnAssign:
		return targetNames(node.Target)
	case *ast.For:
		return targetNames(node.Target)
	case *ast.CompClause:
		return targetNames(node.Target)
	case *ast.WithItem:
		if node.Target != nil {
			return targetNames(node.Target)
		}
	case *ast.MatchAs:
		return []*ast.Name{node.Name}
	case *ast.MatchStar:
		return []*ast.Name{node.Name}
	case *ast.MatchMapping:
		return []*ast.Name{node.Rest}
	}
	return nil
}

func targetNames(targets ...ast.Expr) []*ast.Name {
	var out []*ast.Name
	for _, t := range targets {
		switch t := t.(type) {
		case *ast.Name:
			out = append(out, t)
		case *ast.Tuple:
			out = append(out, targetNames(t.Elts...)...)
		case *ast.List:
			out = append(out, targetNames(t.Elts...)...)
		case *ast.Starred:
			out = append(out, targetNames(t.Value)...)
		}
	}
	return out
}
