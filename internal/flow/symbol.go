package flow

import (
	"fmt"
	"maps"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyguard/pyguardml/internal/models"
)

// Table holds every qualified name that a model or a check knows, as a tree of steps:
// attributes, calls "()" and items "[]". It is built once for a selection of checks, can
// be shared by many analyses, and grows only by the names that programs really use.
type Table struct {
	root *pattern
	top  *Symbol
	// wanted holds for kinds of sinks the labels of data that is followed to them; it is nil where
	// all are.
	wanted map[models.SinkKind]models.LabelSet
	mu     sync.Mutex
}

// pattern is a node of the tree of patterns. A node belongs to the table that made it; another
// table that shares it copies it before a change.
type pattern struct {
	owner    *Table
	name     string
	kids     map[string]*pattern
	star     *pattern // any one attribute
	starstar *pattern // any number of attributes
	keyed    bool     // some items have patterns of their own: "[files]"
	same     []string // names whose patterns hold here too
	models   []*models.Model
	calls    []int
	stores   []int
	defs     []int
}

// Symbol is one qualified name as far as some pattern may still match it. A name that no
// pattern can match has no Symbol (nil). Symbols are interned: equal names of one Table
// are equal pointers.
type Symbol struct {
	parent *Symbol
	step   string
	name   string
	set    []*pattern
	// Models are the models of this very name, the most specific first.
	Models []*models.Model
	// Calls and Stores are the handlers registered for calls of, and assignments to, the
	// name; Defs for project classes that extend it.
	Calls, Stores, Defs []int

	next  atomic.Pointer[map[string]*Symbol]
	table *Table
	plain *Value // the value of an import of the name
}

// builtin is the table of the built-in models, compiled once. It is never changed.
var builtin = sync.OnceValues(func() (*Table, error) {
	t := &Table{}
	t.root = &pattern{owner: t}
	return t, t.model(models.Builtin())
})

// NewTable returns a table of the built-in models and of more. Names are added with
// AddCall, AddStore and AddName before the table is used.
func NewTable(more ...models.Framework) (*Table, error) {
	base, err := builtin()
	if err != nil {
		return nil, err
	}
	t := &Table{root: base.root}
	t.root = t.own(t.root)
	return t, t.model(more)
}

// own returns a node that this table may change.
func (t *Table) own(p *pattern) *pattern {
	if p.owner == t {
		return p
	}
	c := *p
	c.owner = t
	c.kids = maps.Clone(p.kids)
	c.same = p.same[:len(p.same):len(p.same)]
	c.models = p.models[:len(p.models):len(p.models)]
	return &c
}

// model adds models.
func (t *Table) model(fws []models.Framework) error {
	for i := range fws {
		for j := range fws[i].Models {
			m := &fws[i].Models[j]
			names, err := Expand(m.Name)
			if err != nil {
				return fmt.Errorf("model of %s: %w", fws[i].Name, err)
			}
			for _, name := range names {
				p, err := t.add(name)
				if err != nil {
					return fmt.Errorf("model of %s: %w", fws[i].Name, err)
				}
				p.models = append(p.models, m)
				if m.SameAs != "" {
					p.same = append(p.same, m.SameAs)
				}
				p.same = append(p.same, m.Extends...)
				if isName(m.Returns) {
					r, err := t.add(name + "()")
					if err != nil {
						return err
					}
					r.same = append(r.same, m.Returns)
				}
			}
		}
	}
	return nil
}

// isName tells a qualified name from the words that Returns takes besides.
func isName(returns string) bool {
	if returns == "" || strings.HasPrefix(returns, "call ") {
		return false
	}
	return !strings.HasPrefix(returns, "self") && !strings.HasPrefix(returns, "args[")
}

// AddCall registers a handler for calls of the names that the pattern matches.
func (t *Table) AddCall(name string, handler int) error {
	return t.each(name, func(p *pattern) { p.calls = append(p.calls, handler) })
}

// AddStore registers a handler for assignments to the names that the pattern matches.
func (t *Table) AddStore(name string, handler int) error {
	return t.each(name, func(p *pattern) { p.stores = append(p.stores, handler) })
}

// AddFlow says that data of the labels is followed to sinks of the kinds. Where nothing is said, all
// is followed everywhere.
func (t *Table) AddFlow(labels []models.Label, kinds []models.SinkKind) {
	if t.wanted == nil {
		t.wanted = map[models.SinkKind]models.LabelSet{}
	}
	for _, k := range kinds {
		t.wanted[k] |= models.Labels(labels...)
	}
}

// shownSinks are places where a secret is told to whoever reads them. It is told only if it is
// spelled out.
var shownSinks = [...]models.SinkKind{models.Log, models.Printed, models.ToolResult}

// shown returns those of the places at which secrets are shown to which nothing is followed, and
// spelled those at which only what is spelled out counts, since they are looked at for secrets alone.
func (t *Table) shown() (ignored, spelled models.SinkSet) {
	if t.wanted == nil {
		return 0, 0
	}
	for _, k := range shownSinks {
		if t.wanted[k]&^models.Labels(models.Secret, models.Local) == 0 {
			spelled |= models.SinksOf(k)
		}
		if t.wanted[k] == 0 {
			ignored |= models.SinksOf(k)
		}
	}
	return ignored, spelled
}

