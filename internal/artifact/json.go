package artifact

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding/json is of no use here: what a file means is what its loader makes of it. Python's
// json takes NaN, Infinity and UTF-16, and the last of equal keys; a file that only this reader
// refuses would go unread.

var errJSON = errors.New("not JSON from here on")

// jsonDepth is deeper than Python's json goes.
const jsonDepth = 2000

// jsonScanner reads JSON token by token. The first error stays.
type jsonScanner struct {
	in  *bufio.Reader
	off int64
	err error
	// python allows what Python's json does beyond the standard.
	python bool
	text   []byte
}

func newJSONScanner(r io.Reader, python bool) *jsonScanner {
	return &jsonScanner{in: bufio.NewReader(r), python: python}
}

func (s *jsonScanner) fail() {
	if s.err == nil {
		s.err = errJSON
	}
}

func (s *jsonScanner) read() byte {
	c, err := s.in.ReadByte()
	if err != nil {
		if err != io.EOF && s.err == nil {
			s.err = err
		}
		s.fail()
		return 0
	}
	s.off++
	return c
}

// peek returns the next byte that is no blank, without taking it; 0 at the end.
func (s *jsonScanner) peek() byte {
	for s.err == nil {
		b, err := s.in.Peek(1)
		if err != nil {
			if err != io.EOF {
				s.err = err
			}
			return 0
		}
		if c := b[0]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.read()
	}
	return 0
}

// take takes c if it comes next.
func (s *jsonScanner) take(c byte) bool {
	if s.peek() != c || s.err != nil {
		return false
	}
	s.read()
	return true
}

// expect takes c, which must come next.
func (s *jsonScanner) expect(c byte) {
	if !s.take(c) {
		s.fail()
	}
}

// string reads a string.
func (s *jsonScanner) string() string {
	s.expect('"')
	s.text = s.text[:0]
	for s.err == nil {
		c := s.read()
		switch {
		case s.err != nil:
		case c == '"':
			return string(s.text)
		case c == '\\':
			s.escape()
		case c < ' ':
			s.fail()
		default:
			s.text = append(s.text, c)
		}
	}
	return ""
}

func (s *jsonScanner) escape() {
	c := s.read()
	if c != 'u' {
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			s.fail()
			return
		}
		s.text = append(s.text, "\"\\/\b\f\n\r\t"[i])
		return
	}
	r := s.hex4()
	if utf16.IsSurrogate(r) {
		if b, _ := s.in.Peek(2); string(b) == `\u` {
			s.read()
			s.read()
			low := s.hex4()
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				r = both
			} else {
				s.text = utf8.AppendRune(s.text, utf8.RuneError)
				r = low
			}
		}
	}
	s.text = utf8.AppendRune(s.text, r)
}

func (s *jsonScanner) hex4() rune {
	var r rune
	for range 4 {
		d := digit(s.read())
		if d < 0 {
			s.fail()
			return 0
		}
		r = r<<4 | rune(d)
	}
	return r
}

// scalar reads a number or one of the words.
func (s *jsonScanner) scalar() string {
	s.peek()
	s.text = s.text[:0]
	for s.err == nil {
		b, _ := s.in.Peek(1)
		if len(b) == 0 || !isWord(b[0]) {
			break
		}
		s.text = append(s.text, s.read())
		if len(s.text) > textLimit {
			s.fail()
		}
	}
	word := string(s.text)
	if !isJSONNumber(word) && word != "true" && word != "false" && word != "null" &&
		!(s.python && (word == "NaN" || word == "Infinity" || word == "-Infinity")) {
		s.fail()
	}
	return word
}

// isJSONNumber tells whether s is a number as the standard writes them.
func isJSONNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && s[0]|0x20 == 'e' {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

// digits counts the digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// skip passes a value of any kind. Its depth is counted, not followed.
func (s *jsonScanner) skip() {
	var closing []byte
	for s.err == nil {
		switch c := s.peek(); c {
		case '{', '[':
			s.read()
			if len(closing) >= jsonDepth {
				s.err = &limitError{"levels of JSON", jsonDepth}
				return
			}
			closing = append(closing, c+2) // "{" and "}", "[" and "]" lie two apart
			if s.take(c + 2) {
				closing = closing[:len(closing)-1]
				break
			}
			if c == '{' {
				s.key()
			}
			continue
		case '"':
			_ = s.string()
		default:
			_ = s.scalar()
		}
		for s.err == nil && len(closing) > 0 && s.take(closing[len(closing)-1]) {
			closing = closing[:len(closing)-1]
		}
		if len(closing) == 0 {
			return
		}
		s.expect(',')
		if closing[len(closing)-1] == '}' {
			s.key()
		}
	}
}

func (s *jsonScanner) key() string {
	k := s.string()
	s.expect(':')
	return k
}

// jsonKind is the kind of a value.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonWord          // a number, true or false
	jsonString
	jsonList
	jsonObject
)

