package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

var (
	//go:embed html.tmpl
	htmlText string
	//go:embed html.css
	htmlStyle string
	//go:embed html.js
	htmlScript string
)

var htmlPage = template.Must(template.New("report").Parse(htmlText))

// htmlPolicy lets a browser use the page's own style and script, known by their hashes, and
// nothing else: no network, and no script that a scanned file might have brought in.
var htmlPolicy = "default-src 'none'; style-src '" + integrity(htmlStyle) + "'; script-src '" + integrity(htmlScript) +
	"'; base-uri 'none'; form-action 'none'"

func integrity(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// HTML writes a report as one page that needs nothing else: no file beside it and no network.
// It begins with the totals, by severity, part of the catalog and framework, the table of checks,
// and the totals by standard. Then come the findings file by file, each with its code, the way of the data
// and the fix as a diff; the checks with what they mean; what was suppressed, and what could not
// be analysed. A small script filters and searches; all is there without it, and in print.
func HTML(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	h := htmlBuilder{texts: texts{open: o.source}, checks: infos(r), result: r}
	page := h.page()
	if o.noProblems {
		page.Problems = nil
	}
	return buffered(w, func(b *bufio.Writer) error { return htmlPage.Execute(b, page) })
}

// htmlReport is what the template shows. All texts are Printable; the template escapes them.
type htmlReport struct {
	Policy template.HTMLAttr
	Style  template.CSS
	Script template.JS

	Headline, Fixes, Analysed string
	Version                   string
	Facets, Standards         []htmlFacet
	Checks                    []htmlCheck
	Severities                []string
	// Files are made while they are written, so that a large report is never held whole.
	Files      iter.Seq[htmlFile]
	Total      int
	Suppressed []htmlSuppressed
	Problems   []string
}

// htmlFile is a file's findings.
type htmlFile struct {
	Path, Count string
	Findings    iter.Seq[htmlFinding]
}

type htmlFinding struct {
	Number                     int
	Severity, Class, ID, Check string
	// Anchor is that of the check's page, "" where the check is not known.
	Anchor                       string
	Message, Path, Place, Symbol string
	Code                         []htmlLine
	Trail                        []htmlStep
	// Fixable is safe, unsafe or none.
	Fixable   string
	Fix, Help string
	Diff      []htmlDiff
	// Open shows the way of the data and the fix without a click: in reports of a length that
	// people read from top to bottom.
	Open bool
}

type htmlStep struct {
	Text, Place string
	Code        []htmlLine
}

// htmlLine is a line of code with a marked part. A line without a number stands for lines left
// out.
type htmlLine struct {
	Number              string
	Before, Mark, After string
	Reported            bool
}

type htmlSuppressed struct{ ID, Message, Place, By, Reason string }

// maxOpen is the number of findings up to which all of them are shown unfolded.
const maxOpen = 60

// htmlBuilder makes what the template shows.
type htmlBuilder struct {
	texts  texts
	checks map[string]*checks.Info
	result *pyguardml.Result
}

func (h *htmlBuilder) page() *htmlReport {
	r := h.result
	page := &htmlReport{
		Policy:   template.HTMLAttr(`content="` + htmlPolicy + `"`),
		Style:    template.CSS(htmlStyle),
		Script:   template.JS(htmlScript),
		Headline: "No defects found." + silenced(len(r.Suppressed)),
		Analysed: analysed(r.Stats),
		Version:  toolName + " " + pyguardml.Version,
		Total:    len(r.Findings),
		Files:    h.files(),
		Problems: problemTexts(r),
	}
	if len(r.Findings) > 0 {
		p := printer{}
		page.Headline, page.Fixes, _ = strings.Cut(p.headline(r), "\n")
		page.Facets, page.Standards = h.facets()
		page.Checks = h.pages()
		page.Severities = h.severities()
	}
	for i := range r.Suppressed {
		f := &r.Suppressed[i]
		out := htmlSuppressed{ID: Printable(f.CheckID), Message: Printable(f.Message), Place: place(f.Location)}
		if s := f.Suppression; s != nil {
			out.By, out.Reason = Printable(s.By), Printable(s.Reason)
		}
		page.Suppressed = append(page.Suppressed, out)
	}
	return page
}

// severities lists those that were found.
func (h *htmlBuilder) severities() []string {
	var found [len(severities)]bool
	for i := range h.result.Findings {
		found[h.result.Findings[i].Severity] = true
	}
	var out []string
	for _, s := range severities {
		if found[s] {
			out = append(out, s.String())
		}
	}
	return out
}

// files goes through the findings file by file: they are in the order of their paths.
func (h *htmlBuilder) files() iter.Seq[htmlFile] {
	list := h.result.Findings
	return func(yield func(htmlFile) bool) {
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && list[to].Path == list[from].Path {
				to++
			}
			file := htmlFile{Path: Printable(list[from].Path), Count: count(to-from, "finding"), Findings: h.findings(from, to)}
			if !yield(file) {
				return
			}
			from = to
		}
	}
}

