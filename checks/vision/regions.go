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

// maskSize is PML3109.
var maskSize = &checks.Rule{
	Spec: infoPML3109,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteMask {
			return
		}
		limit := "4096"
		switch checks.ArgumentName(path) {
		case "rleObjs", "rle":
			if statesSize(path, path.Value, 0) && !compared(p, path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: refuseLargeMask(p, path)})
			}
			return
		case "points_per_side", "points_per_batch":
			limit = "64"
		case "crop_n_layers":
			limit = "1"
		}
		if checks.StaysNumber(path) && !compared(p, path) {
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AtMost(p, path, "int", limit)})
		}
	},
}

// statesSize reports whether a request says how large a mask is: the mask comes whole from it, or its size does.
func statesSize(path *checks.Path, v *checks.Value, depth int) bool {
	for _, a := range alternatives(v) {
		if items, _, list := path.Items(a); list && len(items) > 0 && depth < 3 {
			if slices.ContainsFunc(items, func(it checks.Item) bool { return statesSize(path, it.Value, depth+1) }) {
				return true
			}
			continue
		}
		size := path.Key(a, "size")
		if size == nil {
			if checks.Carries(path, a) {
				return true
			}
			continue
		}
		numbers := []*checks.Value{size.Value}
		items, _, _ := path.Items(size.Value)
		for _, it := range items {
			numbers = append(numbers, it.Value)
		}
		if slices.ContainsFunc(numbers, func(n *checks.Value) bool { return checks.Carries(path, n) }) {
			return true
		}
	}
	return false
}

// refuseLargeMask refuses masks that state more pixels than a large picture has.
func refuseLargeMask(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	if list, is := e.(*ast.List); is && len(list.Elts) == 1 {
		e = list.Elts[0]
	}
	if _, list := e.(*ast.List); list || !ok || !p.Holds(e) || !checks.Repeatable(e) {
		return nil
	}
	stmt := p.StmtOf(path.Call.Node)
	if stmt == nil {
		return nil
	}
	test := `mask["size"][0] * mask["size"][1] > 16_777_216`
	items, _, _ := path.Items(path.Value)
	if loop := checks.EachOf(p, e, stmt); loop != "" {
		test = "any(" + strings.ReplaceAll(test, "mask", p.File.Text(e)) + " " + loop + ")"
	} else if !checks.KnownBefore(p.Module, e, stmt) {
		return nil
	} else if e == checks.GivenNode(path) && (len(items) > 0 || path.Call.Symbol.Is("pycocotools.mask.merge")) {
		test = "any(" + test + " for mask in " + p.File.Text(e) + ")"
	} else {
		test = strings.ReplaceAll(test, "mask", p.File.Text(e))
	}
	return checks.Fix(true, "refuse masks that are too large", fix.InsertBefore(p.File, stmt, "if "+test+":", `    raise ValueError("mask too large")`))
}

// compared reports whether something of the data of a path is compared before it is used, and what fails goes no further.
func compared(p *checks.Pass, path *checks.Path) bool {
	way := checks.WayOf(p, path)
	scope := checks.ScopeOf(p, path.Call)
	if scope == nil {
		return false
	}
	read := namesOf(way)
	for _, passed := range scope.PassedBefore(path.Call.Node) {
		for _, test := range passed.Tests {
			found := false
			ast.Inspect(test, func(n ast.Node) bool {
				if c, ok := n.(*ast.Compare); ok {
					found = found || way.Holds(passed.Scope.In, test) || usesAny(c, read)
				}
				return !found
			})
			if found {
				return true
			}
		}
	}
	return false
}

// namesOf lists the names that the functions on a way give to what they read of its data: `h, w = mask["size"]`.
func namesOf(way *checks.Way) []string {
	var out []string
	for i, fn := range way.Functions {
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && way.Holds(way.Modules[i], a.Value) {
				for _, t := range a.Targets {
					ast.Inspect(t, func(n ast.Node) bool {
						if name, ok := n.(*ast.Name); ok {
							out = append(out, name.Id)
						}
						return true
					})
				}
			}
			return true
		})
	}
	return out
}

func usesAny(n ast.Node, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return checks.UsesName(n, name) })
}

// roiBoxes is PML3133.
var roiBoxes = &checks.Rule{
	Spec: infoPML3133,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil {
			return
		}
		switch path.Sink.Note {
		case models.NoteCells:
			if checks.StaysNumber(path) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.AtMost(p, path, "int", "64")})
			}
		case models.NoteBoxes:
			made, pos := c, 4
			if made.Symbol.Is("torchvision.ops.RoIAlign()", "torchvision.ops.MultiScaleRoIAlign()") {
				made, pos = c.Callee.Origin(), 2
			}
			if made == nil || !samplesByBox(made, pos) || clipped(path) || compared(p, path) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: fixedSampling(p, made, pos)})
		}
	},
}

// samplesByBox reports whether a call leaves it to the size of a box how often it is sampled.
func samplesByBox(made *checks.Call, pos int) bool {
	ratio := made.Arg(pos, "sampling_ratio")
	if ratio == nil {
		return !made.HasRest()
	}
	n, known := ratio.Value.Number()
	return known && n <= 0
}

// clippers are methods and functions that bound numbers.
var clippers = []string{"clamp", "clamp_", "clip", "clip_", "clip_boxes_to_image", "minimum", "fmin"}

// clipped reports whether the boxes were bounded on the way.
func clipped(path *checks.Path) bool {
	return slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool {
		c, ok := t.Node.(*ast.Call)
		return ok && slices.Contains(clippers, checks.LastName(c.Fn))
	})
}

// fixedSampling samples each box as often, whatever its size.
func fixedSampling(p *checks.Pass, made *checks.Call, pos int) *fix.Fix {
	return checks.FixAt(p, made.Node, func(there *checks.Pass) *fix.Fix {
		if ratio := made.Arg(pos, "sampling_ratio"); ratio != nil {
			return checks.SetConstant(there, made, ratio, "2")
		}
		return checks.Fix(true, "sample each box as often: sampling_ratio=2", fix.AddKeyword(there.File, made.Node, "sampling_ratio", "2"))
	})
}
