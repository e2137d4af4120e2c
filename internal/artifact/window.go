package artifact

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// errCut says that a file ends, or that a length within it points, where more should be.
var errCut = errors.New("the file ends in the middle of a value")

// A limitError says that a reader stopped at one of its bounds; what it had read by then counts.
type limitError struct {
	what  string
	limit int64
}

// Error implements error.
func (e *limitError) Error() string { return fmt.Sprintf("more than %d %s", e.limit, e.what) }

const (
	// windowSize is read ahead where a file is read on and on.
	windowSize = 64 << 10
	// jumpSize is read where a reader has jumped: tensors are skipped, and what lies between
	// them is short.
	jumpSize = 4 << 10
	// readSteps bounds how many values a reader looks at in one file: 50 million take about
	// a second.
	readSteps = 50_000_000
	// readAgain is how many bytes a reader that jumps to and fro may read beyond twice the file.
	readAgain = 256 << 20
)

// window reads a part of a file of any size through one buffer. It is for one goroutine.
// The first error stays: everything read after it is empty.
type window struct {
	ctx   context.Context
	r     io.ReaderAt
	size  int64
	buf   []byte
	store []byte
	at    int64 // offset of buf[0]
	steps int
	// spent counts the bytes read, some of them more than once.
	spent int64
	err   error
}

// newWindow reads the size bytes of r.
func newWindow(ctx context.Context, r io.ReaderAt, size int64) *window {
	return &window{ctx: ctx, r: r, size: max(size, 0)}
}

// step counts a value that is looked at, and tells whether reading may go on.
func (w *window) step() bool {
	w.steps++
	if w.steps > readSteps {
		w.fail(&limitError{"values", readSteps})
	} else if w.steps&0xfff == 0 && w.ctx.Err() != nil {
		w.fail(w.ctx.Err())
	}
	return w.err == nil
}

func (w *window) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// peek returns up to n bytes at off, fewer at the end of the file or when reading fails. They
// are valid until the next call. n must not exceed windowSize.
func (w *window) peek(off int64, n int) []byte {
	if w.err != nil || off < 0 || off >= w.size || n <= 0 {
		return nil
	}
	if off < w.at || off+int64(n) > w.at+int64(len(w.buf)) {
		w.fill(off, n)
	}
	i := off - w.at
	if i < 0 || i > int64(len(w.buf)) {
		return nil
	}
	return w.buf[i:min(int64(len(w.buf)), i+int64(n))]
}

// fill reads what lies at off; a small file whole.
func (w *window) fill(off int64, n int) {
	want := int64(jumpSize)
	next := w.at + int64(len(w.buf))
	switch {
	case w.size <= windowSize:
		off, want = 0, w.size
	case w.buf != nil && off >= w.at && off <= next:
		want = windowSize
	}
	want = min(max(want, int64(n)), w.size-off)
	if !w.spend(want) {
		return
	}
	if int64(cap(w.store)) < want {
		w.store = make([]byte, want)
	}
	got, err := w.r.ReadAt(w.store[:want], off)
	w.at, w.buf = off, w.store[:got]
	if err != nil && !errors.Is(err, io.EOF) {
		w.fail(err)
	}
}

// spend counts bytes that are about to be read, and tells whether they may be.
func (w *window) spend(n int64) bool {
	w.spent += n
	if w.spent/2 > w.size && w.spent-2*w.size > readAgain {
		w.fail(&limitError{"bytes read again and again", readAgain})
	}
	return w.err == nil
}

// bytes copies the n bytes at off; at most limit of them are read.
func (w *window) bytes(off, n, limit int64) []byte {
	if w.err != nil || off < 0 || n <= 0 || off >= w.size {
		return nil
	}
	n = min(n, limit, w.size-off)
	if !w.spend(n) {
		return nil
	}
	// A length is only a claim: memory follows what is there.
	out, err := io.ReadAll(io.NewSectionReader(w.r, off, n))
	if err != nil {
		w.fail(err)
	}
	return out
}

// text is bytes as a string.
func (w *window) text(off, n, limit int64) string {
	if n <= windowSize && n <= limit {
		return string(w.peek(off, int(n)))
	}
	return string(w.bytes(off, n, limit))
}

// u8 reads the byte at off; 0 and an error beyond the end.
func (w *window) u8(off int64) uint8 {
	if b := w.need(off, 1); b != nil {
		return b[0]
	}
	return 0
}

func (w *window) u16(off int64) uint16 {
	if b := w.need(off, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (w *window) u32(off int64) uint32 {
	if b := w.need(off, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (w *window) u64(off int64) uint64 {
	if b := w.need(off, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// uint reads n little-endian bytes, n at most 8.
func (w *window) uint(off int64, n int) uint64 {
	b := w.need(off, n)
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

func (w *window) need(off int64, n int) []byte {
	b := w.peek(off, n)
	if len(b) < n {
		w.fail(errCut)
		return nil
	}
	return b
}

// offset turns an unsigned number of a file into one to compute with; a number no file is as
// long as becomes a negative one.
func offset(v uint64) int64 {
	if v > math.MaxInt64/4 {
		return -1
	}
	return int64(v)
}
