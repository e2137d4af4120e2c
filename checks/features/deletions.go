package features

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// featuresDeleted is PML2124.
var featuresDeleted = &checks.Rule{
	Spec: infoPML2124,
	Asks: checks.AboutServing(),
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Record},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		note := path.Sink.Note
		if c == nil || note != models.NoteDeleted && note != models.NoteReplaced && note != models.NoteOpened || checks.Vetted(p, path, nil) || authorized(p, path) {
			return
		}
		if note != models.NoteOpened {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: deleteListed(p, path, c)})
			return
		}
		for _, o := range c.Frame.CallsNamed("delete") {
			at, ok := o.Node.Fn.(*ast.Attribute)
			if ok && standsFor(o.Frame, at.Value, c) {
				p.Report(checks.Report{Node: o.Node, In: p.Project.Module(o.Frame.Module()), Path: path, Fix: deleteListed(p, path, o)})
			}
		}
	},
}

// standsFor reports whether an expression is what a call gives.
func standsFor(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	for in := range f.StandsFor(e) {
		if in.Call != nil && in.Call.Node == c.Node && len(in.Steps) == 0 {
			return true
		}
	}
	return false
}

// authorized reports whether whoever sends the request of a path has to say who they are, or it is no request: each handler
// that the path runs through asks, or only this machine reaches them.
func authorized(p *checks.Pass, path *checks.Path) bool {
	routes := path.Handlers()
	if len(routes) == 0 { // the request is read where no route is
		routes = checks.RoutesAbove(path.Call.Frame)
	}
	return len(routes) == 0 || p.OnlyHere(path.Call.Frame) || slices.ContainsFunc(routes, func(r *checks.Route) bool {
		return p.ProtectionOf(path.Call.Frame, r.Function).Has(models.Identity)
	})
}

// deleteListed refuses names that the team has not listed, or keeps the rows that are there.
func deleteListed(p *checks.Pass, path *checks.Path, c *checks.Call) *fix.Fix {
	if path.Sink.Note == models.NoteReplaced {
		if a := c.Arg(1, "overwrite"); a != nil {
			return checks.SetConstant(p, c, a, "False")
		}
		return nil
	}
	name, ok := checks.GivenNode(path).(*ast.Name)
	stmt := p.StmtOf(c.Node)
	if !ok || !p.Holds(name) || stmt == nil || !p.Holds(c.Node) || checks.Deferred(p.Module, c.Node, stmt) || !checks.KnownBefore(p.Module, name, stmt) {
		return nil
	}
	return checks.Fix(true, "delete only what the team has listed",
		fix.InsertBefore(p.File, stmt, "if "+name.Id+" not in DELETABLE_FEATURES:", "    raise PermissionError("+name.Id+")"),
		fix.AddConstant(p.File, "DELETABLE_FEATURES = frozenset()", fix.Spaced))
}
