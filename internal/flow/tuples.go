package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file knows tuples with names, what puts sequences together place by place, and the operators and items
// of the project's own classes.

// tupleMaker is a class made by namedtuple.
type tupleMaker struct{ fields []string }

// tupleFields reads the names of the fields of namedtuple("Point", "x y"); nil where they are not known.
func (f *Frame) tupleFields(c *Call) []string {
	a := c.Arg(1, "field_names")
	if a == nil {
		return nil
	}
	if t, ok := a.Value.Text(); ok {
		return strings.Fields(strings.ReplaceAll(t, ",", " "))
	}
	items, open, ok := c.Items(a.Value)
	if !ok || open {
		return nil
	}
	var out []string
	for _, it := range items {
		t, ok := it.Value.Text()
		if !ok || it.Splat {
			return nil
		}
		out = append(out, t)
	}
	return out
}

// namedTuple makes an instance of such a class: what it holds has a place and a name.
func (f *Frame) namedTuple(m *tupleMaker, c *Call, e *ast.Call) *Value {
	o := f.newObject(e, Tuple)
	k := &contents{}
	var marks []Mark
	for i, name := range m.fields {
		v, node := unknown, ast.Node(nil)
		if a := c.Arg(i, name); a != nil {
			v, node = a.Value, a.Node
		} else if c.HasRest() {
			v = unknownWith(argMarks(c))
		}
		marks = addMarks(marks, v.marks)
		k.seq = append(k.seq, Item{Value: v, Node: node})
		k.keys = append(k.keys, Entry{Name: name, Value: v, Node: node})
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o, marks: marks, call: c}
}

// tupleMethod evaluates x._replace(a=1) and x._asdict() of a tuple with names; nil for other tuples.
func (f *Frame) tupleMethod(c *Call, recv *Value, o *Object, k *contents, e *ast.Call) *Value {
	if len(k.keys) != len(k.seq) || len(k.keys) == 0 {
		return nil
	}
	n := f.newObject(e, Tuple)
	if c.Method == "_asdict" {
		n.kind = Dict
		f.st.set(n, &contents{keys: k.keys})
		return &Value{kind: KindObject, ref: n, marks: recv.marks}
	}
	out := &contents{seq: slices.Clone(k.seq), keys: slices.Clone(k.keys)}
	for _, a := range c.Args {
		for i := range out.keys {
			if a.Name != "" && out.keys[i].Name == a.Name {
				out.keys[i].Value, out.keys[i].Node = a.Value, a.Node
				out.seq[i].Value, out.seq[i].Node = a.Value, a.Node
			}
		}
	}
	f.st.set(n, out)
	return &Value{kind: KindObject, ref: n, marks: itemMarks(out.seq), call: recv.call}
}

var namedTuples = []string{"typing.NamedTuple"}

// placeOf is what an instance of a class that derives from NamedTuple holds at a place; nil for others.
func (f *Frame) placeOf(o *Object, v *Value, i int, at ast.Node) *Value {
	if len(o.class.fields) == 0 || !o.class.Extends(namedTuples...) {
		return nil
	}
	fields := o.class.AllFields()
	if i >= len(fields) {
		return nil
	}
	return f.attr(v, fields[i].Name, at)
}

// itemOf is an item of an instance of a class of the project, as its own method says; nil where it has none.
func (f *Frame) itemOf(o *Object, v, key *Value, at ast.Node) *Value {
	if f.passive > 0 {
		return nil
	}
	if m, owner := o.class.lookup("__getitem__"); m != nil && m.kind == KindFunction {
		return f.invoke(f.bindTo(m, v, owner), []Argument{{Pos: 0, Value: key}}, nil, at)
	}
	if n, ok := key.Number(); ok && n >= 0 {
		return f.placeOf(o, v, int(n), at)
	}
	return nil
}

// operatorMethods are the methods behind operators, of the left and of the right operand.
var operatorMethods = map[string][2]string{
	"+": {"__add__", "__radd__"}, "-": {"__sub__", "__rsub__"}, "*": {"__mul__", "__rmul__"}, "/": {"__truediv__", "__rtruediv__"},
	"|": {"__or__", "__ror__"}, "&": {"__and__", "__rand__"}, "%": {"__mod__", "__rmod__"}, "@": {"__matmul__", "__rmatmul__"},
	">>": {"__rshift__", "__rrshift__"}, "<<": {"__lshift__", "__rlshift__"},
}

// operator evaluates an operator of a class of the project; nil where neither operand's class defines it.
func (f *Frame) operator(op string, l, r *Value, at ast.Node) *Value {
	if f.passive > 0 {
		return nil
	}
	names := operatorMethods[op]
	for i, v := range [...]*Value{l, r} {
		o := v.object()
		if o == nil || o.class == nil || names[i] == "" {
			continue
		}
		if m, owner := o.class.lookup(names[i]); m != nil && m.kind == KindFunction {
			other := r
			if i == 1 {
				other = l
			}
			return f.invoke(f.bindTo(m, v, owner), []Argument{{Pos: 0, Value: other}}, nil, at)
		}
	}
	return nil
}

