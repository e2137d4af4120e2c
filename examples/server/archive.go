package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// archiveOf returns how an archive of that name is unpacked, nil for other files.
func archiveOf(name string) func(*os.File, *unpacker) error {
	name = strings.ToLower(name)
	switch {
	case strings.HasSuffix(name, ".zip"):
		return unzip
	case strings.HasSuffix(name, ".tar"):
		return func(f *os.File, u *unpacker) error { return untar(f, u) }
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return func(f *os.File, u *unpacker) error {
			z, err := gzip.NewReader(f)
			if err != nil {
				return damaged(err)
			}
			return untar(z, u)
		}
	}
	return nil
}

func damaged(err error) error {
	return &problem{http.StatusUnprocessableEntity, "the archive cannot be read: " + err.Error()}
}

// unpacker writes the members of an archive, as many and as much as is allowed. os.Root keeps
// them in the folder; links and other special members are passed over.
type unpacker struct {
	root  *os.Root
	bytes int64
	files int
}

func (u *unpacker) add(name string, from io.Reader) error {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return &problem{http.StatusUnprocessableEntity, fmt.Sprintf("the archive's member %q leads out of it", name)}
	}
	if u.files--; u.files < 0 {
		return &problem{http.StatusRequestEntityTooLarge, "the archive has too many files"}
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return damaged(err)
	}
	counted := &io.LimitedReader{R: from, N: u.bytes + 1}
	err := store(u.root, name, counted)
	u.bytes = counted.N - 1
	if u.bytes < 0 {
		return &problem{http.StatusRequestEntityTooLarge, "the archive's files are too large"}
	}
	var p *problem
	if err != nil && !errors.As(err, &p) {
		return damaged(err)
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
		return damaged(err)
	}
	for _, member := range z.File {
		if !member.Mode().IsRegular() {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return damaged(err)
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
			return damaged(err)
		case h.Typeflag != tar.TypeReg:
			continue
		}
		if err := u.add(h.Name, r); err != nil {
			return err
		}
	}
}
