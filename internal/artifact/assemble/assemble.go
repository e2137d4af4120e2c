// Package assemble makes model files for tests out of readable text: pickles opcode by opcode,
// and the archives they stand in, with the lies that attacks tell in them. Nothing else uses it.
//
// A line is an opcode with its operand, as pickletools writes it, or a piece of a container:
//
//	ZIP
//	  MEMBER archive/data.pkl
//	    PROTO 2
//	    GLOBAL os system
//	    BINUNICODE 'id'
//	    TUPLE1
//	    REDUCE
//	    STOP
//	  END
//	  MEMBER archive/version stored
//	    TEXT '3\n'
//	  END
//	END
//
// Blank lines and lines that start with # are left out. Strings are Python literals. The words:
//
//	TEXT 'abc'       the bytes as they are; HEX 80 04, in hexadecimal
//	REPEAT n … END   the lines between, n times
//	ZIP … END, TAR … END    archives of MEMBER name [options] … END
//	GZIP, ZLIB, LZ4, ZSTD, XZ, LZMA, ZFILE … END    what stands between, compressed
//	NPY |O … END     an array file with that dtype
//	FIELD 7 'abc'    a field of a protocol buffer, or FIELD 7 … END; VARINT 1 10, one with a number
//	SIZED 'abc'      the length in eight bytes and the text, or SIZED … END
//	U32 7, U64 7     a number, little-endian; ZEROS 8, as many zeros
//	TFLITE A B       a TensorFlow Lite model with these custom operators
//
// Options of a zip's member: stored (deflated is the default), local=NAME (another name in the
// local header), unlisted (not in the directory), encrypted, encrypted-local, crc (a wrong one),
// method-local (another method in the local header). ZIP takes nodirectory.
package assemble

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// Bytes assembles a text. The error names the line.
func Bytes(text string) ([]byte, error) {
	a := &assembler{lines: strings.Split(text, "\n")}
	out, err := a.block(false)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", a.next, err)
	}
	return out, nil
}

type assembler struct {
	lines []string
	next  int
}

// block assembles lines up to END, or to the end of the text.
func (a *assembler) block(nested bool) ([]byte, error) {
	var out []byte
	for a.next < len(a.lines) {
		line := strings.TrimSpace(a.lines[a.next])
		a.next++
		if line == "" || line[0] == '#' {
			continue
		}
		if line == "END" {
			if !nested {
				return nil, fmt.Errorf("END without a beginning")
			}
			return out, nil
		}
		part, err := a.line(line)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	if nested {
		return nil, fmt.Errorf("END is missing")
	}
	return out, nil
}

func (a *assembler) line(line string) ([]byte, error) {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "TEXT":
		s, err := literal(rest)
		return []byte(s), err
	case "HEX":
		return hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
	case "ZIP", "TAR":
		members, err := a.members()
		if err != nil {
			return nil, err
		}
		if word == "TAR" {
			return tarOf(members)
		}
		return zipOf(members, strings.Contains(rest, "nodirectory")), nil
	case "REPEAT":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return nil, err
		}
		inner, err := a.block(true)
		return bytes.Repeat(inner, n), err
	case "NPY":
		inner, err := a.block(true)
		return append(npyHeader(rest), inner...), err
	}
	if pack, ok := compressors[word]; ok {
		inner, err := a.block(true)
		if err != nil {
			return nil, err
		}
		return pack(inner)
	}
	if out, ok, err := a.piece(word, rest); ok {
		return out, err
	}
	return opcode(word, rest)
}

// literal reads a string literal in single or double quotes.
func literal(s string) (string, error) {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		inner := strings.ReplaceAll(s[1:len(s)-1], `\'`, `'`)
		s = `"` + strings.ReplaceAll(inner, `"`, `\"`) + `"`
	}
	out, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("%s is not a string literal", s)
	}
	return out, nil
}

