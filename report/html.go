package report

import (
	"bufio"
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

//go:embed html.tmpl
var htmlText string

var htmlPage = template.Must(template.New("report").Parse(htmlText))

// HTML writes a report as one page that needs nothing else: no script, no font, no network.
// The table of checks comes first and leads to their findings, each with its code, the way of
// the data, the fix and the reason; then what could not be analysed.
func HTML(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	h := htmlBuilder{checks: infos(r), seen: map[string]bool{}}
	h.printer = printer{Writer: bufio.NewWriter(&h.code), texts: texts{open: o.source}, checks: h.checks}
	page := h.page(r)
	if o.noProblems {
		page.Problems = nil
	}
	return buffered(w, func(b *bufio.Writer) error { return htmlPage.Execute(b, page) })
}

// htmlReport is what the template shows. All texts are Printable; the template escapes them.
type htmlReport struct {
	Found, Analysed string
	Rows            []htmlRow
	Findings        []htmlFinding
	Problems        []string
}

type htmlRow struct {
	Severity, ID, Title string
	Findings, Files     string
}

type htmlFinding struct {
	// Anchor is the id that the table leads to: that of the check at its first finding.
	Anchor                 string
	Severity, ID, Page     string
	Message, Place, Symbol string
	Code                   string
	Trail                  []htmlStep
	Fix, Applicability     string
	Help, Reading          string
	Standards              []string
}

type htmlStep struct{ Text, Place, Code string }

// htmlBuilder makes what the template shows.
type htmlBuilder struct {
	printer printer // writes excerpts to code
	code    bytes.Buffer
	checks  map[string]*checks.Info
	seen    map[string]bool
}

func (h *htmlBuilder) page(r *pyguardml.Result) *htmlReport {
	page := &htmlReport{Found: "No defects found." + silenced(len(r.Suppressed)), Analysed: analysed(r.Stats), Problems: problemTexts(r)}
	if len(r.Findings) > 0 {
		page.Found = "Found " + count(len(r.Findings), "defect") + ": " + h.printer.bySeverity(r.Findings) + "." + silenced(len(r.Suppressed))
	}
	for _, row := range rows(r.Findings) {
		out := htmlRow{Severity: row.severity.String(), ID: row.id, Findings: count(row.findings, "finding"), Files: count(row.files, "file")}
		if info := h.checks[row.id]; info != nil {
			out.Title = Printable(info.Title)
		}
		page.Rows = append(page.Rows, out)
	}
	for i := range r.Findings {
		page.Findings = append(page.Findings, h.finding(&r.Findings[i]))
	}
	return page
}

func (h *htmlBuilder) finding(f *checks.Finding) htmlFinding {
	out := htmlFinding{
		Severity: f.Severity.String(), ID: f.CheckID, Message: Printable(f.Message),
		Place: place(f.Location), Symbol: Printable(f.Symbol), Code: h.excerpt(f),
	}
	if !h.seen[f.CheckID] {
		h.seen[f.CheckID] = true
		out.Anchor = f.CheckID
	}
	if strings.HasPrefix(f.CheckID, "PML") {
		out.Page = checkPages + f.CheckID + ".md"
	}
	for _, s := range f.Trail {
		step := htmlStep{Text: Printable(s.Text), Place: place(s.Location)}
		if line, ok := h.printer.texts.line(s.Path, s.Cell, s.Start.Line); ok {
			step.Code = newView(strings.TrimSpace(line), 0, 0).text
		}
		out.Trail = append(out.Trail, step)
	}
	if f.Fix != nil {
		out.Fix, out.Applicability = Printable(f.Fix.Message), applicability(f.Fix.Unsafe)
	}
	if info := h.checks[f.CheckID]; info != nil {
		out.Help, out.Reading, out.Standards = Printable(info.Remedy.Edit), Printable(info.Reading), standards(info)
	}
	return out
}

// excerpt is the reported code as Text shows it, with its line numbers and marks.
func (h *htmlBuilder) excerpt(f *checks.Finding) string {
	h.code.Reset()
	h.printer.excerpt(f.Location, h.printer.gutter(f), f.Severity)
	h.printer.Flush()
	return h.code.String()
}
