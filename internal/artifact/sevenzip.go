package artifact

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// The properties of a 7z header (7zFormat.txt of the LZMA SDK).
const (
	szEnd, szHeader, szArchive, szStreams, szFiles = 0x00, 0x01, 0x02, 0x04, 0x05
	szPackInfo, szUnpackInfo, szSubStreams         = 0x06, 0x07, 0x08
	szSize, szCRC, szFolder, szUnpackSize          = 0x09, 0x0a, 0x0b, 0x0c
	szNumStreams, szEmpty, szNames, szEncoded      = 0x0d, 0x0e, 0x11, 0x17
)

// sevenZipHeader bounds the header, sevenZipFolders the parts that are compressed for themselves.
const (
	sevenZipHeader  = 16 << 20
	sevenZipFolders = 10_000
)

var errSevenZip = errors.New("the 7z archive's header is damaged")

// sevenZip looks at the members of a 7z archive. No loader opens one, which is said; what is in it
// may be unpacked first.
func (s *scan) sevenZip(o *object) {
	s.add(o, Fact{Kind: OpaqueContainer, Verdict: Unknown, Name: "7z", Why: "is an archive that no model loader opens"})
	a := &sevenZipArchive{s: s, o: o}
	if err := a.open(); err != nil {
		s.cut(o, "the 7z archive was not opened: "+err.Error(), errors.Is(err, errSevenZip))
		return
	}
	a.members()
}

type sevenZipArchive struct {
	s *scan
	o *object

	packAt    int64
	packSizes []int64
	folders   []*szPart
	names     []string
	empty     []bool
}

// szPart is a part that is compressed as a whole.
type szPart struct {
	coders []szCoder
	// sizes are those of the coders' output; the last coder that runs gives the members.
	sizes []int64
	main  int
	// streams are the sizes of the members within.
	streams []int64
	packAt  int64
	packed  int64
	// summed is set where the part has a checksum, so that its only member needs none.
	summed bool
}

type szCoder struct {
	id    string
	props []byte
}

// open reads the header, which may itself be compressed.
func (a *sevenZipArchive) open() error {
	var start [32]byte
	if n, _ := a.o.r.ReadAt(start[:], 0); n < len(start) {
		return errSevenZip
	}
	at, size := offset(binary.LittleEndian.Uint64(start[12:])), offset(binary.LittleEndian.Uint64(start[20:]))
	if at < 0 || size <= 0 || size > sevenZipHeader {
		return errSevenZip
	}
	header := make([]byte, 0, min(size, 64<<10))
	buf := bytes.NewBuffer(header)
	if n, err := io.Copy(buf, io.NewSectionReader(a.o.r, 32+at, size)); err != nil || n < size {
		return errSevenZip
	}
	for range 4 { // a header of a header, as often as an honest archive has it
		h := &szReader{b: buf.Bytes()}
		switch h.byte() {
		case szHeader:
			a.header(h)
			if h.bad {
				return errSevenZip
			}
			return nil
		case szEncoded:
			inner := &sevenZipArchive{s: a.s, o: a.o}
			inner.streams(h)
			if h.bad || len(inner.folders) == 0 {
				return errSevenZip
			}
			inner.place()
			f := inner.folders[0]
			r, err := f.reader(a.o.r)
			if err != nil {
				return err
			}
			next := &bytes.Buffer{}
			if _, err := io.Copy(next, io.LimitReader(r, min(f.sizes[f.main], sevenZipHeader))); err != nil {
				return errSevenZip
			}
			a.s.expanded += int64(next.Len())
			buf = next
		default:
			return errSevenZip
		}
	}
	return errSevenZip
}

// szReader reads the numbers of a header.
type szReader struct {
	b   []byte
	bad bool
}

func (h *szReader) take(n int64) []byte {
	if n < 0 || n > int64(len(h.b)) {
		h.bad = true
		h.b = nil
		return nil
	}
	out := h.b[:n]
	h.b = h.b[n:]
	return out
}

func (h *szReader) byte() byte {
	if b := h.take(1); len(b) == 1 {
		return b[0]
	}
	return szEnd
}

// number reads a number, whose first byte tells by its leading ones how many follow.
func (h *szReader) number() int64 {
	first := h.byte()
	v, mask := uint64(0), byte(0x80)
	for i := range 8 {
		if first&mask == 0 {
			v |= uint64(first&(mask-1)) << (8 * i)
			break
		}
		v |= uint64(h.byte()) << (8 * i)
		mask >>= 1
	}
	if v > unbounded {
		h.bad = true
		return 0
	}
	return int64(v)
}

// count reads a number of things of which each takes a byte of the header, or of which there are
// limit at most.
func (h *szReader) count(limit int) int {
	n := h.number()
	if n > int64(limit) {
		h.bad = true
		return 0
	}
	return int(n)
}

