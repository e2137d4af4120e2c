package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// styleFromRequest is PML3107.
var styleFromRequest = &checks.Rule{
	Spec: infoPML3107,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteStyle || !choosesWeights(path) || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_STYLES", "style not allowed")})
	},
}

// choosesWeights reports whether text of a request decides what is loaded: it is no name within a folder or a
// repository of the program's.
func choosesWeights(path *checks.Path) bool {
	if path.Mark.Clean.Has(models.Path) || checks.OneSegment(path) {
		return !behindFolder(path) && !strings.HasPrefix(string(path.Sink.Arg), "weight_name") && !strings.HasPrefix(string(path.Sink.Arg), "subfolder")
	}
	return true
}

// behindFolder reports whether the data stands behind the folder that it is a name in, wherever it is a part of a path.
func behindFolder(path *checks.Path) bool {
	behind := false
	for _, v := range alternatives(path.Value.PathText()) {
		for i, part := range v.Parts() {
			if part.Value != nil && checks.Carries(path, part.Value) {
				if i == 0 {
					return false
				}
				behind = true
			}
		}
	}
	return behind
}
