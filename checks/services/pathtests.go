package services

import (
	"slices"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// pathTest is PML6405.
var pathTest = &checks.Rule{
	Spec:  infoPML6405,
	Knows: []string{"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.getcwd", "pathlib.PurePath().resolve", "os.path.commonprefix"},
	// The test may stand in a file, and what opens the path in another one.
	Needs:  append([]string{"open", "send_", "FileResponse", "read_", "write_", "shutil", "remove", "unlink", "save", "load", "extract"}, pathTestWords...),
	Beside: [][]string{pathTestWords},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !p.Project.UsesML() {
			return
		}
		for _, c := range f.Calls {
			paths := c.Dangerous(models.Path)
			if len(paths) == 0 || !p.Holds(c.Node) {
				continue
			}
			for _, a := range paths {
				e := a.Node
				if at, ok := c.Node.Fn.(*ast.Attribute); ok && e == nil {
					e = at.Value
				}
				s := checks.ScopeOf(p, c)
				if e == nil || s == nil {
					continue
				}
				for _, t := range testsOfPath(p, s, c, e, a.Value, nil, 0) {
					p.Report(checks.Report{Node: t.at, In: t.scope.In, Fix: t.repair(p)})
				}
			}
		}
	},
}

// pathTestWords are texts of which one is in a file that tests paths in a way that does not hold.
var pathTestWords = []string{"startswith", "commonprefix", `".."`, `'..'`, `"../"`, `'../'`}

// pathTestAt is a test of a path that one outside of the folder passes.
type pathTestAt struct {
	scope *checks.Scope
	at    ast.Expr
	// positive is set where the test says that the path is in the folder.
	positive bool
	// path and base are the expressions of both; of a ban of `..` path is the name that is joined.
	path, base ast.Expr
	ban        bool
	// absolute marks no fault: a test that refuses absolute names.
	absolute bool
}

// joinAt is a place at which a name is joined to a folder.
type joinAt struct {
	scope        *checks.Scope
	base, second ast.Expr
	// text is set where both are put into one text, so that an absolute name leads nowhere else.
	text bool
}

// tracedPath is what a path was made of.
type tracedPath struct {
	roots    []pathRoot
	joins    []joinAt
	end      *ast.Param
	resolved bool
	// confined is set where only the last part of a name is used, or its slashes are gone.
	confined bool
	// inFolder is set while the folder is followed that a name is joined to.
	inFolder bool
}

// pathRoot is a name at a point where it has one value, or an expression that reads a field.
type pathRoot struct {
	in   *checks.Module
	text string
	at   ast.Pos
}

func (t *tracedPath) meets(o *tracedPath) bool {
	return slices.ContainsFunc(t.roots, func(r pathRoot) bool { return slices.Contains(o.roots, r) })
}

// tracePath follows an expression to the names that a path is made of.
func tracePath(s *checks.Scope, e ast.Expr) *tracedPath {
	t := &tracedPath{}
	t.follow(s, e, 0)
	return t
}

// maxPathSteps bounds the steps by which a path is followed.
const maxPathSteps = 30

func (t *tracedPath) root(s *checks.Scope, text string, at ast.Pos) {
	if !t.inFolder {
		t.roots = append(t.roots, pathRoot{s.In, text, at})
	}
}

func (t *tracedPath) join(s *checks.Scope, base, second ast.Expr, text bool, depth int) {
	if s.Texts(second) != nil {
		t.follow(s, base, depth+1)
		return
	}
	t.joins = append(t.joins, joinAt{s, base, second, text})
	outer := t.inFolder
	t.inFolder = false
	t.follow(s, second, depth+1)
	t.inFolder = true
	t.follow(s, base, depth+1)
	t.inFolder = outer
}

