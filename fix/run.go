package fix

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
)

const defaultRounds = 50

// Run finds the fixes for a set of files and returns them as a plan; nothing is written.
//
// It works in rounds. A round takes as many fixes as do not conflict, in the order of path,
// position and id, applies them and analyses the result. A fix stays if the result parses as
// well as before, its finding is gone and no check reports more in a file than it did; of a
// round that fails, the guilty fixes are found by halving and withdrawn. Rounds follow each
// other until no fix is left, so that running again changes nothing.
//
// An error is returned for bad arguments, when ctx ends, and when analyze fails. Trouble with
// a single fix is reported in Plan.Withdrawn.
func Run(ctx context.Context, files []File, analyze AnalyzeFunc, opts Options) (*Plan, error) {
	if ctx == nil {
		return nil, errors.New("fix: nil context: pass context.Background()")
	}
	if analyze == nil {
		return nil, errors.New("fix: nil AnalyzeFunc: pass the function that analyses the files")
	}
	r := &run{
		opts: opts, analyze: analyze, files: slices.Clone(files), index: map[string]int{},
		documents: map[string]*document{}, applied: map[string][]Applied{}, seen: map[[sha256.Size]byte]bool{},
		banned: map[site]bool{},
	}
	for i, f := range files {
		if _, double := r.index[f.Path]; double {
			return nil, fmt.Errorf("fix: %s is given twice", f.Path)
		}
		r.index[f.Path] = i
	}
	findings, err := r.examine(ctx, r.files)
	if err != nil {
		return nil, err
	}
	r.findings = findings
	r.original = outcome{files: files, findings: findings}
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	return r.plan(files), nil
}

// run is the state of Run between rounds.
type run struct {
	opts    Options
	analyze AnalyzeFunc
	// files and findings are the current contents and what the analysis says of them.
	files    []File
	findings []Finding
	index    map[string]int
	original outcome
	// analyzed is what the last call of analyze was given.
	analyzed  []File
	documents map[string]*document
	// barred holds the withdrawn fixes and those that wait for the others to be done.
	barred    []*barred
	withdrawn []Withdrawn
	applied   map[string][]Applied
	actions   []PlannedAction
	rounds    int
	// seen holds digests of all states, to notice fixes that undo each other; such checks'
	// fixes are banned from the file.
	seen   map[[sha256.Size]byte]bool
	banned map[site]bool
}

// barred is a finding whose fix is not to be tried, at its current place.
type barred struct {
	finding Finding
	// later is set when the fix failed together with others and gets a turn without them.
	later bool
}

// examine calls the analysis, in a fixed order of findings.
func (r *run) examine(ctx context.Context, files []File) ([]Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var changed []string
	if r.analyzed != nil {
		changed = []string{}
		for i, f := range files {
			if f.Path != r.analyzed[i].Path || !bytes.Equal(f.Content, r.analyzed[i].Content) {
				changed = append(changed, f.Path)
			}
		}
	}
	r.analyzed = slices.Clone(files)
	findings, err := r.analyze(ctx, slices.Clone(files), changed)
	if err != nil {
		return nil, fmt.Errorf("fix: analyse the fixed text: %w", err)
	}
	findings = slices.Clone(findings)
	for i := range findings {
		f := &findings[i]
		f.selected = f.Fix != nil && (r.opts.Select == nil || r.opts.Select(*f))
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.End, b.End), cmp.Compare(a.Key, b.Key))
	})
	return findings, nil
}

