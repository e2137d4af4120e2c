package pyguardml

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// The tests of this file are about checks that do what they must not.

// bad is a check of the tests: its rule, with an Info.
func bad(id string, r checks.Rule) *checks.Rule {
	r.Spec = &checks.Info{ID: id, Name: strings.ToLower(id), Title: "T"}
	return &r
}

// loops is a check that loops in some files until it is let go, and writes into the report then.
func loops(id string, in func(path string) bool, release chan struct{}) *checks.Rule {
	return bad(id, checks.Rule{OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if in(p.Path) {
			<-release
		}
		p.Report(checks.Report{Node: p.File.Body[0]})
	}})
}

// unsafe is a line that the built-in PML1201 reports, whose time is not bound.
const unsafe = "import torch; torch.load('x', weights_only=False)\n"

// beside is only, with PML1201.
func beside(list ...checks.Check) Options {
	opts := only(list...)
	opts.Select = append(opts.Select, "PML1201")
	return opts
}

func TestACheckThatLoopsIsReportedAndTheRestGoesOn(t *testing.T) {
	before := runtime.NumGoroutine()
	release := make(chan struct{})
	slow := loops("TEST009", func(path string) bool { return path == "b.py" || path == "one/d.py" }, release)
	opts := beside(slow)
	opts.Limits.CheckTime = time.Second
	files := sources("a.py="+unsafe, "b.py="+unsafe, "one/c.py=import one.d\n"+unsafe, "one/d.py="+unsafe, "e.py="+unsafe)
	res := analyzed(t, files, opts)
	// It reports what it can of the files that have nothing to do with those in which it loops.
	want := []string{"a.py:1 TEST009", "a.py:1 PML1201", "b.py:1 PML1201", "e.py:1 TEST009", "e.py:1 PML1201", "one/c.py:2 PML1201", "one/d.py:1 PML1201"}
	if diff := cmp.Diff(want, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	if len(res.CheckErrors) != 2 {
		t.Fatalf("errors %v", res.CheckErrors)
	}
	for i, path := range []string{"b.py", "one/d.py"} {
		e := res.CheckErrors[i]
		if e.CheckID != "TEST009" || e.Path != path || !errors.Is(e, checks.ErrCheckTime) || !strings.Contains(e.Error(), "more than 1s (Limits.CheckTime)") {
			t.Errorf("error %d is %v", i, e)
		}
	}
	if e := res.CheckErrors[1].Error(); !strings.Contains(e, "this and 1 files that imports connect with it are analysed without it") {
		t.Error(e)
	}
	close(release)
	noneLeft(t, before)
	if diff := cmp.Diff(want, places(res.Findings)); diff != "" {
		t.Errorf("what came too late is in the result: %s", diff)
	}
}

func TestACheckThatAlwaysLoopsIsNotAskedForEver(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	opts := beside(loops("TEST009", func(string) bool { return true }, release))
	opts.Limits.CheckTime = 20 * time.Millisecond
	var files []File
	for i := range 40 {
		files = append(files, sources(fmt.Sprintf("f%d.py=%s", i, unsafe))...)
	}
	res := analyzed(t, files, opts)
	if len(res.Findings) != 40 {
		t.Errorf("%d findings of the other check, want 40", len(res.Findings))
	}
	if n := len(res.CheckErrors); n < 3 || n > 3+runtime.GOMAXPROCS(0) {
		t.Errorf("%d errors: %v", n, res.CheckErrors)
	}
}

func TestWhateverACheckIsToldOfItMayLoop(t *testing.T) {
	before := runtime.NumGoroutine()
	release := make(chan struct{})
	wait := func() { <-release }
	question := &checks.Question{Name: "never ends", Says: func(*checks.Draft) bool { wait(); return true }}
	var spins atomic.Bool
	for name, r := range map[string]checks.Rule{
		"call":     {On: []string{"builtins.eval"}, OnCall: func(*checks.Pass, *checks.Call) { wait() }},
		"store":    {To: []string{"torch.save"}, OnStore: func(*checks.Pass, *checks.Store) { wait() }},
		"flow":     {From: []checks.Label{models.Local}, Into: []checks.SinkKind{models.Exec}, OnFlow: func(*checks.Pass, *checks.Path) { wait() }},
		"module":   {OnModule: func(*checks.Pass) { wait() }},
		"function": {OnFunction: func(*checks.Pass, *checks.Frame) { wait() }},
		"notebook": {OnNotebook: func(*checks.Pass) { wait() }},
		"manifest": {OnManifest: func(*checks.ManifestPass) { wait() }},
		"project":  {OnProject: func(*checks.ProjectPass) { wait() }},
		"artifact": {OnArtifact: func(*checks.ArtifactPass) { wait() }},
		"question": {OnModule: func(p *checks.Pass) { p.Says(question) }, Asks: []*checks.Question{question}},
		"loop": {OnModule: func(*checks.Pass) {
			for !spins.Load() {
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := beside(bad("TEST009", r))
			opts.Limits.CheckTime = 20 * time.Millisecond
			files := sources("a.py=import sys\n"+unsafe+"torch.save = None\neval(input())\n", "requirements.txt=torch\n",
				`n.ipynb={"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "import torch; torch.load('x', weights_only=False)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`)
			files = append(files, File{Path: "m.pkl", Content: []byte("\x80\x04N.")})
			res := analyzed(t, files, opts)
			late := 0
			for _, e := range res.CheckErrors {
				if errors.Is(e, checks.ErrCheckTime) {
					late++
				}
			}
			if late == 0 || late != len(res.CheckErrors) {
				t.Errorf("errors %v", res.CheckErrors)
			}
			if diff := cmp.Diff([]string{"a.py:2 PML1201", "n.ipynb:1.1 PML1201"}, places(res.Findings)); diff != "" {
				t.Error(diff)
			}
		})
	}
	spins.Store(true)
	close(release)
	noneLeft(t, before)
}

func TestATimeThatIsUsedUpInManyCallsIsOver(t *testing.T) {
	var calls atomic.Int64
	slow := bad("TEST009", checks.Rule{On: []string{"builtins.print"}, OnCall: func(p *checks.Pass, c *checks.Call) {
		calls.Add(1)
		time.Sleep(2 * time.Millisecond)
	}})
	opts := beside(slow)
	opts.Limits.CheckTime = 20 * time.Millisecond
	res := analyzed(t, sources("a.py="+unsafe+strings.Repeat("print(1)\n", 500)), opts)
	if len(res.CheckErrors) != 1 || len(res.Findings) != 1 || calls.Load() > 20 {
		t.Errorf("%d calls, %d findings, errors %v", calls.Load(), len(res.Findings), res.CheckErrors)
	}
}

func TestALoopingCheckDoesNotHoldUpTheEndOfTheContext(t *testing.T) {
	before := runtime.NumGoroutine()
	release, asked := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow := loops("TEST009", func(string) bool { once.Do(func() { close(asked) }); return true }, release)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := Analyze(ctx, sources("a.py=danger(1)"), only(slow))
		ended <- err
	}()
	<-asked
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the analysis waits for the check")
	}
	close(release)
	noneLeft(t, before)
}

