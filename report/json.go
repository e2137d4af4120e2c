package report

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/pyguardml"
)

// JSONVersion is the version of the form that JSON writes. A key is never given another
// meaning and never removed under the same number; new keys may be added.
const JSONVersion = 1

// JSON writes a report as one JSON object, documented in docs/json.md. Lines and columns count
// from 1, columns in Unicode code points; the offsets of a fix's edits are bytes of the decoded
// text. Lists are never null.
func JSON(w io.Writer, r *pyguardml.Result, _ ...Option) error {
	if r == nil {
		return errNoResult
	}
	return buffered(w, func(b *bufio.Writer) error {
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(newDocument(r))
	})
}

// WriteChecks writes the specifications of checks as a JSON array, in the order given.
func WriteChecks(w io.Writer, list []*checks.Info) error {
	return buffered(w, func(b *bufio.Writer) error {
		out := make([]jsonCheck, 0, len(list))
		for _, info := range list {
			out = append(out, newJSONCheck(info))
		}
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(out)
	})
}

type document struct {
	Version            int           `json:"version"`
	Tool               jsonTool      `json:"tool"`
	Findings           []jsonFinding `json:"findings"`
	Suppressed         []jsonFinding `json:"suppressed"`
	UnusedSuppressions []jsonUnused  `json:"unusedSuppressions"`
	Errors             []jsonError   `json:"errors"`
	Checks             []jsonCheck   `json:"checks"`
	Stats              jsonStats     `json:"stats"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonStats struct {
	Files     int   `json:"files"`
	Notebooks int   `json:"notebooks"`
	Lines     int   `json:"lines"`
	Bytes     int64 `json:"bytes"`
}

type jsonFinding struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Severity    string           `json:"severity"`
	Class       string           `json:"class"`
	Message     string           `json:"message"`
	Location    jsonLocation     `json:"location"`
	Replaces    []string         `json:"replaces,omitempty"`
	Trail       []jsonStep       `json:"trail,omitempty"`
	Fix         *jsonFix         `json:"fix"`
	Fingerprint string           `json:"fingerprint"`
	Suppression *jsonSuppression `json:"suppression,omitempty"`
}

type jsonLocation struct {
	Path   string    `json:"path"`
	Cell   int       `json:"cell,omitempty"`
	Start  jsonPoint `json:"start"`
	End    jsonPoint `json:"end"`
	Symbol string    `json:"symbol,omitempty"`
	Member string    `json:"member,omitempty"`
	Offset int64     `json:"offset,omitempty"`
}

type jsonPoint struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

type jsonStep struct {
	Text     string       `json:"text"`
	Location jsonLocation `json:"location"`
}

type jsonFix struct {
	Applicability string     `json:"applicability"`
	Message       string     `json:"message"`
	Edits         []jsonEdit `json:"edits"`
	Actions       []jsonMove `json:"actions,omitempty"`
}

// jsonMove is a file action: a rename, or a file made from another.
type jsonMove struct {
	Action string `json:"action"`
	Path   string `json:"path"`
	To     string `json:"to"`
}

type jsonEdit struct {
	Path  string `json:"path"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

type jsonSuppression struct {
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	Line   int    `json:"line,omitempty"`
}

type jsonUnused struct {
	Path    string `json:"path"`
	Cell    int    `json:"cell,omitempty"`
	Line    int    `json:"line"`
	Check   string `json:"check,omitempty"`
	Message string `json:"message"`
}

type jsonError struct {
	Path    string `json:"path"`
	Cell    int    `json:"cell,omitempty"`
	Line    int    `json:"line,omitempty"`
	Stage   string `json:"stage"`
	CheckID string `json:"checkId,omitempty"`
	Message string `json:"message"`
}

type jsonCheck struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Title        string   `json:"title"`
	Class        string   `json:"class"`
	Severity     string   `json:"severity"`
	Profile      string   `json:"profile"`
	Fix          string   `json:"fix"`
	Inputs       []string `json:"inputs"`
	Frameworks   []string `json:"frameworks"`
	Description  string   `json:"description"`
	CWE          []string `json:"cwe"`
	OWASPLLM     []string `json:"owaspLlm"`
	OWASPML      []string `json:"owaspMl"`
	OWASPAgentic []string `json:"owaspAgentic"`
	ATLAS        []string `json:"atlas"`
	NIST         []string `json:"nist"`
}

