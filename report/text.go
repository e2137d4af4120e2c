package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// Text writes a report for a person at a terminal: each finding with the code it is about, the
// way of the data step by step, and what its fix would do; then what could not be analysed, and
// a table of the findings by check.
//
// Columns count characters from 1, as editors show them. A place in a notebook is written
// "train.ipynb cell 3:5:2".
func Text(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	return buffered(w, func(b *bufio.Writer) error {
		p := printer{Writer: b, paint: palette(o.color), texts: texts{open: o.source}, checks: infos(r)}
		for i := range r.Findings {
			p.finding(&r.Findings[i])
		}
		if !o.noProblems && p.problems(r) > 0 {
			p.WriteByte('\n')
		}
		if !o.noSummary {
			p.summary(r)
		}
		return nil
	})
}

// Problems writes one line for each thing that kept the analysis from being whole, or that is
// wrong with a suppression comment; nothing when all went well. Lines begin with "error:" for
// what was not analysed and with "warning:" for the rest.
func Problems(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	return buffered(w, func(b *bufio.Writer) error {
		p := printer{Writer: b, paint: palette(o.color)}
		p.problems(r)
		return nil
	})
}

// Excerpt writes one finding as Text does: the form for a tool that shows findings one at a
// time.
func Excerpt(w io.Writer, r *pyguardml.Result, f *checks.Finding, opts ...Option) error {
	if r == nil || f == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	return buffered(w, func(b *bufio.Writer) error {
		p := printer{Writer: b, paint: palette(o.color), texts: texts{open: o.source}, checks: infos(r)}
		p.finding(f)
		return nil
	})
}

