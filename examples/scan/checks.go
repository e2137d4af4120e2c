package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// writeChecks lists the checks that --select and --ignore leave, whatever their profile.
func (s *settings) writeChecks() error {
	analyzer, err := pyguardml.New(pyguardml.Options{Profile: "all", Select: s.sel, Ignore: s.ignore})
	if err != nil {
		return forFlags(err)
	}
	list := analyzer.Checks()
	return s.writeOutput(func(w io.Writer) error {
		if s.format == "json" {
			return report.WriteChecks(w, list)
		}
		return writeCheckTable(w, list)
	})
}

func writeCheckTable(w io.Writer, list []*checks.Info) error {
	name := len("name")
	for _, info := range list {
		name = max(name, len(info.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s  %-8s  %-8s  %-6s  %-*s  %s\n", "id", "severity", "profile", "fix", name, "name", "title")
	for _, info := range list {
		fmt.Fprintf(&b, "%-8s  %-8s  %-8s  %-6s  %-*s  %s\n", info.ID, info.Severity, info.Profile, remedy(info), name, info.Name, info.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func remedy(info *checks.Info) string {
	if info.Remedy.Safe {
		return "safe"
	}
	return "unsafe"
}

// writeExplanation writes a check's page for the terminal.
func (s *settings) writeExplanation() error {
	analyzer, err := pyguardml.New(pyguardml.Options{Profile: "all", Select: []string{s.explain}})
	if err != nil {
		return forFlags(err)
	}
	return s.writeOutput(func(w io.Writer) error {
		p := page{bold: s.colorful(w)}
		for i, info := range analyzer.Checks() {
			if i > 0 {
				p.WriteString("\n\n")
			}
			p.explain(info)
		}
		_, err := io.WriteString(w, p.String())
		return err
	})
}

// page is a text under construction.
type page struct {
	strings.Builder
	bold bool
}

const pageWidth = 88

func (p *page) explain(info *checks.Info) {
	p.line(p.strong(info.ID + " " + info.Name))
	p.paragraph(info.Title, "")
	p.line("")
	p.line(fmt.Sprintf("%s severity, %s, %s profile, part %s (%s)", info.Severity, info.Class, info.Profile, info.Part, info.Group))
	p.section("Why")
	p.paragraph(info.Reading, "  ")
	p.list("What is reported", info.Detect)
	p.list("What is left alone", info.Ignore)
	p.code("Example", info.Vulnerable)
	p.code("Fixed", info.Fixed)
	p.section("Fix (" + remedy(info) + ")")
	p.paragraph(info.Remedy.Edit, "  ")
	p.standards(info)
}

func (p *page) line(s string) { p.WriteString(s + "\n") }

func (p *page) strong(s string) string {
	if p.bold {
		return "\x1b[1m" + s + "\x1b[0m"
	}
	return s
}

func (p *page) section(title string) {
	p.line("")
	p.line(p.strong(title))
}

func (p *page) paragraph(text, indent string) {
	for _, line := range wrap(text, pageWidth-len(indent)) {
		p.line(indent + line)
	}
}

func (p *page) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	p.section(title)
	for _, item := range items {
		for i, line := range wrap(item, pageWidth-4) {
			if i == 0 {
				p.line("  - " + line)
			} else {
				p.line("    " + line)
			}
		}
	}
}

func (p *page) code(title, python string) {
	if python == "" {
		return
	}
	p.section(title)
	for _, line := range strings.Split(strings.TrimRight(python, "\n"), "\n") {
		line, _, marked := strings.Cut(line, "# want")
		if line = strings.TrimRight(line, " "); marked {
			line += "  # <- reported"
		}
		p.line(strings.TrimRight("    "+line, " "))
	}
}

func (p *page) standards(info *checks.Info) {
	p.section("Standards")
	for _, s := range []struct {
		name string
		ids  []string
	}{
		{"CWE", info.CWE}, {"OWASP LLM Top 10 2025", info.OWASPLLM}, {"OWASP ML Top 10 2023", info.OWASPML},
		{"OWASP Agentic Top 10 2026", info.OWASPAgentic}, {"MITRE ATLAS", info.ATLAS}, {"NIST", info.NIST},
	} {
		if len(s.ids) > 0 {
			p.line("  " + s.name + ": " + strings.Join(s.ids, ", "))
		}
	}
}