// bits reads a vector of n flags; all of them may be given by one byte.
func (h *szReader) bits(n int, short bool) []bool {
	out := make([]bool, n)
	if short && h.byte() != 0 {
		for i := range out {
			out[i] = true
		}
		return out
	}
	for i, b := range h.take(int64(n+7) / 8) {
		for k := 0; k < 8 && i*8+k < n; k++ {
			out[i*8+k] = b&(0x80>>k) != 0
		}
	}
	return out
}

// digests passes the checksums of n things, and tells which have one.
func (h *szReader) digests(n int) []bool {
	if n > 8*len(h.b) && n > 0 && len(h.b) > 0 && h.b[0] == 0 {
		h.bad = true
		return nil
	}
	defined := h.bits(n, true)
	for _, d := range defined {
		if d {
			h.take(4)
		}
	}
	return defined
}

func (a *sevenZipArchive) header(h *szReader) {
	for !h.bad {
		switch h.byte() {
		case szEnd:
			a.place()
			return
		case szArchive:
			for h.byte() != szEnd {
				h.take(h.number())
			}
		case szStreams:
			a.streams(h)
		case szFiles:
			a.files(h)
		default:
			h.bad = true
		}
	}
}

// streams reads what is packed where, and how.
func (a *sevenZipArchive) streams(h *szReader) {
	for !h.bad {
		switch h.byte() {
		case szEnd:
			return
		case szPackInfo:
			a.packAt = 32 + h.number()
			a.packSizes = make([]int64, h.count(min(len(h.b), 4*sevenZipFolders)))
			a.section(h, func(id byte) {
				if id == szSize {
					for i := range a.packSizes {
						a.packSizes[i] = h.number()
					}
				} else {
					h.digests(len(a.packSizes))
				}
			})
		case szUnpackInfo:
			a.section(h, func(id byte) {
				switch id {
				case szFolder:
					n := h.count(min(len(h.b), sevenZipFolders))
					h.byte() // external: not used by any program
					for range n {
						a.folders = append(a.folders, readFolder(h))
					}
				case szUnpackSize:
					for _, f := range a.folders {
						for i := range f.sizes {
							f.sizes[i] = h.number()
						}
						f.streams = []int64{f.sizes[f.main]}
					}
				default:
					for i, d := range h.digests(len(a.folders)) {
						a.folders[i].summed = d
					}
				}
			})
		case szSubStreams:
			a.subStreams(h)
		default:
			h.bad = true
		}
	}
}

// section reads properties up to the end.
func (a *sevenZipArchive) section(h *szReader, property func(id byte)) {
	for !h.bad {
		id := h.byte()
		if id == szEnd {
			return
		}
		property(id)
	}
}

// readFolder reads how a part is compressed: a chain of coders.
func readFolder(h *szReader) *szPart {
	f := &szPart{}
	n := h.count(32)
	ins, outs := 0, 0
	for range n {
		flags := h.byte()
		c := szCoder{id: string(h.take(int64(flags & 0xf)))}
		in, out := 1, 1
		if flags&0x10 != 0 {
			in, out = h.count(32), h.count(32)
		}
		if flags&0x20 != 0 {
			c.props = bytes.Clone(h.take(h.number()))
		}
		ins, outs = ins+in, outs+out
		f.coders = append(f.coders, c)
	}
	f.sizes = make([]int64, outs)
	bound := make([]bool, outs)
	for range max(outs-1, 0) {
		h.number()
		if out := h.number(); out >= 0 && out < int64(outs) {
			bound[out] = true
		}
	}
	if packed := ins - max(outs-1, 0); packed > 1 {
		for range packed {
			h.number()
		}
		f.coders = nil // several streams in one: BCJ2
	}
	for i, b := range bound { // what no coder takes is the result
		if !b {
			f.main = i
		}
	}
	if outs == 0 {
		h.bad = true
		f.sizes = []int64{0}
	}
	return f
}

// subStreams reads the members within each part.
func (a *sevenZipArchive) subStreams(h *szReader) {
	a.section(h, func(id byte) {
		switch id {
		case szNumStreams:
			left := a.s.limits.Members
			for _, f := range a.folders {
				f.streams = make([]int64, h.count(left))
				left -= len(f.streams)
				if len(f.streams) == 1 {
					f.streams[0] = f.sizes[f.main]
				}
			}
		case szSize:
			for _, f := range a.folders {
				left := f.sizes[f.main]
				for i := range f.streams {
					if i == len(f.streams)-1 {
						f.streams[i] = max(left, 0)
						break
					}
					f.streams[i] = h.number()
					left -= f.streams[i]
				}
			}
		default:
			n := 0
			for _, f := range a.folders {
				if len(f.streams) != 1 || !f.summed {
					n += len(f.streams)
				}
			}
			h.digests(min(n, len(h.b)))
		}
	})
}

// files reads the names, and which members have no content.
func (a *sevenZipArchive) files(h *szReader) {
	n := h.count(a.s.limits.Members)
	for !h.bad {
		id := h.byte()
		if id == szEnd {
			return
		}
		p := &szReader{b: h.take(h.number())}
		switch id {
		case szEmpty:
			a.empty = p.bits(n, false)
		case szNames:
			p.byte()
			for range n {
				a.names = append(a.names, p.name())
			}
		}
	}
}

