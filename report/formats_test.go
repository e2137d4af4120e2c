package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/pyguardml"
)

func TestMarkdownIsComplete(t *testing.T) {
	golden(t, "report.md", write(t, func(b *bytes.Buffer) error { return Markdown(b, sampleResult(t), Source(sample.open)) }))
}

func TestMarkdownFitsWhereItHasTo(t *testing.T) {
	p := project{"a.py": strings.Repeat("x = 1\n", 300)}
	r := &pyguardml.Result{}
	for i := range 600 {
		f := checks.Finding{CheckID: fmt.Sprintf("X%d", i), Message: "m", Severity: checks.Low, Location: p.at(t, "a.py", "x = 1\n")}
		if i == 500 {
			f.Severity, f.Message = checks.Critical, "the worst"
		}
		r.Findings = append(r.Findings, f)
		r.FileErrors = append(r.FileErrors, pyguardml.FileError{Path: fmt.Sprintf("f%d.py", i), Stage: pyguardml.StageRead, Err: errors.New("no")})
	}
	full := write(t, func(b *bytes.Buffer) error { return Markdown(b, r, Source(p.open), Limit(0)) })
	if same := write(t, func(b *bytes.Buffer) error { return Markdown(b, r, Source(p.open), Limit(len(full))) }); !bytes.Equal(same, full) {
		t.Error("a report that fits is changed")
	}
	for _, limit := range []int{len(full) - 1, 20_000, 3000} {
		got := string(write(t, func(b *bytes.Buffer) error { return Markdown(b, r, Source(p.open), Limit(limit)) }))
		if len(got) > limit {
			t.Errorf("%d bytes, allowed are %d", len(got), limit)
		}
		_, findings, _ := strings.Cut(got, "\n## ")
		if !strings.HasPrefix(findings, "critical: the worst") {
			t.Errorf("at %d bytes the most severe does not come first:\n%.200s", limit, findings)
		}
		shown := strings.Count(got, "\n## low") + strings.Count(got, "\n## critical")
		if note := fmt.Sprintf("**%d findings are not shown here**", 600-shown); strings.Contains(got, note) != (shown < 600) {
			t.Errorf("at %d bytes %d findings are shown, and %q is there or not", limit, shown, note)
		}
		if !strings.Contains(got, "**Found 600 defects**") || !strings.Contains(got, "more problem") {
			t.Errorf("at %d bytes the totals are not there", limit)
		}
	}
	if got := string(write(t, func(b *bytes.Buffer) error { return Markdown(b, r, Source(p.open), Limit(1)) })); !strings.Contains(got, "**600 findings are not shown here**") {
		t.Errorf("with no room at all:\n%s", got)
	}
}

func TestMarkdownTextMeansNothingToMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"a | b":                   `a \| b`,
		"<img src=x> **x** `y`":   "&lt;img src=x&gt; \\*\\*x\\*\\* \\`y\\`",
		"[click](http://x) @team": `\[click\](http://x) &#64;team`,
		"line\nbreak":             "line&lt;U+000A&gt;break",
	} {
		if got := inline(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "`a`", "a`b": "``a`b``", "`a": "`` `a ``", "": "`  `"} {
		if got := codeSpan(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestCodeCannotLeaveItsFence(t *testing.T) {
	p := project{"a.py": "x = '''\n```\n<script>\n'''\n"}
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "m", Location: p.at(t, "a.py", "'''\n```\n<script>\n'''")}}}
	got := string(write(t, func(b *bytes.Buffer) error { return Markdown(b, r, Source(p.open)) }))
	if !strings.Contains(got, "````python\nx = '''\n```\n<script>\n'''\n````\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestGitLabIsComplete(t *testing.T) {
	started := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	golden(t, "report.gitlab.json", write(t, func(b *bytes.Buffer) error {
		return GitLab(b, sampleResult(t), Source(sample.open), Started(started))
	}))
}

func TestGitLabPlacesNotebookFindingsInTheFile(t *testing.T) {
	var doc struct {
		Vulnerabilities []struct {
			Location struct {
				File      string
				StartLine int `json:"start_line"`
			}
		}
	}
	data := write(t, func(b *bytes.Buffer) error { return GitLab(b, sampleResult(t), Source(sample.open)) })
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if l := doc.Vulnerabilities[2].Location; l.File != "train.ipynb" || l.StartLine != 4 {
		t.Errorf("got %+v, want line 4 of the file", l)
	}
}

func TestGitLabTextsKeepWithinTheBoundsOfTheSchema(t *testing.T) {
	long := strings.Repeat("é", 2<<20)
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: long, Fix: &fix.Fix{Message: long}}}}
	var doc struct {
		Vulnerabilities []struct{ Name, Description, Solution string }
	}
	if err := json.Unmarshal(write(t, func(b *bytes.Buffer) error { return GitLab(b, r, Source(sample.open)) }), &doc); err != nil {
		t.Fatal(err)
	}
	v := doc.Vulnerabilities[0]
	for text, limit := range map[string]int{v.Name: 255, v.Solution: 7000, v.Description: 1048576} {
		if n := utf8.RuneCountInString(text); n != limit {
			t.Errorf("%d characters, want %d", n, limit)
		}
	}
}

func TestGitLabIdsAreUniqueAndStable(t *testing.T) {
	a, b := uuidOf("one"), uuidOf("two")
	if a == b || a != uuidOf("one") || len(a) != 36 || a[14] != '8' {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestJUnitIsComplete(t *testing.T) {
	got := write(t, func(b *bytes.Buffer) error { return JUnit(b, sampleResult(t), Source(sample.open)) })
	golden(t, "report.junit.xml", got)
	var suites junitSuites
	if err := xml.Unmarshal(got, &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 6 || suites.Failures != 3 || suites.Skipped != 1 || suites.Errors != 2 {
		t.Errorf("%d tests, %d failures, %d skipped, %d errors; want 6, 3, 1, 2", suites.Tests, suites.Failures, suites.Skipped, suites.Errors)
	}
}

func TestJUnitOfACleanResultIsOnePassedTest(t *testing.T) {
	var suites junitSuites
	got := write(t, func(b *bytes.Buffer) error { return JUnit(b, &pyguardml.Result{}) })
	if err := xml.Unmarshal(got, &suites); err != nil || suites.Tests != 1 || suites.Failures+suites.Errors != 0 {
		t.Errorf("error %v:\n%s", err, got)
	}
}

func TestJUnitIsWellFormedWhateverTheTextHolds(t *testing.T) {
	p := project{"a\x00\x1b]]>.py": "x = ']]>\x00\x0b\uffff<&'\n"}
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "\x01<&\"'\xff", Location: p.at(t, "a\x00\x1b]]>.py", "']]>")}}}
	got := write(t, func(b *bytes.Buffer) error { return JUnit(b, r, Source(p.open)) })
	if err := xml.Unmarshal(got, new(junitSuites)); err != nil {
		t.Errorf("%v:\n%s", err, got)
	}
}