type printer struct {
	*bufio.Writer
	paint  palette
	texts  texts
	checks map[string]*checks.Info
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// finding writes one finding: a headline, the code, the trail and the notes.
func (p *printer) finding(f *checks.Finding) {
	p.printf("%s %s\n", p.paint.severity(f.Severity, f.Severity.String()+"["+f.CheckID+"]"), p.paint.bold(Printable(f.Message)))
	width := p.gutter(f)
	margin := strings.Repeat(" ", width)
	p.printf("%s%s %s%s\n", margin, p.paint.frame("-->"), place(f.Location), p.within(f.Symbol))
	p.excerpt(f.Location, width, f.Severity)
	p.trail(f, width)
	p.notes(f, margin)
	p.WriteByte('\n')
}

func (p *printer) within(symbol string) string {
	if symbol == "" {
		return ""
	}
	return p.paint.dim(" in " + Printable(symbol))
}

// gutter is the width of the widest line number that the finding shows.
func (p *printer) gutter(f *checks.Finding) int {
	last := max(f.End.Line, f.Start.Line)
	for _, s := range f.Trail {
		last = max(last, s.Start.Line)
	}
	return len(strconv.Itoa(last))
}

// trail writes the steps of the data's way, numbered, each with its line of code.
func (p *printer) trail(f *checks.Finding, width int) {
	if len(f.Trail) == 0 {
		return
	}
	margin := strings.Repeat(" ", width)
	bar := p.paint.frame("|")
	p.printf("%s %s how the data gets here:\n", margin, p.paint.frame("="))
	for i, s := range f.Trail {
		p.printf("%s   %s %s  %s\n", margin, p.paint.bold(strconv.Itoa(i+1)+"."), Printable(s.Text), p.paint.dim(place(s.Location)))
		if line, ok := p.texts.line(s.Path, s.Cell, s.Start.Line); ok {
			v := newView(line, s.Start.Column-1, endColumn(s.Location)-1)
			p.printf("%s %s      %s\n", p.number(s.Start.Line, width), bar, v.text)
			p.printf("%s %s      %s%s\n", margin, bar, v.indent, p.paint.frame(v.mark('-')))
		}
	}
}

// notes writes what to do about the finding and where to read more.
func (p *printer) notes(f *checks.Finding, margin string) {
	note := func(label, text string) {
		p.printf("%s %s %s %s\n", margin, p.paint.frame("="), p.paint.bold(label+":"), text)
	}
	info := p.checks[f.CheckID]
	switch {
	case f.Fix != nil && f.Fix.Unsafe:
		note("fix", Printable(f.Fix.Message)+p.paint.dim(" (--fix --unsafe-fixes: it changes behaviour)"))
	case f.Fix != nil:
		note("fix", Printable(f.Fix.Message)+p.paint.dim(" (--fix)"))
	case info != nil && info.Remedy.Edit != "":
		note("help", Printable(info.Remedy.Edit))
	}
	if info == nil {
		return
	}
	if see := standards(info); len(see) > 0 {
		note("see", p.paint.dim(strings.Join(see, ", ")))
	}
}

// standards lists what a reader may look up about a check.
func standards(info *checks.Info) []string {
	see := slices.Clone(info.CWE)
	for _, id := range info.OWASPLLM {
		see = append(see, "OWASP "+id)
	}
	return append(see, info.ATLAS...)
}

// maxExcerpt is the number of lines of code shown of one finding; the middle of a longer one
// is left out.
const maxExcerpt = 7

// excerpt writes the reported code with a line of carets under it, or, where it spans lines,
// with a bracket beside it.
func (p *printer) excerpt(l checks.Location, width int, s checks.Severity) {
	if _, ok := p.texts.line(l.Path, l.Cell, l.Start.Line); !ok {
		return
	}
	margin := strings.Repeat(" ", width)
	bar := p.paint.frame("|")
	p.printf("%s %s\n", margin, bar)
	if l.End.Line <= l.Start.Line {
		line, _ := p.texts.line(l.Path, l.Cell, l.Start.Line)
		v := newView(line, l.Start.Column-1, l.End.Column-1)
		p.printf("%s %s %s\n", p.number(l.Start.Line, width), bar, v.text)
		p.printf("%s %s %s%s\n", margin, bar, v.indent, p.paint.severity(s, v.mark('^')))
	} else {
		p.bracket(l, width, s)
	}
}

// bracket writes code of several lines, framed on its left from the first to the last.
func (p *printer) bracket(l checks.Location, width int, s checks.Severity) {
	margin := strings.Repeat(" ", width)
	bar := p.paint.frame("|")
	side := p.paint.severity(s, "|")
	for n := l.Start.Line; n <= l.End.Line; n++ {
		line, ok := p.texts.line(l.Path, l.Cell, n)
		if !ok {
			return
		}
		switch {
		case n == l.Start.Line:
			v := newView(line, l.Start.Column-1, l.Start.Column)
			p.printf("%s %s   %s\n", p.number(n, width), bar, v.text)
			p.printf("%s %s  %s\n", margin, bar, p.paint.severity(s, strings.Repeat("_", len(v.indent)+1)+"^"))
		case n == l.End.Line:
			v := newView(line, l.End.Column-2, l.End.Column-1)
			p.printf("%s %s %s %s\n", p.number(n, width), bar, side, v.text)
			p.printf("%s %s %s\n", margin, bar, p.paint.severity(s, "|"+strings.Repeat("_", len(v.indent)+1)+"^"))
		default:
			p.printf("%s %s %s %s\n", p.number(n, width), bar, side, newView(line, 0, 0).text)
			if skip := l.End.Line - l.Start.Line + 1 - maxExcerpt; skip > 0 && n == l.Start.Line+maxExcerpt/2 {
				p.printf("%s %s\n", p.paint.frame(strings.Repeat(".", max(width, 3))), p.paint.dim(fmt.Sprintf("%d lines", skip)))
				n += skip
			}
		}
	}
}

func (p *printer) number(n, width int) string {
	return p.paint.frame(fmt.Sprintf("%*d", width, n))
}

// endColumn is the column after the first line of a location.
func endColumn(l checks.Location) int {
	if l.End.Line > l.Start.Line {
		return 1 << 30
	}
	return l.End.Column
}

// maxWidth is the width, in columns, of the code that an excerpt shows of one line.
const maxWidth = 110

// view is a part of a line with a marked region.
type view struct {
	text   string // what is shown
	indent string // blanks of the width of what stands before the mark
	length int    // the mark's width

	cells         cells // the text without the dots around it
	start, end    int   // the mark in cells
	before, after string
}

// parts divides what is shown at the mark.
func (v view) parts() (before, mark, after string) {
	after = strings.TrimRight(v.cells[v.end:].String()+v.after, " ")
	return v.before + v.cells[:v.start].String(), v.cells[v.start:v.end].String(), after
}

// newView lays out a line with the code points [start, end) marked. Of a line too long for a
// terminal it keeps the surroundings of the mark.
func newView(line string, start, end int) view {
	start = max(start, 0)
	end = max(end, start)
	line, skipped, cut := neighbourhood(line, start)
	c := terminal(line)
	start = min(start-skipped, len(c))
	end = min(end-skipped, len(c))
	from, to := 0, len(c)
	if c.columns(len(c)) > maxWidth {
		from = start
		for lead := 0; from > 0 && lead+c[from-1].width <= maxWidth/4; from-- {
			lead += c[from-1].width
		}
		to = from
		for columns := 0; to < len(c) && columns+c[to].width <= maxWidth; to++ {
			columns += c[to].width
		}
	}
	before, after := "", ""
	if from > 0 || skipped > 0 {
		before = "..."
	}
	if to < len(c) || cut {
		after = "..."
	}
	c, start, end = c[from:to], start-from, min(end, to)-from
	return view{
		text:   strings.TrimRight(before+c.String()+after, " "),
		indent: strings.Repeat(" ", len(before)+c.columns(start)),
		length: c.columns(end) - c.columns(start),
		cells:  c, start: start, end: max(start, end), before: before, after: after,
	}
}

// neighbourhood cuts a very long line to what is near a code point, so that laying it out costs
// little: generated files have lines of megabytes. skipped counts the code points cut from its
// beginning; cut tells whether any were cut from its end.
func neighbourhood(line string, at int) (near string, skipped int, cut bool) {
	if len(line) <= 8*maxWidth {
		return line, 0, false
	}
	first, last := max(0, at-maxWidth), at+2*maxWidth
	from, to, n := len(line), len(line), 0
	for i := range line {
		if n == first {
			from = i
		}
		if n == last {
			to = i
			break
		}
		n++
	}
	if from == len(line) { // the place is beyond the line
		return "", n, false
	}
	return line[from:to], first, to < len(line)
}

// mark is the line of marks that goes under the view, at least one wide.
func (v view) mark(c byte) string { return strings.Repeat(string(c), max(v.length, 1)) }

// problems writes what could not be analysed, and comments that silence nothing. It returns
// the number of lines.
func (p *printer) problems(r *pyguardml.Result) int {
	line := func(s checks.Severity, word, text string) {
		p.printf("%s %s\n", p.paint.severity(s, word), Printable(text))
	}
	for _, e := range r.FileErrors {
		if e.Fatal() {
			line(checks.High, "error:", fileErrorText(e))
		} else {
			line(checks.Medium, "warning:", fileErrorText(e))
		}
	}
	for _, e := range r.CheckErrors {
		line(checks.High, "error:", checkErrorText(e))
	}
	for _, u := range r.UnusedSuppressions {
		line(checks.Medium, "warning:", unusedText(u))
	}
	return len(r.FileErrors) + len(r.CheckErrors) + len(r.UnusedSuppressions)
}

// problemTexts lists what problems writes, without colours.
func problemTexts(r *pyguardml.Result) []string {
	var list []string
	for _, e := range r.FileErrors {
		list = append(list, Printable(fileErrorText(e)))
	}
	for _, e := range r.CheckErrors {
		list = append(list, Printable(checkErrorText(e)))
	}
	for _, u := range r.UnusedSuppressions {
		list = append(list, Printable(unusedText(u)))
	}
	return list
}

func fileErrorText(e pyguardml.FileError) string {
	return linePlace(e.Path, e.Cell, e.Line) + ": " + firstLine(e.Err)
}

func checkErrorText(e checks.CheckError) string {
	if e.CheckID == "" {
		return e.Path + ": " + firstLine(e.Err)
	}
	return e.Path + ": check " + e.CheckID + " failed: " + firstLine(e.Err)
}

func unusedText(u checks.UnusedSuppression) string {
	text := linePlace(u.Path, u.Cell, u.Line) + ": suppression"
	if u.Check != "" {
		text += " of " + u.Check
	}
	return text + ": " + u.Problem
}

// linePlace names a line as Place names a location.
func linePlace(path string, cell, line int) string {
	if cell > 0 {
		path += " cell " + strconv.Itoa(cell)
	}
	if line > 0 {
		path += ":" + strconv.Itoa(line)
	}
	return path
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// summary writes the totals and the table of findings by check.
func (p *printer) summary(r *pyguardml.Result) {
	p.printf("%s\n", analysed(r.Stats))
	if len(r.Findings) == 0 {
		p.printf("%s%s\n", p.paint.good("No defects found."), silenced(len(r.Suppressed)))
		return
	}
	p.printf("%s\n", p.headline(r))
	p.table(r)
}

// analysed says how much was looked at, and how fast.
func analysed(s pyguardml.Stats) string {
	text := "Analysed " + count(s.Files, "file")
	if s.Files == 0 && s.Artifacts > 0 {
		text = "Analysed " + count(s.Artifacts, "model file")
	} else if s.Artifacts > 0 {
		text += " and " + count(s.Artifacts, "model file")
	}
	if s.Notebooks > 0 {
		text += " (" + count(s.Notebooks, "notebook") + " among them)"
	}
	if s.Lines > 0 {
		text += ", " + count(s.Lines, "line")
	}
	if s.Duration > 0 {
		text += " in " + duration(s.Duration)
	}
	return text + "."
}

// duration rounds to what a person reads at a glance.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func (p *printer) headline(r *pyguardml.Result) string {
	text := p.paint.bold("Found "+count(len(r.Findings), "defect")) + ": " + p.bySeverity(r.Findings) + "." + silenced(len(r.Suppressed))
	safe, unsafe := fixable(r.Findings)
	switch {
	case safe > 0 && unsafe > 0:
		text += fmt.Sprintf("\n%d can be fixed with --fix, %d more with --unsafe-fixes.", safe, unsafe)
	case safe > 0:
		text += fmt.Sprintf("\n%d can be fixed with --fix.", safe)
	case unsafe > 0:
		text += fmt.Sprintf("\n%d can be fixed with --fix --unsafe-fixes.", unsafe)
	}
	return text
}

// bySeverity counts findings: "1 critical, 2 high".
func (p *printer) bySeverity(list []checks.Finding) string {
	var counts [len(severities)]int
	for i := range list {
		counts[list[i].Severity]++
	}
	var parts []string
	for _, s := range severities {
		if counts[s] > 0 {
			parts = append(parts, p.paint.severity(s, strconv.Itoa(counts[s])+" "+s.String()))
		}
	}
	return strings.Join(parts, ", ")
}

func silenced(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %s suppressed.", count(n, "finding"))
}

func fixable(list []checks.Finding) (safe, unsafe int) {
	for i := range list {
		switch f := list[i].Fix; {
		case f == nil:
		case f.Unsafe:
			unsafe++
		default:
			safe++
		}
	}
	return safe, unsafe
}

// row is a line of the table: one check's findings.
type row struct {
	severity        checks.Severity
	id              string
	findings, files int
	lastFile        string
}

// rows counts the findings by severity and check, the most severe first.
func rows(list []checks.Finding) []*row {
	type key struct {
		checks.Severity
		id string
	}
	byKey := map[key]*row{}
	var out []*row
	for i := range list {
		f := &list[i]
		k := key{f.Severity, f.CheckID}
		r := byKey[k]
		if r == nil {
			r = &row{severity: f.Severity, id: f.CheckID}
			byKey[k] = r
			out = append(out, r)
		}
		r.findings++
		if r.lastFile != f.Path { // findings are in the order of their files
			r.files++
			r.lastFile = f.Path
		}
	}
	slices.SortFunc(out, func(a, b *row) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.findings, a.findings), cmp.Compare(a.id, b.id))
	})
	return out
}

