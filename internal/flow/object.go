package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
	"slices"
)

// ObjectKind says what an object is.
type ObjectKind uint8

// The kinds of objects.
const (
	List ObjectKind = iota
	Tuple
	Set
	Dict
	Instance
	// Symbolic stands for the object that a parameter holds.
	Symbolic
)

// Object is a thing with contents: the object made at one place of a function. What it
// holds depends on the point of the program and is asked of a Call or State.
type Object struct {
	kind  ObjectKind
	class *Class
	node  ast.Node
	// origin is the parameter whose object this is, for Symbolic ones and for self.
	origin *Origin
	frame  *Frame
	// final is what it held when the function that made it ended, joined with what other
	// functions put in.
	final *contents
	// call made the instance.
	call *Call
	// factory makes the missing items of a defaultdict.
	factory *Value
	// over is the mapping of which this dict is a copy: what it has under keys that are not among
	// the contents.
	over *Value
	// members are the objects for any of which this one stands, and groups those objects of which it is the
	// first member: see together.
	members, groups []*Object
	// added are places that add to it, madeOf the lists whose items are in it, and stands the
	// object of a called function for which it stands in the caller.
	added  []Addition
	madeOf []*Object
	stands *Object
	// attributes is the object whose attributes the dict holds: x.__dict__.
	attributes *Value
	// list is asList.
	list *Object
	// various is set for what stands for any of many instances: some may be of subclasses.
	various bool
	// items is the annotation that says what a list or dict holds, and itemsIn the code where it stands.
	items   ast.Expr
	itemsIn *Frame
	// item is an item of which only the annotation is known.
	item *Value
	// times is what decides how many items there are; nil where no number that others may
	// choose does.
	times *repeat
	// shared is set for an instance that an attribute of a class or a global keeps.
	shared bool
	// stays is set for a list that a dict keeps from when it was first asked for: it may hold more than is
	// put in here.
	stays bool
}

