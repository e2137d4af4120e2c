package pyguardml

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync/atomic"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/parallel"
)

// modelEndings are those of files that hold models and little else. Archives and pickles may hold anything.
var modelEndings = map[string]bool{
	".pt": true, ".pth": true, ".ckpt": true, ".safetensors": true, ".onnx": true, ".gguf": true, ".ggml": true, ".keras": true, ".h5": true, ".hdf5": true, ".tflite": true, ".pb": true,
	".mlmodel": true, ".mar": true, ".nemo": true, ".joblib": true, ".skops": true, ".pdparams": true, ".engine": true, ".llamafile": true,
}

// shown remembers what unit.shows has told.
type shown struct{ known, shows atomic.Bool }

// showsML is shows, asked once.
func (u *unit) showsML(ctx context.Context) (bool, error) {
	if !u.shown.known.Load() {
		shows, err := u.shows(ctx)
		if err != nil {
			return false, err
		}
		u.shown.shows.Store(shows)
		u.shown.known.Store(true)
	}
	return u.shown.shows.Load(), nil
}

// shows reports whether a file shows that its project has to do with AI/ML: a notebook and a model do, and so do code and
// configuration that mention what is used for little else.
func (u *unit) shows(ctx context.Context) (bool, error) {
	switch {
	case u.module != nil && u.module.Notebook != nil, u.artifact != nil && modelEndings[strings.ToLower(path.Ext(u.file.Path))]:
		return true, nil
	case u.manifest != nil && checks.RequiresML(manifest.NewFacts([]*manifest.Manifest{u.manifest})):
		return true, nil
	case u.module != nil:
		return checks.ShowsML(ctx, u.module.Source.Text)
	case u.document != nil:
		return checks.ShowsML(ctx, u.document.Source.Text)
	}
	return false, nil
}

// outOfScope reports whether a project is so large that it would show what it has to do with AI/ML, and shows nothing.
// Checks of others, and those that are named, are asked about every project.
func (r *run) outOfScope(ctx context.Context) bool {
	if len(r.Checks) > 0 || len(r.Models) > 0 || len(r.Select) > 0 || len(r.PathSelects) > 0 || r.config.set.WantsProject() {
		return false
	}
	code := 0
	for _, u := range r.units {
		if u.draft != nil {
			code++
		}
	}
	if code < checks.LargeProject {
		return false
	}
	found := errors.New("found")
	return parallel.Each(ctx, r.Parallelism, len(r.units), func(ctx context.Context, i int) error {
		shows, err := r.units[i].showsML(ctx)
		if shows {
			return found
		}
		return err
	}) == nil
}

// outline reads what is told of the files without parsing them, in parallel.
func (r *run) outline(ctx context.Context) error {
	return parallel.Each(ctx, r.Parallelism, len(r.units), func(ctx context.Context, i int) error {
		p := *r.units[i]
		if p.draft == nil {
			return nil
		}
		if err := r.config.guard(&p, func() error { return r.config.set.Outline(ctx, p.draft) }); err != nil {
			return err
		}
		if p.failed() {
			r.loaded(i, &p)
		}
		return nil
	})
}
