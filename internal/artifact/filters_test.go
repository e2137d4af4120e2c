package artifact

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz/lzma"
)

// jumps is content that a filter for a processor's code changes: every so often an instruction that
// jumps to anywhere.
func jumps(kind codeFilter) []byte {
	b, x := make([]byte, 160), uint32(7)
	for i := range b {
		x = (x*1103515245 + 12345) & 0x7fffffff
		b[i] = byte(x >> 16)
	}
	for i := 0; i < 156; i += 4 {
		switch kind {
		case filterPowerPC:
			b[i], b[i+3] = 0x48, b[i+3]&0xfc|1
		case filterARM:
			b[i+3] = 0xeb
		case filterThumb:
			b[i+1], b[i+3] = 0xf0|b[i+1]&7, 0xf8|b[i+3]&7
		case filterSPARC:
			b[i], b[i+1] = 0x40, b[i+1]&0x3f
		case filterX86:
			b[i] = 0xe8 | byte(i>>2&1)
		}
	}
	if kind == filterX86 {
		for i := 0; i < 150; i += 5 {
			b[i], b[i+4] = 0xe8|byte(i&1), []byte{0, 255, 0, 7}[i/5%4]
		}
		for i := 100; i < 150; i += 3 {
			b[i] = 0xe8
		}
	}
	return b
}

// filtered is what liblzma's filters make of it.
var filtered = map[codeFilter]string{
	filterX86:     "6FN0kgDpLC7o/+gi6RIA6ehmzgfoPNfaAOm1Yen/6JHoigDp6WgoB+hLPF0A6ZDA6P/oluk7AOnoU6QH6K/lOADpFinp/+hA6TQA6enwhAfothsLAOkvmej/6BbqmQDp6Jm+B+h5ZugA6eh/6ejovOiPAOjp4ugH6OiMv+jpQOno/+jy6egA6egHz+jo2+gqAOh7kOj/XBHoghijKxj3cg==",
	filterPowerPC: "SE50kUglIjFIoc0ZSBLtTUhmzjVII9ftSCCXeUgGlYlIitQhSGgo+UgePIVIbl7tSJERjUg7UXFIU6RNSG7ldUgR0GlIo005SDR8oUjwhOFIYRtZSGjV7Uj5Lw1ImVWxSJm+2UgQZulImeXlSNI2KUiPRQ1I4jxVSMyNNUi/vz1I2/jpSOVQCUgHz81ISku1SNTmHUjhXKVIghk5Kxj3cg==",
	filterARM:     "bk506xYlIus1oc3rwxLt629mzusDJNfrlSCX63MGlevMitTrHmgo62MePOv7bl7rWJER62w7UevSU6Trvm7l66YR0Outo0zr1DR869/whOsJYhvrZ2jV6xz5LutCmVXrk5m+69sQZusemeXridI16xmQROsN4zvrDM2M6xbAvust2/jrv+VP69oHz+sOS0vrIdXl63bhXOs6ghjrKxj3cg==",
	filterThumb:   "bPZ2+hP1Jv4x8dP7vvL1+mn22Pz88+P6jfCl+Wr2pf7C8ub7E/A8/Ff2Uv3u9nb4SvEr/13zbf7C88L+rfYF+ZTx8via83D9wPSi+crwrP3z8UX7UPAB+QTxXP8p8YX/efHw+MDwmv8D8Rv4bPJt/Pv3fv3u8nf57PTK//X3/voL8zr8nPWT/bb3Ff/p8pP6/PQv+E/xqPkS8mb7Kxj3cg==",
	filterSPARC:   "QA50kkAlIi9AIc0VQBLtRUAmzihAI9ffQCCXZ0AGlXVACtQLQCgo3UAePGdALl7LQBERa0A7UUtAE6QkQC7lR0AR0DhAI00GQDR8a0AwhKhAIRsfQCjVrUA5Ls1AGVVuQBm+kEAQZqBAGeWZQBI110APRLlAIjv+QAyM3UA/vuFAG/iLQCVPpkAHz2hACktNQBTls0AhXDZAAhjJKxj3cg==",
}

func TestFiltersForCodeAreUndone(t *testing.T) {
	for kind, text := range filtered {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for name, in := range map[string]io.Reader{"at once": bytes.NewReader(b), "by bytes": iotest.OneByteReader(bytes.NewReader(b)), "by halves": iotest.HalfReader(bytes.NewReader(b))} {
			r, err := undoCode(in, kind, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, jumps(kind)) {
				t.Errorf("filter %d %s: %v, %x", kind, name, err, got)
			}
		}
	}
	if _, err := undoCode(nil, filterX86, []byte{1}); err == nil {
		t.Error("settings of one byte are taken")
	}
	if _, err := undoDelta(nil, nil); err == nil {
		t.Error("a filter for differences without a distance is taken")
	}
}

// differences is what the filter for differences makes of content.
func differences(content string, distance int) string {
	b := []byte(content)
	for i := len(b) - 1; i >= distance; i-- {
		b[i] -= b[i-distance]
	}
	return string(b)
}

