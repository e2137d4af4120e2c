package artifact

import (
	"errors"
	"io"
	"slices"
)

// errExpanded says that the limit of decompressed bytes is reached.
var errExpanded = errors.New("the limit of decompressed bytes is reached")

// stream gives access by offset to what a decompressor yields. It keeps the beginning and
// a window, and starts over when something before the window is asked for; each byte that
// comes out of the decompressor counts against the scan's limit, so that this has an end.
type stream struct {
	s    *scan
	open func() (io.Reader, error)

	head   []byte // the first bytes
	window []byte // the bytes before pos that were not read into the head
	r      io.Reader
	pos    int64 // of r
	end    int64 // where the stream ends, -1 while that is not known
	err    error // other than io.EOF
	idle   int   // reads in a row that gave nothing
}

const (
	keptHead   = 1 << 20
	keptWindow = 256 << 10
	maxPiece   = 64 << 10
)

func (s *scan) newStream(open func() (io.Reader, error)) *stream {
	return &stream{s: s, open: open, end: -1}
}

// ReadAt implements io.ReaderAt.
func (t *stream) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if t.end >= 0 && at >= t.end {
			return n, io.EOF
		}
		if at < int64(len(t.head)) {
			n += copy(p[n:], t.head[at:])
			continue
		}
		from := t.pos - int64(len(t.window))
		if at >= from && at < t.pos {
			n += copy(p[n:], t.window[at-from:])
			continue
		}
		if t.err != nil {
			return n, t.err
		}
		if at < from {
			t.r = nil
		}
		if !t.advance() && t.err != nil {
			return n, t.err
		}
	}
	return n, nil
}

// advance reads on, from the start when the stream is not open.
func (t *stream) advance() bool {
	if t.r == nil {
		r, err := t.open()
		if err != nil {
			t.err = err
			return false
		}
		t.r, t.pos, t.window = r, 0, t.window[:0]
	}
	if t.s.ctx.Err() != nil {
		t.err = t.s.ctx.Err()
		return false
	}
	left := t.s.limits.Expanded - t.s.expanded
	if left <= 0 {
		t.err = errExpanded
		return false
	}
	n, err := t.read(left)
	t.s.expanded += int64(n)
	t.pos += int64(n)
	if n > 0 {
		t.idle = 0
	} else {
		t.idle++
	}
	switch {
	case err == io.EOF:
		t.end = t.pos
	case err != nil:
		t.err = err
	case t.idle > 100:
		t.err = io.ErrNoProgress
	}
	return n > 0
}

// read reads a piece into the head, while that is not complete, or the window. The first pieces are small: of most
// streams only what they begin with is asked for.
func (t *stream) read(left int64) (int, error) {
	if at := len(t.head); t.pos == int64(at) && at < keptHead {
		piece := min(int64(max(at, headSize)), left, maxPiece, int64(keptHead-at))
		t.head = slices.Grow(t.head, int(piece))
		n, err := t.r.Read(t.head[at : at+int(piece)])
		t.head = t.head[:at+n]
		return n, err
	}
	if len(t.window) >= keptWindow {
		t.window = t.window[:copy(t.window, t.window[len(t.window)/2:])]
	}
	if cap(t.window) == 0 {
		t.window = make([]byte, 0, keptWindow+maxPiece)
	}
	at := len(t.window)
	n, err := t.r.Read(t.window[at : at+int(min(int64(cap(t.window)-at), left, maxPiece))])
	t.window = t.window[:at+n]
	return n, err
}

// close gives up the decompressor, for others to use. A read that comes after it starts over.
func (t *stream) close() {
	if r, ok := t.r.(inflater); ok {
		t.s.inflaters = append(t.s.inflaters, r)
	}
	t.r = nil
}

// length reads to the end and returns how long the stream is.
func (t *stream) length() (int64, error) {
	for t.end < 0 && t.err == nil {
		t.advance()
	}
	return t.end, t.err
}

// cursor reads an object from front to back.
type cursor struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	from int64 // offset of buf[0]
	at   int   // next byte in buf
	err  error // why reading ended
}

const cursorBuffer = 16 << 10

func newCursor(o *object, at int64) *cursor {
	return &cursor{r: o.r, size: o.size, from: at}
}

func (c *cursor) pos() int64 { return c.from + int64(c.at) }

// fill makes at least n bytes available, n being at most the buffer's size.
func (c *cursor) fill(n int) bool {
	if len(c.buf)-c.at >= n {
		return true
	}
	if c.err != nil {
		return false
	}
	switch {
	case c.buf == nil:
		c.buf = make([]byte, 0, max(n, 512)) // what is small needs no large buffer
	case cap(c.buf) < cursorBuffer:
		c.buf = append(make([]byte, 0, cursorBuffer), c.buf...)
	}
	c.from += int64(c.at)
	c.buf = c.buf[:copy(c.buf[:cap(c.buf)], c.buf[c.at:])]
	c.at = 0
	for len(c.buf) < n {
		m, err := c.r.ReadAt(c.buf[len(c.buf):cap(c.buf)], c.from+int64(len(c.buf)))
		c.buf = c.buf[:len(c.buf)+m]
		if err != nil || m == 0 {
			if err == nil {
				err = io.ErrNoProgress
			}
			c.err = err
			break
		}
	}
	return len(c.buf)-c.at >= n
}

// byte returns the next byte.
func (c *cursor) byte() (byte, bool) {
	if c.at >= len(c.buf) && !c.fill(1) {
		return 0, false
	}
	b := c.buf[c.at]
	c.at++
	return b, true
}

// next returns the next n bytes, at most cursorBuffer; they are valid until the next call.
func (c *cursor) next(n int) ([]byte, bool) {
	if !c.fill(n) {
		return nil, false
	}
	b := c.buf[c.at : c.at+n]
	c.at += n
	return b, true
}

// skip goes n bytes on. It fails where the object is known to be shorter; the position is
// then its end.
func (c *cursor) skip(n int64) bool {
	if n < 0 {
		return false
	}
	if left := int64(len(c.buf) - c.at); n <= left {
		c.at += int(n)
		return true
	}
	to := c.pos() + n
	if to < 0 || to > c.size {
		c.seek(c.size)
		return false
	}
	c.seek(to)
	return true
}

func (c *cursor) seek(to int64) {
	c.from, c.at, c.buf = to, 0, c.buf[:0]
	if c.err == io.EOF {
		c.err = nil
	}
}

// line returns the bytes up to the next line feed, which is taken too, and at most keep of
// them. A last line without one lacks its last byte then, as it does in CPython. ok is false where
// the object has ended.
func (c *cursor) line(keep int) (text []byte, long, ok bool) {
	for begun := false; ; begun = true {
		b, more := c.byte()
		if !more {
			if len(text) > 0 && !long {
				text = text[:len(text)-1]
			}
			return text, long, begun && c.err == io.EOF
		}
		if b == '\n' {
			return text, long, true
		}
		if len(text) < keep {
			text = append(text, b)
		} else {
			long = true
		}
	}
}
