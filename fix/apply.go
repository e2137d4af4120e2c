package fix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ApplyOptions says how ApplyWith keeps the originals.
type ApplyOptions struct {
	// BackupDir is the folder into which the originals are copied, under their relative
	// paths; it is made when missing. "" means a new temporary folder.
	BackupDir string
	// BackupSuffix, such as ".bak", keeps each original beside its file instead, under the
	// file's name with the suffix. An existing backup file is an error.
	BackupSuffix string
}

// Apply writes the changed files below dir, with their originals kept in a temporary folder
// from which Rollback restores them and which Discard removes. See ApplyWith.
func (p *Plan) Apply(dir string) error { return p.ApplyWith(dir, ApplyOptions{}) }

// ApplyWith writes the changed files below dir. Each file is written whole to a temporary
// file beside it, which then takes its name, so that a reader sees the old or the new content
// and nothing between; permissions are kept, and the owner where the system lets it. A
// symbolic link stays, and the file it leads to is written.
//
// Nothing is written when a path is absolute, leaves dir (also by a symbolic link), or is not
// a regular file, or when a file's content is not what the plan was made from. If a write
// fails, those before it are undone. File actions follow when all contents are written; a file
// in the place of a new name is an error. The error names the file.
func (p *Plan) ApplyWith(dir string, opts ApplyOptions) error {
	if p == nil {
		return errors.New("fix: there is no plan: give what Fix returned without an error")
	}
	if p.written != nil {
		return errors.New("fix: the plan is applied already: call Rollback or Discard first")
	}
	w, err := newWriter(dir)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.plan(p.Changes); err != nil {
		return err
	}
	if err := w.backup(opts); err != nil {
		return err
	}
	if err := w.write(); err != nil {
		return err
	}
	if err := w.carryOut(context.Background(), p.Actions); err != nil {
		return errors.Join(err, w.abort(w.targets))
	}
	p.written = w.done()
	return nil
}

// Rollback restores the originals of the last Apply from the backup. A file that was changed
// since is left alone and reported, and so is one that cannot be written; the others are
// restored. The backup remains until Discard.
func (p *Plan) Rollback() error {
	if p.written == nil {
		return errors.New("fix: nothing to roll back: the plan is not applied")
	}
	w, err := newWriter(p.written.dir)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.undo(p.written.actions); err != nil {
		return err
	}
	p.written.actions = nil
	var failed []error
	left := p.written.files[:0:0]
	for _, f := range p.written.files {
		if err := w.restore(f); err != nil {
			failed = append(failed, err)
			left = append(left, f)
		}
	}
	if p.written.files = left; len(left) == 0 {
		err := p.written.discard()
		p.written = nil
		return err
	}
	return errors.Join(failed...)
}

// Discard removes the temporary backup of the last Apply, which cannot be rolled back any
// more. A backup that ApplyOptions asked for is kept. Without an Apply it does nothing.
func (p *Plan) Discard() error {
	if p.written == nil {
		return nil
	}
	err := p.written.discard()
	p.written = nil
	return err
}

// written is what Apply did.
type written struct {
	dir   string
	files []*target
	// actions are the file actions that were carried out.
	actions []doneAction
	// temporary is the backup folder to be removed, or "".
	temporary string
}

func (w *written) discard() error {
	if w.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(w.temporary); err != nil {
		return fmt.Errorf("fix: remove the backup: %w", err)
	}
	return nil
}

// target is a file to be written.
type target struct {
	path          string // as the plan has it
	real          string // relative to the root, without symbolic links
	before, after []byte
	info          fs.FileInfo
	backup        string
	temp          string // relative to the root; "" once it is renamed
}

// writer writes below a folder. os.Root keeps each access below it, whatever is done to the
// folder meanwhile.
type writer struct {
	dir, realDir string
	root         *os.Root
	targets      []*target
	actions      []doneAction
	temporary    string
	// rename is root.Rename; tests put a failing one in its place.
	rename func(old, new string) error
}

func newWriter(dir string) (*writer, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("fix: open the folder to be fixed: %w", err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, fmt.Errorf("fix: open the folder to be fixed: %w", err)
	}
	root, err := os.OpenRoot(real)
	if err != nil {
		return nil, fmt.Errorf("fix: open the folder to be fixed: %w", err)
	}
	return &writer{dir: dir, realDir: real, root: root, rename: root.Rename}, nil
}

func (w *writer) close() { w.root.Close() }

// plan checks all changes and makes them targets.
func (w *writer) plan(changes []FileChange) error {
	byReal := map[string]*target{}
	for _, c := range changes {
		t, err := w.resolve(c)
		if err != nil {
			return err
		}
		if o := byReal[t.real]; o != nil {
			if !bytes.Equal(o.after, t.after) {
				return fmt.Errorf("fix: %s and %s are the same file but would be written differently", o.path, t.path)
			}
			continue
		}
		byReal[t.real] = t
		w.targets = append(w.targets, t)
	}
	return nil
}

