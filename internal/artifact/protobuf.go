package artifact

import (
	"encoding/binary"
	"errors"
)

// Wire types of protocol buffers, https://protobuf.dev/programming-guides/encoding/.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wireStart  = 3
	wireEnd    = 4
	wire32     = 5
)

// protoDepth is how deeply messages nest at most. The readers of ONNX and TensorFlow refuse more
// than 100 levels.
const protoDepth = 100

var (
	errProto     = errors.New("not a protocol buffer from here on")
	errProtoDeep = &limitError{"levels of messages", protoDepth}
)

// message is an encoded protocol buffer within a file, read field by field. Fields that are
// not entered are not read, however long they are.
type message struct {
	w        *window
	pos, end int64
	depth    int
}

// field is one field of a message.
type field struct {
	num  int
	wire int
	// at is where the field's key starts.
	at int64
	// value holds a number.
	value uint64
	// start and end delimit what a field of wire type wireBytes holds.
	start, end int64
}

// protoFile is a file as a message.
func protoFile(w *window) *message { return &message{w: w, end: w.size} }

// next reads the next field. It returns false at the end and where the bytes are no field; the
// window then holds the error.
func (m *message) next() (field, bool) {
	for m.w.step() && m.pos < m.end {
		if m.depth == 0 && len(m.w.peek(m.pos, 1)) == 0 {
			break // the length of a decompressed member is not always known
		}
		f, ok := m.read()
		if !ok {
			m.w.fail(errProto)
			break
		}
		if f.wire != wireStart {
			return f, true
		}
		// Nobody writes groups; readers skip them as unknown.
		if !m.skipGroup() {
			m.w.fail(errProto)
			break
		}
	}
	return field{}, false
}

func (m *message) read() (field, bool) {
	f := field{at: m.pos}
	key, ok := m.varint()
	if !ok || key>>3 == 0 || key>>32 != 0 {
		return f, false
	}
	f.num, f.wire = int(key>>3), int(key&7)
	switch f.wire {
	case wireVarint:
		f.value, ok = m.varint()
		return f, ok
	case wire64:
		f.value, ok = m.fixed(8)
		return f, ok
	case wire32:
		f.value, ok = m.fixed(4)
		return f, ok
	case wireBytes:
		n, ok := m.varint()
		if !ok || n > uint64(m.end-m.pos) {
			return f, false
		}
		f.start, f.end = m.pos, m.pos+int64(n)
		m.pos = f.end
		return f, true
	case wireStart, wireEnd:
		return f, true
	}
	return f, false
}

// skipGroup reads to the end of a group. Its depth is counted, not followed.
func (m *message) skipGroup() bool {
	for open := 1; open > 0; {
		if !m.w.step() || m.pos >= m.end {
			return false
		}
		f, ok := m.read()
		switch {
		case !ok:
			return false
		case f.wire == wireStart:
			open++
		case f.wire == wireEnd:
			open--
		}
	}
	return true
}

func (m *message) varint() (uint64, bool) {
	b := m.w.peek(m.pos, int(min(binary.MaxVarintLen64, m.end-m.pos)))
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, false
	}
	m.pos += int64(n)
	return v, true
}

func (m *message) fixed(n int) (uint64, bool) {
	if m.end-m.pos < int64(n) {
		return 0, false
	}
	v := m.w.uint(m.pos, n)
	m.pos += int64(n)
	return v, m.w.err == nil
}

// enter is the message that a field holds; nil where it holds none. Deeper than any loader
// would go it holds none either.
func (m *message) enter(f field) *message {
	if f.wire != wireBytes {
		return &message{w: m.w, depth: m.depth}
	}
	if m.depth >= protoDepth {
		m.w.fail(errProtoDeep)
	}
	return &message{w: m.w, pos: f.start, end: f.end, depth: m.depth + 1}
}

// textLimit bounds the names and paths that are kept of a file.
const textLimit = 4096

// text is what a field of bytes holds, cut at textLimit.
func (m *message) text(f field) string {
	if f.wire != wireBytes {
		return ""
	}
	return m.w.text(f.start, f.end-f.start, textLimit)
}
