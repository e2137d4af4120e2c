package artifact

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding/json is of no use here: what a file means is what its loader makes of it. Python's
// json takes NaN, Infinity and UTF-16, and the last of equal keys; a file that only this reader
// refuses would go unread.

var errJSON = errors.New("not JSON from here on")

const (
	// jsonDepth is deeper than what is built out of a configuration goes.
	jsonDepth = 2000
	// jsonSkipped bounds the depth of what is passed over.
	jsonSkipped = 1_000_000
)

// jsonScanner reads JSON token by token. The first error stays.
type jsonScanner struct {
	in  io.Reader
	buf []byte
	i   int   // the next byte in buf
	at  int64 // the offset of buf[0]
	eof bool
	err error
	// python allows what Python's json does beyond the standard.
	python bool
	text   []byte
}

// newJSONScanner reads r, whose first byte is at an offset of the file.
func newJSONScanner(r io.Reader, at int64, python bool) *jsonScanner {
	return &jsonScanner{in: r, at: at, python: python}
}

func (s *jsonScanner) fail() {
	if s.err == nil {
		s.err = errJSON
	}
}

// off is the offset of the next byte.
func (s *jsonScanner) off() int64 { return s.at + int64(s.i) }

// more makes at least one byte available.
func (s *jsonScanner) more() bool {
	if s.i < len(s.buf) {
		return true
	}
	if s.eof {
		return false
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, jumpSize)
	} else if cap(s.buf) < windowSize {
		s.buf = make([]byte, 0, windowSize)
	}
	s.at, s.i = s.off(), 0
	n, err := io.ReadAtLeast(s.in, s.buf[:cap(s.buf)], 1)
	s.buf = s.buf[:n]
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && s.err == nil {
			s.err = err
		}
	}
	return n > 0
}

func (s *jsonScanner) read() byte {
	if !s.more() {
		s.fail()
		return 0
	}
	c := s.buf[s.i]
	s.i++
	return c
}