// name reads a name in UTF-16 up to its zero.
func (h *szReader) name() string {
	for i := 0; i+1 < len(h.b); i += 2 {
		if h.b[i] == 0 && h.b[i+1] == 0 {
			name := decodeUnits(h.b[:i], binary.LittleEndian, 2)
			h.b = h.b[i+2:]
			return string(name)
		}
	}
	h.b = nil
	return ""
}

// place computes where each part's packed bytes are.
func (a *sevenZipArchive) place() {
	at := a.packAt
	for i, f := range a.folders {
		if i < len(a.packSizes) {
			f.packAt, f.packed = at, a.packSizes[i]
			at = sum(at, f.packed)
		}
	}
}

// dictionary is the memory that a coder of LZMA asks for, in bytes: no more than what it yields.
func (f *szPart) dictionary(i int) int64 {
	c, n := f.coders[i], int64(0)
	switch {
	case c.id == "\x03\x01\x01" && len(c.props) >= 5:
		n = int64(binary.LittleEndian.Uint32(c.props[1:]))
	case c.id == "\x21" && len(c.props) > 0 && c.props[0] <= 40:
		n = (2 | int64(c.props[0]&1)) << (c.props[0]/2 + 11)
	}
	return max(min(n, f.sizes[min(i, len(f.sizes)-1)]), 1<<12)
}

// memory is what decompressing a part takes: the dictionary and the tables of the coders.
func (f *szPart) memory() int64 {
	n := int64(64 << 10)
	for i := range f.coders {
		n = max(n, f.dictionary(i)+64<<10)
	}
	return n
}

// reader decompresses a part, and undoes the filters of its content.
func (f *szPart) reader(r io.ReaderAt) (io.Reader, error) {
	if len(f.coders) == 0 || f.packAt < 0 || f.packed < 0 {
		return nil, errors.New("it is compressed in a way that is not known")
	}
	if f.memory() > maxDictionary {
		return nil, errors.New("it asks for more memory than the limit")
	}
	var in io.Reader = io.NewSectionReader(r, f.packAt, f.packed)
	for i := len(f.coders) - 1; i >= 0; i-- {
		c, size := f.coders[i], f.sizes[min(i, len(f.sizes)-1)]
		var err error
		switch c.id {
		case "\x00": // copied
		case "\x03":
			in, err = undoDelta(in, c.props)
		case "\x03\x01\x01":
			if len(c.props) < 5 {
				return nil, errSevenZip
			}
			in, err = newLZMA(in, c.props[0], f.dictionary(i), size)
		case "\x21":
			in = newLZMA2(byteReader(in), f.dictionary(i))
		case "\x04\x01\x08":
			in = flate.NewReader(in)
		case "\x04\x02\x02":
			in = bzip2.NewReader(in)
		case "\x04\xf7\x11\x01":
			in, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxDictionary))
		case "\x06\xf1\x07\x01":
			return nil, errors.New("it is encrypted")
		default:
			filter, known := szFilters[c.id]
			if !known {
				return nil, fmt.Errorf("it is compressed in a way that is not known (%x)", c.id)
			}
			in, err = undoCode(in, filter, c.props)
		}
		if err != nil {
			return nil, errSevenZip
		}
	}
	return in, nil
}

// members looks at what is in the archive. Members of a part follow each other in it.
func (a *sevenZipArchive) members() {
	file := 0
	for _, f := range a.folders {
		if len(f.streams) == 0 {
			continue
		}
		// What a decompressor claims counts as what it yields.
		if a.s.expanded += f.memory(); a.s.expanded > a.s.limits.Expanded {
			a.s.cut(a.o, "more is compressed than the limit allows; the rest was not looked at", false)
			return
		}
		if _, err := f.reader(a.o.r); err != nil {
			a.s.cut(a.o, "a part of the 7z archive was not opened: "+err.Error(), errors.Is(err, errSevenZip))
			file += len(f.streams)
			continue
		}
		t := a.s.newStream(func() (io.Reader, error) { return f.reader(a.o.r) })
		at := int64(0)
		for _, size := range f.streams {
			for file < len(a.empty) && a.empty[file] {
				file++
			}
			name := "member " + decimal(int64(file))
			if file < len(a.names) && a.names[file] != "" {
				name = a.names[file]
			}
			file++
			if !a.s.enter(a.o) {
				return
			}
			if at < 0 || size < 0 {
				return
			}
			a.s.look(a.o.inside(printable(name), io.NewSectionReader(t, at, size), size))
			at = sum(at, size)
		}
		switch {
		case t.err == errExpanded:
			a.s.cut(a.o, "more is compressed than the limit allows; the rest was not looked at", false)
		case t.err != nil && a.s.ctx.Err() == nil:
			a.s.cut(a.o, "the compressed data is damaged", true)
		}
	}
}
