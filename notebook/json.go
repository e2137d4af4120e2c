package notebook

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// maxDepth bounds how deeply JSON values may nest. CPython's json module, with which
// Jupyter reads notebooks, gives up near the same depth.
const maxDepth = 1000

// Kind is the type of a JSON value.
type Kind uint8

// The kinds of JSON values. None is the kind of the zero Value, which stands for a value
// that is not in the file.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Value is a JSON value of the notebook's file: a range of the file's bytes that is
// decoded when asked. The zero Value is a value that is not there; all methods work on it.
//
// A Value refers to the bytes given to Parse, may be copied, and may be used from many
// goroutines as long as nobody changes them.
type Value struct {
	file       []byte
	start, end int
}

// Range returns the bytes [start, end) of the file at which the value stands, both 0 for a
// value that is not there.
func (v Value) Range() (start, end int) { return v.start, v.end }

// Exists reports whether the value is in the file (null is).
func (v Value) Exists() bool { return v.file != nil }

// Raw returns the value as it is written. The bytes belong to the file.
func (v Value) Raw() []byte {
	if v.file == nil {
		return nil
	}
	return v.file[v.start:v.end:v.end]
}

// Kind tells the value's type.
func (v Value) Kind() Kind {
	if v.file == nil || v.start >= v.end {
		return None
	}
	switch v.file[v.start] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	}
	return Number
}

// Text decodes a string, or a list of strings, which is how notebooks keep long texts: the
// strings are joined without anything between them. Other values give "".
// Half surrogate pairs and bytes that are not UTF-8 become U+FFFD.
func (v Value) Text() string {
	if k := v.Kind(); k != String && k != Array {
		return ""
	}
	size := 0
	for s := range v.strings() {
		size += len(s.content())
	}
	if size == 0 {
		return ""
	}
	// Escapes are longer than what they stand for, so that nearly always one buffer is enough; it is
	// the string, since texts of megabytes are common.
	text := v.appendText(make([]byte, 0, size))
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// Int decodes an integer; ok is false for anything else.
func (v Value) Int() (n int, ok bool) {
	if v.Kind() != Number {
		return 0, false
	}
	n, err := strconv.Atoi(string(v.Raw()))
	return n, err == nil
}

// Members yields the members of an object in the file's order, duplicates included.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for m := range v.members() {
			if !yield(m.key.Text(), m.value) {
				return
			}
		}
	}
}

// Elements yields the elements of an array with their index from 0.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		s := v.scanner()
		_ = s.array(func(i int) error {
			e, err := s.value()
			if err == nil && !yield(i, e) {
				err = errStop
			}
			return err
		})
	}
}

// Get follows keys through nested objects. Of duplicate keys the last one counts, as it
// does for Python's json module. A key that is not there gives the zero Value.
func (v Value) Get(keys ...string) Value {
	for _, key := range keys {
		var found Value
		for m := range v.members() {
			if m.key.is(key) {
				found = m.value
			}
		}
		v = found
	}
	return v
}

// Offset maps a byte offset into Text to the byte of the file that begins the character
// there. ok is false when the offset is outside of the text or within a character. The
// text's end maps to the closing quote of the last string.
func (v Value) Offset(text int) (file int, ok bool) {
	if text < 0 {
		return 0, false
	}
	at, last := 0, -1
	for s := range v.strings() {
		n := decodedLen(s.content())
		if text < at+n {
			raw, ok := rawOffset(s.content(), text-at)
			return s.start + 1 + raw, ok
		}
		at += n
		last = s.end - 1
	}
	return max(last, 0), last >= 0 && text == at
}

// strings yields the value itself when it is a string, or a list's strings.
func (v Value) strings() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() == String {
			yield(v)
			return
		}
		for _, e := range v.Elements() {
			if e.Kind() == String && !yield(e) {
				return
			}
		}
	}
}

// appendText appends what Text returns to dst.
func (v Value) appendText(dst []byte) []byte {
	for s := range v.strings() {
		dst = appendDecoded(dst, s.content())
	}
	return dst
}

// content is a string's raw text between the quotes.
func (v Value) content() []byte { return v.file[v.start+1 : v.end-1] }

// is reports whether the string value decodes to s.
func (v Value) is(s string) bool {
	raw := v.content()
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw) == s
	}
	return string(appendDecoded(nil, raw)) == s
}

func (v Value) scanner() *scanner { return &scanner{data: v.file[:v.end], pos: v.start} }

type member struct{ key, value Value }

