package flow

import (
	"slices"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/internal/models"
)

// Mention is what a program's text must hold for a name to be reached in it: one word of each of
// its lists. The words stand in imports, attributes or strings of the files that import each
// other, not always in the file of the call. An empty Mention asks for nothing.
type Mention [][]MentionedWord

// MentionedWord is a word of a Mention.
type MentionedWord struct {
	Word string
	// Imported is set for the name of a library, which is reached by an import alone, or by a text that
	// begins with it and is imported by (importlib.import_module).
	Imported bool
	// Read is set for what is read off something unknown: it stands behind a dot, or begins a text (getattr).
	Read bool
}

func written(w string) MentionedWord  { return MentionedWord{Word: w} }
func imported(w string) MentionedWord { return MentionedWord{Word: w, Imported: true} }

// Mentions tells what text the names need that a Table knows: for calls of them, for sources of
// a label, for sinks of a kind. It is used to leave files unread that no check can concern, so it
// errs to the side of asking for too little.
type Mentions struct {
	spelled map[string]*spelledNames // by the first word of the name meant
	// roots holds for a first word those from which its names are reached.
	roots map[MentionedWord][]MentionedWord
	// bare holds by their first words the names that are read off something unknown, or are those of builtins, and
	// are a way to write others.
	bare    map[MentionedWord][][]string
	sources map[models.Label][]string
	sinks   map[models.SinkKind][]string
	fetches []string // what runs commands

	of sync.Map // name to []Mention, as far as it was asked for
}

// fetchers are words of commands that download something.
var fetchers = []MentionedWord{written("wget"), written("curl"), written("gdown"), written("aria2c"), written("axel"), written("git")}

// respelled is a name that is another's spelling, subclass or result.
type respelled struct {
	as, name []string // steps
}

// spelledNames are other spellings of names that begin with one word.
type spelledNames struct {
	all []respelled
	// second holds those whose names have a second step that is an attribute, others the rest.
	second map[string][]respelled
	others []respelled
}

func (s *spelledNames) add(r respelled) {
	s.all = append(s.all, r)
	if len(r.name) < 2 || r.name[1][0] == '*' || !isAttr(r.name[1]) {
		s.others = append(s.others, r)
		return
	}
	s.second[r.name[1]] = append(s.second[r.name[1]], r)
}

// near yields what may be another spelling of a name, or of what it is read off.
func (s *spelledNames) near(name []string, yield func(respelled)) {
	if s == nil {
		return
	}
	if len(name) > 1 && name[1][0] == '*' {
		for _, r := range s.all {
			yield(r)
		}
		return
	}
	for _, r := range s.others {
		yield(r)
	}
	if len(name) > 1 {
		for _, r := range s.second[name[1]] {
			yield(r)
		}
	}
}

// builtinMentions are those of the built-in models, collected once.
var builtinMentions = sync.OnceValues(func() (*Mentions, error) { return collectMentions() })

// NewMentions collects what the built-in models and more say. The result can be used by many
// goroutines.
func NewMentions(more ...models.Framework) (*Mentions, error) {
	if len(more) == 0 {
		return builtinMentions()
	}
	return collectMentions(more...)
}

func collectMentions(more ...models.Framework) (*Mentions, error) {
	m := &Mentions{
		spelled: map[string]*spelledNames{}, roots: map[MentionedWord][]MentionedWord{}, bare: map[MentionedWord][][]string{},
		sources: map[models.Label][]string{}, sinks: map[models.SinkKind][]string{},
	}
	for _, list := range [][]models.Framework{models.Builtin(), more} {
		for i := range list {
			for j := range list[i].Models {
				if err := m.add(&list[i].Models[j]); err != nil {
					return nil, err
				}
			}
		}
	}
	for i := range models.Conventions {
		c := &models.Conventions[i]
		name := c.Imports
		if name == "" {
			name = "builtins" // the handler's parameters are words of its text
			for _, p := range c.Params {
				first, _, several := strings.Cut(p, "|")
				if !several {
					name += "." + first
				}
			}
		}
		for _, l := range c.Callback.Params {
			m.source(l, name)
		}
		m.noteCallback(&c.Callback, name)
		for _, typ := range c.Callback.Types {
			if err := m.same(name, typ); err != nil {
				return nil, err
			}
		}
	}
	m.source(models.Memory, "fastapi.Depends") // the user that a dependency finds
	return m, nil
}

