package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// videoSource is PML3101.
var videoSource = &checks.Rule{
	Spec: infoPML3101,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.URL, models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Under("cv2") || checks.OnlyMadeOf(path) {
			return
		}
		if path.Kind == models.URL {
			if path.Sink.Note == models.NoteVideo && opensAnything(path) && !checks.AddressTested(p, path) && !checks.Vetted(p, path, nil) {
				e, _ := checks.GivenNode(path).(ast.Expr)
				p.Report(checks.Report{Node: path.Node, Path: path, Covers: c.Node, Fix: checks.AllowOnly(p, path, e, "ALLOWED_SOURCES", "video source not allowed")})
			}
			return
		}
		named := checks.IsFileName(path.Mark)
		if path.Mark.Label == models.Upload && !named || opensVideo(c) || checks.OneSegment(path) || !checks.Escapes(path) || checks.Vetted(p, path, checks.AboutPaths) || checks.LookedUp(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Covers: c.Node, Fix: checks.LastPart(p, path)})
	},
}

// opensVideo reports whether a call decides by itself what the text that it is given is.
func opensVideo(c *checks.Call) bool {
	return c.Symbol.Is("cv2.VideoCapture", "cv2.VideoWriter", "cv2.VideoCapture().open", "cv2.VideoWriter().open")
}

// opensAnything reports whether text of a request decides what is opened: as a whole, within a pipeline, or as a
// path that leaves its folder. What follows the host of an address names nothing but what that host shows.
func opensAnything(path *checks.Path) bool {
	if path.Mark.Label != models.User || checks.IsFileName(path.Mark) || path.Mark.Clean.Has(models.Path) {
		return false
	}
	if checks.ChoosesHost(path) {
		return true
	}
	for _, v := range path.Value.Alternatives() {
		before := ""
		for _, part := range v.Parts() {
			switch {
			case part.Value == nil:
				before += part.Text
			case !checks.Carries(path, part.Value):
				before += "x"
			case strings.Contains(before, "!") || !strings.Contains(before, "://") && !checks.OneSegment(path) && checks.Escapes(path):
				return true
			}
		}
	}
	return false
}
