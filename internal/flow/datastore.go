package flow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells what is kept in a store of data (a table, the class of an ORM, a collection,
// an entry of Redis) at one place of the program and read from it at another.
//
// A write is a sink of the kind Kept; a read is a source whose call says what it asks for. Which
// store either means is worked out when somebody asks, out of what is known of the call by then.

// DataStore is a store of data that a call reads or writes, as far as the program names it.
type DataStore struct {
	// Class is the class of an ORM whose table it is.
	Class *Class
	// Table is the name of an SQL table, in lower case and without quotes and schema.
	Table string
	// Name is the name of a collection or the constant beginning of an entry's key, Library the
	// package that keeps it.
	Name, Library string
	// Fields are the columns or fields concerned; none means that any may be.
	Fields []string
	// By are the columns or fields that a read goes by: those of WHERE, of a filter.
	By []string
}

// Same reports whether two stores are one.
func (s *DataStore) Same(o *DataStore) bool {
	switch {
	case s == nil || o == nil:
		return false
	case s.Class != nil && o.Class != nil:
		return s.Class == o.Class
	case s.tableName() != "" && o.tableName() != "":
		return s.tableName() == o.tableName()
	}
	return s.Name != "" && s.Name == o.Name && s.Library == o.Library
}

// Shares reports whether a field is among those of both, as far as both name any.
func (s *DataStore) Shares(o *DataStore) bool {
	if len(s.Fields) == 0 || len(o.Fields) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Fields, func(f string) bool { return slices.Contains(o.Fields, f) })
}

// tableName is the name of the table, also of one that a class names.
func (s *DataStore) tableName() string {
	if s.Table != "" || s.Class == nil {
		return s.Table
	}
	name, _ := s.Class.lookup("__tablename__")
	t, _ := name.Text()
	return strings.ToLower(t)
}

// keptSink is the place of data that a call writes into a store.
var keptSink = &models.Sink{Kind: models.Kept, Note: "kept in a store"}

// keeps records the data that a call writes into a store.
func (f *Frame) keeps(c *Call) {
	if f.passive > 0 {
		return
	}
	if st, at := statement(c); st != nil {
		if t, ok := sqlText(st); !ok && !st.IsParameter() || ok && !mayWrite(t) {
			return
		}
		v, node := f.boundTo(c, at)
		f.kept(c, taint(v, st.marks), st, node)
		return
	}
	for _, m := range symModels(c.Symbol) {
		for _, arg := range m.Keeps {
			if arg == "*" {
				f.kept(c, f.fieldsOf(c), nil, c.Node)
				continue
			}
			for _, a := range c.select0(arg) {
				node := ast.Node(c.Node)
				if a.Node != nil {
					node = a.Node
				}
				f.kept(c, a.Value, nil, node)
			}
		}
	}
}

// fieldsOf is what the keywords of a call give, as a dict.
func (f *Frame) fieldsOf(c *Call) *Value {
	o := f.newObjectFor(c.Node, c.Node, Dict)
	k := &contents{}
	for _, a := range c.Args {
		switch {
		case a.Rest || a.Name == "" && a.Value.object() == nil:
			if len(a.Value.marks) > 0 {
				k = k.withRest(unknownWith(a.Value.marks))
			}
		case a.Name == "":
			k = f.overlaid(k, a.Value, c.Node)
		case a.Name == "defaults" || a.Name == "create_defaults":
			k = f.overlaid(k, a.Value, c.Node)
		case a.Name != "":
			k = k.with(Entry{Name: a.Name, Value: a.Value, Node: a.Node})
		}
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o}
}

// boundTo is what a statement is given for its placeholders: one argument, or all in a tuple. at
// is the argument of the statement.
func (f *Frame) boundTo(c *Call, at ast.Expr) (*Value, ast.Node) {
	var given []Argument
	for _, a := range c.Args {
		if a.Node != at {
			given = append(given, a)
		}
	}
	switch len(given) {
	case 0:
		return unknown, at
	case 1:
		if given[0].Value.object() != nil || given[0].Value.IsParameter() {
			return given[0].Value, given[0].Node
		}
	}
	o := f.newObjectFor(c.Node, c.Node, Tuple)
	k := &contents{}
	for _, a := range given {
		k = k.add(Item{Value: a.Value, Node: a.Node, Splat: a.Rest}, -1)
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o}, c.Node
}

