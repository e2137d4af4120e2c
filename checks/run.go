package checks

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/parallel"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// Set is a selection of checks, compiled for running. It can be used by many goroutines.
type Set struct {
	checks    []Check
	infos     map[Check]*Info // as they were when the set was made
	table     *flow.Table
	calls     []CallCheck
	stores    []StoreCheck
	flows     map[flowKey][]FlowCheck
	modules   []ModuleCheck
	functions []FunctionCheck
	notebooks []NotebookCheck
	manifests []ManifestCheck
	projects  []ProjectCheck
	artifacts []ArtifactCheck

	// phrases are what files must hold for checks of modules, functions and manifests to be asked, whose
	// requirements stand in the order of modules, functions and manifests.
	phrases                                   phrases
	moduleNeeds, functionNeeds, manifestNeeds []requirement
	// functionBeside are what must be beside the file, in the order of functions.
	functionBeside [][]requirement

	prefiltered
}

type flowKey struct {
	label models.Label
	sink  models.SinkKind
}

// Compile makes a Set of checks and of models beyond the built-in ones. It fails when a
// check names something that is no qualified name.
func Compile(list []Check, extra ...Framework) (*Set, error) {
	t, err := flow.NewTable(extra...)
	if err != nil {
		return nil, err
	}
	s := &Set{checks: list, infos: make(map[Check]*Info, len(list)), table: t, flows: map[flowKey][]FlowCheck{}, prefiltered: prefiltered{extra: extra}}
	t.AddFlow(nil, nil) // nothing but what the checks say
	for _, c := range list {
		s.infos[c] = c.Info()
		if err := s.add(c); err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Info().ID, err)
		}
	}
	for _, c := range s.modules {
		s.moduleNeeds = append(s.moduleNeeds, s.phrases.requires(c))
	}
	for _, c := range s.functions {
		s.functionNeeds = append(s.functionNeeds, s.phrases.requires(c))
		s.functionBeside = append(s.functionBeside, s.phrases.besides(c))
	}
	for _, c := range s.manifests {
		s.manifestNeeds = append(s.manifestNeeds, s.phrases.oneOf(c.Within()))
	}
	for _, marker := range markers {
		s.phrases.add(marker)
	}
	for _, c := range list {
		for _, q := range questions(c) {
			for _, t := range q.Needs {
				s.phrases.add(t)
			}
		}
	}
	s.phrases.compile()
	return s, nil
}

func (s *Set) add(c Check) error {
	if cc, ok := c.(CallCheck); ok {
		for _, name := range cc.Calls() {
			if err := s.table.AddCall(name, len(s.calls)); err != nil {
				return err
			}
		}
		s.calls = append(s.calls, cc)
	}
	if sc, ok := c.(StoreCheck); ok {
		for _, name := range sc.Stores() {
			if err := s.table.AddStore(name, len(s.stores)); err != nil {
				return err
			}
		}
		s.stores = append(s.stores, sc)
	}
	if fc, ok := c.(FlowCheck); ok {
		f := fc.Flow()
		s.table.AddFlow(f.Sources, f.Sinks)
		for _, l := range f.Sources {
			for _, k := range f.Sinks {
				s.flows[flowKey{l, k}] = append(s.flows[flowKey{l, k}], fc)
			}
		}
	}
	if r, ok := c.(*Rule); ok { // a rule implements everything; ask only for what it has
		for _, name := range r.Knows {
			if err := s.table.AddName(name); err != nil {
				return err
			}
		}
		if r.OnModule != nil {
			s.modules = append(s.modules, r)
		}
		if r.OnFunction != nil {
			s.functions = append(s.functions, r)
		}
		if r.OnNotebook != nil {
			s.notebooks = append(s.notebooks, r)
		}
		if r.OnManifest != nil {
			s.manifests = append(s.manifests, r)
		}
		if r.OnProject != nil {
			s.projects = append(s.projects, r)
		}
		if r.OnArtifact != nil {
			s.artifacts = append(s.artifacts, r)
		}
		return nil
	}
	if mc, ok := c.(ModuleCheck); ok {
		s.modules = append(s.modules, mc)
	}
	if fc, ok := c.(FunctionCheck); ok {
		s.functions = append(s.functions, fc)
	}
	if nc, ok := c.(NotebookCheck); ok {
		s.notebooks = append(s.notebooks, nc)
	}
	if mc, ok := c.(ManifestCheck); ok {
		s.manifests = append(s.manifests, mc)
	}
	if pc, ok := c.(ProjectCheck); ok {
		s.projects = append(s.projects, pc)
	}
	if ac, ok := c.(ArtifactCheck); ok {
		s.artifacts = append(s.artifacts, ac)
	}
	return nil
}