func (m *Mentions) add(model *models.Model) error {
	names, err := Expand(model.Name)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := m.respell(name, model); err != nil {
			return err
		}
		m.noteSource(model, name)
		m.noteSinks(model, name)
	}
	return nil
}

// respell notes the names that a model says are the same, a base or a result.
func (m *Mentions) respell(name string, model *models.Model) error {
	if model.SameAs != "" {
		if err := m.same(name, model.SameAs); err != nil {
			return err
		}
	}
	for _, base := range model.Extends {
		if err := m.same(name, base); err != nil {
			return err
		}
	}
	types := []string{model.Returns}
	for i := range model.Callbacks {
		for _, typ := range model.Callbacks[i].Types {
			types = append(types, typ)
		}
	}
	for _, typ := range types {
		if isName(typ) {
			if err := m.same(name+"()", typ); err != nil {
				return err
			}
		}
	}
	return nil
}

// same notes that a name is a way to write another.
func (m *Mentions) same(name, other string) error {
	as, err := Steps(name)
	if err != nil {
		return err
	}
	steps, err := Steps(other)
	if err != nil {
		return err
	}
	if m.spelled[steps[0]] == nil {
		m.spelled[steps[0]] = &spelledNames{second: map[string][]respelled{}}
	}
	m.spelled[steps[0]].add(respelled{as, steps})
	root, meant := rootWord(as), rootWord(steps)
	if root != meant {
		m.roots[meant] = appendWord(m.roots[meant], root)
	}
	if !root.Imported {
		m.bare[root] = append(m.bare[root], as)
	}
	return nil
}

func (m *Mentions) noteSource(model *models.Model, name string) {
	m.source(model.Source, name)
	if model.Fills != nil {
		m.source(model.Fills.Brought, name)
	}
	if model.Writes != nil {
		m.source(model.Writes.Fetched, name)
	}
	for i := range model.Callbacks {
		for _, l := range model.Callbacks[i].Params {
			m.source(l, name)
		}
		for _, l := range model.Callbacks[i].Names {
			m.source(l, name)
		}
	}
}

func (m *Mentions) source(l models.Label, name string) {
	if l != models.NoLabel {
		m.sources[l] = append(m.sources[l], name)
	}
}

func (m *Mentions) noteSinks(model *models.Model, name string) {
	for i := range model.Sinks {
		k := model.Sinks[i].Kind
		m.sinks[k] = append(m.sinks[k], name)
		if k == models.Shell {
			m.fetches = append(m.fetches, name)
		}
	}
	for i := range model.Callbacks {
		m.noteCallback(&model.Callbacks[i], name)
	}
	if model.Chat != nil {
		m.source(models.Failure, name)
	}
	if model.Chat != nil || model.Message != nil {
		for _, k := range chatSinks {
			m.sinks[k] = append(m.sinks[k], name)
		}
	}
}

// noteCallback notes what becomes of the result and the docstring of a function that is handed
// in.
func (m *Mentions) noteCallback(c *models.Callback, name string) {
	if c.Result != models.NoSink {
		m.sinks[c.Result] = append(m.sinks[c.Result], name)
	}
	if c.Route {
		m.sinks[models.Response] = append(m.sinks[models.Response], name)
	}
	if c.Tool {
		m.sinks[models.PromptTool] = append(m.sinks[models.PromptTool], name)
	}
}

// chatSinks are the kinds of sinks that a call of a language model has without its model
// listing them.
var chatSinks = []models.SinkKind{models.PromptSystem, models.PromptUser, models.Param}

// toldByModels are the labels that only models give. Others come of what the engine sees by
// itself: the shape of a handler, the name of a variable, a literal.
var toldByModels = models.Labels(models.User, models.Local, models.Web, models.LLM, models.Failure, models.Memory, models.Retrieved, models.Tool, models.Database, models.Document, models.Dataset, models.Upload)

// seenByEngine are the kinds of sinks that the engine finds without a model: names that are
// looked up in a module, rounds of loops, settings that a dict overrides, attributes that are set.
var seenByEngine = models.SinksOf(models.Exec, models.Size, models.Param, models.Kept, models.Attribute)

