package artifact

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// xzReader decompresses .xz files with the filters that Python's lzma undoes, and without asking
// for checksums: a loader has run a pickle before it comes to them.
type xzReader struct {
	s  *scan
	in *bufio.Reader
	// n counts the bytes taken from in.
	n      int64
	block  io.Reader
	began  int64 // where the block's data begin, in n
	check  int   // how many bytes of checksum follow each block
	lzma   *lzmaReader
	blocks int
	inside bool // within a stream
}

const xzMark = "\xfd7zXZ\x00"

var errXZ = errors.New("the compressed data is damaged")

func newXZReader(s *scan, r io.Reader) *xzReader { return &xzReader{s: s, in: bufio.NewReader(r)} }

// Read implements io.Reader.
func (x *xzReader) Read(p []byte) (int, error) {
	for {
		if x.block != nil {
			n, err := x.block.Read(p)
			if err == io.EOF {
				x.block = nil
				// The data of a block is filled up to four bytes.
				_, err = x.take(int((4-(x.n-x.began)%4)%4) + x.check)
			}
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		if err := x.next(); err != nil {
			return 0, err
		}
	}
}

// xzCount passes bytes of a block on to LZMA2 and counts them.
type xzCount struct{ x *xzReader }

func (c xzCount) ReadByte() (byte, error) {
	b, err := c.x.in.ReadByte()
	if err == nil {
		c.x.n++
	}
	return b, err
}

func (x *xzReader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	m, err := io.ReadFull(x.in, b)
	x.n += int64(m)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errXZ
	}
	return b, err
}

// number reads a number of seven bits a byte.
func (x *xzReader) number(b []byte) (v uint64, rest []byte, err error) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, errXZ
	}
	return v, b[n:], nil
}

// next begins the next block, of the next stream where one has ended.
func (x *xzReader) next() error {
	if !x.inside {
		if err := x.stream(); err != nil {
			return err
		}
	}
	first, err := x.take(1)
	if err != nil {
		return err
	}
	if first[0] == 0 {
		return x.index()
	}
	header, err := x.take(int(first[0])*4 + 3)
	if err != nil {
		return err
	}
	flags, b := header[0], header[1:len(header)-4]
	for _, bit := range []byte{0x40, 0x80} { // sizes that nobody has to tell
		if flags&bit != 0 {
			if _, b, err = x.number(b); err != nil {
				return err
			}
		}
	}
	type filter struct {
		id    uint64
		props []byte
	}
	var list []filter
	for range int(flags&3) + 1 {
		var f filter
		var size uint64
		if f.id, b, err = x.number(b); err == nil {
			size, b, err = x.number(b)
		}
		if err != nil || size > uint64(len(b)) {
			return errXZ
		}
		f.props, b = b[:size], b[size:]
		list = append(list, f)
	}
	last := list[len(list)-1]
	if last.id != 0x21 || len(last.props) != 1 || last.props[0] > 40 {
		return fmt.Errorf("it is compressed in a way that is not known (%x)", last.id)
	}
	// A dictionary that is larger than the limit serves up to there.
	dictionary := min((2|int64(last.props[0]&1))<<(last.props[0]/2+11), maxDictionary)
	x.blocks++
	x.began = x.n
	if x.lzma == nil { // it serves all blocks: an archive of a million small ones is no more than one
		x.lzma = newLZMA2(xzCount{x}, dictionary)
	}
	x.lzma.again(dictionary)
	var block io.Reader = x.lzma
	for i := len(list) - 2; i >= 0; i-- {
		f := list[i]
		kind, known := xzFilters[f.id]
		switch {
		case f.id == 3:
			block, err = undoDelta(block, f.props)
		case known:
			block, err = undoCode(block, kind, f.props)
		default:
			err = fmt.Errorf("it is compressed in a way that is not known (%x)", f.id)
		}
		if err != nil {
			return err
		}
	}
	x.block = block
	return nil
}

// stream reads the head of a stream, behind the bytes that may fill up what is before it.
func (x *xzReader) stream() error {
	for {
		b, err := x.in.Peek(4)
		if len(b) == 0 && err == io.EOF {
			return io.EOF
		}
		if len(b) < 4 || binary.LittleEndian.Uint32(b) != 0 {
			break
		}
		if _, err := x.take(4); err != nil {
			return err
		}
	}
	head, err := x.take(12)
	if err != nil || string(head[:6]) != xzMark {
		if x.blocks > 0 {
			return io.EOF // what stands behind is not asked for
		}
		return errXZ
	}
	x.inside = true
	x.check = 0
	if kind := int(head[7] & 0xf); kind > 0 {
		x.check = 4 << ((kind - 1) / 3)
	}
	return nil
}

// index goes over the list of blocks and the foot of a stream.
func (x *xzReader) index() error {
	from := x.n - 1
	count := func() (uint64, error) {
		v, shift := uint64(0), 0
		for shift < 63 {
			b, err := x.take(1)
			if err != nil {
				return 0, err
			}
			v |= uint64(b[0]&0x7f) << shift
			if b[0] < 0x80 {
				return v, nil
			}
			shift += 7
		}
		return 0, errXZ
	}
	n, err := count()
	for i := uint64(0); i < 2*n && err == nil; i++ {
		_, err = count()
	}
	if err != nil {
		return err
	}
	x.inside = false
	_, err = x.take(int((4-(x.n-from)%4)%4) + 4 + 12)
	return err
}
