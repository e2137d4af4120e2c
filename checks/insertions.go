package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells by which expressions the data of a path gets into the text at its end, and
// wraps them.

// Insertion is an expression by which data enters a text, and the file that it stands in.
type Insertion struct {
	Expr ast.Expr
	In   *Module
}

// Carries reports whether a value holds the data of a path that is dangerous at its sink.
func Carries(path *Path, v *Value) bool {
	for _, m := range v.Marks() {
		if m.Label == path.Mark.Label && !m.Clean.Has(path.Kind) {
			return true
		}
	}
	return false
}

// ComesFrom reports whether a value as the function of the sink knows it holds the data of a
// path: it has the label, or is what callers hand in.
func ComesFrom(path *Path, v *Value) bool {
	for _, m := range v.Marks() {
		if (m.Label == path.Mark.Label || m.Label == models.NoLabel) && !m.Clean.Has(path.Kind) {
			return true
		}
	}
	return false
}

// CarriesAny returns the test whether a value holds data of one of the labels, or of a parameter,
// that is dangerous at a kind of sink.
func CarriesAny(kind SinkKind, labels ...Label) func(*Value) bool {
	return func(v *Value) bool {
		for _, m := range v.Marks() {
			if m.Clean.Has(kind) {
				continue
			}
			if m.Label == 0 {
				return true
			}
			for _, l := range labels {
				if m.Label == l {
					return true
				}
			}
		}
		return false
	}
}

// Insertions lists the expressions by which data for which dirty holds enters the text at the
// end of a path: the pieces of the text or, where nothing is known of it, the expression at the
// sink. It is nil where one of them cannot be edited.
func (p *Pass) Insertions(path *Path, dirty func(*Value) bool) []Insertion {
	var out []Insertion
	for _, v := range path.Value.PathText().Alternatives() {
		for _, part := range v.PathText().Parts() {
			if part.Value == nil || !dirty(part.Value) {
				continue
			}
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			if !ok || in == nil || part.Conv || !in.Holds(e) {
				return nil
			}
			out = append(out, Insertion{e, in})
		}
	}
	if out == nil {
		if e := p.SinkExpr(path); e != nil {
			out = append(out, Insertion{e, p.Module})
		}
	}
	return out
}

// SinkExpr is the expression that stands at the end of a path: the argument, or the receiver of a
// method; nil where it is not in this file.
func (p *Pass) SinkExpr(path *Path) ast.Expr {
	if path.Sink != nil && path.Sink.Arg == "self" {
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

// WrapInsertions makes the edits that put before and after around each of the expressions and
// import what before names: "html.escape(" after `import html`. Where the module spells the name
// differently, so does the edit.
func (p *Pass) WrapInsertions(list []Insertion, qualified, stmt string, where fix.Place, after func(name, text string) string) []fix.Edit {
	var edits []fix.Edit
	done := map[*Module]bool{}
	for _, first := range list {
		in := first.In
		if done[in] {
			continue
		}
		done[in] = true
		name, imports := fix.Reach(in.File, qualified, stmt, where)
		own := imports
		for i, e := range list {
			if e.In != in || repeats(list[:i], e) {
				continue
			}
			own = append(own, fix.ReplaceNode(in.File, e.Expr, after(name, in.File.Text(e.Expr))))
		}
		edits = append(edits, p.InFile(in, own)...)
	}
	return edits
}

// repeats reports whether an insertion is in a list.
func repeats(list []Insertion, e Insertion) bool {
	for _, o := range list {
		if o.Expr.Range() == e.Expr.Range() && o.In == e.In {
			return true
		}
	}
	return false
}

// InFile says of edits in which file they are made.
func (p *Pass) InFile(in *Module, edits []fix.Edit) []fix.Edit {
	if in.Path != p.Path {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}

// Chooses reports whether the data of a path stands where it chooses: not behind constant text of which bound says that
// it leaves no choice. What of the text before it is the program's and not constant stands there as "x".
func Chooses(path *Path, bound func(before string) bool) bool {
	return ChoosesIn(path.Value, func(v *Value) bool { return Carries(path, v) }, bound)
}

// ChoosesIn is Chooses for a value that is a part of what reaches the end of a path; carries tells the parts that hold the data.
func ChoosesIn(value *Value, carries func(*Value) bool, bound func(before string) bool) bool {
	for _, v := range value.Alternatives() {
		parts := v.Parts()
		if parts == nil && carries(v) {
			return true
		}
		before := ""
		for _, part := range parts {
			if part.Value != nil && carries(part.Value) {
				if !bound(before) {
					return true
				}
				break
			}
			if part.Value != nil {
				before += "x" // something of the program's
				continue
			}
			before += part.Text
		}
	}
	return value.Alternatives() == nil
}

// ConstantText is the constant part of a text, with "_" for each value in it.
func ConstantText(v *Value) string {
	var b strings.Builder
	for _, p := range v.Parts() {
		if p.Value != nil {
			b.WriteByte('_')
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}
