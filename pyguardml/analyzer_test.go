package pyguardml

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// callsOf is a check that reports each call of a function by its plain name; its fix, if
// replacement is not empty, gives the function another name.
func callsOf(id, name, replacement string, specializes ...string) checks.Check {
	info := &checks.Info{
		ID: id, Name: "calls-of-" + name + strings.ToLower(id[len(id)-1:]), Title: "A call of " + name, Severity: checks.High,
		Specializes: specializes, CWE: []string{"CWE-502"}, OWASPLLM: []string{"LLM03"}, Remedy: checks.Remedy{Safe: true},
	}
	return &checks.Rule{Spec: info, OnModule: func(p *checks.Pass) {
		for _, stmt := range p.File.Body {
			ast.Inspect(stmt, func(n ast.Node) bool {
				call, ok := n.(*ast.Call)
				if !ok {
					return true
				}
				fn, ok := call.Fn.(*ast.Name)
				if !ok || fn.Id != name {
					return true
				}
				r := checks.Report{Node: call, Message: name + " is called"}
				if replacement != "" {
					r.Fix = &fix.Fix{Message: "call " + replacement, Edits: []fix.Edit{{Start: int(fn.Start), End: int(fn.End), New: replacement}}}
				}
				p.Report(r)
				return true
			})
		}
	}}
}

// only runs the checks given and no built-in ones.
func only(list ...checks.Check) Options {
	o := Options{Checks: list}
	for _, c := range list {
		o.Select = append(o.Select, c.Info().ID)
	}
	return o
}

// danger is the set-up of most tests: calls of danger are reported, and become safe.
func danger() Options { return only(callsOf("TEST001", "danger", "safe")) }

// sources makes files out of "path=content".
func sources(list ...string) []File {
	var files []File
	for _, s := range list {
		path, content, _ := strings.Cut(s, "=")
		files = append(files, File{Path: path, Content: []byte(content)})
	}
	return files
}