// Results of files that a check was not asked about are not taken for what it says of them.
func TestResultsWithoutAGivenUpCheckAreNotRemembered(t *testing.T) {
	var fast atomic.Bool
	release := make(chan struct{})
	slow := loops("TEST009", func(string) bool { return !fast.Load() }, release)
	opts := only(slow)
	opts.Limits.CheckTime = time.Second / 2
	opts.Parallelism = 1
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	files := sources("a.py=danger(1)", "b.py=danger(1)", "c.py=danger(1)", "d.py=danger(1)", "e.py=danger(1)")
	if _, err := a.Analyze(context.Background(), files); err != nil {
		t.Fatal(err)
	}
	fast.Store(true)
	close(release)
	res, err := a.Analyze(context.Background(), files)
	if err != nil || len(res.Findings) != 5 || len(res.CheckErrors) != 0 {
		t.Errorf("findings %v, errors %v, %v", places(res.Findings), res.CheckErrors, err)
	}
}

// span is a node anywhere.
type span struct{ ast.Span }

func (span) Kind() ast.Kind { return ast.KindBadExpr }

func TestNonsenseInReportsIsAnErrorOfTheCheck(t *testing.T) {
	report := func(make func(n ast.Node) checks.Report) checks.Rule {
		return checks.Rule{OnFunction: func(p *checks.Pass, _ *checks.Frame) { p.Report(make(p.File.Body[0])) }}
	}
	at := func(start, end ast.Pos) checks.Rule {
		return report(func(ast.Node) checks.Report {
			return checks.Report{Node: span{ast.Span{Start: start, End: end}}}
		})
	}
	edit := func(e fix.Edit) checks.Rule {
		return report(func(n ast.Node) checks.Report {
			return checks.Report{Node: n, Fix: &fix.Fix{Edits: []fix.Edit{e}}}
		})
	}
	for _, c := range []struct {
		name string
		rule checks.Rule
		want string
	}{
		{"before the file", at(-5, 3), "its place is bytes -5 to 3 of a file of 10 bytes"},
		{"behind the file", at(3, 1000), "its place is bytes 3 to 1000 of a file of 10 bytes"},
		{"backwards", at(8, 3), "its place is bytes 8 to 3"},
		{"no node", report(func(ast.Node) checks.Report { return checks.Report{} }), "it names no place (Report.Node)"},
		{"a nil node", report(func(ast.Node) checks.Report { return checks.Report{Node: (*ast.Call)(nil)} }), "it names no place"},
		{"a cell of none", report(func(ast.Node) checks.Report { return checks.Report{Cell: 3} }), "it names cell 3 of a file that is no notebook"},
		{"unknown severity", report(func(n ast.Node) checks.Report {
			return checks.Report{Node: n, Reweighed: true, Severity: 77}
		}), "its severity is 77, which is none of Note to Critical"},
		{"edit behind the file", edit(fix.Edit{Start: 4, End: 400}), "its fix edits bytes 4 to 400"},
		{"edit backwards", edit(fix.Edit{Start: 4, End: 2}), "its fix edits bytes 4 to 2"},
		{"project without a file", checks.Rule{OnProject: func(p *checks.ProjectPass) { p.Report(checks.Report{Node: span{}}) }}, "it names no file (Report.In)"},
		{"panic with nil", checks.Rule{OnModule: func(*checks.Pass) { panic(nil) }}, "panic: panic called with nil"},
		{"the end of its goroutine", checks.Rule{OnModule: func(*checks.Pass) { runtime.Goexit() }}, "the check ended the goroutine that called it; the file is analysed without it"},
		{"a question that panics", checks.Rule{OnModule: func(p *checks.Pass) { p.Says(panics) }, Asks: []*checks.Question{panics}}, "panic: oops"},
		{"a question that is not its own", checks.Rule{OnModule: func(p *checks.Pass) { p.Says(panics) }}, "which is not among its Questions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := analyzed(t, sources("a.py=danger(1)\n", "b.py=danger(1)\n"), only(bad("TEST009", c.rule), callsOf("TEST001", "danger", "")))
			if diff := cmp.Diff([]string{"a.py:1 TEST001", "b.py:1 TEST001"}, places(res.Findings)); diff != "" {
				t.Error(diff)
			}
			if len(res.CheckErrors) == 0 {
				t.Error("no error")
			}
			for _, e := range res.CheckErrors {
				if e.CheckID != "TEST009" || !strings.Contains(e.Error(), c.want) {
					t.Errorf("the error is %v, want %s", e, c.want)
				}
			}
		})
	}
}

