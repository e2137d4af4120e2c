package notebook

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

// typical is a notebook of 40 code cells with outputs, 20 markdown cells and 30 kB, close to
// the median of public ones.
func typical(tb testing.TB) []byte {
	var b strings.Builder
	b.WriteString("{\n \"cells\": [\n")
	for i := range 40 {
		if i%2 == 0 {
			fmt.Fprintf(&b, "  {\n   \"cell_type\": \"markdown\",\n   \"metadata\": {},\n   \"source\": [\n    \"## Step %d\\n\",\n    \"Now we load the data and look at the first rows.\"\n   ]\n  },\n", i)
		}
		fmt.Fprintf(&b, "  {\n   \"cell_type\": \"code\",\n   \"execution_count\": %d,\n   \"metadata\": {},\n   \"outputs\": [\n    {\n     \"data\": {\n      \"text/plain\": [\n       \"tensor([%s])\"\n      ]\n     },\n     \"output_type\": \"execute_result\"\n    }\n   ],\n   \"source\": [\n    \"%%timeit -n 1\\n\",\n    \"!pip install -q package%d\\n\",\n    \"model = Model.from_pretrained(f\\\"org/name-{size}\\\", device=\\\"cuda\\\")\\n\",\n    \"for batch in loader:\\n\",\n    \"    loss = model(**batch).loss\\n\",\n    \"    loss.backward()\"\n   ]\n  },\n", i, strings.Repeat("0.1234, ", 30), i)
	}
	b.WriteString("  {\"cell_type\": \"raw\", \"source\": []}\n ],\n \"metadata\": {\"kernelspec\": {\"language\": \"python\"}},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n")
	if _, err := Parse("b.ipynb", []byte(b.String())); err != nil {
		tb.Fatal(err)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	data := typical(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("b.ipynb", data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseCorpus reads all notebooks below PYGUARDML_CORPUS once per iteration.
func BenchmarkParseCorpus(b *testing.B) {
	files := corpus(b)
	size := 0
	for _, data := range files {
		size += len(data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for path, data := range files {
			_, _ = Parse(path, data)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(files)), "ns/notebook")
}

// BenchmarkParseLarge reads a notebook of 50 MB, most of it one image.
func BenchmarkParseLarge(b *testing.B) {
	data := large()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("b.ipynb", data); err != nil {
			b.Fatal(err)
		}
	}
}

func large() []byte {
	image := strings.Repeat("iVBORw0KGgoAAAANSUhEUgAAA+/x", 50<<20/28)
	return []byte(`{"nbformat":4,"cells":[{"cell_type":"code","source":"x","outputs":[{"output_type":"display_data","data":{"image/png":"` + image + `"}}]}]}`)
}

func BenchmarkApply(b *testing.B) {
	data := typical(b)
	nb, err := Parse("b.ipynb", data)
	if err != nil {
		b.Fatal(err)
	}
	i := strings.Index(string(nb.Source().Text), "device=")
	edits := []ast.Edit{{Span: ast.Span{Start: ast.Pos(i), End: ast.Pos(i)}, New: "weights_only=True, "}}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := nb.Apply(edits); err != nil {
			b.Fatal(err)
		}
	}
}

func TestLargeOutputsAreNotCopied(t *testing.T) {
	data := large()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Parse("b.ipynb", data); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
		t.Errorf("%d bytes allocated for a file of %d", allocated, len(data))
	}
}
