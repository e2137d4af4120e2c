package artifact

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// The signatures of a zip's records (APPNOTE.TXT 6.3.10).
const (
	localSignature   = "PK\x03\x04"
	centralSignature = "PK\x01\x02"
	endSignature     = "PK\x05\x06"
	end64Signature   = "PK\x06\x06"
)

// zipEntry is a member as one of its two headers describes it.
type zipEntry struct {
	name       string
	method     uint16
	flags      uint16
	crc        uint32
	compressed int64
	size       int64
	header     int64 // where the local header begins
	data       int64 // where the content begins; 0 before the local header is read
}

// encrypted and described are flags: the content is encrypted; sizes and CRC stand behind the
// content.
const (
	encrypted = 1 << 0
	described = 1 << 3
)

// isZip tells an archive by its first local header, or by its end record where bytes stand
// before it.
func isZip(o *object, head []byte) bool {
	if bytes.HasPrefix(head, []byte(localSignature)) || bytes.HasPrefix(head, []byte(endSignature)) {
		return true
	}
	return !isPickle(o, head) && hasZipEnd(o) // a pickle with a zip behind it is read as both
}

// hasZipEnd tells an archive by its end record.
func hasZipEnd(o *object) bool {
	if o.size >= unbounded || o.size < 22 {
		return false // a stream is not read to its end for this
	}
	if zipEndings[ending(o.path)] { // zipfile looks for the record behind any bytes and before any comment
		tail := make([]byte, min(o.size, 64<<10+22))
		n, _ := o.r.ReadAt(tail, o.size-int64(len(tail)))
		return bytes.Contains(tail[:n], []byte(endSignature))
	}
	tail := make([]byte, 22)
	if n, _ := o.r.ReadAt(tail, o.size-22); n < 22 || !bytes.HasPrefix(tail, []byte(endSignature)) {
		return false
	}
	return true
}

// zipEndings are those of files that loaders open with Python's zipfile.
var zipEndings = nameSet(`.keras .zip .skops .mar .whl .npz .egg`)

// zip looks at the members of an archive: those of its directory, and those that only the
// local headers tell of.
func (s *scan) zip(o *object) {
	size := o.size
	if size >= unbounded {
		t, ok := o.r.(*stream)
		if !ok {
			return
		}
		var err error
		if size, err = t.length(); err != nil {
			size = t.pos
		}
	}
	z := &zipFile{s: s, o: o, size: size}
	z.directory()
	z.walk()
	z.classify()
	z.compare()
	for _, e := range slices.Concat(z.central, z.hidden) {
		z.layout = z.layout.with(e.name)
	}
	if z.layout == torchScript && z.o.format != TorchZip {
		z.layout = plainArchive
	} else if f := layoutFormats[z.layout]; f != None {
		z.o.format = f
	}
	for _, e := range z.central {
		if !s.enter(o) {
			return
		}
		z.member(e)
	}
	for _, e := range z.hidden {
		if !s.enter(o) {
			return
		}
		z.member(e)
	}
}

// zipFile is an archive that is being read.
type zipFile struct {
	s       *scan
	o       *object
	size    int64
	central []*zipEntry
	// local are the local headers by offset; hidden those that no directory entry has.
	local  map[int64]*zipEntry
	hidden []*zipEntry
	layout layout
	// shift is the number of bytes before the archive, which offsets do not count.
	shift int64
}

func (z *zipFile) read(at int64, n int) []byte {
	if at < 0 || at >= z.size {
		return nil
	}
	b := make([]byte, min(int64(n), z.size-at))
	m, _ := z.o.r.ReadAt(b, at)
	return b[:m]
}

// directory reads the central directory.
func (z *zipFile) directory() {
	at := z.endRecord()
	if at < 0 {
		z.s.cut(z.o, "the zip archive has no directory; it was read by its local headers", true)
		return
	}
	end := z.read(at, 22)
	if len(end) < 22 {
		return
	}
	size, offset := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	stop := at
	if offset == 0xffffffff || size == 0xffffffff || binary.LittleEndian.Uint16(end[10:]) == 0xffff {
		if s, o, at64, ok := z.end64(at); ok {
			size, offset, stop = s, o, at64
		}
	}
	from := stop - size // where the directory is, whatever bytes stand before the archive
	if size < 0 || from < 0 {
		z.s.cut(z.o, "the zip archive's directory lies outside of the file", true)
		return
	}
	if head := z.read(from, 4); string(head) != centralSignature && size > 0 {
		if head := z.read(offset, 4); string(head) == centralSignature {
			from = offset
		}
	}
	if z.shift = from - offset; z.shift < 0 {
		z.shift = 0
	}
	z.entries(from, stop)
	if offset != from {
		z.second(offset)
	}
}

