package artifact

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sparseAt is a file of zeros with some bytes in it.
type sparseAt struct {
	size  int64
	parts map[int64][]byte
}

func (s sparseAt) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	for at, b := range s.parts {
		if lo, hi := max(at, off), min(at+int64(len(b)), off+int64(n)); lo < hi {
			copy(p[lo-off:hi-off], b[lo-at:hi-at])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// bigSafetensors is a file of two gigabytes of data.
func bigSafetensors() sparseAt {
	const data = 2 << 30
	var h strings.Builder
	h.WriteString(`{"__metadata__":{"format":"pt"}`)
	for i := range 400 {
		fmt.Fprintf(&h, `,"model.layers.%d.weight":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`, i, data/400, i*(data/400), (i+1)*(data/400))
	}
	rest := data - 400*(data/400)
	fmt.Fprintf(&h, `,"last":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}}`, rest, data-rest, data)
	head := append(binary.LittleEndian.AppendUint64(nil, uint64(h.Len())), h.String()...)
	return sparseAt{int64(len(head)) + data, map[int64][]byte{0: head}}
}

// bigONNX is a model of two gigabytes, with weights of ten megabytes in it.
func bigONNX() sparseAt {
	const weight, n = 10 << 20, 200
	parts := map[int64][]byte{}
	head := proto{}.num(2, 1).str(onnxTensorName, "w")
	raw := binary.AppendUvarint(binary.AppendUvarint(nil, 9<<3|2), weight)
	tensor := int64(len(head)+len(raw)) + weight
	start := binary.AppendUvarint(binary.AppendUvarint(nil, onnxGraphInitializer<<3|2), uint64(tensor))
	graph := (int64(len(start)) + tensor) * n
	at := int64(0)
	put := func(b []byte) {
		parts[at] = b
		at += int64(len(b))
	}
	put(binary.AppendUvarint(binary.AppendUvarint(proto{}.num(1, 10), onnxModelGraph<<3|2), uint64(graph)))
	for range n {
		put(append(append(bytes.Clone(start), head...), raw...))
		at += weight
	}
	return sparseAt{at, parts}
}

// bigGGUF has the vocabulary of a large model, then weights of two gigabytes.
func bigGGUF() sparseAt {
	tokens := make([]string, 150_000)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("token%d", i)
	}
	b := ggufFile(binary.LittleEndian, 3, "tokenizer.ggml.tokens", tokens, "tokenizer.ggml.scores", make([]float32, 150_000), "tokenizer.chat_template", gadget)
	return sparseAt{2 << 30, map[int64][]byte{0: b}}
}

func BenchmarkLargeFiles(b *testing.B) {
	for name, file := range map[string]sparseAt{"m.safetensors": bigSafetensors(), "m.onnx": bigONNX(), "m.gguf": bigGGUF()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := Scan(context.Background(), name, file, file.size, Limits{})
				if err != nil || len(r.Cuts) > 0 {
					b.Fatal(err, r)
				}
			}
		})
	}
}

