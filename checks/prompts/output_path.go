package prompts

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// outputAsPath is PML1156.
var outputAsPath = &checks.Rule{
	Spec:  infoPML1156,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Path},
	Knows: []string{"os.path.join", "pathlib.PurePath().{name,stem,joinpath}"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Confirmed() || checks.Unlocked(p, path) || path.Mark.Field() == "file_id" {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: lastPart(p, path)})
	},
}

// lastPart keeps the last part of the model's name.
func lastPart(p *checks.Pass, path *checks.Path) *fix.Fix {
	e := namedPart(p, path)
	if e == nil {
		list := checks.EntriesOf(p, path)
		if len(list) == 0 || list[0].Expr == p.SinkExpr(path) {
			return lastPartJoined(p, path)
		}
		return checks.LastPart(p, path) // where a caller joins it to a folder
	}
	if checks.IsFolder(p.Module, e) {
		return nil
	}
	const message = "keep only the last part of the model's name"
	if divided(p, e) {
		spelling, add := fix.Reach(p.File, "pathlib.Path", "from pathlib import Path", fix.InOrder)
		return checks.Fix(true, message, checks.Replace(p, e, spelling+"("+p.File.Text(e)+").name"), add)
	}
	return wrapped(p, e, "os.path.basename", "import os", message)
}

// lastPartJoined keeps the last part of the name where a caller joins it to a folder on the way of the data, the one
// place where that is done.
func lastPartJoined(p *checks.Pass, path *checks.Path) *fix.Fix {
	var list []checks.Insertion
	for _, t := range path.Trace.Steps() {
		m := p.Project.Module(t.Mod)
		if m == nil {
			continue
		}
		var name ast.Expr
		switch n := t.Node.(type) {
		case *ast.Name: // target = folder / name
			if a, ok := m.StmtOf(n).(*ast.Assign); ok && len(a.Targets) == 1 && a.Targets[0] == ast.Expr(n) {
				if b, ok := a.Value.(*ast.BinOp); ok && b.Op == "/" {
					name = b.Right
				}
			}
		case *ast.Call:
			if checks.LastName(n.Fn) == "joinpath" && len(n.Args) == 1 {
				name = n.Args[0]
			}
		}
		if name != nil && m.Holds(name) {
			list = append(list, checks.Insertion{Expr: name, In: m})
		}
	}
	if len(list) != 1 {
		return nil
	}
	return checks.Fix(true, "keep only the last part of the model's name", p.WrapInsertions(list, "os.path.basename", "import os", fix.InOrder, func(name, text string) string { return name + "(" + text + ")" }))
}

// namedPart is the expression that brings in the model's name.
func namedPart(p *checks.Pass, path *checks.Path) ast.Expr {
	e := answerIn(p, path)
	for e != nil {
		var next ast.Expr
		switch n := e.(type) {
		case *ast.Call:
			c := calledAt(path.Call.Frame, n)
			if c == nil || !c.Symbol.Is("os.path.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PurePath().joinpath", "os.path.abspath", "os.path.normpath", "os.path.dirname", "os.path.realpath") {
				return e
			}
			bad := answers(models.Path, c.Result)
			for i := range c.Args {
				a := &c.Args[i]
				if a.Node == nil || a.Unpacked || !bad(a.Value) {
					continue
				}
				if next != nil {
					return nil
				}
				next = a.Node
				if part := onlyPart(p, path, a.Value, bad); part != nil {
					next = part
				}
			}
			if next == nil {
				return nil
			}
		default:
			if path.Sink.Arg == "self" && e == path.Node {
				return namedInPath(p, path, e, 0) // what is no path any more has none of its methods
			}
			return e
		}
		e = next
	}
	return nil
}

// onlyPart is the one part of a built text that brings in the model's name, nil where the text is not
// built or there are several.
func onlyPart(p *checks.Pass, path *checks.Path, v *checks.Value, bad func(*checks.Value) bool) ast.Expr {
	var found ast.Expr
	parts := v.PathText().Parts()
	if len(parts) < 2 {
		return nil
	}
	for _, part := range parts {
		if part.Value == nil || !bad(part.Value) {
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || part.Mod != path.Mod || part.Conv || found != nil || !p.Holds(e) {
			return nil
		}
		found = e
	}
	return found
}

// namedInPath is the one expression after a `/` of which a path object is made, also where the path has
// a name, or it is the folder of one; nil where there is none, or several.
func namedInPath(p *checks.Pass, path *checks.Path, e ast.Expr, depth int) ast.Expr {
	if depth > 8 {
		return nil
	}
	switch n := e.(type) {
	case *ast.Attribute:
		if n.Attr.Id == "parent" {
			return namedInPath(p, path, n.Value, depth+1)
		}
	case *ast.Name:
		if made := checks.LastAssigned(checks.BodyOf(path.Call.Frame), n); made != nil && p.Holds(made) {
			return namedInPath(p, path, made, depth+1)
		}
	case *ast.Call:
		c := calledAt(path.Call.Frame, n)
		if c != nil && len(n.Args) == 1 && len(n.Keywords) == 0 && c.Symbol.Is("pathlib.Path", "pathlib.PurePath", "pathlib.PurePath().joinpath") {
			return n.Args[0]
		}
	case *ast.BinOp:
		if n.Op != "/" {
			return nil
		}
		left, constant := namedInPath(p, path, n.Left, depth+1), false
		if _, constant = n.Right.(*ast.Str); constant {
			return left
		}
		if left == nil {
			return n.Right
		}
	}
	return nil
}

// divided reports whether an expression stands after the `/` of a path.
func divided(p *checks.Pass, e ast.Expr) bool {
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		if b, ok := around[i].(*ast.BinOp); ok {
			return b.Op == "/" && b.Right == e
		}
	}
	return false
}
