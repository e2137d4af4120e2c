package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the words for paths that are put together of a folder and a name from elsewhere.

// EntriesOf lists the expressions by which the data of a path enters the text at its end.
func EntriesOf(p *Pass, path *Path) []Insertion {
	return p.Insertions(path, func(v *Value) bool { return Carries(path, v) })
}

// WrapEntries puts a function around each expression by which the data of a path enters.
func WrapEntries(p *Pass, path *Path, qualified, stmt, message string) *fix.Fix {
	return Fix(true, message, p.WrapInsertions(EntriesOf(p, path), qualified, stmt, fix.InSection, func(name, text string) string { return name + "(" + text + ")" }))
}

// IsFolder reports whether an expression is the folder that something is joined to: of a path of several parts the
// last alone would be none.
func IsFolder(m *Module, e ast.Expr) bool {
	around := m.Around(e)
	if len(around) < 2 {
		return false
	}
	switch n := around[len(around)-2].(type) {
	case *ast.BinOp:
		return n.Op == "/" && n.Left == e
	case *ast.Attribute:
		return n.Attr.Id == "joinpath" || n.Attr.Id == "parent"
	case *ast.Call:
		return LastName(n.Fn) == "join" && len(n.Args) > 1 && n.Args[0] == e
	}
	return false
}

// LastPart keeps the last part of a caller's name only; nil where that is the folder itself.
func LastPart(p *Pass, path *Path) *fix.Fix {
	for _, e := range EntriesOf(p, path) {
		if IsFolder(e.In, e.Expr) {
			return nil
		}
	}
	return WrapEntries(p, path, "os.path.basename", "import os", "keep only the last part of the name")
}

// StayBelow tests before the statement that the path leads to a file in its folder, or right in
// it where one segment is given; without a folder the last part of the name is kept.
func StayBelow(p *Pass, path *Path, segment bool) *fix.Fix {
	list := EntriesOf(p, path)
	if len(list) == 0 {
		return nil
	}
	in, base, joined := baseOf(p, path, list[0])
	if base == "" {
		return LastPart(p, path)
	}
	at, text := p.StmtOf(path.Call.Node), ""
	if e := p.SinkExpr(path); e != nil {
		text = p.File.Text(e)
	}
	after := false
	if in != p.Module || text == "" || !sameFunction(p.Module, path.Call.Node, joined) {
		// The folder is known where the path is put together.
		at, text = in.StmtOf(joined), in.File.Text(joined)
		if a, ok := at.(*ast.Assign); ok && len(a.Targets) == 1 && a.Value == joined {
			at, text, after = a, in.File.Text(a.Targets[0]), true
		}
	}
	if at == nil || RunsLater(in, joined, at) && !after {
		return LastPart(p, path)
	}
	name, imports := fix.Reach(in.File, "pathlib.Path", "from pathlib import Path", fix.InSection)
	test := "if not " + name + "(" + text + ").resolve().is_relative_to(" + name + "(" + base + ").resolve()):"
	if segment {
		test = "if " + name + "(" + text + ").resolve().parent != " + name + "(" + base + ").resolve():"
	}
	lines := []string{test, `    raise ValueError("path leaves the folder")`}
	var edits []fix.Edit
	if after {
		edits = fix.InsertAfter(in.File, at, lines...)
	} else {
		edits = fix.InsertBefore(in.File, at, lines...)
	}
	return Fix(true, "refuse paths that leave the folder", p.InFile(in, append(edits, imports...)))
}

// RequireNames tests, before a path is put together, each part of it that others choose: it has to be a plain name, to which
// only the last part may have an ending. It is nil where that cannot be written.
func RequireNames(p *Pass, path *Path, problem string) *fix.Fix {
	parts := path.Value.PathText().Parts()
	list := EntriesOf(p, path)
	if len(parts) == 0 {
		list = p.sums(path.Call.Frame, list)
	}
	list = operands(WayOf(p, path), list)
	var edits []fix.Edit
	imported := map[*Module]bool{}
	for i, e := range list {
		if repeats(list[:i], e) || slices.ContainsFunc(list[:i], func(o Insertion) bool {
			return o.In == e.In && o.In.File.Text(o.Expr) == e.In.File.Text(e.Expr) && sameFunction(o.In, o.Expr, e.Expr)
		}) {
			continue
		}
		pattern := `[A-Za-z0-9_-]+`
		if n := len(parts); n == 0 || parts[n-1].Value != nil && parts[n-1].Node.Range().End == e.Expr.Range().End {
			pattern += `(\.[A-Za-z0-9_-]+)*`
		}
		there := p.There(e.In)
		match, imports := fix.Reach(e.In.File, "re.fullmatch", "import re", fix.BeforeFirstImport)
		own := there.requireEach(e.Expr, path.Call.Node, func(text string) string { return match + `(r"` + pattern + `", ` + text + ")" }, problem)
		if own == nil {
			return nil
		}
		if !imported[e.In] {
			imported[e.In] = true
			own = append(own, imports...)
		}
		edits = append(edits, p.InFile(e.In, own)...)
	}
	return Fix(true, "refuse what is no plain name", edits)
}

