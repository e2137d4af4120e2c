package generative

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of the numbers in a request that decide how much is generated.

// meshResolution is PML5118.
var meshResolution = &checks.Rule{
	Spec: infoPML5118,
	Knows: []string{
		"skimage.measure.marching_cubes", "skimage.measure.marching_cubes_lewiner", "mcubes.marching_cubes",
	},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteMesh && !gridOfMesh(p, path) {
			return
		}
		limit, ok := fineness[checks.ArgumentName(path)]
		if !ok {
			limit = "128"
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AtMost(p, path, "int", limit)})
	},
}

// fineness gives the numbers of 3D generators the values that their libraries use.
var fineness = map[string]string{
	"grid_size": "128", "num_points": "4096", "batch_size": "4", "karras_steps": "64", "size": "128", "frame_size": "256", "resolution": "256",
}

// gridOfMesh reports whether the sink of a path is the shape of an array that becomes, by way
// of local names and functions of the project, the field in which a surface is looked for.
func gridOfMesh(p *checks.Pass, path *checks.Path) bool {
	if path.Sink.Note != "" || path.Call.Symbol == nil {
		return false
	}
	makers := map[ast.Node]bool{path.Call.Node: true}
	frames := []*checks.Frame{path.Call.Frame}
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		for _, f := range path.Frame.Everywhere() {
			if o := calledAt(f, c); o != nil && o.Callee.Function() != nil {
				makers[c] = true
				frames = append(frames, f)
			}
		}
	}
	for _, f := range frames {
		for _, c := range f.Calls {
			if c.Symbol.Is("skimage.measure.marching_cubes", "skimage.measure.marching_cubes_lewiner", "mcubes.marching_cubes") &&
				len(c.Args) > 0 && c.Args[0].Node != nil && madeFrom(f, c.Args[0].Node, makers) {
				return true
			}
		}
	}
	return false
}

// soundLength is PML5119.
var soundLength = &checks.Rule{
	Spec: infoPML5119,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteSound {
			return
		}
		convert, limit := "float", "30.0"
		switch checks.ArgumentName(path) {
		case "music_length_ms":
			convert, limit = "int", "30000"
		case "num_waveforms_per_prompt":
			convert, limit = "int", "1"
		case "sample_size":
			convert, limit = "int", "2097152" // what the open model was trained on, 47 seconds
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.AtMost(p, path, convert, limit)})
	},
}
