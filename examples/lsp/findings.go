package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
	"github.com/pyguard/pyguardml/pyguardml"
)

// outcome is what the last analysis found.
type outcome struct {
	result   *pyguardml.Result
	texts    map[string]*document // the open documents as they were analysed, by path
	books    map[string]*book     // the open notebooks, likewise
	findings map[string][]checks.Finding
	infos    map[string]*checks.Info

	mu     sync.Mutex                    // guards what is below
	parsed map[string]*notebook.Notebook // notebooks that are not open as such, by path; nil for what is none
}

const pages = "https://github.com/pyguard/pyguardml/blob/main/docs/checks/"

// publish shows the findings of an analysis.
func (s *server) publish(result *pyguardml.Result, texts map[string]*document, books map[string]*book) {
	o := &outcome{result: result, texts: texts, books: books, findings: map[string][]checks.Finding{}, infos: map[string]*checks.Info{}, parsed: map[string]*notebook.Notebook{}}
	for _, info := range result.Checks {
		o.infos[info.ID] = info
	}
	byURI := map[string][]diagnostic{}
	versions := map[string]*int{}
	hold := func(d *document) { byURI[d.uri], versions[d.uri] = []diagnostic{}, &d.version }
	for _, d := range texts {
		hold(d)
	}
	for _, b := range books {
		for _, d := range b.cells {
			if d.python() {
				hold(d)
			}
		}
	}
	for _, f := range result.Findings {
		at, ok := s.place(o, f.Location)
		if !ok {
			continue
		}
		o.findings[f.Path] = append(o.findings[f.Path], f)
		byURI[at.URI] = append(byURI[at.URI], s.diagnostic(o, &f, at))
	}
	for _, u := range result.UnusedSuppressions {
		if at, ok := s.place(o, checks.Location{Path: u.Path, Cell: u.Cell}); ok && (u.Cell == 0 || o.books[u.Path] != nil) {
			uri := at.URI
			line := textRange{position{u.Line - 1, 0}, position{u.Line, 0}}
			byURI[uri] = append(byURI[uri], diagnostic{Range: line, Severity: 4, Source: "pyguardml", Message: "suppression: " + u.Problem, Tags: []int{1}})
		}
	}
	s.mu.Lock()
	s.last = o
	for uri := range s.shown {
		if byURI[uri] == nil {
			byURI[uri] = []diagnostic{}
		}
	}
	clear(s.shown)
	for uri, list := range byURI {
		if len(list) > 0 {
			s.shown[uri] = true
		}
	}
	s.mu.Unlock()
	for _, uri := range slices.Sorted(maps.Keys(byURI)) {
		s.notify("textDocument/publishDiagnostics", publishDiagnostics{URI: uri, Version: versions[uri], Diagnostics: byURI[uri]})
	}
}

// place is a place as the editor knows it: in a file, or in a cell of a notebook that is open as one. Of
// another notebook it is the place in the file's text.
func (s *server) place(o *outcome, l checks.Location) (location, bool) {
	if l.Cell == 0 {
		return location{s.uri(o, l.Path), rangeOf(o.text(l.Path), l)}, true
	}
	if b := o.books[l.Path]; b != nil {
		d := b.cell(l.Cell)
		if d == nil {
			return location{}, false
		}
		return location{d.uri, rangeOf(d.text, l)}, true
	}
	nb := o.notebook(l.Path)
	if nb == nil {
		return location{}, false
	}
	start, ok := nb.FileOffset(l.Span.Start)
	end, ends := nb.FileOffset(l.Span.End)
	text := o.text(l.Path)
	if !ok || !ends || end > len(text) {
		return location{}, false
	}
	return location{s.uri(o, l.Path), textRange{positionAt(text, start), positionAt(text, end)}}, true
}

// notebook is the notebook that a file holds.
func (o *outcome) notebook(name string) *notebook.Notebook {
	o.mu.Lock()
	defer o.mu.Unlock()
	nb, known := o.parsed[name]
	if !known {
		nb, _ = notebook.Parse(name, []byte(o.text(name)))
		o.parsed[name] = nb
	}
	return nb
}

func (s *server) uri(o *outcome, name string) string {
	if d := o.texts[name]; d != nil {
		return d.uri
	}
	return uriOf(s.absolute(name))
}

// text is a file's text as it was analysed.
func (o *outcome) text(name string) string {
	if d := o.texts[name]; d != nil {
		return d.text
	}
	data, err := o.result.Source(name)
	if err != nil {
		return "" // a model file: its findings stand at its beginning
	}
	return string(data)
}

