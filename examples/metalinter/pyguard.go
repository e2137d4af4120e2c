package main

import (
	"context"
	"io/fs"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// pyguardSettings are the settings of this one linter.
type pyguardSettings struct {
	// Checks are words that pyguardml knows; those that begin with a hyphen are left out.
	Checks []string `yaml:"checks"`
	All    bool     `yaml:"all"`
}

// pyguard is pyguardml as a linter of the runner. The analyzer is made once, and checks its options.
type pyguard struct{ analyzer *pyguardml.Analyzer }

func newPyguard(s *pyguardSettings, cache string) (*pyguard, error) {
	var opts pyguardml.Options
	if s.All {
		opts.Profile = "all"
	}
	for _, word := range s.Checks {
		if without, ok := strings.CutPrefix(word, "-"); ok {
			opts.Ignore = append(opts.Ignore, without)
		} else {
			opts.Select = append(opts.Select, word)
		}
	}
	if cache != "" {
		kept, err := pyguardml.NewDirCache(cache)
		if err != nil {
			return nil, err
		}
		opts.Cache = kept
	}
	analyzer, err := pyguardml.New(opts)
	return &pyguard{analyzer}, err
}

func (*pyguard) name() string { return "pyguardml" }

func (p *pyguard) lint(ctx context.Context, tree fs.FS, exclude []string) ([]issue, []string, error) {
	files, err := pyguardml.Discover(ctx, tree, pyguardml.DiscoverOptions{Exclude: exclude})
	if err != nil || len(files) == 0 {
		return nil, nil, err
	}
	result, err := p.analyzer.Analyze(ctx, files)
	if err != nil {
		return nil, nil, err
	}
	var issues []issue
	for i := range result.Findings {
		issues = append(issues, p.issue(result, &result.Findings[i]))
	}
	var problems []string
	for _, e := range result.FileErrors {
		problems = append(problems, e.Error())
	}
	for _, e := range result.CheckErrors {
		problems = append(problems, e.Error())
	}
	return issues, problems, nil
}

const pages = "https://github.com/pyguard/pyguardml/blob/main/docs/checks/"

// issue turns a finding into the runner's form.
func (p *pyguard) issue(r *pyguardml.Result, f *checks.Finding) issue {
	out := issue{
		Linter: p.name(), Rule: f.CheckID, Severity: f.Severity.String(), Text: f.Message,
		File: f.Path, Cell: f.Cell, Line: f.Start.Line, Column: f.Start.Column, Help: pages + f.CheckID + ".md",
	}
	if f.Cell > 0 || f.Start.Line == 0 {
		return out // the line is one of a cell, or there is none
	}
	if data, err := r.Source(f.Path); err == nil {
		if lines := strings.Split(string(data), "\n"); f.Start.Line <= len(lines) {
			out.Source = strings.TrimRight(lines[f.Start.Line-1], "\r")
		}
	}
	if f.Fix != nil && !f.Fix.Unsafe && len(f.Fix.Actions) == 0 {
		out.Replacement = &replacement{Message: f.Fix.Message}
		for _, e := range f.Fix.Edits {
			if e.Path != "" && e.Path != f.Path {
				out.Replacement = nil // the runner edits one file at a time
				break
			}
			out.Replacement.Edits = append(out.Replacement.Edits, edit{e.Start, e.End, e.New})
		}
	}
	return out
}