// xzOf is an .xz file of blocks, each of an identity of a filter, its properties and the content as
// the filter has made it. dictionary is the size of each block's, as the format writes it.
func xzOf(dictionary byte, blocks ...[3]string) []byte {
	out := []byte(xzMark + "\x00\x00----")
	packed := map[string][]byte{} // of the same content once
	for _, block := range blocks {
		flags, filters := byte(0), ""
		if block[0] != "" {
			flags, filters = 1, block[0]+string(rune(len(block[1])))+block[1]
		}
		header := append([]byte{0, flags}, filters+"\x21\x01"+string([]byte{dictionary})...)
		for len(header)%4 != 0 {
			header = append(header, 0)
		}
		header[0] = byte(len(header) / 4)
		if packed[block[2]] == nil {
			packed[block[2]] = szPack("\x21", block[2])
		}
		out = append(binary.LittleEndian.AppendUint32(append(out, header...), crc32.ChecksumIEEE(header)), packed[block[2]]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	out = append(out, 0, byte(len(blocks)))
	for range blocks {
		out = append(out, 1, 1)
	}
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return append(out, make([]byte, 16)...)
}

const evilPickle = "\x80\x02cos\nsystem\n(X\x02\x00\x00\x00idtR."

func TestPicklesBehindFiltersAndLargeDictionariesAreSeen(t *testing.T) {
	odd := func(dictionary uint32, properties byte) []byte {
		var b bytes.Buffer
		w, err := lzma.WriterConfig{DictCap: lzma.MinDictCap, Properties: &lzma.Properties{LC: int(properties % 9), LP: int(properties / 9 % 5), PB: int(properties / 45)}}.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, evilPickle)
		_ = w.Close()
		binary.LittleEndian.PutUint32(b.Bytes()[1:], dictionary)
		return b.Bytes()
	}
	for name, content := range map[string][]byte{
		"differences:m.xz":             xzOf(16, [3]string{"\x03", "\x03", differences(evilPickle, 4)}),
		"code:m.xz":                    xzOf(16, [3]string{"\x04", "", evilPickle}),
		"code that begins later:m.xz":  xzOf(16, [3]string{"\x07", "\x00\x10\x00\x00", evilPickle}),
		"second block:m.xz":            xzOf(16, [3]string{"", "", strings.Repeat("\x80\x02N.", 30)}, [3]string{"\x03", "\x00", differences(evilPickle, 1)}),
		"second stream:m.xz":           append(append(xzOf(16), 0, 0, 0, 0), xzOf(16, [3]string{"", "", evilPickle})...),
		"dictionary of 4 GB:m.xz":      xzOf(40, [3]string{"", "", evilPickle}),
		"in a zip:m.npz":               zipMethod(95, 0, xzOf(16, [3]string{"\x03", "\x03", differences(evilPickle, 4)})),
		"small dictionary:m.lzma":      odd(4096, 0x5d),
		"odd dictionary:m.pkl":         odd(3<<20, 0x5d),
		"dictionary of 4 GB:m.joblib":  odd(0xffffff00, 0x5d),
		"other properties:m.lzma":      odd(4096, 18+1),
		"differences:m.7z":             sevenZipChain([2]string{"\x03", "\x03"}, differences(evilPickle, 4)),
		"code:m.7z":                    sevenZipChain([2]string{"\x03\x03\x01\x03", ""}, evilPickle),
		"code by its new name:m.7z":    sevenZipChain([2]string{"\x0a", ""}, evilPickle),
		"zip member by LZMA:m.npz":     zipMethod(14, 2, append([]byte{9, 20, 5, 0}, append(odd(4096, 0x5d)[:5:5], odd(4096, 0x5d)[13:]...)...)),
		"zip member by zstd:m.npz":     zipMethod(93, 0, assembled(t, "ZSTD\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND")),
		"LZMA that tells its size:m.x": zipMethod(14, 0, append([]byte{9, 20, 5, 0, 0x5d, 0, 16, 0, 0}, szPack("\x03\x01\x01", evilPickle)...)),
	} {
		r := scanBytes(t, name[strings.Index(name, ":")+1:], content)
		if verdict, names := verdictOn(r); verdict != Dangerous || names[0] != "os.system" {
			t.Errorf("%s: %v %v, %s, cuts %v", name, verdict, names, r.Format, r.Cuts)
		}
	}
}

func TestDictionariesTakeWhatTheyHold(t *testing.T) {
	blocks := make([][3]string, 20_000)
	for i := range blocks {
		blocks[i][2] = "\x80\x02N."
	}
	content := xzOf(40, blocks...)
	before := allocated()
	if r := scanBytes(t, "m.xz", content); len(r.Cuts) > 0 || r.Format != XZ {
		t.Errorf("%s, cuts %v", r.Format, r.Cuts)
	}
	if n := allocated() - before; n > 64<<20 {
		t.Errorf("%d bytes made it allocate %d", len(content), n)
	}
}

// TestDamageTakesNothingAwayThatComesBefore: a loader has run a pickle before it comes to the damage.
func TestDamageTakesNothingAwayThatComesBefore(t *testing.T) {
	var noise strings.Builder
	for x := uint32(1); noise.Len() < 20_000; x = x*1103515245 + 12345 {
		noise.WriteByte(byte(x >> 16))
	}
	content := evilPickle + noise.String()
	packed := func(text string) []byte { return assembled(t, text+"\nTEXT "+strconv.Quote(content)+"\nEND") }
	for name, content := range map[string][]byte{"m.xz": xzOf(16, [3]string{"", "", content}), "m.lzma": packed("LZMA"), "m.gz": packed("GZIP"), "m.pkl": packed("ZLIB"), "m.7z": sevenZipOf("\x21", "\x10", false, "a.pkl", content)} {
		for i := len(content) / 2; i < len(content)/2+40; i++ {
			content[i] ^= 0xff
		}
		if verdict, names := verdictOn(scanBytes(t, name, content)); verdict != Dangerous {
			t.Errorf("%s: %v %v", name, verdict, names)
		}
	}
}

func TestLZMADecompressesWhatIsCompressed(t *testing.T) {
	var text strings.Builder
	for i, x := 0, uint32(1); i < 60_000; i++ {
		x = x*1103515245 + 12345
		text.WriteString([]string{"a", "bc", "the same words again ", "\x00", string(rune(x >> 24)), "0123456789"}[x>>16%6])
	}
	for _, p := range []lzma.Properties{{LC: 3, LP: 0, PB: 2}, {LC: 0, LP: 2, PB: 0}, {LC: 4, LP: 0, PB: 4}, {LC: 8, LP: 4, PB: 4}} {
		for _, dictionary := range []int{lzma.MinDictCap, 1 << 16, 1 << 20} {
			var b bytes.Buffer
			w, err := lzma.WriterConfig{Properties: &p, DictCap: dictionary}.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(w, text.String())
			_ = w.Close()
			r, err := newLZMAReader(iotest.OneByteReader(bytes.NewReader(b.Bytes())))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != text.String() {
				t.Errorf("%+v, dictionary of %d: %v, %d bytes of %d", p, dictionary, err, len(got), text.Len())
			}
		}
	}
	var b bytes.Buffer
	w, err := lzma.Writer2Config{DictCap: 1 << 16}.NewWriter2(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, text.String())
	_ = w.Close()
	b.WriteString("behind")
	in := bytes.NewReader(b.Bytes())
	if got, err := io.ReadAll(newLZMA2(in, 1<<16)); err != nil || string(got) != text.String() || in.Len() != len("behind") {
		t.Errorf("LZMA2: %v, %d bytes of %d, %d left", err, len(got), text.Len(), in.Len())
	}
}

func TestFiltersThatAreNotKnownAreSaid(t *testing.T) {
	for name, content := range map[string][]byte{
		"xz": xzOf(16, [3]string{"\x06", "", evilPickle}), "7z": sevenZipChain([2]string{"\x03\x03\x04\x01", ""}, evilPickle), "zip": zipMethod(96, 0, []byte(evilPickle)),
		"a damaged member": zipMethod(12, 0, []byte("BZh91AY&SY\x00\x00\x00\x00broken")),
		"xz without LZMA2": append([]byte(xzMark+"\x00\x00----\x01\x00\x03\x01\x00"), make([]byte, 30)...), "cut off": xzOf(16, [3]string{"", "", evilPickle})[:30],
	} {
		if r := scanBytes(t, "m.pkl", content); len(r.Cuts) == 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// zipMethod is a zip archive of one member, data.pkl, compressed in a way of its own.
func zipMethod(method, flags uint16, data []byte) []byte {
	fields := func(head string) []byte {
		b := []byte(head)
		for _, v := range []uint16{20, flags, method, 0, 0} {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		for _, v := range []int{0, len(data), len(evilPickle)} {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		return append(b, 8, 0, 0, 0)
	}
	out := append(append(fields("PK\x03\x04"), "data.pkl"...), data...)
	directory := append(append(fields("PK\x01\x02\x14\x00"), make([]byte, 14)...), "data.pkl"...)
	at := len(out)
	out = append(append(out, directory...), "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(directory)))
	return append(binary.LittleEndian.AppendUint32(out, uint32(at)), 0, 0)
}

// sevenZipChain is a 7z archive of a member that is stored behind a filter and copied.
func sevenZipChain(filter [2]string, content string) []byte {
	return sevenZipOf(filter[0], filter[1], false, "a.pkl", content)
}

func FuzzXZ(f *testing.F) {
	for id, props := range map[string]string{"": "", "\x03": "\x03", "\x04": "", "\x07": "\x00\x10\x00\x00"} {
		f.Add(xzOf(16, [3]string{id, props, evilPickle}))
	}
	f.Add(append(xzOf(16), xzOf(20, [3]string{"", "", evilPickle}, [3]string{"", "", "x"})...))
	f.Fuzz(func(t *testing.T, b []byte) { readHostile(t, "m.xz", b) })
}

func FuzzTar(f *testing.F) {
	for _, m := range tarTricks() {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) { readHostile(t, "m.tar", b) })
}
