package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pyguard/pyguardml/pyguardml"
)

var update = flag.Bool("update", false, "write the expected outputs in testdata anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scan": main})
}

// TestScripts runs the command as a person would: each file of testdata is a small project and
// what is done with it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "")
			env.Setenv("TERM", "xterm")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"bytes": writeBytes,
			"large": writeLarge,
			"uris":  relativeURIs,
			"clock": withoutClock,
		},
	})
}

// The report that the README shows is one that the command gives.
func TestTheReadmesReportIsReal(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(readme), "$ scan .\n")
	shown, _, _ = strings.Cut(shown, "\n```\n")
	script, err := os.ReadFile("testdata/text.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if _, real, _ := strings.Cut(string(script), "-- want --\n"); !found || !strings.HasPrefix(real, shown+"\n\n") {
		t.Errorf("the README shows\n%s", shown)
	}
}

// exits runs a command and checks its exit code: exits 1 scan .
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	ts.Logf("[exit code %d]", got)
	if got != want {
		ts.Fatalf("the exit code is %d, want %d", got, want)
	}
}

// writeBytes writes a file from a Go string literal, for bytes that are not text.
func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: bytes FILE LITERAL")
	}
	s, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s), 0o666))
}

// writeLarge makes a file of that many megabytes.
func writeLarge(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: large FILE MEGABYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte("x = 1\n"), n<<20/6), 0o666))
}

// relativeURIs checks the places of the results in the last standard output, SARIF: uris
// PATH:LINE..., with a cell as PATH@CELL:LINE.
func relativeURIs(ts *testscript.TestScript, _ bool, args []string) {
	var log struct {
		Runs []struct {
			Results []struct {
				Properties struct{ Cell int }
				Locations  []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &log))
	var got []string
	for _, r := range log.Runs[0].Results {
		p := r.Locations[0].PhysicalLocation
		place := p.ArtifactLocation.URI
		if r.Properties.Cell > 0 {
			place += "@" + strconv.Itoa(r.Properties.Cell)
		}
		got = append(got, place+":"+strconv.Itoa(p.Region.StartLine))
	}
	if strings.Join(got, " ") != strings.Join(args, " ") {
		ts.Fatalf("the results are at %v, want %v", got, args)
	}
}

// withoutClock writes the last standard output to a file, without the time that was needed.
func withoutClock(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: clock FILE")
	}
	out := ts.ReadFile("stdout")
	if i := strings.Index(out, "Analysed "); i >= 0 {
		line, rest, _ := strings.Cut(out[i:], "\n")
		line, _, _ = strings.Cut(line, " in ")
		out = out[:i] + strings.TrimSuffix(line, ".") + ".\n" + rest
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out), 0o666))
}

func TestAnInterruptEndsWith130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"."}, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if stdout.Len() != 0 || stderr.String() != "interrupted\n" {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAReaderThatHasSeenEnoughIsNoError(t *testing.T) {
	var stderr bytes.Buffer
	run(context.Background(), []string{"--list-checks"}, closedPipe{}, &stderr)
	if stderr.Len() != 0 {
		t.Errorf("stderr is %q", stderr.String())
	}
}

func TestTheProgressBarFillsUp(t *testing.T) {
	for _, test := range []struct {
		state pyguardml.Progress
		want  string
	}{
		{pyguardml.Progress{Stage: "parse", Done: 0, Total: 10}, strings.Repeat("░", 28) + " read 0 of 10 files"},
		{pyguardml.Progress{Stage: "parse", Done: 5, Total: 10}, strings.Repeat("█", 14) + strings.Repeat("░", 14) + " read 5 of 10 files"},
		{pyguardml.Progress{Stage: "check", Done: 0, Total: 10}, "checking 10 files, 3 s"},
		{pyguardml.Progress{Stage: "check", Done: 10, Total: 10}, strings.Repeat("█", 28) + " checked 10 of 10 files"},
	} {
		if got := progressLine(test.state, 3*time.Second); got != test.want {
			t.Errorf("%+v is shown as %q, want %q", test.state, got, test.want)
		}
	}
}

func TestColorsAreForTerminalsWhoseUserDoesNotObject(t *testing.T) {
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no pseudo terminal here: ", err)
	}
	defer tty.Close()
	for _, test := range []struct {
		color, noColor, term string
		w                    io.Writer
		want                 bool
	}{
		{"auto", "", "xterm", tty, true},
		{"auto", "1", "xterm", tty, false},
		{"auto", "", "dumb", tty, false},
		{"auto", "", "xterm", new(bytes.Buffer), false},
		{"never", "", "xterm", tty, false},
		{"always", "1", "dumb", new(bytes.Buffer), true},
	} {
		t.Setenv("NO_COLOR", test.noColor)
		t.Setenv("TERM", test.term)
		s := &settings{color: test.color}
		if got := s.colorful(test.w); got != test.want {
			t.Errorf("--color %s, NO_COLOR=%q, TERM=%s on %T: %v, want %v", test.color, test.noColor, test.term, test.w, got, test.want)
		}
	}
}