func (v Value) members() iter.Seq[member] {
	return func(yield func(member) bool) {
		if v.Kind() != Object {
			return
		}
		s := v.scanner()
		_ = s.object(func(key Value) error {
			e, err := s.value()
			if err == nil && !yield(member{key, e}) {
				err = errStop
			}
			return err
		})
	}
}

// errStop ends a scan whose consumer has seen enough.
var errStop = fmt.Errorf("stop")

// scanner reads JSON as Python's json module accepts it: RFC 8259 with NaN, Infinity and
// -Infinity. It decodes nothing; it tells where values are.
type scanner struct {
	data  []byte
	pos   int
	depth int
	style escapes
}

// value reads one value of any kind and returns its range.
func (s *scanner) value() (Value, error) {
	s.space()
	start := s.pos
	var err error
	switch c := s.peek(); {
	case c == '"':
		err = s.string()
	case c == '{':
		err = s.object(func(Value) error { _, err := s.value(); return err })
	case c == '[':
		err = s.array(func(int) error { _, err := s.value(); return err })
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	default:
		err = s.literal()
	}
	return Value{s.data, start, s.pos}, err
}

// object reads an object. member is called after each colon and reads the value.
func (s *scanner) object(member func(key Value) error) error {
	return s.nested('{', '}', func(int) error {
		start := s.pos
		if s.peek() != '"' {
			return s.fail("expected a key in double quotes")
		}
		if err := s.string(); err != nil {
			return err
		}
		key := Value{s.data, start, s.pos}
		s.space()
		if s.peek() != ':' {
			return s.fail("expected ':' after the key")
		}
		s.pos++
		s.space()
		return member(key)
	})
}

// array reads an array. element is called at the start of each element and reads it.
func (s *scanner) array(element func(i int) error) error {
	return s.nested('[', ']', element)
}

// nested reads what stands between two brackets, separated by commas.
func (s *scanner) nested(open, end byte, item func(i int) error) error {
	if s.peek() != open {
		return s.fail(fmt.Sprintf("expected %q", open))
	}
	if s.depth++; s.depth > maxDepth {
		return s.fail(fmt.Sprintf("values nest deeper than %d", maxDepth))
	}
	defer func() { s.depth-- }()
	s.pos++
	s.space()
	if s.peek() == end && s.pos < len(s.data) {
		s.pos++
		return nil
	}
	for i := 0; ; i++ {
		s.space()
		if err := item(i); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case end:
			s.pos++
			return nil
		default:
			return s.fail(fmt.Sprintf("expected ',' or '%c'", end))
		}
	}
}

// stringByte marks the bytes that end the fast loop over a string's text.
var stringByte = func() (special [256]bool) {
	for c := range 0x20 {
		special[c] = true
	}
	special['"'], special['\\'] = true, true
	return special
}()

func (s *scanner) string() error {
	data, i := s.data, s.pos+1
	var seen byte
	for {
		for i < len(data) && !stringByte[data[i]] {
			seen |= data[i]
			i++
		}
		if i >= len(data) {
			return s.fail("the string that begins here is not closed")
		}
		switch data[i] {
		case '"':
			if seen >= utf8.RuneSelf {
				s.style.raw = true
			}
			s.pos = i + 1
			return nil
		case '\\':
			n := s.style.note(data[i:])
			if n == 0 {
				s.pos = i
				return s.fail("invalid escape in a string")
			}
			i += n
		default:
			s.pos = i
			return s.fail("line break or control character in a string")
		}
	}
}

