package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of the numbers in a request that decide how much is computed for a picture.

// numberFromRequest is the check of numbers of a request that reach the sizes that a note marks; repair bounds them, by
// the name of the argument.
func numberFromRequest(info *checks.Info, note string, repair func(p *checks.Pass, path *checks.Path, argument string) *fix.Fix) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: []checks.Label{models.User},
		Into: []checks.SinkKind{models.Size},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Call == nil || path.Sink.Note != note || !checks.StaysNumber(path) || isPatch(path) && boundedBelow(p, path) || ofThePicture(path) {
				return
			}
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: repair(p, path, checks.ArgumentName(path))})
		},
	}
}

// ofThePicture reports whether the number is the width or height that the very picture has which is changed: what was read
// last is a side, and the function reads that of the picture.
func ofThePicture(path *checks.Path) bool {
	fn, ok := path.Call.Node.Fn.(*ast.Attribute)
	if !ok || !sides[path.Mark.Field()] {
		return false
	}
	picture, reads := checks.ChainText(fn.Value), false
	path.Call.Frame.InspectOwn(func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && a.Attr.Id == path.Mark.Field() && checks.ChainText(a.Value) == picture {
			reads = true
		}
		return !reads
	})
	return picture != "" && reads
}

// sides are the attributes by which a picture tells its size.
var sides = map[string]bool{"width": true, "height": true, "size": true, "shape": true}

// upscaleFactor is PML3108.
var upscaleFactor = numberFromRequest(infoPML3108, models.NoteUpscale, func(p *checks.Pass, path *checks.Path, argument string) *fix.Fix {
	convert, limit := "float", "4"
	switch argument {
	case "size", "dsize", "output_shape":
		convert, limit = "int", "4096"
	}
	if isNumeric(path) {
		convert = ""
	}
	return checks.AtMost(p, path, convert, limit)
})

// isNumeric reports whether the data of a path is known to be a number and no text.
func isNumeric(path *checks.Path) bool { return path.Mark.Clean.Has(models.Shell) }

// canvasSize is PML3124.
var canvasSize = numberFromRequest(infoPML3124, models.NoteCanvas, func(p *checks.Pass, path *checks.Path, argument string) *fix.Fix {
	limit := "1024"
	switch argument {
	case "border", "top", "bottom", "left", "right":
		limit = "512"
	case "num_inference_steps":
		limit = "50"
	case "num_images_per_prompt":
		limit = "4"
	}
	return checks.AtMost(p, path, "int", limit)
})

// tokenCount is PML3116.
var tokenCount = numberFromRequest(infoPML3116, models.NoteTokens, func(p *checks.Pass, path *checks.Path, _ string) *fix.Fix {
	if isPatch(path) {
		return checks.AtLeast(p, path, "int", "14")
	}
	return checks.AtMost(p, path, "int", "384")
})

// isPatch reports whether a number is the size of a patch, of which the smallest makes the most tokens.
func isPatch(path *checks.Path) bool { return strings.HasPrefix(checks.ArgumentName(path), "patch") }

// boundedBelow reports whether a number is raised to another one, or compared before it is used.
func boundedBelow(p *checks.Pass, path *checks.Path) bool {
	raised := func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		return ok && (checks.LastName(c.Fn) == "max" || checks.LastName(c.Fn) == "clip")
	}
	if raised(checks.GivenNode(path)) || slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool { return raised(t.Node) }) {
		return true
	}
	if e, ok := checks.GivenNode(path).(*ast.Name); ok && raised(checks.LastAssigned(checks.BodyOf(path.Call.Frame), e)) {
		return true
	}
	way := checks.WayOf(p, path)
	for _, passed := range checks.ScopeOf(p, path.Call).PassedBefore(path.Call.Node) {
		for _, test := range passed.Tests {
			compared := false
			ast.Inspect(test, func(n ast.Node) bool {
				c, ok := n.(*ast.Compare)
				compared = compared || ok && way.Holds(passed.Scope.In, c)
				return !compared
			})
			if compared {
				return true
			}
		}
	}
	return false
}
