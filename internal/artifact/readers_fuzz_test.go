package artifact

import (
	"bytes"
	"context"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// maxSeed bounds the seeds of the fuzz targets, in bytes.
const maxSeed = 16 << 10

// fuzzReader feeds a reader with files of one kind: it must come to an end soon, whatever the
// bytes, allocate in proportion, and state places within the file.
func fuzzReader(f *testing.F, name string) {
	f.Helper()
	for _, m := range append(maliciousFiles(), honestFiles()...) {
		// What a large seed is changed into takes long to read and is much like it.
		if len(m.content) > maxSeed {
			continue
		}
		if strings.HasSuffix(m.base(), name) || ending(m.base()) == ending(name) {
			f.Add(m.content)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { readHostile(t, name, b) })
}

func readHostile(t *testing.T, name string, b []byte) {
	t.Helper()
	start, before := time.Now(), allocated()
	r, err := Scan(context.Background(), name, bytes.NewReader(b), int64(len(b)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 20*time.Second { // on a busy machine, too
		t.Errorf("%d bytes took %v", len(b), d)
	}
	if n := allocated() - before; n > 256<<20+200*uint64(len(b)) {
		t.Errorf("%d bytes made it allocate %d", len(b), n)
	}
	for _, fact := range r.Facts {
		if fact.Member == "" && (fact.Offset < 0 || fact.Offset > int64(len(b))) && !wideText(b) {
			t.Errorf("%s: offset %d of %d", fact.Kind, fact.Offset, len(b))
		}
	}
}

// wideText tells a text in UTF-16 or UTF-32, in which places are counted in characters.
func wideText(b []byte) bool { return len(decodeText(b)) != len(b) }

func FuzzONNX(f *testing.F)           { fuzzReader(f, "m.onnx") }
func FuzzSavedModel(f *testing.F)     { fuzzReader(f, "saved_model.pb") }
func FuzzGraphDef(f *testing.F)       { fuzzReader(f, "frozen.pb") }
func FuzzTensorFlowText(f *testing.F) { fuzzReader(f, "saved_model.pbtxt") }
func FuzzKerasMetadata(f *testing.F)  { fuzzReader(f, "keras_metadata.pb") }
func FuzzKerasArchive(f *testing.F)   { fuzzReader(f, "m.keras") }
func FuzzConfig(f *testing.F)         { fuzzReader(f, "config.json") }
func FuzzTokenizer(f *testing.F)      { fuzzReader(f, "tokenizer_config.json") }
func FuzzHDF5(f *testing.F)           { fuzzReader(f, "m.h5") }
func FuzzTFLite(f *testing.F)         { fuzzReader(f, "m.tflite") }
func FuzzGGUF(f *testing.F)           { fuzzReader(f, "m.gguf") }
func FuzzSafetensors(f *testing.F)    { fuzzReader(f, "m.safetensors") }
func FuzzXML(f *testing.F)            { fuzzReader(f, "m.pmml") }
func FuzzCoreML(f *testing.F)         { fuzzReader(f, "m.mlmodel") }