// measured are sinks at which it counts how much there is of something. What parameters reach them matters where data of the
// labels can be handed in that checks follow there, and to nobody else.
var measured = [...]models.SinkKind{models.Size, models.Length, models.Pattern}

// unreached are the sinks among measured to which nothing is followed that has one of some labels.
func (t *Table) unreached(labels models.LabelSet) (kinds models.SinkSet) {
	if t.wanted == nil {
		return 0
	}
	for _, k := range measured {
		if t.wanted[k]&labels == 0 {
			kinds |= models.SinksOf(k)
		}
	}
	return kinds
}

// AddName makes a name known, so that Is can ask for it.
func (t *Table) AddName(name string) error { return t.each(name, func(*pattern) {}) }

func (t *Table) each(name string, do func(*pattern)) error {
	names, err := Expand(name)
	if err != nil {
		return err
	}
	for _, n := range names {
		p, err := t.add(n)
		if err != nil {
			return err
		}
		do(p)
	}
	return nil
}

func (t *Table) add(name string) (*pattern, error) {
	steps, err := Steps(name)
	if err != nil {
		return nil, err
	}
	p := t.root
	for _, s := range steps {
		switch s {
		case "*":
			if p.star == nil {
				p.star = &pattern{owner: t, name: p.name + ".*"}
			}
			p.star = t.own(p.star)
			p = p.star
		case "**":
			if p.starstar == nil {
				p.starstar = &pattern{owner: t, name: p.name + ".**"}
			}
			p.starstar = t.own(p.starstar)
			p = p.starstar
		default:
			k := p.kids[s]
			if k == nil {
				k = &pattern{owner: t, name: joinStep(p.name, s)}
			}
			k = t.own(k)
			if p.kids == nil {
				p.kids = map[string]*pattern{}
			}
			p.kids[s] = k
			p.keyed = p.keyed || s[0] == '[' && s != "[]"
			p = k
		}
	}
	return p, nil
}

func joinStep(name, step string) string {
	if name == "" || !isAttr(step) {
		return name + step
	}
	return name + "." + step
}

// Top returns the symbol of no name, from which all others are reached by Get.
func (t *Table) Top() *Symbol {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.top == nil {
		t.top = &Symbol{table: t, set: []*pattern{t.root}}
	}
	return t.top
}

// Lookup returns the symbol of a qualified name, nil when no pattern can match it.
func (t *Table) Lookup(name string) *Symbol {
	steps, err := Steps(name)
	if err != nil {
		return nil
	}
	s := t.Top()
	for _, step := range steps {
		if s = s.Get(step); s == nil {
			return nil
		}
	}
	return s
}

// item returns the symbol of an item under a constant key, where some pattern names that, else
// that of any item.
func (s *Symbol) item(key string) *Symbol {
	if s == nil {
		return nil
	}
	for _, p := range s.set {
		if p.keyed {
			if n := s.Get("[" + key + "]"); n != nil {
				return n
			}
			break
		}
	}
	return s.Get("[]")
}

// Get returns the symbol one step further: an attribute's name, "()", "[]" or the item under a
// key, "[files]". It returns nil when no pattern can match there. It may be called from many
// goroutines.
func (s *Symbol) Get(step string) *Symbol {
	if s == nil {
		return nil
	}
	if m := s.next.Load(); m != nil {
		if n, ok := (*m)[step]; ok {
			return n
		}
	}
	set := s.advance(step)
	if len(set) == 0 {
		return nil
	}
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	old := s.next.Load()
	next := map[string]*Symbol{}
	if old != nil {
		if n, ok := (*old)[step]; ok {
			return n
		}
		for k, v := range *old {
			next[k] = v
		}
	}
	n := &Symbol{parent: s, step: strings.Clone(step), set: set, table: s.table}
	n.name = joinStep(s.name, n.step)
	for _, p := range set {
		n.Models = append(n.Models, p.models...)
		n.Calls = appendNew(n.Calls, p.calls)
		n.Stores = appendNew(n.Stores, p.stores)
		n.Defs = appendNew(n.Defs, p.defs)
	}
	n.plain = &Value{kind: KindExternal, sym: n}
	for _, m := range n.Models {
		if m.Constant != "" {
			n.plain = &Value{kind: KindConst, konst: constNumber, text: m.Constant}
			break
		}
	}
	next[n.step] = n
	s.next.Store(&next)
	return n
}

func appendNew(to, more []int) []int {
	for _, x := range more {
		found := false
		for _, y := range to {
			found = found || x == y
		}
		if !found {
			to = append(to, x)
		}
	}
	return to
}

func isAttr(step string) bool { return step != "()" && !strings.HasPrefix(step, "[") }

