package pyguardml_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/pyguardml/config"
	"github.com/pyguard/pyguardml/report"
)

// The functions of this file hold the code of docs/embedding.md.

func analyse(ctx context.Context, project fs.FS, text string) error {
	files, err := pyguardml.Discover(ctx, project, pyguardml.DiscoverOptions{Exclude: []string{"vendor"}})
	if err != nil {
		return err
	}
	result, err := pyguardml.Analyze(ctx, files, pyguardml.Options{})
	if err != nil {
		return err
	}
	for _, f := range result.Findings {
		fmt.Printf("%s:%d: %s: %s\n", f.Path, f.Start.Line, f.CheckID, f.Message)
	}
	files = append(files, pyguardml.File{Path: "buffer.py", Content: []byte(text)})
	_, err = pyguardml.Analyze(ctx, files, pyguardml.Options{})
	return err
}

func writeReport(dir string, result *pyguardml.Result) error {
	out, err := os.Create(filepath.Join(dir, "report.sarif"))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := report.SARIF(out, result); err != nil {
		return err
	}
	return nil
}

func repair(ctx context.Context, dir string, files []pyguardml.File) error {
	plan, err := pyguardml.Fix(ctx, files, pyguardml.FixOptions{Unsafe: false})
	if err != nil {
		return err
	}
	fmt.Print(plan.Diff())
	if err := plan.Apply(dir); err != nil {
		return err
	}
	return nil
}

func keep(ctx context.Context, files []pyguardml.File, cache pyguardml.Cache, edited string) (*pyguardml.Result, error) {
	analyzer, err := pyguardml.New(pyguardml.Options{Select: []string{"LLM01", "CWE-502"}, Cache: cache})
	if err != nil {
		return nil, err
	}
	if _, err := analyzer.Analyze(ctx, files); err != nil {
		return nil, err
	}
	result, err := analyzer.Update(ctx, []pyguardml.File{{Path: "app.py", Content: []byte(edited)}})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func withSettings(ctx context.Context, project fs.FS, files []pyguardml.File) (*pyguardml.Result, error) {
	settings, err := config.Find(project, ".")
	if err != nil {
		return nil, err
	}
	opts := pyguardml.Options{}
	if settings != nil {
		opts = settings.Options
		files = slices.DeleteFunc(files, func(f pyguardml.File) bool { return !settings.Takes(f.Path) })
	}
	result, err := pyguardml.Analyze(ctx, files, opts)
	if err != nil {
		return nil, err
	}
	return result, nil
}

func TestTheCodeOfTheGuideWorks(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	const defect = "import torch\n\n\ndef restore(path):\n    return torch.load(path)\n"
	for name, text := range map[string]string{"app.py": defect, "old.py": defect, "requirements.txt": "torch>=2.1\n", "pyguardml.toml": "exclude = [\"old.py\"]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	project := os.DirFS(dir)
	if err := analyse(ctx, project, defect); err != nil {
		t.Error(err)
	}
	files, err := pyguardml.Discover(ctx, project, pyguardml.DiscoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := withSettings(ctx, project, slices.Clone(files))
	if err != nil || len(result.Findings) != 1 {
		t.Fatalf("%v, %+v", err, result)
	}
	if err := writeReport(dir, result); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "report.sarif")); err != nil || !bytes.Contains(data, []byte("PML1201")) {
		t.Errorf("%v: %.100s", err, data)
	}
	cache, err := pyguardml.NewDirCache(filepath.Join(dir, ".cache"))
	if err != nil {
		t.Fatal(err)
	}
	if result, err := keep(ctx, files, cache, "x = 1\n"); err != nil || len(result.Findings) != 1 {
		t.Errorf("%v, %+v", err, result)
	}
	if err := repair(ctx, dir, files); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "app.py")); err != nil || !bytes.Contains(data, []byte("weights_only=True")) {
		t.Errorf("%v: %s", err, data)
	}
}

// Every statement that a page shows is one that is compiled and run: in this file, or in an example.
func TestThePagesShowCodeThatIsRun(t *testing.T) {
	run := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../examples/*/*.go", "../checks/*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(data)) {
				run[withoutComment(line)] = true
			}
		}
	}
	for _, page := range []string{"../README.md", "../docs/embedding.md", "../docs/writing-checks.md"} {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "```go\n")[1:] {
			code, _, _ := strings.Cut(block, "```")
			for line := range strings.Lines(code) {
				if line = withoutComment(line); line != "" && !run[line] {
					t.Errorf("%s shows a line that nothing runs: %s", page, line)
				}
			}
		}
	}
}

func withoutComment(line string) string {
	if i := strings.Index(line, "// "); i >= 0 {
		line = line[:i]
	}
	return strings.TrimSpace(line)
}

// The benchmarks that docs/performance.md tells to run are there.
func TestTheDocumentedBenchmarksExist(t *testing.T) {
	page, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`-bench (\S+)(.*)`).FindAllStringSubmatch(string(page), -1)
	for _, c := range commands {
		for _, dir := range regexp.MustCompile(`\./(\w+)`).FindAllStringSubmatch(c[2], -1) {
			files, err := filepath.Glob(filepath.Join("..", dir[1], "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				name := regexp.MustCompile(`(?m)^func Benchmark\w*` + c[1]) // -bench takes a pattern
				found = found || name.Match(data)
			}
			if !found {
				t.Errorf("%s: ./%s has no such benchmark", c[0], dir[1])
			}
		}
	}
	if len(commands) == 0 {
		t.Error("the page shows no benchmark")
	}
}

// Links within the repository lead to files that there are.
func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md", "../CONTRIBUTING.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, _, _ = strings.Cut(link, "#")
			if link == "" || strings.Contains(link, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(link))); err != nil {
				t.Errorf("%s links to %s: %v", page, link, err)
			}
		}
	}
}
