package pyguardml

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// isArtifact tells a model file by its name, or by how its content begins where the name says
// nothing.
func isArtifact(f *File) bool {
	switch kind, known := KindOf(f.Path); {
	case known && kind == checks.Artifact:
		return true
	case known && kind != checks.Manifest:
		return false
	}
	return f.failed == nil && !quarantined(f.Path) && artifact.Marked(f.head())
}

// quarantined tells a file that a fix has set aside.
func quarantined(name string) bool { return strings.HasSuffix(name, fix.QuarantineSuffix) }

// editable tells the files among the models that are text, so that a fix edits them.
func editable(f *File) bool {
	switch strings.ToLower(path.Ext(f.Path)) {
	case ".pth", ".json", ".jinja":
		return bytes.IndexByte(f.head(), 0) < 0
	}
	return false
}

// head returns the first bytes of a file, none if it cannot be read.
func (f *File) head() []byte {
	const size = 1024
	if f.Content != nil {
		return f.Content[:min(size, len(f.Content))]
	}
	return headOf(f.FS, f.Name)
}

func headOf(fsys fs.FS, name string) []byte {
	r, _, err := openRegular(fsys, name)
	if err != nil {
		return nil
	}
	defer r.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(r, head)
	return head[:n]
}

// hashedArtifact is the size up to which the bytes of a model file are hashed, to tell whether it has changed.
const hashedArtifact = 64 << 20

// digest is the SHA-256 of a model file's bytes, all zero where the file is large or cannot be read.
func (f *File) digest(ctx context.Context) (sum [sha256.Size]byte) {
	if f.failed != nil {
		return sum
	}
	r, size, done, err := f.readerAt(hashedArtifact)
	if err != nil {
		return sum
	}
	defer done()
	if size > hashedArtifact {
		return sum
	}
	h := sha256.New()
	piece := make([]byte, min(size, 1<<18))
	for at := int64(0); at < size; {
		n, err := r.ReadAt(piece[:min(size-at, int64(len(piece)))], at)
		if n == 0 || err != nil && err != io.EOF || ctx.Err() != nil {
			return sum
		}
		h.Write(piece[:n])
		at += int64(n)
	}
	h.Sum(sum[:0])
	return sum
}

// loadArtifact reads what a model file would do. Only an ended ctx is an error.
func (c *config) loadArtifact(ctx context.Context, u *unit) error {
	if u.file.failed != nil {
		u.fail(StageRead, u.file.failed)
		return nil
	}
	if !c.set.WantsArtifacts() {
		u.artifact = &checks.ModelFile{Path: u.file.Path}
		return nil
	}
	r, size, done, err := u.file.readerAt(c.Limits.MaxFileSize)
	if err != nil {
		u.fail(StageRead, err)
		return nil
	}
	defer done()
	report, err := artifact.Scan(ctx, u.file.Path, r, size, c.Limits.Artifact)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		u.fail(StageRead, fmt.Errorf("the file cannot be read: %w", cause(err)))
		return nil
	}
	u.artifact = report
	for _, cut := range report.Cuts {
		u.errors = append(u.errors, cutError(u.file.Path, cut))
	}
	return nil
}

// loadConfiguration reads a manifest that is also a part of a model, such as
// tokenizer_config.json, as a model file. Damage in it is told of it as a manifest.
func (c *config) loadConfiguration(ctx context.Context, u *unit, data []byte) error {
	if !c.set.WantsArtifacts() || !artifact.Named(u.file.Path) {
		return ctx.Err()
	}
	report, err := artifact.Scan(ctx, u.file.Path, bytes.NewReader(data), int64(len(data)), c.Limits.Artifact)
	if err != nil {
		return ctx.Err()
	}
	u.artifact = report
	for _, cut := range report.Cuts {
		if !cut.Damaged {
			u.errors = append(u.errors, cutError(u.file.Path, cut))
		}
	}
	return ctx.Err()
}

// cutError tells what was not looked at.
func cutError(path string, cut checks.ArtifactCut) FileError {
	e := FileError{Path: path, Stage: StageLimit, Err: errors.New(cut.Reason)}
	if cut.Damaged {
		e.Stage = StageDamage
	}
	if cut.Member != "" {
		e.Err = fmt.Errorf("%s: %s", cut.Member, cut.Reason)
	}
	return e
}

// readerAt gives access to a file by offset, without reading it. A file system that has no
// such access is read as a whole, up to a limit. done is to be called when r is not used any more.
func (f *File) readerAt(limit int64) (r io.ReaderAt, size int64, done func(), err error) {
	if f.Content != nil {
		return bytes.NewReader(f.Content), int64(len(f.Content)), func() {}, nil
	}
	file, size, err := openRegular(f.FS, f.Name)
	if err != nil {
		return nil, 0, nil, err
	}
	if at, ok := file.(io.ReaderAt); ok {
		return at, size, func() { file.Close() }, nil
	}
	file.Close()
	data, err := f.read(limit)
	return bytes.NewReader(data), int64(len(data)), func() {}, err
}
