package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// unboundedCommand is PML5214.
var unboundedCommand = &checks.Rule{
	Spec: infoPML5214,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Note != models.NoteActuator && path.Sink.Note != models.NoteHeight || path.Confirmed() || limited(path) || checks.FieldBounded(p, path.Mark.Field(), "le", "lt") {
			return
		}
		if isMessage(path) && !publishes(path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: limit(p, path)})
	},
}

// isMessage reports whether a path ends in a field of a message, which moves nothing before it is published.
func isMessage(path *checks.Path) bool {
	return path.Call == nil || strings.Contains(path.Call.Symbol.String(), "_msgs.")
}

// publishes reports whether the files around publish messages.
func publishes(path *checks.Path) bool {
	return slices.ContainsFunc(path.Frame.Everywhere(), func(f *checks.Frame) bool {
		return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool { return c.Method == "publish" })
	})
}

// limiters are words in the names of functions that keep a number within limits.
var limiters = []string{"clamp", "clip", "saturate", "limit", "constrain", "bound"}

// limited reports whether a function whose name says so has limited the number.
func limited(path *checks.Path) bool {
	named := func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		return ok && slices.ContainsFunc(limiters, func(w string) bool { return strings.Contains(strings.ToLower(checks.LastName(c.Fn)), w) })
	}
	return named(path.Node) || slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool { return named(t.Node) })
}

// limit keeps the number at the end of a path, or each of a list, within half a unit; heights and places within two.
func limit(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok {
		return nil
	}
	low, high := "-0.5", "0.5"
	if path.Sink.Note == models.NoteHeight {
		low, high = "0.0", "2.0"
	}
	within := func(text string) string { return "max(" + low + ", min(" + high + ", " + text + "))" }
	name := string(path.Sink.Arg)
	if path.Call == nil {
		if a, ok := p.StmtOf(path.Node).(*ast.Assign); ok && len(a.Targets) == 1 {
			name = checks.LastName(a.Targets[0])
		}
	}
	return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
		text := there.File.Text(e)
		const message = "limit what the model asks for"
		items, _, list := path.Items(path.Value)
		switch {
		case list && len(items) > 0 || isList(e) || name == "positions" || name == "velocities" || strings.Contains(path.Sink.Note, "s of"):
			return checks.Fix(true, message, checks.Replace(there, e, "["+within("float(value)")+" for value in "+text+"]"))
		case name == "linear" || name == "angular" || name == "0:linear" || name == "1:angular" || name == "0:location":
			return limitParts(there, e, within)
		}
		if c, ok := e.(*ast.Call); !ok || checks.LastName(c.Fn) != "float" {
			text = "float(" + text + ")"
		}
		return checks.Fix(true, message, checks.Replace(there, e, within(text)))
	})
}

// isList reports whether an expression makes a list of numbers.
func isList(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.List, *ast.Comp:
		return true
	case *ast.Call:
		return checks.LastName(e.Fn) == "tolist" || checks.LastName(e.Fn) == "list"
	}
	return false
}

// limitParts limits each number of a vector or a place that is made right there.
func limitParts(p *checks.Pass, e ast.Expr, within func(string) string) *fix.Fix {
	c, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	var edits []fix.Edit
	each := func(a ast.Expr) {
		if _, constant := a.(*ast.Number); !constant {
			edits = append(edits, checks.Replace(p, a, within("float("+p.File.Text(a)+")"))...)
		}
	}
	if last := len(c.Args) - 1; last == 2 { // of a place the height is the last
		each(c.Args[2])
	} else {
		for _, a := range c.Args {
			each(a)
		}
	}
	for _, k := range c.Keywords {
		each(k.Value)
	}
	return checks.Fix(true, "limit what the model asks for", edits)
}
