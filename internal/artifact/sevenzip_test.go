package artifact

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ulikunitz/xz/lzma"
)

// szNumber writes a number as 7z does.
func szNumber(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	return binary.LittleEndian.AppendUint32([]byte{0xf0}, uint32(n))
}

// sevenZipOf is a 7z archive of members, name and content by turns, in one part by a coder with
// its properties; encoded packs the header too.
func sevenZipOf(coder, props string, encoded bool, members ...string) []byte {
	content, names, sizes := "", []byte{0}, []int{}
	for i := 0; i < len(members); i += 2 {
		content += members[i+1]
		sizes = append(sizes, len(members[i+1]))
		for _, c := range members[i] {
			names = binary.LittleEndian.AppendUint16(names, uint16(c))
		}
		names = append(names, 0, 0)
	}
	packed := szPack(coder, content)
	h := append([]byte{szHeader, szStreams}, szStreamsOf(0, len(packed), coder, props, len(content))...)
	h = append(h[:len(h)-1], szSubStreams, szNumStreams)
	h = append(h, szNumber(len(sizes))...)
	h = append(h, szSize)
	for _, n := range sizes[:len(sizes)-1] {
		h = append(h, szNumber(n)...)
	}
	h = append(h, szCRC, 1)
	h = append(h, make([]byte, 4*len(sizes))...)
	h = append(h, szEnd, szEnd, szFiles)
	h = append(h, szNumber(len(sizes))...)
	h = append(h, szNames)
	h = append(append(h, szNumber(len(names))...), names...)
	h = append(h, szEnd, szEnd)
	body := packed
	if encoded {
		small := szPack("\x21", string(h))
		body = append(bytes.Clone(packed), small...)
		h = append([]byte{szEncoded}, szStreamsOf(len(packed), len(small), "\x21", "\x10", len(h))...)
	}
	out := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00"), make([]byte, 20)...)
	binary.LittleEndian.PutUint64(out[12:], uint64(len(body)))
	binary.LittleEndian.PutUint64(out[20:], uint64(len(h)))
	return append(append(out, body...), h...)
}

// szStreamsOf describes one part of one coder.
func szStreamsOf(at, packed int, coder, props string, unpacked int) []byte {
	b := append([]byte{szPackInfo}, szNumber(at)...)
	b = append(b, 1, szSize)
	b = append(append(b, szNumber(packed)...), szEnd, szUnpackInfo, szFolder, 1, 0, 1)
	flags := byte(len(coder))
	if props != "" {
		flags |= 0x20
	}
	b = append(append(b, flags), coder...)
	if props != "" {
		b = append(append(b, byte(len(props))), props...)
	}
	return append(append(append(b, szUnpackSize), szNumber(unpacked)...), szEnd, szEnd)
}

func szPack(coder, content string) []byte {
	var b bytes.Buffer
	switch coder {
	case "\x21":
		w, err := lzma.Writer2Config{DictCap: 1 << 16}.NewWriter2(&b)
		if err != nil {
			panic(err)
		}
		_, _ = w.Write([]byte(content))
		_ = w.Close()
	case "\x03\x01\x01":
		w, err := lzma.WriterConfig{Size: int64(len(content)), SizeInHeader: true, DictCap: 1 << 16}.NewWriter(&b)
		if err != nil {
			panic(err)
		}
		_, _ = w.Write([]byte(content))
		_ = w.Close()
		return b.Bytes()[13:]
	case "\x04\x01\x08":
		w, _ := flate.NewWriter(&b, 6)
		_, _ = w.Write([]byte(content))
		_ = w.Close()
	default:
		return []byte(content)
	}
	return b.Bytes()
}

var szCoders = map[string][2]string{
	"copy": {"\x00", ""}, "LZMA2": {"\x21", "\x10"}, "LZMA": {"\x03\x01\x01", "\x5d\x00\x00\x01\x00"}, "deflate": {"\x04\x01\x08", ""},
}

func TestSevenZipArchivesAreLookedInto(t *testing.T) {
	evil := asm("PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")
	for name, coder := range szCoders {
		for _, encoded := range []bool{false, true} {
			r := scanBytes(t, "model.7z", sevenZipOf(coder[0], coder[1], encoded, "readme.txt", strings.Repeat("text ", 300), "net/weights.pkl", evil, "z.txt", "z"))
			bad := dangers(r)
			if len(bad) == 0 || bad[len(bad)-1].Member != "net/weights.pkl" || bad[len(bad)-1].Name != "os.system" || len(r.Cuts) > 0 {
				t.Errorf("%s (header packed: %v): %+v, cuts %+v", name, encoded, r.Facts, r.Cuts)
			}
			honest := scanBytes(t, "model.7z", sevenZipOf(coder[0], coder[1], encoded, "a.txt", "os.system", "b.pkl", asm("PROTO 2\nEMPTY_DICT\nSTOP")))
			if len(dangers(honest)) > 0 || len(honest.Cuts) > 0 || honest.Members != 2 {
				t.Errorf("%s: an honest archive: %+v, cuts %+v", name, honest.Facts, honest.Cuts)
			}
		}
	}
}

func TestSevenZipArchivesThatCannotBeOpenedAreSaid(t *testing.T) {
	whole := sevenZipOf("\x21", "\x10", false, "a.txt", "x")
	for name, content := range map[string][]byte{
		"encrypted": sevenZipOf("\x06\xf1\x07\x01", "", false, "a", "x"), "unknown coder": sevenZipOf("\x7f\x7f", "", false, "a", "x"),
		"cut off": whole[:len(whole)-3], "header beyond": append(bytes.Clone(whole[:20]), bytes.Repeat([]byte{0xff}, 20)...), "memory": sevenZipOf("\x03\x01\x01", "\x5d\xff\xff\xff\xff", false, "a", "x")[:40],
	} {
		if r := scanBytes(t, "model.7z", content); len(r.Cuts) == 0 || r.Format != SevenZip {
			t.Errorf("%s: %s %+v", name, r.Format, r)
		}
	}
}

func FuzzSevenZip(f *testing.F) {
	for _, coder := range szCoders {
		f.Add(sevenZipOf(coder[0], coder[1], false, "a.pkl", asm("PROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP")))
		f.Add(sevenZipOf(coder[0], coder[1], true, "a.txt", "x", "b.txt", "y"))
	}
	f.Fuzz(func(t *testing.T, b []byte) { readHostile(t, "m.7z", b) })
}
