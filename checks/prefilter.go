package checks

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/parallel"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// prefilter tells from the words of files which of them no check of a Set can concern, so that
// they need not be parsed. It is asked about files that import each other as a whole, since a
// flow can begin in one and end in another. It knows no more than which names the checks and the
// models wait for: what it lets through may well hold nothing.
type prefilter struct {
	words *semantic.Vocabulary
	// lists are the alternatives that concerns name by their places, and at the places of those
	// by pattern, label and kind of sink.
	lists   []alternatives
	at      map[any]int
	phrases *phrases
	// ofTests is of the checks that are told of tests, ofProgram of all.
	ofProgram, ofTests interests
}

// interests are what checks wait for.
type interests struct {
	concerns []concern
	// modules are what the checks of whole modules and of functions require, and the comments that
	// may name a check; asked of each file by itself.
	modules []requirement
	// beside are those of checks that also require something of the other files.
	beside []besideRequirement
	// asked are the questions of these checks, which stand for each file.
	asked []*Question
	// always is set where a check may concern every file.
	always bool
}

// besideRequirement is what a file, and those that are analysed together with it, must hold.
type besideRequirement struct {
	file   requirement
	beside []requirement
}

// of returns what is waited for in tests or in other files.
func (f *prefilter) of(tests bool) *interests {
	if tests {
		return &f.ofTests
	}
	return &f.ofProgram
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
		f.ofProgram.always, f.ofTests.always = true, true
		return f, ctx.Err()
	}
	b := prefilterBuilder{f, m}
	b.find(ctx, s)
	for _, c := range s.calls {
		if ctx.Err() != nil {
			break
		}
		s.interested(f, c, func(i *interests) { b.names(i, c, c.Calls()) })
	}
	for _, c := range s.stores {
		if r, ok := c.(*Rule); !ok || r.OnStore != nil {
			s.interested(f, c, func(i *interests) { b.names(i, c, c.Stores()) })
		}
	}
	seen := map[FlowCheck]bool{}
	for _, list := range s.flows {
		for _, c := range list {
			if !seen[c] && ctx.Err() == nil {
				seen[c] = true
				s.interested(f, c, func(i *interests) { b.flow(i, c, c.Flow()) })
			}
		}
	}
	for k, c := range s.modules {
		s.interested(f, c, func(i *interests) { i.require(c, s.moduleNeeds[k]) })
	}
	for k, c := range s.functions {
		s.interested(f, c, func(i *interests) { i.requireBeside(c, s.functionNeeds[k], s.functionBeside[k]) })
	}
	marked := requirement{}
	for _, m := range markers {
		marked.texts = append(marked.texts, s.phrases.places[m])
	}
	for _, i := range []*interests{&f.ofProgram, &f.ofTests} {
		i.modules = append(i.modules, marked)
	}
	for _, c := range s.notebooks {
		s.interested(f, c, func(i *interests) { i.asked = append(i.asked, questions(c)...) })
	}
	for i := range f.lists {
		f.lists[i].index(f.words)
	}
	return f, ctx.Err()
}

// asking is what becomes of the mentions of a pattern, label or kind of sink.
type asking struct {
	key  any
	of   func() ([]flow.Mention, bool)
	list []flow.Mention
	ok   bool
}