func (t *tracedPath) follow(s *checks.Scope, e ast.Expr, depth int) {
	if depth > maxPathSteps || t.confined {
		return
	}
	switch n := e.(type) {
	case *ast.Name:
		if iter := s.Each(n.Id); iter != nil {
			t.root(s, n.Id, -2)
			return
		}
		if given := s.Assigned(n); given != nil {
			t.root(s, n.Id, given.Pos())
			t.follow(s, given, depth+1)
			return
		}
		if q := s.Param(n.Id); q != nil {
			t.root(s, n.Id, q.Pos())
			if up, given := s.Given(n.Id); given != nil {
				t.follow(up, given, depth+1)
			} else if t.end == nil && !t.inFolder {
				t.end = q
			}
		}
	case *ast.Attribute:
		switch n.Attr.Id {
		case "name", "stem":
			if _, chained := n.Value.(*ast.Call); chained {
				t.confined = true
				return
			}
		case "parent", "parts":
			t.follow(s, n.Value, depth+1)
			return
		}
		t.root(s, s.In.File.Text(n), -1)
	case *ast.Subscript:
		t.root(s, s.In.File.Text(n), -1)
	case *ast.BinOp:
		switch n.Op {
		case "/":
			t.join(s, n.Left, n.Right, false, depth)
		case "+":
			t.join(s, n.Left, n.Right, true, depth)
		}
	case *ast.JoinedStr:
		var before ast.Expr
		for _, v := range n.Values {
			if ph, ok := v.(*ast.Placeholder); ok {
				if before != nil {
					t.join(s, before, ph.Value, true, depth)
				} else {
					t.follow(s, ph.Value, depth+1)
				}
				before = ph.Value
			} else if before == nil {
				before = v
			}
		}
	case *ast.Await:
		t.follow(s, n.Value, depth+1)
	case *ast.NamedExpr:
		t.root(s, n.Target.Id, n.Value.Pos())
		t.follow(s, n.Value, depth+1)
	case *ast.BoolOp:
		t.follow(s, n.Values[0], depth+1)
	case *ast.Call:
		t.call(s, n, depth)
	}
}

func (t *tracedPath) call(s *checks.Scope, n *ast.Call, depth int) {
	name := checks.LastName(n.Fn)
	c := s.Call(n)
	if c != nil && !strings.HasPrefix(c.Callee.Name(), "builtins.") && c.Callee.Name() != "" {
		name = checks.CalledName(c)
	}
	at, method := n.Fn.(*ast.Attribute)
	switch name {
	case "join", "joinpath", "resolve", "absolute", "replace", "strip", "split", "decode":
		if c != nil && c.Body() != nil {
			name = "" // a function of the project that has the name
		}
	}
	switch name {
	case "join", "Path", "PurePath", "PosixPath", "joinpath", "safe_join_path":
		args := n.Args
		if name == "joinpath" && method {
			args = append([]ast.Expr{at.Value}, args...)
		}
		if name == "join" && method && len(args) == 1 {
			return // of texts
		}
		if len(args) == 1 {
			t.follow(s, args[0], depth+1)
		} else if len(args) > 1 {
			for _, a := range args[1:] {
				t.join(s, args[0], a, false, depth)
			}
		}
	case "abspath", "realpath", "normpath":
		if len(n.Args) > 0 {
			t.resolved = t.resolved || len(t.joins) == 0
			t.follow(s, n.Args[0], depth+1)
		}
	case "resolve", "absolute":
		if method {
			t.resolved = t.resolved || len(t.joins) == 0
			t.follow(s, at.Value, depth+1)
		}
	case "str", "fspath", "expanduser", "unquote", "expandvars", "normcase":
		if len(n.Args) > 0 {
			t.follow(s, n.Args[0], depth+1)
		} else if method {
			t.follow(s, at.Value, depth+1)
		}
	case "basename", "secure_filename", "safe_join", "is_relative_to", "uuid4", "hexdigest", "slugify":
		t.confined = true
	case "lstrip":
		if len(n.Args) == 1 && strings.Contains(strings.Join(s.Texts(n.Args[0]), ""), "/") {
			t.text()
		}
		if method {
			t.follow(s, at.Value, depth+1)
		}
	case "replace", "strip", "rstrip", "lower", "as_posix", "with_suffix", "decode", "split", "splitlines":
		if method {
			t.follow(s, at.Value, depth+1)
		}
	default:
		if c == nil || c.Body() == nil {
			if method && len(n.Args) > 0 { // request.args.get("file")
				t.root(s, s.In.File.Text(n), -1)
			}
			return
		}
		// What a function of the project makes of it may be anything, a path that it joins too.
		if ret := onlyReturn(c.Body()); ret != nil {
			if in := s.Enter(c); in != nil {
				t.follow(in, ret, depth+1)
				return
			}
		}
		t.confined = checks.NamesCheck(name)
		for _, a := range n.Args {
			t.follow(s, a, depth+1)
		}
	}
}