// second reads a directory that stands where the end record says, and not before that record:
// some loaders go by the one place, some by the other.
func (z *zipFile) second(at int64) {
	if string(z.read(at, 4)) != centralSignature {
		return
	}
	known := map[zipEntry]bool{}
	for _, e := range z.central {
		known[*e] = true
	}
	n, shift := len(z.central), z.shift
	z.shift = 0
	z.entries(at, z.size)
	z.shift = shift
	both := z.central
	z.central = both[:n:n]
	for _, e := range both[n:] {
		if !known[*e] {
			z.central = append(z.central, e)
			z.mismatch(e, "stands in a second directory, which some loaders read")
		}
	}
}

// endRecord finds the end of central directory record, which a comment of up to 64 KiB follows.
func (z *zipFile) endRecord() int64 {
	for _, n := range []int64{1 << 10, 65<<10 + 22} {
		from := max(0, z.size-n)
		tail := z.read(from, int(n))
		if i := bytes.LastIndex(tail, []byte(endSignature)); i >= 0 && len(tail)-i >= 22 {
			return from + int64(i)
		}
	}
	return -1
}

// end64 reads the Zip64 end record by its locator.
func (z *zipFile) end64(end int64) (size, offset, at int64, ok bool) {
	locator := z.read(end-20, 20)
	if len(locator) < 20 || string(locator[:4]) != "PK\x06\x07" {
		return
	}
	at = int64(binary.LittleEndian.Uint64(locator[8:]))
	record := z.read(at, 56)
	if len(record) < 56 || string(record[:4]) != end64Signature {
		at = end - 20 - 56 // bytes before the archive move it
		if record = z.read(at, 56); len(record) < 56 || string(record[:4]) != end64Signature {
			return
		}
	}
	return int64(binary.LittleEndian.Uint64(record[40:])), int64(binary.LittleEndian.Uint64(record[48:])), at, true
}

// entries reads the directory's entries.
func (z *zipFile) entries(from, stop int64) {
	c := newCursor(z.o, from)
	for c.pos() < stop {
		head, ok := c.next(46)
		if !ok || string(head[:4]) != centralSignature {
			break
		}
		if len(z.central) >= z.s.limits.Members {
			z.s.cut(z.o, "more members than the limit; the rest was not looked at", false)
			return
		}
		e := &zipEntry{
			flags: binary.LittleEndian.Uint16(head[8:]), method: binary.LittleEndian.Uint16(head[10:]), crc: binary.LittleEndian.Uint32(head[16:]),
			compressed: int64(binary.LittleEndian.Uint32(head[20:])), size: int64(binary.LittleEndian.Uint32(head[24:])),
			header: int64(binary.LittleEndian.Uint32(head[42:])),
		}
		nameLen, extraLen, commentLen := binary.LittleEndian.Uint16(head[28:]), binary.LittleEndian.Uint16(head[30:]), binary.LittleEndian.Uint16(head[32:])
		if nameLen > keptName {
			z.s.cut(z.o, "a member's name is longer than the limit; the rest was not looked at", false)
			return
		}
		name, ok := c.next(int(nameLen))
		if !ok {
			return
		}
		e.name = string(name)
		if extraLen <= keptName {
			extra, ok := c.next(int(extraLen))
			if !ok {
				return
			}
			e.zip64(extra)
		} else {
			c.skip(int64(extraLen))
		}
		if !c.skip(int64(commentLen)) {
			return
		}
		e.header += z.shift
		z.central = append(z.central, e)
	}
}

// keptName bounds the length of names and extra fields that are read.
const keptName = 8 << 10

// zip64 takes the large sizes from an entry's extra field.
func (e *zipEntry) zip64(extra []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		if id == 1 {
			field := extra[:n]
			for _, v := range []*int64{&e.size, &e.compressed, &e.header} {
				if *v == 0xffffffff && len(field) >= 8 {
					*v = int64(binary.LittleEndian.Uint64(field))
					field = field[8:]
				}
			}
		}
		extra = extra[n:]
	}
}

// walk reads the local headers: those that the directory names, and those in the gaps.
func (z *zipFile) walk() {
	z.local = make(map[int64]*zipEntry, len(z.central))
	covered := map[int64]int64{} // from the start of a member to its end
	for _, e := range z.central {
		l := z.localHeader(e.header)
		if l == nil {
			continue
		}
		e.data = l.data
		z.local[e.header] = l
		covered[e.header] = e.data + e.compressed
	}
	z.gaps(covered)
}

