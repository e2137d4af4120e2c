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
	Path        string `json:"path,omitempty"` // for the reader of the file
	Fingerprint string `json:"fingerprint"`
}

// readBaseline returns the fingerprints in a baseline file.
func readBaseline(name string) ([]string, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--baseline: %s does not exist; make it with --write-baseline %s", name, name)
	} else if err != nil {
		return nil, fmt.Errorf("--baseline: %s: %w", name, withoutPath(err))
	}
	var b baseline
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, fmt.Errorf("--baseline: %s is not a baseline: %w", name, err)
	}
	if b.Version != report.JSONVersion || b.Findings == nil {
		return nil, fmt.Errorf("--baseline: %s is not a baseline of version %d; make it with --write-baseline", name, report.JSONVersion)
	}
	out := make([]string, 0, len(b.Findings))
	for _, f := range b.Findings {
		if f.Fingerprint != "" {
			out = append(out, f.Fingerprint)
		}
	}
	return out, nil
}

// saveBaseline writes the findings of a result as a baseline.
func (s *settings) saveBaseline(r *pyguardml.Result) error {
	b := baseline{Version: report.JSONVersion, Findings: []knownFinding{}}
	for i := range r.Findings {
		f := &r.Findings[i]
		b.Findings = append(b.Findings, knownFinding{ID: f.CheckID, Path: f.Path, Fingerprint: f.Fingerprint})
	}
	for i := range r.Suppressed {
		if f := &r.Suppressed[i]; f.Suppression != nil && f.Suppression.By == "baseline" {
			b.Findings = append(b.Findings, knownFinding{ID: f.CheckID, Path: f.Path, Fingerprint: f.Fingerprint})
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
