package registries

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// tagNames is PML4311.
var tagNames = &checks.Rule{
	Spec: infoPML4311,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Record},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteTagNames || reservesNames(p, path) || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		if strings.HasSuffix(string(path.Sink.Arg), ":key") {
			if checks.Chooses(path, func(before string) bool { return before != "" }) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: prefixed(p, e, func(text string) string { return `f"user.{` + text + `}"` })})
			}
			return
		}
		if choosesKeys(path) {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: prefixed(p, e, func(text string) string { return `{f"user.{k}": v for k, v in ` + text + `.items()}` })})
		}
	},
}

// choosesKeys reports whether the keys of the dict at the end of a path are the request's: it is a part of the request, or
// made of one, and not a dict of the program's with such values.
func choosesKeys(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if call, ok := t.Node.(*ast.Call); ok {
			switch checks.LastName(call.Fn) {
			case "model_dump", "asdict": // the fields of a class
				return false
			}
		}
	}
	for _, v := range path.Value.Alternatives() {
		rest, keys := path.Rest(v)
		switch {
		case keys != nil:
			for _, k := range keys.Alternatives() {
				if checks.Carries(path, k) && k.Prefix() == "" {
					return true
				}
			}
		case rest != nil: // of what another dict holds nothing is known
			if checks.Carries(path, rest) {
				return true
			}
		case len(path.Entries(v)) == 0 && checks.Carries(path, v):
			return true
		}
	}
	return false
}

// reservesNames reports whether a function on the way looks for the tracker's own names: `k.startswith("mlflow.")`.
func reservesNames(p *checks.Pass, path *checks.Path) bool {
	for _, fn := range checks.WayOf(p, path).Functions {
		found := false
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			s, ok := n.(*ast.Str)
			found = found || ok && (s.Value == "mlflow." || s.Value == "mlflow")
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// prefixed puts the names of tags into a space of their own.
func prefixed(p *checks.Pass, e ast.Expr, spelled func(text string) string) *fix.Fix {
	if e == nil {
		return nil
	}
	return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
		text := there.File.Text(e)
		switch e.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call, *ast.Dict:
		default:
			text = "(" + text + ")"
		}
		if strings.Contains(spelled(""), `f"user.{}"`) && strings.ContainsAny(text, "\"\\\n") {
			return checks.Fix(true, "keep the tracker's own names", checks.Replace(there, e, `"user." + `+text))
		}
		return checks.Fix(true, "keep the tracker's own names", checks.Replace(there, e, spelled(text)))
	})
}
