package report

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// JUnit writes a report as JUnit XML, for CI servers that know how to show failed tests and
// nothing else. Each finding is a failed test in the suite of its file, a suppressed finding a
// skipped one, and what could not be analysed an error. Without any of them there is one test
// that has passed.
func JUnit(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	j := junit{result: r, byPath: map[string]*junitSuite{}}
	j.printer = printer{Writer: bufio.NewWriter(&j.excerpt), texts: texts{open: o.source}, checks: infos(r)}
	out := j.suites()
	return buffered(w, func(b *bufio.Writer) error {
		b.WriteString(xml.Header)
		e := xml.NewEncoder(b)
		e.Indent("", "  ")
		if err := e.Encode(out); err != nil {
			return err
		}
		return b.WriteByte('\n')
	})
}

type junit struct {
	result *pyguardml.Result
	list   []*junitSuite
	byPath map[string]*junitSuite
	// printer writes a finding to excerpt, without colours.
	printer printer
	excerpt bytes.Buffer
}

type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string       `xml:"name,attr"`
	Classname string       `xml:"classname,attr"`
	File      string       `xml:"file,attr,omitempty"`
	Line      int          `xml:"line,attr,omitempty"`
	Failure   *junitDetail `xml:"failure"`
	Error     *junitDetail `xml:"error"`
	Skipped   *junitDetail `xml:"skipped"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

func (j *junit) suites() *junitSuites {
	for i := range j.result.Findings {
		j.finding(&j.result.Findings[i])
	}
	for i := range j.result.Suppressed {
		j.suppressed(&j.result.Suppressed[i])
	}
	for _, e := range j.result.FileErrors {
		if e.Fatal() {
			j.failure(e.Path, "analysis of "+e.Path, fileErrorText(e))
		}
	}
	for _, e := range j.result.CheckErrors {
		j.failure(e.Path, e.CheckID+" on "+e.Path, checkErrorText(e))
	}
	if len(j.list) == 0 {
		s := j.suite(toolName)
		s.Tests, s.Cases = 1, []junitCase{{Name: "no defects found", Classname: toolName}}
	}
	out := &junitSuites{Name: toolName, Suites: j.list}
	for _, s := range j.list {
		out.Tests += s.Tests
		out.Failures += s.Failures
		out.Errors += s.Errors
		out.Skipped += s.Skipped
	}
	return out
}

func (j *junit) suite(path string) *junitSuite {
	s := j.byPath[path]
	if s == nil {
		s = &junitSuite{Name: Printable(path)}
		j.byPath[path] = s
		j.list = append(j.list, s)
	}
	return s
}

func (j *junit) newCase(f *checks.Finding) junitCase {
	c := junitCase{Name: Printable(f.CheckID + " at " + Place(f.Location)), Classname: Printable(f.Path), File: Printable(f.Path)}
	if f.Cell == 0 {
		c.Line = f.Start.Line
	}
	return c
}

func (j *junit) finding(f *checks.Finding) {
	s := j.suite(f.Path)
	j.excerpt.Reset()
	j.printer.finding(f)
	_ = j.printer.Flush() // a buffer takes everything
	c := j.newCase(f)
	c.Failure = &junitDetail{Message: Printable(f.Message), Type: f.Severity.String(), Text: "\n" + strings.TrimRight(j.excerpt.String(), "\n") + "\n"}
	s.Cases = append(s.Cases, c)
	s.Tests++
	s.Failures++
}

func (j *junit) suppressed(f *checks.Finding) {
	s := j.suite(f.Path)
	c := j.newCase(f)
	c.Skipped = &junitDetail{Message: "suppressed"}
	if f.Suppression != nil {
		c.Skipped.Message = Printable(strings.TrimSuffix("suppressed by "+f.Suppression.By+": "+f.Suppression.Reason, ": "))
	}
	s.Cases = append(s.Cases, c)
	s.Tests++
	s.Skipped++
}

func (j *junit) failure(path, name, text string) {
	s := j.suite(path)
	s.Cases = append(s.Cases, junitCase{
		Name: Printable(name), Classname: Printable(path), File: Printable(path), Error: &junitDetail{Message: Printable(text)},
	})
	s.Tests++
	s.Errors++
}
