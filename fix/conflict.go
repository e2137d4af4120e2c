package fix

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
)

// candidate is a finding whose fix may be applied in a round, with the fix's edits.
type candidate struct {
	finding Finding
	edits   map[region][]ast.Edit
	actions []FileAction
}

// region is a text that edits refer to: a file's decoded text, or the bytes of a notebook.
type region struct {
	path string
	raw  bool
}

// newCandidate sorts a fix's edits and checks them against the documents.
func newCandidate(f Finding, open func(path string) (*document, error)) (*candidate, error) {
	c := &candidate{finding: f, edits: map[region][]ast.Edit{}}
	texts := map[region][]byte{}
	for _, e := range f.Fix.Edits {
		at := region{cmp.Or(e.Path, f.Path), e.Raw}
		d, err := open(at.path)
		if err != nil {
			return nil, err
		}
		if texts[at], err = d.textOf(at.raw); err != nil {
			return nil, err
		}
		if err := checkEdit(e, texts[at]); err != nil {
			return nil, fmt.Errorf("%s: %w", at.path, err)
		}
		c.edits[at] = append(c.edits[at], ast.Edit{Span: ast.Span{Start: pos(e.Start), End: pos(e.End)}, New: e.New})
	}
	changes := false
	for at, edits := range c.edits {
		merged, err := mergeEdits(edits, texts[at])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at.path, err)
		}
		c.edits[at] = merged
		changes = changes || len(merged) > 0
	}
	if !changes && len(f.Fix.Actions) == 0 {
		return nil, errors.New("the fix changes nothing")
	}
	return c, nil
}

// checkEdit reports an edit that lies outside of the text or cuts a character.
func checkEdit(e Edit, text []byte) error {
	if e.Start < 0 || e.End < e.Start || e.End > len(text) {
		return fmt.Errorf("edit [%d, %d) is outside of the text of %d bytes", e.Start, e.End, len(text))
	}
	for _, p := range [...]int{e.Start, e.End} {
		if p < len(text) && !utf8.RuneStart(text[p]) {
			return fmt.Errorf("edit [%d, %d) cuts a character", e.Start, e.End)
		}
	}
	if !utf8.ValidString(e.New) {
		return fmt.Errorf("edit [%d, %d) inserts text that is not UTF-8", e.Start, e.End)
	}
	return nil
}

// mergeEdits orders the edits of one fix in one file, joins insertions at the same place in
// the order in which they were given, and drops edits that change nothing. An insertion at
// the start of a replacement goes in front of it.
func mergeEdits(edits []ast.Edit, text []byte) ([]ast.Edit, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b ast.Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(min(a.Len(), 1), min(b.Len(), 1)))
	})
	var out []ast.Edit
	for _, e := range sorted {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if e == *last && e.Len() > 0 {
				continue
			}
			if e.Start < last.End {
				return nil, fmt.Errorf("edits [%d, %d) and [%d, %d) of one fix overlap", last.Start, last.End, e.Start, e.End)
			}
			if last.Len() == 0 && last.Start == e.Start {
				last.End, last.New = e.End, last.New+e.New
				continue
			}
		}
		out = append(out, e)
	}
	return slices.DeleteFunc(out, func(e ast.Edit) bool { return string(text[e.Start:e.End]) == e.New }), nil
}

// overlaps reports whether two edits cannot both be made. An insertion may touch the end of
// a replacement, not its start.
func overlaps(a, b ast.Edit) bool {
	switch {
	case a == b:
		return false
	case a.Start == b.Start:
		return true
	case a.Start > b.Start:
		a, b = b, a
	}
	return b.Start < a.End
}

// editSet is the edits of several fixes in one file: sorted, without overlap, each once.
type editSet []ast.Edit

// search returns the index of the first edit that starts at or after pos.
func (s editSet) search(pos ast.Pos) int {
	return sort.Search(len(s), func(i int) bool { return s[i].Start >= pos })
}

// conflicts reports whether an edit overlaps one of the set.
func (s editSet) conflicts(e ast.Edit) bool {
	i := s.search(e.Start)
	if i > 0 && overlaps(s[i-1], e) {
		return true
	}
	for ; i < len(s) && s[i].Start <= e.End; i++ {
		if overlaps(s[i], e) {
			return true
		}
	}
	return false
}

// add puts an edit that does not conflict into the set.
func (s *editSet) add(e ast.Edit) {
	i := s.search(e.Start)
	if i < len(*s) && (*s)[i] == e {
		return
	}
	*s = slices.Insert(*s, i, e)
}

// choose picks the candidates, in order, that do not conflict with one before.
func choose(candidates []*candidate) []*candidate {
	taken := map[region]*editSet{}
	acted := map[string]bool{} // paths of files that an action concerns
	var chosen []*candidate
	for _, c := range candidates {
		if !c.fits(taken) || !c.actsAlone(taken, acted) {
			continue
		}
		c.take(taken)
		for _, a := range c.actions {
			acted[a.Path], acted[a.To] = true, true
		}
		chosen = append(chosen, c)
	}
	return chosen
}

// actsAlone reports whether no file that an action of the fix concerns is touched by another
// fix, and no file that the fix edits is one that an action concerns.
func (c *candidate) actsAlone(taken map[region]*editSet, acted map[string]bool) bool {
	for at := range c.edits {
		if acted[at.path] {
			return false
		}
	}
	for _, a := range c.actions {
		if acted[a.Path] || acted[a.To] || taken[region{a.Path, false}] != nil || taken[region{a.Path, true}] != nil {
			return false
		}
	}
	return true
}

func (c *candidate) fits(taken map[region]*editSet) bool {
	for at, edits := range c.edits {
		set := taken[at]
		if set != nil && slices.ContainsFunc(edits, set.conflicts) {
			return false
		}
	}
	return true
}

func (c *candidate) take(taken map[region]*editSet) {
	for at, edits := range c.edits {
		if taken[at] == nil {
			taken[at] = &editSet{}
		}
		for _, e := range edits {
			taken[at].add(e)
		}
	}
}

// moved is where an offset of the old text can be found in the new one: the bounds of the
// text that took its place. Both bounds are equal where nothing was edited.
func (s editSet) moved(pos ast.Pos) (lo, hi int) {
	shift := 0
	for _, e := range s {
		if e.Start > pos {
			break
		}
		if e.End > pos || e.Start == pos {
			lo = int(e.Start) + shift
			return lo, lo + len(e.New)
		}
		shift += len(e.New) - e.Len()
	}
	return int(pos) + shift, int(pos) + shift
}
