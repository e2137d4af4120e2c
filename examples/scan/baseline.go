package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// baseline is the part of a JSON report that a baseline needs, so that a report serves as one.
type baseline struct {
	Version  int            `json:"version"`
	Findings []knownFinding `json:"findings"`
}

type knownFinding struct {
	ID          string `json:"id"`
	Path        string `json:"path,omitempty"`
	Fingerprint string `json:"fingerprint"`
	Location    struct {
		Path string `json:"path"`
	} `json:"location,omitzero"`
}

// readBaseline reads a baseline file. origin is what asks for it, for messages.
func readBaseline(origin, name string) ([]knownFinding, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %s does not exist; make it with --write-baseline %s", origin, name, name)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", origin, name, withoutPath(err))
	}
	var b baseline
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, fmt.Errorf("%s: %s is not a baseline: %w", origin, name, err)
	}
	if b.Version != report.JSONVersion || b.Findings == nil {
		return nil, fmt.Errorf("%s: %s is not a baseline of version %d; make it with --write-baseline", origin, name, report.JSONVersion)
	}
	for i := range b.Findings {
		if b.Findings[i].Path == "" { // a JSON report has it elsewhere
			b.Findings[i].Path = b.Findings[i].Location.Path
		}
	}
	return b.Findings, nil
}

// tellGone says how many accepted findings of the files analysed are no longer there.
func (s *settings) tellGone(found *collection, r *pyguardml.Result) {
	there := map[string]bool{}
	for i := range r.Suppressed {
		there[r.Suppressed[i].Fingerprint] = true
	}
	analysed := map[string]bool{}
	for _, f := range found.files {
		analysed[s.project.nameOf(f.Path)] = true
	}
	for i := range r.FileErrors {
		delete(analysed, s.project.nameOf(r.FileErrors[i].Path))
	}
	gone := 0
	for _, k := range s.project.known {
		if analysed[k.Path] && !there[k.Fingerprint] {
			gone++
		}
	}
	if gone > 0 {
		fmt.Fprintf(s.stderr, "%s: %s no longer there; --write-baseline writes it anew\n", s.project.baseline, areOrIs(gone, "accepted finding"))
	}
}

func areOrIs(n int, noun string) string {
	if n == 1 {
		return plural(n, noun) + " is"
	}
	return plural(n, noun) + " are"
}

// saveBaseline writes the findings of a result as a baseline.
func (s *settings) saveBaseline(r *pyguardml.Result) error {
	b := baseline{Version: report.JSONVersion, Findings: []knownFinding{}}
	for i := range r.Findings {
		f := &r.Findings[i]
		b.Findings = append(b.Findings, knownFinding{ID: f.CheckID, Path: s.project.nameOf(f.Path), Fingerprint: f.Fingerprint})
	}
	for i := range r.Suppressed {
		if f := &r.Suppressed[i]; f.Suppression != nil && f.Suppression.By == "baseline" {
			b.Findings = append(b.Findings, knownFinding{ID: f.CheckID, Path: s.project.nameOf(f.Path), Fingerprint: f.Fingerprint})
		}
	}
	err := writeFile(s.writeBaseline, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(b)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.stderr, "%s: %s accepted\n", s.writeBaseline, plural(len(b.Findings), "finding"))
	return err
}
