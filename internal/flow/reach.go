package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/internal/models"
)

// Mention is what a program's text must hold for a name to be reached in it: one of the words
// of Roots, where names begin (torch), and one of the words of Ends, the last attribute before
// a call (load). A nil list asks for nothing. The words stand in imports, attributes or strings
// of the files that import each other, not always in the file of the call.
type Mention struct {
	Roots, Ends []string
}

// Mentions tells what text the names need that a Table knows: for calls of them, for sources of
// a label, for sinks of a kind. It is used to leave files unread that no check can concern, so it
// errs to the side of asking for too little.
type Mentions struct {
	spelled map[string][]respelled // by the first word of the name meant
	roots   map[string][]string    // a first word, and those from which its names are reached
	sources map[models.Label][]string
	sinks   map[models.SinkKind][]string
}

// respelled is a name that is another's spelling, subclass or result.
type respelled struct {
	as, name []string // steps
}

// Mentions collects what the table's models say.
func (t *Table) Mentions(more ...models.Framework) (*Mentions, error) {
	m := &Mentions{
		spelled: map[string][]respelled{}, roots: map[string][]string{},
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
			name = strings.Join(c.Params, ".") // the handler's parameters are words of its text
		}
		for _, l := range c.Callback.Params {
			m.source(l, name)
		}
	}
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
	as, err := Steps(name)
	if err != nil {
		return err
	}
	note := func(as []string, other string) error {
		steps, err := Steps(other)
		if err != nil {
			return err
		}
		m.spelled[steps[0]] = append(m.spelled[steps[0]], respelled{as, steps})
		if root := rootWord(as); root != steps[0] {
			m.roots[steps[0]] = appendWord(m.roots[steps[0]], root)
		}
		return nil
	}
	if model.SameAs != "" {
		if err := note(as, model.SameAs); err != nil {
			return err
		}
	}
	for _, base := range model.Extends {
		if err := note(as, base); err != nil {
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
			if err := note(append(as[:len(as):len(as)], "()"), typ); err != nil {
				return err
			}
		}
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
		m.sinks[model.Sinks[i].Kind] = append(m.sinks[model.Sinks[i].Kind], name)
	}
	for i := range model.Callbacks {
		if k := model.Callbacks[i].Result; k != models.NoSink {
			m.sinks[k] = append(m.sinks[k], name)
		}
	}
	if model.Chat != nil || model.Message != nil {
		for _, k := range chatSinks {
			m.sinks[k] = append(m.sinks[k], name)
		}
	}
}

// chatSinks are the kinds of sinks that a call of a language model has without its model
// listing them.
var chatSinks = []models.SinkKind{models.PromptSystem, models.PromptUser, models.Param}

// toldByModels are the labels that only models give. Others come of what the engine sees by
// itself: the shape of a handler, the name of a variable, a literal.
var toldByModels = models.Labels(models.User, models.Local, models.LLM, models.Retrieved, models.Tool, models.Database, models.Document, models.Dataset, models.Upload)

// seenByEngine are the kinds of sinks that the engine finds without a model: names that are
// looked up in a module, results of handlers, rounds of loops.
var seenByEngine = models.SinksOf(models.Exec, models.Response, models.Size, models.Param, models.PromptTool, models.Kept)

// OfSources returns what must be mentioned for data of one of the labels to be there; ok is
// false where it can be there without any mention.
func (m *Mentions) OfSources(labels []models.Label) (list []Mention, ok bool) {
	var names []string
	for _, l := range labels {
		if !toldByModels.Has(l) {
			return nil, false
		}
		names = append(names, m.sources[l]...)
	}
	return m.ofAll(names)
}

// OfSinks returns what must be mentioned for a sink of one of the kinds to be there; ok is false
// where it can be there without any mention.
func (m *Mentions) OfSinks(kinds []models.SinkKind) (list []Mention, ok bool) {
	var names []string
	for _, k := range kinds {
		if seenByEngine.Has(k) || len(m.sinks[k]) == 0 {
			return nil, false
		}
		names = append(names, m.sinks[k]...)
		if k == models.CommandFile { // what a command is told to run
			names = append(names, m.sinks[models.Shell]...)
		}
	}
	return m.ofAll(names)
}

func (m *Mentions) ofAll(names []string) ([]Mention, bool) {
	var list []Mention
	for _, name := range names {
		more, err := m.Of(name)
		if err != nil {
			return nil, false
		}
		list = append(list, more...)
	}
	return list, true
}

// Of returns what must be mentioned for a name to be reached, one Mention for each of the
// alternatives in braces.
func (m *Mentions) Of(name string) ([]Mention, error) {
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
		list = append(list, Mention{Roots: m.rootsOf(rootWord(steps)), Ends: m.endsOf(steps)})
	}
	return list, nil
}

// rootsOf returns the words from which names with a first word are reached, nil for those that
// need none.
func (m *Mentions) rootsOf(first string) []string {
	if isFree(first) {
		return nil
	}
	out := []string{first}
	for i := 0; i < len(out); i++ {
		for _, r := range m.roots[out[i]] {
			if isFree(r) {
				return nil
			}
			out = appendWord(out, r)
		}
	}
	return out
}

// rootWord is the first word of a name that a text holds: builtins are not spelled out, and what
// is read off something unknown begins with its own name.
func rootWord(steps []string) string {
	if len(steps) > 1 && (steps[0] == "builtins" || steps[0] == "?") {
		return steps[1]
	}
	return steps[0]
}

// isFree tells the first words that stand for any.
func isFree(first string) bool {
	return strings.HasPrefix(first, "*") || strings.HasPrefix(first, "__") || !isAttr(first)
}

// endsOf returns the words with which the last attribute of a name can be written, nil where it
// need not be.
func (m *Mentions) endsOf(steps []string) []string {
	var out []string
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
		out = appendWord(out, last)
		for _, r := range m.spelled[steps[0]] {
			if sameSteps(trimCalls(r.name), steps) {
				queue = append(queue, r.as)
			}
		}
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

func appendWord(list []string, w string) []string {
	for _, have := range list {
		if have == w {
			return list
		}
	}
	return append(list, w)
}