// localHeader reads the header at an offset; nil if there is none.
func (z *zipFile) localHeader(at int64) *zipEntry {
	head := z.read(at, 30)
	if len(head) < 30 || string(head[:4]) != localSignature {
		return nil
	}
	e := &zipEntry{
		flags: binary.LittleEndian.Uint16(head[6:]), method: binary.LittleEndian.Uint16(head[8:]), crc: binary.LittleEndian.Uint32(head[14:]),
		compressed: int64(binary.LittleEndian.Uint32(head[18:])), size: int64(binary.LittleEndian.Uint32(head[22:])), header: at,
	}
	nameLen, extraLen := int64(binary.LittleEndian.Uint16(head[26:])), int64(binary.LittleEndian.Uint16(head[28:]))
	e.name = string(z.read(at+30, int(min(nameLen, keptName))))
	if extraLen > 0 && extraLen <= keptName && (e.size == 0xffffffff || e.compressed == 0xffffffff) {
		e.zip64(z.read(at+30+nameLen, int(extraLen)))
	}
	e.data = at + 30 + nameLen + extraLen
	return e
}

// scannedGap is how much of the bytes between members is searched for hidden ones.
const scannedGap = 1 << 20

// gaps finds local headers that the directory does not name, in the bytes that no member
// covers.
func (z *zipFile) gaps(covered map[int64]int64) {
	budget := int64(scannedGap)
	for at := int64(0); at < z.size && budget > 0 && len(z.hidden) < z.s.limits.Members; {
		if end, ok := covered[at]; ok {
			at = max(end, at+30)
			continue
		}
		chunk := z.read(at, int(min(4<<10, budget)))
		if len(chunk) < 4 || bytes.HasPrefix(chunk, []byte(centralSignature)) || bytes.HasPrefix(chunk, []byte(end64Signature)) || bytes.HasPrefix(chunk, []byte(endSignature)) {
			return
		}
		i := bytes.Index(chunk, []byte("PK"))
		next, known := z.nextCovered(covered, at, int64(len(chunk)))
		if known && (i < 0 || next <= at+int64(i)) {
			budget -= next - at
			at = next
			continue
		}
		if i < 0 {
			budget -= int64(len(chunk))
			at += max(1, int64(len(chunk))-1)
			continue
		}
		budget -= int64(i) + 1
		at += int64(i)
		switch head := z.read(at, 4); string(head) {
		case localSignature:
			if e := z.localHeader(at); e != nil && e.plausible(z.size) {
				z.hidden = append(z.hidden, e)
				at = max(e.data+e.compressed, at+4)
				continue
			}
		case centralSignature, endSignature, end64Signature:
			return
		}
		at++
	}
}

// nextCovered finds a member that begins in the next n bytes.
func (z *zipFile) nextCovered(covered map[int64]int64, at, n int64) (int64, bool) {
	for i := at + 1; i < at+n; i++ {
		if _, ok := covered[i]; ok {
			return i, true
		}
	}
	return 0, false
}

// plausible tells a header from two letters that happen to be in data.
func (e *zipEntry) plausible(size int64) bool {
	return e.name != "" && strings.IndexByte(e.name, 0) < 0 && e.method < 100 && e.data <= size && e.compressed >= 0
}

// classify tells the archives of torch.save from others.
func (z *zipFile) classify() {
	has := map[string]bool{}
	for _, e := range z.central {
		dir, base := path.Split(e.name)
		if strings.Count(dir, "/") <= 1 {
			has[base] = true
		}
	}
	if has["data.pkl"] && (has["version"] || has["byteorder"] || has["constants.pkl"]) {
		z.o.format = TorchZip
	}
}

// compare reports where the headers of a member differ in what decides how it is read, members
// that only one of them tells of, and names that stand in the directory twice.
func (z *zipFile) compare() {
	first := make(map[string]*zipEntry, len(z.central))
	for _, e := range z.central {
		l := z.local[e.header]
		switch {
		case l == nil:
			if !isFolder(e.name) && e.header < z.size {
				z.mismatch(e, "has no local header where the directory says")
			}
		case l.name != e.name:
			z.mismatch(e, "is called "+quoted(l.name, false)+" in its local header")
		case l.method != e.method:
			z.mismatch(e, "is compressed in another way by its local header")
		case (l.flags^e.flags)&encrypted != 0:
			z.mismatch(e, "is encrypted by one of its headers only")
		}
		if other := first[e.name]; other != nil && other.header != e.header {
			z.mismatch(e, "stands in the directory twice, with different contents")
		}
		first[e.name] = e
	}
	for _, e := range z.hidden {
		if len(z.central) > 0 && isPickleName(e.name) {
			z.mismatch(e, "is not in the archive's directory")
		}
	}
}

func isFolder(name string) bool { return strings.HasSuffix(name, "/") }

// isPickleName tells by a member's name that a loader unpickles it.
func isPickleName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".pkl", ".pickle", ".npy", ".p", ".pt", ".pth", ".bin", ".joblib", ".ckpt":
		return true
	}
	return false
}

