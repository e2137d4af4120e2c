package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/catalog"
	"github.com/pyguard/pyguardml/pyguardml"
)

// GitLab writes a report in the form of GitLab's security reports for static analysis (SAST,
// schema 15.2.1), to be given as artifacts:reports:sast. GitLab shows and tracks findings by
// file and line; in a notebook the line is that of the file, where its text is at hand (see
// Source).
//
// The form wants the time of the scan: see Started.
func GitLab(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	g := gitlab{texts: texts{open: o.source}, checks: infos(r)}
	return buffered(w, func(b *bufio.Writer) error {
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(g.report(r, o.started))
	})
}

type gitlab struct {
	texts  texts
	checks map[string]*checks.Info
}

type gitlabReport struct {
	Version         string                `json:"version"`
	Schema          string                `json:"schema"`
	Scan            gitlabScan            `json:"scan"`
	Vulnerabilities []gitlabVulnerability `json:"vulnerabilities"`
}

type gitlabScan struct {
	Analyzer  gitlabTool      `json:"analyzer"`
	Scanner   gitlabTool      `json:"scanner"`
	Type      string          `json:"type"`
	StartTime string          `json:"start_time"`
	EndTime   string          `json:"end_time"`
	Status    string          `json:"status"`
	Messages  []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	URL     string       `json:"url"`
	Vendor  gitlabVendor `json:"vendor"`
	Version string       `json:"version"`
}

type gitlabVendor struct {
	Name string `json:"name"`
}

type gitlabMessage struct {
	Level string `json:"level"`
	Value string `json:"value"`
}

type gitlabVulnerability struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Severity    string             `json:"severity"`
	Solution    string             `json:"solution,omitempty"`
	Location    gitlabLocation     `json:"location"`
	Identifiers []gitlabIdentifier `json:"identifiers"`
	Details     *gitlabDetails     `json:"details,omitempty"`
}

// gitlabDetails holds the way of the data, which GitLab shows step by step.
type gitlabDetails struct {
	Flow gitlabFlows `json:"code_flows"`
}

type gitlabFlows struct {
	Type  string         `json:"type"`
	Name  string         `json:"name"`
	Items [][]gitlabNode `json:"items"`
}

type gitlabNode struct {
	Type     string           `json:"type"`
	NodeType string           `json:"node_type"`
	Location gitlabNodeInFile `json:"file_location"`
}

type gitlabNodeInFile struct {
	Type      string `json:"type"`
	FileName  string `json:"file_name"`
	LineStart int    `json:"line_start"`
	LineEnd   int    `json:"line_end"`
}

// The bounds of the schema, in characters.
const (
	gitlabName        = 255
	gitlabSolution    = 7000
	gitlabDescription = 1 << 20
)