// OfSource returns what must be mentioned for data of a label to be there; ok is false where it
// can be there without any mention.
func (m *Mentions) OfSource(l models.Label) (list []Mention, ok bool) {
	if !toldByModels.Has(l) {
		return nil, false
	}
	list, ok = m.ofAll(m.sources[l])
	if ok && l == models.Web {
		commands, _ := m.ofAll(m.fetches)
		for _, c := range commands {
			list = append(list, append(c[:len(c):len(c)], fetchers))
		}
	}
	return list, ok
}

// OfSink returns what must be mentioned for a sink of a kind to be there; ok is false where it can
// be there without any mention.
func (m *Mentions) OfSink(k models.SinkKind) (list []Mention, ok bool) {
	if seenByEngine.Has(k) || len(m.sinks[k]) == 0 {
		return nil, false
	}
	names := m.sinks[k]
	if k == models.CommandFile { // what a command is told to run
		names = append(names[:len(names):len(names)], m.sinks[models.Shell]...)
	}
	return m.ofAll(names)
}

func (m *Mentions) ofAll(names []string) ([]Mention, bool) {
	each := make([][]Mention, len(names))
	for i, name := range names {
		var err error
		if each[i], err = m.Of(name); err != nil {
			return nil, false
		}
	}
	return slices.Concat(each...), true
}

// Of returns what must be mentioned for a name to be reached, one Mention for each of its
// spellings.
func (m *Mentions) Of(name string) ([]Mention, error) {
	if list, ok := m.of.Load(name); ok {
		return list.([]Mention), nil
	}
	names, err := Expand(name)
	if err != nil {
		return nil, err
	}
	var list []Mention
	for _, n := range names {
		steps, err := Steps(n)
		if err != nil {
			return nil, err
		}
		list = append(list, m.spellings(steps)...)
	}
	m.of.Store(name, list)
	return list, nil
}

// maxSpellings bounds the spellings of a name that are told apart.
const maxSpellings = 40

// spellings returns what each of the spellings of a name needs. Where there are many, such as
// those of a method of torch.nn.Module, it is what they have in common.
func (m *Mentions) spellings(steps []string) []Mention {
	room := spellingRooms.Get().(*spellingRoom)
	defer spellingRooms.Put(room)
	queue, held := append(room.queue[:0], steps), room.steps[:0]
	for i := 0; i < len(queue); i++ {
		steps := queue[i]
		m.spelled[steps[0]].near(steps, func(r respelled) {
			n := prefixed(r.name, steps)
			if n < 0 {
				return
			}
			rest := steps[n:]
			if !slices.ContainsFunc(queue, func(known []string) bool {
				return len(known) == len(r.as)+len(rest) && slices.Equal(known[:len(r.as)], r.as) && slices.Equal(known[len(r.as):], rest)
			}) {
				n := len(held)
				held = append(append(held, r.as...), rest...)
				queue = append(queue, held[n:len(held):len(held)])
			}
		})
		room.queue, room.steps = queue, held
		if len(queue) > maxSpellings {
			return m.common(queue[0])
		}
	}
	list := make([]Mention, len(queue))
	for i, steps := range queue {
		list[i] = literal(steps)
	}
	return list
}

// spellingRoom is what spellings works in, which it does ten thousands of times at the start.
type spellingRoom struct {
	queue [][]string
	steps []string
}

var spellingRooms = sync.Pool{New: func() any { return &spellingRoom{} }}

// literal asks for every word of a name.
func literal(steps []string) Mention {
	out := make(Mention, 0, len(steps)) // not nil: a name of no words is always there
	words := make([]MentionedWord, 0, len(steps))
	for i, s := range steps {
		if i == 0 && (s == "builtins" || s == "?") || !isAttr(s) || isFree(s) && !(i == 1 && steps[0] == "builtins") {
			continue
		}
		n := len(words)
		words = append(words, MentionedWord{Word: s, Imported: i == 0, Read: i == 1 && steps[0] == "?"})
		out = append(out, words[n:n+1:n+1])
	}
	return out
}

