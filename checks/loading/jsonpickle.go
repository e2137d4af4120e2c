package loading

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// jsonpickleDecoded is PML6206.
var jsonpickleDecoded = &checks.Rule{
	Spec: infoPML6206,
	From: []checks.Label{models.User, models.Upload, models.Web, models.LLM, models.Tool, models.Database},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Is(checks.JSONPickleDecoders...) || fromQueue(path.Mark.Source()) || onlyNamed(path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.ReadJSON(p, c)})
	},
}
