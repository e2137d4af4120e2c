package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// Markdown writes a report in GitHub's dialect of Markdown: for a comment on a change, or the
// summary of a job. The table comes first, then each finding with its code, the way of the data
// and the fix, then what could not be analysed.
func Markdown(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	return buffered(w, func(b *bufio.Writer) error {
		m := markdown{Writer: b, texts: texts{open: o.source}, checks: infos(r)}
		m.head(r)
		for i := range r.Findings {
			m.finding(&r.Findings[i])
		}
		if !o.noProblems {
			m.problems(r)
		}
		return nil
	})
}

type markdown struct {
	*bufio.Writer
	texts  texts
	checks map[string]*checks.Info
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

// head writes the totals and the table of findings by check.
func (m *markdown) head(r *pyguardml.Result) {
	m.printf("# Security of the AI/ML code\n\n")
	if len(r.Findings) == 0 {
		m.printf("No defects found.%s %s\n", silenced(len(r.Suppressed)), analysed(r.Stats))
		return
	}
	p := printer{}
	m.printf("**Found %s**: %s.%s %s\n\n", count(len(r.Findings), "defect"), p.bySeverity(r.Findings), silenced(len(r.Suppressed)), analysed(r.Stats))
	m.printf("| severity | check | findings | files | what it is |\n|---|---|---:|---:|---|\n")
	for _, row := range rows(r.Findings) {
		title := ""
		if info := m.checks[row.id]; info != nil {
			title = info.Title
		}
		m.printf("| %s | %s | %d | %d | %s |\n", row.severity, m.link(row.id), row.findings, row.files, inline(title))
	}
}

// link names a check, with a link to its page where it has one.
func (m *markdown) link(id string) string {
	if strings.HasPrefix(id, "PML") {
		return "[" + id + "](" + checkPages + id + ".md)"
	}
	return inline(id)
}

func (m *markdown) finding(f *checks.Finding) {
	m.printf("\n## %s: %s\n\n", f.Severity, inline(f.Message))
	m.printf("%s at %s", m.link(f.CheckID), codeSpan(Place(f.Location)))
	if f.Symbol != "" {
		m.printf(" in %s", codeSpan(f.Symbol))
	}
	m.printf("\n")
	m.code(f.Location)
	if len(f.Trail) > 0 {
		m.printf("\nHow the data gets here:\n\n")
	}
	for i, s := range f.Trail {
		m.printf("%d. %s at %s", i+1, inline(s.Text), codeSpan(Place(s.Location)))
		if line, ok := m.texts.line(s.Path, s.Cell, s.Start.Line); ok {
			m.printf(": %s", codeSpan(newView(strings.TrimSpace(line), 0, 0).text))
		}
		m.printf("\n")
	}
	switch info := m.checks[f.CheckID]; {
	case f.Fix != nil:
		m.printf("\n**Fix** (%s): %s\n", applicability(f.Fix.Unsafe), inline(f.Fix.Message))
	case info != nil && info.Remedy.Edit != "":
		m.printf("\n**Help**: %s\n", inline(info.Remedy.Edit))
	}
}

// code quotes the reported lines.
func (m *markdown) code(l checks.Location) {
	var lines []string
	for n := l.Start.Line; n <= max(l.Start.Line, l.End.Line); n++ {
		line, ok := m.texts.line(l.Path, l.Cell, n)
		if !ok {
			break
		}
		if len(lines) == 2*maxExcerpt {
			lines = append(lines, "...")
			break
		}
		lines = append(lines, newView(line, l.Start.Column-1, l.Start.Column).text)
	}
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	m.printf("\n%spython\n%s\n%s\n", fence, text, fence)
}

func (m *markdown) problems(r *pyguardml.Result) {
	list := problemTexts(r)
	if len(list) == 0 {
		return
	}
	m.printf("\n## What could not be analysed\n\n")
	for _, text := range list {
		m.printf("- %s\n", inline(text))
	}
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`,
	"@", "&#64;", // no one is to be notified by what stands in a file
)

// inline makes text that means nothing to Markdown.
func inline(s string) string { return markdownEscapes.Replace(Printable(s)) }

// codeSpan makes text that stands as code within a line.
func codeSpan(s string) string {
	s = Printable(s)
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || s == "" {
		s = " " + s + " "
	}
	return fence + s + fence
}

// longestRun is the length of the longest run of a character.
func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
