package flow

import (
	"slices"

	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells for which sinks a value is harmless that was found in a collection: for all, where nobody outside
// chose what is in it. What other functions put into it counts, also those that are analysed later: who has asked is
// then analysed again.

// membership is what a function took a collection to prove.
type membership struct {
	of    *Object
	sinks models.SinkSet
}

// maxMemberships bounds the collections of one function of which that is remembered.
const maxMemberships = 32

// outsiders are the labels of what a remote caller writes himself, or has a model write.
var outsiders = models.Labels(models.User, models.Upload, models.LLM)

// members tells for which sinks a value is harmless that is in a collection.
func (f *Frame) members(v *Value) models.SinkSet {
	if !f.trustedContainer(v) {
		return 0
	}
	sinks := models.AllSinks
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil || o.class != nil || o.kind == Tuple || o.kind == Instance {
			continue
		}
		proved := o.harmlessMembers(f.contents(o))
		sinks &= proved
		if proved != 0 && (o.frame != f || o.origin != nil) && len(f.memberships) < maxMemberships && !slices.Contains(f.memberships, membership{o, proved}) {
			f.memberships = append(f.memberships, membership{o, proved})
		}
	}
	return sinks
}

// harmlessMembers tells for which sinks the keys of a dict, or the items of a list or set, are harmless, as far as
// somebody outside chose them.
func (o *Object) harmlessMembers(c *contents) models.SinkSet {
	sinks := models.AllSinks
	if c == nil {
		return sinks
	}
	of := func(v *Value) {
		if v == nil {
			return
		}
		for _, m := range v.marks {
			if outsiders.Has(m.Label) {
				sinks &= m.Clean
			}
		}
	}
	of(c.names)
	if o.kind == List || o.kind == Set {
		of(c.rest)
		for i := range c.seq {
			of(c.seq[i].Value)
		}
	}
	return sinks
}

// outdated reports whether others have put something into the collection since that proves less.
func (m membership) outdated() bool {
	for _, o := range m.of.each() {
		if o.harmlessMembers(o.final.known())&m.sinks != m.sinks {
			return true
		}
	}
	return false
}

// mistaken reports whether the function took a collection to prove more than it does.
func (f *Frame) mistaken() bool {
	return slices.ContainsFunc(f.memberships, membership.outdated)
}

// proved lists what the returns of the function have shown of its parameters.
func (f *Frame) proved() []cleanEntry {
	var out []cleanEntry
	add := func(list []cleanEntry) {
		for _, e := range list {
			if e.origin != nil && e.origin.frame == f && e.sinks != 0 {
				out = append(out, e)
			}
		}
	}
	for i := range f.exits {
		x := &f.exits[i]
		add(x.clean)
		if x.cond != nil {
			add(x.cond.yes)
			add(x.cond.no)
		}
	}
	return out
}

// disproved reports whether some of what the function was taken to show is not so.
func (f *Frame) disproved(before []cleanEntry) bool {
	if len(before) == 0 {
		return false
	}
	now := f.proved()
	return slices.ContainsFunc(before, func(e cleanEntry) bool {
		return !slices.ContainsFunc(now, func(n cleanEntry) bool {
			return n.origin == e.origin && n.label == e.label && e.sinks&^n.sinks == 0
		})
	})
}

// limited keeps of what a test proves what concerns the sinks.
func limited(clean []cleanEntry, sinks models.SinkSet) []cleanEntry {
	if sinks == models.AllSinks {
		return clean
	}
	var out []cleanEntry
	for _, e := range clean {
		if e.sinks &= sinks; e.sinks != 0 {
			out = append(out, e)
		}
	}
	return out
}

// keyOfChange is what is remembered of the key under which a function stores something that it was handed, or
// something under a name that it was handed.
func keyOfChange(name string, key *Value) *Value {
	if key == nil || name != "" || key.exact == nil && len(key.marks) == 0 {
		return nil
	}
	return key
}