// loop makes rounds until no fix is left.
func (r *run) loop(ctx context.Context) error {
	limit := r.opts.MaxRounds
	if limit <= 0 {
		limit = defaultRounds
	}
	r.seen[digest(r.files)] = true
	for r.rounds = 0; r.rounds < limit; r.rounds++ {
		now, later := r.candidates(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(now) == 0 {
			now = later
		}
		if len(now) == 0 {
			return nil
		}
		if err := r.round(ctx, choose(now)); err != nil {
			return err
		}
	}
	return nil
}

// candidates lists the fixes that may be applied now, and those that wait for them. Fixes
// whose edits are not valid are withdrawn.
func (r *run) candidates(ctx context.Context) (now, later []*candidate) {
	for i, f := range r.findings {
		if !f.selected || f.Fix.Unsafe && !r.opts.Unsafe {
			continue
		}
		bar := r.barOf(i)
		if bar != nil && !bar.later {
			continue
		}
		if r.banned[site{id: f.ID, path: f.Path}] {
			r.reject(f, "the fix and another one undo each other", false)
			continue
		}
		c, err := newCandidate(f, func(path string) (*document, error) { return r.open(ctx, path) })
		if err == nil {
			c.actions, err = r.actionsOf(f)
		}
		switch {
		case ctx.Err() != nil:
			return nil, nil
		case err != nil:
			r.reject(f, err.Error(), false)
		case bar != nil:
			later = append(later, c)
		default:
			now = append(now, c)
		}
	}
	return now, later
}

// open returns the document of a file in its current state.
func (r *run) open(ctx context.Context, path string) (*document, error) {
	i, ok := r.index[path]
	if !ok {
		return nil, fmt.Errorf("%s is not among the files", path)
	}
	if r.files[i].Opaque {
		return nil, fmt.Errorf("%s is not text that can be edited", path)
	}
	if d := r.documents[path]; d != nil && bytes.Equal(d.content, r.files[i].Content) {
		return d, nil
	}
	d, err := r.openContent(ctx, path, r.files[i].Content)
	if err != nil {
		return nil, err
	}
	r.documents[path] = d
	return d, nil
}

// barOf returns the entry that bars a finding's fix, or nil.
func (r *run) barOf(i int) *barred {
	f := r.findings[i]
	for _, b := range r.barred {
		if b.finding.ID == f.ID && b.finding.Path == f.Path && b.finding.Start <= f.Start && f.Start <= b.finding.End {
			return b
		}
	}
	return nil
}

// reject withdraws a fix for good, or, when it failed only together with others, until they
// are done.
func (r *run) reject(f Finding, reason string, later bool) {
	r.barred = slices.DeleteFunc(r.barred, func(b *barred) bool {
		return b.later && b.finding.ID == f.ID && b.finding.Path == f.Path && b.finding.Start <= f.Start && f.Start <= b.finding.End
	})
	bar := f
	bar.End = f.Start
	r.barred = append(r.barred, &barred{finding: bar, later: later})
	if !later {
		r.withdrawn = append(r.withdrawn, Withdrawn{Finding: f, Reason: reason})
	}
}

// round applies the chosen fixes, less those that fail.
func (r *run) round(ctx context.Context, chosen []*candidate) error {
	accepted, out, err := r.settle(ctx, nil, nil, chosen)
	if err != nil || len(accepted) == 0 {
		return err
	}
	if r.seen[digest(out.files)] {
		r.restart(accepted)
		return nil
	}
	r.seen[digest(out.files)] = true
	for _, c := range accepted {
		for _, path := range pathsOf([]*candidate{c}) {
			r.applied[path] = append(r.applied[path], Applied{Finding: c.finding, Round: r.rounds + 1})
		}
	}
	r.acceptActions(accepted)
	r.moveBarred(accepted, out)
	r.files, r.findings = out.files, out.findings
	maps.Copy(r.documents, out.documents)
	return nil
}

// restart begins anew without the checks whose fixes led back to an earlier state, so that
// none of their changes stays.
func (r *run) restart(circular []*candidate) {
	for _, c := range circular {
		r.banned[site{id: c.finding.ID, path: c.finding.Path}] = true
	}
	r.files, r.findings = slices.Clone(r.original.files), r.original.findings
	r.actions, r.index = nil, map[string]int{}
	for i, f := range r.files {
		r.index[f.Path] = i
	}
	r.barred, r.withdrawn, r.applied = nil, nil, map[string][]Applied{}
	r.seen = map[[sha256.Size]byte]bool{digest(r.files): true}
}

// moveBarred brings the places of barred findings up to date.
func (r *run) moveBarred(accepted []*candidate, out *outcome) {
	r.barred = slices.DeleteFunc(r.barred, func(b *barred) bool {
		return b.later && slices.ContainsFunc(accepted, func(c *candidate) bool {
			return c.finding.ID == b.finding.ID && c.finding.Path == b.finding.Path && c.finding.Start == b.finding.Start
		})
	})
	for _, b := range r.barred {
		if edits, ok := out.edits[b.finding.Path]; ok {
			lo, _ := edits.moved(pos(b.finding.Start))
			_, hi := edits.moved(pos(b.finding.End))
			b.finding.Start, b.finding.End = lo, hi
		}
	}
}

// settle adds to the accepted fixes as many of the candidates as pass the verification and
// rejects the others. out is the outcome of the accepted ones.
func (r *run) settle(ctx context.Context, accepted []*candidate, out *outcome, candidates []*candidate) ([]*candidate, *outcome, error) {
	if len(candidates) == 0 {
		return accepted, out, nil
	}
	all := slices.Concat(accepted, candidates)
	tried, fault, err := r.attempt(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	if fault == nil {
		return all, tried, nil
	}
	if fault.certain {
		for _, c := range fault.suspects {
			r.reject(c.finding, fault.reason, false)
		}
		keep := func(c *candidate) bool { return !slices.Contains(fault.suspects, c) }
		if rest := filter(candidates, keep); len(rest) < len(candidates) {
			return r.settle(ctx, accepted, out, rest)
		}
		// The candidates bring an accepted fix's finding back: start over without that one.
		return r.settle(ctx, nil, nil, filter(all, keep))
	}
	if len(candidates) == 1 {
		r.reject(candidates[0].finding, fault.reason, len(accepted) > 0)
		return accepted, out, nil
	}
	first, second := fault.divide(candidates)
	if accepted, out, err = r.settle(ctx, accepted, out, first); err != nil {
		return nil, nil, err
	}
	return r.settle(ctx, accepted, out, second)
}

func filter(candidates []*candidate, keep func(*candidate) bool) []*candidate {
	var out []*candidate
	for _, c := range candidates {
		if keep(c) {
			out = append(out, c)
		}
	}
	return out
}

// divide splits candidates into those to be tried first and those that are suspected; into
// halves when all are suspected, or none.
func (f *fault) divide(candidates []*candidate) (first, second []*candidate) {
	for _, c := range candidates {
		if slices.Contains(f.suspects, c) {
			second = append(second, c)
		} else {
			first = append(first, c)
		}
	}
	if len(first) == 0 || len(second) == 0 {
		half := len(candidates) / 2
		return candidates[:half], candidates[half:]
	}
	return first, second
}

// digest identifies the contents of all files.
func digest(files []File) [sha256.Size]byte {
	h := sha256.New()
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		h.Write(sum[:])
		h.Write([]byte(f.Path + "\x00"))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// plan collects what the rounds came to.
func (r *run) plan(original []File) *Plan {
	p := &Plan{Withdrawn: r.withdrawn, Remaining: r.findings, Rounds: r.rounds, Actions: r.actions}
	for i, f := range original {
		if !bytes.Equal(f.Content, r.files[i].Content) {
			p.Changes = append(p.Changes, FileChange{
				Path: f.Path, Before: f.Content, After: r.files[i].Content, Applied: r.applied[f.Path],
			})
		}
	}
	for i, f := range r.findings {
		bar := r.barOf(i)
		switch {
		case !f.selected:
		case f.Fix.Unsafe && !r.opts.Unsafe:
			p.Skipped = append(p.Skipped, f)
		case bar == nil || bar.later:
			p.Pending = append(p.Pending, f)
		}
	}
	sort.SliceStable(p.Withdrawn, func(i, j int) bool {
		a, b := p.Withdrawn[i].Finding, p.Withdrawn[j].Finding
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) < 0
	})
	return p
}

// openContent opens a file's content, and counts the faults of one that is not Python.
func (r *run) openContent(ctx context.Context, path string, content []byte) (*document, error) {
	d, err := openDocument(ctx, path, content)
	if err == nil && d.file == nil && r.opts.Faults != nil {
		d.faults = r.opts.Faults(path, d.source)
	}
	return d, err
}