// setMethods are the operators that methods of sets stand for.
var setMethods = map[string]string{"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}

// ofSets evaluates an operator of two sets, of which the right one may be anything; nil for other values.
func (f *Frame) ofSets(op string, l, r *Value, at ast.Node) *Value {
	o := l.object()
	if o == nil || o.class != nil || o.kind > Set || o.origin != nil || o.kind == Tuple {
		return nil
	}
	of := l
	var cond *condition
	if op == "&" && len(l.marks)+len(r.marks) > 0 {
		cond = &condition{no: withoutKeys(l, r)}
	}
	switch op {
	case "-":
	case "&":
		// What is in both is in that one which nobody outside has chosen.
		if x := r.object(); x != nil && x.class == nil && x.kind <= Set && len(deepMarks(&Call{heap: f.st.heap}, r, 0)) == 0 {
			of = r
		} else if f.trustedContainer(r) && r.kind != KindUnknown && len(deepMarks(&Call{heap: f.st.heap}, l, 0)) > 0 {
			return &Value{cond: cond}
		}
	case "|", "^":
		if x := r.object(); x == nil || x.class != nil || x.kind > Set {
			return nil
		}
		v := f.concat(l, r, nil, nil, at)
		v.object().kind = Set
		return v
	default:
		return nil
	}
	c := f.contents(of.object())
	if c == nil {
		return nil
	}
	n := f.newObject(at, Set)
	n.madeFrom(of.object())
	f.st.set(n, c)
	return &Value{kind: KindObject, ref: n, marks: of.marks, cond: cond}
}

// maxZipped bounds the places of sequences that are put together one by one.
const maxZipped = 16

// zipped is the list of tuples that zip makes of sequences all of whose items are known, place by place; nil
// for others.
func (f *Frame) zipped(c *Call, e *ast.Call, name string) *Value {
	if name != "zip" || len(c.Args) < 2 {
		return nil
	}
	n := maxZipped + 1
	var seqs [][]Item
	var marks []Mark
	for i := range c.Args {
		a := &c.Args[i]
		if a.Rest {
			return nil
		}
		if a.Name != "" {
			continue
		}
		o := a.Value.object()
		if o == nil || o.class != nil || o.kind > Tuple {
			return nil
		}
		k := f.contents(o)
		if k == nil || k.open || k.rest != nil || hasSplat(k.seq) {
			return nil
		}
		seqs = append(seqs, k.seq)
		n = min(n, len(k.seq))
		marks = addMarks(marks, a.Value.marks)
	}
	if n > maxZipped || len(seqs) < 2 {
		return nil
	}
	out := &contents{}
	for i := range n {
		row := &contents{}
		for _, s := range seqs {
			row.seq = append(row.seq, s[i])
		}
		at := seqs[0][i].Node
		if at == nil {
			return nil
		}
		o := f.newObjectFor(e, at, Tuple)
		f.st.set(o, row)
		out.seq = append(out.seq, Item{Value: &Value{kind: KindObject, ref: o, marks: itemMarks(row.seq)}, Node: at})
	}
	l := f.newObject(e.Fn, List)
	f.st.set(l, out)
	return &Value{kind: KindObject, ref: l, marks: marks}
}

// pairs reads a list of pairs whose first halves are constant texts, as entries of a dict; nil for other values.
func (f *Frame) pairs(v *Value) []Entry {
	o := v.object()
	if o == nil || o.class != nil || o.kind > Tuple {
		return nil
	}
	k := f.contents(o)
	if k == nil || k.open || k.rest != nil || hasSplat(k.seq) {
		return nil
	}
	var out []Entry
	for _, it := range k.seq {
		p := it.Value.object()
		if p == nil || p.class != nil || p.kind > Tuple {
			return nil
		}
		two := f.contents(p)
		if two == nil || two.open || len(two.seq) != 2 || hasSplat(two.seq) {
			return nil
		}
		name, ok := two.seq[0].Value.Text()
		if !ok {
			return nil
		}
		out = append(out, Entry{Name: name, Value: two.seq[1].Value, Node: two.seq[1].Node, KeyNode: two.seq[0].Node})
	}
	return out
}

// between is the list of what is left of a sequence without its first and last items, for `a, *b, c = x`; nil
// where its places are not known.
func (f *Frame) between(v *Value, before, after int, at ast.Node) *Value {
	o := v.object()
	if o == nil || o.class != nil || o.kind > Tuple {
		return nil
	}
	k := f.contents(o)
	if k == nil || k.open || k.rest != nil || hasSplat(k.seq) || before+after > len(k.seq) {
		return nil
	}
	l := f.newObject(at, List)
	l.madeFrom(o)
	seq := k.seq[before : len(k.seq)-after : len(k.seq)-after]
	f.st.set(l, &contents{seq: seq})
	return &Value{kind: KindObject, ref: l, marks: itemMarks(seq)}
}

// harmlessDigits are the sinks at which text of nothing but hexadecimal digits does no harm.
var harmlessDigits = models.SinksOf(models.Shell, models.Pipe, models.SQL, models.HTML, models.Script, models.Exec, models.Template, models.URL,
	models.Markdown, models.Path, models.ModelSource, models.DataSource, models.Log, models.Option)