// prefixed returns how many steps of a name another one takes that is a prefix of it, -1 where it
// is none.
func prefixed(prefix, name []string) int {
	if len(prefix) > len(name) {
		return -1
	}
	for i, s := range prefix {
		t := name[i]
		switch {
		case s == "**" || t == "**":
			return min(i+1, len(name)-1) // as good as: the rest is kept
		case s != t && (s != "*" || !isAttr(t)) && (t != "*" || !isAttr(s)):
			return -1
		}
	}
	return len(prefix)
}

// common asks for one of the libraries with which a name's spellings begin, and one of the words with
// which its last attribute is written; or for all words of what is read off something unknown and leads there.
func (m *Mentions) common(steps []string) []Mention {
	roots, ok := m.rootsOf(rootWord(steps))
	ends := m.endsOf(steps)
	out := Mention{}
	if ends != nil {
		out = Mention{ends}
	}
	if !ok {
		return []Mention{out}
	}
	var list []Mention
	var libraries []MentionedWord
	for _, root := range roots {
		if root.Imported {
			libraries = append(libraries, root)
			continue
		}
		for _, as := range m.bare[root] {
			list = append(list, literal(as))
		}
	}
	if first := rootWord(steps); !first.Imported {
		list = append(list, literal(steps))
	}
	if len(libraries) > 0 {
		list = append(list, append(Mention{libraries}, out...))
	}
	return list
}

// rootsOf returns the words from which names with a first word are reached; ok is false where there may be others.
func (m *Mentions) rootsOf(first MentionedWord) (out []MentionedWord, ok bool) {
	if isFree(first.Word) {
		return nil, false
	}
	out = []MentionedWord{first}
	for i := 0; i < len(out); i++ {
		for _, r := range m.roots[out[i]] {
			if isFree(r.Word) {
				return nil, false
			}
			out = appendWord(out, r)
		}
	}
	return out, true
}

// rootWord is the first word of a name that a text holds: builtins are not spelled out, and what
// is read off something unknown begins with its own name.
func rootWord(steps []string) MentionedWord {
	if len(steps) > 1 && (steps[0] == "builtins" || steps[0] == "?") {
		return MentionedWord{Word: steps[1], Read: steps[0] == "?"}
	}
	return imported(steps[0])
}

// isFree tells the words that stand for any, and those that are written as signs.
func isFree(first string) bool {
	return strings.HasPrefix(first, "*") || strings.HasPrefix(first, "__") || !isAttr(first)
}

// endsOf returns the words with which the last attribute of a name can be written, nil where it
// need not be.
func (m *Mentions) endsOf(steps []string) []MentionedWord {
	var out []MentionedWord
	queue := [][]string{steps}
	seen := map[string]bool{}
	for i := 0; i < len(queue); i++ {
		steps := trimCalls(queue[i])
		if len(steps) == 0 {
			return nil
		}
		last := steps[len(steps)-1]
		operator := strings.HasPrefix(last, "__") && steps[0] != "builtins" // written as a sign
		if operator || strings.HasPrefix(last, "*") || last == "?" {
			return nil
		}
		if key := strings.Join(steps, "."); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		out = appendWord(out, written(last))
		m.spelled[steps[0]].near(steps, func(r respelled) {
			if sameSteps(trimCalls(r.name), steps) {
				queue = append(queue, r.as)
			}
		})
	}
	return out
}

// trimCalls drops the calls and items at the end of a name.
func trimCalls(steps []string) []string {
	for len(steps) > 0 && !isAttr(steps[len(steps)-1]) {
		steps = steps[:len(steps)-1]
	}
	return steps
}

// sameSteps reports whether two names with stars can mean one name.
func sameSteps(a, b []string) bool {
	for len(a) > 0 && len(b) > 0 {
		if a[0] == "**" || b[0] == "**" {
			return true // as good as: what follows is not worth the search
		}
		if a[0] != b[0] && a[0] != "*" && b[0] != "*" {
			return false
		}
		a, b = a[1:], b[1:]
	}
	return len(a) == len(b) || len(a) == 1 && a[0] == "**" || len(b) == 1 && b[0] == "**"
}

func appendWord(list []MentionedWord, w MentionedWord) []MentionedWord {
	if slices.Contains(list, w) {
		return list
	}
	return append(list, w)
}