// text says of the last join that an absolute name leads nowhere else.
func (t *tracedPath) text() {
	if len(t.joins) > 0 {
		t.joins[len(t.joins)-1].text = true
	}
}

// onlyReturn is what a function gives that has one return of a value; nil for others.
func onlyReturn(f *checks.Frame) ast.Expr {
	var one ast.Expr
	many := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Return:
			if n.Value != nil && !isNone(n.Value) {
				many = many || one != nil
				one = n.Value
			}
		}
		return true
	})
	if many {
		return nil
	}
	return one
}

// testsOfPath lists the faulty tests before a call whose argument e is the path of a file. joins are
// those that functions on the way have made of it.
func testsOfPath(p *checks.Pass, s *checks.Scope, c *checks.Call, e ast.Expr, v *checks.Value, joins []joinAt, depth int) []pathTestAt {
	whole := tracePath(s, e)
	if len(whole.roots) == 0 || whole.confined {
		return nil
	}
	whole.joins = append(whole.joins, joins...)
	behind := sync.OnceValue(func() []checks.Mark { return c.Behind(v) }) // it takes long
	ofTool := func() bool { return slices.ContainsFunc(behind(), checks.Mark.ToolArgument) }
	ofRequest := func() bool {
		return slices.ContainsFunc(behind(), func(m checks.Mark) bool {
			return (m.Label == models.User || m.Label == models.Upload) && !checks.IsWidget(m.Source())
		})
	}
	if len(whole.joins) > 0 && (whole.end != nil || ofRequest()) {
		if out, sound := pathFaults(s, c, whole); sound || out != nil {
			if ofTool() {
				return nil
			}
			return out
		}
	}
	fn := s.Frame.Function()
	if whole.end == nil || depth >= 3 || fn == nil || s.Param(whole.end.Name.Id) != whole.end {
		return nil
	}
	var out []pathTestAt
	for _, caller := range s.Frame.Callers() {
		given := caller.GivenTo(fn, whole.end.Name.Id)
		if given == nil || given.Node == nil || given.Unpacked {
			continue
		}
		if up := s.From(caller); up != nil {
			out = append(out, testsOfPath(p, up, caller, given.Node, given.Value, whole.joins, depth+1)...)
		}
	}
	if len(out) > 0 && ofTool() {
		return nil
	}
	return out
}

// pathFaults judges the tests that are passed before a call.
func pathFaults(s *checks.Scope, c *checks.Call, whole *tracedPath) (out []pathTestAt, sound bool) {
	if staysBelow(s, whole) {
		return nil, true
	}
	absolute := false
	for _, g := range s.PassedBefore(c.Node) {
		sound, faulty := checks.JudgePassed(g, func(in *checks.Scope, test ast.Expr, holds bool) (bool, []pathTestAt) {
			return judgePathTest(in, test, holds, whole)
		})
		if sound {
			return nil, true
		}
		for _, t := range faulty {
			absolute = absolute || t.absolute
			if g.Exit >= checks.ExitSkip && !t.absolute {
				out = append(out, t)
			}
		}
	}
	prefixed := slices.ContainsFunc(out, func(t pathTestAt) bool { return !t.ban })
	out = slices.DeleteFunc(out, func(t pathTestAt) bool { return t.ban && (absolute || prefixed) })
	return out, false
}

