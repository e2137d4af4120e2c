package prompts

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// droppedRules is PML1119.
var droppedRules = &checks.Rule{
	Spec: infoPML1119,
	From: []checks.Label{models.Window},
	Into: []checks.SinkKind{models.PromptSystem, models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		cut := path.Trace.Steps()[0]
		in := p.Project.Module(cut.Mod)
		if in == nil || asksForRole(in, cut.Node) {
			return
		}
		p.Report(checks.Report{Node: cut.Node, In: in, Path: path, Fix: checks.Fix(false, "keep the system message", keepFirst(in, path, cut.Node))})
	},
}

// asksForRole reports whether a cut depends on the role of a message.
func asksForRole(in *checks.Module, cut ast.Node) bool {
	for _, n := range in.Around(cut) {
		var test ast.Expr
		switch n := n.(type) {
		case *ast.If:
			test = n.Test
		case *ast.While:
			test = n.Test
		case *ast.IfExp:
			test = n.Test
		}
		if test == nil {
			continue
		}
		text := strings.ToLower(in.File.Text(test))
		if strings.Contains(text, "system") || strings.Contains(text, "role") {
			return true
		}
	}
	return false
}

// keepFirst makes the edits after which a cut leaves the first message, or the instructions at
// the start of a text.
func keepFirst(in *checks.Module, path *checks.Path, cut ast.Node) []fix.Edit {
	if !in.Holds(cut) {
		return nil
	}
	switch n := cut.(type) {
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "pop" && len(n.Args) == 1 {
			return []fix.Edit{fix.ReplaceNode(in.File, n.Args[0], "1")}
		}
		return fix.AddKeyword(in.File, n, "include_system", "True")
	case *ast.Subscript:
		s, ok := n.Index.(*ast.Slice)
		switch {
		case !ok:
			return []fix.Edit{fix.ReplaceNode(in.File, n.Index, "1")}
		case s.Upper != nil:
			return deleteBehind(in, s)
		case path.Kind == models.PromptUser:
			return keepWords(in, path, n, s)
		case simple(n.Value):
			list := in.File.Text(n.Value)
			return []fix.Edit{fix.ReplaceNode(in.File, n, list+"[:1] + "+list+"[1:]["+in.File.Text(s)+"]")}
		}
	}
	return nil
}

// deleteBehind turns `del x[:n]` into `del x[1:n + 1]`.
func deleteBehind(in *checks.Module, s *ast.Slice) []fix.Edit {
	upper := in.File.Text(s.Upper)
	if n, ok := s.Upper.(*ast.Number); ok {
		if k, err := strconv.Atoi(n.Text); err == nil {
			return []fix.Edit{fix.ReplaceNode(in.File, s, "1:"+strconv.Itoa(k+1))}
		}
	}
	return []fix.Edit{fix.ReplaceNode(in.File, s, "1:"+upper+" + 1")}
}

// keepWords takes the instructions at the start of a text out of the cut.
func keepWords(in *checks.Module, path *checks.Path, n *ast.Subscript, s *ast.Slice) []fix.Edit {
	tail := "[" + in.File.Text(s) + "]"
	if sum, ok := n.Value.(*ast.BinOp); ok && sum.Op == "+" {
		first := ast.Expr(sum)
		for {
			b, ok := first.(*ast.BinOp)
			if !ok || b.Op != "+" {
				break
			}
			first = b.Left
		}
		rest := in.File.Source.Slice(ast.Span{Start: first.Stop(), End: sum.Stop()})
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), "+"))
		if sum.Left != first {
			rest = "(" + rest + ")"
		} else if !simple(sum.Right) {
			rest = "(" + rest + ")"
		}
		return []fix.Edit{fix.ReplaceNode(in.File, n, in.File.Text(first)+" + "+rest+tail)}
	}
	words := cutWords(path, n)
	if words == 0 || !simple(n.Value) {
		return nil
	}
	text, at := in.File.Text(n.Value), strconv.Itoa(words)
	return []fix.Edit{fix.ReplaceNode(in.File, n, text+"[:"+at+"] + "+text+"["+at+":]"+tail)}
}

// cutWords is the length of the constant text with which the text of a cut begins.
func cutWords(path *checks.Path, n *ast.Subscript) int {
	c := path.Engine.Cut(n)
	if c == nil {
		return 0
	}
	return utf8.RuneCountInString(c.Prefix())
}
