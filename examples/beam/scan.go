package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// options are the same for all workers, to whom Beam hands them as JSON.
type options struct {
	Output  string
	Profile string
	Select  []string
	Time    time.Duration // for a repository
	Bytes   int64         // of an archive, and of all its files
	Files   int           // of an archive
	AtOnce  int           // repositories that a worker analyses at the same time
}

func (o *options) analyzer() (*pyguardml.Analyzer, error) {
	return pyguardml.New(pyguardml.Options{Profile: o.Profile, Select: o.Select})
}

// Finding is a finding as a line of JSON: flat, as tables like it.
type Finding struct {
	Repository  string `json:"repository"`
	Check       string `json:"check"`
	Severity    string `json:"severity"`
	Path        string `json:"path"`
	Cell        int    `json:"cell,omitempty"`
	Line        int    `json:"line"`
	Column      int    `json:"column"`
	Symbol      string `json:"symbol,omitempty"`
	Message     string `json:"message"`
	Fixable     bool   `json:"fixable"`
	Fingerprint string `json:"fingerprint"`
}

// Outcome is what came of a repository.
type Outcome struct {
	Repository string  `json:"repository"`
	Report     string  `json:"report,omitempty"` // the SARIF report
	Files      int     `json:"files"`
	Lines      int     `json:"lines"`
	Checks     []Tally `json:"checks"`
	// Problems are files that could not be read and checks that failed; the rest was analysed.
	Problems []string `json:"problems,omitempty"`
	// Error says why the repository could not be analysed at all.
	Error string `json:"error,omitempty"`
}

var (
	scanned = beam.NewCounter("pyguardml", "repositories")
	failed  = beam.NewCounter("pyguardml", "repositories that could not be scanned")
	found   = beam.NewCounter("pyguardml", "findings")
)

// running has a place for each repository that this process may analyse at the same time. Runners start as many
// bundles as there are cores, and a large repository takes gigabytes.
var running struct {
	once   sync.Once
	places chan struct{}
}

// scan analyses repositories. A repository that cannot be scanned is an outcome, too: an error would have the runner
// try it again and, in the end, fail all others with it. Only what stands against the whole of the work is an error:
// a report that cannot be written, a runner that ends.
type scan struct {
	Options  options
	analyzer *pyguardml.Analyzer
}

// Setup makes the analyzer, once for all repositories that come this way.
func (s *scan) Setup() (err error) {
	running.once.Do(func() { running.places = make(chan struct{}, max(1, s.Options.AtOnce)) })
	s.analyzer, err = s.Options.analyzer()
	return err
}

func (s *scan) ProcessElement(ctx context.Context, repository string, emit func(Outcome), each func(Finding)) error {
	select {
	case running.places <- struct{}{}:
		defer func() { <-running.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	scanned.Inc(ctx, 1)
	timed, cancel := context.WithTimeout(ctx, s.Options.Time)
	defer cancel()
	var result *pyguardml.Result
	tree, err := open(timed, repository, &s.Options)
	if err == nil {
		defer tree.Close() // not earlier: the report quotes the files
		result, err = s.analyze(timed, tree)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if timed.Err() != nil {
		err = fmt.Errorf("the scan took longer than %s", s.Options.Time)
	}
	if err != nil {
		failed.Inc(ctx, 1)
		emit(Outcome{Repository: repository, Checks: []Tally{}, Error: err.Error()})
		return nil
	}
	o := Outcome{
		Repository: repository, Report: s.Options.Output + "/repositories/" + fileName(repository) + ".sarif",
		Files: result.Stats.Files, Lines: result.Stats.Lines, Checks: tallies(result),
	}
	for _, e := range result.FileErrors {
		o.Problems = append(o.Problems, e.Error())
	}
	for _, e := range result.CheckErrors {
		o.Problems = append(o.Problems, e.Error())
	}
	// Written here, the report does not travel. It is the same if the runner does all this a second time.
	if err := create(ctx, o.Report, func(b *bufio.Writer) error { return report.SARIF(b, result) }); err != nil {
		return err
	}
	found.Inc(ctx, int64(len(result.Findings)))
	for i := range result.Findings {
		f := &result.Findings[i]
		each(Finding{
			Repository: repository, Check: f.CheckID, Severity: f.Severity.String(), Path: f.Path, Cell: f.Cell, Line: f.Start.Line,
			Column: f.Start.Column, Symbol: f.Symbol, Message: f.Message, Fixable: f.Fix != nil, Fingerprint: f.Fingerprint,
		})
	}
	emit(o)
	return nil
}

func (s *scan) analyze(ctx context.Context, tree *tree) (*pyguardml.Result, error) {
	files, err := pyguardml.Discover(ctx, tree.files, pyguardml.DiscoverOptions{})
	if err != nil {
		return nil, err
	}
	defer s.analyzer.Forget() // files kept for Update would only take memory
	return s.analyzer.Analyze(ctx, files)
}

// fileName is a name for the report of a repository: its last part, to be recognised, and a digest of the whole, so
// that no two are the same.
func fileName(repository string) string {
	plain := func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}
	last := strings.TrimLeft(strings.Map(plain, path.Base(strings.ReplaceAll(repository, `\`, "/"))), ".")
	digest := sha256.Sum256([]byte(repository))
	return fmt.Sprintf("%.60s-%x", last, digest[:4])
}