// staysBelow reports whether the function asks in a way that holds whether the path is below a folder,
// wherever it does.
func staysBelow(s *checks.Scope, whole *tracedPath) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(s.Frame), func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok {
			return !found
		}
		switch checks.LastName(c.Fn) {
		case "is_relative_to", "relative_to":
			if at, ok := c.Fn.(*ast.Attribute); ok {
				found = found || tracePath(s, at.Value).meets(whole)
			}
		case "commonpath":
			for _, a := range c.Args {
				found = found || slices.ContainsFunc(append(checks.Elements(a), a), func(e ast.Expr) bool { return tracePath(s, e).meets(whole) })
			}
		}
		return !found
	})
	return found
}

// judgePathTest judges a test of the path that whole traces.
func judgePathTest(s *checks.Scope, e ast.Expr, holds bool, whole *tracedPath) (sound bool, faulty []pathTestAt) {
	switch n := e.(type) {
	case *ast.Compare:
		if len(n.Ops) != 1 {
			return false, nil
		}
		left, right := n.Left, n.Right[0]
		op := n.Ops[0]
		eq := holds == (op == "==" || op == "in" || op == "is")
		switch op {
		case "==", "!=":
			for _, x := range [...][2]ast.Expr{{left, right}, {right, left}} {
				if c, ok := x[0].(*ast.Call); ok && checks.LastName(c.Fn) == "commonprefix" && eq {
					if path, base := ofCommonPrefix(s, c, whole); path != nil {
						return false, []pathTestAt{{scope: s, at: n, positive: op == "==", path: path, base: base}}
					}
				}
				if name, ok := x[0].(*ast.Name); ok && !eq && isParent(s, x[1]) {
					if iter := s.Each(name.Id); iter != nil && tracePath(s, iter).meets(whole) {
						return false, ban(s, n, iter, whole, false)
					}
				}
				if !isNone(left) && !isNone(right) && eq && tracePath(s, x[0]).meets(whole) && !isParent(s, x[1]) && !isSize(x[0]) {
					return true, nil
				}
			}
		case "in", "not in":
			if isParent(s, left) {
				if t := tracePath(s, right); t.meets(whole) && !eq {
					return false, ban(s, n, subjectOfBan(right), whole, op == "not in")
				}
				return false, nil
			}
			if tracePath(s, left).meets(whole) {
				return eq, nil
			}
			if !eq && isSeparator(s, left) && tracePath(s, right).meets(whole) {
				return false, []pathTestAt{{absolute: true}}
			}
			if tracePath(s, right).meets(whole) {
				return eq && checks.LastName(right) == "parents", nil
			}
		}
	case *ast.Call:
		at, method := n.Fn.(*ast.Attribute)
		name := checks.LastName(n.Fn)
		switch {
		case method && name == "startswith" && len(n.Args) > 0:
			return judgePrefix(s, n, at.Value, holds, whole)
		case name == "isabs" && len(n.Args) == 1 && tracePath(s, n.Args[0]).meets(whole), name == "is_absolute" && method && tracePath(s, at.Value).meets(whole):
			return false, []pathTestAt{{absolute: true}}
		case name == "match" || name == "fullmatch" || name == "isalnum" || name == "isidentifier" || name == "isdigit":
			args := n.Args
			if method {
				args = append([]ast.Expr{at.Value}, args...)
			}
			return holds && slices.ContainsFunc(args, func(a ast.Expr) bool { return tracePath(s, a).meets(whole) }), nil
		}
		if checks.NamesCheck(name) && checks.AboutPaths(name) && slices.ContainsFunc(n.Args, func(a ast.Expr) bool { return tracePath(s, a).meets(whole) }) {
			return true, nil
		}
	}
	return false, nil
}

func isNone(e ast.Expr) bool {
	k, ok := e.(*ast.Constant)
	return ok && k.Value == ast.None
}

// isSize reports whether an expression measures something.
func isSize(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	return ok && (checks.LastName(c.Fn) == "len" || checks.LastName(c.Fn) == "count" || checks.LastName(c.Fn) == "find")
}

