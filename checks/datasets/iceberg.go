package datasets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// rowFilter is PML4224.
var rowFilter = &checks.Rule{
	Spec: infoPML4224,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteRows || checks.Vetted(p, path, checks.AboutStatements) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: filterObject(p, path)})
	},
}

// comparison is one comparison of a filter: a column, an operator and what it is compared with, where NUL stands for
// a value.
var comparison = regexp.MustCompile(`^\s*([A-Za-z_][\w.]*)\s*(==|=|!=|<>|<=|>=|<|>)\s*('[^'\x00]*'|'\x00'|"\x00"|\x00|-?\d+(?:\.\d+)?)\s*$`)

// conjunction stands between comparisons that all have to hold.
var conjunction = regexp.MustCompile(`(?i)\s+and\s+`)

// comparisonClasses are the expressions of pyiceberg that the operators stand for.
var comparisonClasses = map[string]string{
	"=": "EqualTo", "==": "EqualTo", "!=": "NotEqualTo", "<>": "NotEqualTo", "<": "LessThan", "<=": "LessThanOrEqual", ">": "GreaterThan", ">=": "GreaterThanOrEqual",
}

// filterObject writes a filter that is made of comparisons as the expression that holds its values as such. It is nil for
// others.
func filterObject(p *checks.Pass, path *checks.Path) *fix.Fix {
	node, _ := checks.GivenNode(path).(ast.Expr)
	if name, ok := node.(*ast.Name); ok {
		node = checks.LastAssigned(checks.BodyOf(path.Call.Frame), name)
		if node == nil || usedTimes(p, path, name) != 2 {
			return nil
		}
	}
	if node == nil || !p.Holds(node) {
		return nil
	}
	var values []string
	var text strings.Builder
	for _, part := range path.Value.Parts() {
		if part.Value == nil {
			text.WriteString(part.Text)
			continue
		}
		x, ok := part.Node.(ast.Expr)
		if !ok || part.Conv || !p.Holds(x) || !node.Range().Contains(x.Range()) || x == node {
			return nil
		}
		text.WriteByte(0)
		values = append(values, p.File.Text(x))
	}
	var classes, list []string
	for _, one := range conjunction.Split(text.String(), -1) {
		m := comparison.FindStringSubmatch(one)
		if m == nil {
			return nil
		}
		value := m[3]
		switch {
		case strings.Contains(value, "\x00"):
			value, values = values[0], values[1:]
		case strings.HasPrefix(value, "'"):
			value = strconv.Quote(strings.Trim(value, "'"))
		}
		class := comparisonClasses[m[2]]
		classes = append(classes, class)
		list = append(list, class+"("+strconv.Quote(m[1])+", "+value+")")
	}
	written := list[0]
	if len(list) > 1 {
		classes = append(classes, "And")
		written = "And(" + strings.Join(list, ", ") + ")"
	}
	written, imports := reached(p, written, classes)
	return checks.Fix(false, "compare with the value itself", checks.Replace(p, node, written), imports)
}

// reached spells the names of pyiceberg's expressions in a text as the file reaches them, and imports the others.
func reached(p *checks.Pass, text string, classes []string) (string, []fix.Edit) {
	slices.Sort(classes)
	var missing []string
	for _, name := range slices.Compact(classes) {
		spelling, ok := fix.ImportedAs(p.File, "pyiceberg.expressions."+name)
		if !ok {
			missing = append(missing, name)
			continue
		}
		if spelling != name {
			text = regexp.MustCompile(`\b`+name+`\(`).ReplaceAllLiteralString(text, spelling+"(")
		}
	}
	if missing == nil {
		return text, nil
	}
	statement := "from pyiceberg.expressions import " + strings.Join(missing, ", ")
	for _, s := range p.File.Body {
		switch s.(type) {
		case *ast.Import, *ast.ImportFrom:
			if strings.Contains(p.File.Text(s), "pyiceberg") {
				return text, fix.InsertAfter(p.File, s, statement)
			}
		}
	}
	return text, fix.AddImport(p.File, statement, fix.AfterLastImport)
}

// usedTimes counts how often a name stands in the function around a path's end.
func usedTimes(p *checks.Pass, path *checks.Path, name *ast.Name) int {
	n := 0
	ast.InspectStmts(checks.BodyOf(path.Call.Frame), func(x ast.Node) bool {
		if id, ok := x.(*ast.Name); ok && id.Id == name.Id {
			n++
		}
		return true
	})
	return n
}
