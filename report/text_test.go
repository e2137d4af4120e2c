package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

func TestTextShowsCodeTrailFixesProblemsAndTotals(t *testing.T) {
	got := write(t, func(b *bytes.Buffer) error { return Text(b, sampleResult(t), Source(sample.open)) })
	golden(t, "report.txt", got)
	if bytes.Contains(got, []byte("\x1b[")) {
		t.Error("a report without Color holds an escape sequence")
	}
}

func TestTextHasColorsOnlyWhenAsked(t *testing.T) {
	got := write(t, func(b *bytes.Buffer) error { return Text(b, sampleResult(t), Source(sample.open), Color(true)) })
	golden(t, "report.ansi", got)
}

func TestTextWithoutSourceStillNamesEveryPlace(t *testing.T) {
	missing := func(string) ([]byte, error) { return nil, errors.New("gone") }
	got := string(write(t, func(b *bytes.Buffer) error { return Text(b, sampleResult(t), Source(missing)) }))
	for _, want := range []string{"--> src/restore.py:5:10", "--> train.ipynb cell 2:2:9", "--> src/my app.py:7:5"} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
}

func TestTextOfACleanResultSaysSo(t *testing.T) {
	got := string(write(t, func(b *bytes.Buffer) error {
		return Text(b, &pyguardml.Result{Stats: pyguardml.Stats{Files: 1, Lines: 2}})
	}))
	if want := "Analysed 1 file, 2 lines.\nNo defects found.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextCountsModelFilesApart(t *testing.T) {
	for want, stats := range map[string]pyguardml.Stats{
		"Analysed 2 model files.\n":            {Artifacts: 2},
		"Analysed 3 files and 1 model file.\n": {Files: 3, Artifacts: 1},
	} {
		got := string(write(t, func(b *bytes.Buffer) error { return Text(b, &pyguardml.Result{Stats: stats}) }))
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q first", got, want)
		}
	}
}

func TestPartsOfTextCanBeOmitted(t *testing.T) {
	got := string(write(t, func(b *bytes.Buffer) error {
		return Text(b, sampleResult(t), Source(sample.open), OmitProblems(true), OmitSummary(true))
	}))
	for _, unwanted := range []string{"Analysed", "warning:", "error:", "Found"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("the report still holds %q", unwanted)
		}
	}
}

