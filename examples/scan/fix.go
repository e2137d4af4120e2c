package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/pyguardml"
)

// fixFiles plans the fixes, and shows them (--diff) or applies them. What was done is told on
// standard error; the diff is the report.
func (s *settings) fixFiles(ctx context.Context, found *collection, opts pyguardml.Options, bar *progressBar) error {
	if len(found.files) == 0 {
		return nil
	}
	base, files := found.rooted()
	opts.Folder = s.project.folderOf(base)
	bar.show()
	plan, err := pyguardml.Fix(ctx, files, pyguardml.FixOptions{Options: opts, Unsafe: s.unsafeFixes, Comments: !s.noFixComments})
	bar.clear()
	if err != nil {
		return err
	}
	name := func(p string) string { return shown(found.base, filepath.Join(base, filepath.FromSlash(p))) }
	if s.diff {
		if err := s.writeDiff(plan); err != nil {
			return err
		}
		s.tellPlan(plan, name, "Would fix")
		return nil
	}
	if err := plan.Apply(base); err != nil {
		return fmt.Errorf("nothing was fixed: %w", err)
	}
	if err := plan.Discard(); err != nil { // the backup, no longer needed
		s.complain("warning", err.Error())
	}
	s.tellPlan(plan, name, "Fixed")
	renamed := map[string]bool{}
	for _, a := range plan.Actions {
		if a.Make == nil {
			renamed[name(a.Path)] = true
		}
	}
	found.files = slices.DeleteFunc(found.files, func(f pyguardml.File) bool { return renamed[shown(found.base, found.full(f))] })
	return nil
}

// tellPlan says what is changed, what was withdrawn and what is left for want of consent.
func (s *settings) tellPlan(plan *fix.Plan, name func(string) string, verb string) {
	fixes := 0
	for _, c := range plan.Changes {
		fixes += len(c.Applied)
	}
	fixes += len(plan.Actions)
	if fixes == 0 {
		fmt.Fprintln(s.stderr, "Nothing to fix.")
	} else {
		fmt.Fprintf(s.stderr, "%s %s in %s:\n", verb, plural(fixes, "defect"), plural(len(plan.Changes)+len(plan.Actions), "file"))
	}
	for _, c := range plan.Changes {
		fmt.Fprintf(s.stderr, "  %s: %s\n", name(c.Path), tally(c.Applied))
	}
	for _, a := range plan.Actions {
		fmt.Fprintf(s.stderr, "  %s: %s: is now %s\n", name(a.Path), a.Applied.Finding.ID, name(a.To))
	}
	for _, w := range plan.Withdrawn {
		s.complain("warning", fmt.Sprintf("%s: the fix of %s was withdrawn: %s", name(w.Finding.Path), w.Finding.ID, w.Reason))
	}
	if n := len(plan.Skipped); n > 0 {
		fmt.Fprintf(s.stderr, "%s left whose fix changes behaviour; --unsafe-fixes applies it.\n", plural(n, "defect"))
	}
	if n := len(plan.Pending); n > 0 {
		s.complain("warning", plural(n, "defect")+" left in too many rounds of fixing; run it again")
	}
}

// tally counts fixes by check: "PML1201 (3), PML4213".
func tally(applied []fix.Applied) string {
	counts := map[string]int{}
	for _, a := range applied {
		counts[a.Finding.ID]++
	}
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		if counts[id] > 1 {
			id = fmt.Sprintf("%s (%d)", id, counts[id])
		}
		parts = append(parts, id)
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// full is where a file lies.
func (c *collection) full(f pyguardml.File) string {
	if p := filepath.FromSlash(f.Path); filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.base, filepath.FromSlash(f.Path))
}

// rooted returns the files with paths relative to one folder that all are below: what a plan
// can be applied to. It is the working folder unless files are outside of it.
func (c *collection) rooted() (base string, files []pyguardml.File) {
	base = c.base
	files = slices.Clone(c.files)
	full := make([]string, len(files))
	for i, f := range files {
		full[i] = c.full(f)
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			base = commonFolder(base, filepath.Dir(full[i]))
		}
	}
	for i := range files {
		files[i].Path = shown(base, full[i])
	}
	slices.SortFunc(files, func(a, b pyguardml.File) int { return cmp.Compare(a.Path, b.Path) })
	return base, files
}

// commonFolder is the deepest folder that holds both.
func commonFolder(a, b string) string {
	for a != b {
		if len(a) < len(b) {
			a, b = b, a
		}
		parent := filepath.Dir(a)
		if parent == a {
			return a
		}
		a = parent
	}
	return a
}
