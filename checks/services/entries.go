package services

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// entry is an expression by which a caller's text enters a path, an address or a command.
type entry struct {
	expr ast.Expr
	in   *checks.Module
}

// carries reports whether a value holds the data of a path that is dangerous at its sink.
func carries(path *checks.Path, v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == path.Mark.Label && !m.Clean.Has(path.Kind) {
			return true
		}
	}
	return false
}

// entriesOf lists the expressions by which the data of a path enters the text at its end: the
// pieces of the text or, where nothing is known of it, the expression at the sink.
func entriesOf(p *checks.Pass, path *checks.Path) []entry {
	var out []entry
	for _, v := range path.Value.PathText().Alternatives() {
		for _, part := range v.PathText().Parts() {
			if part.Value == nil || !carries(path, part.Value) {
				continue
			}
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			if !ok || in == nil || part.Conv || !in.Holds(e) {
				return nil
			}
			out = append(out, entry{e, in})
		}
	}
	if out == nil {
		if e := sinkExpr(p, path); e != nil {
			out = append(out, entry{e, p.Module})
		}
	}
	return out
}

// sinkExpr is the expression that stands at the sink: the argument, or the receiver of a method.
func sinkExpr(p *checks.Pass, path *checks.Path) ast.Expr {
	if path.Sink.Arg == "self" {
		if fn, ok := path.Call.Node.Fn.(*ast.Attribute); ok && p.Holds(fn) {
			return fn.Value
		}
		return nil
	}
	if e, ok := path.Node.(ast.Expr); ok && p.Holds(e) {
		return e
	}
	return nil
}

// wrapEntries puts a function around each expression by which the data of a path enters.
func wrapEntries(p *checks.Pass, path *checks.Path, qualified, stmt, message string) *fix.Fix {
	list := entriesOf(p, path)
	if len(list) == 0 {
		return nil
	}
	var edits []fix.Edit
	for _, in := range modulesOf(list) {
		name, imports := fix.Reach(in.File, qualified, stmt, fix.InSection)
		var own []fix.Edit
		for i, e := range list {
			if e.in == in && !repeats(list[:i], e) {
				own = append(own, fix.Wrap(in.File, e.expr, name+"(", ")")...)
			}
		}
		edits = append(edits, inModule(p, in, append(own, imports...))...)
	}
	return checks.Fix(true, message, edits)
}

// repeats reports whether an entry is in a list.
func repeats(list []entry, e entry) bool {
	for _, o := range list {
		if o.expr.Range() == e.expr.Range() && o.in == e.in {
			return true
		}
	}
	return false
}

func modulesOf(list []entry) []*checks.Module {
	var out []*checks.Module
	for _, e := range list {
		known := false
		for _, m := range out {
			known = known || m == e.in
		}
		if !known {
			out = append(out, e.in)
		}
	}
	return out
}

// inModule says of edits in which file they are.
func inModule(p *checks.Pass, in *checks.Module, edits []fix.Edit) []fix.Edit {
	if in.Path != p.Path {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}

// lastPart keeps the last part of a caller's name only.
func lastPart(p *checks.Pass, path *checks.Path) *fix.Fix {
	return wrapEntries(p, path, "os.path.basename", "import os", "keep only the last part of the name")
}