// sums puts the sums that expressions stand for in their place, wherever they are written: `ROOT + name` that a caller gives.
func (p *Pass) sums(f *Frame, list []Insertion) []Insertion {
	var out []Insertion
	for _, e := range list {
		n := len(out)
		for _, s := range f.SpelledOut(e.Expr) {
			if sum, ok := s.Expr.(*ast.BinOp); ok {
				if in := p.Project.Module(s.Frame.Module()); in != nil {
					out = append(out, Insertion{sum, in})
				}
			}
		}
		if len(out) == n {
			out = append(out, e)
		}
	}
	return out
}

// operands takes entries that are sums of which nothing more is known apart: of `settings.ROOT + "/" + name` the name.
func operands(w *Way, list []Insertion) []Insertion {
	var out []Insertion
	for _, e := range list {
		sum, ok := e.Expr.(*ast.BinOp)
		if !ok || sum.Op != "+" && sum.Op != "/" {
			out = append(out, e)
			continue
		}
		var of []Insertion
		for _, x := range [...]ast.Expr{sum.Left, sum.Right} {
			if w.Holds(e.In, x) {
				of = append(of, Insertion{x, e.In})
			}
		}
		if of == nil {
			out = append(out, e)
			continue
		}
		out = append(out, operands(w, of)...)
	}
	return out
}

// requireEach refuses, before the statement of an expression, what a test does not hold of: of the expression, or of each
// thing that it stands for in a comprehension. The statement is that of the call where both are in one function and the
// expression is no part of a statement of its own. It is nil where that cannot be written.
func (p *Pass) requireEach(e ast.Expr, call ast.Node, test func(text string) string, problem string) []fix.Edit {
	stmt := p.StmtOf(e)
	if stmt == nil {
		return nil
	}
	text := p.File.Text(e)
	switch e.(type) {
	case *ast.BinOp, *ast.BoolOp, *ast.IfExp:
		text = "(" + text + ")"
	}
	refused := "not " + test(text)
	var edits []fix.Edit
	lines := []string{}
	each := eachOf(p.Module, e, stmt)
	switch {
	case each != nil && Repeatable(e) && Repeatable(each.Iter) && evaluatedOnce(p.Module, each.Iter, stmt):
		refused = "not all(" + test(text) + " " + p.File.Text(each) + ")"
	case each != nil || !evaluatedOnce(p.Module, e, stmt):
		return nil
	case !Repeatable(e):
		lines, edits = append(lines, "requested = "+text), Replace(p, e, "requested")
		refused = "not " + test("requested")
	}
	lines = append(lines, "if "+refused+":", `    raise ValueError("`+problem+`")`)
	return append(fix.InsertBefore(p.File, stmt, lines...), edits...)
}

// baseOf finds the expression that joins an entry to a folder, and the text of the folder; base
// is "" where there is none.
func baseOf(p *Pass, path *Path, e Insertion) (in *Module, base string, joined ast.Expr) {
	around := e.In.Around(e.Expr)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if b := joinedTo(n, around[i+1]); b != nil {
				return e.In, pathArgument(e.In, b), n
			}
			if joined == nil && len(n.Args) > 0 && n.Args[0] == around[i+1] {
				continue // str(x), x.strip()
			}
		case *ast.BinOp:
			if n.Right != around[i+1] {
				continue
			}
			switch n.Op {
			case "/":
				return e.In, pathArgument(e.In, n.Left), n
			case "+":
				if b := folderText(e.In, n.Left); b != "" {
					return e.In, b, wholeSum(around, i)
				}
				return e.In, "", nil
			}
		case *ast.JoinedStr:
			return e.In, folderOfString(e.In, n, e.Expr), n
		case ast.Stmt:
			return e.In, "", nil
		}
	}
	return e.In, "", nil
}

