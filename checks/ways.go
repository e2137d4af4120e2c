package checks

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyguard/pyguardml/ast"
)

// This file tells of data that the program has looked at on the way in ways which the analysis
// of values cannot follow: functions whose names say that they check, look-ups in a database.

// Way is what a path goes through: the functions, and the names that the data has in them.
type Way struct {
	// Modules and Functions belong together: a function and the file that it stands in.
	Modules   []*Module
	Functions []*ast.FunctionDef
	names     map[string]bool
	calls     []*ast.Call
	// left is where the data goes on from a function into one that it calls, for good: a check further down comes too late.
	left    map[*ast.FunctionDef]ast.Pos
	project *Project
}

// WayOf collects the Way of a path.
func WayOf(p *Pass, path *Path) *Way { return wayOf(p, path, Carries) }

// wayOf is WayOf with the pieces of the text at the end for which a test holds.
func wayOf(p *Pass, path *Path, carries func(*Path, *Value) bool) *Way {
	w := &Way{names: map[string]bool{}, left: map[*ast.FunctionDef]ast.Pos{}, project: p.Project}
	add := func(m *Module, n ast.Node) {
		if m == nil || n == nil {
			return
		}
		if fn := m.FunctionAround(n); fn != nil && !slices.Contains(w.Functions, fn) {
			w.Functions, w.Modules = append(w.Functions, fn), append(w.Modules, m)
		}
		switch n := n.(type) {
		case *ast.Name:
			w.names[n.Id] = true
		case *ast.Attribute, *ast.Subscript:
			w.names[m.File.Text(n)] = true
		case *ast.Call:
			w.calls = append(w.calls, n)
		}
	}
	for _, t := range path.Trace.Steps() {
		m := p.Project.Module(t.Mod)
		add(m, t.Node)
		if m == nil || t.Node == nil {
			continue
		}
		if fn := m.FunctionAround(t.Node); fn != nil {
			delete(w.left, fn)
			if strings.HasPrefix(t.Text, "passed to ") {
				w.left[fn] = t.Node.Stop()
			}
		}
	}
	for _, part := range path.Value.PathText().Parts() {
		if part.Value != nil && carries(path, part.Value) {
			add(p.Project.Module(part.Mod), part.Node)
		}
	}
	if path.Call != nil {
		add(p.Module, path.Call.Node)
	}
	if e := p.SinkExpr(path); e != nil {
		add(p.Module, e)
	}
	if f := path.Mark.Field(); f != "" && f != "[]" {
		w.names["."+f] = true
	}
	return w
}

// Holds reports whether an expression is, or holds, a name of the data.
func (w *Way) Holds(m *Module, e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || w.names[n.Id]
		case *ast.Attribute:
			found = found || w.names["."+n.Attr.Id] || w.names[m.File.Text(n)]
		case *ast.Subscript:
			if s, ok := n.Index.(*ast.Str); ok {
				found = found || w.names["."+s.Value]
			}
		}
		return !found
	})
	return found
}

// checkWords are words of names of functions that check or clean, checkBegins how others of these words begin.
var (
	checkWords  = []string{"valid", "secure", "safe", "safely", "ensure", "assert", "allowed", "permitted"}
	checkBegins = []string{"validat", "sanitiz", "sanitis", "check", "verif", "whitelist", "allowlist", "reject", "guard", "confine", "restrict"}
)

// NamesCheck reports whether the name of a function says that it checks or cleans: validate_url,
// is_safe_path, checkHost.
func NamesCheck(name string) bool {
	if says, known := checkNames.Load(name); known {
		return says.(bool)
	}
	says := wordsCheck(strings.ToLower(name)) || wordsCheck(snake(name))
	if checkNamesKept.Add(1) < maxCheckNames {
		checkNames.Store(strings.Clone(name), says)
	}
	return says
}

// checkNames remembers what NamesCheck has said: it is asked of every call on the way of data, and few names are called most.
var (
	checkNames     sync.Map
	checkNamesKept atomic.Int64
)

const maxCheckNames = 20_000

func wordsCheck(name string) bool {
	before := ""
	for word := range strings.SplitSeq(name, "_") {
		if slices.Contains(checkWords, word) || word == "public" && before == "is" || slices.ContainsFunc(checkBegins, func(begin string) bool { return strings.HasPrefix(word, begin) }) {
			return true
		}
		before = word
	}
	return false
}

// snake is a name in snake_case.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Vetted reports whether the data of a path was handed, before its sink, to a function whose name
// says that it checks or cleans: as a statement, in a test, or to go on with the result. about
// tells which names speak of the danger; nil means all.
func Vetted(p *Pass, path *Path, about func(string) bool) bool {
	w := WayOf(p, path)
	named := func(c *ast.Call) bool {
		name := LastName(c.Fn)
		return NamesCheck(name) && (about == nil || about(name)) && !testsEnding(path, c)
	}
	for _, c := range w.calls {
		if named(c) && (path.Call == nil || c != path.Call.Node) {
			return true
		}
	}
	return w.CalledWith(path, named)
}