// opcodes lists the pickle opcodes with what follows them: nothing, u1 u2 u4 u8 i4 f8, a line,
// two lines, or a string after a length of 1, 4 or 8 bytes.
var opcodes = map[string]struct {
	code    byte
	operand string
}{
	"MARK": {'(', ""}, "STOP": {'.', ""}, "POP": {'0', ""}, "POP_MARK": {'1', ""}, "DUP": {'2', ""}, "FLOAT": {'F', "line"},
	"INT": {'I', "line"}, "BININT": {'J', "i4"}, "BININT1": {'K', "u1"}, "LONG": {'L', "line"}, "BININT2": {'M', "u2"}, "NONE": {'N', ""},
	"PERSID": {'P', "line"}, "BINPERSID": {'Q', ""}, "REDUCE": {'R', ""}, "STRING": {'S', "line"}, "BINSTRING": {'T', "s4"},
	"SHORT_BINSTRING": {'U', "s1"}, "UNICODE": {'V', "line"}, "BINUNICODE": {'X', "s4"}, "APPEND": {'a', ""}, "BUILD": {'b', ""},
	"GLOBAL": {'c', "lines"}, "DICT": {'d', ""}, "EMPTY_DICT": {'}', ""}, "APPENDS": {'e', ""}, "GET": {'g', "line"}, "BINGET": {'h', "u1"},
	"INST": {'i', "lines"}, "LONG_BINGET": {'j', "u4"}, "LIST": {'l', ""}, "EMPTY_LIST": {']', ""}, "OBJ": {'o', ""}, "PUT": {'p', "line"},
	"BINPUT": {'q', "u1"}, "LONG_BINPUT": {'r', "u4"}, "SETITEM": {'s', ""}, "TUPLE": {'t', ""}, "EMPTY_TUPLE": {')', ""}, "SETITEMS": {'u', ""},
	"BINFLOAT": {'G', "f8"}, "PROTO": {0x80, "u1"}, "NEWOBJ": {0x81, ""}, "EXT1": {0x82, "u1"}, "EXT2": {0x83, "u2"}, "EXT4": {0x84, "i4"},
	"TUPLE1": {0x85, ""}, "TUPLE2": {0x86, ""}, "TUPLE3": {0x87, ""}, "NEWTRUE": {0x88, ""}, "NEWFALSE": {0x89, ""}, "LONG1": {0x8a, "s1"},
	"LONG4": {0x8b, "s4"}, "BINBYTES": {'B', "s4"}, "SHORT_BINBYTES": {'C', "s1"}, "SHORT_BINUNICODE": {0x8c, "s1"}, "BINUNICODE8": {0x8d, "s8"},
	"BINBYTES8": {0x8e, "s8"}, "EMPTY_SET": {0x8f, ""}, "ADDITEMS": {0x90, ""}, "FROZENSET": {0x91, ""}, "NEWOBJ_EX": {0x92, ""},
	"STACK_GLOBAL": {0x93, ""}, "MEMOIZE": {0x94, ""}, "FRAME": {0x95, "u8"}, "BYTEARRAY8": {0x96, "s8"}, "NEXT_BUFFER": {0x97, ""},
	"READONLY_BUFFER": {0x98, ""},
}

func opcode(name, rest string) ([]byte, error) {
	op, ok := opcodes[name]
	if !ok {
		return nil, fmt.Errorf("no opcode and no word is called %s", name)
	}
	out := []byte{op.code}
	switch op.operand {
	case "":
		if rest != "" {
			return nil, fmt.Errorf("%s takes no operand", name)
		}
		return out, nil
	case "line":
		return append(out, rest+"\n"...), nil
	case "lines":
		module, attribute, _ := strings.Cut(rest, " ")
		return append(out, module+"\n"+attribute+"\n"...), nil
	case "s1", "s4", "s8":
		s, err := literal(rest)
		if err != nil {
			return nil, err
		}
		return append(appendNumber(out, uint64(len(s)), int(op.operand[1]-'0')), s...), nil
	case "f8":
		f, err := strconv.ParseFloat(rest, 64)
		return binary.BigEndian.AppendUint64(out, math.Float64bits(f)), err
	}
	n, err := strconv.ParseInt(rest, 0, 64)
	return appendNumber(out, uint64(n), int(op.operand[1]-'0')), err
}

func appendNumber(out []byte, n uint64, size int) []byte {
	for range size {
		out = append(out, byte(n))
		n >>= 8
	}
	return out
}