func (z *zipFile) mismatch(e *zipEntry, why string) {
	z.s.add(z.o, Fact{Kind: Mismatch, Verdict: Dangerous, Offset: min(max(e.header, 0), z.size), Name: printable(e.name), Why: why})
}

// member looks at what a member holds, and at the CRC of a pickle.
func (z *zipFile) member(e *zipEntry) {
	if isFolder(e.name) || e.data == 0 || e.data >= z.size {
		return
	}
	if e.flags&encrypted != 0 { // it is looked at all the same: the flag may lie
		z.s.cut(z.o, "members are encrypted", false)
	}
	inner := z.open(e)
	if inner == nil {
		z.s.cut(z.o, "a member's way of compression is not known: "+printable(e.name), false)
		return
	}
	format := z.s.look(inner)
	if read := z.layout.reader(e.name); read != nil {
		read(z.s, inner)
	}
	if format == Pickle && isPickleName(e.name) {
		z.checkCRC(e, inner)
	}
	t, ok := inner.r.(*stream)
	if ok {
		t.close()
	}
	switch {
	case !ok || t.err == nil || z.s.ctx.Err() != nil:
	case t.err == errExpanded:
		z.s.cut(z.o, "more is compressed than the limit allows; the rest was not looked at", false)
	default:
		z.s.cut(inner, "the compressed data is damaged", true)
	}
}

// open gives access to a member's content. What the local header says of sizes is not asked: it
// is the directory that loaders go by, and a hidden member ends where its data end.
func (z *zipFile) open(e *zipEntry) *object {
	compressed := min(e.compressed, z.size-e.data)
	if e.flags&described != 0 && z.isHidden(e) {
		compressed = z.size - e.data // sizes stand behind the content, which nobody has told
	}
	section := io.NewSectionReader(z.o.r, e.data, max(compressed, 0))
	var decompress func(io.Reader) (io.Reader, error)
	switch e.method {
	case 0:
		return z.o.inside(printable(e.name), section, section.Size())
	case 8:
		decompress = func(r io.Reader) (io.Reader, error) { return z.s.inflate(r), nil }
	case 12:
		decompress = func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }
	case 14:
		decompress = func(r io.Reader) (io.Reader, error) { return zipLZMA(r, e) }
	case 20, 93: // which Python knows since 3.14
		decompress = func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxDictionary))
		}
	case 95:
		decompress = func(r io.Reader) (io.Reader, error) { return newXZReader(z.s, r), nil }
	default:
		return nil
	}
	t := z.s.newStream(func() (io.Reader, error) {
		return decompress(io.NewSectionReader(z.o.r, e.data, max(compressed, 0)))
	})
	size := e.size
	if z.isHidden(e) || size <= 0 {
		size = unbounded
	}
	return z.o.inside(printable(e.name), t, size)
}

// inflate decompresses DEFLATE, with a reader that another member was read with, if one is free.
func (s *scan) inflate(r io.Reader) io.Reader {
	if n := len(s.inflaters); n > 0 {
		free := s.inflaters[n-1]
		s.inflaters = s.inflaters[:n-1]
		if free.(flate.Resetter).Reset(r, nil) == nil {
			return free
		}
	}
	return flate.NewReader(r)
}

// inflater is what flate.NewReader returns.
type inflater interface {
	io.ReadCloser
	flate.Resetter
}

// zipLZMA decompresses LZMA as zip archives have it: a version, the length of the properties, the
// properties. What ends without a mark ends at its size.
func zipLZMA(r io.Reader, e *zipEntry) (io.Reader, error) {
	const marked = 1 << 1
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint16(head[2:]) != 5 {
		return nil, errors.New("the properties of LZMA are not known")
	}
	size := int64(-1)
	if e.flags&marked == 0 {
		size = e.size
	}
	return newLZMA(r, head[4], int64(min(binary.LittleEndian.Uint32(head[5:]), maxDictionary)), size)
}

func (z *zipFile) isHidden(e *zipEntry) bool { return z.local[e.header] == nil }

// checkedCRC bounds the content whose CRC is computed.
const checkedCRC = 64 << 20

// checkCRC reports a pickle whose CRC is wrong: zip tools refuse it, torch.load does not.
func (z *zipFile) checkCRC(e *zipEntry, inner *object) {
	if z.isHidden(e) || e.size > checkedCRC {
		return
	}
	h := crc32.NewIEEE()
	n, err := io.Copy(h, io.NewSectionReader(inner.r, 0, e.size))
	if err == nil && n == e.size && h.Sum32() != e.crc {
		z.mismatch(e, "does not have the CRC that the directory says")
	}
}