func (s *server) diagnostic(o *outcome, f *checks.Finding, at location) diagnostic {
	d := diagnostic{
		Range: at.Range, Severity: severity(f.Severity), Code: f.CheckID,
		CodeDescription: &codeDescription{pages + f.CheckID + ".md"}, Source: "pyguardml", Message: f.Message,
		Data: &diagnosticIdentity{f.Fingerprint},
	}
	for _, step := range f.Trail {
		if at, ok := s.place(o, step.Location); ok {
			d.RelatedInformation = append(d.RelatedInformation, relatedInfo{at, step.Text})
		}
	}
	return d
}

// severity is that of the protocol: error, warning, information, hint.
func severity(s checks.Severity) int {
	switch s {
	case checks.Critical, checks.High:
		return 1
	case checks.Medium:
		return 2
	case checks.Low:
		return 3
	}
	return 4
}

// request answers a request.
func (s *server) request(ctx context.Context, m *message) {
	result, err := s.answer(ctx, m)
	s.mu.Lock()
	s.requests[string(m.ID)]()
	delete(s.requests, string(m.ID))
	s.mu.Unlock()
	var failure *rpcError
	switch {
	case err == nil:
	case errors.As(err, &failure):
	case errors.Is(err, context.Canceled):
		failure = &rpcError{codeCancelled, "cancelled"}
	default:
		failure = &rpcError{codeFailed, err.Error()}
	}
	s.respond(m.ID, result, failure)
}

// Error makes an rpcError an error.
func (e *rpcError) Error() string { return e.Message }

func (s *server) answer(ctx context.Context, m *message) (any, error) {
	decode := func(to any) error {
		if err := json.Unmarshal(m.Params, to); err != nil {
			return &rpcError{codeInvalidParams, err.Error()}
		}
		return nil
	}
	switch m.Method {
	case "textDocument/hover":
		var p positionParams
		if err := decode(&p); err != nil {
			return nil, err
		}
		return s.hover(&p), nil
	case "textDocument/codeAction":
		var p codeActionParams
		if err := decode(&p); err != nil {
			return nil, err
		}
		return s.actions(&p), nil
	case "codeAction/resolve":
		var a codeAction
		if err := decode(&a); err != nil {
			return nil, err
		}
		return s.resolve(ctx, &a)
	}
	return nil, &rpcError{codeMethodNotFound, m.Method + " is not offered"}
}

// current returns the last analysis and a document, unless the document was edited since; a cell of a
// notebook only if no cell was.
func (s *server) current(uri string) (*outcome, *document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.books {
		for i, d := range b.cells {
			if d.uri != uri {
				continue
			}
			same := func(a, b *document) bool { return a.uri == b.uri && a.text == b.text && a.kind == b.kind }
			if s.last == nil || s.last.books[b.path] == nil || !slices.EqualFunc(b.cells, s.last.books[b.path].cells, same) {
				return nil, nil
			}
			return s.last, s.last.books[b.path].cells[i]
		}
	}
	d := s.open[uri]
	if d == nil || s.last == nil || s.last.texts[d.path] == nil || s.last.texts[d.path].text != d.text {
		return nil, nil
	}
	return s.last, s.last.texts[d.path]
}

// hover shows the pages of the findings under the pointer.
func (s *server) hover(p *positionParams) *hover {
	o, d := s.current(p.TextDocument.URI)
	if o == nil {
		return nil
	}
	here := textRange{p.Position, p.Position}
	var h *hover
	var parts []string
	for _, f := range o.findings[d.path] {
		if at, ok := s.place(o, f.Location); ok && at.URI == d.uri && at.Range.touches(here) {
			if h == nil {
				h = &hover{Range: at.Range}
			}
			parts = append(parts, describe(o.infos[f.CheckID], &f))
		}
	}
	if h != nil {
		h.Contents = markup{"markdown", strings.Join(parts, "\n\n---\n\n")}
	}
	return h
}

// describe is a check's page in short.
func describe(info *checks.Info, f *checks.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**[%s](%s%s.md) %s**, %s\n\n%s.\n\n%s", info.ID, pages, info.ID, info.Name, f.Severity, strings.TrimSuffix(f.Message, "."), info.Reading)
	switch {
	case f.Fix == nil:
		fmt.Fprintf(&b, "\n\n**Fix**: %s", info.Remedy.Edit)
	case f.Fix.Unsafe:
		fmt.Fprintf(&b, "\n\n**Fix**: %s; it changes behaviour.", f.Fix.Message)
	default:
		fmt.Fprintf(&b, "\n\n**Fix**: %s.", f.Fix.Message)
	}
	if refs := slices.Concat(info.CWE, info.OWASPLLM, info.OWASPML, info.OWASPAgentic, info.ATLAS); len(refs) > 0 {
		fmt.Fprintf(&b, "\n\n%s", strings.Join(refs, ", "))
	}
	return b.String()
}