// concerns reports whether a check is told of a file's code.
func (s *Set) concerns(c Check, m *Module) bool { return !m.IsTest() || !s.infos[c].OutsideTests }

// WantsArtifacts reports whether a check of the set looks at model files, so that they need to
// be read.
func (s *Set) WantsArtifacts() bool { return len(s.artifacts) > 0 }

// WantsProject reports whether a check of the set looks at the project as a whole.
func (s *Set) WantsProject() bool { return len(s.projects) > 0 }

// RunOptions sets how a run works. The zero value is fine.
type RunOptions struct {
	// Parallelism is the number of goroutines, GOMAXPROCS when 0.
	Parallelism int
	// Requirements is what the project's manifests say; nil means nothing.
	Requirements *manifest.Facts
	// Documents are the manifests that manifest checks look at, in the order of their paths.
	Documents []*Document
	// UsesML is set when a file whose results are known from before, and that is therefore not
	// parsed now, imports an AI/ML library.
	UsesML bool
	// Artifacts are the model files that belong to the project.
	Artifacts []*ModelFile
	// Limits bounds the analysis of flows.
	Limits flow.Limits
	// Foreign holds the ids of checks that are not trusted to come back: they may take CheckTime for
	// the files that are analysed together, and for each file that they are told of by itself. 0 means
	// that they are trusted, too.
	Foreign   map[string]bool
	CheckTime time.Duration
}

// Outcome is what a run found.
type Outcome struct {
	// Findings are in no particular order and lack Fingerprint and Suppression.
	Findings []Finding
	Errors   []CheckError
	// Flow tells how the analysis of values went.
	Flow flow.Result
	// UsesML is Project.UsesML, and Importing the files that import an AI/ML library.
	UsesML    bool
	Importing map[string]bool
	// GivenUp is set when a check took too long so often that it was not asked any more: then it is
	// chance which files it was asked about.
	GivenUp bool
}

// CheckError says that a check failed on a file; the others went on. Without CheckID it is the
// analysis itself that failed, for the file and those that imports connect with it.
type CheckError struct {
	CheckID string
	Path    string
	Err     error
}

