// Package report writes a Result for people and for other programs. Each format is a
// function of a writer and a result:
//
//	report.Text(os.Stdout, result, report.Color(true))
//	report.JSON(file, result)
//	report.SARIF(file, result)
//
// and likewise HTML, Markdown, GitLab and JUnit.
//
// The functions only read the result and may be called from many goroutines. They write the
// same bytes for the same result and options: no clock, no machine name, no map order. An
// error is the writer's, or says that there is no result. Nothing is read from the file system: findings hold no text, so a
// report that quotes source code (excerpts, SARIF snippets and fixes) takes it from the
// result, or from the function given by Source.
//
// Everything that comes out of an analysed file is treated as hostile: control characters and
// characters that change the direction of text are shown by name and never reach a terminal.
//
// Start reading at Text and SARIF.
package report

import (
	"bufio"
	"errors"
	"io"
	"time"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// Option changes how a report is written. The same options serve all formats; one that means
// nothing to a format is ignored by it.
type Option func(*options)

type options struct {
	source func(path string) ([]byte, error)
	color  bool
	// noProblems and noSummary leave these parts of Text out.
	noProblems, noSummary bool
	started               time.Time
	limit                 int
}

// Source tells where the text of an analysed file comes from. It is called with
// Finding.Path, from one goroutine, about once a file; the bytes are only read. An error
// leaves that file's excerpts out of the report.
func Source(open func(path string) ([]byte, error)) Option {
	return func(o *options) { o.source = open }
}

// Color switches the colours of Text on or off; they are off unless asked for. Whether the
// writer is a terminal, and whether its user objects (NO_COLOR), is for the caller to know.
func Color(on bool) Option {
	return func(o *options) { o.color = on }
}

// OmitProblems leaves out of Text what could not be analysed: for a program that shows it
// elsewhere, by Problems.
func OmitProblems(on bool) Option {
	return func(o *options) { o.noProblems = on }
}

// OmitSummary leaves the totals and the table at the end of Text out.
func OmitSummary(on bool) Option {
	return func(o *options) { o.noSummary = on }
}

// Started tells GitLab when the scan began; 1 January 1970 stands for a time that is not known.
// It is the caller's to tell, so that no report holds the time unasked.
func Started(t time.Time) Option {
	return func(o *options) { o.started = t }
}

// Limit bounds the length of Markdown, in bytes: a comment on GitHub may have 65,536 characters.
// What does not fit is left out, from the least severe findings, and a line says how many there
// are. Zero stands for no bound; a bound too low for the totals counts as one that has room for
// them.
func Limit(bytes int) Option {
	return func(o *options) { o.limit = bytes }
}

var errNoResult = errors.New("report: there is no result to write; give what Analyze returned without an error")

func newOptions(r *pyguardml.Result, list []Option) *options {
	o := &options{source: r.Source}
	for _, set := range list {
		set(o)
	}
	return o
}

// severities lists them from the most severe: the order in which people want to read them.
var severities = [...]checks.Severity{checks.Critical, checks.High, checks.Medium, checks.Low, checks.Note}

// infos finds a check's Info by its id.
func infos(r *pyguardml.Result) map[string]*checks.Info {
	byID := make(map[string]*checks.Info, len(r.Checks))
	for _, info := range r.Checks {
		byID[info.ID] = info
	}
	return byID
}

// buffered runs write on a buffer before w.
func buffered(w io.Writer, write func(*bufio.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