// actions offers the fixes at a place. Their edits are worked out when one is chosen.
func (s *server) actions(p *codeActionParams) []codeAction {
	list := []codeAction{}
	o, d := s.current(p.TextDocument.URI)
	if o == nil {
		return list
	}
	safe := false
	for _, f := range o.findings[d.path] {
		if f.Fix == nil || len(f.Fix.Edits) == 0 {
			continue
		}
		safe = safe || !f.Fix.Unsafe
		at, ok := s.place(o, f.Location)
		if !ok || at.URI != d.uri || !at.Range.touches(p.Range) || !wanted(p.Context.Only, "quickfix") {
			continue
		}
		title := f.CheckID + ": " + f.Fix.Message
		if f.Fix.Unsafe {
			title += " (changes behaviour)"
		}
		list = append(list, codeAction{
			Title: title, Kind: "quickfix", Diagnostics: []diagnostic{s.diagnostic(o, &f, at)}, IsPreferred: !f.Fix.Unsafe,
			Data: &actionData{URI: d.uri, Fingerprint: f.Fingerprint},
		})
	}
	if safe && wanted(p.Context.Only, "source.fixAll.pyguardml") {
		list = append(list, codeAction{Title: "Apply all fixes that keep working behaviour", Kind: "source.fixAll.pyguardml", Data: &actionData{URI: d.uri}})
	}
	return list
}

// wanted reports whether a kind of action is asked for. A kind stands for those below it.
func wanted(only []string, kind string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k string) bool { return k == kind || strings.HasPrefix(kind, k+".") })
}

// resolve works out the edit of an action, and proves it: the plan of a fix is only what makes the
// finding go and brings no other. The fix sees the document and the files on the data's way to it.
func (s *server) resolve(ctx context.Context, a *codeAction) (*codeAction, error) {
	if a.Data == nil {
		return nil, &rpcError{codeInvalidParams, "the action has no data"}
	}
	o, d := s.current(a.Data.URI)
	if o == nil {
		return nil, errors.New("the text has changed; ask for the actions again")
	}
	files := map[string]pyguardml.File{d.path: {Path: d.path, Content: []byte(d.text)}}
	if b := o.books[d.path]; b != nil {
		files[d.path] = b.file()
	}
	unsafe := false
	for _, f := range o.findings[d.path] {
		if f.Fingerprint != a.Data.Fingerprint {
			continue
		}
		unsafe = f.Fix != nil && f.Fix.Unsafe
		for _, step := range f.Trail {
			if b := o.books[step.Path]; b != nil {
				files[step.Path] = b.file()
			} else if text := o.text(step.Path); text != "" && step.Cell == 0 {
				files[step.Path] = pyguardml.File{Path: step.Path, Content: []byte(text)}
			}
		}
	}
	list := slices.SortedFunc(maps.Values(files), func(a, b pyguardml.File) int { return cmp.Compare(a.Path, b.Path) })
	s.mu.Lock()
	analyzer := s.analyzer
	s.mu.Unlock()
	plan, err := analyzer.Fix(ctx, list, pyguardml.FixOptions{Unsafe: unsafe, Select: func(f checks.Finding) bool {
		return f.Path == d.path && (a.Data.Fingerprint == "" || f.Fingerprint == a.Data.Fingerprint)
	}})
	if err != nil {
		return nil, err
	}
	if len(plan.Changes) == 0 {
		return nil, errors.New("the fix does not apply here" + withdrawn(plan))
	}
	a.Edit = &workspaceEdit{}
	for _, c := range plan.Changes {
		if b := o.books[c.Path]; b != nil {
			edits, err := b.bookEdits(c.After)
			if err != nil {
				return nil, err
			}
			a.Edit.DocumentChanges = append(a.Edit.DocumentChanges, edits...)
			continue
		}
		var e documentEdit
		e.TextDocument.URI = s.uri(o, c.Path)
		if open := o.texts[c.Path]; open != nil {
			e.TextDocument.Version = &open.version
		}
		e.Edits = []textEdit{difference(string(c.Before), string(c.After))}
		a.Edit.DocumentChanges = append(a.Edit.DocumentChanges, e)
	}
	return a, nil
}

func withdrawn(plan *fix.Plan) string {
	if len(plan.Withdrawn) == 0 {
		return ""
	}
	return ": " + plan.Withdrawn[0].Reason
}
