package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file keeps apart what two tests of one thing keep apart: where a name got its value under
// a test, the same test tells later which value that is.
//
//	if video:                       # the split
//	    path = extract(upload)
//	else:
//	    path = upload
//	...
//	if video:                       # here path is what extract() gave
//	    os.remove(path)

// test is a test of local names and constants: its text without `not`, and the names in it.
type test struct {
	text  string
	not   bool
	slots []int
}

// split is a test that has decided which values names have.
type split struct {
	test
	given []decided
}

// decided is a name whose value both is; it was yes where the test was true and no where it was not.
type decided struct {
	slot          int
	both, yes, no *Value
}

// isFlag reports whether a name is true on one way and false on the other.
func (d decided) isFlag() bool {
	yes, known1 := d.yes.Truth()
	no, known2 := d.no.Truth()
	return known1 && known2 && yes != no
}

// maxSplits bounds the tests that are remembered at a point, and maxDecided the names of one.
const (
	maxSplits  = 8
	maxDecided = 16
)

// splitOn remembers a test whose two ways have just met: the state in which it was true, and the
// names' values where it was not.
func (f *Frame) splitOn(t *test, then *state, els []*Value) {
	var given []decided
	for i, v := range f.st.env {
		a, b := then.env[i], els[i]
		if a == b || a == nil || b == nil || v == nil || len(given) == maxDecided || t != nil && slices.Contains(t.slots, i) {
			continue
		}
		given = append(given, decided{i, v, then.apply(a), b})
	}
	if t == nil { // only a flag that is set on one way tells later which that was
		if t = new(test); len(given) < 2 || !slices.ContainsFunc(given, decided.isFlag) {
			return
		}
	}
	f.keepSplit(t, given)
}

// chose remembers the test of a conditional expression that has given a name its value.
func (f *Frame) chose(e *ast.IfExp, name string) {
	c := f.choice
	slot, ok := f.scope.Slot(name)
	if !ok || c.of != e || c.yes == c.no || f.scope.IsGlobal(name) {
		return
	}
	if t := f.plainTest(e.Test); t != nil && !slices.Contains(t.slots, slot) {
		f.keepSplit(t, []decided{{slot, f.st.env[slot], c.yes, c.no}})
	}
}

func (f *Frame) keepSplit(t *test, given []decided) {
	if len(given) == 0 {
		return
	}
	if t.not {
		for i := range given {
			given[i].yes, given[i].no = given[i].no, given[i].yes
		}
	}
	list := f.st.splits
	if len(list) >= maxSplits {
		list = list[1:]
	}
	f.st.splits = append(list[:len(list):len(list)], &split{*t, given})
}

// undecide forgets what was known of a name that gets another value.
func (f *Frame) undecide(slot int) {
	var out []*split
	for i, s := range f.st.splits {
		about := slices.Contains(s.slots, slot)
		at := slices.IndexFunc(s.given, func(d decided) bool { return d.slot == slot })
		if !about && at < 0 {
			if out != nil {
				out = append(out, s)
			}
			continue
		}
		if out == nil {
			out = append(make([]*split, 0, len(f.st.splits)), f.st.splits[:i]...)
		}
		if !about && len(s.given) > 1 {
			out = append(out, &split{s.test, slices.Delete(slices.Clone(s.given), at, at+1)})
		}
	}
	if out != nil {
		f.st.splits = out
	}
}

// decide gives names the values that they have where a test is true, or false.
func (f *Frame) decide(t *test, truth bool) {
	if t == nil {
		return
	}
	truth = truth != t.not
	for _, s := range f.st.splits {
		if s.text == t.text {
			f.take(s, truth)
		} else if len(t.slots) == 1 && t.text == f.scope.Names[t.slots[0]] {
			if way, known := s.tells(t.slots[0], truth); known {
				f.take(s, way)
			}
		}
	}
}