// find finds what must be mentioned for all that checks wait for, on all processors: it takes as long as all else of
// a prefilter.
func (b *prefilterBuilder) find(ctx context.Context, s *Set) {
	var list []*asking
	seen := map[any]bool{}
	ask := func(key any, of func() ([]flow.Mention, bool)) {
		if !seen[key] {
			seen[key] = true
			list = append(list, &asking{key: key, of: of})
		}
	}
	names := func(patterns []string) {
		for _, p := range patterns {
			ask(p, func() ([]flow.Mention, bool) {
				list, err := b.mentions.Of(p)
				return list, err == nil
			})
		}
	}
	for _, c := range s.calls {
		names(c.Calls())
	}
	for _, c := range s.stores {
		names(c.Stores())
	}
	for _, flows := range s.flows {
		for _, c := range flows {
			f := c.Flow()
			for _, l := range f.Sources {
				ask(l, func() ([]flow.Mention, bool) { return b.mentions.OfSource(l) })
			}
			for _, k := range f.Sinks {
				ask(k, func() ([]flow.Mention, bool) { return b.mentions.OfSink(k) })
			}
		}
	}
	_ = parallel.Each(ctx, runtime.GOMAXPROCS(0), len(list), func(_ context.Context, i int) error { // newPrefilter tells of the context's end
		list[i].list, list[i].ok = list[i].of()
		return nil
	})
	for _, a := range list {
		at := -1
		if a.ok {
			at = len(b.lists)
			b.lists = append(b.lists, alternatives{list: b.alternatives(a.list)})
		}
		b.at[a.key] = at
	}
}

// interested notes what a check waits for, in tests, too, unless it skips them.
func (s *Set) interested(f *prefilter, c Check, note func(*interests)) {
	note(&f.ofProgram)
	if !s.infos[c].OutsideTests {
		note(&f.ofTests)
	}
}

func (i *interests) require(c Check, r requirement) {
	i.always = i.always || len(r.texts) == 0 && !r.notASCII
	i.modules = append(i.modules, r)
	i.asked = append(i.asked, questions(c)...)
}

func (i *interests) requireBeside(c Check, file requirement, beside []requirement) {
	if len(beside) == 0 {
		i.require(c, file)
		return
	}
	i.beside = append(i.beside, besideRequirement{file, beside})
	i.asked = append(i.asked, questions(c)...)
}

// prefilterBuilder writes what checks wait for as words.
type prefilterBuilder struct {
	*prefilter
	mentions *flow.Mentions
}

func (b prefilterBuilder) names(in *interests, check Check, patterns []string) {
	var lists []int
	for _, p := range patterns {
		at, ok := b.list(p)
		if !ok {
			in.always = true
			return
		}
		lists = append(lists, at)
	}
	if len(lists) > 0 {
		in.concerns = append(in.concerns, concern{[][]int{lists}, questions(check)})
	}
}

func questions(c Check) []*Question {
	if a, ok := c.(Asker); ok {
		return a.Questions()
	}
	return nil
}

func (b prefilterBuilder) flow(in *interests, check Check, f Flow) {
	c := concern{asks: questions(check)}
	c.lists = append(c.lists, places(b, f.Sources)...)
	c.lists = append(c.lists, places(b, f.Sinks)...)
	in.concerns = append(in.concerns, c)
}

// places returns the lists of several labels or kinds of sinks, none where one of them needs no
// mention.
func places[T comparable](b prefilterBuilder, keys []T) [][]int {
	var lists []int
	for _, k := range keys {
		at, ok := b.list(k)
		if !ok {
			return nil
		}
		lists = append(lists, at)
	}
	return [][]int{lists}
}

// list returns the place of the list of a key, -1 and false where the key needs no mention.
func (b prefilterBuilder) list(key any) (int, bool) {
	at := b.at[key]
	return at, at >= 0
}

func (b prefilterBuilder) alternatives(list []flow.Mention) []alternative {
	parts, words := 0, 0
	for _, m := range list {
		parts += len(m)
		for _, w := range m {
			words += len(w)
		}
	}
	out := make([]alternative, 0, len(list))
	// There are ten thousands: what they hold lies in two rows.
	all, places := make(alternative, 0, parts), make([]int, 0, words)
	for _, m := range list {
		first := len(all)
		for _, words := range m {
			begin := len(places)
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
			all = append(all, places[begin:len(places):len(places)])
		}
		out = append(out, all[first:len(all):len(all)])
	}
	return out
}

