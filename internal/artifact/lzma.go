package artifact

import (
	"bufio"
	"errors"
	"io"
	"math"
)

// This file decompresses LZMA (lzma-specification.txt of the LZMA SDK) and LZMA2. It gives all that
// comes before damage, as the decompressors of loaders do, and its memory grows with what it yields
// rather than with what the file claims.

var errLZMA = errors.New("the compressed data is damaged")

// lzmaWindow is the dictionary: what was yielded last.
type lzmaWindow struct {
	buf []byte
	// limit is how large it becomes, at where the next byte goes once it is full.
	limit, at int
	// total counts the bytes since the dictionary was emptied.
	total int64
	// out are bytes that nobody has read yet.
	out []byte
}

func (w *lzmaWindow) put(b byte) {
	if len(w.buf) < w.limit {
		w.buf = append(w.buf, b)
	} else {
		w.buf[w.at] = b
		if w.at++; w.at == w.limit {
			w.at = 0
		}
	}
	w.total++
	w.out = append(w.out, b)
}

// back is the byte at a distance from the end, of which there are that many.
func (w *lzmaWindow) back(distance int) byte {
	i := w.at - distance
	if len(w.buf) < w.limit {
		i = len(w.buf) - distance
	}
	if i < 0 {
		i += len(w.buf)
	}
	return w.buf[i]
}

func (w *lzmaWindow) reset() { w.buf, w.at, w.total = w.buf[:0], 0, 0 }

// The numbers of the format.
const (
	lzmaStates   = 12
	lzmaPosBits  = 4
	lzmaProbBits = 11
	lzmaHalf     = 1 << (lzmaProbBits - 1)
	lzmaEndMark  = math.MaxUint32
)

type lzmaLength struct {
	choice, choice2 uint16
	low, mid        [1 << lzmaPosBits][8]uint16
	high            [256]uint16
}

// lzmaModel is what is learnt from the data, and the state of the range coder.
type lzmaModel struct {
	in   io.ByteReader
	err  error
	span uint32
	code uint32

	lc, lp, pb              uint
	state                   uint32
	reps                    [4]uint32
	literal                 []uint16
	isMatch, isRep0Long     [lzmaStates << lzmaPosBits]uint16
	isRep, isG0, isG1, isG2 [lzmaStates]uint16
	slots                   [4][64]uint16
	distances               [128]uint16
	align                   [16]uint16
	length, repLength       lzmaLength
}

// properties takes the byte that says how literals are told apart.
func (m *lzmaModel) properties(b byte) bool {
	if b >= 9*5*5 {
		return false
	}
	m.lc, m.lp, m.pb = uint(b%9), uint(b/9%5), uint(b/45)
	return true
}

func halve(list ...[]uint16) {
	for _, probs := range list {
		for i := range probs {
			probs[i] = lzmaHalf
		}
	}
}

// reset forgets what was learnt.
func (m *lzmaModel) reset() {
	m.state, m.reps = 0, [4]uint32{}
	if n := 0x300 << (m.lc + m.lp); cap(m.literal) < n {
		m.literal = make([]uint16, n)
	} else {
		m.literal = m.literal[:n]
	}
	halve(m.literal, m.isMatch[:], m.isRep0Long[:], m.isRep[:], m.isG0[:], m.isG1[:], m.isG2[:], m.distances[:], m.align[:])
	for i := range m.slots {
		halve(m.slots[i][:])
	}
	for _, l := range []*lzmaLength{&m.length, &m.repLength} {
		l.choice, l.choice2 = lzmaHalf, lzmaHalf
		halve(l.high[:])
		for i := range l.low {
			halve(l.low[i][:], l.mid[i][:])
		}
	}
}

func (m *lzmaModel) byte() uint32 {
	b, err := m.in.ReadByte()
	if err != nil && m.err == nil {
		if m.err = err; err == io.EOF {
			m.err = errLZMA
		}
	}
	return uint32(b)
}

// start begins a stream of the range coder.
func (m *lzmaModel) start() {
	if m.byte() != 0 && m.err == nil {
		m.err = errLZMA
	}
	m.span, m.code = math.MaxUint32, 0
	for range 4 {
		m.code = m.code<<8 | m.byte()
	}
}

func (m *lzmaModel) normalize() {
	if m.span < 1<<24 {
		m.span <<= 8
		m.code = m.code<<8 | m.byte()
	}
}