// table writes the findings by check.
func (p *printer) table(r *pyguardml.Result) {
	list := rows(r.Findings)
	idWidth := len("check")
	for _, row := range list {
		idWidth = max(idWidth, len(row.id))
	}
	p.printf("\n%s\n", p.paint.dim(fmt.Sprintf("  %-8s  %-*s  %8s  %5s  %s", "severity", idWidth, "check", "findings", "files", "what it is")))
	for _, row := range list {
		title := ""
		if info := p.checks[row.id]; info != nil {
			title = newView(info.Title, 0, 0).text
		}
		p.printf("  %s  %-*s  %8d  %5d  %s\n", p.paint.severity(row.severity, fmt.Sprintf("%-8s", row.severity)), idWidth, row.id, row.findings, row.files, title)
	}
}

// count writes a number with thousands separated and its noun in the right form.
func count(n int, noun string) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return digits + " " + noun
}

// palette colours text with the terminal's own sixteen colours, so that it suits dark and light
// themes. A false palette leaves text as it is.
type palette bool

func (on palette) style(code, s string) string {
	if !on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (on palette) bold(s string) string  { return on.style("1", s) }
func (on palette) dim(s string) string   { return on.style("2", s) }
func (on palette) frame(s string) string { return on.style("1;34", s) }
func (on palette) good(s string) string  { return on.style("1;32", s) }

var severityColors = [...]string{
	checks.Note: "1;36", checks.Low: "1;36", checks.Medium: "1;33", checks.High: "1;31", checks.Critical: "1;35",
}

func (on palette) severity(s checks.Severity, text string) string {
	return on.style(severityColors[s], text)
}