// member is a part of an archive.
type member struct {
	name    string
	options []string
	content []byte
}

func (m member) has(option string) bool { return slices.Contains(m.options, option) }

func (a *assembler) members() ([]member, error) {
	var out []member
	for a.next < len(a.lines) {
		line := strings.TrimSpace(a.lines[a.next])
		a.next++
		fields := strings.Fields(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line == "END":
			return out, nil
		case fields[0] != "MEMBER" || len(fields) < 2:
			return nil, fmt.Errorf("%q stands where a MEMBER is expected", line)
		}
		content, err := a.block(true)
		if err != nil {
			return nil, err
		}
		out = append(out, member{name: fields[1], options: fields[2:], content: content})
	}
	return nil, fmt.Errorf("END is missing")
}

func tarOf(members []member) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content)), Typeflag: tar.TypeReg}); err != nil {
			return nil, err
		}
		if _, err := w.Write(m.content); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

// zipOf writes a zip by hand, so that its headers can disagree.
func zipOf(members []member, bare bool) []byte {
	var out, directory []byte
	listed := 0
	for _, m := range members {
		method, data := uint16(8), deflated(m.content)
		if m.has("stored") {
			method, data = 0, m.content
		}
		crc := crc32.ChecksumIEEE(m.content)
		if m.has("crc") {
			crc ^= 1
		}
		local := m.name
		for _, o := range m.options {
			if name, ok := strings.CutPrefix(o, "local="); ok {
				local = name
			}
		}
		flags, localFlags, localMethod := uint16(0), uint16(0), method
		if m.has("encrypted") {
			flags = 1
		}
		if m.has("encrypted-local") {
			localFlags = 1
		}
		if m.has("method-local") {
			localMethod = 99
		}
		at := uint32(len(out))
		out = append(out, "PK\x03\x04"...)
		out = appendHeader(out, localFlags, localMethod, crc, len(data), len(m.content), local)
		out = append(out, 0, 0)
		out = append(append(out, local...), data...)
		if m.has("unlisted") {
			continue
		}
		listed++
		directory = append(directory, "PK\x01\x02\x14\x00"...)
		directory = appendHeader(directory, flags, method, crc, len(data), len(m.content), m.name)
		directory = append(directory, make([]byte, 12)...)
		directory = binary.LittleEndian.AppendUint32(directory, at)
		directory = append(directory, m.name...)
	}
	if bare {
		return out
	}
	at := uint32(len(out))
	out = append(append(out, directory...), "PK\x05\x06\x00\x00\x00\x00"...)
	out = binary.LittleEndian.AppendUint16(out, uint16(listed))
	out = binary.LittleEndian.AppendUint16(out, uint16(listed))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(directory)))
	out = binary.LittleEndian.AppendUint32(out, at)
	return append(out, 0, 0)
}

// appendHeader writes the fields that both headers have, the length of the name being the last.
func appendHeader(out []byte, flags, method uint16, crc uint32, compressed, size int, name string) []byte {
	for _, v := range []uint16{20, flags, method, 0, 0} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	for _, v := range []uint32{crc, uint32(compressed), uint32(size)} {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return binary.LittleEndian.AppendUint16(out, uint16(len(name)))
}

func deflated(content []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err == nil {
		_, _ = w.Write(content)
		_ = w.Close()
	}
	return out.Bytes()
}

func npyHeader(dtype string) []byte {
	header := "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (1,), }"
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(out, header...)
}

var compressors = map[string]func([]byte) ([]byte, error){
	"GZIP": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	},
	"ZLIB": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
	},
	"LZ4": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil })
	},
	"ZSTD": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	},
	"XZ": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
	},
	"LZMA": func(b []byte) ([]byte, error) {
		return packed(b, func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) })
	},
	"ZFILE": func(b []byte) ([]byte, error) {
		z, err := packed(b, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
		return append(fmt.Appendf(nil, "ZF%-19s", fmt.Sprintf("0x%x", len(b))), z...), err
	},
}

func packed(content []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var out bytes.Buffer
	w, err := open(&out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}
