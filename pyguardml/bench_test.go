package pyguardml

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// examples is the corpus of the benchmarks: the examples of all built-in checks, ten times.
func examples() (files []File, bytes int64) {
	for i := range 10 {
		for _, info := range Checks() {
			for kind, text := range map[string]string{"vulnerable": info.Vulnerable, "safe": info.Safe, "fixed": info.Fixed} {
				files = append(files, File{Path: fmt.Sprintf("%s/%s_%d.py", info.ID, kind, i), Content: []byte(text)})
				bytes += int64(len(text))
			}
		}
	}
	return files, bytes
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnalyze(b *testing.B) {
	files, size := examples()
	a, err := New(Options{Profile: "all"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		a.Forget()
		if _, err := a.Analyze(context.Background(), files); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(files)), "µs/file")
}

// corpus is the folder that PYGUARDML_CORPUS names, nil for none.
func corpus(b *testing.B) []File {
	dir := os.Getenv("PYGUARDML_CORPUS")
	if dir == "" {
		return nil
	}
	files, err := Discover(context.Background(), os.DirFS(dir), DiscoverOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return files
}

// BenchmarkUpdateOfOneFile edits one of 1,000 files that do not import each other; with
// PYGUARDML_CORPUS, the first file of that folder that is analysed.
func BenchmarkUpdateOfOneFile(b *testing.B) {
	files, _ := examples()
	files = files[:min(1000, len(files))]
	if given := corpus(b); given != nil {
		files = given
	}
	a, err := New(Options{Profile: "all"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := a.Analyze(context.Background(), files); err != nil {
		b.Fatal(err)
	}
	at := slices.IndexFunc(files, func(f File) bool { return strings.HasSuffix(f.Path, ".py") })
	if at < 0 {
		b.Skip("no Python file")
	}
	text, err := files[at].read(1 << 30)
	if err != nil {
		b.Fatal(err)
	}
	i, again := 0, 0
	for b.Loop() {
		i++
		r, err := a.Update(context.Background(), []File{{Path: files[at].Path, Content: fmt.Appendf(nil, "%s# edit %d\n", text, i)}})
		if err != nil {
			b.Fatal(err)
		}
		again += r.Stats.Files - r.Stats.Remembered - r.Stats.Unparsed
	}
	b.ReportMetric(float64(again)/float64(i), "files-analysed")
}

// BenchmarkAnalyzeTree analyses the folder named by PYGUARDML_CORPUS, one file at a time, and
// tells how reading and parsing compare with all that comes after them. Run it with -cpu 1, so
// that the collector's work is part of what it serves.
func BenchmarkAnalyzeTree(b *testing.B) {
	dir := os.Getenv("PYGUARDML_CORPUS")
	if dir == "" {
		b.Skip("PYGUARDML_CORPUS names no folder")
	}
	files, err := Discover(context.Background(), os.DirFS(dir), DiscoverOptions{})
	if err != nil {
		b.Fatal(err)
	}
	a, err := New(Options{Profile: "all", Parallelism: 1})
	if err != nil {
		b.Fatal(err)
	}
	var parse, check time.Duration
	n, size := 0, int64(0)
	for b.Loop() {
		a.Forget()
		r, err := a.Analyze(context.Background(), files)
		if err != nil {
			b.Fatal(err)
		}
		parse, check = parse+r.Stats.Parse, check+r.Stats.Check
		n, size = n+r.Stats.Files, r.Stats.Bytes
	}
	b.SetBytes(size)
	b.ReportMetric(float64(parse.Microseconds())/1e3/float64(n), "parse-ms/file")
	b.ReportMetric(float64(check.Microseconds())/1e3/float64(n), "check-ms/file")
}