func TestProblemsAreOneLineEach(t *testing.T) {
	got := string(write(t, func(b *bytes.Buffer) error { return Problems(b, sampleResult(t)) }))
	want := `error: data/blob.py: the file is binary
warning: py2.py:3: print without parentheses
error: src/restore.py: check ACME01 failed: index out of range
warning: src/old.py:7: suppression of PML1203: nothing is reported here that it would silence; remove it
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	code := "x = '\x1b]0;owned\x07\u202e' + y\n"
	p := project{"a\x1b[2J.py": code}
	l := p.at(t, "a\x1b[2J.py", "y")
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "bad \x1b[31m\nline", Location: l}}}
	got := string(write(t, func(b *bytes.Buffer) error { return Text(b, r, Source(p.open)) }))
	if strings.ContainsAny(got, "\x1b\x07\u202e\r") {
		t.Errorf("the report holds control characters: %q", got)
	}
	if !strings.Contains(got, "<U+001B>]0;owned<U+0007><U+202E>' + y") {
		t.Errorf("the characters are not named: %q", got)
	}
}

func TestMarksStandUnderTheCodeTheyMark(t *testing.T) {
	tests := []struct {
		name, line, mark, indent string
		width                    int
	}{
		{"plain", "a = load(x)", "load(x)", "    ", 7},
		{"tab is four columns", "\tload(x)", "load(x)", "    ", 7},
		{"tab after text goes to the next stop", "ab\tload(x)", "load(x)", "    ", 7},
		{"wide characters are two columns", "模型 = load(x)", "load(x)", "       ", 7},
		{"marked wide characters", "a = '模型'", "'模型'", "    ", 6},
		{"combining marks have no width", "e\u0301 = load", "load", "    ", 4},
		{"an empty mark is shown", "abc", "", "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := len([]rune(test.line[:strings.Index(test.line, test.mark)]))
			v := newView(test.line, start, start+len([]rune(test.mark)))
			if v.indent != test.indent || len(v.mark('^')) != test.width {
				t.Errorf("%q: indent %d, width %d; want %d, %d", v.text, len(v.indent), len(v.mark('^')), len(test.indent), test.width)
			}
		})
	}
}

func TestLongLinesAreShownAroundTheMark(t *testing.T) {
	line := strings.Repeat("x", 5000) + "load(y)" + strings.Repeat("z", 5000)
	v := newView(line, 5000, 5007)
	if len(v.text) > maxWidth+6 {
		t.Fatalf("%d columns are shown", len(v.text))
	}
	if at := len(v.indent); v.text[at:at+v.length] != "load(y)" {
		t.Errorf("the mark covers %q", v.text[at:at+v.length])
	}
	if !strings.HasPrefix(v.text, "...") || !strings.HasSuffix(v.text, "...") {
		t.Errorf("the cuts are not shown: %q", v.text)
	}
}

func TestManyFindingsInOneHugeLineTakeLittleTime(t *testing.T) {
	line := strings.Repeat("load(y);", 1<<18) // 2 MiB
	p := project{"a.py": line + "\n"}
	r := &pyguardml.Result{}
	for i := range 200 {
		column := 8*1000*i + 1
		r.Findings = append(r.Findings, checks.Finding{CheckID: "X1", Message: "m", Location: checks.Location{
			Path: "a.py", Start: ast.Position{Line: 1, Column: column, UTF16: column}, End: ast.Position{Line: 1, Column: column + 7, UTF16: column + 7},
		}})
	}
	started := time.Now()
	got := write(t, func(b *bytes.Buffer) error { return Text(b, r, Source(p.open)) })
	if took := time.Since(started); took > 10*time.Second || len(got) > 200*1000 {
		t.Errorf("%d bytes took %v", len(got), took)
	}
}

func TestLongFindingsLeaveTheirMiddleOut(t *testing.T) {
	code := "call(\n" + strings.Repeat("    1,\n", 30) + ")\n"
	p := project{"a.py": code}
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "m", Location: p.at(t, "a.py", strings.TrimSpace(code))}}}
	got := string(write(t, func(b *bytes.Buffer) error { return Text(b, r, Source(p.open), OmitSummary(true)) }))
	if n := strings.Count(got, "    1,"); n > maxExcerpt {
		t.Errorf("%d lines are shown:\n%s", n, got)
	}
	if !strings.Contains(got, "25 lines") {
		t.Errorf("the report does not say how many lines are left out:\n%s", got)
	}
}

func TestTextWithstandsLocationsThatAreNotInTheText(t *testing.T) {
	p := project{"a.py": "x\n"}
	for _, l := range []checks.Location{
		{Path: "a.py"},
		{Path: "a.py", Start: ast.Position{Line: 9, Column: 9}, End: ast.Position{Line: 90, Column: 1}},
		{Path: "a.py", Start: ast.Position{Line: 1, Column: 50}, End: ast.Position{Line: 1, Column: 2}},
		{Path: "a.py", Start: ast.Position{Line: 1, Column: -5}, End: ast.Position{Line: 3, Column: -2}},
		{Path: "a.py", Cell: 4, Start: ast.Position{Line: 1, Column: 1}, Span: ast.Span{Start: 100, End: 20}},
	} {
		r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "m", Location: l, Trail: []checks.Step{{Location: l}}}}}
		for _, format := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return Text(b, r, Source(p.open)) },
			func(b *bytes.Buffer) error { return JSON(b, r, Source(p.open)) },
			func(b *bytes.Buffer) error { return SARIF(b, r, Source(p.open)) },
		} {
			write(t, format)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestNoResultIsAnErrorInEveryFormat(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *pyguardml.Result, ...Option) error{
		"SARIF": SARIF, "JSON": JSON, "Text": Text, "Problems": Problems, "HTML": HTML, "Markdown": Markdown, "GitLab": GitLab, "JUnit": JUnit,
	} {
		if err := write(io.Discard, nil); err == nil || !strings.Contains(err.Error(), "give what Analyze returned") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestTheWritersErrorComesBack(t *testing.T) {
	r := sampleResult(t)
	for name, err := range map[string]error{
		"text": Text(failingWriter{}, r), "json": JSON(failingWriter{}, r), "sarif": SARIF(failingWriter{}, r), "problems": Problems(failingWriter{}, r),
	} {
		if err == nil || err.Error() != "disk full" {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}
