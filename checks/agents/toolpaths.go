package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// fileCalls are the libraries whose calls open, list and change files.
var fileCalls = []string{"builtins.open", "io", "os", "shutil", "pathlib", "aiofiles", "anyio", "codecs", "gzip", "bz2", "lzma"}

// pathLeavesBase is PML6105.
var pathLeavesBase = &checks.Rule{
	Spec:  infoPML6105,
	Knows: []string{"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.getcwd", "os.environ.get", "os.getenv", "os.path.dirname", "pathlib.PurePath().parent"},
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !leavesBase(p, path) {
			return
		}
		// A call may be given several such names; one fix is for all.
		var names []checks.Insertion
		for _, o := range path.Engine.Paths(models.Path) {
			if o.Call != nil && o.Call.Node == path.Call.Node && leavesBase(p, o) {
				names = append(names, namesOf(p, o)...)
			}
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: lastParts(p, names)})
	},
	Needs:      []string{"startswith"},
	OnFunction: prefixOnly,
}

// prefixOnly reports the uses of files whose path was tested for a prefix that another folder has,
// too: "/srv/notes-old" begins with "/srv/notes". The analysis of values believes such tests.
func prefixOnly(p *checks.Pass, f *checks.Frame) {
	for _, c := range f.Calls {
		if c.Confirmed() || !p.Holds(c.Node) || !slices.ContainsFunc(fileCalls, c.Symbol.Under) {
			continue
		}
		for _, a := range c.Dangerous(models.Path) {
			at, given := c, a.Value
			if !testedForPrefix(at, given) {
				if at, given = callerOf(c, a); at == nil || !testedForPrefix(at, given) {
					continue
				}
			}
			if names := joinedNames(p, at, given); names != nil {
				p.Report(checks.Report{Node: c.Node, Fix: lastParts(p, names)})
			}
		}
	}
}

// callerOf is the call that hands to the function around a call what that is given as an argument,
// and what it hands in; nil where the argument is no parameter.
func callerOf(c *checks.Call, a checks.Argument) (*checks.Call, *checks.Value) {
	name, ok := a.Node.(*ast.Name)
	if !ok || c.Frame.Function() == nil {
		return nil, nil
	}
	for _, caller := range c.Frame.Callers() {
		if given := caller.GivenTo(c.Frame.Function(), name.Id); given != nil {
			return caller, given.Value
		}
	}
	return nil, nil
}

// testedForPrefix reports whether all that a value was tested for, on the way to a call, is a
// prefix that does not end with a separator.
func testedForPrefix(c *checks.Call, v *checks.Value) bool {
	tests := c.Tests(v)
	for _, t := range tests {
		test := t.Node
		if not, ok := test.(*ast.UnaryOp); ok {
			test = not.Operand
		}
		call, ok := test.(*ast.Call)
		if !ok || checks.LastName(call.Fn) != "startswith" || len(call.Args) != 1 || c.Frame.Module() != t.Mod || separated(c.Frame, call.Args[0]) {
			return false
		}
	}
	return len(tests) > 0
}

// separated reports whether a prefix of paths ends with a separator, or may.
func separated(f *checks.Frame, prefix ast.Expr) bool {
	if c, ok := prefix.(*ast.Call); ok && checks.LastName(c.Fn) == "str" && len(c.Args) == 1 {
		prefix = c.Args[0]
	}
	for _, s := range f.SpelledOut(prefix) {
		if e, ok := s.Expr.(*ast.IfExp); ok && (separated(s.Frame, e.Body) || separated(s.Frame, e.Orelse)) {
			return true // `base if base.endswith(os.sep) else base + os.sep`
		}
	}
	if withoutSeparator(f.ValueOf(prefix)) {
		return false
	}
	known := false
	for _, s := range f.SpelledOut(prefix) { // the folder that a constructor is given
		switch e := s.Expr.(type) {
		case *ast.Name, *ast.Attribute:
			continue
		case *ast.Str:
			if !strings.Contains(e.Value, "/") || strings.HasSuffix(e.Value, "/") {
				return true
			}
		default:
			if !withoutSeparator(s.Frame.ValueOf(e)) {
				return true
			}
		}
		known = true
	}
	return !known
}

// withoutSeparator reports whether the path of a folder does not end with a separator, or has none
// written behind it where it is a setting.
func withoutSeparator(v *checks.Value) bool {
	if text, ok := v.PathText().Text(); ok {
		return strings.Contains(text, "/") && (!strings.HasSuffix(text, "/") || text != v.Prefix())
	}
	if v.Is("pathlib.PurePath()") {
		return true
	}
	made := v.Origin()
	return made != nil && made.Symbol.Is("os.path.abspath", "os.path.realpath", "os.path.normpath", "os.getcwd", "os.environ.get", "os.getenv")
}