func newDocument(r *pyguardml.Result) document {
	byID := infos(r)
	doc := document{
		Version:            JSONVersion,
		Tool:               jsonTool{Name: toolName, Version: pyguardml.Version},
		Findings:           make([]jsonFinding, 0, len(r.Findings)),
		Suppressed:         make([]jsonFinding, 0, len(r.Suppressed)),
		UnusedSuppressions: make([]jsonUnused, 0, len(r.UnusedSuppressions)),
		Errors:             make([]jsonError, 0, len(r.FileErrors)+len(r.CheckErrors)),
		Checks:             make([]jsonCheck, 0, len(r.Checks)),
		Stats:              jsonStats{Files: r.Stats.Files, Notebooks: r.Stats.Notebooks, Lines: r.Stats.Lines, Bytes: r.Stats.Bytes},
	}
	for i := range r.Findings {
		doc.Findings = append(doc.Findings, newJSONFinding(&r.Findings[i], byID))
	}
	for i := range r.Suppressed {
		doc.Suppressed = append(doc.Suppressed, newJSONFinding(&r.Suppressed[i], byID))
	}
	for _, u := range r.UnusedSuppressions {
		doc.UnusedSuppressions = append(doc.UnusedSuppressions, jsonUnused{Path: u.Path, Cell: u.Cell, Line: u.Line, Check: u.Check, Message: u.Problem})
	}
	for _, e := range r.FileErrors {
		doc.Errors = append(doc.Errors, jsonError{Path: e.Path, Cell: e.Cell, Line: e.Line, Stage: e.Stage, Message: e.Err.Error()})
	}
	for _, e := range r.CheckErrors {
		doc.Errors = append(doc.Errors, jsonError{Path: e.Path, Stage: "check", CheckID: e.CheckID, Message: e.Err.Error()})
	}
	for _, info := range r.Checks {
		doc.Checks = append(doc.Checks, newJSONCheck(info))
	}
	return doc
}

func newJSONFinding(f *checks.Finding, byID map[string]*checks.Info) jsonFinding {
	out := jsonFinding{
		ID:          f.CheckID,
		Severity:    f.Severity.String(),
		Class:       f.Class.String(),
		Message:     f.Message,
		Location:    newJSONLocation(f.Location),
		Replaces:    f.Replaces,
		Fix:         newJSONFix(f.Path, f.Fix),
		Fingerprint: f.Fingerprint,
	}
	if info := byID[f.CheckID]; info != nil {
		out.Name = info.Name
	}
	for _, s := range f.Trail {
		out.Trail = append(out.Trail, jsonStep{Text: s.Text, Location: newJSONLocation(s.Location)})
	}
	if s := f.Suppression; s != nil {
		out.Suppression = &jsonSuppression{By: s.By, Reason: s.Reason, Line: s.Line}
	}
	return out
}

func newJSONLocation(l checks.Location) jsonLocation {
	point := func(p ast.Position) jsonPoint { return jsonPoint{Line: p.Line, Column: p.Column} }
	return jsonLocation{Path: l.Path, Cell: l.Cell, Start: point(l.Start), End: point(l.End), Symbol: l.Symbol, Member: l.Member, Offset: l.Offset}
}

func newJSONFix(path string, f *fix.Fix) *jsonFix {
	if f == nil {
		return nil
	}
	out := &jsonFix{Applicability: applicability(f.Unsafe), Message: f.Message, Edits: make([]jsonEdit, 0, len(f.Edits))}
	for _, e := range f.Edits {
		if e.Path == "" {
			e.Path = path
		}
		out.Edits = append(out.Edits, jsonEdit{Path: e.Path, Start: e.Start, End: e.End, New: e.New})
	}
	for _, a := range f.Actions {
		move := jsonMove{Action: "rename", Path: cmp.Or(a.Path, path), To: a.To}
		if a.Make != nil {
			move.Action = "make"
		}
		out.Actions = append(out.Actions, move)
	}
	return out
}

func newJSONCheck(info *checks.Info) jsonCheck {
	out := jsonCheck{
		ID: info.ID, Name: info.Name, Title: info.Title,
		Class: info.Class.String(), Severity: info.Severity.String(), Profile: info.Profile.String(),
		Fix:         applicability(!info.Remedy.Safe),
		Inputs:      make([]string, 0, len(info.Inputs)),
		Frameworks:  list(info.Frameworks),
		Description: info.Reading,
		CWE:         list(info.CWE), OWASPLLM: list(info.OWASPLLM), OWASPML: list(info.OWASPML),
		OWASPAgentic: list(info.OWASPAgentic), ATLAS: list(info.ATLAS), NIST: list(info.NIST),
	}
	for _, in := range info.Inputs {
		out.Inputs = append(out.Inputs, in.String())
	}
	return out
}

func applicability(unsafe bool) string {
	if unsafe {
		return "unsafe"
	}
	return "safe"
}

// list makes a nil slice an empty one, which JSON writes as [].
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