// narrow leaves out of what a name, an attribute or an item may be what a test has shown that it is not: an instance
// of a library's class after `if isinstance(path, PurePath): return`, a text where `type(message) is tuple`. It gives
// the names whose values have changed with what they were.
func (f *Frame) narrow(test ast.Expr, truth bool) []narrowed {
	for {
		u, negated := test.(*ast.UnaryOp)
		if !negated || u.Op != "not" {
			break
		}
		test, truth = u.Operand, !truth
	}
	if f.st.dead {
		return nil
	}
	if b, ok := test.(*ast.BoolOp); ok { // what all of `and` show where it is true, and of `or` where it is not
		var out []narrowed
		for _, x := range b.Values {
			if b.Or != truth {
				out = append(out, f.narrow(x, truth)...)
			}
		}
		return out
	}
	of, types, is := typeTest(test)
	if of == nil {
		return nil
	}
	list := []ast.Expr{types}
	if t, several := types.(*ast.Tuple); several {
		list = t.Elts
	}
	truth = truth == is
	name, _ := of.(*ast.Name)
	if name == nil {
		if names, ok := f.readOf(of); ok {
			f.keepTyped(typed{f.mod.sem.File.Text(of), names, f.typesOf(list), truth})
		}
		return nil
	}
	slot, ok := f.scope.Slot(name.Id)
	if !ok || f.scope.IsGlobal(name.Id) || f.st.env[slot] == nil {
		return nil
	}
	old := f.st.env[slot]
	f.narrowKind(slot, list, truth)
	v := f.typesOf(list).narrow(f.st.env[slot], truth)
	if v == old {
		return nil
	}
	f.st.env[slot] = v
	return []narrowed{{slot, old, v}}
}

// narrowed is a name of which a test has left something out.
type narrowed struct {
	slot     int
	from, to *Value
}

// widen gives names that have kept what a test left them what they were before it, where its branch ends.
func (s *state) widen(list []narrowed) {
	for _, n := range list {
		if s.env[n.slot] == n.to && s.apply(n.to) == n.to {
			s.env[n.slot] = n.from
		}
	}
}

// typed is what a test has shown of what an attribute or item is: its text, the names that are in it.
type typed struct {
	text  string
	names []int
	types types
	is    bool
}

// maxTyped bounds how many attributes and items of which this is known are kept at a point.
const maxTyped = 8

func (f *Frame) keepTyped(t typed) {
	list := f.st.typed
	if t.types.tells(t.is) && len(list) < maxTyped {
		f.st.typed = append(list[:len(list):len(list)], &t)
	}
}

// readOf reports whether an expression reads attributes and constant items of a local name, and which that is.
func (f *Frame) readOf(e ast.Expr) (names []int, ok bool) {
	for {
		switch x := e.(type) {
		case *ast.Attribute:
			e = x.Value
		case *ast.Subscript:
			switch i := x.Index.(type) {
			case *ast.Str, *ast.Number:
			case *ast.Name:
				slot, local := f.scope.Slot(i.Id)
				if !local || f.scope.IsGlobal(i.Id) {
					return nil, false
				}
				names = append(names, slot)
			default:
				return nil, false
			}
			e = x.Value
		case *ast.Name:
			slot, local := f.scope.Slot(x.Id)
			return append(names, slot), local && !f.scope.IsGlobal(x.Id)
		default:
			return nil, false
		}
	}
}

// ofType leaves out of what an attribute or item may be what tests on the way have shown that it is not.
func (f *Frame) ofType(v *Value, e ast.Expr) *Value {
	if len(f.st.typed) == 0 {
		return v
	}
	text := f.mod.sem.File.Text(e)
	for _, t := range f.st.typed {
		if t.text == text {
			v = t.types.narrow(v, t.is)
		}
	}
	return v
}

// untyped forgets what was known of attributes and items of a name that gets another value.
func (f *Frame) untyped(slot int) {
	if slices.ContainsFunc(f.st.typed, func(t *typed) bool { return slices.Contains(t.names, slot) }) {
		f.st.typed = slices.DeleteFunc(slices.Clone(f.st.typed), func(t *typed) bool { return slices.Contains(t.names, slot) })
	}
}

// typeTest reads `isinstance(x, T)` and `type(x) is T`: x, T or several of them, and whether the test holds for
// instances. x is nil for other tests.
func typeTest(test ast.Expr) (x, types ast.Expr, is bool) {
	switch t := test.(type) {
	case *ast.Call:
		if fn, ok := t.Fn.(*ast.Name); ok && fn.Id == "isinstance" && len(t.Args) == 2 {
			return t.Args[0], t.Args[1], true
		}
	case *ast.Compare:
		c, ok := t.Left.(*ast.Call)
		if !ok || len(t.Ops) != 1 || len(c.Args) != 1 {
			break
		}
		if fn, ok := c.Fn.(*ast.Name); !ok || fn.Id != "type" {
			break
		}
		switch t.Ops[0] {
		case "is", "==", "in":
			return c.Args[0], t.Right[0], true
		case "is not", "!=", "not in":
			return c.Args[0], t.Right[0], false
		}
	}
	return nil, nil, false
}

// types are those that a test names.
type types struct {
	classes []string
	// text is set where one of them is that of text, other where none of them can be, bytes where one is bytes.
	text, other, bytes bool
}

