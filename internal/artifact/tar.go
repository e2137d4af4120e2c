package artifact

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// tarHeader is a header of a tar archive as far as it decides what is read.
type tarHeader struct {
	name string
	kind byte
	size int64
}

// tarBlock is the length of a header, and what content is filled up to.
const tarBlock = 512

// isTar tells a tar archive by the checksum of its first header, which old archives have too.
func isTar(_ *object, head []byte) bool {
	_, ok := readTarHeader(head)
	return ok
}

// readTarHeader reads a header whose checksum is right. Other fields may be nonsense: loaders
// differ in which of them they look at.
func readTarHeader(b []byte) (h tarHeader, ok bool) {
	if len(b) < tarBlock {
		return h, false
	}
	b = b[:tarBlock]
	want, ok := tarNumber(b[148:156])
	if !ok || want == 0 {
		return h, false
	}
	unsigned, signed := int64(0), int64(0) // some writers took bytes for signed numbers
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned, signed = unsigned+int64(c), signed+int64(int8(c))
	}
	if unsigned != want && signed != want {
		return h, false
	}
	h = tarHeader{name: tarText(b[:100]), kind: b[156]}
	h.size, ok = tarNumber(b[124:136])
	if prefix := tarText(b[345:500]); prefix != "" && string(b[257:263]) == "ustar\x00" {
		h.name = prefix + "/" + h.name
	}
	if h.kind >= '1' && h.kind <= '6' { // which have no content, whatever they claim
		return h, true
	}
	return h, ok && h.size >= 0
}

func tarText(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return text
}

// tarNumber reads a number in octal digits, or in base 256 where the first bit is set.
func tarNumber(b []byte) (int64, bool) {
	if b[0]&0x80 != 0 {
		n := int64(b[0] & 0x7f)
		for _, c := range b[1:] {
			if n > unbounded>>8 {
				return 0, false
			}
			n = n<<8 | int64(c)
		}
		return n, n <= unbounded
	}
	text := strings.TrimFunc(tarText(b), func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f })
	digits := strings.ReplaceAll(text, "_", "") // Python's int takes underscores
	if digits == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(digits), "0o"), 8, 64)
	return n, err == nil && n >= 0
}

// tar looks at the members of a tar archive. Torch's first format is one of three pickles. The
// headers are read as Python's tarfile does, which takes more for members than others: each kind
// that it does not know is a file to it, and of extended headers it leaves out what is malformed.
func (s *scan) tar(o *object) {
	var l layout
	var later []laterMember
	defer func() { s.readLater(o, l, later) }()
	var name string // of the next member, by a header of its own
	size := int64(-1)
	at := int64(0)
	for headers := 0; s.ctx.Err() == nil; headers++ {
		block := make([]byte, tarBlock)
		if n, _ := o.r.ReadAt(block, at); n < tarBlock || len(bytes.Trim(block, "\x00")) == 0 {
			return
		}
		h, ok := readTarHeader(block)
		if !ok {
			s.cut(o, "the tar archive is damaged; members behind the damage were not looked at", true)
			return
		}
		if headers > 4*s.limits.Members {
			s.cut(o, "more members than the limit; the rest was not looked at", false)
			return
		}
		at += tarBlock
		content := at
		switch h.kind {
		case 'L', 'x', 'X', 'g', 'K':
			body := make([]byte, min(h.size, tarExtra))
			n, _ := o.r.ReadAt(body, at)
			switch h.kind {
			case 'L':
				name = tarText(body[:n])
			case 'x', 'X':
				name, size = paxFields(body[:n], name, size)
			}
			at = sum(at, tarFilled(h.size))
			continue
		case '1', '2', '3', '4', '5', '6': // links, devices and folders have no content
			name, size = "", -1
			continue
		case 'S':
			if block[482] != 0 {
				if content, ok = s.tarSparse(o, at); !ok {
					return
				}
			}
		}
		if name != "" {
			h.name = name
		}
		if size >= 0 {
			h.size = size
		}
		name, size = "", -1
		at = sum(content, tarFilled(h.size))
		if h.size == 0 || content >= o.size {
			continue
		}
		if !s.enter(o) {
			return
		}
		h.size = min(h.size, o.size-content)
		l = l.with(h.name)
		if textMember(h.name) {
			later = append(later, laterMember{h.name, content, h.size})
		}
		s.look(o.inside(printable(h.name), io.NewSectionReader(o.r, content, h.size), h.size))
	}
}

// tarExtra bounds what is read of a header that only says more about the next member.
const tarExtra = 64 << 10

// tarFilled is how much room content takes.
func tarFilled(size int64) int64 { return sum(size, tarBlock-1) / tarBlock * tarBlock }

// tarSparse goes over the blocks that say where the parts of a sparse file belong.
func (s *scan) tarSparse(o *object, at int64) (int64, bool) {
	for block := make([]byte, tarBlock); s.ctx.Err() == nil; {
		if n, _ := o.r.ReadAt(block, at); n < tarBlock {
			return 0, false
		}
		at += tarBlock
		if block[504] == 0 {
			return at, true
		}
	}
	return 0, false
}

// paxFields reads the records of an extended header, "LENGTH KEY=VALUE\n", up to the first that is
// none.
func paxFields(b []byte, name string, size int64) (string, int64) {
	for len(b) > 0 {
		digits, _, ok := bytes.Cut(b, []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if !ok || err != nil || n <= len(digits)+1 || n > len(b) {
			break
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(string(b[len(digits)+1:n]), "\n"), "=")
		switch key {
		case "path":
			name = value
		case "size":
			if v, err := strconv.ParseInt(value, 10, 64); err == nil && v >= 0 {
				size = v
			}
		}
		b = b[n:]
	}
	return name, size
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
	inner := &object{r: io.NewSectionReader(o.r, at, o.size-at), size: o.size - at, path: o.path, member: o.member, format: Pickle}
	if !holdsObjects(header[:n]) {
		// What a header says can be spelt in many ways ('i4,O'); what follows it is plain.
		start := make([]byte, 16)
		m, _ := inner.r.ReadAt(start, 0)
		if plainType(header[:n]) || !isPickle(inner, start[:m]) && !namesInText(inner, start[:m]) {
			return
		}
	}
	s.pickleAt(inner, at)
}

// plainType tells a header of numbers or texts of one kind, as numpy writes it: {'descr': '<f4', …
func plainType(header []byte) bool {
	_, rest, ok := bytes.Cut(header, []byte("'descr':"))
	rest = bytes.TrimLeft(rest, " ")
	if !ok || len(rest) < 4 || rest[0] != '\'' {
		return false
	}
	kind, _, ok := bytes.Cut(rest[1:], []byte("'"))
	kind = bytes.TrimLeft(kind, "<>|=")
	return ok && len(kind) > 0 && kind[0] != 'O' && bytes.IndexByte([]byte("?bBhHiIuUlLqQefdgFDGSVmMac"), kind[0]) >= 0 &&
		len(bytes.Trim(kind[1:], "0123456789[]smhunpfDWMYa")) == 0
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