// joinedTo is the folder of os.path.join(folder, ..., x) or folder.joinpath(x); nil for other
// calls.
func joinedTo(c *ast.Call, x ast.Node) ast.Expr {
	at, ok := c.Fn.(*ast.Attribute)
	name := LastName(c.Fn)
	switch {
	case ok && name == "joinpath":
		return at.Value
	case name == "join" || name == "join_path" || name == "Path" || name == "PurePath":
		if len(c.Args) > 1 && c.Args[0] != x {
			return c.Args[0]
		}
	}
	return nil
}

// pathArgument is the text to be given to Path for an expression: of Path(x) that of x.
func pathArgument(in *Module, e ast.Expr) string {
	if c, ok := e.(*ast.Call); ok && LastName(c.Fn) == "Path" && len(c.Args) == 1 && len(c.Keywords) == 0 {
		if _, starred := c.Args[0].(*ast.Starred); !starred {
			e = c.Args[0]
		}
	}
	return in.File.Text(e)
}

// folderText is the folder that the left side of a sum names, as an expression: BASE of
// BASE + "/" and "data" of "data/".
func folderText(in *Module, e ast.Expr) string {
	switch n := e.(type) {
	case *ast.Str:
		if t := strings.TrimRight(n.Value, "/"); t != n.Value && t != "" {
			return strconv.Quote(t)
		}
	case *ast.BinOp:
		if s, ok := n.Right.(*ast.Str); ok && n.Op == "+" && s.Value == "/" {
			return in.File.Text(n.Left)
		}
		if n.Op == "+" {
			if a, ok := n.Right.(*ast.Attribute); ok && a.Attr.Id == "sep" {
				return in.File.Text(n.Left)
			}
		}
	}
	return ""
}

// wholeSum is the outermost of the sums around a place.
func wholeSum(around []ast.Node, i int) ast.Expr {
	out := around[i].(ast.Expr)
	for ; i >= 0; i-- {
		b, ok := around[i].(*ast.BinOp)
		if !ok || b.Op != "+" {
			break
		}
		out = b
	}
	return out
}

// folderOfString is the folder that stands in front of a placeholder of an f-string, as an
// expression: BASE of f"{BASE}/{x}" and "runs" of f"runs/{x}".
func folderOfString(in *Module, s *ast.JoinedStr, e ast.Expr) string {
	before, names := "", []string(nil)
	for _, v := range s.Values {
		if ph, ok := v.(*ast.Placeholder); ok {
			if ph.Range().Contains(e.Range()) {
				break
			}
			names = append(names, in.File.Text(ph.Value))
			before += "{}"
			continue
		}
		if t, ok := v.(*ast.Str); ok {
			before += t.Value
		}
	}
	i := strings.LastIndexByte(before, '/')
	if i <= 0 {
		return ""
	}
	before = before[:i]
	switch {
	case before == "{}":
		return names[0]
	case !strings.Contains(before, "{}"):
		return strconv.Quote(before)
	}
	var b strings.Builder
	b.WriteString(`f"`)
	for n := 0; before != ""; n++ {
		text, rest, more := strings.Cut(before, "{}")
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "{", "{{", "}", "}}").Replace(text))
		if more {
			b.WriteString("{" + names[n] + "}")
		}
		before = rest
	}
	b.WriteString(`"`)
	return b.String()
}

// sameFunction reports whether two places are in one function.
func sameFunction(m *Module, a, b ast.Node) bool {
	return m.FunctionAround(a) == m.FunctionAround(b)
}

// RunsLater reports whether an expression is evaluated at another time than its statement: in a
// lambda or comprehension.
func RunsLater(m *Module, n ast.Node, stmt ast.Stmt) bool {
	for _, a := range m.Around(n) {
		if a.Pos() < stmt.Pos() {
			continue
		}
		switch a.(type) {
		case *ast.Lambda, *ast.Comp:
			return true
		}
	}
	return false
}