// concerned reports whether a check can have something to report in files with these words, and
// what those that can ask of all files.
func (f *prefilter) concerned(in *interests, w semantic.Words) (needed bool, asks []*Question) {
	asks = slices.Clone(in.asked)
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
	for _, c := range in.concerns {
		if needed && len(c.asks) == 0 || slices.ContainsFunc(c.lists, func(lists []int) bool { return !slices.ContainsFunc(lists, isMet) }) {
			continue
		}
		needed, asks = true, append(asks, c.asks...)
	}
	return needed, sortedQuestions(asks)
}

// sortedQuestions are questions in the order of their names, each once.
func sortedQuestions(list []*Question) []*Question {
	slices.SortStableFunc(list, func(a, b *Question) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(list)
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
	d.held.Store(&heldBy{f.phrases, holds})
	in := f.of(outline.IsTest())
	d.Needed = d.Needed || in.always || slices.ContainsFunc(in.modules, func(r requirement) bool { return r.metBy(holds) })
	outline.Imported(func(module string) { d.importsML = d.importsML || isMLModule(module) })
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
	onlyTests := true
	for i, d := range list {
		outlines[i] = d.outline.Load()
		onlyTests = onlyTests && outlines[i].IsTest()
	}
	var out []Group
	groups, err := semantic.OutlineGroups(ctx, outlines, func(name string) bool { return s.table.Top().Get(name) != nil })
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if g.Imports != nil {
			out = append(out, f.ofTestGroup(list, g)...)
			continue
		}
		needed, asks := f.ofGroup(draftsAt(list, g.Members))
		for _, i := range g.Members { // it tells the rest of the project (Project.UsesML)
			needed = needed || list[i].importsML && (onlyTests || !outlines[i].IsTest())
		}
		out = append(out, Group{Members: g.Members, Needed: needed, Asks: asks})
	}
	return out, nil
}

func draftsAt(list []*Draft, at []int) []*Draft {
	out := make([]*Draft, len(at))
	for k, i := range at {
		out[k] = list[i]
	}
	return out
}

// ofTestGroup parts tests that import each other into those that a check can concern, together with what they import, and the
// others. What a test is the beginning or end of happens in it and in what it imports; hundreds of tests that share a
// helper are not analysed for one of them.
func (f *prefilter) ofTestGroup(list []*Draft, g semantic.OutlineGroup) []Group {
	member := make(map[int]int, len(g.Members))
	for k, i := range g.Members {
		member[i] = k
	}
	in := make([]bool, len(g.Members)) // what is needed
	var asks []*Question
	for _, i := range g.Members {
		from := []int{i} // what it imports, itself first
		seen := map[int]bool{i: true}
		for n := 0; n < len(from); n++ {
			for _, t := range g.Imports[member[from[n]]] {
				if !seen[t] {
					seen[t] = true
					from = append(from, t)
				}
			}
		}
		needed, asked := f.ofGroup(draftsAt(list, from))
		if !needed {
			continue
		}
		for _, t := range from {
			in[member[t]] = true
		}
		asks = append(asks, asked...)
	}
	var needed, rest Group
	for k, i := range g.Members {
		if in[k] {
			needed.Members = append(needed.Members, i)
		} else {
			rest.Members = append(rest.Members, i)
		}
	}
	needed.Needed, needed.Asks = true, sortedQuestions(asks)
	var out []Group
	for _, part := range []Group{needed, rest} {
		if len(part.Members) > 0 {
			out = append(out, part)
		}
	}
	return out
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
	tests := true
	together := held{texts: make([]uint64, len(f.phrases.list)/64+1)}
	for _, d := range files {
		outline := d.outline.Load()
		words.Add(outline.Words)
		together.add(d.held.Load().held)
		needed, tests = needed || d.Needed, tests && outline.IsTest()
	}
	in := f.of(tests)
	needed = needed || slices.ContainsFunc(in.beside, func(r besideRequirement) bool {
		return allMetBy(r.beside, together) && slices.ContainsFunc(files, func(d *Draft) bool { return r.file.metBy(d.held.Load().held) })
	})
	concerned, asks := f.concerned(in, words)
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