// isParent reports whether an expression is the text of the folder above.
func isParent(s *checks.Scope, e ast.Expr) bool {
	texts := s.Texts(e)
	return len(texts) == 1 && (texts[0] == ".." || texts[0] == "../")
}

// subjectOfBan is the name in which a ban looks for `..`: that which is split, or whose parts it sees.
func subjectOfBan(e ast.Expr) ast.Expr {
	switch n := e.(type) {
	case *ast.Attribute:
		if n.Attr.Id == "parts" {
			if c, ok := n.Value.(*ast.Call); ok && len(c.Args) == 1 {
				return c.Args[0]
			}
			return n.Value
		}
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "split" || at.Attr.Id == "lower") {
			return at.Value
		}
		if checks.LastName(n.Fn) == "str" && len(n.Args) == 1 {
			return n.Args[0]
		}
	}
	return e
}

// ban is the fault of a test for `..` alone: an absolute name passes it, and is all that is left of a
// path that it is joined to. There is none where the name stands in a text behind the folder.
func ban(s *checks.Scope, at ast.Expr, name ast.Expr, whole *tracedPath, positive bool) []pathTestAt {
	name = subjectOfBan(name)
	tested := tracePath(s, name)
	for _, j := range whole.joins {
		if j.text {
			continue
		}
		second := tracePath(j.scope, j.second)
		if len(second.joins) > 0 || !second.meets(tested) {
			continue
		}
		t := pathTestAt{scope: s, at: s.Whole(at), positive: positive, path: name, ban: true}
		if j.scope.Frame == s.Frame && definedBefore(s, j.base, at) {
			t.base = j.base
		}
		return []pathTestAt{t}
	}
	return nil
}

// definedBefore reports whether the names in an expression have their values before a place.
func definedBefore(s *checks.Scope, e ast.Expr, at ast.Node) bool {
	fine := true
	ast.Inspect(e, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok {
			if given := s.Assigned(name); given != nil && given.Pos() > at.Pos() {
				fine = false
			}
		}
		return fine
	})
	return fine
}

// ofCommonPrefix finds the path and the folder among the arguments of os.path.commonprefix.
func ofCommonPrefix(s *checks.Scope, c *ast.Call, whole *tracedPath) (path, base ast.Expr) {
	if len(c.Args) != 1 {
		return nil, nil
	}
	for _, x := range checks.Elements(c.Args[0]) {
		switch t := tracePath(s, x); {
		case t.meets(whole) && (len(t.joins) > 0 || path == nil):
			path = x
		default:
			base = x
		}
	}
	if base == nil {
		return nil, nil
	}
	return path, base
}

// judgePrefix judges a test of how a path begins.
func judgePrefix(s *checks.Scope, n *ast.Call, subject ast.Expr, holds bool, whole *tracedPath) (bool, []pathTestAt) {
	t := tracePath(s, subject)
	if !t.meets(whole) {
		return false, nil
	}
	texts := s.TextsGiven(n)
	if !holds {
		switch {
		case slices.ContainsFunc(texts, func(x string) bool { return x == "/" || x == "\\" }):
			return false, []pathTestAt{{absolute: true}}
		case len(texts) == 1 && (texts[0] == ".." || texts[0] == "../") && len(t.joins) == 0:
			return false, ban(s, n, subject, whole, false)
		}
		return false, nil
	}
	if slices.ContainsFunc(texts, func(x string) bool { return strings.Contains(x, "://") || x == "http" || x == "https" || x == "" }) {
		return false, nil
	}
	if len(t.joins) == 0 && len(whole.joins) > 0 && !t.resolved {
		return len(texts) > 0, nil // of the name before it is joined
	}
	fault := []pathTestAt{{scope: s, at: n, positive: true, path: plainPath(subject), base: plainBase(s, n.Args[0])}}
	switch prefixEnd(s, n.Args[0], texts, 0) {
	case openEnd:
		return false, fault
	case separatedEnd:
		if !t.resolved && plainJoin(t) {
			return false, fault
		}
	}
	return true, nil
}

