package casetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/pyguardml"
)

// analyze runs the named checks, or all, over files by the public analysis. A file that
// cannot be analysed whole, and a check that fails, is an error: cases are valid Python.
func analyze(files []File, ids ...string) ([]checks.Finding, error) {
	a, err := analyzerFor(ids)
	if err != nil {
		return nil, err
	}
	res, err := a.Analyze(context.Background(), publicFiles(files))
	if err != nil {
		return nil, err
	}
	for _, e := range res.FileErrors {
		// A manifest that no check reads yet is listed as such; cases are about models that are
		// damaged or reach a limit.
		if _, known := pyguardml.KindOf(e.Path); known && e.Stage != pyguardml.StageDamage && e.Stage != pyguardml.StageLimit {
			return nil, e
		}
	}
	for _, e := range res.CheckErrors {
		return nil, fmt.Errorf("%s: %s: %w", e.CheckID, e.Path, e.Err)
	}
	return res.Findings, nil
}

// reported runs all checks over files and returns, beside all findings, those of one check: its own, and those
// of a check that specializes it and replaces its report. What a check says must not depend on which others run.
func reported(files []File, id string) (all, of []checks.Finding, err error) {
	all, err = analyze(files)
	for _, f := range all {
		if f.CheckID == id || slices.Contains(f.Replaces, id) {
			of = append(of, f)
		}
	}
	return all, of, err
}

// analyzers holds an Analyzer for each set of checks: they are validated and compiled once.
var analyzers sync.Map

func analyzerFor(ids []string) (*pyguardml.Analyzer, error) {
	key := strings.Join(ids, " ")
	if a, ok := analyzers.Load(key); ok {
		return a.(*pyguardml.Analyzer), nil
	}
	a, err := pyguardml.New(pyguardml.Options{Profile: "all", Select: ids})
	if err == nil {
		analyzers.Store(key, a)
	}
	return a, err
}

// fixes is what the fix engine made of files.
type fixes struct {
	files     []File
	withdrawn []string
}

// fixAll applies the fixes of one check.
func fixAll(files []File, id string, unsafe bool) (fixes, error) {
	a, err := analyzerFor([]string{id})
	if err != nil {
		return fixes{}, err
	}
	plan, err := a.Fix(context.Background(), publicFiles(files), pyguardml.FixOptions{Unsafe: unsafe})
	if err != nil {
		return fixes{}, err
	}
	changed := map[string]fix.FileChange{}
	for _, c := range plan.Changes {
		changed[c.Path] = c
	}
	moved := map[string]string{}
	for _, a := range plan.Actions {
		moved[a.Path] = a.To
	}
	var out fixes
	for _, f := range files {
		if c, ok := changed[f.Path]; ok {
			f.Content = c.After
		}
		if to, ok := moved[f.Path]; ok {
			f.Path = to
		}
		out.files = append(out.files, f)
	}
	for _, w := range plan.Withdrawn {
		out.withdrawn = append(out.withdrawn, fmt.Sprintf("%s in %s: %s", w.Finding.ID, w.Finding.Path, w.Reason))
	}
	return out, nil
}

// publicFiles hands over the Python files, notebooks and manifests of a case.
func publicFiles(files []File) []pyguardml.File {
	var out []pyguardml.File
	for _, f := range files {
		content := f.Content
		if content == nil {
			content = []byte{}
		}
		out = append(out, pyguardml.File{Path: strings.TrimPrefix(f.Path, "./"), Content: content})
	}
	return out
}
