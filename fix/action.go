package fix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// FileAction changes files as a whole: it renames one, or makes a new one out of one that stays
// as it is. The engine knows paths only; content is read and written when the plan is applied.
type FileAction struct {
	// Path is the file; "" means the file of the finding.
	Path string
	// To is the new path, in the way of Path. No file may be there when the plan is applied.
	To string
	// Make, when set, writes the content of To from that of Path. r may be read by offset during
	// the call only. Without Make, Path is renamed to To.
	Make func(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error `json:"-"`
}

// QuarantineSuffix is the end of the name that a quarantined file gets: no loader, no packaging
// rule and no scan takes such a file.
const QuarantineSuffix = ".quarantined"

// Quarantine is a fix that renames the file of the finding, at path, so that nothing finds it
// under a name that is loaded. It needs consent: what loads the file will miss it.
func Quarantine(path string) *Fix {
	to := path + QuarantineSuffix
	return &Fix{Unsafe: true, Message: "rename the file to " + baseName(to), Actions: []FileAction{{To: to}}}
}

func baseName(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// PlannedAction is a file action that is part of a plan.
type PlannedAction struct {
	// FileAction has its Path set.
	FileAction
	// Applied is the fix that it belongs to.
	Applied Applied
}

// actionsOf returns the actions of a fix with their paths, or what is wrong with them.
func (r *run) actionsOf(f Finding) ([]FileAction, error) {
	var out []FileAction
	for _, a := range f.Fix.Actions {
		a.Path = cmp.Or(a.Path, f.Path)
		if _, ok := r.index[a.Path]; !ok {
			return nil, fmt.Errorf("%s is not among the files", a.Path)
		}
		if _, taken := r.index[path.Clean(a.To)]; taken || a.To == "" {
			return nil, fmt.Errorf("%s cannot become %q: there is a file of that name", a.Path, a.To)
		}
		out = append(out, a)
	}
	return out, nil
}

// perform applies the actions of a set of fixes to the files of an outcome: a renamed file has
// its new path from then on. Files that are made are not analysed.
func (r *run) perform(fixes []*candidate, out *outcome) {
	for _, c := range fixes {
		for _, a := range c.actions {
			if a.Make == nil {
				out.files[r.index[a.Path]].Path = a.To
			}
		}
	}
}

// acceptActions keeps the actions of accepted fixes.
func (r *run) acceptActions(accepted []*candidate) {
	for _, c := range accepted {
		for _, a := range c.actions {
			r.actions = append(r.actions, PlannedAction{a, Applied{Finding: c.finding, Round: r.rounds + 1}})
			if i, ok := r.index[a.Path]; ok && a.Make == nil {
				delete(r.index, a.Path)
				r.index[a.To] = i
			}
		}
	}
}

// doneAction is an action that was carried out, as Rollback needs it.
type doneAction struct {
	from, to string // relative to the root
	made     bool
}

// carryOut does the file actions of a plan, after its contents are written. If one fails, those
// before it are undone.
func (w *writer) carryOut(ctx context.Context, actions []PlannedAction) error {
	for _, a := range actions {
		d, err := w.act(ctx, a.FileAction)
		if err != nil {
			return errors.Join(fmt.Errorf("fix: %s: %w", a.Path, err), w.undo(w.actions))
		}
		w.actions = append(w.actions, d)
	}
	return nil
}

func (w *writer) act(ctx context.Context, a FileAction) (doneAction, error) {
	d := doneAction{from: filepath.FromSlash(a.Path), to: filepath.FromSlash(a.To), made: a.Make != nil}
	if !filepath.IsLocal(d.from) || !filepath.IsLocal(d.to) {
		return d, fmt.Errorf("not a relative path within the folder, or %s is none", a.To)
	}
	info, err := w.root.Lstat(d.from)
	if err != nil {
		return d, err
	}
	if !info.Mode().IsRegular() && (d.made || info.Mode()&fs.ModeSymlink == 0) {
		return d, errors.New("not a regular file")
	}
	if _, err := w.root.Lstat(d.to); !errors.Is(err, fs.ErrNotExist) {
		return d, cmp.Or(err, fmt.Errorf("there is a file %s already: move it away", a.To))
	}
	if !d.made {
		return d, w.rename(d.from, d.to)
	}
	return d, w.make(ctx, a, d, info)
}

// make writes a new file beside its place, and then gives it its name.
func (w *writer) make(ctx context.Context, a FileAction, d doneAction, info fs.FileInfo) (err error) {
	source, err := w.root.Open(d.from)
	if err != nil {
		return err
	}
	defer source.Close()
	f, temp, err := w.createBeside(&target{real: d.to})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.root.Remove(temp)
		}
	}()
	err = a.Make(ctx, f, source, info.Size())
	if err == nil {
		keepOwner(f, info)
		err = f.Chmod(info.Mode().Perm())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link takes no name that a file has by now; not every file system has links.
	if err = w.root.Link(temp, d.to); err == nil {
		return w.root.Remove(temp)
	} else if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("there is a file %s already: move it away", a.To)
	}
	return w.rename(temp, d.to)
}

// undo takes actions back, the last first.
func (w *writer) undo(actions []doneAction) error {
	var failed []error
	for _, d := range slices.Backward(actions) {
		if d.made {
			failed = append(failed, w.root.Remove(d.to))
			continue
		}
		if _, err := w.root.Lstat(d.from); !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, cmp.Or(err, fmt.Errorf("fix: %s: there is a file of that name again; %s stays", d.from, d.to)))
			continue
		}
		failed = append(failed, w.rename(d.to, d.from))
	}
	return errors.Join(failed...)
}
