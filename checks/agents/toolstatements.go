package agents

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// argumentInSQL is PML6103.
var argumentInSQL = &checks.Rule{
	Spec:  infoPML6103,
	Knows: checks.StatementCalls,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !models.IsStatement(path.Sink) || !path.Mark.ToolArgument() || path.Confirmed() || !checks.WrittenInto(path) {
			return
		}
		if executing := checks.ExecutingCall(p, path); executing != nil {
			p.Report(checks.Report{Node: executing.Node, Path: path, Fix: checks.BindValues(p, path, executing)})
		}
	},
}
