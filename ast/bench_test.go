package ast

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// benchmarkSources returns the corpus of the benchmarks: testdata/corpus, and AST_CORPUS
// where set (folders of Python files).
func benchmarkSources(b *testing.B) []*Source {
	roots := []string{filepath.Join("testdata", "corpus")}
	if corpus := os.Getenv("AST_CORPUS"); corpus != "" {
		roots = filepath.SplitList(corpus)
	}
	var sources []*Source
	total := int64(0)
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".py" || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if src, err := NewSource(path, raw); err == nil {
				sources = append(sources, src)
				total += int64(len(src.Text))
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(total)
	b.ReportAllocs()
	return sources
}

// The whole of Parse.
func BenchmarkParse(b *testing.B) {
	sources := benchmarkSources(b)
	for b.Loop() {
		for _, src := range sources {
			if _, err := Parse(context.Background(), src); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// What is done for a text that is not valid: tree-sitter's parse, the export of its tree, the typed tree.
func BenchmarkParseAny(b *testing.B) {
	sources := benchmarkSources(b)
	for b.Loop() {
		for _, src := range sources {
			if err := parseAny(context.Background(), &File{Source: src}, Span{0, Pos(len(src.Text))}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// Tree-sitter's parse alone, through the same call, its tree thrown away.
func BenchmarkTreeSitterAlone(b *testing.B) { benchmarkRecords(b, false) }

// Tree-sitter's parse and the export, without the typed tree.
func BenchmarkExport(b *testing.B) { benchmarkRecords(b, true) }

func benchmarkRecords(b *testing.B, export bool) {
	sources := benchmarkSources(b)
	for b.Loop() {
		for _, src := range sources {
			if err := runParser(context.Background(), src.Text, export, func([]record) {}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A walk over finished trees.
func BenchmarkInspect(b *testing.B) {
	var files []*File
	for _, src := range benchmarkSources(b) {
		file, err := Parse(context.Background(), src)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
	}
	nodes := 0
	for b.Loop() {
		nodes = 0
		for _, file := range files {
			InspectFile(file, func(Node) bool { nodes++; return true })
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(nodes, 1)), "ns/node")
}
