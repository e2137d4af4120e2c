// Package ci tests what other tools take from this repository: the hooks for pre-commit, the GitHub
// Action and the GitLab template. Their commands are run as those tools run them.
package ci

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

const defect = "import torch\ntorch.load('m.pt', weights_only=False)\n"

func read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// project is a folder with a defect.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"load.py": defect, "clean.py": "x = 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// built is the folder of the scanner, which is built once by the name that go install gives it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bin-*")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../scan").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return dir, err
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if !testing.Short() {
		if dir, _ := built(); dir != "" {
			os.RemoveAll(dir)
		}
	}
	os.Exit(code)
}

// scanner returns the folder of the scanner.
func scanner(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the scanner")
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a command in a folder and returns its exit code.
func run(t *testing.T, dir string, env []string, name string, args ...string) int {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s %s\n%s", name, strings.Join(args, " "), out)
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestHooksReportWhatIsWrong(t *testing.T) {
	var hooks []struct {
		ID, Entry, Language string
		PassFilenames       *bool `yaml:"pass_filenames"`
	}
	read(t, ".pre-commit-hooks.yaml", &hooks)
	bin := scanner(t)
	for _, hook := range hooks {
		words := strings.Fields(hook.Entry)
		if hook.Language != "golang" || words[0] != "scan" {
			t.Errorf("%s: %s is not what go install makes", hook.ID, hook.Entry)
			continue
		}
		for files, want := range map[string]int{"load.py clean.py": 1, "clean.py": 0} {
			args := words[1:]
			if hook.PassFilenames == nil || *hook.PassFilenames {
				args = append(args[:len(args):len(args)], strings.Fields(files)...)
			} else {
				want = 1 // all of the project
			}
			if got := run(t, project(t), nil, filepath.Join(bin, "scan"), args...); got != want {
				t.Errorf("%s %s: exit code %d, want %d", hook.ID, files, got, want)
			}
		}
	}
}

// The example's configuration calls the hooks as they are, in the order of the commit.
func TestPreCommitExampleRuns(t *testing.T) {
	var hooks []struct{ ID, Entry string }
	read(t, ".pre-commit-hooks.yaml", &hooks)
	var config struct {
		Repos []struct {
			Hooks []struct {
				ID   string
				Args []string
			}
		}
	}
	read(t, "examples/precommit/.pre-commit-config.yaml", &config)
	bin, dir := scanner(t), project(t)
	ran := 0
	for _, repo := range config.Repos {
		for _, use := range repo.Hooks {
			i := slices.IndexFunc(hooks, func(h struct{ ID, Entry string }) bool { return h.ID == use.ID })
			if i < 0 {
				t.Errorf("there is no hook %s", use.ID)
				continue
			}
			args := append(strings.Fields(hooks[i].Entry)[1:], use.Args...)
			if !slices.Contains(args, ".") {
				args = append(args, "load.py", "clean.py")
			}
			if got := run(t, dir, nil, filepath.Join(bin, "scan"), args...); got != 1 { // load.py has no fix that is safe
				t.Errorf("%s: exit code %d, want 1", use.ID, got)
			}
			ran++
		}
	}
	if ran != len(hooks) {
		t.Errorf("the example uses %d of %d hooks", ran, len(hooks))
	}
}

func TestTheActionWritesAReport(t *testing.T) {
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Steps []struct {
				Uses, Shell, Run string
				Env              map[string]string
			}
		}
	}
	read(t, "action.yml", &action)
	bin := scanner(t)
	for fail, want := range map[string]int{"true": 1, "false": 0} {
		dir, temp := project(t), t.TempDir()
		output := filepath.Join(temp, "output")
		var code int
		for _, step := range action.Runs.Steps {
			if step.Run == "" {
				continue
			}
			if strings.HasPrefix(step.Run, "go build") {
				if step.Run != `go build -C "$GITHUB_ACTION_PATH" -o "$RUNNER_TEMP/pyguardml-scan" ./examples/scan` {
					t.Errorf("the scanner is built by %s", step.Run)
				}
				if err := os.Link(filepath.Join(bin, "scan"), filepath.Join(temp, "pyguardml-scan")); err != nil {
					t.Fatal(err)
				}
				continue
			}
			env := []string{"RUNNER_TEMP=" + temp, "GITHUB_OUTPUT=" + output}
			for name, value := range step.Env {
				input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
				given, known := action.Inputs[input]
				if !known {
					t.Errorf("%s: there is no such input", value)
				}
				text := given.Default
				if input == "fail" {
					text = fail
				}
				env = append(env, name+"="+text)
			}
			// As the runner calls it.
			code = run(t, dir, env, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		}
		if code != want {
			t.Errorf("fail: %s: exit code %d, want %d", fail, code, want)
		}
		if data, err := os.ReadFile(output); err != nil || string(data) != "sarif=pyguardml.sarif\n" {
			t.Errorf("outputs: %q, %v", data, err)
		}
		valid(t, filepath.Join(dir, "pyguardml.sarif"), "runs")
	}
}

func TestTheTemplateWritesAReport(t *testing.T) {
	var jobs map[string]struct {
		Variables map[string]string
		Script    []string
		Artifacts struct{ Reports struct{ Sast string } }
	}
	read(t, "examples/ci/gitlab.yml", &jobs)
	job := jobs["pyguardml"]
	bin, dir := scanner(t), project(t)
	// In the place of go, which would ask the network: what it would have installed is there.
	stub := t.TempDir()
	script := "#!/bin/sh\ncase $1 in\ninstall) test \"$2\" = github.com/pyguard/pyguardml/examples/scan@latest ;;\nenv) echo '" + stub + "' ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(stub, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin, filepath.Join(stub, "bin")); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + stub + string(filepath.ListSeparator) + os.Getenv("PATH")}
	for name, value := range job.Variables {
		env = append(env, name+"="+value)
	}
	if code := run(t, dir, env, "sh", "-e", "-c", strings.Join(job.Script, "\n")); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	valid(t, filepath.Join(dir, job.Artifacts.Reports.Sast), "vulnerabilities")
}

// valid checks that a file is a JSON object with a key.
func valid(t *testing.T, name, key string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(data, &doc); err != nil || len(doc[key]) < 10 {
		t.Errorf("%s: %v: %.200s", name, err, data)
	}
}

// examples/beam is a module of its own, whose tests run only when asked for. What this module needs it needs in the same
// version or a later one, or it does not build: `go mod tidy` there after a change here.
func TestTheExampleThatIsAModuleKeepsUp(t *testing.T) {
	required := func(file string) map[string][3]int {
		t.Helper()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		versions := map[string][3]int{}
		for _, m := range regexp.MustCompile(`(?m)^(?:require)?\s*(\S+) v?(\d+)\.(\d+)\.(\d+)`).FindAllStringSubmatch(string(data), -1) {
			var v [3]int
			for i := range v {
				v[i], _ = strconv.Atoi(m[i+2])
			}
			versions[m[1]] = v
		}
		return versions
	}
	own, beam := required("../../go.mod"), required("../beam/go.mod")
	if len(own) < 10 || own["go"] == [3]int{} {
		t.Errorf("go.mod requires %v", own)
	}
	tests := []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "golang.org/x/tools"} // nothing but tests need them
	for module, version := range own {
		theirs, ok := beam[module]
		if slices.Contains(tests, module) {
			continue
		}
		if !ok || slices.Compare(theirs[:], version[:]) < 0 {
			t.Errorf("examples/beam needs %s %v, go.mod %v", module, theirs, version)
		}
	}
}