// with is the object that stands for any of those for which o and x stand.
func (o *Object) with(x *Object) *Object {
	all := slices.Clone(o.each())
	for _, m := range x.each() {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	if len(all) == len(o.each()) {
		return o
	}
	for _, g := range all[0].groups {
		if len(g.members) == len(all) && !slices.ContainsFunc(all, func(m *Object) bool { return !slices.Contains(g.members, m) }) {
			return g
		}
	}
	g := &Object{kind: o.kind, node: o.node, items: o.items, itemsIn: o.itemsIn, members: all}
	all[0].groups = append(all[0].groups, g)
	return g
}

// each lists the objects for which an object stands, itself if for no others.
func (o *Object) each() []*Object {
	if len(o.members) == 0 {
		return []*Object{o}
	}
	return o.members
}

// Kind returns what the object is.
func (o *Object) Kind() ObjectKind { return o.kind }

// asList is a list or dict of what the parameter's annotation says that it holds instances of, with nothing of
// the parameter itself; nil for other objects.
func (o *Object) asList() *Object {
	if o.final.known() == nil || o.final.rest == nil || o.final.rest.Class() == nil || len(o.final.seq)+len(o.final.keys) > 0 {
		return nil
	}
	if o.list == nil {
		kind := List
		if o.kind == Dict {
			kind = Dict
		}
		o.list = &Object{kind: kind, frame: o.frame, final: &contents{open: true, rest: dropParams(o.final.rest)}}
	}
	return o.list
}

// contents is what an object holds at a point. It is never changed once made.
type contents struct {
	seq  []Item
	keys []Entry
	// open is set when there may be more items or keys than are known.
	open bool
	// rest joins the values stored under unknown keys, and names these keys.
	rest, names *Value
	// pending is set while nobody has looked at what an object of a called function holds; see known.
	pending *pending
	// joined are two contents of which these are the union, until somebody looks at it.
	joined *[2]*contents
}

// Item is an element of a list, tuple or set.
type Item struct {
	Value *Value
	Node  ast.Node
	// Splat is set when all elements of Value stand here.
	Splat bool
	// Cut is where the item may have been taken off the front of its list; nil for none.
	Cut *Cut
	// Maybe is set when the item is there on some ways only.
	Maybe bool
}

// Entry is an attribute of an instance or an item of a dict with a constant key.
type Entry struct {
	Name string
	// Key is the key's value where it is not a string.
	Key   *Value
	Value *Value
	// Node is the expression that was stored, KeyNode that of the key; either may be nil.
	Node, KeyNode ast.Node
	// Maybe is set when it was stored on some of the ways to this point only.
	Maybe bool
}

// found is what reading a key that may be missing gives, with what is given instead.
func (e *Entry) found(instead *Value) *Value {
	if e.Maybe {
		return join(e.Value, instead)
	}
	return e.Value
}

var empty = &contents{}

func (c *contents) get(name string) *Entry {
	for i := range c.keys {
		if c.keys[i].Key == nil && c.keys[i].Name == name {
			return &c.keys[i]
		}
	}
	return nil
}

// with returns contents in which the key has the value.
func (c *contents) with(e Entry) *contents {
	n := *c
	at := -1
	for i := range c.keys {
		o := &c.keys[i]
		if o.Name == e.Name && (o.Key == nil) == (e.Key == nil) && (e.Key == nil || sameShape(o.Key, e.Key)) {
			at = i
		}
	}
	if at < 0 && len(c.keys) >= maxKeys {
		n.rest, n.open = join(c.rest, e.Value), true
		return &n
	}
	n.keys = append(make([]Entry, 0, len(c.keys)+1), c.keys...)
	if at >= 0 {
		n.keys[at] = e
	} else {
		n.keys = append(n.keys, e)
	}
	return &n
}

// overlay returns contents in which the entry of another dict has come over what was there.
func (c *contents) overlay(e Entry) *contents {
	if old := c.find(e); e.Maybe && old != nil {
		e.Value = join(old.Value, e.Value)
		e.Maybe = old.Maybe
	}
	return c.with(e)
}

// maxKeys bounds the keys of a dict that are told apart; the others are taken together.
const maxKeys = 400

func (c *contents) without(name string) *contents {
	n := *c
	n.keys = nil
	for _, o := range c.keys {
		if o.Key != nil || o.Name != name {
			n.keys = append(n.keys, o)
		}
	}
	return &n
}

const maxItems = 64

// add returns contents with one more item. The same place adding again (a loop) joins.
func (c *contents) add(it Item, at int) *contents {
	n := *c
	for i, o := range c.seq {
		if it.Node != nil && o.Node == it.Node {
			n.seq = append([]Item(nil), c.seq...)
			n.seq[i].Value = join(o.Value, it.Value)
			return &n
		}
	}
	if len(c.seq) >= maxItems {
		n.rest, n.open = join(c.rest, it.Value), true
		return &n
	}
	n.seq = make([]Item, 0, len(c.seq)+1)
	if at < 0 || at > len(c.seq) {
		at = len(c.seq)
	}
	n.seq = append(n.seq, c.seq[:at]...)
	n.seq = append(n.seq, it)
	n.seq = append(n.seq, c.seq[at:]...)
	return &n
}

// bounded forgets the places of items beyond those that are told apart: a list that is put
// to itself in a loop would double with each pass.
func (c *contents) bounded() *contents {
	if len(c.seq) <= maxItems {
		return c
	}
	for _, it := range c.seq[maxItems:] {
		c.rest = join(c.rest, it.Value)
	}
	c.seq, c.open = c.seq[:maxItems:maxItems], true
	return c
}

func (c *contents) withRest(v *Value) *contents {
	n := *c
	n.rest, n.open = join(c.rest, v), true
	return &n
}

// withKey returns contents in which a key that is not known has the value.
func (c *contents) withKey(key, v *Value) *contents {
	n := c.withRest(v)
	if len(key.marks) > 0 || key.Fixed() || key.kind == KindExternal {
		n.names = join(n.names, key)
	}
	return n
}

func joinContents(a, b *contents) *contents {
	if a == b || b == nil {
		return a
	}
	if a == nil {
		return b
	}
	if a.pending.equals(b.pending) {
		return a
	}
	if a.waits() || b.waits() {
		return &contents{joined: &[2]*contents{a, b}}
	}
	return unite(a, b)
}

// unite joins contents that are known.
func unite(a, b *contents) *contents {
	if a.holds(b) {
		return a
	}
	n := &contents{open: a.open || b.open, rest: join(a.rest, b.rest), names: join(a.names, b.names)}
	n.seq = joinItems(a.seq, b.seq)
	for _, e := range a.keys {
		if o := b.find(e); o != nil {
			e.Value = join(e.Value, o.Value)
			if e.Node != o.Node {
				e.Node = o.Node
			}
			e.Maybe = e.Maybe || o.Maybe
		} else {
			e.Maybe = true
		}
		n.keys = append(n.keys, e)
	}
	for _, e := range b.keys {
		if a.find(e) == nil {
			e.Maybe = true
			n.keys = append(n.keys, e)
		}
	}
	return n
}

// holds reports whether c is as it was when o is joined to it, as far as that is told without
// making anything.
func (c *contents) holds(o *contents) bool {
	in := func(a, b *Value) bool { return a == b || b == nil }
	if o.open && !c.open || !in(c.rest, o.rest) || !in(c.names, o.names) || len(c.seq) != len(o.seq) || len(o.keys) > len(c.keys) {
		return false
	}
	for i := range c.seq {
		a, b := &c.seq[i], &o.seq[i]
		if a.Node != b.Node || a.Splat != b.Splat || !in(a.Value, b.Value) || a.Maybe != b.Maybe || a.Cut == nil && b.Cut != nil {
			return false
		}
	}
	if len(o.keys) == len(c.keys) {
		for i := range c.keys {
			a, b := &c.keys[i], &o.keys[i]
			if a.Name != b.Name || a.Key != b.Key || a.Node != b.Node || !in(a.Value, b.Value) || a.Maybe != b.Maybe {
				return false
			}
		}
		return true
	}
	return false
}

// addContents joins what code elsewhere put into an object, which is taken to have run.
func addContents(a, b *contents) *contents {
	a, b = a.known(), b.known()
	n := joinContents(a, b)
	if n == a || n == b {
		return n
	}
	for i := range n.keys {
		e := &n.keys[i]
		x, y := a.find(*e), b.find(*e)
		e.Maybe = (x == nil || x.Maybe) && (y == nil || y.Maybe)
	}
	return n
}

func (c *contents) find(e Entry) *Entry {
	for i := range c.keys {
		o := &c.keys[i]
		if o.Name == e.Name && (o.Key == nil) == (e.Key == nil) && (e.Key == nil || sameShape(o.Key, e.Key)) {
			return o
		}
	}
	return nil
}

// joinItems keeps the order of the longer list and marks what only one has.
func joinItems(a, b []Item) []Item {
	if len(a) == len(b) {
		equal := true
		for i := range a {
			equal = equal && (a[i].Node == b[i].Node && a[i].Splat == b[i].Splat)
		}
		if equal {
			out := append([]Item(nil), a...)
			for i := range out {
				out[i].Value = join(a[i].Value, b[i].Value)
				out[i].Maybe = a[i].Maybe || b[i].Maybe
				if out[i].Cut == nil {
					out[i].Cut = b[i].Cut
				}
			}
			return out
		}
	}
	if len(b) > len(a) {
		a, b = b, a
	}
	var out []Item
	used := make([]bool, len(b))
	for _, it := range a {
		match := -1
		for j, o := range b {
			if !used[j] && o.Node == it.Node && o.Node != nil {
				match = j
				break
			}
		}
		if match < 0 {
			it.Maybe = true
		} else {
			used[match] = true
			it.Value = join(it.Value, b[match].Value)
			it.Maybe = it.Maybe || b[match].Maybe
			if it.Cut == nil {
				it.Cut = b[match].Cut
			}
		}
		out = append(out, it)
	}
	for j, o := range b {
		if !used[j] && len(out) < maxItems {
			o.Maybe = true
			out = append(out, o)
		}
	}
	return out
}

func sameContents(a, b *contents) bool {
	if a == b || a != nil && b != nil && a.pending.equals(b.pending) {
		return true
	}
	if a, b = a.known(), b.known(); a == nil || b == nil || a.open != b.open || len(a.seq) != len(b.seq) || len(a.keys) != len(b.keys) || !sameOrNil(a.rest, b.rest) || !sameOrNil(a.names, b.names) {
		return false
	}
	for i := range a.seq {
		if a.seq[i].Node != b.seq[i].Node || a.seq[i].Splat != b.seq[i].Splat || !sameOrNil(a.seq[i].Value, b.seq[i].Value) {
			return false
		}
	}
	for i := range a.keys {
		if a.keys[i].Name != b.keys[i].Name || a.keys[i].Maybe != b.keys[i].Maybe || !sameOrNil(a.keys[i].Value, b.keys[i].Value) {
			return false
		}
	}
	return true
}

func sameOrNil(a, b *Value) bool { return a == b || a != nil && b != nil && same(a, b) }

// Class is a class of the project with what the analysis learned of it.
type Class struct {
	*semantic.Class
	// Bases are the values of the base expressions.
	Bases []*Value
	// Decorators are the values of its decorators.
	Decorators []*Value
	// Keywords are those of the class statement: metaclass, total …
	Keywords []kwarg
	// body holds what the class body assigns; fields the annotated names in order.
	body   map[string]*Value
	fields []Field
	// store joins what any method, or code outside, assigns to an attribute of an instance.
	store attributes
	// event is set for a class whose instances a framework hands to whom they concern; see steps.go.
	event bool
	// filled joins what the fields of records are given by who makes them.
	filled attributes
	// declared says by their annotations what attributes are of which no more is stored than None.
	declared map[string]*Value
	// assigned joins what is assigned to an attribute of the class itself.
	assigned attributes
	// readers lists who read an attribute from the store, and what was there.
	readers map[string][]reader
	mro     []*Class
	frame   *Frame
	// madeIn are the functions that make instances.
	madeIn []*Frame
	// subclasses are the project classes that name this one as a base.
	subclasses []*Class
	// validators are those of its own methods that check fields, found out once somebody asks.
	validators    []validator
	hasValidators bool
}

// Field is an annotated name of a class body, as dataclasses and pydantic models use.
type Field struct {
	Name       string
	Annotation ast.Expr
	Default    *Value
	Node       *ast.AnnAssign
	frame      *Frame
}

// maxBases bounds the classes that one class inherits from.
const maxBases = 64

// Linear returns the class and its project bases in the order in which attributes are looked
// up: C3, as type.__mro__, or where the bases allow no such order depth first.
func (c *Class) Linear() []*Class {
	if c.mro != nil {
		return c.mro
	}
	c.mro = []*Class{c} // should a base lead back here
	var bases []*Class
	var lists [][]*Class
	for _, b := range c.Bases {
		for _, a := range b.Alternatives() {
			if k := a.Class(); a.kind == KindClass && k != c && !contains(bases, k) {
				bases = append(bases, k)
				lists = append(lists, k.Linear())
			}
		}
	}
	linear := merged(c, append(lists, bases))
	if c.mro = linear; !c.known() {
		c.mro = nil // some class statement is still to run
	}
	return linear
}

// known reports whether the class statements of the class and all its bases have run.
func (c *Class) known() bool {
	for _, k := range c.mro {
		if k.frame == nil {
			return false
		}
	}
	return true
}

// merged takes classes from the heads of lists, one that stands in no other list's tail
// first (C3, as in CPython's Objects/typeobject.c, pmerge).
func merged(c *Class, lists [][]*Class) []*Class {
	out := []*Class{c}
	for len(out) < maxBases {
		var next, first *Class
		for _, l := range lists {
			if len(l) == 0 {
				continue
			}
			if first == nil {
				first = l[0]
			}
			if !inTail(lists, l[0]) {
				next = l[0]
				break
			}
		}
		if next == nil {
			next = first // the order is inconsistent
		}
		if next == nil {
			break
		}
		if !contains(out, next) {
			out = append(out, next)
		}
		for i, l := range lists {
			if len(l) > 0 && l[0] == next {
				lists[i] = l[1:]
			}
		}
	}
	return out
}

func inTail(lists [][]*Class, c *Class) bool {
	for _, l := range lists {
		if len(l) > 1 && contains(l[1:], c) {
			return true
		}
	}
	return false
}

func contains(list []*Class, c *Class) bool {
	for _, x := range list {
		if x == c {
			return true
		}
	}
	return false
}

// Extends reports whether the class derives from one of the library classes named,
// directly, through project classes, or through library classes that the models know.
func (c *Class) Extends(names ...string) bool {
	for _, k := range c.Linear() {
		for _, b := range k.Bases {
			if b.Is(names...) {
				return true
			}
		}
	}
	return false
}

// external calls yield with the symbol of each library class that the class derives from.
func (c *Class) external(yield func(*Symbol) bool) {
	for _, k := range c.Linear() {
		for _, b := range k.Bases {
			for _, a := range b.Alternatives() {
				if a.kind == KindExternal && a.sym != nil && !yield(a.sym) {
					return
				}
			}
		}
	}
}

// lookup finds an attribute of the class body, in the order of Linear.
func (c *Class) lookup(name string) (*Value, *Class) {
	for _, k := range c.Linear() {
		if v := k.body[name]; v != nil {
			return v, k
		}
	}
	return nil, nil
}

// stored finds what is assigned to an attribute of instances.
func (c *Class) stored(name string) *Value {
	var v *Value
	for _, k := range c.Linear() {
		v = join(join(v, k.store.get(name)), k.assigned.get(name))
	}
	return v
}

// attributes holds by name what is assigned to attributes, with how that grew.
type attributes struct {
	clock *clock
	now   map[string]*Value
	past  map[string][]assignment
}

// assignment is what an attribute held from a time on.
type assignment struct {
	from  int
	value *Value
}

// clock counts the changes of attributes. Where asOf is set, attributes are read as they were then. Of names that
// begin with one underscore it keeps which have been assigned.
type clock struct {
	now, asOf int
	private   map[string]bool
}

// isPrivate reports whether a name is that of an attribute which a class keeps for itself.
func isPrivate(name string) bool {
	return len(name) > 1 && name[0] == '_' && name[1] != '_'
}

// maxPast bounds how many of an attribute's changes are told apart.
const maxPast = 24

// add joins a value with what an attribute holds.
func (a *attributes) add(name string, v *Value) {
	old := a.now[name]
	if old != nil {
		v = joinAs(old, v, true)
	}
	if v == old {
		return
	}
	if a.now == nil {
		a.now, a.past = map[string]*Value{}, map[string][]assignment{}
	}
	a.now[name] = v
	a.clock.now++
	if old == nil && isPrivate(name) {
		if a.clock.private == nil {
			a.clock.private = map[string]bool{}
		}
		a.clock.private[name] = true
	}
	if past := a.past[name]; len(past) < maxPast {
		a.past[name] = append(past, assignment{a.clock.now, v})
	} else {
		past[len(past)-1] = assignment{a.clock.now, v}
	}
}

func (a *attributes) get(name string) *Value {
	if a.clock.asOf == 0 {
		return a.now[name]
	}
	past := a.past[name]
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].from <= a.clock.asOf {
			return past[i].value
		}
	}
	return nil
}

// declares finds what a method's annotation says of an attribute of instances.
func (c *Class) declares(name string) *Value {
	for _, k := range c.Linear() {
		if v := k.declared[name]; v != nil {
			return v
		}
	}
	return nil
}

// own finds what is assigned to an attribute of the class itself.
func (c *Class) own(name string) *Value {
	var v *Value
	for _, k := range c.Linear() {
		v = join(v, k.assigned.get(name))
	}
	return v
}

// AllFields returns the annotated fields, those of bases first.
func (c *Class) AllFields() []Field {
	var out []Field
	lin := c.Linear()
	for i := len(lin) - 1; i >= 0; i-- {
		for _, f := range lin[i].fields {
			replaced := false
			for j := range out {
				if out[j].Name == f.Name {
					out[j], replaced = f, true
				}
			}
			if !replaced {
				out = append(out, f)
			}
		}
	}
	return out
}

func (c *Class) field(name string) *Field {
	for _, k := range c.Linear() {
		for i := range k.fields {
			if k.fields[i].Name == name {
				return &k.fields[i]
			}
		}
	}
	return nil
}

// reader is a function that read a stored attribute.
type reader struct {
	f     *Frame
	value *Value
	// functions is how many a list or dict held, data how much of it had labels.
	functions, data int
}
