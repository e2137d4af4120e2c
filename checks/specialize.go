package checks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// precedence says which checks a check replaces at the same place: those it specializes,
// those that they specialize, and so on. It is never changed once made.
type precedence map[string]map[string]bool

// newPrecedence follows Info.Specializes to its end. Ids of checks that are not in the list
// are kept: they may be run by somebody else. A circle is an error.
func newPrecedence(infos []*Info) (precedence, error) {
	direct := map[string][]string{}
	for _, info := range infos {
		if len(info.Specializes) > 0 {
			direct[info.ID] = info.Specializes
		}
	}
	p := precedence{}
	var problems []error
	for _, info := range infos {
		if len(info.Specializes) == 0 {
			continue
		}
		below := map[string]bool{}
		todo := slices.Clone(info.Specializes)
		for len(todo) > 0 {
			id := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !below[id] {
				below[id] = true
				todo = append(todo, direct[id]...)
			}
		}
		if below[info.ID] {
			problems = append(problems, fmt.Errorf("%s specializes itself: %s", info.ID, strings.Join(circle(info.ID, direct), " -> ")))
		}
		p[info.ID] = below
	}
	return p, errors.Join(problems...)
}

// circle returns the shortest way from an id back to itself.
func circle(id string, direct map[string][]string) []string {
	ways := [][]string{{id}}
	seen := map[string]bool{}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		for _, next := range direct[way[len(way)-1]] {
			longer := append(slices.Clone(way), next)
			if next == id {
				return longer
			}
			if !seen[next] {
				seen[next] = true
				ways = append(ways, longer)
			}
		}
	}
	return []string{id}
}

// place is what "one place, one report" compares.
type place struct {
	path string
	cell int
	span ast.Span
}

// Settle brings findings into their final order and leaves one report a place: of findings
// at the same span of a file, those whose check another one there specializes are dropped
// and named in that one's Replaces. A check that reports a place twice is heard once. The
// findings' slice is reused.
func (r *Registry) Settle(found []Finding) []Finding {
	SortFindings(found)
	found = slices.CompactFunc(found, func(a, b Finding) bool {
		return a.CheckID == b.CheckID && a.Path == b.Path && a.Cell == b.Cell && a.Span == b.Span
	})
	at := map[place][]int{}
	for i := range found {
		key := place{found[i].Path, found[i].Cell, found[i].Span}
		at[key] = append(at[key], i)
	}
	kept := found[:0]
	replaced := make([]bool, len(found))
	for i := range found {
		if group := at[place{found[i].Path, found[i].Cell, found[i].Span}]; len(group) > 1 && group[0] == i {
			r.rank.resolve(found, group, replaced)
		}
	}
	for i := range found {
		if !replaced[i] {
			kept = append(kept, found[i])
		}
	}
	return kept
}

// resolve marks the findings of one place that a more specific one replaces.
func (p precedence) resolve(found []Finding, group []int, replaced []bool) {
	for _, i := range group {
		below := p[found[i].CheckID]
		for _, j := range group {
			if j != i && below[found[j].CheckID] {
				replaced[j] = true
				found[i].Replaces = append(found[i].Replaces, found[j].CheckID)
			}
		}
	}
}

// SortFindings sorts findings by path, place and check: the order of every report.
func SortFindings(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.Path, b.Path),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Cell, b.Cell),
			cmp.Compare(a.Span.End, b.Span.End),
			strings.Compare(a.CheckID, b.CheckID),
			strings.Compare(a.Message, b.Message),
			cmp.Compare(len(a.Trail), len(b.Trail)),
		)
	})
}