// resolve finds the file of a change and compares it with what the plan was made from.
func (w *writer) resolve(c FileChange) (*target, error) {
	name := filepath.FromSlash(c.Path)
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("fix: %s: not a relative path within the folder", c.Path)
	}
	real, err := filepath.EvalSymlinks(filepath.Join(w.realDir, name))
	if err != nil {
		return nil, fmt.Errorf("fix: %s: %w", c.Path, err)
	}
	rel, err := filepath.Rel(w.realDir, real)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, fmt.Errorf("fix: %s: a symbolic link leads out of the folder", c.Path)
	}
	t := &target{path: c.Path, real: rel, before: c.Before, after: c.After}
	if t.info, err = w.root.Lstat(rel); err != nil {
		return nil, fmt.Errorf("fix: %s: %w", c.Path, err)
	}
	if !t.info.Mode().IsRegular() {
		return nil, fmt.Errorf("fix: %s: not a regular file", c.Path)
	}
	return t, w.unchanged(t, t.before)
}

// unchanged reports an error when a file's content is not as expected.
func (w *writer) unchanged(t *target, want []byte) error {
	content, err := w.root.ReadFile(t.real)
	if err != nil {
		return fmt.Errorf("fix: %s: %w", t.path, err)
	}
	if !bytes.Equal(content, want) {
		return fmt.Errorf("fix: %s: the file has changed meanwhile: analyse it again", t.path)
	}
	return nil
}

// backup copies the originals. If one copy fails, those made are removed.
func (w *writer) backup(opts ApplyOptions) error {
	dir := opts.BackupDir
	if opts.BackupSuffix == "" && dir == "" {
		temp, err := os.MkdirTemp("", "pyguardml-backup-")
		if err != nil {
			return fmt.Errorf("fix: make a backup folder: %w", err)
		}
		w.temporary, dir = temp, temp
	}
	if strings.ContainsAny(opts.BackupSuffix, `/\`) {
		return fmt.Errorf("fix: backup suffix %q must not hold a path separator", opts.BackupSuffix)
	}
	for _, t := range w.targets {
		t.backup = filepath.Join(dir, t.real)
		if opts.BackupSuffix != "" {
			t.backup = filepath.Join(w.realDir, t.real) + opts.BackupSuffix
		}
		if err := copyNew(t.backup, t.before, t.info.Mode().Perm()); err != nil {
			t.backup = ""
			w.dropBackups()
			return fmt.Errorf("fix: %s: keep the original: %w", t.path, err)
		}
	}
	return nil
}

// copyNew writes a file that must not exist, with the folders it needs.
func copyNew(name string, content []byte, perm fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm|0o200)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(name)
	}
	return err
}

// dropBackups removes the backup after a failure.
func (w *writer) dropBackups() {
	for _, t := range w.targets {
		if t.backup != "" {
			os.Remove(t.backup)
		}
	}
	if w.temporary != "" {
		os.RemoveAll(w.temporary)
	}
}

// write puts all new contents beside their files and then renames them into place. If a step
// fails, all is as before.
func (w *writer) write() error {
	for _, t := range w.targets {
		if err := w.stage(t, t.after); err != nil {
			w.abort(nil)
			return err
		}
	}
	for i, t := range w.targets {
		err := w.unchanged(t, t.before)
		if err == nil {
			err = w.commit(t)
		}
		if err != nil {
			return errors.Join(err, w.abort(w.targets[:i]))
		}
	}
	return nil
}

// abort removes what was staged and restores what was renamed.
func (w *writer) abort(renamed []*target) error {
	var failed []error
	for _, t := range renamed {
		if err := w.restore(t); err != nil {
			failed = append(failed, err)
		}
	}
	for _, t := range w.targets {
		if t.temp != "" {
			w.root.Remove(t.temp)
			t.temp = ""
		}
	}
	if len(failed) == 0 {
		w.dropBackups()
	}
	return errors.Join(failed...)
}

// restore puts a file's original back from the backup.
func (w *writer) restore(t *target) error {
	if err := w.unchanged(t, t.after); err != nil {
		return err
	}
	original, err := os.ReadFile(t.backup)
	if err != nil {
		return fmt.Errorf("fix: %s: read the original: %w", t.path, err)
	}
	if err := w.stage(t, original); err != nil {
		return err
	}
	return w.commit(t)
}

// stage writes content to a new file beside the target, with the target's permissions.
func (w *writer) stage(t *target, content []byte) error {
	f, name, err := w.createBeside(t)
	if err != nil {
		return fmt.Errorf("fix: %s: %w", t.path, err)
	}
	t.temp = name
	_, err = f.Write(content)
	if err == nil {
		keepOwner(f, t.info)
		err = f.Chmod(t.info.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		w.root.Remove(name)
		t.temp = ""
		return fmt.Errorf("fix: %s: %w", t.path, err)
	}
	return nil
}

// createBeside makes a new file in the target's folder.
func (w *writer) createBeside(t *target) (*os.File, string, error) {
	for i := 0; ; i++ {
		name := filepath.Join(filepath.Dir(t.real), fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(t.real), os.Getpid(), i))
		f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) || i > 1000 {
			return f, name, err
		}
	}
}

// commit gives the staged file the target's name.
func (w *writer) commit(t *target) error {
	if err := w.rename(t.temp, t.real); err != nil {
		return fmt.Errorf("fix: %s: %w", t.path, err)
	}
	t.temp = ""
	if d, err := w.root.Open(filepath.Dir(t.real)); err == nil {
		d.Sync() // makes the rename last; not all systems can
		d.Close()
	}
	return nil
}

func (w *writer) done() *written {
	return &written{dir: w.realDir, files: w.targets, actions: w.actions, temporary: w.temporary}
}
