package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func TestMain(m *testing.M) {
	beam.Init()
	os.Exit(m.Run())
}

const (
	defect = "import torch\ntorch.load('m.pt', weights_only=False)\n"
	yaml   = "import yaml\nyaml.load(open('c.yml'), Loader=yaml.UnsafeLoader)\n"
)

func put(t *testing.T, file string, text []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func zipped(t *testing.T, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, members[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, h := range headers {
		text := defect
		if h.Typeflag != tar.TypeReg {
			text = ""
		}
		h.Mode, h.Size = 0o600, int64(len(text))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	w.Close()
	g.Close()
	return b.Bytes()
}

func decode[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []T
	for line := range strings.Lines(string(data)) {
		var element T
		if err := json.Unmarshal([]byte(line), &element); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, element)
	}
	return list
}

func ample(output string) options {
	return options{Output: output, Time: time.Minute, Bytes: 1 << 20, Files: 100, AtOnce: 2}
}

// Beam's local runner runs the steps as a cluster would: what goes between them is encoded, and the functions are
// found by name.
func TestManyRepositoriesAreScanned(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	put(t, in("one/app/load.py"), []byte(defect))
	put(t, in("one/app/settings.py"), []byte(yaml))
	put(t, in("clean/a.py"), []byte("x = 1\n"))
	put(t, in("two.zip"), zipped(t, "two-4711/load.py", defect+"torch.load('n.pt', weights_only=False)\n", "../climbs.py", defect))
	put(t, in("three.tar.gz"), tarred(t, tar.Header{Name: "a/load.py", Typeflag: tar.TypeReg}, tar.Header{Name: "b/passwd.py", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, tar.Header{Name: "b/load.py", Typeflag: tar.TypeReg}))
	put(t, in("broken.zip"), []byte("PK"))
	if err := os.Symlink("/etc/passwd", in("one/passwd.py")); err != nil {
		t.Fatal(err)
	}
	names := []string{"one", "clean", "two.zip", "three.tar.gz", "broken.zip", "missing"}
	list := "# all of ours\n\n"
	for _, name := range names {
		list += in(name) + "\n"
	}
	put(t, in("list.txt"), []byte(list+in("one")+"\n")) // one of them twice
	out := in("out")
	put(t, filepath.Join(out, "findings.jsonl"), []byte("left over\n"))
	if err := run(t.Context(), in("list.txt"), ample(out)); err != nil {
		t.Fatal(err)
	}

	var findings []string
	for _, f := range decode[Finding](t, filepath.Join(out, "findings.jsonl")) {
		findings = append(findings, fmt.Sprintf("%s %s %s:%d", filepath.Base(f.Repository), f.Check, f.Path, f.Line))
	}
	slices.Sort(findings)
	want := []string{
		"one PML1201 app/load.py:2", "one PML6212 app/settings.py:2",
		"three.tar.gz PML1201 a/load.py:2", "three.tar.gz PML1201 b/load.py:2", "two.zip PML1201 load.py:2", "two.zip PML1201 load.py:3",
	}
	if !slices.Equal(findings, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(findings, "\n"), strings.Join(want, "\n"))
	}
	errors := map[string]string{}
	for _, o := range decode[Outcome](t, filepath.Join(out, "repositories.jsonl")) {
		name := filepath.Base(o.Repository)
		if _, twice := errors[name]; twice {
			t.Errorf("%s was scanned twice", name)
		}
		errors[name] = o.Error
		if o.Error != "" {
			continue
		}
		report, err := os.ReadFile(o.Report)
		if err != nil || !bytes.Contains(report, []byte(`"version": "2.1.0"`)) {
			t.Errorf("%s has no report: %v", name, err)
		}
		if name == "two.zip" && !bytes.Contains(report, []byte("torch.load('n.pt'")) {
			t.Errorf("the report of an archive does not quote its files:\n%s", report)
		}
	}
	for _, name := range names {
		text, ok := errors[name]
		if failed := name == "broken.zip" || name == "missing"; !ok || failed != (text != "") {
			t.Errorf("%s: in the list %v, error %q", name, ok, text)
		}
	}
	got := decode[Summary](t, filepath.Join(out, "summary.json"))
	if len(got) != 1 || got[0].Repositories != 6 || got[0].Failed != 2 || got[0].Findings != 6 || len(got[0].Checks) != 2 {
		t.Fatalf("the summary is %+v", got)
	}
	if c := got[0].Checks[0]; c.Check != "PML1201" || c.Findings != 5 || c.Repositories != 3 || c.Severity != "high" || c.Title == "" {
		t.Errorf("PML1201: %+v", c)
	}
}

func TestBoundsAreKept(t *testing.T) {
	folder := t.TempDir()
	archive := put(t, filepath.Join(folder, "a.zip"), zipped(t, "a.py", strings.Repeat("x = 1\n", 1000), "b.py", ""))
	for want, change := range map[string]func(*options){
		"more than 10 bytes": func(o *options) { o.Bytes = 10 },
		"too large":          func(o *options) { o.Bytes = 5000 },
		"too many files":     func(o *options) { o.Files = 1 },
		"":                   func(*options) {},
	} {
		o := ample(folder)
		change(&o)
		tree, err := open(context.Background(), archive, &o)
		if err == nil {
			tree.Close()
		}
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := open(context.Background(), "gs://bucket/folder", &options{}); err == nil {
		t.Error("a folder of a bucket is opened")
	}
}

func TestARepositoryThatTakesTooLongIsAnOutcome(t *testing.T) {
	folder := t.TempDir()
	put(t, filepath.Join(folder, "r/a.py"), []byte(defect))
	o := ample(filepath.Join(folder, "out"))
	o.Time = time.Nanosecond
	s := &scan{Options: o}
	if err := s.Setup(); err != nil {
		t.Fatal(err)
	}
	var got []Outcome
	err := s.ProcessElement(t.Context(), filepath.Join(folder, "r"), func(o Outcome) { got = append(got, o) }, func(f Finding) { t.Error(f) })
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Error, "longer than 1ns") {
		t.Errorf("%v, %+v", err, got)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.ProcessElement(ended, "r", func(o Outcome) { t.Error(o) }, func(Finding) {}); err == nil {
		t.Error("when the runner ends, the repository counts as done")
	}
}

func TestSummariesAddUpInAnyOrder(t *testing.T) {
	c := &combine{}
	outcomes := []Outcome{
		{Checks: []Tally{{Check: "A", Findings: 1, Repositories: 1}, {Check: "C", Findings: 2, Repositories: 1}}, Files: 3},
		{Error: "no"}, {Checks: []Tally{{Check: "B", Findings: 4, Repositories: 1}, {Check: "C", Findings: 1, Repositories: 1}}, Lines: 5},
	}
	all := c.CreateAccumulator()
	parts := c.CreateAccumulator()
	for _, o := range outcomes {
		all = c.AddInput(all, o)
		parts = c.MergeAccumulators(c.AddInput(c.CreateAccumulator(), o), parts)
	}
	want := Summary{Repositories: 3, Failed: 1, Files: 3, Lines: 5, Findings: 8, Checks: []Tally{
		{Check: "A", Findings: 1, Repositories: 1}, {Check: "B", Findings: 4, Repositories: 1}, {Check: "C", Findings: 3, Repositories: 2}}}
	if !reflect.DeepEqual(all, want) || !reflect.DeepEqual(parts, want) {
		t.Errorf("got %+v\nand %+v\nwant %+v", all, parts, want)
	}
}

func TestReportsOfDifferentRepositoriesHaveDifferentNames(t *testing.T) {
	names := map[string]bool{}
	for _, repository := range []string{"a/x", "b/x", "/a/../é x.zip", "..", "", strings.Repeat("x", 300)} {
		name := fileName(repository)
		if names[name] || len(name) > 100 || strings.ContainsAny(name, "/\\ ") || strings.HasPrefix(name, ".") {
			t.Errorf("%q is called %q", repository, name)
		}
		names[name] = true
	}
}

// Beam has many flags, and renames some.
func TestTheReadmesFlagsExist(t *testing.T) {
	var o options
	own := flag.NewFlagSet("", flag.ContinueOnError)
	define(own, &o)
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "docker ") {
			continue
		}
		for _, m := range regexp.MustCompile("--([a-z][a-z_-]*)").FindAllStringSubmatch(line, -1) {
			seen++
			if own.Lookup(m[1]) == nil && flag.Lookup(m[1]) == nil {
				t.Errorf("there is no flag %s: %s", m[0], line)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d flags were found", seen)
	}
	if err := own.Parse([]string{"--select", "PML1201,LLM01", "--at-once", "2"}); err != nil || len(o.Select) != 2 || o.AtOnce != 2 {
		t.Errorf("%v, %+v", err, o)
	}
}

func TestWhatIsWrongIsSaidBeforeAnythingRuns(t *testing.T) {
	if err := run(t.Context(), "", options{}); err == nil {
		t.Error("no list is no error")
	}
	if err := run(t.Context(), "list.txt", options{Output: "out", Select: []string{"PML9999"}}); err == nil || !strings.Contains(err.Error(), "PML9999") {
		t.Errorf("an unknown check: %v", err)
	}
}
