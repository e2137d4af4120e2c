package artifact

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// unbounded is the size of a stream whose end is not known.
const unbounded = 1 << 62

// maxDictionary bounds the memory that a compressed file may ask a decompressor for.
const maxDictionary = 64 << 20

// unpack looks at what a decompressor makes of an object.
func (s *scan) unpack(o *object, open func(io.Reader) (io.Reader, error)) {
	t := s.newStream(func() (io.Reader, error) { return open(o.reader(0)) })
	inner := &object{r: t, size: unbounded, path: unpackedName(o.path), member: o.member}
	inner.format = s.look(inner)
	switch {
	case t.err == errExpanded:
		s.cut(o, "more is compressed than the limit allows; the rest was not looked at", false)
	case t.err != nil && s.ctx.Err() == nil:
		s.cut(o, "the compressed data is damaged", true)
	}
}

// unpackedName drops the ending of a compressed file.
func unpackedName(name string) string {
	for _, ending := range []string{".gz", ".bz2", ".xz", ".lzma", ".lz4", ".zst", ".z"} {
		if n := len(name) - len(ending); n > 0 && strings.EqualFold(name[n:], ending) {
			return name[:n]
		}
	}
	return name
}

// reader reads an object from an offset to its end.
func (o *object) reader(from int64) io.Reader {
	return io.NewSectionReader(o.r, from, o.size-from)
}

func (s *scan) gzip(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
}

func (s *scan) bzip2(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })
}

func (s *scan) zlib(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
}

func (s *scan) lz4(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil })
}

func (s *scan) zstd(o *object) {
	var last *zstd.Decoder
	defer func() {
		if last != nil {
			last.Close()
		}
	}()
	s.unpack(o, func(r io.Reader) (io.Reader, error) {
		if last != nil {
			last.Close()
		}
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxDictionary))
		last = d
		return d, err
	})
}

func (s *scan) xz(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return newXZReader(s, r), nil })
}

func (s *scan) lzma(o *object) {
	s.unpack(o, func(r io.Reader) (io.Reader, error) { return newLZMAReader(r) })
}

// lzmaHeader is the length of the header before LZMA as xz's predecessor wrote it: properties, the
// size of the dictionary, that of the content.
const lzmaHeader = 13

// newLZMAReader reads LZMA behind such a header. A dictionary that is larger than the limit serves
// up to there.
func newLZMAReader(r io.Reader) (io.Reader, error) {
	var head [lzmaHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int64(-1)
	if v := binary.LittleEndian.Uint64(head[5:]); v <= unbounded {
		size = int64(v)
	}
	return newLZMA(r, head[0], int64(min(binary.LittleEndian.Uint32(head[1:]), maxDictionary)), size)
}

func isBzip2(_ *object, head []byte) bool {
	return len(head) >= 10 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90")
}

// isZlib tells a zlib stream by its header and by whether it begins to inflate.
func isZlib(o *object, head []byte) bool {
	if len(head) < 6 || head[0] != 0x78 || (int(head[0])<<8|int(head[1]))%31 != 0 {
		return false
	}
	r, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	var b [1]byte
	n, err := r.Read(b[:])
	return n == 1 || err == io.ErrUnexpectedEOF
}

// isLZMA tells the format of xz's predecessor, which has no mark: the properties by which joblib
// tells it, or others that are possible in a file that is named so, and the first byte of the coder,
// which is always zero.
func isLZMA(o *object, head []byte) bool {
	if len(head) < lzmaHeader+5 || head[0] >= 9*5*5 || head[lzmaHeader] != 0 {
		return false
	}
	return head[0] == 0x5d && head[1] == 0 || ending(o.path) == ".lzma"
}

// isJoblibZfile tells the compressed files of joblib before 0.10: "ZF", the length in
// hexadecimal, a zlib stream.
func isJoblibZfile(_ *object, head []byte) bool {
	if len(head) < 32 || string(head[:4]) != "ZF0x" {
		return false
	}
	_, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(string(head[4:2+19]), "L")), 16, 64)
	return err == nil
}

func (s *scan) joblibZfile(o *object) {
	at := int64(2 + 19)
	var next [1]byte
	if n, _ := o.r.ReadAt(next[:], at); n == 1 && next[0] != 0x78 {
		at++ // Python 2 wrote an L behind the length
	}
	inner := &object{r: io.NewSectionReader(o.r, at, o.size-at), size: o.size - at, path: o.path, member: o.member}
	s.look(inner)
}

// opaque reports a container that is not opened.
func (s *scan) opaque(o *object) {
	s.add(o, Fact{Kind: OpaqueContainer, Verdict: Unknown, Name: "RAR", Why: "is an archive that no model loader opens and no scanner looks into"})
	s.cut(o, "a RAR archive was not opened", false)
}
