package prompts

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// promotedOutput is PML1111.
var promotedOutput = &checks.Rule{
	Spec: infoPML1111,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !path.Confirmed() && fedByOthers(path) {
			reportSystem(p, path)
		}
	},
}

// fedByOthers reports whether the call that brought a model's answer was given text that
// others wrote.
func fedByOthers(path *checks.Path) bool {
	first := path.Mark.Call()
	if first == nil {
		return false
	}
	given := models.Labels(models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.Database, models.Tool)
	for _, kind := range [...]checks.SinkKind{models.PromptUser, models.PromptSystem} {
		for _, o := range path.Engine.Paths(kind) {
			if o.Call != nil && o.Call.Node == first.Node && given.Has(o.Mark.Label) {
				return true
			}
		}
	}
	return false
}
