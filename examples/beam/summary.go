package main

import (
	"cmp"
	"slices"

	"github.com/pyguard/pyguardml/pyguardml"
)

// Summary tells of all repositories together.
type Summary struct {
	Repositories int     `json:"repositories"`
	Failed       int     `json:"failed"` // those that could not be scanned
	Files        int     `json:"files"`
	Lines        int     `json:"lines"`
	Findings     int     `json:"findings"`
	Checks       []Tally `json:"checks"` // in the order of their ids
}

// Tally counts what a check found.
type Tally struct {
	Check        string `json:"check"`
	Title        string `json:"title"`
	Severity     string `json:"severity"`
	Findings     int    `json:"findings"`
	Repositories int    `json:"repositories"`
}

// tallies counts the findings of one repository by check.
func tallies(r *pyguardml.Result) []Tally {
	titles := map[string]string{}
	for _, info := range r.Checks {
		titles[info.ID] = info.Title
	}
	list := []Tally{}
	for i := range r.Findings {
		f := &r.Findings[i]
		list = merge(list, []Tally{{Check: f.CheckID, Title: titles[f.CheckID], Severity: f.Severity.String(), Findings: 1, Repositories: 1}})
	}
	for i := range list {
		list[i].Repositories = 1
	}
	return list
}

// merge adds up two lists that are in the order of their checks.
func merge(a, b []Tally) []Tally {
	list := append(slices.Clone(a), b...)
	slices.SortStableFunc(list, func(a, b Tally) int { return cmp.Compare(a.Check, b.Check) })
	out := list[:0]
	for _, t := range list {
		if n := len(out); n > 0 && out[n-1].Check == t.Check {
			out[n-1].Findings += t.Findings
			out[n-1].Repositories += t.Repositories
			continue
		}
		out = append(out, t)
	}
	return out
}

// combine adds up outcomes, first on each worker and then those of the workers, in whatever order they come.
type combine struct{}

func (*combine) CreateAccumulator() Summary { return Summary{Checks: []Tally{}} }

func (*combine) AddInput(s Summary, o Outcome) Summary {
	s.Repositories++
	if o.Error != "" {
		s.Failed++
	}
	s.Files += o.Files
	s.Lines += o.Lines
	for _, t := range o.Checks {
		s.Findings += t.Findings
	}
	s.Checks = merge(s.Checks, o.Checks)
	return s
}

func (*combine) MergeAccumulators(a, b Summary) Summary {
	return Summary{
		Repositories: a.Repositories + b.Repositories, Failed: a.Failed + b.Failed, Files: a.Files + b.Files, Lines: a.Lines + b.Lines,
		Findings: a.Findings + b.Findings, Checks: merge(a.Checks, b.Checks),
	}
}
