package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
)

// tree is an opened repository. Nothing outside of it can be read through its files, wherever links in it lead.
type tree struct {
	files fs.FS
	Close func()
}

// open opens a folder of this machine, or fetches an archive from wherever Beam has a file system for and unpacks it.
func open(ctx context.Context, repository string, o *options) (*tree, error) {
	archive := archiveOf(repository)
	if archive == nil {
		if strings.Contains(repository, "://") {
			return nil, fmt.Errorf("%s: only an archive (.zip, .tar, .tar.gz) can be fetched", repository)
		}
		root, err := os.OpenRoot(repository)
		if err != nil {
			return nil, err
		}
		return &tree{files: root.FS(), Close: func() { root.Close() }}, nil
	}
	folder, err := os.MkdirTemp("", "scan-*")
	if err != nil {
		return nil, err
	}
	t := &tree{Close: func() { os.RemoveAll(folder) }}
	if t.files, err = fetch(ctx, repository, folder, archive, o); err != nil {
		t.Close()
		return nil, fmt.Errorf("%s: %w", repository, err)
	}
	return t, nil
}

// fetch unpacks an archive within a folder.
func fetch(ctx context.Context, from, folder string, archive func(*os.File, *unpacker) error, o *options) (fs.FS, error) {
	files, err := filesystem.New(ctx, from)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	r, err := files.OpenRead(ctx, from)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := os.Create(filepath.Join(folder, "archive"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := io.Copy(f, io.LimitReader(reader{ctx, r}, o.Bytes+1))
	if err != nil {
		return nil, err
	}
	if n > o.Bytes {
		return nil, fmt.Errorf("the archive has more than %d bytes", o.Bytes)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	inside := filepath.Join(folder, "tree")
	if err := os.Mkdir(inside, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := archive(f, &unpacker{ctx: ctx, root: root, bytes: o.Bytes, files: o.Files}); err != nil {
		return nil, err
	}
	// Archives that a forge makes hold one folder, called after the commit: it is not part of the paths that are reported.
	if list, err := os.ReadDir(inside); err == nil && len(list) == 1 && list[0].IsDir() {
		inside = filepath.Join(inside, list[0].Name())
	}
	return os.DirFS(inside), nil // without links: none is unpacked
}

// archiveOf returns how an archive of that name is unpacked, nil for a folder.
func archiveOf(name string) func(*os.File, *unpacker) error {
	switch name = strings.ToLower(name); {
	case strings.HasSuffix(name, ".zip"):
		return unzip
	case strings.HasSuffix(name, ".tar"):
		return func(f *os.File, u *unpacker) error { return untar(f, u) }
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return func(f *os.File, u *unpacker) error {
			z, err := gzip.NewReader(f)
			if err != nil {
				return err
			}
			return untar(z, u)
		}
	}
	return nil
}

// unpacker writes the members of an archive, as many and as much as is allowed. Links and other special members are
// passed over, and so is a member whose name leads out of the archive.
type unpacker struct {
	ctx   context.Context
	root  *os.Root
	bytes int64
	files int
}

func (u *unpacker) add(name string, from io.Reader) error {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil
	}
	if u.files--; u.files < 0 {
		return errors.New("the archive has too many files")
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // of two members of a name, the last counts
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(reader{u.ctx, from}, u.bytes+1))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if u.bytes -= n; u.bytes < 0 {
		return errors.New("the archive's files are too large")
	}
	return err
}

func unzip(f *os.File, u *unpacker) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return err
	}
	for _, member := range z.File {
		if !member.Mode().IsRegular() {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return err
		}
		err = u.add(member.Name, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func untar(from io.Reader, u *unpacker) error {
	r := tar.NewReader(from)
	for {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return err
		case h.Typeflag != tar.TypeReg:
			continue
		}
		if err := u.add(h.Name, r); err != nil {
			return err
		}
	}
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
