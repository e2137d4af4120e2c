package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v3"
)

// settings are those of the runner.
type settings struct {
	Linters struct {
		Pyguardml *pyguardSettings `yaml:"pyguardml"`
	} `yaml:"linters"`
	Issues struct {
		ExcludeFiles  []string `yaml:"exclude-files"`
		ExcludeRules  []rule   `yaml:"exclude-rules"`
		MaxSameIssues int      `yaml:"max-same-issues"`
	} `yaml:"issues"`
	Cache string `yaml:"cache"`
}

// rule excludes issues; what is empty holds for all.
type rule struct {
	Path    string   `yaml:"path"`
	Linters []string `yaml:"linters"`
	Text    string   `yaml:"text"`
}

func (r *rule) excludes(i *issue) bool {
	return (r.Path == "" || doublestar.MatchUnvalidated(r.Path, i.File)) &&
		(len(r.Linters) == 0 || slices.Contains(r.Linters, i.Linter)) && strings.Contains(i.Text, r.Text)
}

// readSettings reads a file of settings. A key that does not exist is an error.
func readSettings(name string) (*settings, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &settings{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	switch err := d.Decode(s); {
	case err == io.EOF:
		return nil, fmt.Errorf("%s: the file is empty; it enables no linter", name)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// "pyguardml:" with nothing behind it enables the linter, too, which the decoder tells by no value.
	var named struct {
		Linters map[string]any `yaml:"linters"`
	}
	if err := yaml.Unmarshal(data, &named); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, ok := named.Linters["pyguardml"]; ok && s.Linters.Pyguardml == nil {
		s.Linters.Pyguardml = &pyguardSettings{}
	}
	for i, r := range s.Issues.ExcludeRules {
		if r.Path != "" && !doublestar.ValidatePattern(r.Path) {
			return nil, fmt.Errorf("%s: issues.exclude-rules[%d]: %q is no glob", name, i, r.Path)
		}
	}
	return s, nil
}

// linters makes the linters that the settings enable.
func (s *settings) linters() ([]linter, error) {
	if s.Linters.Pyguardml == nil {
		return nil, nil
	}
	l, err := newPyguard(s.Linters.Pyguardml, s.Cache)
	if err != nil {
		return nil, err
	}
	return []linter{l}, nil
}

// reduce leaves out excluded issues, and those of one text beyond the number that is wanted.
func (s *settings) reduce(issues []issue) []issue {
	same := map[string]int{}
	return slices.DeleteFunc(issues, func(i issue) bool {
		if slices.ContainsFunc(s.Issues.ExcludeRules, func(r rule) bool { return r.excludes(&i) }) {
			return true
		}
		same[i.Linter+i.Text]++
		return s.Issues.MaxSameIssues > 0 && same[i.Linter+i.Text] > s.Issues.MaxSameIssues
	})
}
