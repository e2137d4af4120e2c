package services

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestInSQL is PML6415.
var requestInSQL = &checks.Rule{
	Spec:  infoPML6415,
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.SQL},
	Knows: append([]string{"dataclasses.asdict"}, checks.StatementCalls...),
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !models.IsStatement(path.Sink) || !p.Project.UsesML() || !checks.WrittenInto(path) || alsoFrom(path, models.LLM) || checks.OfRecord(path) || checks.Vetted(p, path, checks.AboutStatements) || fieldNames(p, path) {
			return
		}
		if executing := checks.ExecutingCall(p, path); executing != nil {
			p.Report(checks.Report{Node: executing.Node, Path: path, Fix: checks.BindValues(p, path, executing)})
		}
	},
}

// fieldNames reports whether a function on the way makes a dict of a dataclass, from whose fields it
// names the columns: the values are bound under these names.
func fieldNames(p *checks.Pass, path *checks.Path) bool {
	found := false
	for _, fn := range checks.WayOf(p, path).Functions {
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if c := path.Engine.CallAt(n); c != nil && c.Symbol.Is("dataclasses.asdict") {
				found = true
			}
			return !found
		})
	}
	return found
}
