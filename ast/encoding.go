package ast

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// cookie is the declaration of PEP 263.
var cookie = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`)

// blank is a line after which the declaration may still come.
var blank = regexp.MustCompile(`^[ \t\f]*(?:#.*)?$`)

var boms = []struct{ mark, encoding string }{
	{"\xef\xbb\xbf", "utf-8"},
	{"\xff\xfe\x00\x00", "utf-32-le"},
	{"\x00\x00\xfe\xff", "utf-32-be"},
	{"\xff\xfe", "utf-16-le"},
	{"\xfe\xff", "utf-16-be"},
}

// decode finds the encoding, records it, and returns the text, which is what own makes of raw where that holds it as it is.
func (s *Source) decode(raw []byte, own func([]byte) []byte) ([]byte, error) {
	declared := ""
	for _, b := range boms {
		if bytes.HasPrefix(raw, []byte(b.mark)) {
			s.BOM, declared = true, b.encoding
			raw = raw[len(b.mark):]
			break
		}
	}
	if declared == "" {
		declared = declaredEncoding(raw)
	}
	s.Encoding = normalizeEncoding(declared)
	if s.Encoding != "utf-8" {
		return s.decodeAs(raw)
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		return nil, errBinary
	}
	if utf8.Valid(raw) {
		return own(raw), nil
	}
	if looksBinary(raw) {
		return nil, errBinary
	}
	s.Encoding, s.Guessed = "latin-1", true
	return s.decodeAs(raw)
}

var errBinary = errors.New("not a text file: it holds bytes that no Python source has")

func (s *Source) decodeAs(raw []byte) ([]byte, error) {
	codec, err := codecNamed(s.Encoding)
	if err != nil {
		return nil, err
	}
	text, err := codec.NewDecoder().Bytes(raw)
	if err != nil {
		return nil, fmt.Errorf("not valid %s, the encoding that it declares: %w", s.Encoding, err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errBinary
	}
	return text, nil
}

// looksBinary reports whether text without a declared encoding holds control characters
// that no Latin-1 source has.
func looksBinary(raw []byte) bool {
	control := 0
	for _, c := range raw[:min(len(raw), 4096)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			control++
		}
	}
	return control > len(raw[:min(len(raw), 4096)])/100
}

// declaredEncoding reads the PEP 263 comment in the first two lines, or returns "utf-8".
func declaredEncoding(raw []byte) string {
	for range 2 {
		end := bytes.IndexAny(raw, "\r\n")
		line := raw
		if end >= 0 {
			line = raw[:end]
		}
		if m := cookie.FindSubmatch(line); m != nil {
			return string(m[1])
		}
		if end < 0 || !blank.Match(line) {
			break
		}
		next := end + 1
		if raw[end] == '\r' && next < len(raw) && raw[next] == '\n' {
			next++
		}
		raw = raw[next:]
	}
	return "utf-8"
}

// normalizeEncoding brings the common names into one form, as CPython's tokenizer does
// (Parser/tokenizer.c, get_normal_name).
func normalizeEncoding(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	// Emacs and Vim append the line endings: utf-8-unix.
	for _, suffix := range []string{"-unix", "-dos", "-mac"} {
		name = strings.TrimSuffix(name, suffix)
	}
	switch name {
	case "utf8", "utf-8", "utf-8-sig", "utf", "u8", "cp65001":
		return "utf-8"
	case "latin-1", "iso-8859-1", "iso-latin-1", "latin1", "iso8859-1", "l1", "8859", "cp819":
		return "latin-1"
	}
	return name
}

// pythonEncodings holds Python's names that the IANA does not know.
var pythonEncodings = map[string]encoding.Encoding{
	"latin-1":   charmap.ISO8859_1,
	"ascii":     charmap.ISO8859_1,
	"us-ascii":  charmap.ISO8859_1,
	"646":       charmap.ISO8859_1,
	"mbcs":      charmap.Windows1252,
	"utf-16":    unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16-le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16-be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"utf-32-le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
	"utf-32-be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM),
}

// pythonAliases maps further names of Python's codecs to the IANA's.
var pythonAliases = map[string]string{
	"sjis":     "shift_jis",
	"euc-jis":  "euc-jp",
	"eucjp":    "euc-jp",
	"gbk":      "gbk",
	"cp936":    "gbk",
	"ms936":    "gbk",
	"euc-cn":   "gb2312",
	"cp949":    "euc-kr",
	"uhc":      "euc-kr",
	"cp932":    "shift_jis",
	"ms932":    "shift_jis",
	"big5-tw":  "big5",
	"cp950":    "big5",
	"koi8-r":   "koi8-r",
	"cyrillic": "iso-8859-5",
	"greek":    "iso-8859-7",
	"latin-2":  "iso-8859-2",
	"latin2":   "iso-8859-2",
	"latin-9":  "iso-8859-15",
	"latin9":   "iso-8859-15",
}

func codecNamed(name string) (encoding.Encoding, error) {
	if e, ok := pythonEncodings[name]; ok {
		return e, nil
	}
	candidates := []string{name}
	if alias, ok := pythonAliases[name]; ok {
		candidates = append(candidates, alias)
	}
	if page, ok := strings.CutPrefix(name, "cp"); ok {
		candidates = append(candidates, "windows-"+page, "ibm"+page)
	}
	if part, ok := strings.CutPrefix(name, "iso8859-"); ok {
		candidates = append(candidates, "iso-8859-"+part)
	}
	for _, c := range append(candidates, strings.ReplaceAll(name, "-", "_")) {
		if e, err := ianaindex.IANA.Encoding(c); err == nil && e != nil {
			return e, nil
		}
	}
	return nil, fmt.Errorf("unknown encoding %q; declare one that Python knows, such as utf-8", name)
}

// Encode turns text, the whole of a changed file, back into the file's own encoding, with
// its byte order mark. The error tells that the text has a character that the encoding
// does not.
func (s *Source) Encode(text []byte) ([]byte, error) {
	name := s.Encoding
	if name == "" {
		name = "utf-8"
	}
	var out []byte
	if s.BOM {
		for _, b := range boms {
			if b.encoding == name {
				out = append(out, b.mark...)
				break
			}
		}
	}
	if name == "utf-8" {
		return append(out, text...), nil
	}
	codec, err := codecNamed(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	encoded, err := codec.NewEncoder().Bytes(text)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written as %s: %w", s.Path, name, err)
	}
	return append(out, encoded...), nil
}