// joinedNames lists what of a path that a call knows a model chooses, where it is joined to a
// directory; nil where that is not known.
func joinedNames(p *checks.Pass, c *checks.Call, path *checks.Value) []checks.Insertion {
	var out []checks.Insertion
	before := ""
	for _, part := range path.PathText().Parts() {
		switch {
		case part.Value == nil:
			before += part.Text
			continue
		case slices.ContainsFunc(c.Behind(part.Value), checks.Mark.ToolArgument):
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			if !ok || part.Conv || in == nil || !in.Holds(e) || !joinsTo(before) {
				return nil
			}
			if !isLastPart(c.Frame, e) {
				out = append(out, checks.Insertion{Expr: e, In: in})
			}
		}
		before += "x"
	}
	return out
}

// isLastPart reports whether an expression gives the last part of a path.
func isLastPart(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Call:
		switch checks.LastName(e.Fn) {
		case "basename", "secure_filename":
			return true
		}
	case *ast.Attribute:
		return (e.Attr.Id == "name" || e.Attr.Id == "stem") && isPath(f, e.Value)
	}
	return false
}

// isPath reports whether an expression is a path object, and no record with a field of that name.
func isPath(f *checks.Frame, e ast.Expr) bool {
	for _, s := range f.SpelledOut(e) {
		if c := s.Frame.CallAt(s.Expr); c != nil && c.Symbol.Under("pathlib") {
			return true
		}
	}
	return false
}

// leavesBase reports whether a path ends in the use of a file whose name a model chooses below a
// directory.
func leavesBase(p *checks.Pass, path *checks.Path) bool {
	if path.Call == nil || !path.Mark.ToolArgument() || !path.Mark.Holds("/") || path.Confirmed() || !slices.ContainsFunc(fileCalls, path.Call.Symbol.Under) || checks.Unlocked(p, path) {
		return false
	}
	if file := fileOf(p, path); file != nil {
		return joinedNames(p, path.Call, file) != nil
	}
	return belowBase(path)
}

// namesOf lists what a model chooses of a path, where it is joined.
func namesOf(p *checks.Pass, path *checks.Path) []checks.Insertion {
	if file := fileOf(p, path); file != nil {
		return joinedNames(p, path.Call, file)
	}
	return checks.EntriesOf(p, path)
}

// fileOf is the file whose folder a call is given; nil where it is given another path.
func fileOf(p *checks.Pass, path *checks.Path) *checks.Value {
	switch e := p.SinkExpr(path).(type) {
	case *ast.Call:
		if made := path.Call.Frame.CallAt(e); made != nil && made.Symbol.Is("os.path.dirname") && len(made.Args) > 0 {
			return made.Args[0].Value
		}
	case *ast.Attribute:
		if e.Attr.Id == "parent" {
			return path.Call.Frame.ValueOf(e.Value)
		}
	}
	return nil
}

// belowBase reports whether what a model names is joined to a directory that it does not choose. Where it is
// also used as it is (`p if p.is_absolute() else folder / p`), the directory is only where paths begin (PML1156).
func belowBase(path *checks.Path) bool {
	below := false
	for _, v := range path.Value.PathText().Alternatives() {
		before, parts := "", v.PathText().Parts()
		if len(parts) == 0 && checks.Carries(path, v) {
			return false // the name is the whole path
		}
		for i, part := range parts {
			if part.Value == nil {
				before += part.Text
				continue
			}
			if checks.Carries(path, part.Value) {
				if i == 0 {
					return false
				}
				below = below || joinsTo(before)
				break
			}
			before += "x"
		}
	}
	return below
}

// joinsTo reports whether what stands before a name is a directory.
func joinsTo(before string) bool {
	return strings.Contains(before, "/") && strings.Trim(before, "./") != ""
}

// lastParts keeps the last part of each name where it is joined.
func lastParts(p *checks.Pass, names []checks.Insertion) *fix.Fix {
	var divided, other []checks.Insertion
	for _, e := range names {
		if joinsPaths(e) {
			divided = append(divided, e)
		} else {
			other = append(other, e)
		}
	}
	edits := p.WrapInsertions(divided, "pathlib.Path", "from pathlib import Path", fix.InOrder, func(name, text string) string { return name + "(" + text + ").name" })
	edits = append(edits, p.WrapInsertions(other, "os.path.basename", "import os", fix.InSection, func(name, text string) string { return name + "(" + text + ")" })...)
	return checks.Fix(true, "keep only the last part of the name", edits)
}

// joinsPaths reports whether a name stands behind the `/` of a path, or is given to Path or joinpath.
func joinsPaths(e checks.Insertion) bool {
	around := e.In.Around(e.Expr)
	if len(around) < 2 {
		return false
	}
	switch n := around[len(around)-2].(type) {
	case *ast.BinOp:
		return n.Op == "/" && n.Right == e.Expr
	case *ast.Call:
		switch checks.LastName(n.Fn) {
		case "Path", "PurePath", "joinpath":
			return true
		}
	}
	return false
}
