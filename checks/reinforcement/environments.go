package reinforcement

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// environmentFromRequest is PML3313.
var environmentFromRequest = &checks.Rule{
	Spec: infoPML3313,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteEnvironment || !checks.MayBeText(path.Value) || !namesModule(path) {
			return
		}
		switch path.Mark.Label {
		case models.User:
			if !p.FromOthers(path) || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) {
				return
			}
		case models.Web:
			if !checks.FromOutside(p, path) {
				return
			}
		default:
			if !path.Mark.InFile() {
				return
			}
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_ENVS", "environment not allowed")})
	},
}

// namesModule reports whether a name that others choose can be that of a module and an environment in it: what stands
// before the colon is theirs, and they may write one.
func namesModule(path *checks.Path) bool {
	if !path.Mark.Holds(":") || path.Mark.Lacks(":") {
		return false
	}
	for _, v := range path.Value.Alternatives() {
		before := ""
		for _, part := range v.Parts() {
			if part.Value != nil && checks.Carries(path, part.Value) && (strings.ContainsAny(before, ":/")) {
				return false // an environment of a module that the program names
			}
			if part.Value == nil {
				before += part.Text
			}
		}
	}
	return true
}

// optionsFromRequest is PML3314.
var optionsFromRequest = &checks.Rule{
	Spec: infoPML3314,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Exec, models.Lookup, models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !p.FromOthers(path) || checks.OnlyMadeOf(path) || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		switch path.Sink.Note {
		case models.NoteEnvironmentOptions:
			if !ownNames(path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: namedOptions(p, path)})
			}
		case models.NoteEntryPoint:
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: lookUp(p, e)})
		case models.NoteEnvironmentFile:
			if checks.Escapes(path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.LastPart(p, path)})
			}
		}
	},
}

// lookUp takes what is imported from a table of the program's.
func lookUp(p *checks.Pass, e ast.Expr) *fix.Fix {
	if e == nil || !p.Holds(e) {
		return nil
	}
	return checks.Fix(true, "take the entry point from a table", checks.Replace(p, e, "ENTRY_POINTS["+p.File.Text(e)+"]"), fix.AddConstant(p.File, "ENTRY_POINTS: dict[str, str] = {}", fix.Spaced))
}

// ownNames reports whether a mapping has only names that the program wrote down or that tests let through, whatever stands
// under them, or those of the fields that a model declares.
func ownNames(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok {
			switch checks.LastName(c.Fn) {
			case "model_dump", "dict", "asdict", "_asdict":
				call := path.Engine.CallAt(c)
				if call == nil || call.Receiver == nil || call.Receiver.Class() == nil {
					continue
				}
				return !call.Receiver.Class().AllowsExtra()
			}
		}
	}
	return named(path, path.Value)
}

func named(path *checks.Path, v *checks.Value) bool {
	if all := v.Alternatives(); len(all) > 1 {
		return !slices.ContainsFunc(all, func(v *checks.Value) bool { return checks.Carries(path, v) && !named(path, v) })
	}
	if v.Kind() != flow.KindObject {
		return false
	}
	rest, keys := path.Rest(v)
	if rest == nil {
		return len(path.Entries(v)) > 0
	}
	if keys == nil { // a comprehension over names of the program's own, or a display that unpacks another mapping
		e, ok := path.Node.(ast.Expr)
		return ok && slices.ContainsFunc(path.Call.Frame.SpelledOut(e), func(s flow.Spelled) bool { _, made := s.Expr.(*ast.Comp); return made })
	}
	return !checks.Carries(path, keys)
}

// namedOptions takes only options whose names are on a list.
func namedOptions(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	text, stmt := p.File.Text(e), p.StmtOf(e)
	var before []fix.Edit
	if _, display := e.(*ast.Dict); display {
		return nil
	}
	if !checks.Repeatable(e) {
		if stmt == nil || !checks.KnownBefore(p.Module, e, stmt) {
			return nil
		}
		before = fix.InsertBefore(p.File, stmt, "requested = "+text)
		text = "requested"
	}
	return checks.Fix(true, "take only the options on a list", before, checks.Replace(p, e, "{k: "+text+"[k] for k in ALLOWED_OPTIONS if k in "+text+"}"),
		fix.AddConstant(p.File, "ALLOWED_OPTIONS: frozenset[str] = frozenset()", fix.Spaced))
}