// peek returns the next byte that is no blank, without taking it; 0 at the end.
func (s *jsonScanner) peek() byte {
	for s.err == nil && s.more() {
		if c := s.buf[s.i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.i++
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
	s.quoted()
	if !s.python && !utf8.Valid(s.text) {
		s.fail()
	}
	if s.err != nil {
		return ""
	}
	return string(s.text)
}

// quoted reads a string into s.text.
func (s *jsonScanner) quoted() {
	s.expect('"')
	s.text = s.text[:0]
	for s.err == nil && s.more() {
		// The run up to the next byte that means something.
		rest := s.buf[s.i:]
		n := 0
		for n < len(rest) && rest[n] != '"' && rest[n] != '\\' && rest[n] >= ' ' {
			n++
		}
		s.text = append(s.text, rest[:n]...)
		if s.i += n; n == len(rest) {
			continue
		}
		switch s.read() {
		case '"':
			return
		case '\\':
			s.escape()
		default:
			s.fail()
		}
	}
	s.fail()
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
		// The other half follows; what does not belong to this one is read for itself.
		if s.more() && s.buf[s.i] == '\\' {
			s.read()
			if s.more() && s.buf[s.i] != 'u' {
				s.text = utf8.AppendRune(s.text, r)
				s.escape()
				return
			}
			s.read()
			low := s.hex4()
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				r = both
			} else {
				s.text = utf8.AppendRune(s.text, r)
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

// scalar reads a number or one of the words into s.text.
func (s *jsonScanner) scalar() {
	s.peek()
	s.text = s.text[:0]
	for s.err == nil && s.more() && isWord(s.buf[s.i]) {
		s.text = append(s.text, s.buf[s.i])
		s.i++
		if len(s.text) > textLimit {
			s.fail()
		}
	}
	switch string(s.text) {
	case "true", "false", "null":
	case "NaN", "Infinity", "-Infinity":
		if !s.python {
			s.fail()
		}
	default:
		if !isJSONNumber(s.text) {
			s.fail()
		}
	}
}

// isJSONNumber tells whether s is a number as the standard writes them.
func isJSONNumber(s []byte) bool {
	s = bytes.TrimPrefix(s, []byte("-"))
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if len(s) > 0 && s[0] == '.' {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if len(s) > 0 && s[0]|0x20 == 'e' {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return len(s) == 0
}

// digits counts the digits that s starts with.
func digits(s []byte) int {
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
			if len(closing) >= jsonSkipped {
				s.err = &limitError{"levels of JSON", jsonSkipped}
				return
			}
			closing = append(closing, c+2) // "{" and "}", "[" and "]" lie two apart
			if s.take(c + 2) {
				closing = closing[:len(closing)-1]
				break
			}
			if c == '{' {
				s.skipKey()
			}
			continue
		case '"':
			s.quoted()
		default:
			s.scalar()
		}
		for s.err == nil && len(closing) > 0 && s.take(closing[len(closing)-1]) {
			closing = closing[:len(closing)-1]
		}
		if len(closing) == 0 {
			return
		}
		s.expect(',')
		if closing[len(closing)-1] == '}' {
			s.skipKey()
		}
	}
}

func (s *jsonScanner) skipKey() {
	s.quoted()
	s.expect(':')
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
	// text is what a string says.
	text string
	// items are a list's items, or an object's keys and values in turn.
	items []jsonValue
}

// jsonNodes bounds the values that are kept of a file.
const jsonNodes = 500_000

// jsonParser makes trees of what a scanner reads: whole ones, or of those parts that a reader
// asks for, so that nobody can hide behind a mass of others.
type jsonParser struct {
	s *jsonScanner
	// keep are the keys whose values are kept; nil keeps all.
	keep map[string]bool
	// closed, if set, is told of each object when it ends, and everything is looked into; without
	// it, what is not kept is skipped. Of lists the first few items are kept then.
	closed func(*jsonValue)
	// opened is told of each object when it begins.
	opened func()
	// listless keeps no items of lists.
	listless bool
	nodes    int
}

// parseJSON reads a configuration as Python's json.loads does. What came before an error is
// returned with it.
func parseJSON(r io.Reader, keep map[string]bool) (*jsonValue, error) {
	p := &jsonParser{s: newJSONScanner(decoded(r), 0, true), keep: keep}
	v, err := p.parse()
	return v, err
}

func (p *jsonParser) parse() (*jsonValue, error) {
	v := p.value(0)
	if p.s.err == nil && p.s.peek() != 0 {
		p.s.fail()
	}
	return &v, p.s.err
}

// listHead is how many items of a list are kept where objects are told of.
const listHead = 4

func (p *jsonParser) value(depth int) jsonValue {
	if depth > jsonDepth { // no loader comes that far; what stands behind it is read
		p.s.skip()
		return jsonValue{}
	}
	c := p.s.peek()
	at := int32(min(p.s.off(), math.MaxInt32))
	switch c {
	case '"':
		return jsonValue{kind: jsonString, at: at, text: p.s.string()}
	case '[':
		return jsonValue{kind: jsonList, at: at, items: p.list(depth)}
	case '{':
		return p.object(at, depth)
	}
	if p.s.scalar(); string(p.s.text) == "null" {
		return jsonValue{at: at}
	}
	return jsonValue{kind: jsonWord, at: at}
}

func (p *jsonParser) list(depth int) (items []jsonValue) {
	p.s.read()
	for more := !p.s.take(']'); more && p.s.err == nil; more = p.more(']') {
		item := p.value(depth + 1)
		if p.closed == nil || len(items) < listHead && !p.listless {
			items = p.add(items, item)
		}
	}
	return items
}

func (p *jsonParser) object(at int32, depth int) jsonValue {
	if p.opened != nil {
		p.opened()
	}
	v := jsonValue{kind: jsonObject, at: at}
	p.s.read()
	for more := !p.s.take('}'); more && p.s.err == nil; more = p.more('}') {
		key := jsonValue{kind: jsonString, at: int32(min(p.s.off(), math.MaxInt32)), text: p.s.key()}
		wanted := p.keep == nil || p.keep[key.text] || p.closed == nil && depth > 0
		if !wanted && p.closed == nil {
			p.s.skip()
			continue
		}
		if value := p.value(depth + 1); wanted {
			p.set(&v, key, value)
		}
	}
	if p.closed != nil && p.s.err == nil {
		p.closed(&v)
	}
	return v
}

// set keeps a member. Of equal keys the last counts.
func (p *jsonParser) set(v *jsonValue, key, value jsonValue) {
	if p.closed != nil {
		for i := 0; i < len(v.items); i += 2 {
			if v.items[i].text == key.text {
				v.items[i+1] = value
				return
			}
		}
	}
	v.items = p.add(p.add(v.items, key), value)
}

func (p *jsonParser) add(items []jsonValue, item jsonValue) []jsonValue {
	if p.closed == nil {
		if p.nodes++; p.nodes > jsonNodes {
			p.s.err = &limitError{"values of JSON", jsonNodes}
			return items
		}
	}
	return append(items, item)
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

// decoded reads a text in UTF-8, whatever it is written in.
func decoded(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, windowSize)
	head, _ := in.Peek(4)
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
		return in
	}
	if len(decodeText(head)) == len(head) {
		return in
	}
	b, err := io.ReadAll(io.LimitReader(in, configLimit))
	if err != nil {
		return bytes.NewReader(nil)
	}
	return bytes.NewReader(decodeText(b))
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