// jsonValue is a value in a tree.
type jsonValue struct {
	kind jsonKind
	at   int32
	// text is what a string or word says.
	text string
	// items are a list's items, or an object's keys and values in turn.
	items []jsonValue
}

// jsonNodes bounds a tree.
const jsonNodes = 500_000

// parseJSON reads a configuration as Python's json.loads does. What came before an error is
// returned with it.
func parseJSON(b []byte) (*jsonValue, error) {
	p := &jsonParser{s: newJSONScanner(bytes.NewReader(decodeText(b)), true)}
	v := p.value(0)
	if p.s.err == nil && p.s.peek() != 0 {
		p.s.fail()
	}
	return &v, p.s.err
}

type jsonParser struct {
	s     *jsonScanner
	nodes int
}

func (p *jsonParser) value(depth int) jsonValue {
	p.nodes++
	if p.nodes > jsonNodes {
		p.s.err = &limitError{"values of JSON", jsonNodes}
		return jsonValue{}
	}
	if depth > jsonDepth {
		p.s.err = &limitError{"levels of JSON", jsonDepth}
		return jsonValue{}
	}
	c := p.s.peek()
	v := jsonValue{at: int32(min(p.s.off, 1<<31-1))}
	switch c {
	case '"':
		v.kind, v.text = jsonString, p.s.string()
	case '[':
		v.kind = jsonList
		p.s.read()
		for more := !p.s.take(']'); more && p.s.err == nil; more = p.more(']') {
			v.items = append(v.items, p.value(depth+1))
		}
	case '{':
		v.kind = jsonObject
		p.s.read()
		for more := !p.s.take('}'); more && p.s.err == nil; more = p.more('}') {
			key := jsonValue{kind: jsonString, at: int32(min(p.s.off, 1<<31-1)), text: p.s.key()}
			v.items = append(v.items, key, p.value(depth+1))
		}
	default:
		if v.text = p.s.scalar(); v.text != "null" {
			v.kind = jsonWord
		}
	}
	return v
}

// more takes the comma before another item, or the end of the list or object.
func (p *jsonParser) more(end byte) bool {
	if p.s.take(end) {
		return false
	}
	p.s.expect(',')
	return p.s.err == nil
}

// get returns what an object holds under a key, the last where there are several; nil where
// it holds nothing or is no object.
func (v *jsonValue) get(key string) *jsonValue {
	if v == nil || v.kind != jsonObject {
		return nil
	}
	for i := len(v.items) - 2; i >= 0; i -= 2 {
		if v.items[i].text == key {
			return &v.items[i+1]
		}
	}
	return nil
}

// str is the string that v is; "" for anything else.
func (v *jsonValue) str() string {
	if v == nil || v.kind != jsonString {
		return ""
	}
	return v.text
}

// decodeText makes UTF-8 of what Python's json and Jinja's loaders read: UTF-8 with or without a
// byte order mark, UTF-16 and UTF-32.
func decodeText(b []byte) []byte {
	le, be := binary.ByteOrder(binary.LittleEndian), binary.ByteOrder(binary.BigEndian)
	at := func(i int) byte {
		if i < len(b) {
			return b[i]
		}
		return 1
	}
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return b[3:]
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}):
		return decodeUnits(b[4:], le, 4)
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return decodeUnits(b[4:], be, 4)
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return decodeUnits(b[2:], le, 2)
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return decodeUnits(b[2:], be, 2)
	case at(0) == 0 && at(1) == 0:
		return decodeUnits(b, be, 4)
	case at(0) == 0:
		return decodeUnits(b, be, 2)
	case at(1) == 0 && at(2) == 0 && at(3) == 0:
		return decodeUnits(b, le, 4)
	case at(1) == 0:
		return decodeUnits(b, le, 2)
	}
	return b
}

func decodeUnits(b []byte, order binary.ByteOrder, width int) []byte {
	out := make([]byte, 0, len(b)/width)
	var high rune
	for ; len(b) >= width; b = b[width:] {
		if width == 4 {
			out = utf8.AppendRune(out, rune(order.Uint32(b)&0x7fffffff))
			continue
		}
		r := rune(order.Uint16(b))
		switch {
		case high != 0:
			out = utf8.AppendRune(out, utf16.DecodeRune(high, r))
			high = 0
		case utf16.IsSurrogate(r):
			high = r
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}