func analyzed(t *testing.T, files []File, opts Options) *Result {
	t.Helper()
	res, err := Analyze(context.Background(), files, opts)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// places renders findings as "path:line ID".
func places(found []checks.Finding) []string {
	list := []string{}
	for _, f := range found {
		cell := ""
		if f.Cell > 0 {
			cell = fmt.Sprintf("%d.", f.Cell)
		}
		list = append(list, fmt.Sprintf("%s:%s%d %s", f.Path, cell, f.Start.Line, f.CheckID))
	}
	return list
}

const notebookText = `{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Title"},
 {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%matplotlib inline\n", "danger(1)"]}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 4}`

func TestAnalyzeReportsFindingsInPythonAndNotebooks(t *testing.T) {
	res := analyzed(t, sources("b.py=x = 1\ndanger(x)\n", "a.ipynb="+notebookText, "c.py="), danger())
	if diff := cmp.Diff([]string{"a.ipynb:2.2 TEST001", "b.py:2 TEST001"}, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	if res.Stats.Files != 3 || res.Stats.Notebooks != 1 || res.Stats.Lines != 4 || res.Stats.Duration <= 0 {
		t.Errorf("stats %+v", res.Stats)
	}
	if len(res.Checks) != 1 || res.Checks[0].ID != "TEST001" {
		t.Errorf("checks %v", res.Checks)
	}
	f := res.Findings[1]
	if f.Message != "danger is called" || f.Severity != checks.High || len(f.Fingerprint) != 32 {
		t.Errorf("finding %+v", f)
	}
}

func TestResultDoesNotDependOnParallelismOrOrder(t *testing.T) {
	var files []File
	for i := range 60 {
		files = append(files, sources(fmt.Sprintf("pkg%d/m%d.py=danger(%d)\nother()\ndef f():\n    danger(2) # noqa: TEST002\n", i%7, i, i))...)
	}
	opts := only(callsOf("TEST001", "danger", ""), callsOf("TEST002", "danger", "", "TEST001"), callsOf("TEST003", "other", ""))
	var want *Result
	for _, n := range []int{1, 2, 8} {
		opts.Parallelism = n
		slices.Reverse(files)
		res := analyzed(t, files, opts)
		res.Stats.Parse, res.Stats.Check, res.Stats.Duration = 0, 0, 0
		if want == nil {
			want = res
		}
		if diff := cmp.Diff(want, res, cmpopts.IgnoreUnexported(Result{})); diff != "" {
			t.Fatalf("parallelism %d: %s", n, diff)
		}
	}
	if len(want.Findings) != 120 || len(want.Suppressed) != 60 {
		t.Errorf("%d findings, %d suppressed", len(want.Findings), len(want.Suppressed))
	}
	if diff := cmp.Diff([]string{"TEST001"}, want.Findings[0].Replaces); diff != "" {
		t.Error(diff)
	}
}

func TestWrongUseIsAnErrorThatSaysWhatToDo(t *testing.T) {
	ctx := context.Background()
	one := sources("a.py=")
	for _, c := range []struct {
		name  string
		ctx   context.Context
		files []File
		opts  Options
		want  string
	}{
		{"nil context", nil, one, Options{}, "the context is nil; give context.Background()"},
		{"no files", ctx, nil, danger(), "no files to analyse: give at least one File"},
		{"no path", ctx, []File{{Content: []byte("x")}}, danger(), "file 1 of 1 has no Path"},
		{"no content", ctx, []File{{Path: "a.py"}}, danger(), "a.py: the File has neither Content nor FS"},
		{"path twice", ctx, sources("a.py=", "./a.py="), danger(), "a.py: the path is given twice"},
		{"unknown profile", ctx, one, Options{Profile: "strict"}, `no profile is called "strict"; use "default" or "all"`},
		{"unknown check", ctx, one, Options{Checks: danger().Checks, Select: []string{"TEST002"}}, `no check, part or standard is called "TEST002"; did you mean TEST001?`},
		{"id taken", ctx, one, Options{Checks: append(danger().Checks, danger().Checks...)}, `"TEST001" is already taken`},
		{"parallelism", ctx, one, Options{Parallelism: -1}, "Parallelism is -1; give 0 for all processors"},
		{"limits", ctx, one, Options{Limits: Limits{MaxFileSize: -1}}, "a limit is negative"},
		{"path glob", ctx, one, Options{Checks: danger().Checks, PathIgnores: []PathIgnore{{Glob: "[a"}}}, `PathIgnores[0]: "[a" is not a glob`},
		{"check of a path glob", ctx, one, Options{Checks: danger().Checks, PathIgnores: []PathIgnore{{Glob: "a", Checks: []string{"TEST003"}}}}, "PathIgnores[0]: select: no check"},
		{"other path glob", ctx, one, Options{Checks: danger().Checks, PathSelects: []PathSelect{{Glob: "[a"}}}, `PathSelects[0]: "[a" is not a glob`},
		{"check of another path glob", ctx, one, Options{Checks: danger().Checks, PathSelects: []PathSelect{{Glob: "a", Select: []string{"TEST003"}}}}, "PathSelects[0]: select: no check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.opts.Checks == nil {
				c.opts.Checks = danger().Checks
			}
			_, err := Analyze(c.ctx, c.files, c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Analyze: error is %v, want %s", err, c.want)
			}
			_, err = Fix(c.ctx, c.files, FixOptions{Options: c.opts})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Fix: error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestAnAnalyzerThatNewDidNotMakeSaysSo(t *testing.T) {
	ctx := context.Background()
	for _, a := range []*Analyzer{nil, {}} {
		_, err1 := a.Analyze(ctx, sources("a.py="))
		_, err2 := a.Update(ctx, nil)
		var err3 error
		for _, err := range a.Stream(ctx, sources("a.py=")) {
			err3 = err
		}
		for _, err := range []error{err1, err2, err3} {
			if !errors.Is(err, errNotMade) {
				t.Errorf("the error is %v", err)
			}
		}
	}
}

func TestWhatCannotBeAnalysedIsListedAndTheRestGoesOn(t *testing.T) {
	fsys := fstest.MapFS{"dir.py": {Mode: fs.ModeDir}, "ok.py": {Data: []byte("danger(1)")}, "pipe.py": {Mode: fs.ModeNamedPipe}}
	files := sources(
		"large.py=danger(1) # "+strings.Repeat("x", 100), "binary.py=\x00\x01\x02", "image.png=x", "broken.ipynb={\n\"cells\": [", "script=#!/usr/bin/env python3\ndanger(1)\n",
		"cookie.py=# -*- coding: klingon -*-\n", "syntax.py=danger(1)\nx = = 1\ndanger(2)\n", "latin.py=# -*- coding: latin-1 -*-\ns = 'caf\xe9'; danger(s)\n",
	)
	for _, name := range []string{"dir.py", "ok.py", "missing.py", "pipe.py"} {
		files = append(files, File{Path: "sub/" + name, FS: fsys, Name: name})
	}
	opts := danger()
	opts.Limits.MaxFileSize = 100
	res := analyzed(t, files, opts)
	want := []string{"latin.py:2 TEST001", "script:2 TEST001", "sub/ok.py:1 TEST001", "syntax.py:1 TEST001", "syntax.py:3 TEST001"}
	if diff := cmp.Diff(want, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	stages := []string{}
	for _, e := range res.FileErrors {
		stages = append(stages, e.Path+" "+e.Stage)
		if strings.Contains(e.Err.Error(), e.Path) || !strings.HasPrefix(e.Error(), e.Path+":") {
			t.Errorf("error is %q", e.Error())
		}
		if (e.Stage == StageSyntax) == e.Fatal() {
			t.Errorf("%s: fatal is %v", e.Path, e.Fatal())
		}
	}
	want = []string{"binary.py decode", "broken.ipynb decode", "cookie.py decode", "image.png decode", "large.py read",
		"sub/dir.py read", "sub/missing.py read", "sub/pipe.py read", "syntax.py syntax"}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Error(diff)
	}
	if res.Stats.Failed != 8 || res.Stats.Files != 4 {
		t.Errorf("stats %+v", res.Stats)
	}
	if e := res.FileErrors[len(res.FileErrors)-1]; e.Line != 2 {
		t.Errorf("syntax error at line %d", e.Line)
	}
	if e := res.FileErrors[4]; e.Err.Error() != "the file is too large: 112 bytes, the limit is 100 bytes" {
		t.Errorf("error is %q", e.Err)
	}
	if e := res.FileErrors[6]; !errors.Is(e, fs.ErrNotExist) {
		t.Errorf("error is %v", e)
	}
}

func TestUnlistableFoldersOfDiscoverBecomeFileErrors(t *testing.T) {
	files, err := Discover(context.Background(), lockedFS{tree("a.py=danger(1)", "locked/b.py")}, DiscoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	res := analyzed(t, files, danger())
	if len(res.Findings) != 1 || len(res.FileErrors) != 1 || res.FileErrors[0].Path != "locked" {
		t.Errorf("findings %v, errors %v", res.Findings, res.FileErrors)
	}
}

func TestPanickingCheckIsAnErrorOfThatCheckAlone(t *testing.T) {
	bad := &checks.Rule{Spec: &checks.Info{ID: "TEST009", Name: "bad", Title: "T"}, OnModule: func(p *checks.Pass) {
		if p.Path == "b.py" {
			panic("oops")
		}
	}}
	res := analyzed(t, sources("a.py=danger(1)", "b.py=danger(1)"), only(bad, callsOf("TEST001", "danger", "")))
	if len(res.Findings) != 2 {
		t.Errorf("findings %v", places(res.Findings))
	}
	if len(res.CheckErrors) != 1 || res.CheckErrors[0].CheckID != "TEST009" || res.CheckErrors[0].Path != "b.py" {
		t.Errorf("errors %v", res.CheckErrors)
	}
}

func TestSettingsAndCommentsSilenceFindings(t *testing.T) {
	files := sources("a.py=danger(1)\n", "tests/b.py=danger(2)\nother()\n", "c.py=danger(3)  # noqa: TEST001\ndanger(4)\n", "d.py=# pyguardml: ignore[TEST002]\n")
	opts := only(callsOf("TEST001", "danger", ""), callsOf("TEST002", "other", ""))
	known := analyzed(t, sources("c.py=danger(4)"), opts).Findings[0].Fingerprint
	opts.PathIgnores = []PathIgnore{{Glob: "tests/**", Checks: []string{"TEST001"}, Reason: "tests"}}
	opts.Baseline = []string{known}
	res := analyzed(t, files, opts)
	if diff := cmp.Diff([]string{"a.py:1 TEST001", "tests/b.py:2 TEST002"}, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	by := []string{}
	for _, f := range res.Suppressed {
		by = append(by, fmt.Sprintf("%s %s %q", f.Path, f.Suppression.By, f.Suppression.Reason))
	}
	if diff := cmp.Diff([]string{`c.py comment ""`, `c.py baseline ""`, `tests/b.py path "tests"`}, by); diff != "" {
		t.Error(diff)
	}
	if len(res.UnusedSuppressions) != 1 || res.UnusedSuppressions[0].Path != "d.py" || res.UnusedSuppressions[0].Check != "TEST002" {
		t.Errorf("unused %+v", res.UnusedSuppressions)
	}
}

func TestStreamGivesEachFileOnceAndTheWholeOfTheResult(t *testing.T) {
	files := sources("a.py=danger(1)\n", "b.py=danger(1)  # noqa: TEST001\n", "bad.py=\x00", "c.py=")
	a, err := New(danger())
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	var all Result
	for r, err := range a.Stream(context.Background(), files) {
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, r.Path)
		all.add(r)
	}
	slices.Sort(paths)
	if diff := cmp.Diff([]string{"a.py", "b.py", "bad.py", "c.py"}, paths); diff != "" {
		t.Error(diff)
	}
	if len(all.Findings) != 1 || len(all.Suppressed) != 1 || len(all.FileErrors) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestStreamStopsWhenTheLoopIsLeft(t *testing.T) {
	a, err := New(danger())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range a.Stream(context.Background(), sources("a.py=", "b.py=", "c.py=")) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d results", n)
	}
	for _, err := range a.Stream(context.Background(), nil) {
		if err == nil {
			t.Error("no error for no files")
		}
	}
}

func TestProgressAndOnFileAreToldOneAtATime(t *testing.T) {
	var mu sync.Mutex // TryLock fails when two calls overlap
	var stages []string
	var paths []string
	opts := danger()
	opts.Parallelism = 4
	opts.Progress = func(p Progress) {
		if !mu.TryLock() {
			t.Error("two calls at a time")
			return
		}
		defer mu.Unlock()
		stages = append(stages, fmt.Sprintf("%s %d/%d", p.Stage, p.Done, p.Total))
	}
	opts.OnFile = func(r FileResult) { paths = append(paths, r.Path) }
	analyzed(t, sources("b.py=", "a.py=", "c.py="), opts)
	want := []string{"parse 0/3", "parse 1/3", "parse 2/3", "parse 3/3", "check 0/3", "check 3/3"}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a.py", "b.py", "c.py"}, paths); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateGivesWhatAFreshAnalysisWouldGive(t *testing.T) {
	ctx := context.Background()
	a, err := New(danger())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Analyze(ctx, sources("a.py=danger(1)", "b.py=x = 1", "c.py=danger(3)")); err != nil {
		t.Fatal(err)
	}
	res, err := a.Update(ctx, sources("b.py=danger(2)", "d.py=danger(4)"), "c.py")
	if err != nil {
		t.Fatal(err)
	}
	fresh := analyzed(t, sources("a.py=danger(1)", "b.py=danger(2)", "d.py=danger(4)"), danger())
	if diff := cmp.Diff(fresh.Findings, res.Findings); diff != "" {
		t.Error(diff)
	}
	if res.Stats.Reused != 1 || res.Stats.Files != 3 {
		t.Errorf("stats %+v", res.Stats)
	}
	if res, err = a.Update(ctx, nil, "a.py", "b.py", "d.py"); err != nil || len(res.Findings) != 0 {
		t.Errorf("result %v, error %v", res, err)
	}
	a.Forget()
	if res, err = a.Update(ctx, sources("e.py=danger(5)")); err != nil || len(res.Findings) != 1 {
		t.Errorf("result %v, error %v", res, err)
	}
}

func TestUpdateThatWasCancelledIsNotForgotten(t *testing.T) {
	a, err := New(danger())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Analyze(context.Background(), sources("a.py=danger(1)", "b.py=danger(2)")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Update(ctx, sources("a.py=x = 1")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v", err)
	}
	res, err := a.Update(context.Background(), sources("b.py=x = 2"))
	if err != nil || len(res.Findings) != 0 {
		t.Errorf("findings %v, error %v", places(res.Findings), err)
	}
}

func TestCancelledAnalysisEndsSoonWithItsCause(t *testing.T) {
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(context.Background())
	opts := danger()
	opts.Parallelism = 1
	var files []File
	for i := range 500 {
		files = append(files, sources(fmt.Sprintf("f%d.py=%s", i, strings.Repeat("danger(1)\n", 300)))...)
	}
	opts.Progress = func(p Progress) {
		if p.Done == 3 {
			cancel(cause)
		}
	}
	started := time.Now()
	_, err := Analyze(ctx, files, opts)
	if !errors.Is(err, cause) {
		t.Errorf("error is %v", err)
	}
	if d := time.Since(started); d > 2*time.Second {
		t.Errorf("it took %v to end", d)
	}
}

func TestAnalyzerCanBeUsedFromManyGoroutines(t *testing.T) {
	a, err := New(danger())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			n := i%3 + 1
			var files []File
			for j := range n {
				files = append(files, sources(fmt.Sprintf("f%d.py=danger(%d)", j, j))...)
			}
			res, err := a.Analyze(context.Background(), files)
			if err != nil || len(res.Findings) != n {
				t.Errorf("%d findings of %d, error %v", len(res.Findings), n, err)
			}
			if _, err := a.Update(context.Background(), sources(fmt.Sprintf("g%d.py=danger(0)", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestResultGivesTheSourceOfItsFiles(t *testing.T) {
	fsys := fstest.MapFS{"b.py": {Data: []byte("danger(2)")}}
	res := analyzed(t, append(sources("a.py=danger(1)"), File{Path: "sub/b.py", FS: fsys, Name: "b.py"}), danger())
	for path, want := range map[string]string{"a.py": "danger(1)", "sub/b.py": "danger(2)"} {
		if got, err := res.Source(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if _, err := res.Source("c.py"); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func TestEveryBuiltInCheckCanBeChosenByEveryName(t *testing.T) {
	for _, info := range Checks() {
		for _, name := range []string{info.ID, info.Name} {
			a, err := New(Options{Select: []string{name}})
			if err != nil {
				t.Fatal(err)
			}
			if list := a.Checks(); len(list) != 1 || list[0] != info {
				t.Errorf("%s selects %d checks", name, len(list))
			}
		}
	}
}

func TestOtherChecksRunInSomeFiles(t *testing.T) {
	general, special := callsOf("TEST001", "danger", ""), callsOf("TEST002", "danger", "", "TEST001")
	special.Info().Name = "special"
	opts := Options{Checks: []checks.Check{general, special}, Select: []string{"TEST001"}}
	opts.PathSelects = []PathSelect{{Glob: "app/**", Select: []string{"TEST001", "TEST002"}}, {Glob: "app/old/**", Select: []string{"TEST002"}}}
	files := sources("a.py=danger(1)\nx = 1  # noqa: TEST002\n", "app/b.py=danger(1)\n", "app/old/c.py=danger(1)\nx = 1  # noqa: TEST002\n")
	res := analyzed(t, files, opts)
	// A special check takes the place of the general one only where it is chosen.
	if diff := cmp.Diff([]string{"a.py:1 TEST001", "app/b.py:1 TEST002", "app/old/c.py:1 TEST002"}, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	if len(res.UnusedSuppressions) != 1 || res.UnusedSuppressions[0].Path != "app/old/c.py" {
		t.Errorf("unused: %+v", res.UnusedSuppressions)
	}
	// The same seen from the folder app.
	opts.Folder = "app"
	within := analyzed(t, sources("../a.py=danger(1)\n", "b.py=danger(1)\n", "old/c.py=danger(1)\n"), opts)
	if diff := cmp.Diff([]string{"../a.py:1 TEST001", "b.py:1 TEST002", "old/c.py:1 TEST002"}, places(within.Findings)); diff != "" {
		t.Error(diff)
	}
	for i := range within.Findings {
		if within.Findings[i].Fingerprint != res.Findings[i].Fingerprint {
			t.Errorf("%s has another fingerprint when it is seen from a folder", within.Findings[i].Path)
		}
	}
}

func TestReasonsCanBeRequired(t *testing.T) {
	opts := danger()
	opts.RequireReasons = true
	res := analyzed(t, sources("a.py=danger(1)  # noqa: TEST001\ndanger(2)  # noqa: TEST001 read by two people\n"), opts)
	if len(res.Findings) != 1 || len(res.Suppressed) != 1 || len(res.UnusedSuppressions) != 1 || !strings.Contains(res.UnusedSuppressions[0].Problem, "gives no reason") {
		t.Errorf("findings %v, suppressed %v, unused %+v", places(res.Findings), places(res.Suppressed), res.UnusedSuppressions)
	}
}
