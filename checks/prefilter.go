package checks

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// prefilter tells from the words of files which of them no check of a Set can concern, so that
// they need not be parsed. It is asked about files that import each other as a whole, since a
// flow can begin in one and end in another. It knows no more than which names the checks and the
// models wait for: what it lets through may well hold nothing.
type prefilter struct {
	words    *semantic.Vocabulary
	concerns []concern
	// lists are the alternatives that concerns name by their places, and at the places of those
	// made so far: by pattern, label and kind of sink.
	lists []alternatives
	at    map[any]int
	// modules are what the checks of whole modules and of functions require, markers the comments that
	// may name a check; asked of each file by itself.
	phrases *phrases
	modules []requirement
	// asked are the questions of these checks, which stand for each file.
	asked []*Question
	// always is set where a check may concern every file.
	always bool
}

// concern is what must be mentioned for a check to have something to report: of each element,
// an alternative of one of the lists that it names.
type concern struct {
	lists [][]int
	asks  []*Question
}

// alternatives are met where one of them is.
type alternatives struct {
	list []alternative
	// one holds words of which at least one is in whatever meets the list; nil where all do. Most
	// lists are told to be met by nothing by it, which takes fewer steps.
	one semantic.Words
}

// index makes a.one, once the vocabulary is complete.
func (a *alternatives) index(v *semantic.Vocabulary) {
	one := v.NewWords()
	for _, alt := range a.list {
		if len(alt) == 0 {
			return
		}
		for _, word := range alt[0] { // mostly the package
			one.Put(word)
		}
	}
	a.one = one
}

// alternative asks for one word of each list.
type alternative [][]int

// prefilter returns the set's prefilter, which is made at its first use. The error is the context's.
func (s *Set) prefilter(ctx context.Context) (*prefilter, error) {
	if f := s.filter.Load(); f != nil {
		return f, nil
	}
	s.filterMu.Lock()
	defer s.filterMu.Unlock()
	f := s.filter.Load()
	if f == nil {
		var err error
		if f, err = s.newPrefilter(ctx); err != nil {
			return nil, err
		}
		s.filter.Store(f)
	}
	return f, nil
}

func (s *Set) newPrefilter(ctx context.Context) (*prefilter, error) {
	f := &prefilter{words: semantic.NewVocabulary(), at: map[any]int{}, phrases: &s.phrases}
	m, err := flow.NewMentions(s.extra...)
	if err != nil || len(s.projects) > 0 {
		f.always = true
		return f, ctx.Err()
	}
	b := prefilterBuilder{f, m}
	for _, c := range s.calls {
		if ctx.Err() != nil {
			break
		}
		b.names(c, c.Calls())
	}
	for _, c := range s.stores {
		if r, ok := c.(*Rule); !ok || r.OnStore != nil {
			b.names(c, c.Stores())
		}
	}
	seen := map[FlowCheck]bool{}
	for _, list := range s.flows {
		for _, c := range list {
			if !seen[c] && ctx.Err() == nil {
				seen[c] = true
				b.flow(c, c.Flow())
			}
		}
	}
	for i, c := range s.modules {
		f.require(s.moduleNeeds[i])
		f.asked = append(f.asked, questions(c)...)
	}
	for i, c := range s.functions {
		f.require(s.functionNeeds[i])
		f.asked = append(f.asked, questions(c)...)
	}
	marked := requirement{}
	for _, m := range markers {
		marked.texts = append(marked.texts, s.phrases.places[m])
	}
	f.require(marked)
	for _, c := range s.notebooks {
		f.asked = append(f.asked, questions(c)...)
	}
	for i := range f.lists {
		f.lists[i].index(f.words)
	}
	return f, ctx.Err()
}

func (f *prefilter) require(r requirement) {
	f.always = f.always || len(r.texts) == 0 && !r.notASCII
	f.modules = append(f.modules, r)
}

// prefilterBuilder writes what checks wait for as words.
type prefilterBuilder struct {
	*prefilter
	mentions *flow.Mentions
}

func (b prefilterBuilder) names(check Check, patterns []string) {
	var lists []int
	for _, p := range patterns {
		at, ok := b.list(p, func() ([]flow.Mention, bool) {
			list, err := b.mentions.Of(p)
			return list, err == nil
		})
		if !ok {
			b.always = true
			return
		}
		lists = append(lists, at)
	}
	if len(lists) > 0 {
		b.concerns = append(b.concerns, concern{[][]int{lists}, questions(check)})
	}
}

func questions(c Check) []*Question {
	if a, ok := c.(Asker); ok {
		return a.Questions()
	}
	return nil
}

func (b prefilterBuilder) flow(check Check, f Flow) {
	c := concern{asks: questions(check)}
	c.lists = append(c.lists, places(b, f.Sources, b.mentions.OfSource)...)
	c.lists = append(c.lists, places(b, f.Sinks, b.mentions.OfSink)...)
	b.concerns = append(b.concerns, c)
}

// places returns the lists of several labels or kinds of sinks, none where one of them needs no
// mention.
func places[T comparable](b prefilterBuilder, keys []T, of func(T) ([]flow.Mention, bool)) [][]int {
	var lists []int
	for _, k := range keys {
		at, ok := b.list(k, func() ([]flow.Mention, bool) { return of(k) })
		if !ok {
			return nil
		}
		lists = append(lists, at)
	}
	return [][]int{lists}
}