var panics = &checks.Question{Name: "panics", Says: func(*checks.Draft) bool { panic("oops") }}

// fickle is a check whose Info changes.
type fickle struct {
	info  checks.Info
	asked atomic.Int64
}

func (f *fickle) Info() *checks.Info {
	if f.asked.Add(1) > 100 {
		return nil
	}
	return &f.info
}
func (f *fickle) Calls() []string { return []string{"builtins.eval"} }
func (f *fickle) CheckCall(p *checks.Pass, c *checks.Call) {
	f.asked.Store(1000)
	p.Report(checks.Report{Node: c.Node})
	panic("oops")
}

// uncomparable is a check that cannot be compared.
type uncomparable []string

func (uncomparable) Info() *checks.Info {
	return &checks.Info{ID: "TEST008", Name: "test-8", Title: "T"}
}

func TestACheckIsWhatItSaidFirst(t *testing.T) {
	f := &fickle{info: checks.Info{ID: "TEST009", Name: "test-9", Title: "T"}}
	res := analyzed(t, sources("a.py=eval(1)\n"), Options{Checks: []checks.Check{f}, Select: []string{"TEST009"}})
	if diff := cmp.Diff([]string{"a.py:1 TEST009"}, places(res.Findings)); diff != "" {
		t.Error(diff)
	}
	if len(res.CheckErrors) != 1 || res.CheckErrors[0].CheckID != "TEST009" {
		t.Errorf("errors %v", res.CheckErrors)
	}
	if _, err := New(Options{Checks: []checks.Check{uncomparable(nil)}}); err == nil || !strings.Contains(err.Error(), "give a pointer") {
		t.Errorf("the error is %v", err)
	}
}

