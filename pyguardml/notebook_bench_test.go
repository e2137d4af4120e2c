package pyguardml

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// largeNotebooks are notebooks of the given size, most of it in outputs: a picture, logs, tables in
// HTML with script among them, and the state of widgets.
func largeNotebooks(size int) map[string][]byte {
	row := "<tr><th>12</th><td>0.1234</td><td>a name</td><td style=\"color: red\">5.678</td></tr>\n"
	cell := func(output any) map[string]any {
		return map[string]any{"cell_type": "code", "execution_count": 1, "metadata": map[string]any{}, "outputs": []any{output}, "source": "import torch\nx = torch.load('a.pt')"}
	}
	display := func(mime string, value any) any {
		return map[string]any{"output_type": "display_data", "metadata": map[string]any{}, "data": map[string]any{mime: value}}
	}
	lines := func(line string, of int) []string {
		return slices.Repeat([]string{line}, of/len(line))
	}
	book := func(metadata map[string]any, cells ...any) []byte {
		data, err := json.MarshalIndent(map[string]any{"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells}, "", " ")
		if err != nil {
			panic(err)
		}
		return data
	}
	var logs []any
	for range 100 {
		logs = append(logs, cell(map[string]any{"output_type": "stream", "name": "stdout", "text": lines("Epoch 1: loss 0.1234, accuracy 0.98, learning rate 1e-05, 12.3 s\n", size/120)}))
	}
	state := map[string]any{}
	for range 10 {
		state["m"+strings.Repeat("x", len(state))] = map[string]any{"model_name": "HTMLModel", "model_module": "@jupyter-widgets/controls", "state": map[string]any{"value": strings.Repeat("progress ", size/100)}}
	}
	return map[string][]byte{
		"image":   book(nil, cell(display("image/png", strings.Repeat("iVBORw0KGgoAAAANSUhEUgAAA+/x", size/28)))),
		"logs":    book(nil, logs...),
		"html":    book(nil, cell(display("text/html", append([]string{"<table><script>sort()</script>\n"}, lines(row, size*3/4)...)))),
		"script":  book(nil, cell(display("application/javascript", lines("function draw(x) { return x.map(y => y + 1); }\n", size*3/4)))),
		"svg":     book(nil, cell(display("image/svg+xml", append(append([]string{"<svg>"}, lines("<path d=\"M 10 10 L 20 20\"/>\n", size*2/3)...), "</svg>")))),
		"widgets": book(map[string]any{"widgets": map[string]any{"application/vnd.jupyter.widget-state+json": map[string]any{"state": state}}}, cell(display("text/plain", "x"))),
	}
}

// BenchmarkAnalyzeLargeNotebook analyses notebooks of 50 MB with all checks. It tells what is
// allocated, and the most that is held at a time, as multiples of the file.
func BenchmarkAnalyzeLargeNotebook(b *testing.B) {
	for name, data := range largeNotebooks(50 << 20) {
		b.Run(name, func(b *testing.B) {
			a := warm(b)
			var err error
			b.SetBytes(int64(len(data)))
			var allocated, peak uint64
			for b.Loop() {
				a.Forget()
				allocated, peak = costOf(func() { _, err = a.Analyze(context.Background(), []File{{Path: "a.ipynb", Content: data}}) })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(allocated)/float64(len(data)), "allocated/size")
			b.ReportMetric(float64(peak)/float64(len(data)), "peak/size")
		})
	}
}

// warm makes an Analyzer with all checks that has done what it does once.
func warm(tb testing.TB) *Analyzer {
	tb.Helper()
	a, err := New(Options{Profile: "all"})
	if err == nil {
		_, err = a.Analyze(context.Background(), []File{{Path: "a.ipynb", Content: book("1:import torch\nx = torch.load('a.pt')")}})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestLargeNotebooksAreAnalysedInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses tens of megabytes")
	}
	a := warm(t)
	var err error
	for name, data := range largeNotebooks(8 << 20) {
		a.Forget()
		allocated, _ := costOf(func() { _, err = a.Analyze(context.Background(), []File{{Path: "a.ipynb", Content: data}}) })
		if err != nil {
			t.Fatal(err)
		}
		// Three times the file, and what an analysis takes whatever its size.
		if bound := uint64(3*len(data) + 24<<20); allocated > bound {
			t.Errorf("%s: %d bytes are allocated for %d, want at most %d", name, allocated, len(data), bound)
		}
	}
}

// costOf tells what a function allocates, and by how much the heap grows at most meanwhile.
func costOf(f func()) (allocated, peak uint64) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var now runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most.Store(max(most.Load(), now.HeapAlloc))
			}
		}
	}()
	f()
	close(stop)
	<-done
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, max(most.Load(), before.HeapAlloc) - before.HeapAlloc
}

// BenchmarkAnalyzeNotebooks analyses the notebooks below PYGUARDML_CORPUS one by one with all checks,
// and tells the median and the 99th percentile.
func BenchmarkAnalyzeNotebooks(b *testing.B) {
	root := os.Getenv("PYGUARDML_CORPUS")
	if root == "" {
		b.Skip("PYGUARDML_CORPUS names no folder of notebooks")
	}
	var files []File
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".ipynb" {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, File{Path: filepath.ToSlash(path), Content: data})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	a, err := New(Options{Profile: "all"})
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		took = took[:0]
		for i := range files {
			a.Forget()
			start := time.Now()
			if _, err := a.Analyze(context.Background(), files[i:i+1]); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
