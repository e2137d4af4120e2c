package pyguardml

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/parallel"
)

// Analyzer analyses sets of files with one set-up. All methods may be called from many
// goroutines at the same time.
//
// It keeps the parsed files of the analysis begun last, and what was found in each group of files
// that import each other, so that Update, or Analyze with mostly the same files, parses only what
// has changed and analyses only the groups that it is part of. Forget lets go of all that.
type Analyzer struct {
	config *config

	mu   sync.Mutex
	work map[string]*slot // the files of the last Analyze and the Updates since, by path
	// memory holds the results of the groups of the analysis that ended last, by their keys.
	memory map[string]*cached
}

// slot is a file of the kept set.
type slot struct {
	file File
	// loaded is the parsed file, nil before the first time; with dirty set, that of an earlier
	// content.
	loaded *unit
	dirty  bool
}

// New makes an Analyzer. An error says which option is wrong and what to give instead.
func New(opts Options) (*Analyzer, error) {
	c, err := compile(opts)
	if err != nil {
		return nil, err
	}
	return &Analyzer{config: c}, nil
}

// Checks returns the Infos of the checks that the Analyzer runs, in the order of their ids.
// The Infos are shared and not to be changed.
func (a *Analyzer) Checks() []*checks.Info { return slices.Clone(a.config.infos) }

// Analyze analyses a set of files as one project. See the function Analyze.
func (a *Analyzer) Analyze(ctx context.Context, files []File) (*Result, error) {
	if err := a.usable(ctx); err != nil {
		return nil, err
	}
	return a.analyze(ctx, files, a.config.OnFile)
}