func (f *Frame) kept(c *Call, v, into *Value, at ast.Node) {
	h := f.st.snapshot()
	if deep := deepMarks(&Call{heap: h}, v, 0); len(deep) > len(v.marks) {
		v = v.withMarks(deep)
	}
	if len(v.marks) > 0 {
		f.event(&sinkEvent{kind: models.Kept, sink: keptSink, call: c, value: v, into: into, node: at, frame: f, facts: c.Facts, heap: h})
	}
}

// keptField records that an attribute of a row is set, as ORMs do to change it.
func (f *Frame) keptField(row *Value, name string, v *Value, at ast.Node) {
	if f.passive > 0 || row.call == nil || len(v.marks) == 0 || !row.Labels(models.NoSink).Has(models.Database) {
		return
	}
	f.event(&sinkEvent{kind: models.Kept, sink: keptSink, call: row.call, value: v, field: name, node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// statement is the SQL statement that a call is given, with the expression of the argument; nil
// where there is none.
func statement(c *Call) (*Value, ast.Expr) {
	for _, m := range symModels(c.Symbol) {
		for i := range m.Sinks {
			s := &m.Sinks[i]
			if !models.IsStatement(s) || s.If != "" {
				continue
			}
			for _, a := range c.select0(s.Arg) {
				v := a.Value
				if v.kind == KindExternal && v.call != nil && v.call != c { // text("INSERT ...")
					inner, _ := statement(v.call)
					if inner == nil {
						continue
					}
					v = inner
				}
				if v.kind == KindString || v.IsParameter() || v.kind == KindUnion {
					return v, a.Node
				}
			}
		}
	}
	return nil, nil
}

// sqlText is the text of a statement, with a mark of its own for what is not constant in it; ok
// is false where nothing is known of it.
func sqlText(v *Value) (string, bool) {
	for _, a := range v.Alternatives() {
		if a.kind != KindString {
			continue
		}
		var b strings.Builder
		for _, p := range a.Parts() {
			if p.Value != nil {
				b.WriteString("\x00")
				continue
			}
			b.WriteString(p.Text)
		}
		return b.String(), true
	}
	return "", false
}

// Store returns what the end of a path to a Kept sink writes to; nil where the program does not
// say. It is known to a visitor only.
func (p *Path) Store() *DataStore {
	if p.Kind != models.Kept || p.Call == nil {
		return nil
	}
	h := &Call{heap: p.heap}
	if p.into != nil {
		t, _ := sqlText(p.into)
		q := parseSQL(t)
		if q == nil || !q.writes || len(q.tables) == 0 {
			return nil
		}
		s := &DataStore{Table: q.tables[0]}
		s.Fields = q.columnsOf(holding(h, p.Value, p.Mark, 0), p.Engine.tables()[s.Table])
		return s
	}
	s := p.Engine.storeOf(p.Call)
	if c := classIn(h, p.Value, 0); c != nil && c.persists() {
		s = &DataStore{Class: c}
	}
	if s == nil {
		return nil
	}
	k := *s
	k.By, k.Fields = nil, nil
	switch {
	case p.field != "":
		k.Fields = []string{p.field}
	default:
		for _, at := range holding(h, p.Value, p.Mark, 0) {
			if at.name != "" {
				k.Fields = append(k.Fields, at.name)
			}
		}
		if len(k.Fields) == 0 {
			k.Fields = keywordsOf(p.Value, p.Mark)
		}
	}
	return &k
}

// Kept returns the store that a call writes to, with the arguments that are kept there; nil where it
// writes to none, or the program does not say to which.
func (c *Call) Kept() (*DataStore, []Argument) {
	if st, at := statement(c); st != nil {
		t, _ := sqlText(st)
		q := parseSQL(t)
		if q == nil || !q.writes || len(q.tables) == 0 {
			return nil, nil
		}
		return &DataStore{Table: q.tables[0]}, slices.DeleteFunc(slices.Clone(c.Args), func(a Argument) bool { return a.Node == at })
	}
	var kept []Argument
	for _, m := range symModels(c.Symbol) {
		for _, arg := range m.Keeps {
			kept = append(kept, c.select0(arg)...)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return c.Frame.eng.storeOf(c), kept
}

// keywordsOf are the keywords under which insert(T).values(body=x) is given data.
func keywordsOf(v *Value, m Mark) []string {
	var out []string
	for _, a := range v.Alternatives() {
		for c, n := a.call, 0; c != nil && n < maxHops; n++ {
			for _, arg := range c.Args {
				if arg.Name != "" && carries(arg.Value.marks, m) {
					out = append(out, arg.Name)
				}
			}
			if c.Receiver == nil {
				break
			}
			c = madeBy(c.Receiver)
		}
	}
	return out
}

// persists reports whether a class is one whose instances a library keeps.
func (c *Class) persists() bool {
	if c.stored("__tablename__") != nil {
		return true
	}
	if name, _ := c.lookup("__tablename__"); name != nil {
		return true
	}
	for _, k := range c.Linear() {
		for _, b := range k.Bases {
			for _, a := range b.Alternatives() {
				name := a.Name()
				if strings.Contains(name, "Model") || strings.Contains(name, "Base") || strings.Contains(name, "Document") || strings.Contains(name, "Entity") {
					return true
				}
			}
		}
	}
	return false
}

// classIn is the class of an instance, or of those in a list.
func classIn(h *Call, v *Value, depth int) *Class {
	if depth > 2 {
		return nil
	}
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil {
			continue
		}
		if o.class != nil {
			return o.class
		}
		items, _, _ := h.Items(a)
		for _, it := range items {
			if c := classIn(h, it.Value, depth+1); c != nil {
				return c
			}
		}
		if rest, _ := h.Rest(a); rest != nil {
			if c := classIn(h, rest, depth+1); c != nil {
				return c
			}
		}
	}
	return nil
}

// place is where in what a statement is given data stands: by index, or under a name.
type place struct {
	index int
	name  string
}

// holding lists where in a container data of a mark stands; none means that it is not known.
func holding(h *Call, v *Value, m Mark, depth int) []place {
	var out []place
	if depth > 2 {
		return nil
	}
	for _, a := range v.Alternatives() {
		o := a.object()
		if o == nil {
			continue
		}
		items, _, _ := h.Items(a)
		for i, it := range items {
			if !carries(deepMarks(h, it.Value, 0), m) {
				continue
			}
			if it.Splat {
				return nil
			}
			if x := it.Value.object(); x != nil { // executemany, insert_many
				out = append(out, holding(h, it.Value, m, depth+1)...)
				continue
			}
			out = append(out, place{index: i})
		}
		if o.kind == Dict || o.kind == Instance || o.kind == Symbolic {
			entries, _, _ := h.Entries(a)
			for _, e := range entries {
				if e.Key != nil || !carries(deepMarks(h, e.Value, 0), m) {
					continue
				}
				if strings.HasPrefix(e.Name, "$") { // {"$set": {"body": x}}
					out = append(out, holding(h, e.Value, m, depth+1)...)
					continue
				}
				out = append(out, place{index: -1, name: e.Name})
			}
		}
		if rest, _ := h.Rest(a); rest != nil && carries(deepMarks(h, rest, 0), m) {
			if x := rest.object(); x == nil {
				return nil
			}
			out = append(out, holding(h, rest, m, depth+1)...)
		}
	}
	return out
}

// carries reports whether marks hold one of the same data.
func carries(marks []Mark, m Mark) bool {
	return slices.ContainsFunc(marks, func(o Mark) bool { return o.Label == m.Label && (o.Origin == m.Origin || m.Origin.within(o.Origin)) })
}

// Store returns what data of a mark was read from: of a row the table, with the column where it is
// known. It is nil where the program does not say, and known to a visitor only.
func (m Mark) Store() *DataStore {
	root := m.Origin.root()
	if root.call == nil {
		return nil
	}
	e := root.call.Frame.eng
	if root.asked != nil {
		t, _ := sqlText(root.asked)
		if q := parseSQL(t); q != nil && len(q.tables) > 0 {
			return q.read(m, root.call)
		}
		return nil
	}
	if st, _ := askedBy(root.call); st != nil {
		t, _ := sqlText(st)
		q := parseSQL(t)
		if q == nil || q.writes && len(q.columns) == 0 || len(q.tables) == 0 {
			return nil
		}
		return q.read(m, root.call)
	}
	s := e.storeOf(root.call)
	if s == nil {
		return nil
	}
	k := *s
	if named := m.Fields(); len(named) > 0 {
		k.Fields = named[:1]
	}
	return &k
}

// read is what a query reads, of which data of a mark is a part.
func (q *query) read(m Mark, c *Call) *DataStore {
	s := &DataStore{Table: q.tables[0], Fields: q.columns, By: q.by}
	if named := m.Fields(); len(named) > 0 {
		name := strings.ToLower(named[0])
		if of := q.called[name]; of != "" {
			name = of
		}
		if len(q.columns) == 0 || slices.Contains(q.columns, name) {
			s.Fields = []string{name}
		}
		return s
	}
	index, items := -1, 0
	for o := m.Origin; o != nil && o.parent != nil; o = o.parent {
		if indexed(o.step) && index < 0 {
			if n, err := strconv.Atoi(o.step[1 : len(o.step)-1]); err == nil {
				index = n
			}
		}
		if o.step == "[]" {
			items++
		}
	}
	one := c.Method == "fetchone" || c.Method == "fetchrow" || c.Method == "first" || c.Method == "one"
	switch {
	case c.Method == "fetchval" || c.Method == "scalar" || c.Method == "scalar_one":
		index = 0
	case !one && items < 2:
		index = -1
	}
	if index >= 0 && index < len(q.columns) {
		s.Fields = q.columns[index : index+1]
	}
	return s
}

// Others lists the further tables of what a mark's data was read from: those that are joined.
func (m Mark) Others() []*DataStore {
	root := m.Origin.root()
	if root.call == nil {
		return nil
	}
	st := root.asked
	if st == nil {
		st, _ = askedBy(root.call)
	}
	if st == nil {
		return nil
	}
	t, _ := sqlText(st)
	q := parseSQL(t)
	if q == nil || len(q.tables) < 2 {
		return nil
	}
	var out []*DataStore
	for _, name := range q.tables[1:] {
		s := q.read(m, root.call)
		s.Table = name
		out = append(out, s)
	}
	return out
}

// madeBy is the call that made a value, or one of those that it may be.
func madeBy(v *Value) *Call {
	for _, a := range v.Alternatives() {
		if a.call != nil {
			return a.call
		}
	}
	return nil
}

// maxHops bounds the calls between a store and what reads from it.
const maxHops = 8

// askedBy is the statement whose rows a call gives, with the call that runs it: its own argument,
// that of a call that it continues, or that of the last one that its cursor ran.
func askedBy(c *Call) (*Value, *Call) {
	first := c
	for n := 0; c != nil && n < maxHops; n++ {
		if st, _ := statement(c); st != nil {
			return st, c
		}
		if c.Receiver == nil {
			break
		}
		if st, by := ranBefore(first, c.Receiver); st != nil {
			return st, by
		}
		c = madeBy(c.Receiver)
	}
	if first.Receiver == nil || first.Callee == nil { // `for row in cursor`
		return nil, nil
	}
	return ranOn(first)
}

// Query is the call that asked a database for data of a mark: the execute() in front of a
// fetchall(), the call itself where it asks. It is nil for other data, and known to a visitor only.
func (m Mark) Query() *Call {
	c := m.Call()
	if c == nil || m.Label != models.Database {
		return nil
	}
	if _, by := askedBy(c); by != nil {
		return by
	}
	return c
}

// maxLookBack bounds the calls among which a cursor's statement is looked for.
const maxLookBack = 100

// ranBefore is the statement that a cursor ran last before a call of the same function.
func ranBefore(c *Call, cursor *Value) (*Value, *Call) {
	calls := c.Frame.Calls
	for i := len(calls) - 1; i >= max(0, len(calls)-maxLookBack); i-- {
		o := calls[i]
		if o.Receiver == nil || o.Node.Pos() >= c.Node.Pos() || !sameHandle(o.Receiver, cursor) {
			continue
		}
		if s, _ := statement(o); s != nil {
			return s, o
		}
	}
	return nil, nil
}

// ranOn is the one statement that a cursor made by a call runs in its function; nil where there
// are several.
func ranOn(made *Call) (*Value, *Call) {
	var st *Value
	var by *Call
	for _, o := range made.Frame.Calls {
		if o.Receiver == nil || o.Receiver.call != made {
			continue
		}
		if s, _ := statement(o); s != nil {
			if st != nil {
				return nil, nil
			}
			st, by = s, o
		}
	}
	return st, by
}

// sameHandle reports whether two values are one object of a library.
func sameHandle(a, b *Value) bool {
	if a.exact != nil || b.exact != nil {
		return a.exact == b.exact
	}
	return a.call != nil && a.call == b.call && a.sym == b.sym
}

// storeOf is the store that a call reads or writes by an ORM or by a name; nil where the program
// does not say.
func (e *Engine) storeOf(c *Call) *DataStore {
	var by []string
	for n := 0; c != nil && n < maxHops; n++ {
		for _, a := range c.Args {
			if a.Name != "" {
				by = append(by, strings.SplitN(a.Name, "__", 2)[0])
			}
			if cmp, ok := a.Node.(*ast.Compare); ok {
				if at, ok := cmp.Left.(*ast.Attribute); ok {
					by = append(by, at.Attr.Id)
				}
			}
		}
		if s := e.namedBy(c); s != nil {
			s.By = append(s.By, by...)
			return s
		}
		if c.Receiver == nil {
			return nil
		}
		c = madeBy(c.Receiver)
	}
	return nil
}

// namedBy is the store that a call names by itself: by a class, by a key, by what it is called on.
func (e *Engine) namedBy(c *Call) *DataStore {
	for i := range c.Args {
		for _, v := range c.Args[i].Value.Alternatives() {
			if v.kind == KindClass {
				return &DataStore{Class: v.ref.(*Class)}
			}
			if v.kind == KindExternal && v.call != nil && v.call != c { // scalars(select(T).where(...))
				if s := e.storeOf(v.call); s != nil && s.Class != nil {
					return s
				}
			}
			if at, ok := c.Args[i].Node.(*ast.Attribute); ok && v.kind == KindExternal {
				if owner := c.Frame.quietly(at.Value); owner.kind == KindClass { // select(T.body)
					return &DataStore{Class: owner.ref.(*Class), Fields: []string{at.Attr.Id}}
				}
			}
		}
	}
	for _, m := range symModels(c.Symbol) {
		if m.Key == "" {
			continue
		}
		for _, a := range c.select0(m.Key) {
			if name := pathText(a.Value).Prefix(); name != "" {
				return &DataStore{Name: name, Library: library(c.Symbol)}
			}
		}
	}
	for _, v := range c.Receiver.Alternatives() {
		switch v.kind {
		case KindClass:
			return &DataStore{Class: v.ref.(*Class)}
		case KindObject:
			if k := v.ref.(*Object).class; k != nil && k.persists() {
				return &DataStore{Class: k}
			}
		case KindExternal:
			if k, ok := v.ref.(*Class); ok {
				return &DataStore{Class: k}
			}
			for _, m := range symModels(v.sym) {
				switch {
				case m.Key == "." && isAttr(v.sym.step):
					return &DataStore{Name: v.sym.step, Library: library(v.sym)}
				case m.Key == "[]" && v.text != "":
					return &DataStore{Name: v.text, Library: library(v.sym)}
				}
			}
		}
	}
	return nil
}

// library is the package at the beginning of a name.
func library(s *Symbol) string {
	name, _, _ := strings.Cut(s.String(), ".")
	return name
}

// ownerOf is the class of the project off which something of a library was read.
func ownerOf(v *Value) *Class {
	c, _ := v.ref.(*Class)
	return c
}

// keyed keeps the key by which a store was read from its database.
func keyed(v *Value, s *Symbol, name string) *Value {
	if name == "" || v.kind != KindExternal {
		return v
	}
	for _, m := range s.Models {
		if m.Key == "[]" {
			k := *v
			k.text = name
			return &k
		}
	}
	return v
}

// asked is the statement of a source whose text callers give; nil where it is known or there is
// none.
func asked(c *Call) *Value {
	if c == nil {
		return nil
	}
	st, _ := askedBy(c)
	if st == nil {
		return nil
	}
	for _, m := range st.marks {
		if m.Label == models.NoLabel {
			return st
		}
	}
	return nil
}

type askedKey struct {
	at   ast.Node
	root *Origin
}

// askedFor is the origin of data that a function has asked for in its caller's words: a source of
// its own for each call of the function.
func (in *inst) askedFor(o *Origin) *Origin {
	root := o.root()
	if root.asked == nil || !in.concerns(root.asked.marks) {
		return o
	}
	key := askedKey{in.at, root}
	n := in.f.askedAt[key]
	if n == nil {
		n = &Origin{step: root.step, source: &source{from: root.from, name: root.name, call: root.call}}
		if in.f.askedAt == nil {
			in.f.askedAt = map[askedKey]*Origin{}
		}
		in.f.askedAt[key] = n
		n.asked = in.value(root.asked, 4)
	}
	return replay(n, o)
}

// replay reads from a root what was read from another.
func replay(root, o *Origin) *Origin {
	if o.parent == nil {
		return root
	}
	from := o.parent
	if indexed(o.step) && from.parent != nil && from.step == "[]" {
		from = from.parent
	}
	return replay(root, from).child(o.step)
}

// isAsked reports whether marks hold data that was asked for in the words of the callee's caller.
func (in *inst) isAsked(marks []Mark) bool {
	return slices.ContainsFunc(marks, func(m Mark) bool {
		if m.Label != models.Database {
			return false
		}
		root := m.Origin.root()
		return root.asked != nil && in.names(root.asked.marks)
	})
}

// names reports whether marks name a parameter of the callee.
func (in *inst) names(marks []Mark) bool {
	for _, m := range marks {
		if m.Label == models.NoLabel && m.Origin.frame == in.callee {
			return true
		}
	}
	return false
}
