package features

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

var (
	// frameMethods are the methods of a frame that evaluate text in which `@name` is a variable.
	frameMethods = []string{"pandas.DataFrame().query", "pandas.DataFrame().eval"}
	// expressions are all calls that evaluate text over columns or arrays.
	expressions = append([]string{"pandas.eval", "numexpr.evaluate", "numexpr.re_evaluate"}, frameMethods...)
)

// expressionFromRequest is PML2128.
var expressionFromRequest = &checks.Rule{
	Spec:  infoPML2128,
	Knows: expressions,
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is(expressions...) || checks.OnlyMadeOf(path) || checks.OfRecord(path) || checks.Vetted(p, path, nil) || onlyWords(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: asVariables(p, path)})
	},
}

// onlyWords reports whether the data of a path can be nothing but a word, by which no function is called.
func onlyWords(path *checks.Path) bool {
	return path.Mark.Clean.Has(models.SQL) && path.Mark.Clean.Has(models.Shell)
}

// asVariables names the variables in the expression in place of writing their values into it: f"age > {limit}" is "age > @limit".
func asVariables(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if !c.Symbol.Is(frameMethods...) {
		return nil
	}
	given, _ := path.Node.(ast.Expr)
	text := spelledBy(path, given)
	if text == nil || !p.Holds(text) || p.FunctionAround(text) != p.FunctionAround(c.Node) {
		return nil
	}
	source := p.File.Text(text)
	open := strings.IndexAny(source, `'"`)
	if open < 0 || strings.Contains(source, "{{") || strings.Contains(source, "}}") || strings.ContainsAny(source[:open], "rR") {
		return nil
	}
	var edits []fix.Edit
	left := 0
	at := int(text.Pos())
	ast.Inspect(text, func(n ast.Node) bool {
		ph, ok := n.(*ast.Placeholder)
		if !ok {
			return true
		}
		left++
		name, ok := ph.Value.(*ast.Name)
		if !ok {
			return false
		}
		start, end := int(ph.Pos())-at, int(ph.Stop())-at
		for _, quote := range [...]string{`\'`, `\"`, "'", `"`} {
			if start-len(quote) > open && strings.HasPrefix(source[end:], quote) && strings.HasSuffix(source[:start], quote) && end+len(quote) < len(source) {
				start, end = start-len(quote), end+len(quote)
				break
			}
		}
		if !compared(source[open+1 : start]) {
			return false
		}
		left--
		edits = append(edits, fix.Edit{Start: at + start, End: at + end, New: "@" + name.Id})
		return false
	})
	if len(edits) == 0 || left > 0 {
		return nil
	}
	if f := strings.IndexAny(source[:open], "fF"); f >= 0 {
		edits = append(edits, fix.Edit{Start: at + f, End: at + f + 1})
	}
	return checks.Fix(true, "name the variable in the expression", edits)
}

// compared reports whether something that stands behind a text is compared there with what stands before.
func compared(before string) bool {
	before = strings.TrimRight(before, " ")
	return strings.HasSuffix(before, "=") || strings.HasSuffix(before, "<") || strings.HasSuffix(before, ">") || strings.HasSuffix(before, " in") || strings.HasSuffix(before, " and") && strings.Contains(before, "between")
}

// spelledBy is the one f-string that gives an expression's value, nil where there is none or more than one.
func spelledBy(path *checks.Path, e ast.Expr) *ast.JoinedStr {
	if e == nil {
		return nil
	}
	if text, ok := e.(*ast.JoinedStr); ok {
		return text
	}
	var only *ast.JoinedStr
	for _, s := range path.Call.Frame.SpelledOut(e) {
		switch n := s.Expr.(type) {
		case *ast.JoinedStr:
			if only != nil {
				return nil
			}
			only = n
		case *ast.Name:
		default:
			return nil
		}
	}
	return only
}