// advance computes the patterns reached by a step from those of s.
func (s *Symbol) advance(step string) []*pattern {
	var out []*pattern
	for _, p := range s.set {
		if k := p.kids[step]; k != nil {
			out = append(out, k)
		}
		if isAttr(step) {
			if p.star != nil {
				out = append(out, p.star)
			}
			if strings.HasSuffix(p.name, ".**") {
				out = append(out, p)
			}
		}
	}
	return s.table.closure(out, 0)
}

// maxSame bounds chains of names that are said to be the same.
const maxSame = 6

// closure adds what holds without a further step: `**` of no attributes, other spellings
// and base classes.
func (t *Table) closure(set []*pattern, depth int) []*pattern {
	var out []*pattern
	seen := map[*pattern]bool{}
	var add func(p *pattern, depth int)
	add = func(p *pattern, depth int) {
		if seen[p] || depth > maxSame {
			return
		}
		seen[p] = true
		out = append(out, p)
		if p.starstar != nil {
			add(p.starstar, depth)
		}
		for _, name := range p.same {
			for _, q := range t.reach(name, depth+1) {
				add(q, depth+1)
			}
		}
	}
	for _, p := range set {
		add(p, depth)
	}
	return out
}

// reach returns the patterns that match a name.
func (t *Table) reach(name string, depth int) []*pattern {
	if depth > maxSame {
		return nil
	}
	steps, err := Steps(name)
	if err != nil {
		return nil
	}
	set := []*pattern{t.root}
	for _, step := range steps {
		var next []*pattern
		for _, p := range set {
			if k := p.kids[step]; k != nil {
				next = append(next, k)
			}
			if isAttr(step) && p.star != nil {
				next = append(next, p.star)
			}
			if isAttr(step) && strings.HasSuffix(p.name, ".**") {
				next = append(next, p)
			}
		}
		set = t.closure(next, depth)
	}
	return set
}

// String returns the qualified name as the program reaches it.
func (s *Symbol) String() string {
	if s == nil {
		return ""
	}
	return s.name
}

// Is reports whether the symbol is one of the names, in any of the spellings that the
// models say are the same, or an instance or subclass that they say extends one.
func (s *Symbol) Is(names ...string) bool {
	if s == nil {
		return false
	}
	for _, p := range s.set {
		for _, n := range names {
			if p.name == n {
				return true
			}
		}
	}
	return false
}

// Names lists the qualified names and patterns that the symbol matches, sorted.
func (s *Symbol) Names() []string {
	if s == nil {
		return nil
	}
	var out []string
	for _, p := range s.set {
		out = append(out, p.name)
	}
	sort.Strings(out)
	return out
}

// Under reports whether the name is the given one or continues it.
func (s *Symbol) Under(prefix string) bool {
	for ; s != nil && s.parent != nil; s = s.parent {
		if s.Is(prefix) {
			return true
		}
	}
	return false
}

// first is the first word of the name as the program reaches it.
func (s *Symbol) first() string {
	word, _, _ := strings.Cut(s.String(), ".")
	return word
}

// Steps splits a qualified name without braces into its steps.
func Steps(name string) ([]string, error) {
	var out []string
	rest := name
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "()"):
			out = append(out, rest[:2])
			rest = rest[2:]
			continue
		case rest[0] == '[' && len(out) > 0:
			end := strings.IndexByte(rest, ']')
			if end < 0 || strings.ContainsAny(rest[1:end], "{}|, ()[.") {
				return nil, fmt.Errorf("name %q: bad item %q", name, rest)
			}
			out = append(out, rest[:end+1])
			rest = rest[end+1:]
			continue
		case rest[0] == '.' && len(out) > 0:
			rest = rest[1:]
		case len(out) > 0:
			return nil, fmt.Errorf("name %q: expected a dot at %q", name, rest)
		}
		i := strings.IndexAny(rest, ".([")
		if i < 0 {
			i = len(rest)
		}
		word := rest[:i]
		if word == "" || strings.ContainsAny(word, "{}|, )]") {
			return nil, fmt.Errorf("name %q: bad part %q", name, rest)
		}
		out = append(out, word)
		rest = rest[i:]
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("empty name")
	}
	return out, nil
}

// Expand writes out the braces of a pattern, "{a,b}.c" as "a.c" and "b.c".
func Expand(s string) ([]string, error) {
	open := strings.IndexByte(s, '{')
	if open < 0 {
		if strings.IndexByte(s, '}') >= 0 {
			return nil, fmt.Errorf("name %q: brace without beginning", s)
		}
		return []string{s}, nil
	}
	depth, end := 0, -1
	var cuts []int
	for i := open; i < len(s) && end < 0; i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				end = i
			}
		case ',':
			if depth == 1 {
				cuts = append(cuts, i)
			}
		}
	}
	if end < 0 {
		return nil, fmt.Errorf("name %q: brace without end", s)
	}
	var out []string
	start := open + 1
	for _, c := range append(cuts, end) {
		more, err := Expand(s[:open] + s[start:c] + s[end+1:])
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
		start = c + 1
	}
	return out, nil
}
