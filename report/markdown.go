package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// Markdown writes a report in GitHub's dialect of Markdown: for a comment on a change, or the
// summary of a job. The table comes first, then each finding with its code, the way of the data
// and the fix, then what could not be analysed. See Limit for a report that has to fit somewhere.
func Markdown(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	return buffered(w, func(b *bufio.Writer) error {
		m := markdown{texts: texts{open: o.source}, checks: infos(r)}
		parts := m.parts(r, o)
		if o.limit > 0 && parts.size() > o.limit {
			parts.shorten(r.Findings, o.limit)
		}
		for _, text := range parts.all() {
			if _, err := b.WriteString(text); err != nil {
				return err
			}
		}
		return nil
	})
}

// markdown makes parts of a report, each as a text.
type markdown struct {
	strings.Builder
	texts  texts
	checks map[string]*checks.Info
}

// take returns what was written, and begins anew.
func (m *markdown) take() string {
	text := m.String()
	m.Reset()
	return text
}

// markdownParts is a report in parts that are shown or left out whole.
type markdownParts struct {
	head     string
	rows     []string // of the table of checks
	findings []string
	// left says what was left out.
	left     string
	problems []string
}

const (
	markdownTable    = "| severity | check | findings | files | what it is |\n|---|---|---:|---:|---|\n"
	markdownProblems = "\n## What could not be analysed\n\n"
)

func (m *markdown) parts(r *pyguardml.Result, o *options) *markdownParts {
	p := &markdownParts{head: m.head(r)}
	for _, row := range rows(r.Findings) {
		title := ""
		if info := m.checks[row.id]; info != nil {
			title = info.Title
		}
		p.rows = append(p.rows, fmt.Sprintf("| %s | %s | %d | %d | %s |\n", row.severity, m.link(row.id), row.findings, row.files, inline(title)))
	}
	for i := range r.Findings {
		m.finding(&r.Findings[i])
		p.findings = append(p.findings, m.take())
	}
	if !o.noProblems {
		for _, text := range problemTexts(r) {
			p.problems = append(p.problems, "- "+inline(text)+"\n")
		}
	}
	return p
}

// all lists the texts of the report in order.
func (p *markdownParts) all() []string {
	list := []string{p.head}
	if len(p.rows) > 0 {
		list = append(append(list, markdownTable), p.rows...)
	}
	list = append(append(list, p.findings...), p.left)
	if len(p.problems) > 0 {
		list = append(append(list, markdownProblems), p.problems...)
	}
	return list
}

func (p *markdownParts) size() int { return sizeOf(p.all()) }

func sizeOf(list []string) int {
	n := 0
	for _, text := range list {
		n += len(text)
	}
	return n
}

// shorten leaves out what has no room within the limit. The table of checks may take a third, what
// could not be analysed a tenth of it; the rest is for the findings, the most severe of which come
// first.
func (p *markdownParts) shorten(findings []checks.Finding, limit int) {
	const notes = 400 // at most what the lines below take
	room := limit - len(p.head) - len(markdownTable) - len(markdownProblems) - notes
	var rows, problems int
	p.rows, rows = fitting(p.rows, room/3)
	if rows > 0 {
		p.rows = append(p.rows, fmt.Sprintf("| | | | | and %s |\n", count(rows, "more row")))
	}
	p.problems, problems = fitting(p.problems, room/10)
	if problems > 0 {
		p.problems = append(p.problems, fmt.Sprintf("- and %s\n", count(problems, "more problem")))
	}
	order := make([]int, len(findings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(findings[b].Severity, findings[a].Severity) })
	list := make([]string, len(order))
	for i, n := range order {
		list[i] = p.findings[n]
	}
	var left int
	p.findings, left = fitting(list, room-sizeOf(p.rows)-sizeOf(p.problems))
	if left > 0 {
		p.left = fmt.Sprintf("\n---\n\n**%s not shown here**: with them the report would be longer than %d bytes. The most severe come first.\n", count(left, "finding")+pick(left, " is", " are"), limit)
	}
}

// fitting returns the texts at the beginning of a list that have room, and how many have none.
func fitting(list []string, room int) (fit []string, left int) {
	for i, text := range list {
		if room -= len(text); room < 0 {
			return list[:i:i], len(list) - i
		}
	}
	return list, 0
}

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

// head is the totals.
func (m *markdown) head(r *pyguardml.Result) string {
	m.printf("# Security of the AI/ML code\n\n")
	if len(r.Findings) == 0 {
		m.printf("No defects found.%s %s\n", silenced(len(r.Suppressed)), analysed(r.Stats))
		return m.take()
	}
	p := printer{}
	m.printf("**Found %s**: %s.%s %s\n\n", count(len(r.Findings), "defect"), p.bySeverity(r.Findings), silenced(len(r.Suppressed)), analysed(r.Stats))
	return m.take()
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
