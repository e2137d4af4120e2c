package registries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of places that a request chooses and that a model is registered from.

// sourceFromRequest is PML4301.
var sourceFromRequest = &checks.Rule{
	Spec: infoPML4301,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteRegistered || !c.Symbol.Under("mlflow") || !checks.Chooses(path, bindsSource) || checks.Vetted(p, path, checks.AboutAddresses) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: onlyRuns(p, path, e)})
	},
}

// onlyRuns lets a model be registered of a run only. What the program begins with something else is listed instead.
func onlyRuns(p *checks.Pass, path *checks.Path, e ast.Expr) *fix.Fix {
	if path.Value.Prefix() != "" {
		return checks.AllowOnly(p, path, e, "ALLOWED_MODEL_SOURCES", "model source is not allowed")
	}
	return checks.RequireStart(p, path, e, "runs:/", "only models of tracked runs can be registered")
}

// bindsSource reports whether an address that begins with a text names a run, a model or a folder of the program's.
func bindsSource(before string) bool {
	for _, own := range [...]string{"runs:/", "models:/", "mlflow-artifacts:/"} {
		if strings.HasPrefix(before, own) {
			return true
		}
	}
	return bindsFolder(before)
}

// bindsFolder reports whether an address that begins with a text is one in a bucket, on a host or in a folder of the
// program's: what comes before the text's last slash says which.
func bindsFolder(before string) bool {
	rest := before
	if _, after, ok := strings.Cut(before, ":/"); ok {
		rest = strings.TrimLeft(after, "/")
	}
	return strings.LastIndexByte(rest, '/') > 0
}

// vertexSource is PML4307.
var vertexSource = &checks.Rule{
	Spec: infoPML4307,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteRegistered || !c.Symbol.Under("google.cloud") || len(chosen(p, path)) == 0 {
			return
		}
		var fixes []*fix.Fix // a call can be told several places at once
		for _, o := range checks.WaysTo(path) {
			for _, place := range chosen(p, o) {
				e, _ := place.node.(ast.Expr)
				fixes = append(fixes, checks.AllowOnly(p, o, e, "ALLOWED_MODEL_SOURCES", "model source is not allowed"))
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.Together(fixes...)})
	},
}

// chosen lists the places at the end of a path that the request chooses.
func chosen(p *checks.Pass, path *checks.Path) []origin {
	if path.Sink.Note != models.NoteRegistered || checks.Vetted(p, path, nil) {
		return nil
	}
	carries := carriesOrigin(path)
	return slices.DeleteFunc(uploaded(path), func(o origin) bool {
		bound := bindsFolder
		if o.image {
			bound = bindsImage
		}
		return o.value == nil || !checks.ChoosesIn(o.value, carries, bound) || !slices.ContainsFunc(o.value.Alternatives(), carries)
	})
}

// carriesOrigin tells the values that hold the data of a path itself, or the parameter that hands it in.
func carriesOrigin(path *checks.Path) func(*checks.Value) bool {
	var passed []ast.Node
	for _, t := range path.Trace.Steps() {
		passed = append(passed, t.Node)
	}
	return func(v *checks.Value) bool {
		return slices.ContainsFunc(v.Marks(), func(m checks.Mark) bool {
			if m.Clean.Has(path.Kind) {
				return false
			}
			if param, _ := m.Parameter(); param != nil {
				return slices.Contains(passed, ast.Node(param.Name)) || slices.Contains(passed, ast.Node(param))
			}
			return m.Label == path.Mark.Label && m.Origin == path.Mark.Origin
		})
	}
}

// bindsImage reports whether of an image that begins with a text only the tag or digest is open.
func bindsImage(before string) bool {
	return strings.ContainsAny(before[strings.LastIndexByte(before, '/')+1:], ":@")
}

// origin is where the artifact or the container of an uploaded model comes from.
type origin struct {
	value *checks.Value
	node  ast.Node
	image bool
}

// uploaded lists what a call that uploads a model to Vertex AI says of where that comes from.
func uploaded(path *checks.Path) []origin {
	var model field
	switch path.Sink.Arg {
	case "model":
		model = field{path.Value, path.Call.Arg(-1, "model").Value, path.Node}
	case "0:request":
		model = field{path.Value, path.Call.Arg(0, "request").Value, path.Node}.get(path, "model")
	default:
		return []origin{{path.Value, checks.GivenNode(path), strings.HasSuffix(string(path.Sink.Arg), "image_uri")}}
	}
	artifact, image := model.get(path, "artifact_uri"), model.get(path, "container_spec").get(path, "image_uri")
	return []origin{{artifact.value, artifact.node, false}, {image.value, image.node, true}}
}

// field is a field of a message of the API, which may be given as a dict: its value at the end of a path, and as the
// function with the call knows it.
type field struct {
	value, here *checks.Value
	node        ast.Node
}

// get is a field of what a field holds.
func (f field) get(path *checks.Path, name string) field {
	for _, a := range f.value.Alternatives() {
		if e := path.Key(a, name); e != nil {
			out := field{value: e.Value, here: e.Value, node: e.Node}
			if h := path.Call.Key(f.here, name); h != nil {
				out.here = h.Value
			}
			return out
		}
	}
	for _, a := range f.here.Alternatives() {
		if made := a.Origin(); made != nil {
			if arg := made.Arg(-1, name); arg != nil {
				return field{arg.Value, arg.Value, arg.Node}
			}
		}
	}
	return field{}
}
