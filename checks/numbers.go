package checks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the words for numbers of a request that decide how much a program computes.

// StaysNumber reports whether a request's number comes to the allocation as one: what a
// library or an unknown function makes of the data, a length of it or what a file holds that the
// request names, is bounded by other things.
func StaysNumber(path *Path) bool {
	for _, t := range path.Trace.Steps() {
		name, ok := strings.CutPrefix(t.Text, "through ")
		if !ok {
			continue
		}
		switch strings.TrimSuffix(name, "()") {
		case "int", "float", "round", "abs", "max", "min", "sum", "pow", "divmod", "str", "strip", "get", "pop", "getlist", "loads", "load", "json", "get_json", "dict", "model_dump":
			if c, isCall := t.Node.(*ast.Call); isCall && name == "load()" {
				if a, isAttr := c.Fn.(*ast.Attribute); isAttr && LastName(a.Value) != "json" {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// AtMost bounds the numbers of an argument, each that a request chooses, from above. convert is what makes a number of
// what may be text; "" where all are numbers.
func AtMost(p *Pass, path *Path, convert, limit string) *fix.Fix {
	return bounded(p, path, "min", convert, limit)
}

// AtLeast bounds them from below.
func AtLeast(p *Pass, path *Path, convert, limit string) *fix.Fix {
	return bounded(p, path, "max", convert, limit)
}

func bounded(p *Pass, path *Path, by, convert, limit string) *fix.Fix {
	var edits []fix.Edit
	for _, n := range chosenNumbers(path) {
		e, ok := n.(ast.Expr)
		if !ok || !p.Holds(e) {
			return nil
		}
		if ast.Node(e) == GivenNode(path) && takesSides(path) {
			if convert == "" {
				convert = "int"
			}
			edits = append(edits, Replace(p, e, "tuple("+by+"("+convert+"(side), "+limit+") for side in "+p.File.Text(e)+")")...)
			continue
		}
		before, after := by+"(", ", "+limit+")"
		if convert != "" && !isConverted(e) {
			before, after = before+convert+"(", ")"+after
		}
		edits = append(edits, fix.Wrap(p.File, e, before, after)...)
	}
	return Fix(true, "bound the number by "+limit, edits)
}

// chosenNumbers lists the expressions of an argument that a request chooses: the elements of a list
// or tuple that stands there, otherwise the argument.
func chosenNumbers(path *Path) []ast.Node {
	items, _, ok := path.Items(path.Value)
	if !ok {
		return []ast.Node{GivenNode(path)}
	}
	var out []ast.Node
	for _, it := range items {
		if it.Value.Labels(models.Size).Has(models.User) {
			out = append(out, it.Node)
		}
	}
	return out
}

// takesSides reports whether an argument is a pair of sides, and no number.
func takesSides(path *Path) bool {
	switch ArgumentName(path) {
	case "image_shape", "dsize", "output_shape":
	case "size":
		if path.Call == nil || !path.Call.Symbol.Under("PIL") {
			return false
		}
	default:
		return false
	}
	_, _, listed := path.Items(path.Value)
	return !listed
}

// isConverted reports whether an expression makes a number.
func isConverted(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) != 1 {
		return false
	}
	fn, ok := c.Fn.(*ast.Name)
	return ok && (fn.Id == "int" || fn.Id == "float")
}

// ArgumentName is the name of the argument that a sink stands for, without the dict that holds it.
func ArgumentName(path *Path) string {
	name := string(path.Sink.Arg)
	if _, key, ok := strings.Cut(name, "["); ok {
		return strings.TrimSuffix(key, "]")
	}
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

// DeclaresBound reports whether a declaration bounds a number by one of some options, "le" or "ge": Field(le=1),
// Annotated[float, Le(1)].
func DeclaresBound(e ast.Expr, options ...string) bool {
	if e == nil {
		return false
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Keyword:
			found = found || n.Name != nil && slices.Contains(options, n.Name.Id)
		case *ast.Call:
			found = found || slices.Contains(options, strings.ToLower(LastName(n.Fn)))
		}
		return !found
	})
	return found
}

// FieldBounded reports whether a class of the files around declares a field of that name with such a bound.
func FieldBounded(p *Pass, field string, options ...string) bool {
	if field == "" || field == "[]" {
		return false
	}
	return slices.ContainsFunc(append([]*Module{p.Module}, p.Connected()...), func(m *Module) bool {
		found := false
		ast.InspectFile(m.File, func(n ast.Node) bool {
			if a, ok := n.(*ast.AnnAssign); ok {
				name, named := a.Target.(*ast.Name)
				found = found || named && name.Id == field && (DeclaresBound(a.Value, options...) || DeclaresBound(a.Annotation, options...))
			}
			return !found
		})
		return found
	})
}