func TestOnlyATerminalGetsAProgressBar(t *testing.T) {
	var b bytes.Buffer
	p := newProgressBar(&b)
	p.show()
	p.update(pyguardml.Progress{Stage: "parse", Done: 1, Total: 2})
	p.clear()
	p.clear()
	if b.Len() != 0 {
		t.Errorf("a buffer got %q", b.String())
	}
}

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("disk full")
	err := writeFile(name, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			t.Fatal(err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
	if data, _ := os.ReadFile(name); string(data) != "old" {
		t.Errorf("the file holds %q", data)
	}
	if entries, _ := os.ReadDir(filepath.Dir(name)); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
}

func TestOptionsMayStandAnywhere(t *testing.T) {
	s, err := parseArguments([]string{"a", "--select=PML1201,PML12", "b", "-f", "json", "--select", "x", "--", "--fix"})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.paths, " "); got != "a b --fix" {
		t.Errorf("the paths are %q", got)
	}
	if got := strings.Join(s.sel, " "); got != "PML1201 PML12 x" || s.format != "json" || s.fix {
		t.Errorf("select %q, format %s, fix %v", got, s.format, s.fix)
	}
}

func TestMistakesInArgumentsAreOneClearLine(t *testing.T) {
	for arguments, want := range map[string]string{
		"--formt json .":        "unknown option --formt; did you mean --format?",
		"--frobnicate .":        "unknown option --frobnicate; --help lists the options",
		"--format":              "--format needs a value: --format NAME",
		"--format yaml .":       `--format: "yaml" is not a format; choose one of text, json, sarif`,
		"--fix=yes .":           "--fix takes no value",
		"--profile strict .":    `--profile: "strict" is not one of default, all`,
		"--jobs many .":         `--jobs: "many" is not a number of files`,
		"--select , .":          "--select: no check is named; --list-checks lists them",
		"--unsafe-fixes .":      "--unsafe-fixes needs --fix or --diff",
		"--diff -f sarif .":     "--diff prints a diff; it cannot be combined with --format sarif",
		"--output= .":           "--output: the value is empty",
		"--list-checks -fsarif": "unknown option -fsarif; --help lists the options",
	} {
		_, err := parseArguments(strings.Fields(arguments))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", arguments, err, want)
		}
	}
}

// Each command that the pages show works in a project with a defect: the lines of a block one after
// the other, as they would be copied. Commands that are run elsewhere are named here with the place.
func TestTheDocumentedCommandsWork(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{
		"git clone ", "cd ", "go build ", "go test ./...", // done, where a test runs
		"nbclean ", "git config ", "echo '*.ipynb", // examples/nbclean
		"go test -run '^$' -bench ", "AST_CORPUS=", "PYGUARDML_CORPUS=", "go tool pprof ", // pyguardml, TestTheDocumentedBenchmarksExist
	}
	ran := 0
	for _, page := range append(pages, "../../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "```sh\n")[1:] {
			code, _, _ := strings.Cut(block, "```")
			t.Run(filepath.Base(page), func(t *testing.T) {
				t.Chdir(t.TempDir())
				load := "import torch\ntorch.load('m.pt', weights_only=False)\n"
				for line := range strings.Lines(code) {
					line, _, _ = strings.Cut(line, "  #")
					line = strings.TrimPrefix(strings.TrimSpace(line), "./")
					if line == "" || strings.HasPrefix(line, "#") || slices.ContainsFunc(elsewhere, func(c string) bool { return strings.HasPrefix(line, c) }) {
						continue
					}
					ran++
					if err := os.WriteFile("load.py", []byte(load), 0o666); err != nil {
						t.Fatal(err)
					}
					if rest, ok := strings.CutPrefix(line, "printf "); ok {
						if out, err := exec.Command("sh", "-c", "printf "+rest).CombinedOutput(); err != nil {
							t.Errorf("%s: %v %s", line, err, out)
						}
						continue
					}
					arguments, ok := strings.CutPrefix(strings.ReplaceAll(line, "PATH", "."), "scan ")
					if !ok {
						t.Errorf("%s shows a command that no test runs: %s", page, line)
						continue
					}
					var stdout, stderr bytes.Buffer
					if code := run(context.Background(), strings.Fields(arguments), &stdout, &stderr); code != exitClean && code != exitFindings {
						t.Errorf("%s ends with %d: %s", line, code, stderr.String())
					}
				}
			})
		}
	}
	if ran < 15 {
		t.Errorf("the pages show few commands: %d", ran)
	}
}

// The README leads from a clone to a fixed finding.
func TestTheReadmesFirstStepsEndWithoutAFinding(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	t.Chdir(t.TempDir())
	var codes []int
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, "  #")
		if arguments, ok := strings.CutPrefix(line, "./scan "); ok {
			codes = append(codes, run(context.Background(), strings.Fields(arguments), io.Discard, io.Discard))
		} else if strings.HasPrefix(line, "printf ") {
			if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
		}
	}
	if want := []int{exitFindings, exitFindings, exitClean, exitClean}; !slices.Equal(codes, want) {
		t.Errorf("the commands end with %v, want %v", codes, want)
	}
}
