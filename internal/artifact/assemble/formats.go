package assemble

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// piece assembles the words of formats other than pickles. ok is false for other words.
func (a *assembler) piece(word, rest string) (out []byte, ok bool, err error) {
	switch word {
	case "VARINT":
		n, err := numbers(rest, 2)
		if err != nil {
			return nil, true, err
		}
		return binary.AppendUvarint(binary.AppendUvarint(nil, n[0]<<3), n[1]), true, nil
	case "FIELD":
		number, inline, _ := strings.Cut(rest, " ")
		n, err := numbers(number, 1)
		if err != nil {
			return nil, true, err
		}
		content, err := a.content(inline)
		out = binary.AppendUvarint(binary.AppendUvarint(nil, n[0]<<3|2), uint64(len(content)))
		return append(out, content...), true, err
	case "SIZED":
		content, err := a.content(rest)
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(content))), content...), true, err
	case "U32", "U64", "ZEROS":
		n, err := numbers(rest, 1)
		switch {
		case err != nil:
			return nil, true, err
		case word == "U32":
			return binary.LittleEndian.AppendUint32(nil, uint32(n[0])), true, nil
		case word == "U64":
			return binary.LittleEndian.AppendUint64(nil, n[0]), true, nil
		}
		return make([]byte, n[0]), true, nil
	case "TFLITE":
		return TFLite(strings.Fields(rest)...), true, nil
	}
	return nil, false, nil
}

// content is what stands behind a word: a literal in its line, or the lines up to END.
func (a *assembler) content(inline string) ([]byte, error) {
	if inline = strings.TrimSpace(inline); inline == "" {
		return a.block(true)
	}
	s, err := literal(inline)
	return []byte(s), err
}

// numbers reads n numbers.
func numbers(s string, n int) ([]uint64, error) {
	fields := strings.Fields(s)
	if len(fields) != n {
		return nil, fmt.Errorf("want %d numbers, not %q", n, s)
	}
	out := make([]uint64, n)
	for i, f := range fields {
		v, err := strconv.ParseUint(f, 0, 64)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// TFLite is a TensorFlow Lite model that has the named custom operators and nothing else. Its
// tables stand behind their vtables, in the order in which they are referred to.
func TFLite(operators ...string) []byte {
	var b []byte
	u16 := func(list ...int) {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		}
	}
	u32 := func(list ...int) {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	// point makes the offset at slot lead to what is written next.
	point := func(slot int) { binary.LittleEndian.PutUint32(b[slot:], uint32(len(b)-slot)) }
	u32(20) // the root
	b = append(b, "TFL3"...)
	u16(4+2*2, 12, 4, 8) // the vtable of Model: version, operator_codes
	u32(0)
	u32(12, 3, 0)
	point(28)
	u32(len(operators))
	slots := len(b)
	for range operators {
		u32(0)
	}
	for i, name := range operators {
		u16(4+2*2, 12, 4, 8) // the vtable of OperatorCode: deprecated_builtin_code, custom_code
		point(slots + 4*i)
		u32(8, 32, 0) // CUSTOM
		point(len(b) - 4)
		u32(len(name))
		b = append(append(b, name...), 0)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}
