package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// sparse is a file of which only the written parts are kept; large writes are holes.
type sparse struct {
	parts []sparsePart
	size  int64
}

type sparsePart struct {
	at   int64
	data []byte
}

func (s *sparse) Write(p []byte) (int, error) {
	if len(p) < 1<<16 {
		s.parts = append(s.parts, sparsePart{s.size, bytes.Clone(p)})
	}
	s.size += int64(len(p))
	return len(p), nil
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	for _, part := range s.parts {
		if part.at < off+int64(n) && part.at+int64(len(part.data)) > off {
			copy(p[max(0, part.at-off):n], part.data[max(0, off-part.at):])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// checkpoint is a torch archive with storages of the given size each.
func checkpoint(t testing.TB, pickle []byte, storages int, size int64) *sparse {
	t.Helper()
	file := &sparse{}
	w := zip.NewWriter(file)
	add := func(name string, n int64, content []byte) {
		m, err := w.CreateRaw(&zip.FileHeader{Name: name, CompressedSize64: uint64(n), UncompressedSize64: uint64(n)})
		if err == nil {
			_, err = m.Write(content)
		}
		hole := make([]byte, 1<<20)
		for left := n - int64(len(content)); err == nil && left > 0; left -= int64(len(hole)) {
			_, err = m.Write(hole[:min(left, int64(len(hole)))])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("net/data.pkl", int64(len(pickle)), pickle)
	for i := range storages {
		add(fmt.Sprintf("net/data/%d", i), size, nil)
	}
	add("net/version", 2, []byte("3\n"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestACheckpointOfManyGigabytesIsReadInItsPartsOnly(t *testing.T) {
	evil := assembled(t, "PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")
	file := checkpoint(t, evil, 100, 100<<20)
	started := time.Now()
	r, err := Scan(context.Background(), "net.pt", file, file.size, Limits{})
	if err != nil || r.Format != TorchZip || len(r.Facts) < 2 || r.Facts[0].Member != "net/data.pkl" {
		t.Fatalf("%v %+v", err, r)
	}
	if d := time.Since(started); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

// within fails when do takes too long or much memory.
func within(t *testing.T, d time.Duration, memory uint64, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	started := time.Now()
	do()
	took := time.Since(started)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if took > d {
		t.Errorf("it took %v", took)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > memory {
		t.Errorf("it allocated %d MiB", allocated>>20)
	}
}

func TestHostileFilesStayWithinTheLimitsAndSaySo(t *testing.T) {
	const call = "GLOBAL os system\nEMPTY_TUPLE\nREDUCE\n"
	for name, c := range map[string]struct {
		text   string
		limits Limits
		cut    string // "" where no limit is reached
		calls  bool
	}{
		"a zip bomb":                            {"ZIP\nMEMBER a.pkl\nPROTO 4\nREPEAT 300000\nSHORT_BINBYTES '" + strings.Repeat("a", 200) + "'\nPOP\nEND\nEND\nEND", Limits{Expanded: 1 << 20}, "decompressed|compressed", false},
		"a bomb of gzip in gzip":                {"GZIP\nGZIP\nREPEAT 3000000\nTEXT 'aaaaaaaaaaaaaaaaaaaa'\nEND\nEND\nEND", Limits{Expanded: 1 << 20}, "", false},
		"10,000 nested lists":                   {"PROTO 4\nREPEAT 10000\nEMPTY_LIST\nEND\nREPEAT 9999\nAPPEND\nEND\nPOP\n" + call + "STOP", Limits{}, "", true},
		"10,000 nested tuples":                  {"PROTO 4\nNONE\nREPEAT 10000\nTUPLE1\nEND\nPOP\n" + call + "STOP", Limits{}, "", true},
		"a million opcodes":                     {"PROTO 4\nREPEAT 500000\nNONE\nPOP\nEND\n" + call + "STOP", Limits{}, "", true},
		"more opcodes than the limit":           {"PROTO 4\nREPEAT 500000\nNONE\nPOP\nEND\n" + call + "STOP", Limits{Opcodes: 1000}, "opcodes", false},
		"a large stack":                         {"PROTO 4\nREPEAT 300000\nBININT 70000\nEND\n" + call + "STOP", Limits{Values: 1000}, "stack", true},
		"many marks":                            {"PROTO 4\nREPEAT 300000\nMARK\nEND\n" + call + "STOP", Limits{Values: 1000}, "marks", true},
		"a large memo":                          {"PROTO 4\nREPEAT 100000\nSHORT_BINUNICODE 'ab'\nMEMOIZE\nPOP\nEND\n" + call + "STOP", Limits{Values: 1000}, "memo", true},
		"names behind a full stack":             {"PROTO 4\nREPEAT 3000\nNONE\nEND\nSHORT_BINUNICODE 'os'\nSHORT_BINUNICODE 'system'\nSTACK_GLOBAL\nEMPTY_TUPLE\nREDUCE\nSTOP", Limits{Values: 1000}, "stack", true},
		"a memo index of 63 bits":               {"PROTO 2\nNONE\nPUT 9223372036854775807\n" + call + "STOP", Limits{}, "", true},
		"a memo index beyond all":               {"PROTO 2\nNONE\nPUT 99999999999999999999999999\n" + call + "STOP", Limits{}, "", true},
		"a claimed length of 2**60":             {"PROTO 4\n" + call + "HEX 8d 00 00 00 00 00 00 00 10 41", Limits{}, "", true},
		"a claimed length of 2**63":             {"PROTO 4\n" + call + "HEX 8e 00 00 00 00 00 00 00 80 41", Limits{}, "", true},
		"a negative length":                     {"PROTO 4\n" + call + "HEX 54 ff ff ff ff", Limits{}, "", true},
		"a list in itself":                      {"PROTO 4\nEMPTY_LIST\nMEMOIZE\nBINGET 0\nAPPEND\nGLOBAL os system\nBINGET 0\nTUPLE1\nREDUCE\nSTOP", Limits{}, "", true},
		"a partial of itself":                   {"PROTO 4\nGLOBAL functools partial\nEMPTY_LIST\nMEMOIZE\nTUPLE1\nREDUCE\nMEMOIZE\nBINGET 0\nBINGET 1\nAPPEND\nREPEAT 100\nBINGET 1\nEMPTY_TUPLE\nREDUCE\nPOP\nEND\n" + call + "STOP", Limits{}, "", true},
		"archives nested deeper than the limit": {strings.Repeat("ZIP\nMEMBER a.zip stored\n", 12) + "TEXT 'x'\n" + strings.Repeat("END\nEND\n", 12), Limits{}, "nested", false},
		"many members":                          {"ZIP\n" + membersNamed(5000) + "END", Limits{Members: 100}, "members", false},
		"many facts":                            {"PROTO 4\nREPEAT 5000\nGLOBAL strange name\nEMPTY_TUPLE\nREDUCE\nPOP\nEND\n" + call + "STOP", Limits{Facts: 50}, "say", true},
	} {
		content := assembled(t, c.text)
		begun := time.Now()
		var r *Report
		within(t, 10*time.Second, 200<<20, func() {
			var err error
			if r, err = Scan(context.Background(), "model.pkl", bytes.NewReader(content), int64(len(content)), c.limits); err != nil {
				t.Error(err)
			}
		})
		t.Logf("%s: %v", name, time.Since(begun))
		said := fmt.Sprint(r.Cuts)
		if c.cut != "" && !strings.Contains(said, strings.Split(c.cut, "|")[0]) && !strings.Contains(said, c.cut[strings.IndexByte(c.cut, '|')+1:]) {
			t.Errorf("%s: the report says %v", name, r.Cuts)
		}
		if verdict, _ := verdictOn(r); (verdict == Dangerous) != c.calls {
			t.Errorf("%s: %v, facts %.300v", name, verdict, r.Facts)
		}
	}
}

func membersNamed(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "MEMBER a%d\nTEXT 'x'\nEND\n", i)
	}
	return b.String()
}

func TestScanStopsWithItsContext(t *testing.T) {
	content := assembled(t, "PROTO 4\nREPEAT 3000000\nNONE\nPOP\nEND\nSTOP")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, "model.pkl", bytes.NewReader(content), int64(len(content)), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// brokenDisk fails at an offset.
type brokenDisk struct{ io.ReaderAt }

func (b brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > 4096 {
		return 0, errors.New("the disk is gone")
	}
	return b.ReaderAt.ReadAt(p, off)
}

func TestAReadErrorIsAnError(t *testing.T) {
	content := assembled(t, "PROTO 4\nREPEAT 300000\nNONE\nPOP\nEND\nSTOP")
	if _, err := Scan(context.Background(), "model.pkl", brokenDisk{bytes.NewReader(content)}, int64(len(content)), Limits{}); err == nil {
		t.Error("there is no error")
	}
}

func BenchmarkCheckpointOfTwoGigabytes(b *testing.B) {
	file := checkpoint(b, assembled(b, stateDict), 64, 32<<20)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := Scan(context.Background(), "net.pt", file, file.size, Limits{}); err != nil || r.Format != TorchZip {
			b.Fatal(err, r)
		}
	}
}

func BenchmarkThousandSmallPickles(b *testing.B) {
	content := assembled(b, stateDict)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			if _, err := Scan(context.Background(), "a.pkl", bytes.NewReader(content), int64(len(content)), Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkMillionOpcodes(b *testing.B) {
	content := assembled(b, "PROTO 4\nREPEAT 250000\nSHORT_BINUNICODE 'key'\nMEMOIZE\nBININT 70000\nPOP\nEND\nSTOP")
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Scan(context.Background(), "a.pkl", bytes.NewReader(content), int64(len(content)), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzPickle(f *testing.F) {
	for _, trick := range tricks {
		f.Add(assembled(f, trick.text))
	}
	f.Add(assembled(f, stateDict))
	f.Fuzz(func(t *testing.T, content []byte) { scanWithinBounds(t, "model.pkl", content) })
}

func FuzzContainers(f *testing.F) {
	for _, text := range []string{
		"ZIP\nMEMBER a.pkl crc local=b\n" + stateDict + "END\nMEMBER b.pkl unlisted stored\n" + stateDict + "END\nEND", "TAR\nMEMBER a.pkl\n" + stateDict + "END\nEND",
		"GZIP\n" + stateDict + "END", "XZ\n" + stateDict + "END", "LZMA\n" + stateDict + "END", "LZ4\n" + stateDict + "END", "ZSTD\n" + stateDict + "END", "ZLIB\n" + stateDict + "END",
		"ZFILE\n" + stateDict + "END", "NPY |O\n" + stateDict + "END", "HEX 37 7a bc af 27 1c",
	} {
		f.Add(assembled(f, text))
	}
	f.Fuzz(func(t *testing.T, content []byte) { scanWithinBounds(t, "model.bin", content) })
}

func scanWithinBounds(t *testing.T, name string, content []byte) {
	started := time.Now()
	limits := Limits{Expanded: 1 << 20, Opcodes: 1 << 20, Values: 10_000, Members: 200}
	r, err := Scan(context.Background(), name, bytes.NewReader(content), int64(len(content)), limits)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(started); d > 5*time.Second {
		t.Fatalf("it took %v", d)
	}
	for _, fact := range r.Facts {
		if len(fact.Name) > 4096 || len(fact.Args) > 4096 {
			t.Fatalf("a fact of %d bytes", len(fact.Name)+len(fact.Args))
		}
	}
}
