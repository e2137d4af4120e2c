package artifact

import (
	"archive/tar"
	"bytes"
	"io"
	"strconv"
	"strings"
)

// isTar tells a tar archive by the checksum of its first header, which old archives have too.
func isTar(_ *object, head []byte) bool {
	if len(head) < 512 {
		return false
	}
	field := strings.Trim(string(head[148:156]), " \x00")
	want, err := strconv.ParseInt(field, 8, 64)
	if err != nil || head[0] == 0 {
		return false
	}
	sum := int64(0)
	for i, b := range head[:512] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int64(b)
	}
	return sum == want
}

// tar looks at the members of a tar archive. Torch's first format is one of three pickles.
func (s *scan) tar(o *object) {
	section := io.NewSectionReader(o.r, 0, o.size)
	r := tar.NewReader(section)
	var l layout
	var later []laterMember
	defer func() { s.readLater(o, l, later) }()
	for {
		h, err := r.Next()
		if err == io.EOF || s.ctx.Err() != nil {
			return
		}
		if err != nil {
			s.cut(o, "the tar archive is damaged; members behind the damage were not looked at", true)
			return
		}
		if h.Typeflag != tar.TypeReg || h.Size == 0 {
			continue
		}
		if !s.enter(o) {
			return
		}
		// The reader takes whole blocks, so that the section stands where the content begins.
		at, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return
		}
		l = l.with(h.Name)
		if textMember(h.Name) {
			later = append(later, laterMember{h.Name, at, h.Size})
		}
		s.look(o.inside(h.Name, io.NewSectionReader(o.r, at, h.Size), h.Size))
	}
}

// enter counts a member and reports whether one more may be looked at.
func (s *scan) enter(o *object) bool {
	if s.members >= s.limits.Members {
		s.cut(o, "more members than the limit; the rest was not looked at", false)
		return false
	}
	s.members++
	s.report.Members++
	return s.ctx.Err() == nil
}

// numpy looks at an array file. An array of objects is a pickle behind the header.
func (s *scan) numpy(o *object) {
	c := newCursor(o, 6)
	version, ok := c.next(2)
	if !ok {
		return
	}
	sizeBytes := 2
	if version[0] >= 2 {
		sizeBytes = 4
	}
	b, ok := c.next(sizeBytes)
	if !ok {
		return
	}
	size := int64(0)
	for i := len(b) - 1; i >= 0; i-- {
		size = size<<8 | int64(b[i])
	}
	at := c.pos() + size
	if at > o.size {
		s.cut(o, "the array's header is longer than the file", true)
		return
	}
	header := make([]byte, min(size, 64<<10))
	n, _ := o.r.ReadAt(header, c.pos())
	if !holdsObjects(header[:n]) {
		return
	}
	inner := &object{r: io.NewSectionReader(o.r, at, o.size-at), size: o.size - at, path: o.path, member: o.member, format: Pickle}
	s.pickleAt(inner, at)
}

// holdsObjects reports whether a header's dtype has objects: 'O' or '|O8' as a string of it.
func holdsObjects(header []byte) bool {
	for _, quote := range []byte{'\'', '"'} {
		for _, part := range bytes.Split(header, []byte{quote}) {
			kind := strings.TrimLeft(string(part), "|<>=")
			if kind != "" && kind[0] == 'O' && strings.Trim(kind[1:], "0123456789") == "" || kind == "object" {
				return true
			}
		}
	}
	return false
}