func (h *htmlBuilder) findings(from, to int) iter.Seq[htmlFinding] {
	return func(yield func(htmlFinding) bool) {
		for i := from; i < to; i++ {
			if !yield(h.finding(i)) {
				return
			}
		}
	}
}

func (h *htmlBuilder) finding(i int) htmlFinding {
	f := &h.result.Findings[i]
	out := htmlFinding{
		Number: i + 1, Severity: f.Severity.String(), Class: f.Class.String(), ID: Printable(f.CheckID),
		Message: Printable(f.Message), Path: Printable(f.Path), Place: place(f.Location), Symbol: Printable(f.Symbol),
		Code: h.excerpt(f.Location), Fixable: "none", Open: len(h.result.Findings) <= maxOpen,
	}
	for _, s := range f.Trail {
		step := htmlStep{Text: Printable(s.Text), Place: place(s.Location)}
		if line, ok := h.texts.line(s.Path, s.Cell, s.Start.Line); ok {
			step.Code = []htmlLine{newHTMLLine(line, s.Start.Line, s.Start.Column-1, endColumn(s.Location)-1)}
		}
		out.Trail = append(out.Trail, step)
	}
	info := h.checks[f.CheckID]
	if info != nil {
		out.Check, out.Anchor = Printable(info.Name), checkAnchor(info.ID)
	}
	switch {
	case f.Fix != nil:
		out.Fix, out.Fixable, out.Diff = Printable(f.Fix.Message), applicability(f.Fix.Unsafe), h.diff(f)
	case info != nil:
		out.Help = Printable(info.Remedy.Edit)
	}
	return out
}

// around is the number of lines shown before and after the reported ones.
const around = 2

// excerpt is the reported code with a few lines around it; the middle of what is long is left
// out.
func (h *htmlBuilder) excerpt(l checks.Location) []htmlLine {
	if _, ok := h.texts.line(l.Path, l.Cell, l.Start.Line); !ok {
		return nil
	}
	last := max(l.Start.Line, l.End.Line)
	var out []htmlLine
	for n := max(1, l.Start.Line-around); n <= last+around; n++ {
		if skip := last - l.Start.Line + 1 - maxExcerpt; skip > 0 && n == l.Start.Line+maxExcerpt/2 {
			out = append(out, htmlLine{Before: count(skip, "line") + " left out"})
			n += skip
		}
		line, ok := h.texts.line(l.Path, l.Cell, n)
		if !ok {
			break
		}
		if n < l.Start.Line || n > last {
			out = append(out, htmlLine{Number: strconv.Itoa(n), Before: newView(line, 0, 0).text})
			continue
		}
		from, to := len(line)-len(strings.TrimLeft(line, " \t")), 1<<30
		if n == l.Start.Line {
			from = l.Start.Column - 1
		}
		if n == l.End.Line {
			to = l.End.Column - 1
		}
		marked := newHTMLLine(line, n, from, to)
		marked.Reported = true
		out = append(out, marked)
	}
	return out
}

// newHTMLLine marks the code points [start, end) of a line.
func newHTMLLine(line string, number, start, end int) htmlLine {
	v := newView(line, start, end)
	before, mark, after := v.parts()
	return htmlLine{Number: strconv.Itoa(number), Before: before, Mark: mark, After: after}
}

// checkAnchor is the id of a check's page within the report. An embedder's check may have an
// identity that suits no id; every other character stands as its number then.
func checkAnchor(id string) string {
	var b strings.Builder
	b.WriteString("check-")
	for _, r := range id {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r == '-', r == '_':
			b.WriteRune(r)
		default:
			b.WriteString("." + strconv.Itoa(int(r)) + ".")
		}
	}
	return b.String()
}