// AboutPaths reports whether the name of a function that checks something may speak of a path or
// a name: not that of a user, a token, a type or a size.
func AboutPaths(name string) bool {
	name = strings.ToLower(name)
	for _, other := range [...]string{"user", "token", "auth", "permission", "access", "login", "session", "key", "type", "size", "mime", "quota", "limit", "json", "schema", "exist", "length", "content"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return true
}

// IsFileName reports whether data is the name under which a client sent a file.
func IsFileName(m Mark) bool {
	fields := m.Fields()
	if len(fields) == 0 {
		return m.Label == models.Upload && strings.HasSuffix(m.Source().String(), ".filename")
	}
	switch fields[len(fields)-1] {
	case "filename":
		// A form of Starlette or aiohttp holds fields and files: form["file"].filename.
		return m.Label == models.Upload || len(fields) > 1 && m.Source().Is("starlette.requests.Request().form", "aiohttp.web.Request().post")
	case "name":
		return m.Label == models.Upload && (m.Source().Is("sanic.Request().files") || m.Source().Under("streamlit"))
	}
	return false
}

// OneSegment reports whether the data is a part of the request's address that holds no slash, or
// text that has lost its slashes.
func OneSegment(path *Path) bool {
	if slashes, ok := path.Placeholder(); ok && !slashes {
		return true
	}
	return !path.Mark.Holds("/")
}

// Escapes reports whether data can lead a path out of its folder: by an absolute path where it
// is a whole part of it, else by `..`.
func Escapes(path *Path) bool {
	if !path.Mark.Holds("/") || endingOnly(path) {
		return false
	}
	// A path that was tested for `..` is left to the check of such tests.
	return path.Mark.Holds("..") || !path.Mark.Lacks("..")
}

// endingOnly reports whether of the client's name only what follows the last dot is used, behind
// a name of the server's own.
func endingOnly(path *Path) bool {
	parts := path.Value.PathText().Parts()
	for i, part := range parts {
		if part.Value == nil || !Carries(path, part.Value) {
			continue
		}
		if i == 0 || parts[i-1].Value == nil && strings.HasSuffix(parts[i-1].Text, "/") {
			return false
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || !isEnding(path.Call.Frame, e) {
			return false
		}
	}
	return len(parts) > 1
}

// isEnding reports whether an expression is the last piece of a text that is split at its dots.
func isEnding(f *Frame, e ast.Expr) bool {
	if name, ok := e.(*ast.Name); ok {
		if e = LastAssigned(BodyOf(f), name); e == nil {
			return false
		}
	}
	for {
		if c, ok := e.(*ast.Call); ok {
			if at, ok := c.Fn.(*ast.Attribute); ok && (at.Attr.Id == "lower" || at.Attr.Id == "strip") {
				e = at.Value
				continue
			}
		}
		break
	}
	sub, ok := e.(*ast.Subscript)
	if !ok {
		return false
	}
	c, ok := sub.Value.(*ast.Call)
	if !ok || len(c.Args) == 0 {
		return false
	}
	at, ok := c.Fn.(*ast.Attribute)
	sep, text := c.Args[0].(*ast.Str)
	return ok && text && sep.Value == "." && (at.Attr.Id == "split" || at.Attr.Id == "rsplit" || at.Attr.Id == "rpartition")
}

// ContentGiven reports whether the way goes through a branch that a function takes only where it
// is not given the content itself: `if binary: ... else: open(name)`. Services hand it the
// content, and the name for what it says of the kind.
func ContentGiven(p *Pass, path *Path) bool {
	places := []struct {
		m *Module
		n ast.Node
	}{{p.Module, path.Call.Node}}
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok {
			places = append(places, struct {
				m *Module
				n ast.Node
			}{p.Project.Module(t.Mod), c})
		}
	}
	for _, at := range places {
		if at.m != nil && withoutContent(at.m, at.n) {
			return true
		}
	}
	return false
}

// withoutContent reports whether a place is in a branch of a test of a parameter that holds a
// file's content.
func withoutContent(m *Module, n ast.Node) bool {
	fn := m.FunctionAround(n)
	if fn == nil || fn.Params == nil {
		return false
	}
	for _, a := range m.Around(n) {
		s, ok := a.(*ast.If)
		if !ok || !fn.Range().Contains(s.Range()) {
			continue
		}
		for _, p := range fn.Params.List {
			if p.Name == nil || !contentName(p.Name.Id) {
				continue
			}
			tested := false
			ast.Inspect(s.Test, func(n ast.Node) bool {
				if id, ok := n.(*ast.Name); ok && id.Id == p.Name.Id {
					tested = true
				}
				return !tested
			})
			if tested {
				return true
			}
		}
	}
	return false
}

func contentName(name string) bool {
	switch name {
	case "binary", "content", "contents", "data", "blob", "buffer", "bytes", "raw", "stream", "file_content", "file_bytes", "content_bytes":
		return true
	}
	return false
}