// plainJoin reports whether a path is joined of parts, and nothing was done to it.
func plainJoin(t *tracedPath) bool { return len(t.joins) > 0 && !t.resolved }

// prefix is how the text ends with which a path has to begin.
type prefix uint8

const (
	unknownEnd prefix = iota
	openEnd
	separatedEnd
)

// prefixEnd tells how a prefix ends. What comes from settings may end with a separator.
func prefixEnd(s *checks.Scope, e ast.Expr, texts []string, depth int) prefix {
	if depth > 6 {
		return unknownEnd
	}
	if len(texts) > 0 {
		end := separatedEnd
		for _, t := range texts {
			if !strings.HasSuffix(t, "/") && !strings.HasSuffix(t, `\`) {
				end = openEnd
			}
		}
		return end
	}
	switch n := e.(type) {
	case *ast.BinOp:
		if n.Op == "+" && isSeparator(s, n.Right) {
			return separatedEnd
		}
		if n.Op == "/" {
			return openEnd
		}
		return unknownEnd
	case *ast.JoinedStr:
		if len(n.Values) > 0 {
			switch last := n.Values[len(n.Values)-1].(type) {
			case *ast.Str:
				if strings.HasSuffix(last.Value, "/") {
					return separatedEnd
				}
				return openEnd
			case *ast.Placeholder:
				if isSeparator(s, last.Value) {
					return separatedEnd
				}
				return prefixEnd(s, last.Value, s.Texts(last.Value), depth+1)
			}
		}
	case *ast.Call:
		switch name := checks.LastName(n.Fn); name {
		case "str", "fspath", "as_posix":
			if len(n.Args) == 1 {
				if _, ok := n.Args[0].(*ast.Call); !ok && s.Frame.ValueOf(n.Args[0]).Is("pathlib.PurePath()") {
					return openEnd
				}
				return prefixEnd(s, n.Args[0], s.Texts(n.Args[0]), depth+1)
			}
			return openEnd
		case "abspath", "realpath", "normpath", "getcwd", "resolve", "absolute", "Path", "PurePath", "dirname", "gettempdir", "mkdtemp":
			return openEnd
		case "join":
			if len(n.Args) > 1 {
				last := n.Args[len(n.Args)-1]
				if text, ok := last.(*ast.Str); ok {
					if text.Value == "" {
						return separatedEnd
					}
					return openEnd
				}
			}
		}
	case *ast.Name:
		if up, given := s.Given(n.Id); given != nil && s.Assigned(n) == nil {
			return prefixEnd(up, given, up.Texts(given), depth+1)
		}
		given := s.Assigned(n)
		if given == nil {
			given = assignedInModule(s.In, n.Id)
		}
		if given != nil {
			return prefixEnd(s, given, s.Texts(given), depth+1)
		}
	case *ast.Attribute:
		given := s.Stored(n)
		if given == nil {
			given = assignedInClass(s.In, n)
		}
		if given != nil {
			return prefixEnd(s, given, s.Texts(given), depth+1)
		}
	}
	v := s.Frame.ValueOf(e)
	switch made := v.Origin(); {
	case v.Is("pathlib.PurePath()"):
		return openEnd
	case made != nil && made.Symbol.Is("os.path.abspath", "os.path.realpath", "os.path.normpath", "os.getcwd", "pathlib.PurePath().resolve"):
		return openEnd
	}
	if text, ok := v.PathText().Text(); ok && text != "" {
		if strings.HasSuffix(text, "/") {
			return separatedEnd
		}
		return openEnd
	}
	return unknownEnd
}

// isSeparator reports whether an expression is what stands between the parts of a path.
func isSeparator(s *checks.Scope, e ast.Expr) bool {
	if a, ok := e.(*ast.Attribute); ok && a.Attr.Id == "sep" {
		return true
	}
	if checks.LastName(e) == "sep" {
		return true
	}
	texts := s.Texts(e)
	return len(texts) == 1 && (strings.HasSuffix(texts[0], "/") || texts[0] == `\`)
}

// assignedInModule is what a name is assigned last at the module's top level; nil for none.
func assignedInModule(m *checks.Module, name string) ast.Expr {
	var found ast.Expr
	for _, st := range m.File.Body {
		switch n := st.(type) {
		case *ast.Assign:
			if len(n.Targets) == 1 && checks.LastName(n.Targets[0]) == name {
				found = n.Value
			}
		case *ast.AnnAssign:
			if checks.LastName(n.Target) == name && n.Value != nil {
				found = n.Value
			}
		}
	}
	return found
}

// assignedInClass is what an attribute of self is assigned last in the class around its use; nil for
// none.
func assignedInClass(m *checks.Module, n *ast.Attribute) ast.Expr {
	text := m.File.Text(n)
	var found ast.Expr
	for _, x := range m.Around(n) {
		class, ok := x.(*ast.ClassDef)
		if !ok {
			continue
		}
		ast.InspectStmts(class.Body, func(x ast.Node) bool {
			if a, ok := x.(*ast.Assign); ok && len(a.Targets) == 1 && m.File.Text(a.Targets[0]) == text {
				found = a.Value
			}
			return true
		})
	}
	return found
}

// plainPath is a path without what makes text of it: target of str(target).
func plainPath(e ast.Expr) ast.Expr {
	for {
		c, ok := e.(*ast.Call)
		if !ok || len(c.Args) != 1 {
			return e
		}
		switch checks.LastName(c.Fn) {
		case "str", "fspath", "Path":
			e = c.Args[0]
		default:
			return e
		}
	}
}

// plainBase is a folder without the separator at its end.
func plainBase(s *checks.Scope, e ast.Expr) ast.Expr {
	if b, ok := e.(*ast.BinOp); ok && b.Op == "+" && isSeparator(s, b.Right) {
		e = b.Left
	}
	return plainPath(e)
}

// unresolved is a path without what makes it absolute: base of str(Path(base).resolve()).
func unresolved(e ast.Expr) ast.Expr {
	for {
		plain := plainPath(e)
		if c, ok := plain.(*ast.Call); ok && len(c.Keywords) == 0 {
			at, method := c.Fn.(*ast.Attribute)
			switch name := checks.LastName(c.Fn); {
			case method && (name == "resolve" || name == "absolute") && len(c.Args) == 0:
				plain = at.Value
			case (name == "abspath" || name == "realpath") && len(c.Args) == 1:
				plain = c.Args[0]
			}
		}
		if plain == e {
			return e
		}
		e = plain
	}
}

// repair asks whether the resolved path is below the folder.
func (t pathTestAt) repair(p *checks.Pass) *fix.Fix {
	m := t.scope.In
	if t.ban && t.base == nil && t.path != nil && m.Holds(t.at) && checks.Repeatable(t.path) {
		// The folder is not known here, but that an absolute name leads out of it is.
		name, imports := fix.Reach(m.File, "os.path.isabs", "import os", fix.BeforeFirstImport)
		test, word := name+"("+m.File.Text(t.path)+")", " or "
		if t.positive {
			test, word = "not "+test, " and "
		}
		return checks.Fix(true, "refuse absolute names, too", p.InFile(m, append(fix.Wrap(m.File, t.at, "", word+test), imports...)))
	}
	if t.path == nil || t.base == nil || !m.Holds(t.at) || t.ban && !checks.Repeatable(t.base) {
		return nil
	}
	name, imports := fix.Reach(m.File, "pathlib.Path", "from pathlib import Path", fix.InOrder)
	base := name + "(" + m.File.Text(unresolved(t.base)) + ")"
	text := name + "(" + m.File.Text(unresolved(t.path)) + ").resolve()"
	if t.ban {
		text = "(" + base + " / " + m.File.Text(t.path) + ").resolve()"
	}
	text += ".is_relative_to(" + base + ".resolve())"
	if !t.positive {
		text = "not " + text
	}
	return checks.Fix(true, "ask whether the resolved path is below the folder", p.InFile(m, append([]fix.Edit{fix.ReplaceNode(m.File, t.at, text)}, imports...)))
}