func (m *lzmaModel) bit(prob *uint16) uint32 {
	p := uint32(*prob)
	bound := m.span >> lzmaProbBits * p
	bit := uint32(0)
	if m.code < bound {
		m.span = bound
		*prob += uint16((1<<lzmaProbBits - p) >> 5)
	} else {
		m.span -= bound
		m.code -= bound
		*prob -= uint16(p >> 5)
		bit = 1
	}
	m.normalize()
	return bit
}

func (m *lzmaModel) direct(n uint) (v uint32) {
	for range n {
		m.span >>= 1
		bit := uint32(0)
		if m.code >= m.span {
			m.code -= m.span
			bit = 1
		}
		v = v<<1 | bit
		m.normalize()
	}
	return v
}

func (m *lzmaModel) tree(probs []uint16, bits uint) uint32 {
	v := uint32(1)
	for range bits {
		v = v<<1 | m.bit(&probs[v])
	}
	return v - 1<<bits
}

func (m *lzmaModel) reverse(probs []uint16, bits uint) (v uint32) {
	at := uint32(1)
	for i := range bits {
		b := m.bit(&probs[at])
		at = at<<1 | b
		v |= b << i
	}
	return v
}

func (m *lzmaModel) lengthOf(l *lzmaLength, pos uint32) uint32 {
	switch {
	case m.bit(&l.choice) == 0:
		return m.tree(l.low[pos][:], 3)
	case m.bit(&l.choice2) == 0:
		return 8 + m.tree(l.mid[pos][:], 3)
	}
	return 16 + m.tree(l.high[:], 8)
}

func (m *lzmaModel) distance(length uint32) uint32 {
	slot := m.tree(m.slots[min(length, 3)][:], 6)
	if slot < 4 {
		return slot
	}
	bits := uint(slot>>1 - 1)
	d := (2 | slot&1) << bits
	if slot < 14 {
		return d + m.reverse(m.distances[d-slot:], bits)
	}
	d += m.direct(bits-4) << 4
	return d + m.reverse(m.align[:], 4)
}

// symbol decodes one literal or match of at most left bytes. ended is set at the mark of the end.
func (m *lzmaModel) symbol(w *lzmaWindow, left int64) (ended bool) {
	pos := uint32(w.total) & (1<<m.pb - 1)
	if m.bit(&m.isMatch[m.state<<lzmaPosBits+pos]) == 0 {
		m.literalByte(w)
		return false
	}
	length := uint32(0)
	switch {
	case m.bit(&m.isRep[m.state]) == 0:
		copy(m.reps[1:], m.reps[:3])
		length = m.lengthOf(&m.length, pos)
		m.state = choose(m.state < 7, 7, 10)
		if m.reps[0] = m.distance(length); m.reps[0] == lzmaEndMark {
			return true
		}
	case w.total == 0:
		m.fail()
		return false
	case m.bit(&m.isG0[m.state]) == 0:
		if m.bit(&m.isRep0Long[m.state<<lzmaPosBits+pos]) == 0 {
			m.state = choose(m.state < 7, 9, 11)
			m.repeat(w, 1)
			return false
		}
		length = m.repeated(pos)
	default:
		i := 1
		if m.bit(&m.isG1[m.state]) != 0 {
			i = 2 + int(m.bit(&m.isG2[m.state]))
		}
		d := m.reps[i]
		copy(m.reps[1:i+1], m.reps[:i])
		m.reps[0] = d
		length = m.repeated(pos)
	}
	m.repeat(w, min(int64(length)+2, left))
	return false
}

func choose(first bool, a, b uint32) uint32 {
	if first {
		return a
	}
	return b
}

func (m *lzmaModel) fail() {
	if m.err == nil {
		m.err = errLZMA
	}
}

func (m *lzmaModel) repeated(pos uint32) uint32 {
	n := m.lengthOf(&m.repLength, pos)
	m.state = choose(m.state < 7, 8, 11)
	return n
}

// repeat copies n bytes from the last distance.
func (m *lzmaModel) repeat(w *lzmaWindow, n int64) {
	d := int64(m.reps[0]) + 1
	if m.err != nil {
		return
	}
	if d > int64(len(w.buf)) {
		m.fail()
		return
	}
	for range n {
		w.put(w.back(int(d)))
	}
}