// typesOf evaluates the types that a test names.
func (f *Frame) typesOf(list []ast.Expr) types {
	t := types{other: len(list) > 0}
	for _, e := range list {
		class := f.quietly(e)
		switch name := class.Name(); {
		case name == "builtins.str":
			t.text, t.other = true, false
		case name == "builtins.bytes", name == "builtins.bytearray":
			t.bytes = true
		case slices.Contains(noText, name):
		case class.kind == KindClass && ofNoLibrary(class.ref.(*Class)):
		default:
			t.other = false
		}
		for _, n := range class.Symbol().Names() {
			t.classes = append(t.classes, n+"()")
		}
	}
	return t
}

// noText are classes of which no instance is a text.
var noText = []string{
	"builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.frozenset", "builtins.int", "builtins.float", "builtins.bool",
	"collections.abc.Mapping", "collections.abc.MutableMapping", "collections.abc.MutableSequence", "typing.Mapping", "typing.Dict", "typing.List", "typing.Tuple",
	"collections.OrderedDict", "collections.defaultdict", "collections.deque", "numbers.Number",
	"pathlib.Path", "pathlib.PurePath", "numpy.ndarray", "torch.Tensor", "pandas.DataFrame", "pandas.Series", "PIL.Image.Image", "io.IOBase", "io.BytesIO",
}

// ofNoLibrary reports whether a class derives from no library's, so that its instances are no texts.
func ofNoLibrary(c *Class) bool {
	for _, k := range c.Linear() {
		for _, b := range k.Bases {
			if b.kind != KindClass && !b.Is("pydantic.BaseModel", "abc.ABC", "builtins.object", "typing.Generic") {
				return false
			}
		}
	}
	return true
}

// tells reports whether a test of the types says something of a value that is what it asks for, or is not.
func (t types) tells(is bool) bool {
	return t.text && !is || t.other && is || !is && len(t.classes) > 0
}

// narrow leaves out of what a value may be what is no instance of the types, or what is one.
func (t types) narrow(v *Value, is bool) *Value {
	if t.text && !is || t.other && is {
		v = v.without(func(a *Value) bool {
			return a.kind == KindString && !a.bytes || a.textual && !(is && t.bytes)
		})
		if is {
			v = v.noText()
		}
	}
	if is || len(t.classes) == 0 || !v.Is(t.classes...) {
		return v
	}
	var left *Value
	for _, a := range v.Alternatives() {
		if a.Is(t.classes...) {
			a = &Value{marks: a.marks, exact: a.exact}
		}
		left = join(left, a)
	}
	return left
}

// narrowKind leaves out of what a name may be the instances of the project's classes, and the archives, that are
// known to be none of the types, or to be of one of them. What the annotation of a parameter says it to be stays:
// callers may know better.
func (f *Frame) narrowKind(slot int, types []ast.Expr, truth bool) {
	v := f.st.env[slot]
	given := func(o *Origin) bool { // and of what callers hand in what this context was made for
		return o == nil || o.parent == nil && o.frame == f && o.index < len(f.shape) && f.shape[o.index] != nil
	}
	told := func(a *Value) bool {
		return given(a.exact) && (a.kind == KindObject && given(a.ref.(*Object).origin) || archiveOf(a) != "")
	}
	if !slices.ContainsFunc(v.Alternatives(), told) {
		return
	}
	classes := make([]*Value, len(types))
	for i, t := range types {
		classes[i] = f.quietly(t)
	}
	left := v.without(func(a *Value) bool {
		if !told(a) {
			return false
		}
		never := true
		for _, c := range classes {
			is, known := instanceOf(a, c)
			if known && is && !truth {
				return true
			}
			never = never && known && !is
		}
		return never && truth
	})
	if left != v {
		f.st.env[slot] = left
	}
}

// archiveOf is the module that opened an archive; "" for other values.
func archiveOf(v *Value) string {
	switch {
	case v.Is("tarfile.open()", "tarfile.TarFile()", "tarfile.TarFile.open()"):
		return "tarfile"
	case v.Is("zipfile.ZipFile()"):
		return "zipfile"
	}
	return ""
}

// instanceOf tells whether an instance of a class of the project, or an archive, is one of a type.
func instanceOf(v, t *Value) (is, known bool) {
	if kind := archiveOf(v); kind != "" {
		of, isType := map[string]string{"tarfile.TarFile": "tarfile", "zipfile.ZipFile": "zipfile"}[t.Name()]
		return of == kind, isType
	}
	o := v.object()
	if o == nil {
		return false, false
	}
	class := t.Class()
	if t.kind != KindClass {
		class = nil
	}
	if class == nil && !strings.HasPrefix(t.Name(), "builtins.") {
		return false, false
	}
	all := true
	for i, m := range o.each() {
		if m.class == nil {
			return false, false
		}
		one := class != nil && contains(m.class.Linear(), class)
		if !one && (!m.class.ofProject() || m.various && class != nil && contains(class.Linear(), m.class)) {
			return false, false
		}
		if i > 0 && one != all {
			return false, false
		}
		all = one
	}
	return all, true
}