// Error implements error.
func (e CheckError) Error() string {
	if e.CheckID == "" {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s: check %s: %v", e.Path, e.CheckID, e.Err)
}

// Unwrap returns the cause.
func (e CheckError) Unwrap() error { return e.Err }

// run is one run of a Set.
type run struct {
	set     *Set
	project *Project
	ctx     context.Context // of the whole run
	// bounds is nil where all checks are trusted, watch where the run is none of a goroutine that may be left.
	bounds *bounds
	watch  *watch

	mu       sync.Mutex
	closed   bool // what is reported from now on comes too late
	findings []Finding
	errors   []CheckError
	seen     map[seenKey]int
	flow     flow.Result
	// covers lists the places at which other checks report what a finding says.
	covers []cover
	// listening holds by file the checks that are told of its functions.
	listening map[*Module][]FunctionCheck
}

// cover is a place at which a finding makes those of more general checks superfluous.
type cover struct {
	at   seenKey // of the finding
	path string
	span ast.Span
	cell int
	info *Info
}

type seenKey struct {
	id   string
	path string
	cell int
	span ast.Span
}

// Run applies the checks to modules that are analysed as one project. Modules that import
// each other are analysed together, others side by side. Of a module without File no more is
// known than that it is there and what its text says.
func Run(ctx context.Context, set *Set, mods []*Module, o RunOptions) (Outcome, error) {
	if o.Parallelism <= 0 {
		o.Parallelism = runtime.GOMAXPROCS(0)
	}
	if o.Requirements == nil {
		o.Requirements = &manifest.Facts{}
	}
	written, err := writtenFiles(ctx, set, mods)
	if err != nil {
		return Outcome{}, err
	}
	mods = append(mods[:len(mods):len(mods)], written...)
	r := &run{set: set, ctx: ctx, bounds: newBounds(o), seen: map[seenKey]int{}, listening: map[*Module][]FunctionCheck{}}
	r.project = &Project{Modules: mods, Requirements: o.Requirements, Documents: o.Documents, bySemantic: make(map[*semantic.Module]*Module, len(mods)), othersUseML: o.UsesML}
	for _, m := range mods {
		if err := ctx.Err(); err != nil {
			return Outcome{}, err
		}
		if m.Draft == nil && m.Source != nil {
			m.Draft = NewDraft(m.Path, m.Source.Text)
			m.Draft.Notebook = m.Notebook
			if err := set.Outline(ctx, m.Draft); err != nil {
				return Outcome{}, err
			}
		}
	}
	if err := r.semantics(ctx, mods, o.Parallelism); err != nil {
		return Outcome{}, err
	}
	groups, err := r.groups(ctx)
	if err != nil {
		return Outcome{}, err
	}
	// What looks at one file does so beside the groups of files through which values are followed, of which one may be large.
	err = parallel.Each(ctx, o.Parallelism, len(groups)+len(mods)+len(o.Documents), func(ctx context.Context, i int) error {
		if i < len(groups) {
			return r.analyse(ctx, groups[i], o.Limits)
		}
		if i -= len(groups); i < len(mods) {
			r.wholeModule(mods[i])
		} else {
			r.wholeDocument(o.Documents[i-len(mods)])
		}
		return nil
	})
	if err != nil {
		return Outcome{}, err
	}
	for _, a := range o.Artifacts {
		if ctx.Err() == nil {
			r.artifact(a)
		}
	}
	for _, c := range set.projects {
		r.protect(c, "", func(r *run) { c.CheckProject(&ProjectPass{Project: r.project, check: c, run: r}) })
	}
	if err := ctx.Err(); err != nil { // a check may have been left for it
		return Outcome{}, err
	}
	r.close()
	r.drop()
	return Outcome{
		Findings: r.findings, Errors: r.errors, Flow: r.flow, UsesML: r.project.UsesML(), Importing: r.project.importing(),
		GivenUp: r.bounds.givenUp(),
	}, nil
}

// semantics collects the scopes and definitions of all modules.
func (r *run) semantics(ctx context.Context, mods []*Module, n int) error {
	err := parallel.Each(ctx, n, len(mods), func(_ context.Context, i int) error {
		if m := mods[i]; m.File != nil {
			m.semantic = semantic.NewModule(m.Path, withRan(m))
			m.semantic.Shell, m.semantic.ShellCells = shellLines(m)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range mods {
		if m.semantic != nil {
			r.project.bySemantic[m.semantic] = m
		}
	}
	return nil
}

// groups lists the modules that are analysed together, those with the most text first, so that the last to end is a small one.
func (r *run) groups(ctx context.Context) ([][]*semantic.Module, error) {
	list := make([]*semantic.Module, 0, len(r.project.Modules))
	var unread []string
	for _, m := range r.project.Modules {
		if m.semantic != nil {
			list = append(list, m.semantic)
		} else {
			unread = append(unread, m.Path)
		}
	}
	p := semantic.NewProject(list, unread...)
	r.project.semantic = p
	groups, err := p.GroupsWithin(ctx, func(name string) bool { return r.set.table.Top().Get(name) != nil })
	if err != nil {
		return nil, err
	}
	r.project.connect(groups)
	text := make(map[*semantic.Module]int, len(list))
	for _, m := range list {
		if mod := r.project.bySemantic[m]; mod.Source != nil {
			text[m] = len(mod.Source.Text)
		}
	}
	slices.SortStableFunc(groups, func(a, b []*semantic.Module) int { return lengthOf(b, text) - lengthOf(a, text) })
	return groups, nil
}

// lengthOf is the length of the text of a group.
func lengthOf(group []*semantic.Module, text map[*semantic.Module]int) (n int) {
	for _, m := range group {
		n += text[m]
	}
	return n
}

// analyse follows values through a group of modules.
func (r *run) analyse(ctx context.Context, group []*semantic.Module, limits flow.Limits) error {
	values := func(r *run) error { return r.values(ctx, r.project.semantic, group, limits) }
	if r.bounds == nil {
		return values(r)
	}
	paths := make([]string, len(group))
	for i, m := range group {
		paths[i] = m.Path
	}
	return r.apart(ctx, paths, values)
}

// values follows values through a group of modules. Where the engine itself fails, that is the error
// of these files, of which only what other checks see is told.
func (r *run) values(ctx context.Context, p *semantic.Project, group []*semantic.Module, limits flow.Limits) error {
	defer func() {
		if v := recover(); v != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.errors = append(r.errors, CheckError{"", group[0].Path, fmt.Errorf("internal error: %v (this and %d files that imports connect with it were looked at in part)\n%s", v, len(group)-1, debug.Stack())})
		}
	}()
	res, err := flow.Analyze(ctx, p, group, r.set.table, limits, r)
	r.mu.Lock()
	r.flow = r.flow.Plus(res)
	r.mu.Unlock()
	return err
}

// Function implements flow.Visitor.
func (r *run) Function(f *flow.Frame) {
	m := r.project.Module(f.Module())
	for _, c := range f.Calls {
		if c.Symbol == nil {
			continue
		}
		if r.ctx.Err() != nil {
			return
		}
		for _, h := range c.Symbol.Calls {
			check := r.set.calls[h]
			if !r.set.concerns(check, m) {
				continue
			}
			r.tellOfCall(check, m, c)
		}
	}
	for _, s := range f.Stores {
		for _, h := range s.Symbol.Stores {
			check := r.set.stores[h]
			if !r.set.concerns(check, m) {
				continue
			}
			r.protect(check, m.Path, func(r *run) { check.CheckStore(r.pass(check, m), s) })
		}
	}
	for _, check := range r.listeners(m) {
		if r.ctx.Err() != nil {
			return
		}
		r.tellOfFunction(check, m, f)
	}
}

// tellOfCall and tellOfFunction are r.protect for what checks are told of most, of which a trusted check costs no closure.
func (r *run) tellOfCall(check CallCheck, m *Module, c *flow.Call) {
	if !r.trusts(check) {
		r.protect(check, m.Path, func(r *run) { check.CheckCall(r.pass(check, m), c) })
		return
	}
	defer r.recovered(check, m.Path)
	check.CheckCall(r.pass(check, m), c)
}

func (r *run) tellOfFunction(check FunctionCheck, m *Module, f *flow.Frame) {
	if !r.trusts(check) {
		r.protect(check, m.Path, func(r *run) { check.CheckFunction(r.pass(check, m), f) })
		return
	}
	defer r.recovered(check, m.Path)
	check.CheckFunction(r.pass(check, m), f)
}

// listeners lists the checks that are told of the functions of a file.
func (r *run) listeners(m *Module) []FunctionCheck {
	if len(r.set.functions) == 0 {
		return nil
	}
	r.mu.Lock()
	list, known := r.listening[m]
	r.mu.Unlock()
	if known {
		return list
	}
	holds := r.set.held(m)
	beside := holds
	if g := r.project.connected[m]; g != nil {
		beside = g.holding(r.set)
	}
	for i, c := range r.set.functions {
		if r.set.functionNeeds[i].metBy(holds) && allMetBy(r.set.functionBeside[i], beside) && r.set.concerns(c, m) {
			list = append(list, c)
		}
	}
	r.mu.Lock()
	r.listening[m] = list
	r.mu.Unlock()
	return list
}

// held is what a file holds of the texts that checks wait for, as it was found when the file was outlined.
func (s *Set) held(m *Module) held {
	if m.Draft != nil {
		if k := m.Draft.held.Load(); k != nil && k.by == &s.phrases {
			return k.held
		}
	}
	return s.phrases.in(m.Source.Text)
}

// Path implements flow.Visitor.
func (r *run) Path(p *flow.Path) {
	for _, check := range r.set.flows[flowKey{p.Mark.Label, p.Kind}] {
		m := r.project.Module(p.Mod)
		if !r.set.concerns(check, m) {
			continue
		}
		r.protect(check, m.Path, func(r *run) { check.CheckFlow(r.pass(check, m), p) })
	}
}

func (r *run) pass(c Check, m *Module) *Pass {
	return &Pass{Module: m, Project: r.project, check: c, run: r}
}

func (r *run) wholeModule(m *Module) {
	if m.File == nil { // no check can concern it
		return
	}
	holds := r.set.held(m)
	if m.Notebook != nil {
		var err error
		if holds, err = r.set.phrases.within(r.ctx, m.wholeText()); err != nil {
			return
		}
	}
	for i, c := range r.set.modules {
		if r.ctx.Err() != nil {
			return
		}
		if !r.set.moduleNeeds[i].metBy(holds) || !r.set.concerns(c, m) {
			continue
		}
		r.protect(c, m.Path, func(r *run) { c.CheckModule(r.pass(c, m)) })
	}
	if m.Notebook == nil {
		return
	}
	for _, c := range r.set.notebooks {
		if !r.set.concerns(c, m) {
			continue
		}
		r.protect(c, m.Path, func(r *run) { c.CheckNotebook(r.pass(c, m)) })
	}
}

// wholeText is the text of a module, of a notebook with the commands that are blank in it behind.
func (m *Module) wholeText() []byte {
	if m.Notebook == nil {
		return m.Source.Text
	}
	var more []string
	for _, c := range m.Notebook.Commands() {
		more = append(more, c.Args, c.Body)
	}
	if len(more) == 0 {
		return m.Source.Text
	}
	return append(append(bytes.Clone(m.Source.Text), '\n'), strings.Join(more, "\n")...)
}

// wholeDocument asks the checks of manifests.
func (r *run) wholeDocument(d *Document) {
	var m *Module
	holds := r.set.phrases.in(d.Source.Text)
	for i, c := range r.set.manifests {
		if r.ctx.Err() != nil {
			return
		}
		if !r.set.manifestNeeds[i].metBy(holds) {
			continue
		}
		if m == nil {
			m = ModuleOf(d)
		}
		r.protect(c, d.Path, func(r *run) {
			c.CheckManifest(&ManifestPass{module: m, Document: d, Project: r.project, check: c, run: r})
		})
	}
}

// ModuleOf is the module that stands for a manifest where places and comments are asked for: it
// has no code.
func ModuleOf(d *Document) *Module {
	return &Module{Path: d.Path, Source: d.Source, File: &ast.File{Source: d.Source, Comments: d.Comments()}}
}

// artifact tells the checks of a model file.
func (r *run) artifact(a *ModelFile) {
	for _, c := range r.set.artifacts {
		r.protect(c, a.Path, func(r *run) { c.CheckArtifact(&ArtifactPass{ModelFile: a, Project: r.project, check: c, run: r}) })
	}
}

// add makes a finding of a report about a node. A place is reported once by a check; of
// several ways to it the shortest is kept.
func (r *run) add(c Check, rep Report) {
	r.sound(&rep)
	if rep.Cell != 0 {
		r.keep(r.finding(c, rep, rep.In.locateCell(rep.Cell)))
		return
	}
	f := r.finding(c, rep, rep.In.Locate(rep.Node.Range()))
	f.Symbol = rep.In.enclosing(rep.Node.Range())
	if rep.Path != nil {
		f.Trail = r.trail(rep.Path)
	}
	r.keep(f)
	if rep.Covers != nil {
		in := rep.CoversIn
		if in == nil {
			in = rep.In
		}
		r.mu.Lock()
		r.covers = append(r.covers, cover{keyOf(&f), in.Path, rep.Covers.Range(), in.Locate(rep.Covers.Range()).Cell, r.set.infos[c]})
		r.mu.Unlock()
	}
}

// close ends the time for reports.
func (r *run) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
}

// drop takes out the findings of general checks that a more specific one covers.
func (r *run) drop() {
	gone := map[int]bool{}
	for _, c := range r.covers {
		for _, id := range c.info.Specializes {
			general, there := r.seen[seenKey{id, c.path, c.cell, c.span}]
			if !there || gone[general] {
				continue
			}
			gone[general] = true
			specific := &r.findings[r.seen[c.at]]
			specific.Replaces = append(specific.Replaces, id)
		}
	}
	if len(gone) == 0 {
		return
	}
	kept := make([]Finding, 0, len(r.findings))
	for i := range r.findings {
		if !gone[i] {
			kept = append(kept, r.findings[i])
		}
	}
	r.findings = kept
}

// finding makes a finding of a report, at a place.
func (r *run) finding(c Check, rep Report, at Location) Finding {
	info := r.set.infos[c]
	f := Finding{
		CheckID: info.ID, Severity: info.Severity, Class: info.Class, Message: rep.Message, Fix: rep.In.written(rep.In.whole(rep.Fix), at.Cell), Location: at,
	}
	if f.Message == "" {
		f.Message = info.Title
	}
	if rep.Reweighed {
		f.Severity = rep.Severity
	}
	return f
}

// written gives a fix of a script that is a notebook as edits of its file, as those of other Python
// files are: new lines have the comment marks that the module does not show. A fix that cannot be
// written is none.
//
// In a notebook whose cells ran in another order than they stand in, an import that would come into
// a cell below the finding's goes into that cell itself, where it serves either order.
func (m *Module) written(f *fix.Fix, cell int) *fix.Fix {
	if m != nil && m.holder != nil {
		return m.inHolder(f)
	}
	if f == nil || m == nil || m.Notebook == nil || m.Notebook.Script == 0 && !m.Notebook.Reordered {
		return f
	}
	out := *f
	out.Edits = slices.Clone(f.Edits)
	if m.Notebook.Reordered {
		for i := range out.Edits {
			m.importAbove(&out.Edits[i], cell)
		}
		return &out
	}
	for i := range out.Edits {
		e := &out.Edits[i]
		if e.Path != "" && e.Path != m.Path {
			continue
		}
		w, err := m.Notebook.Written(notebook.RawEdit{Start: e.Start, End: e.End, New: []byte(e.New)})
		if err != nil {
			return nil
		}
		e.Start, e.End, e.New, e.Raw = w.Start, w.End, string(w.New), false
	}
	return &out
}

// importAbove moves a new import from a cell below the given one to its top.
func (m *Module) importAbove(e *fix.Edit, cell int) {
	text := strings.TrimSpace(e.New)
	if e.Raw || e.Start != e.End || e.Path != "" && e.Path != m.Path || !strings.HasPrefix(text, "import ") && !strings.HasPrefix(text, "from ") {
		return
	}
	span, ok := m.Notebook.CellSpan(cell)
	if at := m.Notebook.CellAt(ast.Pos(e.Start)); !ok || at == nil || at.Number <= cell {
		return
	}
	e.Start, e.End, e.New = int(span.Start), int(span.Start), text+"\n"
}

func keyOf(f *Finding) seenKey { return seenKey{f.CheckID, f.Path, f.Cell, f.Span} }

// keep adds a finding to the outcome.
func (r *run) keep(f Finding) {
	key := keyOf(&f)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if i, dup := r.seen[key]; dup {
		old := &r.findings[i]
		if len(f.Trail) < len(old.Trail) || old.Fix == nil && f.Fix != nil {
			*old = f
		}
		return
	}
	r.seen[key] = len(r.findings)
	r.findings = append(r.findings, f)
}

// trail writes the way of the data as steps, source first.
func (r *run) trail(p *Path) []Step {
	var out []Step
	for _, t := range p.Trace.Steps() {
		if m := r.project.Module(t.Mod); m != nil && t.Node != nil {
			out = append(out, Step{Location: m.Locate(t.Node.Range()), Text: t.Text})
		}
	}
	return out
}

// Locate returns the place of a span as people count it.
func (m *Module) Locate(s ast.Span) Location {
	if m.holder != nil {
		return m.holder.Locate(s)
	}
	l := Location{Path: m.Path, Span: s}
	if m.Notebook != nil {
		l.Cell, l.Start = m.Notebook.Position(s.Start)
		_, l.End = m.Notebook.Position(s.End)
		return l
	}
	l.Start, l.End = m.Source.Position(s.Start), m.Source.Position(s.End)
	return l
}

// locateCell returns the place of a notebook's cell: from its first character to its last. A cell
// that is no code has no text in the module; its span is the place there behind the code before it.
// Of the metadata there is only the file.
func (m *Module) locateCell(number int) Location {
	l := Location{Path: m.Path}
	c := m.Notebook.Cell(number)
	if c == nil {
		return l
	}
	l.Cell = number
	if span, ok := m.Notebook.CellSpan(number); ok && m.Notebook.Script > 0 {
		text := m.Source.Slice(span)
		span.End -= ast.Pos(len(text) - len(strings.TrimRight(text, " \t\r\n")))
		span.Start = min(span.End, span.Start+ast.Pos(len(text)-len(strings.TrimLeft(text, "\r\n"))))
		return m.Locate(span)
	} else if ok {
		l.Span = span
	} else {
		for n := number - 1; n > 0; n-- {
			if span, ok := m.Notebook.CellSpan(n); ok {
				l.Span = ast.Span{Start: span.End, End: span.End}
				break
			}
		}
	}
	l.Start, l.End = endOf(""), endOf(c.Source)
	return l
}

// endOf is the position behind a text.
func endOf(text string) ast.Position {
	line := text[strings.LastIndexByte(text, '\n')+1:]
	p := ast.Position{Line: 1 + strings.Count(text, "\n"), Column: 1 + utf8.RuneCountInString(line), UTF16: 1, Byte: 1 + len(line)}
	for _, r := range line {
		p.UTF16 += utf16.RuneLen(r)
	}
	return p
}

// enclosing names the innermost function or class around a span.
func (m *Module) enclosing(s ast.Span) string {
	name := ""
	if m.semantic == nil {
		return name
	}
	best := ast.Span{Start: -1, End: 1 << 30}
	consider := func(n ast.Node, qual string) {
		if r := n.Range(); r.Contains(s) && r.Len() <= best.Len() && r != s {
			best, name = r, qual
		}
	}
	for _, f := range m.semantic.Functions {
		if f.Def != nil {
			consider(f.Def, f.Qual)
		}
	}
	for _, c := range m.semantic.Classes {
		consider(c.Node, c.Qual)
	}
	return name
}