// Stream is Analyze as a sequence: each file's results come as soon as they are final, as
// they do to Options.OnFile. An error comes last, with an empty FileResult. The analysis
// stops when the loop is left.
func (a *Analyzer) Stream(ctx context.Context, files []File) iter.Seq2[FileResult, error] {
	return func(yield func(FileResult, error) bool) {
		if err := a.usable(ctx); err != nil {
			yield(FileResult{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		results := make(chan FileResult)
		var failure error
		go func() {
			defer close(results)
			_, failure = a.analyze(ctx, files, func(r FileResult) {
				if a.config.OnFile != nil {
					a.config.OnFile(r)
				}
				select {
				case results <- r:
				case <-ctx.Done():
				}
			})
		}()
		defer func() { // the goroutine has ended when Stream returns
			cancel()
			for range results {
			}
		}()
		for r := range results {
			if !yield(r, nil) {
				return
			}
		}
		if failure != nil {
			yield(FileResult{}, failure)
		}
	}
}

// Update analyses the files of the last Analyze again after some have changed: those in
// changed take the place of the files with their paths or are added, those named in removed
// are taken out. Only changed files are read and parsed again, and only files that imports connect
// with them, directly or through others, are analysed again. The result is that of the
// whole set, as Analyze would give it. An Update that ends early through ctx still counts as
// told: the next one knows the changes.
func (a *Analyzer) Update(ctx context.Context, changed []File, removed ...string) (*Result, error) {
	if err := a.usable(ctx); err != nil {
		return nil, err
	}
	if len(changed) > 0 {
		var err error
		if changed, err = validateFiles(changed); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	if a.work == nil {
		a.work = map[string]*slot{}
	}
	for _, f := range changed {
		a.work[f.Path] = a.newSlot(f)
	}
	for _, name := range removed {
		delete(a.work, path.Clean(name))
	}
	set := a.snapshot()
	a.mu.Unlock()
	if len(set) == 0 {
		return &Result{Checks: slices.Clone(a.config.infos)}, nil
	}
	return a.run(ctx, set, a.config.OnFile)
}

// Forget lets go of all files kept for Update.
func (a *Analyzer) Forget() {
	a.mu.Lock()
	a.work, a.memory = nil, nil
	a.mu.Unlock()
}

var errNoContext = errors.New("the context is nil; give context.Background() if there is nothing to cancel the analysis")

// errNotMade is what an Analyzer answers that New has not made.
var errNotMade = errors.New("the Analyzer was not made by New, which gives it its checks")

// usable tells whether the Analyzer can work within a context.
func (a *Analyzer) usable(ctx context.Context) error {
	switch {
	case a == nil || a.config == nil:
		return errNotMade
	case ctx == nil:
		return errNoContext
	}
	return nil
}

func (a *Analyzer) analyze(ctx context.Context, files []File, onFile func(FileResult)) (*Result, error) {
	files, err := validateFiles(files)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	work := make(map[string]*slot, len(files))
	for _, f := range files {
		work[f.Path] = a.newSlot(f)
	}
	a.work = work
	set := a.snapshot()
	a.mu.Unlock()
	return a.run(ctx, set, onFile)
}

// newSlot makes a slot for a file that has to be read, with what is known of an earlier
// state of it. The caller holds a.mu.
func (a *Analyzer) newSlot(f File) *slot {
	s := &slot{file: f, dirty: true}
	if old := a.work[f.Path]; old != nil {
		s.loaded = old.loaded
	}
	return s
}

// snapshot returns the kept files in the order of their paths. The caller holds a.mu.
func (a *Analyzer) snapshot() []*slot {
	set := make([]*slot, 0, len(a.work))
	for _, name := range slices.Sorted(maps.Keys(a.work)) {
		set = append(set, a.work[name])
	}
	return set
}

// run analyses a set of files.
func (a *Analyzer) run(ctx context.Context, set []*slot, onFile func(FileResult)) (*Result, error) {
	r := &run{config: a.config, ctx: ctx, set: set, units: make([]*unit, len(set)), counted: make([]bool, len(set)), onFile: onFile}
	a.mu.Lock()
	r.memory = a.memory
	a.mu.Unlock()
	started := time.Now()
	if err := r.load(ctx, a); err != nil {
		return nil, ended(ctx, err)
	}
	if res := r.recallTree(); res != nil {
		res.Stats.Duration = time.Since(started)
		res.Stats.Parse = r.reading
		res.Stats.Check = res.Stats.Duration - res.Stats.Parse
		return res, nil
	}
	if err := r.open(ctx, a); err != nil {
		return nil, ended(ctx, err)
	}
	if r.aside = r.outOfScope(ctx); !r.aside {
		if err := r.outline(ctx); err != nil {
			return nil, ended(ctx, err)
		}
	}
	if err := r.group(); err != nil {
		return nil, ended(ctx, err)
	}
	if ctx.Err() == nil && !r.aside {
		r.recall()
	}
	if err := ctx.Err(); err != nil {
		return nil, ended(ctx, err)
	}
	var parsing time.Duration
	var outcome checks.Outcome
	for {
		began := time.Now()
		if err := r.parse(ctx, a); err != nil {
			return nil, ended(ctx, err)
		}
		parsing += time.Since(began)
		var err error
		if outcome, err = r.check(ctx); err != nil {
			return nil, ended(ctx, err)
		}
		if r.current(&outcome) {
			break
		}
	}
	res := r.result(outcome)
	if err := ctx.Err(); err != nil {
		return nil, ended(ctx, err)
	}
	a.mu.Lock()
	if a.work != nil { // Forget was not called meanwhile
		a.memory = r.learnt
	}
	a.mu.Unlock()
	res.Stats.Duration = time.Since(started)
	res.Stats.Parse = r.reading + parsing
	res.Stats.Check = res.Stats.Duration - res.Stats.Parse
	a.config.Logger.Debug("analysed", "files", res.Stats.Files, "findings", len(res.Findings), "duration", res.Stats.Duration)
	return res, nil
}

// ended makes clear that an error is the end of the context and not a defect.
func ended(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return fmt.Errorf("the analysis was stopped: %w", c)
	}
	return err
}

// run is one analysis under way.
type run struct {
	*config
	ctx    context.Context
	set    []*slot
	units  []*unit
	groups []group
	reused int
	onFile func(FileResult)
	// aside is set for a project that has nothing to do with AI/ML, of which no code is looked at.
	aside bool
	// memory holds what the analysis before this one found, learnt what this one knows, by the keys
	// of groups. Both are shared and not changed once they are made.
	memory, learnt map[string]*cached
	// tree is the key of all results, "" where they are not kept.
	tree string
	// reading is the time that it took to read the files.
	reading time.Duration

	mu      sync.Mutex // guards reused, done, counted and the calls of Progress and OnFile while files load
	done    int
	counted []bool // the files that Progress was told of
}

// load reads the files, in parallel.
func (r *run) load(ctx context.Context, a *Analyzer) error {
	defer func(began time.Time) { r.reading = time.Since(began) }(time.Now())
	r.progress("parse", 0, "")
	return parallel.Each(ctx, r.Parallelism, len(r.set), func(ctx context.Context, i int) error { return r.loadOne(ctx, a, i) })
}

// open makes of the files that were read what checks can be asked about, in parallel.
func (r *run) open(ctx context.Context, a *Analyzer) error {
	defer func(began time.Time) { r.reading += time.Since(began) }(time.Now())
	return parallel.Each(ctx, r.Parallelism, len(r.units), func(ctx context.Context, i int) error {
		u := r.units[i]
		if u.unopened != nil {
			opened, err := r.config.opened(ctx, u)
			if err != nil {
				return err
			}
			r.replace(a, i, opened)
			u = opened
		}
		if u.draft == nil {
			r.loaded(i, u)
		}
		return nil
	})
}

// replace puts a unit of which more is known in the place of another.
func (r *run) replace(a *Analyzer, i int, u *unit) {
	a.mu.Lock()
	if r.set[i].loaded == r.units[i] {
		r.set[i].loaded = u
	}
	a.mu.Unlock()
	r.mu.Lock()
	r.units[i] = u
	r.mu.Unlock()
}

// group is a set of files that import each other and none of the others.
type group struct {
	members []int              // places in units, in order
	needed  bool               // a check can concern them
	asks    []*checks.Question // what those ask of all files
	// key is that of their results, "" where they are not kept; remembered holds those that are known
	// from before, of which kept are in the cache.
	key        string
	remembered *cached
	kept       bool
}

// fresh reports whether the files of a group have to be parsed.
func (g *group) fresh() bool { return g.needed && g.remembered == nil }

// group finds which files belong together and which of them a check can concern.
func (r *run) group() error {
	var drafts []*checks.Draft
	var at []int
	for i, u := range r.units {
		if u.draft != nil {
			drafts, at = append(drafts, u.draft), append(at, i)
		}
	}
	if r.aside { // none is needed, unless all are to be parsed
		r.groups = []group{{members: at, needed: r.ParseAll}}
		return nil
	}
	groups, err := r.config.set.Groups(r.ctx, drafts)
	if err != nil {
		return err
	}
	for _, g := range groups {
		members := make([]int, len(g.Members))
		for k, m := range g.Members {
			members[k] = at[m]
		}
		r.groups = append(r.groups, group{members: members, needed: g.Needed, asks: g.Asks})
	}
	return nil
}

// parse parses the files that have to be, in parallel.
func (r *run) parse(ctx context.Context, a *Analyzer) error {
	var list []int
	for k := range r.groups {
		for _, i := range r.groups[k].members {
			switch {
			case r.counted[i] && (!r.groups[k].fresh() || r.units[i].failed() || r.units[i].module.File != nil):
			case r.groups[k].fresh() && r.units[i].module.File == nil:
				list = append(list, i)
			default:
				r.loaded(i, r.units[i])
			}
		}
	}
	return parallel.Each(ctx, r.Parallelism, len(list), func(ctx context.Context, k int) error { return r.parseOne(ctx, a, list[k]) })
}

func (r *run) parseOne(ctx context.Context, a *Analyzer, i int) error {
	u, err := r.config.parsed(ctx, r.units[i])
	if err != nil {
		return err
	}
	r.replace(a, i, u)
	r.loaded(i, u)
	return nil
}

// loaded takes over a file of which all is read that is going to be.
func (r *run) loaded(i int, u *unit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.units[i] = u
	if r.counted[i] {
		return
	}
	r.counted[i] = true
	r.done++
	r.progress("parse", r.done, u.file.Path)
	if u.failed() && r.onFile != nil {
		r.onFile(FileResult{Path: u.file.Path, FileErrors: u.errors})
	}
}

func (r *run) loadOne(ctx context.Context, a *Analyzer, i int) error {
	a.mu.Lock()
	file, previous, dirty := r.set[i].file, r.set[i].loaded, r.set[i].dirty
	a.mu.Unlock()
	u, reused := previous, true
	if dirty {
		var err error
		if u, reused, err = r.config.load(ctx, file, previous); err != nil {
			return err
		}
	}
	a.mu.Lock()
	r.set[i].loaded, r.set[i].dirty = u, false
	a.mu.Unlock()

	r.mu.Lock()
	r.units[i] = u
	if reused {
		r.reused++
	}
	r.mu.Unlock()
	return nil
}

func (r *run) progress(stage string, done int, path string) {
	if r.Progress != nil {
		r.Progress(Progress{Stage: stage, Done: done, Total: len(r.set), Path: path})
	}
}

// check runs the checks on all modules.
func (r *run) check(ctx context.Context) (checks.Outcome, error) {
	r.progress("check", 0, "")
	var mods []*checks.Module
	var manifests []*manifest.Manifest
	var documents []*manifest.Document
	var artifacts []*checks.ModelFile
	usesML := false
	for k := range r.groups {
		g := &r.groups[k]
		if g.remembered != nil {
			usesML = usesML || g.remembered.ImportsML
		}
		for _, i := range g.members {
			m := r.units[i].module
			if m == nil { // it could not be parsed
				continue
			}
			// A copy, since a run keeps notes of its own in a module.
			c := &checks.Module{Path: m.Path, Source: m.Source, Notebook: m.Notebook, Draft: r.units[i].draft}
			if g.fresh() && !r.aside {
				c.File = m.File
			}
			mods = append(mods, c)
		}
	}
	slices.SortFunc(mods, func(a, b *checks.Module) int { return strings.Compare(a.Path, b.Path) })
	for _, u := range r.units {
		if u.manifest != nil {
			manifests = append(manifests, u.manifest)
		}
		if u.document != nil {
			documents = append(documents, u.document)
		}
		if u.artifact != nil {
			artifacts = append(artifacts, u.artifact)
		}
	}
	outcome, err := checks.Run(ctx, r.config.set, mods, checks.RunOptions{
		Parallelism: r.Parallelism, Requirements: manifest.NewFacts(manifests), Documents: documents, Artifacts: artifacts, UsesML: usesML,
		Foreign: r.foreign, CheckTime: r.Limits.CheckTime,
	})
	if err != nil {
		return outcome, err
	}
	r.progress("check", len(r.set), "")
	return outcome, ctx.Err()
}

// result turns what the checks found into the Result, and tells onFile.
func (r *run) result(outcome checks.Outcome) *Result {
	res := &Result{Checks: slices.Clone(r.infos), sources: make(map[string]*File, len(r.units))}
	res.Stats.Reused = r.reused
	res.Stats.OutOfScope = r.aside
	res.Stats.Calls, res.Stats.ResolvedCalls = outcome.Flow.Calls, outcome.Flow.Resolved
	cuts := outcome.Flow.Cuts
	res.Stats.Cuts = Cuts{Contexts: cuts.Contexts, Depth: cuts.Depth, Steps: cuts.Steps, Sinks: cuts.Hits}
	byPath := make(map[string]*unit, len(r.units))
	for _, u := range r.units {
		byPath[u.file.Path] = u
		file := u.file                                                        // a copy, so that a Result does not hold on to syntax trees
		if u.artifact == nil || u.artifact.Text != nil || u.document != nil { // models are too large to be shown
			res.sources[file.Path] = &file
		}
		res.count(u)
	}
	// What is not chosen for a file goes first, so that it takes the place of no other report.
	chosen := slices.DeleteFunc(slices.Clone(outcome.Findings), func(f checks.Finding) bool { return !r.runsIn(f.CheckID, f.Path) })
	found := r.registry.Settle(chosen)
	checks.SetFingerprints(found, r.Folder, func(path string) *ast.Source {
		u := byPath[path]
		switch {
		case u == nil:
		case u.module != nil:
			return u.module.Source
		case u.document != nil:
			return u.document.Source
		}
		return nil
	})
	for k := range r.groups {
		for _, i := range r.groups[k].members {
			if r.units[i].draft.IsTest() {
				res.Stats.Tests++
			}
			switch {
			case r.units[i].failed():
			case r.groups[k].remembered != nil:
				res.Stats.Remembered++
			case !r.groups[k].needed:
				res.Stats.Unparsed++
			}
		}
	}
	failures := slices.Concat(outcome.Errors, r.encoders.errors())
	slices.SortStableFunc(failures, func(a, b checks.CheckError) int { return compareErrors(&a, &b) })
	remembered := r.remembered()
	results := make([]FileResult, 0, len(r.units))
	for _, path := range paths(r.units, found, failures) {
		if r.ctx.Err() != nil {
			return res // nobody will see it
		}
		fr := FileResult{Path: path}
		fr.CheckErrors, failures = cut(failures, func(e *checks.CheckError) bool { return e.Path == path })
		var here []checks.Finding
		here, found = cut(found, func(f *checks.Finding) bool { return f.Path == path })
		u := byPath[path]
		if old, ok := remembered[path]; ok {
			fr = old
		} else {
			r.comments(u, here, &fr)
			if u != nil {
				fr.FileErrors = u.errors
			}
		}
		results = append(results, fr)
	}
	r.keep(results, outcome)
	r.keepTree(results, res, &outcome)
	for _, fr := range results {
		r.settings(&fr)
		res.add(fr)
		if u := byPath[fr.Path]; r.onFile != nil && (u == nil || !u.failed()) {
			r.onFile(fr)
		}
	}
	return res
}

// compareErrors orders errors by path and check; those of one check in a file keep their order but for
// those of no check.
func compareErrors(a, b *checks.CheckError) int {
	if c := cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.CheckID, b.CheckID)); c != 0 || a.CheckID != "" {
		return c
	}
	return strings.Compare(a.Err.Error(), b.Err.Error())
}

// paths returns all paths that have something to report, in order.
func paths(units []*unit, found []checks.Finding, failures []checks.CheckError) []string {
	var list []string
	for _, u := range units {
		list = append(list, u.file.Path)
	}
	for i := range found {
		list = append(list, found[i].Path)
	}
	for i := range failures {
		list = append(list, failures[i].Path)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// cut splits a list after the leading elements that belong.
func cut[T any](list []T, belongs func(*T) bool) (head, tail []T) {
	n := 0
	for n < len(list) && belongs(&list[n]) {
		n++
	}
	return list[:n:n], list[n:]
}

// comments sorts a file's findings into those that are reported and those that a comment
// silences.
func (r *run) comments(u *unit, found []checks.Finding, fr *FileResult) {
	var comments *checks.Suppressions
	switch {
	case u == nil:
	case u.module != nil:
		comments = r.registry.Suppressions(u.module)
	case u.document != nil:
		comments = r.registry.Suppressions(checks.ModuleOf(u.document))
	}
	if comments != nil && r.RequireReasons {
		comments.RequireReasons()
	}
	for i := range found {
		f := found[i]
		if comments != nil {
			f.Suppression = comments.Match(&f)
		}
		if f.Suppression != nil {
			fr.Suppressed = append(fr.Suppressed, f)
		} else {
			fr.Findings = append(fr.Findings, f)
		}
	}
	if comments != nil {
		fr.UnusedSuppressions = comments.Unused(func(id string) bool { return r.ran[id] && r.runsIn(id, fr.Path) })
	}
}

// settings takes out the findings that a setting or the baseline silences.
func (r *run) settings(fr *FileResult) {
	var reported []checks.Finding
	suppressed := slices.Clone(fr.Suppressed)
	for _, f := range fr.Findings {
		if f.Suppression = r.silenced(&f); f.Suppression != nil {
			suppressed = append(suppressed, f)
		} else {
			reported = append(reported, f)
		}
	}
	slices.SortStableFunc(suppressed, func(a, b checks.Finding) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	fr.Findings, fr.Suppressed = reported, suppressed
}

// count adds a file to the statistics.
func (r *Result) count(u *unit) {
	switch {
	case u.failed():
		r.Stats.Failed++
		return
	case u.artifact != nil && u.document == nil:
		r.Stats.Artifacts++
		return
	case u.module == nil:
		r.Stats.Manifests++
		return
	}
	r.Stats.Files++
	if u.module.Notebook != nil {
		r.Stats.Notebooks++
	}
	r.Stats.Lines += u.lines
	r.Stats.Bytes += int64(len(u.module.Source.Text))
}

// add appends a file's results.
func (r *Result) add(f FileResult) {
	r.Findings = append(r.Findings, f.Findings...)
	r.Suppressed = append(r.Suppressed, f.Suppressed...)
	r.UnusedSuppressions = append(r.UnusedSuppressions, f.UnusedSuppressions...)
	r.FileErrors = append(r.FileErrors, f.FileErrors...)
	r.CheckErrors = append(r.CheckErrors, f.CheckErrors...)
}