func (m *lzmaModel) literalByte(w *lzmaWindow) {
	before := uint32(0)
	if len(w.buf) > 0 {
		before = uint32(w.back(1))
	}
	probs := m.literal[0x300*((uint32(w.total)&(1<<m.lp-1))<<m.lc+before>>(8-m.lc)):]
	v := uint32(1)
	if m.state >= 7 {
		d := int64(m.reps[0]) + 1
		if d > int64(len(w.buf)) {
			m.fail()
			return
		}
		match := uint32(w.back(int(d)))
		for v < 0x100 {
			likely := match >> 7 & 1
			match <<= 1
			bit := m.bit(&probs[(1+likely)<<8+v])
			if v = v<<1 | bit; likely != bit {
				break
			}
		}
	}
	for v < 0x100 {
		v = v<<1 | m.bit(&probs[v])
	}
	switch {
	case m.state < 4:
		m.state = 0
	case m.state < 10:
		m.state -= 3
	default:
		m.state -= 6
	}
	if m.err == nil {
		w.put(byte(v))
	}
}

// lzmaReader reads LZMA, or the chunks of LZMA2.
type lzmaReader struct {
	m lzmaModel
	w lzmaWindow
	// left is what is still to come, of the chunk in LZMA2.
	left int64
	// next begins the next chunk; nil in LZMA.
	next  func() error
	plain bool // the chunk is not compressed
	err   error
}

// byteReader gives a reader byte by byte.
func byteReader(r io.Reader) io.ByteReader {
	if b, ok := r.(io.ByteReader); ok {
		return b
	}
	return bufio.NewReader(r)
}

// newLZMA reads LZMA of size bytes, or up to its mark where size is negative.
func newLZMA(r io.Reader, properties byte, dictionary, size int64) (io.Reader, error) {
	l := &lzmaReader{left: size, w: lzmaWindow{limit: int(max(dictionary, 1<<12))}}
	l.m.in = byteReader(r)
	if size < 0 {
		l.left = math.MaxInt64
	}
	if !l.m.properties(properties) {
		return nil, errLZMA
	}
	l.m.reset()
	l.m.start()
	return l, nil
}

// newLZMA2 reads LZMA2; it takes no byte of r behind the end.
func newLZMA2(r io.ByteReader, dictionary int64) *lzmaReader {
	l := &lzmaReader{}
	l.m.in = r
	l.next = l.chunk
	l.again(dictionary)
	return l
}

// again begins anew with what follows in the reader.
func (l *lzmaReader) again(dictionary int64) {
	l.w.reset()
	l.w.limit, l.w.out = int(max(dictionary, 1<<12)), l.w.out[:0]
	l.left, l.err = 0, nil
	l.m.err = nil
}

// chunk begins a chunk of LZMA2.
func (l *lzmaReader) chunk() error {
	m := &l.m
	control := m.byte()
	if m.err != nil {
		return m.err
	}
	if control == 0 {
		return io.EOF
	}
	if control == 1 || control >= 0xe0 {
		l.w.reset()
	}
	size := int64(m.byte())<<8 | int64(m.byte())
	l.plain = control < 0x80
	switch {
	case control <= 2:
		l.left = size + 1
		return m.err
	case l.plain:
		return errLZMA
	}
	l.left = int64(control&0x1f)<<16 + size + 1
	m.byte()
	m.byte() // how long the chunk is, which its content tells, too
	if control >= 0xc0 && !m.properties(byte(m.byte())) {
		return errLZMA
	}
	if control >= 0xa0 {
		m.reset()
	}
	if m.literal == nil {
		return errLZMA
	}
	m.start()
	return m.err
}

// Read implements io.Reader.
func (l *lzmaReader) Read(p []byte) (int, error) {
	for len(l.w.out) < len(p) && l.err == nil {
		switch {
		case l.left == 0 && l.next == nil:
			l.err = io.EOF
		case l.left == 0:
			l.err = l.next()
		case l.plain:
			b := byte(l.m.byte())
			if l.err = l.m.err; l.err == nil {
				l.w.put(b)
				l.left--
			}
		default:
			before := len(l.w.out)
			ended := l.m.symbol(&l.w, l.left)
			l.left -= int64(len(l.w.out) - before)
			if l.err = l.m.err; ended && l.err == nil {
				if l.left, l.err = 0, io.EOF; l.next != nil {
					l.err = errLZMA
				}
			}
		}
	}
	n := copy(p, l.w.out)
	l.w.out = l.w.out[:copy(l.w.out, l.w.out[n:])]
	if n == 0 && len(p) > 0 {
		return 0, l.err
	}
	return n, nil
}