func (s *scanner) number() error {
	start := s.pos
	if s.peek() == '-' {
		s.pos++
		if s.word("Infinity") {
			return nil
		}
	}
	whole := s.digits()
	if whole == 0 || whole > 1 && s.data[s.pos-whole] == '0' {
		s.pos = start
		return s.fail("invalid number")
	}
	if s.peek() == '.' {
		s.pos++
		if s.digits() == 0 {
			return s.fail("invalid number")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if s.digits() == 0 {
			return s.fail("invalid number")
		}
	}
	return nil
}

func (s *scanner) digits() int {
	start := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos - start
}

func (s *scanner) literal() error {
	for _, w := range [...]string{"null", "true", "false", "NaN", "Infinity"} {
		if s.word(w) {
			return nil
		}
	}
	if s.pos >= len(s.data) {
		return s.fail("the file ends in the middle of a value")
	}
	return s.fail("expected a value")
}

func (s *scanner) word(w string) bool {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(w)) {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek returns the byte at the position, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) fail(msg string) error { return newError(s.data, s.pos, msg) }

// escapes is how a file spells the characters of its strings, so that new text can be
// spelled alike. Python's json.dump escapes everything beyond ASCII unless told otherwise
// (Jupyter tells it so); Colab also writes <, >, & and others as \u003c.
type escapes struct {
	raw     bool      // characters beyond ASCII stand as they are
	escaped bool      // characters beyond ASCII are written \uXXXX
	upper   bool      // hexadecimal digits are upper case
	ascii   [128]bool // ASCII punctuation written \uXXXX, as makes JSON safe within HTML
	slash   bool      // / is written \/
}

// note reads the escape that raw begins with, remembers its form and returns its length,
// 0 when it is none.
func (e *escapes) note(raw []byte) int {
	if len(raw) < 2 {
		return 0
	}
	switch raw[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2
	case '/':
		e.slash = true
		return 2
	case 'u':
		r, ok := hex4(raw[2:])
		if !ok {
			return 0
		}
		switch {
		case r >= 0x80:
			e.escaped = true
		case strings.ContainsRune("<>&'=+`\x7f", r):
			e.ascii[r] = true
		}
		if bytes.ContainsAny(raw[2:6], "ABCDEF") {
			e.upper = true
		}
		return 6
	}
	return 0
}

// append writes text as the inside of a JSON string in the file's style.
func (e *escapes) append(dst []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '/' && e.slash:
			dst = append(dst, '\\', '/')
		case r < ' ':
			dst = e.appendControl(dst, byte(r))
		case r < 0x7f && !e.ascii[r]:
			dst = append(dst, byte(r))
		case r >= 0x80 && (e.raw || !e.escaped), r == 0x7f && !e.escaped && !e.ascii[r]:
			dst = utf8.AppendRune(dst, r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			dst = e.appendUnit(e.appendUnit(dst, hi), lo)
		default:
			dst = e.appendUnit(dst, r)
		}
	}
	return dst
}

func (e *escapes) appendControl(dst []byte, c byte) []byte {
	const short = "\b\t\n\f\r"
	if i := bytes.IndexByte([]byte(short), c); i >= 0 {
		return append(dst, '\\', "btnfr"[i])
	}
	return e.appendUnit(dst, rune(c))
}

func (e *escapes) appendUnit(dst []byte, r rune) []byte {
	digits := "0123456789abcdef"
	if e.upper {
		digits = "0123456789ABCDEF"
	}
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// appendDecoded appends the text of a string whose inside is raw.
func appendDecoded(dst, raw []byte) []byte {
	for len(raw) > 0 {
		run := bytes.IndexByte(raw, '\\')
		if run < 0 {
			run = len(raw)
		}
		dst = appendValid(dst, raw[:run])
		if raw = raw[run:]; len(raw) == 0 {
			break
		}
		n, r := decodeOne(raw)
		dst = utf8.AppendRune(dst, r)
		raw = raw[n:]
	}
	return dst
}

// appendValid appends text with each byte that is not UTF-8 replaced by U+FFFD.
func appendValid(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}

// decodeOne decodes the character or escape that raw, which is not empty, begins with, and
// returns how many raw bytes it takes.
func decodeOne(raw []byte) (n int, r rune) {
	if raw[0] != '\\' || len(raw) < 2 {
		r, n = utf8.DecodeRune(raw)
		return n, r
	}
	switch raw[1] {
	case 'b':
		return 2, '\b'
	case 'f':
		return 2, '\f'
	case 'n':
		return 2, '\n'
	case 'r':
		return 2, '\r'
	case 't':
		return 2, '\t'
	case 'u':
		r, ok := hex4(raw[2:])
		if !ok {
			return 2, utf8.RuneError
		}
		if !utf16.IsSurrogate(r) {
			return 6, r
		}
		if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if low, ok := hex4(raw[8:]); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return 12, pair
				}
			}
		}
		return 6, utf8.RuneError
	}
	return 2, rune(raw[1])
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// decodedLen is the length of the text of a string whose inside is raw.
func decodedLen(raw []byte) int {
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return len(raw)
	}
	total := 0
	for len(raw) > 0 {
		n, r := decodeOne(raw)
		total += utf8.RuneLen(r)
		raw = raw[n:]
	}
	return total
}

// rawOffset maps an offset into the decoded text to one into raw; ok is false when it is
// within a character or beyond the end.
func rawOffset(raw []byte, text int) (off int, ok bool) {
	for at := 0; ; {
		if at >= text {
			return off, at == text
		}
		if off >= len(raw) {
			return off, false
		}
		n, r := decodeOne(raw[off:])
		off += n
		at += utf8.RuneLen(r)
	}
}