// What a check goes on to report after it has come back is in no result.
func TestReportsThatComeTooLateAreDropped(t *testing.T) {
	var late sync.WaitGroup
	start := make(chan struct{})
	check := bad("TEST009", checks.Rule{On: []string{"builtins.eval"}, OnCall: func(p *checks.Pass, c *checks.Call) {
		late.Go(func() {
			<-start
			p.Report(checks.Report{Node: c.Node})
		})
	}})
	res := analyzed(t, sources("a.py=eval(1)\n"), only(check))
	close(start)
	late.Wait()
	if len(res.Findings) != 0 {
		t.Errorf("findings %v", places(res.Findings))
	}
}

func TestAModelsFunctionThatFailsIsReportedAndTheRestGoesOn(t *testing.T) {
	release := make(chan struct{})
	for want, encodes := range map[string]func(string) string{
		"panic: oops": func(string) string { panic("oops") },
		"it takes more than 20ms (Limits.CheckTime)": func(text string) string {
			<-release
			return text
		},
		"it ended the goroutine that called it": func(string) string { runtime.Goexit(); return "" },
	} {
		opts := Options{Models: []checks.Framework{{Name: "acme", Models: []checks.Model{{Name: "acme.escape", Pass: []models.Arg{"0"}, Encodes: encodes}}}}}
		if strings.Contains(want, "20ms") {
			opts.Limits.CheckTime = 20 * time.Millisecond
		}
		files := sources("a.py=import acme, torch\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef f():\n    name = acme.escape(request.args['n'])\n    torch.load('x', weights_only=False)\n    return '<p>' + name + '</p>'\n")
		res := analyzed(t, files, opts)
		if len(res.CheckErrors) != 1 || !strings.Contains(res.CheckErrors[0].Error(), want) || !strings.Contains(res.CheckErrors[0].Error(), "the model of acme.escape failed") {
			t.Errorf("errors %v, want %s", res.CheckErrors, want)
		}
		if !strings.Contains(fmt.Sprint(places(res.Findings)), "a.py:7 PML1201") {
			t.Errorf("findings %v", places(res.Findings))
		}
	}
	close(release)
}

// BenchmarkForeignCheck compares an analysis without checks of an embedder with one that has one.
func BenchmarkForeignCheck(b *testing.B) {
	files, _ := examples()
	for name, opts := range map[string]Options{"none": {}, "one": {Checks: []checks.Check{callsOf("TEST001", "danger", "")}}} {
		b.Run(name, func(b *testing.B) {
			a, err := New(opts)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				a.Forget()
				if _, err := a.Analyze(context.Background(), files); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