// list returns the place of the list of a key, -1 and false where the key needs no mention.
func (b prefilterBuilder) list(key any, of func() ([]flow.Mention, bool)) (int, bool) {
	at, known := b.at[key]
	if !known {
		at = -1
		if mentions, ok := of(); ok {
			at = len(b.lists)
			b.lists = append(b.lists, alternatives{list: b.alternatives(mentions)})
		}
		b.at[key] = at
	}
	return at, at >= 0
}

func (b prefilterBuilder) alternatives(list []flow.Mention) []alternative {
	out := make([]alternative, 0, len(list))
	for _, m := range list {
		a := make(alternative, 0, len(m))
		for _, words := range m {
			places := make([]int, 0, len(words))
			for _, w := range words {
				switch {
				case w.Imported:
					places = append(places, b.words.Imported(w.Word))
				case w.Read:
					places = append(places, b.words.Read(w.Word))
				default:
					places = append(places, b.words.Word(w.Word))
				}
			}
			a = append(a, places)
		}
		out = append(out, a)
	}
	return out
}

// concerned reports whether a check can have something to report in files with these words, and
// what those that can ask of all files.
func (f *prefilter) concerned(w semantic.Words) (needed bool, asks []*Question) {
	asks = slices.Clone(f.asked)
	met := make([]int8, len(f.lists)) // 1 for lists that are met, -1 for those that are not
	isMet := func(list int) bool {
		if met[list] == 0 {
			met[list] = -1
			if f.lists[list].metBy(w) {
				met[list] = 1
			}
		}
		return met[list] > 0
	}
	for _, c := range f.concerns {
		if needed && len(c.asks) == 0 || slices.ContainsFunc(c.lists, func(lists []int) bool { return !slices.ContainsFunc(lists, isMet) }) {
			continue
		}
		needed, asks = true, append(asks, c.asks...)
	}
	slices.SortStableFunc(asks, func(a, b *Question) int { return strings.Compare(a.Name, b.Name) })
	return needed, slices.Compact(asks)
}

func (a *alternatives) metBy(w semantic.Words) bool {
	return (a.one == nil || a.one.Meets(w)) && slices.ContainsFunc(a.list, func(a alternative) bool { return a.metBy(w) })
}

func (a alternative) metBy(w semantic.Words) bool {
	for _, words := range a {
		if !slices.ContainsFunc(words, w.Has) {
			return false
		}
	}
	return true
}

// Outline reads what Groups asks of a draft, once. Drafts can be outlined by many goroutines. The error is the context's.
func (s *Set) Outline(ctx context.Context, d *Draft) error {
	if d.outline.Load() != nil {
		return nil
	}
	f, err := s.prefilter(ctx)
	if err != nil {
		return err
	}
	d.outlining.Lock()
	defer d.outlining.Unlock()
	if d.outline.Load() != nil {
		return nil
	}
	outline, err := f.words.OutlineWithin(ctx, d.Path, d.Text)
	if err != nil {
		return err
	}
	for _, im := range ranFiles(d.Notebook) {
		outline.Add(im)
	}
	holds, err := f.phrases.within(ctx, d.Text)
	if err != nil {
		return err
	}
	d.Needed = d.Needed || f.always || slices.ContainsFunc(f.modules, func(r requirement) bool { return r.metBy(holds) })
	outline.Imported(func(module string) { // it tells the rest of the project (Project.UsesML)
		d.Needed = d.Needed || isMLModule(module)
	})
	d.outline.Store(outline)
	return nil
}

// markers are in each comment that may name a check.
var markers = []string{"pyguardml", "PML"}

// Group is a set of files between which and all others there are no imports.
type Group struct {
	// Members are places in the list of drafts.
	Members []int
	// Needed is set where a check can concern one of the files, so that all have to be parsed.
	Needed bool
	// Asks are the questions of those that can, about the files of all groups.
	Asks []*Question
}

// Groups splits outlined drafts into groups, each in the order of the list. The error is the context's.
func (s *Set) Groups(ctx context.Context, list []*Draft) ([]Group, error) {
	f, err := s.prefilter(ctx)
	if err != nil {
		return nil, err
	}
	outlines := make([]*semantic.Outline, len(list))
	for i, d := range list {
		outlines[i] = d.outline.Load()
	}
	var out []Group
	groups, err := semantic.OutlineGroups(ctx, outlines, func(name string) bool { return s.table.Top().Get(name) != nil })
	if err != nil {
		return nil, err
	}
	for _, members := range groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		files := make([]*Draft, len(members))
		for k, i := range members {
			files[k] = list[i]
		}
		needed, asks := f.ofGroup(files)
		out = append(out, Group{Members: members, Needed: needed, Asks: asks})
	}
	return out, nil
}

// judged is what a prefilter said of a group.
type judged struct {
	by     *prefilter
	files  []*Draft
	needed bool
	asks   []*Question
}

// ofGroup is concerned for the files of a group. What it says is kept with the group's first file, since
// the files of most groups are the same as in the analysis before.
func (f *prefilter) ofGroup(files []*Draft) (needed bool, asks []*Question) {
	if j := files[0].judged.Load(); j != nil && j.by == f && slices.Equal(j.files, files) {
		return j.needed, j.asks
	}
	words := f.words.NewWords()
	for _, d := range files {
		words.Add(d.outline.Load().Words)
		needed = needed || d.Needed
	}
	concerned, asks := f.concerned(words)
	j := &judged{f, files, needed || concerned, asks}
	files[0].judged.Store(j)
	return j.needed, j.asks
}

// prefiltered is the part of a Set that is made when it is first needed.
type prefiltered struct {
	filterMu sync.Mutex
	filter   atomic.Pointer[prefilter]
	extra    []Framework
}
