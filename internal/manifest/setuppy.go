package manifest

import (
	"context"
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

// parseSetupPy reads the requirements of a setup.py from its syntax; nothing is run.
func parseSetupPy(m *Manifest) {
	source, err := ast.NewSource(m.Path, m.Text)
	if err != nil {
		m.note(0, "%v", err)
		return
	}
	file, err := ast.Parse(context.Background(), source)
	if err != nil {
		m.note(0, "%v", err)
		return
	}
	m.setup(file)
}

// Setup reads a setup.py that is parsed already. The path tells where it is; its base name does not
// matter.
func Setup(path string, file *ast.File) *Manifest {
	m := &Manifest{Path: path, Kind: SetupPy}
	m.setup(file)
	return m
}

func (m *Manifest) setup(file *ast.File) {
	m.Text = file.Source.Text
	m.lines = lineStarts(m.Text)
	s := setupReader{m: m, names: map[string]ast.Expr{}, own: map[*ast.Dict]bool{}}
	s.statements(file.Body, 0)
}

// setupReader follows the constants of a setup.py to the calls of setup().
type setupReader struct {
	m *Manifest
	// names holds what was last assigned to each name at module level, up to where the reader is.
	names map[string]ast.Expr
	// own holds the dicts that were copied to add items to.
	own map[*ast.Dict]bool
}

func (s *setupReader) statements(body []ast.Stmt, depth int) {
	if depth > maxDepth {
		return
	}
	for _, stmt := range body {
		switch n := stmt.(type) {
		case *ast.Assign:
			s.assign(n)
		case *ast.AnnAssign:
			if name, ok := n.Target.(*ast.Name); ok && n.Value != nil {
				s.names[name.Id] = n.Value
			}
		case *ast.AugAssign:
			s.augment(n)
		case *ast.ExprStmt:
			s.expression(n.Value)
		case *ast.If:
			s.statements(n.Body, depth+1)
			s.statements(n.Orelse, depth+1)
		case *ast.With:
			s.statements(n.Body, depth+1)
		case *ast.Try:
			s.statements(n.Body, depth+1)
		case *ast.FunctionDef:
			// setup() is often called from a main function.
			s.statements(n.Body, depth+1)
		}
	}
}

func (s *setupReader) assign(n *ast.Assign) {
	for _, target := range n.Targets {
		switch t := target.(type) {
		case *ast.Name:
			s.names[t.Id] = s.substitute(n.Value, t.Id, 0)
		case *ast.Subscript:
			// extras["torch"] = [...]
			s.setItem(t, n.Value)
		}
	}
}

func (s *setupReader) setItem(t *ast.Subscript, item ast.Expr) {
	name, isName := t.Value.(*ast.Name)
	if !isName {
		return
	}
	dict, isDict := s.names[name.Id].(*ast.Dict)
	if !isDict {
		return
	}
	if !s.own[dict] {
		// The tree is shared and must stay as it is.
		dict = &ast.Dict{Span: dict.Span, Keys: slices.Clone(dict.Keys), Values: slices.Clone(dict.Values)}
		s.own[dict] = true
		s.names[name.Id] = dict
	}
	dict.Keys = append(dict.Keys, t.Index)
	dict.Values = append(dict.Values, item)
}

// substitute puts a name's old value in its place, for `reqs = reqs + ["torch"]`.
func (s *setupReader) substitute(e ast.Expr, name string, depth int) ast.Expr {
	if s.names[name] == nil || depth > 20 {
		return e
	}
	switch v := e.(type) {
	case *ast.Name:
		if v.Id == name {
			return s.names[name]
		}
	case *ast.BinOp:
		return &ast.BinOp{Span: v.Span, Op: v.Op, Left: s.substitute(v.Left, name, depth+1), Right: s.substitute(v.Right, name, depth+1)}
	case *ast.Starred:
		return &ast.Starred{Span: v.Span, Value: s.substitute(v.Value, name, depth+1)}
	case *ast.List:
		elts := make([]ast.Expr, len(v.Elts))
		for i, elt := range v.Elts {
			elts[i] = s.substitute(elt, name, depth+1)
		}
		return &ast.List{Span: v.Span, Elts: elts}
	}
	return e
}

func (s *setupReader) augment(n *ast.AugAssign) {
	name, ok := n.Target.(*ast.Name)
	if ok && n.Op == "+" && s.names[name.Id] != nil {
		s.names[name.Id] = &ast.BinOp{Span: n.Span, Left: s.names[name.Id], Op: "+", Right: n.Value}
	}
}

func (s *setupReader) expression(e ast.Expr) {
	call, ok := e.(*ast.Call)
	if !ok {
		return
	}
	switch fn := call.Fn.(type) {
	case *ast.Name:
		if fn.Id == "setup" {
			s.keywords(call.Keywords)
		}
	case *ast.Attribute:
		if fn.Attr.Id == "setup" {
			s.keywords(call.Keywords)
		} else {
			s.appendTo(fn, call)
		}
	}
}

// appendTo follows requirements.append("x") and requirements.extend([...]).
func (s *setupReader) appendTo(fn *ast.Attribute, call *ast.Call) {
	name, ok := fn.Value.(*ast.Name)
	if !ok || s.names[name.Id] == nil || len(call.Args) != 1 {
		return
	}
	more := call.Args[0]
	switch fn.Attr.Id {
	case "append":
		more = &ast.List{Span: more.Range(), Elts: []ast.Expr{more}}
	case "extend":
	default:
		return
	}
	s.names[name.Id] = &ast.BinOp{Span: call.Span, Left: s.names[name.Id], Op: "+", Right: more}
}

func (s *setupReader) keywords(keywords []*ast.Keyword) {
	for _, k := range keywords {
		if k.Name == nil {
			s.unpacked(k.Value)
			continue
		}
		s.keyword(k.Name.Id, k.Value)
	}
}

// unpacked reads setup(**arguments).
func (s *setupReader) unpacked(e ast.Expr) {
	switch v := s.resolve(e).(type) {
	case *ast.Dict:
		for i, key := range v.Keys {
			if k, ok := key.(*ast.Str); ok {
				s.keyword(k.Value, v.Values[i])
			}
		}
	case *ast.Call:
		if name, ok := v.Fn.(*ast.Name); ok && name.Id == "dict" {
			for _, k := range v.Keywords {
				if k.Name != nil {
					s.keyword(k.Name.Id, k.Value)
				}
			}
		}
	}
}

func (s *setupReader) keyword(name string, e ast.Expr) {
	switch name {
	case "name":
		if str, ok := s.resolve(e).(*ast.Str); ok {
			s.m.Name = Normalize(str.Value)
		}
	case "python_requires":
		if str, ok := s.resolve(e).(*ast.Str); ok {
			s.m.python(&Node{text: s.text(str)}, ParseSpecifier)
		}
	case "install_requires", "requires":
		s.requirements(e, Main, "")
	case "setup_requires":
		s.requirements(e, Build, "")
	case "tests_require":
		s.requirements(e, Dev, "tests")
	case "extras_require":
		s.extras(e)
	case "dependency_links":
		budget := maxSetupNodes
		s.each(e, &budget, func(str *ast.Str) {
			s.m.Indexes = append(s.m.Indexes, s.m.option("dependency-links", s.text(str)))
		})
	}
}

func (s *setupReader) extras(e ast.Expr) {
	dict, ok := s.resolve(e).(*ast.Dict)
	if !ok {
		return
	}
	for i, key := range dict.Keys {
		name := ""
		if k, ok := s.resolve(key).(*ast.Str); ok {
			name = k.Value
		}
		s.requirements(dict.Values[i], Extra, name)
	}
}

func (s *setupReader) requirements(e ast.Expr, group Group, name string) {
	budget := maxSetupNodes
	s.each(e, &budget, func(str *ast.Str) {
		for _, line := range lines(s.text(str)) {
			if line = withoutComment(line).trim(); line.value != "" {
				s.m.addPEP508(line, group, name)
			}
		}
	})
}

// lines splits a text at line ends: setup() takes a list, or one string with a requirement a line.
func lines(t text) []text {
	var all []text
	start := 0
	for i := range len(t.value) + 1 {
		if i == len(t.value) || t.value[i] == '\n' {
			all = append(all, t.part(start, i))
			start = i + 1
		}
	}
	return all
}

// maxSetupNodes bounds the expressions visited for one keyword: names may refer to each other so
// that an expression grows with each (a = b + b).
const maxSetupNodes = 20000

// each visits the constant strings of a list in order, through names, + and list().
func (s *setupReader) each(e ast.Expr, budget *int, visit func(*ast.Str)) {
	pending := []ast.Expr{e}
	for len(pending) > 0 {
		if *budget--; *budget < 0 {
			return
		}
		e := s.resolve(pending[len(pending)-1])
		pending = pending[:len(pending)-1]
		var parts []ast.Expr
		switch v := e.(type) {
		case *ast.Str:
			visit(v)
		case *ast.List:
			parts = v.Elts
		case *ast.Tuple:
			parts = v.Elts
		case *ast.Set:
			parts = v.Elts
		case *ast.Starred:
			parts = []ast.Expr{v.Value}
		case *ast.BinOp:
			if v.Op == "+" {
				parts = []ast.Expr{v.Left, v.Right}
			}
		case *ast.Subscript:
			parts = []ast.Expr{s.item(v)}
		case *ast.Call:
			if fn, ok := v.Fn.(*ast.Name); ok && (fn.Id == "list" || fn.Id == "sorted" || fn.Id == "set" || fn.Id == "tuple") {
				parts = v.Args
			}
		}
		for i := len(parts) - 1; i >= 0; i-- {
			pending = append(pending, parts[i])
		}
	}
}

// item returns extras["torch"] of a known dict, or nil.
func (s *setupReader) item(v *ast.Subscript) ast.Expr {
	dict, ok := s.resolve(v.Value).(*ast.Dict)
	index, isStr := v.Index.(*ast.Str)
	if !ok || !isStr {
		return nil
	}
	for i := len(dict.Keys) - 1; i >= 0; i-- {
		if key, ok := dict.Keys[i].(*ast.Str); ok && key.Value == index.Value {
			return dict.Values[i]
		}
	}
	return nil
}

// resolve follows names to what was assigned to them, a few steps at most.
func (s *setupReader) resolve(e ast.Expr) ast.Expr {
	for range 16 {
		name, ok := e.(*ast.Name)
		if !ok || s.names[name.Id] == nil {
			return e
		}
		e = s.names[name.Id]
	}
	return e
}

// text places a string within its quotes where it is written as it is.
func (s *setupReader) text(str *ast.Str) text {
	whole := text{value: str.Value, span: str.Span}
	if len(str.Pieces) != 1 {
		return whole
	}
	p := str.Pieces[0]
	start := int(p.Start) + len(p.Prefix) + len(p.Quote)
	end := int(p.End) - len(p.Quote)
	if start <= end && end <= len(s.m.Text) && string(s.m.Text[start:end]) == str.Value {
		return text{str.Value, spanOf(start, end), true}
	}
	return whole
}