// ofProject reports whether a class has no bases but such of the project, and those that make no value of it:
// ABC, Generic, Protocol.
func (c *Class) ofProject() bool {
	for _, k := range c.Linear() {
		if k.frame == nil {
			return false // its statement is still to run
		}
		for _, b := range k.Bases {
			if b.kind != KindClass && !b.Is("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol") {
				return false
			}
		}
	}
	return true
}

// without is a value that may be several things without some of these; unknown where nothing is left.
func (v *Value) without(drop func(*Value) bool) *Value {
	all := v.Alternatives()
	if !slices.ContainsFunc(all, drop) {
		return v
	}
	var left *Value
	for _, a := range all {
		if !drop(a) {
			left = join(left, a)
		}
	}
	return orUnknown(left)
}

// noTextStep is the step of an origin to the same thing, of which a test has shown that it is no text.
const noTextStep = "(no text)"

// noText puts what callers hand in where that is no text in the place of what they hand in.
func (v *Value) noText() *Value {
	if v.kind == KindUnion {
		var out *Value
		for _, a := range v.Alternatives() {
			out = join(out, a.noText())
		}
		return out
	}
	if v.kind != KindUnknown || v.exact == nil || v.exact.step == noTextStep || v.exact.depth >= maxPath {
		return v
	}
	k := *v
	k.exact, k.marks = v.exact.child(noTextStep), slices.Clone(v.marks)
	for i, m := range k.marks {
		if m.Origin == v.exact {
			k.marks[i].Origin = k.exact
		}
	}
	return &k
}

// tells reports on which way a name got its value that is true, or false, now.
func (s *split) tells(slot int, truth bool) (way, known bool) {
	for _, d := range s.given {
		if d.slot != slot {
			continue
		}
		yes, known1 := d.yes.Truth()
		no, known2 := d.no.Truth()
		notYes, notNo := known1 && yes != truth, known2 && no != truth
		if notYes != notNo {
			return notNo, true
		}
	}
	return false, false
}

// take gives names the values of one way.
func (f *Frame) take(s *split, way bool) {
	for _, d := range s.given {
		switch {
		case f.st.env[d.slot] != d.both:
		case way:
			f.st.env[d.slot] = d.yes
		default:
			f.st.env[d.slot] = d.no
		}
	}
}

// plainTest reads a test of local names and constants; nil for others, such as calls, whose result
// may be another one the next time.
func (f *Frame) plainTest(e ast.Expr) *test {
	t := &test{}
	for {
		u, negated := e.(*ast.UnaryOp)
		if !negated || u.Op != "not" {
			break
		}
		e, t.not = u.Operand, !t.not
	}
	if !f.plain(e, t) || len(t.slots) == 0 {
		return nil
	}
	t.text = f.mod.sem.File.Text(e)
	return t
}

// plain adds the local names in an expression that holds nothing but names, constants and
// comparisons.
func (f *Frame) plain(e ast.Expr, t *test) bool {
	var parts []ast.Expr
	switch e := e.(type) {
	case *ast.Name:
		slot, ok := f.scope.Slot(e.Id)
		if !ok || f.scope.IsGlobal(e.Id) || f.st.env[slot] == nil || f.st.env[slot].kind == KindObject {
			return false // a list may be empty now and not then
		}
		t.slots = append(t.slots, slot)
		return true
	case *ast.Str, *ast.Number, *ast.Constant:
		return true
	case *ast.Compare:
		if !f.plain(e.Left, t) {
			return false
		}
		parts = e.Right
	case *ast.BoolOp:
		parts = e.Values
	case *ast.UnaryOp:
		return f.plain(e.Operand, t)
	case *ast.List:
		parts = e.Elts
	case *ast.Tuple:
		parts = e.Elts
	case *ast.Set:
		parts = e.Elts
	default:
		return false
	}
	for _, p := range parts {
		if !f.plain(p, t) {
			return false
		}
	}
	return true
}

// inBoth keeps what is remembered on both of two ways.
func inBoth[T comparable](a, b []T) []T {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	if len(a) == len(b) && &a[0] == &b[0] {
		return a
	}
	var out []T
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