// within shortens a text to a number of characters.
func within(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

type gitlabLocation struct {
	File      string `json:"file"`
	StartLine int    `json:"start_line,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	Method    string `json:"method,omitempty"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url,omitempty"`
}

func (g *gitlab) report(r *pyguardml.Result, started time.Time) gitlabReport {
	tool := gitlabTool{ID: toolName, Name: toolName, URL: projectURI, Vendor: gitlabVendor{toolName}, Version: pyguardml.Version}
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
	if started.IsZero() {
		started = time.Unix(0, 0)
	}
	out := gitlabReport{
		Version: "15.2.1",
		Schema:  "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.2.1/dist/sast-report-format.json",
		Scan: gitlabScan{
			Analyzer: tool, Scanner: tool, Type: "sast", Status: "success",
			StartTime: stamp(started), EndTime: stamp(started.Add(r.Stats.Duration)),
		},
		Vulnerabilities: make([]gitlabVulnerability, 0, len(r.Findings)),
	}
	for _, e := range r.FileErrors {
		out.Scan.Messages = append(out.Scan.Messages, gitlabMessage{"warn", fileErrorText(e)})
	}
	for _, e := range r.CheckErrors {
		out.Scan.Messages = append(out.Scan.Messages, gitlabMessage{"warn", checkErrorText(e)})
	}
	for i := range r.Findings {
		out.Vulnerabilities = append(out.Vulnerabilities, g.vulnerability(&r.Findings[i]))
	}
	return out
}

// gitlabSeverities are GitLab's words.
var gitlabSeverities = [...]string{
	checks.Note: "Info", checks.Low: "Low", checks.Medium: "Medium", checks.High: "High", checks.Critical: "Critical",
}

func (g *gitlab) vulnerability(f *checks.Finding) gitlabVulnerability {
	out := gitlabVulnerability{
		ID:          uuidOf(f.CheckID + "\x00" + f.Path + "\x00" + f.Fingerprint),
		Name:        within(g.name(f), gitlabName),
		Description: within(g.description(f), gitlabDescription),
		Severity:    gitlabSeverities[f.Severity],
		Location:    g.location(f),
		Identifiers: g.identifiers(f.CheckID),
	}
	if f.Fix != nil {
		out.Solution = sentence(f.Fix.Message)
	} else if info := g.checks[f.CheckID]; info != nil {
		out.Solution = sentence(info.Remedy.Edit)
	}
	out.Solution = within(out.Solution, gitlabSolution)
	out.Details = g.flow(f)
	return out
}

// name is that of the defect. GitLab wants it to be the same for all findings of a kind, so it is the
// check's title; the finding's own message begins the description.
func (g *gitlab) name(f *checks.Finding) string {
	if info := g.checks[f.CheckID]; info != nil && info.Title != "" {
		return info.Title
	}
	return f.Message
}

// flow is the way of the data; nil where there is none, or a step of it is in no line of a file.
func (g *gitlab) flow(f *checks.Finding) *gitlabDetails {
	var nodes []gitlabNode
	for i, s := range f.Trail {
		at := g.location(&checks.Finding{Location: s.Location})
		if at.StartLine == 0 {
			return nil
		}
		kind := "propagation"
		switch i {
		case 0:
			kind = "source"
		case len(f.Trail) - 1:
			kind = "sink"
		}
		nodes = append(nodes, gitlabNode{"code-flow-node", kind, gitlabNodeInFile{"file-location", at.File, at.StartLine, at.EndLine}})
	}
	if len(nodes) == 0 {
		return nil
	}
	return &gitlabDetails{gitlabFlows{"code-flows", "How the data gets here", [][]gitlabNode{nodes}}}
}

// description says what the message does not: why it matters, where the data comes from, and
// the cell of a notebook.
func (g *gitlab) description(f *checks.Finding) string {
	var b strings.Builder
	b.WriteString(sentence(f.Message))
	if info := g.checks[f.CheckID]; info != nil && info.Reading != "" {
		b.WriteString("\n\n" + sentence(info.Reading))
	}
	for i, s := range f.Trail {
		if i == 0 {
			b.WriteString("\n\nHow the data gets here:\n")
		}
		fmt.Fprintf(&b, "\n%d. %s: %s", i+1, Place(s.Location), s.Text)
	}
	if f.Cell > 0 {
		fmt.Fprintf(&b, "\n\nIn cell %d, line %d.", f.Cell, f.Start.Line)
	}
	return b.String()
}

func (g *gitlab) location(f *checks.Finding) gitlabLocation {
	out := gitlabLocation{File: f.Path, StartLine: f.Start.Line, EndLine: max(f.Start.Line, f.End.Line), Method: f.Symbol}
	if f.Cell == 0 {
		return out
	}
	out.StartLine, out.EndLine = 0, 0
	book := g.texts.file(f.Path).book
	if book == nil {
		return out
	}
	if offset, ok := book.FileOffset(f.Span.Start); ok {
		out.StartLine = book.FilePosition(offset).Line
		out.EndLine = out.StartLine
	}
	return out
}

// identifiers lists the check itself, by which GitLab tells findings apart, and its entries in
// the standards.
func (g *gitlab) identifiers(id string) []gitlabIdentifier {
	own := gitlabIdentifier{Type: toolName, Name: toolName + " " + id, Value: id}
	if strings.HasPrefix(id, "PML") {
		own.URL = checkPages + id + ".md"
	}
	out := []gitlabIdentifier{own}
	info := g.checks[id]
	if info == nil {
		return out
	}
	add := func(kind, prefix string, s catalog.Standard, ids []string) {
		for _, id := range ids {
			if ref, err := s.Reference(id); err == nil {
				out = append(out, gitlabIdentifier{Type: kind, Name: prefix + id, Value: strings.TrimPrefix(id, "CWE-"), URL: ref.URL})
			}
		}
	}
	add("cwe", "", catalog.CWE, info.CWE)
	add("owasp", "OWASP LLM 2025 ", catalog.OWASPLLM, info.OWASPLLM)
	add("owasp", "OWASP ML 2023 ", catalog.OWASPML, info.OWASPML)
	add("atlas", "MITRE ATLAS ", catalog.ATLAS, info.ATLAS)
	return out
}

// uuidOf makes a UUID out of a text (RFC 9562, version 8): equal texts have equal ones.
func uuidOf(text string) string {
	h := sha256.Sum256([]byte(text))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
