package main

import (
	"context"
	"errors"
	"strings"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// scan analyses the paths, fixes if asked to, and writes the report.
func (s *settings) scan(ctx context.Context) (code int, err error) {
	bar := newProgressBar(s.stderr)
	defer bar.clear()
	if err := s.readProject(); err != nil {
		return exitError, err
	}
	opts, err := s.options()
	if err != nil {
		return exitError, err
	}
	opts.Progress = bar.update
	analyzer, err := pyguardml.New(opts)
	if err != nil {
		return exitError, forFlags(err)
	}
	found, err := s.collect(ctx)
	if err != nil {
		return exitError, err
	}
	for _, problem := range found.problems {
		s.complain("error", problem.Error())
	}
	if s.fix || s.diff {
		if err := s.fixFiles(ctx, found, opts, bar); err != nil {
			return exitError, err
		}
	}
	bar.show()
	result, err := s.analyze(ctx, analyzer, found)
	bar.clear()
	if err != nil {
		return exitError, err
	}
	s.tellGone(found, result)
	if err := report.Problems(s.stderr, result, report.Color(s.colorful(s.stderr))); err != nil {
		return exitError, err
	}
	return s.conclude(result, found)
}

// analyze analyses the files found; when there are none the result is empty.
func (s *settings) analyze(ctx context.Context, analyzer *pyguardml.Analyzer, found *collection) (*pyguardml.Result, error) {
	if len(found.files) == 0 {
		if len(found.problems) == 0 {
			s.complain("warning", "no Python file or notebook was found in the given paths")
		}
		return &pyguardml.Result{Checks: analyzer.Checks()}, nil
	}
	result, err := analyzer.Analyze(ctx, found.files)
	if err == nil && result.Stats.Tests > 0 && result.Stats.Tests == result.Stats.Files {
		s.complain("note", "there is no Python file or notebook but those of tests, of which most checks say nothing: files in tests/, test/ or testing/, test_*.py, *_test.py, conftest.py")
	}
	if err == nil && result.Stats.OutOfScope {
		s.complain("note", "no file shows that this project has to do with AI or machine learning, so that its code was not looked at; --select PML looks at it all the same")
	}
	return result, err
}

// conclude writes what was asked for and chooses the exit code.
func (s *settings) conclude(result *pyguardml.Result, found *collection) (code int, err error) {
	switch {
	case s.writeBaseline != "":
		err = s.saveBaseline(result)
	case !s.diff:
		err = s.writeReport(result)
	}
	switch {
	case err != nil || len(found.problems) > 0 || found.failed(result):
		code = exitError
	case len(result.Findings) > 0 && s.writeBaseline == "":
		code = exitFindings
	}
	return code, err
}

// failed reports whether a file that was named on the command line by itself could not be
// analysed. A file of a folder that cannot be is told of, but is no error: collections of
// public code hold broken files on purpose.
func (c *collection) failed(result *pyguardml.Result) bool {
	for _, e := range result.FileErrors {
		if e.Fatal() && c.named[e.Path] {
			return true
		}
	}
	return false
}

// forFlags words a mistake in the options as one on the command line.
func forFlags(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), "options: "))
}
