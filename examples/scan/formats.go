package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// formats lists the forms of a report by their names.
var formats = []struct {
	name  string
	write func(io.Writer, *pyguardml.Result, ...report.Option) error
}{
	{"text", report.Text},
	{"json", report.JSON},
	{"sarif", report.SARIF},
	{"html", report.HTML},
	{"markdown", report.Markdown},
	{"gitlab", report.GitLab},
	{"junit", report.JUnit},
}

func setFormat(s *settings, value string) error {
	var names []string
	for _, f := range formats {
		if f.name == value {
			s.format = value
			return nil
		}
		names = append(names, f.name)
	}
	return fmt.Errorf("%q is not a format; choose one of %s", value, strings.Join(names, ", "))
}

// writeReport writes the report in the chosen form to the chosen place.
func (s *settings) writeReport(r *pyguardml.Result) error {
	for _, f := range formats {
		if f.name == s.format {
			return s.writeOutput(func(w io.Writer) error {
				return f.write(w, r, report.Color(s.colorful(w)), report.OmitProblems(s.format == "text"), report.Started(s.started), report.Limit(s.maxLength))
			})
		}
	}
	return fmt.Errorf("no writer for format %s", s.format)
}