func BenchmarkReaders(b *testing.B) {
	h5, err := os.ReadFile(filepath.Join("testdata/hdf5", "latest_many.h5"))
	if err != nil {
		b.Fatal(err)
	}
	var layers []any
	for range 500 {
		layers = append(layers, tree{"class_name": "Dense", "module": "keras.layers", "config": tree{"units": 10, "activation": "relu"}})
	}
	var nodes []proto
	for range 5000 {
		nodes = append(nodes, tfNodeOf("MatMul", "T", proto{}.num(6, 1)))
	}
	for name, content := range map[string][]byte{
		"m.h5": h5, "m.keras": kerasFile(sequential(layers...)), "saved_model.pb": savedModel(tfGraphOf(nodes...)), "m.tflite": flatModel([2]string{"FlexErf", flexOptions("Erf", tfNodeOf("Erf"))}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, err := Scan(context.Background(), name, bytes.NewReader(content), int64(len(content)), Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestALargeFileCostsWhatItsHeaderCosts(t *testing.T) {
	for name, file := range map[string]sparseAt{"m.safetensors": bigSafetensors(), "m.onnx": bigONNX(), "m.gguf": bigGGUF()} {
		start, before := time.Now(), allocated()
		r, err := Scan(context.Background(), name, file, file.size, Limits{})
		if err != nil || len(r.Cuts) > 0 {
			t.Errorf("%s: %v %+v", name, err, r)
		}
		if n := allocated() - before; n > 16<<20 {
			t.Errorf("%s: allocated %d bytes", name, n)
		}
		if d := time.Since(start); d > time.Second { // a tenth of it on a machine at rest
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func TestHostileModelsStayWithinTheLimits(t *testing.T) {
	deep := proto{}
	for range 5000 {
		deep = proto{}.msg(onnxGraphNode, proto{}.msg(onnxNodeAttribute, proto{}.msg(onnxAttributeGraph, deep)))
	}
	lie := binary.AppendUvarint(binary.AppendUvarint(proto{}.num(1, 10), onnxModelGraph<<3|2), 1<<60)
	for name, content := range map[string][]byte{
		"deep:m.onnx":                     onnxModel(deep),
		"length:m.onnx":                   lie,
		"fields:m.onnx":                   bytes.Repeat(proto{}.num(1, 1), 2_000_000),
		"groups:m.onnx":                   bytes.Repeat([]byte{99<<3&0x7f | 3}, 2_000_000),
		"open messages:saved_model.pbtxt": bytes.Repeat([]byte("a{"), 5_000_000),
		"string:saved_model.pbtxt":        append([]byte(`a: "`), bytes.Repeat([]byte("x"), 20_000_000)...),
		"lists:config.json":               bytes.Repeat([]byte("["), 20_000_000),
		"objects:config.json":             bytes.Repeat([]byte(`{"a":`), 5_000_000),
		"items:config.json":               append([]byte(`{"class_name":"A","config":[`), bytes.Repeat([]byte("1,"), 2_000_000)...),
		"counts:m.gguf":                   append([]byte("GGUF\x03\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 100)...),
		"array:m.gguf":                    ggufFile(binary.LittleEndian, 3, "a", binary.LittleEndian.AppendUint64([]byte{9, 0, 0, 0, 8, 0, 0, 0}, 1<<60)),
		"wide array:m.gguf":               ggufFile(binary.LittleEndian, 3, "a", binary.LittleEndian.AppendUint64([]byte{9, 0, 0, 0, 10, 0, 0, 0}, 1<<61)),
		"arrays of arrays:m.gguf":         ggufFile(binary.LittleEndian, 3, "a", append([]byte{9, 0, 0, 0}, bytes.Repeat([]byte{9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 1000)...)),
		"tensors:m.safetensors":           safetensorsFile("{"+strings.Repeat(`"a":{"dtype":"U8","shape":[],"data_offsets":[0,0]},`, 100_000)+`"b":{}}`, 0),
		"shape:m.safetensors":             safetensorsFile(`{"a":{"dtype":"U8","shape":[`+strings.Repeat("1,", 1_000_000)+`1],"data_offsets":[0,1]}}`, 1),
		"nested:m.safetensors":            safetensorsFile(`{"a":{"x":`+strings.Repeat("[", 10_000_000), 0),
		"tags:m.pmml":                     append([]byte("<PMML>"), bytes.Repeat([]byte("<a>"), 3_000_000)...),
		"entities:m.pmml":                 []byte("<!DOCTYPE a [" + strings.Repeat("<!ENTITY a SYSTEM 'x'>", 200_000) + "]><PMML/>"),
		"templates:tokenizer_config.json": []byte(`{"chat_template":[` + strings.Repeat(`{"template":"{{ x.__class__ }}"},`, 20_000) + `{}]}`),
		"shared graphs:m.tflite":          sharedGraphs(),
	} {
		base := name[strings.Index(name, ":")+1:]
		start, before := time.Now(), allocated()
		r := scanBytes(t, base, content)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
		if n := allocated() - before; n > 512<<20 {
			t.Errorf("%s: allocated %d bytes for %d", name, n, len(content))
		}
		t.Logf("%-32s %8d KB %10v %6d KB allocated, %d facts, %v", name, len(content)>>10, time.Since(start).Round(time.Millisecond), (allocated()-before)>>10, len(r.Facts), r.Cuts)
	}
}

// sharedGraphs is a model whose every subgraph is the same one, of many operators, one of which has
// long options.
func sharedGraphs() []byte {
	ops := make([][2]string, 2000)
	for i := range ops {
		ops[i] = [2]string{"FlexErf", ""}
	}
	ops[0][1] = strings.Repeat("x", 1<<20)
	return flatModelOf(100_000, ops...)
}