// testsEnding reports whether a function that checks a name looks at nothing but what the name ends
// in, which says nothing of where it leads: the allowed_file of Flask's manual.
func testsEnding(path *Path, c *ast.Call) bool {
	call := path.Engine.CallAt(c)
	if call == nil || call.Body() == nil || call.Body().Function() == nil {
		name := LastName(c.Fn)
		if call != nil && call.Symbol != nil {
			full := call.Symbol.String()
			name = full[strings.LastIndexByte(full, '.')+1:]
		}
		name = strings.ToLower(name)
		return strings.Contains(name, "allowed_file") || strings.Contains(name, "extension") || strings.Contains(name, "suffix")
	}
	ending, more := false, false
	for _, o := range call.Body().Calls {
		if _, plain := o.Node.Fn.(*ast.Name); plain && !slices.ContainsFunc(endingTests, o.Symbol.Under) {
			return false
		}
		ending = ending || o.Symbol.Is("os.path.splitext")
		more = more || o.Symbol.Under("os.path") && !o.Symbol.Is("os.path.splitext", "os.path.join")
	}
	ast.InspectStmts(BodyOf(call.Body()), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			more = more || strings.ContainsAny(n.Value, `/\`) && !strings.ContainsAny(n.Value, " \n") || n.Value == ".."
		case *ast.Attribute:
			switch n.Attr.Id {
			case "endswith", "rsplit", "splitext", "suffix", "rpartition", "guess_type":
				ending = true
			case "lower", "upper", "strip", "split", "get", "casefold", "lstrip", "path", "filename", "name", "Path", "PurePath":
			default:
				more = more || !upperCase(n.Attr.Id)
			}
		}
		return !more
	})
	return ending && !more
}

// endingTests are the modules whose functions look at what a name ends in.
var endingTests = []string{"builtins", "pathlib", "os.path", "mimetypes"}

// upperCase reports whether a name is that of a constant: self.ALLOWED, settings.EXTENSIONS.
func upperCase(name string) bool { return name == strings.ToUpper(name) }

// CalledWith reports whether a call before the sink that is one of a kind is given the data.
func (w *Way) CalledWith(path *Path, kind func(*ast.Call) bool) bool {
	for i, fn := range w.Functions {
		m, found := w.Modules[i], false
		last := fn.Stop()
		if left, ok := w.left[fn]; ok {
			last = left
		}
		if path.Call != nil && m.Holds(path.Call.Node) && fn.Range().Contains(path.Call.Node.Range()) {
			last = path.Call.Node.Pos()
		}
		for _, c := range callsIn(w.project, fn) {
			if c.Pos() >= last || !kind(c) {
				continue
			}
			for _, a := range c.Args {
				found = found || w.Holds(m, a)
			}
			for _, k := range c.Keywords {
				found = found || w.Holds(m, k.Value)
			}
			if found {
				return true
			}
		}
	}
	return false
}

// callsIn lists the calls in a function, and in those in it, in the order of the walk. Long functions with many
// ways through them are asked often.
func callsIn(p *Project, fn *ast.FunctionDef) []*ast.Call {
	return remembered(p, functionCalls{fn}, func() []*ast.Call {
		var calls []*ast.Call
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok {
				calls = append(calls, c)
			}
			return true
		})
		return calls
	})
}

type functionCalls struct{ fn *ast.FunctionDef }

// LookedUp reports whether a record of a database was asked for by the data: what is not found
// there comes no further.
func LookedUp(p *Pass, path *Path) bool {
	// That the database knows one field of a request says nothing of what stands beside it in the path.
	return wayOf(p, path, func(path *Path, v *Value) bool {
		return slices.ContainsFunc(v.Marks(), func(m Mark) bool { return m.Label == path.Mark.Label && m.Origin == path.Mark.Origin })
	}).asks(path)
}

// OfRecord reports whether the data came out of a record that a library's or an unknown function looked up by
// what the request named: what the record holds is not the request's.
func OfRecord(path *Path) bool {
	for _, s := range path.Trace.Steps() {
		if c, ok := s.Node.(*ast.Call); ok && records[LastName(c.Fn)] && strings.HasPrefix(s.Text, "through ") {
			return true
		}
	}
	return false
}

// records are methods that give one record, found by its key.
var records = map[string]bool{
	"get_by_id": true, "get_by_name": true, "get_object_or_404": true, "get_or_404": true, "get_or_none": true, "find_one": true, "first_or_404": true,
	"where": true, "filter_by": true, "in_": true,
}

// queries are methods and functions that ask a database for a record.
var queries = map[string]bool{
	"filter": true, "filter_by": true, "where": true, "get_object_or_404": true, "get_or_404": true, "find_one": true, "scalar_one_or_none": true, "get_by_id": true, "first_or_404": true,
	"get_by_name": true, "aget": true,
}

func (w *Way) asks(path *Path) bool {
	// What the function does with what it found is read last: that is a walk through all of it.
	return w.CalledWith(path, func(c *ast.Call) bool {
		return queriesBy(path, c) && !refusesFound(path.Engine.CallAt(c))
	})
}

// queriesBy reports whether a call asks a database.
func queriesBy(path *Path, c *ast.Call) bool {
	name := LastName(c.Fn)
	if queries[name] {
		return true
	}
	if at, ok := c.Fn.(*ast.Attribute); ok && name == "get" {
		recv := strings.ToLower(ChainText(at.Value))
		return strings.Contains(recv, "query") || strings.Contains(recv, "objects") || strings.HasSuffix(recv, "session") || recv == "db" || strings.HasSuffix(recv, ".db")
	}
	if !looksUp(name) {
		return false
	}
	call := path.Engine.CallAt(c)
	return call != nil && queriesFor(call.Body(), 0)
}

// refusesFound reports whether a function goes no further where a call has found something: `if old: raise …`.
func refusesFound(c *Call) bool {
	if c == nil {
		return false
	}
	names := map[string]bool{}
	refuses := false
	found := func(e ast.Expr) bool {
		if x, ok := e.(*ast.Compare); ok && len(x.Ops) == 1 && x.Ops[0] == "is not" {
			e = x.Left
		}
		n, named := e.(*ast.Name)
		return e == ast.Expr(c.Node) || named && names[n.Id]
	}
	ast.InspectStmts(BodyOf(c.Frame), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Value == ast.Expr(c.Node) {
				for _, t := range n.Targets {
					names[LastName(t)] = true
				}
			}
		case *ast.If:
			if n.Pos() >= c.Node.Pos() || n.Range().Contains(c.Node.Range()) {
				_, raises := n.Body[len(n.Body)-1].(*ast.Raise)
				refuses = refuses || raises && found(n.Test)
			}
		}
		return !refuses
	})
	return refuses
}

// looksUp reports whether a function's name says that it finds something, or whether it is there.
func looksUp(name string) bool {
	for _, prefix := range [...]string{"get_", "find_", "load_", "fetch_", "_get", "is_exist", "exists", "has_", "check_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasSuffix(name, "_exists") || strings.HasSuffix(name, "_exist")
}

// queriesFor reports whether a function asks a database for what it is given, itself or by another one that it hands it to.
func queriesFor(f *Frame, depth int) bool {
	if f == nil || depth > 2 {
		return false
	}
	for _, o := range f.Calls {
		asks := queries[o.Method] || queries[LastName(o.Node.Fn)]
		if !asks && (!looksUp(LastName(o.Node.Fn)) || !queriesFor(o.Body(), depth+1)) {
			continue
		}
		for i := range o.Args {
			for _, m := range o.Args[i].Value.Marks() {
				if m.Label == 0 {
					return true
				}
			}
			if asks && comparesParam(f, o.Args[i].Node) {
				return true
			}
		}
	}
	return false
}

// comparesParam reports whether an expression compares something with a parameter of the function: `User.id == user_id`.
func comparesParam(f *Frame, e ast.Node) bool {
	c, ok := e.(*ast.Compare)
	if !ok || f.Function() == nil || f.Function().Params == nil {
		return false
	}
	return slices.ContainsFunc(f.Function().Params.List, func(p *ast.Param) bool {
		return p.Name != nil && p.Name.Id != "self" && p.Name.Id != "cls" && UsesName(c, p.Name.Id)
	})
}

// ChainText is a chain of names and calls without what stands in the calls: "db.session.query".
func ChainText(e ast.Expr) string {
	switch n := e.(type) {
	case *ast.Name:
		return n.Id
	case *ast.Attribute:
		return ChainText(n.Value) + "." + n.Attr.Id
	case *ast.Call:
		return ChainText(n.Fn)
	case *ast.Await:
		return ChainText(n.Value)
	case *ast.Subscript:
		return ChainText(n.Value)
	}
	return ""
}

// OnlyMadeOf reports whether the value at the end of a path is what a function gives of which
// nothing is known and that may do anything with the data.
func OnlyMadeOf(path *Path) bool {
	return len(path.Value.PathText().Parts()) == 0 && path.Mark.MadeOf()
}

// OptedIn reports whether a function on the way goes on only if its caller says that what is loaded is
// trusted: `if not trust_remote_code: raise …`.
func (w *Way) OptedIn() bool {
	return slices.ContainsFunc(w.Functions, func(fn *ast.FunctionDef) bool {
		return slices.ContainsFunc(fn.Body, func(s ast.Stmt) bool {
			n, ok := s.(*ast.If)
			if !ok || len(n.Body) == 0 {
				return false
			}
			if _, raises := n.Body[len(n.Body)-1].(*ast.Raise); !raises {
				return false
			}
			not, ok := n.Test.(*ast.UnaryOp)
			if !ok || not.Op != "not" {
				return false
			}
			name := LastName(not.Operand)
			return strings.HasPrefix(name, "trust") || strings.HasPrefix(name, "allow_") || strings.HasPrefix(name, "unsafe")
		})
	})
}

// Unlocked reports whether a path of the file system went through a function of the project that confines
// it, and comes out unchecked only where the operator has switched the test off:
//
//	def validate_path(path):
//	    if os.environ.get("ALLOW_UNSAFE_PATHS"):
//	        return path
//	    if not resolved.is_relative_to(BASE):
//	        raise ValueError(path)
func Unlocked(p *Pass, path *Path) bool {
	confining := func(call *ast.Call) bool {
		if !NamesCheck(LastName(call.Fn)) {
			return false
		}
		c := path.Engine.CallAt(call)
		if c == nil || c.Body() == nil {
			return false
		}
		fn := c.Body().Function()
		return fn != nil && fn.Def != nil && confines(fn.Def.Body)
	}
	w := WayOf(p, path)
	return slices.ContainsFunc(w.calls, confining) || w.CalledWith(path, confining)
}

// confines reports whether a function raises where a path lies elsewhere, and returns before that only
// where a setting says so.
func confines(body []ast.Stmt) bool {
	for _, s := range body {
		n, ok := s.(*ast.If)
		switch {
		case ok && len(n.Body) > 0 && testsPlace(body, n.Test):
			_, raises := n.Body[len(n.Body)-1].(*ast.Raise)
			return raises
		case ok && len(n.Orelse) == 0 && switchedOff(body, n.Test):
			continue
		case returns(s):
			return false
		}
	}
	return false
}

// testsPlace reports whether a test asks in which folder a path lies.
func testsPlace(body []ast.Stmt, test ast.Expr) bool {
	return calls(body, test, func(c *ast.Call) bool {
		switch LastName(c.Fn) {
		case "is_relative_to", "commonpath":
			return true
		case "startswith": // the folder's name must end: /data-old begins with /data
			return separates(body)
		}
		return false
	})
}

// separates reports whether a function has to do with separators of paths.
func separates(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			found = found || n.Attr.Id == "sep"
		case *ast.Name:
			found = found || n.Id == "sep"
		case *ast.Str:
			found = found || strings.HasSuffix(n.Value, "/")
		}
		return !found
	})
	return found
}

// calls reports whether a test makes a call of a kind, by itself or by way of names that are assigned in the function.
func calls(body []ast.Stmt, test ast.Expr, kind func(*ast.Call) bool) bool {
	found := false
	names := map[string]bool{}
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || kind(n)
		case *ast.Name:
			names[n.Id] = true
		}
		return !found
	}
	ast.Inspect(test, look)
	for i := len(body) - 1; i >= 0 && !found; i-- {
		if a, ok := body[i].(*ast.Assign); ok && a.Pos() < test.Pos() && len(a.Targets) == 1 {
			if t, ok := a.Targets[0].(*ast.Name); ok && names[t.Id] {
				ast.Inspect(a.Value, look)
			}
		}
	}
	return found
}

var switchWord = regexp.MustCompile(`(?i)(^|_)(unsafe|insecure|unrestricted|escape|bypass|disabled?|skip|allow|no)(_|$)`)

// switchedOff reports whether a test asks for a setting that turns a protection off.
func switchedOff(body []ast.Stmt, test ast.Expr) bool {
	if name := LastName(test); name != "" && switchWord.MatchString(snake(name)) {
		return true
	}
	return calls(body, test, func(c *ast.Call) bool {
		name := LastName(c.Fn)
		at, ok := c.Fn.(*ast.Attribute)
		return name == "getenv" || name == "get" && ok && LastName(at.Value) == "environ" || switchWord.MatchString(snake(name))
	})
}

// returns reports whether a statement may return.
func returns(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return false
		case *ast.Return:
			found = true
		}
		return !found
	})
	return found
}

// Any reports whether one of a sequence meets a condition; it looks no further than that one.
func Any[T any](of iter.Seq[T], meets func(T) bool) bool {
	for x := range of {
		if meets(x) {
			return true
		}
	}
	return false
}
