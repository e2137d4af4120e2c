package fix

import (
	"context"
	"slices"

	"github.com/pyguard/pyguardml/ast"
)

func pos(offset int) ast.Pos { return ast.Pos(offset) }

// outcome is the state after a set of fixes.
type outcome struct {
	files    []File
	findings []Finding
	// edits are what was done to the changed files, by path, in offsets of the text before.
	edits map[string]editSet
	// documents are the changed files, opened.
	documents map[string]*document
}

// fault is why a set of fixes fails.
type fault struct {
	reason   string
	suspects []*candidate
	// certain is set when each of the suspects fails for itself.
	certain bool
}

// attempt applies a set of fixes, which do not conflict, to the current files and verifies
// the result.
func (r *run) attempt(ctx context.Context, fixes []*candidate) (*outcome, *fault, error) {
	out := &outcome{files: slices.Clone(r.files), edits: map[string]editSet{}, documents: map[string]*document{}}
	for _, path := range pathsOf(fixes) {
		reason, err := r.rewrite(ctx, path, fixes, out)
		if err != nil {
			return nil, nil, err
		}
		if reason != "" {
			return nil, &fault{reason: reason, suspects: editing(path, fixes)}, nil
		}
	}
	r.perform(fixes, out)
	var err error
	if out.findings, err = r.examine(ctx, out.files); err != nil {
		return nil, nil, err
	}
	if f := r.survivors(fixes, out); f != nil {
		return nil, f, nil
	}
	if f := r.newcomers(fixes, out); f != nil {
		return nil, f, nil
	}
	return out, nil, nil
}

// rewrite applies the edits of all fixes in one file. reason tells why that is not possible.
func (r *run) rewrite(ctx context.Context, path string, fixes []*candidate, out *outcome) (reason string, err error) {
	d, err := r.open(ctx, path)
	if err != nil {
		return err.Error(), ctx.Err()
	}
	edits := compose(d, fixes, r.opts.Comments)
	content, err := d.apply(edits, join(fixes, region{path, true}))
	if err != nil {
		return err.Error(), nil
	}
	after, err := r.openContent(ctx, path, content)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "the result cannot be read: " + err.Error(), nil
	case after.faults > d.faults:
		return "the result has a new syntax error", nil
	}
	out.files[r.index[path]].Content = content
	out.edits[path], out.documents[path] = edits, after
	return "", nil
}

// pathsOf lists the files that fixes edit, in order.
func pathsOf(fixes []*candidate) []string {
	var paths []string
	for _, c := range fixes {
		for at := range c.edits {
			paths = append(paths, at.path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// editing lists the fixes that edit a file.
func editing(path string, fixes []*candidate) []*candidate {
	var out []*candidate
	for _, c := range fixes {
		if slices.Contains(pathsOf([]*candidate{c}), path) {
			out = append(out, c)
		}
	}
	return out
}

// survivors reports the fixes whose finding is still there: a finding of the same check, at
// the place to which the text moved, that is not one of those that were not fixed.
func (r *run) survivors(fixes []*candidate, out *outcome) *fault {
	known := r.unfixed(fixes, out)
	byCheck := map[site][]moved{}
	for _, c := range fixes {
		k := site{id: c.finding.ID, path: c.finding.Path}
		byCheck[k] = append(byCheck[k], out.move(c))
	}
	var suspects []*candidate
	for _, n := range out.findings {
		fixed := byCheck[site{id: n.ID, path: n.Path}]
		if len(fixed) == 0 || known.take(n, true) {
			continue
		}
		c := startingAt(fixed, n)
		if c == nil && !known.take(n, false) {
			c = smallestAround(fixed, n)
		}
		if c != nil && !slices.Contains(suspects, c) {
			suspects = append(suspects, c)
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	return &fault{reason: "the finding is still there", suspects: suspects, certain: true}
}

// moved is where a fixed finding's text is after the edits. Its start is one of two offsets
// when text was inserted there.
type moved struct {
	*candidate
	start [2]int
	to    int
}

func (o *outcome) move(c *candidate) moved {
	edits := o.edits[c.finding.Path]
	lo, hi := edits.moved(pos(c.finding.Start))
	_, end := edits.moved(pos(c.finding.End))
	return moved{c, [2]int{lo, hi}, end}
}

// startingAt returns the fix whose finding began where n does.
func startingAt(fixed []moved, n Finding) *candidate {
	for _, m := range fixed {
		if n.Start == m.start[0] || n.Start == m.start[1] {
			return m.candidate
		}
	}
	return nil
}

// smallestAround returns the fix of the smallest finding whose text n touches.
func smallestAround(fixed []moved, n Finding) *candidate {
	var best *candidate
	size := 0
	for _, m := range fixed {
		if n.Start < m.to && n.End > m.start[0] && (best == nil || m.to-m.start[0] < size) {
			best, size = m.candidate, m.to-m.start[0]
		}
	}
	return best
}

// site is a place that a check reports.
type site struct {
	id, path string
	start    int
}

func siteOf(f Finding) site { return site{f.ID, f.Path, f.Start} }

// known holds where findings that were not fixed must appear: at an offset or, where the text
// around them was replaced, somewhere in a range.
type known struct {
	at     map[site]int
	within map[site][]span
}

type span struct{ lo, hi int }

// take removes a known finding that n can be.
func (k known) take(n Finding, exact bool) bool {
	if exact {
		s := siteOf(n)
		if k.at[s] == 0 {
			return false
		}
		k.at[s]--
		return true
	}
	key := site{id: n.ID, path: n.Path}
	i := slices.IndexFunc(k.within[key], func(s span) bool { return s.lo <= n.Start && n.Start <= s.hi })
	if i < 0 {
		return false
	}
	k.within[key] = slices.Delete(k.within[key], i, i+1)
	return true
}

// unfixed lists the findings that are not fixed by where they must be now.
func (r *run) unfixed(fixes []*candidate, out *outcome) known {
	fixed := map[site]int{}
	for _, c := range fixes {
		fixed[siteOf(c.finding)]++
	}
	k := known{map[site]int{}, map[site][]span{}}
	for _, f := range r.findings {
		if s := siteOf(f); fixed[s] > 0 {
			fixed[s]--
			continue
		}
		lo, hi := out.edits[f.Path].moved(pos(f.Start))
		if lo == hi {
			k.at[site{f.ID, f.Path, lo}]++
		} else {
			key := site{id: f.ID, path: f.Path}
			k.within[key] = append(k.within[key], span{lo, hi})
		}
	}
	return k
}

// newcomers reports findings that the fixes brought: a check that reports more in a file than
// before.
func (r *run) newcomers(fixes []*candidate, out *outcome) *fault {
	type key struct{ id, path string }
	count := map[key]int{}
	for _, f := range r.findings {
		count[key{f.ID, f.Path}]++
	}
	for _, f := range out.findings {
		k := key{f.ID, f.Path}
		if count[k]--; count[k] >= 0 {
			continue
		}
		return &fault{
			reason:   "it brings a new finding: " + f.ID + " in " + f.Path,
			suspects: editing(f.Path, fixes),
		}
	}
	return nil
}
